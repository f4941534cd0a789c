//! The guards of the web door, tried on every route that there is: headers on every answer, forms that are
//! not ours, addresses that lead elsewhere, and requests that are too much. Routes that are added later
//! are walked as well, because the table is.

use crate::{
    appliance::{Appliance, Folder},
    door::{PATIENCE, client},
    web::{Answer, Visitor, deliver},
};
use bytes::Bytes;
use caliopen::web::{
    ASSETS,
    routes::{ROUTES, Who},
};
use http::Method;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};
use tokio_rustls::TlsConnector;

/// What every answer of ours wears; the values that differ from page to page are looked at below.
const WORN: &[&str] = &[
    "content-security-policy",
    "referrer-policy",
    "x-content-type-options",
    "cache-control",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "x-robots-tag",
    "x-dns-prefetch-control",
];

fn dressed(answer: &Answer, what: &str) {
    for name in WORN {
        assert!(
            answer.header(name).is_some(),
            "{what} ({}) goes without {name}:\n{}",
            answer.status,
            answer.head
        );
    }
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
    let ours = !policy.contains("sandbox");
    for bad in ["unsafe-eval", "http:", "https:", "*", "unsafe-inline"] {
        assert!(!ours || !policy.contains(bad), "{what}: {bad} in {policy}");
    }
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
    for name in ["access-control-allow-origin", "server", "x-powered-by"] {
        // The directory of public keys is for everybody's scripts too.
        if name.starts_with("access") && what.contains("/.well-known/openpgpkey/") {
            continue;
        }
        assert_eq!(answer.header(name), None, "{what} says {name}");
    }
    assert!(
        answer.status < 500 || answer.status == 503,
        "{what}: {}\n{}",
        answer.status,
        answer.body
    );
    for line in answer.head.lines().filter(|line| line.starts_with("set-cookie:")) {
        let secret = !["lang=", "theme="].iter().any(|name| line.contains(name));
        assert!(
            !secret || (line.contains("HttpOnly") && line.contains("SameSite=Strict") && line.contains("Path=/")),
            "{line}"
        );
        assert!(!line.contains("Domain="), "{line}");
    }
}

/// A place on this site, and nothing that a browser would take for another.
fn stays_here(answer: &Answer, what: &str) {
    if let Some(to) = answer.header("location") {
        let inside = to.starts_with('/') && !to.starts_with("//") && !to.contains('\\');
        assert!(inside && !to.contains("evil"), "{what} leads to {to}");
    }
}

/// A path of a pattern: a real asset, the first of everything else.
fn example(pattern: &str) -> String {
    let (name, hash) = ASSETS[0];
    let part = |part: &str| match part {
        ":hash" => hash.to_owned(),
        ":name" => name.to_owned(),
        part if part.starts_with(':') => "1".to_owned(),
        part => part.to_owned(),
    };
    pattern.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Every address of the table, each once, with the methods that it knows: `/devices/ask` is also a `/devices/:id`.
fn addresses() -> Vec<(String, Vec<&'static Method>)> {
    let fits = |pattern: &str, path: &str| {
        let (wanted, given): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        wanted.len() == given.len() && wanted.iter().zip(given).all(|(want, part)| want.starts_with(':') || *want == part)
    };
    let paths: BTreeSet<String> = ROUTES.iter().map(|route| example(route.pattern)).collect();
    let methods = |path: &String| {
        let here = ROUTES.iter().filter(|route| fits(route.pattern, path));
        here.map(|route| &route.method).collect()
    };
    paths.into_iter().map(|path| (path.clone(), methods(&path))).collect()
}

/// What takes forms. A browser's own machinery brings a signature instead: it is looked at on its own.
fn forms() -> impl Iterator<Item = (String, Who)> {
    let posts = ROUTES
        .iter()
        .filter(|route| route.method == Method::POST && route.who != Who::Machinery);
    posts.map(|route| (example(route.pattern), route.who))
}

/// A box with one message in it.
fn with_mail() -> (Folder, Appliance) {
    let folder = Folder::make();
    let appliance = folder.serve();
    deliver(&appliance, "Eve <eve@x.test>", "Hello", "\r\nHello\r\n");
    (folder, appliance)
}

/// Octets on a connection of their own; what came back until it was closed, or was silent for a while.
fn raw(to: SocketAddr, octets: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // What is refused early is not read to its end.
    let _ = stream.write_all(octets);
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..read]);
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

