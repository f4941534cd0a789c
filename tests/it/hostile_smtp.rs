//! The SMTP door among hostile peers: smuggling, injection, floods, and messages made to be read wrong.

use crate::{
    canary::forms::base64,
    door::{House, PATIENCE, Peer, client},
};
use caliopen::{
    domain::{id::MessageId, message::Defect},
    service::view::Body,
    smtp::limits::Limits,
    store::mail::Snapshot,
};
use std::{fmt::Write as _, io::Write as _, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout},
};
/// The corpus of false ends and injections, or nothing where it is missing.
fn corpus() -> serde_json::Value {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora").to_owned();
    let folder = std::env::var("CALIOPEN_CORPORA").unwrap_or(beside);
    match std::fs::read(format!("{folder}/smtp/smuggling-and-starttls.json")) {
        Ok(text) => serde_json::from_slice(&text).unwrap(),
        Err(_) => {
            eprintln!("{folder} is missing: only this repository's own false ends are tried");
            serde_json::json!({})
        }
    }
}

/// The classic false ends, so that something is tried without the corpus as well.
const FALSE_ENDS: &[&str] = &["\n.\n", "\n.\r\n", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n\0.\r\n", "\r\n.\0\r\n"];

#[tokio::test(flavor = "multi_thread")]
async fn one_message_never_becomes_two() {
    let corpus = corpus();
    let listed = corpus["must_not_end_data"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|end| end.as_str().unwrap());
    let ends: Vec<&str> = listed.chain(FALSE_ENDS.iter().copied()).collect();
    let house = House::open().await;
    let (mut taken, mut kept_before) = (0, 0);
    for end in ends {
        let inner = "MAIL FROM:<evil@b.test>\r\nRCPT TO:<me@home.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nboo";
        let body = format!("Subject: carrier\r\n\r\nfirst{end}{inner}\r\n");
        for chunked in [false, true] {
            let mut peer = house.greeted().await;
            peer.envelope().await;
            if chunked {
                peer.send(format!("BDAT {} LAST\r\n{body}", body.len()).as_bytes()).await;
            } else {
                assert_eq!(peer.ask("DATA").await, 354);
                peer.send(format!("{body}.\r\n").as_bytes()).await;
            }
            peer.send(b"QUIT\r\n").await;
            let codes = peer.rest().await;
            assert!(codes == [250, 221] || codes == [554, 221], "{end:?} {chunked}: {codes:?}");
            taken += usize::from(codes[0] == 250);
            let bare = end.replace("\r\n", "").contains(['\r', '\n']);
            assert_eq!(codes[0] == 554, bare, "{end:?} {chunked}");
            let kept = Snapshot::of(&house.vault.open().unwrap()).unwrap().messages().unwrap();
            assert_eq!(kept - kept_before, u64::from(codes[0] == 250), "{end:?} {chunked}");
            kept_before = kept;
        }
    }
    for (arrival, octets) in house.kept().await {
        assert_eq!(arrival.mail_from.as_deref(), Some("ana@sender.test"));
        assert!(octets.starts_with(b"Subject: carrier") && octets.ends_with(b"boo\r\n"));
    }
    assert!(taken > 0);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_end_is_waited_out_and_the_refusal_names_it() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    peer.envelope().await;
    assert_eq!(peer.ask("DATA").await, 354);
    peer.send(b"Subject: x\r\n\r\nbody\n.\nRSET\n.\r\n").await;
    assert!(timeout(Duration::from_millis(50), peer.reply()).await.is_err());
    peer.send(b"\r\n.\r\n").await;
    assert!(peer.reply().await.1.starts_with("554 5.6.11 "));
    assert_eq!(peer.deliver(b"Subject: proper\r\n\r\n").await, 250);
    assert_eq!(house.only().await.1, b"Subject: proper\r\n\r\n");
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_ahead_of_tls_is_never_heard() {
    let house = House::open().await;
    let listed = corpus();
    let mut cases: Vec<(String, String, String)> = vec![(
        "EHLO x\r\n".into(),
        "STARTTLS\r\nEHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<me@home.test>\r\nDATA\r\n".into(),
        "NOOP\r\n".into(),
    )];
    for case in listed["starttls_injection"].as_array().into_iter().flatten() {
        let text = |key: &str| case[key].as_str().unwrap().to_owned();
        cases.push((text("pre"), text("inject"), text("after_tls")));
    }
    for (pre, inject, after) in cases {
        let mut peer = house.peer().await;
        peer.send(pre.as_bytes()).await;
        assert_eq!(peer.reply().await.0, 250);
        peer.send(inject.as_bytes()).await;
        assert_eq!(peer.reply().await.0, 220);
        assert!(peer.heard.is_empty(), "{inject:?}");
        let mut sealed = peer.secure(client(&rustls::version::TLS13)).await;
        sealed.send(after.as_bytes()).await;
        let wanted = if after.starts_with("NOOP") { 250 } else { 500 };
        assert_eq!(sealed.reply().await.0, wanted, "{inject:?}");
        // What was said in clear is forgotten, and nothing else was answered.
        assert_eq!(sealed.codes(&["MAIL FROM:<a@b.test>", "QUIT"]).await, [503, 221]);
        assert_eq!(sealed.rest().await, [0u16; 0]);
    }
    assert!(house.kept().await.is_empty());
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lines_are_refused_and_survived() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    assert_eq!(peer.ask(&format!("NOOP {}", "x".repeat(1_993))).await, 250);
    assert_eq!(peer.ask(&format!("NOOP {}", "x".repeat(1_994))).await, 500);
    assert_eq!(peer.ask(&"x".repeat(1_000_000)).await, 500);
    assert_eq!(peer.ask("NOOP\nQUIT").await, 500);
    let line = |length: usize| [vec![b'x'; length], b"\r\n".to_vec()].concat();
    assert_eq!(peer.deliver(&line(1_998)).await, 250);
    assert_eq!(peer.deliver(&line(1_999)).await, 554);
    assert_eq!(peer.deliver(&line(3_000_000)).await, 554);
    assert_eq!(house.kept().await.len(), 1);
    house.still_works().await;
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_may_have_25_mib_and_not_an_octet_more() {
    let house = House::open().await;
    let max = Limits::default().message;
    let mut full = b"Subject: full\r\n\r\n".to_vec();
    let line = [vec![b'x'; 998], b"\r\n".to_vec()].concat();
    while full.len() + line.len() <= max {
        full.extend_from_slice(&line);
    }
    full.extend(std::iter::repeat_n(b'x', max - full.len() - 2));
    full.extend_from_slice(b"\r\n");
    assert_eq!(full.len(), max);
    let mut peer = house.greeted().await;
    assert_eq!(peer.deliver(&full).await, 250);
    assert_eq!(house.only().await.1.len(), max);

    full.insert(20, b'y');
    assert_eq!(peer.deliver(&full).await, 552);
    peer.envelope().await;
    peer.send(format!("BDAT {} LAST\r\n", full.len()).as_bytes()).await;
    peer.send(&full).await;
    assert_eq!(peer.reply().await.0, 552);
    assert_eq!(peer.deliver(b"Subject: small\r\n\r\n").await, 250);

    // A chunk that could never be taken is not waited for.
    peer.envelope().await;
    assert_eq!(peer.ask("BDAT 9999999999 LAST").await, 552);
    assert_eq!(peer.rest().await, [0u16; 0]);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_message_is_cut_off() {
    let house = House::with(Limits {
        message: 100_000,
        overrun: 100_000,
        ..Limits::default()
    })
    .await;
    let mut peer = house.greeted().await;
    peer.envelope().await;
    assert_eq!(peer.ask("DATA").await, 354);
    peer.send(&b"an endless line of text\r\n".repeat(9_000)).await;
    assert_eq!(peer.rest().await, [552]);
    assert!(house.kept().await.is_empty());
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_for_messages_is_shared_out_and_given_back() {
    let house = House::with(Limits {
        memory: 64 * 1024,
        ..Limits::default()
    })
    .await;
    let mut greedy = house.greeted().await;
    greedy.envelope().await;
    assert_eq!(greedy.ask("DATA").await, 354);
    greedy.send(&b"a line\r\n".repeat(6_000)).await;
    assert_eq!(greedy.ask(".").await, 250);

    greedy.envelope().await;
    assert_eq!(greedy.ask("DATA").await, 354);
    greedy.send(&b"a line\r\n".repeat(20_000)).await;
    greedy.send(b".\r\n").await;
    assert!(greedy.reply().await.1.starts_with("452 4.3.1 "));
    // All of it came back.
    assert_eq!(greedy.deliver(&b"a line\r\n".repeat(6_000)).await, 250);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hundred_and_first_recipient_waits_for_the_next_message() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    let mut group = "MAIL FROM:<a@b.test>\r\n".to_owned();
    group.push_str(&"RCPT TO:<me@home.test>\r\n".repeat(101));
    group.push_str("DATA\r\n");
    peer.send(group.as_bytes()).await;
    let mut codes = Vec::new();
    for _ in 0..103 {
        codes.push(peer.reply().await.0);
    }
    assert_eq!((codes[0], codes[100], codes[101], codes[102]), (250, 250, 452, 354));
    peer.send(b"Subject: many\r\n\r\n.\r\n").await;
    assert_eq!(peer.reply().await.0, 250);
    assert_eq!(house.only().await.0.rcpt_to.len(), 100);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_and_idle_talk_have_an_end() {
    let house = House::open().await;
    let mut wrong = house.peer().await;
    wrong.send(&b"FAKE\r\n".repeat(30)).await;
    let codes = wrong.rest().await;
    assert_eq!((codes.len(), codes[8], codes[9]), (10, 500, 421));

    let mut idle = house.peer().await;
    idle.send(&b"NOOP\r\n".repeat(300)).await;
    let codes = idle.rest().await;
    assert_eq!((codes.len(), codes[99], codes[100]), (101, 250, 421));

    let mut browser = house.peer().await;
    browser
        .send(b"POST / HTTP/1.1\r\nHost: home.test\r\n\r\nMAIL FROM:<a@b.test>\r\n")
        .await;
    assert_eq!(browser.rest().await, [554]);

    // Early talkers are heard after the greeting.
    let mut early = Peer::connect(house.at).await;
    early.send(b"EHLO early.test\r\nQUIT\r\n").await;
    assert_eq!(early.rest().await, [220, 250, 221]);
    house.still_works().await;
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_slowness_have_an_end() {
    let quiet = House::with(Limits {
        idle: Duration::from_secs(1),
        ..Limits::default()
    })
    .await;
    let mut silent = quiet.greeted().await;
    assert!(silent.reply().await.1.starts_with("421 4.4.2 "));
    let mut in_data = quiet.greeted().await;
    in_data.envelope().await;
    assert_eq!(in_data.ask("DATA").await, 354);
    in_data.send(b"Subject: half\r\n").await;
    assert_eq!(in_data.rest().await, [421]);
    assert!(quiet.kept().await.is_empty());
    quiet.ends().await;

    let slow = House::with(Limits {
        per_message: Duration::from_secs(2),
        ..Limits::default()
    })
    .await;
    let mut trickling = slow.greeted().await;
    trickling.envelope().await;
    assert_eq!(trickling.ask("DATA").await, 354);
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    let begun = Instant::now();
    let said = loop {
        tokio::select! {
            said = trickling.reply() => break said.1,
            _ = tick.tick() => assert!(begun.elapsed() < PATIENCE),
        }
        if trickling.io.write_all(b"x").await.is_err() {
            break trickling.reply().await.1;
        }
    };
    assert!(said.starts_with("421 4.4.2 "), "{said}");
    slow.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_idle_connections_do_not_keep_a_working_peer_out() {
    let house = House::open().await;
    let mut working = house.greeted().await;
    working.envelope().await;
    assert_eq!(working.ask("DATA").await, 354);
    working.send(b"Subject: patient\r\n").await;

    let mut idle = Vec::new();
    for _ in 0..1_000 {
        let mut peer = Peer::connect(house.at).await;
        peer.send(b"EHL").await;
        idle.push(peer);
    }
    house.still_works().await;
    assert!(house.door.connections() <= 200);
    working.send(b"\r\n.\r\n").await;
    assert_eq!(working.reply().await.0, 250);

    let mut first = idle.remove(0);
    assert_eq!(first.reply().await.0, 220);
    assert!(first.reply().await.1.starts_with("421 4.7.0 "));
    assert_eq!(house.kept().await.len(), 2);
    drop(idle);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_comes_in_crowds_is_told_so() {
    let house = House::with(Limits {
        per_loopback: 2,
        ..Limits::default()
    })
    .await;
    let (first, _second) = (house.peer().await, house.peer().await);
    assert_eq!(Peer::connect(house.at).await.rest().await, [421]);
    let mut leaving = first;
    assert_eq!(leaving.ask("QUIT").await, 221);
    assert_eq!(leaving.rest().await, [0u16; 0]);
    let begun = Instant::now();
    while house.door.connections() > 1 {
        assert!(begun.elapsed() < PATIENCE);
        tokio::task::yield_now().await;
    }
    let _third = house.peer().await;
    house.ends().await;
}

/// Pieces of what peers say, proper and not: random sequences of them get deep into the dialogue.
const SCRAPS: &[&[u8]] = &[
    b"EHLO a.test\r\n",
    b"HELO a\r\n",
    b"MAIL FROM:<a@b.test>\r\n",
    b"MAIL FROM:<> SIZE=5 BODY=8BITMIME\r\n",
    b"RCPT TO:<me@home.test>\r\n",
    b"RCPT TO:<\"me\\",
    b"DATA\r\n",
    b"Subject: x\r\n\r\n",
    b"\r\n.\r\n",
    b".\r\n",
    b"\n.\n",
    b"BDAT 4\r\nabcd",
    b"BDAT 30 LAST\r\n",
    b"BDAT 0 LAST\r\n",
    b"RSET\r\n",
    b"\r",
    b"\n",
    b"\0\xff\xfe",
    b"<@[",
    b"]>\r\n",
    b"STARTTLS\r\n",
];

#[test]
fn nothing_that_can_be_said_breaks_the_door() {
    use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
    static PANICS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.location().is_some_and(|at| at.file().contains("src/smtp")) {
            PANICS.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
        hook(info);
    }));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let house = runtime.block_on(House::open());
    let scrap = prop_oneof![4 => prop::sample::select(SCRAPS).prop_map(<[u8]>::to_vec), 1 => vec(any::<u8>(), 0..40)];
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&vec(scrap, 0..30), |scraps| {
        runtime.block_on(async {
            let mut peer = Peer::connect(house.at).await;
            for scrap in &scraps {
                // A door that has closed already has said so.
                if peer.io.write_all(scrap).await.is_err() {
                    break;
                }
            }
            let _ = peer.io.shutdown().await;
            let mut heard = Vec::new();
            let _ = timeout(PATIENCE, peer.io.read_to_end(&mut heard)).await.expect("the door hangs");
        });
        prop_assert_eq!(PANICS.load(std::sync::atomic::Ordering::SeqCst), 0);
        Ok(())
    });
    outcome.unwrap();
    runtime.block_on(async {
        house.still_works().await;
        house.ends().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_vanishes_leaves_nothing_behind() {
    let house = House::open().await;
    for end in ["", "Subject: cut", "Subject: cut\r\n\r\n.", "Subject: cut\r\n\r\n.\r"] {
        let mut peer = house.greeted().await;
        peer.envelope().await;
        assert_eq!(peer.ask("DATA").await, 354);
        peer.send(end.as_bytes()).await;
        drop(peer);
    }
    house.still_works().await;
    assert_eq!(house.kept().await.len(), 1);
    house.ends().await;
}

/// Parts nested or set side by side, as nobody writes them by hand.
fn nested(depth: usize) -> String {
    let mut message = String::from("Subject: deep\r\n");
    for level in 0..depth {
        let _ = write!(message, "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    }
    message.push_str("\r\nat the bottom\r\n");
    (0..depth).rev().for_each(|level| {
        let _ = write!(message, "--b{level}--\r\n");
    });
    message
}

fn side_by_side(parts: usize) -> String {
    let part = "--b\r\n\r\nx\r\n";
    format!(
        "Subject: wide\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n",
        part.repeat(parts)
    )
}

/// Letters in letters, each a message of its own.
fn forwarded(depth: usize) -> String {
    "Subject: forwarded\r\nContent-Type: message/rfc822\r\n\r\n".repeat(depth) + "Subject: last\r\n\r\nword\r\n"
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_made_to_choke_a_reader_are_read_in_bounds_or_refused() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    let line = |length: usize| format!("X-Filling: {}\r\n", "x".repeat(length - 13));
    let body = "Subject: here\r\n\r\nbody\r\n";
    for (what, message, answer) in [
        ("10,000 parts", side_by_side(10_000), 554),
        ("4,900 parts", side_by_side(4_900), 250),
        ("1,000 deep", nested(1_000), 554),
        ("101 deep", nested(102), 554),
        ("90 deep", nested(90), 250),
        ("1,000 letters in one another", forwarded(1_000), 250),
        ("2 MiB of headers", line(1_024).repeat(2_048) + body, 554),
        ("1 MiB of headers in small fields", "X: y\r\n".repeat(180_000) + body, 554),
        ("900 KiB of headers", line(1_024).repeat(900) + body, 250),
        ("100,000 small fields", "X: y\r\n".repeat(100_000) + body, 250),
        (
            "a subject folded 30,000 times",
            format!("Subject: a\r\n{}\r\nbody\r\n", " b\r\n".repeat(30_000)),
            250,
        ),
        (
            "10,000 authors",
            format!("From: {}a@x.test\r\n\r\nbody\r\n", "a@x.test,\r\n ".repeat(10_000)),
            250,
        ),
        (
            "a boundary that is one line",
            format!(
                "Content-Type: multipart/mixed; boundary={0}\r\n\r\n--{0}\r\n\r\nx\r\n",
                "b".repeat(1_900)
            ),
            250,
        ),
        (
            "20,000 parameters",
            format!("Content-Type: text/plain{}\r\n\r\nbody\r\n", ";\r\n a*0=b".repeat(20_000)),
            250,
        ),
        (
            "comments 10,000 deep",
            format!(
                "From: {}a@x.test{}\r\n\r\nbody\r\n",
                "(\r\n ".repeat(10_000),
                ")\r\n ".repeat(10_000)
            ),
            250,
        ),
        (
            "100,000 references",
            format!("References:{}\r\n\r\nbody\r\n", "\r\n <a@b>".repeat(100_000)),
            250,
        ),
        (
            "20,000 hops",
            "Received: from a by b;\r\n Tue, 24 Nov 2026 08:00:00 +0000\r\n".repeat(15_000) + body,
            250,
        ),
    ] {
        assert_eq!(peer.deliver(message.as_bytes()).await, answer, "{what}");
    }
    for number in 1..=house.kept().await.len() as u64 {
        let page = house.mail.message(MessageId(number)).await.unwrap();
        let view = page.message;
        assert!(view.subject.len() < 64 * 1024 && view.attachments.len() <= 500, "{number}");
        assert!(
            view.to.len() <= 500 && page.journey.hops.len() <= 100,
            "{number}: {}",
            page.journey.hops.len()
        );
    }
    house.still_works().await;
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_unfolds_without_end_is_kept_folded() {
    let zeros = vec![0_u8; 16 * 1024 * 1024];
    let gzip = |octets: &[u8]| {
        let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        to.write_all(octets).unwrap();
        to.finish().unwrap()
    };
    let bomb = gzip(&gzip(&zeros.repeat(4)));
    let lines: Vec<u8> = base64(&bomb).chunks(76).collect::<Vec<_>>().join(&b"\r\n"[..]);
    let house = House::open().await;
    let mut peer = house.greeted().await;
    let head = "Subject: a present\r\nContent-Type: application/gzip; name=\"all.gz\"\r\n\
                Content-Encoding: gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    let message = [head.as_bytes(), &lines, b"\r\n"].concat();
    assert_eq!(peer.deliver(&message).await, 250);
    let view = house.mail.message(MessageId(1)).await.unwrap().message;
    let [file] = &view.attachments[..] else {
        panic!("{:?}", view.attachments)
    };
    assert_eq!(file.size, bomb.len() as u64);
    let kept = house.mail.attachment(MessageId(1), file.part).await.unwrap();
    assert!(kept.bytes == bomb, "as it came, still folded");
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn octets_that_are_no_text_are_kept_and_shown_as_far_as_they_are() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    let messages: &[&[u8]] = &[
        b"From: a@x.test\r\nSubject: not \xff\xfe\xc3\x28 text\r\n\r\nneither \x80\x81 is this\r\n",
        b"From: a\0b <a@x.test>\r\nSubject: nul \0 here\r\n\r\nand \0 here\r\n",
        b"From: \xc3\x28 <\xff@x.test>\r\nTo: \xed\xa0\x80@home.test\r\nSubject: \xf5\x80\x80\x80\r\n\r\n\xed\xa0\x80\r\n",
        b"Subject: =?utf-8?B?//79?= =?utf-8?Q?=FF=00=0D=0A?= =?utf-16?B?2AA=?=\r\n\r\nx\r\n",
        b"Content-Type: text/plain; charset=utf-7\r\n\r\n+ADw-script+AD4-\r\n",
        b"Content-Type: text/html; charset=\"iso-2022-jp\"\r\n\r\n\x1b$B<script>\x1b(Balert(1)</script>\r\n",
    ];
    for message in messages {
        assert_eq!(peer.deliver(message).await, 250, "{}", message.escape_ascii());
    }
    for (number, (message, (_, kept))) in (1..).zip(messages.iter().zip(house.kept().await)) {
        assert_eq!(kept, *message, "octet by octet");
        let view = house.mail.message(MessageId(number)).await.unwrap().message;
        let says = |text: &str| assert!(!text.chars().any(|c| c.is_control() && c != '\t'), "{number}: {text:?}");
        says(&view.subject);
        view.from.iter().for_each(|from| says(&from.name));
        if let Body::Reader(html) = view.body {
            assert!(!html.contains("<script"), "{html}");
        }
    }
    let second = house.mail.message(MessageId(2)).await.unwrap().message;
    assert!(second.defects.contains(&Defect::Binary));
    house.ends().await;
}

/// Who it is from is read in one way only, and where there are two it is said.
#[tokio::test(flavor = "multi_thread")]
async fn tricks_with_the_author_do_not_hide_the_trick() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    let many = &[Defect::ManyFrom][..];
    for (head, author, defects) in [
        (
            "From: Good <good@x.test>\r\nFrom: Evil <evil@y.test>\r\n",
            Some("good@x.test"),
            many,
        ),
        (
            "From: Evil <evil@y.test>\r\nSubject: a\r\nfrom: Good <good@x.test>\r\n",
            Some("evil@y.test"),
            many,
        ),
        ("From : evil@y.test\r\nFrom: good@x.test\r\n", Some("evil@y.test"), many),
        ("From:\r\n good@x.test\r\n", Some("good@x.test"), &[]),
        ("From: good@x.test,\r\n\tevil@y.test\r\n", Some("good@x.test"), &[]),
        ("From: \"good@x.test\" <evil@y.test>\r\n", Some("evil@y.test"), &[]),
        ("From: good@x.test (\r\n <evil@y.test>\r\n )\r\n", Some("good@x.test"), &[]),
        ("From: <good@x.test>\r\n \r\n\t <evil@y.test>\r\n", Some("good@x.test"), &[]),
        ("X: y\r\n From: evil@y.test\r\nFrom: good@x.test\r\n", Some("good@x.test"), &[]),
        ("Subject: x\r\n\tFrom: evil@y.test\r\n", None, &[Defect::NoFrom]),
        ("Fr om: evil@y.test\r\n", None, &[Defect::NoFrom]),
        ("From: =?utf-8?Q?good=40x.test=3E?= <evil@y.test>\r\n", Some("evil@y.test"), &[]),
    ] {
        let number = house.kept().await.len() as u64 + 1;
        assert_eq!(
            peer.deliver(format!("{head}\r\nFrom: body@z.test\r\n").as_bytes()).await,
            250,
            "{head:?}"
        );
        let view = house.mail.message(MessageId(number)).await.unwrap().message;
        assert_eq!(view.from.map(|from| from.address.to_string()).as_deref(), author, "{head:?}");
        assert!(
            defects.iter().all(|defect| view.defects.contains(defect)),
            "{head:?}: {:?}",
            view.defects
        );
        assert_eq!(
            view.defects.contains(&Defect::ManyFrom),
            defects.contains(&Defect::ManyFrom),
            "{head:?}"
        );
    }
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_scripts_do_not_pass_for_ours() {
    let house = House::with(Limits {
        errors: 100,
        ..Limits::default()
    })
    .await;
    let mut peer = house.greeted().await;
    assert_eq!(peer.ask("MAIL FROM:<ana@sénder.test> SMTPUTF8").await, 250);
    for (to, answer) in [
        ("mé@home.test", 550),
        // Fullwidth, Cyrillic, a joiner, a final dot: not the owner's address, however alike.
        ("\u{ff4d}\u{ff45}@home.test", 550),
        ("m\u{435}@home.test", 550),
        ("m\u{200d}e@home.test", 550),
        ("me@h\u{43e}me.test", 550),
        ("me@xn--hme-5cd.test", 550),
        ("me@home.test\u{3002}", 550),
        ("ME@HOME.TEST", 250),
    ] {
        let code = peer.ask(&format!("RCPT TO:<{to}>")).await;
        assert!(code == answer || (answer == 550 && code == 553), "{to}: {code}");
    }
    assert_eq!(peer.ask("RSET").await, 250);
    // Without the word for it, nothing but ASCII is an address; and what is no UTF-8 is no command.
    assert_eq!(
        peer.codes(&["MAIL FROM:<é@x.test>", "MAIL FROM:<a@x.test>", "RCPT TO:<mé@home.test>"])
            .await,
        [553, 250, 553]
    );
    for broken in [
        &b"RCPT TO:<m\xe9@home.test>\r\n"[..],
        b"RCPT TO:<\xc0\xae@home.test>\r\n",
        b"RCPT TO:<me\0@home.test>\r\n",
    ] {
        peer.send(broken).await;
        assert_eq!(peer.reply().await.0, 500);
    }
    assert_eq!(peer.codes(&["RCPT TO:<me@home.test>", "DATA"]).await, [250, 354]);
    peer.send("From: é@x.test\r\nSubject: ünasked\r\n\r\n8 bits\r\n.\r\n".as_bytes())
        .await;
    assert_eq!(peer.reply().await.0, 250);
    let view = house.mail.message(MessageId(1)).await.unwrap().message;
    assert_eq!(view.subject, "ünasked");
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pipelined_past_the_end_is_not_heard() {
    let house = House::open().await;
    let inside = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<me@home.test>\r\nDATA\r\nSubject: late\r\n\r\n.\r\n";
    // After QUIT, after too many errors, after what a browser says.
    for (last, answer) in [
        (&b"QUIT\r\n"[..], &[221_u16][..]),
        (b"GET / HTTP/1.1\r\n", &[554]),
        (b"BDAT x\r\n", &[501]),
    ] {
        let mut peer = house.greeted().await;
        peer.send(&[last, inside].concat()).await;
        assert_eq!(peer.rest().await, answer, "{}", last.escape_ascii());
    }
    let mut wrong = house.greeted().await;
    wrong.send(&[&b"FAKE\r\n".repeat(10)[..], inside].concat()).await;
    assert_eq!(wrong.rest().await.last(), Some(&421));
    // A message that is refused for its octets takes none of the next commands with it.
    let mut peer = house.greeted().await;
    peer.envelope().await;
    assert_eq!(peer.ask("DATA").await, 354);
    peer.send(b"Subject: bare\n\r\n\r\n.\r\nRSET\r\nNOOP\r\n").await;
    assert_eq!((peer.reply().await.0, peer.reply().await.0, peer.reply().await.0), (554, 250, 250));
    // A transaction that was begun in clear is not one after TLS.
    peer.envelope().await;
    assert_eq!(peer.ask("STARTTLS").await, 220);
    let mut sealed = peer.secure(client(&rustls::version::TLS13)).await;
    assert_eq!(
        sealed
            .codes(&["RCPT TO:<me@home.test>", "DATA", "EHLO a.test", "RCPT TO:<me@home.test>"])
            .await,
        [503, 503, 250, 503]
    );
    assert!(house.kept().await.is_empty());
    house.still_works().await;
    house.ends().await;
}
