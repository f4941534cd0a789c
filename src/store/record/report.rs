//! A report about the owner's domain that a message brought, as a record under that message's number.

use super::Record;
use crate::domain::{
    report::{self, Done, Says, Source, Told, Trouble, Wrong},
    time::Time,
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    id: String,
    by: String,
    domain: String,
    begin: i64,
    end: i64,
    sender: String,
    vouched: bool,
    /// Address, domain in From, messages, 1 signed + 2 allowed, what was done, through whom.
    sources: Vec<(IpAddr, String, u64, u8, u8, Vec<String>)>,
    /// `None` where it is about senders: encrypted, not, and what went wrong, where, how often.
    tls: Option<(u64, u64, Vec<(u8, String, u64)>)>,
}

impl Record for Report {
    const TABLE: &'static str = "reports";
    const VERSION: u8 = 1;
}

fn place<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|known| known == one).unwrap_or_default() as u8
}

impl Report {
    /// Of a report that came.
    pub fn of(told: &Told) -> Self {
        let report = &told.report;
        let (sources, tls) = match &report.says {
            Says::Senders(sources) => (sources.as_slice(), None),
            Says::Tls { good, bad, troubles } => {
                let trouble = |one: &Trouble| (place(&Wrong::ALL, &one.what), one.host.clone(), one.sessions);
                (&[][..], Some((*good, *bad, troubles.iter().map(trouble).collect())))
            }
        };
        let source = |one: &Source| {
            let held = u8::from(one.signed) + 2 * u8::from(one.allowed);
            let done = place(&Done::ALL, &one.done);
            (one.address, one.author.clone(), one.messages, held, done, one.through.clone())
        };
        Self {
            id: report.id.clone(),
            by: report.by.clone(),
            domain: report.domain.clone(),
            begin: report.begin.0,
            end: report.end.0,
            sender: told.sender.clone(),
            vouched: told.vouched,
            sources: sources.iter().map(source).collect(),
            tls,
        }
    }

    /// The report.
    pub fn told(self) -> Told {
        let source = |(address, author, messages, held, done, through): (IpAddr, String, u64, u8, u8, Vec<String>)| Source {
            address,
            author,
            messages,
            signed: held & 1 == 1,
            allowed: held & 2 == 2,
            done: Done::ALL.get(usize::from(done)).copied().unwrap_or_default(),
            through,
        };
        let trouble = |(what, host, sessions): (u8, String, u64)| Trouble {
            what: Wrong::ALL.get(usize::from(what)).copied().unwrap_or_default(),
            host,
            sessions,
        };
        let says = match self.tls {
            Some((good, bad, troubles)) => Says::Tls {
                good,
                bad,
                troubles: troubles.into_iter().map(trouble).collect(),
            },
            None => Says::Senders(self.sources.into_iter().map(source).collect()),
        };
        Told {
            report: report::Report {
                id: self.id,
                by: self.by,
                domain: self.domain,
                begin: Time(self.begin),
                end: Time(self.end),
                says,
            },
            sender: self.sender,
            vouched: self.vouched,
        }
    }
}
