//! `/help/…`: the pages of help that are read: every line of every index, how to search, and the topics.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    domain::privacy::{account, contact, message},
    locale::{
        Words, account as account_words, contacts as contact_words,
        help::{self, HelpWords, Topic},
        privacy,
    },
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/help_topic.html")]
struct TopicPage {
    s: Shell,
    h: &'static HelpWords,
    topic: &'static Topic,
    /// Whether it is a list of words rather than a text.
    is_list: bool,
}

#[derive(Template)]
#[template(path = "page/help_lines.html")]
struct LinesPage {
    s: Shell,
    h: &'static HelpWords,
    tables: Vec<Table>,
}

/// The lines of one index.
struct Table {
    id: &'static str,
    title: &'static str,
    groups: Vec<Group>,
}

/// The lines of one axis.
struct Group {
    name: &'static str,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    points: String,
    text: &'static str,
}

#[derive(Template)]
#[template(path = "page/help_search.html")]
struct SearchPage {
    s: Shell,
    h: &'static HelpWords,
}

/// `GET /help/:topic`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let s = Shell::of(&site, &visit, Section::Help);
    let h = help::words(s.w.lang);
    match visit.part(0) {
        "lines" => shell::page(&LinesPage {
            tables: tables(s.w, h),
            h,
            s,
        }),
        "search" => shell::page(&SearchPage { h, s }),
        slug => {
            let topic = help::topics(s.w.lang).iter().find(|topic| topic.slug == slug);
            shell::page(&TopicPage {
                topic: topic.ok_or(Problem::NotFound)?,
                is_list: slug == "words",
                h,
                s,
            })
        }
    }
}

/// Every page of help with its address, name and sentence, for the first one.
pub(super) fn all(w: &Words) -> Vec<(String, &'static str, &'static str)> {
    let h = help::words(w.lang);
    let first = [("/help/lines", h.lines, h.lines_lead), ("/help/search", h.search, h.search_lead)];
    let first = first.into_iter().map(|(at, name, lead)| (at.to_owned(), name, lead));
    let topics = help::topics(w.lang);
    first
        .chain(
            topics
                .iter()
                .map(|topic| (format!("/help/{}", topic.slug), topic.title, topic.lead)),
        )
        .collect()
}

fn tables(w: &Words, h: &'static HelpWords) -> Vec<Table> {
    let of_message = message::Axis::ALL.into_iter().map(|axis| {
        let lines = message::LineId::ALL.iter().copied().filter(|id| id.axis() == axis);
        Group {
            name: if axis == message::Axis::Ceiling {
                h.ceilings
            } else {
                privacy::axis(w.lang, axis)
            },
            rows: lines
                .map(|id| Row {
                    name: privacy::line(w.lang, id),
                    points: match most(id) {
                        Some(most) => h.takes.replace("{n}", most),
                        None if id.possible() == 0 => "\u{2212}4".to_owned(),
                        None => id.possible().to_string(),
                    },
                    text: help::lines::of_message(w.lang, id),
                })
                .collect(),
        }
    });
    let of_contact = contact::Axis::ALL.into_iter().map(|axis| {
        let lines = contact::LineId::ALL.iter().copied().filter(|id| id.axis() == axis);
        Group {
            name: contact_words::axis(w.lang, axis),
            rows: lines
                .map(|id| Row {
                    name: contact_words::line(w.lang, id),
                    points: id.possible().to_string(),
                    text: help::lines::of_contact(w.lang, id),
                })
                .collect(),
        }
    });
    let of_account = account::Axis::ALL.into_iter().map(|axis| {
        let lines = account::LineId::ALL.iter().copied().filter(|id| id.axis() == axis);
        Group {
            name: account_words::axis(w.lang, axis),
            rows: lines
                .map(|id| Row {
                    name: account_words::line(w.lang, id),
                    points: id.possible().to_string(),
                    text: help::lines::of_account(w.lang, id),
                })
                .collect(),
        }
    });
    let table = |id, title, groups| Table { id, title, groups };
    vec![
        table("message", h.of_message, of_message.collect()),
        table("contact", h.of_contact, of_contact.collect()),
        table("account", h.of_account, of_account.collect()),
    ]
}

/// What a ceiling leaves at most.
fn most(id: message::LineId) -> Option<&'static str> {
    use message::LineId as L;
    match id {
        L::CeilingForged | L::CeilingOpen => Some("20"),
        L::CeilingAnonymous | L::CeilingLoaded => Some("40"),
        L::CeilingUnverified => Some("80"),
        _ => None,
    }
}
