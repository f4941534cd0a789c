//! Time-based one-time codes (RFC 6238 over RFC 4226): six digits, thirty seconds, HMAC-SHA1, because
//! that is what every authenticator app does whatever the address says.
//!
//! Absent on purpose: other digests and lengths (apps ignore the parameters and show wrong codes).

use crate::domain::time::Time;
use aws_lc_rs::hmac;

/// Octets of a secret: as many as the digest (RFC 4226 section 4, R6).
pub const SECRET: usize = 20;
/// Seconds of a step.
const STEP: i64 = 30;
/// Digits of a code.
const DIGITS: usize = 6;

/// The step that a moment lies in.
pub fn step(now: Time) -> i64 {
    now.0.div_euclid(STEP)
}

/// The code of a step.
fn code(secret: &[u8], step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or(0) & 15);
    let bits = tag
        .iter()
        .skip(offset)
        .take(4)
        .fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet));
    (bits & 0x7fff_ffff) % 10_u32.pow(DIGITS as u32)
}

/// The code of a step as it is typed.
pub fn code_text(secret: &[u8], step: i64) -> String {
    format!("{:0width$}", code(secret, step), width = DIGITS)
}

/// The step whose code was typed, among the one of `now` and its neighbours (RFC 6238 section 5.2: one
/// step for a slow clock and slow fingers), if it is later than `used`: a code opens once. All
/// three are compared whatever the first says, so that the time tells nothing.
pub fn matching(secret: &[u8], typed: &str, now: Time, used: i64) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).take(DIGITS + 1).collect();
    if typed.len() != DIGITS || !typed.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let typed: u32 = typed.parse().ok()?;
    let here = step(now);
    let near = [here.saturating_sub(1), here, here.saturating_add(1)];
    near.into_iter().fold(None, |found, step| {
        let same = code(secret, step) ^ typed == 0;
        if same && step > used { Some(step) } else { found }
    })
}

/// A secret as a person copies it into an app: base 32 (RFC 4648 section 6), groups of four.
pub fn write_secret(secret: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut held, mut out) = (0_u32, 0_u32, String::new());
    let push = |value: u32, out: &mut String| out.push(char::from(DIGITS.get((value & 31) as usize).copied().unwrap_or(b'A')));
    for octet in secret {
        bits = (bits << 8 | u32::from(*octet)) & 0xffff;
        held += 8;
        while held >= 5 {
            held -= 5;
            push(bits >> held, &mut out);
        }
    }
    if held > 0 {
        push(bits << (5 - held), &mut out);
    }
    out
}

/// The address that an app reads from a QR code. `account` may hold any text.
pub fn address(secret: &[u8], account: &str) -> String {
    let account: String = account
        .bytes()
        .map(|octet| match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'@' => char::from(octet).to_string(),
            octet => format!("%{octet:02X}"),
        })
        .collect();
    format!("otpauth://totp/Caliopen:{account}?secret={}&issuer=Caliopen", write_secret(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC: &[u8] = b"12345678901234567890";

    #[test]
    fn the_vectors_of_rfc_6238() {
        // Appendix B has eight digits; the last six are ours.
        for (at, digits) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_text(RFC, step(Time(at))), digits);
            assert_eq!(matching(RFC, digits, Time(at), 0), Some(step(Time(at))));
        }
        // Appendix D of RFC 4226.
        let codes: Vec<String> = (0..4).map(|counter| code_text(RFC, counter)).collect();
        assert_eq!(codes, ["755224", "287082", "359152", "969429"]);
    }

    #[test]
    fn one_step_of_slowness_and_no_code_twice() {
        let now = Time(1_000_000);
        let here = step(now);
        for near in [here - 1, here, here + 1] {
            assert_eq!(matching(RFC, &code_text(RFC, near), now, 0), Some(near));
            assert_eq!(matching(RFC, &code_text(RFC, near), now, near), None, "used");
        }
        for far in [here - 2, here + 2] {
            assert_eq!(matching(RFC, &code_text(RFC, far), now, 0), None);
        }
        let code = code_text(RFC, here);
        let (left, right) = code.split_at(3);
        let spaced = format!(" {left} {right} ");
        assert_eq!(matching(RFC, &spaced, now, 0), Some(here));
        for bad in ["", "12345", "1234567", "12345a", "-12345", "+12345", "１２３４５６"] {
            assert_eq!(matching(RFC, bad, now, 0), None, "{bad}");
        }
    }

    #[test]
    fn a_secret_is_copied_by_hand_or_by_camera() {
        assert_eq!(write_secret(b"foobar"), "MZXW6YTBOI");
        assert_eq!(write_secret(RFC), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            address(b"foobar", "me@home.test&x=y"),
            "otpauth://totp/Caliopen:me@home.test%26x%3Dy?secret=MZXW6YTBOI&issuer=Caliopen"
        );
    }
}
