//! The owner's devices: who comes, who is let in, who is shown the door.
//!
//! A device is known by its key, 256 random bits in a cookie of its own of which only the hash is kept; never by
//! what its browser calls itself. The first one is verified, every other is not until a verified one or the
//! recovery code says so, and a stranger among them raises a notice and a message.
//!
//! What is kept of all of them stands in memory too while the vault is open, because every click asks about one.

mod letting_in;
mod showing;

pub use letting_in::{Invitation, Request, VALID};
pub use showing::Viewer;

use super::{Error, journal::Journal, read, receive::Receive};
use crate::{
    codec::mime::notice,
    domain::{
        device::{
            Credential, DAY, Declared, DeviceId, Link, Status,
            agent::Agent,
            count, is_usual, network,
            support::{Supported, look_up},
        },
        journal::{ADDRESS_DAYS, Event},
        privacy::device::{DeviceIndex, Evidence, evaluate},
        time::Time,
    },
    locale::{Lang, devices as words},
    net::clock::Clock,
    store::{
        self,
        devices::{self, DEVICES_AT_MOST},
        hex,
        mail::Snapshot,
        record::{self, sha256},
        slots::random,
        vault::{Open, Vault},
    },
};
use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicI64, Ordering},
    },
};

/// Seconds between two times that "last seen" is written down.
const SEEN: i64 = 10 * 60;
/// Days for which a failed sign-in from a device counts against it.
const FAILED_DAYS: i64 = 30;

/// Knows the devices; cheap to clone.
#[derive(Clone)]
pub struct Devices(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    journal: Journal,
    receive: Receive,
    /// Seconds without a request after which sessions end.
    idle: AtomicI64,
    known: Mutex<Known>,
}

/// What is known while one and the same vault stays open; locking forgets it.
#[derive(Default)]
struct Known {
    of: Weak<Open>,
    devices: Vec<(u64, record::Device)>,
    notices: Vec<(u64, record::Notice)>,
    sheets: letting_in::Sheets,
    requests: Vec<Request>,
    invitations: Vec<Invitation>,
    shown: Vec<showing::Shown>,
}

/// Somebody signed in.
pub struct Arrival<'a> {
    /// The key that the browser keeps, where it sent one.
    pub key: Option<&'a str>,
    /// Its address.
    pub peer: IpAddr,
    /// What it says of itself.
    pub agent: Agent,
    /// How its connection is protected.
    pub link: Link,
    /// What it signed in with.
    pub credential: Credential,
    /// The language of its page, for the message about it where the owner has chosen none.
    pub lang: Lang,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// Which device it is.
    pub device: DeviceId,
    /// The key that the browser has to keep: 64 hex digits.
    pub key: String,
    /// Whether it came for the first time.
    pub new: bool,
    /// Whether it was let in.
    pub verified: bool,
}

/// Why something was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such device, or no longer.
    #[error("there is no such device")]
    NotFound,
    /// Only a verified device may do that.
    #[error("only a verified device may do that")]
    NotVerified,
    /// It is the last verified device.
    #[error("the last verified device stays")]
    LastVerified,
    /// The code is wrong.
    #[error("the code is wrong")]
    WrongCode,
    /// The code or link is too old, was used, or never was.
    #[error("the code is no longer valid")]
    Expired,
    /// Too many wrong codes; try again after so many seconds.
    #[error("too many wrong codes")]
    Wait(u32),
    /// The store refuses.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<store::Error> for Refused {
    fn from(error: store::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<store::vault::Locked> for Refused {
    fn from(locked: store::vault::Locked) -> Self {
        Self::Other(locked.into())
    }
}

/// A device as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceView {
    /// Which.
    pub id: DeviceId,
    /// What the owner calls it.
    pub name: Option<String>,
    /// What its browser says of itself.
    pub agent: Agent,
    /// What the table says of that.
    pub supported: Supported,
    /// What the owner said of it.
    pub declared: Declared,
    /// Where it stands.
    pub status: Status,
    /// First seen.
    pub first: Time,
    /// Last seen.
    pub last: Time,
    /// When its status last changed.
    pub changed: Time,
    /// The address that it was last seen at.
    pub address: IpAddr,
    /// Whether only the network is left of that.
    pub shortened: bool,
    /// What it last signed in with.
    pub credential: Option<Credential>,
    /// How its connection was protected.
    pub link: Option<Link>,
    /// Its index.
    pub index: DeviceIndex,
}

/// A notice that waits for the owner's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The device.
    pub device: DeviceId,
    /// What its browser says of itself.
    pub agent: Agent,
    /// When it came.
    pub at: Time,
    /// From where.
    pub address: IpAddr,
}

