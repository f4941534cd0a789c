//! The words about the reports that this box gives other domains of how encrypting the way to them went.

use super::{Lang, Plural};
use crate::domain::tls_report::Fate;

/// Its phrases.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct TlsReportWords {
    pub title: &'static str,
    pub why: &'static str,
    pub tick: &'static str,
    pub save: &'static str,
    pub on: &'static str,
    pub off: &'static str,
    pub sent: &'static str,
    pub sent_intro: &'static str,
    pub none: &'static str,
    pub choose: &'static str,
    pub good: Plural,
    pub bad: Plural,
    pub about: &'static str,
    pub to: &'static str,
    pub fate: [&'static str; 5],
}

impl TlsReportWords {
    /// What became of a report at one place.
    pub fn fate(&self, fate: Fate) -> &'static str {
        let at = Fate::ALL.iter().position(|known| *known == fate).unwrap_or_default();
        self.fate.get(at).copied().unwrap_or_default()
    }
}

const EN: TlsReportWords = TlsReportWords {
    title: "Reports to other domains",
    why: "Some domains ask in their DNS to be told once a day how encrypting the way to their mail servers went. It is how they notice a broken certificate, or somebody who takes encryption away. The report says how many connections this box made to their servers and what went wrong there. It names your domain, and none of the people who wrote or were written to, and no subject.",
    tick: "Tell domains that ask how encrypting the way to them went",
    save: "Save",
    on: "Domains that ask are told, once a day.",
    off: "Nobody is told, and nothing is counted.",
    sent: "What this box reported",
    sent_intro: "Reports to domains that you wrote to and that ask for one. They hold figures, and nobody whom you wrote to.",
    none: "None so far.",
    choose: "You choose whether it does:",
    good: Plural {
        one: "{n} connection was encrypted as it should be",
        many: "{n} connections were encrypted as they should be",
    },
    bad: Plural {
        one: "{n} was not",
        many: "{n} were not",
    },
    about: "{domain}, {day}",
    to: "To {place}: {fate}",
    fate: [
        "on its way",
        "being handed over",
        "taken",
        "not taken",
        "nobody knows; it is not sent twice",
    ],
};

const FR: TlsReportWords = TlsReportWords {
    title: "Rapports aux autres domaines",
    why: "Certains domaines demandent, dans leur DNS, qu’on leur dise une fois par jour si le chemin vers leurs serveurs de courrier a pu être chiffré. C’est ainsi qu’ils remarquent un certificat cassé, ou quelqu’un qui retire le chiffrement. Le rapport dit combien de connexions cette boîte a faites vers leurs serveurs et ce qui y a échoué. Il nomme votre domaine, mais personne qui ait écrit ou à qui l’on ait écrit, ni aucun objet.",
    tick: "Dire aux domaines qui le demandent si le chemin vers eux a été chiffré",
    save: "Enregistrer",
    on: "Les domaines qui le demandent sont informés, une fois par jour.",
    off: "Personne n’est informé, et rien n’est compté.",
    sent: "Ce que cette boîte a rapporté",
    sent_intro: "Rapports aux domaines à qui vous avez écrit et qui en demandent. Ils contiennent des chiffres, et personne à qui vous ayez écrit.",
    none: "Aucun pour l’instant.",
    choose: "Vous choisissez s’il y en a\u{202f}:",
    good: Plural {
        one: "{n} connexion a été chiffrée comme il faut",
        many: "{n} connexions ont été chiffrées comme il faut",
    },
    bad: Plural {
        one: "{n} ne l’a pas été",
        many: "{n} ne l’ont pas été",
    },
    about: "{domain}, {day}",
    to: "À {place}\u{202f}: {fate}",
    fate: [
        "en route",
        "en train d’être remis",
        "reçu",
        "pas reçu",
        "personne ne le sait\u{202f}; il n’est pas envoyé deux fois",
    ],
};

/// The phrases in a language.
pub const fn words(lang: Lang) -> &'static TlsReportWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}
