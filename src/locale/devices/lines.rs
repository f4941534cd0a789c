//! The lines of a device's index: their names, their reasons, their tips.

use super::say;
use crate::{
    domain::{
        device::{Credential, Link, Usage, support::Support},
        privacy::device::{Advice, Habits, LineId, Reason, Tip, Told},
    },
    locale::Lang,
};

/// The name of a line.
pub fn line(lang: Lang, id: LineId) -> &'static str {
    match id {
        LineId::Credential => say(lang, "How it signs in", "Comment il se connecte"),
        LineId::Verified => say(lang, "Let in by you", "Admis par vous"),
        LineId::Session => say(lang, "Its connection", "Sa connexion"),
        LineId::System => say(lang, "Security updates", "Mises à jour de sécurité"),
        LineId::Usage => say(lang, "Who uses it", "Qui l’utilise"),
        LineId::Habits => say(lang, "Habits", "Habitudes"),
        LineId::Unverified => say(lang, "Not verified yet", "Pas encore vérifié"),
    }
}

/// Why a line won what it won.
pub fn reason(lang: Lang, reason: Reason) -> String {
    match reason {
        Reason::Habits(habits) => return of_habits(lang, habits),
        Reason::Usage(usage, locked) => return of_usage(lang, usage, locked),
        Reason::Credential(credential) => of_credential(lang, credential),
        Reason::Link(link) => of_link(lang, link),
        Reason::Support(support, told) => of_support(lang, support, told),
        Reason::NotKnown => say(lang, "There is nothing to go by.", "Rien ne permet de le dire."),
        Reason::Verified(true) => say(
            lang,
            "You let it in from a verified device or with your recovery sheet, or it was the first one.",
            "Vous l’avez fait entrer depuis un appareil vérifié ou avec votre feuille de secours, ou c’était le premier.",
        ),
        Reason::Verified(false) => say(
            lang,
            "It signed in, and nobody has said that it is yours.",
            "Il s’est connecté, et personne n’a dit qu’il est à vous.",
        ),
        Reason::NotTold => say(
            lang,
            "Its browser does not tell what it would take to know.",
            "Son navigateur ne dit pas ce qu’il faudrait savoir.",
        ),
        Reason::NotDeclared => say(lang, "You have not said who uses it.", "Vous n’avez pas dit qui l’utilise."),
        Reason::Ceiling => say(
            lang,
            "Whatever the other lines win, a device that you have not let in has 0.",
            "Quoi que gagnent les autres lignes, un appareil que vous n’avez pas fait entrer a 0.",
        ),
    }
    .to_owned()
}

fn of_credential(lang: Lang, credential: Credential) -> &'static str {
    match credential {
        Credential::PasskeyVerified => say(
            lang,
            "It signs in with a passkey that asks who holds it (a fingerprint, a face, a code).",
            "Il se connecte avec une clé d’accès qui vérifie qui la tient (empreinte, visage, code).",
        ),
        Credential::Passkey => say(
            lang,
            "It signs in with a passkey that does not ask who holds it.",
            "Il se connecte avec une clé d’accès qui ne vérifie pas qui la tient.",
        ),
        Credential::PasswordTotp => say(
            lang,
            "It signs in with the passphrase and a one-time code. Both can be asked for by a false page.",
            "Il se connecte avec la phrase de passe et un code à usage unique. Une fausse page peut demander les deux.",
        ),
        Credential::Password => say(
            lang,
            "It signs in with the passphrase alone: who overhears it can come in too.",
            "Il se connecte avec la seule phrase de passe\u{202f}: qui la surprend peut entrer aussi.",
        ),
        Credential::Recovery => say(
            lang,
            "It signed in with the recovery code, which is meant for once.",
            "Il s’est connecté avec le code de secours, qui est fait pour une fois.",
        ),
    }
}

fn of_link(lang: Lang, link: Link) -> &'static str {
    match link {
        Link::Local => say(
            lang,
            "Its connection never leaves this box, or comes through an onion address.",
            "Sa connexion ne quitte pas cette boîte, ou passe par une adresse onion.",
        ),
        Link::Tls13 => say(
            lang,
            "Its connection is encrypted in today’s way (TLS 1.3).",
            "Sa connexion est chiffrée comme on le fait aujourd’hui (TLS 1.3).",
        ),
        Link::Tls12 => say(
            lang,
            "Its connection is encrypted in an older way (TLS 1.2).",
            "Sa connexion est chiffrée d’une façon plus ancienne (TLS 1.2).",
        ),
        Link::Plain => say(
            lang,
            "Its connection is not encrypted: anyone on the home network can read along.",
            "Sa connexion n’est pas chiffrée\u{202f}: n’importe qui sur le réseau de la maison peut lire.",
        ),
    }
}

fn of_support(lang: Lang, support: Support, told: Told) -> &'static str {
    match (support, told) {
        (Support::Current, Told::Both) => say(
            lang,
            "Its browser and its system get security updates.",
            "Son navigateur et son système reçoivent les mises à jour de sécurité.",
        ),
        (Support::Current, Told::Owner) => say(
            lang,
            "Its browser gets security updates, and by your word its system does too.",
            "Son navigateur reçoit les mises à jour de sécurité et, selon vous, son système aussi.",
        ),
        (Support::Outdated, _) => say(
            lang,
            "Its browser or its system is not the newest one.",
            "Son navigateur ou son système n’est pas à jour.",
        ),
        (Support::Unsupported, _) => say(
            lang,
            "Its browser or its system gets no security updates any more.",
            "Son navigateur ou son système ne reçoit plus de mises à jour de sécurité.",
        ),
    }
}

