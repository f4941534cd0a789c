//! The web door from outside: who may come in, what every answer wears, what a form must carry, how much a
//! page weighs, and who cannot keep the owner out.

use crate::appliance::{Appliance, Folder, OWNER, PASSPHRASE, Sender, http};
use caliopen::web::{
    self,
    routes::{ROUTES, Who},
};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// An answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        let set = self.head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        set.filter_map(|line| line.split(';').next()?.split_once('='))
            .find_map(|(known, value)| (known == name).then(|| value.to_owned()))
    }

    pub fn token(&self) -> &str {
        let (_, after) = self.body.split_once("name=\"token\" value=\"").expect("a form");
        after.split('"').next().unwrap()
    }
}

/// What a form sends.
pub fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A browser without a window: cookies, forms, and nothing else.
pub struct Visitor {
    pub to: SocketAddr,
    pub cookies: Vec<(String, String)>,
    pub lang: &'static str,
}

impl Visitor {
    /// A stranger.
    pub fn new(appliance: &Appliance) -> Self {
        Self {
            to: appliance.http,
            cookies: Vec::new(),
            lang: "en",
        }
    }

    /// The owner, signed in.
    pub fn owner(appliance: &Appliance) -> Self {
        let mut visitor = Self::new(appliance);
        let answer = visitor.sign_in(PASSPHRASE, "/");
        assert_eq!(answer.status, 303, "{}", answer.body);
        visitor
    }

    pub fn ask(&mut self, method: &str, path: &str, more: &str, body: &str) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept-Language: {}\r\nCookie: {}\r\n{more}\r\n{body}",
            self.to,
            self.lang,
            cookies.join("; "),
        );
        let (status, head, body) = http(self.to, &request);
        let answer = Answer { status, head, body };
        for name in ["caliopen", "door", "lang", "theme"] {
            if let Some(value) = answer.cookie(name) {
                self.cookies.retain(|(known, _)| known != name);
                self.cookies.push((name.into(), value));
            }
        }
        answer
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "", "")
    }

    pub fn post(&mut self, path: &str, more: &str, body: &str) -> Answer {
        let head = format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n{more}",
            body.len()
        );
        self.ask("POST", path, &head, body)
    }

    /// Posts a form with the token of the page that it stands on.
    pub fn submit(&mut self, page: &str, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let token = self.get(page).token().to_owned();
        self.post(path, "", &form(&[&[("token", token.as_str())], pairs].concat()))
    }

    pub fn sign_in(&mut self, passphrase: &str, next: &str) -> Answer {
        self.submit("/sign-in", "/sign-in", &[("passphrase", passphrase), ("next", next)])
    }
}

const HTML: &str = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n\
    <p>Hello <script>alert(1)</script><img src=\"https://spy.test/p.gif\" width=1 height=1></p>\r\n--b\r\n\
    Content-Type: text/html; name=\"x.html\"\r\nContent-Disposition: attachment; filename=\"x.html\"\r\n\r\n<script>alert(2)</script>\r\n--b--\r\n";

/// One message through the SMTP door; `rest` is the remaining header and the body.
pub fn deliver(appliance: &Appliance, from: &str, subject: &str, rest: &str) {
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    let message = format!("From: {from}\r\nTo: {OWNER}\r\nSubject: {subject}\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n{rest}");
    assert_eq!(sender.send("bounce@sender.test", OWNER, &message).unwrap(), 250);
}

fn wears_everything(answer: &Answer, what: &str) {
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{what}: {name}\n{}", answer.head);
    }
    let policy = answer.header("content-security-policy").unwrap_or_default();
    assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
    assert!(!policy.contains("unsafe-inline") || policy == web::FRAME_POLICY, "{what}: {policy}");
    let cache = answer.header("cache-control").unwrap_or_default();
    assert_eq!(cache.contains("no-store"), !cache.contains("immutable"), "{what}: {cache}");
    assert!(answer.header("permissions-policy").is_some(), "{what}");
}

