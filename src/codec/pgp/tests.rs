//! Keys made, judged, used; corpora where they are.

use super::*;
use crate::domain::{
    address::Address,
    openpgp::{Algorithm, NotOpened, Strength, Worth},
    privacy::evidence::Integrity,
};
use std::path::PathBuf;

const NOW: Time = Time(1_790_000_000);
const DAY: i64 = 24 * 3600;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn key(text: &str) -> SecretKey {
    SecretKey::make(&address(text), NOW).unwrap()
}

fn corpus(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CALIOPEN_CORPORA")?;
    let path = PathBuf::from(root).join("pgp").join(path);
    path.exists().then_some(path)
}

fn later(days: i64) -> Time {
    Time(NOW.0 + days * DAY)
}

#[test]
fn a_new_key_can_do_everything_and_survives_a_round_trip() {
    let key = key("me@home.test");
    let again = SecretKey::read(&key.octets()).unwrap();
    let facts = again.certificate().facts(NOW);
    assert_eq!(facts.fingerprint, key.fingerprint());
    assert_eq!(
        (facts.version, facts.algorithm, facts.strength),
        (4, Algorithm::Curve25519, Strength::Strong)
    );
    assert_eq!(facts.addresses, [address("me@home.test")]);
    assert_eq!((facts.encrypt, facts.sign, facts.revoked), (Ok(()), Ok(()), false));
    assert_eq!(facts.expires, Some(Time(NOW.0 + LIFE)));
    assert_eq!(
        Certificate::read(key.certificate().armored().as_bytes()).unwrap(),
        key.certificate()
    );
    let locked = key.armored(Some("correct horse")).unwrap();
    assert_eq!(SecretKey::read_all(locked.as_bytes(), "wrong").unwrap_err(), NoKey::Passphrase);
    assert_eq!(
        SecretKey::read_all(locked.as_bytes(), "correct horse").unwrap()[0].fingerprint(),
        key.fingerprint()
    );
}

