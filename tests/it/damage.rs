//! The disk forgets an octet: whatever is asked afterwards is answered rightly, or with an error.

use caliopen::{
    app::{self, Services},
    domain::{address::Address, id::DiscussionId, time::Time, transport::Arrival},
    net::clock::Clock,
    service::{receive::Taken, setup},
    store::{
        front::{self, FrontFile},
        slots::{self, Opening},
        vault::{self, Secret, Vault},
    },
};
use std::path::Path;

/// Octets that are flipped, one at a time, in each file.
const FLIPS: u64 = 40;

/// Every answer, in words, in an order; an error where there was one.
type Answers = Vec<Result<String, ()>>;

fn mail(n: usize) -> Vec<u8> {
    let from = ["bob@x.test", "Carol <carol@y.test>", "dan@z.test"][n % 3];
    format!(
        "From: {from}\r\nTo: me@home.test\r\nSubject: number {n}\r\n\r\n{}\r\n",
        format!("words {n} ").repeat(1 + n * 37 % 2000)
    )
    .into_bytes()
}

/// A box with sixty messages, five in the spool, and a key file beside it.
async fn full(data: &Path) -> String {
    let made = setup::make(data, "home.test", "me@home.test", "word").unwrap();
    let key = slots::new_key_file().unwrap().to_string();
    made.vault.add_slot(&Opening::KeyFile(key.as_bytes()), "", Time(0)).unwrap();
    let (file, front) = app::front(data).unwrap();
    let clock = Clock::fixed(Time(1_700_000_000));
    let services = Services::new(&made.vault, &file, &front, &clock).unwrap();
    setup::add_contact(&made.vault, "Bob Martin", &[Address::parse("bob@x.test").unwrap()])
        .await
        .unwrap();
    for n in 0..65 {
        clock.set(Time(clock.now().0 + 60));
        if n == 60 {
            services.custody.lock().await.unwrap();
        }
        let arrival = Arrival {
            at: clock.now(),
            peer: [192, 0, 2, 7].into(),
            helo: "mx.x.test".into(),
            mail_from: Some("bob@x.test".into()),
            rcpt_to: vec!["me@home.test".into()],
            tls: None,
            extended: true,
            utf8: false,
        };
        let taken = services.receive.keep(arrival, mail(n)).await.unwrap();
        assert_eq!(matches!(taken, Taken::Sealed), n >= 60);
    }
    key
}

/// Asks everything that there is to ask.
async fn ask(data: &Path, key: &str) -> Answers {
    let file = tokio::task::spawn_blocking({
        let data = data.to_owned();
        move || app::front(&data)
    });
    let Ok(Ok((file, front))) = file.await else { return vec![Err(())] };
    let mut answers: Answers = vec![Ok(format!("{front:?}"))];
    let waiting = tokio::task::spawn_blocking({
        let file = file.clone();
        move || spooled(&file)
    });
    answers.push(waiting.await.unwrap_or(Err(())));
    let vault = Vault::locked(data);
    let unlocked = tokio::task::spawn_blocking({
        let (vault, key) = (vault.clone(), key.to_owned());
        move || vault.unlock(&Opening::KeyFile(key.as_bytes()))
    });
    let Ok(Ok(Secret::Right(_))) = unlocked.await else {
        answers.push(Err(()));
        return answers;
    };
    let Ok(services) = Services::new(&vault, &file, &front, &Clock::fixed(Time(1_700_100_000))) else {
        answers.push(Err(()));
        return answers;
    };
    let timeline = services.timeline.page(1).await;
    answers.push(timeline.map(|page| format!("{page:?}")).map_err(drop));
    for id in 1..=3 {
        let page = services.discussions.page(DiscussionId(id), 1).await;
        answers.push(page.map(|page| format!("{page:?}")).map_err(drop));
    }
    for id in 1..=60 {
        let message = services.discussions.message(caliopen::domain::id::MessageId(id)).await;
        answers.push(message.map(|page| format!("{page:?}")).map_err(drop));
        let source = services.discussions.source(caliopen::domain::id::MessageId(id)).await;
        answers.push(source.map(|source| String::from_utf8(source).unwrap()).map_err(drop));
    }
    answers
}

fn spooled(file: &FrontFile) -> Result<String, ()> {
    let (mut all, mut after) = (String::new(), 0);
    while let Some((number, sealed)) = file.spooled(after).map_err(drop)? {
        all += &format!("{number}: {sealed:?}\n");
        after = number;
    }
    Ok(all)
}

/// Flips octets of one file in copies of the folder, and compares every answer with the right one.
async fn flip(name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let key = full(&data).await;
    let right = ask(&data, &key).await;
    assert!(right.len() > 100 && right.iter().all(Result::is_ok));
    let whole = std::fs::read(data.join(name)).unwrap();
    let used: Vec<usize> = whole
        .iter()
        .enumerate()
        .filter(|(_, octet)| **octet != 0)
        .map(|(at, _)| at)
        .collect();
    let (mut state, mut noticed) = (0x2545_f491_4f6c_dd1d_u64, 0);
    for _ in 0..FLIPS {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let at = used[(state >> 33) as usize % used.len()];
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (state % 8);
        let copy = tempfile::tempdir().unwrap();
        for other in [front::FILE, slots::FILE, vault::FILE] {
            std::fs::copy(data.join(other), copy.path().join(other)).unwrap();
        }
        std::fs::write(copy.path().join(name), flipped).unwrap();
        let answers = ask(copy.path(), &key).await;
        for (number, (answer, right)) in answers.iter().zip(&right).enumerate() {
            assert!(answer.is_err() || answer == right, "octet {at} of {name}: answer {number} is wrong");
        }
        noticed += usize::from(answers != right);
    }
    assert!(noticed > 0, "some flip was noticed");
}

#[tokio::test]
async fn a_flipped_octet_of_the_vault_is_an_error_and_never_a_wrong_answer() {
    flip(vault::FILE).await;
}

#[tokio::test]
async fn a_flipped_octet_of_the_front_is_an_error_and_never_a_wrong_answer() {
    flip(front::FILE).await;
}
