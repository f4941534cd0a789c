//! One command line becomes one [`Command`]. The grammar is `smtp-proto`'s; what is here is what that
//! crate leaves to its user, and each has a test below:
//!
//! * it takes a bare LF as the end of a line, drops a bare CR, and lets control characters through in a
//!   quoted string: a line comes here whole, ended by CRLF (`stream`), and any other control refuses it;
//! * `<Postmaster>` comes back as the empty address, which is also what `<>` is;
//! * a quoted local part comes back without its quotes: they are put back where they are needed;
//! * an address literal (`name@[192.0.2.1]`) is refused: it is read behind a stand-in;
//! * a number beyond 64 bits starts again from its last digits, so that a BDAT of 10²⁰ octets becomes one of
//!   a few: such numbers never get there;
//! * arguments of commands that have none are passed over: they are refused (RFC 5321 section 4.3.2).

use super::reply::{self, Reply};
use smtp_proto::{Error, MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MAIL_SMTPUTF8, MailFrom, RcptTo, Request};
use std::borrow::Cow;

/// What a peer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// EHLO or HELO.
    Hello {
        /// The peer's name, its word only; letters, digits and `.-_:[]`, anything else is `?`.
        name: String,
        /// EHLO.
        extended: bool,
    },
    /// MAIL.
    Mail {
        /// The reverse-path; `None` is the null one.
        from: Option<String>,
        /// SIZE (RFC 1870) in octets; 0 where it was not given.
        size: usize,
        /// SMTPUTF8 (RFC 6531).
        utf8: bool,
    },
    /// RCPT.
    Rcpt {
        /// The forward-path: `local@domain`, or `postmaster` alone.
        to: String,
    },
    /// DATA.
    Data,
    /// BDAT (RFC 3030).
    Chunk {
        /// Octets that follow.
        size: usize,
        /// Whether it ends the message.
        last: bool,
    },
    /// STARTTLS.
    StartTls,
    /// RSET.
    Reset,
    /// NOOP.
    Noop,
    /// VRFY.
    Verify,
    /// HELP.
    Help,
    /// QUIT.
    Quit,
}

/// Why a line is no command that can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Say so, and listen on.
    Refuse(Reply),
    /// Say so and close: what follows cannot be trusted to be commands.
    Close(Reply),
}

use Wrong::{Close, Refuse};

/// Methods of HTTP. A web page can make a browser post to any port, and the lines of its form would be
/// tried as commands one by one.
const WEB: &[&str] = &["GET", "POST", "PUT", "HEAD", "CONNECT", "OPTIONS", "DELETE", "PATCH"];

impl Command {
    /// Reads one line, with its CRLF.
    pub fn parse(line: &[u8]) -> Result<Self, Wrong> {
        let text = line.strip_suffix(b"\r\n").and_then(|text| std::str::from_utf8(text).ok());
        let Some(text) = text.filter(|text| !text.contains(char::is_control)) else {
            return Err(Refuse(reply::BAD_COMMAND));
        };
        let verb = text.split(' ').find(|word| !word.is_empty()).unwrap_or_default();
        if WEB.iter().any(|method| verb.eq_ignore_ascii_case(method)) {
            return Err(Close(reply::WEB));
        }
        if let Some(wrong) = huge_number(text, verb) {
            return Err(wrong);
        }
        let (stand_in, literal) = without_literal(text);
        let mut line = Vec::with_capacity(stand_in.len() + 2);
        line.extend_from_slice(stand_in.as_bytes());
        line.extend_from_slice(b"\r\n");
        match Request::parse(&mut line.iter()) {
            Ok(request) => Self::from_request(request, text, literal),
            Err(error) => Err(wrong(&error, verb)),
        }
    }

