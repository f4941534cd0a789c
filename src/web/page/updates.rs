//! `/settings/updates`: which version runs, how old it is, and whether to look for newer ones.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    locks::day,
};
use crate::{
    domain::{journal::Event, release::RELEASED},
    locale::updates::{self as words, UpdateWords},
    service::updates::{VERSION, View, Wrong},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/updates.html")]
struct Page {
    s: Shell,
    t: &'static UpdateWords,
    running: String,
    view: View,
    /// What the last look found.
    said: Option<String>,
    trouble: Option<&'static str>,
    when: Option<String>,
    url_error: bool,
    key_error: bool,
    url: String,
    key: String,
}

async fn page(site: &Site, visit: &Visit, wrong: Option<Wrong>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Settings);
    let t = words::words(s.w.lang);
    let view = site.services.updates.view().await?;
    let typed = |name, kept: &str| {
        if wrong.is_some() {
            visit.field(name).chars().take(300).collect()
        } else {
            kept.to_owned()
        }
    };
    let page = Page {
        running: t
            .running
            .replace("{version}", VERSION)
            .replace("{date}", &day(site, visit, RELEASED)),
        said: view.looked.filter(|_| view.trouble.is_none()).map(|_| match &view.found {
            Some(version) => t.found.replace("{version}", version),
            None => t.newest.to_owned(),
        }),
        trouble: view.trouble.and_then(|trouble| t.troubles.get(trouble as usize - 1).copied()),
        when: view
            .looked
            .map(|at| t.looked.replace("{when}", &site.zone.say(s.w, at, site.now()).moment)),
        url_error: wrong == Some(Wrong::Url),
        key_error: wrong == Some(Wrong::Key),
        url: typed("url", &view.url),
        key: typed("key", &view.key),
        view,
        t,
        s,
    };
    let mut response = shell::page(&page)?;
    if wrong.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `GET /settings/updates`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    page(&site, &visit, None).await
}

/// `POST /settings/updates`: looks now, or has it looked from now on, or no longer.
pub(in crate::web) async fn act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let updates = &site.services.updates;
    match visit.field("do") {
        "look" => updates.look().await?,
        choice @ ("on" | "off") => {
            let view = updates.view().await?;
            let (url, key) = match choice {
                "on" => (visit.field("url"), visit.field("key")),
                _ => (view.url.as_str(), view.key.as_str()),
            };
            if let Err(wrong) = updates.set(choice == "on", url, key).await? {
                return page(&site, &visit, Some(wrong)).await;
            }
            site.services.journal.note_own(Event::SettingChanged);
        }
        _ => return Err(Problem::NoForm),
    }
    Ok(shell::see_other("/settings/updates"))
}
