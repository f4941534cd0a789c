//! Telling a device that new mail has come while no page is open, through the push service of its browser's maker.
//!
//! The service learns *that* mail came, and when; the line is the same for every message, encrypted for the browser, and
//! names nobody. Off until a device switches it on; a device that is no longer let in is told no more. What is spam
//! rings nowhere, nor does history that is brought from a file or a mailbox, and a locked box tells nobody, because whom to
//! tell lies in the vault.

use super::{Error, devices::Devices, read};
use crate::{
    codec::web_push::{self, AUTH, Identity, POINT},
    domain::{device::DeviceId, id::MessageId, tag::System},
    locale::{Lang, notifications},
    net::{clock::Clock, https::Https, push::ring},
    store::{
        self, push,
        record::{PushKey, Subscription},
        vault::Vault,
    },
};

/// Refusals in a row after which a device is told no more: something is wrong that waiting does not mend.
const FAILED: u8 = 20;

/// Tells devices; cheap to clone.
#[derive(Clone)]
pub struct Push {
    vault: Vault,
    clock: Clock,
    devices: Devices,
    https: Https,
}

/// A device that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which.
    pub device: DeviceId,
    /// The host of its push service.
    pub host: String,
    /// Whether the service does not take it at present.
    pub failing: bool,
}

/// What a browser offers, checked: it can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer(Subscription);

impl Offer {
    /// The push service's host.
    pub fn host(&self) -> &str {
        web_push::host(&self.0.endpoint).unwrap_or_default()
    }
}

impl Push {
    /// Over this vault, reaching push services by this way.
    pub fn new(vault: Vault, clock: Clock, devices: Devices, https: Https) -> Self {
        Self {
            vault,
            clock,
            devices,
            https,
        }
    }

    /// What a browser offers: an address at a push service that may be reached, and a key that can be encrypted to.
    /// `point` and `auth` in base 64 of addresses.
    pub fn offer(&self, endpoint: &str, point: &str, auth: &str, lang: Lang) -> Option<Offer> {
        let octets = |text: &str, size: usize| crate::codec::base64url::decode(text, size).filter(|octets| octets.len() == size);
        let (point, auth) = (octets(point, POINT)?, octets(auth, AUTH)?);
        web_push::host(endpoint)?;
        web_push::encrypt("", &point, &auth)?;
        Some(Offer(Subscription {
            endpoint: endpoint.to_owned(),
            point,
            auth,
            lang: lang.words().code.to_owned(),
            since: self.clock.now().0,
            failed: 0,
        }))
    }

    /// The public key that a browser is to let ring; `None` for the moment in which it is not made yet.
    pub async fn key(&self) -> Result<Option<String>, Error> {
        let known = read(&self.vault, |snapshot| Ok(snapshot.push_key()?)).await?;
        Ok(known.and_then(|key| Identity::read(&key.0)).map(|identity| identity.public()))
    }

    /// Makes that key, where there is none.
    pub async fn prepare(&self) -> Result<(), Error> {
        self.identity().await.map(|_| ())
    }

    async fn identity(&self) -> Result<Identity, Error> {
        let damaged = || Error::Store(store::Error::Damaged);
        let known = read(&self.vault, |snapshot| Ok(snapshot.push_key()?)).await?;
        let key = match known {
            Some(key) => key,
            None => {
                let made = PushKey(Identity::make().ok_or_else(damaged)?);
                let keeping = self.vault.open()?.writer.write(move |tables| push::keep_key(tables, &made));
                keeping.await?
            }
        };
        Identity::read(&key.0).ok_or_else(damaged)
    }

    /// Tells this device from now on.
    pub async fn switch_on(&self, device: DeviceId, offer: Offer) -> Result<(), Error> {
        let writing = self.vault.open()?.writer.write(move |tables| push::put(tables, device.0, &offer.0));
        Ok(writing.await?)
    }

    /// Tells this device no more.
    pub async fn switch_off(&self, device: DeviceId) -> Result<(), Error> {
        let writing = self.vault.open()?.writer.write(move |tables| push::remove(tables, device.0));
        writing.await?;
        Ok(())
    }

    /// Every device that is told.
    pub async fn told(&self) -> Result<Vec<Told>, Error> {
        let all = read(&self.vault, |snapshot| Ok(snapshot.pushes()?)).await?;
        let told = all.into_iter().map(|(device, subscription)| Told {
            device: DeviceId(device),
            host: web_push::host(&subscription.endpoint).unwrap_or_default().to_owned(),
            failing: subscription.failed > 0,
        });
        Ok(told.collect())
    }

    /// Whether a message is worth ringing for: it is no spam, and its level is not below the usual ones, whatever else
    /// there is in its discussion.
    pub async fn rings(&self, message: MessageId) -> Result<bool, Error> {
        read(&self.vault, move |snapshot| {
            let spam = snapshot.is_tagged(message.0, System::Spam.id())?;
            Ok(!spam && snapshot.weighed(message.0)?.is_none_or(|weighed| weighed.level >= 0))
        })
        .await
    }

    /// Tells every device that wants it that mail has come; says how many were told.
    pub async fn tell(&self) -> Result<usize, Error> {
        let all = read(&self.vault, |snapshot| Ok(snapshot.pushes()?)).await?;
        if all.is_empty() {
            return Ok(0);
        }
        let identity = self.identity().await?;
        let mut told = 0;
        for (device, subscription) in all {
            let outcome = if self.devices.is_verified(DeviceId(device)) {
                self.ring(&identity, &subscription).await
            } else {
                Outcome::Gone
            };
            told += usize::from(outcome == Outcome::Told);
            self.note(device, &subscription, outcome).await?;
        }
        Ok(told)
    }

    async fn ring(&self, identity: &Identity, to: &Subscription) -> Outcome {
        let line = notifications::words(Lang::of_code(&to.lang).unwrap_or_default()).new_mail;
        let (Some(host), Some(body)) = (web_push::host(&to.endpoint), web_push::encrypt(line, &to.point, &to.auth)) else {
            return Outcome::Gone;
        };
        let Some(authorization) = identity.authorization(host, self.clock.now().0) else {
            return Outcome::Failed;
        };
        match ring(&self.https, &to.endpoint, &authorization, body).await {
            Ok(200..=299) => Outcome::Told,
            Ok(404 | 410) => Outcome::Gone,
            Ok(_) | Err(_) => Outcome::Failed,
        }
    }

    /// Remembers how it went: what is gone is forgotten, and what fails for long too.
    async fn note(&self, device: u64, subscription: &Subscription, outcome: Outcome) -> Result<(), Error> {
        let failed = match outcome {
            Outcome::Told => 0,
            Outcome::Failed => subscription.failed.saturating_add(1),
            Outcome::Gone => FAILED,
        };
        if failed == subscription.failed {
            return Ok(());
        }
        let (endpoint, failed) = (subscription.endpoint.clone(), Some(failed).filter(|failed| *failed < FAILED));
        let writing = self
            .vault
            .open()?
            .writer
            .write(move |tables| push::note(tables, device, &endpoint, failed));
        Ok(writing.await?)
    }
}

/// What became of telling one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The push service took it.
    Told,
    /// It did not, this time.
    Failed,
    /// There is no such browser any more.
    Gone,
}
