//! What would win more, how much, and who can do it.

use super::{counted, say};
use crate::{
    domain::privacy::{
        evidence::Direction,
        message::{Advice, Tip, Who},
    },
    locale::Lang,
};

/// The tip in words: what to do, the points, who can act.
pub fn tip(lang: Lang, tip: &Tip) -> String {
    let points = counted(lang, u32::from(tip.wins), ["point", "points"], ["point", "points"]);
    let advice = advice(lang, tip.advice);
    match tip.who {
        Who::You => say(
            lang,
            format!("{advice} Up to {points}; you can do it."),
            format!("{advice} Jusqu’à {points}\u{202f}; vous pouvez le faire."),
        ),
        Who::Contact => say(
            lang,
            format!("{advice} Up to {points}; your contact can do it."),
            format!("{advice} Jusqu’à {points}\u{202f}; votre contact peut le faire."),
        ),
        Who::TheirProvider => say(
            lang,
            format!("{advice} Up to {points}; their mail provider can do it."),
            format!("{advice} Jusqu’à {points}\u{202f}; son fournisseur de messagerie peut le faire."),
        ),
        // It is still to come.
        Who::Nobody if tip.advice == Advice::WhenSent => say(
            lang,
            format!("{advice} Worth up to {points}."),
            format!("{advice} Jusqu’à {points} en jeu."),
        ),
        Who::Nobody => say(
            lang,
            format!("{advice} Worth up to {points}; nobody can change it now."),
            format!("{advice} Jusqu’à {points} en jeu\u{202f}; personne ne peut plus rien y changer."),
        ),
    }
}

