//! The words of the index of the box itself. French has its narrow no-break spaces (U+202F) written out.

use super::{Lang, say};
use crate::domain::privacy::appliance::{Axis, LineId, Reason};

/// Every phrase of the page in one language.
#[allow(missing_docs, reason = "a phrase documents itself; its field says where it stands")]
pub struct ApplianceWords {
    pub title: &'static str,
    pub intro: &'static str,
    pub never: &'static str,
    pub to_checks: &'static str,
    pub counted: &'static str,
    pub to_account: &'static str,
}

const EN: ApplianceWords = ApplianceWords {
    title: "Your own service",
    intro: "How well this box protects the mail of everybody who writes to you, and you from mail in your name. The plain sum of the lines below.",
    never: "Nobody has looked yet at how this box stands in the world, so the index is unknown.",
    to_checks: "See every check, and the records to publish",
    counted: "Each line rests on what this box saw when it last asked for its own records and fetched its own pages.",
    to_account: "Your privacy",
};

const FR: ApplianceWords = ApplianceWords {
    title: "Votre propre service",
    intro: "À quel point cette boîte protège le courrier de qui vous écrit, et vous protège du courrier fait en votre nom. La simple somme des lignes ci-dessous.",
    never: "Personne n’a encore regardé comment cette boîte se tient dans le monde\u{202f}: son indice est inconnu.",
    to_checks: "Voir chaque vérification, et les enregistrements à publier",
    counted: "Chaque ligne repose sur ce que cette boîte a vu en demandant ses propres enregistrements et en cherchant ses propres pages.",
    to_account: "Votre confidentialité",
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static ApplianceWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

/// The name of an axis.
pub fn axis(lang: Lang, axis: Axis) -> &'static str {
    match axis {
        Axis::Name => say(lang, "Mail in your name is yours", "Le courrier en votre nom est de vous"),
        Axis::Way => say(lang, "Nobody reads along on the way", "Personne ne lit en chemin"),
        Axis::Found => say(lang, "What others find", "Ce que les autres trouvent"),
        Axis::Machine => say(lang, "The machine", "La machine"),
    }
}

/// The name of a line.
pub fn line(lang: Lang, id: LineId) -> &'static str {
    match id {
        LineId::Dkim => say(lang, "Your signature can be checked (DKIM)", "Votre signature se vérifie (DKIM)"),
        LineId::Spf => say(lang, "Who may send is said (SPF)", "Il est dit qui peut envoyer (SPF)"),
        LineId::Dmarc => say(
            lang,
            "Forgeries are spoken of (DMARC)",
            "Des consignes existent contre les contrefaçons (DMARC)",
        ),
        LineId::DmarcEnforces => say(lang, "Forgeries are put aside", "Les contrefaçons sont mises à part"),
        LineId::Reverse => say(lang, "The address has your name", "L’adresse porte votre nom"),
        LineId::MtaSts => say(lang, "Encryption is demanded (MTA-STS)", "Le chiffrement est exigé (MTA-STS)"),
        LineId::Dnssec => say(lang, "Records are signed (DNSSEC)", "Les enregistrements sont signés (DNSSEC)"),
        LineId::Dane => say(lang, "The key is nailed down (DANE)", "La clé est fixée (DANE)"),
        LineId::Tls => say(lang, "Certificate and TLS", "Certificat et TLS"),
        LineId::Reports => say(
            lang,
            "Failures are reported to you (TLS-RPT)",
            "Les échecs vous sont signalés (TLS-RPT)",
        ),
        LineId::Wkd => say(lang, "Your key is found (WKD)", "On trouve votre clé (WKD)"),
        LineId::Sealed => say(lang, "Sealed on the disk", "Scellé sur le disque"),
        LineId::Version => say(lang, "The program is recent", "Le logiciel est récent"),
        LineId::NoCopy => say(lang, "No copy with a provider", "Aucune copie chez un fournisseur"),
    }
}

