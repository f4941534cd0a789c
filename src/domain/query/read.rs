//! Reading a query.

use super::{Clause, Day, Level, MAX_CLAUSES, MAX_LENGTH, Order, Place, Problem, Query, Span, Text, Thing, What};
use crate::domain::{fold::fold, padlock::Padlock, privacy::index::Letter, tag::slug};

/// An operator, and the words that it is called by, accents and case folded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Words(Place),
    Tag,
    Is,
    Has,
    Before,
    After,
    Date,
    Padlock,
    Privacy,
    Importance,
}

const OPERATORS: &[(&str, Operator)] = &[
    ("from", Operator::Words(Place::From)),
    ("de", Operator::Words(Place::From)),
    ("to", Operator::Words(Place::To)),
    ("a", Operator::Words(Place::To)),
    ("with", Operator::Words(Place::With)),
    ("avec", Operator::Words(Place::With)),
    ("subject", Operator::Words(Place::Subject)),
    ("sujet", Operator::Words(Place::Subject)),
    ("objet", Operator::Words(Place::Subject)),
    ("body", Operator::Words(Place::Body)),
    ("corps", Operator::Words(Place::Body)),
    ("texte", Operator::Words(Place::Body)),
    ("file", Operator::Words(Place::File)),
    ("fichier", Operator::Words(Place::File)),
    ("list", Operator::Words(Place::List)),
    ("liste", Operator::Words(Place::List)),
    ("tag", Operator::Tag),
    ("etiquette", Operator::Tag),
    ("is", Operator::Is),
    ("est", Operator::Is),
    ("has", Operator::Has),
    ("contient", Operator::Has),
    ("before", Operator::Before),
    ("avant", Operator::Before),
    ("after", Operator::After),
    ("apres", Operator::After),
    ("date", Operator::Date),
    ("padlock", Operator::Padlock),
    ("cadenas", Operator::Padlock),
    ("privacy", Operator::Privacy),
    ("pi", Operator::Privacy),
    ("confidentialite", Operator::Privacy),
    ("importance", Operator::Importance),
    ("il", Operator::Importance),
];

/// Words of values, accents, case and what joins them folded away.
const UNREAD: &[&str] = &["unread", "nonlu", "new", "nouveau"];
const READ: &[&str] = &["read", "lu"];
const ANSWERED: &[&str] = &["answered", "replied", "repondu"];
const STARRED: &[&str] = &["starred", "star", "favori", "etoile"];
const DONE: &[&str] = &["done", "archived", "archive", "fait", "classe"];
const THINGS: &[(&str, Thing)] = &[
    ("attachment", Thing::Attachment),
    ("attachments", Thing::Attachment),
    ("file", Thing::Attachment),
    ("piecejointe", Thing::Attachment),
    ("fichier", Thing::Attachment),
    ("pj", Thing::Attachment),
    ("tracker", Thing::Tracker),
    ("trackers", Thing::Tracker),
    ("pisteur", Thing::Tracker),
    ("pisteurs", Thing::Tracker),
    ("mouchard", Thing::Tracker),
    ("traceur", Thing::Tracker),
    ("link", Thing::Link),
    ("links", Thing::Link),
    ("lien", Thing::Link),
];
const PADLOCKS: &[(&str, Padlock)] = &[
    ("postcard", Padlock::Postcard),
    ("cartepostale", Padlock::Postcard),
    ("mailbag", Padlock::Mailbag),
    ("sacpostal", Padlock::Mailbag),
    ("envelope", Padlock::Envelope),
    ("enveloppe", Padlock::Envelope),
    ("sealed", Padlock::Sealed),
    ("scelle", Padlock::Sealed),
    ("enveloppescellee", Padlock::Sealed),
];

fn of_table<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
}

/// Marks that begin or end a quotation.
const QUOTES: [char; 5] = ['"', '“', '”', '«', '»'];

/// Reads a query; `today` is what `after:yesterday` counts from. Never fails: what could not be read is said.
pub fn read(text: &str, today: Day) -> (Query, Vec<Problem>) {
    let mut problems = Vec::new();
    let short: String = text.chars().take(MAX_LENGTH).collect();
    if short.len() < text.trim_end().len() {
        problems.push(Problem::TooLong);
    }
    let mut reader = Reader {
        rest: &short,
        today,
        problems,
    };
    let mut clauses = Vec::new();
    while let Some(found) = reader.clause() {
        if let Some(clause) = found {
            if clauses.len() == MAX_CLAUSES {
                reader.problems.push(Problem::TooMany);
                break;
            }
            clauses.push(clause);
        }
    }
    (Query { clauses }, reader.problems)
}

struct Reader<'t> {
    rest: &'t str,
    today: Day,
    problems: Vec<Problem>,
}

