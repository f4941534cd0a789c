//! `/journal`: what was done with the box, by kind and by page; what it holds; how long it remembers.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
        when::When,
    },
    Pager,
    devices::{here, name},
};
use crate::{
    domain::journal::{Class, Entry, Event},
    locale::{
        Words,
        devices::journal::{self as words, JournalWords},
    },
    service::{devices::DeviceView, journal::LINES},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

/// One line, in pieces: a link may stand in its middle.
pub(super) struct Line {
    pub(super) when: When,
    pub(super) before: String,
    pub(super) link: Option<(String, String)>,
    pub(super) after: String,
    pub(super) times: Option<String>,
    /// Who did it: name and page.
    pub(super) by: Option<(String, String)>,
    pub(super) address: Option<String>,
    /// For the eye: `care` where it may need a look.
    pub(super) care: bool,
}

struct Filter {
    word: &'static str,
    address: String,
    on: bool,
}

#[derive(Template)]
#[template(path = "page/journal.html")]
struct Page {
    s: Shell,
    j: &'static JournalWords,
    filters: Vec<Filter>,
    lines: Vec<Line>,
    pager: Pager,
    one_page: bool,
    messages: String,
    storage: String,
    before: Option<Line>,
    days: String,
    kept: String,
    error: Option<&'static str>,
}

/// Lines of the journal as they are shown.
pub(super) fn lines(site: &Site, w: &Words, entries: Vec<Entry>) -> Result<Vec<Line>, Problem> {
    let views = site.services.devices.list()?;
    Ok(entries.into_iter().map(|entry| line(site, w, &views, &entry)).collect())
}

fn line(site: &Site, w: &Words, views: &[DeviceView], entry: &Entry) -> Line {
    let j = words::words(w.lang);
    let device = |id| {
        let view = views.iter().find(|view| view.id == id);
        view.map_or_else(
            || (j.gone.to_owned(), "/devices".to_owned()),
            |view| (name(w, view), format!("/devices/{id}")),
        )
    };
    let other = entry
        .other
        .or(entry.device.filter(|_| entry.event == Event::DeviceSignedOut))
        .map(device);
    let message = entry.message.map(|id| (j.message.to_owned(), format!("/messages/{id}")));
    let phrase = words::event(w.lang, entry.event);
    let split = [("{other}", other), ("{message}", message)]
        .into_iter()
        .find_map(|(mark, link)| phrase.split_once(mark).map(|(before, after)| (before, link, after)));
    let (before, link, after) = split.unwrap_or((phrase, None, ""));
    Line {
        when: site.zone.say(w, entry.at, site.now()),
        before: before.to_owned(),
        link,
        after: after.to_owned(),
        times: (entry.times > 1).then(|| w.count(&j.times, entry.times.into())),
        by: entry.device.filter(|by| Some(*by) != entry.other).map(device),
        address: entry.address.map(|address| address.to_string()),
        care: entry.event.class() == Class::Failure || entry.event == Event::DeviceDisowned,
    }
}

/// `GET /journal?kind=&page=`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    page(&site, &visit, None).await
}

async fn page(site: &Site, visit: &Visit, error: Option<&'static str>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Devices);
    let w = s.w;
    let j = words::words(w.lang);
    let class = Class::of_code(&visit.asked("kind"));
    let read = site.services.journal.page(class, visit.page()).await?;
    let activity = site.services.journal.activity().await?;
    let all = Filter {
        word: j.everything,
        address: "/journal".to_owned(),
        on: class.is_none(),
    };
    let kinds = Class::ALL.into_iter().map(|kind| Filter {
        word: words::class(w.lang, kind),
        address: format!("/journal?kind={}", kind.as_str()),
        on: class == Some(kind),
    });
    let mut pager = Pager::of(w, "/journal", read.page, read.pages, LINES, read.total);
    if let Some(class) = class {
        let keep = |address: String| {
            let mark = if address.contains('?') { '&' } else { '?' };
            format!("{address}{mark}kind={}", class.as_str())
        };
        pager.newer = pager.newer.map(keep);
        pager.older = pager.older.map(keep);
    }
    let shown = Page {
        filters: std::iter::once(all).chain(kinds).collect(),
        lines: lines(site, w, read.lines)?,
        pager,
        one_page: read.pages <= 1,
        messages: w.number(activity.messages),
        storage: w.octets(activity.octets),
        before: lines(site, w, activity.before.into_iter().collect())?.pop(),
        days: if error.is_some() {
            visit.field("days").chars().take(8).collect()
        } else {
            activity.days.to_string()
        },
        kept: w.count(&j.kept_days, activity.days.into()),
        error,
        j,
        s,
    };
    let mut response = shell::page(&shown)?;
    if error.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `POST /journal/keep`
pub(in crate::web) async fn keep(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let me = here(&visit);
    if !site.services.devices.is_verified(me) {
        let text = crate::locale::devices::words(visit.lang).not_verified;
        return page(&site, &visit, Some(text)).await;
    }
    let days = visit.field("days").trim().parse().ok().filter(|days| (1..=365).contains(days));
    let Some(days) = days else {
        return page(&site, &visit, Some(words::words(visit.lang).days_wrong)).await;
    };
    site.services.journal.keep_for(days).await?;
    let peer = visit.peer.address.ip();
    site.services.journal.note(Event::KeptChanged, peer, Some(me));
    Ok(shell::see_other("/journal"))
}
