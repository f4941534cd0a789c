//! The octets of a message, from DATA (RFC 5321 section 4.5.2) or BDAT (RFC 3030), as a pure machine:
//! fed with any pieces it comes to the same result.
//!
//! Only `CR LF . CR LF` ends DATA, and a message starts at the start of a line, so that an empty one ends
//! at once and a dot that comes first is unstuffed. A CR or LF that stands alone ends nothing: the message
//! is read to its proper end and refused. Where two servers disagree on that, one message becomes two
//! ("SMTP smuggling"). NUL is let through: RFC 5321 has no word against it, `codec` reads it.

use super::limits::MAX_LINE;
use memchr::memchr2;

/// Why a message that was read to its end is not one that can be kept. The first is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A CR without LF, or an LF without CR.
    Bare,
    /// A line of more than [`MAX_LINE`] octets.
    LongLine,
    /// More octets than allowed.
    TooLarge,
    /// The memory for messages is used up.
    NoRoom,
}

/// Where in a line the next octet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Behind CRLF, or at the very start.
    Start,
    /// Somewhere in a line.
    Inside,
    /// Behind a CR.
    Cr,
    /// Behind a dot that starts a line of DATA.
    Dot,
    /// Behind such a dot and a CR.
    DotCr,
}

/// A message being read.
#[derive(Debug)]
pub struct Text {
    kept: Vec<u8>,
    at: At,
    line: usize,
    read: usize,
    limit: usize,
    fault: Option<Fault>,
}

impl Text {
    /// An empty message that may grow to `limit` octets.
    pub fn new(limit: usize) -> Self {
        Self {
            kept: Vec::new(),
            at: At::Start,
            line: 0,
            read: 0,
            limit,
            fault: None,
        }
    }

    /// Octets read from the wire so far, kept or not.
    pub fn read(&self) -> usize {
        self.read
    }

    /// Octets that are held in memory.
    pub fn held(&self) -> usize {
        self.kept.capacity()
    }

    /// Room that must be held before `more` octets are fed, or 0 when there is enough: what the
    /// allocation will be once it has grown.
    pub fn wants(&self, more: usize) -> usize {
        let needed = (self.kept.len() + more).min(self.limit);
        if self.fault.is_some() || needed <= self.kept.capacity() {
            0
        } else {
            needed.max(2 * self.kept.capacity()).min(self.limit)
        }
    }

    /// Makes the room that [`Self::wants`] told.
    pub fn grow(&mut self, to: usize) {
        self.kept.reserve_exact(to.saturating_sub(self.kept.len()));
    }

