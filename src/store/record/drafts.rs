//! Records of what is being written, and of what was sent from here.

use super::Record;
use crate::domain::{
    draft::{About, Attached, Draft as Writing, Picture},
    id::MessageId,
};
use serde::{Deserialize, Serialize};

/// A draft: what was typed, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// When it was last changed.
    pub at: i64,
    /// From, To, Cc, Bcc, Reply-To, subject, text, as typed.
    pub typed: [String; 7],
    /// What it is about: 0 nothing, 1 answers, 2 forwards; and which message.
    pub about: (u8, u64),
    /// Whether pictures keep what they tell.
    pub tell: bool,
    /// Whether it is sent over verified TLS only.
    pub confidential: bool,
    /// The message that it became, once it was sent.
    pub sent: Option<u64>,
}

/// A file that was put to a draft; its octets lie beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// When it came.
    pub at: i64,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its octets.
    pub size: u64,
    /// What its picture tells, by its place in a list that only grows.
    pub picture: u8,
    /// Whether all of it came.
    pub whole: bool,
}

/// What is kept of a message that was sent from here, besides the message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The draft that it was.
    pub draft: u64,
    /// Whom it went to unseen by the others: names and addresses.
    pub bcc: Vec<(String, String)>,
    /// Until when it rests before it leaves.
    pub rests_until: i64,
    /// Whether it is sent over verified TLS only.
    pub confidential: bool,
    /// The message that it answers.
    pub answers: Option<u64>,
}

const PICTURES: [Picture; 5] = [Picture::None, Picture::Clean, Picture::Tells, Picture::Place, Picture::Unreadable];

impl Draft {
    /// The record of a draft that is not sent.
    pub fn of(draft: &Writing, at: i64) -> Self {
        let typed = [
            &draft.from,
            &draft.to,
            &draft.cc,
            &draft.bcc,
            &draft.reply_to,
            &draft.subject,
            &draft.text,
        ];
        Self {
            at,
            typed: typed.map(Clone::clone),
            about: match draft.about {
                About::Nothing => (0, 0),
                About::Answers(id) => (1, id.0),
                About::Forwards(id) => (2, id.0),
            },
            tell: draft.tell,
            confidential: draft.confidential,
            sent: None,
        }
    }

    /// The draft in it, with these files.
    pub fn draft(&self, files: Vec<Attached>) -> Writing {
        let [from, to, cc, bcc, reply_to, subject, text] = self.typed.clone();
        Writing {
            from,
            to,
            cc,
            bcc,
            reply_to,
            subject,
            text,
            about: match self.about {
                (1, id) => About::Answers(MessageId(id)),
                (2, id) => About::Forwards(MessageId(id)),
                _ => About::Nothing,
            },
            tell: self.tell,
            confidential: self.confidential,
            files,
        }
    }
}

impl Upload {
    /// With what its picture tells.
    pub fn with(self, picture: Picture) -> Self {
        let at = PICTURES.iter().position(|known| *known == picture).unwrap_or(0);
        Self { picture: at as u8, ..self }
    }

    /// The file in it.
    pub fn attached(&self, id: u64) -> Attached {
        Attached {
            id,
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            size: self.size,
            picture: PICTURES.get(usize::from(self.picture)).copied().unwrap_or_default(),
        }
    }
}

impl Record for Draft {
    const TABLE: &'static str = "drafts";
    const VERSION: u8 = 1;
}

impl Record for Upload {
    const TABLE: &'static str = "uploads";
    const VERSION: u8 = 1;
}

impl Record for Sent {
    const TABLE: &'static str = "sent";
    const VERSION: u8 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_comes_back_as_it_was() {
        let file = Attached {
            id: 7,
            name: "a.png".into(),
            media_type: "image/png".into(),
            size: 3,
            picture: Picture::Place,
        };
        let draft = Writing {
            from: "me@home.test".into(),
            to: "a".into(),
            cc: "b".into(),
            bcc: "c".into(),
            reply_to: "d".into(),
            subject: "e".into(),
            text: "f".into(),
            about: About::Forwards(MessageId(9)),
            tell: true,
            confidential: true,
            files: vec![file.clone()],
        };
        let octets = Draft::of(&draft, 5).encode(1).unwrap();
        assert_eq!(Draft::decode(1, &octets).unwrap().draft(vec![file.clone()]), draft);
        let upload = Upload {
            name: "a.png".into(),
            media_type: "image/png".into(),
            size: 3,
            ..Upload::default()
        };
        assert_eq!(upload.with(Picture::Place).attached(7), file);
    }
}
