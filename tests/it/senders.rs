//! Who really sent a message, from the door to the page: a table of DNS records, the receiver with its vault,
//! and what is kept, refused, or asked about again.

use crate::living::asked;
use caliopen::{
    app::{self, Appliance, Services},
    codec::mime,
    config::Config,
    domain::{
        address::Address,
        authentication::{Authentication, Explained, Outcome, Policy},
        fact::Fact,
        importance::Range,
        privacy::evidence::{Authentic, Dmarc},
        screener::Answer,
        time::Time,
        transport::{Arrival, TlsFacts, TlsVersion},
    },
    net::{
        clock::Clock,
        dns::{Dns, Entry, Failure, Kind, Record, Table},
    },
    service::{
        receive::{Brought, Kept, NotKept, Taken},
        setup,
    },
    store::{mail::Snapshot, slots::Opening, vault::Vault},
};
use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

const NOW: Time = Time(1_700_000_000);

struct House {
    services: Services,
    vault: Vault,
    clock: Clock,
    folder: tempfile::TempDir,
}

fn make() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    setup::make(folder.path(), "home.test", "me@home.test", "word")
        .unwrap()
        .vault
        .lock();
    folder
}

fn open(folder: tempfile::TempDir, dns: Dns, unlocked: bool) -> House {
    let (file, front) = app::front(folder.path()).unwrap();
    let (vault, clock) = (Vault::locked(folder.path()), Clock::fixed(NOW));
    let services = Services::over(&vault, &file, &front, &clock, dns).unwrap();
    let house = House {
        services,
        vault,
        clock,
        folder,
    };
    if unlocked {
        house.unlock();
    }
    house
}

/// What the domains of these tests publish: `bank.test` refuses, `shop.test` is suspicious, both send from
/// 192.0.2.7; `list.test` sends from 192.0.2.9 and publishes nothing more.
fn zone() -> Table {
    Table::default()
        .with_text("bank.test", "v=spf1 ip4:192.0.2.7 -all")
        .with_text("_dmarc.bank.test", "v=DMARC1; p=reject")
        .with_text("shop.test", "v=spf1 ip4:192.0.2.7 -all")
        .with_text("_dmarc.shop.test", "v=DMARC1; p=quarantine")
        .with_text("lists.list.test", "v=spf1 ip4:192.0.2.9 -all")
        .with("192.0.2.7", Record::Ptr("mx.bank.test".into()))
        .with("mx.bank.test", Record::A([192, 0, 2, 7].into()))
}

fn arrival(peer: u8, mail_from: &str) -> Arrival {
    Arrival {
        at: NOW,
        peer: [192, 0, 2, peer].into(),
        helo: "mx.bank.test".into(),
        mail_from: Some(mail_from.into()),
        rcpt_to: vec!["me@home.test".into()],
        tls: Some(TlsFacts {
            version: TlsVersion::V1_3,
            suite: "TLS13_AES_256_GCM_SHA384".into(),
            group: "X25519".into(),
        }),
        extended: true,
        utf8: false,
    }
}

fn mail(from: &str, more: &str) -> Vec<u8> {
    format!("From: {from}\r\nTo: me@home.test\r\n{more}Subject: x\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\nhello\r\n").into_bytes()
}

impl House {
    /// The same box, started again and unlocked, with other answers.
    fn again(self, dns: Dns) -> Self {
        let Self {
            services, vault, folder, ..
        } = self;
        drop((services, vault));
        open(folder, dns, true)
    }

    fn unlock(&self) {
        self.vault.unlock(&Opening::Typed("word")).unwrap();
    }

    async fn take(&self, peer: u8, mail_from: &str, raw: &[u8]) -> Result<Taken, NotKept> {
        self.services.receive.keep(arrival(peer, mail_from), raw.to_vec()).await
    }

    async fn keep(&self, peer: u8, mail_from: &str, raw: &[u8]) -> Kept {
        match self.take(peer, mail_from, raw).await.unwrap() {
            Taken::Kept(kept) => kept,
            Taken::Sealed => panic!("the box is locked"),
        }
    }

    fn found(&self, message: u64) -> Authentication {
        let proof = Snapshot::of(&self.vault.open().unwrap()).unwrap().proof(message).unwrap().unwrap();
        let found = proof.authentication();
        let travel = proof.evidence().travel;
        assert_eq!((travel.authentic, travel.dmarc), (found.authentic(), found.met()));
        found
    }

