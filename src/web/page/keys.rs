//! `/settings/keys`: the owner's OpenPGP keys. What gives a secret away asks for the passphrase again, and is then
//! there to be saved once, by whoever asked, for two minutes.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    file,
    locks::day,
    sign_in::{caller, said},
};
use crate::{
    codec::pgp::NoKey,
    domain::journal::Event,
    locale::{
        Lang,
        custody::CustodyWords,
        keys::{
            self, KeyWords,
            finding::{self, FindingWords},
        },
    },
    service::{
        key_server::Published,
        keys::{NotBrought, OwnView},
    },
};
use askama::Template;
use http::{Method, StatusCode};
use std::sync::Arc;
use warp::reply::Response;

/// Characters of a passphrase that protects a file.
const LEAST: usize = 12;

/// One key.
struct Row {
    id: u64,
    address: String,
    state: &'static str,
    current: bool,
    groups: Vec<String>,
    kind: String,
    since: String,
    until: String,
    saved: String,
    trouble: Option<&'static str>,
    record: (String, String),
    modern: bool,
    /// A key of the newer kind could be made beside it.
    lonely: bool,
    error: Option<String>,
    renewing: Option<String>,
}

/// Which form an error stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Keep(u64),
    Bring,
    Server,
}

#[derive(Template)]
#[template(path = "page/keys.html")]
struct Page {
    s: Shell,
    t: &'static CustodyWords,
    k: &'static KeyWords,
    f: &'static FindingWords,
    done: Option<&'static str>,
    trouble: Option<&'static str>,
    server: String,
    publish: String,
    publish_text: String,
    server_error: Option<String>,
    ready: Option<String>,
    rows: Vec<Row>,
    bring_error: Option<String>,
    signs: bool,
    typed: String,
}

fn row(site: &Site, visit: &Visit, k: &'static KeyWords, key: OwnView, error: Option<&(Part, String)>) -> Row {
    let date = |time| day(site, visit, time);
    let facts = &key.facts;
    Row {
        state: match (key.current, key.made) {
            (true, _) => k.in_use,
            (false, true) => k.old,
            (false, false) => k.brought,
        },
        groups: facts.fingerprint.groups(),
        kind: k.algorithm(facts.algorithm),
        since: k.made.replace("{date}", &date(facts.created)),
        until: match facts.expires {
            None => k.expires_never.to_owned(),
            Some(end) if key.current && key.made => k.expires_itself.replace("{date}", &date(end)),
            Some(end) => k.expires.replace("{date}", &date(end)),
        },
        saved: match key.saved {
            Some(at) if key.saved_whole => k.saved.replace("{date}", &date(at)),
            Some(at) => k.saved_before.replace("{date}", &date(at)),
            None => k.saved_never.to_owned(),
        },
        trouble: facts.encrypt.err().map(|why| k.unusable(why)),
        error: error.filter(|(part, _)| *part == Part::Keep(key.id)).map(|(_, text)| text.clone()),
        renewing: None,
        id: key.id,
        address: key.address.to_string(),
        current: key.current,
        record: key.record,
        modern: key.modern,
        lonely: false,
    }
}

async fn page(site: &Site, visit: &Visit, status: StatusCode, error: Option<(Part, String)>) -> Result<Response, Problem> {
    let k = keys::words(visit.lang);
    let f = finding::words(visit.lang);
    let list = site.services.keys.list().await?;
    let modern: Vec<String> = list
        .iter()
        .filter(|key| key.current && key.modern)
        .map(|key| key.address.to_string())
        .collect();
    let mut rows: Vec<Row> = list.into_iter().map(|key| row(site, visit, k, key, error.as_ref())).collect();
    for row in &mut rows {
        row.lonely = row.current && !row.modern && !modern.contains(&row.address);
    }
    let server_error = error
        .as_ref()
        .filter(|(part, _)| *part == Part::Server)
        .map(|(_, text)| text.clone());
    let server = site.services.key_server.name().await?;
    let page = Page {
        f,
        publish: f.publish.replace("{server}", &server),
        publish_text: f.publish_text.replace("{server}", &server),
        trouble: match visit.asked("done").as_str() {
            "refused" => Some(f.published_refused),
            "unreachable" => Some(f.published_unreachable),
            _ => None,
        },
        server: match &server_error {
            Some(_) => visit.field("server").to_owned(),
            None => server,
        },
        server_error,
        s: Shell::of(site, visit, Section::None),
        t: &visit.lang.words().custody,
        k,
        done: match visit.asked("done").as_str() {
            "brought" => Some(k.done_brought),
            "brought_some" => Some(k.done_brought_some),
            "used" => Some(k.done_used),
            "renewed" => Some(k.done_renewed),
            "modern" => Some(f.modern_done),
            "server" => Some(f.server_saved),
            "found" => Some(f.published_found),
            "asks" => Some(f.published_asks),
            _ => None,
        },
        ready: site.services.keys.waits(&visit.asked("ready")).then(|| visit.asked("ready")),
        rows,
        bring_error: error
            .as_ref()
            .filter(|(part, _)| *part == Part::Bring)
            .map(|(_, text)| text.clone()),
        signs: site.services.keys.signs().await?,
        typed: visit.field("key").to_owned(),
    };
    let mut response = shell::page(&page)?;
    *response.status_mut() = status;
    Ok(response)
}

/// `GET /settings/keys`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    page(&site, &visit, StatusCode::OK, None).await
}

/// `GET /settings/keys/:id/public`
pub(in crate::web) async fn public(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: u64 = visit.part(0).parse().map_err(|_| Problem::NotFound)?;
    let key = site
        .services
        .keys
        .list()
        .await?
        .into_iter()
        .find(|key| key.id == id)
        .ok_or(Problem::NotFound)?;
    Ok(file::download(
        key.armored.into_bytes(),
        "application/pgp-keys",
        &format!("{}.asc", key.address),
    ))
}