#[test]
fn every_answer_is_dressed_whoever_asks_and_however() {
    let (folder, appliance) = with_mail();
    let mut visitors = vec![("a stranger", Visitor::new(&appliance)), ("the owner", Visitor::owner(&appliance))];
    let locked_folder = Folder::make();
    let locked = Appliance::start(&locked_folder.data, None);
    visitors.push(("somebody before the lock", Visitor::new(&locked)));
    for (who, visitor) in &mut visitors {
        for (path, known) in addresses() {
            for method in [
                "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW",
            ] {
                if path == "/live" && method == "GET" && *who == "the owner" {
                    continue;
                }
                let what = format!("{who}: {method} {path}");
                let answer = visitor.ask(method, &path, "", "");
                dressed(&answer, &what);
                stays_here(&answer, &what);
                let knows = known
                    .iter()
                    .any(|known| known.as_str() == method || (method == "HEAD" && *known == Method::GET));
                assert_eq!(answer.status == 405, !knows, "{what}: {}", answer.status);
                if answer.status == 405 {
                    let allowed = answer.header("allow").unwrap();
                    assert!(known.iter().all(|known| allowed.contains(known.as_str())), "{what}: {allowed}");
                }
                if method == "HEAD" {
                    assert_eq!(answer.body, "", "{what}");
                }
            }
        }
        for path in [
            "/nothing",
            "/assets",
            "/messages",
            "/messages/1/",
            "/%00",
            "/sign-in/",
            "/.well-known/nothing",
        ] {
            let answer = visitor.get(path);
            dressed(&answer, path);
            assert!(matches!(answer.status, 404 | 303), "{path}: {}", answer.status);
        }
    }
    drop(folder);
}

#[test]
fn before_the_lock_is_opened_nothing_of_the_owners_is_shown() {
    let folder = Folder::make();
    let appliance = Appliance::start(&folder.data, None);
    deliver(&appliance, "Eve <eve@x.test>", "Hello", "\r\nHello\r\n");
    let mut visitor = Visitor::new(&appliance);
    for route in ROUTES.iter().filter(|route| route.method == Method::GET) {
        let path = example(route.pattern);
        let answer = visitor.get(&path);
        match route.who {
            Who::Owner | Who::World => {
                assert_eq!(answer.status, 303, "{path}");
                assert!(answer.header("location").unwrap().starts_with("/sign-in"), "{path}");
            }
            Who::OwnersScript | Who::Prover => assert_eq!(answer.status, 401, "{path}"),
            Who::Machinery => assert_eq!(answer.status, 403, "{path}"),
            Who::Anyone => {}
        }
        assert!(!answer.body.contains("eve@") && !answer.body.contains("Hello"), "{path}");
    }
}

/// What a browser sends by itself comes without a form's token: it must be signed, and from our own pages.
#[test]
fn machinery_that_signs_nothing_is_refused() {
    let (_folder, appliance) = with_mail();
    let mut owner = Visitor::owner(&appliance);
    let machinery = ROUTES
        .iter()
        .filter(|route| route.who == Who::Machinery)
        .map(|route| example(route.pattern));
    for path in machinery {
        let lies = "Secure-Session-Response: \"e30.e30.AAAA\"\r\nSec-Secure-Session-Id: x\r\n";
        for more in ["", "Origin: https://evil.test\r\n", "Sec-Fetch-Site: cross-site\r\n", lies] {
            for body in ["", "token=guess", "{}"] {
                let answer = owner.post(&path, more, body);
                assert_eq!(answer.status, 403, "{path} with {more:?} and {body:?}");
                assert!(answer.cookie("caliopen").is_none() && answer.cookie("proof").is_none(), "{path}");
                dressed(&answer, &path);
            }
        }
    }
    assert_eq!(owner.get("/").status, 200, "and the owner is still in");
}

