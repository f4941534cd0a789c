//! A message on its way out: what is handed to the outbox, and what becomes of it for each domain and recipient.
//!
//! A pure machine. A delivery is a row of its own for each copy of a message and each domain; its recipients are
//! waiting until something happened that ends it for them. The one moment after which nobody can know is kept as
//! well: [`Delivery::begun`] is written to the disk before the first octet of the message is sent, so that a crash
//! later than that is said to be ambiguous and a crash before it is none. Absent on purpose: DNS and servers
//! (`net`), rows (`store::outbox`), and sending again by itself what may have arrived (RFC 5321 section 4.2.5 wants
//! no doubles where they can be avoided).

mod travelled;
mod unknown;

pub use travelled::travelled;

use super::{address::Address, id::MessageId, time::Time, transport::TlsFacts};
use std::net::IpAddr;

/// Recipients of one row: what every server must take in one go (RFC 5321 section 4.5.3.1.8).
pub const RECIPIENTS: usize = 100;
/// Characters that are kept of somebody else's words.
pub const WORDS: usize = 500;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// Seconds ahead beyond which no try is ever put off: a row that seems to be due later was put down by a clock that has
/// been set back since, and is due now.
const NEVER_LATER: i64 = PATIENCE + 24 * HOUR;
/// Seconds to the first further try, and the most between two.
const FIRST: i64 = 5 * MINUTE;
const LONGEST: i64 = 4 * HOUR;
/// Seconds after which it is given up (RFC 5321 section 4.5.4.1 asks for four to five days at the most usual; people
/// want to know sooner, and three days outlast a weekend).
pub const PATIENCE: i64 = 72 * HOUR;
/// Seconds after which the owner is told that a message is late.
pub const LATE: i64 = 4 * HOUR;

/// A message that is to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The reverse-path: where bounces go.
    pub from: Address,
    /// What is sent to whom; one unless recipients get different octets (Bcc under OpenPGP).
    pub copies: Vec<Copy>,
    /// Not before this: time to think again.
    pub not_before: Time,
    /// Only over verified TLS and to servers that promise to pass it on like that (REQUIRETLS, RFC 8689).
    pub confidential: bool,
    /// Whether it leaves by the server of the mailbox elsewhere whose address it is from.
    pub by_provider: bool,
}

/// The octets that some recipients get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The message, its lines ending with CRLF.
    pub raw: Vec<u8>,
    /// Who gets it, at least one; none of them an address of this box.
    pub recipients: Vec<Address>,
}

/// What became of one recipient. Ordered: what asks most for attention last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The next server has taken it.
    Delivered,
    /// The owner took it back before it left.
    TakenBack,
    /// It will be tried, for the first time or again.
    #[default]
    Waiting,
    /// It was sent whole, and the answer was lost: it may have arrived or not.
    NobodyKnows,
    /// It will not arrive: refused for good, given up, or returned.
    Failed,
}

impl State {
    /// All of them, by number.
    pub const ALL: [Self; 5] = [Self::Delivered, Self::TakenBack, Self::Waiting, Self::NobodyKnows, Self::Failed];
}

/// Why something did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The DNS could not say where to.
    NoNames,
    /// There is no such domain (5.1.2).
    NoSuchDomain,
    /// The domain says that it takes no mail (RFC 7505; 5.1.10).
    TakesNoMail,
    /// It has no mail server (5.1.2).
    NoServer,
    /// Its mail servers lead back here (5.4.6).
    LeadsHere,
    /// No connection could be made.
    Unreachable,
    /// It could not be reached a moment ago for another message, and is given a rest.
    Resting,
    /// It did not answer in time.
    Silent,
    /// It hung up.
    HungUp,
    /// What it said is no answer.
    Garbled,
    /// It said no.
    Refused,
    /// It offers no encryption, and encryption is demanded.
    NoTls,
    /// Its certificate is not the one that is demanded, or encryption could not be agreed on.
    Certificate,
    /// Something was put into the connection before it was encrypted.
    Injected,
    /// What the DNS says of its certificate cannot be read (RFC 7672 section 2.1.2).
    Withheld,
    /// The domain's policy does not name this server (RFC 8461 section 4.1).
    NotListed,
    /// The message is confidential, and the server does not promise to keep it so.
    NoPromise,
    /// The message is confidential, and nothing says which server is the right one.
    NotVerifiable,
    /// It is larger than the server takes (5.3.4).
    TooLarge,
    /// It needs an address or a header beyond ASCII, and the server cannot (5.6.7).
    NeedsUtf8,
    /// It was sent whole, and the answer was lost.
    LostAnswer,
    /// The box went down while it was being sent.
    WentDown,
    /// The smarthost did not accept the name and password.
    SignIn,
    /// The smarthost offers no way of signing in that is known here.
    NoSignIn,
    /// Their own server, or one on the way, sent it back later.
    Returned,
    /// It talks to nobody from here just now, whatever the message.
    TurnedAway,
    /// It left, and a server on the way says that it is late.
    Late,
    /// The mailbox elsewhere by whose server it was to leave is not there any more, or sends no longer.
    NoMailbox,
    /// What was to be sent cannot be read here any more: the disk damaged it.
    Unreadable,
    /// It waited in a box that this one was made of, and may have left there.
    BroughtBack,
}

