//! What a message would be worth if it were sent now: from what is known, by the function that will say it
//! afterwards.
//!
//! What is not known says so and is no protection. A policy that is enforced (DANE, MTA-STS) is: the box sends by TLS
//! 1.2 at least to such a domain or not at all, so that much is known before anything was seen.

use super::{
    Compose, Inner,
    send::answered,
    ways::{Ways, checked, travel},
};
use crate::{
    codec::{dkim, dmarc, hosts, mime},
    domain::{
        address::Address,
        authentication::Policy,
        contact::Contact,
        discussion::DiscussionKey,
        draft::{About, Draft, people},
        fact::Fact,
        id::{ContactId, DiscussionId},
        message::{Mailbox, Reading},
        padlock::Padlock,
        privacy::{
            evidence::{Direction, Encryption, Evidence, HtmlFindings, KeyState, Other, Tls},
            gather::{Hosts, Observed, gather},
            index::Index,
            message::evaluate,
        },
        time::Time,
    },
    net::dns::{Kind, Record},
    service::{
        Error,
        protect::{self, Plan},
        read,
        receive::MAX_MESSAGE,
        strict::Known,
        view::Person,
    },
    store::{
        self,
        mail::Snapshot,
        record::{self, SeenWay},
        writing::{self, OwnRecords},
    },
};
use std::collections::HashMap;

/// Domains that are asked about on purpose at a time.
const MOST_ASKED: usize = 20;

/// How one person will get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub person: Person,
    /// What would protect it if they got it alone. Whoever has the weakest is whom it is because of: in a message to somebody
    /// without a key everybody's copy can be read.
    pub padlock: Padlock,
    /// What is known of their key.
    pub key: Fact<KeyState>,
    /// Whether the way to their server cannot be stripped of its encryption.
    pub strict: Fact<bool>,
    /// What the last session with their server was like, and whether it withstands a quantum computer; `None` where there
    /// was none lately.
    pub last: Option<(Tls, bool)>,
}

/// When the ways were asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Some of them never.
    Never,
    /// The oldest of them then.
    At(Time),
    /// There is nothing to ask: it does not leave.
    NotNeeded,
}

/// What a message would be worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Everyone who will get it, as far as they can be read.
    pub people: Vec<Standing>,
    /// Its index.
    pub index: Index,
    /// What protects it: the weakest of all.
    pub padlock: Padlock,
    /// What the discussion with these people has been held to.
    pub agreed: Padlock,
    /// Where nothing was agreed with all of them together: with whom of them it was.
    pub agreed_with: Option<Person>,
    /// That discussion, with its newest subject.
    pub discussion: Option<(DiscussionId, String)>,
    /// Whether the owner has a key that can be used: without one nothing is encrypted.
    pub own_key: bool,
    /// When the ways were asked about.
    pub checked: Checked,
    /// The server that passes it on, and so sees whom it goes to and what is not encrypted; `None` where it goes straight to
    /// everyone's.
    pub passed_on_by: Option<String>,
    /// About how many octets it has on its way, where that is more than a box like this one takes.
    pub too_large: Option<u64>,
}

impl Preview {
    /// Those whom it leaves to; the owner alone where it stays.
    pub fn readers(&self) -> impl Iterator<Item = &Standing> {
        let stays = self.people.iter().all(|standing| standing.person.owner);
        self.people.iter().filter(move |standing| stays || !standing.person.owner)
    }

    /// Whom it is because of that it would be less protected than this.
    pub fn below(&self, padlock: Padlock) -> impl Iterator<Item = &Standing> {
        self.readers().filter(move |standing| standing.padlock < padlock)
    }
}

/// The people of a draft, each once: those whom everyone sees, and the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Addressed {
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub bcc: Vec<Mailbox>,
}

impl Addressed {
    /// As far as the fields can be read.
    pub fn of(draft: &Draft) -> Self {
        let read = |field: &str| match people(field) {
            Ok(people) => people,
            // What is right in it counts already.
            Err(_) => field
                .split([',', ';', '\n'])
                .filter_map(|item| people(item).ok())
                .flatten()
                .collect(),
        };
        let mut seen = Vec::new();
        let mut once = |people: Vec<Mailbox>| -> Vec<Mailbox> {
            let new = people.into_iter().filter(|person| {
                let is_new = !seen.contains(&person.address);
                seen.extend(is_new.then(|| person.address.clone()));
                is_new
            });
            new.collect()
        };
        Self {
            to: once(read(&draft.to)),
            cc: once(read(&draft.cc)),
            bcc: once(read(&draft.bcc)),
        }
    }

