//! Evidence from a file: a JSON object that stands for what the receiver would have observed.
//! `docs/evidence.md` documents every field.
//!
//! Read by hand and not by derive, because a refusal names the field and what it may say. Nothing here
//! is read from the message: what a message says of itself is not evidence.

use crate::domain::{
    address::Address,
    fact::Fact,
    privacy::{
        evidence::{Authentic, Content, Direction, Dmarc, Encryption, HtmlFindings, Integrity, KeyState, Other, Signature, Tls, Travel},
        gather::{Observed, session},
    },
    transport::{TlsFacts, TlsVersion},
};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The most octets an evidence file may have.
pub(super) const MAX_EVIDENCE: u64 = 1024 * 1024;

/// What an evidence file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    /// The owner's addresses; `None` where the file does not say.
    pub(super) owner: Option<Vec<Address>>,
    /// What was observed.
    pub(super) seen: Observed,
    /// The address book; `None` where the file does not say.
    pub(super) contacts: Option<HashMap<Address, Card>>,
}

/// What is known of one contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Card {
    /// Whether they are in the address book.
    pub(super) known: bool,
    /// Their key.
    pub(super) key: Fact<KeyState>,
    /// Their contact index.
    pub(super) index: Fact<u8>,
}

impl Given {
    /// What is known of a participant. Where there is an address book, who is not in it is known not to be.
    pub(super) fn about(&self, address: &Address) -> Other {
        let card = self.contacts.as_ref().and_then(|cards| cards.get(address));
        Other {
            address: address.clone(),
            known: match (&self.contacts, card) {
                (None, _) => Fact::Unknown,
                (Some(_), card) => Fact::Known(card.is_some_and(|card| card.known)),
            },
            key: card.map_or(Fact::Unknown, |card| card.key),
            index: card.map_or(Fact::Unknown, |card| card.index),
        }
    }
}

/// Reads an evidence file. The error is one sentence that names the field.
pub(super) fn read(bytes: &[u8]) -> Result<Given, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| format!("it is not JSON ({error})"))?;
    let mut object = Object::of("", value)?;
    let mut travel = Travel::default();
    let (dkim, spf) = (authenticated(&mut object, "dkim", DKIM)?, authenticated(&mut object, "spf", SPF)?);
    let dmarc = dmarc(&mut object)?;
    let tls = tls(&mut object)?;
    let peer = object.parsed("peer", "an IP address", |text| text.parse::<std::net::IpAddr>().ok())?;
    let helo = object.text("helo")?;
    travel.strict = object.flag("strict")?.into();
    let received = [
        dkim.is_some(),
        spf.is_some(),
        dmarc.is_some(),
        tls.is_some(),
        peer.is_some(),
        helo.is_some(),
        travel.strict.is_known(),
    ];
    travel.authentic = vouching(dkim.unwrap_or_default(), spf.unwrap_or_default());
    travel.dmarc = dmarc.unwrap_or_default();
    (travel.tls, travel.quantum) = tls.unwrap_or_default();
    let content = Content {
        encryption: object.word("encrypted", ENCRYPTED)?.into(),
        integrity: object.word("integrity", INTEGRITY)?.into(),
        headers: object.flag("headers_protected")?.into(),
        signature: object.word("signature", SIGNATURE)?.into(),
        signer_verified: object.flag("signer_verified")?.into(),
        html: html(&mut object)?,
    };
    let given = Given {
        owner: owner(&mut object)?,
        seen: Observed {
            direction: object.word("direction", DIRECTION)?.unwrap_or_default(),
            received: received.contains(&true),
            content,
            travel,
            loaded: object.flag("loaded")?.unwrap_or_default(),
        },
        contacts: contacts(&mut object)?,
    };
    object.end()?;
    Ok(given)
}

type Words<T> = &'static [(&'static str, T)];

const DIRECTION: Words<Direction> = &[("in", Direction::In), ("out", Direction::Out), ("local", Direction::Local)];
const ENCRYPTED: Words<Encryption> = &[
    ("whole", Encryption::Whole),
    ("inline", Encryption::Inline),
    ("part", Encryption::Part),
    ("none", Encryption::None),
];
const INTEGRITY: Words<Integrity> = &[("aead", Integrity::Aead), ("mdc", Integrity::Mdc), ("none", Integrity::None)];
const SIGNATURE: Words<Signature> = &[
    ("valid", Signature::Valid),
    ("other", Signature::OfAnother),
    ("absent", Signature::Absent),
    ("broken", Signature::Broken),
];
const KEY: Words<KeyState> = &[
    ("verified", KeyState::Verified),
    ("usable", KeyState::Usable),
    ("missing", KeyState::Missing),
];
/// The results of RFC 8601 section 2.7; no answer is not a failure.
const DKIM: Words<Fact<bool>> = &[
    ("pass", Fact::Known(true)),
    ("fail", Fact::Known(false)),
    ("none", Fact::Known(false)),
    ("policy", Fact::Known(false)),
    ("neutral", Fact::Known(false)),
    ("permerror", Fact::Known(false)),
    ("temperror", Fact::Unknown),
];
const SPF: Words<Fact<bool>> = &[
    ("pass", Fact::Known(true)),
    ("fail", Fact::Known(false)),
    ("softfail", Fact::Known(false)),
    ("neutral", Fact::Known(false)),
    ("none", Fact::Known(false)),
    ("permerror", Fact::Known(false)),
    ("temperror", Fact::Unknown),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    Nothing,
    Refusal,
}

