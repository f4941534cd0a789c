//! What a server of mailboxes may say at most in answer to a command: octets in all, in a line, and in a literal
//! (RFC 3501 section 4.3), whose length it announces and for which a reader would make room before one octet has come.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

/// What may be said at most, in octets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Most {
    /// In a line.
    pub(super) line: usize,
    /// In a literal.
    pub(super) literal: u64,
    /// In all, from one command to the next.
    pub(super) octets: u64,
}

/// A connection on which nobody says more than that.
#[derive(Debug)]
pub(super) struct Guard<S> {
    inner: S,
    watch: Watch,
    begun: Instant,
}

impl<S> Guard<S> {
    /// Over this connection, with so much at most until a command begins.
    pub(super) fn new(inner: S, most: Most) -> Self {
        let watch = Watch { most, ..Watch::default() };
        Self {
            inner,
            watch,
            begun: Instant::now(),
        }
    }

    /// A command begins, and so much may be said in answer.
    pub(super) fn begin(&mut self, most: Most) {
        (self.watch.most, self.watch.said, self.begun) = (most, 0, Instant::now());
    }

    /// When the last command began, and the octets that were said since.
    pub(super) fn so_far(&self) -> (Instant, u64) {
        (self.begun, self.watch.said)
    }
}

/// Where in what is said we are.
#[derive(Debug, Default)]
struct Watch {
    most: Most,
    /// Octets since the command began.
    said: u64,
    /// Octets of a literal that are still to come.
    literal: u64,
    /// Octets of the line so far.
    line: usize,
    /// What stands at the end of the line: `{`, digits, `}`.
    end: End,
}

#[derive(Debug, Default)]
enum End {
    #[default]
    Other,
    Open(u64, bool),
    Closed(u64),
}

impl Watch {
    /// Takes in what was said; false where it is more than may be.
    fn take(&mut self, mut octets: &[u8]) -> bool {
        self.said = self.said.saturating_add(octets.len() as u64);
        if self.said > self.most.octets {
            return false;
        }
        while let Some((first, rest)) = octets.split_first() {
            if self.literal > 0 {
                let skipped = usize::try_from(self.literal).unwrap_or(usize::MAX).min(octets.len());
                self.literal -= skipped as u64;
                octets = octets.get(skipped..).unwrap_or_default();
                continue;
            }
            octets = rest;
            self.line += 1;
            self.end = match (first, &self.end) {
                (b'{', _) => End::Open(0, false),
                (b'0'..=b'9', End::Open(so_far, _)) => End::Open(so_far.saturating_mul(10).saturating_add(u64::from(first - b'0')), true),
                // A literal that waits for no word from us (RFC 7888) is none that a server sends, and is one all the same.
                (b'+', End::Open(so_far, some)) => End::Open(*so_far, *some),
                (b'}', End::Open(length, true)) => End::Closed(*length),
                (b'\r', End::Closed(length)) => End::Closed(*length),
                (b'\n', End::Closed(length)) => {
                    if *length > self.most.literal {
                        return false;
                    }
                    self.literal = *length;
                    End::Other
                }
                (b'\n', _) => {
                    self.line = 0;
                    End::Other
                }
                _ => End::Other,
            };
            if self.line > self.most.line {
                return false;
            }
        }
        true
    }
}

/// Whether all of this may be said where a line may have 500 octets, a literal a thousand and all two thousand, as it comes in
/// pieces of so many octets; for the fuzzer.
#[doc(hidden)]
pub fn probe(said: &[u8], piece: usize) -> bool {
    let mut watch = Watch {
        most: Most {
            line: 500,
            literal: 1_000,
            octets: 2_000,
        },
        ..Watch::default()
    };
    said.chunks(piece.max(1)).all(|piece| watch.take(piece))
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        let said = buf.filled().get(before..).unwrap_or_default();
        Poll::Ready(if this.watch.take(said) {
            Ok(())
        } else {
            Err(io::Error::other("more is said than may be"))
        })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, octets)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether this passes whole, and octet by octet.
    fn passes(said: &[u8]) -> bool {
        let whole = probe(said, said.len());
        assert_eq!(probe(said, 1), whole);
        whole
    }

    #[test]
    fn what_is_announced_too_large_is_refused_and_what_stands_in_a_message_is_not_looked_at() {
        for good in [
            &b"* OK {9999999999999999999999} hello\r\n"[..],
            b"* 1 FETCH (BODY[] {13}\r\n{999999999}\r\n)\r\n* 2 EXISTS\r\n",
            b"* 1 FETCH (BODY[] {0}\r\n)\r\n",
            b"* {}\r\n{x}\r\n",
        ] {
            assert!(passes(good), "{}", String::from_utf8_lossy(good));
        }
        for bad in [
            &b"* 1 FETCH (BODY[] {1001}\r\n"[..],
            b"* 1 FETCH (BODY[] {99999999999999999999}\r\n",
            b"* 1 FETCH (BODY[] {2}\r\nab {1001}\n",
            b"* 1 FETCH (BODY[] {1001+}\r\n",
        ] {
            assert!(!passes(bad), "{}", String::from_utf8_lossy(bad));
        }
        assert!(!passes(&[b'x'; 501]), "a line");
        assert!(
            passes(b"12345678\n".repeat(200).as_slice()) && !passes(b"12345678\n".repeat(300).as_slice()),
            "in all"
        );
    }
}
