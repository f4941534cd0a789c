//! Searching: messages by their words and by what is known of them, and people by their cards.
//!
//! A query is taken apart into conditions (`plan`), the store answers which messages hold them all, and only those
//! of the page are read, no further than an excerpt needs (`snippet`). What arrives is indexed as it is kept; `job`
//! does what can wait.

mod job;
mod plan;
mod snippet;

pub use job::row;
pub(super) use job::{JOB, again, catch_up, step};
pub use snippet::Piece;

use super::{
    Error,
    devices::Viewer,
    excerpt::headline,
    read, tags,
    view::{People, Person, TagMark},
};
use crate::{
    codec::{mime, search::tokens},
    domain::{
        id::{DiscussionId, MessageId},
        message::Reading,
        padlock::Padlock,
        query::{Day, Place, Query, Text, What},
        time::Time,
    },
    store::{
        self,
        mail::Snapshot,
        record,
        search::{self as kept, Matcher, Veil},
        vault::Vault,
    },
};
pub use kept::By;
use std::sync::Arc;

/// Messages on a page.
pub const HITS: u32 = 25;
/// Contacts above the messages, and where only contacts are asked for.
const SOME_CONTACTS: usize = 5;
const CONTACTS: usize = 50;
/// Octets of a message that are read for its row.
const READ: usize = 128 * 1024;

/// What is looked through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Messages, and the first few contacts.
    #[default]
    All,
    /// Messages.
    Messages,
    /// Contacts.
    Contacts,
}

/// When a day begins where the owner is.
pub type Begins = Arc<dyn Fn(Day) -> Time + Send + Sync>;

/// What is asked.
#[derive(Clone)]
pub struct Asked {
    /// The query.
    pub query: Query,
    /// What is looked through.
    pub scope: Scope,
    /// In which order.
    pub by: By,
    /// Which page, from 1; one past the end is the last.
    pub page: u32,
    /// When a day begins.
    pub begins: Begins,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub id: MessageId,
    /// Its discussion.
    pub discussion: DiscussionId,
    /// Its author.
    pub from: Option<Person>,
    /// Its subject, what was looked for marked; may be empty.
    pub subject: Vec<Piece>,
    /// A piece of its text around what was looked for, one line; empty where it is masked.
    pub excerpt: Vec<Piece>,
    /// Whether it is masked on this device.
    pub masked: bool,
    /// When it was received.
    pub received: Time,
    /// Whether it is unread.
    pub unread: bool,
    /// The points that it was shown with; `None` is unknown.
    pub index: Option<u8>,
    /// The padlock that it travelled with.
    pub padlock: Padlock,
    /// Its tags.
    pub tags: Vec<TagMark>,
    /// Files beside its text.
    pub attachments: u32,
    /// Whether there may be more of them: only the beginning of a large message is read for its row.
    pub maybe_more: bool,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The messages of the page.
    pub hits: Vec<Hit>,
    /// How many messages there are in all.
    pub total: u64,
    /// Which page, from 1.
    pub page: u32,
    /// How many pages, at least 1.
    pub pages: u32,
    /// People from the address book.
    pub people: Vec<Person>,
    /// How many of them there are in all.
    pub people_total: usize,
    /// Tags that the query names and that there are not.
    pub unknown_tags: Vec<String>,
    /// Whether messages from before there was an index are still to be indexed.
    pub behind: bool,
}

/// Searches; cheap to clone.
#[derive(Clone)]
pub struct Search {
    vault: Vault,
    people: People,
    viewer: Viewer,
}

impl Search {
    /// Over this vault.
    pub fn new(vault: Vault, people: People) -> Self {
        Self {
            vault,
            people,
            viewer: Viewer::own(),
        }
    }

    /// The same, as somebody sees it: the text of what stands above their device's letter is masked.
    pub fn seen_by(&self, viewer: Viewer) -> Self {
        Self { viewer, ..self.clone() }
    }

    /// Finds what a query asks for. One without clauses finds nothing.
    pub async fn find(&self, asked: Asked) -> Result<Found, Error> {
        let (people, viewer) = (self.people.clone(), self.viewer.clone());
        read(&self.vault, move |snapshot| {
            let behind = snapshot.behind()?.is_some();
            if asked.query.clauses.is_empty() {
                return Ok(Found {
                    page: 1,
                    pages: 1,
                    behind,
                    ..Found::default()
                });
            }
            let plan = plan::of(snapshot, &asked)?;
            let (found, people_total) = if asked.scope == Scope::Messages {
                (Vec::new(), 0)
            } else {
                contacts(snapshot, &people, &asked)?
            };
            let mut page = Found {
                page: 1,
                pages: 1,
                people: found,
                people_total,
                unknown_tags: plan.unknown_tags,
                behind,
                ..Found::default()
            };
            if asked.scope != Scope::Contacts {
                messages(snapshot, &people, &viewer, &asked, &plan.wants, &mut page)?;
            }
            Ok(page)
        })
        .await
    }
}

