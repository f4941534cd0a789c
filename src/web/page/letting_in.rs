//! Letting a device in: the code that a new one shows, the link that a verified one shows, the recovery code.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    devices::{again, here},
};
use crate::{
    domain::device::DeviceId,
    locale::{devices as words, devices::DevicesWords},
    service::devices::Refused,
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

/// `POST /devices/here/ask`: a new device gets a code to show.
pub(in crate::web) async fn ask(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    match site.services.devices.ask(here(&visit)) {
        Ok(()) => Ok(shell::see_other("/devices#ask")),
        Err(refused) => again(&site, &visit, "ask".to_owned(), refused),
    }
}

/// `POST /devices/ID/approve`: its code was typed on a verified one.
pub(in crate::web) async fn approve(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let device: DeviceId = visit.number(0)?;
    let peer = visit.peer.address.ip();
    match site.services.devices.approve(here(&visit), peer, device, visit.field("code")).await {
        Ok(()) => Ok(shell::see_other(&format!("/devices/{device}"))),
        Err(refused) => again(&site, &visit, device.to_string(), refused),
    }
}

/// `POST /devices/here/invite`: a verified device shows a link.
pub(in crate::web) async fn invite(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    match site.services.devices.invite(here(&visit)) {
        Ok(()) => Ok(shell::see_other("/devices#let-in")),
        Err(refused) => again(&site, &visit, "invite".to_owned(), refused),
    }
}

/// `POST /devices/here/recover`: the recovery code was typed on a new one.
pub(in crate::web) async fn recover(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let peer = visit.peer.address.ip();
    match site.services.devices.recover(here(&visit), peer, visit.field("recovery")).await {
        Ok(()) => Ok(shell::see_other(&format!("/devices/{}", here(&visit)))),
        Err(refused) => again(&site, &visit, "recovery".to_owned(), refused),
    }
}

#[derive(Template)]
#[template(path = "page/join.html")]
struct JoinPage {
    s: Shell,
    d: &'static DevicesWords,
    token: String,
    verified: bool,
    expired: bool,
}

fn join_page(site: &Site, visit: &Visit, token: &str, expired: bool) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Devices);
    let d = words::words(s.w.lang);
    shell::page(&JoinPage {
        verified: site.services.devices.is_verified(here(visit)),
        token: token.chars().filter(char::is_ascii_hexdigit).take(32).collect(),
        expired,
        d,
        s,
    })
}

/// `GET /devices/join?token=`: the link was opened on a new device.
pub(in crate::web) async fn joining(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let token = visit.asked("token");
    join_page(&site, &visit, &token, token.is_empty())
}

/// `POST /devices/join`
pub(in crate::web) async fn join(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (me, token) = (here(&visit), visit.field("link"));
    match site.services.devices.join(me, visit.peer.address.ip(), token).await {
        Ok(()) => Ok(shell::see_other(&format!("/devices/{me}"))),
        Err(Refused::Expired) => {
            let mut response = join_page(&site, &visit, "", true)?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(refused) => again(&site, &visit, "join".to_owned(), refused),
    }
}
