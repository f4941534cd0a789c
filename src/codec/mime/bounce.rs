//! Notices that a message could not be delivered, or is late: RFC 3464 as Postfix, Exchange, Exim and most others write
//! it, and the two older forms that are still met, qmail's (QSBMF) and Exim's own.
//!
//! What is read is a claim of whoever wrote it. Absent on purpose: believing it (`service::returned` asks whether it is
//! about a message that was sent from here, to somebody that it was sent to), and notices of success, which nobody asked
//! for.

use super::{Message, READ, field, tree};
use crate::domain::address::Address;

/// Recipients of one notice that are read.
const MAX_ABOUT: usize = 100;
/// Octets of a part that are read.
const MAX_OCTETS: usize = 256 * 1024;
/// Characters of somebody's words that are kept.
const MAX_WORDS: usize = 500;

/// A notice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounce {
    /// The `Message-ID` of the message that it is about, without brackets.
    pub message_id: Option<String>,
    /// What it says of whom.
    pub about: Vec<About>,
}

/// What a notice says of one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The recipient, by the names that the notice has for it.
    pub addresses: Vec<Address>,
    /// Whether it is only late.
    pub late: bool,
    /// The code of the answer; 0 where none is told.
    pub code: u16,
    /// The words, in the remote's own.
    pub words: String,
    /// The server that said so; empty where it is not told.
    pub host: String,
}

/// The notice that a message is, if it is one.
pub fn bounce(raw: &[u8]) -> Option<Bounce> {
    let raw = tree::with_lines(raw);
    let message = Message {
        tree: tree::walk(&raw, READ),
        raw: &raw,
    };
    let part = |kinds: &[(&str, &str)]| {
        let is = |part: &&tree::Part| kinds.iter().any(|(kind, subtype)| part.content_type.is(kind, subtype));
        let part = message.tree.parts.iter().find(is)?;
        Some(text(&message.octets(part).0))
    };
    let original = part(&[
        ("message", "rfc822"),
        ("text", "rfc822-headers"),
        ("message", "rfc822-headers"),
        ("message", "global"),
        ("message", "global-headers"),
    ]);
    let mut found = match part(&[("message", "delivery-status"), ("message", "global-delivery-status")]) {
        Some(status) => from_status(&status),
        None => {
            let words = part(&[("text", "plain")])?;
            let root = message.tree.parts.first()?;
            let head = raw.get(root.headers.clone()).unwrap_or_default();
            let failed = field::first(head, "x-failed-recipients").map(|value| String::from_utf8_lossy(value).into_owned());
            match failed {
                Some(failed) => from_exim(&failed, &words),
                None if words.trim_start().starts_with("Hi. This is the") => from_qmail(&words),
                None => return None,
            }
        }
    };
    found.about.truncate(MAX_ABOUT);
    if found.message_id.is_none() {
        found.message_id = original.as_deref().and_then(message_id);
    }
    (!found.about.is_empty()).then_some(found)
}

fn text(octets: &[u8]) -> String {
    let octets = octets.get(..octets.len().min(MAX_OCTETS)).unwrap_or_default();
    String::from_utf8_lossy(octets).replace("\r\n", "\n")
}

/// The first `Message-ID` in a block of header fields.
fn message_id(block: &str) -> Option<String> {
    let (_, value) = groups(block)
        .into_iter()
        .next()?
        .into_iter()
        .find(|(name, _)| name == "message-id")?;
    let id = value.trim().trim_start_matches('<').split('>').next()?.trim().to_owned();
    (!id.is_empty()).then_some(id)
}

/// Blocks of fields, apart by empty lines; names in lower case, folded lines joined.
fn groups(text: &str) -> Vec<Vec<(String, String)>> {
    let mut groups: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in text.lines() {
        if line.trim().is_empty() {
            if groups.last().is_some_and(|group| !group.is_empty()) {
                groups.push(Vec::new());
            }
            if groups.len() > MAX_ABOUT + 2 {
                break;
            }
        } else if let Some(group) = groups.last_mut() {
            match (line.starts_with([' ', '\t']), group.last_mut(), line.split_once(':')) {
                (true, Some((_, value)), _) => {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                (false, _, Some((name, value))) => group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned())),
                _ => {}
            }
        }
    }
    groups
}

