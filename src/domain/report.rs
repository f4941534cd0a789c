//! What other mail services report about the owner's domain: who sent them mail in its name (DMARC aggregate reports,
//! RFC 7489 section 7.2) and how encrypting the way to it went (TLS-RPT, RFC 8460).
//!
//! All of it is *claimed*: somebody else's word about what they saw. It is added up and shown with who says it; no index
//! rests on it. A report that nobody vouches for is counted apart, for anyone can write one.

use super::time::Time;
use std::{collections::BTreeSet, net::IpAddr};

/// Sources and troubles that are kept of one report, the largest first.
pub const MAX_ROWS: usize = 200;
/// Characters of a name in a report.
pub const MAX_NAME: usize = 253;

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its number at whoever wrote it.
    pub id: String,
    /// Who wrote it, as they call themselves.
    pub by: String,
    /// The domain that it is about.
    pub domain: String,
    /// From when.
    pub begin: Time,
    /// Until when.
    pub end: Time,
    /// What it says.
    pub says: Says,
}

/// What a report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// From where mail in the domain's name came.
    Senders(Vec<Source>),
    /// How connections to the domain's mail servers went.
    Tls {
        /// Connections that were encrypted as they should be.
        good: u64,
        /// Those that were not.
        bad: u64,
        /// What went wrong.
        troubles: Vec<Trouble>,
    },
}

/// Messages from one address that came out alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// From where.
    pub address: IpAddr,
    /// The domain in From.
    pub author: String,
    /// How many.
    pub messages: u64,
    /// Whether a signature of the domain held (DKIM, aligned).
    pub signed: bool,
    /// Whether the domain allows that address (SPF, aligned).
    pub allowed: bool,
    /// What was done with them.
    pub done: Done,
    /// The domains whose signature or permission held, whoever's they are.
    pub through: Vec<String>,
}

/// What a mail service did with messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Done {
    /// It does not say.
    #[default]
    NotSaid,
    /// It delivered them.
    Delivered,
    /// It put them aside, as spam.
    PutAside,
    /// It refused them.
    Refused,
}

impl Done {
    /// All of them, by number.
    pub const ALL: [Self; 4] = [Self::NotSaid, Self::Delivered, Self::PutAside, Self::Refused];
}

/// Connections that failed alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What went wrong.
    pub what: Wrong,
    /// The mail server, where it is named.
    pub host: String,
    /// How many connections.
    pub sessions: u64,
}

/// What can go wrong (RFC 8460 section 4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wrong {
    /// `starttls-not-supported`
    NoTls,
    /// `certificate-host-mismatch`
    Name,
    /// `certificate-expired`
    Expired,
    /// `certificate-not-trusted`
    NotTrusted,
    /// `validation-failure`, and whatever has no word of its own.
    #[default]
    Other,
    /// `tlsa-invalid`
    Tlsa,
    /// `dnssec-invalid`
    Dnssec,
    /// `dane-required`
    NoDane,
    /// `sts-policy-fetch-error`
    PolicyFetch,
    /// `sts-policy-invalid`
    PolicyInvalid,
    /// `sts-webpki-invalid`
    PolicyCertificate,
}

impl Wrong {
    /// All of them, by number; it only ever grows.
    pub const ALL: [Self; 11] = [
        Self::NoTls,
        Self::Name,
        Self::Expired,
        Self::NotTrusted,
        Self::Other,
        Self::Tlsa,
        Self::Dnssec,
        Self::NoDane,
        Self::PolicyFetch,
        Self::PolicyInvalid,
        Self::PolicyCertificate,
    ];

    /// The word of RFC 8460; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoTls => "starttls-not-supported",
            Self::Name => "certificate-host-mismatch",
            Self::Expired => "certificate-expired",
            Self::NotTrusted => "certificate-not-trusted",
            Self::Other => "validation-failure",
            Self::Tlsa => "tlsa-invalid",
            Self::Dnssec => "dnssec-invalid",
            Self::NoDane => "dane-required",
            Self::PolicyFetch => "sts-policy-fetch-error",
            Self::PolicyInvalid => "sts-policy-invalid",
            Self::PolicyCertificate => "sts-webpki-invalid",
        }
    }
}

/// A report as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The report.
    pub report: Report,
    /// The domain that sent it.
    pub sender: String,
    /// Whether that domain vouches for it (DKIM or SPF, seen here).
    pub vouched: bool,
}

impl Told {
    /// What two copies of one report have in common.
    pub fn key(&self) -> (&str, &str, &str, i64, bool) {
        let tls = matches!(self.report.says, Says::Tls { .. });
        let Report { id, domain, begin, .. } = &self.report;
        (self.sender.as_str(), id.as_str(), domain.as_str(), begin.0, tls)
    }
}

/// Everything from one address, in all reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From {
    /// From where.
    pub address: IpAddr,
    /// The domains in From.
    pub authors: BTreeSet<String>,
    /// The domains whose signature or permission held.
    pub through: BTreeSet<String>,
    /// Messages that the domain vouches for.
    pub passed: u64,
    /// Messages that it does not: delivered all the same, or it is not said.
    pub delivered: u64,
    /// Put aside.
    pub put_aside: u64,
    /// Refused.
    pub refused: u64,
    /// Who says so.
    pub by: BTreeSet<String>,
}

