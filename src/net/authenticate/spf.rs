//! SPF (RFC 7208): whether a peer may send for a domain.

use super::{
    Envelope, ascii,
    lookups::{Lookups, address_kind, outcome},
};
use crate::{
    codec::spf::{Macros, Mechanism, Qualifier, Record, Values, is_record},
    domain::authentication::{Outcome, Spf},
    net::dns::{Answer, Failure, Kind, reverse_name},
};
use std::{net::IpAddr, pin::Pin};

/// Terms that ask the DNS (section 4.6.4).
const MAX_TERMS: u32 = 10;
/// Such terms that may find nothing.
const MAX_VOID: u32 = 2;
/// Mail servers of a name, and names of an address.
const MAX_NAMES: usize = 10;

/// Checks the envelope sender, or the EHLO name where it is null (section 2.4), and says how the domain
/// explains a refusal.
pub async fn check(lookups: &Lookups, envelope: &Envelope, host: &str) -> (Spf, Option<String>) {
    let helo = envelope.mail_from.is_empty();
    let (local, domain) = match envelope.mail_from.rsplit_once('@') {
        Some((local, domain)) => (if local.is_empty() { "postmaster" } else { local }, domain),
        None => ("postmaster", envelope.helo.as_str()),
    };
    let domain = ascii(domain);
    let Some(ip) = envelope.peer else {
        return (
            Spf {
                domain,
                helo,
                ..Spf::default()
            },
            None,
        );
    };
    let mut asking = Asking {
        lookups,
        ip: ip.to_canonical(),
        helo: &envelope.helo,
        host,
        sender: format!("{local}@{domain}"),
        now: envelope.at,
        terms: 0,
        void: 0,
        validated: None,
        explains: None,
    };
    let is_name = domain.contains('.') && domain.split('.').all(|label| (1..=63).contains(&label.len()));
    let outcome = if is_name && domain.len() <= 253 && !domain.starts_with('[') {
        asking.domain(domain.clone(), true).await
    } else {
        Outcome::None
    };
    let explanation = if outcome == Outcome::Fail {
        asking.explanation().await
    } else {
        None
    };
    let aligned = false;
    (
        Spf {
            outcome,
            domain,
            helo,
            aligned,
        },
        explanation,
    )
}

/// One evaluation; the limits hold for all of it.
struct Asking<'a> {
    lookups: &'a Lookups,
    ip: IpAddr,
    helo: &'a str,
    host: &'a str,
    sender: String,
    now: i64,
    terms: u32,
    void: u32,
    validated: Option<String>,
    /// Where the domain explains, and which domain that is.
    explains: Option<(Macros, String)>,
}