    fn from_request(request: Request<Cow<'_, str>>, text: &str, literal: Option<&str>) -> Result<Self, Wrong> {
        let alone = |command: Self| {
            let lonely = text.split_ascii_whitespace().count() == 1;
            if lonely { Ok(command) } else { Err(Refuse(reply::SYNTAX)) }
        };
        match request {
            Request::Ehlo { host } => Ok(hello(&host, true)),
            Request::Helo { host } => Ok(hello(&host, false)),
            Request::Mail { from } => mail(&from, path(text), literal),
            Request::Rcpt { to } => rcpt(&to, path(text), literal),
            Request::Data => alone(Self::Data),
            Request::Bdat { chunk_size, is_last } => Ok(Self::Chunk {
                size: chunk_size,
                last: is_last,
            }),
            Request::StartTls => alone(Self::StartTls),
            Request::Rset => alone(Self::Reset),
            Request::Noop { .. } => Ok(Self::Noop),
            Request::Vrfy { .. } => Ok(Self::Verify),
            Request::Help { .. } => Ok(Self::Help),
            Request::Quit => alone(Self::Quit),
            Request::Lhlo { .. }
            | Request::Auth { .. }
            | Request::Expn { .. }
            | Request::Etrn { .. }
            | Request::Atrn { .. }
            | Request::Burl { .. } => Err(Refuse(reply::NOT_OFFERED)),
        }
    }
}

/// The refusal for what the grammar did not take. After a BDAT without a size that can be read, nobody
/// knows where the message ends and the next command begins.
fn wrong(error: &Error, verb: &str) -> Wrong {
    match error {
        _ if verb.eq_ignore_ascii_case("BDAT") => Close(reply::SYNTAX),
        _ if ["AUTH", "EXPN", "ETRN", "ATRN", "BURL", "LHLO", "TURN"]
            .iter()
            .any(|known| verb.eq_ignore_ascii_case(known)) =>
        {
            Refuse(reply::NOT_OFFERED)
        }
        Error::UnknownCommand => Refuse(reply::UNKNOWN),
        Error::InvalidSenderAddress => Refuse(reply::BAD_SENDER),
        Error::InvalidRecipientAddress => Refuse(reply::BAD_RECIPIENT),
        Error::UnsupportedParameter { .. } => Refuse(reply::PARAMETER),
        _ => Refuse(reply::SYNTAX),
    }
}

/// The refusal for a SIZE or a chunk of more than 18 digits.
fn huge_number(text: &str, verb: &str) -> Option<Wrong> {
    let is_huge = |digits: &str| digits.trim_start_matches('0').len() > 18;
    if verb.eq_ignore_ascii_case("BDAT") {
        let size = text.split_ascii_whitespace().nth(1)?;
        return is_huge(size).then_some(Close(reply::SYNTAX));
    }
    let parameters = text.rsplit_once('>')?.1.split_ascii_whitespace();
    let sizes = parameters.filter_map(|word| word.split_once('=').filter(|(key, _)| key.eq_ignore_ascii_case("SIZE")));
    sizes.map(|(_, size)| size).any(is_huge).then_some(Refuse(reply::TOO_LARGE))
}

fn hello(name: &str, extended: bool) -> Command {
    let harmless = |c: char| if c.is_alphanumeric() || ".-_:[]".contains(c) { c } else { '?' };
    Command::Hello {
        name: name.chars().map(harmless).collect(),
        extended,
    }
}

fn mail(mail: &MailFrom<Cow<'_, str>>, path: &str, literal: Option<&str>) -> Result<Command, Wrong> {
    let offered = MAIL_BODY_7BIT | MAIL_BODY_8BITMIME | MAIL_SMTPUTF8;
    let unasked = mail.trans_id.is_some() || mail.env_id.is_some() || mail.solicit.is_some() || mail.mtrk.is_some() || mail.auth.is_some();
    if mail.flags & !offered != 0 || unasked || mail.hold_for != 0 || mail.hold_until != 0 || mail.mt_priority != 0 {
        return Err(Refuse(reply::PARAMETER));
    }
    let utf8 = mail.flags & MAIL_SMTPUTF8 != 0;
    let from = match (mail.address.is_empty(), path.is_empty()) {
        (true, true) => None,
        (true, false) => return Err(Refuse(reply::BAD_SENDER)),
        _ => Some(quoted(&mail.address, literal)),
    };
    if !utf8 && from.as_ref().is_some_and(|from| !from.is_ascii()) {
        return Err(Refuse(reply::NEEDS_UTF8));
    }
    Ok(Command::Mail {
        from,
        size: mail.size,
        utf8,
    })
}

