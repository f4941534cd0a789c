//! Stories in a real browser: what a person sees and does, on a wide screen and on a telephone, in both
//! languages, light and dark, with scripts and without. Pictures are left in `target/tmp/screens`.

use crate::{
    appliance::{Appliance, Folder, PASSPHRASE},
    browser::Browser,
    web::deliver,
};
use fantoccini::{Locator, elements::Element};
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};

const PATIENCE: Duration = Duration::from_secs(20);

const NEWSLETTER: &str = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
    <h1>Avril</h1><p>Les <b>rendez-vous</b> du mois, <a href=\"https://elsewhere.test/x\">https://library.test/</a>.</p>\
    <img src=\"https://spy.test/p.gif\" width=\"1\" height=\"1\"><script>document.title='run'</script>\r\n";

fn pictures() -> PathBuf {
    [env!("CARGO_TARGET_TMPDIR"), "screens"].iter().collect()
}

pub async fn find(browser: &Browser, css: &str) -> Element {
    let found = browser.client().wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
    found.unwrap_or_else(|error| panic!("{css}: {error}"))
}

pub async fn text(browser: &Browser, css: &str) -> String {
    find(browser, css).await.text().await.unwrap()
}

/// Waits until an element says this; the page may be on its way.
pub async fn says(browser: &Browser, css: &str, words: &str) {
    let mut last = String::new();
    let waited = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Ok(element) = browser.client().find(Locator::Css(css)).await {
                // The page may have gone between finding and reading: then it is looked for again.
                last = element.text().await.unwrap_or_default();
            }
            if last == words {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    if waited.await.is_err() {
        panic!("{css} says {last:?}, not {words:?}");
    }
}

pub async fn click(browser: &Browser, css: &str) {
    find(browser, css).await.click().await.unwrap();
}

pub async fn script(browser: &Browser, code: &str) -> Value {
    browser.client().execute(code, Vec::new()).await.unwrap()
}

/// Waits until a script's answer is true.
pub async fn until(browser: &Browser, what: &str, code: &str) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while script(browser, code).await != json!(true) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{what}"));
}

pub async fn sign_in(browser: &Browser, appliance: &Appliance) {
    browser.goto(&format!("https://{}/", appliance.https)).await;
    find(browser, "#passphrase").await.send_keys(PASSPHRASE).await.unwrap();
    click(browser, "button.main").await;
    find(browser, "main h1").await;
    until(browser, "signed in", "return location.pathname === '/'").await;
}

