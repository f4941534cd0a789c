//! Is it spam: what a new box knows, what the owner taught, and the verdict on each message.
//!
//! The model in use is a function of the starting model and of the owner's lessons in the vault; it is
//! made when it is first needed and again after each lesson, and is kept in memory only. So nothing has to
//! be un-learnt: a lesson that is taken back is not there when the model is made.
//!
//! Absent on purpose: anybody else's list, and a judgement on what the owner imports, because whoever
//! brought it along wanted it.

use super::{Error, devices::Viewer, read};
use crate::{
    codec::{
        mime,
        spam::{Around, look},
    },
    domain::{
        address::Address,
        authentication::{self, Authentication},
        danger::Danger,
        id::{DiscussionId, MessageId},
        importance,
        message::{Mailbox, Reading},
        spam::{Checks, Outcome, Sight, Sign, Standing, Verdict, model::Lesson, model::Model},
        tag::{By, System},
        transport::Arrival,
    },
    store::{
        self,
        filing::{self, Filling, Wanted},
        mail::Snapshot,
        record, spam,
        vault::{Open, Vault},
        writer::Tables,
    },
};
use std::{
    collections::HashSet,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

/// What a new box knows: hashes of words and their weights, made by `caliopen spam learn` from mail that may
/// be passed on (`src/service/spam/README.md`).
const START: &[u8] = include_bytes!("spam/start.model");

/// What a new box knows.
pub fn starting_model() -> &'static Model {
    static MODEL: LazyLock<Model> = LazyLock::new(|| Model::of_octets(START));
    &MODEL
}

/// Judges and learns; cheap to clone.
#[derive(Clone)]
pub struct Spam(Arc<Inner>);

struct Inner {
    vault: Vault,
    owner: Vec<Address>,
    /// The model of an open vault, until the next lesson.
    model: Mutex<Option<(Weak<Open>, Arc<Model>)>>,
}

/// What is known of a message that is judged.
pub(super) struct Case<'a> {
    pub(super) raw: &'a [u8],
    pub(super) reading: &'a Reading,
    pub(super) arrival: Option<&'a Arrival>,
    pub(super) checks: Checks,
    /// What in it may do harm.
    pub(super) dangers: &'a [Danger],
}

/// What is shown of a verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The message.
    pub message: MessageId,
    /// Its discussion.
    pub discussion: DiscussionId,
    /// Its subject; `None` where the message is masked.
    pub subject: Option<String>,
    /// What the filter thought when it came; `None` where nobody asked.
    pub verdict: Option<Verdict>,
    /// The owner's word: whether it is spam.
    pub word: Option<bool>,
    /// Whether it is tagged.
    pub tagged: bool,
    /// Whether its sender is known, so that it is not tagged for what it says.
    pub known: bool,
    /// How many lessons the filter has.
    pub lessons: u64,
}

impl Spam {
    /// Over this vault, for these addresses of the owner.
    pub fn new(vault: Vault, owner: Vec<Address>) -> Self {
        Self(Arc::new(Inner {
            vault,
            owner,
            model: Mutex::new(None),
        }))
    }

