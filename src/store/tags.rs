//! Tags and rules as such: making, changing and deleting them, and reading them and the lists that they make.

use super::{
    Error,
    filing::{self, Tally, number},
    learning,
    mail::Snapshot,
    record::{Contact, Discussion, Filed, Record, Rule, Tag, Weighed, Word},
    schema::*,
    writer::Tables,
};
use crate::domain::{
    id::{RuleId, TagId},
    importance::Range,
    rule::MAX_RULES,
    tag::{MAX_TAGS, System},
};
use redb::{ReadableTable, Table};
use std::collections::{BTreeMap, BinaryHeap};

/// Messages that one write takes a tag off.
const SLICE: usize = 500;

/// What became of a tag that was to be made or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// It is there.
    Done(TagId),
    /// Another has that name.
    Taken,
    /// There are as many as there may be.
    TooMany,
    /// It belongs to the house.
    Protected,
    /// There is no such tag.
    Missing,
}

/// The next number of a tag: those of the house are never given.
pub(super) fn next_id(tables: &mut Tables<'_>) -> Result<u64, Error> {
    Ok(tables.next("tag")? + TagId::FIRST.0 - 1)
}

fn taken(tables: &Tables<'_>, tag: &Tag, by_other_than: u64) -> Result<(bool, usize), Error> {
    let (mut taken, mut many) = (false, 0);
    for row in tables.tags.iter()? {
        let (id, value) = row?;
        taken |= id.value() != by_other_than && Tag::decode(id.value(), value.value())?.slug == tag.slug;
        many += 1;
    }
    Ok((taken, many))
}

/// Makes a tag.
pub fn create(tables: &mut Tables<'_>, tag: &Tag) -> Result<Made, Error> {
    match taken(tables, tag, 0)? {
        (true, _) => Ok(Made::Taken),
        (_, many) if many >= MAX_TAGS => Ok(Made::TooMany),
        _ => {
            let id = next_id(tables)?;
            tables.tags.insert(id, tag.encode(id)?.as_slice())?;
            Ok(Made::Done(TagId(id)))
        }
    }
}

/// Changes a tag. Where its importance changes, its messages are to be weighed again ([`messages_of`]).
pub fn change(tables: &mut Tables<'_>, id: TagId, tag: &Tag) -> Result<Made, Error> {
    if System::of(id).is_some() {
        return Ok(Made::Protected);
    }
    if tables.tags.get(id.0)?.is_none() {
        return Ok(Made::Missing);
    }
    if taken(tables, tag, id.0)?.0 {
        return Ok(Made::Taken);
    }
    tables.tags.insert(id.0, tag.encode(id.0)?.as_slice())?;
    Ok(Made::Done(id))
}

/// Deletes a tag with everything that refers to it, a slice at a time; says whether it is gone.
pub fn delete(tables: &mut Tables<'_>, tag: TagId) -> Result<bool, Error> {
    if System::of(tag).is_some() || tables.tags.get(tag.0)?.is_none() {
        return Ok(true);
    }
    // First what would give it to new messages.
    tables.card_tags.retain(|(_, known), ()| known != tag.0)?;
    for (id, rule) in rules(&tables.rules)? {
        if rule.tags.contains(&tag.0) {
            let mut rule = rule;
            rule.tags.retain(|known| *known != tag.0);
            tables.rules.insert(id, rule.encode(id)?.as_slice())?;
        }
    }
    let rows = |rows: &Table<'_, (u64, i64, u64), ()>| -> Result<Vec<u64>, Error> {
        let range = rows.range((tag.0, i64::MIN, 0)..=(tag.0, i64::MAX, u64::MAX))?;
        range.take(SLICE).map(|row| Ok(row?.0.value().2)).collect()
    };
    let discussions = rows(&tables.tag_rows)?;
    for discussion in &discussions {
        filing::give(tables, *discussion, tag, false)?;
    }
    let messages = rows(&tables.tagged)?;
    for message in &messages {
        filing::unset(tables, *message, tag)?;
    }
    if messages.len() == SLICE || discussions.len() == SLICE {
        return Ok(false);
    }
    learning::forget_tag(tables, tag.0)?;
    tables.tags.remove(tag.0)?;
    Ok(true)
}

/// Puts a tag on a card, so that the contact's mail gets it, or takes it off.
pub fn put_on_card(tables: &mut Tables<'_>, contact: u64, tag: TagId, on: bool) -> Result<(), Error> {
    if on && tables.tags.get(tag.0)?.is_some() {
        tables.card_tags.insert((contact, tag.0), ())?;
    } else {
        tables.card_tags.remove((contact, tag.0))?;
    }
    Ok(())
}

