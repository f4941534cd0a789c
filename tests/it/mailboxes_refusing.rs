//! A server of mailboxes that refuses: because it is busy, because one message is ill, because a folder is gone; and one
//! that says more than it was asked. What it did not give out is not taken for gone, and what is there is fetched.

use crate::{
    home::Home,
    internet::Authority,
    mailboxes::{Dovecot, NOW, outward, pem_of, raws, typed, until, works},
    mailboxes_sending::server,
};
use caliopen::{domain::mailbox::Trouble, service::mailboxes::View};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

/// What the server does not do as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Good,
    /// Refuses to say which messages there are.
    NoNumbers,
    /// Tells of the first half, then refuses.
    HalfKnown,
    /// Gives the first half out, then refuses.
    HalfGiven,
    /// Says that all is well, and keeps one back.
    OneMissing,
    /// Gives nothing out.
    Busy,
    /// Cannot read one.
    Ill(u32),
    /// Gives out what was not asked for, and no end of it.
    Pouring,
}

const MESSAGES: u32 = 10;

fn message(uid: u32) -> String {
    format!(
        "From: list@x.test\r\nTo: me@x.test\r\nSubject: number {uid}\r\nDate: Tue, 3 Mar 2026 09:00:00 +0000\r\n\
         Message-ID: <{uid}@x.test>\r\n\r\nbody {uid}\r\n"
    )
}

/// The messages of a set.
fn uids(set: &str) -> Vec<u32> {
    let runs = set.split(',').flat_map(|run| {
        let (first, last) = run.split_once(':').unwrap_or((run, run));
        let last = if last == "*" { MESSAGES } else { last.parse().unwrap() };
        first.parse().unwrap()..=last
    });
    runs.filter(|uid| (1..=MESSAGES).contains(uid)).collect()
}

fn fetched(mood: Mood, set: &str, bodies: bool) -> (String, &'static str) {
    const NO: &str = "NO [LIMIT] later";
    let (asked, mut said) = (uids(set), String::new());
    let body = |uid: u32| {
        let raw = message(uid);
        format!("* {uid} FETCH (UID {uid} BODY[] {{{}}}\r\n{raw})\r\n", raw.len())
    };
    if mood == Mood::Pouring && bodies {
        let raw = "x".repeat(5_000_000);
        return (
            format!("* 1 FETCH (UID 4711 BODY[] {{{}}}\r\n{raw})\r\n", raw.len()).repeat(15),
            "OK",
        );
    }
    for (at, uid) in asked.iter().enumerate() {
        let half = at >= asked.len() / 2;
        match (mood, bodies) {
            (Mood::HalfKnown, false) | (Mood::HalfGiven, true) if half => return (said, NO),
            (Mood::Busy, true) => return (said, NO),
            (Mood::Ill(ill), true) if *uid == ill => return (said, "NO [SERVERBUG] it cannot be read"),
            (Mood::OneMissing, true) if *uid == 4 => said += &format!("* {uid} FETCH (UID {uid} BODY[] NIL)\r\n"),
            (_, true) => said += &body(*uid),
            (_, false) => {
                // The flags change while they are told, twice, and are told once more without a size.
                let flags = format!("* {uid} FETCH (UID {uid} FLAGS (\\Seen Work))\r\n");
                let date = "INTERNALDATE \" 3-Mar-2026 10:00:00 +0100\"";
                let size = message(*uid).len();
                said += &format!("{flags}* {uid} FETCH (UID {uid} RFC822.SIZE {size} FLAGS () {date})\r\n{flags}");
            }
        }
    }
    (said, "OK done")
}