impl<'t> Reader<'t> {
    /// The next clause: `None` at the end, `Some(None)` for what is none.
    fn clause(&mut self) -> Option<Option<Clause>> {
        self.rest = self.rest.trim_start();
        if self.rest.is_empty() {
            return None;
        }
        let not = self.rest.strip_prefix('-').filter(|rest| !rest.starts_with(char::is_whitespace));
        self.rest = not.unwrap_or(self.rest);
        let what = match self.operator() {
            Some(Ok((name, operator))) => self.value().and_then(|value| self.what(&name, operator, value)),
            Some(Err(name)) => {
                self.value();
                self.problems.push(Problem::Unknown(name));
                None
            }
            None => self
                .value()
                .filter(|text| is_text(text.as_str()))
                .map(|text| What::Words(Place::Anywhere, text)),
        };
        Some(what.map(|what| Clause { not: not.is_some(), what }))
    }

    /// An operator that stands here, taken away; one that there is not is an error.
    fn operator(&mut self) -> Option<Result<(String, Operator), String>> {
        let end = self
            .rest
            .find(|c: char| !c.is_alphabetic() && !('\u{300}'..='\u{36f}').contains(&c))?;
        let (name, rest) = self.rest.split_at_checked(end)?;
        let known = of_table(OPERATORS, &fold(name));
        let measured = matches!(known, Some(Operator::Privacy | Operator::Importance));
        let rest = match rest.strip_prefix(':') {
            // An address of the web is a word.
            Some(rest) if name.is_empty() || rest.starts_with("//") => return None,
            Some(rest) => rest,
            None if measured && rest.starts_with(['<', '>', '=']) => rest,
            None => return None,
        };
        self.rest = rest;
        let name: String = name.chars().take(40).collect();
        Some(known.map(|operator| (name.clone(), operator)).ok_or(name))
    }

