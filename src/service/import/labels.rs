//! The labels of a message in an archive of Google's, as tags: `X-Gmail-Labels`, in the language of the account; and the
//! words and flags that other programs have for the same.
//!
//! Labels that say where Google's own program keeps a message, or what it thinks of it, are no tags of the owner's; but that
//! it was spam, or had a star, is true here as well. An account in a language that is not known here brings those along as
//! tags, which are easily removed.

use crate::{
    codec::mime,
    domain::tag::{MAX_NAME, MAX_ON_MESSAGE, Name, System},
    store::filing::Wanted,
};

/// Spam, a star, what was thrown away and what was not read, in the same languages as [`OWN`].
const SPAM: &[&str] = &["spam", "junk"];
const STARRED: &[&str] = &[
    "starred",
    "suivis",
    "favoris",
    "markiert",
    "destacados",
    "speciali",
    "met ster",
    "com estrela",
];
const TRASH: &[&str] = &["trash", "corbeille", "papierkorb", "papelera", "cestino", "prullenbak", "lixeira"];
const UNREAD: &[&str] = &[
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

/// Labels of the program's own, folded to lower case: English, French, German, Spanish, Italian, Dutch, Portuguese.
const OWN: &[&str] = &[
    "inbox",
    "sent",
    "opened",
    "important",
    "archived",
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
    "ouvert",
    "ouverts",
    "importants",
    "archivé",
    "archivés",
    "archivées",
    "brouillons",
    "tous les messages",
    "posteingang",
    "gesendet",
    "geöffnet",
    "wichtig",
    "archiviert",
    "entwürfe",
    "recibidos",
    "enviados",
    "abierto",
    "importante",
    "archivado",
    "borradores",
    "posta in arrivo",
    "inviati",
    "inviata",
    "aperto",
    "aperti",
    "importanti",
    "archiviati",
    "bozze",
    "postvak in",
    "verzonden",
    "geopend",
    "belangrijk",
    "gearchiveerd",
    "concepten",
    "caixa de entrada",
    "abertas",
    "arquivadas",
    "rascunhos",
];

/// Keywords that programs put on messages for each other (the IANA registry of IMAP keywords, and older habits), but for
/// those that say that it is spam.
const PROGRAMS: &[&str] = &[
    "$mdnsent",
    "$forwarded",
    "forwarded",
    "nonjunk",
    "notjunk",
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

/// What the labels of a message say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Its tags, each once.
    pub tags: Vec<Wanted>,
    /// Whether it was not read.
    pub unread: bool,
    /// Whether it was thrown away, and only not cleared away yet.
    pub gone: bool,
}

/// The labels of a header block; `None` where there are none.
pub fn of(head: &[u8]) -> Option<Labels> {
    let mut labels = Labels::default();
    for label in split(&value(head)?) {
        let low = label.to_lowercase();
        labels.unread |= UNREAD.contains(&low.as_str());
        labels.gone |= TRASH.contains(&low.as_str());
        add(&mut labels.tags, tag(&label));
    }
    Some(labels)
}

/// Adds tags; each once, and as many as a message may have.
pub fn add(tags: &mut Vec<Wanted>, more: impl IntoIterator<Item = Wanted>) {
    for tag in more {
        if tags.len() < MAX_ON_MESSAGE && tags.iter().all(|known| !is_same(known, &tag)) {
            tags.push(tag);
        }
    }
}

fn is_same(one: &Wanted, other: &Wanted) -> bool {
    match (one, other) {
        (Wanted::Named(one), Wanted::Named(other)) => one.slug() == other.slug(),
        _ => one == other,
    }
}

/// The tag that a label or a folder of another program stands for; `None` for what is none here.
pub fn tag(label: &str) -> Option<Wanted> {
    let label = label.trim();
    let low = label.to_lowercase();
    let is = |known: &[&str]| known.contains(&low.as_str());
    if is(SPAM) {
        return Some(Wanted::Known(System::Spam.id()));
    }
    if is(STARRED) {
        return Some(Wanted::Known(System::Starred.id()));
    }
    if is(OWN) || is(TRASH) || is(UNREAD) || CATEGORY.iter().any(|begin| low.starts_with(begin)) || low.starts_with("imap_") {
        return None;
    }
    let short: String = label.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    let name = Name::parse(&short).ok()?;
    let is_own = System::ALL.iter().all(|system| system.slug() != name.slug());
    is_own.then_some(Wanted::Named(name))
}

/// The tag that a flag or a keyword of IMAP, or a word that a program noted in a message's head, stands for; none for what
/// programs only tell each other.
pub fn keyword(word: &str) -> Option<Wanted> {
    if word.eq_ignore_ascii_case("\\Flagged") {
        return Some(Wanted::Known(System::Starred.id()));
    }
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

/// The names of tags, for tests.
#[cfg(test)]
pub fn names(tags: &[Wanted]) -> Vec<String> {
    let name = |tag: &Wanted| match tag {
        Wanted::Named(name) => name.as_str().to_owned(),
        Wanted::Known(id) => System::of(*id).map_or("", System::slug).to_owned(),
    };
    tags.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_tags_and_the_programs_own_do_not() {
        let tags = |head: &str| names(&of(head.as_bytes()).unwrap_or_default().tags);
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
        assert_eq!(tags("X-Gmail-Labels: Spam,Internal,work,WORK,Category Updates\n"), ["spam", "work"]);
        assert_eq!(tags("X-Gmail-Labels: Suivis,Boîte de réception\n"), ["starred"]);
        assert_eq!(tags("Subject: none\n"), Vec::<String>::new());
        let said = |labels: &str| of(format!("X-Gmail-Labels: {labels}\n").as_bytes()).map(|said| (said.unread, said.gone));
        assert_eq!(said("Inbox,Unread"), Some((true, false)));
        assert_eq!(said("Corbeille,Opened"), Some((false, true)));
        assert_eq!(of(b"Subject: Unread\n"), None);
    }
}
