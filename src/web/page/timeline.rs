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
    tagging::{self, Chip},
    tags::{levels, signed},
};
use crate::{
    domain::importance::Range,
    locale::{
        Words,
        welcome::{self, WelcomeWords},
    },
    service::{
        timeline::{self as service, ROWS},
        view::{TimelinePage, TimelineRow},
    },
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
    /// The tags that can be put on what is ticked.
    names: Vec<Chip>,
    /// Where something is not shown: how much.
    hidden: Option<String>,
    /// Which levels are shown, in words.
    levels: String,
    lows: Vec<(i8, String, bool)>,
    highs: Vec<(i8, String, bool)>,
    /// Whether the levels are those of a browser that has chosen none.
    is_usual: bool,
    /// Whether there is no message at all.
    is_fresh: bool,
    parts: Parts,
    /// Whether it is only a part of the timeline.
    is_part: bool,
    /// How many wait at the door, in words.
    waiting: Option<String>,
    /// Whether the box is new, and its owner has not been welcomed yet.
    welcome: Option<&'static WelcomeWords>,
    /// What would lift the account's index most.
    tip: Option<super::account::Shown>,
    /// Whether spam is shown.
    spam: bool,
}

/// A list of discussions: a part of the timeline, or a shelf beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Of(service::Part),
    Door,
    Done,
    Bin,
}

/// All of them as links.
pub(super) struct Parts {
    pub(super) choices: Vec<(&'static str, &'static str, bool)>,
}

impl Parts {
    /// With the one that is shown.
    pub(super) fn of(w: &Words, here: Part) -> Self {
        let l = &w.living;
        let all = [
            ("/", l.all, Part::Of(service::Part::All)),
            ("/?show=unread", l.only_unread, Part::Of(service::Part::Unread)),
            ("/?show=people", l.people, Part::Of(service::Part::People)),
            ("/?show=newsletters", l.newsletters, Part::Of(service::Part::Newsletters)),
            ("/door", l.door, Part::Door),
            ("/done", l.done, Part::Done),
            ("/wastebasket", l.bin, Part::Bin),
        ];
        Self {
            choices: all.map(|(href, word, part)| (href, word, part == here)).into(),
        }
    }
}

/// The part of the timeline that an address asks for.
fn part(visit: &Visit) -> service::Part {
    match visit.asked("show").as_str() {
        "unread" => service::Part::Unread,
        "people" => service::Part::People,
        "newsletters" => service::Part::Newsletters,
        _ => service::Part::All,
    }
}

/// A day with its discussions.
pub(super) struct Day {
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
}

/// A discussion.
pub(super) struct Row {
    pub(super) row: TimelineRow,
    pub(super) chips: Vec<Chip>,
    pub(super) people: Vec<Named>,
    pub(super) address: Option<String>,
    pub(super) more: Option<String>,
    pub(super) messages: String,
    pub(super) when: When,
    pub(super) badge: Badge,
    pub(super) lock: Lock,
    pub(super) trackers: Option<String>,
    pub(super) files: Option<String>,
}

/// `GET /?page=`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (w, range, part) = (visit.lang.words(), tagging::range(&visit.headers), part(&visit));
    let page = site.timeline(&visit).part(visit.page(), range, part).await?;
    let names = tagging::names(&site, w).await?;
    let waiting = site.services.screener.count().await? as u64;
    let waiting = (waiting > 0).then(|| w.count(&w.living.door_waiting, waiting));
    let page = view(&site, &visit, (page, part), names);
    shell::page(&Page { waiting, ..page })
}

/// Discussions by day.
pub(super) fn days(site: &Site, w: &Words, rows: Vec<TimelineRow>) -> Vec<Day> {
    let now = site.now();
    let mut days: Vec<Day> = Vec::new();
    for mut row in rows {
        let when = site.zone.say(w, row.last, now);
        let name = when.day.clone();
        row.subject = calm(&row.subject);
        row.excerpt = calm(&row.excerpt);
        row.list = row.list.as_deref().map(calm);
        let mut people = Named::row(w, &row.people);
        if people.is_empty() {
            people.push(Named::unknown(w));
        }
        let row = Row {
            chips: tagging::chips(w, &row.tags),
            address: people.first().and_then(|first| first.address.clone()),
            people,
            more: (row.more_people > 0).then(|| {
                let phrase = if row.or_more { &w.and_at_least } else { &w.and_more };
                w.count(phrase, row.more_people.into())
            }),
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
    days
}

fn view(site: &Site, visit: &Visit, (page, part): (TimelinePage, service::Part), names: Vec<Chip>) -> Page {
    let s = Shell::of(site, visit, Section::Discussions);
    let w = s.w;
    let parts = Parts::of(w, Part::Of(part));
    let here = parts.choices.iter().find(|(.., on)| *on).map_or("/", |(href, ..)| href);
    let pager = Pager::of(w, here, page.page.max(1), page.pages, ROWS, page.total);
    let (low, high) = (page.range.low(), page.range.high());
    Page {
        levels: w.tags.levels.replace("{low}", &signed(low)).replace("{high}", &signed(high)),
        lows: levels(low),
        highs: levels(high),
        is_usual: page.range == Range::default(),
        is_fresh: page.total == 0 && page.hidden == 0 && part == service::Part::All,
        is_part: part != service::Part::All,
        waiting: None,
        welcome: (part == service::Part::All && super::welcome::is_due(site, page.total + page.hidden)).then(|| welcome::words(w.lang)),
        parts,
        spam: low < 0,
        tip: super::account::tip(site, w),
        hidden: (page.hidden > 0).then(|| w.count(&w.tags.hidden, page.hidden)),
        names,
        days: days(site, w, page.rows),
        unread: (page.unread > 0).then(|| w.number(page.unread)),
        unread_words: w.count(&w.unread_count, page.unread),
        pager,
        one_page: page.pages <= 1,
        s,
    }
}