/// What stands behind the type of a value such as `rfc822; a@x.test` (RFC 3464 section 2.1.2).
fn typed(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, rest)| rest).trim()
}

fn address(text: &str) -> Option<Address> {
    Address::parse(text.trim().trim_matches(['<', '>'])).ok()
}

/// RFC 3464 section 2: a block about the message, then one for each recipient.
fn from_status(status: &str) -> Bounce {
    let mut found = Bounce::default();
    let mut reporter = String::new();
    for group in groups(status) {
        let value = |wanted: &str| group.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        if let Some(value) = value("reporting-mta") {
            reporter = typed(value).to_owned();
        }
        let names = ["original-recipient", "final-recipient"].into_iter().filter_map(value);
        let addresses: Vec<Address> = names.filter_map(|value| address(typed(value))).collect();
        if addresses.is_empty() {
            continue;
        }
        let (action, status) = (
            value("action").unwrap_or_default().to_ascii_lowercase(),
            value("status").unwrap_or_default(),
        );
        let late = match action.split_whitespace().next().unwrap_or_default() {
            "failed" => false,
            "delayed" => true,
            "" if status.starts_with('5') => false,
            "" if status.starts_with('4') => true,
            _ => continue,
        };
        let diagnostic = typed(value("diagnostic-code").unwrap_or_default());
        let words = if diagnostic.is_empty() { status } else { diagnostic };
        let (code, words) = coded(words);
        found.about.push(About {
            addresses,
            late,
            code,
            words,
            host: value("remote-mta").map_or(reporter.as_str(), typed).to_owned(),
        });
    }
    found
}

/// The code at the beginning of an answer, and its words, in one line.
fn coded(text: &str) -> (u16, String) {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (code, rest) = match text.get(..3).map(|digits| (digits, digits.parse::<u16>())) {
        Some((digits, Ok(code))) if (400..600).contains(&code) && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            (code, text.get(3..).unwrap_or_default().trim_start_matches(['-', ' ']))
        }
        _ => (0, text.as_str()),
    };
    (code, rest.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect())
}

/// qmail's bounces (QSBMF): a paragraph for each recipient, `<address>:` and why, until the copy of the message.
fn from_qmail(words: &str) -> Bounce {
    let (said, copy) = split(words, "--- ");
    let mut found = Bounce {
        message_id: message_id(&copy),
        ..Bounce::default()
    };
    for paragraph in said.split("\n\n") {
        let mut lines = paragraph.trim().lines();
        let whom = lines.next().and_then(|line| line.strip_prefix('<')?.strip_suffix(">:"));
        let Some(whom) = whom.and_then(address) else { continue };
        let why = lines.collect::<Vec<_>>().join(" ");
        // "Remote host said: 550 …", or words of qmail's own.
        let (before, remote) = why.split_once("said:").unwrap_or(("", &why));
        let (code, words) = coded(remote);
        found.about.push(About {
            addresses: vec![whom],
            late: false,
            code,
            words,
            host: before
                .split_whitespace()
                .next()
                .filter(|host| host.contains('.'))
                .unwrap_or_default()
                .to_owned(),
        });
    }
    found
}

/// Exim's own form: the addresses in a field, the reasons below each address, then the copy of the message.
fn from_exim(failed: &str, words: &str) -> Bounce {
    let (said, copy) = split(words, "------ This is a copy of");
    let lines: Vec<&str> = said.lines().collect();
    let about = |whom: Address| {
        let at = lines
            .iter()
            .position(|line| address(line.trim().trim_end_matches(':')).is_some_and(|named| named == whom));
        let why = lines.iter().skip(at.map_or(lines.len(), |at| at + 1));
        let why: Vec<&str> = why.map(|line| line.trim()).take_while(|line| !line.is_empty()).collect();
        let why = why.join(" ");
        // "host mx.x.test [192.0.2.1]: 550 no such user", or words of Exim's own.
        let named = why.split_once("host ").and_then(|(_, rest)| rest.split_whitespace().next());
        let remote = why.split_once("]: ").map_or(why.as_str(), |(_, remote)| remote);
        let (code, words) = coded(remote);
        About {
            addresses: vec![whom],
            late: false,
            code,
            words,
            host: named.unwrap_or_default().to_owned(),
        }
    };
    Bounce {
        message_id: message_id(&copy),
        about: failed.split(',').filter_map(address).take(MAX_ABOUT).map(about).collect(),
    }
}

