//! The address book: the list, a card with everything that is known of somebody, and changing them.
//!
//! After a change the discussions follow at once (`regroup`), and the index of whoever it touches is computed anew
//! (`weigh`). Files of cards are read and written in `book`.
//!
//! Absent on purpose: adding anybody by itself. Who stands in the book is the owner's word, and an index may rest on it.

pub mod book;
mod regroup;
pub mod told;
mod weigh;

pub(super) use weigh::{KeyState, key_state};

use super::{
    Error,
    happening::{Happening, Happenings},
    keyring, read, tags,
    view::TagMark,
};
use crate::{
    domain::{
        address::Address,
        contact::{Card, initial, order},
        fold::fold,
        id::{ContactId, DiscussionId, TagId},
        message::Mailbox,
        privacy::{contact::ContactIndex, evidence},
        time::Time,
    },
    net::clock::Clock,
    store::{
        self,
        contacts::{self, Put},
        mail::Snapshot,
        record,
        vault::Vault,
        writer::Tables,
    },
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Cards on a page.
pub const CARDS: u32 = 50;
/// Contacts whose index is computed in one go.
const SLICE: usize = 50;
/// Seconds between two looks for such contacts.
const NAP: u64 = 60;
/// Discussions on a card's page.
const RECENT: usize = 5;
/// Messages that are looked through for them, and for trackers.
const LOOKED: usize = 2_000;
/// Seconds of the past of which the trackers are counted: a year.
const YEAR: i64 = 365 * 24 * 3600;
/// The most people that are suggested at once.
const SUGGESTED: usize = 8;

/// The address book; cheap to clone.
#[derive(Clone)]
pub struct Contacts {
    vault: Vault,
    clock: Clock,
    happenings: Happenings,
    owner: Arc<HashSet<Address>>,
    /// A file of cards that was looked at.
    waiting: Arc<tokio::sync::Mutex<Option<book::Waiting>>>,
}

/// Which cards are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Words that all have to stand on the card, without regard to accents and case; empty for any.
    pub words: String,
    /// By its slug: only cards that have this tag.
    pub tag: String,
    /// Which page, from 1.
    pub page: u32,
}

/// One page of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// At most [`CARDS`], in the order of their names.
    pub rows: Vec<Row>,
    /// Which page, from 1.
    pub page: u32,
    /// How many pages, at least 1.
    pub pages: u32,
    /// How many cards were asked for.
    pub found: u64,
    /// How many there are in the book.
    pub all: u64,
    /// Every letter under which something was found, and the page where it begins.
    pub letters: Vec<(char, u32)>,
    /// The tag that was asked for, where there is such a tag.
    pub tag: Option<TagMark>,
    /// Tags that stand on any card: the groups.
    pub groups: Vec<(TagMark, u64)>,
}

/// A card as a row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub id: ContactId,
    /// What the owner calls them.
    pub name: String,
    /// The letter under which they stand.
    pub letter: char,
    /// The address that is written to first, or what else there is.
    pub address: String,
    /// How many more addresses there are.
    pub more: usize,
    /// Their index as it was last computed.
    pub index: Option<u8>,
    /// Messages from them and to them.
    pub exchanged: (u64, u64),
    /// The tags on the card.
    pub tags: Vec<TagMark>,
}

/// What was exchanged with somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Messages from them.
    pub from: u64,
    /// Messages to them.
    pub to: u64,
    /// When the first one was.
    pub first: Option<Time>,
    /// When the last one was.
    pub last: Option<Time>,
    /// Trackers in what came from them within a year.
    pub trackers: u64,
    /// Messages that they were in.
    pub tracked: u64,
}

/// A discussion with somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// Which.
    pub id: DiscussionId,
    /// The subject of its newest message.
    pub subject: String,
    /// When that was received.
    pub last: Time,
    /// How many messages there are.
    pub messages: u32,
    /// Its index.
    pub index: Option<u8>,
}

