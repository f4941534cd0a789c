//! The words of devices: their pages, their index, the notice and the message about a new one.
//!
//! `journal` has the words of the journal. French has its narrow no-break spaces (U+202F) written out.

pub mod journal;
mod lines;

pub use lines::{advice, line, reason, tip};

use super::{Lang, Plural};
use crate::domain::{
    device::{Credential, DeviceId, Kind, Link, Usage, agent::Agent},
    time::Time,
};
use std::net::IpAddr;

/// The text of one language.
fn say<T>(lang: Lang, english: T, french: T) -> T {
    match lang {
        Lang::En => english,
        Lang::Fr => french,
    }
}

/// Every phrase of the pages about devices in one language.
#[allow(missing_docs, reason = "a phrase documents itself; its field says where it stands")]
pub struct DevicesWords {
    pub title: &'static str,
    pub intro: &'static str,
    pub back: &'static str,
    pub this_one: &'static str,
    pub unverified: &'static str,
    pub verified: &'static str,
    pub revoked: &'static str,
    pub first_seen: &'static str,
    pub last_seen: &'static str,
    pub address: &'static str,
    pub network_only: &'static str,
    pub signs_in_with: &'static str,
    pub status: &'static str,
    pub system: &'static str,
    pub kind: &'static str,
    pub usage: &'static str,
    pub not_declared: &'static str,
    pub unknown_browser: &'static str,
    pub on: &'static str,
    pub taken_off: &'static str,
    pub taken_off_count: Plural,
    pub sign_out_others: &'static str,
    pub sign_out_others_hint: &'static str,

    // Letting in.
    pub let_in: &'static str,
    pub let_in_hint: &'static str,
    pub let_in_scan: &'static str,
    pub let_in_link: &'static str,
    pub let_in_until: &'static str,
    pub waiting: &'static str,
    pub waiting_hint: &'static str,
    pub code: &'static str,
    pub approve: &'static str,
    pub ask_title: &'static str,
    pub ask_text: &'static str,
    pub ask: &'static str,
    pub ask_again: &'static str,
    pub ask_code: &'static str,
    pub ask_code_hint: &'static str,
    pub recovery: &'static str,
    pub recovery_hint: &'static str,
    pub recovery_use: &'static str,
    pub join_title: &'static str,
    pub join_text: &'static str,
    pub join: &'static str,
    pub join_expired: &'static str,
    pub join_already: &'static str,

