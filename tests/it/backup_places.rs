//! Backups by themselves: when one is due, what is kept of them, a new sheet, what is told when they fail; and on servers that
//! are not ours, over TLS (rclone as a restic server and as a WebDAV server).

use crate::home::Home;
use caliopen::{
    domain::{
        backup::{Kind, Often, Standing, Trouble},
        check::{Finding, Id},
        time::Time,
    },
    net::{
        demand,
        dns::Dns,
        https::Https,
        outward::Outward,
        restic::{Control, Place, Repo, Secret},
    },
    service::backup::{PATIENCE, Progress, View, Which, Wish, Wrong, place, restore},
    store::{front::FrontFile, vault::Vault},
};
use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
};
use zeroize::Zeroizing;

pub const DAY: i64 = 24 * 3600;
/// Half past two at night, UTC.
pub const NIGHT: i64 = 20_000 * DAY + 2 * 3600 + 1800;

pub async fn keep(home: &Home, n: i64) {
    let raw = format!(
        "From: Ann <ann@x.test>\r\nTo: me@home.test\r\nSubject: Number {n}\r\nMessage-ID: <{n}@x.test>\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n\r\nHello {n}\r\n"
    );
    home.services
        .receive
        .import(raw.into_bytes(), Some(home.clock.now()), true)
        .await
        .unwrap()
        .unwrap();
}

/// A new sheet; its code.
pub async fn sheet(home: &Home) -> Zeroizing<String> {
    home.services.custody.new_sheet().await.unwrap();
    home.services.custody.printable().unwrap().code
}

pub fn wish(kind: Kind, at: &str, code: &str) -> Wish {
    Wish {
        kind: Some(kind),
        at: at.to_owned(),
        code: Zeroizing::new(code.to_owned()),
        ..Wish::default()
    }
}

pub async fn view(home: &Home) -> View {
    home.services.backups.view().await.unwrap().unwrap()
}

pub async fn standing(home: &Home) -> Standing {
    let view = view(home).await;
    view.history.standing(view.often, home.clock.now())
}

/// Everything that is due now.
pub async fn round(home: &Home) {
    while home.services.backups.step().await.unwrap() == 1 {}
}

/// What the checks say of it.
pub fn found(home: &Home) -> Option<Finding> {
    home.services
        .backups
        .checks()
        .first()
        .filter(|check| check.id == Id::Backup)
        .map(|check| check.finding)
}

/// Messages of the box that the code makes of the newest backup.
pub async fn restored(place: Place, code: &str) -> Result<u64, Trouble> {
    restored_earlier(place, code, 0).await
}

