//! What a row or a head says of mail that is large, or goes to many.

use crate::{
    appliance::Folder,
    web::{Visitor, deliver},
};

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
