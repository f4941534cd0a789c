//! The lines of a contact's index: their names, their reasons, their tips. A moment inside a reason is written by the
//! page, which knows the zone.

use super::say;
use crate::{
    domain::privacy::{
        contact::{Advice, Axis, LineId, Reason, Share, Strength, Tip},
        message::Who,
    },
    locale::Lang,
};

/// The name of an axis.
pub fn axis(lang: Lang, axis: Axis) -> &'static str {
    match axis {
        Axis::Technic => say(lang, "Technique", "Technique"),
        Axis::Behaviour => say(lang, "Behaviour", "Comportement"),
        Axis::Context => say(lang, "Context", "Contexte"),
    }
}

/// The name of a line.
pub fn line(lang: Lang, id: LineId) -> &'static str {
    match id {
        LineId::KeyPresent => say(lang, "A key", "Une clé"),
        LineId::KeyStrength => say(lang, "Its strength", "Sa solidité"),
        LineId::KeyVerified => say(lang, "Compared by you", "Comparée par vous"),
        LineId::ServiceStrict => say(lang, "Encryption that cannot be removed", "Chiffrement impossible à retirer"),
        LineId::ServiceDnssec => say(lang, "Signed domain", "Domaine signé"),
        LineId::HabitEncrypted => say(lang, "Writes encrypted", "Écrit chiffré"),
        LineId::HabitSigned => say(lang, "Signs", "Signe"),
        LineId::HabitTls => say(lang, "Comes over an encrypted connection", "Arrive par une connexion chiffrée"),
        LineId::HabitClean => say(lang, "Watches nobody", "N’espionne personne"),
        LineId::HabitReplies => say(lang, "Answers encrypted", "Répond chiffré"),
        LineId::RelationExchanges => say(lang, "How much you write to one another", "Combien vous vous écrivez"),
        LineId::RelationKnownSince => say(lang, "For how long", "Depuis combien de temps"),
        LineId::ServiceStatement => say(lang, "What their server promises", "Ce que promet son serveur"),
    }
}

/// Why a line won what it won. `since` is the day of [`Reason::Since`] in words, with its year.
pub fn reason(lang: Lang, id: LineId, reason: Reason, since: &str) -> String {
    match reason {
        Reason::Share(share) => return of_share(lang, id, share),
        Reason::Exchanged(from, to) => {
            return say(
                lang,
                format!("{from} from them, {to} to them; ten messages, both ways, win it whole."),
                format!("{from} de sa part, {to} de la vôtre\u{202f}; dix messages, dans les deux sens, gagnent tout."),
            );
        }
        Reason::Since { long, changed, .. } => return of_time(lang, since, long, changed),
        Reason::Service(does) => of_service(lang, id, does),
        Reason::NotKnown => unknown(lang, id),
        Reason::NothingCame => say(
            lang,
            "No message of theirs has come yet that their domain vouches for.",
            "Aucun message dont son domaine se porte garant n’est encore venu.",
        ),
        Reason::NothingExchanged => say(
            lang,
            "Nothing was exchanged yet that anybody vouches for.",
            "Rien n’a encore été échangé dont quelqu’un se porte garant.",
        ),
        Reason::NotAsked => say(
            lang,
            "You have not encrypted what you wrote to them.",
            "Vous n’avez pas chiffré ce que vous lui avez écrit.",
        ),
        Reason::Key(true) => say(
            lang,
            "You have a key of theirs that can be used.",
            "Vous avez une clé utilisable de cette personne.",
        ),
        Reason::Key(false) => say(
            lang,
            "You have no key of theirs that can be used.",
            "Vous n’avez aucune clé utilisable de cette personne.",
        ),
        Reason::NoKey => say(lang, "There is no key that can be used.", "Il n’y a pas de clé utilisable."),
        Reason::Strength(Strength::Strong) => say(
            lang,
            "The key is as strong as today’s are.",
            "La clé est solide, comme on les fait aujourd’hui.",
        ),
        Reason::Strength(Strength::Fair) => say(
            lang,
            "The key is still strong enough, if not today’s (RSA of 2048 bits).",
            "La clé est encore assez solide, sans être d’aujourd’hui (RSA de 2048 bits).",
        ),
        Reason::Strength(Strength::Weak) => say(lang, "The key is too weak.", "La clé est trop faible."),
        Reason::Verified(true) => say(lang, "You compared it with them.", "Vous l’avez comparée ensemble."),
        Reason::Verified(false) => say(
            lang,
            "Nobody has compared it: it could be somebody else’s.",
            "Personne ne l’a comparée\u{202f}: elle pourrait être à quelqu’un d’autre.",
        ),
        Reason::Statement(true) => say(
            lang,
            "What their server says of itself was seen to be so.",
            "Ce que son serveur dit de lui-même a été constaté.",
        ),
        Reason::Statement(false) => say(
            lang,
            "What their server says of itself was not seen to be so.",
            "Ce que son serveur dit de lui-même n’a pas été constaté.",
        ),
    }
    .to_owned()
}

