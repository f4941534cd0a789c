//! What was found about the sender of a message, to and from its record: a part of the message's proof,
//! and of what is sealed while the box is locked.

use super::{
    super::Error,
    Record,
    shapes::{Arrived, Proof},
};
use crate::domain::authentication::{Authentication, Chain, Dmarc, Explained, Outcome, Policy, Reason, Reverse, Signature, Spf};
use serde::{Deserialize, Serialize};

/// The record. Numbers are places in the domain's lists, which only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticated {
    /// SPF: outcome, domain, of EHLO, aligned.
    pub spf: (u8, String, bool, bool),
    /// The best of the signatures.
    pub dkim: u8,
    /// The signatures.
    pub signatures: Vec<Signed>,
    /// DMARC: outcome, reason, domain, policy, disposition.
    pub dmarc: (u8, u8, String, u8, u8),
    /// Why a policy is not followed: 1 a sealer, 2 a list; and who.
    pub explained: Option<(u8, String)>,
    /// ARC: outcome, reason, sealers.
    pub arc: (u8, u8, Vec<String>),
    /// The peer's name: outcome, name.
    pub reverse: (u8, String),
}

/// One signature.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Outcome and reason.
    pub outcome: (u8, u8),
    /// Domain, selector, identity, algorithm.
    pub names: (String, String, String, String),
    /// Aligned with From.
    pub aligned: bool,
}

fn number<T: PartialEq>(all: &[T], value: &T) -> u8 {
    all.iter().position(|each| each == value).map_or(u8::MAX, |at| at as u8)
}

/// A number of a newer program is the default: nothing is known.
fn of<T: Copy + Default>(all: &[T], number: u8) -> T {
    all.get(usize::from(number)).copied().unwrap_or_default()
}

impl Authenticated {
    /// The record of these findings.
    pub fn of(found: &Authentication) -> Self {
        let outcome = |outcome: Outcome| number(Outcome::ALL, &outcome);
        let reason = |reason: Reason| number(Reason::ALL, &reason);
        let policy = |policy: Policy| number(Policy::ALL, &policy);
        let (spf, dmarc) = (&found.spf, &found.dmarc);
        let signed = |signature: &Signature| Signed {
            outcome: (outcome(signature.outcome), reason(signature.reason)),
            names: (
                signature.domain.clone(),
                signature.selector.clone(),
                signature.identity.clone(),
                signature.algorithm.clone(),
            ),
            aligned: signature.aligned,
        };
        Self {
            spf: (outcome(spf.outcome), spf.domain.clone(), spf.helo, spf.aligned),
            dkim: outcome(found.dkim),
            signatures: found.signatures.iter().map(signed).collect(),
            dmarc: (
                outcome(dmarc.outcome),
                reason(dmarc.reason),
                dmarc.domain.clone(),
                policy(dmarc.policy),
                policy(dmarc.disposition),
            ),
            explained: dmarc.explained.as_ref().map(|explained| match explained {
                Explained::Sealer(sealer) => (1, sealer.clone()),
                Explained::List(list) => (2, list.clone()),
            }),
            arc: (outcome(found.arc.outcome), reason(found.arc.reason), found.arc.sealers.clone()),
            reverse: (outcome(found.reverse.outcome), found.reverse.name.clone()),
        }
    }

    /// The findings in it.
    pub fn authentication(&self) -> Authentication {
        let outcome = |number| of(Outcome::ALL, number);
        let reason = |number| of(Reason::ALL, number);
        let policy = |number| of(Policy::ALL, number);
        Authentication {
            spf: Spf {
                outcome: outcome(self.spf.0),
                domain: self.spf.1.clone(),
                helo: self.spf.2,
                aligned: self.spf.3,
            },
            signatures: self.signatures.iter().map(|signed| signed.signature(outcome, reason)).collect(),
            dkim: outcome(self.dkim),
            dmarc: Dmarc {
                outcome: outcome(self.dmarc.0),
                reason: reason(self.dmarc.1),
                domain: self.dmarc.2.clone(),
                policy: policy(self.dmarc.3),
                disposition: policy(self.dmarc.4),
                explained: self.explained.as_ref().map(|(kind, who)| match kind {
                    1 => Explained::Sealer(who.clone()),
                    _ => Explained::List(who.clone()),
                }),
            },
            arc: Chain {
                outcome: outcome(self.arc.0),
                reason: reason(self.arc.1),
                sealers: self.arc.2.clone(),
            },
            reverse: Reverse {
                outcome: outcome(self.reverse.0),
                name: self.reverse.1.clone(),
            },
        }
    }
}

impl Signed {
    fn signature(&self, outcome: impl Fn(u8) -> Outcome, reason: impl Fn(u8) -> Reason) -> Signature {
        let (domain, selector, identity, algorithm) = self.names.clone();
        Signature {
            outcome: outcome(self.outcome.0),
            reason: reason(self.outcome.1),
            domain,
            selector,
            identity,
            algorithm,
            aligned: self.aligned,
        }
    }
}

/// A proof as it was before senders were authenticated.
#[derive(Serialize, Deserialize)]
struct Proof1 {
    facts: Vec<(u8, u32)>,
    others: Vec<(String, u8, u8, u8)>,
    arrival: Option<Arrived>,
}

impl Record for Proof {
    const TABLE: &'static str = "proofs";
    const VERSION: u8 = 2;

    fn read_older(version: u8, body: &[u8]) -> Result<Self, Error> {
        if version != 1 {
            return Err(Error::Damaged);
        }
        let Proof1 { facts, others, arrival } = postcard::from_bytes(body).map_err(|_| Error::Damaged)?;
        let authenticated = None;
        Ok(Self {
            facts,
            others,
            arrival,
            authenticated,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::hash, *};

    fn all() -> Authentication {
        Authentication {
            spf: Spf {
                outcome: Outcome::SoftFail,
                domain: "a.test".into(),
                helo: true,
                aligned: true,
            },
            signatures: vec![Signature {
                outcome: Outcome::Fail,
                reason: Reason::From,
                domain: "b.test".into(),
                selector: "s".into(),
                identity: "@b.test".into(),
                algorithm: "rsa-sha256".into(),
                aligned: true,
            }],
            dkim: Outcome::PermError,
            dmarc: Dmarc {
                outcome: Outcome::Fail,
                reason: Reason::NameServer,
                domain: "c.test".into(),
                policy: Policy::Reject,
                disposition: Policy::Quarantine,
                explained: Some(Explained::List("l.test".into())),
            },
            arc: Chain {
                outcome: Outcome::Pass,
                reason: Reason::BrokenChain,
                sealers: vec!["d.test".into()],
            },
            reverse: Reverse {
                outcome: Outcome::TempError,
                name: "e.test".into(),
            },
        }
    }

    #[test]
    fn findings_come_back_as_they_were() {
        for found in [Authentication::default(), all()] {
            assert_eq!(Authenticated::of(&found).authentication(), found);
        }
    }

    #[test]
    fn a_proof_of_before_is_read_and_knows_nothing_of_the_sender() {
        let old = Proof1 {
            facts: vec![(1, 0)],
            others: Vec::new(),
            arrival: None,
        };
        let body = postcard::to_stdvec(&old).unwrap();
        let octets = [&[1][..], &hash("proofs", 7, 1, &body), &body].concat();
        let proof = Proof::decode(7, &octets).unwrap();
        assert_eq!(proof.facts, old.facts);
        assert_eq!(proof.authentication(), Authentication::default());
        assert!(Proof::decode(8, &octets).is_err());
    }
}
