//! The words of the account's index and of the page about privacy. French has its narrow no-break spaces (U+202F)
//! written out.

use super::{Lang, Plural};
use crate::domain::privacy::{
    account::{Advice, Axis, LineId, Reason, SignIn, Tip},
    contact::{Share, Strength},
};

/// The text of one language.
fn say<T>(lang: Lang, english: T, french: T) -> T {
    match lang {
        Lang::En => english,
        Lang::Fr => french,
    }
}

/// Every phrase of the page about privacy in one language.
#[allow(missing_docs, reason = "a phrase documents itself; its field says where it stands")]
pub struct AccountWords {
    pub menu: &'static str,
    pub title: &'static str,
    pub intro: &'static str,
    pub helps: &'static str,
    pub helps_none: &'static str,
    pub helps_wins: Plural,
    pub helps_do: &'static str,
    pub ask: &'static str,
    pub compare: &'static str,
    pub watches: &'static str,
    pub watches_text: &'static str,
    pub watches_none: &'static str,
    pub watches_in: Plural,
    pub watches_images: Plural,
    pub watches_more: Plural,
    pub travelled: &'static str,
    pub travelled_text: &'static str,
    pub travelled_none: &'static str,
    pub travelled_cut: &'static str,
    pub travelled_how: &'static str,
    pub travelled_many: &'static str,
    pub unknown: &'static str,
    pub unknown_text: &'static str,
    pub counted: &'static str,
    pub to_service: &'static str,
    pub trend: &'static str,
    pub trend_same: &'static str,
    pub trend_month: &'static str,
    pub daily: &'static str,
    pub daily_table: &'static str,
    pub day: &'static str,
    pub tip: &'static str,
    pub tip_show: &'static str,
    pub tip_known: &'static str,
}

/// English.
pub(super) const EN: AccountWords = AccountWords {
    menu: "Privacy",
    title: "Your privacy",
    intro: "How private your side is: your key, how you sign in, what lies on the disk, your devices, the people you write to. The plain sum of the lines below.",
    helps: "What would help most",
    helps_none: "Nothing that you could do is left.",
    helps_wins: Plural {
        one: "Up to {n} point.",
        many: "Up to {n} points.",
    },
    helps_do: "Go there",
    ask: "Ask",
    compare: "Compare with",
    watches: "Who watches",
    watches_text: "Messages of the last thirty days with spy images, meant to tell the sender when and where you read. Nothing of them was loaded.",
    watches_none: "No message of the last thirty days tried to watch you.",
    watches_in: Plural {
        one: "in {n} message",
        many: "in {n} messages",
    },
    watches_images: Plural {
        one: "{n} spy image",
        many: "{n} spy images",
    },
    watches_more: Plural {
        one: "and {n} other sender",
        many: "and {n} other senders",
    },
    travelled: "How messages travelled",
    travelled_text: "The last thirty days, received and sent.",
    travelled_none: "No message came or went in the last thirty days.",
    travelled_cut: "Only the newest 5,000 are counted.",
    travelled_how: "How it travelled",
    travelled_many: "Messages",
    unknown: "What is not known",
    unknown_text: "Nobody has looked at these, or nobody could. They win nothing and lose nothing.",
    counted: "Every line is something that this box observed. What it did not observe says so.",
    to_service: "The index of your own service",
    trend: "{by} since {when}",
    trend_same: "the same as {when}",
    trend_month: "last month",
    daily: "Day by day",
    daily_table: "The same as a table",
    day: "Day",
    tip: "Tip",
    tip_show: "Show me",
    tip_known: "OK, got it",
};

