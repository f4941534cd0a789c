//! What the owner prefers, from outside: it holds on every device, dates follow the zone, and what is switched off is off.

use crate::{
    appliance::{Appliance, Folder, OWNER, PASSPHRASE, Sender},
    browser::Browser,
    story::{script, sign_in},
    web::{Answer, Visitor},
};
use caliopen::store::{
    preferences,
    slots::Opening,
    vault::{Secret, Vault},
};
use std::time::{SystemTime, UNIX_EPOCH};

fn prefer(visitor: &mut Visitor, fields: &[(&str, &str)]) -> Answer {
    let usual = [("keys", "1"), ("live", "1"), ("tips", "1"), ("awards", "1")];
    let rest = usual.iter().filter(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    let all: Vec<(&str, &str)> = rest.chain(fields).copied().collect();
    visitor.submit("/settings/preferences", "/settings/preferences", &all)
}

const LAID_OUT: &str = "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe words alone.\r\n\
    --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>The words <b>laid out</b>.</p>\r\n--b--\r\n";

fn receive(appliance: &Appliance) {
    let message = format!(
        "From: Alice <alice@sender.test>\r\nTo: {OWNER}\r\nSubject: Twelve o'clock\r\nMessage-ID: <noon@sender.test>\r\n\
         Date: Mon, 01 Jan 2024 12:00:00 +0000\r\n{LAID_OUT}"
    );
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    assert_eq!(sender.send("alice@sender.test", OWNER, &message).unwrap(), 250);
}

#[test]
fn a_zone_a_language_and_what_is_switched_off_hold_on_every_device() {
    let folder = Folder::make();
    let appliance = folder.serve();
    receive(&appliance);
    let (mut here, mut there) = (Visitor::owner(&appliance), Visitor::owner(&appliance));
    let page = here.get("/messages/1").body;
    assert!(
        page.contains("laid out") && page.contains("id=\"live\"") && page.contains("data-keys=\"j:next"),
        "{page}"
    );

    let wrong = prefer(&mut here, &[("zone", "Pacific/Atlantis")]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("There is no such time zone"));
    let chosen = [
        ("zone", "Pacific/Auckland"),
        ("lang", "fr"),
        ("theme", "dark"),
        ("plain", "1"),
        ("keys", ""),
        ("live", ""),
    ];
    assert_eq!(prefer(&mut here, &chosen).status, 303);

    for visitor in [&mut here, &mut there] {
        let page = visitor.get("/messages/1").body;
        assert!(page.contains("<html lang=\"fr\" data-theme=\"dark\">"), "{page}");
        assert!(
            page.contains("2 janvier 2024, 01:00"),
            "noon in London is the next day in Auckland: {page}"
        );
        assert!(page.contains("The words alone.") && !page.contains("laid out"));
        assert!(page.contains("data-keys=\"\"") && !page.contains("id=\"live\""));
    }
    // What a browser chooses for itself holds there alone.
    assert_eq!(there.submit("/", "/language", &[("lang", "en"), ("back", "/")]).status, 303);
    assert!(there.get("/").body.contains("<html lang=\"en\""));
    assert!(here.get("/").body.contains("<html lang=\"fr\""));
    // Before signing in nobody is told what the owner prefers.
    assert!(Visitor::new(&appliance).get("/sign-in").body.contains("<html lang=\"en\""));
    // What holds everywhere holds in the browser where it is said.
    assert_eq!(prefer(&mut there, &[("lang", "fr")]).status, 303);
    there.cookies.retain(|(_, value)| !value.is_empty());
    assert!(there.get("/").body.contains("<html lang=\"fr\""));
}

#[test]
fn a_new_box_welcomes_its_owner_until_they_have_understood() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let line = "Welcome to your own mailbox.";
    let page = owner.get("/").body;
    assert!(
        page.contains(line) && page.contains("<a href=\"/welcome\">") && page.contains("No message yet"),
        "{page}"
    );
    assert!(!owner.get("/?show=unread").body.contains(line), "once, where everything stands");
    receive(&appliance);
    assert!(owner.get("/").body.contains(line));
    let tour = owner.get("/welcome").body;
    let steps = tour.split_once("<ol>").unwrap().1.split_once("</ol>").unwrap().0;
    assert_eq!(steps.matches("<h2>").count(), 5, "{steps}");
    assert_eq!(steps.matches("not yet").count(), 3, "{steps}");
    let places: Vec<&str> = steps.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(places.len() >= 10, "{places:?}");
    for place in places {
        assert_eq!(owner.get(place).status, 200, "{place}");
    }
    owner.lang = "fr";
    let french = owner.get("/welcome").body;
    assert!(french.contains("<h1>Bienvenue</h1>") && french.contains("pas encore") && !french.contains("not yet"));
    owner.lang = "en";
    let answer = owner.submit("/welcome", "/welcome", &[]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    assert!(!owner.get("/").body.contains(line));
    assert!(owner.get("/help").body.contains("<a class=\"name\" href=\"/welcome\">"));
    assert_eq!(owner.get("/welcome").status, 200);
}

#[test]
fn a_tip_is_shown_one_at_a_time_until_it_is_answered_and_milestones_can_be_hidden() {
    let folder = Folder::make();
    let appliance = folder.serve();
    receive(&appliance);
    let mut owner = Visitor::owner(&appliance);
    // A key is made by itself as soon as the box is open: that is the first one.
    let reached = |owner: &mut Visitor| owner.get("/privacy").body.contains("<li class=\"on\"><b>Master key</b>");
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !reached(&mut owner) {
        assert!(std::time::Instant::now() < end, "{}", owner.get("/privacy").body);
    }
    assert!(owner.get("/privacy").body.contains("Milestones"));
    let mut seen = Vec::new();
    for _ in 0..20 {
        let page = owner.get("/").body;
        let Some((_, after)) = page.split_once("action=\"/tips/") else {
            break;
        };
        assert!(!after.contains("action=\"/tips/"), "one at a time");
        let name = after.split('"').next().unwrap().to_owned();
        assert!(!seen.contains(&name), "{name} was answered");
        assert_eq!(owner.submit("/", &format!("/tips/{name}"), &[("back", "/")]).status, 303);
        seen.push(name);
    }
    assert!(!seen.is_empty(), "a fresh box has something to do");
    assert!(!owner.get("/").body.contains("action=\"/tips/"));
    assert_eq!(owner.submit("/", "/tips/nothing", &[]).status, 404);
    prefer(&mut owner, &[("awards", "")]);
    assert!(!owner.get("/privacy").body.contains("Milestones"));
}

#[test]
fn what_is_remembered_is_remembered_as_long_as_it_is_wanted() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let to = "/settings/preferences/kept";
    let days = |journal, ledger, bin| [("journal", journal), ("ledger", ledger), ("bin", bin)];
    for (journal, ledger, bin) in [
        ("0", "30", "30"),
        ("366", "30", "30"),
        ("30", "many", "30"),
        ("30", "30", "0"),
        ("30", "30", "-1"),
        ("", "", ""),
    ] {
        let refused = owner.submit("/settings/preferences", to, &days(journal, ledger, bin));
        assert_eq!(refused.status, 422);
        assert!(
            refused
                .body
                .contains(&format!("name=\"ledger\" type=\"text\" inputmode=\"numeric\" value=\"{ledger}\""))
        );
        let kept = format!("name=\"bin\" type=\"text\" inputmode=\"numeric\" value=\"{bin}\"");
        assert!(refused.body.contains(&kept));
    }
    assert_eq!(owner.submit("/settings/preferences", to, &days("90", "7", "5")).status, 303);
    let page = owner.get("/settings/preferences").body;
    assert!(page.contains("value=\"90\"") && page.contains("value=\"7\"") && page.contains("value=\"5\""));
    assert!(owner.get("/wastebasket").body.contains("stays here for 5 days"));
    assert!(owner.get("/ledger").body.contains("It is kept for 7 days"));
    assert!(owner.get("/journal").body.contains("Kept for 90 days."));
}

