//! Writing a message of the box's own to its owner: plain text in UTF-8 (RFC 5322, RFC 2047, RFC 2045).
//!
//! It never leaves the box. Deliberately absent: HTML, which a word of ours does not need.

use crate::domain::time::Time;
use mail_builder::{
    MessageBuilder,
    headers::{date::Date, raw::Raw},
};

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// The address that the box writes from; its name is "Caliopen".
    pub from: &'a str,
    /// The owner's address.
    pub to: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The text, lines ended by LF.
    pub text: &'a str,
    /// When.
    pub at: Time,
    /// `Message-ID` without brackets.
    pub id: &'a str,
}

/// The octets of the message, lines ended by CRLF.
pub fn write(notice: &Notice<'_>) -> Vec<u8> {
    let message = MessageBuilder::new()
        .message_id(notice.id)
        .date(Date::new(notice.at.0))
        .from(("Caliopen", notice.from))
        .to(notice.to)
        .subject(notice.subject)
        // RFC 3834 section 5: nobody's holiday notice answers this.
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .text_body(notice.text.replace('\n', "\r\n"));
    // Writing to memory cannot fail.
    message.write_to_vec().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_it_was_written() {
        let raw = write(&Notice {
            from: "postmaster@home.test",
            to: "me@home.test",
            subject: "Un nouvel appareil s’est connecté",
            text: "Bonjour,\n\nFirefox sous Linux, à 15\u{202f}h.\nhttps://mail.home.test/devices/7/not-me\n",
            at: Time(1_795_000_000),
            id: "abc@mail.home.test",
        });
        assert!(
            raw.split(|byte| *byte == b'\n')
                .all(|line| line.is_empty() || line.ends_with(b"\r"))
        );
        let reading = super::super::read(&raw);
        assert_eq!(reading.subject, "Un nouvel appareil s’est connecté");
        assert_eq!(reading.message_id.as_deref(), Some("abc@mail.home.test"));
        assert_eq!(reading.date, Some(Time(1_795_000_000)));
        assert_eq!(reading.from[0].name, "Caliopen");
        assert_eq!(reading.from[0].address.as_str(), "postmaster@home.test");
        assert!(reading.text.contains("à 15\u{202f}h") && reading.text.contains("/devices/7/not-me"));
        assert!(reading.bulk && reading.defects.is_empty(), "{:?}", reading.defects);
    }
}
