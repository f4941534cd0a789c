//! What somebody else can do to a friend's key, and to what a discussion is held to: nothing. Forged mail, copies of a key
//! on which things are piled up, keys that others pass on, and messages made to be costly.

use crate::home::{Home, arrival};
use caliopen::{
    codec::{
        mime::{self, openpgp::Keys},
        pgp::{Certificate, SecretKey, armor, autocrypt, seal},
    },
    domain::{
        address::Address,
        autocrypt::Advice,
        contact::Card,
        draft::Draft,
        fact::Fact,
        id::MessageId,
        openpgp::{Fingerprint, NotOpened, Worth},
        padlock::Padlock,
        privacy::{
            account, contact,
            evidence::{Encryption, KeyState, Signature},
        },
        time::Time,
    },
    net::dns::{Dns, Table},
    service::{
        compose::Outcome,
        keyring::{Choice, Source},
        protect,
        receive::Taken,
        setup,
        view::Standing,
    },
    store::{
        keys::{Learnt, MOST_PEERS, change_peer},
        record::PeerKeys,
    },
};
use std::cell::Cell;

const NOW: Time = Time(1_795_000_000);
const DAY: i64 = 24 * 3600;
const ALICE: &str = "alice@friend.test";

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn key(text: &str) -> SecretKey {
    SecretKey::make(&address(text), Time(NOW.0 - 90 * DAY)).unwrap()
}

fn later(days: i64) -> Time {
    Time(NOW.0 + days * DAY)
}

/// A copy of a key with statements that only say that it took itself back, as anybody can make them.
fn piled_up(key: &SecretKey) -> Certificate {
    let revocation = key.revocation(NOW).unwrap();
    let revocation = armor::first(revocation.as_bytes(), armor::Kind::Key).unwrap();
    let mut octets = key.certificate().octets();
    // The main part comes first, its length in one octet.
    let end = 2 + usize::from(octets[1]);
    let junk = (0..=u8::MAX).flat_map(|n| {
        let mut forged = revocation.clone();
        *forged.last_mut().unwrap() ^= n;
        let middle = forged.len() - 40;
        forged[middle] ^= 1;
        forged
    });
    octets.splice(end..end, junk);
    let copy = Certificate::read(&octets).unwrap();
    assert!(copy.octets().len() > key.certificate().octets().len() + 20_000 && copy.fingerprint() == key.fingerprint());
    copy
}

fn header(name: &str, whose: &str, key: &Certificate) -> String {
    format!("{name}: {}\r\n", autocrypt::value(&address(whose), name == "Autocrypt", key))
}

fn plain(author: &str, number: usize, more: &str) -> Vec<u8> {
    format!(
        "From: {author}\r\nTo: me@home.test\r\nSubject: hi\r\nDate: Tue, 17 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{number}@friend.test>\r\n{more}\r\nhello\r\n"
    )
    .into_bytes()
}

fn sealed(author: &str, from: &SecretKey, to: &Certificate, more: &str, inside: &str) -> Vec<u8> {
    let entity = format!("Content-Type: text/plain; charset=utf-8; hp=\"cipher\"\r\nSubject: The plan\r\n{inside}\r\nMeet me.\r\n");
    let armored = seal(entity.as_bytes(), std::slice::from_ref(to), from, NOW).unwrap().armored;
    format!(
        "From: {author}\r\nTo: me@home.test\r\nSubject: [...]\r\nDate: Tue, 17 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{}@friend.test>\r\n\
         {more}MIME-Version: 1.0\r\nContent-Type: multipart/encrypted; boundary=e;\r\n protocol=\"application/pgp-encrypted\"\r\n\r\n\
         --e\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--e\r\nContent-Type: application/octet-stream\r\n\r\n{armored}\r\n--e--\r\n",
        armored.len()
    )
    .into_bytes()
}

async fn take(home: &Home, author: &str, raw: Vec<u8>) -> MessageId {
    let Ok(Taken::Kept(kept)) = home.services.receive.keep(arrival(NOW, author), raw).await else {
        panic!("not kept")
    };
    kept.message
}

async fn own(home: &Home) -> Certificate {
    let own = home.services.keys.list().await.unwrap();
    Certificate::read(own[0].armored.as_bytes()).unwrap()
}

