//! The words of moving in and out: an export of everything, and bringing what was kept elsewhere.

use super::{Lang, Plural, Words};
use crate::domain::moving::Reason;

/// Its phrases.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct MovingWords {
    pub export_title: &'static str,
    pub export_says: &'static str,
    pub export_text: &'static str,
    pub export_lines: [&'static str; 4],
    pub export_warning: &'static str,
    pub export_do: &'static str,
    pub export_ready: &'static str,
    pub export_fetch: &'static str,
    pub export_back: &'static str,
    pub export_device: &'static str,
    pub read_me: &'static str,
    pub import_title: &'static str,
    pub import_says: &'static str,
    pub import_text: &'static str,
    pub import_lines: [&'static str; 4],
    pub import_once: &'static str,
    pub import_secret: &'static str,
    pub import_secret_hint: &'static str,
    pub import_file: &'static str,
    pub import_do: &'static str,
    pub busy: &'static str,
    pub no_file: &'static str,
    pub going: &'static str,
    pub done: &'static str,
    pub nothing: &'static str,
    pub stopped_locked: &'static str,
    pub stopped_storage: &'static str,
    pub stopped_short: &'static str,
    pub again: &'static str,
    pub follow: &'static str,
    pub of_all: &'static str,
    pub rest_seconds: Plural,
    pub rest_minutes: Plural,
    pub rest_hours: Plural,
    pub kept: Plural,
    pub before: Plural,
    pub cards: Plural,
    pub richer: Plural,
    pub keys: Plural,
    pub skipped: Plural,
    pub whole: &'static str,
    pub skipped_title: &'static str,
    /// By the place of the reason; `{n}` is how many.
    pub reasons: [Plural; 14],
}

/// What is said alike of one and of many.
const fn same(text: &'static str) -> Plural {
    Plural { one: text, many: text }
}

impl MovingWords {
    /// Why so many were passed over.
    pub fn why(&self, w: &Words, reason: Reason, many: u64) -> String {
        let at = Reason::ALL.iter().position(|known| *known == reason);
        let phrase = at.and_then(|at| self.reasons.get(at));
        phrase.map_or_else(String::new, |phrase| w.count(phrase, many))
    }

    /// How long is left: in seconds, minutes or hours, rounded up.
    pub fn rest(&self, w: &Words, seconds: u64) -> String {
        match seconds {
            0..=90 => w.count(&self.rest_seconds, seconds.max(1)),
            91..=5_400 => w.count(&self.rest_minutes, seconds.div_ceil(60)),
            _ => w.count(&self.rest_hours, seconds.div_ceil(3_600)),
        }
    }
}

const EN: MovingWords = MovingWords {
    export_title: "Take everything out",
    export_says: "Everything in this box as one archive: mail, contacts, keys, tags, settings.",
    export_text: "What is in this box is yours, and it is not locked into a form that only this program reads. You get one archive (zip) with:",
    export_lines: [
        "every message, octet for octet, as a Maildir: any mail program reads it, and signatures still hold;",
        "your contacts as vCards, and all keys as OpenPGP files, your own secret ones under the passphrase that you type here;",
        "your tags, rules, views and settings, and why each message has its letter, as lines of JSON that are explained in the manual;",
        "secrets such as passwords of other servers, and what was decrypted, in one file that only that passphrase opens.",
    ],
    export_warning: "Whoever has the archive can read your mail. Keep it where only you come, and delete the copy in your downloads afterwards. It is noted in the journal that everything was taken out.",
    export_do: "Make the archive",
    export_ready: "The archive is ready to be fetched, once, within ten minutes. It is made while it is fetched.",
    export_fetch: "Fetch it",
    export_back: "To move into another box, take the archive in there:",
    export_device: "Only a device that you have let in may take everything out. Let this one in first, under Devices.",
    read_me: "This is everything that was in a Caliopen box.

mail/            every message as it came, octet for octet (a Maildir: any mail program reads it;
                 where a colon cannot stand in a file's name, unpack it elsewhere)
messages/        one line of JSON for each message: its file, its SHA-256, its tags, its letter and why
contacts.vcf     the address book (vCard 3.0)
keys/            OpenPGP keys; the secret ones are under the passphrase of the export
settings.json    settings that are no secret
rows/            everything else that can be read, table by table, as lines of JSON
history/         devices, journal and notices of the box that this was made on
sealed.age       secrets, and what was decrypted: `age --decrypt sealed.age` asks for the passphrase
manifest.json    when, from where, how much

`caliopen import` fills an empty box from it. docs/export.md in the sources explains each file.
",
    import_title: "Bring mail from elsewhere",
    import_says: "Mail, contacts and keys from files: mbox, Maildir, Google Takeout, an export of another box.",
    import_text: "Choose one file. This box reads it while it comes, keeps nothing of it on the disk in clear, and says afterwards what it took and what it passed over. It reads:",
    import_lines: [
        "mailboxes of other programs (mbox of every kind, as Thunderbird, Apple Mail and Google write them) and single messages (.eml, .emlx);",
        "zip archives of them, also of Maildir folders. From Google Takeout, labels become tags;",
        "address books (vCard) and OpenPGP keys;",
        "the export of another Caliopen box. Into an empty box everything comes as it was; into this one, its mail, contacts and keys.",
    ],
    import_once: "What was brought before is not taken in twice, so a try that broke off can simply be repeated. Imported mail keeps its date; how it travelled is not known, and nobody judges whether it is spam.",
    import_secret: "Passphrase of what you bring",
    import_secret_hint: "Only for the export of another box, and for secret keys. Leave it empty otherwise.",
    import_file: "File",
    import_do: "Bring it",
    busy: "Something is being brought already. Wait until it has ended.",
    no_file: "Choose a file first.",
    going: "It is being taken in",
    done: "It has been taken in",
    nothing: "There was nothing in it that could be taken in",
    stopped_locked: "It broke off: the box was locked",
    stopped_storage: "It broke off: the store cannot write",
    stopped_short: "It broke off: the archive ends before it should",
    again: "What was taken in so far is safe. Bringing the same file again goes on from there.",
    follow: "This page looks again by itself. You may leave it; the import goes on as long as the file is coming.",
    of_all: "{done} of {all}",
    rest_seconds: Plural {
        one: "about {n} second left",
        many: "about {n} seconds left",
    },
    rest_minutes: Plural {
        one: "about {n} minute left",
        many: "about {n} minutes left",
    },
    rest_hours: Plural {
        one: "about {n} hour left",
        many: "about {n} hours left",
    },
    kept: Plural {
        one: "{n} message taken in",
        many: "{n} messages taken in",
    },
    before: Plural {
        one: "{n} was here already",
        many: "{n} were here already",
    },
    cards: Plural {
        one: "{n} new contact",
        many: "{n} new contacts",
    },
    richer: Plural {
        one: "{n} contact completed",
        many: "{n} contacts completed",
    },
    keys: Plural {
        one: "{n} key",
        many: "{n} keys",
    },
    skipped: Plural {
        one: "{n} passed over",
        many: "{n} passed over",
    },
    whole: "The box is as it was when it was exported.",
    skipped_title: "Passed over, and why",
    reasons: [
        same("{n} larger than a message (25 MiB), a card or a file of keys (10 MiB) may be:"),
        same("{n} with more parts, or deeper, than will be read:"),
        same("{n} neither mail nor contacts nor keys:"),
        Plural {
            one: "{n} that cannot be read, or breaks off:",
            many: "{n} that cannot be read, or break off:",
        },
        same("{n} too deep inside folders or archives:"),
        same("{n} encrypted, or packed in a way that is not known here (zip is):"),
        same("{n} damaged:"),
        Plural {
            one: "{n} secret key under another passphrase (type it above and bring the file again), or kept in part on a card:",
            many: "{n} secret keys under another passphrase (type it above and bring the file again), or kept in part on a card:",
        },
        same("The passphrase does not open this export; nothing was taken in. Type the one that it was made with:"),
        same("The export is of a newer version; only its mail, contacts and keys were taken in:"),
        Plural {
            one: "{n} contact that is your own, has no name, or is of several people at once:",
            many: "{n} contacts that are your own, have no name, or are of several people at once:",
        },
        same("{n} in a program’s own form (Outlook, GnuPG’s keybox). Have it export mbox, .eml, vCard or OpenPGP keys, and bring those:"),
        Plural {
            one: "{n} message that its program had deleted, and only not cleared away yet:",
            many: "{n} messages that their program had deleted, and only not cleared away yet:",
        },
        Plural {
            one: "{n} OpenPGP key without an address that would say whose it is:",
            many: "{n} OpenPGP keys without an address that would say whose they are:",
        },
    ],
};

const FR: MovingWords = MovingWords {
    export_title: "Tout emporter",
    export_says: "Tout ce que contient cette boîte en une archive\u{202f}: courrier, contacts, clés, étiquettes, réglages.",
    export_text: "Ce que contient cette boîte est à vous, et n’y est pas enfermé dans un format que seul ce programme saurait lire. Vous recevez une archive (zip) avec\u{202f}:",
    export_lines: [
        "chaque message, octet pour octet, en Maildir\u{202f}: tout logiciel de courrier le lit, et les signatures tiennent toujours\u{202f};",
        "vos contacts en vCard, et toutes les clés en fichiers OpenPGP, vos clés secrètes sous la phrase de passe que vous tapez ici\u{202f};",
        "vos étiquettes, règles, vues et réglages, et pourquoi chaque message a sa lettre, en lignes de JSON que le manuel explique\u{202f};",
        "les secrets, comme les mots de passe d’autres serveurs, et ce qui a été déchiffré, dans un fichier que seule cette phrase ouvre.",
    ],
    export_warning: "Qui a l’archive peut lire votre courrier. Gardez-la là où vous seul allez, et supprimez ensuite la copie de vos téléchargements. Le journal note que tout a été emporté.",
    export_do: "Faire l’archive",
    export_ready: "L’archive est prête\u{202f}: elle se télécharge une seule fois, dans les dix minutes, et se fait à mesure.",
    export_fetch: "La télécharger",
    export_back: "Pour emménager dans une autre boîte, apportez-y l’archive\u{202f}:",
    export_device: "Seul un appareil que vous avez fait entrer peut tout emporter. Faites d’abord entrer celui-ci, sous Appareils.",
    read_me: "Ceci est tout ce que contenait une boîte Caliopen.

mail/            chaque message tel qu’il est venu, octet pour octet (un Maildir\u{202f}: tout logiciel de courrier
                 le lit\u{202f}; là où un nom de fichier ne peut contenir deux-points, décompressez ailleurs)
messages/        une ligne de JSON par message\u{202f}: son fichier, son SHA-256, ses étiquettes, sa lettre et pourquoi
contacts.vcf     le carnet d’adresses (vCard 3.0)
keys/            les clés OpenPGP\u{202f}; les secrètes sont sous la phrase de passe de l’export
settings.json    les réglages qui ne sont pas secrets
rows/            tout le reste de ce qui se lit, table par table, en lignes de JSON
history/         appareils, journal et avis de la boîte d’où cela vient
sealed.age       les secrets, et ce qui a été déchiffré\u{202f}: `age --decrypt sealed.age` demande la phrase de passe
manifest.json    quand, d’où, combien

`caliopen import` en remplit une boîte vide. docs/export.md, dans les sources, explique chaque fichier.
",
    import_title: "Apporter du courrier d’ailleurs",
    import_says: "Courrier, contacts et clés depuis des fichiers\u{202f}: mbox, Maildir, Google Takeout, l’export d’une autre boîte.",
    import_text: "Choisissez un fichier. Cette boîte le lit à mesure qu’il arrive, n’en garde rien en clair sur le disque, et dit ensuite ce qu’elle a pris et ce qu’elle a laissé. Elle lit\u{202f}:",
    import_lines: [
        "les boîtes d’autres logiciels (mbox de toute sorte, comme les écrivent Thunderbird, Apple Mail et Google) et les messages seuls (.eml, .emlx)\u{202f};",
        "leurs archives zip, même de dossiers Maildir. De Google Takeout, les libellés deviennent des étiquettes\u{202f};",
        "les carnets d’adresses (vCard) et les clés OpenPGP\u{202f};",
        "l’export d’une autre boîte Caliopen. Dans une boîte vide, tout vient comme c’était\u{202f}; dans celle-ci, son courrier, ses contacts et ses clés.",
    ],
    import_once: "Ce qui a déjà été apporté n’est pas importé deux fois\u{202f}: un essai interrompu se recommence, tout simplement. Le courrier importé garde sa date\u{202f}; son trajet n’est pas connu, et personne ne juge s’il est indésirable.",
    import_secret: "Phrase de passe de ce que vous apportez",
    import_secret_hint: "Seulement pour l’export d’une autre boîte et pour des clés secrètes. Sinon, laissez vide.",
    import_file: "Fichier",
    import_do: "Importer",
    busy: "Quelque chose est déjà en train d’arriver. Attendez que ce soit fini.",
    no_file: "Choisissez d’abord un fichier.",
    going: "Import en cours",
    done: "C’est importé",
    nothing: "Il n’y avait rien à importer",
    stopped_locked: "Interrompu\u{202f}: la boîte a été verrouillée",
    stopped_storage: "Interrompu\u{202f}: la boîte ne peut plus écrire",
    stopped_short: "Interrompu\u{202f}: l’archive s’arrête avant sa fin",
    again: "Ce qui a été importé jusque-là est en sûreté. Apportez le même fichier encore une fois\u{202f}: l’import reprend là.",
    follow: "Cette page se met à jour d’elle-même. Vous pouvez la quitter\u{202f}: l’import continue tant que le fichier arrive.",
    of_all: "{done} sur {all}",
    rest_seconds: Plural {
        one: "encore environ {n} seconde",
        many: "encore environ {n} secondes",
    },
    rest_minutes: Plural {
        one: "encore environ {n} minute",
        many: "encore environ {n} minutes",
    },
    rest_hours: Plural {
        one: "encore environ {n} heure",
        many: "encore environ {n} heures",
    },
    kept: Plural {
        one: "{n} message importé",
        many: "{n} messages importés",
    },
    before: Plural {
        one: "{n} était déjà là",
        many: "{n} étaient déjà là",
    },
    cards: Plural {
        one: "{n} nouveau contact",
        many: "{n} nouveaux contacts",
    },
    richer: Plural {
        one: "{n} contact complété",
        many: "{n} contacts complétés",
    },
    keys: Plural {
        one: "{n} clé",
        many: "{n} clés",
    },
    skipped: Plural {
        one: "{n} laissé de côté",
        many: "{n} laissés de côté",
    },
    whole: "La boîte est comme elle était quand elle a été exportée.",
    skipped_title: "Laissés de côté, et pourquoi",
    reasons: [
        same("{n} de plus de 25\u{202f}Mio (un message) ou de 10\u{202f}Mio (une fiche, un fichier de clés)\u{202f}:"),
        same("{n} avec plus de parties, ou plus profondes, qu’il n’en est lu\u{202f}:"),
        same("{n} ni courrier, ni contacts, ni clés\u{202f}:"),
        Plural {
            one: "{n} illisible, ou qui s’interrompt\u{202f}:",
            many: "{n} illisibles, ou qui s’interrompent\u{202f}:",
        },
        same("{n} trop loin dans des dossiers ou des archives\u{202f}:"),
        Plural {
            one: "{n} chiffré, ou compressé d’une façon inconnue ici (zip est connu)\u{202f}:",
            many: "{n} chiffrés, ou compressés d’une façon inconnue ici (zip est connu)\u{202f}:",
        },
        Plural {
            one: "{n} abîmé\u{202f}:",
            many: "{n} abîmés\u{202f}:",
        },
        Plural {
            one: "{n} clé secrète sous une autre phrase de passe (tapez-la ci-dessus et apportez encore le fichier), ou gardée en partie sur une carte\u{202f}:",
            many: "{n} clés secrètes sous une autre phrase de passe (tapez-la ci-dessus et apportez encore le fichier), ou gardées en partie sur une carte\u{202f}:",
        },
        same("La phrase de passe n’ouvre pas cet export\u{202f}; rien n’a été importé. Tapez celle avec laquelle il a été fait\u{202f}:"),
        same("L’export est d’une version plus récente\u{202f}; seuls son courrier, ses contacts et ses clés ont été importés\u{202f}:"),
        Plural {
            one: "{n} contact qui est le vôtre, n’a pas de nom, ou réunit plusieurs personnes\u{202f}:",
            many: "{n} contacts qui sont les vôtres, n’ont pas de nom, ou réunissent plusieurs personnes\u{202f}:",
        },
        same(
            "{n} dans un format propre à un logiciel (Outlook, trousseau de GnuPG). Faites-lui exporter mbox, .eml, vCard ou clés OpenPGP, et apportez cela\u{202f}:",
        ),
        Plural {
            one: "{n} message que son logiciel avait supprimé, sans l’effacer encore\u{202f}:",
            many: "{n} messages que leur logiciel avait supprimés, sans les effacer encore\u{202f}:",
        },
        Plural {
            one: "{n} clé OpenPGP sans adresse qui dirait à qui elle est\u{202f}:",
            many: "{n} clés OpenPGP sans adresse qui dirait à qui elles sont\u{202f}:",
        },
    ],
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static MovingWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_was_passed_over_is_said_as_one() {
        let said = |lang: Lang, many: u64| words(lang).why(lang.words(), Reason::ForeignKey, many);
        assert!(said(Lang::En, 1).starts_with("1 secret key under") && said(Lang::En, 2).starts_with("2 secret keys under"));
        assert!(said(Lang::Fr, 1).starts_with("1 clé secrète sous") && said(Lang::Fr, 2).starts_with("2 clés secrètes sous"));
        for reason in Reason::ALL {
            assert!(
                Lang::ALL
                    .iter()
                    .all(|lang| words(*lang).why(lang.words(), reason, 3).ends_with(':'))
            );
        }
    }
}
