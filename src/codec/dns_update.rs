//! Updating a zone (RFC 2136) with a shared key (TSIG, RFC 8945): the octets that replace a host's addresses, and what the
//! name server's answer says. Written out here because the resolver's client does not speak it; sending is `net`'s.
//!
//! Absent on purpose: prerequisites, other records than addresses, other hashes than SHA-256.

use aws_lc_rs::hmac;
use std::net::IpAddr;

/// The type of a zone's own record.
const SOA: u16 = 6;
const A: u16 = 1;
const AAAA: u16 = 28;
const TSIG: u16 = 250;
const IN: u16 = 1;
const ANY: u16 = 255;
/// Seconds by which the clocks may differ (RFC 8945 section 10).
const FUDGE: u16 = 300;
/// The hash, as a name.
const ALGORITHM: &str = "hmac-sha256";
/// Octets of an answer that is read.
const MAX_ANSWER: usize = 4 * 1024;
/// Records of an answer that are looked at.
const MAX_RECORDS: usize = 20;

/// A key that the name server knows by this name.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its octets.
    pub secret: &'a [u8],
}

/// What is to be changed.
pub struct Change<'a> {
    /// A number that the answer repeats.
    pub id: u16,
    /// The zone.
    pub zone: &'a str,
    /// The host whose addresses are replaced.
    pub host: &'a str,
    /// Its addresses from now on; a family of which there is none here is left as it is.
    pub addresses: &'a [IpAddr],
    /// Seconds for which others may remember them.
    pub ttl: u32,
    /// Now, seconds since 1970.
    pub now: i64,
}

/// A signed change, and its signature, which the answer's is made with.
#[derive(Clone, Debug)]
pub struct Signed {
    /// What is sent.
    pub octets: Vec<u8>,
    mac: Vec<u8>,
}

/// What the name server said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is done.
    Done,
    /// It refuses, with this code (RFC 1035 section 4.1.1, RFC 2136 section 2.2).
    Refused(u16),
    /// That is no answer to this change, or not by whoever knows the key.
    NotOurs,
}

impl Said {
    /// The code by its name, as name servers write it.
    pub fn words(code: u16) -> &'static str {
        match code {
            1 => "FORMERR",
            2 => "SERVFAIL",
            3 => "NXDOMAIN",
            4 => "NOTIMP",
            5 => "REFUSED",
            6 => "YXDOMAIN",
            7 => "YXRRSET",
            8 => "NXRRSET",
            9 => "NOTAUTH",
            10 => "NOTZONE",
            16 => "BADSIG",
            17 => "BADKEY",
            18 => "BADTIME",
            _ => "ERROR",
        }
    }
}

/// A name as octets, lower case (RFC 4034 section 6.2); `None` where it is none.
fn name(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('.').to_ascii_lowercase();
    if text.is_empty() || text.len() > 253 || !text.is_ascii() {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() + 2);
    for label in text.split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
        out.push(length);
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
    Some(out)
}

fn record(out: &mut Vec<u8>, of: &[u8], kind: u16, class: u16, ttl: u32, data: &[u8]) {
    out.extend_from_slice(of);
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&class.to_be_bytes());
    out.extend_from_slice(&ttl.to_be_bytes());
    out.extend_from_slice(&u16::try_from(data.len()).unwrap_or(0).to_be_bytes());
    out.extend_from_slice(data);
}

/// The change, signed; `None` where a name is none.
pub fn signed(change: &Change<'_>, key: Key<'_>) -> Option<Signed> {
    let host = name(change.host)?;
    let mut updates = Vec::new();
    let mut many: u16 = 0;
    for (kind, four) in [(A, true), (AAAA, false)] {
        let of: Vec<&IpAddr> = change.addresses.iter().filter(|address| address.is_ipv4() == four).collect();
        if of.is_empty() {
            continue;
        }
        // First all of them go (section 2.5.2), then the new ones come (section 2.5.1).
        record(&mut updates, &host, kind, ANY, 0, &[]);
        many += 1;
        for address in of {
            match address {
                IpAddr::V4(v4) => record(&mut updates, &host, kind, IN, change.ttl, &v4.octets()),
                IpAddr::V6(v6) => record(&mut updates, &host, kind, IN, change.ttl, &v6.octets()),
            }
            many += 1;
        }
    }
    let mut message = Vec::with_capacity(512);
    for number in [change.id, 5 << 11, 1, 0, many, 0] {
        message.extend_from_slice(&number.to_be_bytes());
    }
    message.extend(name(change.zone)?);
    message.extend_from_slice(&SOA.to_be_bytes());
    message.extend_from_slice(&IN.to_be_bytes());
    message.extend(updates);
    let time = time(change.now);
    let mac = mac(key, &[&message], &variables(key, time, FUDGE)?);
    let mut data = name(ALGORITHM)?;
    data.extend_from_slice(&time);
    data.extend_from_slice(&FUDGE.to_be_bytes());
    data.extend_from_slice(&u16::try_from(mac.len()).ok()?.to_be_bytes());
    data.extend_from_slice(&mac);
    for number in [change.id, 0, 0] {
        data.extend_from_slice(&number.to_be_bytes());
    }
    record(&mut message, &name(key.name)?, TSIG, ANY, 0, &data);
    // One record more: the signature.
    let count = message.get_mut(11)?;
    *count = 1;
    Some(Signed { octets: message, mac })
}