fn advice(lang: Lang, advice: Advice) -> &'static str {
    match advice {
        Advice::TooLate => say(
            lang,
            "It was not checked when the message came.",
            "Cela n’a pas été vérifié à l’arrivée du message.",
        ),
        Advice::WhenSent => say(
            lang,
            "It is seen when this box itself delivers a message.",
            "Cela se voit quand cette boîte remet elle-même un message.",
        ),
        Advice::LookAtRecords => say(
            lang,
            "Have the records of your domain looked at: then it is known of what you send.",
            "Faites vérifier les enregistrements de votre domaine\u{202f}: on le sait alors de ce que vous envoyez.",
        ),
        Advice::Open => say(
            lang,
            "Open it with your key: then it will be known.",
            "Ouvrez-le avec votre clé\u{202f}: on le saura alors.",
        ),
        Advice::CheckSignature => say(
            lang,
            "Ask the sender for their key, so that a signature can be checked.",
            "Demandez sa clé à l’expéditeur, pour pouvoir vérifier une signature.",
        ),
        Advice::CompareKeys => say(
            lang,
            "Compare keys with them, side by side or by telephone.",
            "Comparez vos clés, côte à côte ou par téléphone.",
        ),
        Advice::ShorterWay => say(
            lang,
            "Mail sent by a shorter way, encrypted at every step, loses nothing here.",
            "Un courrier envoyé par un chemin plus court, chiffré à chaque étape, ne perd rien ici.",
        ),
        Advice::AddContact => say(
            lang,
            "Add them to your contacts, if you know them.",
            "Ajoutez-les à vos contacts, si vous les connaissez.",
        ),
        Advice::AskForKey => say(
            lang,
            "Ask for a key: they need to make one.",
            "Demandez une clé\u{202f}: il leur faut en créer une.",
        ),
        Advice::RaiseContact => say(
            lang,
            "Exchange encrypted messages and compare keys: their index rises with it.",
            "Échangez des messages chiffrés et comparez vos clés\u{202f}: l’indice du contact monte avec.",
        ),
        Advice::AskAnotherWay => say(
            lang,
            "Do not trust it: ask the sender by another way, such as the telephone.",
            "Ne vous y fiez pas\u{202f}: demandez à l’expéditeur par un autre moyen, comme le téléphone.",
        ),
        Advice::LeaveUnloaded => say(
            lang,
            "What was loaded stays loaded; next time, leave it out.",
            "Ce qui est chargé reste chargé\u{202f}; la prochaine fois, ne le chargez pas.",
        ),
        Advice::Encrypt(Direction::In) => say(
            lang,
            "Give them your key and ask them to encrypt what they write to you.",
            "Donnez-leur votre clé et demandez-leur de chiffrer ce qu’ils vous écrivent.",
        ),
        Advice::Encrypt(_) => say(
            lang,
            "Encrypt it: everyone it is for needs a key.",
            "Chiffrez-le\u{202f}: chaque destinataire doit avoir une clé.",
        ),
        Advice::EncryptWhole(Direction::In) => say(
            lang,
            "Ask them to encrypt the whole message (PGP/MIME).",
            "Demandez-leur de chiffrer le message entier (PGP/MIME).",
        ),
        Advice::EncryptWhole(_) => say(
            lang,
            "Encrypt the whole message (PGP/MIME).",
            "Chiffrez le message entier (PGP/MIME).",
        ),
        Advice::Modern(Direction::In) => say(
            lang,
            "Ask them to bring their mail program up to date (RFC 9580).",
            "Demandez-leur de mettre à jour leur logiciel de messagerie (RFC 9580).",
        ),
        Advice::Modern(_) => say(
            lang,
            "Keys made by up-to-date programs allow the newer format (RFC 9580).",
            "Des clés créées par des logiciels à jour permettent le format récent (RFC 9580).",
        ),
        Advice::HideSubject(Direction::In) => say(
            lang,
            "Ask them to turn on encryption of the subject in their mail program.",
            "Demandez-leur d’activer le chiffrement de l’objet dans leur logiciel de messagerie.",
        ),
        Advice::HideSubject(_) => say(lang, "Encrypt the subject too.", "Chiffrez aussi l’objet."),
        Advice::Sign(Direction::In) => say(
            lang,
            "Ask them to sign what they write with their key.",
            "Demandez-leur de signer ce qu’ils écrivent avec leur clé.",
        ),
        Advice::Sign(_) => say(lang, "Sign it with your key.", "Signez-le avec votre clé."),
        Advice::WriteClean(Direction::In) => say(
            lang,
            "Ask them to write without trackers and remote pictures, or unsubscribe.",
            "Demandez-leur d’écrire sans pisteurs ni images distantes, ou désabonnez-vous.",
        ),
        Advice::WriteClean(_) => say(
            lang,
            "Put pictures into the message itself, and let links show where they lead.",
            "Mettez les images dans le message lui-même, et laissez voir où mènent les liens.",
        ),
        Advice::FewerPeople(Direction::In) => say(
            lang,
            "What is shared with fewer people stays more private.",
            "Ce qui est partagé avec moins de personnes reste plus confidentiel.",
        ),
        Advice::FewerPeople(_) => say(lang, "Write to fewer people at once.", "Écrivez à moins de personnes à la fois."),
        Advice::BetterTls(Direction::In) => say(
            lang,
            "Their server could use today’s encryption (TLS 1.3).",
            "Leur serveur pourrait utiliser le chiffrement actuel (TLS 1.3).",
        ),
        Advice::BetterTls(_) => say(
            lang,
            "The recipients’ servers could offer today’s encryption (TLS 1.3).",
            "Les serveurs des destinataires pourraient offrir le chiffrement actuel (TLS 1.3).",
        ),
        Advice::Hybrid(Direction::In) => say(
            lang,
            "Their server could use a post-quantum key exchange; yours offers it.",
            "Leur serveur pourrait utiliser un échange de clés post-quantique\u{202f}; le vôtre l’offre.",
        ),
        Advice::Hybrid(_) => say(
            lang,
            "The recipients’ servers could offer a post-quantum key exchange.",
            "Les serveurs des destinataires pourraient offrir un échange de clés post-quantique.",
        ),
        Advice::Strict(Direction::In) => say(
            lang,
            "Publish DANE or an enforced MTA-STS policy for your domain.",
            "Publiez DANE ou une politique MTA-STS imposée pour votre domaine.",
        ),
        Advice::Strict(_) => say(
            lang,
            "The recipients’ domains could publish DANE or an enforced MTA-STS policy.",
            "Les domaines des destinataires pourraient publier DANE ou une politique MTA-STS imposée.",
        ),
        Advice::Dkim(Direction::In) => say(
            lang,
            "The sending domain could sign its mail (DKIM).",
            "Le domaine d’envoi pourrait signer son courrier (DKIM).",
        ),
        Advice::Dkim(_) => say(
            lang,
            "Publish the DKIM record of your domain.",
            "Publiez l’enregistrement DKIM de votre domaine.",
        ),
        Advice::Dmarc(Direction::In) => say(
            lang,
            "The sending domain could ask for forgeries to be refused (DMARC).",
            "Le domaine d’envoi pourrait demander de refuser les faux (DMARC).",
        ),
        Advice::Dmarc(_) => say(
            lang,
            "Publish a DMARC policy of quarantine or reject for your domain.",
            "Publiez une politique DMARC quarantine ou reject pour votre domaine.",
        ),
    }
}
