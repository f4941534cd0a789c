//! Every address of the site in one table: method, pattern, who may, and who answers.
//!
//! warp takes the request apart (one filter for all); the table decides, so that a test can walk it.

use super::{
    House, Site, asset, directory, guard,
    guard::{Visitor, near_enough},
    incoming, live, page, parts, policy,
    problem::{self, Problem},
    server::Peer,
    shell::Theme,
    upload,
    visit::{self, Visit},
};
use crate::{locale::Lang, service::checks::Door};
use bytes::Buf;
use futures_util::Stream;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use std::{convert::Infallible, pin::Pin, sync::Arc};
use warp::{Filter, reply::Response};

#[cfg(test)]
mod tests;

/// Who may use an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anyone who reaches the door.
    Anyone,
    /// The owner; others are shown to the sign-in page.
    Owner,
    /// The owner, who sees their own page; others see what the owner shows the world, or the sign-in page.
    World,
    /// The owner; others are told 401, because what asks is a script.
    OwnersScript,
    /// A browser with a session, also one that must first show that it is still itself; others are told 401.
    Prover,
    /// A browser's own machinery: it brings a signature and neither form nor token; others are told 403.
    Machinery,
}

type Answering = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;
type Handler = fn(Arc<Site>, Visit) -> Answering;

/// One address.
pub struct Route {
    /// `GET` (and with it `HEAD`) or `POST`.
    pub method: Method,
    /// The path; a segment `:name` stands for any one segment.
    pub pattern: &'static str,
    /// Who may use it.
    pub who: Who,
    answer: Handler,
}

impl Route {
    /// Whether its form may bring files.
    pub fn takes_files(&self) -> bool {
        self.method == Method::POST && self.pattern == "/write/:id"
    }

    /// Whether its form brings one file of any size, which is taken in while it comes.
    pub fn takes_a_stream(&self) -> bool {
        self.method == Method::POST && self.pattern == "/settings/import"
    }

    /// Whether its form brings one small file.
    pub fn takes_a_file(&self) -> bool {
        self.method == Method::POST && self.pattern == "/contacts/import"
    }
}

macro_rules! routes {
    ($($method:ident $pattern:literal $who:ident $($handler:ident)::+;)*) => {
        &[$(Route {
            method: Method::$method,
            pattern: $pattern,
            who: Who::$who,
            answer: |site, visit| Box::pin($($handler)::+(site, visit)),
        },)*]
    };
}

