//! Deleting: a message goes to the wastebasket at once, and for good after a page that asks. Neither shows anything of
//! what goes.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    acts,
};
use crate::{
    domain::{
        id::{DiscussionId, MessageId},
        journal::Event,
    },
    locale::custody::CustodyWords,
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/delete.html")]
struct Page {
    s: Shell,
    t: &'static CustodyWords,
    title: &'static str,
    text: String,
    action: String,
    back: String,
}

/// `POST /messages/:id/bin`
pub(in crate::web) async fn throw(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (did, stays) = site.services.acts.throw(MessageId(visit.number(0)?)).await?;
    let to = stays.map_or_else(|| "/".to_owned(), |id| format!("/discussions/{id}"));
    Ok(did.map_or_else(|| shell::see_other(&to), |did| acts::leading(&to, did)))
}

/// `GET /messages/:id/delete`
pub(in crate::web) async fn ask_message(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: MessageId = MessageId(visit.number(0)?);
    site.services.delete.knows_message(id).await?;
    let t = &visit.lang.words().custody;
    shell::page(&Page {
        s: Shell::of(&site, &visit, Section::Discussions),
        t,
        title: t.delete_message_title,
        text: t.delete_message_text.to_owned(),
        action: format!("/messages/{id}/delete"),
        back: format!("/messages/{id}"),
    })
}

/// `POST /messages/:id/delete`
pub(in crate::web) async fn message(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let left = site.services.delete.message(MessageId(visit.number(0)?)).await?;
    site.services.journal.note_own(Event::Deleted);
    Ok(shell::see_other(
        &left.map_or_else(|| "/".to_owned(), |id| format!("/discussions/{id}")),
    ))
}

/// `GET /discussions/:id/delete`
pub(in crate::web) async fn ask_discussion(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = DiscussionId(visit.number(0)?);
    let messages = site.services.delete.messages_in(id).await?;
    let w = visit.lang.words();
    shell::page(&Page {
        s: Shell::of(&site, &visit, Section::Discussions),
        t: &w.custody,
        title: w.custody.delete_discussion_title,
        text: w.count(&w.custody.delete_discussion_text, messages.into()),
        action: format!("/discussions/{id}/delete"),
        back: format!("/discussions/{id}"),
    })
}

/// `POST /discussions/:id/delete`
pub(in crate::web) async fn discussion(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    site.services.delete.discussion(DiscussionId(visit.number(0)?)).await?;
    site.services.journal.note_own(Event::Deleted);
    Ok(shell::see_other("/"))
}