/// A path of a pattern that leads somewhere once the first message is there.
fn example(pattern: &str, part: &str) -> String {
    let (name, hash) = web::ASSETS[0];
    pattern
        .replace(":hash", hash)
        .replace("hu/:name", &format!("hu/{}", caliopen::codec::pgp::directory::wkd_name("me")))
        .replace(":name", name)
        .replace(":address", "eve@x.test")
        .replace(":domain", "home.test")
        .replace(":ticket", "none")
        .replace(":topic", "lines")
        .replace(":id", "1")
        .replace(":part", part)
}

/// What machines fetch while an order is open, where the owner publishes it, or under the name of the policy's own host.
fn fetched(path: &str) -> bool {
    path.contains("/acme-challenge/") || path.contains("/.well-known/caliopen/") || path.ends_with("/mta-sts.txt")
}

/// The number of the first file on a message's page.
fn part_of(page: &str) -> String {
    let (_, after) = page.split_once("/messages/1/parts/").expect("the file");
    after.split('"').next().unwrap().to_owned()
}

#[test]
fn every_address_asks_who_and_every_answer_is_dressed() {
    let folder = Folder::make();
    let appliance = folder.serve();
    deliver(&appliance, "Eve <eve@x.test>", "Hello", HTML);
    let mut stranger = Visitor::new(&appliance);
    let mut owner = Visitor::owner(&appliance);
    let part = part_of(&owner.get("/messages/1").body);
    let token = owner.get("/settings/rules").token().to_owned();
    owner.post("/settings/rules", "", &format!("token={token}&text0=eve&importance=1"));
    owner.post("/write/1", "", &format!("token={token}&from={OWNER}&to=eve%40x.test&do=save"));
    let card = format!("token={token}&name=Eve&addresses=eve%40x.test%0Aeve%40y.test");
    assert_eq!(owner.post("/contacts/new", "", &card).header("location"), Some("/contacts/1"));
    for route in ROUTES {
        let (method, path) = (route.method.as_str(), example(route.pattern, &part));
        let what = format!("{method} {path}");
        let answer = match method {
            "GET" => stranger.get(&path),
            _ => stranger.post(&path, "", "token=guess"),
        };
        wears_everything(&answer, &what);
        match (route.who, method) {
            (Who::Owner | Who::World, _) => {
                assert_eq!(answer.status, 303, "{what}");
                assert!(answer.header("location").unwrap().starts_with("/sign-in"), "{what}");
                assert!(!answer.body.contains("Hello"), "{what}");
            }
            (Who::OwnersScript | Who::Prover, _) => assert_eq!(answer.status, 401, "{what}"),
            (Who::Machinery, _) => assert_eq!(answer.status, 403, "{what}: nothing that it signed"),
            // Answers to an authority and to those who look for the policy, which neither is here.
            (Who::Anyone, "GET") if fetched(&path) => assert_eq!(answer.status, 404, "{what}"),
            (Who::Anyone, "GET") => assert_eq!(answer.status, 200, "{what}"),
            (Who::Anyone, _) => assert_eq!(answer.status, 403, "{what}: a form without its token"),
        }
        if method == "GET" && route.pattern != "/live" {
            let answer = owner.get(&path);
            wears_everything(&answer, &what);
            // Pages that only lead on: one is signed in, and nothing is being set up.
            let leads_on = path.starts_with("/sign-in")
                || path.starts_with("/setup")
                || path.ends_with("/security/code")
                || path.ends_with("/passkeys/new")
                || path.contains("/keys/ready/")
                || path.ends_with("/recovery/sheet")
                || path.ends_with("/contacts/1/verify")
                || path.ends_with("/export/none")
                || path.ends_with("/lower");
            // What came through the door was not sent from here: it has no receipt. Nothing is fetched from elsewhere.
            let right = match path.contains("/receipt") || path.contains("/mailboxes/") || fetched(&path) {
                true => 404,
                false if leads_on => 303,
                false => 200,
            };
            assert_eq!(answer.status, right, "{what}: {}", answer.body);
            let head = owner.ask("HEAD", &path, "", "");
            assert_eq!((head.status, head.body.as_str()), (right, ""), "{what}");
        }
        let answer = owner.ask("DELETE", &path, "", "");
        wears_everything(&answer, &what);
        assert_eq!(answer.status, 405, "{what}");
        assert!(answer.header("allow").unwrap().contains(method), "{what}");
    }
}

