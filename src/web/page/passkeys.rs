//! The passkeys of `/settings/security`: adding, naming, removing. Adding needs a script, because only a script
//! can ask the browser for a passkey; the rest does not.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
        when::When,
    },
    security::{Part, done, note, refuse},
    sign_in::{caller, passkey_host, said},
};
use crate::{
    domain::journal::Event,
    locale::security::SecurityWords,
    service::unlock::{Answer, Invitation, LABEL, PASSKEYS, Place, Refused},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

/// One passkey's row.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) host: String,
    pub(super) since: When,
    pub(super) used: Option<When>,
    pub(super) opens: bool,
    pub(super) backed_up: bool,
    pub(super) longest: usize,
    /// Why it was not removed.
    pub(super) error: Option<String>,
}

#[derive(Template)]
#[template(path = "page/passkey.html")]
struct Making {
    s: Shell,
    t: &'static SecurityWords,
    invited: Invitation,
    host: String,
    longest: usize,
    error: Option<String>,
}

pub(super) fn rows(site: &Site, visit: &Visit, error: Option<&(Part, String)>) -> Result<Vec<Row>, Problem> {
    let w = visit.lang.words();
    let say = |time| site.zone.say(w, time, site.now());
    let row = |passkey: crate::service::unlock::PasskeyView| Row {
        since: say(passkey.since),
        used: passkey.used.map(say),
        label: if passkey.label.is_empty() {
            w.security.passkey.to_owned()
        } else {
            passkey.label
        },
        error: error
            .filter(|(part, _)| *part == Part::Passkey(passkey.id.clone()))
            .map(|(_, text)| text.clone()),
        id: passkey.id,
        host: passkey.host,
        opens: passkey.opens,
        backed_up: passkey.backed_up,
        longest: LABEL,
    };
    Ok(site.services.unlock.passkeys()?.into_iter().map(row).collect())
}

/// Whether one can be added here: not under a bare address, and not without end.
pub(super) fn may_add(site: &Site, visit: &Visit) -> Result<bool, Problem> {
    Ok(passkey_host(visit).is_some() && site.services.unlock.passkeys()?.len() < PASSKEYS)
}

/// `POST /settings/security/passkeys`: for whoever knows the passphrase.
pub(in crate::web) async fn begin(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (t, unlock) = (&visit.lang.words().security, &site.services.unlock);
    if let Err(refused) = unlock.prove_secret(visit.field("passphrase"), caller(&visit)).await {
        return refuse(&site, &visit, Part::Passkeys, refused, t.secret_wrong).await;
    }
    unlock.allow(&visit.visitor.secret);
    Ok(shell::see_other("/settings/security/passkeys/new"))
}

/// `GET /settings/security/passkeys/new`: where the script asks the browser for one.
pub(in crate::web) async fn make(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    making(&site, &visit, StatusCode::OK, None).await
}

async fn making(site: &Site, visit: &Visit, status: StatusCode, error: Option<String>) -> Result<Response, Problem> {
    let Some((_, host)) = passkey_host(visit) else {
        return Ok(shell::see_other("/settings/security#passkeys"));
    };
    let invited = match site.services.unlock.invite(&visit.visitor.secret, &host).await {
        Ok(invited) => invited,
        Err(Refused::Stale) => return Ok(shell::see_other("/settings/security#passkeys")),
        Err(_) => return Err(Problem::Broken),
    };
    let mut response = shell::page(&Making {
        s: Shell::of(site, visit, Section::None),
        t: &visit.lang.words().security,
        invited,
        host,
        longest: LABEL,
        error,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

/// `POST /settings/security/passkeys/new`
pub(in crate::web) async fn add(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = &visit.lang.words().security;
    let answer = Answer::read(|name| visit.field(name));
    let outcome = match (answer, passkey_host(&visit), &visit.visitor.session) {
        (Some(answer), Some((origin, host)), Some(session)) => {
            let place = Place {
                origin: &origin,
                host: &host,
            };
            let (secret, label) = (&visit.visitor.secret, visit.field("label"));
            site.services.unlock.add_passkey(answer, secret, label, session.device, place).await
        }
        _ => Err(Refused::Wrong),
    };
    match outcome {
        Ok(opens) => {
            note(&site, &visit, Event::PasskeyAdded);
            Ok(done(if opens { "passkey-opens" } else { "passkey" }))
        }
        Err(refused) => {
            let (status, error) = said(&visit, refused, t.passkey_not_made);
            making(&site, &visit, status, Some(error)).await
        }
    }
}

/// `POST /settings/security/passkeys/:id/name`
pub(in crate::web) async fn rename(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    match site.services.unlock.rename_passkey(visit.part(0), visit.field("label")).await {
        Ok(()) => Ok(done("saved")),
        Err(Refused::Stale) => Err(Problem::NotFound),
        Err(_) => Err(Problem::Broken),
    }
}

/// `POST /settings/security/passkeys/:id/remove`: for whoever knows the passphrase.
pub(in crate::web) async fn remove(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (t, unlock) = (&visit.lang.words().security, &site.services.unlock);
    let part = Part::Passkey(visit.part(0).to_owned());
    if let Err(refused) = unlock.prove_secret(visit.field("passphrase"), caller(&visit)).await {
        return refuse(&site, &visit, part, refused, t.secret_wrong).await;
    }
    match unlock.remove_passkey(visit.part(0)).await {
        Ok(()) => {
            note(&site, &visit, Event::PasskeyRemoved);
            Ok(done("passkey-gone"))
        }
        Err(refused) => refuse(&site, &visit, part, refused, t.last_way).await,
    }
}
