//! The words of what the box says to strangers: its page about privacy and the charter, made from what is set; the page on
//! which that is chosen; and what the boxes of others say. French has its narrow no-break spaces (U+202F) written out.
//!
//! A sentence here is a fact about the program or about a setting. What is not so is not said.

use super::{Lang, say};
use crate::domain::{
    fact::Fact,
    world::{CHOSEN, Claim, Commitment, Facts, Item, Untrue},
};

/// The phrases of these pages.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct WorldWords {
    pub title: &'static str,
    pub sentence: &'static str,
    pub intro: &'static str,
    pub saved: &'static str,
    pub page: &'static str,
    pub page_hint: &'static str,
    pub preview: &'static str,
    pub contact: &'static str,
    pub contact_hint: &'static str,
    pub law: &'static str,
    pub law_hint: &'static str,
    pub too_long: &'static str,
    pub signed: &'static str,
    pub statement: &'static str,
    pub statement_hint: &'static str,
    pub account: &'static str,
    pub account_hint: &'static str,
    pub charter: &'static str,
    pub charter_hint: &'static str,
    pub until: &'static str,
    pub not_signed: &'static str,
    pub save: &'static str,
    pub is_preview: &'static str,
    pub shown_now: &'static str,
    pub not_shown: &'static str,
    pub public_title: &'static str,
    pub public_intro: &'static str,
    pub who: &'static str,
    pub who_nobody: &'static str,
    pub law_title: &'static str,
    pub charter_title: &'static str,
    pub charter_intro: &'static str,
    pub charter_accepted: &'static str,
    pub charter_not: &'static str,
    pub kept: &'static str,
    pub not_kept: &'static str,
    pub version: &'static str,
    pub sign_in: &'static str,
    pub news: &'static str,
    pub news_look: &'static str,
    pub news_seen: &'static str,
    pub report: &'static str,
    pub report_says: &'static str,
    pub report_intro: &'static str,
    pub report_text: &'static str,
    pub report_more: &'static str,
    pub told: &'static str,
    pub told_hint: &'static str,
    pub told_box: &'static str,
    pub told_account: &'static str,
    pub told_charter: &'static str,
    pub told_software: &'static str,
    pub told_until: &'static str,
    pub told_nothing: &'static str,
    pub says: &'static str,
}

const EN: WorldWords = WorldWords {
    title: "What strangers may know",
    sentence: "A page about privacy for the world, and a signed statement for the boxes of your contacts. Off until you say so.",
    intro: "This box can say what it is and how it treats mail. All of it is made from what is really set here, and changes with it. Nothing about your mail, your people or your devices is in it.",
    saved: "Saved.",
    page: "Show the page about privacy to everybody",
    page_hint: "Whoever opens /privacy at this box without being signed in sees it. Otherwise they are asked to sign in, as everywhere.",
    preview: "Look at the page as strangers see it",
    contact: "How you are reached about privacy",
    contact_hint: "For instance an address or a telephone number. Everybody can read it.",
    law: "Who answers for this box, and under which law",
    law_hint: "For instance your name, your country and its authority for data protection. Everybody can read it.",
    too_long: "This is too long. At most 600 characters.",
    signed: "The signed statement",
    statement: "Publish a statement that is signed with your key",
    statement_hint: "It lies at /.well-known/caliopen/statement and says your domain, this box’s letter and version, and what can be checked from outside. The boxes of your contacts fetch it once a day at most and show it on your card. It ends after seven days unless this box signs it anew; turned off, it is gone at once. Beside it lies the charter.",
    account: "With the letter of my account",
    account_hint: "The only personal thing that is ever shared: the letter, not the points and not why.",
    charter: "I accept the charter",
    charter_hint: "Its five commitments stand on the page. What of each is so is read from the settings, whether you accept it or not.",
    until: "Signed; it counts until {when}.",
    not_signed: "It is not signed yet: your key is being made, or cannot sign.",
    save: "Save",
    is_preview: "This is a preview.",
    shown_now: "Everybody sees this page.",
    not_shown: "Nobody but you sees this page.",
    public_title: "Privacy at {domain}",
    public_intro: "This is the mailbox of one person, on a machine of their own. What follows is read from its settings, not written by hand.",
    who: "Whom to ask",
    who_nobody: "The owner of this box gives no contact here.",
    law_title: "Who answers for it",
    charter_title: "The charter",
    charter_intro: "Five commitments, each with what is so at this box now. Nobody else has checked them: this box says it of itself.",
    charter_accepted: "The owner of this box accepts this charter.",
    charter_not: "The owner of this box has not accepted this charter.",
    kept: "so now",
    not_kept: "not so now",
    version: "Version {version} of this text.",
    sign_in: "Are you the owner?",
    news: "What the page about privacy says of this program has changed.",
    news_look: "Read it",
    news_seen: "I have read it",
    report: "Report a problem",
    report_says: "A text about how this box stands, for whoever helps you, with nothing personal in it.",
    report_intro: "Nobody is told anything by this page: it makes a text that you may copy and give to whoever helps you. It holds no address, no name and no word of a message. Read it before you give it away.",
    report_text: "The text",
    report_more: "Add in your own words what you did, what you expected, and what happened instead. There is no support service that keeps what you write: you choose whom you ask.",
    told: "What their box says of itself",
    told_hint: "Their own word, signed with the key that you use for them. It wins points only where this box saw that it is so.",
    told_box: "Their box says",
    told_account: "Their account says",
    told_charter: "Charter accepted",
    told_software: "Version",
    told_until: "Counts until {when}.",
    told_nothing: "{domain} says nothing about itself.",
    says: "says {letter}",
};

