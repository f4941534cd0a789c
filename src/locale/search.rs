//! The words of searching: the page, a query said back, and what of it could not be read.

use super::{Lang, Plural, privacy, say};
use crate::domain::query::{Ago, Clause, Day, Level, Order, Place, Problem, Query, Span, Text, Thing, What};

/// Its phrases.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct SearchWords {
    pub title: &'static str,
    pub button: &'static str,
    pub empty: &'static str,
    pub nothing: &'static str,
    pub nothing_hint: &'static str,
    pub results: Plural,
    pub people: &'static str,
    pub more_people: Plural,
    pub files_at_least: Plural,
    pub mail_with: &'static str,
    pub scope: &'static str,
    pub scopes: [&'static str; 3],
    pub order: &'static str,
    pub newest: &'static str,
    pub fitting: &'static str,
    pub narrow: &'static str,
    pub unread: &'static str,
    pub attachment: &'static str,
    pub tracker: &'static str,
    pub no_spam: &'static str,
    pub behind: &'static str,
    pub unknown_tag: &'static str,
    pub not_read: &'static str,
    pub tips: &'static str,
    pub tips_text: &'static str,
    pub operators: [(&'static str, &'static str); 20],
    pub key: &'static str,
    pub keep: &'static str,
    pub name: &'static str,
    pub only_here: &'static str,
    pub views: &'static str,
    pub views_intro: &'static str,
    pub views_none: &'static str,
    pub too_many: &'static str,
    pub no_name: &'static str,
    pub no_word: &'static str,
    pub everywhere: &'static str,
    pub here: &'static str,
    pub shown_on: &'static str,
    pub let_go: &'static str,
}

/// In English.
pub const EN: SearchWords = SearchWords {
    title: "Search",
    button: "Search",
    empty: "Type a word, a name or an address. Accents and capitals make no difference, and a word is found in its other forms too.",
    nothing: "Nothing was found.",
    nothing_hint: "Try fewer words, or the beginning of one with a star behind it.",
    results: Plural {
        one: "{n} message",
        many: "{n} messages",
    },
    people: "Contacts",
    more_people: Plural {
        one: "and {n} more",
        many: "and {n} more",
    },
    files_at_least: Plural {
        one: "at least {n} file",
        many: "at least {n} files",
    },
    mail_with: "Mail exchanged with",
    scope: "Look through",
    scopes: ["Everything", "Messages", "Contacts"],
    order: "Order",
    newest: "Newest first",
    fitting: "Best match first",
    narrow: "Narrow down",
    unread: "Unread",
    attachment: "With files",
    tracker: "With trackers",
    no_spam: "Without spam",
    behind: "Older mail is still being indexed, so not all of it can be found yet.",
    unknown_tag: "There is no tag “{name}”.",
    not_read: "Part of this search was left out:",
    tips: "How to search",
    tips_text: "All conditions must hold. A minus before one turns it around.",
    operators: [
        ("invoice", "the word anywhere, also as “invoices”"),
        ("\"board meeting\"", "exactly these words, side by side"),
        ("invoi*", "whatever begins like this"),
        ("-draft", "messages without this word"),
        ("from:alice", "written by her: name, address or contact"),
        ("to:bob", "addressed to him, copies included"),
        ("with:alice", "written by her or to her"),
        ("subject:lease", "in the subject"),
        ("body:lease", "in the text"),
        ("file:pdf", "in the name of a file"),
        ("list:choir", "on a mailing list"),
        ("tag:family", "with this tag"),
        ("is:unread", "also is:read, is:answered, is:starred and is:archived"),
        ("has:attachment", "with files; also tracker and link"),
        ("after:2026-05-01", "that day or later; also today, yesterday, 7d, 2025"),
        ("before:2026-05", "earlier than that day, month or year"),
        ("date:2026-05", "in that month; a day or a year as well"),
        ("padlock:envelope", "postcard, mailbag, envelope or sealed"),
        ("privacy:<C", "by Privacy Index, a letter or points: privacy:>=60"),
        ("importance:>3", "by level of importance, -10 to 10"),
    ],
    key: "search",
    keep: "Keep this search",
    name: "Name",
    only_here: "Only on this device",
    views: "Kept searches",
    views_intro: "Each one is a tab at the top of every page, on all of your devices or on one.",
    views_none: "You have not kept a search yet. Search for something, then choose “Keep this search”.",
    too_many: "There are as many kept searches as there may be (20). Let one go first.",
    no_word: "Letters and digits can be found. Signs and emoji alone cannot.",
    no_name: "A kept search needs a name with at least one letter or digit.",
    everywhere: "Every device",
    here: "This device only",
    shown_on: "Shown on",
    let_go: "Let go",
};

