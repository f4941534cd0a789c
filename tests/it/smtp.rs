//! The SMTP door over real sockets, with a real store behind it: dialogues, TLS, the end.

use crate::door::{House, PATIENCE, client, identity};
use caliopen::{
    domain::{id::MessageId, transport::TlsVersion},
    smtp::limits::Limits,
    store::mail::Snapshot,
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};
// Dialogues.

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_kept_with_how_it_came() {
    let house = House::open().await;
    let mut peer = house.peer().await;
    peer.send(b"EHLO sender.test\r\n").await;
    let (code, offer) = peer.reply().await;
    assert_eq!(code, 250);
    for word in [
        "SIZE 26214400",
        "STARTTLS",
        "8BITMIME",
        "SMTPUTF8",
        "PIPELINING",
        "CHUNKING",
        "ENHANCEDSTATUSCODES",
    ] {
        assert!(offer.contains(word), "{offer}");
    }
    assert!(!offer.contains("AUTH") && !offer.contains("BINARYMIME"), "{offer}");

    let message = b"From: ana@sender.test\r\nSubject: hello\r\n\r\nA word.\r\n.\r\n..two\r\nend.\r\n";
    assert_eq!(peer.deliver(message).await, 250);
    assert_eq!(peer.ask("QUIT").await, 221);
    assert_eq!(peer.rest().await, [0u16; 0]);

    let (arrival, octets) = house.only().await;
    assert_eq!(String::from_utf8_lossy(&octets), String::from_utf8_lossy(message));
    assert_eq!(
        (arrival.helo.as_str(), arrival.extended, arrival.utf8),
        ("sender.test", true, false)
    );
    assert_eq!(arrival.mail_from.as_deref(), Some("ana@sender.test"));
    assert_eq!(arrival.rcpt_to, ["me@home.test"]);
    assert!(arrival.tls.is_none() && arrival.peer.is_loopback() && arrival.at.0 > 1_700_000_000);

    let source = house.mail.source(MessageId(1)).await.unwrap();
    let stamp = String::from_utf8_lossy(&source).split("From: ").next().unwrap().to_owned();
    assert!(stamp.starts_with("Received: from sender.test (local)\r\n\tby mail.home.test with ESMTP\r\n\tfor <me@home.test>;"));
    assert!(!stamp.contains("127.0.0"), "{stamp}");
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bounces_postmaster_and_odd_spellings_arrive() {
    let house = House::open().await;
    let mut peer = house.peer().await;
    assert_eq!(
        peer.codes(&[
            "helo old.test",
            "mail from:<>",
            "rcpt to:<PoStMaStEr>",
            "RCPT TO:<postmaster@HOME.test>"
        ])
        .await,
        [250, 250, 250, 250]
    );
    assert_eq!(
        peer.codes(&["RCPT TO:<\"me\"@home.test>", "RCPT TO:<@relay.test:ME@home.test>", "DATA"])
            .await,
        [250, 250, 354]
    );
    peer.send(b"Subject: bounce\r\n\r\n\r\n.\r\n").await;
    assert_eq!(peer.reply().await.0, 250);
    let (arrival, _) = house.only().await;
    assert_eq!((arrival.mail_from, arrival.extended), (None, false));
    assert_eq!(
        arrival.rcpt_to,
        ["postmaster", "postmaster@HOME.test", "me@home.test", "ME@home.test"]
    );
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_says_why_and_the_dialogue_goes_on() {
    let house = House::with(Limits {
        errors: 100,
        ..Limits::default()
    })
    .await;
    let mut peer = house.peer().await;
    for (line, answer) in [
        ("MAIL FROM:<a@b.test>", "503 5.5.1"),
        ("EHLO", "501 5.5.4"),
        ("EHLO sender.test", "250-mail.home.test"),
        ("FAKE", "500 5.5.1"),
        ("AUTH PLAIN AGEAYg==", "502 5.5.1"),
        ("EXPN staff", "502 5.5.1"),
        ("VRFY me", "252 2.0.0"),
        ("HELP", "214 2.0.0"),
        ("NOOP", "250 2.0.0"),
        ("RSET", "250 2.0.0"),
        ("RCPT TO:<me@home.test>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("MAIL FROM:<a b@c.test>", "501 5.5.4"),
        ("MAIL FROM:<a@b.test> RET=FULL", "555 5.5.4"),
        ("MAIL FROM:<a@b.test> SIZE=26214401", "552 5.3.4"),
        ("MAIL FROM:<é@b.test>", "553 5.6.7"),
        ("MAIL FROM:<a@b.test> BODY=BINARYMIME", "555 5.5.4"),
        ("MAIL FROM:<a@b.test> SIZE=26214400 BODY=8BITMIME", "250 2.1.0"),
        ("MAIL FROM:<a@b.test>", "503 5.5.1"),
        ("RCPT TO:<you@home.test>", "550 5.1.1"),
        ("RCPT TO:<me@else.test>", "550 5.7.1"),
        ("RCPT TO:<>", "553 5.1.3"),
        ("RCPT TO:<\"me@home.test\"@else.test>", "550 5.7.1"),
        ("RCPT TO:<me%else.test@home.test>", "550 5.1.1"),
        ("RCPT TO:<me@home.test> NOTIFY=NEVER", "555 5.5.4"),
        ("DATA", "503 5.5.1"),
        ("RCPT TO:<me@home.test>", "250 2.1.5"),
        ("DATA now", "501 5.5.4"),
        ("DATA", "354 "),
        ("Subject: after all that\r\n\r\n.", "250 2.0.0"),
        ("QUIT", "221 2.0.0"),
    ] {
        peer.send(format!("{line}\r\n").as_bytes()).await;
        let (_, said) = peer.reply().await;
        if !said.starts_with(answer) {
            // A path with a blank in it may be called bad syntax or a bad address.
            assert!(line.contains("a b@") && said.starts_with("553 5.1.7"), "{line}: {said}");
        }
    }
    assert_eq!(house.only().await.1, b"Subject: after all that\r\n\r\n");
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_commands_are_answered_in_order_and_together() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    peer.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<you@home.test>\r\nRCPT TO:<me@home.test>\r\nNOOP\r\nDATA\r\n")
        .await;
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(peer.reply().await.0);
    }
    assert_eq!(codes, [250, 550, 250, 250, 354]);
    // The end of one message and all of the next in one breath (RFC 2920 section 3.1).
    peer.send(b"Subject: 1\r\n\r\n.\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<me@home.test>\r\nBDAT 14 LAST\r\nSubject: 2\r\n\r\nQUIT\r\n")
        .await;
    assert_eq!(peer.rest().await, [250, 250, 250, 250, 221]);
    let kept = house.kept().await;
    assert_eq!(
        kept.iter().map(|(_, octets)| &octets[..]).collect::<Vec<_>>(),
        [b"Subject: 1\r\n\r\n", b"Subject: 2\r\n\r\n"]
    );
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_messages_and_lone_dots_are_what_they_are() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    for message in [&b""[..], b".\r\n", b".first\r\n", b"..\r\n\r\n.\r\n", b"a\0b\r\n"] {
        assert_eq!(peer.deliver(message).await, 250, "{message:?}");
    }
    let kept: Vec<Vec<u8>> = house.kept().await.into_iter().map(|(_, octets)| octets).collect();
    assert_eq!(kept, [&b""[..], b".\r\n", b".first\r\n", b"..\r\n\r\n.\r\n", b"a\0b\r\n"]);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_in_any_shape_make_one_message() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    peer.envelope().await;
    peer.send(b"BDAT 9\r\nSubject: ").await;
    assert_eq!(peer.reply().await.0, 250);
    // Chunks may hold what looks like an end, and cut a CRLF in two.
    peer.send(b"BDAT 3\r\nx\r\nBDAT 0\r\nBDAT 6\r\n\r\n.\r\n\rBDAT 6 LAST\r\n\n.\r\n\r\nNOOP\r\n")
        .await;
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(peer.reply().await.0);
    }
    assert_eq!(codes, [250, 250, 250, 250, 250]);
    assert_eq!(house.only().await.1, b"Subject: x\r\n\r\n.\r\n\r\n.\r\n\r\n");

    // Without an envelope the octets are read, so that they are not commands, and refused.
    peer.send(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n").await;
    assert_eq!((peer.reply().await.0, peer.reply().await.0), (503, 250));
    peer.envelope().await;
    peer.send(b"BDAT 3\r\na\r\n").await;
    assert_eq!(peer.reply().await.0, 250);
    assert_eq!(
        peer.codes(&["DATA", "RCPT TO:<me@home.test>", "RSET", "DATA"]).await,
        [503, 503, 250, 503]
    );
    // Nobody knows what follows a size that cannot be read.
    peer.send(b"BDAT many\r\nMAIL FROM:<a@b.test>\r\n").await;
    assert_eq!(peer.rest().await, [501]);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_in_other_scripts_arrives_with_smtputf8() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    assert_eq!(
        peer.codes(&["MAIL FROM:<josé@b.test> SMTPUTF8 BODY=8BITMIME", "RCPT TO:<me@home.test>", "DATA"])
            .await,
        [250, 250, 354]
    );
    peer.send("Subject: déjà\r\n\r\nvu\r\n.\r\n".as_bytes()).await;
    assert_eq!(peer.reply().await.0, 250);
    let (arrival, octets) = house.only().await;
    assert_eq!((arrival.utf8, arrival.mail_from.as_deref()), (true, Some("josé@b.test")));
    assert_eq!(octets, "Subject: déjà\r\n\r\nvu\r\n".as_bytes());
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_box_still_takes_mail_and_keeps_it_sealed() {
    let house = House::open().await;
    house.vault.lock();
    let mut peer = house.greeted().await;
    assert_eq!(peer.ask("MAIL FROM:<a@b.test>").await, 250);
    assert_eq!(
        peer.codes(&["RCPT TO:<you@home.test>", "RCPT TO:<me@home.test>", "DATA"]).await,
        [550, 250, 354]
    );
    peer.send(b"Subject: knock\r\n\r\n.\r\n").await;
    let (_, said) = peer.reply().await;
    assert!(said.starts_with("250 2.0.0 "), "{said}");
    assert_eq!(peer.ask("NOOP").await, 250);
    let (_, sealed) = house.file.spooled(0).unwrap().unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1") && !sealed.windows(5).any(|w| w == b"knock"));
    house.ends().await;
}

// TLS.

#[tokio::test(flavor = "multi_thread")]
async fn what_tls_was_like_is_evidence() {
    let house = House::open().await;
    for (config, version, suite, group) in [
        (
            client(&rustls::version::TLS13),
            TlsVersion::V1_3,
            "TLS_AES_256_GCM_SHA384",
            "X25519MLKEM768",
        ),
        (
            client(&rustls::version::TLS12),
            TlsVersion::V1_2,
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "",
        ),
    ] {
        let mut peer = house.greeted().await;
        assert_eq!(peer.ask("STARTTLS").await, 220);
        let mut sealed = peer.secure(config).await;
        sealed.send(b"EHLO sender.test\r\n").await;
        assert!(!sealed.reply().await.1.contains("STARTTLS"));
        assert_eq!(sealed.ask("STARTTLS").await, 503);
        assert_eq!(sealed.deliver(b"Subject: sealed\r\n\r\n").await, 250);
        let (arrival, _) = house.kept().await.pop().unwrap();
        let tls = arrival.tls.unwrap();
        assert_eq!((tls.version, tls.suite.as_str()), (version, suite));
        assert!(
            if group.is_empty() {
                !tls.group.is_empty()
            } else {
                tls.group == group
            },
            "{}",
            tls.group
        );
        assert!(tls.is_aead());
    }
    let source = house.mail.source(MessageId(1)).await.unwrap();
    assert!(String::from_utf8_lossy(&source).contains("with ESMTPS (TLS1.3)"));
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_serves_the_next_handshake_and_disturbs_none() {
    let house = House::open().await;
    let mut before = house.greeted().await;
    assert_eq!(before.ask("STARTTLS").await, 220);
    let mut before = before.secure(client(&rustls::version::TLS13)).await;
    let next = identity("mail.home.test");
    house.certificate.replace(&next).unwrap();
    let mut after = house.greeted().await;
    assert_eq!(after.ask("STARTTLS").await, 220);
    let mut after = after.secure(client(&rustls::version::TLS13)).await;
    assert_eq!(after.certificate(), next.chain[0]);
    assert_ne!(before.certificate(), next.chain[0]);
    for peer in [&mut before, &mut after] {
        assert_eq!(peer.ask("EHLO sender.test").await, 250);
        assert_eq!(peer.deliver(b"Subject: either way\r\n\r\n").await, 250);
    }
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_fails_or_hangs_costs_nobody_else() {
    let house = House::with(Limits {
        handshake: Duration::from_millis(50),
        ..Limits::default()
    })
    .await;
    let mut garbage = house.greeted().await;
    assert_eq!(garbage.ask("STARTTLS").await, 220);
    garbage.send(b"NOOP this is not TLS\r\n").await;
    let mut heard = Vec::new();
    // Closed or reset; either way nothing but a TLS alert was said.
    let _ = timeout(PATIENCE, garbage.io.read_to_end(&mut heard)).await.unwrap();
    assert!(heard.first().is_none_or(|kind| *kind == 21), "{heard:?}");

    let mut hanging = house.greeted().await;
    assert_eq!(hanging.ask("STARTTLS").await, 220);
    let _ = timeout(PATIENCE, hanging.io.read_to_end(&mut heard)).await.unwrap();
    house.still_works().await;
    house.ends().await;
}

// The end.

#[tokio::test(flavor = "multi_thread")]
async fn the_door_closes_in_order() {
    let house = House::with(Limits {
        grace: Duration::from_secs(10),
        ..Limits::default()
    })
    .await;
    let mut idle = house.greeted().await;
    let mut sending = house.greeted().await;
    sending.envelope().await;
    assert_eq!(sending.ask("DATA").await, 354);
    sending.send(b"Subject: the last\r\n").await;

    house.stop.send(true).unwrap();
    assert!(idle.reply().await.1.starts_with("421 4.3.2 "));
    assert_eq!(idle.rest().await, [0u16; 0]);
    sending.send(b"\r\n.\r\n").await;
    assert_eq!(sending.rest().await, [250, 421]);
    let (at, vault, mail) = (house.at, house.vault.clone(), house.mail.clone());
    timeout(PATIENCE, house.serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(at).await.is_err());
    assert_eq!(Snapshot::of(&vault.open().unwrap()).unwrap().messages().unwrap(), 1);
    assert!(mail.source(MessageId(1)).await.unwrap().ends_with(b"Subject: the last\r\n\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_does_not_wait_for_ever() {
    let house = House::with(Limits {
        grace: Duration::from_millis(50),
        ..Limits::default()
    })
    .await;
    let mut stalled = house.greeted().await;
    stalled.envelope().await;
    assert_eq!(stalled.ask("DATA").await, 354);
    house.stop.send(true).unwrap();
    assert_eq!(stalled.rest().await, [421]);
    timeout(PATIENCE, house.serving).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_sending_when_the_door_closes_does_not_keep_it_open() {
    let house = House::with(Limits {
        grace: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let mut endless = house.greeted().await;
    endless.envelope().await;
    assert_eq!(endless.ask("DATA").await, 354);
    house.stop.send(true).unwrap();
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    let begun = Instant::now();
    let said = loop {
        tokio::select! {
            said = endless.reply() => break said.1,
            _ = tick.tick() => assert!(begun.elapsed() < PATIENCE),
        }
        if endless.io.write_all(b"more\r\n").await.is_err() {
            break endless.reply().await.1;
        }
    };
    assert!(said.starts_with("421 4.3.2 "), "{said}");
    timeout(PATIENCE, house.serving).await.unwrap().unwrap();
}
