//! What nobody can know any more: whether something left before the power went, or from a box that this one was made of. It is
//! said to be so, and not sent again without a question.

use super::{Delivery, Kind, State, Trouble, troubled};
use crate::domain::time::Time;

impl Delivery {
    /// After a crash: what had begun to be sent may have arrived. Says whether that was so.
    pub fn recover(&mut self, now: Time) -> bool {
        let begun = self.begun.take().is_some();
        if begun {
            self.attempts = self.attempts.saturating_add(1);
            for recipient in self.recipients.iter_mut().filter(|recipient| recipient.state == State::Waiting) {
                troubled(recipient, &Trouble::of(Kind::WentDown), now);
            }
            self.due = None;
        }
        begun
    }

    /// It waited in a box that this one was made of, which may have gone on sending since: nobody knows, and it is not sent a
    /// second time without a question. Says whether somebody waited.
    pub fn brought_back(&mut self, now: Time) -> bool {
        let waited = self.is_waiting();
        if waited {
            for recipient in self.recipients.iter_mut().filter(|recipient| recipient.state == State::Waiting) {
                troubled(recipient, &Trouble::of(Kind::BroughtBack), now);
            }
            (self.begun, self.due) = (None, None);
        }
        waited
    }
}
