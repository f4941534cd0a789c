//! What the octets of a message give away, field by field: for the owner, who wants to see what was sent. Absent on
//! purpose: decoding. What is shown is what went over the line.

use super::received::is_local;
use std::net::IpAddr;

/// Fields that are shown, and octets of the body.
const FIELDS: usize = 200;
const BODY: usize = 16 * 1024;

/// A message as the next server sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revealed {
    /// The header fields in order: name and value, folded lines as they are.
    pub fields: Vec<(String, String)>,
    /// The beginning of what stands below them.
    pub body: String,
    /// Whether there is more of it.
    pub more: bool,
    /// All its octets.
    pub size: u64,
    /// It names a program or a device.
    pub program: bool,
    /// It names an address of a home network, or a way that it took before it left.
    pub network: bool,
    /// Its date gives a time zone away.
    pub zone: bool,
    /// It names those who got a blind copy.
    pub hidden: bool,
}

/// Takes a message apart.
pub fn revealed(raw: &[u8]) -> Revealed {
    let end = memchr::memmem::find(raw, b"\r\n\r\n").map_or(raw.len(), |at| at + 2);
    let (head, body) = raw.split_at_checked(end).unwrap_or((raw, &[]));
    let body = body.strip_prefix(b"\r\n").unwrap_or(body);
    let shown = body.get(..BODY.min(body.len())).unwrap_or_default();
    let fields = fields(&String::from_utf8_lossy(head));
    let named = |names: &[&str]| {
        fields
            .iter()
            .any(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)))
    };
    let values = |known: &'static str| {
        fields
            .iter()
            .filter(move |(name, _)| name.eq_ignore_ascii_case(known))
            .map(|(_, value)| value)
    };
    Revealed {
        program: named(&["user-agent", "x-mailer", "x-newsreader", "x-mimeole"]),
        network: named(&["received", "x-originating-ip", "x-sender-ip"])
            || fields.iter().any(|(name, value)| !is_somebody(name) && names_home(value)),
        zone: values("date").any(|value| !["+0000", "-0000", "GMT", "UTC"].iter().any(|zone| value.trim_end().ends_with(zone))),
        hidden: named(&["bcc", "resent-bcc"]),
        body: String::from_utf8_lossy(shown).into_owned(),
        more: shown.len() < body.len(),
        size: raw.len() as u64,
        fields,
    }
}

fn fields(head: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        if let (true, Some((_, value))) = (line.starts_with([' ', '\t']), fields.last_mut()) {
            value.push('\n');
            value.push_str(line.trim_start());
        } else if let Some((name, value)) = line.split_once(':') {
            if fields.len() >= FIELDS {
                break;
            }
            fields.push((name.trim().to_owned(), value.trim_start().to_owned()));
        }
    }
    fields
}

/// Whether it names people: whom one writes to may well be in the same network.
fn is_somebody(name: &str) -> bool {
    ["from", "to", "cc", "reply-to"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether an address of a home network stands in it.
fn names_home(value: &str) -> bool {
    let parts = value.split(|c: char| !(c.is_ascii_hexdigit() || c == '.' || c == ':'));
    parts.filter(|part| part.len() >= 7).any(|part| {
        let address: Option<IpAddr> = part.trim_matches(['.', ':']).parse().ok();
        address.is_some_and(is_local)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gives_away_is_found_and_what_does_not_is_not() {
        let clean = "From: me@home.test\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\nSubject: a\r\n b\r\nMessage-ID: <1.2.3@home.test>\r\n\r\nx: 192.168.1.1\r\n";
        let found = revealed(clean.as_bytes());
        assert_eq!(found.fields.len(), 4);
        assert_eq!(found.fields[2], ("Subject".to_owned(), "a\nb".to_owned()));
        assert_eq!(
            (found.body.as_str(), found.more, found.size),
            ("x: 192.168.1.1\r\n", false, clean.len() as u64)
        );
        assert!(!(found.program || found.network || found.zone || found.hidden));
        for (field, expected) in [
            ("User-Agent: x", (true, false, false, false)),
            ("X-Thing: via 192.168.1.20 [x]", (false, true, false, false)),
            ("To: <a@[192.168.1.20]>", (false, false, false, false)),
            ("Received: by x", (false, true, false, false)),
            ("Date: Tue, 14 Nov 2023 22:13:20 +0200", (false, false, true, false)),
            ("Bcc: a@x.test", (false, false, false, true)),
            ("X-Thing: 8.8.8.8 10:20:30", (false, false, false, false)),
        ] {
            let found = revealed(format!("{field}\r\n\r\n").as_bytes());
            assert_eq!((found.program, found.network, found.zone, found.hidden), expected, "{field}");
        }
        for odd in [&b""[..], b"\r\n\r\n", b"no fields at all", b" folded\r\nfirst", &[0xff; 300]] {
            revealed(odd);
        }
    }
}
