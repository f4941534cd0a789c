//! What other mail services report about the owner's domain: recognised when it arrives, filed quietly, added up.
//!
//! A report is somebody else's word. It counts where the domain that sent it vouches for the message (its signature
//! or its permission held here); else it is only listed. Absent on purpose: any effect of a report on an index, on
//! who is let in, or on what this box sends.

use super::{Error, read};
use crate::{
    codec,
    domain::{
        fact::Fact,
        id::MessageId,
        message::Reading,
        privacy::evidence::{Dmarc, Evidence},
        report::{self, Summary, Told},
        time::Time,
    },
    net::clock::Clock,
    store::{record, vault::Vault},
};

/// Days of which reports are added up.
pub const DAYS: i64 = 30;
/// The newest reports that are looked at.
const LOOKED: usize = 1_000;
/// Reports that the page lists.
const LISTED: usize = 20;

/// Knows what was reported; cheap to clone.
#[derive(Clone)]
pub struct Reports {
    vault: Vault,
    clock: Clock,
    domain: String,
    owner: String,
}

/// What the page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// What the reports of the last [`DAYS`] days say together.
    pub summary: Summary,
    /// The newest reports with the messages that brought them.
    pub listed: Vec<(MessageId, Told)>,
}

impl Reports {
    /// Over this vault, about this domain, whose owner has this address.
    pub fn new(vault: Vault, clock: Clock, domain: &str, owner: &str) -> Self {
        let (domain, owner) = (domain.to_lowercase(), owner.to_owned());
        Self {
            vault,
            clock,
            domain,
            owner,
        }
    }

    /// The domain that the reports are about.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The address that reports are wanted at.
    pub fn address(&self) -> &str {
        &self.owner
    }

    /// What was reported.
    pub async fn overview(&self) -> Result<Overview, Error> {
        let since = Time(self.clock.now().0 - DAYS * 24 * 3600);
        read(&self.vault, move |snapshot| {
            let reports = snapshot.reports(LOOKED)?.into_iter();
            let all: Vec<(MessageId, Told)> = reports.map(|(message, report)| (MessageId(message), report.told())).collect();
            let recent = all.iter().map(|(_, told)| told).filter(|told| told.report.end > since);
            Ok(Overview {
                summary: report::summarise(recent),
                listed: all.into_iter().take(LISTED).collect(),
            })
        })
        .await
    }
}

/// The report that a message brings about this domain.
pub(super) fn brought(raw: &[u8], reading: &Reading, domain: &str, evidence: &Evidence) -> Option<record::Report> {
    let report = codec::report::read(raw, reading, domain)?;
    let vouched = evidence.travel.is_vouched();
    let sender = reading.author().map(|author| author.address.domain().to_owned());
    Some(record::Report::of(&Told {
        report,
        sender: sender.unwrap_or_default(),
        vouched: vouched && evidence.travel.dmarc != Fact::Known(Dmarc::Refused),
    }))
}
