//! The domain's evidence and arrival to and from their record.

use super::{
    Authenticated,
    shapes::{Arrived, Proof},
};
use crate::domain::{
    address::Address,
    authentication::Authentication,
    fact::Fact,
    privacy::evidence::{
        Authentic, Content, Direction, Dmarc, Encryption, Evidence, HopClaims, HtmlFindings, Integrity, KeyState, Other, Signature, Social,
        Tls, Travel,
    },
    time::Time,
    transport::{Arrival, TlsFacts, TlsVersion},
};

/// Numbers of the facts. Never reused, never renumbered.
mod number {
    pub const DIRECTION: u8 = 1;
    pub const LOADED: u8 = 2;
    pub const LIST: u8 = 3;
    pub const ENCRYPTION: u8 = 10;
    pub const INTEGRITY: u8 = 11;
    pub const HEADERS: u8 = 12;
    pub const SIGNATURE: u8 = 13;
    pub const SIGNER: u8 = 14;
    pub const HTML: [u8; 4] = [20, 21, 22, 23];
    pub const TLS: u8 = 30;
    pub const QUANTUM: u8 = 31;
    pub const STRICT: u8 = 32;
    pub const AUTHENTIC: u8 = 33;
    pub const DMARC: u8 = 34;
    pub const RELAYS: u8 = 35;
    pub const IN_CLEAR: u8 = 36;
}

/// A value of a closed set as a small number, by its place in a list that only ever grows.
macro_rules! numbered {
    ($name:ident: $($variant:ident)*) => {
        impl Numbered for $name {
            const ALL: &'static [Self] = &[$($name::$variant),*];
        }
    };
}

trait Numbered: Copy + PartialEq + 'static {
    const ALL: &'static [Self];

    fn number(self) -> u32 {
        Self::ALL.iter().position(|value| *value == self).map_or(u32::MAX, |at| at as u32)
    }

    fn of(number: u32) -> Option<Self> {
        Self::ALL.get(number as usize).copied()
    }
}

impl Numbered for bool {
    const ALL: &'static [Self] = &[false, true];
}

numbered!(Direction: In Out Local);
numbered!(Encryption: None Part Inline Whole);
numbered!(Integrity: None Mdc Aead);
numbered!(Signature: Broken Absent OfAnother Valid);
numbered!(Tls: None Weak V1_2 V1_3);
numbered!(Authentic: Nobody Spf Dkim);
numbered!(Dmarc: Refused NoPolicy Passed Explained);
numbered!(KeyState: Missing Usable Verified);
numbered!(TlsVersion: Older V1_2 V1_3);

/// Unknown, where a number stands in an octet.
const UNKNOWN: u8 = 255;

fn octet<T: Numbered>(fact: Fact<T>) -> u8 {
    fact.known().map_or(UNKNOWN, |value| value.number() as u8)
}

impl Proof {
    /// The same with what was found about the sender.
    pub fn with(self, found: Option<&Authentication>) -> Self {
        Self {
            authenticated: found.map(Authenticated::of),
            ..self
        }
    }

    /// What was found about the sender; nothing is known where nobody looked.
    pub fn authentication(&self) -> Authentication {
        self.authenticated.as_ref().map(Authenticated::authentication).unwrap_or_default()
    }

    /// The record of this evidence and arrival.
    pub fn of(evidence: &Evidence, arrival: Option<&Arrival>) -> Self {
        let mut facts = vec![(number::DIRECTION, evidence.direction.number())];
        let mut put = |number: u8, value: Option<u32>| facts.extend(value.map(|value| (number, value)));
        put(number::LOADED, evidence.loaded.then_some(1));
        put(number::LIST, evidence.social.list.then_some(1));
        let Content {
            encryption,
            integrity,
            headers,
            signature,
            signer_verified,
            html,
        } = &evidence.content;
        put(number::ENCRYPTION, encryption.known().map(Numbered::number));
        put(number::INTEGRITY, integrity.known().map(Numbered::number));
        put(number::HEADERS, headers.known().map(Numbered::number));
        put(number::SIGNATURE, signature.known().map(Numbered::number));
        put(number::SIGNER, signer_verified.known().map(Numbered::number));
        if let Some(html) = html.known() {
            for (number, count) in number::HTML
                .into_iter()
                .zip([html.remote, html.trackers, html.active, html.deceptive])
            {
                put(number, Some(count));
            }
        }
        let Travel {
            tls,
            quantum,
            strict,
            authentic,
            dmarc,
            hops,
        } = &evidence.travel;
        put(number::TLS, tls.known().map(Numbered::number));
        put(number::QUANTUM, quantum.known().map(Numbered::number));
        put(number::STRICT, strict.known().map(Numbered::number));
        put(number::AUTHENTIC, authentic.known().map(Numbered::number));
        put(number::DMARC, dmarc.known().map(Numbered::number));
        put(number::RELAYS, hops.known().map(|hops| hops.relays));
        put(number::IN_CLEAR, hops.known().map(|hops| hops.in_clear.number()));
        let others = evidence.social.others.iter();
        Self {
            facts,
            others: others
                .map(|o| {
                    (
                        o.address.to_string(),
                        octet(o.known),
                        octet(o.key),
                        o.index.known().unwrap_or(UNKNOWN),
                    )
                })
                .collect(),
            arrival: arrival.map(Arrived::of),
            authenticated: None,
        }
    }

