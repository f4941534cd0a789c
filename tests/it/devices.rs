//! The owner's devices, as browsers without scripts: who comes, who is let in and how, who is shown the door,
//! what a device may be shown, and what is written down of all that.

use crate::appliance::{Appliance, Folder, OWNER, PASSPHRASE, http};
use caliopen::{
    service::setup,
    web::routes::{ROUTES, Who},
};
use std::net::SocketAddr;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:157.0) Gecko/20100101 Firefox/157.0";
const NEWER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:158.0) Gecko/20100101 Firefox/158.0";
const PHONE: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36";
/// Words that stand in the message about a new device and on no page.
const WORDS: &str = "that this box had never seen";

/// A browser that keeps its cookies.
struct Browser {
    to: SocketAddr,
    agent: &'static str,
    cookies: Vec<(String, String)>,
}

struct Seen {
    status: u16,
    location: String,
    body: String,
}

impl Seen {
    fn is(&self, status: u16, location: &str) {
        assert_eq!((self.status, self.location.as_str()), (status, location), "{}", self.body);
    }

    fn has(&self, words: &str) -> &Self {
        assert!(self.body.contains(words), "“{words}” is missing: {}", self.body);
        self
    }

    fn has_not(&self, words: &str) -> &Self {
        assert!(!self.body.contains(words), "“{words}” is there: {}", self.body);
        self
    }

    /// What stands between two marks.
    fn between(&self, before: &str, after: &str) -> String {
        let (_, rest) = self.body.split_once(before).unwrap_or_else(|| panic!("{before}: {}", self.body));
        rest.split_once(after).unwrap().0.to_owned()
    }

    /// The index of a device's page.
    fn points(&self) -> u8 {
        let label = self.between("aria-label=\"Privacy Index ", "\"");
        label.split(' ').next_back().unwrap().parse().unwrap()
    }
}

impl Browser {
    fn new(appliance: &Appliance, agent: &'static str) -> Self {
        Self {
            to: appliance.http,
            agent,
            cookies: Vec::new(),
        }
    }

    fn signed_in(appliance: &Appliance, agent: &'static str) -> Self {
        let mut browser = Self::new(appliance, agent);
        browser.sign_in();
        browser
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Seen {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nUser-Agent: {}\r\nCookie: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.to.port(),
            self.agent,
            cookies.join("; "),
            body.len()
        );
        let (status, head, body) = http(self.to, &request);
        let mut location = String::new();
        for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
            match name {
                "location" => value.clone_into(&mut location),
                "set-cookie" => {
                    let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
                    self.cookies.retain(|(known, _)| known != name);
                    self.cookies.push((name.into(), value.into()));
                }
                _ => {}
            }
        }
        Seen { status, location, body }
    }

    fn get(&mut self, path: &str) -> Seen {
        self.ask("GET", path, "")
    }

    /// Sends a form with the token of the page `from`.
    fn send(&mut self, from: &str, to: &str, fields: &[(&str, &str)]) -> Seen {
        let token = self.get(from).between("name=\"token\" value=\"", "\"");
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", &token)
            .extend_pairs(fields)
            .finish();
        self.ask("POST", to, &form)
    }

    fn sign_in(&mut self) {
        let answer = self.send("/sign-in", "/sign-in", &[("passphrase", PASSPHRASE)]);
        assert_eq!(answer.status, 303, "{}", answer.body);
    }

    /// The number of its own device: the one that the list puts first.
    fn device(&mut self) -> String {
        self.get("/devices").between("class=\"go name\" href=\"/devices/", "\"")
    }

    fn page(&mut self) -> Seen {
        let device = self.device();
        self.get(&format!("/devices/{device}"))
    }

    /// The message that the box wrote, as a number.
    fn message(&mut self) -> String {
        let discussion = self.get("/").between("class=\"go\" href=\"/discussions/", "\"");
        self.get(&format!("/discussions/{discussion}"))
            .between("class=\"msg new\" id=\"m", "\"")
    }
}

/// What warns the owner is in the owner's language, whatever the browser speaks that came.
#[test]
fn the_message_about_a_stranger_is_in_the_language_that_the_owner_chose() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut first = Browser::signed_in(&appliance, FIREFOX);
    let page = "/settings/preferences";
    assert_eq!(first.send(page, page, &[("lang", "fr")]).status, 303);
    let _second = Browser::signed_in(&appliance, PHONE);
    let message = first.message();
    first
        .get(&format!("/messages/{message}"))
        .has("Un appareil que cette boîte n’avait jamais vu s’est connecté.");
}

