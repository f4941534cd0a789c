//! `/settings/backup`: where everything is kept once more, how often, when it was last made and last seen to be restored, and
//! what went wrong, in words.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use crate::{
    domain::{
        backup::{Kind, Often, Standing},
        journal::Event,
        time::Time,
    },
    locale::backup::{self as words, BackupWords},
    service::backup::{View, Wish, Wrong},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;
use zeroize::Zeroizing;

/// Octets in a KB, as lines are sold.
const KB: u64 = 1000;

#[derive(Template)]
#[template(path = "page/backup.html")]
struct Page {
    s: Shell,
    t: &'static BackupWords,
    done: Option<&'static str>,
    error: Option<(&'static str, &'static str)>,
    on: Option<On>,
    kinds: Vec<(&'static str, &'static str, bool)>,
    often: Vec<(&'static str, &'static str, bool)>,
    form: Typed,
    command: String,
}

/// How it stands, where backups are on.
struct On {
    /// Whether it stands well, and the sentence.
    good: bool,
    says: String,
    /// More sentences.
    more: Vec<&'static str>,
    busy: bool,
    /// Whether it goes with the disk of the box.
    same_disk: bool,
    /// What could not be removed there.
    untidy: Option<String>,
    /// What the code on an older sheet still opens.
    older_code: Option<&'static str>,
    last: Option<(String, String)>,
    proven: Option<String>,
    kept: String,
}

/// What was typed, or what is set.
#[derive(Default)]
struct Typed {
    at: String,
    user: String,
    region: String,
    limit: String,
}

/// `GET /settings/backup`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = words::words(visit.lang);
    let done = match visit.asked("done").as_str() {
        "1" => Some(t.done_on),
        "2" => Some(t.done_off),
        "3" => Some(t.asked),
        _ => None,
    };
    page(&site, &visit, done, None).await
}

