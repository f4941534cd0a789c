//! Reports about the owner's domain, in the vault, under the messages that brought them: who is deleted with its
//! message leaves no figure behind.

use super::{
    Error,
    mail::Snapshot,
    record::{Record, Report},
    schema::REPORTS,
    writer::Tables,
};
use redb::ReadableTable;

/// Keeps what a message reports.
pub(super) fn keep(tables: &mut Tables<'_>, message: u64, report: &Report) -> Result<(), Error> {
    tables.reports.insert(message, report.encode(message)?.as_slice())?;
    Ok(())
}

/// Everything that is kept of what a message reported.
pub(super) fn forget(tables: &mut Tables<'_>, message: u64) -> Result<(), Error> {
    tables.reports.remove(message)?;
    Ok(())
}

impl Snapshot {
    /// The newest reports with their messages, newest first; what cannot be read is left out.
    pub fn reports(&self, most: usize) -> Result<Vec<(u64, Report)>, Error> {
        let mut found = Vec::new();
        for entry in self.tx.open_table(REPORTS)?.iter()?.rev().take(most) {
            let (message, value) = entry?;
            let message = message.value();
            found.extend(Report::decode(message, value.value()).ok().map(|report| (message, report)));
        }
        Ok(found)
    }

    /// Whether a message brought a report.
    pub fn is_report(&self, message: u64) -> Result<bool, Error> {
        Ok(self.tx.open_table(REPORTS)?.get(message)?.is_some())
    }
}
