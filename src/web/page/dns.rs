//! `/settings/dns`: what the world must find so that mail arrives, leaves and is believed: each check with what was
//! seen and what is wanted, as text that can be selected without a script, and all of it as a zone file.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    domain::check::{Check, Finding, Group, State},
    locale::{
        Words,
        checks::{self, CheckWords},
    },
    service::checks::{Checks, Stands},
};
use askama::Template;
use http::{HeaderValue, header};
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/dns.html")]
struct Page {
    s: Shell,
    c: &'static CheckWords,
    domain: String,
    when: String,
    done: Option<&'static str>,
    summary: Option<String>,
    groups: Vec<Grouped>,
    /// Whether the policy binds.
    bound: bool,
}

/// A group of checks, set out for a page.
pub(super) struct Grouped {
    pub(super) name: &'static str,
    pub(super) slug: &'static str,
    pub(super) rows: Vec<Row>,
}

/// A check, set out for a page.
pub(super) struct Row {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) state: &'static str,
    /// For the eye: a class of `.line`.
    pub(super) shape: &'static str,
    pub(super) finding: &'static str,
    pub(super) purpose: &'static str,
    pub(super) seen: Vec<String>,
    pub(super) says_nothing: bool,
    pub(super) wanted: Vec<Wanted>,
    /// Whether what is wanted is shown at once.
    pub(super) open: bool,
}

/// A record to publish.
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) value: String,
}

/// Every check by its group; a group without checks is left out.
pub(super) fn groups(w: &Words, stands: &Stands) -> Vec<Grouped> {
    let grouped = Group::ALL.into_iter().map(|group| Grouped {
        name: checks::group(w.lang, group),
        slug: match group {
            Group::Reach => "reach",
            Group::Records => "records",
            Group::Service => "service",
            Group::Machine => "machine",
        },
        rows: stands
            .checks
            .iter()
            .filter(|check| check.id.group() == group)
            .map(|check| row(w, check, stands.at.is_none()))
            .collect(),
    });
    grouped.filter(|group| !group.rows.is_empty()).collect()
}

fn row(w: &Words, check: &Check, never: bool) -> Row {
    let state = check.state();
    let wanted = check.wanted.iter().map(|entry| Wanted {
        name: entry.name.clone(),
        kind: entry.kind,
        value: entry.value.clone(),
    });
    Row {
        id: check.id.as_str(),
        name: checks::name(w.lang, check.id),
        state: checks::state(w.lang, state),
        shape: match state {
            State::Ok => "won",
            State::Attention => "part",
            State::Todo => "minus",
            State::Unknown => "unknown",
        },
        finding: if never {
            checks::words(w.lang).never
        } else {
            checks::finding(w.lang, check.id, check.finding)
        },
        purpose: checks::purpose(w.lang, check.id),
        says_nothing: check.finding == Finding::Missing && check.seen.is_empty(),
        seen: check.seen.clone(),
        wanted: wanted.collect(),
        open: state != State::Ok,
    }
}

/// `GET /settings/dns`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let s = Shell::of(&site, &visit, Section::Settings);
    let c = checks::words(s.w.lang);
    let known = &site.services.checks;
    let stands = known.last();
    let when = match stands.at {
        Some(at) => c.checked.replace("{when}", &site.zone.say(s.w, at, site.now()).moment),
        None => c.never.to_owned(),
    };
    let summary = stands.at.map(|_| match stands.todo() {
        0 => c.all_well.to_owned(),
        many => s.w.count(&c.todo, many as u64),
    });
    let done = match visit.asked("done").as_str() {
        "1" => Some(c.looked),
        "2" => Some(c.policy_done),
        _ => None,
    };
    shell::page(&Page {
        domain: known.domain().to_owned(),
        when,
        done,
        summary,
        groups: groups(s.w, &stands),
        bound: known.policy().await?.mode == crate::codec::mta_sts::Mode::Enforce,
        c,
        s,
    })
}

/// `POST /settings/dns`: looks again now, notes what changed, or has the policy bind or not.
pub(in crate::web) async fn act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let known = &site.services.checks;
    match visit.field("do") {
        "look" => {
            known.look().await?;
            Ok(shell::see_other("/settings/dns?done=1"))
        }
        "noted" => {
            known.acknowledge().await?;
            Ok(shell::see_other("/settings/dns"))
        }
        choice @ ("bind" | "test") => {
            known.set_policy(choice == "bind").await?;
            site.services.journal.note(
                crate::domain::journal::Event::SettingChanged,
                visit.peer.address.ip(),
                visit.visitor.session.as_ref().map(|session| session.device),
            );
            known.look().await?;
            Ok(shell::see_other("/settings/dns?done=2"))
        }
        _ => Err(Problem::NoForm),
    }
}

/// `GET /settings/dns/zone`: the records as a file.
pub(in crate::web) async fn zone(site: Arc<Site>, _visit: Visit) -> Result<Response, Problem> {
    let known = &site.services.checks;
    let mut response = Response::new(known.zone_file().await?.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let named = HeaderValue::from_str(&format!("attachment; filename=\"{}.zone\"", known.domain()));
    headers.insert(
        header::CONTENT_DISPOSITION,
        named.unwrap_or(HeaderValue::from_static("attachment; filename=\"caliopen.zone\"")),
    );
    Ok(response)
}

/// What changed, for the notice on every page: the names of the checks.
pub(in crate::web) fn news(w: &Words, known: &Checks) -> Option<String> {
    let news = known.news();
    let names: Vec<&str> = news.iter().map(|id| checks::name(w.lang, *id)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::check::Id, locale::Lang};

    #[test]
    fn every_check_is_on_the_page_once() {
        let stands = Stands {
            checks: Id::ALL.iter().map(|id| Check::plain(*id, Finding::Missing)).collect(),
            ..Stands::default()
        };
        for lang in Lang::ALL {
            let groups = groups(lang.words(), &stands);
            let shown: Vec<&str> = groups.iter().flat_map(|group| group.rows.iter().map(|row| row.id)).collect();
            assert_eq!(shown.len(), Id::ALL.len());
            assert_eq!(groups.len(), Group::ALL.len());
        }
    }
}
