//! The words about backups: the page, what goes wrong, the first run's way back, and what stands in a backup for whoever finds
//! it. French has its narrow no-break spaces (U+202F) written out.

use super::{Lang, Plural, say};
use crate::domain::backup::{Kind, Often, Trouble};

/// Every phrase in one language.
#[allow(missing_docs, reason = "a phrase documents itself; its field says where it stands")]
pub struct BackupWords {
    pub title: &'static str,
    pub sentence: &'static str,
    pub intro: &'static str,
    pub how: &'static str,
    pub off: &'static str,
    pub waiting: &'static str,
    pub good: &'static str,
    pub old: &'static str,
    pub failed: &'static str,
    pub failed_again: &'static str,
    pub still: &'static str,
    pub unproven: &'static str,
    pub unproven_again: &'static str,
    pub unproven_mended: &'static str,
    pub untried: &'static str,
    pub lacking: Plural,
    pub same_disk: &'static str,
    pub busy: &'static str,
    pub last: &'static str,
    pub last_never: &'static str,
    pub last_text: &'static str,
    pub messages: Plural,
    pub seconds: Plural,
    pub proven: &'static str,
    pub proven_never: &'static str,
    pub proven_text: &'static str,
    pub kept: &'static str,
    pub kept_text: Plural,
    pub kept_how: &'static str,
    pub forget: &'static str,
    pub deleted: &'static str,
    pub now: &'static str,
    pub asked: &'static str,
    pub settings: &'static str,
    pub kind: &'static str,
    pub at: &'static str,
    pub at_hint: &'static str,
    pub user: &'static str,
    pub password: &'static str,
    pub password_hint: &'static str,
    pub region: &'static str,
    pub region_hint: &'static str,
    pub often: &'static str,
    pub limit: &'static str,
    pub limit_hint: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub code_known: &'static str,
    pub turn_on: &'static str,
    pub change: &'static str,
    pub turn_off: &'static str,
    pub off_hint: &'static str,
    pub done_on: &'static str,
    pub done_off: &'static str,
    pub code_waits: &'static str,
    pub code_stays: &'static str,
    pub untidy: &'static str,
    pub wrong_folder: &'static str,
    pub wrong_url: &'static str,
    pub wrong_bucket: &'static str,
    pub wrong_code: &'static str,
    pub restore: &'static str,
    pub restore_text: &'static str,
    pub restic_text: &'static str,
    pub erase_note: &'static str,
    pub have: &'static str,
    pub have_cli: &'static str,
    pub have_title: &'static str,
    pub have_intro: &'static str,
    pub have_button: &'static str,
    pub have_earlier: &'static str,
    pub have_earlier_hint: &'static str,
    pub have_now: &'static str,
    pub have_reload: &'static str,
    pub have_failed: &'static str,
    pub have_at: &'static str,
    pub have_after: &'static str,
    pub read_me: &'static str,
}

