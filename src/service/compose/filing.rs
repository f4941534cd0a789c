//! Where a message of the owner's is filed: in the discussion with those whom it goes to, with its evidence, with the
//! tags of their cards.

use super::{
    Inner,
    foresee::{Addressed, List, row_people},
    ways::Ways,
};
use crate::{
    codec::mime,
    domain::{
        danger::Look,
        discussion::DiscussionKey,
        id::TagId,
        message::Mailbox,
        privacy::{evidence::Direction, index::RULES_VERSION, message::evaluate},
        tag::{By, System},
        time::Time,
    },
    service::{
        Error,
        excerpt::{excerpt, headline},
        importance::{self, Asked},
        protect::Plan,
        search,
    },
    store::{
        self, contacts,
        filing::{Filling, Wanted},
        mail::{self, Keep, Snapshot},
        record,
        vault::Open,
    },
};
use std::collections::{BTreeSet, HashSet};

/// What is needed to file a message.
pub(super) struct Filing<'a> {
    pub inner: &'a Inner,
    pub snapshot: &'a Snapshot,
    pub plan: &'a Plan,
    pub ways: &'a Ways,
    pub addressed: &'a Addressed,
    /// The list that it is an answer to.
    pub list: Option<&'a List>,
    pub now: Time,
}

impl Filing<'_> {
    /// The message as it is kept; `same` tells it where a mailbox that is fetched from will have it too.
    pub fn keep(&self, open: &Open, raw: &[u8], same: Option<[u8; 32]>) -> Result<Keep, Error> {
        let inner = self.inner;
        let mut reading = mime::read(raw);
        let (subject, text) = (headline(&reading.subject), excerpt(&reading.text));
        // Whom nobody else sees is somebody all the same: for the index, and for whom it was written to.
        let seen: HashSet<_> = reading.participants().map(|person| person.address.clone()).collect();
        let alone = self.others(&reading.to).chain(self.others(&reading.cc)).next().is_none();
        let mut unseen = reading.clone();
        unseen
            .cc
            .extend(self.addressed.bcc.iter().filter(|person| !seen.contains(&person.address)).cloned());
        // A discussion is made of those who know of one another.
        if alone {
            reading = unseen.clone();
        }
        let known = inner.known(self.snapshot, unseen.participants().map(|person| &person.address))?;
        let own = self.snapshot.own_records()?.lately(self.now.0);
        let mut evidence = inner.evidence(&unseen, self.plan, &own, self.ways, &known);
        evidence.social.list = self.list.is_some();
        let index = evaluate(&evidence);
        let owners = self.snapshot.owners(&inner.owner)?;
        let people = DiscussionKey::of(
            &reading,
            |address| address.is_one_of(owners.iter()),
            |address| known.get(address).map(|card| card.id),
        );
        let key = self.list.map_or(people.as_str(), |list| list.key.as_str());
        let mut filling = importance::fill(
            open,
            &Asked {
                reading: &unseen,
                arrival: None,
                evidence: &evidence,
                index: index.points,
                known: &known,
                owner: &owners,
                domain: &inner.domain,
                key,
            },
        )?;
        let local = evidence.direction == Direction::Local;
        if !local {
            filling.tags.retain(|(wanted, _)| *wanted != Wanted::Known(System::Internal.id()));
        }
        self.tag(&mut filling, known.values().map(|card| card.id.0))?;
        let packed = mail::pack(raw)?;
        Ok(Keep {
            key: key.to_owned(),
            list: self.list.map(|list| list.name.clone()),
            people: row_people(self.others(&reading.to).chain(self.others(&reading.cc)).cloned()),
            subject,
            excerpt: text,
            trackers: 0,
            attachments: reading.attachments.iter().filter(|file| !file.inline).count() as u32,
            message: record::Message {
                discussion: 0,
                received: self.now.0,
                // A note to oneself is to be read; what one has just written to others is not.
                unread: local,
                size: raw.len() as u64,
                packed: packed.len() as u64,
                hash: mail::short_hash(raw),
                index: index.points,
                rules: RULES_VERSION,
                padlock: index.padlock as u8,
            },
            proof: record::Proof::of(&evidence, None),
            looked: record::Looked::of(&Look::default()),
            words: search::row(&unseen, 0),
            exchanged: self.exchanged(unseen.participants(), local),
            filling,
            recheck: None,
            report: None,
            opened: None,
            learnt: None,
            nuisance: None,
            judged: None,
            packed,
            spooled: None,
            octets: record::sha256(raw),
            once: false,
            same,
            once_told: false,
        })
    }

    /// With whom it is exchanged.
    fn exchanged<'p>(&self, people: impl Iterator<Item = &'p Mailbox>, local: bool) -> Vec<(String, u32)> {
        let others = people.filter(|person| !local && !self.inner.is_own(&person.address));
        let others: BTreeSet<String> = others
            .take(importance::MOST_WRITTEN_TO)
            .map(|person| person.address.to_string())
            .collect();
        others.into_iter().map(|address| (address, contacts::exchange(true, 0))).collect()
    }

    fn others<'p>(&'p self, people: &'p [Mailbox]) -> impl Iterator<Item = &'p Mailbox> {
        people.iter().filter(|person| !self.inner.is_own(&person.address))
    }

    /// The tags of the cards of those whom it goes to (S25).
    fn tag(&self, filling: &mut Filling, cards: impl Iterator<Item = u64>) -> Result<(), store::Error> {
        for card in cards {
            for tag in self.snapshot.card_tags(card)? {
                let wanted = (Wanted::Known(TagId(tag)), By::Contact);
                if !filling.tags.contains(&wanted) {
                    filling.tags.push(wanted);
                }
            }
        }
        Ok(())
    }
}