impl Kind {
    /// All of them, by number; it only ever grows.
    pub const ALL: [Self; 30] = [
        Self::NoNames,
        Self::NoSuchDomain,
        Self::TakesNoMail,
        Self::NoServer,
        Self::LeadsHere,
        Self::Unreachable,
        Self::Resting,
        Self::Silent,
        Self::HungUp,
        Self::Garbled,
        Self::Refused,
        Self::NoTls,
        Self::Certificate,
        Self::Injected,
        Self::Withheld,
        Self::NotListed,
        Self::NoPromise,
        Self::NotVerifiable,
        Self::TooLarge,
        Self::NeedsUtf8,
        Self::LostAnswer,
        Self::WentDown,
        Self::SignIn,
        Self::NoSignIn,
        Self::Returned,
        Self::TurnedAway,
        Self::Late,
        Self::NoMailbox,
        Self::Unreadable,
        Self::BroughtBack,
    ];

    /// Whether it is a matter of confidentiality: sending without it would help.
    pub fn is_of_confidence(self) -> bool {
        matches!(self, Self::NoPromise | Self::NotVerifiable)
    }
}

/// What went wrong, with the remote's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What it was.
    pub kind: Kind,
    /// The server it happened with; empty where it got to none.
    pub host: String,
    /// The code that was answered; 0 for none.
    pub code: u16,
    /// What was said, in the remote's own words; empty where nothing was.
    pub words: String,
}

impl Trouble {
    /// Trouble of this kind, without words.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            host: String::new(),
            code: 0,
            words: String::new(),
        }
    }

    /// The same at a server.
    pub fn at(self, host: &str) -> Self {
        Self {
            host: host.to_owned(),
            ..self
        }
    }

    /// The same with somebody's words, shortened.
    pub fn saying(self, code: u16, words: &str) -> Self {
        let words = words.chars().filter(|c| *c == '\n' || !c.is_control());
        Self {
            code,
            words: words.take(WORDS).collect(),
            ..self
        }
    }

    /// Whether trying again may help.
    pub fn is_temporary(&self) -> bool {
        match self.kind {
            Kind::Refused => self.code < 500,
            Kind::NoSuchDomain
            | Kind::TakesNoMail
            | Kind::NoServer
            | Kind::LeadsHere
            | Kind::TooLarge
            | Kind::NeedsUtf8
            | Kind::NoPromise
            | Kind::NotVerifiable
            | Kind::LostAnswer
            | Kind::WentDown
            | Kind::BroughtBack
            | Kind::NoMailbox
            | Kind::Unreadable
            | Kind::Returned => false,
            _ => true,
        }
    }
}

/// By which way, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Via {
    /// To the domain's own server.
    #[default]
    Direct,
    /// By the smarthost, because the owner wants all mail to go there.
    Smarthost,
    /// By the smarthost, because port 25 is shut where this box stands.
    SmarthostForShut,
    /// By the server of the mailbox elsewhere whose address it is from.
    Provider,
}

impl Via {
    /// All of them, by number.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Smarthost, Self::SmarthostForShut, Self::Provider];
}

/// Why the hop could not be stripped of its protection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Enforced {
    /// It could have been.
    #[default]
    Nothing,
    /// Its certificate was the one of the signed DNS record (DANE, RFC 7672).
    Dane,
    /// Its certificate was for a name that the domain's policy names (MTA-STS, RFC 8461).
    MtaSts,
    /// Its certificate was for the smarthost's name, which the owner gave.
    Name,
}

impl Enforced {
    /// All of them, by number.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Dane, Self::MtaSts, Self::Name];
}

/// How a message was handed over, as this box saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// When the server said that it has it.
    pub at: Time,
    /// The server's name.
    pub host: String,
    /// Its address.
    pub peer: IpAddr,
    /// The encryption; `None` is none.
    pub tls: Option<TlsFacts>,
    /// Why it could not be stripped.
    pub enforced: Enforced,
    /// Whether the server promised to pass it on over verified TLS only (REQUIRETLS).
    pub promised: bool,
    /// By which way.
    pub via: Via,
    /// What it answered to the message, in its own words.
    pub words: String,
}

/// One recipient of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The address.
    pub address: Address,
    /// What became of it.
    pub state: State,
    /// When it became that.
    pub since: Time,
    /// What went wrong last.
    pub trouble: Option<Trouble>,
    /// How it was handed over.
    pub handed: Option<Handed>,
}

