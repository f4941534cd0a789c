//! What a visit to a mail server shows of its TLS, for the report to its domain (RFC 8460 section 4.3).
//!
//! A session counts as its domain's policy has it: under none, TLS that is offered and works is as it should be,
//! whatever the certificate; under one that is only being tested the certificate is judged as if it counted. What says
//! nothing of TLS (a server that is down) is not counted.

use super::{Inner, way::Stop};
use crate::{
    codec::mta_sts::{Mode, Policy},
    domain::{
        report::Wrong,
        tls_report::{self, Found, Session},
    },
    net::{
        courier::{Courier, Failure, Stage},
        demand::{Doubt, Proof},
        mta_sts::Unusable,
        route::{Dane, Host},
    },
};
use std::sync::Arc;

/// What a session at a server is counted under.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    policy: Arc<tls_report::Policy>,
    /// What is wrong whatever the session is like.
    already: Option<Wrong>,
}

/// The policy that counts for a server: DANE before MTA-STS (RFC 8461 section 2).
pub(super) fn watched(host: &Host, policy: Option<&Policy>) -> Watched {
    let under = |found, text, hosts, already| Watched {
        policy: Arc::new(tls_report::Policy { found, text, hosts }),
        already,
    };
    let own = vec![host.name.clone()];
    match (&host.dane, policy.filter(|policy| policy.mode != Mode::None)) {
        (Dane::Must(records), _) => {
            let text = records.iter().map(crate::codec::dane::Association::written);
            under(Found::Tlsa, text.collect(), own, None)
        }
        (Dane::Withheld, _) => under(Found::Tlsa, Vec::new(), own, Some(Wrong::Dnssec)),
        (_, Some(policy)) => {
            let listed = policy.allows(&host.name);
            let already = (!listed).then_some(Wrong::Other);
            under(Found::Sts, policy.lines(), policy.hosts.clone(), already)
        }
        (Dane::Unusable, None) => under(Found::Tlsa, Vec::new(), own, Some(Wrong::Tlsa)),
        (Dane::None, None) => under(Found::Nothing, Vec::new(), Vec::new(), None),
    }
}

impl Inner {
    /// Counts a visit.
    pub(super) fn watch(&self, domain: &str, stop: &Stop, visited: &Result<Courier, Failure>) {
        let Some(watched) = &stop.watched else { return };
        let Some(wrong) = outcome(watched, visited) else { return };
        let session = Session {
            policy: (*watched.policy).clone(),
            host: stop.host.clone(),
            peer: Some(stop.address.ip()),
            wrong,
        };
        self.reports.note(domain, &session);
    }

    /// Counts a server that must not be visited.
    pub(super) fn not_visited(&self, domain: &str, host: &str, watched: Option<&Watched>, wrong: Wrong) {
        let Some(watched) = watched else { return };
        let session = Session {
            policy: (*watched.policy).clone(),
            host: host.to_owned(),
            peer: None,
            wrong: Some(wrong),
        };
        self.reports.note(domain, &session);
    }

    /// Counts that a domain's policy could not be had, where that is so.
    pub(super) async fn policy_not_fetched(&self, domain: &str) {
        let Ok(Some(why)) = self.strict.not_fetched(domain).await else {
            return;
        };
        let wrong = match why {
            Unusable::Fetch => Wrong::PolicyFetch,
            Unusable::Certificate => Wrong::PolicyCertificate,
            Unusable::Invalid => Wrong::PolicyInvalid,
        };
        let policy = tls_report::Policy {
            found: Found::Sts,
            ..tls_report::Policy::default()
        };
        let session = Session {
            policy,
            host: String::new(),
            peer: None,
            wrong: Some(wrong),
        };
        self.reports.note(domain, &session);
    }
}

/// How a visit counts: what went wrong, or nothing did; `None` where it says nothing of TLS.
fn outcome(watched: &Watched, visited: &Result<Courier, Failure>) -> Option<Option<Wrong>> {
    let strict = watched.policy.found == Found::Sts;
    match visited {
        Err(Failure::NoTls) => Some(Some(Wrong::NoTls)),
        Err(Failure::Tls(_, doubt)) => Some(Some(if strict { wrong(*doubt) } else { Wrong::Other })),
        Err(Failure::Injected | Failure::Gone(Stage::Tls, _) | Failure::Silent(Stage::Tls) | Failure::Garbled(Stage::Tls))
        | Err(Failure::Refused(Stage::Tls, _)) => Some(Some(Wrong::Other)),
        Err(_) => None,
        Ok(courier) => {
            let facts = &courier.facts;
            Some(match (&facts.tls, watched.already) {
                (None, _) => Some(Wrong::NoTls),
                (Some(_), Some(already)) => Some(already),
                (Some(_), None) if strict && facts.proof == Proof::None => Some(facts.doubt.map_or(Wrong::Other, wrong)),
                (Some(_), None) => None,
            })
        }
    }
}

fn wrong(doubt: Doubt) -> Wrong {
    match doubt {
        Doubt::Name => Wrong::Name,
        Doubt::Expired => Wrong::Expired,
        Doubt::Untrusted => Wrong::NotTrusted,
        Doubt::Other => Wrong::Other,
    }
}
