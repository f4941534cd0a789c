//! Reading a discussion and its messages.

use super::{
    Error,
    devices::Viewer,
    read, today,
    view::{Body, DiscussionPage, Journey, MessagePage, MessageView, People, Person, Protection, SignatureView, Standing},
};
use crate::{
    codec::{
        html::{self, Embedded},
        mime,
    },
    domain::{
        danger::{Danger, Look},
        fact::Fact,
        id::{DiscussionId, MessageId},
        message::{Attachment, Mailbox, Reading},
        openpgp::is_for,
        padlock::Padlock,
        privacy::{evidence::Signature, index::Letter, message::evaluate},
        time::Time,
    },
    net::clock::Clock,
    store::{
        self,
        mail::{self, Snapshot},
        record,
        vault::Vault,
    },
};

/// Messages on a page of a discussion.
pub const MESSAGES: u32 = 20;
/// Octets of embedded pictures that are shown in one message.
const EMBEDDED: u64 = 8 * 1024 * 1024;

/// Messages that are looked at for how a discussion travelled, the newest first.
pub const LOOKED_AT: usize = 2_000;
/// Messages that are looked through for files, the newest first.
const LOOKED_THROUGH: usize = 200;

/// Reads discussions and messages; cheap to clone.
#[derive(Clone)]
pub struct Discussions {
    vault: Vault,
    clock: Clock,
    people: People,
    viewer: Viewer,
    plain: bool,
}

/// A file to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type, the sender's word.
    pub media_type: String,
    /// Its octets.
    pub bytes: Vec<u8>,
}

impl Discussions {
    /// Over this vault.
    pub fn new(vault: Vault, clock: Clock, people: People) -> Self {
        Self {
            vault,
            clock,
            people,
            viewer: Viewer::own(),
            plain: false,
        }
    }

    /// The same, as somebody sees it: what stands above their device's letter is masked.
    pub fn seen_by(&self, viewer: Viewer) -> Self {
        Self { viewer, ..self.clone() }
    }

    /// The same, with the words alone rather than the sender's layout, where that is wanted.
    pub fn plainly(self, plain: bool) -> Self {
        Self { plain, ..self }
    }

    /// One page of a discussion, counted from 1, the newest first; a page past the end is the last.
    pub async fn page(&self, id: DiscussionId, page: u32) -> Result<DiscussionPage, Error> {
        let (people, viewer, plain) = (self.people.clone(), self.viewer.clone(), self.plain);
        read(&self.vault, move |snapshot| {
            let row = snapshot.discussion(id.0)?.ok_or(Error::NotFound)?;
            let pages = row.messages.div_ceil(MESSAGES).max(1);
            let page = page.clamp(1, pages);
            let messages = snapshot.discussed(id.0, (page as usize - 1) * MESSAGES as usize, MESSAGES as usize)?;
            let shown = messages
                .into_iter()
                .rev()
                .map(|(id, message)| show(&people, snapshot, id, &message, (&viewer, plain)).map(|(view, _)| view));
            let shown = shown.collect::<Result<_, _>>()?;
            let named = row.people.iter().map(|person| (person.name.as_str(), person.address.as_str()));
            Ok(DiscussionPage {
                id,
                unknown: super::timeline::is_of_an_unknown(snapshot, id.0)?,
                people: people.several(snapshot, named)?,
                or_more: row.people.len() >= record::Discussion::PEOPLE,
                index: row.index(),
                padlock: Padlock::from_rung(row.padlock),
                list: row.list,
                subject: row.subject,
                messages: row.messages,
                unread: row.unread,
                shown,
                page,
                pages,
            })
        })
        .await
    }

