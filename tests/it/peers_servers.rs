//! Mail leaves to programs that we did not write, in a small internet with signed DNS: Postfix, Exim and OpenSMTPD, as
//! they are when all is well and when it is not; a port that is shut; and a smarthost that asks who is there.

mod programs;

use crate::home::{DOT, Home, patience};
use crate::internet::{Authority, CENTRE, Internet, PATIENCE, alone, tlsa, until};
use caliopen::{
    domain::{
        fact::Fact,
        id::MessageId,
        outgoing::{Delivery, Enforced, Kind, State, Via},
        privacy::evidence::Tls,
        sending::{Choice, Smarthost, Unreached},
        transport::TlsVersion,
    },
    net::{
        clock::Clock,
        courier::Patience,
        outward::Outward,
        tls::{Current, Identity, server_config},
    },
    store::{mail::Snapshot, record::Sending, sending},
};
use programs::all_of;
use rustls::RootCertStore;
use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// A box in the centre.
fn home(internet: &Internet, roots: Arc<RootCertStore>) -> Home {
    let outward = Outward {
        roots: Some(roots),
        patience: Patience {
            connect: Duration::from_secs(3),
            ..patience(PATIENCE / 3)
        },
        ..internet.dns().into()
    };
    Home::make(Clock::system().now(), outward)
}

/// What became of a message, by domain.
async fn by_domain(home: &Home, message: MessageId) -> BTreeMap<String, Delivery> {
    home.of(message).await.into_iter().map(|row| (row.domain.clone(), row)).collect()
}

