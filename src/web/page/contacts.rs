//! `/contacts`: who stands in the address book, by letter, by group, by what was asked for.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    Badge, Pager,
    tagging::{Chip, chips},
};
use crate::{
    domain::id::ContactId,
    locale::{Words, compose, contacts::ContactWords},
    service::{
        contacts::{CARDS, ListPage, Row, Wanted},
        view::TagMark,
    },
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/contacts.html")]
struct Page {
    s: Shell,
    c: &'static ContactWords,
    groups: Vec<Group>,
    letters: Vec<Letter>,
    sections: Vec<Under>,
    pager: Option<Pager>,
    /// What was searched for.
    words: String,
    /// The slug of the group, where one was asked for.
    tag: String,
    /// The same list without words.
    bare: String,
    count: String,
    all: u64,
    /// Where a message to the group begins, and its word.
    write: Option<(String, &'static str)>,
}

/// A tag on cards.
struct Group {
    chip: Chip,
    many: u64,
    on: bool,
}

/// A letter, and where it begins; no address where nobody stands under it.
struct Letter {
    letter: char,
    href: Option<String>,
}

/// Those under a letter.
struct Under {
    letter: char,
    rows: Vec<Card>,
}

/// A card.
struct Card {
    id: ContactId,
    name: String,
    address: String,
    more: Option<String>,
    exchanged: String,
    badge: Badge,
    chips: Vec<Chip>,
}

/// The address of the list with these words and this tag, and a page where it is not the first.
fn address(words: &str, tag: &str, page: u32) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("tag", tag), ("q", words)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    if page > 1 {
        query.append_pair("page", &page.to_string());
    }
    match query.finish() {
        query if query.is_empty() => "/contacts".to_owned(),
        query => format!("/contacts?{query}"),
    }
}

/// A tag that leads to its group.
pub(super) fn group(w: &Words, mark: &TagMark) -> Chip {
    Chip {
        href: address("", &mark.slug, 1),
        ..Chip::of(w, mark)
    }
}

/// `GET /contacts?q=&tag=&page=`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let wanted = Wanted {
        words: visit.asked("q").chars().take(100).collect(),
        tag: visit.asked("tag"),
        page: visit.page(),
    };
    let page = site.services.contacts.list(wanted.clone()).await?;
    let s = Shell::of(&site, &visit, Section::Contacts);
    shell::page(&view(s, page, wanted))
}

fn view(s: Shell, page: ListPage, wanted: Wanted) -> Page {
    let (w, c) = (s.w, &s.w.contacts);
    let Wanted { words, tag, .. } = wanted;
    let here = address(&words, &tag, 1);
    let letters = ('A'..='Z').chain(['#']).map(|letter| Letter {
        letter,
        href: page.letters.iter().find(|(known, _)| *known == letter).map(|(_, at)| {
            let anchor = if letter == '#' { "other".to_owned() } else { letter.to_string() };
            format!("{}#letter-{anchor}", address(&words, &tag, *at))
        }),
    });
    let group_of = |(mark, many): &(TagMark, u64)| Group {
        on: mark.slug == tag,
        chip: group(w, mark),
        many: *many,
    };
    let asked = !words.is_empty() || !tag.is_empty();
    let write = page.groups.iter().find(|(mark, _)| mark.slug == tag).map(|(mark, _)| {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("to", &mark.name)
            .finish();
        (format!("/write?{query}"), compose::words(w.lang).write_group)
    });
    Page {
        write,
        c,
        groups: page.groups.iter().map(group_of).collect(),
        letters: letters.collect(),
        pager: (page.pages > 1).then(|| Pager::of(w, &here, page.page, page.pages, CARDS, page.found)),
        count: w.count(if asked { &c.found } else { &c.count }, page.found),
        sections: under(w, page.rows),
        all: page.all,
        bare: address("", &tag, 1),
        words,
        tag,
        s,
    }
}

fn under(w: &Words, rows: Vec<Row>) -> Vec<Under> {
    let mut sections: Vec<Under> = Vec::new();
    for row in rows {
        let (letter, card) = (row.letter, card(w, row));
        match sections.last_mut() {
            Some(section) if section.letter == letter => section.rows.push(card),
            _ => sections.push(Under { letter, rows: vec![card] }),
        }
    }
    sections
}

fn card(w: &Words, row: Row) -> Card {
    let (from, to) = row.exchanged;
    let [came, went] = &w.contacts.exchanged;
    Card {
        more: (row.more > 0).then(|| w.count(&w.contacts.more_addresses, row.more as u64)),
        exchanged: if from + to == 0 {
            w.contacts.never_exchanged.to_owned()
        } else {
            format!("{}, {}", w.count(came, from), w.count(went, to))
        },
        badge: Badge::of(row.index),
        chips: chips(w, &row.tags),
        id: row.id,
        name: row.name,
        address: row.address,
    }
}
