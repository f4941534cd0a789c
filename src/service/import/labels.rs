//! The labels of a message in an archive of Google's, as tags: `X-Gmail-Labels`, in the language of the account.
//!
//! Labels that say where Google's own program keeps a message, or what it thinks of it, are no tags of the owner's. An
//! account in a language that is not known here brings those along as tags, which are easily removed.

use crate::{
    codec::mime,
    domain::tag::{MAX_NAME, MAX_ON_MESSAGE, Name, System},
};

/// Labels of the program's own, folded to lower case: English, French, German, Spanish, Italian, Dutch, Portuguese.
const OWN: &[&str] = &[
    "inbox",
    "sent",
    "unread",
    "opened",
    "starred",
    "important",
    "archived",
    "spam",
    "trash",
    "drafts",
    "draft",
    "chat",
    "chats",
    "muted",
    "all mail",
    "snoozed",
    "scheduled",
    "boîte de réception",
    "messages envoyés",
    "messages archivés",
    "envoyé",
    "envoyés",
    "non lu",
    "non lus",
    "ouvert",
    "ouverts",
    "suivis",
    "favoris",
    "importants",
    "archivé",
    "archivés",
    "archivées",
    "corbeille",
    "brouillons",
    "tous les messages",
    "posteingang",
    "gesendet",
    "ungelesen",
    "geöffnet",
    "markiert",
    "wichtig",
    "archiviert",
    "papierkorb",
    "entwürfe",
    "recibidos",
    "enviados",
    "no leído",
    "no leídos",
    "abierto",
    "destacados",
    "importante",
    "archivado",
    "papelera",
    "borradores",
    "posta in arrivo",
    "inviati",
    "inviata",
    "da leggere",
    "aperto",
    "aperti",
    "speciali",
    "importanti",
    "archiviati",
    "cestino",
    "bozze",
    "postvak in",
    "verzonden",
    "ongelezen",
    "geopend",
    "met ster",
    "belangrijk",
    "gearchiveerd",
    "prullenbak",
    "concepten",
    "caixa de entrada",
    "não lidas",
    "abertas",
    "com estrela",
    "arquivadas",
    "lixeira",
    "rascunhos",
];

/// Keywords that programs put on messages for each other (the IANA registry of IMAP keywords, and older habits).
const PROGRAMS: &[&str] = &[
    "$mdnsent",
    "$forwarded",
    "forwarded",
    "junk",
    "nonjunk",
    "notjunk",
    "$junk",
    "$notjunk",
    "$phishing",
    "redirected",
    "$hasattachment",
    "$hasnoattachment",
    "$submitted",
    "$submitpending",
    "$imported",
];

/// What begins the label of a category that the program sorts into.
const CATEGORY: &[&str] = &["category ", "catégorie", "kategorie", "categoría", "categoria", "categorie"];

/// The tags of a header block; each once.
pub fn tags(head: &[u8]) -> Vec<Name> {
    let Some(value) = value(head) else { return Vec::new() };
    let mut tags: Vec<Name> = Vec::new();
    for label in split(&value) {
        if tags.len() >= MAX_ON_MESSAGE {
            break;
        }
        if let Some(name) = tag(&label)
            && tags.iter().all(|known| known.slug() != name.slug())
        {
            tags.push(name);
        }
    }
    tags
}

/// Whether the labels say that the message was not read; `None` where there are none.
pub fn is_unread(head: &[u8]) -> Option<bool> {
    let labels = split(&value(head)?);
    let unread = [
        "unread",
        "non lu",
        "non lus",
        "ungelesen",
        "no leído",
        "no leídos",
        "da leggere",
        "ongelezen",
        "não lidas",
    ];
    Some(labels.iter().any(|label| unread.contains(&label.to_lowercase().as_str())))
}