    // One device.
    pub why: &'static str,
    pub counted: &'static str,
    pub describe: &'static str,
    pub describe_hint: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub locked: &'static str,
    pub updated: &'static str,
    pub updated_hint: &'static str,
    pub save: &'static str,
    pub recent: &'static str,
    pub recent_none: &'static str,
    pub all_journal: &'static str,
    pub sign_out: &'static str,
    pub sign_out_hint: &'static str,
    pub revoke: &'static str,
    pub revoke_hint: &'static str,
    pub revoke_title: &'static str,
    pub revoke_text: &'static str,
    pub revoke_self: &'static str,
    pub revoke_do: &'static str,
    pub disown_title: &'static str,
    pub disown_text: &'static str,
    pub disown_do: &'static str,
    pub disown_mine: &'static str,
    pub disown_next_title: &'static str,
    pub disown_next: [&'static str; 3],
    pub disown_passphrase: &'static str,
    pub cancel: &'static str,

    // Why something was refused.
    pub wrong_code: &'static str,
    pub expired: &'static str,
    pub not_verified: &'static str,
    pub last_verified: &'static str,
    pub name_empty: &'static str,
    pub wait: Plural,

    // The banner.
    pub banner: &'static str,
    pub banner_look: &'static str,
    pub banner_mine: &'static str,
    pub banner_not_me: &'static str,
    pub banner_verify: &'static str,
    pub banner_verify_link: &'static str,

    // A message that is masked on this device.
    pub masked: &'static str,
    pub masked_title: &'static str,
    pub masked_text: &'static str,
    pub masked_show: &'static str,
    pub masked_raise: &'static str,

    // Help.
    pub help_title: &'static str,
    pub help_text: &'static str,
    pub help_line: &'static str,
    pub help_most: &'static str,
    pub help_do: &'static str,
    pub help_letting_in: &'static str,
    pub help_letting_in_text: &'static str,
    pub help_masked: &'static str,
    pub help_masked_text: &'static str,
    pub help_writes: &'static str,
    pub help_writes_text: &'static str,
    pub help_table: &'static str,
}

/// English.
pub const EN: DevicesWords = DevicesWords {
    title: "Devices",
    intro: "Every browser that signed in here, and how private it is to read your mail there.",
    back: "All devices",
    this_one: "This one",
    unverified: "not verified yet",
    verified: "verified",
    revoked: "taken off the list",
    first_seen: "First seen",
    last_seen: "Last seen",
    address: "Address",
    network_only: "its network only: it was some days ago",
    signs_in_with: "Signs in with",
    status: "Status",
    system: "Says it is",
    kind: "Type",
    usage: "Used by",
    not_declared: "you have not said",
    unknown_browser: "A browser that we do not know",
    on: "on",
    taken_off: "Taken off the list",
    taken_off_count: Plural {
        one: "{n} device that was taken off the list",
        many: "{n} devices that were taken off the list",
    },
    sign_out_others: "Sign out everywhere else",
    sign_out_others_hint: "The other devices stay in the list and have to sign in again.",

    let_in: "Let a new device in",
    let_in_hint: "Shows a code to scan with the new device, for five minutes.",
    let_in_scan: "Scan this with the new device, and sign in there. It lets one device in.",
    let_in_link: "Or open this address there:",
    let_in_until: "Good until",
    waiting: "A device asks to be let in:",
    waiting_hint: "Only if it is yours, and in front of you: type the code that it shows.",
    code: "Code on its screen",
    approve: "Let it in",
    ask_title: "This device is not verified yet",
    ask_text: "Until it is, it has the letter E, and most messages are masked here. Let it in with a device that you \
        verified before, or with your recovery sheet.",
    ask: "Show a code to type on another device",
    ask_again: "Show a new code",
    ask_code: "Type this code on a verified device",
    ask_code_hint: "There, open the page Devices. The code is good once, until",
    recovery: "Recovery code",
    recovery_hint: "From the sheet that you printed. It may be typed in small letters and without the dashes.",
    recovery_use: "Verify with the sheet",
    join_title: "Let this device in?",
    join_text: "You opened a link that another device of yours shows. If you did that yourself, just now, let this device in.",
    join: "Let this device in",
    join_expired: "This link is no longer good. Links live for five minutes and work once: ask the other device for a new one.",
    join_already: "This device is verified already. There is nothing left to do.",

    why: "Why this index",
    counted: "The index is the plain sum of these lines, out of 100. It is counted anew each time you look.",
    describe: "What it is",
    describe_hint: "Your word counts here: nobody else can know it.",
    name: "Name",
    name_hint: "What you call it, such as “kitchen tablet”.",
    locked: "Its disk is encrypted and it locks itself",
    updated: "Its system installs security updates by itself",
    updated_hint: "Counts only where the browser does not tell the system’s version.",
    save: "Save",
    recent: "What happened with it",
    recent_none: "Nothing that the journal still knows of.",
    all_journal: "The whole journal",
    sign_out: "Sign it out",
    sign_out_hint: "It stays in the list and has to sign in again.",
    revoke: "Take it off the list",
    revoke_hint: "It is signed out at once, and its key and its passkeys are worth nothing from then on.",
    revoke_title: "Take this device off the list?",
    revoke_text: "It is signed out at once. Its key and the passkeys that were made on it are worth nothing from then on. If it \
        signs in again, it comes as a new one.",
    revoke_self: "It is the device that you are using: you will be signed out.",
    revoke_do: "Take it off the list",
    disown_title: "Was this not you?",
    disown_text: "Somebody signed in with your secrets on a device that is not yours. Take it off the list now: it is signed \
        out at once and masked messages stay closed to it.",
    disown_do: "It was not me: throw it out",
    disown_mine: "It was me after all",
    disown_next_title: "It is out. What to do next",
    disown_next: [
        "Change your passphrase: whoever came in knew it, or a passkey of yours.",
        "Look through the journal for what was done from that device.",
        "Sign out everywhere else, and look at every device in the list.",
    ],
    disown_passphrase: "Change the passphrase",
    cancel: "Leave it as it is",

    wrong_code: "That is not the code that it shows.",
    expired: "That code is no longer good. Codes live for five minutes and work once: ask for a new one.",
    not_verified: "Only a verified device may do that.",
    last_verified: "It is your only verified device. Verify another one first, or you would have none left.",
    name_empty: "Please say what kind of device it is and who uses it.",
    wait: Plural {
        one: "Too many wrong ones. Please wait {n} second and try again.",
        many: "Too many wrong ones. Please wait {n} seconds and try again.",
    },

    banner: "A new device signed in: {device}, {when}, from {address}.",
    banner_look: "Look at it",
    banner_mine: "It was me",
    banner_not_me: "It was not me",
    banner_verify: "This device is not verified yet, so most messages are masked here.",
    banner_verify_link: "Verify it",

    masked: "Masked on this device",
    masked_title: "This message is masked here",
    masked_text: "It came with the letter {letter}, and this device only has {device}. On a device that is less private than a \
        message, its text stays closed until you say otherwise.",
    masked_show: "Show it anyway",
    masked_raise: "Raise this device’s letter",

    help_title: "Devices",
    help_text: "Each browser that you sign in with has an index of its own: what use is a sealed letter on a screen in a café? A \
        device that comes for the first time has 0 until you let it in.",
    help_line: "Line",
    help_most: "Points",
    help_do: "What to do for it",
    help_letting_in: "Letting a device in",
    help_letting_in_text: "The new device shows a code that you type on a verified one; or the verified one shows a code that the new \
        one scans; or you type the recovery code of your sheet. Codes live for five minutes and work once. The first device of \
        a box needs nobody.",
    help_masked: "Masked messages",
    help_masked_text: "On a device whose letter is lower than a message’s, the text, its first words, its files and its source stay \
        closed. “Show it anyway” opens that one message until you sign out, and is written into the journal.",
    help_writes: "What this box writes to you by itself",
    help_writes_text: "One message for each new device but the first, and one when it has stopped fetching from a mailbox elsewhere. Nothing else, and they never leave this box.",
    help_table: "What still gets security updates is looked up in a table that came with this version, made in {month}. Nobody is asked.",
};

/// French.
pub const FR: DevicesWords = DevicesWords {
    title: "Appareils",
    intro: "Chaque navigateur qui s’est connecté ici, et s’il est prudent d’y lire votre courrier.",
    back: "Tous les appareils",
    this_one: "Celui-ci",
    unverified: "pas encore vérifié",
    verified: "vérifié",
    revoked: "retiré de la liste",
    first_seen: "Vu pour la première fois",
    last_seen: "Vu pour la dernière fois",
    address: "Adresse",
    network_only: "son réseau seulement\u{202f}: c’était il y a plusieurs jours",
    signs_in_with: "Se connecte avec",
    status: "État",
    system: "Dit être",
    kind: "Type",
    usage: "Utilisé par",
    not_declared: "vous ne l’avez pas dit",
    unknown_browser: "Un navigateur que nous ne connaissons pas",
    on: "sous",
    taken_off: "Retirés de la liste",
    taken_off_count: Plural {
        one: "{n} appareil retiré de la liste",
        many: "{n} appareils retirés de la liste",
    },
    sign_out_others: "Déconnecter tous les autres",
    sign_out_others_hint: "Les autres appareils restent dans la liste et devront se connecter de nouveau.",

    let_in: "Faire entrer un nouvel appareil",
    let_in_hint: "Affiche pendant cinq minutes un code à scanner avec le nouvel appareil.",
    let_in_scan: "Scannez ceci avec le nouvel appareil et connectez-vous-y. Il fait entrer un seul appareil.",
    let_in_link: "Ou ouvrez-y cette adresse\u{202f}:",
    let_in_until: "Valable jusqu’à",
    waiting: "Un appareil demande à entrer\u{202f}:",
    waiting_hint: "Seulement s’il est à vous, et devant vous\u{202f}: tapez le code qu’il affiche.",
    code: "Code sur son écran",
    approve: "Le faire entrer",
    ask_title: "Cet appareil n’est pas encore vérifié",
    ask_text: "D’ici là, il a la lettre E et la plupart des messages y sont masqués. Faites-le entrer avec un appareil que vous \
        avez déjà vérifié, ou avec votre feuille de secours.",
    ask: "Afficher un code à taper sur un autre appareil",
    ask_again: "Afficher un nouveau code",
    ask_code: "Tapez ce code sur un appareil vérifié",
    ask_code_hint: "Là-bas, ouvrez la page Appareils. Le code sert une fois, jusqu’à",
    recovery: "Code de secours",
    recovery_hint: "Celui de la feuille que vous avez imprimée. Les minuscules conviennent, et les tirets sont inutiles.",
    recovery_use: "Vérifier avec la feuille",
    join_title: "Faire entrer cet appareil\u{202f}?",
    join_text: "Vous avez ouvert un lien affiché par un autre de vos appareils. Si c’est bien vous, à l’instant, faites entrer celui-ci.",
    join: "Faire entrer cet appareil",
    join_expired: "Ce lien n’est plus valable. Un lien vit cinq minutes et sert une fois\u{202f}: demandez-en un autre à l’appareil vérifié.",
    join_already: "Cet appareil est déjà vérifié. Il n’y a plus rien à faire.",

    why: "Pourquoi cet indice",
    counted: "L’indice est la simple somme de ces lignes, sur 100. Il est recalculé chaque fois que vous regardez.",
    describe: "Ce que c’est",
    describe_hint: "Ici, c’est votre parole qui compte\u{202f}: personne d’autre ne peut le savoir.",
    name: "Nom",
    name_hint: "Comme vous l’appelez, par exemple «\u{202f}tablette de la cuisine\u{202f}».",
    locked: "Son disque est chiffré et il se verrouille seul",
    updated: "Son système installe seul les mises à jour de sécurité",
    updated_hint: "Ne compte que si le navigateur tait la version du système.",
    save: "Enregistrer",
    recent: "Ce qui s’y est passé",
    recent_none: "Rien dont le journal se souvienne encore.",
    all_journal: "Tout le journal",
    sign_out: "Le déconnecter",
    sign_out_hint: "Il reste dans la liste et devra se connecter de nouveau.",
    revoke: "Le retirer de la liste",
    revoke_hint: "Il est déconnecté aussitôt, et sa clé comme ses clés d’accès ne valent plus rien.",
    revoke_title: "Retirer cet appareil de la liste\u{202f}?",
    revoke_text: "Il est déconnecté aussitôt. Sa clé et les clés d’accès créées sur lui ne valent plus rien. S’il se connecte de nouveau, \
        il arrivera comme un inconnu.",
    revoke_self: "C’est l’appareil que vous utilisez\u{202f}: vous serez déconnecté.",
    revoke_do: "Le retirer de la liste",
    disown_title: "Ce n’était pas vous\u{202f}?",
    disown_text: "Quelqu’un s’est connecté avec vos secrets sur un appareil qui n’est pas le vôtre. Retirez-le maintenant\u{202f}: il est \
        déconnecté aussitôt et les messages masqués lui restent fermés.",
    disown_do: "Ce n’était pas moi\u{202f}: le mettre dehors",
    disown_mine: "C’était bien moi",
    disown_next_title: "Il est dehors. Et maintenant",
    disown_next: [
        "Changez de phrase de passe\u{202f}: qui est entré la connaissait, ou avait une de vos clés d’accès.",
        "Cherchez dans le journal ce qui a été fait depuis cet appareil.",
        "Déconnectez tous les autres, et regardez chaque appareil de la liste.",
    ],
    disown_passphrase: "Changer de phrase de passe",
    cancel: "Ne rien changer",

    wrong_code: "Ce n’est pas le code qu’il affiche.",
    expired: "Ce code n’est plus valable. Un code vit cinq minutes et sert une fois\u{202f}: demandez-en un autre.",
    not_verified: "Seul un appareil vérifié peut faire cela.",
    last_verified: "C’est votre seul appareil vérifié. Vérifiez-en d’abord un autre, sinon il n’en resterait aucun.",
    name_empty: "Dites quel type d’appareil c’est et qui l’utilise.",
    wait: Plural {
        one: "Trop d’erreurs. Patientez {n} seconde avant de réessayer.",
        many: "Trop d’erreurs. Patientez {n} secondes avant de réessayer.",
    },

    banner: "Un nouvel appareil s’est connecté\u{202f}: {device}, {when}, depuis {address}.",
    banner_look: "Le regarder",
    banner_mine: "C’était moi",
    banner_not_me: "Ce n’était pas moi",
    banner_verify: "Cet appareil n’est pas encore vérifié\u{202f}: la plupart des messages y sont masqués.",
    banner_verify_link: "Le vérifier",

    masked: "Masqué sur cet appareil",
    masked_title: "Ce message est masqué ici",
    masked_text: "Il est arrivé avec la lettre {letter}, et cet appareil n’a que {device}. Sur un appareil moins sûr que le message, \
        le texte reste fermé jusqu’à ce que vous en décidiez autrement.",
    masked_show: "L’afficher quand même",
    masked_raise: "Améliorer la lettre de cet appareil",

    help_title: "Appareils",
    help_text: "Chaque navigateur avec lequel vous vous connectez a son propre indice\u{202f}: à quoi bon une lettre scellée sur l’écran \
        d’un café\u{202f}? Un appareil qui vient pour la première fois a 0 jusqu’à ce que vous le fassiez entrer.",
    help_line: "Ligne",
    help_most: "Points",
    help_do: "Ce qu’il faut faire",
    help_letting_in: "Faire entrer un appareil",
    help_letting_in_text: "Le nouvel appareil affiche un code que vous tapez sur un appareil vérifié\u{202f}; ou l’appareil vérifié affiche \
        un code que le nouveau scanne\u{202f}; ou vous tapez le code de votre feuille de secours. Un code vit cinq minutes et sert une \
        fois. Le tout premier appareil n’a besoin de personne.",
    help_masked: "Les messages masqués",
    help_masked_text: "Sur un appareil dont la lettre est plus basse que celle d’un message, le texte, ses premiers mots, ses fichiers et \
        sa source restent fermés. «\u{202f}L’afficher quand même\u{202f}» ouvre ce seul message jusqu’à la déconnexion, et c’est noté \
        dans le journal.",
    help_writes: "Ce que cette boîte vous écrit d’elle-même",
    help_writes_text: "Un message par nouvel appareil, sauf le premier, et un quand elle cesse de relever une autre boîte. Rien d’autre, et ils ne quittent jamais cette boîte.",
    help_table: "Ce qui reçoit encore des mises à jour de sécurité est cherché dans une table livrée avec cette version, faite en \
        {month}. On ne demande rien à personne.",
};

/// The words of a language.
pub fn words(lang: Lang) -> &'static DevicesWords {
    &lang.words().devices
}