impl From {
    /// Messages that the domain does not vouch for.
    pub fn failed(&self) -> u64 {
        self.delivered + self.put_aside + self.refused
    }
}

/// What the reports say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// From where mail in the owner's name came: what nobody vouches for first, then the most.
    pub from: Vec<From>,
    /// Encrypted connections.
    pub good: u64,
    /// Connections that were not as they should be.
    pub bad: u64,
    /// What went wrong, the most first: what, at which server, how often.
    pub troubles: Vec<Trouble>,
    /// Reports that are counted.
    pub counted: usize,
    /// Reports for which nobody vouches: not counted.
    pub unvouched: usize,
}

impl Summary {
    /// Messages that the domain vouches for, and those that it does not.
    pub fn messages(&self) -> (u64, u64) {
        self.from
            .iter()
            .fold((0, 0), |(passed, failed), from| (passed + from.passed, failed + from.failed()))
    }
}

/// Adds reports up; a second copy of one counts no more than the first.
pub fn summarise<'a>(reports: impl Iterator<Item = &'a Told>) -> Summary {
    let mut summary = Summary::default();
    let mut seen = BTreeSet::new();
    for told in reports {
        if !told.vouched {
            summary.unvouched += 1;
            continue;
        }
        if !seen.insert(told.key()) {
            continue;
        }
        summary.counted += 1;
        match &told.report.says {
            Says::Senders(sources) => sources.iter().for_each(|source| add(&mut summary.from, source, &told.sender)),
            Says::Tls { good, bad, troubles } => {
                summary.good = summary.good.saturating_add(*good);
                summary.bad = summary.bad.saturating_add(*bad);
                for trouble in troubles {
                    let known = summary
                        .troubles
                        .iter_mut()
                        .find(|known| known.what == trouble.what && known.host == trouble.host);
                    match known {
                        Some(known) => known.sessions = known.sessions.saturating_add(trouble.sessions),
                        None => summary.troubles.push(trouble.clone()),
                    }
                }
            }
        }
    }
    summary
        .from
        .sort_by(|a, b| (b.failed(), b.passed, a.address).cmp(&(a.failed(), a.passed, b.address)));
    summary
        .troubles
        .sort_by(|a, b| (b.sessions, a.what, &a.host).cmp(&(a.sessions, b.what, &b.host)));
    summary
}

fn add(all: &mut Vec<From>, source: &Source, by: &str) {
    let at = all.iter().position(|known| known.address == source.address).unwrap_or_else(|| {
        all.push(From {
            address: source.address,
            authors: BTreeSet::new(),
            through: BTreeSet::new(),
            passed: 0,
            delivered: 0,
            put_aside: 0,
            refused: 0,
            by: BTreeSet::new(),
        });
        all.len() - 1
    });
    let Some(from) = all.get_mut(at) else { return };
    let count = match (source.signed || source.allowed, source.done) {
        (true, _) => &mut from.passed,
        (false, Done::Refused) => &mut from.refused,
        (false, Done::PutAside) => &mut from.put_aside,
        (false, Done::Delivered | Done::NotSaid) => &mut from.delivered,
    };
    *count = count.saturating_add(source.messages);
    from.authors.insert(source.author.clone());
    from.through.extend(source.through.iter().cloned());
    from.by.insert(by.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(id: &str, sender: &str, vouched: bool, says: Says) -> Told {
        Told {
            report: Report {
                id: id.into(),
                by: "A service".into(),
                domain: "home.test".into(),
                begin: Time(0),
                end: Time(86_399),
                says,
            },
            sender: sender.into(),
            vouched,
        }
    }

    fn source(last: u8, messages: u64, signed: bool, done: Done) -> Source {
        Source {
            address: IpAddr::from([192, 0, 2, last]),
            author: "home.test".into(),
            messages,
            signed,
            allowed: false,
            done,
            through: if signed { vec!["home.test".into()] } else { vec![] },
        }
    }

    #[test]
    fn reports_are_added_up_once_and_only_where_somebody_vouches_for_them() {
        let first = told(
            "1",
            "big.test",
            true,
            Says::Senders(vec![source(1, 10, true, Done::Delivered), source(2, 3, false, Done::Refused)]),
        );
        let other = told("1", "other.test", true, Says::Senders(vec![source(2, 4, false, Done::Delivered)]));
        let forged = told(
            "2",
            "big.test",
            false,
            Says::Senders(vec![source(9, 1_000_000, false, Done::Delivered)]),
        );
        let tls = told(
            "1",
            "big.test",
            true,
            Says::Tls {
                good: 50,
                bad: 2,
                troubles: vec![Trouble {
                    what: Wrong::Expired,
                    host: "mail.home.test".into(),
                    sessions: 2,
                }],
            },
        );
        let all = [first.clone(), tls.clone(), first, other, forged, tls];
        let summary = summarise(all.iter());
        assert_eq!((summary.counted, summary.unvouched), (3, 1));
        assert_eq!(summary.messages(), (10, 7));
        assert_eq!((summary.good, summary.bad, summary.troubles.len()), (50, 2, 1));
        let addresses: Vec<String> = summary.from.iter().map(|from| from.address.to_string()).collect();
        assert_eq!(addresses, ["192.0.2.2", "192.0.2.1"], "what nobody vouches for stands first");
        let worst = &summary.from[0];
        assert_eq!((worst.delivered, worst.refused, worst.by.len()), (4, 3, 2));
    }
}
