//! What was seen of encrypting the way to other domains, by day and domain, and the reports that were given about it.
//!
//! A day's counts go in the write that puts their report into the outbox, so that nothing is reported twice, whenever
//! the power goes. A report is no message of the owner's: it has a number in the outbox and is filed nowhere.

use super::{
    Error,
    mail::Snapshot,
    outbox,
    record::{Record, TlsDay, TlsGiven, TlsPlace},
    schema::{META, TLS_DAYS, TLS_GIVEN},
    writer::Tables,
};
use crate::domain::{
    outgoing::State,
    time::Time,
    tls_report::{Counted, Fate, day_of},
};
use redb::ReadableTable;

/// Present where the owner wants no reports to be given.
const OFF: &str = "tls_reports_off";
/// Days after which a report is no longer listed.
const LISTED: i64 = 60;
/// Days for which one that waits may be looked for: the outbox has given up after three.
const OPEN: i64 = 8;

/// Adds what was counted on a day; `dice` fall once for each domain and day.
pub fn count(tables: &mut Tables<'_>, day: i64, domain: &str, counted: &Counted, dice: u32) -> Result<(), Error> {
    let key = (day, domain);
    let before = tables
        .tls_days
        .get(key)?
        .map(|value| TlsDay::decode(number(day), value.value()))
        .transpose()?;
    let mut sum = before.as_ref().map(TlsDay::counted).unwrap_or_default();
    sum.merge(counted);
    let record = TlsDay::of(before.map_or(dice, |before| before.dice), &sum);
    tables.tls_days.insert(key, record.encode(number(day))?.as_slice())?;
    Ok(())
}

/// The key's number in a record's hash.
fn number(day: i64) -> u64 {
    day.cast_unsigned()
}

/// Lets a day's counts go.
pub fn forget(tables: &mut Tables<'_>, day: i64, domain: &str) -> Result<(), Error> {
    tables.tls_days.remove((day, domain))?;
    Ok(())
}

/// A report that is ready: which mailboxes get which octets, and which pages it is handed to.
pub struct Ready {
    /// Of which day.
    pub day: i64,
    /// About whom.
    pub domain: String,
    /// Its figures and its packed octets.
    pub given: TlsGiven,
    /// Messages, their slow work done.
    pub mail: Vec<(String, outbox::Ready)>,
    /// Pages.
    pub web: Vec<String>,
}

/// Puts a report down: its messages into the outbox, its pages among what is to be done, and the counts away. Says
/// whether it did; what was reported meanwhile is not reported again.
pub fn give(tables: &mut Tables<'_>, ready: &Ready, now: Time) -> Result<bool, Error> {
    let key = (ready.day, ready.domain.as_str());
    if tables.tls_days.remove(key)?.is_none() || tables.tls_given.get(key)?.is_some() {
        return Ok(false);
    }
    let mut given = ready.given.clone();
    for (address, submission) in &ready.mail {
        let message = tables.next("message")?;
        outbox::queue(tables, message, submission, now)?;
        given.to.push(TlsPlace::new(address, message, now.0));
    }
    given.to.extend(ready.web.iter().map(|page| TlsPlace::new(page, 0, now.0)));
    if ready.web.is_empty() {
        given.packed = Vec::new();
    }
    tables.tls_given.insert(key, given.encode(number(ready.day))?.as_slice())?;
    Ok(true)
}

/// Changes what is kept of a report; what waits for no page any more is no longer kept whole.
pub fn change(tables: &mut Tables<'_>, day: i64, domain: &str, change: impl FnOnce(&mut TlsGiven)) -> Result<(), Error> {
    let kept = tables.tls_given.get((day, domain))?;
    let Some(mut given) = kept.map(|value| TlsGiven::decode(number(day), value.value())).transpose()? else {
        return Ok(());
    };
    change(&mut given);
    if !given.to.iter().any(|place| place.message == 0 && place.is_open()) {
        given.packed = Vec::new();
    }
    tables.tls_given.insert((day, domain), given.encode(number(day))?.as_slice())?;
    Ok(())
}

