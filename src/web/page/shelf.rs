//! `/done` and `/wastebasket`: the discussions that are not on the timeline because the owner put them away.

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
    timeline::{self, Day, Part, Parts},
};
use crate::{
    domain::{journal::Event, shelf::Shelf},
    locale::custody::CustodyWords,
    service::timeline::ROWS,
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/shelf.html")]
struct Page {
    s: Shell,
    parts: Parts,
    title: &'static str,
    text: String,
    none: &'static str,
    bin: bool,
    days: Vec<Day>,
    names: Vec<Chip>,
    pager: Option<Pager>,
}

#[derive(Template)]
#[template(path = "page/delete.html")]
struct Ask {
    s: Shell,
    t: &'static CustodyWords,
    title: &'static str,
    text: String,
    action: String,
    back: String,
}

/// `GET /done`
pub(in crate::web) async fn done(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    show(&site, &visit, Shelf::Done).await
}

/// `GET /wastebasket`
pub(in crate::web) async fn bin(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    show(&site, &visit, Shelf::Bin).await
}

async fn show(site: &Arc<Site>, visit: &Visit, shelf: Shelf) -> Result<Response, Problem> {
    let acts = &site.services.acts;
    let page = acts.shelf(viewer(site, visit), shelf, visit.page()).await?;
    let s = Shell::of(site, visit, Section::Discussions);
    let w = s.w;
    let bin = shelf == Shelf::Bin;
    let pager = (page.pages > 1).then(|| Pager::of(w, &visit.path, page.page, page.pages, ROWS, page.total));
    shell::page(&Page {
        parts: Parts::of(w, if bin { Part::Bin } else { Part::Done }),
        title: if bin { w.living.bin } else { w.living.done },
        text: if bin {
            w.count(&w.living.bin_text, acts.bin_days()?.into())
        } else {
            w.living.done_text.to_owned()
        },
        none: if bin { w.living.bin_none } else { w.living.done_none },
        bin,
        days: timeline::days(site, w, page.rows),
        names: tagging::names(site, w).await?,
        pager,
        s,
    })
}

/// `GET /wastebasket/empty`: asks.
pub(in crate::web) async fn ask(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let page = site.services.acts.shelf(viewer(&site, &visit), Shelf::Bin, 1).await?;
    let w = visit.lang.words();
    shell::page(&Ask {
        s: Shell::of(&site, &visit, Section::Discussions),
        t: &w.custody,
        title: w.living.bin_empty,
        text: w.count(&w.living.bin_empty_text, page.total),
        action: "/wastebasket/empty".to_owned(),
        back: "/wastebasket".to_owned(),
    })
}

/// `POST /wastebasket/empty`: deletes for good.
pub(in crate::web) async fn empty(site: Arc<Site>, _visit: Visit) -> Result<Response, Problem> {
    if site.services.acts.empty().await? > 0 {
        site.services.journal.note_own(Event::Deleted);
    }
    Ok(shell::see_other("/wastebasket"))
}
