//! `/settings/certificate`: the certificate that both doors show, the authority that it is ordered from once its terms are
//! accepted, why an order failed in the authority's own words, and changing the key.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    domain::{certifying::Stage, journal::Event, time::Time},
    locale::certificates::{self as words, CertificateWords},
    service::certificates::{NotYet, View},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/certificate.html")]
struct Page {
    s: Shell,
    c: &'static CertificateWords,
    done: Option<&'static str>,
    error: Option<String>,
    /// Whom it is by and until when; `None` where the box made it itself.
    by: Option<String>,
    names: String,
    key: String,
    renewal: Option<String>,
    where_from: String,
    /// When the terms were accepted.
    accepted: Option<String>,
    /// The terms that were asked for a moment ago.
    terms: Option<String>,
    failed: Option<Failed>,
    /// The prepared key: since when, its record.
    next: Option<(String, String)>,
    next_ready: bool,
}

/// An order that did not come off.
struct Failed {
    when: String,
    again: Option<String>,
    why: &'static str,
    words: String,
    /// Whether the words are the authority's.
    theirs: bool,
}

/// `GET /settings/certificate`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let c = words::words(visit.lang);
    let done = match visit.asked("done").as_str() {
        "1" => Some(c.accepted),
        "2" => Some(c.order_done),
        "3" => Some(c.key_used),
        _ => None,
    };
    page(&site, &visit, done, None, None).await
}

async fn page(
    site: &Site,
    visit: &Visit,
    done: Option<&'static str>,
    error: Option<String>,
    terms: Option<String>,
) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Settings);
    let c = words::words(s.w.lang);
    let view = site.services.certificates.view().await?;
    let say = |at: Time| site.zone.say(s.w, at, site.now()).moment;
    let View { facts, .. } = &view;
    let failed = view.failed.as_ref().map(|(at, stage, said)| Failed {
        when: c.failed.replace("{when}", &say(*at)),
        again: view.due.map(|due| c.failed_again.replace("{when}", &say(due))),
        why: words::stage(s.w.lang, *stage),
        words: super::calm(said),
        theirs: *stage != Stage::Names,
    });
    let wrong = error.is_some();
    let page = Page {
        by: (!facts.is_own).then(|| {
            let until = say(Time(facts.ends));
            c.by.replace("{who}", &super::calm(&facts.issuer)).replace("{when}", &until)
        }),
        names: facts.names.join(", "),
        renewal: view
            .due
            .filter(|_| !facts.is_own && failed.is_none())
            .map(|due| c.renewal.replace("{when}", &say(due))),
        where_from: c.authority_text.replace("{where}", host_of(&view.directory)),
        accepted: view.accepted.as_ref().map(|(_, at)| c.terms_at.replace("{when}", &say(*at))),
        next: view
            .next
            .as_ref()
            .map(|(key, since)| (c.key_prepared.replace("{when}", &say(*since)), format!("3 1 1 {key}"))),
        next_ready: view.next_ready,
        key: view.key,
        done,
        error,
        terms,
        failed,
        c,
        s,
    };
    let mut answer = shell::page(&page)?;
    if wrong {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// The host of an address of the web.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// `POST /settings/certificate`
pub(in crate::web) async fn act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let known = &site.services.certificates;
    let c = words::words(visit.lang);
    let note = || {
        let device = visit.visitor.session.as_ref().map(|session| session.device);
        site.services.journal.note(Event::SettingChanged, visit.peer.address.ip(), device);
    };
    let to = |done: u8| Ok(shell::see_other(&format!("/settings/certificate?done={done}")));
    match visit.field("do") {
        "terms" => match known.terms().await {
            Ok(terms) => page(&site, &visit, None, None, Some(terms)).await,
            Err(refusal) => {
                let why = format!("{} {}", words::stage(visit.lang, refusal.stage), super::calm(&refusal.words));
                page(&site, &visit, None, Some(why), None).await
            }
        },
        "accept" => {
            let terms: String = visit.field("terms").chars().take(500).collect();
            known.accept(&terms).await?;
            note();
            to(1)
        }
        "order" => match known.order_now().await? {
            Ok(()) => to(2),
            Err(why) => refused(&site, &visit, c, why).await,
        },
        "prepare" => {
            known.prepare_key().await?;
            note();
            Ok(shell::see_other("/settings/certificate#key"))
        }
        "drop" => {
            known.drop_key().await?;
            note();
            Ok(shell::see_other("/settings/certificate#key"))
        }
        "use" => match known.use_key().await? {
            Ok(()) => {
                note();
                to(3)
            }
            Err(why) => refused(&site, &visit, c, why).await,
        },
        _ => Err(Problem::NoForm),
    }
}

async fn refused(site: &Site, visit: &Visit, c: &'static CertificateWords, why: NotYet) -> Result<Response, Problem> {
    let error = match why {
        NotYet::Terms => c.ask_terms.to_owned(),
        NotYet::Pause => c.pause.to_owned(),
        NotYet::NotPublished => c.key_not_yet.to_owned(),
        // Its words stand below, with what to do.
        NotYet::Refused(refusal) => words::stage(visit.lang, refusal.stage).to_owned(),
    };
    page(site, visit, None, Some(error), None).await
}
