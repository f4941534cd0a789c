//! The keys of signatures (RFC 6376) and seals (RFC 8617), and what comes of them.

use super::lookups::{Lookups, outcome};
use crate::{
    codec::dkim::{Check, Key, Link, Read, verify},
    domain::authentication::{Chain, Outcome, Reason, Signature},
    net::dns::{Failure, Kind},
};
use futures_util::future::join_all;

/// Texts under the name of a key that are tried; the standard foresees one.
const MAX_KEYS: usize = 3;

/// Every signature, in the order given.
pub async fn signatures(lookups: &Lookups, read: &[Read], now: i64) -> Vec<Signature> {
    join_all(read.iter().map(|(about, check)| async move {
        let Some(check) = check else { return about.clone() };
        let (outcome, reason) = one(lookups, check, &about.domain, now).await;
        Signature {
            outcome,
            reason,
            ..about.clone()
        }
    }))
    .await
}

async fn one(lookups: &Lookups, check: &Check, domain: &str, now: i64) -> (Outcome, Reason) {
    // What the text alone decides asks nobody.
    if let Some((Outcome::Fail, reason)) = check.unless {
        return (Outcome::Fail, reason);
    }
    let answer = match lookups.look(&super::ascii(&check.key), Kind::Txt).await {
        Ok(answer) => answer,
        Err(Failure::NotAName) => return (Outcome::PermError, Reason::Malformed),
        Err(failure) => return (outcome(failure), Reason::NameServer),
    };
    let mut worst = (Outcome::PermError, Reason::NoKey);
    for text in answer.texts().take(MAX_KEYS) {
        worst = match Key::parse(text) {
            Ok(key) => verify(check, domain, &key, now),
            Err(reason) => (Outcome::PermError, reason),
        };
        if worst.0.is_pass() {
            break;
        }
    }
    worst
}

/// The best of the signatures, as one word for all.
pub fn best(signatures: &[Signature]) -> Outcome {
    let worth = |outcome: &Outcome| match outcome {
        Outcome::Pass => 0,
        Outcome::NotKnown => 1,
        Outcome::TempError => 2,
        Outcome::Policy => 3,
        Outcome::Fail => 4,
        _ => 5,
    };
    let outcomes = signatures.iter().map(|signature| signature.outcome);
    outcomes.min_by_key(worth).unwrap_or(Outcome::None)
}

/// The chain of seals (RFC 8617 section 5.2).
pub async fn chain(lookups: &Lookups, links: &Result<Vec<Link>, Reason>, now: i64) -> Chain {
    let links = match links {
        Ok(links) if links.is_empty() => {
            return Chain {
                outcome: Outcome::None,
                ..Chain::default()
            };
        }
        Ok(links) => links,
        Err(reason) => {
            return Chain {
                outcome: Outcome::Fail,
                reason: *reason,
                sealers: Vec::new(),
            };
        }
    };
    let message = links.iter().filter_map(|link| Some((link.message.as_ref()?, None)));
    let seals = links.iter().rev().map(|link| (&link.seal, Some(link.domain.as_str())));
    let checks = join_all(
        message
            .chain(seals)
            .map(|(check, domain)| async move { one(lookups, check, domain.unwrap_or(&check.identity), now).await }),
    )
    .await;
    // What surely fails weighs more than what may still be told.
    let failed = checks.iter().find(|(outcome, _)| !outcome.is_pass() && !outcome.is_open());
    let open = checks.iter().find(|(outcome, _)| outcome.is_open());
    let (outcome, reason) = match (failed, open) {
        (Some((_, reason)), _) => (Outcome::Fail, *reason),
        (None, Some((outcome, reason))) => (*outcome, *reason),
        (None, None) => (Outcome::Pass, Reason::Plain),
    };
    Chain {
        outcome,
        reason,
        sealers: links.iter().map(|link| link.domain.clone()).collect(),
    }
}
