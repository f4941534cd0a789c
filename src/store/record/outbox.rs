//! A delivery as a record. It stays when the message has left: how it was handed over is what its index rests on.

use super::{Record, proof::tls_of};
use crate::domain::{
    address::Address,
    id::MessageId,
    outgoing::{self, Enforced, Handed, Kind, State, Trouble, Via},
    time::Time,
};
use serde::{Deserialize, Serialize};

/// A copy of a message on its way to one domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The message.
    pub message: u64,
    /// Which copy of it.
    pub copy: u32,
    /// Its octets.
    pub octets: Octets,
    from: String,
    domain: String,
    recipients: Vec<Recipient>,
    confidential: bool,
    queued: i64,
    not_before: i64,
    /// When it is due.
    pub due: Option<i64>,
    attempts: u32,
    /// Since when its octets are being sent.
    pub begun: Option<i64>,
    via: u8,
    told_late: bool,
}

/// What is sent: how large, its hash, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Octets {
    /// How many.
    pub size: u64,
    /// How many when packed.
    pub packed: u64,
    /// First half of the SHA-256.
    pub hash: [u8; 16],
    /// Whether they lie in a place of their own; otherwise they are those of the message as it is filed.
    pub own: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Recipient {
    address: String,
    state: u8,
    since: i64,
    trouble: Option<(u8, String, u16, String)>,
    handed: Option<Session>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    at: i64,
    host: String,
    peer: std::net::IpAddr,
    tls: Option<(u8, String, String)>,
    enforced: u8,
    promised: bool,
    via: u8,
    words: String,
}

impl Record for Delivery {
    const TABLE: &'static str = "outbox";
    const VERSION: u8 = 1;
}

fn octet<T: PartialEq>(all: &[T], value: &T) -> u8 {
    all.iter().position(|other| other == value).map_or(u8::MAX, |at| at as u8)
}

fn of<T: Copy + Default>(all: &[T], number: u8) -> T {
    all.get(usize::from(number)).copied().unwrap_or_default()
}

impl Delivery {
    /// The record of a delivery.
    pub fn of(delivery: &outgoing::Delivery, octets: Octets) -> Self {
        Self {
            message: delivery.message.0,
            copy: delivery.copy,
            octets,
            from: delivery.from.to_string(),
            domain: delivery.domain.clone(),
            recipients: delivery.recipients.iter().map(recipient).collect(),
            confidential: delivery.confidential,
            queued: delivery.queued.0,
            not_before: delivery.not_before.0,
            due: delivery.due.map(|due| due.0),
            attempts: delivery.attempts,
            begun: delivery.begun.map(|begun| begun.0),
            via: octet(&Via::ALL, &delivery.via),
            told_late: delivery.told_late,
        }
    }

    /// The delivery in it; `None` where an address in it is none.
    pub fn delivery(&self, id: u64) -> Option<outgoing::Delivery> {
        Some(outgoing::Delivery {
            id,
            message: MessageId(self.message),
            copy: self.copy,
            from: Address::parse(&self.from).ok()?,
            domain: self.domain.clone(),
            recipients: self.recipients.iter().map(read).collect::<Option<_>>()?,
            confidential: self.confidential,
            queued: Time(self.queued),
            not_before: Time(self.not_before),
            due: self.due.map(Time),
            attempts: self.attempts,
            begun: self.begun.map(Time),
            via: of(&Via::ALL, self.via),
            told_late: self.told_late,
        })
    }
}

fn recipient(recipient: &outgoing::Recipient) -> Recipient {
    let trouble = recipient.trouble.as_ref();
    Recipient {
        address: recipient.address.to_string(),
        state: octet(&State::ALL, &recipient.state),
        since: recipient.since.0,
        trouble: trouble.map(|trouble| {
            let kind = octet(&Kind::ALL, &trouble.kind);
            (kind, trouble.host.clone(), trouble.code, trouble.words.clone())
        }),
        handed: recipient.handed.as_ref().map(|handed| Session {
            at: handed.at.0,
            host: handed.host.clone(),
            peer: handed.peer,
            tls: handed.tls.as_ref().map(super::proof::of_tls),
            enforced: octet(&Enforced::ALL, &handed.enforced),
            promised: handed.promised,
            via: octet(&Via::ALL, &handed.via),
            words: handed.words.clone(),
        }),
    }
}

fn read(recipient: &Recipient) -> Option<outgoing::Recipient> {
    let trouble = recipient.trouble.as_ref().map(|(kind, host, code, words)| Trouble {
        kind: Kind::ALL.get(usize::from(*kind)).copied().unwrap_or(Kind::Garbled),
        host: host.clone(),
        code: *code,
        words: words.clone(),
    });
    Some(outgoing::Recipient {
        address: Address::parse(&recipient.address).ok()?,
        state: of(&State::ALL, recipient.state),
        since: Time(recipient.since),
        trouble,
        handed: recipient.handed.as_ref().map(|session| Handed {
            at: Time(session.at),
            host: session.host.clone(),
            peer: session.peer,
            tls: session.tls.as_ref().map(tls_of),
            enforced: of(&Enforced::ALL, session.enforced),
            promised: session.promised,
            via: of(&Via::ALL, session.via),
            words: session.words.clone(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::transport::{TlsFacts, TlsVersion};

    #[test]
    fn a_delivery_comes_back_as_it_was() {
        let handed = Handed {
            at: Time(9),
            host: "mx.x.test".into(),
            peer: [192, 0, 2, 1].into(),
            tls: Some(TlsFacts {
                version: TlsVersion::V1_3,
                suite: "S".into(),
                group: "G".into(),
            }),
            enforced: Enforced::MtaSts,
            promised: true,
            via: Via::SmarthostForShut,
            words: "kept".into(),
        };
        let recipients = State::ALL
            .iter()
            .zip(Kind::ALL.iter().rev())
            .map(|(state, kind)| outgoing::Recipient {
                address: Address::parse("a@x.test").unwrap(),
                state: *state,
                since: Time(3),
                trouble: Some(Trouble::of(*kind).at("mx.x.test").saying(550, "no\nno")),
                handed: Some(handed.clone()),
            });
        let delivery = outgoing::Delivery {
            id: 4,
            message: MessageId(5),
            copy: 1,
            from: Address::parse("me@home.test").unwrap(),
            domain: "x.test".into(),
            recipients: recipients.collect(),
            confidential: true,
            queued: Time(1),
            not_before: Time(2),
            due: Some(Time(7)),
            attempts: 3,
            begun: Some(Time(6)),
            via: Via::Smarthost,
            told_late: true,
        };
        let octets = Octets {
            size: 1,
            packed: 2,
            hash: [3; 16],
            own: true,
        };
        let record = Delivery::of(&delivery, octets.clone());
        let read = Delivery::decode(4, &record.encode(4).unwrap()).unwrap();
        assert_eq!((read.delivery(4), read.octets), (Some(delivery), octets));
    }
}
