//! `/health`: whether anyone is here, for anybody; and how the box is and stands, for this machine alone. Nothing in
//! either is about the owner's mail. It is answered while the box is locked, and before it has an owner.

use super::super::{Site, guard, problem::Problem, visit::Visit};
use crate::codec::standing;
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;
use warp::reply::Response;

fn plain(status: StatusCode, kind: &'static str, text: String) -> Response {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// `GET /health`: `ok`. Who asks for JSON from this machine is told more, with 503 where the box cannot keep mail.
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let wants = visit.header(&header::ACCEPT).contains("application/json");
    if !wants || !guard::is_here(visit.peer, &visit.authority) {
        return Ok(plain(StatusCode::OK, "text/plain; charset=utf-8", "ok\n".to_owned()));
    }
    let (found, stands) = (site.services.health.look(), site.services.checks.last());
    let said = [
        ("ready", found.is_well()),
        ("claimed", !site.services.first_run.is_unclaimed()),
        ("locked", found.locked),
        ("writes", found.writes),
    ];
    // The disk is as it is now, the rest as it was last looked at.
    let mut checks = stands.checks;
    for check in site.services.health.checks() {
        match checks.iter_mut().find(|known| known.id == check.id) {
            Some(known) => *known = check,
            None => checks.push(check),
        }
    }
    let status = if found.is_well() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut text = standing::write(&said, stands.at, &checks);
    text.push('\n');
    Ok(plain(status, "application/json", text))
}
