//! Devices, the journal and notices in the tables.

use super::{
    Error,
    mail::Snapshot,
    record::{Device, Entry, Notice, Record},
    schema::{DEVICES, JOURNAL, META, NOTICES},
    writer::Tables,
};
use redb::{ReadableTable, ReadableTableMetadata};
use std::net::IpAddr;

/// Devices at most, those that were taken off the list included; the one that was taken off longest ago, or else the
/// unverified one not seen for longest, makes room. Where all are verified, as after years with a browser that forgets its
/// cookies, it is the one of those not seen for longest: nobody is kept out of their own box.
pub const DEVICES_AT_MOST: u64 = 200;
/// Lines of the journal at most; the oldest makes room.
pub const LINES_AT_MOST: u64 = 20_000;
/// Lines back from the newest that are looked at for one to count an equal event into.
const LOOK_BACK: usize = 32;

/// The setting of how many days the journal is kept, u16 little-endian.
const DAYS: &str = "journal_days";

/// Adds a device; gives its number. `None` where there are too many and none can go.
pub fn add(tables: &mut Tables<'_>, device: &Device) -> Result<Option<u64>, Error> {
    if tables.devices.len()? >= DEVICES_AT_MOST {
        let mut oldest: Option<((bool, bool, i64), u64)> = None;
        for row in tables.devices.iter()? {
            let (id, value) = row?;
            let row = Device::decode(id.value(), value.value())?;
            let rank = ((row.status == 1, row.status != 2, row.last), id.value());
            if oldest.is_none_or(|known| rank < known) {
                oldest = Some(rank);
            }
        }
        let Some((_, id)) = oldest else { return Ok(None) };
        tables.devices.remove(id)?;
    }
    let id = tables.next("device")?;
    tables.devices.insert(id, device.encode(id)?.as_slice())?;
    Ok(Some(id))
}

/// Changes a device; gives what `change` gives, and `None` where there is no such device.
pub fn change<T>(tables: &mut Tables<'_>, id: u64, change: impl FnOnce(&mut Device) -> T) -> Result<Option<T>, Error> {
    let row = tables.devices.get(id)?.map(|value| Device::decode(id, value.value())).transpose()?;
    let Some(mut device) = row else { return Ok(None) };
    let result = change(&mut device);
    tables.devices.insert(id, device.encode(id)?.as_slice())?;
    Ok(Some(result))
}

/// The device with this hash of a key, where it was not taken off the list.
pub fn by_key(tables: &Tables<'_>, key: &[u8; 32]) -> Result<Option<u64>, Error> {
    for row in tables.devices.iter()? {
        let (id, value) = row?;
        let device = Device::decode(id.value(), value.value())?;
        if device.key == *key && device.status != 2 {
            return Ok(Some(id.value()));
        }
    }
    Ok(None)
}

/// How many devices are verified.
pub fn verified(tables: &Tables<'_>) -> Result<usize, Error> {
    let mut count = 0;
    for row in tables.devices.iter()? {
        let (id, value) = row?;
        count += usize::from(Device::decode(id.value(), value.value())?.status == 1);
    }
    Ok(count)
}

/// Adds a notice.
pub fn notify(tables: &mut Tables<'_>, notice: &Notice) -> Result<u64, Error> {
    let id = tables.next("notice")?;
    tables.notices.insert(id, notice.encode(id)?.as_slice())?;
    Ok(id)
}

/// Takes the notices about a device away; says whether there were any.
pub fn answered(tables: &mut Tables<'_>, device: u64) -> Result<bool, Error> {
    let mut gone = Vec::new();
    for row in tables.notices.iter()? {
        let (id, value) = row?;
        if Notice::decode(id.value(), value.value())?.device == device {
            gone.push(id.value());
        }
    }
    for id in &gone {
        tables.notices.remove(id)?;
    }
    Ok(!gone.is_empty())
}

