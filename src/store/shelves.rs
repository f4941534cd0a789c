//! The shelves beside the timeline: what is done, what waits at the door, and the wastebasket.
//!
//! A discussion in the wastebasket gives up its name, so that what these people write from now on begins a new discussion
//! and what was thrown away stays away. Taking it out gives the name back; where another discussion has it by now, the
//! two become one, which is worked out by whoever can read messages (`regroup`).

use super::{
    Error, delete, filing,
    mail::Snapshot,
    record::{Discussion, Filed, Message, Record},
    regroup::{self, Change},
    schema::{DISCUSSED, DISCUSSION_OF, SHELVES},
    writer::Tables,
};
use crate::{domain::shelf::Shelf, store::filing::Tally};
use redb::ReadableTable;

/// Where discussions stood before they were moved: which, and on which shelf.
pub type Before = Vec<(u64, Shelf)>;

fn row(tables: &Tables<'_>, discussion: u64) -> Result<Option<Discussion>, Error> {
    let value = tables.discussions.get(discussion)?;
    value.map(|value| Discussion::decode(discussion, value.value())).transpose()
}

/// Moves discussions to a shelf; says where those that were moved stood before. Those that are not there, stand there
/// already or are in the wastebasket stay: out of it leads [`take_out`].
pub fn shelve(tables: &mut Tables<'_>, ids: &[u64], shelf: Shelf, now: i64) -> Result<Before, Error> {
    let mut before = Before::new();
    for id in ids {
        let Some(old) = tables.filed_of(*id)? else { continue };
        if old.shelf() == shelf || old.shelf() == Shelf::Bin {
            continue;
        }
        let mut new = Filed {
            shelf: shelf as u8,
            ..old.clone()
        };
        if shelf == Shelf::Bin {
            new.binned = (old.shelf, now);
            nameless(tables, *id)?;
        }
        filing::put(tables, *id, Some(&old), Some(&new))?;
        before.push((*id, old.shelf()));
    }
    Ok(before)
}

/// What throwing away one message of several was prepared for.
pub struct Apart {
    /// The message.
    pub id: u64,
    /// Its discussion, and the row of that as it was read.
    pub from: (u64, Discussion),
    /// The row of what stays.
    pub left: Discussion,
    /// The row of the message by itself.
    pub alone: Discussion,
}

/// Moves one message of a discussion to the wastebasket, where it stands by itself until it is taken out; says which
/// discussion that is, and where it stood. `None` where something has changed since it was prepared; nothing moves where
/// its discussion is in the wastebasket already.
pub fn throw(tables: &mut Tables<'_>, apart: &Apart, now: i64) -> Result<Option<Before>, Error> {
    let (from, before) = &apart.from;
    if row(tables, *from)?.as_ref() != Some(before) {
        return Ok(None);
    }
    let shelf = tables.filed_of(*from)?.unwrap_or_default().shelf();
    if shelf == Shelf::Bin {
        return Ok(Some(Before::new()));
    }
    let given = filing::given(tables, *from)?;
    let id = tables.next("discussion")?;
    regroup::join(tables, id, apart.id)?;
    let change = |id, before, after: &Discussion| Change {
        id: Some(id),
        before,
        after: Some(after.clone()),
        joining: Vec::new(),
        from: Vec::new(),
    };
    // Both rows have the same name; what stays is placed last and keeps it.
    regroup::place(tables, id, &change(id, None, &apart.alone))?;
    regroup::place(tables, *from, &change(*from, Some(before.clone()), &apart.left))?;
    filing::refile(tables, *from, &[], shelf)?;
    filing::refile(tables, id, &given, shelf)?;
    Ok(Some(shelve(tables, &[id], Shelf::Bin, now)?))
}

/// Takes the name from a discussion.
pub(super) fn nameless(tables: &mut Tables<'_>, id: u64) -> Result<(), Error> {
    let Some(row) = row(tables, id)? else { return Ok(()) };
    if tables.discussion_of.get(row.key.as_str())?.is_some_and(|value| value.value() == id) {
        tables.discussion_of.remove(row.key.as_str())?;
    }
    Ok(())
}

/// Takes a discussion out of the wastebasket, back to where it stood, where nobody else has its name by now. `false`
/// where somebody has: the two are to become one. Its people may have come to stand on cards in the meantime, which is
/// noted to be followed.
pub fn take_out(tables: &mut Tables<'_>, id: u64) -> Result<bool, Error> {
    let (Some(old), Some(row)) = (tables.filed_of(id)?, row(tables, id)?) else {
        return Ok(true);
    };
    if old.shelf() != Shelf::Bin {
        return Ok(true);
    }
    if tables.discussion_of.get(row.key.as_str())?.is_some() {
        return Ok(false);
    }
    tables.discussion_of.insert(row.key.as_str(), id)?;
    let new = Filed {
        shelf: old.binned.0,
        binned: (0, 0),
        ..old.clone()
    };
    filing::put(tables, id, Some(&old), Some(&new))?;
    regroup::note_moved(tables, &row.key)?;
    Ok(true)
}

