//! What is done for the index: the row of a message that is kept, and the job that merges rows when there are many or
//! a day has passed, and indexes what was there before there was an index.

use super::super::{Error, read};
use crate::{
    codec::{html, mime, search as words},
    domain::{id::MessageId, message::Reading, time::Time},
    store::{
        self,
        mail::Snapshot,
        search::{self as kept, block},
        vault::{Open, Vault},
    },
};
use tokio::runtime::Handle;

/// The job's name.
pub(in crate::service) const JOB: &str = kept::JOB;
/// Messages from before the index that one step reads.
const SLICE: usize = 50;
/// Rows that one step merges.
const ROWS: usize = 4_096;
const DAY: i64 = 24 * 3600;

/// The words of a message that is kept, as they are kept. `trackers` are those that its HTML has.
pub fn row(reading: &Reading, trackers: u32) -> Vec<u8> {
    block::row(&words::index(reading, trackers > 0))
}

/// Indexes a message that is kept by what it shows now: for one that was encrypted and has been opened. The words
/// that it had before stay beside the new ones.
pub(in crate::service) async fn again(vault: &Vault, id: MessageId) -> Result<(), Error> {
    let row = read(vault, move |snapshot| {
        let message = snapshot.message(id.0)?.ok_or(Error::NotFound)?;
        Ok(row_of(&mime::read(&snapshot.shown(id.0, &message)?)))
    });
    let row = row.await?;
    vault.open()?.writer.write(move |tables| kept::put(tables, id.0, &row)).await?;
    Ok(())
}

fn row_of(reading: &Reading) -> Vec<u8> {
    let trackers = reading.html.as_deref().map_or(0, |source| html::findings(source).0.trackers);
    row(reading, trackers)
}

/// One step: what was there before first, then a merge.
pub(in crate::service) fn step(open: &Open, cursor: u64, _now: Time) -> Result<(i64, u64), store::Error> {
    if let Some(last) = behind(open, cursor)? {
        return Ok((0, last));
    }
    let merged = kept::merge(open, ROWS, |generation, changes| {
        let writing = open.writer.write(move |tables| kept::apply(tables, generation, &changes));
        Handle::current().block_on(writing)
    })?;
    let more = merged > 0 && Snapshot::of(open)?.fresh()? >= kept::MANY;
    Ok((if more { 0 } else { DAY }, cursor))
}

/// Indexes everything that was there before at once.
pub(in crate::service) async fn catch_up(vault: &Vault) -> Result<(), Error> {
    let open = vault.open()?;
    super::super::blocking(move || {
        let mut cursor = 0;
        while let Some(last) = behind(&open, cursor)? {
            cursor = last;
        }
        Ok(())
    })
    .await
}

/// Indexes some of what was there before; the last of them, `None` where nothing is left.
fn behind(open: &Open, cursor: u64) -> Result<Option<u64>, store::Error> {
    let snapshot = Snapshot::of(open)?;
    let Some(until) = snapshot.behind()? else { return Ok(None) };
    let ids = snapshot.messages_after(cursor, SLICE)?;
    let last = ids.last().copied().unwrap_or(u64::MAX).min(until);
    let mut rows = Vec::new();
    for id in ids.into_iter().filter(|id| *id <= until) {
        if snapshot.is_fresh(id)? {
            continue;
        }
        let Some(message) = snapshot.message(id)? else { continue };
        // One that is damaged has no words; the scrub says so.
        if let Ok(raw) = snapshot.shown(id, &message) {
            rows.push((id, row_of(&mime::read(&raw))));
        }
    }
    drop(snapshot);
    let writing = open.writer.write(move |tables| {
        for (id, row) in &rows {
            kept::put(tables, *id, row)?;
        }
        kept::caught_up(tables, last)
    });
    Handle::current().block_on(writing)?;
    Ok(Some(last))
}
