//! The `Authentication-Results` field (RFC 8601): writing ours, and taking away what pretends to be ours.
//!
//! A field that came with a message and bears our name is a lie, and is removed (section 5): a program that
//! reads the owner's mail elsewhere believes the field that bears the name of the owner's host. A signature
//! that covers a removed field verifies no more in the stored message; it was verified before, and what came
//! of it is kept. Fields of other names stay: they are somebody else's claims, and nothing here reads them.

use super::dkim::cut;
use crate::domain::authentication::{Authentication, Outcome, Policy, Reason};
use std::{borrow::Cow, fmt::Write, net::IpAddr};

/// The name of the field.
const NAME: &str = "Authentication-Results";

/// Our field, folded, with its CRLF. What nobody looked at is not in it; where that is all, it says `none`.
pub fn line(found: &Authentication, host: &str, peer: Option<IpAddr>) -> String {
    let mut line = format!("{NAME}: {host}");
    let start = line.len();
    let out = &mut line;
    let spf = &found.spf;
    let identity = if spf.helo { "smtp.helo" } else { "smtp.mailfrom" };
    put(out, "spf", spf.outcome, Reason::Plain, &[(identity, &spf.domain)]);
    if found.signatures.is_empty() {
        put(out, "dkim", found.dkim, Reason::Plain, &[]);
    }
    for signature in &found.signatures {
        let properties = [
            ("header.d", signature.domain.as_str()),
            ("header.s", &signature.selector),
            ("header.a", &signature.algorithm),
        ];
        put(out, "dkim", signature.outcome, signature.reason, &properties);
    }
    let dmarc = &found.dmarc;
    put(out, "dmarc", dmarc.outcome, dmarc.reason, &[("header.from", &dmarc.domain)]);
    if dmarc.outcome != Outcome::NotKnown && dmarc.policy > Policy::None {
        write(
            out,
            format_args!(" (p={} dis={})", dmarc.policy.as_str(), dmarc.disposition.as_str()),
        );
    }
    put(out, "arc", found.arc.outcome, found.arc.reason, &[]);
    if found.arc.outcome.is_pass() {
        write(out, format_args!(" (i={})", found.arc.sealers.len()));
    }
    let peer = peer
        .filter(|peer| !super::mime::received::is_local(*peer))
        .map(|peer| peer.to_canonical().to_string());
    put(
        out,
        "iprev",
        found.reverse.outcome,
        Reason::Plain,
        &[("policy.iprev", peer.as_deref().unwrap_or_default())],
    );
    if line.len() == start {
        line.push_str("; none");
    }
    line.push_str("\r\n");
    line
}

fn put(out: &mut String, method: &str, outcome: Outcome, reason: Reason, properties: &[(&str, &str)]) {
    if outcome == Outcome::NotKnown {
        return;
    }
    write(out, format_args!(";\r\n\t{method}={}", outcome.as_str()));
    if reason != Reason::Plain {
        write(out, format_args!(" reason=\"{}\"", reason.as_str()));
    }
    for (name, value) in properties {
        let value: String = value.chars().filter(|c| !c.is_control()).take(253).collect();
        if value.is_empty() {
            continue;
        }
        if value.chars().all(|c| c.is_ascii_alphanumeric() || "._-:".contains(c)) && !value.contains(':') {
            write(out, format_args!(" {name}={value}"));
        } else {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            write(out, format_args!(" {name}=\"{quoted}\""));
        }
    }
}

/// Writing to a `String` cannot fail.
fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

/// A message without the fields that bear this name. The octets of all others stay as they are.
pub fn without<'a>(raw: &'a [u8], host: &str) -> Cow<'a, [u8]> {
    let mut kept: Option<Vec<u8>> = None;
    let mut rest = raw;
    while let Some((field, after)) = cut(rest) {
        if is_of(field, host) {
            let before = raw.len() - rest.len();
            kept.get_or_insert_with(|| raw.get(..before).unwrap_or_default().to_vec());
        } else if let Some(kept) = &mut kept {
            kept.extend_from_slice(field);
        }
        rest = after;
    }
    match kept {
        None => Cow::Borrowed(raw),
        Some(mut kept) => {
            kept.extend_from_slice(rest);
            Cow::Owned(kept)
        }
    }
}

