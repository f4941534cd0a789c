//! `/write`: a message is written. One form for everything, so that it works without scripts: what a button is
//! called is what it does, and each of them keeps what was typed first.

mod beside;
mod lower;
mod panel;

pub(super) use beside::{Beside, Quick};
pub(in crate::web) use lower::{choose, lower};
pub(super) use panel::Panel;
pub(in crate::web) use panel::fragment;

use super::{
    super::{
        Site,
        parts::Trouble,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::{Visit, safe_next},
    },
    calm,
    devices::viewer,
    lines::Axis,
};
use crate::{
    domain::{
        draft::{self, About, Attached, Draft, MAX_TEXT, Picture},
        id::MessageId,
        padlock::Padlock,
    },
    locale::{
        Words,
        compose::{self, ComposeWords},
    },
    service::compose::{Beginning, Field, Found, Outcome, Started, Wrong},
    store::drafts::Saved,
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/write.html")]
struct Page {
    s: Shell,
    c: &'static ComposeWords,
    id: u64,
    title: &'static str,
    draft: Draft,
    /// The owner's addresses, and which it is from.
    froms: Vec<(String, bool)>,
    files: Vec<FileRow>,
    carried: Vec<FileRow>,
    people: Vec<String>,
    wrong: Vec<String>,
    kept: bool,
    /// When it was opened: what was kept of the draft elsewhere since is not overwritten.
    tab: u64,
    /// Whether something was.
    overtaken: bool,
    /// Whether the fields that are seldom needed are open.
    unfolded: bool,
    panel: Panel,
    back: Option<String>,
}

/// A file in the form.
struct FileRow {
    id: u64,
    name: String,
    size: String,
    note: Option<&'static str>,
}

impl FileRow {
    fn of(w: &Words, c: &'static ComposeWords, file: &Attached, tell: bool) -> Self {
        Self {
            id: file.id,
            name: calm(&file.name),
            size: w.octets(file.size),
            note: match file.picture {
                Picture::None => None,
                Picture::Clean => Some(c.picture_clean),
                Picture::Tells | Picture::Place if tell => Some(c.picture_kept),
                Picture::Tells => Some(c.picture_tells),
                Picture::Place => Some(c.picture_place),
                Picture::Unreadable => Some(c.picture_unreadable),
            },
        }
    }
}

impl Page {
    fn answers(&self) -> Option<MessageId> {
        match self.draft.about {
            About::Answers(id) => Some(id),
            _ => None,
        }
    }

    fn forwards(&self) -> Option<MessageId> {
        match self.draft.about {
            About::Forwards(id) => Some(id),
            _ => None,
        }
    }
}

/// `GET /write`: a new message (`?ask=key`: one that asks for a key), an answer (`?reply=`, `&all=1`), or something passed
/// on (`?forward=`, `&whole=1`).
pub(in crate::web) async fn begin(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let number = |name: &str| visit.asked(name).parse::<u64>().ok().map(MessageId);
    let beginning = match (number("reply"), number("forward")) {
        (Some(to), _) => Beginning::Answer {
            to,
            all: visit.asked("all") == "1",
            quick: false,
        },
        (None, Some(what)) => Beginning::Forward {
            what,
            whole: visit.asked("whole") == "1",
        },
        (None, None) if visit.asked("ask") == "key" => Beginning::AskForKey { to: visit.asked("to") },
        (None, None) => Beginning::New {
            to: visit.asked("to"),
            subject: visit.asked("subject"),
        },
    };
    let compose = &site.services.compose;
    let mut started = compose.start(beginning, visit.lang, viewer(&site, &visit)).await?;
    started.draft = compose.expanded(started.draft).await?;
    let id = compose.fresh();
    let page = view(&site, &visit, id, started).await?;
    shell::page(&page)
}

/// `GET /write/ID`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0)?;
    let draft = match open(&site, &visit, id).await? {
        Opened::Draft(draft) => draft,
        Opened::Elsewhere(response) => return Ok(response),
    };
    let started = Started {
        draft,
        ..Started::default()
    };
    let mut page = view(&site, &visit, id, started).await?;
    page.kept = visit.asked("kept") == "1";
    shell::page(&page)
}