impl Asking<'_> {
    /// `check_host()` of section 4; `outer` is the domain itself and whatever it redirects to.
    fn domain<'s>(&'s mut self, domain: String, outer: bool) -> Pin<Box<dyn Future<Output = Outcome> + Send + 's>> {
        Box::pin(async move {
            let mut domain = domain;
            let mut redirected = false;
            loop {
                let record = match self.record(&domain).await {
                    Ok(Some(record)) => record,
                    Ok(None) if redirected => return Outcome::PermError,
                    Ok(None) => return Outcome::None,
                    Err(outcome) => return outcome,
                };
                if outer {
                    self.explains = record.explanation.map(|macros| (macros, domain.clone()));
                }
                for (qualifier, mechanism) in &record.directives {
                    match self.matches(mechanism, &domain).await {
                        Ok(true) => return said(*qualifier),
                        Ok(false) => {}
                        Err(outcome) => return outcome,
                    }
                }
                let Some(redirect) = &record.redirect else {
                    return Outcome::Neutral;
                };
                if let Err(outcome) = self.count() {
                    return outcome;
                }
                domain = self.name(redirect, &domain).await;
                redirected = true;
            }
        })
    }

    /// The one record of a domain (section 4.5).
    async fn record(&self, domain: &str) -> Result<Option<Record>, Outcome> {
        let answer = match self.lookups.look(domain, Kind::Txt).await {
            Ok(answer) => answer,
            Err(Failure::NotAName) => return Ok(None),
            Err(failure) => return Err(outcome(failure)),
        };
        let mut records = answer.texts().filter(|text| is_record(text));
        match (records.next(), records.next()) {
            (None, _) => Ok(None),
            (Some(record), None) => Record::parse(record).ok_or(Outcome::PermError).map(Some),
            (Some(_), Some(_)) => Err(Outcome::PermError),
        }
    }

    async fn matches(&mut self, mechanism: &Mechanism, domain: &str) -> Result<bool, Outcome> {
        match mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Ip(network, prefix) => Ok(within(self.ip, *network, *prefix)),
            Mechanism::Include(target) => {
                self.count()?;
                let target = self.name(target, domain).await;
                match self.domain(target, false).await {
                    Outcome::Pass => Ok(true),
                    Outcome::Fail | Outcome::SoftFail | Outcome::Neutral => Ok(false),
                    Outcome::None => Err(Outcome::PermError),
                    outcome => Err(outcome),
                }
            }
            Mechanism::A(target, v4, v6) => {
                self.count()?;
                let name = self.target(target.as_ref(), domain).await;
                let found = self.found(&name, address_kind(self.ip)).await?;
                Ok(self.has(&found, *v4, *v6))
            }
            Mechanism::Mx(target, v4, v6) => {
                self.count()?;
                let name = self.target(target.as_ref(), domain).await;
                self.mail_servers(&name, *v4, *v6).await
            }
            Mechanism::Exists(target) => {
                self.count()?;
                let name = self.name(target, domain).await;
                Ok(!self.found(&name, Kind::A).await?.records.is_empty())
            }
            Mechanism::Ptr(target) => {
                self.count()?;
                let name = self.target(target.as_ref(), domain).await.to_lowercase();
                let name = name.trim_end_matches('.');
                let names = self.validated_names().await;
                Ok(names.iter().any(|own| is_below(own, name)))
            }
        }
    }

    async fn mail_servers(&mut self, name: &str, v4: u8, v6: u8) -> Result<bool, Outcome> {
        let servers = self.found(name, Kind::Mx).await?;
        let names = servers.names();
        if names.len() > MAX_NAMES {
            return Err(Outcome::PermError);
        }
        for server in names {
            match self.lookups.look(server, address_kind(self.ip)).await {
                Ok(found) if self.has(&found, v4, v6) => return Ok(true),
                Ok(_) | Err(Failure::NotAName) => {}
                Err(failure) => return Err(outcome(failure)),
            }
        }
        Ok(false)
    }

    /// The names of the peer that lead back to it (section 5.5). A name server that fails is passed over.
    async fn validated_names(&self) -> Vec<String> {
        let Ok(answer) = self.lookups.look(&reverse_name(self.ip), Kind::Ptr).await else {
            return Vec::new();
        };
        let mut validated = Vec::new();
        for name in answer.names().into_iter().take(MAX_NAMES) {
            if let Ok(found) = self.lookups.look(name, address_kind(self.ip)).await
                && self.has(&found, 32, 128)
            {
                validated.push(name.to_owned());
            }
        }
        validated
    }

    /// One more term that asks.
    fn count(&mut self) -> Result<(), Outcome> {
        self.terms += 1;
        if self.terms > MAX_TERMS { Err(Outcome::PermError) } else { Ok(()) }
    }

    /// The answer for a term; one that finds nothing too often ends it all.
    async fn found(&mut self, name: &str, kind: Kind) -> Result<Answer, Outcome> {
        let answer = match self.lookups.look(name, kind).await {
            Ok(answer) => answer,
            // A macro may write out what no name can be: then nothing has it.
            Err(Failure::NotAName) => Answer::default(),
            Err(failure) => return Err(outcome(failure)),
        };
        self.void += u32::from(answer.records.is_empty());
        if self.void > MAX_VOID {
            Err(Outcome::PermError)
        } else {
            Ok(answer)
        }
    }

    fn has(&self, answer: &Answer, v4: u8, v6: u8) -> bool {
        let prefix = if self.ip.is_ipv4() { v4 } else { v6 };
        answer.addresses().any(|address| within(self.ip, address, prefix))
    }

    async fn target(&mut self, target: Option<&Macros>, domain: &str) -> String {
        match target {
            Some(macros) => self.name(macros, domain).await,
            None => domain.to_owned(),
        }
    }

    async fn name(&mut self, macros: &Macros, domain: &str) -> String {
        if macros.needs_validated() && self.validated.is_none() {
            self.validated = Some(self.one_validated(domain).await);
        }
        macros.expand_name(&self.values(domain))
    }

    /// Section 7.3: the domain itself where it is among them, else one below it, else any.
    async fn one_validated(&self, domain: &str) -> String {
        let names = self.validated_names().await;
        let same = names.iter().find(|name| name.as_str() == domain);
        let below = names.iter().find(|name| is_below(name, domain));
        same.or(below).or(names.first()).cloned().unwrap_or_else(|| "unknown".to_owned())
    }

    fn values<'v>(&'v self, domain: &'v str) -> Values<'v> {
        Values {
            sender: &self.sender,
            domain,
            ip: self.ip,
            helo: self.helo,
            validated: self.validated.as_deref().unwrap_or("unknown"),
            host: self.host,
            now: self.now,
        }
    }

    /// What the domain says about a refusal (section 6.2); nothing where that goes wrong in any way.
    async fn explanation(&mut self) -> Option<String> {
        let (macros, domain) = self.explains.take()?;
        let name = self.name(&macros, &domain).await;
        let answer = self.lookups.look(&name, Kind::Txt).await.ok()?;
        let mut texts = answer.texts();
        let text = texts.next().filter(|text| text.is_ascii())?;
        if texts.next().is_some() {
            return None;
        }
        let macros = Macros::explanation(std::str::from_utf8(text).ok()?)?;
        if macros.needs_validated() && self.validated.is_none() {
            self.validated = Some(self.one_validated(&domain).await);
        }
        Some(macros.expand(&self.values(&domain)))
    }
}

fn said(qualifier: Qualifier) -> Outcome {
    match qualifier {
        Qualifier::Pass => Outcome::Pass,
        Qualifier::Fail => Outcome::Fail,
        Qualifier::SoftFail => Outcome::SoftFail,
        Qualifier::Neutral => Outcome::Neutral,
    }
}

/// Whether a name is another one, or lies below it.
fn is_below(name: &str, of: &str) -> bool {
    name.strip_suffix(of).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether an address lies in a network.
fn within(address: IpAddr, network: IpAddr, prefix: u8) -> bool {
    let same = |a: u128, b: u128, bits: u32| {
        let ignored = bits.saturating_sub(u32::from(prefix));
        a.checked_shr(ignored) == b.checked_shr(ignored)
    };
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}
