//! Reading with limits: lines and octets out of a socket, in bounded memory and bounded time.
//!
//! It has a buffer of its own, because what it holds must be thrown away at STARTTLS (RFC 3207; "command
//! injection"): it is dropped with the stream. Answers are gathered and written when the peer must be
//! waited for, so that a pipelined group of commands (RFC 2920) is answered in one write.

use super::limits::MAX_LINE;
use bytes::{Buf, BytesMut};
use memchr::memchr_iter;
use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, timeout, timeout_at},
};

/// Octets asked of the socket at once while a message comes.
const BULK: usize = 32 * 1024;

/// How long a peer that is being left may take to hear it.
const PARTING: Duration = Duration::from_secs(1);

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// With its CRLF, at most [`MAX_LINE`] octets.
    Whole(BytesMut),
    /// Longer; it was read to its end and is gone.
    TooLong,
}

/// Why there is nothing more to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The peer went away.
    Gone,
    /// It said nothing for too long.
    Silent,
    /// It was given its time, and that is over.
    Late,
    /// Its place is needed.
    MakeRoom,
    /// The door closes.
    Closing,
}

/// A connection with its buffers.
#[derive(Debug)]
pub struct Stream<S> {
    io: S,
    input: BytesMut,
    output: BytesMut,
    skipping: bool,
    idle: Duration,
    /// When the peer's time is over, whatever it does.
    pub deadline: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    /// A connection on which one may be silent for `idle` and which ends at `deadline`.
    pub fn new(io: S, idle: Duration, deadline: Instant) -> Self {
        Self {
            io,
            input: BytesMut::new(),
            output: BytesMut::new(),
            skipping: false,
            idle,
            deadline,
        }
    }

    /// The bare connection. What was read ahead is gone.
    pub fn into_inner(self) -> S {
        self.io
    }

    /// Will say this, at the latest when the peer is waited for.
    pub fn say(&mut self, octets: &[u8]) {
        self.output.extend_from_slice(octets);
    }