/// `POST /settings/keys/:id/keep`: the secret key or its revocation, for whoever knows the passphrase.
pub(in crate::web) async fn keep(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: u64 = visit.part(0).parse().map_err(|_| Problem::NotFound)?;
    let (t, k) = (&visit.lang.words().custody, keys::words(visit.lang));
    let secret = visit.field("what") == "secret";
    if let Err(refused) = site.services.unlock.prove_secret(visit.field("passphrase"), caller(&visit)).await {
        let (status, error) = said(&visit, refused, t.secret_wrong);
        return page(&site, &visit, status, Some((Part::Keep(id), error))).await;
    }
    if secret && visit.field("file").chars().count() < LEAST {
        let error = Some((Part::Keep(id), k.file_passphrase_short.to_owned()));
        return page(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, error).await;
    }
    let ticket = if secret {
        site.services.keys.save(id, visit.field("file").to_owned()).await?
    } else {
        site.services.keys.revocation(id).await?
    };
    Ok(shell::see_other(&format!("/settings/keys?ready={ticket}#ready")))
}

/// `GET /settings/keys/ready/:ticket`: what was asked for, once. Whoever asks for the head alone is given nothing, and
/// nothing counts as saved.
pub(in crate::web) async fn ready(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    if visit.method == Method::HEAD {
        return Ok(shell::see_other("/settings/keys"));
    }
    let Some((name, text)) = site.services.keys.redeem(visit.part(0)).await? else {
        return Ok(shell::see_other("/settings/keys"));
    };
    site.services.journal.note_own(Event::KeySaved);
    Ok(file::download(text.into_bytes(), "application/pgp-keys", &name))
}

/// `POST /settings/keys/:id/use`
pub(in crate::web) async fn use_it(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: u64 = visit.part(0).parse().map_err(|_| Problem::NotFound)?;
    site.services.keys.use_from_now_on(id).await?;
    site.services.journal.note_own(Event::KeyChanged);
    Ok(shell::see_other("/settings/keys?done=used"))
}

/// `POST /settings/keys/:id/renew`
pub(in crate::web) async fn renew(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: u64 = visit.part(0).parse().map_err(|_| Problem::NotFound)?;
    let t = &visit.lang.words().custody;
    if let Err(refused) = site.services.unlock.prove_secret(visit.field("passphrase"), caller(&visit)).await {
        let (status, error) = said(&visit, refused, t.secret_wrong);
        return page(&site, &visit, status, Some((Part::Keep(id), error))).await;
    }
    site.services.keys.renew(id).await?;
    site.services.journal.note_own(Event::KeyChanged);
    Ok(shell::see_other("/settings/keys?done=renewed"))
}

/// `POST /settings/keys/signs`
pub(in crate::web) async fn signs(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    site.services.keys.set_signs(visit.field("signs") == "yes").await?;
    site.services.journal.note_own(Event::SettingChanged);
    Ok(shell::see_other("/settings/keys#signs"))
}

/// `POST /settings/keys/bring`
pub(in crate::web) async fn bring(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let k = keys::words(visit.lang);
    let (key, passphrase) = (visit.field("key").as_bytes().to_vec(), visit.field("passphrase").to_owned());
    let why = match site.services.keys.bring(key, passphrase).await? {
        Ok(brought) => {
            site.services.journal.note_own(Event::KeyBrought);
            let done = if brought.closed == 0 { "brought" } else { "brought_some" };
            return Ok(shell::see_other(&format!("/settings/keys?done={done}")));
        }
        Err(NotBrought::No(NoKey::Unreadable)) => k.bring_unreadable,
        Err(NotBrought::No(NoKey::TooLarge)) => k.bring_large,
        Err(NotBrought::No(NoKey::Passphrase)) => k.bring_wrong,
        Err(NotBrought::TooMany) => k.bring_many,
        Err(NotBrought::Here) => k.bring_here,
    };
    page(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, Some((Part::Bring, why.to_owned()))).await
}

/// `POST /settings/keys/:id/modern`: a key of the newer kind beside this one.
pub(in crate::web) async fn modern(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: u64 = visit.part(0).parse().map_err(|_| Problem::NotFound)?;
    let beside = site.services.keys.list().await?.into_iter().find(|key| key.id == id && key.current);
    site.services.keys.make_modern(beside.ok_or(Problem::NotFound)?.address).await?;
    site.services.journal.note_own(Event::KeyChanged);
    Ok(shell::see_other("/settings/keys?done=modern"))
}

/// `POST /settings/keys/server`: which key server is asked where the owner says so.
pub(in crate::web) async fn server(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    if site.services.key_server.set_name(visit.field("server")).await? {
        site.services.journal.note_own(Event::SettingChanged);
        return Ok(shell::see_other("/settings/keys?done=server#server-title"));
    }
    let error = finding::words(visit.lang).server_bad.to_owned();
    page(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, Some((Part::Server, error))).await
}

/// `POST /settings/keys/:id/publish`: hands the public key to that server.
pub(in crate::web) async fn publish(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: u64 = visit.part(0).parse().map_err(|_| Problem::NotFound)?;
    let language = match visit.lang {
        Lang::En => "en_US",
        Lang::Fr => "fr_FR",
    };
    let done = match site.services.key_server.publish(id, language).await? {
        Published::Found => "found",
        Published::Asks => "asks",
        Published::Refused => "refused",
        Published::Unreachable => "unreachable",
    };
    Ok(shell::see_other(&format!("/settings/keys?done={done}")))
}
