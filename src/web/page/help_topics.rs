//! `/help/…`: the pages of help that are read: every line of every index, how to search, and the topics.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    domain::privacy::{account, appliance, contact, message},
    locale::{
        Words, account as account_words, appliance as appliance_words, contacts as contact_words,
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
    let worth = |name, possible: i16, text| Row {
        name,
        points: possible.to_string(),
        text,
    };
    let of_message = |axis| match axis {
        message::Axis::Ceiling => h.ceilings,
        axis => privacy::axis(w.lang, axis),
    };
    let row_of_message = |id: message::LineId| Row {
        name: privacy::line(w.lang, id),
        points: match most(id) {
            Some(most) => h.takes.replace("{n}", most),
            None if id.possible() == 0 => "\u{2212}4".to_owned(),
            None => id.possible().to_string(),
        },
        text: help::lines::of_message(w.lang, id),
    };
    let of_contact = |id: contact::LineId| {
        let text = help::lines::of_contact(w.lang, id);
        worth(contact_words::line(w.lang, id), id.possible(), text)
    };
    let of_account = |id: account::LineId| {
        let text = help::lines::of_account(w.lang, id);
        worth(account_words::line(w.lang, id), id.possible(), text)
    };
    let of_appliance = |id: appliance::LineId| {
        let text = help::lines::of_appliance(w.lang, id);
        worth(appliance_words::line(w.lang, id), id.possible(), text)
    };
    let table = |id, title, groups| Table { id, title, groups };
    vec![
        table(
            "message",
            h.of_message,
            groups(
                &message::Axis::ALL,
                message::LineId::ALL,
                message::LineId::axis,
                of_message,
                row_of_message,
            ),
        ),
        table(
            "contact",
            h.of_contact,
            groups(
                &contact::Axis::ALL,
                contact::LineId::ALL,
                contact::LineId::axis,
                |axis| contact_words::axis(w.lang, axis),
                of_contact,
            ),
        ),
        table(
            "account",
            h.of_account,
            groups(
                &account::Axis::ALL,
                account::LineId::ALL,
                account::LineId::axis,
                |axis| account_words::axis(w.lang, axis),
                of_account,
            ),
        ),
        table(
            "appliance",
            h.of_appliance,
            groups(
                &appliance::Axis::ALL,
                appliance::LineId::ALL,
                appliance::LineId::axis,
                |axis| appliance_words::axis(w.lang, axis),
                of_appliance,
            ),
        ),
    ]
}

/// The lines of one index by their axes.
fn groups<A: Copy + PartialEq, L: Copy>(
    axes: &[A],
    lines: &[L],
    axis_of: fn(L) -> A,
    name: impl Fn(A) -> &'static str,
    row: impl Fn(L) -> Row,
) -> Vec<Group> {
    let of = |axis: A| lines.iter().copied().filter(move |line| axis_of(*line) == axis);
    let group = |axis: &A| Group {
        name: name(*axis),
        rows: of(*axis).map(&row).collect(),
    };
    axes.iter().map(group).collect()
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
