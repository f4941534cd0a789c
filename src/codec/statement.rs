//! What a box says of itself, as files: its privacy statement and its charter, JSON with a signature of its owner's key
//! under it.
//!
//! The signed octets are everything before the line that begins the signature, its line end included, so that anybody
//! can take the two apart and hand them to another program (`docs/statement.md`). A statement is read with limits, counts
//! for the domain that it was fetched from and no other, within its time, and only with a signature by a key that the
//! reader knew before: a key that came with it would prove nothing.

use super::pgp::{Certificate, Checking, SecretKey, verify};
use crate::domain::{
    openpgp::{Fingerprint, Worth},
    privacy::index::Letter,
    time::Time,
    world::{Claim, Commitment, Facts, LIFE, POLICY, SKEW, Statement, Untrue},
};
use serde_json::{Map, Value, json};

/// Octets of such a file that are read.
pub const MOST: usize = 8 * 1024;

/// Where the statement lies.
pub const PATH: &str = "/.well-known/caliopen/statement";

/// Where the charter lies.
pub const CHARTER_PATH: &str = "/.well-known/caliopen/charter";

/// How the line begins that ends what is signed.
const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";

/// Characters of the program's version that are kept.
const SOFTWARE: usize = 40;

/// A statement as text, unsigned.
pub fn text(statement: &Statement) -> String {
    let letter = |letter: Option<Letter>| letter.map(Letter::as_str);
    let claims: Vec<&str> = statement.claims.iter().map(|claim| claim.as_str()).collect();
    let value = json!({
        "caliopen": "statement",
        "version": 1,
        "domain": statement.domain,
        "appliance": letter(statement.appliance),
        "account": letter(statement.account),
        "charter": statement.charter,
        "software": statement.software,
        "claims": claims,
        "issued": statement.issued.0,
        "expires": statement.expires.0,
    });
    format!("{value:#}\n")
}

/// The charter as text, unsigned: what is set, and what of each commitment follows from it. `accepted` is the version that
/// the owner accepted.
pub fn charter_text(domain: &str, accepted: Option<u16>, facts: &Facts, issued: Time) -> String {
    let commitments = Commitment::ALL
        .iter()
        .map(|one| (one.as_str().to_owned(), Value::Bool(one.is_kept(facts))));
    let set = facts.each().map(|(item, number)| (item.as_str().to_owned(), Value::from(number)));
    let value = json!({
        "caliopen": "charter",
        "version": 1,
        "domain": domain,
        "accepted": accepted,
        "policy": POLICY,
        "commitments": commitments.collect::<Map<_, _>>(),
        "settings": set.collect::<Map<_, _>>(),
        "telemetry": false,
        "issued": issued.0,
        "expires": issued.0.saturating_add(LIFE),
    });
    format!("{value:#}\n")
}

/// A text with its signature under it; `None` where the key cannot sign.
pub fn signed(text: &str, key: &SecretKey, at: Time) -> Option<String> {
    Some(format!("{text}{}", key.sign(text.as_bytes(), at)?))
}

/// What is signed of such a file, and its signature.
fn apart(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memmem::find(octets, SIGNATURE)?;
    let (text, signature) = octets.split_at_checked(at)?;
    text.ends_with(b"\n").then_some((text, signature))
}

/// Who of these signed such a file.
fn signer(octets: &[u8], keys: &[Certificate], now: Time) -> Option<Fingerprint> {
    let (text, signature) = apart(octets)?;
    let find = |ids: &[u64]| -> Vec<Certificate> {
        let named = keys.iter().filter(|key| key.ids().iter().any(|id| ids.contains(id)));
        named.cloned().collect()
    };
    verify(text, signature, &Checking::new(&find, now))
        .into_iter()
        .find_map(|signed| match signed.worth {
            Worth::Good(print) => Some(print),
            _ => None,
        })
}

/// Reads the statement of a domain, as one of these keys signed it; gives the key's fingerprint with it.
///
/// # Errors
///
/// Whatever of it does not hold, in the order in which it is looked at: its shape, its domain, its time, its signature.
pub fn read(octets: &[u8], domain: &str, keys: &[Certificate], now: Time) -> Result<(Statement, Fingerprint), Untrue> {
    if octets.len() > MOST {
        return Err(Untrue::Garbled);
    }
    let (text, _) = apart(octets).ok_or(Untrue::Garbled)?;
    let statement = parsed(text).ok_or(Untrue::Garbled)?;
    if !statement.domain.eq_ignore_ascii_case(domain) {
        return Err(Untrue::Elsewhere);
    }
    let (issued, expires) = (statement.issued.0, statement.expires.0);
    let longest = issued.saturating_add(LIFE);
    if issued > now.0.saturating_add(SKEW) || expires <= now.0 || expires > longest {
        return Err(Untrue::OutOfTime);
    }
    let print = signer(octets, keys, now).ok_or(Untrue::Unsigned)?;
    Ok((statement, print))
}

