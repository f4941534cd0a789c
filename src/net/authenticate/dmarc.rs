//! DMARC (RFC 7489): what the domain of From wants done with a message that neither SPF nor DKIM vouches for.

use super::lookups::{Lookups, outcome};
use crate::{
    codec::{
        dmarc::{Record, is_aligned, is_record},
        hosts,
    },
    domain::authentication::{Authentication, Dmarc, Outcome, Policy, Reason},
    net::dns::{Failure, Kind},
};
use futures_util::future::join_all;

/// Domains of From whose policies are asked for. One is the rule; more is how a forger hides one.
const MAX_DOMAINS: usize = 4;

/// What a domain of From publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    domain: String,
    /// The record, and whether it is that of the organisation above the domain; or why there is none to say.
    record: Result<Option<(Record, bool)>, (Outcome, Reason)>,
}

/// The policies of these domains.
pub async fn records(lookups: &Lookups, domains: &[String]) -> Vec<Published> {
    join_all(domains.iter().take(MAX_DOMAINS).map(|domain| async move {
        let record = match record(lookups, domain).await {
            Ok(Some(record)) => Ok(Some((record, false))),
            Ok(None) => {
                let above = hosts::registrable(domain);
                if above == *domain {
                    Ok(None)
                } else {
                    record(lookups, &above).await.map(|record| record.map(|record| (record, true)))
                }
            }
            Err(why) => Err(why),
        };
        let domain = domain.clone();
        Published { domain, record }
    }))
    .await
}

/// The one record of one domain (section 6.6.3).
async fn record(lookups: &Lookups, domain: &str) -> Result<Option<Record>, (Outcome, Reason)> {
    let answer = match lookups.look(&format!("_dmarc.{domain}"), Kind::Txt).await {
        Ok(answer) => answer,
        Err(Failure::NotAName) => return Ok(None),
        Err(failure) => return Err((outcome(failure), Reason::NameServer)),
    };
    let mut records = answer.texts().filter(|text| is_record(text));
    match (records.next(), records.next()) {
        (Some(record), None) => Ok(Record::parse(record)),
        // Several are as good as none.
        _ => Ok(None),
    }
}

/// Puts together what was found: says which identities are aligned, and what the policy makes of it. Of
/// several domains in From the strictest that is not met decides; where there are more than are asked, one that is not
/// asked may ask for as much as to suspect the message. `last` says that nobody will be asked again.
pub fn judge(found: &mut Authentication, (from, published): (&[String], &[Published]), (lot, last): (u8, bool)) {
    let first = published.first();
    let record = first.and_then(|first| first.record.ok().flatten()).map(|(record, _)| record);
    let domain = first.map(|first| first.domain.clone()).unwrap_or_default();
    found.spf.aligned = is_aligned(&found.spf.domain, &domain, record.is_some_and(|record| record.strict_spf));
    for signature in &mut found.signatures {
        signature.aligned = is_aligned(&signature.domain, &domain, record.is_some_and(|record| record.strict_dkim));
    }
    if published.is_empty() {
        found.dmarc = Dmarc {
            outcome: Outcome::PermError,
            reason: Reason::From,
            ..Dmarc::default()
        };
        return;
    }
    let judged = published.iter().map(|published| one(found, published, (lot, last)));
    let worst = judged.max_by_key(|dmarc| {
        let weight = match dmarc.outcome {
            Outcome::Fail => 3,
            Outcome::TempError | Outcome::NotKnown => 2,
            Outcome::None => 1,
            _ => 0,
        };
        // Among equals the first, which is the one that people see.
        (dmarc.disposition, weight, dmarc.domain == domain)
    });
    found.dmarc = worst.unwrap_or_default();
    if from.len() > published.len() {
        found.dmarc.disposition = found.dmarc.disposition.max(Policy::Quarantine);
        if found.dmarc.outcome != Outcome::Fail {
            (found.dmarc.outcome, found.dmarc.reason) = (Outcome::PermError, Reason::From);
        }
    }
    // Several domains are of several senders, and no one vouches for all of them.
    if from.iter().any(|other| !is_aligned(other, &domain, false)) {
        found.spf.aligned = false;
        found.signatures.iter_mut().for_each(|signature| signature.aligned = false);
    }
}

fn one(found: &Authentication, published: &Published, (lot, last): (u8, bool)) -> Dmarc {
    let domain = published.domain.clone();
    let (record, above) = match published.record {
        Ok(Some(record)) => record,
        Ok(None) => {
            return Dmarc {
                outcome: Outcome::None,
                domain,
                ..Dmarc::default()
            };
        }
        Err((outcome, reason)) => {
            return Dmarc {
                outcome,
                reason,
                domain,
                ..Dmarc::default()
            };
        }
    };
    let spf = is_aligned(&found.spf.domain, &domain, record.strict_spf).then_some(found.spf.outcome);
    let aligned = found
        .signatures
        .iter()
        .filter(|signature| is_aligned(&signature.domain, &domain, record.strict_dkim));
    let identities: Vec<Outcome> = spf.into_iter().chain(aligned.map(|signature| signature.outcome)).collect();
    let policy = if above { record.below } else { record.policy };
    let outcome = if identities.iter().any(|outcome| outcome.is_pass()) {
        Outcome::Pass
    } else if let Some(open) = identities.iter().find(|outcome| outcome.is_open() && !last) {
        // Refused only where it is sure that nothing vouches.
        *open
    } else {
        Outcome::Fail
    };
    let reason = if outcome.is_open() { Reason::NameServer } else { Reason::Plain };
    let disposition = if outcome == Outcome::Fail {
        asked(policy, record.percent, lot)
    } else {
        Policy::None
    };
    let explained = None;
    Dmarc {
        outcome,
        reason,
        domain,
        policy,
        disposition,
        explained,
    }
}

/// The policy for this message: those whom the percentage spares get the next weaker one (section 6.6.4).
fn asked(policy: Policy, percent: u8, lot: u8) -> Policy {
    match policy {
        policy if lot < percent => policy,
        Policy::Reject => Policy::Quarantine,
        _ => Policy::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_spares_some() {
        assert_eq!(asked(Policy::Reject, 100, 99), Policy::Reject);
        assert_eq!(asked(Policy::Reject, 0, 0), Policy::Quarantine);
        assert_eq!(asked(Policy::Quarantine, 0, 0), Policy::None);
        assert_eq!(asked(Policy::Reject, 50, 49), Policy::Reject);
        assert_eq!(asked(Policy::Reject, 50, 50), Policy::Quarantine);
    }
}