/// A draft, or where to go instead.
enum Opened {
    Draft(Draft),
    Elsewhere(Response),
}

/// A draft that holds words of a message that is masked on this device is masked with it.
async fn open(site: &Site, visit: &Visit, id: u64) -> Result<Opened, Problem> {
    match site.services.compose.find(id).await? {
        Found::Nothing => Err(Problem::NotFound),
        Found::Sent(message) => Ok(Opened::Elsewhere(shell::see_other(&format!("/messages/{message}")))),
        Found::Draft(draft, _) => {
            if let Some(message) = draft.about.message()
                && let Err(masked @ crate::service::Error::Masked(_)) = site.discussions(visit).headers(message).await
            {
                return Err(masked.into());
            }
            Ok(Opened::Draft(*draft))
        }
    }
}

async fn view(site: &Site, visit: &Visit, id: u64, started: Started) -> Result<Page, Problem> {
    let s = Shell::of(site, visit, Section::Write);
    let (w, services) = (s.w, &site.services);
    let c = compose::words(w.lang);
    let draft = started.draft;
    let preview = services.compose.preview(&draft).await?;
    let mut froms: Vec<(String, bool)> = services
        .compose
        .writes_as()
        .await?
        .iter()
        .map(|address| (address.to_string(), false))
        .collect();
    if froms.iter().all(|(address, _)| *address != draft.from) && !draft.from.is_empty() {
        froms.push((draft.from.clone(), false));
    }
    for (address, on) in &mut froms {
        *on = *address == draft.from;
    }
    Ok(Page {
        title: match draft.about {
            About::Nothing => c.title,
            About::Answers(_) => c.title_answer,
            About::Forwards(_) => c.title_forward,
        },
        files: draft.files.iter().map(|file| FileRow::of(w, c, file, draft.tell)).collect(),
        carried: started
            .carried
            .iter()
            .map(|file| FileRow {
                id: file.part.into(),
                name: calm(&file.name),
                size: w.octets(file.size),
                note: None,
            })
            .collect(),
        people: services.compose.suggest("").await?,
        unfolded: [&draft.cc, &draft.bcc, &draft.reply_to].iter().any(|field| !field.is_empty()),
        panel: Panel::of(site, w, &preview),
        back: started.discussion.map(|id| format!("/discussions/{id}")),
        wrong: Vec::new(),
        kept: false,
        tab: services.compose.tab(),
        overtaken: false,
        froms,
        draft,
        id,
        c,
        s,
    })
}

/// The draft as it stands in the form. From a discussion's foot only the text comes: the rest is worked out.
async fn typed(site: &Site, visit: &Visit, id: u64) -> Result<Draft, Problem> {
    let compose = &site.services.compose;
    let number = |name: &str| visit.field(name).parse::<u64>().ok().map(MessageId);
    if let Some(to) = number("quick") {
        let beginning = Beginning::Answer {
            to,
            all: true,
            quick: true,
        };
        let started = compose.start(beginning, visit.lang, viewer(site, visit)).await?;
        let signature = compose.habits().await?.signature;
        let text = visit.field("text").trim_end();
        let text = match signature.trim() {
            "" => text.to_owned(),
            _ if text.is_empty() => String::new(),
            signature => format!("{text}\n\n-- \n{signature}"),
        };
        return Ok(Draft { text, ..started.draft });
    }
    let files = match compose.find(id).await? {
        Found::Draft(draft, _) => draft.files,
        Found::Sent(_) | Found::Nothing => Vec::new(),
    };
    let field = |name: &str| visit.field(name).to_owned();
    Ok(Draft {
        from: field("from"),
        to: field("to"),
        cc: field("cc"),
        bcc: field("bcc"),
        reply_to: field("reply_to"),
        subject: field("subject"),
        text: field("text").replace("\r\n", "\n"),
        about: match (number("answers"), number("forwards")) {
            (Some(id), _) => About::Answers(id),
            (None, Some(id)) => About::Forwards(id),
            (None, None) => About::Nothing,
        },
        tell: visit.field("tell") == "1",
        confidential: visit.field("confidential") == "1",
        files,
    })
}