/// French.
pub(super) const FR: AccountWords = AccountWords {
    menu: "Confidentialité",
    title: "Votre confidentialité",
    intro: "À quel point votre côté est privé\u{202f}: votre clé, votre façon de vous connecter, ce qui est sur le disque, vos appareils, les gens à qui vous écrivez. La simple somme des lignes ci-dessous.",
    helps: "Ce qui aiderait le plus",
    helps_none: "Il ne reste rien que vous puissiez faire.",
    helps_wins: Plural {
        one: "Jusqu’à {n} point.",
        many: "Jusqu’à {n} points.",
    },
    helps_do: "Y\u{a0}aller",
    ask: "Demander à",
    compare: "Comparer avec",
    watches: "Qui vous espionne",
    watches_text: "Les messages des trente derniers jours qui portent des images espionnes, faites pour dire à l’expéditeur quand et où vous lisez. Rien n’en a été chargé.",
    watches_none: "Aucun message des trente derniers jours n’a essayé de vous espionner.",
    watches_in: Plural {
        one: "dans {n} message",
        many: "dans {n} messages",
    },
    watches_images: Plural {
        one: "{n} image espionne",
        many: "{n} images espionnes",
    },
    watches_more: Plural {
        one: "et {n} autre expéditeur",
        many: "et {n} autres expéditeurs",
    },
    travelled: "Comment les messages ont voyagé",
    travelled_text: "Les trente derniers jours, reçus et envoyés.",
    travelled_none: "Aucun message n’est venu ni parti ces trente derniers jours.",
    travelled_cut: "Seuls les 5\u{202f}000 plus récents sont comptés.",
    travelled_how: "Façon de voyager",
    travelled_many: "Messages",
    unknown: "Ce qu’on ne sait pas",
    unknown_text: "Personne n’y a regardé, ou personne n’a pu. Cela ne gagne rien et ne perd rien.",
    counted: "Chaque ligne est quelque chose que cette boîte a observé. Ce qu’elle n’a pas observé, elle le dit.",
    to_service: "L’indice de votre propre service",
    trend: "{by} depuis {when}",
    trend_same: "comme {when}",
    trend_month: "le mois dernier",
    daily: "Jour après jour",
    daily_table: "La même chose en tableau",
    day: "Jour",
    tip: "Conseil",
    tip_show: "Me montrer",
    tip_known: "D’accord, compris",
};

/// The name of an axis.
pub fn axis(lang: Lang, axis: Axis) -> &'static str {
    match axis {
        Axis::Key => say(lang, "Your key", "Votre clé"),
        Axis::SignIn => say(lang, "Signing in", "Connexion"),
        Axis::Storage => say(lang, "On the disk", "Sur le disque"),
        Axis::Practice => say(lang, "Devices, people, mail", "Appareils, personnes, courrier"),
        Axis::Service => say(lang, "Your own service", "Votre propre service"),
    }
}

/// The name of a line.
pub fn line(lang: Lang, id: LineId) -> &'static str {
    match id {
        LineId::KeyExists => say(lang, "A key of your own", "Une clé à vous"),
        LineId::KeyStrength => say(lang, "Its strength", "Sa solidité"),
        LineId::KeyPublished => say(lang, "Found by others", "Trouvée par les autres"),
        LineId::KeyBackup => say(lang, "A copy of it", "Une copie"),
        LineId::KeyExpiry => say(lang, "Its end is known", "Sa fin est connue"),
        LineId::SignInWay => say(lang, "How you sign in", "Comment vous vous connectez"),
        LineId::SignInPassphrase => say(lang, "Your passphrase", "Votre phrase de passe"),
        LineId::StorageSealed => say(lang, "Sealed on the disk", "Scellé sur le disque"),
        LineId::StorageLocked => say(lang, "Locked after a restart", "Verrouillé après un redémarrage"),
        LineId::StorageBackup => say(lang, "A backup that was tried", "Une sauvegarde éprouvée"),
        LineId::Devices => say(lang, "Your weakest device", "Votre appareil le plus faible"),
        LineId::Contacts => say(lang, "The people you write to most", "Ceux à qui vous écrivez le plus"),
        LineId::Mail => say(lang, "What you send encrypted", "Ce que vous envoyez chiffré"),
        LineId::Service => say(lang, "How well it is set up", "Comment il est réglé"),
    }
}

