//! `/settings/erase`: the end of the box: the passphrase again, and a word typed.

use super::{
    super::{
        Site, guard,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    sign_in::{caller, said},
};
use crate::locale::{backup, custody::CustodyWords, mailboxes};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/erase.html")]
struct Page {
    s: Shell,
    t: &'static CustodyWords,
    mail: String,
    /// Where backups are kept, what other mailboxes there are, and that both stay.
    elsewhere: Vec<String>,
    ask: String,
    word: String,
    word_error: Option<String>,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "page/erased.html")]
struct ErasedPage {
    s: Shell,
    t: &'static CustodyWords,
}

async fn page(
    site: &Site,
    visit: &Visit,
    status: StatusCode,
    word_error: Option<String>,
    error: Option<String>,
) -> Result<Response, Problem> {
    let t = &visit.lang.words().custody;
    let s = Shell::of(site, visit, Section::None);
    let domain = s
        .owner
        .as_deref()
        .and_then(|owner| owner.rsplit_once('@'))
        .map_or("", |(_, domain)| domain);
    let kept = site.services.backups.view().await?;
    let kept = kept.map(|kept| backup::words(visit.lang).erase_note.replace("{at}", &super::calm(&kept.at)));
    let others = site.services.mailboxes.list().await?;
    let names: Vec<String> = others.iter().map(|other| super::calm(&other.name)).collect();
    let others = (!names.is_empty()).then(|| mailboxes::words(visit.lang).erase_note.replace("{names}", &names.join(", ")));
    let mut response = shell::page(&Page {
        elsewhere: kept.into_iter().chain(others).collect(),
        mail: t.erase_mail.replace("{domain}", domain),
        ask: t.erase_type.replace("{word}", t.erase_word),
        word: visit.field("word").to_owned(),
        word_error,
        error,
        t,
        s,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

/// `GET /settings/erase`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    page(&site, &visit, StatusCode::OK, None, None).await
}

/// `POST /settings/erase`. The one form that is answered with a page at once: when the browser would ask for
/// the next one, nobody is here any more.
pub(in crate::web) async fn erase(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = &visit.lang.words().custody;
    if visit.field("word").trim() != t.erase_word {
        let wrong = t.erase_word_wrong.replace("{word}", t.erase_word);
        return page(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, Some(wrong), None).await;
    }
    if let Err(refused) = site.services.unlock.prove_secret(visit.field("passphrase"), caller(&visit)).await {
        let (status, error) = said(&visit, refused, t.secret_wrong);
        return page(&site, &visit, status, None, Some(error)).await;
    }
    let secure = visit.peer.secure;
    let shell_after = Shell::signed_out(&site, &visit);
    site.services.unlock.end_all();
    site.services.custody.erase().await?;
    let mut response = shell::page(&ErasedPage { s: shell_after, t })?;
    guard::farewell(&mut response, secure);
    Ok(response)
}
