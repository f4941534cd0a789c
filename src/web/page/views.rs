//! `/settings/views`: the searches that the owner keeps as tabs. They are made on the page of a search.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    devices, search,
};
use crate::{
    domain::{
        id::DeviceId,
        query::{self, Query},
        tag::NameError,
    },
    locale::{Words, search as said},
    service::{
        search::{By, Scope},
        views::{NotKept, View},
    },
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

/// Behind the number of a device: it opens the search first.
const FIRST: char = '*';

#[derive(Template)]
#[template(path = "page/views.html")]
struct Page {
    s: Shell,
    rows: Vec<Row>,
    /// What could not be kept, to be mended.
    form: Option<Form>,
}

/// A search that is kept.
struct Row {
    view: View,
    href: String,
    sentence: String,
    /// Where its tab may be shown: every device, this one, and the other one that it is on.
    places: Vec<(String, String, bool)>,
    error: Option<&'static str>,
}

/// What was typed.
struct Form {
    name: String,
    query: String,
    fit: bool,
    here: bool,
    error: &'static str,
}

/// `GET /settings/views`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    list(&site, &visit, None, None).await
}

fn device(visit: &Visit) -> Option<DeviceId> {
    visit.visitor.session.as_ref().map(|session| session.device)
}

async fn list(site: &Site, visit: &Visit, form: Option<Form>, wrong: Option<(u64, &'static str)>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::None);
    let w = s.w;
    let here = device(visit);
    let mut rows = Vec::new();
    for view in site.services.views.list().await? {
        let (query, _) = query::read(&view.query, site.zone.day(site.now()));
        let mut places = vec![(String::new(), w.search.everywhere.to_owned(), view.device.is_none())];
        places.extend(here.into_iter().flat_map(|here| {
            let mine = view.device == Some(here);
            [
                (here.to_string(), w.search.here.to_owned(), mine && !view.first),
                (format!("{here}{FIRST}"), w.living.view_first.to_owned(), mine && view.first),
            ]
        }));
        if let Some(other) = view.device.filter(|device| here != Some(*device)) {
            let name = site
                .services
                .devices
                .view(other)
                .map_or_else(|_| other.to_string(), |view| devices::name(w, &view));
            places.push((other.to_string(), name, true));
        }
        rows.push(Row {
            href: address(&query, view.fit),
            sentence: said::sentence(w.lang, &query),
            places,
            error: wrong.filter(|(id, _)| *id == view.id).map(|(_, error)| error),
            view,
        });
    }
    let refused = form.is_some() || wrong.is_some();
    let mut answer = shell::page(&Page { s, rows, form })?;
    if refused {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

fn address(query: &Query, fit: bool) -> String {
    search::address(query, Scope::All, if fit { By::Fit } else { By::Newest })
}

fn why(w: &Words, why: NotKept) -> &'static str {
    match why {
        NotKept::Name(NameError::Empty) => w.search.no_name,
        NotKept::Name(NameError::TooLong) => w.tags.long_name,
        NotKept::Name(NameError::Character) => w.tags.odd_name,
        NotKept::Nothing => w.search.empty,
        NotKept::TooMany => w.search.too_many,
    }
}

/// `POST /settings/views`: keeps a search and leads to it.
pub(in crate::web) async fn create(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (query, _) = query::read(visit.field("q"), site.zone.day(site.now()));
    let (fit, here) = (visit.field("order") == "fit", visit.field("here") == "1");
    let (text, only) = (query.to_string(), device(&visit).filter(|_| here));
    match site.services.views.keep(visit.field("name"), &text, fit, only).await? {
        Ok(_) => Ok(shell::see_other(&address(&query, fit))),
        Err(error) => {
            let form = Form {
                name: visit.field("name").to_owned(),
                query: text,
                fit,
                here,
                error: why(visit.lang.words(), error),
            };
            list(&site, &visit, Some(form), None).await
        }
    }
}

/// `POST /settings/views/:id`: another name, and where it is shown.
pub(in crate::web) async fn change(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0)?;
    let place = visit.field("device");
    let first = place.ends_with(FIRST);
    let only: Option<DeviceId> = place.trim_end_matches(FIRST).parse().ok();
    if let Some(only) = only {
        site.services.devices.view(only)?;
    }
    match site.services.views.change(id, visit.field("name"), only, first).await? {
        Ok(()) => Ok(shell::see_other("/settings/views")),
        Err(error) => list(&site, &visit, None, Some((id, why(visit.lang.words(), error)))).await,
    }
}

/// `POST /settings/views/:id/move`: one place to the front, or back.
pub(in crate::web) async fn shift(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let forward = match visit.field("to") {
        "front" => true,
        "back" => false,
        _ => return Err(Problem::NoForm),
    };
    site.services.views.shift(visit.number(0)?, forward).await?;
    Ok(shell::see_other("/settings/views"))
}

/// `POST /settings/views/:id/delete`
pub(in crate::web) async fn remove(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    site.services.views.remove(visit.number(0)?).await?;
    Ok(shell::see_other("/settings/views"))
}
