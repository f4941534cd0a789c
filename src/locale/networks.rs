//! The words of the page about networks that send much spam.

use super::{Lang, Plural};

/// Its phrases.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct NetworkWords {
    pub title: &'static str,
    pub intro: &'static str,
    pub none: &'static str,
    pub network: &'static str,
    pub met: &'static str,
    pub why: &'static str,
    pub free: &'static str,
    pub slowed: &'static str,
    pub refused: &'static str,
    pub refused_until: &'static str,
    pub spam: Plural,
    pub share: &'static str,
    pub forgive: &'static str,
    pub forgiven: &'static str,
    pub explained: &'static str,
    pub forgotten: &'static str,
}

const EN: NetworkWords = NetworkWords {
    title: "Networks that send spam",
    intro: "A network from which hardly anything but spam comes is slowed, then refused for some hours. Its mail is not thrown away: the other server is asked to try again later, and honest ones do.",
    none: "No network has sent noteworthy spam lately.",
    network: "Network",
    met: "How it is met",
    why: "Why",
    free: "as any other",
    slowed: "slowed down",
    refused: "refused",
    refused_until: "refused until {when}",
    spam: Plural {
        one: "{n} spam message",
        many: "{n} spam messages",
    },
    share: "{n}\u{a0}% of its newest",
    forgive: "Let it in again",
    forgiven: "The network is let in again.",
    explained: "How this is counted",
    forgotten: "Every six hours half of the spam is forgotten. A network is slowed from five spam messages on, when most of its newest messages were spam, and refused from ten on, when nearly all were. If somebody you wait for writes from a refused network, let it in again: their server will have kept the message.",
};

const FR: NetworkWords = NetworkWords {
    title: "Réseaux qui envoient du spam",
    intro: "Un réseau d’où ne vient presque que du spam est ralenti, puis refusé pendant quelques heures. Son courrier n’est pas jeté\u{202f}: l’autre serveur est prié de réessayer plus tard, ce que font les serveurs honnêtes.",
    none: "Aucun réseau n’a envoyé de spam notable ces derniers temps.",
    network: "Réseau",
    met: "Accueil",
    why: "Pourquoi",
    free: "comme les autres",
    slowed: "ralenti",
    refused: "refusé",
    refused_until: "refusé jusqu’à {when}",
    spam: Plural {
        one: "{n} message de spam",
        many: "{n} messages de spam",
    },
    share: "{n}\u{202f}% des plus récents",
    forgive: "Le laisser revenir",
    forgiven: "Le réseau peut revenir.",
    explained: "Comment c’est compté",
    forgotten: "Toutes les six heures, la moitié du spam est oubliée. Un réseau est ralenti à partir de cinq messages de spam, si la plupart de ses messages récents en étaient, et refusé à partir de dix, si presque tous en étaient. Si quelqu’un que vous attendez écrit depuis un réseau refusé, laissez-le revenir\u{202f}: son serveur aura gardé le message.",
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static NetworkWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}