    /// How the messages of a discussion travelled: each padlock with when it began, the newest first. Only the newest
    /// [`LOOKED_AT`] are looked at.
    pub async fn travels(&self, id: DiscussionId) -> Result<Vec<(Padlock, Time)>, Error> {
        read(&self.vault, move |snapshot| {
            let mut all: Vec<(Padlock, Time)> = Vec::new();
            for (_, message) in snapshot.discussed(id.0, 0, LOOKED_AT)? {
                let padlock = Padlock::from_rung(message.padlock);
                match all.last_mut() {
                    Some((known, since)) if *known == padlock => *since = Time(message.received),
                    _ => all.push((padlock, Time(message.received))),
                }
            }
            Ok(all)
        })
        .await
    }

    /// The messages of a discussion that bring files, the newest first, those left out whose text is masked. Only the
    /// newest [`LOOKED_THROUGH`] are looked through.
    pub async fn with_files(&self, id: DiscussionId) -> Result<Vec<MessageView>, Error> {
        let (people, viewer) = (self.people.clone(), self.viewer.clone());
        read(&self.vault, move |snapshot| {
            snapshot.discussion(id.0)?.ok_or(Error::NotFound)?;
            let mut found = Vec::new();
            for (id, message) in snapshot.discussed(id.0, 0, LOOKED_THROUGH)? {
                let (view, _) = show(&people, snapshot, id, &message, (&viewer, false))?;
                if view.attachments.iter().any(|file| !file.inline) {
                    found.push(view);
                }
            }
            Ok(found)
        })
        .await
    }

    /// One message with its index as of now, and its journey.
    pub async fn message(&self, id: MessageId) -> Result<MessagePage, Error> {
        let (people, viewer, plain) = (self.people.clone(), self.viewer.clone(), self.plain);
        let now = self.clock.now();
        self.with(id, move |snapshot, record| {
            let (message, reading) = show(&people, snapshot, id.0, record, (&viewer, plain))?;
            let proof = snapshot.proof(id.0)?.ok_or(store::Error::Damaged)?;
            let arrival = proof.arrival.as_ref().map(record::Arrived::arrival);
            // The newest line of a message from our own door is our own: the arrival says it better.
            let hops = reading.hops.into_iter().skip(usize::from(arrival.is_some())).collect();
            let authentication = proof.authentication();
            let evidence = proof.evidence();
            let trusted = snapshot.sealers()?;
            Ok(MessagePage {
                sealer: authentication
                    .sealer()
                    .map(|sealer| (sealer.to_owned(), trusted.iter().any(|each| each == sealer))),
                authentication,
                message,
                journey: Journey {
                    direction: evidence.direction,
                    arrival,
                    hops,
                },
                index: evaluate(&today::evidence(snapshot, id.0, evidence, now)?),
            })
        })
        .await
    }

    /// The bytes of a message exactly as they are kept; [`Error::Masked`] where they may not be shown, as below.
    pub async fn source(&self, id: MessageId) -> Result<Vec<u8>, Error> {
        self.open_with(id, move |snapshot, record| Ok(snapshot.raw(id.0, record)?)).await
    }

    /// The header block of a message as text.
    pub async fn headers(&self, id: MessageId) -> Result<String, Error> {
        self.open_with(id, move |snapshot, record| Ok(mime::header_block(&snapshot.raw(id.0, record)?)))
            .await
    }

    /// A file of a message, whatever it may do: see [`super::danger::Dangers::saving`] for what to say first.
    pub async fn attachment(&self, id: MessageId, part: u32) -> Result<File, Error> {
        self.open_with(id, move |snapshot, record| {
            let raw = snapshot.shown(id.0, record)?;
            file(&raw, &mime::read(&raw), part)
        })
        .await
    }

    /// The sender's HTML for the sandboxed frame, made by [`crate::codec::html::original`].
    pub async fn original(&self, id: MessageId) -> Result<String, Error> {
        self.open_with(id, move |snapshot, record| {
            let raw = snapshot.shown(id.0, record)?;
            let reading = mime::read(&raw);
            let source = reading.html.as_deref().ok_or(Error::NotFound)?;
            Ok(html::original(source, &embedded(&raw, &reading)))
        })
        .await
    }

