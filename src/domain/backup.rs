//! A backup elsewhere: where it may be, what may be wrong with it, how long it is kept and when it is old. Pure: making
//! and reading one is `service::backup`'s, the words are `locale`'s.

use super::time::Time;

const DAY: i64 = 24 * 3600;

/// Of each of the last so many days, weeks and months the last backup is kept.
pub const KEPT: [i32; 3] = [7, 4, 12];
/// Seconds by which a backup that is kept is older than the one that was just made, at most: twelve months that have backups may lie further
/// apart than a year.
pub const LONGEST: i64 = 365 * DAY;
/// Seconds after which the owner is told that the last backup is old: two nights were missed.
pub const OLD: i64 = 3 * DAY;
/// Seconds within which a backup counts as tried, for the account's index.
pub const TRIED: i64 = 7 * DAY;

/// Where a backup is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A folder of this machine: a second disk, a stick.
    Folder = 0,
    /// A server that speaks restic's own protocol.
    Rest = 1,
    /// A WebDAV server, such as Nextcloud.
    WebDav = 2,
    /// A bucket at a server that speaks S3.
    S3 = 3,
}

impl Kind {
    /// All of them, by number; it only ever grows.
    pub const ALL: [Self; 4] = [Self::Folder, Self::Rest, Self::WebDav, Self::S3];

    /// Its word in forms; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Rest => "rest",
            Self::WebDav => "webdav",
            Self::S3 => "s3",
        }
    }

    /// By its word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// How often a backup is made by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Often {
    /// Every night.
    #[default]
    Daily = 0,
    /// Every six hours.
    Quarterly = 1,
    /// Once a week.
    Weekly = 2,
}

impl Often {
    /// All of them, by number.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Quarterly, Self::Weekly];

    /// Its word in forms; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Quarterly => "quarterly",
            Self::Weekly => "weekly",
        }
    }

    /// By its word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|often| often.as_str() == word)
    }

    /// Whether it is time for another one, after one that was made then. A night begins at two o'clock (UTC).
    pub fn is_due(self, made: Option<Time>, now: Time) -> bool {
        let night = |at: Time| (at.0 - 2 * 3600).div_euclid(DAY);
        made.is_none_or(|made| match self {
            _ if made > now => true,
            Self::Daily => night(made) < night(now),
            Self::Quarterly | Self::Weekly => now.0 - made.0 >= self.seconds(),
        })
    }

    /// Seconds between two backups.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Daily => DAY,
            Self::Quarterly => DAY / 4,
            Self::Weekly => 7 * DAY,
        }
    }
}

/// Why a backup was not made, read or proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// It cannot be reached: no such folder, no such server, no connection.
    Unreachable = 1,
    /// It does not let this box in or write.
    Refused = 2,
    /// There is no room left there.
    Full = 3,
    /// The recovery code does not open it.
    Code = 4,
    /// A part of it is not what was put there.
    Damaged = 5,
    /// A part of it is gone.
    Missing = 6,
    /// There is no backup there.
    Nothing = 7,
    /// It was made by a newer version.
    Newer = 8,
    /// This machine has no room to restore it.
    NoRoom = 9,
    /// It was cut short: the program was ended, or the box locked.
    CutShort = 10,
    /// What was restored is not what was backed up.
    Differs = 11,
    /// The folder to restore into holds something.
    NotBlank = 12,
    /// This box's own store could not be read or written.
    Store = 13,
    /// The clocks of this machine and of the place differ, and what one signs the other refuses.
    Clock = 14,
    /// There is no such bucket.
    NoBucket = 15,
    /// What this box signs is not what the place expects: the secret or the region is wrong.
    Signature = 16,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Unreachable,
        Self::Refused,
        Self::Full,
        Self::Code,
        Self::Damaged,
        Self::Missing,
        Self::Nothing,
        Self::Newer,
        Self::NoRoom,
        Self::CutShort,
        Self::Differs,
        Self::NotBlank,
        Self::Store,
        Self::Clock,
        Self::NoBucket,
        Self::Signature,
    ];

    /// By its number on the disk.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|trouble| *trouble as u8 == number)
    }

    /// Whether it is in what was put there, which may be put there once more.
    pub fn is_spoilt(self) -> bool {
        matches!(self, Self::Damaged | Self::Missing | Self::Differs | Self::Code)
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "the place of the backup cannot be reached",
            Self::Refused => "the place of the backup refuses",
            Self::Full => "there is no room left where the backup is kept",
            Self::Code => "the recovery code does not open this backup",
            Self::Damaged => "the backup is damaged",
            Self::Missing => "a part of the backup is missing",
            Self::Nothing => "there is no backup there",
            Self::Newer => "the backup was made by a newer version; update the program",
            Self::NoRoom => "this machine has no room left to restore it",
            Self::CutShort => "it was cut short",
            Self::Differs => "what was restored is not what was backed up",
            Self::NotBlank => "a backup is restored into an empty folder only",
            Self::Store => "this box's own store cannot be read or written",
            Self::Clock => "the clocks of this machine and of the place of the backup differ",
            Self::NoBucket => "there is no such bucket",
            Self::Signature => "the place of the backup does not take the signature: the secret or the region is wrong",
        })
    }
}

impl std::error::Error for Trouble {}

/// What is known of the last backup and of the last restore of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// When it was switched on.
    pub since: Time,
    /// When the last backup was made.
    pub made: Option<Time>,
    /// What was wrong with the last try, where it failed.
    pub failed: Option<Trouble>,
    /// When a restore was last seen to give what was backed up.
    pub proven: Option<Time>,
    /// What was wrong with the last restore, where it was not.
    pub unproven: Option<Trouble>,
    /// Why what the last one no longer needs could not be removed, where it could not.
    pub untidy: Option<Trouble>,
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Switched on, and nothing made yet.
    Waiting,
    /// Made, in time; and no restore of it failed.
    Good,
    /// The last try failed.
    Failed(Trouble),
    /// The last one is old.
    Old,
    /// It was made, and restoring it did not give what was backed up.
    Unproven(Trouble),
    /// It was made, in time; and for long no restore came to an end.
    Untried,
}

