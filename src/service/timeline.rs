//! The timeline: discussions, newest first.

use super::{
    Error,
    devices::Viewer,
    read, tags,
    view::{People, TimelinePage, TimelineRow},
};
use crate::{
    domain::{
        discussion::DiscussionKey,
        id::{DiscussionId, MessageId},
        importance::Range,
        padlock::Padlock,
        tag::System,
        time::Time,
    },
    store::{mail::Snapshot, record, vault::Vault},
};

/// Discussions that are looked at for a part of the timeline, the newest first: more of them would be felt.
const WALK: usize = 10_000;
/// Rows on a page.
pub const ROWS: u32 = 50;
/// People named in a row.
const NAMED: usize = 6;

/// A part of the timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    #[default]
    All,
    /// What holds something unread.
    Unread,
    /// What people write: neither a mailing list nor a newsletter, nor a report.
    People,
    /// Mailing lists, and what the owner let in as a newsletter.
    Newsletters,
}

impl Part {
    fn holds(self, row: &record::Discussion, filed: &record::Filed) -> bool {
        let tagged = |system: System| filed.tags.iter().any(|(tag, ..)| *tag == system.id().0);
        let many = row.list.is_some() || tagged(System::Newsletter);
        match self {
            Self::All => true,
            Self::Unread => filed.unread,
            Self::People => !many && !tagged(System::Report) && !row.people.is_empty(),
            Self::Newsletters => many,
        }
    }
}

/// Reads the timeline; cheap to clone.
#[derive(Clone)]
pub struct Timeline {
    vault: Vault,
    people: People,
    viewer: Viewer,
}

impl Timeline {
    /// Over this vault.
    pub fn new(vault: Vault, people: People) -> Self {
        Self {
            vault,
            people,
            viewer: Viewer::own(),
        }
    }

    /// The same, as somebody sees it: what stands above their device's letter is masked.
    pub fn seen_by(&self, viewer: Viewer) -> Self {
        Self { viewer, ..self.clone() }
    }

    /// One page of everything, counted from 1; a page past the end is the last.
    pub async fn page(&self, page: u32) -> Result<TimelinePage, Error> {
        self.page_in(page, Range::ALL).await
    }

    /// One page of what lies in a part of the scale of importance.
    pub async fn page_in(&self, page: u32, range: Range) -> Result<TimelinePage, Error> {
        self.part(page, range, Part::All).await
    }

    /// One page of a part of that. Of a part only what is among the newest [`WALK`] discussions is shown.
    pub async fn part(&self, page: u32, range: Range, part: Part) -> Result<TimelinePage, Error> {
        let (people, viewer) = (self.people.clone(), self.viewer.clone());
        read(&self.vault, move |snapshot| {
            let (mut total, unread) = snapshot.counts_in(range)?;
            let everything = total;
            let (all, _) = snapshot.counts_in(Range::ALL)?;
            let mut found = Vec::new();
            if part != Part::All {
                found = of_part(snapshot, range, part)?;
                total = found.len() as u64;
            }
            let pages = u32::try_from(total.div_ceil(u64::from(ROWS))).unwrap_or(u32::MAX).max(1);
            let page = page.clamp(1, pages);
            let skip = (page as usize - 1) * ROWS as usize;
            let found = if part == Part::All {
                snapshot.timeline_in(range, skip, ROWS as usize)?
            } else {
                found.into_iter().skip(skip).take(ROWS as usize).collect()
            };
            Ok(TimelinePage {
                rows: rows(&people, &viewer, snapshot, found)?,
                page,
                pages,
                total,
                unread,
                range,
                hidden: all.saturating_sub(everything),
            })
        })
        .await
    }
}

/// The discussions of a part, newest first.
fn of_part(snapshot: &Snapshot, range: Range, part: Part) -> Result<Vec<(u64, record::Discussion)>, Error> {
    let mut found = Vec::new();
    for (id, row) in snapshot.timeline_in(range, 0, WALK)? {
        if part.holds(&row, &snapshot.filed(id)?.unwrap_or_default()) {
            found.push((id, row));
        }
    }
    Ok(found)
}

/// Discussions as rows, with their tags.
pub(super) fn rows(
    people: &People,
    viewer: &Viewer,
    snapshot: &Snapshot,
    found: Vec<(u64, record::Discussion)>,
) -> Result<Vec<TimelineRow>, Error> {
    let tags = snapshot.tags()?;
    let rows = found.into_iter().map(|(id, row)| {
        let filed = snapshot.filed(id)?.unwrap_or_default();
        let marks = tags::marks(&tags, filed.tags.iter().map(|(tag, ..)| *tag));
        Ok(TimelineRow {
            tags: marks,
            level: filed.level,
            ..show(people, snapshot, id, row, viewer)?
        })
    });
    rows.collect()
}

/// Whether this is the discussion of what names nobody and has nobody who vouches for it.
pub(super) fn is_of_an_unknown(snapshot: &Snapshot, id: u64) -> Result<bool, Error> {
    Ok(snapshot.discussion_id(DiscussionKey::of_an_unknown().as_str())? == Some(id))
}

fn show(people: &People, snapshot: &Snapshot, id: u64, row: record::Discussion, viewer: &Viewer) -> Result<TimelineRow, Error> {
    let more = row.people.len().saturating_sub(NAMED);
    let first = row.people.iter().take(NAMED);
    let mut named = people.several(snapshot, first.map(|person| (person.name.as_str(), person.address.as_str())))?;
    if named.is_empty() && !is_of_an_unknown(snapshot, id)? {
        named.extend(people.owner());
    }
    let masked = row
        .newest
        .last()
        .is_some_and(|(_, message, index)| viewer.is_masked(MessageId(*message), *index));
    Ok(TimelineRow {
        id: DiscussionId(id),
        people: named,
        more_people: more as u32,
        or_more: row.people.len() >= record::Discussion::PEOPLE,
        index: row.index(),
        padlock: Padlock::from_rung(row.padlock),
        list: row.list,
        subject: row.subject,
        excerpt: if masked { String::new() } else { row.excerpt },
        masked,
        messages: row.messages,
        unread: row.unread,
        last: Time(row.last),
        trackers: row.trackers,
        attachments: row.attachments,
        tags: Vec::new(),
        level: 0,
    })
}
