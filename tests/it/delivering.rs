//! Messages leave, and what becomes of them is told as it is: over real sockets to servers of every manner.

mod meanwhile;
mod peer;
mod sign_in;
mod tls;
mod whom;

use crate::home::{DOT, Home, patience};
use caliopen::{
    domain::{
        fact::Fact,
        id::MessageId,
        ledger::Purpose,
        outgoing::{Delivery, Enforced, Kind, LATE, State, Via},
        privacy::evidence::Tls,
        sending::{Choice, Smarthost, Unreached},
        time::Time,
        transport::Arrival,
    },
    net::{
        dns::{Dns, Entry, Kind as Asked, Record, Security, Table},
        outward::Outward,
        tls::Identity,
    },
    service::receive::Taken,
    store::{outbox, record::Sending, sending, slots::Opening},
};
use peer::{Manner, Peer};
use rustls::RootCertStore;
use std::{sync::Arc, time::Duration};

const START: i64 = 1_700_000_000;

/// A box whose mail leaves to servers of this machine.
fn home(table: Table, port: u16, roots: Option<Arc<RootCertStore>>) -> Home {
    let outward = Outward {
        smtp_port: port,
        roots,
        patience: patience(Duration::from_secs(5)),
        ..Dns::table(table).into()
    };
    Home::make(Time(START), outward)
}

/// What became of each recipient, in order.
async fn fates(home: &Home, message: MessageId) -> Vec<(State, Option<Kind>)> {
    let deliveries = home.of(message).await;
    let recipients = deliveries.iter().flat_map(|delivery| &delivery.recipients);
    recipients
        .map(|it| (it.state, it.trouble.as_ref().map(|trouble| trouble.kind)))
        .collect()
}

/// A domain with one server at this address.
fn domain(table: Table, name: &str, last: u8) -> Table {
    let host = format!("mx.{name}");
    table
        .with(name, Record::Mx(10, host.clone()))
        .with(&host, Record::A([127, 0, 4, last].into()))
}

/// Servers of these manners at 127.0.4.1, .2, …, all at one port.
async fn peers(manners: &[Manner]) -> (Vec<Peer>, u16) {
    'port: for _ in 0..50 {
        let mut peers: Vec<Peer> = Vec::new();
        for (manner, last) in manners.iter().zip(1..) {
            let port = peers.first().map_or(0, |peer| peer.address.port());
            match Peer::start([127, 0, 4, last], port, manner.clone()).await {
                Some(peer) => peers.push(peer),
                None => continue 'port,
            }
        }
        let port = peers[0].address.port();
        return (peers, port);
    }
    panic!("no port is free on all addresses");
}

