//! An empty box is filled from an export: rows and octets as they come, in any order, and a look at the whole at the end.

use super::{
    super::{Error, read, search},
    Held,
};
use crate::{
    domain::time::Time,
    store::{
        self, restore,
        vault::{self, Open, Vault},
    },
};
use std::{collections::VecDeque, pin::Pin, sync::Arc};

/// Writes that are under way at once.
const AT_ONCE: usize = 32;
/// Messages that are compared with their hashes at a time.
const SLICE: usize = 256;
/// Settings that are of the domain: they stay as they are where the box has another one.
const OF_THE_DOMAIN: &[&str] = &["dkim", "own_records", "reach"];

/// What an export says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Its name.
    pub id: String,
    /// The schema of its tables.
    pub schema: u64,
    /// The domain of its box.
    pub domain: String,
    /// The last number that was given of each kind.
    pub counters: Vec<(String, u64)>,
}

type Writing = Pin<Box<dyn Future<Output = Result<(), store::Error>> + Send>>;

/// A box that is being filled.
pub(super) struct Filling {
    open: Arc<Open>,
    vault: Vault,
    but: &'static [&'static str],
    /// Of which schema the rows are.
    schema: u64,
    /// What arrives waits in the spool until the rows are there, or the export breaks off.
    _aside: vault::Filling,
    under_way: VecDeque<Writing>,
}

impl Filling {
    pub(super) async fn begin(vault: &Vault, manifest: Manifest, domain: &str) -> Result<Self, Error> {
        let open = vault.open()?;
        let aside = open.fill();
        let (same, schema) = (manifest.domain.eq_ignore_ascii_case(domain), manifest.schema);
        let writing = open
            .writer
            .write(move |tables| restore::begin(tables, &manifest.id, &manifest.counters));
        writing.await?;
        Ok(Self {
            open,
            vault: vault.clone(),
            but: if same { &[] } else { OF_THE_DOMAIN },
            schema,
            _aside: aside,
            under_way: VecDeque::new(),
        })
    }

    async fn begun(&mut self, writing: Writing) -> Result<(), Error> {
        self.under_way.push_back(writing);
        while self.under_way.len() >= AT_ONCE
            && let Some(first) = self.under_way.pop_front()
        {
            first.await?;
        }
        Ok(())
    }

    pub(super) async fn rows(&mut self, table: String, lines: Vec<String>, held: Held) -> Result<(), Error> {
        let but = self.but;
        let writing = self.open.writer.write(move |tables| {
            // Room for others as soon as it is written, whoever waits for that.
            let _held = &held;
            restore::rows(tables, &table, &lines, but).map(drop)
        });
        self.begun(Box::pin(writing)).await
    }

    pub(super) async fn octets(&mut self, message: u64, packed: Vec<u8>, held: Held) -> Result<(), Error> {
        let writing = self.open.writer.write(move |tables| {
            let _held = &held;
            restore::octets(tables, message, &packed)
        });
        self.begun(Box::pin(writing)).await
    }

    /// Waits for what is being written, and leaves the box as one that was begun.
    pub(super) async fn pause(&mut self) -> Result<(), Error> {
        while let Some(writing) = self.under_way.pop_front() {
            writing.await?;
        }
        Ok(())
    }

    /// Ends it: how many messages are there, and the numbers of those whose octets are not what their rows say. The words
    /// of all are indexed.
    pub(super) async fn end(mut self, now: Time) -> Result<(u64, Vec<u64>), Error> {
        self.pause().await?;
        let schema = self.schema;
        let writing = self.open.writer.write(move |tables| restore::end(tables, schema, now));
        writing.await?;
        let found = read(&self.vault, |snapshot| {
            let (mut damaged, mut after) = (Vec::new(), 0);
            loop {
                let ids = snapshot.messages_after(after, SLICE)?;
                let Some(last) = ids.last() else { break };
                after = *last;
                for id in ids {
                    let message = snapshot.message(id)?.ok_or(store::Error::Damaged)?;
                    if snapshot.raw(id, &message).is_err() {
                        damaged.push(id);
                    }
                }
            }
            Ok((snapshot.messages()?, damaged))
        });
        let (kept, damaged) = found.await?;
        search::catch_up(&self.vault).await?;
        Ok((kept - damaged.len() as u64, damaged))
    }
}
