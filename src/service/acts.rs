//! What the owner does with discussions, one or a page of them, and how it is taken back.
//!
//! Whatever is done here remembers what was there before and gives it a number; `undo` puts exactly that back and leaves
//! alone what came in between. What can be taken back stands in memory, for as long as the vault is open: it names
//! messages, and the disk need not know what was regretted. What is thrown away can also be fetched from the wastebasket
//! ([`Acts::restore`]) until its time is over, long after.

mod bin;
mod undo;

pub use bin::{BIN_DAYS, BIN_DAYS_USUAL, BinPage, bin_days, set_bin_days};
pub(in crate::service) use bin::{JOB, step};

use super::{
    Error,
    contacts::Contacts,
    read,
    spam::Spam,
    tags::{LEARNT, Tags},
    view::People,
};
use crate::{
    domain::{
        address::Address,
        id::{DiscussionId, MessageId, TagId},
        importance,
        screener::Answer,
        shelf::Shelf,
        tag::System,
        time::Time,
    },
    net::clock::Clock,
    store::{
        mail::{self, Snapshot},
        record::Caller,
        shelves::{self, Before},
        vault::{Open, Vault},
    },
};
use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// Acts that can be taken back at a time; the oldest is forgotten first.
const REMEMBERED: usize = 50;

/// What is done with discussions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// They are done, and leave the timeline.
    Done,
    /// They come back to it.
    Undone,
    /// They go to the wastebasket.
    Bin,
    /// They are marked read or unread.
    Mark {
        /// Unread.
        unread: bool,
    },
    /// They get a tag, or lose it.
    Tag(TagId, bool),
    /// They are spam, or are not.
    Spam(bool),
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Something with discussions.
    Act(Act),
    /// One message went to the wastebasket.
    Message,
    /// The owner answered somebody at the door.
    Door(Answer),
    /// Discussions came out of the wastebasket: only told, for nothing is lost by it.
    Restored,
}

/// What was done, as a page tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// By this number it is taken back.
    pub number: u64,
    /// What it was.
    pub deed: Deed,
    /// How many discussions it changed.
    pub many: usize,
    /// Whether it has been taken back.
    pub taken_back: bool,
}

/// How one part of an act is taken back.
#[derive(Clone, Debug)]
enum Back {
    /// To this shelf they were moved, from where these stood.
    Shelves(Shelf, Before),
    /// These were marked so.
    Marked(Vec<u64>, bool),
    /// The tag was put on these, or taken off them (and who had put it there), and was given to these discussions.
    Tagged {
        tag: TagId,
        on: bool,
        messages: Vec<(u64, u8)>,
        discussions: Vec<u64>,
    },
    /// What was thought of these, and which of them were learnt from.
    Spam { messages: Vec<Thought>, learnt: Vec<u64> },
    /// What had been said of somebody.
    Caller(String, Option<Caller>),
}

/// What was thought of a message before the owner spoke.
#[derive(Clone, Copy, Debug)]
struct Thought {
    message: u64,
    /// Who had put the tag there.
    tagged: Option<u8>,
    spam: importance::Spam,
    /// The owner's word.
    said: Option<bool>,
}

/// What was done and can be taken back.
struct Remembered {
    told: Told,
    back: Vec<Back>,
}

#[derive(Default)]
struct Memory {
    of: Weak<Open>,
    next: u64,
    acts: VecDeque<Remembered>,
}

/// Does things with discussions; cheap to clone.
#[derive(Clone)]
pub struct Acts {
    vault: Vault,
    clock: Clock,
    tags: Tags,
    spam: Spam,
    contacts: Contacts,
    people: People,
    owner: Arc<HashSet<Address>>,
    memory: Arc<Mutex<Memory>>,
}

impl Acts {
    /// Over this vault, for the owner as they are shown, and their addresses.
    pub fn new(vault: Vault, clock: Clock, parts: (Tags, Spam, Contacts), people: (People, &[String])) -> Self {
        let ((tags, spam, contacts), (people, owner)) = (parts, people);
        let owner = owner.iter().filter_map(|address| Address::parse(address).ok()).collect();
        Self {
            vault,
            clock,
            tags,
            spam,
            contacts,
            people,
            owner: Arc::new(owner),
            memory: Arc::default(),
        }
    }

