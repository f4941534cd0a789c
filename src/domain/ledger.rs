//! The ledger of this box's own connections: each has a purpose that is declared here, and tells somebody the address
//! of the owner's line. Counting is `net::ledger`'s, keeping is `store::ledger`'s.

/// What a connection is for. There is no other purpose: whoever reaches out names one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Asking a name server.
    Names,
    /// Handing a message to its domain's server.
    Delivery,
    /// Handing a message to the smarthost.
    Smarthost,
    /// Fetching what a domain publishes on the web, or handing it a report there.
    Web,
    /// Asking an authority for this box's certificate.
    Certificate,
    /// Waking a browser of the owner's through its maker's push service.
    Push,
    /// Telling the owner's DNS provider where this box is.
    Announcing,
    /// Keeping a backup at a server of the owner's choice, or reading it there.
    Backup,
    /// Fetching from another mailbox of the owner's.
    Mailbox,
}

impl Purpose {
    /// All of them, by number; it only ever grows.
    pub const ALL: [Self; 9] = [
        Self::Names,
        Self::Delivery,
        Self::Smarthost,
        Self::Web,
        Self::Certificate,
        Self::Push,
        Self::Announcing,
        Self::Backup,
        Self::Mailbox,
    ];

    /// Its number on the disk.
    pub fn number(self) -> u8 {
        Self::ALL.iter().position(|known| *known == self).unwrap_or(0) as u8
    }

    /// The purpose of a number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// How often somebody was connected to for a purpose on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The number of the owner's day, counted from 1970-01-01.
    pub day: i64,
    /// What for.
    pub purpose: Purpose,
    /// Whom: a host's name, or an address.
    pub party: String,
    /// How often.
    pub times: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_keeps_its_number() {
        for (number, purpose) in Purpose::ALL.into_iter().enumerate() {
            assert_eq!((purpose.number() as usize, Purpose::of(number as u8)), (number, Some(purpose)));
        }
        assert_eq!(Purpose::of(200), None);
    }
}
