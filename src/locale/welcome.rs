//! The words of the welcome: five steps for whoever opens a new box for the first time.

use super::Lang;

/// A step: its name, what is to be known, and where it is done (the address, and its name).
pub struct Step {
    /// What it is about.
    pub title: &'static str,
    /// What is to be known.
    pub text: &'static str,
    /// Where it is done.
    pub places: &'static [(&'static str, &'static str)],
}

/// Phrases about them.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct WelcomeWords {
    pub title: &'static str,
    /// On the timeline of a new box.
    pub note: &'static str,
    pub lead: &'static str,
    pub done: &'static str,
    pub not_yet: &'static str,
    /// In the order of the page.
    pub steps: [Step; 5],
    pub again: &'static str,
}

const EN: WelcomeWords = WelcomeWords {
    title: "Welcome",
    note: "Welcome to your own mailbox. Five short steps show what it does for you, and what it still needs from you.",
    lead: "This box is your whole mail service, and it is yours alone. The steps take a few minutes each, in any order, and nothing has to be done today.",
    done: "done",
    not_yet: "not yet",
    steps: [
        Step {
            title: "Keep a way in",
            text: "Nobody can send you a new passphrase, us included. If you forget it, the recovery sheet opens this box: print it, type its code once so that you know it is right, and keep it where the box is not. A passkey signs you in without anything to remember, and cannot be given away to a false page.",
            places: &[("/settings/recovery", "Recovery sheet"), ("/settings/security", "Signing in")],
        },
        Step {
            title: "Let mail arrive, and be believed",
            text: "Your domain needs a few records at its DNS provider: others find your box by them, and believe what it sends. The box names each of them, looks for itself, and says what is still missing.",
            places: &[("/settings/dns", "Domain and DNS")],
        },
        Step {
            title: "Bring along what you have",
            text: "Messages, contacts and keys can come from the files of other programs, and a mailbox elsewhere can be fetched from here.",
            places: &[
                ("/settings/import", "Bring mail from elsewhere"),
                ("/contacts/import", "Import contacts"),
                ("/settings/mailboxes", "Other mailboxes"),
            ],
        },
        Step {
            title: "Read the two signs",
            text: "Two signs stand beside each message. The padlock says in a word what protected it: postcard, mailbag, envelope or sealed. The Privacy Index, a letter from A to E with a number, is the wider picture. Open it: every point is explained, and what would win more.",
            places: &[("/help", "Help"), ("/privacy", "Your privacy")],
        },
        Step {
            title: "Write in an envelope",
            text: "The box made a key for you and encrypts by itself, as soon as those you write to have a key as well. Before you send, it says how the message would travel. Compare keys once with the people who matter to you: what you write to them is then sealed.",
            places: &[("/write", "Write a message"), ("/settings/keys/people", "Other people’s keys")],
        },
    ],
    again: "These steps can always be found under Help.",
};

const FR: WelcomeWords = WelcomeWords {
    title: "Bienvenue",
    note: "Bienvenue dans votre propre boîte. Cinq petites étapes montrent ce qu’elle fait pour vous, et ce qu’elle attend encore de vous.",
    lead: "Cette boîte est tout votre service de courrier, et elle n’est qu’à vous. Chaque étape prend quelques minutes, dans l’ordre que vous voulez, et rien ne presse.",
    done: "fait",
    not_yet: "pas encore",
    steps: [
        Step {
            title: "Garder un moyen d’entrer",
            text: "Personne ne peut vous envoyer une nouvelle phrase de passe, nous non plus. Si vous l’oubliez, la feuille de secours ouvre cette boîte\u{202f}: imprimez-la, recopiez-en le code une fois pour savoir qu’il est juste, et gardez-la ailleurs qu’à côté de la boîte. Avec une clé d’accès, vous vous connectez sans rien retenir, et elle ne se donne à aucune fausse page.",
            places: &[("/settings/recovery", "Feuille de secours"), ("/settings/security", "Connexion")],
        },
        Step {
            title: "Que le courrier arrive, et soit cru",
            text: "Votre domaine a besoin de quelques enregistrements chez son fournisseur DNS\u{202f}: c’est par eux que les autres trouvent votre boîte, et croient ce qu’elle envoie. La boîte nomme chacun d’eux, regarde elle-même, et dit ce qui manque encore.",
            places: &[("/settings/dns", "Domaine et DNS")],
        },
        Step {
            title: "Apporter ce que vous avez",
            text: "Messages, contacts et clés peuvent venir des fichiers d’autres programmes, et une boîte que vous avez ailleurs peut être relevée d’ici.",
            places: &[
                ("/settings/import", "Apporter du courrier d’ailleurs"),
                ("/contacts/import", "Importer des contacts"),
                ("/settings/mailboxes", "Autres boîtes"),
            ],
        },
        Step {
            title: "Lire les deux signes",
            text: "Deux signes se tiennent à côté de chaque message. Le cadenas dit d’un mot ce qui l’a protégé\u{202f}: carte postale, sac postal, enveloppe ou scellée. L’indice de confidentialité, une lettre de A à E avec un nombre, donne une vue plus large. Ouvrez-le\u{202f}: chaque point y est expliqué, et ce qui en gagnerait davantage.",
            places: &[("/help", "Aide"), ("/privacy", "Votre confidentialité")],
        },
        Step {
            title: "Écrire sous enveloppe",
            text: "La boîte a fait une clé pour vous et chiffre d’elle-même, dès que vos correspondants ont une clé eux aussi. Avant l’envoi, elle dit comment le message voyagerait. Comparez vos clés une fois avec les personnes qui comptent pour vous\u{202f}: ce que vous leur écrivez est alors scellé.",
            places: &[("/write", "Écrire un message"), ("/settings/keys/people", "Les clés des autres")],
        },
    ],
    again: "Ces étapes se retrouvent toujours dans l’aide.",
};

/// In a language.
pub const fn words(lang: Lang) -> &'static WelcomeWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}
