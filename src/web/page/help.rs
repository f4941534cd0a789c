//! `/help`: the two signs, explained, and the keys.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        shortcut::SHORTCUTS,
        visit::Visit,
    },
    Badge, Lock,
};
use crate::{
    domain::{
        device::support,
        padlock::Padlock,
        privacy::device::{Advice, LineId},
    },
    locale::{
        Words, devices,
        help::{self, HelpWords},
        preferences::{self, PreferenceWords},
        welcome::{self, WelcomeWords},
    },
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

/// Points in the middle of each letter's range, for the picture, and the range in words.
const LETTERS: [(u8, &str); 5] = [(90, "81–100"), (70, "61–80"), (50, "41–60"), (30, "21–40"), (10, "0–20")];

#[derive(Template)]
#[template(path = "page/help.html")]
struct Page {
    s: Shell,
    rungs: Vec<Lock>,
    letters: Vec<(Badge, &'static str)>,
    unknown: Badge,
    keys: Vec<(&'static str, &'static str)>,
    device_lines: Vec<(&'static str, i16, Vec<&'static str>)>,
    table: String,
    h: &'static HelpWords,
    welcome: &'static WelcomeWords,
    topics: Vec<(String, &'static str, &'static str)>,
    p: &'static PreferenceWords,
}

/// `GET /help`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let s = Shell::of(&site, &visit, Section::Help);
    let w = s.w;
    let rungs = [Padlock::Postcard, Padlock::Mailbag, Padlock::Envelope, Padlock::Sealed];
    shell::page(&Page {
        rungs: rungs.into_iter().map(|rung| Lock::of(w, rung)).collect(),
        letters: LETTERS
            .into_iter()
            .map(|(points, range)| (Badge::of(Some(points)), range))
            .collect(),
        unknown: Badge::of(None),
        h: help::words(w.lang),
        welcome: welcome::words(w.lang),
        topics: super::help_topics::all(w),
        p: preferences::words(w.lang),
        device_lines: device_lines(w),
        table: w
            .devices
            .help_table
            .replace("{month}", &format!("{} {}", w.month(support::DATED.1), support::DATED.0)),
        keys: SHORTCUTS.iter().map(|shortcut| (shortcut.key, (shortcut.says)(w))).collect(),
        s,
    })
}

/// Every line of a device's index: its name, its points, what wins them.
fn device_lines(w: &Words) -> Vec<(&'static str, i16, Vec<&'static str>)> {
    let lines = LineId::ALL.iter().filter(|id| id.possible() > 0);
    lines
        .map(|id| {
            let advice: &[Advice] = match id {
                LineId::Credential => &[Advice::Passkey],
                LineId::Verified | LineId::Unverified => &[Advice::Verify],
                LineId::Session => &[Advice::Encrypt, Advice::NewerTls],
                LineId::System => &[Advice::Update, Advice::SayUpdated],
                LineId::Usage => &[Advice::Declare, Advice::LockIt, Advice::KeepItYours],
                LineId::Habits => &[Advice::SignOutSooner],
            };
            let says = advice.iter().map(|advice| devices::advice(w.lang, *advice)).collect();
            (devices::line(w.lang, *id), id.possible(), says)
        })
        .collect()
}
