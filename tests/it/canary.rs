//! A thief takes the disk, and everything that was ever on it. Words that are known to be in the mail, and
//! the secrets that open it, are looked for in every octet that the program wrote: in its folder, in the
//! folders it might have used, in its log, and, under `strace`, in each single write to a file.
//!
//! The search is proved first: on plain files written and deleted again, in each form, and on this very store
//! with its encryption taken off.

pub mod forms;
mod watched;

use crate::{
    appliance::{Appliance, Folder, OWNER, PASSPHRASE, Sender, caliopen},
    web::Visitor,
};
use caliopen::store::{
    crypt::Sectors,
    front::FrontFile,
    slots::{Opening, Slots},
    vault::{self, Secret, Vault},
};
use forms::{Found, Watch, base64};
use redb::StorageBackend;
use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// In subjects, texts and names: a letter beyond ASCII, so that each encoding spells it in its own way.
const WORD: &str = "zaunkönig-4f1c09ab77e2";
/// In addresses, names of hosts and headers of ASCII.
const BARE: &str = "kanarienvogel-93d07be1c5a4";
/// Times that the power goes.
const KILLS: usize = 6;

/// A data folder, and everything else that the program might write to.
struct Cage {
    folder: Folder,
    around: tempfile::TempDir,
    watches: bool,
    runs: Vec<(PathBuf, u32)>,
}

impl Cage {
    fn make() -> Self {
        let around = tempfile::tempdir().unwrap();
        for name in ["home", "tmp", "cwd", "seen"] {
            fs::create_dir(around.path().join(name)).unwrap();
        }
        Self {
            folder: Folder::make(),
            around,
            watches: watched::can_watch(),
            runs: Vec::new(),
        }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.around.path().join(name)
    }

    /// Starts it, locked, talkative, and watched.
    fn start(&mut self) -> Appliance {
        let number = self.runs.len();
        let trace = self.at("seen").join(format!("trace-{number}"));
        let program = caliopen();
        let mut command = if self.watches {
            watched::watched(Path::new(program.get_program()), &trace)
        } else {
            program
        };
        command
            .env("HOME", self.at("home"))
            .env("TMPDIR", self.at("tmp"))
            .current_dir(self.at("cwd"));
        command.env("CALIOPEN_LOG", "warn,caliopen=trace");
        command.stderr(File::create(self.at("seen").join(format!("log-{number}"))).unwrap());
        let appliance = Appliance::launch(command, &self.folder.data, None);
        self.runs.push((trace, appliance.pid()));
        appliance
    }

