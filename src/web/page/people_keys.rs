//! `/settings/keys/people`: other people's keys, comparing them, and asking their domain.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    calm,
    locks::day,
};
use crate::{
    codec::{fingerprint_words, key_code, qr},
    domain::{address::Address, id::MessageId, journal::Event, openpgp::Fingerprint},
    locale::{
        custody::CustodyWords,
        keys::{
            self, KeyWords,
            finding::{self, FindingWords},
        },
    },
    service::keyring::{Asked, KeyView, PersonKeys},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

/// One key of somebody's.
struct Row {
    print: String,
    groups: Vec<String>,
    kind: String,
    users: Vec<String>,
    used: bool,
    /// What came of comparing it.
    stands: String,
    verified: bool,
    refused: bool,
    source: &'static str,
    since: String,
    trouble: Option<&'static str>,
    doubt: Option<&'static str>,
    words: String,
    picture: Option<String>,
    /// The code that was scanned shows it.
    scanned: bool,
}

/// Somebody with their keys.
struct Person {
    name: String,
    address: String,
    path: String,
    rows: Vec<Row>,
    changed: bool,
    mutual: bool,
    replaced: Option<String>,
    introduced: Option<String>,
    asked: Option<String>,
}

/// What came of comparing a key.
pub(super) fn stands(site: &Site, visit: &Visit, key: &KeyView) -> String {
    let k = keys::words(visit.lang);
    match (key.refused, key.verified) {
        (true, _) => k.differs.to_owned(),
        (false, Some(at)) => k.compared.replace("{date}", &day(site, visit, at)),
        (false, None) => k.not_compared.to_owned(),
    }
}

fn row(site: &Site, visit: &Visit, k: &'static KeyWords, key: KeyView, drawn: bool) -> Row {
    let stands = stands(site, visit, &key);
    let print = key.facts.fingerprint;
    Row {
        groups: print.groups(),
        kind: k.algorithm(key.facts.algorithm),
        users: key.facts.users.iter().map(|user| calm(user)).collect(),
        used: key.used,
        stands,
        verified: key.verified.is_some(),
        refused: key.refused,
        source: k.sources.get(key.source as usize).copied().unwrap_or_default(),
        since: k.since.replace("{date}", &day(site, visit, key.since)),
        trouble: key.facts.encrypt.err().map(|why| k.unusable(why)),
        doubt: if key.refused {
            Some(k.differs_text)
        } else {
            (!key.vouched && key.verified.is_none()).then_some(k.not_vouched)
        },
        words: fingerprint_words::of(&print).join(" · "),
        picture: drawn.then(|| qr::svg(&format!("OPENPGP4FPR:{}", print.hex()))).flatten(),
        scanned: false,
        print: print.hex(),
    }
}

fn person(site: &Site, visit: &Visit, k: &'static KeyWords, person: PersonKeys, drawn: bool) -> Person {
    let address = person.address.to_string();
    Person {
        name: calm(person.name.as_deref().unwrap_or(&address)),
        path: format!("/settings/keys/people/{}", shell::encoded(&address)),
        address,
        changed: person.changed,
        mutual: person.mutual,
        replaced: person
            .replaced
            .map(|at| finding::words(visit.lang).replaced.replace("{date}", &day(site, visit, at))),
        introduced: person.introduced_by.map(|who| k.introduced.replace("{who}", who.as_str())),
        asked: person.asked.map(|at| k.asked.replace("{date}", &day(site, visit, at))),
        rows: person.keys.into_iter().map(|key| row(site, visit, k, key, drawn)).collect(),
    }
}

#[derive(Template)]
#[template(path = "page/people_keys.html")]
struct ListPage {
    s: Shell,
    t: &'static CustodyWords,
    k: &'static KeyWords,
    people: Vec<Person>,
    done: Option<&'static str>,
    error: Option<&'static str>,
    typed: String,
}

async fn list(site: &Site, visit: &Visit, status: StatusCode, error: Option<&'static str>) -> Result<Response, Problem> {
    let k = keys::words(visit.lang);
    let people = site.services.keyring.people().await?;
    let page = ListPage {
        s: Shell::of(site, visit, Section::None),
        t: &visit.lang.words().custody,
        k,
        people: people.into_iter().map(|one| person(site, visit, k, one, false)).collect(),
        done: (visit.asked("done") == "added").then_some(k.people_added),
        error,
        typed: visit.field("key").to_owned(),
    };
    let mut response = shell::page(&page)?;
    *response.status_mut() = status;
    Ok(response)
}

/// `GET /settings/keys/people`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    list(&site, &visit, StatusCode::OK, None).await
}

/// `POST /settings/keys/people`: a public key that the owner brought.
pub(in crate::web) async fn add(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let k = keys::words(visit.lang);
    match site.services.keyring.bring(visit.field("key").as_bytes().to_vec()).await? {
        Ok(whose) if !whose.is_empty() => {
            site.services.journal.note_own(Event::PeerKeyBrought);
            Ok(shell::see_other("/settings/keys/people?done=added"))
        }
        _ => list(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, Some(k.bring_unreadable_public)).await,
    }
}

