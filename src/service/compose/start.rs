//! How a message begins: empty, as an answer, or as something passed on. Nothing is kept of it yet.

use super::{
    Compose,
    files::{WHOLE, whole_name},
};
use crate::{
    codec::mime,
    domain::{
        draft::{self, About, Draft, MAX_FILES},
        fact::Fact,
        id::{DiscussionId, MessageId},
        message::{Attachment, Reading},
        privacy::evidence::Encryption,
        time::Time,
    },
    locale::{Lang, compose as words},
    service::{Error, devices::Viewer, read},
    store::{self, mail::Snapshot},
};

/// How it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// To these people, as typed, about this.
    New {
        /// To.
        to: String,
        /// The subject.
        subject: String,
    },
    /// To somebody whose key is wanted: what asks for it stands there already.
    AskForKey {
        /// To.
        to: String,
    },
    /// An answer.
    Answer {
        /// To which message.
        to: MessageId,
        /// To everyone.
        all: bool,
        /// From a discussion's foot: nothing is quoted.
        quick: bool,
    },
    /// Something passed on.
    Forward {
        /// Which message.
        what: MessageId,
        /// As a file, as it is.
        whole: bool,
    },
}

/// A message that begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Started {
    /// What stands in it.
    pub draft: Draft,
    /// The files that go along where they are wanted: of the message that is passed on.
    pub carried: Vec<Attachment>,
    /// The discussion of the message before it.
    pub discussion: Option<DiscussionId>,
}

impl Compose {
    /// Begins a message, in words of this language. What is masked for this viewer is neither quoted nor passed on, and
    /// what was opened beside other words ([`is_opened_in_part`]) goes back to nobody: it is not quoted, and passed on as
    /// it came.
    pub async fn start(&self, beginning: Beginning, lang: Lang, viewer: Viewer) -> Result<Started, Error> {
        let first = self.0.owner.first().map(ToString::to_string).unwrap_or_default();
        let habits = self.habits().await?;
        let signature = match habits.signature.trim() {
            "" => String::new(),
            text => format!("\n\n-- \n{text}"),
        };
        let (id, about) = match &beginning {
            Beginning::New { to, subject } => return Ok(new(first, to, subject, signature)),
            Beginning::AskForKey { to } => {
                let c = words::words(lang);
                return Ok(new(first, to, c.ask_subject, format!("{}{signature}", c.ask_text)));
            }
            Beginning::Answer { to, .. } => (*to, About::Answers(*to)),
            Beginning::Forward { what, .. } => (*what, About::Forwards(*what)),
        };
        let (writes_as, here) = (self.writes_as().await?, self.0.owner.clone());
        let (reading, discussion, size, owners, in_part) = read(&self.0.vault, move |snapshot| {
            let record = snapshot.message(id.0)?.ok_or(Error::NotFound)?;
            if viewer.is_masked(id, record.index) {
                return Err(Error::Masked(id));
            }
            let raw = snapshot.shown(id.0, &record)?;
            let (owners, in_part) = (snapshot.owners(&here)?, is_opened_in_part(snapshot, id)?);
            Ok((mime::read(&raw), DiscussionId(record.discussion), record.size, owners, in_part))
        })
        .await?;
        let from = draft::came_to(&reading, |address| address.is_one_of(writes_as.iter()));
        let mut draft = Draft {
            from: from.map_or(first, |address| address.to_string()),
            about,
            ..Draft::default()
        };
        let mut carried = Vec::new();
        match beginning {
            Beginning::Answer { all, quick, .. } => {
                let (to, cc) = draft::answered(&reading, |address| address.is_one_of(owners.iter()), all);
                (draft.to, draft.cc) = (draft::list(&to), draft::list(&cc));
                draft.subject = draft::subject("Re:", &reading.subject);
                draft.text = match (quick, in_part) {
                    (true, _) => String::new(),
                    (false, true) => signature,
                    (false, false) => format!("{}{signature}", answer(&reading, lang)),
                };
            }
            Beginning::Forward { whole, .. } => {
                // What no draft has room for goes along within the message.
                let whole = whole || in_part || reading.attachments.len() > MAX_FILES;
                draft.subject = draft::subject("Fwd:", &reading.subject);
                draft.text = if whole {
                    signature
                } else {
                    format!("{signature}{}", passed_on(&reading, lang))
                };
                carried = match whole {
                    true => vec![Attachment {
                        part: WHOLE,
                        name: whole_name(&reading.subject),
                        media_type: "message/rfc822".into(),
                        size,
                        ..Attachment::default()
                    }],
                    false => reading.attachments.clone(),
                };
            }
            Beginning::New { .. } | Beginning::AskForKey { .. } => {}
        }
        Ok(Started {
            draft,
            carried,
            discussion: Some(discussion),
        })
    }
}

/// Whether only a part of a message was encrypted. Anyone can put what was once sealed to the owner into a message of
/// theirs and hope for it in the answer ("Re: What's Up Johnny?", ACNS 2019).
pub(super) fn is_opened_in_part(snapshot: &Snapshot, id: MessageId) -> Result<bool, store::Error> {
    let opening = snapshot.opening(id.0)?;
    Ok(opening.is_some_and(|opening| opening.encryption() == Fact::Known(Encryption::Part)))
}

/// What answers nothing.
fn new(from: String, to: &str, subject: &str, text: String) -> Started {
    Started {
        draft: Draft {
            from,
            to: to.to_owned(),
            subject: subject.to_owned(),
            text,
            ..Draft::default()
        },
        ..Started::default()
    }
}

/// Who wrote a message, by name.
fn author(reading: &Reading) -> String {
    reading.author().map_or_else(String::new, |author| match author.name.trim() {
        "" => author.address.to_string(),
        name => name.to_owned(),
    })
}

/// The day of a message in words, in UTC: the hour would tell the owner's zone.
fn day(lang: Lang, at: Option<Time>) -> String {
    let Some((year, month, day, ..)) = at.map(Time::civil) else {
        return String::new();
    };
    format!("{} {year}", lang.words().date(day as i8, month as i8))
}

/// What an answer begins with: room, who wrote what, and when.
fn answer(reading: &Reading, lang: Lang) -> String {
    let quoted = draft::quoted(&reading.text);
    if quoted.is_empty() {
        return String::new();
    }
    format!(
        "\n\n{}\n{quoted}",
        words::attribution(lang, &author(reading), &day(lang, reading.date))
    )
}

/// A message as it is passed on within the text.
fn passed_on(reading: &Reading, lang: Lang) -> String {
    let c = words::words(lang);
    let lines = [
        (c.head_from, draft::list(&reading.from)),
        (c.head_date, day(lang, reading.date)),
        (c.head_subject, reading.subject.clone()),
        (c.head_to, draft::list(&reading.to)),
        (c.head_cc, draft::list(&reading.cc)),
    ];
    let mut out = format!("\n\n---------- {} ----------\n", c.forwarded);
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        out.push_str(&format!("{name} {value}\n"));
    }
    out.push('\n');
    out.push_str(reading.text.trim_end());
    out.push('\n');
    out
}
