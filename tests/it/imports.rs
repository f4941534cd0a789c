//! Somebody moves in with the mail of years, and a newcomer looks at the demonstration: the real binary.

use crate::appliance::{Demo, Folder, PASSPHRASE, caliopen, http};
use caliopen::domain::tag::System;
use caliopen::store::{
    mail::Snapshot,
    slots::{Kind, Opening},
    vault::{Secret, Vault},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import").join(name)
}

/// The mailboxes of the corpora, where they are.
fn corpora(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CALIOPEN_CORPORA").map(PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"));
    let path = root.join("mailbox").join(name);
    if !path.exists() {
        eprintln!("{} is not here: tried with our own fixtures only", path.display());
        return None;
    }
    Some(path)
}

/// Exit code, report, and what was said on stderr.
fn import(folder: &Folder, secret: &Path, paths: &[&Path]) -> (i32, String, String) {
    import_with(folder, secret, paths, &[])
}

/// The same with more arguments.
pub fn import_with(folder: &Folder, secret: &Path, paths: &[&Path], more: &[&str]) -> (i32, String, String) {
    let mut command = caliopen();
    command
        .args(["import", "--data"])
        .arg(&folder.data)
        .arg("--unlock-with")
        .arg(secret)
        .args(more);
    let done = command.args(paths).output().unwrap();
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    (done.status.code().unwrap(), text(&done.stdout), text(&done.stderr))
}

/// Every message as it is kept, with whether it is unread and in which discussion.
fn kept(folder: &Folder) -> Vec<(Vec<u8>, bool, u64)> {
    let vault = Vault::locked(&folder.data);
    assert_eq!(vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap(), Secret::Right(Kind::Passphrase));
    let mut all = Vec::new();
    {
        let snapshot = Snapshot::of(&vault.open().unwrap()).unwrap();
        for (discussion, _) in snapshot.timeline(0, usize::MAX).unwrap() {
            for (id, message) in snapshot.discussed(discussion, 0, usize::MAX).unwrap() {
                all.push((snapshot.raw(id, &message).unwrap(), message.unread, discussion));
            }
        }
    }
    vault.lock();
    all
}

fn find<'a>(all: &'a [(Vec<u8>, bool, u64)], subject: &str) -> &'a (Vec<u8>, bool, u64) {
    let line = format!("Subject: {subject}");
    let mut with = all
        .iter()
        .filter(|(raw, ..)| String::from_utf8_lossy(raw).lines().any(|l| l == line));
    with.next().unwrap_or_else(|| panic!("{subject} is not there"))
}

#[test]
fn mail_of_every_kind_moves_in_once_and_as_it_is() {
    let folder = Folder::make();
    let paths = ["mboxo.mbox", "mboxrd.mbox", "mboxcl.mbox", "mboxcl2.mbox", "maildir", "eml"].map(fixtures);
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let (code, report, said) = import(&folder, &folder.secret, &paths);
    assert_eq!(
        report, "read 14, kept 14, already there 0, skipped 1\nskipped 1: neither a message nor a mailbox (picture.png)\n",
        "{said}"
    );
    assert_eq!((code, said.as_str()), (1, "caliopen: one was skipped\n"));

    let all = kept(&folder);
    assert_eq!(all.len(), 14);
    for file in [
        "maildir/cur/1772528400.M1P1.host:2,S",
        "maildir/new/1772528402.M3P1.host",
        "eml/one.eml",
        "eml/deeper/two.eml",
    ] {
        let octets = std::fs::read(fixtures(file)).unwrap();
        assert!(all.iter().any(|(raw, ..)| *raw == octets), "{file} is kept octet for octet");
    }
    let body = |subject: &str| {
        let (raw, ..) = find(&all, subject);
        String::from_utf8_lossy(raw).split_once("\n\n").unwrap().1.to_owned()
    };
    assert_eq!(body("o1"), "Dear me,\n\nFrom here it looks fine.\n");
    assert_eq!(body("rd1"), "From one\n>From two\n> quoted\n");
    assert_eq!(body("rd2"), "Last, without a line end");
    assert_eq!(body("cl2a").lines().count(), 4, "a true length keeps what looks like a separator");
    assert_eq!(body("clb"), "A length that lies\n");

    for (subject, unread) in [
        ("o1", false),
        ("o2", true),
        ("seen", false),
        ("flagged", true),
        ("new", true),
        ("old", false),
    ] {
        assert_eq!(find(&all, subject).1, unread, "{subject}");
    }
    assert_eq!(find(&all, "seen").2, find(&all, "old").2, "one person, one discussion");
    assert_eq!(find(&all, "o1").2, find(&all, "rd2").2);
    assert_ne!(find(&all, "o1").2, find(&all, "o2").2);

    let (_, report, _) = import(&folder, &folder.secret, &paths);
    assert!(report.starts_with("read 14, kept 0, already there 14, skipped 1\n"), "{report}");
    assert_eq!(kept(&folder).len(), 14);
}

