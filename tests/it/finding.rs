//! Keys are found and lost: asked of domains, of signed DNS and, on the owner's word, of a key server; asked again by
//! itself; made of the newer kind; compared by a code. The servers of others are a web server of the test's own.

use crate::{
    home::{Home, arrival, patience},
    internet::{Authority, PATIENCE},
    web::{Visitor, form},
};
use caliopen::{
    codec::pgp::{Certificate, SecretKey, directory, seal},
    domain::{
        address::Address,
        fact::Fact,
        ledger::Purpose,
        message::Mailbox,
        openpgp::{Differs, Field},
        privacy::evidence::{Encryption, Integrity},
        time::Time,
    },
    net::{
        dns::{Dns, Kind, Record, Security, Table},
        outward::Outward,
        tls::{Current, server_config},
    },
    service::{
        key_server::Published,
        keyring::{Asked, Choice, Source},
        protect,
        receive::Taken,
        view::MessagePage,
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

const NOW: Time = Time(1_795_000_000);
const DAY: i64 = 24 * 3600;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn key(text: &str) -> SecretKey {
    SecretKey::make(&address(text), Time(NOW.0 - 90 * DAY)).unwrap()
}

/// Web servers of others: what stands at `host/path`, and what was said to them.
#[derive(Clone, Default)]
struct Web {
    pages: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Web {
    fn put(&self, at: &str, page: impl Into<Vec<u8>>) {
        self.pages.lock().unwrap().insert(at.to_owned(), page.into());
    }

    fn put_key(&self, of: &str, octets: Vec<u8>) {
        let urls = directory::wkd_urls(&address(of));
        self.put(urls[0].strip_prefix("https://").unwrap().split('?').next().unwrap(), octets);
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// Starts it for these names, which a table of DNS leads to it.
    async fn start(&self, names: &[&str], mut table: Table) -> Outward {
        let authority = Authority::make();
        let identity = authority.certify(names);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let https_port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(server_config(Current::new(&identity).unwrap(), &[b"http/1.1"]).unwrap());
        let web = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut heard = Vec::new();
                let whole = |heard: &[u8]| {
                    let text = String::from_utf8_lossy(heard).into_owned();
                    let (head, body) = text.split_once("\r\n\r\n")?;
                    let length = head
                        .to_lowercase()
                        .split_once("content-length: ")
                        .map_or(0, |(_, rest)| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
                    (body.len() >= length).then(|| (head.to_owned(), body.to_owned()))
                };
                let (head, body) = loop {
                    if let Some(parts) = whole(&heard) {
                        break parts;
                    }
                    if stream.read_buf(&mut heard).await.unwrap_or(0) == 0 {
                        break Default::default();
                    }
                };
                let path = head.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
                let host = head
                    .lines()
                    .find_map(|line| line.to_lowercase().strip_prefix("host: ").map(str::to_owned));
                let at = format!("{}{path}", host.unwrap_or_default().split(':').next().unwrap_or_default());
                web.heard.lock().unwrap().push(format!("{at} {body}"));
                let page = web.pages.lock().unwrap().get(&at).cloned();
                let status = if page.is_some() { "200 OK" } else { "404 Not Found" };
                let page = page.unwrap_or_default();
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", page.len());
                let _ = stream.write_all(&[head.as_bytes(), &page].concat()).await;
                let _ = stream.shutdown().await;
            }
        });
        for name in names {
            table.add(name, Record::A([127, 0, 0, 1].into()));
        }
        Outward {
            https_port,
            roots: Some(authority.roots()),
            patience: patience(PATIENCE),
            ..Dns::table(table).into()
        }
    }
}

async fn home(web: &Web, names: &[&str], table: Table) -> Home {
    let home = Home::make(NOW, web.start(names, table).await);
    home.services.keys.tend().await;
    home
}

#[tokio::test]
async fn dns_gives_a_key_only_where_it_is_signed_and_the_directory_has_none() {
    let (anna, bert) = (key("anna@signed.test"), key("bert@unsigned.test"));
    let mut table = Table::default();
    for (one, security) in [(&anna, Security::Secure), (&bert, Security::Insecure)] {
        let who = one.certificate().facts(NOW).addresses[0].clone();
        let name = directory::dane_name(&who);
        table.add(&name, Record::OpenPgpKey(one.certificate().minimal(&who, NOW).octets()));
        table.vouch(&name, Kind::OpenPgpKey, security);
    }
    let web = Web::default();
    let home = home(&web, &["openpgpkey.signed.test", "openpgpkey.unsigned.test"], table).await;
    let ring = &home.services.keyring;
    assert_eq!(ring.ask(&address("anna@signed.test")).await.unwrap(), Asked::Found);
    assert_eq!(ring.ask(&address("anna@signed.test")).await.unwrap(), Asked::Known);
    assert_eq!(ring.ask(&address("bert@unsigned.test")).await.unwrap(), Asked::None);
    let annas = ring.person(address("anna@signed.test")).await.unwrap();
    assert_eq!(
        (annas.keys[0].source, annas.keys[0].used, annas.keys[0].vouched),
        (Source::Dns, true, true)
    );
    assert!(ring.person(address("bert@unsigned.test")).await.unwrap().keys.is_empty());
    // What the directory says later counts more.
    web.put_key("anna@signed.test", anna.certificate().octets());
    assert_eq!(ring.ask(&address("anna@signed.test")).await.unwrap(), Asked::Known);
    assert_eq!(ring.person(address("anna@signed.test")).await.unwrap().keys[0].source, Source::Wkd);
}

#[tokio::test]
async fn keys_are_looked_for_again_once_a_week_and_a_change_is_said_and_never_silent() {
    let web = Web::default();
    let names = ["openpgpkey.friend.test", "openpgpkey.other.test"];
    let home = home(&web, &names, Table::default()).await;
    let ring = &home.services.keyring;
    let (anna, bert) = (address("anna@friend.test"), address("bert@other.test"));
    let (first, second) = (key("anna@friend.test"), key("anna@friend.test"));
    let berts = key("bert@other.test");
    web.put_key("anna@friend.test", first.certificate().octets());
    web.put_key("bert@other.test", berts.certificate().octets());
    for who in [&anna, &bert] {
        assert_eq!(ring.ask(who).await.unwrap(), Asked::Found);
    }
    ring.verify(&bert, berts.fingerprint(), true).await.unwrap();
    web.heard();
    home.services.ledgers.keep().await.unwrap();
    // Both have another key; nobody is asked before the week is over, and nobody twice in one.
    web.put_key("anna@friend.test", second.certificate().octets());
    web.put_key("bert@other.test", key("bert@other.test").certificate().octets());
    home.later(6 * DAY);
    ring.refresh().await;
    assert!(web.heard().is_empty());
    let mut asked = Vec::new();
    for _ in 0..8 {
        home.later(6 * 3600);
        ring.refresh().await;
        let heard = web.heard();
        assert!(heard.len() <= 1, "one after another: {heard:?}");
        asked.extend(heard);
    }
    for _ in 0..12 {
        home.later(6 * 3600);
        ring.refresh().await;
        asked.extend(web.heard());
    }
    asked.sort();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[0].contains("friend.test") && asked[1].contains("other.test"), "{asked:?}");
    // Who was not compared has the new key, and it is said; who was keeps the old one, and it is said.
    let annas = ring.person(anna.clone()).await.unwrap();
    assert_eq!(
        annas.keys.iter().find(|key| key.used).unwrap().facts.fingerprint,
        second.fingerprint()
    );
    assert!(annas.replaced.is_some_and(|at| at > Time(NOW.0 + 6 * DAY)));
    let berts_now = ring.person(bert).await.unwrap();
    assert_eq!(
        berts_now.keys.iter().find(|key| key.used).unwrap().facts.fingerprint,
        berts.fingerprint()
    );
    assert!(berts_now.changed && berts_now.replaced.is_none());
    // It stands in the ledger.
    home.services.ledgers.keep().await.unwrap();
    let counted = home.snapshot().ledger().unwrap();
    let web_visits = counted
        .iter()
        .filter(|one| one.purpose == Purpose::Web && one.party.starts_with("openpgpkey."));
    assert!(web_visits.map(|one| one.times).sum::<u64>() >= 4, "{counted:?}");
    // A key that its owner took back is not used any more.
    let gone = second.revoked(true, Time(NOW.0 + 10 * DAY)).unwrap();
    web.put_key("anna@friend.test", gone.certificate().octets());
    home.later(10 * DAY);
    ring.refresh().await;
    let annas = ring.person(anna).await.unwrap();
    assert!(annas.keys.iter().any(|key| key.facts.revoked && !key.used), "{annas:?}");
}

#[tokio::test]
async fn a_key_server_is_asked_and_told_on_the_owners_word_only() {
    let web = Web::default();
    let home = home(&web, &["keys.example.test", "openpgpkey.friend.test"], Table::default()).await;
    let (ring, server) = (&home.services.keyring, &home.services.key_server);
    assert_eq!(server.name().await.unwrap(), "keys.openpgp.org");
    assert!(!server.set_name("not a host").await.unwrap());
    assert!(server.set_name("https://Keys.Example.test/").await.unwrap());
    let (anna, annas) = (address("anna@friend.test"), key("anna@friend.test"));
    web.put(
        "keys.example.test/vks/v1/by-email/anna%40friend.test",
        annas.certificate().minimal(&anna, NOW).armored(),
    );
    // Neither when a message leaves nor when the domain is asked.
    ring.ask_for(std::slice::from_ref(&anna)).await;
    assert_eq!(ring.ask(&anna).await.unwrap(), Asked::None);
    assert!(web.heard().iter().all(|heard| !heard.starts_with("keys.")));
    assert_eq!(server.search(&anna).await.unwrap(), Asked::Found);
    assert_eq!(server.search(&address("bert@friend.test")).await.unwrap(), Asked::None);
    let found = ring.person(anna.clone()).await.unwrap();
    assert_eq!(
        (found.keys[0].source, found.keys[0].used, found.keys[0].vouched),
        (Source::Server, true, false)
    );
    // Publishing: the key, then its address; the server answers as the interface has it.
    let own = home.services.keys.list().await.unwrap().remove(0);
    assert_eq!(server.publish(own.id, "en_US").await.unwrap(), Published::Refused);
    web.heard();
    let status = |word: &str| format!("{{\"key_fpr\":\"\",\"status\":{{\"me@home.test\":\"{word}\"}},\"token\":\"t0\"}}");
    web.put("keys.example.test/vks/v1/upload", status("unpublished"));
    web.put("keys.example.test/vks/v1/request-verify", status("pending"));
    assert_eq!(server.publish(own.id, "en_US").await.unwrap(), Published::Asks);
    let heard = web.heard();
    assert!(
        heard[0].contains("BEGIN PGP PUBLIC KEY BLOCK") && !heard[0].contains("PRIVATE"),
        "{heard:?}"
    );
    assert!(
        heard[1].contains("\"token\":\"t0\"") && heard[1].contains("me@home.test"),
        "{heard:?}"
    );
    web.put("keys.example.test/vks/v1/upload", status("published"));
    assert_eq!(server.publish(own.id, "en_US").await.unwrap(), Published::Found);
}

/// What leaves for these people.
fn leaves(home: &Home, to: &[&str]) -> (protect::Plan, protect::Protected) {
    let seen: Vec<Address> = to.iter().map(|one| address(one)).collect();
    let me = address("me@home.test");
    let plan = protect::plan(&home.snapshot(), &me, &seen, None, NOW).unwrap();
    let mailbox = |address: &Address| Mailbox {
        name: String::new(),
        address: address.clone(),
    };
    let outgoing = protect::Outgoing {
        writing: caliopen::codec::mime::write::Writing {
            from: Some(mailbox(&me)),
            to: seen.iter().map(mailbox).collect(),
            subject: "About the mill",
            id: "abc@home.test",
            at: NOW,
            ..Default::default()
        },
        entity: caliopen::codec::mime::write::entity("Meet me there.\n", Vec::new(), "b"),
        seen,
        unseen: Vec::new(),
    };
    let protected = protect::carry_out(&home.snapshot(), &plan, outgoing).unwrap();
    (plan, protected)
}

#[tokio::test]
async fn a_key_of_the_newer_kind_is_used_among_those_who_all_have_one() {
    let web = Web::default();
    let anna = [
        key("anna@friend.test"),
        SecretKey::make_modern(&address("anna@friend.test"), Time(NOW.0 - 90 * DAY)).unwrap(),
    ];
    // Her directory has the older one; her newer one stands in signed DNS, beside an older one that does not count there.
    let mut table = Table::default();
    let name = directory::dane_name(&address("anna@friend.test"));
    for one in [&anna[1], &key("anna@friend.test")] {
        table.add(&name, Record::OpenPgpKey(one.certificate().octets()));
    }
    table.vouch(&name, Kind::OpenPgpKey, Security::Secure);
    let home = home(&web, &["openpgpkey.friend.test"], table).await;
    let keys = &home.services.keys;
    keys.make_modern(address("me@home.test")).await.unwrap();
    keys.make_modern(address("me@home.test")).await.unwrap();
    assert!(keys.make_modern(address("else@home.test")).await.is_err());
    let own = keys.list().await.unwrap();
    assert_eq!(
        own.iter().map(|key| (key.current, key.facts.version)).filter(|key| key.0).count(),
        2
    );
    // In the directory stands only the one that everybody reads: older programs refuse the whole answer for the other.
    let published = keys.published(&directory::wkd_name("me")).await.unwrap();
    let both: Vec<Certificate> = [false, true]
        .iter()
        .map(|modern| Certificate::read(own.iter().find(|key| key.modern == *modern).unwrap().armored.as_bytes()).unwrap())
        .collect();
    assert_eq!(Certificate::read_all(&published).unwrap(), both[..1]);
    // Anna has both kinds, Bert the older one only.
    let bert = key("bert@friend.test");
    web.put_key("anna@friend.test", anna[0].certificate().octets());
    web.put_key("bert@friend.test", bert.certificate().octets());
    home.services
        .keyring
        .ask_for(&[address("anna@friend.test"), address("bert@friend.test")])
        .await;
    let row = home.snapshot().peer_keys("anna@friend.test").unwrap().unwrap();
    assert_eq!(row.keys.len(), 2);
    let choice = Choice::of(&row, NOW);
    assert_eq!(
        choice.key.as_ref().unwrap().fingerprint(),
        anna[0].fingerprint(),
        "what all their programs read"
    );
    assert!(!choice.changed && choice.replaced.is_none());
    let opens = |raw: &[u8], key: &SecretKey| {
        let mine = both.clone();
        let find = move |_: &[u64]| mine.clone();
        let keys = caliopen::codec::mime::openpgp::Keys {
            own: std::slice::from_ref(key),
            find: &find,
            now: NOW,
        };
        caliopen::codec::mime::openpgp::open(raw, keys).unwrap()
    };
    let (plan, sent) = leaves(&home, &["anna@friend.test"]);
    assert_eq!(plan.content.integrity, Fact::Known(Integrity::Aead));
    assert!(opens(&sent.copies[0].raw, &anna[0]).failed.is_some());
    let opened = opens(&sent.copies[0].raw, &anna[1]);
    assert_eq!(opened.encryption, Fact::Known(Encryption::Whole));
    assert_eq!(
        opened.signatures[0].1.worth,
        caliopen::domain::openpgp::Worth::Good(both[1].fingerprint()),
        "signed by the newer one too"
    );
    let (_, sent) = leaves(&home, &["anna@friend.test", "bert@friend.test"]);
    for key in [&anna[0], &bert] {
        assert_eq!(
            opens(&sent.copies[0].raw, key).signatures[0].1.worth,
            caliopen::domain::openpgp::Worth::Good(both[0].fingerprint())
        );
    }
    // It is kept young as the other is, and making another one anew replaces only its own kind.
    let mut modern = anna[1].clone();
    assert!(modern.is_due(Time(NOW.0 + 400 * DAY)) && modern.keep_young(Time(NOW.0 + 400 * DAY)));
    let facts = modern.certificate().facts(Time(NOW.0 + 1_000 * DAY));
    assert_eq!((facts.encrypt, facts.sign, facts.version), (Ok(()), Ok(()), 6));
    let sealed = seal(b"x", &[modern.certificate()], &modern, Time(NOW.0 + 401 * DAY)).unwrap();
    assert!(!sealed.armored.contains("\r\n="), "no checksum");
    let armored = modern.armored(Some("word")).unwrap();
    assert_eq!(
        SecretKey::read_all(armored.as_bytes(), "word").unwrap()[0].fingerprint(),
        modern.fingerprint()
    );
    keys.renew(own.iter().find(|key| key.modern).unwrap().id).await.unwrap();
    let now: Vec<_> = keys.list().await.unwrap().into_iter().filter(|key| key.current).collect();
    assert_eq!(now.len(), 2);
}

async fn take(home: &Home, raw: String) -> MessagePage {
    let came = arrival(NOW, "anna@friend.test");
    let Ok(Taken::Kept(kept)) = home.services.receive.keep(came, raw.into_bytes()).await else {
        panic!("not kept")
    };
    home.services.discussions.message(kept.message).await.unwrap()
}

#[tokio::test]
async fn what_stands_inside_counts_and_what_differs_outside_is_said() {
    let home = home(&Web::default(), &[], Table::default()).await;
    let own = Certificate::read(home.services.keys.list().await.unwrap()[0].armored.as_bytes()).unwrap();
    let anna = key("anna@friend.test");
    let around = |outer: &str, entity: &str| {
        let armored = seal(entity.as_bytes(), std::slice::from_ref(&own), &anna, NOW).unwrap().armored;
        format!(
            "{outer}Message-ID: <{}@friend.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/encrypted; boundary=e;\r\n protocol=\"application/pgp-encrypted\"\r\n\r\n\
             --e\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--e\r\nContent-Type: application/octet-stream\r\n\r\n{armored}\r\n--e--\r\n",
            armored.len()
        )
    };
    let outer = "From: anna@friend.test\r\nTo: me@home.test\r\nSubject: [...]\r\nDate: Tue, 17 Nov 2026 00:00:00 +0000\r\n";
    let told = "HP-Outer: From: anna@friend.test\r\nHP-Outer: To: me@home.test\r\nHP-Outer: Subject: [...]\r\nHP-Outer: Date: Tue, 17 Nov 2026 00:00:00 +0000\r\n";
    let inside = "From: Anna Ahn <anna@friend.test>\r\nTo: me@home.test\r\nCc: carl@friend.test\r\nSubject: The plan\r\nDate: Tue, 17 Nov 2026 08:11:12 +0000\r\n";
    let text = "Content-Type: text/plain; hp=\"cipher\"; hp-legacy-display=\"1\"\r\n\r\nSubject: The plan\r\n\r\nMeet me.\r\n";
    let page = take(&home, around(outer, &format!("{inside}{told}{text}"))).await;
    assert_eq!(page.message.subject, "The plan");
    assert_eq!(page.message.from.as_ref().unwrap().name, "Anna Ahn");
    assert!(page.message.cc.iter().any(|person| person.address.as_str() == "carl@friend.test"));
    let caliopen::service::view::Body::Text(shown) = &page.message.body else {
        panic!()
    };
    assert_eq!(shown.trim(), "Meet me.");
    let outside = &page.message.protection.as_ref().unwrap().outside;
    let found: Vec<(Field, Differs)> = outside.iter().map(|one| (one.field, one.why)).collect();
    assert_eq!(found, [(Field::Cc, Differs::Hidden), (Field::Date, Differs::Hidden)]);
    // Somebody on the way adds an address for answers; an older form names another author inside.
    let page = take(
        &home,
        around(&format!("Reply-To: evil@x.test\r\n{outer}"), &format!("{inside}{told}{text}")),
    )
    .await;
    let outside = page.message.protection.unwrap().outside;
    assert!(
        outside.iter().any(|one| (one.field, one.why) == (Field::ReplyTo, Differs::Changed)),
        "{outside:?}"
    );
    let older = "Content-Type: text/plain; protected-headers=\"v1\"\r\nFrom: boss@work.test\r\nSubject: Older\r\n\r\nPay.\r\n";
    let page = take(&home, around(outer, older)).await;
    assert_eq!(
        (page.message.subject.as_str(), page.message.from.as_ref().unwrap().address.as_str()),
        ("Older", "anna@friend.test")
    );
    let outside = page.message.protection.unwrap().outside;
    assert_eq!((outside[0].field, outside[0].why), (Field::From, Differs::Unsaid));
    // A whole message inside (RFC 8551).
    let whole = "Content-Type: message/rfc822; forwarded=no\r\n\r\nFrom: anna@friend.test\r\nTo: me@home.test\r\nSubject: Wrapped\r\nContent-Type: text/plain\r\n\r\nHello.\r\n";
    let page = take(&home, around(outer, whole)).await;
    assert_eq!(page.message.subject, "Wrapped");
}

#[test]
fn a_code_that_is_scanned_leads_to_the_keys_and_says_whether_they_are_the_same() {
    let folder = crate::appliance::Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let anna = key("anna@friend.test");
    let token = owner.get("/settings/keys/people").token().to_owned();
    let added = owner.post(
        "/settings/keys/people",
        "",
        &form(&[("token", &token), ("key", &anna.certificate().armored())]),
    );
    assert_eq!(added.status, 303, "{}", added.body);
    let ask = |code: &str| format!("/settings/keys/scan?{}", form(&[("code", code)]));
    let hex = anna.fingerprint().hex();
    let another: String = hex.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect();
    let found = owner.get(&ask(&format!("OPENPGP4FPR:{hex}")));
    let to = found.header("location").unwrap().to_owned();
    assert!(
        found.status == 303 && to.starts_with("/settings/keys/people/anna@friend.test?code="),
        "{to}"
    );
    let page = owner.get(&to);
    assert!(page.body.contains("it is the one that is known here"), "{}", page.body);
    let other = owner.get(&ask(&format!("OPENPGP4FPR:{another}#a=anna%40friend.test")));
    let page = owner.get(other.header("location").unwrap());
    assert!(page.body.contains("another key than those that are known here"));
    assert_eq!(owner.get(&ask("https://x.test/")).status, 422);
    assert_eq!(owner.get(&ask(&format!("OPENPGP4FPR:{another}"))).status, 422);
    // What differs is not used until the owner says otherwise, and cannot be forgotten meanwhile.
    let place = "/settings/keys/people/anna@friend.test";
    let say = |owner: &mut Visitor, is: &str| {
        let said = owner.post(
            &format!("{place}/key"),
            "",
            &form(&[("token", &token), ("print", &hex), ("is", is)]),
        );
        owner.get(said.header("location").unwrap()).body
    };
    assert!(page.body.contains("They differ: stop using this key"));
    let page = say(&mut owner, "differ");
    assert!(
        page.contains("no longer used, whoever brings it again") && page.contains("differs: not used"),
        "{page}"
    );
    assert!(
        !page.contains("value=\"forget\"") && !page.contains("not compared yet") && !page.contains(">in use<"),
        "{page}"
    );
    owner.lang = "fr";
    let french = owner.get(place).body;
    owner.lang = "en";
    assert!(
        french.contains("qu’elle diffère") && french.contains("La laisser servir de nouveau"),
        "{french}"
    );
    assert!(owner.get("/settings/keys/people").body.contains("differs: not used"));
    let page = say(&mut owner, "unsure");
    assert!(
        page.contains(">in use<") && page.contains("not compared yet") && page.contains("value=\"differ\""),
        "{page}"
    );
    // The owner's own card is read by the same page as their own.
    let card = owner.get("/settings/keys/card");
    let groups: String = card
        .body
        .split("<code>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap())
        .collect();
    let own = owner.get(&ask(&groups));
    assert!(own.status == 422 && own.body.contains("That is your own key."), "{groups}");
    // Nobody else gets there.
    assert_ne!(Visitor::new(&appliance).get(&ask(&hex)).status, 200);
}

#[test]
fn the_vectors_of_autocrypt_are_read_as_the_standard_has_them() {
    use caliopen::codec::{mime, pgp::autocrypt};
    let Some(corpora) = std::env::var_os("CALIOPEN_CORPORA") else {
        println!("no corpus here");
        return;
    };
    let folder = std::path::PathBuf::from(corpora).join("pgp/autocrypt-spec");
    let file = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let print = |name: &str| Certificate::read(&file(name)).unwrap().fingerprint();
    let alice = address("alice@autocrypt.example");
    let simple = mime::openpgp::autocrypt(&file("example-simple-autocrypt.eml"));
    let header = autocrypt::of_message(simple.iter().map(Vec::as_slice), &alice).unwrap();
    assert_eq!(
        (header.mutual, header.key.fingerprint()),
        (true, print("alice@autocrypt.example.pub.asc"))
    );
    // Gossip inside of what was encrypted to Bob.
    let bob = SecretKey::read(&file("bob@autocrypt.example.sec.asc")).unwrap();
    let find = |_: &[u64]| Vec::new();
    let keys = mime::openpgp::Keys {
        own: std::slice::from_ref(&bob),
        find: &find,
        now: Time(1_550_000_000),
    };
    let opening = mime::openpgp::open(&file("example-gossip.eml"), keys).unwrap();
    let told: Vec<_> = opening.gossip.iter().filter_map(|field| autocrypt::parse(field)).collect();
    let told: Vec<_> = told
        .iter()
        .map(|header| (header.address.to_string(), header.key.fingerprint()))
        .collect();
    let wanted = ["bob", "carol"].map(|name| {
        let address = format!("{name}@autocrypt.example");
        let print = print(&format!("{address}.pub.asc"));
        (address, print)
    });
    assert_eq!(told, wanted);
    // A setup message is a way to bring a key along; its code is typed with dashes or without.
    let setup = file("example-setup-message.eml");
    for code in [
        "1742-0185-6197-1303-7016-8412-3581-4441-0597",
        "174201856197130370168412358144410597",
    ] {
        let brought = SecretKey::read_all(&setup, code).unwrap();
        assert_eq!(brought[0].fingerprint(), print("alice@autocrypt.example.pub.asc"));
    }
    assert_eq!(
        SecretKey::read_all(&setup, "1742").unwrap_err(),
        caliopen::codec::pgp::NoKey::Passphrase
    );
}
