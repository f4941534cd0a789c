//! Writing: drafts, their files, what a message would be worth, sending it, and taking it back.
//!
//! A draft has its number before anything of it is kept, so that a form which comes twice speaks of one draft and
//! makes one message. What a message would be worth is told from what is known: nothing is looked up while
//! somebody writes, and [`Compose::check`] asks on purpose. Sending is one write: the message is filed, the draft
//! becomes it, and the outbox has it, where it rests for [`REST`] seconds.
//!
//! Absent on purpose: HTML. Absent so far: sending later.

mod files;
mod filing;
mod foresee;
mod groups;
mod send;
mod start;
mod suggest;
mod ways;

pub use files::{Full, Uploading};
pub use foresee::{Checked, Preview, Standing};
pub(super) use send::signers;
pub use send::{Field, Outcome, Wrong};
pub use start::{Beginning, Started};

use super::{
    Error, delete,
    devices::Viewer,
    happening::Happenings,
    keyring::Keyring,
    read,
    spam::Spam,
    strict::Strict,
    view::{People, Person},
};
use crate::{
    domain::{
        address::Address,
        draft::{Draft, MAX_FIELD, MAX_SUBJECT, MAX_TEXT},
        id::{DiscussionId, MessageId},
        message::Mailbox,
        time::Time,
    },
    net::{clock::Clock, dns::Dns},
    store::{
        self,
        drafts::{self, Saved},
        front::Front,
        mail::Snapshot,
        record,
        slots::random,
        vault::Vault,
        writing::{self, Habits},
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Seconds that a message rests before it leaves, so that it can be taken back.
pub const REST: i64 = 20;
/// How often taking back is tried anew because something arrived in between.
const TRIES: usize = 8;

/// Writes and sends; cheap to clone.
#[derive(Clone)]
pub struct Compose(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    happenings: Happenings,
    dns: Dns,
    people: People,
    owner: Vec<Address>,
    domain: String,
    strict: Strict,
    keyring: Keyring,
    spam: Spam,
    /// One form at a time is done, so that one which comes twice makes one message.
    busy: tokio::sync::Mutex<()>,
    pages: Mutex<Pages>,
}

/// Which page last kept which draft, so that a page which was opened before does not overwrite it unasked. It is in memory: after
/// a restart whoever writes last is right.
struct Pages {
    /// Goes on with each page that is opened and each draft that is kept.
    now: u64,
    /// By the draft: the page that kept it, and when.
    kept: HashMap<u64, (u64, u64)>,
}

/// A draft as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is being written.
    Draft(Box<Draft>, Time),
    /// It was sent, as this message.
    Sent(MessageId),
    /// Nothing is kept of it.
    Nothing,
}

/// A draft in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub id: u64,
    /// Whom it is to, as far as that can be read.
    pub to: Vec<Mailbox>,
    /// Its subject.
    pub subject: String,
    /// Its first words; none where it is masked.
    pub excerpt: String,
    /// Whether it is about a message that is masked to whoever reads.
    pub masked: bool,
    /// When it was last changed.
    pub at: Time,
    /// Files with it.
    pub files: usize,
}

/// What is told beside a message because it was written or answered here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The owner's newest answer to it, and its discussion.
    pub answer: Option<(MessageId, DiscussionId)>,
    /// Whether it was sent from here.
    pub sent: bool,
    /// Whom it went to unseen by the others.
    pub bcc: Vec<Person>,
    /// Whether it still rests and can be taken back.
    pub rests: bool,
    /// Whether it is sent over verified TLS only.
    pub confidential: bool,
}

impl Compose {
    /// Over this vault, for the addresses of this front, asking this DNS. `spam` learns from what is answered.
    pub fn new(room: (Vault, Clock, Happenings), asked: (Dns, Strict, Keyring), spam: Spam, people: People, front: &Front) -> Self {
        let ((vault, clock, happenings), (dns, strict, keyring)) = (room, asked);
        // Pages that were opened before a restart stand before those that are opened after it.
        let now = u64::try_from(clock.now().0).unwrap_or(0) << 20;
        Self(Arc::new(Inner {
            vault,
            clock,
            happenings,
            dns,
            people,
            owner: front.addresses.iter().filter_map(|address| Address::parse(address).ok()).collect(),
            domain: front.domain.to_lowercase(),
            strict,
            keyring,
            spam,
            busy: tokio::sync::Mutex::default(),
            pages: Mutex::new(Pages { now, kept: HashMap::new() }),
        }))
    }

