//! Mailbox files: mbox in its four kinds (RFC 4155; qmail's mbox(5); the table at the end of `mbox(5)`):
//!
//! - *mboxo* writes `>From ` for a line `From ` in a message, and nobody can tell which was which;
//! - *mboxrd* puts one `>` before every `>*From `, so that taking one away gives the message back;
//! - *mboxcl* is mboxo with a `Content-Length` field, *mboxcl2* has the field and leaves `From ` as it is.
//!
//! A message is read to its `Content-Length` where that is true, which means that a `From ` line or the
//! end follows it, and to the next `From ` line behind an empty line where not. One `>` is taken away
//! before `>+From `: right for mboxrd, and for mboxo what the writer most likely meant; not where the
//! length was true and such a line could stand for itself (mboxcl2).
//!
//! Streaming: one message at a time is held, at most as large as the caller takes.

use std::io::{self, BufRead, Read};

/// What stands in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A message without its `From ` line and without the empty line behind it, quoting taken away.
    Message(Vec<u8>),
    /// A message of so many octets, more than the caller takes; it was passed over.
    TooLarge(u64),
}

/// Reads a mailbox message by message, each of at most `max` octets. What stands before the first
/// `From ` line is no message. An error of the reader ends it.
pub fn messages<R: BufRead>(reader: R, max: usize) -> impl Iterator<Item = io::Result<Entry>> {
    Messages {
        source: Source {
            back: Vec::new(),
            at: 0,
            reader,
        },
        max,
        lies: 0,
        begun: false,
        ended: false,
    }
}

/// Octets that are looked at as one line; of a longer one the rest counts as more of it.
const MAX_LINE: u64 = 64 * 1024;

/// Lengths that may prove false before no more are believed: each costs reading a message twice.
const MAX_LIES: u32 = 3;

/// A reader that octets can be given back to.
struct Source<R> {
    back: Vec<u8>,
    at: usize,
    reader: R,
}

impl<R: BufRead> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.back.get(self.at..) {
            Some(back) if !back.is_empty() => Ok(back),
            _ => self.reader.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        if self.at < self.back.len() {
            self.at += amount;
        } else {
            self.reader.consume(amount);
        }
    }
}

impl<R: BufRead> Source<R> {
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
        Ok(line)
    }

    fn give_back(&mut self, mut octets: Vec<u8>) {
        octets.extend_from_slice(self.back.get(self.at..).unwrap_or_default());
        (self.back, self.at) = (octets, 0);
    }
}

/// A message in the making, which stops growing where it is too large.
struct Growing {
    octets: Vec<u8>,
    size: u64,
    max: usize,
}

impl Growing {
    fn push(&mut self, line: &[u8]) {
        self.size += line.len() as u64;
        if self.size <= self.max as u64 {
            self.octets.extend_from_slice(line);
        } else {
            self.octets = Vec::new();
        }
    }
}

struct Messages<R> {
    source: Source<R>,
    max: usize,
    /// Lengths that proved false.
    lies: u32,
    /// The `From ` line of the next message was read.
    begun: bool,
    ended: bool,
}

impl<R: BufRead> Iterator for Messages<R> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let entry = self.read();
        self.ended = !matches!(entry, Ok(Some(_)));
        entry.transpose()
    }
}

impl<R: BufRead> Messages<R> {
    fn read(&mut self) -> io::Result<Option<Entry>> {
        while !self.begun {
            let line = self.source.line()?;
            if line.is_empty() {
                return Ok(None);
            }
            self.begun = line.starts_with(b"From ");
        }
        self.begun = false;
        let mut message = Growing {
            octets: Vec::new(),
            size: 0,
            max: self.max,
        };
        let length = self.headers(&mut message)?;
        let exact = match length.filter(|length| self.lies < MAX_LIES && *length <= self.max as u64) {
            Some(length) => self.exactly(length, &mut message)?,
            None => None,
        };
        if exact.is_none() && !self.begun {
            self.lines(&mut message)?;
        }
        if message.size > self.max as u64 {
            return Ok(Some(Entry::TooLarge(message.size)));
        }
        let unquoted = exact.is_some_and(|length| has_from_line(message.octets.get(message.octets.len().saturating_sub(length)..)));
        Ok(Some(Entry::Message(if unquoted {
            message.octets
        } else {
            without_quoting(message.octets)
        })))
    }