    async fn source(&self, kept: Kept) -> String {
        String::from_utf8(self.services.discussions.source(kept.message).await.unwrap()).unwrap()
    }
}

#[tokio::test]
async fn what_the_domains_say_becomes_evidence_and_a_field_of_ours() {
    let house = open(make(), Dns::table(zone()), true);
    let host = house.services.receive.host().to_owned();
    let forged =
        format!("Authentication-Results: {host}; dkim=pass header.d=bank.test\r\nAuthentication-Results: other.test; spf=pass\r\n");
    let kept = house.keep(7, "news@bank.test", &mail("news@bank.test", &forged)).await;
    let found = house.found(kept.message.0);
    assert_eq!((found.spf.outcome, found.spf.aligned), (Outcome::Pass, true));
    assert_eq!(
        (found.dkim, found.dmarc.outcome, found.dmarc.policy),
        (Outcome::None, Outcome::Pass, Policy::Reject)
    );
    assert_eq!(
        (found.arc.outcome, found.reverse.outcome, found.reverse.name.as_str()),
        (Outcome::None, Outcome::Pass, "mx.bank.test")
    );
    assert_eq!(
        (found.authentic(), found.met()),
        (Fact::Known(Authentic::Spf), Fact::Known(Dmarc::Passed))
    );
    let source = house.source(kept).await;
    assert!(
        source.starts_with(&format!(
            "Authentication-Results: {host};\r\n\tspf=pass smtp.mailfrom=bank.test;\r\n\tdkim=none"
        )),
        "{source}"
    );
    assert_eq!(
        source.matches(&format!("Authentication-Results: {host}")).count(),
        1,
        "the forged one is gone"
    );
    assert!(
        source.contains("Authentication-Results: other.test; spf=pass\r\n"),
        "another's word stays theirs"
    );
    assert!(mime::read(source.as_bytes()).hops.len() == 1);
}

#[tokio::test]
async fn a_policy_is_followed_where_nothing_explains_the_failure() {
    let house = open(make(), Dns::table(zone()), true);
    assert_eq!(
        house.take(9, "x@evil.test", &mail("news@bank.test", "")).await,
        Err(NotKept::Refused)
    );
    let kept = house.keep(9, "x@evil.test", &mail("news@shop.test", "")).await;
    let found = house.found(kept.message.0);
    assert!(found.is_suspect() && !found.is_refused());
    assert_eq!(found.met(), Fact::Known(Dmarc::Refused));
    let kept = house.keep(9, "x@evil.test", &mail("news@free.test", "")).await;
    assert_eq!(
        house.found(kept.message.0).met(),
        Fact::Known(Dmarc::NoPolicy),
        "no policy, no refusal"
    );
    let two = mail("news@free.test", "From: news@bank.test\r\n");
    assert_eq!(
        house.take(9, "x@evil.test", &two).await,
        Err(NotKept::Refused),
        "the stricter of two"
    );
    let hidden = mail("news@bank.test", "From: somebody\r\n");
    assert_eq!(
        house.take(9, "x@evil.test", &hidden).await,
        Err(NotKept::Refused),
        "one without an address hides nothing"
    );
}

/// Whom a message shows as its author is whom the policy is asked of, whatever stands before it.
#[tokio::test]
async fn the_first_line_hides_nobody_from_their_policy() {
    let house = open(make(), Dns::table(zone()), true);
    let host = house.services.receive.host().to_owned();
    let theirs = mail("x@lists.list.test", "");
    for (first, rest) in [
        ("From : news@bank.test\r\n", &theirs),
        ("hello\r\n", &mail("news@bank.test", "")),
        (
            &format!("Authentication-Results: {host}; none\r\n \r\n"),
            &mail("news@bank.test", ""),
        ),
    ] {
        let raw = [first.as_bytes(), rest].concat();
        let taken = house.take(9, "x@lists.list.test", &raw).await;
        assert_eq!(taken, Err(NotKept::Refused), "{first:?}");
    }
    let kept = house.keep(9, "x@lists.list.test", &theirs).await;
    assert_eq!(house.found(kept.message.0).authentic(), Fact::Known(Authentic::Spf));
    // More authors than are asked, all the others of one house.
    let many = "x@lists.list.test, x@a.list.test, x@b.list.test, x@c.list.test, news@bank.test";
    let kept = house.keep(9, "x@lists.list.test", &mail(many, "")).await;
    let found = house.found(kept.message.0);
    assert_eq!(found.authentic(), Fact::Known(Authentic::Nobody));
    assert!(found.is_suspect());
}