const EN: BackupWords = BackupWords {
    title: "Backup",
    sentence: "Everything once more, elsewhere and encrypted; and tried every day.",
    intro: "A disk lasts until it does not. This box can keep a copy of everything somewhere else: on a second disk, or with a server of your choice. What leaves the box is encrypted; whoever keeps it learns its size and when it grows, a server also the address of your line, and nothing else.",
    how: "The code on your recovery sheet opens the backup. With the sheet and the place where it lies you have everything back, even when this box is gone. So that you need not take our word for it, the box restores the last backup beside itself every day, with nothing but that code, compares every message and every setting, and does away with it.",
    off: "There is no backup. If this disk breaks, your mail is gone.",
    waiting: "It is switched on. The first backup is made in a moment.",
    good: "There is a backup of everything.",
    old: "The last backup is old. It is made only while the box is unlocked: was it locked for days?",
    failed: "The last backup, {when}, was not made. {why}",
    failed_again: "It is tried again every hour.",
    still: "The one before is still good.",
    unproven: "The last backup could not be restored. {why}",
    unproven_again: "It is tried again tomorrow.",
    unproven_mended: "The next one puts there again what this box has, and is tried as well; if this comes back, choose another place.",
    untried: "There is a backup, but for a week or more no restore of it came to an end: the box was locked, or ended, each time before it was done. Leave it unlocked until it is.",
    lacking: Plural {
        one: "{n} message cannot be read any more on this box’s own disk, and is not in the last backup; one that was made earlier may have it. The disk may be failing.",
        many: "{n} messages cannot be read any more on this box’s own disk, and are not in the last backup; one that was made earlier may have them. The disk may be failing.",
    },
    same_disk: "It lies on the same disk as the box: if that breaks, or is stolen, both are gone. Another disk, a stick or a server keeps it better.",
    busy: "Something is being done with it right now: look at this page again.",
    last: "Last backup",
    last_never: "None yet",
    last_text: "{messages}, in {seconds}; {size} were sent.",
    messages: Plural {
        one: "{n} message",
        many: "{n} messages",
    },
    seconds: Plural {
        one: "{n} second",
        many: "{n} seconds",
    },
    proven: "Last proven restore",
    proven_never: "None yet; it follows the first backup.",
    proven_text: "Restored with the code of your sheet, and everything was the same.",
    kept: "What is kept",
    kept_text: Plural {
        one: "{n} backup, {size} in all.",
        many: "{n} backups, {size} in all.",
    },
    kept_how: "The last one of each of the last 7 days, 4 weeks and 12 months.",
    forget: "What you delete",
    deleted: "What you delete here stays in the backups that were made before, until they are let go by this rule. While backups go on being made and old ones can be removed there, that is a year and two weeks at the longest.",
    now: "Make one now",
    asked: "A backup is being made. It goes on while you do something else.",
    settings: "Where, and how often",
    kind: "Kept in",
    at: "Folder, or address",
    at_hint: "A folder such as /media/disk/caliopen on another disk than the box’s own; or an address that begins with https://, of a WebDAV server such as Nextcloud or of one that speaks restic’s protocol. For S3 the address of a bucket that is there: https://server/bucket, or with a folder after it",
    user: "Name there, for a server; for S3 the access key",
    password: "Password there; for S3 the secret key",
    password_hint: "Empty: the one that is known.",
    region: "Region, for S3",
    region_hint: "As your provider names it; empty is us-east-1.",
    often: "How often",
    limit: "Sent at most, in KB a second",
    limit_hint: "0 is as quick as it goes. What is read again to try it is not slowed.",
    code: "The code on your recovery sheet",
    code_hint: "32 letters and digits. It shows that you have the sheet, and opens the backup. The box keeps it sealed, to try a restore with it.",
    code_known: "It is known; leave this empty.",
    turn_on: "Switch backups on",
    change: "Change it",
    turn_off: "Switch backups off",
    off_hint: "What is kept there stays there. To do away with it, delete that folder.",
    done_on: "It is set. A backup is made in a moment.",
    done_off: "Backups are off.",
    code_waits: "You have a new recovery sheet. Until the next backup is made, the code on the old one opens what is there.",
    code_stays: "You have a new recovery sheet, and its code opens the backup. The code on the old one opens it as well, until that can be removed there.",
    untidy: "What is new was kept, but what is old could not be removed there. {why} Until it can be, what you delete here stays in the backups that were made before, for longer than it says below.",
    wrong_folder: "That is no whole path, or it lies in the box’s own folder: it would be lost with it.",
    wrong_url: "That is no address over https. Name and password have their own fields.",
    wrong_bucket: "That is no address of a bucket: it is https://, the server, a slash and the name of the bucket; a folder may follow.",
    wrong_code: "That is not the code on your sheet.",
    restore: "When you need it",
    restore_text: "On a new machine, choose “I have a backup” in the first steps, or run",
    restic_text: "The backup has the form of restic, a free program: it shows and restores it as well, with the code as its password. Every message is a file in it.",
    erase_note: "Backups elsewhere are not erased with the box, and the code on your sheet still opens them. To do away with them, delete them where they are kept: {at}",
    have: "I have a backup",
    have_cli: "(You have a backup? Leave this with Ctrl-C: `caliopen restore` brings that box back.)",
    have_title: "Bring a box back",
    have_intro: "Say where the backup is kept and type the code on your recovery sheet. The box comes back as it was: mail, people, keys, settings, and its passphrase.",
    have_button: "Restore",
    have_earlier: "How many before the newest",
    have_earlier_hint: "0 is the newest. Where that one is damaged, 1 is the one before it.",
    have_now: "The backup is being restored: {n} of {of} messages.",
    have_reload: "Look again",
    have_failed: "It was not restored.",
    have_at: "Where it is for this machine, such as /media/disk/caliopen; or the address that begins with https://, for S3 https://server/bucket",
    have_after: "Everything is compared before the box opens. Then you sign in, with the passphrase that it had. You may leave this page meanwhile.",
    read_me: "This is a backup of a Caliopen box: everything that was in it at one moment.\n\n\
mail/          every message, a file each, octet for octet as it came\n\
rows/          everything else, a line of JSON for each row of each table\n\
slots.json     what opens the box; it is sealed\n\
front.jsonl    what the box knows while it is locked\n\
manifest.json  what is here, counted and hashed\n\n\
`caliopen restore` makes the box of it again, with the code on the recovery sheet.\n",
};

