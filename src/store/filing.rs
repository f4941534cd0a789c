//! Filing: where a discussion stands (its shelf, its level and its tags), kept in step with every message
//! that comes, every tag that is set and everything that is read.
//!
//! One function, [`put`], compares what stood there with what stands there now and changes the ordered tables
//! by the difference; everything else only says what is new. So the tallies can be trusted, and a page of
//! the timeline is read without looking at what it does not show.

mod again;

pub(super) use again::{file_all, given, refile};

use super::{
    Error,
    record::{Discussion, Filed, Message, Record, Tag, Weighed},
    writer::Tables,
};
use crate::domain::{
    id::TagId,
    importance::{self, Facts, Spam},
    shelf::{Coming, Shelf},
    tag::{By, MAX_FROM_ADDRESSES, MAX_ON_MESSAGE, MAX_TAGS, Name, System},
};
use redb::ReadableTable;

/// What is counted in the tallies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tally {
    /// Discussions of a level in which everything was read.
    Read = 0,
    /// Discussions of a level in which something is unread.
    Unread = 1,
    /// Messages with a tag.
    Messages = 2,
    /// Discussions with a tag.
    Discussions = 3,
    /// Examples for a tag.
    For = 4,
    /// Examples against a tag.
    Against = 5,
    /// Messages of the background (key 0).
    Background = 6,
    /// Discussions on a shelf beside the timeline.
    Shelf = 7,
}

impl Tables<'_> {
    /// Counts one more, or one less.
    pub(super) fn tally(&mut self, what: Tally, key: i64, by: i64) -> Result<(), Error> {
        if by == 0 {
            return Ok(());
        }
        let key = (what as u8, key);
        let now = self.tallies.get(key)?.map_or(0, |value| value.value()).saturating_add_signed(by);
        if now == 0 {
            self.tallies.remove(key)?;
        } else {
            self.tallies.insert(key, now)?;
        }
        Ok(())
    }

    pub(super) fn filed_of(&self, discussion: u64) -> Result<Option<Filed>, Error> {
        let value = self.filed.get(discussion)?;
        value.map(|value| Filed::decode(discussion, value.value())).transpose()
    }

    fn tag_of(&self, id: u64) -> Result<Option<Tag>, Error> {
        let value = self.tags.get(id)?;
        value.map(|value| Tag::decode(id, value.value())).transpose()
    }

    /// The tags of a message and who put them there.
    fn tags_of(&self, message: u64) -> Result<Vec<(u64, u8)>, Error> {
        let rows = self.message_tags.range((message, 0)..=(message, u64::MAX))?;
        rows.map(|row| {
            let (key, by) = row?;
            Ok((key.value().1, by.value()))
        })
        .collect()
    }

    /// The most important of some tags: the one with the lower number where two are alike.
    fn best(&self, tags: impl IntoIterator<Item = u64>) -> Result<Option<(u64, i8)>, Error> {
        let mut best: Option<(u64, i8)> = None;
        for id in tags {
            if let Some(tag) = self.tag_of(id)?
                && best.is_none_or(|(_, most)| tag.importance > most)
            {
                best = Some((id, tag.importance));
            }
        }
        Ok(best)
    }
}

/// How a tag is asked for when a message comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// One that there is; where it is gone by now, nothing happens.
    Known(TagId),
    /// By name, made where there is none and there is room for one (`me+shop@`).
    Named(Name),
}

/// What filing has to know of a message that comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filling {
    /// What its importance rests on; the tag is filled in here.
    pub facts: Facts,
    /// Its tags and who puts them there.
    pub tags: Vec<(Wanted, By)>,
    /// Where the owner wrote it: the hash of its identifier, and whom it was written to.
    pub own: Option<Own>,
    /// Its author's address, where they have to wait at the door.
    pub stranger: Option<String>,
}

/// A message that the owner wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// The hash of its `Message-ID` ([`super::mail::short_hash`]).
    pub id: Option<[u8; 16]>,
    /// The addresses that it was written to.
    pub to: Vec<String>,
}

/// The key of an identifier in [`SENT_IDS`].
pub fn id_key(hash: [u8; 16]) -> u128 {
    u128::from_le_bytes(hash)
}

