//! `/settings/tags`: the owner's tags, each on a page of its own; and whether tags are suggested.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    tagging::Chip,
};
use crate::{
    domain::{
        id::TagId,
        importance::{HIGHEST, LOWEST},
        tag::{Colour, Name},
    },
    locale::Words,
    service::tags::{Carded, Made, TagPage, TagView},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

/// A tag in the list.
struct Row {
    chip: Chip,
    importance: String,
    discussions: String,
    examples: Option<String>,
    means: Option<&'static str>,
}

/// What a form about a tag holds: what was typed, and what is wrong with it.
struct Form {
    name: String,
    colour: Colour,
    importance: i8,
    error: Option<&'static str>,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            name: String::new(),
            colour: Colour::Blue,
            importance: 0,
            error: None,
        }
    }
}

impl Form {
    fn of(visit: &Visit) -> Self {
        Self {
            name: visit.field("name").to_owned(),
            colour: Colour::of_word(visit.field("colour")).unwrap_or_default(),
            importance: visit
                .field("importance")
                .parse()
                .map_or(0, |level: i8| level.clamp(LOWEST, HIGHEST)),
            error: None,
        }
    }

    /// The name, or the form again with what is wrong.
    fn parsed(mut self, w: &Words) -> Result<(Name, Self), Self> {
        match Name::parse(&self.name) {
            Ok(name) => Ok((name, self)),
            Err(error) => {
                self.error = Some(w.tags.name_error(error));
                Err(self)
            }
        }
    }

    fn colours(&self, w: &Words) -> Vec<(&'static str, &'static str, bool)> {
        let colours = Colour::ALL.into_iter();
        colours
            .map(|colour| (colour.as_str(), w.tags.colour_of(colour), colour == self.colour))
            .collect()
    }

    fn levels(&self) -> Vec<(i8, String, bool)> {
        levels(self.importance)
    }
}

/// Every level with its words and whether it is the one, the highest first.
pub(super) fn levels(chosen: i8) -> Vec<(i8, String, bool)> {
    (LOWEST..=HIGHEST)
        .rev()
        .map(|level| (level, signed(level), level == chosen))
        .collect()
}

/// "+3", "0", "−4".
pub(super) fn signed(level: i8) -> String {
    match level {
        0 => "0".to_owned(),
        1.. => format!("+{level}"),
        _ => format!("\u{2212}{}", level.unsigned_abs()),
    }
}

#[derive(Template)]
#[template(path = "page/tags.html")]
struct ListPage {
    s: Shell,
    own: Vec<Row>,
    house: Vec<Row>,
    form: Form,
    smart: bool,
}

fn row(w: &Words, view: &TagView) -> Row {
    Row {
        chip: Chip::of(w, &view.mark),
        importance: signed(view.importance),
        discussions: w.count(&w.tags.in_discussions, view.discussions),
        examples: (view.examples > 0).then(|| w.count(&w.tags.examples, view.examples)),
        means: view.mark.system.map(|system| w.tags.system_means(system)),
    }
}

async fn list(site: &Site, visit: &Visit, form: Form) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::None);
    let (house, own): (Vec<TagView>, Vec<TagView>) = site
        .services
        .tags
        .list()
        .await?
        .into_iter()
        .partition(|tag| tag.mark.system.is_some());
    let refused = form.error.is_some();
    let page = ListPage {
        own: own.iter().map(|tag| row(s.w, tag)).collect(),
        house: house.iter().map(|tag| row(s.w, tag)).collect(),
        smart: site.services.tags.is_smart().await?,
        form,
        s,
    };
    answer(shell::page(&page)?, refused)
}

fn answer(mut response: Response, refused: bool) -> Result<Response, Problem> {
    if refused {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `GET /settings/tags`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    list(&site, &visit, Form::default()).await
}

fn refusal(w: &Words, made: Made) -> Option<&'static str> {
    match made {
        Made::Taken => Some(w.tags.taken),
        Made::TooMany => Some(w.tags.too_many),
        Made::Protected => Some(w.tags.protected),
        Made::Done(_) | Made::Missing => None,
    }
}