#[test]
fn no_form_is_taken_that_is_not_ours() {
    let (_folder, appliance) = with_mail();
    let mut owner = Visitor::owner(&appliance);
    let mut other = Visitor::owner(&appliance);
    let token = owner.get("/discussions/1").token().to_owned();
    let theirs = other.get("/discussions/1").token().to_owned();
    let stranger = Visitor::new(&appliance).get("/sign-in").token().to_owned();
    assert!(token != theirs && token != stranger);
    let right = format!("token={token}&back=%2Fhelp");
    let elsewhere = [
        "Origin: https://evil.test\r\n",
        "Origin: http://localhost.evil.test\r\n",
        "Origin: file://\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Site: cross-site\r\nOrigin: null\r\n",
        "Sec-Fetch-Site: anything\r\n",
    ];
    for (path, _) in forms() {
        for more in elsewhere {
            let answer = owner.post(&path, more, &right);
            assert_eq!(answer.status, 403, "{path} with {more}");
            dressed(&answer, &path);
        }
        let https = format!("Origin: https://{}\r\n", appliance.http);
        assert_eq!(owner.post(&path, &https, &right).status, 403, "{path}: the other scheme");
        let cut = &token[..token.len() - 1];
        for body in [
            String::new(),
            "token=".into(),
            format!("token={cut}"),
            format!("token={token}0"),
            format!("token={}", token.to_uppercase().replace("A", "B")),
            format!("token={theirs}"),
            format!("token={stranger}"),
            format!("Token={token}"),
            format!("x=token={token}"),
            // The first of two is the one that counts.
            format!("token={theirs}&token={token}"),
        ] {
            let answer = owner.post(&path, "", &body);
            assert_eq!(answer.status, 403, "{path} with {body}");
            dressed(&answer, &path);
        }
        for kind in ["text/plain", "application/json", "multipart/form-data; boundary=b", ""] {
            let head = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", right.len());
            let status = owner.ask("POST", &path, &head, &right).status;
            assert!((400..416).contains(&status), "{path} as {kind}: {status}");
        }
    }
    assert!(owner.get("/").body.contains("class=\"row new\""), "and nothing was changed");
}

#[test]
fn no_form_and_no_address_leads_out_of_the_house_or_into_a_header() {
    let away = [
        "//evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "https://evil.test/",
        "https:evil.test",
        "javascript:alert(1)//evil",
        "/%0d%0aSet-Cookie:%20evil=1",
        "/\r\nSet-Cookie: evil=1",
        "/\t/evil.test",
        " //evil.test",
        "/.//evil.test",
        "///evil.test",
        "/sign-in?next=//evil.test",
    ];
    let (mut _folder, mut appliance) = with_mail();
    let mut owner = Visitor::owner(&appliance);
    let mut stranger = Visitor::new(&appliance);
    let coded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let quiet = |answer: &Answer, what: &str| {
        dressed(answer, what);
        if let Some(to) = answer.header("location").filter(|to| !to.starts_with("/sign-in?next=")) {
            assert!(
                to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\"),
                "{what} leads to {to}"
            );
        }
        let evil = answer
            .head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with("set-cookie: evil"));
        assert_eq!(evil, None, "{what}");
    };
    for next in away {
        for (path, known) in addresses() {
            if !known.contains(&&Method::GET) || path == "/live" {
                continue;
            }
            let path = format!("{path}?next={0}&back={0}&page={0}&q={0}&lang={0}", coded(next));
            quiet(&stranger.get(&path), &path);
            quiet(&owner.get(&path), &path);
        }
        let form = stranger.get(&format!("/sign-in?next={}", coded(next))).body;
        let kept = ["//", "/&#92;", "/\\", "\\", "http", "java", " ", "/\t"].map(|start| format!("name=\"next\" value=\"{start}"));
        assert!(!kept.iter().any(|kept| form.contains(kept.as_str())), "{next}: the form keeps it");
        // A request that names its own host in its first line, or in one of two.
        for request in [
            format!(
                "GET http://evil.test/ HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
                appliance.http
            ),
            "GET / HTTP/1.1\r\nHost: evil.test\r\nX-Forwarded-Host: evil.test\r\nConnection: close\r\n\r\n".to_owned(),
        ] {
            let answer = raw(appliance.http, request.as_bytes());
            quiet(&answer, &request);
            assert!(!answer.header("location").is_some_and(|to| to.contains("evil")), "{}", answer.head);
        }
    }
    // Each form with its right token and nothing that it needs: refused or done, it stays here.
    for (path, _) in forms() {
        // Some of them end the session, lock the box, or count as a wrong guess: then it is another box.
        if owner.get("/help").status != 200 {
            (_folder, appliance) = with_mail();
            owner = Visitor::owner(&appliance);
        }
        let token = owner.get("/help").token().to_owned();
        let away = coded("//evil.test");
        let body = format!("token={token}&next={away}&back={away}&to={away}&return={away}");
        let answer = owner.post(&path, "", &body);
        quiet(&answer, &path);
        stays_here(&answer, &path);
    }
}

