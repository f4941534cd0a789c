//! `/`: the discussions, newest first, by day.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
        when::When,
    },
    Badge, Lock, Named, Pager, calm,
};
use crate::service::{
    timeline::ROWS,
    view::{TimelinePage, TimelineRow},
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/timeline.html")]
struct Page {
    s: Shell,
    days: Vec<Day>,
    unread: Option<String>,
    unread_words: String,
    pager: Pager,
    one_page: bool,
}

struct Day {
    name: String,
    rows: Vec<Row>,
}

struct Row {
    row: TimelineRow,
    people: Vec<Named>,
    address: Option<String>,
    more: Option<String>,
    messages: String,
    when: When,
    badge: Badge,
    lock: Lock,
    trackers: Option<String>,
    files: Option<String>,
}

/// `GET /?page=`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let page = site.services.timeline.page(visit.page()).await?;
    shell::page(&view(&site, &visit, page))
}

fn view(site: &Site, visit: &Visit, page: TimelinePage) -> Page {
    let s = Shell::of(site, visit, Section::Discussions);
    let (w, now) = (s.w, site.now());
    let pager = Pager::of(w, "/", page.page.max(1), page.pages, ROWS, page.total);
    let mut days: Vec<Day> = Vec::new();
    for mut row in page.rows {
        let when = site.zone.say(w, row.last, now);
        let name = when.day.clone();
        row.subject = calm(&row.subject);
        row.excerpt = calm(&row.excerpt);
        row.list = row.list.as_deref().map(calm);
        let people = Named::row(w, &row.people);
        let row = Row {
            address: people.first().and_then(|first| first.address.clone()),
            people,
            more: (row.more_people > 0).then(|| w.count(&w.and_more, row.more_people.into())),
            messages: w.count(&w.messages, row.messages.into()),
            badge: Badge::of(row.index),
            lock: Lock::of(w, row.padlock),
            trackers: (row.trackers > 0).then(|| w.count(&w.trackers, row.trackers.into())),
            files: (row.attachments > 0).then(|| w.count(&w.files, row.attachments.into())),
            when,
            row,
        };
        match days.last_mut() {
            Some(day) if day.name == name => day.rows.push(row),
            _ => days.push(Day { name, rows: vec![row] }),
        }
    }
    Page {
        days,
        unread: (page.unread > 0).then(|| w.number(page.unread)),
        unread_words: w.count(&w.unread_count, page.unread),
        pager,
        one_page: page.pages <= 1,
        s,
    }
}