/// A device by what its browser says of itself.
pub fn agent(lang: Lang, agent: &Agent) -> String {
    let w = words(lang);
    agent.name(w.on).unwrap_or_else(|| w.unknown_browser.to_owned())
}

/// The notice about a new device.
pub fn banner(lang: Lang, new: &Agent, when: &str, address: IpAddr) -> String {
    let filled = words(lang).banner.replace("{device}", &agent(lang, new)).replace("{when}", when);
    filled.replace("{address}", &address.to_canonical().to_string())
}

/// A kind of device.
pub fn kind(lang: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::Desktop => say(lang, "desktop computer", "ordinateur de bureau"),
        Kind::Laptop => say(lang, "laptop", "ordinateur portable"),
        Kind::Phone => say(lang, "phone", "téléphone"),
        Kind::Tablet => say(lang, "tablet", "tablette"),
    }
}

/// Who uses a device.
pub fn usage(lang: Lang, usage: Usage) -> &'static str {
    match usage {
        Usage::Personal => say(lang, "only you", "vous seul"),
        Usage::Family => say(lang, "your household", "votre foyer"),
        Usage::Public => say(lang, "strangers too", "des inconnus aussi"),
    }
}

/// What somebody signed in with.
pub fn credential(lang: Lang, credential: Credential) -> &'static str {
    match credential {
        Credential::PasskeyVerified => say(lang, "a passkey that asks who holds it", "une clé d’accès qui vérifie qui la tient"),
        Credential::Passkey => say(lang, "a passkey", "une clé d’accès"),
        Credential::PasswordTotp => say(lang, "passphrase and one-time code", "phrase de passe et code à usage unique"),
        Credential::Password => say(lang, "passphrase only", "phrase de passe seule"),
        Credential::Recovery => say(lang, "the recovery code", "le code de secours"),
    }
}

