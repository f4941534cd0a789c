//! The Privacy Index against its own rules (properties over generated evidence and generated mail), and
//! against messages whose every number was worked out by hand.
//!
//! The golden messages lie in `tests/fixtures/privacy`: a message, its evidence, what each line must win.
//! Absent on purpose: any expected number that the code itself has printed.

use caliopen::{
    codec::{hosts, html, mime},
    domain::{
        address::Address,
        fact::Fact::{self, Known, Unknown},
        padlock::Padlock,
        privacy::{
            evidence::*,
            gather::{Hosts, Observed, gather},
            index::{Index, Letter},
            message::{Axis, LineId, evaluate},
        },
    },
};
use proptest::prelude::*;
use std::{path::PathBuf, process::Command};

// Any evidence that can be.

fn fact<T: std::fmt::Debug + Clone + 'static>(value: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Fact<T>> {
    prop_oneof![1 => Just(Unknown), 3 => value.prop_map(Known)].boxed()
}

fn one_of<T: std::fmt::Debug + Clone + 'static>(values: &'static [T]) -> BoxedStrategy<Fact<T>> {
    fact(prop::sample::select(values))
}

fn findings() -> impl Strategy<Value = HtmlFindings> {
    let count = || prop_oneof![Just(0u32), 0..5u32];
    (count(), count(), count(), count()).prop_map(|(remote, trackers, active, deceptive)| HtmlFindings {
        remote,
        trackers,
        active,
        deceptive,
    })
}

fn content() -> impl Strategy<Value = Content> {
    (
        one_of(&[Encryption::None, Encryption::Part, Encryption::Inline, Encryption::Whole]),
        one_of(&[Integrity::None, Integrity::Mdc, Integrity::Aead]),
        fact(any::<bool>()),
        one_of(&[Signature::Broken, Signature::Absent, Signature::OfAnother, Signature::Valid]),
        fact(any::<bool>()),
        fact(findings()),
    )
        .prop_map(|(encryption, integrity, headers, signature, signer_verified, html)| Content {
            encryption,
            integrity,
            headers,
            signature,
            signer_verified,
            html,
        })
}

fn travel() -> impl Strategy<Value = Travel> {
    let claims = (0..7u32, any::<bool>()).prop_map(|(relays, in_clear)| HopClaims { relays, in_clear });
    (
        one_of(&[Tls::None, Tls::Weak, Tls::V1_2, Tls::V1_3]),
        fact(any::<bool>()),
        fact(any::<bool>()),
        one_of(&[Authentic::Nobody, Authentic::Spf, Authentic::Dkim]),
        one_of(&[Dmarc::Refused, Dmarc::Explained, Dmarc::NoPolicy, Dmarc::Passed]),
        fact(claims),
    )
        .prop_map(|(tls, quantum, strict, authentic, dmarc, hops)| Travel {
            tls,
            quantum,
            strict,
            authentic,
            dmarc,
            hops,
        })
}

fn other(address: Address) -> impl Strategy<Value = Other> {
    (
        fact(any::<bool>()),
        one_of(&[KeyState::Missing, KeyState::Usable, KeyState::Verified]),
        fact(0..=100u8),
    )
        .prop_map(move |(known, key, index)| Other {
            address: address.clone(),
            known,
            key,
            index,
        })
}

fn others() -> impl Strategy<Value = Vec<Other>> {
    (0..8usize).prop_flat_map(|n| (0..n).map(|n| other(who(n))).collect::<Vec<_>>())
}

