//! `/settings/sending`: straight to others' servers or by a smarthost, and whether port 25 is open.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    fate::reason,
};
use crate::{
    domain::{
        sending::{Choice, Smarthost},
        transport::{TlsFacts, TlsVersion},
    },
    locale::{
        sending::{self, SendingWords},
        tls_reports::{self, TlsReportWords},
    },
    service::sending::Wrong,
};
use askama::Template;
use std::sync::Arc;
use warp::{http::StatusCode, reply::Response};

#[derive(Template)]
#[template(path = "page/way.html")]
struct Page {
    s: Shell,
    t: &'static SendingWords,
    done: Option<String>,
    error: Option<(&'static str, String)>,
    port: String,
    shut: bool,
    choices: Vec<(Choice, &'static str, &'static str, bool)>,
    form: Typed,
    has_secret: bool,
    r: &'static TlsReportWords,
    reports: bool,
}

/// What was typed, or what is kept.
#[derive(Default)]
struct Typed {
    choice: Choice,
    host: String,
    port: String,
    implicit: bool,
    user: String,
}

/// `GET /settings/sending`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = sending::words(visit.lang);
    let r = tls_reports::words(visit.lang);
    let done = match visit.asked("done").as_str() {
        "1" => Some(t.saved.to_owned()),
        "reports" => Some(r.on.to_owned()),
        "silence" => Some(r.off.to_owned()),
        _ => None,
    };
    page(&site, &visit, None, done, None).await
}

async fn page(
    site: &Site,
    visit: &Visit,
    typed: Option<Typed>,
    done: Option<String>,
    error: Option<(&'static str, String)>,
) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::None);
    let t = sending::words(s.w.lang);
    let (chosen, shut) = site.services.ways.chosen().await?;
    let say = |at| site.zone.say(s.w, at, site.now()).moment;
    let port = match (shut, chosen.reach.reached) {
        (Some(since), _) => {
            let how = chosen.reach.failed.last().map(|one| one.how);
            how.map(|how| t.shut_of(how).replace("{when}", &say(since))).unwrap_or_default()
        }
        (None, Some(at)) => t.port_open.replace("{when}", &say(at)),
        (None, None) => t.port_unknown.to_owned(),
    };
    let form = typed.unwrap_or_else(|| match &chosen.smarthost {
        Some(it) => Typed {
            choice: chosen.choice,
            host: it.host.clone(),
            port: it.port.to_string(),
            implicit: it.implicit,
            user: it.user.clone(),
        },
        None => Typed {
            choice: chosen.choice,
            port: "465".to_owned(),
            implicit: true,
            ..Typed::default()
        },
    });
    let choices = Choice::ALL.map(|choice| {
        let (name, hint) = t.choice_of(choice);
        (choice, name, hint, choice == form.choice)
    });
    let wrong = error.is_some();
    let page = Page {
        t,
        done,
        error,
        port,
        shut: shut.is_some(),
        choices: choices.to_vec(),
        form,
        has_secret: chosen.has_secret,
        r: tls_reports::words(s.w.lang),
        reports: site.services.tls_reports.is_on().await?,
        s,
    };
    let mut answer = shell::page(&page)?;
    if wrong {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// `POST /settings/sending`: keeps it, and tries it where that was asked for.
pub(in crate::web) async fn choose(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = sending::words(visit.lang);
    let typed = Typed {
        choice: Choice::of(visit.field("choice")).ok_or(Problem::NoForm)?,
        host: visit.field("host").trim().to_lowercase(),
        port: visit.field("port").trim().to_owned(),
        implicit: visit.field("security") != "starttls",
        user: visit.field("user").trim().to_owned(),
    };
    let smarthost = (!typed.host.is_empty()).then(|| Smarthost {
        host: typed.host.clone(),
        port: typed.port.parse().unwrap_or(0),
        implicit: typed.implicit,
        user: typed.user.clone(),
    });
    let ways = &site.services.ways;
    let kept = ways.choose(typed.choice, smarthost, visit.field("secret")).await?;
    let tried = match kept {
        Ok(()) if visit.field("then") == "try" => Some(ways.try_it().await?),
        Ok(()) => return Ok(shell::see_other("/settings/sending?done=1")),
        Err(wrong) => Some(Err(wrong)),
    };
    match tried {
        // A password stands in no address: what came of the try is shown at once.
        Some(Ok(tls)) => {
            let done = t.check_good.replace("{tls}", &encryption(&tls));
            page(&site, &visit, None, Some(done), None).await
        }
        Some(Err(wrong)) => {
            let error = match wrong {
                Wrong::Host => ("host", t.no_host.to_owned()),
                Wrong::Port => ("port", t.no_port.to_owned()),
                Wrong::User => ("user", t.no_user.to_owned()),
                Wrong::NeedsHost => ("host", t.needs_host.to_owned()),
                Wrong::Try(trouble) => {
                    let words = trouble.words.lines().map(super::calm).collect::<Vec<_>>().join(" ");
                    ("host", format!("{} {words}", reason(visit.lang.words(), &trouble)))
                }
            };
            page(&site, &visit, Some(typed), None, Some(error)).await
        }
        None => Ok(shell::see_other("/settings/sending?done=1")),
    }
}

/// `POST /settings/sending/reports`: whether other domains are told how encrypting the way to them went.
pub(in crate::web) async fn report(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let on = visit.field("reports") == "on";
    site.services.tls_reports.choose(on).await?;
    let done = if on { "reports" } else { "silence" };
    Ok(shell::see_other(&format!("/settings/sending?done={done}")))
}

fn encryption(tls: &TlsFacts) -> String {
    let version = if tls.version == TlsVersion::V1_3 { "TLS 1.3" } else { "TLS 1.2" };
    format!("{version}, {}", tls.suite)
}
