//! Who really sent a message: asked when it arrives, weighed against what the owner trusts, and asked once
//! more within the hour where the DNS did not tell all.
//!
//! A policy that asks for refusal is followed at the door, unless a chain of seals explains the failure and the
//! owner trusts whoever sealed last, or the message came through a mailing list that the owner reads and the
//! list's own domain vouches for it. Which sealers and lists these are lies in the vault: in front of the lock
//! it would tell a thief what the owner reads. So a locked box refuses only what no sealer and no list could
//! explain; the rest waits, sealed, and is judged when the box is unlocked. By then it has been taken, and
//! what nothing explains is kept as a suspect (`Authentication::is_suspect`).

use crate::{
    codec::{hosts, mime},
    domain::{
        authentication::{Authentication, Chain, Explained},
        discussion::DiscussionKey,
        fact::Fact,
        id::MessageId,
        transport::Arrival,
    },
    net::{
        authenticate::{Authenticate, Envelope},
        clock::Clock,
    },
    store::{
        self,
        mail::Snapshot,
        recheck,
        vault::{Open, Vault},
    },
};
use std::sync::Arc;

/// The longest that looking for what is due waits, in seconds.
const NAP: u64 = 60;
/// Messages that are asked about in one go.
const SLICE: usize = 20;

/// Asks about senders; cheap to clone.
#[derive(Clone)]
pub struct Senders {
    vault: Vault,
    clock: Clock,
    authenticate: Authenticate,
    host: Arc<str>,
}

/// What was found about a message at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtTheDoor {
    /// All of it.
    pub found: Authentication,
    /// Whether it is to be refused.
    pub refused: bool,
}

impl Senders {
    /// Over this vault.
    pub fn new(vault: Vault, clock: Clock, authenticate: Authenticate, host: &str) -> Self {
        let host = host.into();
        Self {
            vault,
            clock,
            authenticate,
            host,
        }
    }

    /// What is found about an arrival. Takes as long as the DNS does, ten seconds at most.
    pub async fn of(&self, arrival: &Arrival, raw: &Arc<Vec<u8>>) -> AtTheDoor {
        let mut found = self.authenticate.message(raw.clone(), &envelope(arrival)).await;
        if !found.is_suspect() {
            return AtTheDoor { found, refused: false };
        }
        // A locked box does not know which sealer the owner trusts and what they read.
        let explainable = match self.explain(&mut found, raw).await {
            Some(explainable) => explainable,
            None => could_be_explained(&found, self.list_id(raw)),
        };
        let refused = found.is_refused() && !explainable;
        AtTheDoor { found, refused }
    }

    fn list_id(&self, raw: &[u8]) -> Option<String> {
        mime::list_id(&mime::behind_ours(raw, &self.host))
    }

    /// Looks for what explains that a message fails its domain's policy; says whether an answer that is still open could
    /// explain it yet. `None` where it could not look, as a locked box cannot.
    pub async fn explain(&self, found: &mut Authentication, raw: &[u8]) -> Option<bool> {
        let open = self.vault.open().ok()?;
        if !found.is_suspect() {
            return Some(false);
        }
        let (sealed, listed) = (found.arc.clone(), self.list_id(raw).map(|list| (list_vouches(found, &list), list)));
        let looked = tokio::task::spawn_blocking(move || explained(&open, &sealed, listed)).await;
        let (explained, may_yet) = looked.ok()?.ok()?;
        found.dmarc.explained = explained;
        Some(may_yet)
    }

