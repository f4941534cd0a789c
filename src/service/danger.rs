//! What may do harm: looked at when a message arrives, told when it is read, and a step before a file of it
//! is saved.
//!
//! The address book is made ready for comparing once and kept until it changes or the box is locked. The
//! owner's virus scanner, where there is one, is asked for what comes through the door; it holds nothing
//! up: no answer is "not known". Absent on purpose: keeping a file from its owner.

use super::{
    Error,
    devices::Viewer,
    discussion::{File, file},
    read,
};
use crate::{
    codec::{hosts, inspect, mime},
    domain::{
        address::Address,
        danger::{Danger, Look, Scan, sender, sender::Acquaintance},
        id::MessageId,
        message::Reading,
        time::Time,
    },
    net::clamd::{Clamd, Said},
    store::{
        self, hex,
        mail::Snapshot,
        slots::random,
        vault::{Open, Vault},
    },
};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Seconds that a confirmation is good for.
const GOOD_FOR: i64 = 120;
/// Confirmations that wait to be used; beyond it the oldest is forgotten.
const WAITING: usize = 64;

/// Knows what may do harm; cheap to clone.
#[derive(Clone)]
pub struct Dangers(Arc<Inner>);

struct Inner {
    vault: Vault,
    domain: String,
    known: Mutex<Option<(u64, Arc<Acquaintance>)>>,
    scanner: OnceLock<Clamd>,
    allowed: Mutex<Vec<Allowed>>,
}

/// A confirmation: this session may save this file once.
struct Allowed {
    ticket: String,
    session: String,
    file: (MessageId, u32),
    until: Time,
}

/// A file with what one should know before saving it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saving {
    /// The file.
    pub file: File,
    /// The dangers of the file and of the message that it came with; empty where it may just be saved.
    pub dangers: Vec<Danger>,
}

impl Dangers {
    /// Over this vault; `domain` is the owner's own, which others may imitate.
    pub fn new(vault: Vault, domain: &str) -> Self {
        Self(Arc::new(Inner {
            vault,
            domain: domain.to_lowercase(),
            known: Mutex::default(),
            scanner: OnceLock::new(),
            allowed: Mutex::default(),
        }))
    }

    /// From now on asks this scanner; the first one that is given stays.
    pub fn ask(&self, scanner: Clamd) {
        // A second one is of no use to anybody.
        let _ = self.0.scanner.set(scanner);
    }

    /// What the owner's scanner says of a message as it came, and the name of what it found.
    pub(super) async fn scan(&self, raw: &[u8]) -> (Scan, Option<String>) {
        let Some(scanner) = self.0.scanner.get() else {
            return (Scan::NotAsked, None);
        };
        match scanner.scan(raw).await {
            Ok(Said::Clean) => (Scan::Clean, None),
            Ok(Said::Found(name)) => (Scan::Found, Some(name)),
            Err(error) => {
                tracing::warn!(%error, "the virus scanner did not answer");
                (Scan::NotKnown, None)
            }
        }
    }

    /// Everything that is to be said of a message. Blocks: it unpacks archives.
    pub(super) fn look(
        &self,
        open: &Open,
        raw: &[u8],
        reading: &Reading,
        is_owner: impl Fn(&Address) -> bool,
        scanned: (Scan, Option<String>),
    ) -> Result<Look, store::Error> {
        let known = self.acquaintance(open)?;
        let mut dangers = sender::look(reading, &known, is_owner, hosts::registrable);
        dangers.extend(scanned.1.map(|name| Danger::Virus { name }));
        dangers.extend(inspect::look(raw, reading));
        Ok(Look { dangers, scan: scanned.0 })
    }