const FR: WorldWords = WorldWords {
    title: "Ce que le monde peut savoir",
    sentence: "Une page sur la vie privée pour tout le monde, et une déclaration signée pour les boîtes de vos contacts. Rien tant que vous ne le voulez pas.",
    intro: "Cette boîte peut dire ce qu’elle est et comment elle traite le courrier. Tout est tiré de ce qui est vraiment réglé ici, et change avec. Rien sur votre courrier, vos proches ou vos appareils n’y figure.",
    saved: "Enregistré.",
    page: "Montrer à tous la page sur la vie privée",
    page_hint: "Qui ouvre /privacy sur cette boîte sans être connecté la voit. Sinon il est invité à se connecter, comme partout.",
    preview: "Voir la page comme les autres la voient",
    contact: "Comment vous joindre au sujet de la vie privée",
    contact_hint: "Par exemple une adresse ou un numéro de téléphone. Tout le monde peut le lire.",
    law: "Qui répond de cette boîte, et sous quel droit",
    law_hint: "Par exemple votre nom, votre pays et son autorité de protection des données. Tout le monde peut le lire.",
    too_long: "C’est trop long. 600 caractères au plus.",
    signed: "La déclaration signée",
    statement: "Publier une déclaration signée avec votre clé",
    statement_hint: "Elle se trouve à /.well-known/caliopen/statement et dit votre domaine, la lettre et la version de cette boîte, et ce qui se vérifie du dehors. Les boîtes de vos contacts vont la chercher au plus une fois par jour et la montrent sur votre fiche. Elle prend fin après sept jours si cette boîte ne la signe pas de nouveau\u{202f}; désactivée, elle disparaît aussitôt. La charte se trouve à côté.",
    account: "Avec la lettre de mon compte",
    account_hint: "La seule chose personnelle qui soit jamais partagée\u{202f}: la lettre, ni les points ni leurs raisons.",
    charter: "J’accepte la charte",
    charter_hint: "Ses cinq engagements figurent sur la page. Ce qu’il en est de chacun est lu dans les réglages, que vous l’acceptiez ou non.",
    until: "Signée\u{202f}; elle vaut jusqu’au {when}.",
    not_signed: "Elle n’est pas encore signée\u{202f}: votre clé est en préparation, ou ne peut pas signer.",
    save: "Enregistrer",
    is_preview: "Ceci est un aperçu.",
    shown_now: "Tout le monde voit cette page.",
    not_shown: "Personne d’autre que vous ne voit cette page.",
    public_title: "La vie privée chez {domain}",
    public_intro: "Ceci est la boîte aux lettres d’une seule personne, sur une machine à elle. Ce qui suit est lu dans ses réglages, et non écrit à la main.",
    who: "À qui s’adresser",
    who_nobody: "Le propriétaire de cette boîte n’indique ici aucun contact.",
    law_title: "Qui en répond",
    charter_title: "La charte",
    charter_intro: "Cinq engagements, chacun avec ce qu’il en est sur cette boîte aujourd’hui. Personne d’autre ne les a vérifiés\u{202f}: la boîte le dit d’elle-même.",
    charter_accepted: "Le propriétaire de cette boîte accepte cette charte.",
    charter_not: "Le propriétaire de cette boîte n’a pas accepté cette charte.",
    kept: "tenu aujourd’hui",
    not_kept: "pas tenu aujourd’hui",
    version: "Version {version} de ce texte.",
    sign_in: "Êtes-vous le propriétaire\u{202f}?",
    news: "Ce que la page sur la vie privée dit de ce programme a changé.",
    news_look: "La lire",
    news_seen: "Je l’ai lue",
    report: "Signaler un problème",
    report_says: "Un texte sur l’état de cette boîte, pour qui vous aide, sans rien de personnel.",
    report_intro: "Cette page ne prévient personne\u{202f}: elle prépare un texte que vous pouvez copier et donner à qui vous aide. Il ne contient ni adresse, ni nom, ni mot d’un message. Lisez-le avant de le donner.",
    report_text: "Le texte",
    report_more: "Ajoutez avec vos mots ce que vous avez fait, ce que vous attendiez, et ce qui s’est passé. Aucun service ne garde ce que vous écrivez\u{202f}: vous choisissez à qui vous demandez.",
    told: "Ce que sa boîte dit d’elle-même",
    told_hint: "C’est sa parole, signée avec la clé que vous utilisez pour cette personne. Elle ne rapporte des points que là où cette boîte a vu qu’il en est ainsi.",
    told_box: "Sa boîte dit",
    told_account: "Son compte dit",
    told_charter: "Charte acceptée",
    told_software: "Version",
    told_until: "Vaut jusqu’au {when}.",
    told_nothing: "{domain} ne dit rien de lui-même.",
    says: "dit {letter}",
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static WorldWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

/// A part of the page: its heading and its sentences.
pub type Part = (&'static str, Vec<String>);

/// The parts of the page that follow from the program and from what is set.
pub fn parts(lang: Lang, facts: &Facts) -> Vec<Part> {
    vec![
        (
            say(lang, "If you write to this address", "Si vous écrivez à cette adresse"),
            writing(lang),
        ),
        (
            say(lang, "What is kept, and for how long", "Ce qui est gardé, et combien de temps"),
            keeping(lang, facts),
        ),
        (say(lang, "If you look at this page", "Si vous regardez cette page"), visiting(lang)),
        (
            say(lang, "Whom this box connects to", "À qui cette boîte se connecte"),
            connecting(lang, facts),
        ),
        (say(lang, "Logs and reports", "Journaux et rapports"), logging(lang, facts)),
    ]
}

fn all(lang: Lang, sentences: &[(&'static str, &'static str)]) -> Vec<String> {
    sentences.iter().map(|(en, fr)| say(lang, en, fr).to_owned()).collect()
}

fn writing(lang: Lang) -> Vec<String> {
    all(
        lang,
        &[
            (
                "Your message is read by machines here only: it is looked at for spam, for danger and for how well it was protected, on this box and nowhere else.",
                "Votre message n’est lu par des machines qu’ici\u{202f}: on y cherche le spam, les dangers et comment il était protégé, sur cette boîte et nulle part ailleurs.",
            ),
            (
                "With it is kept how it came: the address and name of the server that brought it, how the connection was encrypted, and what your domain vouches for.",
                "Avec lui est gardé comment il est venu\u{202f}: l’adresse et le nom du serveur qui l’a apporté, comment la connexion était chiffrée, et ce dont votre domaine se porte garant.",
            ),
            (
                "Pictures from elsewhere are not loaded by themselves, and nobody is told that a message was read.",
                "Les images venues d’ailleurs ne se chargent pas d’elles-mêmes, et personne n’apprend qu’un message a été lu.",
            ),
        ],
    )
}

fn days(lang: Lang, number: u32, en: &str, fr: &str) -> String {
    let (one, many) = match lang {
        Lang::En => ("1 day", "{n} days"),
        Lang::Fr => ("1\u{a0}jour", "{n}\u{a0}jours"),
    };
    let days = if number == 1 {
        one.to_owned()
    } else {
        many.replace("{n}", &number.to_string())
    };
    match lang {
        Lang::En => en,
        Lang::Fr => fr,
    }
    .replace("{days}", &days)
}

fn keeping(lang: Lang, facts: &Facts) -> Vec<String> {
    let number = |item| facts.number(item);
    let key_file = if facts.has(Item::KeyFile) {
        (
            "It is encrypted on the disk; a key file opens it by itself after a restart.",
            "Le tout est chiffré sur le disque\u{202f}; un fichier de clé l’ouvre de lui-même après un redémarrage.",
        )
    } else {
        (
            "It is encrypted on the disk, and after a restart it stays locked until the owner signs in.",
            "Le tout est chiffré sur le disque, et après un redémarrage la boîte reste verrouillée jusqu’à ce que son propriétaire se connecte.",
        )
    };
    vec![
        say(
            lang,
            "Mail is kept until its owner deletes it.",
            "Le courrier est gardé jusqu’à ce que son propriétaire le supprime.",
        )
        .to_owned(),
        days(
            lang,
            number(Item::BinDays),
            "What was deleted stays in a wastebasket for {days}; then it is gone within days. What arrived while the box was locked may leave sealed traces on the disk until their place is used again.",
            "Ce qui a été supprimé reste {days} dans une corbeille\u{202f}; puis cela disparaît en quelques jours. Ce qui est arrivé pendant que la boîte était verrouillée peut laisser sur le disque des traces scellées, jusqu’à ce que leur place resserve.",
        ),
        days(
            lang,
            number(Item::JournalDays),
            "What the owner did with this box (sign-ins, devices, settings, exports) is noted for {days}.",
            "Ce que le propriétaire a fait de cette boîte (connexions, appareils, réglages, exports) est noté pendant {days}.",
        ),
        days(
            lang,
            number(Item::LedgerDays),
            "Whom this box connected to, and how often a day, is noted for {days}.",
            "À qui cette boîte s’est connectée, et combien de fois par jour, est noté pendant {days}.",
        ),
        say(lang, key_file.0, key_file.1).to_owned(),
        backup(lang, facts).to_owned(),
    ]
}

fn backup(lang: Lang, facts: &Facts) -> &'static str {
    if facts.has(Item::Backup) {
        say(
            lang,
            "A backup is made, encrypted; what was deleted is gone from it once its older versions are thrown away.",
            "Une sauvegarde est faite, chiffrée\u{202f}; ce qui a été supprimé en disparaît quand ses versions anciennes sont jetées.",
        )
    } else {
        say(lang, "No backup is made by this box.", "Cette boîte ne fait pas de sauvegarde.")
    }
}

fn visiting(lang: Lang) -> Vec<String> {
    all(
        lang,
        &[
            (
                "Nobody is counted or recognised: there are no statistics, nothing is loaded from elsewhere, and visits are not written down.",
                "Personne n’est compté ni reconnu\u{202f}: pas de statistiques, rien n’est chargé d’ailleurs, et les visites ne sont pas notées.",
            ),
            (
                "A random number is put into your browser so that the forms on this page cannot be abused. It is not kept here.",
                "Un nombre au hasard est mis dans votre navigateur pour que les formulaires de cette page ne puissent pas être détournés. Il n’est pas gardé ici.",
            ),
        ],
    )
}

fn connecting(lang: Lang, facts: &Facts) -> Vec<String> {
    let mut said = all(
        lang,
        &[
            (
                "A name server; the mail servers of people whom the owner writes to; and the web servers of those domains, for their keys, their rules about encryption and what their box says of itself.",
                "Un serveur de noms\u{202f}; les serveurs de courrier de ceux à qui le propriétaire écrit\u{202f}; et les serveurs web de ces domaines, pour leurs clés, leur politique de chiffrement et ce que leur boîte dit d’elle-même.",
            ),
            (
                "A key server, only when the owner asks it for somebody’s key or gives it their own: it then learns whose.",
                "Un serveur de clés, seulement quand le propriétaire lui demande la clé de quelqu’un ou lui confie la sienne\u{202f}: il apprend alors de qui.",
            ),
            (
                "There is no telemetry: the makers of this program learn nothing.",
                "Il n’y a pas de télémétrie\u{202f}: ceux qui ont fait ce programme n’apprennent rien.",
            ),
        ],
    );
    let known = said.len();
    let others = CHOSEN.iter().filter(|item| facts.has(**item));
    said.extend(others.map(|item| third(lang, *item).to_owned()));
    if said.len() == known {
        said.push(say(lang, "Nobody else.", "Personne d’autre.").to_owned());
    }
    said
}

/// Somebody else whom the box connects to, by how it is set.
fn third(lang: Lang, item: Item) -> &'static str {
    match item {
        Item::Mailboxes => say(
            lang,
            "Other providers with whom the owner has a mailbox too: mail is fetched from there, and was theirs to read unless it was encrypted.",
            "D’autres fournisseurs chez qui le propriétaire a aussi une boîte\u{202f}: le courrier en est rapporté, et ils ont pu le lire s’il n’était pas chiffré.",
        ),
        Item::MailboxesSend => say(
            lang,
            "What the owner writes from an address at another provider leaves by that provider: it sees from whom and to whom, and what is not encrypted end to end.",
            "Ce que le propriétaire écrit depuis une adresse chez un autre fournisseur part par ce fournisseur\u{202f}: il voit de qui et à qui, et ce qui n’est pas chiffré de bout en bout.",
        ),
        Item::BackupElsewhere => say(
            lang,
            "A server of the owner’s choice keeps the encrypted backup; it sees its size and when it is made.",
            "Un serveur choisi par le propriétaire garde la sauvegarde chiffrée\u{202f}; il en voit la taille et le moment.",
        ),
        Item::Announcing => say(
            lang,
            "The provider of the domain’s names is told when the address of this box changes.",
            "Le fournisseur des noms du domaine apprend quand l’adresse de cette boîte change.",
        ),
        Item::Relay => say(
            lang,
            "A relay of somebody else’s hands on the mail that leaves: it sees from whom and to whom, and what is not encrypted end to end.",
            "Un relais tenu par quelqu’un d’autre transmet le courrier qui part\u{202f}: il voit de qui et à qui, et ce qui n’est pas chiffré de bout en bout.",
        ),
        Item::Push => say(
            lang,
            "The notice services of browser makers ring the owner’s devices when mail comes; they learn when, and nothing of it.",
            "Les services de notification des fabricants de navigateurs sonnent les appareils du propriétaire quand du courrier arrive\u{202f}; ils apprennent quand, et rien de ce qu’il dit.",
        ),
        Item::TlsReports => say(
            lang,
            "Domains that ask for it are told once a day how encrypting the way to them went.",
            "Les domaines qui le demandent apprennent une fois par jour comment s’est passé le chiffrement du chemin vers eux.",
        ),
        Item::Authority => say(
            lang,
            "A certificate authority signs the certificate of this box.",
            "Une autorité de certification signe le certificat de cette boîte.",
        ),
        Item::Updates => say(
            lang,
            "A server that the owner chose is asked once a day whether there is a newer release.",
            "Un serveur choisi par le propriétaire est interrogé une fois par jour sur l’existence d’une version plus récente.",
        ),
        _ => "",
    }
}

