//! The words of the checks of one's own mail service, and of the page that lists them. French has its narrow no-break
//! spaces (U+202F) written out.

use super::{Lang, Plural, say};
use crate::domain::check::{Finding, Group, Id, State};

/// Every phrase of the page about domain and DNS.
#[allow(missing_docs, reason = "a phrase documents itself; its field says where it stands")]
pub struct CheckWords {
    pub title: &'static str,
    pub sentence: &'static str,
    pub intro: &'static str,
    pub checked: &'static str,
    pub never: &'static str,
    pub again: &'static str,
    pub again_hint: &'static str,
    pub looked: &'static str,
    pub zone: &'static str,
    pub zone_hint: &'static str,
    pub all_well: &'static str,
    pub todo: Plural,
    pub seen: &'static str,
    pub nothing_seen: &'static str,
    pub wanted: &'static str,
    pub record: &'static str,
    pub news: &'static str,
    pub news_look: &'static str,
    pub news_seen: &'static str,
    pub policy: &'static str,
    pub policy_testing: &'static str,
    pub policy_bound: &'static str,
    pub policy_bind: &'static str,
    pub policy_test: &'static str,
    pub policy_done: &'static str,
    pub not_here: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
    pub is_ready: &'static str,
    pub is_claimed: &'static str,
    pub is_locked: &'static str,
    pub is_written: &'static str,
    pub todo_where: &'static str,
    pub not_ready: &'static str,
}

const EN: CheckWords = CheckWords {
    title: "Domain and DNS",
    sentence: "What the world must find so that your mail arrives, leaves and is believed.",
    intro: "A mail service of your own needs a few records at your DNS provider, and a line that lets it through. Here is each of them: what it is for, what was seen, and what is wanted.",
    checked: "Looked at {when}.",
    never: "Not looked at yet.",
    again: "Check again",
    again_hint: "Names can take an hour or more to travel: what you have just changed may still look old.",
    looked: "Looked at just now.",
    zone: "Download as a zone file",
    zone_hint: "All the records in one file, for providers that can read it.",
    all_well: "Everything that can be checked from here is as it should be.",
    todo: Plural {
        one: "{n} thing is still to be done.",
        many: "{n} things are still to be done.",
    },
    seen: "Seen:",
    nothing_seen: "nothing",
    wanted: "Wanted",
    record: "Record to publish",
    news: "Something about your mail service has changed:",
    news_look: "Look at it",
    news_seen: "Noted",
    policy: "Your policy about encryption (MTA-STS)",
    policy_testing: "It is being tried out: other services report what would go wrong, and deliver all the same. When everything it rests on has held for a week, this box makes it binding by itself.",
    policy_bound: "It binds: other services hand mail to this box over an encrypted, verified connection, or not at all.",
    policy_bind: "Make it binding now",
    policy_test: "Only try it out",
    policy_done: "The policy was changed. Its number in DNS changes with it: see the record below.",
    not_here: "This box asks nobody outside to look back at it. Whether a port is open from outside shows only when somebody comes in by it.",
    yes: "yes",
    no: "no",
    is_ready: "it takes mail and keeps it",
    is_claimed: "it has an owner",
    is_locked: "it is locked",
    is_written: "its disk takes what is written",
    todo_where: "`/settings/dns` says what and how",
    not_ready: "the box cannot keep mail: see its disk and its log",
};

