//! OpenPGP from the message to the page: mail that others sealed is opened, what only pretends is told as that, keys
//! are learnt, compared and published. With the corpora where they are, and GnuPG and Sequoia as peers where they are.

use crate::home::arrival;
use caliopen::{
    app::{self, Services},
    codec::{
        mime::{
            self,
            openpgp::Keys,
            write::{self, Writing},
        },
        pgp::{Certificate, Checking, SecretKey, autocrypt, directory, seal},
    },
    domain::{
        address::Address,
        autocrypt::Advice,
        fact::Fact,
        id::MessageId,
        message::Mailbox,
        openpgp::{Covers, NotOpened, Worth},
        padlock::Padlock,
        privacy::{
            evidence::{Encryption, Integrity, KeyState, Signature},
            index::Letter,
        },
        time::Time,
        transport::{Arrival, TlsFacts, TlsVersion},
    },
    net::{
        clock::Clock,
        dns::{Dns, Table},
    },
    service::{
        keys::Brought,
        protect,
        receive::Taken,
        setup,
        view::{Body, MessagePage, Standing},
    },
    store::{keys::add_own, mail::Snapshot, record::OwnKey, slots::Opening, vault::Vault},
};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const NOW: Time = Time(1_795_000_000);

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn key(text: &str) -> SecretKey {
    SecretKey::make(&address(text), Time(NOW.0 - 90 * 24 * 3600)).unwrap()
}

struct House {
    services: Services,
    vault: Vault,
    _folder: tempfile::TempDir,
}

/// A box of me@home.test, unlocked, with its key.
async fn house() -> House {
    house_that_asks(Dns::nobody()).await
}

async fn house_that_asks(dns: Dns) -> House {
    house_of("me@home.test", dns).await
}

async fn house_of(owner: &str, dns: Dns) -> House {
    let folder = tempfile::tempdir().unwrap();
    setup::make(folder.path(), address(owner).domain(), owner, "word")
        .unwrap()
        .vault
        .lock();
    let (file, front) = app::front(folder.path()).unwrap();
    let (vault, clock) = (Vault::locked(folder.path()), Clock::fixed(NOW));
    let services = Services::over(&vault, &file, &front, &clock, dns).unwrap();
    vault.unlock(&Opening::Passphrase("word")).unwrap();
    services.keys.tend().await;
    House {
        services,
        vault,
        _folder: folder,
    }
}

impl House {
    async fn own(&self) -> Certificate {
        let own = self.services.keys.list().await.unwrap();
        Certificate::read(own[0].armored.as_bytes()).unwrap()
    }

    async fn take(&self, raw: Vec<u8>) -> MessagePage {
        let came = Arrival {
            tls: Some(TlsFacts {
                version: TlsVersion::V1_3,
                suite: "TLS13_AES_256_GCM_SHA384".into(),
                group: "X25519MLKEM768".into(),
            }),
            ..arrival(NOW, "alice@friend.test")
        };
        let Ok(Taken::Kept(kept)) = self.services.receive.keep(came, raw).await else {
            panic!("not kept")
        };
        self.services.discussions.message(kept.message).await.unwrap()
    }
}

/// A PGP/MIME message with the subject inside.
fn sealed(from: &SecretKey, to: &[Certificate], more: &str, entity: &str) -> Vec<u8> {
    let armored = seal(entity.as_bytes(), to, from, NOW).unwrap().armored;
    format!(
        "From: Alice <alice@friend.test>\r\nTo: me@home.test\r\nSubject: [...]\r\nDate: Tue, 17 Nov 2026 08:00:00 +0000\r\n\
         Message-ID: <{}@friend.test>\r\n{more}MIME-Version: 1.0\r\nContent-Type: multipart/encrypted; boundary=e;\r\n protocol=\"application/pgp-encrypted\"\r\n\r\n\
         --e\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--e\r\nContent-Type: application/octet-stream\r\n\r\n{armored}\r\n--e--\r\n",
        armored.len()
    )
    .into_bytes()
}

const ENTITY: &str = "Content-Type: text/plain; charset=utf-8; hp=\"cipher\"\r\nSubject: The plan\r\nFrom: alice@friend.test\r\n\r\nMeet me at the mill.\r\n";

