//! What must hold of a contact's index whatever is known of them.

use super::*;
use crate::domain::privacy::{
    evidence::{Authentic, Content, HtmlFindings, Travel},
    index::Letter,
};
use proptest::prelude::*;
use std::collections::HashSet;

const NOW: Time = Time(1_700_000_000);
const DAY: i64 = 24 * 3600;

fn fact<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = Fact<T>> {
    prop_oneof![Just(Fact::Unknown), prop::sample::select(values).prop_map(Fact::Known)]
}

fn share() -> impl Strategy<Value = Share> {
    (0_u32..=50).prop_flat_map(|of| (0..=of).prop_map(move |have| Share { have, of }))
}

prop_compose! {
    fn habits()(encrypted in share(), signed in share(), tls in share(), clean in share(), replies in share()) -> Habits {
        Habits { encrypted, signed, tls, clean, replies }
    }
}

fn key() -> impl Strategy<Value = Fact<Key>> {
    let usable = [Strength::Weak, Strength::Fair, Strength::Strong].map(Key::Usable);
    fact([Key::Missing].into_iter().chain(usable).collect())
}

prop_compose! {
    fn evidence()(
        key in key(),
        facts in prop::collection::vec(fact(vec![false, true]), 5),
        habits in habits(),
        from in 0_u32..30,
        to in 0_u32..30,
        age in prop::option::of(0_i64..90),
    ) -> Evidence {
        Evidence {
            key,
            verified: facts[0],
            changed: facts[1],
            strict: facts[2],
            dnssec: facts[3],
            statement: facts[4],
            habits,
            from,
            to,
            first: age.map(|days| Time(NOW.0 - days * DAY)),
        }
    }
}

/// Every single thing that could be better known or better.
fn better(evidence: &Evidence) -> Vec<Evidence> {
    let with = |change: &dyn Fn(&mut Evidence)| {
        let mut better = *evidence;
        change(&mut better);
        better
    };
    let more = |share: Share| Share {
        have: share.of.max(1),
        of: share.of.max(1),
    };
    vec![
        with(&|e| e.key = Fact::Known(Key::Usable(Strength::Strong))),
        with(&|e| e.verified = Fact::Known(true)),
        with(&|e| e.changed = Fact::Known(false)),
        with(&|e| e.strict = Fact::Known(true)),
        with(&|e| e.dnssec = Fact::Known(true)),
        with(&|e| e.statement = Fact::Known(true)),
        with(&|e| e.habits.encrypted = more(e.habits.encrypted)),
        with(&|e| e.habits.signed = more(e.habits.signed)),
        with(&|e| e.habits.tls = more(e.habits.tls)),
        with(&|e| e.habits.clean = more(e.habits.clean)),
        with(&|e| e.habits.replies = more(e.habits.replies)),
        with(&|e| e.from += MANY),
        with(&|e| e.to += MANY),
        with(&|e| e.first = Some(Time(NOW.0 - 31 * DAY))),
    ]
}