    /// Notes a fault and lets go of what was kept: it will be refused. The rest is still read.
    pub fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
        self.kept = Vec::new();
    }

    /// Takes octets of DATA. Gives how many were taken and whether the message has ended; when it has,
    /// what is left belongs to the next command.
    pub fn data(&mut self, input: &[u8]) -> (usize, bool) {
        let mut rest = input;
        while let Some((&octet, after)) = rest.split_first() {
            match (self.at, octet) {
                (At::Start, b'.') => self.go(At::Dot),
                (At::DotCr, b'\n') => {
                    self.read += input.len() - after.len();
                    return (input.len() - after.len(), true);
                }
                (At::Dot, b'\r') => self.go(At::DotCr),
                (At::Dot, _) => {
                    // The dot was stuffing: it is dropped, and this octet is looked at as any other.
                    self.go(At::Inside);
                    continue;
                }
                (At::DotCr, _) => {
                    self.fail(Fault::Bare);
                    self.go(At::Cr);
                    continue;
                }
                _ => {
                    rest = self.text(rest);
                    continue;
                }
            }
            rest = after;
        }
        self.read += input.len();
        (input.len(), false)
    }

    /// Takes octets of a chunk, all of them. Dots mean nothing in a chunk.
    pub fn chunk(&mut self, input: &[u8]) {
        self.read += input.len();
        let mut rest = input;
        while !rest.is_empty() {
            rest = self.text(rest);
        }
    }

    /// The message, or why it is none.
    pub fn finish(mut self) -> Result<Vec<u8>, Fault> {
        if self.at == At::Cr {
            self.fail(Fault::Bare);
        }
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(self.kept),
        }
    }

    fn go(&mut self, at: At) {
        self.at = at;
    }

    /// Takes one octet or a run of ordinary ones, and gives what is left.
    fn text<'a>(&mut self, input: &'a [u8]) -> &'a [u8] {
        let run = memchr2(b'\r', b'\n', input).unwrap_or(input.len());
        let (taken, rest) = match input.split_at_checked(run.max(1)) {
            Some(split) => split,
            None => return &[],
        };
        match (self.at, run, taken) {
            (At::Cr, 0, b"\n") => {
                self.keep(taken);
                self.line = 0;
                self.go(At::Start);
            }
            (At::Cr, 0, _) => {
                self.fail(Fault::Bare);
                self.keep(taken);
            }
            (At::Cr, _, _) => {
                self.fail(Fault::Bare);
                self.keep(taken);
                self.go(At::Inside);
            }
            (_, 0, b"\n") => {
                self.fail(Fault::Bare);
                self.keep(taken);
                self.go(At::Inside);
            }
            (_, 0, _) => {
                self.keep(taken);
                self.go(At::Cr);
            }
            _ => {
                self.keep(taken);
                self.go(At::Inside);
            }
        }
        rest
    }

    fn keep(&mut self, octets: &[u8]) {
        self.line = self.line.saturating_add(octets.len());
        if self.line > MAX_LINE {
            self.fail(Fault::LongLine);
        }
        if self.kept.len() + octets.len() > self.limit {
            self.fail(Fault::TooLarge);
        }
        if self.fault.is_none() {
            self.kept.extend_from_slice(octets);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds DATA in these pieces; gives the message or its fault, and what is left after the end.
    fn data(pieces: &[&[u8]]) -> (Option<Result<Vec<u8>, Fault>>, Vec<u8>) {
        let mut text = Text::new(10_000);
        let mut pieces = pieces.iter();
        while let Some(piece) = pieces.next() {
            let (taken, done) = text.data(piece);
            if done {
                let mut left = piece[taken..].to_vec();
                pieces.for_each(|piece| left.extend_from_slice(piece));
                return (Some(text.finish()), left);
            }
        }
        (None, Vec::new())
    }

    fn whole(input: &[u8]) -> Option<Result<Vec<u8>, Fault>> {
        data(&[input]).0
    }

    #[test]
    fn guard_one_a_message_starts_at_the_start_of_a_line() {
        assert_eq!(whole(b".\r\n"), Some(Ok(vec![])));
        assert_eq!(whole(b"..\r\n.\r\n"), Some(Ok(b".\r\n".to_vec())));
        assert_eq!(whole(b"..dot first\r\n.\r\n"), Some(Ok(b".dot first\r\n".to_vec())));
        assert_eq!(whole(b".dot alone\r\n.\r\n"), Some(Ok(b"dot alone\r\n".to_vec())));
    }

    #[test]
    fn dots_are_unstuffed_at_line_starts_only() {
        assert_eq!(
            whole(b"a\r\n..\r\n...\r\nb.\r\n.\r\n"),
            Some(Ok(b"a\r\n.\r\n..\r\nb.\r\n".to_vec()))
        );
        assert_eq!(whole(b"a.\r\n\r\n.\r\n"), Some(Ok(b"a.\r\n\r\n".to_vec())));
        assert_eq!(data(&[b"a\r\n.\r\nQUIT\r\n"]).1, b"QUIT\r\n");
    }

    #[test]
    fn guard_two_nothing_but_crlf_dot_crlf_ends_a_message() {
        for end in [
            "\n.\n",
            "\n.\r",
            "\r.\n",
            "\r.\r",
            "\n.\r\n",
            "\r.\r\n",
            "\r\n.\r\r\n",
            "\r\r\n.\r\r\n",
            "\r\n.\n",
            "\r\n.\r",
            "\n\n.\r\n",
        ] {
            let input = format!("first{end}second\r\n.\r\n");
            assert_eq!(whole(input.as_bytes()), Some(Err(Fault::Bare)), "{end:?}");
            assert_eq!(whole(format!("first{end}").as_bytes()), None, "{end:?}");
        }
        for end in ["\r\n\0.\r\n", "\r\n.\0\r\n"] {
            assert!(whole(format!("first{end}second\r\n.\r\n").as_bytes()).unwrap().is_ok(), "{end:?}");
        }
    }

    #[test]
    fn lines_and_messages_have_their_size() {
        let line = |length: usize| [vec![b'a'; length], b"\r\n.\r\n".to_vec()].concat();
        assert!(whole(&line(1_998)).unwrap().is_ok());
        assert_eq!(whole(&line(1_999)), Some(Err(Fault::LongLine)));
        // The dot of transparency is not counted (RFC 5321 section 4.5.3.1.6).
        assert!(whole(&[b".".to_vec(), line(1_998)].concat()).unwrap().is_ok());

        let full = b"12345678\r\n".repeat(1_000);
        assert!(whole(&[full.clone(), b".\r\n".to_vec()].concat()).unwrap().is_ok());
        assert_eq!(whole(&[full, b"1\r\n.\r\n".to_vec()].concat()), Some(Err(Fault::TooLarge)));
    }

    #[test]
    fn chunks_are_octets_but_still_lines() {
        let chunks = |pieces: &[&[u8]]| {
            let mut text = Text::new(10_000);
            pieces.iter().for_each(|piece| text.chunk(piece));
            text.finish()
        };
        assert_eq!(chunks(&[b".\r\n", b"\r\n.\r\n..\r", b"\n"]), Ok(b".\r\n\r\n.\r\n..\r\n".to_vec()));
        assert_eq!(chunks(&[]), Ok(vec![]));
        assert_eq!(chunks(&[b"no end of line"]), Ok(b"no end of line".to_vec()));
        for bare in [&b"a\nb\r\n"[..], b"a\rb\r\n", b"a\r", b"a\r\r\n"] {
            assert_eq!(chunks(&[bare]), Err(Fault::Bare), "{bare:?}");
        }
    }

    #[test]
    fn room_is_asked_for_before_it_is_used() {
        let mut text = Text::new(100);
        assert_eq!(text.wants(30), 30);
        text.grow(30);
        text.chunk(&[b'a'; 30]);
        assert_eq!((text.wants(0), text.wants(10)), (0, 60));
        text.grow(60);
        text.chunk(&[b'a'; 30]);
        assert_eq!(text.wants(1_000), 100);
        text.fail(Fault::NoRoom);
        assert_eq!((text.wants(1_000), text.held()), (0, 0));
        assert_eq!(text.finish(), Err(Fault::NoRoom));
    }

    /// What DATA means, written the slow and obvious way.
    fn obvious(input: &[u8]) -> Option<(Result<Vec<u8>, Fault>, usize)> {
        let framed = [b"\r\n", input].concat();
        let end = framed.windows(5).position(|five| five == b"\r\n.\r\n")?;
        let body = &framed[2..(end + 2).max(2)];
        let mut kept = Vec::new();
        let mut bare = false;
        for (i, &octet) in body.iter().enumerate() {
            let before = |n: usize| framed.get((i + 2).wrapping_sub(n)).copied();
            bare |= octet == b'\n' && before(1) != Some(b'\r');
            bare |= octet == b'\r' && framed.get(i + 3) != Some(&b'\n');
            let stuffing = octet == b'.' && before(1) == Some(b'\n') && before(2) == Some(b'\r');
            if !stuffing {
                kept.push(octet);
            }
        }
        Some((if bare { Err(Fault::Bare) } else { Ok(kept) }, end + 3))
    }

    proptest! {
        #[test]
        fn any_pieces_come_to_the_same_and_that_is_the_obvious(
            input in prop::collection::vec(prop::sample::select(b"\r\n.a\0".to_vec()), 0..40),
            cuts in prop::collection::vec(0usize..40, 0..8),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(input.len())).collect();
            cuts.extend([0, input.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|ends| &input[ends[0]..ends[1]]).collect();
            let (read, left) = data(&pieces);
            match obvious(&input) {
                None => prop_assert_eq!(read, None),
                Some((message, taken)) => {
                    prop_assert_eq!(read, Some(message));
                    prop_assert_eq!(&left[..], &input[taken..]);
                }
            }
        }
    }
}
