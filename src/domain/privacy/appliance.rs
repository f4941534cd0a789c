//! The Privacy Index of the appliance itself: how well the service that its owner runs protects the mail of everybody who
//! writes to them, in fourteen lines out of 100. Pure; what was not observed says "not known".

use super::line::{self, lines};
use crate::domain::fact::Fact;

/// How the owner's records for forgeries stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dmarc {
    /// There is none that counts.
    Missing,
    /// It only watches.
    Watches,
    /// It asks for forgeries to be put aside or refused.
    Enforces,
}

/// What is known of the appliance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Whether the keys that sign are published.
    pub dkim: Fact<bool>,
    /// Whether the record of who may send is there, and right.
    pub spf: Fact<bool>,
    /// The record about forgeries.
    pub dmarc: Fact<Dmarc>,
    /// Whether the policy about encryption is found, and binds.
    pub mta_sts: Fact<bool>,
    /// Whether the domain's records are signed.
    pub dnssec: Fact<bool>,
    /// Whether the mail server's key is published and believed.
    pub dane: Fact<bool>,
    /// Whether the certificate is valid. Nothing older than TLS 1.2 is spoken here.
    pub certificate: Fact<bool>,
    /// Whether the owner's key is found at the domain.
    pub wkd: Fact<bool>,
    /// Whether the address has the host's name.
    pub reverse: Fact<bool>,
    /// Whether reports about encryption are asked for.
    pub reports: Fact<bool>,
    /// Whether everything is sealed on the disk.
    pub sealed: Fact<bool>,
    /// Whether the program is the newest release, or younger than ninety days.
    pub young: Fact<bool>,
    /// Whether no mailbox elsewhere keeps a copy.
    pub no_copy: Fact<bool>,
}

/// What a line speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// That mail in the owner's name is the owner's.
    Name,
    /// That nobody reads along on the way.
    Way,
    /// What others find.
    Found,
    /// The machine itself.
    Machine,
}

impl Axis {
    /// All of them, in the order of the lines.
    pub const ALL: [Self; 4] = [Self::Name, Self::Way, Self::Found, Self::Machine];

    /// Its name in pages; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Way => "way",
            Self::Found => "others",
            Self::Machine => "machine",
        }
    }
}

lines! {
    "A line of the appliance's index.";
    /// The keys that sign.
    Dkim = "dkim", Name, 5;
    /// Who may send.
    Spf = "spf", Name, 5;
    /// That forgeries are spoken of.
    Dmarc = "dmarc", Name, 5;
    /// That they are put aside.
    DmarcEnforces = "dmarc.enforces", Name, 5;
    /// The name of the address.
    Reverse = "reverse", Name, 5;
    /// The policy about encryption.
    MtaSts = "mta-sts", Way, 10;
    /// Signed records.
    Dnssec = "dnssec", Way, 10;
    /// The mail server's key.
    Dane = "dane", Way, 10;
    /// The certificate, and what is spoken.
    Tls = "tls", Way, 10;
    /// Reports about encryption.
    Reports = "tls-reports", Way, 5;
    /// The owner's key at the domain.
    Wkd = "wkd", Found, 5;
    /// The disk.
    Sealed = "sealed", Machine, 10;
    /// The age of the program.
    Version = "version", Machine, 10;
    /// Copies elsewhere.
    NoCopy = "no-copy", Machine, 5;
}

/// Why a line won what it won.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody looked, or looking gave no answer.
    NotKnown,
    /// Whether it is so, as the line has it.
    Is(bool),
}

/// A tip: always the owner's to follow. Which page it is, is `web`'s to say; it follows from the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tip {
    /// Points to win, at most, if nothing else changes.
    pub wins: u8,
    /// Of which line.
    pub line: LineId,
}

/// One visible line.
pub type Line = line::Line<LineId, Reason, Tip>;

/// The index of the appliance with everything that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplianceIndex {
    /// 0 to 100, the plain sum of the lines; `None` is unknown.
    pub points: Option<u8>,
    /// Every line, those not known included.
    pub lines: Vec<Line>,
}

