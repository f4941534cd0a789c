//! `/settings/preferences`: language, zone and look on every device, how messages are shown, what is told by itself, and
//! how long this box remembers. Forgetting sooner is for a device that was let in, as in the journal.

use super::{
    super::{
        Site, guard,
        problem::Problem,
        shell::{self, Section, Shell, Theme},
        visit::Visit,
        when::Zone,
    },
    devices::here,
};
use crate::{
    domain::journal::Event,
    locale::{
        Lang,
        preferences::{self as words, PreferenceWords},
    },
    store::record::{KEPT_AT_MOST, Preferred},
};
use askama::Template;
use http::{StatusCode, header};
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/preferences.html")]
struct Page {
    s: Shell,
    p: &'static PreferenceWords,
    saved: bool,
    languages: Vec<Choice>,
    themes: Vec<Choice>,
    zones: Vec<Region>,
    /// Whether the zone is this machine's.
    machine: bool,
    zone_error: Option<&'static str>,
    now: String,
    preferred: Preferred,
    journal_days: String,
    ledger_days: String,
    bin_days: String,
    days_error: Option<&'static str>,
}

struct Choice {
    code: &'static str,
    word: &'static str,
    on: bool,
}

/// The zones of one part of the world.
struct Region {
    name: String,
    zones: Vec<(String, String, bool)>,
}

/// What was refused of the two forms, with what was typed.
#[derive(Default)]
struct Refused {
    preferred: Option<Preferred>,
    zone: Option<&'static str>,
    /// Those of the journal, of the ledger and of the wastebasket.
    days: Option<([String; 3], &'static str)>,
}

/// `GET /settings/preferences`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    page(&site, &visit, Refused::default()).await
}

async fn page(site: &Site, visit: &Visit, refused: Refused) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Settings);
    let p = words::words(s.w.lang);
    let is_refused = refused.preferred.is_some() || refused.days.is_some();
    let preferred = refused.preferred.unwrap_or_else(|| (*site.services.preferences.now()).clone());
    let activity = site.services.journal.activity().await?;
    let (days, days_error) = match refused.days {
        Some((days, error)) => (days, Some(error)),
        None => {
            let days = [activity.days, preferred.ledger_days, site.services.acts.bin_days()?];
            (days.map(|days| days.to_string()), None)
        }
    };
    let [journal_days, ledger_days, bin_days] = days;
    let shown = Page {
        saved: visit.asked("saved") == "1",
        languages: languages(p, &preferred.lang),
        themes: themes(&s, &preferred.theme),
        zones: regions(p, &preferred.zone),
        machine: preferred.zone.is_empty(),
        zone_error: refused.zone,
        now: p.now.replace("{when}", &site.zone.say(s.w, site.now(), site.now()).long),
        journal_days,
        ledger_days,
        bin_days,
        days_error,
        preferred,
        p,
        s,
    };
    let mut response = shell::page(&shown)?;
    if is_refused {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn languages(p: &'static PreferenceWords, chosen: &str) -> Vec<Choice> {
    let any = Choice {
        code: "",
        word: p.as_browser,
        on: chosen.is_empty(),
    };
    let each = Lang::ALL.into_iter().map(Lang::words).map(|w| Choice {
        code: w.code,
        word: w.name,
        on: w.code == chosen,
    });
    std::iter::once(any).chain(each).collect()
}

fn themes(s: &Shell, chosen: &str) -> Vec<Choice> {
    let each = s.themes().map(|(code, word, _)| Choice {
        code,
        word,
        on: code == chosen || (chosen.is_empty() && code == Theme::default().code()),
    });
    each.collect()
}

/// Every zone, by the part of the world that its name begins with.
fn regions(p: &PreferenceWords, chosen: &str) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    for name in Zone::names() {
        let (region, place) = name.split_once('/').unwrap_or((p.zone_other, &name));
        let zone = (name.clone(), place.replace('_', " ").replace('/', " – "), name == chosen);
        match regions.iter_mut().find(|known| known.name == region) {
            Some(known) => known.zones.push(zone),
            None => regions.push(Region {
                name: region.to_owned(),
                zones: vec![zone],
            }),
        }
    }
    regions
}

/// `POST /settings/preferences`. What holds everywhere holds here too: what this browser had chosen for itself goes.
pub(in crate::web) async fn save(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let on = |name: &str| visit.field(name) == "1";
    let lang = Lang::of_code(visit.field("lang")).map_or("", |lang| lang.words().code);
    let theme = Theme::of_code(visit.field("theme")).unwrap_or_default().code();
    let zone = visit.field("zone").to_owned();
    let (plain, keys, live, tips, awards) = (on("plain"), on("keys"), on("live"), on("tips"), on("awards"));
    let put = move |preferred: &mut Preferred| {
        preferred.lang = lang.to_owned();
        preferred.theme = theme.to_owned();
        preferred.zone.clone_from(&zone);
        preferred.plain = plain;
        preferred.no_keys = !keys;
        preferred.no_live = !live;
        preferred.no_tips = !tips;
        preferred.no_awards = !awards;
    };
    if !visit.field("zone").is_empty() && !Zone::is_known(visit.field("zone")) {
        let mut preferred = (*site.services.preferences.now()).clone();
        put(&mut preferred);
        preferred.zone.clear();
        let refused = Refused {
            preferred: Some(preferred),
            zone: Some(words::words(visit.lang).zone_wrong),
            ..Refused::default()
        };
        return page(&site, &visit, refused).await;
    }
    site.services.preferences.change(put).await?;
    let mut response = shell::see_other("/settings/preferences?saved=1");
    for name in ["lang", "theme"] {
        if let Some(cookie) = guard::no_setting_cookie(name, visit.peer.secure) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

/// `POST /settings/preferences/kept`: how long the journal, the ledger and the wastebasket are kept.
pub(in crate::web) async fn keep(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let me = here(&visit);
    let typed = |name: &str| visit.field(name).trim().chars().take(8).collect::<String>();
    let refused = |error| Refused {
        days: Some((["journal", "ledger", "bin"].map(typed), error)),
        ..Refused::default()
    };
    if !site.services.devices.is_verified(me) {
        let error = crate::locale::devices::words(visit.lang).not_verified;
        return page(&site, &visit, refused(error)).await;
    }
    let days = |name: &str| typed(name).parse().ok().filter(|days| (1..=KEPT_AT_MOST).contains(days));
    let (Some(journal), Some(ledger), Some(bin)) = (days("journal"), days("ledger"), days("bin")) else {
        return page(&site, &visit, refused(words::words(visit.lang).days_wrong)).await;
    };
    site.services.journal.keep_for(journal).await?;
    site.services.preferences.keep_ledger(ledger, site.services.ledgers.today()).await?;
    site.services.acts.keep_bin_for(bin).await?;
    site.services.journal.note(Event::KeptChanged, visit.peer.address.ip(), Some(me));
    Ok(shell::see_other("/settings/preferences?saved=1#kept"))
}

/// `POST /tips/:name`: "OK, got it".
pub(in crate::web) async fn answer(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let tip = super::account::advice(visit.part(0)).ok_or(Problem::NotFound)?;
    site.services.preferences.answer(tip.as_str().to_owned()).await?;
    Ok(shell::see_other(super::super::visit::safe_next(visit.field("back")).unwrap_or("/")))
}
