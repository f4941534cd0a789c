//! The smarthost and what was met at port 25, as records. They lie in the vault: whose server the owner's mail goes to
//! and with which secret is nobody's business.

use super::Record;
use crate::domain::{
    sending::{Choice, NotReached, Reach, Smarthost, Unreached},
    time::Time,
};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The owner's choice of the way.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Sending {
    choice: u8,
    smarthost: Option<(String, u16, bool, String)>,
    /// The secret to sign in with.
    pub secret: String,
}

impl Record for Sending {
    const TABLE: &'static str = "sending";
    const VERSION: u8 = 1;
}

impl Sending {
    /// The record of a choice.
    pub fn new(choice: Choice, smarthost: Option<&Smarthost>, secret: &str) -> Self {
        Self {
            choice: Choice::ALL.iter().position(|known| *known == choice).unwrap_or(0) as u8,
            smarthost: smarthost.map(|it| (it.host.clone(), it.port, it.implicit, it.user.clone())),
            secret: secret.to_owned(),
        }
    }

    /// When the smarthost is used.
    pub fn choice(&self) -> Choice {
        Choice::ALL.get(usize::from(self.choice)).copied().unwrap_or_default()
    }

    /// The smarthost.
    pub fn smarthost(&self) -> Option<Smarthost> {
        self.smarthost.as_ref().map(|(host, port, implicit, user)| Smarthost {
            host: host.clone(),
            port: *port,
            implicit: *implicit,
            user: user.clone(),
        })
    }
}

/// What was met at port 25.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// When, the domain and its server with a blank between, and how.
    failed: Vec<(i64, String, u8)>,
    reached: Option<i64>,
}

impl Record for Met {
    const TABLE: &'static str = "reach";
    const VERSION: u8 = 1;
}

impl Met {
    /// The record of it.
    pub fn of(reach: &Reach) -> Self {
        let number = |how: &Unreached| Unreached::ALL.iter().position(|known| known == how).unwrap_or(0) as u8;
        Self {
            failed: reach
                .failed
                .iter()
                .map(|one| (one.at.0, format!("{} {}", one.domain, one.host), number(&one.how)))
                .collect(),
            reached: reach.reached.map(|at| at.0),
        }
    }

    /// What it says.
    pub fn reach(&self) -> Reach {
        let how = |number: u8| Unreached::ALL.get(usize::from(number)).copied().unwrap_or(Unreached::Dropped);
        Reach {
            failed: self
                .failed
                .iter()
                .map(|(at, names, number)| {
                    // Once only the server was written down.
                    let (domain, host) = names.split_once(' ').unwrap_or((names, names));
                    NotReached {
                        at: Time(*at),
                        domain: domain.to_owned(),
                        host: host.to_owned(),
                        how: how(*number),
                    }
                })
                .collect(),
            reached: self.reached.map(Time),
        }
    }
}
