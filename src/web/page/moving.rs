//! `/settings/export` and `/settings/import`: everything out in one archive, and what was kept elsewhere in.
//!
//! Taking everything out asks for the passphrase again, is for a device that was let in, and is noted in the journal; the
//! archive is then fetched once, and made while it is fetched.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    devices::here,
    file::disposition,
    sign_in::{caller, said},
};
use crate::{
    domain::{
        journal::Event,
        moving::{Reason, left},
    },
    locale::{
        Words,
        custody::CustodyWords,
        moving::{self, MovingWords},
    },
    service::import::{Progress, Stopped},
};
use askama::Template;
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use std::sync::Arc;
use warp::{Reply, reply::Response};

/// Seconds until a page about something that is going on looks again.
const AGAIN: &str = "4";

#[derive(Template)]
#[template(path = "page/export.html")]
struct ExportPage {
    s: Shell,
    t: &'static CustodyWords,
    m: &'static MovingWords,
    ready: Option<String>,
    error: Option<String>,
}

fn export_page(site: &Site, visit: &Visit, status: StatusCode, error: Option<String>) -> Result<Response, Problem> {
    let ticket = visit.asked("ready");
    let mut response = shell::page(&ExportPage {
        s: Shell::of(site, visit, Section::Settings),
        t: &visit.lang.words().custody,
        m: moving::words(visit.lang),
        ready: site.services.export.waits(&ticket).then_some(ticket),
        error,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

/// `GET /settings/export?ready=TICKET`
pub(in crate::web) async fn export(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    export_page(&site, &visit, StatusCode::OK, None)
}

/// `POST /settings/export`: makes an archive ready to be fetched.
pub(in crate::web) async fn prepare(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (t, m) = (&visit.lang.words().custody, moving::words(visit.lang));
    if !site.services.devices.is_verified(here(&visit)) {
        return export_page(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, Some(m.export_device.to_owned()));
    }
    let typed = visit.field("passphrase");
    if let Err(refused) = site.services.unlock.prove_secret(typed, caller(&visit)).await {
        let (status, error) = said(&visit, refused, t.secret_wrong);
        return export_page(&site, &visit, status, Some(error));
    }
    let ticket = site.services.export.prepare(typed)?;
    Ok(shell::see_other(&format!("/settings/export?ready={ticket}#ready")))
}

/// `GET /settings/export/:ticket`: the archive, once.
pub(in crate::web) async fn fetch(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let export = &site.services.export;
    if visit.method == Method::HEAD || !export.waits(visit.part(0)) {
        return Ok(shell::see_other("/settings/export"));
    }
    let Some(archive) = export.fetch(visit.part(0), visit.lang)? else {
        return Ok(shell::see_other("/settings/export"));
    };
    let peer = visit.peer.address.ip();
    site.services.journal.note(Event::ExportedAll, peer, Some(here(&visit)));
    let stream = futures_util::stream::unfold(archive, async |mut archive| {
        let piece = archive.recv().await?;
        Some((piece.map(Bytes::from), archive))
    });
    let mut response = warp::reply::stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    let name = HeaderValue::from_str(&disposition("caliopen-export.zip"));
    headers.insert(header::CONTENT_DISPOSITION, name.unwrap_or(HeaderValue::from_static("attachment")));
    Ok(response)
}

/// How an import is going, or how it ended.
struct State {
    title: &'static str,
    /// In hundredths; `None` where it is not known how much there is.
    share: Option<u64>,
    told: String,
    lines: Vec<String>,
    skipped: Vec<(String, String)>,
    going: bool,
    bad: bool,
}

impl State {
    fn of(w: &Words, m: &'static MovingWords, progress: &Progress, seconds: u64) -> Self {
        let tally = &progress.tally;
        let share = (progress.all > 0).then(|| (progress.done.saturating_mul(100) / progress.all).min(100));
        let going = progress.end.is_none();
        let rest = left(progress.done, progress.all, seconds).filter(|_| going);
        // A small file is there before anybody counts.
        let mut told = if progress.done > 0 {
            w.octets(progress.done)
        } else {
            String::new()
        };
        if progress.all > 0 && going {
            told = m.of_all.replace("{done}", &told).replace("{all}", &w.octets(progress.all));
        }
        if let Some(rest) = rest {
            told = format!("{told} · {}", m.rest(w, rest));
        }
        let mut lines = vec![w.count(&m.kept, tally.kept)];
        for (phrase, many) in [
            (&m.before, tally.before),
            (&m.cards, tally.cards),
            (&m.richer, tally.richer),
            (&m.keys, tally.keys),
            (&m.skipped, tally.skipped()),
        ] {
            if many > 0 {
                lines.push(w.count(phrase, many));
            }
        }
        if tally.whole {
            lines.push(m.whole.to_owned());
        }
        let named = |(reason, (many, names)): (&Reason, &(u64, Vec<String>))| {
            let names: Vec<String> = names.iter().map(|name| super::calm(name)).collect();
            let more = if *many > names.len() as u64 { ", …" } else { "" };
            (m.why(w, *reason, *many), format!("{}{more}", names.join(", ")))
        };
        let nothing = !going && !tally.is_something();
        let (title, bad) = match progress.end {
            None => (m.going, false),
            Some(Err(Stopped::Locked)) => (m.stopped_locked, true),
            Some(Err(Stopped::Storage)) => (m.stopped_storage, true),
            Some(Err(Stopped::Short)) => (m.stopped_short, true),
            Some(Ok(())) if nothing => (m.nothing, false),
            Some(Ok(())) => (m.done, false),
        };
        Self {
            title,
            share,
            told,
            lines,
            skipped: tally.skipped.iter().map(named).collect(),
            going,
            bad,
        }
    }
}

#[derive(Template)]
#[template(path = "page/import.html")]
struct ImportPage {
    s: Shell,
    m: &'static MovingWords,
    state: Option<State>,
    error: Option<&'static str>,
}

fn import_page(site: &Site, visit: &Visit, error: Option<&'static str>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Settings);
    let m = moving::words(visit.lang);
    let state = site.services.import.progress().map(|progress| {
        let seconds = u64::try_from(site.now().0 - progress.since.0).unwrap_or(0);
        State::of(s.w, m, &progress, seconds)
    });
    let going = state.as_ref().is_some_and(|state| state.going);
    let mut response = shell::page(&ImportPage { m, state, error, s })?;
    if error.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    } else if going {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(AGAIN));
    }
    Ok(response)
}

/// `GET /settings/import`
pub(in crate::web) async fn import(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    import_page(&site, &visit, None)
}

/// `POST /settings/import`: the file has come, and is being taken in.
pub(in crate::web) async fn bring(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let m = moving::words(visit.lang);
    if visit.trouble.is_some() {
        return import_page(&site, &visit, Some(m.busy));
    }
    if visit.took.is_none() {
        return import_page(&site, &visit, Some(m.no_file));
    }
    let peer = visit.peer.address.ip();
    site.services.journal.note(Event::Imported, peer, Some(here(&visit)));
    Ok(shell::see_other("/settings/import#state"))
}
