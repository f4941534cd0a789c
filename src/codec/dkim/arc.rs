//! Chains of seals (RFC 8617): whether the links are all there, and what each one signs.

use super::{Check, Field, Message, algorithm, canonical::Form};
use crate::{
    codec::tags::Tags,
    domain::authentication::{Reason, Signature},
};

/// Links that a chain may have (section 4.2.1).
const MAX_LINKS: usize = 50;

/// One link of a chain.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whoever sealed it.
    pub domain: String,
    /// What the seal signs: everything that was sealed up to here.
    pub seal: Check,
    /// What the message signature signs; only that of the newest link is verified (section 5.2, step 4).
    pub message: Option<Check>,
}

/// The three fields of a link.
#[derive(Clone, Copy)]
struct Three<'m, 'a> {
    results: &'m Field<'a>,
    message: &'m Field<'a>,
    seal: &'m Field<'a>,
}

/// The chain of a message, oldest link first; nothing where there is none, the reason where it is broken
/// whatever the keys say.
pub fn chain(message: &Message<'_>) -> Result<Vec<Link>, Reason> {
    let results = numbered(message, "ARC-Authentication-Results", results_number)?;
    let messages = numbered(message, "ARC-Message-Signature", tagged_number)?;
    let seals = numbered(message, "ARC-Seal", tagged_number)?;
    let length = seals.len();
    if length == 0 && messages.is_empty() && results.is_empty() {
        return Ok(Vec::new());
    }
    if length > MAX_LINKS || messages.len() != length || results.len() != length {
        return Err(Reason::BrokenChain);
    }
    let mut links: Vec<Link> = Vec::with_capacity(length);
    let mut sealed = Vec::new();
    for (at, ((results, messages), seals)) in results.iter().zip(&messages).zip(&seals).enumerate() {
        let number = at as u64 + 1;
        if results.0 != number || messages.0 != number || seals.0 != number {
            return Err(Reason::BrokenChain);
        }
        let three = Three {
            results: results.1,
            message: messages.1,
            seal: seals.1,
        };
        links.push(link(message, three, number, at + 1 == length, &mut sealed)?);
    }
    Ok(links)
}

fn link(message: &Message<'_>, three: Three<'_, '_>, number: u64, newest: bool, sealed: &mut Vec<u8>) -> Result<Link, Reason> {
    let tags = Tags::parse(three.seal.value).ok_or(Reason::Malformed)?;
    let text = |name| tags.text(name).unwrap_or_default();
    let says = text("cv").to_ascii_lowercase();
    if says != if number == 1 { "none" } else { "pass" } {
        return Err(Reason::BrokenChain);
    }
    // A seal signs a fixed list; one that names another is none (section 4.1.3).
    if tags.get("h").is_some() {
        return Err(Reason::Malformed);
    }
    let domain = text("d").to_lowercase();
    let selector = text("s");
    if domain.is_empty() || selector.is_empty() || (tags.get("t").is_some() && tags.number("t") == Some(None)) {
        return Err(Reason::Malformed);
    }
    for field in [three.results, three.message] {
        Form::Relaxed.field(field, sealed);
        sealed.extend_from_slice(b"\r\n");
    }
    let mut data = sealed.clone();
    Form::Relaxed.without_signature(three.seal, &mut data);
    Form::Relaxed.field(three.seal, sealed);
    sealed.extend_from_slice(b"\r\n");
    let seal = Check {
        key: format!("{selector}._domainkey.{domain}"),
        algorithm: algorithm(&text("a").to_ascii_lowercase())?,
        data,
        signature: tags.base64("b").flatten().filter(|b| !b.is_empty()).ok_or(Reason::Malformed)?,
        identity: domain.clone(),
        expires: None,
        unless: None,
    };
    let message = if newest {
        Some(message_signature(message, three.message)?)
    } else {
        None
    };
    Ok(Link { domain, seal, message })
}

fn message_signature(message: &Message<'_>, field: &Field<'_>) -> Result<Check, Reason> {
    let tags = Tags::parse(field.value).ok_or(Reason::Malformed)?;
    let text = |name| tags.text(name).unwrap_or_default();
    let about = Signature {
        domain: text("d").to_lowercase(),
        selector: text("s"),
        algorithm: text("a").to_ascii_lowercase(),
        ..Signature::default()
    };
    message.check(field, &tags, &about)
}

/// The fields of this name by their numbers, in order.
fn numbered<'m, 'a>(
    message: &'m Message<'a>,
    name: &str,
    number: impl Fn(&[u8]) -> Option<u64>,
) -> Result<Vec<(u64, &'m Field<'a>)>, Reason> {
    let fields = message.named(name).take(MAX_LINKS + 1);
    let numbered: Option<Vec<_>> = fields.map(|(_, field)| Some((number(field.value)?, field))).collect();
    let mut numbered = numbered.ok_or(Reason::Malformed)?;
    numbered.sort_by_key(|(number, _)| *number);
    Ok(numbered)
}

fn tagged_number(value: &[u8]) -> Option<u64> {
    Tags::parse(value)?
        .number("i")?
        .filter(|number| (1..=MAX_LINKS as u64).contains(number))
}

/// `i=1; host; …` (section 4.1.1): the number stands first, the rest is free.
fn results_number(value: &[u8]) -> Option<u64> {
    let first = value.split(|octet| *octet == b';').next()?;
    tagged_number(first)
}
