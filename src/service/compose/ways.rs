//! What is known of the way of a message that leaves: straight to each domain, or to somebody who passes it on, and then
//! nothing is known of what comes after them.

use super::{
    Compose,
    foresee::{Addressed, Checked},
};
use crate::{
    codec::idna,
    domain::{
        address::Address,
        fact::Fact,
        privacy::evidence::{Authentic, Dmarc, Tls, Travel},
        sending::Choice,
        time::Time,
    },
    service::{Error, read, strict::Known},
    store::{record::SeenWay, writing::OwnRecords},
};
use std::collections::BTreeMap;

/// Seconds for which it counts what the last session with a server was like.
const REMEMBERED: i64 = 90 * 24 * 3600;

/// What is known of the way to a domain.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    /// How it protects its mail servers; `None` where nobody asked.
    pub known: Option<Known>,
    /// The last session with one of them.
    pub seen: Option<SeenWay>,
}

/// What is known of the way of a message.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    /// To each domain that it goes to; of what others pass on nothing is known.
    domains: BTreeMap<String, Way>,
    /// Who passes it on.
    pub passed_on_by: Option<String>,
    /// Whether that is the server of the mailbox elsewhere that it is written from.
    pub provider: bool,
}

impl Ways {
    pub fn get(&self, domain: &str) -> Option<&Way> {
        self.domains.get(domain)
    }

    /// The same without what earlier sessions were like, which promises nothing of this one.
    pub fn unseen(&self) -> Self {
        let mut unseen = self.clone();
        unseen.domains.values_mut().for_each(|way| way.seen = None);
        unseen
    }
}

impl Compose {
    /// What is known of the way of a message from this address to these people.
    pub(super) async fn ways(&self, from: &str, addressed: &Addressed) -> Result<Ways, Error> {
        let from = Address::parse(from).ok();
        let passed_on = read(&self.0.vault, move |snapshot| {
            let elsewhere = from.map_or(Ok(None), |from| snapshot.mailbox_of(&from))?;
            if let Some(server) = elsewhere.and_then(|(_, mailbox)| mailbox.sends()) {
                return Ok((Some(server.host), true));
            }
            let sending = snapshot.sending()?;
            let always = sending.smarthost().filter(|_| sending.choice() == Choice::Always);
            Ok((always.map(|smarthost| smarthost.host), false))
        });
        let (passed_on_by, provider) = passed_on.await?;
        let mut ways = Ways {
            passed_on_by,
            provider,
            ..Ways::default()
        };
        if ways.passed_on_by.is_some() {
            return Ok(ways);
        }
        for domain in self.0.domains(addressed) {
            let known = self.0.strict.known(&domain).await?;
            ways.domains.insert(domain, Way { known, seen: None });
        }
        let since = self.0.clock.now().0.saturating_sub(REMEMBERED);
        read(&self.0.vault, move |snapshot| {
            for (domain, way) in &mut ways.domains {
                way.seen = snapshot.seen_way(&idna::plain(domain))?.filter(|seen| seen.at >= since);
            }
            Ok(ways)
        })
        .await
    }
}

/// What is known of the way to the weakest of these domains.
///
/// An enforced policy says that there will be TLS 1.2 at least; the last session says what there was, and nothing better
/// than what is known of all is said.
pub(super) fn travel<'a>(ways: impl Iterator<Item = Option<&'a Way>>, own: &OwnRecords) -> Travel {
    let ways: Vec<Way> = ways.map(|way| way.cloned().unwrap_or_default()).collect();
    let strict_of = |way: &Way| way.known.as_ref().map_or(Fact::Unknown, Known::is_strict);
    let stricts: Vec<Fact<bool>> = ways.iter().map(strict_of).collect();
    let sessions = ways.iter().map(|way| {
        let last = way.seen.as_ref().map(SeenWay::session);
        match (strict_of(way) == Fact::Known(true), last) {
            (true, Some((tls, quantum))) => Some((tls.max(Tls::V1_2), Some(quantum))),
            (true, None) => Some((Tls::V1_2, None)),
            (false, last) => last.map(|(tls, quantum)| (tls, Some(quantum))),
        }
    });
    let sessions: Option<Vec<(Tls, Option<bool>)>> = sessions.collect();
    let sessions = sessions.unwrap_or_default();
    let quantum: Option<Vec<bool>> = sessions.iter().map(|(_, quantum)| *quantum).collect();
    let strict = if stricts.contains(&Fact::Known(false)) {
        Fact::Known(false)
    } else if stricts.is_empty() || stricts.contains(&Fact::Unknown) {
        Fact::Unknown
    } else {
        Fact::Known(true)
    };
    Travel {
        tls: sessions.iter().map(|(tls, _)| *tls).min().into(),
        quantum: quantum.and_then(|all| all.into_iter().min()).into(),
        strict,
        authentic: match own.signs {
            Some(true) => Fact::Known(Authentic::Dkim),
            Some(false) => Fact::Known(Authentic::Nobody),
            None => Fact::Unknown,
        },
        dmarc: match (own.signs, own.polices) {
            (Some(true), Some(true)) => Fact::Known(Dmarc::Passed),
            (_, Some(false)) => Fact::Known(Dmarc::NoPolicy),
            _ => Fact::Unknown,
        },
        ..Travel::default()
    }
}

/// When it was last asked about.
pub(super) fn checked(ways: &Ways, own: i64) -> Checked {
    if ways.domains.is_empty() {
        return Checked::NotNeeded;
    }
    let asked: Option<Vec<Time>> = ways.domains.values().map(|way| way.known.as_ref()?.asked).collect();
    match asked.and_then(|asked| asked.into_iter().min()) {
        Some(at) if own > 0 => Checked::At(at.min(Time(own))),
        _ => Checked::Never,
    }
}
