//! Sending: what is wrong is said, what would be less protected than agreed is asked about, and then everything
//! slow is done before the one write.

use super::{
    Compose, REST,
    filing::Filing,
    foresee::{Addressed, Preview, unseen},
};
use crate::{
    codec::{
        dkim::{self, Algorithm},
        exif::{self, Cleaned},
        idna,
        mime::write::{self, Attached, Writing},
    },
    domain::{
        address::Address,
        draft::{self, Draft, MAX_FILES_SIZE, MAX_PEOPLE},
        id::{DiscussionId, MessageId},
        message::Mailbox,
        outgoing::Submission,
        padlock::Padlock,
        tag::System,
        time::Time,
    },
    service::{
        Error,
        happening::Happening,
        protect::{self, Outgoing, Protected},
        read,
        receive::content,
    },
    store::{
        self,
        delete::{self, Deleted, Wanted},
        drafts, hex,
        mail::{self, Kept, Snapshot},
        outbox,
        record::Sent,
        slots::random,
        vault::Vault,
        writer::Tables,
        writing::{self, DkimKeys},
    },
};
use std::sync::Arc;

/// What keeps a message from being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is to nobody.
    Nobody,
    /// This, of a field, is no address.
    NoAddress(Field, String),
    /// This address would be one of this box, and is none.
    NobodyHere(String),
    /// It is from an address that is not the owner's.
    NotYours,
    /// It is to more people than one message may be.
    TooMany,
    /// Its files are too large together.
    TooLarge,
}

/// A field of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `To`.
    To,
    /// `Cc`.
    Cc,
    /// `Bcc`.
    Bcc,
    /// `Reply-To`.
    ReplyTo,
}

/// What became of a message that was to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is on its way, or was before.
    Sent(MessageId, DiscussionId),
    /// Something is wrong with it.
    Wrong(Vec<Wrong>),
    /// It would be less protected than was agreed, or than was shown: the owner decides.
    Lower(Box<Preview>),
    /// There is no such draft.
    Nothing,
}

/// What a message has to be protected by.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// What the owner was told that would protect it.
    shown: Padlock,
    /// What they agreed to on the page that asks.
    lowered: Option<Padlock>,
}

impl Held {
    /// Whether what would be done for a message is less.
    fn is_above(self, preview: &Preview) -> bool {
        preview.padlock < self.lowered.unwrap_or_else(|| preview.agreed.max(self.shown))
    }
}

/// What became of taking back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Back {
    Draft(u64),
    TooLate,
}

/// Selectors of the keys that sign; what stands in DNS is looked for under these names.
const RSA: &str = "caliopen-rsa";
const ED25519: &str = "caliopen-ed25519";

impl Compose {
    /// Sends a draft. `shown` is what the owner was told that would protect it, `lowered` what they agreed to on the
    /// page that asks.
    pub async fn send(&self, id: u64, shown: Padlock, lowered: Option<Padlock>) -> Result<Outcome, Error> {
        let draft = match self.find(id).await? {
            super::Found::Nothing => return Ok(Outcome::Nothing),
            super::Found::Sent(message) => return self.was_sent(message).await,
            super::Found::Draft(draft, _) => *draft,
        };
        let wrong = self.wrong(&draft, &self.writes_as().await?);
        if !wrong.is_empty() {
            return Ok(Outcome::Wrong(wrong));
        }
        // Whoever has no key here may have one at home: the delivery tells their domain of them anyway.
        self.0.keyring.ask_for(&self.outside(&draft)).await;
        let preview = self.preview(&draft).await?;
        let held = Held { shown, lowered };
        if held.is_above(&preview) {
            return Ok(Outcome::Lower(Box::new(preview)));
        }
        let answers = match draft.about {
            draft::About::Answers(id) => Some(id),
            draft::About::Nothing | draft::About::Forwards(_) => None,
        };
        let signers = signers(&self.0.vault).await?;
        let ways = self.ways(&draft.from, &Addressed::of(&draft)).await?;
        let (compose, open) = (self.clone(), self.0.vault.open()?);
        let now = self.0.clock.now();
        let prepared = tokio::task::spawn_blocking({
            let open = open.clone();
            move || {
                let snapshot = Snapshot::of(&open)?;
                compose.prepare(&open, &snapshot, (id, &draft), &signers, &ways, (held, now))
            }
        });
        let mut ready = match prepared.await.map_err(|_| store::Error::Damaged)?? {
            Prepared::Ready(ready) => ready,
            // Something came since it was looked at.
            Prepared::Lower(preview) => return Ok(Outcome::Lower(preview)),
        };
        let writing = open.writer.write(move |tables| ready.write(tables, now));
        let (message, discussion) = writing.await?;
        self.0.happenings.announce(Happening::Due);
        if let Some(answered) = answers {
            self.is_honest(answered).await?;
        }
        Ok(Outcome::Sent(MessageId(message), DiscussionId(discussion)))
    }