/// Six octets of time.
fn time(now: i64) -> [u8; 6] {
    let [_, _, rest @ ..] = now.to_be_bytes();
    rest
}

/// What is signed besides the message (RFC 8945 section 4.3.3).
fn variables(key: Key<'_>, time: [u8; 6], fudge: u16) -> Option<Vec<u8>> {
    let mut out = name(key.name)?;
    out.extend_from_slice(&ANY.to_be_bytes());
    out.extend_from_slice(&0_u32.to_be_bytes());
    out.extend(name(ALGORITHM)?);
    out.extend_from_slice(&time);
    out.extend_from_slice(&fudge.to_be_bytes());
    // No error, and no more to say.
    out.extend_from_slice(&[0; 4]);
    Some(out)
}

fn mac(key: Key<'_>, pieces: &[&[u8]], variables: &[u8]) -> Vec<u8> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.secret));
    for piece in pieces {
        context.update(piece);
    }
    context.update(variables);
    context.sign().as_ref().to_vec()
}

/// Two octets as a number.
fn number(octets: &[u8], at: usize) -> Option<u16> {
    let pair: [u8; 2] = octets.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(u16::from_be_bytes(pair))
}

/// The name that begins here, lower case, and where what follows it begins (RFC 1035 section 4.1.4).
fn name_at(octets: &[u8], start: usize) -> Option<(Vec<u8>, usize)> {
    let (mut at, mut end, mut out) = (start, None, Vec::new());
    for _ in 0..128 {
        let length = *octets.get(at)?;
        match length {
            0 => {
                out.push(0);
                return Some((out, end.unwrap_or(at + 1)));
            }
            0xc0.. => {
                end = end.or(Some(at + 2));
                at = usize::from(number(octets, at)? & 0x3fff);
            }
            1..=63 => {
                let next = at + 1 + usize::from(length);
                out.extend(octets.get(at..next)?.iter().map(u8::to_ascii_lowercase));
                at = next;
            }
            _ => return None,
        }
        if out.len() > 254 {
            return None;
        }
    }
    None
}

/// What an answer says. One that is not signed as it should be says nothing, but for a refusal of the key itself, which
/// cannot be signed with it (RFC 8945 section 5.3.2).
pub fn answer(signed: &Signed, key: Key<'_>, octets: &[u8]) -> Said {
    read(signed, key, octets).unwrap_or(Said::NotOurs)
}

fn read(signed: &Signed, key: Key<'_>, octets: &[u8]) -> Option<Said> {
    // The number of the change, and the bits of an answer to an update.
    if octets.len() > MAX_ANSWER || octets.get(..2)? != signed.octets.get(..2)? || octets.get(2)? & 0xf8 != 0xa8 {
        return None;
    }
    let code = u16::from(octets.get(3)? & 15);
    let others = number(octets, 10)?;
    let mut at = 12;
    for _ in 0..number(octets, 4)? {
        at = name_at(octets, at)?.1 + 4;
    }
    let all = usize::from(number(octets, 6)?) + usize::from(number(octets, 8)?) + usize::from(others);
    let (mut last, mut kind) = (at, 0);
    for _ in 0..all.min(MAX_RECORDS) {
        last = at;
        let fixed = name_at(octets, at)?.1;
        kind = number(octets, fixed)?;
        at = fixed + 10 + usize::from(number(octets, fixed + 8)?);
    }
    if kind != TSIG || others == 0 || at != octets.len() {
        // Whoever does not know the key may only say that it refuses.
        return (code != 0).then_some(Said::Refused(code));
    }
    let stamp = Stamp::read(octets, last, key)?;
    if stamp.error != 0 {
        return Some(Said::Refused(stamp.error));
    }
    if octets.get(..2)? != stamp.id {
        return None;
    }
    // As it was before it was signed: one record less.
    let mut plain = octets.get(..last)?.to_vec();
    let count = plain.get_mut(10..12)?;
    count.copy_from_slice(&(others - 1).to_be_bytes());
    let before = u16::try_from(signed.mac.len()).ok()?.to_be_bytes();
    let own = mac(key, &[&before, &signed.mac, &plain], &variables(key, stamp.time, stamp.fudge)?);
    aws_lc_rs::constant_time::verify_slices_are_equal(&own, stamp.mac).ok()?;
    Some(if code == 0 { Said::Done } else { Said::Refused(code) })
}

