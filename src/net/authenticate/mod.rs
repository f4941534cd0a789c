//! Who really sent a message: asks the DNS what the domains in it say, and puts the answers together.
//!
//! SPF, the keys of signatures and seals, the policy and the peer's name are asked for at the same time. All
//! of it together takes no longer than [`PATIENCE`]; what was not answered until then is *not known*, and no
//! message waits or is refused for it. Signatures are judged as of the time that is given.
//!
//! `mail-auth` is used for keys and their mathematics only (see `codec::dkim`). Its SPF takes the first name
//! of an address unverified for `%{p}`, does not count void lookups, and asks for one more include than the
//! standard allows; its DMARC walks the tree of the coming standard; none of it takes another clock, or
//! another resolver than its own. What stands here is small, and answers the whole suite of RFC 7208.

mod dkim;
mod dmarc;
mod lookups;
mod spf;

use super::dns::{Dns, Kind, reverse_name};
use crate::{
    codec::{
        dkim::{Link, Message, Read, chain},
        mime,
    },
    domain::authentication::{Authentication, Outcome, Reason, Reverse},
};
use lookups::Lookups;
use std::{net::IpAddr, sync::Arc, time::Duration};

/// How long all questions about one message may take together.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What was said at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The peer's address; without it nothing can be said about the envelope.
    pub peer: Option<IpAddr>,
    /// The name that it gave.
    pub helo: String,
    /// The envelope sender; empty is the null reverse-path.
    pub mail_from: String,
    /// When the message arrived, seconds since 1970.
    pub at: i64,
}

/// What a message says by itself, read before anybody is asked.
#[derive(Debug)]
struct Said {
    signatures: Vec<Read>,
    chain: Result<Vec<Link>, Reason>,
    /// The domains of From, each once, in lower case; `None` where no From holds an address.
    from: Option<Vec<String>>,
    /// A number from 0 to 99 that is the message's own: whom a policy's percentage takes.
    lot: u8,
}

/// Asks about messages; cheap to clone.
#[derive(Clone)]
pub struct Authenticate {
    dns: Dns,
    host: Arc<str>,
}

impl Authenticate {
    /// Over this DNS, for the appliance of this name.
    pub fn new(dns: Dns, host: &str) -> Self {
        Self { dns, host: host.into() }
    }

    /// All there is to be found about a message. `raw` is the message as it was received, without anything
    /// of ours before it.
    pub async fn message(&self, raw: Arc<Vec<u8>>, envelope: &Envelope) -> Authentication {
        self.look(raw, envelope, None).await
    }

    /// The same for the second and last time, of what could not be told before: an identity that still cannot be told vouches
    /// for nobody. It is the sender who chooses the identities, and one whose name servers never answer would else be spared
    /// by every policy.
    pub async fn again(&self, raw: Arc<Vec<u8>>, envelope: &Envelope, before: &Authentication) -> Authentication {
        self.look(raw, envelope, Some(before)).await
    }

    async fn look(&self, raw: Arc<Vec<u8>>, envelope: &Envelope, before: Option<&Authentication>) -> Authentication {
        let lookups = Lookups::new(self.dns.clone(), PATIENCE);
        let host = self.host.clone();
        let reading = tokio::task::spawn_blocking(move || Said::read(&raw, &host));
        let sent = spf::check(&lookups, envelope, &self.host);
        let (spf, reverse, rest) = tokio::join!(sent, reverse(&lookups, envelope.peer), async {
            let said = reading.await.ok()?;
            let now = envelope.at;
            let policies = dmarc::records(&lookups, said.from.as_deref().unwrap_or_default());
            let (signatures, arc, policies) = tokio::join!(
                dkim::signatures(&lookups, &said.signatures, now),
                dkim::chain(&lookups, &said.chain, now),
                policies
            );
            Some((said, signatures, arc, policies))
        });
        let mut found = Authentication {
            spf: spf.0,
            reverse,
            ..Authentication::default()
        };
        let Some((said, signatures, arc, policies)) = rest else {
            return before.cloned().unwrap_or(found);
        };
        found.signatures = signatures;
        found.arc = arc;
        let nobody = lookups.found_nobody();
        // Before the policy is looked at, and after it has looked: what is settled counts for it, and is not changed by it.
        before.inspect(|before| found.settle(before));
        found.dkim = dkim::best(&found.signatures);
        let from = said.from.unwrap_or_default();
        dmarc::judge(&mut found, (&from, &policies), (said.lot, before.is_some() && !nobody));
        before.inspect(|before| found.settle(before));
        if nobody {
            forget_failures(&mut found);
        }
        found
    }

