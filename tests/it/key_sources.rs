//! Keys that come as files, on cards and in messages, and what they are used for: one that the owner kept where no better
//! one is known, none where another one was compared; and those that are not in order are shown and never used.

use crate::home::{Home, arrival};
use caliopen::{
    codec::{
        base64url,
        pgp::{Certificate, SecretKey, autocrypt},
    },
    domain::{
        address::Address,
        fact::Fact,
        id::MessageId,
        openpgp::Unusable,
        privacy::{
            contact::LineId,
            evidence::{Encryption, KeyState},
        },
        time::Time,
    },
    net::{
        dns::{Dns, Table},
        outward::Outward,
    },
    service::{keyring::Source, protect, receive::Taken, setup},
};

const NOW: Time = Time(1_795_000_000);
const DAY: i64 = 24 * 3600;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn key(text: &str) -> SecretKey {
    SecretKey::make(&address(text), Time(NOW.0 - 90 * DAY)).unwrap()
}

async fn home(outward: Outward) -> Home {
    let home = Home::make(NOW, outward);
    home.services.keys.tend().await;
    home
}

/// Takes a message in: its author, more fields, and its body with the fields that describe it.
async fn take(home: &Home, author: &str, more: &str, body: &str) -> MessageId {
    let came = arrival(NOW, author);
    let id = base64url::plain(format!("{author}{}{}", more.len(), body.len()).as_bytes()).replace(['=', '+', '/'], "");
    let raw = format!(
        "From: {author}\r\nTo: me@home.test\r\nSubject: my key\r\nDate: Tue, 17 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{id}@x>\r\n{more}MIME-Version: 1.0\r\n{body}"
    );
    let Ok(Taken::Kept(kept)) = home.services.receive.keep(came, raw.into_bytes()).await else {
        panic!("not kept")
    };
    kept.message
}

/// A text with a file of this type and name beside it.
fn beside(media_type: &str, name: &str, octets: &[u8]) -> String {
    format!(
        "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nHere it is.\r\n--m\r\nContent-Type: {media_type}\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--m--\r\n",
        base64url::plain(octets)
    )
}

fn card(who: &str, key: &Certificate) -> String {
    let octets = base64url::plain(&key.octets());
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{who}\r\nEMAIL:{who}\r\nKEY;TYPE=PGP;ENCODING=b:{octets}\r\nEND:VCARD\r\n")
}

/// Whether what is written to somebody would be encrypted.
fn is_encrypted_to(home: &Home, who: &str) -> bool {
    let plan = protect::plan(&home.snapshot(), &address("me@home.test"), &[address(who)], None, NOW).unwrap();
    plan.content.encryption == Fact::Known(Encryption::Whole)
}

/// What a contact's key wins: that it is there, its strength, that it was compared.
async fn lines_of(home: &Home, who: &Address) -> (i16, i16, i16) {
    let id = home.services.contacts.of(who).await.unwrap().unwrap();
    let page = home.services.contacts.card(id).await.unwrap();
    let won = |id| page.index.lines.iter().find(|line| line.id == id).unwrap().won;
    (won(LineId::KeyPresent), won(LineId::KeyStrength), won(LineId::KeyVerified))
}

async fn shows_key(home: &Home, message: MessageId) -> bool {
    home.services.discussions.message(message).await.unwrap().message.brings_key
}

