//! An authenticator in software, and everything that a thief could change in what it says.

use super::*;
use crate::codec::base64url;
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use proptest::prelude::*;

const ASKED: Asked<'static> = Asked {
    challenge: "Y2hhbGxlbmdl",
    origin: "https://home.test",
    host: "home.test",
};
const ALL: u8 = USER_PRESENT | USER_VERIFIED;

fn client(kind: &str) -> String {
    format!(
        "{{\"type\":\"{kind}\",\"challenge\":\"{}\",\"origin\":\"{}\",\"crossOrigin\":false,\"other_keys_can_be_added_here\":1}}",
        ASKED.challenge, ASKED.origin
    )
}

fn data(host: &str, flags: u8, count: u32, rest: &[u8]) -> Vec<u8> {
    [digest(&SHA256, host.as_bytes()).as_ref(), &[flags], &count.to_be_bytes(), rest].concat()
}

fn attested(credential: &[u8], key: &[u8]) -> Vec<u8> {
    [&[0; 16][..], &(credential.len() as u16).to_be_bytes(), credential, key].concat()
}

fn cose_p256(point: &[u8]) -> Vec<u8> {
    [
        b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20",
        &point[1..33],
        b"\x22\x58\x20",
        &point[33..],
    ]
    .concat()
}

fn sign(pair: &EcdsaKeyPair, data: &[u8], client: &str) -> Vec<u8> {
    let text = [data, digest(&SHA256, client.as_bytes()).as_ref()].concat();
    pair.sign(&SystemRandom::new(), &text).unwrap().as_ref().to_vec()
}

struct Authenticator {
    pair: EcdsaKeyPair,
    made: Registered,
}

impl Authenticator {
    fn new(flags: u8) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let key = cose_p256(pair.public_key().as_ref());
        let octets = data("home.test", ALL | ATTESTED | flags, 0, &attested(b"an id", &key));
        let made = registration(ASKED, client("webauthn.create").as_bytes(), &octets).unwrap();
        Self { pair, made }
    }

    fn answer(&self, data: &[u8], client: &str, count: u32) -> Result<Asserted, Refusal> {
        let known = Known {
            key: &self.made.key,
            count,
            backup_eligible: self.made.backup_eligible,
        };
        let signature = sign(&self.pair, data, client);
        assertion(ASKED, known, client.as_bytes(), data, &signature)
    }
}

#[test]
fn a_passkey_is_registered_and_signs() {
    let it = Authenticator::new(BACKUP_ELIGIBLE | BACKED_UP);
    assert_eq!((it.made.credential.as_slice(), it.made.backed_up), (b"an id".as_slice(), true));
    let get = client("webauthn.get");
    let octets = data("home.test", ALL | BACKUP_ELIGIBLE, 0, b"");
    assert!(!it.answer(&octets, &get, 0).unwrap().backed_up);
    // What follows the fixed part, such as an encrypted PRF output of any length, is signed and not judged.
    let more = data(
        "home.test",
        ALL | BACKUP_ELIGIBLE | 0x80,
        0,
        b"\xa1\x6bhmac-secret\x58\x20................................",
    );
    assert!(it.answer(&more, &get, 0).is_ok());
}

