//! The words of the journal.

use super::say;
use crate::{
    domain::journal::{Class, Event},
    locale::{Lang, Plural},
};

/// Every phrase of the journal's page in one language.
#[allow(missing_docs, reason = "a phrase documents itself; its field says where it stands")]
pub struct JournalWords {
    pub title: &'static str,
    pub intro: &'static str,
    pub everything: &'static str,
    pub filter: &'static str,
    pub none: &'static str,
    pub from: &'static str,
    pub times: Plural,
    pub message: &'static str,
    pub gone: &'static str,
    pub activity: &'static str,
    pub messages: &'static str,
    pub storage: &'static str,
    pub last_sign_in: &'static str,
    pub last_none: &'static str,
    pub kept: &'static str,
    pub kept_days: Plural,
    pub kept_hint: &'static str,
    pub days: &'static str,
    pub save: &'static str,
    pub days_wrong: &'static str,
}

/// English.
pub const EN: JournalWords = JournalWords {
    title: "Journal",
    intro: "What was done with this box. Only you can read it.",
    everything: "Everything",
    filter: "Show",
    none: "Nothing of this kind.",
    from: "from",
    times: Plural {
        one: "once",
        many: "{n} times",
    },
    message: "this message",
    gone: "a device that is gone",
    activity: "Activity",
    messages: "Messages kept",
    storage: "Space they take",
    last_sign_in: "Last sign-in before this one",
    last_none: "none that the journal still knows of",
    kept: "How long it is kept",
    kept_days: Plural {
        one: "Kept for {n} day.",
        many: "Kept for {n} days.",
    },
    kept_hint: "From 1 to 365 days. What is older goes by itself, and for good. Addresses are shortened to their network after 7 days.",
    days: "Days",
    save: "Save",
    days_wrong: "Please give a number from 1 to 365.",
};

/// French.
pub const FR: JournalWords = JournalWords {
    title: "Journal",
    intro: "Ce qui a été fait avec cette boîte. Vous seul pouvez le lire.",
    everything: "Tout",
    filter: "Afficher",
    none: "Rien de ce genre.",
    from: "depuis",
    times: Plural {
        one: "une fois",
        many: "{n} fois",
    },
    message: "ce message",
    gone: "un appareil disparu",
    activity: "Activité",
    messages: "Messages conservés",
    storage: "Place occupée",
    last_sign_in: "Connexion précédente",
    last_none: "aucune dont le journal se souvienne encore",
    kept: "Durée de conservation",
    kept_days: Plural {
        one: "Conservé {n} jour.",
        many: "Conservé {n} jours.",
    },
    kept_hint: "De 1 à 365 jours. Ce qui est plus ancien part tout seul, et pour de bon. Les adresses sont réduites à leur réseau après 7 jours.",
    days: "Jours",
    save: "Enregistrer",
    days_wrong: "Donnez un nombre de 1 à 365.",
};

/// The words of a language.
pub fn words(lang: Lang) -> &'static JournalWords {
    say(lang, &EN, &FR)
}

/// A kind of event, as a choice.
pub fn class(lang: Lang, class: Class) -> &'static str {
    match class {
        Class::SignIn => say(lang, "Sign-ins", "Connexions"),
        Class::Failure => say(lang, "Failures", "Échecs"),
        Class::Device => say(lang, "Devices", "Appareils"),
        Class::Message => say(lang, "Messages", "Messages"),
        Class::Lock => say(lang, "Lock", "Verrou"),
        Class::Secret => say(lang, "Secrets", "Secrets"),
        Class::Service => say(lang, "Service", "Service"),
        Class::Setting => say(lang, "Settings", "Réglages"),
    }
}

