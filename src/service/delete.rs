//! Deleting for good: a message or a discussion, with everything that was kept of it.
//!
//! The slow part comes first: what the discussion's row says without the message is worked out from the messages
//! that stay. The write then asks that nothing has changed in between, or it is worked out again.
//!
//! Absent on purpose: taking it back. What can be taken back is in the wastebasket (`acts`).

use super::{
    Error,
    excerpt::{excerpt, headline},
    read,
};
use crate::{
    codec::{html, mime},
    domain::{
        address::Address,
        id::{DiscussionId, MessageId},
        message::Reading,
        privacy::evidence::Direction,
    },
    store::{
        self,
        delete::{self, Deleted, Wanted},
        mail::Snapshot,
        record::{Discussion, Message, Person, Ratchet},
        vault::Vault,
    },
};
use std::{collections::HashSet, sync::Arc};

/// Messages that are read again to say who takes part; an older one changes a name at most.
const READ_AGAIN: usize = 30;
/// How often a deletion is prepared anew because something arrived in between.
const TRIES: usize = 8;

/// What became of writing the file anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wiped {
    /// Nothing is left of what was deleted.
    Done,
    /// It is being done already.
    UnderWay,
    /// The disk has no room for a second file. It is tried again every day.
    NoRoom,
}

/// Deletes; cheap to clone.
#[derive(Clone)]
pub struct Delete {
    vault: Vault,
    owner: Arc<HashSet<Address>>,
}

impl Delete {
    /// Over this vault, for the owner of these addresses.
    pub fn new(vault: Vault, owner: &[String]) -> Self {
        let owner = owner.iter().filter_map(|address| Address::parse(address).ok()).collect();
        Self {
            vault,
            owner: Arc::new(owner),
        }
    }

    /// Deletes a message; says its discussion where something of it is left.
    pub async fn message(&self, id: MessageId) -> Result<Option<DiscussionId>, Error> {
        for _ in 0..TRIES {
            let owner = self.owner.clone();
            let (wanted, discussion) = read(&self.vault, move |snapshot| {
                prepare(snapshot, id.0, &snapshot.owners(owner.iter())?)
            })
            .await?;
            let left = wanted.after.is_some().then_some(DiscussionId(discussion));
            let writing = self.vault.open()?.writer.write(move |tables| delete::message(tables, &wanted));
            match writing.await? {
                Deleted::Gone => return Ok(left),
                Deleted::Nothing => return Err(Error::NotFound),
                Deleted::Changed => {}
            }
        }
        Err(store::Error::Database("a discussion changed faster than it could be read".into()).into())
    }

    /// Deletes a discussion with all its messages.
    pub async fn discussion(&self, id: DiscussionId) -> Result<(), Error> {
        let writing = self.vault.open()?.writer.write(move |tables| delete::discussion(tables, id.0));
        match writing.await? {
            Deleted::Gone => Ok(()),
            Deleted::Nothing | Deleted::Changed => Err(Error::NotFound),
        }
    }

    /// Whether there is such a message; an error where not.
    pub async fn knows_message(&self, id: MessageId) -> Result<(), Error> {
        read(&self.vault, move |snapshot| {
            snapshot.message(id.0)?.ok_or(Error::NotFound)?;
            Ok(())
        })
        .await
    }

    /// How many messages a discussion has.
    pub async fn messages_in(&self, id: DiscussionId) -> Result<u32, Error> {
        read(&self.vault, move |snapshot| {
            Ok(snapshot.discussion(id.0)?.ok_or(Error::NotFound)?.messages)
        })
        .await
    }

