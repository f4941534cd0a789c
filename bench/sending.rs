//! How fast what waits in the outbox leaves: so many messages are put into it, then handed to a server that takes
//! everything and keeps nothing. Prints the messages a second of each round as JSON; `bench/run` reads it.
//!
//!     sending FOLDER MESSAGES ROUNDS PORT

// A measurement says what went wrong by panicking, and its figures on stdout.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use caliopen::{
    app::Services,
    domain::{
        address::Address,
        outgoing::{Copy, Submission},
        time::Time,
    },
    net::{clock::Clock, dns::Dns, outward::Outward},
    service::setup,
    store::{front::FrontFile, outbox},
};
use std::{path::Path, sync::Arc, time::Instant};
use tokio::task::JoinSet;

/// Octets of a message, as in the load of the other rate.
const OCTETS: usize = 5_000;

/// Puts so many messages into the outbox, each to somebody else of one domain.
async fn fill(services: &Services, vault: &caliopen::store::vault::Vault, round: usize, messages: usize) {
    for number in 0..messages {
        let to = format!("p{number}@[127.0.0.1]");
        let head = format!("From: me@home.test\r\nTo: {to}\r\nSubject: number {round}-{number}\r\n\r\n");
        let line = "x".repeat(78) + "\r\n";
        let raw = (head + &line.repeat(OCTETS / line.len())).into_bytes();
        let kept = services.receive.import(raw.clone(), None, true).await.unwrap().unwrap();
        let submission = Submission {
            from: Address::parse("me@home.test").unwrap(),
            copies: vec![Copy {
                raw,
                recipients: vec![Address::parse(&to).unwrap()],
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
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(folder) = arguments.next() else { return };
    let folder = Path::new(&folder);
    let [messages, rounds, port] = [(); 3].map(|()| arguments.next().unwrap().parse::<usize>().unwrap());
    let vault = setup::make(folder, "home.test", "me@home.test", "word").unwrap().vault;
    let file = Arc::new(FrontFile::open(folder).unwrap());
    let front = file.read().unwrap().unwrap();
    let outward = Outward {
        smtp_port: u16::try_from(port).unwrap(),
        ..Dns::nobody().into()
    };
    let services = Services::over(&vault, &file, &front, &Clock::system(), outward).unwrap();
    let mut rates = Vec::new();
    for round in 0..rounds {
        fill(&services, &vault, round, messages).await;
        assert_eq!(services.outbox.waiting().await.unwrap(), messages as u64);
        let began = Instant::now();
        let mut workers = JoinSet::new();
        services.deliver.step(&mut workers).await.unwrap();
        while let Some(ended) = workers.join_next().await {
            ended.unwrap();
        }
        rates.push(messages as f64 / began.elapsed().as_secs_f64());
        // The last outcome is on the disk: nothing is left to wait for.
        assert_eq!(services.outbox.waiting().await.unwrap(), 0);
    }
    println!("{}", serde_json::json!({ "rates": rates }));
}