/// What happened. `{other}` stands for the device, `{message}` for the message that it was done to.
pub fn event(lang: Lang, event: Event) -> &'static str {
    match event {
        Event::SignedIn => say(lang, "Signed in", "Connexion"),
        Event::SignedOut => say(lang, "Signed out", "Déconnexion"),
        Event::SignedOutElsewhere => say(lang, "Signed out everywhere else", "Déconnexion de tous les autres appareils"),
        Event::DeviceSignedOut => say(lang, "Signed {other} out", "Déconnexion de {other}"),
        Event::Failed => say(lang, "A sign-in failed", "Une connexion a échoué"),
        Event::FailedCode => say(lang, "A one-time code was wrong", "Un code à usage unique était faux"),
        Event::FailedSession => say(
            lang,
            "A session was refused: it came from elsewhere than its device",
            "Une session a été refusée\u{202f}: elle venait d’ailleurs que de son appareil",
        ),
        Event::FailedVerification => say(
            lang,
            "A code to let a device in was wrong",
            "Un code pour faire entrer un appareil était faux",
        ),
        Event::DeviceNew => say(lang, "{other} came for the first time", "{other} est venu pour la première fois"),
        Event::DeviceVerified => say(lang, "{other} was let in", "{other} a été admis"),
        Event::DeviceDescribed => say(lang, "{other} was described", "{other} a été décrit"),
        Event::DeviceRevoked => say(lang, "{other} was taken off the list", "{other} a été retiré de la liste"),
        Event::DeviceDisowned => say(
            lang,
            "{other} was thrown out: it was not you",
            "{other} a été mis dehors\u{202f}: ce n’était pas vous",
        ),
        Event::Unmasked => say(
            lang,
            "Showed {message} although it was masked",
            "Affichage de {message} malgré le masque",
        ),
        Event::Exported => say(lang, "Took {message} out as a file", "Export de {message} en fichier"),
        Event::ExportedAll => say(
            lang,
            "Took everything out in one archive",
            "Export de toute la boîte en une archive",
        ),
        Event::MailboxAdded => say(lang, "Another mailbox was added", "Une autre boîte a été ajoutée"),
        Event::MailboxRemoved => say(lang, "Another mailbox was let go", "Une autre boîte n’est plus relevée"),
        Event::Imported => say(lang, "Brought something from elsewhere", "Import de ce qui était ailleurs"),
        Event::Deleted => say(lang, "Deleted a message for good", "Suppression définitive d’un message"),
        Event::Unlocked => say(lang, "The box was unlocked", "La boîte a été déverrouillée"),
        Event::Locked => say(lang, "The box was locked", "La boîte a été verrouillée"),
        Event::PassphraseChanged => say(lang, "The passphrase was changed", "La phrase de passe a été changée"),
        Event::RecoveryMade => say(lang, "A new recovery sheet was made", "Une nouvelle feuille de secours a été faite"),
        Event::RecoveryProven => say(lang, "The recovery sheet was proven", "La feuille de secours a été éprouvée"),
        Event::KeyFileMade => say(lang, "A key file was made", "Un fichier de clé a été créé"),
        Event::SlotAdded => say(lang, "A way to unlock was added", "Un moyen de déverrouiller a été ajouté"),
        Event::SlotRemoved => say(lang, "A way to unlock was removed", "Un moyen de déverrouiller a été retiré"),
        Event::PasskeyAdded => say(lang, "A passkey was added", "Une clé d’accès a été ajoutée"),
        Event::PasskeyRemoved => say(lang, "A passkey was removed", "Une clé d’accès a été retirée"),
        Event::TotpOn => say(lang, "One-time codes were turned on", "Les codes à usage unique ont été activés"),
        Event::TotpOff => say(
            lang,
            "One-time codes were turned off",
            "Les codes à usage unique ont été désactivés",
        ),
        Event::KeySaved => say(
            lang,
            "A secret key or its revocation was saved as a file",
            "Une clé secrète ou sa révocation a été enregistrée en fichier",
        ),
        Event::KeyBrought => say(lang, "A key was brought along", "Une clé a été apportée"),
        Event::KeyChanged => say(lang, "Another key is in use", "Une autre clé est en service"),
        Event::PeerKeyBrought => say(lang, "Somebody’s key was added", "La clé de quelqu’un a été ajoutée"),
        Event::PeerKeyCompared => say(lang, "Somebody’s key was compared", "La clé de quelqu’un a été comparée"),
        Event::ServiceWorse => say(
            lang,
            "Something about your mail service needs a look",
            "Quelque chose dans votre service de courrier est à regarder",
        ),
        Event::ServiceBetter => say(
            lang,
            "Something about your mail service is in order again",
            "Quelque chose dans votre service de courrier est de nouveau en ordre",
        ),
        Event::PolicyBinds => say(
            lang,
            "The policy about encryption (MTA-STS) binds from now on",
            "La politique de chiffrement (MTA-STS) est désormais obligatoire",
        ),
        Event::CertificateNew => say(lang, "A new certificate came", "Un nouveau certificat est arrivé"),
        Event::CertificateFailed => say(lang, "A certificate could not be had", "Un certificat n’a pas pu être obtenu"),
        Event::AddressAnnounced => say(
            lang,
            "Another address of this box was announced",
            "Une autre adresse de cette boîte a été annoncée",
        ),
        Event::KeptChanged => say(
            lang,
            "How long the journal is kept was changed",
            "La durée de conservation du journal a été changée",
        ),
        Event::SettingChanged => say(lang, "A setting was changed", "Un réglage a été changé"),
    }
}