fn unknown(lang: Lang, id: LineId) -> &'static str {
    match id {
        LineId::KeyPresent => say(
            lang,
            "It is not known whether they have a key for each address they use.",
            "On ne sait pas si cette personne a une clé pour chaque adresse qu’elle utilise.",
        ),
        LineId::KeyStrength | LineId::KeyVerified => say(
            lang,
            "Not every address they use has a known key.",
            "On ne connaît pas de clé pour chaque adresse que cette personne utilise.",
        ),
        LineId::ServiceStrict => say(
            lang,
            "Nobody has looked yet whether their provider’s encryption can be removed on the way.",
            "Personne n’a encore regardé si le chiffrement de son fournisseur peut être retiré en chemin.",
        ),
        LineId::ServiceDnssec => say(
            lang,
            "Nobody has looked yet whether their domain is signed (DNSSEC).",
            "Personne n’a encore regardé si son domaine est signé (DNSSEC).",
        ),
        LineId::HabitEncrypted => say(
            lang,
            "Their messages claim to be encrypted, and nobody has opened them.",
            "Ses messages se disent chiffrés, et personne ne les a ouverts.",
        ),
        LineId::HabitSigned => say(
            lang,
            "Nobody has checked the signatures of their messages.",
            "Personne n’a vérifié les signatures de ses messages.",
        ),
        LineId::HabitTls => say(
            lang,
            "This box did not see their messages arrive.",
            "Cette boîte n’a pas vu arriver ses messages.",
        ),
        LineId::ServiceStatement => say(
            lang,
            "Their server says nothing about itself that this box could check.",
            "Son serveur ne dit rien de lui-même que cette boîte puisse vérifier.",
        ),
        _ => say(lang, "There is nothing to go by.", "Rien ne permet de le dire."),
    }
}

fn of_service(lang: Lang, id: LineId, does: bool) -> &'static str {
    match (id, does) {
        (LineId::ServiceDnssec, true) => say(
            lang,
            "Their domain is signed: nobody can forge where its mail goes (DNSSEC).",
            "Son domaine est signé\u{202f}: personne ne peut falsifier où va son courrier (DNSSEC).",
        ),
        (LineId::ServiceDnssec, false) => say(
            lang,
            "Their domain is not signed (DNSSEC).",
            "Son domaine n’est pas signé (DNSSEC).",
        ),
        (_, true) => say(
            lang,
            "Mail to their provider is encrypted or not handed over (DANE or MTA-STS).",
            "Le courrier vers son fournisseur est chiffré ou n’est pas remis (DANE ou MTA-STS).",
        ),
        (_, false) => say(
            lang,
            "Somebody on the way can remove the encryption of mail to their provider.",
            "Quelqu’un en chemin peut retirer le chiffrement du courrier vers son fournisseur.",
        ),
    }
}

fn of_share(lang: Lang, id: LineId, Share { have, of }: Share) -> String {
    let what = match id {
        LineId::HabitEncrypted => say(lang, "encrypted", "chiffrés"),
        LineId::HabitSigned => say(lang, "with a valid signature of theirs", "avec sa signature valable"),
        LineId::HabitTls => say(lang, "over an encrypted connection", "par une connexion chiffrée"),
        LineId::HabitClean => say(lang, "without trackers and remote pictures", "sans pisteur ni image distante"),
        _ => say(lang, "in answer to encryption, encrypted", "chiffrés en réponse à du chiffré"),
    };
    // With a colon, so that no number has to agree with what follows it.
    say(
        lang,
        format!("Their newest messages that count: {of}. Of these, {what}: {have}."),
        format!("Ses derniers messages qui comptent\u{202f}: {of}. Parmi eux, {what}\u{202f}: {have}."),
    )
}

