//! `/settings/security`: how the owner signs in, and where they are signed in. What weakens or replaces a way in asks
//! for the passphrase (or the recovery code) again, so that an open session alone cannot take the box over.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
        when::When,
    },
    passkeys::Row,
    sign_in::{caller, said},
};
use crate::{
    codec::password::Strength,
    domain::journal::Event,
    locale::{Words, devices, security::SecurityWords},
    service::unlock::{Binding, IDLE_CHOICES, Listed, Method, Proposal, Refused},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

/// Which form an error stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Passphrase,
    New,
    Code,
    Passkeys,
    /// Removing the one of this name.
    Passkey(String),
}

/// One session's row.
struct SessionRow {
    id: String,
    device: Option<String>,
    own: bool,
    method: &'static str,
    binding: &'static str,
    loose: bool,
    since: When,
    seen: When,
}

#[derive(Template)]
#[template(path = "page/security.html")]
struct Page {
    s: Shell,
    t: &'static SecurityWords,
    done: Option<&'static str>,
    error: Option<(Part, String)>,
    recovered: bool,
    strength: Option<&'static str>,
    code: Option<When>,
    passkeys: Vec<Row>,
    may_add: bool,
    sessions: Vec<SessionRow>,
    idle: Vec<(i64, &'static str, bool)>,
}

impl Page {
    fn error(&self, part: impl std::borrow::Borrow<Part>) -> Option<&str> {
        self.error
            .as_ref()
            .filter(|(at, _)| at == part.borrow())
            .map(|(_, text)| text.as_str())
    }

    fn others(&self) -> bool {
        self.sessions.iter().any(|row| !row.own)
    }
}

#[derive(Template)]
#[template(path = "page/code.html")]
struct CodePage {
    s: Shell,
    t: &'static SecurityWords,
    proposal: Proposal,
    error: Option<String>,
}

pub(super) fn strength_word(t: &'static SecurityWords, strength: Strength) -> &'static str {
    t.strengths.get(usize::from(strength.0)).copied().unwrap_or_default()
}

fn session_row(site: &Site, w: &Words, listed: Listed) -> SessionRow {
    let t = &w.security;
    let device = site.services.devices.view(listed.device).ok();
    SessionRow {
        device: device.map(|view| view.name.unwrap_or_else(|| devices::agent(w.lang, &view.agent))),
        method: match listed.method {
            Method::Passphrase => t.by_passphrase,
            Method::PassphraseAndCode => t.by_code,
            Method::Recovery => t.by_recovery,
            Method::Passkey => t.by_passkey,
        },
        binding: match listed.binding {
            Binding::Cookie => t.bound_cookie,
            Binding::Key => t.bound_key,
            Binding::Browser => t.bound_browser,
        },
        loose: listed.binding == Binding::Cookie,
        since: site.zone.say(w, listed.since, site.now()),
        seen: site.zone.say(w, listed.seen, site.now()),
        id: listed.id,
        own: listed.own,
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Stale => Self::SignIn("/settings/security".to_owned()),
            _ => Self::Broken,
        }
    }
}

/// The page, with an error in one of its forms or without.
pub(super) async fn page(site: &Site, visit: &Visit, status: StatusCode, error: Option<(Part, String)>) -> Result<Response, Problem> {
    let (w, unlock) = (visit.lang.words(), &site.services.unlock);
    let t = &w.security;
    let ways = unlock.ways()?;
    let done = match visit.asked("done").as_str() {
        "passphrase" => Some(t.done_passphrase),
        "code-on" => Some(t.done_code_on),
        "code-off" => Some(t.done_code_off),
        "passkey" => Some(t.done_passkey),
        "passkey-opens" => Some(t.done_passkey_opens),
        "passkey-gone" => Some(t.done_passkey_gone),
        "sessions" => Some(t.done_sessions),
        "saved" => Some(t.done_saved),
        _ => None,
    };
    let page = Page {
        s: Shell::of(site, visit, Section::None),
        t,
        done,
        passkeys: super::passkeys::rows(site, visit, error.as_ref())?,
        error,
        recovered: !visit.asked("recovered").is_empty(),
        strength: ways.strength.map(|strength| strength_word(t, strength)),
        code: ways.code.map(|since| site.zone.say(w, since, site.now())),
        may_add: super::passkeys::may_add(site, visit)?,
        sessions: unlock
            .sessions(&visit.visitor.secret)
            .into_iter()
            .map(|row| session_row(site, w, row))
            .collect(),
        idle: IDLE_CHOICES
            .into_iter()
            .zip(t.idle_choices)
            .map(|(seconds, word)| (seconds, word, seconds == ways.idle))
            .collect(),
    };
    let mut response = shell::page(&page)?;
    *response.status_mut() = status;
    Ok(response)
}

/// Writes into the journal what this session did.
pub(super) fn note(site: &Site, visit: &Visit, event: Event) {
    let device = visit.visitor.session.as_ref().map(|session| session.device);
    site.services.journal.note(event, visit.peer.address.ip(), device);
}

/// The page again, because a form was refused.
pub(super) async fn refuse(site: &Site, visit: &Visit, part: Part, refused: Refused, wrong: &'static str) -> Result<Response, Problem> {
    let (status, error) = said(visit, refused, wrong);
    page(site, visit, status, Some((part, error))).await
}

/// Back to the page, with a word on what was done.
pub(super) fn done(what: &str) -> Response {
    shell::see_other(&format!("/settings/security?done={what}"))
}

/// `GET /settings/security`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    page(&site, &visit, StatusCode::OK, None).await
}

