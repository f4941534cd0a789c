//! Why a line won what it won, in one sentence.

use super::{counted, say, shown};
use crate::{
    domain::privacy::{
        evidence::{Authentic, Direction, Dmarc, Encryption, HopClaims, HtmlFindings, Integrity, Signature, Tls},
        index::Line,
        message::{LineId, Reason},
    },
    locale::Lang,
};

/// The sentence of a line.
pub fn reason(lang: Lang, line: &Line) -> String {
    match &line.reason {
        Reason::NotKnown => not_known(lang, line.id).into(),
        Reason::NeverLeft => say(lang, "It never left this box.", "Il n’a jamais quitté cette boîte.").into(),
        Reason::NoteToSelf => say(
            lang,
            "A note to yourself: nobody else takes part.",
            "Une note à vous-même\u{202f}: personne d’autre n’y participe.",
        )
        .into(),
        Reason::Encrypted(Encryption::None) => in_clear(lang, line.id).into(),
        Reason::Encrypted(how) => encrypted(lang, *how).into(),
        Reason::Unprotected => say(
            lang,
            "It is encrypted in a way that lets anyone change it unnoticed, so it was not opened.",
            "Il est chiffré d’une façon qui permet de le modifier sans que cela se voie\u{202f}: il n’a pas été ouvert.",
        )
        .into(),
        Reason::Integrity(how) => integrity(lang, *how).into(),
        Reason::Subject(true) => say(
            lang,
            "The subject is inside the encrypted part.",
            "L’objet est dans la partie chiffrée.",
        )
        .into(),
        Reason::Subject(false) => say(
            lang,
            "The subject travelled outside the encrypted part, readable by every server.",
            "L’objet a voyagé hors de la partie chiffrée, lisible par chaque serveur.",
        )
        .into(),
        Reason::Signature(signature) => signed(lang, *signature).into(),
        Reason::NoSigner => say(
            lang,
            "There is no valid signature of the sender, so no key to compare.",
            "Il n’y a pas de signature valable de l’expéditeur, donc pas de clé à comparer.",
        )
        .into(),
        Reason::Signer(true) => say(
            lang,
            "You compared the key that signed it.",
            "Vous avez comparé la clé qui l’a signé.",
        )
        .into(),
        Reason::Signer(false) => say(
            lang,
            "You never compared the key that signed it.",
            "Vous n’avez jamais comparé la clé qui l’a signé.",
        )
        .into(),
        Reason::Html(found) => html(lang, *found),
        Reason::Tls(tls, way) => connection(lang, *tls, *way).into(),
        Reason::Quantum(true) => say(
            lang,
            "Whoever recorded this connection cannot open it later with a quantum computer (hybrid post-quantum key exchange).",
            "Qui aurait enregistré cette connexion ne pourra pas l’ouvrir plus tard avec un ordinateur quantique (échange de clés hybride post-quantique).",
        )
        .into(),
        Reason::Quantum(false) => say(
            lang,
            "Whoever recorded this connection may open it later with a quantum computer.",
            "Qui aurait enregistré cette connexion pourrait l’ouvrir plus tard avec un ordinateur quantique.",
        )
        .into(),
        Reason::Strict(strict, way) => stripping(lang, *strict, *way).into(),
        Reason::Authentic(who, way) => authentic(lang, *who, *way).into(),
        Reason::Policy(dmarc, way) => policy(lang, *dmarc, *way).into(),
        Reason::Hops(claims) => hops(lang, *claims),
        Reason::Everyone(n) => everyone(lang, line.id, *n).into(),
        Reason::Lacking(address, more) => lacking(lang, line.id, &and_more(lang, &shown(address), *more)),
        Reason::Lowest(address, index) => {
            let who = shown(address);
            say(
                lang,
                format!("The lowest contact index is that of {who}: {index} of 100."),
                format!("L’indice de contact le plus bas est celui de {who}\u{202f}: {index} sur 100."),
            )
        }
        Reason::Audience(n) => audience(lang, *n),
        Reason::List => say(
            lang,
            "It goes through a mailing list: nobody can say who reads it.",
            "Il passe par une liste de diffusion\u{202f}: personne ne peut dire qui le lit.",
        )
        .into(),
        Reason::Forged { signature, policy } => forged(lang, *signature, *policy).into(),
        Reason::Open(way) => open(lang, *way).into(),
        Reason::Anonymous => say(
            lang,
            "Neither the sending domain nor a signature confirms who sent it: at most 40.",
            "Ni le domaine d’envoi ni une signature ne confirment qui l’a envoyé\u{202f}: 40 au plus.",
        )
        .into(),
        Reason::Loaded(false) => say(
            lang,
            "You loaded remote content in it, so others know that you read it: at most 40.",
            "Vous y avez chargé du contenu distant, d’autres savent donc que vous l’avez lu\u{202f}: 40 au plus.",
        )
        .into(),
        Reason::Loaded(true) => say(
            lang,
            "You loaded remote content in an encrypted message, which may have carried its text away: at most 20.",
            "Vous avez chargé du contenu distant dans un message chiffré, ce qui a pu en emporter le texte\u{202f}: 20 au plus.",
        )
        .into(),
        Reason::Unverified(whose) => unverified(lang, whose.as_ref().map(shown)),
    }
}

