//! `/settings/mailboxes`: mailboxes at other providers from which this box fetches.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    calm,
};
use crate::{
    codec::utf7,
    domain::{
        journal::Event,
        mailbox::{Server, State},
    },
    locale::{
        mailboxes::{self as words, MailboxWords},
        moving,
    },
    service::mailboxes::{NotAdded, Typed, View},
};
use askama::Template;
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;
use warp::reply::Response;
use zeroize::Zeroizing;

/// Seconds until a page about something that is going on looks again.
const AGAIN: &str = "4";

/// A mailbox as it is shown.
struct Row {
    id: u64,
    name: String,
    server: String,
    state: &'static str,
    bad: bool,
    trouble: Option<(String, &'static str)>,
    share: Option<u64>,
    told: Vec<String>,
    off: bool,
    paused: bool,
    fresh: bool,
    folders: Vec<(usize, String, bool, String)>,
}

impl Row {
    fn of(site: &Site, visit: &Visit, view: &View) -> Self {
        let (w, m) = (visit.lang.words(), words::words(visit.lang));
        let say = |at| site.zone.say(w, at, site.now()).long;
        let fresh = view.last.is_none() && view.brought == 0 && view.state == State::Paused;
        let mut told = Vec::new();
        let mut share = None;
        match view.running {
            Some(running) if running.listening => told.push(m.listening.to_owned()),
            Some(running) if running.all > 0 => {
                share = Some(running.done.saturating_mul(100) / running.all);
                let mut text = m
                    .progress
                    .replace("{done}", &w.number(running.done))
                    .replace("{all}", &w.number(running.all));
                if let Some(left) = view.left {
                    text = format!("{text} · {}", moving::words(visit.lang).rest(w, left));
                }
                told.push(text);
            }
            _ => {}
        }
        if view.brought > 0 {
            told.push(w.count(&m.brought, view.brought));
        }
        if view.passed > 0 {
            told.push(w.count(&m.passed, view.passed));
        }
        if let Some(last) = view.last {
            told.push(m.last.replace("{when}", &say(last)));
        }
        let folder = |(at, folder): (usize, &crate::domain::mailbox::Folder)| {
            let told = if folder.all > 0 {
                m.progress
                    .replace("{done}", &w.number(folder.done))
                    .replace("{all}", &w.number(folder.all))
            } else {
                String::new()
            };
            (at, calm(&utf7::decode(&folder.name)), folder.wanted, told)
        };
        Self {
            id: view.id,
            name: calm(&view.name),
            server: view.server.host.clone(),
            state: match view.state {
                _ if fresh => m.not_begun,
                State::On => m.on,
                State::Paused => m.paused,
                State::Off => m.off,
            },
            bad: view.trouble.is_some(),
            trouble: view
                .trouble
                .map(|(trouble, since)| (m.since.replace("{when}", &say(since)), words::trouble(visit.lang, trouble))),
            share,
            told,
            off: view.state == State::Off,
            paused: view.state != State::On,
            fresh,
            folders: view.folders.iter().enumerate().map(folder).collect(),
        }
    }
}

/// What was typed, or found.
struct Form {
    name: String,
    host: String,
    port: String,
    implicit: bool,
    user: String,
    history: bool,
    at: String,
    client: String,
}

impl Form {
    fn of(visit: &Visit) -> Self {
        let field = |name: &str| visit.field(name).trim().to_owned();
        Self {
            name: field("address"),
            host: field("host").to_lowercase(),
            port: if visit.form.is_empty() { "993".to_owned() } else { field("port") },
            implicit: visit.field("security") != "starttls",
            user: field("user"),
            history: visit.field("what") == "history",
            at: field("at"),
            client: field("client"),
        }
    }
}

#[derive(Template)]
#[template(path = "page/mailboxes.html")]
struct Page {
    s: Shell,
    m: &'static MailboxWords,
    done: Option<&'static str>,
    rows: Vec<Row>,
    form: Form,
    error: Option<(&'static str, String)>,
    found: Option<&'static str>,
}

async fn page(
    site: &Site,
    visit: &Visit,
    form: Form,
    error: Option<(&'static str, String)>,
    found: Option<&'static str>,
) -> Result<Response, Problem> {
    let m = words::words(visit.lang);
    let all = site.services.mailboxes.list().await?;
    let rows: Vec<Row> = all.iter().map(|view| Row::of(site, visit, view)).collect();
    let going = rows.iter().any(|row| row.share.is_some());
    let wrong = error.is_some();
    let mut response = shell::page(&Page {
        s: Shell::of(site, visit, Section::Settings),
        m,
        done: (visit.asked("done") == "removed").then_some(m.done_removed),
        rows,
        form,
        error,
        found,
    })?;
    if wrong {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    } else if going && visit.form.is_empty() {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(AGAIN));
    }
    Ok(response)
}

/// `GET /settings/mailboxes`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    page(&site, &visit, Form::of(&visit), None, None).await
}

/// What is said of a mailbox that was not added, and at which field.
fn said(visit: &Visit, why: NotAdded) -> (&'static str, String) {
    let m = words::words(visit.lang);
    match why {
        NotAdded::Host => ("host", m.no_host.to_owned()),
        NotAdded::Port => ("port", m.no_port.to_owned()),
        NotAdded::User => ("user", m.no_user.to_owned()),
        NotAdded::Secret => ("password", m.no_secret.to_owned()),
        NotAdded::TooMany => ("address", m.too_many.to_owned()),
        NotAdded::Tried(trouble) => {
            let text = words::trouble(visit.lang, trouble);
            let mut letters = text.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
            ("host", first + letters.as_str())
        }
    }
}

/// `POST /settings/mailboxes`: looks for the server of an address, or adds a mailbox.
pub(in crate::web) async fn add(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let m = words::words(visit.lang);
    let mut form = Form::of(&visit);
    let mailboxes = &site.services.mailboxes;
    if visit.field("then") == "find" {
        return match mailboxes.find(&form.name).await {
            Some((server, user)) => {
                (form.host, form.port, form.implicit, form.user) = (server.host, server.port.to_string(), server.implicit, user);
                page(&site, &visit, form, None, Some(m.found)).await
            }
            None => page(&site, &visit, form, Some(("address", m.not_found.to_owned())), None).await,
        };
    }
    let user = if form.user.is_empty() {
        form.name.clone()
    } else {
        form.user.clone()
    };
    let refresh = visit.field("refresh").trim();
    let token = (!refresh.is_empty()).then(|| {
        let secret = visit.field("secret").trim().to_owned();
        (form.at.clone(), form.client.clone(), secret, refresh.to_owned())
    });
    let typed = Typed {
        name: if form.name.is_empty() { user.clone() } else { form.name.clone() },
        server: Server {
            host: form.host.clone(),
            port: form.port.parse().unwrap_or(0),
            implicit: form.implicit,
        },
        user,
        password: Zeroizing::new(visit.field("password").to_owned()),
        token,
        history: form.history,
    };
    match mailboxes.add(typed).await? {
        Ok(id) => {
            site.services.journal.note_own(Event::MailboxAdded);
            Ok(shell::see_other(&format!("/settings/mailboxes/{id}")))
        }
        Err(why) => page(&site, &visit, form, Some(said(&visit, why)), None).await,
    }
}

#[derive(Template)]
#[template(path = "page/mailbox.html")]
struct OnePage {
    s: Shell,
    m: &'static MailboxWords,
    done: Option<&'static str>,
    row: Row,
    error: Option<String>,
}

async fn one_page(site: &Site, visit: &Visit, error: Option<String>) -> Result<Response, Problem> {
    let m = words::words(visit.lang);
    let view = site.services.mailboxes.one(visit.number(0)?).await?;
    let row = Row::of(site, visit, &view);
    let (going, wrong) = (row.share.is_some(), error.is_some());
    let mut response = shell::page(&OnePage {
        s: Shell::of(site, visit, Section::Settings),
        m,
        done: (visit.asked("done") == "1").then_some(m.done_changed),
        row,
        error,
    })?;
    if wrong {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    } else if going {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(AGAIN));
    }
    Ok(response)
}

/// `GET /settings/mailboxes/:id`
pub(in crate::web) async fn show_one(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    one_page(&site, &visit, None).await
}

/// `POST /settings/mailboxes/:id`: folders, pausing, another password, letting go.
pub(in crate::web) async fn act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: u64 = visit.number(0)?;
    let mailboxes = &site.services.mailboxes;
    match visit.field("do") {
        "folders" => {
            let chosen = visit.form.iter().filter(|(name, _)| name == "folder");
            mailboxes.choose(id, chosen.filter_map(|(_, at)| at.parse().ok()).collect()).await?;
        }
        "pause" => mailboxes.pause(id, true).await?,
        "on" => mailboxes.pause(id, false).await?,
        "password" => {
            if let Err(why) = mailboxes.renew(id, visit.field("password")).await? {
                let (_, text) = said(&visit, why);
                return one_page(&site, &visit, Some(text)).await;
            }
        }
        "remove" => {
            mailboxes.remove(id).await?;
            site.services.journal.note_own(Event::MailboxRemoved);
            return Ok(shell::see_other("/settings/mailboxes?done=removed"));
        }
        _ => return Err(Problem::NoForm),
    }
    Ok(shell::see_other(&format!("/settings/mailboxes/{id}?done=1")))
}
