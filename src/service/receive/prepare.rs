//! Everything slow about a message that is kept: reading, weighing, packing. Runs on the blocking pool, before
//! the one write.
//!
//! [`Inner::prepare`] is the list of the steps and does nothing but call them; what a later step needs of an
//! earlier one stands in [`Met`] and is handed on. Nothing here writes.

use super::{Inner, NotKept, Source, not_kept};
use crate::{
    codec::{hosts, html, mime},
    domain::{
        address::Address,
        authentication::Authentication,
        contact::Contact,
        danger::{Look, Scan},
        discussion::DiscussionKey,
        fact::Fact,
        id::ContactId,
        importance::Spam,
        message::{Mailbox, Reading},
        privacy::{
            evidence::{Authentic, Direction, Evidence, Other, Travel},
            gather::{Hosts, Observed, gather, session},
            index::{Index, RULES_VERSION},
            message::evaluate,
        },
        tag::{By, System},
        time::Time,
        transport::Arrival,
    },
    service::{
        excerpt::{excerpt, headline},
        importance::{self, MOST_WRITTEN_TO},
        opening::{self, Step as Opened},
        reports, screener, search,
        spam::{self, Case},
        strict,
    },
    store::{
        self,
        contacts::exchange,
        filing::{Filling, Wanted},
        mail::{self, Keep, Snapshot},
        nuisance::Change,
        record::{self, sha256},
        vault::Open,
    },
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Seconds after which the DNS is asked once more where it did not tell all.
const AGAIN: i64 = 30 * 60;

/// Where a message came from, taken apart.
struct Met {
    received: Time,
    unread: bool,
    /// How it came through the door; `None` for what did not.
    arrival: Option<Arrival>,
    /// What was found of its sender at the door.
    found: Option<Box<Authentication>>,
    /// Its number in the spool.
    spooled: Option<u64>,
    /// Whether the box itself wrote it.
    own: bool,
    /// Whether the very same octets are kept only once.
    once: bool,
    /// Whether the same text under the same identifier is.
    by_content: bool,
    /// The tags that its mailbox gave it.
    tags: Vec<Wanted>,
}

impl Met {
    fn of(source: Source) -> Self {
        let bare = |received, unread| Self {
            received,
            unread,
            arrival: None,
            found: None,
            spooled: None,
            own: false,
            once: false,
            by_content: false,
            tags: Vec::new(),
        };
        match source {
            Source::Door { arrival, found, spooled } => {
                let bare = bare(arrival.at, true);
                Self {
                    arrival: Some(arrival),
                    found: Some(found),
                    spooled,
                    ..bare
                }
            }
            Source::Import {
                received,
                read,
                tags,
                by_content,
            } => Self {
                once: true,
                by_content,
                tags,
                ..bare(received, !read)
            },
            Source::Own { received } => Self {
                own: true,
                ..bare(received, true)
            },
        }
    }
}

/// Addresses of the owner.
type Owner = HashSet<Address>;

/// The cards of those who take part, by address.
type Known = HashMap<Address, Contact>;

/// The author, as the sender's history counts them, and the verdict.
type Judged = Option<(String, record::Judged)>;

/// What was seen of it, the index that this makes, and the discussion that it joins.
struct Weighed {
    evidence: Evidence,
    index: Index,
    key: DiscussionKey,
}

impl Inner {
    /// The steps, in order: what is written is all that comes of them.
    pub(super) fn prepare(&self, open: &Open, raw: &[u8], source: Source, scanned: (Scan, Option<String>)) -> Result<Keep, NotKept> {
        let met = Met::of(source);
        let owners = Snapshot::of(open)
            .and_then(|snapshot| snapshot.owners(&self.owner))
            .map_err(not_kept)?;
        // At the door anybody can write a provider's address as theirs: there it is the owner's only as one who takes part.
        let owner = if met.arrival.is_some() { &self.owner } else { &owners };
        let is_owner = |address: &Address| address.is_one_of(owner.iter());
        let reading = mime::read(raw);
        let same = content(&reading, raw);
        let opened = self.opened(open, raw, &reading, &met, owner).map_err(not_kept)?;
        let came = raw;
        let (raw, reading) = match &opened.shown {
            Some(shown) => (shown.as_slice(), mime::read(shown)),
            None => (raw, reading),
        };
        let known = known(open, &reading).map_err(not_kept)?;
        let look = self.dangers.look(open, raw, &reading, is_owner, scanned).map_err(not_kept)?;
        let judged = self.judged(open, raw, &reading, &met, &look).map_err(not_kept)?;
        let weighed = self
            .weighed(open, (&reading, &met, &known), &opened, (owner, &owners))
            .map_err(not_kept)?;
        let mut filling = self.filling(open, (&reading, &met, &known), &weighed, owner).map_err(not_kept)?;
        if let Some((_, judged)) = judged.as_ref().filter(|_| met.arrival.is_some()) {
            spam::file(&mut filling, judged);
        }
        let report = (!met.own)
            .then(|| reports::brought(raw, &reading, &self.domain, &weighed.evidence))
            .flatten();
        if report.is_some() {
            filling.tags.push((Wanted::Known(System::Report.id()), By::House));
        }
        if met.tags.contains(&Wanted::Known(System::Spam.id())) {
            filling.facts.spam = Spam::Unwanted;
        }
        filling.tags.extend(met.tags.iter().map(|tag| (tag.clone(), By::Owner)));
        self.screened(
            open,
            (came, &reading),
            &met,
            (&weighed, &owners),
            (&known, report.is_some()),
            &mut filling,
        )
        .map_err(not_kept)?;
        let same = same.filter(|_| is_sure(&met, &weighed.evidence, &filling));
        let packed = mail::pack(came).map_err(not_kept)?;
        let Weighed { evidence, index, key } = weighed;
        let trackers = evidence.content.html.known().map_or(0, |html| html.trackers);
        Ok(Keep {
            filling,
            key: key.as_str().to_owned(),
            list: list(&reading),
            people: people(&reading, &owners),
            subject: headline(&reading.subject),
            excerpt: excerpt(&reading.text),
            words: search::row(&reading, trackers),
            trackers,
            attachments: reading.attachments.iter().filter(|file| !file.inline).count() as u32,
            message: row(came, packed.len(), &met, &index),
            spooled: met.spooled,
            octets: sha256(came),
            once: met.once,
            same,
            once_told: met.by_content,
            opened: opened.opened,
            learnt: opened.learnt,
            proof: record::Proof::of(&evidence, met.arrival.as_ref()).with(met.found.as_deref()),
            recheck: recheck(&met),
            looked: record::Looked::of(&look),
            nuisance: self.nuisance(&met, &judged),
            judged,
            report,
            exchanged: exchanged(&reading, &met, &evidence, owner),
            packed,
        })
    }

    /// What is encrypted is opened as far as the owner's keys can; what is signed is verified.
    fn opened(&self, open: &Open, raw: &[u8], reading: &Reading, met: &Met, owner: &Owner) -> Result<Opened, store::Error> {
        if met.own {
            return Ok(Opened::default());
        }
        let authentic = met.found.as_ref().map(|found| found.authentic());
        let asked = opening::Asked {
            raw,
            reading,
            vouched: matches!(authentic, Some(Fact::Known(Authentic::Spf | Authentic::Dkim))),
            received: met.received,
            now: self.clock.now(),
        };
        opening::step(&Snapshot::of(open)?, &asked, |address| address.is_one_of(owner.iter()))
    }

    /// Whether anybody wants it.
    fn judged(&self, open: &Open, raw: &[u8], reading: &Reading, met: &Met, look: &Look) -> Result<Judged, store::Error> {
        let case = Case {
            raw,
            reading,
            arrival: met.arrival.as_ref(),
            checks: met.found.as_deref().map(spam::checks).unwrap_or_default(),
            dangers: &look.dangers,
        };
        self.spam.on_arrival(open, &case, met.own, met.once)
    }

    /// What is thought of its network from now on.
    fn nuisance(&self, met: &Met, judged: &Judged) -> Option<Change> {
        let spam = judged.as_ref().is_some_and(|(_, judged)| judged.is_spam());
        let arrival = met.arrival.as_ref()?;
        self.nuisances.judge(arrival.peer, spam, arrival.at)
    }

    /// What was seen of it comes together: its index, and the discussion that it joins.
    fn weighed(
        &self,
        open: &Open,
        (reading, met, known): (&Reading, &Met, &Known),
        opened: &Opened,
        (owner, owners): (&Owner, &Owner),
    ) -> Result<Weighed, store::Error> {
        let mut evidence = self.evidence((reading, met, known), opened, owner);
        if let Some(found) = &met.found {
            found.weigh(&mut evidence.travel);
            evidence.travel.strict = strict::of_our_door(open, &self.domain, met.received)?;
        }
        let key = if met.own {
            DiscussionKey::of_the_box()
        } else {
            let contact = |address: &Address| known.get(address).map(|card| card.id);
            let key = DiscussionKey::of(reading, |address| address.is_one_of(owners.iter()), contact);
            let claimed = met.arrival.is_some() && !evidence.travel.is_vouched();
            if claimed && key.is_note() {
                DiscussionKey::of_an_unknown()
            } else {
                key
            }
        };
        Ok(Weighed {
            index: evaluate(&evidence),
            evidence,
            key,
        })
    }

    /// What its importance and its tags rest on.
    fn filling(
        &self,
        open: &Open,
        (reading, met, known): (&Reading, &Met, &Known),
        weighed: &Weighed,
        owner: &Owner,
    ) -> Result<Filling, store::Error> {
        let asked = importance::Asked {
            reading,
            arrival: met.arrival.as_ref(),
            evidence: &weighed.evidence,
            index: weighed.index.points,
            known,
            owner,
            domain: &self.domain,
            key: weighed.key.as_str(),
        };
        importance::fill(open, &asked)
    }

    /// Whether its author has to wait at the door, or is not to come in at all.
    fn screened(
        &self,
        open: &Open,
        (raw, reading): (&[u8], &Reading),
        met: &Met,
        (weighed, owners): (&Weighed, &Owner),
        (known, report): (&Known, bool),
        filling: &mut Filling,
    ) -> Result<(), store::Error> {
        // No row names the owner's own addresses, so whoever only says that they are the owner could not be found at the
        // door, nor be answered: that they are somebody unknown stands on the timeline (`DiscussionKey::of_an_unknown`).
        let author = reading.author().filter(|author| !author.address.is_one_of(owners.iter()));
        let (Some(arrival), Some(author)) = (&met.arrival, author) else {
            return Ok(());
        };
        let asked = screener::Asked {
            raw,
            reading,
            arrival,
            evidence: &weighed.evidence,
            on_a_card: known.contains_key(&author.address),
            report,
        };
        screener::screen(open, &asked, filling)
    }

    /// The evidence. What only authentication could tell is left "not known".
    fn evidence(&self, (reading, met, known): (&Reading, &Met, &Known), opened: &Opened, owner: &Owner) -> Evidence {
        let (arrival, own) = (met.arrival.as_ref(), met.own);
        let html = reading.html.as_deref().map(|source| html::findings(source).0).unwrap_or_default();
        let seen = Observed {
            direction: if own { Direction::Local } else { Direction::In },
            received: arrival.is_some(),
            travel: arrival.map(travel).unwrap_or_default(),
            content: opened.content.clone(),
            ..Observed::default()
        };
        let hosts = Hosts {
            home: &self.host,
            registrable: &hosts::registrable,
        };
        let about = |address: &Address| Other {
            address: address.clone(),
            known: Fact::Known(known.contains_key(address)),
            key: opened.keys.get(address).copied().into(),
            index: known.get(address).map_or(Fact::Unknown, |card| card.index),
        };
        // What the box writes to its owner has nobody else in it.
        let is_owner = |address: &Address| address.is_one_of(owner.iter()) || (own && address.as_str() == self.box_address());
        gather(reading, html, &seen, hosts, is_owner, about)
    }
}

/// With whom it was exchanged: from its author, or where the owner wrote it, to its recipients. A message from a
/// door, ours or another mailbox's, that bears the owner's address, or that nobody vouches for, was exchanged with nobody.
fn exchanged(reading: &Reading, met: &Met, evidence: &Evidence, owner: &Owner) -> Vec<(String, u32)> {
    let is_owner = |address: &Address| address.is_one_of(owner.iter());
    let Some(author) = reading.author().filter(|_| !met.own) else {
        return Vec::new();
    };
    if !is_owner(&author.address) {
        let trackers = evidence.content.html.known().map_or(0, |html| html.trackers);
        let theirs = !importance::is_doubtful(evidence);
        return theirs
            .then(|| (author.address.to_string(), exchange(false, trackers)))
            .into_iter()
            .collect();
    }
    let others = reading.to.iter().chain(&reading.cc).map(|person| &person.address);
    let came = met.arrival.is_some() || reading.delivered;
    let others = others.filter(|address| !came && !is_owner(address));
    let others: BTreeSet<String> = others.take(MOST_WRITTEN_TO).map(ToString::to_string).collect();
    others.into_iter().map(|address| (address, exchange(true, 0))).collect()
}

/// The others who take part, as the discussion's row has them.
fn people(reading: &Reading, owners: &Owner) -> Vec<record::Person> {
    let others = reading.participants().filter(|mailbox| !mailbox.address.is_one_of(owners.iter()));
    let person = |m: &Mailbox| record::Person {
        name: headline(&m.name),
        address: m.address.to_string(),
    };
    others.take(record::Discussion::PEOPLE).map(person).collect()
}

/// The cards of those who take part, from one snapshot.
fn known(open: &Open, reading: &Reading) -> Result<Known, store::Error> {
    let snapshot = Snapshot::of(open)?;
    let mut known = Known::new();
    for mailbox in reading.participants() {
        if let Some((id, card)) = snapshot.contact_of(mailbox.address.as_str())? {
            let addresses = card.addresses.iter().filter_map(|address| Address::parse(address).ok()).collect();
            known.insert(
                mailbox.address.clone(),
                Contact {
                    id: ContactId(id),
                    name: card.name,
                    addresses,
                    index: snapshot.stands(id)?.and_then(|stands| stands.points).into(),
                },
            );
        }
    }
    Ok(known)
}

/// What the mailing list that it came through is called.
fn list(reading: &Reading) -> Option<String> {
    let id = reading.list_id.as_ref()?;
    Some(headline(if reading.list_name.is_empty() { id } else { &reading.list_name }))
}

/// When the DNS is asked once more, where it did not tell all.
fn recheck(met: &Met) -> Option<i64> {
    let found = met.found.as_ref()?;
    found.is_open().then(|| met.received.0.saturating_add(AGAIN))
}

/// What tells a message whatever its way added to its head: its identifier, who wrote it and when, its subject, and its text,
/// lines ended alike. `None` where it has no identifier. It is read as it came: what is opened later is the same then.
pub(in crate::service) fn content(reading: &Reading, raw: &[u8]) -> Option<[u8; 32]> {
    let id = reading.message_id.as_ref()?;
    let mut lines = raw
        .split(|octet| *octet == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let _head = lines.by_ref().take_while(|line| !line.is_empty()).count();
    let mut text = Vec::with_capacity(raw.len());
    let from: Vec<&str> = reading.from.iter().map(|from| from.address.as_str()).collect();
    let date = reading.date.map(|date| date.0.to_string()).unwrap_or_default();
    for said in [id, &from.join(","), &date, &reading.subject] {
        text.extend_from_slice(&said.len().to_be_bytes());
        text.extend_from_slice(said.as_bytes());
    }
    for line in lines {
        text.push(b'\n');
        text.extend_from_slice(line);
    }
    Some(sha256(text.trim_ascii_end()))
}

/// Whether it is known by its text from now on. At the door anybody can say what a message of somebody else's says: where
/// nobody vouches for it, or nobody may ever see it, the right one is still to be fetched from where it lies.
fn is_sure(met: &Met, evidence: &Evidence, filling: &Filling) -> bool {
    let spam = Wanted::Known(System::Spam.id());
    let seen = filling.stranger.is_none() && filling.tags.iter().all(|(wanted, _)| *wanted != spam);
    met.arrival.is_none() || (seen && evidence.travel.is_vouched())
}

/// The message's own row.
fn row(raw: &[u8], packed: usize, met: &Met, index: &Index) -> record::Message {
    record::Message {
        discussion: 0,
        received: met.received.0,
        unread: met.unread,
        size: raw.len() as u64,
        packed: packed as u64,
        hash: mail::short_hash(raw),
        index: index.points,
        rules: RULES_VERSION,
        padlock: index.padlock as u8,
    }
}

/// What the door saw of the last hop. Whether it could have been stripped is not known until this
/// domain's own records are.
fn travel(arrival: &Arrival) -> Travel {
    let (tls, quantum) = session(arrival.tls.as_ref());
    Travel {
        tls: Fact::Known(tls),
        quantum: Fact::Known(quantum),
        ..Travel::default()
    }
}