const FR: CheckWords = CheckWords {
    title: "Domaine et DNS",
    sentence: "Ce que le monde doit trouver pour que votre courrier arrive, parte et soit cru.",
    intro: "Un service de courrier à soi a besoin de quelques enregistrements chez votre fournisseur DNS, et d’une ligne qui le laisse passer. Les voici tous\u{202f}: à quoi chacun sert, ce qui a été vu, ce qu’il faudrait.",
    checked: "Vérifié {when}.",
    never: "Pas encore vérifié.",
    again: "Vérifier encore",
    again_hint: "Les noms mettent parfois une heure ou plus à voyager\u{202f}: ce que vous venez de changer peut encore sembler ancien.",
    looked: "Vérifié à l’instant.",
    zone: "Télécharger en fichier de zone",
    zone_hint: "Tous les enregistrements en un fichier, pour les fournisseurs qui savent le lire.",
    all_well: "Tout ce qui peut se vérifier d’ici est comme il faut.",
    todo: Plural {
        one: "Il reste {n} chose à faire.",
        many: "Il reste {n} choses à faire.",
    },
    seen: "Vu\u{202f}:",
    nothing_seen: "rien",
    wanted: "Voulu",
    record: "Enregistrement à publier",
    news: "Quelque chose a changé pour votre service de courrier\u{202f}:",
    news_look: "Regarder",
    news_seen: "C’est noté",
    policy: "Votre politique de chiffrement (MTA-STS)",
    policy_testing: "Elle est à l’essai\u{202f}: les autres services signalent ce qui n’irait pas, et livrent quand même. Quand tout ce sur quoi elle repose aura tenu une semaine, cette boîte la rendra obligatoire d’elle-même.",
    policy_bound: "Elle est obligatoire\u{202f}: les autres services remettent le courrier à cette boîte par une connexion chiffrée et vérifiée, ou pas du tout.",
    policy_bind: "La rendre obligatoire",
    policy_test: "Seulement l’essayer",
    policy_done: "La politique a changé. Son numéro dans le DNS change avec elle\u{202f}: voyez l’enregistrement plus bas.",
    not_here: "Cette boîte ne demande à personne au-dehors de la regarder. Qu’un port soit ouvert de l’extérieur ne se voit que lorsque quelqu’un entre par là.",
    yes: "oui",
    no: "non",
    is_ready: "elle prend le courrier et le garde",
    is_claimed: "elle a un propriétaire",
    is_locked: "elle est verrouillée",
    is_written: "son disque se laisse écrire",
    todo_where: "La page `/settings/dns` dit quoi et comment",
    not_ready: "la boîte ne peut garder de courrier\u{202f}: voyez son disque et son journal",
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static CheckWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

/// A state in a word.
pub fn state(lang: Lang, state: State) -> &'static str {
    match state {
        State::Ok => say(lang, "in order", "en ordre"),
        State::Attention => say(lang, "worth a look", "à regarder"),
        State::Todo => say(lang, "to be done", "à faire"),
        State::Unknown => say(lang, "not known", "inconnu"),
    }
}

/// What a group of checks is about.
pub fn group(lang: Lang, group: Group) -> &'static str {
    match group {
        Group::Reach => say(lang, "In and out", "Entrer et sortir"),
        Group::Records => say(lang, "Records at your DNS provider", "Enregistrements chez votre fournisseur DNS"),
        Group::Service => say(lang, "What others find", "Ce que les autres trouvent"),
        Group::Machine => say(lang, "The machine", "La machine"),
    }
}

/// The name of a check.
pub fn name(lang: Lang, id: Id) -> &'static str {
    match id {
        Id::Place => say(lang, "Your address", "Votre adresse"),
        Id::PortMail => say(lang, "Receiving (port 25)", "Recevoir (port 25)"),
        Id::PortWeb => say(lang, "Web without TLS (port 80)", "Web sans TLS (port 80)"),
        Id::PortSecure => say(lang, "Web (port 443)", "Web (port 443)"),
        Id::PortOut => say(lang, "Sending (port 25 of others)", "Envoyer (port 25 des autres)"),
        Id::ReverseV4 => say(lang, "Reverse name, IPv4", "Nom inverse, IPv4"),
        Id::ReverseV6 => say(lang, "Reverse name, IPv6", "Nom inverse, IPv6"),
        Id::Address => say(
            lang,
            "Address of the mail host (A, AAAA)",
            "Adresse de l’hôte de courrier (A, AAAA)",
        ),
        Id::Mx => say(lang, "Where mail goes (MX)", "Où va le courrier (MX)"),
        Id::Spf => say(lang, "Who may send (SPF)", "Qui peut envoyer (SPF)"),
        Id::DkimRsa => say(lang, "Signature, RSA (DKIM)", "Signature, RSA (DKIM)"),
        Id::DkimEd25519 => say(lang, "Signature, Ed25519 (DKIM)", "Signature, Ed25519 (DKIM)"),
        Id::Dmarc => say(lang, "Forgeries (DMARC)", "Contrefaçons (DMARC)"),
        Id::MtaSts => say(lang, "Encryption announced (MTA-STS)", "Chiffrement annoncé (MTA-STS)"),
        Id::MtaStsHost => say(lang, "Host of that policy", "Hôte de cette politique"),
        Id::TlsReports => say(lang, "Reports about encryption (TLS-RPT)", "Rapports sur le chiffrement (TLS-RPT)"),
        Id::Tlsa => say(lang, "Fingerprint of the key (DANE, TLSA)", "Empreinte de la clé (DANE, TLSA)"),
        Id::Caa => say(lang, "Who may certify (CAA)", "Qui peut certifier (CAA)"),
        Id::WkdHost => say(lang, "Host of your key (WKD)", "Hôte de votre clé (WKD)"),
        Id::OpenPgpKey => say(lang, "Your key in DNS (OPENPGPKEY)", "Votre clé dans le DNS (OPENPGPKEY)"),
        Id::Programs => say(lang, "Mail programs (SRV, autoconfig)", "Logiciels de courrier (SRV, autoconfig)"),
        Id::Dnssec => say(lang, "Signed records (DNSSEC)", "Enregistrements signés (DNSSEC)"),
        Id::Certificate => say(lang, "Certificate", "Certificat"),
        Id::MtaStsPolicy => say(lang, "The policy as others fetch it", "La politique telle qu’on la cherche"),
        Id::WkdAnswer => say(lang, "Your key as others fetch it", "Votre clé telle qu’on la cherche"),
        Id::Clock => say(lang, "Clock", "Horloge"),
        Id::Disk => say(lang, "Room on the disk", "Place sur le disque"),
        Id::Backup => say(lang, "Backup", "Sauvegarde"),
    }
}