/// The same of the one so many before it.
pub async fn restored_earlier(place: Place, code: &str, earlier: usize) -> Result<u64, Trouble> {
    let code = code.to_owned();
    let work = move || {
        let folder = tempfile::tempdir().unwrap();
        let (file, vault) = (FrontFile::open(folder.path()).unwrap(), Vault::locked(folder.path()));
        let done = restore(
            (&place, &code, Which::Earlier(earlier)),
            (&vault, &file),
            &Progress::default(),
            &Control::default(),
        );
        vault.lock();
        vault.wait_until_closed().unwrap();
        done.map(|restored| restored.messages)
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn the_night_makes_one_tries_it_and_lets_the_old_ones_go() {
    let home = Home::make(Time(NIGHT), Dns::nobody().into());
    let elsewhere = tempfile::tempdir().unwrap();
    let at = elsewhere.path().join("box").display().to_string();
    assert_eq!(found(&home), Some(Finding::Missing));
    let code = sheet(&home).await;
    let backups = &home.services.backups;
    // What is wrong is said before anything is made.
    for (kind, at, code, wrong) in [
        (Kind::Folder, "box", code.as_str(), Wrong::Folder),
        (Kind::Folder, home.vault.folder().join("in").to_str().unwrap(), &code, Wrong::Folder),
        (Kind::Folder, "/no/such/folder", &code, Wrong::Place(Trouble::Unreachable)),
        (Kind::Rest, "http://x.test/", &code, Wrong::Url),
        (Kind::WebDav, "https://me:secret@x.test/", &code, Wrong::Url),
        (Kind::Folder, &at, "0000-0000", Wrong::Code),
        (Kind::Folder, &at, "7777-7777-7777-7777-7777-7777-7777-7777", Wrong::Code),
    ] {
        assert_eq!(backups.switch_on(wish(kind, at, code)).await.unwrap(), Err(wrong), "{at}");
    }
    // A try that the power ended has left a copy of the box, which the same passphrase would open.
    let left = home.vault.folder().join("proof");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("slots.new"), "what opens it").unwrap();
    assert_eq!(backups.step().await.unwrap(), 60, "off");
    assert!(!left.exists());

    // As it was typed: without hyphens, in small letters.
    let typed = code.replace('-', " ").to_lowercase();
    backups.switch_on(wish(Kind::Folder, &at, &typed)).await.unwrap().unwrap();
    assert_eq!(standing(&home).await, Standing::Waiting);
    keep(&home, 0).await;
    round(&home).await;
    let first = view(&home).await;
    assert_eq!(
        (first.history.made, first.history.proven, first.last.0),
        (Some(Time(NIGHT)), Some(Time(NIGHT)), 1)
    );
    assert_eq!((standing(&home).await, found(&home)), (Standing::Good, Some(Finding::Right)));

    // Once a night: seven days, four weeks and twelve months are kept of more than a year.
    for day in (1..=390).step_by(30).chain(391..=420) {
        home.clock.set(Time(NIGHT + day * DAY));
        if day % 40 == 0 {
            keep(&home, day).await;
        }
        assert_eq!(backups.step().await.unwrap(), 1, "made");
    }
    assert_eq!(backups.step().await.unwrap(), 1, "tried");
    let last = view(&home).await;
    assert!((16..=24).contains(&last.size.1), "{last:?}");
    assert_eq!(last.last.0, 2);
    assert!(last.history.is_tried(home.clock.now()));

    // The disk is not plugged in: it is said, tried again after an hour, and nothing is made where it was.
    fs::rename(elsewhere.path(), elsewhere.path().with_extension("away")).unwrap();
    home.later(DAY);
    round(&home).await;
    assert_eq!(
        (standing(&home).await, found(&home)),
        (Standing::Failed(Trouble::Unreachable), Some(Finding::Out))
    );
    assert!(!elsewhere.path().exists());
    assert_eq!(backups.step().await.unwrap(), 60);
    fs::rename(elsewhere.path().with_extension("away"), elsewhere.path()).unwrap();
    home.later(3600);
    round(&home).await;
    assert_eq!(standing(&home).await, Standing::Good);

    // A backup that cannot be restored is told although it was made.
    let slots: Vec<_> = fs::read_dir(elsewhere.path().join("box/keys")).unwrap().collect();
    fs::remove_file(slots[0].as_ref().unwrap().path()).unwrap();
    home.later(DAY);
    round(&home).await;
    assert!(
        matches!(standing(&home).await, Standing::Unproven(_)),
        "{:?}",
        standing(&home).await
    );
    assert_eq!(found(&home), Some(Finding::Out));
    backups.switch_off().await.unwrap();
    assert_eq!((backups.view().await.unwrap(), found(&home)), (None, Some(Finding::Missing)));
}

#[tokio::test]
async fn a_new_sheet_opens_the_backup_from_the_next_one_on() {
    let home = Home::make(Time(NIGHT), Dns::nobody().into());
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().join("box");
    let old = sheet(&home).await;
    let backups = &home.services.backups;
    backups
        .switch_on(wish(Kind::Folder, folder.to_str().unwrap(), &old))
        .await
        .unwrap()
        .unwrap();
    keep(&home, 1).await;
    round(&home).await;
    let there = Place::Folder(folder.clone());
    assert_eq!(restored(there.clone(), &old).await, Ok(1));

    home.later(60);
    let new = sheet(&home).await;
    assert!(view(&home).await.code_waits);
    assert_eq!(restored(there.clone(), &new).await, Err(Trouble::Code), "not yet");
    assert_eq!(restored(there.clone(), &old).await, Ok(1));
    keep(&home, 2).await;
    round(&home).await;
    let after = view(&home).await;
    assert!(!after.code_waits && after.history.proven.is_some());
    assert_eq!(restored(there.clone(), &new).await, Ok(2));
    assert_eq!(
        restored(there.clone(), &old).await,
        Err(Trouble::Code),
        "the old sheet opens nothing"
    );
    // The first one is kept as the oldest there is, and opens with the sheet of today.
    assert_eq!(restored_earlier(there, &new, 1).await, Ok(1));
    // Changing how often asks for no code, and another place for one more look at it.
    let change = Wish {
        often: Often::Weekly,
        limit: 1,
        ..wish(Kind::Folder, folder.to_str().unwrap(), "")
    };
    backups.switch_on(change).await.unwrap().unwrap();
    let view = view(&home).await;
    assert_eq!((view.often, view.limit), (Often::Weekly, 16 * 1024));
    assert!(view.history.made.is_some(), "it is the same place");
}

#[tokio::test]
async fn one_that_is_cut_short_is_no_failure_and_is_made_later() {
    let home = Home::make(Time(NIGHT), Dns::nobody().into());
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().join("box");
    let code = sheet(&home).await;
    let backups = home.services.backups.clone();
    keep(&home, 1).await;
    let slow = Wish {
        limit: 16 * 1024,
        ..wish(Kind::Folder, folder.to_str().unwrap(), &code)
    };
    backups.switch_on(slow).await.unwrap().unwrap();
    let making = tokio::spawn({
        let backups = backups.clone();
        async move { backups.make().await }
    });
    // It has begun when it says so; a pack at 16 KiB a second takes its time.
    while !view(&home).await.busy && !making.is_finished() {
        tokio::task::yield_now().await;
    }
    backups.cut_short();
    let outcome = making.await.unwrap().unwrap();
    if outcome == Err(Trouble::CutShort) {
        assert_eq!(view(&home).await.history.failed, None);
    }
    let quick = Wish {
        limit: 0,
        ..wish(Kind::Folder, folder.to_str().unwrap(), "")
    };
    backups.switch_on(quick).await.unwrap().unwrap();
    round(&home).await;
    assert_eq!(standing(&home).await, Standing::Good);
}

#[tokio::test]
async fn one_of_a_clock_that_was_ahead_pushes_out_none_of_the_others() {
    let home = Home::make(Time(NIGHT), Dns::nobody().into());
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().join("box");
    let code = sheet(&home).await;
    let backups = &home.services.backups;
    home.clock.set(Time(NIGHT + 3_650 * DAY));
    let place = wish(Kind::Folder, folder.to_str().unwrap(), &code);
    backups.switch_on(place).await.unwrap().unwrap();
    keep(&home, 0).await;
    round(&home).await;
    for night in 0..3 {
        home.clock.set(Time(NIGHT + night * DAY));
        keep(&home, night + 1).await;
        round(&home).await;
        let view = view(&home).await;
        assert_eq!((view.size.1, view.last.0), (night as u32 + 2, night as u64 + 2));
        assert!(view.history.is_tried(home.clock.now()), "the one just made was tried: {view:?}");
    }
}

/// Locking a box waits for what holds it open: that may not be a server that says nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_not_waited_for_when_it_is_cut_short() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", silent.local_addr().unwrap());
    let https = Https::lasting(Dns::nobody(), Outward::from(Dns::nobody()).roots, PATIENCE);
    let code = "A".repeat(20);
    let place = place(&wish(Kind::Rest, &url, &code), &https).unwrap();
    let control = Control::default();
    let stopping = control.clone();
    let trying = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let (vault, file) = (Vault::locked(folder.path()), FrontFile::open(folder.path()).unwrap());
        restore((&place, &code, Which::Earlier(0)), (&vault, &file), &Progress::default(), &control).map(|_| ())
    });
    let asked = tokio::task::spawn_blocking(move || silent.accept().unwrap()).await.unwrap();
    stopping.stop();
    assert_eq!(trying.await.unwrap(), Err(Trouble::CutShort));
    drop(asked);
}