/// Writes a line of the journal. With `within` seconds, an equal line that is no older is counted up instead, so
/// that whoever knocks all night does not fill the disk.
pub fn note(tables: &mut Tables<'_>, entry: &Entry, within: i64) -> Result<(), Error> {
    if within > 0 {
        let mut found = None;
        for row in tables.journal.iter()?.rev().take(LOOK_BACK) {
            let (key, value) = row?;
            let (at, number) = key.value();
            let line = Entry::decode(number, value.value())?;
            if same(&line, entry) && entry.at - line.at <= within {
                found = Some((at, number, line));
                break;
            }
        }
        if let Some((at, number, line)) = found {
            tables.journal.remove((at, number))?;
            let line = Entry {
                at: entry.at.max(line.at),
                times: line.times.saturating_add(entry.times),
                ..line
            };
            tables.journal.insert((line.at, number), line.encode(number)?.as_slice())?;
            return Ok(());
        }
    }
    let number = tables.next("journal")?;
    tables.journal.insert((entry.at, number), entry.encode(number)?.as_slice())?;
    while tables.journal.len()? > LINES_AT_MOST {
        tables.journal.pop_first()?;
    }
    Ok(())
}

fn same(one: &Entry, other: &Entry) -> bool {
    let what = |entry: &Entry| (entry.event, entry.address, entry.device, entry.other, entry.message);
    what(one) == what(other)
}

/// Takes the lines before `before` away, and the devices that were taken off the list before then; shortens the
/// addresses of lines before `shorten`, and of devices not seen since, with `network` saying what is left of
/// one. Says how many lines went.
pub fn tidy(tables: &mut Tables<'_>, before: i64, shorten: i64, network: fn(IpAddr) -> IpAddr) -> Result<u64, Error> {
    let count = tables.journal.len()?;
    tables.journal.retain_in(..(before, 0), |_, _| false)?;
    let gone = count.saturating_sub(tables.journal.len()?);
    let mut long = Vec::new();
    for row in tables.journal.range(..(shorten, 0))? {
        let (key, value) = row?;
        let line = Entry::decode(key.value().1, value.value())?;
        if !line.shortened && line.address.is_some() {
            long.push((key.value(), line));
        }
    }
    for ((at, number), line) in long {
        let line = Entry {
            address: line.address.map(network),
            shortened: true,
            ..line
        };
        tables.journal.insert((at, number), line.encode(number)?.as_slice())?;
    }
    let (mut stale, mut forgotten) = (Vec::new(), Vec::new());
    for row in tables.devices.iter()? {
        let (id, value) = row?;
        let device = Device::decode(id.value(), value.value())?;
        if device.status == 2 && device.changed < before {
            forgotten.push(id.value());
        } else if device.last < shorten && device.address != network(device.address) {
            stale.push((id.value(), device));
        }
    }
    for (id, mut device) in stale {
        device.address = network(device.address);
        tables.devices.insert(id, device.encode(id)?.as_slice())?;
    }
    for id in forgotten {
        tables.devices.remove(id)?;
    }
    Ok(gone)
}

/// Says for how many days the journal is kept.
pub fn keep_for(tables: &mut Tables<'_>, days: u16) -> Result<(), Error> {
    tables.meta.insert(DAYS, days.to_le_bytes().as_slice())?;
    Ok(())
}

impl Snapshot {
    /// Every device, those that were taken off the list included.
    pub fn devices(&self) -> Result<Vec<(u64, Device)>, Error> {
        let table = self.tx.open_table(DEVICES)?;
        let rows = table.iter()?.map(|row| {
            let (id, value) = row?;
            Ok((id.value(), Device::decode(id.value(), value.value())?))
        });
        rows.collect()
    }

    /// Every notice that was not answered, the oldest first.
    pub fn notices(&self) -> Result<Vec<(u64, Notice)>, Error> {
        let table = self.tx.open_table(NOTICES)?;
        let rows = table.iter()?.map(|row| {
            let (id, value) = row?;
            Ok((id.value(), Notice::decode(id.value(), value.value())?))
        });
        rows.collect()
    }

    /// The lines of the journal that pass, the newest first, from `skip` on; and how many pass in all.
    pub fn journal(&self, pass: impl Fn(&Entry) -> bool, skip: usize, take: usize) -> Result<(Vec<Entry>, usize), Error> {
        let table = self.tx.open_table(JOURNAL)?;
        let (mut lines, mut count) = (Vec::new(), 0);
        for row in table.iter()?.rev() {
            let (key, value) = row?;
            let line = Entry::decode(key.value().1, value.value())?;
            if pass(&line) {
                if count >= skip && lines.len() < take {
                    lines.push(line);
                }
                count += 1;
            }
        }
        Ok((lines, count))
    }

