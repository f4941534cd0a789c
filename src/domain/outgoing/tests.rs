//! The machine of a delivery, over every path that a try can take.

use super::*;
use crate::domain::{fact::Fact, privacy::evidence::Tls};

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn delivery(recipients: &[&str]) -> Delivery {
    let recipient = |text: &&str| Recipient {
        address: address(text),
        state: State::Waiting,
        since: Time(0),
        trouble: None,
        handed: None,
    };
    Delivery {
        id: 1,
        message: MessageId(1),
        copy: 0,
        from: address("me@home.test"),
        domain: "x.test".into(),
        recipients: recipients.iter().map(recipient).collect(),
        confidential: false,
        queued: Time(0),
        not_before: Time(20),
        due: Some(Time(20)),
        attempts: 0,
        begun: None,
        via: Via::Direct,
        told_late: false,
    }
}

fn handed(at: Time) -> Handed {
    Handed {
        at,
        host: "mx.x.test".into(),
        peer: [192, 0, 2, 1].into(),
        tls: None,
        enforced: Enforced::Nothing,
        promised: false,
        via: Via::Direct,
        words: "kept".into(),
    }
}

fn no(code: u16) -> Trouble {
    Trouble::of(Kind::Refused).at("mx.x.test").saying(code, "no")
}

/// A server's answers to each: 0 for taken.
fn answered(at: i64, codes: &[(&str, u16)]) -> Outcome {
    let answer = |(to, code): &(&str, u16)| {
        let answer = if *code == 0 {
            Ok(Box::new(handed(Time(at))))
        } else {
            Err(no(*code))
        };
        (address(to), answer)
    };
    Outcome::Answered(codes.iter().map(answer).collect())
}

#[test]
fn each_recipient_has_its_own_end() {
    let mut it = delivery(&["a@x.test", "b@x.test", "c@x.test"]);
    assert!(
        it.begin(Via::Direct, Time(30)) && !it.begin(Via::Direct, Time(31)),
        "one try at a time"
    );
    it.settle(&answered(31, &[("a@x.test", 0), ("b@x.test", 550), ("c@x.test", 450)]), Time(31), 0);
    let states: Vec<State> = it.recipients.iter().map(|recipient| recipient.state).collect();
    assert_eq!(states, [State::Delivered, State::Failed, State::Waiting]);
    assert_eq!(it.state(), State::Failed);
    assert_eq!(it.due, Some(Time(31 + delay(1, 0))));
    // The next try is for the one that waits.
    it.settle(&answered(400, &[("c@x.test", 0)]), Time(400), 0);
    assert_eq!((it.due, it.attempts), (None, 2));
    assert_eq!(it.recipients[2].state, State::Delivered);
    assert_eq!(it.recipients[0].since, Time(31), "what ended stays as it ended");
}

#[test]
fn three_days_of_trying_end_in_words() {
    let mut it = delivery(&["a@x.test"]);
    let (mut now, mut tries) = (Time(20), 0);
    let (mut last, mut tried) = (0, Vec::new());
    while let Some(due) = it.due {
        assert!(due >= now && tries < 100);
        last = due.0;
        tried.push(last);
        now = due;
        it.settle(&Outcome::Trouble(no(451)), now, tries * 7919);
        tries += 1;
    }
    assert_eq!(last, 20 + PATIENCE, "the last try is at the end");
    assert!((20..40).contains(&tries), "{tries}");
    assert!(tried.contains(&(20 + LATE)), "there is a try when it is late");
    assert_eq!(it.recipients[0].state, State::Failed);
    assert!(it.recipients[0].trouble.as_ref().unwrap().is_temporary(), "given up, not refused");
    assert!(it.again(now) && it.due == Some(now) && it.attempts == 0);
}

#[test]
fn a_crash_is_ambiguous_only_once_the_octets_began() {
    let mut it = delivery(&["a@x.test"]);
    assert!(!it.recover(Time(25)) && it.is_untouched());
    assert!(it.begin(Via::Direct, Time(30)));
    assert!(!it.take_back(Time(31)) && !it.try_now(Time(31)), "too late for both");
    assert!(it.recover(Time(40)));
    assert_eq!((it.state(), it.due), (State::NobodyKnows, None));
    assert!(it.again(Time(50)) && it.is_waiting());
}

