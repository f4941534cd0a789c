//! A form with one small file, read into memory: counted octet by octet, and nothing of it kept before its token has
//! been found right, which must be the first field. Large files go another way (`parts`).

use super::{
    parts::Trouble,
    problem::Problem,
    visit::{Visit, text},
};
use crate::{
    codec::multipart::{Event, Reader},
    service::unlock::same_token,
};
use bytes::Buf;
use futures_util::{Stream, StreamExt};
use http::header;
use std::{pin::pin, time::Duration};

/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(300);
/// The most octets of a file that is kept.
pub(super) const MOST: usize = crate::codec::vcard::MAX_FILE;
/// The most octets of the fields.
const FIELDS: usize = 16 * 1024;
/// Octets that are read in all, kept or not: who chose too large a file is to see the answer.
const READ: usize = 8 * MOST;

/// What is being read.
enum Current {
    Nothing,
    Field(String, Vec<u8>),
    File,
}

/// Reads the form into the visit.
pub(super) async fn read<B: Buf>(visit: &mut Visit, body: impl Stream<Item = Result<B, warp::Error>>, token: &str) -> Result<(), Problem> {
    let reader = Reader::of(text(&visit.headers, &header::CONTENT_TYPE)).ok_or(Problem::NoForm)?;
    tokio::time::timeout(WHOLE, all(visit, reader, body, token))
        .await
        .unwrap_or(Err(Problem::Slow))
}

async fn all<B: Buf>(
    visit: &mut Visit,
    mut reader: Reader,
    body: impl Stream<Item = Result<B, warp::Error>>,
    token: &str,
) -> Result<(), Problem> {
    let mut body = pin!(body);
    let (mut current, mut trusted, mut read, mut fields) = (Current::Nothing, false, 0, 0);
    while let Some(piece) = body.next().await {
        let mut piece = piece.map_err(|_| Problem::NoForm)?;
        read += piece.remaining();
        if read > READ {
            return Err(Problem::TooLarge);
        }
        let mut octets = vec![0; piece.remaining()];
        piece.copy_to_slice(&mut octets);
        for event in reader.feed(&octets).map_err(|_| Problem::NoForm)? {
            match event {
                Event::Begin(part) if !trusted && (part.name != "token" || part.file.is_some()) => return Err(Problem::Stale),
                Event::Begin(part) => {
                    current = match part.file {
                        None => Current::Field(part.name, Vec::new()),
                        Some(_) => Current::File,
                    };
                }
                Event::Data(octets) => match &mut current {
                    Current::Nothing => {}
                    Current::Field(_, value) => {
                        fields += octets.len();
                        if fields > FIELDS {
                            return Err(Problem::TooLarge);
                        }
                        value.extend_from_slice(&octets);
                    }
                    Current::File if visit.file.len() + octets.len() > MOST => visit.trouble = Some(Trouble::Full),
                    Current::File => visit.file.extend_from_slice(&octets),
                },
                Event::End => {
                    if let Current::Field(name, value) = std::mem::replace(&mut current, Current::Nothing) {
                        let value = String::from_utf8_lossy(&value).into_owned();
                        if !trusted && (token.is_empty() || !same_token(&value, token)) {
                            return Err(Problem::Stale);
                        }
                        trusted = true;
                        visit.form.push((name, value));
                    }
                }
            }
        }
    }
    if reader.is_done() && trusted {
        Ok(())
    } else {
        Err(Problem::NoForm)
    }
}