/// Why a line won what it won.
pub fn reason(lang: Lang, id: LineId, reason: Reason) -> String {
    match reason {
        Reason::Index(index) if id == LineId::Devices => {
            return say(
                lang,
                format!("The lowest index of a device that you let in is {index} of 100."),
                format!("L’indice le plus bas d’un appareil que vous avez fait entrer est {index} sur 100."),
            );
        }
        Reason::Index(index) => {
            return say(
                lang,
                format!("Its index is {index} of 100."),
                format!("Son indice est {index} sur 100."),
            );
        }
        Reason::Mean(mean, 1) => {
            return say(
                lang,
                format!("The index of the one that is known is {mean} of 100."),
                format!("L’indice du seul qui soit connu est {mean} sur 100."),
            );
        }
        Reason::Mean(mean, of) => {
            return say(
                lang,
                format!("The mean index of the {of} that are known is {mean} of 100."),
                format!("L’indice moyen des {of} qui sont connus est {mean} sur 100."),
            );
        }
        Reason::Mail(Share { have, of }) => {
            return say(
                lang,
                format!("Sent in thirty days: {of}. Encrypted end to end: {have}."),
                format!("Envoyés en trente jours\u{202f}: {of}. Chiffrés de bout en bout\u{202f}: {have}."),
            );
        }
        Reason::NotKnown => unknown(lang, id),
        Reason::NothingSent => say(lang, "Nothing was sent in thirty days.", "Rien n’a été envoyé en trente jours."),
        Reason::NoKey => say(lang, "There is no valid key.", "Il n’y a pas de clé valable."),
        Reason::Is(is) => is_so(lang, id, is),
        Reason::Strength(Strength::Strong) => say(lang, "As strong as today’s are.", "Solide, comme on les fait aujourd’hui."),
        Reason::Strength(Strength::Fair) => say(lang, "Strong enough, if not today’s.", "Assez solide, sans être d’aujourd’hui."),
        Reason::Strength(Strength::Weak) => say(lang, "Too weak.", "Trop faible."),
        Reason::Way(SignIn::Passkey) => say(
            lang,
            "You have a passkey: no false page can ask for it.",
            "Vous avez une clé d’accès\u{202f}: aucune fausse page ne peut vous la demander.",
        ),
        Reason::Way(SignIn::Code) => say(
            lang,
            "A code is asked for after the passphrase.",
            "Un code est demandé après la phrase de passe.",
        ),
        Reason::Way(SignIn::Passphrase) => say(
            lang,
            "The passphrase alone is enough to come in.",
            "La phrase de passe suffit, seule, pour entrer.",
        ),
        Reason::Passphrase(0..=2) => say(lang, "It would be guessed.", "Elle serait devinée."),
        Reason::Passphrase(3) => say(
            lang,
            "It withstands most guessing.",
            "Elle résiste à presque toutes les tentatives.",
        ),
        Reason::Passphrase(_) => say(lang, "Guessing it would take too long.", "La deviner prendrait trop de temps."),
    }
    .to_owned()
}