    /// Looks everywhere; says what was found and where.
    fn look(&self, watch: &Watch) -> Vec<(String, Found)> {
        let mut seen = Vec::new();
        let mut note = |place: &str, octets: &[u8]| {
            let found = watch.look(octets);
            if !found.is_empty() {
                seen.push((place.to_owned(), found));
            }
        };
        let logs = (0..self.runs.len()).map(|number| self.at("seen").join(format!("log-{number}")));
        let folders = [self.folder.data.clone(), self.at("home"), self.at("tmp"), self.at("cwd")];
        for path in folders.iter().flat_map(|folder| files(folder)).chain(logs) {
            note(&path.display().to_string(), path.as_os_str().as_encoded_bytes());
            note(&path.display().to_string(), &fs::read(&path).unwrap());
        }
        for (trace, pid) in self.runs.iter().filter(|_| self.watches) {
            let deeds = watched::deeds(trace, *pid);
            assert_eq!(deeds.astray(&self.folder.data), Vec::<PathBuf>::new(), "written elsewhere");
            assert_eq!(deeds.copies, 0, "the kernel copied what nobody could look at");
            assert!(deeds.of_files().count() > 0, "nothing was seen of what was written");
            for (path, octets) in deeds.of_files() {
                note(&format!("written to {path}"), octets);
            }
        }
        seen
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let inside = |entry: fs::DirEntry| match entry.file_type().unwrap().is_dir() {
        true => files(&entry.path()),
        false => vec![entry.path()],
    };
    entries.flat_map(inside).collect()
}

/// The words in every dress that mail has for them.
fn messages() -> Vec<String> {
    let quoted = WORD.replace('ö', "=C3=B6");
    let encoded = |text: &str| String::from_utf8(base64(text.as_bytes())).unwrap();
    let html = format!("<p>Dear {WORD}, <a href=\"https://{BARE}.test/\">look</a> <img src=\"https://{BARE}.test/p.gif\"></p>");
    let gzip = {
        use std::io::Write;
        let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        write!(to, "{WORD} {BARE}").unwrap();
        String::from_utf8(base64(&to.finish().unwrap())).unwrap()
    };
    let opaque = encoded(&format!("\u{1}\u{2}not really encrypted: {WORD} {BARE}"));
    let utf16: Vec<u8> = format!("{WORD} {BARE}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = String::from_utf8(base64(&utf16)).unwrap();
    let text = |encoding: &str, body: &str| {
        format!("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n")
    };
    let parts = |kind: &str, parts: &[String]| {
        let body: String = parts.iter().map(|part| format!("--b\r\n{part}\r\n")).collect();
        format!("Content-Type: multipart/{kind}; boundary=b\r\n\r\n{body}--b--\r\n")
    };
    let file = |name: &str, body: &str| {
        format!(
            "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{body}\r\n"
        )
    };
    let bodies = [
        text("8bit", &format!("The word is {WORD}, and {BARE}.")),
        text("base64", &encoded(&format!("The word is {WORD}, and {BARE}."))),
        text(
            "quoted-printable",
            &format!("The word is {quoted}, and {}=\r\n{}.", &BARE[..9], &BARE[9..]),
        ),
        parts(
            "alternative",
            &[text("8bit", WORD), format!("Content-Type: text/html; charset=utf-8\r\n\r\n{html}")],
        ),
        parts(
            "mixed",
            &[
                text("8bit", "see there"),
                file(&format!("{BARE}.txt"), &encoded(WORD)),
                file("b.gz", &gzip),
                file("c", &utf16),
            ],
        ),
        parts(
            "encrypted; protocol=\"application/pgp-encrypted\"",
            &[
                "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1".to_owned(),
                format!(
                    "Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n{opaque}\r\n-----END PGP MESSAGE-----"
                ),
            ],
        ),
    ];
    let head = |number: usize| {
        let subject = format!("=?utf-8?B?{}?=", encoded(&format!("About {WORD}")));
        format!(
            "From: {BARE} <{BARE}-{number}@{BARE}.test>\r\nTo: {OWNER}\r\nCc: \"=?utf-8?Q?{quoted}?=\" <cc@{BARE}.test>\r\n\
             Subject: {subject}\r\nMessage-ID: <{BARE}-{number}@x.test>\r\nMIME-Version: 1.0\r\n"
        )
    };
    bodies
        .iter()
        .enumerate()
        .map(|(number, body)| format!("{}{body}", head(number)))
        .collect()
}

/// Sends all of them; counts what was answered 250 until the door is gone.
fn deliver(smtp: std::net::SocketAddr, mut after_each: impl FnMut()) -> usize {
    let Ok(mut sender) = Sender::connect(smtp) else { return 0 };
    let _ = sender.say(&format!("EHLO {BARE}.test\r\n"));
    let mut taken = 0;
    for message in messages() {
        match sender.send(&format!("{BARE}@{BARE}.test"), OWNER, &message) {
            Ok(250) => taken += 1,
            // An open box may have had enough of such mail from one network; a locked one cannot know.
            Ok(451) => break,
            Ok(code) => panic!("answered {code}"),
            Err(_) => break,
        }
        after_each();
    }
    taken
}

/// Follows every link from the timeline on, as somebody does who reads everything. Gives all that was read.
fn read_everything(owner: &mut Visitor) -> String {
    let (mut ahead, mut known) = (vec!["/".to_owned()], BTreeSet::new());
    let mut read = String::new();
    while let Some(path) = ahead.pop() {
        if known.len() >= 400 || path == "/live" || !known.insert(path.clone()) {
            continue;
        }
        let answer = owner.get(&path);
        assert!(answer.status < 500, "{path}: {}", answer.status);
        for attribute in ["href=\"", "src=\""] {
            let links = answer.body.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
            ahead.extend(links.filter(|link| link.starts_with('/')).map(|link| link.replace("&#38;", "&")));
        }
        read.push_str(&answer.body);
    }
    read
}

/// What is in the folder, with its encryption taken off: the same store as it would be without.
fn in_clear(data: &Path) -> Vec<u8> {
    let (_, _, key) = Slots::load(data).unwrap().open(&Opening::Passphrase(PASSPHRASE)).unwrap().unwrap();
    let backend = Sectors::open(File::open(data.join(vault::FILE)).unwrap(), &key).unwrap();
    let mut octets = vec![0; backend.len().unwrap() as usize];
    // One by one: a sector whose write a kill has cut in two reads as zeros, and everything read with it.
    for (number, sector) in (0_u64..).zip(octets.chunks_mut(4096)) {
        backend.read(number * 4096, sector).unwrap();
    }
    octets
}

#[test]
fn the_search_sees_each_form_in_files_that_are_gone() {
    if !watched::can_watch() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let watch = Watch::default().over(WORD);
    for (number, (form, octets)) in forms::forms(WORD).into_iter().enumerate() {
        let (given, gone, trace) = (
            folder.path().join("given"),
            folder.path().join("gone"),
            folder.path().join(number.to_string()),
        );
        fs::write(&given, &octets).unwrap();
        let mut shell = watched::watched(Path::new("/bin/sh"), &trace);
        let script = "dd status=none if=\"$1\" of=\"$2\"; rm \"$2\"";
        let mut child = shell
            .args(["-c", script, "sh"])
            .arg(&given)
            .arg(&gone)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let pid = child.id();
        assert!(child.wait().unwrap().success() && !gone.exists());
        let deeds = watched::deeds(&trace, pid);
        assert_eq!(deeds.astray(&folder.path().join("nowhere")), std::slice::from_ref(&gone));
        let (_, written) = deeds.of_files().find(|(path, _)| Path::new(path) == gone).expect("the file");
        assert!(!watch.look(written).is_empty(), "{form}");
    }
}

#[test]
fn no_word_of_the_mail_and_no_secret_ever_touches_the_disk() {
    let mut cage = Cage::make();
    let mut watch = Watch::default()
        .over(WORD)
        .over(BARE)
        .over(PASSPHRASE)
        .over("a guess of the passphrase");
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut taken = 0;
    for _ in 0..KILLS {
        let appliance = cage.start();
        // Locked: everything is sealed.
        taken += deliver(appliance.smtp, || {});
        let (smtp, mut visitor) = (appliance.smtp, Visitor::new(&appliance));
        visitor.sign_in("a guess of the passphrase", "/");
        visitor.sign_in(PASSPHRASE, "/");
        for (_, value) in visitor.cookies.iter().filter(|(_, value)| value.len() >= 16) {
            watch.add(value);
        }
        // Unlocked, and the spool on its way into the vault: the power goes after so many answers.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut left = seed >> 61;
        let mut appliance = Some(appliance);
        taken += deliver(smtp, || match left.checked_sub(1) {
            Some(less) => left = less,
            None => drop(appliance.take()),
        });
    }
    assert!(taken >= KILLS * messages().len(), "{taken}");

    let appliance = cage.start();
    let mut owner = Visitor::owner(&appliance);
    for (_, value) in owner.cookies.iter().filter(|(_, value)| value.len() >= 16) {
        watch.add(value);
    }
    deliver(appliance.smtp, || {});
    let read = read_everything(&mut owner);
    assert!(read.contains(WORD) && read.contains(BARE), "nothing was read");
    let token = owner.get("/").token().to_owned();
    for action in ["unread", "read"] {
        assert_eq!(
            owner
                .post(&format!("/discussions/1/{action}"), "", &format!("token={token}"))
                .status,
            303
        );
    }
    // One message goes for good, a tag is looked for, and mail comes to a box that was locked by hand.
    assert!(owner.get("/search?tag=spam").status < 500);
    assert_eq!(owner.post("/messages/2/delete", "", &format!("token={token}")).status, 303);
    assert_eq!(owner.get("/messages/2").status, 404);
    assert_eq!(owner.post("/lock", "", &format!("token={token}")).status, 303);
    deliver(appliance.smtp, || {});
    assert!(appliance.terminate(), "it ends in order");

    let seen = cage.look(&watch);
    assert!(seen.is_empty(), "{seen:#?}");

    // The very same store without its encryption shows all of it: the search was not blind.
    let clear = watch.look(&in_clear(&cage.folder.data));
    for (word, form) in [
        (WORD, "utf-8"),
        (BARE, "utf-8"),
        (WORD, "zstd utf-8"),
        (WORD, "zstd quoted-printable"),
        (WORD, "zstd base64"),
    ] {
        assert!(
            clear.iter().any(|(found, how)| found == word && how.starts_with(form)),
            "{word} as {form}: {clear:#?}"
        );
    }
}

#[test]
fn what_waits_in_the_spool_is_only_there_for_the_key() {
    let mut cage = Cage::make();
    let appliance = cage.start();
    assert_eq!(deliver(appliance.smtp, || {}), messages().len());
    appliance.kill();
    let watch = Watch::default().over(WORD).over(BARE);
    let seen = cage.look(&watch);
    assert!(seen.is_empty(), "{seen:#?}");
    let vault = Vault::locked(&cage.folder.data);
    assert!(matches!(vault.unlock(&Opening::Passphrase(PASSPHRASE)).unwrap(), Secret::Right(_)));
    let front = FrontFile::open(&cage.folder.data).unwrap();
    let (_, sealed) = front.spooled(0).unwrap().unwrap();
    let clear = vault.open().unwrap().unseal(&sealed, 1 << 20).unwrap();
    assert!(!watch.look(&clear).is_empty(), "and with the key it is");
}

/// A core dump is the memory on the disk: there is none, also when the program is made to break.
#[test]
fn a_program_that_breaks_leaves_no_core() {
    let mut cage = Cage::make();
    cage.watches = false;
    let appliance = cage.start();
    let limits = fs::read_to_string(format!("/proc/{}/limits", appliance.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    let broken = Command::new("kill").args(["-SEGV", &appliance.pid().to_string()]).status().unwrap();
    assert!(broken.success());
    drop(appliance);
    assert_eq!(files(&cage.at("cwd")), Vec::<PathBuf>::new());
}
