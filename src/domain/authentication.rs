//! Who really sent a message, as far as the sending domain's own records say: SPF (RFC 7208), DKIM
//! (RFC 6376, RFC 8301, RFC 8463), DMARC (RFC 7489), ARC (RFC 8617) and the name of the peer (RFC 8601
//! section 2.7.3). Every value is what this appliance found by itself; an `Authentication-Results` field
//! that came with the message is never read.
//!
//! *Refused*, *could not be told just now* and *nobody looked* are different things and have different
//! values ([`Outcome`]). Absent on purpose: looking anything up (`net::authenticate`), and words for people.

use super::{
    fact::Fact,
    privacy::evidence::{Authentic, Dmarc as Met, Travel},
};

/// Signatures of one message that are verified; the rest is not looked at.
pub const MAX_SIGNATURES: usize = 10;

/// How a check came out; the words of RFC 8601 section 2.7, and that nobody looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Nobody looked, or no name server could be asked in time. Says nothing about the message.
    #[default]
    NotKnown,
    /// There is nothing to check: no record, no signature, no chain.
    None,
    /// It holds.
    Pass,
    /// It does not hold, and the domain says that it should.
    Fail,
    /// It does not hold, and the domain is not sure (SPF `~all`).
    SoftFail,
    /// The domain says nothing either way (SPF `?all`).
    Neutral,
    /// It would hold, but is not accepted here: a signature that leaves a part of the text unsigned.
    Policy,
    /// It could not be told: a name server failed, and may answer later.
    TempError,
    /// It cannot be told: a record or a signature makes no sense, or is too weak to mean anything.
    PermError,
}

impl Outcome {
    /// All of them, in the order of their numbers on the disk: new ones go to the end.
    pub const ALL: &'static [Self] = &[
        Self::NotKnown,
        Self::None,
        Self::Pass,
        Self::Fail,
        Self::SoftFail,
        Self::Neutral,
        Self::Policy,
        Self::TempError,
        Self::PermError,
    ];

    /// The word of RFC 8601, or `unknown`; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotKnown => "unknown",
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::Neutral => "neutral",
            Self::Policy => "policy",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }

    /// Whether it holds.
    pub fn is_pass(self) -> bool {
        self == Self::Pass
    }

    /// Whether asking again later may tell more.
    pub fn is_open(self) -> bool {
        matches!(self, Self::NotKnown | Self::TempError)
    }
}

/// Everything that was found about one message. A default has looked at nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authentication {
    /// Whether the peer may send for the domain of the envelope sender.
    pub spf: Spf,
    /// The DKIM signatures, from the top, at most [`MAX_SIGNATURES`]; empty where there is none or nobody
    /// looked, which `dkim` tells apart.
    pub signatures: Vec<Signature>,
    /// The best of the signatures; `None` where there is none, `NotKnown` where nobody looked.
    pub dkim: Outcome,
    /// What the policy of the From domain makes of both.
    pub dmarc: Dmarc,
    /// The seals of those who passed the message on.
    pub arc: Chain,
    /// The name of the peer's address.
    pub reverse: Reverse,
}

/// SPF (RFC 7208).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spf {
    /// How it came out.
    pub outcome: Outcome,
    /// The domain that was asked, in lower case: that of MAIL FROM, or of EHLO where that is null.
    pub domain: String,
    /// Whether the domain is that of EHLO, because MAIL FROM was null (section 2.4).
    pub helo: bool,
    /// Whether the domain is aligned with From (RFC 7489 section 3.1.2).
    pub aligned: bool,
}

/// One DKIM signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// How it came out.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// The domain that signs (`d=`), in lower case; empty where it cannot be read.
    pub domain: String,
    /// The name of its key (`s=`).
    pub selector: String,
    /// Whom it signs for (`i=`); empty where it does not say.
    pub identity: String,
    /// Its algorithm (`a=`), in lower case.
    pub algorithm: String,
    /// Whether the domain is aligned with From (RFC 7489 section 3.1.1).
    pub aligned: bool,
}

/// Why a signature, a chain or a policy came out as it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The outcome says it all.
    #[default]
    Plain,
    /// What was signed in the text is not what arrived.
    BodyAltered,
    /// What was signed in the headers is not what arrived, or another key signed it.
    HeadersAltered,
    /// It was valid until a time that was over when the message arrived (`x=`).
    Expired,
    /// It covers the beginning of the text only, and more follows (`l=`).
    Partial,
    /// It is made by an algorithm that proves nothing any more (RFC 8301: rsa-sha1).
    WeakAlgorithm,
    /// Its RSA key is shorter than 1024 bits (RFC 8301 section 3.2).
    WeakKey,
    /// The signature, seal or record cannot be read.
    Malformed,
    /// It does not sign the From field.
    FromUnsigned,
    /// It signs for an identity outside of its domain, or outside of what its key allows.
    WrongIdentity,
    /// The domain has no such key.
    NoKey,
    /// The domain has taken the key back.
    Revoked,
    /// The key is of another kind, or not for mail, or not for this algorithm.
    WrongKey,
    /// The name server failed, or its answer was forged.
    NameServer,
    /// The chain has a gap, a link twice, or says of itself that it is broken.
    BrokenChain,
    /// There is no From field, or none that can be read, or several that disagree.
    From,
}