fn is_so(lang: Lang, id: LineId, is: bool) -> &'static str {
    match (id, is) {
        (LineId::KeyExists, true) => say(
            lang,
            "People can write to you so that only you read it.",
            "On peut vous écrire de sorte que vous seul puissiez le lire.",
        ),
        (LineId::KeyExists, false) => say(
            lang,
            "Nobody can write to you so that only you read it.",
            "Personne ne peut vous écrire de sorte que vous seul puissiez le lire.",
        ),
        (LineId::KeyPublished, true) => say(
            lang,
            "Programs find it at your domain (WKD).",
            "Les logiciels la trouvent sur votre domaine (WKD).",
        ),
        (LineId::KeyPublished, false) => say(
            lang,
            "It cannot be found at your domain (WKD).",
            "Elle ne se trouve pas sur votre domaine (WKD).",
        ),
        (LineId::KeyBackup, true) => say(
            lang,
            "You saved a copy of it as a file.",
            "Vous en avez enregistré une copie dans un fichier.",
        ),
        (LineId::KeyBackup, false) => say(
            lang,
            "You have not saved a copy of it as a file since its newest part was made.",
            "Vous n’en avez pas enregistré de copie dans un fichier depuis que sa partie la plus récente a été faite.",
        ),
        (LineId::KeyExpiry, true) => say(
            lang,
            "It ends on a day that is still to come.",
            "Sa date de fin est encore à venir.",
        ),
        (LineId::KeyExpiry, false) => say(
            lang,
            "Its end has passed, or it has none.",
            "Sa fin est passée, ou elle n’en a pas.",
        ),
        (LineId::StorageSealed, _) => say(
            lang,
            "Whoever takes the disk reads none of your mail.",
            "Qui prend le disque ne lit rien de votre courrier.",
        ),
        (LineId::StorageLocked, true) => say(
            lang,
            "After a restart this box opens only for somebody who signs in.",
            "Après un redémarrage, cette boîte ne s’ouvre que pour qui se connecte.",
        ),
        (LineId::StorageLocked, false) => say(
            lang,
            "A key file opens this box by itself.",
            "Un fichier de clé ouvre cette boîte d’elle-même.",
        ),
        (LineId::StorageBackup, true) => say(
            lang,
            "There is a backup younger than seven days, and it was tried.",
            "Il y a une sauvegarde de moins de sept jours, et elle a été essayée.",
        ),
        (LineId::StorageBackup, false) => say(
            lang,
            "There is no backup younger than seven days that was tried.",
            "Il n’y a pas de sauvegarde de moins de sept jours qui ait été essayée.",
        ),
        (_, true) => say(lang, "Yes.", "Oui."),
        (_, false) => say(lang, "No.", "Non."),
    }
}

fn unknown(lang: Lang, id: LineId) -> &'static str {
    match id.axis() {
        Axis::Key => say(
            lang,
            "This box serves it; whether others reach it there, nobody has checked.",
            "Cette boîte la propose\u{202f}; si les autres l’y atteignent, personne ne l’a vérifié.",
        ),
        Axis::SignIn => say(
            lang,
            "It was not weighed yet: it will be the next time you type it.",
            "Elle n’a pas encore été évaluée\u{202f}: elle le sera la prochaine fois que vous la taperez.",
        ),
        Axis::Storage => say(
            lang,
            "This box knows of no backup.",
            "Cette boîte n’a connaissance d’aucune sauvegarde.",
        ),
        Axis::Practice if id == LineId::Contacts => say(
            lang,
            "You have not written to any of your contacts yet.",
            "Vous n’avez encore écrit à aucun de vos contacts.",
        ),
        Axis::Practice => say(lang, "There is nothing to go by.", "Rien ne permet de le dire."),
        Axis::Service => say(
            lang,
            "Nobody has checked yet how this service is set up.",
            "Personne n’a encore vérifié comment ce service est réglé.",
        ),
    }
}

/// What to do.
pub fn advice(lang: Lang, advice: Advice) -> &'static str {
    match advice {
        Advice::MakeKey => say(lang, "Make a key of your own.", "Faites une clé à vous."),
        Advice::StrongerKey => say(lang, "Make a stronger key.", "Faites une clé plus solide."),
        Advice::PublishKey => say(
            lang,
            "Let others find your key at your domain.",
            "Laissez les autres trouver votre clé sur votre domaine.",
        ),
        Advice::BackUpKey => say(
            lang,
            "Save a copy of your key, and keep it elsewhere.",
            "Enregistrez une copie de votre clé, et gardez-la ailleurs.",
        ),
        Advice::RenewKey => say(
            lang,
            "Make a new key: this box moves its end on by itself.",
            "Créez une nouvelle clé\u{202f}: cette boîte en repousse la fin d’elle-même.",
        ),
        Advice::Passkey => say(lang, "Sign in with a passkey.", "Connectez-vous avec une clé d’accès."),
        Advice::Passphrase => say(
            lang,
            "Choose a passphrase that nobody guesses.",
            "Choisissez une phrase de passe que personne ne devine.",
        ),
        Advice::StayLocked => say(
            lang,
            "Take back the key file, so that this box stays locked after a restart.",
            "Retirez le fichier de clé, pour que cette boîte reste verrouillée après un redémarrage.",
        ),
        Advice::BackUp => say(lang, "Keep a backup, and try it.", "Gardez une sauvegarde, et éprouvez-la."),
        Advice::RaiseDevice => say(lang, "Raise your weakest device.", "Relevez votre appareil le plus faible."),
        Advice::RaiseContacts => say(
            lang,
            "Raise the index of the people you write to most: their page says how.",
            "Relevez l’indice de ceux à qui vous écrivez le plus\u{202f}: leur fiche dit comment.",
        ),
        Advice::AskForKeys => say(
            lang,
            "Ask the people you write to most for their key.",
            "Demandez leur clé aux personnes à qui vous écrivez le plus.",
        ),
        Advice::CompareKeys => say(
            lang,
            "Compare keys with the people you write to most.",
            "Comparez vos clés avec les personnes à qui vous écrivez le plus.",
        ),
        Advice::Encrypt => say(lang, "Encrypt what you send.", "Chiffrez ce que vous envoyez."),
        Advice::Service => say(lang, "Have your own service looked at.", "Faites vérifier votre propre service."),
    }
}

