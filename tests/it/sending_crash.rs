//! The power goes, a hundred times, while messages leave: none is lost, none is sent twice, and what nobody can know is
//! said to be so.

use crate::appliance::{Appliance, Folder, PASSPHRASE};
use caliopen::{
    app::{self, Services},
    domain::{
        address::Address,
        outgoing::{Copy, State, Submission},
        time::Time,
    },
    net::clock::Clock,
    store::{mail::Snapshot, outbox, slots::Opening, vault::Vault},
};
use std::{
    collections::HashMap,
    ffi::OsStr,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

const KILLS: usize = 100;
const MESSAGES: usize = 1_500;

/// Serves one session: tells each message by its subject the moment it is whole, and only then answers.
fn session(stream: TcpStream, got: &mpsc::Sender<String>) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    stream.write_all(b"220 mx\r\n").ok()?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let answer: &[u8] = match line.get(..4).unwrap_or_default() {
            "EHLO" => b"250-mx\r\n250 PIPELINING\r\n",
            "DATA" => {
                stream.write_all(b"354 go\r\n").ok()?;
                let mut subject = String::new();
                loop {
                    let mut line = String::new();
                    if lines.read_line(&mut line).ok()? == 0 {
                        return None;
                    }
                    if let Some(said) = line.strip_prefix("Subject: ") {
                        subject = said.trim_end().to_owned();
                    }
                    if line == ".\r\n" {
                        break;
                    }
                }
                got.send(subject).ok()?;
                b"250 kept\r\n"
            }
            "QUIT" => return None,
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer).ok()?;
    }
}

/// A server that keeps listening, and what it got.
fn peer() -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (tell, got) = mpsc::channel();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let tell = tell.clone();
            thread::spawn(move || session(stream, &tell));
        }
    });
    (port, got)
}

fn unlocked(folder: &Folder) -> Vault {
    let vault = Vault::locked(&folder.data);
    vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap();
    vault
}

/// Files so many messages and puts them into the outbox; gives their numbers and subjects.
async fn fill(folder: &Folder) -> HashMap<u64, String> {
    let (file, front) = app::front(&folder.data).unwrap();
    let vault = unlocked(folder);
    let services = Services::new(&vault, &file, &front, &Clock::system()).unwrap();
    let mut sent = HashMap::new();
    for number in 0..MESSAGES {
        let subject = format!("number {number}");
        let raw = format!(
            "From: me@home.test\r\nTo: p{number}@[127.0.0.1]\r\nSubject: {subject}\r\n\r\n{}\r\n",
            "x".repeat(number % 3_000)
        );
        let kept = services
            .receive
            .import(raw.clone().into_bytes(), None, true)
            .await
            .unwrap()
            .unwrap();
        let submission = Submission {
            from: Address::parse("me@home.test").unwrap(),
            copies: vec![Copy {
                raw: raw.into_bytes(),
                recipients: vec![Address::parse(&format!("p{number}@[127.0.0.1]")).unwrap()],
            }],
            not_before: Time(0),
            confidential: false,
            by_provider: false,
        };
        let (ready, now) = (outbox::prepare(submission).unwrap(), Clock::system().now());
        let message = kept.message.0;
        let writing = vault
            .open()
            .unwrap()
            .writer
            .write(move |tables| outbox::queue(tables, message, &ready, now));
        writing.await.unwrap();
        sent.insert(message, subject);
    }
    vault.lock();
    vault.wait_until_closed().unwrap();
    sent
}

#[test]
fn no_message_is_lost_or_doubled_in_a_hundred_kills() {
    let folder = Folder::make();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sent = runtime.block_on(fill(&folder));
    let (port, got) = peer();
    let port = port.to_string();
    let more = ["--smtp-port-out", &port].map(OsStr::new);
    let mut arrived: HashMap<String, usize> = HashMap::new();
    let patience = Duration::from_secs(60);
    for round in 0..KILLS {
        let appliance = Appliance::start_with(&folder.data, Some(&folder.secret), &more);
        // The moment: after so many messages, which falls anywhere in a commit, and not after so many seconds.
        for _ in 0..=(round * 7) % 11 {
            *arrived.entry(got.recv_timeout(patience).expect("nothing leaves")).or_default() += 1;
        }
        appliance.kill();
        got.try_iter().for_each(|subject| *arrived.entry(subject).or_default() += 1);
    }
    let before = arrived.len();
    let appliance = Appliance::start_with(&folder.data, Some(&folder.secret), &more);
    // What is left leaves; what is ambiguous does not. Ten seconds of silence are the end of it.
    while let Ok(subject) = got.recv_timeout(Duration::from_secs(10)) {
        *arrived.entry(subject).or_default() += 1;
    }
    let ended = appliance.terminate();
    assert!(ended && before >= KILLS, "{before}");
    let vault = unlocked(&folder);
    let snapshot = Snapshot::of(&vault.open().unwrap()).unwrap();
    let mut ambiguous = 0;
    for (message, subject) in &sent {
        let rows = snapshot.deliveries(*message).unwrap();
        let times = arrived.get(subject).copied().unwrap_or(0);
        assert!(times <= 1, "{subject} came {times} times");
        match rows[0].state() {
            State::Delivered => assert_eq!(times, 1, "{subject} is said to have arrived"),
            State::NobodyKnows => ambiguous += 1,
            state => panic!("{subject}: {state:?}"),
        }
    }
    assert!(ambiguous <= KILLS * 10, "{ambiguous} of {MESSAGES} are ambiguous");
    println!("{ambiguous} of {MESSAGES} are said to be ambiguous after {KILLS} kills");
}
