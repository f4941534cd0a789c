//! What a row or a head says of mail that is large, or goes to many.

use crate::{
    appliance::Folder,
    web::{Visitor, deliver},
};

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
