//! Asking a server that keeps a backup: over HTTPS only, with the name and the password that it gave out, a few times where
//! it does not answer at once.
//!
//! What is kept there is encrypted before it leaves, whatever the way; TLS keeps the password and the sizes from others.
//! Absent on purpose: HTTP without TLS, and certificates that no known authority has signed.

use super::Control;
use crate::{
    codec::base64url,
    domain::{backup::Trouble, ledger::Purpose},
    net::https::{Exchange, Https, Unfetched},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::AUTHORIZATION};
use std::{thread, time::Duration};
use tokio::runtime::Handle;
use zeroize::Zeroizing;

/// Octets of a file that are read at most: restic's own packs may be 128 MiB.
const MOST: usize = 160 * 1024 * 1024;
/// What is waited before it is tried once more.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// Where on a server, and as whom.
#[derive(Clone)]
pub struct Account {
    /// The address of the repository, over `https`, without a slash at its end.
    pub url: String,
    /// The name; empty where the server asks for none. With S3 the access key.
    pub user: String,
    /// The password. With S3 the secret of the key.
    pub password: Zeroizing<String>,
}

/// Asks one server; the asking thread waits.
pub(super) struct Remote {
    https: Https,
    control: Control,
    base: String,
    sign: Option<HeaderValue>,
    runtime: Handle,
}

/// What it answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

impl Remote {
    pub(super) fn new(account: &Account, https: &Https, control: &Control) -> Result<Self, Trouble> {
        let sign = if account.user.is_empty() {
            None
        } else {
            let pair = Zeroizing::new(format!("{}:{}", account.user, account.password.as_str()));
            // RFC 7617 section 2.
            let text = Zeroizing::new(format!("Basic {}", base64url::plain(pair.as_bytes())));
            let mut value = HeaderValue::from_str(&text).map_err(|_| Trouble::Refused)?;
            value.set_sensitive(true);
            Some(value)
        };
        Ok(Self {
            base: account.url.trim_end_matches('/').to_owned(),
            sign,
            ..Self::unnamed(https, control)?
        })
    }

    /// For whom says with each address who asks.
    pub(super) fn unnamed(https: &Https, control: &Control) -> Result<Self, Trouble> {
        Ok(Self {
            https: https.clone(),
            control: control.clone(),
            base: String::new(),
            sign: None,
            runtime: Handle::try_current().map_err(|_| Trouble::Unreachable)?,
        })
    }

    /// How many seconds the server's clock is ahead of ours, where it said its time.
    pub(super) fn skew(&self) -> Option<i64> {
        self.https.skew()
    }

    /// The address of something below the repository.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    /// One exchange about something below the repository, whatever the status.
    pub(super) fn ask(&self, method: &Method, path: &str, head: &[(HeaderName, String)], body: &Bytes) -> Result<Answer, Trouble> {
        self.ask_at(method, &self.url(path), head, body)
    }

    /// The same at a whole address.
    pub(super) fn ask_at(&self, method: &Method, url: &str, head: &[(HeaderName, String)], body: &Bytes) -> Result<Answer, Trouble> {
        let mut pauses = AGAIN.iter();
        loop {
            let outcome = self.once(method, url, head, body);
            let again = match &outcome {
                Ok(answer) => matches!(answer.status, 429 | 500 | 502 | 503 | 504),
                Err(trouble) => *trouble == Trouble::Unreachable,
            };
            match pauses.next() {
                Some(pause) if again && !self.control.is_stopped() => thread::sleep(*pause),
                _ => return outcome,
            }
        }
    }

    fn once(&self, method: &Method, url: &str, head: &[(HeaderName, String)], body: &Bytes) -> Result<Answer, Trouble> {
        let mut fields = HeaderMap::new();
        for (name, value) in head {
            fields.insert(name, HeaderValue::from_str(value).map_err(|_| Trouble::Unreachable)?);
        }
        if let Some(sign) = &self.sign {
            fields.insert(AUTHORIZATION, sign.clone());
        }
        let exchange = Exchange {
            method: method.clone(),
            url,
            head: fields,
            body: body.to_vec(),
        };
        // A server that is silent does not keep the box open that its owner locks.
        let asked = self.runtime.block_on(async {
            tokio::select! {
                asked = self.https.exchange(Purpose::Backup, exchange, MOST) => Ok(asked),
                () = self.control.stopped() => Err(Trouble::CutShort),
            }
        })?;
        match asked {
            Ok((_, page)) => Ok(Answer {
                status: page.status,
                body: page.body.into(),
            }),
            Err(Unfetched::TooLarge) => Err(Trouble::Damaged),
            Err(_) => Err(Trouble::Unreachable),
        }
    }

    /// The body of a success; what another status means.
    pub(super) fn success(answer: Answer) -> Result<Bytes, Trouble> {
        match answer.status {
            200..=299 => Ok(answer.body),
            404 | 410 => Err(Trouble::Missing),
            401 | 403 | 405 => Err(Trouble::Refused),
            413 | 507 => Err(Trouble::Full),
            _ => Err(Trouble::Unreachable),
        }
    }
}
