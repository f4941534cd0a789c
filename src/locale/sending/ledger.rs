//! The words of the ledger: whom this box connected to, and what for.

use crate::{
    domain::ledger::Purpose,
    locale::{Lang, Plural},
};

/// The phrases of the page.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct LedgerWords {
    pub title: &'static str,
    pub intro: &'static str,
    pub today: Plural,
    pub nobody: &'static str,
    pub day: &'static str,
    pub party: &'static str,
    pub times: Plural,
    pub kept: Plural,
    pub not_here: &'static str,
    pub not_here_text: &'static str,
    pub others: &'static str,
    pub more: Plural,
}

const EN: LedgerWords = LedgerWords {
    title: "Who learned your address",
    intro: "Each connection that this box makes tells somebody the address of your line. Every one of them has a purpose, and is counted here.",
    today: Plural {
        one: "{n} party learned your address today",
        many: "{n} parties learned your address today",
    },
    nobody: "Nobody learned your address today: this box has connected to nobody.",
    day: "Day (UTC)",
    party: "Who",
    times: Plural {
        one: "once",
        many: "{n} times",
    },
    kept: Plural {
        one: "It is kept for {n} day, sealed with everything else.",
        many: "It is kept for {n} days, sealed with everything else.",
    },
    not_here: "What is not counted here",
    not_here_text: "Whoever connects to this box, such as servers that bring mail, knows its address already: it stands in your DNS. What your browser opens when you follow a link is its own affair.",
    others: "and others",
    more: Plural {
        one: "and {n} line more that is not shown",
        many: "and {n} lines more that are not shown",
    },
};

const FR: LedgerWords = LedgerWords {
    title: "Qui a appris votre adresse",
    intro: "Chaque connexion que fait cette boîte apprend à quelqu’un l’adresse de votre ligne. Chacune a un but, et est comptée ici.",
    today: Plural {
        one: "{n} interlocuteur a appris votre adresse aujourd’hui",
        many: "{n} interlocuteurs ont appris votre adresse aujourd’hui",
    },
    nobody: "Personne n’a appris votre adresse aujourd’hui\u{202f}: cette boîte ne s’est connectée à personne.",
    day: "Jour (UTC)",
    party: "Qui",
    times: Plural {
        one: "une fois",
        many: "{n} fois",
    },
    kept: Plural {
        one: "Ceci est gardé {n} jour, scellé avec tout le reste.",
        many: "Ceci est gardé {n} jours, scellé avec tout le reste.",
    },
    not_here: "Ce qui n’est pas compté ici",
    not_here_text: "Qui se connecte à cette boîte, comme les serveurs qui apportent du courrier, connaît déjà son adresse\u{202f}: elle est dans votre DNS. Ce qu’ouvre votre navigateur quand vous suivez un lien ne regarde que lui.",
    others: "et d’autres",
    more: Plural {
        one: "et {n} autre ligne qui n’est pas affichée",
        many: "et {n} autres lignes qui ne sont pas affichées",
    },
};

/// The phrases of a language.
pub fn ledger(lang: Lang) -> &'static LedgerWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

impl LedgerWords {
    /// What a connection was for.
    pub fn purpose(lang: Lang, purpose: Purpose) -> &'static str {
        match (lang, purpose) {
            (Lang::En, Purpose::Names) => "asking for names: where servers are, and what others publish",
            (Lang::En, Purpose::Delivery) => "handing over your messages",
            (Lang::En, Purpose::Smarthost) => "handing your messages to the smarthost",
            (Lang::En, Purpose::Web) => "fetching what domains publish on the web: policies and keys",
            (Lang::En, Purpose::Certificate) => "asking an authority for the certificate of this box",
            (Lang::En, Purpose::Push) => "telling your devices that mail has come, through their makers",
            (Lang::En, Purpose::Announcing) => "telling your DNS provider the address of this box",
            (Lang::En, Purpose::Backup) => "keeping your backup where you chose, and trying it",
            (Lang::Fr, Purpose::Backup) => "garder votre sauvegarde là où vous l’avez choisi, et l’éprouver",
            (Lang::En, Purpose::Mailbox) => "fetching from your other mailboxes, and writing as them",
            (Lang::Fr, Purpose::Mailbox) => "relever vos autres boîtes, et écrire comme elles",
            (Lang::Fr, Purpose::Names) => "demander des noms\u{202f}: où sont les serveurs, et ce que d’autres publient",
            (Lang::Fr, Purpose::Delivery) => "remettre vos messages",
            (Lang::Fr, Purpose::Smarthost) => "remettre vos messages au relais",
            (Lang::Fr, Purpose::Web) => "chercher ce que des domaines publient sur le web\u{202f}: politiques et clés",
            (Lang::Fr, Purpose::Certificate) => "demander à une autorité le certificat de cette boîte",
            (Lang::Fr, Purpose::Push) => "prévenir vos appareils, par leurs éditeurs, que du courrier est arrivé",
            (Lang::Fr, Purpose::Announcing) => "dire à votre fournisseur DNS l’adresse de cette boîte",
        }
    }
}
