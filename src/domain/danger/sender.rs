//! Who the author pretends to be: against the address book, and against the message's own words.
//!
//! Pure: what the owner knows comes in as [`Acquaintance`]. Absent on purpose: a list of famous brands. The
//! owner is deceived by those whom they know; for the others there is the spam verdict.

use super::{Danger, lookalike};
use crate::domain::{address::Address, message::Reading};
use std::collections::{HashMap, HashSet};

/// Letters of the shortest name that is compared letter by letter: of short ones, too many are one apart.
const NEAR: usize = 6;

/// Whom the owner knows, made ready for comparing. Made once for many messages.
#[derive(Clone, Debug, Default)]
pub struct Acquaintance {
    /// What a name looks like → the name, and the addresses of all who bear it.
    names: HashMap<String, (String, HashSet<Address>)>,
    addresses: HashSet<Address>,
    /// The organisations' domains, and what they look like.
    domains: HashMap<String, String>,
    /// The suffix and letters of each domain's name, for those long enough to be nearly met.
    near: Vec<(String, String, String)>,
}

impl Acquaintance {
    /// Adds somebody. `registrable` gives the domain of the organisation behind a host
    /// (`codec::hosts::registrable`).
    pub fn add(&mut self, name: &str, addresses: impl IntoIterator<Item = Address>, registrable: impl Fn(&str) -> String) {
        let addresses: Vec<Address> = addresses.into_iter().collect();
        for address in &addresses {
            self.add_domain(&registrable(address.domain()));
        }
        if let Some(key) = name_key(name) {
            let known = self.names.entry(key).or_insert_with(|| (name.trim().to_owned(), HashSet::new()));
            known.1.extend(addresses.iter().cloned());
        }
        self.addresses.extend(addresses);
    }

    /// Adds an organisation that the owner writes with.
    pub fn add_domain(&mut self, domain: &str) {
        if domain.is_empty() || self.domains.contains_key(domain) {
            return;
        }
        let looks = lookalike::skeleton(&lookalike::readable(domain));
        if let Some((name, suffix)) = looks.split_once('.')
            && name.chars().count() >= NEAR
        {
            self.near.push((suffix.to_owned(), name.to_owned(), domain.to_owned()));
        }
        self.domains.insert(domain.to_owned(), looks);
    }

    /// Whether an address stands on a card.
    pub fn knows(&self, address: &Address) -> bool {
        self.addresses.contains(address)
    }

    /// The known domain that this host is made to look like; `None` for one that is known itself.
    pub fn looks_like(&self, host: &str, registrable: impl Fn(&str) -> String) -> Option<&str> {
        let domain = registrable(host);
        if domain.is_empty() || self.domains.contains_key(&domain) {
            return None;
        }
        let looks = lookalike::skeleton(&lookalike::readable(&domain));
        if let Some((known, _)) = self.domains.iter().find(|(_, known)| **known == looks) {
            return Some(known);
        }
        if let Some(known) = self.worn(host, &domain) {
            return Some(known);
        }
        let (name, suffix) = looks.split_once('.')?;
        if name.chars().count() < NEAR {
            return None;
        }
        let near = |(known_suffix, known, _): &&(String, String, String)| known_suffix == suffix && lookalike::one_apart(known, name);
        self.near.iter().find(near).map(|(_, _, domain)| domain.as_str())
    }

    /// A known domain that stands in front of another one's: `bank.example.evil.test`, `bank-example.test`.
    fn worn(&self, host: &str, domain: &str) -> Option<&str> {
        let front = host.strip_suffix(domain).unwrap_or_default();
        let known = |known: &&String| {
            let dashed = known.replace('.', "-");
            front.starts_with(&format!("{known}.")) || front.contains(&format!(".{known}.")) || domain.starts_with(&format!("{dashed}."))
        };
        self.domains.keys().find(known).map(String::as_str)
    }
}

/// What a person's name looks like, whatever the order of its words; `None` for a single word, which too many
/// people share.
fn name_key(name: &str) -> Option<String> {
    let mut words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric() && c != '@')
        .filter(|word| word.chars().count() > 1)
        .map(lookalike::skeleton)
        .collect();
    words.sort_unstable();
    (words.len() >= 2 && !name.contains('@')).then(|| words.join(" "))
}

/// The first address that a display name shows.
fn shown_address(name: &str) -> Option<Address> {
    let words = name.split(|c: char| c.is_whitespace() || "<>()[]\"'“”«»,;:|".contains(c));
    words
        .filter(|word| word.len() > 3)
        .filter_map(|word| Address::parse(word.trim_end_matches('.')).ok())
        .find(|address| address.domain().contains('.'))
}

