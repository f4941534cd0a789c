//! The words of the milestones.

use super::{Lang, Plural};
use crate::domain::award::Award;

/// Phrases about them.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct AwardWords {
    pub title: &'static str,
    pub intro: &'static str,
    pub reached: &'static str,
    pub not_yet: &'static str,
    pub so_far: Plural,
    pub hide: &'static str,
}

const EN: AwardWords = AwardWords {
    title: "Milestones",
    intro: "They count nothing and tell nobody.",
    reached: "reached",
    not_yet: "not yet",
    so_far: Plural {
        one: "{n} of 6 reached",
        many: "{n} of 6 reached",
    },
    hide: "Hide them",
};

const FR: AwardWords = AwardWords {
    title: "Étapes",
    intro: "Elles ne comptent rien et ne disent rien à personne.",
    reached: "atteinte",
    not_yet: "pas encore",
    so_far: Plural {
        one: "{n} sur 6 atteinte",
        many: "{n} sur 6 atteintes",
    },
    hide: "Les cacher",
};

/// In a language.
pub const fn words(lang: Lang) -> &'static AwardWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

/// The name of one, and what it is for.
pub fn award(lang: Lang, award: Award) -> (&'static str, &'static str) {
    match (lang, award) {
        (Lang::En, Award::MasterKey) => ("Master key", "You have a key of your own."),
        (Lang::Fr, Award::MasterKey) => ("Clé maîtresse", "Vous avez une clé à vous."),
        (Lang::En, Award::FirstEnvelope) => ("First envelope", "You sent a message that only its readers can open."),
        (Lang::Fr, Award::FirstEnvelope) => (
            "Première enveloppe",
            "Vous avez envoyé un message que seuls ses lecteurs peuvent ouvrir.",
        ),
        (Lang::En, Award::Handshake) => ("Handshake", "You compared keys with somebody."),
        (Lang::Fr, Award::Handshake) => ("Poignée de main", "Vous avez comparé vos clés avec quelqu’un."),
        (Lang::En, Award::Doorkeeper) => ("Doorkeeper", "A passkey or a code guards your door."),
        (Lang::Fr, Award::Doorkeeper) => ("Gardien de la porte", "Une clé d’accès ou un code garde votre porte."),
        (Lang::En, Award::SpareKey) => ("Spare key", "Your recovery sheet is printed and proven."),
        (Lang::Fr, Award::SpareKey) => ("Clé de rechange", "Votre feuille de secours est imprimée et vérifiée."),
        (Lang::En, Award::OwnPostmark) => ("Own postmark", "Your domain signs its mail and asks others to refuse forgeries."),
        (Lang::Fr, Award::OwnPostmark) => (
            "Votre propre cachet",
            "Votre domaine signe son courrier et demande aux autres de refuser les faux.",
        ),
    }
}