#[test]
fn a_key_expires_is_extended_renewed_and_taken_back() {
    let mut key = key("me@home.test");
    let old = key.certificate();
    assert!(!key.is_due(later(1)));
    assert!(matches!(old.facts(later(800)).encrypt, Err(Unusable::Expired(_))));
    assert!(key.keep_young(later(366)));
    let young = key.certificate();
    assert_eq!(young.facts(later(366)).expires, Some(Time(later(366).0 + LIFE)));
    assert_eq!(young.facts(later(800)).encrypt, Ok(()));
    // The new encrypting part is the one in use; what is sealed to the old certificate is still opened.
    let sealed = seal(b"hello", std::slice::from_ref(&old), &key, later(367)).unwrap();
    assert_eq!(
        open(
            sealed.armored.as_bytes(),
            std::slice::from_ref(&key),
            &Checking::new(&|_| vec![], later(367))
        )
        .unwrap()
        .plain,
        b"hello"
    );
    assert_eq!(young.ids().len(), 3);
    assert_eq!(young.minimal(&address("me@home.test"), later(367)).ids().len(), 2);
    let merged = old.clone().merged(&young);
    assert_eq!(merged.facts(later(800)).encrypt, Ok(()));
    let revocation = key.revocation(NOW).unwrap();
    assert!(revocation.starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----"));
    let gone = key.clone().revoked(false, later(400)).unwrap().certificate();
    assert_eq!(gone.facts(later(399)).encrypt, Ok(()));
    assert_eq!(gone.facts(later(401)).encrypt, Err(Unusable::Revoked));
    let stolen = key.revoked(true, later(400)).unwrap().certificate();
    assert_eq!(stolen.facts(later(399)).sign, Err(Unusable::Revoked));
    // An older copy does not bring it back.
    assert!(old.merged(&stolen).facts(later(10)).revoked);
}

#[test]
fn a_clock_that_was_ahead_leaves_no_key_unusable() {
    let me = address("me@home.test");
    for make in [SecretKey::make, SecretKey::make_modern] {
        let mut key = make(&me, NOW).unwrap();
        assert!(key.keep_young(later(1_500)));
        // The clock is set right: what the key said of itself then, it has not said yet.
        assert!(key.certificate().facts(later(1)).sign.is_err());
        assert!(key.is_due(later(1)) && key.keep_young(later(1)));
        let facts = key.certificate().minimal(&me, later(1)).facts(later(1));
        assert_eq!((facts.encrypt, facts.sign), (Ok(()), Ok(())));
        assert_eq!(facts.expires, Some(Time(later(1).0 + LIFE)));
        let sealed = seal(b"hello", &[key.certificate()], &key, later(2)).unwrap().armored;
        let checking = Checking::new(&|_| vec![], later(2));
        assert_eq!(
            open(sealed.as_bytes(), std::slice::from_ref(&key), &checking).unwrap().plain,
            b"hello"
        );
        // Nothing is done again, nor by a clock that is behind; and a year later it is a year older.
        assert!(!key.is_due(later(2)) && !key.is_due(later(-9_000)) && key.is_due(later(400)));
    }
}

/// The same statement of another day, which nobody signed; without what is to be left out of it.
fn forged(real: &pgp::packet::Signature, day: i64, features: bool) -> pgp::packet::Signature {
    use pgp::packet::{Signature, Subpacket, SubpacketData};
    let mut config = real.config().unwrap().clone();
    let at = SubpacketData::SignatureCreationTime(stamp(later(day)));
    config.hashed_subpackets[0] = Subpacket::critical(at).unwrap();
    config
        .hashed_subpackets
        .retain(|packet| features || !matches!(packet.data, SubpacketData::Features(_)));
    Signature::from_config(config, real.signed_hash_value().unwrap(), real.signature().unwrap().clone()).unwrap()
}

#[test]
fn what_is_piled_up_on_a_key_hides_nothing_that_is_true_of_it() {
    let alice = key("alice@a.test");
    let good = alice.certificate();
    let taken_back = alice.clone().revoked(true, NOW).unwrap().certificate();
    let revocation = &taken_back.0.details.revocation_signatures[0];
    let forge = |real: &pgp::packet::Signature| (1..=400).map(|day| forged(real, -day, true)).collect::<Vec<_>>();
    let mut revoked = good.clone();
    revoked.0.details.revocation_signatures = forge(revocation);
    assert_eq!(
        revoked.facts(NOW).encrypt,
        Ok(()),
        "what nobody signed takes nothing back, and no more is tried than is borne"
    );
    let mut all = revoked.clone();
    let user = &mut all.0.details.users[0];
    let newer: Vec<_> = (1..400).map(|hour| forged(&user.signatures[0], 0, hour % 2 == 0)).collect();
    user.signatures.splice(0..0, newer);
    let again = user.clone();
    all.0.details.users.extend(std::iter::repeat_n(again, 50));
    let part = &mut all.0.public_subkeys[0];
    let newer = forge(&part.signatures[0]);
    part.signatures.extend(newer);
    let again = part.clone();
    all.0.public_subkeys.extend(std::iter::repeat_n(again, 50));
    for piled in [&revoked, &all] {
        assert_eq!(good.clone().merged(piled), good);
        assert_eq!(piled.clone().merged(&good), good, "a true copy heals what was piled up before");
        // What is true among it is taken all the same.
        let mut told = piled.clone();
        told.0.details.revocation_signatures.insert(0, revocation.clone());
        told.0.details.revocation_signatures.truncate(20);
        assert!(good.clone().merged(&told).facts(NOW).revoked);
    }
}

#[test]
fn what_a_key_reads_is_what_it_says_itself() {
    let (alice, bob) = (key("alice@a.test"), key("bob@b.test"));
    let mut forgery = bob.certificate();
    let said = &mut forgery.0.details.users[0].signatures;
    said.push(forged(&said[0], 1, false));
    assert_eq!(integrity(&[&bob.certificate()], later(2)), Integrity::Aead);
    assert_eq!(
        integrity(&[&forgery], later(2)),
        Integrity::Aead,
        "a newer statement that nobody signed says nothing"
    );
    assert_eq!(seal(b"x", &[forgery], &alice, later(2)).unwrap().integrity, Integrity::Aead);
}

#[test]
fn all_of_one_message_is_so_much_work_and_no_more() {
    let alice = key("alice@a.test");
    let find = |_: &[u64]| vec![alice.certificate()];
    let good = |worth: &Worth| matches!(worth, Worth::Good(_));
    let signature = alice.sign(b"said", NOW).unwrap();
    let checking = Checking::new(&find, NOW);
    let many: Vec<Worth> = (0..30)
        .map(|_| verify(b"said", signature.as_bytes(), &checking)[0].worth.clone())
        .collect();
    assert_eq!(many.iter().filter(|worth| good(worth)).count(), 16);
    assert!(
        many[16..].iter().all(|worth| *worth == Worth::Unreadable),
        "nothing bad is said of the rest"
    );
    let sealed = seal(b"x", &[alice.certificate()], &alice, NOW).unwrap().armored;
    let checking = Checking::new(&find, NOW);
    let opened = (0..30).filter(|_| open(sealed.as_bytes(), std::slice::from_ref(&alice), &checking).is_ok());
    assert_eq!(opened.count(), 20);
    assert_eq!(
        open(sealed.as_bytes(), std::slice::from_ref(&alice), &checking),
        Err(NotOpened::TooMuch)
    );
    // A key that has much to say is judged once for a moment, and only for so many moments.
    let mut old = key("old@a.test");
    for year in 1..=40 {
        assert!(old.keep_young(later(366 * year)));
    }
    let find = |_: &[u64]| vec![old.certificate()];
    let weigh = |days: &mut dyn Iterator<Item = i64>| {
        let checking = Checking::new(&find, later(366 * 40 + 20));
        let each = days.map(|day| {
            let signature = old.sign(b"said", later(366 * 40 + day)).unwrap();
            verify(b"said", signature.as_bytes(), &checking)[0].worth.clone()
        });
        each.filter(good).count()
    };
    assert_eq!(weigh(&mut std::iter::repeat_n(0, 16)), 16);
    let moments = weigh(&mut (0..16));
    assert!((1..16).contains(&moments), "{moments}");
}

#[test]
fn what_is_sealed_is_opened_by_those_it_was_sealed_to_only() {
    let (alice, bob, eve) = (key("alice@a.test"), key("bob@b.test"), key("eve@e.test"));
    let sealed = seal(b"secret text", &[bob.certificate(), alice.certificate()], &alice, NOW).unwrap();
    assert_eq!(sealed.integrity, Integrity::Aead);
    let find = |_: &[u64]| vec![alice.certificate()];
    let opened = open(sealed.armored.as_bytes(), std::slice::from_ref(&bob), &Checking::new(&find, NOW)).unwrap();
    assert_eq!(opened.plain, b"secret text");
    assert_eq!(opened.integrity, Some(Integrity::Aead));
    assert_eq!(opened.signatures.len(), 1);
    assert_eq!(opened.signatures[0].worth, Worth::Good(alice.fingerprint()));
    let blind = open(
        sealed.armored.as_bytes(),
        std::slice::from_ref(&bob),
        &Checking::new(&|_| vec![], NOW),
    )
    .unwrap();
    assert_eq!(blind.signatures[0].worth, Worth::NoKey);
    assert_eq!(
        open(sealed.armored.as_bytes(), std::slice::from_ref(&eve), &Checking::new(&find, NOW)),
        Err(NotOpened::NoKey)
    );
    let mut octets = armor::first(sealed.armored.as_bytes(), armor::Kind::Message).unwrap();
    let last = octets.len() - 30;
    octets[last] ^= 1;
    assert_eq!(open(&octets, &[bob], &Checking::new(&find, NOW)), Err(NotOpened::Damaged));
}

#[test]
fn nothing_is_sealed_to_a_key_that_is_not_in_order() {
    let (alice, bob) = (key("alice@a.test"), key("bob@b.test"));
    let gone = bob.clone().revoked(true, NOW).unwrap().certificate();
    assert!(seal(b"x", &[alice.certificate(), gone], &alice, NOW).is_err());
    assert!(seal(b"x", &[bob.certificate()], &alice, later(900)).is_err());
}

#[test]
fn a_signature_counts_for_its_octets_and_while_its_key_is_in_order() {
    let alice = key("alice@a.test");
    let signature = alice.sign(b"what was said", NOW).unwrap();
    let find = |_: &[u64]| vec![alice.certificate()];
    let worth = |octets: &[u8], at: Time| verify(octets, signature.as_bytes(), &Checking::new(&find, at))[0].worth.clone();
    assert_eq!(worth(b"what was said", NOW), Worth::Good(alice.fingerprint()));
    assert_eq!(worth(b"what was said.", NOW), Worth::Broken(alice.fingerprint()));
    // Today the key has expired; then it had not.
    assert_eq!(worth(b"what was said", later(900)), Worth::Good(alice.fingerprint()));
    assert!(matches!(
        worth(b"what was said", later(-30)),
        Worth::Disordered(_, Unusable::NotYet)
    ));
    let stolen = alice.clone().revoked(true, later(3)).unwrap().certificate();
    let found = verify(
        b"what was said",
        signature.as_bytes(),
        &Checking::new(&|_| vec![stolen.clone()], later(4)),
    );
    assert!(matches!(found[0].worth, Worth::Disordered(_, Unusable::Revoked)));
    assert_eq!(
        verify(b"x", b"no signature", &Checking::new(&find, NOW))[0].worth,
        Worth::Unreadable
    );
}

/// A packet of this kind (RFC 9580 section 4.2).
fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[0xC0 | tag, 0xFF][..], &length, body].concat()
}