/// A box, a server in this mood, and the mailbox there, its folder chosen.
async fn begin(mood: Mood) -> (Home, u64, Arc<Mutex<Mood>>) {
    let authority = Authority::make();
    let moods = Arc::new(Mutex::new(mood));
    let shared = moods.clone();
    let answer = move |_: &str, line: &str| {
        let mood = *shared.lock().unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let tag = words.first()?;
        let (said, ended) = match words.get(1..)? {
            ["LIST", ..] => ("* LIST () \".\" INBOX\r\n".to_owned(), "OK"),
            ["CAPABILITY"] => ("* CAPABILITY IMAP4rev1\r\n".to_owned(), "OK"),
            ["EXAMINE", ..] => ("* OK [UIDVALIDITY 1] it\r\n* OK [UIDNEXT 11] it\r\n".to_owned(), "OK"),
            ["UID", "SEARCH", ..] if mood == Mood::NoNumbers => (String::new(), "NO [UNAVAILABLE] later"),
            ["UID", "SEARCH", "UID", set, ..] => {
                let numbers: Vec<String> = uids(set).iter().map(u32::to_string).collect();
                (format!("* SEARCH {}\r\n", numbers.join(" ")), "OK")
            }
            ["UID", "FETCH", set, rest @ ..] => fetched(mood, set, rest.concat().contains("BODY")),
            ["LOGOUT"] => ("* BYE\r\n".to_owned(), "OK"),
            ["LOGIN", ..] => (String::new(), "OK"),
            _ => (String::new(), "BAD"),
        };
        Some(format!("{said}{tag} {ended}\r\n"))
    };
    let (port, _) = server(&authority.certify(&["imap.x.test"]), "* OK hello\r\n", answer).await;
    let home = Home::make(NOW, outward(&authority));
    let mailboxes = &home.services.mailboxes;
    let id = mailboxes.add(typed(port, true, "right", true)).await.unwrap().unwrap();
    mailboxes.choose(id, vec!["INBOX".into()]).await.unwrap();
    (home, id, moods)
}