fn who(n: usize) -> Address {
    Address::parse(&format!("p{n}@x.test")).unwrap()
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let direction = prop_oneof![4 => Just(Direction::In), 2 => Just(Direction::Out), 1 => Just(Direction::Local)];
    (
        direction,
        content(),
        travel(),
        others(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(direction, content, travel, others, list, loaded)| Evidence {
            direction,
            content,
            travel,
            social: Social { others, list },
            loaded,
        })
}

fn ceiling(index: &Index) -> Option<LineId> {
    index.lines.iter().map(|line| line.id).find(|id| id.axis() == Axis::Ceiling)
}

fn won(index: &Index, id: LineId) -> Option<i16> {
    index
        .lines
        .iter()
        .find(|line| line.id == id)
        .filter(|line| line.known)
        .map(|line| line.won)
}

// Better evidence, fact by fact.

type Change = fn(&mut Evidence);

/// Each fact from its worst state to its best. "Not known" stands where it is: above what was seen to be
/// bad, below what was seen to be good.
#[rustfmt::skip]
const LADDERS: &[&[Change]] = &[
    &[|e| e.content.encryption = Known(Encryption::None), |e| e.content.encryption = Unknown, |e| e.content.encryption = Known(Encryption::Part), |e| e.content.encryption = Known(Encryption::Inline), |e| e.content.encryption = Known(Encryption::Whole)],
    &[|e| e.content.integrity = Known(Integrity::None), |e| e.content.integrity = Unknown, |e| e.content.integrity = Known(Integrity::Mdc), |e| e.content.integrity = Known(Integrity::Aead)],
    &[|e| e.content.headers = Known(false), |e| e.content.headers = Unknown, |e| e.content.headers = Known(true)],
    &[|e| e.content.signature = Known(Signature::Broken), |e| e.content.signature = Unknown, |e| e.content.signature = Known(Signature::Absent), |e| e.content.signature = Known(Signature::OfAnother), |e| e.content.signature = Known(Signature::Valid)],
    &[|e| e.content.signer_verified = Known(false), |e| e.content.signer_verified = Unknown, |e| e.content.signer_verified = Known(true)],
    &[|e| e.content.html = Known(HtmlFindings { trackers: 1, ..HtmlFindings::default() }), |e| e.content.html = Unknown, |e| e.content.html = Known(HtmlFindings::default())],
    &[|e| e.travel.tls = Known(Tls::None), |e| e.travel.tls = Unknown, |e| e.travel.tls = Known(Tls::Weak), |e| e.travel.tls = Known(Tls::V1_2), |e| e.travel.tls = Known(Tls::V1_3)],
    &[|e| e.travel.quantum = Known(false), |e| e.travel.quantum = Unknown, |e| e.travel.quantum = Known(true)],
    &[|e| e.travel.strict = Known(false), |e| e.travel.strict = Unknown, |e| e.travel.strict = Known(true)],
    &[|e| e.travel.authentic = Known(Authentic::Nobody), |e| e.travel.authentic = Unknown, |e| e.travel.authentic = Known(Authentic::Spf), |e| e.travel.authentic = Known(Authentic::Dkim)],
    &[|e| e.travel.dmarc = Known(Dmarc::Refused), |e| e.travel.dmarc = Unknown, |e| e.travel.dmarc = Known(Dmarc::Explained), |e| e.travel.dmarc = Known(Dmarc::NoPolicy), |e| e.travel.dmarc = Known(Dmarc::Passed)],
    &[|e| e.travel.hops = Known(HopClaims { relays: 0, in_clear: true }), |e| e.travel.hops = Known(HopClaims { relays: 2, in_clear: false }), |e| e.travel.hops = Known(HopClaims { relays: 1, in_clear: false }), |e| e.travel.hops = Unknown, |e| e.travel.hops = Known(HopClaims::default())],
    &[|e| e.social.list = true, |e| e.social.list = false],
    &[|e| e.loaded = true, |e| e.loaded = false],
    &[|e| first(e, |o| o.known = Known(false)), |e| first(e, |o| o.known = Unknown), |e| first(e, |o| o.known = Known(true))],
    &[|e| first(e, |o| o.key = Known(KeyState::Missing)), |e| first(e, |o| o.key = Unknown), |e| first(e, |o| o.key = Known(KeyState::Usable)), |e| first(e, |o| o.key = Known(KeyState::Verified))],
    &[|e| first(e, |o| o.index = Unknown), |e| first(e, |o| o.index = Known(0)), |e| first(e, |o| o.index = Known(40)), |e| first(e, |o| o.index = Known(100))],
];

fn first(evidence: &mut Evidence, change: impl FnOnce(&mut Other)) {
    if let Some(other) = evidence.social.others.first_mut() {
        change(other);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Rules 1 and 2: nothing hidden.
    #[test]
    fn the_index_is_the_sum_of_visible_lines(evidence in evidence()) {
        let index = evaluate(&evidence);
        let sum: i16 = index.lines.iter().map(|line| line.won).sum();
        prop_assert_eq!(index.points.map_or(0, i16::from), sum);
        prop_assert!((0..=100).contains(&sum));
        prop_assert_eq!(index.letter(), index.points.map(Letter::of));
        let ids: Vec<LineId> = index.lines.iter().map(|line| line.id).collect();
        prop_assert_eq!(&ids[..17], &LineId::ALL[..17]);
        prop_assert!(ids.len() <= 18);
        for line in &index.lines {
            let least = match line.id {
                LineId::TravelHops => -4,
                id if id.axis() == Axis::Ceiling => -100,
                _ => 0,
            };
            prop_assert!((least..=line.possible).contains(&line.won), "{} won {}", line.id.as_str(), line.won);
            let missing = line.possible - line.won;
            prop_assert_eq!(line.tip.map_or(0, |tip| i16::from(tip.wins)), missing, "{}", line.id.as_str());
        }
        if let Some(points) = index.points {
            let cap = match ceiling(&index) {
                None => 100,
                Some(LineId::CeilingForged | LineId::CeilingOpen) => 20,
                Some(LineId::CeilingLoaded) if evidence.content.is_encrypted() => 20,
                Some(LineId::CeilingAnonymous | LineId::CeilingLoaded) => 40,
                Some(_) => 80,
            };
            prop_assert!(points <= cap, "{points} over a ceiling of {cap}");
        }
    }

    /// Rule 3, at the level of evidence: what is claimed never wins.
    #[test]
    fn a_claim_never_wins(evidence in evidence()) {
        let silent = Evidence { travel: Travel { hops: Unknown, ..evidence.travel.clone() }, ..evidence.clone() };
        let (with, without) = (evaluate(&evidence).points, evaluate(&silent).points);
        prop_assert!(without.is_none() || with <= without);
    }

    /// Rule 4: not known is neither good nor bad, and never a letter.
    #[test]
    fn unknown_is_its_own_state(evidence in evidence()) {
        let index = evaluate(&evidence);
        for line in index.lines.iter().filter(|line| !line.known) {
            prop_assert_eq!(line.won, 0, "{}", line.id.as_str());
        }
        prop_assert_eq!(index.points.is_none(), index.lines.iter().all(|line| !line.known));
        let nothing = Evidence { direction: evidence.direction, loaded: evidence.loaded, ..Evidence::default() };
        prop_assert_eq!(evaluate(&nothing).letter().is_some(), evidence.direction == Direction::Local);
    }

    /// Rule 5: better is never worse. The one exception is the rules' own: what was loaded in an
    /// encrypted message may have carried its text away, so there "encrypted" makes the ceiling lower.
    #[test]
    fn better_evidence_never_lowers(base in evidence()) {
        for ladder in LADDERS {
            let rungs: Vec<Evidence> = ladder.iter().map(|change| { let mut e = base.clone(); change(&mut e); e }).collect();
            for (weaker, stronger) in rungs.iter().zip(rungs.iter().skip(1)) {
                let (before, after) = (evaluate(weaker), evaluate(stronger));
                prop_assert!(before.padlock <= after.padlock, "{:?} became {:?}", before.padlock, after.padlock);
                let carried_away = stronger.loaded && weaker.content.is_encrypted() != stronger.content.is_encrypted();
                if let (Some(before), Some(after), false) = (before.points, after.points, carried_away) {
                    prop_assert!(before <= after, "{before} became {after}: {weaker:?} {stronger:?}");
                }
            }
        }
    }

    /// Rule 5, second half.
    #[test]
    fn encryption_always_changes_the_letter(base in evidence(), inline in any::<bool>()) {
        let mut clear = base;
        clear.content.encryption = Known(Encryption::None);
        clear.loaded = false;
        if clear.content.integrity == Known(Integrity::None) {
            clear.content.integrity = Unknown;
        }
        let before = evaluate(&clear);
        if ceiling(&before).is_some() {
            return Ok(());
        }
        let mut encrypted = clear;
        encrypted.content.encryption = Known(if inline { Encryption::Inline } else { Encryption::Whole });
        let after = evaluate(&encrypted);
        prop_assert!(before.letter() < after.letter(), "{:?} became {:?}", before.points, after.points);
    }

    /// Rule 6: a line about several people is the line of the weakest of them.
    #[test]
    fn the_weakest_one_counts(evidence in evidence()) {
        if evidence.social.others.is_empty() {
            return Ok(());
        }
        let all = evaluate(&evidence);
        let alone = |other: &Other| {
            let social = Social { others: vec![other.clone()], list: false };
            evaluate(&Evidence { social, ..evidence.clone() })
        };
        let each: Vec<Index> = evidence.social.others.iter().map(alone).collect();
        for id in [LineId::SenderKnown, LineId::SenderKeys, LineId::SenderVerified, LineId::SenderContact] {
            let weakest = each.iter().map(|index| won(index, id).unwrap_or(0)).min();
            prop_assert_eq!(Some(won(&all, id).unwrap_or(0)), weakest, "{}", id.as_str());
        }
    }

    /// Each letter's necessary condition, as far as the rules make it one.
    #[test]
    fn a_letter_means_what_it_says(evidence in evidence()) {
        let letter = evaluate(&evidence).letter();
        let content = &evidence.content;
        if letter >= Some(Letter::B) {
            prop_assert!(content.is_encrypted());
        }
        if letter >= Some(Letter::A) {
            prop_assert!(evidence.unverified().is_none());
        }
        if letter >= Some(Letter::C) {
            prop_assert!(evidence.is_vouched_for());
        }
        if letter >= Some(Letter::D) {
            prop_assert!(content.signature != Known(Signature::Broken));
            let open = evidence.travel.tls == Known(Tls::None) && evidence.direction != Direction::Local;
            prop_assert!(!open || content.is_end_to_end());
        }
        prop_assert!(evaluate(&evidence).padlock < Padlock::Envelope || content.is_end_to_end());
    }
}

// Rule 3, byte by byte: what a sender can write.

const OWNER: &str = "me@home.test";

fn weigh(raw: &[u8], seen: &Observed) -> Index {
    let reading = mime::read(raw);
    let found = reading
        .html
        .as_deref()
        .map_or_else(HtmlFindings::default, |text| html::findings(text).0);
    let place = Hosts {
        home: "home.test",
        registrable: &hosts::registrable,
    };
    // p0 is a contact whose key was verified, p1 one with a key, everybody else a stranger.
    let about = |address: &Address| {
        let known = [who(0), who(1)].contains(address);
        let key = match address {
            address if *address == who(0) => KeyState::Verified,
            address if *address == who(1) => KeyState::Usable,
            _ => KeyState::Missing,
        };
        Other {
            address: address.clone(),
            known: Known(known),
            key: Known(key),
            index: Known(if known { 80 } else { 0 }),
        }
    };
    evaluate(&gather(&reading, found, seen, place, |address| address.as_str() == OWNER, about))
}

/// Headers by which a sender may hope to be believed.
const HOPEFUL: &[&str] = &[
    "DKIM-Signature",
    "Authentication-Results",
    "ARC-Authentication-Results",
    "ARC-Seal",
    "ARC-Message-Signature",
    "Received-SPF",
    "Received",
    "Autocrypt",
    "OpenPGP",
    "Caliopen-Statement",
    "X-Privacy-Index",
    "X-Spam-Status",
    "List-Id",
    "List-Unsubscribe",
    "Precedence",
    "Subject",
    "Date",
    "Message-ID",
    "Sender",
    "Reply-To",
    "Return-Path",
    "From",
    "To",
    "Cc",
    "Bcc",
    "HP-Outer",
];

/// Values that mean something somewhere, and noise.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "v=1; a=rsa-sha256; d=x.test; s=k; bh=AAAA; b=AAAA",
            "mail.home.test; dkim=pass header.d=x.test; spf=pass; dmarc=pass (p=reject)",
            "pass (home.test: domain of p0@x.test designates 192.0.2.1 as permitted sender)",
            "from a.x.test (a.x.test [192.0.2.1]) by mx.y.test with ESMTPS; Tue, 2 Apr 2024 10:00:00 +0000",
            "from a.x.test ([192.0.2.1]) by mx.z.test with SMTP; Tue, 2 Apr 2024 10:00:00 +0000",
            "from a.x.test by mail.home.test with ESMTPS (version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384); Tue, 2 Apr 2024 10:00:00 +0000",
            "p0@x.test",
            "Bob <p0@x.test>, me@home.test",
            "me@home.test",
            "addr=p0@x.test; prefer-encrypt=mutual; keydata=mDMEXEcE6R",
            "<talk.x.test>",
            "100; letter=A; verified=true",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,60}",
        "\\PC{0,30}",
    ]
}

