//! What the door says: every reply with its code (RFC 5321 section 4.2) and its enhanced code (RFC 3463,
//! RFC 5248), in one table.
//!
//! Absent on purpose: anything the peer said. A reply that echoes nothing can be made to say nothing.

/// One reply; a line of it stays below the 512 octets of RFC 5321 section 4.5.3.1.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The code of three digits.
    pub code: u16,
    /// The enhanced code; empty for 354, where RFC 2034 has none.
    pub enhanced: &'static str,
    /// The words.
    pub text: &'static str,
}

impl Reply {
    /// Whether it refuses (4xx or 5xx).
    pub fn refuses(&self) -> bool {
        self.code >= 400
    }

    /// Writes it as one line.
    pub fn write(&self, out: &mut Vec<u8>) {
        let gap = if self.enhanced.is_empty() { "" } else { " " };
        out.extend_from_slice(format!("{} {}{gap}{}\r\n", self.code, self.enhanced, self.text).as_bytes());
    }
}

/// The greeting. No version: it helps nobody but an attacker.
pub fn greeting(host: &str) -> String {
    format!("220 {host} ESMTP Caliopen\r\n")
}

/// The answer to HELO.
pub fn helo(host: &str) -> String {
    format!("250 {host}\r\n")
}

/// The answer to EHLO: what this door can do. STARTTLS is offered once only (RFC 3207 section 4.2).
pub fn ehlo(host: &str, max_message: usize, offer_tls: bool) -> String {
    let tls = if offer_tls { "250-STARTTLS\r\n" } else { "" };
    format!(
        "250-{host}\r\n250-SIZE {max_message}\r\n{tls}250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250-CHUNKING\r\n\
         250-ENHANCEDSTATUSCODES\r\n250 HELP\r\n"
    )
}