/// A card with everything that is known of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardPage {
    /// Which.
    pub id: ContactId,
    /// What stands on it.
    pub card: Card,
    /// Its tags.
    pub tags: Vec<TagMark>,
    /// Their index, computed now.
    pub index: ContactIndex,
    /// The address whose key the index rests on.
    pub asked: Option<String>,
    /// What was exchanged.
    pub history: History,
    /// The newest discussions.
    pub recent: Vec<Recent>,
    /// Other cards with the same name: perhaps the same person.
    pub alike: Vec<(ContactId, String)>,
    /// What the boxes of their domains say of themselves.
    pub told: Vec<told::Told>,
}

/// Why a card was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It has neither a name nor an address.
    Empty,
    /// An address stands on another card.
    Taken {
        /// The address.
        address: String,
        /// The other card.
        card: ContactId,
        /// What that one is called.
        name: String,
    },
    /// The address is the owner's own.
    Own(String),
    /// There are as many cards as there may be.
    TooMany,
}

impl Contacts {
    /// Over this vault, for the owner of these addresses.
    pub fn new(vault: Vault, clock: Clock, happenings: Happenings, owner: &[String]) -> Self {
        let owner = owner.iter().filter_map(|address| Address::parse(address).ok()).collect();
        Self {
            vault,
            clock,
            happenings,
            owner: Arc::new(owner),
            waiting: Arc::default(),
        }
    }

    /// One page of the list.
    pub async fn list(&self, wanted: Wanted) -> Result<ListPage, Error> {
        read(&self.vault, move |snapshot| list(snapshot, &wanted)).await
    }

    /// A card.
    pub async fn card(&self, id: ContactId) -> Result<CardPage, Error> {
        let now = self.clock.now();
        read(&self.vault, move |snapshot| card_page(snapshot, id, now)).await
    }

    /// What stands on a card.
    pub async fn plain(&self, id: ContactId) -> Result<Card, Error> {
        read(&self.vault, move |snapshot| {
            Ok(snapshot.contact(id.0)?.ok_or(Error::NotFound)?.card())
        })
        .await
    }

    /// Every card's number and name, by name; with an address where names are alike.
    pub async fn names(&self) -> Result<Vec<(ContactId, String)>, Error> {
        read(&self.vault, |snapshot| {
            let mut all = snapshot.contacts()?;
            all.sort_by_cached_key(|(id, card)| (order(&card.name), *id));
            let mut many: HashMap<&str, usize> = HashMap::new();
            for (_, card) in &all {
                *many.entry(&card.name).or_default() += 1;
            }
            let names = all.iter().map(|(id, card)| {
                let line = first_line(card);
                let has_twin = many.get(card.name.as_str()).is_some_and(|many| *many > 1);
                let name = if has_twin && !line.is_empty() {
                    format!("{} ({line})", card.name)
                } else {
                    card.name.clone()
                };
                (ContactId(*id), name)
            });
            Ok(names.collect())
        })
        .await
    }

    /// Something about a contact changed that the book does not see: their index is computed anew.
    pub async fn touch(&self, id: ContactId) -> Result<(), Error> {
        let open = self.vault.open()?;
        open.writer.write(move |tables| contacts::stale_card(tables, id.0)).await?;
        self.happenings.announce(Happening::Due);
        Ok(())
    }

    /// The card that an address stands on.
    pub async fn of(&self, address: &Address) -> Result<Option<ContactId>, Error> {
        let address = address.to_string();
        read(&self.vault, move |snapshot| {
            Ok(snapshot.contact_of(&address)?.map(|(id, _)| ContactId(id)))
        })
        .await
    }

    /// Whom a message to a group goes to: one address of each card with this tag, by name.
    pub async fn group(&self, tag: TagId) -> Result<Vec<Mailbox>, Error> {
        let now = self.clock.now();
        read(&self.vault, move |snapshot| Ok(members(snapshot, tag, now)?)).await
    }