fn logging(lang: Lang, facts: &Facts) -> Vec<String> {
    let mut said = all(
        lang,
        &[(
            "The log of the program says how it runs. No address, no subject and no word of a message stands in it.",
            "Le journal du programme dit comment il tourne. Aucune adresse, aucun objet, aucun mot d’un message n’y figure.",
        )],
    );
    if !facts.has(Item::TlsReports) {
        said.push(say(lang, "No reports are given to anybody.", "Aucun rapport n’est donné à personne.").to_owned());
    }
    if facts.has(Item::Statement) {
        said.push(
            say(
                lang,
                "This box publishes a signed statement about itself at /.well-known/caliopen/statement, and what is so of the charter at /.well-known/caliopen/charter.",
                "Cette boîte publie une déclaration signée sur elle-même à /.well-known/caliopen/statement, et ce qu’il en est de la charte à /.well-known/caliopen/charter.",
            )
            .to_owned(),
        );
    }
    if facts.has(Item::AccountLetter) {
        said.push(
            say(
                lang,
                "The letter of the owner’s account stands in it.",
                "La lettre du compte du propriétaire y figure.",
            )
            .to_owned(),
        );
    }
    said
}

/// A commitment of the charter.
pub fn commitment(lang: Lang, commitment: Commitment) -> &'static str {
    match commitment {
        Commitment::NoTrade => say(
            lang,
            "Personal data is not traded: nothing is measured, sold or shown to advertisers.",
            "Les données personnelles ne se monnaient pas\u{202f}: rien n’est mesuré, vendu ni montré à des annonceurs.",
        ),
        Commitment::Lasting => say(
            lang,
            "What is kept lasts: it can be taken out whole, in documented formats, and brought elsewhere.",
            "Ce qui est gardé dure\u{202f}: tout peut être emporté, dans des formats documentés, et déposé ailleurs.",
        ),
        Commitment::Plain => say(
            lang,
            "The terms can be read: this page says what is kept, and each access and export is noted for the owner.",
            "Les conditions se lisent\u{202f}: cette page dit ce qui est gardé, et chaque accès et chaque export est noté pour le propriétaire.",
        ),
        Commitment::Mended => say(
            lang,
            "Holes are mended in reasonable time: the release that runs is younger than ninety days.",
            "Les failles sont réparées dans un délai raisonnable\u{202f}: la version qui tourne a moins de quatre-vingt-dix jours.",
        ),
        Commitment::Open => say(
            lang,
            "It can be checked: what is so of this charter is published, signed.",
            "Cela se vérifie\u{202f}: ce qu’il en est de cette charte est publié, et signé.",
        ),
    }
}

