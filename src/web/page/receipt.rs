//! `/messages/ID/receipt`: what became of a sent message for each recipient, and what it revealed to whom: the octets as
//! the next server saw them, field by field, the envelope, and who learned what.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    calm,
    fate::Fates,
};
use crate::{
    codec::mime::{
        self,
        revealed::{Revealed, revealed},
    },
    domain::{
        id::MessageId,
        outgoing::{Delivery, Handed, Via},
        transport::TlsVersion,
    },
    locale::{
        Words,
        sending::{self, ReceiptWords},
    },
    service::sending::copies,
};
use askama::Template;
use http::{HeaderValue, header};
use std::{collections::BTreeSet, sync::Arc};
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/receipt.html")]
struct Page {
    s: Shell,
    r: &'static ReceiptWords,
    id: MessageId,
    fates: Fates,
    sessions: Vec<Session>,
    learned: Vec<String>,
    from: String,
    to: Vec<String>,
    copies: Vec<(u32, String, bool)>,
    copy: u32,
    fields: Vec<Field>,
    found: Revealed,
    size: String,
    /// Notices that came back, by number.
    returned: Vec<String>,
}

/// One session in which it was handed over.
struct Session {
    whom: String,
    server: String,
    encryption: String,
    held_to: &'static str,
    way: &'static str,
    promised: bool,
    when: String,
    answer: String,
}

/// A header field and what it gives away.
struct Field {
    name: String,
    value: String,
    note: Option<&'static str>,
}

/// The deliveries of a message that may be shown on this device.
async fn deliveries(site: &Site, visit: &Visit, id: MessageId) -> Result<Vec<Delivery>, Problem> {
    // What is masked on this device is masked here too.
    site.discussions(visit).headers(id).await?;
    let deliveries = site.services.outbox.of(id).await?;
    if deliveries.is_empty() {
        Err(Problem::NotFound)
    } else {
        Ok(deliveries)
    }
}

/// The delivery that sends a copy.
fn of_copy(visit: &Visit, deliveries: &[Delivery]) -> Result<(u32, u64), Problem> {
    let copies = copies(deliveries);
    let wanted: u32 = visit.asked("copy").parse().unwrap_or(0);
    let found = copies.iter().find(|(copy, _)| *copy == wanted).or(copies.first());
    found.copied().ok_or(Problem::NotFound)
}

/// `GET /messages/ID/receipt?copy=`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0)?;
    let deliveries = deliveries(&site, &visit, id).await?;
    let (copy, delivery) = of_copy(&visit, &deliveries)?;
    let raw = site.services.outbox.octets(delivery).await?;
    let s = Shell::of(&site, &visit, Section::Discussions);
    let w = s.w;
    let r = sending::receipt(w.lang);
    let found = revealed(&raw);
    let sealed = mime::read(&raw).openpgp.encrypted;
    let field = |(name, value): &(String, String)| Field {
        name: calm(name),
        value: value.lines().map(calm).collect::<Vec<_>>().join(" "),
        note: sending::header(w.lang, name),
    };
    let returned = site.services.outbox.returned(id).await?;
    let notice = |(at, peer, _): (crate::domain::time::Time, std::net::IpAddr, Vec<u8>)| {
        let phrase = r.returned_from.replace("{peer}", &peer.to_string());
        phrase.replace("{when}", &site.zone.say(w, at, site.now()).moment)
    };
    let mine: Vec<&Delivery> = deliveries.iter().filter(|delivery| delivery.copy == copy).collect();
    let page = Page {
        fates: Fates::of(&site, w, &deliveries).ok_or(Problem::NotFound)?,
        sessions: sessions(&site, w, &deliveries),
        learned: learned(r, &deliveries, sealed),
        from: deliveries.first().map(|delivery| delivery.from.to_string()).unwrap_or_default(),
        to: mine
            .iter()
            .flat_map(|delivery| delivery.recipients.iter().map(|recipient| recipient.address.to_string()))
            .collect(),
        copies: copies(&deliveries)
            .into_iter()
            .map(|(one, _)| (one, r.copy.replace("{n}", &(one + 1).to_string()), one == copy))
            .collect(),
        copy,
        fields: found.fields.iter().map(field).collect(),
        size: w.octets(found.size),
        returned: returned.into_iter().map(notice).collect(),
        found,
        id,
        r,
        s,
    };
    shell::page(&page)
}

