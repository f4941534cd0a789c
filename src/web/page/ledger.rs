//! `/ledger`: whom this box connected to, and what for: who learned the address of the owner's line.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    domain::ledger::Counted,
    locale::sending::{self, LedgerWords},
};
use askama::Template;
use std::{collections::BTreeSet, sync::Arc};
use warp::reply::Response;

/// Lines that are shown of a day.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "page/ledger.html")]
struct Page {
    s: Shell,
    l: &'static LedgerWords,
    today: Option<String>,
    days: Vec<Day>,
    kept: String,
}

struct Day {
    name: String,
    /// For machines.
    date: String,
    purposes: Vec<(&'static str, Vec<(String, String)>)>,
    /// How many lines of it are not shown.
    more: Option<String>,
}

/// `GET /ledger`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let s = Shell::of(&site, &visit, Section::None);
    let l = sending::ledger(s.w.lang);
    let counted = site.services.ledgers.all().await?;
    let today = site.services.ledgers.today();
    let parties: BTreeSet<&str> = counted.iter().filter(|it| it.day == today).map(|it| it.party.as_str()).collect();
    let mut days: Vec<(i64, Vec<&Counted>)> = Vec::new();
    for it in &counted {
        match days.last_mut() {
            Some((day, list)) if *day == it.day => list.push(it),
            _ => days.push((it.day, vec![it])),
        }
    }
    let day = |(day, list): (i64, Vec<&Counted>)| {
        let noon = site.zone.noon(day);
        let date = site.zone.day(noon);
        let mut purposes: Vec<(&'static str, Vec<(String, String)>)> = Vec::new();
        let more = list.len().saturating_sub(SHOWN) as u64;
        for it in list.into_iter().take(SHOWN) {
            let what = LedgerWords::purpose(s.w.lang, it.purpose);
            let party = if it.party.is_empty() {
                l.others.to_owned()
            } else {
                it.party.clone()
            };
            let line = (party, s.w.count(&l.times, it.times));
            match purposes.last_mut() {
                Some((known, lines)) if *known == what => lines.push(line),
                _ => purposes.push((what, vec![line])),
            }
        }
        Day {
            name: site.zone.say(s.w, noon, site.now()).day,
            date: format!("{:04}-{:02}-{:02}", date.year, date.month, date.day),
            purposes,
            more: (more > 0).then(|| s.w.count(&l.more, more)),
        }
    };
    let page = Page {
        today: (!parties.is_empty()).then(|| s.w.count(&l.today, parties.len() as u64)),
        days: days.into_iter().map(day).collect(),
        kept: s.w.count(&l.kept, site.services.preferences.now().ledger_days.into()),
        l,
        s,
    };
    shell::page(&page)
}