/// Every rule with its number.
fn rules(table: &impl ReadableTable<u64, Octets>) -> Result<Vec<(u64, Rule)>, Error> {
    let mut rules = Vec::new();
    for row in table.iter()? {
        let (id, value) = row?;
        rules.push((id.value(), Rule::decode(id.value(), value.value())?));
    }
    rules.sort_by_key(|(id, rule)| (rule.place, *id));
    Ok(rules)
}

/// Keeps a rule: a new one at the end, or one that there is in its place. `None` where there are as many as there
/// may be, or no such rule.
pub fn put_rule(tables: &mut Tables<'_>, id: Option<RuleId>, rule: &Rule) -> Result<Option<RuleId>, Error> {
    let all = rules(&tables.rules)?;
    let (id, place) = match id {
        Some(id) => match all.iter().find(|(known, _)| *known == id.0) {
            Some((_, old)) => (id.0, old.place),
            None => return Ok(None),
        },
        None if all.len() >= MAX_RULES => return Ok(None),
        None => (tables.next("rule")?, all.last().map_or(0, |(_, last)| last.place.saturating_add(1))),
    };
    let rule = Rule { place, ..rule.clone() };
    tables.rules.insert(id, rule.encode(id)?.as_slice())?;
    Ok(Some(RuleId(id)))
}

/// Moves a rule before the one before it, or behind the one behind it.
pub fn move_rule(tables: &mut Tables<'_>, id: RuleId, up: bool) -> Result<bool, Error> {
    let mut all = rules(&tables.rules)?;
    let Some(at) = all.iter().position(|(known, _)| *known == id.0) else {
        return Ok(false);
    };
    let other = if up {
        at.checked_sub(1)
    } else {
        Some(at + 1).filter(|other| *other < all.len())
    };
    if let Some(other) = other {
        all.swap(at, other);
    }
    for ((id, rule), place) in all.iter_mut().zip(0..) {
        if rule.place != place {
            rule.place = place;
            tables.rules.insert(*id, rule.encode(*id)?.as_slice())?;
        }
    }
    Ok(true)
}

/// Deletes a rule; says whether there was one.
pub fn delete_rule(tables: &mut Tables<'_>, id: RuleId) -> Result<bool, Error> {
    Ok(tables.rules.remove(id.0)?.is_some())
}

impl Snapshot {
    pub(super) fn tally(&self, what: Tally, key: i64) -> Result<u64, Error> {
        Ok(self
            .tx
            .open_table(TALLIES)?
            .get((what as u8, key))?
            .map_or(0, |value| value.value()))
    }

    /// Every tag with its number.
    pub fn tags(&self) -> Result<BTreeMap<u64, Tag>, Error> {
        let mut tags = BTreeMap::new();
        for row in self.tx.open_table(TAGS)?.iter()? {
            let (id, value) = row?;
            tags.insert(id.value(), Tag::decode(id.value(), value.value())?);
        }
        Ok(tags)
    }

    /// One tag.
    pub fn tag(&self, id: TagId) -> Result<Option<Tag>, Error> {
        self.record(TAGS, id.0)
    }

    /// On how many messages and in how many discussions a tag is.
    pub fn tag_counts(&self, tag: TagId) -> Result<(u64, u64), Error> {
        Ok((
            self.tally(Tally::Messages, number(tag.0))?,
            self.tally(Tally::Discussions, number(tag.0))?,
        ))
    }

    /// The tags of a message, and who put them there (by the place in `tag::By::ALL`).
    pub fn tags_of(&self, message: u64) -> Result<Vec<(u64, u8)>, Error> {
        let table = self.tx.open_table(MESSAGE_TAGS)?;
        let rows = table.range((message, 0)..=(message, u64::MAX))?;
        rows.map(|row| {
            let (key, by) = row?;
            Ok((key.value().1, by.value()))
        })
        .collect()
    }

    /// Whether a message has a tag.
    pub fn is_tagged(&self, message: u64, tag: TagId) -> Result<bool, Error> {
        Ok(self.tx.open_table(MESSAGE_TAGS)?.get((message, tag.0))?.is_some())
    }

    /// Where a discussion stands.
    pub fn filed(&self, discussion: u64) -> Result<Option<Filed>, Error> {
        self.record(FILED, discussion)
    }

    /// What a message's importance rests on.
    pub fn weighed(&self, message: u64) -> Result<Option<Weighed>, Error> {
        self.record(WEIGHED, message)
    }