/// `POST /settings/security/passphrase`: a new passphrase. All other sessions end.
pub(in crate::web) async fn passphrase(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (t, unlock) = (&visit.lang.words().security, &site.services.unlock);
    let (new, again) = (visit.field("new"), visit.field("again"));
    if new != again {
        return page(
            &site,
            &visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some((Part::New, t.not_the_same.to_owned())),
        )
        .await;
    }
    let strength = unlock.weigh(new);
    if strength < Strength::ENOUGH {
        let error = format!("{} {}", t.weak, t.strength_is.replace("{strength}", strength_word(t, strength)));
        return page(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, Some((Part::New, error))).await;
    }
    if let Err(refused) = unlock.prove_secret(visit.field("passphrase"), caller(&visit)).await {
        return refuse(&site, &visit, Part::Passphrase, refused, t.secret_wrong).await;
    }
    if let Err(refused) = unlock.set_passphrase(new).await {
        return refuse(&site, &visit, Part::New, refused, t.weak).await;
    }
    unlock.end_others(&visit.visitor.secret);
    note(&site, &visit, Event::PassphraseChanged);
    Ok(done("passphrase"))
}

/// `POST /settings/security/idle`
pub(in crate::web) async fn idle(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let seconds = visit.field("idle").parse().map_err(|_| Problem::NoForm)?;
    match site.services.unlock.set_idle(seconds).await {
        Err(Refused::Wrong) => Err(Problem::NoForm),
        outcome => {
            outcome?;
            note(&site, &visit, Event::SettingChanged);
            Ok(done("saved"))
        }
    }
}

/// `POST /settings/security/code`: begins setting a second factor up; for whoever knows the passphrase.
pub(in crate::web) async fn propose(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (t, unlock) = (&visit.lang.words().security, &site.services.unlock);
    if let Err(refused) = unlock.prove_secret(visit.field("passphrase"), caller(&visit)).await {
        return refuse(&site, &visit, Part::Code, refused, t.secret_wrong).await;
    }
    unlock.propose_code(&visit.visitor.secret)?;
    Ok(shell::see_other("/settings/security/code"))
}

/// `GET /settings/security/code`: the picture and the secret, until a code has shown that the app has it.
pub(in crate::web) async fn proposal(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    code_page(&site, &visit, StatusCode::OK, None)
}

fn code_page(site: &Site, visit: &Visit, status: StatusCode, error: Option<String>) -> Result<Response, Problem> {
    let Some(proposal) = site.services.unlock.proposal(&visit.visitor.secret) else {
        return Ok(shell::see_other("/settings/security#code"));
    };
    let mut response = shell::page(&CodePage {
        s: Shell::of(site, visit, Section::None),
        t: &visit.lang.words().security,
        proposal,
        error,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

/// `POST /settings/security/code/on`
pub(in crate::web) async fn code_on(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = &visit.lang.words().security;
    match site.services.unlock.accept_code(&visit.visitor.secret, visit.field("code")).await {
        Ok(()) => {
            note(&site, &visit, Event::TotpOn);
            Ok(done("code-on"))
        }
        Err(Refused::Stale) => Ok(shell::see_other("/settings/security#code")),
        Err(refused) => {
            let (status, error) = said(&visit, refused, t.code_wrong);
            code_page(&site, &visit, status, Some(error))
        }
    }
}

/// `POST /settings/security/code/off`: for whoever knows the passphrase.
pub(in crate::web) async fn code_off(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (t, unlock) = (&visit.lang.words().security, &site.services.unlock);
    if let Err(refused) = unlock.prove_secret(visit.field("passphrase"), caller(&visit)).await {
        return refuse(&site, &visit, Part::Code, refused, t.secret_wrong).await;
    }
    unlock.drop_code().await?;
    note(&site, &visit, Event::TotpOff);
    Ok(done("code-off"))
}

/// `POST /settings/security/sessions`: signs out everywhere else.
pub(in crate::web) async fn end_others(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    site.services.unlock.end_others(&visit.visitor.secret);
    note(&site, &visit, Event::SignedOutElsewhere);
    Ok(done("sessions"))
}

/// `POST /settings/security/sessions/:id`: signs one out.
pub(in crate::web) async fn end_one(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    site.services.unlock.end_session(visit.part(0));
    note(&site, &visit, Event::DeviceSignedOut);
    Ok(done("sessions"))
}