fn identity(name: &str) -> (Identity, Arc<RootCertStore>) {
    let identity = Identity::self_signed(&[name.to_owned()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(identity.chain[0].clone().into()).unwrap();
    (identity, Arc::new(roots))
}

#[tokio::test]
async fn each_recipient_hears_its_own_answer() {
    let refusing = Manner {
        rcpt: vec![
            ("nobody@", "550 5.1.1 no such user here".into()),
            ("full@", "452 4.2.2 over quota".into()),
        ],
        ..Manner::default()
    };
    let (peers, port) = peers(&[refusing, Manner::default()]).await;
    let home = self::home(domain(domain(Table::default(), "x.test", 1), "y.test", 2), port, None);
    let message = home.send(&["a@x.test", "nobody@x.test", "full@x.test", "b@y.test"], false).await;
    home.round().await;
    let refused = Some(Kind::Refused);
    assert_eq!(
        fates(&home, message).await,
        [
            (State::Delivered, None),
            (State::Failed, refused),
            (State::Waiting, refused),
            (State::Delivered, None)
        ]
    );
    let given = peers[0].given();
    assert_eq!((given.len(), given[0].to.as_slice()), (1, ["a@x.test".to_owned()].as_slice()));
    assert!(
        given[0].raw.contains(&format!("\r\n.{DOT}\r\n")) && given[0].mail == "MAIL FROM:<me@home.test>",
        "{given:?}"
    );
    let rows = home.of(message).await;
    let trouble = rows[0].recipients[1].trouble.clone().unwrap();
    assert_eq!(
        (trouble.code, trouble.words.as_str(), trouble.host.as_str()),
        (550, "5.1.1 no such user here", "mx.x.test")
    );
    assert_eq!(rows[1].recipients[0].handed.as_ref().unwrap().words, "2.0.0 kept as 4711");
    // What is seen already is as weak as it gets; the one that waits cannot make it better.
    let evidence = home.snapshot().proof(message.0).unwrap().unwrap().evidence();
    assert_eq!(
        (evidence.travel.tls, evidence.travel.strict),
        (Fact::Known(Tls::None), Fact::Known(false))
    );
    assert!(
        home.snapshot().message(message.0).unwrap().unwrap().unread,
        "somebody did not get it: look"
    );
    // Not again before it is due, then only for the one that waits.
    home.later(60);
    home.round().await;
    assert_eq!(peers[0].given().len(), 1);
    peers[0].become_(|manner| manner.rcpt.clear());
    home.later(300);
    home.round().await;
    assert_eq!(fates(&home, message).await[2], (State::Delivered, None));
    assert_eq!(peers[0].given()[1].to, ["full@x.test"]);
    assert_eq!(home.services.outbox.waiting().await.unwrap(), 0);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_said_to_be_and_nothing_is_sent_twice() {
    let lost = Manner {
        end: String::new(),
        ..Manner::default()
    };
    let torn = Manner {
        hangs_up: true,
        ..Manner::default()
    };
    let (peers, port) = peers(&[lost, torn]).await;
    let home = self::home(domain(domain(Table::default(), "x.test", 1), "y.test", 2), port, None);
    let (ambiguous, plain) = (home.send(&["a@x.test"], false).await, home.send(&["a@y.test"], false).await);
    home.round().await;
    assert_eq!(fates(&home, ambiguous).await, [(State::NobodyKnows, Some(Kind::LostAnswer))]);
    // Whether the end of a short message went out before the connection broke is not known either.
    let torn = fates(&home, plain).await[0];
    assert!(
        torn == (State::NobodyKnows, Some(Kind::LostAnswer)) || torn == (State::Waiting, Some(Kind::HungUp)),
        "{torn:?}"
    );
    home.later(4 * 24 * 3600);
    home.round().await;
    assert_eq!(peers[0].given().len(), 1, "not again by itself");
    peers[0].become_(|manner| manner.end = "250 ok".into());
    home.services.outbox.again(ambiguous).await.unwrap();
    home.round().await;
    assert_eq!(fates(&home, ambiguous).await, [(State::Delivered, None)]);
    assert_eq!(peers[0].given().len(), 2, "because the owner said so");
}

#[tokio::test]
async fn the_next_server_is_tried_and_three_days_are_enough() {
    let away = Manner {
        greeting: "421 4.3.2 too busy".into(),
        ..Manner::default()
    };
    let later = Manner {
        mail: "451 4.7.1 come back later".into(),
        ..Manner::default()
    };
    let (peers, port) = peers(&[away, Manner::default(), later]).await;
    let table = Table::default()
        .with("x.test", Record::Mx(10, "a.x.test".into()))
        .with("x.test", Record::Mx(20, "b.x.test".into()))
        .with("a.x.test", Record::A([127, 0, 4, 1].into()))
        .with("b.x.test", Record::A([127, 0, 4, 2].into()))
        .with("null.test", Record::Mx(0, String::new()));
    let home = self::home(domain(table, "z.test", 3), port, None);
    let message = home.send(&["a@x.test", "a@null.test", "a@gone.test", "a@z.test"], false).await;
    home.round().await;
    assert_eq!(peers[1].given().len(), 1, "the second server took it");
    let mut fates = fates(&home, message).await;
    fates.sort_by_key(|(state, kind)| (*state, kind.map(|kind| kind as u8)));
    assert_eq!(
        fates,
        [
            (State::Delivered, None),
            (State::Waiting, Some(Kind::Refused)),
            (State::Failed, Some(Kind::NoSuchDomain)),
            (State::Failed, Some(Kind::TakesNoMail)),
        ]
    );
    let mut late = None;
    for _ in 0..100 {
        let rows = home.of(message).await;
        let Some(row) = rows.iter().find(|row| row.is_waiting()) else {
            break;
        };
        if row.told_late && late.is_none() {
            late = Some(home.clock.now().0);
        }
        home.clock.set(row.due.unwrap());
        home.round().await;
    }
    assert_eq!(late, Some(START + LATE), "said after four hours");
    let rows = home.of(message).await;
    let given_up = rows.iter().find(|row| row.domain == "z.test").unwrap();
    assert_eq!(given_up.state(), State::Failed);
    assert_eq!(given_up.recipients[0].trouble.as_ref().unwrap().code, 451);
    let content = home.services.outbox.content().await.unwrap();
    assert_eq!((content.waiting.len(), content.failed.len()), (0, 1));
}

#[tokio::test]
async fn what_waits_is_taken_back_or_tried_now() {
    let later = Manner {
        mail: "451 4.7.1 greylisted".into(),
        ..Manner::default()
    };
    let (peers, port) = peers(&[later]).await;
    let home = self::home(domain(Table::default(), "x.test", 1), port, None);
    let (one, two) = (home.send(&["a@x.test"], false).await, home.send(&["b@x.test"], false).await);
    let gone = home.send(&["c@x.test"], false).await;
    let writing = home
        .vault
        .open()
        .unwrap()
        .writer
        .write(move |tables| outbox::withdraw(tables, gone.0));
    assert!(writing.await.unwrap());
    home.round().await;
    let writing = home
        .vault
        .open()
        .unwrap()
        .writer
        .write(move |tables| outbox::withdraw(tables, one.0));
    assert!(!writing.await.unwrap(), "it was tried already");
    home.services.outbox.take_back(one).await.unwrap();
    assert!(home.services.outbox.take_back(one).await.is_err(), "once");
    peers[0].become_(|manner| manner.mail = "250 ok".into());
    home.services.outbox.try_now(two).await.unwrap();
    home.round().await;
    assert_eq!(fates(&home, one).await, [(State::TakenBack, Some(Kind::Refused))]);
    assert_eq!(fates(&home, two).await, [(State::Delivered, None)]);
    assert_eq!(home.of(gone).await, []);
    let to: Vec<String> = peers[0].given().into_iter().flat_map(|given| given.to).collect();
    assert_eq!(to, ["b@x.test"]);
}

#[tokio::test]
async fn certificates_are_held_to_what_dns_says_and_facts_are_kept() {
    let (right, roots) = identity("mx.x.test");
    let (wrong, _) = identity("mx.y.test");
    let sealed = |identity: &Identity| Manner {
        identity: Some(identity.clone()),
        ..Manner::default()
    };
    let (peers, port) = peers(&[sealed(&right), sealed(&wrong), sealed(&wrong)]).await;
    let mut table = domain(domain(domain(Table::default(), "x.test", 1), "y.test", 2), "z.test", 3);
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &right.chain[0]);
    for (name, last) in [("x.test", 1), ("y.test", 2)] {
        let host = format!("mx.{name}");
        let secure = |record| Entry::Records(vec![record], Security::Secure);
        table.set(name, Asked::Mx, secure(Record::Mx(10, host.clone())));
        table.set(&host, Asked::A, secure(Record::A([127, 0, 4, last].into())));
        let tlsa = secure(Record::Tlsa(3, 0, 1, hash.as_ref().to_vec()));
        table.set(&format!("_25._tcp.{host}"), Asked::Tlsa, tlsa);
    }
    let home = self::home(table, port, Some(roots));
    let strict = home.send(&["a@x.test"], false).await;
    let other = home.send(&["a@y.test"], false).await;
    let chance = home.send(&["a@z.test"], false).await;
    home.round().await;
    let rows = home.of(strict).await;
    let handed = rows[0].recipients[0].handed.clone().unwrap();
    assert_eq!((handed.enforced, handed.via), (Enforced::Dane, Via::Direct));
    assert_eq!(handed.tls.unwrap().group, "X25519MLKEM768");
    let travel = home.snapshot().proof(strict.0).unwrap().unwrap().evidence().travel;
    assert_eq!(
        (travel.tls, travel.quantum, travel.strict),
        (Fact::Known(Tls::V1_3), Fact::Known(true), Fact::Known(true))
    );
    assert_eq!(fates(&home, other).await, [(State::Waiting, Some(Kind::Certificate))]);
    assert!(peers[1].given().is_empty(), "another certificate than the one in DNS gets nothing");
    assert_eq!(fates(&home, chance).await, [(State::Delivered, None)]);
    assert!(peers[2].given()[0].sealed, "encrypted by chance, with whatever certificate");
    let travel = home.snapshot().proof(chance.0).unwrap().unwrap().evidence().travel;
    assert_eq!((travel.tls, travel.strict), (Fact::Known(Tls::V1_3), Fact::Known(false)));
}

#[tokio::test]
async fn what_is_confidential_goes_only_where_it_stays_so() {
    let (right, roots) = identity("mx.x.test");
    let manner = Manner {
        identity: Some(right),
        ..Manner::default()
    };
    let (peers, port) = peers(&[manner]).await;
    let mut table = domain(Table::default(), "x.test", 1);
    let home = self::home(table.clone(), port, Some(roots.clone()));
    let message = home.send(&["a@x.test"], true).await;
    home.round().await;
    assert_eq!(fates(&home, message).await, [(State::Failed, Some(Kind::NotVerifiable))]);
    assert_eq!(peers[0].visits(), 0);
    let secure = |record| Entry::Records(vec![record], Security::Secure);
    table.set("x.test", Asked::Mx, secure(Record::Mx(10, "mx.x.test".into())));
    table.set("mx.x.test", Asked::A, secure(Record::A([127, 0, 4, 1].into())));
    let home = self::home(table, port, Some(roots));
    let message = home.send(&["a@x.test"], true).await;
    home.round().await;
    assert_eq!(fates(&home, message).await, [(State::Failed, Some(Kind::NoPromise))]);
    peers[0].become_(|manner| manner.offers.push("REQUIRETLS".into()));
    home.services.outbox.again(message).await.unwrap();
    home.round().await;
    assert_eq!(fates(&home, message).await, [(State::Delivered, None)]);
    assert!(peers[0].given()[0].mail.ends_with(" REQUIRETLS") && peers[0].given()[0].sealed);
    peers[0].become_(|manner| {
        manner.offers.pop();
    });
    let other = home.send(&["b@x.test"], true).await;
    home.round().await;
    home.services.outbox.without_confidence(other).await.unwrap();
    home.round().await;
    assert_eq!(fates(&home, other).await, [(State::Delivered, None)], "the owner's word");
}

#[tokio::test]
async fn a_shut_port_is_found_out_and_the_smarthost_takes_over() {
    let (right, roots) = identity("smart.test");
    // base64 of "\0user\0secret"
    let smart = Manner {
        identity: Some(right),
        auth: Some("AHVzZXIAc2VjcmV0".into()),
        ..Manner::default()
    };
    let (peers, port) = peers(&[smart]).await;
    // Nobody listens at these.
    let mut table = Table::default().with("smart.test", Record::A([127, 0, 4, 1].into()));
    for (name, last) in [("a.test", 201), ("b.test", 202), ("c.test", 203), ("d.test", 204)] {
        table = domain(table, name, last);
    }
    let home = self::home(table, port, Some(roots));
    let (first, second) = (home.send(&["x@a.test"], false).await, home.send(&["x@b.test"], false).await);
    home.round().await;
    assert_eq!(fates(&home, first).await, [(State::Waiting, Some(Kind::Unreachable))]);
    assert_eq!(
        home.services.outbox.content().await.unwrap().shut,
        None,
        "two that are down are no shut port"
    );
    let third = home.send(&["x@c.test"], false).await;
    home.round().await;
    let shut = home.services.outbox.content().await.unwrap().shut;
    assert_eq!(shut, Some((Time(START), Unreached::Refused)));
    let smarthost = Smarthost {
        host: "smart.test".into(),
        port,
        implicit: false,
        user: "user".into(),
    };
    let record = Sending::new(Choice::WhenShut, Some(&smarthost), "secret");
    let writing = home
        .vault
        .open()
        .unwrap()
        .writer
        .write(move |tables| sending::choose(tables, &record));
    writing.await.unwrap();
    home.later(400);
    home.round().await;
    for message in [first, second, third] {
        let rows = home.of(message).await;
        assert_eq!((rows[0].state(), rows[0].via), (State::Delivered, Via::SmarthostForShut));
    }
    let travel = home.snapshot().proof(first.0).unwrap().unwrap().evidence().travel;
    assert_eq!(travel.tls, Fact::Unknown, "what the smarthost does is not seen");
    assert!(peers[0].given().iter().all(|given| given.sealed));
    // After a day it is tried straight again.
    home.later(25 * 3600);
    let fourth = home.send(&["x@d.test"], false).await;
    home.round().await;
    assert_eq!(fates(&home, fourth).await, [(State::Waiting, Some(Kind::Unreachable))]);
}

#[tokio::test]
async fn a_crash_while_sending_is_ambiguous_and_before_it_is_not() {
    let (peers, port) = peers(&[Manner::default()]).await;
    let home = self::home(domain(Table::default(), "x.test", 1), port, None);
    let (begun, waiting) = (home.send(&["a@x.test"], false).await, home.send(&["b@x.test"], false).await);
    let now = home.clock.now();
    let id = home.of(begun).await[0].id;
    let begin = move |delivery: &mut Delivery| delivery.begin(Via::Direct, now);
    let writing = home
        .vault
        .open()
        .unwrap()
        .writer
        .write(move |tables| outbox::change(tables, id, begin).map(|_| ()));
    writing.await.unwrap();
    home.vault.lock();
    home.vault.unlock(&Opening::Typed("word")).unwrap();
    home.round().await;
    assert_eq!(fates(&home, begun).await, [(State::NobodyKnows, Some(Kind::WentDown))]);
    assert_eq!(fates(&home, waiting).await, [(State::Delivered, None)]);
    assert_eq!(peers[0].given().len(), 1);
}

/// A notice by the other side's machine, about this message and recipient.
pub fn notice(id: &str, action: &str, to: &str) -> String {
    format!(
        "From: MAILER-DAEMON@x.test\nTo: me@home.test\nDate: Tue, 14 Nov 2023 22:13:20 +0000\nMessage-ID: <n@x.test>\nSubject: Undelivered\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\n\nSorry.\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.x.test\n\nFinal-Recipient: rfc822; {to}\nAction: {action}\n\
         Status: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{id}>\n\n--b--\n"
    )
    .replace('\n', "\r\n")
}

#[tokio::test]
async fn what_comes_back_is_told_on_the_message_and_forgery_changes_nothing() {
    let (peers, port) = peers(&[Manner::default()]).await;
    let home = self::home(domain(Table::default(), "x.test", 1), port, None);
    let message = home.send(&["a@x.test", "b@x.test"], false).await;
    home.round().await;
    assert_eq!(peers[0].given().len(), 1);
    let arrives = |from: Option<&str>, raw: String| {
        let arrival = Arrival {
            at: home.clock.now(),
            peer: [192, 0, 2, 7].into(),
            helo: "mx.x.test".into(),
            mail_from: from.map(str::to_owned),
            rcpt_to: vec!["me@home.test".into()],
            tls: None,
            extended: true,
            utf8: false,
        };
        let receive = home.services.receive.clone();
        async move { receive.keep(arrival, raw.into_bytes()).await.unwrap() }
    };
    let id = "a.x.testb.x.test@home.test";
    let messages = || home.snapshot().messages().unwrap();
    let before = messages();
    // Forged: a sender, another identifier, somebody it was never sent to.
    for (from, raw) in [
        (Some("a@x.test"), notice(id, "failed", "a@x.test")),
        (None, notice("other@home.test", "failed", "a@x.test")),
        (None, notice(id, "failed", "c@x.test")),
        (None, notice(id, "delivered", "a@x.test")),
    ] {
        arrives(from, raw).await;
    }
    assert_eq!(messages(), before + 4, "messages like any other");
    assert_eq!(fates(&home, message).await, [(State::Delivered, None), (State::Delivered, None)]);
    arrives(None, notice(id, "delayed", "b@x.test")).await;
    let taken = arrives(None, notice(id, "failed", "a@x.test")).await;
    let Taken::Kept(kept) = taken else { panic!("{taken:?}") };
    assert_eq!((kept.message, messages()), (message, before + 4), "told where it belongs");
    assert_eq!(
        fates(&home, message).await,
        [(State::Failed, Some(Kind::Returned)), (State::Delivered, Some(Kind::Late))]
    );
    let trouble = home.of(message).await[0].recipients[0].trouble.clone().unwrap();
    assert_eq!(
        (trouble.code, trouble.words.as_str(), trouble.host.as_str()),
        (552, "5.2.2 mailbox full", "mx.x.test")
    );
    assert_eq!(home.services.outbox.returned(message).await.unwrap().len(), 2);
    // The same once more is no news, and so a message.
    arrives(None, notice(id, "failed", "a@x.test")).await;
    assert_eq!(messages(), before + 5);
    // Whoever was connected to was counted.
    let counted = home.services.ledgers.all().await.unwrap();
    let lines: Vec<_> = counted.iter().map(|it| (it.purpose, it.party.as_str(), it.times)).collect();
    assert_eq!(lines, [(Purpose::Delivery, "mx.x.test", 1)]);
    // Deleting the message lets go of all of it.
    home.services.delete.message(message).await.unwrap();
    assert_eq!(home.of(message).await, []);
    assert_eq!(home.services.outbox.returned(message).await.unwrap().len(), 0);
}

#[tokio::test]
async fn many_messages_share_sessions() {
    let (peers, port) = peers(&[Manner::default()]).await;
    let home = self::home(domain(Table::default(), "x.test", 1), port, None);
    let mut messages = Vec::new();
    for number in 0..60 {
        messages.push(home.send(&[&format!("a{number}@x.test")], false).await);
    }
    home.round().await;
    for message in messages {
        assert_eq!(fates(&home, message).await, [(State::Delivered, None)]);
    }
    assert_eq!(peers[0].given().len(), 60);
    assert!(peers[0].visits() <= 10, "{} visits", peers[0].visits());
}

#[tokio::test]
async fn a_message_that_the_disk_damaged_stands_in_the_outbox_without_its_subject() {
    let home = self::home(Table::default(), 25, None);
    let (whole, damaged) = (home.send(&["x@a.test"], false).await, home.send(&["x@b.test"], false).await);
    let writing = home
        .vault
        .open()
        .unwrap()
        .writer
        .write(move |tables| Ok(tables.raw.insert((damaged.0, 0), [0].as_slice()).map(drop)?));
    writing.await.unwrap();
    let waiting = home.services.outbox.content().await.unwrap().waiting;
    let subject = |message| {
        waiting
            .iter()
            .find(|item| item.message == message)
            .map(|item| item.subject.as_str())
    };
    assert_eq!((subject(whole), subject(damaged)), (Some("to 1 people"), Some("")));
}
