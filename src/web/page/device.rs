//! `/devices/ID`: one device, every line of its index, what the owner says of it, and showing it the door.

use super::{
    super::{
        Site, guard,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
        when::When,
    },
    Badge,
    devices::{here, name, status},
    journal::{self, Line},
    lines::points,
};
use crate::{
    domain::{
        device::{self, Declared, DeviceId, Kind, Status, Usage},
        journal::Event,
        privacy::device::{Advice, DeviceIndex, Line as Weighed},
    },
    locale::{
        Words, devices as words,
        devices::{DevicesWords, journal::JournalWords},
    },
    service::devices::{DeviceView, Refused},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

/// Lines of the journal on a device's page.
const RECENT: usize = 12;

#[derive(Template)]
#[template(path = "page/device.html")]
struct Page {
    s: Shell,
    d: &'static DevicesWords,
    j: &'static JournalWords,
    id: DeviceId,
    name: String,
    agent: String,
    given: String,
    here: bool,
    live: bool,
    status: &'static str,
    verified: bool,
    /// Whether this visit's own device may change this one.
    may: bool,
    first: When,
    last: When,
    address: String,
    shortened: bool,
    credential: Option<&'static str>,
    link: Option<&'static str>,
    badge: Badge,
    sum: String,
    lines: Vec<Row>,
    kinds: Vec<Choice>,
    usages: Vec<Choice>,
    declared: Declared,
    recent: Vec<Line>,
    error: Option<&'static str>,
}

/// One line of its index.
struct Row {
    id: &'static str,
    name: &'static str,
    points: String,
    state: &'static str,
    reason: String,
    tip: Option<String>,
    /// Where it is done.
    tip_at: Option<&'static str>,
}

/// One choice of a form.
struct Choice {
    code: &'static str,
    word: &'static str,
    on: bool,
}

/// Every line of a device's index, as it is shown.
fn rows(w: &Words, index: &DeviceIndex) -> Vec<Row> {
    let row = |line: &Weighed| Row {
        id: line.id.as_str(),
        name: words::line(w.lang, line.id),
        points: if line.known {
            points(w, line.won, line.possible)
        } else {
            format!("{} · {}", w.line_unknown, points(w, 0, line.possible))
        },
        state: match line {
            Weighed { known: false, .. } => "unknown",
            Weighed { won, .. } if *won < 0 => "minus",
            Weighed { won, possible, .. } if won == possible => "won",
            Weighed { won: 0, .. } => "lost",
            _ => "part",
        },
        reason: words::reason(w.lang, line.reason),
        tip: line.tip.map(|tip| words::tip(w.lang, tip)),
        tip_at: line.tip.and_then(|tip| place(tip.advice)),
    };
    index.lines.iter().map(row).collect()
}

/// The page where a tip is followed, where it is one of ours.
fn place(advice: Advice) -> Option<&'static str> {
    match advice {
        Advice::Passkey | Advice::SignOutSooner => Some("/settings/security"),
        Advice::Verify => Some("/devices"),
        Advice::SayUpdated | Advice::Declare | Advice::LockIt => Some("#describe"),
        Advice::Encrypt | Advice::NewerTls | Advice::Update | Advice::KnownBrowser | Advice::KeepItYours | Advice::Wait => None,
    }
}

/// `GET /devices/ID`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let view = site.services.devices.view(visit.number(0)?)?;
    page(&site, &visit, view, None).await
}