impl Devices {
    /// Over this vault.
    pub fn new(vault: Vault, clock: Clock, journal: Journal, receive: Receive) -> Self {
        Self(Arc::new(Inner {
            vault,
            clock,
            journal,
            receive,
            idle: AtomicI64::new(DAY),
            known: Mutex::default(),
        }))
    }

    /// Says after how many seconds without a request sessions end: it is a line of the index.
    pub fn set_idle(&self, seconds: i64) {
        self.0.idle.store(seconds, Ordering::Relaxed);
    }

    /// Somebody signed in: finds their device by its key, or gives them a new one. The vault must be open.
    pub async fn arrive(&self, arrival: Arrival<'_>) -> Result<Arrived, Error> {
        let open = self.0.vault.open()?;
        let fresh = hex(&random::<32>()?);
        let given = arrival.key.filter(|key| key.len() == 64).map(|key| sha256(key.as_bytes()));
        let coming = Coming {
            given,
            fresh: sha256(fresh.as_bytes()),
            peer: arrival.peer.to_canonical(),
            agent: arrival.agent,
            link: arrival.link,
            credential: arrival.credential,
            now: self.0.clock.now(),
        };
        let (id, new, verified, first) = open.writer.write(move |tables| coming.write(tables)).await?;
        self.reload().await?;
        let device = DeviceId(id);
        let key = match (arrival.key, new) {
            (Some(key), false) => key.to_owned(),
            _ => fresh,
        };
        if new {
            self.0.journal.note_device(Event::DeviceNew, arrival.peer, None, device);
            if !first {
                self.tell(&arrival, device).await;
            }
        }
        Ok(Arrived {
            device,
            key,
            new,
            verified,
        })
    }

    /// Writes to the owner that a device came for the first time. It is in the list whether or not this works.
    async fn tell(&self, arrival: &Arrival<'_>, device: DeviceId) {
        let now = self.0.clock.now();
        // In the owner's language: whoever comes may speak another, and it is the owner who is to understand it.
        let chosen = read(&self.0.vault, |snapshot| Ok(snapshot.preferred()?.lang)).await;
        let lang = chosen.ok().and_then(|code| Lang::of_code(&code)).unwrap_or(arrival.lang);
        let letter = words::message(lang, &arrival.agent, arrival.peer, now, self.0.receive.host(), device);
        let Ok(token) = random::<16>() else { return };
        let (from, to) = self.0.receive.own_addresses();
        let raw = notice::write(&notice::Notice {
            from: &from,
            to: &to,
            subject: &letter.subject,
            text: &letter.text,
            at: now,
            id: &format!("{}@{}", hex(&token), self.0.receive.host()),
        });
        if self.0.receive.own(raw).await.is_err() {
            tracing::error!("the message about a new device could not be kept");
        }
    }

    /// Whether a device may still come: it exists and was not taken off the list. An error where that cannot be read now.
    pub fn is_live(&self, id: DeviceId) -> Result<bool, Error> {
        let known = self.known()?;
        let found = known.devices.iter().find(|(known, _)| *known == id.0);
        Ok(found.is_some_and(|(_, device)| device.status() != Status::Revoked))
    }

    /// Whether a device was let in.
    pub fn is_verified(&self, id: DeviceId) -> bool {
        self.record(id).is_some_and(|device| device.status() == Status::Verified)
    }

    /// The device with this key, and whether it is verified. `None` while locked: nothing of it is readable then.
    pub fn by_key(&self, key: &str) -> Option<(DeviceId, bool)> {
        let hash = sha256(key.as_bytes());
        let known = self.known().ok()?;
        let found = known
            .devices
            .iter()
            .find(|(_, device)| device.key == hash && device.status() != Status::Revoked);
        found.map(|(id, device)| (DeviceId(*id), device.status() == Status::Verified))
    }

