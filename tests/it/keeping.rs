//! From the door to the page, without the sockets: what is kept is what is shown.

use crate::delivering::notice;
use caliopen::{
    app::{self, Services},
    domain::{
        address::Address,
        outgoing::{Copy, State, Submission},
        padlock::Padlock,
        privacy::index::Letter,
        time::Time,
        transport::{Arrival, TlsFacts, TlsVersion},
    },
    net::clock::Clock,
    service::{
        receive::{Brought, Kept, NotKept, Recipient, Taken},
        setup,
        view::Body,
    },
    store::{
        front::{self, FrontFile},
        mail::Snapshot,
        outbox,
        slots::{Kind, Opening},
        vault::{Secret, Vault},
    },
};

struct House {
    folder: tempfile::TempDir,
    services: Services,
    file: std::sync::Arc<FrontFile>,
    vault: Vault,
    clock: Clock,
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    setup::make(folder.path(), "home.test", "me@home.test", "word")
        .unwrap()
        .vault
        .lock();
    let house = open(folder);
    assert_eq!(
        house.vault.unlock(&Opening::Typed("word")).unwrap(),
        Secret::Right(Kind::Passphrase)
    );
    house
}

/// The house of a folder, locked.
fn open(folder: tempfile::TempDir) -> House {
    let (file, front) = app::front(folder.path()).unwrap();
    let (vault, clock) = (Vault::locked(folder.path()), Clock::fixed(Time(1_700_000_000)));
    let services = Services::new(&vault, &file, &front, &clock).unwrap();
    House {
        folder,
        services,
        file,
        vault,
        clock,
    }
}

fn arrival(at: Time, tls: bool) -> Arrival {
    let tls = tls.then(|| TlsFacts {
        version: TlsVersion::V1_3,
        suite: "TLS13_AES_256_GCM_SHA384".into(),
        group: "X25519MLKEM768".into(),
    });
    Arrival {
        at,
        peer: [192, 0, 2, 7].into(),
        helo: "mx.x.test".into(),
        mail_from: Some("bob@x.test".into()),
        rcpt_to: vec!["me@home.test".into()],
        tls,
        extended: true,
        utf8: false,
    }
}

fn mail(from: &str, more: &str, subject: &str, body: &str) -> Vec<u8> {
    format!("From: {from}\r\nTo: me@home.test\r\n{more}Subject: {subject}\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <{subject}@x.test>\r\n\r\n{body}\r\n")
        .into_bytes()
}

impl House {
    async fn take(&self, raw: &[u8], tls: bool) -> Taken {
        self.clock.set(Time(self.clock.now().0 + 60));
        let arrival = arrival(self.clock.now(), tls);
        self.services.receive.keep(arrival, raw.to_vec()).await.unwrap()
    }

    async fn keep(&self, raw: &[u8], tls: bool) -> Kept {
        match self.take(raw, tls).await {
            Taken::Kept(kept) => kept,
            Taken::Sealed => panic!("the box is locked"),
        }
    }
}

#[tokio::test]
async fn people_make_discussions_and_the_newest_comes_first() {
    let house = house();
    let first = house.keep(&mail("Bob <bob@x.test>", "", "one", "hello"), true).await;
    let second = house.keep(&mail("bob@X.test", "", "two", "again"), true).await;
    let other = house
        .keep(&mail("Bob <bob@x.test>", "Cc: carol@y.test\r\n", "one", "all of you"), true)
        .await;
    let list = house
        .keep(
            &mail("Bob <bob@x.test>", "List-Id: Talk <talk.lists.test>\r\n", "one", "to the list"),
            true,
        )
        .await;
    assert_eq!(first.discussion, second.discussion, "same people, other subject");
    assert!(other.discussion != first.discussion && list.discussion != first.discussion && list.discussion != other.discussion);

    let page = house.services.timeline.page(1).await.unwrap();
    assert_eq!(
        page.rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        [list.discussion, other.discussion, first.discussion]
    );
    assert_eq!((page.total, page.unread, page.pages), (3, 3, 1));
    let row = page.rows.last().unwrap();
    assert_eq!(
        (row.messages, row.unread, row.subject.as_str(), row.excerpt.as_str()),
        (2, 2, "two", "again")
    );
    assert_eq!(
        row.people.iter().map(|p| (p.name.as_str(), p.known)).collect::<Vec<_>>(),
        [("bob@x.test", false)]
    );
    assert_eq!(page.rows.first().unwrap().list.as_deref(), Some("Talk"));

    assert_eq!(house.services.discussions.mark(first.discussion, false).await.unwrap(), 2);
    let page = house.services.timeline.page(99).await.unwrap();
    assert_eq!((page.page, page.unread, page.rows.last().unwrap().unread), (1, 2, 0));
    assert_eq!(house.services.discussions.mark(first.discussion, true).await.unwrap(), 2);
    assert_eq!(house.services.timeline.page(1).await.unwrap().unread, 3);
}