/// `POST /write/ID`: keeps what was typed, and does what the button says.
pub(in crate::web) async fn act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: u64 = visit.number(0)?;
    let compose = &site.services.compose;
    let deed = visit.field("do").to_owned();
    if id == 0 {
        return Err(Problem::NotFound);
    }
    if deed == "discard" {
        compose.discard(id).await?;
        return Ok(shell::see_other("/drafts?gone=1"));
    }
    // A short answer of nothing is one that wants more room.
    if !visit.field("quick").is_empty() && visit.field("text").trim().is_empty() {
        let address = format!("/write?reply={}&all=1", visit.field("quick"));
        return Ok(shell::see_other(safe_next(&address).unwrap_or("/write")));
    }
    // One at a time: a form that comes twice makes one message.
    let one = compose.alone().await;
    let mut draft = typed(&site, &visit, id).await?;
    draft = compose.expanded(draft).await?;
    if let Some(address) = deed.strip_prefix("out-") {
        without(&mut draft, &[address]);
    }
    let tab: u64 = visit.field("tab").parse().unwrap_or(0);
    if compose.is_overtaken(id, tab, &draft).await? {
        return overtaken(&site, &visit, id, draft, &deed).await;
    }
    let carried = visit.form.iter().filter(|(name, _)| name == "carry");
    let carried: Vec<u32> = carried.filter_map(|(_, part)| part.parse().ok()).collect();
    let saved = compose.save(id, draft.clone(), carried).await?;
    compose.was_kept(id, tab);
    if let Some(file) = deed.strip_prefix("remove-").and_then(|file| file.parse().ok()) {
        compose.remove_file(id, file).await?;
    }
    match saved {
        Some(Saved::Sent(message)) => return Ok(shell::see_other(&format!("/messages/{message}"))),
        Some(Saved::TooMany) => return refused(&site, &visit, id, draft, vec![told(&visit).wrong_drafts.to_owned()]).await,
        _ => {}
    }
    if visit.trouble == Some(Trouble::Full) {
        return refused(&site, &visit, id, draft, vec![told(&visit).wrong_large.to_owned()]).await;
    }
    if draft.text.len() > MAX_TEXT {
        return refused(&site, &visit, id, draft, vec![told(&visit).wrong_text.to_owned()]).await;
    }
    let here = format!("/write/{id}");
    let kept = saved.is_some();
    match deed.as_str() {
        "send" => {
            let outcome = compose.send(id, shown(&visit), None).await?;
            drop(one);
            sent(&site, &visit, id, draft, outcome).await
        }
        "check" if kept => {
            // Others need not wait for what DNS takes its time over.
            drop(one);
            compose.check(&draft).await?;
            Ok(shell::see_other(&format!("{here}#preview")))
        }
        "auto" => Ok(shell::see_other(&format!("{here}/preview"))),
        _ if !kept => {
            let back = safe_next(visit.field("back")).unwrap_or("/write");
            Ok(shell::see_other(back))
        }
        "save" => Ok(shell::see_other(&format!("{here}?kept=1"))),
        "look" => Ok(shell::see_other(&format!("{here}#preview"))),
        deed if deed.starts_with("out-") => Ok(shell::see_other(&format!("{here}#preview"))),
        deed if deed.starts_with("remove-") || deed == "attach" => Ok(shell::see_other(&format!("{here}#files"))),
        _ => Ok(shell::see_other(&here)),
    }
}

/// What the owner was told that would protect the message.
fn shown(visit: &Visit) -> Padlock {
    Padlock::from_rung(visit.field("rung").parse().unwrap_or(0))
}