    /// A device made a request: it was seen. Written down every ten minutes at most.
    pub fn seen(&self, id: DeviceId, peer: IpAddr) {
        let (now, peer) = (self.0.clock.now(), peer.to_canonical());
        let Ok(mut known) = self.known() else { return };
        let Some((_, device)) = known.devices.iter_mut().find(|(known, _)| *known == id.0) else {
            return;
        };
        if now.0 - device.last < SEEN && device.address == peer {
            return;
        }
        visit(device, peer, now);
        drop(known);
        let Ok(open) = self.0.vault.open() else { return };
        let writing = open
            .writer
            .write(move |tables| devices::change(tables, id.0, |device| visit(device, peer, now)));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = writing.await {
                    tracing::error!(%error, "when a device was last seen could not be written");
                }
            });
        }
    }

    /// Every device, the newest seen first, those taken off the list last.
    pub fn list(&self) -> Result<Vec<DeviceView>, Error> {
        let known = self.known()?;
        let mut views: Vec<DeviceView> = known.devices.iter().map(|(id, device)| self.view_of(*id, device)).collect();
        views.sort_by_key(|view| (view.status == Status::Revoked, std::cmp::Reverse(view.last)));
        Ok(views)
    }

    /// One device.
    pub fn view(&self, id: DeviceId) -> Result<DeviceView, Error> {
        let device = self.record(id).ok_or(Error::NotFound)?;
        Ok(self.view_of(id.0, &device))
    }

    /// The lowest index of the verified devices, for the account's (privacy-index: × 10 / 100); `None` where
    /// there is none.
    pub fn lowest_verified(&self) -> Result<Option<u8>, Error> {
        let verified = self.list()?.into_iter().filter(|view| view.status == Status::Verified);
        Ok(verified.map(|view| view.index.points).min())
    }

    /// The notices that wait for an answer, but not on the devices that they are about.
    pub fn notices(&self, reader: Option<DeviceId>) -> Vec<Notice> {
        // While locked there is nothing to say, and nobody to say it to.
        let Ok(known) = self.known() else { return Vec::new() };
        let asked = known.notices.iter().filter(|(_, notice)| Some(DeviceId(notice.device)) != reader);
        let device = |id: u64| known.devices.iter().find(|(known, _)| *known == id);
        let told = asked.filter_map(|(_, notice)| {
            Some(Notice {
                device: DeviceId(notice.device),
                agent: device(notice.device)?.1.agent(),
                at: Time(notice.at),
                address: notice.address,
            })
        });
        told.collect()
    }

    /// Takes the notice about a device away. A device that was not let in cannot silence what is said of any.
    pub async fn acknowledge(&self, by: DeviceId, device: DeviceId) -> Result<(), Refused> {
        self.only_verified(by)?;
        let open = self.0.vault.open()?;
        open.writer.write(move |tables| devices::answered(tables, device.0)).await?;
        Ok(self.reload().await?)
    }

    /// Names a device and says what it is. A device that was not let in may only describe itself.
    pub async fn describe(
        &self,
        by: DeviceId,
        peer: IpAddr,
        id: DeviceId,
        name: Option<String>,
        declared: Declared,
    ) -> Result<(), Refused> {
        if by != id {
            self.only_verified(by)?;
        }
        self.change(id, move |device, _| {
            device.name.clone_from(&name);
            device.set_declared(declared);
        })
        .await?;
        self.0.journal.note_device(Event::DeviceDescribed, peer, Some(by), id);
        Ok(())
    }

    /// Takes a device off the list: nothing of it is accepted from now on. `disowned` says that it never was
    /// the owner's. The last verified device stays. A device that was not let in may only take itself off.
    pub async fn revoke(&self, by: DeviceId, peer: IpAddr, id: DeviceId, disowned: bool) -> Result<(), Refused> {
        if by != id {
            self.only_verified(by)?;
        }
        let (open, now) = (self.0.vault.open()?, self.0.clock.now());
        let outcome = open.writer.write(move |tables| {
            let last = devices::verified(tables)? <= 1;
            let changed = devices::change(tables, id.0, |device| match device.status() {
                Status::Revoked => Some(false),
                Status::Verified if last => None,
                Status::Verified | Status::Unverified => {
                    device.set_status(Status::Revoked, now);
                    Some(true)
                }
            })?;
            devices::answered(tables, id.0)?;
            Ok(changed)
        });
        let changed = outcome.await?.ok_or(Refused::NotFound)?.ok_or(Refused::LastVerified)?;
        self.reload().await?;
        if changed {
            let event = if disowned { Event::DeviceDisowned } else { Event::DeviceRevoked };
            self.0.journal.note_device(event, peer, Some(by), id);
        }
        Ok(())
    }

    fn only_verified(&self, by: DeviceId) -> Result<(), Refused> {
        if self.is_verified(by) { Ok(()) } else { Err(Refused::NotVerified) }
    }

    /// Changes one device, in the store and in memory.
    async fn change(&self, id: DeviceId, mut change: impl FnMut(&mut record::Device, Time) + Send + 'static) -> Result<(), Refused> {
        let (open, now) = (self.0.vault.open()?, self.0.clock.now());
        let writing = open
            .writer
            .write(move |tables| devices::change(tables, id.0, |device| change(device, now)));
        writing.await?.ok_or(Refused::NotFound)?;
        Ok(self.reload().await?)
    }

    fn record(&self, id: DeviceId) -> Option<record::Device> {
        let known = self.known().ok()?;
        known
            .devices
            .iter()
            .find(|(known, _)| *known == id.0)
            .map(|(_, device)| device.clone())
    }

    /// What is known, read from the vault where it was not yet. There are few devices, so that this is quick
    /// enough to be done where it is asked.
    fn known(&self) -> Result<MutexGuard<'_, Known>, Error> {
        let open = self.0.vault.open()?;
        let mut known = self.lock();
        if !std::ptr::eq(known.of.as_ptr(), Arc::as_ptr(&open)) {
            *known = Known::default();
            known.read(&open)?;
        }
        Ok(known)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads devices and notices again after a write. The lock is held meanwhile, so that what stands there
    /// afterwards is never older than that write.
    async fn reload(&self) -> Result<(), Error> {
        let (open, devices) = (self.0.vault.open()?, self.clone());
        let reading = tokio::task::spawn_blocking(move || devices.lock().read(&open));
        reading
            .await
            .unwrap_or_else(|_| Err(store::Error::Database("a read was cut short".into()).into()))
    }

    fn view_of(&self, id: u64, device: &record::Device) -> DeviceView {
        let (now, agent) = (self.0.clock.now(), device.agent());
        let supported = look_up(&agent);
        let evidence = Evidence {
            credential: device.credential().into(),
            verified: device.status() == Status::Verified,
            link: device.link().into(),
            supported,
            declared: device.declared(),
            idle: self.0.idle.load(Ordering::Relaxed),
            failed: device.failed.is_some_and(|at| now.0 - at <= FAILED_DAYS * DAY),
            usual: is_usual(&device.networks(), device.address),
        };
        let shortened = now.0 - device.last > ADDRESS_DAYS * DAY;
        DeviceView {
            id: DeviceId(id),
            name: device.name.clone(),
            agent,
            supported,
            declared: device.declared(),
            status: device.status(),
            first: Time(device.first),
            last: Time(device.last),
            changed: Time(device.changed),
            address: if shortened { network(device.address) } else { device.address },
            shortened,
            credential: device.credential(),
            link: device.link(),
            index: evaluate(&evidence),
        }
    }
}

