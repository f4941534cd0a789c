//! `/discussions/ID`: what one set of people wrote to one another.

use super::{
    super::{
        Site,
        problem::Problem,
        prose::{self, Block, Piece},
        shell::{self, Section, Shell},
        visit::{Visit, safe_next},
        when::When,
    },
    Badge, Lock, Named, Pager, calm,
    danger::Warning,
    devices::viewer,
    door,
    fate::Fates,
    tagging::{self, Chip, Marks},
    write::{Beside, Quick},
};
use crate::{
    domain::{
        danger::Danger,
        id::{DiscussionId, MessageId},
        openpgp::{Differs, Worth},
        shelf::Shelf,
        tag::System,
        time::Time,
    },
    locale::{
        Words,
        danger::{self, DangerWords},
        keys,
    },
    service::{
        discussion::MESSAGES,
        view::{Body, DiscussionPage, MessageView, Protection, SignatureView, Standing},
    },
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/discussion.html")]
struct Page {
    s: Shell,
    discussion: DiscussionPage,
    people: Vec<Named>,
    badge: Badge,
    why: Option<MessageId>,
    lock: Lock,
    messages: Vec<Letterhead>,
    pager: Pager,
    chips: Vec<Chip>,
    names: Vec<Chip>,
    /// The answer at the foot of the newest page.
    quick: Option<Quick>,
    /// Where it stands.
    shelf: Shelf,
    /// What is said of that.
    stands: Option<String>,
    /// Where the page leads when the discussion leaves its shelf.
    leaves: &'static str,
    starred: bool,
    /// Since when it travels as it does, and how it travelled before, where that changed.
    since: Option<String>,
    travelled: Vec<(Lock, String)>,
}

/// A message as it is shown, in its discussion and on its own page.
pub(super) struct Letterhead {
    pub(super) view: MessageView,
    pub(super) from: Option<Named>,
    pub(super) to: Vec<Named>,
    pub(super) cc: Vec<Named>,
    pub(super) received: When,
    pub(super) badge: Badge,
    pub(super) lock: Lock,
    pub(super) body: Shown,
    pub(super) files: Vec<FileRow>,
    /// Why to be careful with the message as a whole.
    pub(super) warnings: Vec<Warning>,
    /// What opening it showed, each with whether it is good news.
    pub(super) opened: Vec<(bool, String)>,
    /// Where the keys of its author are, for a message that shows something of them.
    pub(super) keys: Option<String>,
    /// The words about keys.
    pub(super) k: &'static keys::KeyWords,
    /// What the virus scanner said, where it was asked.
    pub(super) scan: Option<String>,
    /// The phrases around them.
    pub(super) d: &'static DangerWords,
    pub(super) findings: Vec<String>,
    pub(super) watchers: Option<String>,
    pub(super) defects: Vec<&'static str>,
    /// Its tags, where the page fills them in.
    pub(super) marks: Marks,
    /// What became of it here, where the page fills it in.
    pub(super) beside: Beside,
    /// What became of it, where it was sent from here; the page fills it in.
    pub(super) fates: Option<Fates>,
    /// Whether it stands there unfolded.
    pub(super) open: bool,
}

/// What is shown of a message's text.
pub(super) enum Shown {
    Prose(Vec<Block>),
    Reader(String),
    Nothing(&'static str),
    /// Why it is masked.
    Masked(String),
}

/// A file that can be saved.
pub(super) struct FileRow {
    pub(super) part: u32,
    pub(super) name: String,
    pub(super) size: String,
    /// Why to be careful with it.
    pub(super) warnings: Vec<Warning>,
    /// Whether a step stands before saving it.
    pub(super) step: bool,
}

impl Letterhead {
    /// Whether the owner wrote it.
    pub(super) fn is_own(&self) -> bool {
        self.view.from.as_ref().is_some_and(|from| from.owner)
    }

    /// Whether its text is masked on this device.
    pub(super) fn is_masked(&self) -> bool {
        matches!(self.body, Shown::Masked(_))
    }

    pub(super) fn of(site: &Site, w: &Words, mut view: MessageView) -> Self {
        view.subject = calm(&view.subject);
        view.excerpt = calm(&view.excerpt);
        let named = |people: &[crate::service::view::Person]| people.iter().map(|person| Named::among(w, person)).collect();
        let files = view.attachments.iter().filter(|file| !(file.inline && file.content_id.is_some()));
        let whole = view.look.dangers.iter().filter(|danger| danger.part().is_none());
        let warnings: Vec<Warning> = whole.map(|danger| Warning::of(w.lang, danger)).collect();
        // A link that deceives is told with its two names above, where they are known.
        let told = view
            .look
            .dangers
            .iter()
            .any(|danger| matches!(danger, Danger::DeceptiveLink { .. }));
        let found = [
            (&w.spies, view.findings.trackers),
            (&w.remote, view.findings.remote.saturating_sub(view.findings.trackers)),
            (&w.active, view.findings.active),
            (&w.deceptive, if told { 0 } else { view.findings.deceptive }),
        ];
        Self {
            from: view.from.as_ref().map(|person| Named::of(w, person)),
            to: named(&view.to),
            cc: named(&view.cc),
            received: site.zone.say(w, view.received, site.now()),
            badge: Badge::of(view.index),
            lock: Lock::of(w, view.padlock),
            files: files
                .map(|file| FileRow {
                    part: file.part,
                    name: calm(&file.name),
                    size: w.octets(file.size),
                    warnings: (view.look.dangers.iter())
                        .filter(|danger| danger.part() == Some(file.part))
                        .map(|danger| Warning::of(w.lang, danger))
                        .collect(),
                    step: view.look.before_saving(file.part).next().is_some(),
                })
                .collect(),
            warnings,
            scan: danger::scan(w.lang, view.look.scan),
            opened: view.protection.as_ref().map(|shown| opened(w, shown)).unwrap_or_default(),
            keys: (view.protection.is_some())
                .then(|| view.from.as_ref().filter(|from| !from.owner))
                .flatten()
                .map(|from| format!("/settings/keys/people/{}", shell::encoded(from.address.as_str()))),
            k: keys::words(w.lang),
            d: danger::words(w.lang),
            findings: found
                .into_iter()
                .filter(|(_, n)| *n > 0)
                .map(|(phrase, n)| w.count(phrase, n.into()))
                .collect(),
            watchers: (!view.trackers.is_empty()).then(|| view.trackers.join(", ")),
            defects: view.defects.iter().map(|defect| w.defect(*defect)).collect(),
            body: match std::mem::replace(&mut view.body, Body::Nothing) {
                Body::Text(text) => Shown::Prose(prose::blocks(&text)),
                Body::Reader(html) => Shown::Reader(html),
                Body::Nothing => Shown::Nothing(w.body_nothing),
                Body::Masked { message, device } => {
                    let phrase = w.devices.masked_text.replace("{letter}", message.as_str());
                    Shown::Masked(phrase.replace("{device}", device.as_str()))
                }
                Body::Encrypted => Shown::Nothing(w.body_encrypted),
            },
            marks: Marks::default(),
            beside: Beside::default(),
            fates: None,
            open: true,
            view,
        }
    }
}

/// What opening a message showed, in sentences; `true` is good news.
fn opened(w: &Words, shown: &Protection) -> Vec<(bool, String)> {
    let k = keys::words(w.lang);
    let mut out = Vec::new();
    out.extend(shown.failed.map(|why| (false, k.failed(why).to_owned())));
    let whole = shown
        .encryption
        .known()
        .is_some_and(|how| how > crate::domain::privacy::evidence::Encryption::Part);
    if shown.failed.is_none() {
        out.extend(k.encrypted(shown.encryption, shown.subject).map(|text| (whole, text)));
    }
    out.extend(shown.signatures.iter().map(|signature| signed(w, k, signature)));
    // That the sender hid something is good; that nobody knows why, or somebody else did, is not.
    let f = keys::finding::words(w.lang);
    let outside = shown.outside.iter();
    out.extend(outside.map(|one| (one.why == Differs::Hidden, f.outside(one))));
    out
}

fn signed(w: &Words, k: &'static keys::KeyWords, signature: &SignatureView) -> (bool, String) {
    let who = signature.who.as_ref().map(|who| Named::of(w, who).name);
    let o = &k.opened;
    let (good, text) = match (&signature.worth, signature.standing) {
        (Worth::Good(_), _) if who.is_none() => (false, o.nobody),
        (Worth::Good(_), Standing::Refused) => (false, o.refused),
        (Worth::Good(_), _) if !signature.whole => (false, o.signed_part),
        (Worth::Good(_), Standing::Old) => (false, o.old),
        (Worth::Good(_), Standing::Verified) => (true, o.verified),
        (Worth::Good(_), Standing::Theirs) => (true, o.theirs),
        (Worth::Good(_), Standing::Claimed) => (false, o.claimed),
        (Worth::Good(_), Standing::Another) => (false, o.another),
        (Worth::Disordered(_, why), _) => {
            let text = o.disordered.replace("{why}", k.unusable(*why));
            return (false, text.replace("{who}", &who.unwrap_or_default()));
        }
        (Worth::Broken(_), _) => (false, o.broken),
        (Worth::WeakHash, _) => (false, o.weak),
        (Worth::NoKey, _) => (false, o.no_key),
        (Worth::Unreadable, _) => (false, o.unreadable),
    };
    (good, text.replace("{who}", &who.unwrap_or_default()))
}

/// `GET /discussions/ID?page=`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let discussion = site.discussions(&visit).page(visit.number(0)?, visit.page()).await?;
    let (w, tags) = (visit.lang.words(), &site.services.tags);
    let ids: Vec<MessageId> = discussion.shown.iter().map(|message| message.id).collect();
    let about = site.services.compose.about(ids).await?;
    let newest = discussion.shown.last().filter(|_| discussion.page == 1).map(|message| message.id);
    let quick = Quick::of(&site, w, newest, viewer(&site, &visit)).await?;
    let marks = tags
        .of_messages(discussion.shown.iter().map(|message| message.id).collect())
        .await?;
    let marked = tags.of_discussion(discussion.id).await?;
    let starred = marked.iter().any(|mark| mark.system == Some(System::Starred));
    let chips = tagging::chips(w, &marked);
    let travels = site.discussions(&visit).travels(discussion.id).await?;
    let (shelf, until) = site.services.acts.stands(discussion.id).await?;
    let names = tagging::names(&site, w).await?;
    let shown = discussion.shown.iter().map(|message| message.id).collect();
    let sent = site.services.outbox.of_each(shown).await?;
    let mut page = view(&site, &visit, discussion);
    for (message, deliveries) in page.messages.iter_mut().zip(&sent) {
        message.fates = Fates::of(&site, w, deliveries);
        message.open |= message.fates.as_ref().is_some_and(|fates| !fates.is_plain());
    }
    for (message, marks) in page.messages.iter_mut().zip(&marks) {
        message.marks = Marks::of(w, marks);
        // What is suggested is told with words of the message.
        if message.is_masked() {
            message.marks.offers.clear();
        }
    }
    for (message, about) in page.messages.iter_mut().zip(&about) {
        message.beside = Beside::of(w, message.view.id, about);
    }
    let said: Vec<(Lock, String)> = travels
        .into_iter()
        .map(|(padlock, at)| {
            let since = w.living.travels_since.replace("{date}", &door::date(&site, w, at));
            (Lock::of(w, padlock), since)
        })
        .collect();
    let since = said.first().map(|(_, since)| since.clone());
    let travelled = if said.len() > 1 { said } else { Vec::new() };
    shell::page(&Page {
        chips,
        names,
        quick,
        shelf,
        stands: stands(&site, w, shelf, until),
        leaves: match shelf {
            Shelf::Bin => "/wastebasket",
            Shelf::Done => "/done",
            Shelf::Timeline | Shelf::Door => "/",
        },
        starred,
        since,
        travelled,
        ..page
    })
}

/// What is said of where a discussion stands, where that is not the timeline.
fn stands(site: &Site, w: &Words, shelf: Shelf, until: Option<Time>) -> Option<String> {
    match (shelf, until) {
        (Shelf::Timeline, _) => None,
        (Shelf::Done, _) => Some(w.living.is_done.to_owned()),
        (Shelf::Door, _) => Some(w.living.at_door.to_owned()),
        (Shelf::Bin, until) => Some(
            w.living
                .bin_until
                .replace("{date}", &door::date(site, w, until.unwrap_or_default())),
        ),
    }
}

fn view(site: &Site, visit: &Visit, mut discussion: DiscussionPage) -> Page {
    let s = Shell::of(site, visit, Section::Discussions);
    let w = s.w;
    discussion.subject = calm(&discussion.subject);
    discussion.list = discussion.list.as_deref().map(calm);
    let shown = std::mem::take(&mut discussion.shown);
    let why = shown
        .iter()
        .rev()
        .find(|message| message.index == discussion.index)
        .map(|message| message.id);
    let last = shown.len().saturating_sub(1);
    let messages = shown.into_iter().enumerate().map(|(at, message)| {
        let open = message.unread || at == last;
        Letterhead {
            open,
            ..Letterhead::of(site, w, message)
        }
    });
    Page {
        messages: messages.collect(),
        people: if discussion.unknown {
            vec![Named::unknown(w)]
        } else {
            Named::row(w, &discussion.people)
        },
        badge: Badge::of(discussion.index),
        lock: Lock::of(w, discussion.padlock),
        pager: Pager::of(
            w,
            &visit.path,
            discussion.page.max(1),
            discussion.pages,
            MESSAGES,
            discussion.messages.into(),
        ),
        why,
        discussion,
        chips: Vec::new(),
        names: Vec::new(),
        quick: None,
        shelf: Shelf::Timeline,
        stands: None,
        leaves: "/",
        starred: false,
        since: None,
        travelled: Vec::new(),
        s,
    }
}

#[derive(Template)]
#[template(path = "page/files.html")]
struct FilesPage {
    s: Shell,
    id: DiscussionId,
    messages: Vec<Letterhead>,
    many: String,
}

/// `GET /discussions/ID/files`: every file of a discussion.
pub(in crate::web) async fn files(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0)?;
    let found = site.discussions(&visit).with_files(id).await?;
    let s = Shell::of(&site, &visit, Section::Discussions);
    let w = s.w;
    let messages: Vec<Letterhead> = found.into_iter().map(|message| Letterhead::of(&site, w, message)).collect();
    let many: usize = messages.iter().map(|message| message.files.len()).sum();
    shell::page(&FilesPage {
        many: w.count(&w.living.all_files, many as u64),
        messages,
        id,
        s,
    })
}

/// `POST /discussions/ID/read`
pub(in crate::web) async fn mark_read(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    mark(site, visit, false).await
}

/// `POST /discussions/ID/unread`
pub(in crate::web) async fn mark_unread(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    mark(site, visit, true).await
}

async fn mark(site: Arc<Site>, visit: Visit, unread: bool) -> Result<Response, Problem> {
    site.discussions(&visit).mark(visit.number(0)?, unread).await?;
    Ok(shell::see_other(safe_next(visit.field("back")).unwrap_or("/")))
}