    /// What is answered is no spam: where it was taken for it, the filter learns.
    async fn is_honest(&self, id: MessageId) -> Result<(), Error> {
        let spam = System::Spam.id().0;
        let tagged = read(&self.0.vault, move |snapshot| {
            Ok(snapshot.tags_of(id.0)?.iter().any(|(tag, _)| *tag == spam))
        });
        if tagged.await? {
            self.0.spam.teach(id, Some(false)).await?;
        }
        Ok(())
    }

    async fn was_sent(&self, message: MessageId) -> Result<Outcome, Error> {
        let row = read(&self.0.vault, move |snapshot| Ok(snapshot.message(message.0)?)).await?;
        Ok(row.map_or(Outcome::Nothing, |row| Outcome::Sent(message, DiscussionId(row.discussion))))
    }

    /// Those whom a draft goes to outside of this box.
    pub(super) fn outside(&self, draft: &Draft) -> Vec<Address> {
        let people = Addressed::of(draft);
        let addresses = people.all().map(|person| person.address.clone());
        addresses.filter(|address| !self.0.is_own(address)).collect()
    }

    /// What keeps a draft from being sent.
    fn wrong(&self, draft: &Draft, writes_as: &[Address]) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let fields = [
            (Field::To, &draft.to),
            (Field::Cc, &draft.cc),
            (Field::Bcc, &draft.bcc),
            (Field::ReplyTo, &draft.reply_to),
        ];
        for (field, text) in fields {
            if let Err(items) = draft::people(text) {
                wrong.extend(items.into_iter().take(5).map(|item| Wrong::NoAddress(field, item)));
            }
        }
        if !Address::parse(&draft.from).is_ok_and(|from| from.is_one_of(writes_as.iter())) {
            wrong.push(Wrong::NotYours);
        }
        let addressed = Addressed::of(draft);
        let here = addressed.all().filter(|person| {
            let address = &person.address;
            address.domain() == self.0.domain && !self.0.is_own(address)
        });
        wrong.extend(here.take(5).map(|person| Wrong::NobodyHere(person.address.to_string())));
        match addressed.all().count() {
            0 if wrong.is_empty() => wrong.push(Wrong::Nobody),
            0..=MAX_PEOPLE => {}
            _ => wrong.push(Wrong::TooMany),
        }
        if draft.files_size() > MAX_FILES_SIZE {
            wrong.push(Wrong::TooLarge);
        }
        wrong
    }

    /// Everything slow: reading the files, cleaning, writing, protecting, signing, weighing, packing. What will be done is
    /// held to what was shown here, where it is decided, and nothing that comes afterwards changes it.
    fn prepare(
        &self,
        open: &Arc<store::vault::Open>,
        snapshot: &Snapshot,
        (id, draft): (u64, &Draft),
        signers: &[dkim::Signer],
        ways: &super::ways::Ways,
        (held, now): (Held, Time),
    ) -> Result<Prepared, Error> {
        let inner = &self.0;
        let from = Address::parse(&draft.from).map_err(|_| Error::NotFound)?;
        let addressed = Addressed::of(draft);
        let outside = |people: &[Mailbox]| -> Vec<Address> {
            let addresses = people.iter().map(|person| person.address.clone());
            addresses.filter(|address| !inner.is_own(address)).collect()
        };
        let seen = [outside(&addressed.to), outside(&addressed.cc)].concat();
        let unseen_by = outside(&addressed.bcc);
        let plan = protect::plan(snapshot, &from, &[seen.clone(), unseen_by.clone()].concat(), answered(draft), now)?;
        let preview = inner.weighed(snapshot, (draft, &from), &addressed, ways, &plan)?;
        if held.is_above(&preview) {
            return Ok(Prepared::Lower(Box::new(preview)));
        }
        let ways = &ways.unseen();
        let name = snapshot.habits()?.name;
        let (in_reply_to, references) = before(snapshot, draft)?;
        let identifier = format!("{}@{}", hex(&random::<16>()?), idna::plain(from.domain()));
        let files = files(snapshot, id, draft)?;
        let outgoing = Outgoing {
            writing: Writing {
                from: Some(Mailbox {
                    name,
                    address: from.clone(),
                }),
                to: addressed.to.clone(),
                cc: addressed.cc.clone(),
                reply_to: draft::people(&draft.reply_to).unwrap_or_default(),
                subject: &draft.subject,
                id: &identifier,
                at: now,
                in_reply_to: in_reply_to.as_deref(),
                references: references.iter().map(String::as_str).collect(),
                more: Vec::new(),
            },
            entity: write::entity(&draft.text, files, &hex(&random::<16>()?)),
            seen,
            unseen: unseen_by,
        };
        let protected = protect::carry_out(snapshot, &plan, outgoing)?;
        // What a provider passes on in its own domain's name is signed by it.
        let Protected { filed, copies } = if ways.provider {
            protected
        } else {
            signed(protected, &idna::plain(from.domain()), signers)?
        };
        // Its mailbox will have it too, and is fetched from.
        let same = copies.first().filter(|_| ways.provider);
        let same = same.and_then(|copy| content(&crate::codec::mime::read(&copy.raw), &copy.raw));
        let rests_until = Time(now.0.saturating_add(REST));
        let leaves = !copies.is_empty();
        let submission = leaves.then_some(Submission {
            from,
            copies,
            not_before: rests_until,
            confidential: draft.confidential,
            by_provider: ways.provider,
        });
        // Packed first: what leaves may be large, and is not needed as it is any more.
        let submission = submission.map(outbox::prepare).transpose()?;
        let list = inner.list(snapshot, draft.about, &addressed)?;
        let filing = Filing {
            inner,
            snapshot,
            plan: &plan,
            ways,
            addressed: &addressed,
            list: list.as_ref(),
            now,
        };
        Ok(Prepared::Ready(Box::new(Ready {
            keep: filing.keep(open, &filed, same)?,
            submission,
            sent: Sent {
                draft: id,
                bcc: unseen(&addressed),
                rests_until: rests_until.0,
                confidential: draft.confidential,
                answers: match draft.about {
                    draft::About::Answers(id) => Some(id.0),
                    _ => None,
                },
            },
        })))
    }
}

