//! `/messages/ID/spam`: what the filter thought of a message, why, and the owner's word on it.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::{Visit, safe_next},
};
use crate::{
    domain::{id::MessageId, spam::Weighed},
    locale::spam as words,
    service::spam::Explained,
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/spam.html")]
struct Page {
    s: Shell,
    subject: String,
    id: MessageId,
    title: &'static str,
    back: &'static str,
    finding: &'static str,
    likelihood: Option<String>,
    word: Option<&'static str>,
    known: Option<&'static str>,
    lessons: String,
    explains: &'static str,
    heading: &'static str,
    scale: &'static str,
    nothing: &'static str,
    rows: Vec<Row>,
    buttons: Vec<Button>,
}

/// A reason.
struct Row {
    text: String,
    weight: String,
    towards: bool,
}

/// Something that the owner can say.
struct Button {
    value: &'static str,
    text: &'static str,
}

/// `GET /messages/ID/spam`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let explained = site
        .services
        .spam
        .explain(visit.number(0)?, super::devices::viewer(&site, &visit))
        .await?;
    shell::page(&view(&site, &visit, explained))
}

fn view(site: &Site, visit: &Visit, found: Explained) -> Page {
    let s = Shell::of(site, visit, Section::Discussions);
    let lang = s.w.lang;
    let verdict = found.verdict.as_ref();
    let rows = verdict.map(|verdict| {
        let row = |weighed: &Weighed| Row {
            text: super::calm(&words::reason(lang, &weighed.reason)),
            weight: signed(s.w.decimal, weighed.weight),
            towards: weighed.weight > 0.0,
        };
        verdict.reasons.iter().map(row).collect()
    });
    let mut buttons = Vec::new();
    let mut button = |offered: bool, value, text| {
        if offered {
            buttons.push(Button { value, text });
        }
    };
    button(found.word != Some(true), "spam", words::is_spam(lang));
    button(found.word != Some(false), "honest", words::is_honest(lang));
    button(found.word.is_some(), "nothing", words::take_back(lang));
    Page {
        subject: match found.subject.as_deref().map(super::calm) {
            None => s.w.devices.masked.to_owned(),
            Some(subject) if subject.is_empty() => s.w.no_subject.to_owned(),
            Some(subject) => subject,
        },
        id: found.message,
        title: words::title(lang),
        back: words::back(lang),
        finding: match verdict {
            None => words::unasked(lang),
            Some(verdict) if verdict.is_spam() => words::tagged(lang),
            Some(_) => words::untagged(lang),
        },
        likelihood: verdict.map(|verdict| {
            let share = (verdict.probability * 100.0).round() as u32;
            words::likelihood(lang).replace("{n}", &share.to_string())
        }),
        word: found
            .word
            .map(|spam| if spam { words::said_spam(lang) } else { words::said_honest(lang) }),
        known: found.known.then(|| words::known(lang)),
        lessons: words::lessons(lang, found.lessons),
        explains: words::what_happens(lang),
        heading: words::reasons(lang),
        scale: words::scale(lang),
        nothing: words::no_reasons(lang),
        rows: rows.unwrap_or_default(),
        buttons,
        s,
    }
}

/// A weight with its sign and one decimal.
fn signed(decimal: char, weight: f32) -> String {
    let text = format!("{:.1}", weight.abs()).replace('.', &decimal.to_string());
    if weight < 0.0 {
        format!("\u{2212}{text}")
    } else {
        format!("+{text}")
    }
}

/// `POST /messages/ID/spam`: `is` says `spam`, `honest`, or `nothing` to take back what was said.
pub(in crate::web) async fn say(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: MessageId = visit.number(0)?;
    let word = match visit.field("is") {
        "spam" => Some(true),
        "honest" => Some(false),
        "nothing" => None,
        _ => return Err(Problem::NoForm),
    };
    site.services.spam.teach(id, word).await?;
    let here = format!("/messages/{id}/spam");
    Ok(shell::see_other(safe_next(visit.field("back")).unwrap_or(&here)))
}