#[tokio::test]
async fn a_key_that_came_as_a_file_is_kept_on_the_owners_word_and_used_where_there_is_no_better() {
    let records = Table::default().with_text("vouched.test", "v=spf1 ip4:192.0.2.7 -all");
    let home = home(Dns::table(records).into()).await;
    let ring = &home.services.keyring;
    for (who, kind, name, vouched) in [
        ("anna@friend.test", "application/pgp-keys", "key", false),
        ("bert@vouched.test", "application/octet-stream", "0xABCDEF.asc", true),
        ("cleo@friend.test", "text/vcard", "cleo.vcf", false),
    ] {
        let theirs = key(who).certificate();
        let octets = match kind {
            "text/vcard" => card(who, &theirs).into_bytes(),
            "application/pgp-keys" => theirs.octets(),
            _ => theirs.armored().into_bytes(),
        };
        let message = take(&home, who, "", &beside(kind, name, &octets)).await;
        assert!(shows_key(&home, message).await, "{who}");
        assert!(!is_encrypted_to(&home, who), "{who}: nothing is kept unasked");
        assert_eq!(ring.take_from(message).await.unwrap(), Some((address(who), true)));
        let known = ring.person(address(who)).await.unwrap();
        let held = &known.keys[0];
        assert_eq!((held.source, held.used, held.vouched), (Source::Attached, true, vouched), "{who}");
        assert!(is_encrypted_to(&home, who), "{who}");
    }
    // The lines of a contact say so.
    let bert = address("bert@vouched.test");
    setup::add_contact(&home.vault, "Bert", std::slice::from_ref(&bert)).await.unwrap();
    assert_eq!(lines_of(&home, &bert).await, (14, 6, 0));
    let print = ring.person(bert.clone()).await.unwrap().keys[0].facts.fingerprint.clone();
    ring.verify(&bert, print, true).await.unwrap();
    assert_eq!(lines_of(&home, &bert).await, (14, 6, 12));
    // A key of somebody else's in a message is nobody's, and a signature is no key.
    let message = take(
        &home,
        "dora@friend.test",
        "",
        &beside("application/pgp-keys", "k", &key("eve@x.test").certificate().octets()),
    )
    .await;
    assert_eq!(ring.take_from(message).await.unwrap(), Some((address("dora@friend.test"), false)));
    let message = take(&home, "dora@friend.test", "", &beside("text/plain", "notes.asc", b"just words")).await;
    assert!(!shows_key(&home, message).await);
    // What they say themselves counts more, where somebody vouches for it.
    let gina = "gina@vouched.test";
    let message = take(
        &home,
        gina,
        "",
        &beside("application/pgp-keys", "k", &key(gina).certificate().octets()),
    )
    .await;
    assert_eq!(ring.take_from(message).await.unwrap(), Some((address(gina), true)));
    home.later(DAY);
    let anna = address("anna@friend.test");
    let theirs = key("anna@friend.test");
    for (who, own, source) in [
        ("anna@friend.test", &theirs, Source::Attached),
        (gina, &key(gina), Source::Autocrypt),
    ] {
        let header = format!("Autocrypt: {}\r\n", autocrypt::value(&address(who), true, &own.certificate()));
        take(&home, who, &header, "Content-Type: text/plain\r\n\r\nhi\r\n").await;
        let known = ring.person(address(who)).await.unwrap();
        let used = known.keys.iter().find(|key| key.used).unwrap();
        assert_eq!((used.source, known.keys.len()), (source, 2), "{who}");
        assert_eq!(used.facts.fingerprint == own.fingerprint(), source == Source::Autocrypt, "{who}");
    }
    // Once one was compared, a file brings none into use, and that there is one is said.
    ring.verify(&anna, theirs.fingerprint(), true).await.unwrap();
    home.later(DAY);
    let other = beside("application/pgp-keys", "newer key", &key("anna@friend.test").certificate().octets());
    let message = take(&home, "anna@friend.test", "", &other).await;
    assert_eq!(ring.take_from(message).await.unwrap(), Some((anna.clone(), true)));
    let known = ring.person(anna).await.unwrap();
    assert!(known.changed && known.keys.len() == 3);
    assert_eq!(
        known.keys.iter().find(|key| key.used).unwrap().facts.fingerprint,
        theirs.fingerprint()
    );
}

