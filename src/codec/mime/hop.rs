//! `Received` lines of earlier servers (RFC 5321 section 4.4): claims, and read as such.

use super::field;
use crate::domain::{time::Time, transport::Hop};
use mail_parser::{Host, Received, parsers::MessageStream};

/// Octets of a line that are read, and lines of a message.
const MAX_LINE: usize = 4 * 1024;
const MAX_HOPS: usize = 50;

/// The hops that a header block names, newest first as they stand.
pub(super) fn hops(block: &[u8]) -> Vec<Hop> {
    field::all(block, "received").filter_map(hop).take(MAX_HOPS).collect()
}

fn hop(value: &[u8]) -> Option<Hop> {
    let value = value.get(..MAX_LINE).unwrap_or(value).trim_ascii();
    let text = String::from_utf8_lossy(value).replace('\0', " ");
    let mut line = text.clone().into_bytes();
    line.push(b'\n');
    let parsed = MessageStream::new(&line).parse_received().into_received()?;
    let name = |host: &Option<Host<'_>>| {
        host.as_ref()
            .map(|host| field::clean_line(&host.to_string(), 255))
            .unwrap_or_default()
    };
    let at = text.rsplit_once(';').and_then(|(_, date)| field::date(date.as_bytes()));
    // `(qmail 7 invoked from network)` and `by host (from userid 7)` name no host.
    let by = name(&parsed.by);
    let begins = text.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("from"));
    let from = if begins { name(&parsed.from) } else { String::new() };
    (!from.is_empty() || !by.is_empty()).then(|| Hop {
        from,
        by,
        with: parsed.with.map(|protocol| protocol.as_str().to_owned()).unwrap_or_default(),
        encrypted: encrypted(&parsed, &text.to_ascii_lowercase()),
        at: at.filter(|at| *at > Time(0)),
    })
}

/// Whether the line says that its hop was encrypted: by the protocol's name (RFC 3848: the `S` of
/// `ESMTPS`), or by a comment that tells the TLS session. Plain SMTP without either says that it was
/// not; anything else, and a hop that never left its machine, says nothing.
fn encrypted(received: &Received<'_>, text: &str) -> Option<bool> {
    const TOLD: [&str; 7] = ["version=tls", "using tls", "(tls", "tls_", "cipher=", "encrypted) smtp", "over tls"];
    let protocol = received.with.map(|protocol| protocol.as_str()).unwrap_or_default();
    let secured = matches!(protocol, "HTTPS") || (protocol.contains("MTP") && (protocol.ends_with("PS") || protocol.ends_with("PSA")));
    if secured || received.tls_version.is_some() || received.tls_cipher.is_some() || TOLD.iter().any(|sign| text.contains(sign)) {
        return Some(true);
    }
    let local = received.from_ip.is_some_and(|ip| ip.is_loopback())
        || matches!(&received.from, Some(Host::IpAddr(ip)) if ip.is_loopback())
        || matches!(&received.from, Some(Host::Name(name)) if name.eq_ignore_ascii_case("localhost"));
    // Without a `from` it tells of no way between two machines: Gmail so marks what its own web page sent.
    (protocol.contains("SMTP") && !local && text.starts_with("from")).then_some(false)
}