/// These packets, encrypted to a key: what nobody's program makes.
fn wrapped(packets: &[u8], to: &SecretKey) -> Vec<u8> {
    use pgp::{
        crypto::sym::SymmetricKeyAlgorithm,
        packet::{PublicKeyEncryptedSessionKey, SymEncryptedProtectedData},
    };
    let (cipher, session) = (SymmetricKeyAlgorithm::AES256, [7; 32]);
    let part = &to.certificate().0.public_subkeys[0].key;
    let esk = PublicKeyEncryptedSessionKey::from_session_key_v3(OsRng, &session[..].into(), cipher, part).unwrap();
    let data = SymEncryptedProtectedData::encrypt_seipdv1(OsRng, cipher, &session, packets).unwrap();
    [packet(1, &esk.to_bytes().unwrap()), packet(18, &data.to_bytes().unwrap())].concat()
}

#[test]
fn what_a_key_says_of_itself_is_its_signature_on_no_message() {
    let me = key("me@home.test");
    for bob in [SecretKey::make, SecretKey::make_modern].map(|make| make(&address("bob@b.test"), NOW).unwrap()) {
        let public = bob.certificate();
        let (body, name) = (public.0.primary_key.to_bytes().unwrap(), b"bob@b.test");
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        // What its statement about its name is made over (section 5.2.4), as the text of a message.
        let begins = if bob.is_modern() {
            [&[0x9B][..], &length]
        } else {
            [&[0x99][..], &length[2..]]
        };
        let text = [&begins.concat(), &body[..], &[0xB4, 0, 0, 0, 10], name].concat();
        let said = &public.0.details.users[0].signatures[0];
        let packets = [
            packet(2, &said.to_bytes().unwrap()),
            packet(11, &[b"b\0\0\0\0\0", &text[..]].concat()),
        ];
        let find = |_: &[u64]| vec![public.clone()];
        for message in [packets.concat(), wrapped(&packets.concat(), &me)] {
            let opened = open(&message, std::slice::from_ref(&me), &Checking::new(&find, NOW)).unwrap();
            assert_eq!((&opened.plain, opened.signatures.len()), (&text, 1));
            assert_eq!(opened.signatures[0].worth, Worth::Unreadable);
        }
    }
}