/// What came of preparing.
enum Prepared {
    /// All that is left is to write it down.
    Ready(Box<Ready>),
    /// It would be less protected than it is held to.
    Lower(Box<Preview>),
}

/// A message ready to be written down.
struct Ready {
    keep: mail::Keep,
    submission: Option<outbox::Ready>,
    sent: Sent,
}

impl Ready {
    /// The one write; the message and its discussion. One that was sent meanwhile is not sent again.
    fn write(&mut self, tables: &mut Tables<'_>, now: Time) -> Result<(u64, u64), store::Error> {
        if let Some(message) = drafts::became(tables, self.sent.draft)? {
            return Ok((message, drafts::filed_in(tables, message)?.unwrap_or_default()));
        }
        let Kept::New { message, discussion } = mail::keep(tables, &self.keep)? else {
            return Err(store::Error::Damaged);
        };
        drafts::sent(tables, message, &self.sent)?;
        if let Some(submission) = &self.submission {
            outbox::queue(tables, message, submission, now)?;
        }
        Ok((message, discussion))
    }
}

/// The write of taking back: out of the outbox, the draft as it was, the message gone.
pub(super) fn take_back(tables: &mut Tables<'_>, wanted: &Wanted) -> Result<Back, store::Error> {
    if drafts::leaves(tables, wanted.id)? && !outbox::withdraw(tables, wanted.id)? {
        return Ok(Back::TooLate);
    }
    let Some(draft) = drafts::reopen(tables, wanted.id)? else {
        return Ok(Back::TooLate);
    };
    match delete::message(tables, wanted)? {
        Deleted::Gone => Ok(Back::Draft(draft)),
        Deleted::Nothing => Ok(Back::TooLate),
        // What was done so far goes with this write.
        Deleted::Changed => Err(store::Error::Damaged),
    }
}

