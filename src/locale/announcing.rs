//! The words of the page about announcing an address that changes. French has its narrow no-break spaces (U+202F) written
//! out.

use super::Lang;

/// Every phrase of the page in one language.
#[allow(missing_docs, reason = "a phrase documents itself; its field says where it stands")]
pub struct AnnouncingWords {
    pub title: &'static str,
    pub sentence: &'static str,
    pub intro: &'static str,
    pub open: &'static str,
    pub not: &'static str,
    pub not_hint: &'static str,
    pub web: &'static str,
    pub web_hint: &'static str,
    pub dns: &'static str,
    pub dns_hint: &'static str,
    pub how: &'static str,
    pub target: &'static str,
    /// Around an example, and around what stands in it for either address.
    pub target_hint: (&'static str, &'static str, &'static str, &'static str),
    pub user: &'static str,
    pub secret: &'static str,
    pub secret_hint: &'static str,
    pub secret_kept: &'static str,
    pub zone: &'static str,
    pub zone_hint: &'static str,
    pub save: &'static str,
    pub now: &'static str,
    pub saved: &'static str,
    pub told: &'static str,
    pub announced: &'static str,
    pub unseen: &'static str,
    pub failed: &'static str,
    pub no_address: &'static str,
    pub no_server: &'static str,
    pub no_key: &'static str,
    pub no_text: &'static str,
}

const EN: AnnouncingWords = AnnouncingWords {
    title: "An address that changes",
    sentence: "Have this box tell your DNS provider when your line gets another address.",
    intro: "Many lines get another address from time to time. This box can tell your DNS provider, so that your mail still finds it.",
    open: "What you type here lies on the disk in clear, because a locked box must be able to announce its address too. Use a password or a key that can do nothing else.",
    not: "Not at all",
    not_hint: "Your address stays, or something else announces it.",
    web: "By your provider’s web address",
    web_hint: "As routers do it (DynDNS).",
    dns: "By an update of DNS",
    dns_hint: "For name servers that take signed updates (RFC 2136, TSIG with SHA-256).",
    how: "How it is announced",
    target: "Web address, or name server",
    target_hint: ("As in", "where", "and", "stand for the addresses; or ns1.example.net."),
    user: "User, or name of the key",
    secret: "Password, or key",
    secret_hint: "A key is written in base 64.",
    secret_kept: "One is kept. Leave this empty to keep it.",
    zone: "Zone",
    zone_hint: "For an update of DNS only. Empty: your domain.",
    save: "Save",
    now: "Save, and announce now",
    saved: "Saved.",
    told: "Announced.",
    announced: "Announced {when}: {what}.",
    unseen: "the address that the provider saw",
    failed: "The last try, {when}, failed. In the provider’s words:",
    no_address: "This is no web address that begins with https://.",
    no_server: "This is no name server.",
    no_key: "A key has a name, and is written in base 64.",
    no_text: "Something is too long, or has signs that are no text.",
};

const FR: AnnouncingWords = AnnouncingWords {
    title: "Une adresse qui change",
    sentence: "Laissez cette boîte dire à votre fournisseur DNS quand votre ligne reçoit une autre adresse.",
    intro: "Bien des lignes reçoivent de temps en temps une autre adresse. Cette boîte peut le dire à votre fournisseur DNS, pour que votre courrier la trouve encore.",
    open: "Ce que vous écrivez ici est en clair sur le disque, car une boîte verrouillée doit pouvoir annoncer son adresse aussi. Prenez un mot de passe ou une clé qui ne permet rien d’autre.",
    not: "Pas du tout",
    not_hint: "Votre adresse ne change pas, ou autre chose l’annonce.",
    web: "Par l’adresse web de votre fournisseur",
    web_hint: "Comme le font les routeurs (DynDNS).",
    dns: "Par une mise à jour du DNS",
    dns_hint: "Pour les serveurs de noms qui prennent des mises à jour signées (RFC 2136, TSIG avec SHA-256).",
    how: "Comment elle est annoncée",
    target: "Adresse web, ou serveur de noms",
    target_hint: ("Par exemple", "où", "et", "sont mis pour les adresses\u{202f}; ou ns1.example.net."),
    user: "Utilisateur, ou nom de la clé",
    secret: "Mot de passe, ou clé",
    secret_hint: "Une clé s’écrit en base 64.",
    secret_kept: "Il y en a un. Laissez vide pour le garder.",
    zone: "Zone",
    zone_hint: "Seulement pour une mise à jour du DNS. Vide\u{202f}: votre domaine.",
    save: "Enregistrer",
    now: "Enregistrer, et annoncer maintenant",
    saved: "Enregistré.",
    told: "Annoncée.",
    announced: "Annoncée {when}\u{202f}: {what}.",
    unseen: "l’adresse que le fournisseur a vue",
    failed: "Le dernier essai, {when}, a échoué. Dans les mots du fournisseur\u{202f}:",
    no_address: "Ce n’est pas une adresse web qui commence par https://.",
    no_server: "Ce n’est pas un serveur de noms.",
    no_key: "Une clé a un nom, et s’écrit en base 64.",
    no_text: "Quelque chose est trop long, ou contient des signes qui ne sont pas du texte.",
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static AnnouncingWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}