fn is_encrypted_to(home: &Home, who: &str) -> bool {
    let plan = protect::plan(&home.snapshot(), &address("me@home.test"), &[address(who)], None, NOW).unwrap();
    plan.content.encryption == Fact::Known(Encryption::Whole)
}

#[tokio::test]
async fn a_copy_on_which_things_are_piled_up_takes_a_friends_key_from_nobody() {
    let records = Table::default().with_text("vouched.test", "v=spf1 ip4:192.0.2.7 -all");
    let home = Home::make(NOW, Dns::table(records).into());
    home.services.keys.tend().await;
    let me = own(&home).await;
    for (who, compared) in [(ALICE, true), ("bert@vouched.test", false)] {
        let theirs = key(who);
        home.services.keyring.bring(theirs.certificate().octets()).await.unwrap().unwrap();
        let ring = &home.services.keyring;
        ring.verify(&address(who), theirs.fingerprint(), compared).await.unwrap();
        let held = || home.snapshot().peer_keys(who).unwrap().unwrap().keys;
        let before = held()[0].octets.clone();
        let piled = piled_up(&theirs);
        // In a header, whether somebody vouches for it or not; passed on; and as a file that the owner takes.
        take(&home, who, plain(who, 1, &header("Autocrypt", who, &piled))).await;
        let carol = key("carol@vouched.test");
        let of_carol = format!("Cc: {who}\r\n{}", header("Autocrypt", "carol@vouched.test", &carol.certificate()));
        let passed_on = sealed(
            "carol@vouched.test",
            &carol,
            &me,
            &of_carol,
            &header("Autocrypt-Gossip", who, &piled),
        );
        take(&home, "carol@vouched.test", passed_on).await;
        ring.bring(piled.octets()).await.unwrap().unwrap();
        assert_eq!((held().len(), &held()[0].octets), (1, &before), "{who}");
        assert!(is_encrypted_to(&home, who), "{who}");
    }
}

/// What a message of hers says of keys.
fn heard(key: Option<&SecretKey>, days: i64, vouched: bool) -> Learnt {
    Learnt {
        address: ALICE.into(),
        date: later(days).0,
        now: later(days).0,
        header: key.map(|key| (key.certificate().octets(), true)),
        vouched,
        ..Learnt::default()
    }
}

/// The key that is used, whether it is known to be hers, and what Autocrypt says.
fn used(row: &PeerKeys, days: i64) -> (Option<Fingerprint>, Fact<KeyState>, Advice) {
    let choice = Choice::of(row, later(days));
    (choice.key.as_ref().map(Certificate::fingerprint), choice.state(), choice.advice)
}

#[test]
fn a_header_that_nobody_vouches_for_takes_no_keys_place() {
    let (alice, newer, mallory) = (key(ALICE), key(ALICE), key(ALICE));
    let known = |key: &SecretKey| (Some(key.fingerprint()), Fact::Known(KeyState::Usable), Advice::Available);
    let mut row = PeerKeys::default();
    row.hear(&heard(Some(&alice), 0, true));
    row.hear(&heard(Some(&mallory), 1, false));
    assert_eq!(used(&row, 1), known(&alice));
    assert_eq!(row.keys.len(), 2, "that there is another one can be seen");
    // Her own newer key takes its place, and an old message that is sent again does not bring the old one back; nor do
    // forged ones without a key make it doubtful.
    row.hear(&heard(Some(&newer), 2, true));
    row.hear(&heard(Some(&alice), 3, false));
    row.hear(&heard(None, 60, false));
    assert_eq!(used(&row, 60), known(&newer));
    for _ in 0..20 {
        row.hear(&heard(Some(&key(ALICE)), 61, false));
    }
    assert_eq!(used(&row, 61), known(&newer), "however many there are");
    row.hear(&heard(None, 70, true));
    assert_eq!(used(&row, 70).2, Advice::Discourage, "her own silence does");

    // Alone it is used, as Autocrypt has it, and wins nothing; what her domain publishes is better, whichever came first.
    let mut row = PeerKeys::default();
    row.hear(&heard(Some(&mallory), 0, false));
    assert_eq!(used(&row, 0), (Some(mallory.fingerprint()), Fact::Unknown, Advice::Available));
    row.hold(&alice.certificate(), Source::Wkd, true, later(1));
    assert_eq!(used(&row, 1), known(&alice));
    row.hear(&heard(Some(&mallory), 2, false));
    assert_eq!(used(&row, 2), known(&alice));
    // Where that cannot be used any more, something is better than nothing.
    let fresh = SecretKey::make(&address(ALICE), later(700)).unwrap();
    row.hear(&heard(Some(&fresh), 800, false));
    assert_eq!(used(&row, 600), known(&alice));
    assert_eq!(used(&row, 800), (Some(fresh.fingerprint()), Fact::Unknown, Advice::Available));
}

