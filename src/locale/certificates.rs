//! The words of the page about the box's certificate, and of what an authority refuses. French has its narrow no-break
//! spaces (U+202F) written out.

use super::Lang;
use crate::domain::certifying::Stage;

/// Every phrase of the page in one language.
#[allow(missing_docs, reason = "a phrase documents itself; its field says where it stands")]
pub struct CertificateWords {
    pub title: &'static str,
    pub sentence: &'static str,
    pub intro: &'static str,
    pub own: &'static str,
    pub by: &'static str,
    pub names: &'static str,
    pub fingerprint: &'static str,
    pub renewal: &'static str,
    pub authority: &'static str,
    pub authority_text: &'static str,
    pub ask_terms: &'static str,
    pub terms: &'static str,
    pub terms_none: &'static str,
    pub terms_at: &'static str,
    pub accept: &'static str,
    pub accepted: &'static str,
    pub ordered: &'static str,
    pub order: &'static str,
    pub order_done: &'static str,
    pub failed: &'static str,
    pub failed_again: &'static str,
    pub words: &'static str,
    pub pause: &'static str,
    pub key: &'static str,
    pub key_text: &'static str,
    pub key_prepare: &'static str,
    pub key_prepared: &'static str,
    pub key_wait: &'static str,
    pub key_ready: &'static str,
    pub key_use: &'static str,
    pub key_drop: &'static str,
    pub key_used: &'static str,
    pub key_not_yet: &'static str,
}

const EN: CertificateWords = CertificateWords {
    title: "Certificate",
    sentence: "What shows others that they talk to your box, and who vouches for it.",
    intro: "The certificate shows browsers and mail servers that they talk to your box. An authority gives it after seeing that your domain’s names lead here; it is renewed by itself, without a connection being cut.",
    own: "The box made its certificate itself. Browsers warn of it, and other mail servers cannot check it.",
    by: "By {who}, valid until {when}.",
    names: "For:",
    fingerprint: "Fingerprint of its key (what the TLSA record says)",
    renewal: "It is renewed {when}.",
    authority: "The authority",
    authority_text: "This box orders from {where}. Nothing is asked of it before you ask for its terms, which shows it your address. Once you have accepted them it learns the names of your domain too. The certificate, with its names, stands in public logs for ever.",
    ask_terms: "Ask for its terms",
    terms: "Its terms are here:",
    terms_none: "It has no terms of its own.",
    terms_at: "You accepted its terms {when}.",
    accept: "I accept them: order a certificate",
    accepted: "Ordered. It usually takes a minute: look at this page again.",
    ordered: "A new certificate came, and both doors show it.",
    order: "Order now",
    order_done: "A new certificate came, and both doors show it.",
    failed: "The last order, {when}, did not come off.",
    failed_again: "It is tried again {when}.",
    words: "What the authority said, in its own words:",
    pause: "It was tried a moment ago. Authorities refuse those who ask too often: wait a minute.",
    key: "Another key",
    key_text: "The key stays the same when the certificate is renewed, so that its fingerprint in DNS (TLSA) stays true. To change it, prepare another one, publish its fingerprint beside the old one, and change over a day later.",
    key_prepare: "Prepare another key",
    key_prepared: "Another key is prepared since {when}. Publish its fingerprint beside the old one:",
    key_wait: "It can be used a day after this box has first seen it published (“Check again”, on the page about DNS, has it look now).",
    key_ready: "It is published and may be used.",
    key_use: "Change over to it",
    key_drop: "Let it go",
    key_used: "The new key is in use. Take the old fingerprint out of DNS.",
    key_not_yet: "The new key is not published, or not for long enough: others would refuse it.",
};

