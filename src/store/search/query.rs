//! Answering a query: which messages, and which of them first.
//!
//! What the index knows is asked first, as sets. What may change about a message (whether it was read, its letter, its
//! level, its padlock) stands in its own records and is asked of what is left, one by one where that is little, else
//! in one pass over the records.

use super::{
    super::{
        Error,
        mail::Snapshot,
        record::{Message, Record, Weighed},
        schema::{ANSWERED, DISCUSSED, MESSAGES, ORDER, TAGGED, UNREAD, WEIGHED},
    },
    Bits, Index,
    block::Posting,
    find::{Found, Matcher},
};
use crate::{
    codec::search::{Places, Region},
    domain::{
        query::{Level, Order},
        shelf::Shelf,
    },
};
use redb::ReadableTableMetadata;
use std::ops::Range;

/// Where words must stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Within {
    /// Anywhere.
    Anywhere,
    /// In the text.
    Body,
    /// In one of these regions of the head.
    Regions(Vec<Region>),
}

impl Within {
    /// The places of the regions; `None` where all of them count.
    fn regions(&self) -> Option<Vec<Range<u16>>> {
        match self {
            Self::Regions(regions) => Some(regions.iter().map(|region| region.places()).collect()),
            Self::Anywhere => None,
            Self::Body => Some(Vec::new()),
        }
    }

    /// The places that count, of the head and of the text.
    fn cut<'p>(&self, places: &'p Places, regions: Option<&[Range<u16>]>) -> (Vec<u16>, &'p [u16]) {
        let in_head = |place: &&u16| regions.is_none_or(|regions| regions.iter().any(|region| region.contains(*place)));
        let head = places.head.iter().filter(in_head).copied().collect();
        (head, if matches!(self, Self::Regions(_)) { &[] } else { &places.body })
    }
}

/// One condition.
pub enum Kind {
    /// Words side by side; each may be one of several. One word is a row of one.
    Words(Within, Vec<Matcher>),
    /// At least one of these.
    Any(Vec<Kind>),
    /// A tag.
    Tag(u64),
    /// Unread, or read.
    Unread(bool),
    /// The owner answered it.
    Answered,
    /// Its discussion stands on this shelf beside the timeline.
    Shelf(Shelf),
    /// Received from this second on, and before that one.
    Received(i64, i64),
    /// This rung of the padlock.
    Padlock(u8),
    /// Its index.
    Privacy(Order, Level),
    /// Its level of importance.
    Importance(Order, i8),
}

/// A condition that must hold, or must not.
pub struct Want {
    /// Whether it must not.
    pub not: bool,
    /// What.
    pub kind: Kind,
}

/// In which order messages are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// Newest first.
    #[default]
    Newest,
    /// The most fitting first; of two that fit alike the newer one.
    Fit,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The messages of the page, in order.
    pub page: Vec<u64>,
    /// How many there are in all.
    pub total: u64,
}

/// What somebody may not read, and the conditions that do not ask for it: of a message whose text is masked neither its
/// being found nor its not being found may tell a word.
pub struct Veil<'v> {
    /// Whether a message with this index is masked.
    pub masks: &'v dyn Fn(u64, Option<u8>) -> bool,
    /// The same conditions as far as they can be asked of what is seen of a masked message.
    pub wants: Vec<Want>,
}

/// The messages for which every condition holds.
pub fn answer(snapshot: &Snapshot, wants: &[Want], veil: Option<&Veil<'_>>, by: By, page: (usize, usize)) -> Result<Answer, Error> {
    let (skip, take) = page;
    let index = Index::of(snapshot)?;
    let searcher = Searcher { snapshot, index };
    let (mut found, score) = searcher.all(wants, by)?;
    if let Some(veil) = veil {
        let (seen, _) = searcher.all(&veil.wants, By::Newest)?;
        let mut masked = found.clone();
        masked.or(&seen);
        searcher.masked(&mut masked, veil)?;
        found.without(&masked);
        masked.and(&seen);
        found.or(&masked);
    }
    let total = found.count();
    let page = match score {
        Some(score) => searcher.fitting(&found, &score, skip, take)?,
        None => searcher.newest(&found, total, skip, take)?,
    };
    Ok(Answer { page, total })
}