/// Why a line won what it won.
pub fn reason(lang: Lang, id: LineId, reason: Reason) -> &'static str {
    match reason {
        Reason::NotKnown if id == LineId::Reverse => say(
            lang,
            "The public address is not known, so neither is its name.",
            "L’adresse publique n’est pas connue, son nom non plus.",
        ),
        Reason::NotKnown if id == LineId::NoCopy => say(
            lang,
            "Whether a mailbox elsewhere keeps a copy is not known.",
            "On ne sait pas si une boîte ailleurs en garde une copie.",
        ),
        Reason::NotKnown => say(
            lang,
            "Nobody has looked, or nobody could be asked.",
            "Personne n’a regardé, ou personne n’a pu être interrogé.",
        ),
        Reason::Is(is) => is_so(lang, id, is),
    }
}

fn is_so(lang: Lang, id: LineId, is: bool) -> &'static str {
    match (id, is) {
        (LineId::Dkim, true) => say(
            lang,
            "Anybody can check that a message of yours was not changed.",
            "Chacun peut vérifier qu’un message de vous n’a pas été modifié.",
        ),
        (LineId::Dkim, false) => say(
            lang,
            "The keys are not published, so your signature proves nothing.",
            "Les clés ne sont pas publiées\u{202f}: votre signature ne prouve rien.",
        ),
        (LineId::Spf, true) => say(
            lang,
            "It is said, and rightly, who may send for your domain.",
            "Il est dit, et bien dit, qui peut envoyer pour votre domaine.",
        ),
        (LineId::Spf, false) => say(
            lang,
            "It is not said, or not rightly, who may send for your domain.",
            "Il n’est pas dit, ou mal dit, qui peut envoyer pour votre domaine.",
        ),
        (LineId::Dmarc, true) => say(
            lang,
            "Others know what to do with mail that pretends to be yours.",
            "Les autres savent que faire du courrier qui se fait passer pour le vôtre.",
        ),
        (LineId::Dmarc, false) => say(
            lang,
            "Others are left to guess about mail that pretends to be yours.",
            "Les autres doivent deviner que faire du courrier qui se fait passer pour le vôtre.",
        ),
        (LineId::DmarcEnforces, true) => say(lang, "It is put aside or refused.", "Il est mis à part ou refusé."),
        (LineId::DmarcEnforces, false) => say(lang, "It is let through.", "On le laisse passer."),
        (LineId::Reverse, true) => say(
            lang,
            "The provider of your line has named it after the mail host.",
            "Le fournisseur de votre ligne l’a nommée d’après l’hôte de courrier.",
        ),
        (LineId::Reverse, false) => say(lang, "It has no name, or another.", "Elle n’a pas de nom, ou un autre."),
        (LineId::MtaSts, true) => say(
            lang,
            "The policy is found and binds: whoever heeds it cannot be talked out of encrypting.",
            "La politique se trouve et oblige\u{202f}: qui la suit ne peut être dissuadé de chiffrer.",
        ),
        (LineId::MtaSts, false) => say(
            lang,
            "The policy is not found, or does not bind yet.",
            "La politique ne se trouve pas, ou n’oblige pas encore.",
        ),
        (LineId::Dnssec, true) => say(
            lang,
            "Whoever checks cannot be deceived about where your mail goes.",
            "Qui vérifie ne peut être trompé sur l’endroit où va votre courrier.",
        ),
        (LineId::Dnssec, false) => say(
            lang,
            "They are not signed: whoever sits on the way can lead your mail elsewhere.",
            "Ils ne sont pas signés\u{202f}: qui est sur le chemin peut mener votre courrier ailleurs.",
        ),
        (LineId::Dane, true) => say(
            lang,
            "Whoever checks accepts this box’s own key only, whatever any authority says.",
            "Qui vérifie n’accepte que la clé de cette boîte, quoi qu’en dise une autorité.",
        ),
        (LineId::Dane, false) => say(
            lang,
            "The key’s fingerprint is not published, or nobody believes it yet.",
            "L’empreinte de la clé n’est pas publiée, ou personne n’y croit encore.",
        ),
        (LineId::Tls, true) => say(
            lang,
            "The certificate is valid, and nothing older than TLS 1.2 is spoken.",
            "Le certificat est valable, et rien de plus ancien que TLS 1.2 n’est accepté.",
        ),
        (LineId::Tls, false) => say(
            lang,
            "The certificate is the box’s own, or no longer valid.",
            "Le certificat est celui de la boîte elle-même, ou n’est plus valable.",
        ),
        (LineId::Reports, true) => say(
            lang,
            "Others tell you when they could not encrypt.",
            "Les autres vous disent quand ils n’ont pas pu chiffrer.",
        ),
        (LineId::Reports, false) => say(lang, "Nobody tells you.", "Personne ne vous le dit."),
        (LineId::Wkd, true) => say(
            lang,
            "Mail programs find it at your domain.",
            "Les logiciels de courrier la trouvent sur votre domaine.",
        ),
        (LineId::Wkd, false) => say(
            lang,
            "It cannot be fetched from your domain.",
            "On ne peut pas la chercher sur votre domaine.",
        ),
        (LineId::Sealed, _) => say(
            lang,
            "Whoever takes the disk reads none of the mail.",
            "Qui prend le disque ne lit rien du courrier.",
        ),
        (LineId::Version, true) => say(
            lang,
            "It is the newest release, or younger than ninety days.",
            "C’est la dernière version, ou elle a moins de quatre-vingt-dix jours.",
        ),
        (LineId::Version, false) => say(
            lang,
            "It is older than ninety days: look for a newer release.",
            "Il a plus de quatre-vingt-dix jours\u{202f}: cherchez une version plus récente.",
        ),
        (LineId::NoCopy, true) => say(
            lang,
            "This box fetches from no mailbox elsewhere that would keep a copy.",
            "Cette boîte ne relève aucune boîte ailleurs qui en garderait une copie.",
        ),
        (LineId::NoCopy, false) => say(
            lang,
            "A mailbox elsewhere that this box fetches from keeps a copy.",
            "Une boîte ailleurs, que cette boîte relève, en garde une copie.",
        ),
    }
}