/// In French.
pub const FR: SearchWords = SearchWords {
    title: "Recherche",
    button: "Chercher",
    empty: "Tapez un mot, un nom ou une adresse. Accents et majuscules ne comptent pas, et un mot est trouvé aussi sous ses autres formes.",
    nothing: "Rien n’a été trouvé.",
    nothing_hint: "Essayez avec moins de mots, ou le début d’un mot suivi d’une étoile.",
    results: Plural {
        one: "{n} message",
        many: "{n} messages",
    },
    people: "Contacts",
    more_people: Plural {
        one: "et {n} autre",
        many: "et {n} autres",
    },
    files_at_least: Plural {
        one: "au moins {n} fichier",
        many: "au moins {n} fichiers",
    },
    mail_with: "Courrier échangé avec",
    scope: "Chercher dans",
    scopes: ["Tout", "Messages", "Contacts"],
    order: "Ordre",
    newest: "Les plus récents",
    fitting: "Les plus pertinents",
    narrow: "Affiner",
    unread: "Non lus",
    attachment: "Avec fichiers",
    tracker: "Avec pisteurs",
    no_spam: "Sans indésirables",
    behind: "Le courrier plus ancien est en cours d’indexation\u{202f}: tout ne peut pas encore être trouvé.",
    unknown_tag: "Il n’y a pas d’étiquette «\u{202f}{name}\u{202f}».",
    not_read: "Une partie de cette recherche a été laissée de côté\u{202f}:",
    tips: "Comment chercher",
    tips_text: "Toutes les conditions doivent être remplies. Un moins placé devant l’une d’elles l’inverse.",
    operators: [
        ("facture", "le mot où qu’il soit, aussi au pluriel"),
        ("\"conseil syndical\"", "exactement ces mots, côte à côte"),
        ("factu*", "tout ce qui commence ainsi"),
        ("-brouillon", "les messages sans ce mot"),
        ("de:alice", "écrits par elle\u{202f}: nom, adresse ou contact"),
        ("à:bob", "qui lui sont adressés, copies comprises"),
        ("avec:alice", "écrits par elle ou à elle"),
        ("objet:bail", "dans l’objet"),
        ("corps:bail", "dans le texte"),
        ("fichier:pdf", "dans le nom d’un fichier"),
        ("liste:chorale", "sur une liste de diffusion"),
        ("étiquette:famille", "avec cette étiquette"),
        ("est:non-lu", "aussi est:lu, est:répondu, est:favori et est:archivé"),
        ("contient:pièce-jointe", "avec fichiers\u{202f}; aussi pisteur et lien"),
        (
            "après:01/05/2026",
            "ce jour-là ou plus tard\u{202f}; aussi aujourd’hui, hier, 7j, 2025",
        ),
        ("avant:05/2026", "avant ce jour, ce mois ou cette année"),
        ("date:05/2026", "pendant ce mois\u{202f}; un jour ou une année aussi"),
        ("cadenas:enveloppe", "carte-postale, sac-postal, enveloppe ou scellée"),
        (
            "pi:<C",
            "selon l’indice de confidentialité, une lettre ou des points\u{202f}: pi:>=60",
        ),
        ("importance:>3", "selon le niveau d’importance, de -10 à 10"),
    ],
    key: "chercher",
    keep: "Garder cette recherche",
    name: "Nom",
    only_here: "Seulement sur cet appareil",
    views: "Recherches gardées",
    views_intro: "Chacune est un onglet en haut de chaque page, sur tous vos appareils ou sur un seul.",
    views_none: "Vous n’avez pas encore gardé de recherche. Cherchez quelque chose, puis choisissez «\u{202f}Garder cette recherche\u{202f}».",
    too_many: "Il y a déjà autant de recherches gardées que possible (20). Défaites-vous d’abord de l’une d’elles.",
    no_word: "Ce sont les lettres et les chiffres qui se trouvent. Des signes ou des émojis seuls ne se trouvent pas.",
    no_name: "Le nom d’une recherche gardée contient au moins une lettre ou un chiffre.",
    everywhere: "Tous les appareils",
    here: "Seulement cet appareil",
    shown_on: "Visible sur",
    let_go: "Ne plus garder",
};

