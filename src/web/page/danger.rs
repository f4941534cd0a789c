//! The step before a file that may do harm is saved: what it is, why, and "save it anyway". A GET shows the
//! step and never the octets; a POST gives a ticket that is good for one file, once, for two minutes.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    calm,
    devices::viewer,
    file,
};
use crate::{
    domain::{danger::Danger, id::MessageId},
    locale::danger::{self, DangerWords},
    service::danger::Saving,
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

/// A danger in words.
pub(super) struct Warning {
    pub(super) reason: String,
    pub(super) more: String,
}

impl Warning {
    pub(super) fn of(lang: crate::locale::Lang, danger: &Danger) -> Self {
        Self {
            reason: danger::reason(lang, danger),
            more: danger::consequence(lang, danger),
        }
    }
}

#[derive(Template)]
#[template(path = "page/danger.html")]
struct Page {
    s: Shell,
    d: &'static DangerWords,
    id: MessageId,
    part: u32,
    name: String,
    size: String,
    warnings: Vec<Warning>,
    /// Whether there is something the matter with the file itself.
    of_file: bool,
}

/// `GET /messages/ID/parts/PART`: the file, or the step before it.
pub(in crate::web) async fn part(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (id, part) = (visit.number(0)?, visit.number(1)?);
    let saving = site.services.dangers.saving(id, part, viewer(&site, &visit)).await?;
    if saving.dangers.is_empty() {
        return Ok(file::attached(saving.file));
    }
    step(&site, &visit, id, part, &saving)
}

fn step(site: &Site, visit: &Visit, id: MessageId, part: u32, saving: &Saving) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Discussions);
    let mut warnings: Vec<Warning> = Vec::with_capacity(saving.dangers.len());
    for danger in &saving.dangers {
        let mut warning = Warning::of(s.w.lang, danger);
        // What can come of several dangers is often one and the same.
        if warnings.iter().any(|before| before.more == warning.more) {
            warning.more.clear();
        }
        warnings.push(warning);
    }
    shell::page(&Page {
        d: danger::words(s.w.lang),
        id,
        part,
        name: calm(&saving.file.name),
        size: s.w.octets(saving.file.bytes.len() as u64),
        warnings,
        of_file: saving.dangers.iter().any(|danger| danger.part().is_some()),
        s,
    })
}

/// `POST /messages/ID/parts/PART`: "save it anyway".
pub(in crate::web) async fn allow(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (id, part): (MessageId, u32) = (visit.number(0)?, visit.number(1)?);
    // There must be something to save.
    site.services.dangers.saving(id, part, viewer(&site, &visit)).await?;
    let session = session(&visit);
    let ticket = site.services.dangers.allow(session, id, part, site.now())?;
    Ok(shell::see_other(&format!("/messages/{id}/parts/{part}/save?ticket={ticket}")))
}

/// `GET /messages/ID/parts/PART/save?ticket=`: the file, once; without a good ticket the step again.
pub(in crate::web) async fn save(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (id, part) = (visit.number(0)?, visit.number(1)?);
    let saving = site.services.dangers.saving(id, part, viewer(&site, &visit)).await?;
    let ticket = visit.asked("ticket");
    // Asking what would come uses nothing up.
    let asks = visit.method == http::Method::HEAD;
    if saving.dangers.is_empty() || (!asks && site.services.dangers.redeem(&ticket, session(&visit), id, part, site.now())) {
        return Ok(file::attached(saving.file));
    }
    step(&site, &visit, id, part, &saving)
}

/// What tells this session from others.
fn session(visit: &Visit) -> &str {
    visit.visitor.session.as_ref().map_or("", |session| session.form_token.as_str())
}
