//! `/drafts`: what is being written.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
        when::When,
    },
    calm,
    devices::viewer,
};
use crate::locale::compose::{self, ComposeWords};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/drafts.html")]
struct Page {
    s: Shell,
    c: &'static ComposeWords,
    rows: Vec<Row>,
    gone: bool,
}

struct Row {
    id: u64,
    to: String,
    subject: String,
    excerpt: String,
    masked: bool,
    files: Option<String>,
    when: When,
}

/// `GET /drafts`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let s = Shell::of(&site, &visit, Section::Drafts);
    let (w, c) = (s.w, compose::words(s.w.lang));
    let rows = site.services.compose.list(viewer(&site, &visit)).await?.into_iter().map(|row| {
        let names: Vec<String> = row
            .to
            .iter()
            .map(|person| {
                if person.name.is_empty() {
                    person.address.to_string()
                } else {
                    calm(&person.name)
                }
            })
            .collect();
        Row {
            id: row.id,
            to: if names.is_empty() {
                c.to_nobody.to_owned()
            } else {
                names.join(", ")
            },
            subject: match calm(&row.subject) {
                subject if subject.is_empty() => w.no_subject.to_owned(),
                subject => subject,
            },
            excerpt: calm(&row.excerpt),
            masked: row.masked,
            files: (row.files > 0).then(|| w.count(&w.files, row.files as u64)),
            when: site.zone.say(w, row.at, site.now()),
        }
    });
    shell::page(&Page {
        rows: rows.collect(),
        gone: visit.asked("gone") == "1",
        c,
        s,
    })
}