/// The sender chooses which names are asked for: one that never answers spares nobody for good.
#[tokio::test]
async fn what_cannot_be_told_twice_vouches_for_nobody() {
    let mut table = zone();
    table.set("lame.bank.test", Kind::Txt, Entry::Fails(Failure::Temporary));
    let house = open(make(), Dns::table(table), true);
    let kept = house.keep(9, "x@lame.bank.test", &mail("news@bank.test", "")).await;
    let found = house.found(kept.message.0);
    assert_eq!((found.dmarc.outcome, found.is_suspect()), (Outcome::TempError, false), "not yet");
    house.clock.set(Time(NOW.0 + 3600));
    house.services.senders.recheck().await;
    let found = house.found(kept.message.0);
    assert_eq!((found.dmarc.outcome, found.dmarc.disposition), (Outcome::Fail, Policy::Reject));
    let tags = Snapshot::of(&house.vault.open().unwrap()).unwrap().tags_of(kept.message.0).unwrap();
    assert_eq!(tags.len(), 1, "put aside: {tags:?}");
}

/// Who proved themselves when the message came did so, whatever is answered half an hour later.
#[tokio::test]
async fn what_was_settled_is_not_taken_back() {
    let mut silent = zone();
    silent.set("7.2.0.192.in-addr.arpa", Kind::Ptr, Entry::Fails(Failure::Temporary));
    let house = open(make(), Dns::table(silent), true);
    let kept = house.keep(7, "news@bank.test", &mail("news@bank.test", "")).await;
    let found = house.found(kept.message.0);
    assert_eq!(
        (found.spf.outcome, found.dmarc.outcome, found.reverse.outcome),
        (Outcome::Pass, Outcome::Pass, Outcome::TempError)
    );
    let mut failing = zone();
    failing.set("bank.test", Kind::Txt, Entry::Fails(Failure::Temporary));
    let house = house.again(Dns::table(failing));
    house.clock.set(Time(NOW.0 + 3600));
    house.services.senders.recheck().await;
    let found = house.found(kept.message.0);
    assert_eq!(
        (found.spf.outcome, found.dmarc.outcome, found.reverse.outcome),
        (Outcome::Pass, Outcome::Pass, Outcome::Pass)
    );
    assert_eq!(found.authentic(), Fact::Known(Authentic::Spf));
    let tags = Snapshot::of(&house.vault.open().unwrap()).unwrap().tags_of(kept.message.0).unwrap();
    assert!(tags.is_empty(), "put aside: {tags:?}");
}

/// Whoever says that they are the owner, by the door and with nobody who vouches for it, is not taken for them.
#[tokio::test]
async fn a_forged_note_is_no_note_of_the_owners() {
    let house = open(make(), Dns::table(zone().with_text("home.test", "v=spf1 ip4:192.0.2.7 ?all")), true);
    let forged = house.keep(9, "x@evil.test", &mail("me@home.test", "")).await;
    let own = house.keep(7, "me@home.test", &mail("me@home.test", "")).await;
    assert_ne!(forged.discussion, own.discussion);
    let shown = async |kept: Kept| {
        let discussions = &house.services.discussions;
        let from = discussions.message(kept.message).await.unwrap().message.from.unwrap();
        (from.owner, discussions.page(kept.discussion, 1).await.unwrap().unknown)
    };
    assert_eq!((shown(forged).await, shown(own).await), ((false, true), (true, false)));
    // Where strangers wait it stands on the timeline all the same: nobody could be let in for it.
    let services = &house.services;
    services.screener.turn(true).await.unwrap();
    let again = house.keep(9, "x@evil.test", &mail("me@home.test", "")).await;
    let copied = house.keep(9, "x@evil.test", &mail("me@home.test", "Cc: ann@x.test\r\n")).await;
    let stranger = house.keep(9, "x@evil.test", &mail("eve@x.test", "")).await;
    let rows = services.timeline.page_in(1, Range::ALL).await.unwrap().rows;
    let is_there = |kept: &Kept| rows.iter().any(|row| row.id == kept.discussion);
    assert!(is_there(&again) && is_there(&copied) && !is_there(&stranger), "{rows:?}");
    assert_eq!(services.screener.count().await.unwrap(), 1);
    // Nor is it the owner's where it was searched for.
    let found = services.search.find(asked("subject:x")).await.unwrap();
    let is_owners = |kept: &Kept| {
        let hit = found.hits.iter().find(|hit| hit.id == kept.message).unwrap();
        hit.from.as_ref().unwrap().owner
    };
    assert_eq!([&own, &forged, &again, &copied].map(is_owners), [true, false, false, false]);
}

