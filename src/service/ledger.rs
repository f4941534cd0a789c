//! Who learned the address of the owner's line: what `net::ledger` counted is kept, and shown.

use super::{Error, read, zone::Zone};
use crate::{
    domain::ledger::Counted,
    net::{clock::Clock, ledger::Ledger},
    store::{ledger, vault::Vault},
};

/// Keeps and shows the ledger; cheap to clone.
#[derive(Clone)]
pub struct Ledgers {
    vault: Vault,
    clock: Clock,
    zone: Zone,
    ledger: Ledger,
}

impl Ledgers {
    /// Over this vault, by the days of this zone, of what is counted here.
    pub fn new(vault: Vault, (clock, zone): (Clock, Zone), ledger: Ledger) -> Self {
        Self {
            vault,
            clock,
            zone,
            ledger,
        }
    }

    /// Keeps what was counted since. While the box is locked it is counted on.
    pub async fn keep(&self) -> Result<(), Error> {
        let open = self.vault.open()?;
        let counted = self.ledger.take();
        if counted.is_empty() {
            return Ok(());
        }
        let today = self.today();
        let again = counted.clone();
        let kept = open.writer.write(move |tables| ledger::add(tables, &counted, today)).await;
        if kept.is_err() {
            self.ledger.put_back(again);
        }
        Ok(kept?)
    }

    /// The number of the owner's day.
    pub fn today(&self) -> i64 {
        self.zone.number(self.clock.now())
    }

    /// All that is kept, the newest day first; today's is counted up to now.
    pub async fn all(&self) -> Result<Vec<Counted>, Error> {
        self.keep().await?;
        read(&self.vault, move |snapshot| Ok(snapshot.ledger()?)).await
    }
}