    pub fn all(&self) -> impl Iterator<Item = &Mailbox> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }
}

/// The mailing list that a message is an answer to.
pub(super) struct List {
    /// The key of its discussion.
    pub key: String,
    /// Its name.
    pub name: String,
}

impl Compose {
    /// What a draft would be worth if it were sent now.
    pub async fn preview(&self, draft: &Draft) -> Result<Preview, Error> {
        let addressed = Addressed::of(draft);
        let ways = self.ways(&draft.from, &addressed).await?;
        let (inner, draft) = (self.0.clone(), draft.clone());
        read(&self.0.vault, move |snapshot| inner.preview(snapshot, &draft, &addressed, &ways)).await
    }

    /// Asks on purpose about the ways to everyone, and about the owner's own domain.
    pub async fn check(&self, draft: &Draft) -> Result<(), Error> {
        let addressed = Addressed::of(draft);
        for domain in self.0.domains(&addressed).into_iter().take(MOST_ASKED) {
            self.0.strict.learn(&domain).await?;
        }
        self.0.keyring.ask_for(&self.outside(draft)).await;
        self.check_own().await
    }

    /// Asks whether the world can check what this box signs. Where nobody can be asked, what was known stays until it is
    /// old.
    pub async fn check_own(&self) -> Result<(), Error> {
        let signers = super::send::signers(&self.0.vault).await?;
        let domain = &self.0.domain;
        let (mut signs, mut unknown) = (false, false);
        for signer in &signers {
            match self.0.dns.look(&format!("{}.{domain}", signer.name()), Kind::Txt).await {
                Ok(answer) => signs |= texts(&answer.records).any(|text| publishes(text, signer)),
                Err(_) => unknown = true,
            }
        }
        let polices = match self.0.dns.look(&format!("_dmarc.{domain}"), Kind::Txt).await {
            Ok(answer) => Some(texts(&answer.records).any(|text| {
                let record = dmarc::is_record(text).then(|| dmarc::Record::parse(text)).flatten();
                record.is_some_and(|record| record.policy != Policy::None && record.percent == 100)
            })),
            Err(_) => None,
        };
        let found = OwnRecords {
            at: self.0.clock.now().0,
            signs: if unknown && !signs { None } else { Some(signs) },
            polices,
        };
        if found.signs.is_none() && found.polices.is_none() {
            return Ok(());
        }
        let open = self.0.vault.open()?;
        Ok(open.writer.write(move |tables| writing::set_own_records(tables, &found)).await?)
    }
}

fn texts(records: &[Record]) -> impl Iterator<Item = &[u8]> {
    records.iter().filter_map(|record| match record {
        Record::Txt(text) => Some(text.as_slice()),
        _ => None,
    })
}

/// Whether a record says the public half of this key, however it is spelled.
fn publishes(text: &[u8], signer: &dkim::Signer) -> bool {
    let public = |record: &[u8]| crate::codec::tags::Tags::parse(record).and_then(|tags| tags.base64("p").flatten());
    let own = signer.record().and_then(|record| public(record.as_bytes()));
    own.is_some() && dkim::Key::parse(text).is_ok() && public(text) == own
}

impl Inner {
    /// The domains outside that a message goes to.
    pub(super) fn domains(&self, addressed: &Addressed) -> Vec<String> {
        let outside = addressed.all().filter(|person| !person.address.is_one_of(self.owner.iter()));
        let mut domains: Vec<String> = outside.map(|person| person.address.domain().to_owned()).collect();
        domains.sort_unstable();
        domains.dedup();
        domains
    }

    pub(super) fn preview(&self, snapshot: &Snapshot, draft: &Draft, addressed: &Addressed, ways: &Ways) -> Result<Preview, Error> {
        let from = Address::parse(&draft.from)
            .ok()
            .or_else(|| self.owner.first().cloned())
            .ok_or(Error::NotFound)?;
        let others: Vec<Address> = addressed
            .all()
            .map(|person| person.address.clone())
            .filter(|address| !self.is_own(address))
            .collect();
        let plan = protect::plan(snapshot, &from, &others, answered(draft), self.clock.now())?;
        self.weighed(snapshot, (draft, &from), addressed, ways, &plan)
    }