/// `GET /messages/ID/receipt/octets?copy=`: exactly what was sent.
pub(in crate::web) async fn octets(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: MessageId = visit.number(0)?;
    let deliveries = deliveries(&site, &visit, id).await?;
    let (copy, delivery) = of_copy(&visit, &deliveries)?;
    let raw = site.services.outbox.octets(delivery).await?;
    Ok(saved(raw, &format!("message-{id}-{}.eml", copy + 1)))
}

/// `GET /messages/ID/receipt/notices/NUMBER`: a notice that came back, as it came.
pub(in crate::web) async fn notice(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (id, number): (MessageId, usize) = (visit.number(0)?, visit.number(1)?);
    deliveries(&site, &visit, id).await?;
    let (_, _, raw) = site
        .services
        .outbox
        .returned(id)
        .await?
        .into_iter()
        .nth(number)
        .ok_or(Problem::NotFound)?;
    Ok(saved(raw, &format!("notice-{id}-{number}.eml")))
}

/// Octets to be saved under a name of ours.
fn saved(octets: Vec<u8>, name: &str) -> Response {
    let mut response = Response::new(octets.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// Each session once, with those whom it was for.
fn sessions(site: &Site, w: &Words, deliveries: &[Delivery]) -> Vec<Session> {
    let r = sending::receipt(w.lang);
    let mut seen: Vec<(&Handed, Vec<String>)> = Vec::new();
    for recipient in deliveries.iter().flat_map(|delivery| &delivery.recipients) {
        let Some(handed) = &recipient.handed else { continue };
        match seen.iter_mut().find(|(known, _)| *known == handed) {
            Some((_, whom)) => whom.push(recipient.address.to_string()),
            None => seen.push((handed, vec![recipient.address.to_string()])),
        }
    }
    let session = |(handed, whom): (&Handed, Vec<String>)| Session {
        whom: whom.join(", "),
        server: format!("{} ({})", handed.host, handed.peer),
        encryption: match &handed.tls {
            None => r.in_clear.to_owned(),
            Some(tls) => {
                let version = match tls.version {
                    TlsVersion::Older => w.tls_older,
                    TlsVersion::V1_2 => "TLS 1.2",
                    TlsVersion::V1_3 => "TLS 1.3",
                };
                format!("{version}, {}, {}", tls.suite, tls.group)
            }
        },
        held_to: sending::enforced(w.lang, handed.enforced),
        way: sending::via(w.lang, handed.via),
        promised: handed.promised,
        when: site.zone.say(w, handed.at, site.now()).long,
        answer: handed.words.lines().map(calm).collect::<Vec<_>>().join(" "),
    };
    seen.into_iter().map(session).collect()
}

/// Who learned what, in sentences; nobody where nothing has left.
fn learned(r: &ReceiptWords, deliveries: &[Delivery], sealed: bool) -> Vec<String> {
    let recipients = || deliveries.iter().flat_map(|delivery| &delivery.recipients);
    // Nobody is asked about an address that stands for itself.
    let asked = |delivery: &&Delivery| delivery.attempts > 0 && !delivery.domain.starts_with('[');
    let tried = deliveries.iter().filter(asked);
    let domains: BTreeSet<&str> = tried.map(|delivery| delivery.domain.as_str()).collect();
    let mut said = Vec::new();
    if !domains.is_empty() {
        let domains: Vec<&str> = domains.into_iter().collect();
        said.push(r.learned_dns.replace("{domains}", &domains.join(", ")));
    }
    let mut parties = BTreeSet::new();
    for handed in recipients().filter_map(|recipient| recipient.handed.as_ref()) {
        if !parties.insert((handed.host.as_str(), handed.peer)) {
            continue;
        }
        let phrase = if handed.via == Via::Direct {
            r.learned_server
        } else {
            r.learned_smarthost
        };
        let phrase = phrase.replace("{host}", &handed.host).replace("{peer}", &handed.peer.to_string());
        said.push(format!("{phrase} {}", if sealed { r.learned_sealed } else { r.learned_text }));
    }
    said
}
