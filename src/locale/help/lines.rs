//! What each line of each index looks at and how it is won, in a sentence or two. The lines of a device say it by
//! their tips already (`locale::devices`).

use crate::{
    domain::privacy::{account, appliance, contact, message},
    locale::{Lang, say},
};

/// What a line of a message's index is about.
pub fn of_message(lang: Lang, id: message::LineId) -> &'static str {
    use message::LineId as L;
    let (en, fr) = match id {
        L::ContentEncrypted => (
            "The whole of it was closed for its readers alone (OpenPGP); half-closed or inside the text wins 22. To win it: have a key, and write to people who have one. Ask the others for theirs.",
            "Tout y a été fermé pour ses seuls lecteurs (OpenPGP)\u{202f}; fermé à moitié ou au milieu du texte, il gagne 22. Pour la gagner\u{202f}: ayez une clé, et écrivez à qui en a une. Demandez la leur aux autres.",
        ),
        L::ContentAuthenticated => (
            "Its encryption shows whether somebody changed it on the way. Today’s format wins both points, the one before one. It depends on the sender’s program.",
            "Son chiffrement montre si quelqu’un l’a changé en chemin. Le format d’aujourd’hui gagne les deux points, le précédent un seul. Cela dépend du logiciel de l’expéditeur.",
        ),
        L::ContentHeaders => (
            "The subject is inside the encrypted part, so that no server reads it. This box does so by itself when it encrypts.",
            "L’objet est dans la partie chiffrée, et aucun serveur ne le lit. Cette boîte le fait d’elle-même quand elle chiffre.",
        ),
        L::ContentSigned => (
            "A signature that is right, by a key of the address that it comes from. Your own messages are signed once that is switched on beside your keys.",
            "Une signature juste, d’une clé de l’adresse d’où il vient. Les vôtres sont signés dès que c’est réglé à côté de vos clés.",
        ),
        L::ContentSigner => (
            "You compared that key with its owner. A minute together or on the telephone wins it for every later message.",
            "Vous avez comparé cette clé avec son propriétaire. Une minute ensemble ou au téléphone la gagne pour tous les messages à venir.",
        ),
        L::ContentClean => (
            "No remote pictures, no spy image, nothing active, no link that leads elsewhere than it says. It is up to whoever writes.",
            "Ni image distante, ni image espionne, ni rien d’actif, ni lien qui mène ailleurs qu’il ne dit. C’est à qui écrit d’y veiller.",
        ),
        L::TravelTls => (
            "How the last stretch was encrypted, as this box saw it: TLS 1.3 wins 9, 1.2 wins 7, older 2, none 0. It is up to their mail provider.",
            "Comment le dernier tronçon était chiffré, tel que cette boîte l’a vu\u{202f}: TLS 1.3 gagne 9, 1.2 gagne 7, plus ancien 2, rien 0. Cela dépend de leur fournisseur.",
        ),
        L::TravelQuantum => (
            "That encryption also withstands a computer that does not exist yet, so that what is recorded today stays closed.",
            "Ce chiffrement résiste aussi à un ordinateur qui n’existe pas encore\u{202f}: ce qui est enregistré aujourd’hui restera fermé.",
        ),
        L::TravelStrict => (
            "The receiving domain demands encryption (MTA-STS or DANE), so that nobody on the way can strip it. For mail to you, publish your own: the page about your domain says how.",
            "Le domaine qui reçoit exige le chiffrement (MTA-STS ou DANE), et personne en chemin ne peut l’ôter. Pour ce qui vous arrive, publiez le vôtre\u{202f}: la page de votre domaine dit comment.",
        ),
        L::TravelAuthentic => (
            "The domain that it comes from vouches for it: a signature (DKIM) wins 6, only a list of its servers (SPF) 4.",
            "Le domaine d’où il vient s’en porte garant\u{202f}: une signature (DKIM) gagne 6, la seule liste de ses serveurs (SPF) 4.",
        ),
        L::TravelPolicy => (
            "That domain asks everybody to refuse forgeries in its name (DMARC), and this message passed.",
            "Ce domaine demande à tous de refuser les faux à son nom (DMARC), et ce message a passé l’épreuve.",
        ),
        L::TravelHops => (
            "Only takes away: one point for each further stranger’s server that says it carried it, four where one says that it had no encryption. It is their word, so it wins nothing.",
            "Ne fait qu’ôter\u{202f}: un point par serveur étranger de plus qui dit l’avoir porté, quatre si l’un dit qu’il n’y avait pas de chiffrement. Ce n’est que leur parole, elle ne gagne rien.",
        ),
        L::SenderKnown => (
            "Everybody else in it is in your address book. Add who is missing.",
            "Tous les autres sont dans votre carnet d’adresses. Ajoutez qui manque.",
        ),
        L::SenderKeys => (
            "Each of them has a key that can be used. Ask who has none: the writing page does it for you.",
            "Chacun a une clé utilisable. Demandez-la à qui n’en a pas\u{202f}: la page d’écriture le fait pour vous.",
        ),
        L::SenderVerified => (
            "You compared each of those keys. One that was not compared is enough to lose it.",
            "Vous avez comparé chacune de ces clés. Une seule qui ne l’est pas suffit à la perdre.",
        ),
        L::SenderContact => (
            "The lowest index of those who take part, brought down to 6. Look at the weakest one’s page.",
            "L’indice le plus bas de ceux qui y prennent part, ramené à 6. Voyez la fiche du plus faible.",
        ),
        L::SenderAudience => (
            "One other reader wins 4, two to five 2, more or a mailing list nothing. Fewer readers, fewer leaks.",
            "Un seul autre lecteur gagne 4, de deux à cinq 2, davantage ou une liste rien. Moins de lecteurs, moins de fuites.",
        ),
        L::CeilingForged => (
            "A signature in it is wrong, or its domain says that it is a forgery. Do not trust it; ask the sender in another way.",
            "Une signature y est fausse, ou son domaine dit que c’est un faux. Ne vous y fiez pas\u{202f}; demandez à l’expéditeur par un autre moyen.",
        ),
        L::CeilingOpen => (
            "Neither it nor its last stretch was encrypted: anybody on the line could read it.",
            "Ni lui ni son dernier tronçon n’étaient chiffrés\u{202f}: n’importe qui sur la ligne a pu le lire.",
        ),
        L::CeilingAnonymous => (
            "Nothing says who sent it: no signature, no list of servers, no key.",
            "Rien ne dit qui l’a envoyé\u{202f}: ni signature, ni liste de serveurs, ni clé.",
        ),
        L::CeilingLoaded => (
            "You had its remote content shown, and so told its sender that you read it.",
            "Vous avez fait afficher son contenu distant, et l’expéditeur sait que vous l’avez lu.",
        ),
        L::CeilingUnverified => (
            "It rests on a key that you have not compared. Compare it, and the next one can reach A.",
            "Il repose sur une clé que vous n’avez pas comparée. Comparez-la, et le prochain pourra atteindre A.",
        ),
    };
    say(lang, en, fr)
}

