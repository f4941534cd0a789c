//! `/sign-in`: a passkey, or the passphrase and its code, which unlocks; and signing out. The forms work without
//! a script, but for the passkey's, which a script uncovers.

use super::super::{
    Site, guard,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::{Visit, safe_next},
};
use crate::domain::device::{Link, agent::Hints};
use crate::service::unlock::{Answer, Caller, Entered, Method, Place, Refused, SignedIn};
use askama::Template;
use http::{HeaderName, StatusCode};
use std::{net::IpAddr, sync::Arc};
use warp::reply::Response;

/// What the script asks a passkey with.
struct Offer {
    challenge: String,
    salt: String,
    host: String,
}

#[derive(Template)]
#[template(path = "page/sign_in.html")]
struct Page {
    s: Shell,
    next: String,
    /// Said over the passphrase.
    error: Option<String>,
    /// Said over the passkey.
    passkey_error: Option<String>,
    passkey: Option<Offer>,
}

#[derive(Template)]
#[template(path = "page/sign_in_code.html")]
struct CodePage {
    s: Shell,
    next: String,
    error: Option<String>,
}

/// Which form is shown again.
enum Shown {
    Passphrase(Option<String>),
    Passkey(String),
}

fn form(site: &Site, visit: &Visit, status: StatusCode, next: &str, shown: Shown) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::None);
    let next = safe_next(next).unwrap_or("/").to_owned();
    let (error, passkey_error) = match shown {
        Shown::Passphrase(error) => (error, None),
        Shown::Passkey(error) => (None, Some(error)),
    };
    let page = Page {
        s,
        next,
        error,
        passkey_error,
        passkey: offer(site, visit),
    };
    let mut response = shell::page(&page)?;
    *response.status_mut() = status;
    Ok(response)
}

/// Passkeys are for host names: under a bare address there are none.
pub(super) fn passkey_host(visit: &Visit) -> Option<(String, String)> {
    visit.place().filter(|(_, host)| host.parse::<IpAddr>().is_err())
}

fn offer(site: &Site, visit: &Visit) -> Option<Offer> {
    let (_, host) = passkey_host(visit)?;
    Some(Offer {
        challenge: site.services.unlock.challenge(&visit.visitor.door).ok()?,
        salt: site.services.unlock.salt(),
        host,
    })
}

/// Who stands at the door.
pub(super) fn caller(visit: &Visit) -> Caller<'_> {
    Caller {
        client: guard::client(&visit.headers, visit.peer),
        device: guard::device_key(&visit.headers, visit.peer.secure),
        hints: Hints {
            brands: visit.header(&HeaderName::from_static("sec-ch-ua")),
            platform: visit.header(&HeaderName::from_static("sec-ch-ua-platform")),
            platform_version: visit.header(&HeaderName::from_static("sec-ch-ua-platform-version")),
        },
        link: match visit.peer {
            peer if peer.address.ip().to_canonical().is_loopback() => Link::Local,
            peer if peer.modern => Link::Tls13,
            peer if peer.secure => Link::Tls12,
            _ => Link::Plain,
        },
        lang: visit.lang,
        key: visit.field("key"),
        token: visit.field("token"),
    }
}

/// `GET /sign-in?next=`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let next = visit.asked("next");
    if visit.visitor.session.is_some() {
        return Ok(shell::see_other(safe_next(&next).unwrap_or("/")));
    }
    form(&site, &visit, StatusCode::OK, &next, Shown::Passphrase(None))
}

/// The form again, because its token was of another time.
pub(in crate::web) fn stale(site: &Site, visit: &Visit) -> Result<Response, Problem> {
    let error = visit.lang.words().sign_in_stale.to_owned();
    form(site, visit, StatusCode::FORBIDDEN, "/", Shown::Passphrase(Some(error)))
}

/// What is said of a refusal, and with which status.
pub(super) fn said(visit: &Visit, refused: Refused, wrong: &'static str) -> (StatusCode, String) {
    let w = visit.lang.words();
    let unfit = StatusCode::UNPROCESSABLE_ENTITY;
    match refused {
        Refused::Wrong => (unfit, wrong.to_owned()),
        Refused::Wait(seconds) => (StatusCode::TOO_MANY_REQUESTS, w.count(&w.sign_in_wait, seconds.into())),
        Refused::Stale => (unfit, w.sign_in_stale.to_owned()),
        Refused::NoPrf => (unfit, w.security.no_prf.to_owned()),
        Refused::Full => (unfit, w.security.passkey_full.to_owned()),
        Refused::Last => (unfit, w.security.last_way.to_owned()),
        Refused::Weak => (unfit, w.security.weak.to_owned()),
        Refused::Broken => (StatusCode::INTERNAL_SERVER_ERROR, w.sign_in_broken.to_owned()),
    }
}

