//! The Privacy Index of a device: six lines out of 100, and a ceiling while nobody has let it in.
//!
//! One pure function of what is known of it now. Absent on purpose: anything stored. A device that did nothing
//! for a month may have another index than it had, because its browser grew old, and that is the point.

use super::line::{self, lines};
use crate::domain::{
    device::{Credential, Declared, Link, Usage, support::Support, support::Supported},
    fact::Fact,
};

/// Seconds without a request after which signing out by itself wins whole.
const SHORT_IDLE: i64 = 30 * 60;
/// Seconds after which it still wins something.
const LONG_IDLE: i64 = 24 * 3600;

/// What is known of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What it last signed in with.
    pub credential: Fact<Credential>,
    /// Whether the owner let it in.
    pub verified: bool,
    /// How its connection was protected.
    pub link: Fact<Link>,
    /// Whether browser and system get security updates.
    pub supported: Supported,
    /// What the owner said of it.
    pub declared: Declared,
    /// Seconds without a request after which it is signed out.
    pub idle: i64,
    /// Whether a sign-in from it failed in the last 30 days.
    pub failed: bool,
    /// Whether it came from a network that it usually comes from.
    pub usual: bool,
}

lines! {
    "A line of a device's index.";
    /// What it signs in with.
    Credential = "credential", 30;
    /// Whether the owner let it in.
    Verified = "verified", 15;
    /// How its connection is protected.
    Session = "session", 15;
    /// Whether browser and system get security updates.
    System = "system", 15;
    /// Who uses it.
    Usage = "usage", 15;
    /// How it is used.
    Habits = "habits", 10;
    /// At most 0: nobody let it in.
    Unverified = "ceiling.unverified", 0;
}

/// Why a line won what it won.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is nothing to go by.
    NotKnown,
    /// What it signed in with.
    Credential(Credential),
    /// Whether the owner let it in.
    Verified(bool),
    /// How its connection is protected.
    Link(Link),
    /// The browser or system that gets the least; where the system's version is not told, the owner's word counts for it.
    Support(Support, Told),
    /// Browser or system is none that the table knows, or does not tell its version.
    NotTold,
    /// The owner has not said who uses it.
    NotDeclared,
    /// Who uses it, and whether its disk is encrypted and it locks itself.
    Usage(Usage, bool),
    /// How it is used.
    Habits(Habits),
    /// A ceiling: nobody let it in.
    Ceiling,
}

/// How the support of the system is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// By what browser and system say.
    Both,
    /// The browser by what it says, the system by the owner's word.
    Owner,
}

/// The parts of the line about habits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    /// Seconds without a request after which it is signed out.
    pub idle: i64,
    /// A sign-in from it failed in the last 30 days.
    pub failed: bool,
    /// It came from a usual network.
    pub usual: bool,
}

impl Habits {
    /// Points for signing out by itself: 5, 3 or 0.
    pub fn for_idle(self) -> i16 {
        match self.idle {
            idle if idle <= SHORT_IDLE => 5,
            idle if idle <= LONG_IDLE => 3,
            _ => 0,
        }
    }

    fn points(self) -> i16 {
        self.for_idle() + if self.failed { 0 } else { 3 } + if self.usual { 2 } else { 0 }
    }
}

/// What would win the points that a line misses. The words are `locale`'s, the page is `web`'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Sign in with a passkey that asks who holds it.
    Passkey,
    /// Let it in: from a verified device or with the recovery code.
    Verify,
    /// Use an encrypted connection.
    Encrypt,
    /// Use TLS 1.3.
    NewerTls,
    /// Update the browser or the system.
    Update,
    /// Say that the system installs its updates, if it does.
    SayUpdated,
    /// Use a browser that the table knows.
    KnownBrowser,
    /// Say who uses it.
    Declare,
    /// Encrypt its disk and let it lock itself.
    LockIt,
    /// Keep it to oneself.
    KeepItYours,
    /// Sign out sooner by itself.
    SignOutSooner,
    /// It comes back by itself with time.
    Wait,
}

/// A tip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tip {
    /// Points to win if nothing else changes.
    pub wins: u8,
    /// What to do; it is always the owner who can.
    pub advice: Advice,
}

/// One visible line.
pub type Line = line::Line<LineId, Reason, Tip>;