/// The messages of the page.
fn messages(
    snapshot: &Snapshot,
    people: &People,
    viewer: &Viewer,
    asked: &Asked,
    wants: &[kept::Want],
    page: &mut Found,
) -> Result<(), Error> {
    let per = HITS as usize;
    let mut number = asked.page.max(1);
    let masks = |id: u64, index: Option<u8>| viewer.is_masked(MessageId(id), index);
    let veiled = if viewer.sees_all() { None } else { plan::veiled(snapshot, asked)? };
    let veil = veiled.map(|wants| Veil { masks: &masks, wants });
    let page_at = |number: u32| ((number as usize - 1).saturating_mul(per), per);
    let mut answer = kept::answer(snapshot, wants, veil.as_ref(), asked.by, page_at(number))?;
    page.total = answer.total;
    page.pages = u32::try_from(answer.total.div_ceil(u64::from(HITS))).unwrap_or(u32::MAX).max(1);
    if number > page.pages {
        number = page.pages;
        answer = kept::answer(snapshot, wants, veil.as_ref(), asked.by, page_at(number))?;
    }
    page.page = number;
    let marked = plan::marked(&asked.query);
    let tags = snapshot.tags()?;
    for id in answer.page {
        // The index is not the truth: what it names and is not there is left out.
        let Some(message) = snapshot.message(id)? else { continue };
        let mut hit = hit(snapshot, people, viewer, (id, message), &marked)?;
        let mine = snapshot.tags_of(id)?;
        hit.tags = tags::marks(&tags, mine.into_iter().map(|(tag, _)| tag));
        page.hits.push(hit);
    }
    Ok(())
}

/// A message as a row. One that is damaged is a row as well: its record is whole.
fn hit(
    snapshot: &Snapshot,
    people: &People,
    viewer: &Viewer,
    (id, message): (u64, record::Message),
    marked: &[(Place, Matcher)],
) -> Result<Hit, Error> {
    let opened = snapshot.opening(id)?.is_some();
    let raw = if opened {
        snapshot.shown(id, &message)
    } else {
        snapshot.raw_start(id, &message, READ)
    };
    let reading = match raw {
        Ok(raw) => mime::read(&raw),
        Err(store::Error::Damaged) => Reading::default(),
        Err(error) => return Err(error.into()),
    };
    let masked = viewer.is_masked(MessageId(id), message.index);
    let mut attachments = reading.attachments.iter().filter(|file| !file.inline).count() as u32;
    let mut maybe_more = !opened && message.size > READ as u64;
    if maybe_more {
        // Its discussion counted the files of its newest message when it arrived.
        let row = snapshot.discussion(message.discussion)?;
        if let Some(row) = row.filter(|row| row.newest.last().is_some_and(|(_, newest, _)| *newest == id)) {
            attachments = row.attachments;
            maybe_more = false;
        }
    }
    let author = reading.author();
    let from = author.map(|author| people.author(snapshot, id, author)).transpose()?;
    let here = |places: &[Place]| -> Vec<&Matcher> {
        let here = marked.iter().filter(|(place, _)| places.contains(place));
        here.map(|(_, matcher)| matcher).collect()
    };
    Ok(Hit {
        id: MessageId(id),
        discussion: DiscussionId(message.discussion),
        from,
        subject: snippet::all(&headline(&reading.subject), &here(&[Place::Anywhere, Place::Subject])),
        excerpt: if masked {
            Vec::new()
        } else {
            snippet::around(&reading.text, &here(&[Place::Anywhere, Place::Body]))
        },
        masked,
        received: Time(message.received),
        unread: message.unread,
        index: message.index,
        padlock: Padlock::from_rung(message.padlock),
        tags: Vec::new(),
        attachments,
        maybe_more,
    })
}

/// The people of the address book whom every word of a query names; nobody where it asks for more than words.
fn contacts(snapshot: &Snapshot, people: &People, asked: &Asked) -> Result<(Vec<Person>, usize), Error> {
    let mut wanted: Vec<String> = Vec::new();
    for clause in &asked.query.clauses {
        match &clause.what {
            What::Words(Place::Anywhere | Place::From | Place::To | Place::With, text) if !clause.not => {
                wanted.extend(tokens(text.as_str()).map(|(_, word)| word));
            }
            _ => return Ok((Vec::new(), 0)),
        }
    }
    let most = if asked.scope == Scope::Contacts { CONTACTS } else { SOME_CONTACTS };
    let (mut found, mut total) = (Vec::new(), 0);
    snapshot.each_contact(|card| {
        let named = [std::slice::from_ref(&card.name), &card.addresses].concat().join(" ");
        let words: Vec<String> = tokens(&named).map(|(_, word)| word).collect();
        if wanted
            .iter()
            .all(|wanted| words.iter().any(|word| word.starts_with(wanted.as_str())))
        {
            total += 1;
            found.push(card);
        }
    })?;
    found.sort_by_cached_key(|card| crate::domain::fold::fold(&card.name));
    found.truncate(most);
    let shown = found.iter().filter_map(|card| {
        let address = card.addresses.first()?;
        people.named(snapshot, &card.name, address).transpose()
    });
    Ok((shown.collect::<Result<_, _>>()?, total))
}

/// The words of a typed text that its query does not want in other forms.
fn exact(text: &Text) -> bool {
    matches!(text, Text::Exact(_))
}
