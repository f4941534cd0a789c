//! The words about being told of new mail while no page is open.

use super::Lang;

/// Its phrases.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct NotificationWords {
    pub title: &'static str,
    pub says: &'static str,
    pub intro: &'static str,
    /// All that a notification ever says.
    pub new_mail: &'static str,
    pub here: &'static str,
    pub here_off: &'static str,
    pub here_on: &'static str,
    pub ask: &'static str,
    pub ask_hint: &'static str,
    pub needs_script: &'static str,
    pub failed: &'static str,
    pub refused: &'static str,
    pub propose: &'static str,
    pub propose_text: &'static str,
    pub learns: &'static str,
    pub learns_not: &'static str,
    pub switch_on: &'static str,
    pub no: &'static str,
    pub off: &'static str,
    pub others: &'static str,
    pub none: &'static str,
    pub through: &'static str,
    pub failing: &'static str,
    pub done_on: &'static str,
    pub done_off: &'static str,
    pub page_notice: &'static str,
    pub page_notice_do: &'static str,
    pub locked: &'static str,
}

/// English.
const EN: NotificationWords = NotificationWords {
    title: "Notifications",
    says: "Being told of new mail on a device while no page is open.",
    intro: "While a page of this box is open, it says so itself when mail comes. With no page open, only the maker of your browser can wake it: Mozilla for Firefox, Google for Chrome and its kin, Apple for Safari, Microsoft for Edge. It is off unless you switch it on, on each device by itself.",
    new_mail: "New mail",
    here: "This device",
    here_off: "It is not told of new mail.",
    here_on: "It is told of new mail, through {host}.",
    ask: "Ask this browser",
    ask_hint: "Your browser asks whether this site may notify you, and fetches an address from its maker. Before anything is sent there, you see whose it is.",
    needs_script: "This needs scripts: only they can ask the browser.",
    failed: "Your browser would not. It may have been told to refuse, or it does not trust this box’s certificate, or its maker cannot be reached.",
    refused: "What the browser gave cannot be used: its push service must be reached over HTTPS, by a name.",
    propose: "Switch it on?",
    propose_text: "Your browser is woken by {host}.",
    learns: "{host} learns that mail came, and when, and the address of this box.",
    learns_not: "It does not learn from whom, nor what, nor how much: every notification is one encrypted line that says “New mail”, always as long. At most one a minute; none for spam.",
    switch_on: "Switch it on",
    no: "No, leave it off",
    off: "Switch it off",
    others: "Other devices",
    none: "No other device is told.",
    through: "through {host}",
    failing: "its service does not take it at present",
    done_on: "This device is told of new mail from now on.",
    done_off: "It is told no more.",
    page_notice: "The line on an open page is set elsewhere:",
    page_notice_do: "preferences",
    locked: "While this box is locked it tells nobody: it does not know then whom to tell.",
};

/// French.
const FR: NotificationWords = NotificationWords {
    title: "Notifications",
    says: "Être prévenu du courrier sur un appareil quand aucune page n’est ouverte.",
    intro: "Tant qu’une page de cette boîte est ouverte, elle dit elle-même que du courrier arrive. Sans page ouverte, seul l’éditeur de votre navigateur peut le réveiller\u{202f}: Mozilla pour Firefox, Google pour Chrome et ses cousins, Apple pour Safari, Microsoft pour Edge. C’est désactivé tant que vous ne l’activez pas, appareil par appareil.",
    new_mail: "Nouveau courrier",
    here: "Cet appareil",
    here_off: "Il n’est pas prévenu du nouveau courrier.",
    here_on: "Il est prévenu du nouveau courrier, par {host}.",
    ask: "Demander à ce navigateur",
    ask_hint: "Votre navigateur demande si ce site peut vous prévenir, et va chercher une adresse chez son éditeur. Avant que rien n’y soit envoyé, vous voyez chez qui c’est.",
    needs_script: "Il y faut des scripts\u{202f}: eux seuls peuvent demander au navigateur.",
    failed: "Votre navigateur n’a pas voulu. Peut-être lui a-t-on dit de refuser, ou ne fait-il pas confiance au certificat de cette boîte, ou son éditeur est-il injoignable.",
    refused: "Ce que le navigateur a donné ne convient pas\u{202f}: son service doit être joint par HTTPS, et par un nom.",
    propose: "L’activer\u{202f}?",
    propose_text: "Votre navigateur est réveillé par {host}.",
    learns: "{host} apprend que du courrier est arrivé, et quand, et l’adresse de cette boîte.",
    learns_not: "Il n’apprend ni de qui, ni quoi, ni combien\u{202f}: chaque notification est une ligne chiffrée qui dit «\u{202f}Nouveau courrier\u{202f}», toujours de la même longueur. Une par minute au plus\u{202f}; aucune pour le spam.",
    switch_on: "L’activer",
    no: "Non, ne pas l’activer",
    off: "La désactiver",
    others: "Les autres appareils",
    none: "Aucun autre appareil n’est prévenu.",
    through: "par {host}",
    failing: "son service ne la prend pas en ce moment",
    done_on: "Cet appareil est désormais prévenu du nouveau courrier.",
    done_off: "Il n’est plus prévenu.",
    page_notice: "La ligne en haut d’une page ouverte se règle ailleurs\u{202f}:",
    page_notice_do: "préférences",
    locked: "Tant que cette boîte est verrouillée, elle ne prévient personne\u{202f}: elle ne sait plus qui prévenir.",
};

/// In a language.
pub const fn words(lang: Lang) -> &'static NotificationWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}