/// The index of a device with everything that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceIndex {
    /// 0 to 100, the plain sum of the lines.
    pub points: u8,
    /// Every line, the ceiling last where there is one.
    pub lines: Vec<Line>,
}

/// The index of a device.
pub fn evaluate(evidence: &Evidence) -> DeviceIndex {
    let habits = Habits {
        idle: evidence.idle,
        failed: evidence.failed,
        usual: evidence.usual,
    };
    let mut lines = vec![
        credential(evidence.credential),
        line(
            LineId::Verified,
            if evidence.verified { 15 } else { 0 },
            Reason::Verified(evidence.verified),
            Advice::Verify,
        ),
        session(evidence.link),
        system(evidence),
        usage(evidence.declared),
        of_habits(habits),
    ];
    let sum: i16 = lines.iter().map(|line| line.won).sum();
    if !evidence.verified {
        lines.push(line(LineId::Unverified, -sum, Reason::Ceiling, Advice::Verify));
    }
    let sum: i16 = lines.iter().map(|line| line.won).sum();
    DeviceIndex {
        points: u8::try_from(sum.clamp(0, 100)).unwrap_or(0),
        lines,
    }
}

fn line(id: LineId, won: i16, reason: Reason, advice: Advice) -> Line {
    Line::of(id, won, id.possible(), reason, |wins| Tip { wins, advice })
}

/// The same where its advice wins not all that is missing.
fn winning(line: Line, wins: i16) -> Line {
    let tip = line.tip.map(|tip| Tip {
        wins: u8::try_from(wins).unwrap_or(tip.wins),
        ..tip
    });
    Line { tip, ..line }
}

fn unknown(id: LineId, reason: Reason, advice: Advice) -> Line {
    Line {
        known: false,
        ..line(id, 0, reason, advice)
    }
}

fn credential(fact: Fact<Credential>) -> Line {
    let Fact::Known(credential) = fact else {
        return unknown(LineId::Credential, Reason::NotKnown, Advice::Passkey);
    };
    let won = match credential {
        Credential::PasskeyVerified => 30,
        Credential::Passkey => 24,
        Credential::PasswordTotp => 18,
        Credential::Password | Credential::Recovery => 6,
    };
    line(LineId::Credential, won, Reason::Credential(credential), Advice::Passkey)
}

fn session(fact: Fact<Link>) -> Line {
    let Fact::Known(link) = fact else {
        return unknown(LineId::Session, Reason::NotKnown, Advice::NewerTls);
    };
    let (won, advice) = match link {
        Link::Local | Link::Tls13 => (15, Advice::NewerTls),
        Link::Tls12 => (10, Advice::NewerTls),
        Link::Plain => (3, Advice::Encrypt),
    };
    line(LineId::Session, won, Reason::Link(link), advice)
}

fn system(evidence: &Evidence) -> Line {
    let id = LineId::System;
    let Supported { browser, system } = evidence.supported;
    if browser == Fact::Known(Support::Unsupported) || system == Fact::Known(Support::Unsupported) {
        return line(id, 0, Reason::Support(Support::Unsupported, Told::Both), Advice::Update);
    }
    let worth = |support: Support| match support {
        Support::Current => 15,
        Support::Outdated => 5,
        Support::Unsupported => 0,
    };
    match (browser, system) {
        (Fact::Known(browser), Fact::Known(system)) => {
            let least = browser.min(system);
            line(id, worth(least), Reason::Support(least, Told::Both), Advice::Update)
        }
        (Fact::Known(browser), Fact::Unknown) if evidence.declared.updated => {
            line(id, worth(browser), Reason::Support(browser, Told::Owner), Advice::Update)
        }
        (Fact::Known(browser), Fact::Unknown) => winning(unknown(id, Reason::NotTold, Advice::SayUpdated), worth(browser)),
        (Fact::Unknown, _) => unknown(id, Reason::NotTold, Advice::KnownBrowser),
    }
}

fn usage(declared: Declared) -> Line {
    let id = LineId::Usage;
    let Some(usage) = declared.usage else {
        return unknown(id, Reason::NotDeclared, Advice::Declare);
    };
    let for_usage = match usage {
        Usage::Personal => 10,
        Usage::Family => 5,
        Usage::Public => 0,
    };
    let reason = Reason::Usage(usage, declared.locked);
    if declared.locked {
        line(id, for_usage + 5, reason, Advice::KeepItYours)
    } else {
        winning(line(id, for_usage, reason, Advice::LockIt), 5)
    }
}

