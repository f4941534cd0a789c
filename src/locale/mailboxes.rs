//! The words of mailboxes at other providers.

use super::{Lang, Plural};
use crate::domain::mailbox::Trouble;

/// Its phrases.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct MailboxWords {
    pub title: &'static str,
    pub says: &'static str,
    pub intro: &'static str,
    pub none: &'static str,
    pub add: &'static str,
    pub address: &'static str,
    pub address_hint: &'static str,
    pub find: &'static str,
    pub find_hint: &'static str,
    pub found: &'static str,
    pub not_found: &'static str,
    pub host: &'static str,
    pub port: &'static str,
    pub security: &'static str,
    pub implicit: &'static str,
    pub starttls: &'static str,
    pub user: &'static str,
    pub password: &'static str,
    pub password_hint: &'static str,
    pub token: &'static str,
    pub token_hint: &'static str,
    pub token_at: &'static str,
    pub token_client: &'static str,
    pub token_secret: &'static str,
    pub token_refresh: &'static str,
    pub what: &'static str,
    pub from_now: &'static str,
    pub history: &'static str,
    pub do_add: &'static str,
    pub folders: &'static str,
    pub folders_hint: &'static str,
    pub start: &'static str,
    pub choose: &'static str,
    pub pause: &'static str,
    pub go_on: &'static str,
    pub renew: &'static str,
    pub remove: &'static str,
    pub remove_text: &'static str,
    pub open: &'static str,
    pub on: &'static str,
    pub paused: &'static str,
    pub off: &'static str,
    pub not_begun: &'static str,
    pub listening: &'static str,
    pub progress: &'static str,
    pub brought: Plural,
    pub passed: Plural,
    pub last: &'static str,
    pub since: &'static str,
    pub off_text: &'static str,
    pub unknown_way: &'static str,
    pub no_host: &'static str,
    pub no_port: &'static str,
    pub no_user: &'static str,
    pub no_secret: &'static str,
    pub too_many: &'static str,
    pub done_changed: &'static str,
    pub done_removed: &'static str,
}

const EN: MailboxWords = MailboxWords {
    title: "Other mailboxes",
    says: "Have this box fetch the mail of a mailbox that you have elsewhere.",
    intro: "This box can fetch the mail of mailboxes that you have at other providers (IMAP). It reads there and changes nothing; it connects only over encryption that is the provider’s own, and never without. The password lies sealed in this box and is not shown again.",
    none: "None so far.",
    add: "Add a mailbox",
    address: "Its address",
    address_hint: "Such as you@example.org.",
    find: "Find its server",
    find_hint: "Asks the domain what it publishes for mail programs. Nobody else is asked.",
    found: "This is what the domain publishes. Type the password and add it.",
    not_found: "The domain publishes nothing that could be used. Your provider’s help says what to type here.",
    host: "Server",
    port: "Port",
    security: "Encryption",
    implicit: "at once (TLS, mostly port 993)",
    starttls: "STARTTLS (mostly port 143)",
    user: "Name to sign in with",
    password: "Password",
    password_hint: "Some providers want a password that was made for a mail program.",
    token: "Access by a token instead of a password (OAuth)",
    token_hint: "For providers that take no password. Register a client of your own there, give it access to your mailbox, and copy what you get here. Only this box uses it.",
    token_at: "Address of the token service (https://…)",
    token_client: "Client ID",
    token_secret: "Client secret",
    token_refresh: "Refresh token",
    what: "What to fetch",
    from_now: "what arrives from now on",
    history: "everything that is there too",
    do_add: "Try it, and choose folders",
    folders: "Folders",
    folders_hint: "Messages of a folder get its name as a tag. Folders that hold rubbish, drafts, or everything once more are left out at first.",
    start: "Begin to fetch",
    choose: "Fetch from these folders",
    pause: "Pause",
    go_on: "Go on",
    renew: "Another password",
    remove: "Let it go",
    remove_text: "The password is forgotten. What was fetched stays here; at the provider nothing changes.",
    open: "Folders and details",
    on: "is fetched",
    paused: "paused",
    off: "switched off",
    not_begun: "not begun yet",
    listening: "Everything is here. The provider tells of news at once; where it does not, this box looks every quarter of an hour.",
    progress: "{done} of {all} messages",
    brought: Plural {
        one: "{n} message fetched so far",
        many: "{n} messages fetched so far",
    },
    passed: Plural {
        one: "{n} could not be taken in: too large, or too odd to be read",
        many: "{n} could not be taken in: too large, or too odd to be read",
    },
    last: "Last looked at {when}.",
    since: "Since {when}:",
    off_text: "It failed for three days and is not tried any more. Mend what is wrong, then let it go on.",
    unknown_way: "Nothing is known of how fetched mail travelled to your provider, and its index says so.",
    no_host: "This is no server’s name.",
    no_port: "The port is a number, mostly 993.",
    no_user: "The name to sign in with is missing, or too long.",
    no_secret: "The password is missing, or too long.",
    too_many: "There are as many mailboxes as there may be. Let one go first.",
    done_changed: "Noted.",
    done_removed: "The mailbox was let go, and its password forgotten.",
};