/// `POST /settings/tags`
pub(in crate::web) async fn create(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let w = visit.lang.words();
    let (name, mut form) = match Form::of(&visit).parsed(w) {
        Ok(parsed) => parsed,
        Err(form) => return list(&site, &visit, form).await,
    };
    let made = site.services.tags.create(&name, form.colour, form.importance).await?;
    form.error = refusal(w, made);
    if form.error.is_some() {
        return list(&site, &visit, form).await;
    }
    Ok(shell::see_other("/settings/tags"))
}

/// `POST /settings/smart-tags`
pub(in crate::web) async fn smart(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    site.services.tags.set_smart(visit.field("on") == "1").await?;
    Ok(shell::see_other("/settings/tags"))
}

#[derive(Template)]
#[template(path = "page/tag.html")]
struct OnePage {
    s: Shell,
    id: TagId,
    chip: Chip,
    means: Option<&'static str>,
    importance: String,
    messages: String,
    discussions: String,
    cards: Vec<(u64, String, String)>,
    form: Form,
    address: String,
    nobody: bool,
}

fn one(site: &Site, visit: &Visit, page: TagPage, form: Option<Form>, address: Option<&str>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::None);
    let TagPage { tag, cards } = page;
    let form = form.unwrap_or_else(|| Form {
        name: tag.mark.name.clone(),
        colour: tag.colour,
        importance: tag.importance,
        error: None,
    });
    let refused = form.error.is_some() || address.is_some();
    let page = OnePage {
        id: tag.mark.id,
        chip: Chip::of(s.w, &tag.mark),
        means: tag.mark.system.map(|system| s.w.tags.system_means(system)),
        importance: signed(tag.importance),
        messages: s.w.count(&s.w.tags.on_messages, tag.messages),
        discussions: s.w.count(&s.w.tags.in_discussions, tag.discussions),
        cards,
        form,
        address: address.unwrap_or_default().to_owned(),
        nobody: address.is_some(),
        s,
    };
    answer(shell::page(&page)?, refused)
}

/// `GET /settings/tags/ID`
pub(in crate::web) async fn show_one(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let page = site.services.tags.tag(visit.number(0)?).await?;
    one(&site, &visit, page, None, None)
}

/// `POST /settings/tags/ID`
pub(in crate::web) async fn change(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (w, id) = (visit.lang.words(), visit.number(0)?);
    let page = site.services.tags.tag(id).await?;
    let (name, mut form) = match Form::of(&visit).parsed(w) {
        Ok(parsed) => parsed,
        Err(form) => return one(&site, &visit, page, Some(form), None),
    };
    let made = site.services.tags.change(id, &name, form.colour, form.importance).await?;
    form.error = refusal(w, made);
    if form.error.is_some() {
        return one(&site, &visit, page, Some(form), None);
    }
    Ok(shell::see_other("/settings/tags"))
}

/// `POST /settings/tags/ID/delete`
pub(in crate::web) async fn delete(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0)?;
    let page = site.services.tags.tag(id).await?;
    if let Some(error) = refusal(visit.lang.words(), site.services.tags.delete(id).await?) {
        let form = Form {
            name: page.tag.mark.name.clone(),
            colour: page.tag.colour,
            importance: page.tag.importance,
            error: Some(error),
        };
        return one(&site, &visit, page, Some(form), None);
    }
    Ok(shell::see_other("/settings/tags"))
}

/// `POST /settings/tags/ID/people`
pub(in crate::web) async fn people(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: TagId = visit.number(0)?;
    let page = site.services.tags.tag(id).await?;
    if let Ok(card) = visit.field("remove").parse() {
        site.services.tags.take_off_card(card, id).await?;
    } else {
        let address = visit.field("address");
        if site.services.tags.put_on_card(address.to_owned(), id).await? == Carded::Nobody {
            return one(&site, &visit, page, None, Some(address));
        }
    }
    Ok(shell::see_other(&format!("/settings/tags/{id}")))
}
