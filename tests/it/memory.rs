//! What the largest message takes of the memory, while the box opens it and while it seals one: a few times the message.
//! Whole steps of the service are looked at, the store's write included, in a process of
//! their own, by the most that the system ever counted for it.

use crate::home::{Home, arrival};
use caliopen::{
    codec::{
        mime::{
            sealed,
            write::{self, Attached, Writing},
        },
        pgp::{Certificate, SecretKey, seal_into},
    },
    domain::{address::Address, draft::Draft, message::Mailbox, padlock::Padlock, time::Time},
    net::dns::Dns,
    service::{
        compose::Outcome,
        receive::{MAX_MESSAGE, Taken},
    },
};

const NOW: Time = Time(1_795_000_000);
const MIB: usize = 1024 * 1024;
/// The most that a step may take, in times of the message.
const MOST: f64 = 4.0;

/// Whether this is the process of its own; outside of it the test is run there, and its outcome is this one's.
fn alone(test: &str) -> bool {
    const INSIDE: &str = "CALIOPEN_TEST_MEMORY";
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if !cfg!(target_os = "linux") {
        println!("memory is counted on Linux only: {test} is left out");
        return false;
    }
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        // What is large goes back to the system as soon as it is not needed, so that its pages are counted once.
        .env("MALLOC_MMAP_THRESHOLD_", "262144")
        .env("MALLOC_ARENA_MAX", "1")
        .status()
        .unwrap();
    assert!(status.success(), "{test} failed in its own process");
    false
}

fn kib(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// The most octets that a step takes beyond what was there before it.
async fn takes<T>(step: impl Future<Output = T>) -> (T, usize) {
    // From now on the most is counted anew (proc(5)).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = kib("VmRSS:");
    let done = step.await;
    (done, kib("VmHWM:").saturating_sub(before) * 1024)
}

/// Octets that no packing makes smaller.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn mailbox(text: &str) -> Mailbox {
    Mailbox {
        name: String::new(),
        address: address(text),
    }
}

/// The largest message that comes in, sealed to the owner.
fn largest(own: &SecretKey, to: &[Certificate]) -> Vec<u8> {
    let writing = Writing {
        from: Some(mailbox("alice@friend.test")),
        to: vec![mailbox("me@home.test")],
        subject: "The whole film",
        id: "film@friend.test",
        at: NOW,
        ..Writing::default()
    };
    let file = Attached {
        name: "film.bin",
        media_type: "application/octet-stream",
        octets: noise(MAX_MESSAGE / 100 * 52),
    };
    let whole = write::assemble(&writing, write::entity("Here it is.", vec![file], "inner"));
    let payload = sealed::payload(&whole, true, &[]);
    let seal = |out: &mut Vec<u8>| seal_into(out, payload.plain(), to, own, NOW).map(|_| ());
    sealed::encrypted(&whole, "outer", seal).unwrap()
}

/// Says what a step took of a message of so many octets, and holds it to a bound: the message as it came or is filed, what
/// is sealed or shown of it, and each of them once more as it is packed for the disk.
fn is_bounded(what: &str, size: usize, most: usize) {
    let times = most as f64 / size as f64;
    println!("{what} {} MiB: {} MiB more, {times:.1} times", size / MIB, most / MIB);
    assert!(times <= MOST, "{what} {size} octets took {most}");
}

#[tokio::test]
async fn the_largest_message_takes_a_few_times_its_size_and_never_more() {
    if !alone("memory::the_largest_message_takes_a_few_times_its_size_and_never_more") {
        return;
    }
    let home = Home::make(NOW, Dns::nobody().into());
    home.services.keys.tend().await;
    let alice = SecretKey::make(&address("alice@friend.test"), Time(NOW.0 - 60)).unwrap();
    let brought = home.services.keyring.bring(alice.certificate().octets()).await.unwrap();
    assert!(brought.is_ok());
    let own = home.services.keys.list().await.unwrap().remove(0);
    let own = Certificate::read(own.armored.as_bytes()).unwrap();
    // Whoever else gets it reads the older form only (SEIPDv1), of which nothing is let out before its end was seen.
    let tom = Certificate::read(include_bytes!("../../demo/keys/tom.asc")).unwrap();
    for (form, to) in [("AEAD", vec![own.clone()]), ("SEIPDv1", vec![own, tom])] {
        let raw = largest(&alice, &to);
        let size = raw.len();
        assert!((MAX_MESSAGE / 10 * 9..MAX_MESSAGE).contains(&size), "{size}");
        let came = arrival(NOW, "alice@friend.test");
        let (kept, most) = takes(home.services.receive.keep(came, raw)).await;
        let Ok(Taken::Kept(kept)) = kept else { panic!("{kept:?}") };
        let page = home.services.discussions.message(kept.message).await.unwrap();
        assert_eq!(page.message.attachments.len(), 1, "it was opened");
        is_bounded(&format!("opening ({form})"), size, most);
    }
    let (id, compose) = (7, &home.services.compose);
    let draft = Draft {
        from: "me@home.test".into(),
        to: "alice@friend.test".into(),
        subject: "The whole film".into(),
        text: "Here it is.".into(),
        ..Draft::default()
    };
    compose.save(id, draft, Vec::new()).await.unwrap().unwrap();
    let kind = "application/octet-stream";
    let mut file = compose.begin_file(id, "film.bin", kind).await.unwrap().unwrap();
    for piece in noise(24 * MIB).chunks(MIB) {
        file.take(piece).await.unwrap().unwrap();
    }
    file.end(true).await.unwrap();
    let (sent, most) = takes(compose.send(id, Padlock::Envelope, None)).await;
    assert!(matches!(sent, Ok(Outcome::Sent(..))), "{sent:?}");
    // In base 64 with line ends.
    is_bounded("sealing", 24 * MIB / 57 * 78, most);
}
