//! What a certificate (X.509, RFC 5280) says of itself: for which names, until when, by whom, and the fingerprint of its
//! key. Reading only: whether to believe it is rustls's to say.
//!
//! Absent on purpose: everything that a box need not know of its own certificate, such as policies and key usages.

use super::dane::{element, public_key};
use aws_lc_rs::digest;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
/// The extensions' tag, `[3]`.
const EXTENSIONS: u8 = 0xa3;
/// dNSName in a GeneralName, `[2]`.
const DNS_NAME: u8 = 0x82;
/// keyIdentifier in an AuthorityKeyIdentifier, `[0]`.
const KEY_IDENTIFIER: u8 = 0x80;
/// id-ce-subjectAltName, 2.5.29.17.
const ALT_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
/// id-ce-authorityKeyIdentifier, 2.5.29.35.
const AUTHORITY: &[u8] = &[0x55, 0x1d, 0x23];
/// id-at-organizationName and id-at-commonName, 2.5.4.10 and 2.5.4.3.
const NAMING: [&[u8]; 2] = [&[0x55, 0x04, 0x0a], &[0x55, 0x04, 0x03]];
/// Names and extensions that are looked at.
const MOST: usize = 200;

/// What a certificate says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The first second in which it holds, since 1970.
    pub begins: i64,
    /// The last one.
    pub ends: i64,
    /// The DNS names it is for, lower case.
    pub names: Vec<String>,
    /// What its issuer calls itself.
    pub issuer: String,
    /// Whether it names itself as its issuer.
    pub is_own: bool,
    /// Its serial number as in the certificate: DER of an integer, without tag and length.
    pub serial: Vec<u8>,
    /// The identifier of the issuer's key.
    pub authority: Option<Vec<u8>>,
    /// SHA-256 of its key with the key's kind (SubjectPublicKeyInfo): what a TLSA record 3 1 1 says.
    pub key_hash: [u8; 32],
}

impl Facts {
    /// Whether it is for this name; `*.` stands for one label (RFC 6125 section 6.4.3).
    pub fn is_for(&self, name: &str) -> bool {
        self.names.iter().any(|known| match known.strip_prefix("*.") {
            Some(rest) => name
                .split_once('.')
                .is_some_and(|(label, domain)| !label.is_empty() && domain == rest),
            None => known == name,
        })
    }
}

/// Reads a certificate (DER); `None` where it is none.
pub fn facts(certificate: &[u8]) -> Option<Facts> {
    let (outer, _) = element(certificate, SEQUENCE)?;
    let (mut fields, _) = element(outer, SEQUENCE)?;
    if let Some((_, rest)) = element(fields, 0xa0) {
        fields = rest;
    }
    let (serial, rest) = element(fields, INTEGER)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    let (issuer, rest) = element(rest, SEQUENCE)?;
    let (validity, rest) = element(rest, SEQUENCE)?;
    let (subject, rest) = element(rest, SEQUENCE)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    let (begins, ends) = moment(validity)?;
    let (ends, _) = moment(ends)?;
    let mut facts = Facts {
        begins,
        ends,
        issuer: called(issuer),
        is_own: issuer == subject,
        serial: serial.to_vec(),
        ..Facts::default()
    };
    let hash = digest::digest(&digest::SHA256, public_key(certificate)?);
    facts.key_hash.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    if let Some((all, _)) = element(rest, EXTENSIONS) {
        extensions(all, &mut facts);
    }
    Some(facts)
}

fn extensions(all: &[u8], facts: &mut Facts) {
    let Some((mut rest, _)) = element(all, SEQUENCE) else { return };
    for _ in 0..MOST {
        let Some((extension, after)) = element(rest, SEQUENCE) else {
            return;
        };
        rest = after;
        let Some((id, value)) = element(extension, OID) else { continue };
        // Between them may stand whether it is critical.
        let value = element(value, 0x01).map_or(value, |(_, rest)| rest);
        let Some((value, _)) = element(value, OCTETS) else { continue };
        let Some((content, _)) = element(value, SEQUENCE) else { continue };
        if id == ALT_NAMES {
            facts.names = names(content);
        } else if id == AUTHORITY {
            facts.authority = element(content, KEY_IDENTIFIER).map(|(key, _)| key.to_vec());
        }
    }
}

