//! The words of the receipt: what a sent message revealed, to whom, and header by header.

use crate::locale::Lang;

/// The phrases of the page.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct ReceiptWords {
    pub title: &'static str,
    pub became: &'static str,
    pub none: &'static str,
    pub server: &'static str,
    pub encryption: &'static str,
    pub in_clear: &'static str,
    pub promised: &'static str,
    pub answer: &'static str,
    pub when: &'static str,
    pub learned: &'static str,
    pub learned_dns: &'static str,
    pub learned_server: &'static str,
    pub learned_smarthost: &'static str,
    pub learned_text: &'static str,
    pub learned_sealed: &'static str,
    pub envelope: &'static str,
    pub envelope_hint: &'static str,
    pub envelope_from: &'static str,
    pub envelope_to: &'static str,
    pub octets: &'static str,
    pub octets_hint: &'static str,
    pub copy: &'static str,
    pub body: &'static str,
    pub body_more: &'static str,
    pub save: &'static str,
    pub absent: &'static str,
    pub absent_program: &'static str,
    pub absent_network: &'static str,
    pub absent_zone: &'static str,
    pub absent_hidden: &'static str,
    pub present_program: &'static str,
    pub present_network: &'static str,
    pub present_zone: &'static str,
    pub present_hidden: &'static str,
    pub nothing_left: &'static str,
    pub returned: &'static str,
    pub returned_hint: &'static str,
    pub returned_from: &'static str,
}

const EN: ReceiptWords = ReceiptWords {
    title: "What this message revealed",
    became: "What became of it",
    none: "This message was not sent from this box.",
    server: "Server",
    encryption: "Encryption",
    in_clear: "none: whoever carried it could read it",
    promised: "The server promised to pass it on over verified encryption only.",
    answer: "It answered",
    when: "Handed over",
    learned: "Who learned what",
    learned_dns: "The name servers that this box asks learned that somebody here looks for the mail servers of {domains}. They did not learn of what is in the message.",
    learned_server: "{host} ({peer}) learned the address of your line, this box’s name, the time, the size, who wrote, and to whom there.",
    learned_smarthost: "{host} ({peer}), which passes it on, learned all of it: the address of your line, the time, the size, and everybody whom it was for.",
    learned_text: "It could also read the subject and the text: they were not sealed for the recipients.",
    learned_sealed: "It could not read the text, which only the recipients can open.",
    envelope: "The envelope",
    envelope_hint: "What was said before the message itself.",
    envelope_from: "Bounces go to",
    envelope_to: "For",
    octets: "The message, octet by octet",
    octets_hint: "Exactly as the next server saw it, with what each line gives away. Each server on the way adds lines of its own.",
    copy: "Copy {n}",
    body: "Below the headers",
    body_more: "Only the beginning is shown; the file has all of it.",
    save: "Save these octets",
    absent: "What is not in it",
    absent_program: "no name of a program or a device",
    absent_network: "no address of your home network, and no way it took in there",
    absent_zone: "no time zone: the time is in UTC",
    absent_hidden: "no name of anybody who got a blind copy",
    present_program: "It names the program that it was written with.",
    present_network: "It names an address of a home network.",
    present_zone: "Its date gives a time zone away.",
    present_hidden: "It names those who got a blind copy.",
    nothing_left: "Nothing has left so far, so nobody has learned anything. This is what would be seen.",
    returned: "Notices that came back",
    returned_hint: "Each is what somebody else says; it was kept here and not as a message of its own.",
    returned_from: "Brought by {peer}, {when}",
};

