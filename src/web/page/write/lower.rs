//! `/write/ID/lower`: a message would be less protected than was agreed, or than was shown. It is named because of
//! whom, and the owner decides.

use super::{
    super::{
        super::{
            Site,
            problem::Problem,
            shell::{self, Section, Shell},
            visit::Visit,
        },
        Lock, Named,
    },
    Opened, open, sent, without,
};
use crate::{
    domain::padlock::Padlock,
    locale::compose::{self, ComposeWords},
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/lower.html")]
struct Page {
    s: Shell,
    c: &'static ComposeWords,
    id: u64,
    causes: Vec<(Named, Lock)>,
    was: Lock,
    would: Lock,
    travels: &'static str,
    /// Whether somebody is left without those who cause it.
    others: bool,
    anyway: &'static str,
    rung: u8,
    was_rung: u8,
}

/// What it was held to: as the address says, and never less than what the discussion has been held to.
fn was(text: &str, agreed: Padlock) -> Padlock {
    Padlock::from_rung(text.parse().unwrap_or(0)).max(agreed)
}

/// `GET /write/ID/lower`
pub(in crate::web) async fn lower(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0)?;
    let draft = match open(&site, &visit, id).await? {
        Opened::Draft(draft) => draft,
        Opened::Elsewhere(response) => return Ok(response),
    };
    let preview = site.services.compose.preview(&draft).await?;
    let was = was(&visit.asked("was"), preview.agreed);
    if preview.padlock >= was {
        return Ok(shell::see_other(&format!("/write/{id}")));
    }
    let s = Shell::of(&site, &visit, Section::Write);
    let w = s.w;
    let c = compose::words(w.lang);
    let causes: Vec<(Named, Lock)> = preview
        .below(was)
        .map(|standing| (Named::of(w, &standing.person), Lock::of(w, standing.padlock)))
        .collect();
    shell::page(&Page {
        others: causes.len() < preview.people.len(),
        causes,
        was: Lock::of(w, was),
        would: Lock::of(w, preview.padlock),
        travels: c.travels(preview.padlock, true),
        anyway: c.anyway(preview.padlock),
        rung: preview.padlock as u8,
        was_rung: was as u8,
        id,
        c,
        s,
    })
}

/// `POST /write/ID/lower`
pub(in crate::web) async fn choose(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0)?;
    let compose = &site.services.compose;
    let _one = compose.alone().await;
    let mut draft = match open(&site, &visit, id).await? {
        Opened::Draft(draft) => draft,
        Opened::Elsewhere(response) => return Ok(response),
    };
    let outcome = match visit.field("choice") {
        "anyway" => {
            let agreed = Padlock::from_rung(visit.field("rung").parse().unwrap_or(3));
            compose.send(id, Padlock::default(), Some(agreed)).await?
        }
        "without" => {
            let preview = compose.preview(&draft).await?;
            let was = was(visit.field("was"), preview.agreed);
            let causes: Vec<String> = preview.below(was).map(|standing| standing.person.address.to_string()).collect();
            without(&mut draft, &causes.iter().map(String::as_str).collect::<Vec<_>>());
            compose.save(id, draft.clone(), Vec::new()).await?;
            compose.send(id, was, None).await?
        }
        _ => return Ok(shell::see_other("/drafts")),
    };
    sent(&site, &visit, id, draft, outcome).await
}
