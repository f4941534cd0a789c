//! Everything once more, elsewhere: a box that comes back from a folder with the code on its sheet, and is what it was; stock
//! restic, which reads it; and what breaks, which is said, while the backup before stays good.

use crate::{
    appliance::{Appliance, OWNER, PASSPHRASE, caliopen},
    web::Visitor,
};
use caliopen::{
    domain::{
        address::Address,
        outgoing::{Copy, Kind, State, Submission},
        time::Time,
        tls_report::{Counted, Fate},
    },
    store::{
        backup,
        mail::{self, Snapshot},
        outbox,
        record::{TlsGiven, TlsPlace},
        restore,
        slots::{Kind as Opened, Opening},
        tls_reports,
        vault::{Secret, Vault},
    },
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A box whose recovery code is known, with an empty place for its backups beside it.
struct Boxed {
    _temporary: tempfile::TempDir,
    data: PathBuf,
    secret: PathBuf,
    code: PathBuf,
    place: PathBuf,
}

impl Boxed {
    fn make() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let at = |name: &str| temporary.path().join(name);
        let (data, secret, code, place) = (at("data"), at("passphrase"), at("code"), at("place"));
        fs::write(&secret, format!("{PASSPHRASE}\n")).unwrap();
        let made = caliopen()
            .args(["init", "--trying-ms", "0", "--domain", "home.test", "--address", OWNER, "--data"])
            .arg(&data)
            .arg("--passphrase-file")
            .arg(&secret)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let said = String::from_utf8(made.stdout).unwrap();
        let printed = said.lines().find(|line| line.len() == 39 && line.split('-').count() == 8);
        fs::write(&code, printed.expect(&said)).unwrap();
        Self {
            _temporary: temporary,
            data,
            secret,
            code,
            place,
        }
    }

    fn bring(&self, files: &[&Path]) {
        let mut command = caliopen();
        command
            .args(["import", "--data"])
            .arg(&self.data)
            .arg("--unlock-with")
            .arg(&self.secret);
        let done = command.args(files).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Writes so many messages of a size that does not pack, and brings them.
    fn fill(&self, from: usize, count: usize, octets: usize) {
        let folder = self.data.with_file_name(format!("mail-{from}"));
        fs::create_dir(&folder).unwrap();
        let mut state = from as u64 + 1;
        for n in from..from + count {
            let mut text = format!(
                "From: Ann <ann@x.test>\r\nTo: {OWNER}\r\nSubject: Number {n}\r\nMessage-ID: <{n}@x.test>\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n\r\n"
            );
            while text.len() < octets {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                text.push_str(&format!("{:016x}", state));
                if text.len() % 64 < 16 {
                    text.push_str("\r\n");
                }
            }
            fs::write(folder.join(format!("{n}.eml")), text).unwrap();
        }
        self.bring(&[&folder]);
    }

    fn command(&self) -> Command {
        let mut command = caliopen();
        command
            .args(["backup", "--data"])
            .arg(&self.data)
            .arg("--unlock-with")
            .arg(&self.secret)
            .arg("--folder")
            .arg(&self.place)
            .arg("--code-with")
            .arg(&self.code);
        command
    }

    /// Makes a backup; the exit code and what was said.
    fn back_up(&self, more: &[&str]) -> (i32, String) {
        said(self.command().args(more))
    }

    fn restore(&self, into: &Path, more: &[&str]) -> (i32, String) {
        let mut command = caliopen();
        command
            .args(["restore", "--data"])
            .arg(into)
            .arg("--folder")
            .arg(&self.place)
            .arg("--code-with")
            .arg(&self.code)
            .args(more);
        said(&mut command)
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.data.with_file_name(name)
    }

    /// The packs of the repository.
    fn packs(&self) -> Vec<PathBuf> {
        let mut packs = Vec::new();
        for folder in fs::read_dir(self.place.join("data")).into_iter().flatten() {
            packs.extend(fs::read_dir(folder.unwrap().path()).unwrap().map(|pack| pack.unwrap().path()));
        }
        packs.sort();
        packs
    }
}

fn said(command: &mut Command) -> (i32, String) {
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    (done.status.code().unwrap_or(-1), said)
}

/// Count and hash of every table of a box, and the octets of each of its messages.
type Inside = (BTreeMap<&'static str, (u64, String)>, BTreeMap<u64, Vec<u8>>);

fn inside(data: &Path, opening: &Opening<'_>, kind: Opened) -> Inside {
    let vault = Vault::locked(data);
    assert_eq!(vault.unlock(opening).unwrap(), Secret::Right(kind));
    let snapshot = Snapshot::of(&vault.open().unwrap()).unwrap();
    let tables = backup::tables().map(|table| (table, snapshot.digest(table).unwrap())).collect();
    let ids = snapshot.messages_after(0, usize::MAX).unwrap();
    let raw = |id: &u64| (*id, snapshot.raw(*id, &snapshot.message(*id).unwrap().unwrap()).unwrap());
    (tables, ids.iter().map(raw).collect())
}

fn restic(repository: &Path, code: &Path, arguments: &[&str]) -> Option<(bool, String)> {
    let done = Command::new("restic")
        .arg("--no-cache")
        .arg("-r")
        .arg(repository)
        .arg("--password-file")
        .arg(code)
        .args(arguments)
        .output();
    let Ok(done) = done else {
        println!("restic is not installed: it is not tried as a peer");
        return None;
    };
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    Some((done.status.success(), said))
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import").join(name)
}

#[test]
fn a_box_comes_back_as_it_was_and_restic_reads_its_backup() {
    let it = Boxed::make();
    it.bring(&[&fixture("mboxrd.mbox"), &fixture("maildir")]);
    it.fill(0, 1_100, 300);
    let (code, said) = it.back_up(&["--prove"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("everything is the same"), "{said}");
    assert!(!it.data.join("proof").exists(), "what was tried is gone");
    let first = it.packs();

    // The next one writes what is new, and not what is there.
    it.fill(5_000, 3, 300);
    let (code, said) = it.back_up(&[]);
    assert_eq!(code, 0, "{said}");
    let size = |packs: &[PathBuf]| packs.iter().map(|pack| fs::metadata(pack).unwrap().len()).sum::<u64>();
    let second = it.packs();
    assert!(first.iter().all(|pack| second.contains(pack)), "nothing is written over");
    assert!(
        size(&second) - size(&first) < size(&first) / 2,
        "{} {}",
        size(&first),
        size(&second)
    );

    // Into another folder: every table and every message is the same, and what opened the old box opens it.
    let there = it.beside("there");
    let (code, said) = it.restore(&there, &[]);
    assert_eq!(code, 0, "{said}");
    let old = inside(&it.data, &Opening::Passphrase(PASSPHRASE), Opened::Passphrase);
    let mut new = inside(&there, &Opening::Passphrase(PASSPHRASE), Opened::Passphrase);
    // The setting of the place says since when the newest backup is there.
    let meta = |inside: &Inside| inside.0["meta"].0;
    assert_eq!(meta(&old), meta(&new));
    new.0.insert("meta", old.0["meta"].clone());
    assert!(old == new);
    assert!(old.1.len() > 1_100);
    // It takes mail and can be searched; and the first one can still be had.
    let early = it.beside("early");
    let (code, said) = it.restore(&early, &["--earlier", "1"]);
    assert_eq!(code, 0, "{said}");
    let typed = fs::read_to_string(&it.code).unwrap();
    let before = inside(&early, &Opening::Recovery(&typed), Opened::Recovery);
    assert_eq!(before.1.len() + 3, old.1.len());

    // Not over a box, not with another code, not from nowhere.
    let (code, said) = it.restore(&there, &[]);
    assert_eq!(code, 73, "{said}");
    let wrong = it.beside("wrong");
    fs::write(&wrong, typed.replace(char::is_alphanumeric, "7")).unwrap();
    for (place, code, status) in [
        (&it.place, &wrong, 77),
        (&it.data, &it.code, 66),
        (&it.beside("nowhere/deep"), &it.code, 69),
    ] {
        let mut command = caliopen();
        command
            .args(["restore", "--data"])
            .arg(it.beside("other"))
            .arg("--folder")
            .arg(place);
        let (exit, said) = self::said(command.arg("--code-with").arg(code));
        assert_eq!(exit, status, "{said}");
    }
    let (code, said) = it.restore(&it.beside("other"), &[]);
    assert_eq!(code, 0, "a folder in which it failed is a blank one: {said}");

    read_by_restic(&it, &old);
}

/// Stock restic finds nothing wrong with it, and what it restores is octet for octet what the box had.
fn read_by_restic(it: &Boxed, inside: &Inside) {
    let Some((sound, said)) = restic(&it.place, &it.code, &["check", "--read-data"]) else {
        return;
    };
    assert!(sound && said.contains("no errors were found"), "{said}");
    let (_, snapshots) = restic(&it.place, &it.code, &["snapshots", "--json"]).unwrap();
    let snapshots: serde_json::Value = serde_json::from_str(&snapshots).unwrap();
    assert_eq!(snapshots.as_array().unwrap().len(), 2);
    assert_eq!(snapshots[0]["hostname"], "caliopen");
    let to = it.beside("restic");
    let (sound, said) = restic(&it.place, &it.code, &["restore", "latest", "--target", to.to_str().unwrap()]).unwrap();
    assert!(sound, "{said}");
    for (id, raw) in &inside.1 {
        let file = to.join(format!("mail/{:09}/{id:012}.eml", id / 1_000));
        assert!(fs::read(&file).unwrap() == *raw, "{}", file.display());
    }
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(to.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["messages"], inside.1.len());
    for (table, said) in manifest["tables"].as_object().unwrap() {
        let lines = fs::read_to_string(to.join(format!("rows/{table}.jsonl"))).unwrap();
        assert_eq!(said["rows"], lines.lines().count(), "{table}");
        let hash = caliopen::store::hex(&caliopen::store::record::sha256(lines.as_bytes()));
        assert_eq!(said["sha256"], hash, "{table}");
    }
    // It may also write there beside us, and lets go of what we wrote.
    let (sound, said) = restic(&it.place, &it.code, &["forget", "--keep-last", "1", "--prune"]).unwrap();
    assert!(sound, "{said}");
    let (code, said) = it.back_up(&["--prove"]);
    assert_eq!(code, 0, "{said}");
}

/// Has a message of a box wait to be sent, and a report to another domain by mail and to a page; gives the message.
pub fn waits(data: &Path) -> u64 {
    let vault = Vault::locked(data);
    vault.unlock(&Opening::Passphrase(PASSPHRASE)).unwrap();
    let open = vault.open().unwrap();
    let snapshot = Snapshot::of(&open).unwrap();
    let message = snapshot.messages_after(0, 1).unwrap()[0];
    let discussion = snapshot.message(message).unwrap().unwrap().discussion;
    drop(snapshot);
    let prepared = |to: &str| {
        let copies = vec![Copy {
            raw: b"Subject: waits\r\n\r\n".to_vec(),
            recipients: vec![Address::parse(to).unwrap()],
        }];
        let submission = Submission {
            from: Address::parse(OWNER).unwrap(),
            copies,
            not_before: Time(1),
            confidential: false,
            by_provider: false,
        };
        outbox::prepare(submission).unwrap()
    };
    let letter = prepared("bob@x.test");
    let report = tls_reports::Ready {
        day: 20_000,
        domain: "x.test".into(),
        given: TlsGiven {
            packed: vec![1],
            ..TlsGiven::default()
        },
        mail: vec![("tls@x.test".into(), prepared("tls@x.test"))],
        web: vec!["https://x.test/".into()],
    };
    let writing = open.writer.write(move |tables| {
        mail::mark(tables, discussion, false)?;
        outbox::queue(tables, message, &letter, Time(1))?;
        for day in [20_000, 20_001] {
            tls_reports::count(tables, day, "x.test", &Counted::default(), 0)?;
        }
        assert!(tls_reports::give(tables, &report, Time(1))?);
        Ok(())
    });
    tokio::runtime::Runtime::new().unwrap().block_on(writing).unwrap();
    assert_eq!(Snapshot::of(&open).unwrap().outbox_waits().unwrap(), 2);
    message
}

/// Whether nothing of that leaves from a box: nobody knows whether the message has left, and the owner is asked.
pub fn nobody_knows(data: &Path, message: u64) {
    let vault = Vault::locked(data);
    vault.unlock(&Opening::Passphrase(PASSPHRASE)).unwrap();
    let snapshot = Snapshot::of(&vault.open().unwrap()).unwrap();
    assert_eq!(snapshot.outbox_waits().unwrap(), 0);
    let [delivery] = &snapshot.deliveries(message).unwrap()[..] else {
        panic!("one domain");
    };
    let recipient = &delivery.recipients[0];
    let kind = recipient.trouble.as_ref().map(|trouble| trouble.kind);
    assert_eq!(
        (recipient.state, kind, delivery.due),
        (State::NobodyKnows, Some(Kind::BroughtBack), None)
    );
    assert!(snapshot.message(message).unwrap().unwrap().unread, "it asks for attention");
    assert_eq!(snapshot.ended_badly(9, Time(1)).unwrap(), [delivery.id]);
    let (_, _, given) = &snapshot.tls_given(9).unwrap()[0];
    let fates: Vec<Fate> = given.to.iter().map(TlsPlace::fate).collect();
    assert_eq!(fates, [Fate::NobodyKnows; 2]);
    assert_eq!(
        (snapshot.row_count("outbox").unwrap(), snapshot.row_count("tls_days").unwrap()),
        (1, 0)
    );
}

#[test]
fn what_waited_when_a_backup_was_made_is_not_sent_by_the_box_that_comes_back() {
    let it = Boxed::make();
    it.fill(0, 1, 300);
    let message = waits(&it.data);
    let (code, said) = it.back_up(&["--prove"]);
    assert_eq!(code, 0, "{said}");
    let there = it.beside("there");
    let (code, said) = it.restore(&there, &[]);
    assert_eq!(code, 0, "{said}");
    nobody_knows(&there, message);

    // Nor by one whose making was cut in the moment in which it became a box.
    let cut = it.beside("cut");
    let mut command = caliopen();
    command
        .args(["restore", "--data"])
        .arg(&cut)
        .arg("--folder")
        .arg(&it.place)
        .arg("--code-with")
        .arg(&it.code);
    let mut restoring = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let is_box = || fs::exists(cut.join(caliopen::store::slots::FILE)).unwrap_or(false);
    while !is_box() && restoring.try_wait().unwrap().is_none() {
        std::hint::spin_loop();
    }
    let _ = restoring.kill();
    restoring.wait().unwrap();
    nobody_knows(&cut, message);
}

#[test]
fn a_flipped_octet_and_a_missing_pack_are_said_and_the_backup_before_is_good() {
    let it = Boxed::make();
    it.fill(0, 20, 20_000);
    assert_eq!(it.back_up(&[]).0, 0);
    let first = it.packs();
    it.fill(100, 20, 20_000);
    assert_eq!(it.back_up(&[]).0, 0);
    let newer: Vec<PathBuf> = it.packs().into_iter().filter(|pack| !first.contains(pack)).collect();
    // The pack of data, not that of trees, which is small.
    let pack = newer.iter().max_by_key(|pack| fs::metadata(pack).unwrap().len()).unwrap();
    let whole = fs::read(pack).unwrap();

    let mut flipped = whole.clone();
    let middle = whole.len() / 2;
    flipped[middle] ^= 1;
    fs::write(pack, flipped).unwrap();
    let into = it.beside("into");
    let (code, said) = it.restore(&into, &[]);
    assert!(code == 65 && said.contains("the backup is damaged"), "{code} {said}");
    let (code, said) = it.restore(&into, &["--earlier", "1"]);
    assert_eq!(code, 0, "{said}");

    // A try of it says so as well; with the pack back it is proven.
    let (code, said) = it.back_up(&["--prove"]);
    assert!(code == 65, "{code} {said}");
    fs::write(pack, whole).unwrap();
    let (code, said) = it.back_up(&["--prove"]);
    assert_eq!(code, 0, "{said}");

    fs::remove_file(pack).unwrap();
    let other = it.beside("other");
    let (code, said) = it.restore(&other, &[]);
    assert!(code == 65 && said.contains("missing"), "{code} {said}");
    let (code, said) = it.restore(&other, &["--earlier", "1"]);
    assert_eq!(code, 0, "{said}");
    // What is gone is written again by the next one.
    let (code, said) = it.back_up(&["--prove"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn one_that_was_killed_leaves_the_one_before_and_is_made_the_next_time() {
    let it = Boxed::make();
    it.fill(0, 5, 2_000);
    assert_eq!(it.back_up(&[]).0, 0);
    it.fill(100, 40, 1_000_000);
    let before = it.packs().len();
    let mut killed = 0;
    for more in 0..4 {
        let mut child = it.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Once some packs are there it is in the middle of it.
        while it.packs().len() < before + more && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        let into = it.beside(&format!("into-{more}"));
        let (code, said) = it.restore(&into, &[]);
        assert_eq!(code, 0, "{said}");
    }
    assert!(killed > 0);
    let (code, said) = it.back_up(&["--prove"]);
    assert_eq!(code, 0, "{said}");
    if let Some((sound, said)) = restic(&it.place, &it.code, &["check", "--read-data"]) {
        assert!(sound, "{said}");
    }
}

#[test]
fn a_full_disk_is_said_and_the_backup_before_is_good() {
    let it = Boxed::make();
    fs::create_dir(&it.place).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=12m", "tmpfs"])
        .arg(&it.place)
        .output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        println!("skipped: no small disk can be mounted here (root, mount)");
        return;
    }
    let unmount = Unmount(it.place.clone());
    it.fill(0, 5, 2_000);
    assert_eq!(it.back_up(&[]).0, 0);
    it.fill(100, 30, 1_000_000);
    let (code, said) = it.back_up(&[]);
    assert!(
        code == 74 && said.contains("there is no room left where the backup is kept"),
        "{code} {said}"
    );
    let (code, said) = it.restore(&it.beside("into"), &[]);
    assert_eq!(code, 0, "{said}");
    drop(unmount);
}

struct Unmount(PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn the_pages_keep_it_try_it_and_bring_a_box_back_in_the_first_steps() {
    let it = Boxed::make();
    it.bring(&[&fixture("mboxrd.mbox")]);
    let appliance = Appliance::start(&it.data, Some(&it.secret));
    let mut visitor = Visitor::owner(&appliance);
    let code = fs::read_to_string(&it.code).unwrap();
    let place = it.place.display().to_string();
    let asked = |at: &'static str, code: &str| {
        let pairs = [
            ("do", "on"),
            ("kind", "folder"),
            ("often", "daily"),
            ("limit", "0"),
            ("user", ""),
            ("password", ""),
        ];
        let mut all: Vec<(&str, String)> = pairs.map(|(name, value)| (name, value.to_owned())).to_vec();
        all.extend([("at", at.to_owned()), ("code", code.to_owned())]);
        all
    };
    let page = visitor.get("/settings/backup");
    assert!(page.status == 200 && page.body.contains("There is no backup"), "{}", page.body);
    for (at, code, sentence) in [
        ("not/whole", code.as_str(), "no whole path"),
        ("/no/such/place", code.as_str(), "cannot be reached"),
        ("/tmp/x", "HALF-OF-A-CODE", "not the code on your sheet"),
    ] {
        let all = asked(at, code);
        let pairs: Vec<(&str, &str)> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let refused = visitor.submit("/settings/backup", "/settings/backup", &pairs);
        assert!(refused.status == 422 && refused.body.contains(sentence), "{at} {}", refused.body);
        assert!(
            refused.body.contains(&format!("value=\"{at}\"")) && !refused.body.contains(code),
            "{at}"
        );
    }
    let bucket = [
        ("do", "on"),
        ("kind", "s3"),
        ("at", "https://s3.x.test"),
        ("region", "eu-west-3"),
        ("code", &code),
    ];
    let refused = visitor.submit("/settings/backup", "/settings/backup", &bucket);
    assert!(
        refused.status == 422 && refused.body.contains("no address of a bucket") && refused.body.contains("value=\"eu-west-3\""),
        "{}",
        refused.body
    );
    let mut pairs = vec![("do", "on"), ("kind", "folder"), ("often", "daily"), ("limit", "0")];
    pairs.extend([("at", place.as_str()), ("code", code.as_str())]);
    let set = visitor.submit("/settings/backup", "/settings/backup", &pairs);
    assert_eq!(
        (set.status, set.header("location")),
        (303, Some("/settings/backup?done=1")),
        "{}",
        set.body
    );
    // The job makes it and tries it.
    while !visitor.get("/settings/backup").body.contains("everything was the same") {}
    let page = visitor.get("/settings/backup").body;
    assert!(
        page.contains("There is a backup of everything") && page.contains("1 backup,") && !page.contains(&code),
        "{page}"
    );
    assert!(visitor.get("/settings/erase").body.contains("code on your sheet still opens them"));
    assert!(appliance.terminate());
    let old = inside(&it.data, &Opening::Passphrase(PASSPHRASE), Opened::Passphrase);

    // A machine with nothing on it.
    let there = it.beside("blank");
    fs::create_dir(&there).unwrap();
    let appliance = Appliance::start(&there, None);
    let mut visitor = Visitor::new(&appliance);
    let stranger = visitor.get("/setup/restore");
    assert_eq!((stranger.status, stranger.header("location")), (303, Some("/setup/claim")));
    let told = fs::read_to_string(there.join("claim")).unwrap();
    assert_eq!(
        visitor
            .submit("/setup/claim", "/setup/claim", &[("code", told.lines().next().unwrap())])
            .status,
        303
    );
    assert_eq!(visitor.submit("/setup/language", "/setup/language", &[("lang", "en")]).status, 303);
    assert!(visitor.get("/setup/domain").body.contains("href=\"/setup/restore\""));
    let refused = visitor.submit(
        "/setup/restore",
        "/setup/restore",
        &[("kind", "folder"), ("at", &place), ("code", "half a code")],
    );
    assert!(refused.status == 422 && refused.body.contains("not the code"), "{}", refused.body);
    let empty = it.beside("empty");
    fs::create_dir(&empty).unwrap();
    let wrong = [("kind", "folder"), ("at", empty.to_str().unwrap()), ("code", code.as_str())];
    assert_eq!(visitor.submit("/setup/restore", "/setup/restore", &wrong).status, 303);
    while !visitor.get("/setup/restore").body.contains("There is no backup there") {}
    let right = [("kind", "folder"), ("at", place.as_str()), ("code", code.as_str())];
    assert_eq!(visitor.submit("/setup/restore", "/setup/restore", &right).status, 303);
    while visitor.get("/sign-in").status != 200 {}
    assert!(appliance.terminate());
    let new = inside(&there, &Opening::Passphrase(PASSPHRASE), Opened::Passphrase);
    // Looked at first: a browser that it does not know is announced by a message, as ever.
    let appliance = Appliance::start(&there, None);
    assert_eq!(
        Visitor::new(&appliance).sign_in(PASSPHRASE, "/").status,
        303,
        "with the passphrase that it had"
    );
    assert!(appliance.terminate());
    assert_eq!(old.1, new.1);
    for table in ["messages", "proofs", "contacts", "tags", "own_keys", "filed"] {
        assert_eq!(old.0[table], new.0[table], "{table}");
    }
}

#[test]
fn what_the_disk_of_the_box_has_damaged_is_missed_by_whoever_asks() {
    let it = Boxed::make();
    it.fill(0, 2, 500);
    let vault = Vault::locked(&it.data);
    let opened = vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap();
    assert_eq!(opened, Secret::Right(Opened::Passphrase));
    let writing = vault
        .open()
        .unwrap()
        .writer
        .write(|tables| restore::octets(tables, 1, b"what a disk makes of it"));
    tokio::runtime::Runtime::new().unwrap().block_on(writing).unwrap();
    vault.lock();
    let (code, told) = it.back_up(&["--prove"]);
    assert!(code == 1 && told.contains("everything is the same"), "{code} {told}");
    assert!(told.contains("one message is not in it"), "{told}");
    let mut export = caliopen();
    export.args(["export", "--data"]).arg(&it.data).arg("--unlock-with").arg(&it.secret);
    let (code, told) = said(export.arg(it.beside("all.zip")));
    assert!(code == 1 && told.contains("one message is missing"), "{code} {told}");
}