/// `POST /sign-in`
pub(in crate::web) async fn sign_in(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (w, next, passphrase) = (visit.lang.words(), visit.field("next"), visit.field("passphrase"));
    if passphrase.is_empty() {
        let empty = Shown::Passphrase(Some(w.sign_in_empty.to_owned()));
        return form(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, next, empty);
    }
    let unlock = &site.services.unlock;
    match unlock.sign_in(passphrase, &visit.visitor.door, caller(&visit)).await {
        Ok(Entered::In(who)) => enter(&site, &visit, &who, next),
        Ok(Entered::CodeAwaited) => {
            let next = form_urlencoded::Serializer::new(String::new())
                .append_pair("next", safe_next(next).unwrap_or("/"))
                .finish();
            Ok(shell::see_other(&format!("/sign-in/code?{next}")))
        }
        Err(refused) => {
            let (status, error) = said(&visit, refused, w.sign_in_wrong);
            form(&site, &visit, status, next, Shown::Passphrase(Some(error)))
        }
    }
}

/// `POST /sign-in/passkey`
pub(in crate::web) async fn passkey(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (w, next) = (visit.lang.words(), visit.field("next"));
    let answer = Answer::read(|name| visit.field(name));
    let outcome = match (answer, passkey_host(&visit)) {
        (Some(answer), Some((origin, host))) => {
            let place = Place {
                origin: &origin,
                host: &host,
            };
            let unlock = &site.services.unlock;
            unlock
                .sign_in_with_passkey(answer, &visit.visitor.door, place, caller(&visit))
                .await
        }
        _ => Err(Refused::Wrong),
    };
    match outcome {
        Ok(who) => enter(&site, &visit, &who, next),
        Err(refused) => {
            let (status, error) = said(&visit, refused, w.security.passkey_wrong);
            form(&site, &visit, status, next, Shown::Passkey(error))
        }
    }
}

/// `GET /sign-in/code`: asked for after the right passphrase, and only then.
pub(in crate::web) async fn code(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let next = visit.asked("next");
    if visit.visitor.session.is_some() {
        return Ok(shell::see_other(safe_next(&next).unwrap_or("/")));
    }
    if !site.services.unlock.awaits_code(&visit.visitor.door) {
        return form(&site, &visit, StatusCode::OK, &next, Shown::Passphrase(None));
    }
    code_form(&site, &visit, StatusCode::OK, &next, None)
}

fn code_form(site: &Site, visit: &Visit, status: StatusCode, next: &str, error: Option<String>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::None);
    let next = safe_next(next).unwrap_or("/").to_owned();
    let mut response = shell::page(&CodePage { s, next, error })?;
    *response.status_mut() = status;
    Ok(response)
}

/// `POST /sign-in/code`
pub(in crate::web) async fn complete(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (w, next) = (visit.lang.words(), visit.field("next"));
    match site
        .services
        .unlock
        .complete(visit.field("code"), &visit.visitor.door, caller(&visit))
        .await
    {
        Ok(who) => enter(&site, &visit, &who, next),
        Err(Refused::Stale) => {
            let error = Shown::Passphrase(Some(w.security.code_begin_again.to_owned()));
            form(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, next, error)
        }
        Err(refused) => {
            let (status, error) = said(&visit, refused, w.security.code_wrong);
            code_form(&site, &visit, status, next, Some(error))
        }
    }
}

/// Signed in: the cookies, and on to where one wanted to go; after the recovery sheet to a new passphrase.
fn enter(site: &Site, visit: &Visit, who: &SignedIn, next: &str) -> Result<Response, Problem> {
    site.services.unlock.sign_out(&visit.visitor.secret, visit.peer.address.ip());
    let next = match who.method {
        Method::Recovery => "/settings/security?recovered=1".to_owned(),
        _ => match safe_next(next).unwrap_or("/") {
            // The device may have a page of its own to begin with.
            "/" => site
                .services
                .views
                .first(who.known_as)
                .map_or_else(|| "/".to_owned(), |view| super::search::tab(&view.query, view.fit)),
            next => next.to_owned(),
        },
    };
    let mut response = shell::see_other(&next);
    guard::welcome(&mut response, who, visit.peer.secure)?;
    Ok(response)
}

/// `POST /sign-out`
pub(in crate::web) async fn sign_out(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    site.services.unlock.sign_out(&visit.visitor.secret, visit.peer.address.ip());
    let mut response = shell::see_other("/sign-in");
    guard::farewell(&mut response, visit.peer.secure);
    Ok(response)
}