#[tokio::test]
async fn a_message_shows_its_way_its_index_and_its_own_octets() {
    let house = house();
    setup::add_contact(&house.vault, "Bob Martin", &[Address::parse("bob@x.test").unwrap()])
        .await
        .unwrap();
    let raw = mail("Robert <bob@x.test>", "", "one", "hello there");
    let kept = house.keep(&raw, true).await;
    let page = house.services.discussions.message(kept.message).await.unwrap();
    let from = page.message.from.as_ref().unwrap();
    assert_eq!(
        (from.name.as_str(), from.known, from.owner),
        ("Bob Martin", true, false),
        "our name for him, not his"
    );
    assert!(matches!(&page.message.body, Body::Text(text) if text.trim() == "hello there"));
    assert_eq!(page.journey.arrival, Some(arrival(house.clock.now(), true)));
    assert!(page.journey.hops.is_empty(), "our own line is not a claim");
    assert_eq!(
        page.index.points.map(i16::from),
        Some(page.index.lines.iter().map(|line| line.won).sum())
    );
    assert_eq!(page.message.index, page.index.points);
    assert_eq!(page.message.padlock, Padlock::Postcard);
    let source = house.services.discussions.source(kept.message).await.unwrap();
    assert!(source.ends_with(&raw) && source.starts_with(b"Received: "));

    let open = house.keep(&raw, false).await;
    let open = house.services.discussions.message(open.message).await.unwrap();
    assert_eq!(open.index.letter(), Some(Letter::E), "the hop seen here had no TLS");
    assert!(open.index.points < page.index.points);
}

#[tokio::test]
async fn an_import_knows_nothing_of_the_way_and_is_kept_once() {
    let house = house();
    let raw = mail(
        "Bob <bob@x.test>",
        "Received: from a.test by b.test with ESMTPS; Tue, 14 Nov 2023 22:13:20 +0000\r\n",
        "one",
        "hello",
    );
    let kept = house
        .services
        .receive
        .import(raw.clone(), Some(Time(1_500_000_000)), true)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(house.services.receive.import(raw.clone(), None, false).await.unwrap(), None);
    let page = house.services.discussions.message(kept.message).await.unwrap();
    assert_eq!(page.journey.arrival, None);
    assert_eq!(page.journey.hops.len(), 1);
    assert!(
        page.index
            .lines
            .iter()
            .filter(|line| line.id.as_str().starts_with("travel.") && line.possible > 0)
            .all(|line| !line.known)
    );
    assert_eq!((page.message.unread, page.message.received), (false, Time(1_500_000_000)));
    assert_eq!(house.services.discussions.source(kept.message).await.unwrap(), raw, "every octet");
}

#[tokio::test]
async fn the_door_knows_its_own() {
    let house = house();
    for (address, verdict) in [
        ("me@home.test", Recipient::Ours),
        ("ME@Home.Test", Recipient::Ours),
        ("postmaster", Recipient::Ours),
        ("Postmaster@home.test", Recipient::Ours),
        ("you@home.test", Recipient::Nobody),
        ("postmaster@elsewhere.test", Recipient::Elsewhere),
        ("me@elsewhere.test", Recipient::Elsewhere),
        ("nonsense", Recipient::Nobody),
    ] {
        assert_eq!(house.services.receive.recipient(address), verdict, "{address}");
    }
}