/// What stands before the line that begins so, and the block of fields that follows it.
fn split(words: &str, mark: &str) -> (String, String) {
    let mut lines = words.lines();
    let said: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with(mark)).collect();
    let copy: Vec<&str> = lines.skip_while(|line| !line.contains(':')).collect();
    (said.join("\n"), copy.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(status: &str, original: &str) -> Vec<u8> {
        format!(
            "From: MAILER-DAEMON@mx.test\nTo: me@home.test\nSubject: Undelivered\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\nSorry.\n\n\
             --b\nContent-Type: message/delivery-status\n\n{status}\n\n--b\nContent-Type: message/rfc822\n\n{original}\n\n--b--\n"
        )
        .replace('\n', "\r\n")
        .into_bytes()
    }

    const ORIGINAL: &str = "From: me@home.test\nMessage-ID:\n <abc@home.test>\nSubject: s\n\nMessage-ID: <no@home.test>";

    #[test]
    fn a_standard_notice_is_read_recipient_by_recipient() {
        let status = "Reporting-MTA: dns; mx.test\nArrival-Date: x\n\nFinal-Recipient: rfc822; a@x.test\n\
            Original-Recipient: rfc822;alias@x.test\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; in.x.test\n\
            Diagnostic-Code: smtp; 550 5.1.1 no such\n    user here\n\nFinal-Recipient: rfc822; b@x.test\nAction: delayed\n\
            Status: 4.4.1\n\nFinal-Recipient: rfc822; c@x.test\nAction: relayed\nStatus: 2.0.0\n";
        let found = bounce(&report(status, ORIGINAL)).unwrap();
        assert_eq!(found.message_id.as_deref(), Some("abc@home.test"));
        let [failed, late] = found.about.as_slice() else {
            panic!("{found:?}")
        };
        let names: Vec<&str> = failed.addresses.iter().map(Address::as_str).collect();
        assert_eq!(names, ["alias@x.test", "a@x.test"]);
        assert_eq!(
            (failed.code, failed.words.as_str(), failed.host.as_str()),
            (550, "5.1.1 no such user here", "in.x.test")
        );
        assert_eq!((failed.late, late.late), (false, true));
        assert_eq!((late.code, late.words.as_str(), late.host.as_str()), (0, "4.4.1", "mx.test"));
    }

    #[test]
    fn older_forms_are_read() {
        let qmail = "From: MAILER-DAEMON@x.test\n\nHi. This is the qmail-send program at mx.test.\nI'm afraid I wasn't able to deliver.\n\n\
            <a@x.test>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 unknown\nGiving up on 192.0.2.1.\n\n\
            --- Below this line is a copy of the message.\n\nReturn-Path: <me@home.test>\nMessage-ID: <abc@home.test>\n\nbody";
        let found = bounce(qmail.as_bytes()).unwrap();
        assert_eq!((found.message_id.as_deref(), found.about[0].code), (Some("abc@home.test"), 550));
        let exim = "From: Mail Delivery System <x@mx.test>\nX-Failed-Recipients: a@x.test, b@x.test\n\n\
            This message was created automatically by mail delivery software.\n\n  a@x.test\n    host in.x.test [192.0.2.1]:\n    550 mailbox full\n\n\
            ------ This is a copy of the message, including all the headers. ------\n\nMessage-Id: <abc@home.test>\n\nbody";
        let found = bounce(exim.as_bytes()).unwrap();
        assert_eq!((found.message_id.as_deref(), found.about.len()), (Some("abc@home.test"), 2));
        let first = &found.about[0];
        assert_eq!(
            (first.code, first.words.as_str(), first.host.as_str()),
            (550, "mailbox full", "in.x.test")
        );
    }

    #[test]
    fn what_is_no_notice_is_none() {
        for text in [
            "",
            "From: a@x.test\n\nHello",
            "Subject: Undelivered Mail Returned to Sender\n\nfailed: a@x.test",
        ] {
            assert_eq!(bounce(text.as_bytes()), None);
        }
        assert_eq!(
            bounce(&report(
                "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@x.test\nAction: delivered",
                ORIGINAL
            )),
            None
        );
    }
}
