//! What a visitor is told when something cannot be done: a page in their language with the right status,
//! never the inside of an error.

use super::{
    Site,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{domain::id::MessageId, service};
use askama::Template;
use http::{HeaderValue, StatusCode, header};
use warp::reply::Response;

/// Why a request is not answered as it was asked.
#[derive(Debug)]
pub(super) enum Problem {
    /// There is nothing at this address.
    NotFound,
    /// The address is not used this way; these are the ways.
    Method(&'static str),
    /// Here is the right step of the first run.
    Step(&'static str),
    /// Only the owner: sign in, and then to this address.
    SignIn(String),
    /// Only the owner, and it is a script that asks.
    NotSignedIn,
    /// The browser must show first that it is still itself.
    Prove,
    /// The form comes from another site.
    Elsewhere,
    /// The form's token is not the one of this session.
    Stale,
    /// What was sent is no form.
    NoForm,
    /// The form is larger than any of ours.
    TooLarge,
    /// The form took too long to arrive.
    Slow,
    /// Plain HTTP from another machine: here is the address over TLS.
    UseTls(String),
    /// Plain HTTP under a name that is not this machine's.
    Misdirected,
    /// Too many listeners.
    Busy,
    /// It is masked on this device: the message's page asks.
    Masked(MessageId),
    /// Our own fault; it is in the log.
    Broken,
}

impl From<service::Error> for Problem {
    fn from(error: service::Error) -> Self {
        match error {
            service::Error::NotFound => Self::NotFound,
            service::Error::Masked(id) => Self::Masked(id),
            service::Error::Locked => Self::SignIn("/".to_owned()),
            service::Error::Busy => Self::Busy,
            error => {
                tracing::error!(%error, "a page could not be read");
                Self::Broken
            }
        }
    }
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a page could not be written");
        Self::Broken
    }
}

/// What a problem's page needs, taken before the request is handed on.
pub(super) struct Frame {
    shell: Shell,
    /// The form token of a session that must be proven.
    proving: Option<String>,
}

impl Frame {
    pub(super) fn of(site: &Site, visit: &Visit) -> Self {
        Self {
            shell: Shell::of(site, visit, Section::None),
            proving: visit.visitor.unproven.as_ref().map(|session| session.form_token.clone()),
        }
    }
}

/// The page that waits for the browser's proof and then goes where it was asked to; without scripts, or
/// without the key, one signs in again.
#[derive(Template)]
#[template(path = "page/prove.html")]
struct Proving<'a> {
    s: &'a Shell,
    token: &'a str,
    again: String,
}

#[derive(Template)]
#[template(path = "page/problem.html")]
struct Page<'a> {
    s: &'a Shell,
    status: u16,
    title: &'static str,
    text: &'static str,
}

/// The answer for a problem.
pub(super) fn show(frame: &Frame, problem: Problem) -> Response {
    let w = frame.shell.w;
    let (status, (title, text)) = match &problem {
        Problem::Masked(id) => return shell::see_other(&format!("/messages/{id}#masked")),
        Problem::Step(slug) => return shell::see_other(&format!("/setup/{slug}")),
        Problem::SignIn(next) => return shell::see_other(&sign_in_address(next)),
        Problem::Prove => return proving(frame),
        Problem::UseTls(address) => return redirect(StatusCode::PERMANENT_REDIRECT, address),
        Problem::NotFound => (StatusCode::NOT_FOUND, w.problem_not_found),
        Problem::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, w.problem_method),
        Problem::NotSignedIn => (StatusCode::UNAUTHORIZED, w.problem_not_signed_in),
        Problem::Elsewhere => (StatusCode::FORBIDDEN, w.problem_elsewhere),
        Problem::Stale => (StatusCode::FORBIDDEN, w.problem_stale),
        Problem::NoForm => (StatusCode::BAD_REQUEST, w.problem_no_form),
        Problem::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, w.problem_too_large),
        Problem::Slow => (StatusCode::REQUEST_TIMEOUT, w.problem_slow),
        Problem::Misdirected => (StatusCode::MISDIRECTED_REQUEST, w.problem_misdirected),
        Problem::Busy => (StatusCode::SERVICE_UNAVAILABLE, w.problem_busy),
        Problem::Broken => (StatusCode::INTERNAL_SERVER_ERROR, w.problem_broken),
    };
    let page = Page {
        s: &frame.shell,
        status: status.as_u16(),
        title,
        text,
    };
    let mut response = shell::html(page.render().unwrap_or_else(|_| title.to_owned()));
    *response.status_mut() = status;
    if let Problem::Method(allowed) = problem {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    }
    response
}

fn proving(frame: &Frame) -> Response {
    let page = Proving {
        s: &frame.shell,
        token: frame.proving.as_deref().unwrap_or_default(),
        again: sign_in_address(&frame.shell.here),
    };
    let mut response = shell::html(page.render().unwrap_or_else(|_| frame.shell.w.sign_in.to_owned()));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
}

fn sign_in_address(next: &str) -> String {
    if next == "/" {
        return "/sign-in".to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("/sign-in?{query}")
}

fn redirect(status: StatusCode, address: &str) -> Response {
    let mut response = shell::see_other(address);
    *response.status_mut() = status;
    response
}