fn parsed(text: &[u8]) -> Option<Statement> {
    let value: Value = serde_json::from_slice(text).ok()?;
    let is = |name: &str, wanted: &Value| value.get(name) == Some(wanted);
    if !is("caliopen", &json!("statement")) || !is("version", &json!(1)) {
        return None;
    }
    let letter = |name: &str| {
        let word = value.get(name).and_then(Value::as_str)?;
        Letter::ALL.into_iter().find(|letter| letter.as_str() == word)
    };
    let software = value.get("software").and_then(Value::as_str).unwrap_or_default();
    // What a later version claims besides is not known here, and says nothing.
    let mut claims: Vec<Claim> = value
        .get("claims")?
        .as_array()?
        .iter()
        .filter_map(|claim| Claim::of(claim.as_str()?))
        .collect();
    claims.sort_unstable();
    claims.dedup();
    Some(Statement {
        domain: value.get("domain")?.as_str()?.to_owned(),
        appliance: letter("appliance"),
        account: letter("account"),
        charter: value
            .get("charter")
            .and_then(Value::as_u64)
            .and_then(|version| u16::try_from(version).ok()),
        software: software.chars().filter(char::is_ascii_graphic).take(SOFTWARE).collect(),
        claims,
        issued: Time(value.get("issued")?.as_i64()?),
        expires: Time(value.get("expires")?.as_i64()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{address::Address, world::Item};
    use proptest::prelude::*;

    const NOW: Time = Time(1_795_000_000);

    fn key(address: &str) -> SecretKey {
        SecretKey::make(&Address::parse(address).unwrap(), Time(NOW.0 - 1_000)).unwrap()
    }

    fn statement() -> Statement {
        Statement {
            domain: "b.test".into(),
            appliance: Some(Letter::B),
            account: None,
            charter: Some(1),
            software: "0.1.0".into(),
            claims: vec![Claim::Tls, Claim::Dkim],
            issued: NOW,
            expires: Time(NOW.0 + LIFE),
        }
    }

    #[test]
    fn what_is_signed_is_read_again_for_its_domain_and_in_its_time_only() {
        let (key, other) = (key("me@b.test"), key("eve@b.test"));
        let file = signed(&text(&statement()), &key, NOW).unwrap();
        assert!(file.len() < MOST);
        let keys = [key.certificate()];
        let read_at = |file: &str, domain: &str, keys: &[Certificate], now| read(file.as_bytes(), domain, keys, now);
        assert_eq!(read_at(&file, "b.test", &keys, NOW), Ok((statement(), key.fingerprint())));
        assert_eq!(read_at(&file, "c.test", &keys, NOW), Err(Untrue::Elsewhere));
        assert_eq!(read_at(&file, "b.test", &keys, Time(NOW.0 + LIFE)), Err(Untrue::OutOfTime));
        assert_eq!(read_at(&file, "b.test", &keys, Time(NOW.0 - SKEW - 1)), Err(Untrue::OutOfTime));
        assert_eq!(read_at(&file, "b.test", &[other.certificate()], NOW), Err(Untrue::Unsigned));
        assert_eq!(read_at(&file, "b.test", &[], NOW), Err(Untrue::Unsigned));
        let better = file.replace("\"appliance\": \"B\"", "\"appliance\": \"A\"");
        assert_ne!(better, file);
        assert_eq!(read_at(&better, "b.test", &keys, NOW), Err(Untrue::Unsigned));
        let unsigned = text(&statement());
        assert_eq!(read_at(&unsigned, "b.test", &keys, NOW), Err(Untrue::Garbled));
        let long = Statement {
            expires: Time(NOW.0 + LIFE + 1),
            ..statement()
        };
        let long = signed(&text(&long), &key, NOW).unwrap();
        assert_eq!(read_at(&long, "b.test", &keys, NOW), Err(Untrue::OutOfTime));
        // A charter is no statement, whoever signed it.
        let charter = charter_text("b.test", Some(1), &Facts::default(), NOW);
        let charter = signed(&charter, &key, NOW).unwrap();
        assert_eq!(read_at(&charter, "b.test", &keys, NOW), Err(Untrue::Garbled));
        assert_eq!(signer(charter.as_bytes(), &keys, NOW), Some(key.fingerprint()));
        let big = format!("{file}{}", " ".repeat(MOST));
        assert_eq!(read_at(&big, "b.test", &keys, NOW), Err(Untrue::Garbled));
    }

    #[test]
    fn a_charter_says_what_is_set() {
        let with = |young| charter_text("b.test", None, &Facts::of([(Item::Young, young)]), NOW);
        assert!(with(1).contains("\"mended\": true") && with(0).contains("\"mended\": false"));
        assert!(with(1).contains("\"young\": 1"), "{}", with(1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// No octet that is changed leaves a statement that counts and says something else.
        #[test]
        fn no_changed_octet_is_believed(at in 0_usize..2_000, to in any::<u8>()) {
            let key = key("me@b.test");
            let file = signed(&text(&statement()), &key, NOW).unwrap();
            let mut octets = file.clone().into_bytes();
            let at = at % octets.len();
            octets[at] = to;
            if let Ok((read, _)) = read(&octets, "b.test", &[key.certificate()], NOW) {
                prop_assert_eq!(read, statement());
            }
        }

        #[test]
        fn nothing_panics(octets in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = read(&octets, "b.test", &[], NOW);
            let with = [octets.as_slice(), b"\n-----BEGIN PGP SIGNATURE-----\r\n\r\nAAAA\r\n-----END PGP SIGNATURE-----\r\n"].concat();
            let _ = read(&with, "b.test", &[], NOW);
        }
    }
}
