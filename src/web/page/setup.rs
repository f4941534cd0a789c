//! `/setup`: the first run, as far as the passphrase. Until then these pages are all that the box shows; who has not
//! typed the code of its console is shown nothing but the field for it. How the box stands in the world: `setup_world`;
//! what comes after the passphrase: `setup_after`.
//!
//! Over plain HTTP another machine is shown one page that asks nothing and leads to https.

use super::{
    super::{
        Site, guard,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    security::strength_word,
    sign_in::caller,
};
use crate::{
    domain::setup::{Done, STEPS, Step},
    locale::{
        Lang, backup,
        setup::{self, SetupWords},
    },
    service::{
        setup::{SetupError, claim::NotClaimed, first_run::NotMade},
        unlock::Entered,
    },
};
use askama::Template;
use http::{StatusCode, header};
use std::sync::Arc;
use warp::reply::Response;
use zeroize::Zeroizing;

/// Where one is among the steps.
pub(super) struct Progress {
    pub(super) place: String,
    pub(super) word: &'static str,
    pub(super) list: Vec<Mark>,
}

/// One step in that line.
pub(super) struct Mark {
    pub(super) word: &'static str,
    pub(super) here: bool,
    pub(super) done: bool,
}

impl Progress {
    pub(super) fn of(t: &SetupWords, done: &Done, here: Step) -> Self {
        let at = STEPS.iter().position(|row| row.step == here).unwrap_or(0) + 1;
        Self {
            word: t.step(here),
            place: t.place.replace("{n}", &at.to_string()).replace("{of}", &STEPS.len().to_string()),
            list: STEPS
                .iter()
                .map(|row| Mark {
                    word: t.step(row.step),
                    here: row.step == here,
                    done: done.has(row.step) && row.step != here,
                })
                .collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "page/setup/elsewhere.html")]
struct Elsewhere {
    s: Shell,
    t: &'static SetupWords,
    print: String,
    to: String,
}

#[derive(Template)]
#[template(path = "page/setup/claim.html")]
struct ClaimPage {
    s: Shell,
    t: &'static SetupWords,
    p: Progress,
    typed: String,
    error: Option<String>,
    /// The certificate's fingerprint; empty where there is no TLS.
    print: String,
}

#[derive(Template)]
#[template(path = "page/setup/language.html")]
struct LanguagePage {
    s: Shell,
    t: &'static SetupWords,
    p: Progress,
}

#[derive(Template)]
#[template(path = "page/setup/domain.html")]
struct DomainPage {
    s: Shell,
    t: &'static SetupWords,
    p: Progress,
    domain: String,
    local: String,
    domain_error: Option<String>,
    local_error: Option<String>,
    /// The way to somebody's backup.
    have: &'static str,
}

#[derive(Template)]
#[template(path = "page/setup/owner.html")]
struct OwnerPage {
    s: Shell,
    t: &'static SetupWords,
    p: Progress,
    address: String,
    error: Option<String>,
}

pub(super) fn with(status: StatusCode, page: &impl Template) -> Result<Response, Problem> {
    let mut response = shell::page(page)?;
    *response.status_mut() = status;
    Ok(response)
}

/// The step may be taken by this browser now; otherwise it is led to the one that may.
pub(super) fn admitted(site: &Site, visit: &Visit, step: Step) -> Result<Done, Problem> {
    let done = site.services.first_run.done(&visit.visitor.door);
    if done.may(step) {
        Ok(done)
    } else {
        Err(Problem::Step(next(&done)))
    }
}

fn next(done: &Done) -> &'static str {
    done.next().unwrap_or(Step::Claim).slug()
}

/// To the step that is next.
pub(super) fn onward(site: &Site, visit: &Visit) -> Response {
    let done = site.services.first_run.done(&visit.visitor.door);
    shell::see_other(&format!("/setup/{}", next(&done)))
}

/// Every other address while the box has no owner: to the step that is next.
pub(in crate::web) async fn lead(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    Ok(onward(&site, &visit))
}

/// `GET /setup` of a box that has an owner.
pub(in crate::web) async fn lead_owner(site: Arc<Site>, _visit: Visit) -> Result<Response, Problem> {
    let run = &site.services.first_run;
    let next = run.done("").next().filter(|step| run.is_under_way() && step.row().behind);
    Ok(shell::see_other(
        &next.map_or_else(|| "/".to_owned(), |step| format!("/setup/{}", step.slug())),
    ))
}

/// The page for whoever comes without TLS from another machine.
pub(in crate::web) fn elsewhere(site: &Site, visit: &Visit, to: &str) -> Result<Response, Problem> {
    let host = to
        .strip_prefix("https://")
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default();
    shell::page(&Elsewhere {
        // Nothing is asked here, so there is no token either: the settings of the foot are forms.
        s: Shell::signed_out(site, visit),
        t: setup::words(visit.lang),
        print: site.services.first_run.fingerprint(),
        to: format!("https://{host}/setup"),
    })
}

fn claim_page(site: &Site, visit: &Visit, status: StatusCode, error: Option<String>) -> Result<Response, Problem> {
    let (run, t) = (&site.services.first_run, setup::words(visit.lang));
    let page = ClaimPage {
        p: Progress::of(t, &run.done(&visit.visitor.door), Step::Claim),
        s: Shell::of(site, visit, Section::None),
        t,
        typed: visit.field("code").chars().take(40).collect(),
        error,
        print: if visit.peer.secure { run.fingerprint() } else { String::new() },
    };
    with(status, &page)
}

/// `GET /setup/claim`
pub(in crate::web) async fn claiming(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    if site.services.first_run.knows(&visit.visitor.door) {
        return Ok(onward(&site, &visit));
    }
    claim_page(&site, &visit, StatusCode::OK, None)
}

/// `POST /setup/claim`
pub(in crate::web) async fn claim(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (run, t) = (&site.services.first_run, setup::words(visit.lang));
    match run.claim(visit.field("code"), &visit.visitor.door, visit.peer.address.ip()) {
        Ok(()) => Ok(onward(&site, &visit)),
        Err(NotClaimed::Wrong) => claim_page(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, Some(t.claim_wrong.to_owned())),
        Err(NotClaimed::Wait(seconds)) => {
            let wait = visit.lang.words().count(&t.claim_wait, seconds.into());
            claim_page(&site, &visit, StatusCode::TOO_MANY_REQUESTS, Some(wait))
        }
    }
}

/// `GET /setup/language`
pub(in crate::web) async fn languages(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (done, t) = (admitted(&site, &visit, Step::Language)?, setup::words(visit.lang));
    shell::page(&LanguagePage {
        p: Progress::of(t, &done, Step::Language),
        s: Shell::of(&site, &visit, Section::None),
        t,
    })
}

/// `POST /setup/language`
pub(in crate::web) async fn choose_language(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    admitted(&site, &visit, Step::Language)?;
    let lang = Lang::of_code(visit.field("lang")).ok_or(Problem::NoForm)?;
    site.services
        .first_run
        .choose_language(lang)
        .await
        .map_err(crate::service::Error::from)?;
    let mut response = onward(&site, &visit);
    if let Some(cookie) = guard::setting_cookie("lang", lang.words().code, visit.peer.secure) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn domain_page(site: &Site, visit: &Visit, error: Option<SetupError>) -> Result<Response, Problem> {
    let (done, t) = (admitted(site, visit, Step::Domain)?, setup::words(visit.lang));
    let state = site.services.first_run.state();
    let typed = |name, kept: &str| {
        if error.is_some() {
            visit.field(name).chars().take(253).collect()
        } else {
            kept.to_owned()
        }
    };
    let (domain_error, local_error) = match &error {
        None => (None, None),
        Some(SetupError::Domain(_)) => (Some(t.domain_wrong), None),
        Some(SetupError::Address { .. }) => (None, Some(t.local_wrong)),
        Some(error) => {
            tracing::error!(%error, "the first run could not note the domain");
            (Some(t.not_kept), None)
        }
    };
    let page = DomainPage {
        p: Progress::of(t, &done, Step::Domain),
        s: Shell::of(site, visit, Section::None),
        t,
        domain: typed("domain", &state.domain),
        local: typed("local", state.address.split('@').next().unwrap_or_default()),
        domain_error: domain_error.map(str::to_owned),
        local_error: local_error.map(str::to_owned),
        have: backup::words(visit.lang).have,
    };
    let status = if error.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    with(status, &page)
}

/// `GET /setup/domain`
pub(in crate::web) async fn naming(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    domain_page(&site, &visit, None)
}

/// `POST /setup/domain`
pub(in crate::web) async fn name(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    admitted(&site, &visit, Step::Domain)?;
    match site.services.first_run.name(visit.field("domain"), visit.field("local")).await {
        Ok(()) => Ok(onward(&site, &visit)),
        Err(error) => domain_page(&site, &visit, Some(error)),
    }
}

fn owner_page(site: &Site, visit: &Visit, status: StatusCode, error: Option<String>) -> Result<Response, Problem> {
    let (done, t) = (admitted(site, visit, Step::Owner)?, setup::words(visit.lang));
    let page = OwnerPage {
        p: Progress::of(t, &done, Step::Owner),
        s: Shell::of(site, visit, Section::None),
        t,
        address: site.services.first_run.state().address,
        error,
    };
    with(status, &page)
}

/// `GET /setup/owner`
pub(in crate::web) async fn owning(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    owner_page(&site, &visit, StatusCode::OK, None)
}

/// `POST /setup/owner`: the vault is made, and whoever made it is signed in: their browser is the first device, and
/// verified.
pub(in crate::web) async fn make(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    admitted(&site, &visit, Step::Owner)?;
    let (w, t) = (visit.lang.words(), setup::words(visit.lang));
    let passphrase = Zeroizing::new(visit.field("passphrase").to_owned());
    let unfit = StatusCode::UNPROCESSABLE_ENTITY;
    if passphrase.as_str() != visit.field("again") {
        return owner_page(&site, &visit, unfit, Some(t.owner_differ.to_owned()));
    }
    let recovery = match site.services.first_run.make(passphrase.clone()).await {
        Ok(recovery) => recovery,
        Err(NotMade::Weak(strength)) => {
            let word = strength_word(&w.security, strength);
            return owner_page(&site, &visit, unfit, Some(format!("{} ({word})", w.security.weak)));
        }
        Err(NotMade::Taken) => return Ok(shell::see_other("/sign-in")),
        Err(NotMade::Store(error)) => {
            tracing::error!(%error, "the vault could not be made");
            return owner_page(&site, &visit, StatusCode::INTERNAL_SERVER_ERROR, Some(t.not_kept.to_owned()));
        }
    };
    // The house was put together anew: what follows is its business.
    let services = site.latest.borrow().clone();
    if let Err(error) = services.custody.hold(recovery) {
        tracing::error!(%error, "the recovery sheet could not be held; make a new one");
    }
    services.keys.tend().await;
    let entered = services.unlock.sign_in(&passphrase, &visit.visitor.door, caller(&visit)).await;
    let Ok(Entered::In(who)) = entered else {
        return Ok(shell::see_other("/sign-in?next=/setup"));
    };
    let mut response = shell::see_other("/setup/sheet");
    guard::welcome(&mut response, &who, visit.peer.secure)?;
    Ok(response)
}
