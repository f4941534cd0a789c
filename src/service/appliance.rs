//! How private the appliance itself is: what the checks found, and whether other providers have the mail too, becomes
//! evidence; the domain makes the index of it.

use super::{
    Error,
    checks::{Checks, Stands},
    read,
    updates::Updates,
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
    updates: Updates,
    clock: Clock,
}

impl ServiceIndex {
    /// By these checks, by what is known of releases, and by what is in this vault.
    pub fn new(vault: Vault, checks: Checks, updates: Updates, clock: Clock) -> Self {
        Self {
            vault,
            checks,
            updates,
            clock,
        }
    }

    /// The index as of the last look.
    pub async fn index(&self) -> Result<ApplianceIndex, Error> {
        let elsewhere = read(&self.vault, |snapshot| Ok(!snapshot.mailboxes()?.is_empty())).await?;
        let mut evidence = evidence(&self.checks.last(), elsewhere, self.clock.now());
        if self.updates.is_newest() {
            evidence.young = Fact::Known(true);
        }
        Ok(appliance::evaluate(&evidence))
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
        // The weaker of the two families, of those that it has.
        reverse: match (is(Id::ReverseV4), stands.of(Id::ReverseV6)) {
            (four, Finding::NotNeeded | Finding::NotAsked) => four,
            (Fact::Known(four), _) => match is(Id::ReverseV6) {
                Fact::Known(six) => Fact::Known(four && six),
                Fact::Unknown => Fact::Unknown,
            },
            (Fact::Unknown, _) => is(Id::ReverseV6),
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
    #[test]
    fn the_weaker_of_two_addresses_counts() {
        let named = |four, six| evidence(&stands(&[(Id::ReverseV4, four), (Id::ReverseV6, six)]), false, release::RELEASED).reverse;
        for (four, six, is) in [
            (Finding::Right, Finding::NotNeeded, Fact::Known(true)),
            (Finding::Right, Finding::Right, Fact::Known(true)),
            (Finding::Right, Finding::Missing, Fact::Known(false)),
            (Finding::Other, Finding::Right, Fact::Known(false)),
            (Finding::NotAsked, Finding::Right, Fact::Known(true)),
            (Finding::NotAsked, Finding::Other, Fact::Known(false)),
            (Finding::NotAsked, Finding::NotNeeded, Fact::Unknown),
        ] {
            assert_eq!(named(four, six), is, "{four:?} {six:?}");
        }
    }
}