/// What the owner found to differ does not come back, wherever it comes from.
#[test]
fn a_key_that_was_found_to_differ_is_never_used_however_it_comes_again() {
    let (alice, mallory) = (key(ALICE), key(ALICE));
    let (bad, good) = (mallory.certificate(), alice.certificate());
    let none = (None, Fact::Known(KeyState::Missing), Advice::Disable);
    let refuse = |row: &mut PeerKeys| {
        let held = row.keys.iter_mut().find(|held| held.print == mallory.fingerprint().octets());
        held.unwrap().verified = -NOW.0;
    };
    for first in Source::ALL {
        let mut row = PeerKeys::default();
        row.hold(&bad, first, true, NOW);
        refuse(&mut row);
        assert_eq!(used(&row, 0), none, "{first:?}");
        for again in Source::ALL {
            row.hold(&bad, again, true, later(1));
            assert_eq!(used(&row, 1), none, "{first:?} {again:?}");
        }
        for vouched in [true, false] {
            row.hear(&heard(Some(&mallory), 2, vouched));
            assert_eq!(used(&row, 2), none, "{first:?} {vouched}");
        }
        // Another one is used, takes nobody's place, and does not lose its own to the one that comes again.
        for source in [Source::Attached, Source::Server, Source::Dns, Source::Wkd, Source::Owner] {
            let mut row = row.clone();
            row.hold(&good, source, true, later(3));
            row.hear(&heard(Some(&mallory), 4, true));
            let choice = Choice::of(&row, later(4));
            assert_eq!(
                choice.key.as_ref().map(Certificate::fingerprint),
                Some(alice.fingerprint()),
                "{source:?}"
            );
            assert_eq!((choice.replaced, choice.changed), (None, false), "{source:?}");
            assert!(
                choice
                    .modern(&row, later(4))
                    .is_none_or(|key| key.fingerprint() == alice.fingerprint())
            );
        }
        row.hear(&heard(Some(&alice), 3, true));
        row.hear(&heard(Some(&mallory), 4, true));
        let known = (Some(alice.fingerprint()), Fact::Known(KeyState::Usable), Advice::Available);
        assert_eq!(used(&row, 4), known, "{first:?}");
        // However many others come, it is remembered; and however many were found to differ, there is room for hers.
        for n in 0..20 {
            let other = key(ALICE);
            row.hear(&heard(Some(&other), 5, false));
            if n < 10 {
                let held = row.keys.iter_mut().find(|held| held.print == other.fingerprint().octets());
                held.unwrap().verified = -NOW.0;
            }
        }
        assert!(row.held(mallory.fingerprint().octets()).unwrap().is_refused());
        assert_eq!(used(&row, 5), known, "{first:?}");
    }
    // It is not told as the newer one of two any more.
    let mut row = PeerKeys::default();
    row.hear(&heard(Some(&alice), 0, true));
    row.hold(&bad, Source::Wkd, true, later(1));
    row.keys[0].verified = NOW.0;
    assert!(Choice::of(&row, later(1)).changed);
    refuse(&mut row);
    assert!(!Choice::of(&row, later(1)).changed);
}

