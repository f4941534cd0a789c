//! `/.well-known/openpgpkey`: the Web Key Directory (draft-koch-openpgp-webkey-service sections 3 and 4), for whoever
//! looks for the owner's key. It answers while the box is locked too: what it says is public.

use super::{Site, problem::Problem, visit::Visit};
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;
use warp::reply::Response;

fn open_to_all(octets: Vec<u8>, kind: &'static str) -> Response {
    let mut response = Response::new(octets.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// `GET /.well-known/openpgpkey/policy` and its advanced form: nothing special is asked of anybody.
pub(super) async fn policy(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    if visit.parts.is_empty() || is_ours(&site, &visit) {
        Ok(open_to_all(Vec::new(), "text/plain; charset=utf-8"))
    } else {
        Ok(nothing())
    }
}

/// Whether the domain that the advanced form names is the one whose keys are here.
fn is_ours(site: &Site, visit: &Visit) -> bool {
    visit.part(0).eq_ignore_ascii_case(site.services.checks.domain())
}

/// `GET /.well-known/openpgpkey/hu/NAME`: the direct form.
pub(super) async fn direct(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    Ok(key(&site, visit.part(0)).await)
}

/// `GET /.well-known/openpgpkey/DOMAIN/hu/NAME`: the advanced form.
pub(super) async fn advanced(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    if is_ours(&site, &visit) {
        Ok(key(&site, visit.part(1)).await)
    } else {
        Ok(nothing())
    }
}

async fn key(site: &Site, name: &str) -> Response {
    match site.services.keys.published(name).await {
        Some(octets) => open_to_all(octets, "application/octet-stream"),
        None => nothing(),
    }
}

/// That there is no such key here, for programs and scripts of any place.
fn nothing() -> Response {
    let mut response = open_to_all(Vec::new(), "text/plain; charset=utf-8");
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