fn written(headers: &[(String, String)], on_top: bool, kind: &str, body: &str) -> Vec<u8> {
    let extra: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let own = format!(
        "Received: from pc.eve.test by mx.eve.test with ESMTPS; Tue, 2 Apr 2024 10:00:00 +0000\r\nFrom: eve@eve.test\r\nTo: {OWNER}\r\n"
    );
    let (top, bottom) = if on_top { (extra.as_str(), "") } else { ("", extra.as_str()) };
    let text = format!("Content-Type: text/plain\r\n\r\n{body}\r\n");
    let rest = match kind {
        "signed" => format!(
            "MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=b\r\n\r\n--b\r\n{text}--b\r\nContent-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\niHUE\r\n-----END PGP SIGNATURE-----\r\n--b--\r\n"
        ),
        "encrypted" => format!(
            "MIME-Version: 1.0\r\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n{body}\r\n-----END PGP MESSAGE-----\r\n--b--\r\n"
        ),
        "armoured" => format!("\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n{body}\r\n-----END PGP MESSAGE-----\r\n"),
        "html" => format!("MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>{body}</p><img src=\"https://t.test/a.gif\">\r\n"),
        _ => format!("\r\n{body}\r\n"),
    };
    format!("{top}{own}{bottom}{rest}").into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// No byte that the sender controls raises an index, except by verifying: whatever the mail says of
    /// itself, it stands no higher than the same text from the same address without a word of it.
    #[test]
    fn no_byte_of_the_sender_raises_an_index(
        travel in travel(),
        loaded in any::<bool>(),
        received in any::<bool>(),
        headers in prop::collection::vec((prop::sample::select(HOPEFUL).prop_map(str::to_owned), value()), 0..5),
        on_top in any::<bool>(),
        kind in prop::sample::select(vec!["plain", "signed", "encrypted", "armoured", "html"]),
        body in "[a-zA-Z0-9+/ ]{0,60}",
    ) {
        let seen = Observed { travel, loaded, received, ..Observed::default() };
        let plain = weigh(&written(&[], false, "plain", &body), &seen);
        let hopeful = weigh(&written(&headers, on_top, kind, &body), &seen);
        prop_assert!(plain.points.is_some(), "a message that can be read has an index");
        prop_assert!(hopeful.points <= plain.points, "{:?} became {:?}", plain.points, hopeful.points);
        prop_assert!(hopeful.padlock <= plain.padlock);
    }
}