struct Searcher<'s> {
    snapshot: &'s Snapshot,
    index: Index,
}

impl Searcher<'_> {
    fn all(&self, wants: &[Want], by: By) -> Result<(Bits, Option<Vec<f32>>), Error> {
        let is_set = |want: &&Want| {
            !matches!(
                want.kind,
                Kind::Unread(_) | Kind::Padlock(_) | Kind::Privacy(..) | Kind::Importance(..)
            )
        };
        let mut found: Option<Bits> = None;
        let mut scored = Vec::new();
        for want in wants.iter().filter(is_set).filter(|want| !want.not) {
            let set = self.set(&want.kind, by, &mut scored)?;
            match &mut found {
                Some(found) => found.and(&set),
                None => found = Some(set),
            }
        }
        let mut found = match found {
            Some(found) => found,
            None => self.everything()?,
        };
        for want in wants.iter().filter(is_set).filter(|want| want.not) {
            found.without(&self.set(&want.kind, By::Newest, &mut Vec::new())?);
        }
        // What was thrown away is not found.
        found.without(&self.set(&Kind::Shelf(Shelf::Bin), By::Newest, &mut Vec::new())?);
        for want in wants.iter().filter(|want| !is_set(want)) {
            self.sift(&mut found, want)?;
        }
        let score = (by == By::Fit && !scored.is_empty())
            .then(|| self.score(&found, &scored))
            .transpose()?;
        Ok((found, score))
    }

    fn everything(&self) -> Result<Bits, Error> {
        let mut bits = self.index.none();
        self.snapshot.newest(|id| {
            bits.insert(id);
            true
        })?;
        Ok(bits)
    }

    /// The messages for which one condition holds; what was found of its words is left in `scored`.
    fn set(&self, kind: &Kind, by: By, scored: &mut Vec<Found>) -> Result<Bits, Error> {
        let mut bits = self.index.none();
        match kind {
            Kind::Words(within, matchers) => {
                let found = self.index.find(&matchers.iter().collect::<Vec<_>>())?;
                bits = self.words(within, &found)?;
                if by == By::Fit {
                    scored.extend(found);
                }
            }
            Kind::Any(kinds) => {
                for kind in kinds {
                    bits.or(&self.set(kind, by, scored)?);
                }
            }
            Kind::Tag(tag) => {
                let table = self.snapshot.tx.open_table(TAGGED)?;
                for row in table.range((*tag, i64::MIN, 0)..=(*tag, i64::MAX, u64::MAX))? {
                    bits.insert(row?.0.value().2);
                }
            }
            Kind::Answered => {
                for row in self.snapshot.tx.open_table(ANSWERED)?.range::<u64>(..)? {
                    bits.insert(row?.0.value());
                }
            }
            Kind::Shelf(shelf) => self.snapshot.each_on(*shelf, |id| bits.insert(id))?,
            Kind::Received(from, until) => {
                if from < until {
                    let table = self.snapshot.tx.open_table(ORDER)?;
                    for row in table.range((*from, 0)..(*until, 0))? {
                        bits.insert(row?.0.value().1);
                    }
                }
            }
            Kind::Unread(_) | Kind::Padlock(_) | Kind::Privacy(..) | Kind::Importance(..) => {
                bits = self.everything()?;
                self.sift(
                    &mut bits,
                    &Want {
                        not: false,
                        kind: copy(kind),
                    },
                )?;
            }
        }
        Ok(bits)
    }

    /// The messages in which words stand side by side, in a place.
    fn words(&self, within: &Within, found: &[Found]) -> Result<Bits, Error> {
        let mut all: Option<Bits> = None;
        for found in found {
            let ids = self.index.ids(found)?;
            match &mut all {
                Some(all) => all.and(&ids),
                None => all = Some(ids),
            }
        }
        let mut all = all.unwrap_or_else(|| self.index.none());
        if found.len() == 1 && *within == Within::Anywhere {
            return Ok(all);
        }
        let regions = within.regions();
        // The places where the words so far end.
        let mut ends: Option<Vec<Posting>> = None;
        for found in found {
            let here = self.index.places(found, &all)?;
            let mut next = Vec::new();
            let mut before = ends.as_ref().map(|ends| ends.iter().peekable());
            for (id, places) in here {
                let (mut head, body) = within.cut(&places, regions.as_deref());
                let mut body = body.to_vec();
                if let Some(before) = &mut before {
                    while before.next_if(|(other, _)| *other < id).is_some() {}
                    let Some((_, known)) = before.next_if(|(other, _)| *other == id) else {
                        continue;
                    };
                    head.retain(|place| place.checked_sub(1).is_some_and(|before| known.head.binary_search(&before).is_ok()));
                    body.retain(|place| place.checked_sub(1).is_some_and(|before| known.body.binary_search(&before).is_ok()));
                }
                if !head.is_empty() || !body.is_empty() {
                    next.push((id, Places { head, body }));
                }
            }
            all = self.index.none();
            next.iter().for_each(|(id, _)| all.insert(*id));
            ends = Some(next);
        }
        Ok(all)
    }

    /// Leaves those for which a condition holds that stands in the records of messages.
    fn sift(&self, found: &mut Bits, want: &Want) -> Result<(), Error> {
        if let (Kind::Unread(true), false) = (&want.kind, want.not) {
            found.and(&self.in_unread()?);
        }
        if let Kind::Importance(order, level) = &want.kind {
            let table = self.snapshot.tx.open_table(WEIGHED)?;
            let fails = |id: u64, octets: &[u8]| Ok(order.holds(Weighed::decode(id, octets)?.level, *level) == want.not);
            return sift_by(&table, found, fails);
        }
        let fails = |id: u64, octets: &[u8]| {
            let message = Message::decode(id, octets)?;
            let holds = match &want.kind {
                Kind::Unread(unread) => message.unread == *unread,
                Kind::Padlock(rung) => message.padlock == *rung,
                Kind::Privacy(order, level) => level.holds(*order, message.index),
                _ => true,
            };
            Ok(holds == want.not)
        };
        sift_by(&self.snapshot.tx.open_table(MESSAGES)?, found, fails)
    }

    /// Leaves those that are masked.
    fn masked(&self, found: &mut Bits, veil: &Veil<'_>) -> Result<(), Error> {
        let open = |id: u64, octets: &[u8]| Ok(!(veil.masks)(id, Message::decode(id, octets)?.index));
        sift_by(&self.snapshot.tx.open_table(MESSAGES)?, found, open)
    }

    /// The messages of the discussions in which something is unread.
    fn in_unread(&self) -> Result<Bits, Error> {
        let mut bits = self.index.none();
        let (unread, discussed) = (self.snapshot.tx.open_table(UNREAD)?, self.snapshot.tx.open_table(DISCUSSED)?);
        for row in unread.range::<u64>(..)? {
            let id = row?.0.value();
            for row in discussed.range((id, i64::MIN, 0)..=(id, i64::MAX, u64::MAX))? {
                bits.insert(row?.0.value().2);
            }
        }
        Ok(bits)
    }

    /// How well each message fits: a rare word says more than a common one, a word that stands there often more than
    /// once, and one in the head more than one in the text.
    fn score(&self, found: &Bits, scored: &[Found]) -> Result<Vec<f32>, Error> {
        let size = usize::try_from(found.iter().last().map_or(0, |last| last + 1)).unwrap_or(0);
        let all = self.snapshot.messages()?.max(1) as f32;
        let mut score = vec![0.0_f32; size];
        for words in scored {
            let with = self.index.ids(words)?.count().max(1) as f32;
            let weight = (1.0 + all / with).ln();
            self.index.each(words, found, |id, head, body| {
                let often = body.len() as f32 + 3.0 * head.len() as f32;
                if let Some(score) = usize::try_from(id).ok().and_then(|id| score.get_mut(id)) {
                    *score += weight * often / (often + 1.5) + if head.is_empty() { 0.0 } else { weight };
                }
            })?;
        }
        Ok(score)
    }

    fn fitting(&self, found: &Bits, score: &[f32], skip: usize, take: usize) -> Result<Vec<u64>, Error> {
        let of = |id: u64| usize::try_from(id).ok().and_then(|id| score.get(id)).copied().unwrap_or_default();
        let mut ids: Vec<(f32, u64)> = found.iter().map(|id| (of(id), id)).collect();
        let wanted = skip.saturating_add(take);
        let better = |one: &(f32, u64), other: &(f32, u64)| other.0.total_cmp(&one.0).then(other.1.cmp(&one.1));
        if wanted < ids.len() {
            ids.select_nth_unstable_by(wanted, better);
            ids.truncate(wanted);
        }
        ids.sort_unstable_by(better);
        Ok(ids.into_iter().skip(skip).map(|(_, id)| id).collect())
    }

    /// The newest first: few are sorted by when they came, many are met on the way from the newest message.
    fn newest(&self, found: &Bits, total: u64, skip: usize, take: usize) -> Result<Vec<u64>, Error> {
        /// What reading one record costs, in steps of that way.
        const RECORD: u64 = 20;
        let all = self.snapshot.messages()?;
        let wanted = skip.saturating_add(take) as u64;
        let way = all.saturating_mul(wanted.min(total)) / total.max(1);
        if total.saturating_mul(RECORD) < way {
            let table = self.snapshot.tx.open_table(MESSAGES)?;
            let mut ids = Vec::new();
            for id in found.iter() {
                if let Some(value) = table.get(id)? {
                    ids.push((Message::decode(id, value.value())?.received, id));
                }
            }
            ids.sort_unstable_by(|one, other| other.cmp(one));
            return Ok(ids.into_iter().skip(skip).take(take).map(|(_, id)| id).collect());
        }
        let mut page = Vec::with_capacity(take.min(1_000));
        let mut met = 0;
        self.snapshot.newest(|id| {
            if found.has(id) {
                met += 1;
                if met > skip {
                    page.push(id);
                }
            }
            met < total.min(wanted) as usize
        })?;
        page.truncate(take);
        Ok(page)
    }
}

