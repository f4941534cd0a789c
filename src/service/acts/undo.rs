//! Taking back, part by part, and putting what comes out of the wastebasket where it belongs.

use super::{Acts, Back, Error, Thought};
use crate::{
    domain::{
        id::{DiscussionId, TagId},
        shelf::Shelf,
        tag::{By, System},
    },
    service::{
        delete::without,
        read, smart,
        tags::{LEARNT, going_on, in_slices},
    },
    store::{
        self, door, filing,
        mail::Snapshot,
        record::Message,
        regroup::{self, Change},
        shelves,
    },
};

/// How often two discussions are put together anew because something arrived in between.
const TRIES: usize = 8;

impl Acts {
    pub(super) async fn take_back(&self, part: Back) -> Result<(), Error> {
        let open = self.vault.open()?;
        match part {
            Back::Shelves(to, before) => {
                for (id, shelf) in before {
                    // What was thrown away since by another act is left to that.
                    if to != Shelf::Bin || !self.put_back(id).await? {
                        let now = self.now().0;
                        open.writer
                            .write(move |tables| shelves::shelve(tables, &[id], shelf, now).map(drop))
                            .await?;
                    }
                }
                self.contacts.follow().await
            }
            Back::Marked(messages, unread) => {
                let writing = open.writer.write(move |tables| shelves::mark_messages(tables, &messages, unread));
                Ok(writing.await?)
            }
            Back::Tagged {
                tag,
                on,
                messages,
                discussions,
            } => self.untag(tag, on, messages, discussions).await,
            Back::Spam { messages, learnt } => self.unthink(messages, learnt).await,
            Back::Caller(address, before) => {
                let writing = open.writer.write(move |tables| door::say(tables, &address, before.as_ref()));
                Ok(writing.await?)
            }
        }
    }

    /// Takes discussions out of the wastebasket, to where they stood before; those that are not in it are left alone.
    /// Says how many it were.
    pub async fn restore(&self, ids: Vec<DiscussionId>) -> Result<usize, Error> {
        let mut many = 0;
        for id in ids {
            many += usize::from(self.put_back(id.0).await?);
        }
        self.contacts.follow().await?;
        Ok(many)
    }

    /// Takes a discussion out of the wastebasket; `false` where it is not in it. Where these people have begun another
    /// discussion since, the two become one.
    async fn put_back(&self, id: u64) -> Result<bool, Error> {
        for _ in 0..TRIES {
            let filed = read(&self.vault, move |snapshot| Ok(snapshot.filed(id)?)).await?;
            if filed.is_none_or(|filed| filed.shelf() != Shelf::Bin) {
                return Ok(false);
            }
            let open = self.vault.open()?;
            if open.writer.write(move |tables| shelves::take_out(tables, id)).await? {
                return Ok(true);
            }
            let owner = self.owner.clone();
            let changes = read(&self.vault, move |snapshot| together(snapshot, id, &snapshot.owners(owner.iter())?)).await?;
            if changes.is_empty() {
                continue;
            }
            if open.writer.write(move |tables| regroup::follow(tables, &changes, &[])).await? {
                return Ok(true);
            }
        }
        Err(store::Error::Database("a discussion changed faster than it could be read".into()).into())
    }

    async fn untag(&self, tag: TagId, on: bool, messages: Vec<(u64, u8)>, discussions: Vec<u64>) -> Result<(), Error> {
        let open = self.vault.open()?;
        let hand = |(_, by): &&(u64, u8)| on || *by == By::Owner as u8;
        let learnt: Vec<u64> = messages.iter().filter(hand).map(|(id, _)| *id).take(LEARNT).collect();
        let writing = open
            .writer
            .write(move |tables| discussions.iter().try_for_each(|id| filing::give(tables, *id, tag, !on).map(drop)));
        writing.await?;
        let by: std::collections::HashMap<u64, u8> = messages.iter().copied().collect();
        let ids = messages.into_iter().map(|(id, _)| id).collect();
        let by = std::sync::Arc::new(by);
        let changing = open.clone();
        going_on(async move {
            in_slices(&changing, ids, move |tables, message| {
                if on {
                    return filing::unset(tables, message, tag).map(drop);
                }
                let by = by.get(&message).and_then(|by| By::ALL.get(usize::from(*by)));
                filing::set(tables, message, tag, by.copied().unwrap_or(By::House)).map(drop)
            })
            .await
        })
        .await?;
        smart::learn(&self.vault, learnt, tag, !on).await
    }

    async fn unthink(&self, messages: Vec<Thought>, learnt: Vec<u64>) -> Result<(), Error> {
        for thought in messages.iter().filter(|thought| learnt.contains(&thought.message)) {
            self.teach(thought.message, thought.said).await?;
        }
        let open = self.vault.open()?;
        let before: std::collections::HashMap<u64, Thought> = messages.iter().map(|thought| (thought.message, *thought)).collect();
        let before = std::sync::Arc::new(before);
        let ids = messages.into_iter().map(|thought| thought.message).collect();
        going_on(async move {
            in_slices(&open, ids, move |tables, message| {
                let Some(thought) = before.get(&message) else { return Ok(()) };
                let spam = System::Spam.id();
                filing::unset(tables, message, spam)?;
                if let Some(by) = thought.tagged.and_then(|by| By::ALL.get(usize::from(by))) {
                    filing::set(tables, message, spam, *by)?;
                }
                filing::reweigh(tables, message, |facts| facts.spam = thought.spam).map(drop)
            })
            .await
        })
        .await
    }
}

/// What has to change so that a discussion of the wastebasket becomes part of the one that has its name now; nothing
/// where nobody has it.
fn together(
    snapshot: &Snapshot,
    id: u64,
    owner: &std::collections::HashSet<crate::domain::address::Address>,
) -> Result<Vec<Change>, Error> {
    let Some(away) = snapshot.discussion(id)? else {
        return Ok(Vec::new());
    };
    let Some(home) = snapshot.named(&away.key)? else {
        return Ok(Vec::new());
    };
    let Some(row) = snapshot.discussion(home)? else {
        return Ok(Vec::new());
    };
    let coming = snapshot.discussed(id, 0, usize::MAX)?;
    let joining = coming.iter().map(|(id, _)| *id).collect();
    let mut all: Vec<(u64, Message)> = snapshot.discussed(home, 0, usize::MAX)?;
    all.extend(coming);
    all.sort_unstable_by_key(|(id, message)| std::cmp::Reverse((message.received, *id)));
    let after = without(snapshot, &row, &all, owner)?;
    Ok(vec![
        Change {
            id: Some(home),
            before: Some(row),
            after: Some(after),
            joining,
            from: vec![id],
        },
        Change {
            id: Some(id),
            before: Some(away),
            after: None,
            joining: Vec::new(),
            from: Vec::new(),
        },
    ])
}
