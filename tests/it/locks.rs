//! The keys in the owner's hands: locking, the recovery sheet, key files, erasing; over the real binary.

use crate::{
    appliance::{Appliance, Folder, OWNER, PASSPHRASE},
    web::{Answer, Visitor, deliver},
};
use caliopen::web::routes::{ROUTES, Who};
use http::Method;

fn leads_to(answer: &Answer, path: &str) -> bool {
    answer.status == 303 && answer.header("location") == Some(path)
}

#[test]
fn a_locked_box_serves_its_door_and_nothing_of_the_owners() {
    let folder = Folder::make();
    let appliance = Appliance::start(&folder.data, None);
    let mut visitor = Visitor::new(&appliance);
    deliver(&appliance, "Bob <bob@sender.test>", "Zebulon", "\r\nXylophone\r\n");
    for route in ROUTES {
        let path = route.pattern.split('/').map(|part| if part.starts_with(':') { "1" } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let answer = if route.method == Method::POST {
            visitor.post(&path, "", "token=none")
        } else {
            visitor.get(&path)
        };
        let expected: &[u16] = match (route.who, route.method == Method::POST) {
            (Who::Owner | Who::World, _) => &[303],
            (Who::OwnersScript | Who::Prover, _) => &[401],
            (Who::Machinery, _) => &[401, 403],
            (Who::Anyone, true) => &[403],
            (Who::Anyone, false) => &[200, 303, 404],
        };
        assert!(expected.contains(&answer.status), "{path}: {}", answer.head);
        if matches!(route.who, Who::Owner | Who::World) {
            assert!(answer.header("location").unwrap().starts_with("/sign-in"), "{path}");
        }
        for secret in [OWNER, "Zebulon", "Xylophone", "bob@"] {
            assert!(!answer.head.contains(secret) && !answer.body.contains(secret), "{path}: {secret}");
        }
    }
    let notice = visitor.get("/locked");
    assert!(
        notice.body.contains("This box is locked.") && notice.body.contains("sealed"),
        "{}",
        notice.body
    );
    assert!(visitor.get("/sign-in").body.contains("href=\"/locked\""));
}

#[test]
fn locking_signs_everybody_out_and_mail_goes_on() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let (mut owner, mut elsewhere) = (Visitor::owner(&appliance), Visitor::owner(&appliance));
    deliver(&appliance, "bob@sender.test", "before", "\r\nthe first of all\r\n");
    assert!(leads_to(&owner.submit("/", "/lock", &[]), "/locked"));
    for visitor in [&mut owner, &mut elsewhere] {
        assert!(visitor.get("/").header("location").unwrap().starts_with("/sign-in"));
    }
    for n in 0..5 {
        deliver(&appliance, "bob@sender.test", "while locked", &format!("\r\ntext number {n}\r\n"));
    }
    assert_eq!(owner.sign_in(PASSPHRASE, "/").status, 303);
    assert!(
        elsewhere.get("/").header("location").unwrap().starts_with("/sign-in"),
        "an old session does not come back to life"
    );
    // What waited is taken in while the page is looked at; each look is a whole visit.
    // A second browser raised a notice of its own, so the discussion's number is looked up by its subject.
    let timeline = owner.get("/").body;
    let rows = timeline.split("href=\"/discussions/").skip(1);
    let subject = |row: &&str| {
        let link = row.split("</a>").next().unwrap_or_default();
        link.contains("before") || link.contains("while locked")
    };
    let row = rows.into_iter().find(subject).expect("the discussion in the timeline");
    let discussion = format!("/discussions/{}", row.split('"').next().unwrap());
    let mut page = owner.get(&discussion);
    while (0..5).any(|n| !page.body.contains(&format!("text number {n}"))) {
        page = owner.get(&discussion);
    }
    let at = |text: &str| page.body.find(text).unwrap();
    let text = |n: u32| at(&format!("text number {n}"));
    assert!(
        (0..4).all(|n| text(n) < text(n + 1)) && at("the first of all") < text(0),
        "in order"
    );
}

