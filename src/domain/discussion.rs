//! A discussion is a set of participants: never a subject, never a `References` chain (R01).
//!
//! The key: a mailing list by its `List-Id`; else the addresses of everyone but the owner, each
//! replaced by its contact where it is known. A note from the owner to the owner has an empty set.

use super::{address::Address, id::ContactId, message::Reading};
use std::collections::BTreeSet;

/// What makes two messages parts of one discussion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiscussionKey(String);

impl DiscussionKey {
    /// The key of a message. `is_owner` says which addresses are the owner's own, `contact_of` which
    /// card an address stands on.
    pub fn of(reading: &Reading, is_owner: impl Fn(&Address) -> bool, contact_of: impl Fn(&Address) -> Option<ContactId>) -> Self {
        if let Some(list) = &reading.list_id {
            return Self::of_list(list);
        }
        let people: BTreeSet<String> = reading
            .participants()
            .filter(|mailbox| !is_owner(&mailbox.address))
            .map(|mailbox| contact_of(&mailbox.address).map_or_else(|| mailbox.address.to_string(), |id| format!("#{id}")))
            .collect();
        Self(format!("with:{}", people.into_iter().collect::<Vec<_>>().join(" ")))
    }

    /// The key of a mailing list by its `List-Id`.
    pub fn of_list(list: &str) -> Self {
        Self(format!("list:{list}"))
    }

    /// The key of what the box itself writes. No message from elsewhere ever has it, so that nobody can speak
    /// in the box's place.
    pub fn of_the_box() -> Self {
        Self("box:".to_owned())
    }

    /// The key of what came in by the door, names nobody but the owner, and has nobody who vouches for it: no note of the
    /// owner's, whatever it says of itself.
    pub fn of_an_unknown() -> Self {
        Self("unknown:".to_owned())
    }

    /// Whether nobody but the owner is in it.
    pub fn is_note(&self) -> bool {
        self.0 == "with:"
    }

    /// The key as the store orders it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Mailbox;

    fn box_of(text: &str) -> Mailbox {
        Mailbox {
            name: String::new(),
            address: Address::parse(text).unwrap(),
        }
    }

    fn key(from: &str, to: &[&str], subject: &str, list: Option<&str>) -> DiscussionKey {
        let reading = Reading {
            from: vec![box_of(from)],
            to: to.iter().map(|a| box_of(a)).collect(),
            subject: subject.into(),
            list_id: list.map(Into::into),
            ..Reading::default()
        };
        DiscussionKey::of(
            &reading,
            |a| a.as_str() == "me@home.test",
            |a| (a.domain() == "work.test").then_some(ContactId(7)),
        )
    }

    #[test]
    fn participants_make_the_discussion() {
        let plain = key("bob@x.test", &["me@home.test"], "one", None);
        assert_eq!(plain, key("Bob@X.test", &["me@home.test"], "two", None));
        assert_eq!(plain, key("me@home.test", &["bob@x.test"], "Re: one", None), "either way round");
        assert_ne!(plain, key("bob@x.test", &["me@home.test", "carol@x.test"], "one", None));
        assert_ne!(plain, key("bob@x.test", &["me@home.test"], "one", Some("talk.lists.test")));
        assert_eq!(
            key("a@x.test", &["l@l.test"], "", Some("l.test")),
            key("b@x.test", &["l@l.test"], "", Some("l.test"))
        );
        assert_eq!(
            key("ann@work.test", &["me@home.test"], "", None),
            key("a.b@work.test", &["me@home.test"], "", None),
            "two addresses of one card"
        );
        assert_eq!(key("me@home.test", &["me@home.test"], "", None).as_str(), "with:");
    }
}