/// The message that a draft answers.
pub(super) fn answered(draft: &Draft) -> Option<MessageId> {
    match draft.about {
        draft::About::Answers(id) => Some(id),
        _ => None,
    }
}

/// The identifier that a message answers, and those that it refers to.
fn before(snapshot: &Snapshot, draft: &Draft) -> Result<(Option<String>, Vec<String>), Error> {
    let draft::About::Answers(id) = draft.about else {
        return Ok((None, Vec::new()));
    };
    let Some(record) = snapshot.message(id.0)? else {
        return Ok((None, Vec::new()));
    };
    let reading = crate::codec::mime::read(&snapshot.raw(id.0, &record)?);
    Ok((reading.message_id.clone(), draft::references(&reading)))
}

/// The files of a draft, its pictures without what they tell.
fn files<'d>(snapshot: &Snapshot, id: u64, draft: &'d Draft) -> Result<Vec<Attached<'d>>, Error> {
    let uploads = snapshot.uploads(id)?;
    let mut files = Vec::new();
    for file in &draft.files {
        let Some((_, upload)) = uploads.iter().find(|(known, _)| *known == file.id) else {
            continue;
        };
        let octets = snapshot.uploaded(file.id, upload)?;
        let octets = match exif::clean(&octets) {
            Cleaned::Stripped(clean, _) if !draft.tell => clean,
            _ => octets,
        };
        files.push(Attached {
            name: &file.name,
            media_type: &file.media_type,
            octets,
        });
    }
    Ok(files)
}

/// The same, signed for this domain.
fn signed(protected: Protected, domain: &str, signers: &[dkim::Signer]) -> Result<Protected, store::Error> {
    let Protected { mut filed, mut copies } = protected;
    for copy in &mut copies {
        let head = dkim::sign(&copy.raw, domain, signers).ok_or(store::Error::Damaged)?;
        // What stays here needs no signature, unless it is what leaves: then it is kept once. Of those there is one.
        let stays = copy.raw == filed;
        // Each may be large: it is not copied to get another head.
        copy.raw.splice(0..0, head);
        if stays {
            filed.clone_from(&copy.raw);
        }
    }
    Ok(Protected { filed, copies })
}

