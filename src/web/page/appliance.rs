//! `/privacy/service`: the index of the appliance itself, with every line.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    Badge,
    lines::{Axis as Reckoned, Row as Item, points, score, state},
};
use crate::{
    domain::privacy::appliance::{ApplianceIndex, Axis, LineId},
    locale::{
        Words,
        account::winning,
        appliance::{self as words, ApplianceWords},
    },
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/appliance.html")]
struct Page {
    s: Shell,
    a: &'static ApplianceWords,
    badge: Badge,
    sum: String,
    sums: Vec<Reckoned>,
    never: bool,
}

/// `GET /privacy/service`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let s = Shell::of(&site, &visit, Section::Privacy);
    let index = site.services.appliance.index().await?;
    shell::page(&Page {
        a: words::words(s.w.lang),
        badge: Badge::of(index.points),
        sum: match index.points {
            Some(all) => points(s.w, all.into(), 100),
            None => s.w.line_unknown.to_owned(),
        },
        sums: sums(s.w, &index),
        never: index.points.is_none(),
        s,
    })
}

fn sums(w: &Words, index: &ApplianceIndex) -> Vec<Reckoned> {
    let axes = Axis::ALL.into_iter().map(|axis| {
        let lines = index.lines.iter().filter(|line| line.id.axis() == axis).map(|line| {
            let item = Item {
                id: line.id.as_str(),
                name: words::line(w.lang, line.id),
                points: score(w, line.known, line.won, line.possible),
                state: state(line.known, line.won, line.possible),
                reason: words::reason(w.lang, line.id, line.reason).to_owned(),
                tip: line
                    .tip
                    .map(|tip| winning(w.lang, words::advice(w.lang, line.id, line.known), tip.wins)),
                tip_at: line.tip.and_then(|tip| place(tip.line, line.known)).map(str::to_owned),
                claimed: false,
            };
            (item, line.won, line.possible)
        });
        Reckoned::of(w, axis.as_str(), words::axis(w.lang, axis), lines.collect())
    });
    axes.collect()
}

/// The page where a tip is followed, where it is one of ours.
fn place(line: LineId, known: bool) -> Option<&'static str> {
    match line {
        _ if !known => Some("/settings/dns"),
        LineId::Tls => Some("/settings/certificate"),
        LineId::Version => Some("/settings/updates"),
        LineId::NoCopy => Some("/settings/mailboxes"),
        LineId::Sealed => None,
        LineId::MtaSts => Some("/settings/dns#mta-sts"),
        _ => Some("/settings/dns#records"),
    }
}