#[test]
fn a_subkey_that_another_key_owns_is_not_adopted() {
    let (mallory, victim) = (key("mallory@m.test"), key("victim@v.test"));
    let mut forged = mallory.certificate();
    forged.0.public_subkeys = victim.certificate().0.public_subkeys;
    assert_eq!(forged.facts(NOW).encrypt, Err(Unusable::Unbound));
    let mut renamed = mallory.certificate();
    renamed.0.details.users = victim.certificate().0.details.users;
    assert_eq!(renamed.facts(NOW).addresses, []);
    assert_eq!(renamed.facts(NOW).encrypt, Err(Unusable::Unbound));
}

#[test]
fn an_autocrypt_header_is_read_as_it_was_written() {
    let alice = key("alice@a.test");
    let small = alice.certificate().minimal(&address("alice@a.test"), NOW);
    let value = autocrypt::value(&address("alice@a.test"), true, &small);
    assert!(value.lines().all(|line| line.len() <= 78));
    assert!(value.len() < 1500, "{}", value.len());
    let header = autocrypt::parse(value.as_bytes()).unwrap();
    assert_eq!((header.address.as_str(), header.mutual), ("alice@a.test", true));
    assert_eq!(header.key, small);
    assert!(autocrypt::parse(value.replace("addr=", "critical=1; addr=").as_bytes()).is_none());
    assert!(autocrypt::parse(value.replace("addr=", "_extra=1; addr=").as_bytes()).is_some());
    assert!(autocrypt::parse(b"addr=alice@a.test; keydata=AAAA").is_none());
    let twice = [value.as_bytes(), value.as_bytes()];
    assert!(autocrypt::of_message(twice.into_iter(), &address("alice@a.test")).is_none());
    assert!(autocrypt::of_message([value.as_bytes()].into_iter(), &address("bob@a.test")).is_none());
}

