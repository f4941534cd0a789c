//! What a device may be shown. On one whose letter is lower than a message's, the text of the message is masked
//! until the owner says "show it anyway", which counts for this message and this session and is noted.
//!
//! A message whose index is not known is not masked: nothing says that it would be above the device.

use super::{Devices, Refused};
use crate::domain::{device::DeviceId, id::MessageId, journal::Event, privacy::index::Letter};
use std::{collections::HashSet, net::IpAddr};

/// Sessions that are remembered for what they were shown.
const SESSIONS: usize = 64;
/// Messages that a session may have been shown at a time.
const MESSAGES: usize = 1_000;

/// What one session was shown all the same.
pub(super) struct Shown {
    session: String,
    messages: HashSet<u64>,
}

/// Who reads: the letter of their device, and what they were shown all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    letter: Letter,
    shown: HashSet<u64>,
}

impl Viewer {
    /// Somebody to whom nothing is masked: the box itself.
    pub fn own() -> Self {
        Self::on(Letter::A)
    }

    /// Somebody on a device of this letter, who was shown nothing all the same.
    pub fn on(letter: Letter) -> Self {
        Self {
            letter,
            shown: HashSet::new(),
        }
    }

    /// Whether a message with this index is masked.
    pub fn is_masked(&self, message: MessageId, index: Option<u8>) -> bool {
        index.is_some_and(|points| Letter::of(points) > self.letter) && !self.shown.contains(&message.0)
    }

    /// Whether nothing is masked to them at all.
    pub fn sees_all(&self) -> bool {
        self.letter == Letter::A
    }

    /// The letter of the device.
    pub fn letter(&self) -> Letter {
        self.letter
    }
}

impl Devices {
    /// Who reads in this session, on this device. A device that is not known has the lowest letter.
    pub fn viewer(&self, session: &str, device: DeviceId) -> Viewer {
        let letter = self.view(device).map_or(Letter::E, |view| Letter::of(view.index.points));
        let shown = self.known().ok().and_then(|known| {
            let shown = known.shown.iter().find(|shown| shown.session == session)?;
            Some(shown.messages.clone())
        });
        Viewer {
            letter,
            shown: shown.unwrap_or_default(),
        }
    }

    /// Shows a message in this session all the same, and notes it.
    pub fn show_anyway(&self, session: &str, by: DeviceId, peer: IpAddr, message: MessageId) -> Result<(), Refused> {
        {
            let mut known = self.known()?;
            let mut mine = match known.shown.iter().position(|shown| shown.session == session) {
                Some(at) => known.shown.remove(at),
                None => Shown {
                    session: session.to_owned(),
                    messages: HashSet::new(),
                },
            };
            if mine.messages.len() >= MESSAGES {
                mine.messages.clear();
            }
            mine.messages.insert(message.0);
            known.shown.push(mine);
            let surplus = known.shown.len().saturating_sub(SESSIONS);
            known.shown.drain(..surplus);
        }
        self.0.journal.note_message(Event::Unmasked, peer, Some(by), message);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_above_the_device_is_masked() {
        let viewer = Viewer {
            letter: Letter::C,
            shown: HashSet::from([9]),
        };
        for (points, masked) in [
            (Some(100), true),
            (Some(61), true),
            (Some(60), false),
            (Some(0), false),
            (None, false),
        ] {
            assert_eq!(viewer.is_masked(MessageId(7), points), masked, "{points:?}");
        }
        assert!(!viewer.is_masked(MessageId(9), Some(100)), "shown all the same");
        assert!(!Viewer::own().is_masked(MessageId(7), Some(100)));
    }
}