/// A copy of a message on its way to one domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its number.
    pub id: u64,
    /// The message.
    pub message: MessageId,
    /// Which copy of it, from 0.
    pub copy: u32,
    /// The reverse-path.
    pub from: Address,
    /// The domain.
    pub domain: String,
    /// Who gets it there.
    pub recipients: Vec<Recipient>,
    /// Only over verified TLS and to servers that promise to pass it on like that.
    pub confidential: bool,
    /// When it was put into the outbox; its patience counts from when it may leave.
    pub queued: Time,
    /// When it may leave, at the earliest.
    pub not_before: Time,
    /// When it is due; `None` where nothing waits.
    pub due: Option<Time>,
    /// Tries so far.
    pub attempts: u32,
    /// The message's octets began to be sent then, and what came of it is not known yet.
    pub begun: Option<Time>,
    /// The way that was taken last.
    pub via: Via,
    /// Whether the owner was told that it is late.
    pub told_late: bool,
}

/// What came of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A server answered for these recipients: how it took it, or what it said. Each is named, because the row may have
    /// been changed since it was read.
    Answered(Vec<(Address, Result<Box<Handed>, Trouble>)>),
    /// Nobody got it.
    Trouble(Trouble),
    /// Nobody was visited: its servers have a rest until then. This is no try.
    Rest(Trouble, Time),
}

/// Whether what was put down for `due` is to be done at `now`.
pub fn is_due(due: Time, now: Time) -> bool {
    due <= now || due.0.saturating_sub(now.0) > NEVER_LATER
}

impl Delivery {
    /// The recipients that still wait.
    pub fn waiting(&self) -> impl Iterator<Item = &Recipient> {
        self.recipients.iter().filter(|recipient| recipient.state == State::Waiting)
    }

    /// Whether somebody waits.
    pub fn is_waiting(&self) -> bool {
        self.waiting().next().is_some()
    }

    /// What asks most for attention among its recipients.
    pub fn state(&self) -> State {
        self.recipients.iter().map(|recipient| recipient.state).max().unwrap_or_default()
    }

    /// Whether nothing has ever been tried: it can be taken back without a trace.
    pub fn is_untouched(&self) -> bool {
        self.attempts == 0 && self.begun.is_none() && self.recipients.iter().all(|recipient| recipient.state == State::Waiting)
    }

    /// The octets begin to be sent; false where they must not: nobody waits any more, or another try has begun.
    pub fn begin(&mut self, via: Via, now: Time) -> bool {
        let may = self.begun.is_none() && self.is_waiting();
        if may {
            self.begun = Some(now);
            self.via = via;
        }
        may
    }

    /// What came of a try. `dice` spreads the next one; see [`delay`].
    pub fn settle(&mut self, outcome: &Outcome, now: Time, dice: u64) {
        let rest = match outcome {
            Outcome::Rest(_, until) if now < self.end_of_patience() => Some(*until),
            _ => None,
        };
        if rest.is_none() {
            self.attempts = self.attempts.saturating_add(1);
        }
        self.begun = None;
        let waiting = self.recipients.iter_mut().filter(|recipient| recipient.state == State::Waiting);
        match outcome {
            Outcome::Answered(answers) => {
                for recipient in waiting {
                    let answer = answers.iter().find(|(address, _)| *address == recipient.address);
                    match answer.map(|(_, answer)| answer) {
                        // It was made to wait meanwhile, and was not among those that were told.
                        None => {}
                        Some(Ok(handed)) => {
                            recipient.state = State::Delivered;
                            recipient.handed = Some((**handed).clone());
                            recipient.trouble = None;
                            recipient.since = now;
                        }
                        Some(Err(trouble)) => troubled(recipient, trouble, now),
                    }
                }
            }
            Outcome::Trouble(trouble) => waiting.for_each(|recipient| troubled(recipient, trouble, now)),
            // What was met in earnest says more than that nobody was met.
            Outcome::Rest(trouble, _) => waiting
                .filter(|recipient| recipient.trouble.is_none())
                .for_each(|recipient| troubled(recipient, trouble, now)),
        }
        self.due = match rest {
            Some(until) => Some(until.min(self.end_of_patience())).filter(|_| self.is_waiting()),
            None => self.next(now, dice),
        };
        if self.due.is_none() {
            // What waits after three days is given up.
            self.end(State::Failed, now);
        }
    }

    fn end_of_patience(&self) -> Time {
        Time(self.not_before.0.max(self.queued.0).saturating_add(PATIENCE))
    }

    fn late_at(&self) -> Time {
        Time(self.not_before.0.max(self.queued.0).saturating_add(LATE))
    }

