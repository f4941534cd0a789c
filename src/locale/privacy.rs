//! The words of the Privacy Index: lines, axes, letters, padlocks; its reasons are in `reason`, its tips
//! in `tip`.
//!
//! Every sentence is one call of [`say`] with both languages in it, so one that is missing does not
//! compile. French has its narrow no-break spaces (U+202F) written out. The words are for people who
//! never heard of TLS; the technical name follows in brackets for those who did.

mod reason;
mod tip;

pub use reason::reason;
pub use tip::tip;

use super::Lang;
use crate::domain::{
    address::Address,
    padlock::Padlock,
    privacy::{
        index::{Kind, Letter},
        message::{Axis, LineId},
    },
};

/// The text of one language.
fn say<T>(lang: Lang, english: T, french: T) -> T {
    match lang {
        Lang::En => english,
        Lang::Fr => french,
    }
}

/// A count and its noun, as in "1 link" and "0 lien".
fn counted(lang: Lang, n: u32, english: [&str; 2], french: [&str; 2]) -> String {
    let [one, many] = say(lang, english, french);
    let singular = match lang {
        Lang::En => n == 1,
        Lang::Fr => n < 2,
    };
    format!("{n} {}", if singular { one } else { many })
}

/// An address inside a sentence. Characters that are not seen, or that turn the direction of the text
/// around, would let a sender write our sentence for us; each becomes a `?`.
fn shown(address: &Address) -> String {
    let unseen = |c: char| matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    address
        .as_str()
        .chars()
        .map(|c| if unseen(c) || c.is_control() { '?' } else { c })
        .collect()
}

/// The name of the whole thing.
pub fn title(lang: Lang) -> &'static str {
    say(lang, "Privacy Index", "Indice de confidentialité")
}

/// The name of an axis.
pub fn axis(lang: Lang, axis: Axis) -> &'static str {
    match axis {
        Axis::Content => say(lang, "Departure", "Départ"),
        Axis::Travel => say(lang, "Travel", "Trajet"),
        Axis::Sender => say(lang, "Social", "Expéditeur"),
        Axis::Ceiling => say(lang, "Ceiling", "Plafond"),
    }
}

/// The name of a line.
pub fn line(lang: Lang, id: LineId) -> &'static str {
    match id {
        LineId::ContentEncrypted => say(lang, "Encryption", "Chiffrement"),
        LineId::ContentAuthenticated => say(lang, "Protection against changes", "Protection contre les modifications"),
        LineId::ContentHeaders => say(lang, "Subject hidden", "Objet caché"),
        LineId::ContentSigned => say(lang, "Signature", "Signature"),
        LineId::ContentSigner => say(lang, "Signature key compared", "Clé de signature comparée"),
        LineId::ContentClean => say(lang, "No tracking, no tricks", "Ni pistage ni piège"),
        LineId::TravelTls => say(lang, "Encrypted connection", "Connexion chiffrée"),
        LineId::TravelQuantum => say(lang, "Safe from quantum computers", "À l’abri des ordinateurs quantiques"),
        LineId::TravelStrict => say(lang, "Encryption that cannot be removed", "Chiffrement impossible à retirer"),
        LineId::TravelAuthentic => say(lang, "Sending domain confirmed", "Domaine d’envoi confirmé"),
        LineId::TravelPolicy => say(lang, "Forgeries refused", "Faux refusés"),
        LineId::TravelHops => say(lang, "Servers on the way", "Serveurs en chemin"),
        LineId::SenderKnown => say(lang, "In your contacts", "Dans vos contacts"),
        LineId::SenderKeys => say(lang, "A key for everyone", "Une clé pour chacun"),
        LineId::SenderVerified => say(lang, "Keys compared", "Clés comparées"),
        LineId::SenderContact => say(lang, "Lowest contact index", "Indice de contact le plus bas"),
        LineId::SenderAudience => say(lang, "How many people", "Nombre de personnes"),
        LineId::CeilingForged => say(lang, "Forged", "Faux"),
        LineId::CeilingOpen => say(lang, "Open on the way", "Ouvert en chemin"),
        LineId::CeilingAnonymous => say(lang, "Sender not confirmed", "Expéditeur non confirmé"),
        LineId::CeilingLoaded => say(lang, "Remote content loaded", "Contenu distant chargé"),
        LineId::CeilingUnverified => say(lang, "Key not compared", "Clé non comparée"),
    }
}

