//! The screener: whoever writes for the first time waits at the door until the owner lets them in.
//!
//! It asks one thing only: has the owner ever had anything to do with this address? Whoever was written to, stands on a
//! card, has written before the screener was there, or answers a message of the owner's is known. What reports about
//! mail (a bounce, a report on the domain) and what comes from the owner's own house never waits. Whether a message is
//! spam is another question and is asked elsewhere: what is, is hidden as ever and does not stand at the door.

/// What the owner said of somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Nothing yet.
    #[default]
    Waiting = 0,
    /// Come in.
    In = 1,
    /// Come in, as a newsletter.
    Newsletter = 2,
    /// Stay out.
    Refused = 3,
}

impl Answer {
    /// All of them, by their numbers.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::In, Self::Newsletter, Self::Refused];

    /// By its number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// What is known of whoever wrote a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// What the owner said of them; `None` where they never stood at the door.
    pub answer: Option<Answer>,
    /// The owner wrote to them, or has them in the address book.
    pub known: bool,
    /// Honest mail came from them before.
    pub heard: bool,
    /// It answers a message of the owner's.
    pub answers: bool,
    /// It is a notice of a mail server, a report, or from the owner's own house.
    pub house: bool,
    /// It is spam as far as one can tell.
    pub spam: bool,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It comes in.
    In,
    /// It comes in, as a newsletter.
    Newsletter,
    /// It waits at the door.
    Waits,
    /// Nobody wants it.
    Refused,
}

/// Judges a message. What the owner once said holds whether the screener is on or not, but nobody waits while it is off.
pub fn judge(on: bool, author: Author) -> Verdict {
    match author.answer {
        Some(Answer::Refused) if !author.house && !author.answers => Verdict::Refused,
        Some(Answer::Newsletter) => Verdict::Newsletter,
        _ if author.house || author.answers || author.known || author.spam => Verdict::In,
        Some(Answer::Waiting) if on => Verdict::Waits,
        Some(_) => Verdict::In,
        None if on && !author.heard => Verdict::Waits,
        None => Verdict::In,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_stranger_waits_and_only_while_it_is_on() {
        let stranger = Author::default();
        assert_eq!(judge(true, stranger), Verdict::Waits);
        assert_eq!(judge(false, stranger), Verdict::In);
        for known in [
            Author { known: true, ..stranger },
            Author { heard: true, ..stranger },
            Author { answers: true, ..stranger },
            Author { house: true, ..stranger },
            Author { spam: true, ..stranger },
        ] {
            assert_eq!(judge(true, known), Verdict::In, "{known:?}");
        }
    }

    #[test]
    fn whoever_waits_goes_on_waiting_however_often_they_write() {
        let waiting = Author {
            answer: Some(Answer::Waiting),
            heard: true,
            ..Author::default()
        };
        assert_eq!(judge(true, waiting), Verdict::Waits);
        assert_eq!(judge(false, waiting), Verdict::In);
        assert_eq!(
            judge(true, Author { known: true, ..waiting }),
            Verdict::In,
            "the owner wrote to them"
        );
    }

    #[test]
    fn what_the_owner_said_holds() {
        for on in [true, false] {
            for (answer, verdict) in [
                (Answer::In, Verdict::In),
                (Answer::Newsletter, Verdict::Newsletter),
                (Answer::Refused, Verdict::Refused),
            ] {
                let author = Author {
                    answer: Some(answer),
                    heard: true,
                    ..Author::default()
                };
                assert_eq!(judge(on, author), verdict);
            }
            let answering = Author {
                answer: Some(Answer::Refused),
                answers: true,
                ..Author::default()
            };
            assert_eq!(judge(on, answering), Verdict::In, "never what answers the owner");
        }
    }
}
