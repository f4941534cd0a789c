//! What befalls the place of a backup, and what becomes of it: octets that a disk forgets, and are put there again; sticks that
//! take turns, or are somebody else's; what somebody keeps there besides; and what is said meanwhile.

use crate::{
    backup_places::{DAY, NIGHT, found, keep, restored, round, sheet, standing, view, wish},
    home::Home,
};
use caliopen::{
    domain::{
        backup::{Kind, Standing, Trouble},
        check::Finding,
        time::Time,
    },
    net::{
        dns::Dns,
        restic::{Control, Place, Repo, Secret},
    },
    service::{
        backup::{Wrong, is_blank},
        setup,
    },
    store::{self, backup, front::FrontFile},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use zeroize::Zeroizing;

/// A box that has made a backup in a folder, the folder, and the code.
async fn backed_up(messages: i64) -> (Home, tempfile::TempDir, PathBuf, Zeroizing<String>) {
    let home = Home::make(Time(NIGHT), Dns::nobody().into());
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().join("box");
    let code = sheet(&home).await;
    for n in 0..messages {
        keep(&home, n).await;
    }
    switched_on(&home, &folder, &code).await.unwrap();
    round(&home).await;
    assert_eq!(standing(&home).await, Standing::Good);
    (home, elsewhere, folder, code)
}

async fn switched_on(home: &Home, folder: &Path, code: &str) -> Result<(), Wrong> {
    let wish = wish(Kind::Folder, folder.to_str().unwrap(), code);
    home.services.backups.switch_on(wish).await.unwrap()
}

/// The next night, with one more message.
async fn night(home: &Home, n: i64) -> Standing {
    home.later(DAY);
    keep(home, n).await;
    round(home).await;
    standing(home).await
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort_by_key(|path| fs::metadata(path).unwrap().len());
    found
}

/// Turns one octet of each sixty-four.
fn spoil(file: &Path) {
    let mut octets = fs::read(file).unwrap();
    octets.iter_mut().step_by(64).for_each(|octet| *octet ^= 1);
    fs::write(file, octets).unwrap();
}

async fn earlier(folder: &Path, code: &str, earlier: usize) -> Result<u64, Trouble> {
    crate::backup_places::restored_earlier(Place::Folder(folder.to_owned()), code, earlier).await
}

#[tokio::test]
async fn what_a_disk_spoils_is_said_and_put_there_again() {
    let (home, _elsewhere, folder, code) = backed_up(20).await;
    let there = || Place::Folder(folder.clone());
    let mut n = 100;
    for what in ["data", "trees", "cut", "index", "key"] {
        let packs = files(&folder.join("data"));
        match what {
            "data" => spoil(packs.last().unwrap()),
            "trees" => packs.iter().for_each(|pack| spoil(pack)),
            "cut" => fs::write(packs.last().unwrap(), "").unwrap(),
            "index" => files(&folder.join("index")).iter().for_each(|file| spoil(file)),
            _ => fs::remove_file(&files(&folder.join("keys"))[0]).unwrap(),
        }
        let first = night(&home, n).await;
        if what == "index" {
            assert_eq!(first, Standing::Good, "it is made again of the packs");
        } else {
            assert!(matches!(first, Standing::Unproven(_)), "{what}: {first:?}");
            assert_eq!(found(&home), Some(Finding::Out), "{what}");
        }
        // What this box has is put there again by itself.
        assert_eq!(night(&home, n + 1).await, Standing::Good, "{what}");
        let all = home.snapshot().messages().unwrap();
        assert_eq!(restored(there(), &code).await, Ok(all), "{what}");
        n += 10;
    }
}

#[tokio::test]
async fn a_snapshot_or_an_index_that_cannot_be_read_takes_no_other_backup_with_it() {
    let (home, _elsewhere, folder, code) = backed_up(3).await;
    let before = files(&folder.join("snapshots"));
    assert_eq!(night(&home, 10).await, Standing::Good);
    let all = home.snapshot().messages().unwrap();
    let newest = files(&folder.join("snapshots"))
        .into_iter()
        .find(|file| !before.contains(file))
        .unwrap();
    spoil(&newest);
    assert_eq!(earlier(&folder, &code, 0).await, Err(Trouble::Damaged), "not an older one, unasked");
    assert_eq!(earlier(&folder, &code, 1).await, Ok(all - 1));
    // The next one does away with what is of no use to anybody.
    assert_eq!(night(&home, 11).await, Standing::Good);
    assert!(!newest.exists());
    assert_eq!(view(&home).await.history.untidy, None);
    assert_eq!(earlier(&folder, &code, 0).await, Ok(all + 1));
    assert_eq!(earlier(&folder, &code, 1).await, Ok(all - 1));
    // Nor does an index, on the day on which it is needed; nor one that was being put right when the power went.
    files(&folder.join("index")).iter().for_each(|file| spoil(file));
    assert_eq!(earlier(&folder, &code, 0).await, Ok(all + 1));
    files(&folder.join("index")).iter().for_each(|file| fs::remove_file(file).unwrap());
    assert_eq!(earlier(&folder, &code, 0).await, Ok(all + 1));
    assert!(files(&folder.join("index")).is_empty(), "reading writes nothing that it need not");
    // What tells nothing, and nobody asks for, keeps none of it back.
    assert_eq!(night(&home, 12).await, Standing::Good);
    fs::write(folder.join("data").join("ab").join("ab".repeat(32)), "no pack").unwrap();
    assert_eq!(earlier(&folder, &code, 0).await, Ok(all + 2));
}

#[tokio::test]
async fn sticks_take_turns_and_what_is_not_there_is_not_called_good() {
    let (home, elsewhere, folder, code) = backed_up(2).await;
    let away = elsewhere.path().join("away");
    fs::rename(&folder, &away).unwrap();
    // An empty stick: it is said, and nothing is made on it unasked.
    assert_eq!(night(&home, 10).await, Standing::Failed(Trouble::Nothing));
    assert!(!folder.exists() && !view(&home).await.history.is_still_good());
    // Asked for, it begins anew: of what is on the other stick nothing is said of this one.
    switched_on(&home, &folder, &code).await.unwrap();
    let begun = view(&home).await.history;
    assert_eq!((begun.made, begun.proven), (None, None));
    round(&home).await;
    assert_eq!(standing(&home).await, Standing::Good);

    // They take turns: the code opens both.
    let second = elsewhere.path().join("second");
    fs::rename(&folder, &second).unwrap();
    fs::rename(&away, &folder).unwrap();
    assert_eq!(night(&home, 11).await, Standing::Good);
    let all = home.snapshot().messages().unwrap();
    assert_eq!(restored(Place::Folder(folder.clone()), &code).await, Ok(all));
    fs::rename(&folder, &away).unwrap();
    fs::rename(&second, &folder).unwrap();
    switched_on(&home, &folder, "").await.unwrap();
    assert_eq!(night(&home, 12).await, Standing::Good);

    // Another box's: nothing is written there.
    fs::remove_dir_all(&folder).unwrap();
    let place = Place::Folder(folder.clone());
    let make = move || Repo::make(&place, "of another box", &Control::default()).map(drop);
    tokio::task::spawn_blocking(make).await.unwrap().unwrap();
    assert_eq!(night(&home, 13).await, Standing::Failed(Trouble::Code));
    assert_eq!(switched_on(&home, &folder, "").await, Err(Wrong::Place(Trouble::Code)));
    assert!(files(&folder.join("snapshots")).is_empty());
}

#[tokio::test]
async fn one_that_was_asked_for_and_failed_is_tried_again_before_the_night() {
    let (home, elsewhere, folder, _) = backed_up(1).await;
    let away = elsewhere.path().join("away");
    fs::rename(&folder, &away).unwrap();
    home.later(60);
    home.services.backups.ask().await.unwrap();
    round(&home).await;
    assert_eq!(standing(&home).await, Standing::Failed(Trouble::Nothing));
    fs::rename(&away, &folder).unwrap();
    home.later(3600);
    round(&home).await;
    assert_eq!(standing(&home).await, Standing::Good);
}

#[tokio::test]
async fn a_copy_without_its_empty_folders_is_written_to() {
    let (home, _elsewhere, folder, code) = backed_up(1).await;
    for entry in fs::read_dir(folder.join("data")).unwrap() {
        // Those that hold something stay.
        let _ = fs::remove_dir(entry.unwrap().path());
    }
    assert_eq!(night(&home, 10).await, Standing::Good);
    let all = home.snapshot().messages().unwrap();
    assert_eq!(restored(Place::Folder(folder), &code).await, Ok(all));
}

#[tokio::test]
async fn what_somebody_keeps_there_besides_is_neither_restored_nor_let_go_of() {
    let (home, elsewhere, folder, code) = backed_up(1).await;
    let photos = elsewhere.path().join("photos");
    fs::create_dir(&photos).unwrap();
    let restic = |arguments: &[&str]| {
        let done = Command::new("restic")
            .args(["--no-cache", "-r"])
            .arg(&folder)
            .args(arguments)
            .env("RESTIC_PASSWORD", code.as_str())
            .output();
        done.map(|done| (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned()))
    };
    for n in 0..3 {
        fs::write(photos.join("one"), format!("a picture {n}")).unwrap();
        let Ok((done, _)) = restic(&["backup", "--host", "desk", photos.to_str().unwrap()]) else {
            println!("restic is not installed: nobody keeps anything besides");
            return;
        };
        assert!(done);
    }
    let all = home.snapshot().messages().unwrap();
    assert_eq!(restored(Place::Folder(folder.clone()), &code).await, Ok(all));
    assert_eq!(night(&home, 10).await, Standing::Good);
    assert_eq!(view(&home).await.size.1, 2);
    let (_, listed) = restic(&["snapshots", "--json", "--host", "desk"]).unwrap();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_sheet_of_which_the_backup_was_not_told_opens_it_once_its_code_is_typed() {
    let (home, _elsewhere, folder, old) = backed_up(1).await;
    let new = sheet(&home).await;
    // The power went between the two: the slots have the new sheet, and what is set about backups has the old one.
    let forget = old.to_string();
    let open = home.vault.open().unwrap();
    let writing = open
        .writer
        .write(move |tables| backup::change(tables, |kept| (kept.code, kept.code_waits) = (forget.clone(), false)).map(drop));
    writing.await.unwrap();
    drop(open);
    assert_eq!(night(&home, 10).await, Standing::Unproven(Trouble::Code), "it is said");
    switched_on(&home, &folder, &new).await.unwrap();
    assert_eq!(night(&home, 11).await, Standing::Good);
    let there = Place::Folder(folder);
    let all = home.snapshot().messages().unwrap();
    assert_eq!(restored(there.clone(), &new).await, Ok(all));
    let opens = tokio::task::spawn_blocking(move || Repo::open(&there, &Secret::Code(&old), &Control::default()).map(drop));
    assert_eq!(opens.await.unwrap(), Err(Trouble::Code));
}

#[tokio::test]
async fn messages_that_the_box_itself_has_lost_are_told() {
    let home = Home::make(Time(NIGHT), Dns::nobody().into());
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().join("box");
    let code = sheet(&home).await;
    keep(&home, 1).await;
    keep(&home, 2).await;
    let id = home.snapshot().messages_after(0, 1).unwrap()[0];
    let open = home.vault.open().unwrap();
    let writing = open
        .writer
        .write(move |tables| store::restore::octets(tables, id, b"what a disk makes of it"));
    writing.await.unwrap();
    drop(open);
    switched_on(&home, &folder, &code).await.unwrap();
    assert_eq!(found(&home), Some(Finding::NotAsked), "nothing is made yet");
    round(&home).await;
    let seen = view(&home).await;
    assert_eq!((standing(&home).await, seen.lacking), (Standing::Good, 1));
    assert_eq!(found(&home), Some(Finding::Lacking));
    assert!(seen.same_disk, "both are in the folder for what is temporary");
}

#[tokio::test]
async fn none_is_let_go_of_before_a_later_one_was_seen_to_be_restored() {
    let (home, _elsewhere, folder, code) = backed_up(1).await;
    // Not the oldest, which is kept anyway; made on one day with those after it.
    assert_eq!(night(&home, 2).await, Standing::Good);
    let good = home.snapshot().messages().unwrap();
    let again = async |n: i64| {
        home.later(3600);
        keep(&home, n).await;
        home.services.backups.make().await.unwrap().unwrap();
    };
    again(3).await;
    assert_eq!(earlier(&folder, &code, 1).await, Ok(good));
    again(4).await;
    assert_eq!(view(&home).await.size.1, 3, "the one between was never tried");
    assert_eq!(earlier(&folder, &code, 1).await, Ok(good));
    // Nor while the last one cannot be restored; once one was, that is the one.
    files(&folder.join("keys")).iter().for_each(|key| fs::remove_file(key).unwrap());
    assert_eq!(night(&home, 5).await, Standing::Unproven(Trouble::Code));
    again(6).await;
    assert_eq!(earlier(&folder, &code, 2).await, Ok(good));
    assert_eq!(night(&home, 7).await, Standing::Good);
}

#[tokio::test]
async fn what_nobody_saw_restored_for_long_is_not_called_tried() {
    let (home, _elsewhere, _folder, _) = backed_up(1).await;
    assert_eq!(found(&home), Some(Finding::Right));
    for n in 1..=8 {
        home.later(DAY);
        keep(&home, n).await;
        // Made, and cut short each time before it is tried.
        home.services.backups.make().await.unwrap().unwrap();
    }
    assert_eq!((standing(&home).await, found(&home)), (Standing::Untried, Some(Finding::Untried)));
    round(&home).await;
    assert_eq!((standing(&home).await, found(&home)), (Standing::Good, Some(Finding::Right)));
}

#[test]
fn a_restore_that_ends_just_before_there_is_what_opens_the_box_can_be_begun_again() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    setup::make(here.path(), "home.test", "me@home.test", "word").unwrap().vault.lock();
    let lines = backup::front_lines(&FrontFile::open(here.path()).unwrap()).unwrap();
    let file = FrontFile::open(there.path()).unwrap();
    let run = store::record::FirstRun {
        founding: true,
        ..store::record::FirstRun::default()
    };
    file.set_first_run(Some(&run)).unwrap();
    fs::write(there.path().join(store::vault::FILE), "all of it").unwrap();
    // What opens it cannot be put down.
    fs::create_dir(there.path().join("slots.new")).unwrap();
    assert!(backup::end(there.path(), &file, &lines, b"what opens it").is_err());
    assert!(file.read().unwrap().is_some(), "what stands in front of it was");
    drop(file);
    assert!(is_blank(there.path()));
    fs::remove_dir(there.path().join("slots.new")).unwrap();
    let file = FrontFile::open(there.path()).unwrap();
    backup::end(there.path(), &file, &lines, b"what opens it").unwrap();
    assert!(file.first_run().unwrap().is_none() && !is_blank(there.path()));
}

#[tokio::test]
async fn a_clock_that_is_years_ahead_for_a_night_lets_go_of_no_backup() {
    let (home, _elsewhere, _folder, _) = backed_up(1).await;
    assert_eq!(night(&home, 2).await, Standing::Good);
    home.later(900 * DAY);
    keep(&home, 3).await;
    round(&home).await;
    assert_eq!(view(&home).await.size.1, 3);
    home.later(-900 * DAY);
    assert_eq!(night(&home, 4).await, Standing::Good);
    assert_eq!(view(&home).await.size.1, 4);
}
