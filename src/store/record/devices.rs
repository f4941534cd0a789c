//! Devices, the journal and notices, as they lie in the vault.

use super::{super::Error, Record};
use crate::domain::{
    device::{
        Credential, Declared, DeviceId, Kind, Link, Seen, Status, Usage,
        agent::{Agent, Browser, System},
    },
    id::MessageId,
    journal,
    time::Time,
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A device. Small numbers are places in the lists below, which only ever grow; 255 is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// SHA-256 of its key.
    pub key: [u8; 32],
    /// What the owner calls it.
    pub name: Option<String>,
    /// What its browser says of itself: browser, version, system, version of that.
    pub agent: (u8, Option<u16>, u8, Option<u16>),
    /// [`Status`].
    pub status: u8,
    /// [`Kind`], [`Usage`], locked, updated: the owner's word.
    pub declared: (u8, u8, bool, bool),
    /// First seen.
    pub first: i64,
    /// Last seen.
    pub last: i64,
    /// Last signed in.
    pub signed_in: i64,
    /// The address that it was last seen at; its network only, once that is some days ago.
    pub address: IpAddr,
    /// [`Credential`] of the last sign-in.
    pub credential: u8,
    /// [`Link`] of the last sign-in.
    pub link: u8,
    /// Networks: network, days, last.
    pub networks: Vec<(IpAddr, u32, i64)>,
    /// When a sign-in from it failed last.
    pub failed: Option<i64>,
    /// When its status last changed.
    pub changed: i64,
}

const BROWSERS: [Browser; 5] = [Browser::Firefox, Browser::Chrome, Browser::Safari, Browser::Edge, Browser::Samsung];
const SYSTEMS: [System; 6] = [
    System::Windows,
    System::MacOs,
    System::Linux,
    System::Android,
    System::Ios,
    System::ChromeOs,
];
const STATUSES: [Status; 3] = [Status::Unverified, Status::Verified, Status::Revoked];
const KINDS: [Kind; 4] = [Kind::Desktop, Kind::Laptop, Kind::Phone, Kind::Tablet];
const USAGES: [Usage; 3] = [Usage::Public, Usage::Family, Usage::Personal];
const CREDENTIALS: [Credential; 5] = [
    Credential::Recovery,
    Credential::Password,
    Credential::PasswordTotp,
    Credential::Passkey,
    Credential::PasskeyVerified,
];
const LINKS: [Link; 4] = [Link::Plain, Link::Tls12, Link::Tls13, Link::Local];

fn place<T: PartialEq>(list: &[T], value: T) -> u8 {
    list.iter().position(|known| *known == value).map_or(u8::MAX, |at| at as u8)
}

fn at<T: Copy>(list: &[T], place: u8) -> Option<T> {
    list.get(usize::from(place)).copied()
}

impl Device {
    /// Its status; what cannot be read is not let in.
    pub fn status(&self) -> Status {
        at(&STATUSES, self.status).unwrap_or(Status::Unverified)
    }

    /// Changes its status.
    pub fn set_status(&mut self, status: Status, now: Time) {
        self.status = place(&STATUSES, status);
        self.changed = now.0;
    }

    /// What its browser says of itself.
    pub fn agent(&self) -> Agent {
        let (browser, version, system, system_version) = self.agent;
        Agent {
            browser: at(&BROWSERS, browser),
            version,
            system: at(&SYSTEMS, system),
            system_version,
        }
    }

    /// The same, to be kept.
    pub fn set_agent(&mut self, agent: &Agent) {
        self.agent = (
            agent.browser.map_or(u8::MAX, |browser| place(&BROWSERS, browser)),
            agent.version,
            agent.system.map_or(u8::MAX, |system| place(&SYSTEMS, system)),
            agent.system_version,
        );
    }

    /// What the owner said of it.
    pub fn declared(&self) -> Declared {
        let (kind, usage, locked, updated) = self.declared;
        Declared {
            kind: at(&KINDS, kind),
            usage: at(&USAGES, usage),
            locked,
            updated,
        }
    }

    /// The same, to be kept.
    pub fn set_declared(&mut self, declared: Declared) {
        self.declared = (
            declared.kind.map_or(u8::MAX, |kind| place(&KINDS, kind)),
            declared.usage.map_or(u8::MAX, |usage| place(&USAGES, usage)),
            declared.locked,
            declared.updated,
        );
    }

    /// What it last signed in with.
    pub fn credential(&self) -> Option<Credential> {
        at(&CREDENTIALS, self.credential)
    }

    /// How its connection was protected.
    pub fn link(&self) -> Option<Link> {
        at(&LINKS, self.link)
    }