    /// What a draft is worth from this address where just that is done for it.
    pub(super) fn weighed(
        &self,
        snapshot: &Snapshot,
        (draft, from): (&Draft, &Address),
        addressed: &Addressed,
        ways: &Ways,
        plan: &Plan,
    ) -> Result<Preview, Error> {
        let asked = snapshot.own_records()?;
        let own = asked.lately(self.clock.now().0);
        let reading = |addressed: &Addressed| Reading {
            from: vec![Mailbox {
                name: String::new(),
                address: from.clone(),
            }],
            to: addressed.to.clone(),
            cc: addressed.cc.iter().chain(&addressed.bcc).cloned().collect(),
            subject: draft.subject.clone(),
            text: draft.text.clone(),
            ..Reading::default()
        };
        let known = self.known(snapshot, addressed.all().map(|person| &person.address))?;
        let list = self.list(snapshot, draft.about, addressed)?;
        let mut evidence = self.evidence(&reading(addressed), plan, &own, ways, &known);
        // The one address of a list is not one person.
        evidence.social.list = list.is_some();
        let index = evaluate(&evidence);
        let mut people = Vec::new();
        for person in addressed.all() {
            let alone = Addressed {
                to: vec![person.clone()],
                ..Addressed::default()
            };
            let way = ways.get(person.address.domain());
            people.push(Standing {
                person: self.people.of(snapshot, &person.name, &person.address)?,
                padlock: Padlock::of(&self.evidence(&reading(&alone), &plan.alone(&person.address), &own, ways, &known)),
                key: plan.key(&person.address),
                strict: way.and_then(|way| way.known.as_ref()).map_or(Fact::Unknown, Known::is_strict),
                last: way.and_then(|way| way.seen.as_ref()).map(SeenWay::session),
            });
        }
        let (mut agreed, decided, discussion) = self.agreed(snapshot, &reading(addressed), &known, list.as_ref())?;
        let mut agreed_with = None;
        // Who is written to in an envelope loses it to whoever is written to beside them: that is asked about once, too.
        if !decided && list.is_none() && index.padlock < Padlock::Envelope && agreed < Padlock::Envelope {
            for (person, standing) in addressed.all().zip(&people).filter(|(_, standing)| !standing.person.owner) {
                let alone = Reading {
                    to: vec![person.clone()],
                    ..Reading::default()
                };
                if self.agreed(snapshot, &alone, &known, None)?.0 >= Padlock::Envelope {
                    (agreed, agreed_with) = (Padlock::Envelope, Some(standing.person.clone()));
                    break;
                }
            }
        }
        let leaves = addressed.all().any(|person| !self.is_own(&person.address));
        Ok(Preview {
            people,
            padlock: index.padlock,
            index,
            agreed,
            agreed_with,
            discussion,
            own_key: plan.has_own(),
            checked: checked(ways, asked.at),
            passed_on_by: ways.passed_on_by.clone().filter(|_| leaves),
            too_large: {
                let size = draft.size_on_its_way(plan.content.encryption == Fact::Known(Encryption::Whole));
                (leaves && size > MAX_MESSAGE as u64).then_some(size)
            },
        })
    }

    /// The mailing list whose message a draft answers, where it goes to the list as well.
    pub(super) fn list(&self, snapshot: &Snapshot, about: About, addressed: &Addressed) -> Result<Option<List>, Error> {
        let About::Answers(id) = about else { return Ok(None) };
        let Some(record) = snapshot.message(id.0)? else { return Ok(None) };
        let row = snapshot.discussion(record.discussion)?;
        let Some(row) = row.filter(|row| row.key.starts_with("list:")) else {
            return Ok(None);
        };
        let answered = mime::read(&snapshot.shown(id.0, &record)?);
        let goes_there = |address: &Address| match &answered.list_post {
            Some(post) => post == address,
            // An own answer, or a list that does not say where it is written to.
            None => {
                let named = answered.to.iter().chain(&answered.cc);
                !self.is_own(address) && named.into_iter().any(|person| person.address == *address)
            }
        };
        let there = addressed.all().any(|person| goes_there(&person.address));
        Ok(there.then(|| List {
            name: row.list.unwrap_or_else(|| row.key.trim_start_matches("list:").to_owned()),
            key: row.key,
        }))
    }