#[test]
fn a_method_that_names_no_page_is_refused_like_any_other() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let (status, head, body) = http(
        appliance.http,
        "CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1:80\r\nConnection: close\r\n\r\n",
    );
    wears_everything(&Answer { status, head, body }, "CONNECT");
    assert_eq!(status, 405);
    // Nor is a request that names two hosts taken for one that names the first.
    let torn = "GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n";
    let (status, head, body) = http(appliance.http, torn);
    wears_everything(&Answer { status, head, body }, "two hosts");
    assert_eq!(status, 400);
}

#[test]
fn keys_are_given_under_the_owners_domain_only() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut visitor = Visitor::new(&appliance);
    let key = caliopen::codec::pgp::directory::wkd_name("me");
    // It is made once the box is open.
    while visitor.get(&format!("/.well-known/openpgpkey/hu/{key}")).status != 200 {
        std::thread::sleep(Duration::from_millis(20));
    }
    for (domain, status) in [("home.test", 200), ("Home.Test", 200), ("other.test", 404)] {
        for path in [format!("hu/{key}?l=me"), "policy".to_owned()] {
            let answer = visitor.get(&format!("/.well-known/openpgpkey/{domain}/{path}"));
            assert_eq!(answer.status, status, "{domain} {path}");
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{domain} {path}");
        }
    }
}

#[test]
fn what_is_not_there_is_said_in_the_readers_language() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut visitor = Visitor::new(&appliance);
    for (lang, sentence) in [("en", "There is nothing here"), ("fr-FR,fr;q=0.9", "Il n’y a rien ici")] {
        visitor.lang = lang;
        for path in ["/nothing", "/messages/1/2/3", "/assets/0/style.css", "/%2e%2e/etc/passwd"] {
            let answer = visitor.get(path);
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.body.contains(sentence), "{path}");
            wears_everything(&answer, path);
        }
    }
    let mut owner = Visitor::owner(&appliance);
    for path in [
        "/messages/99",
        "/messages/x",
        "/discussions/18446744073709551616",
        "/messages/99/source",
        "/messages/99/parts/0",
    ] {
        assert_eq!(owner.get(path).status, 404, "{path}");
    }
    for path in ["/?page=99999999999999999999", "/?page=0", "/?page=7", "/?page=-1&page=%ff"] {
        assert_eq!(owner.get(path).status, 200, "{path}");
    }
}

#[test]
fn signing_in_and_out() {
    let folder = Folder::make();
    let appliance = Appliance::start(&folder.data, None);
    let mut visitor = Visitor::new(&appliance);
    let health = visitor.get("/health");
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"), "while locked");
    assert_eq!(health.cookie("door"), None, "no cookie where there is no form");
    assert_eq!(
        visitor.get("/discussions/1").header("location"),
        Some("/sign-in?next=%2Fdiscussions%2F1")
    );
    let wrong = visitor.sign_in("open sesame", "/");
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("not the right passphrase") && !wrong.body.contains("open sesame"));
    for (next, to) in [
        ("/help", "/help"),
        ("//evil.test", "/"),
        ("https://evil.test/", "/"),
        ("/\\evil.test", "/"),
    ] {
        let answer = visitor.sign_in(PASSPHRASE, next);
        assert_eq!((answer.status, answer.header("location")), (303, Some(to)), "{next}");
        let set = answer.head.lines().find(|line| line.starts_with("set-cookie: caliopen=")).unwrap();
        for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(set.contains(flag), "{set}");
        }
        let token = visitor.get("/").token().to_owned();
        let secret = visitor.cookies.clone();
        assert_eq!(
            visitor.post("/sign-out", "", "token=0").status,
            403,
            "a token is needed to leave, too"
        );
        assert_eq!(
            visitor.post("/sign-out", "", &format!("token={token}")).header("location"),
            Some("/sign-in")
        );
        visitor.cookies = secret;
        assert_eq!(visitor.get("/").status, 303, "the old cookie is worth nothing");
        visitor.cookies.clear();
    }
    for _ in 0..3 {
        visitor.sign_in("guess", "/");
    }
    let wait = visitor.sign_in(PASSPHRASE, "/");
    assert_eq!(wait.status, 429);
    assert!(wait.body.contains("Please wait"));
}