#[test]
fn a_lost_answer_is_not_tried_again() {
    let mut it = delivery(&["a@x.test"]);
    it.settle(&Outcome::Trouble(Trouble::of(Kind::LostAnswer)), Time(30), 0);
    assert_eq!((it.state(), it.due), (State::NobodyKnows, None));
}

#[test]
fn what_waits_is_taken_back_and_what_left_is_not() {
    let mut it = delivery(&["a@x.test", "b@x.test"]);
    it.settle(&answered(30, &[("a@x.test", 0), ("b@x.test", 450)]), Time(30), 0);
    assert!(it.take_back(Time(31)) && !it.take_back(Time(32)));
    let states: Vec<State> = it.recipients.iter().map(|recipient| recipient.state).collect();
    assert_eq!(states, [State::Delivered, State::TakenBack]);
    assert_eq!(it.due, None);
    assert!(!it.begin(Via::Direct, Time(33)));
}

#[test]
fn what_is_wanted_again_while_others_are_being_sent_to_gets_nobodys_answer() {
    let mut it = delivery(&["a@x.test", "b@x.test"]);
    it.confidential = true;
    it.settle(&answered(30, &[("a@x.test", 550), ("b@x.test", 450)]), Time(30), 0);
    let before = it.clone();
    assert!(it.begin(Via::Direct, Time(400)));
    let begun = it.clone();
    assert!(!it.again(Time(401)) && !it.without_confidence(Time(401)) && it == begun);
    it.settle(&answered(402, &[("b@x.test", 0)]), Time(402), 0);
    let states = |it: &Delivery| it.recipients.iter().map(|recipient| recipient.state).collect::<Vec<State>>();
    assert_eq!(states(&it), [State::Failed, State::Delivered]);
    // Before it has begun it may be wanted; what a server then says was said of those that it was told of.
    let mut it = before;
    assert!(it.again(Time(401)));
    it.settle(&answered(402, &[("b@x.test", 550)]), Time(402), 0);
    assert_eq!(states(&it), [State::Waiting, State::Failed]);
}

#[test]
fn late_is_said_once_and_only_after_a_try() {
    let mut it = delivery(&["a@x.test"]);
    assert!(!it.is_late(Time(20 + LATE)), "nothing was tried: the box was locked");
    it.settle(&Outcome::Trouble(no(451)), Time(30), 0);
    assert!(!it.is_late(Time(19 + LATE)) && it.is_late(Time(20 + LATE)));
    it.told_late = true;
    assert!(!it.is_late(Time(20 + LATE)));
}

#[test]
fn only_what_left_comes_back() {
    let mut it = delivery(&["a@x.test", "b@x.test"]);
    let back = Trouble::of(Kind::Returned).saying(550, "mailbox full");
    assert!(!it.returned(&address("a@x.test"), &back, Time(30)), "it has not left");
    it.settle(&answered(30, &[("a@x.test", 0), ("b@x.test", 0)]), Time(30), 0);
    assert!(!it.returned(&address("z@x.test"), &back, Time(31)), "nobody we wrote to");
    let late = Trouble::of(Kind::Late);
    assert!(it.reported_late(&address("a@x.test"), &late) && !it.reported_late(&address("a@x.test"), &late));
    assert_eq!(it.recipients[0].state, State::Delivered, "late is not lost");
    assert!(it.returned(&address("a@x.test"), &back, Time(31)));
    assert!(!it.returned(&address("a@x.test"), &back, Time(32)), "once");
    assert_eq!(it.recipients[1].state, State::Delivered);
}

#[test]
fn confidence_is_the_owners_to_give_up() {
    let mut it = delivery(&["a@x.test"]);
    it.confidential = true;
    it.settle(&Outcome::Trouble(Trouble::of(Kind::NoPromise)), Time(30), 0);
    assert_eq!(it.state(), State::Failed);
    assert!(it.without_confidence(Time(40)) && it.due == Some(Time(40)) && !it.confidential);
    assert!(!it.without_confidence(Time(41)));
}