/// The table.
pub static ROUTES: &[Route] = routes! {
    GET  "/"                             Owner        page::timeline::show;
    GET  "/discussions/:id"              Owner        page::discussion::show;
    POST "/discussions/:id/read"         Owner        page::discussion::mark_read;
    POST "/discussions/:id/unread"       Owner        page::discussion::mark_unread;
    GET  "/discussions/:id/files"        Owner        page::discussion::files;
    GET  "/discussions/:id/delete"       Owner        page::delete::ask_discussion;
    POST "/discussions/:id/delete"       Owner        page::delete::discussion;
    GET  "/messages/:id"                 Owner        page::message::show;
    POST "/messages/:id/sealer"          Owner        page::message::sealer;
    POST "/messages/:id/bin"             Owner        page::delete::throw;
    GET  "/messages/:id/delete"          Owner        page::delete::ask_message;
    POST "/messages/:id/delete"          Owner        page::delete::message;
    GET  "/messages/:id/headers"         Owner        page::message::headers;
    GET  "/messages/:id/source"          Owner        page::file::source;
    GET  "/messages/:id/original"        Owner        page::original::show;
    GET  "/messages/:id/original/frame"  Owner        page::original::frame;
    GET  "/messages/:id/parts/:part"     Owner        page::danger::part;
    POST "/messages/:id/parts/:part"     Owner        page::danger::allow;
    GET  "/messages/:id/parts/:part/save" Owner       page::danger::save;
    GET  "/messages/:id/importance"      Owner        page::importance::show;
    POST "/messages/:id/tags"            Owner        page::tagging::message;
    POST "/messages/:id/suggestions"     Owner        page::tagging::answer;
    POST "/discussions/:id/tags"         Owner        page::tagging::discussion;
    POST "/bulk"                         Owner        page::acts::bulk;
    POST "/undo/:id"                     Owner        page::acts::undo;
    GET  "/done"                         Owner        page::shelf::done;
    GET  "/wastebasket"                  Owner        page::shelf::bin;
    GET  "/wastebasket/empty"            Owner        page::shelf::ask;
    POST "/wastebasket/empty"            Owner        page::shelf::empty;
    GET  "/door"                         Owner        page::door::show;
    POST "/door"                         Owner        page::door::answer;
    POST "/door/screener"                Owner        page::door::turn;
    POST "/levels"                       Owner        page::tagging::levels;
    GET  "/search"                       Owner        page::search::show;
    GET  "/settings"                     Owner        page::settings::show;
    GET  "/settings/preferences"         Owner        page::preferences::show;
    POST "/settings/preferences"         Owner        page::preferences::save;
    POST "/settings/preferences/kept"    Owner        page::preferences::keep;
    GET  "/settings/notifications"       Owner        page::notifications::show;
    POST "/settings/notifications"       Owner        page::notifications::offer;
    POST "/settings/notifications/off"   Owner        page::notifications::off;
    GET  "/worker.js"                    Anyone       page::notifications::worker;
    POST "/tips/:name"                   Owner        page::preferences::answer;
    GET  "/welcome"                      Owner        page::welcome::show;
    POST "/welcome"                      Owner        page::welcome::answer;
    GET  "/settings/views"               Owner        page::views::show;
    POST "/settings/views"               Owner        page::views::create;
    POST "/settings/views/:id"           Owner        page::views::change;
    POST "/settings/views/:id/move"      Owner        page::views::shift;
    POST "/settings/views/:id/delete"    Owner        page::views::remove;
    GET  "/settings/tags"                Owner        page::tags::show;
    POST "/settings/tags"                Owner        page::tags::create;
    GET  "/settings/tags/:id"            Owner        page::tags::show_one;
    POST "/settings/tags/:id"            Owner        page::tags::change;
    POST "/settings/tags/:id/delete"     Owner        page::tags::delete;
    POST "/settings/tags/:id/people"     Owner        page::tags::people;
    POST "/settings/smart-tags"          Owner        page::tags::smart;
    GET  "/settings/rules"               Owner        page::rules::show;
    POST "/settings/rules"               Owner        page::rules::create;
    POST "/settings/run-rules"           Owner        page::rules::run;
    GET  "/settings/rules/:id"           Owner        page::rules::show_one;
    POST "/settings/rules/:id"           Owner        page::rules::change;
    POST "/settings/rules/:id/do"        Owner        page::rules::act;
    POST "/messages/:id/show"            Owner        page::message::show_anyway;
    GET  "/write"                        Owner        page::write::begin;
    GET  "/write/people"                 OwnersScript page::write::people;
    GET  "/write/:id"                    Owner        page::write::show;
    POST "/write/:id"                    Owner        page::write::act;
    GET  "/write/:id/preview"            OwnersScript page::write::fragment;
    GET  "/write/:id/lower"              Owner        page::write::lower;
    POST "/write/:id/lower"              Owner        page::write::choose;
    POST "/messages/:id/undo"            Owner        page::write::undo;
    GET  "/drafts"                       Owner        page::drafts::show;
    GET  "/settings/writing"             Owner        page::writing::show;
    POST "/settings/writing"             Owner        page::writing::save;
    POST "/messages/:id/outbox"          Owner        page::outbox::act;
    GET  "/messages/:id/receipt"         Owner        page::receipt::show;
    GET  "/messages/:id/receipt/octets"  Owner        page::receipt::octets;
    GET  "/messages/:id/receipt/notices/:number" Owner page::receipt::notice;
    GET  "/outbox"                       Owner        page::outbox::show;
    GET  "/settings/sending"             Owner        page::way::show;
    POST "/settings/sending"             Owner        page::way::choose;
    POST "/settings/sending/reports"     Owner        page::way::report;
    GET  "/ledger"                       Owner        page::ledger::show;
    GET  "/privacy"                      World        page::world::privacy;
    GET  "/contacts"                     Owner        page::contacts::show;
    GET  "/contacts/new"                 Owner        page::contact::write;
    POST "/contacts/new"                 Owner        page::contact::create;
    GET  "/contacts/import"              Owner        page::contact_files::choose;
    POST "/contacts/import"              Owner        page::contact_files::look;
    POST "/contacts/import/take"         Owner        page::contact_files::take;
    GET  "/contacts/export"              Owner        page::contact_files::export;
    GET  "/contacts/:id/export"          Owner        page::contact_files::export_one;
    GET  "/contacts/:id"                 Owner        page::contact::show;
    GET  "/contacts/:id/edit"            Owner        page::contact::edit;
    POST "/contacts/:id/edit"            Owner        page::contact::change;
    POST "/contacts/:id/tags"            Owner        page::contact::tags;
    POST "/contacts/:id/provider"        Owner        page::contact::provider;
    GET  "/contacts/:id/delete"          Owner        page::contact_pair::ask;
    POST "/contacts/:id/delete"          Owner        page::contact_pair::delete;
    GET  "/contacts/:id/merge"           Owner        page::contact_pair::propose;
    POST "/contacts/:id/merge"           Owner        page::contact_pair::merge;
    GET  "/contacts/:id/split"           Owner        page::contact_pair::divide;
    POST "/contacts/:id/split"           Owner        page::contact_pair::split;
    GET  "/devices"                      Owner        page::devices::show;
    POST "/devices/here/ask"             Owner        page::letting_in::ask;
    POST "/devices/here/invite"          Owner        page::letting_in::invite;
    POST "/devices/here/recover"         Owner        page::letting_in::recover;
    GET  "/devices/join"                 Owner        page::letting_in::joining;
    POST "/devices/join"                 Owner        page::letting_in::join;
    POST "/devices/others/sign-out"      Owner        page::devices::sign_out_others;
    GET  "/devices/:id"                  Owner        page::device::show;
    POST "/devices/:id/approve"          Owner        page::letting_in::approve;
    POST "/devices/:id/describe"         Owner        page::device::describe;
    POST "/devices/:id/known"            Owner        page::device::known;
    POST "/devices/:id/sign-out"         Owner        page::device::sign_out;
    GET  "/devices/:id/revoke"           Owner        page::device::revoking;
    POST "/devices/:id/revoke"           Owner        page::device::revoke;
    GET  "/devices/:id/not-me"           Owner        page::device::disowning;
    POST "/devices/:id/not-me"           Owner        page::device::disown;
    GET  "/journal"                      Owner        page::journal::show;
    POST "/journal/keep"                 Owner        page::journal::keep;
    GET  "/settings/networks"            Owner        page::networks::show;
    POST "/settings/networks"            Owner        page::networks::forgive;
    POST "/settings/sealers"             Owner        page::networks::trust;
    GET  "/reports"                      Owner        page::reports::show;
    GET  "/messages/:id/spam"            Owner        page::spam::show;
    POST "/messages/:id/spam"            Owner        page::spam::say;
    GET  "/help"                         Owner        page::help::show;
    GET  "/help/:topic"                  Owner        page::help_topics::show;
    GET  "/live"                         OwnersScript live::listen;
    GET  "/sign-in"                      Anyone       page::sign_in::show;
    POST "/sign-in"                      Anyone       page::sign_in::sign_in;
    POST "/sign-in/passkey"              Anyone       page::sign_in::passkey;
    GET  "/sign-in/code"                 Anyone       page::sign_in::code;
    POST "/sign-in/code"                 Anyone       page::sign_in::complete;
    POST "/sign-out"                     Owner        page::sign_in::sign_out;
    POST "/lock"                         Owner        page::locks::lock;
    GET  "/locked"                       Anyone       page::locks::notice;
    GET  "/settings/locks"               Owner        page::locks::show;
    POST "/settings/locks/key-file"      Owner        page::locks::key_file;
    POST "/settings/locks/wipe"          Owner        page::locks::wipe;
    POST "/settings/locks/:id/remove"    Owner        page::locks::remove;
    GET  "/settings/recovery"            Owner        page::recovery::show;
    POST "/settings/recovery"            Owner        page::recovery::make;
    GET  "/settings/recovery/sheet"      Owner        page::recovery::sheet;
    POST "/settings/recovery/proof"      Owner        page::recovery::prove;
    GET  "/settings/keys"                Owner        page::keys::show;
    GET  "/settings/keys/ready/:ticket"  Owner        page::keys::ready;
    POST "/settings/keys/signs"          Owner        page::keys::signs;
    POST "/settings/keys/bring"          Owner        page::keys::bring;
    POST "/settings/keys/server"         Owner        page::keys::server;
    GET  "/settings/keys/card"           Owner        page::key_card::card;
    GET  "/settings/keys/scan"           Owner        page::key_card::scan;
    GET  "/contacts/:id/verify"          Owner        page::key_card::verify;
    GET  "/settings/keys/people"         Owner        page::people_keys::show;
    POST "/settings/keys/people"         Owner        page::people_keys::add;
    GET  "/settings/keys/people/:address" Owner       page::people_keys::one;
    POST "/settings/keys/people/:address/check" Owner page::people_keys::check;
    POST "/settings/keys/people/:address/server" Owner page::people_keys::search;
    POST "/settings/keys/people/:address/key" Owner   page::people_keys::judge;
    GET  "/settings/keys/:id/public"     Owner        page::keys::public;
    POST "/settings/keys/:id/keep"       Owner        page::keys::keep;
    POST "/settings/keys/:id/modern"     Owner        page::keys::modern;
    POST "/settings/keys/:id/publish"    Owner        page::keys::publish;
    POST "/settings/keys/:id/use"        Owner        page::keys::use_it;
    POST "/settings/keys/:id/renew"      Owner        page::keys::renew;
    POST "/messages/:id/key"             Owner        page::people_keys::take;
    GET  "/privacy/service"              Owner        page::appliance::show;
    GET  "/settings/address"             Owner        page::address::show;
    POST "/settings/address"             Owner        page::address::choose;
    GET  "/settings/certificate"         Owner        page::certificate::show;
    POST "/settings/certificate"         Owner        page::certificate::act;
    GET  "/settings/dns"                 Owner        page::dns::show;
    POST "/settings/dns"                 Owner        page::dns::act;
    GET  "/settings/dns/zone"            Owner        page::dns::zone;
    GET  "/.well-known/acme-challenge/:token" Anyone  policy::trial;
    GET  "/.well-known/mta-sts.txt"      Anyone       policy::show;
    GET  "/.well-known/openpgpkey/policy" Anyone      directory::policy;
    GET  "/.well-known/openpgpkey/hu/:name" Anyone    directory::direct;
    GET  "/.well-known/openpgpkey/:domain/policy" Anyone directory::policy;
    GET  "/.well-known/openpgpkey/:domain/hu/:name" Anyone directory::advanced;
    GET  "/.well-known/caliopen/statement" Anyone     page::world::statement;
    GET  "/.well-known/caliopen/charter" Anyone       page::world::charter;
    GET  "/settings/world"               Owner        page::world::show;
    POST "/settings/world"               Owner        page::world::act;
    GET  "/settings/world/preview"       Owner        page::world::preview;
    GET  "/report"                       Owner        page::world::report;
    GET  "/settings/updates"             Owner        page::updates::show;
    POST "/settings/updates"             Owner        page::updates::act;
    GET  "/setup"                        Owner        page::setup::lead_owner;
    GET  "/setup/restore"                Owner        page::setup::lead_owner;
    GET  "/setup/sheet"                  Owner        page::setup_after::sheet;
    POST "/setup/sheet"                  Owner        page::setup_after::prove_sheet;
    GET  "/setup/relay"                  Owner        page::setup_after::relay;
    POST "/setup/relay"                  Owner        page::setup_after::relay_seen;
    GET  "/setup/key"                    Owner        page::setup_after::key;
    POST "/setup/key"                    Owner        page::setup_after::key_seen;
    GET  "/setup/message"                Owner        page::setup_after::message;
    POST "/setup/message"                Owner        page::setup_after::end;
    GET  "/settings/mailboxes"           Owner        page::mailboxes::show;
    POST "/settings/mailboxes"           Owner        page::mailboxes::add;
    GET  "/settings/mailboxes/:id"       Owner        page::mailboxes::show_one;
    POST "/settings/mailboxes/:id"       Owner        page::mailboxes::act;
    GET  "/settings/export"              Owner        page::moving::export;
    POST "/settings/export"              Owner        page::moving::prepare;
    GET  "/settings/export/:ticket"      Owner        page::moving::fetch;
    GET  "/settings/import"              Owner        page::moving::import;
    POST "/settings/import"              Owner        page::moving::bring;
    GET  "/settings/backup"              Owner        page::backup::show;
    POST "/settings/backup"              Owner        page::backup::act;
    GET  "/settings/erase"               Owner        page::erase::show;
    POST "/settings/erase"               Owner        page::erase::erase;
    POST "/session/proof"                Prover       page::proof::prove;
    POST "/session/guard"                Machinery    page::proof::guard;
    POST "/session/refresh"              Machinery    page::proof::refresh;
    GET  "/settings/security"            Owner        page::security::show;
    POST "/settings/security/passphrase" Owner        page::security::passphrase;
    POST "/settings/security/idle"       Owner        page::security::idle;
    POST "/settings/security/code"       Owner        page::security::propose;
    GET  "/settings/security/code"       Owner        page::security::proposal;
    POST "/settings/security/code/on"    Owner        page::security::code_on;
    POST "/settings/security/code/off"   Owner        page::security::code_off;
    POST "/settings/security/passkeys"   Owner        page::passkeys::begin;
    GET  "/settings/security/passkeys/new" Owner      page::passkeys::make;
    POST "/settings/security/passkeys/new" Owner      page::passkeys::add;
    POST "/settings/security/passkeys/:id/name"   Owner page::passkeys::rename;
    POST "/settings/security/passkeys/:id/remove" Owner page::passkeys::remove;
    POST "/settings/security/sessions"   Owner        page::security::end_others;
    POST "/settings/security/sessions/:id" Owner      page::security::end_one;
    POST "/language"                     Anyone       page::setting::language;
    POST "/theme"                        Anyone       page::setting::theme;
    GET  "/health"                       Anyone       page::health::show;
    GET  "/assets/:hash/:name"           Anyone       asset::show;
};

