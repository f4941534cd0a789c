//! A form with files (`multipart/form-data`), counted octet by octet and stored as it comes.
//!
//! The first field must be the form's token: before it has been found right nothing is kept. What is too much is
//! read to its end and thrown away, because a browser that is cut off in the middle shows nothing of the answer; what
//! is far too much is cut off all the same.

use super::{
    Site,
    problem::Problem,
    visit::{Visit, text},
};
use crate::{
    codec::multipart::{Event, Part, Reader},
    domain::draft::{MAX_FIELD, MAX_FILES_SIZE, MAX_TEXT},
    service::{compose::Uploading, unlock::same_token},
};
use bytes::Buf;
use futures_util::{Stream, StreamExt};
use http::header;
use std::{pin::pin, time::Duration};

/// How long the next octets may take.
const SILENCE: Duration = Duration::from_secs(30);
/// How long all of it may take: 25 MiB at 14 kB/s.
const WHOLE: Duration = Duration::from_secs(30 * 60);
/// Octets of all fields that are no files.
const FIELDS_SIZE: usize = MAX_TEXT + 8 * MAX_FIELD;
/// Fields of a form, files included.
const FIELDS: usize = 300;
/// Octets that are read in all, kept or not.
const READ: u64 = 8 * MAX_FILES_SIZE;

/// What did not go well with the files of a form that is otherwise whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// They are too many, or too large.
    Full,
}

/// What is being read.
enum Current {
    Nothing,
    Field(String, Vec<u8>),
    File(Box<Uploading>),
    /// What is not kept.
    Passed,
}

/// Whether a request brings such a form.
pub(super) fn comes(visit: &Visit) -> bool {
    text(&visit.headers, &header::CONTENT_TYPE)
        .get(..19)
        .is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))
}

/// Reads the form into the visit, its files into the draft that the path names.
pub(super) async fn read<B: Buf>(
    site: &Site,
    visit: &mut Visit,
    body: impl Stream<Item = Result<B, warp::Error>>,
    token: &str,
) -> Result<(), Problem> {
    let reader = Reader::of(text(&visit.headers, &header::CONTENT_TYPE)).ok_or(Problem::NoForm)?;
    let draft = visit.number(0)?;
    let mut form = Form {
        site,
        token,
        draft,
        current: Current::Nothing,
        trusted: false,
        many: 0,
        size: 0,
        fields: Vec::new(),
        trouble: None,
    };
    let outcome = tokio::time::timeout(WHOLE, form.read(reader, body))
        .await
        .unwrap_or(Err(Problem::Slow));
    if let Current::File(file) = std::mem::replace(&mut form.current, Current::Nothing) {
        file.end(false).await?;
    }
    outcome?;
    (visit.form, visit.trouble) = (form.fields, form.trouble);
    Ok(())
}

struct Form<'a> {
    site: &'a Site,
    token: &'a str,
    draft: u64,
    current: Current,
    /// Whether the token was right.
    trusted: bool,
    many: usize,
    size: usize,
    fields: Vec<(String, String)>,
    trouble: Option<Trouble>,
}

impl Form<'_> {
    async fn read<B: Buf>(&mut self, mut reader: Reader, body: impl Stream<Item = Result<B, warp::Error>>) -> Result<(), Problem> {
        let mut body = pin!(body);
        let mut read = 0;
        while let Some(piece) = tokio::time::timeout(SILENCE, body.next()).await.map_err(|_| Problem::Slow)? {
            let mut piece = piece.map_err(|_| Problem::NoForm)?;
            read += piece.remaining() as u64;
            if read > READ {
                return Err(Problem::TooLarge);
            }
            let mut octets = vec![0; piece.remaining()];
            piece.copy_to_slice(&mut octets);
            for event in reader.feed(&octets).map_err(|_| Problem::NoForm)? {
                match event {
                    Event::Begin(part) => self.begin(part).await?,
                    Event::Data(octets) => self.data(octets).await?,
                    Event::End => self.end().await?,
                }
            }
        }
        if reader.is_done() && self.trusted {
            Ok(())
        } else {
            Err(Problem::NoForm)
        }
    }

    async fn begin(&mut self, part: Part) -> Result<(), Problem> {
        self.many += 1;
        if self.many > FIELDS {
            return Err(Problem::TooLarge);
        }
        if !self.trusted && (part.name != "token" || part.file.is_some()) {
            return Err(Problem::Stale);
        }
        self.current = match part.file {
            None => Current::Field(part.name, Vec::new()),
            Some(name) if name.is_empty() => Current::Passed,
            Some(name) => {
                let begun = self.site.services.compose.begin_file(self.draft, &name, &part.media_type).await?;
                match begun {
                    Ok(file) => Current::File(Box::new(file)),
                    Err(_) => {
                        self.trouble = Some(Trouble::Full);
                        Current::Passed
                    }
                }
            }
        };
        Ok(())
    }

    async fn data(&mut self, octets: Vec<u8>) -> Result<(), Problem> {
        let full = match &mut self.current {
            Current::Field(_, value) => {
                self.size += octets.len();
                if self.size > FIELDS_SIZE {
                    return Err(Problem::TooLarge);
                }
                value.extend_from_slice(&octets);
                false
            }
            Current::File(file) => file.take(&octets).await?.is_err(),
            Current::Nothing | Current::Passed => false,
        };
        if full && let Current::File(file) = std::mem::replace(&mut self.current, Current::Passed) {
            self.trouble = Some(Trouble::Full);
            file.end(false).await?;
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<(), Problem> {
        match std::mem::replace(&mut self.current, Current::Nothing) {
            Current::Field(name, value) => {
                let value = String::from_utf8_lossy(&value).into_owned();
                if !self.trusted {
                    if self.token.is_empty() || !same_token(&value, self.token) {
                        return Err(Problem::Stale);
                    }
                    self.trusted = true;
                }
                self.fields.push((name, value));
            }
            Current::File(file) => file.end(true).await?,
            Current::Nothing | Current::Passed => {}
        }
        Ok(())
    }
}