/// Puts a discussion on its shelf, or takes it away (`by` 1 or -1).
fn stand(tables: &mut Tables<'_>, discussion: u64, filed: &Filed, by: i64) -> Result<(), Error> {
    if filed.shelf() == Shelf::Timeline {
        let place = (filed.level, filed.last, discussion);
        let _ = if by > 0 {
            tables.levels.insert(place, ())?
        } else {
            tables.levels.remove(place)?
        };
        let tally = if filed.unread { Tally::Unread } else { Tally::Read };
        return tables.tally(tally, filed.level.into(), by);
    }
    let place = (filed.shelf, filed.at(), discussion);
    let _ = if by > 0 {
        tables.shelves.insert(place, ())?
    } else {
        tables.shelves.remove(place)?
    };
    tables.tally(Tally::Shelf, filed.shelf.into(), by)
}

/// Changes the ordered tables from what stood there to what stands there now. `None` now: nothing is left.
pub(super) fn put(tables: &mut Tables<'_>, discussion: u64, old: Option<&Filed>, new: Option<&Filed>) -> Result<(), Error> {
    let place = |filed: Option<&Filed>| filed.map(|filed| (filed.shelf, filed.at(), filed.level, filed.last, filed.unread));
    if place(old) != place(new) {
        for (filed, by) in [(old, -1), (new, 1)] {
            filed.map_or(Ok(()), |filed| stand(tables, discussion, filed, by))?;
        }
    }
    let rows = |filed: Option<&Filed>| -> Vec<(u64, i64, u64)> {
        // What is in the wastebasket is on no list of a tag.
        let tags = filed
            .into_iter()
            .filter(|filed| filed.shelf() != Shelf::Bin)
            .flat_map(|filed| filed.tags.iter().map(|(tag, ..)| (*tag, filed.last, discussion)));
        tags.collect()
    };
    let (before, after) = (rows(old), rows(new));
    for row in before.iter().filter(|row| !after.contains(row)) {
        tables.tag_rows.remove(*row)?;
        tables.tally(Tally::Discussions, number(row.0), -1)?;
    }
    for row in after.iter().filter(|row| !before.contains(row)) {
        tables.tag_rows.insert(*row, ())?;
        tables.tally(Tally::Discussions, number(row.0), 1)?;
    }
    match new {
        Some(new) => {
            if old != Some(new) {
                tables.filed.insert(discussion, new.encode(discussion)?.as_slice())?;
            }
        }
        None => {
            tables.filed.remove(discussion)?;
        }
    }
    Ok(())
}

/// A tag's number as a tally's key. Numbers are given one by one from 1.
pub(super) fn number(tag: u64) -> i64 {
    i64::try_from(tag).unwrap_or(i64::MAX)
}

fn bump(filed: &mut Filed, tag: u64, by: i32) {
    if !filed.tags.iter().any(|(id, ..)| *id == tag) {
        filed.tags.push((tag, 0, false));
        filed.tags.sort_unstable();
    }
    for (id, many, _) in &mut filed.tags {
        if *id == tag {
            *many = many.saturating_add_signed(by);
        }
    }
    filed.tags.retain(|(_, many, given)| *many > 0 || *given);
}

fn remember(filed: &mut Filed, received: i64, message: u64, level: i8) {
    filed.newest.retain(|(_, id, _)| *id != message);
    filed.newest.push((received, message, level));
    filed.newest.sort_unstable_by_key(|(received, id, _)| (*received, *id));
    let surplus = filed.newest.len().saturating_sub(Discussion::NEWEST);
    filed.newest.drain(..surplus);
    filed.level = importance::of_discussion(filed.newest.iter().map(|(.., level)| *level));
}