/// What a line of a contact's index is about.
pub fn of_contact(lang: Lang, id: contact::LineId) -> &'static str {
    use contact::LineId as L;
    let (en, fr) = match id {
        L::KeyPresent => (
            "A key of theirs that can be used is known here. Ask for it, look for it at their domain, or add it from a file.",
            "On connaît ici une clé d’eux qui peut servir. Demandez-la, cherchez-la sur leur domaine, ou ajoutez-la d’un fichier.",
        ),
        L::KeyStrength => (
            "It is as strong as today’s: elliptic curves, or RSA of 3072 bits and more. Only they can make a new one.",
            "Elle est solide comme celles d’aujourd’hui\u{202f}: courbes elliptiques, ou RSA de 3072 bits et plus. Eux seuls peuvent en faire une nouvelle.",
        ),
        L::KeyVerified => (
            "You compared it with them, together or on the telephone. Nothing wins as much for a minute.",
            "Vous l’avez comparée avec eux, ensemble ou au téléphone. Rien ne gagne autant en une minute.",
        ),
        L::ServiceStrict => (
            "Their mail domain demands encryption (MTA-STS or DANE). Their provider can do that; tell them.",
            "Leur domaine exige le chiffrement (MTA-STS ou DANE). Leur fournisseur peut le faire\u{202f}; dites-le-leur.",
        ),
        L::ServiceDnssec => (
            "What their domain says in the DNS is signed, and was checked here.",
            "Ce que leur domaine dit dans le DNS est signé, et a été vérifié ici.",
        ),
        L::HabitEncrypted => (
            "The share of their last fifty messages that came encrypted. Write encrypted yourself: most programs answer in kind.",
            "La part de leurs cinquante derniers messages qui sont venus chiffrés. Chiffrez vous-même\u{202f}: la plupart des logiciels répondent de même.",
        ),
        L::HabitSigned => (
            "The share that came with a signature that is right.",
            "La part qui portait une signature juste.",
        ),
        L::HabitTls => (
            "The share that travelled its last stretch encrypted.",
            "La part dont le dernier tronçon était chiffré.",
        ),
        L::HabitClean => (
            "The share without spy images and remote content.",
            "La part sans image espionne ni contenu distant.",
        ),
        L::HabitReplies => (
            "They answer encrypted when you write encrypted.",
            "Ils répondent chiffré quand vous écrivez chiffré.",
        ),
        L::RelationExchanges => (
            "Ten messages or more, both ways; one way wins half.",
            "Dix messages ou plus, dans les deux sens\u{202f}; un seul sens en gagne la moitié.",
        ),
        L::RelationKnownSince => (
            "You have known each other for thirty days, and their key has not changed in the last thirty.",
            "Vous vous connaissez depuis trente jours, et leur clé n’a pas changé dans les trente derniers.",
        ),
        L::ServiceStatement => (
            "Their own box makes a signed statement, and what of it can be checked from here was found true.",
            "Leur propre boîte fait une déclaration signée, et ce qui peut en être vérifié d’ici s’est révélé vrai.",
        ),
    };
    say(lang, en, fr)
}