/// The tag that a label or a folder of another program stands for; `None` for what is none of the owner's.
pub fn tag(label: &str) -> Option<Name> {
    let label = label.trim();
    let low = label.to_lowercase();
    if OWN.contains(&low.as_str()) || CATEGORY.iter().any(|begin| low.starts_with(begin)) || low.starts_with("imap_") {
        return None;
    }
    let short: String = label.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    let name = Name::parse(&short).ok()?;
    System::ALL.iter().all(|system| system.slug() != name.slug()).then_some(name)
}

/// The tag that a keyword of IMAP, or one that a program noted in a message's head, stands for; none for the system's.
pub fn keyword(word: &str) -> Option<Name> {
    let programs = word.starts_with('\\') || PROGRAMS.contains(&word.to_lowercase().as_str());
    tag(word.trim_start_matches('$')).filter(|_| !programs)
}

/// The value of the field, its lines joined and its encoded words read.
fn value(head: &[u8]) -> Option<String> {
    let name = b"x-gmail-labels:";
    let mut found: Option<Vec<u8>> = None;
    for line in head.split_inclusive(|octet| *octet == b'\n') {
        match &mut found {
            Some(value) if line.starts_with(b" ") || line.starts_with(b"\t") => value.extend_from_slice(line),
            Some(_) => break,
            None => {
                let (begin, rest) = line.split_at_checked(name.len()).unwrap_or((line, b""));
                if begin.eq_ignore_ascii_case(name) {
                    found = Some([b"Subject:", rest].concat());
                }
            }
        }
    }
    // Read as the one field in which any text may stand in encoded words.
    found.map(|field| mime::read(&field).subject)
}

/// Labels with a comma in them stand in quotation marks.
fn split(value: &str) -> Vec<String> {
    let (mut labels, mut label, mut quoted) = (Vec::new(), String::new(), false);
    for c in value.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => labels.push(std::mem::take(&mut label)),
            c => label.push(c),
        }
    }
    labels.push(label);
    labels
        .into_iter()
        .map(|label| label.trim().to_owned())
        .filter(|label| !label.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_tags_and_the_programs_own_do_not() {
        let tags = |head: &str| -> Vec<String> { super::tags(head.as_bytes()).iter().map(|name| name.as_str().to_owned()).collect() };
        assert_eq!(
            tags("Subject: x\nX-Gmail-Labels: Inbox,Unread,Work,\"Paris, Texas\"\nTo: y\n"),
            ["Work", "Paris, Texas"]
        );
        assert_eq!(
            tags(
                "X-GM: 1\r\nX-Gmail-Labels: =?UTF-8?Q?Bo=C3=AEte_de_r=C3=A9ception,Catégorie_:_Personnel,?=\r\n =?UTF-8?Q?=C3=89t=C3=A9_2024?=\r\n"
            ),
            ["Été 2024"]
        );
        assert_eq!(
            tags(
                "X-Gmail-Labels: =?UTF-8?Q?Messages_archiv=C3=A9s,Ouvert,Cat=C3=A9gorie=C2=A0:_E-mails_?=\r\n =?UTF-8?Q?personnels,\"Culture,_=C3=A9t=C3=A9\"?=\r\n"
            ),
            ["Culture, été"]
        );
        assert_eq!(
            tags("X-Gmail-Labels: =?UTF-8?Q?Posteingang,Wichtig,Ge=C3=B6ffnet,Kategorie:_=22Neuigkeiten=22,B=C3=BCro?=\n"),
            ["Büro"]
        );
        assert_eq!(tags("X-Gmail-Labels: spam,Internal,work,WORK,Category Updates\n"), ["work"]);
        assert_eq!(tags("Subject: none\n"), Vec::<String>::new());
        assert_eq!(is_unread(b"X-Gmail-Labels: Inbox,Unread\n"), Some(true));
        assert_eq!(is_unread(b"X-Gmail-Labels: Inbox,Opened\n"), Some(false));
        assert_eq!(is_unread(b"Subject: Unread\n"), None);
    }
}
