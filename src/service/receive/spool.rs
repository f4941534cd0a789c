//! In front of the lock: what arrives while the box is locked is sealed into the spool, and taken into the vault
//! when it is unlocked, in order and each once, also across a crash between the two files.
//!
//! Absent on purpose: judging anything by what only the vault knows. That waits until it is opened.

use super::{Inner, MAX_MESSAGE, NotKept, Receive, Source, Taken, not_kept};
use crate::{
    domain::{authentication::Authentication, transport::Arrival},
    store::{self, record, seal, vault::Open},
};
use std::sync::Arc;

impl Receive {
    /// Seals an arrival into the spool.
    pub(super) async fn spool(&self, arrival: Arrival, found: Authentication, raw: Vec<u8>) -> Result<Taken, NotKept> {
        let inner = self.0.clone();
        let spooled = tokio::task::spawn_blocking(move || {
            let clear = record::Spooled::encode(&arrival, &found, &raw).map_err(not_kept)?;
            let sealed = seal::seal(&inner.sealing, &clear).map_err(not_kept)?;
            inner.file.spool(&sealed).map_err(not_kept)
        });
        spooled.await.map_err(|_| NotKept::Storage)??;
        // The box may have been unlocked, and the spool emptied, while this one was being sealed.
        if self.0.vault.taking().is_ok() {
            let _ = self.drain().await;
        }
        Ok(Taken::Sealed)
    }

    /// Takes everything from the spool into the vault, in order, each once; says how many. What cannot be
    /// opened stays where it is and is said in the log: it may be the disk, and a backup may have it whole. One that cannot be
    /// taken in stays too and keeps none of the others back; the first such error is the outcome.
    pub async fn drain(&self) -> Result<u64, NotKept> {
        let _one = self.0.draining.lock().await;
        let open = self.0.vault.taking().map_err(|_| {
            self.0.dangers.forget();
            self.0.nuisances.forget();
            NotKept::Locked
        })?;
        self.0.nuisances.load(&open).map_err(not_kept)?;
        let (mut after, mut drained, mut failed) = (0, 0, None);
        loop {
            // Locked, or about to be written anew: what is left waits where it is.
            if !self.0.vault.taking().is_ok_and(|now| Arc::ptr_eq(&now, &open)) {
                return failed.map_or(Ok(drained), Err);
            }
            let (inner, reader) = (self.0.clone(), open.clone());
            let next = tokio::task::spawn_blocking(move || inner.unseal_after(&reader, after));
            let Some((number, opened)) = next.await.map_err(|_| NotKept::Storage)?.map_err(not_kept)? else {
                return failed.map_or(Ok(drained), Err);
            };
            after = number;
            let Some((arrival, found, raw)) = opened else { continue };
            let mut found = found.unwrap_or_default();
            // What only the owner's own lists can explain had to wait for them.
            self.0.senders.explain(&mut found, &raw).await;
            let (found, spooled) = (Box::new(found), Some(number));
            let source = Source::Door { arrival, found, spooled };
            match self.take(&open, raw, source, None).await {
                Ok(kept) => drained += u64::from(kept.is_some()),
                Err(why) => {
                    tracing::error!(number, ?why, "an arrival in the spool could not be taken in and stays there");
                    failed = failed.or(Some(why));
                    continue;
                }
            }
            let inner = self.0.clone();
            let gone = tokio::task::spawn_blocking(move || inner.file.unspool(number));
            gone.await.map_err(|_| NotKept::Storage)?.map_err(not_kept)?;
        }
    }
}

impl Inner {
    /// The first arrival of the spool after this number: `None` in its place where it cannot be opened.
    fn unseal_after(&self, open: &Open, after: u64) -> Result<Option<(u64, Option<record::Unspooled>)>, store::Error> {
        let Some((number, sealed)) = self.file.spooled(after)? else {
            return Ok(None);
        };
        let limit = 2 * MAX_MESSAGE as u64;
        let opened = open.unseal(&sealed, limit).and_then(|clear| record::Spooled::decode(&clear));
        Ok(Some((
            number,
            opened
                .inspect_err(|_| tracing::error!(number, "an arrival in the spool is damaged"))
                .ok(),
        )))
    }
}
