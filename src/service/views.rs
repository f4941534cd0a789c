//! Searches that the owner keeps: each is a tab, on every device or on one.
//!
//! Every page shows them, so what was read last stays in memory for as long as the vault is open.

use super::{Error, read};
use crate::{
    domain::{
        id::DeviceId,
        tag::{Name, NameError},
    },
    store::{
        self,
        mail::Snapshot,
        record,
        vault::{Open, Vault},
        views as kept,
    },
};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A search that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Which.
    pub id: u64,
    /// What its tab says.
    pub name: String,
    /// The query as text.
    pub query: String,
    /// Whether the most fitting come first.
    pub fit: bool,
    /// The only device that shows it; `None` is all of them.
    pub device: Option<DeviceId>,
    /// Whether that device opens it first.
    pub first: bool,
}

/// Why a search is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// There is no such name.
    Name(NameError),
    /// There is nothing in it to look for.
    Nothing,
    /// There are as many as there may be.
    TooMany,
}

type Kept = Option<(Weak<Open>, Arc<Vec<View>>)>;

/// Keeps searches; cheap to clone.
#[derive(Clone)]
pub struct Views {
    vault: Vault,
    last: Arc<Mutex<Kept>>,
}

impl Views {
    /// Over this vault.
    pub fn new(vault: Vault) -> Self {
        Self {
            vault,
            last: Arc::default(),
        }
    }

    /// All of them in their order.
    pub async fn list(&self) -> Result<Vec<View>, Error> {
        read(&self.vault, |snapshot| Ok(all(snapshot)?)).await
    }

    /// The tabs of a device, from memory; read where it is the first time since the vault was opened. None where
    /// they cannot be read: a page is not the worse for it.
    pub fn tabs(&self, device: DeviceId) -> Vec<View> {
        let Ok(open) = self.vault.open() else { return Vec::new() };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last
            .as_ref()
            .filter(|(of, _)| of.as_ptr() == Arc::as_ptr(&open))
            .map(|(_, views)| views.clone());
        let views = known.or_else(|| {
            let read = store::guarded(|| Snapshot::of(&open).and_then(|snapshot| all(&snapshot)));
            let views = Arc::new(read.ok()?);
            *last = Some((Arc::downgrade(&open), views.clone()));
            Some(views)
        });
        let here = |view: &&View| view.device.is_none_or(|only| only == device);
        views.iter().flat_map(|views| views.iter().filter(here)).cloned().collect()
    }

    /// Keeps a search under a name, on one device or on all.
    pub async fn keep(&self, name: &str, query: &str, fit: bool, device: Option<DeviceId>) -> Result<Result<u64, NotKept>, Error> {
        let name = match Name::parse(name) {
            Ok(name) => name,
            Err(error) => return Ok(Err(NotKept::Name(error))),
        };
        if query.is_empty() {
            return Ok(Err(NotKept::Nothing));
        }
        let view = record::View {
            name: name.as_str().to_owned(),
            query: query.to_owned(),
            fit,
            device: device.map(|device| device.0),
            place: 0,
            first: false,
        };
        let kept = self.vault.open()?.writer.write(move |tables| kept::add(tables, &view)).await?;
        self.forget();
        Ok(kept.ok_or(NotKept::TooMany))
    }

    /// What a device opens first after signing in.
    pub fn first(&self, device: DeviceId) -> Option<View> {
        self.tabs(device).into_iter().find(|view| view.first && view.device == Some(device))
    }

    /// Moves one by one place.
    pub async fn shift(&self, id: u64, forward: bool) -> Result<(), Error> {
        let writing = self.vault.open()?.writer.write(move |tables| kept::shift(tables, id, forward));
        let known = writing.await?;
        self.forget();
        if known { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Gives one another name, and says where it is shown, and whether that one device opens it first.
    pub async fn change(&self, id: u64, name: &str, device: Option<DeviceId>, first: bool) -> Result<Result<(), NotKept>, Error> {
        let name = match Name::parse(name) {
            Ok(name) => name.as_str().to_owned(),
            Err(error) => return Ok(Err(NotKept::Name(error))),
        };
        let writing = self.vault.open()?.writer.write(move |tables| {
            let known = kept::change(tables, id, |view| {
                view.name.clone_from(&name);
                view.device = device.map(|device| device.0);
                view.first = false;
            })?;
            if let Some(device) = device.filter(|_| known && first) {
                kept::first(tables, id, device.0)?;
            }
            Ok(known)
        });
        let known = writing.await?;
        self.forget();
        if known { Ok(Ok(())) } else { Err(Error::NotFound) }
    }

    /// Lets one go.
    pub async fn remove(&self, id: u64) -> Result<(), Error> {
        let known = self.vault.open()?.writer.write(move |tables| kept::remove(tables, id)).await?;
        self.forget();
        if known { Ok(()) } else { Err(Error::NotFound) }
    }

    fn forget(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn all(snapshot: &Snapshot) -> Result<Vec<View>, store::Error> {
    let views = snapshot.views()?.into_iter().map(|(id, view)| View {
        id,
        name: view.name,
        query: view.query,
        fit: view.fit,
        device: view.device.map(DeviceId),
        first: view.first,
    });
    Ok(views.collect())
}