/// A message as programs keep it: fields of its own before those that came.
fn letter(before: &str, n: usize) -> String {
    format!(
        "{before}From: Ann <a{n}@x.test>\r\nTo: me@home.test\r\nSubject: number {n}\r\nDate: Tue, 3 Mar 2026 09:00:00 +0000\r\nMessage-ID: <n{n}@x.test>\r\n\r\nbody {n}\r\n"
    )
}

#[test]
fn a_profile_of_thunderbird_moves_in_without_what_was_deleted_and_only_once() {
    let folder = Folder::make();
    let profile = folder.data.with_file_name("Local Folders");
    std::fs::create_dir_all(profile.join("Archives.sbd")).unwrap();
    let mailbox = |letters: &[String]| -> String { letters.iter().map(|letter| format!("From \r\n{letter}\r\n")).collect() };
    let noted =
        |status: &str, keys: &str| format!("X-Mozilla-Status: {status}\r\nX-Mozilla-Status2: 00000000\r\nX-Mozilla-Keys: {keys}\r\n");
    let inbox = mailbox(&[
        letter(&noted("0001", "$label2 NonJunk holiday      "), 1),
        letter(&noted("0000", ""), 2),
        // Moved to the archive, and not cleared away yet.
        letter(&noted("0009", ""), 3),
        // Deleted, likewise.
        letter(&noted("0008", ""), 4),
    ]);
    std::fs::write(profile.join("Inbox"), &inbox).unwrap();
    std::fs::write(profile.join("Inbox.msf"), "// <!-- <mdb:mork:z v=\"1.4\"/> -->\n").unwrap();
    std::fs::write(profile.join("Archives.sbd/2026"), mailbox(&[letter(&noted("0001", ""), 3)])).unwrap();
    let (code, report, _) = import(&folder, &folder.secret, &[&profile]);
    assert!(
        code == 1 && report.starts_with("read 3, kept 3, already there 0, skipped 3\n"),
        "{report}"
    );
    assert!(
        report.contains("skipped 2: deleted by its program, and only not cleared away yet (Inbox message 3, Inbox message 4)"),
        "{report}"
    );
    assert!(report.contains("neither a message nor a mailbox (Inbox.msf)"), "{report}");
    let all = kept(&folder);
    assert_eq!((all.len(), find(&all, "number 1").1, find(&all, "number 2").1), (3, false, true));
    assert!(String::from_utf8_lossy(&find(&all, "number 3").0).ends_with("\r\n\r\nbody 3\r\n"));

    // What the program notes by now makes no other message of it, nor does a copy elsewhere.
    std::fs::write(
        profile.join("Inbox"),
        mailbox(&[letter(&noted("0001", "work"), 2), letter(&noted("0003", ""), 1)]),
    )
    .unwrap();
    let (_, report, _) = import(&folder, &folder.secret, &[&profile]);
    assert!(report.starts_with("read 3, kept 0, already there 3, skipped 1\n"), "{report}");
    assert_eq!(kept(&folder).len(), 3);
}