    /// Marks every message of a discussion read or unread; says how many changed.
    pub async fn mark(&self, id: DiscussionId, unread: bool) -> Result<u32, Error> {
        let open = self.vault.open()?;
        open.writer
            .write(move |tables| mail::mark(tables, id.0, unread))
            .await?
            .ok_or(Error::NotFound)
    }

    /// The same, for what shows the text of a message.
    async fn open_with<T: Send + 'static>(
        &self,
        id: MessageId,
        job: impl FnOnce(&Snapshot, &record::Message) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let viewer = self.viewer.clone();
        self.with(id, move |snapshot, record| {
            if viewer.is_masked(id, record.index) {
                return Err(Error::Masked(id));
            }
            job(snapshot, record)
        })
        .await
    }

    async fn with<T: Send + 'static>(
        &self,
        id: MessageId,
        job: impl FnOnce(&Snapshot, &record::Message) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        read(&self.vault, move |snapshot| {
            job(snapshot, &snapshot.message(id.0)?.ok_or(Error::NotFound)?)
        })
        .await
    }
}

/// A file of a message by its part.
pub(super) fn file(raw: &[u8], reading: &Reading, part: u32) -> Result<File, Error> {
    let file = reading.attachments.iter().find(|file| file.part == part).ok_or(Error::NotFound)?;
    Ok(File {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        bytes: mime::part(raw, part).ok_or(Error::NotFound)?,
    })
}

/// The pictures that the HTML may show by `cid:`.
fn embedded(raw: &[u8], reading: &Reading) -> Vec<Embedded> {
    let mut room = EMBEDDED;
    let pictures = reading
        .attachments
        .iter()
        .filter(|file| file.media_type.starts_with("image/") && file.content_id.is_some());
    let fitting = pictures.filter(|file| {
        let fits = file.size <= room;
        room -= if fits { file.size } else { 0 };
        fits
    });
    let fitting: Vec<&Attachment> = fitting.collect();
    let wanted: Vec<u32> = fitting.iter().map(|file| file.part).collect();
    let mut found = Vec::with_capacity(fitting.len());
    // One walk for all of them.
    mime::each_part(raw, &wanted, |part, bytes| {
        let file = fitting.iter().find(|file| file.part == part);
        found.extend(file.and_then(|file| {
            Some(Embedded {
                content_id: file.content_id.clone()?,
                media_type: file.media_type.clone(),
                bytes: bytes.to_vec(),
            })
        }));
    });
    found
}

/// What opening the message showed, with the people of its signatures.
fn protection(people: &People, snapshot: &Snapshot, (id, came): (u64, Time), reading: &Reading) -> Result<Option<Protection>, Error> {
    let Some(opening) = snapshot.opening(id)? else { return Ok(None) };
    let content = snapshot.proof(id)?.map(|proof| proof.evidence().content).unwrap_or_default();
    let author = reading.author().map(|author| author.address.as_str());
    let row = author.map(|author| snapshot.peer_keys(author)).transpose()?.flatten();
    let is_old = |signed: &record::SignedBy| signed.at.is_some_and(|at| !is_for(Time(at), came));
    let signature = |signed: &record::SignedBy| {
        let held = row.as_ref().and_then(|row| row.held(&signed.print));
        Ok(SignatureView {
            whole: signed.whole,
            worth: signed.worth(),
            who: people.named(snapshot, "", &signed.who)?,
            standing: match (content.signature, content.signer_verified) {
                _ if Some(signed.who.as_str()) != author => Standing::Another,
                _ if held.is_some_and(record::Held::is_refused) => Standing::Refused,
                _ if held.is_some_and(|held| held.vouched || held.verified > 0) && is_old(signed) => Standing::Old,
                (Fact::Known(Signature::Valid), Fact::Known(true)) => Standing::Verified,
                (Fact::Known(Signature::Valid), _) => Standing::Theirs,
                _ => Standing::Claimed,
            },
        })
    };
    Ok(Some(Protection {
        encryption: opening.encryption(),
        failed: opening.failed(),
        subject: opening.subject,
        signatures: opening.signatures.iter().map(signature).collect::<Result<_, Error>>()?,
        outside: opening.outside(),
    }))
}