#[test]
fn a_sheet_is_printed_once_proven_and_opens_the_box() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    assert!(owner.get("/help").body.contains("sheet is not proven"), "every page says so");
    let page = "/settings/recovery";
    assert_eq!(owner.submit(page, page, &[("passphrase", "a guess")]).status, 422);
    let made = owner.submit(page, page, &[("passphrase", PASSPHRASE)]);
    assert!(leads_to(&made, "/settings/recovery/sheet"), "{}", made.body);
    let sheet = owner.get("/settings/recovery/sheet").body;
    let groups: Vec<&str> = sheet
        .split("<code>")
        .skip(1)
        .filter_map(|rest| rest.split("</code>").next())
        .collect();
    // What takes the owner's key back stands on the same sheet, after the groups.
    let (groups, taking_back) = groups.split_at(groups.len().min(8));
    assert!(taking_back.iter().all(|text| text.starts_with("-----BEGIN PGP")), "{taking_back:?}");
    assert!(groups.len() == 8 && groups.iter().all(|group| group.len() == 4), "{groups:?}");

    let asks = owner.get(page).body;
    let (_, named) = asks.split_once("type two of its groups").unwrap();
    let asked: Vec<usize> = named
        .split("number ")
        .skip(1)
        .take(2)
        .map(|n| n.split(['.', ' ']).next().unwrap().parse().unwrap())
        .collect();
    let typed = |one: usize, two: usize| [("one", groups[one - 1]), ("two", groups[two - 1])];
    let wrong = owner.submit(page, "/settings/recovery/proof", &typed(asked[1], asked[0]));
    assert_eq!(wrong.status, 422);
    let proven = owner.submit(page, "/settings/recovery/proof", &typed(asked[0], asked[1]));
    assert!(leads_to(&proven, "/settings/recovery?done=proven"), "{}", proven.body);
    assert!(!owner.get("/help").body.contains("sheet is not proven"));
    assert!(leads_to(&owner.get("/settings/recovery/sheet"), page), "it is shown no more");

    drop(appliance);
    let appliance = Appliance::start(&folder.data, None);
    let mut visitor = Visitor::new(&appliance);
    let code = groups.join(" ").to_lowercase();
    assert_eq!(visitor.sign_in(&code, "/").status, 303, "the paper opens the box after a restart");
    assert!(!visitor.get("/").body.contains("sheet is not proven"));
}

#[test]
fn a_key_file_opens_the_box_until_it_is_removed_and_the_last_way_stays() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let outside = tempfile::tempdir().unwrap();
    let (page, place) = ("/settings/locks", outside.path().join("box.key"));
    let secret = ("passphrase", PASSPHRASE);
    let inside = folder.data.join("box.key").display().to_string();
    let refused = owner.submit(page, "/settings/locks/key-file", &[("path", &inside), secret]);
    assert!(refused.status == 422 && refused.body.contains(&inside), "what was typed stays");
    let made = owner.submit(page, "/settings/locks/key-file", &[("path", place.to_str().unwrap()), secret]);
    assert!(leads_to(&made, "/settings/locks?done=key"), "{}", made.body);
    assert!(owner.get(page).body.contains("box.key"));
    drop(appliance);

    let appliance = Appliance::start(&folder.data, Some(&place));
    deliver(&appliance, "bob@sender.test", "open by itself", "\r\nb\r\n");
    let mut owner = Visitor::owner(&appliance);
    assert!(owner.get("/").body.contains("open by itself"));
    let body = owner.get(page).body;
    let ids: Vec<&str> = body
        .split("action=\"/settings/locks/")
        .skip(1)
        .filter_map(|rest| rest.split_once("/remove"))
        .map(|(id, _)| id)
        .filter(|id| id.len() == 16)
        .collect();
    assert_eq!(ids.len(), 3, "passphrase, sheet, key file");
    let remove = |owner: &mut Visitor, id: &str| owner.submit(page, &format!("/settings/locks/{id}/remove"), &[secret]);
    assert!(leads_to(&remove(&mut owner, ids[1]), "/settings/locks?done=removed"));
    let last = remove(&mut owner, ids[0]);
    assert!(last.status == 422 && last.body.contains("last way in"), "a key file is no person's");
    assert!(leads_to(&remove(&mut owner, ids[2]), "/settings/locks?done=removed"));
    drop(appliance);
    for why in ["it opens nothing any more", "it is not there"] {
        let appliance = Appliance::start(&folder.data, Some(&place));
        deliver(&appliance, "bob@sender.test", why, "\r\nb\r\n");
        let mut owner = Visitor::new(&appliance);
        assert!(owner.get("/locked").body.contains("This box is locked."), "{why}");
        assert!(leads_to(&owner.sign_in(PASSPHRASE, "/"), "/"), "{why}");
        // What was taken in meanwhile is unsealed while the page is looked at.
        while !owner.get("/").body.contains(why) {}
        drop(appliance);
        let _ = std::fs::remove_file(&place);
    }
}

