//! Who asks, and whether they mean it: sessions, origins, form tokens, and the size of a form.
//!
//! Every POST must (1) come from our own origin as far as the browser tells, and (2) carry the token of
//! its session, or before signing in the token bound to a random cookie. Either alone would do against
//! known attacks; browsers differ, so both are asked for.

use super::{
    problem::Problem,
    server::Peer,
    visit::{cookie, safe_next, text},
};
use crate::{
    domain::mailbox::MAX_FOLDERS,
    service::unlock::{Client, PROOF, Session, SignedIn, Standing, Unlock, same_token},
};
use bytes::Buf;
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::{pin::pin, time::Duration};
use warp::reply::Response;

/// Octets in a form.
pub(super) const FORM: usize = 64 * 1024;
/// How long a form may take to arrive.
const FORM_TIME: Duration = Duration::from_secs(15);
/// Fields in a form: the longest has a box for each folder of another mailbox. One that has more is refused, for what
/// would be cut off may be what it is about.
const FIELDS: usize = MAX_FOLDERS + 56;

/// Who asks.
#[derive(Clone, Default)]
pub(super) struct Visitor {
    /// The owner, signed in.
    pub(super) session: Option<Session>,
    /// A session whose browser has to show first that it is still itself.
    pub(super) unproven: Option<Session>,
    /// The secret of that session; empty where there is none.
    pub(super) secret: String,
    /// The random value that binds a form before signing in.
    pub(super) door: String,
    /// Whether that value is new, and has to be set in the browser.
    pub(super) new_door: bool,
}

/// The names of our secret cookies: the session's, the door's, the one of its proof. The prefix makes a browser
/// refuse them from anywhere but this very host over TLS; this machine's own plain HTTP cannot have it.
struct Names {
    session: &'static str,
    door: &'static str,
    proof: &'static str,
    device: &'static str,
}

const SECURE: Names = Names {
    session: "__Host-caliopen",
    door: "__Host-door",
    proof: "__Host-proof",
    device: "__Host-device",
};
const PLAIN: Names = Names {
    session: "caliopen",
    door: "door",
    proof: "proof",
    device: "device",
};

fn names(secure: bool) -> &'static Names {
    if secure { &SECURE } else { &PLAIN }
}

/// The secret that makes this browser a known device, where it keeps one.
pub(super) fn device_key(headers: &HeaderMap, secure: bool) -> Option<&str> {
    cookie(headers, names(secure).device).filter(|key| is_hex(key, 64))
}

/// The name of the cookie that a browser with DBSC must keep fresh, and its attributes.
pub(super) const GUARDED: (&str, &str) = (SECURE.proof, "Path=/; HttpOnly; SameSite=Strict; Secure");

/// Who asks, by address and by what the browser calls itself.
pub(super) fn client<'a>(headers: &'a HeaderMap, peer: Peer) -> Client<'a> {
    Client {
        peer: peer.address.ip(),
        agent: text(headers, &header::USER_AGENT),
    }
}

impl Visitor {
    /// Reads the cookies.
    pub(super) fn of(headers: &HeaderMap, peer: Peer, unlock: &Unlock) -> Self {
        let names = names(peer.secure);
        let secret_of = |name| cookie(headers, name).filter(|secret| is_hex(secret, 64));
        let mut visitor = Self::default();
        if let Some(secret) = secret_of(names.session) {
            secret.clone_into(&mut visitor.secret);
            match unlock.stand(secret, secret_of(names.proof), client(headers, peer)) {
                Standing::Here(session) => {
                    visitor.session = Some(session);
                    return visitor;
                }
                Standing::Prove(session) => visitor.unproven = Some(session),
                Standing::Nobody | Standing::Elsewhere => visitor.secret.clear(),
            }
        }
        let door = cookie(headers, names.door).filter(|door| is_hex(door, 32));
        visitor.new_door = door.is_none();
        visitor.door = door.map(str::to_owned).or_else(|| unlock.door_cookie()).unwrap_or_default();
        visitor
    }

