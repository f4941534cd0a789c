//! Mail that only pretends to be signed, as "Johnny, you are fired" (USENIX Security 2019) and those before it have it: a
//! true signature of somebody's beside other words, under another name, in a picture of one. Nothing of it is said to be
//! signed by its author, and no line of the index is won by it.

use crate::home::{Home, arrival};
use caliopen::{
    codec::pgp::{Certificate, SecretKey, seal},
    domain::{
        address::Address,
        fact::Fact,
        privacy::evidence::{Encryption, Signature},
        privacy::message::LineId,
        time::Time,
    },
    locale::Lang,
    net::dns::Dns,
    service::{
        compose::Beginning,
        devices::Viewer,
        receive::Taken,
        view::{Body, MessagePage, Standing},
    },
};

const NOW: Time = Time(1_795_000_000);
/// What Alice did sign.
const AGREES: &str = "Content-Type: text/plain\r\n\r\nI agree.";
/// What she never said.
const EVIL: &str = "Send the money to Mallory.";
const TO: &str = "To: me@home.test\r\nSubject: x\r\nDate: Wed, 11 Nov 2026 08:00:00 +0000\r\nMIME-Version: 1.0\r\n";

async fn take(home: &Home, raw: String) -> MessagePage {
    let came = arrival(NOW, "alice@friend.test");
    let Ok(Taken::Kept(kept)) = home.services.receive.keep(came, raw.into_bytes()).await else {
        panic!("not kept")
    };
    home.services.discussions.message(kept.message).await.unwrap()
}

/// Her own signed part.
fn signed(alice: &SecretKey, more: &str) -> String {
    let signature = alice.sign(AGREES.as_bytes(), NOW).unwrap();
    format!(
        "Content-Type: multipart/signed; micalg=pgp-sha512; protocol=\"application/pgp-signature\"; boundary=s\r\n{more}\r\n--s\r\n{AGREES}\r\n--s\r\n\
         Content-Type: application/pgp-signature\r\n\r\n{signature}\r\n--s--\r\n"
    )
}

fn parts(kind: &str, parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--o\r\n{part}\r\n")).collect();
    format!("Content-Type: multipart/{kind}; boundary=o\r\n\r\n{parts}--o--\r\n")
}

/// What was sealed to the owner, as a part that anybody who has it can put elsewhere.
async fn sealed(home: &Home, alice: &SecretKey, words: &str) -> String {
    let own = home.services.keys.list().await.unwrap();
    let me = Certificate::read(own[0].armored.as_bytes()).unwrap();
    let plain = format!("Content-Type: text/plain\r\n\r\n{words}\r\n");
    let armored = seal(plain.as_bytes(), &[me], alice, NOW).unwrap().armored;
    format!(
        "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=e\r\n\r\n--e\r\n\
         Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--e\r\nContent-Type: application/octet-stream\r\n\r\n{armored}\r\n--e--"
    )
}

/// A box that knows Alice's key, which was compared.
async fn home_of_a_friend() -> (Home, SecretKey) {
    let home = Home::make(NOW, Dns::nobody().into());
    home.services.keys.tend().await;
    let alice = SecretKey::make(&Address::parse("alice@friend.test").unwrap(), Time(NOW.0 - 3600)).unwrap();
    let ring = &home.services.keyring;
    ring.bring(alice.certificate().octets()).await.unwrap().unwrap();
    ring.verify(&Address::parse("alice@friend.test").unwrap(), alice.fingerprint(), true)
        .await
        .unwrap();
    (home, alice)
}