/// The table of a box that has no owner yet: the first run, and nothing else.
pub static FIRST: &[Route] = routes! {
    GET  "/"                             Anyone       page::setup::lead;
    GET  "/sign-in"                      Anyone       page::setup::lead;
    GET  "/setup"                        Anyone       page::setup::lead;
    GET  "/setup/claim"                  Anyone       page::setup::claiming;
    POST "/setup/claim"                  Anyone       page::setup::claim;
    GET  "/setup/language"               Anyone       page::setup::languages;
    POST "/setup/language"               Anyone       page::setup::choose_language;
    GET  "/setup/domain"                 Anyone       page::setup::naming;
    POST "/setup/domain"                 Anyone       page::setup::name;
    GET  "/setup/restore"                Anyone       page::setup_back::show;
    POST "/setup/restore"                Anyone       page::setup_back::restore;
    GET  "/setup/reach"                  Anyone       page::setup_world::reach;
    POST "/setup/reach"                  Anyone       page::setup_world::reach_act;
    GET  "/setup/records"                Anyone       page::setup_world::records;
    POST "/setup/records"                Anyone       page::setup_world::records_act;
    GET  "/setup/zone"                   Anyone       page::setup_world::zone_file;
    GET  "/setup/certificate"            Anyone       page::setup_world::certificate;
    POST "/setup/certificate"            Anyone       page::setup_world::certificate_act;
    GET  "/setup/owner"                  Anyone       page::setup::owning;
    POST "/setup/owner"                  Anyone       page::setup::make;
    GET  "/.well-known/acme-challenge/:token" Anyone  policy::trial;
    POST "/language"                     Anyone       page::setting::language;
    POST "/theme"                        Anyone       page::setting::theme;
    GET  "/health"                       Anyone       page::health::show;
    GET  "/assets/:hash/:name"           Anyone       asset::show;
};