    /// Writes the vault's file anew, so that nothing is left of what was deleted. Takes as long as copying everything that is
    /// kept.
    pub async fn wipe(&self) -> Result<Wiped, Error> {
        let open = self.vault.open()?;
        let wiping = tokio::task::spawn_blocking(move || open.rewrite());
        match wiping.await.unwrap_or(Err(store::Error::Damaged)) {
            Ok(true) => Ok(Wiped::Done),
            Ok(false) => Ok(Wiped::UnderWay),
            Err(store::Error::Full) => Ok(Wiped::NoRoom),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether something was deleted of which the file may still hold a trace.
    pub async fn leaves_traces(&self) -> Result<bool, Error> {
        let open = self.vault.open()?;
        let looking = tokio::task::spawn_blocking(move || open.remembers_deleted());
        Ok(looking.await.unwrap_or(Err(store::Error::Damaged))?)
    }
}

/// What deleting a message needs to know, and its discussion.
pub(super) fn prepare(snapshot: &Snapshot, id: u64, owner: &HashSet<Address>) -> Result<(Wanted, u64), Error> {
    let message = snapshot.message(id)?.ok_or(Error::NotFound)?;
    let before = snapshot.discussion(message.discussion)?.ok_or(store::Error::Damaged)?;
    let mut left = snapshot.discussed(message.discussion, 0, usize::MAX)?;
    left.retain(|(other, _)| *other != id);
    let after = (!left.is_empty()).then(|| without(snapshot, &before, &left, owner)).transpose()?;
    Ok((Wanted { id, before, after }, message.discussion))
}

/// The row of a discussion with these messages, the newest first.
pub(super) fn without(
    snapshot: &Snapshot,
    before: &Discussion,
    left: &[(u64, Message)],
    owner: &HashSet<Address>,
) -> Result<Discussion, Error> {
    let mut row = Discussion {
        people: Vec::new(),
        messages: u32::try_from(left.len()).unwrap_or(u32::MAX),
        unread: u32::try_from(left.iter().filter(|(_, message)| message.unread).count()).unwrap_or(u32::MAX),
        newest: left
            .iter()
            .take(Discussion::NEWEST)
            .rev()
            .map(|(id, message)| (message.received, *id, message.index))
            .collect(),
        ratchet: ratchet(snapshot, left)?,
        ..before.clone()
    };
    for (at, (id, message)) in left.iter().take(READ_AGAIN).enumerate() {
        let reading = match snapshot.shown(*id, message) {
            Ok(raw) => mime::read(&raw),
            // One that is damaged is no reason to keep another.
            Err(store::Error::Damaged) => Reading::default(),
            Err(error) => return Err(error.into()),
        };
        if at == 0 {
            row.last = message.received;
            row.padlock = message.padlock;
            newest(&mut row, &reading);
        }
        join(&mut row.people, &reading, owner);
    }
    if left.len() > READ_AGAIN {
        // Whoever stands only in an older one stays, by address: the name may have been the deleted one's.
        for person in &before.people {
            if row.people.iter().all(|known| known.address != person.address) {
                row.people.push(Person {
                    name: String::new(),
                    address: person.address.clone(),
                });
            }
        }
    }
    row.people.truncate(Discussion::PEOPLE);
    Ok(row)
}

/// What these messages, the newest first, hold their discussion to: nothing before the owner's newest counts.
fn ratchet(snapshot: &Snapshot, left: &[(u64, Message)]) -> Result<Ratchet, Error> {
    let mut ratchet = Ratchet::default();
    for (id, message) in left {
        let way = match snapshot.proof(*id) {
            Ok(proof) => proof.map(|proof| proof.evidence().direction),
            Err(store::Error::Damaged) => None,
            Err(error) => return Err(error.into()),
        };
        let Some(way) = way else { continue };
        ratchet.met((message.received, *id), way, message.padlock);
        if way == Direction::Out {
            break;
        }
    }
    Ok(ratchet)
}

/// What a row says of its newest message.
fn newest(row: &mut Discussion, reading: &Reading) {
    let list = reading
        .list_id
        .as_ref()
        .map(|id| headline(if reading.list_name.is_empty() { id } else { &reading.list_name }));
    // The owner's own answer to a list does not name it.
    if list.is_some() || !row.key.starts_with("list:") {
        row.list = list;
    }
    row.subject = headline(&reading.subject);
    row.excerpt = excerpt(&reading.text);
    row.trackers = reading.html.as_deref().map_or(0, |source| html::findings(source).0.trackers);
    row.attachments = reading.attachments.iter().filter(|file| !file.inline).count() as u32;
}

fn join(people: &mut Vec<Person>, reading: &Reading, owner: &HashSet<Address>) {
    for mailbox in reading.participants().filter(|mailbox| !owner.contains(&mailbox.address)) {
        if people.iter().all(|known| known.address != mailbox.address.as_str()) {
            people.push(Person {
                name: headline(&mailbox.name),
                address: mailbox.address.to_string(),
            });
        }
    }
}
