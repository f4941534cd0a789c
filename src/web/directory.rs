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
pub(super) async fn policy(_site: Arc<Site>, _visit: Visit) -> Result<Response, Problem> {
    Ok(open_to_all(Vec::new(), "text/plain; charset=utf-8"))
}

/// `GET /.well-known/openpgpkey/hu/NAME`: the direct form.
pub(super) async fn direct(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    Ok(key(&site, visit.part(0)).await)
}

/// `GET /.well-known/openpgpkey/DOMAIN/hu/NAME`: the advanced form.
pub(super) async fn advanced(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    Ok(key(&site, visit.part(1)).await)
}

async fn key(site: &Site, name: &str) -> Response {
    match site.services.keys.published(name).await {
        Some(octets) => open_to_all(octets, "application/octet-stream"),
        None => {
            let mut response = open_to_all(Vec::new(), "text/plain; charset=utf-8");
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    }
}
