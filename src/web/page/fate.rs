//! What became of a sent message, as pages show it: a line for each recipient, why, in the remote's own words, and what
//! the owner can do about it.

use super::super::Site;
use crate::{
    domain::outgoing::{Delivery, Recipient, State, Trouble},
    locale::{
        Words,
        sending::{self, SendingWords},
    },
};

/// The fate of a message.
pub(in crate::web) struct Fates {
    pub(in crate::web) t: &'static SendingWords,
    pub(in crate::web) rows: Vec<Fate>,
    /// The whole in few words: what asks most for attention.
    pub(in crate::web) state: &'static str,
    /// How that looks.
    pub(in crate::web) look: &'static str,
    /// Whether it is late.
    pub(in crate::web) late: bool,
    /// What can be done.
    pub(in crate::web) waits: bool,
    pub(in crate::web) again: bool,
    /// Whether sending again may bring it twice.
    pub(in crate::web) twice: bool,
    pub(in crate::web) unsealed: bool,
}

/// That of one recipient.
pub(in crate::web) struct Fate {
    pub(in crate::web) who: String,
    pub(in crate::web) state: &'static str,
    pub(in crate::web) look: &'static str,
    /// Since when.
    pub(in crate::web) since: String,
    /// Why, and what is next.
    pub(in crate::web) why: Vec<String>,
    /// The remote's own words.
    pub(in crate::web) words: Option<String>,
}

fn look(state: State) -> &'static str {
    match state {
        State::Delivered => "good",
        State::TakenBack | State::Waiting => "hint",
        State::NobodyKnows => "care",
        State::Failed => "error",
    }
}

impl Fates {
    /// Of a message's deliveries; `None` where it was never sent from here.
    pub(in crate::web) fn of(site: &Site, w: &Words, deliveries: &[Delivery]) -> Option<Self> {
        let t = sending::words(w.lang);
        let state = deliveries.iter().map(Delivery::state).max()?;
        let rows = deliveries
            .iter()
            .flat_map(|delivery| delivery.recipients.iter().map(move |recipient| (delivery, recipient)));
        let ended = |state: State| matches!(state, State::NobodyKnows | State::Failed);
        let confidence = |recipient: &Recipient| {
            ended(recipient.state) && recipient.trouble.as_ref().is_some_and(|trouble| trouble.kind.is_of_confidence())
        };
        // What is just being sent to somebody is left alone until that has ended.
        let still = deliveries.iter().filter(|delivery| delivery.begun.is_none());
        Some(Self {
            rows: rows.map(|(delivery, recipient)| fate(site, w, t, delivery, recipient)).collect(),
            state: t.state_of(state),
            look: look(state),
            late: deliveries.iter().any(|delivery| delivery.told_late && delivery.is_waiting()),
            waits: still.clone().any(Delivery::is_waiting),
            again: still
                .clone()
                .any(|delivery| delivery.recipients.iter().any(|recipient| ended(recipient.state))),
            twice: deliveries
                .iter()
                .any(|delivery| delivery.recipients.iter().any(|recipient| recipient.state == State::NobodyKnows)),
            unsealed: still
                .clone()
                .any(|delivery| delivery.confidential && delivery.recipients.iter().any(confidence)),
            t,
        })
    }

    /// Whether there is more to say than that every server has it.
    pub(in crate::web) fn is_plain(&self) -> bool {
        self.look == "good"
    }
}

fn fate(site: &Site, w: &Words, t: &SendingWords, delivery: &Delivery, recipient: &Recipient) -> Fate {
    let now = site.now();
    let mut why = Vec::new();
    if let Some(trouble) = &recipient.trouble {
        why.push(reason(w, trouble));
        if recipient.state == State::Failed && trouble.is_temporary() {
            why.push(t.gave_up.to_owned());
        }
        why.extend(sending::advice(w.lang, trouble.kind).map(str::to_owned));
    }
    if recipient.state == State::Waiting {
        match delivery.due {
            Some(due) if delivery.attempts > 0 || due > now => {
                let when = site.zone.say(w, due, now).moment;
                why.push(t.next.replace("{when}", &when));
            }
            _ => why.push(t.at_once.to_owned()),
        }
        if delivery.attempts > 0 {
            why.push(w.count(&t.tries, delivery.attempts.into()));
        }
    }
    if let (State::Delivered, Some(handed)) = (recipient.state, &recipient.handed) {
        why.push(sending::via(w.lang, handed.via).to_owned());
    }
    let words = recipient.trouble.as_ref().filter(|trouble| !trouble.words.is_empty());
    Fate {
        who: recipient.address.to_string(),
        state: t.state_of(recipient.state),
        look: look(recipient.state),
        since: t.since.replace("{when}", &site.zone.say(w, recipient.since, now).moment),
        why,
        words: words.map(said),
    }
}

/// Why, in a sentence.
pub(in crate::web) fn reason(w: &Words, trouble: &Trouble) -> String {
    let host = if trouble.host.is_empty() { "?" } else { &trouble.host };
    sending::trouble(w.lang, trouble.kind).replace("{host}", host)
}

/// The remote's own words, with their code where there is one.
fn said(trouble: &Trouble) -> String {
    let words = trouble.words.lines().map(super::calm).collect::<Vec<_>>().join(" ");
    if trouble.code > 0 {
        format!("{} {words}", trouble.code)
    } else {
        words
    }
}
