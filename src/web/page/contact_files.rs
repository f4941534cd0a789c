//! Files of cards: the whole book, or one card, for another program; and one of another program's, looked at before
//! anything of it is taken in.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    calm,
};
use crate::{domain::id::ContactId, locale::contacts::ContactWords, service::contacts::book::Report};
use askama::Template;
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;
use warp::reply::Response;

/// Names that are shown of each kind.
const NAMED: usize = 50;

/// Text as a file of cards to be saved.
fn file(text: String, name: &'static str) -> Response {
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/vcard; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    response
}

/// `GET /contacts/export`
pub(in crate::web) async fn export(site: Arc<Site>, _visit: Visit) -> Result<Response, Problem> {
    let text = site.services.contacts.export(None).await?;
    Ok(file(text, "attachment; filename=\"contacts.vcf\""))
}

/// `GET /contacts/ID/export`
pub(in crate::web) async fn export_one(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0).map(ContactId)?;
    let text = site.services.contacts.export(Some(id)).await?;
    Ok(file(text, "attachment; filename=\"contact.vcf\""))
}

#[derive(Template)]
#[template(path = "page/contact_import.html")]
struct ImportPage {
    s: Shell,
    c: &'static ContactWords,
    error: Option<&'static str>,
    done: Option<String>,
}

fn import_page(site: &Site, visit: &Visit, error: Option<&'static str>, done: Option<String>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Contacts);
    let mut response = shell::page(&ImportPage {
        c: &s.w.contacts,
        error,
        done,
        s,
    })?;
    if error.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `GET /contacts/import?new=&more=`
pub(in crate::web) async fn choose(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let w = visit.lang.words();
    let number = |name: &str| visit.asked(name).parse::<u64>().ok();
    let done = number("new").zip(number("more")).map(|(new, more)| {
        let said = w.contacts.import_done.replace("{new}", &w.count(&w.contacts.import_new, new));
        said.replace("{more}", &w.number(more))
    });
    import_page(&site, &visit, None, done)
}

#[derive(Template)]
#[template(path = "page/contact_report.html")]
struct ReportPage {
    s: Shell,
    c: &'static ContactWords,
    id: u64,
    kinds: Vec<Kind>,
    anything: bool,
}

/// Cards of one kind.
struct Kind {
    title: String,
    hint: &'static str,
    names: Vec<(String, String)>,
    more: Option<String>,
}

/// `POST /contacts/import`: looks at a file.
pub(in crate::web) async fn look(site: Arc<Site>, mut visit: Visit) -> Result<Response, Problem> {
    let c = &visit.lang.words().contacts;
    if visit.trouble.is_some() {
        return import_page(&site, &visit, Some(c.import_large), None);
    }
    let report = site.services.contacts.look(std::mem::take(&mut visit.file)).await?;
    let Report { id, new, more, same, odd } = report;
    if new.is_empty() && more.is_empty() && same.is_empty() && odd.is_empty() {
        return import_page(&site, &visit, Some(c.import_none), None);
    }
    let s = Shell::of(&site, &visit, Section::Contacts);
    let w = s.w;
    let anything = !new.is_empty() || !more.is_empty();
    let bare = |names: Vec<String>| names.into_iter().map(|name| (name, String::new())).collect::<Vec<_>>();
    let with = more.into_iter().map(|(_, name, added)| (name, added.join(", "))).collect();
    let kinds = [
        (&c.report_new, c.report_new_hint, bare(new)),
        (&c.report_more, c.report_more_hint, with),
        (&c.report_same, c.report_same_hint, bare(same)),
        (&c.report_odd, c.report_odd_hint, bare(odd)),
    ];
    let kinds = kinds
        .into_iter()
        .filter(|(.., names)| !names.is_empty())
        .map(|(title, hint, names)| Kind {
            title: w.count(title, names.len() as u64),
            hint,
            more: (names.len() > NAMED).then(|| w.count(&c.report_and, (names.len() - NAMED) as u64)),
            names: names
                .into_iter()
                .take(NAMED)
                .map(|(name, added)| (calm(&name), calm(&added)))
                .collect(),
        });
    shell::page(&ReportPage {
        c,
        id,
        kinds: kinds.collect(),
        anything,
        s,
    })
}

/// `POST /contacts/import/take`: takes in what was looked at.
pub(in crate::web) async fn take(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.field("file").parse().map_err(|_| Problem::NoForm)?;
    match site.services.contacts.take(id).await? {
        Some(taken) => Ok(shell::see_other(&format!("/contacts/import?new={}&more={}", taken.new, taken.more))),
        None => import_page(&site, &visit, Some(visit.lang.words().contacts.import_gone), None),
    }
}