#[test]
fn a_path_is_a_name_in_the_table_and_nothing_on_the_disk() {
    let (_folder, appliance) = with_mail();
    let mut owner = Visitor::owner(&appliance);
    let (name, hash) = ASSETS[0];
    for path in [
        "/assets/../../etc/passwd".to_owned(),
        format!("/assets/{hash}/../{name}"),
        format!("/assets/{hash}/..%2f..%2f..%2fetc%2fpasswd"),
        format!("/assets/%2e%2e/{name}"),
        format!("/assets/{hash}/{name}%00.svg"),
        format!("/assets/{hash}/{name}/"),
        format!("/assets//{hash}/{name}"),
        format!("/assets/{hash}/{name}.gz"),
        format!("/assets/{}/{name}", hash.to_uppercase() + "0"),
        "/../../../../etc/passwd".to_owned(),
        "/..%5c..%5cetc%5cpasswd".to_owned(),
        "//etc/passwd".to_owned(),
        "/messages/1/../../assets".to_owned(),
        "/messages/../messages/1".to_owned(),
        "/messages/1/parts/../source".to_owned(),
        "/messages/1/parts/%2e%2e%2fsource".to_owned(),
        "/messages/+1".to_owned(),
        "/messages/01/parts/99999".to_owned(),
        "/messages/-1".to_owned(),
        "/messages/0".to_owned(),
        "/messages/1%00".to_owned(),
        "/messages/18446744073709551615".to_owned(),
        format!("/messages/{}", "1".repeat(8_000)),
        format!("/{}", "a/".repeat(8_000)),
    ] {
        let answer = owner.get(&path);
        assert!(matches!(answer.status, 404 | 400), "{path}: {}", answer.status);
        dressed(&answer, &path);
        assert!(!answer.body.contains("root:"), "{path}");
    }
}

#[test]
fn forms_that_are_too_much_are_cut_off() {
    let (_folder, appliance) = with_mail();
    let mut owner = Visitor::owner(&appliance);
    let token = owner.get("/help").token().to_owned();
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    for (path, _) in forms() {
        let large = format!("token={token}&x={}", "x".repeat(70_000));
        let answer = owner.post(&path, "", &large);
        assert_eq!(answer.status, 413, "{path}: said beforehand");
        dressed(&answer, &path);
        let chunked = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
        let answer = owner.ask("POST", &path, &format!("{kind}Transfer-Encoding: chunked\r\n"), &chunked);
        assert_eq!(answer.status, 413, "{path}: counted");
        // What says that it will be huge is not waited for.
        let answer = owner.ask("POST", &path, &format!("{kind}Content-Length: 99999999999\r\n"), "token=");
        assert_eq!(answer.status, 413, "{path}: announced");
        // Two lengths, or a length beside chunks, is how requests are smuggled: refused, or read as chunks.
        let both = format!("{kind}Content-Length: 4\r\nContent-Length: 5\r\n");
        assert_eq!(owner.ask("POST", &path, &both, "tokenx").status, 400, "{path}: two lengths");
        let both = format!("{kind}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n");
        let answer = owner.ask("POST", &path, &both, "0\r\n\r\nGET /help HTTP/1.1\r\n\r\n");
        assert!(
            matches!(answer.status, 400 | 403) && answer.body.matches("HTTP/1.1").count() == 0,
            "{path}: {}",
            answer.status
        );
        // Fields without end are refused, and never cut: what is cut off may be what they are about.
        let answer = owner.post(&path, "", &format!("{}token={token}", "a=b&".repeat(2_000)));
        assert_eq!(answer.status, 413, "{path}: many fields");
    }
    assert!(owner.get("/").body.contains("class=\"row new\""), "and nothing was changed");
}