async fn page(site: &Site, visit: &Visit, done: Option<&'static str>, wrong: Option<Wrong>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Settings);
    let t = words::words(s.w.lang);
    let view = site.services.backups.view().await?;
    let (kind, often, form) = match (&wrong, &view) {
        (None, Some(view)) => (view.kind, view.often, set(view)),
        (None, None) => (
            Kind::Folder,
            Often::Daily,
            Typed {
                limit: "0".to_owned(),
                ..Typed::default()
            },
        ),
        (Some(_), _) => (
            Kind::of(visit.field("kind")).unwrap_or(Kind::Folder),
            Often::of(visit.field("often")).unwrap_or_default(),
            Typed {
                at: visit.field("at").chars().take(1_000).collect(),
                user: visit.field("user").chars().take(1_000).collect(),
                region: visit.field("region").chars().take(1_000).collect(),
                limit: visit.field("limit").chars().take(12).collect(),
            },
        ),
    };
    let error = wrong.map(|wrong| match wrong {
        Wrong::Folder => ("at", t.wrong_folder),
        Wrong::Url => ("at", t.wrong_url),
        Wrong::Bucket => ("at", t.wrong_bucket),
        Wrong::Code => ("code", t.wrong_code),
        Wrong::Place(trouble) => ("at", words::trouble(s.w.lang, trouble)),
    });
    let option = if kind == Kind::Folder { "folder" } else { kind.as_str() };
    let shown = view.as_ref().map_or("…", |view| &view.at);
    let region = view.as_ref().map(|view| view.region.as_str()).filter(|region| !region.is_empty());
    let region = region.map(|region| format!(" --region {region}")).unwrap_or_default();
    let page = Page {
        command: format!("caliopen restore --data DIR --code-with FILE --{option} {shown}{region}"),
        on: view.as_ref().map(|view| on(site, &s, t, view)),
        kinds: Kind::ALL
            .map(|each| (each.as_str(), words::kind(s.w.lang, each), each == kind))
            .to_vec(),
        often: Often::ALL
            .map(|each| (each.as_str(), words::often(s.w.lang, each), each == often))
            .to_vec(),
        form,
        done,
        error,
        t,
        s,
    };
    let mut answer = shell::page(&page)?;
    if error.is_some() {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

fn set(view: &View) -> Typed {
    Typed {
        at: view.at.clone(),
        user: view.user.clone(),
        region: view.region.clone(),
        limit: (view.limit / KB).to_string(),
    }
}

/// That the last one was not made; without a time while another one is asked for and being made.
fn failed(t: &BackupWords, when: Option<&str>) -> String {
    match when {
        Some(when) => t.failed.replace("{when}", when),
        None => t.failed.replace(", {when},", ""),
    }
}

fn on(site: &Site, s: &Shell, t: &'static BackupWords, view: &View) -> On {
    let say = |at: Time| site.zone.say(s.w, at, site.now()).long;
    let history = &view.history;
    let standing = history.standing(view.often, site.now());
    let says = match standing {
        Standing::Waiting => t.waiting.to_owned(),
        Standing::Good if view.lacking > 0 => s.w.count(&t.lacking, view.lacking),
        Standing::Good => t.good.to_owned(),
        Standing::Untried => t.untried.to_owned(),
        Standing::Old => t.old.to_owned(),
        Standing::Failed(trouble) => {
            let when = view.tried.map(|at| site.zone.say(s.w, at, site.now()).moment);
            failed(t, when.as_deref()).replace("{why}", words::trouble(s.w.lang, trouble))
        }
        Standing::Unproven(trouble) => t.unproven.replace("{why}", words::trouble(s.w.lang, trouble)),
    };
    let more = match standing {
        Standing::Failed(_) if history.is_still_good() => vec![t.still, t.failed_again],
        Standing::Failed(_) => vec![t.failed_again],
        Standing::Unproven(trouble) if trouble.is_spoilt() => vec![t.unproven_mended],
        Standing::Unproven(_) => vec![t.unproven_again],
        _ => Vec::new(),
    };
    // A sheet that is newer than the last try is for the next one.
    let stays = history.untidy.is_some() && history.failed.is_none() && view.tried.is_some();
    let (messages, took, sent) = view.last;
    let last = history.made.map(|made| {
        let text = t
            .last_text
            .replace("{messages}", &s.w.count(&t.messages, messages))
            .replace("{seconds}", &s.w.count(&t.seconds, took))
            .replace("{size}", &s.w.octets(sent));
        (say(made), text)
    });
    On {
        good: standing == Standing::Waiting || (standing == Standing::Good && view.lacking == 0),
        says,
        more,
        busy: view.busy,
        same_disk: view.same_disk,
        untidy: history
            .untidy
            .map(|trouble| t.untidy.replace("{why}", words::trouble(s.w.lang, trouble))),
        older_code: view.code_waits.then_some(if stays { t.code_stays } else { t.code_waits }),
        last,
        proven: history.proven.map(say),
        kept: s
            .w
            .count(&t.kept_text, view.size.1.into())
            .replace("{size}", &s.w.octets(view.size.0)),
    }
}

/// `POST /settings/backup`
pub(in crate::web) async fn act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let backups = &site.services.backups;
    let note = || {
        let device = visit.visitor.session.as_ref().map(|session| session.device);
        site.services.journal.note(Event::SettingChanged, visit.peer.address.ip(), device);
    };
    let to = |done: u8| Ok(shell::see_other(&format!("/settings/backup?done={done}")));
    match visit.field("do") {
        "on" => {
            let wish = Wish {
                kind: Kind::of(visit.field("kind")),
                at: visit.field("at").to_owned(),
                user: visit.field("user").to_owned(),
                password: Zeroizing::new(visit.field("password").to_owned()),
                region: visit.field("region").to_owned(),
                often: Often::of(visit.field("often")).unwrap_or_default(),
                limit: visit.field("limit").trim().parse::<u64>().unwrap_or(0).saturating_mul(KB),
                code: Zeroizing::new(visit.field("code").to_owned()),
            };
            match backups.switch_on(wish).await? {
                Ok(()) => {
                    note();
                    to(1)
                }
                Err(wrong) => page(&site, &visit, None, Some(wrong)).await,
            }
        }
        "off" => {
            backups.switch_off().await?;
            note();
            to(2)
        }
        "now" => {
            backups.ask().await?;
            to(3)
        }
        _ => Err(Problem::NoForm),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;

    #[test]
    fn while_another_one_is_being_made_no_time_is_missing_from_the_sentence() {
        let said = |lang| failed(words::words(lang), None);
        assert_eq!(said(Lang::En), "The last backup was not made. {why}");
        assert_eq!(said(Lang::Fr), "La dernière sauvegarde n’a pas été faite. {why}");
        assert!(failed(words::words(Lang::En), Some("today")).starts_with("The last backup, today, was"));
    }
}