/// What signs for the owner's domain; made at first need.
pub(in crate::service) async fn signers(vault: &Vault) -> Result<Vec<dkim::Signer>, Error> {
    let keys = match read(vault, |snapshot| Ok(snapshot.dkim_keys()?)).await? {
        Some(keys) => keys,
        None => {
            let made = tokio::task::spawn_blocking(|| {
                let made = |selector: &str, algorithm| Some((selector.to_owned(), dkim::generate(algorithm)?));
                Some(DkimKeys {
                    rsa: made(RSA, Algorithm::Rsa)?,
                    ed25519: made(ED25519, Algorithm::Ed25519)?,
                })
            });
            let made = made.await.ok().flatten().ok_or(store::Error::Damaged)?;
            let open = vault.open()?;
            open.writer.write(move |tables| writing::keep_keys(tables, &made)).await?
        }
    };
    let signer = |(selector, key): &(String, Vec<u8>), algorithm| dkim::Signer::of(selector, algorithm, key).ok_or(store::Error::Damaged);
    Ok(vec![signer(&keys.rsa, Algorithm::Rsa)?, signer(&keys.ed25519, Algorithm::Ed25519)?])
}

impl Compose {
    /// What is to stand in DNS so that others can check what this box signs: name and record.
    pub async fn records(&self) -> Result<Vec<(String, String)>, Error> {
        let signers = signers(&self.0.vault).await?;
        let record = |signer: &dkim::Signer| Some((format!("{}.{}", signer.name(), self.0.domain), signer.record()?));
        Ok(signers.iter().filter_map(record).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        net::{clock::Clock, dns::Dns, https::Https},
        service::{happening::Happenings, keyring::Keyring, setup, spam::Spam, strict::Strict, view::People},
        store::front::FrontFile,
    };

    #[tokio::test]
    async fn what_is_decided_when_it_is_sent_is_held_to_what_was_shown() {
        let folder = tempfile::tempdir().unwrap();
        let vault = setup::make(folder.path(), "home.test", "me@home.test", "word").unwrap().vault;
        let front = FrontFile::open(folder.path()).unwrap().read().unwrap().unwrap();
        let (clock, dns) = (Clock::fixed(Time(1_795_000_000)), Dns::nobody());
        let https = Https::new(dns.clone(), None);
        let strict = Strict::new(
            vault.clone(),
            clock.clone(),
            dns.clone(),
            https.clone(),
            "home.test",
            "mail.home.test",
        );
        let keyring = Keyring::new(vault.clone(), clock.clone(), https);
        let spam = Spam::new(vault.clone(), Vec::new());
        let people = People::new(&front.addresses).unwrap();
        let room = (vault.clone(), clock.clone(), Happenings::default());
        let compose = Compose::new(room, (dns, strict, keyring), spam, people, &front);
        let open = vault.open().unwrap();
        let snapshot = Snapshot::of(&open).unwrap();
        // Whose key was known when it was shown, and is not any more.
        let draft = Draft {
            from: "me@home.test".into(),
            to: "alice@friend.test".into(),
            text: "Hello".into(),
            ..Draft::default()
        };
        let signer = dkim::Signer::of(ED25519, Algorithm::Ed25519, &dkim::generate(Algorithm::Ed25519).unwrap()).unwrap();
        let (ways, now) = (super::super::ways::Ways::default(), clock.now());
        let prepare = |shown, lowered| {
            let held = Held { shown, lowered };
            compose.prepare(&open, &snapshot, (1, &draft), std::slice::from_ref(&signer), &ways, (held, now))
        };
        for (shown, lowered) in [
            (Padlock::Envelope, None),
            (Padlock::Mailbag, None),
            (Padlock::default(), Some(Padlock::Envelope)),
        ] {
            let Ok(Prepared::Lower(preview)) = prepare(shown, lowered) else {
                panic!("it would have left with less than {shown:?}, {lowered:?}")
            };
            assert_eq!(preview.padlock, Padlock::Postcard);
        }
        for (shown, lowered) in [(Padlock::Postcard, None), (Padlock::Sealed, Some(Padlock::Postcard))] {
            let ready = prepare(shown, lowered);
            assert!(matches!(ready, Ok(Prepared::Ready(_))), "{:?}", ready.err());
        }
    }
}
