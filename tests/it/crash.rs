//! The power goes, a hundred times, in the middle of things: what was answered `250` is there, once.

use crate::appliance::{Folder, OWNER, PASSPHRASE, Sender};
use caliopen::store::{
    mail::Snapshot,
    slots::{Kind, Opening},
    vault::{Secret, Vault},
};
use std::{collections::HashMap, sync::mpsc, thread, time::Duration};

const KILLS: usize = 100;
const SENDERS: usize = 4;

/// A small generator of our own, seeded: the moments differ from kill to kill and not from run to run.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn message(marker: &str, seed: &mut u64) -> String {
    let filling: String = (0..next(seed) % 6000)
        .map(|i| {
            if i % 70 == 69 {
                '\n'
            } else {
                char::from(b'a' + (next(seed) % 26) as u8)
            }
        })
        .collect();
    format!(
        "From: Bob <bob{}@x.test>\r\nTo: {OWNER}\r\nSubject: {marker}\r\n\r\n{}\r\n",
        next(seed) % 9,
        filling.replace('\n', "\r\n")
    )
}

/// Sends until the appliance is gone; tells what was answered 250, and only then.
fn load(smtp: std::net::SocketAddr, name: &str, mut seed: u64, answered: &mpsc::Sender<String>) {
    let Ok(mut sender) = Sender::connect(smtp) else { return };
    for number in 0.. {
        let marker = format!("{name}-{number}");
        match sender.send("bob@x.test", OWNER, &message(&marker, &mut seed)) {
            Ok(250) => answered.send(marker).unwrap(),
            Ok(code) => panic!("{marker} was answered {code}"),
            Err(_) => return,
        }
    }
}

#[test]
fn what_was_answered_250_survives_a_hundred_kills_once() {
    let folder = Folder::make();
    let mut answered = Vec::new();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..KILLS {
        let appliance = folder.serve();
        let (smtp, (tell, heard)) = (appliance.smtp, mpsc::channel());
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (tell, seed) = (tell.clone(), next(&mut seed));
                thread::spawn(move || load(smtp, &format!("{round}-{sender}"), seed, &tell))
            })
            .collect();
        drop(tell);
        // The moment: after so many answers, which falls anywhere in a commit, and not after so many seconds.
        for _ in 0..=next(&mut seed) % 40 {
            answered.push(
                heard
                    .recv_timeout(Duration::from_secs(30))
                    .expect("the appliance stopped by itself"),
            );
        }
        appliance.kill();
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        answered.extend(heard);
    }
    let kept = subjects(&folder);
    assert!(answered.len() > KILLS, "only {} messages were answered", answered.len());
    for marker in &answered {
        assert_eq!(kept.get(marker), Some(&1), "{marker}");
    }
    assert!(kept.values().all(|times| *times == 1), "something is there twice");
    assert!(kept.len() <= answered.len() + KILLS * SENDERS, "more than was sent");
}

/// Every kept message by its subject, each read back whole and checked, and each in its discussion.
fn subjects(folder: &Folder) -> HashMap<String, usize> {
    let vault = Vault::locked(&folder.data);
    assert_eq!(vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap(), Secret::Right(Kind::Passphrase));
    let snapshot = Snapshot::of(&vault.open().unwrap()).unwrap();
    let mut kept = HashMap::new();
    let mut per_discussion: HashMap<u64, u32> = HashMap::new();
    for id in 1..=snapshot.messages().unwrap() {
        let record = snapshot.message(id).unwrap().unwrap();
        let raw = String::from_utf8(snapshot.raw(id, &record).unwrap()).unwrap();
        let subject = raw.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap();
        *kept.entry(subject.to_owned()).or_default() += 1;
        *per_discussion.entry(record.discussion).or_default() += 1;
    }
    for (discussion, messages) in per_discussion {
        assert_eq!(snapshot.discussion(discussion).unwrap().unwrap().messages, messages);
        assert_eq!(snapshot.discussed(discussion, 0, usize::MAX).unwrap().len(), messages as usize);
    }
    kept
}
