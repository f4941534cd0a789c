//! Signing in as people do it: with a passkey in a real browser, on a box that is locked; with passphrase and
//! code and no script at all; and as a thief who has only the cookie.

use crate::{
    appliance::{Appliance, Folder, PASSPHRASE, http},
    browser::Browser,
};
use fantoccini::Locator;
use serde_json::json;
use std::{net::SocketAddr, time::Duration};

/// A browser without scripts: cookies, forms, and a name of its own.
struct Plain {
    to: SocketAddr,
    cookies: Vec<(String, String)>,
    agent: String,
}

struct Seen {
    status: u16,
    location: String,
    body: String,
}

impl Plain {
    fn new(to: SocketAddr) -> Self {
        Self {
            to,
            cookies: Vec::new(),
            agent: "Plain/1".into(),
        }
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Seen {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (cookies, to, agent) = (cookies.join("; "), self.to, &self.agent);
        let form = "Content-Type: application/x-www-form-urlencoded";
        let length = body.len();
        let (status, head, body) = http(
            to,
            &format!(
                "{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nUser-Agent: {agent}\r\nCookie: {cookies}\r\n{form}\r\nContent-Length: {length}\r\n\r\n{body}",
                to.port()
            ),
        );
        let mut location = String::new();
        for line in head.lines() {
            let Some((name, value)) = line.split_once(": ") else { continue };
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

    /// Sends a form of the page at `from` to `to`.
    fn send(&mut self, from: &str, to: &str, fields: &[(&str, &str)]) -> Seen {
        let page = self.get(from);
        let (_, after) = page.body.split_once("name=\"token\" value=\"").expect("a form");
        let token = after.split('"').next().unwrap().to_owned();
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", &token)
            .extend_pairs(fields)
            .finish();
        self.ask("POST", to, &form)
    }

    fn sign_in(&mut self) -> Seen {
        self.send("/sign-in", "/sign-in", &[("passphrase", PASSPHRASE)])
    }
}

/// What an authenticator app shows now, as `steps` of thirty seconds from now.
fn app(secret: &str, steps: i64) -> String {
    let mut octets = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for digit in secret.bytes().filter(u8::is_ascii_alphanumeric) {
        let value = if digit.is_ascii_digit() { digit - b'2' + 26 } else { digit - b'A' };
        bits = (bits << 5 | u32::from(value)) & 0xfff;
        held += 5;
        if held >= 8 {
            held -= 8;
            octets.push((bits >> held) as u8);
        }
    }
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64;
    caliopen::codec::totp::code_text(&octets, now / 30 + steps)
}

fn secret_of(page: &str) -> String {
    let (_, after) = page.split_once("<code>").expect("the secret");
    after.split('<').next().unwrap().to_owned()
}

#[test]
fn passphrase_and_code_need_no_script() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut me = Plain::new(appliance.http);
    assert_eq!(me.sign_in().status, 303);
    let settings = "/settings/security";
    let refused = me.send(settings, "/settings/security/code", &[("passphrase", "a guess")]);
    assert!(refused.status == 422 && refused.body.contains("neither the passphrase nor the recovery code"));
    let begun = me.send(settings, "/settings/security/code", &[("passphrase", PASSPHRASE)]);
    assert_eq!((begun.status, begun.location.as_str()), (303, "/settings/security/code"));
    let page = me.get(&begun.location).body;
    let secret = secret_of(&page);
    assert!(page.contains("<svg ") && secret.len() >= 32, "{secret}");
    let refused = me.send(&begun.location, "/settings/security/code/on", &[("code", "12 34")]);
    assert!(refused.status == 422 && secret_of(&refused.body) == secret, "the same one again");
    let on = me.send(&begun.location, "/settings/security/code/on", &[("code", &app(&secret, 0))]);
    assert!(on.location.ends_with("done=code-on"), "{} {}", on.status, on.body);

    let mut other = Plain::new(appliance.http);
    let half = other.send("/sign-in", "/sign-in", &[("passphrase", PASSPHRASE), ("next", "/help")]);
    assert_eq!((half.status, half.location.as_str()), (303, "/sign-in/code?next=%2Fhelp"));
    assert!(!other.cookies.iter().any(|(name, _)| name == "caliopen"), "no session yet");
    assert_eq!(other.get("/").status, 303);
    let refused = other.send(&half.location, "/sign-in/code", &[("code", "000000")]);
    assert!(refused.status == 422 && refused.body.contains("A code opens only once"));
    let entered = other.send(&half.location, "/sign-in/code", &[("code", &app(&secret, 1)), ("next", "/help")]);
    assert_eq!((entered.status, entered.location.as_str()), (303, "/help"), "{}", entered.body);
    assert_eq!(other.get("/help").status, 200);

    // From there everyone else is signed out, and the code is turned off again.
    let out = other.send(settings, "/settings/security/sessions", &[]);
    assert_eq!((out.status, me.get("/").status), (303, 303));
    let off = other.send(settings, "/settings/security/code/off", &[("passphrase", PASSPHRASE)]);
    assert!(off.location.ends_with("done=code-off"));
    assert_eq!(me.sign_in().location, "/");
}

#[test]
fn a_cookie_of_a_browser_without_scripts_is_worth_nothing_to_another_browser() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut me = Plain::new(appliance.http);
    me.sign_in();
    assert_eq!(me.get("/").status, 200);
    let mut thief = Plain::new(appliance.http);
    thief.cookies = me.cookies.clone();
    thief.agent = "curl/8".into();
    assert_eq!(thief.get("/").status, 303);
    assert_eq!(thief.get("/live").status, 401);
    assert_eq!(me.get("/").status, 200, "and does no harm to the right one");
    let page = me.get("/settings/security").body;
    assert!(page.contains("by a cookie only"), "it is said");
    // Signing in again with another passphrase: the weak one is refused with what it is worth.
    let weak = me.send(
        "/settings/security",
        "/settings/security/passphrase",
        &[("passphrase", PASSPHRASE), ("new", "password"), ("again", "password")],
    );
    assert!(weak.status == 422 && weak.body.contains("guessed at once"));
    let new = "quatre poules vertes dansent";
    let changed = me.send(
        "/settings/security",
        "/settings/security/passphrase",
        &[("passphrase", PASSPHRASE), ("new", new), ("again", new)],
    );
    assert!(changed.location.ends_with("done=passphrase"), "{} {}", changed.status, changed.body);
    let mut again = Plain::new(appliance.http);
    assert_eq!(again.sign_in().status, 422);
    assert_eq!(again.send("/sign-in", "/sign-in", &[("passphrase", new)]).status, 303);
}

const PATIENCE: Duration = Duration::from_secs(60);

async fn fill(browser: &Browser, css: &str, text: &str) {
    let client = browser.client();
    let input = client
        .wait()
        .at_most(PATIENCE)
        .for_element(Locator::Css(css))
        .await
        .unwrap_or_else(|e| panic!("{css}: {e}"));
    input.send_keys(text).await.unwrap();
}

async fn click(browser: &Browser, css: &str) {
    let client = browser.client();
    let button = client
        .wait()
        .at_most(PATIENCE)
        .for_element(Locator::Css(css))
        .await
        .unwrap_or_else(|e| panic!("{css}: {e}"));
    button.click().await.unwrap();
}

/// Waits until the page's address ends so.
async fn arrive(browser: &Browser, end: &str) {
    for _ in 0..600 {
        if browser.client().current_url().await.unwrap().as_str().ends_with(end) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (url, page) = (
        browser.client().current_url().await.unwrap(),
        browser.client().source().await.unwrap(),
    );
    panic!("{url} does not end with {end}: {page}");
}

/// Signs in with the passphrase, once the script has put its key into the form.
async fn sign_in(browser: &Browser, at: &str) {
    browser.goto(&format!("{at}/sign-in")).await;
    fill(browser, "html.keyed #passphrase", PASSPHRASE).await;
    click(browser, "form[action='/sign-in'] button").await;
    arrive(browser, &format!("{at}/")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_unlocks_a_locked_box() {
    let Some(browser) = Browser::start(&[]).await else { return };
    let folder = Folder::make();
    let appliance = folder.serve();
    let at = format!("http://localhost:{}", appliance.http.port());
    browser.cdp("WebAuthn.enable", json!({})).await;
    let authenticator = json!({ "options": {
        "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true, "hasPrf": true,
    } });
    browser.cdp("WebAuthn.addVirtualAuthenticator", authenticator).await;
    sign_in(&browser, &at).await;
    browser.goto(&format!("{at}/settings/security")).await;
    click(&browser, "#passkeys details > summary").await;
    fill(&browser, "#passkeys-secret", PASSPHRASE).await;
    click(&browser, "form[action='/settings/security/passkeys'] button").await;
    fill(&browser, "#label", "A key of the test").await;
    click(&browser, "form[data-passkey] button").await;
    arrive(&browser, "done=passkey-opens").await;
    let page = browser.client().source().await.unwrap();
    assert!(page.contains("A key of the test") && page.contains("also unlocks the box"));

    // Signed out and in again while it is open.
    click(&browser, "form[action='/sign-out'] button").await;
    click(&browser, "html.keyed form[data-passkey] button").await;
    arrive(&browser, &format!("{at}/")).await;

    // The power goes: the box is locked, and the passkey opens it.
    appliance.kill();
    let appliance = Appliance::start(&folder.data, None);
    let at = format!("http://localhost:{}", appliance.http.port());
    browser.goto(&format!("{at}/sign-in")).await;
    click(&browser, "html.keyed form[data-passkey] button").await;
    arrive(&browser, &format!("{at}/")).await;
    assert!(browser.client().source().await.unwrap().contains("action=\"/sign-out\""));
    browser.goto(&format!("{at}/settings/security")).await;
    let page = browser.client().source().await.unwrap();
    assert!(
        page.contains("with a passkey") && page.contains("a key that stays in its browser"),
        "{page}"
    );

    // Without its passkey the browser is told so, and the box stays as it is. That takes the passphrase.
    click(&browser, "#passkeys li details > summary").await;
    fill(&browser, "form[action$='/remove'] input[type=password]", "a guess").await;
    click(&browser, "form[action$='/remove'] button").await;
    fill(&browser, "#passkeys details[open] input[aria-invalid=true]", PASSPHRASE).await;
    click(&browser, "form[action$='/remove'] button").await;
    arrive(&browser, "done=passkey-gone").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_cookie_is_refused_and_the_browser_goes_on() {
    let Some(browser) = Browser::start(&[]).await else { return };
    let folder = Folder::make();
    let appliance = folder.serve();
    let at = format!("http://localhost:{}", appliance.http.port());
    sign_in(&browser, &at).await;
    let cookies = browser.client().get_all_cookies().await.unwrap();
    let agent = browser.client().execute("return navigator.userAgent", Vec::new()).await.unwrap();
    let mut thief = Plain::new(appliance.http);
    thief.agent = agent.as_str().unwrap().to_owned();
    thief.cookies = cookies
        .iter()
        .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
        .collect();
    assert!(thief.cookies.iter().any(|(name, _)| name == "proof"), "the session is bound");
    thief.cookies.retain(|(name, _)| name != "proof");
    let seen = thief.get("/");
    assert_eq!(seen.status, 401, "the session's cookie alone, under the browser's own name");
    assert!(!seen.body.contains("action=\"/sign-out\""));
    assert_eq!(thief.get("/live").status, 401);
    let mut thief = Plain::new(appliance.http);
    thief.cookies = cookies
        .iter()
        .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
        .collect();
    assert_eq!(thief.get("/").status, 401, "all cookies, from another browser");

    // The browser whose proof is over shows itself and goes where it was going.
    browser.client().delete_cookie("proof").await.unwrap();
    browser.goto(&format!("{at}/help")).await;
    browser
        .client()
        .wait()
        .at_most(PATIENCE)
        .for_element(Locator::Css("form[action='/sign-out']"))
        .await
        .unwrap();
    arrive(&browser, "/help").await;
    browser.quit().await;
}