    /// The tags of a card.
    pub fn card_tags(&self, contact: u64) -> Result<Vec<u64>, Error> {
        let table = self.tx.open_table(CARD_TAGS)?;
        let rows = table.range((contact, 0)..=(contact, u64::MAX))?;
        rows.map(|row| Ok(row?.0.value().1)).collect()
    }

    /// The cards that have a tag.
    pub fn cards_with(&self, tag: TagId) -> Result<Vec<u64>, Error> {
        let mut cards = Vec::new();
        for row in self.tx.open_table(CARD_TAGS)?.iter()? {
            let (card, known) = row?.0.value();
            if known == tag.0 {
                cards.push(card);
            }
        }
        Ok(cards)
    }

    /// Whether a message with this identifier is the owner's (hashed by `mail::short_hash`).
    pub fn is_own_id(&self, hash: [u8; 16]) -> Result<bool, Error> {
        Ok(self.tx.open_table(SENT_IDS)?.get(filing::id_key(hash))?.is_some())
    }

    /// How many messages the owner wrote to an address.
    pub fn written_to(&self, address: &str) -> Result<u64, Error> {
        Ok(self.tx.open_table(WRITTEN_TO)?.get(address)?.map_or(0, |value| value.value()))
    }

    /// The discussion of a key of participants.
    pub fn discussion_of(&self, key: &str) -> Result<Option<Discussion>, Error> {
        match self.tx.open_table(DISCUSSION_OF)?.get(key)? {
            Some(id) => self.discussion(id.value()),
            None => Ok(None),
        }
    }

    /// The rules in their order.
    pub fn rules(&self) -> Result<Vec<(RuleId, Rule)>, Error> {
        let rules = rules(&self.tx.open_table(RULES)?)?;
        Ok(rules.into_iter().map(|(id, rule)| (RuleId(id), rule)).collect())
    }

    /// What is known of a word, by its hash.
    pub fn word(&self, hash: u32) -> Result<Option<Word>, Error> {
        let value = self.tx.open_table(LESSONS)?.get(hash)?;
        value.map(|value| Word::decode(hash.into(), value.value())).transpose()
    }

    /// How many messages are in the background, and how many examples there are for and against a tag.
    pub fn lessons(&self, tag: TagId) -> Result<(u64, u64, u64), Error> {
        let key = number(tag.0);
        Ok((
            self.tally(Tally::Background, 0)?,
            self.tally(Tally::For, key)?,
            self.tally(Tally::Against, key)?,
        ))
    }

    /// The tags that the owner refused for a message.
    pub fn refused(&self, message: u64) -> Result<Vec<u64>, Error> {
        let table = self.tx.open_table(EXAMPLES)?;
        let mut refused = Vec::new();
        for row in table.range((message, 0)..=(message, u64::MAX))? {
            let (key, value) = row?;
            if learning::is_against(key.value(), value.value())? {
                refused.push(key.value().1);
            }
        }
        Ok(refused)
    }

    /// Whether a message is in the background.
    pub fn is_in_background(&self, message: u64) -> Result<bool, Error> {
        Ok(self.tx.open_table(BACKGROUND)?.get(message)?.is_some())
    }

    /// One card.
    pub fn contact(&self, id: u64) -> Result<Option<Contact>, Error> {
        self.record(CONTACTS, id)
    }

    /// Every message of a discussion, newest first.
    pub fn discussed_ids(&self, discussion: u64) -> Result<Vec<u64>, Error> {
        let table = self.tx.open_table(DISCUSSED)?;
        let rows = table.range((discussion, i64::MIN, 0)..=(discussion, i64::MAX, u64::MAX))?;
        rows.rev().map(|row| Ok(row?.0.value().2)).collect()
    }

    /// The messages that came last, newest first.
    pub fn newest_messages(&self, take: usize) -> Result<Vec<u64>, Error> {
        let table = self.tx.open_table(MESSAGES)?;
        table.iter()?.rev().take(take).map(|row| Ok(row?.0.value())).collect()
    }

    /// How many messages there are up to one.
    pub fn messages_up_to(&self, last: u64) -> Result<u64, Error> {
        let table = self.tx.open_table(MESSAGES)?;
        let mut many = 0;
        for row in table.range(..=last)? {
            row?;
            many += 1;
        }
        Ok(many)
    }

    /// The messages after one, at most so many, in the order of their numbers.
    pub fn messages_after(&self, after: u64, take: usize) -> Result<Vec<u64>, Error> {
        let table = self.tx.open_table(MESSAGES)?;
        let rows = table.range(after.saturating_add(1)..)?;
        rows.take(take).map(|row| Ok(row?.0.value())).collect()
    }