const FR: MailboxWords = MailboxWords {
    title: "Autres boîtes",
    says: "Faire chercher par cette boîte le courrier d’une boîte que vous avez ailleurs.",
    intro: "Cette boîte peut chercher le courrier de boîtes que vous avez chez d’autres fournisseurs (IMAP). Elle y lit et n’y change rien\u{202f}; elle ne s’y connecte que par un chiffrement qui est bien celui du fournisseur, et jamais sans. Le mot de passe est scellé dans cette boîte et n’est plus montré.",
    none: "Aucune pour l’instant.",
    add: "Ajouter une boîte",
    address: "Son adresse",
    address_hint: "Comme vous@example.org.",
    find: "Trouver son serveur",
    find_hint: "Demande au domaine ce qu’il publie pour les logiciels de courrier. Personne d’autre n’est interrogé.",
    found: "Voici ce que publie le domaine. Tapez le mot de passe et ajoutez-la.",
    not_found: "Le domaine ne publie rien d’utilisable. L’aide de votre fournisseur dit quoi taper ici.",
    host: "Serveur",
    port: "Port",
    security: "Chiffrement",
    implicit: "d’emblée (TLS, le plus souvent port 993)",
    starttls: "STARTTLS (le plus souvent port 143)",
    user: "Nom de connexion",
    password: "Mot de passe",
    password_hint: "Certains fournisseurs veulent un mot de passe fait pour un logiciel de courrier.",
    token: "Accès par jeton au lieu d’un mot de passe (OAuth)",
    token_hint: "Pour les fournisseurs qui n’acceptent pas de mot de passe. Inscrivez-y un client à vous, donnez-lui accès à votre boîte, et recopiez ici ce que vous recevez. Seule cette boîte s’en sert.",
    token_at: "Adresse du service de jetons (https://…)",
    token_client: "Identifiant du client",
    token_secret: "Secret du client",
    token_refresh: "Jeton de renouvellement",
    what: "Que chercher",
    from_now: "ce qui arrive à partir de maintenant",
    history: "aussi tout ce qui s’y trouve",
    do_add: "Essayer, et choisir les dossiers",
    folders: "Dossiers",
    folders_hint: "Les messages d’un dossier reçoivent son nom comme étiquette. Les dossiers de rebut, de brouillons, ou qui contiennent tout une fois de plus sont d’abord laissés de côté.",
    start: "Commencer à chercher",
    choose: "Chercher dans ces dossiers",
    pause: "Suspendre",
    go_on: "Reprendre",
    renew: "Un autre mot de passe",
    remove: "S’en séparer",
    remove_text: "Le mot de passe est oublié. Ce qui a été cherché reste ici\u{202f}; chez le fournisseur, rien ne change.",
    open: "Dossiers et détails",
    on: "suivie",
    paused: "suspendue",
    off: "arrêtée",
    not_begun: "pas encore commencée",
    listening: "Tout est là. Le fournisseur annonce aussitôt les nouveautés\u{202f}; sinon, cette boîte regarde tous les quarts d’heure.",
    progress: "{done} messages sur {all}",
    brought: Plural {
        one: "{n} message cherché jusqu’ici",
        many: "{n} messages cherchés jusqu’ici",
    },
    passed: Plural {
        one: "{n} n’a pas pu être pris\u{202f}: trop gros, ou trop étrange pour être lu",
        many: "{n} n’ont pas pu être pris\u{202f}: trop gros, ou trop étranges pour être lus",
    },
    last: "Dernier regard {when}.",
    since: "Depuis {when}\u{202f}:",
    off_text: "Elle a échoué pendant trois jours et n’est plus essayée. Réparez ce qui ne va pas, puis reprenez.",
    unknown_way: "On ne sait rien du trajet de ce courrier jusqu’à votre fournisseur, et son indice le dit.",
    no_host: "Ce n’est pas le nom d’un serveur.",
    no_port: "Le port est un nombre, le plus souvent 993.",
    no_user: "Le nom de connexion manque, ou est trop long.",
    no_secret: "Le mot de passe manque, ou est trop long.",
    too_many: "Il y a autant de boîtes qu’il peut y en avoir. Séparez-vous d’abord d’une.",
    done_changed: "C’est noté.",
    done_removed: "La boîte n’est plus suivie, et son mot de passe est oublié.",
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static MailboxWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

/// What goes wrong with a mailbox, and what would help.
pub fn trouble(lang: Lang, trouble: Trouble) -> &'static str {
    match (lang, trouble) {
        (Lang::En, Trouble::NoAddress) => "the server’s name has no address. Is it spelt right?",
        (Lang::En, Trouble::Unreachable) => "the server cannot be reached, or hung up. It is tried again.",
        (Lang::En, Trouble::Silent) => "the server does not answer. It is tried again.",
        (Lang::En, Trouble::Expired) => "the server’s certificate has expired. Nothing was sent to it; its provider has to renew it.",
        (Lang::En, Trouble::OtherName) => {
            "the certificate is for another name: this is not the server that you named, or not by this name. Nothing was sent to it."
        }
        (Lang::En, Trouble::Unknown) => {
            "nobody known vouches for the server’s certificate: it may be somebody else. Nothing was sent to it."
        }
        (Lang::En, Trouble::Tls) => "no encryption could be agreed on. Is it the other kind, or another port?",
        (Lang::En, Trouble::NoTls) => "the server offers no encryption. Without it this box does not sign in.",
        (Lang::En, Trouble::Injected) => "somebody put something into the connection before it was encrypted. Nothing was sent.",
        (Lang::En, Trouble::SignIn) => "the server refuses the name or the password.",
        (Lang::En, Trouble::Token) => "the provider does not renew the access by token. It may have to be given again.",
        (Lang::En, Trouble::Garbled) => "the server’s answer cannot be read. Is it a server of mailboxes (IMAP)?",
        (Lang::En, Trouble::Store) => "this box could not keep what came.",
        (Lang::Fr, Trouble::NoAddress) => "le nom du serveur n’a pas d’adresse. Est-il bien écrit\u{202f}?",
        (Lang::Fr, Trouble::Unreachable) => "le serveur est injoignable, ou a raccroché. Il est réessayé.",
        (Lang::Fr, Trouble::Silent) => "le serveur ne répond pas. Il est réessayé.",
        (Lang::Fr, Trouble::Expired) => {
            "le certificat du serveur a expiré. Rien ne lui a été envoyé\u{202f}; c’est au fournisseur de le renouveler."
        }
        (Lang::Fr, Trouble::OtherName) => {
            "le certificat est pour un autre nom\u{202f}: ce n’est pas le serveur que vous avez nommé, ou pas sous ce nom. Rien ne lui a été envoyé."
        }
        (Lang::Fr, Trouble::Unknown) => {
            "personne de connu ne répond du certificat du serveur\u{202f}: c’est peut-être quelqu’un d’autre. Rien ne lui a été envoyé."
        }
        (Lang::Fr, Trouble::Tls) => "aucun chiffrement n’a pu être convenu. Est-ce l’autre sorte, ou un autre port\u{202f}?",
        (Lang::Fr, Trouble::NoTls) => "le serveur n’offre pas de chiffrement. Sans lui, cette boîte ne s’identifie pas.",
        (Lang::Fr, Trouble::Injected) => {
            "quelqu’un a glissé quelque chose dans la connexion avant qu’elle soit chiffrée. Rien n’a été envoyé."
        }
        (Lang::Fr, Trouble::SignIn) => "le serveur refuse le nom ou le mot de passe.",
        (Lang::Fr, Trouble::Token) => "le fournisseur ne renouvelle pas l’accès par jeton. Il faut peut-être le redonner.",
        (Lang::Fr, Trouble::Garbled) => "la réponse du serveur est illisible. Est-ce un serveur de boîtes (IMAP)\u{202f}?",
        (Lang::Fr, Trouble::Store) => "cette boîte n’a pas pu garder ce qui est venu.",
    }
}

/// The message that the box writes when it has switched a mailbox off: subject and text, in both languages, because
/// nobody is there whose language is known.
pub fn switched_off(name: &str, why: Trouble) -> (String, String) {
    let subject = format!("Other mailbox switched off / Autre boîte arrêtée: {name}");
    let text = format!(
        "This box could not fetch the mail of {name} for three days and has stopped trying.\n\nWhat goes wrong: {}\n\n\
         Mend it, then let it go on: /settings/mailboxes\n\n--\n\nCette boîte n’a pas pu chercher le courrier de {name} pendant \
         trois jours et a cessé d’essayer.\n\nCe qui ne va pas\u{202f}: {}\n\nRéparez-le, puis reprenez\u{202f}: /settings/mailboxes\n",
        trouble(Lang::En, why),
        trouble(Lang::Fr, why)
    );
    (subject, text)
}