    /// Waits until nobody else writes, and keeps others waiting for as long as what it gives is held.
    pub async fn alone(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.busy.lock().await
    }

    /// The number of a draft of which nothing is kept yet. Zero only where the machine has no dice.
    pub fn fresh(&self) -> u64 {
        random::<8>().map_or(0, u64::from_le_bytes)
    }

    /// The owner's addresses, the first their own.
    pub fn addresses(&self) -> &[Address] {
        &self.0.owner
    }

    /// What the owner can write as: the addresses of this box, and those of mailboxes elsewhere by whose servers it sends.
    pub async fn writes_as(&self) -> Result<Vec<Address>, Error> {
        let here = self.0.owner.clone();
        read(&self.0.vault, move |snapshot| {
            let elsewhere = snapshot.mailboxes()?.into_iter().filter(|(_, mailbox)| mailbox.sends().is_some());
            let mut all = here;
            for address in elsewhere.filter_map(|(_, mailbox)| mailbox.address()) {
                if !all.contains(&address) {
                    all.push(address);
                }
            }
            Ok(all)
        })
        .await
    }

    /// How the owner writes: their name, and what stands under their messages.
    pub async fn habits(&self) -> Result<Habits, Error> {
        read(&self.0.vault, |snapshot| Ok(snapshot.habits()?)).await
    }

    /// Changes how the owner writes.
    pub async fn set_habits(&self, habits: Habits) -> Result<(), Error> {
        let open = self.0.vault.open()?;
        let done = open.writer.write(move |tables| writing::set_habits(tables, &habits)).await;
        Ok(done?)
    }

    /// A draft.
    pub async fn find(&self, id: u64) -> Result<Found, Error> {
        read(&self.0.vault, move |snapshot| {
            Ok(match snapshot.draft(id)? {
                None => Found::Nothing,
                Some(record::Draft { sent: Some(message), .. }) => Found::Sent(MessageId(message)),
                Some(draft) => Found::Draft(Box::new(with_files(snapshot, id, &draft)?), Time(draft.at)),
            })
        })
        .await
    }

    /// Keeps a draft under its number, with files of the message that it passes on, named by their parts. One in
    /// which nothing is is not kept; `None` then.
    pub async fn save(&self, id: u64, draft: Draft, carried: Vec<u32>) -> Result<Option<Saved>, Error> {
        let draft = cut(draft);
        let signature = self.habits().await?.signature;
        let there = read(&self.0.vault, move |snapshot| {
            Ok((snapshot.draft(id)?.is_none(), !snapshot.uploads(id)?.is_empty()))
        });
        let (is_new, has_files) = there.await?;
        if id == 0 || (!has_files && carried.is_empty() && draft.is_empty(&signature)) {
            self.discard(id).await?;
            return Ok(None);
        }
        let now = self.0.clock.now().0;
        let row = record::Draft::of(&draft, now);
        let open = self.0.vault.open()?;
        let saved = open.writer.write(move |tables| {
            drafts::tidy(tables, now)?;
            drafts::save(tables, id, &row)
        });
        let saved = saved.await?;
        if saved == Saved::Kept && is_new && !carried.is_empty() {
            self.carry(id, draft.about, carried).await?;
        }
        Ok(Some(saved))
    }

    /// The number of a page on which a draft is opened.
    pub fn tab(&self) -> u64 {
        self.0.pages().next()
    }

    /// This page has kept a draft. One that was overtaken has only said the same once more ([`Compose::is_overtaken`]).
    pub fn was_kept(&self, id: u64, tab: u64) {
        let mut pages = self.0.pages();
        if pages.is_past(id, tab) {
            return;
        }
        let at = pages.next();
        if pages.kept.len() >= drafts::MAX_DRAFTS {
            pages.kept.clear();
        }
        pages.kept.insert(id, (tab, at));
    }

    /// Whether another page has kept something else of this draft since this page was opened. A page that has no number says
    /// nothing of itself, and is believed.
    pub async fn is_overtaken(&self, id: u64, tab: u64, typed: &Draft) -> Result<bool, Error> {
        if !self.0.pages().is_past(id, tab) {
            return Ok(false);
        }
        let typed = cut(typed.clone());
        Ok(matches!(self.find(id).await?, Found::Draft(kept, _) if *kept != typed))
    }

    /// Throws a draft away.
    pub async fn discard(&self, id: u64) -> Result<(), Error> {
        let open = self.0.vault.open()?;
        Ok(open.writer.write(move |tables| drafts::discard(tables, id)).await?)
    }

