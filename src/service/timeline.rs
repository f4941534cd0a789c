//! The timeline: discussions, newest first.

use super::{
    Error, read,
    view::{People, TimelinePage, TimelineRow},
};
use crate::{
    domain::{id::DiscussionId, padlock::Padlock, time::Time},
    store::{mail::Snapshot, record, vault::Vault},
};

/// Rows on a page.
pub const ROWS: u32 = 50;
/// People named in a row.
const NAMED: usize = 6;

/// Reads the timeline; cheap to clone.
#[derive(Clone)]
pub struct Timeline {
    vault: Vault,
    people: People,
}

impl Timeline {
    /// Over this vault.
    pub fn new(vault: Vault, people: People) -> Self {
        Self { vault, people }
    }

    /// One page, counted from 1; a page past the end is the last.
    pub async fn page(&self, page: u32) -> Result<TimelinePage, Error> {
        let people = self.people.clone();
        read(&self.vault, move |snapshot| {
            let (total, unread) = snapshot.counts()?;
            let pages = u32::try_from(total.div_ceil(u64::from(ROWS))).unwrap_or(u32::MAX).max(1);
            let page = page.clamp(1, pages);
            let rows = snapshot.timeline((page as usize - 1) * ROWS as usize, ROWS as usize)?;
            let rows = rows
                .into_iter()
                .map(|(id, row)| show(&people, snapshot, id, row))
                .collect::<Result<_, _>>()?;
            Ok(TimelinePage {
                rows,
                page,
                pages,
                total,
                unread,
            })
        })
        .await
    }
}

fn show(people: &People, snapshot: &Snapshot, id: u64, row: record::Discussion) -> Result<TimelineRow, Error> {
    let more = row.people.len().saturating_sub(NAMED);
    let named = row
        .people
        .iter()
        .take(NAMED)
        .filter_map(|person| people.named(snapshot, &person.name, &person.address).transpose());
    let mut named = named.collect::<Result<Vec<_>, _>>()?;
    if named.is_empty() {
        named.extend(people.owner());
    }
    Ok(TimelineRow {
        id: DiscussionId(id),
        people: named,
        more_people: more as u32,
        index: row.index(),
        padlock: Padlock::from_rung(row.padlock),
        list: row.list,
        subject: row.subject,
        excerpt: row.excerpt,
        messages: row.messages,
        unread: row.unread,
        last: Time(row.last),
        trackers: row.trackers,
        attachments: row.attachments,
    })
}