/// The index of the appliance. As long as nobody has looked at how it stands in the world, it is unknown: the machine alone
/// says nothing about it.
pub fn evaluate(evidence: &Evidence) -> ApplianceIndex {
    let dmarc = |from: fn(Dmarc) -> bool| match evidence.dmarc {
        Fact::Unknown => Fact::Unknown,
        Fact::Known(dmarc) => Fact::Known(from(dmarc)),
    };
    let world = [
        (LineId::Dkim, evidence.dkim),
        (LineId::Spf, evidence.spf),
        (LineId::Dmarc, dmarc(|dmarc| dmarc != Dmarc::Missing)),
        (LineId::DmarcEnforces, dmarc(|dmarc| dmarc == Dmarc::Enforces)),
        (LineId::Reverse, evidence.reverse),
        (LineId::MtaSts, evidence.mta_sts),
        (LineId::Dnssec, evidence.dnssec),
        (LineId::Dane, evidence.dane),
        (LineId::Tls, evidence.certificate),
        (LineId::Reports, evidence.reports),
        (LineId::Wkd, evidence.wkd),
    ];
    let machine = [
        (LineId::Sealed, evidence.sealed),
        (LineId::Version, evidence.young),
        (LineId::NoCopy, evidence.no_copy),
    ];
    let looked = world.iter().any(|(_, fact)| fact.is_known());
    let lines: Vec<Line> = world.into_iter().chain(machine).map(|(id, fact)| yes(id, fact)).collect();
    let sum: i16 = lines.iter().map(|line| line.won).sum();
    ApplianceIndex {
        points: u8::try_from(sum.clamp(0, 100)).ok().filter(|_| looked),
        lines,
    }
}

/// A line that is won or not.
fn yes(id: LineId, fact: Fact<bool>) -> Line {
    let tip = |wins| Tip { wins, line: id };
    let possible = id.possible();
    match fact {
        Fact::Unknown => Line {
            known: false,
            ..Line::of(id, 0, possible, Reason::NotKnown, tip)
        },
        Fact::Known(is) => Line::of(id, if is { possible } else { 0 }, possible, Reason::Is(is), tip),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fact<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = Fact<T>> {
        prop_oneof![Just(Fact::Unknown), prop::sample::select(values).prop_map(Fact::Known)]
    }

    prop_compose! {
        fn evidence()(
            facts in prop::collection::vec(fact(vec![false, true]), 12),
            dmarc in fact(vec![Dmarc::Missing, Dmarc::Watches, Dmarc::Enforces]),
        ) -> Evidence {
            Evidence {
                dkim: facts[0], spf: facts[1], dmarc, mta_sts: facts[2], dnssec: facts[3], dane: facts[4],
                certificate: facts[5], wkd: facts[6], reverse: facts[7], reports: facts[8], sealed: facts[9],
                young: facts[10], no_copy: facts[11],
            }
        }
    }

    proptest! {
        #[test]
        fn the_index_is_the_sum_of_its_lines_and_better_is_never_worse(evidence in evidence()) {
            let index = evaluate(&evidence);
            let sum: i16 = index.lines.iter().map(|line| line.won).sum();
            prop_assert!(index.points.is_none_or(|points| i16::from(points) == sum));
            prop_assert_eq!(index.lines.iter().map(|line| line.id).collect::<Vec<_>>(), LineId::ALL);
            for line in &index.lines {
                prop_assert!(line.won >= 0 && line.won <= line.possible && (line.known || line.won == 0));
                let missing = line.possible - line.won;
                prop_assert_eq!(line.tip.map(|tip| i16::from(tip.wins)), (missing > 0).then_some(missing));
            }
            let yes = Fact::Known(true);
            for better in [
                Evidence { dkim: yes, ..evidence },
                Evidence { spf: yes, ..evidence },
                Evidence { dmarc: Fact::Known(Dmarc::Enforces), ..evidence },
                Evidence { mta_sts: yes, ..evidence },
                Evidence { dnssec: yes, ..evidence },
                Evidence { dane: yes, ..evidence },
                Evidence { certificate: yes, ..evidence },
                Evidence { wkd: yes, ..evidence },
                Evidence { reverse: yes, ..evidence },
                Evidence { reports: yes, ..evidence },
                Evidence { sealed: yes, ..evidence },
                Evidence { young: yes, ..evidence },
                Evidence { no_copy: yes, ..evidence },
            ] {
                prop_assert!(evaluate(&better).points >= index.points);
            }
        }
    }

    #[test]
    fn a_hundred_points_can_be_won_and_nobody_having_looked_is_unknown() {
        assert_eq!(LineId::ALL.iter().map(|id| id.possible()).sum::<i16>(), 100);
        let yes = Fact::Known(true);
        let best = Evidence {
            dkim: yes,
            spf: yes,
            dmarc: Fact::Known(Dmarc::Enforces),
            mta_sts: yes,
            dnssec: yes,
            dane: yes,
            certificate: yes,
            wkd: yes,
            reverse: yes,
            reports: yes,
            sealed: yes,
            young: yes,
            no_copy: yes,
        };
        assert_eq!(evaluate(&best).points, Some(100));
        let machine = Evidence {
            sealed: yes,
            young: yes,
            no_copy: yes,
            ..Evidence::default()
        };
        assert_eq!(
            evaluate(&machine).points,
            None,
            "a machine alone says nothing of how it stands in the world"
        );
        let watches = Evidence {
            dmarc: Fact::Known(Dmarc::Watches),
            ..best
        };
        assert_eq!(evaluate(&watches).points, Some(95));
    }
}
