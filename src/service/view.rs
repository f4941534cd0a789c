//! What the pages are shown: values that are complete, so that a template only writes them down.

use super::Error;
use crate::domain::{
    address::Address,
    authentication::Authentication,
    danger::Look,
    fact::Fact,
    id::{DiscussionId, MessageId, TagId},
    importance::Range,
    message::{Attachment, Defect, Mailbox},
    openpgp::{NotOpened, Outside, Worth},
    padlock::Padlock,
    privacy::{
        evidence::{Direction, Encryption, HtmlFindings},
        index::{Index, Letter},
    },
    tag::{Colour, System},
    time::Time,
    transport::{Arrival, Hop},
};
use crate::store::{mail::Snapshot, record};

/// Somebody in a message, as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The contact's name where they are in the address book; else the display name that the sender
    /// wrote; else the address.
    pub name: String,
    /// Their address.
    pub address: Address,
    /// Whether it is the owner.
    pub owner: bool,
    /// Whether they are in the address book. Where not, the name is only the sender's word.
    pub known: bool,
}

/// Who the owner is, and so how everyone is shown; cheap to clone.
#[derive(Clone, Debug)]
pub struct People(std::sync::Arc<Vec<Address>>);

impl People {
    /// The owner's addresses, the first one their own. At least one must be an address.
    pub fn new(owner: &[String]) -> Option<Self> {
        let owner: Vec<Address> = owner.iter().filter_map(|address| Address::parse(address).ok()).collect();
        (!owner.is_empty()).then(|| Self(std::sync::Arc::new(owner)))
    }

    /// The owner as a person; `None` never happens, for there is at least one address.
    pub(super) fn owner(&self) -> Option<Person> {
        let address = self.0.first()?.clone();
        Some(Person {
            name: address.to_string(),
            address,
            owner: true,
            known: true,
        })
    }

    /// Somebody by the name that they gave and their address.
    pub(super) fn of(&self, snapshot: &Snapshot, name: &str, address: &Address) -> Result<Person, Error> {
        let owner = address.is_one_of(self.0.iter()) || snapshot.is_elsewhere(address)?;
        let card = snapshot.contact_of(address.as_str())?.map(|(_, card)| card.name);
        let known = owner || card.is_some();
        let name = card.unwrap_or_else(|| if name.is_empty() { address.to_string() } else { name.to_owned() });
        Ok(Person {
            name,
            address: address.clone(),
            owner,
            known,
        })
    }

    /// The author of a message. What came in by the door and only says that it is the owner's is not shown as theirs.
    pub(super) fn author(&self, snapshot: &Snapshot, message: u64, author: &Mailbox) -> Result<Person, Error> {
        let person = self.of(snapshot, &author.name, &author.address)?;
        let claimed = |proof: record::Proof| proof.arrival.is_some() && !proof.evidence().travel.is_vouched();
        if person.owner && snapshot.proof(message)?.is_some_and(claimed) {
            return Ok(Person {
                owner: false,
                known: false,
                ..person
            });
        }
        Ok(person)
    }

    /// The same, from a record; a text that is no address is nobody.
    pub(super) fn named(&self, snapshot: &Snapshot, name: &str, address: &str) -> Result<Option<Person>, Error> {
        Address::parse(address)
            .ok()
            .map(|address| self.of(snapshot, name, &address))
            .transpose()
    }

    /// Several by name and address, from a record. Whoever takes part by more than one address of their card is named once.
    pub(super) fn several<'p>(
        &self,
        snapshot: &Snapshot,
        people: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Result<Vec<Person>, Error> {
        let (mut cards, mut named) = (Vec::new(), Vec::new());
        for (name, address) in people {
            let Some(person) = self.named(snapshot, name, address)? else {
                continue;
            };
            let card = snapshot.contact_of(person.address.as_str())?.map(|(card, _)| card);
            if card.is_none_or(|card| !cards.contains(&card)) {
                cards.extend(card);
                named.push(person);
            }
        }
        Ok(named)
    }
}

/// A tag as it stands on a message or a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagMark {
    /// Which.
    pub id: TagId,
    /// What it is known by.
    pub slug: String,
    /// As it was written; one of the house has its word in the locale.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// Whether it is one of the house, and which.
    pub system: Option<System>,
}

impl TagMark {
    pub(super) fn of(id: u64, tag: &record::Tag) -> Self {
        Self {
            id: TagId(id),
            slug: tag.slug.clone(),
            name: tag.name.clone(),
            colour: tag.colour(),
            system: System::of(TagId(id)),
        }
    }
}

/// One page of the timeline, newest discussion first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimelinePage {
    /// At most [`super::timeline::ROWS`] rows.
    pub rows: Vec<TimelineRow>,
    /// Which page, from 1.
    pub page: u32,
    /// How many pages there are, at least 1.
    pub pages: u32,
    /// How many discussions there are.
    pub total: u64,
    /// How many of them hold something unread.
    pub unread: u64,
    /// Which levels of importance are shown.
    pub range: Range,
    /// How many discussions are not, because their level is another.
    pub hidden: u64,
}