/// What a line of the account's index is about.
pub fn of_account(lang: Lang, id: account::LineId) -> &'static str {
    use account::LineId as L;
    let (en, fr) = match id {
        L::KeyExists => (
            "You have a key, so that people can write to you in an envelope.",
            "Vous avez une clé\u{202f}: on peut vous écrire sous enveloppe.",
        ),
        L::KeyStrength => ("It is as strong as today’s are.", "Elle est solide comme celles d’aujourd’hui."),
        L::KeyPublished => (
            "Programs find it at your domain (WKD): this box fetched it there as they would.",
            "Les logiciels la trouvent sur votre domaine (WKD)\u{202f}: cette boîte l’y a cherchée comme eux.",
        ),
        L::KeyBackup => (
            "You saved a copy of it. Keep it elsewhere than this box.",
            "Vous en avez enregistré une copie. Gardez-la ailleurs que dans cette boîte.",
        ),
        L::KeyExpiry => (
            "It ends on a day that is still to come, so that a lost key does not live for ever.",
            "Elle finit un jour encore à venir\u{202f}: une clé perdue ne vit pas pour toujours.",
        ),
        L::SignInWay => (
            "A passkey wins 12: no false page can ask for it. A code after the passphrase wins 9.",
            "Une clé d’accès gagne 12\u{202f}: aucune fausse page ne peut la demander. Un code après la phrase de passe gagne 9.",
        ),
        L::SignInPassphrase => (
            "How long it would take to guess it. Five or six words that do not belong together are better than a clever one.",
            "Le temps qu’il faudrait pour la deviner. Cinq ou six mots qui n’ont rien à voir valent mieux qu’un mot astucieux.",
        ),
        L::StorageSealed => (
            "Your mail, and all that is yours on the disk, is sealed. In this box it always is.",
            "Votre courrier, et tout ce qui est à vous sur le disque, est scellé. Dans cette boîte, c’est toujours le cas.",
        ),
        L::StorageLocked => (
            "After a restart it waits for you. A key file gives these points away for comfort.",
            "Après un redémarrage, elle vous attend. Un fichier de clé cède ces points contre du confort.",
        ),
        L::StorageBackup => (
            "There is a backup younger than seven days, and it was tried: what was never restored is only a hope.",
            "Il y a une sauvegarde de moins de sept jours, et elle a été essayée\u{202f}: ce qu’on n’a jamais restauré n’est qu’un espoir.",
        ),
        L::Devices => (
            "The lowest index of a device that you let in. Sign out what you no longer use.",
            "L’indice le plus bas d’un appareil que vous avez fait entrer. Déconnectez ce que vous n’utilisez plus.",
        ),
        L::Contacts => (
            "The mean index of the ten people you write to most.",
            "L’indice moyen des dix personnes à qui vous écrivez le plus.",
        ),
        L::Mail => (
            "The share of what you sent in thirty days that was encrypted end to end.",
            "La part de ce que vous avez envoyé en trente jours qui était chiffrée de bout en bout.",
        ),
        L::Service => (
            "How well your own service is set up: its records, its certificate, its name.",
            "Comment votre propre service est réglé\u{202f}: ses enregistrements, son certificat, son nom.",
        ),
    };
    say(lang, en, fr)
}