// Golden messages.

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/privacy")).join(name)
}

fn json(path: PathBuf) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn explain(args: &[&std::ffi::OsStr], lang: &str) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_caliopen"))
        .args(["privacy", "explain"])
        .args(args)
        .env("LC_ALL", lang)
        .output()
        .unwrap()
}

fn explained(name: &str) -> serde_json::Value {
    let (message, evidence) = (fixture(&format!("{name}.eml")), fixture(&format!("{name}.evidence.json")));
    let output = explain(
        &[message.as_ref(), "--json".as_ref(), "--evidence".as_ref(), evidence.as_ref()],
        "C",
    );
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn golden_messages_have_the_numbers_worked_out_by_hand() {
    let mut letters = std::collections::BTreeSet::new();
    for name in [
        "a-sealed",
        "b-envelope",
        "b-unverified",
        "c-mailbag",
        "d-newsletter",
        "e-forged",
        "e-open",
        "e-imported",
        "unknown-empty",
    ] {
        let expected = json(fixture(&format!("{name}.expected.json")));
        let index = explained(name);
        for field in ["index", "letter", "padlock"] {
            assert_eq!(index[field], expected[field], "{name}: {field}\n{index:#}");
        }
        let lines = index["lines"].as_array().unwrap();
        let wanted = expected["won"].as_object().unwrap();
        assert_eq!(lines.len(), wanted.len(), "{name}");
        for line in lines {
            let id = line["id"].as_str().unwrap();
            let (won, known) = (&line["won"], line["known"].as_bool().unwrap());
            match &wanted[id] {
                serde_json::Value::Null => assert!(!known && *won == 0, "{name}: {id} is not known\n{line:#}"),
                points => assert!(known && won == points, "{name}: {id} wins {points}\n{line:#}"),
            }
        }
        letters.insert(index["letter"].as_str().unwrap_or("?").to_owned());
    }
    assert_eq!(letters.into_iter().collect::<String>(), "?ABCDE", "each letter is reachable");
}

#[test]
fn the_json_has_the_shape_that_scripts_rely_on() {
    let index = explained("b-unverified");
    let keys = |value: &serde_json::Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(keys(&index), ["index", "letter", "lines", "padlock"].map(str::to_owned).into());
    for line in index["lines"].as_array().unwrap() {
        let fields = ["id", "axis", "won", "possible", "kind", "known", "reason", "tip"];
        assert_eq!(keys(line), fields.map(str::to_owned).into());
        assert!(["content", "travel", "sender", "ceiling"].contains(&line["axis"].as_str().unwrap()));
        assert!(["observed", "verified", "claimed"].contains(&line["kind"].as_str().unwrap()));
        assert!(line["reason"].as_str().unwrap().ends_with('.'));
        assert_eq!(line["tip"].is_null(), line["won"] == line["possible"], "{line:#}");
    }
    assert_eq!(index["lines"][17]["id"], "ceiling.unverified", "a ceiling stands last");
}

#[test]
fn a_person_reads_it_in_their_own_language() {
    let (message, evidence) = (fixture("b-unverified.eml"), fixture("b-unverified.evidence.json"));
    let read = |lang: &str| {
        let output = explain(&[message.as_ref(), "--evidence".as_ref(), evidence.as_ref()], lang);
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let english = read("en_GB.UTF-8");
    for part in [
        "B 80/100",
        "[B]",
        "Envelope.",
        "You never compared the key of bob@x.test",
        "34/34",
        "-12",
        "Compare keys with them",
    ] {
        assert!(english.contains(part), "{part:?} is missing in\n{english}");
    }
    assert!(!english.contains("was taken to be you"), "the evidence says who the owner is");
    let french = read("fr_FR.UTF-8");
    for part in [
        "Indice de confidentialité  B 80/100",
        "Enveloppe.",
        "Vous n’avez jamais comparé la clé de bob@x.test",
        "Plafond",
    ] {
        assert!(french.contains(part), "{part:?} is missing in\n{french}");
    }
    assert!(english.lines().chain(french.lines()).all(|line| line.chars().count() <= 96));
}

#[test]
fn without_evidence_it_says_whose_mail_it_took_it_for() {
    let message = fixture("e-imported.eml");
    let output = explain(&[message.as_ref()], "C");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("me@home.test was taken to be you."), "{text}");
    assert!(text.contains("not known"), "{text}");
}

#[test]
fn what_is_wrong_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.json");
    std::fs::write(&bad, r#"{"encrypted":"yes"}"#).unwrap();
    let message = fixture("e-open.eml");
    let absent = folder.path().join("absent.eml");
    let cases: [(&[&std::ffi::OsStr], i32, &str); 5] = [
        (&[absent.as_ref()], 66, "absent.eml"),
        (&[message.as_ref(), "--evidence".as_ref(), absent.as_ref()], 66, "absent.eml"),
        (
            &[message.as_ref(), "--evidence".as_ref(), bad.as_ref()],
            65,
            "\"encrypted\" is one of \"whole\"",
        ),
        (&[folder.path().as_ref()], 66, "cannot read"),
        (&[], 2, "FILE.eml"),
    ];
    for (args, code, part) in cases {
        let output = explain(args, "C");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
        assert!(error.contains(part), "{args:?}: {error}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(code == 2 || error.lines().count() == 1, "{args:?}: {error}");
    }
}

// Real mail that nobody here wrote.

fn corpora() -> Option<PathBuf> {
    let place = std::env::var_os("CALIOPEN_CORPORA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora").into(), PathBuf::from);
    place.is_dir().then_some(place)
}

fn files(folder: PathBuf, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => files(entry, found),
            false => found.push(entry),
        }
    }
}