/// A claim of a statement.
pub fn claim(lang: Lang, claim: Claim) -> &'static str {
    match claim {
        Claim::Tls => say(lang, "Its mail server encrypts", "Son serveur de courrier chiffre"),
        Claim::MtaSts => say(lang, "It enforces an MTA-STS policy", "Il impose une politique MTA-STS"),
        Claim::Dane => say(
            lang,
            "Its certificate is named in signed DNS (DANE)",
            "Son certificat est nommé dans un DNS signé (DANE)",
        ),
        Claim::Wkd => say(lang, "Its domain gives the key away", "Son domaine donne la clé"),
        Claim::Dkim => say(lang, "Its mail is signed by its domain", "Son courrier est signé par son domaine"),
    }
}

/// What was seen of a claim.
pub fn seen(lang: Lang, seen: Fact<bool>) -> &'static str {
    match seen {
        Fact::Known(true) => say(lang, "seen to be so", "constaté d’ici"),
        Fact::Known(false) => say(lang, "seen not to be so", "démenti par ce qu’on voit d’ici"),
        Fact::Unknown => say(lang, "not seen from here yet", "pas encore vu d’ici"),
    }
}

/// Why what a domain says counts for nothing.
pub fn untrue(lang: Lang, why: Untrue) -> &'static str {
    match why {
        Untrue::Garbled => say(
            lang,
            "What {domain} gives out is no statement.",
            "Ce que donne {domain} n’est pas une déclaration.",
        ),
        Untrue::Elsewhere => say(
            lang,
            "{domain} gives out the statement of another domain.",
            "{domain} donne la déclaration d’un autre domaine.",
        ),
        Untrue::OutOfTime => say(
            lang,
            "The statement of {domain} is out of its time.",
            "La déclaration de {domain} est hors de sa période de validité.",
        ),
        Untrue::Unsigned => say(
            lang,
            "The statement of {domain} is not signed by the key that you use for them. Somebody may have changed it.",
            "La déclaration de {domain} n’est pas signée par la clé que vous utilisez pour cette personne. Quelqu’un l’a peut-être modifiée.",
        ),
        Untrue::Older => say(
            lang,
            "{domain} gave out an older statement than before. It was not believed.",
            "{domain} a donné une déclaration plus ancienne qu’auparavant. Elle n’a pas été crue.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every setting that is told changes a sentence, in both languages; the charter says the others.
    #[test]
    fn the_page_says_what_is_set() {
        for lang in Lang::ALL {
            let text = |facts: &Facts| {
                parts(lang, facts)
                    .into_iter()
                    .flat_map(|(_, said)| said)
                    .collect::<Vec<_>>()
                    .join("\n")
            };
            let none = text(&Facts::default());
            for item in Item::ALL.iter().filter(|item| **item != Item::Young) {
                let some = text(&Facts::of([(*item, 17)]));
                assert_ne!(some, none, "{item:?}");
                if item.as_str().ends_with("_days") {
                    assert!(some.contains("17"), "{some}");
                }
            }
            for item in CHOSEN {
                assert!(!third(lang, item).is_empty());
            }
        }
    }

    #[test]
    fn french_has_its_spaces() {
        let facts = Facts::of(Item::ALL.iter().map(|item| (*item, 3)));
        let mut said: Vec<String> = parts(Lang::Fr, &facts).into_iter().flat_map(|(_, said)| said).collect();
        said.extend(Commitment::ALL.map(|one| commitment(Lang::Fr, one).to_owned()));
        for text in said {
            let mut before = ' ';
            for c in text.chars() {
                assert!(!matches!(c, ':' | ';' | '?' | '!') || before == '\u{202f}', "{text}");
                assert!(c != '\'', "{text}");
                before = c;
            }
        }
    }
}