    /// The evidence in it.
    pub fn evidence(&self) -> Evidence {
        let raw = |number: u8| self.facts.iter().find(|(n, _)| *n == number).map(|(_, value)| *value);
        fn fact<T: Numbered>(value: Option<u32>) -> Fact<T> {
            value.and_then(T::of).into()
        }
        let [remote, trackers, active, deceptive] = number::HTML.map(raw);
        Evidence {
            direction: raw(number::DIRECTION).and_then(Direction::of).unwrap_or_default(),
            content: Content {
                encryption: fact(raw(number::ENCRYPTION)),
                integrity: fact(raw(number::INTEGRITY)),
                headers: fact(raw(number::HEADERS)),
                signature: fact(raw(number::SIGNATURE)),
                signer_verified: fact(raw(number::SIGNER)),
                html: remote
                    .map(|remote| HtmlFindings {
                        remote,
                        trackers: trackers.unwrap_or(0),
                        active: active.unwrap_or(0),
                        deceptive: deceptive.unwrap_or(0),
                    })
                    .into(),
            },
            travel: Travel {
                tls: fact(raw(number::TLS)),
                quantum: fact(raw(number::QUANTUM)),
                strict: fact(raw(number::STRICT)),
                authentic: fact(raw(number::AUTHENTIC)),
                dmarc: fact(raw(number::DMARC)),
                hops: raw(number::RELAYS)
                    .map(|relays| HopClaims {
                        relays,
                        in_clear: raw(number::IN_CLEAR) == Some(1),
                    })
                    .into(),
            },
            social: Social {
                others: self.others.iter().filter_map(other).collect(),
                list: raw(number::LIST) == Some(1),
            },
            loaded: raw(number::LOADED) == Some(1),
        }
    }
}

fn other((address, known, key, index): &(String, u8, u8, u8)) -> Option<Other> {
    Some(Other {
        address: Address::parse(address).ok()?,
        known: bool::of(u32::from(*known)).into(),
        key: KeyState::of(u32::from(*key)).into(),
        index: (*index != UNKNOWN).then_some(*index).into(),
    })
}

/// A session's facts as a record holds them: version, suite, group.
pub(super) fn of_tls(tls: &TlsFacts) -> (u8, String, String) {
    (tls.version.number() as u8, tls.suite.clone(), tls.group.clone())
}

/// The facts in it.
pub(super) fn tls_of((version, suite, group): &(u8, String, String)) -> TlsFacts {
    TlsFacts {
        version: TlsVersion::of(u32::from(*version)).unwrap_or(TlsVersion::Older),
        suite: suite.clone(),
        group: group.clone(),
    }
}

impl Arrived {
    /// The record of an arrival.
    pub fn of(arrival: &Arrival) -> Self {
        Self {
            at: arrival.at.0,
            peer: arrival.peer,
            helo: arrival.helo.clone(),
            mail_from: arrival.mail_from.clone(),
            rcpt_to: arrival.rcpt_to.clone(),
            tls: arrival.tls.as_ref().map(of_tls),
            extended: arrival.extended,
            utf8: arrival.utf8,
        }
    }

    /// The arrival in it.
    pub fn arrival(&self) -> Arrival {
        let tls = self.tls.as_ref().map(tls_of);
        Arrival {
            at: Time(self.at),
            peer: self.peer,
            helo: self.helo.clone(),
            mail_from: self.mail_from.clone(),
            rcpt_to: self.rcpt_to.clone(),
            tls,
            extended: self.extended,
            utf8: self.utf8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_comes_back_as_it_was() {
        let nothing = Evidence::default();
        assert_eq!(Proof::of(&nothing, None).evidence(), nothing);
        let all = Evidence {
            direction: Direction::Out,
            content: Content {
                encryption: Fact::Known(Encryption::Part),
                integrity: Fact::Known(Integrity::Aead),
                headers: Fact::Known(false),
                signature: Fact::Known(Signature::OfAnother),
                signer_verified: Fact::Known(true),
                html: Fact::Known(HtmlFindings {
                    remote: 4,
                    trackers: 3,
                    active: 2,
                    deceptive: 1,
                }),
            },
            travel: Travel {
                tls: Fact::Known(Tls::V1_2),
                quantum: Fact::Known(true),
                strict: Fact::Known(false),
                authentic: Fact::Known(Authentic::Spf),
                dmarc: Fact::Known(Dmarc::NoPolicy),
                hops: Fact::Known(HopClaims { relays: 3, in_clear: true }),
            },
            social: Social {
                others: vec![Other {
                    address: Address::parse("a@x.test").unwrap(),
                    known: Fact::Known(false),
                    key: Fact::Unknown,
                    index: Fact::Known(41),
                }],
                list: true,
            },
            loaded: true,
        };
        let arrival = Arrival {
            at: Time(7),
            peer: [192, 0, 2, 1].into(),
            helo: "x".into(),
            mail_from: None,
            rcpt_to: vec!["me@home.test".into()],
            tls: Some(TlsFacts {
                version: TlsVersion::V1_3,
                suite: "S".into(),
                group: "G".into(),
            }),
            extended: true,
            utf8: false,
        };
        let proof = Proof::of(&all, Some(&arrival));
        assert_eq!(proof.evidence(), all);
        assert_eq!(proof.arrival.unwrap().arrival(), arrival);
    }
}