    /// The drafts, newest first, as somebody may see them: one that is about a message which is masked to them holds words
    /// of it, and tells none.
    pub async fn list(&self, viewer: Viewer) -> Result<Vec<Row>, Error> {
        read(&self.0.vault, move |snapshot| {
            let rows = snapshot.drafts()?.into_iter().map(|(id, row)| {
                let at = Time(row.at);
                let draft = with_files(snapshot, id, &row)?;
                let masked = match draft.about.message() {
                    Some(about) => snapshot
                        .message(about.0)?
                        .is_some_and(|message| viewer.is_masked(about, message.index)),
                    None => false,
                };
                Ok(Row {
                    id,
                    to: crate::domain::draft::people(&draft.to).unwrap_or_default(),
                    subject: super::excerpt::headline(&draft.subject),
                    excerpt: if masked {
                        String::new()
                    } else {
                        super::excerpt::excerpt(&draft.text)
                    },
                    masked,
                    at,
                    files: draft.files.len(),
                })
            });
            rows.collect()
        })
        .await
    }

    /// What is told beside each of these messages.
    pub async fn about(&self, ids: Vec<MessageId>) -> Result<Vec<About>, Error> {
        let (people, now) = (self.0.people.clone(), self.0.clock.now().0);
        read(&self.0.vault, move |snapshot| {
            let about = ids.iter().map(|id| {
                let sent = snapshot.sent(id.0)?;
                let bcc = sent.iter().flat_map(|sent| &sent.bcc);
                let bcc = bcc.filter_map(|(name, address)| people.named(snapshot, name, address).transpose());
                let answer = match snapshot.answered(id.0)? {
                    Some(answer) => snapshot
                        .message(answer)?
                        .map(|row| (MessageId(answer), DiscussionId(row.discussion))),
                    None => None,
                };
                Ok(About {
                    answer,
                    sent: sent.is_some(),
                    rests: sent.as_ref().is_some_and(|sent| sent.rests_until > now),
                    confidential: sent.as_ref().is_some_and(|sent| sent.confidential),
                    bcc: bcc.collect::<Result<_, _>>()?,
                })
            });
            about.collect()
        })
        .await
    }

    /// Takes a message back that still rests: it is gone, and its draft is as it was. `None`: too late.
    pub async fn undo(&self, id: MessageId) -> Result<Option<u64>, Error> {
        let owner = self.0.owner.iter().cloned().collect();
        let owner: Arc<std::collections::HashSet<Address>> = Arc::new(owner);
        for _ in 0..TRIES {
            let (owner, now) = (owner.clone(), self.0.clock.now().0);
            let prepared = read(&self.0.vault, move |snapshot| {
                let rests = snapshot.sent(id.0)?.is_some_and(|sent| sent.rests_until > now);
                rests
                    .then(|| delete::prepare(snapshot, id.0, &snapshot.owners(owner.iter())?))
                    .transpose()
            });
            let Some((wanted, _)) = prepared.await? else { return Ok(None) };
            let open = self.0.vault.open()?;
            match open.writer.write(move |tables| send::take_back(tables, &wanted)).await {
                Ok(send::Back::Draft(draft)) => return Ok(Some(draft)),
                Ok(send::Back::TooLate) => return Ok(None),
                // The discussion has changed meanwhile, most likely: nothing was done.
                Err(store::Error::Damaged) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(store::Error::Database("a discussion changed faster than it could be read".into()).into())
    }
}

impl Inner {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    /// Whether another page has kept this draft since this one was opened.
    fn is_past(&self, id: u64, tab: u64) -> bool {
        let last = self.kept.get(&id);
        tab > 0 && last.is_some_and(|(by, at)| *by != tab && *at > tab)
    }

    fn next(&mut self) -> u64 {
        self.now += 1;
        self.now
    }
}

fn with_files(snapshot: &Snapshot, id: u64, draft: &record::Draft) -> Result<Draft, store::Error> {
    let files = snapshot.uploads(id)?.iter().map(|(id, upload)| upload.attached(*id)).collect();
    Ok(draft.draft(files))
}

/// No more of anything than a draft may have.
fn cut(mut draft: Draft) -> Draft {
    let fields = [&mut draft.from, &mut draft.to, &mut draft.cc, &mut draft.bcc, &mut draft.reply_to];
    for field in fields {
        shorten(field, MAX_FIELD);
    }
    draft.subject = draft.subject.chars().take(MAX_SUBJECT).collect();
    draft.text = draft.text.replace("\r\n", "\n").replace('\r', "\n");
    shorten(&mut draft.text, MAX_TEXT);
    draft
}

fn shorten(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
}