fn quoted(lang: Lang, text: &str) -> String {
    match lang {
        Lang::En => format!("“{text}”"),
        Lang::Fr => format!("«\u{202f}{text}\u{202f}»"),
    }
}

/// A query in one sentence: "Messages from “alice”, unread, received before May 2026."
pub fn sentence(lang: Lang, query: &Query) -> String {
    let clauses: Vec<String> = query.clauses.iter().map(|one| clause(lang, one)).collect();
    format!("Messages {}.", clauses.join(", "))
}

fn clause(lang: Lang, clause: &Clause) -> String {
    if let What::Unread(unread) = clause.what {
        return if unread == clause.not {
            say(lang, "read", "lus")
        } else {
            say(lang, "unread", "non lus")
        }
        .to_owned();
    }
    let what = match &clause.what {
        What::Words(place, text) => words(lang, *place, text),
        What::Tag(slug) => format!("{} {}", say(lang, "tagged", "avec l’étiquette"), quoted(lang, slug)),
        What::Unread(_) => String::new(),
        What::Starred => say(lang, "starred", "marqués favoris").to_owned(),
        What::Done => say(lang, "archived", "archivés").to_owned(),
        What::Answered => say(lang, "answered", "auxquels vous avez répondu").to_owned(),
        What::Has(Thing::Attachment) => say(lang, "with files", "avec des fichiers").to_owned(),
        What::Has(Thing::Tracker) => say(lang, "with trackers", "avec des pisteurs").to_owned(),
        What::Has(Thing::Link) => say(lang, "with links", "avec des liens").to_owned(),
        What::Before(span) => format!("{} {}", say(lang, "received before", "reçus avant"), date(lang, *span, true)),
        What::After(span) => format!("{} {}", say(lang, "received since", "reçus depuis"), date(lang, *span, true)),
        What::Within(span) => match (lang, span) {
            (Lang::En, Span::Day(_) | Span::Back(..)) => format!("received on {}", date(lang, *span, true)),
            (Lang::En, _) => format!("received in {}", date(lang, *span, true)),
            (Lang::Fr, Span::Day(_) | Span::Back(..)) => format!("reçus {}", date(lang, *span, true)),
            (Lang::Fr, _) => format!("reçus en {}", date(lang, *span, false)),
        },
        What::Padlock(padlock) => format!(
            "{} {}",
            say(lang, "with the padlock", "avec le cadenas"),
            quoted(lang, privacy::padlock(lang, *padlock))
        ),
        What::Privacy(order, level) => {
            let level = match level {
                Level::Points(points) => points.to_string(),
                Level::Letter(letter) => letter.as_str().to_owned(),
            };
            format!(
                "{} {} {level}",
                say(lang, "with a Privacy Index", "avec un indice de confidentialité"),
                compared(lang, *order)
            )
        }
        What::Importance(order, level) => format!(
            "{} {} {level}",
            say(lang, "with a level of importance", "avec un niveau d’importance"),
            compared(lang, *order)
        ),
    };
    if clause.not { negated(lang, &what) } else { what }
}

/// The contrary of a clause.
fn negated(lang: Lang, what: &str) -> String {
    let (pairs, not): (&[_], _) = match lang {
        Lang::En => (&[("with ", "without ")], "not"),
        Lang::Fr => (
            &[
                ("avec des ", "sans "),
                ("avec un ", "sans "),
                ("avec ", "sans "),
                ("auxquels vous avez ", "auxquels vous n’avez pas "),
                ("de ", "pas de "),
                ("à ", "pas à "),
                ("sur ", "pas sur "),
            ],
            "non",
        ),
    };
    let other = pairs
        .iter()
        .find_map(|(one, other)| Some(format!("{other}{}", what.strip_prefix(one)?)));
    other.unwrap_or_else(|| format!("{not} {what}"))
}

fn compared(lang: Lang, order: Order) -> &'static str {
    match order {
        Order::Below => say(lang, "below", "inférieur à"),
        Order::AtMost => say(lang, "of at most", "d’au plus"),
        Order::Is => say(lang, "of", "de"),
        Order::AtLeast => say(lang, "of at least", "d’au moins"),
        Order::Above => say(lang, "above", "supérieur à"),
    }
}

