//! DKIM signatures (RFC 6376) and ARC seals (RFC 8617) as far as the message alone tells: reading them,
//! what they sign, and whether the text is what they signed. Fetching keys is `net::authenticate`'s.
//!
//! Keys and their mathematics are `mail-auth`'s. The form of a message (canonicalisation) and what a
//! signature may look like are ours: `mail-auth` keeps a last line of blanks that the standard drops, reads
//! lists of tags that the standard refuses, and knows no clock but the machine's.

mod arc;
mod canonical;
mod key;
mod sign;

pub use arc::{Link, chain};
pub use key::{Key, verify};
pub use sign::{Signer, generate, sign};

use super::tags::Tags;
use crate::domain::authentication::{MAX_SIGNATURES, Outcome, Reason, Signature};
use canonical::{Form, body_hash};
use std::cell::OnceCell;

/// Names of fields that a signature may list; more is nobody's mail.
const MAX_LISTED: usize = 500;
/// Fields of a message that are looked at, from the top: each listed name is looked for among all of them.
const MAX_FIELDS: usize = 2_000;

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA with SHA-256.
    Rsa,
    /// Ed25519 with SHA-256 (RFC 8463).
    Ed25519,
}

/// What is left to do for a signature: verify these octets with the key of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The name of the key in the DNS.
    pub key: String,
    /// How it is made.
    pub algorithm: Algorithm,
    /// The octets that were signed.
    pub data: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// Whom it signs for: the domain after the `@` of `i=`.
    pub identity: String,
    /// When it ends to hold, seconds since 1970.
    pub expires: Option<u64>,
    /// What is wrong even where it verifies.
    pub unless: Option<(Outcome, Reason)>,
}

/// A signature that was read, and what is left to do; nothing where it is decided already.
pub type Read = (Signature, Option<Check>);

/// A message cut into its header fields and its text.
#[derive(Debug)]
pub struct Message<'a> {
    fields: Vec<Field<'a>>,
    text: &'a [u8],
    hashes: [OnceCell<Vec<u8>>; 2],
}

/// A header field as it lies there.
#[derive(Clone, Copy, Debug)]
struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
    /// All of it without the last line end.
    whole: &'a [u8],
}

impl<'a> Message<'a> {
    /// Cuts a message up. Lines should end with CRLF; what begins no field is passed over, and so are fields
    /// beyond the first two thousand: a signature over one of those does not hold.
    pub fn of(raw: &'a [u8]) -> Self {
        let mut fields = Vec::new();
        let mut rest = raw;
        while let Some((field, after)) = cut(rest) {
            rest = after;
            let whole = field.strip_suffix(b"\n").unwrap_or(field);
            let whole = whole.strip_suffix(b"\r").unwrap_or(whole);
            if let Some((name, value)) = memchr::memchr(b':', whole).and_then(|colon| whole.split_at_checked(colon)) {
                let name = name.trim_ascii_end();
                if fields.len() < MAX_FIELDS && !name.is_empty() && name.iter().all(u8::is_ascii_graphic) {
                    let value = value.get(1..).unwrap_or_default();
                    fields.push(Field { name, value, whole });
                }
            }
        }
        let text = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
        Self {
            fields,
            text,
            hashes: Default::default(),
        }
    }