/// What it is for.
pub fn purpose(lang: Lang, id: Id) -> &'static str {
    match id {
        Id::Place => say(
            lang,
            "The address by which the world reaches your line.",
            "L’adresse par laquelle le monde atteint votre ligne.",
        ),
        Id::PortMail => say(
            lang,
            "Other mail servers knock here.",
            "Les autres serveurs de courrier frappent ici.",
        ),
        Id::PortWeb => say(
            lang,
            "The authority that certifies this box knocks here.",
            "L’autorité qui certifie cette boîte frappe ici.",
        ),
        Id::PortSecure => say(
            lang,
            "Your pages from outside; your key and your policy for others.",
            "Vos pages depuis l’extérieur\u{202f}; votre clé et votre politique pour les autres.",
        ),
        Id::PortOut => say(
            lang,
            "This box knocks there to hand over what you send.",
            "Cette boîte y frappe pour remettre ce que vous envoyez.",
        ),
        Id::ReverseV4 | Id::ReverseV6 => say(
            lang,
            "Asked of the provider of your line, not of DNS: many servers refuse mail from an address whose name is not the host’s.",
            "Se demande au fournisseur de votre ligne, pas au DNS\u{202f}: bien des serveurs refusent le courrier d’une adresse dont le nom n’est pas celui de l’hôte.",
        ),
        Id::Address => say(lang, "Where the mail host is.", "Où se trouve l’hôte de courrier."),
        Id::Mx => say(
            lang,
            "Tells the world to hand your mail to this box.",
            "Dit au monde de remettre votre courrier à cette boîte.",
        ),
        Id::Spf => say(
            lang,
            "Says that only this box sends for your domain.",
            "Dit que seule cette boîte envoie pour votre domaine.",
        ),
        Id::DkimRsa | Id::DkimEd25519 => say(
            lang,
            "Lets others check the signature under each of your messages.",
            "Permet aux autres de vérifier la signature de chacun de vos messages.",
        ),
        Id::Dmarc => say(
            lang,
            "Says what to do with mail that pretends to be yours.",
            "Dit que faire du courrier qui se fait passer pour le vôtre.",
        ),
        Id::MtaSts => say(
            lang,
            "Tells others that there is a policy to fetch. Its number changes with the policy.",
            "Dit aux autres qu’il y a une politique à chercher. Son numéro change avec elle.",
        ),
        Id::MtaStsHost => say(
            lang,
            "This box serves the policy under this name.",
            "Cette boîte donne la politique sous ce nom.",
        ),
        Id::TlsReports => say(
            lang,
            "Asks others to tell you when they could not encrypt.",
            "Demande aux autres de vous dire quand ils n’ont pas pu chiffrer.",
        ),
        Id::Tlsa => say(
            lang,
            "Nails the encryption of incoming mail to this box’s own key. It counts only where records are signed.",
            "Attache le chiffrement du courrier entrant à la clé même de cette boîte. Ne compte que si les enregistrements sont signés.",
        ),
        Id::Caa => say(
            lang,
            "Forbids every other authority to certify your domain.",
            "Interdit à toute autre autorité de certifier votre domaine.",
        ),
        Id::WkdHost => say(
            lang,
            "This box gives your public key under this name, to whoever wants to write to you encrypted.",
            "Cette boîte donne votre clé publique sous ce nom, à qui veut vous écrire chiffré.",
        ),
        Id::OpenPgpKey => say(
            lang,
            "Your public key, signed along with the domain.",
            "Votre clé publique, signée avec le domaine.",
        ),
        Id::Programs => say(
            lang,
            "This box is read in a browser and has no door for mail programs, so nothing is to be announced to them.",
            "Cette boîte se lit dans un navigateur et n’a pas de porte pour les logiciels de courrier\u{202f}: rien n’est à leur annoncer.",
        ),
        Id::Dnssec => say(
            lang,
            "Nobody on the way can forge a signed record. Turned on at your registrar or DNS provider.",
            "Personne en chemin ne peut contrefaire un enregistrement signé. S’active chez votre bureau d’enregistrement ou fournisseur DNS.",
        ),
        Id::Certificate => say(
            lang,
            "Shows browsers and servers that they talk to your box.",
            "Montre aux navigateurs et aux serveurs qu’ils parlent à votre boîte.",
        ),
        Id::MtaStsPolicy => say(
            lang,
            "Fetched over the web as another server would.",
            "Cherchée par le web comme le ferait un autre serveur.",
        ),
        Id::WkdAnswer => say(
            lang,
            "Fetched over the web as a mail program would.",
            "Cherchée par le web comme le ferait un logiciel de courrier.",
        ),
        Id::Clock => say(
            lang,
            "Certificates and signatures depend on the right time.",
            "Certificats et signatures dépendent de l’heure juste.",
        ),
        Id::Disk => say(lang, "Mail needs room.", "Le courrier a besoin de place."),
        Id::Backup => say(lang, "A disk lasts until it does not.", "Un disque dure jusqu’au jour où il lâche."),
    }
}