#[test]
fn deleting_asks_first_and_takes_no_more_than_was_asked() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    for subject in ["first", "second"] {
        deliver(&appliance, "bob@sender.test", subject, "\r\nb\r\n");
    }
    assert!(owner.get("/messages/2").body.contains("/messages/2/delete"));
    assert!(owner.get("/messages/2/delete").body.contains("for good"));
    assert_eq!(owner.get("/messages/2").status, 200, "asking deletes nothing");
    let gone = owner.submit("/messages/2/delete", "/messages/2/delete", &[]);
    assert!(leads_to(&gone, "/discussions/1"));
    assert_eq!((owner.get("/messages/2").status, owner.get("/messages/1").status), (404, 200));
    assert!(owner.get("/").body.contains("first") && !owner.get("/").body.contains("second"));
    assert!(owner.get("/settings/locks").body.contains("traces"));
    assert!(leads_to(
        &owner.submit("/settings/locks", "/settings/locks/wipe", &[]),
        "/settings/locks?done=wiped"
    ));
    assert!(owner.get("/settings/locks").body.contains("holds nothing"));
    let full = owner.get("/settings/locks?done=no-room").body;
    assert!(full.contains("note danger\" role=\"status\">It was not written anew"), "{full}");
    let gone = owner.submit("/discussions/1/delete", "/discussions/1/delete", &[]);
    assert!(leads_to(&gone, "/") && owner.get("/discussions/1").status == 404);
    assert_eq!(owner.get("/discussions/1/delete").status, 404);
}

#[test]
fn an_erased_box_ends_and_leaves_nothing() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    deliver(&appliance, "bob@sender.test", "first", "\r\nb\r\n");
    let page = "/settings/erase";
    for fields in [
        [("word", "erase"), ("passphrase", PASSPHRASE)],
        [("word", "ERASE"), ("passphrase", "a guess")],
    ] {
        assert_eq!(owner.submit(page, page, &fields).status, 422);
    }
    assert!(owner.get("/").body.contains("first"), "nothing has happened yet");
    let erased = owner.submit(page, page, &[("word", "ERASE"), ("passphrase", PASSPHRASE)]);
    assert!(
        erased.status == 200 && erased.body.contains("This box is erased"),
        "{}",
        erased.head
    );
    assert!(appliance.end(), "it ends by itself, with success");
    assert_eq!(std::fs::read_dir(&folder.data).unwrap().count(), 0);
    let again = Appliance::start_with(&folder.data, None, &[]);
    let asked = Visitor::new(&again).get("/");
    assert_eq!(asked.header("location"), Some("/setup/claim"), "it begins anew: {}", asked.body);
}