    /// Does something with discussions; those that are not there are left out. Gives the number by which it is taken
    /// back.
    pub async fn act(&self, ids: Vec<DiscussionId>, act: Act) -> Result<u64, Error> {
        let ids: Vec<u64> = self.known(ids).await?;
        let many = ids.len();
        let back = match act {
            Act::Done => self.shelve(ids, Shelf::Done).await?,
            Act::Undone => self.shelve(ids, Shelf::Timeline).await?,
            Act::Bin => self.shelve(ids, Shelf::Bin).await?,
            Act::Mark { unread } => self.mark(ids, unread).await?,
            Act::Tag(tag, on) if tag == System::Spam.id() => self.call_spam(ids, on).await?,
            Act::Tag(tag, on) => self.tag(ids, tag, on).await?,
            Act::Spam(is) => self.call_spam(ids, is).await?,
        };
        let many = match &back {
            Back::Shelves(_, moved) => moved.len(),
            _ => many,
        };
        self.remember(Deed::Act(act), many, vec![back])
    }

    /// What the owner answers somebody at the door: what was said of them, their discussions come away from it, and what
    /// they wrote is filed as the answer says.
    pub(super) async fn answer(&self, address: String, answer: Answer, ids: Vec<u64>) -> Result<u64, Error> {
        let (who, now) = (address.clone(), self.now());
        let open = self.vault.open()?;
        let before = read(&self.vault, move |snapshot| Ok(snapshot.caller(&who)?)).await?;
        let mut back = Vec::new();
        let many = ids.len();
        match answer {
            Answer::Newsletter => back.push(self.tag(ids.clone(), System::Newsletter.id(), true).await?),
            Answer::Refused => back.push(self.call_spam(ids.clone(), true).await?),
            Answer::Waiting | Answer::In => {}
        }
        let caller = (answer != Answer::Waiting).then(|| Caller::new(answer, now.0));
        let who = address.clone();
        let writing = open.writer.write(move |tables| {
            crate::store::door::say(tables, &who, caller.as_ref())?;
            shelves::shelve(tables, &ids, Shelf::Timeline, now.0)
        });
        back.push(Back::Shelves(Shelf::Timeline, writing.await?));
        back.push(Back::Caller(address, before));
        self.remember(Deed::Door(answer), many, back)
    }

    /// What was done under a number; `None` where it is forgotten.
    pub fn told(&self, number: u64) -> Option<Told> {
        let open = self.vault.open().ok()?;
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = memory.of.as_ptr() == Arc::as_ptr(&open);
        let known = memory.acts.iter().find(|known| known.told.number == number);
        known.filter(|_| mine).map(|known| known.told)
    }

    /// Takes something back: what it changed is as it was. `false` where it is forgotten, or was taken back already.
    pub async fn undo(&self, number: u64) -> Result<bool, Error> {
        let open = self.vault.open()?;
        let back = {
            let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
            if memory.of.as_ptr() != Arc::as_ptr(&open) {
                return Ok(false);
            }
            let known = memory.acts.iter_mut().find(|known| known.told.number == number);
            let Some(known) = known.filter(|known| !known.told.taken_back) else {
                return Ok(false);
            };
            known.told.taken_back = true;
            std::mem::take(&mut known.back)
        };
        for part in back.into_iter().rev() {
            self.take_back(part).await?;
        }
        Ok(true)
    }

