//! What a message would be worth, beside the form: everyone's padlock, the index, and the button that says what will
//! happen. The same part of a page stands in the form and comes alone, for the script that puts it there anew.

use super::{
    super::{
        super::{Site, problem::Problem, shell, visit::Visit},
        Badge, Lock, Named,
        account::asking,
        calm, lines,
    },
    Axis, Opened, open,
};
use crate::{
    domain::{
        draft::Draft,
        fact::Fact,
        padlock::Padlock,
        privacy::{
            evidence::{Direction, KeyState, Tls},
            message::{Reason, Who},
        },
    },
    locale::{
        Words,
        compose::{self, ComposeWords},
        privacy,
    },
    service::compose::{Checked, Preview, Standing},
};
use askama::Template;
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;
use warp::reply::Response;

/// What is told of a message that would be sent now.
pub(in crate::web::page) struct Panel {
    pub(super) w: &'static Words,
    pub(super) c: &'static ComposeWords,
    pub(super) people: Vec<Row>,
    pub(in crate::web::page) travels: &'static str,
    pub(super) because: Option<String>,
    /// What the discussion has been held to, where this would be less, and with whom.
    pub(super) has_been: Option<(String, Lock)>,
    /// That it is the owner's own key which is missing, where others have theirs.
    pub(super) keyless: Option<&'static str>,
    pub(super) badge: Badge,
    pub(in crate::web::page) lock: Lock,
    /// The ceiling that the index is under.
    pub(super) limit: Option<String>,
    /// What would win the most, and where it is done.
    pub(super) best: Option<(String, Option<String>)>,
    pub(super) axes: Vec<Axis>,
    pub(super) checked: Option<String>,
    pub(super) asks: bool,
    /// Who passes it on, and what they see.
    pub(super) passed_on: Option<String>,
    pub(super) too_large: Option<String>,
    pub(super) before: Option<(String, String)>,
    pub(in crate::web::page) button: &'static str,
    pub(in crate::web::page) rung: u8,
    pub(super) saved: Option<String>,
    /// Where the draft is, where it was changed on another page since this one was opened.
    pub(super) overtaken: Option<String>,
}

/// One person.
pub(super) struct Row {
    pub(super) name: Named,
    pub(super) address: String,
    pub(super) lock: Lock,
    pub(super) notes: String,
    pub(super) owner: bool,
    /// Where they are asked for a key, if none is known.
    pub(super) ask: Option<String>,
}

impl Panel {
    pub(in crate::web::page) fn of(site: &Site, w: &'static Words, preview: &Preview) -> Self {
        let c = compose::words(w.lang);
        let leaves = !preview
            .index
            .lines
            .iter()
            .any(|line| matches!(line.reason, Reason::NeverLeft | Reason::Tls(_, Direction::Local)));
        let weakest = preview.readers().filter(|standing| standing.padlock <= preview.padlock);
        let names: Vec<String> = weakest.map(|standing| calm(&standing.person.name)).take(5).collect();
        let best = preview.readers().map(|standing| standing.padlock).max().unwrap_or_default();
        let because = (best > preview.padlock && !names.is_empty()).then(|| {
            let because = c.because.replace("{who}", &names.join(", "));
            // Whoever could be written to in an envelope loses it to the others.
            if best >= Padlock::Envelope && preview.padlock < Padlock::Envelope {
                format!("{because} {}", c.lower_others)
            } else {
                because
            }
        });
        let tips = preview.index.lines.iter().filter_map(|line| Some((line, line.tip.as_ref()?)));
        // What nobody can do is nothing to do.
        let most = tips.filter(|(_, tip)| tip.who != Who::Nobody).max_by_key(|(_, tip)| tip.wins);
        Self {
            people: preview
                .people
                .iter()
                .map(|standing| row(w, c, standing, preview.passed_on_by.is_some()))
                .collect(),
            travels: c.travels(preview.padlock, leaves),
            because,
            has_been: (preview.agreed > preview.padlock).then(|| {
                let with = preview.agreed_with.as_ref();
                let words = with.map_or(c.has_been.to_owned(), |person| {
                    c.has_been_with.replace("{who}", &calm(&person.name))
                });
                (words, Lock::of(w, preview.agreed))
            }),
            keyless: (!preview.own_key && preview.people.iter().any(has_key)).then_some(c.keyless),
            badge: Badge::of(preview.index.points),
            lock: Lock::of(w, preview.padlock),
            limit: lines::limit(w, &preview.index),
            best: most.map(|(line, tip)| (privacy::tip(w.lang, tip), lines::place(line))),
            axes: lines::axes(w, &preview.index),
            checked: match preview.checked {
                Checked::NotNeeded => None,
                Checked::Never => Some(c.never_checked.to_owned()),
                Checked::At(at) => Some(c.checked_at.replace("{time}", &site.zone.say(w, at, site.now()).long)),
            },
            asks: preview.checked != Checked::NotNeeded,
            passed_on: preview.passed_on_by.as_ref().map(|host| {
                let sees = if preview.padlock >= Padlock::Envelope {
                    c.passed_on_sealed
                } else {
                    c.passed_on
                };
                sees.replace("{host}", host)
            }),
            too_large: preview.too_large.map(|size| c.too_large.replace("{size}", &w.octets(size))),
            before: preview.discussion.as_ref().map(|(id, subject)| {
                let subject = calm(subject);
                let subject = if subject.is_empty() { w.no_subject.to_owned() } else { subject };
                (format!("/discussions/{id}"), subject)
            }),
            button: c.button(preview.padlock, leaves),
            rung: preview.padlock as u8,
            saved: None,
            overtaken: None,
            w,
            c,
        }
    }
}

