//! Letting a device in: it shows a code that is typed on a verified one, or it opens a link that a
//! verified one shows as a QR code, or the printed recovery code is typed.
//!
//! Codes and links live in memory only, for five minutes, and are used once; locking forgets them.

use super::{Devices, Known, Refused};
use crate::{
    domain::{
        device::{DeviceId, Status},
        journal::Event,
        time::Time,
    },
    store::{
        self, hex,
        slots::{Opening, random},
        vault::Secret,
    },
};
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// Seconds for which a code or link is good.
pub const VALID: i64 = 5 * 60;
/// Wrong codes after which the right one is forgotten, too.
const TRIES: u8 = 5;
/// Codes, and links, at a time.
const AT_MOST: usize = 32;
/// What codes are spelled with: 32 signs that are not taken for one another.
const SIGNS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Signs in a code: 40 bits, of which five tries in five minutes find nothing.
const SIGNS_IN_CODE: usize = 8;
/// Characters of a recovery code that are looked at.
const LONGEST: usize = 256;

/// Wrong recovery codes.
#[derive(Default)]
pub(super) struct Sheets {
    wrong: u32,
    next: i64,
}

impl Sheets {
    fn wait(&self, now: Time) -> Option<u32> {
        u32::try_from(self.next - now.0).ok()
    }

    /// From the fifth on the wait doubles, up to an hour.
    fn count(&mut self, now: Time) {
        self.wrong = self.wrong.saturating_add(1);
        let more = self.wrong.saturating_sub(u32::from(TRIES)).min(12);
        let wait = if self.wrong < u32::from(TRIES) {
            0
        } else {
            (1_i64 << more).min(3600)
        };
        self.next = now.0 + wait;
    }
}

/// A new device that shows a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which device.
    pub device: DeviceId,
    /// The code, in two groups of four.
    pub code: String,
    /// Until when it is good.
    pub until: Time,
    wrong: u8,
}

/// A verified device that shows a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Which device.
    pub by: DeviceId,
    /// What the link ends with: 32 hex digits.
    pub token: String,
    /// Until when it is good.
    pub until: Time,
}

impl Known {
    fn forget_old(&mut self, now: Time) {
        self.requests.retain(|request| request.until > now);
        self.invitations.retain(|invitation| invitation.until > now);
    }
}

impl Devices {
    /// A device asks to be let in: it gets a code to show, the same while that is good.
    pub fn ask(&self, device: DeviceId) -> Result<(), Refused> {
        let now = self.0.clock.now();
        if self.is_verified(device) {
            return Ok(());
        }
        let code = code()?;
        let mut known = self.known()?;
        known.forget_old(now);
        known.requests.retain(|request| request.device != device);
        known.requests.push(Request {
            device,
            code,
            until: Time(now.0 + VALID),
            wrong: 0,
        });
        let surplus = known.requests.len().saturating_sub(AT_MOST);
        known.requests.drain(..surplus);
        Ok(())
    }

    /// The code that a device shows.
    pub fn request_of(&self, device: DeviceId) -> Option<Request> {
        self.requests().into_iter().find(|request| request.device == device)
    }

    /// The devices that show a code, the oldest first.
    pub fn requests(&self) -> Vec<Request> {
        let now = self.0.clock.now();
        let Ok(mut known) = self.known() else { return Vec::new() };
        known.forget_old(now);
        known.requests.clone()
    }

    /// A verified device types the code that `device` shows.
    pub async fn approve(&self, by: DeviceId, peer: IpAddr, device: DeviceId, typed: &str) -> Result<(), Refused> {
        self.only_verified(by)?;
        if !self.is_live(device)? {
            return Err(Refused::NotFound);
        }
        self.take_request(device, typed).inspect_err(|error| {
            if matches!(error, Refused::WrongCode) {
                self.0.journal.note_device(Event::FailedVerification, peer, Some(by), device);
            }
        })?;
        self.let_in(Some(by), peer, device).await
    }

    /// Takes the code away if it is the right one, or the last of too many wrong ones.
    fn take_request(&self, device: DeviceId, typed: &str) -> Result<(), Refused> {
        let now = self.0.clock.now();
        let mut known = self.known()?;
        known.forget_old(now);
        let at = known
            .requests
            .iter()
            .position(|request| request.device == device)
            .ok_or(Refused::Expired)?;
        let request = known.requests.get_mut(at).ok_or(Refused::Expired)?;
        let (right, typed) = (plain(&request.code), plain(typed));
        if bool::from(right.as_bytes().ct_eq(typed.as_bytes())) {
            known.requests.remove(at);
            return Ok(());
        }
        request.wrong = request.wrong.saturating_add(1);
        if request.wrong >= TRIES {
            known.requests.remove(at);
        }
        Err(Refused::WrongCode)
    }