async fn page(site: &Site, visit: &Visit, view: DeviceView, error: Option<&'static str>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Devices);
    let (w, me, now) = (s.w, here(visit), site.now());
    let d = words::words(w.lang);
    let recent = site.services.journal.of_device(view.id, RECENT).await?;
    let shown = Page {
        id: view.id,
        name: name(w, &view),
        agent: words::agent(w.lang, &view.agent),
        given: view.name.clone().unwrap_or_default(),
        here: view.id == me,
        live: view.status != Status::Revoked,
        status: status(d, view.status).unwrap_or(d.verified),
        verified: view.status == Status::Verified,
        may: view.id == me || site.services.devices.is_verified(me),
        first: site.zone.say(w, view.first, now),
        last: site.zone.say(w, view.last, now),
        address: view.address.to_string(),
        shortened: view.shortened,
        credential: view.credential.map(|credential| words::credential(w.lang, credential)),
        link: view.link.map(|link| words::link(w.lang, link)),
        badge: Badge::of(Some(view.index.points)),
        sum: points(w, i16::from(view.index.points), 100),
        lines: rows(w, &view.index),
        kinds: Kind::ALL
            .into_iter()
            .map(|kind| Choice {
                code: kind.as_str(),
                word: words::kind(w.lang, kind),
                on: view.declared.kind == Some(kind),
            })
            .collect(),
        usages: Usage::ALL
            .into_iter()
            .map(|usage| Choice {
                code: usage.as_str(),
                word: words::usage(w.lang, usage),
                on: view.declared.usage == Some(usage),
            })
            .collect(),
        declared: view.declared,
        recent: journal::lines(site, w, recent)?,
        error,
        j: words::journal::words(w.lang),
        d,
        s,
    };
    let mut response = shell::page(&shown)?;
    if error.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// A refusal on a device's own page.
async fn refused(site: &Site, visit: &Visit, view: DeviceView, refused: Refused) -> Result<Response, Problem> {
    let d = words::words(visit.lang);
    let text = match refused {
        Refused::LastVerified => d.last_verified,
        Refused::NotVerified => d.not_verified,
        Refused::WrongCode | Refused::Expired | Refused::Wait(_) => d.expired,
        Refused::NotFound => return Err(Problem::NotFound),
        Refused::Other(error) => return Err(error.into()),
    };
    page(site, visit, view, Some(text)).await
}

/// `POST /devices/ID/describe`
pub(in crate::web) async fn describe(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: DeviceId = visit.number(0)?;
    let mut view = site.services.devices.view(id)?;
    let declared = Declared {
        kind: Kind::of_code(visit.field("kind")),
        usage: Usage::of_code(visit.field("usage")),
        locked: !visit.field("locked").is_empty(),
        updated: !visit.field("updated").is_empty(),
    };
    let given = device::name(visit.field("name"));
    if declared.kind.is_none() || declared.usage.is_none() {
        view.declared = declared;
        view.name = given;
        return page(&site, &visit, view, Some(words::words(visit.lang).name_empty)).await;
    }
    let peer = visit.peer.address.ip();
    match site.services.devices.describe(here(&visit), peer, id, given, declared).await {
        Ok(()) => Ok(shell::see_other(&format!("/devices/{id}"))),
        Err(error) => refused(&site, &visit, view, error).await,
    }
}

/// `POST /devices/ID/known`: it was me. Takes the notice away.
pub(in crate::web) async fn known(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: DeviceId = visit.number(0)?;
    let view = site.services.devices.view(id)?;
    match site.services.devices.acknowledge(here(&visit), id).await {
        Ok(()) => Ok(shell::see_other(&format!("/devices/{id}"))),
        Err(error) => refused(&site, &visit, view, error).await,
    }
}

/// `POST /devices/ID/sign-out`: ends its sessions; it stays in the list.
pub(in crate::web) async fn sign_out(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (id, me): (DeviceId, _) = (visit.number(0)?, here(&visit));
    let view = site.services.devices.view(id)?;
    if id != me && !site.services.devices.is_verified(me) {
        return refused(&site, &visit, view, Refused::NotVerified).await;
    }
    site.services.unlock.end_sessions_of(id);
    let peer = visit.peer.address.ip();
    site.services.journal.note_device(Event::DeviceSignedOut, peer, Some(me), id);
    Ok(shell::see_other(&format!("/devices/{id}")))
}

#[derive(Template)]
#[template(path = "page/device_revoke.html")]
struct RevokePage {
    s: Shell,
    d: &'static DevicesWords,
    id: DeviceId,
    name: String,
    agent: String,
    first: When,
    address: String,
    here: bool,
    live: bool,
    /// Whether the question is "was this not you?".
    disown: bool,
}

async fn asking(site: Arc<Site>, visit: Visit, disown: bool) -> Result<Response, Problem> {
    let view = site.services.devices.view(visit.number(0)?)?;
    let s = Shell::of(&site, &visit, Section::Devices);
    let w = s.w;
    shell::page(&RevokePage {
        d: words::words(w.lang),
        id: view.id,
        name: name(w, &view),
        agent: words::agent(w.lang, &view.agent),
        first: site.zone.say(w, view.first, site.now()),
        address: view.address.to_string(),
        here: view.id == here(&visit),
        live: view.status != Status::Revoked,
        disown,
        s,
    })
}

/// `GET /devices/ID/revoke`: asks.
pub(in crate::web) async fn revoking(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    asking(site, visit, false).await
}

/// `GET /devices/ID/not-me`: asks; and says what to do once it is out.
pub(in crate::web) async fn disowning(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    asking(site, visit, true).await
}

/// `POST /devices/ID/revoke`
pub(in crate::web) async fn revoke(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    take_off(site, visit, false).await
}

/// `POST /devices/ID/not-me`
pub(in crate::web) async fn disown(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    take_off(site, visit, true).await
}

async fn take_off(site: Arc<Site>, visit: Visit, disown: bool) -> Result<Response, Problem> {
    let (id, me): (DeviceId, _) = (visit.number(0)?, here(&visit));
    let view = site.services.devices.view(id)?;
    let peer = visit.peer.address.ip();
    if let Err(error) = site.services.devices.revoke(me, peer, id, disown).await {
        return refused(&site, &visit, view, error).await;
    }
    site.services.push.switch_off(id).await?;
    // Its sessions are worth nothing already; its passkeys go as well. One that is the last way to open the
    // box stays a way to open it, and opens no session on a device that was taken off.
    if site.services.unlock.end_device(id).await.is_err() {
        tracing::warn!("a passkey of a device that was taken off the list could not be removed");
    }
    if id != me {
        let page = if disown {
            format!("/devices/{id}/not-me")
        } else {
            "/devices".to_owned()
        };
        return Ok(shell::see_other(&page));
    }
    let mut response = shell::see_other("/sign-in");
    guard::farewell(&mut response, visit.peer.secure);
    Ok(response)
}
