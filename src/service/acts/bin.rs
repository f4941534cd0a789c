//! The wastebasket: what is in it, how long it is kept, and the job that lets go of it for good.

use super::{Acts, Back, Deed, Error};
use crate::{
    domain::{
        address::Address,
        id::{DiscussionId, MessageId},
        shelf::Shelf,
        time::Time,
    },
    service::{
        delete::{prepare, without},
        devices::Viewer,
        read,
        timeline::{self, ROWS},
        view::TimelineRow,
    },
    store::{
        self, door,
        mail::Snapshot,
        shelves::{self, Apart},
        spam,
        vault::{Open, Vault},
    },
};
use std::collections::HashSet;
use tokio::runtime::Handle;

/// The job's name.
pub(in crate::service) const JOB: &str = "wastebasket";
/// The setting: days that something stays in the wastebasket, u16, little-endian.
const SETTING: &str = "bin_days";
/// How many days that is where the owner has said nothing.
pub const BIN_DAYS_USUAL: u16 = 30;
/// How many it may be.
pub const BIN_DAYS: std::ops::RangeInclusive<u16> = 1..=365;
/// Discussions that one step lets go of.
const SLICE: usize = 50;
const DAY: i64 = 24 * 3600;
/// How often it is prepared anew because something arrived in between.
const TRIES: usize = 8;

/// One page of a shelf beside the timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BinPage {
    /// At most [`ROWS`] rows, newest first.
    pub rows: Vec<TimelineRow>,
    /// Which page, from 1.
    pub page: u32,
    /// How many pages, at least 1.
    pub pages: u32,
    /// How many discussions.
    pub total: u64,
}

/// How many days something stays in the wastebasket.
pub fn bin_days(open: &Open) -> Result<u16, store::Error> {
    let kept = open.setting(SETTING)?;
    let days = kept.and_then(|octets| octets.as_slice().try_into().ok()).map(u16::from_le_bytes);
    Ok(days.filter(|days| BIN_DAYS.contains(days)).unwrap_or(BIN_DAYS_USUAL))
}

/// Says how many days something stays in the wastebasket; the nearest that may be.
pub async fn set_bin_days(vault: &Vault, days: u16) -> Result<(), Error> {
    let days = days.clamp(*BIN_DAYS.start(), *BIN_DAYS.end());
    let writing = vault
        .open()?
        .writer
        .write(move |tables| Ok(tables.meta.insert(SETTING, days.to_le_bytes().as_slice()).map(drop)?));
    Ok(writing.await?)
}

/// One step of the job: what has been there long enough goes for good, and whoever waits with nothing at the door or in
/// the wastebasket is forgotten, and is a stranger again when they write.
pub(in crate::service) fn step(open: &Open, _cursor: u64, now: Time) -> Result<(i64, u64), store::Error> {
    let until = now.0.saturating_sub(i64::from(bin_days(open)?) * DAY);
    let writing = open.writer.write(move |tables| {
        let gone = shelves::binned_before(tables, until, SLICE)?;
        shelves::empty(tables, &gone)
    });
    if Handle::current().block_on(writing)? == SLICE {
        return Ok((0, 0));
    }
    let snapshot = Snapshot::of(open)?;
    let mut there = HashSet::new();
    // What is in the wastebasket may yet go back to the door, where it is seen only as theirs.
    for shelf in [Shelf::Door, Shelf::Bin] {
        for (_, row) in snapshot.shelf(shelf, 0, usize::MAX)? {
            there.extend(row.people.into_iter().map(|person| person.address));
        }
    }
    drop(snapshot);
    let tidying = open.writer.write(move |tables| {
        let gone = door::tidy(tables, &there)?;
        gone.iter().try_for_each(|address| spam::unhear(tables, address))
    });
    Handle::current().block_on(tidying)?;
    Ok((DAY, 0))
}

/// One message that is thrown away: by itself where others stay, else with its discussion.
enum Thrown {
    One(Box<Apart>),
    Whole,
}