/// Why nothing is known, which differs from line to line.
fn not_known(lang: Lang, id: LineId) -> &'static str {
    match id {
        LineId::ContentEncrypted => say(
            lang,
            "It is not known whether it is encrypted: nobody has opened it here yet.",
            "On ne sait pas s’il est chiffré\u{202f}: personne ne l’a encore ouvert ici.",
        ),
        LineId::ContentAuthenticated => say(
            lang,
            "It is not known whether a change on the way would be noticed.",
            "On ne sait pas si une modification en chemin se verrait.",
        ),
        LineId::ContentHeaders => say(
            lang,
            "It is not known whether the subject is inside an encrypted part.",
            "On ne sait pas si l’objet est dans une partie chiffrée.",
        ),
        LineId::ContentSigned => say(
            lang,
            "No signature has been checked here; one that is only attached proves nothing.",
            "Aucune signature n’a été vérifiée ici\u{202f}; une signature seulement jointe ne prouve rien.",
        ),
        LineId::ContentSigner => say(
            lang,
            "It is not known whether you compared a key that signed it.",
            "On ne sait pas si vous avez comparé une clé qui l’aurait signé.",
        ),
        LineId::ContentClean => say(lang, "Its text could not be looked through.", "Son texte n’a pas pu être examiné."),
        LineId::TravelTls | LineId::TravelQuantum => {
            say(lang, "This box did not see the connection.", "Cette boîte n’a pas vu la connexion.")
        }
        LineId::TravelStrict => say(
            lang,
            "Nobody checked whether the encryption could have been removed.",
            "Personne n’a vérifié si le chiffrement pouvait être retiré.",
        ),
        LineId::TravelAuthentic => say(
            lang,
            "Nobody checked whether the sending domain confirms it.",
            "Personne n’a vérifié si le domaine d’envoi le confirme.",
        ),
        LineId::TravelPolicy => say(
            lang,
            "Nobody checked what the sending domain asks to be done with forgeries.",
            "Personne n’a vérifié ce que le domaine d’envoi demande de faire des faux.",
        ),
        LineId::TravelHops => say(
            lang,
            "Nothing is known of the servers on its way.",
            "On ne sait rien des serveurs sur son chemin.",
        ),
        LineId::SenderKnown => say(
            lang,
            "It is not known whether everyone who takes part is in your contacts.",
            "On ne sait pas si chaque participant est dans vos contacts.",
        ),
        LineId::SenderKeys => say(
            lang,
            "Nobody checked whether everyone who takes part has a key.",
            "Personne n’a vérifié si chaque participant a une clé.",
        ),
        LineId::SenderVerified => say(
            lang,
            "It is not known whether you compared the keys of everyone who takes part.",
            "On ne sait pas si vous avez comparé les clés de chaque participant.",
        ),
        LineId::SenderContact => say(
            lang,
            "Somebody who takes part has no contact index yet.",
            "Un participant n’a pas encore d’indice de contact.",
        ),
        LineId::SenderAudience => say(
            lang,
            "It is not known how many people it is shared with.",
            "On ne sait pas avec combien de personnes il est partagé.",
        ),
        LineId::CeilingForged | LineId::CeilingOpen | LineId::CeilingAnonymous | LineId::CeilingLoaded | LineId::CeilingUnverified => {
            say(lang, "This was not checked.", "Cela n’a pas été vérifié.")
        }
    }
}

