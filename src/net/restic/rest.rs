//! restic's own protocol between it and a server (the "REST backend" of its documentation), version 2: `rest-server`,
//! `rclone serve restic`, and what providers offer under that name.

use super::{
    Control, Shelf,
    remote::{Account, Remote},
    unless_there,
};
use crate::{domain::backup::Trouble, net::https::Https};
use bytes::Bytes;
use http::{
    Method,
    header::{ACCEPT, RANGE},
};
use rustic_core::{FileType, Id};
use serde_json::Value;

/// The list with sizes.
const LIST: &str = "application/vnd.x.restic.rest.v2";

pub(super) struct Rest(Remote);

fn path(kind: FileType, id: &Id) -> String {
    match kind {
        FileType::Config => "config".to_owned(),
        _ => format!("{}/{}", kind.dirname(), id.to_hex().as_str()),
    }
}

/// What a list names, and how many octets each has.
pub(super) fn listed(body: &[u8]) -> Result<Vec<(Id, u32)>, Trouble> {
    let rows: Vec<Value> = serde_json::from_slice(body).map_err(|_| Trouble::Unreachable)?;
    let row = |row: &Value| {
        let id = row.get("name")?.as_str()?.parse().ok()?;
        let size = u32::try_from(row.get("size")?.as_u64()?).ok()?;
        Some((id, size))
    };
    Ok(rows.iter().filter_map(row).collect())
}

impl Rest {
    pub(super) fn new(account: &Account, https: &Https, control: &Control) -> Result<Self, Trouble> {
        Remote::new(account, https, control).map(Self)
    }
}

impl Shelf for Rest {
    fn create(&self) -> Result<(), Trouble> {
        let answer = self.0.ask(&Method::POST, "?create=true", &[], &Bytes::new())?;
        Remote::success(answer).map(drop)
    }

    fn list(&self, kind: FileType) -> Result<Vec<(Id, u32)>, Trouble> {
        let accept = [(ACCEPT, LIST.to_owned())];
        if kind == FileType::Config {
            let answer = self.0.ask(&Method::GET, "config", &[], &Bytes::new())?;
            return match Remote::success(answer) {
                Ok(body) => Ok(vec![(Id::default(), u32::try_from(body.len()).unwrap_or(u32::MAX))]),
                Err(Trouble::Missing) => Ok(Vec::new()),
                Err(trouble) => Err(trouble),
            };
        }
        let answer = self.0.ask(&Method::GET, &format!("{}/", kind.dirname()), &accept, &Bytes::new())?;
        let body = match Remote::success(answer) {
            Err(Trouble::Missing) => return Ok(Vec::new()),
            body => body?,
        };
        listed(&body)
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
        let written = Remote::success(self.0.ask(&Method::POST, &path(kind, id), &[], octets)?).map(drop);
        unless_there(self, (kind, id, octets), written)
    }

    fn remove(&self, kind: FileType, id: &Id) -> Result<(), Trouble> {
        match Remote::success(self.0.ask(&Method::DELETE, &path(kind, id), &[], &Bytes::new())?) {
            Err(Trouble::Missing) => Ok(()),
            done => done.map(drop),
        }
    }
}
