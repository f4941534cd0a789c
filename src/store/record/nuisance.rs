//! A network that sent spam, as a record. It lies in the vault and not in front of the lock: who writes to
//! the owner is nobody's business, and while the box is locked nothing is judged.

use super::Record;
use crate::domain::{nuisance::Nuisance, time::Time};
use serde::{Deserialize, Serialize};

/// One network's figures; thousandths, so that the octets do not depend on how a float is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Troubled {
    /// Thousandths of a spam message, as of `at`.
    pub spam: u32,
    /// Thousandths.
    pub share: u16,
    /// Refused until it has calmed down.
    pub refused: bool,
    /// Spam messages in all.
    pub total: u32,
    /// As of when.
    pub at: i64,
}

impl Record for Troubled {
    const TABLE: &'static str = "nuisances";
    const VERSION: u8 = 1;
}

impl Troubled {
    /// The record of a network.
    pub fn of(nuisance: &Nuisance) -> Self {
        Self {
            spam: (nuisance.spam * 1000.0) as u32,
            share: (nuisance.share * 1000.0) as u16,
            refused: nuisance.refused,
            total: nuisance.total,
            at: nuisance.at.0,
        }
    }

    /// The figures in it.
    pub fn nuisance(&self) -> Nuisance {
        Nuisance {
            spam: f64::from(self.spam) / 1000.0,
            share: f64::from(self.share) / 1000.0,
            refused: self.refused,
            total: self.total,
            at: Time(self.at),
        }
    }
}