#[tokio::test]
async fn a_list_that_the_owner_reads_explains_and_a_list_that_anybody_names_does_not() {
    let house = open(make(), Dns::table(zone()), true);
    let through = mail("news@bank.test", "List-Id: <talk.list.test>\r\n");
    assert_eq!(
        house.take(9, "talk@lists.list.test", &through).await,
        Err(NotKept::Refused),
        "not read yet"
    );
    let own = house
        .keep(9, "talk@lists.list.test", &mail("a@free.test", "List-Id: <talk.list.test>\r\n"))
        .await;
    assert_eq!(
        house.take(9, "talk@lists.list.test", &through).await,
        Err(NotKept::Refused),
        "there, but not read"
    );
    house.services.discussions.mark(own.discussion, false).await.unwrap();
    assert_eq!(
        house.take(9, "x@evil.test", &through).await,
        Err(NotKept::Refused),
        "another's word for it"
    );
    let kept = house.keep(9, "talk@lists.list.test", &through).await;
    let found = house.found(kept.message.0);
    assert_eq!(found.dmarc.explained, Some(Explained::List("talk.list.test".into())));
    assert_eq!((found.met(), found.is_suspect()), (Fact::Known(Dmarc::Explained), false));

    // The same list while its name server fails: taken as a suspect, and not refused.
    let mut table = zone();
    table.set("lists.list.test", Kind::Txt, Entry::Fails(Failure::Temporary));
    table.set("lame.evil.test", Kind::Txt, Entry::Fails(Failure::Temporary));
    let house = house.again(Dns::table(table));
    let kept = house.keep(9, "talk@lists.list.test", &through).await;
    assert!(house.found(kept.message.0).is_suspect());
    let mine = mail("news@bank.test", "List-Id: <mine.evil.test>\r\n");
    for forged in [&mine, &through] {
        let taken = house.take(9, "x@lame.evil.test", forged).await;
        assert_eq!(
            taken,
            Err(NotKept::Refused),
            "a stranger's name server that never answers explains nothing"
        );
    }
}

#[tokio::test]
async fn a_locked_box_refuses_what_nothing_could_explain_and_judges_the_rest_later() {
    let house = open(make(), Dns::table(zone()), false);
    assert_eq!(
        house.take(9, "x@evil.test", &mail("news@bank.test", "")).await,
        Err(NotKept::Refused)
    );
    let through = mail("news@bank.test", "List-Id: <talk.list.test>\r\n");
    assert_eq!(house.take(9, "talk@lists.list.test", &through).await, Ok(Taken::Sealed));
    assert_eq!(
        house.take(7, "news@bank.test", &mail("news@bank.test", "")).await,
        Ok(Taken::Sealed)
    );
    house.unlock();
    assert_eq!(house.services.receive.drain().await, Ok(2));
    let found = house.found(1);
    assert!(found.is_suspect() && found.dmarc.explained.is_none(), "taken, and suspect");
    assert_eq!(
        house.found(2).authentic(),
        Fact::Known(Authentic::Spf),
        "what was found then was sealed with it"
    );
    drop(house.folder);
}

