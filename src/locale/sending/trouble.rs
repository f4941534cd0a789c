//! Why a message did not leave or did not arrive, in one sentence; `{host}` is the server's name.

use crate::{domain::outgoing::Kind, locale::Lang};

/// The sentence. `{host}` stands for the server.
pub fn trouble(lang: Lang, kind: Kind) -> &'static str {
    match lang {
        Lang::En => en(kind),
        Lang::Fr => fr(kind),
    }
}

fn en(kind: Kind) -> &'static str {
    match kind {
        Kind::NoNames => "The DNS cannot say just now where their mail servers are.",
        Kind::NoSuchDomain => "There is no such domain.",
        Kind::TakesNoMail => "This domain says that it takes no mail.",
        Kind::NoServer => "This domain has no mail server.",
        Kind::LeadsHere => "This domain’s mail servers lead back to this box, which does not take its mail.",
        Kind::Unreachable => "{host} cannot be reached.",
        Kind::Resting => "Their servers could not be reached a moment ago, and are given a rest.",
        Kind::Silent => "{host} did not answer in time.",
        Kind::HungUp => "{host} hung up before it had the message.",
        Kind::Garbled => "What {host} said is no answer.",
        Kind::Refused => "{host} refused it.",
        Kind::NoTls => "{host} offers no encryption just now, and without it nothing may go there. So nothing was sent.",
        Kind::Certificate => "The certificate of {host} is not the one it must be. Somebody may stand in between, so nothing was sent.",
        Kind::Injected => "Something was put into the connection to {host} before it was encrypted, so nothing was sent.",
        Kind::Withheld => "What the DNS says of the certificate of {host} cannot be read just now, so nothing was sent.",
        Kind::NotListed => "{host} does not stand in its domain’s own policy, so nothing was sent.",
        Kind::NoPromise => "It is confidential, and {host} does not promise to pass it on over verified encryption only.",
        Kind::NotVerifiable => "It is confidential, and nothing that could be verified says which server is theirs.",
        Kind::TooLarge => "It is larger than {host} takes.",
        Kind::NeedsUtf8 => "It holds letters beyond plain ASCII where {host} cannot take them.",
        Kind::LostAnswer => "It was sent whole to {host}, and the answer was lost. It may have arrived or not.",
        Kind::WentDown => "This box went down while it was being sent. It may have arrived or not.",
        Kind::SignIn => "{host} did not accept the name and the password.",
        Kind::NoSignIn => "{host} offers no way of signing in that this box knows.",
        Kind::Returned => "It left, and was returned later.",
        Kind::TurnedAway => "{host} talks to nobody from here just now.",
        Kind::Late => "It left; {host} says that it is late on the way, and still tries.",
        Kind::NoMailbox => "It was to leave by a mailbox that you have elsewhere, which is not set up to send any more.",
        Kind::Unreadable => "This box can no longer read what was to be sent: its disk has damaged it. Write it anew.",
        Kind::BroughtBack => {
            "It still waited in the backup or the archive that this box was made of, and may have left since. It is not sent twice unless you say so."
        }
    }
}

fn fr(kind: Kind) -> &'static str {
    match kind {
        Kind::NoNames => "Le DNS ne peut pas dire pour l’instant où sont leurs serveurs de courrier.",
        Kind::NoSuchDomain => "Ce domaine n’existe pas.",
        Kind::TakesNoMail => "Ce domaine dit qu’il ne prend pas de courrier.",
        Kind::NoServer => "Ce domaine n’a pas de serveur de courrier.",
        Kind::LeadsHere => "Les serveurs de courrier de ce domaine ramènent à cette boîte, qui ne prend pas son courrier.",
        Kind::Unreachable => "{host} est injoignable.",
        Kind::Resting => "Leurs serveurs étaient injoignables à l’instant, on les laisse un moment.",
        Kind::Silent => "{host} n’a pas répondu à temps.",
        Kind::HungUp => "{host} a raccroché avant d’avoir le message.",
        Kind::Garbled => "Ce qu’a dit {host} n’est pas une réponse.",
        Kind::Refused => "{host} l’a refusé.",
        Kind::NoTls => "{host} n’offre pas de chiffrement pour l’instant, et rien ne doit y aller sans. Rien n’a donc été envoyé.",
        Kind::Certificate => {
            "Le certificat de {host} n’est pas celui qu’il doit être. Quelqu’un se tient peut-être entre les deux, rien n’a donc été envoyé."
        }
        Kind::Injected => "Quelque chose a été glissé dans la connexion à {host} avant qu’elle soit chiffrée, rien n’a donc été envoyé.",
        Kind::Withheld => "Ce que dit le DNS du certificat de {host} ne peut pas être lu pour l’instant, rien n’a donc été envoyé.",
        Kind::NotListed => "{host} n’est pas dans la politique de son propre domaine, rien n’a donc été envoyé.",
        Kind::NoPromise => "Il est confidentiel, et {host} ne promet pas de ne le transmettre que par un chiffrement vérifié.",
        Kind::NotVerifiable => "Il est confidentiel, et rien de vérifiable ne dit quel serveur est le leur.",
        Kind::TooLarge => "Il est plus gros que ce que prend {host}.",
        Kind::NeedsUtf8 => "Il contient des lettres hors de l’ASCII là où {host} ne peut pas les prendre.",
        Kind::LostAnswer => "Il a été envoyé en entier à {host}, et la réponse s’est perdue. Il est peut-être arrivé, peut-être pas.",
        Kind::WentDown => "Cette boîte s’est arrêtée pendant l’envoi. Il est peut-être arrivé, peut-être pas.",
        Kind::SignIn => "{host} n’a pas accepté le nom et le mot de passe.",
        Kind::NoSignIn => "{host} n’offre aucune façon de s’identifier que connaisse cette boîte.",
        Kind::Returned => "Il est parti, et a été renvoyé plus tard.",
        Kind::TurnedAway => "{host} ne parle à personne d’ici pour l’instant.",
        Kind::Late => "Il est parti\u{202f}; {host} dit qu’il a du retard en chemin, et essaie encore.",
        Kind::NoMailbox => "Il devait partir par une boîte que vous avez ailleurs, et qui ne sert plus à envoyer.",
        Kind::Unreadable => "Cette boîte ne peut plus lire ce qui devait être envoyé\u{202f}: son disque l’a abîmé. Écrivez-le de nouveau.",
        Kind::BroughtBack => {
            "Il attendait encore dans la sauvegarde ou l’archive dont cette boîte est faite, et il est peut-être parti depuis. Il n’est pas envoyé deux fois, sauf si vous le demandez."
        }
    }
}
