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
        award::Award,
        padlock::Padlock,
        privacy::account::{Advice, Axis, Line, MONTH, Tip},
    },
    locale::{
        Words, account as words,
        account::AccountWords,
        awards::{self, AwardWords},
    },
    service::{
        account::{AccountPage, Trend},
        view::Person,
    },
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

/// Tips at the top of the page.
const HELPS: usize = 4;
/// Days of the picture.
const DAYS: usize = 30;

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
    trend: Option<String>,
    days: Vec<Bar>,
    awards: Option<Awards>,
    unknown: Vec<(&'static str, String)>,
}

/// Something that would help.
struct Help {
    what: String,
    wins: String,
    ways: Vec<Way>,
}

/// Where something is done.
struct Way {
    does: &'static str,
    /// With whom, where it is about people: each is written to alone, so that none learns of the others.
    who: Option<String>,
    href: String,
}

/// The index of a day, for the picture and for the table.
struct Bar {
    day: String,
    points: u8,
    /// From the left, in hundredths of a day's width.
    x: usize,
    /// From the top, of 100.
    y: u8,
}

/// The milestones.
struct Awards {
    t: &'static AwardWords,
    so_far: String,
    list: Vec<(&'static str, &'static str, bool)>,
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
    shell::page(&view(&site, s, page))
}

/// "+3 since last month", "−2 since 12 May".
fn trend(site: &Site, w: &Words, trend: Trend) -> String {
    let a = &w.account;
    let by = match trend.by {
        by @ 1.. => format!("+{by}"),
        0 => return a.trend_same.replace("{when}", &since(site, w, trend.since)),
        by => format!("\u{2212}{}", by.unsigned_abs()),
    };
    a.trend.replace("{by}", &by).replace("{when}", &since(site, w, trend.since))
}

fn since(site: &Site, w: &Words, then: i64) -> String {
    if site.zone.number(site.now()).saturating_sub(then) >= MONTH / (24 * 3600) {
        return w.account.trend_month.to_owned();
    }
    w.inside(&site.zone.say(w, site.zone.noon(then), site.now()).day)
}

fn bars(site: &Site, w: &Words, daily: &[(i64, u8)]) -> Vec<Bar> {
    let last = daily.get(daily.len().saturating_sub(DAYS)..).unwrap_or_default();
    let bar = |(at, (day, points)): (usize, &(i64, u8))| Bar {
        day: site.zone.say(w, site.zone.noon(*day), site.now()).day,
        points: *points,
        x: at * 10,
        y: 100_u8.saturating_sub(*points),
    };
    last.iter().enumerate().map(bar).collect()
}

fn awards(site: &Site, w: &Words, reached: &[Award]) -> Option<Awards> {
    let t = awards::words(w.lang);
    let list = Award::ALL.into_iter().map(|award| {
        let (name, what) = awards::award(w.lang, award);
        (name, what, reached.contains(&award))
    });
    (!site.services.preferences.now().no_awards).then(|| Awards {
        t,
        so_far: w.count(&t.so_far, reached.len() as u64),
        list: list.collect(),
    })
}

fn view(site: &Site, s: Shell, page: AccountPage) -> Page {
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
            what: words::whom(w.lang, tip),
            wins: w.count(&a.helps_wins, tip.wins.into()),
            ways: ways(w, tip.advice, &page),
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
        trend: page.trend.map(|it| trend(site, w, it)),
        days: bars(site, w, &page.daily),
        awards: awards(site, w, &page.reached),
        unknown: unknown
            .map(|line| (words::line(w.lang, line.id), words::reason(w.lang, line.id, line.reason)))
            .collect(),
        a,
        s,
    }
}

/// Where what is advised is done, and with whom.
fn ways(w: &Words, advice: Advice, page: &AccountPage) -> Vec<Way> {
    let a = &w.account;
    let each = |people: &[Person], does: &'static str, at: &dyn Fn(&str) -> String| {
        let way = |person: &Person| Way {
            does,
            who: Some(Named::of(w, person).name),
            href: at(person.address.as_str()),
        };
        people.iter().map(way).collect()
    };
    match advice {
        Advice::AskForKeys => each(&page.keyless, a.ask, &asking),
        Advice::CompareKeys => each(&page.uncompared, a.compare, &|address| {
            format!("/settings/keys/people/{}", shell::encoded(address))
        }),
        _ => place(advice)
            .map(|href| Way {
                does: a.helps_do,
                who: None,
                href: href.to_owned(),
            })
            .into_iter()
            .collect(),
    }
}

/// Where somebody is asked for their key: a message to them that is written already, to be looked over and sent.
pub(super) fn asking(address: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("to", address)
        .append_pair("ask", "key")
        .finish();
    format!("/write?{query}")
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

/// What a tip of this name advises.
pub(super) fn advice(name: &str) -> Option<Advice> {
    Advice::ALL.iter().copied().find(|advice| advice.as_str() == name)
}

/// The tip that is shown by itself: the one that would help most of those that lead somewhere and were not answered.
pub(super) fn tip(site: &Site, w: &Words) -> Option<Shown> {
    let preferred = site.services.preferences.now();
    if preferred.no_tips {
        return None;
    }
    let open = |tip: &Tip| !preferred.answered.iter().any(|answered| answered == tip.advice.as_str());
    let mut tips = site.services.account.tips().into_iter().filter(open);
    tips.find_map(|tip| {
        Some(Shown {
            name: tip.advice.as_str(),
            text: words::tip(w.lang, tip),
            href: place(tip.advice)?,
        })
    })
}

/// A tip, shown by itself.
pub(super) struct Shown {
    pub(super) name: &'static str,
    pub(super) text: String,
    pub(super) href: &'static str,
}

/// The page where a tip is followed, where it is one of ours.
fn place(advice: Advice) -> Option<&'static str> {
    match advice {
        Advice::Passkey | Advice::Passphrase => Some("/settings/security"),
        Advice::StayLocked => Some("/settings/locks"),
        Advice::RaiseDevice => Some("/devices"),
        Advice::RaiseContacts => Some("/contacts"),
        Advice::AskForKeys | Advice::CompareKeys => Some("/privacy#helps"),
        Advice::PublishKey => Some("/settings/dns"),
        Advice::Service => Some("/privacy/service"),
        Advice::MakeKey | Advice::StrongerKey | Advice::BackUpKey | Advice::RenewKey => Some("/settings/keys"),
        Advice::Encrypt => Some("/settings/keys/people"),
        Advice::BackUp => Some("/settings/backup"),
    }
}
