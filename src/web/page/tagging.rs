//! Tags where they stand: on messages, on discussions, on the rows of a list; putting them on and taking them
//! off; and which part of the scale of importance the timeline shows.

use super::super::{
    Site, guard,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::{Visit, cookie, safe_next},
};
use crate::{
    domain::{
        id::{DiscussionId, MessageId, TagId},
        importance::Range,
        tag::Name,
    },
    locale::Words,
    service::{
        tags::{Made, MessageTags, Suggestion},
        view::TagMark,
    },
};
use askama::Template;
use http::{HeaderMap, StatusCode, header};
use std::sync::Arc;
use warp::reply::Response;

/// The cookie of the part of the scale.
const LEVELS: &str = "levels";

/// A tag as a chip: a word that leads to what carries it.
#[derive(Clone)]
pub(super) struct Chip {
    pub(super) id: TagId,
    pub(super) name: String,
    pub(super) colour: &'static str,
    pub(super) href: String,
}

impl Chip {
    pub(super) fn of(w: &Words, mark: &TagMark) -> Self {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("tag", &mark.slug)
            .finish();
        Self {
            id: mark.id,
            name: mark
                .system
                .map_or_else(|| mark.name.clone(), |system| w.tags.system(system).to_owned()),
            colour: mark.colour.as_str(),
            href: format!("/search?{query}"),
        }
    }
}

/// Several.
pub(super) fn chips(w: &Words, marks: &[TagMark]) -> Vec<Chip> {
    marks.iter().map(|mark| Chip::of(w, mark)).collect()
}

/// A tag that may be wanted, with its reason in words.
pub(super) struct Offer {
    pub(super) chip: Chip,
    pub(super) why: String,
}

/// The tags of a message and what is suggested for it.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) chips: Vec<Chip>,
    pub(super) offers: Vec<Offer>,
}

impl Marks {
    pub(super) fn of(w: &Words, tags: &MessageTags) -> Self {
        Self {
            chips: chips(w, &tags.tags),
            offers: tags.suggestions.iter().map(|suggestion| offer(w, suggestion)).collect(),
        }
    }
}

fn offer(w: &Words, suggestion: &Suggestion) -> Offer {
    let words = (!suggestion.words.is_empty()).then(|| {
        let words: Vec<String> = suggestion.words.iter().map(|word| w.tags.quoted(word)).collect();
        format!("{} {}", w.tags.because_words, words.join(", "))
    });
    let sender = suggestion
        .sender
        .as_ref()
        .map(|sender| format!("{} {sender}", w.tags.because_sender));
    let reasons: Vec<String> = words.into_iter().chain(sender).collect();
    Offer {
        chip: Chip::of(w, &suggestion.tag),
        why: reasons.join(&format!(" {} ", w.tags.and)),
    }
}

/// The part of the scale that this browser shows.
pub(super) fn range(headers: &HeaderMap) -> Range {
    cookie(headers, LEVELS).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The tags that a form may name.
pub(super) async fn names(site: &Site, w: &Words) -> Result<Vec<Chip>, Problem> {
    Ok(chips(w, &site.services.tags.names().await?))
}

#[derive(Template)]
#[template(path = "page/add_tag.html")]
struct AddPage {
    s: Shell,
    action: String,
    back: String,
    typed: String,
    error: &'static str,
}

/// What a form about tags asks for: to take one off, or to put one on, made where there is none.
pub(super) enum Asked {
    Off(TagId),
    On(TagId),
    Refused(&'static str),
}

pub(super) async fn asked(site: &Site, visit: &Visit) -> Result<Asked, Problem> {
    if let Ok(tag) = visit.field("remove").parse() {
        return Ok(Asked::Off(tag));
    }
    let w = visit.lang.words();
    let typed = visit.field("add");
    // The words that the page shows for the tags of the house lead to them.
    let shown = names(site, w).await?.into_iter().find(|chip| chip.name == typed.trim());
    if let Some(chip) = shown {
        return Ok(Asked::On(chip.id));
    }
    let name = match Name::parse(typed) {
        Ok(name) => name,
        Err(error) => return Ok(Asked::Refused(w.tags.name_error(error))),
    };
    Ok(match site.services.tags.named(&name).await? {
        Made::Done(tag) => Asked::On(tag),
        _ => Asked::Refused(w.tags.too_many),
    })
}

pub(super) fn refused(site: &Site, visit: &Visit, error: &'static str) -> Result<Response, Problem> {
    let page = AddPage {
        s: Shell::of(site, visit, Section::Discussions),
        action: visit.path.clone(),
        back: safe_next(visit.field("back")).unwrap_or("/").to_owned(),
        typed: visit.field("add").to_owned(),
        error,
    };
    let mut response = shell::page(&page)?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

fn back(visit: &Visit) -> Response {
    shell::see_other(safe_next(visit.field("back")).unwrap_or("/"))
}

/// `POST /messages/ID/tags`
pub(in crate::web) async fn message(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: MessageId = visit.number(0)?;
    match asked(&site, &visit).await? {
        Asked::Refused(error) => return refused(&site, &visit, error),
        Asked::On(tag) => site.services.tags.put(vec![id], tag, true).await?,
        Asked::Off(tag) => site.services.tags.put(vec![id], tag, false).await?,
    }
    Ok(back(&visit))
}

/// `POST /discussions/ID/tags`
pub(in crate::web) async fn discussion(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: DiscussionId = visit.number(0)?;
    match asked(&site, &visit).await? {
        Asked::Refused(error) => return refused(&site, &visit, error),
        Asked::On(tag) => site.services.tags.put_on_discussions(vec![id], tag, true).await?,
        Asked::Off(tag) => site.services.tags.put_on_discussions(vec![id], tag, false).await?,
    }
    Ok(back(&visit))
}

/// `POST /messages/ID/suggestions`
pub(in crate::web) async fn answer(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: MessageId = visit.number(0)?;
    let (tag, accepted) = match (visit.field("yes").parse(), visit.field("no").parse()) {
        (Ok(tag), _) => (tag, true),
        (_, Ok(tag)) => (tag, false),
        _ => return Err(Problem::NoForm),
    };
    site.services.tags.answer(id, tag, accepted).await?;
    Ok(back(&visit))
}

/// `POST /levels`: which part of the scale this browser shows from now on.
pub(in crate::web) async fn levels(_site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let ends = || Some(Range::new(visit.field("low").parse().ok()?, visit.field("high").parse().ok()?));
    let range = visit.field("range").parse().ok().or_else(ends).ok_or(Problem::NoForm)?;
    // A page of another list is no place to come back to.
    let mut response = shell::see_other("/");
    if let Some(cookie) = guard::setting_cookie(LEVELS, &range.to_string(), visit.peer.secure) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
