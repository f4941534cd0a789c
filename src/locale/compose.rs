//! The words of writing: the form, what it says of protection, the drafts, and how one writes.
//!
//! A button says what will happen. What is not known yet is said so, and nobody is blamed for having no key.

use super::{Lang, Plural};
use crate::domain::padlock::Padlock;

/// Every phrase in one language.
#[allow(missing_docs, reason = "a phrase documents itself; its field says where it stands")]
pub struct ComposeWords {
    pub write: &'static str,
    pub title: &'static str,
    pub title_answer: &'static str,
    pub title_forward: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub cc: &'static str,
    pub bcc: &'static str,
    pub bcc_hint: &'static str,
    pub reply_to: &'static str,
    pub reply_to_hint: &'static str,
    pub more_fields: &'static str,
    pub people_hint: &'static str,
    pub subject: &'static str,
    pub subject_hint: &'static str,
    pub text: &'static str,
    pub files: &'static str,
    pub attach: &'static str,
    pub attach_hint: &'static str,
    pub attach_now: &'static str,
    pub remove: &'static str,
    pub carried: &'static str,
    pub tell: &'static str,
    pub tell_hint: &'static str,
    pub picture_clean: &'static str,
    pub picture_tells: &'static str,
    pub picture_place: &'static str,
    pub picture_kept: &'static str,
    pub picture_unreadable: &'static str,
    pub confidential: &'static str,
    pub confidential_hint: &'static str,
    pub keep: &'static str,
    pub discard: &'static str,
    pub check: &'static str,
    pub look: &'static str,
    pub saved: &'static str,
    pub saved_at: &'static str,
    pub full_form: &'static str,
    pub quick: &'static str,
    pub quick_all: &'static str,

