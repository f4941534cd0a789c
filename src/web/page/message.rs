//! `/messages/ID`: one message with everything that explains it: its text, how it travelled, and every
//! line of its index.

use super::{
    super::{
        Site,
        problem::Problem,
        prose::{Block, Piece},
        shell::{self, Section, Shell},
        visit::{Visit, safe_next},
        when::When,
    },
    Badge,
    devices::here,
    discussion::{Letterhead, Shown},
    door,
    fate::Fates,
    lines::{self, Axis},
    tagging::{self, Chip, Marks},
    tags::signed,
    write::Beside,
};
use crate::{
    domain::{
        id::MessageId,
        padlock::Padlock,
        privacy::evidence::Direction,
        transport::{Arrival, Hop, TlsFacts, TlsVersion},
    },
    locale::{Words, authentication::Finding, privacy},
    service::view::{Journey, MessagePage},
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/message.html")]
struct Page {
    s: Shell,
    message: Letterhead,
    today: Badge,
    then_and_now: Option<String>,
    /// What the letter says of this one: the ceiling that it is under. A letter without one is only a sum.
    limit: Option<String>,
    axes: Vec<Axis>,
    stops: Vec<Stop>,
    arrival: Option<Last>,
    /// Why there is no arrival.
    unseen: &'static str,
    senders: Vec<Finding>,
    sealer: Option<Sealer>,
    sent: Option<When>,
    size: String,
    level: String,
    names: Vec<Chip>,
    /// Whether it was to be taken back, and had left.
    late: bool,
    /// What is said of one that is in the wastebasket.
    binned: Option<String>,
}

/// Whoever sealed the message last.
struct Sealer {
    button: String,
    trusted: bool,
}

/// A hop that somebody else tells of.
struct Stop {
    from: String,
    by: String,
    with: String,
    says: &'static str,
    clear: bool,
    when: Option<When>,
}

/// The hop that this box saw.
struct Last {
    peer: String,
    helo: String,
    mail_from: Option<String>,
    rcpt_to: Vec<String>,
    encrypted: bool,
    encryption: String,
    group: Option<String>,
    quantum: bool,
    when: When,
}

/// `GET /messages/ID`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0)?;
    let page = site.discussions(&visit).message(id).await?;
    let (w, tags) = (visit.lang.words(), &site.services.tags);
    let marks = tags.of_messages(vec![id]).await?;
    let level = tags.explain(id).await?.importance.level;
    let sent = site.services.outbox.of(id).await?;
    let mut page = view(&site, &visit, page);
    page.message.marks = marks.first().map(|marks| Marks::of(w, marks)).unwrap_or_default();
    if page.message.is_masked() {
        page.message.marks.offers.clear();
    }
    page.message.fates = Fates::of(&site, w, &sent);
    page.level = w.tags.level.replace("{n}", &signed(level));
    page.names = tagging::names(&site, w).await?;
    page.late = visit.asked("late") == "1";
    let (_, until) = site.services.acts.stands(page.message.view.discussion).await?;
    page.binned = until.map(|until| w.living.bin_until_message.replace("{date}", &door::date(&site, w, until)));
    if let [about] = site.services.compose.about(vec![id]).await?.as_slice() {
        page.message.beside = Beside::of(w, id, about);
    }
    shell::page(&page)
}

/// `POST /messages/ID/show`: show it on this device anyway, in this session.
pub(in crate::web) async fn show_anyway(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: MessageId = visit.number(0)?;
    let session = visit.visitor.session.as_ref().map_or("", |session| session.form_token.as_str());
    // A message that is not there is nothing to be noted.
    site.discussions(&visit).message(id).await?;
    let shown = site
        .services
        .devices
        .show_anyway(session, here(&visit), visit.peer.address.ip(), id);
    shown.map_err(|_| Problem::SignIn("/".to_owned()))?;
    let page = format!("/messages/{id}");
    Ok(shell::see_other(safe_next(visit.field("back")).unwrap_or(&page)))
}

