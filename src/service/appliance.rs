//! How private the appliance itself is: what the checks found, and whether other providers have the mail too, becomes
//! evidence; the domain makes the index of it.

use super::{
    Error,
    checks::{Checks, Stands},
    read,
};
use crate::{
    domain::{
        check::{Finding, Id},
        fact::Fact,
        privacy::appliance::{self, ApplianceIndex, Dmarc, Evidence},
        release,
        time::Time,
    },
    net::clock::Clock,
    store::vault::Vault,
};

/// Knows the appliance's index; cheap to clone.
#[derive(Clone)]
pub struct ServiceIndex {
    vault: Vault,
    checks: Checks,
    clock: Clock,
}

impl ServiceIndex {
    /// By these checks, and by what is in this vault.
    pub fn new(vault: Vault, checks: Checks, clock: Clock) -> Self {
        Self { vault, checks, clock }
    }

    /// The index as of the last look.
    pub async fn index(&self) -> Result<ApplianceIndex, Error> {
        let elsewhere = read(&self.vault, |snapshot| Ok(!snapshot.mailboxes()?.is_empty())).await?;
        Ok(appliance::evaluate(&evidence(&self.checks.last(), elsewhere, self.clock.now())))
    }

    /// Whether others find the owner's key at the domain.
    pub fn gives_key(&self) -> Fact<bool> {
        found(&self.checks.last(), Id::WkdAnswer, Id::WkdHost)
    }
}

/// What the checks say, and whether mail is fetched from other providers.
pub fn evidence(stands: &Stands, elsewhere: bool, now: Time) -> Evidence {
    let is = |id: Id| match stands.of(id) {
        Finding::NotAsked | Finding::CannotTell => Fact::Unknown,
        finding => Fact::Known(finding == Finding::Right),
    };
    Evidence {
        dkim: is(Id::DkimRsa),
        spf: is(Id::Spf),
        dmarc: match stands.of(Id::Dmarc) {
            Finding::NotAsked => Fact::Unknown,
            Finding::Right => Fact::Known(Dmarc::Enforces),
            Finding::Loose => Fact::Known(Dmarc::Watches),
            _ => Fact::Known(Dmarc::Missing),
        },
        mta_sts: match (is(Id::MtaSts), found(stands, Id::MtaStsPolicy, Id::MtaStsHost)) {
            (Fact::Known(false), _) | (_, Fact::Known(false)) => Fact::Known(false),
            (Fact::Known(true), Fact::Known(true)) => Fact::Known(true),
            _ => Fact::Unknown,
        },
        dnssec: is(Id::Dnssec),
        dane: is(Id::Tlsa),
        certificate: is(Id::Certificate),
        wkd: found(stands, Id::WkdAnswer, Id::WkdHost),
        reverse: match stands.of(Id::ReverseV4) {
            Finding::NotAsked if stands.of(Id::ReverseV6) != Finding::NotNeeded => is(Id::ReverseV6),
            _ => is(Id::ReverseV4),
        },
        reports: is(Id::TlsReports),
        // There is no other vault than a sealed one.
        sealed: Fact::Known(true),
        young: Fact::Known(release::is_young(now)),
        no_copy: Fact::Known(!elsewhere),
    }
}

/// Whether something is found as it should be under its host. A router that does not lead back in what goes out says
/// nothing about what others find.
fn found(stands: &Stands, id: Id, host: Id) -> Fact<bool> {
    match (stands.of(id), stands.of(host)) {
        (Finding::Right, _) => Fact::Known(true),
        (Finding::NotAsked, Finding::Missing | Finding::Elsewhere) => Fact::Known(false),
        (Finding::NotAsked | Finding::Unreachable, _) => Fact::Unknown,
        _ => Fact::Known(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::Check;

    fn stands(found: &[(Id, Finding)]) -> Stands {
        Stands {
            at: Some(release::RELEASED),
            checks: found.iter().map(|(id, finding)| Check::plain(*id, *finding)).collect(),
        }
    }

    #[test]
    fn what_nobody_saw_is_not_known_and_what_was_seen_counts() {
        let now = release::RELEASED;
        let nothing = evidence(&stands(&[]), false, now);
        assert_eq!(appliance::evaluate(&nothing).points, None);
        let some = [
            (Id::DkimRsa, Finding::Right),
            (Id::Spf, Finding::Right),
            (Id::Dmarc, Finding::Loose),
            (Id::MtaSts, Finding::Right),
            (Id::MtaStsHost, Finding::Right),
            (Id::MtaStsPolicy, Finding::Testing),
            (Id::Dnssec, Finding::CannotTell),
            (Id::Tlsa, Finding::Unsigned),
            (Id::Certificate, Finding::Right),
            (Id::WkdHost, Finding::Right),
            (Id::WkdAnswer, Finding::Unreachable),
            (Id::ReverseV4, Finding::Other),
            (Id::TlsReports, Finding::Missing),
        ];
        let seen = evidence(&stands(&some), false, now);
        assert_eq!(seen.mta_sts, Fact::Known(false), "it does not bind yet");
        assert_eq!((seen.dnssec, seen.wkd), (Fact::Unknown, Fact::Unknown));
        // DKIM, SPF and DMARC 5 each, the certificate, the disk, the version 10 each, no copy 5.
        assert_eq!(appliance::evaluate(&seen).points, Some(50));
        let fetched = evidence(&stands(&some), true, now);
        assert_eq!(appliance::evaluate(&fetched).points, Some(45), "the provider has it too");
        let old = evidence(&stands(&some), false, Time(now.0 + 100 * 86_400));
        assert_eq!(appliance::evaluate(&old).points, Some(40));
    }
}
