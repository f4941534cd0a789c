//! Our own `Received` line (RFC 5321 section 4.4, RFC 3848, RFC 8314 section 4.3).
//!
//! It travels wherever the message is forwarded to, so it says nothing of the owner's home: a peer's
//! address that means something in a local network only is left out, ours is never written, and the
//! recipient is named only where there is one, or recipients in blind copy would learn of each other.

use crate::domain::{
    time::Time,
    transport::{Arrival, TlsVersion},
};
use std::{fmt::Write, net::IpAddr};

/// The line, folded, with its CRLF. Everything of the peer's in it is reduced to what cannot end a line,
/// a comment or a path.
pub fn line(arrival: &Arrival, host: &str) -> String {
    let mut line = format!(
        "Received: from {} {}\r\n\tby {host} with {}",
        name(&arrival.helo, arrival.utf8),
        address(arrival.peer),
        protocol(arrival)
    );
    if let Some(tls) = &arrival.tls {
        line.push_str(match tls.version {
            TlsVersion::V1_3 => " (TLS1.3)",
            TlsVersion::V1_2 => " (TLS1.2)",
            TlsVersion::Older => " (TLS)",
        });
    }
    if let Some(to) = one_recipient(arrival) {
        write(&mut line, format_args!("\r\n\tfor <{to}>"));
    }
    if let Some(tls) = arrival.tls.as_ref().filter(|tls| is_token(&tls.suite)) {
        write(&mut line, format_args!("\r\n\ttls {}", tls.suite));
        if is_token(&tls.group) {
            write(&mut line, format_args!(" group {}", tls.group));
        }
    }
    write(&mut line, format_args!(";\r\n\t{}\r\n", date(arrival.at)));
    line
}

/// A message without its first field, where that is a `Received` line.
pub fn without_first(raw: &[u8]) -> &[u8] {
    match crate::codec::dkim::cut(raw) {
        Some((field, rest)) if field.get(..9).is_some_and(|name| name.eq_ignore_ascii_case(b"received:")) => rest,
        _ => raw,
    }
}

/// Writing to a `String` cannot fail.
fn write(line: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = line.write_fmt(text);
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// The protocol by its registered name.
fn protocol(arrival: &Arrival) -> &'static str {
    match (arrival.extended, arrival.utf8, arrival.tls.is_some()) {
        (true, true, true) => "UTF8SMTPS",
        (true, true, false) => "UTF8SMTP",
        (true, false, true) => "ESMTPS",
        (true, false, false) => "ESMTP",
        (false, ..) => "SMTP",
    }
}

/// The name that the peer gave. Non-ASCII names need SMTPUTF8 (RFC 6531 section 3.7.3).
fn name(helo: &str, utf8: bool) -> String {
    let inside = helo.trim_start_matches('[').trim_end_matches(']');
    let inside = inside.strip_prefix("IPv6:").unwrap_or(inside);
    let is_local_address = inside.parse().is_ok_and(is_local);
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c) || (utf8 && c.is_alphanumeric());
    if helo.is_empty() || helo.len() > 255 || is_local_address {
        return "unknown".to_owned();
    }
    helo.chars().map(|c| if fits(c) { c } else { '?' }).collect()
}

fn address(peer: IpAddr) -> String {
    match peer.to_canonical() {
        peer if is_local(peer) => "(local)".to_owned(),
        IpAddr::V4(peer) => format!("([{peer}])"),
        IpAddr::V6(peer) => format!("([IPv6:{peer}])"),
    }
}

/// Whether an address means something in a local network only (RFC 1918, RFC 3927, RFC 4193, RFC 6598).
pub fn is_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let shared = v4.to_bits() >> 22 == u32::from_be_bytes([100, 64, 0, 0]) >> 22;
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || shared
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// The recipient, where there is exactly one and its spelling fits in a header.
fn one_recipient(arrival: &Arrival) -> Option<&str> {
    let [to] = arrival.rcpt_to.as_slice() else { return None };
    let fits = |c: char| !c.is_control() && !"<>\\".contains(c) && (c.is_ascii() || arrival.utf8);
    (to.len() <= 512 && to.chars().all(fits)).then_some(to)
}

