//! `/setup/restore`: a box without an owner is made of a backup. Offered beside the step that would name a new one, to whoever
//! has shown the code of the console.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    setup::{admitted, with},
};
use crate::{
    domain::{backup::Kind, setup::Step},
    locale::{
        backup::{self as words, BackupWords},
        setup::{self, SetupWords},
    },
    service::{
        backup::{Wish, Wrong, code_of},
        setup::first_run::Back,
    },
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;
use zeroize::Zeroizing;

#[derive(Template)]
#[template(path = "page/setup/restore.html")]
struct Page {
    s: Shell,
    t: &'static SetupWords,
    b: &'static BackupWords,
    /// How far it is, while it is being done.
    under: Option<String>,
    error: Option<(&'static str, String)>,
    kinds: Vec<(&'static str, &'static str, bool)>,
    at: String,
    user: String,
    region: String,
    earlier: usize,
}

/// How many before the newest; what is no number is the newest.
fn earlier(visit: &Visit) -> usize {
    visit.field("earlier").trim().parse().unwrap_or(0)
}

fn page(site: &Site, visit: &Visit, wrong: Option<Wrong>) -> Result<Response, Problem> {
    let b = words::words(visit.lang);
    let (back, done, of) = site.services.first_run.back();
    let s = Shell::of(site, visit, Section::None);
    let under = matches!(back, Back::Under(_)).then(|| {
        let (done, of) = (s.w.number(done), s.w.number(of));
        b.have_now.replace("{n}", &done).replace("{of}", &of)
    });
    let said = |trouble| format!("{} {}", b.have_failed, words::trouble(visit.lang, trouble));
    let error = match (wrong, back) {
        (Some(Wrong::Folder), _) => Some(("at", b.wrong_folder.to_owned())),
        (Some(Wrong::Url), _) => Some(("at", b.wrong_url.to_owned())),
        (Some(Wrong::Bucket), _) => Some(("at", b.wrong_bucket.to_owned())),
        (Some(Wrong::Code), _) => Some(("code", b.wrong_code.to_owned())),
        (Some(Wrong::Place(trouble)), _) | (None, Back::Failed(trouble)) => Some(("at", said(trouble))),
        _ => None,
    };
    let chosen = Kind::of(visit.field("kind")).unwrap_or(Kind::Folder);
    let status = if wrong.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let typed = |name| visit.field(name).chars().take(1_000).collect();
    let page = Page {
        kinds: Kind::ALL
            .map(|kind| (kind.as_str(), words::kind(visit.lang, kind), kind == chosen))
            .to_vec(),
        at: typed("at"),
        user: typed("user"),
        region: typed("region"),
        earlier: earlier(visit),
        t: setup::words(visit.lang),
        b,
        under,
        error,
        s,
    };
    with(status, &page)
}

/// `GET /setup/restore`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    // Whoever may name a new box may bring an old one back.
    admitted(&site, &visit, Step::Domain)?;
    page(&site, &visit, None)
}

/// `POST /setup/restore`
pub(in crate::web) async fn restore(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    admitted(&site, &visit, Step::Domain)?;
    let wish = Wish {
        kind: Kind::of(visit.field("kind")),
        at: visit.field("at").to_owned(),
        user: visit.field("user").to_owned(),
        password: Zeroizing::new(visit.field("password").to_owned()),
        region: visit.field("region").to_owned(),
        ..Wish::default()
    };
    let Some(code) = code_of(visit.field("code")) else {
        return page(&site, &visit, Some(Wrong::Code));
    };
    match site.services.backups.place(&wish) {
        Ok(place) => {
            site.services.first_run.bring_back(place, code, earlier(&visit));
            Ok(shell::see_other("/setup/restore"))
        }
        Err(wrong) => page(&site, &visit, Some(wrong)),
    }
}