/// What is to be said of a message's author and of where its answers go.
pub fn look(
    reading: &Reading,
    known: &Acquaintance,
    is_owner: impl Fn(&Address) -> bool,
    registrable: impl Fn(&str) -> String,
) -> Vec<Danger> {
    let Some(author) = reading.author() else { return Vec::new() };
    let mut found = Vec::new();
    let own = registrable(author.address.domain());
    // A list that writes in its members' names says so by its own domain.
    let list = reading.list_id.as_deref().is_some_and(|id| registrable(id) == own);
    let stranger = !known.knows(&author.address) && !is_owner(&author.address);
    if stranger && let Some(like) = known.looks_like(author.address.domain(), &registrable) {
        found.push(Danger::LookAlike {
            seen: author.address.domain().to_owned(),
            like: like.to_owned(),
        });
    }
    if stranger
        && let Some((name, addresses)) = name_key(&author.name).and_then(|key| known.names.get(&key))
        && !addresses.contains(&author.address)
    {
        found.push(Danger::BorrowedName { name: name.clone() });
    }
    if !list
        && let Some(shown) = shown_address(&author.name)
        && shown != author.address
        && registrable(shown.domain()) != own
    {
        found.push(Danger::AddressInName { shown: shown.to_string() });
    }
    let elsewhere = |address: &Address| registrable(address.domain()) != own && !known.knows(address) && !is_owner(address);
    if reading.list_id.is_none()
        && !reading.reply_to.is_empty()
        && reading.reply_to.iter().all(|mailbox| elsewhere(&mailbox.address))
        && let Some(to) = reading.reply_to.first()
    {
        found.push(Danger::ReplyElsewhere {
            to: to.address.to_string(),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Mailbox;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    fn registrable(host: &str) -> String {
        let labels: Vec<&str> = host.split('.').collect();
        labels[labels.len().saturating_sub(2)..].join(".")
    }

    fn known() -> Acquaintance {
        let mut known = Acquaintance::default();
        known.add("Alice Martin", [address("alice@mybank.example")], registrable);
        known.add("Bob", [address("bob@paypal.test"), address("bob@tiny.test")], registrable);
        known
    }

    fn from(name: &str, author: &str, reply: Option<&str>) -> Vec<&'static str> {
        let mailbox = |name: &str, text: &str| Mailbox {
            name: name.into(),
            address: address(text),
        };
        let reading = Reading {
            from: vec![mailbox(name, author)],
            reply_to: reply.map(|reply| mailbox("", reply)).into_iter().collect(),
            ..Reading::default()
        };
        let is_owner = |address: &Address| address.as_str() == "me@home.test";
        look(&reading, &known(), is_owner, registrable).iter().map(Danger::code).collect()
    }

    #[test]
    fn who_pretends_is_named() {
        for (name, author, reply, expected) in [
            ("Alice Martin", "alice@mybank.example", None, &[][..]),
            ("Alice Martin", "x@evil.test", None, &["borrowed-name"]),
            ("MARTIN, Аlice", "x@evil.test", None, &["borrowed-name"]),
            ("Alice Martins", "x@evil.test", None, &[]),
            ("Bob", "x@evil.test", None, &[]),
            ("", "x@mybamk.example", None, &["look-alike"]),
            ("", "x@my-bank.example", None, &["look-alike"]),
            ("", "x@paypa1.test", None, &["look-alike"]),
            ("", "x@xn--pypal-4ve.test", None, &["look-alike"]),
            ("", "x@paypal.test.evil.test", None, &["look-alike"]),
            ("", "x@paypal-test.evil.test", None, &[]),
            ("", "x@paypal-test.com", None, &["look-alike"]),
            ("", "x@mail.paypal.test", None, &[]),
            ("", "x@tinny.test", None, &[]),
            ("", "x@else.test", None, &[]),
            ("service@paypal.test", "x@evil.test", None, &["address-in-name"]),
            ("me@home.test via Docs", "x@evil.test", None, &["address-in-name"]),
            ("x@mail.evil.test", "x@evil.test", None, &[]),
            ("", "x@evil.test", Some("y@mail.evil.test"), &[]),
            ("", "x@evil.test", Some("bob@tiny.test"), &[]),
            ("", "x@evil.test", Some("me@home.test"), &[]),
            ("", "x@evil.test", Some("y@free.test"), &["reply-elsewhere"]),
        ] {
            assert_eq!(from(name, author, reply), expected, "{name} {author} {reply:?}");
        }
    }

    #[test]
    fn a_list_may_write_in_its_members_names() {
        let mailbox = |name: &str, text: &str| Mailbox {
            name: name.into(),
            address: address(text),
        };
        let reading = Reading {
            from: vec![mailbox("carol@x.test via tea", "tea@lists.test")],
            reply_to: vec![mailbox("", "tea@elsewhere.test")],
            list_id: Some("tea.lists.test".into()),
            ..Reading::default()
        };
        assert_eq!(look(&reading, &known(), |_| false, registrable), []);
    }
}
