//! Web servers of every manner, over TLS on loopback.

use super::super::{
    dns::{Record, Table},
    tls::{Current, Identity, server_config},
};
use super::*;
use crate::codec::dane::Association;
use rustls::RootCertStore;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

const GOOD: &str = "version: STSv1\nmode: enforce\nmx: mx.x.test\nmax_age: 86400\n";

/// A web server with this certificate that answers whatever is asked with these octets; what was asked comes back.
/// An answer without an end is waited for.
async fn server(identity: &Identity, answer: String, ends: bool) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(server_config(Current::new(identity).unwrap(), &[b"http/1.1"]).unwrap());
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = acceptor.accept(stream).await else {
            return String::new();
        };
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut asked).await.unwrap_or(0) == 0 {
                break;
            }
        }
        let _ = stream.write_all(answer.as_bytes()).await;
        if !ends {
            // The other side gives up first.
            let _ = stream.read_buf(&mut Vec::new()).await;
        }
        let _ = stream.shutdown().await;
        String::from_utf8_lossy(&asked).into_owned()
    });
    (address, serving)
}

fn page(status: &str, kind: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{kind}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn text(body: &str) -> String {
    page("200 OK", "Content-Type: text/plain; charset=utf-8\r\n", body)
}

fn roots(identity: &Identity) -> Option<Arc<RootCertStore>> {
    let mut roots = RootCertStore::empty();
    roots.add(identity.chain[0].clone().into()).unwrap();
    Some(Arc::new(roots))
}

fn names() -> Table {
    Table::default().with("mta-sts.x.test", Record::A([127, 0, 0, 1].into()))
}

async fn fetched(identity: &Identity, answer: String, ends: bool, patience: Duration) -> Result<Policy, Unusable> {
    let (address, _serving) = server(identity, answer, ends).await;
    let https = Https::with(Dns::table(names()), roots(identity), address.port(), patience);
    fetch(&https, "x.test").await
}

#[tokio::test]
async fn a_policy_is_fetched_as_the_rfc_has_it() {
    let identity = Identity::self_signed(&["mta-sts.x.test".to_owned()]).unwrap();
    let (address, serving) = server(&identity, text(GOOD), true).await;
    let https = Https::with(Dns::table(names()), roots(&identity), address.port(), Duration::from_secs(20));
    let policy = fetch(&https, "x.test").await.unwrap();
    assert_eq!(
        (policy.mode, policy.max_age, policy.hosts.as_slice()),
        (Mode::Enforce, 86400, &["mx.x.test".to_owned()][..])
    );
    let asked = serving.await.unwrap().to_lowercase();
    assert!(asked.starts_with("get /.well-known/mta-sts.txt http/1.1\r\n"), "{asked}");
    assert!(asked.contains("\r\nhost: mta-sts.x.test\r\n"), "{asked}");
    for told in ["user-agent", "cookie", "referer", "accept-language"] {
        assert!(!asked.contains(told), "{asked}");
    }
}

#[tokio::test]
async fn what_is_no_policy_is_none_and_says_why() {
    let identity = Identity::self_signed(&["mta-sts.x.test".to_owned()]).unwrap();
    let other = Identity::self_signed(&["x.test".to_owned()]).unwrap();
    let (patient, hasty) = (Duration::from_secs(20), Duration::from_millis(300));
    let moved = "HTTP/1.1 301 Moved\r\nLocation: https://mta-sts.x.test/other.txt\r\nContent-Length: 0\r\n\r\n".to_owned();
    let huge = text(&format!("{GOOD}{}", "x: y\n".repeat(20_000)));
    let endless = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{}", "mx: a\n".repeat(20_000));
    for (answer, ends, patience, expected) in [
        (moved, true, patient, Unusable::Fetch),
        (
            page("404 Not Found", "Content-Type: text/plain\r\n", GOOD),
            true,
            patient,
            Unusable::Fetch,
        ),
        (page("500 Oops", "", GOOD), true, patient, Unusable::Fetch),
        (
            page("200 OK", "Content-Type: text/html\r\n", GOOD),
            true,
            patient,
            Unusable::Invalid,
        ),
        (text("<html>nothing here</html>"), true, patient, Unusable::Invalid),
        (text(""), true, patient, Unusable::Invalid),
        (huge, true, patient, Unusable::Invalid),
        (endless, true, patient, Unusable::Invalid),
        (String::new(), false, hasty, Unusable::Fetch),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nversion".to_owned(),
            false,
            hasty,
            Unusable::Fetch,
        ),
        (String::new(), true, patient, Unusable::Fetch),
    ] {
        let begins: String = answer.chars().take(60).collect();
        assert_eq!(fetched(&identity, answer, ends, patience).await, Err(expected), "{begins:?}");
    }
    // Nobody says what it is: then it is looked at.
    assert!(fetched(&identity, page("200 OK", "", GOOD), true, patient).await.is_ok());
    // A certificate for the domain is none for its policy's host.
    assert_eq!(fetched(&other, text(GOOD), true, patient).await, Err(Unusable::Certificate));
    let (address, _serving) = server(&identity, text(GOOD), true).await;
    let strangers = Https::with(Dns::table(names()), None, address.port(), patient);
    assert_eq!(
        fetch(&strangers, "x.test").await,
        Err(Unusable::Certificate),
        "signed by nobody known"
    );
    let nameless = Https::with(Dns::table(Table::default()), roots(&identity), address.port(), patient);
    assert_eq!(fetch(&nameless, "x.test").await, Err(Unusable::Fetch), "the host has no address");
    assert_eq!(fetch(&nameless, "[192.0.2.1]").await, Err(Unusable::Fetch), "that is no host");
}

#[test]
fn dane_decides_where_it_can() {
    let host = |dane| Host {
        name: "mx.x.test".into(),
        preference: Some(10),
        addresses: vec![],
        dane,
        failure: None,
    };
    let policy = |mode, host: &str| Policy {
        mode,
        max_age: 1,
        hosts: vec![host.into()],
    };
    let records = vec![Association::of(3, 1, 1, &[7; 32]).unwrap()];
    let (must, name) = (Required::Demand(Demand::Dane(records.clone())), Required::Demand(Demand::Name));
    let (nothing, encryption) = (Required::Demand(Demand::Nothing), Required::Demand(Demand::Encryption));
    let listed = policy(Mode::Enforce, "*.x.test");
    let other = policy(Mode::Enforce, "mx.other.test");
    for (dane, policy, expected) in [
        (Dane::None, None, &nothing),
        (Dane::None, Some(&policy(Mode::Testing, "mx.other.test")), &nothing),
        (Dane::None, Some(&policy(Mode::None, "mx.x.test")), &nothing),
        (Dane::None, Some(&listed), &name),
        (Dane::None, Some(&other), &Required::NotListed),
        (Dane::Must(records.clone()), None, &must),
        (Dane::Must(records.clone()), Some(&listed), &must),
        (Dane::Must(records), Some(&other), &must),
        (Dane::Unusable, None, &encryption),
        (Dane::Unusable, Some(&listed), &name),
        (Dane::Unusable, Some(&other), &Required::NotListed),
        (Dane::Withheld, Some(&listed), &Required::Withheld),
    ] {
        assert_eq!(required(&host(dane.clone()), policy), *expected, "{dane:?} {policy:?}");
    }
}