impl Known {
    fn read(&mut self, open: &Arc<Open>) -> Result<(), Error> {
        let snapshot = Snapshot::of(open)?;
        self.devices = snapshot.devices()?;
        self.notices = snapshot.notices()?;
        self.of = Arc::downgrade(open);
        Ok(())
    }
}

/// An arrival on its way into the store.
struct Coming {
    given: Option<[u8; 32]>,
    fresh: [u8; 32],
    peer: IpAddr,
    agent: Agent,
    link: Link,
    credential: Credential,
    now: Time,
}

impl Coming {
    /// Gives the device's number, and whether it is new, verified, and the first.
    fn write(&self, tables: &mut store::writer::Tables<'_>) -> Result<(u64, bool, bool, bool), store::Error> {
        let known = self.given.map(|key| devices::by_key(tables, &key)).transpose()?.flatten();
        if let Some(id) = known {
            let verified = devices::change(tables, id, |device| self.sign_in(device))?;
            return Ok((id, false, verified.unwrap_or(false), false));
        }
        let first = devices::verified(tables)? == 0;
        let mut device = record::Device {
            key: self.fresh,
            name: None,
            agent: (u8::MAX, None, u8::MAX, None),
            status: 0,
            declared: (u8::MAX, u8::MAX, false, false),
            first: self.now.0,
            last: self.now.0,
            signed_in: self.now.0,
            address: self.peer,
            credential: u8::MAX,
            link: u8::MAX,
            networks: Vec::new(),
            failed: None,
            changed: self.now.0,
        };
        if first {
            device.set_status(Status::Verified, self.now);
        }
        let verified = self.sign_in(&mut device);
        let full = || store::Error::Database(format!("there are {DEVICES_AT_MOST} devices"));
        let id = devices::add(tables, &device)?.ok_or_else(full)?;
        if !first {
            let notice = record::Notice {
                device: id,
                at: self.now.0,
                address: self.peer,
            };
            devices::notify(tables, &notice)?;
        }
        Ok((id, true, verified, first))
    }

    /// The recovery code lets a device in; whether it is in now.
    fn sign_in(&self, device: &mut record::Device) -> bool {
        device.set_agent(&self.agent);
        device.set_sign_in(self.credential, self.link);
        device.signed_in = self.now.0;
        visit(device, self.peer, self.now);
        if self.credential == Credential::Recovery && device.status() == Status::Unverified {
            device.set_status(Status::Verified, self.now);
        }
        device.status() == Status::Verified
    }
}

fn visit(device: &mut record::Device, peer: IpAddr, now: Time) {
    let mut networks = device.networks();
    count(&mut networks, peer, now);
    device.set_networks(&networks);
    device.address = peer;
    device.last = now.0;
}