fn thrown(snapshot: &Snapshot, id: u64, owner: &HashSet<Address>) -> Result<(Thrown, u64), Error> {
    let (wanted, discussion) = prepare(snapshot, id, owner)?;
    let Some(left) = wanted.after else {
        return Ok((Thrown::Whole, discussion));
    };
    let message = snapshot.message(id)?.ok_or(Error::NotFound)?;
    let alone = without(snapshot, &wanted.before, &[(id, message)], owner)?;
    let from = (discussion, wanted.before);
    Ok((Thrown::One(Box::new(Apart { id, from, left, alone })), discussion))
}

impl Acts {
    /// Throws one message into the wastebasket: the number by which it is taken back (`None` where it was there already),
    /// and its discussion where others stay in that.
    pub async fn throw(&self, id: MessageId) -> Result<(Option<u64>, Option<DiscussionId>), Error> {
        for _ in 0..TRIES {
            let owner = self.owner.clone();
            let (thrown, discussion) = read(&self.vault, move |snapshot| thrown(snapshot, id.0, &snapshot.owners(owner.iter())?)).await?;
            let (now, open) = (self.now().0, self.vault.open()?);
            let (moved, stays) = match thrown {
                Thrown::One(apart) => {
                    let writing = open.writer.write(move |tables| shelves::throw(tables, &apart, now));
                    (writing.await?, Some(DiscussionId(discussion)))
                }
                Thrown::Whole => {
                    let writing = open
                        .writer
                        .write(move |tables| shelves::shelve(tables, &[discussion], Shelf::Bin, now));
                    (Some(writing.await?), None)
                }
            };
            let Some(moved) = moved else { continue };
            if moved.is_empty() {
                return Ok((None, Some(DiscussionId(discussion))));
            }
            let number = self.remember(Deed::Message, 1, vec![Back::Shelves(Shelf::Bin, moved)])?;
            return Ok((Some(number), stays));
        }
        Err(store::Error::Database("a discussion changed faster than it could be read".into()).into())
    }

    /// One page of what stands on a shelf beside the timeline, as somebody may see it.
    pub async fn shelf(&self, viewer: Viewer, shelf: Shelf, page: u32) -> Result<BinPage, Error> {
        let people = self.people.clone();
        read(&self.vault, move |snapshot| {
            let total = snapshot.shelf_count(shelf)?;
            let pages = u32::try_from(total.div_ceil(u64::from(ROWS))).unwrap_or(u32::MAX).max(1);
            let page = page.clamp(1, pages);
            let found = snapshot.shelf(shelf, (page as usize - 1) * ROWS as usize, ROWS as usize)?;
            Ok(BinPage {
                rows: timeline::rows(&people, &viewer, snapshot, found)?,
                page,
                pages,
                total,
            })
        })
        .await
    }

    /// How many days something stays in the wastebasket.
    pub fn bin_days(&self) -> Result<u16, Error> {
        Ok(bin_days(&*self.vault.open()?)?)
    }

    /// Says how many days something stays in the wastebasket from now on; the nearest that may be.
    pub async fn keep_bin_for(&self, days: u16) -> Result<(), Error> {
        set_bin_days(&self.vault, days).await
    }

    /// Deletes for good whatever is in the wastebasket now; says how many discussions it were.
    pub async fn empty(&self) -> Result<usize, Error> {
        let ids = read(&self.vault, |snapshot| {
            let rows = snapshot.shelf(Shelf::Bin, 0, usize::MAX)?;
            Ok(rows.into_iter().map(|(id, _)| id).collect::<Vec<u64>>())
        });
        let ids = ids.await?;
        let open = self.vault.open()?;
        let mut many = 0;
        for slice in ids.chunks(SLICE) {
            let slice = slice.to_vec();
            many += open.writer.write(move |tables| shelves::empty(tables, &slice)).await?;
        }
        Ok(many)
    }

    /// Where a discussion stands, and for one of the wastebasket until when it is kept.
    pub async fn stands(&self, id: DiscussionId) -> Result<(Shelf, Option<Time>), Error> {
        let days = i64::from(self.bin_days()?);
        read(&self.vault, move |snapshot| {
            let filed = snapshot.filed(id.0)?.unwrap_or_default();
            let until = (filed.shelf() == Shelf::Bin).then(|| Time(filed.binned.1 + days * DAY));
            Ok((filed.shelf(), until))
        })
        .await
    }
}