/// Thousands of signatures, seals and results of other people's checks are in there, and nobody here has
/// verified one: such a message has at most the 2 points of clean HTML and the 4 of a single reader.
#[test]
fn no_real_message_wins_by_its_own_word() {
    let Some(corpora) = corpora() else {
        println!("the corpora are not here: real mail was not weighed");
        return;
    };
    let mut all = Vec::new();
    for part in ["auth", "mime", "pgp", "spam/modern-ham"] {
        files(corpora.join(part), &mut all);
    }
    let place = Hosts {
        home: "home.test",
        registrable: &hosts::registrable,
    };
    let mut known = 0;
    for path in all {
        let reading = mime::read(&std::fs::read(&path).unwrap());
        let found = reading
            .html
            .as_deref()
            .map_or_else(HtmlFindings::default, |text| html::findings(text).0);
        let about = |address: &Address| Other {
            address: address.clone(),
            known: Unknown,
            key: Unknown,
            index: Unknown,
        };
        let owner = reading.to.first().map(|mailbox| mailbox.address.clone());
        let evidence = gather(
            &reading,
            found,
            &Observed::default(),
            place,
            |address| owner.as_ref() == Some(address),
            about,
        );
        let index = evaluate(&evidence);
        assert!(index.points <= Some(6), "{} has {:?}", path.display(), index.points);
        assert_eq!(index.padlock, Padlock::Postcard, "{}", path.display());
        known += usize::from(index.points.is_some());
    }
    assert!(known > 1000, "only {known} messages could be read");
}
