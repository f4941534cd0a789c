//! On a telephone: nothing is torn or wider than the screen, and a finger meets what it aims at. And what a row or a head
//! says of mail that is large, or goes to many.

use crate::{
    appliance::{Folder, PASSPHRASE},
    browser::Browser,
    story::{click, find, script, sign_in},
    web::{Visitor, deliver},
};
use serde_json::json;

fn crowd(people: u32) -> String {
    let each: Vec<String> = (1..=people).map(|n| format!("Person {n} <person{n}@club.test>")).collect();
    format!("Cc: {}\r\n\r\nThere will be cake.\r\n", each.join(",\r\n "))
}

#[test]
fn those_whom_a_message_is_to_are_no_wall_before_it() {
    let folder = Folder::make();
    let appliance = folder.serve();
    deliver(&appliance, "Ann <ann@x.test>", "To many", &crowd(50));
    deliver(&appliance, "Ben <ben@x.test>", "To some", &crowd(7));
    let mut owner = Visitor::owner(&appliance);
    for (lang, words) in [("en", "and 44 more"), ("fr", "et 44 autres")] {
        owner.cookies.retain(|(name, _)| name != "lang");
        owner.cookies.push(("lang".into(), lang.into()));
        for path in ["/messages/1", "/discussions/1"] {
            let page = owner.get(path).body;
            let (before, folded) = page
                .split_once(&format!("<details class=\"others\"><summary>{words}</summary>"))
                .unwrap_or_else(|| panic!("{path} {lang}"));
            assert!(!before.contains("person50@"), "{path}");
            assert!(folded.contains("person50@club.test"), "{path}: all of them are there");
        }
        for path in ["/messages/2", "/discussions/2"] {
            assert!(
                !owner.get(path).body.contains("class=\"others\""),
                "{path}: nobody is folded away for two"
            );
        }
    }
}

#[test]
fn a_row_says_how_many_files_a_large_message_has_or_that_it_does_not_know() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let filling = format!("{}\r\n", "x".repeat(76)).repeat(2_000);
    let file = |name: &str| {
        format!(
            "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}.bin\"\r\n\r\n{filling}\r\n"
        )
    };
    let album = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nalbum\r\n{}{}{}--b--\r\n",
        file("one"),
        file("two"),
        file("three")
    );
    deliver(&appliance, "Ann <ann@x.test>", "Pictures", &album);
    let mut owner = Visitor::owner(&appliance);
    let found = owner.get("/search?q=album").body;
    assert!(found.contains(">3 files<"), "counted when it arrived: {found}");
    deliver(&appliance, "Ann <ann@x.test>", "Later", "\r\nSomething else.\r\n");
    let found = owner.get("/search?q=album").body;
    assert!(found.contains(">at least 1 file<"), "only its beginning is read for a row: {found}");
}

const TABLE: &str = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Figures, as \
    <a href=\"https://example.org/a\">asked for</a>:</p><table><tr><th>Monday</th><th>Tuesday</th><th>Wednesday</th><th>Thursday</th>\
    <th>Friday</th><th>Saturday</th><th>Sunday</th></tr><tr><td>12345.67</td><td>23456.78</td><td>34567.89</td><td>45678.90</td>\
    <td>56789.01</td><td>67890.12</td><td>78901.23</td></tr></table>\r\n";

const FROM_THE_RIGHT: &str =
    "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>مرحبا</p><ul><li>واحد</li><li>اثنان</li></ul>\r\n";

/// What a finger could miss: buttons, fields and what unfolds, where they stand by themselves.
const SMALL: &str = "
  const found = [];
  for (const e of document.querySelectorAll('button, a.button, select, summary, .choices a, .crumbs a, input:not([type=hidden], [type=checkbox], [type=radio])')) {
    const box = e.getBoundingClientRect();
    if (box.height && box.height < 43.5 && !e.closest('.sr, .tag')) found.push(e.outerHTML.slice(0, 120) + ' ' + box.height);
  }
  return found;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_telephone_nothing_is_torn_and_nothing_is_missed() {
    let Some(browser) = Browser::start(&[]).await else { return };
    let folder = Folder::make();
    let appliance = folder.serve();
    deliver(&appliance, "Ann <ann@x.test>", "Figures", TABLE);
    deliver(&appliance, "Amal <amal@y.test>", "List", FROM_THE_RIGHT);
    browser
        .cdp(
            "Emulation.setTouchEmulationEnabled",
            json!({ "enabled": true, "maxTouchPoints": 5 }),
        )
        .await;
    let screen = json!({ "width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": true });
    browser.cdp("Emulation.setDeviceMetricsOverride", screen).await;
    sign_in(&browser, &appliance).await;
    let base = format!("https://{}", appliance.https);
    let is = async |what: &str, code: &str| assert_eq!(script(&browser, code).await, json!(true), "{what}");

    browser.goto(&format!("{base}/messages/1")).await;
    is("a finger is what it is seen with", "return matchMedia('(pointer: coarse)').matches").await;
    is(
        "the page is as wide as the screen",
        "return document.documentElement.scrollWidth <= 360",
    )
    .await;
    is(
        "no word of the table is torn",
        "return [...document.querySelectorAll('.reader :is(td, th)')].every(cell => cell.getBoundingClientRect().height < 40)",
    )
    .await;
    is(
        "what is wider can be reached",
        "const reader = document.querySelector('.reader'); reader.scrollLeft = 50; return reader.scrollLeft === 50",
    )
    .await;
    is(
        "a link and where it leads are two words",
        "return document.querySelector('.reader p').textContent.includes('asked for example.org')",
    )
    .await;
    browser.goto(&format!("{base}/messages/2")).await;
    is(
        "a list from the right has its marks there",
        "return getComputedStyle(document.querySelector('.reader ul')).paddingRight === '24px'",
    )
    .await;

    for path in [
        "/",
        "/discussions/1",
        "/messages/1",
        "/contacts",
        "/contacts/new",
        "/search?q=figures",
        "/write",
        "/settings/preferences",
        "/settings/mailboxes",
        "/settings/rules",
    ] {
        browser.goto(&format!("{base}{path}")).await;
        assert_eq!(script(&browser, SMALL).await, json!([]), "{path}");
        is(path, "return document.documentElement.scrollWidth <= 360").await;
    }

    browser.goto(&format!("{base}/settings/recovery")).await;
    let field = "form[action='/settings/recovery'] input[type=password]";
    find(&browser, field).await.send_keys(PASSPHRASE).await.unwrap();
    click(&browser, "form[action='/settings/recovery'] button").await;
    browser.goto(&format!("{base}/settings/recovery/sheet")).await;
    find(&browser, ".groups").await;
    is("the sheet fits", "return document.documentElement.scrollWidth <= 360").await;
    browser.quit().await;
}
