//! The words of the page about what other mail services report.

use super::{Lang, Plural};
use crate::domain::report::Wrong;

/// Its phrases.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct ReportWords {
    pub title: &'static str,
    pub tag: &'static str,
    pub tag_means: &'static str,
    pub intro: &'static str,
    pub none: &'static str,
    pub none_why: &'static str,
    pub confirmed: Plural,
    pub unconfirmed: Plural,
    pub reports: Plural,
    pub unvouched: Plural,
    pub named: &'static str,
    pub through: &'static str,
    pub yours: Plural,
    pub arrived: Plural,
    pub stopped: Plural,
    pub known: &'static str,
    pub known_yes: &'static str,
    pub known_no: &'static str,
    pub way: &'static str,
    pub way_none: &'static str,
    pub encrypted: Plural,
    pub trouble: Plural,
    pub at: &'static str,
    pub listed: &'static str,
    pub about_senders: &'static str,
    pub about_tls: &'static str,
    pub nobody: &'static str,
    pub records: &'static str,
    pub records_why: &'static str,
    pub wrong: [&'static str; 11],
}

impl ReportWords {
    /// What went wrong, and what helps.
    pub fn wrong(&self, what: Wrong) -> &'static str {
        let at = Wrong::ALL.iter().position(|known| *known == what).unwrap_or_default();
        self.wrong.get(at).copied().unwrap_or_default()
    }
}

const EN: ReportWords = ReportWords {
    title: "Who sends as you",
    tag: "report",
    tag_means: "What other mail services report about your domain. They are added up on a page of their own.",
    intro: "Many mail services tell a domain once a day from where mail in its name reached them. This is what they told {domain} in the last 30 days. It is their word: this box did not see that mail arrive there.",
    none: "No report has come in the last 30 days.",
    none_why: "Mail services send reports to domains that ask for them in DNS. The two records are below.",
    confirmed: Plural {
        one: "{n} message was confirmed as yours",
        many: "{n} messages were confirmed as yours",
    },
    unconfirmed: Plural {
        one: "nothing shows that {n} is",
        many: "nothing shows that {n} are",
    },
    reports: Plural {
        one: "From {n} report.",
        many: "From {n} reports.",
    },
    unvouched: Plural {
        one: "{n} more is not counted: nobody vouches for it, and anyone can write one.",
        many: "{n} more are not counted: nobody vouches for them, and anyone can write one.",
    },
    named: "In the name of {names}",
    through: "by way of {names}",
    yours: Plural {
        one: "{n} message is yours, as far as your DNS says: signed by your domain, or sent from where it allows.",
        many: "{n} messages are yours, as far as your DNS says: signed by your domain, or sent from where it allows.",
    },
    arrived: Plural {
        one: "{n} message arrived although nothing shows that it is yours.",
        many: "{n} messages arrived although nothing shows that they are yours.",
    },
    stopped: Plural {
        one: "{n} message was put aside or refused.",
        many: "{n} messages were put aside or refused.",
    },
    known: "What to do",
    known_yes: "Do you know the address — a newsletter service, a shop, a former provider? Have it sign with your domain (DKIM), or allow it in your domain’s SPF record.",
    known_no: "You do not know it? Then somebody writes in your name. Ask other services to refuse such mail: {record}",
    way: "How mail reaches you",
    way_none: "No service has reported how encrypting the way to you went.",
    encrypted: Plural {
        one: "{n} connection was encrypted as it should be",
        many: "{n} connections were encrypted as they should be",
    },
    trouble: Plural {
        one: "{n} was not",
        many: "{n} were not",
    },
    at: "at {host}",
    listed: "The newest reports",
    about_senders: "who sends as you",
    about_tls: "how mail reaches you",
    nobody: "nobody vouches for it",
    records: "Asking for reports",
    records_why: "With these two records in your domain’s DNS, mail services send their reports here. They are filed quietly, under the tag “report”.",
    wrong: [
        "The server offered no encryption. Somebody in between may have taken the offer away, or port 25 is answered by another machine.",
        "The certificate was for another name. Check that the certificate names your mail server as MX does.",
        "The certificate was too old. Renew it, and see why that did not happen by itself.",
        "The certificate was signed by nobody that they know.",
        "Encryption could not be agreed on; they do not say more.",
        "The certificate was not the one that DNS names (DANE). After a new certificate the TLSA record must follow.",
        "The DNS signatures of your domain did not hold (DNSSEC). Look at this first: mail waits until it is mended.",
        "They asked for DANE, and your domain does not publish it.",
        "Your policy (MTA-STS) could not be fetched from mta-sts.",
        "Your policy (MTA-STS) could not be read.",
        "The certificate of the web server with your policy (mta-sts) was not valid.",
    ],
};