#[test]
fn heads_that_are_too_much_or_no_text_are_survived() {
    let (_folder, appliance) = with_mail();
    let mut owner = Visitor::owner(&appliance);
    let (name, secret) = owner.cookies.iter().find(|(name, _)| name == "caliopen").cloned().unwrap();
    let get = |more: &str| format!("GET /help HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{more}\r\n", appliance.http);
    let crumbs: String = (0..1_500).map(|n| format!("c{n}=v{n}; ")).collect();
    for (more, status) in [
        (format!("Cookie: {crumbs}{name}={secret}\r\n"), 200),
        (format!("Cookie: {crumbs}\r\nCookie: {name}={secret}\r\n"), 200),
        // The first of a name counts, as browsers send the nearer one first.
        (format!("Cookie: {name}=0000; {name}={secret}\r\n"), 303),
        (format!("Cookie: {name}={secret}\r\nCookie: {name}={secret}\r\n"), 200),
        (format!("Cookie: {name}=\"{secret}\"\r\n"), 303),
        (format!("Cookie: {name}={}\r\n", secret.repeat(100)), 303),
        (format!("Cookie: {};;;===;{name}={secret}\r\n", "=".repeat(5_000)), 200),
    ] {
        let answer = raw(appliance.http, get(&more).as_bytes());
        assert_eq!(answer.status, status, "{more:.100}");
        dressed(&answer, "cookies");
    }
    for (what, more) in [
        ("a header of 40 KB", format!("X-Much: {}\r\n", "x".repeat(40_000))),
        ("1,000 headers", "X-Much: x\r\n".repeat(1_000)),
        ("a path of 40 KB", String::new()),
    ] {
        let request = if more.is_empty() {
            format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(40_000))
        } else {
            get(&more)
        };
        let answer = raw(appliance.http, request.as_bytes());
        // Refused below us, where nothing is said but the number.
        assert!(
            matches!(answer.status, 0 | 400 | 414 | 431) && answer.body.is_empty(),
            "{what}: {}",
            answer.status
        );
    }
    for octets in [
        &b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"[..],
        b"GET /%ff%fe?page=%ff&next=%c3%28 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /sign-in?\xff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: lang=\xff; theme=\xc3\x28\r\nAccept-Language: \xff\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \xf0\x9f\r\nAccept-Language: fr;q=NaN,en;q=-1,de;q=1e99\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX\0: a\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"* / HTTP/1.1\r\n\r\n",
        b"CONNECT evil.test:25 HTTP/1.1\r\nHost: evil.test:25\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"EHLO sender.test\r\nMAIL FROM:<a@b.test>\r\n",
    ] {
        let answer = raw(appliance.http, octets);
        let shown = octets.escape_ascii().to_string();
        assert!(answer.status < 500 || answer.status == 505, "{shown}: {}", answer.status);
        if answer.body.is_empty() && matches!(answer.status, 0 | 400 | 431 | 505) {
            continue;
        }
        dressed(&answer, &shown);
        stays_here(&answer, &shown);
    }
    assert_eq!(owner.get("/").status, 200, "and the owner is still in");
}

#[test]
fn what_was_typed_wrong_is_not_told_again() {
    let (_folder, appliance) = with_mail();
    let mut visitor = Visitor::new(&appliance);
    let answer = visitor.sign_in("a guess\"><b>word", "/\"><b>");
    assert_eq!(answer.status, 422);
    assert!(!answer.body.contains("<b>") && !answer.body.contains("a guess"), "{}", answer.body);
}

