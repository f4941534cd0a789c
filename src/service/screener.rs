//! The screener: who waits at the door, what is known of them, and what the owner answers (`domain::screener`).
//!
//! A message from a stranger is kept like any other and can be found like any other; it only does not stand on the
//! timeline before the owner has let its author in. An address of the owner's own never waits, whoever claims it: it is
//! nobody to be answered. Whoever was refused is told so from then on where they can prove who
//! they are (550 5.7.1); what only claims to be them, or comes while the box is locked, is taken and filed as not wanted,
//! so that a forger cannot have notices sent to somebody else.

use super::{
    Error,
    acts::Acts,
    devices::Viewer,
    importance, read, timeline,
    view::{People, Person, TimelineRow},
};
use crate::{
    codec::mime,
    domain::{
        address::Address,
        authentication::Authentication,
        fact::Fact,
        importance::Spam,
        message::Reading,
        privacy::evidence::{Authentic, Dmarc, Evidence},
        screener::{self as rules, Answer, Author, Verdict},
        shelf::Shelf,
        tag::{By, System},
        time::Time,
        transport::Arrival,
    },
    store::{
        self,
        filing::{Filling, Wanted},
        mail::Snapshot,
        record,
        vault::{Open, Vault},
    },
};
use std::collections::HashSet;

/// The setting: whether strangers wait at the door. Nothing there: they do not.
const SETTING: &str = "screener";
/// Discussions at the door that a page looks at.
const LOOKED_AT: usize = 500;
/// People whose answers are listed.
const ANSWERED: usize = 200;

/// Looks after the door; cheap to clone.
#[derive(Clone)]
pub struct Screener {
    vault: Vault,
    people: People,
    acts: Acts,
}

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Who they say they are.
    pub person: Person,
    /// Since when.
    pub since: Time,
    /// Their newest discussion, as a row.
    pub row: TimelineRow,
    /// How many discussions of theirs wait.
    pub many: usize,
    /// Who vouches for the newest message.
    pub authentic: Fact<Authentic>,
    /// What their domain's policy makes of it.
    pub dmarc: Fact<Dmarc>,
    /// Whether it is bulk mail or came through a list.
    pub bulk: bool,
}

/// The page of the door.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DoorPage {
    /// Whether strangers wait.
    pub on: bool,
    /// Who does, whoever wrote last first.
    pub waiting: Vec<Waiting>,
    /// Addresses that were refused, and since when, the last first.
    pub refused: Vec<(String, Time)>,
}

impl Screener {
    /// Over this vault.
    pub fn new(vault: Vault, people: People, acts: Acts) -> Self {
        Self { vault, people, acts }
    }

    /// Whether strangers wait.
    pub fn is_on(&self) -> Result<bool, Error> {
        Ok(is_on(&*self.vault.open()?)?)
    }

    /// Lets strangers wait from now on, or nobody; then whoever waits comes in.
    pub async fn turn(&self, on: bool) -> Result<(), Error> {
        set(&self.vault, on).await?;
        if !on {
            let open = self.vault.open()?;
            let ids = read(&self.vault, |snapshot| Ok(snapshot.shelf(Shelf::Door, 0, usize::MAX)?)).await?;
            let ids: Vec<u64> = ids.into_iter().map(|(id, _)| id).collect();
            let moving = open
                .writer
                .write(move |tables| store::shelves::shelve(tables, &ids, Shelf::Timeline, 0).map(drop));
            moving.await?;
            // What was heard of them stays: nobody who has come in is a stranger later.
            open.writer
                .write(|tables| store::door::tidy(tables, &HashSet::new()).map(drop))
                .await?;
        }
        Ok(())
    }

    /// How many senders wait.
    pub async fn count(&self) -> Result<usize, Error> {
        read(&self.vault, |snapshot| {
            if snapshot.shelf_count(Shelf::Door)? == 0 {
                return Ok(0);
            }
            Ok(groups(snapshot)?.len())
        })
        .await
    }

    /// Who waits, and who was refused.
    pub async fn page(&self, viewer: Viewer) -> Result<DoorPage, Error> {
        let people = self.people.clone();
        let on = self.is_on()?;
        read(&self.vault, move |snapshot| {
            let mut waiting = Vec::new();
            for (address, since, discussions) in groups(snapshot)? {
                waiting.extend(waits(snapshot, &people, &viewer, &address, since, discussions)?);
            }
            let callers = snapshot.callers()?.into_iter();
            let refused = callers.filter(|(_, caller)| caller.answer() == Answer::Refused);
            let mut refused: Vec<(String, Time)> = refused.map(|(address, caller)| (address, Time(caller.at))).collect();
            refused.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
            refused.truncate(ANSWERED);
            Ok(DoorPage { on, waiting, refused })
        })
        .await
    }

    /// Answers somebody: all that is theirs at the door comes away from it. Gives the number by which it is taken back.
    pub async fn answer(&self, address: &Address, answer: Answer) -> Result<u64, Error> {
        let who = address.to_string();
        let ids = read(&self.vault, move |snapshot| {
            if snapshot.caller(&who)?.is_none() {
                return Err(Error::NotFound);
            }
            let mut theirs = Vec::new();
            for (id, row) in snapshot.shelf(Shelf::Door, 0, usize::MAX)? {
                if whose(snapshot, &row)?.is_some_and(|(address, _)| address == who) {
                    theirs.push(id);
                }
            }
            Ok(theirs)
        });
        let ids = ids.await?;
        self.acts.answer(address.to_string(), answer, ids).await
    }
}

/// Lets strangers wait from now on, or nobody; whoever waits already goes on doing so.
pub async fn set(vault: &Vault, on: bool) -> Result<(), Error> {
    let writing = vault
        .open()?
        .writer
        .write(move |tables| Ok(tables.meta.insert(SETTING, [u8::from(on)].as_slice()).map(drop)?));
    Ok(writing.await?)
}