const FR: ReportWords = ReportWords {
    title: "Qui envoie en votre nom",
    tag: "rapport",
    tag_means: "Ce que d’autres services de courrier rapportent sur votre domaine. Une page à part en fait la somme.",
    intro: "Beaucoup de services de courrier disent à un domaine, une fois par jour, d’où leur est arrivé du courrier en son nom. Voici ce qu’ils ont dit à {domain} ces 30 derniers jours. C’est leur parole\u{202f}: cette boîte n’a pas vu ce courrier arriver chez eux.",
    none: "Aucun rapport n’est arrivé ces 30 derniers jours.",
    none_why: "Les services de courrier envoient des rapports aux domaines qui en demandent dans le DNS. Les deux enregistrements sont plus bas.",
    confirmed: Plural {
        one: "{n} message a été confirmé comme venant de vous",
        many: "{n} messages ont été confirmés comme venant de vous",
    },
    unconfirmed: Plural {
        one: "rien ne le montre pour {n}",
        many: "rien ne le montre pour {n}",
    },
    reports: Plural {
        one: "D’après {n} rapport.",
        many: "D’après {n} rapports.",
    },
    unvouched: Plural {
        one: "{n} autre n’est pas compté\u{202f}: personne ne s’en porte garant, et n’importe qui peut en écrire.",
        many: "{n} autres ne sont pas comptés\u{202f}: personne ne s’en porte garant, et n’importe qui peut en écrire.",
    },
    named: "Au nom de {names}",
    through: "par {names}",
    yours: Plural {
        one: "{n} message vient de vous, d’après votre DNS\u{202f}: signé par votre domaine, ou envoyé d’où il l’autorise.",
        many: "{n} messages viennent de vous, d’après votre DNS\u{202f}: signés par votre domaine, ou envoyés d’où il l’autorise.",
    },
    arrived: Plural {
        one: "{n} message est arrivé alors que rien ne montre qu’il vient de vous.",
        many: "{n} messages sont arrivés alors que rien ne montre qu’ils viennent de vous.",
    },
    stopped: Plural {
        one: "{n} message a été mis de côté ou refusé.",
        many: "{n} messages ont été mis de côté ou refusés.",
    },
    known: "Que faire",
    known_yes: "Vous connaissez l’adresse — un service de lettres d’information, une boutique, un ancien hébergeur\u{202f}? Faites-le signer avec votre domaine (DKIM), ou autorisez-le dans l’enregistrement SPF de votre domaine.",
    known_no: "Vous ne la connaissez pas\u{202f}? Alors quelqu’un écrit en votre nom. Demandez aux autres services de refuser ce courrier\u{202f}: {record}",
    way: "Comment le courrier vous parvient",
    way_none: "Aucun service n’a rapporté comment s’est passé le chiffrement du trajet jusqu’à vous.",
    encrypted: Plural {
        one: "{n} connexion a été chiffrée comme il faut",
        many: "{n} connexions ont été chiffrées comme il faut",
    },
    trouble: Plural {
        one: "{n} ne l’a pas été",
        many: "{n} ne l’ont pas été",
    },
    at: "chez {host}",
    listed: "Les derniers rapports",
    about_senders: "qui envoie en votre nom",
    about_tls: "comment le courrier vous parvient",
    nobody: "personne ne s’en porte garant",
    records: "Demander des rapports",
    records_why: "Avec ces deux enregistrements dans le DNS de votre domaine, les services de courrier envoient leurs rapports ici. Ils sont classés sans bruit, sous l’étiquette «\u{202f}rapport\u{202f}».",
    wrong: [
        "Le serveur n’a pas proposé de chiffrement. Quelqu’un entre les deux a pu retirer la proposition, ou le port 25 est tenu par une autre machine.",
        "Le certificat était pour un autre nom. Vérifiez qu’il nomme votre serveur de courrier comme le fait MX.",
        "Le certificat était trop vieux. Renouvelez-le, et cherchez pourquoi cela ne s’est pas fait tout seul.",
        "Le certificat n’était signé par personne qu’ils connaissent.",
        "Ils n’ont pas pu s’accorder sur un chiffrement et n’en disent pas plus.",
        "Le certificat n’était pas celui que nomme le DNS (DANE). Après un nouveau certificat, l’enregistrement TLSA doit suivre.",
        "Les signatures DNS de votre domaine ne tenaient pas (DNSSEC). À regarder d’abord\u{202f}: le courrier attend que ce soit réparé.",
        "Ils demandaient DANE, et votre domaine ne le publie pas.",
        "Votre politique (MTA-STS) n’a pas pu être prise sur mta-sts.",
        "Votre politique (MTA-STS) est illisible.",
        "Le certificat du serveur web qui porte votre politique (mta-sts) n’était pas valable.",
    ],
};

/// The phrases of a language.
pub const fn words(lang: Lang) -> &'static ReportWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}