#[test]
fn a_maildir_of_dovecot_brings_its_folders_and_its_words() {
    let folder = Folder::make();
    let maildir = folder.data.with_file_name("Maildir");
    for (place, n) in [
        ("cur/1.M1.h,S=10:2,FSb", 1),
        (".Sent/cur/2.M1.h:2,S", 2),
        (".Archives.2020/new/3.M1.h", 3),
    ] {
        let path = maildir.join(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, letter("", n)).unwrap();
    }
    std::fs::write(maildir.join("dovecot-keywords"), "0 $Forwarded\n1 Travel\n").unwrap();
    std::fs::write(maildir.join("dovecot-uidlist"), "3 V1 N4\n").unwrap();
    let (code, report, said) = import(&folder, &folder.secret, &[&maildir]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    assert!(report.starts_with("read 3, kept 3, already there 0, skipped 0"), "{report}");
    let all = kept(&folder);
    assert!(!find(&all, "number 1").1 && !find(&all, "number 2").1 && find(&all, "number 3").1);
    let vault = Vault::locked(&folder.data);
    assert_eq!(vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap(), Secret::Right(Kind::Passphrase));
    let (tags, starred): (Vec<String>, usize) = {
        let snapshot = Snapshot::of(&vault.open().unwrap()).unwrap();
        let starred = (1..=3).filter(|id| snapshot.is_tagged(*id, System::Starred.id()).unwrap()).count();
        (snapshot.tags().unwrap().into_values().map(|tag| tag.slug).collect(), starred)
    };
    vault.lock();
    assert!(
        tags.contains(&"travel".to_owned()) && !tags.contains(&"forwarded".to_owned()) && starred == 1,
        "{tags:?} {starred}"
    );
}

#[test]
fn what_is_a_programs_own_is_read_or_said() {
    let folder = Folder::make();
    let files = folder.data.with_file_name("files");
    std::fs::create_dir(&files).unwrap();
    let apple = |flags: u64, n: usize| {
        let letter = letter("", n).replace("\r\n", "\n");
        let list = format!("<?xml version=\"1.0\"?>\n<plist><dict>\n\t<key>flags</key>\n\t<integer>{flags}</integer>\n</dict></plist>\n");
        (format!("{:<10}\n{letter}{list}", letter.len()), letter)
    };
    let (unread, letter) = apple(8_590_195_712, 1);
    for (name, octets) in [
        ("1.emlx", unread.as_bytes()),
        ("2.emlx", apple(8_590_195_713, 2).0.as_bytes()),
        ("3.emlx", apple(8_590_195_715, 3).0.as_bytes()),
        ("archive.pst", b"!BDN\x12\x34\x56\x78".as_slice()),
        ("pubring.kbx", b"\0\0\0\x20\x01\x01\0\x02KBXf\0\0\0\0".as_slice()),
        ("takeout-001.tgz", b"\x1f\x8b\x08\0\0".as_slice()),
    ] {
        std::fs::write(files.join(name), octets).unwrap();
    }
    let (code, report, said) = import(&folder, &folder.secret, &[&files]);
    assert_eq!(code, 1, "{said}");
    for line in [
        "read 2, kept 2, already there 0, skipped 4",
        "skipped 1: deleted by its program, and only not cleared away yet (3.emlx)",
        "skipped 2: in a program's own form: have it export mbox, .eml, vCard or keys (gpg --export) (archive.pst, pubring.kbx)",
        "skipped 1: encrypted, or packed in an unknown way (zip is known) (takeout-001.tgz)",
    ] {
        assert!(report.lines().any(|said| said == line), "{line}: {report}");
    }
    let all = kept(&folder);
    let (raw, is_unread, _) = find(&all, "number 1");
    assert!(*is_unread && raw == letter.as_bytes() && !find(&all, "number 2").1);

    // A message that is too large is one all the same, and it is said why it is not there.
    let large = folder.data.with_file_name("large.eml");
    std::fs::write(&large, format!("Subject: large\n\n{}", "x".repeat(30_000_000))).unwrap();
    let (code, report, said) = import(&folder, &folder.secret, &[&large]);
    assert!(code == 1 && report.contains("skipped 1: larger than 25 MiB"), "{report}{said}");
}

#[test]
fn an_address_book_with_pictures_moves_in_and_nobody_is_lost_unsaid() {
    let folder = Folder::make();
    let book = folder.data.with_file_name("book.vcf");
    let picture = format!("PHOTO;ENCODING=b;TYPE=JPEG:{}\r\n", "QUJD\r\n ".repeat(15_000));
    let mut cards: String = (0..150)
        .map(|n| format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Person {n}\r\nEMAIL:p{n}@x.test\r\n{picture}END:VCARD\r\n"))
        .collect();
    // One that is larger than is read takes neither those before it along nor those behind it.
    cards += "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Large\r\nEMAIL:large@x.test\r\nPHOTO;ENCODING=b;TYPE=JPEG:";
    cards += &"QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\r\n ".repeat(230_000);
    cards += "\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:Behind\r\nEMAIL:behind@x.test\r\nEND:VCARD\r\n";
    cards += "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Myself\r\nEMAIL:me@home.test\r\nEND:VCARD\r\n\r\n";
    assert!(cards.len() > 10 * 1024 * 1024);
    std::fs::write(&book, cards).unwrap();
    let wide = folder.data.with_file_name("wide.vcf");
    let text = "\u{feff}BEGIN:VCARD\r\nVERSION:2.1\r\nN:Lé;Zoé\r\nEMAIL:zoe@x.test\r\nEND:VCARD\r\n";
    std::fs::write(&wide, text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()).unwrap();
    let (code, report, said) = import(&folder, &folder.secret, &[&book, &wide]);
    assert_eq!(code, 1, "{report}{said}");
    assert!(report.contains("contacts: made 152, changed 0"), "{report}");
    assert!(
        report.contains("skipped 1: larger than 25 MiB, or a card or keys larger than 10 MiB (book.vcf)"),
        "{report}"
    );
    assert!(
        report.contains("skipped 1: cards that are your own, have no name, or are of several people at once (Myself)"),
        "{report}"
    );
}

#[test]
fn what_goes_wrong_is_one_sentence_and_a_code() {
    let folder = Folder::make();
    let mailbox = fixtures("mboxrd.mbox");
    let expect = |(code, report, said): (i32, String, String), wanted: i32, words: &str| {
        assert_eq!((code, report.as_str()), (wanted, ""), "{said}");
        assert!(said.contains(words) && said.lines().count() == 1, "{said}");
    };
    expect(import(&folder, &folder.secret, &[&fixtures("no-such-file")]), 66, "there is no ");
    expect(
        import(&folder, &folder.secret, &[&fixtures("eml/deeper/picture.png")]),
        65,
        "nothing there is",
    );
    let wrong = folder.data.with_file_name("wrong");
    std::fs::write(&wrong, "something else\n").unwrap();
    expect(import(&folder, &wrong, &[&mailbox]), 77, "passphrase");
    let appliance = folder.serve();
    expect(import(&folder, &folder.secret, &[&mailbox]), 75, "in use");
    assert!(appliance.terminate());
    assert_eq!(import(&folder, &folder.secret, &[&mailbox]).0, 0);
}

#[test]
fn real_mailboxes_move_in() {
    let folder = Folder::make();
    let mut seen = 0;
    if let Some(maildir) = corpora("caliopen-maildir") {
        let mut files = Vec::new();
        let mut folders = vec![maildir.clone()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() { folders.push(entry) } else { files.push(entry) }
            }
        }
        let (_, report, said) = import(&folder, &folder.secret, &[&maildir]);
        let all: BTreeMap<Vec<u8>, ()> = kept(&folder).into_iter().map(|(raw, ..)| (raw, ())).collect();
        let lost = files.iter().filter(|file| !all.contains_key(&std::fs::read(file).unwrap())).count();
        assert_eq!(lost, 0, "{report}{said}");
        seen = all.len();
        assert!(import(&folder, &folder.secret, &[&maildir]).1.contains("kept 0,"));
    }
    if let Some(variants) = corpora("mbox-variants") {
        let (_, report, said) = import(&folder, &folder.secret, &[&variants]);
        assert!(report.contains("skipped 0"), "{report}{said}");
        assert!(kept(&folder).len() >= seen + 17, "{report}");
        assert!(import(&folder, &folder.secret, &[&variants]).1.contains("kept 0,"));
    }
}

#[test]
fn three_hundred_messages_of_a_mailing_list_are_one_discussion() {
    let Some(packed) = corpora("linux-mips-2500.mbox.xz") else { return };
    let Ok(unpacked) = Command::new("xz").arg("-dc").arg(&packed).stderr(Stdio::null()).output() else {
        eprintln!("xz is not here");
        return;
    };
    let folder = Folder::make();
    let mailbox = folder.data.with_file_name("list.mbox");
    let mut begins = memchr::memmem::find_iter(&unpacked.stdout, b"\nFrom MAILER-DAEMON ");
    let end = begins.nth(299).unwrap() + 1;
    std::fs::write(&mailbox, &unpacked.stdout[..end]).unwrap();
    let (code, report, said) = import(&folder, &folder.secret, &[&mailbox]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    assert!(report.starts_with("read 300, kept 300, already there 0, skipped 0"), "{report}");
    let all = kept(&folder);
    let first = unpacked.stdout.iter().position(|octet| *octet == b'\n').unwrap() + 1;
    let second = memchr::memmem::find(&unpacked.stdout, b"\nFrom MAILER-DAEMON ").unwrap();
    assert!(
        all.iter().any(|(raw, ..)| raw == &unpacked.stdout[first..second]),
        "the first is kept octet for octet"
    );
    assert!(
        import(&folder, &folder.secret, &[&mailbox])
            .1
            .starts_with("read 300, kept 0, already there 300")
    );
}

fn get(demo: &Demo, path: &str, cookie: &str) -> (u16, String, String) {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n",
        demo.http
    );
    http(demo.http, &request)
}

fn cookie(head: &str) -> String {
    let set = head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .unwrap_or_else(|| panic!("{head}"));
    set.split(';').next().unwrap().to_owned()
}

#[test]
fn a_newcomer_looks_around_in_the_demonstration() {
    let demo = Demo::start();
    assert_eq!(demo.said["address"], "camille@demo.test");
    assert_eq!(demo.said["url"], format!("http://{}/", demo.http));
    assert_eq!(
        std::fs::read_dir(demo.temporary.path()).unwrap().count(),
        1,
        "all of it is in one folder"
    );

    let (status, head, page) = get(&demo, "/sign-in", "");
    assert_eq!(status, 200, "{page}");
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap();
    let form = format!("token={token}&next=%2F&passphrase={}", demo.said["passphrase"].as_str().unwrap());
    let request = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nCookie: {1}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {2}\r\n\r\n{form}",
        demo.http,
        cookie(&head),
        form.len()
    );
    let (status, head, page) = http(demo.http, &request);
    assert_eq!(status, 303, "{page}");
    let session = cookie(&head);

    let (status, _, page) = get(&demo, "/", &session);
    assert_eq!(status, 200);
    let rows = page.matches("href=\"/discussions/").count();
    assert!(rows >= 3, "{page}");
    assert!(
        page.contains("class=\"row new\"") && page.contains("class=\"row\""),
        "some is read and some is new"
    );
    for letter in ["C", "D", "E"] {
        assert!(
            page.contains(&format!("<i class=\"on\">{letter}</i>")),
            "an index that is {letter} can be seen at a glance: {page}"
        );
    }
    if rows == 50 {
        let (status, _, second) = get(&demo, "/?page=2", &session);
        assert_eq!(status, 200);
        assert!(second.contains("href=\"/discussions/"), "{second}");
    }
    let (succeeded, left) = demo.terminate();
    assert!(succeeded);
    assert_eq!(left, 0, "its folder is gone");
}

#[test]
fn a_demonstration_that_cannot_start_leaves_nothing() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let done = caliopen()
        .args(["demo", "--http", &taken.local_addr().unwrap().to_string()])
        .env("TMPDIR", temporary.path())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(69), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(done.stdout.is_empty());
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}
