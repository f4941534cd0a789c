//! `/outbox`: what waits, why, since when and until when; what did not arrive; and what the owner can do about either.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::{Visit, safe_next},
    },
    calm,
    fate::Fates,
};
use crate::{
    domain::id::{DiscussionId, MessageId},
    locale::sending::{self, SendingWords},
    service::{self, outbox::Item},
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/outbox.html")]
struct Page {
    s: Shell,
    t: &'static SendingWords,
    done: Option<&'static str>,
    /// That port 25 is shut, and whether the smarthost helps out.
    shut: Option<(String, bool)>,
    count: Option<String>,
    waiting: Vec<Row>,
    failed: Vec<Row>,
    more: bool,
}

struct Row {
    message: MessageId,
    discussion: DiscussionId,
    subject: String,
    fates: Fates,
}

/// `GET /outbox`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let s = Shell::of(&site, &visit, Section::Outbox);
    let t = sending::words(s.w.lang);
    let content = site.services.outbox.content().await?;
    let (chosen, _) = site.services.ways.chosen().await?;
    let helps = chosen.smarthost.is_some() && chosen.choice != crate::domain::sending::Choice::Never;
    let shut = content.shut.map(|(since, how)| {
        let when = site.zone.say(s.w, since, site.now()).moment;
        (t.shut_of(how).replace("{when}", &when), helps)
    });
    let row = |item: Item| {
        let fates = Fates::of(&site, s.w, &item.deliveries)?;
        // A subject is shown where the discussion's row shows it, on any device; its text is not here.
        Some(Row {
            message: item.message,
            discussion: item.discussion,
            subject: calm(&item.subject),
            fates,
        })
    };
    let waiting: Vec<Row> = content.waiting.into_iter().filter_map(row).collect();
    let failed: Vec<Row> = content.failed.into_iter().filter_map(row).collect();
    let done = match visit.asked("done").as_str() {
        "try" => Some(t.done_try),
        "back" => Some(t.done_back),
        "again" | "unsealed" => Some(t.done_again),
        "late" => Some(t.too_late),
        _ => None,
    };
    shell::page(&Page {
        count: (!waiting.is_empty()).then(|| s.w.count(&t.waiting, waiting.len() as u64)),
        done,
        shut,
        waiting,
        failed,
        more: content.more,
        t,
        s,
    })
}

/// `POST /messages/ID/outbox`: tries now, takes back, sends again, or gives up a promise.
pub(in crate::web) async fn act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: MessageId = visit.number(0)?;
    let outbox = &site.services.outbox;
    let what = visit.field("do");
    let done = match what {
        "try" => outbox.try_now(id).await,
        "back" => outbox.take_back(id).await,
        "again" => outbox.again(id).await,
        "unsealed" => outbox.without_confidence(id).await,
        _ => return Err(Problem::NoForm),
    };
    let word = match done {
        Ok(()) => what,
        // A message that was never sent from here has nothing to do with the outbox.
        Err(service::Error::NotFound) if outbox.of(id).await?.is_empty() => return Err(Problem::NotFound),
        Err(service::Error::NotFound) => "late",
        Err(error) => return Err(error.into()),
    };
    let outbox = format!("/outbox?done={word}");
    let back = safe_next(visit.field("back")).filter(|back| !back.starts_with("/outbox"));
    Ok(shell::see_other(back.unwrap_or(&outbox)))
}