/// What warp has read of a request, its body still to come.
struct Asked<S> {
    method: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    authority: String,
    peer: Peer,
    body: S,
}

/// The one filter: takes a request apart and hands it to the table.
pub(super) fn filter(house: Arc<House>) -> impl Filter<Extract = (Response,), Error = warp::Rejection> + Clone {
    let query = warp::query::raw().or_else(|_| async { Ok::<_, Infallible>((String::new(),)) });
    let authority =
        warp::host::optional().map(|host: Option<warp::host::Authority>| host.map_or_else(String::new, |host| host.to_string()));
    warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(authority)
        .and(warp::ext::get::<Peer>())
        .and(warp::body::stream())
        .then(move |method, path: warp::path::FullPath, query, headers, authority, peer, body| {
            let path = path.as_str().to_owned();
            let asked = Asked {
                method,
                path,
                query,
                headers,
                authority,
                peer,
                body,
            };
            answer(house.site(), asked)
        })
}

/// The parts of a path that match a pattern's `:name`s; `None` where it is another path.
fn matched(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    let mut parts = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(parts),
            (Some(want), Some(part)) if want.starts_with(':') && !part.is_empty() => parts.push(part.to_owned()),
            (Some(want), Some(part)) if want == part => {}
            _ => return None,
        }
    }
}