const POLICY: Words<Asks> = &[("none", Asks::Nothing), ("quarantine", Asks::Refusal), ("reject", Asks::Refusal)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Pass,
    Fail,
    NoRecord,
    NoAnswer,
}

const OUTCOME: Words<Outcome> = &[
    ("pass", Outcome::Pass),
    ("fail", Outcome::Fail),
    ("none", Outcome::NoRecord),
    ("permerror", Outcome::NoRecord),
    ("temperror", Outcome::NoAnswer),
];

/// A pass counts where it is aligned with From, which it is unless the file says otherwise.
fn authenticated(object: &mut Object, key: &'static str, words: Words<Fact<bool>>) -> Result<Option<Fact<bool>>, String> {
    let aligned = object.flag(&format!("{key}_aligned"))?.unwrap_or(true);
    let result = object.word(key, words)?;
    Ok(result.map(|result| match result {
        Fact::Known(pass) => Fact::Known(pass && aligned),
        Fact::Unknown => Fact::Unknown,
    }))
}

fn vouching(dkim: Fact<bool>, spf: Fact<bool>) -> Fact<Authentic> {
    match (dkim, spf) {
        (Fact::Known(true), _) => Fact::Known(Authentic::Dkim),
        (_, Fact::Known(true)) => Fact::Known(Authentic::Spf),
        (Fact::Known(false), Fact::Known(false)) => Fact::Known(Authentic::Nobody),
        _ => Fact::Unknown,
    }
}

fn dmarc(object: &mut Object) -> Result<Option<Fact<Dmarc>>, String> {
    let Some(mut dmarc) = object.object("dmarc")? else {
        return Ok(None);
    };
    let (policy, result) = (dmarc.word("policy", POLICY)?, dmarc.word("result", OUTCOME)?);
    dmarc.end()?;
    Ok(Some(match (policy, result) {
        (_, Some(Outcome::NoAnswer)) => Fact::Unknown,
        (Some(Asks::Nothing), _) | (_, Some(Outcome::NoRecord)) => Fact::Known(Dmarc::NoPolicy),
        (Some(Asks::Refusal), Some(Outcome::Pass)) => Fact::Known(Dmarc::Passed),
        (Some(Asks::Refusal), Some(Outcome::Fail)) => Fact::Known(Dmarc::Refused),
        (_, _) => Fact::Unknown,
    }))
}

/// How well a session was encrypted, and whether its key exchange was a post-quantum hybrid.
type Session = (Fact<Tls>, Fact<bool>);

/// A session without a named group says nothing about its key exchange.
fn tls(object: &mut Object) -> Result<Option<Session>, String> {
    let Some(value) = object.take("tls") else { return Ok(None) };
    if value == Value::String("none".into()) {
        let (tls, quantum) = session(None);
        return Ok(Some((Fact::Known(tls), Fact::Known(quantum))));
    }
    if !value.is_object() {
        return Err("\"tls\" is \"none\", or an object with \"version\", \"suite\" and \"group\"".into());
    }
    let mut object = Object::of("tls", value)?;
    let version = object.parsed(
        "version",
        "one of \"TLS1.3\", \"TLS1.2\", \"TLS1.1\", \"TLS1.0\", \"SSL3.0\"",
        version,
    )?;
    let suite = object.text("suite")?.unwrap_or_default().to_ascii_uppercase();
    let group = object.text("group")?;
    object.end()?;
    let Some(version) = version else {
        return Err("\"tls\" has no \"version\"".into());
    };
    let named = group.is_some();
    let facts = TlsFacts {
        version,
        suite,
        group: group.unwrap_or_default(),
    };
    let (tls, quantum) = session(Some(&facts));
    Ok(Some((Fact::Known(tls), if named { Fact::Known(quantum) } else { Fact::Unknown })))
}