/// What was found, in a sentence; what to do where something is.
pub fn finding(lang: Lang, id: Id, finding: Finding) -> &'static str {
    if let Some(special) = special(lang, id, finding) {
        return special;
    }
    match finding {
        Finding::NotAsked => say(lang, "Nobody could be asked.", "Personne n’a pu être interrogé."),
        Finding::Right => say(lang, "As it should be.", "Comme il faut."),
        Finding::Missing => say(
            lang,
            "There is none. Publish it at your DNS provider.",
            "Il n’y en a pas. Publiez-le chez votre fournisseur DNS.",
        ),
        Finding::Other => say(
            lang,
            "There is another one. Replace it at your DNS provider.",
            "Il y en a un autre. Remplacez-le chez votre fournisseur DNS.",
        ),
        Finding::Several => say(
            lang,
            "There is more than one, and then none counts. Leave only the one that is wanted.",
            "Il y en a plus d’un, et alors aucun ne compte. Ne laissez que celui qui est voulu.",
        ),
        Finding::Loose => say(lang, "It lets too much through.", "Il laisse passer trop de choses."),
        Finding::Forged => say(
            lang,
            "The answer’s signature does not hold: somebody forged it, or the domain’s DNSSEC is broken. Ask your DNS provider.",
            "La signature de la réponse ne tient pas\u{202f}: quelqu’un l’a contrefaite, ou le DNSSEC du domaine est cassé. Demandez à votre fournisseur DNS.",
        ),
        Finding::Unsigned => say(
            lang,
            "It is right, but nobody believes it as long as the domain’s records are not signed (DNSSEC).",
            "Il est juste, mais personne n’y croit tant que les enregistrements du domaine ne sont pas signés (DNSSEC).",
        ),
        Finding::NotSigned => say(
            lang,
            "It would count only if the domain’s records were signed (DNSSEC): turn that on first.",
            "Il ne compterait que si les enregistrements du domaine étaient signés (DNSSEC)\u{202f}: activez-le d’abord.",
        ),
        Finding::CannotTell => say(
            lang,
            "The name server that this box asks does not say.",
            "Le serveur de noms que cette boîte interroge ne le dit pas.",
        ),
        Finding::NotNeeded => say(lang, "Nothing to be done.", "Rien à faire."),
        Finding::Elsewhere => say(lang, "It leads away from this box.", "Il mène ailleurs que chez cette boîte."),
        Finding::CameIn => say(
            lang,
            "Others came in by it lately: it is open.",
            "D’autres sont entrés par là récemment\u{202f}: il est ouvert.",
        ),
        Finding::FromHere => say(
            lang,
            "It answers from here. Whether it does from outside shows when somebody comes in.",
            "Il répond d’ici. Qu’il réponde du dehors se verra quand quelqu’un entrera.",
        ),
        Finding::NobodyCame => say(
            lang,
            "Nobody has come in by it lately. If your box stands behind a router, have the router pass this port on to it.",
            "Personne n’est entré par là récemment. Si votre boîte est derrière un routeur, faites-lui transmettre ce port par le routeur.",
        ),
        Finding::WentOut => say(lang, "Other servers can be reached.", "Les autres serveurs sont joignables."),
        Finding::Shut => say(
            lang,
            "It is shut on your line, as is usual in homes. Ask your provider to open it, or send by a relay.",
            "Il est fermé sur votre ligne, comme souvent chez soi. Demandez à votre fournisseur de l’ouvrir, ou envoyez par un relais.",
        ),
        Finding::ByRelay => say(
            lang,
            "Your mail leaves by a relay; the port is not needed.",
            "Votre courrier part par un relais\u{202f}; ce port n’est pas nécessaire.",
        ),
        Finding::Public => say(
            lang,
            "It is your line’s own, and has not been seen to change.",
            "Elle est propre à votre ligne, et on ne l’a pas vue changer.",
        ),
        Finding::Behind => say(
            lang,
            "Your box has an address of the home network; your router has the public one. Have it pass ports 25, 80 and 443 on, and publish the router’s address.",
            "Votre boîte a une adresse du réseau domestique\u{202f}; c’est votre routeur qui a la publique. Faites-lui transmettre les ports 25, 80 et 443, et publiez l’adresse du routeur.",
        ),
        Finding::Shared => say(
            lang,
            "Your provider shares one address among many customers (CGNAT): nobody can reach your box by it. Ask for an address of your own, or use IPv6.",
            "Votre fournisseur partage une adresse entre bien des clients (CGNAT)\u{202f}: personne ne peut atteindre votre boîte par elle. Demandez une adresse à vous, ou utilisez l’IPv6.",
        ),
        Finding::Changing => say(
            lang,
            "It changes from time to time. Have this box announce it to your DNS provider (the page “An address that changes”), or ask for a fixed one.",
            "Elle change de temps en temps. Faites-la annoncer par cette boîte à votre fournisseur DNS (la page «\u{202f}Une adresse qui change\u{202f}»), ou demandez une adresse fixe.",
        ),
        Finding::Local => say(
            lang,
            "This machine has no network that leads outside.",
            "Cette machine n’a pas de réseau qui mène dehors.",
        ),
        Finding::SelfSigned => say(
            lang,
            "The box made it itself, so browsers warn and servers cannot check it. Order one on the page about the certificate.",
            "La boîte l’a fait elle-même\u{202f}: les navigateurs avertissent et les serveurs ne peuvent le vérifier. Commandez-en un à la page du certificat.",
        ),
        Finding::Ending => say(
            lang,
            "It ends soon, or has ended, and could not be renewed: the page about the certificate says why.",
            "Il finit bientôt, ou est fini, et n’a pas pu être renouvelé\u{202f}: la page du certificat dit pourquoi.",
        ),
        Finding::WrongName => say(lang, "It is not for the mail host.", "Il n’est pas pour l’hôte de courrier."),
        Finding::Unreachable => say(
            lang,
            "It could not be fetched from here. Some routers do not lead back in what goes out; then only others can tell.",
            "Impossible de la chercher d’ici. Certains routeurs ne ramènent pas ce qui sort\u{202f}; alors seuls d’autres peuvent le dire.",
        ),
        Finding::Garbled => say(
            lang,
            "What came is not what this box gives out.",
            "Ce qui est venu n’est pas ce que donne cette boîte.",
        ),
        Finding::Testing => say(
            lang,
            "It is found, and being tried out: it does not bind yet.",
            "On la trouve, et elle est à l’essai\u{202f}: elle n’oblige pas encore.",
        ),
        Finding::Wrong => say(
            lang,
            "It is wrong. Have the machine set it over the network.",
            "Elle est fausse. Laissez la machine la régler par le réseau.",
        ),
        Finding::Low => say(lang, "There is little left.", "Il en reste peu."),
        Finding::Out => say(lang, "There is hardly any left.", "Il n’en reste presque plus."),
        Finding::Old => say(lang, "It is old.", "Elle est ancienne."),
        Finding::Untried => say(lang, "It was not tried.", "Ce n’est pas éprouvé."),
        Finding::Lacking => say(lang, "A part of it is missing.", "Il en manque une partie."),
        Finding::Untrusted => say(
            lang,
            "It is found, but behind a certificate that others do not accept.",
            "On la trouve, mais derrière un certificat que les autres n’acceptent pas.",
        ),
    }
}