    /// Whom somebody may mean who has begun to write a name or an address: those written with most come first.
    pub async fn suggest(&self, begun: &str) -> Result<Vec<Mailbox>, Error> {
        let begun = fold(begun.trim());
        if begun.is_empty() {
            return Ok(Vec::new());
        }
        read(&self.vault, move |snapshot| {
            let mut found = Vec::new();
            for (id, card) in snapshot.contacts()? {
                let name = fold(&card.name);
                let named = name.split_whitespace().any(|word| word.starts_with(&begun)) || name.starts_with(&begun);
                let addresses = card.addresses.iter().filter(|address| named || address.starts_with(&begun));
                let addresses: Vec<Address> = addresses.filter_map(|address| Address::parse(address).ok()).collect();
                if !addresses.is_empty() {
                    let stands = snapshot.stands(id)?.unwrap_or_default();
                    found.push((std::cmp::Reverse(stands.from + stands.to), name, card.name, addresses));
                }
            }
            found.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
            let each = found.into_iter().flat_map(|(_, _, name, addresses)| {
                let with = move |address| Mailbox {
                    name: name.clone(),
                    address,
                };
                addresses.into_iter().map(with)
            });
            Ok(each.take(SUGGESTED).collect())
        })
        .await
    }

    /// Keeps a card, a new one where no number is given.
    pub async fn put(&self, id: Option<ContactId>, card: Card) -> Result<Result<ContactId, Refused>, Error> {
        let card = match self.fit(card) {
            Ok(card) => card,
            Err(refused) => return Ok(Err(refused)),
        };
        let contact = record::Contact::of(&card);
        self.change(move |tables| contacts::put(tables, id.map(|id| id.0), &contact, None))
            .await
    }

    /// Takes a card out of the book. The messages stay.
    pub async fn remove(&self, id: ContactId) -> Result<(), Error> {
        let open = self.vault.open()?;
        let found = open.writer.write(move |tables| contacts::remove(tables, id.0)).await?;
        self.follow().await?;
        found.then_some(()).ok_or(Error::NotFound)
    }

    /// Makes one card of two: this one becomes `merged`, the other goes.
    pub async fn merge(&self, id: ContactId, other: ContactId, merged: Card) -> Result<Result<ContactId, Refused>, Error> {
        let card = match self.fit(merged) {
            Ok(card) => card,
            Err(refused) => return Ok(Err(refused)),
        };
        let contact = record::Contact::of(&card);
        self.change(move |tables| contacts::merge(tables, id.0, other.0, &contact)).await
    }

    /// Makes two cards of one: these addresses move to a card of this name.
    pub async fn split(&self, id: ContactId, name: &str, addresses: Vec<String>) -> Result<Result<ContactId, Refused>, Error> {
        let name = Card {
            name: name.to_owned(),
            addresses: addresses.iter().filter_map(|address| Address::parse(address).ok()).collect(),
            ..Card::default()
        }
        .tidy()
        .name;
        self.change(move |tables| contacts::split(tables, id.0, &name, &addresses)).await
    }

    /// Puts a tag on a card, or takes it off.
    pub async fn tag(&self, id: ContactId, tag: TagId, on: bool) -> Result<(), Error> {
        let open = self.vault.open()?;
        let writing = open.writer.write(move |tables| {
            if tables.has_contact(id.0)? {
                store::tags::put_on_card(tables, id.0, tag, on)?;
            }
            Ok(())
        });
        Ok(writing.await?)
    }

    /// Computes the index of contacts of whom something has changed; says how many seconds from now to look again.
    pub async fn refresh(&self) -> u64 {
        let slice = async {
            let open = self.vault.open()?;
            self.follow().await?;
            let now = self.clock.now();
            let computed = read(&self.vault, move |snapshot| {
                let stale = snapshot.stale(SLICE)?;
                let each = stale.into_iter().map(|id| Ok((id, weigh::stands(snapshot, id, now)?)));
                each.collect::<Result<Vec<_>, Error>>()
            })
            .await?;
            let many = computed.len();
            if many > 0 {
                open.writer.write(move |tables| contacts::stand(tables, &computed)).await?;
            }
            Ok::<_, Error>(many)
        };
        match slice.await {
            Ok(SLICE..) => 1,
            Ok(_) => NAP,
            Err(Error::Locked) => {
                self.forget_waiting().await;
                NAP
            }
            Err(error) => {
                tracing::error!(%error, "the index of contacts could not be computed and will be later");
                NAP
            }
        }
    }