/// Files a message that has just joined a discussion, whose row is up to date.
pub(super) fn arrive(tables: &mut Tables<'_>, id: u64, message: &Message, row: &Discussion, filling: &Filling) -> Result<(), Error> {
    let old = tables.filed_of(message.discussion)?;
    let mut new = old.clone().unwrap_or_default();
    new.shelf = Shelf::after(old.as_ref().map(Filed::shelf), coming(message, old.as_ref(), filling)) as u8;
    if let Some(stranger) = filling.stranger.as_deref().filter(|_| new.shelf() == Shelf::Door) {
        super::door::waits(tables, stranger, message.received)?;
    }
    let tags = resolve(tables, &new, filling)?;
    let mut weighed = Weighed::of(&filling.facts);
    let best = tables.best(tags.iter().map(|(tag, _)| *tag))?;
    weighed.level = importance::weigh(&weighed.facts(best)).level;
    if let Some(own) = &filling.own {
        weighed.own = Some((own.id, own.to.clone()));
        wrote(tables, id, own)?;
    }
    tables.weighed.insert(id, weighed.encode(id)?.as_slice())?;
    for (tag, by) in tags {
        tables.message_tags.insert((id, tag), by as u8)?;
        tables.tagged.insert((tag, message.received, id), ())?;
        tables.tally(Tally::Messages, number(tag), 1)?;
        bump(&mut new, tag, 1);
    }
    (new.last, new.unread) = (row.last, row.unread > 0);
    remember(&mut new, message.received, id, weighed.level);
    put(tables, message.discussion, old.as_ref(), Some(&new))
}

/// What a message is for the shelf of its discussion.
fn coming(message: &Message, old: Option<&Filed>, filling: &Filling) -> Coming {
    let spam = |(wanted, _): &(Wanted, By)| *wanted == Wanted::Known(System::Spam.id());
    if filling.tags.iter().any(spam) {
        Coming::Unwanted
    } else if filling.own.is_some() || old.is_some_and(|old| message.received < old.last) {
        Coming::Own
    } else if filling.stranger.is_some() {
        Coming::Stranger
    } else {
        Coming::News
    }
}

/// Remembers what the owner wrote, and to whom.
fn wrote(tables: &mut Tables<'_>, id: u64, own: &Own) -> Result<(), Error> {
    if let Some(hash) = own.id {
        tables.sent_ids.insert(id_key(hash), id)?;
    }
    for address in &own.to {
        let many = tables.written_to.get(address.as_str())?.map_or(0, |value| value.value());
        tables.written_to.insert(address.as_str(), many + 1)?;
    }
    Ok(())
}

/// Forgets what was remembered of a message of the owner's.
fn unwrote(tables: &mut Tables<'_>, own: &(Option<[u8; 16]>, Vec<String>)) -> Result<(), Error> {
    let (id, to) = own;
    if let Some(hash) = id {
        tables.sent_ids.remove(id_key(*hash))?;
    }
    for address in to {
        let many = tables.written_to.get(address.as_str())?.map_or(0, |value| value.value());
        if many > 1 {
            tables.written_to.insert(address.as_str(), many - 1)?;
        } else {
            tables.written_to.remove(address.as_str())?;
        }
    }
    Ok(())
}

/// The tags that a message gets, each once, those of its discussion among them; a hand is not outdone.
fn resolve(tables: &mut Tables<'_>, filed: &Filed, filling: &Filling) -> Result<Vec<(u64, By)>, Error> {
    let mut tags: Vec<(u64, By)> = Vec::new();
    let given = filed.tags.iter().filter(|(.., given)| *given);
    let wanted = filling.tags.iter().map(|(wanted, by)| (wanted.clone(), *by));
    let all = wanted.chain(given.map(|(tag, ..)| (Wanted::Known(TagId(*tag)), By::Discussion)));
    for (wanted, by) in all {
        let id = match wanted {
            Wanted::Known(id) => tables.tag_of(id.0)?.map(|_| id.0),
            Wanted::Named(name) => by_name(tables, &name, by)?,
        };
        if let Some(id) = id
            && tags.len() < MAX_ON_MESSAGE
            && tags.iter().all(|(known, _)| *known != id)
        {
            tags.push((id, by));
        }
    }
    Ok(tags)
}

/// The tag of a name, made where there is none yet and there is room; addresses may make only so many.
fn by_name(tables: &mut Tables<'_>, name: &Name, by: By) -> Result<Option<u64>, Error> {
    let (mut many, mut made) = (0, 0);
    for row in tables.tags.iter()? {
        let (key, value) = row?;
        let tag = Tag::decode(key.value(), value.value())?;
        if tag.slug == name.slug() {
            return Ok(Some(key.value()));
        }
        many += 1;
        made += usize::from(tag.from_address);
    }
    let from_address = by == By::Address;
    if many >= MAX_TAGS || (from_address && made >= MAX_FROM_ADDRESSES) {
        return Ok(None);
    }
    let id = super::tags::next_id(tables)?;
    let tag = Tag {
        from_address,
        ..Tag::new(name, crate::domain::tag::Colour::default(), 0)
    };
    tables.tags.insert(id, tag.encode(id)?.as_slice())?;
    Ok(Some(id))
}