/// RFC 5322 section 3.3, in UTC: a zone would tell where the owner lives.
fn date(at: Time) -> String {
    let zoned = jiff::Timestamp::from_second(at.0)
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC);
    // A year that needs more than four digits cannot be written; nothing was received then.
    jiff::fmt::rfc2822::to_string(&zoned).unwrap_or_else(|_| "Thu, 1 Jan 1970 00:00:00 +0000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::transport::TlsFacts;

    fn arrival() -> Arrival {
        Arrival {
            at: Time(1_790_000_000),
            peer: "192.0.2.7".parse().unwrap(),
            helo: "mx.sender.example".to_owned(),
            mail_from: None,
            rcpt_to: vec!["me@home.example".to_owned()],
            tls: Some(TlsFacts {
                version: TlsVersion::V1_3,
                suite: "TLS_AES_256_GCM_SHA384".to_owned(),
                group: "X25519MLKEM768".to_owned(),
            }),
            extended: true,
            utf8: false,
        }
    }

    #[test]
    fn it_says_how_the_message_came() {
        assert_eq!(
            line(&arrival(), "mail.home.example"),
            "Received: from mx.sender.example ([192.0.2.7])\r\n\tby mail.home.example with ESMTPS (TLS1.3)\r\n\
             \tfor <me@home.example>\r\n\ttls TLS_AES_256_GCM_SHA384 group X25519MLKEM768;\r\n\
             \tMon, 21 Sep 2026 14:13:20 +0000\r\n"
        );
        let plain = Arrival {
            tls: None,
            extended: false,
            peer: "2001:db8::7".parse().unwrap(),
            ..arrival()
        };
        assert_eq!(
            line(&plain, "mail.home.example"),
            "Received: from mx.sender.example ([IPv6:2001:db8::7])\r\n\tby mail.home.example with SMTP\r\n\
             \tfor <me@home.example>;\r\n\tMon, 21 Sep 2026 14:13:20 +0000\r\n"
        );
    }

    #[test]
    fn it_leaks_no_local_address_and_no_second_recipient() {
        for local in [
            "10.1.2.3",
            "192.168.1.7",
            "172.16.0.9",
            "127.0.0.1",
            "169.254.3.4",
            "100.100.1.1",
            "::1",
            "fe80::9",
            "fd00::9",
            "::ffff:10.1.2.3",
        ] {
            let arrival = Arrival {
                peer: local.parse().unwrap(),
                helo: if local.contains("::") {
                    format!("[IPv6:{local}]")
                } else {
                    format!("[{local}]")
                },
                rcpt_to: vec!["me@home.example".to_owned(), "secret@home.example".to_owned()],
                ..arrival()
            };
            let line = line(&arrival, "mail.home.example");
            assert!(line.starts_with("Received: from unknown (local)\r\n"), "{line}");
            assert!(!line.contains(local.trim_start_matches("::ffff:")) || local == "::1", "{line}");
            assert!(!line.contains("for <") && !line.contains("secret"), "{line}");
        }
        let public = Arrival {
            helo: "[198.51.100.4]".to_owned(),
            ..arrival()
        };
        assert!(line(&public, "h").contains("from [198.51.100.4] ([192.0.2.7])"));
    }

    #[test]
    fn nothing_of_the_peers_ends_the_line() {
        let hostile = Arrival {
            helo: "a)\r\nBcc: x (é".to_owned(),
            rcpt_to: vec!["a\r\nb@home.example".to_owned()],
            tls: Some(TlsFacts {
                version: TlsVersion::V1_2,
                suite: "X;\r\nY: z".to_owned(),
                group: String::new(),
            }),
            ..arrival()
        };
        let line = line(&hostile, "h");
        assert!(
            line.starts_with("Received: from a???Bcc:?x??? ([192.0.2.7])\r\n\tby h with ESMTPS (TLS1.2);\r\n\t"),
            "{line}"
        );
        assert!(line.lines().skip(1).all(|line| line.starts_with('\t')), "{line}");
    }

    #[test]
    fn names_in_other_scripts_need_smtputf8() {
        let utf8 = Arrival {
            helo: "bücher.example".to_owned(),
            rcpt_to: vec!["josé@home.example".to_owned()],
            utf8: true,
            ..arrival()
        };
        let line = line(&utf8, "h");
        assert!(line.contains("from bücher.example ") && line.contains("with UTF8SMTPS") && line.contains("for <josé@home.example>"));
        assert!(self::line(&Arrival { utf8: false, ..utf8 }, "h").is_ascii());
    }

    #[test]
    fn any_time_gives_a_date() {
        for at in [i64::MIN, -1, 0, i64::MAX] {
            assert!(date(Time(at)).ends_with(" +0000"), "{at}");
        }
    }
}