    /// Within its limits, and somebody else's.
    fn fit(&self, card: Card) -> Result<Card, Refused> {
        let card = card.tidy();
        if card.name.is_empty() {
            return Err(Refused::Empty);
        }
        match card.addresses.iter().find(|address| address.is_one_of(self.owner.iter())) {
            Some(own) => Err(Refused::Own(own.to_string())),
            None => Ok(card),
        }
    }

    async fn change(
        &self,
        job: impl FnMut(&mut Tables<'_>) -> Result<Put, store::Error> + Send + 'static,
    ) -> Result<Result<ContactId, Refused>, Error> {
        let put = self.vault.open()?.writer.write(job).await?;
        self.follow().await?;
        self.happenings.announce(Happening::Due);
        match put {
            Put::Done(id) => Ok(Ok(ContactId(id))),
            Put::Missing => Err(Error::NotFound),
            Put::TooMany => Ok(Err(Refused::TooMany)),
            Put::Taken { address, card, name } => Ok(Err(Refused::Taken {
                address,
                card: ContactId(card),
                name,
            })),
        }
    }
}

/// Whom a message to a group goes to.
pub(super) fn members(snapshot: &Snapshot, tag: TagId, now: Time) -> Result<Vec<Mailbox>, store::Error> {
    let mut members = Vec::new();
    for id in snapshot.cards_with(tag)? {
        if let Some(card) = snapshot.contact(id)? {
            members.extend(mailbox(snapshot, card, now)?);
        }
    }
    members.sort_by_cached_key(|member| order(&member.name));
    Ok(members)
}

/// Where somebody is written to who is meant by their card: at the address with the best key, for one that has none opens
/// everybody's copy; among equals at the first.
fn mailbox(snapshot: &Snapshot, card: record::Contact, now: Time) -> Result<Option<Mailbox>, store::Error> {
    let mut best: Option<(Option<evidence::KeyState>, Address)> = None;
    for address in card.addresses.iter().filter_map(|address| Address::parse(address).ok()) {
        let closes = keyring::closes(snapshot, &address, now)?;
        if best.as_ref().is_none_or(|(known, _)| closes > *known) {
            best = Some((closes, address));
        }
    }
    Ok(best.map(|(_, address)| Mailbox { name: card.name, address }))
}

/// Whether every word stands somewhere on a card.
fn holds(card: &record::Contact, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let texts = [&card.name, &card.organisation, &card.note].into_iter().chain(&card.addresses);
    let texts = texts.chain(card.phones.iter().chain(&card.places).map(|(_, text)| text));
    let all = fold(&texts.map(String::as_str).collect::<Vec<_>>().join("\n"));
    words.iter().all(|word| all.contains(word.as_str()))
}

fn list(snapshot: &Snapshot, wanted: &Wanted) -> Result<ListPage, Error> {
    let tags = snapshot.tags()?;
    let tag = tags
        .iter()
        .find(|(_, tag)| !wanted.tag.is_empty() && tag.slug == wanted.tag)
        .map(|(id, _)| *id);
    let cards = snapshot.contacts()?;
    let all = cards.len() as u64;
    let members: Option<HashSet<u64>> = if wanted.tag.is_empty() {
        None
    } else {
        let with = tag.map(|tag| snapshot.cards_with(TagId(tag))).transpose()?;
        Some(with.unwrap_or_default().into_iter().collect())
    };
    let words: Vec<String> = fold(&wanted.words).split_whitespace().map(str::to_owned).collect();
    let mut found: Vec<(u64, record::Contact)> = cards
        .into_iter()
        .filter(|(id, card)| members.as_ref().is_none_or(|members| members.contains(id)) && holds(card, &words))
        .collect();
    found.sort_by_cached_key(|(id, card)| (order(&card.name), *id));
    let pages = u32::try_from(found.len().div_ceil(CARDS as usize)).unwrap_or(u32::MAX).max(1);
    let page = wanted.page.clamp(1, pages);
    let mut letters: Vec<(char, u32)> = Vec::new();
    for ((_, card), at) in found.iter().zip(0_u32..) {
        let letter = initial(&card.name);
        if letters.last().is_none_or(|(last, _)| *last != letter) {
            letters.push((letter, at / CARDS + 1));
        }
    }
    let mut groups = Vec::new();
    for (id, record) in &tags {
        let many = snapshot.cards_with(TagId(*id))?.len() as u64;
        if many > 0 {
            groups.push((TagMark::of(*id, record), many));
        }
    }
    let total = found.len() as u64;
    let shown = found.into_iter().skip((page as usize - 1) * CARDS as usize).take(CARDS as usize);
    let rows = shown.map(|(id, card)| {
        let stands = snapshot.stands(id)?.unwrap_or_default();
        Ok(Row {
            id: ContactId(id),
            letter: initial(&card.name),
            more: card.addresses.len().saturating_sub(1),
            address: first_line(&card),
            name: card.name,
            index: stands.points,
            exchanged: (stands.from, stands.to),
            tags: tags::marks(&tags, snapshot.card_tags(id)?),
        })
    });
    Ok(ListPage {
        rows: rows.collect::<Result<_, Error>>()?,
        page,
        pages,
        found: total,
        all,
        letters,
        tag: tag.and_then(|id| Some(TagMark::of(id, tags.get(&id)?))),
        groups,
    })
}

/// What stands under a name in the list: an address, else a number, else where they work.
fn first_line(card: &record::Contact) -> String {
    let phone = card.phones.first().map(|(_, number)| number);
    let first = card.addresses.first().or(phone).unwrap_or(&card.organisation);
    if *first == card.name { String::new() } else { first.clone() }
}

fn card_page(snapshot: &Snapshot, id: ContactId, now: Time) -> Result<CardPage, Error> {
    let contact = snapshot.contact(id.0)?.ok_or(Error::NotFound)?;
    let exchanged = weigh::exchanged(snapshot, &contact, LOOKED)?;
    let mut history = weigh::history(snapshot, &contact)?;
    for one in exchanged.iter().filter(|one| one.received > now.0 - YEAR && one.trackers > 0) {
        history.trackers += u64::from(one.trackers);
        history.tracked += 1;
    }
    let mut recent: Vec<Recent> = Vec::new();
    for one in &exchanged {
        if recent.len() >= RECENT {
            break;
        }
        let Some(discussion) = snapshot.message(one.message)?.map(|message| message.discussion) else {
            continue;
        };
        if recent.iter().any(|known| known.id.0 == discussion) {
            continue;
        }
        recent.extend(snapshot.discussion(discussion)?.map(|row| Recent {
            id: DiscussionId(discussion),
            index: row.index(),
            subject: row.subject,
            last: Time(row.last),
            messages: row.messages,
        }));
    }
    let name = fold(&contact.name);
    let alike = snapshot
        .contacts()?
        .into_iter()
        .filter(|(other, card)| *other != id.0 && fold(&card.name) == name);
    Ok(CardPage {
        id,
        alike: alike.map(|(other, card)| (ContactId(other), first_line(&card))).collect(),
        tags: tags::marks(&snapshot.tags()?, snapshot.card_tags(id.0)?),
        index: weigh::index(snapshot, &contact, now)?,
        asked: key_state(snapshot, &contact, now)?.1.map(str::to_owned),
        told: told::told(snapshot, &contact, now)?,
        card: contact.card(),
        history,
        recent,
    })
}