/// Whether a message carries a key as a file.
fn brings_key(raw: &[u8], reading: &Reading) -> bool {
    let mut files = reading.attachments.iter();
    files.any(|file| mime::carried::may_carry_key(&file.media_type, &file.name)) && !mime::carried::carried_keys(raw).is_empty()
}

/// What is told of a message; where its text is masked, without what quotes it: the words of a link.
fn look(mut look: Look, masked: bool) -> Look {
    look.dangers
        .retain(|danger| !(masked && matches!(danger, Danger::DeceptiveLink { .. })));
    look
}

fn show(
    people: &People,
    snapshot: &Snapshot,
    id: u64,
    record: &record::Message,
    (viewer, plain): (&Viewer, bool),
) -> Result<(MessageView, Reading), Error> {
    let raw = snapshot.shown(id, record)?;
    let mut reading = mime::read(&raw);
    let name = |mailboxes: &[Mailbox]| -> Result<Vec<Person>, Error> {
        mailboxes
            .iter()
            .map(|mailbox| people.of(snapshot, &mailbox.name, &mailbox.address))
            .collect()
    };
    let (to, cc) = (name(&reading.to)?, name(&reading.cc)?);
    let from = reading.from.first().map(|author| people.author(snapshot, id, author));
    let view = reading
        .html
        .as_deref()
        .map(|source| html::reader(source, &embedded(&raw, &reading)));
    let (findings, trackers, mut pictures) = view
        .as_ref()
        .map(|view| (view.findings, view.trackers.clone(), view.pictures.clone()))
        .unwrap_or_default();
    let protection = protection(people, snapshot, (id, Time(record.received)), &reading)?;
    let masked = viewer.is_masked(MessageId(id), record.index);
    let message = Letter::of(record.index.unwrap_or(0));
    let body = match view {
        _ if masked => Body::Masked {
            message,
            device: viewer.letter(),
        },
        _ if reading.openpgp.encrypted => Body::Encrypted,
        Some(view) if !view.html.trim().is_empty() && (!plain || reading.text.trim().is_empty()) => Body::Reader(view.html),
        _ if reading.text.trim().is_empty() => Body::Nothing,
        _ => Body::Text(std::mem::take(&mut reading.text)),
    };
    if !matches!(body, Body::Reader(_)) {
        pictures.clear();
    }
    for file in &mut reading.attachments {
        // What the text does not show is a file beside it: it would else be nowhere. Of two that have one name it shows one.
        let at = file
            .content_id
            .as_ref()
            .and_then(|id| pictures.iter().position(|shown| shown == id));
        file.inline &= at.map(|at| pictures.swap_remove(at)).is_some();
    }
    let excerpt = super::excerpt::excerpt(match &body {
        Body::Masked { .. } => "",
        Body::Text(text) => text,
        _ => &reading.text,
    });
    let message = MessageView {
        id: MessageId(id),
        discussion: DiscussionId(record.discussion),
        from: from.transpose()?,
        to,
        cc,
        subject: reading.subject.clone(),
        received: Time(record.received),
        date: reading.date,
        unread: record.unread,
        excerpt,
        index: record.index,
        padlock: Padlock::from_rung(record.padlock),
        body,
        has_html: reading.html.is_some() && !masked,
        findings,
        trackers: if masked { Vec::new() } else { trackers },
        brings_key: !masked && brings_key(&raw, &reading),
        protection,
        look: look(super::danger::known_look(snapshot, id, &raw, &reading)?, masked),
        attachments: if masked { Vec::new() } else { reading.attachments.clone() },
        defects: reading.defects.clone(),
        size: record.size,
    };
    Ok((message, reading))
}