#[tokio::test]
async fn a_key_on_a_card_of_somebody_known_is_used_where_there_is_no_other() {
    let home = home(Dns::nobody().into()).await;
    for who in ["anna@friend.test", "bert@friend.test"] {
        setup::add_contact(&home.vault, who, &[address(who)]).await.unwrap();
    }
    let berts = key("bert@friend.test");
    home.services.keyring.bring(berts.certificate().octets()).await.unwrap().unwrap();
    home.later(DAY);
    let cards: String = ["anna@friend.test", "bert@friend.test", "cleo@friend.test"]
        .iter()
        .map(|who| card(who, &key(who).certificate()))
        .collect();
    let report = home.services.contacts.look(cards.clone().into_bytes()).await.unwrap();
    assert!(report.more.iter().all(|(_, _, added)| added == &["OpenPGP"]), "{report:?}");
    assert_eq!((report.new.len(), report.more.len(), report.same.len()), (1, 2, 0), "{report:?}");
    home.services.contacts.take(report.id).await.unwrap().unwrap();
    let again = home.services.contacts.look(cards.into_bytes()).await.unwrap();
    assert_eq!(again.same.len(), 3, "{again:?}");
    let used = async |who: &str| {
        let known = home.services.keyring.person(address(who)).await.unwrap();
        let used = known.keys.into_iter().find(|key| key.used).unwrap();
        (used.source, used.facts.fingerprint, known.replaced.is_some())
    };
    assert_eq!(used("anna@friend.test").await.0, Source::Attached);
    assert_eq!(used("bert@friend.test").await, (Source::Owner, berts.fingerprint(), false));
    assert_eq!(used("cleo@friend.test").await.0, Source::Owner);
}

#[tokio::test]
async fn a_key_that_is_not_in_order_is_shown_and_never_used() {
    let home = home(Dns::nobody().into()).await;
    let old = SecretKey::make(&address("old@friend.test"), Time(NOW.0 - 800 * DAY)).unwrap();
    let revoked = key("revoked@friend.test").revoked(true, Time(NOW.0 - DAY)).unwrap();
    // The last octets are those of the signature that binds the part that is encrypted to.
    let mut unbound = key("unbound@friend.test").certificate().octets();
    *unbound.last_mut().unwrap() ^= 1;
    let keys = [
        ("old@friend.test", old.certificate(), "expired"),
        ("revoked@friend.test", revoked.certificate(), "revoked"),
        ("unbound@friend.test", Certificate::read(&unbound).unwrap(), "unbound"),
    ];
    for (who, certificate, why) in &keys {
        let value = autocrypt::value(&address(who), true, certificate);
        take(
            &home,
            who,
            &format!("Autocrypt: {value}\r\n"),
            "Content-Type: text/plain\r\n\r\nhi\r\n",
        )
        .await;
        let known = home.services.keyring.person(address(who)).await.unwrap();
        let [shown] = known.keys.as_slice() else {
            panic!("{why}: {known:?}")
        };
        let right = match shown.facts.encrypt {
            Err(Unusable::Expired(_)) => "expired",
            Err(Unusable::Revoked) => "revoked",
            Err(Unusable::Unbound) => "unbound",
            _ => "something else",
        };
        assert_eq!((right, shown.used), (*why, false), "{:?}", shown.facts);
        assert!(!is_encrypted_to(&home, who), "{why}");
        // Not even where the owner compared it: the index says that there is none that can be used.
        home.services
            .keyring
            .verify(&address(who), shown.facts.fingerprint.clone(), true)
            .await
            .unwrap();
        assert!(!is_encrypted_to(&home, who), "{why}");
        let state = caliopen::service::keyring::state(&home.snapshot(), &address(who), NOW).unwrap();
        assert_eq!(state, Fact::Known(KeyState::Missing), "{why}");
        setup::add_contact(&home.vault, who, &[address(who)]).await.unwrap();
        assert_eq!(lines_of(&home, &address(who)).await, (0, 0, 0), "{why}");
    }
}
