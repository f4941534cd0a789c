//! `/sign-in`: the passphrase, which unlocks; and signing out.

use super::super::{
    Site, guard,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::{Visit, safe_next},
};
use crate::service::unlock::Refused;
use askama::Template;
use http::{StatusCode, header};
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/sign_in.html")]
struct Page {
    s: Shell,
    next: String,
    error: Option<String>,
}

fn form(site: &Site, visit: &Visit, status: StatusCode, next: &str, error: Option<String>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::None);
    let next = safe_next(next).unwrap_or("/").to_owned();
    let mut response = shell::page(&Page { s, next, error })?;
    *response.status_mut() = status;
    Ok(response)
}

/// `GET /sign-in?next=`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let next = visit.asked("next");
    if visit.visitor.session.is_some() {
        return Ok(shell::see_other(safe_next(&next).unwrap_or("/")));
    }
    form(&site, &visit, StatusCode::OK, &next, None)
}

/// The form again, because its token was of another time.
pub(in crate::web) fn stale(site: &Site, visit: &Visit) -> Result<Response, Problem> {
    form(
        site,
        visit,
        StatusCode::FORBIDDEN,
        "/",
        Some(visit.lang.words().sign_in_stale.to_owned()),
    )
}

/// `POST /sign-in`
pub(in crate::web) async fn sign_in(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (w, next, passphrase) = (visit.lang.words(), visit.field("next"), visit.field("passphrase"));
    if passphrase.is_empty() {
        return form(
            &site,
            &visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            next,
            Some(w.sign_in_empty.to_owned()),
        );
    }
    let (status, error) = match site.services.unlock.sign_in(passphrase, visit.peer.address.ip()).await {
        Ok(secret) => {
            site.services.unlock.sign_out(&visit.visitor.secret);
            let mut response = shell::see_other(safe_next(next).unwrap_or("/"));
            let cookie = guard::session_cookie(&secret, visit.peer.secure).ok_or(Problem::Broken)?;
            response.headers_mut().append(header::SET_COOKIE, cookie);
            return Ok(response);
        }
        Err(Refused::Wrong) => (StatusCode::UNPROCESSABLE_ENTITY, w.sign_in_wrong.to_owned()),
        Err(Refused::Wait(seconds)) => (StatusCode::TOO_MANY_REQUESTS, w.count(&w.sign_in_wait, seconds.into())),
        Err(Refused::Broken) => (StatusCode::INTERNAL_SERVER_ERROR, w.sign_in_broken.to_owned()),
    };
    form(&site, &visit, status, next, Some(error))
}

/// `POST /sign-out`
pub(in crate::web) async fn sign_out(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    site.services.unlock.sign_out(&visit.visitor.secret);
    let mut response = shell::see_other("/sign-in");
    if let Some(cookie) = guard::end_cookie(visit.peer.secure) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