fn words(lang: Lang, place: Place, text: &Text) -> String {
    let named = match text {
        Text::Word(text) => quoted(lang, text),
        Text::Exact(text) => format!("{} {}", say(lang, "exactly", "exactement"), quoted(lang, text)),
        Text::Prefix(text) => quoted(lang, &format!("{text}…")),
    };
    match place {
        Place::Anywhere => format!("{} {named}", say(lang, "with", "avec")),
        Place::From => format!("{} {named}", say(lang, "from", "de")),
        Place::To => format!("{} {named}", say(lang, "to", "à")),
        Place::With => format!("{} {named}", say(lang, "exchanged with", "échangés avec")),
        Place::Subject => format!(
            "{} {named} {}",
            say(lang, "with", "avec"),
            say(lang, "in the subject", "dans l’objet")
        ),
        Place::Body => format!(
            "{} {named} {}",
            say(lang, "with", "avec"),
            say(lang, "in the text", "dans le texte")
        ),
        Place::File => format!(
            "{} {named} {}",
            say(lang, "with", "avec"),
            say(lang, "in the name of a file", "dans le nom d’un fichier")
        ),
        Place::List => format!("{} {named}", say(lang, "on the list", "sur la liste")),
    }
}

/// A day, month or year. French puts an article before a day, and before a month or year where none is "in" it.
fn date(lang: Lang, span: Span, article: bool) -> String {
    let w = lang.words();
    match span {
        Span::Day(Day { year, month, day }) => {
            let day = w.date(i8::try_from(day).unwrap_or(1), i8::try_from(month).unwrap_or(1));
            let article = if lang == Lang::Fr && article { "le " } else { "" };
            format!("{article}{day} {year}")
        }
        Span::Back(ago, day) => format!("{} ({})", date(lang, Span::Day(day), article), back(lang, ago)),
        Span::Month(year, month) => format!("{} {year}", w.month(month)),
        Span::Year(year) => year.to_string(),
    }
}

/// How far back from today a day is, whenever that is asked.
fn back(lang: Lang, ago: Ago) -> String {
    let (many, one, more) = match ago {
        Ago::Days(0) => return say(lang, "today", "aujourd’hui").to_owned(),
        Ago::Days(1) => return say(lang, "yesterday", "hier").to_owned(),
        Ago::Days(many) => (many, say(lang, "day", "jour"), say(lang, "days", "jours")),
        Ago::Weeks(many) => (many, say(lang, "week", "semaine"), say(lang, "weeks", "semaines")),
        Ago::Months(many) => (many, say(lang, "month", "mois"), say(lang, "months", "mois")),
        Ago::Years(many) => (many, say(lang, "year", "an"), say(lang, "years", "ans")),
    };
    let unit = if many == 1 { one } else { more };
    match lang {
        Lang::En => format!("{many} {unit} ago"),
        Lang::Fr => format!("il y a {many} {unit}"),
    }
}

