//! What sealing costs: the rate at which messages are kept over the encrypting backend and over none, in turns,
//! and how long opening a large vault takes once its key is there. Prints one JSON object; `bench/run` reads it.
//!
//!     sealed FOLDER MESSAGES ROUNDS LARGE
//!
//! The store without encryption exists for this program only: no command of the product opens one.

// A measurement says what went wrong by panicking, and its figures on stdout.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use caliopen::{
    app::Services,
    domain::{time::Time, transport::Arrival},
    net::clock::Clock,
    service::setup,
    store::{
        front::FrontFile,
        slots::{self, Opening},
        vault::Vault,
    },
};
use std::{path::Path, sync::Arc, time::Instant};

/// Sessions that hand messages over at a time, as the rate's load does.
const SESSIONS: usize = 4;

fn message(n: usize) -> Vec<u8> {
    let mut state = n as u64 + 1;
    let words = (0..700).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        format!("{:x} ", state >> 44)
    });
    let from = format!("Somebody {} <p{}@peer.test>", n % 997, n % 997);
    format!(
        "From: {from}\r\nTo: me@home.test\r\nSubject: number {n}\r\n\r\n{}\r\n",
        words.collect::<String>()
    )
    .into_bytes()
}

fn arrival(n: usize) -> Arrival {
    Arrival {
        at: Time(1_700_000_000 + n as i64),
        peer: [192, 0, 2, 7].into(),
        helo: "mx.peer.test".into(),
        mail_from: Some("bench@peer.test".into()),
        rcpt_to: vec!["me@home.test".into()],
        tls: None,
        extended: true,
        utf8: false,
    }
}

/// Keeps so many messages, a few at a time; gives messages a second.
async fn keep(services: &Services, from: usize, messages: usize) -> f64 {
    let began = Instant::now();
    let sessions = (0..SESSIONS).map(|session| {
        let receive = services.receive.clone();
        tokio::spawn(async move {
            for n in (from + session..from + messages).step_by(SESSIONS) {
                receive.keep(arrival(n), message(n)).await.unwrap();
            }
        })
    });
    for session in sessions.collect::<Vec<_>>() {
        session.await.unwrap();
    }
    messages as f64 / began.elapsed().as_secs_f64()
}

fn services(vault: &Vault, folder: &Path) -> Services {
    let file = Arc::new(FrontFile::open(folder).unwrap());
    let front = file.read().unwrap().unwrap();
    Services::new(vault, &file, &front, &Clock::system()).unwrap()
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(folder) = arguments.next() else { return };
    let folder = Path::new(&folder);
    let [messages, rounds, large] = [(); 3].map(|()| arguments.next().unwrap().parse::<usize>().unwrap());
    let (sealed, bare) = (folder.join("sealed"), folder.join("bare"));
    let boxes = [&sealed, &bare].map(|data| setup::make(data, "home.test", "me@home.test", "word").unwrap().vault);
    let [vault, other] = boxes;
    other.lock();
    other.wait_until_closed().unwrap();
    let key = slots::new_key_file().unwrap();
    vault.add_slot(&Opening::KeyFile(key.as_bytes()), "", Time(0)).unwrap();
    let (ours, without) = (services(&vault, &sealed), services(&Vault::bare(&bare).unwrap(), &bare));
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        for (services, rates) in [&ours, &without].into_iter().zip(&mut rates) {
            rates.push(keep(services, round * messages, messages).await);
        }
    }
    let have = rounds * messages;
    if large > have {
        keep(&ours, have, large - have).await;
    }
    let held = ours.timeline.page(1).await.unwrap().total;
    ours.custody.lock().await.unwrap();
    let mut opened = Vec::new();
    for _ in 0..rounds {
        let began = Instant::now();
        vault.unlock(&Opening::KeyFile(key.as_bytes())).unwrap();
        let first = ours.timeline.page(1).await.unwrap();
        opened.push(began.elapsed().as_secs_f64());
        assert_eq!(first.total, held);
        ours.custody.lock().await.unwrap();
    }
    let [sealed, bare] = rates;
    println!(
        "{}",
        serde_json::json!({ "sealed": sealed, "bare": bare, "messages": large.max(have), "opened": opened })
    );
}
