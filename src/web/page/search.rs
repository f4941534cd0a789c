//! `/search?tag=`: what carries a tag. A click on a tag leads here.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    Pager,
    devices::viewer,
    tagging::{self, Chip},
    timeline::{self, Day},
};
use crate::service::timeline::ROWS;
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/search.html")]
struct Page {
    s: Shell,
    chip: Chip,
    found: String,
    days: Vec<Day>,
    tickable: bool,
    pager: Option<Pager>,
    house: bool,
}

#[derive(Template)]
#[template(path = "page/search_none.html")]
struct Choice {
    s: Shell,
    names: Vec<Chip>,
    unknown: bool,
}

/// `GET /search?tag=&page=`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let s = Shell::of(&site, &visit, Section::Discussions);
    let (w, slug) = (s.w, visit.asked("tag"));
    let Some(id) = site.services.tags.of_slug(slug.clone()).await? else {
        let names = tagging::names(&site, w).await?;
        return shell::page(&Choice {
            s,
            names,
            unknown: !slug.is_empty(),
        });
    };
    let page = site.services.tags.tagged(id, visit.page(), viewer(&site, &visit)).await?;
    let chip = Chip::of(w, &page.tag.mark);
    let pager = (page.pages > 1).then(|| Pager::of(w, &chip.href, page.page, page.pages, ROWS, page.tag.discussions));
    shell::page(&Page {
        found: w.count(&w.tags.in_discussions, page.tag.discussions),
        days: timeline::days(&site, w, page.rows),
        tickable: false,
        house: page.tag.mark.system.is_some(),
        pager,
        chip,
        s,
    })
}
