//! `/privacy`: the account's index with every line, what would help most, who watches, how messages travelled, and
//! what is not known.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    Badge, Lock, Named,
    lines::{Axis as Reckoned, Row as Item, score, state},
};
use crate::{
    domain::{
        padlock::Padlock,
        privacy::account::{Advice, Axis, Line},
    },
    locale::{Words, account as words, account::AccountWords},
    service::account::AccountPage,
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

/// Tips at the top of the page.
const HELPS: usize = 3;

#[derive(Template)]
#[template(path = "page/privacy.html")]
struct Page {
    s: Shell,
    a: &'static AccountWords,
    badge: Badge,
    sum: String,
    helps: Vec<Help>,
    sums: Vec<Reckoned>,
    watchers: Vec<Watcher>,
    more_watchers: Option<String>,
    rungs: Vec<Rung>,
    none_travelled: bool,
    cut: bool,
    unknown: Vec<(&'static str, String)>,
}

/// Something that would help.
struct Help {
    what: &'static str,
    wins: String,
    href: Option<&'static str>,
}

/// Somebody who watches.
struct Watcher {
    who: Named,
    images: String,
    messages: String,
}

/// A padlock, and how much came or went with it.
struct Rung {
    lock: Lock,
    many: String,
    /// Of the most, in hundredths.
    share: u64,
}

/// `GET /privacy`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let page = site.services.account.page().await?;
    let s = Shell::of(&site, &visit, Section::Privacy);
    shell::page(&view(s, page))
}

fn view(s: Shell, page: AccountPage) -> Page {
    let (w, a) = (s.w, &s.w.account);
    let most = page.travelled.iter().copied().max().unwrap_or(0).max(1);
    let all = [Padlock::Sealed, Padlock::Envelope, Padlock::Mailbag, Padlock::Postcard];
    let rungs = all.map(|padlock| {
        let many = page.travelled.get(padlock as usize).copied().unwrap_or(0);
        Rung {
            lock: Lock::of(w, padlock),
            many: w.number(many),
            share: many * 100 / most,
        }
    });
    let help = |line: &Line| {
        line.tip.map(|tip| Help {
            what: words::advice(w.lang, tip.advice),
            wins: w.count(&a.helps_wins, tip.wins.into()),
            href: place(tip.advice),
        })
    };
    let watchers = page.watchers.iter().map(|watcher| Watcher {
        who: Named::of(w, &watcher.who),
        images: w.count(&a.watches_images, watcher.trackers),
        messages: w.count(&a.watches_in, watcher.messages),
    });
    let unknown = page.index.lines.iter().filter(|line| !line.known);
    // What nobody has looked at is told below; here stands what the owner can do.
    let helps = page.index.helps();
    let helps = helps
        .iter()
        .filter(|line| line.known && line.tip.is_some_and(|tip| place(tip.advice).is_some()));
    Page {
        badge: Badge::of(page.index.points),
        sum: super::lines::points(w, page.index.points.unwrap_or(0).into(), 100),
        helps: helps.filter_map(help).take(HELPS).collect(),
        sums: sums(w, &page),
        watchers: watchers.collect(),
        more_watchers: (page.more_watchers > 0).then(|| w.count(&a.watches_more, page.more_watchers)),
        none_travelled: page.travelled.iter().all(|many| *many == 0),
        rungs: rungs.into_iter().collect(),
        cut: page.cut,
        unknown: unknown
            .map(|line| (words::line(w.lang, line.id), words::reason(w.lang, line.id, line.reason)))
            .collect(),
        a,
        s,
    }
}

fn sums(w: &Words, page: &AccountPage) -> Vec<Reckoned> {
    let axes = Axis::ALL.into_iter().map(|axis| {
        let lines = page.index.lines.iter().filter(|line| line.id.axis() == axis).map(|line| {
            let item = Item {
                id: line.id.as_str(),
                name: words::line(w.lang, line.id),
                points: score(w, line.known, line.won, line.possible),
                state: state(line.known, line.won, line.possible),
                reason: words::reason(w.lang, line.id, line.reason),
                tip: line.tip.map(|tip| words::tip(w.lang, tip)),
                tip_at: line.tip.and_then(|tip| place(tip.advice)).map(str::to_owned),
                claimed: false,
            };
            (item, line.won, line.possible)
        });
        Reckoned::of(w, axis.as_str(), words::axis(w.lang, axis), lines.collect())
    });
    axes.collect()
}

/// The page where a tip is followed, where it is one of ours.
fn place(advice: Advice) -> Option<&'static str> {
    match advice {
        Advice::Passkey | Advice::Passphrase => Some("/settings/security"),
        Advice::StayLocked => Some("/settings/locks"),
        Advice::RaiseDevice => Some("/devices"),
        Advice::RaiseContacts => Some("/contacts"),
        Advice::PublishKey => Some("/settings/dns"),
        Advice::Service => Some("/privacy/service"),
        Advice::MakeKey | Advice::StrongerKey | Advice::BackUpKey | Advice::RenewKey => Some("/settings/keys"),
        Advice::BackUp | Advice::Encrypt => None,
    }
}