macro_rules! replies {
    ($($(#[$doc:meta])* $name:ident = $code:literal $enhanced:literal $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Reply = Reply { code: $code, enhanced: $enhanced, text: $text };)*

        #[cfg(test)]
        const ALL: &[Reply] = &[$($name),*];
    };
}

replies! {
    /// MAIL taken.
    SENDER_OK = 250 "2.1.0" "Sender noted";
    /// RCPT taken.
    RECIPIENT_OK = 250 "2.1.5" "Recipient accepted";
    /// A chunk taken (RFC 3030).
    CHUNK_OK = 250 "2.0.0" "Chunk received";
    /// The message is on the disk.
    KEPT = 250 "2.0.0" "Message kept";
    /// RSET, NOOP.
    OK = 250 "2.0.0" "Done";
    /// VRFY (RFC 5321 section 7.3 lets us keep it to ourselves).
    VERIFY = 252 "2.0.0" "Send the message and see";
    /// HELP.
    HELP = 214 "2.0.0" "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY STARTTLS QUIT";
    /// QUIT.
    BYE = 221 "2.0.0" "Goodbye";
    /// STARTTLS.
    TLS_READY = 220 "2.0.0" "Ready to start TLS";
    /// DATA.
    GO_AHEAD = 354 "" "Send the message, then a line with a dot alone";

    /// The appliance stops.
    CLOSING = 421 "4.3.2" "This service is stopping, try again later";
    /// The box has no owner yet.
    NOT_YET = 421 "4.3.2" "This mailbox is being set up, try again later";
    /// Idle too long.
    IDLE = 421 "4.4.2" "Nothing was said for too long";
    /// Too long for one message.
    SLOW = 421 "4.4.2" "No message was finished in time";
    /// No place left.
    FULL = 421 "4.7.0" "Too many connections, try again later";
    /// Our place is given to somebody else.
    MAKE_ROOM = 421 "4.7.0" "Too many connections, try again later and speak sooner";
    /// Too many from one network.
    CROWDED = 421 "4.7.0" "Too many connections from your network, try again later";
    /// Too many refused commands.
    TOO_MANY_ERRORS = 421 "4.7.0" "Too many errors";
    /// Too many commands without a message.
    TOO_MANY_COMMANDS = 421 "4.7.0" "Too many commands without a message";

    /// Locked.
    LOCKED = 451 "4.3.0" "The mailbox cannot take messages just now, try again later";
    /// Nearly nothing but spam comes from that network.
    NUISANCE = 451 "4.7.1" "Too much spam from your network, try again later";
    /// The store cannot write, or the memory for messages is used up.
    STORAGE = 452 "4.3.1" "There is no room just now, try again later";
    /// More recipients than one message may have.
    MANY_RECIPIENTS = 452 "4.5.3" "Too many recipients, send the message again for the others";

    /// No such command.
    UNKNOWN = 500 "5.5.1" "Unknown command";
    /// A line longer than any command.
    LONG_COMMAND = 500 "5.5.2" "The line is too long";
    /// Something that no command may contain.
    BAD_COMMAND = 500 "5.5.2" "A command is text without control characters, and ends with CR LF";
    /// A command with arguments that it does not have, or without those that it needs.
    SYNTAX = 501 "5.5.4" "The command is not written like that";
    /// Known, not offered.
    NOT_OFFERED = 502 "5.5.1" "This command is not offered here";
    /// Out of order: EHLO first.
    HELLO_FIRST = 503 "5.5.1" "Say EHLO first";
    /// Out of order: MAIL first.
    MAIL_FIRST = 503 "5.5.1" "Say MAIL first";
    /// Out of order: RCPT first.
    RECIPIENT_FIRST = 503 "5.5.1" "No recipient was accepted";
    /// MAIL inside a transaction.
    ALREADY = 503 "5.5.1" "There is a message under way already";
    /// MAIL, RCPT or DATA between two BDAT.
    IN_CHUNKS = 503 "5.5.1" "The message is being sent in chunks: send the next, or RSET";
    /// STARTTLS inside TLS.
    TLS_ALREADY = 503 "5.5.1" "This connection is encrypted already";
    /// A parameter of MAIL or RCPT that is not offered.
    PARAMETER = 555 "5.5.4" "A parameter is not known here";
    /// The reverse-path is no address.
    BAD_SENDER = 553 "5.1.7" "The sender's address cannot be read";
    /// The forward-path is no address.
    BAD_RECIPIENT = 553 "5.1.3" "The recipient's address cannot be read";
    /// A non-ASCII address without SMTPUTF8 (RFC 6531 section 3.5).
    NEEDS_UTF8 = 553 "5.6.7" "An address with such characters needs SMTPUTF8";
    /// Nobody here.
    NOBODY = 550 "5.1.1" "There is nobody of that name here";
    /// The domain in From asks for it (RFC 7489 section 10.3, RFC 7372 section 3.4).
    FORGED = 550 "5.7.26" "The domain in From asks for messages like this one to be refused (DMARC)";
    /// The owner refused whoever wrote it.
    TURNED_AWAY = 550 "5.7.1" "The recipient does not accept mail from this sender";
    /// Not ours.
    ELSEWHERE = 550 "5.7.1" "Mail for other domains is not relayed";
    /// More than [`super::limits::Limits::message`].
    TOO_LARGE = 552 "5.3.4" "The message is too large";
    /// A CR without LF or an LF without CR in the message.
    BARE = 554 "5.6.11" "A line must end with CR LF, and neither may stand alone";
    /// A text line beyond [`super::limits::MAX_LINE`].
    LONG_LINE = 554 "5.6.0" "A line of the message is longer than 2000 octets";
    /// More parts, deeper, or longer headers than will be read.
    COMPLEX = 554 "5.6.0" "The message has too many parts or too long headers";
    /// A browser that was led here.
    WEB = 554 "5.5.1" "This is a mail server";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reply_is_one_short_line_and_its_two_codes_agree() {
        for reply in ALL {
            let mut out = Vec::new();
            reply.write(&mut out);
            assert!(out.len() <= 512 && out.is_ascii() && out.ends_with(b"\r\n"), "{reply:?}");
            assert_eq!(out.iter().filter(|octet| octet.is_ascii_control()).count(), 2, "{reply:?}");
            if !reply.enhanced.is_empty() {
                assert_eq!(reply.enhanced.as_bytes()[0] - b'0', (reply.code / 100) as u8, "{reply:?}");
            }
        }
    }

    #[test]
    fn tls_is_offered_once() {
        let before = ehlo("mx.example", 1000, true);
        let after = ehlo("mx.example", 1000, false);
        assert!(before.contains("250-STARTTLS\r\n") && !after.contains("STARTTLS"));
        for text in [before, after] {
            assert!(text.starts_with("250-mx.example\r\n") && text.ends_with("250 HELP\r\n"));
            assert!(text.contains("250-SIZE 1000\r\n") && !text.contains("AUTH"));
        }
    }
}