impl Reason {
    /// All of them, in the order of their numbers on the disk: new ones go to the end.
    pub const ALL: &'static [Self] = &[
        Self::Plain,
        Self::BodyAltered,
        Self::HeadersAltered,
        Self::Expired,
        Self::Partial,
        Self::WeakAlgorithm,
        Self::WeakKey,
        Self::Malformed,
        Self::FromUnsigned,
        Self::WrongIdentity,
        Self::NoKey,
        Self::Revoked,
        Self::WrongKey,
        Self::NameServer,
        Self::BrokenChain,
        Self::From,
    ];

    /// The word of the command line's JSON and of our header; empty for [`Reason::Plain`]; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::BodyAltered => "body altered",
            Self::HeadersAltered => "signature does not verify",
            Self::Expired => "signature expired",
            Self::Partial => "text follows what was signed",
            Self::WeakAlgorithm => "algorithm too weak",
            Self::WeakKey => "key too short",
            Self::Malformed => "malformed",
            Self::FromUnsigned => "From is not signed",
            Self::WrongIdentity => "identity not of the domain",
            Self::NoKey => "no such key",
            Self::Revoked => "key revoked",
            Self::WrongKey => "key not for this",
            Self::NameServer => "name server failed",
            Self::BrokenChain => "chain broken",
            Self::From => "no usable From",
        }
    }
}

/// DMARC (RFC 7489).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dmarc {
    /// How it came out; `None` where the domain has no policy.
    pub outcome: Outcome,
    /// Why it could not be told.
    pub reason: Reason,
    /// The domain of From, in lower case.
    pub domain: String,
    /// The policy that the domain publishes for such a message (`p=`, or `sp=` for a subdomain).
    pub policy: Policy,
    /// What the policy asks to be done with this message: weaker than the policy where `pct=` spares it,
    /// nothing where the message did not fail.
    pub disposition: Policy,
    /// Why the policy is not followed although the message fails it.
    pub explained: Option<Explained>,
}

/// What a DMARC policy asks for. Ordered, weakest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// Nothing.
    #[default]
    None,
    /// To be suspicious of what fails.
    Quarantine,
    /// To refuse what fails.
    Reject,
}

impl Policy {
    /// All of them, in the order of their numbers on the disk.
    pub const ALL: &'static [Self] = &[Self::None, Self::Quarantine, Self::Reject];

    /// The word of the record; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

/// Why a message that fails its domain's policy is taken nevertheless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explained {
    /// It came with a whole chain of seals, and the owner trusts the last sealer.
    Sealer(String),
    /// It came through a mailing list that the owner reads, and the list's own domain vouches for itself.
    List(String),
}

/// ARC (RFC 8617).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// How it came out; `None` where there is no chain.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// The domains that sealed it, the first one first; of a chain that does not hold they say nothing.
    pub sealers: Vec<String>,
}

/// The name of the peer's address, looked up both ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reverse {
    /// `Pass` where the address has a name that has the address; `Fail` where it has names that do not.
    pub outcome: Outcome,
    /// That name, in lower case.
    pub name: String,
}

impl Authentication {
    /// Who vouches for the From domain. Known only where no answer that is still open could say more.
    pub fn authentic(&self) -> Fact<Authentic> {
        if self
            .signatures
            .iter()
            .any(|signature| signature.aligned && signature.outcome.is_pass())
        {
            return Fact::Known(Authentic::Dkim);
        }
        if self.spf.aligned && self.spf.outcome.is_pass() {
            return Fact::Known(Authentic::Spf);
        }
        let nobody_looked = self.dmarc.outcome == Outcome::NotKnown && [self.dkim, self.spf.outcome].contains(&Outcome::NotKnown);
        // Where the domain of From was heard, what is not aligned with it says nothing of it, however long the sender's choice of
        // name servers keeps one waiting.
        let signature = self.signatures.iter().any(|s| s.aligned && s.outcome.is_open());
        let envelope = self.spf.aligned && self.spf.outcome.is_open();
        if nobody_looked || signature || envelope {
            Fact::Unknown
        } else {
            Fact::Known(Authentic::Nobody)
        }
    }

    /// What the index makes of the policy.
    pub fn met(&self) -> Fact<Met> {
        match self.dmarc.outcome {
            Outcome::NotKnown | Outcome::TempError => Fact::Unknown,
            Outcome::Pass if self.dmarc.policy > Policy::None => Fact::Known(Met::Passed),
            Outcome::Fail if self.dmarc.policy > Policy::None && self.dmarc.explained.is_some() => Fact::Known(Met::Explained),
            Outcome::Fail if self.dmarc.policy > Policy::None => Fact::Known(Met::Refused),
            _ => Fact::Known(Met::NoPolicy),
        }
    }

    /// Makes it evidence: who vouches for the sender, and what the policy makes of it.
    pub fn weigh(&self, travel: &mut Travel) {
        travel.authentic = self.authentic();
        travel.dmarc = self.met();
    }