const FR: BackupWords = BackupWords {
    title: "Sauvegarde",
    sentence: "Tout, une deuxième fois, ailleurs et chiffré\u{202f}; et éprouvé chaque jour.",
    intro: "Un disque dure jusqu’au jour où il lâche. Cette boîte peut garder une copie de tout ailleurs\u{202f}: sur un deuxième disque, ou chez un serveur de votre choix. Ce qui quitte la boîte est chiffré\u{202f}; qui le garde en apprend la taille, et quand elle grandit, un serveur aussi l’adresse de votre ligne, et rien d’autre.",
    how: "Le code de votre feuille de secours ouvre la sauvegarde. Avec la feuille et l’endroit où elle se trouve, vous retrouvez tout, même si cette boîte a disparu. Pour que vous n’ayez pas à nous croire sur parole, la boîte restaure chaque jour la dernière sauvegarde à côté d’elle-même, avec ce code et rien d’autre, compare chaque message et chaque réglage, puis s’en défait.",
    off: "Il n’y a pas de sauvegarde. Si ce disque lâche, votre courrier est perdu.",
    waiting: "C’est en marche. La première sauvegarde se fait dans un instant.",
    good: "Il y a une sauvegarde de tout.",
    old: "La dernière sauvegarde est ancienne. Elle ne se fait que quand la boîte est déverrouillée\u{202f}: est-elle restée verrouillée des jours durant\u{202f}?",
    failed: "La dernière sauvegarde, {when}, n’a pas été faite. {why}",
    failed_again: "Un nouvel essai a lieu toutes les heures.",
    still: "La précédente reste bonne.",
    unproven: "La dernière sauvegarde n’a pas pu être restaurée. {why}",
    unproven_again: "Un nouvel essai aura lieu demain.",
    unproven_mended: "La prochaine y remet ce que cette boîte a, et sera éprouvée à son tour\u{202f}; si cela revient, choisissez un autre endroit.",
    untried: "Il y a une sauvegarde, mais depuis une semaine ou plus aucune restauration n’est allée jusqu’au bout\u{202f}: chaque fois, la boîte a été verrouillée ou arrêtée avant la fin. Laissez-la déverrouillée jusque-là.",
    lacking: Plural {
        one: "{n} message n’est plus lisible sur le disque même de cette boîte, et n’est pas dans la dernière sauvegarde\u{202f}; une plus ancienne l’a peut-être. Le disque est peut-être en train de lâcher.",
        many: "{n} messages ne sont plus lisibles sur le disque même de cette boîte, et ne sont pas dans la dernière sauvegarde\u{202f}; une plus ancienne les a peut-être. Le disque est peut-être en train de lâcher.",
    },
    same_disk: "Elle est sur le même disque que la boîte\u{202f}: s’il lâche, ou si on le vole, les deux sont perdues. Un autre disque, une clé USB ou un serveur la garde mieux.",
    busy: "Quelque chose est en cours en ce moment même\u{202f}: revenez sur cette page.",
    last: "Dernière sauvegarde",
    last_never: "Aucune pour l’instant",
    last_text: "{messages}, en {seconds}\u{202f}; {size} envoyés.",
    messages: Plural {
        one: "{n} message",
        many: "{n} messages",
    },
    seconds: Plural {
        one: "{n} seconde",
        many: "{n} secondes",
    },
    proven: "Dernière restauration éprouvée",
    proven_never: "Aucune pour l’instant\u{202f}; elle suit la première sauvegarde.",
    proven_text: "Restaurée avec le code de votre feuille, et tout était identique.",
    kept: "Ce qui est gardé",
    kept_text: Plural {
        one: "{n} sauvegarde, {size} en tout.",
        many: "{n} sauvegardes, {size} en tout.",
    },
    kept_how: "La dernière de chacun des 7 derniers jours, des 4 dernières semaines et des 12 derniers mois.",
    forget: "Ce que vous supprimez",
    deleted: "Ce que vous supprimez ici reste dans les sauvegardes faites avant, jusqu’à ce qu’elles partent selon cette règle. Tant que des sauvegardes se font et que les anciennes peuvent être supprimées là-bas, c’est un an et deux semaines au plus.",
    now: "En faire une maintenant",
    asked: "Une sauvegarde est en cours. Elle continue pendant que vous faites autre chose.",
    settings: "Où, et tous les combien",
    kind: "Gardée dans",
    at: "Dossier, ou adresse",
    at_hint: "Un dossier comme /media/disque/caliopen, sur un autre disque que celui de la boîte\u{202f}; ou une adresse qui commence par https://, d’un serveur WebDAV comme Nextcloud ou d’un serveur restic. Pour S3, l’adresse d’un compartiment (bucket) qui existe\u{202f}: https://serveur/bucket, suivi d’un dossier si vous voulez",
    user: "Nom là-bas, pour un serveur\u{202f}; pour S3, la clé d’accès",
    password: "Mot de passe là-bas\u{202f}; pour S3, la clé secrète",
    password_hint: "Vide\u{202f}: celui qui est connu.",
    region: "Région, pour S3",
    region_hint: "Telle que votre hébergeur la nomme\u{202f}; vide, c’est us-east-1.",
    often: "Tous les combien",
    limit: "Envoi au plus, en ko par seconde",
    limit_hint: "0\u{202f}: aussi vite que possible. Ce qui est relu pour l’éprouver n’est pas ralenti.",
    code: "Le code de votre feuille de secours",
    code_hint: "32 lettres et chiffres. Il montre que vous avez la feuille, et ouvre la sauvegarde. La boîte le garde scellé, pour éprouver une restauration.",
    code_known: "Il est connu\u{202f}; laissez ce champ vide.",
    turn_on: "Mettre les sauvegardes en marche",
    change: "Changer",
    turn_off: "Arrêter les sauvegardes",
    off_hint: "Ce qui est gardé là-bas y reste. Pour vous en défaire, supprimez ce dossier.",
    done_on: "C’est réglé. Une sauvegarde se fait dans un instant.",
    done_off: "Les sauvegardes sont arrêtées.",
    code_waits: "Vous avez une nouvelle feuille de secours. Jusqu’à la prochaine sauvegarde, le code de l’ancienne ouvre ce qui est là-bas.",
    code_stays: "Vous avez une nouvelle feuille de secours, et son code ouvre la sauvegarde. Celui de l’ancienne l’ouvre aussi, tant qu’il n’a pas pu y être supprimé.",
    untidy: "Ce qui est nouveau a été gardé, mais ce qui est ancien n’a pas pu être supprimé là-bas. {why} Tant que ce n’est pas possible, ce que vous supprimez ici reste dans les sauvegardes faites avant, plus longtemps qu’il n’est dit plus bas.",
    wrong_folder: "Ce n’est pas un chemin complet, ou il est dans le dossier de la boîte\u{202f}: il serait perdu avec elle.",
    wrong_url: "Ce n’est pas une adresse en https. Le nom et le mot de passe ont leurs champs.",
    wrong_bucket: "Ce n’est pas l’adresse d’un compartiment\u{202f}: c’est https://, le serveur, une barre oblique et le nom du compartiment\u{202f}; un dossier peut suivre.",
    wrong_code: "Ce n’est pas le code de votre feuille.",
    restore: "Le jour où il la faut",
    restore_text: "Sur une nouvelle machine, choisissez «\u{202f}J’ai une sauvegarde\u{202f}» dans les premières étapes, ou lancez",
    restic_text: "La sauvegarde a la forme de restic, un logiciel libre\u{202f}: il la montre et la restaure aussi, avec le code pour mot de passe. Chaque message y est un fichier.",
    erase_note: "Les sauvegardes gardées ailleurs ne sont pas effacées avec la boîte, et le code de votre feuille les ouvre encore. Pour vous en défaire, supprimez-les là où elles sont\u{202f}: {at}",
    have: "J’ai une sauvegarde",
    have_cli: "(Vous avez une sauvegarde\u{202f}? Quittez avec Ctrl-C\u{202f}: «\u{202f}caliopen restore\u{202f}» fait revenir cette boîte.)",
    have_title: "Faire revenir une boîte",
    have_intro: "Dites où est la sauvegarde, et tapez le code de votre feuille de secours. La boîte revient telle qu’elle était\u{202f}: courrier, personnes, clés, réglages, et sa phrase de passe.",
    have_button: "Restaurer",
    have_earlier: "Combien avant la plus récente",
    have_earlier_hint: "0 est la plus récente. Si elle est abîmée, 1 est celle d’avant.",
    have_now: "La sauvegarde est en cours de restauration\u{202f}: {n} messages sur {of}.",
    have_reload: "Regarder encore",
    have_failed: "La restauration n’a pas abouti.",
    have_at: "Où elle se trouve pour cette machine, comme /media/disque/caliopen\u{202f}; ou l’adresse qui commence par https://, pour S3 https://serveur/bucket",
    have_after: "Tout est comparé avant que la boîte ne s’ouvre. Vous entrez alors, avec la phrase de passe qu’elle avait. Vous pouvez quitter cette page en attendant.",
    read_me: "Ceci est la sauvegarde d’une boîte Caliopen\u{202f}: tout ce qu’elle contenait à un moment.\n\n\
mail/          chaque message, un fichier chacun, octet pour octet tel qu’il est venu\n\
rows/          tout le reste, une ligne de JSON par ligne de table\n\
slots.json     ce qui ouvre la boîte\u{202f}; c’est scellé\n\
front.jsonl    ce que la boîte sait quand elle est verrouillée\n\
manifest.json  ce qui est ici, compté et haché\n\n\
«\u{202f}caliopen restore\u{202f}» en refait la boîte, avec le code de la feuille de secours.\n",
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static BackupWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

/// A kind of place.
pub fn kind(lang: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::Folder => say(lang, "a folder", "un dossier"),
        Kind::Rest => say(lang, "a restic server (REST)", "un serveur restic (REST)"),
        Kind::WebDav => say(lang, "a WebDAV server", "un serveur WebDAV"),
        Kind::S3 => say(lang, "an S3 bucket", "un compartiment S3"),
    }
}