/// A kind of evidence, as a word behind a line.
pub fn kind(lang: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::Observed => say(lang, "seen here", "vu ici"),
        Kind::Verified => say(lang, "checked by you", "vérifié par vous"),
        Kind::Claimed => say(lang, "says another server", "dit par un autre serveur"),
    }
}

/// What a line that is not known says in the place of its points.
pub fn not_known(lang: Lang) -> &'static str {
    say(lang, "not known", "non connu")
}

/// What an index that is unknown says in the place of its letter, in words.
pub fn unknown(lang: Lang) -> &'static str {
    say(
        lang,
        "Nothing is known of this message yet, neither good nor bad.",
        "On ne sait encore rien de ce message, ni en bien ni en mal.",
    )
}

/// What stands beside the sum of the lines.
pub fn sum(lang: Lang) -> &'static str {
    say(lang, "of 100, the sum of these lines", "sur 100, la somme de ces lignes")
}

/// What the command line says where it had to assume whose message it is.
pub fn assumed_owner(lang: Lang, address: &Address) -> String {
    let address = shown(address);
    say(
        lang,
        format!("{address} was taken to be you. If that is wrong, say \"owner\" in an evidence file."),
        format!("On a supposé que vous êtes {address}. Si c’est faux, indiquez «\u{202f}owner\u{202f}» dans un fichier de preuves."),
    )
}

/// What a message with this letter has in common with all others that have it: the letter's necessary
/// condition, in one sentence.
pub fn letter(lang: Lang, letter: Letter) -> &'static str {
    match letter {
        Letter::A => say(
            lang,
            "Only people whose keys you compared can read it.",
            "Seules des personnes dont vous avez comparé les clés peuvent le lire.",
        ),
        Letter::B => say(
            lang,
            "It is end-to-end encrypted: no server on the way could read it.",
            "Il est chiffré de bout en bout\u{202f}: aucun serveur en chemin n’a pu le lire.",
        ),
        Letter::C => say(
            lang,
            "Servers on the way could read it, but what we saw of the way was confirmed and protected.",
            "Les serveurs en chemin ont pu le lire, mais ce que nous avons vu du trajet était confirmé et protégé.",
        ),
        Letter::D => say(
            lang,
            "What we saw of the way was not open, but little speaks for its protection, its sender, or the people in it.",
            "Ce que nous avons vu du trajet n’était pas ouvert, mais peu de choses parlent pour sa protection, son expéditeur ou ses participants.",
        ),
        Letter::E => say(
            lang,
            "Anyone on the way could read it, it is forged, or next to nothing speaks for it.",
            "N’importe qui en chemin a pu le lire, c’est un faux, ou presque rien ne parle pour lui.",
        ),
    }
}

/// The word of a padlock.
pub fn padlock(lang: Lang, padlock: Padlock) -> &'static str {
    match padlock {
        Padlock::Postcard => say(lang, "Postcard", "Carte postale"),
        Padlock::Mailbag => say(lang, "Mailbag", "Sac postal"),
        Padlock::Envelope => say(lang, "Envelope", "Enveloppe"),
        Padlock::Sealed => say(lang, "Sealed", "Scellée"),
    }
}

/// What a padlock means, in one sentence.
pub fn padlock_meaning(lang: Lang, padlock: Padlock) -> &'static str {
    match padlock {
        Padlock::Postcard => say(
            lang,
            "No protection is certain: whoever handled it may have read it.",
            "Aucune protection n’est certaine\u{202f}: qui l’a eu en main a pu le lire.",
        ),
        Padlock::Mailbag => say(
            lang,
            "Closed on the way, opened at the post office: the mail providers can read it.",
            "Fermé en chemin, ouvert au bureau de poste\u{202f}: les fournisseurs de messagerie peuvent le lire.",
        ),
        Padlock::Envelope => say(
            lang,
            "Only those it is for can read it, if the keys are really theirs.",
            "Seuls ses destinataires peuvent le lire, si les clés sont bien les leurs.",
        ),
        Padlock::Sealed => say(
            lang,
            "Only those it is for can read it: you compared the keys.",
            "Seuls ses destinataires peuvent le lire\u{202f}: vous avez comparé les clés.",
        ),
    }
}

/// What the mailbag means for what no provider has carried.
pub fn mailbag_here(lang: Lang) -> &'static str {
    say(
        lang,
        "It never left this box: whoever opens the box can read it.",
        "Il n’a jamais quitté cette boîte\u{202f}: qui ouvre la boîte peut le lire.",
    )
}

#[cfg(test)]
mod tests;
