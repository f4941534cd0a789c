//! `/settings/writing`: the owner's name, what stands under their messages, and the keys that their domain signs with.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    locale::compose::{self, ComposeWords},
    store::writing::Habits,
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

/// Characters of a name, and of a signature.
const NAME: usize = 100;
const SIGNATURE: usize = 2_000;

#[derive(Template)]
#[template(path = "page/writing.html")]
struct Page {
    s: Shell,
    c: &'static ComposeWords,
    habits: Habits,
    records: Vec<(String, String)>,
    saved: bool,
}

/// `GET /settings/writing`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let s = Shell::of(&site, &visit, Section::None);
    shell::page(&Page {
        c: compose::words(s.w.lang),
        habits: site.services.compose.habits().await?,
        records: site.services.compose.records().await?,
        saved: visit.asked("saved") == "1",
        s,
    })
}

/// `POST /settings/writing`
pub(in crate::web) async fn save(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let line: String = visit.field("name").chars().filter(|c| !c.is_control()).take(NAME).collect();
    let signature = visit.field("signature").replace("\r\n", "\n");
    let habits = Habits {
        name: line.trim().to_owned(),
        signature: signature.trim_end().chars().take(SIGNATURE).collect(),
    };
    site.services.compose.set_habits(habits).await?;
    Ok(shell::see_other("/settings/writing?saved=1"))
}