fn text(page: &MessagePage) -> &str {
    match &page.message.body {
        Body::Text(text) => text,
        Body::Reader(html) => html,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_sealed_message_is_opened_and_the_more_is_known_the_better_it_stands() {
    let house = house().await;
    let (alice, me) = (key("alice@friend.test"), house.own().await);
    let header = format!(
        "Autocrypt: {}\r\n",
        autocrypt::value(&address("alice@friend.test"), true, &alice.certificate())
    );
    let page = house.take(sealed(&alice, std::slice::from_ref(&me), &header, ENTITY)).await;
    assert_eq!(page.message.subject, "The plan");
    assert_eq!(text(&page).trim(), "Meet me at the mill.");
    let shown = page.message.protection.as_ref().unwrap();
    assert_eq!(
        (shown.encryption, shown.failed, shown.subject),
        (Fact::Known(Encryption::Whole), None, true)
    );
    // Nobody vouches for the message that brought the key: it is told, and wins nothing.
    assert_eq!(shown.signatures[0].standing, Standing::Claimed);
    let evidence = |house: &House, id: MessageId| {
        let snapshot = Snapshot::of(&house.vault.open().unwrap()).unwrap();
        snapshot.proof(id.0).unwrap().unwrap().evidence()
    };
    let first = evidence(&house, page.message.id);
    assert_eq!(
        (first.content.integrity, first.content.headers),
        (Fact::Known(Integrity::Aead), Fact::Known(true))
    );
    assert_eq!(
        (first.content.signature, first.social.others[0].key),
        (Fact::Unknown, Fact::Unknown)
    );
    assert_eq!(page.message.padlock, Padlock::Envelope);
    let ring = &house.services.keyring;
    let known = ring.person(address("alice@friend.test")).await.unwrap();
    assert!(known.mutual && known.keys[0].used && !known.keys[0].vouched);
    ring.verify(&known.address, known.keys[0].facts.fingerprint.clone(), true)
        .await
        .unwrap();
    setup::add_contact(&house.vault, "Alice", &[address("alice@friend.test")])
        .await
        .unwrap();
    let page = house.take(sealed(&alice, &[me], "", ENTITY)).await;
    let second = evidence(&house, page.message.id);
    assert_eq!(second.content.signature, Fact::Known(Signature::Valid));
    assert_eq!(second.content.signer_verified, Fact::Known(true));
    assert_eq!(second.social.others[0].key, Fact::Known(KeyState::Verified));
    assert_eq!(page.message.protection.unwrap().signatures[0].standing, Standing::Verified);
    assert_eq!(page.message.padlock, Padlock::Sealed);
    assert!(Letter::of(page.message.index.unwrap()) <= Letter::B, "{:?}", page.index);
    assert!(page.message.index > Some(70), "{:?}", page.message.index);
}

#[tokio::test]
async fn a_friends_sealed_mail_is_a_b_and_once_the_keys_were_compared_an_a() {
    let records = Table::default()
        .with_text("friend.test", "v=spf1 ip4:192.0.2.7 -all")
        .with_text("_dmarc.friend.test", "v=DMARC1; p=reject");
    let house = house_that_asks(Dns::table(records)).await;
    let (alice, me) = (key("alice@friend.test"), house.own().await);
    setup::add_contact(&house.vault, "Alice", &[address("alice@friend.test")])
        .await
        .unwrap();
    let value = autocrypt::value(&address("alice@friend.test"), true, &alice.certificate());
    let page = house
        .take(sealed(
            &alice,
            std::slice::from_ref(&me),
            &format!("Autocrypt: {value}\r\n"),
            ENTITY,
        ))
        .await;
    // The message that brought the key was authenticated: the key is hers.
    assert_eq!(page.message.protection.as_ref().unwrap().signatures[0].standing, Standing::Theirs);
    assert_eq!(
        (page.message.index.map(Letter::of), page.message.padlock),
        (Some(Letter::B), Padlock::Envelope),
        "{:?}",
        page.index
    );
    house
        .services
        .keyring
        .verify(&address("alice@friend.test"), alice.fingerprint(), true)
        .await
        .unwrap();
    let page = house.take(sealed(&alice, &[me], "", ENTITY)).await;
    assert_eq!(
        (page.message.index.map(Letter::of), page.message.padlock),
        (Some(Letter::A), Padlock::Sealed),
        "{:?}",
        page.index
    );
}

#[tokio::test]
async fn a_changed_key_is_told_and_never_used_where_the_old_one_was_compared() {
    let house = house().await;
    let (alice, mallory) = (key("alice@friend.test"), key("alice@friend.test"));
    let with = |key: &SecretKey, day: u8| {
        let value = autocrypt::value(&address("alice@friend.test"), true, &key.certificate());
        format!("From: alice@friend.test\r\nTo: me@home.test\r\nSubject: hi\r\nDate: {day} Nov 2026 08:00:00 +0000\r\nMessage-ID: <{day}@x>\r\nAutocrypt: {value}\r\n\r\nhello\r\n").into_bytes()
    };
    house.take(with(&alice, 10)).await;
    let ring = &house.services.keyring;
    let alices = address("alice@friend.test");
    ring.verify(&alices, alice.fingerprint(), true).await.unwrap();
    house.take(with(&mallory, 11)).await;
    let known = ring.person(alices.clone()).await.unwrap();
    assert!(known.changed);
    assert_eq!(
        known.keys.iter().find(|key| key.used).unwrap().facts.fingerprint,
        alice.fingerprint()
    );
    // An older message does not bring an older key back, and forgetting the compared one lets the new one in.
    ring.forget(&alices, alice.fingerprint()).await.unwrap();
    house.take(with(&mallory, 12)).await;
    house.take(with(&alice, 9)).await;
    let known = ring.person(alices).await.unwrap();
    assert_eq!(
        known.keys.iter().find(|key| key.used).unwrap().facts.fingerprint,
        mallory.fingerprint()
    );
}

#[tokio::test]
async fn a_key_that_is_brought_opens_what_was_closed() {
    let house = house().await;
    let (alice, old) = (key("alice@friend.test"), key("me@home.test"));
    let page = house.take(sealed(&alice, &[old.certificate()], "", ENTITY)).await;
    assert_eq!(page.message.body, Body::Encrypted);
    assert_eq!(page.message.protection.unwrap().failed, Some(NotOpened::NoKey));
    let locked = old.armored(Some("years ago")).unwrap();
    let keys = &house.services.keys;
    assert!(keys.bring(locked.clone().into_bytes(), "wrong".into()).await.unwrap().is_err());
    assert_eq!(
        keys.bring(locked.into_bytes(), "years ago".into()).await.unwrap(),
        Ok(Brought {
            keys: 1,
            opened: 1,
            closed: 0
        })
    );
    let page = house.services.discussions.message(page.message.id).await.unwrap();
    assert_eq!(text(&page).trim(), "Meet me at the mill.");
    assert_eq!(page.message.padlock, Padlock::Envelope);
    assert_eq!(keys.list().await.unwrap().iter().filter(|key| key.current).count(), 1);
}

#[tokio::test]
async fn what_only_pretends_is_told_as_that() {
    let house = house().await;
    let (alice, me) = (key("alice@friend.test"), house.own().await);
    let armored = seal(b"Content-Type: text/plain\r\n\r\nthe secret word\r\n", &[me], &alice, NOW)
        .unwrap()
        .armored;
    // Efail: HTML that is left open around the encrypted part, so that a picture's address would take it along.
    let around = |before: &str, after: &str| {
        format!("From: alice@friend.test\r\nTo: me@home.test\r\nSubject: x\r\nDate: 11 Nov 2026 08:00:00 +0000\r\nMessage-ID: <e@x>\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: text/html\r\n\r\n{before}\r\n--o\r\n\
            Content-Type: multipart/encrypted; boundary=e; protocol=\"application/pgp-encrypted\"\r\n\r\n--e\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n\
            --e\r\nContent-Type: application/octet-stream\r\n\r\n{armored}\r\n--e--\r\n--o\r\nContent-Type: text/html\r\n\r\n{after}\r\n--o--\r\n").into_bytes()
    };
    let page = house.take(around("<img src=\"http://evil.test/", "\">")).await;
    assert!(!page.message.has_html, "what was decrypted is never put into the sender's HTML");
    assert!(text(&page).contains("the secret word"));
    assert_eq!(page.message.protection.as_ref().unwrap().encryption, Fact::Known(Encryption::Part));
    assert_eq!(page.message.padlock, Padlock::Postcard);
    // A true signature of hers over something else, with other words beside it.
    let entity = "Content-Type: text/plain\r\n\r\nI agree.\r\n";
    let signature = alice.sign(entity.trim_end().as_bytes(), NOW).unwrap();
    let signed = |boundary: &str, entity: &str| {
        format!(
            "Content-Type: multipart/signed; micalg=pgp-sha512; protocol=\"application/pgp-signature\"; boundary={boundary}\r\n\r\n--{boundary}\r\n{}\r\n--{boundary}\r\n\
            Content-Type: application/pgp-signature\r\n\r\n{signature}\r\n--{boundary}--\r\n",
            entity.trim_end()
        )
    };
    let header = "From: alice@friend.test\r\nTo: me@home.test\r\nSubject: x\r\nDate: 11 Nov 2026 08:00:00 +0000\r\nMessage-ID: <s@x>\r\nMIME-Version: 1.0\r\n";
    house.services.keyring.bring(alice.certificate().octets()).await.unwrap().unwrap();
    let whole = house.take(format!("{header}{}", signed("s", entity)).into_bytes()).await;
    assert_eq!(whole.message.protection.unwrap().signatures[0].standing, Standing::Theirs);
    let wrapped = format!(
        "{header}Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: text/plain\r\n\r\nSend the money.\r\n--o\r\n{}\r\n--o--\r\n",
        signed("s", entity)
    );
    let page = house.take(wrapped.into_bytes()).await;
    let shown = page.message.protection.unwrap();
    assert!(!shown.signatures[0].whole);
    assert_ne!(shown.signatures[0].standing, Standing::Theirs);
    let changed = house
        .take(format!("{header}{}", signed("s", "Content-Type: text/plain\r\n\r\nI disagree.\r\n")).into_bytes())
        .await;
    assert!(matches!(changed.message.protection.unwrap().signatures[0].worth, Worth::Broken(_)));
    assert_eq!(changed.message.index.map(Letter::of), Some(Letter::E), "a forgery");
    // Hers, under somebody else's name.
    let other = house
        .take(
            format!("{header}{}", signed("s", entity))
                .replace("From: alice", "From: carol")
                .into_bytes(),
        )
        .await;
    assert_eq!(other.message.protection.unwrap().signatures[0].standing, Standing::Another);
}

#[tokio::test]
async fn what_a_friend_signed_long_ago_is_no_word_of_theirs_about_today() {
    let house = house().await;
    let (alice, mallory, me) = (key("alice@friend.test"), key("mallory@evil.test"), house.own().await);
    let (ring, alices) = (&house.services.keyring, address("alice@friend.test"));
    ring.bring(alice.certificate().octets()).await.unwrap().unwrap();
    ring.verify(&alices, alice.fingerprint(), true).await.unwrap();
    setup::add_contact(&house.vault, "Alice", &[alices]).await.unwrap();
    // Mallory had this from her once, or found it in a list's archive, and seals it to me in her name, with a subject of his.
    let replayed = |days: i64| {
        let words = "Content-Type: text/plain\r\n\r\nI agree. Please go ahead.";
        let signature = alice.sign(words.as_bytes(), Time(NOW.0 - days * 24 * 3600)).unwrap();
        let entity = format!(
            "Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=s\r\n\r\n--s\r\n{words}\r\n--s\r\n\
             Content-Type: application/pgp-signature\r\n\r\n{signature}\r\n--s--\r\n"
        );
        sealed(&mallory, std::slice::from_ref(&me), &format!("X-Days: {days}\r\n"), &entity)
    };
    let page = house.take(replayed(1)).await;
    let of = |page: &MessagePage| {
        page.message
            .protection
            .as_ref()
            .unwrap()
            .signatures
            .iter()
            .map(|one| one.standing)
            .collect::<Vec<_>>()
    };
    assert!(of(&page).contains(&Standing::Verified) && page.message.padlock == Padlock::Sealed);
    let page = house.take(replayed(8)).await;
    assert!(of(&page).contains(&Standing::Old) && !of(&page).contains(&Standing::Verified));
    assert_eq!(page.message.padlock, Padlock::Envelope);
    assert!(page.message.index <= Some(40), "nobody says who sent it: {:?}", page.index);
    let evidence = Snapshot::of(&house.vault.open().unwrap())
        .unwrap()
        .proof(page.message.id.0)
        .unwrap()
        .unwrap()
        .evidence();
    assert_eq!(evidence.content.signature, Fact::Unknown);
}

#[tokio::test]
async fn gossip_is_learnt_inside_and_advice_is_autocrypts() {
    use caliopen::service::keyring::Choice;
    let house = house().await;
    let (alice, carol, me) = (key("alice@friend.test"), key("carol@friend.test"), house.own().await);
    let gossip = format!(
        "Autocrypt-Gossip: {}\r\n",
        autocrypt::value(&address("carol@friend.test"), false, &carol.certificate())
    );
    let header = format!(
        "Cc: carol@friend.test\r\nAutocrypt: {}\r\n",
        autocrypt::value(&address("alice@friend.test"), true, &alice.certificate())
    );
    house.take(sealed(&alice, &[me], &header, &format!("{gossip}{ENTITY}"))).await;
    let carols = house.services.keyring.person(address("carol@friend.test")).await.unwrap();
    assert_eq!(carols.introduced_by, Some(address("alice@friend.test")));
    let open = house.vault.open().unwrap();
    let row = Snapshot::of(&open).unwrap().peer_keys("carol@friend.test").unwrap().unwrap();
    assert_eq!(Choice::of(&row, NOW).advice, Advice::Discourage);
    let row = Snapshot::of(&open).unwrap().peer_keys("alice@friend.test").unwrap().unwrap();
    assert_eq!(
        (Choice::of(&row, NOW).advice, Choice::of(&row, NOW).mutual),
        (Advice::Available, true)
    );
}

#[tokio::test]
async fn the_directory_answers_while_locked_with_the_small_key() {
    let house = house().await;
    let own = house.own().await;
    house.vault.lock();
    let octets = house.services.keys.published(&directory::wkd_name("me")).await.unwrap();
    let key = Certificate::read(&octets).unwrap();
    assert_eq!(key.fingerprint(), own.fingerprint());
    assert!(octets.len() < 1_000, "{}", octets.len());
    assert_eq!(house.services.keys.published(&directory::wkd_name("you")).await, None);
}

/// What leaves from a house, to these people, answering that message.
fn leaves(house: &House, from: &str, seen: &[&str], unseen: &[&str], answers: Option<MessageId>) -> (protect::Plan, protect::Protected) {
    let people = |list: &[&str]| -> Vec<Address> { list.iter().map(|one| address(one)).collect() };
    let (seen, unseen) = (people(seen), people(unseen));
    let open = house.vault.open().unwrap();
    let snapshot = Snapshot::of(&open).unwrap();
    let all = [seen.clone(), unseen.clone()].concat();
    let plan = protect::plan(&snapshot, &address(from), &all, answers, NOW).unwrap();
    let mailbox = |address: &Address| Mailbox {
        name: String::new(),
        address: address.clone(),
    };
    let outgoing = protect::Outgoing {
        writing: Writing {
            from: Some(mailbox(&address(from))),
            to: seen.iter().map(mailbox).collect(),
            subject: "About the mill",
            id: "abc@home.test",
            at: NOW,
            ..Writing::default()
        },
        entity: write::entity("Meet me there.\n", Vec::new(), "b"),
        seen,
        unseen,
    };
    let protected = protect::carry_out(&snapshot, &plan, outgoing).unwrap();
    (plan, protected)
}

#[tokio::test]
async fn the_first_message_carries_the_key_and_the_answer_is_sealed_with_no_click() {
    let (here, there) = (house().await, house_of("you@there.test", Dns::nobody()).await);
    let (plan, first) = leaves(&here, "me@home.test", &["you@there.test"], &[], None);
    assert_eq!(plan.content.encryption, Fact::Known(Encryption::None));
    assert_eq!((first.copies.len(), &first.copies[0].raw), (1, &first.filed));
    let raw = String::from_utf8(first.copies[0].raw.clone()).unwrap();
    assert!(
        raw.contains("Subject: About the mill") && raw.starts_with("Autocrypt: addr=me@home.test"),
        "{raw}"
    );
    there.take(first.copies[0].raw.clone()).await;
    let (plan, answer) = leaves(&there, "you@there.test", &["me@home.test"], &[], None);
    assert_eq!(
        (plan.content.encryption, plan.content.integrity),
        (Fact::Known(Encryption::Whole), Fact::Known(Integrity::Aead))
    );
    // It is used, and wins nothing: nobody vouches for the message that brought it.
    assert_eq!(plan.key(&address("me@home.test")), Fact::Unknown);
    let raw = String::from_utf8(answer.copies[0].raw.clone()).unwrap();
    assert!(
        raw.contains("Subject: [...]") && !raw.contains("mill") && !raw.contains("Meet"),
        "{raw}"
    );
    assert_eq!(mime::read(&answer.filed).subject, "About the mill");
    let page = here.take(answer.copies[0].raw.clone()).await;
    assert_eq!(
        (page.message.subject.as_str(), text(&page).trim()),
        ("About the mill", "Meet me there.")
    );
    assert_eq!(page.message.padlock, Padlock::Envelope);
    // And back: sealed too, and whoever is not known to have a key makes it a postcard for all.
    let (plan, _) = leaves(&here, "me@home.test", &["you@there.test"], &[], Some(page.message.id));
    assert_eq!(plan.content.encryption, Fact::Known(Encryption::Whole));
    let (plan, _) = leaves(&here, "me@home.test", &["you@there.test", "nobody@else.test"], &[], None);
    assert_eq!(plan.content.encryption, Fact::Known(Encryption::None));
}

#[tokio::test]
async fn whoever_gets_a_copy_unseen_is_in_no_other_copy() {
    let house = house().await;
    let (alice, bob, carol) = (key("alice@friend.test"), key("bob@friend.test"), key("carol@friend.test"));
    for one in [&alice, &bob, &carol] {
        house.services.keyring.bring(one.certificate().octets()).await.unwrap().unwrap();
    }
    let (_, sent) = leaves(
        &house,
        "me@home.test",
        &["alice@friend.test", "bob@friend.test"],
        &["carol@friend.test"],
        None,
    );
    assert_eq!(sent.copies.iter().map(|copy| copy.recipients.len()).collect::<Vec<_>>(), [2, 1]);
    let opens = |copy: usize, key: &SecretKey| {
        let find = |_: &[u64]| vec![];
        let keys = Keys {
            own: std::slice::from_ref(key),
            find: &find,
            now: NOW,
        };
        mime::openpgp::open(&sent.copies[copy].raw, keys).unwrap()
    };
    for (copy, key, may) in [
        (0, &alice, true),
        (0, &bob, true),
        (0, &carol, false),
        (1, &carol, true),
        (1, &alice, false),
    ] {
        assert_eq!(opens(copy, key).failed.is_none(), may, "{copy}");
    }
    // Those who see one another learn one another's keys; nobody learns of Carol.
    let gossip: Vec<String> = opens(0, &alice)
        .gossip
        .iter()
        .map(|field| autocrypt::parse(field).unwrap().address.to_string())
        .collect();
    assert_eq!(gossip, ["alice@friend.test", "bob@friend.test"]);
    assert!(!String::from_utf8_lossy(&opens(0, &alice).shown.unwrap()).contains("carol"));
}

#[tokio::test]
async fn what_is_not_encrypted_is_signed_where_the_owner_wishes() {
    let (here, there) = (house().await, house_of("you@there.test", Dns::nobody()).await);
    here.services.keys.set_signs(true).await.unwrap();
    let (plan, sent) = leaves(&here, "me@home.test", &["you@there.test"], &[], None);
    assert_eq!(plan.content.signature, Fact::Known(Signature::Valid));
    there.services.keyring.bring(here.own().await.octets()).await.unwrap().unwrap();
    let page = there.take(sent.copies[0].raw.clone()).await;
    assert_eq!(page.message.protection.unwrap().signatures[0].standing, Standing::Theirs);
    assert_eq!(page.message.subject, "About the mill");
}

#[tokio::test]
async fn each_address_speaks_for_itself_and_with_its_own_key() {
    let house = house().await;
    let (alice, second) = (key("alice@friend.test"), key("you@home.test"));
    house.services.keyring.bring(alice.certificate().octets()).await.unwrap().unwrap();
    let row = OwnKey {
        address: "you@home.test".into(),
        secret: second.octets(),
        current: true,
        made: false,
        since: NOW.0,
        saved: 0,
    };
    let open = house.vault.open().unwrap();
    open.writer.write(move |tables| add_own(tables, &row)).await.unwrap();
    let header = |sent: &protect::Protected| {
        let fields = mime::openpgp::autocrypt(&sent.copies[0].raw);
        fields.first().map(|field| autocrypt::parse(field).unwrap())
    };
    // With a detail it is the same mailbox, and its key has a name.
    let (plan, sent) = leaves(&house, "you+shop@home.test", &["alice@friend.test"], &[], None);
    assert_eq!(
        (plan.content.signature, plan.content.signer_verified),
        (Fact::Known(Signature::Valid), Fact::Known(true))
    );
    let told = header(&sent).unwrap();
    assert_eq!(
        (told.address.as_str(), told.key.fingerprint()),
        ("you+shop@home.test", second.fingerprint())
    );
    assert_eq!(told.key.facts(NOW).addresses, [address("you@home.test")]);
    // From an address that has none, what is encrypted is signed by another's, and said to be.
    let (plan, sent) = leaves(&house, "me@provider.test", &["alice@friend.test"], &[], None);
    assert_eq!(
        (plan.content.encryption, plan.content.signature, plan.content.signer_verified),
        (Fact::Known(Encryption::Whole), Fact::Known(Signature::OfAnother), Fact::Unknown)
    );
    assert!(header(&sent).is_none());
    house.services.keys.set_signs(true).await.unwrap();
    let (plan, sent) = leaves(&house, "me@provider.test", &["nobody@else.test"], &[], None);
    assert_eq!(plan.content.signature, Fact::Known(Signature::Absent));
    let raw = String::from_utf8_lossy(&sent.copies[0].raw);
    assert!(header(&sent).is_none() && !raw.contains("BEGIN PGP"), "{raw}");
}

fn corpus(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("CALIOPEN_CORPORA")?).join("pgp").join(path);
    if !path.exists() {
        println!("no corpus here: {}", path.display());
        return None;
    }
    Some(path)
}

fn secrets(files: &[(&str, &str)]) -> Vec<SecretKey> {
    let read = |(file, passphrase): &(&str, &str)| SecretKey::read_all(&std::fs::read(corpus(file)?).ok()?, passphrase).ok();
    files.iter().filter_map(read).flatten().collect()
}

/// One mail of the corpora: what opening it shows.
fn opened(path: &Path, own: &[SecretKey]) -> Option<mime::openpgp::Opening> {
    let raw = std::fs::read(path).unwrap();
    let find = |ids: &[u64]| {
        let all = own.iter().map(SecretKey::certificate);
        all.filter(|key| key.ids().iter().any(|id| ids.contains(id))).collect()
    };
    mime::openpgp::open(
        &raw,
        Keys {
            own,
            find: &find,
            now: NOW,
        },
    )
}

#[test]
fn the_mail_of_the_corpora_shows_what_it_is() {
    let own = secrets(&[("notmuch-crypto/openpgp4-secret-key.asc", "")]);
    let Some(folder) = corpus("notmuch-crypto/corpora/protected-headers") else {
        return;
    };
    let subject = |name: &str| {
        let opening = opened(&folder.join(name), &own).unwrap_or_default();
        let shown = opening.shown.as_ref().map(|raw| mime::read(raw).subject);
        (opening, shown.unwrap_or_default())
    };
    for (name, inside) in [
        ("protected-header.eml", true),
        ("encrypted-signed.eml", true),
        ("protected-with-legacy-display.eml", true),
        ("misplaced-protected-header.eml", false),
        ("no-protected-header-attribute.eml", false),
        ("double-wrapped-with-phony-protected-header.eml", false),
        // A whole message inside, as RFC 8551 has it.
        ("nested-rfc822-message.eml", true),
        ("subjectless-protected-header.eml", true),
    ] {
        let (opening, subject) = subject(name);
        println!("{name}: {:?} {:?} {subject:?}", opening.encryption, opening.subject);
        assert_eq!(opening.encryption, Fact::Known(Encryption::Whole), "{name}: {:?}", opening.failed);
        assert_eq!(opening.subject, Some(inside), "{name}: {subject}");
        assert!(!subject.to_lowercase().contains("phony"), "{name}: {subject}");
    }
    let (signed, _) = subject("encrypted-signed.eml");
    assert!(
        signed
            .signatures
            .iter()
            .any(|(covers, one)| *covers == Covers::Whole && matches!(one.worth, Worth::Good(_) | Worth::Disordered(..))),
        "{signed:?}"
    );
    let (wrapped, _) = subject("wrapped-protected-header.eml");
    assert_eq!((wrapped.encryption, wrapped.subject), (Fact::Known(Encryption::Part), None));
    let (bad, _) = subject("phony-protected-header-bad-encryption.eml");
    assert!(bad.shown.is_none() && bad.failed.is_some());
    let (plain, _) = subject("simple-signed-mail.eml");
    assert!(
        matches!(plain.signatures[0].1.worth, Worth::Good(_) | Worth::Disordered(..)),
        "{:?}",
        plain.signatures
    );
    let (none, _) = subject("smime-multipart-signed.eml");
    assert_eq!(none, mime::openpgp::Opening::default(), "S/MIME is not ours to judge");
}

#[test]
fn every_mail_of_the_corpora_is_read_without_a_panic_and_as_gnupg_reads_it() {
    let own = secrets(&[
        ("notmuch-crypto/openpgp4-secret-key.asc", ""),
        ("memoryhole/OpenPGP/winston.key", "_winston_"),
        ("memoryhole/OpenPGP/julia.key", "_julia_"),
        ("memoryhole/OpenPGP/obrian.key", "_obrian_"),
        ("autocrypt-spec/alice@autocrypt.example.sec.asc", ""),
        ("autocrypt-spec/bob@autocrypt.example.sec.asc", ""),
        ("autocrypt-spec/carol@autocrypt.example.sec.asc", ""),
    ]);
    for set in ["notmuch-crypto", "memoryhole", "autocrypt-spec", "muacrypt"] {
        let Some(folder) = corpus(set) else { return };
        let oracle = std::fs::read_to_string(folder.join("oracle-gnupg.tsv")).unwrap();
        for line in oracle.lines().filter(|line| !line.starts_with('#') && !line.starts_with("file\t")) {
            let Some((file, says)) = line.split_once('\t') else { continue };
            let opening = opened(&folder.join(file), &own);
            println!(
                "{set}/{file}: gpg {says}; here {opening:?}",
                opening = opening.as_ref().map(|o| (o.encryption, o.failed, &o.signatures))
            );
            let Some(opening) = opening else { continue };
            if says.contains("DECRYPTION_OKAY") {
                assert!(
                    opening.failed.is_none() && opening.shown.is_some(),
                    "{set}/{file}: {:?}",
                    opening.failed
                );
            }
            if says.starts_with("sig[GOODSIG") {
                let read = |one: &Worth| matches!(one, Worth::Good(_) | Worth::Disordered(..) | Worth::WeakHash);
                assert!(
                    opening.signatures.iter().any(|(_, one)| read(&one.worth)),
                    "{set}/{file}: {:?}",
                    opening.signatures
                );
            }
        }
    }
}

#[test]
fn the_messages_of_many_programs_are_opened() {
    let Some(folder) = corpus("interop-testcases/messages") else {
        return;
    };
    let (mut opened, mut closed) = (0, Vec::new());
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ext| ext != "json") {
            continue;
        }
        let said: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let (Some(file), Some(wanted)) = (said["decryptKey"].as_str(), said["textcontent"].as_str()) else {
            continue;
        };
        let passphrase = said["passphrase"].as_str().unwrap_or_default();
        let Ok(keys) = SecretKey::read_all(&std::fs::read(folder.join(file)).unwrap_or_default(), passphrase) else {
            closed.push((path, "no key".to_owned()));
            continue;
        };
        let octets = std::fs::read(path.with_extension("asc")).unwrap();
        match caliopen::codec::pgp::open(&octets, &keys, &Checking::new(&|_| vec![], NOW)) {
            Ok(message) => {
                let plain = String::from_utf8_lossy(&message.plain).replace("\r\n", "\n");
                assert_eq!(plain.trim_end(), wanted.replace("\r\n", "\n").trim_end(), "{}", path.display());
                opened += 1;
            }
            // What is not protected against change stays closed on purpose.
            Err(NotOpened::NoIntegrity) => opened += 1,
            Err(why) => closed.push((path, format!("{why:?}"))),
        }
    }
    println!("closed: {closed:?}");
    assert!(opened >= 30 && closed.len() <= 6, "{opened}, {closed:?}");
}

