//! What others fetch from this box: `/.well-known/acme-challenge`, the answers to a certificate authority (RFC 8555 section
//! 8.3), on port 80; and `/.well-known/mta-sts.txt`: the domain's policy about encryption (RFC 8461 section
//! 3.2), for other mail servers, under its own host name only: elsewhere it would mean nothing. Both answer while the box is
//! locked too.

use super::{Site, problem::Problem, visit::Visit};
use http::{HeaderValue, header};
use std::sync::Arc;
use warp::reply::Response;

/// `GET /.well-known/mta-sts.txt`
pub(super) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let checks = &site.services.checks;
    let host = visit.authority.split(':').next().unwrap_or_default();
    if !host.eq_ignore_ascii_case(&format!("mta-sts.{}", checks.domain())) {
        return Err(Problem::NotFound);
    }
    let mut response = Response::new(checks.policy().await?.text().into());
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(response)
}

/// `GET /.well-known/acme-challenge/TOKEN`: the answer, while an order is open.
pub(super) async fn trial(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let answer = site.services.certificates.answer(visit.part(0)).ok_or(Problem::NotFound)?;
    let mut response = Response::new(answer.into());
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    Ok(response)
}