    /// For how many days the journal is kept, where the owner said so.
    pub fn journal_days(&self) -> Result<Option<u16>, Error> {
        let value = self.tx.open_table(META)?.get(DAYS)?;
        let days = value.map(|value| value.value().try_into().map(u16::from_le_bytes));
        days.transpose().map_err(|_| Error::Damaged)
    }

    /// Octets that the kept messages have, packed.
    pub fn octets(&self) -> Result<u64, Error> {
        let table = self.tx.open_table(super::schema::RAW)?;
        Ok(table.stats()?.stored_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::vault::{Open, Vault};
    use std::sync::Arc;

    fn entry(at: i64, event: u8) -> Entry {
        Entry {
            at,
            event,
            times: 1,
            address: Some([203, 0, 113, 9].into()),
            shortened: false,
            device: 0,
            other: 0,
            message: 0,
        }
    }

    async fn put(open: &Arc<Open>, entries: Vec<Entry>, within: i64) {
        let write = open
            .writer
            .write(move |tables| entries.iter().try_for_each(|entry| note(tables, entry, within)));
        write.await.unwrap();
    }

    fn lines(open: &Open) -> Vec<(i64, u32, bool)> {
        let (lines, _) = Snapshot::of(open).unwrap().journal(|_| true, 0, 100).unwrap();
        lines.iter().map(|line| (line.at, line.times, line.shortened)).collect()
    }

    #[tokio::test]
    async fn there_is_always_room_for_the_owner() {
        let folder = tempfile::tempdir().unwrap();
        let open = Vault::create(folder.path(), "word").unwrap().vault.open().unwrap();
        let device = |status, last| Device {
            key: [0; 32],
            name: None,
            agent: (u8::MAX, None, u8::MAX, None),
            status,
            declared: (u8::MAX, u8::MAX, false, false),
            first: last,
            last,
            signed_in: last,
            address: [203, 0, 113, 9].into(),
            credential: u8::MAX,
            link: u8::MAX,
            networks: Vec::new(),
            failed: None,
            changed: last,
        };
        let many = DEVICES_AT_MOST as i64;
        let adding = open.writer.write(move |tables| {
            (0..many).try_for_each(|last| add(tables, &device(1, last)).map(drop))?;
            // A new one that nobody has let in takes the place of the oldest, and the next such one takes its place.
            let new = [device(0, many), device(0, many + 1)].map(|device| add(tables, &device));
            new.into_iter().collect::<Result<Vec<_>, Error>>()
        });
        assert!(adding.await.unwrap().iter().all(Option::is_some));
        let there = Snapshot::of(&open).unwrap().devices().unwrap();
        let seen: Vec<i64> = there.iter().map(|(_, device)| device.last).collect();
        assert_eq!(seen, (1..many).chain([many + 1]).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn what_repeats_is_counted_and_what_is_old_goes() {
        let folder = tempfile::tempdir().unwrap();
        let open = Vault::create(folder.path(), "word").unwrap().vault.open().unwrap();
        put(&open, vec![entry(10, 10), entry(20, 10), entry(30, 1), entry(700, 10)], 600).await;
        assert_eq!(lines(&open), [(700, 1, false), (30, 1, false), (20, 2, false)]);
        put(&open, vec![entry(700, 10)], 0).await;
        assert_eq!(lines(&open).len(), 4, "not counted where it is not asked for");
        let network = |_| IpAddr::from([203, 0, 113, 0]);
        let gone = open.writer.write(move |tables| tidy(tables, 30, 700, network)).await.unwrap();
        assert_eq!(gone, 1);
        assert_eq!(lines(&open), [(700, 1, false), (700, 1, false), (30, 1, true)]);
        let snapshot = Snapshot::of(&open).unwrap();
        assert_eq!(snapshot.journal(|line| line.event == 10, 1, 1).unwrap().1, 2);
        assert_eq!(snapshot.journal_days().unwrap(), None);
        open.writer.write(|tables| keep_for(tables, 90)).await.unwrap();
        assert_eq!(Snapshot::of(&open).unwrap().journal_days().unwrap(), Some(90));
    }
}