/// A web server in the centre with one policy for each name.
async fn policies(identity: &Identity, pages: BTreeMap<String, String>) {
    let listener = TcpListener::bind((CENTRE, 443)).await.unwrap();
    let acceptor = TlsAcceptor::from(server_config(Current::new(identity).unwrap(), &[b"http/1.1"]).unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut heard = Vec::new();
            while !heard.ends_with(b"\r\n\r\n") && stream.read_buf(&mut heard).await.unwrap_or(0) > 0 {}
            let heard = String::from_utf8_lossy(&heard).to_lowercase();
            let page = pages.iter().find(|(name, _)| heard.contains(&format!("host: mta-sts.{name}\r\n")));
            let page = page.map(|(_, page)| page.as_str()).unwrap_or_default();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{page}",
                page.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
}

fn kind(row: &Delivery) -> Option<Kind> {
    row.recipients[0].trouble.as_ref().map(|trouble| trouble.kind)
}

#[tokio::test]
async fn each_server_gets_what_it_may_have_and_nothing_goes_where_it_should_not() {
    const TEST: &str = "peers_servers::each_server_gets_what_it_may_have_and_nothing_goes_where_it_should_not";
    if !rustix::process::geteuid().is_root() || !programs::fetch() || !alone(TEST) {
        return;
    }
    let mut internet = Internet::begin();
    let authority = Authority::make();
    programs::lay_over(&internet);
    let [good, wrong, exim, plain, dumb, refusing] = [11, 12, 13, 14, 15, 16].map(|last| internet.host(last));
    let [of_good, of_wrong] = ["mail.good.test", "mail.wrong.test"].map(|name| Identity::self_signed(&[name.to_owned()]).unwrap());
    let of_exim = authority.certify(&["mail.exim.plain"]);

    for (domain, host) in [
        ("good.test", &good),
        ("wrong.test", &wrong),
        ("exim.plain", &exim),
        ("open.plain", &plain),
    ] {
        internet.mail_server(domain, host.address);
    }
    for (domain, host) in [("dumb.plain", &dumb), ("refusing.plain", &refusing)] {
        internet.mail_server(domain, host.address);
    }
    internet.record(&tlsa("mail.good.test", &of_good.chain[0]));
    // Somebody else's certificate stands in DNS.
    internet.record(&tlsa("mail.wrong.test", &of_good.chain[0]));
    // Three domains at Exim's host, with a policy each: its name, a name that its certificate is not for, and neither.
    let policy = |host: &str| format!("version: STSv1\r\nmode: enforce\r\nmx: {host}\r\nmax_age: 86400\r\n");
    let mut pages = BTreeMap::new();
    for (domain, server, listed) in [
        ("strict.plain", "mail.exim.plain", "mail.exim.plain"),
        ("other.plain", "mail.other.plain", "mail.other.plain"),
        ("unlisted.plain", "mail.exim.plain", "mx.unlisted.plain"),
    ] {
        internet.record(&format!(
            "{domain}. 60 IN MX 10 {server}.\n_mta-sts.{domain}. 60 IN TXT \"v=STSv1; id=1;\"\nmta-sts.{domain}. 60 IN A {CENTRE}"
        ));
        pages.insert(domain.to_owned(), policy(listed));
    }
    internet.record(&format!("mail.other.plain. 60 IN A {}", exim.address));
    let web = ["mta-sts.strict.plain", "mta-sts.other.plain", "mta-sts.unlisted.plain"];
    let web = authority.certify(&web);

    internet.serve_names();
    policies(&web, pages).await;
    let inboxes = [
        programs::postfix(&internet, &good, "good.test", &of_good),
        programs::postfix(&internet, &wrong, "wrong.test", &of_wrong),
        programs::exim(
            &internet,
            &exim,
            "mail.exim.plain",
            "exim.plain : strict.plain : other.plain : unlisted.plain",
            &of_exim,
        ),
        programs::opensmtpd(&internet, &plain, "open.plain"),
    ];
    dumb.goes_dumb_towards(CENTRE);

    let home = self::home(&internet, authority.roots());
    let people = [
        "x@good.test",
        "grey@good.test",
        "never@good.test",
        "x@wrong.test",
        "x@exim.plain",
        "x@strict.plain",
        "x@other.plain",
        "x@unlisted.plain",
        "x@open.plain",
        "x@dumb.plain",
        "x@refusing.plain",
        "x@nowhere.plain",
    ];
    let message = home.send(&people, false).await;
    home.round().await;
    let rows = by_domain(&home, message).await;

    // Postfix with DANE: one is taken, one is asked to come back, one is refused, each in its own words.
    let told = &rows["good.test"].recipients;
    let by_name = |name: &str| told.iter().find(|it| it.address.as_str() == name).unwrap();
    let good = by_name("x@good.test");
    let handed = good.handed.as_ref().unwrap_or_else(|| panic!("{good:?}"));
    assert_eq!(
        (handed.enforced, handed.tls.as_ref().unwrap().version),
        (Enforced::Dane, TlsVersion::V1_3)
    );
    for (name, state, code, words) in [
        ("grey@good.test", State::Waiting, 450, "greylisted, come back in five minutes"),
        ("never@good.test", State::Failed, 550, "nobody of that name lives here"),
    ] {
        let it = by_name(name);
        let trouble = it.trouble.as_ref().expect("it says why");
        assert_eq!((it.state, trouble.kind, trouble.code), (state, Kind::Refused, code), "{trouble:?}");
        assert!(trouble.words.contains(words), "{trouble:?}");
    }
    // Not the certificate that DNS names, not one for the name in the policy, not a server of the policy: nothing goes.
    for (domain, why) in [
        ("wrong.test", Kind::Certificate),
        ("other.plain", Kind::Certificate),
        ("unlisted.plain", Kind::NotListed),
    ] {
        assert_eq!((rows[domain].state(), kind(&rows[domain])), (State::Waiting, Some(why)), "{domain}");
    }
    let handed = |domain: &str| {
        let it = &rows[domain].recipients[0];
        let handed = it.handed.as_ref().unwrap_or_else(|| panic!("{domain}: {it:?}"));
        (handed.enforced, handed.tls.as_ref().map(|tls| tls.version))
    };
    assert_eq!(handed("exim.plain"), (Enforced::Nothing, Some(TlsVersion::V1_3)));
    assert_eq!(handed("strict.plain"), (Enforced::MtaSts, Some(TlsVersion::V1_3)));
    assert_eq!(handed("open.plain"), (Enforced::Nothing, None));
    for domain in ["dumb.plain", "refusing.plain"] {
        assert_eq!(
            (rows[domain].state(), kind(&rows[domain])),
            (State::Waiting, Some(Kind::Unreachable)),
            "{domain}"
        );
    }
    assert_eq!(
        (rows["nowhere.plain"].state(), kind(&rows["nowhere.plain"])),
        (State::Failed, Some(Kind::NoSuchDomain))
    );

    // What lies in their boxes is what was sent, once each, and where nothing may go nothing lies.
    let copies = |inbox: &PathBuf| all_of(inbox).matches(&format!("\n{DOT}")).count();
    for (inbox, wanted) in inboxes.iter().zip([1, 0, 2, 1]) {
        until("what was taken lies in its box", || copies(inbox) >= wanted);
        assert_eq!(copies(inbox), wanted, "{}", inbox.display());
    }
    let travel = Snapshot::of(&home.vault.open().unwrap())
        .unwrap()
        .proof(message.0)
        .unwrap()
        .unwrap()
        .evidence()
        .travel;
    assert_eq!(
        (travel.tls, travel.strict),
        (Fact::Known(Tls::None), Fact::Known(false)),
        "the weakest of all counts"
    );
    // What has arrived is not sent again when the rest is tried again.
    home.later(3600);
    home.round().await;
    assert_eq!(copies(&inboxes[0]), 1);
}

#[tokio::test]
async fn port_25_is_shut_and_a_smarthost_that_asks_who_is_there_takes_over() {
    const TEST: &str = "peers_servers::port_25_is_shut_and_a_smarthost_that_asks_who_is_there_takes_over";
    if !rustix::process::geteuid().is_root() || !programs::fetch() || !alone(TEST) {
        return;
    }
    let mut internet = Internet::begin();
    let authority = Authority::make();
    programs::lay_over(&internet);
    let wall = internet.host(21);
    let smart = internet.host(22);
    for domain in ["a.plain", "b.plain", "c.plain", "d.plain"] {
        internet.mail_server(domain, Ipv4Addr::new(10, 55, 0, 21));
    }
    internet.record(&format!("smart.plain. 60 IN A {}", smart.address));
    internet.serve_names();
    wall.goes_dumb_towards(CENTRE);
    let kept = programs::exim(
        &internet,
        &smart,
        "smart.plain",
        "smart.plain",
        &authority.certify(&["smart.plain"]),
    );
    let home = self::home(&internet, authority.roots());
    let mut messages = Vec::new();
    for to in ["x@a.plain", "x@b.plain", "x@c.plain"] {
        messages.push(home.send(&[to], false).await);
    }
    home.round().await;
    let shut = home.services.outbox.content().await.unwrap().shut.map(|(_, how)| how);
    assert_eq!(shut, Some(Unreached::Dropped), "found out from three servers, and said");

    let choose = async |host: &str, port, implicit, secret: &str| {
        let smarthost = Smarthost {
            host: host.into(),
            port,
            implicit,
            user: "owner".into(),
        };
        let record = Sending::new(Choice::WhenShut, Some(&smarthost), secret);
        let open = home.vault.open().unwrap();
        open.writer.write(move |tables| sending::choose(tables, &record)).await.unwrap();
        home.later(24 * 60);
        home.round().await;
    };
    let states = async |messages: &[MessageId]| {
        let mut states = Vec::new();
        for message in messages {
            let rows = home.of(*message).await;
            states.push((rows[0].state(), rows[0].via, kind(&rows[0])));
        }
        states
    };
    choose("smart.plain", 587, false, "wrong").await;
    for (state, _, kind) in states(&messages).await {
        assert_eq!(
            (state, kind),
            (State::Waiting, Some(Kind::SignIn)),
            "the wrong secret is said as what it is"
        );
    }
    choose("smart.plain", 587, false, "secret").await;
    assert!(
        states(&messages)
            .await
            .iter()
            .all(|(state, via, _)| (*state, *via) == (State::Delivered, Via::SmarthostForShut))
    );
    messages = vec![home.send(&["x@d.plain"], false).await];
    choose("smart.plain", 465, true, "secret").await;
    assert_eq!(
        states(&messages).await,
        [(State::Delivered, Via::SmarthostForShut, None)],
        "and with TLS at once"
    );
    until("all four lie at the smarthost", || {
        all_of(&kept).matches(&format!("\n{DOT}")).count() == 4
    });
    // The secret went over TLS only, and the smarthost knew who it was.
    let log = all_of(&kept);
    assert_eq!(log.matches("A=plain:owner").count(), 4, "{log}");
    assert!(!log.contains("secret"), "{log}");
}