    /// Both, to be kept.
    pub fn set_sign_in(&mut self, credential: Credential, link: Link) {
        self.credential = place(&CREDENTIALS, credential);
        self.link = place(&LINKS, link);
    }

    /// The networks that it came from.
    pub fn networks(&self) -> Vec<Seen> {
        let seen = |(network, days, last): &(IpAddr, u32, i64)| Seen {
            network: *network,
            days: *days,
            last: Time(*last),
        };
        self.networks.iter().map(seen).collect()
    }

    /// The same, to be kept.
    pub fn set_networks(&mut self, networks: &[Seen]) {
        self.networks = networks.iter().map(|seen| (seen.network, seen.days, seen.last.0)).collect();
    }
}

/// A line of the journal. Numbers of devices and messages begin at 1; 0 is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: i64,
    /// What: `journal::Event`'s number.
    pub event: u8,
    /// How often.
    pub times: u32,
    /// From where.
    pub address: Option<IpAddr>,
    /// Whether that was shortened.
    pub shortened: bool,
    /// By which device.
    pub device: u64,
    /// To which device.
    pub other: u64,
    /// To which message.
    pub message: u64,
}

impl Entry {
    /// To be kept.
    pub fn of(entry: &journal::Entry) -> Self {
        Self {
            at: entry.at.0,
            event: entry.event.number(),
            times: entry.times,
            address: entry.address,
            shortened: entry.shortened,
            device: entry.device.map_or(0, |id| id.0),
            other: entry.other.map_or(0, |id| id.0),
            message: entry.message.map_or(0, |id| id.0),
        }
    }

    /// As it was kept.
    pub fn entry(&self) -> Result<journal::Entry, Error> {
        let device = |number: u64| (number > 0).then_some(DeviceId(number));
        Ok(journal::Entry {
            at: Time(self.at),
            event: journal::Event::of_number(self.event).ok_or(Error::Damaged)?,
            times: self.times,
            address: self.address,
            shortened: self.shortened,
            device: device(self.device),
            other: device(self.other),
            message: (self.message > 0).then_some(MessageId(self.message)),
        })
    }
}

/// A notice that the owner has not answered yet: a device came for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The device.
    pub device: u64,
    /// When.
    pub at: i64,
    /// From where.
    pub address: IpAddr,
}

impl Record for Device {
    const TABLE: &'static str = "devices";
    const VERSION: u8 = 1;
}

impl Record for Entry {
    const TABLE: &'static str = "journal";
    const VERSION: u8 = 1;
}

impl Record for Notice {
    const TABLE: &'static str = "notices";
    const VERSION: u8 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_comes_back_as_it_was() {
        let mut device = Device {
            key: [7; 32],
            name: None,
            agent: (u8::MAX, None, u8::MAX, None),
            status: 0,
            declared: (u8::MAX, u8::MAX, false, false),
            first: 1,
            last: 2,
            signed_in: 2,
            address: [192, 0, 2, 1].into(),
            credential: u8::MAX,
            link: u8::MAX,
            networks: Vec::new(),
            failed: None,
            changed: 1,
        };
        assert_eq!((device.agent(), device.declared()), (Agent::default(), Declared::default()));
        assert_eq!(
            (device.credential(), device.link(), device.status()),
            (None, None, Status::Unverified)
        );
        let agent = Agent {
            browser: Some(Browser::Samsung),
            version: Some(29),
            system: Some(System::ChromeOs),
            system_version: Some(1),
        };
        let declared = Declared {
            kind: Some(Kind::Tablet),
            usage: Some(Usage::Personal),
            locked: true,
            updated: true,
        };
        let networks = [Seen {
            network: [192, 0, 2, 0].into(),
            days: 3,
            last: Time(9),
        }];
        device.set_agent(&agent);
        device.set_declared(declared);
        device.set_networks(&networks);
        device.set_sign_in(Credential::PasskeyVerified, Link::Local);
        device.set_status(Status::Revoked, Time(4));
        let device = Device::decode(3, &device.encode(3).unwrap()).unwrap();
        assert_eq!(
            (device.agent(), device.declared(), device.networks()),
            (agent, declared, networks.to_vec())
        );
        assert_eq!(
            (device.credential(), device.link(), device.status(), device.changed),
            (Some(Credential::PasskeyVerified), Some(Link::Local), Status::Revoked, 4)
        );
    }

    #[test]
    fn an_entry_comes_back_as_it_was() {
        let entry = journal::Entry {
            at: Time(5),
            event: journal::Event::Unmasked,
            times: 2,
            address: Some([192, 0, 2, 1].into()),
            shortened: false,
            device: Some(DeviceId(3)),
            other: None,
            message: Some(MessageId(8)),
        };
        assert_eq!(Entry::of(&entry).entry().unwrap(), entry);
    }
}
