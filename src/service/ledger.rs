//! Who learned the address of the owner's line: what `net::ledger` counted is kept, and shown.

use super::{Error, read};
use crate::{
    domain::{ledger::Counted, time::Time},
    net::{clock::Clock, ledger::Ledger},
    store::{ledger, vault::Vault},
};

/// Keeps and shows the ledger; cheap to clone.
#[derive(Clone)]
pub struct Ledgers {
    vault: Vault,
    clock: Clock,
    ledger: Ledger,
}

impl Ledgers {
    /// Over this vault, of what is counted here.
    pub fn new(vault: Vault, clock: Clock, ledger: Ledger) -> Self {
        Self { vault, clock, ledger }
    }

    /// Keeps what was counted since. While the box is locked it is counted on.
    pub async fn keep(&self) -> Result<(), Error> {
        let open = self.vault.open()?;
        let counted = self.ledger.take();
        if counted.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let again = counted.clone();
        let kept = open.writer.write(move |tables| ledger::add(tables, &counted, now)).await;
        if kept.is_err() {
            self.ledger.put_back(again);
        }
        Ok(kept?)
    }

    /// All that is kept, the newest day first; today's is counted up to now.
    pub async fn all(&self) -> Result<(Time, Vec<Counted>), Error> {
        self.keep().await?;
        let now = self.clock.now();
        read(&self.vault, move |snapshot| Ok((now, snapshot.ledger()?))).await
    }
}
