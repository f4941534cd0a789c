//! What the last session with a mail server of a domain was like, as a record.

use super::Record;
use crate::domain::privacy::evidence::Tls;
use serde::{Deserialize, Serialize};

/// One session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenWay {
    /// When.
    pub at: i64,
    /// How it was encrypted: 0 not, 1 weakly, 2 by TLS 1.2, 3 by TLS 1.3.
    tls: u8,
    quantum: bool,
}

impl Record for SeenWay {
    const TABLE: &'static str = "seen_ways";
    const VERSION: u8 = 1;
}

const ALL: [Tls; 4] = [Tls::None, Tls::Weak, Tls::V1_2, Tls::V1_3];

impl SeenWay {
    /// Of a session.
    pub fn of(at: i64, (tls, quantum): (Tls, bool)) -> Self {
        let tls = ALL.iter().position(|known| *known == tls).unwrap_or_default() as u8;
        Self { at, tls, quantum }
    }

    /// The session.
    pub fn session(&self) -> (Tls, bool) {
        (ALL.get(usize::from(self.tls)).copied().unwrap_or(Tls::None), self.quantum)
    }
}
