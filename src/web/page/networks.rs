//! `/settings/networks`: which networks sent much spam, how they are met for it and until when, and letting one
//! in again; and whom the owner trusts to pass messages on.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    domain::{network::Network, nuisance::Welcome},
    locale::networks::{self, NetworkWords},
    service::nuisance::Listed,
};
use askama::Template;
use std::sync::Arc;
use warp::{http::StatusCode, reply::Response};

#[derive(Template)]
#[template(path = "page/networks.html")]
struct Page {
    s: Shell,
    n: &'static NetworkWords,
    rows: Vec<Row>,
    /// What was just done.
    done: Option<&'static str>,
    /// The domains whose seals are trusted.
    sealers: Vec<String>,
    /// What was typed as one and is none.
    refused: Option<String>,
}

struct Row {
    network: String,
    met: String,
    refused: bool,
    why: String,
}

/// `GET /settings/networks`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    list(&site, &visit, None).await
}

async fn list(site: &Site, visit: &Visit, refused: Option<String>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::None);
    let n = networks::words(s.w.lang);
    let listed = site.services.nuisances.list(site.now()).await?;
    let rows = listed.iter().map(|listed| row(site, &s, n, listed)).collect();
    let done = match visit.asked("done").as_str() {
        "1" => Some(n.forgiven),
        "2" => Some(n.sealers_changed),
        _ => None,
    };
    let sealers = site.services.senders.sealers().await?;
    let wrong = refused.is_some();
    let page = Page {
        rows,
        n,
        done,
        sealers,
        refused,
        s,
    };
    let mut answer = shell::page(&page)?;
    if wrong {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

fn row(site: &Site, s: &Shell, n: &NetworkWords, listed: &Listed) -> Row {
    let refused = listed.welcome == Welcome::Refused;
    let until = site.zone.say(s.w, listed.nuisance.until(), site.now()).moment;
    let met = match listed.welcome {
        Welcome::Free => n.free.to_owned(),
        Welcome::Slow(_) => n.slowed.to_owned(),
        Welcome::Refused => n.refused_until.replace("{when}", &until),
    };
    let share = (listed.nuisance.share * 100.0).round() as u64;
    let spam = s.w.count(&n.spam, listed.nuisance.total.into());
    Row {
        network: listed.network.to_string(),
        met,
        refused,
        why: format!("{spam}, {}", n.share.replace("{n}", &s.w.number(share))),
    }
}

/// `POST /settings/networks`: lets one in again.
pub(in crate::web) async fn forgive(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let network: Network = visit.field("network").parse().map_err(|_| Problem::NotFound)?;
    site.services.nuisances.forgive(network).await?;
    Ok(shell::see_other("/settings/networks?done=1"))
}

/// `POST /settings/sealers`: trusts a domain to pass messages on, or no longer.
pub(in crate::web) async fn trust(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (typed, trusted) = (visit.field("domain").trim(), visit.field("trust") == "yes");
    if !site.services.senders.trust(typed, trusted).await? {
        return list(&site, &visit, Some(typed.to_owned())).await;
    }
    Ok(shell::see_other("/settings/networks?done=2#sealers"))
}