#[derive(Template)]
#[template(path = "page/person_keys.html")]
struct PersonPage {
    s: Shell,
    t: &'static CustodyWords,
    k: &'static KeyWords,
    f: &'static FindingWords,
    person: Person,
    own: Vec<Own>,
    done: Option<&'static str>,
    /// What was scanned, and what is to be said of it; whether that is good news.
    code: String,
    scanned: Option<(bool, &'static str)>,
    search: String,
    search_text: String,
    /// This page as a code, for the owner's own telephone.
    phone: Option<String>,
}

/// The owner's own key beside it.
struct Own {
    address: String,
    groups: Vec<String>,
    words: String,
    picture: Option<String>,
}

fn whose(visit: &Visit) -> Result<Address, Problem> {
    Address::parse(&shell::decoded(visit.part(0))).map_err(|_| Problem::NotFound)
}

/// `GET /settings/keys/people/:address`
pub(in crate::web) async fn one(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (k, f) = (keys::words(visit.lang), finding::words(visit.lang));
    let found = site.services.keyring.person(whose(&visit)?).await?;
    let code = visit.asked("code");
    let shown = key_code::read(&code).map(|code| code.print.hex());
    let mut person = person(&site, &visit, k, found, true);
    for row in &mut person.rows {
        row.scanned = shown.as_ref() == Some(&row.print);
    }
    let scanned = shown.map(|_| match (person.rows.iter().any(|row| row.scanned), person.rows.is_empty()) {
        (true, _) => (true, f.scan_same),
        (false, true) => (false, f.scan_none),
        (false, false) => (false, f.scan_other),
    });
    let server = site.services.key_server.name().await?;
    let phone = visit.place().and_then(|(origin, _)| qr::svg(&format!("{origin}{}", person.path)));
    let own = site.services.keys.list().await?.into_iter().filter(|key| key.current);
    shell::page(&PersonPage {
        s: Shell::of(&site, &visit, Section::None),
        t: &visit.lang.words().custody,
        k,
        f,
        search: f.search.replace("{server}", &server),
        search_text: f.search_text.replace("{server}", &server),
        code: if scanned.is_some() { code } else { String::new() },
        scanned,
        phone,
        person,
        own: own
            .map(|key| Own {
                address: key.address.to_string(),
                groups: key.facts.fingerprint.groups(),
                words: fingerprint_words::of(&key.facts.fingerprint).join(" · "),
                picture: qr::svg(&format!("OPENPGP4FPR:{}", key.facts.fingerprint.hex())),
            })
            .collect(),
        done: match visit.asked("done").as_str() {
            "verified" => Some(k.done_verified),
            "unverified" => Some(k.done_unverified),
            "refused" => Some(k.done_refused),
            "forgotten" => Some(k.done_forgotten),
            "found" => Some(k.check_found),
            "known" => Some(k.check_known),
            "none" => Some(k.check_none),
            "unreachable" => Some(k.check_unreachable),
            "nothing" => Some(k.brings_nothing),
            "added" => Some(k.people_added),
            "server-found" => Some(f.search_found),
            "server-known" => Some(f.search_known),
            "server-none" => Some(f.search_none),
            "server-unreachable" => Some(f.search_unreachable),
            _ => None,
        },
    })
}

fn back(address: &Address, done: &str) -> Response {
    shell::see_other(&format!("/settings/keys/people/{}?done={done}", shell::encoded(address.as_str())))
}

fn outcome(asked: Asked) -> &'static str {
    match asked {
        Asked::Found => "found",
        Asked::Known => "known",
        Asked::None => "none",
        Asked::Unreachable => "unreachable",
    }
}

/// `POST /settings/keys/people/:address/server`: asks the key server.
pub(in crate::web) async fn search(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let address = whose(&visit)?;
    let asked = site.services.key_server.search(&address).await?;
    Ok(back(&address, &format!("server-{}", outcome(asked))))
}

/// `POST /settings/keys/people/:address/check`
pub(in crate::web) async fn check(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let address = whose(&visit)?;
    let mut done = outcome(site.services.keyring.ask(&address).await?).to_owned();
    // What was scanned before is compared with what was found.
    let code = visit.field("code");
    if !code.is_empty() {
        done.push_str("&code=");
        done.extend(form_urlencoded::byte_serialize(code.as_bytes()));
    }
    Ok(back(&address, &done))
}

/// `POST /settings/keys/people/:address/key`: what the owner says of one key.
pub(in crate::web) async fn judge(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let address = whose(&visit)?;
    let print = Fingerprint::parse(visit.field("print")).ok_or(Problem::NotFound)?;
    let (ring, journal) = (&site.services.keyring, &site.services.journal);
    let done = match visit.field("is") {
        "same" => {
            ring.verify(&address, print, true).await?;
            journal.note_own(Event::PeerKeyCompared);
            "verified"
        }
        "unsure" => {
            ring.verify(&address, print, false).await?;
            journal.note_own(Event::PeerKeyCompared);
            "unverified"
        }
        "differ" => {
            ring.refuse(&address, print).await?;
            journal.note_own(Event::PeerKeyCompared);
            "refused"
        }
        "forget" => {
            ring.forget(&address, print).await?;
            "forgotten"
        }
        _ => return Err(Problem::NotFound),
    };
    Ok(back(&address, done))
}

/// `POST /messages/:id/key`: keeps the key that a message carries, for its author.
pub(in crate::web) async fn take(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: MessageId = visit.number(0)?;
    // A message that is masked on this device is not read on it either.
    site.discussions(&visit).headers(id).await?;
    match site.services.keyring.take_from(id).await? {
        Some((address, true)) => {
            site.services.journal.note_own(Event::PeerKeyBrought);
            Ok(back(&address, "added"))
        }
        Some((address, false)) => Ok(back(&address, "nothing")),
        None => Ok(shell::see_other(&format!("/messages/{id}"))),
    }
}