#[tokio::test]
async fn what_is_signed_with_a_key_that_was_found_to_differ_is_not_theirs() {
    let home = Home::make(NOW, Dns::nobody().into());
    home.services.keys.tend().await;
    let (mallory, me, ring) = (key(ALICE), own(&home).await, &home.services.keyring);
    ring.bring(mallory.certificate().octets()).await.unwrap().unwrap();
    ring.verify(&address(ALICE), mallory.fingerprint(), true).await.unwrap();
    let fresh = header("Autocrypt", ALICE, &mallory.certificate());
    let before = take(&home, ALICE, sealed(ALICE, &mallory, &me, &fresh, "")).await;
    assert!(is_encrypted_to(&home, ALICE));
    let card = setup::add_contact(&home.vault, "Alice", &[address(ALICE)]).await.unwrap();
    let habits = async || {
        let index = home.services.contacts.card(card).await.unwrap().index;
        let habits = [contact::LineId::HabitSigned, contact::LineId::HabitEncrypted];
        habits.map(|id| index.lines.iter().find(|line| line.id == id).unwrap().won)
    };
    assert!(habits().await.iter().all(|won| *won > 0));
    ring.refuse(&address(ALICE), mallory.fingerprint()).await.unwrap();
    let again = String::from_utf8(sealed(ALICE, &mallory, &me, &fresh, "")).unwrap();
    let after = take(&home, ALICE, again.replace("Message-ID: <", "Message-ID: <again").into_bytes()).await;
    let of = |id: MessageId| home.snapshot().proof(id.0).unwrap().unwrap().evidence();
    assert_eq!(of(before).content.signature, Fact::Known(Signature::Valid));
    let content = of(after).content;
    assert_eq!(
        (content.signature, content.signer_verified),
        (Fact::Known(Signature::OfAnother), Fact::Unknown)
    );
    assert_eq!(of(after).social.others[0].key, Fact::Known(KeyState::Missing));
    for id in [before, after] {
        let page = home.services.discussions.message(id).await.unwrap();
        let signatures = page.message.protection.unwrap().signatures;
        assert_eq!(signatures[0].standing, Standing::Refused);
    }
    // Nor is it her habit to sign so, and to encrypt in her name.
    assert_eq!(habits().await, [0, 0]);
    // Nothing is encrypted to it, and that is said before.
    assert!(!is_encrypted_to(&home, ALICE));
    let person = ring.person(address(ALICE)).await.unwrap();
    let shown = (person.keys[0].used, person.keys[0].verified, person.keys[0].refused);
    assert_eq!((person.keys.len(), shown), (1, (false, None, true)));
    let draft = Draft {
        from: "me@home.test".into(),
        to: ALICE.into(),
        text: "Where?".into(),
        ..Draft::default()
    };
    let preview = home.services.compose.preview(&draft).await.unwrap();
    assert_eq!(preview.padlock, Padlock::Postcard);
    // The owner may take it back.
    ring.verify(&address(ALICE), mallory.fingerprint(), false).await.unwrap();
    assert!(is_encrypted_to(&home, ALICE));
}

#[test]
fn a_key_is_kept_young_by_what_its_owner_says_and_by_nobody_else() {
    let mut alice = key(ALICE);
    let old = heard(Some(&alice), 0, false);
    assert!(alice.keep_young(later(400)));
    let young = heard(Some(&alice), 400, false);
    let is_usable = |row: &PeerKeys| used(row, 800).0.is_some();
    // Nobody vouches for either.
    let mut row = PeerKeys::default();
    row.hear(&old);
    assert!(!is_usable(&row));
    row.hear(&young);
    assert!(is_usable(&row));
    // The first was vouched for: one that is not adds nothing, unless the key itself has signed the message.
    let mut row = PeerKeys::default();
    row.hear(&Learnt {
        vouched: true,
        ..old.clone()
    });
    row.hear(&young);
    assert!(!is_usable(&row));
    row.hear(&Learnt { by_its_key: true, ..young });
    assert!(is_usable(&row));
    // What others pass on adds nothing to what she said herself.
    let mut row = PeerKeys::default();
    row.hear(&old);
    row.hold(&alice.certificate(), Source::Gossip, false, later(400));
    assert!(!is_usable(&row));
}

#[tokio::test]
async fn a_message_of_hers_that_she_signed_keeps_her_key_young() {
    let home = Home::make(NOW, Dns::nobody().into());
    home.services.keys.tend().await;
    let me = own(&home).await;
    let mut alice = SecretKey::make(&address(ALICE), later(-500)).unwrap();
    home.services.keyring.bring(alice.certificate().octets()).await.unwrap().unwrap();
    home.services
        .keyring
        .verify(&address(ALICE), alice.fingerprint(), true)
        .await
        .unwrap();
    assert!(alice.keep_young(NOW));
    let ids = || home.snapshot().peer_keys(ALICE).unwrap().unwrap().keys[0].ids.len();
    let fresh = header("Autocrypt", ALICE, &alice.certificate());
    take(&home, ALICE, plain(ALICE, 1, &fresh)).await;
    assert_eq!(ids(), 2, "anybody can send a copy");
    take(&home, ALICE, sealed(ALICE, &alice, &me, &fresh, "")).await;
    assert_eq!(ids(), 3);
}

