//! What a provider publishes about its servers for mail programs (the "config-v1.1" file that Thunderbird reads): the
//! server of mailboxes, and the one that passes mail on. Only those over TLS are looked for.
//!
//! Read by looking for its words, not as XML: a handful of plain elements is all there is, and what cannot be found this
//! way is typed by hand.

use crate::domain::mailbox::{Server, is_host};

/// The most octets of such a file.
pub const MOST: usize = 64 * 1024;

/// The server of an address's mailbox and the name to sign in with.
pub fn incoming(file: &[u8], address: &str) -> Option<(Server, String)> {
    server(file, address, "incomingServer", "imap")
}

/// The server that passes on what is written from an address.
pub fn outgoing(file: &[u8], address: &str) -> Option<Server> {
    Some(server(file, address, "outgoingServer", "smtp")?.0)
}

fn server(file: &[u8], address: &str, wanted: &str, kind: &str) -> Option<(Server, String)> {
    let text = String::from_utf8_lossy(file.get(..MOST).unwrap_or(file));
    let (local, domain) = address.rsplit_once('@')?;
    let (begin, end) = (format!("<{wanted}"), format!("</{wanted}>"));
    let kinds = [format!("\"{kind}\""), format!("'{kind}'")];
    let mut rest: &str = &text;
    while let Some((_, behind)) = rest.split_once(&begin) {
        let (head, body) = behind.split_once('>')?;
        let (body, after) = body.split_once(&end)?;
        rest = after;
        if !kinds.iter().any(|kind| head.contains(kind)) {
            continue;
        }
        let implicit = match element(body, "socketType") {
            Some("SSL") => true,
            Some("STARTTLS") => false,
            _ => continue,
        };
        let fill = |text: &str| {
            text.replace("%EMAILADDRESS%", address)
                .replace("%EMAILLOCALPART%", local)
                .replace("%EMAILDOMAIN%", domain)
        };
        let host = fill(element(body, "hostname")?).to_lowercase();
        let port = element(body, "port")?.parse().ok()?;
        let user = element(body, "username").map_or_else(|| address.to_owned(), fill);
        if is_host(&host) && port > 0 && !user.chars().any(char::is_control) {
            return Some((Server { host, port, implicit }, user));
        }
    }
    None
}

fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, behind) = body.split_once(&format!("<{name}>"))?;
    Some(behind.split_once("</")?.0.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_server_over_tls_is_found() {
        let file = b"<clientConfig><emailProvider id=\"x\"><incomingServer type=\"pop3\"><hostname>pop.x.test</hostname><port>995</port>\
            <socketType>SSL</socketType></incomingServer><incomingServer type=\"imap\"><hostname>plain.x.test</hostname><port>143</port>\
            <socketType>plain</socketType></incomingServer><incomingServer type=\"imap\"> <hostname> IMAP.%EMAILDOMAIN% </hostname>\
            <port>993</port><socketType>SSL</socketType><username>%EMAILLOCALPART%</username></incomingServer>\
            <outgoingServer type='smtp'><hostname>out.x.test</hostname><port>587</port><socketType>STARTTLS</socketType></outgoingServer>\
            </emailProvider>";
        let (server, user) = incoming(file, "ann@x.test").unwrap();
        assert_eq!(
            (server.host.as_str(), server.port, server.implicit, user.as_str()),
            ("imap.x.test", 993, true, "ann")
        );
        let server = outgoing(file, "ann@x.test").unwrap();
        assert_eq!((server.host.as_str(), server.port, server.implicit), ("out.x.test", 587, false));
        assert_eq!(incoming(b"<incomingServer type=\"imap\"><hostname>", "ann@x.test"), None);
        assert_eq!(outgoing(b"", "ann@x.test"), None);
    }
}
