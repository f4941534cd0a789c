//! `/settings/notifications`: being told of new mail while no page is open. Three steps: a script asks the browser, the
//! owner sees whose push service that is and what it learns, and only then it is switched on.

use super::{
    super::{
        Site, asset,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    devices::{here, name},
};
use crate::{
    domain::{device::DeviceId, journal::Event},
    locale::notifications::{self as words, NotificationWords},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/notifications.html")]
struct Page {
    s: Shell,
    n: &'static NotificationWords,
    /// The key that a browser is to let ring.
    key: Option<String>,
    done: Option<&'static str>,
    /// Whether the browser is to forget what it gave.
    forgets: bool,
    error: Option<&'static str>,
    /// This device, where it is told: through whom.
    here: Option<String>,
    others: Vec<Other>,
    proposal: Option<Proposal>,
}

/// Another device that is told.
struct Other {
    device: DeviceId,
    name: String,
    through: String,
    failing: bool,
}

/// What is to be switched on.
struct Proposal {
    text: String,
    learns: String,
    fields: [(&'static str, String); 3],
}

/// `GET /settings/notifications`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    page(&site, &visit, None, None).await
}

async fn page(site: &Site, visit: &Visit, error: Option<&'static str>, proposal: Option<Proposal>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Settings);
    let (n, me) = (words::words(s.w.lang), here(visit));
    let mut other = Vec::new();
    let mut through = None;
    for told in site.services.push.told().await? {
        if told.device == me {
            through = Some(n.here_on.replace("{host}", &told.host));
            continue;
        }
        let view = site.services.devices.view(told.device);
        other.push(Other {
            device: told.device,
            name: view.map_or_else(|_| told.device.to_string(), |view| name(s.w, &view)),
            through: n.through.replace("{host}", &told.host),
            failing: told.failing,
        });
    }
    let done = match visit.asked("done").as_str() {
        "on" => Some(n.done_on),
        "off" => Some(n.done_off),
        _ => None,
    };
    let shown = Page {
        key: site.services.push.key().await?,
        forgets: visit.asked("done") == "off" && through.is_none(),
        done,
        error,
        here: through,
        others: other,
        proposal,
        n,
        s,
    };
    let mut response = shell::page(&shown)?;
    if error.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `POST /settings/notifications`: what the browser gave. It is shown whose it is; with `do=on` it is switched on.
pub(in crate::web) async fn offer(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (n, me) = (words::words(visit.lang), here(&visit));
    if !site.services.devices.is_verified(me) {
        let text = crate::locale::devices::words(visit.lang).not_verified;
        return page(&site, &visit, Some(text), None).await;
    }
    let given = ["endpoint", "p256dh", "auth"].map(|name| (name, visit.field(name).to_owned()));
    let [(_, endpoint), (_, point), (_, auth)] = &given;
    let Some(offer) = site.services.push.offer(endpoint, point, auth, visit.lang) else {
        return page(&site, &visit, Some(n.refused), None).await;
    };
    if visit.field("do") != "on" {
        let proposal = Proposal {
            text: n.propose_text.replace("{host}", offer.host()),
            learns: n.learns.replace("{host}", offer.host()),
            fields: given,
        };
        return page(&site, &visit, None, Some(proposal)).await;
    }
    site.services.push.switch_on(me, offer).await?;
    site.services.journal.note(Event::SettingChanged, visit.peer.address.ip(), Some(me));
    Ok(shell::see_other("/settings/notifications?done=on"))
}

/// `POST /settings/notifications/off`: this device, or another one.
pub(in crate::web) async fn off(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let me = here(&visit);
    let device = visit.field("device").parse().unwrap_or(me);
    site.services.push.switch_off(device).await?;
    site.services.journal.note(Event::SettingChanged, visit.peer.address.ip(), Some(me));
    Ok(shell::see_other("/settings/notifications?done=off"))
}

/// `GET /worker.js`: at the top, because a worker serves what lies below its own address.
pub(in crate::web) async fn worker(_site: Arc<Site>, _visit: Visit) -> Result<Response, Problem> {
    asset::plain("worker.js")
}