fn rcpt(rcpt: &RcptTo<Cow<'_, str>>, path: &str, literal: Option<&str>) -> Result<Command, Wrong> {
    if rcpt.flags != 0 || rcpt.orcpt.is_some() || rcpt.rrvs != 0 {
        return Err(Refuse(reply::PARAMETER));
    }
    let to = match rcpt.address.as_ref() {
        "" if path.eq_ignore_ascii_case("postmaster") => "postmaster".to_owned(),
        "" => return Err(Refuse(reply::BAD_RECIPIENT)),
        address => quoted(address, literal),
    };
    Ok(Command::Rcpt { to })
}

/// What stands between the first `<` and the next `>`.
fn path(text: &str) -> &str {
    text.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or("", |(path, _)| path.trim())
}

/// The line with the address literal of its path, if it has one, hidden behind as many letters.
fn without_literal(text: &str) -> (Cow<'_, str>, Option<&str>) {
    let found = text.split_once("@[").and_then(|(before, rest)| {
        let (inside, after) = rest.split_once("]>")?;
        let sane = !inside.is_empty() && inside.chars().all(|c| c.is_ascii_alphanumeric() || ":.-".contains(c));
        sane.then_some((before, inside, after))
    });
    let Some((before, inside, after)) = found else {
        return (Cow::Borrowed(text), None);
    };
    let hidden = format!("{before}@{}>{after}", "x".repeat(inside.len() + 2));
    (Cow::Owned(hidden), Some(inside))
}