#[tokio::test]
async fn without_a_name_server_nothing_is_known_and_all_is_asked_again() {
    let house = open(make(), Dns::nobody(), true);
    let kept = house.keep(9, "x@evil.test", &mail("news@bank.test", "")).await;
    let found = house.found(kept.message.0);
    assert_eq!(
        (found.spf.outcome, found.dmarc.outcome, found.reverse.outcome),
        (Outcome::NotKnown, Outcome::NotKnown, Outcome::NotKnown)
    );
    assert_eq!((found.authentic(), found.met()), (Fact::Unknown, Fact::Unknown));
    assert!(
        !house
            .services
            .discussions
            .message(kept.message)
            .await
            .unwrap()
            .index
            .lines
            .iter()
            .any(|l| l.id.as_str() == "ceiling.forged")
    );
    assert!(house.services.senders.recheck().await > 0, "not due yet");
    assert_eq!(house.found(kept.message.0), found);

    // The same box, half an hour later, with a network.
    let house = house.again(Dns::table(zone()));
    house.clock.set(Time(NOW.0 + 3600));
    house.services.senders.recheck().await;
    let again = house.found(kept.message.0);
    assert_eq!((again.dmarc.outcome, again.dmarc.disposition), (Outcome::Fail, Policy::Reject));
    let page = house.services.discussions.message(kept.message).await.unwrap();
    assert_eq!(page.message.index, page.index.points, "the letter that it is shown with follows");
    assert!(page.index.points <= Some(20));
    let tags = Snapshot::of(&house.vault.open().unwrap()).unwrap().tags_of(kept.message.0).unwrap();
    assert_eq!(tags.len(), 1, "put aside as its domain asks: {tags:?}");
    let row = &house.services.timeline.page(1).await.unwrap().rows[0];
    assert_eq!(row.index, page.index.points);
}

#[tokio::test]
async fn refused_failed_and_not_known_are_told_apart() {
    let mut table = zone();
    table.set("_dmarc.bank.test", Kind::Txt, Entry::Fails(Failure::Temporary));
    let house = open(make(), Dns::table(table), true);
    let kept = house.keep(9, "x@evil.test", &mail("news@bank.test", "")).await;
    let found = house.found(kept.message.0);
    assert_eq!((found.dmarc.outcome, found.spf.outcome), (Outcome::TempError, Outcome::None));
    assert!(found.is_open() && !found.is_suspect());
    assert!(house.source(kept).await.contains("dmarc=temperror reason=\"name server failed\""));
}

#[tokio::test]
async fn a_sealer_that_the_owner_trusts_is_remembered() {
    let house = open(make(), Dns::nobody(), true);
    let senders = &house.services.senders;
    assert!(senders.trust("Lists.Example.org.", true).await.unwrap());
    assert!(senders.trust("a.example", true).await.unwrap());
    assert!(!senders.trust("no domain", true).await.unwrap() && !senders.trust("", true).await.unwrap());
    assert_eq!(senders.sealers().await.unwrap(), ["a.example", "lists.example.org"]);
    assert!(senders.trust("a.example", false).await.unwrap());
    assert_eq!(senders.sealers().await.unwrap(), ["lists.example.org"]);
}

fn say(stream: &mut BufReader<TcpStream>, line: &str) -> String {
    stream.get_mut().write_all(line.as_bytes()).unwrap();
    let mut answer = String::new();
    loop {
        let before = answer.len();
        stream.read_line(&mut answer).unwrap();
        if answer.get(before + 3..before + 4) != Some("-") {
            return answer;
        }
    }
}

/// A box whose mail door is open, and which asks this DNS.
async fn opened(folder: &tempfile::TempDir, table: Table) -> Appliance {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = Config {
        data: folder.path().to_owned(),
        smtp: vec![loopback],
        https: Vec::new(),
        http: Vec::new(),
        secret: Some("word".to_owned().into()),
        clamd: None,
        spared: Vec::new(),
        outward: Dns::table(table).into(),
        trying: Duration::ZERO,
        clock: Clock::fixed(NOW),
    };
    Appliance::start(config).await.unwrap()
}

