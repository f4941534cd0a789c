//! The journal: what was done with the box and who did it, for the owner alone to read.
//!
//! Deliberately absent: anything about the people that the owner writes to. A journal of the owner's doings
//! is personal data too: it is kept for a time that the owner sets, and addresses are shortened long before.

use super::{device::DeviceId, id::MessageId, time::Time};
use std::net::IpAddr;

/// Days that an entry is kept when nothing else was chosen.
pub const KEPT: u16 = 30;
/// Days that it may be kept at most.
pub const KEPT_AT_MOST: u16 = 365;
/// Days after which the address of an entry is shortened to its network.
pub const ADDRESS_DAYS: i64 = 7;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $class:ident;)*) => {
        /// What happened. The numbers stand in the store: none is ever used for another.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Event { $($(#[$doc])* $name,)* }

        impl Event {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its number in the store.
            pub fn number(self) -> u8 {
                match self { $(Self::$name => $number,)* }
            }

            /// What it is about.
            pub fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)* }
            }
        }
    };
}

events! {
    /// A sign-in.
    SignedIn = 1, SignIn;
    /// A sign-out.
    SignedOut = 2, SignIn;
    /// Every other session was ended.
    SignedOutElsewhere = 3, SignIn;
    /// The sessions of a device were ended.
    DeviceSignedOut = 4, SignIn;
    /// A sign-in that failed: wrong passphrase, passkey or recovery code.
    Failed = 10, Failure;
    /// A second factor that failed.
    FailedCode = 11, Failure;
    /// A session's cookie that came from elsewhere than its device.
    FailedSession = 12, Failure;
    /// A device that tried to be verified with a wrong code.
    FailedVerification = 13, Failure;
    /// A device came for the first time.
    DeviceNew = 20, Device;
    /// A device was verified.
    DeviceVerified = 21, Device;
    /// A device was described anew.
    DeviceDescribed = 22, Device;
    /// A device was taken off the list.
    DeviceRevoked = 23, Device;
    /// A device was taken off the list because it was not the owner's.
    DeviceDisowned = 24, Device;
    /// A masked message was shown all the same.
    Unmasked = 30, Message;
    /// A message was taken out as a file.
    Exported = 31, Message;
    /// A message was deleted for good.
    Deleted = 32, Message;
    /// Everything was taken out.
    ExportedAll = 33, Message;
    /// Something was brought from elsewhere.
    Imported = 34, Message;
    /// The box was unlocked.
    Unlocked = 40, Lock;
    /// The box was locked.
    Locked = 41, Lock;
    /// The passphrase was changed.
    PassphraseChanged = 50, Secret;
    /// A new recovery sheet was made.
    RecoveryMade = 51, Secret;
    /// The recovery sheet was proven.
    RecoveryProven = 52, Secret;
    /// A key file was made.
    KeyFileMade = 53, Secret;
    /// A way to unlock was added.
    SlotAdded = 54, Secret;
    /// A way to unlock was removed.
    SlotRemoved = 55, Secret;
    /// A passkey was added.
    PasskeyAdded = 56, Secret;
    /// A passkey was removed.
    PasskeyRemoved = 57, Secret;
    /// The second factor was turned on.
    TotpOn = 58, Secret;
    /// The second factor was turned off.
    TotpOff = 59, Secret;
    /// A secret key or its revocation was saved as a file.
    KeySaved = 70, Secret;
    /// A key was brought along.
    KeyBrought = 71, Secret;
    /// Another key is in use.
    KeyChanged = 72, Secret;
    /// Somebody else's key was added.
    PeerKeyBrought = 73, Setting;
    /// Somebody else's key was compared, or is in doubt again.
    PeerKeyCompared = 74, Setting;
    /// Something about the box's own service got worse.
    ServiceWorse = 80, Service;
    /// Something about it is as it should be again.
    ServiceBetter = 81, Service;
    /// The policy about encryption binds from now on.
    PolicyBinds = 82, Service;
    /// A certificate was given by an authority.
    CertificateNew = 83, Service;
    /// A certificate was refused, or could not be had.
    CertificateFailed = 84, Service;
    /// Another address of this box was announced.
    AddressAnnounced = 85, Service;
    /// Another mailbox is fetched from.
    MailboxAdded = 76, Setting;
    /// Another mailbox was let go.
    MailboxRemoved = 77, Setting;
    /// How long the journal is kept was changed.
    KeptChanged = 60, Setting;
    /// Another setting was changed.
    SettingChanged = 61, Setting;
}

impl Event {
    /// By its number in the store.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.number() == number)
    }
}

/// What an event is about: the kinds by which the journal can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Signing in and out.
    SignIn,
    /// What failed.
    Failure,
    /// Devices.
    Device,
    /// Messages that were shown, taken out, deleted.
    Message,
    /// Locking and unlocking.
    Lock,
    /// Secrets that open the box.
    Secret,
    /// The box's own service: records, certificate, address.
    Service,
    /// Settings.
    Setting,
}

impl Class {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 8] = [
        Self::SignIn,
        Self::Failure,
        Self::Device,
        Self::Message,
        Self::Lock,
        Self::Secret,
        Self::Service,
        Self::Setting,
    ];

    /// Its word in addresses; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Failure => "failure",
            Self::Device => "device",
            Self::Message => "message",
            Self::Lock => "lock",
            Self::Secret => "secret",
            Self::Service => "service",
            Self::Setting => "setting",
        }
    }

    /// By its word in addresses.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == code)
    }
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When; of several that were counted together, the last.
    pub at: Time,
    /// What.
    pub event: Event,
    /// How often, at least 1.
    pub times: u32,
    /// From which address; `None` where nobody was at the other end.
    pub address: Option<IpAddr>,
    /// Whether the address was shortened to its network.
    pub shortened: bool,
    /// Which device did it, where it is known.
    pub device: Option<DeviceId>,
    /// Which device it was done to.
    pub other: Option<DeviceId>,
    /// Which message it was done to.
    pub message: Option<MessageId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn numbers_and_words_are_one_to_one() {
        let numbers: HashSet<u8> = Event::ALL.iter().map(|event| event.number()).collect();
        assert_eq!(numbers.len(), Event::ALL.len());
        assert!(Event::ALL.iter().all(|event| Event::of_number(event.number()) == Some(*event)));
        assert!(Class::ALL.iter().all(|class| Class::of_code(class.as_str()) == Some(*class)));
        assert!(Event::ALL.iter().all(|event| Class::ALL.contains(&event.class())));
    }
}
