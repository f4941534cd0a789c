//! `/door`: who writes for the first time, and the owner's answer.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
        when::When,
    },
    Badge, Lock, Named, acts, calm,
    devices::viewer,
    timeline::{Part, Parts},
};
use crate::{
    domain::{
        address::Address,
        fact::Fact,
        privacy::evidence::{Authentic, Dmarc},
        screener::Answer,
        time::Time,
    },
    locale::Words,
    service::screener::Waiting,
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/door.html")]
struct Page {
    s: Shell,
    parts: Parts,
    on: bool,
    cards: Vec<Card>,
    refused: Vec<(String, String)>,
}

/// Somebody who waits.
struct Card {
    person: Named,
    address: String,
    subject: String,
    excerpt: String,
    masked: bool,
    href: String,
    when: When,
    badge: Badge,
    lock: Lock,
    /// Why they wait, and what is known of them; with whether it is no good news.
    why: Vec<(bool, String)>,
}

impl Card {
    fn of(site: &Site, w: &Words, waiting: Waiting) -> Self {
        let (l, row) = (&w.living, waiting.row);
        let vouched = match (waiting.dmarc, waiting.authentic) {
            (Fact::Known(Dmarc::Refused), _) => (true, l.door_refused_by_domain),
            (_, Fact::Known(Authentic::Spf | Authentic::Dkim)) => (false, l.door_vouched),
            (_, Fact::Known(Authentic::Nobody)) => (true, l.door_nobody_vouches),
            (_, Fact::Unknown) => (true, l.door_unknown),
        };
        let mut why = vec![(true, l.door_first.to_owned()), (vouched.0, vouched.1.to_owned())];
        why.extend(waiting.bulk.then(|| (true, l.door_bulk.to_owned())));
        why.extend((row.trackers > 0).then(|| (true, w.count(&w.spies, row.trackers.into()))));
        why.extend((waiting.many > 1).then(|| (true, w.count(&l.door_more, waiting.many as u64))));
        Self {
            address: waiting.person.address.to_string(),
            person: Named::of(w, &waiting.person),
            subject: calm(&row.subject),
            excerpt: calm(&row.excerpt),
            masked: row.masked,
            href: format!("/discussions/{}", row.id),
            when: site.zone.say(w, row.last, site.now()),
            badge: Badge::of(row.index),
            lock: Lock::of(w, row.padlock),
            why,
        }
    }
}

/// A day in words, with its year.
pub(super) fn date(site: &Site, w: &Words, time: Time) -> String {
    let day = site.zone.day(time);
    let said = w.date(i8::try_from(day.day).unwrap_or(1), i8::try_from(day.month).unwrap_or(1));
    format!("{said} {}", day.year)
}

/// `GET /door`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let page = site.services.screener.page(viewer(&site, &visit)).await?;
    let s = Shell::of(&site, &visit, Section::Discussions);
    let w = s.w;
    let since = |at| w.living.refused_since.replace("{date}", &date(&site, w, at));
    shell::page(&Page {
        parts: Parts::of(w, Part::Door),
        on: page.on,
        refused: page.refused.into_iter().map(|(address, at)| (address, since(at))).collect(),
        cards: page.waiting.into_iter().map(|waiting| Card::of(&site, w, waiting)).collect(),
        s,
    })
}

/// `POST /door`: an answer to somebody.
pub(in crate::web) async fn answer(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let answer = match visit.field("do") {
        "in" => Answer::In,
        "newsletter" => Answer::Newsletter,
        "refuse" => Answer::Refused,
        _ => return Err(Problem::NoForm),
    };
    let address = Address::parse(visit.field("address")).map_err(|_| Problem::NoForm)?;
    let did = site.services.screener.answer(&address, answer).await?;
    Ok(acts::leading("/door", did))
}

/// `POST /door/screener`: whether strangers wait from now on.
pub(in crate::web) async fn turn(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let on = match visit.field("on") {
        "1" => true,
        "0" => false,
        _ => return Err(Problem::NoForm),
    };
    site.services.screener.turn(on).await?;
    Ok(shell::see_other("/door"))
}