/// However a program writes it: `TLS1.3`, `TLSv1.3`, `TLS 1.3`, `TLSv1_3`, `1.3`.
fn version(text: &str) -> Option<TlsVersion> {
    let name: String = text
        .to_ascii_uppercase()
        .replace('_', ".")
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | 'V'))
        .collect();
    match name.as_str() {
        "TLS1.3" | "1.3" => Some(TlsVersion::V1_3),
        "TLS1.2" | "1.2" => Some(TlsVersion::V1_2),
        "TLS1.1" | "1.1" | "TLS1.0" | "1.0" | "TLS1" | "SSL3.0" | "SSL3" | "SSL2.0" | "SSL2" => Some(TlsVersion::Older),
        _ => None,
    }
}

fn html(object: &mut Object) -> Result<Fact<HtmlFindings>, String> {
    let Some(mut html) = object.object("html")? else {
        return Ok(Fact::Unknown);
    };
    let mut count = |key| Ok::<_, String>(html.number(key, u32::MAX)?.unwrap_or_default());
    let findings = HtmlFindings {
        remote: count("remote")?,
        trackers: count("trackers")?,
        active: count("active")?,
        deceptive: count("deceptive")?,
    };
    html.end()?;
    Ok(Fact::Known(findings))
}

fn owner(object: &mut Object) -> Result<Option<Vec<Address>>, String> {
    let refused = || String::from("\"owner\" is a list of mail addresses");
    let texts = match object.take("owner") {
        None => return Ok(None),
        Some(Value::Array(texts)) => texts,
        Some(text) => vec![text],
    };
    let address = |value: &Value| Address::parse(value.as_str().ok_or_else(refused)?).map_err(|_| refused());
    texts.iter().map(address).collect::<Result<_, _>>().map(Some)
}

fn contacts(object: &mut Object) -> Result<Option<HashMap<Address, Card>>, String> {
    let Some(book) = object.object("contacts")? else {
        return Ok(None);
    };
    let mut contacts = HashMap::new();
    for (text, value) in book.fields {
        let address = Address::parse(&text).map_err(|error| format!("\"contacts.{text}\": {error}"))?;
        let mut card = Object::of(&format!("contacts.{text}"), value)?;
        let entry = Card {
            known: card.flag("known")?.unwrap_or(true),
            key: card.word("key", KEY)?.into(),
            index: card.number("index", 100)?.and_then(|index| u8::try_from(index).ok()).into(),
        };
        card.end()?;
        contacts.insert(address, entry);
    }
    Ok(Some(contacts))
}

/// A JSON object whose fields are taken out one by one; what is left over was not known.
struct Object {
    path: String,
    fields: Map<String, Value>,
    asked: Vec<String>,
}

impl Object {
    fn of(path: &str, value: Value) -> Result<Self, String> {
        match value {
            Value::Object(fields) => Ok(Self {
                path: path.to_owned(),
                fields,
                asked: Vec::new(),
            }),
            _ if path.is_empty() => Err("it is not a JSON object".into()),
            _ => Err(format!("\"{path}\" is not an object")),
        }
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The value of a field; `null` is the same as no field.
    fn take(&mut self, key: &str) -> Option<Value> {
        self.asked.push(key.to_owned());
        self.fields.remove(key).filter(|value| !value.is_null())
    }

    fn parsed<T>(&mut self, key: &str, may_be: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, String> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match value.as_str().and_then(read) {
            Some(parsed) => Ok(Some(parsed)),
            None => Err(format!("\"{}\" is {may_be}, not {value}", self.name(key))),
        }
    }

    fn text(&mut self, key: &str) -> Result<Option<String>, String> {
        self.parsed(key, "a text", |text| Some(text.to_owned()))
    }

    fn word<T: Copy>(&mut self, key: &str, words: Words<T>) -> Result<Option<T>, String> {
        let allowed: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.parsed(key, &format!("one of {}", allowed.join(", ")), |text| {
            words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
        })
    }

    fn flag(&mut self, key: &str) -> Result<Option<bool>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(value) => Err(format!("\"{}\" is true or false, not {value}", self.name(key))),
        }
    }

    fn number(&mut self, key: &str, most: u32) -> Result<Option<u32>, String> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= most) {
            Some(n) => Ok(Some(n)),
            None => Err(format!("\"{}\" is a whole number from 0 to {most}, not {value}", self.name(key))),
        }
    }

    fn object(&mut self, key: &str) -> Result<Option<Object>, String> {
        let name = self.name(key);
        self.take(key).map(|value| Object::of(&name, value)).transpose()
    }

    fn end(self) -> Result<(), String> {
        match self.fields.keys().next() {
            None => Ok(()),
            Some(key) => {
                let mut asked = self.asked.clone();
                asked.sort();
                Err(format!(
                    "\"{}\" is no field that is known; there are {}",
                    self.name(key),
                    asked.join(", ")
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests;
