//! `/setup` between the address and the passphrase: how the box stands in the world. What others find of it, what is to be
//! published, and a certificate of an authority, so that the passphrase is typed over a connection that can be trusted.
//! None of it must be right to go on: names take hours to travel, and all of it stands in the settings too.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    calm,
    dns::{Grouped, groups, zone},
    setup::{Progress, admitted, onward, with},
};
use crate::{
    domain::{certifying::Stage, setup::Step},
    locale::{
        certificates::{self, CertificateWords},
        checks::{self, CheckWords},
        setup::{self, SetupWords},
    },
    service::certificates::NotYet,
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/setup/checks.html")]
struct ChecksPage {
    s: Shell,
    t: &'static SetupWords,
    c: &'static CheckWords,
    p: Progress,
    slug: &'static str,
    title: &'static str,
    intro: &'static str,
    after: &'static str,
    when: String,
    looked: bool,
    zone: bool,
    groups: Vec<Grouped>,
}

#[derive(Template)]
#[template(path = "page/setup/certificate.html")]
struct CertificatePage {
    s: Shell,
    t: &'static SetupWords,
    c: &'static CertificateWords,
    p: Progress,
    /// Whom the certificate is by; `None` where the box made it itself.
    by: Option<String>,
    /// Where the box has a name that browsers trust; empty where one is there already.
    elsewhere: String,
    go: String,
    from: String,
    accepted: bool,
    terms: Option<String>,
    error: Option<String>,
    words: Option<String>,
}

fn list(site: &Site, visit: &Visit, step: Step) -> Result<Response, Problem> {
    let (done, t) = (admitted(site, visit, step)?, setup::words(visit.lang));
    let s = Shell::of(site, visit, Section::None);
    let c = checks::words(visit.lang);
    let stands = site.services.checks.last();
    let (title, intro, after) = match step {
        Step::Reach => (t.reach_title, t.reach_intro, t.reach_after),
        _ => (t.records_title, t.records_intro, t.records_after),
    };
    let when = match stands.at {
        Some(at) => c.checked.replace("{when}", &site.zone.say(s.w, at, site.now()).moment),
        None => t.not_looked.to_owned(),
    };
    shell::page(&ChecksPage {
        p: Progress::of(t, &done, step),
        slug: step.slug(),
        title,
        intro,
        after,
        when,
        looked: stands.at.is_some(),
        zone: step == Step::Records,
        groups: groups(s.w, &stands).into_iter().filter(|group| group.slug == step.slug()).collect(),
        c,
        s,
        t,
    })
}

async fn act_on_list(site: &Site, visit: &Visit, step: Step) -> Result<Response, Problem> {
    admitted(site, visit, step)?;
    match visit.field("do") {
        "look" => {
            site.services.checks.look().await?;
            Ok(shell::see_other(&format!("/setup/{}", step.slug())))
        }
        _ => marked(site, visit, step).await,
    }
}

async fn marked(site: &Site, visit: &Visit, step: Step) -> Result<Response, Problem> {
    site.services.first_run.mark(step).await.map_err(crate::service::Error::from)?;
    Ok(onward(site, visit))
}

/// `GET /setup/reach`
pub(in crate::web) async fn reach(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    list(&site, &visit, Step::Reach)
}

/// `POST /setup/reach`: looks, or goes on.
pub(in crate::web) async fn reach_act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    act_on_list(&site, &visit, Step::Reach).await
}

/// `GET /setup/records`
pub(in crate::web) async fn records(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    list(&site, &visit, Step::Records)
}

/// `POST /setup/records`: looks, or goes on.
pub(in crate::web) async fn records_act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    act_on_list(&site, &visit, Step::Records).await
}

/// `GET /setup/zone`: the records as a file.
pub(in crate::web) async fn zone_file(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    admitted(&site, &visit, Step::Records)?;
    zone(site, visit).await
}

/// `GET /setup/certificate`
pub(in crate::web) async fn certificate(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    certificate_page(&site, &visit, None, None).await
}

async fn certificate_page(site: &Site, visit: &Visit, terms: Option<String>, error: Option<String>) -> Result<Response, Problem> {
    let (done, t) = (admitted(site, visit, Step::Certificate)?, setup::words(visit.lang));
    let c = certificates::words(visit.lang);
    let s = Shell::of(site, visit, Section::None);
    let view = site.services.certificates.view().await?;
    let until = site.zone.say(s.w, crate::domain::time::Time(view.facts.ends), site.now()).moment;
    let by = (!view.facts.is_own).then(|| c.by.replace("{who}", &calm(&view.facts.issuer)).replace("{when}", &until));
    let host = format!("mail.{}", site.services.checks.domain());
    let here = visit.place().is_some_and(|(_, name)| name == host);
    let directory = view.directory.split("://").last().unwrap_or_default();
    let wrong = error.is_some();
    let failed = view.failed.filter(|_| terms.is_none());
    let page = CertificatePage {
        p: Progress::of(t, &done, Step::Certificate),
        elsewhere: if here { String::new() } else { format!("https://{host}/setup") },
        go: t.certificate_go.replace("{host}", &host),
        from: c.authority_text.replace("{where}", directory.split('/').next().unwrap_or_default()),
        accepted: view.accepted.is_some(),
        words: failed
            .as_ref()
            .filter(|(_, stage, _)| *stage != Stage::Reaching)
            .map(|(_, _, words)| calm(words))
            .filter(|words| !words.is_empty()),
        error: error.or_else(|| failed.map(|(_, stage, _)| certificates::stage(visit.lang, stage).to_owned())),
        by,
        terms,
        c,
        s,
        t,
    };
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    with(status, &page)
}

/// `POST /setup/certificate`: asks for the terms, orders once they are accepted, or leaves it for later.
pub(in crate::web) async fn certificate_act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    admitted(&site, &visit, Step::Certificate)?;
    let (known, c) = (&site.services.certificates, certificates::words(visit.lang));
    match visit.field("do") {
        "terms" => {
            return match known.terms().await {
                Ok(terms) => certificate_page(&site, &visit, Some(terms), None).await,
                Err(refusal) => {
                    // Where nobody was reached the words are ours, and no more than that.
                    let theirs = if refusal.stage == Stage::Reaching {
                        String::new()
                    } else {
                        calm(&refusal.words)
                    };
                    let why = format!("{} {theirs}", certificates::stage(visit.lang, refusal.stage));
                    certificate_page(&site, &visit, None, Some(why)).await
                }
            };
        }
        "accept" => {
            let terms: String = visit.field("terms").chars().take(500).collect();
            known.accept(&terms).await?;
        }
        "order" => {}
        _ => return marked(&site, &visit, Step::Certificate).await,
    }
    match known.order_now().await? {
        Ok(()) => Ok(shell::see_other("/setup/certificate")),
        Err(NotYet::Refused(refusal)) => {
            let why = certificates::stage(visit.lang, refusal.stage).to_owned();
            certificate_page(&site, &visit, None, Some(why)).await
        }
        Err(_) => certificate_page(&site, &visit, None, Some(c.pause.to_owned())).await,
    }
}
