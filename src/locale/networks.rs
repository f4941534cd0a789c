//! The words of the page about networks that send much spam, and about whom the owner trusts to pass messages on.

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
    pub sealers: &'static str,
    pub sealers_text: &'static str,
    pub sealers_none: &'static str,
    pub sealers_domain: &'static str,
    pub sealers_hint: &'static str,
    pub sealers_no_domain: &'static str,
    pub sealers_add: &'static str,
    pub sealers_remove: &'static str,
    pub sealers_changed: &'static str,
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
    share: "{n}% of its newest messages",
    forgive: "Let it in again",
    forgiven: "The network is let in again.",
    explained: "How this is counted",
    forgotten: "Every six hours half of the spam is forgotten. A network is slowed from five spam messages on, when most of its newest messages were spam, and refused from ten on, when nearly all were. If somebody you wait for writes from a refused network, let it in again: their server will have kept the message.",
    sealers: "Whom you trust to pass messages on",
    sealers_text: "A mailing list or a forwarding address changes what passes through it, and the author’s signature breaks. Some of them check the message first and seal what they found (ARC). A message sealed by one of these is taken even if its author’s domain asks for it to be refused.",
    sealers_none: "Nobody so far. Mailing lists that you read need no entry here.",
    sealers_domain: "Domain",
    sealers_hint: "The one that seals, such as lists.example.org. “How it travelled”, on a message, names it.",
    sealers_no_domain: "This is no domain. It looks like lists.example.org, without anything before or after.",
    sealers_add: "Trust it",
    sealers_remove: "No longer trust it",
    sealers_changed: "This is noted, and holds for what comes from now on.",
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
    refused_until: "refusé\u{202f}; ce refus prend fin {when}",
    spam: Plural {
        one: "{n} message de spam",
        many: "{n} messages de spam",
    },
    share: "{n}\u{202f}% de ses derniers messages",
    forgive: "Le laisser revenir",
    forgiven: "Le réseau peut revenir.",
    explained: "Comment c’est compté",
    forgotten: "Toutes les six heures, la moitié du spam est oubliée. Un réseau est ralenti à partir de cinq messages de spam, si la plupart de ses messages récents en étaient, et refusé à partir de dix, si presque tous en étaient. Si quelqu’un que vous attendez écrit depuis un réseau refusé, laissez-le revenir\u{202f}: son serveur aura gardé le message.",
    sealers: "À qui vous faites confiance pour transmettre",
    sealers_text: "Une liste de diffusion ou une adresse de redirection modifie ce qui passe par elle, et la signature de l’auteur ne tient plus. Certaines vérifient d’abord le message et scellent ce qu’elles ont constaté (ARC). Un message scellé par l’une de celles-ci est accepté même si le domaine de son auteur demande de le refuser.",
    sealers_none: "Personne pour l’instant. Les listes de diffusion que vous lisez n’ont pas besoin d’être ici.",
    sealers_domain: "Domaine",
    sealers_hint: "Celui qui scelle, comme listes.example.org. Le trajet d’un message le nomme.",
    sealers_no_domain: "Ce n’est pas un domaine. Il s’écrit comme listes.example.org, sans rien devant ni derrière.",
    sealers_add: "Lui faire confiance",
    sealers_remove: "Ne plus lui faire confiance",
    sealers_changed: "C’est noté, et cela vaut pour ce qui arrive désormais.",
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static NetworkWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}