/// What being readable means to each of the lines about encryption.
fn in_clear(lang: Lang, id: LineId) -> &'static str {
    match id {
        LineId::ContentAuthenticated => say(
            lang,
            "Nothing is encrypted, so no encryption would show a change on the way.",
            "Rien n’est chiffré\u{202f}: aucun chiffrement ne montrerait une modification en chemin.",
        ),
        LineId::ContentHeaders => say(
            lang,
            "Nothing is encrypted, the subject included.",
            "Rien n’est chiffré, l’objet non plus.",
        ),
        _ => encrypted(lang, Encryption::None),
    }
}

fn encrypted(lang: Lang, how: Encryption) -> &'static str {
    match how {
        Encryption::None => say(
            lang,
            "It is not end-to-end encrypted: every server that handles it can read it.",
            "Il n’est pas chiffré de bout en bout\u{202f}: chaque serveur qui l’a en main peut le lire.",
        ),
        Encryption::Part => say(
            lang,
            "Only a part of it is encrypted; the rest can be read on the way.",
            "Une partie seulement est chiffrée\u{202f}; le reste peut être lu en chemin.",
        ),
        Encryption::Inline => say(
            lang,
            "Its text is encrypted, but not the message as a whole (inline OpenPGP).",
            "Son texte est chiffré, mais pas le message entier (OpenPGP dans le texte).",
        ),
        Encryption::Whole => say(
            lang,
            "The whole message is end-to-end encrypted (PGP/MIME).",
            "Le message entier est chiffré de bout en bout (PGP/MIME).",
        ),
    }
}

fn integrity(lang: Lang, how: Integrity) -> &'static str {
    match how {
        Integrity::None => say(
            lang,
            "Its encryption lets anyone change it unnoticed.",
            "Son chiffrement permet de le modifier sans que cela se voie.",
        ),
        Integrity::Mdc => say(
            lang,
            "Changes on the way would be noticed, in an older format (OpenPGP SEIPDv1).",
            "Une modification en chemin se verrait, dans un format plus ancien (OpenPGP SEIPDv1).",
        ),
        Integrity::Aead => say(
            lang,
            "Changes on the way would be noticed (authenticated encryption, RFC 9580).",
            "Une modification en chemin se verrait (chiffrement authentifié, RFC 9580).",
        ),
    }
}

fn signed(lang: Lang, signature: Signature) -> &'static str {
    match signature {
        Signature::Broken => say(
            lang,
            "There is a signature and it does not verify.",
            "Il porte une signature, et elle n’est pas valable.",
        ),
        Signature::Absent => say(lang, "It is not signed.", "Il n’est pas signé."),
        Signature::OfAnother => say(
            lang,
            "The signature is valid, but its key does not belong to the sender’s address.",
            "La signature est valable, mais sa clé n’appartient pas à l’adresse de l’expéditeur.",
        ),
        Signature::Valid => say(
            lang,
            "It is signed by a key of the sender’s address, and the signature is valid.",
            "Il est signé par une clé de l’adresse de l’expéditeur, et la signature est valable.",
        ),
    }
}

fn html(lang: Lang, found: HtmlFindings) -> String {
    if found.is_clean() {
        return say(
            lang,
            "Nothing in it calls home, runs, or pretends to be another link.",
            "Rien n’y appelle l’extérieur, ne s’exécute, ni ne se fait passer pour un autre lien.",
        )
        .into();
    }
    let items = [
        (
            found.remote,
            ["remote item", "remote items"],
            ["élément distant", "éléments distants"],
        ),
        (
            found.trackers,
            ["of them to watch you", "of them to watch you"],
            ["pour vous observer", "pour vous observer"],
        ),
        (
            found.active,
            ["active element", "active elements"],
            ["élément actif", "éléments actifs"],
        ),
        (
            found.deceptive,
            [
                "link that shows one address and opens another",
                "links that show one address and open another",
            ],
            [
                "lien qui montre une adresse et en ouvre une autre",
                "liens qui montrent une adresse et en ouvrent une autre",
            ],
        ),
    ];
    let found: Vec<String> = items
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, english, french)| counted(lang, n, english, french))
        .collect();
    let found = found.join(", ");
    say(lang, format!("Found in it: {found}."), format!("On y a trouvé\u{202f}: {found}."))
}