    /// The messages of a tag, newest first.
    pub fn tagged(&self, tag: TagId, skip: usize, take: usize) -> Result<Vec<u64>, Error> {
        let table = self.tx.open_table(TAGGED)?;
        let rows = table.range((tag.0, i64::MIN, 0)..=(tag.0, i64::MAX, u64::MAX))?;
        rows.rev().skip(skip).take(take).map(|row| Ok(row?.0.value().2)).collect()
    }

    /// The discussions of a tag, newest first.
    pub fn tag_rows(&self, tag: TagId, skip: usize, take: usize) -> Result<Vec<(u64, Discussion)>, Error> {
        let table = self.tx.open_table(TAG_ROWS)?;
        let rows = table.range((tag.0, i64::MIN, 0)..=(tag.0, i64::MAX, u64::MAX))?;
        let ids = rows.rev().skip(skip).take(take).map(|row| Ok(row?.0.value().2));
        self.rows(ids)
    }

    pub(super) fn rows(&self, ids: impl Iterator<Item = Result<u64, Error>>) -> Result<Vec<(u64, Discussion)>, Error> {
        let table = self.tx.open_table(DISCUSSIONS)?;
        ids.map(|id| {
            let id = id?;
            let value = table.get(id)?.ok_or(Error::Damaged)?;
            Ok((id, Discussion::decode(id, value.value())?))
        })
        .collect()
    }

    /// How many discussions there are in a part of the scale, and how many of them hold something unread.
    pub fn counts_in(&self, range: Range) -> Result<(u64, u64), Error> {
        let table = self.tx.open_table(TALLIES)?;
        let sum = |what: Tally| -> Result<u64, Error> {
            let rows = table.range((what as u8, range.low().into())..=(what as u8, range.high().into()))?;
            rows.map(|row| Ok(row?.1.value())).sum()
        };
        let unread = sum(Tally::Unread)?;
        Ok((sum(Tally::Read)? + unread, unread))
    }

    /// The discussions in a part of the scale, newest first. Reads from whichever end is nearer, so that no page
    /// costs more than half of the way.
    pub fn timeline_in(&self, range: Range, skip: usize, take: usize) -> Result<Vec<(u64, Discussion)>, Error> {
        let total = usize::try_from(self.counts_in(range)?.0).unwrap_or(usize::MAX);
        let take = take.min(total.saturating_sub(skip));
        let behind = total.saturating_sub(skip).saturating_sub(take);
        let ids = if behind < skip {
            let mut ids = self.merge(range, behind, take, Ends::Oldest)?;
            ids.reverse();
            ids
        } else {
            self.merge(range, skip, take, Ends::Newest)?
        };
        self.rows(ids.into_iter().map(Ok))
    }

    /// Merges the streams of the levels, from one end.
    fn merge(&self, range: Range, skip: usize, take: usize, from: Ends) -> Result<Vec<u64>, Error> {
        let table = self.tx.open_table(LEVELS)?;
        let levels = range.low()..=range.high();
        let streams = levels.map(|level| table.range((level, i64::MIN, 0)..=(level, i64::MAX, u64::MAX)));
        let mut streams = streams.collect::<Result<Vec<_>, _>>()?;
        // A heap gives the greatest: from the oldest end the order of the keys is turned around.
        let sign = |key: (i64, u64)| match from {
            Ends::Newest => key,
            Ends::Oldest => (!key.0, !key.1),
        };
        let next = |stream: &mut redb::Range<'_, (i8, i64, u64), ()>| -> Result<Option<(i64, u64)>, Error> {
            let row = match from {
                Ends::Newest => stream.next_back(),
                Ends::Oldest => stream.next(),
            };
            row.map(|row| {
                let (_, last, id) = row?.0.value();
                Ok((last, id))
            })
            .transpose()
        };
        let mut heads = BinaryHeap::new();
        for (at, stream) in streams.iter_mut().enumerate() {
            heads.extend(next(stream)?.map(|key| (sign(key), at)));
        }
        let (mut skipped, mut ids) = (0, Vec::with_capacity(take.min(1_000)));
        while ids.len() < take
            && let Some((key, at)) = heads.pop()
        {
            if skipped < skip {
                skipped += 1;
            } else {
                ids.push(sign(key).1);
            }
            if let Some(stream) = streams.get_mut(at) {
                heads.extend(next(stream)?.map(|key| (sign(key), at)));
            }
        }
        Ok(ids)
    }
}

/// From which end streams are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Newest,
    Oldest,
}
