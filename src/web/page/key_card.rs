//! `/settings/keys/card` and `/settings/keys/scan`: the owner's key as a code to be shown, and the code that somebody else
//! shows. What a code says only leads to the page where keys are compared; there the owner says what they saw.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    codec::{fingerprint_words, key_code, qr},
    locale::keys::{
        self, KeyWords,
        finding::{self, FindingWords},
    },
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

/// One key on the card.
struct Row {
    address: String,
    groups: Vec<String>,
    words: String,
    picture: Option<String>,
}

#[derive(Template)]
#[template(path = "page/key_card.html")]
struct CardPage {
    s: Shell,
    k: &'static KeyWords,
    f: &'static FindingWords,
    name: String,
    rows: Vec<Row>,
}

/// `GET /settings/keys/card`
pub(in crate::web) async fn card(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let name = site.services.compose.habits().await?.name;
    let own = site
        .services
        .keys
        .list()
        .await?
        .into_iter()
        .filter(|key| key.current && !key.modern);
    let rows = own.map(|key| {
        let print = key.facts.fingerprint;
        Row {
            groups: print.groups(),
            words: fingerprint_words::of(&print).join(" · "),
            picture: qr::svg(&key_code::write(&print, &key.address, &name)),
            address: key.address.to_string(),
        }
    });
    shell::page(&CardPage {
        rows: rows.collect(),
        s: Shell::of(&site, &visit, Section::Settings),
        k: keys::words(visit.lang),
        f: finding::words(visit.lang),
        name,
    })
}

#[derive(Template)]
#[template(path = "page/key_scan.html")]
struct ScanPage {
    s: Shell,
    k: &'static KeyWords,
    f: &'static FindingWords,
    typed: String,
    error: Option<&'static str>,
}

/// `GET /settings/keys/scan?code=`: leads to the person whose key it is, or says why not.
pub(in crate::web) async fn scan(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let f = finding::words(visit.lang);
    let typed = visit.asked("code");
    let read = key_code::read(&typed);
    let mut error = (read.is_none() && !typed.is_empty()).then_some(f.scan_bad);
    if let Some(code) = read {
        let own = site.services.keys.list().await?;
        let whose = match site.services.keyring.of_print(code.print.clone()).await? {
            Some(address) => Some(address),
            None => code.address,
        };
        if own.iter().any(|key| key.facts.fingerprint == code.print) {
            error = Some(f.scan_own);
        } else if let Some(address) = whose {
            let code: String = form_urlencoded::byte_serialize(typed.as_bytes()).collect();
            let to = format!("/settings/keys/people/{}?code={code}", shell::encoded(address.as_str()));
            return Ok(shell::see_other(&to));
        } else {
            error = Some(f.scan_nobody);
        }
    }
    let mut response = shell::page(&ScanPage {
        s: Shell::of(&site, &visit, Section::Settings),
        k: keys::words(visit.lang),
        f,
        typed,
        error,
    })?;
    if error.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `GET /contacts/:id/verify`: the keys of somebody in the address book, with what was scanned.
pub(in crate::web) async fn verify(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let card = site
        .services
        .contacts
        .plain(visit.number(0).map(crate::domain::id::ContactId)?)
        .await?;
    let mut best = None;
    for address in card.addresses {
        let known = !site.services.keyring.person(address.clone()).await?.keys.is_empty();
        if best.is_none() || known {
            best = Some(address);
        }
        if known {
            break;
        }
    }
    let address = best.ok_or(Problem::NotFound)?;
    let code = visit.asked("code");
    let code: String = form_urlencoded::byte_serialize(code.as_bytes()).collect();
    let query = if code.is_empty() { String::new() } else { format!("?code={code}") };
    Ok(shell::see_other(&format!(
        "/settings/keys/people/{}{query}",
        shell::encoded(address.as_str())
    )))
}
