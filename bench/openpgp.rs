//! What OpenPGP costs: a new key, opening an encrypted and signed message of 5 kB, and one of 10 MB side by side with
//! GnuPG, in turns; and the memory that a message of 25 MiB takes to be sealed and opened. Prints one JSON object;
//! `bench/run` reads it.
//!
//!     openpgp FOLDER ROUNDS [seal|open]
//!
//! With a last word it only seals or opens the large message, so that its memory is its own.

// A measurement says what went wrong by panicking, and its figures on stdout.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic)]

use caliopen::{
    codec::{
        mime::{
            self,
            openpgp::Keys,
            sealed,
            write::{self, Writing},
        },
        pgp::{Certificate, SecretKey, seal_into},
    },
    domain::{address::Address, message::Mailbox, openpgp::Worth, time::Time},
    net::clock::Clock,
};
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// Messages of 5 kB that are read in one round.
const SMALL: usize = 200;
/// Keys that are made in one round.
const MADE: usize = 50;

/// Nanoseconds that this thread had a processor.
fn cpu() -> u64 {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    said.split(' ').next().unwrap().parse().unwrap()
}

/// The most memory that this process ever had, in KiB.
fn most_memory() -> u64 {
    let said = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = said.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn octets(count: usize) -> Vec<u8> {
    let mut state = 1_u64;
    (0..count)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect()
}

/// A message with this text and file, before it is sealed.
fn message(address: &Address, now: Time, text: &str, file: Option<Vec<u8>>) -> Vec<u8> {
    let me = Mailbox {
        name: String::new(),
        address: address.clone(),
    };
    let writing = Writing {
        from: Some(me.clone()),
        to: vec![me],
        subject: "About the mill",
        id: "bench@home.test",
        at: now,
        ..Writing::default()
    };
    let files = file.into_iter().map(|octets| write::Attached {
        name: "mill.bin",
        media_type: "application/octet-stream",
        octets,
    });
    write::assemble(&writing, write::entity(text, files.collect(), "boundary"))
}

fn encrypted(whole: &[u8], own: &SecretKey, now: Time) -> Vec<u8> {
    let payload = sealed::payload(whole, true, &[]);
    let to = [own.certificate()];
    sealed::encrypted(whole, "outer", |out| seal_into(out, payload.plain(), &to, own, now).map(|_| ())).unwrap()
}

fn opened(raw: &[u8], own: &SecretKey, certificate: &Certificate, now: Time) {
    let find = |_: &[u64]| vec![certificate.clone()];
    let keys = Keys {
        own: std::slice::from_ref(own),
        find: &find,
        now,
    };
    let opening = mime::openpgp::open(raw, keys).unwrap();
    assert!(
        matches!(opening.signatures.first().unwrap().1.worth, Worth::Good(_)),
        "{:?}",
        opening.failed
    );
    let reading = mime::read(opening.shown.as_deref().unwrap());
    assert_eq!(reading.subject, "About the mill");
}

fn gpg(home: &Path, args: &[&str], input: &Path) -> Duration {
    let mut command = Command::new("gpg");
    command
        .env("GNUPGHOME", home)
        .args(["--batch", "--quiet", "--yes", "--trust-model", "always", "--no-auto-check-trustdb"]);
    command.args(args).stdin(std::fs::File::open(input).unwrap());
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let began = Instant::now();
    assert!(command.status().unwrap().success(), "gpg {args:?}");
    began.elapsed()
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(folder) = arguments.next() else { return };
    let (folder, rounds) = (Path::new(&folder), arguments.next().unwrap().parse::<usize>().unwrap());
    let now = Clock::system().now();
    let me = Address::parse("me@home.test").unwrap();
    let (key, large) = (folder.join("key"), folder.join("large"));
    match arguments.next().as_deref() {
        Some("seal") => {
            let own = SecretKey::read(&std::fs::read(&key).unwrap()).unwrap();
            let whole = message(&me, now, "Here it is.\n", Some(octets(25 * 1024 * 1024)));
            let before = most_memory();
            std::fs::write(&large, encrypted(&whole, &own, now)).unwrap();
            println!(
                "{}",
                serde_json::json!({ "before": before, "after": most_memory(), "octets": whole.len() })
            );
            return;
        }
        Some("open") => {
            let own = SecretKey::read(&std::fs::read(&key).unwrap()).unwrap();
            let raw = std::fs::read(&large).unwrap();
            let before = most_memory();
            opened(&raw, &own, &own.certificate(), now);
            println!(
                "{}",
                serde_json::json!({ "before": before, "after": most_memory(), "octets": raw.len() })
            );
            return;
        }
        _ => {}
    }
    let own = SecretKey::make(&me, Time(now.0 - 60)).unwrap();
    let certificate = own.certificate();
    std::fs::write(&key, own.octets()).unwrap();
    let text = "Meet me at the mill, where the river turns.\n".repeat(110);
    let small = encrypted(&message(&me, now, &text, None), &own, now);
    let home = folder.join("gnupg");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::set_permissions(&home, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    gpg(&home, &["--import"], &key);
    let plain = folder.join("plain");
    std::fs::write(&plain, octets(10_000_000)).unwrap();
    let theirs = folder.join("theirs");
    let print = own.fingerprint().hex();
    gpg(
        &home,
        &[
            "--armor",
            "--compress-algo",
            "none",
            "--sign",
            "--encrypt",
            "-r",
            &print,
            "-u",
            &print,
            "-o",
            theirs.to_str().unwrap(),
        ],
        &plain,
    );
    let armored = std::fs::read(&theirs).unwrap();
    let (mut made, mut read, mut ours, mut gnupg) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let began = Instant::now();
        for _ in 0..MADE {
            SecretKey::make(&me, now).unwrap();
        }
        made.push(began.elapsed().as_secs_f64() * 1e3 / MADE as f64);
        let began = cpu();
        for _ in 0..SMALL {
            opened(&small, &own, &certificate, now);
        }
        read.push((cpu() - began) as f64 / 1e6 / SMALL as f64);
        let began = Instant::now();
        let find = |_: &[u64]| vec![certificate.clone()];
        let checking = caliopen::codec::pgp::Checking::new(&find, now);
        let message = caliopen::codec::pgp::open(&armored, std::slice::from_ref(&own), &checking).unwrap();
        ours.push(began.elapsed().as_secs_f64() * 1e3);
        assert_eq!(message.plain.len(), 10_000_000);
        gnupg.push(gpg(&home, &["--decrypt"], &theirs).as_secs_f64() * 1e3);
    }
    let _ = Command::new("gpgconf").env("GNUPGHOME", &home).args(["--kill", "all"]).status();
    println!(
        "{}",
        serde_json::json!({ "made": made, "read": read, "ours": ours, "gnupg": gnupg, "size": small.len() })
    );
}