/// What to do, and with how many people.
pub fn whom(lang: Lang, tip: Tip) -> String {
    let phrase = match tip.advice {
        Advice::AskForKeys if tip.people > 0 => say(
            lang,
            plural(
                "For one of the people you write to most, you have no valid key that anybody vouches for. Ask for it.",
                "For {n} of the people you write to most, you have no valid key that anybody vouches for. Ask them for it.",
            ),
            plural(
                "Pour une des personnes à qui vous écrivez le plus, vous n’avez pas de clé valable dont quelqu’un réponde. Demandez-la-lui.",
                "Pour {n} des personnes à qui vous écrivez le plus, vous n’avez pas de clé valable dont quelqu’un réponde. Demandez-la-leur.",
            ),
        ),
        Advice::CompareKeys if tip.people > 0 => say(
            lang,
            plural(
                "You have never compared keys with one of the people you write to most.",
                "You have never compared keys with {n} of the people you write to most.",
            ),
            plural(
                "Vous n’avez jamais comparé vos clés avec une des personnes à qui vous écrivez le plus.",
                "Vous n’avez jamais comparé vos clés avec {n} des personnes à qui vous écrivez le plus.",
            ),
        ),
        _ => return advice(lang, tip.advice).to_owned(),
    };
    lang.words().count(&phrase, tip.people.into())
}

fn plural(one: &'static str, many: &'static str) -> Plural {
    Plural { one, many }
}

/// A tip: what to do and how much it wins.
pub fn tip(lang: Lang, tip: Tip) -> String {
    winning(lang, &whom(lang, tip), tip.wins)
}

/// An advice and how much it wins, as two sentences.
pub fn winning(lang: Lang, advice: &str, wins: u8) -> String {
    let words = &lang.words().account.helps_wins;
    format!("{advice} {}", lang.words().count(words, wins.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::privacy::account::{Evidence, evaluate};

    #[test]
    fn every_line_is_said_in_both_languages_and_french_has_its_spaces() {
        for lang in Lang::ALL {
            for l in evaluate(&Evidence::default()).lines {
                assert!(!line(lang, l.id).is_empty() && reason(lang, l.id, l.reason).ends_with('.'));
                assert!(l.tip.is_some_and(|t| tip(lang, t).ends_with('.')));
            }
        }
        let (source, _) = include_str!("account.rs").split_once("#[cfg(test)]").unwrap();
        for text in source.split('"').skip(1).step_by(2) {
            let text = text.replace("\\u{202f}", "\u{202f}");
            assert!(!text.contains(" ;") && !text.contains(" :") && !text.contains('\''), "{text}");
        }
        assert_eq!(
            tip(
                Lang::Fr,
                Tip {
                    wins: 1,
                    advice: Advice::Passkey,
                    people: 0,
                }
            ),
            "Connectez-vous avec une clé d’accès. Jusqu’à 1 point."
        );
        for advice in [Advice::AskForKeys, Advice::CompareKeys] {
            for lang in Lang::ALL {
                let said = |people| whom(lang, Tip { wins: 2, advice, people });
                assert!(said(2).contains('2') && !said(1).contains('1') && said(0) == super::advice(lang, advice));
            }
        }
    }
}