#[test]
fn delays_grow_within_bounds() {
    let plain: Vec<i64> = (1..12).map(|attempts| delay(attempts, 0)).collect();
    assert!(plain.windows(2).all(|pair| pair[0] <= pair[1]), "{plain:?}");
    for attempts in [0, 1, 2, 5, 9, 50, u32::MAX] {
        for dice in [0, 1, 77, u64::MAX] {
            let delay = delay(attempts, dice);
            assert!((FIRST * 9 / 10..=LONGEST * 11 / 10).contains(&delay), "{attempts} {dice}: {delay}");
        }
    }
    assert!((270..=330).contains(&delay(1, 12345)));
}

#[test]
fn a_rest_is_no_try_and_does_not_outlast_patience() {
    let mut it = delivery(&["a@x.test"]);
    let rest = |until| Outcome::Rest(Trouble::of(Kind::Resting), Time(until));
    it.settle(&rest(90), Time(30), 0);
    assert_eq!((it.attempts, it.due, it.state()), (0, Some(Time(90)), State::Waiting));
    it.settle(&Outcome::Trouble(no(451)), Time(90), 0);
    it.settle(&rest(i64::MAX), Time(400), 0);
    assert_eq!((it.attempts, it.due), (1, Some(Time(20 + PATIENCE))));
    assert_eq!(it.recipients[0].trouble.as_ref().map(|trouble| trouble.code), Some(451));
    it.settle(&rest(i64::MAX), Time(20 + PATIENCE), 0);
    assert_eq!(it.state(), State::Failed);
}

#[test]
fn the_way_is_as_good_as_its_weakest_part() {
    use crate::domain::transport::TlsVersion;
    let tls = |version, group: &str| {
        Some(TlsFacts {
            version,
            suite: "TLS_AES_128_GCM_SHA256".into(),
            group: group.into(),
        })
    };
    let best = Handed {
        tls: tls(TlsVersion::V1_3, "X25519MLKEM768"),
        enforced: Enforced::Dane,
        ..handed(Time(1))
    };
    let old = Handed {
        tls: tls(TlsVersion::V1_2, "x25519"),
        ..handed(Time(1))
    };
    let passed_on = Handed {
        via: Via::Smarthost,
        ..best.clone()
    };
    let (yes, no) = (Fact::Known(true), Fact::Known(false));
    for (ways, expected) in [
        (vec![], (Fact::Unknown, Fact::Unknown, Fact::Unknown)),
        (vec![None], (Fact::Unknown, Fact::Unknown, Fact::Unknown)),
        (vec![Some(best.clone())], (Fact::Known(Tls::V1_3), yes, yes)),
        (vec![Some(best.clone()), Some(old)], (Fact::Known(Tls::V1_2), no, no)),
        (vec![Some(best.clone()), None], (Fact::Unknown, Fact::Unknown, Fact::Unknown)),
        (vec![Some(handed(Time(1))), None], (Fact::Known(Tls::None), no, no)),
        (vec![Some(best), Some(passed_on)], (Fact::Unknown, Fact::Unknown, Fact::Unknown)),
    ] {
        let mut it = delivery(&["a@x.test"]);
        let one = it.recipients.remove(0);
        it.recipients = ways
            .iter()
            .map(|handed| Recipient {
                handed: handed.clone(),
                ..one.clone()
            })
            .collect();
        it.recipients.push(Recipient {
            state: State::Failed,
            ..one
        });
        assert_eq!(travelled(&[it]), expected, "{ways:?}");
    }
}

#[test]
fn what_waited_in_another_box_is_not_sent_from_this_one_unless_somebody_says_so() {
    let mut it = delivery(&["a@x.test", "b@x.test"]);
    it.begin(Via::Direct, Time(30));
    it.settle(&answered(31, &[("a@x.test", 0), ("b@x.test", 450)]), Time(31), 0);
    it.begin(Via::Direct, Time(400));
    assert!(it.brought_back(Time(9_000)) && !it.brought_back(Time(9_001)));
    let states: Vec<State> = it.recipients.iter().map(|recipient| recipient.state).collect();
    assert_eq!(states, [State::Delivered, State::NobodyKnows]);
    assert_eq!((it.due, it.begun, it.recipients[1].since), (None, None, Time(9_000)));
    assert!(it.again(Time(9_002)) && it.due == Some(Time(9_002)));
}