#[test]
fn everything_that_is_not_for_us_is_refused() {
    let it = Authenticator::new(0);
    let good = data("home.test", ALL, 0, b"");
    let get = client("webauthn.get");
    assert!(it.answer(&good, &get, 0).is_ok());
    for (from, to) in [
        ("webauthn.get", "webauthn.create"),
        ("Y2hhbGxlbmdl", "Y2hhbGxlbmdk"),
        ("https://home.test", "https://home.test:8443"),
        ("https://home.test", "https://evil.test"),
        ("\"crossOrigin\":false", "\"crossOrigin\":true"),
        ("\"crossOrigin\":false", "\"crossOrigin\":\"\""),
        ("\"other", "\"topOrigin\":\"https://evil.test\",\"other"),
    ] {
        assert_eq!(it.answer(&good, &get.replace(from, to), 0), Err(Refusal::NotForUs), "{to}");
    }
    for (octets, why) in [
        (data("evil.test", ALL, 0, b""), Refusal::AnotherHost),
        (data("home.test", USER_PRESENT, 0, b""), Refusal::NotVerified),
        (data("home.test", USER_VERIFIED, 0, b""), Refusal::NotVerified),
        (data("home.test", ALL | BACKED_UP, 0, b""), Refusal::Contradiction),
        (data("home.test", ALL | BACKUP_ELIGIBLE, 0, b""), Refusal::Contradiction),
        (good[..36].to_vec(), Refusal::Unreadable),
        (vec![0; AUTHENTICATOR_DATA + 1], Refusal::Unreadable),
    ] {
        assert_eq!(it.answer(&octets, &get, 0), Err(why));
    }
    let other = Authenticator::new(0);
    let known = Known {
        key: &it.made.key,
        count: 0,
        backup_eligible: false,
    };
    let stolen = sign(&other.pair, &good, &get);
    assert_eq!(assertion(ASKED, known, get.as_bytes(), &good, &stolen), Err(Refusal::Signature));
    assert_eq!(assertion(ASKED, known, get.as_bytes(), &good, &[]), Err(Refusal::Signature));
}

#[test]
fn a_counter_that_goes_back_means_that_there_are_two() {
    let it = Authenticator::new(0);
    let get = client("webauthn.get");
    for (before, now, well) in [
        (0, 0, true),
        (0, 1, true),
        (7, 8, true),
        (7, 7, false),
        (7, 3, false),
        (7, 0, false),
    ] {
        let outcome = it.answer(&data("home.test", ALL, now, b""), &get, before);
        assert_eq!(outcome.is_ok(), well, "{before} {now}");
        if !well {
            assert_eq!(outcome, Err(Refusal::Cloned));
        }
    }
}

#[test]
fn ed25519_and_rsa_keys_are_read() {
    let pair = Ed25519KeyPair::generate().unwrap();
    let cose = [b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20", pair.public_key().as_ref()].concat();
    let key = Key::read(&cose).unwrap();
    assert!(key.verifies(b"text", pair.sign(b"text").as_ref()));
    let modulus = [0xc1; 256];
    let rsa = [
        b"\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00",
        &modulus[..],
        b"\x21\x43\x01\x00\x01",
    ]
    .concat();
    let key = Key::read(&rsa).unwrap();
    assert_eq!(key, Key::Rs256(modulus.to_vec(), vec![1, 0, 1]));
    assert!(!key.verifies(b"text", &[1; 256]));
    // ES384, a short modulus, a truncated map, an endless one.
    for bad in [
        b"\xa3\x01\x02\x03\x38\x22\x20\x02".as_slice(),
        b"\xa4\x01\x03\x03\x39\x01\x00\x20\x41\x01\x21\x43\x01\x00\x01",
        b"\xa5\x01\x02",
        b"\xbf\x01\x02\xff",
        b"\xb8\xff\x01\x02",
        b"",
    ] {
        assert!(Key::read(bad).is_err());
    }
}

proptest! {
    #[test]
    fn no_octets_panic(client in proptest::collection::vec(any::<u8>(), 0..64), octets in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = registration(ASKED, &client, &octets);
        let octets = data("home.test", ALL | ATTESTED, 0, &octets);
        let _ = registration(ASKED, super::tests::client("webauthn.create").as_bytes(), &octets);
        let _ = Key::read(&octets);
    }

    #[test]
    fn one_flipped_bit_is_no_signature(at in 0_usize..37, bit in 0_u8..8) {
        let it = Authenticator::new(0);
        let get = super::tests::client("webauthn.get");
        let mut octets = data("home.test", ALL, 1, b"");
        let signature = sign(&it.pair, &octets, &get);
        octets[at] ^= 1 << bit;
        let known = Known { key: &it.made.key, count: 0, backup_eligible: false };
        prop_assert!(assertion(ASKED, known, get.as_bytes(), &octets, &signature).is_err());
    }

    #[test]
    fn base64_of_what_is_asked(octets in proptest::collection::vec(any::<u8>(), 0..64)) {
        prop_assert_eq!(base64url::decode(&base64url::encode(&octets), 64).unwrap(), octets);
    }
}
