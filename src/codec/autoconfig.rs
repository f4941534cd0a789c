//! What a provider publishes about its servers for mail programs (the "config-v1.1" file that Thunderbird reads). Only
//! the server of mailboxes is looked for, and only one over TLS.
//!
//! Read by looking for its words, not as XML: a handful of plain elements is all there is, and what cannot be found this
//! way is typed by hand.

use crate::domain::mailbox::Server;

/// The most octets of such a file.
pub const MOST: usize = 64 * 1024;

/// The server and the name to sign in with, for an address.
pub fn read(file: &[u8], address: &str) -> Option<(Server, String)> {
    let text = String::from_utf8_lossy(file.get(..MOST).unwrap_or(file));
    let (local, domain) = address.rsplit_once('@')?;
    let mut rest: &str = &text;
    while let Some((_, behind)) = rest.split_once("<incomingServer") {
        let (head, body) = behind.split_once('>')?;
        let (body, after) = body.split_once("</incomingServer>")?;
        rest = after;
        if !head.contains("\"imap\"") && !head.contains("'imap'") {
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
        if crate::domain::mailbox::is_host(&host) && !user.chars().any(char::is_control) {
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
            <port>993</port><socketType>SSL</socketType><username>%EMAILLOCALPART%</username></incomingServer></emailProvider>";
        let (server, user) = read(file, "ann@x.test").unwrap();
        assert_eq!(
            (server.host.as_str(), server.port, server.implicit, user.as_str()),
            ("imap.x.test", 993, true, "ann")
        );
        assert_eq!(read(b"<incomingServer type=\"imap\"><hostname>", "ann@x.test"), None);
        assert_eq!(read(b"", "ann@x.test"), None);
    }
}