#[test]
fn a_form_must_be_ours() {
    let folder = Folder::make();
    let appliance = folder.serve();
    deliver(&appliance, "Eve <eve@x.test>", "Hello", "\r\nHello\r\n");
    let mut owner = Visitor::owner(&appliance);
    let page = owner.get("/discussions/1");
    let form = format!("token={}&back=%2Fhelp", page.token());
    for more in [
        "Origin: https://evil.test\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\nOrigin: null\r\n",
    ] {
        let answer = owner.post("/discussions/1/read", more, &form);
        assert_eq!(answer.status, 403, "{more}");
        wears_everything(&answer, more);
    }
    assert!(owner.get("/").body.contains("class=\"row new\""), "nothing was changed");
    for body in ["", "token=", "token=0000", "back=%2F"] {
        assert_eq!(owner.post("/discussions/1/read", "", body).status, 403, "{body:?}");
    }
    let large = format!("{form}&x={}", "x".repeat(70_000));
    assert_eq!(owner.post("/discussions/1/read", "", &large).status, 413);
    let chunked = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    let head = "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n";
    assert_eq!(
        owner.ask("POST", "/discussions/1/read", head, &chunked).status,
        413,
        "counted by us"
    );
    assert_eq!(
        owner
            .ask(
                "POST",
                "/discussions/1/read",
                "Content-Type: text/plain\r\nContent-Length: 1\r\n",
                "x"
            )
            .status,
        400
    );
    let origin = format!("Origin: http://{}\r\nSec-Fetch-Site: same-origin\r\n", appliance.http);
    let answer = owner.post("/discussions/1/read", &origin, &form);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/help")));
    assert!(!owner.get("/").body.contains("class=\"row new\""));
    assert_eq!(owner.post("/discussions/1/unread", "", &form).status, 303);
    assert!(owner.get("/").body.contains("class=\"row new\""));
}

