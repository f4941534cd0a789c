//! The short proofs that a browser is still itself: by the key of our script, and by the browser's own
//! machinery (DBSC). None of these has a page.

use super::super::{Site, guard, problem::Problem, visit::Visit};
use crate::service::unlock::guarded::{Guarded, NoProof};
use http::{HeaderName, HeaderValue, StatusCode, header};
use std::sync::Arc;
use warp::reply::Response;

/// Where the next challenge stands.
const NEXT: HeaderName = HeaderName::from_static("caliopen-challenge");

fn status(code: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = code;
    response
}

/// `POST /session/proof`: 204 with the cookie of the proof, or 401 with the challenge to sign.
pub(in crate::web) async fn prove(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let client = guard::client(&visit.headers, visit.peer);
    let unlock = &site.services.unlock;
    let proven = unlock.prove(&visit.visitor.secret, visit.field("challenge"), visit.field("proof"), client);
    let (proof, challenge) = proven.ok_or(Problem::NotSignedIn)?;
    let mut response = status(if proof.is_some() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::UNAUTHORIZED
    });
    let headers = response.headers_mut();
    headers.insert(NEXT, HeaderValue::from_str(&challenge).map_err(|_| Problem::Broken)?);
    if let Some(proof) = proof {
        let cookie = guard::proof_cookie(&proof, visit.peer.secure).ok_or(Problem::Broken)?;
        headers.append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// `POST /session/guard`: the browser brings its key. Told 403 where it is not the one that was asked.
pub(in crate::web) async fn guard(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let client = guard::client(&visit.headers, visit.peer);
    let guarded = site.services.unlock.guard(&visit.visitor.secret, token(&visit), client);
    instructions(&visit, &guarded.filter(|_| visit.peer.secure).ok_or(Problem::Stale)?, false)
}

/// `POST /session/refresh`: the browser wants a new proof. Told 403 with what to sign, or that it is over.
pub(in crate::web) async fn refresh(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let client = guard::client(&visit.headers, visit.peer);
    let unlock = &site.services.unlock;
    match unlock.refresh(&visit.visitor.secret, token(&visit), client) {
        Ok(guarded) => instructions(&visit, &guarded, true),
        Err(NoProof::Challenge(challenge)) => {
            let mut response = status(StatusCode::FORBIDDEN);
            let id = unlock.guarded_id(&visit.visitor.secret);
            set_challenge(&mut response, &challenge, &id)?;
            Ok(response)
        }
        Err(NoProof::Over) => Err(Problem::Stale),
    }
}

fn token(visit: &Visit) -> &str {
    visit.header(&HeaderName::from_static("secure-session-response"))
}

fn set_challenge(response: &mut Response, challenge: &str, id: &str) -> Result<(), Problem> {
    let value = HeaderValue::from_str(&format!("\"{challenge}\";id=\"{id}\"")).map_err(|_| Problem::Broken)?;
    response.headers_mut().insert("secure-session-challenge", value);
    Ok(())
}

/// What the browser is told of the session: which cookie it must keep fresh, where, and how. At
/// registration the session is not yet known to it, so there the challenge comes with the first refresh.
fn instructions(visit: &Visit, guarded: &Guarded, known: bool) -> Result<Response, Problem> {
    let (name, attributes) = guard::GUARDED;
    // Written by hand: every piece is ours, and the host has been read as one.
    let (origin, _) = visit.place().ok_or(Problem::Misdirected)?;
    let text = format!(
        "{{\"session_identifier\":\"{}\",\"refresh_url\":\"/session/refresh\",\
         \"scope\":{{\"origin\":\"{origin}\",\"include_site\":false,\"scope_specification\":[]}},\
         \"credentials\":[{{\"type\":\"cookie\",\"name\":\"{name}\",\"attributes\":\"{attributes}\"}}]}}",
        guarded.id
    );
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let cookie = guard::proof_cookie(&guarded.proof, visit.peer.secure).ok_or(Problem::Broken)?;
    headers.append(header::SET_COOKIE, cookie);
    if known {
        set_challenge(&mut response, &guarded.challenge, &guarded.id)?;
    }
    Ok(response)
}