    /// Reads the header block with the empty line behind it; the `Content-Length` that it names.
    fn headers(&mut self, message: &mut Growing) -> io::Result<Option<u64>> {
        let mut length = None;
        loop {
            let line = self.source.line()?;
            if line.is_empty() {
                return Ok(None);
            }
            if begins_message(&line, false) {
                self.begun = true;
                return Ok(None);
            }
            if let Some((_, value)) = line
                .split_at_checked(15)
                .filter(|(name, _)| name.eq_ignore_ascii_case(b"content-length:"))
            {
                length = std::str::from_utf8(value).ok().and_then(|value| value.trim().parse().ok());
            }
            message.push(&line);
            if is_blank(&line) {
                return Ok(length);
            }
        }
    }

    /// Reads a body of this length where a `From ` line or the end follows it; gives everything back
    /// and says `None` where not.
    fn exactly(&mut self, length: u64, message: &mut Growing) -> io::Result<Option<usize>> {
        let mut body = Vec::new();
        self.source.by_ref().take(length).read_to_end(&mut body)?;
        let ended_line = body.is_empty() || body.ends_with(b"\n");
        let mut behind = self.source.line()?;
        let mut blank = Vec::new();
        // The line end of a body without one, and the empty line between messages.
        while is_blank(&behind) && blank.len() < 4 {
            blank.append(&mut behind);
            behind = self.source.line()?;
        }
        let begins = begins_message(&behind, true) && (ended_line || !blank.is_empty());
        if body.len() as u64 == length && (begins || behind.is_empty()) {
            message.push(&body);
            self.begun = begins;
            return Ok(Some(body.len()));
        }
        self.lies += 1;
        body.append(&mut blank);
        body.append(&mut behind);
        self.source.give_back(body);
        Ok(None)
    }

    /// Reads to the next `From ` line or the end; one empty line before it is not the message's.
    fn lines(&mut self, message: &mut Growing) -> io::Result<()> {
        let mut blank = Vec::new();
        let mut is_start = true;
        // The empty line that ends a head is the one between messages where there is no body.
        let mut is_first = true;
        loop {
            let line = self.source.line()?;
            if line.is_empty() {
                return Ok(());
            }
            let behind_blank = !blank.is_empty() || (std::mem::take(&mut is_first) && is_bare(&line));
            if is_start && begins_message(&line, behind_blank) {
                self.begun = true;
                return Ok(());
            }
            message.push(&blank);
            blank.clear();
            if is_start && is_blank(&line) {
                blank = line;
            } else {
                is_start = line.ends_with(b"\n");
                message.push(&line);
            }
        }
    }
}

fn is_blank(line: &[u8]) -> bool {
    line == b"\n" || line == b"\r\n"
}

/// Whether a line divides two messages: `From `, somebody and a date in the form of asctime(3). Behind an
/// empty line the time alone will do; or nothing at all, as Thunderbird writes it by now (`MboxMsgOutputStream.cpp`), who
/// quotes such a line in a message as every other.
fn begins_message(line: &[u8], behind_blank: bool) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    if is_bare(line) {
        return behind_blank;
    }
    let has_time = rest.windows(4).any(|four| {
        four.first().is_some_and(u8::is_ascii_digit) && four.get(1) == Some(&b':') && four.iter().skip(2).all(u8::is_ascii_digit)
    });
    let names = |names: [&[u8]; 12]| {
        names
            .iter()
            .any(|name| !name.is_empty() && memchr::memmem::find(rest, name).is_some())
    };
    let days: [&[u8]; 12] = [
        b" Mon ", b" Tue ", b" Wed ", b" Thu ", b" Fri ", b" Sat ", b" Sun ", b"", b"", b"", b"", b"",
    ];
    let months: [&[u8]; 12] = [
        b" Jan ", b" Feb ", b" Mar ", b" Apr ", b" May ", b" Jun ", b" Jul ", b" Aug ", b" Sep ", b" Oct ", b" Nov ", b" Dec ",
    ];
    has_time && (behind_blank || (names(days) && names(months)))
}

/// Whether it is such a line of nobody at no time.
fn is_bare(line: &[u8]) -> bool {
    line.strip_prefix(b"From ").is_some_and(|rest| rest.trim_ascii().is_empty())
}