/// Whether a field is an `Authentication-Results` under this name.
fn is_of(field: &[u8], host: &str) -> bool {
    let Some(colon) = memchr::memchr(b':', field) else { return false };
    let (name, value) = field.split_at_checked(colon).unwrap_or((field, b""));
    if !name.trim_ascii_end().eq_ignore_ascii_case(NAME.as_bytes()) {
        return false;
    }
    let value = String::from_utf8_lossy(value.get(1..).unwrap_or_default());
    let id = first_word(&value);
    let id = id.trim_matches('"').trim_end_matches('.');
    id.eq_ignore_ascii_case(host)
}

/// The first word of a value that is neither blank nor comment.
fn first_word(value: &str) -> String {
    let mut depth = 0_u32;
    let mut escaped = false;
    let mut word = String::new();
    for c in value.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            ';' => break,
            c if c.is_whitespace() => {
                if !word.is_empty() {
                    break;
                }
            }
            c => word.push(c),
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::authentication::{Chain, Dmarc, Reverse, Signature, Spf};

    #[test]
    fn our_field_says_what_was_found_and_nothing_more() {
        let nothing = line(&Authentication::default(), "mx.home.test", None);
        assert_eq!(nothing, "Authentication-Results: mx.home.test; none\r\n");
        let found = Authentication {
            spf: Spf {
                outcome: Outcome::Pass,
                domain: "a.test".into(),
                ..Spf::default()
            },
            signatures: vec![Signature {
                outcome: Outcome::Fail,
                reason: Reason::BodyAltered,
                domain: "a\r\nX: y\" .test".into(),
                selector: "s1".into(),
                algorithm: "rsa-sha256".into(),
                ..Signature::default()
            }],
            dkim: Outcome::Fail,
            dmarc: Dmarc {
                outcome: Outcome::Fail,
                domain: "a.test".into(),
                policy: Policy::Reject,
                disposition: Policy::Quarantine,
                ..Dmarc::default()
            },
            arc: Chain {
                outcome: Outcome::Pass,
                sealers: vec!["l.test".into()],
                ..Chain::default()
            },
            reverse: Reverse {
                outcome: Outcome::None,
                ..Reverse::default()
            },
        };
        assert_eq!(
            line(&found, "mx.home.test", Some([198, 51, 100, 7].into())),
            "Authentication-Results: mx.home.test;\r\n\tspf=pass smtp.mailfrom=a.test;\r\n\tdkim=fail reason=\"body altered\" \
             header.d=\"aX: y\\\" .test\" header.s=s1 header.a=rsa-sha256;\r\n\tdmarc=fail header.from=a.test (p=reject \
             dis=quarantine);\r\n\tarc=pass (i=1);\r\n\tiprev=none policy.iprev=198.51.100.7\r\n"
        );
    }

    #[test]
    fn only_what_bears_our_name_goes() {
        let raw = "Subject: x\r\nauthentication-results : (a (b) \\)) MX.home.test\r\n\t1; spf=pass\r\nFrom: a@b.test\r\n\
                   Authentication-Results: \"mx.home.test\"; none\r\nAuthentication-Results: mx.home.test.evil.test; dkim=pass\r\n\
                   Authentication-Results: other.test; mx.home.test=pass\r\n\r\nAuthentication-Results: mx.home.test; none\r\n";
        let kept = "Subject: x\r\nFrom: a@b.test\r\nAuthentication-Results: mx.home.test.evil.test; dkim=pass\r\n\
                    Authentication-Results: other.test; mx.home.test=pass\r\n\r\nAuthentication-Results: mx.home.test; none\r\n";
        assert_eq!(String::from_utf8_lossy(&without(raw.as_bytes(), "mx.home.test")), kept);
        assert!(matches!(without(kept.as_bytes(), "mx.home.test"), Cow::Borrowed(_)));
    }
}