    /// A verified device shows a link; an older one of its own is good no more.
    pub fn invite(&self, by: DeviceId) -> Result<(), Refused> {
        self.only_verified(by)?;
        let (now, token) = (self.0.clock.now(), hex(&random::<16>()?));
        let mut known = self.known()?;
        known.forget_old(now);
        known.invitations.retain(|invitation| invitation.by != by);
        known.invitations.push(Invitation {
            by,
            token,
            until: Time(now.0 + VALID),
        });
        let surplus = known.invitations.len().saturating_sub(AT_MOST);
        known.invitations.drain(..surplus);
        Ok(())
    }

    /// The link that a device shows.
    pub fn invitation_of(&self, by: DeviceId) -> Option<Invitation> {
        let now = self.0.clock.now();
        let mut known = self.known().ok()?;
        known.forget_old(now);
        known.invitations.iter().find(|invitation| invitation.by == by).cloned()
    }

    /// A new device opens such a link. It is good once, and only while the device that made it is verified.
    pub async fn join(&self, device: DeviceId, peer: IpAddr, token: &str) -> Result<(), Refused> {
        let now = self.0.clock.now();
        if !self.is_live(device)? {
            return Err(Refused::NotFound);
        }
        let by = {
            let mut known = self.known()?;
            known.forget_old(now);
            // Every one is compared, so that the time tells nothing of where it differs.
            let mut found = None;
            for (at, invitation) in known.invitations.iter().enumerate() {
                if bool::from(invitation.token.as_bytes().ct_eq(token.as_bytes())) {
                    found = Some(at);
                }
            }
            found.map(|at| known.invitations.remove(at).by)
        };
        let Some(by) = by.filter(|by| self.is_verified(*by)) else {
            self.0.journal.note(Event::FailedVerification, peer, Some(device));
            return Err(Refused::Expired);
        };
        self.let_in(Some(by), peer, device).await
    }

    /// The recovery code was typed on a device (Argon2id, on the blocking pool). After some wrong ones every
    /// device waits; the code itself is too long to be guessed.
    pub async fn recover(&self, device: DeviceId, peer: IpAddr, code: &str) -> Result<(), Refused> {
        let now = self.0.clock.now();
        if !self.is_live(device)? {
            return Err(Refused::NotFound);
        }
        if let Some(wait @ 1..) = self.known()?.sheets.wait(now) {
            return Err(Refused::Wait(wait));
        }
        let (vault, code) = (
            self.0.vault.clone(),
            zeroize::Zeroizing::new(code.chars().take(LONGEST).collect::<String>()),
        );
        let proving = tokio::task::spawn_blocking(move || vault.prove(&Opening::Recovery(&code)));
        let proven = proving.await.map_err(|_| store::Error::Database("a proof was cut short".into()))?;
        if !matches!(proven?, Secret::Right(_)) {
            self.known()?.sheets.count(now);
            self.0.journal.note_device(Event::FailedVerification, peer, Some(device), device);
            return Err(Refused::WrongCode);
        }
        self.let_in(None, peer, device).await
    }

    /// Lets a device in; what let it in was checked before.
    pub(super) async fn let_in(&self, by: Option<DeviceId>, peer: IpAddr, device: DeviceId) -> Result<(), Refused> {
        let (open, now) = (self.0.vault.open()?, self.0.clock.now());
        let writing = open.writer.write(move |tables| {
            store::devices::answered(tables, device.0)?;
            store::devices::change(tables, device.0, |device| {
                let waits = device.status() == Status::Unverified;
                if waits {
                    device.set_status(Status::Verified, now);
                }
                waits
            })
        });
        let changed = writing.await?.ok_or(Refused::NotFound)?;
        self.reload().await?;
        if changed {
            self.0.journal.note_device(Event::DeviceVerified, peer, by, device);
        }
        Ok(())
    }
}

fn code() -> Result<String, store::Error> {
    let signs = random::<SIGNS_IN_CODE>()?.map(|octet| SIGNS.get(usize::from(octet & 31)).copied().unwrap_or(b'2'));
    let text: String = signs.into_iter().map(char::from).collect();
    let (one, two) = text.split_at_checked(SIGNS_IN_CODE / 2).unwrap_or((&text, ""));
    Ok(format!("{one}-{two}"))
}

/// What somebody typed, as it is compared: capitals, without spaces and dashes.
fn plain(typed: &str) -> String {
    let kept = typed.chars().filter(char::is_ascii_alphanumeric).take(2 * SIGNS_IN_CODE);
    kept.map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_typed_as_people_type() {
        let code = code().unwrap();
        assert_eq!(code.len(), 9);
        assert_eq!(plain(&code.to_lowercase().replace('-', " ")), plain(&code));
        assert_eq!(plain("é!"), "");
        assert_eq!(plain(&"A".repeat(999)).len(), 16);
    }
}