    /// What stands here up to a blank, or between quotation marks.
    fn value(&mut self) -> Option<Text> {
        if let Some(rest) = self.rest.strip_prefix(QUOTES) {
            let (inside, rest) = match rest.split_once(QUOTES) {
                Some((inside, rest)) => (inside, rest),
                None => {
                    self.problems.push(Problem::Open);
                    (rest, "")
                }
            };
            self.rest = rest;
            return Some(Text::Exact(inside.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        let ends = |c: char| c.is_whitespace() || QUOTES.contains(&c);
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        let stem = word.trim_end_matches('*');
        Some(if stem.len() < word.len() {
            Text::Prefix(stem.to_owned())
        } else {
            Text::Word(word.to_owned())
        })
    }

    fn what(&mut self, name: &str, operator: Operator, value: Text) -> Option<What> {
        let typed = value.as_str().trim().to_owned();
        if !typed.contains(char::is_alphanumeric) {
            self.problems.push(Problem::Empty(name.to_owned()));
            return None;
        }
        let word: String = fold(&typed).chars().filter(|c| c.is_alphanumeric()).collect();
        let (found, problem): (_, fn(String, String) -> Problem) = match operator {
            Operator::Words(place) => return Some(What::Words(place, value)),
            Operator::Tag => return Some(What::Tag(slug(&typed).trim_end_matches('*').to_owned())),
            Operator::Is if UNREAD.contains(&word.as_str()) => return Some(What::Unread(true)),
            Operator::Is if READ.contains(&word.as_str()) => return Some(What::Unread(false)),
            Operator::Is if ANSWERED.contains(&word.as_str()) => return Some(What::Answered),
            Operator::Is if STARRED.contains(&word.as_str()) => return Some(What::Starred),
            Operator::Is if DONE.contains(&word.as_str()) => return Some(What::Done),
            Operator::Is => (None, Problem::Value),
            Operator::Has => (of_table(THINGS, &word).map(What::Has), Problem::Value),
            Operator::Before => (Span::read(&typed, self.today).map(What::Before), Problem::Date),
            Operator::After => (Span::read(&typed, self.today).map(What::After), Problem::Date),
            Operator::Date => (Span::read(&typed, self.today).map(What::Within), Problem::Date),
            Operator::Padlock => (of_table(PADLOCKS, &word).map(What::Padlock), Problem::Value),
            Operator::Privacy => (privacy(&typed), Problem::Number),
            Operator::Importance => (importance(&typed), Problem::Number),
        };
        if found.is_none() {
            self.problems.push(problem(name.to_owned(), typed));
        }
        found
    }
}

/// Whether there is anything in it that can be looked for.
fn is_text(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
}

fn order(text: &str) -> (Order, &str) {
    let found = Order::ALL
        .into_iter()
        .find_map(|order| Some((order, text.strip_prefix(order.as_str())?)));
    found.unwrap_or((Order::Is, text))
}

fn privacy(text: &str) -> Option<What> {
    let (order, level) = order(text);
    let letter = Letter::ALL.into_iter().find(|letter| letter.as_str().eq_ignore_ascii_case(level));
    let level = match letter {
        Some(letter) => Level::Letter(letter),
        None => Level::Points(level.parse().ok().filter(|points| *points <= 100 && !level.starts_with('+'))?),
    };
    Some(What::Privacy(order, level))
}

fn importance(text: &str) -> Option<What> {
    let (order, level) = order(text);
    let level: i8 = level.replace('−', "-").parse().ok()?;
    (-10..=10).contains(&level).then_some(What::Importance(order, level))
}

#[cfg(test)]
mod tests {
    use super::{super::Ago, *};

    const TODAY: Day = Day {
        year: 2026,
        month: 11,
        day: 25,
    };

    fn one(text: &str) -> What {
        let (query, problems) = read(text, TODAY);
        assert!(problems.is_empty() && query.clauses.len() == 1, "{text}: {query:?} {problems:?}");
        query.clauses[0].what.clone()
    }

    #[test]
    fn operators_are_read_in_both_languages() {
        let word = |text: &str| Text::Word(text.into());
        for (text, what) in [
            ("été", What::Words(Place::Anywhere, word("été"))),
            ("mot*", What::Words(Place::Anywhere, Text::Prefix("mot".into()))),
            ("\"two  words\"", What::Words(Place::Anywhere, Text::Exact("two words".into()))),
            ("« deux mots »", What::Words(Place::Anywhere, Text::Exact("deux mots".into()))),
            ("de:alice", What::Words(Place::From, word("alice"))),
            ("À:bob", What::Words(Place::To, word("bob"))),
            ("avec:\"Ann Lee\"", What::Words(Place::With, Text::Exact("Ann Lee".into()))),
            ("sujet:réunion", What::Words(Place::Subject, word("réunion"))),
            ("étiquette:\"Maison d’été\"", What::Tag("maison_d'ete".into())),
            ("e\u{301}tiquette:x", What::Tag("x".into())),
            ("est:non-lu", What::Unread(true)),
            ("IS:read", What::Unread(false)),
            ("est:répondu", What::Answered),
            ("is:starred", What::Starred),
            ("est:favori", What::Starred),
            ("is:done", What::Done),
            ("est:archivé", What::Done),
            ("has:attachment", What::Has(Thing::Attachment)),
            ("contient:pièce-jointe", What::Has(Thing::Attachment)),
            ("avant:2026-05", What::Before(Span::Month(2026, 5))),
            (
                "après:hier",
                What::After(Span::Back(
                    Ago::Days(1),
                    Day {
                        year: 2026,
                        month: 11,
                        day: 24,
                    },
                )),
            ),
            ("date:2026", What::Within(Span::Year(2026))),
            ("padlock:envelope", What::Padlock(Padlock::Envelope)),
            ("privacy:<C", What::Privacy(Order::Below, Level::Letter(Letter::C))),
            ("pi:>=60", What::Privacy(Order::AtLeast, Level::Points(60))),
            ("pi>=60", What::Privacy(Order::AtLeast, Level::Points(60))),
            ("pi:b", What::Privacy(Order::Is, Level::Letter(Letter::B))),
            ("importance:>3", What::Importance(Order::Above, 3)),
            ("il:<=-2", What::Importance(Order::AtMost, -2)),
            ("https://x.test/a", What::Words(Place::Anywhere, word("https://x.test/a"))),
            ("12:30", What::Words(Place::Anywhere, word("12:30"))),
        ] {
            assert_eq!(one(text), what, "{text}");
        }
        let (query, _) = read("-spam -from:eve -\"no thanks\" --x", TODAY);
        assert!(query.clauses.iter().all(|clause| clause.not) && query.clauses.len() == 4);
    }

    #[test]
    fn what_is_counted_from_today_is_another_day_tomorrow() {
        let later = Day { month: 12, ..TODAY };
        for text in ["after:7d", "date:today", "before:yesterday", "after:2w", "after:3m", "date:1y"] {
            let (query, _) = read(text, TODAY);
            assert_eq!(query.to_string(), text);
            assert_ne!(read(&query.to_string(), later).0, query, "{text}");
        }
        let (fixed, _) = read("après:01/05/2026", TODAY);
        assert_eq!(read(&fixed.to_string(), later).0, fixed);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (text, problem) in [
            ("foo:bar", Problem::Unknown("foo".into())),
            ("Re: x", Problem::Unknown("Re".into())),
            ("from:", Problem::Empty("from".into())),
            ("subject:\"\"", Problem::Empty("subject".into())),
            ("is:lost", Problem::Value("is".into(), "lost".into())),
            ("has:money", Problem::Value("has".into(), "money".into())),
            ("avant:bientôt", Problem::Date("avant".into(), "bientôt".into())),
            ("before:2026-02-30", Problem::Date("before".into(), "2026-02-30".into())),
            ("privacy:<F", Problem::Number("privacy".into(), "<F".into())),
            ("pi:>=101", Problem::Number("pi".into(), ">=101".into())),
            ("il:>11", Problem::Number("il".into(), ">11".into())),
            ("\"never ends", Problem::Open),
        ] {
            assert_eq!(read(text, TODAY).1, [problem], "{text}");
        }
        assert_eq!(read(&"x ".repeat(300), TODAY).1, [Problem::TooLong, Problem::TooMany]);
        assert_eq!(read(&"x ".repeat(21), TODAY).1, [Problem::TooMany]);
        assert_eq!(read(" - * \" \" !", TODAY), (Query::default(), vec![]));
    }
}