fn told(visit: &Visit) -> &'static ComposeWords {
    compose::words(visit.lang)
}

/// What follows a sending.
async fn sent(site: &Site, visit: &Visit, id: u64, draft: Draft, outcome: Outcome) -> Result<Response, Problem> {
    let c = told(visit);
    match outcome {
        Outcome::Sent(message, discussion) => Ok(shell::see_other(&format!("/discussions/{discussion}#m{message}"))),
        Outcome::Lower(preview) => {
            let was = preview.agreed.max(shown(visit)) as u8;
            Ok(shell::see_other(&format!("/write/{id}/lower?was={was}")))
        }
        Outcome::Wrong(wrong) => {
            let wrong = wrong.into_iter().map(|wrong| say(c, wrong)).collect();
            refused(site, visit, id, draft, wrong).await
        }
        Outcome::Nothing => refused(site, visit, id, draft, vec![c.wrong_nobody.to_owned()]).await,
    }
}

/// The form again with what was typed, and why (422).
async fn refused(site: &Site, visit: &Visit, id: u64, draft: Draft, wrong: Vec<String>) -> Result<Response, Problem> {
    let kept = match site.services.compose.find(id).await? {
        Found::Draft(kept, _) => *kept,
        Found::Sent(_) | Found::Nothing => draft,
    };
    let started = Started {
        draft: kept,
        ..Started::default()
    };
    let page = Page {
        wrong,
        ..view(site, visit, id, started).await?
    };
    let mut response = shell::page(&page)?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// The form again with what was typed, because the draft was changed on another page since this one was opened (422); for what
/// a script keeps by itself, only that it was not.
async fn overtaken(site: &Site, visit: &Visit, id: u64, draft: Draft, deed: &str) -> Result<Response, Problem> {
    if deed == "auto" {
        return panel::overtaken(site, visit, id, &draft).await;
    }
    let started = Started {
        draft,
        ..Started::default()
    };
    let page = Page {
        wrong: vec![told(visit).elsewhere.to_owned()],
        overtaken: true,
        ..view(site, visit, id, started).await?
    };
    let mut response = shell::page(&page)?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

fn say(c: &ComposeWords, wrong: Wrong) -> String {
    match wrong {
        Wrong::Nobody => c.wrong_nobody.to_owned(),
        Wrong::NoAddress(field, what) => {
            let name = match field {
                Field::To => c.to,
                Field::Cc => c.cc,
                Field::Bcc => c.bcc,
                Field::ReplyTo => c.reply_to,
            };
            c.wrong_address.replace("{field}", name).replace("{what}", &calm(&what))
        }
        Wrong::NobodyHere(what) => c.wrong_here.replace("{what}", &calm(&what)),
        Wrong::NotYours => c.wrong_from.to_owned(),
        Wrong::TooMany => c.wrong_many.to_owned(),
        Wrong::TooLarge => c.wrong_large.to_owned(),
    }
}

/// Takes people out of a draft.
fn without(draft: &mut Draft, addresses: &[&str]) {
    for field in [&mut draft.to, &mut draft.cc, &mut draft.bcc] {
        if let Ok(mut people) = draft::people(field) {
            let before = people.len();
            people.retain(|person| !addresses.contains(&person.address.as_str()));
            if people.len() < before {
                *field = draft::list(&people);
            }
        }
    }
}

/// `GET /write/people?q=`: people to suggest, one a line.
pub(in crate::web) async fn people(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let found = site.services.compose.suggest(&visit.asked("q")).await?;
    let mut response = Response::new(found.join("\n").into());
    let plain = http::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, plain);
    Ok(response)
}

/// `POST /messages/ID/undo`: takes a message back that still rests, and shows its draft.
pub(in crate::web) async fn undo(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: MessageId = visit.number(0)?;
    Ok(match site.services.compose.undo(id).await? {
        Some(draft) => shell::see_other(&format!("/write/{draft}")),
        None => shell::see_other(&format!("/messages/{id}?late=1")),
    })
}
