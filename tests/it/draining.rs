//! The power goes while the spool is being emptied, and while the file is being written anew: each message is
//! there once, in order, and nothing is left beside the files.

use crate::{
    appliance::{Appliance, Folder, PASSPHRASE},
    web::{Visitor, deliver},
};
use caliopen::{
    app::{self, Services},
    net::clock::Clock,
    store::{mail::Snapshot, slots::Opening, vault::Vault},
};
use std::{net::SocketAddr, thread};

const ROUNDS: usize = 12;
const EACH: usize = 12;

fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// A moment that is measured in answers and not in seconds: so many visits from now.
fn after_visits(http: SocketAddr, visits: u64) {
    for _ in 0..visits {
        crate::appliance::http(http, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    }
}

/// Empties what is left in the spool.
fn empty(folder: &Folder) {
    let (file, front) = app::front(&folder.data).unwrap();
    let vault = Vault::locked(&folder.data);
    vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap();
    let services = Services::new(&vault, &file, &front, &Clock::system()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(services.receive.drain()).unwrap();
    runtime.block_on(services.custody.lock()).unwrap();
    assert_eq!(file.waiting().unwrap(), 0);
}

/// The subjects of Bob's discussion, oldest first, every message whole. Notices of new browsers have their own.
fn subjects(folder: &Folder) -> Vec<String> {
    let vault = Vault::locked(&folder.data);
    vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap();
    let open = vault.open().unwrap();
    let snapshot = Snapshot::of(&open).unwrap();
    assert_eq!(snapshot.scrub(0, usize::MAX).unwrap().1, 0, "every message is whole");
    let rows = snapshot.timeline(0, usize::MAX).unwrap();
    let (discussion, _) = rows.iter().find(|(_, row)| row.key.contains("bob@sender.test")).unwrap();
    let mut messages = snapshot.discussed(*discussion, 0, usize::MAX).unwrap();
    messages.reverse();
    let subject = |(id, record): &(u64, _)| {
        let raw = String::from_utf8(snapshot.raw(*id, record).unwrap()).unwrap();
        raw.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap().to_owned()
    };
    messages.iter().map(subject).collect()
}

#[test]
fn killed_while_it_is_emptied_the_spool_loses_nothing_and_doubles_nothing() {
    let folder = Folder::make();
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    let mut sent = Vec::new();
    for round in 0..ROUNDS {
        let appliance = Appliance::start(&folder.data, None);
        for n in 0..EACH {
            let subject = format!("{round}-{n}");
            deliver(
                &appliance,
                "bob@sender.test",
                &subject,
                &format!("\r\n{}\r\n", "words\r\n".repeat(n * 300)),
            );
            sent.push(subject);
        }
        let mut visitor = Visitor::new(&appliance);
        assert_eq!(visitor.sign_in(PASSPHRASE, "/").status, 303);
        after_visits(appliance.http, next(&mut seed) % 12);
        appliance.kill();
    }
    empty(&folder);
    // Mail that was received in the same second has the order of its numbers, which is the order of the spool.
    assert_eq!(subjects(&folder), sent);
}

#[test]
fn killed_while_it_is_written_anew_the_file_is_the_old_one_or_the_new_one() {
    let folder = Folder::make();
    let mut seed = 0x2545_f491_4f6c_dd1d;
    let mut sent = Vec::new();
    for round in 0..8 {
        let appliance = folder.serve();
        for n in 0..6 {
            let subject = format!("{round}-{n}");
            deliver(
                &appliance,
                "bob@sender.test",
                &subject,
                &format!("\r\n{}\r\n", "words\r\n".repeat(5000)),
            );
            sent.push(subject);
        }
        let mut owner = Visitor::owner(&appliance);
        let token = owner.get("/settings/locks").token().to_owned();
        let body = format!("token={token}");
        let cookies: Vec<String> = owner.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (http, cookies) = (appliance.http, cookies.join("; "));
        let wiping = thread::spawn(move || {
            let request = format!(
                "POST /settings/locks/wipe HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\nCookie: {cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            // The box goes in the middle of it.
            let _ = std::panic::catch_unwind(|| crate::appliance::http(http, &request));
        });
        after_visits(appliance.http, next(&mut seed) % 30);
        appliance.kill();
        wiping.join().unwrap();
    }
    assert_eq!(subjects(&folder), sent);
    let left: Vec<_> = std::fs::read_dir(&folder.data)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 3, "{left:?}");
}
