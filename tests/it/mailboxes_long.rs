//! What takes long with a mailbox at another provider, by the clock or by its size: ten thousand messages over a line that
//! breaks at random, a server that tells of no news, and one that fails for three days.

use crate::{
    home::Home,
    internet::Authority,
    mailboxes::{Cutting, Dovecot, NOW, outward, pem_of, raws, seed, typed, until, until_whole, works},
};
use caliopen::{
    codec::mime,
    domain::mailbox::{PATIENCE, PAUSE, State, Trouble},
};
use std::{collections::HashSet, sync::atomic::Ordering};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_messages_come_once_each_over_a_line_that_breaks_at_random() {
    const MANY: usize = 10_000;
    let authority = Authority::make();
    let (certificate, key) = pem_of(&authority.certify(&["imap.x.test"]));
    let Some(dovecot) = Dovecot::make(&certificate, &key) else {
        return;
    };
    for number in 0..MANY {
        dovecot.put("", number, if number % 3 == 0 { "S" } else { "" });
    }
    dovecot.owned();
    let home = Home::make(NOW, outward(&authority));
    let mailboxes = &home.services.mailboxes;
    let line = Cutting::before(dovecot.tls_port, 2 * 1024 * 1024, seed()).await;
    // Its folders are asked for over the line as well.
    let id = loop {
        if let Ok(id) = mailboxes.add(typed(line.port, true, "right", true)).await.unwrap() {
            break id;
        }
    };
    let working = works(&home);
    mailboxes.choose(id, vec!["INBOX".into()]).await.unwrap();
    let cuts = until_whole(&home, id).await;
    println!("cut off {cuts} times");
    assert!(cuts >= 5, "it was cut off {cuts} times");
    let kept = raws(&home);
    let named: HashSet<usize> = kept
        .iter()
        .map(|(raw, unread)| {
            let id = mime::read(raw.as_bytes()).message_id.unwrap();
            let number = id.split('@').next().unwrap().trim_start_matches('<').parse().unwrap();
            assert_eq!(*unread, number % 3 != 0, "{number}");
            number
        })
        .collect();
    assert_eq!((kept.len(), named.len()), (MANY, MANY));
    let view = mailboxes.one(id).await.unwrap();
    assert_eq!((view.brought, view.passed), (MANY as u64, 0), "{view:?}");

    // What is known of the line is no more than that it broke: once it holds, the mailbox is listened to.
    line.cuts.store(false, Ordering::Relaxed);
    mailboxes.look_now(id);
    until(&home, id, "it listens", |view| {
        view.running.is_some_and(|running| running.listening)
    })
    .await;
    assert_eq!(home.snapshot().messages().unwrap(), MANY as u64);
    working.abort();
}

/// Has everything looked at that is due, to the end; how many mailboxes that were.
async fn look(home: &Home) -> usize {
    let mut workers = JoinSet::new();
    home.services.mailboxes.step(&mut workers, 0).await;
    let many = workers.len();
    while let Some(ended) = workers.join_next().await {
        ended.unwrap();
    }
    many
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_tells_of_nothing_is_asked_every_quarter_of_an_hour_and_given_up_after_three_days() {
    let authority = Authority::make();
    let (certificate, key) = pem_of(&authority.certify(&["imap.x.test"]));
    let Some(mut dovecot) = Dovecot::make_with(&certificate, &key, "imap_capability = IMAP4rev1 UIDPLUS") else {
        return;
    };
    dovecot.owned();
    let home = Home::make(NOW, outward(&authority));
    let mailboxes = &home.services.mailboxes;
    let id = mailboxes.add(typed(dovecot.tls_port, true, "right", false)).await.unwrap().unwrap();
    mailboxes.choose(id, vec!["INBOX".into()]).await.unwrap();
    assert_eq!(look(&home).await, 1);
    let view = mailboxes.one(id).await.unwrap();
    assert_eq!((view.last, view.running, view.trouble), (Some(NOW), None, None));
    for number in 0..3 {
        dovecot.put("", number, "");
        dovecot.owned();
        home.later(PAUSE - 1);
        assert_eq!(look(&home).await, 0, "it rests");
        home.later(1);
        assert_eq!(look(&home).await, 1);
        assert_eq!(mailboxes.one(id).await.unwrap().brought, number as u64 + 1);
    }
    // A clock that is put back does not let it rest for years.
    home.later(-1_000_000);
    assert_eq!(look(&home).await, 1);
    home.later(1_000_000);
    assert_eq!(look(&home).await, 1);

    // It fails: tried again after a minute, after five, and every quarter of an hour, until three days are over.
    dovecot.stop();
    home.later(PAUSE);
    let begun = home.clock.now();
    assert_eq!(look(&home).await, 1);
    for (wait, looks) in [(59, 0), (1, 1), (299, 0), (1, 1), (PAUSE - 1, 0), (1, 1)] {
        home.later(wait);
        assert_eq!(look(&home).await, looks, "after {wait} seconds more");
    }
    let view = mailboxes.one(id).await.unwrap();
    assert_eq!((view.state, view.trouble), (State::On, Some((Trouble::Unreachable, begun))));
    let before = raws(&home).len();
    while home.clock.now().0 + PAUSE < begun.0 + PATIENCE {
        home.later(PAUSE);
        assert_eq!(look(&home).await, 1);
    }
    assert_eq!(mailboxes.one(id).await.unwrap().state, State::On, "not a moment too early");
    assert_eq!(raws(&home).len(), before, "nobody is written to meanwhile");
    home.later(PAUSE);
    assert_eq!(look(&home).await, 1);
    assert_eq!(mailboxes.one(id).await.unwrap().state, State::Off);
    let told = raws(&home).split_off(before);
    let subjects: Vec<String> = told.iter().map(|(raw, _)| mime::read(raw.as_bytes()).subject).collect();
    assert!(
        subjects.len() == 1 && subjects[0].starts_with("Other mailbox switched off"),
        "{subjects:?}"
    );
    home.later(10 * PAUSE);
    assert_eq!(look(&home).await, 0, "it stays off");

    // Switched on again it is asked at once, and what came meanwhile comes.
    dovecot.start();
    mailboxes.pause(id, false).await.unwrap();
    assert_eq!(look(&home).await, 1);
    let view = mailboxes.one(id).await.unwrap();
    assert_eq!((view.state, view.trouble, view.brought), (State::On, None, 3));

    // A box that was off or locked for days has hardly tried, and its line may come back a moment later than itself.
    dovecot.stop();
    home.later(PAUSE);
    assert_eq!(look(&home).await, 1);
    home.later(2 * PATIENCE);
    assert_eq!(look(&home).await, 1);
    assert_eq!(mailboxes.one(id).await.unwrap().state, State::On);
    dovecot.start();
    home.later(PAUSE);
    assert_eq!(look(&home).await, 1);
    let view = mailboxes.one(id).await.unwrap();
    assert_eq!((view.state, view.trouble), (State::On, None));
}