fn of_usage(lang: Lang, usage: Usage, locked: bool) -> String {
    let who = match usage {
        Usage::Personal => say(lang, "By your word, only you use it", "Selon vous, vous seul l’utilisez"),
        Usage::Family => say(lang, "By your word, your household uses it", "Selon vous, votre foyer l’utilise"),
        Usage::Public => say(
            lang,
            "By your word, strangers use it too",
            "Selon vous, des inconnus l’utilisent aussi",
        ),
    };
    let disk = if locked {
        say(
            lang,
            ", its disk is encrypted and it locks itself.",
            ", son disque est chiffré et il se verrouille seul.",
        )
    } else {
        say(
            lang,
            "; you have not said that its disk is encrypted and that it locks itself.",
            "\u{202f}; vous n’avez pas dit que son disque est chiffré et qu’il se verrouille seul.",
        )
    };
    format!("{who}{disk}")
}

fn of_habits(lang: Lang, habits: Habits) -> String {
    let idle = match habits.for_idle() {
        5 => say(
            lang,
            "It is signed out after half an hour without use.",
            "Il est déconnecté après une demi-heure sans usage.",
        ),
        3 => say(
            lang,
            "It is signed out after a day without use.",
            "Il est déconnecté après un jour sans usage.",
        ),
        _ => say(
            lang,
            "It stays signed in for more than a day without use.",
            "Il reste connecté plus d’un jour sans usage.",
        ),
    };
    let failed = if habits.failed {
        say(
            lang,
            "A sign-in from it failed in the last 30 days.",
            "Une connexion y a échoué ces 30 derniers jours.",
        )
    } else {
        say(
            lang,
            "No sign-in from it failed in the last 30 days.",
            "Aucune connexion n’y a échoué ces 30 derniers jours.",
        )
    };
    let usual = if habits.usual {
        say(lang, "It comes from a usual network.", "Il vient d’un réseau habituel.")
    } else {
        say(
            lang,
            "It comes from a network that is new for it.",
            "Il vient d’un réseau nouveau pour lui.",
        )
    };
    format!("{idle} {failed} {usual}")
}

/// What would win more. It is always the owner who can do it.
pub fn tip(lang: Lang, tip: Tip) -> String {
    let points = match (lang, tip.wins) {
        (Lang::En | Lang::Fr, 1) => "1 point".to_owned(),
        (Lang::En | Lang::Fr, n) => format!("{n} points"),
    };
    let advice = advice(lang, tip.advice);
    match tip.advice {
        Advice::Wait => say(lang, format!("{advice} {points}."), format!("{advice} {points}.")),
        Advice::KeepItYours => say(
            lang,
            format!("{advice} Worth up to {points}."),
            format!("{advice} Jusqu’à {points} en jeu."),
        ),
        _ => say(
            lang,
            format!("{advice} Up to {points}; you can do it."),
            format!("{advice} Jusqu’à {points}\u{202f}; vous pouvez le faire."),
        ),
    }
}

/// What to do, without the points.
pub fn advice(lang: Lang, advice: Advice) -> &'static str {
    match advice {
        Advice::Passkey => say(
            lang,
            "Sign in with a passkey that asks who holds it.",
            "Connectez-vous avec une clé d’accès qui vérifie qui la tient.",
        ),
        Advice::Verify => say(
            lang,
            "Let it in: with a verified device, or with your recovery sheet.",
            "Faites-le entrer\u{202f}: avec un appareil vérifié, ou avec votre feuille de secours.",
        ),
        Advice::Encrypt => say(lang, "Open the box by https.", "Ouvrez la boîte en https."),
        Advice::NewerTls => say(
            lang,
            "Use a browser that speaks TLS 1.3.",
            "Utilisez un navigateur qui parle TLS 1.3.",
        ),
        Advice::Update => say(
            lang,
            "Update its browser and its system.",
            "Mettez à jour son navigateur et son système.",
        ),
        Advice::SayUpdated => say(
            lang,
            "If its system installs security updates by itself, say so.",
            "Si son système installe seul les mises à jour de sécurité, dites-le.",
        ),
        Advice::KnownBrowser => say(
            lang,
            "Use Firefox, Chrome, Safari, Edge or Samsung Internet: of others we cannot tell.",
            "Utilisez Firefox, Chrome, Safari, Edge ou Samsung Internet\u{202f}: des autres, nous ne savons rien.",
        ),
        Advice::Declare => say(lang, "Say what it is and who uses it.", "Dites ce que c’est et qui l’utilise."),
        Advice::LockIt => say(
            lang,
            "Encrypt its disk and let it lock itself, then say so.",
            "Chiffrez son disque et faites qu’il se verrouille seul, puis dites-le.",
        ),
        Advice::KeepItYours => say(
            lang,
            "Read your mail on a device that only you use.",
            "Lisez votre courrier sur un appareil que vous seul utilisez.",
        ),
        Advice::SignOutSooner => say(
            lang,
            "Let it be signed out after half an hour without use.",
            "Faites qu’il soit déconnecté après une demi-heure sans usage.",
        ),
        Advice::Wait => say(
            lang,
            "This comes back by itself with time:",
            "Cela revient tout seul avec le temps\u{202f}:",
        ),
    }
}