fn numbers(home: &Home) -> Vec<u32> {
    let number = |(raw, _): &(String, bool)| raw.split_once("\nbody ").unwrap().1.trim().parse::<u32>().unwrap();
    let mut numbers: Vec<u32> = raws(home).iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

/// How often in a row it failed.
fn failures(home: &Home, id: u64) -> u32 {
    let mailbox = home.snapshot().mailbox(id).unwrap().unwrap();
    mailbox.failing.map_or(0, |(_, times)| times)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_not_gone_and_comes_later() {
    let (home, id, mood) = begin(Mood::NoNumbers).await;
    let (mailboxes, working) = (&home.services.mailboxes, works(&home));
    for next in [Mood::HalfKnown, Mood::HalfGiven, Mood::OneMissing, Mood::Good] {
        let view = until(&home, id, "it is refused", |view| view.trouble.is_some()).await;
        assert!(matches!(view.trouble, Some((Trouble::Refused, _))), "before {next:?}: {view:?}");
        assert_eq!((view.last, view.passed, view.folders[0].last), (None, 0, 0), "before {next:?}");
        *mood.lock().unwrap() = next;
        mailboxes.pause(id, false).await.unwrap();
    }
    until(&home, id, "it comes", |view| view.last.is_some()).await;
    assert_eq!(numbers(&home), (1..=MESSAGES).collect::<Vec<_>>());
    let snapshot = home.snapshot();
    let first = snapshot.message(snapshot.messages_after(0, 1).unwrap()[0]).unwrap().unwrap();
    assert!(!first.unread, "its flags are the last that were told");
    assert!(snapshot.tags().unwrap().into_values().any(|tag| tag.slug == "work"));
    working.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_ill_message_keeps_nothing_back_and_a_busy_server_loses_nothing() {
    let (home, id, mood) = begin(Mood::Busy).await;
    let (mailboxes, working) = (&home.services.mailboxes, works(&home));
    for times in 1..=6 {
        until(&home, id, "it is refused again", |_| failures(&home, id) >= times).await;
        assert_eq!(
            mailboxes.one(id).await.unwrap().passed,
            0,
            "nothing is passed by while nothing at all is given"
        );
        if times == 5 {
            *mood.lock().unwrap() = Mood::Ill(3);
            mailboxes.pause(id, false).await.unwrap();
            break;
        }
        mailboxes.look_now(id);
    }
    for times in 1..=3 {
        until(&home, id, "the bundle is refused", |_| failures(&home, id) >= times).await;
        mailboxes.look_now(id);
    }
    let view = until(&home, id, "the others come", |view| view.last.is_some()).await;
    assert_eq!((view.brought, view.passed, view.trouble), (u64::from(MESSAGES) - 1, 1, None));
    assert_eq!(numbers(&home), (1..=MESSAGES).filter(|uid| *uid != 3).collect::<Vec<_>>());
    working.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_asked_for_is_not_taken() {
    let (home, id, _) = begin(Mood::Pouring).await;
    let working = works(&home);
    let view = until(&home, id, "it has an end", |view| view.trouble.is_some()).await;
    assert!(matches!(view.trouble, Some((Trouble::Garbled, _))), "{view:?}");
    assert!(raws(&home).is_empty());
    working.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_gone_keeps_the_others_not_back_and_a_new_one_is_shown() {
    let authority = Authority::make();
    let (certificate, key) = pem_of(&authority.certify(&["imap.x.test"]));
    let Some(dovecot) = Dovecot::make(&certificate, &key) else { return };
    dovecot.put("", 1, "");
    dovecot.put(".Lists", 2, "");
    dovecot.owned();
    let home = Home::make(NOW, outward(&authority));
    let mailboxes = &home.services.mailboxes;
    let id = mailboxes.add(typed(dovecot.tls_port, true, "right", true)).await.unwrap().unwrap();
    let working = works(&home);
    mailboxes.choose(id, vec!["INBOX".into(), "Lists".into()]).await.unwrap();
    until(&home, id, "both come", |view| view.brought == 2 && view.last.is_some()).await;

    mailboxes.pause(id, true).await.unwrap();
    std::fs::rename(dovecot.mail().join(".Lists"), dovecot.mail().join(".Renamed")).unwrap();
    dovecot.put("", 3, "");
    dovecot.owned();
    mailboxes.pause(id, false).await.unwrap();
    let view = until(&home, id, "the other is fetched", |view| view.brought == 3 && !view.shut.is_empty()).await;
    assert_eq!((view.shut.as_slice(), view.trouble), (&["Lists".to_owned()][..], None));
    let folders: Vec<_> = view.folders.iter().map(|folder| (folder.name.as_str(), folder.wanted)).collect();
    assert_eq!(folders, [("INBOX", true), ("Lists", true), ("Renamed", false)]);

    // Chosen instead of what is gone, it is fetched, and what came before is not doubled.
    mailboxes.choose(id, vec!["INBOX".into(), "Renamed".into()]).await.unwrap();
    dovecot.put(".Renamed", 4, "");
    dovecot.owned();
    mailboxes.look_now(id);
    let view = until(&home, id, "the new one is fetched", |view| {
        view.brought == 4 && view.folders.len() == 2
    })
    .await;
    assert!(view.shut.is_empty(), "{view:?}");
    assert_eq!(raws(&home).len(), 4);

    // Where nothing that is wanted is there, that is said to be wrong.
    mailboxes.pause(id, true).await.unwrap();
    std::fs::remove_dir_all(dovecot.mail().join(".Renamed")).unwrap();
    mailboxes.choose(id, vec!["Renamed".into()]).await.unwrap();
    let view = until(&home, id, "nothing is there", |view| view.trouble.is_some()).await;
    assert!(matches!(view.trouble, Some((Trouble::Refused, _))), "{view:?}");
    working.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ill_message_in_one_folder_keeps_no_other_folder_back_however_much_comes_elsewhere() {
    let authority = Authority::make();
    let (selected, inbox) = (Mutex::new(String::new()), Arc::new(AtomicU32::new(0)));
    let arrived = inbox.clone();
    // The first folder has a message more each time that somebody signs in; the second has one that cannot be read.
    let answer = move |_: &str, line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let mut selected = selected.lock().unwrap();
        let here = |set: &str, selected: &str| -> Vec<u32> {
            let last = match selected {
                "INBOX" => arrived.load(Ordering::Relaxed),
                "Archive" => 1,
                _ => 2,
            };
            uids(set).into_iter().filter(|uid| *uid <= last).collect()
        };
        let (said, ended) = match words.get(1..)? {
            ["LOGIN", ..] => {
                arrived.fetch_add(1, Ordering::Relaxed);
                (String::new(), "OK")
            }
            ["LIST", ..] => {
                let folders = ["INBOX", "Archive", "Lists"].map(|name| format!("* LIST () \".\" {name}\r\n"));
                (folders.concat(), "OK")
            }
            ["CAPABILITY"] => ("* CAPABILITY IMAP4rev1\r\n".to_owned(), "OK"),
            ["EXAMINE", name, ..] => {
                *selected = name.trim_matches('"').to_owned();
                ("* OK [UIDVALIDITY 1] it\r\n".to_owned(), "OK")
            }
            ["UID", "SEARCH", "UID", set, ..] => {
                let numbers: Vec<String> = here(set, &selected).iter().map(u32::to_string).collect();
                (format!("* SEARCH {}\r\n", numbers.join(" ")), "OK")
            }
            ["UID", "FETCH", set, rest @ ..] => {
                let bodies = rest.concat().contains("BODY");
                let mut said = String::new();
                for uid in here(set, &selected) {
                    let raw = message(uid).replace("@x.test>", &format!(".{selected}@x.test>"));
                    said += &match bodies {
                        true => format!("* {uid} FETCH (UID {uid} BODY[] {{{}}}\r\n{raw})\r\n", raw.len()),
                        false => format!(
                            "* {uid} FETCH (UID {uid} RFC822.SIZE {} FLAGS () INTERNALDATE \" 3-Mar-2026 10:00:00 +0100\")\r\n",
                            raw.len()
                        ),
                    };
                }
                match bodies && *selected == "Archive" {
                    true => (String::new(), "NO [SERVERBUG] it cannot be read"),
                    false => (said, "OK done"),
                }
            }
            ["LOGOUT"] => ("* BYE\r\n".to_owned(), "OK"),
            _ => (String::new(), "BAD"),
        };
        Some(format!("{said}{} {ended}\r\n", words.first()?))
    };
    let (port, _) = server(&authority.certify(&["imap.x.test"]), "* OK hello\r\n", answer).await;
    let home = Home::make(NOW, outward(&authority));
    let mailboxes = &home.services.mailboxes;
    let id = mailboxes.add(typed(port, true, "right", true)).await.unwrap().unwrap();
    let all = ["INBOX", "Archive", "Lists"].map(str::to_owned);
    mailboxes.choose(id, all.to_vec()).await.unwrap();
    let working = works(&home);
    let refused = |view: &View| {
        let archive = view.folders.iter().find(|folder| folder.name == "Archive");
        archive.and_then(|folder| folder.refused).map_or(0, |(_, times)| times)
    };
    for times in 1..=4 {
        let view = until(&home, id, "it is refused", |view| refused(view) >= times && !view.shut.is_empty()).await;
        assert_eq!((view.shut.as_slice(), view.passed), (&all[1..2], 0), "{view:?}");
        let view = until(&home, id, "that is said", |view| view.trouble.is_some()).await;
        assert!(matches!(view.trouble, Some((Trouble::Refused, _))), "{view:?}");
        assert_eq!(
            view.brought,
            u64::from(inbox.load(Ordering::Relaxed)) + 2,
            "the others come, each look"
        );
        mailboxes.look_now(id);
    }
    // Refused for days, it is passed by, and nothing is wrong any more.
    home.later(49 * 3600);
    mailboxes.look_now(id);
    let view = until(&home, id, "it is passed by", |view| view.last.is_some()).await;
    assert_eq!((view.passed, view.trouble, refused(&view)), (1, None, 0), "{view:?}");
    assert!(view.shut.is_empty());
    working.abort();
}