/// What the door answers to these messages, of one visit from this machine: from whom each comes, and its text.
async fn answers(door: SocketAddr, messages: Vec<(&'static str, String)>) -> Vec<String> {
    let visit = tokio::task::spawn_blocking(move || {
        let stream = TcpStream::connect(door).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut stream = BufReader::new(stream);
        say(&mut stream, "");
        say(&mut stream, "EHLO evil.test\r\n");
        let mut answers = Vec::new();
        for (from, message) in messages {
            say(&mut stream, &format!("MAIL FROM:<{from}>\r\n"));
            say(&mut stream, "RCPT TO:<me@home.test>\r\n");
            say(&mut stream, "DATA\r\n");
            answers.push(say(&mut stream, &format!("{message}.\r\n")));
        }
        answers
    });
    visit.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_door_says_in_a_sentence_why_it_refuses() {
    let folder = make();
    let appliance = opened(&folder, zone()).await;
    let from = |domain: &str| ("x@evil.test", format!("From: news@{domain}\r\nSubject: x\r\n\r\nhello\r\n"));
    let said = answers(appliance.smtp[0], vec![from("bank.test"), from("free.test")]).await;
    assert!(said[0].starts_with("550 5.7.26 ") && !said[0].contains("bank"), "{said:?}");
    assert!(said[1].starts_with("250 "), "the visit goes on: {said:?}");
    appliance.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_the_owner_refused_is_turned_away_where_they_can_prove_who_they_are() {
    let folder = make();
    let table = Table::default()
        .with_text("here.test", "v=spf1 ip4:127.0.0.0/8 -all")
        .with_text("other.test", "v=spf1 ip4:127.0.0.0/8 -all");
    let appliance = opened(&folder, table).await;
    let services = appliance.services();
    services.screener.turn(true).await.unwrap();
    let from = |who: &'static str, author: &str, id: &str, more: &str| {
        let date = "Date: Tue, 14 Nov 2023 22:13:20 +0000";
        let head = format!("From: {author}\r\nTo: me@home.test\r\nSubject: x\r\n{date}\r\nMessage-ID: <{id}>\r\n{more}");
        (who, format!("{head}\r\nhello\r\n"))
    };
    let eve = "eve@here.test";
    let said = answers(appliance.smtp[0], vec![from(eve, eve, "1@here.test", "")]).await;
    assert!(said[0].starts_with("250 "), "whoever waits is told nothing: {said:?}");
    services
        .screener
        .answer(&Address::parse(eve).unwrap(), Answer::Refused)
        .await
        .unwrap();

    let mine = b"From: me@home.test\r\nTo: eve@here.test\r\nMessage-ID: <mine@home.test>\r\n\r\nWhy?\r\n".to_vec();
    services.receive.import(mine, Some(NOW), true).await.unwrap().unwrap();
    let sent = vec![
        from(eve, eve, "2@here.test", ""),
        from("x@other.test", eve, "3@other.test", ""),
        from("ann@here.test", "ann@here.test", "4@here.test", ""),
        from(eve, eve, "5@here.test", "In-Reply-To: <mine@home.test>\r\n"),
    ];
    let said = answers(appliance.smtp[0], sent).await;
    assert!(said[0].starts_with("550 5.7.1 ") && !said[0].contains("eve"), "{said:?}");
    assert!(
        said[1].starts_with("250 "),
        "not by their own domain, they may be anybody: {said:?}"
    );
    assert!(said[2].starts_with("250 "), "another one of that domain: {said:?}");
    assert!(said[3].starts_with("250 "), "what answers the owner: {said:?}");
    // Back in, they are heard again.
    services.screener.answer(&Address::parse(eve).unwrap(), Answer::In).await.unwrap();
    let said = answers(appliance.smtp[0], vec![from(eve, eve, "6@here.test", "")]).await;
    assert!(said[0].starts_with("250 "), "{said:?}");
    drop(services);
    appliance.stop().await;
}

#[tokio::test]
async fn what_only_claims_to_be_a_message_does_not_keep_it_in_its_mailbox() {
    let house = open(make(), Dns::table(zone()), true);
    let written = |from: &str, id: &str| mail(from, &format!("Message-ID: <{id}@list.test>\r\n"));
    let fetch = async |raw: &[u8], by: &str| {
        let way = format!("Received: by {by}; Tue, 14 Nov 2023 22:13:20 +0000\r\n");
        let brought = Brought {
            by_content: true,
            ..Brought::default()
        };
        house.services.receive.bring([way.as_bytes(), raw].concat(), brought).await.unwrap()
    };
    // Who got it as well sends it here: in their own name, which they prove, and in its author's.
    let right = written("ann@friend.test", "one");
    house.keep(7, "mallory@shop.test", &written("mallory@shop.test", "one")).await;
    house.keep(7, "mallory@shop.test", &right).await;
    assert!(fetch(&right, "elsewhere.test").await.is_some());
    assert_eq!(fetch(&right, "another.test").await, None, "now it is here");

    // What its author's domain vouches for is here, for as long as one of the two that came is.
    let right = written("ann@bank.test", "two");
    let both = [
        house.keep(7, "ann@bank.test", &right).await,
        house.keep(7, "ann@bank.test", &right).await,
    ];
    for kept in both {
        assert_eq!(fetch(&right, "elsewhere.test").await, None);
        house.services.delete.message(kept.message).await.unwrap();
    }
    assert!(fetch(&right, "elsewhere.test").await.is_some());
}