    /// Asks again about what is due; says how many seconds from now to look again.
    pub async fn recheck(&self) -> u64 {
        match self.recheck_slice().await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(%error, "senders could not be asked about again and will be later");
                NAP
            }
        }
    }

    async fn recheck_slice(&self) -> Result<u64, store::Error> {
        for _ in 0..SLICE {
            let Ok(open) = self.vault.open() else { return Ok(NAP) };
            let now = self.clock.now().0;
            let reading = open.clone();
            let next = blocking(move || {
                let snapshot = Snapshot::of(&reading)?;
                let Some((due, id)) = snapshot.next_recheck()? else {
                    return Ok(None);
                };
                let read = || -> Result<_, store::Error> {
                    let Some(message) = snapshot.message(id)? else { return Ok(None) };
                    let Some(proof) = snapshot.proof(id)? else { return Ok(None) };
                    Ok(Some((snapshot.raw(id, &message)?, proof)))
                };
                // A message that is damaged is the scrub's affair.
                Ok(Some((due, id, if due > now { None } else { read().ok().flatten() })))
            })
            .await?;
            let Some((due, id, read)) = next else { return Ok(NAP) };
            if due > now {
                return Ok(u64::try_from(due - now).unwrap_or(NAP).min(NAP));
            }
            let Some((raw, proof)) = read else {
                open.writer.write(move |tables| recheck::forget(tables, due, id)).await?;
                continue;
            };
            // Nobody holds the vault while the world is asked: it may have to be locked, or opened anew.
            drop(open);
            let found = self.again(raw, proof).await?;
            let Ok(open) = self.vault.open() else { return Ok(NAP) };
            open.writer.write(move |tables| recheck::told(tables, (due, id), &found)).await?;
        }
        Ok(1)
    }

    /// Asks again about a kept message, as of the time when it arrived.
    async fn again(&self, raw: Vec<u8>, proof: store::record::Proof) -> Result<Authentication, store::Error> {
        let Some(arrival) = proof.arrival.as_ref().map(store::record::Arrived::arrival) else {
            return Err(store::Error::Damaged);
        };
        let raw = Arc::new(unstamped(&raw, &self.host));
        let before = proof.authentication();
        let mut found = self.authenticate.again(raw.clone(), &envelope(&arrival), &before).await;
        self.explain(&mut found, &raw).await;
        Ok(found)
    }

    /// The sealers that the owner trusts.
    pub async fn sealers(&self) -> Result<Vec<String>, super::Error> {
        let open = self.vault.open()?;
        Ok(blocking(move || Snapshot::of(&open)?.sealers()).await?)
    }

    /// Trusts whoever sealed this message last, or no longer; there is no such thing where its chain does
    /// not hold.
    pub async fn trust_sealer_of(&self, message: MessageId, trusted: bool) -> Result<(), super::Error> {
        let open = self.vault.open()?;
        let proof = blocking(move || Snapshot::of(&open)?.proof(message.0))
            .await?
            .ok_or(super::Error::NotFound)?;
        let found = proof.authentication();
        let sealer = found.sealer().ok_or(super::Error::NotFound)?;
        if self.trust(sealer, trusted).await? {
            Ok(())
        } else {
            Err(super::Error::NotFound)
        }
    }

    /// Trusts a sealer from now on, or no longer. What is no domain is not trusted; says whether it is one.
    pub async fn trust(&self, sealer: &str, trusted: bool) -> Result<bool, super::Error> {
        let sealer = sealer.trim().trim_end_matches('.').to_lowercase();
        let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
        if !sealer.contains('.') || sealer.len() > 253 || !sealer.chars().all(fits) || sealer.split('.').any(str::is_empty) {
            return Ok(false);
        }
        let open = self.vault.open()?;
        open.writer.write(move |tables| recheck::trust(tables, &sealer, trusted)).await?;
        Ok(true)
    }
}

async fn blocking<T: Send + 'static>(job: impl FnOnce() -> Result<T, store::Error> + Send + 'static) -> Result<T, store::Error> {
    let done = tokio::task::spawn_blocking(job).await;
    done.unwrap_or_else(|_| Err(store::Error::Database("a read was cut short".into())))
}

/// What was said at the door, as the checks want it.
fn envelope(arrival: &Arrival) -> Envelope {
    Envelope {
        peer: Some(arrival.peer),
        helo: arrival.helo.clone(),
        mail_from: arrival.mail_from.clone().unwrap_or_default(),
        at: arrival.at.0,
    }
}

/// Whether a domain of the list's own organisation vouches for a message; not known where its answer is still open. A
/// `List-Id` alone is anybody's word.
fn list_vouches(found: &Authentication, list: &str) -> Fact<bool> {
    let organisation = hosts::registrable(list);
    let is_its = |domain: &str| hosts::registrable(domain) == organisation;
    if found.vouching().any(is_its) {
        return Fact::Known(true);
    }
    let signed = found
        .signatures
        .iter()
        .map(|signature| (signature.outcome, signature.domain.as_str()));
    let identities = signed.chain([(found.spf.outcome, found.spf.domain.as_str())]);
    if identities.into_iter().any(|(outcome, domain)| outcome.is_open() && is_its(domain)) {
        Fact::Unknown
    } else {
        Fact::Known(false)
    }
}

/// Whether a sealer or a list could explain it, if only one knew which the owner trusts.
fn could_be_explained(found: &Authentication, list: Option<String>) -> bool {
    let sealed = found.arc.outcome.is_pass() || found.arc.outcome.is_open();
    sealed || list.is_some_and(|list| list_vouches(found, &list) != Fact::Known(false))
}

/// What explains it, by what the owner trusts and reads, and whether an answer that is still open could yet: a name server
/// that fails refuses no mail, but those whom a stranger names explain nothing either way.
fn explained(open: &Open, sealed: &Chain, listed: Option<(Fact<bool>, String)>) -> Result<(Option<Explained>, bool), store::Error> {
    let snapshot = Snapshot::of(open)?;
    let mut may_yet = false;
    if let Some(sealer) = sealed.sealers.last()
        && (sealed.outcome.is_pass() || sealed.outcome.is_open())
        && snapshot.sealers()?.contains(sealer)
    {
        if sealed.outcome.is_pass() {
            return Ok((Some(Explained::Sealer(sealer.clone())), false));
        }
        may_yet = true;
    }
    if let Some((vouches, list)) = listed
        && vouches != Fact::Known(false)
        && snapshot.is_read(DiscussionKey::of_list(&list).as_str())?
    {
        if vouches == Fact::Known(true) {
            return Ok((Some(Explained::List(list)), false));
        }
        may_yet = true;
    }
    Ok((None, may_yet))
}

/// A kept message without what was put before it when it came.
fn unstamped(raw: &[u8], host: &str) -> Vec<u8> {
    let raw = crate::codec::authentication_results::without(raw, host);
    mime::received::without_first(&raw).to_vec()
}