/// How a connection is protected.
pub fn link(lang: Lang, link: Link) -> &'static str {
    match link {
        Link::Local => say(
            lang,
            "within this box, or by an onion address",
            "sans quitter cette boîte, ou par une adresse onion",
        ),
        Link::Tls13 => "TLS 1.3",
        Link::Tls12 => "TLS 1.2",
        Link::Plain => say(lang, "not encrypted", "sans chiffrement"),
    }
}

/// The message that the box writes about a new device.
pub struct NewDevice {
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// Writes it. The time is said in UTC, because a text does not know where it will be read.
pub fn message(lang: Lang, new: &Agent, peer: IpAddr, at: Time, host: &str, device: DeviceId) -> NewDevice {
    let what = agent(lang, new);
    let (year, month, day, hour, minute) = at.civil();
    let w = lang.words();
    let date = w.date(i8::try_from(day).unwrap_or(1), i8::try_from(month).unwrap_or(1));
    let peer = peer.to_canonical();
    let (page, not_me) = (
        format!("https://{host}/devices/{device}"),
        format!("https://{host}/devices/{device}/not-me"),
    );
    NewDevice {
        subject: say(
            lang,
            format!("A new device signed in: {what}"),
            format!("Un nouvel appareil s’est connecté\u{202f}: {what}"),
        ),
        text: say(
            lang,
            format!(
                "A device that this box had never seen signed in.\n\n\
                 Browser: {what}\nAddress: {peer}\nTime: {date} {year}, {hour:02}:{minute:02} UTC\n\n\
                 Until you let it in, it has the letter E and most messages are masked on it.\n\n\
                 If this was you, let it in here:\n{page}\n\n\
                 If this was not you, throw it out here:\n{not_me}\n\n\
                 This message was written by your own box and never left it.\n"
            ),
            format!(
                "Un appareil que cette boîte n’avait jamais vu s’est connecté.\n\n\
                 Navigateur\u{202f}: {what}\nAdresse\u{202f}: {peer}\nMoment\u{202f}: {date} {year}, {hour:02}:{minute:02} UTC\n\n\
                 Tant que vous ne l’avez pas fait entrer, il a la lettre E et la plupart des messages y sont masqués.\n\n\
                 Si c’était vous, faites-le entrer ici\u{202f}:\n{page}\n\n\
                 Si ce n’était pas vous, mettez-le dehors ici\u{202f}:\n{not_me}\n\n\
                 Ce message a été écrit par votre propre boîte et ne l’a jamais quittée.\n"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// French typography, in every text between quotes of a source.
    fn check(french: &str) {
        for text in french.split('"').skip(1).step_by(2) {
            let text = text.replace("\\u{202f}", "\u{202f}");
            let mut before = ' ';
            for c in text.chars() {
                assert!(!matches!(c, ';' | '?' | '!' | '»') || before == '\u{202f}', "{text}");
                assert!(before != '«' || c == '\u{202f}', "{text}");
                assert!(c != '\'', "an apostrophe is ’: {text}");
                before = c;
            }
        }
    }

    #[test]
    fn french_has_its_spaces() {
        for source in [include_str!("devices.rs"), include_str!("devices/journal.rs")] {
            let (words, _) = source.split_once("/// The words of a language.").unwrap();
            check(words.split_once("pub const FR").unwrap().1);
        }
    }

    #[test]
    fn the_message_names_address_time_and_browser_in_both_languages() {
        for (lang, time) in [(Lang::En, "6 May 2026, 07:30 UTC"), (Lang::Fr, "6 mai 2026, 07:30 UTC")] {
            let peer = "::ffff:203.0.113.9".parse().unwrap();
            let letter = message(lang, &Agent::default(), peer, Time(1_778_052_600), "mail.home.test", DeviceId(7));
            for part in [
                "203.0.113.9",
                time,
                "https://mail.home.test/devices/7/not-me",
                words(lang).unknown_browser,
            ] {
                assert!(letter.text.contains(part), "{part}: {}", letter.text);
            }
            assert!(!letter.text.contains("ffff"));
        }
    }
}