    // What it would be worth.
    pub preview: &'static str,
    pub preview_empty: &'static str,
    pub would: [&'static str; 4],
    pub would_stay: &'static str,
    pub because: &'static str,
    pub has_been: &'static str,
    pub has_been_with: &'static str,
    pub keyless: &'static str,
    pub keyless_look: &'static str,
    pub best: &'static str,
    pub every_line: &'static str,
    pub before: &'static str,
    pub key_verified: &'static str,
    pub key_usable: &'static str,
    pub key_missing: &'static str,
    pub key_unknown: &'static str,
    /// The same of one that only their own messages speak for.
    pub key_claimed: &'static str,
    pub way_strict: &'static str,
    pub way_loose: &'static str,
    pub way_unknown: &'static str,
    pub way_passed_on: &'static str,
    pub passed_on: &'static str,
    pub passed_on_sealed: &'static str,
    pub too_large: &'static str,
    pub last: [&'static str; 4],
    pub last_quantum: &'static str,
    pub write_group: &'static str,
    pub is_you: &'static str,
    pub take_out: &'static str,
    pub never_checked: &'static str,
    pub checked_at: &'static str,
    pub check_hint: &'static str,
    pub send: [&'static str; 4],
    pub send_here: &'static str,

    // Lowering.
    pub lower_title: &'static str,
    pub lower_text: &'static str,
    pub lower_text_with: &'static str,
    pub lower_because: &'static str,
    pub lower_others: &'static str,
    pub lower_without: &'static str,
    pub lower_keep: &'static str,
    pub lower_keep_hint: &'static str,
    pub lower_anyway: [&'static str; 4],
    pub lower_final: &'static str,
    pub go_on: &'static str,
    pub back_to_message: &'static str,
    pub recommended: &'static str,

    // What is wrong.
    pub wrong_title: &'static str,
    pub wrong_nobody: &'static str,
    pub wrong_address: &'static str,
    pub wrong_here: &'static str,
    pub wrong_from: &'static str,
    pub wrong_many: &'static str,
    pub elsewhere: &'static str,
    pub elsewhere_auto: &'static str,
    pub elsewhere_look: &'static str,
    pub wrong_large: &'static str,
    pub wrong_text: &'static str,
    pub wrong_drafts: &'static str,
    pub wrong_stray: &'static str,

    // Afterwards.
    pub resting: &'static str,
    pub undo: &'static str,
    pub too_late: &'static str,
    pub answered: &'static str,
    pub unseen: &'static str,
    pub is_confidential: &'static str,
    pub reply: &'static str,
    pub reply_all: &'static str,
    pub forward: &'static str,
    pub forward_whole: &'static str,

    pub key_reply: &'static str,
    pub key_write: &'static str,

    // Asking for a key.
    pub ask_for_key: &'static str,
    pub ask_subject: &'static str,
    pub ask_text: &'static str,

    // Drafts.
    pub drafts: &'static str,
    pub no_drafts: &'static str,
    pub to_nobody: &'static str,
    pub drafts_count: Plural,
    pub discarded: &'static str,
    pub discard_ask: &'static str,

    // How one writes.
    pub habits: &'static str,
    pub habits_intro: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub signature: &'static str,
    pub signature_hint: &'static str,
    pub save: &'static str,
    pub habits_saved: &'static str,
    pub keys: &'static str,
    pub keys_text: &'static str,
    pub key_name: &'static str,
    pub key_record: &'static str,

    // In the text itself.
    pub forwarded: &'static str,
    pub head_from: &'static str,
    pub head_date: &'static str,
    pub head_subject: &'static str,
    pub head_to: &'static str,
    pub head_cc: &'static str,
    attribution: &'static str,
    attribution_undated: &'static str,
}

impl ComposeWords {
    /// The button that sends, by what protects the message; one that does not leave has its own.
    pub fn button(&self, padlock: Padlock, leaves: bool) -> &'static str {
        if leaves { by(&self.send, padlock) } else { self.send_here }
    }

    /// What protects a message that would be sent now.
    pub fn travels(&self, padlock: Padlock, leaves: bool) -> &'static str {
        if leaves { by(&self.would, padlock) } else { self.would_stay }
    }

    /// The choice to send all the same, by what would protect the message.
    pub fn anyway(&self, padlock: Padlock) -> &'static str {
        by(&self.lower_anyway, padlock)
    }
}

fn by(phrases: &[&'static str; 4], padlock: Padlock) -> &'static str {
    phrases.get(padlock as usize).copied().unwrap_or_default()
}

/// The words in this language.
pub fn words(lang: Lang) -> &'static ComposeWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

/// What stands before a quotation: who wrote it, on which day.
pub fn attribution(lang: Lang, who: &str, day: &str) -> String {
    let w = words(lang);
    let phrase = if day.is_empty() { w.attribution_undated } else { w.attribution };
    phrase.replace("{day}", day).replace("{who}", who)
}

static EN: ComposeWords = ComposeWords {
    write: "Write",
    title: "Write a message",
    title_answer: "Answer",
    title_forward: "Forward",
    from: "From",
    to: "To",
    cc: "Cc",
    bcc: "Bcc",
    bcc_hint: "They get it too, and nobody else is told.",
    reply_to: "Answers to",
    reply_to_hint: "Only where answers should go to another address than the one it is from.",
    more_fields: "Cc, Bcc, answers to",
    people_hint: "Addresses or groups, with commas between them. A name may stand before: Alice <alice@example.org>",
    subject: "Subject",
    subject_hint: "Every server on the way can read the subject, unless the message travels in an envelope.",
    text: "Message",
    files: "Files",
    attach: "Attach files",
    attach_hint: "25 MB together at most. On their way they take a third more: many servers refuse more than 18 MB.",
    attach_now: "Attach them now",
    remove: "Remove",
    carried: "From the message before",
    tell: "Leave in pictures what they tell",
    tell_hint: "Cameras write into a picture where and when it was taken, and with which device. Unless this is ticked, that is taken out; the picture itself is not touched.",
    picture_clean: "tells nothing but what it shows",
    picture_tells: "what it tells about the camera is taken out",
    picture_place: "it tells where it was taken: that is taken out",
    picture_kept: "it keeps what it tells",
    picture_unreadable: "could not be read to its end: it goes as it is",
    confidential: "Confidential: only over a line that was verified",
    confidential_hint: "Their server must show that it is the right one, and promise to pass the message on like that. Where it does not, the message comes back to you.",
    keep: "Keep as a draft",
    discard: "Throw away",
    check: "Check now",
    look: "How would it travel?",
    saved: "Kept as a draft.",
    saved_at: "Kept at {time}.",
    full_form: "Go on in the full form",
    quick: "Answer {who}",
    quick_all: "Answer everyone",

    preview: "How it would travel",
    preview_empty: "Say whom it is to, and this shows what protects it before you send it.",
    would: [
        "This message would travel as a postcard.",
        "This message would travel in a mailbag.",
        "This message would travel in an envelope.",
        "This message would travel sealed.",
    ],
    would_stay: "This message stays on this box.",
    because: "Because of {who}.",
    has_been: "With these people it has been:",
    has_been_with: "With {who} it has been:",
    keyless: "You have no key of your own that can be used, so this cannot be encrypted.",
    keyless_look: "Look at your keys",
    best: "What would win the most",
    every_line: "Every line of the index",
    before: "You have written to each other before:",
    key_verified: "you compared keys",
    key_usable: "has a key; you have not compared it",
    key_missing: "no key that can be used",
    key_unknown: "key not known",
    key_claimed: "has a key; nobody vouches for it",
    way_strict: "their server must prove who it is",
    way_loose: "their server need not prove who it is",
    way_unknown: "the way to their server is not known yet",
    way_passed_on: "how it goes on from there, nobody here sees",
    passed_on: "{host} passes it on, and so learns whom you write to, when, and what. How it travels from there is not known.",
    too_large: "On its way this message has about {size}, and most mail servers, a box like this one among them, take 25 MB at most: it may come back. With fewer or smaller files it arrives.",
    passed_on_sealed: "{host} passes it on, and so learns whom you write to and when, but not what. How it travels from there is not known.",
    last: [
        "last time without encryption",
        "last time with encryption that is too old",
        "last time by TLS 1.2",
        "last time by TLS 1.3",
    ],
    last_quantum: "safe from quantum computers",
    write_group: "Write to this group",
    is_you: "this is you",
    take_out: "Take out",
    never_checked: "Nobody has asked yet how this would travel.",
    checked_at: "Asked: {time}.",
    check_hint: "Asks DNS about their mail servers. Nothing is asked while you type.",
    send: ["Send as a postcard", "Send in a mailbag", "Send in an envelope", "Send sealed"],
    send_here: "Send",

    lower_title: "Lower the padlock?",
    lower_text: "This message would be less protected than your messages with these people have been so far.",
    lower_text_with: "This message would be less protected than your messages with {who} have been so far.",
    lower_because: "Because of",
    lower_others: "Everyone’s copy would be as open as the most open one.",
    lower_without: "Send it to {who} only",
    lower_keep: "Keep it as a draft for now",
    lower_keep_hint: "Ask them for a key, and send it when you have it.",
    lower_anyway: [
        "Send it as a postcard",
        "Send it in a mailbag",
        "Send it in an envelope",
        "Send it sealed",
    ],
    lower_final: "It cannot be taken back once it has left.",
    go_on: "Go on",
    back_to_message: "Back to the message",
    recommended: "recommended",

    wrong_title: "It was not sent yet:",
    wrong_nobody: "Say whom it is to.",
    wrong_address: "“{what}” is no address.",
    wrong_here: "There is no {what} on this box.",
    wrong_from: "It can only be from an address of yours.",
    wrong_many: "One message can go to 100 people at most.",
    wrong_text: "The text is longer than 1 MB, and its end was left out. Send what is longer as a file.",
    elsewhere: "This draft was changed in another window or on another device after this page was opened. Nothing was overwritten, and here is what you typed: press the button again to keep it in place of the other.",
    elsewhere_auto: "This draft was changed in another window or on another device. What you type here is no longer kept by itself.",
    elsewhere_look: "Look at the other",
    wrong_large: "The files are too large: together they may have 25 MB. What came before the limit was kept.",
    wrong_drafts: "There are 1,000 drafts already: throw some away first.",
    wrong_stray: "The form did not come whole. What had come was kept; please look, and try again.",

    resting: "It leaves in a moment.",
    undo: "Take it back",
    too_late: "It has left already and cannot be taken back.",
    answered: "You answered this",
    unseen: "Unseen by the others:",
    is_confidential: "Confidential",
    reply: "Answer",
    reply_all: "Answer everyone",
    forward: "Forward",
    forward_whole: "Forward as a file",
    key_reply: "Answer",
    key_write: "Write a message",

    ask_for_key: "Ask for a key",
    ask_subject: "Your key, so that only you can read what I write",
    ask_text: "Hello,\n\nI would like to write to you so that nobody on the way can read it. For that my mailbox needs your OpenPGP key.\n\nDo you have one? Then please send it to me as a file (.asc), or just answer from the program that holds it. If you have none, Thunderbird and many other mail programs make one in a minute.\n\nThank you!",

    drafts: "Drafts",
    no_drafts: "There are no drafts. What you write is kept here by itself until you send it.",
    to_nobody: "to nobody yet",
    drafts_count: Plural {
        one: "{n} draft",
        many: "{n} drafts",
    },
    discarded: "Thrown away.",
    discard_ask: "Throw this draft away?",

    habits: "How you write",
    habits_intro: "This stands in the messages that you write, and nowhere else. No message says which program wrote it, on which machine, or in which time zone.",
    name: "Your name",
    name_hint: "It stands before your address. Leave it empty to show the address alone.",
    signature: "What stands under your messages",
    signature_hint: "Below two dashes, so that others can fold it away.",
    save: "Save",
    habits_saved: "Saved.",
    keys: "Signatures of your domain",
    keys_text: "Your box signs each message that leaves, twice, so that others can check that it is from your domain. They find the keys in DNS: have these two TXT records published where your domain is kept.",
    key_name: "Name",
    key_record: "Record",

    forwarded: "Forwarded message",
    head_from: "From:",
    head_date: "Date:",
    head_subject: "Subject:",
    head_to: "To:",
    head_cc: "Cc:",
    attribution: "On {day}, {who} wrote:",
    attribution_undated: "{who} wrote:",
};

static FR: ComposeWords = ComposeWords {
    write: "Écrire",
    title: "Écrire un message",
    title_answer: "Répondre",
    title_forward: "Transférer",
    from: "De",
    to: "À",
    cc: "Copie",
    bcc: "Copie cachée",
    bcc_hint: "Ces personnes le reçoivent aussi, et personne d’autre n’en est averti.",
    reply_to: "Réponses à",
    reply_to_hint: "Seulement si les réponses doivent aller à une autre adresse que celle d’envoi.",
    more_fields: "Copie, copie cachée, réponses à",
    people_hint: "Des adresses ou des groupes, séparés par des virgules. Un nom peut précéder : Alice <alice@example.org>",
    subject: "Objet",
    subject_hint: "Chaque serveur sur le trajet peut lire l’objet, sauf si le message voyage sous enveloppe.",
    text: "Message",
    files: "Fichiers",
    attach: "Joindre des fichiers",
    attach_hint: "25\u{202f}Mo en tout au plus. En chemin ils prennent un tiers de plus\u{202f}: bien des serveurs refusent au-delà de 18\u{202f}Mo.",
    attach_now: "Les joindre maintenant",
    remove: "Retirer",
    carried: "Du message d’origine",
    tell: "Laisser dans les images ce qu’elles racontent",
    tell_hint: "Les appareils photo inscrivent dans une image où et quand elle a été prise, et avec quoi. Sauf si cette case est cochée, cela est retiré ; l’image elle-même n’est pas touchée.",
    picture_clean: "ne raconte rien d’autre que ce qu’elle montre",
    picture_tells: "ce qu’elle raconte de l’appareil photo est retiré",
    picture_place: "elle dit où elle a été prise : cela est retiré",
    picture_kept: "elle garde ce qu’elle raconte",
    picture_unreadable: "n’a pas pu être lue jusqu’au bout : elle part telle quelle",
    confidential: "Confidentiel : seulement par une liaison vérifiée",
    confidential_hint: "Leur serveur doit prouver qu’il est le bon et promettre de faire suivre le message de même. Sinon, le message vous revient.",
    keep: "Garder en brouillon",
    discard: "Jeter",
    check: "Vérifier maintenant",
    look: "Comment voyagerait-il ?",
    saved: "Gardé en brouillon.",
    saved_at: "Gardé à {time}.",
    full_form: "Continuer dans le formulaire complet",
    quick: "Répondre à {who}",
    quick_all: "Répondre à tous",

    preview: "Comment il voyagerait",
    preview_empty: "Dites à qui il s’adresse : vous verrez ici ce qui le protège, avant de l’envoyer.",
    would: [
        "Ce message voyagerait en carte postale.",
        "Ce message voyagerait dans un sac postal.",
        "Ce message voyagerait sous enveloppe.",
        "Ce message voyagerait scellé.",
    ],
    would_stay: "Ce message reste dans cette boîte.",
    because: "À cause de {who}.",
    has_been: "Avec ces personnes, c’était jusqu’ici :",
    has_been_with: "Avec {who}, c’était jusqu’ici :",
    keyless: "Vous n’avez aucune clé à vous qui soit utilisable\u{202f}: ce message ne peut donc pas être chiffré.",
    keyless_look: "Voir vos clés",
    best: "Ce qui gagnerait le plus",
    every_line: "Chaque ligne de l’indice",
    before: "Vous vous êtes déjà écrit :",
    key_verified: "vous avez comparé les clés",
    key_usable: "a une clé ; vous ne l’avez pas comparée",
    key_missing: "aucune clé utilisable",
    key_unknown: "clé inconnue",
    key_claimed: "a une clé\u{202f}; personne ne la confirme",
    way_strict: "son serveur doit prouver qui il est",
    way_loose: "son serveur n’a pas à prouver qui il est",
    way_unknown: "le trajet jusqu’à son serveur n’est pas encore connu",
    way_passed_on: "la suite du trajet n’est vue de personne ici",
    passed_on: "{host} le transmet, et apprend donc à qui vous écrivez, quand, et quoi. La suite du trajet n’est pas connue.",
    too_large: "En chemin, ce message pèse environ {size}, et la plupart des serveurs, les boîtes comme celle-ci comprises, en prennent 25\u{202f}Mo au plus\u{202f}: il peut revenir. Avec des fichiers moins nombreux ou plus petits, il arrive.",
    passed_on_sealed: "{host} le transmet, et apprend donc à qui vous écrivez et quand, mais pas quoi. La suite du trajet n’est pas connue.",
    last: [
        "la dernière fois sans chiffrement",
        "la dernière fois avec un chiffrement trop ancien",
        "la dernière fois par TLS 1.2",
        "la dernière fois par TLS 1.3",
    ],
    last_quantum: "à l’abri des ordinateurs quantiques",
    write_group: "Écrire à ce groupe",
    is_you: "c’est vous",
    take_out: "Retirer",
    never_checked: "Personne n’a encore demandé comment il voyagerait.",
    checked_at: "Demandé : {time}.",
    check_hint: "Interroge le DNS sur leurs serveurs de courrier. Rien n’est demandé pendant que vous écrivez.",
    send: [
        "Envoyer en carte postale",
        "Envoyer dans un sac postal",
        "Envoyer sous enveloppe",
        "Envoyer scellé",
    ],
    send_here: "Envoyer",

    lower_title: "Baisser le cadenas ?",
    lower_text: "Ce message serait moins protégé que vos messages avec ces personnes ne l’ont été jusqu’ici.",
    lower_text_with: "Ce message serait moins protégé que vos messages avec {who} ne l’ont été jusqu’ici.",
    lower_because: "À cause de",
    lower_others: "La copie de chacun serait aussi ouverte que la plus ouverte.",
    lower_without: "L’envoyer à {who} seulement",
    lower_keep: "Le garder en brouillon pour l’instant",
    lower_keep_hint: "Demandez-leur une clé, et envoyez-le quand vous l’aurez.",
    lower_anyway: [
        "L’envoyer en carte postale",
        "L’envoyer dans un sac postal",
        "L’envoyer sous enveloppe",
        "L’envoyer scellé",
    ],
    lower_final: "On ne peut plus le reprendre une fois parti.",
    go_on: "Continuer",
    back_to_message: "Retour au message",
    recommended: "conseillé",

    wrong_title: "Il n’est pas encore parti :",
    wrong_nobody: "Dites à qui il s’adresse.",
    wrong_address: "« {what} » n’est pas une adresse.",
    wrong_here: "Il n’y a pas de {what} dans cette boîte.",
    wrong_from: "Il ne peut venir que d’une de vos adresses.",
    wrong_many: "Un message peut aller à 100 personnes au plus.",
    wrong_text: "Le texte dépasse 1 Mo, et sa fin a été laissée de côté. Envoyez comme fichier ce qui est plus long.",
    elsewhere: "Ce brouillon a été modifié dans une autre fenêtre ou sur un autre appareil après l’ouverture de cette page. Rien n’a été écrasé, et voici ce que vous avez tapé\u{202f}: appuyez de nouveau sur le bouton pour le garder à la place de l’autre.",
    elsewhere_auto: "Ce brouillon a été modifié dans une autre fenêtre ou sur un autre appareil. Ce que vous tapez ici n’est plus gardé de lui-même.",
    elsewhere_look: "Voir l’autre",
    wrong_large: "Les fichiers sont trop gros : 25 Mo en tout au plus. Ce qui est arrivé avant la limite a été gardé.",
    wrong_drafts: "Il y a déjà 1 000 brouillons : jetez-en d’abord.",
    wrong_stray: "Le formulaire n’est pas arrivé entier. Ce qui était arrivé a été gardé ; regardez, et réessayez.",

    resting: "Il part dans un instant.",
    undo: "Le reprendre",
    too_late: "Il est déjà parti et ne peut plus être repris.",
    answered: "Vous y avez répondu",
    unseen: "Sans que les autres le voient :",
    is_confidential: "Confidentiel",
    reply: "Répondre",
    reply_all: "Répondre à tous",
    forward: "Transférer",
    forward_whole: "Transférer comme fichier",
    key_reply: "Répondre",
    key_write: "Écrire un message",

    ask_for_key: "Demander une clé",
    ask_subject: "Votre clé, pour que vous seul puissiez me lire",
    ask_text: "Bonjour,\n\nJ’aimerais vous écrire sans que personne puisse lire en chemin. Pour cela, ma boîte a besoin de votre clé OpenPGP.\n\nEn avez-vous une\u{202f}? Alors envoyez-la-moi en fichier (.asc), ou répondez simplement depuis le logiciel où elle se trouve. Sinon, Thunderbird et bien d’autres logiciels de courrier en créent une en une minute.\n\nMerci\u{202f}!",

    drafts: "Brouillons",
    no_drafts: "Aucun brouillon. Ce que vous écrivez est gardé ici de lui-même jusqu’à l’envoi.",
    to_nobody: "à personne encore",
    drafts_count: Plural {
        one: "{n} brouillon",
        many: "{n} brouillons",
    },
    discarded: "Jeté.",
    discard_ask: "Jeter ce brouillon ?",

    habits: "Votre façon d’écrire",
    habits_intro: "Ceci figure dans les messages que vous écrivez, et nulle part ailleurs. Aucun message ne dit quel programme l’a écrit, sur quelle machine ni dans quel fuseau horaire.",
    name: "Votre nom",
    name_hint: "Il précède votre adresse. Laissez vide pour ne montrer que l’adresse.",
    signature: "Ce qui figure sous vos messages",
    signature_hint: "Sous deux tirets, pour que les autres puissent le replier.",
    save: "Enregistrer",
    habits_saved: "Enregistré.",
    keys: "Signatures de votre domaine",
    keys_text: "Votre boîte signe deux fois chaque message qui part, pour que les autres puissent vérifier qu’il vient de votre domaine. Ils trouvent les clés dans le DNS : faites publier ces deux enregistrements TXT là où votre domaine est tenu.",
    key_name: "Nom",
    key_record: "Enregistrement",

    forwarded: "Message transféré",
    head_from: "De :",
    head_date: "Date :",
    head_subject: "Objet :",
    head_to: "À :",
    head_cc: "Copie :",
    attribution: "Le {day}, {who} a écrit :",
    attribution_undated: "{who} a écrit :",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_has_its_spaces() {
        let source = include_str!("compose.rs");
        let (_, french) = source.split_once("static FR").unwrap();
        let (french, _) = french.split_once("#[cfg(test)]").unwrap();
        for text in french.split('"').skip(1).step_by(2) {
            let text = text.replace("\\u{202f}", "\u{202f}");
            let mut before = ' ';
            for c in text.chars() {
                assert!(!matches!(c, ':' | ';' | '?' | '!' | '»') || before == '\u{202f}', "{text}");
                assert!(before != '«' || c == '\u{202f}', "{text}");
                assert!(c != '\'', "{text}");
                before = c;
            }
        }
        assert_eq!(attribution(Lang::En, "Alice", "3 May 2026"), "On 3 May 2026, Alice wrote:");
        assert_eq!(attribution(Lang::Fr, "Alice", ""), "Alice a écrit\u{202f}:");
    }
}