#[test]
fn a_second_browser_is_a_stranger_until_it_is_let_in() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut first = Browser::signed_in(&appliance, FIREFOX);
    first.page().has("verified").has("Firefox on Linux");
    first.get("/").has_not("A new device signed in");
    let mut second = Browser::signed_in(&appliance, PHONE);
    let id = second.device();
    let page = second.page();
    assert_eq!(page.points(), 0);
    page.has("not verified yet").has("Chrome on Android");

    // A banner on the other device, and not on its own; and a message with address, browser and a way out.
    first.get("/help").has("A new device signed in: Chrome on Android").has("127.0.0.1");
    second
        .get("/help")
        .has_not("A new device signed in")
        .has("This device is not verified yet");
    let message = first.message();
    let read = first.get(&format!("/messages/{message}"));
    read.has(WORDS)
        .has("It never left this box: whoever opens the box can read it.")
        .has("Chrome on Android")
        .has("127.0.0.1")
        .has(&format!("/devices/{id}/not-me"));
    read.has("never left this box").has_not("it was imported").has("Caliopen");

    // A stranger can change nothing of the others.
    let other = first.device();
    for (to, fields) in [
        (format!("/devices/{other}/revoke"), vec![]),
        (format!("/devices/{other}/sign-out"), vec![]),
        (format!("/devices/{other}/describe"), vec![("kind", "phone"), ("usage", "public")]),
        (format!("/devices/{id}/known"), vec![]),
        (format!("/devices/{id}/approve"), vec![("code", "AAAA-AAAA")]),
        ("/devices/here/invite".into(), vec![]),
        ("/devices/others/sign-out".into(), vec![]),
        ("/journal/keep".into(), vec![("days", "1")]),
    ] {
        let refused = second.send("/devices", &to, &fields);
        assert!(matches!(refused.status, 403 | 422), "{to}: {}", refused.status);
        refused.has("Only a verified device may do that.");
    }
    assert_eq!(first.get("/devices").status, 200, "still there");

    // It shows a code, which is typed on the first.
    second.send("/devices", "/devices/here/ask", &[]).is(303, "/devices#ask");
    let code = second.get("/devices").between("class=\"big-code\">", "<");
    first.get("/devices").has("A device asks to be let in").has_not(&code);
    let wrong = first.send("/devices", &format!("/devices/{id}/approve"), &[("code", "2222-2222")]);
    assert_eq!(wrong.status, 422);
    wrong.has("not the code that it shows");
    let typed = code.to_lowercase().replace('-', " ");
    first
        .send("/devices", &format!("/devices/{id}/approve"), &[("code", &typed)])
        .is(303, &format!("/devices/{id}"));
    assert!(second.page().points() > 0);
    let again = first.send("/devices", &format!("/devices/{id}/approve"), &[("code", &typed)]);
    assert_eq!(again.status, 422, "it was used");
    first.get("/help").has_not("A new device signed in");
}

#[test]
fn five_wrong_codes_use_the_right_one_up() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut first = Browser::signed_in(&appliance, FIREFOX);
    let mut second = Browser::signed_in(&appliance, PHONE);
    second.send("/devices", "/devices/here/ask", &[]).is(303, "/devices#ask");
    let code = second.get("/devices").between("class=\"big-code\">", "<");
    let approve = format!("/devices/{}/approve", second.device());
    for _ in 0..5 {
        first
            .send("/devices", &approve, &[("code", "guess")])
            .has("not the code that it shows");
    }
    let late = first.send("/devices", &approve, &[("code", &code)]);
    assert_eq!(late.status, 422);
    assert_eq!(second.page().points(), 0);
}

#[test]
fn what_the_owner_says_wins_what_the_tips_promised() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut me = Browser::signed_in(&appliance, FIREFOX);
    let id = me.device();
    let before = me.page();
    before.has("Say what it is and who uses it. Up to 15 points");
    before.has("If its system installs security updates by itself, say so. Up to 15 points");
    let describe = format!("/devices/{id}/describe");
    let refused = me.send("/devices", &describe, &[("name", "Study <b>"), ("kind", "desktop"), ("usage", "")]);
    assert_eq!(refused.status, 422);
    refused.has("value=\"Study &#60;b&#62;\"").has("value=\"desktop\" selected");
    let fields = [
        ("name", "Study"),
        ("kind", "desktop"),
        ("usage", "personal"),
        ("locked", "1"),
        ("updated", "1"),
    ];
    me.send("/devices", &describe, &fields).is(303, &format!("/devices/{id}"));
    let after = me.page();
    assert_eq!(after.points(), before.points() + 30);
    after.has_not("Say what it is").has_not("say so.").has("Study").has("was described");
    me.get("/devices").has("Study").has("desktop computer");
}