fn connection(lang: Lang, tls: Tls, way: Direction) -> &'static str {
    match (tls, way) {
        (Tls::None, Direction::Out) => say(
            lang,
            "The server of at least one recipient takes it without encryption.",
            "Le serveur d’au moins un destinataire le prend sans chiffrement.",
        ),
        (Tls::Weak, Direction::Out) => say(
            lang,
            "The server of at least one recipient only offers outdated encryption.",
            "Le serveur d’au moins un destinataire n’offre qu’un chiffrement dépassé.",
        ),
        (Tls::V1_2, Direction::Out) => say(
            lang,
            "The connection to every recipient’s server is encrypted (TLS 1.2 or better).",
            "La connexion au serveur de chaque destinataire est chiffrée (TLS 1.2 ou mieux).",
        ),
        (Tls::V1_3, Direction::Out) => say(
            lang,
            "The connection to every recipient’s server is encrypted, by today’s standard (TLS 1.3).",
            "La connexion au serveur de chaque destinataire est chiffrée, selon la norme actuelle (TLS 1.3).",
        ),
        (Tls::None, _) => say(
            lang,
            "The connection that brought it was not encrypted.",
            "La connexion qui l’a apporté n’était pas chiffrée.",
        ),
        (Tls::Weak, _) => say(
            lang,
            "The connection that brought it used outdated encryption.",
            "La connexion qui l’a apporté utilisait un chiffrement dépassé.",
        ),
        (Tls::V1_2, _) => say(
            lang,
            "The connection that brought it was encrypted (TLS 1.2).",
            "La connexion qui l’a apporté était chiffrée (TLS 1.2).",
        ),
        (Tls::V1_3, _) => say(
            lang,
            "The connection that brought it was encrypted, by today’s standard (TLS 1.3).",
            "La connexion qui l’a apporté était chiffrée, selon la norme actuelle (TLS 1.3).",
        ),
    }
}

fn stripping(lang: Lang, strict: bool, way: Direction) -> &'static str {
    match (strict, way) {
        (true, Direction::Out) => say(
            lang,
            "Encryption is compulsory for every recipient’s server: nobody in between can remove it (DANE or MTA-STS).",
            "Le chiffrement est obligatoire pour le serveur de chaque destinataire\u{202f}: nul ne peut le retirer en chemin (DANE ou MTA-STS).",
        ),
        (false, Direction::Out) => say(
            lang,
            "Somebody in between could remove the encryption to at least one recipient’s server.",
            "Quelqu’un en chemin pourrait retirer le chiffrement vers le serveur d’au moins un destinataire.",
        ),
        (true, _) => say(
            lang,
            "Your domain asks every server to encrypt: nobody in between can remove it (DANE or MTA-STS).",
            "Votre domaine demande à chaque serveur de chiffrer\u{202f}: nul ne peut retirer ce chiffrement en chemin (DANE ou MTA-STS).",
        ),
        (false, _) => say(
            lang,
            "Your domain does not insist on encryption: somebody in between could have removed it.",
            "Votre domaine n’exige pas le chiffrement\u{202f}: quelqu’un en chemin aurait pu le retirer.",
        ),
    }
}