#[test]
fn language_and_look_are_kept_in_the_browser() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut visitor = Visitor::new(&appliance);
    let page = visitor.get("/sign-in");
    assert!(page.body.contains("<html lang=\"en\" data-theme=\"system\">"));
    let token = page.token().to_owned();
    let answer = visitor.post("/language", "", &format!("token={token}&lang=fr&back=%2Fsign-in"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/sign-in")));
    assert_eq!(visitor.post("/theme", "", &format!("token={token}&theme=dark")).status, 303);
    let page = visitor.get("/sign-in");
    assert!(page.body.contains("<html lang=\"fr\" data-theme=\"dark\">") && page.body.contains("Phrase de passe"));
    assert_eq!(visitor.post("/language", "", &format!("token={token}&lang=tlh")).status, 400);
}

#[test]
fn without_tls_only_names_of_this_machine() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let ask = |path: &str, host: &str| {
        http(
            appliance.http,
            &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        )
    };
    assert_eq!(ask("/sign-in", "evil.test").0, 421);
    // How the box is, is told to programs of this machine: not to a page elsewhere whose name leads here, nor by a relay.
    let health = |host: &str| {
        let fields = format!("Host: {host}\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
        http(appliance.http, &format!("GET /health HTTP/1.1\r\n{fields}"))
    };
    let (status, _, body) = health("evil.test");
    assert_eq!((status, body.as_str()), (200, "ok\n"));
    assert!(health("127.0.0.1").2.contains("\"claimed\":true"));
    assert_eq!(ask("/sign-in", "localhost").0, 200);
}

#[test]
fn a_message_is_handed_out_as_it_came_and_never_runs() {
    let folder = Folder::make();
    let appliance = folder.serve();
    deliver(
        &appliance,
        "\"<script>alert(0)</script>\" <eve@x.test>",
        "<img src=x onerror=alert(3)>",
        HTML,
    );
    let mut owner = Visitor::owner(&appliance);
    // It is taken for spam, and rightly: all levels are shown.
    owner.cookies.push(("levels".into(), "-10..10".into()));
    let source = owner.get("/messages/1/source");
    assert!(source.body.ends_with(&format!("{HTML}\r\n")), "byte for byte below our own line");
    assert_eq!(source.header("content-type"), Some("message/rfc822"));
    let headers = owner.get("/messages/1/headers").body;
    assert!(
        headers.contains("Subject: &#60;img src=x") && !headers.contains("<img"),
        "{headers}"
    );
    for path in ["/", "/discussions/1", "/messages/1", "/messages/1/original"] {
        let page = owner.get(path).body;
        assert!(
            !page.contains("<script>") && !page.contains("<img") && !page.contains("spy.test/p.gif"),
            "{path}: {page}"
        );
        assert!(
            page.contains("eve@x.test") || path.ends_with("original"),
            "{path}: a claimed name never stands alone"
        );
    }
    assert!(
        owner
            .get("/messages/1/original")
            .body
            .contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\"")
    );
    let frame = owner.get("/messages/1/original/frame");
    assert_eq!(frame.header("content-security-policy"), Some(web::FRAME_POLICY));
    let part = part_of(&owner.get("/messages/1").body);
    // A web page as a file has a step before it, which `danger` tells.
    let step = owner.get(&format!("/messages/1/parts/{part}"));
    let token = format!("token={}", step.token());
    let allowed = owner.post(&format!("/messages/1/parts/{part}"), "", &token);
    let file = owner.get(allowed.header("location").unwrap());
    assert_eq!((file.status, file.header("content-type")), (200, Some("application/octet-stream")));
    assert!(
        file.header("content-disposition")
            .unwrap()
            .starts_with("attachment; filename=\"x.html\"")
    );
    assert!(file.body.starts_with("<script>"));
}

#[test]
fn a_page_says_within_a_second_that_something_came() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let cookie = owner.cookies.iter().find(|(name, _)| name == "caliopen").unwrap().1.clone();
    owner.get("/");
    let mut stream = TcpStream::connect(appliance.http).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(
        stream,
        "GET /live HTTP/1.1\r\nHost: {}\r\nCookie: caliopen={cookie}\r\n\r\n",
        appliance.http
    )
    .unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    assert!(lines.by_ref().any(|line| line == "content-type: text/event-stream"));
    assert!(lines.by_ref().any(|line| line.is_empty()));
    let spam = "\r\nXJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n";
    deliver(&appliance, "spam@x.test", "Not this", spam);
    deliver(&appliance, "a@x.test", "Now", "\r\nNow\r\n");
    assert!(lines.by_ref().any(|line| line == "event:arrived"));
    assert!(lines.next().is_some_and(|line| line == "data:1"));
    assert!(appliance.terminate());
    let rest: Vec<String> = lines.collect();
    assert!(
        !rest.iter().any(|line| line == "event:arrived"),
        "what is not shown is not announced"
    );
    assert_eq!(
        rest.iter().rfind(|line| !line.is_empty()).unwrap(),
        "0",
        "an open page is ended in order, not cut off"
    );
}

