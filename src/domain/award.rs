//! Milestones: six things that whoever lives with this box reaches once. They count nothing, compare with nobody and can
//! be hidden; what was reached stays reached. Absent on purpose: points, streaks, and anything that is lost by not
//! coming back.

/// Something that is reached once. The numbers stand in the store: none is ever used for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Award {
    /// A key of one's own.
    MasterKey,
    /// A message sent that only its readers can open.
    FirstEnvelope,
    /// Somebody's key was compared.
    Handshake,
    /// More than a passphrase is needed to come in.
    Doorkeeper,
    /// The recovery sheet was printed and proven.
    SpareKey,
    /// The own domain signs its mail and asks others to refuse forgeries.
    OwnPostmark,
}

/// What is known of what the owner has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deeds {
    /// Whether there is a key of their own.
    pub key: bool,
    /// Whether something was sent encrypted end to end.
    pub encrypted: bool,
    /// Whether a key of somebody's was compared.
    pub compared: bool,
    /// Whether a passkey or a code guards the door.
    pub guarded: bool,
    /// Whether the recovery sheet was proven.
    pub sheet: bool,
    /// Whether the domain's records of signatures and policy were found right.
    pub postmark: bool,
}

impl Award {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 6] = [
        Self::MasterKey,
        Self::FirstEnvelope,
        Self::Handshake,
        Self::Doorkeeper,
        Self::SpareKey,
        Self::OwnPostmark,
    ];

    /// Its number in the store, from 1.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Whether these deeds reach it.
    pub fn is_reached(self, deeds: Deeds) -> bool {
        match self {
            Self::MasterKey => deeds.key,
            Self::FirstEnvelope => deeds.encrypted,
            Self::Handshake => deeds.compared,
            Self::Doorkeeper => deeds.guarded,
            Self::SpareKey => deeds.sheet,
            Self::OwnPostmark => deeds.postmark,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_deed_reaches_one_and_numbers_stay() {
        let none = Deeds::default();
        let deeds = [
            Deeds { key: true, ..none },
            Deeds { encrypted: true, ..none },
            Deeds { compared: true, ..none },
            Deeds { guarded: true, ..none },
            Deeds { sheet: true, ..none },
            Deeds { postmark: true, ..none },
        ];
        for (award, number) in Award::ALL.into_iter().zip(1_u8..) {
            assert_eq!(award.number(), number);
            assert!(!award.is_reached(none));
            assert_eq!(deeds.iter().filter(|deeds| award.is_reached(**deeds)).count(), 1);
        }
    }
}