fn authentic(lang: Lang, who: Authentic, way: Direction) -> &'static str {
    match (who, way) {
        (Authentic::Nobody, Direction::Out) => say(
            lang,
            "Your domain does not confirm its mail yet.",
            "Votre domaine ne confirme pas encore son courrier.",
        ),
        (Authentic::Spf, Direction::Out) => say(
            lang,
            "Your domain says which servers may send for it, but does not sign (SPF only).",
            "Votre domaine dit quels serveurs envoient pour lui, mais ne signe pas (SPF seul).",
        ),
        (Authentic::Dkim, Direction::Out) => say(
            lang,
            "Your domain signs this message, and its published records are right (DKIM).",
            "Votre domaine signe ce message, et ses enregistrements publiés sont corrects (DKIM).",
        ),
        (Authentic::Nobody, _) => say(
            lang,
            "The sending domain does not confirm that it sent it.",
            "Le domaine d’envoi ne confirme pas l’avoir envoyé.",
        ),
        (Authentic::Spf, _) => say(
            lang,
            "It came from a server that the sending domain names as its own (SPF).",
            "Il est venu d’un serveur que le domaine d’envoi désigne comme sien (SPF).",
        ),
        (Authentic::Dkim, _) => say(
            lang,
            "The sending domain signed it, and the signature is valid (DKIM).",
            "Le domaine d’envoi l’a signé, et la signature est valable (DKIM).",
        ),
    }
}

fn policy(lang: Lang, dmarc: Dmarc, way: Direction) -> &'static str {
    match (dmarc, way) {
        (Dmarc::Refused, Direction::Out) => say(
            lang,
            "Under your own domain’s rules this message would be refused (DMARC).",
            "Selon les règles de votre propre domaine, ce message serait refusé (DMARC).",
        ),
        (Dmarc::Explained, Direction::Out) => say(
            lang,
            "Under your own domain’s rules this message fails the test, and whoever passed it on explains why (DMARC).",
            "Selon les règles de votre propre domaine, ce message échoue au contrôle, et qui l’a transmis explique pourquoi (DMARC).",
        ),
        (Dmarc::NoPolicy, Direction::Out) => say(
            lang,
            "Your domain does not ask others to refuse forgeries (DMARC).",
            "Votre domaine ne demande pas de refuser les faux (DMARC).",
        ),
        (Dmarc::Passed, Direction::Out) => say(
            lang,
            "Your domain asks others to refuse forgeries, and this message passes (DMARC).",
            "Votre domaine demande de refuser les faux, et ce message passe (DMARC).",
        ),
        (Dmarc::Refused, _) => say(
            lang,
            "The sending domain asks for forgeries to be refused, and this message fails its test (DMARC).",
            "Le domaine d’envoi demande de refuser les faux, et ce message échoue à son contrôle (DMARC).",
        ),
        (Dmarc::Explained, _) => say(
            lang,
            "It fails the sending domain’s test, because somebody whom you trust changed it on the way: it is taken on their word (DMARC).",
            "Il échoue au contrôle du domaine d’envoi, parce que quelqu’un en qui vous avez confiance l’a modifié en route : il est accepté sur sa parole (DMARC).",
        ),
        (Dmarc::NoPolicy, _) => say(
            lang,
            "The sending domain does not ask for forgeries to be refused (DMARC).",
            "Le domaine d’envoi ne demande pas de refuser les faux (DMARC).",
        ),
        (Dmarc::Passed, _) => say(
            lang,
            "The sending domain asks for forgeries to be refused, and this message passes its test (DMARC).",
            "Le domaine d’envoi demande de refuser les faux, et ce message réussit son contrôle (DMARC).",
        ),
    }
}

fn hops(lang: Lang, claims: HopClaims) -> String {
    match claims {
        HopClaims { in_clear: true, .. } => say(
            lang,
            "A server on the way says that it got the message without encryption.",
            "Un serveur en chemin dit avoir reçu le message sans chiffrement.",
        )
        .into(),
        HopClaims { relays: 0, .. } => say(
            lang,
            "No other operator on the way, as far as the servers say.",
            "Aucun autre opérateur en chemin, à en croire les serveurs.",
        )
        .into(),
        HopClaims { relays, .. } => {
            let others = counted(
                lang,
                relays,
                ["other operator", "other operators"],
                ["autre opérateur", "autres opérateurs"],
            );
            say(
                lang,
                format!("It passed through {others} on the way, as the servers say."),
                format!("Il est passé par {others} en chemin, à en croire les serveurs."),
            )
        }
    }
}