/// A box that has looked at its owner's index every day for six weeks.
async fn six_weeks(folder: &Folder) -> Appliance {
    let today = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64 / 86_400;
    let vault = Vault::locked(&folder.data);
    assert!(matches!(vault.unlock(&Opening::Passphrase(PASSPHRASE)).unwrap(), Secret::Right(_)));
    let open = vault.open().unwrap();
    let writing = open.writer.write(move |tables| {
        (1..=42).rev().try_for_each(|back| {
            let points = (90 - 2 * back) as u8;
            preferences::note(tables, today - back, Some(points), &[], 0)
        })
    });
    writing.await.unwrap();
    drop(open);
    vault.lock();
    drop(vault);
    folder.serve()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_day_by_day_is_drawn_and_stands_in_a_table() {
    let folder = Folder::make();
    let appliance = six_weeks(&folder).await;
    let page = Visitor::owner(&appliance).get("/privacy").body;
    assert!(page.contains("last month"), "how it has changed: {page}");
    let (_, daily) = page.split_once("id=\"daily\"").expect("the section");
    let daily = daily.split("</section>").next().unwrap();
    assert_eq!(daily.matches("<rect x=").count(), 30, "a month of days: {daily}");
    assert_eq!(daily.matches("<tr><th scope=\"row\">").count(), 30);
    assert!(
        daily.contains("height=\"86\"") && daily.contains("<td>86</td>"),
        "the same in both: {daily}"
    );

    let Some(browser) = Browser::start(&[]).await else { return };
    sign_in(&browser, &appliance).await;
    browser.goto(&format!("https://{}/privacy", appliance.https)).await;
    let drawn = "const bars = [...document.querySelectorAll('svg.days rect')].map(bar => bar.getBoundingClientRect());
        return bars.length === 30 && bars.every((bar, at) => bar.width > 2 && bar.height > 2 && (!at || bar.left > bars[at - 1].left));";
    for width in [360, 1280] {
        browser.set_size(width, 800).await;
        assert_eq!(script(&browser, drawn).await, serde_json::json!(true), "{width}");
    }
    let picture = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("screens/privacy-month.png");
    browser.screenshot(1280, 1000, false, &picture).await;
    browser.quit().await;
}