/// One connection that speaks HTTP/2 over TLS.
async fn speaks_h2(to: SocketAddr) -> SendRequest<Full<Bytes>> {
    let mut config = client(&rustls::version::TLS13);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = tokio::net::TcpStream::connect(to).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let sealed = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    assert_eq!(sealed.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (asking, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(sealed)).await.unwrap();
    tokio::spawn(connection);
    asking
}

async fn over_h2(asking: &mut SendRequest<Full<Bytes>>, request: http::request::Builder, body: Vec<u8>) -> Option<Answer> {
    let request = request.body(Full::new(Bytes::from(body))).unwrap();
    let answer = tokio::time::timeout(PATIENCE, asking.send_request(request)).await.unwrap().ok()?;
    let (parts, body) = answer.into_parts();
    let head = parts
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
    let head = head.collect();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    Some(Answer {
        status: parts.status.as_u16(),
        head,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_2_the_same_holds() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let at = |path: &str| format!("https://{}{path}", appliance.https);
    let mut asking = speaks_h2(appliance.https).await;
    for (path, known) in addresses() {
        for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS"] {
            let what = format!("{method} {path}");
            let request = http::Request::builder().method(method).uri(at(&path));
            let answer = over_h2(&mut asking, request, Vec::new()).await.expect(&what);
            dressed(&answer, &what);
            stays_here(&answer, &what);
            let knows = known
                .iter()
                .any(|known| known.as_str() == method || (method == "HEAD" && *known == Method::GET));
            assert_eq!(answer.status == 405, !knows, "{what}");
        }
    }
    // The cookies of TLS are this host's and no other's.
    let page = over_h2(&mut asking, http::Request::builder().uri(at("/sign-in")), Vec::new())
        .await
        .unwrap();
    let cookie = page.header("set-cookie").unwrap().to_owned();
    assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let form = |more: &[(&str, &str)]| {
        let kind = "application/x-www-form-urlencoded";
        let builder = http::Request::builder()
            .method("POST")
            .uri(at("/sign-in"))
            .header("content-type", kind);
        more.iter().fold(builder.header("cookie", &cookie), |builder, (name, value)| {
            builder.header(*name, *value)
        })
    };
    let body = |filling: usize| format!("token={}&next=%2F&x={}", page.token(), "x".repeat(filling)).into_bytes();
    for more in [("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")] {
        let answer = over_h2(&mut asking, form(&[more]), body(0)).await.unwrap();
        assert_eq!(answer.status, 403, "{more:?}");
    }
    assert_eq!(
        over_h2(&mut asking, form(&[]), body(0)).await.unwrap().status,
        422,
        "ours, and empty"
    );
    let large = over_h2(&mut asking, form(&[]), body(70_000)).await;
    assert!(large.is_none_or(|answer| answer.status == 413));
    // A head that is too much costs this connection at most.
    let much = "x".repeat(40_000);
    let answer = over_h2(
        &mut asking,
        http::Request::builder().uri(at("/help")).header("x-much", &much),
        Vec::new(),
    )
    .await;
    assert!(answer.is_none_or(|answer| matches!(answer.status, 400 | 431)));
    // More at once than are answered at once: they wait.
    let mut asking = speaks_h2(appliance.https).await;
    // With the first answer has come how many the door takes at once; before, a client may ask for more and be refused.
    let first = over_h2(&mut asking, http::Request::builder().uri(at("/sign-in")), Vec::new()).await;
    assert_eq!(first.unwrap().status, 200);
    let many = (0..100).map(|_| {
        let (mut asking, request) = (asking.clone(), http::Request::builder().uri(at("/sign-in")));
        async move { over_h2(&mut asking, request, Vec::new()).await.unwrap().status }
    });
    assert!(futures_util::future::join_all(many).await.into_iter().all(|status| status == 200));
}

/// HTTP/2 lets whoever asks take nothing of what is answered: a stranger who does so as often as there are seats.
#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_takes_keep_the_owner_not_out() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut held = Vec::new();
    for _ in 0..200 {
        let stream = tokio::net::TcpStream::connect(appliance.http).await.unwrap();
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(0);
        let (mut asking, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request = http::Request::get(format!("http://{}/sign-in", appliance.http));
        let request = request.body(Full::new(Bytes::new())).unwrap();
        let answer = tokio::time::timeout(PATIENCE, asking.send_request(request)).await.unwrap().unwrap();
        assert_eq!(answer.status(), 200);
        held.push((asking, answer));
    }
    let page = tokio::task::block_in_place(|| Visitor::owner(&appliance).get("/"));
    assert_eq!(page.status, 200);
    drop(held);
}