#[tokio::test]
async fn a_message_of_many_pieces_is_opened_as_far_as_is_borne() {
    let home = Home::make(NOW, Dns::nobody().into());
    let (alice, me) = (key(ALICE), key("me@home.test"));
    let block = seal(b"word\r\n", &[me.certificate()], &alice, NOW).unwrap().armored;
    let part = format!("--m\r\nContent-Type: text/plain\r\n\r\n{}\r\n", format!("{block}\r\n").repeat(20));
    let raw = format!(
        "From: {ALICE}\r\nTo: me@home.test\r\nSubject: x\r\nDate: Tue, 17 Nov 2026 08:00:00 +0000\r\nMessage-ID: <m@x>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n{}--m--\r\n",
        part.repeat(20)
    )
    .into_bytes();
    let asked = Cell::new(0);
    let find = |_: &[u64]| {
        asked.set(asked.get() + 1);
        vec![alice.certificate()]
    };
    let keys = Keys {
        own: std::slice::from_ref(&me),
        find: &find,
        now: NOW,
    };
    let opening = mime::openpgp::open(&raw, keys).unwrap();
    let good = opening
        .signatures
        .iter()
        .filter(|(_, one)| matches!(one.worth, Worth::Good(_)))
        .count();
    let untried = opening.signatures.iter().filter(|(_, one)| one.worth == Worth::Unreadable).count();
    assert_eq!((asked.get(), opening.signatures.len(), good, untried), (16, 20, 16, 4));
    assert_eq!(opening.failed, Some(NotOpened::TooMuch));
    // It is taken like any other.
    take(&home, ALICE, raw).await;
}

#[tokio::test]
async fn a_discussion_remembers_what_was_reached_however_much_comes_in_clear() {
    let home = Home::make(NOW, Dns::nobody().into());
    home.services.keys.tend().await;
    let (alice, me) = (key(ALICE), own(&home).await);
    let first = sealed(ALICE, &alice, &me, &header("Autocrypt", ALICE, &alice.certificate()), "");
    take(&home, ALICE, first).await;
    for number in 0..12 {
        take(&home, ALICE, plain(ALICE, number, "")).await;
    }
    home.services.keyring.forget(&address(ALICE), alice.fingerprint()).await.unwrap();
    let compose = &home.services.compose;
    let draft = Draft {
        from: "me@home.test".into(),
        to: ALICE.into(),
        text: "Where?".into(),
        ..Draft::default()
    };
    let agreed = async || {
        let preview = compose.preview(&draft).await.unwrap();
        (preview.padlock, preview.agreed)
    };
    assert_eq!(agreed().await, (Padlock::Postcard, Padlock::Envelope));
    let id = compose.fresh();
    compose.save(id, draft.clone(), Vec::new()).await.unwrap();
    let Outcome::Lower(preview) = compose.send(id, Padlock::Postcard, None).await.unwrap() else {
        panic!("it left in clear")
    };
    assert_eq!((preview.padlock, preview.agreed), (Padlock::Postcard, Padlock::Envelope));
    // Lowered by the owner it stays lowered, and taken back it is as it was.
    let Outcome::Sent(message, _) = compose.send(id, Padlock::Postcard, Some(Padlock::Postcard)).await.unwrap() else {
        panic!("not sent")
    };
    assert_eq!(agreed().await.1, Padlock::Postcard);
    assert!(compose.undo(message).await.unwrap().is_some());
    assert_eq!(agreed().await.1, Padlock::Envelope);
}