const FR: ReceiptWords = ReceiptWords {
    title: "Ce que ce message a révélé",
    became: "Ce qu’il est devenu",
    none: "Ce message n’a pas été envoyé depuis cette boîte.",
    server: "Serveur",
    encryption: "Chiffrement",
    in_clear: "aucun\u{202f}: quiconque l’a transporté pouvait le lire",
    promised: "Le serveur a promis de ne le transmettre que par un chiffrement vérifié.",
    answer: "Il a répondu",
    when: "Remis",
    learned: "Qui a appris quoi",
    learned_dns: "Les serveurs de noms que cette boîte interroge ont appris que quelqu’un, ici, cherche les serveurs de courrier de {domains}. Ils n’ont rien appris de ce que contient le message.",
    learned_server: "{host} ({peer}) a appris l’adresse de votre ligne, le nom de cette boîte, l’heure, la taille, qui écrivait, et à qui chez lui.",
    learned_smarthost: "{host} ({peer}), qui le transmet, a tout appris\u{202f}: l’adresse de votre ligne, l’heure, la taille, et tous ceux à qui c’était destiné.",
    learned_text: "Il pouvait aussi lire l’objet et le texte\u{202f}: ils n’étaient pas scellés pour les destinataires.",
    learned_sealed: "Il ne pouvait pas lire le texte, que seuls les destinataires peuvent ouvrir.",
    envelope: "L’enveloppe",
    envelope_hint: "Ce qui a été dit avant le message lui-même.",
    envelope_from: "Les retours vont à",
    envelope_to: "Pour",
    octets: "Le message, octet par octet",
    octets_hint: "Exactement tel que le serveur suivant l’a vu, avec ce que trahit chaque ligne. Chaque serveur du trajet ajoute ses propres lignes.",
    copy: "Exemplaire {n}",
    body: "Sous les en-têtes",
    body_more: "Seul le début est montré\u{202f}; le fichier contient tout.",
    save: "Enregistrer ces octets",
    absent: "Ce qui n’y est pas",
    absent_program: "aucun nom de programme ou d’appareil",
    absent_network: "aucune adresse de votre réseau domestique, ni le chemin qu’il y a pris",
    absent_zone: "aucun fuseau horaire\u{202f}: l’heure est en UTC",
    absent_hidden: "aucun nom de qui a reçu une copie cachée",
    present_program: "Il nomme le programme avec lequel il a été écrit.",
    present_network: "Il nomme une adresse d’un réseau domestique.",
    present_zone: "Sa date trahit un fuseau horaire.",
    present_hidden: "Il nomme ceux qui ont reçu une copie cachée.",
    nothing_left: "Rien n’est encore parti, personne n’a donc rien appris. Voici ce qui serait vu.",
    returned: "Avis revenus",
    returned_hint: "Chacun est la parole d’un autre\u{202f}; il est gardé ici et non comme un message à part.",
    returned_from: "Apporté par {peer}, {when}",
};

/// The phrases of a language.
pub fn receipt(lang: Lang) -> &'static ReceiptWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

/// What a header gives away; `None` where it gives nothing away that is worth a sentence.
pub fn header(lang: Lang, name: &str) -> Option<&'static str> {
    let (en, fr) = match name.to_ascii_lowercase().as_str() {
        "from" => (
            "Who wrote: your name as you gave it, and your address.",
            "Qui écrit\u{202f}: votre nom tel que vous l’avez donné, et votre adresse.",
        ),
        "to" | "cc" => (
            "Whom it is for. All of them see each other.",
            "À qui c’est destiné. Tous se voient entre eux.",
        ),
        "bcc" => (
            "Those who should not be seen. It has no place here.",
            "Ceux qui ne devraient pas être vus. Cela n’a rien à faire ici.",
        ),
        "reply-to" => ("Where you want answers to go.", "Où vous voulez que les réponses aillent."),
        "subject" => (
            "Every server on the way reads it, unless the message is in an envelope.",
            "Chaque serveur du trajet le lit, sauf si le message est sous enveloppe.",
        ),
        "date" => (
            "When you pressed send, in UTC: it says nothing of where you are.",
            "Quand vous avez envoyé, en UTC\u{202f}: cela ne dit pas où vous êtes.",
        ),
        "message-id" => (
            "A random number and your domain, so that answers find their way. No clock, no machine.",
            "Un nombre au hasard et votre domaine, pour que les réponses trouvent leur chemin. Ni horloge, ni machine.",
        ),
        "in-reply-to" | "references" => ("Which messages it answers.", "À quels messages il répond."),
        "dkim-signature" => (
            "Your domain signs: nobody can change it unseen, and anybody can show that your domain sent it.",
            "Votre domaine signe\u{202f}: nul ne peut le changer sans que cela se voie, et chacun peut montrer que votre domaine l’a envoyé.",
        ),
        "autocrypt" | "autocrypt-gossip" => (
            "A public key, so that answers can come sealed.",
            "Une clé publique, pour que les réponses puissent venir scellées.",
        ),
        "mime-version" | "content-type" | "content-transfer-encoding" | "content-disposition" => (
            "How the text is written down; names of files stand here too.",
            "Comment le texte est écrit\u{202f}; les noms de fichiers y sont aussi.",
        ),
        "user-agent" | "x-mailer" => ("The program that it was written with.", "Le programme avec lequel il a été écrit."),
        "received" | "x-originating-ip" => ("A way that it took before it left.", "Un chemin qu’il a pris avant de partir."),
        "auto-submitted" => ("That a machine wrote it.", "Qu’une machine l’a écrit."),
        "tls-required" => ("How it must travel.", "Comment il doit voyager."),
        _ => return None,
    };
    Some(match lang {
        Lang::En => en,
        Lang::Fr => fr,
    })
}