#[tokio::test]
async fn a_locked_box_seals_what_comes_and_takes_it_in_once_in_order() {
    let house = house();
    let before = house.keep(&mail("a@x.test", "", "zero", "b"), true).await;
    house.vault.lock();
    for subject in ["one", "two", "three"] {
        assert_eq!(
            house.take(&mail("a@x.test", "", subject, "b"), subject != "two").await,
            Taken::Sealed
        );
    }
    assert_eq!(house.file.waiting().unwrap(), 3);
    assert_eq!(house.services.receive.drain().await, Err(NotKept::Locked));
    let import = house.services.receive.import(mail("a@x.test", "", "four", "b"), None, false).await;
    assert_eq!(import, Err(NotKept::Locked), "nobody waits for a file");

    let peer = caliopen::service::unlock::Caller::from_address([127, 0, 0, 1].into());
    assert!(house.services.unlock.sign_in("word", "door", peer).await.is_ok() && !house.services.unlock.is_locked());
    assert_eq!(house.services.receive.drain().await, Ok(3));
    assert_eq!((house.services.receive.drain().await, house.file.waiting().unwrap()), (Ok(0), 0));
    let page = house.services.discussions.page(before.discussion, 1).await.unwrap();
    assert_eq!(
        page.shown.iter().map(|m| m.subject.as_str()).collect::<Vec<_>>(),
        ["zero", "one", "two", "three"]
    );
    let two = house.services.discussions.message(page.shown[2].id).await.unwrap();
    assert_eq!(two.journey.arrival.unwrap().tls, None, "what the door saw was sealed with it");
}

#[tokio::test]
async fn what_comes_while_a_box_is_filled_waits_until_that_has_ended() {
    let house = house();
    let filling = house.vault.open().unwrap().fill();
    assert_eq!(house.take(&mail("a@x.test", "", "one", "b"), true).await, Taken::Sealed);
    assert_eq!(house.services.receive.drain().await, Err(NotKept::Locked));
    // However it ended.
    drop(filling);
    assert_eq!((house.services.receive.drain().await, house.file.waiting().unwrap()), (Ok(1), 0));
    house.keep(&mail("a@x.test", "", "two", "b"), true).await;
}

#[tokio::test]
async fn an_arrival_that_cannot_be_taken_in_keeps_none_of_the_others_back() {
    let house = house();
    // What the vault knows of one sender is damaged, and mended later.
    let damage = async |damaged: bool| {
        let open = house.vault.open().unwrap();
        let writing = open.writer.write(move |tables| {
            if damaged {
                tables.door.insert("ill@x.test", [1, 2, 3].as_slice())?;
            } else {
                tables.door.remove("ill@x.test")?;
            }
            Ok(())
        });
        writing.await.unwrap();
    };
    damage(true).await;
    house.vault.lock();
    for (from, subject) in [
        ("ill@x.test", "one"),
        ("well@x.test", "two"),
        ("ill@x.test", "three"),
        ("well@x.test", "four"),
    ] {
        assert_eq!(house.take(&mail(from, "", subject, "b"), true).await, Taken::Sealed);
    }
    house.vault.unlock(&Opening::Typed("word")).unwrap();
    assert_eq!(house.services.receive.drain().await, Err(NotKept::Storage));
    assert_eq!(house.file.waiting().unwrap(), 2, "two are in, two wait");
    damage(false).await;
    assert_eq!((house.services.receive.drain().await, house.file.waiting().unwrap()), (Ok(2), 0));
}

#[tokio::test]
async fn an_arrival_that_the_vault_has_is_not_taken_from_the_spool_again() {
    let house = house();
    house.vault.lock();
    house.take(&mail("a@x.test", "", "one", "b"), true).await;
    let house = drained_twice(house).await;
    assert_eq!(house.services.timeline.page(1).await.unwrap().rows[0].messages, 1);
}

/// Takes an arrival from the spool; then the power goes after the vault's commit and before the spool's, and it is still there.
async fn drained_twice(house: House) -> House {
    let front = house.folder.path().join(front::FILE);
    let before = std::fs::read(&front).unwrap();
    house.vault.unlock(&Opening::Typed("word")).unwrap();
    assert_eq!(house.services.receive.drain().await, Ok(1));
    house.vault.lock();
    let House {
        folder, services, file, ..
    } = house;
    drop((services, file));
    std::fs::write(&front, before).unwrap();
    let house = open(folder);
    assert_eq!(house.file.waiting().unwrap(), 1);
    house.vault.unlock(&Opening::Typed("word")).unwrap();
    assert_eq!((house.services.receive.drain().await, house.file.waiting().unwrap()), (Ok(0), 0));
    house
}