#[test]
fn the_directory_has_the_names_of_the_draft() {
    assert_eq!(directory::wkd_name("Joe.Doe"), "iy9q119eutrkn8s1mk4r39qejnbu3n5q");
    assert_eq!(
        directory::wkd_urls(&address("Joe.Doe@example.org"))[1],
        "https://example.org/.well-known/openpgpkey/hu/iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=joe.doe"
    );
    // RFC 7929 section 3.
    assert!(
        directory::dane_name(&address("hugh@example.com"))
            .starts_with("c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._openpgpkey.")
    );
}

#[test]
fn the_keys_of_the_corpora_are_read_and_judged() {
    let Some(folder) = corpus("interop-testcases/keys") else { return };
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ext| ext == "asc") {
            let octets = std::fs::read(&path).unwrap();
            match Certificate::read(&octets) {
                Ok(key) => {
                    let facts = key.facts(NOW);
                    println!(
                        "{:?}: v{} {:?} {:?} {:?} {:?}",
                        path.file_name(),
                        facts.version,
                        facts.algorithm,
                        facts.users,
                        facts.encrypt,
                        facts.sign
                    );
                    read += 1;
                }
                Err(why) => println!("{:?}: {why:?}", path.file_name()),
            }
        }
    }
    assert!(read >= 9, "{read}");
}

#[test]
fn the_key_and_messages_of_rfc_9580_are_read() {
    let Some(folder) = corpus("rfc9580") else { return };
    let file = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let public = Certificate::read(&file("A.3.transferable-pubkey-v6.asc")).unwrap();
    let facts = public.facts(NOW);
    assert_eq!((facts.version, facts.algorithm, facts.encrypt), (6, Algorithm::Curve25519, Ok(())));
    let secret = SecretKey::read(&file("A.4.transferable-seckey-v6.asc")).unwrap();
    assert_eq!(secret.fingerprint(), public.fingerprint());
    let find = |_: &[u64]| vec![public.clone()];
    let (text, signed) = verify_clear(&file("A.6.-sample-cleartext-signed-message.asc"), &Checking::new(&find, NOW)).unwrap();
    assert!(text.starts_with("What we need from the grocery store"));
    assert_eq!(signed[0].worth, Worth::Good(public.fingerprint()));
    let inline = open(&file("A.7.-sample-inline-signed-message.asc"), &[], &Checking::new(&find, NOW)).unwrap();
    assert_eq!(
        (inline.integrity, &inline.signatures[0].worth),
        (None, &Worth::Good(public.fingerprint()))
    );
    let opened = open(&file("A.8.5-v6pkesk-v2seipd"), &[secret], &Checking::new(&find, NOW)).unwrap();
    assert_eq!(
        (opened.plain.as_slice(), opened.integrity),
        (&b"Hello, world!"[..], Some(Integrity::Aead))
    );
    assert_eq!(
        open(&file("A.9.5.v6_skesk_eax.asc"), &[], &Checking::new(&find, NOW)),
        Err(NotOpened::Password)
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_changed_anywhere_is_never_opened_as_something_else(at in 0_usize..2000, with in 1_u8..) {
        let alice = fixed();
        let sealed = seal(b"hello world", &[alice.certificate()], alice, NOW).unwrap();
        let mut octets = armor::first(sealed.armored.as_bytes(), armor::Kind::Message).unwrap();
        let at = at % octets.len();
        octets[at] ^= with;
        if let Ok(opened) = open(&octets, std::slice::from_ref(alice), &Checking::new(&|_| vec![], NOW)) {
            proptest::prop_assert_eq!(opened.plain, b"hello world");
        }
    }

    #[test]
    fn any_octets_are_read_without_a_panic(octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
        let alice = fixed();
        let _ = Certificate::read_all(&octets);
        let _ = open(&octets, std::slice::from_ref(alice), &Checking::new(&|_| vec![], NOW));
        let _ = verify(b"x", &octets, &Checking::new(&|_| vec![], NOW));
        let mut damaged = alice.certificate().octets();
        let start = octets.first().map_or(0, |first| usize::from(*first) % damaged.len());
        damaged.iter_mut().skip(start).zip(&octets).take(4).for_each(|(to, from)| *to ^= from);
        if let Ok(key) = Certificate::read(&damaged) {
            let _ = (key.facts(NOW), key.minimal(&address("me@home.test"), NOW), key.octets());
        }
    }
}

fn fixed() -> &'static SecretKey {
    static KEY: std::sync::OnceLock<SecretKey> = std::sync::OnceLock::new();
    KEY.get_or_init(|| key("me@home.test"))
}
