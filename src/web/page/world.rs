//! What the world sees: `/privacy` for strangers, the two signed files under `/.well-known/caliopen`, and the page on which
//! the owner says what of it is shown. All of it answers while the box is locked too, from what stands in front of the lock.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    domain::{
        journal::Event,
        world::{Commitment, POLICY},
    },
    locale::world::{self as words, Part, WorldWords},
    service::world::{Chosen, MOST, Shown, View},
};
use askama::Template;
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/world.html")]
struct Page {
    s: Shell,
    t: &'static WorldWords,
    chosen: Chosen,
    saved: bool,
    too_long: bool,
    most: usize,
    /// How the signed files stand, where they are wanted.
    stands: Option<String>,
}

#[derive(Template)]
#[template(path = "page/world_public.html")]
struct Public {
    s: Shell,
    t: &'static WorldWords,
    title: String,
    /// Whether its owner looks at it, and whether others see it too.
    preview: Option<bool>,
    contact: Vec<String>,
    law: Vec<String>,
    accepted: bool,
    parts: Vec<Part>,
    commitments: Vec<(&'static str, bool)>,
    version: String,
}

#[derive(Template)]
#[template(path = "page/report.html")]
struct Report {
    s: Shell,
    t: &'static WorldWords,
    text: String,
    rows: usize,
}

/// `GET /privacy`: the account's index for the owner; for others what the owner shows them, and where that is nothing the
/// way in.
pub(in crate::web) async fn privacy(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    if visit.visitor.session.is_some() {
        return super::account::show(site, visit).await;
    }
    match site.services.world.shown().await? {
        Some(shown) => public(Shell::of(&site, &visit, Section::None), shown, None),
        None => Err(Problem::SignIn(visit.here())),
    }
}

/// `GET /settings/world/preview`
pub(in crate::web) async fn preview(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let shown = site.services.world.preview().await?;
    let is_shown = site.services.world.shown().await?.is_some();
    public(Shell::of(&site, &visit, Section::Settings), shown, Some(is_shown))
}

fn public(s: Shell, shown: Shown, preview: Option<bool>) -> Result<Response, Problem> {
    let (lang, t) = (s.w.lang, words::words(s.w.lang));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let commitment = |one: Commitment| (words::commitment(lang, one), one.is_kept(&shown.facts));
    shell::page(&Public {
        title: t.public_title.replace("{domain}", &shown.domain),
        contact: lines(&shown.contact),
        law: lines(&shown.law),
        accepted: shown.charter,
        parts: words::parts(lang, &shown.facts),
        commitments: Commitment::ALL.into_iter().map(commitment).collect(),
        version: t.version.replace("{version}", &POLICY.to_string()),
        preview,
        t,
        s,
    })
}

/// `GET /settings/world`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    page(&site, &visit, None).await
}

async fn page(site: &Site, visit: &Visit, refused: Option<Chosen>) -> Result<Response, Problem> {
    let View { chosen, until } = site.services.world.view().await?;
    let s = Shell::of(site, visit, Section::Settings);
    let t = words::words(s.w.lang);
    let too_long = refused.is_some();
    let stands = chosen.statement.then(|| match until {
        Some(until) => t.until.replace("{when}", &super::locks::day(site, visit, until)),
        None => t.not_signed.to_owned(),
    });
    let mut response = shell::page(&Page {
        saved: visit.asked("saved") == "1",
        chosen: refused.unwrap_or(Chosen {
            page: chosen.page,
            statement: chosen.statement,
            account: chosen.account,
            charter: chosen.charter > 0,
            contact: chosen.contact,
            law: chosen.law,
        }),
        too_long,
        most: MOST,
        stands,
        t,
        s,
    })?;
    if too_long {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `POST /settings/world`: what is shown from now on; or that the owner has read what changed.
pub(in crate::web) async fn act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let world = &site.services.world;
    match visit.field("do") {
        "noted" => {
            world.acknowledge().await?;
            Ok(shell::see_other("/settings/world"))
        }
        "save" => {
            let on = |name: &str| visit.field(name) == "1";
            let chosen = Chosen {
                page: on("page"),
                statement: on("statement"),
                account: on("account"),
                charter: on("charter"),
                contact: visit.field("contact").to_owned(),
                law: visit.field("law").to_owned(),
            };
            if !world.choose(chosen.clone()).await? {
                return page(&site, &visit, Some(chosen)).await;
            }
            site.services.journal.note_own(Event::SettingChanged);
            Ok(shell::see_other("/settings/world?saved=1"))
        }
        _ => Err(Problem::NoForm),
    }
}

/// `GET /.well-known/caliopen/statement`
pub(in crate::web) async fn statement(site: Arc<Site>, _visit: Visit) -> Result<Response, Problem> {
    given(site.services.world.statement().await?)
}

/// `GET /.well-known/caliopen/charter`
pub(in crate::web) async fn charter(site: Arc<Site>, _visit: Visit) -> Result<Response, Problem> {
    given(site.services.world.charter().await?)
}

fn given(text: Option<String>) -> Result<Response, Problem> {
    let mut response = Response::new(text.ok_or(Problem::NotFound)?.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Ok(response)
}

/// `GET /report`: a text about how this box stands, with nothing personal in it.
pub(in crate::web) async fn report(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let s = Shell::of(&site, &visit, Section::Help);
    let text = site.services.world.report().await?;
    shell::page(&Report {
        t: words::words(s.w.lang),
        rows: text.lines().count() + 4,
        text,
        s,
    })
}
