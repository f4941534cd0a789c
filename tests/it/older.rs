//! What earlier versions of this program left behind (tests/fixtures/older): their box is opened as it is, through every
//! migration since, and their export fills a new one.

use crate::{
    appliance::{Appliance, Folder, PASSPHRASE, Sender},
    imports::import_with,
    internet::until,
    web::Visitor,
};
use caliopen::store::{
    mail::Snapshot,
    migrate::VERSION,
    slots::{Kind, Opening},
    vault::{Secret, Vault},
};
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/older").join(name)
}

/// The first three messages of both, as they were imported.
const MAILBOX: &str = "From x Tue Mar  3 09:00:00 2026\nFrom: Ann <ann@x.test>\nTo: me@home.test\nSubject: the garden\n\
    Date: Tue, 3 Mar 2026 09:00:00 +0000\nMessage-ID: <old0@x.test>\n\nThe tomatoes have come up.\n\n\
    From x Tue Mar  3 09:01:00 2026\nFrom: Bob <bob@y.test>\nTo: me@home.test\nSubject: chess on Friday\n\
    Date: Tue, 3 Mar 2026 09:01:00 +0000\nMessage-ID: <old1@x.test>\n\nShall we play again?\n\n\
    From x Tue Mar  3 09:02:00 2026\nFrom: Ann <ann@x.test>\nTo: me@home.test\nSubject: the garden, again\n\
    Date: Tue, 3 Mar 2026 09:02:00 +0000\nMessage-ID: <old2@x.test>\n\nAnd now the slugs.\n\n";

fn look<T>(folder: &Folder, look: impl FnOnce(&Snapshot) -> T) -> T {
    let vault = Vault::locked(&folder.data);
    assert_eq!(vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap(), Secret::Right(Kind::Passphrase));
    let seen = look(&Snapshot::of(&vault.open().unwrap()).unwrap());
    vault.lock();
    seen
}

/// Every message is what its row says, and found by its words.
fn is_whole(folder: &Folder, messages: usize) {
    look(folder, |snapshot| {
        let subject = |id: u64| {
            let message = snapshot.message(id).unwrap().unwrap();
            caliopen::codec::mime::read(&snapshot.raw(id, &message).unwrap()).subject
        };
        let subjects: Vec<String> = snapshot.messages_after(0, usize::MAX).unwrap().into_iter().map(subject).collect();
        // The box tells its owner of each new browser besides.
        let others = subjects.iter().filter(|subject| !subject.starts_with("A new device")).count();
        assert_eq!((snapshot.schema().unwrap(), others), (VERSION, messages), "{subjects:?}");
        for id in snapshot.messages_after(0, usize::MAX).unwrap() {
            let message = snapshot.message(id).unwrap().unwrap();
            let raw = snapshot.raw(id, &message).unwrap();
            assert!(raw.windows(9).any(|word| word == b"Subject: "));
        }
    });
}

/// Waits until a search finds this: words of before there was a search are read on the way.
fn finds(owner: &mut Visitor, words: &str, what: &str) {
    until(what, || owner.get(&format!("/search?q={words}")).body.contains(what));
}

/// It is shown, found, tagged and written to like any other box.
fn lives(appliance: &Appliance) {
    let mut owner = Visitor::owner(appliance);
    for (words, what) in [
        ("tomatoes", "the garden"),
        ("marmalade", "by the door"),
        ("subject:chess", "on Friday"),
    ] {
        finds(&mut owner, words, what);
    }
    for (tag, what) in [("family", "the garden"), ("chess_club", "chess on Friday")] {
        finds(&mut owner, &format!("tag:{tag}"), what);
    }
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    let message = "From: zoe@z.test\r\nTo: me@home.test\r\nSubject: years later\r\nDate: Thu, 26 Nov 2026 10:00:00 +0000\r\nMessage-ID: <later@z.test>\r\n\r\nStill there?\r\n";
    assert_eq!(sender.send("zoe@z.test", "me@home.test", message).unwrap(), 250);
    finds(&mut owner, "there", "years later");
}

#[test]
fn a_box_of_long_ago_opens_with_everything_in_it() {
    let folder = Folder::make();
    std::fs::remove_dir_all(&folder.data).unwrap();
    std::fs::create_dir(&folder.data).unwrap();
    let mut packed = zip::ZipArchive::new(std::fs::File::open(fixture("box-9.zip")).unwrap()).unwrap();
    packed.extract(&folder.data).unwrap();

    // It takes mail before anybody signs in, as it did, and knows what it took in then.
    let appliance = Appliance::start(&folder.data, None);
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    let message = "From: zoe@z.test\r\nTo: me@home.test\r\nSubject: still locked\r\nDate: Thu, 26 Nov 2026 09:00:00 +0000\r\nMessage-ID: <locked@z.test>\r\n\r\nHello?\r\n";
    assert_eq!(sender.send("zoe@z.test", "me@home.test", message).unwrap(), 250);
    let mut owner = Visitor::owner(&appliance);
    finds(&mut owner, "nobody", "while it was locked");
    finds(&mut owner, "hello", "still locked");
    lives(&appliance);
    // The owner's tag of a name that the house gave to one of its own later.
    finds(&mut owner, "tag:starred_2", "the garden");
    drop(owner);
    assert!(appliance.terminate());
    is_whole(&folder, 7);

    let mailbox = folder.data.with_file_name("again.mbox");
    std::fs::write(&mailbox, MAILBOX).unwrap();
    let (code, report, said) = import_with(&folder, &folder.secret, &[&mailbox], &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    assert!(report.starts_with("read 3, kept 0, already there 3"), "{report}");
}

#[test]
fn an_export_of_long_ago_fills_a_new_box() {
    let folder = Folder::make();
    let (code, report, said) = import_with(&folder, &folder.secret, &[&fixture("export-20.zip")], &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    assert!(
        report.contains("kept 4, already there 0, skipped 0\nthe box is as it was exported"),
        "{report}"
    );
    is_whole(&folder, 4);
    assert_eq!(look(&folder, |snapshot| snapshot.own_keys().unwrap().len()), 1);
    let appliance = folder.serve();
    lives(&appliance);
    let mut owner = Visitor::owner(&appliance);
    assert!(owner.get("/contacts").body.contains("Ann"));
    assert!(!owner.get("/settings/tags").body.contains("Starred 2"), "the house had one by then");
    finds(&mut owner, "tag:starred", "the garden");
    drop(owner);
    assert!(appliance.terminate());
    is_whole(&folder, 5);
}
