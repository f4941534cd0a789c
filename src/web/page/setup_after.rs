//! `/setup` after the passphrase, for the owner who is signed in: the recovery sheet, the key, the first message. Each
//! can be left for later, and stands in the settings as well.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell, encoded},
        visit::Visit,
    },
    setup::Progress,
};
use crate::{
    domain::{
        check::{Id, State},
        journal::Event,
        setup::Step,
    },
    locale::setup::{self, SetupWords},
    service::custody::NotDone,
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/setup/sheet.html")]
struct SheetPage {
    s: Shell,
    t: &'static SetupWords,
    p: Progress,
    proven: bool,
    groups: Option<(String, [String; 2])>,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "page/setup/relay.html")]
struct RelayPage {
    s: Shell,
    t: &'static SetupWords,
    p: Progress,
    /// What is known of whether one is needed, and whether it is good news.
    said: String,
    good: bool,
}

#[derive(Template)]
#[template(path = "page/setup/key.html")]
struct KeyPage {
    s: Shell,
    t: &'static SetupWords,
    p: Progress,
    intro: String,
    groups: Vec<String>,
}

#[derive(Template)]
#[template(path = "page/setup/message.html")]
struct MessagePage {
    s: Shell,
    t: &'static SetupWords,
    p: Progress,
    text: String,
    count: String,
    write: String,
}

/// The step may be taken: the first run has not ended, and everything before it is done.
fn admitted(site: &Site, t: &SetupWords, step: Step) -> Result<Progress, Problem> {
    let run = &site.services.first_run;
    if !run.is_under_way() {
        return Err(Problem::SignIn("/".to_owned()));
    }
    let done = run.done("");
    if done.may(step) {
        Ok(Progress::of(t, &done, step))
    } else {
        Err(Problem::Step(
            done.next().filter(|next| next.row().behind).unwrap_or(Step::Sheet).slug(),
        ))
    }
}

async fn marked(site: &Site, step: Step) -> Result<Response, Problem> {
    let run = &site.services.first_run;
    run.mark(step).await.map_err(crate::service::Error::from)?;
    Ok(shell::see_other("/setup"))
}

async fn sheet_page(site: &Site, visit: &Visit, error: Option<String>) -> Result<Response, Problem> {
    let (t, c) = (setup::words(visit.lang), &visit.lang.words().custody);
    let p = admitted(site, t, Step::Sheet)?;
    let state = site.services.custody.sheet_state().await?;
    let groups = state.asked.map(|asked| {
        let [one, other] = asked.map(|group| group.to_string());
        let text = c.prove_groups.replace("{a}", &one).replace("{b}", &other);
        (text, [one, other].map(|n| c.group.replace("{n}", &n)))
    });
    let wrong = error.is_some();
    let mut response = shell::page(&SheetPage {
        s: Shell::of(site, visit, Section::None),
        t,
        p,
        proven: state.proven,
        groups,
        error,
    })?;
    if wrong {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `GET /setup/sheet`
pub(in crate::web) async fn sheet(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    sheet_page(&site, &visit, None).await
}

/// `POST /setup/sheet`: two groups of the paper, or later.
pub(in crate::web) async fn prove_sheet(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    admitted(&site, setup::words(visit.lang), Step::Sheet)?;
    if visit.field("do") == "later" {
        return marked(&site, Step::Sheet).await;
    }
    match site.services.custody.prove_groups([visit.field("g1"), visit.field("g2")]).await {
        Ok(()) => {
            site.services.journal.note_own(Event::RecoveryProven);
            marked(&site, Step::Sheet).await
        }
        Err(NotDone::Wrong | NotDone::Unknown) => {
            let error = visit.lang.words().custody.not_the_sheet.to_owned();
            sheet_page(&site, &visit, Some(error)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /setup/relay`
pub(in crate::web) async fn relay(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = setup::words(visit.lang);
    let p = admitted(&site, t, Step::Relay)?;
    let (chosen, shut) = site.services.ways.chosen().await?;
    let stands = site.services.checks.last();
    let state = |id| crate::domain::check::state(id, stands.of(id));
    let (out, name) = (state(Id::PortOut), state(Id::ReverseV4));
    let (said, good) = match &chosen.smarthost {
        Some(relay) => (t.relay_set.replace("{host}", &relay.host), true),
        None if shut.is_some() || out == State::Todo || name == State::Todo => (t.relay_needed.to_owned(), false),
        None if out == State::Ok && name == State::Ok => (t.relay_fine.to_owned(), true),
        None => (t.relay_unknown.to_owned(), true),
    };
    shell::page(&RelayPage {
        s: Shell::of(&site, &visit, Section::None),
        t,
        p,
        said,
        good,
    })
}

/// `POST /setup/relay`
pub(in crate::web) async fn relay_seen(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    admitted(&site, setup::words(visit.lang), Step::Relay)?;
    marked(&site, Step::Relay).await
}

/// `GET /setup/key`
pub(in crate::web) async fn key(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = setup::words(visit.lang);
    let p = admitted(&site, t, Step::Key)?;
    let s = Shell::of(&site, &visit, Section::None);
    let keys = site.services.keys.list().await?;
    let groups = keys.first().map(|key| key.facts.fingerprint.groups()).unwrap_or_default();
    shell::page(&KeyPage {
        intro: t.key_intro.replace("{address}", s.owner.as_deref().unwrap_or_default()),
        groups,
        s,
        t,
        p,
    })
}

/// `POST /setup/key`
pub(in crate::web) async fn key_seen(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    admitted(&site, setup::words(visit.lang), Step::Key)?;
    marked(&site, Step::Key).await
}

/// `GET /setup/message`
pub(in crate::web) async fn message(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = setup::words(visit.lang);
    let p = admitted(&site, t, Step::Message)?;
    let s = Shell::of(&site, &visit, Section::None);
    let owner = s.owner.clone().unwrap_or_default();
    let count = match site.timeline(&visit).page(1).await?.total {
        0 => t.message_none.to_owned(),
        some => s.w.count(&t.message_some, some),
    };
    shell::page(&MessagePage {
        text: t.message_in_text.replace("{address}", &owner),
        count,
        write: format!("/write?to={}&subject={}", encoded(&owner), encoded(t.message_subject)),
        s,
        t,
        p,
    })
}

/// `POST /setup/message`: the first run has ended.
pub(in crate::web) async fn end(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    admitted(&site, setup::words(visit.lang), Step::Message)?;
    site.services.first_run.end().await.map_err(crate::service::Error::from)?;
    Ok(shell::see_other("/"))
}
