//! `/devices`: every browser that signed in, its index, and who is let in how.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
        when::When,
    },
    Badge,
};
use crate::{
    codec::qr,
    domain::device::{DeviceId, Status},
    locale::{Words, devices as words, devices::DevicesWords},
    service::devices::{DeviceView, Refused, Request, Viewer},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/devices.html")]
struct Page {
    s: Shell,
    d: &'static DevicesWords,
    rows: Vec<Row>,
    gone: Vec<Row>,
    gone_count: String,
    waiting: Vec<Waiting>,
    /// On a device that was not let in: how it can be.
    ask: Option<Asking>,
    /// On one that was: the link that it shows, where it shows one.
    invitation: Option<Link>,
    error: Option<Said>,
}

/// One device as a row.
struct Row {
    id: DeviceId,
    name: String,
    /// What its browser says, where the owner calls it otherwise.
    agent: Option<String>,
    here: bool,
    status: Option<&'static str>,
    details: String,
    last: When,
    badge: Badge,
}

/// A device that shows a code.
struct Waiting {
    id: DeviceId,
    name: String,
    address: String,
}

/// What a device that was not let in shows.
struct Asking {
    code: Option<String>,
    until: Option<When>,
}

/// The link that lets a device in.
struct Link {
    address: String,
    picture: Option<String>,
    until: When,
}

/// Why something was refused, and beside what it is said.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// `code`, `recovery`, or the number of a device that waits.
    field: String,
    text: String,
}

impl Page {
    fn error_of(&self, field: &str) -> Option<&str> {
        self.error
            .as_ref()
            .filter(|said| said.field == field)
            .map(|said| said.text.as_str())
    }

    fn error_at(&self, id: &DeviceId) -> Option<&str> {
        self.error_of(&id.to_string())
    }
}

/// The device of this visit; a session without one is on a device that is not known.
pub(in crate::web) fn here(visit: &Visit) -> DeviceId {
    visit.visitor.session.as_ref().map_or(DeviceId(0), |session| session.device)
}

/// Who reads in this visit: what is above their device's letter is masked.
pub(in crate::web) fn viewer(site: &Site, visit: &Visit) -> Viewer {
    let session = visit.visitor.session.as_ref().map_or("", |session| session.form_token.as_str());
    site.services.devices.viewer(session, here(visit))
}

/// What a device is called: the owner's name for it, else what its browser says.
pub(super) fn name(w: &Words, view: &DeviceView) -> String {
    view.name.clone().unwrap_or_else(|| words::agent(w.lang, &view.agent))
}

/// The word for where a device stands; `None` for one that is let in.
pub(super) fn status(d: &DevicesWords, status: Status) -> Option<&'static str> {
    match status {
        Status::Verified => None,
        Status::Unverified => Some(d.unverified),
        Status::Revoked => Some(d.revoked),
    }
}

fn row(site: &Site, w: &Words, view: &DeviceView, here: DeviceId) -> Row {
    let d = words::words(w.lang);
    let kind = view.declared.kind.map(|kind| words::kind(w.lang, kind).to_owned());
    let credential = view.credential.map(|credential| words::credential(w.lang, credential).to_owned());
    let details: Vec<String> = kind.into_iter().chain(credential).chain([view.address.to_string()]).collect();
    Row {
        id: view.id,
        name: name(w, view),
        agent: view.name.as_ref().map(|_| words::agent(w.lang, &view.agent)),
        here: view.id == here,
        status: status(d, view.status),
        details: details.join(" · "),
        last: site.zone.say(w, view.last, site.now()),
        badge: Badge::of(Some(view.index.points)),
    }
}

/// `GET /devices`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    page(&site, &visit, None)
}

/// The page again, with what was refused and the right status.
pub(super) fn again(site: &Site, visit: &Visit, field: String, refused: Refused) -> Result<Response, Problem> {
    let d = words::words(visit.lang);
    let w = visit.lang.words();
    let (status, text) = match refused {
        Refused::WrongCode => (StatusCode::UNPROCESSABLE_ENTITY, d.wrong_code.to_owned()),
        Refused::Expired => (StatusCode::UNPROCESSABLE_ENTITY, d.expired.to_owned()),
        Refused::NotVerified => (StatusCode::FORBIDDEN, d.not_verified.to_owned()),
        Refused::LastVerified => (StatusCode::UNPROCESSABLE_ENTITY, d.last_verified.to_owned()),
        Refused::Wait(seconds) => (StatusCode::TOO_MANY_REQUESTS, w.count(&d.wait, seconds.into())),
        Refused::NotFound => return Err(Problem::NotFound),
        Refused::Other(error) => return Err(error.into()),
    };
    let mut response = page(site, visit, Some(Said { field, text }))?;
    *response.status_mut() = status;
    Ok(response)
}

fn page(site: &Site, visit: &Visit, error: Option<Said>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Devices);
    let (w, devices, me) = (s.w, &site.services.devices, here(visit));
    let views = devices.list()?;
    let (gone, kept): (Vec<&DeviceView>, Vec<&DeviceView>) = views.iter().partition(|view| view.status == Status::Revoked);
    let verified = devices.is_verified(me);
    let until = |at| site.zone.say(w, at, site.now());
    let ask = (!verified).then(|| {
        let request = devices.request_of(me);
        Asking {
            until: request.as_ref().map(|request| until(request.until)),
            code: request.map(|request| request.code),
        }
    });
    // Only the browser knows under what name it reached us, and the link is for another of the same owner's.
    let invitation = devices
        .invitation_of(me)
        .filter(|_| verified)
        .zip(visit.place())
        .map(|(invitation, (origin, _))| {
            let address = format!("{origin}/devices/join?token={}", invitation.token);
            Link {
                picture: qr::svg(&address),
                until: until(invitation.until),
                address,
            }
        });
    let waiting = devices.requests().into_iter().filter(|_| verified);
    let mut rows: Vec<Row> = kept.iter().map(|view| row(site, w, view, me)).collect();
    rows.sort_by_key(|row| !row.here);
    let page = Page {
        d: words::words(w.lang),
        rows,
        gone_count: w.count(&words::words(w.lang).taken_off_count, gone.len() as u64),
        gone: gone.iter().map(|view| row(site, w, view, me)).collect(),
        waiting: waiting.filter_map(|request| waits(w, &views, &request)).collect(),
        ask,
        invitation,
        error,
        s,
    };
    shell::page(&page)
}

fn waits(w: &Words, views: &[DeviceView], request: &Request) -> Option<Waiting> {
    let view = views.iter().find(|view| view.id == request.device)?;
    Some(Waiting {
        id: view.id,
        name: name(w, view),
        address: view.address.to_string(),
    })
}

/// `POST /devices/others/sign-out`
pub(in crate::web) async fn sign_out_others(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let me = here(&visit);
    if !site.services.devices.is_verified(me) {
        return again(&site, &visit, "others".to_owned(), Refused::NotVerified);
    }
    site.services.unlock.end_others(&visit.visitor.secret);
    site.services
        .journal
        .note(crate::domain::journal::Event::SignedOutElsewhere, visit.peer.address.ip(), Some(me));
    Ok(shell::see_other("/devices"))
}