    /// The token that this visitor's forms carry; empty means that none will be taken.
    pub(super) fn token(&self, unlock: &Unlock) -> String {
        match &self.session {
            Some(session) => session.form_token.clone(),
            None if self.door.is_empty() => String::new(),
            None => unlock.door_token(&self.door),
        }
    }

    /// Sets the random value in the browser.
    pub(super) fn door_cookie(&self, secure: bool) -> Option<HeaderValue> {
        set_cookie(names(secure).door, &self.door, secure, "")
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn set_cookie(name: &str, value: &str, secure: bool, more: &str) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}")).ok()
}

/// The cookies of somebody who just signed in, gone when the browser closes, and the offer to a browser with
/// DBSC to bring a key that it guards itself.
pub(super) fn welcome(response: &mut Response, who: &SignedIn, secure: bool) -> Result<(), Problem> {
    let headers = response.headers_mut();
    let session = set_cookie(names(secure).session, &who.secret, secure, "");
    headers.append(header::SET_COOKIE, session.ok_or(Problem::Broken)?);
    if let Some(proof) = &who.proof {
        headers.append(header::SET_COOKIE, proof_cookie(proof, secure).ok_or(Problem::Broken)?);
    }
    // Longer than any browser keeps a cookie (RFC 6265bis: 400 days): a device is known until it is forgotten.
    let device = set_cookie(names(secure).device, &who.device, secure, "; Max-Age=34560000");
    headers.append(header::SET_COOKIE, device.ok_or(Problem::Broken)?);
    if secure && let Ok(offer) = HeaderValue::from_str(&format!("(ES256);path=\"/session/guard\";challenge=\"{}\"", who.registration)) {
        headers.insert("secure-session-registration", offer);
    }
    Ok(())
}

/// The cookie that shows for ten minutes that the browser is still itself.
pub(super) fn proof_cookie(proof: &str, secure: bool) -> Option<HeaderValue> {
    set_cookie(names(secure).proof, proof, secure, &format!("; Max-Age={PROOF}"))
}