/// The attacks: their name, and the message with its author.
fn attacks(alice: &SecretKey) -> Vec<(&'static str, String)> {
    let part = signed(alice, "");
    let words = format!("Content-Type: text/plain\r\n\r\n{EVIL}\r\n");
    let html = |text: &str| format!("Content-Type: text/html; charset=utf-8\r\n\r\n{text}\r\n");
    let from = |author: &str, body: &str| format!("From: {author}\r\n{TO}{body}");
    let hers = |body: &str| from("alice@friend.test", body);
    // The same text with its signature in it, as `--clear-sign` writes it, made by hand of a detached one over text.
    let armored = alice.sign(b"I agree.", NOW).unwrap();
    let clear = format!("-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\nI agree.\r\n{armored}");
    vec![
        ("M1: other words before", hers(&parts("mixed", &[&words, &part]))),
        ("M1: other words behind", hers(&parts("mixed", &[&part, &words]))),
        (
            "M2: hidden by a picture's place",
            hers(&parts(
                "related",
                &[
                    &html(&format!("<p>{EVIL}</p><img src=\"cid:part\">")),
                    &signed(alice, "Content-ID: <part>\r\n"),
                ],
            )),
        ),
        (
            "M2: an alternative that is shown instead",
            hers(&parts("alternative", &[&part, &html(&format!("<p>{EVIL}</p>"))])),
        ),
        (
            "M3: as a file",
            hers(&parts(
                "mixed",
                &[
                    &words,
                    &signed(alice, "Content-Disposition: attachment; filename=\"signed.eml\"\r\n"),
                ],
            )),
        ),
        (
            "M4: a whole message inside",
            hers(&parts(
                "mixed",
                &[
                    &words,
                    &format!("Content-Type: message/rfc822\r\n\r\nFrom: alice@friend.test\r\n{TO}{part}"),
                ],
            )),
        ),
        (
            "inside of what somebody else signed",
            hers(&format!(
                "Content-Type: multipart/signed; micalg=pgp-sha512; protocol=\"application/pgp-signature\"; boundary=t\r\n\r\n--t\r\n{words}\r\n--t\r\n{part}\r\n--t--\r\n"
            )),
        ),
        (
            "three parts in a signed one",
            hers(&part.replacen("--s\r\n", &format!("--s\r\n{words}\r\n--s\r\n"), 1)),
        ),
        (
            "I1: her address as a name",
            from("\"alice@friend.test\" <mallory@evil.test>", &part),
        ),
        ("I2: two fields", from("mallory@evil.test\r\nFrom: alice@friend.test", &part)),
        (
            "I2: two fields, hers first",
            from("alice@friend.test\r\nFrom: mallory@evil.test", &part),
        ),
        ("I2: two authors in one", from("mallory@evil.test, alice@friend.test", &part)),
        (
            "I3: she is the sender only",
            from("mallory@evil.test\r\nSender: alice@friend.test", &part),
        ),
        (
            "I3: she is answered",
            from("mallory@evil.test\r\nReply-To: alice@friend.test", &part),
        ),
        (
            "P1: words around a signed text",
            hers(&format!("Content-Type: text/plain\r\n\r\n{EVIL}\r\n\r\n{clear}")),
        ),
        (
            "P1: a signed text quoted in HTML",
            hers(&html(&format!("<div style=\"display:none\"><pre>{clear}</pre></div><p>{EVIL}</p>"))),
        ),
        (
            "P2: lines that only look like it",
            hers(&format!(
                "Content-Type: text/plain\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\n{EVIL}\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\n\
                 -----END PGP SIGNATURE-----\r\n"
            )),
        ),
        (
            "P2: words in the armor's own fields",
            hers(&format!(
                "Content-Type: text/plain\r\n\r\n{}",
                clear.replace("Hash: SHA512", &format!("Hash: SHA512\r\nComment: {EVIL}"))
            )),
        ),
        (
            "U1: a picture of a seal",
            hers(&html(&format!(
                "<p>{EVIL}</p><ul class=\"seals\"><li>Signed by alice@friend.test</li></ul>"
            ))),
        ),
    ]
}

#[tokio::test]
async fn nothing_that_only_pretends_is_said_to_be_signed() {
    let (home, alice) = home_of_a_friend().await;
    // The thing itself, so that what follows says something.
    let honest = format!("From: alice@friend.test\r\n{TO}Message-ID: <honest@x>\r\n{}", signed(&alice, ""));
    let page = take(&home, honest).await;
    let shown = page.message.protection.unwrap();
    assert_eq!(
        (shown.signatures[0].standing, shown.signatures[0].whole),
        (Standing::Verified, true)
    );
    for (number, (attack, raw)) in attacks(&alice).into_iter().enumerate() {
        let raw = raw.replacen(TO, &format!("{TO}Message-ID: <{number}@x>\r\n"), 1);
        let page = take(&home, raw).await;
        let seals = page.message.protection.map(|shown| shown.signatures).unwrap_or_default();
        let hers = |standing| matches!(standing, Standing::Verified | Standing::Theirs);
        let text = match &page.message.body {
            Body::Text(text) | Body::Reader(text) => text.clone(),
            _ => String::new(),
        };
        // Where the whole is said to be signed, her words are all that is shown.
        let said = seals.iter().any(|seal| seal.whole && hers(seal.standing));
        assert!(!said || !text.contains("Mallory"), "{attack}: {seals:?}, {text}");
        let content = home.snapshot().proof(page.message.id.0).unwrap().unwrap().evidence().content;
        let valid = content.signature == Fact::Known(Signature::Valid);
        assert!(!valid || !text.contains("Mallory") && said, "{attack}: {content:?}");
        let won = page.index.lines.iter().find(|line| line.id == LineId::ContentSigned).unwrap().won;
        assert_eq!(won, if valid { 5 } else { 0 }, "{attack}");
        if attack != "P2: words in the armor's own fields" {
            assert!(!said && !valid, "{attack}: {seals:?} {content:?}");
        }
    }
}

