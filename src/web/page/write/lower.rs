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
        Lock, Named, calm,
    },
    Opened, open, panel, sent, without,
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
    text: String,
    causes: Vec<Cause>,
    was: Lock,
    would: Lock,
    travels: &'static str,
    /// What sends it without those who cause it, where somebody is left then.
    without: Option<String>,
    anyway: &'static str,
    rung: u8,
    was_rung: u8,
}

/// Somebody who causes it.
struct Cause {
    name: Named,
    lock: Lock,
    address: String,
    /// Where they are asked for a key, if none is known.
    ask: Option<String>,
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
    let causes = preview.below(was).map(|standing| Cause {
        name: Named::of(w, &standing.person),
        lock: Lock::of(w, standing.padlock),
        address: standing.person.address.to_string(),
        ask: panel::ask(standing),
    });
    let others = preview.readers().filter(|standing| standing.padlock >= was);
    let others: Vec<String> = others.map(|standing| calm(&standing.person.name)).collect();
    let with = preview.agreed_with.as_ref().filter(|_| was == preview.agreed);
    shell::page(&Page {
        text: with.map_or(c.lower_text.to_owned(), |person| {
            c.lower_text_with.replace("{who}", &calm(&person.name))
        }),
        without: (!others.is_empty()).then(|| c.lower_without.replace("{who}", &others.join(", "))),
        causes: causes.collect(),
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