fn find(table: &'static [Route], method: &Method, path: &str) -> Result<(&'static Route, Vec<String>), Problem> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let mut here = table
        .iter()
        .filter_map(|route| Some((route, matched(route.pattern, path)?)))
        .peekable();
    let Some((first, _)) = here.peek() else {
        return Err(Problem::NotFound);
    };
    let first = first.method.clone();
    let (mut found, mut others) = (None, false);
    for (route, parts) in here {
        others |= route.method != first;
        if route.method == *method && found.is_none() {
            found = Some((route, parts));
        }
    }
    found.ok_or(Problem::Method(match (others, first == Method::GET) {
        (true, _) => "GET, HEAD, POST",
        (false, true) => "GET, HEAD",
        (false, false) => "POST",
    }))
}

async fn answer<S, B>(site: Arc<Site>, asked: Asked<S>) -> Response
where
    S: Stream<Item = Result<B, warp::Error>> + Send,
    B: Buf,
{
    let unlock = &site.services.unlock;
    let visitor = Visitor::of(&asked.headers, asked.peer, unlock);
    // What is preferred says something of the owner: nobody else is told.
    let preferred = visitor
        .session
        .as_ref()
        .map(|_| site.services.preferences.now())
        .unwrap_or_default();
    let door = if asked.peer.secure { Door::Secure } else { Door::Web };
    site.services.checks.came_in(door, asked.peer.address.ip());
    let unclaimed = site.services.first_run.is_unclaimed();
    let table = if unclaimed { FIRST } else { ROUTES };
    let found = find(table, &asked.method, &asked.path);
    let visit = Visit {
        visitor,
        lang: visit::language(&asked.headers, Lang::of_code(&preferred.lang)),
        theme: Theme::of(&asked.headers, Theme::of_code(&preferred.theme)),
        parts: found.as_ref().map(|(_, parts)| parts.clone()).unwrap_or_default(),
        form: Vec::new(),
        file: Vec::new(),
        trouble: None,
        took: None,
        method: asked.method,
        path: asked.path,
        query: asked.query,
        headers: asked.headers,
        authority: asked.authority,
        peer: asked.peer,
    };
    let frame = problem::Frame::of(&site, &visit);
    let (secure, head, visitor) = (visit.peer.secure, visit.method == Method::HEAD, visit.visitor.clone());
    // What the page for those who come without TLS is dressed with is nobody's secret.
    let dress = unclaimed && visit.path.starts_with("/assets/");
    let near = near_enough(visit.peer, &visit.authority, &visit.path);
    let near = if dress { Ok(()) } else { near };
    let outcome = match near.and(found) {
        // The page that explains it, and what it is dressed with: nobody is asked anything on it.
        Err(Problem::UseTls(to)) if unclaimed => page::setup::elsewhere(&site, &visit, &to),
        Err(problem) => Err(problem),
        Ok((route, _)) => admit(site, route, visit, asked.body).await,
    };
    let mut response = outcome.unwrap_or_else(|problem| problem::show(&frame, problem));
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page
        && visitor.new_door
        && let Some(cookie) = visitor.door_cookie(secure)
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    if head { without_body(response) } else { response }
}