/// `POST /messages/ID/sealer`
pub(in crate::web) async fn sealer(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: MessageId = visit.number(0)?;
    site.services.senders.trust_sealer_of(id, visit.field("trust") == "yes").await?;
    Ok(shell::see_other(&format!("/messages/{id}#journey")))
}

fn view(site: &Site, visit: &Visit, page: MessagePage) -> Page {
    let s = Shell::of(site, visit, Section::Discussions);
    let (w, now) = (s.w, site.now());
    let today = Badge::of(page.index.points);
    let then = page.message.index;
    let then_and_now = (then != page.index.points).then(|| {
        let phrase = w.then_and_now.replace("{then}", &Badge::of(then).short(w));
        phrase.replace("{now}", &today.short(w))
    });
    let Journey { direction, arrival, hops } = page.journey;
    let size = w.octets(page.message.size);
    let sent = page.message.date.map(|date| site.zone.say(w, date, now));
    let stayed = matches!(direction, Direction::Local) && page.message.padlock == Padlock::Mailbag;
    let mut message = Letterhead::of(site, w, page.message);
    if stayed {
        message.lock.meaning = privacy::mailbag_here(w.lang);
    }
    Page {
        size,
        sent,
        senders: w.authentication.findings(&page.authentication),
        sealer: page.sealer.map(|(sealer, trusted)| Sealer {
            button: w.authentication.trust(&sealer, trusted),
            trusted,
        }),
        stops: hops.into_iter().rev().map(|hop| stop(site, w, hop)).collect(),
        arrival: arrival.map(|arrival| last(site, w, arrival)),
        unseen: match direction {
            Direction::In => w.not_seen,
            Direction::Out => w.not_seen_sent,
            Direction::Local => w.not_seen_local,
        },
        limit: lines::limit(w, &page.index),
        axes: lines::axes(w, &page.index),
        message,
        today,
        then_and_now,
        level: String::new(),
        names: Vec::new(),
        late: false,
        binned: None,
        s,
    }
}

fn stop(site: &Site, w: &Words, hop: Hop) -> Stop {
    let named = |name: String| if name.is_empty() { w.hop_unnamed.to_owned() } else { name };
    Stop {
        from: named(hop.from),
        by: named(hop.by),
        with: hop.with,
        says: match hop.encrypted {
            Some(true) => w.hop_encrypted,
            Some(false) => w.hop_clear,
            None => w.hop_unsaid,
        },
        clear: hop.encrypted == Some(false),
        when: hop.at.map(|at| site.zone.say(w, at, site.now())),
    }
}

fn last(site: &Site, w: &Words, arrival: Arrival) -> Last {
    let encryption = match &arrival.tls {
        None => w.tls_none.to_owned(),
        Some(tls) => format!("{}, {}", version(w, tls), tls.suite),
    };
    Last {
        peer: arrival.peer.to_string(),
        helo: arrival.helo,
        mail_from: arrival.mail_from,
        rcpt_to: arrival.rcpt_to,
        encrypted: arrival.tls.is_some(),
        encryption,
        quantum: arrival.tls.as_ref().is_some_and(TlsFacts::is_quantum_safe),
        group: arrival.tls.map(|tls| tls.group).filter(|group| !group.is_empty()),
        when: site.zone.say(w, arrival.at, site.now()),
    }
}

fn version(w: &Words, tls: &TlsFacts) -> &'static str {
    match tls.version {
        TlsVersion::Older => w.tls_older,
        TlsVersion::V1_2 => "TLS 1.2",
        TlsVersion::V1_3 => "TLS 1.3",
    }
}

#[derive(Template)]
#[template(path = "page/headers.html")]
struct HeadersPage {
    s: Shell,
    id: MessageId,
    text: String,
}

/// `GET /messages/ID/headers`
pub(in crate::web) async fn headers(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0)?;
    let text = site.discussions(&visit).headers(id).await?;
    let s = Shell::of(&site, &visit, Section::Discussions);
    shell::page(&HeadersPage { s, id, text })
}
