//! What the box says of itself to strangers, and what the boxes of others say of themselves, as records.

use super::Record;
use crate::domain::{
    privacy::index::Letter,
    time::Time,
    world::{Claim, Facts, Item, Statement},
};
use serde::{Deserialize, Serialize};

/// What the owner wants to be said, in the vault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// Whether the page about privacy is shown to strangers.
    pub page: bool,
    /// Whether the statement and the charter are published.
    pub statement: bool,
    /// Whether the letter of the account stands in the statement.
    pub account: bool,
    /// The version of the charter that the owner accepted; 0 is none.
    pub charter: u16,
    /// How the owner is reached about privacy, as they wrote it.
    pub contact: String,
    /// Under which law the box stands, as the owner wrote it.
    pub law: String,
    /// The version of the page's text that the owner knows; `None` until the first one is noted.
    pub known: Option<u16>,
}

impl Record for World {
    const TABLE: &'static str = "world";
    const VERSION: u8 = 1;
}

/// What of it is published: in front of the lock, because a locked box says it too. Empty where nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Whether the page is shown.
    pub page: bool,
    /// How the owner is reached.
    pub contact: String,
    /// Under which law.
    pub law: String,
    /// The version of the charter that is accepted; 0 is none.
    pub charter: u16,
    /// What is set: names and numbers.
    pub facts: Vec<(String, u32)>,
    /// The statement, signed; empty where there is none.
    pub statement: String,
    /// The charter, signed; empty where there is none.
    pub charter_file: String,
    /// What the statement says, so that it is signed anew only where that changed.
    pub says: Option<Says>,
    /// When both were signed.
    pub signed: i64,
}

impl Record for Published {
    const TABLE: &'static str = "published";
    const VERSION: u8 = 1;
}

impl Published {
    /// With these facts.
    #[must_use]
    pub fn with_facts(mut self, facts: &Facts) -> Self {
        self.facts = facts.each().map(|(item, number)| (item.as_str().to_owned(), number)).collect();
        self
    }

    /// With what the statement says.
    #[must_use]
    pub fn saying(mut self, statement: &Statement) -> Self {
        self.says = Some(Says::of(statement));
        self
    }

    /// The facts.
    pub fn facts(&self) -> Facts {
        Facts::of(self.facts.iter().filter_map(|(name, number)| Some((Item::of(name)?, *number))))
    }

    /// What the statement says.
    pub fn says(&self) -> Option<Statement> {
        self.says.as_ref().map(Says::statement)
    }
}

/// A statement, as `domain::world::Statement` has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Says {
    domain: String,
    /// Letters: 0 none, A is 1.
    appliance: u8,
    account: u8,
    charter: Option<u16>,
    software: String,
    claims: Vec<u8>,
    issued: i64,
    expires: i64,
}

impl Says {
    fn of(statement: &Statement) -> Self {
        let letter = |letter: Option<Letter>| {
            let at = Letter::ALL.iter().position(|known| Some(*known) == letter);
            at.map_or(0, |at| at as u8 + 1)
        };
        let number = |claim: &Claim| Claim::ALL.iter().position(|known| known == claim).unwrap_or_default() as u8;
        Self {
            domain: statement.domain.clone(),
            appliance: letter(statement.appliance),
            account: letter(statement.account),
            charter: statement.charter,
            software: statement.software.clone(),
            claims: statement.claims.iter().map(number).collect(),
            issued: statement.issued.0,
            expires: statement.expires.0,
        }
    }

    fn statement(&self) -> Statement {
        let letter = |number: u8| Letter::ALL.get(usize::from(number).checked_sub(1)?).copied();
        Statement {
            domain: self.domain.clone(),
            appliance: letter(self.appliance),
            account: letter(self.account),
            charter: self.charter,
            software: self.software.clone(),
            claims: self
                .claims
                .iter()
                .filter_map(|at| Claim::ALL.get(usize::from(*at)).copied())
                .collect(),
            issued: Time(self.issued),
            expires: Time(self.expires),
        }
    }
}

/// What is known of the box of another domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerBox {
    /// When mail of theirs last said that there is a statement; 0 is never.
    pub likely: i64,
    /// When it was last asked for; 0 is never.
    pub asked: i64,
    /// Why the last answer counted for nothing, from 1, by its place in `domain::world::Untrue::ALL`; 0 is that it counted,
    /// or that there was none.
    pub untrue: u8,
    /// The statement that counts until its time is over.
    says: Option<Says>,
    /// The fingerprint of the key that signed it.
    pub print: Vec<u8>,
    /// When the newest that ever counted was signed: an older one is somebody's trick.
    pub newest: i64,
}

impl Record for PeerBox {
    const TABLE: &'static str = "peer_boxes";
    const VERSION: u8 = 1;
}

impl PeerBox {
    /// Keeps a statement that was verified.
    pub fn keep(&mut self, statement: &Statement, print: &[u8]) {
        self.says = Some(Says::of(statement));
        self.print = print.to_vec();
        self.newest = statement.issued.0;
        self.untrue = 0;
    }

    /// Lets it go.
    pub fn drop_statement(&mut self) {
        self.says = None;
        self.print.clear();
    }

    /// The statement, until its time is over.
    pub fn statement(&self, now: Time) -> Option<Statement> {
        let statement = self.says.as_ref()?.statement();
        (statement.expires > now).then_some(statement)
    }
}
