//! What takes a card away, makes one of two, or two of one: pages that show what becomes of it before it is done.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    calm,
    contact::{Form, Frame, form},
};
use crate::{domain::id::ContactId, locale::contacts::ContactWords};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/contact_delete.html")]
struct DeletePage {
    s: Shell,
    c: &'static ContactWords,
    id: ContactId,
    name: String,
}

/// `GET /contacts/ID/delete`
pub(in crate::web) async fn ask(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0).map(ContactId)?;
    let card = site.services.contacts.plain(id).await?;
    let s = Shell::of(&site, &visit, Section::Contacts);
    shell::page(&DeletePage {
        c: &s.w.contacts,
        id,
        name: card.name,
        s,
    })
}

/// `POST /contacts/ID/delete`
pub(in crate::web) async fn delete(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    site.services.contacts.remove(visit.number(0).map(ContactId)?).await?;
    Ok(shell::see_other("/contacts"))
}

#[derive(Template)]
#[template(path = "page/contact_merge.html")]
struct PickPage {
    s: Shell,
    c: &'static ContactWords,
    id: ContactId,
    name: String,
    others: Vec<(ContactId, String)>,
}

fn of_both(c: &'static ContactWords, id: ContactId, other: ContactId, name: &str) -> Frame {
    Frame {
        title: c.merge_title,
        intro: Some(format!("{} {}", c.merge_text.replace("{name}", &calm(name)), c.merge_tags)),
        action: format!("/contacts/{id}/merge?with={other}"),
        back: format!("/contacts/{id}"),
        save: c.merge_do,
    }
}

/// The other card of two that become one.
fn other(visit: &Visit) -> Option<ContactId> {
    visit.asked("with").parse().ok().map(ContactId)
}

/// `GET /contacts/ID/merge?with=`: which other card, then what becomes of both.
pub(in crate::web) async fn propose(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0).map(ContactId)?;
    let (c, book) = (&visit.lang.words().contacts, &site.services.contacts);
    let card = book.plain(id).await?;
    let Some(other) = other(&visit).filter(|other| *other != id) else {
        let mut others = book.names().await?;
        others.retain(|(known, _)| *known != id);
        let s = Shell::of(&site, &visit, Section::Contacts);
        return shell::page(&PickPage {
            c,
            id,
            name: card.name,
            others,
            s,
        });
    };
    let second = book.plain(other).await?;
    let frame = of_both(c, id, other, &second.name);
    form(&site, &visit, frame, Form::of(card.merged(second)))
}

/// `POST /contacts/ID/merge?with=`
pub(in crate::web) async fn merge(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0).map(ContactId)?;
    let (c, book) = (&visit.lang.words().contacts, &site.services.contacts);
    let other = other(&visit).ok_or(Problem::NotFound)?;
    let second = book.plain(other).await?;
    let typed = Form::typed(&visit);
    if typed.error.is_some() {
        return form(&site, &visit, of_both(c, id, other, &second.name), typed);
    }
    match book.merge(id, other, typed.card.clone()).await? {
        Ok(id) => Ok(shell::see_other(&format!("/contacts/{id}"))),
        Err(refused) => form(&site, &visit, of_both(c, id, other, &second.name), typed.refused(c, refused)),
    }
}

#[derive(Template)]
#[template(path = "page/contact_split.html")]
struct SplitPage {
    s: Shell,
    c: &'static ContactWords,
    id: ContactId,
    card: String,
    addresses: Vec<(String, bool)>,
    name: String,
    refused: bool,
}

async fn parts(site: &Site, visit: &Visit, id: ContactId, refused: bool) -> Result<Response, Problem> {
    let card = site.services.contacts.plain(id).await?;
    let s = Shell::of(site, visit, Section::Contacts);
    let ticked = ticked(visit);
    let addresses = card.addresses.iter().map(ToString::to_string);
    let mut response = shell::page(&SplitPage {
        c: &s.w.contacts,
        id,
        addresses: addresses.map(|address| (address.clone(), ticked.contains(&address))).collect(),
        card: card.name,
        name: visit.field("name").to_owned(),
        refused,
        s,
    })?;
    if refused {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn ticked(visit: &Visit) -> Vec<String> {
    let ticked = visit.form.iter().filter(|(name, _)| name == "address");
    ticked.map(|(_, value)| value.clone()).collect()
}

/// `GET /contacts/ID/split`
pub(in crate::web) async fn divide(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0).map(ContactId)?;
    parts(&site, &visit, id, false).await
}

/// `POST /contacts/ID/split`
pub(in crate::web) async fn split(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0).map(ContactId)?;
    let (ticked, card) = (ticked(&visit), site.services.contacts.plain(id).await?);
    let known = ticked
        .iter()
        .all(|address| card.addresses.iter().any(|known| known.as_str() == address));
    if ticked.is_empty() || ticked.len() >= card.addresses.len() || !known {
        return parts(&site, &visit, id, true).await;
    }
    match site.services.contacts.split(id, visit.field("name"), ticked).await? {
        Ok(new) => Ok(shell::see_other(&format!("/contacts/{new}"))),
        Err(_) => parts(&site, &visit, id, true).await,
    }
}