fn everyone(lang: Lang, id: LineId, n: u32) -> &'static str {
    match (id, n) {
        (LineId::SenderKeys, 1) => say(lang, "They have a key that can be used.", "Votre contact a une clé utilisable."),
        (LineId::SenderKeys, _) => say(
            lang,
            "Everyone who takes part has a key that can be used.",
            "Chaque participant a une clé utilisable.",
        ),
        (LineId::SenderVerified, 1) => say(lang, "You compared their key.", "Vous avez comparé sa clé."),
        (LineId::SenderVerified, _) => say(
            lang,
            "You compared the keys of everyone who takes part.",
            "Vous avez comparé les clés de chaque participant.",
        ),
        (_, 1) => say(lang, "They are in your contacts.", "Cette personne est dans vos contacts."),
        (_, _) => say(
            lang,
            "Everyone who takes part is in your contacts.",
            "Chaque participant est dans vos contacts.",
        ),
    }
}

/// A name, and how many more there are.
fn and_more(lang: Lang, who: &str, more: u32) -> String {
    if more == 0 {
        return who.to_owned();
    }
    let others = counted(lang, more, ["other", "others"], ["autre", "autres"]);
    say(lang, format!("{who} and {others}"), format!("{who} et {others}"))
}

fn lacking(lang: Lang, id: LineId, who: &str) -> String {
    match id {
        LineId::SenderKeys => say(
            lang,
            format!("No usable key: {who}."),
            format!("Pas de clé utilisable\u{202f}: {who}."),
        ),
        LineId::SenderVerified => say(
            lang,
            format!("No key that you compared: {who}."),
            format!("Pas de clé que vous ayez comparée\u{202f}: {who}."),
        ),
        _ => say(
            lang,
            format!("Not in your contacts: {who}."),
            format!("Pas dans vos contacts\u{202f}: {who}."),
        ),
    }
}

fn audience(lang: Lang, n: u32) -> String {
    if n == 1 {
        return say(lang, "Between you and one other person.", "Entre vous et une seule autre personne.").into();
    }
    say(
        lang,
        format!("Shared with {n} other people."),
        format!("Partagé avec {n} autres personnes."),
    )
}

fn forged(lang: Lang, signature: bool, policy: bool) -> &'static str {
    match (signature, policy) {
        (true, false) => say(
            lang,
            "Its signature does not verify: it was changed on the way or forged. At most 20.",
            "Sa signature n’est pas valable\u{202f}: il a été modifié en chemin ou c’est un faux. 20 au plus.",
        ),
        (true, true) => say(
            lang,
            "Its signature does not verify, and the domain it names disowns it: treat it as forged. At most 20.",
            "Sa signature n’est pas valable, et le domaine qu’il nomme le désavoue\u{202f}: tenez-le pour un faux. 20 au plus.",
        ),
        (false, _) => say(
            lang,
            "The domain that it names as its sender disowns it: treat it as forged. At most 20.",
            "Le domaine qu’il nomme comme expéditeur le désavoue\u{202f}: tenez-le pour un faux. 20 au plus.",
        ),
    }
}

fn open(lang: Lang, way: Direction) -> &'static str {
    match way {
        Direction::Out => say(
            lang,
            "It goes in clear: anyone on the way can read it. At most 20.",
            "Il part en clair\u{202f}: n’importe qui en chemin peut le lire. 20 au plus.",
        ),
        Direction::In | Direction::Local => say(
            lang,
            "It travelled in clear: anyone on the way could read it. At most 20.",
            "Il a voyagé en clair\u{202f}: n’importe qui en chemin a pu le lire. 20 au plus.",
        ),
    }
}

fn unverified(lang: Lang, whose: Option<String>) -> String {
    match whose {
        Some(who) => say(
            lang,
            format!("You never compared the key of {who}, so it may be somebody else’s: at most 80."),
            format!("Vous n’avez jamais comparé la clé de {who}, elle pourrait être à quelqu’un d’autre\u{202f}: 80 au plus."),
        ),
        None => say(
            lang,
            "You never compared the key that signed it, so it may be somebody else’s: at most 80.",
            "Vous n’avez jamais comparé la clé qui l’a signé, elle pourrait être à quelqu’un d’autre\u{202f}: 80 au plus.",
        )
        .into(),
    }
}