#[tokio::test]
async fn a_notice_that_was_told_is_not_taken_from_the_spool_again() {
    let house = house();
    let own = b"From: me@home.test\r\nTo: a@x.test\r\nSubject: mine\r\nMessage-ID: <mine@home.test>\r\n\r\nx\r\n".to_vec();
    let sent = house
        .services
        .receive
        .import(own.clone(), None, true)
        .await
        .unwrap()
        .unwrap()
        .message;
    let submission = Submission {
        from: Address::parse("me@home.test").unwrap(),
        copies: vec![Copy {
            raw: own,
            recipients: vec![Address::parse("a@x.test").unwrap()],
        }],
        not_before: Time(1),
        confidential: false,
        by_provider: false,
    };
    let ready = outbox::prepare(submission).unwrap();
    let writing = house.vault.open().unwrap().writer.write(move |tables| {
        outbox::queue(tables, sent.0, &ready, Time(1))?;
        outbox::change_all(tables, sent.0, |delivery| {
            (delivery.recipients[0].state, delivery.due) = (State::Delivered, None);
        })
    });
    writing.await.unwrap();
    house.vault.lock();
    let from_nobody = Arrival {
        mail_from: None,
        ..arrival(house.clock.now(), true)
    };
    let notice = notice("mine@home.test", "failed", "a@x.test").into_bytes();
    assert_eq!(house.services.receive.keep(from_nobody, notice).await, Ok(Taken::Sealed));
    let house = drained_twice(house).await;
    assert_eq!(house.services.outbox.of(sent).await.unwrap()[0].state(), State::Failed);
    assert_eq!(house.services.outbox.returned(sent).await.unwrap().len(), 1);
    let snapshot = Snapshot::of(&house.vault.open().unwrap()).unwrap();
    assert_eq!(snapshot.messages().unwrap(), 1, "told where it belongs, and no message of its own");
}

#[tokio::test]
async fn what_is_deleted_is_known_no_more_and_what_stays_is() {
    let house = house();
    let receive = &house.services.receive;
    let by_content = || Brought {
        by_content: true,
        ..Brought::default()
    };
    let known = || {
        let snapshot = Snapshot::of(&house.vault.open().unwrap()).unwrap();
        (snapshot.row_count("imported").unwrap(), snapshot.row_count("told").unwrap())
    };
    let fetched = |subject: &str| mail("Bob <bob@x.test>", "", subject, "hello");
    let first = receive.bring(fetched("one"), by_content()).await.unwrap().unwrap();
    let second = receive.bring(fetched("two"), by_content()).await.unwrap().unwrap();
    let other = receive
        .import(mail("carol@y.test", "", "three", "x"), None, true)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (first.discussion, known()),
        (second.discussion, (6, 3)),
        "by octets, and by their text"
    );
    let carol = [b"X-Gmail-Labels: Inbox\r\n".as_slice(), &mail("carol@y.test", "", "three", "x")].concat();
    assert_eq!(
        receive.bring(carol, by_content()).await.unwrap(),
        None,
        "what came by a file does not come again from its mailbox"
    );

    // By its octets and by its text, each alone and with the way that it came by this time.
    house.services.delete.message(first.message).await.unwrap();
    assert_eq!(known(), (4, 2));
    let other_way = [
        b"Received: by elsewhere.test; Tue, 14 Nov 2023 22:13:20 +0000\r\n".as_slice(),
        &fetched("two"),
    ]
    .concat();
    assert_eq!(receive.bring(other_way.clone(), by_content()).await.unwrap(), None);
    assert_eq!(receive.import(fetched("two"), None, true).await.unwrap(), None);
    assert!(receive.bring(fetched("one"), by_content()).await.unwrap().is_some());
    assert_eq!(known(), (6, 3));

    house.services.delete.discussion(first.discussion).await.unwrap();
    assert_eq!(known(), (2, 1), "what is not deleted stays known");
    assert_eq!(
        receive.import(mail("carol@y.test", "", "three", "x"), None, true).await.unwrap(),
        None
    );
    assert!(receive.bring(other_way, by_content()).await.unwrap().is_some());
    house.services.delete.discussion(other.discussion).await.unwrap();
    assert_eq!(known(), (2, 1));
}
