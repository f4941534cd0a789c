//! How the outside is reached: whom to ask about names, at which ports, which authorities are believed, and how long is
//! waited. One value, so that whoever reaches out does it alike; a test has ports and an authority of its own.

use super::{acme::LETS_ENCRYPT, courier::Patience, demand::Roots, dns::Dns};

/// How the outside is reached; cheap to clone.
#[derive(Clone)]
pub struct Outward {
    /// Whom to ask about names.
    pub dns: Dns,
    /// The port of other domains' mail servers: 25, and another one only in a test.
    pub smtp_port: u16,
    /// The port of their web servers: 443 (also for 0), and another one only in a test.
    pub https_port: u16,
    /// The authorities that names are checked with; `None` for those that browsers know.
    pub roots: Roots,
    /// How long is waited for what a mail server does.
    pub patience: Patience,
    /// The directory of the authority that certificates are ordered from, once the owner has accepted its terms.
    pub authority: String,
}

impl From<Dns> for Outward {
    fn from(dns: Dns) -> Self {
        Self {
            dns,
            smtp_port: 25,
            https_port: 0,
            roots: None,
            patience: Patience::default(),
            authority: LETS_ENCRYPT.to_owned(),
        }
    }
}
