//! A WebDAV server (RFC 4918) as a place for a backup, in the layout of restic's folders, so that the same files copied to a
//! disk are a repository. A file is put under another name and then moved: one that is there is whole.

use super::{
    Control, Shelf,
    remote::{Account, Remote},
    unless_there,
};
use crate::{domain::backup::Trouble, net::https::Https};
use bytes::Bytes;
use http::{HeaderName, Method, header::RANGE};
use rustic_core::{ALL_FILE_TYPES, FileType, Id};

/// Octets of one answer about a folder that are looked at.
const LISTED: usize = 32 * 1024 * 1024;

pub(super) struct Dav(Remote);

fn path(kind: FileType, id: &Id) -> String {
    let hex = id.to_hex();
    match kind {
        FileType::Config => "config".to_owned(),
        FileType::Pack => format!("data/{}/{}", hex.get(..2).unwrap_or_default(), hex.as_str()),
        _ => format!("{}/{}", kind.dirname(), hex.as_str()),
    }
}

fn method(name: &[u8]) -> Result<Method, Trouble> {
    Method::from_bytes(name).map_err(|_| Trouble::Unreachable)
}

impl Dav {
    pub(super) fn new(account: &Account, https: &Https, control: &Control) -> Result<Self, Trouble> {
        Remote::new(account, https, control).map(Self)
    }

    /// Makes a folder; one that is there is made (405, RFC 4918 section 9.3.1).
    fn make(&self, path: &str) -> Result<(), Trouble> {
        let answer = self.0.ask(&method(b"MKCOL")?, path, &[], &Bytes::new())?;
        if answer.status == 405 {
            Ok(())
        } else {
            Remote::success(answer).map(drop)
        }
    }

    /// What stands in a folder: last parts of names and octets; nothing where there is no such folder.
    fn folder(&self, path: &str) -> Result<Vec<(String, u64)>, Trouble> {
        let depth = [(HeaderName::from_static("depth"), "1".to_owned())];
        let answer = self.0.ask(&method(b"PROPFIND")?, path, &depth, &Bytes::new())?;
        let body = match Remote::success(answer) {
            Err(Trouble::Missing) => return Ok(Vec::new()),
            body => body?,
        };
        let text = body.get(..LISTED.min(body.len())).map(String::from_utf8_lossy).unwrap_or_default();
        Ok(members(&text))
    }

    fn ids(&self, path: &str, found: &mut Vec<(Id, u32)>) -> Result<(), Trouble> {
        let files = self.folder(path)?.into_iter();
        found.extend(files.filter(|(name, _)| name.len() == 64).filter_map(|(name, size)| {
            let id = name.parse().ok()?;
            Some((id, u32::try_from(size).ok()?))
        }));
        Ok(())
    }
}

/// The members that an answer to PROPFIND names, whatever prefixes its elements have.
pub(super) fn members(text: &str) -> Vec<(String, u64)> {
    let mut found: Vec<(String, u64)> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let _ = before;
        let Some((tag, after)) = after.split_once('>') else { break };
        let name = tag.split([' ', '\t', '\r', '\n', '/']).next().unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or_default();
        let value = after.split('<').next().unwrap_or_default().trim();
        match name {
            "href" if !tag.starts_with('/') => {
                let last = value.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
                found.push((last.to_owned(), 0));
            }
            "getcontentlength" if !tag.starts_with('/') => {
                if let Some((_, size)) = found.last_mut() {
                    *size = value.parse().unwrap_or(0);
                }
            }
            _ => {}
        }
        rest = after;
    }
    found
}

impl Shelf for Dav {
    fn create(&self) -> Result<(), Trouble> {
        self.make("")?;
        for kind in ALL_FILE_TYPES {
            self.make(&format!("{}/", kind.dirname()))?;
        }
        (0..=u8::MAX).try_for_each(|first| self.make(&format!("data/{first:02x}/")))
    }

    fn list(&self, kind: FileType) -> Result<Vec<(Id, u32)>, Trouble> {
        let mut found = Vec::new();
        match kind {
            FileType::Config => {
                if let Some((_, size)) = self.folder("")?.into_iter().find(|(name, _)| name == "config") {
                    found.push((Id::default(), u32::try_from(size).unwrap_or(u32::MAX)));
                }
            }
            FileType::Pack => {
                for (name, _) in self.folder("data/")?.into_iter().filter(|(name, _)| name.len() == 2) {
                    self.ids(&format!("data/{name}/"), &mut found)?;
                }
            }
            _ => self.ids(&format!("{}/", kind.dirname()), &mut found)?,
        }
        Ok(found)
    }

    fn read(&self, kind: FileType, id: &Id, part: Option<(u32, u32)>) -> Result<Bytes, Trouble> {
        let range = part.map(|(offset, length)| {
            let last = (u64::from(offset) + u64::from(length)).saturating_sub(1);
            (RANGE, format!("bytes={offset}-{last}"))
        });
        let range: Vec<_> = range.into_iter().collect();
        Remote::success(self.0.ask(&Method::GET, &path(kind, id), &range, &Bytes::new())?)
    }

    fn write(&self, kind: FileType, id: &Id, octets: &Bytes) -> Result<(), Trouble> {
        let place = path(kind, id);
        let next = format!("{place}.part");
        let mut put = self.0.ask(&Method::PUT, &next, &[], octets)?;
        // There is no such folder (RFC 4918 section 9.7.1): whoever copied it may have left out those that were empty.
        if matches!(put.status, 404 | 409)
            && let Some((folder, _)) = place.rsplit_once('/')
        {
            self.make(&format!("{folder}/"))?;
            put = self.0.ask(&Method::PUT, &next, &[], octets)?;
        }
        Remote::success(put)?;
        let head = [
            (HeaderName::from_static("destination"), self.0.url(&place)),
            (HeaderName::from_static("overwrite"), "T".to_owned()),
        ];
        let moved = Remote::success(self.0.ask(&method(b"MOVE")?, &next, &head, &Bytes::new())?).map(drop);
        unless_there(self, (kind, id, octets), moved)
    }

    fn remove(&self, kind: FileType, id: &Id) -> Result<(), Trouble> {
        match Remote::success(self.0.ask(&Method::DELETE, &path(kind, id), &[], &Bytes::new())?) {
            Err(Trouble::Missing) => Ok(()),
            done => done.map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::members;

    #[test]
    fn members_are_read_whatever_their_prefix() {
        let text = "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>/b/data/</D:href></D:response>\
            <d:response><d:href>/b/data/ab</d:href><d:prop><d:getcontentlength>12</d:getcontentlength></d:prop></d:response>\
            <response><href>x</href><getcontentlength/></response>";
        let found = members(text);
        assert_eq!(found, [("data".to_owned(), 0), ("ab".to_owned(), 12), ("x".to_owned(), 0)]);
        for broken in ["<", "<href", "<href>", "<href>a", "</href>", "><", ""] {
            assert!(members(broken).len() <= 1);
        }
    }
}