fn of_time(lang: Lang, since: &str, long: bool, changed: bool) -> String {
    match (long, changed) {
        (true, false) => say(
            lang,
            format!("You have known each other since {since}, and no key of theirs is new."),
            format!("Vous vous connaissez depuis le {since}, et aucune clé de cette personne n’est nouvelle."),
        ),
        (_, true) => say(
            lang,
            "Their key changed within the last thirty days.".to_owned(),
            "Sa clé a changé dans les trente derniers jours.".to_owned(),
        ),
        (false, false) => say(
            lang,
            format!("You have known each other since {since}; thirty days win it."),
            format!("Vous vous connaissez depuis le {since}\u{202f}; trente jours le gagnent."),
        ),
    }
}

fn advice(lang: Lang, advice: Advice) -> &'static str {
    match advice {
        Advice::AskForKey => say(lang, "Ask them for their key.", "Demandez-lui sa clé."),
        Advice::StrongerKey => say(
            lang,
            "Ask them to make a stronger key.",
            "Demandez-lui de faire une clé plus solide.",
        ),
        Advice::CompareKeys => say(
            lang,
            "Compare your keys, face to face or by telephone.",
            "Comparez vos clés, face à face ou par téléphone.",
        ),
        Advice::CheckDomain => say(lang, "Look at their provider.", "Regardez son fournisseur."),
        Advice::Strict => say(
            lang,
            "Their provider can publish DANE or an MTA-STS policy.",
            "Son fournisseur peut publier DANE ou une politique MTA-STS.",
        ),
        Advice::Dnssec => say(
            lang,
            "Their provider can sign its domain.",
            "Son fournisseur peut signer son domaine.",
        ),
        Advice::Encrypt => say(
            lang,
            "Encrypt what you write to them; programs answer likewise.",
            "Chiffrez ce que vous lui écrivez\u{202f}; les logiciels répondent de même.",
        ),
        Advice::Sign => say(lang, "Ask them to sign their messages.", "Demandez-lui de signer ses messages."),
        Advice::Tls => say(
            lang,
            "Their provider can send over an encrypted connection.",
            "Son fournisseur peut envoyer par une connexion chiffrée.",
        ),
        Advice::WriteClean => say(
            lang,
            "Ask them to write without spy images and remote pictures.",
            "Demandez-lui d’écrire sans images espionnes ni distantes.",
        ),
        Advice::Write => say(lang, "Write to one another.", "Écrivez-vous."),
        Advice::Wait => say(lang, "It comes with time.", "Cela vient avec le temps."),
        Advice::Statement => say(
            lang,
            "Their server could say how it treats mail.",
            "Son serveur pourrait dire comment il traite le courrier.",
        ),
    }
}

/// A tip: what to do, how much it wins, who can.
pub fn tip(lang: Lang, tip: Tip) -> String {
    let (what, n) = (advice(lang, tip.advice), tip.wins);
    let points = match (lang, n) {
        (_, 1) => format!("{n} point"),
        _ => format!("{n} points"),
    };
    match tip.who {
        Who::You => say(lang, format!("{what} Up to {points}."), format!("{what} Jusqu’à {points}.")),
        Who::Contact => say(
            lang,
            format!("{what} Up to {points}; they have to do it."),
            format!("{what} Jusqu’à {points}\u{202f}; c’est à cette personne de le faire."),
        ),
        Who::TheirProvider => say(
            lang,
            format!("{what} Up to {points}; nobody else can."),
            format!("{what} Jusqu’à {points}\u{202f}; personne d’autre ne le peut."),
        ),
        Who::Nobody => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        privacy::contact::{Evidence, evaluate},
        time::Time,
    };

    #[test]
    fn every_line_is_said_in_both_languages_and_french_has_its_spaces() {
        for lang in Lang::ALL {
            for id in LineId::ALL {
                assert!(!line(lang, *id).is_empty());
            }
            for l in evaluate(&Evidence::default(), Time(0)).lines {
                assert!(reason(lang, l.id, l.reason, "May").ends_with('.'));
                assert!(l.tip.is_some_and(|t| tip(lang, t).contains('.')));
            }
        }
        let share = Reason::Share(Share { have: 3, of: 9 });
        assert_eq!(
            reason(Lang::En, LineId::HabitTls, share, ""),
            "Their newest messages that count: 9. Of these, over an encrypted connection: 3."
        );
        let source = include_str!("lines.rs").split("#[cfg(test)]").next().unwrap_or_default();
        for text in source.split('"').skip(1).step_by(2) {
            let text = text.replace("\\u{202f}", "\u{202f}");
            assert!(!text.contains(" ;") && !text.contains(" :") && !text.contains('\''), "{text}");
        }
    }
}