fn of_habits(habits: Habits) -> Line {
    let (id, won, reason) = (LineId::Habits, habits.points(), Reason::Habits(habits));
    match habits.for_idle() {
        5 => line(id, won, reason, Advice::Wait),
        idle => winning(line(id, won, reason, Advice::SignOutSooner), 5 - idle),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::privacy::index::Letter;
    use std::collections::HashSet;

    /// Every evidence that there is, up to what is equal in its effect.
    fn all() -> Vec<Evidence> {
        let mut all = Vec::new();
        let supports = [
            Fact::Unknown,
            Fact::Known(Support::Unsupported),
            Fact::Known(Support::Outdated),
            Fact::Known(Support::Current),
        ];
        let credentials = [
            Fact::Unknown,
            Fact::Known(Credential::Recovery),
            Fact::Known(Credential::Password),
            Fact::Known(Credential::PasswordTotp),
            Fact::Known(Credential::Passkey),
            Fact::Known(Credential::PasskeyVerified),
        ];
        let links = [
            Fact::Unknown,
            Fact::Known(Link::Plain),
            Fact::Known(Link::Tls12),
            Fact::Known(Link::Tls13),
            Fact::Known(Link::Local),
        ];
        let usages = [None, Some(Usage::Public), Some(Usage::Family), Some(Usage::Personal)];
        for n in 0..(6 * 5 * 16 * 4 * 3 * 32) {
            let digit = |place: usize, base: usize| (n / place) % base;
            let flag = |bit: usize| (n / (6 * 5 * 16 * 4 * 3)) & (1 << bit) != 0;
            all.push(Evidence {
                credential: credentials[digit(1, 6)],
                link: links[digit(6, 5)],
                supported: Supported {
                    browser: supports[digit(30, 4)],
                    system: supports[digit(120, 4)],
                },
                declared: Declared {
                    kind: None,
                    usage: usages[digit(480, 4)],
                    locked: flag(0),
                    updated: flag(1),
                },
                idle: [SHORT_IDLE, LONG_IDLE, LONG_IDLE + 1][digit(1920, 3)],
                failed: flag(2),
                usual: flag(3),
                verified: flag(4),
            });
        }
        all
    }

    #[test]
    fn the_index_is_the_sum_of_its_lines_and_every_letter_is_reached() {
        let mut letters = HashSet::new();
        for evidence in all() {
            let index = evaluate(&evidence);
            let sum: i16 = index.lines.iter().map(|line| line.won).sum();
            assert_eq!(i16::from(index.points), sum, "{evidence:?}");
            assert!(
                index
                    .lines
                    .iter()
                    .all(|line| line.won <= line.possible && (line.known || line.won <= 0))
            );
            assert_eq!(evidence.verified, !index.lines.iter().any(|line| line.id == LineId::Unverified));
            assert!(evidence.verified || index.points == 0, "nobody let it in");
            for line in &index.lines {
                let missing = line.possible - line.won;
                assert_eq!(line.tip.is_some(), missing > 0, "a tip for every missing point: {line:?}");
                assert!(line.tip.is_none_or(|tip| (1..=missing).contains(&i16::from(tip.wins))));
            }
            letters.insert(Letter::of(index.points));
        }
        assert_eq!(letters.len(), 5);
        assert_eq!(LineId::ALL.iter().map(|id| id.possible()).sum::<i16>(), 100);
    }

    /// What is won by whoever follows an advice, where that is one thing to do.
    fn followed(evidence: Evidence, advice: Advice) -> Option<Evidence> {
        let mut after = evidence;
        match advice {
            Advice::Passkey => after.credential = Fact::Known(Credential::PasskeyVerified),
            Advice::Encrypt | Advice::NewerTls => after.link = Fact::Known(Link::Tls13),
            Advice::SayUpdated => after.declared.updated = true,
            Advice::LockIt => after.declared.locked = true,
            Advice::KeepItYours => after.declared.usage = Some(Usage::Personal),
            Advice::SignOutSooner => after.idle = SHORT_IDLE,
            Advice::Wait => (after.failed, after.usual) = (false, true),
            Advice::Verify | Advice::Update | Advice::KnownBrowser | Advice::Declare => return None,
        }
        Some(after)
    }

    #[test]
    fn a_tip_wins_what_it_says() {
        for evidence in all().into_iter().filter(|evidence| evidence.verified) {
            let before = evaluate(&evidence);
            for tip in before.lines.iter().filter_map(|line| line.tip) {
                if let Some(after) = followed(evidence, tip.advice) {
                    assert_eq!(evaluate(&after).points, before.points + tip.wins, "{evidence:?} {tip:?}");
                }
            }
        }
    }

    #[test]
    fn better_is_never_worse() {
        let better = |fact: Fact<Support>| match fact {
            Fact::Unknown | Fact::Known(Support::Unsupported) => Fact::Known(Support::Outdated),
            Fact::Known(_) => Fact::Known(Support::Current),
        };
        for evidence in all().into_iter().step_by(7) {
            let before = evaluate(&evidence).points;
            let supported = Supported {
                browser: better(evidence.supported.browser),
                system: better(evidence.supported.system),
            };
            let declared = |change: fn(&mut Declared)| {
                let mut declared = evidence.declared;
                change(&mut declared);
                Evidence { declared, ..evidence }
            };
            for after in [
                Evidence {
                    verified: true,
                    ..evidence
                },
                Evidence {
                    credential: Fact::Known(Credential::PasskeyVerified),
                    ..evidence
                },
                Evidence {
                    link: Fact::Known(Link::Tls13),
                    ..evidence
                },
                Evidence { supported, ..evidence },
                Evidence { failed: false, ..evidence },
                Evidence { usual: true, ..evidence },
                Evidence { idle: 60, ..evidence },
                declared(|declared| declared.locked = true),
                declared(|declared| declared.updated = true),
                declared(|declared| declared.usage = Some(Usage::Personal)),
            ] {
                // An unknown version replaced by one that is outdated says something worse than the owner's word did.
                let told = after.supported != evidence.supported && evidence.declared.updated && !evidence.supported.system.is_known();
                assert!(told || evaluate(&after).points >= before, "{evidence:?}\n{after:?}");
            }
        }
    }

    #[test]
    fn the_lines_win_what_the_table_says() {
        let best = Evidence {
            credential: Fact::Known(Credential::PasskeyVerified),
            verified: true,
            link: Fact::Known(Link::Tls13),
            supported: Supported {
                browser: Fact::Known(Support::Current),
                system: Fact::Known(Support::Current),
            },
            declared: Declared {
                kind: None,
                usage: Some(Usage::Personal),
                locked: true,
                updated: false,
            },
            idle: SHORT_IDLE,
            failed: false,
            usual: true,
        };
        let points = |evidence: Evidence| evaluate(&evidence).points;
        assert_eq!(points(best), 100);
        for (credential, missing) in [
            (Credential::Passkey, 6),
            (Credential::PasswordTotp, 12),
            (Credential::Password, 24),
            (Credential::Recovery, 24),
        ] {
            let credential = Fact::Known(credential);
            assert_eq!(points(Evidence { credential, ..best }), 100 - missing);
        }
        for (link, missing) in [(Link::Local, 0), (Link::Tls12, 5), (Link::Plain, 12)] {
            let link = Fact::Known(link);
            assert_eq!(points(Evidence { link, ..best }), 100 - missing);
        }
        let family = Declared {
            usage: Some(Usage::Family),
            ..best.declared
        };
        assert_eq!(points(Evidence { declared: family, ..best }), 95);
        assert_eq!(
            points(Evidence {
                idle: LONG_IDLE,
                failed: true,
                usual: false,
                ..best
            }),
            93
        );
        let silent = Supported {
            system: Fact::Unknown,
            ..best.supported
        };
        assert_eq!(points(Evidence { supported: silent, ..best }), 85);
        let updated = Declared {
            updated: true,
            ..best.declared
        };
        assert_eq!(
            points(Evidence {
                supported: silent,
                declared: updated,
                ..best
            }),
            100
        );
        assert_eq!(points(Evidence { verified: false, ..best }), 0);
    }
}