/// Marks messages read or unread, one by one; those that are gone are left out.
pub fn mark_messages(tables: &mut Tables<'_>, messages: &[u64], unread: bool) -> Result<(), Error> {
    for id in messages {
        let value = tables.messages.get(*id)?;
        let Some(message) = value.map(|value| Message::decode(*id, value.value())).transpose()? else {
            continue;
        };
        let Some(mut row) = row(tables, message.discussion)?.filter(|_| message.unread != unread) else {
            continue;
        };
        let discussion = message.discussion;
        tables.messages.insert(id, Message { unread, ..message }.encode(*id)?.as_slice())?;
        row.unread = row.unread.saturating_add_signed(if unread { 1 } else { -1 });
        if row.unread > 0 {
            tables.unread.insert(discussion, ())?;
        } else {
            tables.unread.remove(discussion)?;
        }
        tables.discussions.insert(discussion, row.encode(discussion)?.as_slice())?;
        filing::seen(tables, discussion, row.unread > 0)?;
    }
    Ok(())
}

/// The messages of a discussion that are unread, or read.
pub fn marked(tables: &Tables<'_>, discussion: u64, unread: bool) -> Result<Vec<u64>, Error> {
    let rows = tables
        .discussed
        .range((discussion, i64::MIN, 0)..=(discussion, i64::MAX, u64::MAX))?;
    let mut found = Vec::new();
    for row in rows {
        let id = row?.0.value().2;
        let value = tables.messages.get(id)?.ok_or(Error::Damaged)?;
        if Message::decode(id, value.value())?.unread == unread {
            found.push(id);
        }
    }
    Ok(found)
}

/// Deletes for good discussions that are in the wastebasket, and no others; says how many it were.
pub fn empty(tables: &mut Tables<'_>, ids: &[u64]) -> Result<usize, Error> {
    let mut gone = 0;
    for id in ids {
        let there = tables.filed_of(*id)?.is_some_and(|filed| filed.shelf() == Shelf::Bin);
        gone += usize::from(there && delete::discussion(tables, *id)? == delete::Deleted::Gone);
    }
    Ok(gone)
}

/// What was put into the wastebasket before a moment, the oldest first, at most so many.
pub fn binned_before(tables: &Tables<'_>, moment: i64, take: usize) -> Result<Vec<u64>, Error> {
    let bin = Shelf::Bin as u8;
    let rows = tables.shelves.range((bin, i64::MIN, 0)..(bin, moment, 0))?;
    rows.take(take).map(|row| Ok(row?.0.value().2)).collect()
}

impl Snapshot {
    /// How many discussions stand on a shelf beside the timeline.
    pub fn shelf_count(&self, shelf: Shelf) -> Result<u64, Error> {
        self.tally(Tally::Shelf, (shelf as u8).into())
    }

    /// The discussions of a shelf beside the timeline, newest first.
    pub fn shelf(&self, shelf: Shelf, skip: usize, take: usize) -> Result<Vec<(u64, Discussion)>, Error> {
        let table = self.tx.open_table(SHELVES)?;
        let shelf = shelf as u8;
        let rows = table.range((shelf, i64::MIN, 0)..=(shelf, i64::MAX, u64::MAX))?;
        self.rows(rows.rev().skip(skip).take(take).map(|row| Ok(row?.0.value().2)))
    }

    /// Shows every message of the discussions on a shelf beside the timeline.
    pub fn each_on(&self, shelf: Shelf, mut show: impl FnMut(u64)) -> Result<(), Error> {
        let (shelves, discussed) = (self.tx.open_table(SHELVES)?, self.tx.open_table(DISCUSSED)?);
        let shelf = shelf as u8;
        for row in shelves.range((shelf, i64::MIN, 0)..=(shelf, i64::MAX, u64::MAX))? {
            let id = row?.0.value().2;
            for row in discussed.range((id, i64::MIN, 0)..=(id, i64::MAX, u64::MAX))? {
                show(row?.0.value().2);
            }
        }
        Ok(())
    }

    /// The number of the discussion that has this name now.
    pub fn named(&self, key: &str) -> Result<Option<u64>, Error> {
        Ok(self.tx.open_table(DISCUSSION_OF)?.get(key)?.map(|value| value.value()))
    }
}