/// Writes down what became of reports in the outbox, and takes them out of it; lets go of old ones.
pub fn settle(tables: &mut Tables<'_>, now: Time) -> Result<(), Error> {
    let today = day_of(now);
    let mut ended = Vec::new();
    for entry in tables.tls_given.range((today - OPEN, "")..)? {
        let (key, value) = entry?;
        let (day, domain) = key.value();
        let given = TlsGiven::decode(number(day), value.value())?;
        for place in given.to.iter().filter(|place| place.message > 0 && place.is_open()) {
            let rows = outbox::all_of(tables, place.message)?;
            let fate = match rows.iter().map(crate::domain::outgoing::Delivery::state).max() {
                Some(State::Waiting) => continue,
                Some(State::Delivered) => Fate::Given,
                Some(State::NobodyKnows) => Fate::NobodyKnows,
                Some(State::Failed | State::TakenBack) | None => Fate::Refused,
            };
            if rows.iter().all(|row| !row.is_waiting()) {
                ended.push((day, domain.to_owned(), place.message, fate));
            }
        }
    }
    for (day, domain, message, fate) in ended {
        outbox::forget(tables, message)?;
        change(tables, day, &domain, |given| {
            let places = given.to.iter_mut().filter(|place| place.message == message);
            places.for_each(|place| place.end(fate));
        })?;
    }
    tables.tls_given.retain_in(..(today - LISTED, ""), |_, _| false)?;
    Ok(())
}

/// The rows are those of a box that this one was made of, which may have gone on reporting: what waits is let go of, and so
/// is what was counted. A domain hears nothing twice.
pub(super) fn brought_back(tables: &mut Tables<'_>) -> Result<(), Error> {
    tables.tls_days.retain(|_, _| false)?;
    let mut open = Vec::new();
    for entry in tables.tls_given.iter()? {
        let (key, value) = entry?;
        let (day, domain) = key.value();
        let Ok(given) = TlsGiven::decode(number(day), value.value()) else {
            continue;
        };
        if given.to.iter().any(TlsPlace::is_open) {
            open.push((day, domain.to_owned(), given.to));
        }
    }
    for (day, domain, to) in open {
        for place in to.iter().filter(|place| place.message > 0 && place.is_open()) {
            outbox::forget(tables, place.message)?;
        }
        change(tables, day, &domain, |given| {
            let places = given.to.iter_mut().filter(|place| place.is_open());
            places.for_each(|place| place.end(Fate::NobodyKnows));
        })?;
    }
    Ok(())
}

/// Keeps whether reports are given.
pub fn choose(tables: &mut Tables<'_>, on: bool) -> Result<(), Error> {
    if on {
        tables.meta.remove(OFF)?;
    } else {
        tables.meta.insert(OFF, [1_u8].as_slice())?;
        tables.tls_days.retain(|_, _| false)?;
    }
    Ok(())
}

impl Snapshot {
    /// Whether reports are given.
    pub fn gives_tls_reports(&self) -> Result<bool, Error> {
        Ok(self.tx.open_table(META)?.get(OFF)?.is_none())
    }

    /// Days before this one of which something was counted and not reported.
    pub fn tls_days(&self, before: i64, most: usize) -> Result<Vec<(i64, String, TlsDay)>, Error> {
        let table = self.tx.open_table(TLS_DAYS)?;
        let range = table.range(..(before, ""))?.take(most);
        range
            .map(|entry| {
                let (key, value) = entry?;
                let (day, domain) = key.value();
                Ok((day, domain.to_owned(), TlsDay::decode(number(day), value.value())?))
            })
            .collect()
    }

    /// Reports that were given, the newest day first.
    pub fn tls_given(&self, most: usize) -> Result<Vec<(i64, String, TlsGiven)>, Error> {
        let table = self.tx.open_table(TLS_GIVEN)?;
        let newest = table.iter()?.rev().take(most);
        newest
            .map(|entry| {
                let (key, value) = entry?;
                let (day, domain) = key.value();
                Ok((day, domain.to_owned(), TlsGiven::decode(number(day), value.value())?))
            })
            .collect()
    }

    /// Reports of which something is still to come, of the last days.
    pub fn tls_open(&self, now: Time) -> Result<Vec<(i64, String, TlsGiven)>, Error> {
        let table = self.tx.open_table(TLS_GIVEN)?;
        let mut found = Vec::new();
        for entry in table.range((day_of(now) - OPEN, "")..)? {
            let (key, value) = entry?;
            let (day, domain) = key.value();
            let given = TlsGiven::decode(number(day), value.value())?;
            if given.to.iter().any(TlsPlace::is_open) {
                found.push((day, domain.to_owned(), given));
            }
        }
        Ok(found)
    }
}