/// The address with the quotes that its local part needs (RFC 5321 section 4.1.2) and the literal that
/// its domain was. The last `@` divides: a domain has none.
fn quoted(address: &str, literal: Option<&str>) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let domain = literal.map_or(Cow::Borrowed(domain), |inside| Cow::Owned(format!("[{inside}]")));
    let atext = |c: char| c.is_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let plain = local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(atext));
    if plain {
        format!("{local}@{domain}")
    } else {
        let local = local.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{local}\"@{domain}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, Wrong> {
        Command::parse(format!("{line}\r\n").as_bytes())
    }

    fn rcpt(line: &str) -> Result<String, Wrong> {
        match parse(line)? {
            Command::Rcpt { to } => Ok(to),
            other => panic!("{other:?}"),
        }
    }

    fn mail(line: &str) -> Result<(Option<String>, usize, bool), Wrong> {
        match parse(line)? {
            Command::Mail { from, size, utf8 } => Ok((from, size, utf8)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn commands_are_read_in_any_case() {
        for (line, command) in [
            ("DATA", Command::Data),
            ("data", Command::Data),
            ("RSET", Command::Reset),
            ("NOOP", Command::Noop),
            ("noop words are allowed", Command::Noop),
            ("VRFY alice", Command::Verify),
            ("HELP", Command::Help),
            ("HELP MAIL", Command::Help),
            ("QUIT", Command::Quit),
            ("StartTLS", Command::StartTls),
            ("BDAT 5 LAST", Command::Chunk { size: 5, last: true }),
            ("bdat 0", Command::Chunk { size: 0, last: false }),
        ] {
            assert_eq!(parse(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_is_no_command_is_refused_for_its_own_reason() {
        for (line, wrong) in [
            ("", Refuse(reply::UNKNOWN)),
            ("FAKE", Refuse(reply::UNKNOWN)),
            ("STARTTLSX", Refuse(reply::UNKNOWN)),
            ("EHLO", Refuse(reply::SYNTAX)),
            ("HELO ", Refuse(reply::SYNTAX)),
            ("DATA now", Refuse(reply::SYNTAX)),
            ("STARTTLS now", Refuse(reply::SYNTAX)),
            ("VRFY", Refuse(reply::SYNTAX)),
            ("MAIL FROM:a@x.org", Refuse(reply::SYNTAX)),
            ("MAIL", Refuse(reply::SYNTAX)),
            ("RCPT TO:<a@x.org", Refuse(reply::SYNTAX)),
            ("RCPT TO:<>", Refuse(reply::BAD_RECIPIENT)),
            ("RCPT TO:<alice>", Refuse(reply::BAD_RECIPIENT)),
            ("RCPT TO:<a..b@x.org>", Refuse(reply::BAD_RECIPIENT)),
            ("RCPT TO:<a@x.org> NOTIFY=NEVER", Refuse(reply::PARAMETER)),
            ("RCPT TO:<a@x.org> FOO=bar", Refuse(reply::PARAMETER)),
            ("MAIL FROM:<a@x.org> FOO", Refuse(reply::PARAMETER)),
            ("MAIL FROM:<a@x.org> BODY=BINARYMIME", Refuse(reply::PARAMETER)),
            ("MAIL FROM:<a@x.org> RET=HDRS", Refuse(reply::PARAMETER)),
            ("MAIL FROM:<a@x.org> AUTH=<>", Refuse(reply::PARAMETER)),
            ("MAIL FROM:<a@x.org> REQUIRETLS", Refuse(reply::PARAMETER)),
            ("MAIL FROM:<a@x.org> SIZE=many", Refuse(reply::SYNTAX)),
            ("EXPN list", Refuse(reply::NOT_OFFERED)),
            ("EXPN", Refuse(reply::NOT_OFFERED)),
            ("AUTH PLAIN AGEAYg==", Refuse(reply::NOT_OFFERED)),
            ("AUTH", Refuse(reply::NOT_OFFERED)),
            ("ETRN x", Refuse(reply::NOT_OFFERED)),
            ("TURN", Refuse(reply::NOT_OFFERED)),
            ("LHLO x", Refuse(reply::NOT_OFFERED)),
            ("BDAT", Close(reply::SYNTAX)),
            ("BDAT five", Close(reply::SYNTAX)),
            ("BDAT -1", Close(reply::SYNTAX)),
            ("BDAT 5 FIRST", Close(reply::SYNTAX)),
            ("BDAT 99999999999999999999999999 LAST", Close(reply::SYNTAX)),
            ("POST / HTTP/1.1", Close(reply::WEB)),
            ("get / http/1.0", Close(reply::WEB)),
        ] {
            assert_eq!(parse(line), Err(wrong), "{line}");
        }
    }

    #[test]
    fn guard_two_only_crlf_ends_a_command_and_no_control_is_in_it() {
        for line in [
            &b"NOOP\n"[..],
            b"NOOP",
            b"NOOP\r",
            b"NOOP\nQUIT\r\n",
            b"NOOP\rQUIT\r\n",
            b"NOOP\r\r\n",
            b"MAIL FROM:<\"a\0b\"@x.org>\r\n",
            b"RCPT TO:<\"a\tb\"@x.org>\r\n",
            b"EHLO \xff\xfe\r\n",
            b"\x16\x03\x01\x02\x00\r\n",
        ] {
            assert_eq!(Command::parse(line), Err(Refuse(reply::BAD_COMMAND)), "{line:?}");
        }
    }

    #[test]
    fn guard_three_postmaster_is_not_nobody_and_quotes_come_back() {
        assert_eq!(rcpt("RCPT TO:<PostMaster>").unwrap(), "postmaster");
        assert_eq!(rcpt("RCPT TO:<\"alice martin\"@x.org>").unwrap(), "\"alice martin\"@x.org");
        assert_eq!(rcpt("RCPT TO:<\"alice\"@x.org>").unwrap(), "alice@x.org");
        assert_eq!(rcpt("RCPT TO:<\"a@evil.org\"@x.org>").unwrap(), "\"a@evil.org\"@x.org");
        assert_eq!(rcpt(r#"RCPT TO:<"a\"\\b"@x.org>"#).unwrap(), r#""a\"\\b"@x.org"#);
        assert_eq!(rcpt("RCPT TO:<@a.org,@b.org:alice@x.org>").unwrap(), "alice@x.org");
        assert_eq!(mail("MAIL FROM:<>").unwrap(), (None, 0, false));
        assert_eq!(mail("MAIL FROM: <>").unwrap(), (None, 0, false));
        assert_eq!(mail("MAIL FROM:<postmaster>"), Err(Refuse(reply::BAD_SENDER)));
        assert_eq!(mail("MAIL FROM:<alice>"), Err(Refuse(reply::BAD_SENDER)));
    }

    #[test]
    fn address_literals_are_addresses() {
        assert_eq!(rcpt("RCPT TO:<alice@[192.0.2.1]>").unwrap(), "alice@[192.0.2.1]");
        assert_eq!(rcpt("RCPT TO:<alice@[IPv6:2001:db8::1]>").unwrap(), "alice@[IPv6:2001:db8::1]");
        assert_eq!(
            mail("MAIL FROM:<root@[192.0.2.1]> SIZE=10").unwrap(),
            (Some("root@[192.0.2.1]".to_owned()), 10, false)
        );
        assert_eq!(rcpt("RCPT TO:<alice@[]>"), Err(Refuse(reply::BAD_RECIPIENT)));
        assert_eq!(rcpt("RCPT TO:<alice@[a b]>"), Err(Refuse(reply::BAD_RECIPIENT)));
    }

    #[test]
    fn parameters_of_mail_are_read() {
        assert_eq!(
            mail("MAIL FROM:<a@x.org> SIZE=123 BODY=8BITMIME SMTPUTF8").unwrap(),
            (Some("a@x.org".to_owned()), 123, true)
        );
        assert_eq!(
            mail("mail from:<a@x.org> body=7bit").unwrap(),
            (Some("a@x.org".to_owned()), 0, false)
        );
        assert_eq!(mail("MAIL FROM:<é@x.org>"), Err(Refuse(reply::NEEDS_UTF8)));
        assert_eq!(mail("MAIL FROM:<é@x.org> SMTPUTF8").unwrap().0.as_deref(), Some("é@x.org"));
        assert_eq!(mail("MAIL FROM:<a@x.org> SIZE=0000000000000000000000007").unwrap().1, 7);
        for digits in 1..=40 {
            match mail(&format!("MAIL FROM:<a@x.org> SIZE={}", "7".repeat(digits))) {
                Ok((_, said, _)) => assert_eq!(said.to_string().len(), digits),
                Err(wrong) => assert_eq!((wrong, digits > 18), (Refuse(reply::TOO_LARGE), true)),
            }
        }
    }

    #[test]
    fn a_name_is_made_harmless() {
        for (line, name) in [
            ("EHLO mx.example.org", "mx.example.org"),
            ("EHLO [IPv6:::1]", "[IPv6:::1]"),
            ("EHLO a(b)c;<d>", "a?b?c??d?"),
            ("EHLO mx.example.org and more", "mx.example.org"),
            ("EHLO bücher.example", "bücher.example"),
        ] {
            assert!(
                matches!(parse(line), Ok(Command::Hello { name: read, extended: true }) if read == name),
                "{line}"
            );
        }
        assert!(parse(&format!("EHLO {}", "a".repeat(300))).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_line_panics(line in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = Command::parse(&line);
        }

        #[test]
        fn no_near_command_panics(text in "(MAIL FROM:|RCPT TO:|BDAT |EHLO )[<>@\\[\\]\"\\\\ a.:é=0-9;,]{0,40}") {
            let _ = parse(&text);
        }
    }
}