    /// Says what is to be said. May be dropped and called again.
    pub async fn flush(&mut self) -> Result<(), Lost> {
        let until = Instant::now() + self.idle;
        while self.output.has_remaining() {
            match timeout_at(until, self.io.write_buf(&mut self.output)).await {
                Ok(Ok(1..)) => {}
                Ok(_) => return Err(Lost::Gone),
                Err(_) => return Err(Lost::Silent),
            }
        }
        match timeout_at(until, self.io.flush()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Lost::Gone),
            Err(_) => Err(Lost::Silent),
        }
    }

    /// The next line if it is here already.
    pub fn buffered_line(&mut self) -> Option<Line> {
        let end = memchr_iter(b'\n', &self.input).find(|&lf| lf > 0 && self.input.get(lf - 1) == Some(&b'\r'));
        match end {
            Some(lf) => {
                let line = self.input.split_to(lf + 1);
                let long = std::mem::take(&mut self.skipping) || line.len() > MAX_LINE;
                Some(if long { Line::TooLong } else { Line::Whole(line) })
            }
            None => {
                if self.input.len() >= MAX_LINE {
                    // The last octet may be the CR of the end.
                    self.skipping = true;
                    self.input.advance(self.input.len() - 1);
                }
                None
            }
        }
    }

    /// The next line. May be dropped and called again.
    pub async fn line(&mut self) -> Result<Line, Lost> {
        loop {
            if let Some(line) = self.buffered_line() {
                return Ok(line);
            }
            self.fill(MAX_LINE).await?;
        }
    }

    /// What has been read and not been consumed.
    pub fn buffered(&self) -> &[u8] {
        &self.input
    }

    /// Waits until there is something in [`Self::buffered`]. May be dropped and called again.
    pub async fn more(&mut self) -> Result<(), Lost> {
        if self.input.is_empty() {
            self.fill(BULK).await?;
        }
        Ok(())
    }

    /// Consumes so many octets, or all there are.
    pub fn consume(&mut self, octets: usize) {
        self.input.advance(octets.min(self.input.len()));
    }

    /// Says what is to be said and closes. A peer that is still sending would have its half of the
    /// connection reset, and our last words with it: so a little more is read, and thrown away.
    pub async fn part(mut self) {
        let farewell = async {
            if self.flush().await.is_ok() && self.io.shutdown().await.is_ok() {
                for _ in 0..16 {
                    self.input.clear();
                    self.input.reserve(BULK);
                    if !matches!(self.io.read_buf(&mut self.input).await, Ok(1..)) {
                        break;
                    }
                }
            }
        };
        // Whether it was heard changes nothing.
        let _ = timeout(PARTING, farewell).await;
    }

    async fn fill(&mut self, room: usize) -> Result<(), Lost> {
        self.flush().await?;
        let silent = Instant::now() + self.idle;
        let (until, lost) = if self.deadline < silent {
            (self.deadline, Lost::Late)
        } else {
            (silent, Lost::Silent)
        };
        self.input.reserve(room);
        match timeout_at(until, self.io.read_buf(&mut self.input)).await {
            Ok(Ok(1..)) => Ok(()),
            Ok(_) => Err(Lost::Gone),
            Err(_) => Err(lost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::io::{DuplexStream, duplex};

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    fn stream(idle: Duration) -> (Stream<DuplexStream>, DuplexStream) {
        let (ours, theirs) = duplex(256);
        (Stream::new(ours, idle, Instant::now() + Duration::from_secs(60)), theirs)
    }

    /// Every line that comes out when these pieces go in.
    fn lines(pieces: Vec<Vec<u8>>) -> Vec<Line> {
        runtime().block_on(async {
            let (mut stream, mut peer) = stream(Duration::from_secs(30));
            let sending = async move {
                for piece in pieces {
                    peer.write_all(&piece).await.unwrap();
                    tokio::task::yield_now().await;
                }
            };
            let reading = async {
                let mut lines = Vec::new();
                while let Ok(line) = stream.line().await {
                    lines.push(line);
                }
                lines
            };
            tokio::join!(sending, reading).1
        })
    }

    fn whole(line: &[u8]) -> Line {
        Line::Whole(BytesMut::from(line))
    }

    #[test]
    fn lines_end_with_crlf_and_with_nothing_else() {
        assert_eq!(
            lines(vec![b"NOOP\nQUIT\rRSET\r\n\r\nrest".to_vec()]),
            [whole(b"NOOP\nQUIT\rRSET\r\n"), whole(b"\r\n")]
        );
    }

    #[test]
    fn an_endless_line_costs_no_memory_and_the_next_is_read() {
        let exact = [vec![b'a'; MAX_LINE - 2], b"\r\n".to_vec()].concat();
        let over = [vec![b'b'; MAX_LINE - 1], b"\r\n".to_vec()].concat();
        let endless = [vec![b'c'; 1_000_000], b"\r\n".to_vec()].concat();
        assert_eq!(
            lines(vec![exact.clone(), over, endless, b"NOOP\r\n".to_vec()]),
            [whole(&exact), Line::TooLong, Line::TooLong, whole(b"NOOP\r\n")]
        );
        runtime().block_on(async {
            let (mut stream, mut peer) = stream(Duration::from_secs(30));
            let sending = async move { peer.write_all(&[b'c'; 1_000_000]).await };
            let reading = stream.line();
            assert_eq!(tokio::join!(sending, reading).1, Err(Lost::Gone));
            assert!(stream.input.capacity() <= 4 * MAX_LINE, "{}", stream.input.capacity());
        });
    }

    #[test]
    fn silence_ends_it_and_so_does_the_deadline_of_one_who_trickles() {
        runtime().block_on(async {
            let (mut quiet, _peer) = stream(Duration::from_millis(20));
            assert_eq!(quiet.line().await, Err(Lost::Silent));

            let (mut slow, mut peer) = stream(Duration::from_secs(30));
            slow.deadline = Instant::now() + Duration::from_millis(50);
            let trickling = async {
                let mut tick = tokio::time::interval(Duration::from_millis(5));
                loop {
                    tick.tick().await;
                    peer.write_all(b"a").await.unwrap();
                }
            };
            let lost = tokio::select! { lost = slow.line() => lost, () = trickling => unreachable!() };
            assert_eq!(lost, Err(Lost::Late));
        });
    }

    #[test]
    fn answers_wait_until_the_peer_is_waited_for() {
        runtime().block_on(async {
            let (mut stream, mut peer) = stream(Duration::from_secs(30));
            peer.write_all(b"A\r\nB\r\n").await.unwrap();
            for _ in 0..2 {
                let _ = stream.line().await.unwrap();
                stream.say(b"250 2.0.0 Done\r\n");
            }
            assert_eq!(stream.output.len(), 32);
            drop(tokio::time::timeout(Duration::from_millis(1), stream.line()).await);
            let mut heard = [0; 32];
            peer.read_exact(&mut heard).await.unwrap();
            assert_eq!(&heard[..], b"250 2.0.0 Done\r\n250 2.0.0 Done\r\n");
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_pieces_give_the_same_lines(
            input in prop::collection::vec(prop::sample::select(b"\r\n\r\nab".to_vec()), 0..60),
            long in prop::option::of(1_990usize..2_010),
            cuts in prop::collection::vec(0usize..4_000, 0..8),
        ) {
            let mut input = input;
            input.extend(std::iter::repeat_n(b'x', long.unwrap_or(0)));
            input.extend_from_slice(b"\r\nend\r\n");
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(input.len())).collect();
            cuts.extend([0, input.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|ends| input[ends[0]..ends[1]].to_vec()).collect();
            prop_assert_eq!(lines(pieces), lines(vec![input]));
        }
    }
}