/// Whether a body holds a line that would divide messages: then nothing in it was quoted.
fn has_from_line(body: Option<&[u8]>) -> bool {
    body.is_some_and(|body| body.starts_with(b"From ") || memchr::memmem::find(body, b"\nFrom ").is_some())
}

/// A message without one `>` of every line that begins with `>From `, `>>From ` and so on.
fn without_quoting(message: Vec<u8>) -> Vec<u8> {
    if memchr::memmem::find(&message, b">From ").is_none() {
        return message;
    }
    let mut out = Vec::with_capacity(message.len());
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        let marks = line.iter().take_while(|octet| **octet == b'>').count();
        let quoted = marks > 0 && line.get(marks..).is_some_and(|rest| rest.starts_with(b"From "));
        out.extend_from_slice(line.get(usize::from(quoted)..).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "From alice@example.org Thu Jan  1 00:00:00 1970\n";

    fn read(mailbox: &str, max: usize) -> Vec<Entry> {
        messages(mailbox.as_bytes(), max).collect::<io::Result<_>>().unwrap()
    }

    fn texts(mailbox: &str) -> Vec<String> {
        let text = |entry| match entry {
            Entry::Message(bytes) => String::from_utf8(bytes).unwrap(),
            Entry::TooLarge(size) => panic!("too large: {size}"),
        };
        read(mailbox, 10_000).into_iter().map(text).collect()
    }

    #[test]
    fn mboxrd_gives_every_message_back_as_it_was() {
        let mailbox = format!("{FROM}Subject: 1\n\n>From here\n>>From there\n>quote\n\n{FROM}Subject: 2\n\nend\n\n\n");
        assert_eq!(
            texts(&mailbox),
            ["Subject: 1\n\nFrom here\n>From there\n>quote\n", "Subject: 2\n\nend\n\n"]
        );
    }

    #[test]
    fn a_true_length_keeps_a_from_line_inside_and_a_false_one_is_not_believed() {
        let body = "one\n\nFrom the sea at 9:30\n>From x\n";
        let true_length = format!("{FROM}Content-Length: {}\n\n{body}\n{FROM}\nlast\n", body.len());
        let expected = format!("Content-Length: {}\n\n{body}", body.len());
        assert_eq!(texts(&true_length), [expected, "\nlast\n".to_owned()]);
        let false_length = format!("{FROM}Content-Length: 7\n\nbody\n\n{FROM}\nlast\n");
        assert_eq!(texts(&false_length), ["Content-Length: 7\n\nbody\n", "\nlast\n"]);
        let endless = format!("{FROM}Content-Length: 9999\n\nbody\n\n{FROM}\nlast\n");
        assert_eq!(texts(&endless).len(), 2);
    }

    #[test]
    fn words_that_begin_with_from_divide_nothing() {
        let mailbox = format!("{FROM}\nDear all,\n\nFrom now on\nFrom 9:30 to noon\n{FROM}\nCRLF\r\n\r\n{FROM}\nx");
        assert_eq!(
            texts(&mailbox),
            ["\nDear all,\n\nFrom now on\nFrom 9:30 to noon\n", "\nCRLF\r\n", "\nx"]
        );
    }

    #[test]
    fn a_line_of_nobody_at_no_time_divides_messages_behind_an_empty_one() {
        let mailbox = "From \r\nSubject: 1\r\n\r\none\r\nFrom \r\n>From \r\n\r\nFrom \r\nSubject: 2\r\n\r\n\r\n\r\nFrom \r\n\r\n\r\nFrom \nx: 4\n\nFrom \n5: y\n";
        assert_eq!(
            texts(mailbox),
            [
                "Subject: 1\r\n\r\none\r\nFrom \r\nFrom \r\n",
                "Subject: 2\r\n\r\n\r\n",
                "\r\n",
                "x: 4\n\n",
                "5: y\n"
            ]
        );
    }

    #[test]
    fn what_is_too_large_is_told_and_passed_over() {
        let mailbox = format!("{FROM}\n{}\n\n{FROM}\nsmall\n", "x".repeat(500_000));
        assert_eq!(
            read(&mailbox, 100),
            [Entry::TooLarge(500_002), Entry::Message(b"\nsmall\n".to_vec())]
        );
        assert_eq!(read("no mailbox at all\n", 100), []);
        assert_eq!(read("", 100), []);
    }
}
