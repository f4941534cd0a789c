//! The words of the page that leads to every setting.

use super::{Lang, say};

/// Its phrases. A setting's own name is where its page has it; here stands what it is for.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct SettingsWords {
    pub title: &'static str,
    pub intro: &'static str,
    pub security: &'static str,
    pub devices: &'static str,
    pub recovery: &'static str,
    pub locks: &'static str,
    pub keys: &'static str,
    pub people_keys: &'static str,
    pub writing: &'static str,
    pub tags: &'static str,
    pub rules: &'static str,
    pub views: &'static str,
    pub networks: &'static str,
    pub sending: &'static str,
    pub reports: &'static str,
    pub journal: &'static str,
    pub ledger: &'static str,
    pub erase: &'static str,
    pub contacts_import: &'static str,
}

/// English.
const EN: SettingsWords = SettingsWords {
    title: "Settings",
    intro: "Everything that can be set, on one page. Nothing here is needed to begin.",
    security: "Your passphrase, passkeys, the code, and where you are signed in.",
    devices: "The browsers that you let in, and what each of them is shown.",
    recovery: "The way in when you have forgotten everything else.",
    locks: "What unlocks this box after a restart, and what becomes of deleted mail on the disk.",
    keys: "The keys that let people write to you so that only you read it.",
    people_keys: "What is known of the keys of the people you write to; compare them here.",
    writing: "Your name, your signature, and the keys that your domain signs with.",
    tags: "Groups for messages and people, their colours, and what they weigh.",
    rules: "What this box does by itself with a message that arrives.",
    views: "The searches that you keep as tabs.",
    networks: "Who is slowed or refused at the door for sending much spam, and whose seals you trust.",
    sending: "How mail leaves this box: straight to the others, or through a relay.",
    reports: "What other mail services say about mail in your name.",
    journal: "What was done with this box, and how long it remembers.",
    ledger: "Everybody that this box has connected to, and what for.",
    erase: "The end: everything in this box, for good.",
    contacts_import: "Bring people from another address book (vCard).",
};

/// French.
const FR: SettingsWords = SettingsWords {
    title: "Réglages",
    intro: "Tout ce qui se règle, sur une page. Rien de cela n’est nécessaire pour commencer.",
    security: "Votre phrase de passe, vos clés d’accès, le code, et où vous êtes connecté.",
    devices: "Les navigateurs que vous avez fait entrer, et ce que chacun montre.",
    recovery: "L’entrée qui reste quand vous avez oublié tout le reste.",
    locks: "Ce qui déverrouille cette boîte après un redémarrage, et ce que devient sur le disque le courrier supprimé.",
    keys: "Les clés qui permettent de vous écrire de sorte que vous seul lisiez.",
    people_keys: "Ce qu’on sait des clés de ceux à qui vous écrivez\u{202f}; c’est ici qu’on les compare.",
    writing: "Votre nom, votre signature, et les clés avec lesquelles votre domaine signe.",
    tags: "Des groupes pour les messages et les personnes, leurs couleurs, et leur poids.",
    rules: "Ce que cette boîte fait d’elle-même d’un message qui arrive.",
    views: "Les recherches que vous gardez en onglets.",
    networks: "Qui est ralenti ou refusé à la porte pour avoir envoyé trop de spam, et de qui vous croyez les sceaux.",
    sending: "Par où le courrier quitte cette boîte\u{202f}: droit chez les autres, ou par un relais.",
    reports: "Ce que d’autres services disent du courrier envoyé en votre nom.",
    journal: "Ce qui a été fait avec cette boîte, et combien de temps elle s’en souvient.",
    ledger: "Tous ceux à qui cette boîte s’est connectée, et pourquoi.",
    erase: "La fin\u{202f}: tout ce que contient cette boîte, pour de bon.",
    contacts_import: "Faire venir des personnes d’un autre carnet (vCard).",
};

/// In a language.
pub const fn words(lang: Lang) -> &'static SettingsWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

/// What a group of settings is about; one of `web`'s groups by its place.
pub fn group(lang: Lang, group: usize) -> &'static str {
    match group {
        0 => say(lang, "You and these pages", "Vous et ces pages"),
        1 => say(lang, "Coming in", "Entrer"),
        2 => say(lang, "Keys", "Les clés"),
        3 => say(lang, "Your mail", "Votre courrier"),
        4 => say(lang, "Sending, and your domain", "L’envoi, et votre domaine"),
        5 => say(lang, "What this box remembers", "Ce dont cette boîte se souvient"),
        _ => say(lang, "This box", "Cette boîte"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn french_has_its_spaces() {
        let (source, _) = include_str!("settings.rs").split_once("#[cfg(test)]").unwrap();
        for text in source.split('"').skip(1).step_by(2) {
            let text = text.replace("\\u{202f}", "\u{202f}");
            assert!(!text.contains(" ;") && !text.contains(" :") && !text.contains('\''), "{text}");
        }
    }
}