/// GnuPG with a home of its own; `None` where it is not installed.
pub struct Gnupg(tempfile::TempDir);

/// The fingerprint of the key that GnuPG says it made.
pub fn created(said: &str) -> String {
    said.split("KEY_CREATED P ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned()
}

impl Gnupg {
    pub fn new() -> Option<Self> {
        let there = Command::new("gpg").arg("--version").output().is_ok_and(|out| out.status.success());
        if !there {
            println!("no GnuPG here");
            return None;
        }
        let home = tempfile::tempdir().unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        Some(Self(home))
    }

    /// Whether it went well, what it wrote, and what it said.
    pub fn run(&self, args: &[&str], input: &[u8]) -> (bool, Vec<u8>, String) {
        use std::io::Write;
        let mut child = Command::new("gpg")
            .env("GNUPGHOME", self.0.path())
            .args([
                "--batch",
                "--yes",
                "--quiet",
                "--no-auto-key-retrieve",
                "--status-fd",
                "2",
                "--pinentry-mode",
                "loopback",
                "--passphrase",
                "",
                "--trust-model",
                "always",
            ])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writing = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let out = child.wait_with_output().unwrap();
        writing.join().unwrap();
        (out.status.success(), out.stdout, String::from_utf8_lossy(&out.stderr).into_owned())
    }
}

impl Drop for Gnupg {
    fn drop(&mut self) {
        // Its agent lives as long as its home.
        let _ = Command::new("gpgconf")
            .env("GNUPGHOME", self.0.path())
            .args(["--kill", "all"])
            .output();
    }
}

#[test]
fn gnupg_reads_what_is_written_here_and_is_read_here() {
    let Some(gpg) = Gnupg::new() else { return };
    let now = Clock::system().now();
    let me = SecretKey::make(&address("me@home.test"), Time(now.0 - 60)).unwrap();
    let (ok, _, said) = gpg.run(&["--quick-generate-key", "Bob <bob@x.test>", "rsa2048", "default", "1y"], b"");
    assert!(ok, "{said}");
    let bob = Certificate::read(&gpg.run(&["--export", "bob@x.test"], b"").1).unwrap();
    // A key of RSA without an encrypting part cannot be sealed to; with one it can.
    let print = bob.fingerprint().hex();
    let (ok, _, said) = gpg.run(&["--quick-add-key", &print, "rsa2048", "encr", "1y"], b"");
    assert!(ok, "{said}");
    let bob = Certificate::read(&gpg.run(&["--export", "bob@x.test"], b"").1).unwrap();
    assert_eq!((bob.facts(now).encrypt, bob.facts(now).sign), (Ok(()), Ok(())));
    let (ok, _, said) = gpg.run(&["--import"], &me.certificate().octets());
    assert!(ok, "{said}");
    let sealed = seal(b"hello gnupg", std::slice::from_ref(&bob), &me, now).unwrap();
    assert_eq!(sealed.integrity, Integrity::Mdc, "GnuPG 2.2 reads nothing newer");
    let (ok, plain, said) = gpg.run(&["--decrypt"], sealed.armored.as_bytes());
    assert!(
        ok && plain == b"hello gnupg" && said.contains("GOODSIG") && said.contains("GOODMDC"),
        "{said}"
    );
    let (ok, theirs, said) = gpg.run(
        &["--armor", "--sign", "--encrypt", "-r", &me.fingerprint().hex(), "-u", "bob@x.test"],
        b"hello caliopen",
    );
    assert!(ok, "{said}");
    let opened = caliopen::codec::pgp::open(&theirs, std::slice::from_ref(&me), &Checking::new(&|_| vec![bob.clone()], now)).unwrap();
    assert_eq!(opened.plain, b"hello caliopen");
    assert_eq!(opened.signatures[0].worth, Worth::Good(bob.fingerprint()));
    // Detached, both ways.
    let folder = tempfile::tempdir().unwrap();
    let (text, signature) = (folder.path().join("t"), folder.path().join("t.asc"));
    std::fs::write(&text, b"what is said").unwrap();
    std::fs::write(&signature, me.sign(b"what is said", now).unwrap()).unwrap();
    let (ok, _, said) = gpg.run(&["--verify", signature.to_str().unwrap(), text.to_str().unwrap()], b"");
    assert!(ok && said.contains("GOODSIG"), "{said}");
    let (_, theirs, _) = gpg.run(&["--armor", "--detach-sign", "-u", "bob@x.test"], b"what is said");
    assert_eq!(
        caliopen::codec::pgp::verify(b"what is said", &theirs, &Checking::new(&|_| vec![bob.clone()], now))[0].worth,
        Worth::Good(bob.fingerprint())
    );
    // The secret key goes over under its passphrase, and the revocation ends it there.
    let (ok, _, said) = gpg.run(
        &["--passphrase", "correct horse", "--import"],
        me.armored(Some("correct horse")).unwrap().as_bytes(),
    );
    assert!(ok && said.contains("IMPORT_OK"), "{said}");
    let (ok, _, said) = gpg.run(&["--import"], me.revocation(now).unwrap().as_bytes());
    assert!(ok, "{said}");
    let (_, listed, _) = gpg.run(&["--with-colons", "--list-keys", &me.fingerprint().hex()], b"");
    assert!(
        String::from_utf8_lossy(&listed).lines().any(|line| line.starts_with("pub:r:")),
        "{}",
        String::from_utf8_lossy(&listed)
    );
}

fn sq(folder: &Path, args: &[&str]) -> Option<(bool, String)> {
    let out = Command::new("sq")
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    Some((out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned()))
}

#[test]
fn sequoia_reads_what_is_written_here_and_is_read_here() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let Some((true, _)) = sq(at, &["--version"]) else {
        println!("no Sequoia here");
        return;
    };
    let now = Clock::system().now();
    let me = SecretKey::make(&address("me@home.test"), Time(now.0 - 60)).unwrap();
    std::fs::write(at.join("me.asc"), me.certificate().armored()).unwrap();
    std::fs::write(at.join("text"), b"hello sequoia").unwrap();
    let done = |args: &[&str]| {
        let (ok, said) = sq(at, args).unwrap();
        assert!(ok, "{args:?}: {said}");
    };
    done(&["key", "generate", "--userid", "Sue <sue@x.test>", "--export", "sue.key"]);
    done(&["key", "extract-cert", "-o", "sue.asc", "sue.key"]);
    let sue = Certificate::read(&std::fs::read(at.join("sue.asc")).unwrap()).unwrap();
    assert_eq!((sue.facts(now).encrypt, sue.facts(now).sign), (Ok(()), Ok(())));
    let sealed = seal(b"hello sequoia", std::slice::from_ref(&sue), &me, now).unwrap();
    std::fs::write(at.join("sealed"), sealed.armored).unwrap();
    done(&[
        "decrypt",
        "-n",
        "1",
        "--recipient-key",
        "sue.key",
        "--signer-cert",
        "me.asc",
        "-o",
        "opened",
        "sealed",
    ]);
    assert_eq!(std::fs::read(at.join("opened")).unwrap(), b"hello sequoia");
    for (at, kind) in ["url", "direct-url"].into_iter().enumerate() {
        let out = Command::new("sq").args(["wkd", kind, "Joe.Doe@example.org"]).output().unwrap();
        let theirs = String::from_utf8(out.stdout).unwrap();
        let ours = &directory::wkd_urls(&address("Joe.Doe@example.org"))[at];
        // Theirs keeps the case of what was typed; an address here has none.
        assert_eq!(theirs.trim().to_lowercase(), ours.to_lowercase());
    }
    done(&[
        "encrypt",
        "--recipient-cert",
        "me.asc",
        "--signer-key",
        "sue.key",
        "-o",
        "theirs",
        "text",
    ]);
    let theirs = std::fs::read(at.join("theirs")).unwrap();
    let opened = caliopen::codec::pgp::open(&theirs, &[me], &Checking::new(&|_| vec![sue.clone()], now)).unwrap();
    assert_eq!(
        (opened.plain.as_slice(), &opened.signatures[0].worth),
        (&b"hello sequoia"[..], &Worth::Good(sue.fingerprint()))
    );
}