/// Something in a discussion was read, or made unread.
pub(super) fn seen(tables: &mut Tables<'_>, discussion: u64, unread: bool) -> Result<(), Error> {
    let Some(old) = tables.filed_of(discussion)? else { return Ok(()) };
    let new = Filed { unread, ..old.clone() };
    put(tables, discussion, Some(&old), Some(&new))
}

/// Puts a tag on a message; says whether anything changed. Nothing happens where the message or the tag is
/// not there, or the message has as many as it may have.
pub fn set(tables: &mut Tables<'_>, message: u64, tag: TagId, by: By) -> Result<bool, Error> {
    let Some(record) = record(tables, message)? else { return Ok(false) };
    let tags = tables.tags_of(message)?;
    if let Some((_, before)) = tags.iter().find(|(known, _)| *known == tag.0) {
        let firmer = by as u8 > *before;
        if firmer {
            tables.message_tags.insert((message, tag.0), by as u8)?;
        }
        return Ok(firmer);
    }
    if tags.len() >= MAX_ON_MESSAGE || tables.tag_of(tag.0)?.is_none() {
        return Ok(false);
    }
    tables.message_tags.insert((message, tag.0), by as u8)?;
    tables.tagged.insert((tag.0, record.received, message), ())?;
    tables.tally(Tally::Messages, number(tag.0), 1)?;
    again(tables, message, &record, |filed| bump(filed, tag.0, 1), |_| {})?;
    Ok(true)
}

/// Takes a tag off a message; says whether it was there.
pub fn unset(tables: &mut Tables<'_>, message: u64, tag: TagId) -> Result<bool, Error> {
    let Some(record) = record(tables, message)? else { return Ok(false) };
    if tables.message_tags.remove((message, tag.0))?.is_none() {
        return Ok(false);
    }
    tables.tagged.remove((tag.0, record.received, message))?;
    tables.tally(Tally::Messages, number(tag.0), -1)?;
    again(tables, message, &record, |filed| bump(filed, tag.0, -1), |_| {})?;
    Ok(true)
}

/// Changes what a message's importance rests on (a verdict, the owner's word, another index) and files it anew;
/// says whether there is such a message.
pub fn reweigh(tables: &mut Tables<'_>, message: u64, change: impl FnOnce(&mut Facts)) -> Result<bool, Error> {
    let Some(record) = record(tables, message)? else { return Ok(false) };
    again(tables, message, &record, |_| {}, change)?;
    Ok(true)
}

/// A later judgement of a message that is kept: its probability, and whether it is tagged as spam. The owner's own
/// word stands above it, and nothing changes where they have spoken. Says whether it counts.
pub fn judge(tables: &mut Tables<'_>, message: u64, spam: Spam, tagged: bool) -> Result<bool, Error> {
    let tag = System::Spam.id();
    let by = tables
        .tags_of(message)?
        .into_iter()
        .find(|(known, _)| *known == tag.0)
        .map(|(_, by)| by);
    let mut spoken = by == Some(By::Owner as u8);
    let known = reweigh(tables, message, |facts| {
        spoken |= matches!(facts.spam, Spam::Unwanted | Spam::Wanted);
        if !spoken {
            facts.spam = match (spam, facts.spam) {
                // What is known of its words is not lost where its domain speaks.
                (Spam::Quarantined(0), Spam::Judged(p)) => Spam::Quarantined(p),
                (spam, _) => spam,
            };
        }
    })?;
    if !known || spoken {
        return Ok(false);
    }
    if tagged {
        set(tables, message, tag, By::House)?;
    } else if by == Some(By::House as u8) {
        unset(tables, message, tag)?;
    }
    Ok(true)
}

