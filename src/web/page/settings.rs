//! `/settings`: every page on which something is set, from one table. A new one is a new row here, and nothing else:
//! the header leads to this page only. Absent on purpose: settings themselves.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::locale::{
    Lang, Words, announcing, backup, certificates, checks, compose,
    devices::journal,
    keys, mailboxes, moving, networks, notifications, preferences, reports, sending,
    settings::{self as words, SettingsWords},
    updates, world,
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

/// What a setting is about, in the order of the page; its place is that of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    /// The owner and the look of the site.
    You,
    /// Signing in.
    ComingIn,
    /// OpenPGP.
    Keys,
    /// What becomes of mail.
    Mail,
    /// How it leaves, and the domain.
    Sending,
    /// What is noted.
    Memory,
    /// The whole of it.
    Box,
}

/// One page of settings.
struct Setting {
    at: &'static str,
    group: Group,
    /// What its page is called.
    name: fn(&Words) -> &'static str,
    /// What it is for, in one sentence.
    says: fn(&Words) -> &'static str,
}

fn t(w: &Words) -> &'static SettingsWords {
    words::words(w.lang)
}

macro_rules! settings {
    ($($at:literal $group:ident $name:expr, $says:expr;)*) => {
        &[$(Setting { at: $at, group: Group::$group, name: $name, says: $says },)*]
    };
}

/// All of them: address, group, name, sentence.
static SETTINGS: &[Setting] = settings! {
    "/settings/preferences" You |w| preferences::words(w.lang).title, |w| preferences::words(w.lang).says;
    "/settings/notifications" You |w| notifications::words(w.lang).title, |w| notifications::words(w.lang).says;
    "/settings/writing" You |w| compose::words(w.lang).habits, |w| t(w).writing;
    "/settings/views" You |w| w.search.views, |w| t(w).views;
    "/settings/security" ComingIn |w| w.security.title, |w| t(w).security;
    "/devices" ComingIn |w| w.devices.title, |w| t(w).devices;
    "/settings/recovery" ComingIn |w| w.custody.recovery, |w| t(w).recovery;
    "/settings/locks" ComingIn |w| w.custody.locks, |w| t(w).locks;
    "/settings/keys" Keys |w| keys::words(w.lang).title, |w| t(w).keys;
    "/settings/keys/people" Keys |w| keys::words(w.lang).people, |w| t(w).people_keys;
    "/settings/keys/card" Keys |w| keys::finding::words(w.lang).card, |w| keys::finding::words(w.lang).says_card;
    "/settings/keys/scan" Keys |w| keys::finding::words(w.lang).scan, |w| keys::finding::words(w.lang).says_scan;
    "/settings/tags" Mail |w| w.tags.title, |w| t(w).tags;
    "/settings/rules" Mail |w| w.tags.rules, |w| t(w).rules;
    "/door" Mail |w| w.living.door, |w| w.living.door_sentence;
    "/settings/networks" Mail |w| networks::words(w.lang).title, |w| t(w).networks;
    "/contacts/import" Mail |w| w.contacts.import_title, |w| t(w).contacts_import;
    "/settings/mailboxes" Mail |w| mailboxes::words(w.lang).title, |w| mailboxes::words(w.lang).says;
    "/settings/sending" Sending |w| sending::words(w.lang).way, |w| t(w).sending;
    "/settings/address" Sending |w| announcing::words(w.lang).title, |w| announcing::words(w.lang).sentence;
    "/settings/certificate" Sending |w| certificates::words(w.lang).title, |w| certificates::words(w.lang).sentence;
    "/settings/dns" Sending |w| checks::words(w.lang).title, |w| checks::words(w.lang).sentence;
    "/reports" Sending |w| reports::words(w.lang).title, |w| t(w).reports;
    "/journal" Memory |w| journal::words(w.lang).title, |w| t(w).journal;
    "/ledger" Memory |w| sending::ledger(w.lang).title, |w| t(w).ledger;
    "/settings/world" Sending |w| world::words(w.lang).title, |w| world::words(w.lang).sentence;
    "/settings/backup" Box |w| backup::words(w.lang).title, |w| backup::words(w.lang).sentence;
    "/settings/updates" Box |w| updates::words(w.lang).title, |w| updates::words(w.lang).sentence;
    "/settings/import" Box |w| moving::words(w.lang).import_title, |w| moving::words(w.lang).import_says;
    "/settings/export" Box |w| moving::words(w.lang).export_title, |w| moving::words(w.lang).export_says;
    "/settings/erase" Box |w| w.custody.erase, |w| t(w).erase;
};

#[derive(Template)]
#[template(path = "page/settings.html")]
struct Page {
    s: Shell,
    t: &'static SettingsWords,
    groups: Vec<Grouped>,
}

struct Grouped {
    name: &'static str,
    rows: Vec<Row>,
}

struct Row {
    at: &'static str,
    name: &'static str,
    says: &'static str,
}

/// The groups with their rows, in the order of the table.
fn groups(lang: Lang) -> Vec<Grouped> {
    use Group::{Box, ComingIn, Keys, Mail, Memory, Sending, You};
    let all = [You, ComingIn, Keys, Mail, Sending, Memory, Box];
    let row = |setting: &Setting| Row {
        at: setting.at,
        name: (setting.name)(lang.words()),
        says: (setting.says)(lang.words()),
    };
    let grouped = all.into_iter().map(|group| Grouped {
        name: words::group(lang, group as usize),
        rows: SETTINGS.iter().filter(|setting| setting.group == group).map(row).collect(),
    });
    grouped.filter(|group| !group.rows.is_empty()).collect()
}

/// `GET /settings`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let s = Shell::of(&site, &visit, Section::Settings);
    shell::page(&Page {
        t: words::words(s.w.lang),
        groups: groups(s.w.lang),
        s,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::routes::ROUTES;
    use http::Method;

    #[test]
    fn every_page_of_settings_stands_on_it_once_and_leads_somewhere() {
        for lang in Lang::ALL {
            let shown: Vec<Row> = groups(lang).into_iter().flat_map(|group| group.rows).collect();
            assert_eq!(shown.len(), SETTINGS.len(), "each has a group");
            for row in &shown {
                assert!(
                    ROUTES.iter().any(|route| route.method == Method::GET && route.pattern == row.at),
                    "{}",
                    row.at
                );
                assert!(!row.name.is_empty() && row.says.ends_with('.'), "{}", row.at);
                assert_eq!(shown.iter().filter(|other| other.at == row.at).count(), 1);
            }
        }
        // What has an address of its own under /settings is found here.
        let own = |route: &&crate::web::routes::Route| {
            let at = route.pattern;
            route.method == Method::GET && at.strip_prefix("/settings/").is_some_and(|rest| !rest.contains('/'))
        };
        for route in ROUTES.iter().filter(own) {
            assert!(
                SETTINGS.iter().any(|setting| setting.at == route.pattern),
                "{} is not on the page of all settings",
                route.pattern
            );
        }
    }
}
