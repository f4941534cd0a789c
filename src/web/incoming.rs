//! A form with one file that is taken in while it comes: what is held of it is a few pieces. Nothing is taken before the
//! form's token has been found right, which must be the first field. What nobody wants any more is read to its end and
//! thrown away, because a browser that is cut off in the middle shows nothing of the answer.

use super::{
    Site,
    parts::Trouble,
    problem::Problem,
    visit::{Visit, text},
};
use crate::{
    codec::multipart::{Event, Reader},
    service::{
        import::finding::{Beside, Finding, Item},
        unlock::same_token,
    },
};
use bytes::Buf;
use futures_util::{Stream, StreamExt};
use http::header;
use std::{
    io::{self, BufRead, Read},
    pin::pin,
    time::Duration,
};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// How long the next octets may take.
const SILENCE: Duration = Duration::from_secs(60);
/// The most octets of the fields.
const FIELDS: usize = 16 * 1024;
/// Pieces of the file that wait.
const PIECES: usize = 4;

/// The piece behind the last one.
const END: Vec<u8> = Vec::new();

/// What is being read.
enum Current {
    Nothing,
    Field(String, Vec<u8>),
    File(mpsc::Sender<Vec<u8>>),
    /// What nobody wants.
    Passed,
}

/// Reads the form into the visit, and has its file taken in.
pub(super) async fn read<B: Buf>(
    site: &Site,
    visit: &mut Visit,
    body: impl Stream<Item = Result<B, warp::Error>>,
    token: &str,
) -> Result<(), Problem> {
    let mut reader = Reader::of(text(&visit.headers, &header::CONTENT_TYPE)).ok_or(Problem::NoForm)?;
    let all = text(&visit.headers, &header::CONTENT_LENGTH).parse().unwrap_or(0);
    let (mut current, mut trusted, mut done, mut fields) = (Current::Nothing, false, 0_u64, 0);
    let mut body = pin!(body);
    while let Some(piece) = tokio::time::timeout(SILENCE, body.next()).await.map_err(|_| Problem::Slow)? {
        let mut piece = piece.map_err(|_| Problem::NoForm)?;
        let mut octets = vec![0; piece.remaining()];
        piece.copy_to_slice(&mut octets);
        done += octets.len() as u64;
        for event in reader.feed(&octets).map_err(|_| Problem::NoForm)? {
            match event {
                Event::Begin(part) if !trusted && (part.name != "token" || part.file.is_some()) => return Err(Problem::Stale),
                Event::Begin(part) => {
                    current = match part.file {
                        None => Current::Field(part.name, Vec::new()),
                        Some(name) if name.is_empty() || visit.took.is_some() => Current::Passed,
                        Some(name) => begin(site, visit, name),
                    };
                }
                Event::Data(octets) => match &mut current {
                    Current::Nothing | Current::Passed => {}
                    Current::Field(_, value) => {
                        fields += octets.len();
                        if fields > FIELDS {
                            return Err(Problem::TooLarge);
                        }
                        value.extend_from_slice(&octets);
                    }
                    Current::File(give) => {
                        if give.send(octets).await.is_err() {
                            current = Current::Passed;
                        }
                        site.services.import.read_so_far(done, all);
                    }
                },
                Event::End => match std::mem::replace(&mut current, Current::Nothing) {
                    Current::Field(name, value) => {
                        let value = String::from_utf8_lossy(&value).into_owned();
                        if !trusted && (token.is_empty() || !same_token(&value, token)) {
                            return Err(Problem::Stale);
                        }
                        trusted = true;
                        visit.form.push((name, value));
                    }
                    Current::File(give) => drop(give.send(END).await),
                    Current::Nothing | Current::Passed => {}
                },
            }
        }
    }
    if reader.is_done() && trusted {
        Ok(())
    } else {
        Err(Problem::NoForm)
    }
}

/// Begins to take a file in, where nobody else does.
fn begin(site: &Site, visit: &mut Visit, name: String) -> Current {
    let import = site.services.import.clone();
    let Some(turn) = import.turn() else {
        visit.trouble = Some(Trouble::Full);
        return Current::Passed;
    };
    let secret = Zeroizing::new(visit.field("passphrase").to_owned());
    let (give, pieces) = mpsc::channel(PIECES);
    visit.took = Some(name.clone());
    tokio::spawn(async move {
        let find = move |context, take: &mut dyn FnMut(Item) -> bool| {
            let mut source = Pieces {
                coming: pieces,
                piece: Vec::new(),
                at: 0,
                ended: false,
            };
            let _ = Finding::new(context, take).stream(&name, &mut source, Beside::default());
        };
        // How it ended stands in the progress.
        let _ = import.take_in(&turn, Some(secret), find).await;
    });
    Current::File(give)
}

/// The pieces of a file as a reader; blocks until the next one is there. A sender that is gone without having said
/// [`END`] is a file that broke off, however the visit ended: a browser that goes away ends it without a word.
struct Pieces {
    coming: mpsc::Receiver<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Pieces {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.at >= self.piece.len() && !self.ended {
            (self.piece, self.at) = (self.coming.blocking_recv().ok_or(io::ErrorKind::UnexpectedEof)?, 0);
            self.ended = self.piece.is_empty();
        }
        Ok(self.piece.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}