async fn admit<S, B>(site: Arc<Site>, route: &Route, mut visit: Visit, body: S) -> Result<Response, Problem>
where
    S: Stream<Item = Result<B, warp::Error>> + Send,
    B: Buf,
{
    let (signed_in, unproven) = (visit.visitor.session.is_some(), visit.visitor.unproven.is_some());
    match route.who {
        Who::Owner | Who::World if unproven => return Err(Problem::Prove),
        Who::Owner if !signed_in => return Err(Problem::SignIn(visit.here())),
        Who::OwnersScript if !signed_in => return Err(Problem::NotSignedIn),
        Who::Prover if !signed_in && !unproven => return Err(Problem::NotSignedIn),
        _ => {}
    }
    if route.method == Method::POST {
        guard::same_origin(&visit.headers, visit.peer, &visit.authority)?;
        if route.who == Who::Machinery {
            guard::nothing(&visit.headers, body).await?;
            return (route.answer)(site, visit).await;
        }
        let token = match &visit.visitor.unproven {
            Some(session) if route.who == Who::Prover => session.form_token.clone(),
            _ => visit.visitor.token(&site.services.unlock),
        };
        if route.takes_files() && parts::comes(&visit) {
            parts::read(&site, &mut visit, body, &token).await?;
            return (route.answer)(site, visit).await;
        }
        if route.takes_a_stream() && parts::comes(&visit) {
            incoming::read(&site, &mut visit, body, &token).await?;
            return (route.answer)(site, visit).await;
        }
        if route.takes_a_file() && parts::comes(&visit) {
            upload::read(&mut visit, body, &token).await?;
            return (route.answer)(site, visit).await;
        }
        match guard::form(&visit.headers, body, &token).await {
            // The one form that people leave open for days: show it again rather than a dead end.
            Err(Problem::Stale) if visit.path.starts_with("/sign-in") => return page::sign_in::stale(&site, &visit),
            // The box was started anew meanwhile, and asks for another code.
            Err(Problem::Stale) if site.services.first_run.is_unclaimed() => return Err(Problem::Step("claim")),
            form => visit.form = form?,
        }
    }
    (route.answer)(site, visit).await
}

fn without_body(response: Response) -> Response {
    use hyper::body::Body;
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact()
        && !parts.headers.contains_key(header::CONTENT_LENGTH)
        && parts.status != StatusCode::SEE_OTHER
    {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, warp::reply::Response::default().into_body())
}