/// Whether strangers wait.
pub(super) fn is_on(open: &Open) -> Result<bool, store::Error> {
    Ok(open.setting(SETTING)?.is_some_and(|value| value.as_slice() == [1]))
}

/// Somebody at the door: their address, since when, and their discussions there.
type Group = (String, Time, Vec<(u64, record::Discussion)>);

/// Whose a discussion at the door is, and since when they wait: of several strangers the one's who wrote in it last.
fn whose(snapshot: &Snapshot, row: &record::Discussion) -> Result<Option<(String, Time)>, Error> {
    for person in &row.people {
        let caller = snapshot.caller(&person.address)?;
        if let Some(caller) = caller.filter(|caller| caller.answer() == Answer::Waiting) {
            return Ok(Some((person.address.clone(), Time(caller.at))));
        }
    }
    Ok(None)
}

/// Who stands at the door with which discussions, whoever wrote last first.
fn groups(snapshot: &Snapshot) -> Result<Vec<Group>, Error> {
    let mut groups: Vec<Group> = Vec::new();
    for (id, row) in snapshot.shelf(Shelf::Door, 0, LOOKED_AT)? {
        let Some((address, since)) = whose(snapshot, &row)? else { continue };
        match groups.iter_mut().find(|(known, ..)| *known == address) {
            Some((.., discussions)) => discussions.push((id, row)),
            None => groups.push((address, since, vec![(id, row)])),
        }
    }
    Ok(groups)
}

fn waits(
    snapshot: &Snapshot,
    people: &People,
    viewer: &Viewer,
    address: &str,
    since: Time,
    discussions: Vec<(u64, record::Discussion)>,
) -> Result<Option<Waiting>, Error> {
    let many = discussions.len();
    let Some((_, newest)) = discussions.first() else { return Ok(None) };
    let name = newest.people.iter().find(|person| person.address == address);
    let name = name.map_or("", |person| person.name.as_str());
    let Some(person) = people.named(snapshot, name, address)? else {
        return Ok(None);
    };
    let message = newest.newest.last().map_or(0, |(_, message, _)| *message);
    let travel = snapshot.proof(message)?.map(|proof| proof.evidence().travel).unwrap_or_default();
    let first = discussions.into_iter().take(1).collect();
    let row = timeline::rows(people, viewer, snapshot, first)?.into_iter().next();
    Ok(row.map(|row| Waiting {
        person,
        since,
        many,
        authentic: travel.authentic,
        dmarc: travel.dmarc,
        bulk: row.list.is_some() || row.tags.iter().any(|tag| tag.system == Some(System::Newsletter)),
        row,
    }))
}

/// What is asked about a message that comes through the door.
pub(super) struct Asked<'a> {
    /// As received.
    pub raw: &'a [u8],
    /// What it says.
    pub reading: &'a Reading,
    /// How it came.
    pub arrival: &'a Arrival,
    /// What was seen of it.
    pub evidence: &'a Evidence,
    /// Whether its author stands on a card.
    pub on_a_card: bool,
    /// Whether it brings a report.
    pub report: bool,
}

/// Asks whether the author of a message is known, and files it accordingly.
pub(super) fn screen(open: &Open, asked: &Asked<'_>, filling: &mut Filling) -> Result<(), store::Error> {
    let Some(author) = asked.reading.author().filter(|_| filling.own.is_none()) else {
        return Ok(());
    };
    let snapshot = Snapshot::of(open)?;
    let address = author.address.to_string();
    let tagged = |system: System| filling.tags.iter().any(|(wanted, _)| *wanted == Wanted::Known(system.id()));
    let notice = asked.arrival.mail_from.as_deref().is_none_or(str::is_empty) && mime::bounce::bounce(asked.raw).is_some();
    let doubtful = importance::is_doubtful(asked.evidence);
    let verdict = rules::judge(
        is_on(open)?,
        Author {
            answer: snapshot.caller(&address)?.map(|caller| caller.answer()),
            known: asked.on_a_card || filling.facts.written_to,
            heard: snapshot.heard(&address)? > 0,
            answers: filling.facts.answers,
            house: notice || asked.report || tagged(System::Internal),
            spam: tagged(System::Spam),
        },
    );
    match verdict {
        Verdict::In => {}
        Verdict::Newsletter if doubtful => {}
        Verdict::Newsletter => filling.tags.push((Wanted::Known(System::Newsletter.id()), By::Contact)),
        Verdict::Waits => filling.stranger = Some(address),
        Verdict::Refused => {
            filling.facts.spam = Spam::Unwanted;
            filling.tags.push((Wanted::Known(System::Spam.id()), By::Owner));
        }
    }
    Ok(())
}

/// Whether a message that has just come is from somebody whom the owner refused and who can prove who they are.
pub(super) fn turns_away(open: &Open, (raw, host): (&[u8], &str), found: &Authentication) -> Result<bool, store::Error> {
    if !matches!(found.authentic(), Fact::Known(Authentic::Spf | Authentic::Dkim)) {
        return Ok(false);
    }
    let snapshot = Snapshot::of(open)?;
    if !snapshot.has_callers()? {
        return Ok(false);
    }
    let reading = mime::read(&mime::behind_ours(raw, host));
    let Some(author) = reading.author() else { return Ok(false) };
    let caller = snapshot.caller(author.address.as_str())?;
    if caller.is_none_or(|caller| caller.answer() != Answer::Refused) {
        return Ok(false);
    }
    // What answers the owner is never turned away.
    for id in &reading.references {
        if snapshot.is_own_id(store::mail::short_hash(id.as_bytes()))? {
            return Ok(false);
        }
    }
    Ok(true)
}
