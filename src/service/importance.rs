//! What a message's importance and its tags rest on when it comes: one read of what is known.
//!
//! Absent on purpose: anything that a sender could write into a message to seem important. What counts for a
//! message is what the owner did (wrote, opened a list, made a rule, filled a card) and what this box verified.

use crate::{
    domain::{
        address::Address,
        contact::Contact,
        fact::Fact,
        importance::{Facts, Spam},
        message::Reading,
        privacy::evidence::{Authentic, Direction, Dmarc, Evidence},
        rule,
        tag::{self, By, System},
        transport::Arrival,
    },
    store::{
        self,
        filing::{Filling, Own, Wanted},
        mail::{Snapshot, short_hash},
        vault::Open,
    },
};
use std::collections::{HashMap, HashSet};

/// The most recipients of a message of the owner's that are remembered as written to.
pub(super) const MOST_WRITTEN_TO: usize = 100;

/// What is asked about.
pub(super) struct Asked<'a> {
    /// The message.
    pub reading: &'a Reading,
    /// How it came; `None` for an imported one.
    pub arrival: Option<&'a Arrival>,
    /// What was seen of it.
    pub evidence: &'a Evidence,
    /// Its index.
    pub index: Option<u8>,
    /// The cards of those who take part.
    pub known: &'a HashMap<Address, Contact>,
    /// The owner's addresses.
    pub owner: &'a HashSet<Address>,
    /// The owner's domain.
    pub domain: &'a str,
    /// The key of its discussion.
    pub key: &'a str,
}

/// The facts and the tags of a message that comes.
pub(super) fn fill(open: &Open, asked: &Asked<'_>) -> Result<Filling, store::Error> {
    let snapshot = Snapshot::of(open)?;
    let author = asked.reading.author().map(|author| &author.address);
    let is_own = author.is_some_and(|author| author.is_one_of(asked.owner.iter()));
    let (mut answers, mut written_to) = (false, false);
    if !is_own {
        for id in &asked.reading.references {
            answers = answers || snapshot.is_own_id(short_hash(id.as_bytes()))?;
        }
        written_to = author.map_or(Ok(0), |author| snapshot.written_to(author.as_str()))? > 0;
    }
    let card = author.and_then(|author| asked.known.get(author));
    let wished_for = is_own || card.is_some() || answers || written_to;
    let bulk = asked.reading.bulk || asked.reading.list_id.is_some();
    let effect = rules(&snapshot, asked.reading)?;
    // Its domain asks to put aside what fails its checks, and nothing explains this failure.
    let suspect = asked.evidence.travel.dmarc == Fact::Known(Dmarc::Refused);
    let facts = Facts {
        spam: if suspect { Spam::Quarantined(0) } else { Spam::Unknown },
        tag: None,
        answers,
        index: asked.index.into(),
        contact: card
            .filter(|_| !is_doubtful(asked.evidence))
            .map_or(Fact::Unknown, |card| card.index),
        written_to,
        unasked: bulk && !wished_for && !is_read(&snapshot, asked)?,
        rules: effect.importance,
    };
    let mut tags: Vec<(Wanted, By)> = Vec::new();
    if suspect {
        tags.push((Wanted::Known(System::Spam.id()), By::House));
    }
    if is_internal(asked, author) {
        tags.push((Wanted::Known(System::Internal.id()), By::House));
    }
    tags.extend(details(asked).into_iter().map(|name| (Wanted::Named(name), By::Address)));
    tags.extend(effect.tags.into_iter().map(|tag| (Wanted::Known(tag), By::Rule)));
    if let Some(card) = card.filter(|_| !is_doubtful(asked.evidence)) {
        let of_card = snapshot.card_tags(card.id.0)?.into_iter();
        tags.extend(of_card.map(|tag| (Wanted::Known(crate::domain::id::TagId(tag)), By::Contact)));
    }
    Ok(Filling {
        facts,
        tags,
        own: own(asked, is_own),
        stranger: None,
    })
}

/// What the rules say. One that cannot be read is left out: no rule keeps a message from being kept.
fn rules(snapshot: &Snapshot, reading: &Reading) -> Result<rule::Effect, store::Error> {
    let rules: Vec<rule::Rule> = snapshot.rules()?.iter().filter_map(|(_, rule)| rule.rule().ok()).collect();
    Ok(rule::apply(&rules, reading))
}

/// Whether it is from a mailing list of which the owner has opened something.
fn is_read(snapshot: &Snapshot, asked: &Asked<'_>) -> Result<bool, store::Error> {
    if asked.reading.list_id.is_none() {
        return Ok(false);
    }
    Ok(snapshot.discussion_of(asked.key)?.is_some_and(|row| row.unread < row.messages))
}

/// From this very domain: verified, or never outside.
fn is_internal(asked: &Asked<'_>, author: Option<&Address>) -> bool {
    let ours = author.is_some_and(|author| author.domain() == asked.domain) && asked.reading.from.len() == 1;
    ours && (asked.evidence.direction == Direction::Local || asked.evidence.travel.is_vouched())
}

/// Whether it was looked at who sent it, and nobody vouches for that.
pub(super) fn is_doubtful(evidence: &Evidence) -> bool {
    evidence.travel.authentic == Fact::Known(Authentic::Nobody) || evidence.travel.dmarc == Fact::Known(Dmarc::Refused)
}

/// The tags of the addresses that it came to: `shop` of `me+shop@`.
fn details(asked: &Asked<'_>) -> Vec<tag::Name> {
    let recipients = asked.arrival.into_iter().flat_map(|arrival| &arrival.rcpt_to);
    let ours = recipients.filter_map(|recipient| {
        let address = Address::parse(recipient).ok()?;
        let (mailbox, detail) = address.detail()?;
        asked.owner.contains(&mailbox).then(|| tag::of_detail(detail)).flatten()
    });
    ours.take(tag::MAX_ON_MESSAGE).collect()
}

/// What a message of the owner's tells: what answers it, and whom they write to. Only their own copy tells that
/// (an import, later what is sent from here): what comes through a door can claim any author, be it that of a mailbox
/// elsewhere from which it is fetched.
fn own(asked: &Asked<'_>, is_own: bool) -> Option<Own> {
    if !is_own || asked.arrival.is_some() || asked.reading.delivered {
        return None;
    }
    let reading = asked.reading;
    let others = reading.to.iter().chain(&reading.cc).map(|person| &person.address);
    let mut to: Vec<String> = others
        .filter(|address| !address.is_one_of(asked.owner.iter()))
        .map(ToString::to_string)
        .take(MOST_WRITTEN_TO)
        .collect();
    to.sort_unstable();
    to.dedup();
    Some(Own {
        id: reading.message_id.as_deref().map(|id| short_hash(id.as_bytes())),
        to,
    })
}
