//! The words of sending: what became of a message for each recipient and why, the outbox, the way that mail takes, the
//! receipt of a sent message, and the ledger of who learned this box's address.

use super::{Lang, Plural};
use crate::domain::{
    outgoing::{Enforced, Kind, State, Via},
    sending::{Choice, Unreached},
};

mod ledger;
mod receipt;
mod trouble;

pub use ledger::{LedgerWords, ledger};
pub use receipt::{ReceiptWords, header, receipt};
pub use trouble::trouble;

/// The phrases of the outbox, of a sent message and of the way.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct SendingWords {
    pub outbox: &'static str,
    pub outbox_intro: &'static str,
    pub nothing: &'static str,
    pub waiting: Plural,
    pub waits: &'static str,
    pub did_not: &'static str,
    pub did_not_intro: &'static str,
    pub more: &'static str,
    pub try_now: &'static str,
    pub take_back: &'static str,
    pub again: &'static str,
    pub again_hint: &'static str,
    pub unsealed: &'static str,
    pub unsealed_hint: &'static str,
    pub details: &'static str,
    pub done_try: &'static str,
    pub done_back: &'static str,
    pub done_again: &'static str,
    pub too_late: &'static str,
    pub since: &'static str,
    pub next: &'static str,
    pub at_once: &'static str,
    pub tries: Plural,
    pub late: &'static str,
    pub gave_up: &'static str,
    pub said: &'static str,
    pub shut_title: &'static str,
    pub shut: [&'static str; 3],
    pub shut_do: &'static str,
    pub shut_used: &'static str,
    pub state: [&'static str; 5],
    pub returned: &'static str,
    pub way: &'static str,
    pub way_intro: &'static str,
    pub choice: [&'static str; 3],
    pub choice_hint: [&'static str; 3],
    pub smarthost: &'static str,
    pub smarthost_intro: &'static str,
    pub host: &'static str,
    pub host_hint: &'static str,
    pub port: &'static str,
    pub security: &'static str,
    pub implicit: &'static str,
    pub starttls: &'static str,
    pub user: &'static str,
    pub user_hint: &'static str,
    pub secret: &'static str,
    pub secret_hint: &'static str,
    pub secret_kept: &'static str,
    pub save: &'static str,
    pub saved: &'static str,
    pub check: &'static str,
    pub check_hint: &'static str,
    pub check_good: &'static str,
    pub no_host: &'static str,
    pub no_port: &'static str,
    pub no_user: &'static str,
    pub needs_host: &'static str,
    pub port_open: &'static str,
    pub port_unknown: &'static str,
    pub costs: &'static str,
}

const EN: SendingWords = SendingWords {
    outbox: "Outbox",
    outbox_intro: "What has not left yet, and what did not arrive.",
    nothing: "Nothing waits to be sent.",
    waiting: Plural {
        one: "{n} message waits",
        many: "{n} messages wait",
    },
    waits: "Waiting",
    did_not: "Did not arrive, or may not have",
    did_not_intro: "Of the last two weeks. Nothing of this is tried again by itself.",
    more: "More messages wait than are shown here.",
    try_now: "Try now",
    take_back: "Take back",
    again: "Send again",
    again_hint: "Whoever may have it already could get it twice.",
    unsealed: "Send without the promise",
    unsealed_hint: "It then travels as well protected as their server allows, and that server promises nothing about the way behind it.",
    details: "What became of it, and what it revealed",
    done_try: "It is being tried now.",
    done_back: "It was taken back.",
    done_again: "It is being sent again.",
    too_late: "That is no longer possible: it has just left, or nothing waits any more.",
    since: "since {when}",
    next: "Next try {when}.",
    at_once: "It leaves in a moment.",
    tries: Plural {
        one: "Tried once.",
        many: "Tried {n} times.",
    },
    late: "It is late: four hours and more. It is tried for three days in all.",
    gave_up: "After three days it was given up.",
    said: "Their server said",
    shut_title: "Port 25 seems to be shut",
    shut: [
        "Since {when} no mail server anywhere answers from here: what is sent to port 25 disappears. Many providers of home lines block it.",
        "Since {when} every connection from here to a mail server is refused at once. Many providers of home lines block port 25.",
        "Since {when} mail servers take the connection and then say nothing. Something between here and there holds port 25.",
    ],
    shut_do: "Your messages wait safely. Ask your provider to open port 25, or send by a smarthost.",
    shut_used: "Your messages leave by the smarthost meanwhile. Once a day it is tried whether the port is open again.",
    state: [
        "Their server has it",
        "Taken back",
        "Waiting",
        "Nobody knows whether it arrived",
        "Did not arrive",
    ],
    returned: "It was returned, so a message from their side claims.",
    way: "How mail leaves",
    way_intro: "This box hands your messages straight to the servers of those you write to. Where that is not possible, another server, a smarthost, can pass them on.",
    choice: [
        "Straight to their servers",
        "Always by the smarthost",
        "By the smarthost only while port 25 is shut",
    ],
    choice_hint: [
        "Nobody in between. Their servers learn the address of your home line.",
        "The smarthost’s operator sees every message, whom you write to and when; their servers see the smarthost’s address and not yours.",
        "Straight where it works; the smarthost sees only what could not leave otherwise.",
    ],
    smarthost: "The smarthost",
    smarthost_intro: "Its certificate is always verified. Name and password are kept sealed in this box, and are never shown again.",
    host: "Server",
    host_hint: "As your provider names it, such as smtp.example.org.",
    port: "Port",
    security: "Encryption",
    implicit: "At once (port 465)",
    starttls: "STARTTLS (port 587)",
    user: "Name",
    user_hint: "Empty where it asks for none.",
    secret: "Password",
    secret_hint: "Often one made for this purpose only.",
    secret_kept: "One is kept. Leave this empty to keep it.",
    save: "Save",
    saved: "This is noted, and holds for what leaves from now on.",
    check: "Save and try it",
    check_hint: "Signs in and sends nothing.",
    check_good: "The smarthost took name and password: {tls}.",
    no_host: "This is no server’s name. It looks like smtp.example.org.",
    no_port: "A port is a number from 1 to 65535.",
    no_user: "Name and password have at most 500 characters each, and no line breaks.",
    needs_host: "Say which smarthost first.",
    port_open: "Port 25 is open: a mail server was reached {when}.",
    port_unknown: "Whether port 25 is open shows with the first messages.",
    costs: "What each way costs",
};

const FR: SendingWords = SendingWords {
    outbox: "Envois",
    outbox_intro: "Ce qui n’est pas encore parti, et ce qui n’est pas arrivé.",
    nothing: "Rien n’attend d’être envoyé.",
    waiting: Plural {
        one: "{n} message attend",
        many: "{n} messages attendent",
    },
    waits: "En attente",
    did_not: "Pas arrivés, ou peut-être pas",
    did_not_intro: "Ces deux dernières semaines. Rien de cela n’est retenté tout seul.",
    more: "D’autres messages attendent, qui ne sont pas montrés ici.",
    try_now: "Essayer maintenant",
    take_back: "Reprendre",
    again: "Envoyer à nouveau",
    again_hint: "Qui l’a peut-être déjà pourrait le recevoir deux fois.",
    unsealed: "Envoyer sans la promesse",
    unsealed_hint: "Il voyage alors aussi bien protégé que leur serveur le permet, et ce serveur ne promet rien pour la suite du trajet.",
    details: "Ce qu’il est devenu, et ce qu’il a révélé",
    done_try: "L’envoi est tenté maintenant.",
    done_back: "Le message a été repris.",
    done_again: "Le message est envoyé à nouveau.",
    too_late: "Ce n’est plus possible\u{202f}: il vient de partir, ou rien n’attend plus.",
    since: "depuis {when}",
    next: "Prochain essai {when}.",
    at_once: "Il part dans un instant.",
    tries: Plural {
        one: "Un essai.",
        many: "{n} essais.",
    },
    late: "Il a du retard\u{202f}: quatre heures et plus. On essaie pendant trois jours en tout.",
    gave_up: "Après trois jours, on y a renoncé.",
    said: "Son serveur a dit",
    shut_title: "Le port 25 semble fermé",
    shut: [
        "Depuis {when}, aucun serveur de courrier ne répond d’ici\u{202f}: ce qui est envoyé au port 25 disparaît. Beaucoup de fournisseurs d’accès le bloquent.",
        "Depuis {when}, chaque connexion d’ici vers un serveur de courrier est refusée aussitôt. Beaucoup de fournisseurs d’accès bloquent le port 25.",
        "Depuis {when}, les serveurs de courrier acceptent la connexion puis se taisent. Quelque chose, entre ici et là-bas, retient le port 25.",
    ],
    shut_do: "Vos messages attendent en sûreté. Demandez à votre fournisseur d’ouvrir le port 25, ou envoyez par un relais.",
    shut_used: "En attendant, vos messages partent par le relais. Une fois par jour, on vérifie si le port est de nouveau ouvert.",
    state: [
        "Son serveur l’a",
        "Repris",
        "En attente",
        "Nul ne sait s’il est arrivé",
        "Pas arrivé",
    ],
    returned: "Il a été renvoyé, à ce qu’affirme un message de leur côté.",
    way: "Comment le courrier part",
    way_intro: "Cette boîte remet vos messages directement aux serveurs de vos destinataires. Là où ce n’est pas possible, un autre serveur, un relais, peut les transmettre.",
    choice: [
        "Directement à leurs serveurs",
        "Toujours par le relais",
        "Par le relais, seulement tant que le port 25 est fermé",
    ],
    choice_hint: [
        "Personne entre les deux. Leurs serveurs apprennent l’adresse de votre ligne.",
        "L’exploitant du relais voit chaque message, à qui vous écrivez et quand\u{202f}; leurs serveurs voient l’adresse du relais, pas la vôtre.",
        "Directement quand c’est possible\u{202f}; le relais ne voit que ce qui n’a pu partir autrement.",
    ],
    smarthost: "Le relais",
    smarthost_intro: "Son certificat est toujours vérifié. Le nom et le mot de passe sont gardés scellés dans cette boîte, et ne sont plus jamais montrés.",
    host: "Serveur",
    host_hint: "Tel que votre fournisseur le nomme, comme smtp.example.org.",
    port: "Port",
    security: "Chiffrement",
    implicit: "D’emblée (port 465)",
    starttls: "STARTTLS (port 587)",
    user: "Nom",
    user_hint: "Vide s’il n’en demande pas.",
    secret: "Mot de passe",
    secret_hint: "Souvent un mot de passe fait pour cela seulement.",
    secret_kept: "Il y en a un. Laissez vide pour le garder.",
    save: "Enregistrer",
    saved: "C’est noté, et cela vaut pour ce qui part désormais.",
    check: "Enregistrer et essayer",
    check_hint: "S’identifie, et n’envoie rien.",
    check_good: "Le relais a accepté le nom et le mot de passe\u{202f}: {tls}.",
    no_host: "Ce n’est pas le nom d’un serveur. Il s’écrit comme smtp.example.org.",
    no_port: "Un port est un nombre de 1 à 65535.",
    no_user: "Le nom et le mot de passe ont au plus 500 caractères chacun, sans retour à la ligne.",
    needs_host: "Indiquez d’abord quel relais.",
    port_open: "Le port 25 est ouvert\u{202f}: un serveur de courrier a été joint {when}.",
    port_unknown: "Les premiers messages montreront si le port 25 est ouvert.",
    costs: "Ce que coûte chaque voie",
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static SendingWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

impl SendingWords {
    /// What became of a recipient, in few words.
    pub fn state_of(&self, state: State) -> &'static str {
        let at = State::ALL.iter().position(|known| *known == state).unwrap_or(2);
        self.state.get(at).copied().unwrap_or_default()
    }

    /// How it shows that the port is shut.
    pub fn shut_of(&self, how: Unreached) -> &'static str {
        let at = Unreached::ALL.iter().position(|known| *known == how).unwrap_or(0);
        self.shut.get(at).copied().unwrap_or_default()
    }

    /// A choice and what it costs.
    pub fn choice_of(&self, choice: Choice) -> (&'static str, &'static str) {
        let at = Choice::ALL.iter().position(|known| *known == choice).unwrap_or(0);
        let of = |list: &[&'static str; 3]| list.get(at).copied().unwrap_or_default();
        (of(&self.choice), of(&self.choice_hint))
    }
}

/// Why this way was taken.
pub fn via(lang: Lang, via: Via) -> &'static str {
    match (lang, via) {
        (Lang::En, Via::Direct) => "Straight to their server.",
        (Lang::En, Via::Smarthost) => "By the smarthost, as you wish it for all mail.",
        (Lang::En, Via::SmarthostForShut) => "By the smarthost, because port 25 was shut.",
        (Lang::En, Via::Provider) => "By the server of the mailbox that it is written from.",
        (Lang::Fr, Via::Direct) => "Directement à son serveur.",
        (Lang::Fr, Via::Smarthost) => "Par le relais, comme vous le voulez pour tout le courrier.",
        (Lang::Fr, Via::SmarthostForShut) => "Par le relais, parce que le port 25 était fermé.",
        (Lang::Fr, Via::Provider) => "Par le serveur de la boîte dont il porte l’adresse.",
    }
}

/// What the certificate was held to.
pub fn enforced(lang: Lang, enforced: Enforced) -> &'static str {
    match (lang, enforced) {
        (Lang::En, Enforced::Nothing) => "Whoever stands in between could have taken the encryption away.",
        (Lang::En, Enforced::Dane) => "Its certificate is the one that its signed DNS names (DANE): nobody could take the encryption away.",
        (Lang::En, Enforced::MtaSts) => {
            "Its certificate is valid for a name of the domain’s policy (MTA-STS): nobody could take the encryption away."
        }
        (Lang::En, Enforced::Name) => "Its certificate is valid for the name that you gave.",
        (Lang::Fr, Enforced::Nothing) => "Quiconque se tient entre les deux aurait pu ôter le chiffrement.",
        (Lang::Fr, Enforced::Dane) => {
            "Son certificat est celui que nomme son DNS signé (DANE)\u{202f}: nul ne pouvait ôter le chiffrement."
        }
        (Lang::Fr, Enforced::MtaSts) => {
            "Son certificat vaut pour un nom de la politique du domaine (MTA-STS)\u{202f}: nul ne pouvait ôter le chiffrement."
        }
        (Lang::Fr, Enforced::Name) => "Son certificat vaut pour le nom que vous avez donné.",
    }
}

/// What the owner can do about it, where there is something.
pub fn advice(lang: Lang, kind: Kind) -> Option<&'static str> {
    let (en, fr) = match kind {
        Kind::NoSuchDomain | Kind::NoServer => ("Look whether the address is spelt right.", "Regardez si l’adresse est bien écrite."),
        Kind::SignIn | Kind::NoSignIn => (
            "Look at the name and the password for the server that passes it on.",
            "Vérifiez le nom et le mot de passe du serveur qui le transmet.",
        ),
        Kind::TurnedAway => (
            "Such a server often mistrusts home lines. A smarthost helps.",
            "Un tel serveur se méfie souvent des lignes domestiques. Un relais aide.",
        ),
        Kind::TooLarge => (
            "Send it in parts, or without the largest files.",
            "Envoyez-le en plusieurs fois, ou sans les plus gros fichiers.",
        ),
        _ => return None,
    };
    Some(match lang {
        Lang::En => en,
        Lang::Fr => fr,
    })
}

impl super::Words {
    /// The link to the outbox.
    pub fn outbox_title(&self) -> &'static str {
        words(self.lang).outbox
    }

    /// The link to the ledger.
    pub fn ledger_title(&self) -> &'static str {
        ledger(self.lang).title
    }
}