    /// SPF alone, with what the domain says to explain a refusal: the sender's words, to be shown as such.
    pub async fn spf(&self, envelope: &Envelope) -> (Outcome, Option<String>) {
        let lookups = Lookups::new(self.dns.clone(), PATIENCE);
        let (spf, explanation) = spf::check(&lookups, envelope, &self.host).await;
        (spf.outcome, explanation)
    }
}

impl Said {
    fn read(raw: &[u8], host: &str) -> Self {
        let message = Message::of(raw);
        let from = mime::authors(&mime::behind_ours(raw, host));
        let mut domains: Vec<String> = Vec::new();
        for author in from.iter().flatten() {
            let domain = ascii(author.domain());
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        Self {
            signatures: message.signatures(),
            chain: chain(&message),
            from: from.map(|_| domains),
            lot: lot(raw),
        }
    }
}

/// The same message draws the same lot each time it is sent, so that trying again does not help it.
fn lot(raw: &[u8]) -> u8 {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, raw);
    let number = digest
        .as_ref()
        .iter()
        .take(4)
        .fold(0_u32, |number, octet| number << 8 | u32::from(*octet));
    (number % 100) as u8
}

/// Nobody answered at all: that is our own network, and says nothing of anybody's.
fn forget_failures(found: &mut Authentication) {
    let outcomes = [
        &mut found.spf.outcome,
        &mut found.dkim,
        &mut found.dmarc.outcome,
        &mut found.arc.outcome,
        &mut found.reverse.outcome,
    ];
    let signatures = found.signatures.iter_mut().map(|signature| &mut signature.outcome);
    for outcome in outcomes.into_iter().chain(signatures) {
        if *outcome == Outcome::TempError {
            *outcome = Outcome::NotKnown;
        }
    }
}

/// The peer's name, where name and address lead to each other (RFC 8601 section 2.7.3).
async fn reverse(lookups: &Lookups, peer: Option<IpAddr>) -> Reverse {
    /// Names of an address that are looked at.
    const NAMES: usize = 3;
    let Some(peer) = peer.map(|peer| peer.to_canonical()) else {
        return Reverse::default();
    };
    let named = match lookups.look(&reverse_name(peer), Kind::Ptr).await {
        Ok(answer) => answer,
        Err(failure) => {
            let outcome = lookups::outcome(failure);
            let name = String::new();
            return Reverse { outcome, name };
        }
    };
    let mut outcome = if named.records.is_empty() { Outcome::None } else { Outcome::Fail };
    for name in named.names().into_iter().take(NAMES) {
        match lookups.look(name, lookups::address_kind(peer)).await {
            Ok(answer) if answer.addresses().any(|address| address == peer) => {
                let (outcome, name) = (Outcome::Pass, name.to_owned());
                return Reverse { outcome, name };
            }
            Ok(_) => {}
            Err(failure) => outcome = lookups::outcome(failure),
        }
    }
    let name = String::new();
    Reverse { outcome, name }
}

/// A domain as the DNS knows it: an international one in its ASCII form (RFC 5890).
fn ascii(domain: &str) -> String {
    crate::codec::idna::plain(domain).trim_end_matches('.').to_ascii_lowercase()
}