/// Weighs a message again with the tags of now, after a change of its discussion's filing.
fn again(
    tables: &mut Tables<'_>,
    id: u64,
    message: &Message,
    refile: impl FnOnce(&mut Filed),
    change: impl FnOnce(&mut Facts),
) -> Result<(), Error> {
    let value = tables
        .weighed
        .get(id)?
        .map(|value| Weighed::decode(id, value.value()))
        .transpose()?;
    let before = value.unwrap_or_else(|| Weighed {
        index: message.index,
        ..Weighed::default()
    });
    let tags = tables.tags_of(id)?;
    let mut facts = before.facts(tables.best(tags.into_iter().map(|(tag, _)| tag))?);
    change(&mut facts);
    let weighed = Weighed {
        level: importance::weigh(&facts).level,
        own: before.own.clone(),
        ..Weighed::of(&facts)
    };
    if weighed != before {
        tables.weighed.insert(id, weighed.encode(id)?.as_slice())?;
    }
    let Some(old) = tables.filed_of(message.discussion)? else {
        return Ok(());
    };
    let mut new = old.clone();
    refile(&mut new);
    if new.newest.iter().any(|(_, known, _)| *known == id) {
        remember(&mut new, message.received, id, weighed.level);
    }
    put(tables, message.discussion, Some(&old), Some(&new))
}

/// Gives a tag to a discussion, so that what comes in it has it too, or takes it away; what it holds already
/// is the caller's to change ([`set`], [`unset`]). Says whether anything changed.
pub fn give(tables: &mut Tables<'_>, discussion: u64, tag: TagId, given: bool) -> Result<bool, Error> {
    let Some(old) = tables.filed_of(discussion)? else {
        return Ok(false);
    };
    let mut new = old.clone();
    if given && tables.tag_of(tag.0)?.is_none() {
        return Ok(false);
    }
    if given && !new.tags.iter().any(|(id, ..)| *id == tag.0) {
        if new.tags.iter().filter(|(.., given)| *given).count() >= MAX_ON_MESSAGE {
            return Ok(false);
        }
        new.tags.push((tag.0, 0, true));
        new.tags.sort_unstable();
    }
    for (id, _, is_given) in &mut new.tags {
        if *id == tag.0 {
            *is_given = given;
        }
    }
    new.tags.retain(|(_, many, given)| *many > 0 || *given);
    put(tables, discussion, Some(&old), Some(&new))?;
    Ok(old != new)
}

/// Forgets a message that is being deleted. To be called when it no longer stands in [`DISCUSSED`] and its
/// discussion's row has been brought up to date, or is gone; `message` is the record that it had.
pub fn forget(tables: &mut Tables<'_>, id: u64, message: &Message) -> Result<(), Error> {
    let row = tables
        .discussions
        .get(message.discussion)?
        .map(|value| Discussion::decode(message.discussion, value.value()))
        .transpose()?;
    super::learning::forget(tables, id)?;
    let weighed = tables
        .weighed
        .remove(id)?
        .map(|value| Weighed::decode(id, value.value()))
        .transpose()?;
    if let Some(own) = weighed.and_then(|weighed| weighed.own) {
        unwrote(tables, &own)?;
    }
    let old = tables.filed_of(message.discussion)?;
    let mut new = old.clone().unwrap_or_default();
    for (tag, _) in tables.tags_of(id)? {
        tables.message_tags.remove((id, tag))?;
        tables.tagged.remove((tag, message.received, id))?;
        tables.tally(Tally::Messages, number(tag), -1)?;
        bump(&mut new, tag, -1);
    }
    let Some(row) = row else {
        return put(tables, message.discussion, old.as_ref(), None);
    };
    new.newest.clear();
    (new.last, new.unread) = (row.last, row.unread > 0);
    for (received, other, _) in &row.newest {
        let value = tables
            .weighed
            .get(*other)?
            .map(|value| Weighed::decode(*other, value.value()))
            .transpose()?;
        remember(&mut new, *received, *other, value.map_or(0, |weighed| weighed.level));
    }
    put(tables, message.discussion, old.as_ref(), Some(&new))
}

fn record(tables: &Tables<'_>, id: u64) -> Result<Option<Message>, Error> {
    let value = tables.messages.get(id)?;
    value.map(|value| Message::decode(id, value.value())).transpose()
}
