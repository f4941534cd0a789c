//! The query language over real mail: what the index finds is what a slow reader of every message finds. The mail lies in
//! the corpora (`CALIOPEN_CORPORA`); where they are missing that is said in a line, and a few letters of our own stand in.

use crate::filing::Home;
use caliopen::{
    codec::{mime, search::tokens},
    domain::{
        message::Reading,
        query::{self, Day},
        time::Time,
    },
    service::search::{Asked, By, Found, Scope},
};
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// Messages that are kept; words that are asked for.
const MESSAGES: usize = 200;
const WORDS: usize = 60;

const OWN: [&str; 3] = [
    "From: Ann <ann@x.test>\nTo: me@home.test\nSubject: Le bail de l’appartement\nMessage-ID: <1@x.test>\n\nLe loyer est payé.\n",
    "From: Bob <bob@y.test>\nTo: me@home.test\nSubject: Re: lease\nMessage-ID: <2@y.test>\n\nThe rent is paid, thank you.\n",
    "From: Carol <carol@z.test>\nTo: me@home.test\nSubject: Apples\nMessage-ID: <3@z.test>\n\nNothing about rent.\n",
];

fn files(folder: &Path, out: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, out);
        } else if out.len() < MESSAGES
            && let Ok(octets) = std::fs::read(&path)
            && octets.len() < 60_000
        {
            out.push(octets);
        }
    }
}

fn mail() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    match std::env::var("CALIOPEN_CORPORA") {
        Ok(corpora) => {
            for folder in ["mime/notmuch", "mime/caliopen-raw", "mime/enmime"] {
                files(&Path::new(&corpora).join(folder), &mut all);
            }
        }
        Err(_) => println!("CALIOPEN_CORPORA is not set: only a few letters of our own are searched"),
    }
    all.extend(OWN.map(|letter| letter.replace('\n', "\r\n").into_bytes()));
    all
}

async fn find(home: &Home, text: &str, page: u32) -> Found {
    let today = Day {
        year: 2026,
        month: 11,
        day: 25,
    };
    let (query, problems) = query::read(text, today);
    assert!(problems.is_empty(), "{text}: {problems:?}");
    let asked = Asked {
        query,
        scope: Scope::Messages,
        by: By::Newest,
        page,
        begins: Arc::new(|_| Time(0)),
    };
    home.services.search.find(asked).await.unwrap()
}

async fn ids(home: &Home, text: &str) -> Vec<u64> {
    let mut ids = Vec::new();
    let mut page = 1;
    loop {
        let found = find(home, text, page).await;
        ids.extend(found.hits.iter().map(|hit| hit.id.0));
        if page >= found.pages {
            assert_eq!(ids.len() as u64, found.total, "{text}");
            ids.sort_unstable();
            return ids;
        }
        page += 1;
    }
}

fn has(text: &str, word: &str) -> bool {
    tokens(text).any(|(_, token)| token == word)
}

#[tokio::test]
async fn what_is_found_in_real_mail_is_what_a_slow_reader_finds() {
    let home = Home::make();
    let mut kept: BTreeMap<u64, Reading> = BTreeMap::new();
    for raw in mail() {
        let reading = mime::read(&raw);
        if let Ok(Some(one)) = home.services.receive.import(raw, None, true).await {
            kept.insert(one.message.0, reading);
        }
    }
    assert!(kept.len() >= OWN.len());
    let holders =
        |holds: &dyn Fn(&Reading) -> bool| -> Vec<u64> { kept.iter().filter(|(_, reading)| holds(reading)).map(|(id, _)| *id).collect() };
    let mut asked = 0;
    for reading in kept.values() {
        // Two words of each subject and text, asked for where they stand and wherever they are.
        let words = tokens(&reading.subject).skip(1).take(1).map(|(_, word)| ("subject", word));
        let body = tokens(&reading.text).skip(5).step_by(17).take(1).map(|(_, word)| ("body", word));
        for (place, word) in words.chain(body).filter(|(_, word)| word.chars().all(char::is_alphanumeric)) {
            if asked >= WORDS {
                break;
            }
            asked += 1;
            let expected = match place {
                "subject" => holders(&|reading| has(&reading.subject, &word)),
                _ => holders(&|reading| has(&reading.text, &word)),
            };
            assert_eq!(ids(&home, &format!("{place}:\"{word}\"")).await, expected, "{place}:\"{word}\"");
            let without = find(&home, &format!("-{place}:\"{word}\""), 1).await.total;
            assert_eq!(without + expected.len() as u64, kept.len() as u64, "-{place}:\"{word}\"");
            let anywhere = find(&home, &format!("\"{word}\""), 1).await.total;
            assert!(anywhere >= expected.len() as u64, "{word}");
        }
    }
    assert!(asked > 0);
    for reading in kept.values().take(40) {
        let plain = |c: char| c.is_ascii_alphanumeric() || "@.-_+".contains(c);
        if let Some(author) = reading.author().filter(|author| author.address.as_str().chars().all(plain)) {
            let address = author.address.as_str();
            let expected = holders(&|reading| reading.author().is_some_and(|other| other.address == author.address));
            let found = ids(&home, &format!("from:\"{address}\"")).await;
            assert!(expected.iter().all(|id| found.contains(id)), "from:\"{address}\"");
        }
    }
    let with_files = holders(&|reading| reading.attachments.iter().any(|file| !file.inline));
    assert_eq!(ids(&home, "has:attachment").await, with_files);
    assert_eq!(find(&home, "is:read", 1).await.total, kept.len() as u64);
}