fn names(mut rest: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(tag) = rest.first().copied().filter(|_| names.len() < MOST) {
        let Some((name, after)) = element(rest, tag) else { break };
        rest = after;
        if tag == DNS_NAME && name.is_ascii() {
            names.push(String::from_utf8_lossy(name).to_lowercase());
        }
    }
    names
}

/// What a name (RFC 5280 section 4.1.2.4) calls itself: its organisation, or else its common name.
fn called(name: &[u8]) -> String {
    for wanted in NAMING {
        let mut rest = name;
        for _ in 0..MOST {
            let Some((set, after)) = element(rest, SET) else { break };
            rest = after;
            let attribute = element(set, SEQUENCE).and_then(|(pair, _)| element(pair, OID));
            if let Some((id, value)) = attribute
                && id == wanted
                && let Some((text, _)) = value.first().and_then(|tag| element(value, *tag))
            {
                return String::from_utf8_lossy(text)
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(100)
                    .collect();
            }
        }
    }
    String::new()
}

/// A moment (UTCTime or GeneralizedTime in the form of RFC 5280 section 4.1.2.5), and what follows it.
fn moment(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let ((text, rest), short) = match element(bytes, 0x17) {
        Some(found) => (found, true),
        None => (element(bytes, 0x18)?, false),
    };
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest_of) = text.split_at_checked(if short { 2 } else { 4 })?;
    if rest_of.len() != 10 || !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let year: i64 = year.parse().ok()?;
    let year = match (short, year) {
        (true, 50..) => 1900 + year,
        (true, _) => 2000 + year,
        (false, _) => year,
    };
    let mut parts = rest_of
        .as_bytes()
        .chunks(2)
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.parse::<i64>().ok());
    let (month, day, hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some((days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second, rest))
}

/// A moment as RFC 3339 writes it, `2026-11-25T22:00:00Z` or with an offset; a fraction of a second is let go.
pub fn stamp(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|octet| octet.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match zone.as_bytes() {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let part = |from: usize| zone.get(from..from + 2)?.parse::<i64>().ok();
            let span = part(1)? * 3_600 + part(4)? * 60;
            if *sign == b'+' { span } else { -span }
        }
        _ => return None,
    };
    Some(days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset)
}

/// Days from 1970 to a day of the Gregorian calendar, counted in eras of 400 years that begin in March.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_both_forms() {
        let utc = |text: &str| moment(&[&[0x17, text.len() as u8], text.as_bytes()].concat()).map(|(at, _)| at);
        let general = |text: &str| moment(&[&[0x18, text.len() as u8], text.as_bytes()].concat()).map(|(at, _)| at);
        assert_eq!(utc("700101000000Z"), Some(0));
        assert_eq!(utc("240229000000Z"), Some(1_709_164_800));
        assert_eq!(general("21000228235959Z"), Some(4_107_542_399));
        assert_eq!(utc("491231235959Z"), Some(2_524_607_999));
        for bad in [
            "",
            "240229000000",
            "2402290000Z",
            "241329000000Z",
            "24022900000aZ",
            "240229250000Z",
            "é40229000000Z",
        ] {
            assert_eq!(utc(bad), None, "{bad}");
        }
    }

    #[test]
    fn stamps_are_read_with_their_zone() {
        for (text, at) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2024-02-29T01:00:00.25+01:00", Some(1_709_164_800)),
            ("2024-02-28T23:00:00-01:00", Some(1_709_164_800)),
            ("2024-02-29", None),
            ("2024-13-29T00:00:00Z", None),
            ("2024-02-29T00:00:00", None),
            ("é024-02-29T00:00:00Z", None),
        ] {
            assert_eq!(stamp(text), at, "{text}");
        }
    }

    #[test]
    fn a_certificate_says_what_it_is_for() {
        let made = rcgen::generate_simple_self_signed(vec!["Mail.Home.test".to_owned(), "*.home.test".to_owned()]).unwrap();
        let der = made.cert.der().to_vec();
        let read = facts(&der).unwrap();
        assert_eq!(read.names, ["mail.home.test", "*.home.test"]);
        assert!(read.is_own && read.begins < read.ends && !read.serial.is_empty());
        assert!(read.is_for("mail.home.test") && read.is_for("x.home.test") && !read.is_for("a.x.home.test") && !read.is_for("home.test"));
        for len in 0..der.len() {
            let _ = facts(&der[..len]);
            let mut other = der.clone();
            other[len] ^= 0x41;
            let _ = facts(&other);
        }
    }
}