const FR: CertificateWords = CertificateWords {
    title: "Certificat",
    sentence: "Ce qui montre aux autres qu’ils parlent à votre boîte, et qui s’en porte garant.",
    intro: "Le certificat montre aux navigateurs et aux serveurs de courrier qu’ils parlent à votre boîte. Une autorité le donne après avoir vu que les noms de votre domaine mènent ici\u{202f}; il se renouvelle de lui-même, sans couper une connexion.",
    own: "La boîte a fait son certificat elle-même. Les navigateurs en avertissent, et les autres serveurs ne peuvent le vérifier.",
    by: "Par {who}\u{202f}; il prend fin {when}.",
    names: "Pour\u{202f}:",
    fingerprint: "Empreinte de sa clé (ce que dit l’enregistrement TLSA)",
    renewal: "Il sera renouvelé {when}.",
    authority: "L’autorité",
    authority_text: "Cette boîte commande chez {where}. Rien ne lui est demandé avant que vous ne demandiez ses conditions, ce qui lui montre votre adresse. Une fois que vous les avez acceptées, elle apprend aussi les noms de votre domaine. Le certificat, avec ses noms, reste à jamais dans des registres publics.",
    ask_terms: "Demander ses conditions",
    terms: "Ses conditions sont ici\u{202f}:",
    terms_none: "Elle n’a pas de conditions à elle.",
    terms_at: "Vous avez accepté ses conditions {when}.",
    accept: "Je les accepte\u{202f}: commander un certificat",
    accepted: "Commandé. Cela prend d’ordinaire une minute\u{202f}: revenez sur cette page.",
    ordered: "Un nouveau certificat est arrivé, et les deux portes le montrent.",
    order: "Commander maintenant",
    order_done: "Un nouveau certificat est arrivé, et les deux portes le montrent.",
    failed: "La dernière commande, {when}, n’a pas abouti.",
    failed_again: "Un nouvel essai aura lieu {when}.",
    words: "Ce que l’autorité a dit, dans ses propres mots\u{202f}:",
    pause: "Un essai vient d’avoir lieu. Les autorités refusent qui demande trop souvent\u{202f}: attendez une minute.",
    key: "Une autre clé",
    key_text: "La clé reste la même quand le certificat est renouvelé, pour que son empreinte dans le DNS (TLSA) reste vraie. Pour en changer, préparez-en une autre, publiez son empreinte à côté de l’ancienne, et changez un jour plus tard.",
    key_prepare: "Préparer une autre clé",
    key_prepared: "Une autre clé est prête depuis {when}. Publiez son empreinte à côté de l’ancienne\u{202f}:",
    key_wait: "Elle pourra servir un jour après que cette boîte l’aura vue publiée pour la première fois («\u{202f}Vérifier encore\u{202f}», à la page du DNS, la fait regarder tout de suite).",
    key_ready: "Elle est publiée et peut servir.",
    key_use: "Passer à cette clé",
    key_drop: "Y renoncer",
    key_used: "La nouvelle clé sert. Retirez l’ancienne empreinte du DNS.",
    key_not_yet: "La nouvelle clé n’est pas publiée, ou pas depuis assez longtemps\u{202f}: les autres la refuseraient.",
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static CertificateWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

/// How far an order came, and what to do.
pub fn stage(lang: Lang, stage: Stage) -> &'static str {
    let (english, french) = match stage {
        Stage::Names => (
            "The mail host has no address in DNS yet, so no authority can find this box. Publish its address first:",
            "L’hôte de courrier n’a pas encore d’adresse dans le DNS\u{202f}: aucune autorité ne peut trouver cette boîte. Publiez d’abord son adresse\u{202f}:",
        ),
        Stage::Reaching => ("The authority could not be reached.", "L’autorité n’a pas pu être jointe."),
        Stage::Account => (
            "The authority would not open an account for this box.",
            "L’autorité n’a pas voulu ouvrir de compte à cette boîte.",
        ),
        Stage::Ordering => (
            "The authority would not take the order.",
            "L’autorité n’a pas voulu prendre la commande.",
        ),
        Stage::Proving => (
            "The authority could not see that your names lead to this box. It comes to port 80, then to port 443: have your router pass both on.",
            "L’autorité n’a pas pu voir que vos noms mènent à cette boîte. Elle vient au port 80, puis au port 443\u{202f}: faites transmettre les deux par votre routeur.",
        ),
        Stage::Signing => (
            "The authority would not sign the certificate.",
            "L’autorité n’a pas voulu signer le certificat.",
        ),
        Stage::Given => (
            "What the authority gave is not the certificate that was asked for. The old one stays.",
            "Ce que l’autorité a donné n’est pas le certificat demandé. L’ancien reste.",
        ),
    };
    match lang {
        Lang::En => english,
        Lang::Fr => french,
    }
}
