//! `/settings/address`: announcing an address that changes, to a provider's form on the web or to a name server.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    domain::journal::Event,
    locale::announcing::{self as words, AnnouncingWords},
    service::announcing::{Typed, Way, Wrong},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/address.html")]
struct Page {
    s: Shell,
    a: &'static AnnouncingWords,
    done: Option<&'static str>,
    error: Option<&'static str>,
    announced: Option<String>,
    failed: Option<(String, String)>,
    ways: Vec<(Way, &'static str, &'static str, bool)>,
    typed: Typed,
    has_secret: bool,
}

/// `GET /settings/address`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let a = words::words(visit.lang);
    let done = match visit.asked("done").as_str() {
        "1" => Some(a.saved),
        "2" => Some(a.told),
        _ => None,
    };
    page(&site, &visit, done, None, None).await
}

async fn page(
    site: &Site,
    visit: &Visit,
    done: Option<&'static str>,
    error: Option<&'static str>,
    typed: Option<Typed>,
) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Settings);
    let a = words::words(s.w.lang);
    let view = site.services.announcing.view().await?;
    let say = |at| site.zone.say(s.w, at, site.now()).moment;
    let typed = typed.unwrap_or(view.typed);
    let ways = [
        (Way::Not, a.not, a.not_hint),
        (Way::Web, a.web, a.web_hint),
        (Way::Dns, a.dns, a.dns_hint),
    ];
    let page = Page {
        announced: view.announced.map(|(what, at)| {
            let what = if what.is_empty() { a.unseen } else { &what };
            a.announced.replace("{when}", &say(at)).replace("{what}", what)
        }),
        failed: view
            .failed
            .map(|(at, said)| (a.failed.replace("{when}", &say(at)), super::calm(&said))),
        ways: ways
            .into_iter()
            .map(|(way, name, hint)| (way, name, hint, way == typed.way))
            .collect(),
        has_secret: view.has_secret,
        typed,
        done,
        error,
        a,
        s,
    };
    let mut answer = shell::page(&page)?;
    if error.is_some() {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// `POST /settings/address`
pub(in crate::web) async fn choose(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let known = &site.services.announcing;
    let a = words::words(visit.lang);
    let field = |name: &str| visit.field(name).trim().to_owned();
    let way = Way::of(visit.field("way")).ok_or(Problem::NoForm)?;
    let typed = Typed {
        way,
        target: field("target"),
        user: field("user"),
        secret: field("secret"),
        zone: field("zone"),
    };
    if let Err(wrong) = known.choose(typed.clone()).await? {
        let error = match wrong {
            Wrong::Address => a.no_address,
            Wrong::Server => a.no_server,
            Wrong::Key => a.no_key,
            Wrong::Text => a.no_text,
        };
        return page(&site, &visit, None, Some(error), Some(typed)).await;
    }
    let device = visit.visitor.session.as_ref().map(|session| session.device);
    site.services.journal.note(Event::SettingChanged, visit.peer.address.ip(), device);
    if visit.field("then") == "now" && way != Way::Not {
        known.announce_now().await?;
        let failed = known.view().await?.failed.is_some();
        return Ok(shell::see_other(if failed {
            "/settings/address"
        } else {
            "/settings/address?done=2"
        }));
    }
    Ok(shell::see_other("/settings/address?done=1"))
}