/// A program of somebody else's; killed when dropped.
pub struct Program(pub Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// rclone, serving this folder in this manner over TLS; its port. `None`, said in a line, where it is not installed.
fn served(how: &str, folder: &Path, keys: &Path) -> Option<(Program, u16)> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let program = served_at(port, &[how], folder, keys)?;
    Some((program, port))
}

fn served_at(port: u16, how: &[&str], folder: &Path, keys: &Path) -> Option<Program> {
    let child = Command::new("rclone")
        .arg("serve")
        .args(how)
        .args(["--addr", &format!("127.0.0.1:{port}"), "--user", "box", "--pass", "open sesame"])
        .arg("--cert")
        .arg(keys.join("cert.pem"))
        .arg("--key")
        .arg(keys.join("key.pem"))
        .arg(folder)
        .env("HOME", keys)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(child) = child else {
        println!("rclone is not installed: no server is tried as a place");
        return None;
    };
    let program = Program(child);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::yield_now();
    }
    Some(program)
}

/// The certificate of a server of the test's own.
fn certified(keys: &Path) -> Outward {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    fs::write(keys.join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(keys.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    Outward {
        roots: demand::trusting(made.cert.pem().as_bytes()),
        ..Dns::nobody().into()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_are_not_ours_keep_it() {
    for (kind, how) in [(Kind::Rest, "restic"), (Kind::WebDav, "webdav")] {
        let keys = tempfile::tempdir().unwrap();
        let outward = certified(keys.path());
        let roots = outward.roots.clone();
        let folder = tempfile::tempdir().unwrap();
        let Some((program, port)) = served(how, folder.path(), keys.path()) else {
            return;
        };
        let home = Home::make(Time(NIGHT), outward);
        let code = sheet(&home).await;
        let backups = &home.services.backups;
        let at = format!("https://127.0.0.1:{port}{}", if kind == Kind::WebDav { "/deep" } else { "" });
        let with = |password: &str| Wish {
            user: "box".to_owned(),
            password: Zeroizing::new(password.to_owned()),
            ..wish(kind, &at, &code)
        };
        let refused = Err(Wrong::Place(Trouble::Refused));
        assert_eq!(backups.switch_on(with("wrong")).await.unwrap(), refused, "{how}");
        backups.switch_on(with("open sesame")).await.unwrap().unwrap();
        for n in 0..30 {
            keep(&home, n).await;
        }
        round(&home).await;
        let first = view(&home).await;
        assert_eq!(
            (standing(&home).await, first.history.proven),
            (Standing::Good, Some(Time(NIGHT))),
            "{how} {first:?}"
        );
        keep(&home, 100).await;
        home.later(DAY);
        round(&home).await;
        let second = view(&home).await;
        assert_eq!((second.last.0, second.size.1), (31, 2), "{how}");
        assert!(second.last.2 < first.last.2, "{how}: {} {}", second.last.2, first.last.2);

        // What lies there is a repository for whoever copies it to a disk.
        let https = Https::lasting(Dns::nobody(), roots, PATIENCE);
        let there = place(&with("open sesame"), &https).unwrap();
        assert_eq!(restored(there, &code).await, Ok(31), "{how}");
        let copied = if kind == Kind::WebDav {
            folder.path().join("deep")
        } else {
            folder.path().to_owned()
        };
        if kind == Kind::WebDav {
            assert_eq!(restored(Place::Folder(copied), &code).await, Ok(31), "{how}");
        }

        // The server is gone: it is said.
        drop(program);
        home.later(DAY);
        round(&home).await;
        assert_eq!(standing(&home).await, Standing::Failed(Trouble::Unreachable), "{how}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_lets_nothing_be_removed_gathers_no_keys_and_is_told() {
    let (keys, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let outward = certified(keys.path());
    let https = Https::lasting(Dns::nobody(), outward.roots.clone(), PATIENCE);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let serve = |how: &[&str]| served_at(port, how, folder.path(), keys.path());
    let Some(adding) = serve(&["restic", "--append-only"]) else {
        return;
    };
    let home = Home::make(Time(NIGHT), outward);
    let (old, at) = (sheet(&home).await, format!("https://127.0.0.1:{port}"));
    let with = |code: &str| Wish {
        user: "box".to_owned(),
        password: Zeroizing::new("open sesame".to_owned()),
        ..wish(Kind::Rest, &at, code)
    };
    let backups = &home.services.backups;
    backups.switch_on(with(&old)).await.unwrap().unwrap();
    let again = async |n: i64| {
        home.later(60);
        keep(&home, n).await;
        backups.ask().await.unwrap();
        round(&home).await;
        let view = view(&home).await;
        let keys = fs::read_dir(folder.path().join("keys")).unwrap().count();
        assert_eq!(standing(&home).await, Standing::Good);
        (view.size.1, view.history.untidy, found(&home), view.code_waits, keys)
    };
    assert_eq!(again(1).await, (1, None, Some(Finding::Right), false, 1));
    assert_eq!(again(2).await, (2, None, Some(Finding::Right), false, 1));
    // That one is not the last of its day any more, nor the oldest.
    let told = Some(Trouble::Refused);
    assert_eq!(again(3).await, (3, told, Some(Finding::Loose), false, 1));
    let new = sheet(&home).await;
    assert_eq!(again(4).await, (4, told, Some(Finding::Loose), true, 2));
    assert_eq!(again(5).await, (5, told, Some(Finding::Loose), true, 2), "no key is added again");
    let there = place(&with(&old), &https).unwrap();
    let opens = async |code: &str| {
        let (there, code) = (there.clone(), code.to_owned());
        let opening = move || Repo::open(&there, &Secret::Code(&code), &Control::default()).map(drop);
        tokio::task::spawn_blocking(opening).await.unwrap()
    };
    assert_eq!((opens(&old).await, opens(&new).await), (Ok(()), Ok(())));
    assert_eq!(restored(there.clone(), &new).await, Ok(5));

    // It lets this box remove again: all of it is made up for.
    drop(adding);
    let _removing = serve(&["restic"]).unwrap();
    assert_eq!(again(6).await, (2, None, Some(Finding::Right), false, 1));
    assert_eq!((opens(&old).await, opens(&new).await), (Err(Trouble::Code), Ok(())));
}