proptest! {
    #[test]
    fn the_index_is_the_sum_of_its_lines(evidence in evidence()) {
        let index = evaluate(&evidence, NOW);
        let sum: i16 = index.lines.iter().map(|line| line.won).sum();
        prop_assert_eq!(i16::from(index.points.unwrap_or(0)), sum);
        prop_assert_eq!(index.lines.iter().map(|line| line.id).collect::<Vec<_>>(), LineId::ALL);
        for line in &index.lines {
            prop_assert!(line.won >= 0 && line.won <= line.possible);
            prop_assert!(line.known || line.won == 0);
            let missing = line.possible - line.won;
            prop_assert_eq!(line.tip.map(|tip| i16::from(tip.wins)), (missing > 0).then_some(missing));
        }
    }

    #[test]
    fn better_is_never_worse(evidence in evidence()) {
        let before = evaluate(&evidence, NOW).points;
        for after in better(&evidence) {
            prop_assert!(evaluate(&after, NOW).points >= before, "{after:?}");
        }
    }

    #[test]
    fn what_nobody_vouches_for_changes_nothing(
        tls in prop::sample::select(vec![Tls::None, Tls::V1_2, Tls::V1_3]),
        encrypted in any::<bool>(),
        trackers in 0_u32..3,
        refused in any::<bool>(),
    ) {
        let forged = OfMessage {
            content: Content {
                encryption: Fact::Known(if encrypted { super::super::evidence::Encryption::Whole } else { super::super::evidence::Encryption::None }),
                html: Fact::Known(HtmlFindings { trackers, ..HtmlFindings::default() }),
                signature: Fact::Known(Signature::Absent),
                ..Content::default()
            },
            travel: Travel {
                tls: Fact::Known(tls),
                authentic: if refused { Fact::Known(Authentic::Dkim) } else { Fact::Known(Authentic::Nobody) },
                dmarc: if refused { Fact::Known(Dmarc::Refused) } else { Fact::Unknown },
                ..Travel::default()
            },
            ..OfMessage::default()
        };
        let one = Exchange { to: false, door: true, evidence: &forged };
        prop_assert_eq!(Habits::of([one, one].into_iter()), Habits::default());
        let unseen = OfMessage { travel: Travel { authentic: Fact::Unknown, ..forged.travel }, ..forged };
        prop_assert!(!Exchange { to: false, door: true, evidence: &unseen }.counts(), "nor what nobody was asked about");
    }
}

#[test]
fn every_letter_is_reached_and_a_hundred_points_can_be_won() {
    assert_eq!(LineId::ALL.iter().map(|id| id.possible()).sum::<i16>(), 100);
    let all = Share { have: 50, of: 50 };
    let best = Evidence {
        key: Fact::Known(Key::Usable(Strength::Strong)),
        verified: Fact::Known(true),
        changed: Fact::Known(false),
        strict: Fact::Known(true),
        dnssec: Fact::Known(true),
        habits: Habits {
            encrypted: all,
            signed: all,
            tls: all,
            clean: all,
            replies: all,
        },
        from: 5,
        to: 5,
        first: Some(Time(NOW.0 - 30 * DAY)),
        statement: Fact::Known(true),
    };
    assert_eq!(evaluate(&best, NOW).points, Some(100));
    let habits = Habits {
        encrypted: Share { have: 0, of: 50 },
        ..best.habits
    };
    let steps = [
        best,
        Evidence { habits, ..best },
        Evidence {
            habits,
            verified: Fact::Known(false),
            statement: Fact::Unknown,
            ..best
        },
        Evidence {
            habits,
            key: Fact::Known(Key::Missing),
            statement: Fact::Unknown,
            ..best
        },
        Evidence {
            habits,
            key: Fact::Known(Key::Missing),
            statement: Fact::Unknown,
            first: None,
            ..best
        },
        Evidence {
            habits,
            key: Fact::Known(Key::Missing),
            statement: Fact::Unknown,
            first: None,
            ..best
        },
        Evidence {
            from: 1,
            ..Evidence::default()
        },
    ];
    let letters: HashSet<Letter> = steps.iter().filter_map(|step| evaluate(step, NOW).points.map(Letter::of)).collect();
    assert_eq!(letters.len(), 5, "{:?}", steps.map(|step| evaluate(&step, NOW).points));
    assert_eq!(
        evaluate(&Evidence::default(), NOW).points,
        None,
        "of whom nothing is known nothing is said"
    );
    let keyless = Evidence {
        key: Fact::Known(Key::Missing),
        ..Evidence::default()
    };
    assert_eq!(evaluate(&keyless, NOW).points, None);
}