    /// Whom the owner knows, as the address book has it now.
    fn acquaintance(&self, open: &Open) -> Result<Arc<Acquaintance>, store::Error> {
        let snapshot = Snapshot::of(open)?;
        let edition = snapshot.edition()?;
        let mut kept = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, known)) = kept.as_ref()
            && *of == edition
        {
            return Ok(known.clone());
        }
        let mut known = Acquaintance::default();
        known.add_domain(&hosts::registrable(&self.0.domain));
        snapshot.each_contact(|card| {
            let addresses = card.addresses.iter().filter_map(|address| Address::parse(address).ok());
            known.add(&card.name, addresses, hosts::registrable);
        })?;
        let known = Arc::new(known);
        *kept = Some((edition, known.clone()));
        Ok(known)
    }

    /// Forgets what it knows of the address book: the box is locked.
    pub fn forget(&self) {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// A file of a message with what one should know before saving it; [`Error::Masked`] where the message is
    /// masked for this viewer.
    pub async fn saving(&self, id: MessageId, part: u32, viewer: Viewer) -> Result<Saving, Error> {
        read(&self.0.vault, move |snapshot| {
            let record = snapshot.message(id.0)?.ok_or(Error::NotFound)?;
            if viewer.is_masked(id, record.index) {
                return Err(Error::Masked(id));
            }
            let raw = snapshot.shown(id.0, &record)?;
            let reading = mime::read(&raw);
            let look = known_look(snapshot, id.0, &raw, &reading)?;
            Ok(Saving {
                dangers: look.before_saving(part).cloned().collect(),
                file: file(&raw, &reading, part)?,
            })
        })
        .await
    }

    /// A ticket with which this session may save this file once, within two minutes.
    pub fn allow(&self, session: &str, id: MessageId, part: u32, now: Time) -> Result<String, Error> {
        let ticket = hex(&random::<16>()?);
        let mut allowed = self.0.allowed.lock().unwrap_or_else(PoisonError::into_inner);
        allowed.retain(|one| one.until > now);
        let surplus = (allowed.len() + 1).saturating_sub(WAITING);
        allowed.drain(..surplus);
        allowed.push(Allowed {
            ticket: ticket.clone(),
            session: session.to_owned(),
            file: (id, part),
            until: Time(now.0.saturating_add(GOOD_FOR)),
        });
        Ok(ticket)
    }

    /// Whether a ticket is good for this; it is used up.
    pub fn redeem(&self, ticket: &str, session: &str, id: MessageId, part: u32, now: Time) -> bool {
        let mut allowed = self.0.allowed.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |one: &Allowed| one.ticket == ticket && one.session == session && one.file == (id, part) && one.until > now;
        let Some(at) = allowed.iter().position(fits) else { return false };
        allowed.remove(at);
        true
    }
}

/// What was found when a message arrived; for one that is older than the looking, what its octets say today.
pub(super) fn known_look(snapshot: &Snapshot, id: u64, raw: &[u8], reading: &Reading) -> Result<Look, Error> {
    Ok(match snapshot.looked(id)? {
        Some(looked) => looked.look(),
        None => Look {
            dangers: inspect::look(raw, reading),
            scan: Scan::NotAsked,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_for_one_session_one_file_one_time() {
        let folder = tempfile::tempdir().unwrap();
        let dangers = Dangers::new(Vault::locked(folder.path()), "home.test");
        let (file, now) = (MessageId(7), Time(1_000));
        let ticket = dangers.allow("s", file, 2, now).unwrap();
        for (session, id, part, at) in [("x", 7, 2, 1_000), ("s", 8, 2, 1_000), ("s", 7, 3, 1_000), ("s", 7, 2, 1_120)] {
            assert!(!dangers.redeem(&ticket, session, MessageId(id), part, Time(at)));
        }
        assert!(!dangers.redeem("", "s", file, 2, now));
        assert!(dangers.redeem(&ticket, "s", file, 2, Time(1_119)));
        assert!(!dangers.redeem(&ticket, "s", file, 2, Time(1_119)), "it was used");
        let first = dangers.allow("s", file, 2, now).unwrap();
        for _ in 0..WAITING {
            dangers.allow("s", file, 2, now).unwrap();
        }
        assert!(!dangers.redeem(&first, "s", file, 2, now), "only so many wait");
    }
}
