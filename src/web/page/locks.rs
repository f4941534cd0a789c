//! `/settings/locks`: what opens the box, the key file, what the file may remember of what was deleted; and
//! locking now. What adds or takes away a way in asks for the passphrase (or the recovery code) again, so that
//! an open session alone cannot take the box over.

use super::{
    super::{
        Site, guard,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    sign_in::{caller, said},
};
use crate::{
    domain::{journal::Event, time::Time},
    locale::custody::CustodyWords,
    service::{
        custody::{Kind, NotDone, Place, SlotId, SlotView},
        delete::Wiped,
    },
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

/// Which form an error stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Way(String),
    KeyFile,
}

/// One way in.
struct Row {
    id: String,
    kind: &'static str,
    text: &'static str,
    label: String,
    since: String,
    proven: Option<bool>,
    /// Where its secret is changed.
    change: Option<(&'static str, &'static str)>,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "page/locks.html")]
struct Page {
    s: Shell,
    t: &'static CustodyWords,
    done: Option<&'static str>,
    /// Whether it could not be done.
    undone: bool,
    rows: Vec<Row>,
    path: String,
    key_error: Option<String>,
    traces: bool,
}

impl From<NotDone> for Problem {
    fn from(error: NotDone) -> Self {
        match error {
            NotDone::Locked => Self::SignIn("/".to_owned()),
            NotDone::Store(error) => {
                tracing::error!(%error, "the slots could not be read or changed");
                Self::Broken
            }
            _ => Self::NotFound,
        }
    }
}

/// What is said of something that was not done; a fault of our own is another page.
fn why(t: &CustodyWords, error: NotDone) -> Result<String, Problem> {
    let text = match error {
        NotDone::Last => t.last,
        NotDone::Unknown => t.gone,
        NotDone::Full => t.full,
        NotDone::Wrong => t.not_the_sheet,
        NotDone::Place(Place::NotWhole) => t.place_not_whole,
        NotDone::Place(Place::Inside) => t.place_inside,
        NotDone::Place(Place::Fleeting) => t.place_fleeting,
        NotDone::Place(Place::Taken) => t.place_taken,
        NotDone::Place(Place::Refused) => t.place_refused,
        error => return Err(error.into()),
    };
    Ok(text.to_owned())
}

/// A date with its year, whatever day it is: it may be read on paper in ten years.
pub(super) fn day(site: &Site, visit: &Visit, time: Time) -> String {
    site.zone.say(visit.lang.words(), time, Time(0)).short
}

fn row(site: &Site, visit: &Visit, slot: &SlotView, error: Option<&(Part, String)>) -> Row {
    let t = &visit.lang.words().custody;
    let number = match slot.kind {
        Kind::Passphrase => 0,
        Kind::Passkey => 1,
        Kind::Recovery => 2,
        Kind::KeyFile => 3,
    };
    let (kind, text) = t.kinds.get(number).copied().unwrap_or_default();
    let id = slot.id.to_string();
    Row {
        kind,
        text,
        label: super::calm(&slot.label),
        since: match slot.since {
            Time(0) => t.since_unknown.to_owned(),
            since => t.since.replace("{date}", &day(site, visit, since)),
        },
        proven: (slot.kind == Kind::Recovery).then_some(slot.proven),
        change: match slot.kind {
            Kind::Passphrase => Some(("/settings/security#passphrase", t.change)),
            Kind::Passkey => Some(("/settings/security#passkeys", t.change)),
            Kind::Recovery => Some(("/settings/recovery", t.to_sheet)),
            Kind::KeyFile => None,
        },
        error: error
            .filter(|(part, _)| *part == Part::Way(id.clone()))
            .map(|(_, text)| text.clone()),
        id,
    }
}

async fn page(site: &Site, visit: &Visit, status: StatusCode, error: Option<(Part, String)>) -> Result<Response, Problem> {
    let t = &visit.lang.words().custody;
    let services = &site.services;
    let slots = services.custody.ways().await?;
    let done = visit.asked("done");
    let page = Page {
        s: Shell::of(site, visit, Section::None),
        t,
        undone: done == "no-room",
        done: match done.as_str() {
            "removed" => Some(t.done_removed),
            "key" => Some(t.done_key),
            "wiped" => Some(t.done_wiped),
            "wiping" => Some(t.done_wiping),
            "no-room" => Some(t.wipe_no_room),
            _ => None,
        },
        rows: slots.iter().map(|slot| row(site, visit, slot, error.as_ref())).collect(),
        path: visit.field("path").to_owned(),
        key_error: error.filter(|(part, _)| *part == Part::KeyFile).map(|(_, text)| text),
        traces: services.delete.leaves_traces().await?,
    };
    let mut response = shell::page(&page)?;
    *response.status_mut() = status;
    Ok(response)
}

fn done(what: &str) -> Response {
    shell::see_other(&format!("/settings/locks?done={what}"))
}

/// `GET /settings/locks`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    page(&site, &visit, StatusCode::OK, None).await
}

/// `POST /settings/locks/:id/remove`
pub(in crate::web) async fn remove(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = &visit.lang.words().custody;
    let id: SlotId = visit.part(0).parse().map_err(|_| Problem::NotFound)?;
    let part = Part::Way(id.to_string());
    if let Err(refused) = site.services.unlock.prove_secret(visit.field("passphrase"), caller(&visit)).await {
        let (status, error) = said(&visit, refused, t.secret_wrong);
        return page(&site, &visit, status, Some((part, error))).await;
    }
    match site.services.custody.remove(id).await {
        Ok(()) => {
            site.services.journal.note_own(Event::SlotRemoved);
            Ok(done("removed"))
        }
        Err(error) => page(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, Some((part, why(t, error)?))).await,
    }
}

/// `POST /settings/locks/key-file`
pub(in crate::web) async fn key_file(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = &visit.lang.words().custody;
    if let Err(refused) = site.services.unlock.prove_secret(visit.field("passphrase"), caller(&visit)).await {
        let (status, error) = said(&visit, refused, t.secret_wrong);
        return page(&site, &visit, status, Some((Part::KeyFile, error))).await;
    }
    match site.services.custody.new_key_file(visit.field("path")).await {
        Ok(()) => {
            site.services.journal.note_own(Event::KeyFileMade);
            Ok(done("key"))
        }
        Err(error) => {
            let error = why(t, error)?;
            page(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, Some((Part::KeyFile, error))).await
        }
    }
}

/// `POST /settings/locks/wipe`
pub(in crate::web) async fn wipe(site: Arc<Site>, _visit: Visit) -> Result<Response, Problem> {
    Ok(done(match site.services.delete.wipe().await? {
        Wiped::Done => "wiped",
        Wiped::UnderWay => "wiping",
        Wiped::NoRoom => "no-room",
    }))
}

/// `POST /lock`: locks the box and signs everybody out.
pub(in crate::web) async fn lock(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let services = &site.services;
    services.journal.note_own(Event::Locked);
    services.journal.flush().await;
    services.unlock.end_all();
    services.custody.lock().await?;
    let mut response = shell::see_other("/locked");
    guard::farewell(&mut response, visit.peer.secure);
    Ok(response)
}

#[derive(Template)]
#[template(path = "page/locked.html")]
struct LockedPage {
    s: Shell,
    t: &'static CustodyWords,
    locked: bool,
}

/// `GET /locked`: what a locked box does and does not. Also while locked, to anyone.
pub(in crate::web) async fn notice(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    shell::page(&LockedPage {
        s: Shell::of(&site, &visit, Section::None),
        t: &visit.lang.words().custody,
        locked: site.services.unlock.is_locked(),
    })
}