/// Takes out those whose record fails: asks one by one where they are few, else reads all records in a row.
fn sift_by(
    table: &redb::ReadOnlyTable<u64, super::super::schema::Octets>,
    found: &mut Bits,
    fails: impl Fn(u64, &[u8]) -> Result<bool, Error>,
) -> Result<(), Error> {
    let many = found.count();
    let mut kept = found.clone();
    if many.saturating_mul(4) < table.len()? {
        for id in found.iter() {
            let fails = match table.get(id)? {
                Some(value) => fails(id, value.value())?,
                None => true,
            };
            if fails {
                kept.remove(id);
            }
        }
    } else {
        let mut seen = found.clone();
        for row in table.range::<u64>(..)? {
            let (id, value) = row?;
            let id = id.value();
            if found.has(id) {
                seen.remove(id);
                if fails(id, value.value())? {
                    kept.remove(id);
                }
            }
        }
        kept.without(&seen);
    }
    *found = kept;
    Ok(())
}

/// A condition that stands in the records, once more.
fn copy(kind: &Kind) -> Kind {
    match kind {
        Kind::Unread(unread) => Kind::Unread(*unread),
        Kind::Padlock(rung) => Kind::Padlock(*rung),
        Kind::Privacy(order, level) => Kind::Privacy(*order, *level),
        Kind::Importance(order, level) => Kind::Importance(*order, *level),
        _ => Kind::Any(Vec::new()),
    }
}
