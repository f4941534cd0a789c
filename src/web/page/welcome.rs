//! `/welcome`: the five steps of a new box, each with where it is done and, where the box knows it, whether it was.
//!
//! Absent on purpose: an order that must be kept, and a way that leads from one to the next. What is seen stays a page of the
//! help; only the line on the timeline of a new box goes when it was answered.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    domain::award::Award,
    locale::welcome::{self, WelcomeWords},
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

/// Its name among what was answered.
const NAME: &str = "welcome";
/// Discussions with which a box is new no more.
const FEW: u64 = 25;

#[derive(Template)]
#[template(path = "page/welcome.html")]
struct Page {
    s: Shell,
    t: &'static WelcomeWords,
    steps: Vec<Step>,
}

/// One of them.
struct Step {
    words: &'static welcome::Step,
    /// Whether it was done, where the box can know.
    done: Option<bool>,
}

/// `GET /welcome`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let reached = site.services.account.page().await?.reached;
    let s = Shell::of(&site, &visit, Section::Help);
    let t = welcome::words(s.w.lang);
    let told = [
        Some(Award::SpareKey),
        Some(Award::OwnPostmark),
        None,
        None,
        Some(Award::FirstEnvelope),
    ];
    let steps = t.steps.iter().zip(told).map(|(words, award)| Step {
        words,
        done: award.map(|award| reached.contains(&award)),
    });
    shell::page(&Page {
        steps: steps.collect(),
        t,
        s,
    })
}

/// `POST /welcome`: "OK, got it".
pub(in crate::web) async fn answer(site: Arc<Site>, _visit: Visit) -> Result<Response, Problem> {
    site.services.preferences.answer(NAME.to_owned()).await?;
    Ok(shell::see_other("/"))
}

/// Whether a timeline with so many discussions begins with the welcome.
pub(super) fn is_due(site: &Site, discussions: u64) -> bool {
    discussions < FEW && !site.services.preferences.now().answered.iter().any(|name| name == NAME)
}