/// How often.
pub fn often(lang: Lang, often: Often) -> &'static str {
    match often {
        Often::Daily => say(lang, "every night", "chaque nuit"),
        Often::Quarterly => say(lang, "every six hours", "toutes les six heures"),
        Often::Weekly => say(lang, "once a week", "une fois par semaine"),
    }
}

/// What went wrong, and what to do.
pub fn trouble(lang: Lang, trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Unreachable => say(
            lang,
            "The place cannot be reached: is the disk plugged in, does the server answer?",
            "L’endroit est injoignable\u{202f}: le disque est-il branché, le serveur répond-il\u{202f}?",
        ),
        Trouble::Refused => say(
            lang,
            "The place refuses: look at the name, the password, and the rights of the folder.",
            "L’endroit refuse\u{202f}: voyez le nom, le mot de passe, et les droits du dossier.",
        ),
        Trouble::Full => say(
            lang,
            "There is no room left there: make some, or choose another place.",
            "Il n’y a plus de place là-bas\u{202f}: faites-en, ou choisissez un autre endroit.",
        ),
        Trouble::Code => say(
            lang,
            "The code does not open the backup that is there.",
            "Le code n’ouvre pas la sauvegarde qui est là-bas.",
        ),
        Trouble::Damaged => say(
            lang,
            "A part of it is no longer what was put there: the disk there may be failing.",
            "Une partie n’est plus ce qui y avait été mis\u{202f}: le disque là-bas est peut-être en train de lâcher.",
        ),
        Trouble::Missing => say(
            lang,
            "A part of it is gone: was something deleted there?",
            "Une partie a disparu\u{202f}: quelque chose y a-t-il été supprimé\u{202f}?",
        ),
        Trouble::Nothing => say(
            lang,
            "There is no backup there: is it the right disk, the right folder?",
            "Il n’y a pas de sauvegarde à cet endroit\u{202f}: est-ce le bon disque, le bon dossier\u{202f}?",
        ),
        Trouble::Newer => say(
            lang,
            "It was made by a newer version of this program: update it.",
            "Elle a été faite par une version plus récente de ce logiciel\u{202f}: mettez-le à jour.",
        ),
        Trouble::NoRoom => say(
            lang,
            "This box’s own disk has no room to restore it.",
            "Le disque de cette boîte n’a pas la place de la restaurer.",
        ),
        Trouble::CutShort => say(lang, "It was cut short.", "Elle a été interrompue."),
        Trouble::Differs => say(
            lang,
            "What was restored is not what was backed up.",
            "Ce qui a été restauré n’est pas ce qui avait été sauvegardé.",
        ),
        Trouble::NotBlank => say(
            lang,
            "There is a box here already. A backup is restored on a blank one only.",
            "Il y a déjà une boîte ici. Une sauvegarde ne se restaure que sur une boîte vierge.",
        ),
        Trouble::Store => say(
            lang,
            "This box’s own store could not be read or written; its log says more.",
            "Le coffre de cette boîte n’a pas pu être lu ou écrit\u{202f}; le journal du système en dit plus.",
        ),
        Trouble::Clock => say(
            lang,
            "The clock of this machine and that of the place differ, and what one signs the other refuses: set this one right.",
            "L’horloge de cette machine et celle de là-bas diffèrent, et l’une refuse ce que signe l’autre\u{202f}: remettez celle-ci à l’heure.",
        ),
        Trouble::NoBucket => say(
            lang,
            "There is no bucket of that name there: make it at your provider, or look at its name.",
            "Il n’y a pas de compartiment de ce nom là-bas\u{202f}: créez-le chez votre hébergeur, ou voyez son nom.",
        ),
        Trouble::Signature => say(
            lang,
            "The place does not take this box’s signature: look at the secret key, and at the region.",
            "L’endroit n’accepte pas la signature de cette boîte\u{202f}: voyez la clé secrète, et la région.",
        ),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn french_has_its_spaces() {
        let (source, _) = include_str!("backup.rs").split_once("#[cfg(test)]").unwrap();
        for text in source.split('"').skip(1).step_by(2) {
            let text = text.replace("\\u{202f}", "\u{202f}");
            assert!(!text.contains(" ;") && !text.contains(" :") && !text.contains('\''), "{text}");
        }
    }
}