/// What would win it; what nobody has seen is looked at first.
pub fn advice(lang: Lang, id: LineId, known: bool) -> &'static str {
    match id {
        _ if !known => say(lang, "Have it looked at.", "Faites-le vérifier."),
        LineId::Version => say(lang, "Install the newest release.", "Installez la dernière version."),
        LineId::NoCopy => say(
            lang,
            "When everything is here, let the other mailbox go, and have what it holds deleted there.",
            "Quand tout est ici, séparez-vous de l’autre boîte et faites-y effacer ce qu’elle contient.",
        ),
        LineId::Tls => say(lang, "Order a certificate.", "Commandez un certificat."),
        LineId::Reverse => say(
            lang,
            "Ask the provider of your line for the name.",
            "Demandez le nom au fournisseur de votre ligne.",
        ),
        LineId::Dnssec => say(
            lang,
            "Turn DNSSEC on at your registrar or DNS provider.",
            "Activez le DNSSEC chez votre bureau d’enregistrement ou fournisseur DNS.",
        ),
        LineId::MtaSts => say(
            lang,
            "Publish the policy, and make it binding.",
            "Publiez la politique, et rendez-la obligatoire.",
        ),
        _ => say(
            lang,
            "Publish the record at your DNS provider.",
            "Publiez l’enregistrement chez votre fournisseur DNS.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_words_in_both_languages() {
        for id in LineId::ALL {
            assert_ne!(line(Lang::En, *id), line(Lang::Fr, *id));
            for why in [Reason::NotKnown, Reason::Is(true), Reason::Is(false)] {
                assert_ne!(reason(Lang::En, *id, why), reason(Lang::Fr, *id, why), "{id:?}");
            }
            for known in [true, false] {
                assert_ne!(advice(Lang::En, *id, known), advice(Lang::Fr, *id, known));
            }
        }
    }
}