    /// Whether the From domain asks for this message to be refused, and nothing explains it.
    pub fn is_refused(&self) -> bool {
        self.dmarc.disposition == Policy::Reject && self.dmarc.explained.is_none()
    }

    /// Whether the From domain asks for this message to be suspected at least, and nothing explains it.
    pub fn is_suspect(&self) -> bool {
        self.dmarc.disposition >= Policy::Quarantine && self.dmarc.explained.is_none()
    }

    /// Keeps what was settled before, however it came out: who proved themselves when the message came did so, whatever a
    /// record says today, or a name server does not.
    pub fn settle(&mut self, before: &Self) {
        if !before.spf.outcome.is_open() {
            self.spf = before.spf.clone();
        }
        for (now, before) in self.signatures.iter_mut().zip(&before.signatures) {
            if !before.outcome.is_open() {
                *now = before.clone();
            }
        }
        if !before.dmarc.outcome.is_open() {
            self.dmarc = before.dmarc.clone();
        }
        if !before.arc.outcome.is_open() {
            self.arc = before.arc.clone();
        }
        if !before.reverse.outcome.is_open() {
            self.reverse = before.reverse.clone();
        }
    }

    /// Whether asking again later may tell more.
    pub fn is_open(&self) -> bool {
        let outcomes = [
            self.spf.outcome,
            self.dkim,
            self.dmarc.outcome,
            self.arc.outcome,
            self.reverse.outcome,
        ];
        outcomes.iter().any(|outcome| outcome.is_open()) || self.signatures.iter().any(|signature| signature.outcome.is_open())
    }

    /// The domain that vouches for the message although From says another: the envelope's, or a
    /// signature's, where they pass.
    pub fn vouching(&self) -> impl Iterator<Item = &str> {
        let envelope = self.spf.outcome.is_pass().then_some(self.spf.domain.as_str());
        let signed = self.signatures.iter().filter(|signature| signature.outcome.is_pass());
        envelope.into_iter().chain(signed.map(|signature| signature.domain.as_str()))
    }

    /// Whoever sealed the message last, where the whole chain holds.
    pub fn sealer(&self) -> Option<&str> {
        self.arc.sealers.last().filter(|_| self.arc.outcome.is_pass()).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(outcome: Outcome, aligned: bool) -> Authentication {
        Authentication {
            signatures: vec![Signature {
                outcome,
                aligned,
                ..Signature::default()
            }],
            dkim: outcome,
            spf: Spf {
                outcome: Outcome::Fail,
                ..Spf::default()
            },
            ..Authentication::default()
        }
    }

    #[test]
    fn only_what_passes_and_is_aligned_vouches() {
        assert_eq!(Authentication::default().authentic(), Fact::Unknown);
        assert_eq!(signed(Outcome::Pass, true).authentic(), Fact::Known(Authentic::Dkim));
        assert_eq!(signed(Outcome::Pass, false).authentic(), Fact::Known(Authentic::Nobody));
        assert_eq!(signed(Outcome::TempError, true).authentic(), Fact::Unknown);
        assert_eq!(signed(Outcome::TempError, false).authentic(), Fact::Known(Authentic::Nobody));
        assert_eq!(
            signed(Outcome::NotKnown, false).authentic(),
            Fact::Unknown,
            "nobody could be asked at all"
        );
        let heard = Dmarc {
            outcome: Outcome::None,
            ..Dmarc::default()
        };
        let slow = Authentication {
            dmarc: heard.clone(),
            ..signed(Outcome::NotKnown, false)
        };
        assert_eq!(slow.authentic(), Fact::Known(Authentic::Nobody), "its sender chose who signs");
        let slow = Authentication {
            dmarc: heard,
            dkim: Outcome::None,
            spf: Spf {
                domain: "slow.test".into(),
                ..Spf::default()
            },
            ..Authentication::default()
        };
        assert_eq!(slow.authentic(), Fact::Known(Authentic::Nobody), "its sender chose that name");
        for outcome in Outcome::ALL.iter().filter(|outcome| !outcome.is_pass()) {
            assert_ne!(signed(*outcome, true).authentic(), Fact::Known(Authentic::Dkim), "{outcome:?}");
        }
    }

    #[test]
    fn a_policy_is_followed_only_where_it_fails_and_nothing_explains_it() {
        let mut found = Authentication::default();
        assert!(!found.is_refused() && !found.is_suspect() && found.met() == Fact::Unknown);
        found.dmarc.outcome = Outcome::Fail;
        found.dmarc.policy = Policy::Reject;
        found.dmarc.disposition = Policy::Reject;
        assert!(found.is_refused() && found.is_suspect());
        assert_eq!(found.met(), Fact::Known(Met::Refused));
        found.dmarc.explained = Some(Explained::Sealer("list.test".into()));
        assert!(!found.is_refused() && !found.is_suspect());
        assert_eq!(found.met(), Fact::Known(Met::Explained));
        found.dmarc.disposition = Policy::Quarantine;
        found.dmarc.explained = None;
        assert!(!found.is_refused() && found.is_suspect());
    }
}
