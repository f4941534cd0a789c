//! The files of a draft: they come in pieces, and each piece is sealed in the vault before the next is asked for. No
//! file is ever whole in memory while it comes, and none lies anywhere else.

use super::{Compose, Inner, start::is_opened_in_part};
use crate::{
    codec::{
        exif::{self, Cleaned},
        mime,
    },
    domain::draft::{About, MAX_FILES, MAX_FILES_SIZE, Picture},
    service::{Error, discussion::file, read},
    store::{drafts, record, room::Room},
};
use std::sync::Arc;

/// Octets that are held before they are written.
const PIECE: usize = 1024 * 1024;
/// Characters of a file's name.
const MAX_NAME: usize = 200;

/// There is no room: too many files, or more than 25 MiB together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// A file that is coming.
pub struct Uploading {
    inner: Arc<Inner>,
    draft: u64,
    file: u64,
    upload: record::Upload,
    held: Vec<u8>,
    next: u32,
    /// Octets that there is room for.
    room: u64,
}

impl Compose {
    /// A file begins to come to a draft.
    pub async fn begin_file(&self, draft: u64, name: &str, media_type: &str) -> Result<Result<Uploading, Full>, Error> {
        let files = read(&self.0.vault, move |snapshot| Ok(snapshot.uploads(draft)?)).await?;
        let taken: u64 = files.iter().map(|(_, upload)| upload.size).sum();
        // A disk that has reached its reserve takes no files either; every page says so.
        let full = Room::of(self.0.vault.folder()).is_some_and(|room| !room.takes(0));
        if full || draft == 0 || files.len() >= MAX_FILES || taken >= MAX_FILES_SIZE {
            return Ok(Err(Full));
        }
        // Some browsers give the whole path.
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
        let upload = record::Upload {
            at: self.0.clock.now().0,
            name: if name.trim().is_empty() { "file".to_owned() } else { name },
            media_type: media_type.chars().take(MAX_NAME).collect(),
            ..record::Upload::default()
        };
        let (begun, open) = (upload.clone(), self.0.vault.open()?);
        let file = open.writer.write(move |tables| drafts::begin(tables, draft, &begun)).await?;
        Ok(Ok(Uploading {
            inner: self.0.clone(),
            draft,
            file,
            upload,
            held: Vec::new(),
            next: 0,
            room: MAX_FILES_SIZE - taken,
        }))
    }

    /// Takes a file off a draft.
    pub async fn remove_file(&self, draft: u64, file: u64) -> Result<(), Error> {
        let open = self.0.vault.open()?;
        Ok(open.writer.write(move |tables| drafts::remove(tables, draft, file)).await?)
    }

    /// Puts files of the message that a draft passes on to it.
    pub(super) async fn carry(&self, draft: u64, about: About, parts: Vec<u32>) -> Result<(), Error> {
        let Some(id) = about.message() else { return Ok(()) };
        let carried = read(&self.0.vault, move |snapshot| {
            let message = snapshot.message(id.0)?.ok_or(Error::NotFound)?;
            let raw = snapshot.shown(id.0, &message)?;
            let reading = mime::read(&raw);
            let whole = match is_opened_in_part(snapshot, id)? {
                true => snapshot.raw(id.0, &message)?,
                false => raw.clone(),
            };
            let files = parts.iter().take(MAX_FILES).map(|part| match *part {
                WHOLE => Ok((whole_name(&reading.subject), "message/rfc822".to_owned(), whole.clone())),
                part => file(&raw, &reading, part).map(|file| (file.name, file.media_type, file.bytes)),
            });
            Ok(files.filter_map(Result::ok).collect::<Vec<_>>())
        });
        for (name, media_type, octets) in carried.await? {
            let Ok(mut uploading) = self.begin_file(draft, &name, &media_type).await? else {
                return Ok(());
            };
            let fits = uploading.take(&octets).await?;
            uploading.end(fits.is_ok()).await?;
        }
        Ok(())
    }
}

/// What stands for the whole message among the parts that are carried along.
pub(super) const WHOLE: u32 = u32::MAX;

/// The file name of a message that is passed on whole.
pub(super) fn whole_name(subject: &str) -> String {
    let plain: String = subject
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .take(60)
        .collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}.eml", if plain.is_empty() { "message" } else { &plain })
}

impl Uploading {
    /// Takes the next octets of it. [`Full`] where they are too many; then it should end as a failure.
    pub async fn take(&mut self, octets: &[u8]) -> Result<Result<(), Full>, Error> {
        if self.upload.size + octets.len() as u64 > self.room {
            return Ok(Err(Full));
        }
        self.upload.size += octets.len() as u64;
        self.held.extend_from_slice(octets);
        if self.held.len() >= PIECE {
            self.write().await?;
        }
        Ok(Ok(()))
    }

    async fn write(&mut self) -> Result<(), Error> {
        let (held, file, next) = (std::mem::take(&mut self.held), self.file, self.next);
        let open = self.inner.vault.open()?;
        self.next = open.writer.write(move |tables| drafts::put(tables, file, next, &held)).await?;
        Ok(())
    }

    /// It is whole, and stays with the draft; or it is not, and goes.
    pub async fn end(mut self, whole: bool) -> Result<(), Error> {
        let (draft, file) = (self.draft, self.file);
        if !whole {
            let open = self.inner.vault.open()?;
            return Ok(open.writer.write(move |tables| drafts::remove(tables, draft, file)).await?);
        }
        self.write().await?;
        let upload = self.upload.clone();
        let picture = read(&self.inner.vault, move |snapshot| {
            Ok(match exif::clean(&snapshot.uploaded(file, &upload)?) {
                Cleaned::Other => Picture::None,
                Cleaned::Clean => Picture::Clean,
                Cleaned::Stripped(_, found) if found.place => Picture::Place,
                Cleaned::Stripped(..) => Picture::Tells,
                Cleaned::Unreadable => Picture::Unreadable,
            })
        });
        let upload = record::Upload {
            whole: true,
            ..self.upload.clone()
        }
        .with(picture.await?);
        let open = self.inner.vault.open()?;
        open.writer.write(move |tables| drafts::end(tables, draft, file, &upload)).await?;
        Ok(())
    }
}
