//! A domain's policy through its life: announced, fetched, remembered while everything fails, replaced, taken away.

use caliopen::{
    codec::mta_sts::Mode,
    domain::{fact::Fact, time::Time},
    net::{
        clock::Clock,
        dns::{Dns, Entry, Failure, Kind, Record, Security, Table},
        https::Https,
        mta_sts::Unusable,
        tls::{Current, Identity, server_config},
    },
    service::{
        Error,
        strict::{PAUSE, Strict, of_our_door},
    },
    store::vault::Vault,
};
use rustls::RootCertStore;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

const DAY: i64 = 24 * 3600;

/// A web server whose one page can be changed; nothing there is 404.
struct Web {
    page: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicI64>,
    port: u16,
    roots: Arc<RootCertStore>,
}

impl Web {
    async fn start() -> Self {
        let identity = Identity::self_signed(&["mta-sts.x.test".to_owned()]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let acceptor = TlsAcceptor::from(server_config(Current::new(&identity).unwrap(), &[b"http/1.1"]).unwrap());
        let mut roots = RootCertStore::empty();
        roots.add(identity.chain[0].clone().into()).unwrap();
        let web = Self {
            page: Arc::default(),
            asked: Arc::default(),
            port: listener.local_addr().unwrap().port(),
            roots: Arc::new(roots),
        };
        let (page, asked) = (web.page.clone(), web.asked.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut heard = Vec::new();
                while !heard.ends_with(b"\r\n\r\n") && stream.read_buf(&mut heard).await.unwrap_or(0) > 0 {}
                asked.fetch_add(1, Ordering::SeqCst);
                let body = page.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let answer = match body {
                    Some(body) => format!(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    ),
                    None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
                };
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        web
    }

    fn says(&self, mode: &str, max_age: u64) {
        let page = format!("version: STSv1\nmode: {mode}\nmx: mx.x.test\nmax_age: {max_age}\n");
        *self.page.lock().unwrap() = Some(page);
    }

    fn says_nothing(&self) {
        *self.page.lock().unwrap() = None;
    }

    fn asked(&self) -> i64 {
        self.asked.load(Ordering::SeqCst)
    }
}

/// What DNS says, with this id of a policy or none.
fn names(id: Option<&str>) -> Table {
    let mut table = Table::default()
        .with("mta-sts.x.test", Record::A([127, 0, 0, 1].into()))
        .with("x.test", Record::Mx(10, "mx.x.test".into()))
        .with("mx.x.test", Record::A([192, 0, 2, 1].into()));
    if let Some(id) = id {
        table = table.with_text("_mta-sts.x.test", &format!("v=STSv1; id={id};"));
    }
    table
}

/// The same vault, with another DNS.
fn over(vault: &Vault, clock: &Clock, web: &Web, table: Table) -> Strict {
    let dns = Dns::table(table);
    let https = Https::with(dns.clone(), Some(web.roots.clone()), web.port, Duration::from_secs(20));
    Strict::new(vault.clone(), clock.clone(), dns, https, "home.test", "mail.home.test")
}

async fn mode(strict: &Strict) -> Option<Mode> {
    strict.policy_of("X.test.").await.unwrap().map(|policy| policy.mode)
}

#[tokio::test]
async fn what_a_domain_promised_holds_while_everything_fails() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::create(folder.path(), "word").unwrap().vault;
    let start = 1_000_000;
    let clock = Clock::fixed(Time(start));
    let web = Web::start().await;
    let at = |table| over(&vault, &clock, &web, table);

    assert_eq!(mode(&at(names(None))).await, None);
    assert_eq!(web.asked(), 0, "nothing is announced, so nobody is asked");
    assert_eq!(
        at(names(None)).known("x.test").await.unwrap(),
        None,
        "nothing is written down of it either"
    );

    let one = at(names(Some("1")));
    assert_eq!(
        mode(&one).await,
        None,
        "announced, and cannot be fetched: delivered as if there were none"
    );
    assert_eq!(one.known("x.test").await.unwrap().unwrap().trouble, Some(Unusable::Fetch));
    web.says("enforce", 2 * DAY as u64);
    assert_eq!((mode(&one).await, web.asked()), (None, 1), "not asked again at once");
    clock.set(Time(start + PAUSE));
    assert_eq!((mode(&one).await, web.asked()), (Some(Mode::Enforce), 2));
    let known = one.known("x.test").await.unwrap().unwrap();
    assert_eq!((known.is_strict(), known.trouble, known.asked), (Fact::Known(true), None, None));
    assert_eq!((mode(&one).await, web.asked()), (Some(Mode::Enforce), 2), "remembered");

    // The web server, the record and the whole of DNS fail in turns: the promise holds.
    web.says_nothing();
    assert_eq!(mode(&at(names(Some("2")))).await, Some(Mode::Enforce));
    assert_eq!(mode(&at(names(None))).await, Some(Mode::Enforce));
    let mut deaf = names(None);
    deaf.set("_mta-sts.x.test", Kind::Txt, Entry::Fails(Failure::Bogus));
    assert_eq!(mode(&at(deaf)).await, Some(Mode::Enforce));
    let fetched = start + PAUSE;
    clock.set(Time(fetched + 2 * DAY - 1));
    assert_eq!(mode(&at(names(None))).await, Some(Mode::Enforce));
    clock.set(Time(fetched + 2 * DAY));
    assert_eq!(mode(&at(names(None))).await, None, "its time is over");

    // Another id is another policy; the domain takes it back by saying none.
    web.says("testing", 100 * DAY as u64);
    assert_eq!(mode(&at(names(Some("3")))).await, Some(Mode::Testing));
    assert_eq!(at(names(None)).known("x.test").await.unwrap().unwrap().is_strict(), Fact::Unknown);
    web.says("none", DAY as u64);
    assert_eq!(mode(&at(names(Some("3")))).await, Some(Mode::Testing));
    assert_eq!(mode(&at(names(Some("4")))).await, None);
    let asked = web.asked();
    assert_eq!(
        (mode(&at(names(Some("4")))).await, web.asked()),
        (None, asked),
        "that there is none is remembered too"
    );

    // A policy that may not be remembered still counts for what is being delivered.
    web.says("enforce", 0);
    assert_eq!(mode(&at(names(Some("5")))).await, Some(Mode::Enforce));
    assert_eq!(at(names(None)).policy_of("[192.0.2.1]").await.unwrap(), None);
    vault.lock();
    assert!(
        matches!(at(names(None)).policy_of("x.test").await, Err(Error::Locked)),
        "not told is not none"
    );
}

#[tokio::test]
async fn policies_in_use_stay_fresh_and_others_are_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::create(folder.path(), "word").unwrap().vault;
    let start = 1_000_000;
    let clock = Clock::fixed(Time(start));
    let web = Web::start().await;
    web.says("enforce", 40 * DAY as u64);
    let strict = over(&vault, &clock, &web, names(Some("1")));
    assert_eq!((mode(&strict).await, web.asked()), (Some(Mode::Enforce), 1));
    strict.refresh().await;
    assert_eq!(web.asked(), 1, "an hour old is fresh");
    clock.set(Time(start + DAY));
    strict.refresh().await;
    assert_eq!(web.asked(), 2, "a day old is not");
    // The web server is away for a day: asked once an hour at most, and what was promised holds.
    web.says_nothing();
    clock.set(Time(start + 2 * DAY));
    strict.refresh().await;
    strict.refresh().await;
    assert_eq!(web.asked(), 3);
    assert_eq!(mode(&strict).await, Some(Mode::Enforce));
    // Nobody writes there any more: nobody asks, and in the end nothing is known.
    clock.set(Time(start + 35 * DAY));
    strict.refresh().await;
    assert_eq!(web.asked(), 3);
    assert!(
        strict.known("x.test").await.unwrap().is_some(),
        "the promise of 40 days still counts"
    );
    clock.set(Time(start + 42 * DAY));
    strict.refresh().await;
    assert_eq!(strict.known("x.test").await.unwrap(), None);
}

