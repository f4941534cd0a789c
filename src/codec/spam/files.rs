//! Signs in the files that come along, and in what else may do harm: by their names and by what was found inside.
//!
//! What one friend sends another is here as well, so only what is nearly always bait weighs much: a program in
//! disguise, a page that asks for a password. Deliberately absent: looking inside again, `codec::inspect` has done it.

use super::{
    Message,
    tables::{PAGES, PROGRAMS},
};
use crate::domain::{
    danger::{Danger, Threat},
    message::Attachment,
    spam::Sign,
};

/// The signs of the files.
pub(super) fn signs(message: &Message<'_>, out: &mut Vec<Sign>) {
    for file in &message.reading.attachments {
        if !file.inline && ends(file, PAGES) {
            out.push(Sign::HtmlFile);
        }
        if ends(file, PROGRAMS) && !is_packed_source(file) {
            out.push(Sign::DangerousFile);
        }
    }
    out.extend(message.around.dangers.iter().filter_map(|danger| of(danger, message)));
}

/// What a danger is as a sign; `None` for what weighs nothing here, or is weighed by its own room.
fn of(danger: &Danger, message: &Message<'_>) -> Option<Sign> {
    match danger {
        Danger::File { part, threat } => {
            let file = message.reading.attachments.iter().find(|file| file.part == *part);
            of_file(threat).filter(|sign| *sign != Sign::DangerousFile || !file.is_some_and(is_packed_source))
        }
        Danger::Assembles => Some(Sign::TrapPage),
        Danger::LookAlike { .. } => Some(Sign::LooksLikeKnown),
        Danger::BorrowedName { .. } => Some(Sign::BorrowedName),
        // The scanners' test file does nothing, whoever finds it.
        Danger::Virus { name } if name.to_ascii_lowercase().contains("eicar") => None,
        Danger::Virus { .. } => Some(Sign::Virus),
        // `sender` and `links` see these for themselves.
        Danger::AddressInName { .. } | Danger::ReplyElsewhere { .. } | Danger::DeceptiveLink { .. } => None,
    }
}

fn of_file(threat: &Threat) -> Option<Sign> {
    Some(match threat {
        Threat::Program | Threat::Script | Threat::Shortcut | Threat::DiskImage | Threat::ProgramInArchive { .. } | Threat::Bomb => {
            Sign::DangerousFile
        }
        Threat::Disguised | Threat::DoubleExtension | Threat::TurnedName => Sign::DisguisedFile,
        Threat::Macros | Threat::Fetches | Threat::PdfScript | Threat::PdfLaunch | Threat::ActiveDrawing => Sign::ActiveDocument,
        Threat::Locked => Sign::LockedFile,
        Threat::Assembles | Threat::AsksPassword => Sign::TrapPage,
        Threat::WebPage => Sign::HtmlFile,
        Threat::Unread | Threat::Embedded | Threat::TestVirus => return None,
    })
}

fn ends(file: &Attachment, endings: &[&str]) -> bool {
    let name = file.name.to_ascii_lowercase();
    name.rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending))
}

/// `patch.gz` and `source.tar.gz` are what programmers send one another.
fn is_packed_source(file: &Attachment) -> bool {
    let name = file.name.to_ascii_lowercase();
    [
        ".tar.gz",
        ".patch.gz",
        ".diff.gz",
        ".txt.gz",
        ".log.gz",
        ".xml.gz",
        ".json.gz",
        ".com.txt",
    ]
    .iter()
    .any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::super::{Around, look};
    use super::*;
    use crate::codec::mime;

    #[test]
    fn what_was_found_inside_weighs_by_its_kind() {
        let raw = b"From: a@x.example\r\nSubject: s\r\nContent-Type: application/pdf; name=invoice.pdf\r\n\r\nx\r\n";
        let reading = mime::read(raw);
        let part = reading.attachments.first().unwrap().part;
        let file = |threat| Danger::File { part, threat };
        let signs = |dangers: Vec<Danger>| {
            let around = Around {
                dangers,
                ..Around::default()
            };
            look(raw, &reading, &around).signs
        };
        let virus = |name: &str| Danger::Virus { name: name.into() };
        let like = Danger::LookAlike {
            seen: "bаnk.example".into(),
            like: "bank.example".into(),
        };
        for (danger, sign) in [
            (file(Threat::Disguised), Some(Sign::DisguisedFile)),
            (file(Threat::Program), Some(Sign::DangerousFile)),
            (file(Threat::Macros), Some(Sign::ActiveDocument)),
            (file(Threat::Locked), Some(Sign::LockedFile)),
            (file(Threat::AsksPassword), Some(Sign::TrapPage)),
            (file(Threat::Embedded), None),
            (Danger::Assembles, Some(Sign::TrapPage)),
            (like, Some(Sign::LooksLikeKnown)),
            (virus("Win.Worm"), Some(Sign::Virus)),
            (virus("Eicar-Test-Signature"), None),
        ] {
            let found: Vec<Sign> = signs(vec![danger]);
            let without: Vec<Sign> = signs(Vec::new());
            let more: Vec<Sign> = found.into_iter().filter(|sign| !without.contains(sign)).collect();
            assert_eq!(more, sign.into_iter().collect::<Vec<_>>());
        }
    }
}