    pub(super) fn is_own(&self, address: &Address) -> bool {
        address.is_one_of(self.owner.iter())
    }

    /// The cards of these people.
    pub(super) fn known<'a>(
        &self,
        snapshot: &Snapshot,
        people: impl Iterator<Item = &'a Address>,
    ) -> Result<HashMap<Address, Contact>, store::Error> {
        let mut known = HashMap::new();
        for address in people {
            if let Some((id, card)) = snapshot.contact_of(address.as_str())? {
                let addresses = card.addresses.iter().filter_map(|text| Address::parse(text).ok()).collect();
                let contact = Contact {
                    id: ContactId(id),
                    name: card.name,
                    addresses,
                    index: snapshot.stands(id)?.and_then(|stands| stands.points).into(),
                };
                known.insert(address.clone(), contact);
            }
        }
        Ok(known)
    }

    /// The evidence of a message that leaves, or that stays here.
    pub(super) fn evidence(
        &self,
        reading: &Reading,
        plan: &Plan,
        own: &OwnRecords,
        ways: &Ways,
        known: &HashMap<Address, Contact>,
    ) -> Evidence {
        let mut others = reading
            .to
            .iter()
            .chain(&reading.cc)
            .filter(|person| !self.is_own(&person.address))
            .peekable();
        let foreign = OwnRecords::default();
        let stays = others.peek().is_none() && !(reading.to.is_empty() && reading.cc.is_empty());
        let seen = Observed {
            direction: if stays { Direction::Local } else { Direction::Out },
            received: false,
            content: plan.content.clone(),
            // A provider signs as it likes.
            travel: travel(
                others.map(|person| ways.get(person.address.domain())),
                if ways.provider { &foreign } else { own },
            ),
            loaded: false,
        };
        let hosts = Hosts {
            home: &self.domain,
            registrable: &hosts::registrable,
        };
        let about = |address: &Address| Other {
            address: address.clone(),
            known: Fact::Known(known.contains_key(address)),
            key: plan.key(address),
            index: known.get(address).map_or(Fact::Unknown, |card| card.index),
        };
        gather(
            reading,
            HtmlFindings::default(),
            &seen,
            hosts,
            |address| self.is_own(address),
            about,
        )
    }

    /// What the discussion of these people has been held to, whether the owner has written in it, and which it is: as the owner
    /// last wrote in it, and where something came end-to-end encrypted since, so.
    fn agreed(
        &self,
        snapshot: &Snapshot,
        reading: &Reading,
        known: &HashMap<Address, Contact>,
        list: Option<&List>,
    ) -> Result<(Padlock, bool, Option<(DiscussionId, String)>), Error> {
        let owners = snapshot.owners(&self.owner)?;
        let people = DiscussionKey::of(
            reading,
            |address| address.is_one_of(owners.iter()),
            |address| known.get(address).map(|card| card.id),
        );
        if reading.to.is_empty() && reading.cc.is_empty() {
            return Ok((Padlock::default(), false, None));
        }
        let id = snapshot.discussion_id(list.map_or(people.as_str(), |list| list.key.as_str()))?;
        let row = id.map_or(Ok(None), |id| snapshot.discussion(id))?;
        let discussion = id.zip(row.as_ref()).map(|(id, row)| (DiscussionId(id), row.subject.clone()));
        let ratchet = row.map(|row| row.ratchet).unwrap_or_default();
        Ok((ratchet.padlock(), ratchet.is_decided(), discussion))
    }
}

/// The record of whom a message goes to unseen.
pub(super) fn unseen(addressed: &Addressed) -> Vec<(String, String)> {
    addressed
        .bcc
        .iter()
        .map(|person| (person.name.clone(), person.address.to_string()))
        .collect()
}

/// People as a discussion's row has them.
pub(super) fn row_people(people: impl Iterator<Item = Mailbox>) -> Vec<record::Person> {
    let person = |person: Mailbox| record::Person {
        name: crate::service::excerpt::headline(&person.name),
        address: person.address.to_string(),
    };
    people.take(record::Discussion::PEOPLE).map(person).collect()
}
