//! Where a message is taken: the servers in order, and what is demanded of each.

use super::{
    Inner, Key,
    seen::{self, Watched},
};
use crate::{
    domain::{
        outgoing::{Enforced, Kind, Trouble, Via},
        report::Wrong,
        sending::Smarthost,
    },
    net::{
        courier::{SignIn, Start},
        demand::Demand,
        dns::{Dns, Kind as Asked, Security},
        mta_sts::{Required, required},
        outward::Outward,
        route::{NoRoute, route},
    },
    store::record::Sending,
};
use std::net::{IpAddr, SocketAddr};
use zeroize::Zeroizing;

/// Servers' addresses that are tried in one go.
const STOPS: usize = 12;

/// How much a message's way must be protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Care {
    /// Whatever its domain demands may be missing: it is about that (`TLS-Required: No`, RFC 8689 section 5).
    Regardless,
    /// As its domain demands.
    Usual,
    /// Verified, and to servers that promise to pass it on like that.
    Confidential,
}

/// One address of a server, and what is demanded there.
#[derive(Clone)]
pub(super) struct Stop {
    pub address: SocketAddr,
    pub host: String,
    pub demand: Demand,
    pub start: Start,
    pub enforced: Enforced,
    pub via: Via,
    /// What a session there is counted under, for the report to its domain; `None` where none is made.
    pub watched: Option<Watched>,
    /// What signs in there.
    pub sign_in: Option<SignIn>,
}

impl Inner {
    /// The servers for a domain, the best first; never empty.
    pub(super) async fn way(&self, key: &Key, domain: &str, care: Care, sending: &Sending) -> Result<Vec<Stop>, Trouble> {
        match (key, sending.smarthost()) {
            (Key::Provider(address), _) => {
                let (server, sign_in) = self.providers.of(address).await?;
                let way = (server.host.as_str(), server.port, server.implicit);
                passed_on(&self.outward, way, Some(sign_in), Via::Provider).await
            }
            (Key::Smarthost(via), Some(smarthost)) => smarthost_stops(&self.outward, &smarthost, &sending.secret, *via).await,
            // What stood in the smarthost's lane goes into another one; it must not leave by a session of this one.
            (Key::Smarthost(_), None) => Err(Trouble::of(Kind::NoNames)),
            (Key::Domain(_), _) => self.direct(domain, care).await,
        }
    }

    async fn direct(&self, domain: &str, care: Care) -> Result<Vec<Stop>, Trouble> {
        let found = route(&self.outward.dns, domain, &self.own).await.map_err(no_route)?;
        let literal = domain.starts_with('[');
        let policy = if literal {
            None
        } else {
            // What cannot be told is no reason to send unprotected.
            self.strict.policy_of(domain).await.map_err(|_| Trouble::of(Kind::NoNames))?
        };
        // What is about reports is itself not reported (RFC 8460 section 5.3).
        let counts = !literal && care != Care::Regardless;
        if counts {
            self.policy_not_fetched(domain).await;
        }
        let (mut stops, mut trouble) = (Vec::new(), Trouble::of(Kind::NoNames));
        for host in &found.hosts {
            let watched = counts.then(|| seen::watched(host, policy.as_ref()));
            let (demand, enforced) = match required(host, policy.as_ref()) {
                _ if care == Care::Regardless => (Demand::Nothing, Enforced::Nothing),
                Required::Demand(demand @ Demand::Dane(_)) => (demand, Enforced::Dane),
                Required::Demand(demand @ Demand::Name) => (demand, Enforced::MtaSts),
                // A signed list of servers says which name to ask a certificate for (RFC 8689 section 4.2.1).
                Required::Demand(_) if care == Care::Confidential && found.security == Security::Secure => {
                    (Demand::Name, Enforced::Nothing)
                }
                Required::Demand(_) if care == Care::Confidential => {
                    trouble = Trouble::of(Kind::NotVerifiable).at(&host.name);
                    continue;
                }
                Required::Demand(demand) => (demand, Enforced::Nothing),
                Required::NotListed => {
                    self.not_visited(domain, &host.name, watched.as_ref(), Wrong::Other);
                    trouble = Trouble::of(Kind::NotListed).at(&host.name);
                    continue;
                }
                Required::Withheld => {
                    self.not_visited(domain, &host.name, watched.as_ref(), Wrong::Dnssec);
                    trouble = Trouble::of(Kind::Withheld).at(&host.name);
                    continue;
                }
            };
            stops.extend(host.addresses.iter().map(|address| Stop {
                address: (*address, self.outward.smtp_port).into(),
                host: host.name.clone(),
                demand: demand.clone(),
                start: Start::StartTls,
                enforced,
                via: Via::Direct,
                watched: watched.clone(),
                sign_in: None,
            }));
        }
        stops.truncate(STOPS);
        if stops.is_empty() { Err(trouble) } else { Ok(stops) }
    }
}

/// The addresses of a smarthost; never empty.
pub(super) async fn smarthost_stops(outward: &Outward, smarthost: &Smarthost, secret: &str, via: Via) -> Result<Vec<Stop>, Trouble> {
    let sign_in = (!smarthost.user.is_empty()).then(|| SignIn {
        user: smarthost.user.clone(),
        secret: Zeroizing::new(secret.to_owned()),
        token: false,
    });
    let way = (smarthost.host.as_str(), smarthost.port, smarthost.implicit);
    passed_on(outward, way, sign_in, via).await
}

/// The addresses of a server that passes mail on: its name, its port, whether TLS begins at once. Never empty.
pub(super) async fn passed_on(
    outward: &Outward,
    (host, port, implicit): (&str, u16, bool),
    sign_in: Option<SignIn>,
    via: Via,
) -> Result<Vec<Stop>, Trouble> {
    let addresses = addresses(&outward.dns, host).await;
    let stops: Vec<Stop> = addresses
        .into_iter()
        .map(|address| Stop {
            address: (address, port).into(),
            host: host.to_owned(),
            demand: Demand::Name,
            start: if implicit { Start::Implicit } else { Start::StartTls },
            enforced: Enforced::Name,
            via,
            watched: None,
            sign_in: sign_in.clone(),
        })
        .take(STOPS)
        .collect();
    if stops.is_empty() {
        Err(Trouble::of(Kind::NoNames).at(host))
    } else {
        Ok(stops)
    }
}

/// The addresses of a host that is a name or an address.
async fn addresses(dns: &Dns, host: &str) -> Vec<IpAddr> {
    if let Ok(address) = host.parse() {
        return vec![address];
    }
    let (six, four) = tokio::join!(dns.look(host, Asked::Aaaa), dns.look(host, Asked::A));
    let answers = [six, four].into_iter().flatten();
    answers.flat_map(|answer| answer.addresses().collect::<Vec<_>>()).collect()
}

fn no_route(why: NoRoute) -> Trouble {
    Trouble::of(match why {
        NoRoute::NoSuchDomain => Kind::NoSuchDomain,
        NoRoute::TakesNoMail => Kind::TakesNoMail,
        NoRoute::NoServer => Kind::NoServer,
        NoRoute::LeadsHere => Kind::LeadsHere,
        NoRoute::NotNow(_) => Kind::NoNames,
    })
}
