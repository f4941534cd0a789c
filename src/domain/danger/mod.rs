//! What in a message may do harm, as values: each is a reason to show beside the message, and a step before
//! a file of it is saved.
//!
//! The bytes are looked at by `codec::inspect` (files) and `codec::html` (links); who the author pretends to
//! be is judged here, in [`sender`]. A danger is a fact about the message and no verdict: a good friend
//! may well send a program. Absent on purpose: lists of bad hosts or files from elsewhere.

pub mod lookalike;
pub mod sender;

/// One reason to be careful.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Danger {
    /// A file of the message.
    File {
        /// Which part of the message it is.
        part: u32,
        /// What is the matter with it.
        threat: Threat,
    },
    /// The message's own HTML would put a file together on the reader's machine ("HTML smuggling").
    Assembles,
    /// The author's domain looks like one that the owner knows, and is not it.
    LookAlike {
        /// The domain that is written there.
        seen: String,
        /// The domain it looks like.
        like: String,
    },
    /// The author bears the name of somebody in the address book, with an address that is not theirs.
    BorrowedName {
        /// The name as the address book has it.
        name: String,
    },
    /// The author's display name shows an address that is not the author's.
    AddressInName {
        /// The address that it shows.
        shown: String,
    },
    /// Answers would go to another organisation than the author's.
    ReplyElsewhere {
        /// Where they would go.
        to: String,
    },
    /// A link shows one host and opens another.
    DeceptiveLink {
        /// What it shows.
        shown: String,
        /// The host that it opens.
        opens: String,
    },
    /// The owner's virus scanner knows it.
    Virus {
        /// By this name.
        name: String,
    },
}

/// What may be the matter with a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Threat {
    /// It is a program: opening it runs it.
    Program,
    /// It is a script, or a document that runs as one.
    Script,
    /// It is a shortcut: opening it opens or runs something else.
    Shortcut,
    /// It is a disk image, whose content escapes the marks that systems put on downloaded files.
    DiskImage,
    /// It is a program that calls itself something else.
    Disguised,
    /// Its name has a second, harmless-looking ending before the real one.
    DoubleExtension,
    /// Characters in its name turn the direction of writing, so that it is read differently.
    TurnedName,
    /// It is an archive with something dangerous in it.
    ProgramInArchive {
        /// The name of that, in the archive.
        name: String,
    },
    /// It is an archive or document with a password, so that nobody on the way could look inside.
    Locked,
    /// It is an archive that could not be looked into: another format, damaged, or too deep.
    Unread,
    /// It unpacks to far more than it is, or never ends.
    Bomb,
    /// It is a document with macros.
    Macros,
    /// It is a document with a foreign object in it.
    Embedded,
    /// It is a document that fetches a part of itself from elsewhere when it is opened.
    Fetches,
    /// It is a PDF with a program in it.
    PdfScript,
    /// It is a PDF that starts another program.
    PdfLaunch,
    /// It is a web page as a file.
    WebPage,
    /// It is a web page or drawing that puts a file together on the reader's machine.
    Assembles,
    /// It is a web page that asks for a password.
    AsksPassword,
    /// It is a drawing with a program in it.
    ActiveDrawing,
    /// It is the virus scanners' test file (EICAR), which does nothing.
    TestVirus,
}

/// What the owner's own virus scanner said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scan {
    /// There is none, or this message was not given to it.
    #[default]
    NotAsked,
    /// It found nothing.
    Clean,
    /// It found something: a [`Danger::Virus`].
    Found,
    /// It did not answer in time, or not sensibly.
    NotKnown,
}

/// What is known of a message's dangers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The dangers, each once, the message's before its files'.
    pub dangers: Vec<Danger>,
    /// What the scanner said.
    pub scan: Scan,
}

impl Look {
    /// The dangers that a reader should know before this part is saved: its own, and those of the message as
    /// a whole, for a file from somebody who pretends is no better than a program from a friend.
    pub fn before_saving(&self, part: u32) -> impl Iterator<Item = &Danger> {
        self.dangers
            .iter()
            .filter(move |danger| danger.part().is_none_or(|own| own == part))
    }
}

impl Danger {
    /// Which file it is about; `None` where it is the message as a whole.
    pub fn part(&self) -> Option<u32> {
        match self {
            Self::File { part, .. } => Some(*part),
            _ => None,
        }
    }

    /// A stable word for it, for scripts and as a feature of the spam verdict.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { threat, .. } => threat.code(),
            Self::Assembles => "html-assembles",
            Self::LookAlike { .. } => "look-alike",
            Self::BorrowedName { .. } => "borrowed-name",
            Self::AddressInName { .. } => "address-in-name",
            Self::ReplyElsewhere { .. } => "reply-elsewhere",
            Self::DeceptiveLink { .. } => "deceptive-link",
            Self::Virus { .. } => "virus",
        }
    }
}

impl Threat {
    /// A stable word for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Program => "file-program",
            Self::Script => "file-script",
            Self::Shortcut => "file-shortcut",
            Self::DiskImage => "file-disk-image",
            Self::Disguised => "file-disguised",
            Self::DoubleExtension => "file-double-extension",
            Self::TurnedName => "file-turned-name",
            Self::ProgramInArchive { .. } => "file-program-in-archive",
            Self::Locked => "file-locked",
            Self::Unread => "file-unread-archive",
            Self::Bomb => "file-bomb",
            Self::Macros => "file-macros",
            Self::Embedded => "file-embedded",
            Self::Fetches => "file-fetches",
            Self::PdfScript => "file-pdf-script",
            Self::PdfLaunch => "file-pdf-launch",
            Self::WebPage => "file-web-page",
            Self::Assembles => "file-assembles",
            Self::AsksPassword => "file-asks-password",
            Self::ActiveDrawing => "file-active-drawing",
            Self::TestVirus => "file-test-virus",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pretender_makes_every_file_suspect_and_a_file_only_itself() {
        let file = |part| Danger::File {
            part,
            threat: Threat::Program,
        };
        let look = Look {
            dangers: vec![file(2)],
            scan: Scan::NotAsked,
        };
        assert_eq!(look.before_saving(2).count(), 1);
        assert_eq!(look.before_saving(3).count(), 0);
        let pretends = Danger::BorrowedName {
            name: "Alice Martin".into(),
        };
        let look = Look {
            dangers: vec![pretends.clone(), file(2)],
            scan: Scan::Clean,
        };
        assert_eq!(look.before_saving(3).collect::<Vec<_>>(), [&pretends]);
        assert_eq!(look.before_saving(2).count(), 2);
    }
}