/// What of a query could not be read, and what to do about it.
pub fn problem(lang: Lang, problem: &Problem) -> String {
    let q = |text: &str| quoted(lang, text);
    match (lang, problem) {
        (Lang::En, Problem::Unknown(name)) => format!(
            "There is no operator {}. To look for it as a word, put it between quotation marks.",
            q(&format!("{name}:"))
        ),
        (Lang::Fr, Problem::Unknown(name)) => format!(
            "Il n’y a pas d’opérateur {}. Pour le chercher comme un mot, mettez-le entre guillemets.",
            q(&format!("{name}:"))
        ),
        (Lang::En, Problem::Empty(name)) => format!("Nothing stands behind {}.", q(&format!("{name}:"))),
        (Lang::Fr, Problem::Empty(name)) => format!("Rien ne suit {}.", q(&format!("{name}:"))),
        (Lang::En, Problem::Value(name, value)) => format!("The operator {} does not know {}.", q(&format!("{name}:")), q(value)),
        (Lang::Fr, Problem::Value(name, value)) => format!("L’opérateur {} ne connaît pas {}.", q(&format!("{name}:")), q(value)),
        (Lang::En, Problem::Date(_, value)) => format!("{} is no day, month or year. Write it like 2026-05-03, 2026-05 or 2026.", q(value)),
        (Lang::Fr, Problem::Date(_, value)) => format!(
            "{} n’est ni un jour, ni un mois, ni une année. Écrivez par exemple 03/05/2026, 05/2026 ou 2026.",
            q(value)
        ),
        (Lang::En, Problem::Number(name, value)) => format!(
            "{} is not on the scale of {}. Write for example privacy:<C, privacy:>=60 or importance:>3.",
            q(value),
            q(&format!("{name}:"))
        ),
        (Lang::Fr, Problem::Number(name, value)) => format!(
            "{} n’est pas sur l’échelle de {}. Écrivez par exemple pi:<C, pi:>=60 ou importance:>3.",
            q(value),
            q(&format!("{name}:"))
        ),
        (Lang::En, Problem::Open) => "A quotation mark is not closed; it was taken to reach to the end.".to_owned(),
        (Lang::Fr, Problem::Open) => "Un guillemet n’est pas fermé\u{202f}; la citation a été lue jusqu’à la fin.".to_owned(),
        (Lang::En, Problem::TooLong) => "It is longer than 500 characters; the rest was left out.".to_owned(),
        (Lang::Fr, Problem::TooLong) => "Elle dépasse 500 caractères\u{202f}; la suite a été laissée de côté.".to_owned(),
        (Lang::En, Problem::TooMany) => "It has more than 20 conditions; the rest was left out.".to_owned(),
        (Lang::Fr, Problem::TooMany) => "Elle a plus de 20 conditions\u{202f}; la suite a été laissée de côté.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::query::read;

    const TODAY: Day = Day {
        year: 2026,
        month: 11,
        day: 25,
    };

    #[test]
    fn a_query_is_said_in_words() {
        for (text, en, fr) in [
            (
                "été from:alice -is:read",
                "Messages with “été”, from “alice”, unread.",
                "Messages avec «\u{202f}été\u{202f}», de «\u{202f}alice\u{202f}», non lus.",
            ),
            (
                "-\"no thanks\" subject:pay* after:2026-05-01",
                "Messages without exactly “no thanks”, with “pay…” in the subject, received since 1 May 2026.",
                "Messages sans exactement «\u{202f}no thanks\u{202f}», avec «\u{202f}pay…\u{202f}» dans l’objet, reçus depuis le 1er mai 2026.",
            ),
            (
                "-from:alice -has:attachment -is:answered -before:2026-05-01",
                "Messages not from “alice”, without files, not answered, not received before 1 May 2026.",
                "Messages pas de «\u{202f}alice\u{202f}», sans fichiers, auxquels vous n’avez pas répondu, non reçus avant le 1er mai 2026.",
            ),
            (
                "after:7d",
                "Messages received since 18 November 2026 (7 days ago).",
                "Messages reçus depuis le 18 novembre 2026 (il y a 7 jours).",
            ),
            (
                "date:today",
                "Messages received on 25 November 2026 (today).",
                "Messages reçus le 25 novembre 2026 (aujourd’hui).",
            ),
            (
                "date:2026-05 privacy:<C",
                "Messages received in May 2026, with a Privacy Index below C.",
                "Messages reçus en mai 2026, avec un indice de confidentialité inférieur à C.",
            ),
        ] {
            let (query, problems) = read(text, TODAY);
            assert!(problems.is_empty());
            assert_eq!(sentence(Lang::En, &query), en);
            assert_eq!(sentence(Lang::Fr, &query), fr);
        }
    }

    #[test]
    fn the_examples_of_the_page_are_queries() {
        for words in [&EN, &FR] {
            for (example, _) in words.operators {
                let (query, problems) = read(example, TODAY);
                assert!(problems.is_empty() && query.clauses.len() == 1, "{example}: {problems:?}");
            }
        }
    }

    #[test]
    fn every_problem_is_said_without_a_gap() {
        for text in ["foo:x", "from:", "is:x", "before:x", "pi:x", "\"x", &"x ".repeat(400)] {
            for one in read(text, TODAY).1 {
                for lang in Lang::ALL {
                    let said = problem(lang, &one);
                    assert!(said.ends_with('.') && !said.contains("  "), "{said}");
                    assert!(lang == Lang::En || !said.contains('\''), "{said}");
                }
            }
        }
    }
}