#[test]
fn an_answer_that_is_under_way_keeps_its_seat_however_many_others_come() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let owner = Visitor::owner(&appliance);
    let cookie = owner.cookies.iter().find(|(name, _)| name == "caliopen").unwrap().1.clone();
    let ask = |request: String| {
        let mut stream = TcpStream::connect(appliance.http).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        BufReader::new(stream).lines().map_while(Result::ok)
    };
    let mut live = ask(format!(
        "GET /live HTTP/1.1\r\nHost: {}\r\nCookie: caliopen={cookie}\r\n\r\n",
        appliance.http
    ));
    assert!(live.any(|line| line.is_empty()), "it listens");
    let mut others = Vec::new();
    for _ in 0..300 {
        let mut other = ask(format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", appliance.http));
        assert!(other.any(|line| line.is_empty()), "it was answered, and sits there");
        others.push(other);
    }
    deliver(&appliance, "a@x.test", "Now", "\r\nNow\r\n");
    assert!(live.any(|line| line == "event:arrived"), "it is told");
}

#[test]
fn a_thousand_silent_connections_keep_nobody_out() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut silent: Vec<TcpStream> = Vec::new();
    for at in 0..500 {
        let mut stream = TcpStream::connect(if at % 2 == 0 { appliance.http } else { appliance.https }).unwrap();
        if at % 3 == 0 {
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n");
        }
        silent.push(stream);
        if at % 100 == 99 {
            assert_eq!(Visitor::new(&appliance).get("/health").status, 200);
        }
    }
    let begin = Instant::now();
    Visitor::owner(&appliance);
    assert!(begin.elapsed() < Duration::from_secs(9), "before the silent ones time out");
    let mut first = &silent[0];
    first.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert!(matches!(first.read(&mut [0; 64]), Ok(_) | Err(_)), "the oldest made room");
}

#[test]
fn pages_are_light() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    for n in 0..60 {
        let text = format!(
            "From: Somebody with a Name {n} <person.{n}@domain-{n}.test>\r\nTo: {OWNER}\r\nSubject: A subject of ordinary length, number {n}\r\n\
             \r\nThe first words of a message that goes on for a while, {n} times, as they do.\r\n"
        );
        assert_eq!(sender.send("b@sender.test", OWNER, &text).unwrap(), 250);
    }
    let mut owner = Visitor::owner(&appliance);
    let page = owner.get("/").body;
    assert_eq!(page.matches("<li class=\"row").count(), 50);
    assert!(page.contains("1–50 of 60") && page.contains("href=\"/?page=2\""));
    assert!(
        packed(page.as_bytes()) <= 25_000,
        "the timeline: {} octets",
        packed(page.as_bytes())
    );
    assert_eq!(owner.get("/?page=2").body.matches("<li class=\"row").count(), 10);
    let wanted: Vec<&str> = page.split('"').filter(|text| text.starts_with("/assets/")).collect();
    assert!(wanted.len() <= 3, "with the page itself four requests: {wanted:?}");
    assert!(!page.contains("//"), "nothing from elsewhere");
    let mut total = packed(page.as_bytes());
    for (name, limit) in [("style.css", 10_000), ("app.js", 6_000), ("icon.svg", 1_000)] {
        let path = wanted.iter().find(|path| path.ends_with(name)).unwrap();
        let plain = owner.get(path);
        let answer = owner.ask("GET", path, "Accept-Encoding: br;q=1.0, gzip\r\n", "");
        assert_eq!(answer.header("content-encoding"), Some("gzip"), "{name}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
        let size: usize = answer.header("content-length").unwrap().parse().unwrap();
        assert!(size <= limit, "{name}: {size} octets");
        assert_eq!(plain.header("content-encoding"), None);
        total += size;
    }
    assert!(total <= 60_000, "all together {total}");
}

fn packed(bytes: &[u8]) -> usize {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap().len()
}
