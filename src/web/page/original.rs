//! `/messages/ID/original`: the sender's own design, in a frame that can do nothing.

use super::super::{
    Site,
    headers::FRAME_POLICY,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{domain::id::MessageId, service::view::Body};
use askama::Template;
use http::{HeaderValue, header};
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/original.html")]
struct Page {
    s: Shell,
    id: MessageId,
    subject: String,
    has_html: bool,
}

/// `GET /messages/ID/original`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0)?;
    let message = site.discussions(&visit).message(id).await?.message;
    if matches!(message.body, Body::Masked { .. }) {
        return Err(Problem::Masked(id));
    }
    let s = Shell::of(&site, &visit, Section::Discussions);
    shell::page(&Page {
        s,
        id,
        subject: super::calm(&message.subject),
        has_html: message.has_html,
    })
}

/// `GET /messages/ID/original/frame`
pub(in crate::web) async fn frame(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let html = site.discussions(&visit).original(visit.number(0)?).await?;
    let mut response = shell::html(html);
    let policy = HeaderValue::from_static(FRAME_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}