/// One discussion as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    /// Which discussion.
    pub id: DiscussionId,
    /// Who takes part, the author of the newest message first, the owner left out unless alone; at most six.
    pub people: Vec<Person>,
    /// How many more people take part.
    pub more_people: u32,
    /// Whether there may be still more of them: not all of very many are kept.
    pub or_more: bool,
    /// The name of the mailing list, where it is one.
    pub list: Option<String>,
    /// The subject of the newest message; may be empty.
    pub subject: String,
    /// The first words of the newest message, one line; empty where it is masked.
    pub excerpt: String,
    /// Whether the newest message is masked on this device.
    pub masked: bool,
    /// How many messages.
    pub messages: u32,
    /// How many of them are unread.
    pub unread: u32,
    /// When the newest was received.
    pub last: Time,
    /// The index: the lowest of the newest ten messages; `None` is unknown.
    pub index: Option<u8>,
    /// The padlock of the newest message.
    pub padlock: Padlock,
    /// Trackers in the newest message.
    pub trackers: u32,
    /// Attachments in the newest message.
    pub attachments: u32,
    /// Its tags: its own and those of its messages.
    pub tags: Vec<TagMark>,
    /// Its level of importance.
    pub level: i8,
}

/// One page of a discussion, oldest message first within the page; the last page is the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscussionPage {
    /// Which discussion.
    pub id: DiscussionId,
    /// Everyone who takes part but the owner.
    pub people: Vec<Person>,
    /// Whether there may be more of them: not all of very many are kept.
    pub or_more: bool,
    /// Whether it is the one of what names nobody and has nobody who vouches for it.
    pub unknown: bool,
    /// The name of the mailing list, where it is one.
    pub list: Option<String>,
    /// The subject of the newest message.
    pub subject: String,
    /// How many messages in all.
    pub messages: u32,
    /// How many of them are unread.
    pub unread: u32,
    /// The index of the discussion.
    pub index: Option<u8>,
    /// The padlock of its newest message.
    pub padlock: Padlock,
    /// The messages of this page.
    pub shown: Vec<MessageView>,
    /// Which page, from 1, 1 being the newest.
    pub page: u32,
    /// How many pages.
    pub pages: u32,
}

/// One message with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// Which message.
    pub id: MessageId,
    /// Its discussion.
    pub discussion: DiscussionId,
    /// Its author; `None` where no From could be read.
    pub from: Option<Person>,
    /// `To`.
    pub to: Vec<Person>,
    /// `Cc`.
    pub cc: Vec<Person>,
    /// Its subject; may be empty.
    pub subject: String,
    /// When it was received here.
    pub received: Time,
    /// The sender's own date.
    pub date: Option<Time>,
    /// Whether it is unread.
    pub unread: bool,
    /// First words, one line.
    pub excerpt: String,
    /// The points that it was shown with when it came; `None` is unknown.
    pub index: Option<u8>,
    /// The padlock that it travelled with.
    pub padlock: Padlock,
    /// Its text.
    pub body: Body,
    /// Whether there is HTML, and so an "Original" to see.
    pub has_html: bool,
    /// What its HTML tried.
    pub findings: HtmlFindings,
    /// Who watches, by name or host.
    pub trackers: Vec<String>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// What opening it showed; `None` where nothing in it is of OpenPGP.
    pub protection: Option<Protection>,
    /// Whether it carries a key as a file.
    pub brings_key: bool,
    /// What in it may do harm.
    pub look: Look,
    /// What was odd.
    pub defects: Vec<Defect>,
    /// Octets as received.
    pub size: u64,
}

/// What opening a message showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// How much of it was encrypted.
    pub encryption: Fact<Encryption>,
    /// Why something was not opened.
    pub failed: Option<NotOpened>,
    /// Whether the subject was inside.
    pub subject: bool,
    /// The signatures.
    pub signatures: Vec<SignatureView>,
    /// Header fields that said something else outside.
    pub outside: Vec<Outside>,
}

/// A signature, as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureView {
    /// Whether it covers the whole message.
    pub whole: bool,
    /// What it is worth.
    pub worth: Worth,
    /// Whose key made it.
    pub who: Option<Person>,
    /// How a good one stands to the author.
    pub standing: Standing,
}

/// How a key that signed stands to the author of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is theirs, and the owner compared it.
    Verified,
    /// It is theirs.
    Theirs,
    /// Only the message says that it is theirs.
    Claimed,
    /// It is theirs, and was used long before the message came.
    Old,
    /// It is somebody else's, or nobody's.
    Another,
    /// The owner found that it is not theirs.
    Refused,
}

/// The text of a message, ready to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Plain text, still to be escaped.
    Text(String),
    /// Reader HTML: allow-listed, safe inside our page.
    Reader(String),
    /// There is nothing that could be shown.
    Nothing,
    /// It is masked: it came with a letter above the device's.
    Masked {
        /// The letter that it came with.
        message: Letter,
        /// The letter of the device.
        device: Letter,
    },
    /// It claims to be encrypted and nobody has opened it.
    Encrypted,
}

/// A message with everything that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePage {
    /// The message.
    pub message: MessageView,
    /// The index with its lines, computed from the stored evidence with today's rules, and with what is known of its people
    /// today.
    pub index: Index,
    /// How it travelled.
    pub journey: Journey,
    /// Who vouches for it; nothing is known of what did not come through the door.
    pub authentication: Authentication,
    /// Whoever sealed it last, where the chain holds, and whether the owner trusts them.
    pub sealer: Option<(String, bool)>,
}

/// How a message travelled (P05).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journey {
    /// Which way it went.
    pub direction: Direction,
    /// What this appliance saw; `None` where it did not come through its door.
    pub arrival: Option<Arrival>,
    /// What earlier servers claim, newest first.
    pub hops: Vec<Hop>,
}
