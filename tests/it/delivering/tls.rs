//! What was seen of encrypting the way is told to the domains that ask for it, once: by mail and to a web server.

use super::{START, domain, home, identity, peers};
use crate::{delivering::peer::Manner, home::Home};
use caliopen::{
    codec::{mime, report},
    domain::{
        report::{Says, Wrong},
        tls_report::{DAY, Fate},
    },
    net::{
        dns::{Dns, Record, Table},
        outward::Outward,
        tls::{Current, Identity, server_config},
    },
    store::tls_reports,
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// A web server that is busy the first time it is asked, and remembers what it was handed.
async fn web(identity: &Identity) -> (u16, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let acceptor = TlsAcceptor::from(server_config(Current::new(identity).unwrap(), &[b"http/1.1"]).unwrap());
    let port = listener.local_addr().unwrap().port();
    let handed: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let log = handed.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut heard = Vec::new();
            let whole = |heard: &[u8]| {
                let at = heard.windows(4).position(|four| four == b"\r\n\r\n")?;
                let head = String::from_utf8_lossy(&heard[..at]).to_lowercase();
                let (_, length) = head.split_once("content-length: ")?;
                let length: usize = length.lines().next()?.trim().parse().ok()?;
                (heard.len() >= at + 4 + length).then_some(at + 4)
            };
            let body = loop {
                match whole(&heard) {
                    Some(at) => break heard.split_off(at),
                    None if stream.read_buf(&mut heard).await.unwrap_or(0) == 0 => break Vec::new(),
                    None => {}
                }
            };
            let head = String::from_utf8_lossy(&heard).to_lowercase();
            assert!(head.starts_with("post /tls http/1.1\r\n"), "{head}");
            assert!(head.contains("content-type: application/tlsrpt+gzip\r\n"), "{head}");
            let many = {
                let mut log = log.lock().unwrap();
                log.push(body);
                log.len()
            };
            let status = if many == 1 { "503 Busy" } else { "201 Created" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, handed)
}

async fn fates(home: &Home) -> Vec<(String, Vec<Fate>)> {
    let given = home.services.tls_reports.given().await.unwrap();
    let fates = |to: &[(String, Fate)]| to.iter().map(|(_, fate)| *fate).collect();
    given.iter().map(|given| (given.domain.clone(), fates(&given.to))).collect()
}

/// Good and bad sessions of a report, and what went wrong.
fn says(raw: &str, domain: &str) -> (u64, u64, Vec<Wrong>) {
    let reading = mime::read(raw.as_bytes());
    let report = report::read(raw.as_bytes(), &reading, domain).expect("a report");
    let Says::Tls { good, bad, troubles } = report.says else {
        panic!("about TLS")
    };
    assert_eq!((report.begin.0, report.end.0), (START / DAY * DAY, START / DAY * DAY + DAY - 1));
    (good, bad, troubles.iter().map(|trouble| trouble.what).collect())
}

#[tokio::test]
async fn each_domain_that_asks_is_told_once() {
    let (own, _) = identity("mx.x.test");
    let sealed = Manner {
        identity: Some(own),
        ..Manner::default()
    };
    let (peers, port) = peers(&[sealed, Manner::default(), Manner::default()]).await;
    let (pages, roots) = identity("reports.r.test");
    let (https_port, handed) = web(&pages).await;
    let table = domain(domain(domain(Table::default(), "x.test", 1), "y.test", 2), "r.test", 3)
        .with("reports.r.test", Record::A([127, 0, 0, 1].into()))
        .with_text("_smtp._tls.x.test", "v=TLSRPTv1; rua=mailto:tls@r.test,https://reports.r.test/tls")
        .with_text("_smtp._tls.y.test", "v=TLSRPTv1; rua=mailto:tls@y.test");
    let outward = Outward {
        smtp_port: port,
        https_port,
        roots: Some(roots),
        patience: crate::home::patience(Duration::from_secs(5)),
        ..Dns::table(table).into()
    };
    let home = Home::make(caliopen::domain::time::Time(START), outward);
    // r.test asks for nothing.
    home.send(&["a@x.test", "b@y.test", "c@r.test"], false).await;
    home.round().await;
    home.services.tls_reports.tend().await;
    assert_eq!(fates(&home).await, [], "not before the day is over");

    home.later(6 * 3_600);
    home.services.tls_reports.tend().await;
    home.round().await;
    let (r, y) = (peers[2].given(), peers[1].given());
    assert_eq!((peers[0].given().len(), y.len(), r.len()), (1, 2, 2));
    assert_eq!(says(&r[1].raw, "x.test"), (1, 0, vec![]));
    assert_eq!(says(&y[1].raw, "y.test"), (0, 1, vec![Wrong::NoTls]));
    assert_eq!(
        (r[1].mail.as_str(), r[1].to.as_slice()),
        ("MAIL FROM:<postmaster@home.test>", ["tls@r.test".to_owned()].as_slice())
    );
    for raw in [&r[1].raw, &y[1].raw] {
        assert!(
            raw.contains("d=home.test;") && !raw.contains("me@home.test"),
            "signed, and about nobody"
        );
    }
    home.later(60);
    home.services.tls_reports.tend().await;
    let open = |domain: &str, fates: &[Fate]| (domain.to_owned(), fates.to_vec());
    assert_eq!(
        fates(&home).await,
        [open("y.test", &[Fate::Given]), open("x.test", &[Fate::Given, Fate::Waiting])]
    );
    assert_eq!(home.services.outbox.waiting().await.unwrap(), 0);
    assert_eq!(home.services.outbox.content().await.unwrap(), Default::default());

    home.later(3_600);
    home.services.tls_reports.tend().await;
    assert_eq!(fates(&home).await[1].1, [Fate::Given, Fate::Given]);
    let bodies = handed.lock().unwrap().clone();
    assert_eq!((bodies.len(), &bodies[0]), (2, &bodies[1]), "the same again");
    assert!(bodies[0].starts_with(b"\x1f\x8b"));

    // Handing reports over is nothing to report.
    for _ in 0..2 {
        home.later(DAY);
        home.services.tls_reports.tend().await;
        home.round().await;
    }
    assert_eq!((peers[1].given().len(), peers[2].given().len()), (2, 2));
    assert_eq!(handed.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_the_power_cut_off_is_not_handed_over_again_and_who_wants_none_gives_none() {
    let (peers, port) = peers(&[Manner::default()]).await;
    let table = domain(Table::default(), "x.test", 1).with_text("_smtp._tls.x.test", "v=TLSRPTv1; rua=https://nowhere.test/tls");
    let home = home(table, port, None);
    home.send(&["a@x.test"], false).await;
    home.round().await;
    home.services.tls_reports.keep().await.unwrap();
    home.later(6 * 3_600);
    home.services.tls_reports.tend().await;
    assert_eq!(fates(&home).await, [("x.test".to_owned(), vec![Fate::Waiting])]);
    let begun = home
        .vault
        .open()
        .unwrap()
        .writer
        .write(|tables| tls_reports::change(tables, START / DAY, "x.test", |given| given.to[0].end(Fate::Begun)));
    begun.await.unwrap();
    home.later(3_600);
    home.services.tls_reports.tend().await;
    assert_eq!(fates(&home).await, [("x.test".to_owned(), vec![Fate::NobodyKnows])]);

    home.services.tls_reports.choose(false).await.unwrap();
    home.send(&["b@x.test"], false).await;
    home.round().await;
    home.later(DAY + 6 * 3_600);
    home.services.tls_reports.tend().await;
    assert_eq!((fates(&home).await.len(), peers[0].given().len()), (1, 2));
}