/// Whether they have a key that can be used.
fn has_key(standing: &Standing) -> bool {
    standing.key.known().is_some_and(|state| state >= KeyState::Usable)
}

fn row(w: &Words, c: &ComposeWords, standing: &Standing, passed_on: bool) -> Row {
    let key = match standing.key {
        Fact::Known(KeyState::Verified) => c.key_verified,
        Fact::Known(KeyState::Usable) => c.key_usable,
        Fact::Known(KeyState::Missing) => c.key_missing,
        // It is used, and that is all that is known of it.
        Fact::Unknown if standing.padlock >= Padlock::Envelope => c.key_claimed,
        Fact::Unknown => c.key_unknown,
    };
    let way = match standing.strict {
        _ if passed_on => c.way_passed_on,
        Fact::Known(true) => c.way_strict,
        Fact::Known(false) => c.way_loose,
        Fact::Unknown => c.way_unknown,
    };
    Row {
        name: Named::of(w, &standing.person),
        address: standing.person.address.to_string(),
        lock: Lock::of(w, standing.padlock),
        notes: if standing.person.owner {
            c.is_you.to_owned()
        } else {
            let last = standing.last.map(|(tls, quantum)| {
                let at = match tls {
                    Tls::None => 0,
                    Tls::Weak => 1,
                    Tls::V1_2 => 2,
                    Tls::V1_3 => 3,
                };
                let words = c.last.get(at).copied().unwrap_or_default();
                if quantum {
                    format!(" · {words}, {}", c.last_quantum)
                } else {
                    format!(" · {words}")
                }
            });
            format!("{key} · {way}{}", last.unwrap_or_default())
        },
        owner: standing.person.owner,
        ask: ask(standing),
    }
}

/// Where somebody is asked for a key, if none is known.
pub(super) fn ask(standing: &Standing) -> Option<String> {
    (!has_key(standing) && !standing.person.owner).then(|| asking(standing.person.address.as_str()))
}

#[derive(Template)]
#[template(path = "part/panel.html")]
struct Fragment {
    panel: Panel,
}

/// `GET /write/ID/preview`: the part alone, for the script.
pub(in crate::web) async fn fragment(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let draft = match open(&site, &visit, visit.number(0)?).await? {
        Opened::Draft(draft) => draft,
        Opened::Elsewhere(_) => return Err(Problem::NotFound),
    };
    let preview = site.services.compose.preview(&draft).await?;
    let w = visit.lang.words();
    let mut panel = Panel::of(&site, w, &preview);
    let now = site.zone.say(w, site.now(), site.now()).short;
    panel.saved = Some(panel.c.saved_at.replace("{time}", &now));
    alone(panel)
}

/// The part alone for what was not kept, because its draft was changed on another page since this one was opened (409).
pub(super) async fn overtaken(site: &Site, visit: &Visit, id: u64, draft: &Draft) -> Result<Response, Problem> {
    let preview = site.services.compose.preview(draft).await?;
    let mut panel = Panel::of(site, visit.lang.words(), &preview);
    panel.saved = Some(panel.c.elsewhere_auto.to_owned());
    panel.overtaken = Some(format!("/write/{id}"));
    let mut response = alone(panel)?;
    *response.status_mut() = StatusCode::CONFLICT;
    Ok(response)
}

fn alone(panel: Panel) -> Result<Response, Problem> {
    let mut response = shell::html(Fragment { panel }.render()?);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