impl History {
    /// How it stands at this moment, for a box that makes one so often.
    pub fn standing(&self, often: Often, now: Time) -> Standing {
        let old = OLD.max(often.seconds() + 2 * DAY);
        let age = |since: Time| now.0.saturating_sub(since.0);
        match (self.made, self.failed, self.unproven) {
            (_, Some(trouble), _) => Standing::Failed(trouble),
            (_, _, Some(trouble)) => Standing::Unproven(trouble),
            (Some(made), ..) if age(made) > old => Standing::Old,
            (None, ..) if age(self.since) > old => Standing::Old,
            (None, ..) => Standing::Waiting,
            (Some(_), ..) if age(self.proven.unwrap_or(self.since)) > old.max(TRIED) => Standing::Untried,
            (Some(_), ..) => Standing::Good,
        }
    }

    /// Whether what was made before is good as far as anybody knows: the last try failed for a reason that says nothing of it.
    pub fn is_still_good(&self) -> bool {
        use Trouble::{Clock, CutShort, Full, NoRoom, Signature, Store};
        let apart = matches!(self.failed, Some(Full | CutShort | NoRoom | Store | Clock | Signature));
        self.made.is_some() && self.unproven.is_none() && apart
    }

    /// Whether there is a backup younger than seven days that was seen to be restored.
    pub fn is_tried(&self, now: Time) -> bool {
        let young = |at: Option<Time>| at.is_some_and(|at| (0..TRIED).contains(&now.0.saturating_sub(at.0)));
        young(self.made) && young(self.proven) && self.unproven.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_lead_back() {
        for (number, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!((kind as usize, Kind::of(kind.as_str())), (number, Some(kind)));
        }
        for (number, often) in Often::ALL.into_iter().enumerate() {
            assert_eq!((often as usize, Often::of(often.as_str())), (number, Some(often)));
        }
        for trouble in Trouble::ALL {
            assert_eq!(Trouble::of(trouble as u8), Some(trouble));
        }
        assert_eq!(Trouble::of(0), None);
    }

    #[test]
    fn a_night_is_a_night_and_a_clock_that_jumped_puts_nothing_off() {
        let due = |often: Often, made, now| often.is_due(Some(Time(made)), Time(now));
        let two = 20_000 * DAY + 2 * 3600;
        assert!(Often::Daily.is_due(None, Time(0)));
        assert!(!due(Often::Daily, two - DAY + 1, two - 1) && due(Often::Daily, two - DAY + 1, two) && due(Often::Daily, two - 1, two));
        assert!(!due(Often::Quarterly, 0, DAY / 4 - 1) && due(Often::Quarterly, 0, DAY / 4));
        assert!(!due(Often::Weekly, 0, 6 * DAY) && due(Often::Weekly, 0, 7 * DAY));
        assert!(due(Often::Weekly, 2, 1), "made in the future");
    }

    #[test]
    fn the_owner_is_told_of_what_fails_and_of_what_is_old() {
        let made = |at: i64| History {
            since: Time(0),
            made: Some(Time(at)),
            ..History::default()
        };
        let standing = |history: &History, now| history.standing(Often::Daily, Time(now));
        assert_eq!(standing(&History::default(), DAY), Standing::Waiting);
        assert_eq!(standing(&History::default(), 4 * DAY), Standing::Old);
        assert_eq!(standing(&made(DAY), 4 * DAY), Standing::Good);
        assert_eq!(standing(&made(DAY), 4 * DAY + 1), Standing::Old);
        let weekly = |proven| History {
            proven: Some(Time(proven)),
            ..made(8 * DAY)
        };
        assert_eq!(weekly(DAY).standing(Often::Weekly, Time(10 * DAY)), Standing::Good);
        // What nobody saw restored for long is not called good.
        assert_eq!(weekly(DAY).standing(Often::Weekly, Time(11 * DAY)), Standing::Untried);
        assert_eq!(standing(&weekly(DAY), 9 * DAY), Standing::Untried);
        assert_eq!(
            (standing(&made(7 * DAY), 7 * DAY), standing(&made(7 * DAY), 8 * DAY)),
            (Standing::Good, Standing::Untried)
        );
        let failed = History {
            failed: Some(Trouble::Full),
            ..made(DAY)
        };
        assert_eq!(standing(&failed, DAY), Standing::Failed(Trouble::Full));
        // A full disk leaves the one before as it was; a place that cannot be seen, or holds nothing, does not show it.
        let still = |trouble| {
            History {
                failed: Some(trouble),
                ..failed
            }
            .is_still_good()
        };
        assert!(failed.is_still_good());
        assert!(!still(Trouble::Unreachable) && !still(Trouble::Nothing) && !still(Trouble::Damaged));
        let differs = History {
            proven: Some(Time(DAY)),
            unproven: Some(Trouble::Differs),
            ..made(2 * DAY)
        };
        assert_eq!(standing(&differs, 2 * DAY), Standing::Unproven(Trouble::Differs));
        assert!(!differs.is_tried(Time(2 * DAY)));
        let tried = History {
            proven: Some(Time(DAY)),
            ..made(DAY)
        };
        assert!(tried.is_tried(Time(7 * DAY)) && !tried.is_tried(Time(8 * DAY)) && !made(DAY).is_tried(Time(DAY)));
    }
}