#[test]
fn habits_are_those_of_the_newest_and_answers_are_counted() {
    let seen = |encrypted| OfMessage {
        content: Content {
            encryption: Fact::Known(if encrypted {
                super::super::evidence::Encryption::Whole
            } else {
                super::super::evidence::Encryption::None
            }),
            html: Fact::Known(HtmlFindings::default()),
            ..Content::default()
        },
        travel: Travel {
            tls: Fact::Known(Tls::V1_3),
            authentic: Fact::Known(Authentic::Dkim),
            ..Travel::default()
        },
        ..OfMessage::default()
    };
    let (open, closed) = (seen(false), seen(true));
    let from = |evidence| Exchange {
        to: false,
        door: true,
        evidence,
    };
    let to = |evidence| Exchange {
        to: true,
        door: false,
        evidence,
    };
    let many: Vec<Exchange<'_>> = (0..10).map(|_| from(&open)).chain((0..NEWEST).map(|_| from(&closed))).collect();
    let habits = Habits::of(many.into_iter());
    assert_eq!(habits.encrypted, Share { have: 50, of: 50 }, "the oldest ten no longer count");
    assert_eq!((habits.replies.of, habits.signed.of), (0, 0));
    let talk = [from(&open), to(&closed), from(&closed), from(&open), to(&open), from(&open)];
    let habits = Habits::of(talk.into_iter());
    assert_eq!(
        (habits.encrypted, habits.replies),
        (Share { have: 1, of: 4 }, Share { have: 1, of: 2 })
    );
    assert_eq!(Share { have: 1, of: 3 }.points(20), 7);
}

#[test]
fn of_what_was_brought_along_encryption_counts_where_it_is_signed_as_theirs() {
    use super::super::evidence::Encryption;
    fn one(to: bool, evidence: &OfMessage) -> Exchange<'_> {
        Exchange { to, door: false, evidence }
    }
    let seen = |encryption, signature| OfMessage {
        content: Content {
            encryption: Fact::Known(encryption),
            signature: Fact::Known(signature),
            ..Content::default()
        },
        ..OfMessage::default()
    };
    let mine = seen(Encryption::Whole, Signature::Valid);
    let signed = seen(Encryption::Whole, Signature::Valid);
    // Anybody has the owner's key, and can write any name.
    let forged = seen(Encryption::Whole, Signature::Absent);
    let open = seen(Encryption::None, Signature::Absent);
    let of = |theirs: [&OfMessage; 3]| {
        let theirs = theirs.map(|evidence| one(false, evidence));
        let habits = Habits::of([one(true, &mine)].into_iter().chain(theirs).collect::<Vec<_>>().into_iter());
        (habits.encrypted, habits.replies)
    };
    let share = |have| (Share { have, of: 3 }, Share { have, of: 3 });
    assert_eq!(of([&signed, &signed, &open]), share(2));
    assert_eq!(of([&forged, &forged, &open]), share(0));
    assert_eq!(of([&signed, &forged, &open]), share(1));
}

#[test]
fn what_could_not_be_verified_counts_among_the_rest() {
    let seen = |content: Content| OfMessage {
        content,
        travel: Travel {
            authentic: Fact::Known(Authentic::Dkim),
            ..Travel::default()
        },
        ..OfMessage::default()
    };
    let good = seen(Content {
        encryption: Fact::Known(super::super::evidence::Encryption::Whole),
        signature: Fact::Known(Signature::Valid),
        html: Fact::Known(HtmlFindings::default()),
        ..Content::default()
    });
    let (closed, asked) = (seen(Content::default()), good.clone());
    let one = |to, evidence| Exchange { to, door: !to, evidence };
    let (mine, open, shut) = (one(true, &asked), one(false, &good), one(false, &closed));
    let habits = Habits::of([mine, shut, open, shut, shut].into_iter());
    let share = Share { have: 1, of: 4 };
    assert_eq!(
        (habits.encrypted, habits.signed, habits.clean, habits.replies),
        (share, share, share, share)
    );
    let habits = Habits::of([mine, shut, shut].into_iter());
    assert_eq!(habits, Habits::default(), "where none could be told, none is held against them");
    assert_eq!(habits.encrypted.of, 0);
}
