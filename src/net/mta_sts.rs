//! MTA-STS (RFC 8461) from the outside: whether a domain announces a policy, fetching it, and what it and DANE
//! together demand of one of the domain's servers. Remembering it is `service::strict`'s.
//!
//! Absent on purpose: HTTP's own caching (section 3.3 forbids it) and following redirects (the same).

use super::{
    demand::Demand,
    dns::{Dns, Failure, Kind},
    https::{Https, Unfetched},
    route::{Dane, Host},
};
use crate::codec::mta_sts::{MAX_POLICY, Mode, Policy, policy, policy_id};

/// Why a policy that is announced cannot be used. The three kinds are those of RFC 8460 section 4.3.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unusable {
    /// It could not be fetched: `sts-policy-fetch-error`.
    #[error("the policy could not be fetched")]
    Fetch,
    /// The web server's certificate does not hold: `sts-webpki-invalid`.
    #[error("the policy lies behind a certificate that is not valid")]
    Certificate,
    /// What is there is no policy: `sts-policy-invalid`.
    #[error("what was fetched is no policy")]
    Invalid,
}

impl Unusable {
    /// All of them, in the order of their numbers on the disk: new ones go to the end.
    pub const ALL: &'static [Self] = &[Self::Fetch, Self::Certificate, Self::Invalid];
}

impl From<Unfetched> for Unusable {
    fn from(why: Unfetched) -> Self {
        match why {
            Unfetched::Certificate => Self::Certificate,
            // Section 3.3 lets a sender draw the line; what crosses it was not read.
            Unfetched::TooLarge | Unfetched::Garbled => Self::Invalid,
            Unfetched::NoAddress | Unfetched::Unreachable | Unfetched::Silent => Self::Fetch,
        }
    }
}

/// The id of the policy that a domain announces (section 3.1).
pub async fn announced(dns: &Dns, domain: &str) -> Result<Option<String>, Failure> {
    let answer = dns.look(&format!("_mta-sts.{domain}"), Kind::Txt).await?;
    Ok(policy_id(answer.texts()))
}

/// Fetches the policy of a domain (section 3.3): status 200 and nothing else, text where it says what it is.
pub async fn fetch(https: &Https, domain: &str) -> Result<Policy, Unusable> {
    let url = format!("https://mta-sts.{domain}/.well-known/mta-sts.txt");
    let page = https.get(&url, MAX_POLICY).await?;
    if page.status != 200 {
        return Err(Unusable::Fetch);
    }
    // A web server that lets strangers put files up says of theirs that they are something else (section 3.2).
    if !page.kind.is_empty() && !page.kind.trim_start().starts_with("text/plain") {
        return Err(Unusable::Invalid);
    }
    policy(&page.body).ok_or(Unusable::Invalid)
}

/// What is to be demanded of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Required {
    /// This, before a message is handed over.
    Demand(Demand),
    /// The domain enforces a policy in which this server does not stand: nothing is handed to it (section 4.1).
    NotListed,
    /// What DNS says of its certificate cannot be told now: not now (RFC 7672 section 2.1.2).
    Withheld,
}

/// What the domain's policy and DANE demand of a server. DANE decides where it can (RFC 8461 section 2); a policy that
/// is only being tested demands nothing.
pub fn required(host: &Host, policy: Option<&Policy>) -> Required {
    let enforced = policy.filter(|policy| policy.mode == Mode::Enforce);
    let listed = enforced.map(|policy| policy.allows(&host.name));
    match (&host.dane, listed) {
        (Dane::Must(records), _) => Required::Demand(Demand::Dane(records.clone())),
        (Dane::Withheld, _) => Required::Withheld,
        (_, Some(false)) => Required::NotListed,
        (_, Some(true)) => Required::Demand(Demand::Name),
        (Dane::Unusable, None) => Required::Demand(Demand::Encryption),
        (Dane::None, None) => Required::Demand(Demand::Nothing),
    }
}

#[cfg(test)]
mod tests;