    fn named(&self, name: &str) -> impl DoubleEndedIterator<Item = (usize, &Field<'a>)> {
        let name = name.to_owned();
        let fields = self.fields.iter().enumerate();
        fields.filter(move |(_, field)| field.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The values of every field of this name, from the top.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.named(name).map(|(_, field)| field.value)
    }

    /// The DKIM signatures from the top, at most [`MAX_SIGNATURES`].
    pub fn signatures(&self) -> Vec<Read> {
        let signatures = self.named("DKIM-Signature").take(MAX_SIGNATURES);
        signatures.map(|(_, field)| self.signature(field)).collect()
    }

    fn signature(&self, field: &Field<'_>) -> Read {
        let Some(tags) = Tags::parse(field.value) else {
            return broken(Signature::default(), Reason::Malformed);
        };
        let text = |name| tags.text(name).unwrap_or_default();
        let about = Signature {
            domain: text("d").to_lowercase(),
            selector: text("s"),
            identity: text("i"),
            algorithm: text("a").to_ascii_lowercase(),
            ..Signature::default()
        };
        match self.check(field, &tags, &about) {
            Ok(check) => (about, Some(check)),
            Err(reason) => broken(about, reason),
        }
    }

    /// What a signature of either kind asks for (RFC 6376 section 6.1.1, RFC 8617 section 4.1.2).
    fn check(&self, field: &Field<'_>, tags: &Tags<'_>, about: &Signature) -> Result<Check, Reason> {
        let is_seal = field.name.len() > "DKIM-Signature".len();
        if !is_seal && tags.get("v") != Some(b"1") {
            return Err(Reason::Malformed);
        }
        let algorithm = algorithm(&about.algorithm)?;
        let signature = tags.base64("b").flatten().filter(|b| !b.is_empty()).ok_or(Reason::Malformed)?;
        let hash = tags.base64("bh").flatten().filter(|bh| !bh.is_empty()).ok_or(Reason::Malformed)?;
        let listed = tags.list("h").filter(|names| names.len() <= MAX_LISTED).ok_or(Reason::Malformed)?;
        if about.domain.is_empty() || about.selector.is_empty() || (!is_seal && listed.iter().any(String::is_empty)) {
            return Err(Reason::Malformed);
        }
        // One more than was signed is what people would see (RFC 6376 section 8.15).
        let signed = listed.iter().filter(|name| *name == "from").count();
        if !is_seal && signed < self.named("From").count().max(1) {
            return Err(Reason::FromUnsigned);
        }
        // The seal comes after: what it signs cannot hold it.
        if is_seal && listed.iter().any(|name| name == "arc-seal") {
            return Err(Reason::Malformed);
        }
        if tags.get("q").is_some() && !tags.list("q").unwrap_or_default().iter().any(|how| how == "dns/txt") {
            return Err(Reason::Malformed);
        }
        let identity = if is_seal { about.domain.clone() } else { identity(about)? };
        // The suite of ARC signs so where nothing is said, and no known sealer says nothing.
        let default = if is_seal { "relaxed/relaxed" } else { "simple/simple" };
        let (form, body) = forms(tags.text("c").as_deref().unwrap_or(default))?;
        let expires = tags.number("x").map(|x| x.ok_or(Reason::Malformed)).transpose()?;
        let created = tags.number("t").map(|t| t.ok_or(Reason::Malformed)).transpose()?;
        if let (Some(expires), Some(created)) = (expires, created)
            && expires < created
        {
            return Err(Reason::Malformed);
        }
        let length = tags.number("l").map(|l| l.ok_or(Reason::Malformed)).transpose()?;
        let unless = self.body_is(body, &hash, length);
        Ok(Check {
            key: format!("{}._domainkey.{}", about.selector, about.domain),
            algorithm,
            data: self.signed(field, &listed, form),
            signature,
            identity,
            expires,
            unless,
        })
    }

    /// What is wrong with the text under this hash.
    fn body_is(&self, form: Form, hash: &[u8], length: Option<u64>) -> Option<(Outcome, Reason)> {
        let altered = Some((Outcome::Fail, Reason::BodyAltered));
        let slot = match form {
            Form::Simple => self.hashes.first(),
            Form::Relaxed => self.hashes.last(),
        };
        match length {
            None => {
                let own = slot.map(|slot| slot.get_or_init(|| body_hash(form, self.text, None).0));
                if own.is_some_and(|own| own == hash) { None } else { altered }
            }
            Some(length) => {
                let (own, whole) = body_hash(form, self.text, Some(length));
                match own == hash && length <= whole {
                    false => altered,
                    true if length < whole => Some((Outcome::Policy, Reason::Partial)),
                    true => None,
                }
            }
        }
    }

    /// The header octets that were signed: the listed fields, each name's from the bottom up, then the
    /// signature's own field without the signature (RFC 6376 section 5.4.2, section 3.7).
    fn signed(&self, own: &Field<'_>, listed: &[String], form: Form) -> Vec<u8> {
        let mut taken: Vec<usize> = Vec::new();
        let mut out = Vec::new();
        for name in listed {
            let next = self.named(name).rev().find(|(at, _)| !taken.contains(at));
            if let Some((at, field)) = next {
                taken.push(at);
                form.field(field, &mut out);
                out.extend_from_slice(b"\r\n");
            }
        }
        form.without_signature(own, &mut out);
        out
    }
}

/// The first field of a block with its folds and its last line end, and what follows; nothing at its end.
pub(super) fn cut(block: &[u8]) -> Option<(&[u8], &[u8])> {
    if block.is_empty() || block.starts_with(b"\n") || block.starts_with(b"\r\n") {
        return None;
    }
    let mut end = memchr::memchr(b'\n', block).map_or(block.len(), |end| end + 1);
    while block.get(end).is_some_and(|octet| matches!(octet, b' ' | b'\t')) {
        let more = block.get(end..).unwrap_or_default();
        end += memchr::memchr(b'\n', more).map_or(more.len(), |end| end + 1);
    }
    block.split_at_checked(end)
}

fn broken(about: Signature, reason: Reason) -> Read {
    let outcome = Outcome::PermError;
    (Signature { outcome, reason, ..about }, None)
}

fn algorithm(name: &str) -> Result<Algorithm, Reason> {
    match name {
        "rsa-sha256" => Ok(Algorithm::Rsa),
        "ed25519-sha256" => Ok(Algorithm::Ed25519),
        "rsa-sha1" => Err(Reason::WeakAlgorithm),
        _ => Err(Reason::Malformed),
    }
}

/// The domain that a signature signs for, which is its own or lies below it.
fn identity(about: &Signature) -> Result<String, Reason> {
    if about.identity.is_empty() {
        return Ok(about.domain.clone());
    }
    let (_, domain) = about.identity.rsplit_once('@').ok_or(Reason::Malformed)?;
    let domain = domain.to_lowercase();
    let below = domain.strip_suffix(about.domain.as_str());
    if below.is_some_and(|below| below.is_empty() || below.ends_with('.')) {
        Ok(domain)
    } else {
        Err(Reason::WrongIdentity)
    }
}

/// The forms of header and body (RFC 6376 section 3.5, `c=`).
fn forms(text: &str) -> Result<(Form, Form), Reason> {
    let form = |name: &str| match name.to_ascii_lowercase().as_str() {
        "simple" => Ok(Form::Simple),
        "relaxed" => Ok(Form::Relaxed),
        _ => Err(Reason::Malformed),
    };
    match text.split_once('/') {
        Some((header, body)) => Ok((form(header)?, form(body)?)),
        None => Ok((form(text)?, Form::Simple)),
    }
}
