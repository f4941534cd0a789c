//! What is known of a message's dangers, as a record: numbers of our own and what they name.

use super::Record;
use crate::domain::danger::{Danger, Look, Scan, Threat};
use serde::{Deserialize, Serialize};

/// Characters that are kept of a name that a danger tells.
const NAME: usize = 200;
/// Dangers that are kept of one message.
const MOST: usize = 200;

/// The dangers of one message. A message without such a record was never looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// What the virus scanner said: 0 not asked, 1 clean, 2 found, 3 not known.
    pub scan: u8,
    /// Each danger by number, the part that it is about or 0, and up to two names.
    pub dangers: Vec<(u8, u32, String, String)>,
}

impl Record for Looked {
    const TABLE: &'static str = "dangers";
    const VERSION: u8 = 1;
}

/// The numbers of threats without a name. Never reordered, never reused.
const THREATS: [(u8, Threat); 20] = [
    (32, Threat::Program),
    (33, Threat::Script),
    (34, Threat::Shortcut),
    (35, Threat::DiskImage),
    (36, Threat::Disguised),
    (37, Threat::DoubleExtension),
    (38, Threat::TurnedName),
    (39, Threat::Locked),
    (40, Threat::Unread),
    (41, Threat::Bomb),
    (42, Threat::Macros),
    (43, Threat::Embedded),
    (44, Threat::Fetches),
    (45, Threat::PdfScript),
    (46, Threat::PdfLaunch),
    (47, Threat::WebPage),
    (48, Threat::Assembles),
    (49, Threat::AsksPassword),
    (50, Threat::ActiveDrawing),
    (51, Threat::TestVirus),
];
/// An archive with something dangerous in it, which has a name.
const IN_ARCHIVE: u8 = 31;

impl Looked {
    /// The record of a look.
    pub fn of(look: &Look) -> Self {
        let cut = |text: &str| text.chars().take(NAME).collect::<String>();
        let number = |danger: &Danger| {
            let (number, one, two) = match danger {
                Danger::Assembles => (1, "", ""),
                Danger::LookAlike { seen, like } => (2, seen.as_str(), like.as_str()),
                Danger::BorrowedName { name } => (3, name.as_str(), ""),
                Danger::AddressInName { shown } => (4, shown.as_str(), ""),
                Danger::ReplyElsewhere { to } => (5, to.as_str(), ""),
                Danger::DeceptiveLink { shown, opens } => (6, shown.as_str(), opens.as_str()),
                Danger::Virus { name } => (7, name.as_str(), ""),
                Danger::File {
                    threat: Threat::ProgramInArchive { name },
                    ..
                } => (IN_ARCHIVE, name.as_str(), ""),
                Danger::File { threat, .. } => (THREATS.iter().find(|(_, known)| known == threat)?.0, "", ""),
            };
            Some((number, danger.part().unwrap_or(0), cut(one), cut(two)))
        };
        Self {
            scan: match look.scan {
                Scan::NotAsked => 0,
                Scan::Clean => 1,
                Scan::Found => 2,
                Scan::NotKnown => 3,
            },
            dangers: look.dangers.iter().filter_map(number).take(MOST).collect(),
        }
    }

    /// The look in it; a number of a later version is passed over.
    pub fn look(&self) -> Look {
        let danger = |(number, part, one, two): &(u8, u32, String, String)| {
            let (one, two) = (one.clone(), two.clone());
            Some(match *number {
                1 => Danger::Assembles,
                2 => Danger::LookAlike { seen: one, like: two },
                3 => Danger::BorrowedName { name: one },
                4 => Danger::AddressInName { shown: one },
                5 => Danger::ReplyElsewhere { to: one },
                6 => Danger::DeceptiveLink { shown: one, opens: two },
                7 => Danger::Virus { name: one },
                IN_ARCHIVE => Danger::File {
                    part: *part,
                    threat: Threat::ProgramInArchive { name: one },
                },
                number => Danger::File {
                    part: *part,
                    threat: THREATS.iter().find(|(known, _)| *known == number)?.1.clone(),
                },
            })
        };
        Look {
            scan: match self.scan {
                1 => Scan::Clean,
                2 => Scan::Found,
                3 => Scan::NotKnown,
                _ => Scan::NotAsked,
            },
            dangers: self.dangers.iter().filter_map(danger).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_danger_comes_back_as_it_was() {
        let names = || ("one".to_owned(), "two".to_owned());
        let mut dangers = vec![
            Danger::Assembles,
            Danger::LookAlike {
                seen: names().0,
                like: names().1,
            },
            Danger::BorrowedName { name: names().0 },
            Danger::AddressInName { shown: names().0 },
            Danger::ReplyElsewhere { to: names().0 },
            Danger::DeceptiveLink {
                shown: names().0,
                opens: names().1,
            },
            Danger::Virus { name: names().0 },
        ];
        let threats = THREATS.iter().map(|(_, threat)| threat.clone());
        let archive = Threat::ProgramInArchive { name: names().0 };
        dangers.extend(threats.chain([archive]).map(|threat| Danger::File { part: 7, threat }));
        for scan in [Scan::NotAsked, Scan::Clean, Scan::Found, Scan::NotKnown] {
            let look = Look {
                dangers: dangers.clone(),
                scan,
            };
            let octets = Looked::of(&look).encode(3).unwrap();
            assert_eq!(Looked::decode(3, &octets).unwrap().look(), look);
        }
        let later = Looked {
            scan: 9,
            dangers: vec![(200, 0, String::new(), String::new())],
        };
        assert_eq!(later.look(), Look::default());
        let long = Danger::Virus { name: "é".repeat(5_000) };
        let look = Look {
            dangers: vec![long; 500],
            scan: Scan::Found,
        };
        assert!(Looked::of(&look).encode(1).unwrap().len() < 100_000);
    }
}