    /// Remembers that so many came out of the wastebasket, so that the next page can tell it.
    pub fn tell_restored(&self, many: usize) -> Result<u64, Error> {
        self.remember(Deed::Restored, many, Vec::new())
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    fn remember(&self, deed: Deed, many: usize, back: Vec<Back>) -> Result<u64, Error> {
        let open = self.vault.open()?;
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.of.as_ptr() != Arc::as_ptr(&open) {
            memory.acts.clear();
            memory.of = Arc::downgrade(&open);
        }
        memory.next += 1;
        let told = Told {
            number: memory.next,
            deed,
            many,
            taken_back: false,
        };
        memory.acts.push_back(Remembered { told, back });
        if memory.acts.len() > REMEMBERED {
            memory.acts.pop_front();
        }
        Ok(told.number)
    }

    /// Those that there are, each once.
    async fn known(&self, ids: Vec<DiscussionId>) -> Result<Vec<u64>, Error> {
        read(&self.vault, move |snapshot| {
            let mut known: Vec<u64> = Vec::new();
            for id in ids {
                if !known.contains(&id.0) && snapshot.discussion(id.0)?.is_some() {
                    known.push(id.0);
                }
            }
            Ok(known)
        })
        .await
    }

    async fn shelve(&self, ids: Vec<u64>, shelf: Shelf) -> Result<Back, Error> {
        let now = self.now().0;
        let open = self.vault.open()?;
        let writing = open.writer.write(move |tables| shelves::shelve(tables, &ids, shelf, now));
        Ok(Back::Shelves(shelf, writing.await?))
    }

    async fn mark(&self, ids: Vec<u64>, unread: bool) -> Result<Back, Error> {
        let open = self.vault.open()?;
        let writing = open.writer.write(move |tables| {
            let mut changed = Vec::new();
            for id in &ids {
                changed.extend(shelves::marked(tables, *id, !unread)?);
                mail::mark(tables, *id, unread)?;
            }
            Ok(changed)
        });
        Ok(Back::Marked(writing.await?, !unread))
    }

    async fn tag(&self, ids: Vec<u64>, tag: TagId, on: bool) -> Result<Back, Error> {
        let asked = ids.clone();
        let back = read(&self.vault, move |snapshot| tagged(snapshot, &asked, tag, on)).await?;
        let ids = ids.into_iter().map(DiscussionId).collect();
        self.tags.put_on_discussions(ids, tag, on).await?;
        Ok(back)
    }

    async fn call_spam(&self, ids: Vec<u64>, is: bool) -> Result<Back, Error> {
        let asked = ids.clone();
        let spam = self.spam.clone();
        let back = read(&self.vault, move |snapshot| thoughts(snapshot, &spam, &asked, is)).await?;
        let ids = ids.into_iter().map(DiscussionId).collect();
        self.tags.put_on_discussions(ids, System::Spam.id(), is).await?;
        Ok(back)
    }

    async fn teach(&self, message: u64, said: Option<bool>) -> Result<(), Error> {
        match self.spam.teach(MessageId(message), said).await {
            Ok(_) | Err(Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// What a tag would change.
fn tagged(snapshot: &Snapshot, ids: &[u64], tag: TagId, on: bool) -> Result<Back, Error> {
    let (mut messages, mut discussions) = (Vec::new(), Vec::new());
    for id in ids {
        let filed = snapshot.filed(*id)?.unwrap_or_default();
        let given = filed.tags.iter().any(|(known, _, given)| *known == tag.0 && *given);
        if given != on {
            discussions.push(*id);
        }
        for message in snapshot.discussed_ids(*id)? {
            let by = snapshot.tags_of(message)?.into_iter().find(|(known, _)| *known == tag.0);
            if by.is_some() != on {
                messages.push((message, by.map_or(0, |(_, by)| by)));
            }
        }
    }
    Ok(Back::Tagged {
        tag,
        on,
        messages,
        discussions,
    })
}

/// What is thought of the messages of some discussions that the owner's word is about.
fn thoughts(snapshot: &Snapshot, judge: &Spam, ids: &[u64], is: bool) -> Result<Back, Error> {
    let (mut messages, mut learnt) = (Vec::new(), Vec::new());
    let spam = System::Spam.id().0;
    for id in ids {
        let of_it = judge.spoken_of(snapshot, snapshot.discussed_ids(*id)?, is)?;
        learnt.extend(of_it.iter().copied().take(LEARNT));
        for message in of_it {
            let tagged = snapshot.tags_of(message)?.into_iter().find(|(known, _)| *known == spam);
            let weighed = snapshot.weighed(message)?.unwrap_or_default();
            messages.push(Thought {
                message,
                tagged: tagged.map(|(_, by)| by),
                spam: weighed.facts(None).spam,
                said: match snapshot.judged(message)?.map(|judged| judged.said) {
                    Some(1) => Some(true),
                    Some(2) => Some(false),
                    _ => None,
                },
            });
        }
    }
    Ok(Back::Spam { messages, learnt })
}