#[tokio::test]
async fn asking_on_purpose_tells_what_dns_says_and_our_own_domain_is_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::create(folder.path(), "word").unwrap().vault;
    let clock = Clock::fixed(Time(1_000_000));
    let web = Web::start().await;
    let tlsa = Record::Tlsa(3, 1, 1, vec![7; 32]);
    let mut signed = names(None).with("_25._tcp.mx.x.test", tlsa.clone());
    for (name, kind) in [("x.test", Kind::Mx), ("mx.x.test", Kind::A), ("_25._tcp.mx.x.test", Kind::Tlsa)] {
        signed.vouch(name, kind, Security::Secure);
    }
    let known = over(&vault, &clock, &web, signed.clone()).learn("x.test").await.unwrap();
    assert_eq!(
        (known.dnssec, known.dane, known.is_strict()),
        (Fact::Known(true), Fact::Known(true), Fact::Known(true))
    );
    assert_eq!(known.asked, Some(Time(1_000_000)));
    // A record may have been taken out of DNS since.
    clock.set(Time(1_000_000 + 8 * DAY));
    let old = over(&vault, &clock, &web, signed.clone()).known("x.test").await.unwrap().unwrap();
    assert_eq!(
        (old.dnssec, old.dane, old.is_strict()),
        (Fact::Unknown, Fact::Unknown, Fact::Unknown)
    );
    // DNS is away: what was known stays, with its time.
    clock.set(Time(1_000_100));
    let mut deaf = Table::default();
    deaf.fail("x.test", Failure::Temporary);
    let later = over(&vault, &clock, &web, deaf).learn("x.test").await.unwrap();
    assert_eq!((later.asked, later.is_strict()), (Some(Time(1_000_000)), Fact::Known(true)));
    let mut unsigned = names(None);
    unsigned.vouch("x.test", Kind::Mx, Security::Insecure);
    let known = over(&vault, &clock, &web, unsigned).learn("x.test").await.unwrap();
    assert_eq!((known.dnssec, known.is_strict()), (Fact::Known(false), Fact::Known(false)));
    let known = over(&vault, &clock, &web, names(None)).learn("x.test").await.unwrap();
    assert_eq!(
        (known.dnssec, known.is_strict()),
        (Fact::Unknown, Fact::Unknown),
        "nobody could tell"
    );

    // Our own domain is asked about by itself, once a day, though its server is ourselves.
    let own = Table::default()
        .with("home.test", Record::Mx(10, "mail.home.test".into()))
        .with("mail.home.test", Record::A([192, 0, 2, 2].into()))
        .with("_25._tcp.mail.home.test", tlsa);
    let mut secure = own.clone();
    for (name, kind) in [
        ("home.test", Kind::Mx),
        ("mail.home.test", Kind::A),
        ("_25._tcp.mail.home.test", Kind::Tlsa),
    ] {
        secure.vouch(name, kind, Security::Secure);
    }
    let open = vault.open().unwrap();
    let ours = |now| of_our_door(&open, "home.test", Time(now)).unwrap();
    assert_eq!(ours(1_000_100), Fact::Unknown);
    over(&vault, &clock, &web, secure).refresh().await;
    assert_eq!(ours(1_000_100), Fact::Known(true));
    assert_eq!(ours(1_000_100 + 8 * DAY), Fact::Unknown, "that was long ago");
}

#[tokio::test]
async fn what_failed_by_a_clock_that_was_ahead_holds_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::create(folder.path(), "word").unwrap().vault;
    let clock = Clock::fixed(Time(1_000_000 + 900 * DAY));
    let web = Web::start().await;
    let one = over(&vault, &clock, &web, names(Some("1")));
    assert_eq!(mode(&one).await, None, "there is nothing there");
    web.says("enforce", 2 * DAY as u64);
    clock.set(Time(1_000_000));
    assert_eq!(mode(&one).await, Some(Mode::Enforce));
}