/// The signature of an answer.
struct Stamp<'a> {
    time: [u8; 6],
    fudge: u16,
    mac: &'a [u8],
    id: &'a [u8],
    error: u16,
}

impl<'a> Stamp<'a> {
    /// The one whose record begins here; `None` where it is not by this key, or not written as it must be (RFC 8945 section 4.2).
    fn read(octets: &'a [u8], at: usize, key: Key<'_>) -> Option<Self> {
        let (owner, fixed) = name_at(octets, at)?;
        // Its class is ANY and nobody may remember it.
        if owner != name(key.name)? || octets.get(fixed + 2..fixed + 8)? != [0, 255, 0, 0, 0, 0] {
            return None;
        }
        let (algorithm, data) = name_at(octets, fixed + 10)?;
        let length = usize::from(number(octets, data + 8)?);
        let rest = data + 10 + length;
        let stamp = Self {
            time: octets.get(data..data + 6)?.try_into().ok()?,
            fudge: number(octets, data + 6)?,
            mac: octets.get(data + 10..rest)?,
            id: octets.get(rest..rest + 2)?,
            error: number(octets, rest + 2)?,
        };
        // Only who is told that their clock is wrong is told more (section 5.2.3).
        let more = number(octets, rest + 4)?;
        (algorithm == name(ALGORITHM)? && (more == 0 || stamp.error != 0)).then_some(stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key<'_> = Key {
        name: "box.home.test",
        secret: &[7; 32],
    };

    fn change(addresses: &[IpAddr]) -> Signed {
        let change = Change {
            id: 0x1234,
            zone: "home.test",
            host: "mail.home.test",
            addresses,
            ttl: 300,
            now: 1_800_000_000,
        };
        signed(&change, KEY).unwrap()
    }

    /// The answer of a name server that knows the key.
    fn answered(to: &Signed, code: u8, key: Key<'_>) -> Vec<u8> {
        let mut message = vec![0x12, 0x34, 0xa8, code, 0, 0, 0, 0, 0, 0, 0, 0];
        let stamp = time(1_800_000_001);
        let before = (to.mac.len() as u16).to_be_bytes();
        let mac = mac(key, &[&before, &to.mac, &message], &variables(key, stamp, FUDGE).unwrap());
        let mut data = name(ALGORITHM).unwrap();
        data.extend(stamp);
        data.extend(FUDGE.to_be_bytes());
        data.extend((mac.len() as u16).to_be_bytes());
        data.extend(mac);
        data.extend([0x12, 0x34, 0, 0, 0, 0]);
        record(&mut message, &name(key.name).unwrap(), TSIG, ANY, 0, &data);
        message[11] = 1;
        message
    }

    #[test]
    fn a_change_replaces_each_family_that_there_is() {
        let both = change(&["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()]);
        assert_eq!(both.octets[8..10], [0, 4], "each is taken away and added");
        let four = change(&["192.0.2.1".parse().unwrap()]);
        assert_eq!(four.octets[8..10], [0, 2]);
        let bad = Change {
            id: 1,
            zone: "home..test",
            host: "a",
            addresses: &[],
            ttl: 1,
            now: 0,
        };
        assert!(signed(&bad, KEY).is_none());
    }

    #[test]
    fn only_who_knows_the_key_can_say_that_it_is_done() {
        let sent = change(&["192.0.2.1".parse().unwrap()]);
        let good = answered(&sent, 0, KEY);
        assert_eq!(answer(&sent, KEY, &good), Said::Done);
        assert_eq!(answer(&sent, KEY, &answered(&sent, 5, KEY)), Said::Refused(5));
        let other = Key { secret: &[8; 32], ..KEY };
        assert_eq!(answer(&sent, KEY, &answered(&sent, 0, other)), Said::NotOurs);
        assert_eq!(answer(&sent, KEY, &good[..12]), Said::NotOurs);
        assert_eq!(answer(&sent, KEY, &[0x12, 0x34, 0xa8, 9, 0, 0, 0, 0, 0, 0, 0, 0]), Said::Refused(9));
        for at in 0..good.len() {
            let _ = answer(&sent, KEY, &good[..at]);
            let mut flipped = good.clone();
            flipped[at] ^= 0x55;
            assert_ne!(answer(&sent, KEY, &flipped), Said::Done, "octet {at}");
        }
    }
}