    /// The model in use. Makes it where there is none: some tenths of a second for thousands of lessons.
    fn model(&self, open: &Open, snapshot: &Snapshot) -> Result<Arc<Model>, store::Error> {
        let mut held = self.0.model.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, model)) = held.as_ref()
            && std::ptr::eq(of.as_ptr(), open)
        {
            return Ok(model.clone());
        }
        let lessons: Vec<Lesson> = snapshot.taught()?.into_iter().map(record::Lesson::lesson).collect();
        let model = Arc::new(starting_model().learn(&lessons));
        if let Ok(now) = self.0.vault.open()
            && std::ptr::eq(Arc::as_ptr(&now), open)
        {
            *held = Some((Arc::downgrade(&now), model.clone()));
        }
        Ok(model)
    }

    fn forget_model(&self) {
        self.0.model.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// What is kept of the verdict on a new message, with its author. What is imported was wanted by whoever
    /// kept it, and what the box or its owner wrote is not asked about.
    pub(super) fn on_arrival(
        &self,
        open: &Open,
        case: &Case<'_>,
        own: bool,
        imported: bool,
    ) -> Result<Option<(String, record::Judged)>, store::Error> {
        let written = |author: &Mailbox| author.address.is_one_of(self.0.owner.iter());
        let judged = match (imported, own) {
            (true, _) => record::Judged {
                heard: !case.reading.author().is_none_or(written),
                ..record::Judged::default()
            },
            (false, true) => return Ok(None),
            (false, false) => self.judge(open, &Snapshot::of(open)?, case)?,
        };
        Ok(Some((author(case.reading), judged)))
    }

    /// Those of these messages that can be called spam: not what the owner wrote, here or elsewhere. What came through the
    /// door only claims to be theirs. Where it is about being none (`is` false), what was tagged all the same is let go too.
    pub(super) fn spoken_of(&self, snapshot: &Snapshot, ids: Vec<u64>, is: bool) -> Result<Vec<u64>, Error> {
        let owners = snapshot.owners(&self.0.owner)?;
        let mut others = Vec::with_capacity(ids.len());
        for id in ids {
            if (!is && snapshot.is_tagged(id, System::Spam.id())?) || !is_own(snapshot, id, &owners)? {
                others.push(id);
            }
        }
        Ok(others)
    }

    /// The verdict on a message that arrives.
    fn judge(&self, open: &Open, snapshot: &Snapshot, case: &Case<'_>) -> Result<record::Judged, store::Error> {
        let standing = standing(snapshot, case.reading)?;
        let sight = self.sight(case, standing);
        let model = self.model(open, snapshot)?;
        let verdict = spare(model.judge(&sight), &sight, standing, case.checks);
        let heard = !verdict.is_spam() && !case.checks.is_refuted();
        Ok(record::Judged {
            heard,
            ..record::Judged::of(&verdict)
        })
    }

    fn sight(&self, case: &Case<'_>, standing: Standing) -> Sight {
        let ours = |address: &Address| self.0.owner.contains(address);
        let mut owner: Vec<Address> = case
            .reading
            .to
            .iter()
            .chain(&case.reading.cc)
            .map(|mailbox| mailbox.address.clone())
            .filter(ours)
            .collect();
        if let Some(arrival) = case.arrival {
            owner.extend(arrival.rcpt_to.iter().filter_map(|address| Address::parse(address).ok()));
        }
        owner.dedup();
        let around = Around {
            owner,
            mail_from: case.arrival.and_then(|arrival| Address::parse(arrival.mail_from.as_deref()?).ok()),
            received: case.arrival.map(|arrival| arrival.at),
            checks: case.checks,
            standing,
            dangers: case.dangers.to_vec(),
        };
        look(case.raw, case.reading, &around)
    }

    /// What the filter thought of a message, and what the owner said.
    /// Whoever may not see the message on their device is told the signs and none of its words.
    pub async fn explain(&self, id: MessageId, viewer: Viewer) -> Result<Explained, Error> {
        read(&self.0.vault, move |snapshot| {
            let record = snapshot.message(id.0)?.ok_or(Error::NotFound)?;
            let mut judged = snapshot.judged(id.0)?;
            let masked = viewer.is_masked(id, record.index);
            if let Some(judged) = judged.as_mut().filter(|_| masked) {
                judged.reasons.retain(|(kind, ..)| *kind == 0);
            }
            let reading = mime::read(&snapshot.raw(id.0, &record)?);
            Ok(Explained {
                message: id,
                discussion: DiscussionId(record.discussion),
                known: standing(snapshot, &reading)? == Standing::Known,
                subject: (!masked).then_some(reading.subject),
                tagged: judged.as_ref().is_some_and(record::Judged::is_spam),
                word: judged.as_ref().and_then(record::Judged::word),
                verdict: judged.filter(|judged| !judged.reasons.is_empty()).map(|judged| judged.verdict()),
                lessons: snapshot.taught_count()?,
            })
        })
        .await
    }

    /// Takes the owner's word on a message: spam, not spam, or `None`: what was said is taken back.
    pub async fn teach(&self, id: MessageId, word: Option<bool>) -> Result<DiscussionId, Error> {
        let this = self.clone();
        let (author, discussion, lesson) = read(&self.0.vault, move |snapshot| {
            let record = snapshot.message(id.0)?.ok_or(Error::NotFound)?;
            let raw = snapshot.raw(id.0, &record)?;
            let reading = mime::read(&raw);
            let proof = snapshot.proof(id.0)?;
            let arrival = proof
                .as_ref()
                .and_then(|proof| proof.arrival.as_ref())
                .map(record::Arrived::arrival);
            let looked = snapshot.looked(id.0)?.map(|looked| looked.look()).unwrap_or_default();
            let case = Case {
                raw: &raw,
                reading: &reading,
                arrival: arrival.as_ref(),
                checks: proof.as_ref().map(|proof| checks(&proof.authentication())).unwrap_or_default(),
                dangers: &looked.dangers,
            };
            // What is learnt is the message; whether its sender was heard of before is counted elsewhere.
            let sight = this.sight(&case, Standing::Stranger);
            let lesson = record::Lesson::of(&Lesson::of(&sight, word.unwrap_or_default()));
            Ok((author(&reading), DiscussionId(record.discussion), lesson))
        })
        .await?;
        let open = self.0.vault.open()?;
        let taught = open.writer.write(move |tables| {
            let judged = spam::teach(tables, id.0, &author, word, &lesson)?;
            if let Some(judged) = &judged {
                refile(tables, id.0, judged)?;
            }
            Ok(judged)
        });
        let kept = taught.await?;
        self.forget_model();
        kept.map(|_| discussion).ok_or(Error::NotFound)
    }
}