/// What a line of the appliance's index is about.
pub fn of_appliance(lang: Lang, id: appliance::LineId) -> &'static str {
    use appliance::LineId as L;
    let (en, fr) = match id {
        L::Dkim => (
            "What you send is signed by your domain, and the keys to check it are published. Copy the DKIM records to your DNS provider.",
            "Ce que vous envoyez est signé par votre domaine, et les clés pour le vérifier sont publiées. Recopiez les enregistrements DKIM chez votre fournisseur DNS.",
        ),
        L::Spf => (
            "A record says which machines may send mail of your domain, and this box is among them. Copy the SPF record.",
            "Un enregistrement dit quelles machines peuvent envoyer le courrier de votre domaine, et cette boîte en est. Recopiez l’enregistrement SPF.",
        ),
        L::Dmarc => (
            "A record says what others are to do with mail that pretends to be yours, and where to report it. Watching alone wins it.",
            "Un enregistrement dit aux autres que faire du courrier qui se fait passer pour le vôtre, et où le signaler. Observer suffit à la gagner.",
        ),
        L::DmarcEnforces => (
            "That record asks for forgeries to be put aside or refused. Let it watch for a few weeks, read the reports, then tighten it.",
            "Cet enregistrement demande de mettre à part ou de refuser les contrefaçons. Laissez-le observer quelques semaines, lisez les rapports, puis resserrez-le.",
        ),
        L::Reverse => (
            "Whoever asks for the name of your public address gets the name of this box. Only the provider of your line can set it; some never do.",
            "Qui demande le nom de votre adresse publique obtient celui de cette boîte. Seul le fournisseur de votre ligne peut le régler\u{202f}; certains ne le font jamais.",
        ),
        L::MtaSts => (
            "A policy on your domain’s web page demands that others encrypt, and a record points to it. It wins once it is binding, not while it only tests.",
            "Une politique, sur une page de votre domaine, exige que les autres chiffrent, et un enregistrement y mène. Elle compte une fois obligatoire, pas tant qu’elle est à l’essai.",
        ),
        L::Dnssec => (
            "Your domain’s records are signed, so that nobody on the way can forge where your mail goes. It is switched on at your registrar or DNS provider.",
            "Les enregistrements de votre domaine sont signés\u{202f}: personne en chemin ne peut falsifier où va votre courrier. Cela s’active chez votre bureau d’enregistrement ou fournisseur DNS.",
        ),
        L::Dane => (
            "The fingerprint of this box’s key is published under signed records: then no authority, and nobody who fools one, can stand in for it. It needs DNSSEC.",
            "L’empreinte de la clé de cette boîte est publiée sous des enregistrements signés\u{202f}: aucune autorité, ni qui en trompe une, ne peut prendre sa place. Il faut le DNSSEC.",
        ),
        L::Tls => (
            "The certificate is of an authority that others know, and valid. This box orders and renews it by itself; nothing older than TLS 1.2 is spoken.",
            "Le certificat vient d’une autorité que les autres connaissent, et il est valable. Cette boîte le commande et le renouvelle d’elle-même\u{202f}; rien de plus ancien que TLS 1.2 n’est parlé.",
        ),
        L::Reports => (
            "A record asks others to tell you when they could not encrypt on the way to you. Copy the TLS-RPT record.",
            "Un enregistrement demande aux autres de vous dire quand ils n’ont pas pu chiffrer en venant chez vous. Recopiez l’enregistrement TLS-RPT.",
        ),
        L::Wkd => (
            "Mail programs fetch your public key from your own domain, which needs a name and a certificate of its own there.",
            "Les logiciels de courrier cherchent votre clé publique sur votre propre domaine, ce qui demande là un nom et un certificat.",
        ),
        L::Sealed => (
            "Mail, and all that is yours, is sealed before it is written. There is no other way to keep it here, so that these points are always won.",
            "Le courrier, et tout ce qui est à vous, est scellé avant d’être écrit. Il n’y a pas d’autre façon de le garder ici\u{202f}: ces points sont toujours gagnés.",
        ),
        L::Version => (
            "It runs the newest release, or one that is younger than ninety days: old programs have known holes.",
            "Elle fait tourner la dernière version, ou une version de moins de quatre-vingt-dix jours\u{202f}: les vieux logiciels ont des failles connues.",
        ),
        L::NoCopy => (
            "No mailbox elsewhere keeps what this box has fetched from it. Where you fetch from one: when everything is here, let it go, and have what it holds deleted there.",
            "Aucune boîte ailleurs ne garde ce que celle-ci y a relevé. Si vous en relevez une\u{202f}: quand tout est ici, séparez-vous-en et faites-y effacer ce qu’elle contient.",
        ),
    };
    say(lang, en, fr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_explained_in_sentences_of_their_own() {
        let mut all = Vec::new();
        for lang in Lang::ALL {
            all.extend(message::LineId::ALL.iter().map(|id| of_message(lang, *id)));
            all.extend(contact::LineId::ALL.iter().map(|id| of_contact(lang, *id)));
            all.extend(account::LineId::ALL.iter().map(|id| of_account(lang, *id)));
            all.extend(appliance::LineId::ALL.iter().map(|id| of_appliance(lang, *id)));
        }
        let many = all.len();
        assert!(all.iter().all(|text| text.ends_with('.')));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), many, "no sentence serves two lines, and none both languages");
    }
}