    /// When it is tried next; `None` where nobody waits or patience is at its end. There is a try when it is late, so
    /// that what is said then is true, and the last one is at the end.
    fn next(&self, now: Time, dice: u64) -> Option<Time> {
        let (end, late) = (self.end_of_patience(), self.late_at());
        let next = Time(now.0.saturating_add(delay(self.attempts, dice))).min(end);
        let next = if now < late { next.min(late) } else { next };
        (self.is_waiting() && now < end).then_some(next)
    }

    fn end(&mut self, state: State, now: Time) {
        for recipient in self.recipients.iter_mut().filter(|recipient| recipient.state == State::Waiting) {
            recipient.state = state;
            recipient.since = now;
        }
        if !self.is_waiting() {
            self.due = None;
        }
    }

    /// Takes back what waits; says whether something did. What is just being sent cannot be.
    pub fn take_back(&mut self, now: Time) -> bool {
        let may = self.begun.is_none() && self.is_waiting();
        if may {
            self.end(State::TakenBack, now);
        }
        may
    }

    /// What waits is due now; says whether something does.
    pub fn try_now(&mut self, now: Time) -> bool {
        let may = self.begun.is_none() && self.is_waiting();
        if may {
            self.due = Some(now);
            self.not_before = self.not_before.min(now);
        }
        may
    }

    /// The owner wants it to be sent once more to whom it may or may not have reached, or did not; says whether there
    /// is such a recipient. Patience begins anew. While it is just being sent to others it must wait.
    pub fn again(&mut self, now: Time) -> bool {
        if self.begun.is_some() {
            return false;
        }
        let mut some = false;
        let ended = [State::NobodyKnows, State::Failed];
        for recipient in self.recipients.iter_mut().filter(|recipient| ended.contains(&recipient.state)) {
            recipient.state = State::Waiting;
            recipient.since = now;
            some = true;
        }
        if some {
            (self.queued, self.not_before, self.due) = (now, now, Some(now));
            (self.attempts, self.told_late) = (0, false);
        }
        some
    }

    /// The owner wants it to be sent although nobody promises to keep it confidential; as with [`Self::again`], not while
    /// it is being sent.
    pub fn without_confidence(&mut self, now: Time) -> bool {
        if self.begun.is_some() {
            return false;
        }
        let was = std::mem::replace(&mut self.confidential, false);
        let refused = |recipient: &Recipient| {
            recipient.state == State::Failed && recipient.trouble.as_ref().is_some_and(|trouble| trouble.kind.is_of_confidence())
        };
        was && (self.recipients.iter().any(refused) && self.again(now) || self.is_waiting())
    }

    /// Whether the owner should be told now that it is late.
    pub fn is_late(&self, now: Time) -> bool {
        !self.told_late && self.attempts > 0 && self.is_waiting() && now >= self.late_at()
    }

    /// Somebody says that it is late for this recipient; says whether that is news.
    pub fn reported_late(&mut self, address: &Address, trouble: &Trouble) -> bool {
        let left = |recipient: &&mut Recipient| recipient.address == *address && recipient.state == State::Delivered;
        let recipient = self.recipients.iter_mut().find(left);
        let Some(recipient) = recipient.filter(|recipient| recipient.trouble.is_none()) else {
            return false;
        };
        recipient.trouble = Some(trouble.clone());
        true
    }

    /// Somebody returned it for this recipient; says whether that is news. Only what left can come back.
    pub fn returned(&mut self, address: &Address, trouble: &Trouble, now: Time) -> bool {
        let left = [State::Delivered, State::NobodyKnows];
        let recipient = self
            .recipients
            .iter_mut()
            .find(|recipient| recipient.address == *address && left.contains(&recipient.state));
        let Some(recipient) = recipient else { return false };
        recipient.state = State::Failed;
        recipient.since = now;
        recipient.trouble = Some(trouble.clone());
        true
    }
}

fn troubled(recipient: &mut Recipient, trouble: &Trouble, now: Time) {
    let state = match trouble.kind {
        Kind::LostAnswer | Kind::WentDown | Kind::BroughtBack => State::NobodyKnows,
        _ if trouble.is_temporary() => State::Waiting,
        _ => State::Failed,
    };
    if state != recipient.state {
        recipient.state = state;
        recipient.since = now;
    }
    recipient.trouble = Some(trouble.clone());
}

/// Seconds until the next try after so many: five minutes, then twice as long each time, four hours at most; a tenth
/// more or less as the dice fall, so that what waited together does not come back together.
pub fn delay(attempts: u32, dice: u64) -> i64 {
    let doubled = FIRST << attempts.saturating_sub(1).min(10);
    let plain = doubled.min(LONGEST);
    let spread = plain / 5;
    plain - spread / 2 + i64::try_from(dice % (spread.unsigned_abs() + 1)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