/// Files a new message by its verdict: what its importance rests on, and the tag.
pub(super) fn file(filling: &mut Filling, judged: &record::Judged) {
    filling.facts.spam = match filling.facts.spam {
        importance::Spam::Quarantined(_) => importance::Spam::Quarantined(judged.probability),
        _ => importance::Spam::Judged(judged.probability),
    };
    let tag = System::Spam.id();
    let there = filling
        .tags
        .iter()
        .any(|(wanted, _)| matches!(wanted, Wanted::Known(known) if *known == tag));
    if judged.is_spam() && !there {
        filling.tags.push((Wanted::Known(tag), By::House));
    }
}

/// The tag and the importance of a message by the owner's word, or by the verdict where it was taken back.
fn refile(tables: &mut Tables<'_>, message: u64, judged: &record::Judged) -> Result<(), store::Error> {
    let tag = System::Spam.id();
    let by = if judged.word().is_some() { By::Owner } else { By::House };
    if judged.is_spam() {
        filing::set(tables, message, tag, by)?;
    } else {
        filing::unset(tables, message, tag)?;
    }
    let spam = match judged.word() {
        Some(true) => importance::Spam::Unwanted,
        Some(false) => importance::Spam::Wanted,
        None if judged.reasons.is_empty() => importance::Spam::Unknown,
        None => importance::Spam::Judged(judged.probability),
    };
    filing::reweigh(tables, message, |facts| facts.spam = spam)?;
    Ok(())
}

/// The author's address, empty where there is none.
pub(super) fn author(reading: &Reading) -> String {
    reading.author().map(|author| author.address.to_string()).unwrap_or_default()
}

/// Whether the owner wrote a message. One that is damaged says nothing of its author.
fn is_own(snapshot: &Snapshot, id: u64, owners: &HashSet<Address>) -> Result<bool, Error> {
    if snapshot.proof(id)?.is_some_and(|proof| proof.arrival.is_some()) {
        return Ok(false);
    }
    let Some(record) = snapshot.message(id)? else { return Ok(false) };
    let raw = match snapshot.raw(id, &record) {
        Ok(raw) => raw,
        Err(store::Error::Damaged) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let reading = mime::read(&raw);
    Ok(reading.author().is_some_and(|author| author.address.is_one_of(owners.iter())))
}

/// What the owner has to do with the author of a message: known is who has a card, or was ever written to.
fn standing(snapshot: &Snapshot, reading: &Reading) -> Result<Standing, store::Error> {
    let Some(author) = reading.author() else {
        return Ok(Standing::Stranger);
    };
    let address = author.address.as_str();
    if snapshot.contact_of(address)?.is_some() || snapshot.written_to(address)? > 0 {
        return Ok(Standing::Known);
    }
    Ok(match snapshot.heard(address)? {
        0 => Standing::Stranger,
        times => Standing::Heard(u32::try_from(times).unwrap_or(u32::MAX)),
    })
}

/// An address that is known is never tagged for what its mail says; only where its own domain disowns the
/// message is it somebody else's.
fn spare(verdict: Verdict, sight: &Sight, standing: Standing, checks: Checks) -> Verdict {
    let spared = standing == Standing::Known && !checks.is_refuted() && !sight.signs.contains(&Sign::Gtube);
    if spared && verdict.is_spam() {
        return Verdict {
            probability: 0.49,
            ..verdict
        };
    }
    verdict
}

/// What a verdict weighs of what was found out about the sender.
pub fn checks(found: &Authentication) -> Checks {
    let outcome = |outcome: authentication::Outcome| match outcome {
        authentication::Outcome::Pass => Outcome::Pass,
        authentication::Outcome::Fail => Outcome::Fail,
        authentication::Outcome::SoftFail => Outcome::Soft,
        authentication::Outcome::None | authentication::Outcome::Neutral => Outcome::Absent,
        // Neither says anything about the message.
        authentication::Outcome::NotKnown | authentication::Outcome::TempError => Outcome::Unknown,
        authentication::Outcome::Policy | authentication::Outcome::PermError => Outcome::Absent,
    };
    Checks {
        spf: outcome(found.spf.outcome),
        dkim: outcome(found.dkim),
        dmarc: if found.dmarc.explained.is_some() {
            Outcome::Unknown
        } else {
            outcome(found.dmarc.outcome)
        },
        strict: found.is_suspect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_known_is_tagged_only_where_it_is_somebody_else() {
        let bad = Verdict {
            probability: 0.97,
            reasons: Vec::new(),
        };
        let sight = Sight::default();
        let refuted = Checks {
            dmarc: Outcome::Fail,
            ..Checks::default()
        };
        assert!(!spare(bad.clone(), &sight, Standing::Known, Checks::default()).is_spam());
        assert!(spare(bad.clone(), &sight, Standing::Known, refuted).is_spam());
        assert!(spare(bad.clone(), &sight, Standing::Heard(9), Checks::default()).is_spam());
        let test = Sight {
            signs: vec![Sign::Gtube],
            ..Sight::default()
        };
        assert!(spare(bad, &test, Standing::Known, Checks::default()).is_spam());
    }

    #[test]
    fn a_new_box_knows_something() {
        let size = starting_model().size();
        assert!(size < 1 << 20, "{size}");
    }
}