#[tokio::test]
async fn a_key_counts_as_saved_when_its_file_was_fetched() {
    let home = Home::make(NOW, Dns::nobody().into());
    home.services.keys.tend().await;
    let keys = &home.services.keys;
    let id = keys.list().await.unwrap()[0].id;
    let ticket = keys.save(id, "correct horse".into()).await.unwrap();
    assert_eq!(keys.list().await.unwrap()[0].saved, None);
    assert!(keys.redeem("another").await.unwrap().is_none());
    assert_eq!(keys.redeem(&ticket).await.unwrap().unwrap().0, "me@home.test.secret.asc");
    assert_eq!(keys.list().await.unwrap()[0].saved, Some(NOW));
    assert!(keys.redeem(&ticket).await.unwrap().is_none(), "once");
    // A year later it has a part that is not in that file.
    assert!(keys.list().await.unwrap()[0].saved_whole);
    home.later(366 * DAY);
    keys.tend().await;
    let key = keys.list().await.unwrap().remove(0);
    assert_eq!((key.saved, key.saved_whole), (Some(NOW), false));
    let ticket = keys.save(key.id, "correct horse".into()).await.unwrap();
    keys.redeem(&ticket).await.unwrap().unwrap();
    assert!(keys.list().await.unwrap()[0].saved_whole);
}

#[tokio::test]
async fn strangers_fill_their_room_and_keep_nobody_out_whom_the_owner_knows() {
    let home = Home::make(NOW, Dns::nobody().into());
    let filling = home.vault.open().unwrap().writer.write(|tables| {
        let one = |n: u64| change_peer(tables, &format!("{n}@strangers.test"), |row| row.mutual = true);
        (0..MOST_PEERS).try_for_each(one)
    });
    filling.await.unwrap();
    let card = Card {
        name: "Alice".into(),
        addresses: vec![address(ALICE)],
        ..Card::default()
    };
    home.services.contacts.put(None, card).await.unwrap().unwrap();
    for (number, who) in [ALICE, "mallory@friend.test"].into_iter().enumerate() {
        let fresh = header("Autocrypt", who, &key(who).certificate());
        take(&home, who, plain(who, number, &fresh)).await;
        assert_eq!(home.snapshot().peer_keys(who).unwrap().is_some(), who == ALICE);
    }
}

#[tokio::test]
async fn a_key_of_ones_own_whose_time_is_over_counts_for_nothing_until_it_is_brought_anew() {
    let home = Home::make(NOW, Dns::nobody().into());
    let keys = &home.services.keys;
    keys.tend().await;
    let counts = async || {
        let index = home.services.account.page().await.unwrap().index;
        index.lines.iter().any(|line| line.id == account::LineId::KeyExists && line.won > 0)
    };
    assert!(counts().await);
    // One that the owner made elsewhere, for two years.
    let mut mine = SecretKey::make(&address("me@home.test"), later(-700)).unwrap();
    let bring = async |key: &SecretKey| keys.bring(key.octets(), String::new()).await.unwrap();
    assert_eq!(bring(&mine).await.unwrap().keys, 1);
    let brought = keys.list().await.unwrap().into_iter().find(|key| !key.made).unwrap().id;
    keys.use_from_now_on(brought).await.unwrap();
    assert!(counts().await && bring(&mine).await.is_err());
    home.later(60 * DAY);
    assert!(!counts().await);
    assert!(keys.use_from_now_on(brought).await.is_err());
    // What is written says whose key is missing.
    home.services
        .keyring
        .bring(key(ALICE).certificate().octets())
        .await
        .unwrap()
        .unwrap();
    let draft = Draft {
        from: "me@home.test".into(),
        to: ALICE.into(),
        text: "Hello".into(),
        ..Draft::default()
    };
    let written = async || {
        let preview = home.services.compose.preview(&draft).await.unwrap();
        (preview.own_key, preview.padlock, preview.people[0].key)
    };
    assert_eq!(written().await, (false, Padlock::Postcard, Fact::Known(KeyState::Usable)));
    // Its owner extends it there, and brings it again.
    let ids = mine.certificate().ids();
    assert!(mine.keep_young(later(60)));
    assert_eq!(bring(&mine).await.unwrap().keys, 1);
    assert!(counts().await);
    let (own_key, padlock, theirs) = written().await;
    assert!(own_key && padlock >= Padlock::Envelope && theirs == Fact::Known(KeyState::Usable));
    let young = keys.list().await.unwrap().into_iter().find(|key| key.id == brought).unwrap();
    assert!(young.current && young.facts.is_in_order());
    let octets = home
        .snapshot()
        .own_keys()
        .unwrap()
        .into_iter()
        .find(|(id, _)| *id == brought)
        .unwrap()
        .1
        .secret;
    let now = SecretKey::read(&octets).unwrap().certificate().ids();
    assert!(
        now.len() == ids.len() + 1 && ids.iter().all(|id| now.contains(id)),
        "what opens old mail stays"
    );
}