#[tokio::test]
async fn what_was_opened_beside_other_words_is_in_no_answer() {
    const SECRET: &str = "the mill at noon";
    let (home, alice) = home_of_a_friend().await;
    let old = sealed(&home, &alice, SECRET).await;
    let words = "Content-Type: text/plain\r\n\r\nWhat is up?";
    let raw = format!(
        "From: mallory@evil.test\r\n{TO}Message-ID: <oracle@x>\r\n{}",
        parts("mixed", &[words, &old])
    );
    let page = take(&home, raw).await;
    let Body::Text(text) = &page.message.body else {
        panic!("{:?}", page.message.body)
    };
    assert!(text.contains("What is up?") && text.contains(SECRET), "{text}");
    let compose = &home.services.compose;
    let start = async |beginning| compose.start(beginning, Lang::En, Viewer::own()).await.unwrap();
    let (to, what) = (page.message.id, page.message.id);
    let answer = start(Beginning::Answer {
        to,
        all: true,
        quick: false,
    })
    .await
    .draft;
    assert_eq!((answer.to.as_str(), answer.text.trim()), ("mallory@evil.test", ""));
    // It is passed on as it came, for whoever has the key.
    for whole in [false, true] {
        let passed = start(Beginning::Forward { what, whole }).await;
        assert_eq!(passed.draft.text.trim(), "");
        let carried: Vec<u32> = passed.carried.iter().map(|file| file.part).collect();
        let id = compose.fresh();
        compose.save(id, passed.draft, carried).await.unwrap();
        let uploads = home.snapshot().uploads(id).unwrap();
        assert_eq!((uploads.len(), uploads[0].1.media_type.as_str()), (1, "message/rfc822"));
        let octets = home.snapshot().uploaded(uploads[0].0, &uploads[0].1).unwrap();
        let text = String::from_utf8(octets).unwrap();
        assert!(text.contains(&old) && !text.contains(SECRET), "{text}");
    }
}

#[tokio::test]
async fn what_is_encrypted_inside_of_what_is_signed_is_opened_or_not_said_to_be_clear() {
    let (home, alice) = home_of_a_friend().await;
    let old = sealed(&home, &alice, "the mill at noon").await;
    let around = |inside: &str, name: &str| {
        let signature = alice.sign(inside.as_bytes(), NOW).unwrap();
        format!(
            "From: alice@friend.test\r\n{TO}Message-ID: <{name}@x>\r\n\
             Content-Type: multipart/signed; micalg=pgp-sha512; protocol=\"application/pgp-signature\"; boundary=s\r\n\r\n--s\r\n{inside}\r\n--s\r\n\
             Content-Type: application/pgp-signature\r\n\r\n{signature}\r\n--s--\r\n"
        )
    };
    let content = |page: &MessagePage| home.snapshot().proof(page.message.id.0).unwrap().unwrap().evidence().content;
    let page = take(&home, around(&old, "whole")).await;
    let Body::Text(text) = &page.message.body else {
        panic!("{:?}", page.message.body)
    };
    assert_eq!(text.trim(), "the mill at noon");
    let seen = content(&page);
    assert_eq!(
        (seen.encryption, seen.signature),
        (Fact::Known(Encryption::Whole), Fact::Known(Signature::Valid))
    );
    assert_eq!(page.message.protection.unwrap().signatures.len(), 2, "inside, and around it");
    let words = "Content-Type: text/plain\r\n\r\nWhat is up?";
    let mixed = parts("mixed", &[words, &old]);
    let page = take(&home, around(mixed.trim_end(), "part")).await;
    assert_eq!(content(&page).encryption, Fact::Unknown, "nobody looked into it");
    let page = take(&home, around(words, "clear")).await;
    assert_eq!(content(&page).encryption, Fact::Known(Encryption::None));
}