/// Where the general sentence would be too general.
fn special(lang: Lang, id: Id, finding: Finding) -> Option<&'static str> {
    Some(match (id, finding) {
        (Id::Mx, Finding::Elsewhere) => say(
            lang,
            "It leads here, and to others too, who then see mail of yours.",
            "Il mène ici, et chez d’autres aussi, qui voient alors de votre courrier.",
        ),
        (Id::Mx, Finding::Other) => say(
            lang,
            "Your mail goes elsewhere. Replace the record when you are ready to receive here.",
            "Votre courrier va ailleurs. Remplacez l’enregistrement quand vous serez prêt à recevoir ici.",
        ),
        (Id::Spf, Finding::Other) => say(lang, "It does not let this box send.", "Il ne permet pas à cette boîte d’envoyer."),
        (Id::Spf, Finding::Loose) => say(
            lang,
            "It lets anybody send for your domain: let it end in -all.",
            "Il permet à n’importe qui d’envoyer pour votre domaine\u{202f}: faites-le finir par -all.",
        ),
        (Id::Dmarc, Finding::Loose) => say(
            lang,
            "It only watches. Ask for forgeries to be put aside: p=quarantine.",
            "Il ne fait qu’observer. Demandez que les contrefaçons soient mises à part\u{202f}: p=quarantine.",
        ),
        (Id::MtaSts, Finding::Other) => say(
            lang,
            "Its number is an old one: others go on with the policy that they remember.",
            "Son numéro est ancien\u{202f}: les autres gardent la politique dont ils se souviennent.",
        ),
        (Id::TlsReports, Finding::Elsewhere) => say(
            lang,
            "The reports go to somebody else.",
            "Les rapports vont chez quelqu’un d’autre.",
        ),
        (Id::Tlsa, Finding::Other) => say(
            lang,
            "It is the fingerprint of another key: careful servers hand you no mail. Replace it now.",
            "C’est l’empreinte d’une autre clé\u{202f}: les serveurs prudents ne vous remettent rien. Remplacez-la maintenant.",
        ),
        (Id::Caa, Finding::Other) => say(
            lang,
            "It forbids the authority of this box to certify your domain.",
            "Il interdit à l’autorité de cette boîte de certifier votre domaine.",
        ),
        (Id::Caa, Finding::CannotTell) => say(
            lang,
            "There is one; this box has no authority yet to compare it with.",
            "Il y en a un\u{202f}; cette boîte n’a pas encore d’autorité à lui comparer.",
        ),
        (Id::Dnssec, Finding::NotSigned) => say(
            lang,
            "They are not signed. Your registrar or DNS provider can turn it on.",
            "Ils ne sont pas signés. Votre bureau d’enregistrement ou fournisseur DNS peut l’activer.",
        ),
        (Id::Programs, Finding::Elsewhere) => say(
            lang,
            "Mail programs are led to something that this box is not.",
            "Les logiciels de courrier sont menés vers autre chose que cette boîte.",
        ),
        (Id::ReverseV4 | Id::ReverseV6, Finding::Missing) => say(
            lang,
            "The address has no name. Ask the provider of your line, or send by a relay.",
            "L’adresse n’a pas de nom. Demandez au fournisseur de votre ligne, ou envoyez par un relais.",
        ),
        (Id::ReverseV4 | Id::ReverseV6, Finding::Other) => say(
            lang,
            "It has another name. Ask the provider of your line to set it, or send by a relay.",
            "Elle a un autre nom. Demandez au fournisseur de votre ligne de le changer, ou envoyez par un relais.",
        ),
        (Id::ReverseV6, Finding::NotNeeded) => say(lang, "Your box has no IPv6 address.", "Votre boîte n’a pas d’adresse IPv6."),
        (Id::ReverseV4, Finding::NotAsked) => say(
            lang,
            "Your public IPv4 address is not known yet.",
            "Votre adresse IPv4 publique n’est pas encore connue.",
        ),
        (Id::DkimRsa | Id::DkimEd25519, Finding::NotAsked) => say(
            lang,
            "Nobody could be asked, or the box is locked and has not told its keys yet.",
            "Personne n’a pu être interrogé, ou la boîte est verrouillée et n’a pas encore dit ses clés.",
        ),
        (Id::PortMail, Finding::Old) => say(
            lang,
            "For two weeks nobody has come in by it, and before that others did: your mail may not reach you. Look whether the router still passes this port on, and ask the provider of your line whether it is shut.",
            "Depuis deux semaines personne n’est entré par là, et avant cela d’autres entraient\u{202f}: votre courrier ne vous parvient peut-être plus. Regardez si le routeur transmet toujours ce port, et demandez au fournisseur de votre ligne s’il est fermé.",
        ),
        (Id::PortOut, Finding::NotAsked) => say(
            lang,
            "Nothing was sent yet, so nobody has tried.",
            "Rien n’est encore parti, personne n’a donc essayé.",
        ),
        (Id::MtaStsPolicy | Id::WkdAnswer, Finding::NotAsked) => say(
            lang,
            "Its host is not published yet, so there is nothing to fetch.",
            "Son hôte n’est pas encore publié\u{202f}: il n’y a rien à chercher.",
        ),
        (Id::Clock, Finding::NotAsked) => say(
            lang,
            "There was no other clock yet to compare it with.",
            "Il n’y a pas encore eu d’autre horloge à lui comparer.",
        ),
        (Id::OpenPgpKey, Finding::NotAsked) => say(
            lang,
            "There is no key of yours to publish yet, or nobody could be asked.",
            "Il n’y a pas encore de clé à vous à publier, ou personne n’a pu être interrogé.",
        ),
        (Id::Backup, Finding::Missing) => say(lang, "There is none.", "Il n’y en a pas."),
        (Id::Backup, Finding::Right) => say(
            lang,
            "There is one of everything, and restoring it was tried.",
            "Il y en a une de tout, et sa restauration a été éprouvée.",
        ),
        (Id::Backup, Finding::Loose) => say(
            lang,
            "There is one of everything, but what is old could not be removed there: the page about backups says why.",
            "Il y en a une de tout, mais ce qui est ancien n’a pas pu être supprimé là-bas\u{202f}: la page des sauvegardes dit pourquoi.",
        ),
        (Id::Backup, Finding::NotAsked) => say(
            lang,
            "The first one is still to be made, or to be restored to try it.",
            "La première est encore à faire, ou à restaurer pour l’éprouver.",
        ),
        (Id::Backup, Finding::Untried) => say(
            lang,
            "There is one, but for a week or more no restore of it came to an end: the page about backups says more.",
            "Il y en a une, mais depuis une semaine ou plus aucune restauration n’est allée jusqu’au bout\u{202f}: la page des sauvegardes en dit plus.",
        ),
        (Id::Backup, Finding::Lacking) => say(
            lang,
            "There is one, but without messages that this box’s disk has damaged: the page about backups says how many.",
            "Il y en a une, mais sans des messages que le disque de cette boîte a abîmés\u{202f}: la page des sauvegardes dit combien.",
        ),
        (Id::Backup, Finding::Old) => say(
            lang,
            "The last one is old. It is made while the box is unlocked.",
            "La dernière est ancienne. Elle se fait quand la boîte est déverrouillée.",
        ),
        (Id::Backup, Finding::Out) => say(
            lang,
            "The last one failed, or could not be restored: the page about backups says why.",
            "La dernière a échoué, ou n’a pas pu être restaurée\u{202f}: la page des sauvegardes dit pourquoi.",
        ),
        (Id::Certificate, Finding::Right) => say(
            lang,
            "It is valid, and renews by itself.",
            "Il est valable, et se renouvelle de lui-même.",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_words_in_both_languages() {
        for id in Id::ALL {
            for lang in Lang::ALL {
                assert!(!name(lang, *id).is_empty() && !purpose(lang, *id).is_empty());
                for it in Finding::ALL {
                    assert!(finding(lang, *id, *it).ends_with(['.', ')', 'e']), "{id:?} {it:?}");
                }
            }
            assert_ne!(purpose(Lang::En, *id), purpose(Lang::Fr, *id));
        }
    }
}