/// Takes the cookies of a session back.
pub(super) fn farewell(response: &mut Response, secure: bool) {
    for name in [names(secure).session, names(secure).proof] {
        if let Some(cookie) = set_cookie(name, "", secure, "; Max-Age=0") {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

/// A cookie for a setting of this browser, kept for a year. No secret.
pub(super) fn setting_cookie(name: &str, value: &str, secure: bool) -> Option<HeaderValue> {
    set_cookie(name, value, secure, "; Max-Age=31536000")
}

/// Takes a setting of this browser away, so that what is preferred everywhere holds in it too.
pub(super) fn no_setting_cookie(name: &str, secure: bool) -> Option<HeaderValue> {
    set_cookie(name, "", secure, "; Max-Age=0")
}

/// Over plain HTTP only this machine may come in, and only under a name of this machine: another name is a
/// page elsewhere that had its name pointed here (DNS rebinding), or a relay that hides who is asking.
pub(super) fn near_enough(peer: Peer, authority: &str, path: &str) -> Result<(), Problem> {
    // An authority comes to port 80 by the name that it is to certify (RFC 8555 section 8.3).
    if peer.secure || path == "/health" || path.starts_with("/.well-known/acme-challenge/") {
        return Ok(());
    }
    if !peer.address.ip().to_canonical().is_loopback() {
        let path = safe_next(path).unwrap_or("/");
        return Err(match host_of(authority) {
            "" => Problem::Misdirected,
            host => Problem::UseTls(format!("https://{host}{path}")),
        });
    }
    if is_here(peer, authority) {
        Ok(())
    } else {
        Err(Problem::Misdirected)
    }
}

/// What was asked for, without the port.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Whether it is a program of this machine that asks: from here, and where nothing vouches for the name, by one of this machine.
pub(super) fn is_here(peer: Peer, authority: &str) -> bool {
    let bare = host_of(authority).trim_start_matches('[').trim_end_matches(']');
    let named = || bare == "localhost" || bare.ends_with(".localhost");
    let is_ours = || {
        bare.parse::<std::net::IpAddr>()
            .map_or_else(|_| named(), |ip| ip.to_canonical().is_loopback())
    };
    peer.address.ip().to_canonical().is_loopback() && (peer.secure || is_ours())
}

/// Whether a form comes from our own pages, as far as the browser says. `Origin: null` is no contradiction:
/// with `Referrer-Policy: no-referrer` browsers send it from our own forms too (Fetch, "append a request
/// `Origin` header"); there the token decides.
pub(super) fn same_origin(headers: &HeaderMap, peer: Peer, authority: &str) -> Result<(), Problem> {
    let site = text(headers, &HeaderName::from_static("sec-fetch-site"));
    if !matches!(site, "" | "same-origin" | "none") {
        return Err(Problem::Elsewhere);
    }
    let origin = text(headers, &header::ORIGIN);
    let scheme = if peer.secure { "https://" } else { "http://" };
    let ours = origin.strip_prefix(scheme).is_some_and(|host| host.eq_ignore_ascii_case(authority));
    if matches!(origin, "" | "null") || ours {
        Ok(())
    } else {
        Err(Problem::Elsewhere)
    }
}

/// Reads a form, counting every octet, and checks its token.
pub(super) async fn form<B: Buf>(
    headers: &HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>>,
    token: &str,
) -> Result<Vec<(String, String)>, Problem> {
    let kind = text(headers, &header::CONTENT_TYPE);
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Problem::NoForm);
    }
    announced(headers)?;
    let bytes = within(FORM_TIME, body).await?;
    let form: Vec<(String, String)> = form_urlencoded::parse(&bytes).into_owned().take(FIELDS + 1).collect();
    if form.len() > FIELDS {
        return Err(Problem::TooLarge);
    }
    let given = form.iter().find(|(name, _)| name == "token").map_or("", |(_, value)| value);
    if token.is_empty() || !same_token(given, token) {
        return Err(Problem::Stale);
    }
    Ok(form)
}

/// The octets of a body, where they come in time.
/// What says that it will be too large is not waited for.
fn announced(headers: &HeaderMap) -> Result<(), Problem> {
    let length = text(headers, &header::CONTENT_LENGTH).parse::<u64>();
    if length.is_ok_and(|length| length > FORM as u64) {
        return Err(Problem::TooLarge);
    }
    Ok(())
}

/// Reads what should be no body at all, and counts it as a form's.
pub(super) async fn nothing<B: Buf>(headers: &HeaderMap, body: impl Stream<Item = Result<B, warp::Error>>) -> Result<(), Problem> {
    announced(headers)?;
    within(FORM_TIME, body).await.map(drop)
}

async fn within<B: Buf>(time: Duration, body: impl Stream<Item = Result<B, warp::Error>>) -> Result<Vec<u8>, Problem> {
    tokio::time::timeout(time, collect(body)).await.map_err(|_| Problem::Slow)?
}

async fn collect<B: Buf>(body: impl Stream<Item = Result<B, warp::Error>>) -> Result<Vec<u8>, Problem> {
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        let mut piece = piece.map_err(|_| Problem::NoForm)?;
        if bytes.len() + piece.remaining() > FORM {
            return Err(Problem::TooLarge);
        }
        let mut octets = vec![0; piece.remaining()];
        piece.copy_to_slice(&mut octets);
        bytes.append(&mut octets);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(origin: Option<&'static str>, site: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        if let Some(site) = site {
            headers.insert("sec-fetch-site", HeaderValue::from_static(site));
        }
        let peer = Peer {
            address: ([127, 0, 0, 1], 9).into(),
            secure: true,
            modern: true,
        };
        same_origin(&headers, peer, "home.test:8443").is_ok()
    }

    #[test]
    fn a_form_comes_from_our_own_pages() {
        assert!(asked(None, None), "curl");
        assert!(asked(Some("https://home.test:8443"), Some("same-origin")));
        assert!(asked(Some("null"), Some("same-origin")), "our own, under no-referrer");
        for (origin, site) in [
            (Some("https://evil.test"), None),
            (Some("https://home.test"), None),
            (Some("http://home.test:8443"), None),
            (Some("null"), Some("cross-site")),
            (None, Some("same-site")),
            (Some("https://evil.test"), Some("same-origin")),
        ] {
            assert!(!asked(origin, site), "{origin:?} {site:?}");
        }
    }

    #[test]
    fn secrets_are_set_for_this_host_only_and_a_guarded_key_is_asked_for_over_tls() {
        let who = SignedIn {
            secret: "a".repeat(64),
            proof: Some("b".repeat(64)),
            registration: "c".repeat(64),
            device: "d".repeat(64),
            known_as: crate::domain::id::DeviceId(1),
            method: crate::service::unlock::Method::Passkey,
        };
        for secure in [true, false] {
            let mut response = Response::default();
            welcome(&mut response, &who, secure).unwrap();
            let set: Vec<&str> = response
                .headers()
                .get_all(header::SET_COOKIE)
                .iter()
                .map(|value| value.to_str().unwrap())
                .collect();
            assert_eq!(set.len(), 3);
            for cookie in &set {
                assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
                assert_eq!(
                    (cookie.starts_with("__Host-"), cookie.contains("; Secure")),
                    (secure, secure),
                    "{cookie}"
                );
                assert!(!cookie.contains("Domain"), "{cookie}");
            }
            assert!(set.iter().any(|cookie| cookie.contains(GUARDED.1)) || !secure);
            assert_eq!(response.headers().contains_key("secure-session-registration"), secure);
            farewell(&mut response, secure);
            let gone = |value: &&HeaderValue| value.to_str().unwrap().ends_with("; Max-Age=0");
            assert_eq!(
                response.headers().get_all(header::SET_COOKIE).iter().filter(gone).count(),
                2,
                "the device stays known"
            );
        }
    }

    #[tokio::test]
    async fn a_form_is_counted_octet_by_octet() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded; charset=UTF-8"),
        );
        let pieces = |n: usize| futures_util::stream::iter((0..n).map(|_| Ok(bytes::Bytes::from(vec![b'a'; 1024]))));
        assert!(matches!(form(&headers, pieces(65), "t").await, Err(Problem::TooLarge)));
        assert!(matches!(form(&headers, pieces(64), "t").await, Err(Problem::Stale)), "no token");
        let body = || futures_util::stream::iter([Ok(bytes::Bytes::from_static(b"token=t&name=a+b%C3%A9"))]);
        assert_eq!(form(&headers, body(), "t").await.unwrap()[1], ("name".into(), "a bé".into()));
        let fields = |n: usize| futures_util::stream::iter([Ok(bytes::Bytes::from("token=t".to_owned() + &"&folder=a".repeat(n - 1)))]);
        assert_eq!(form(&headers, fields(FIELDS), "t").await.unwrap().len(), FIELDS);
        assert!(
            matches!(form(&headers, fields(FIELDS + 1), "t").await, Err(Problem::TooLarge)),
            "never cut"
        );
        assert!(
            matches!(form(&headers, body(), "").await, Err(Problem::Stale)),
            "no token is never right"
        );
        assert!(matches!(form(&HeaderMap::new(), body(), "t").await, Err(Problem::NoForm)));
    }

    #[tokio::test]
    async fn a_form_that_comes_too_late_or_would_be_too_large_is_not_waited_for() {
        let never = || futures_util::stream::pending::<Result<bytes::Bytes, warp::Error>>();
        let begun = futures_util::stream::iter([Ok(bytes::Bytes::from_static(b"token=t"))]);
        assert!(matches!(within(Duration::ZERO, begun.chain(never())).await, Err(Problem::Slow)));
        let whole = futures_util::stream::iter([Ok(bytes::Bytes::from_static(b"token=t"))]);
        assert_eq!(within(Duration::ZERO, whole).await.unwrap(), b"token=t");
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind), (header::CONTENT_LENGTH, HeaderValue::from(FORM + 1))]);
        assert!(matches!(form(&headers, never(), "t").await, Err(Problem::TooLarge)));
    }
}