#[test]
fn an_update_of_the_browser_makes_no_new_device() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut me = Browser::signed_in(&appliance, FIREFOX);
    let id = me.device();
    me.send("/devices", "/sign-out", &[]).is(303, "/sign-in");
    me.agent = NEWER;
    me.sign_in();
    assert_eq!(me.device(), id);
    let list = me.get("/devices");
    assert_eq!(list.body.matches("class=\"go name\"").count(), 1);
    me.page().has("verified");
    let mut stranger = Browser::signed_in(&appliance, NEWER);
    assert_ne!(stranger.device(), id, "the same words, another key");
}

#[test]
fn a_link_lets_one_device_in() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut first = Browser::signed_in(&appliance, FIREFOX);
    first.send("/devices", "/devices/here/invite", &[]).is(303, "/devices#let-in");
    let shown = first.get("/devices");
    shown.has("<svg ");
    let address = shown.between("<p class=\"address\">", "<");
    let (_, path) = address.split_once(&format!("localhost:{}", appliance.http.port())).unwrap();
    let token = path.split_once("token=").unwrap().1.to_owned();
    let mut second = Browser::signed_in(&appliance, PHONE);
    second.get(path).has("Let this device in?");
    assert_eq!(second.page().points(), 0, "looking changes nothing");
    let id = second.device();
    let wrong = second.send("/devices", "/devices/join", &[("link", &"0".repeat(32))]);
    assert_eq!(wrong.status, 422);
    wrong.has("This link is no longer good");
    second
        .send("/devices", "/devices/join", &[("link", &token)])
        .is(303, &format!("/devices/{id}"));
    assert!(second.page().points() > 0);
    let mut third = Browser::signed_in(&appliance, PHONE);
    assert_eq!(
        third.send("/devices", "/devices/join", &[("link", &token)]).status,
        422,
        "it was used"
    );
    assert_eq!(third.page().points(), 0);
}

#[test]
fn the_recovery_code_lets_a_device_in() {
    let folder = tempfile::tempdir().unwrap();
    let (data, secret) = (folder.path().join("data"), folder.path().join("secret"));
    std::fs::write(&secret, PASSPHRASE).unwrap();
    let made = setup::make(&data, "home.test", OWNER, PASSPHRASE).unwrap();
    made.vault.lock();
    made.vault.wait_until_closed().unwrap();
    let appliance = Appliance::start(&data, Some(&secret));
    let _first = Browser::signed_in(&appliance, FIREFOX);
    let mut second = Browser::signed_in(&appliance, PHONE);
    for wrong in [PASSPHRASE, "", "guess"] {
        let refused = second.send("/devices", "/devices/here/recover", &[("recovery", wrong)]);
        assert_eq!(refused.status, 422, "{wrong}");
    }
    assert_eq!(second.page().points(), 0, "the passphrase is not the sheet");
    let code = made.recovery.to_lowercase();
    let id = second.device();
    second
        .send("/devices", "/devices/here/recover", &[("recovery", &code)])
        .is(303, &format!("/devices/{id}"));
    assert!(second.page().points() > 0);
}

#[test]
fn who_is_thrown_out_is_out_at_once() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut first = Browser::signed_in(&appliance, FIREFOX);
    let mine = first.device();
    let alone = first.send("/devices", &format!("/devices/{mine}/revoke"), &[]);
    assert_eq!(alone.status, 422);
    alone.has("It is your only verified device");
    let mut thief = Browser::signed_in(&appliance, PHONE);
    let id = thief.device();
    first.get(&format!("/devices/{id}/not-me")).has("Was this not you?");
    assert_eq!(thief.get("/devices").status, 200, "looking changes nothing");
    first
        .send("/devices", &format!("/devices/{id}/not-me"), &[])
        .is(303, &format!("/devices/{id}/not-me"));
    first.get(&format!("/devices/{id}/not-me")).has("Change your passphrase");
    thief.get("/devices").is(303, "/sign-in?next=%2Fdevices");
    assert_eq!(thief.get("/live").status, 401);
    first.get("/help").has_not("A new device signed in");
    first.get("/journal").has("was thrown out: it was not you");

    // It knows the passphrase still, and comes as a new one.
    thief.sign_in();
    assert_ne!(thief.device(), id);
    assert_eq!(thief.page().points(), 0);

    // Taking oneself off signs out.
    first.send("/devices", "/devices/here/invite", &[]).is(303, "/devices#let-in");
    let token = first.get("/devices").between("join?token=", "<");
    let mut second = Browser::signed_in(&appliance, FIREFOX);
    assert_eq!(second.send("/devices", "/devices/join", &[("link", &token)]).status, 303);
    first.send("/devices", &format!("/devices/{mine}/revoke"), &[]).is(303, "/sign-in");
    assert_eq!(first.get("/").status, 303);
    second
        .get("/devices")
        .has("2 devices that were taken off the list")
        .has("Firefox on Linux");
}

