//! `/settings/mailboxes`: mailboxes at other providers from which this box fetches.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    calm, fate,
};
use crate::{
    codec::utf7,
    domain::{
        journal::Event,
        mailbox::{Folder, Server, State, Trouble},
        outgoing::Kind,
    },
    locale::{
        mailboxes::{self as words, MailboxWords},
        moving,
    },
    service::{
        Error,
        mailboxes::{Grant, NotAdded, NotSending, Typed, View, begin_to_ask},
    },
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
    by_token: bool,
    /// Its address, where it is called by one: what could be written from.
    address: Option<String>,
    /// The server by which that leaves.
    sends: Option<String>,
    /// What is said of folders that the provider does not open.
    shut: Vec<String>,
    /// The provider's name for each, how it is shown, whether it is wanted, and how far it is.
    folders: Vec<(String, String, bool, String)>,
}

impl Row {
    fn of(site: &Site, visit: &Visit, view: &View) -> Self {
        let (w, m) = (visit.lang.words(), words::words(visit.lang));
        let say = |at| site.zone.say(w, at, site.now()).moment;
        let fresh = view.last.is_none() && view.brought == 0 && view.state == State::Paused;
        let mut told = Vec::new();
        let mut share = None;
        match view.running {
            Some(running) if running.listening => {
                // A folder that is not opened is not here.
                let here = if view.shut.is_empty() { m.here } else { m.rest_here };
                told.push(format!("{here} {}", m.listening));
            }
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
        if view.trouble.is_some() && view.state == State::On {
            told.push(m.again.to_owned());
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
        let folder = |folder: &Folder| {
            let told = if folder.all > 0 {
                m.progress
                    .replace("{done}", &w.number(folder.done))
                    .replace("{all}", &w.number(folder.all))
            } else {
                String::new()
            };
            (folder.name.clone(), calm(&utf7::decode(&folder.name)), folder.wanted, told)
        };
        Self {
            id: view.id,
            name: calm(&view.name),
            server: view.server.host.clone(),
            state: match view.state {
                _ if fresh => m.not_begun,
                State::On if view.trouble.is_some() => m.failing,
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
            by_token: view.by_token,
            address: view.address.as_ref().map(ToString::to_string),
            sends: view.sends.as_ref().map(|server| server.host.clone()),
            shut: view
                .shut
                .iter()
                .map(|name| m.shut.replace("{name}", &calm(&utf7::decode(name))))
                .collect(),
            folders: view.folders.iter().map(folder).collect(),
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
    ask: String,
    scope: String,
    at: String,
    client: String,
    verifier: String,
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
            ask: field("ask"),
            scope: field("scope"),
            at: field("at"),
            client: field("client"),
            verifier: field("verifier"),
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
    /// The page at the provider where access is given.
    asked: Option<String>,
}

async fn page(
    site: &Site,
    visit: &Visit,
    form: Form,
    error: Option<(&'static str, String)>,
    found: Option<&'static str>,
    asked: Option<String>,
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
        asked,
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
    page(&site, &visit, Form::of(&visit), None, None, None).await
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
        NotAdded::CameBack => ("came_back", m.no_came_back.to_owned()),
        NotAdded::Tried(trouble @ Trouble::Token) => ("came_back", capital(words::trouble(visit.lang, trouble))),
        NotAdded::Tried(trouble) => ("host", capital(words::trouble(visit.lang, trouble))),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

/// Leads to the provider that is to give access.
async fn ask(site: &Site, visit: &Visit, mut form: Form) -> Result<Response, Problem> {
    let m = words::words(visit.lang);
    let question = begin_to_ask(&form.ask, &form.client, &form.scope).map_err(Error::from)?;
    let Some(question) = question.filter(|_| !form.client.is_empty()) else {
        return page(site, visit, form, Some(("ask", m.no_ask.to_owned())), None, None).await;
    };
    form.verifier = question.verifier;
    page(site, visit, form, None, None, Some(question.url)).await
}

/// `POST /settings/mailboxes`: looks for the server of an address, or adds a mailbox.
pub(in crate::web) async fn add(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let m = words::words(visit.lang);
    let mut form = Form::of(&visit);
    let mailboxes = &site.services.mailboxes;
    if visit.field("then") == "ask" {
        return ask(&site, &visit, form).await;
    }
    if visit.field("then") == "find" {
        return match mailboxes.find(&form.name).await {
            Some((server, user)) => {
                (form.host, form.port, form.implicit, form.user) = (server.host, server.port.to_string(), server.implicit, user);
                page(&site, &visit, form, None, Some(m.found), None).await
            }
            None => page(&site, &visit, form, Some(("address", m.not_found.to_owned())), None, None).await,
        };
    }
    let user = if form.user.is_empty() {
        form.name.clone()
    } else {
        form.user.clone()
    };
    let came_back = visit.field("came_back").trim();
    let grant = (!came_back.is_empty()).then(|| Grant {
        at: form.at.clone(),
        client: form.client.clone(),
        secret: visit.field("secret").trim().to_owned(),
        verifier: form.verifier.clone(),
        came_back: came_back.to_owned(),
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
        grant,
        history: form.history,
    };
    match mailboxes.add(typed).await? {
        Ok(id) => {
            site.services.journal.note_own(Event::MailboxAdded);
            Ok(shell::see_other(&format!("/settings/mailboxes/{id}")))
        }
        Err(why) => page(&site, &visit, form, Some(said(&visit, why)), None, None).await,
    }
}

#[derive(Template)]
#[template(path = "page/mailbox.html")]
struct OnePage {
    s: Shell,
    m: &'static MailboxWords,
    done: Option<&'static str>,
    row: Row,
    /// What is wrong, and with which part of the page.
    error: Option<(&'static str, String)>,
    /// The server by which mail is to leave, as it is typed or found.
    out: Server,
}

async fn one_page(site: &Site, visit: &Visit, out: Option<Server>, error: Option<(&'static str, String)>) -> Result<Response, Problem> {
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
        out: out.or(view.sends).unwrap_or(Server {
            port: 465,
            implicit: true,
            ..Server::default()
        }),
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
    one_page(&site, &visit, None, None).await
}

/// `POST /settings/mailboxes/:id`: folders, pausing, another password, letting go.
pub(in crate::web) async fn act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: u64 = visit.number(0)?;
    let mailboxes = &site.services.mailboxes;
    match visit.field("do") {
        "folders" => {
            let chosen = visit.form.iter().filter(|(field, _)| field == "folder");
            mailboxes.choose(id, chosen.map(|(_, name)| name.clone()).collect()).await?;
        }
        "pause" => mailboxes.pause(id, true).await?,
        "on" => mailboxes.pause(id, false).await?,
        "password" => {
            if let Err(why) = mailboxes.renew(id, visit.field("password")).await? {
                let (_, text) = said(&visit, why);
                return one_page(&site, &visit, None, Some(("password", text))).await;
            }
        }
        "send" | "find" => return send(&site, &visit, id).await,
        "no-send" => {
            // Without a server there is nothing to be refused.
            let _ = mailboxes.send_by(id, None).await?;
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

/// Writes as this mailbox by the server that was typed, or looks for it.
async fn send(site: &Site, visit: &Visit, id: u64) -> Result<Response, Problem> {
    let m = words::words(visit.lang);
    let mailboxes = &site.services.mailboxes;
    let typed = Server {
        host: visit.field("host").trim().to_lowercase(),
        port: visit.field("port").trim().parse().unwrap_or(0),
        implicit: visit.field("security") != "starttls",
    };
    if visit.field("do") == "find" {
        let view = mailboxes.one(id).await?;
        let found = match &view.address {
            Some(address) => mailboxes.find_way_out(address.as_str()).await,
            None => None,
        };
        let error = found.is_none().then(|| ("host", m.not_found.to_owned()));
        return one_page(site, visit, Some(found.unwrap_or(typed)), error).await;
    }
    let error = match mailboxes.send_by(id, Some(typed.clone())).await? {
        Ok(()) => return Ok(shell::see_other(&format!("/settings/mailboxes/{id}?done=1"))),
        Err(NotSending::NoAddress) => m.no_own_address.to_owned(),
        Err(NotSending::Host) => m.no_host.to_owned(),
        Err(NotSending::Port) => m.no_port.to_owned(),
        Err(NotSending::Tried(trouble)) if trouble.kind == Kind::NoNames => capital(words::trouble(visit.lang, Trouble::NoAddress)),
        Err(NotSending::Tried(trouble)) => {
            let words = trouble.words.lines().map(calm).collect::<Vec<_>>().join(" ");
            format!("{} {words}", fate::reason(visit.lang.words(), &trouble))
        }
    };
    one_page(site, visit, Some(typed), Some(("host", error))).await
}