fn post_two(appliance: &Appliance) {
    deliver(
        appliance,
        "Alice Martin <alice@martin.test>",
        "Holiday plans",
        "\r\nSee you on Friday.\r\n> Will you come?\r\n",
    );
    deliver(appliance, "Library <news@library.test>", "Newsletter", NEWSLETTER);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_arrives_and_is_understood() {
    let Some(browser) = Browser::start(&[]).await else { return };
    let folder = Folder::make();
    let appliance = folder.serve();
    sign_in(&browser, &appliance).await;
    says(&browser, ".empty h2", "No message yet").await;

    // The page listens before the mail is sent: the stream's first answer has come.
    until(
        &browser,
        "the page listens",
        "return performance.getEntriesByType('resource').some(e => e.name.endsWith('app.js'))",
    )
    .await;
    let tell = async {
        for n in 0.. {
            deliver(
                &appliance,
                "Alice Martin <alice@martin.test>",
                &format!("Plans {n}"),
                "\r\nSee you on Friday.\r\n",
            );
            let notice = script(&browser, "return document.querySelector('#live').textContent").await;
            if notice.as_str().is_some_and(|notice| notice.contains("new message")) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, tell).await.expect("the notice");
    assert_eq!(
        script(&browser, "return document.querySelectorAll('.row').length").await,
        json!(0),
        "rows never move"
    );
    click(&browser, "#live a").await;
    find(&browser, ".row.new").await;

    // By keyboard: next, open.
    script(&browser, "document.activeElement.blur(); return 0").await;
    let press =
        |key: &'static str| format!("document.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }})); return 0");
    script(
        &browser,
        &format!("document.body.focus(); document.body.{}", &press("j")["document.".len()..]),
    )
    .await;
    assert_eq!(script(&browser, "return document.activeElement.className").await, json!("go"));
    script(&browser, &format!("document.activeElement.{}", &press("o")["document.".len()..])).await;
    until(&browser, "the discussion", "return location.pathname.startsWith('/discussions/')").await;
    assert!(
        text(&browser, ".with").await.contains("alice@martin.test"),
        "an unknown name with its address"
    );

    // Looking at it makes it read, without a click.
    until(&browser, "it is read", "return document.documentElement.classList.contains('seen')").await;
    click(&browser, "article:last-of-type .story").await;
    find(&browser, "#index").await;
    let letter = text(&browser, ".big .pi .on").await;
    assert_eq!(letter, "E", "it came without TLS");
    let lines = script(&browser, "return document.querySelectorAll('.line').length").await;
    assert!(lines.as_u64().unwrap() >= 17, "every line is there: {lines}");
    let sum = script(
        &browser,
        "return [...document.querySelectorAll('.axis .points')].reduce((sum, line) => { \
         const won = line.textContent.replace('−', '-').replace(/.*· /, '').match(/^-?\\d+/); return sum + Number(won ? won[0] : 0); }, 0)",
    )
    .await;
    assert_eq!(sum.to_string(), text(&browser, ".big .pi b").await, "the lines add up to the index");
    assert!(text(&browser, ".journey .seen").await.contains("127.0.0.1"));
    click(&browser, "a[href$='/headers']").await;
    assert!(text(&browser, "pre.raw").await.contains("Subject: Plans"));
    browser.goto(&format!("https://{}/", appliance.https)).await;
    find(&browser, ".row").await;
    assert_eq!(
        script(&browser, "return document.querySelectorAll('.row.new').length").await,
        json!(0)
    );
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_without_scripts() {
    let Some(browser) = Browser::start(&[]).await else { return };
    let folder = Folder::make();
    let appliance = folder.serve();
    post_two(&appliance);
    browser.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.goto(&format!("https://{}/discussions/1", appliance.https)).await;
    find(&browser, "#passphrase").await.send_keys("wrong").await.unwrap();
    click(&browser, "button.main").await;
    says(&browser, "#error", "That is not the right passphrase.").await;
    find(&browser, "#passphrase").await.send_keys(PASSPHRASE).await.unwrap();
    click(&browser, "button.main").await;
    says(&browser, "h1", "Holiday plans").await;
    click(&browser, "form[data-mark] button").await;
    says(&browser, "form[data-mark] button", "Mark as unread").await;
    click(&browser, ".story").await;
    find(&browser, "#index .line").await;
    click(&browser, "button[value=fr]").await;
    says(&browser, "#why", "Pourquoi cet indice").await;
    click(&browser, "button[value=dark]").await;
    find(&browser, "html[data-theme=dark]").await;
    click(&browser, "a[data-up]").await;
    says(&browser, "form[data-mark] button", "Marquer comme non lue").await;
    click(&browser, "a[data-up]").await;
    find(&browser, ".row").await;
    click(&browser, "form[action='/sign-out'] button").await;
    find(&browser, "#passphrase").await;
    browser.quit().await;
}

/// What a person with a screen reader, a keyboard or little sight would trip over, as far as a script can tell.
pub const TRIPS: &str = "
  const trips = [];
  const all = css => [...document.querySelectorAll(css)];
  const ids = all('[id]').map(e => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) trips.push('two of #' + id);
  const own = all('h1').filter(h => !h.closest('.reader'));
  if (own.length !== 1) trips.push('h1: ' + own.length);
  if (!document.documentElement.lang) trips.push('no lang');
  for (const landmark of ['header', 'main', 'footer']) if (all('body > ' + landmark).length !== 1) trips.push(landmark);
  let last = 0;
  for (const h of all('h1,h2,h3,h4,h5,h6').filter(h => !h.closest('.reader'))) {
    const level = Number(h.tagName[1]);
    if (level > last + 1) trips.push('heading jumps to ' + h.textContent);
    last = level;
  }
  for (const e of all('a[href],button')) if (!e.textContent.trim() && !e.querySelector('[aria-label]')) trips.push('no name: ' + e.outerHTML);
  for (const e of all('input:not([type=hidden])')) if (!e.labels.length && !e.getAttribute('aria-label')) trips.push('no label: ' + e.outerHTML);
  for (const e of all('input:is([type=text], [type=password])')) if (e.value !== e.defaultValue) trips.push('filled in by a script: ' + e.name);
  for (const css of ['aria-labelledby', 'aria-describedby'])
    for (const e of all('[' + css + ']')) for (const id of e.getAttribute(css).split(' ')) if (!document.getElementById(id)) trips.push(css + ' ' + id);
  for (const e of all('button, .tabs a, .pager a, .more a, .crumbs a')) {
    const box = e.getBoundingClientRect();
    if (box.height && box.height < 24) trips.push('small: ' + e.textContent + ' ' + box.height);
  }
  if (document.documentElement.scrollWidth > innerWidth) trips.push('sideways: ' + document.documentElement.scrollWidth);
  const lum = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b; };
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = c => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
    const d = canvas.getImageData(0, 0, 1, 1).data; return [`rgb(${d[0]},${d[1]},${d[2]})`, d[3]]; };
  const page = rgb(getComputedStyle(document.querySelector('main')).getPropertyValue('--none') || getComputedStyle(document.documentElement).backgroundColor)[0];
  const behind = e => { for (; e; e = e.parentElement) { const [c, a] = rgb(getComputedStyle(e).backgroundColor); if (a > 200) return c; } return page; };
  for (const e of all('main *, header *, footer *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.closest('.sr') || !e.getClientRects().length) continue;
    const [a, b] = [lum(rgb(getComputedStyle(e).color)[0]), lum(behind(e))];
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < 4.5) trips.push('contrast ' + contrast.toFixed(1) + ': ' + e.className + ' ' + e.textContent.slice(0, 30));
  }
  return [...new Set(trips)];";

/// The way to the browser leads through somebody's push service: `notifications` walks it without a browser, and here
/// the browser is told by its own tools that the service rang.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_takes_what_waits_for_notices_and_lets_it_go() {
    let Some(browser) = Browser::start(&[]).await else { return };
    let folder = Folder::make();
    let appliance = folder.serve();
    sign_in(&browser, &appliance).await;
    let page = format!("https://{}/settings/notifications", appliance.https);
    let workers = "navigator.serviceWorker.getRegistrations().then(all => document.title = 'workers ' + all.length)";
    browser.goto(&page).await;
    let taken = "navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready).then(taken => \
                 document.title = 'taken ' + taken.active.scriptURL, why => document.title = String(why))";
    script(&browser, taken).await;
    let told = format!("return document.title === 'taken https://{}/worker.js'", appliance.https);
    until(&browser, "the worker is taken", &told).await;
    let origin = format!("https://{}", appliance.https);
    let may = json!({ "origin": origin, "permissions": ["notifications"] });
    browser.cdp("Browser.grantPermissions", may).await;
    browser.cdp("ServiceWorker.enable", json!({})).await;
    let rings = json!({ "origin": origin, "registrationId": "0", "data": "New mail has come." });
    let shown = "navigator.serviceWorker.ready.then(taken => taken.getNotifications()).then(all => \
                 document.title = all.map(one => one.title + ': ' + one.body).join());";
    let said = format!("{shown} return document.title === 'Caliopen: New mail has come.'");
    // A notice takes the place of the one before it: there is one, however often it rings.
    let seen = tokio::time::timeout(PATIENCE, async {
        while script(&browser, &said).await != json!(true) {
            browser.cdp("ServiceWorker.deliverPushMessage", rings.clone()).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    seen.await.expect("the notice is shown");
    // Where it is switched off it goes.
    browser.goto(&format!("{page}?done=off")).await;
    until(
        &browser,
        "the worker is gone",
        &format!("{workers}; return document.title === 'workers 0'"),
    )
    .await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_fit_to_be_seen() {
    let Some(browser) = Browser::start(&[]).await else { return };
    let folder = Folder::make();
    let appliance = folder.serve();
    post_two(&appliance);
    let base = format!("https://{}", appliance.https);
    let mut pages = vec![("sign-in", "/sign-in")];
    look(&browser, &base, &pages).await;
    sign_in(&browser, &appliance).await;
    pages = vec![
        ("timeline", "/"),
        ("discussion", "/discussions/1"),
        ("newsletter", "/discussions/2"),
        ("message", "/messages/1"),
        ("headers", "/messages/1/headers"),
        ("original", "/messages/2/original"),
        ("help", "/help"),
        ("problem", "/nothing"),
    ];
    look(&browser, &base, &pages).await;
    browser.quit().await;
}

async fn look(browser: &Browser, base: &str, pages: &[(&str, &str)]) {
    for (name, path) in pages {
        for lang in ["en", "fr"] {
            browser
                .cdp(
                    "Network.setCookie",
                    json!({ "name": "lang", "value": lang, "url": base, "secure": true }),
                )
                .await;
            for (width, dark) in [(360, false), (360, true), (1280, false), (1280, true)] {
                browser.set_size(width, 800).await;
                browser.emulate_dark(dark).await;
                browser.goto(&format!("{base}{path}")).await;
                let what = format!("{name}-{lang}-{width}-{}", if dark { "dark" } else { "light" });
                assert_eq!(script(browser, "return document.documentElement.lang").await, json!(lang), "{what}");
                assert_eq!(script(browser, TRIPS).await, json!([]), "{what}");
                let foreign =
                    format!("return performance.getEntriesByType('resource').map(e => e.name).filter(name => !name.startsWith('{base}/'))");
                assert_eq!(script(browser, &foreign).await, json!([]), "{what}: nothing from elsewhere");
                assert_ne!(
                    browser.client().title().await.unwrap(),
                    "run",
                    "{what}: no script of a message runs"
                );
                browser.screenshot(width, 800, dark, &pictures().join(format!("{what}.png"))).await;
            }
        }
    }
}