#[test]
fn what_stands_above_a_device_is_masked_on_it_wherever_it_is_shown() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut first = Browser::signed_in(&appliance, FIREFOX);
    let mut second = Browser::signed_in(&appliance, PHONE);
    let message = first.message();
    for (browser, masked) in [(&mut first, false), (&mut second, true)] {
        let mut shown = 0;
        for route in ROUTES
            .iter()
            .filter(|route| route.method == http::Method::GET && matches!(route.who, Who::Owner | Who::World))
        {
            for part in ["0", "1"] {
                let path = route.pattern.replace(":id", &message).replace(":part", part);
                let answer = browser.get(&path);
                shown += usize::from(answer.body.contains(WORDS));
                assert!(!masked || !answer.body.contains(WORDS), "{path}: {}", answer.body);
            }
        }
        assert_eq!(shown == 0, masked, "{shown}");
    }
    second.get("/").has("Masked on this device");
    for file in ["source", "headers", "original", "original/frame", "parts/0"] {
        let closed = second.get(&format!("/messages/{message}/{file}"));
        assert!(
            closed.status == 404 || closed.location == format!("/messages/{message}#masked"),
            "{file}: {} {}",
            closed.status,
            closed.location
        );
    }
    let page = second.get(&format!("/messages/{message}"));
    page.has("This message is masked here").has("letter C").has("Show it anyway");

    // Said so, it is shown: this one message, in this session, and it is written down.
    let back = format!("/messages/{message}");
    second
        .send("/devices", &format!("/messages/{message}/show"), &[("back", &back)])
        .is(303, &back);
    second.get(&back).has(WORDS);
    second.get(&format!("/messages/{message}/source")).has(WORDS);
    first
        .get("/journal?kind=message")
        .has("although it was masked")
        .has("Chrome on Android");
    second.page().has("although it was masked");
    second.send("/devices", "/sign-out", &[]).is(303, "/sign-in");
    second.sign_in();
    second.get(&back).has_not(WORDS);
    assert_eq!(second.send("/devices", "/messages/999/show", &[]).status, 404);
}

#[test]
fn the_journal_is_kept_as_long_as_its_owner_says() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut me = Browser::new(&appliance, FIREFOX);
    me.send("/sign-in", "/sign-in", &[("passphrase", "a guess")])
        .has("not the right passphrase");
    me.sign_in();
    let journal = me.get("/journal");
    journal.has("Signed in").has("A sign-in failed").has("Kept for 30 days.");
    me.get("/journal?kind=failure").has("A sign-in failed").has_not("Signed in<");
    me.get("/journal?kind=sign-in").has("Signed in").has_not("A sign-in failed");
    me.get("/journal?kind=secret").has("Nothing of this kind.");
    for wrong in ["0", "366", "-1", "", "many"] {
        let refused = me.send("/journal", "/journal/keep", &[("days", wrong)]);
        assert_eq!(refused.status, 422, "{wrong}");
        refused.has("a number from 1 to 365");
    }
    me.send("/journal", "/journal/keep", &[("days", "90")]).is(303, "/journal");
    me.get("/journal")
        .has("Kept for 90 days.")
        .has("How long the journal is kept was changed");
    let mut other = Browser::signed_in(&appliance, PHONE);
    let page = other.get("/journal");
    page.has("Last sign-in before this one");
    assert!(
        page.between("Last sign-in before this one", "</div>").contains("Firefox on Linux"),
        "the one before"
    );
    me.cookies.clear();
    me.agent = PHONE;
    me.get("/journal").is(303, "/sign-in?next=%2Fjournal");
}
