//! Somebody moves out with everything, and into another box, where it is as it was; and brings archives of other
//! programs by upload.

use crate::{
    appliance::{Folder, PASSPHRASE, Sender, caliopen},
    backup::{nobody_knows, waits},
    home::Home,
    imports::import_with,
    web::Visitor,
};
use caliopen::{
    codec::{
        pgp::SecretKey,
        zip::{Archive, Event, each},
    },
    domain::{address::Address, privacy::evidence::Direction, time::Time},
    locale::Lang,
    net::{clock::Clock, dns::Dns},
    store::{
        mail::Snapshot,
        migrate::VERSION,
        record::{Ratchet, Record, sha256},
        rows::{Place, tables},
        slots::{Kind, Opening},
        vault::{Secret, Vault},
    },
};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Stdio,
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import").join(name)
}

fn export(folder: &Folder, to: &Path) -> (i32, String) {
    let done = caliopen()
        .args(["export", "--data"])
        .arg(&folder.data)
        .arg("--unlock-with")
        .arg(&folder.secret)
        .arg(to)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    (done.status.code().unwrap(), said)
}

/// The files of an archive.
fn unpacked(octets: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    each(octets, |event| {
        match event {
            Event::File(name, content) => {
                let mut all = Vec::new();
                content.read_to_end(&mut all).unwrap();
                files.insert(name.to_owned(), all);
            }
            Event::Closed(name) | Event::Damaged(name) => panic!("{name}"),
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    files
}

/// Everything that an export takes along, row by row, and the octets of each message.
fn inside(folder: &Folder) -> (BTreeMap<String, Vec<String>>, BTreeMap<u64, Vec<u8>>) {
    let vault = Vault::locked(&folder.data);
    assert_eq!(vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap(), Secret::Right(Kind::Passphrase));
    let (mut rows, mut raws) = (BTreeMap::new(), BTreeMap::new());
    {
        let snapshot = Snapshot::of(&vault.open().unwrap()).unwrap();
        // What a box weighs and thinks anew by itself is not compared.
        let anew = ["standings", "stale", "meta", "ledger"];
        for place in [Place::Clear, Place::Sealed] {
            for table in tables(place).into_iter().filter(|table| !anew.contains(table)) {
                let all: &mut Vec<String> = rows.entry(table.to_owned()).or_default();
                snapshot
                    .each_row::<caliopen::store::Error>(table, |row| {
                        all.push(row);
                        Ok(())
                    })
                    .unwrap();
            }
        }
        for id in snapshot.messages_after(0, usize::MAX).unwrap() {
            let message = snapshot.message(id).unwrap().unwrap();
            raws.insert(id, snapshot.raw(id, &message).unwrap());
        }
    }
    vault.lock();
    (rows, raws)
}

/// A box with mail from files and from the door, contacts, a tag of a label and something found by search.
fn furnished() -> Folder {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    let message = "From: Zoé <zoe@x.test>\r\nTo: me@home.test\r\nSubject: by the door\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n\
                   Message-ID: <door@x.test>\r\n\r\na marmalade sky\r\n";
    assert_eq!(sender.send("zoe@x.test", "me@home.test", message).unwrap(), 250);
    assert!(appliance.terminate());
    let cards = folder.data.with_file_name("cards.vcf");
    std::fs::write(&cards, "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoé\r\nEMAIL:zoe@x.test\r\nEND:VCARD\r\n").unwrap();
    let labelled = folder.data.with_file_name("labelled.eml");
    std::fs::write(
        &labelled,
        "X-Gmail-Labels: Inbox,Unread,Été 2024\nFrom: ann@x.test\nTo: me@home.test\nSubject: labelled\nDate: Tue, 24 Nov 2026 09:00:00 +0000\nMessage-ID: <l@x.test>\n\nlook\n",
    )
    .unwrap();
    let (mboxrd, maildir) = (fixture("mboxrd.mbox"), fixture("maildir"));
    let (code, report, said) = import_with(&folder, &folder.secret, &[&cards, &labelled, &mboxrd, &maildir], &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    assert!(report.contains("contacts: made 1, changed 0"), "{report}");
    folder
}

#[test]
fn everything_moves_into_another_box_and_is_as_it_was() {
    let folder = furnished();
    let archive = folder.data.with_file_name("all.zip");
    let (code, said) = export(&folder, &archive);
    assert_eq!(code, 0, "{said}");
    let (rows, raws) = inside(&folder);
    assert!(said.starts_with(&format!("wrote {} messages, 1 contacts", raws.len())), "{said}");
    let (code, said) = export(&folder, &archive);
    assert!(code == 73 && said.contains("something is there already"), "{said}");

    // A library of somebody else's, which reads from the directory at the end, finds the same.
    let mut theirs = zip::ZipArchive::new(std::fs::File::open(&archive).unwrap()).unwrap();
    let ours = unpacked(&std::fs::read(&archive).unwrap());
    assert_eq!(theirs.file_names().filter(|name| !name.ends_with('/')).count(), ours.len());
    for (name, octets) in &ours {
        let mut all = Vec::new();
        theirs.by_name(name).unwrap().read_to_end(&mut all).unwrap();
        assert!(all == *octets, "{name}");
    }

    // Any program reads it: the octets of each message, its line, the cards, and no secret in clear.
    let files = unpacked(&std::fs::read(&archive).unwrap());
    let mail: Vec<&Vec<u8>> = files
        .iter()
        .filter(|(name, _)| name.starts_with("mail/"))
        .map(|(_, raw)| raw)
        .collect();
    assert_eq!(mail.len(), raws.len());
    assert!(raws.values().all(|raw| mail.contains(&raw)), "octet for octet");
    let lines: String = files
        .iter()
        .filter(|(name, _)| name.starts_with("messages/"))
        .map(|(_, lines)| String::from_utf8(lines.clone()).unwrap())
        .collect();
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let file = &files[line["file"].as_str().unwrap()];
        let hex: String = sha256(file).iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(line["sha256"], hex);
        let won: i64 = line["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["won"].as_i64().unwrap())
            .sum();
        assert!(line["index"].is_null() || line["index"] == won, "{line}");
    }
    assert!(lines.contains("ete_2024"), "{lines}");
    assert!(String::from_utf8_lossy(&files["contacts.vcf"]).contains("zoe@x.test"));
    let sealed = &files["sealed.age"];
    assert!(sealed.starts_with(b"age-encryption.org/v1\n-> scrypt"));
    assert!(!files.contains_key("rows/own_keys.jsonl") && !files.contains_key("rows/opened.jsonl"));

    // Into an empty box, all of it; under another passphrase nothing.
    let other = Folder::make();
    let wrong = other.data.with_file_name("wrong");
    std::fs::write(&wrong, "another one\n").unwrap();
    let (code, report, _) = import_with(&other, &other.secret, &[&archive], &["--open-with", wrong.to_str().unwrap()]);
    assert!(code == 1 && report.contains("sealed with another passphrase"), "{report}");
    assert_eq!(inside(&other).1.len(), 0);
    // One that ends too early leaves a box that is filled to the end later, and not one that passes for whole.
    let octets = std::fs::read(&archive).unwrap();
    let first = octets
        .windows(9)
        .position(|name| name == b"mail/new/" || name == b"mail/cur/")
        .unwrap();
    let half = other.data.with_file_name("half.zip");
    std::fs::write(&half, &octets[..first + 600]).unwrap();
    let (code, report, said) = import_with(&other, &other.secret, &[&half], &[]);
    assert!(code == 65 && said.contains("the export ends before it should"), "{report}{said}");
    assert!(report.contains("breaks off") || report.contains("cannot be read"), "{report}");
    assert!(!report.contains("as it was exported"), "{report}");
    let (code, report, said) = import_with(&other, &other.secret, &[&archive], &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    assert!(
        report.contains(&format!(
            "kept {0}, already there 0, skipped 0\nthe box is as it was exported",
            raws.len()
        )),
        "{report}"
    );
    let (again, octets) = inside(&other);
    assert_eq!(octets, raws);
    for (table, rows) in &rows {
        assert_eq!(again[table], *rows, "{table}");
    }

    // It is found and shown there, and new mail comes after it.
    let appliance = other.serve();
    let mut owner = Visitor::owner(&appliance);
    let found = owner.get("/search?q=marmalade");
    assert!(found.body.contains("by the door"), "{}", found.body);
    assert!(owner.get("/search?q=tag:ete_2024").body.contains("labelled"));
    assert!(owner.get("/contacts").body.contains("Zoé"));
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    let message = "From: zoe@x.test\r\nTo: me@home.test\r\nSubject: afterwards\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <after@x.test>\r\n\r\nx\r\n";
    assert_eq!(sender.send("zoe@x.test", "me@home.test", message).unwrap(), 250);
    assert!(owner.get("/").body.contains("afterwards"));
    drop(owner);
    assert!(appliance.terminate());

    // Into a box where something is, only the mail that is not there, and nothing twice.
    let (_, report, _) = import_with(&other, &other.secret, &[&archive], &[]);
    assert!(
        report.starts_with(&format!("read {0}, kept 0, already there {0}, skipped 0", raws.len())),
        "{report}"
    );
    assert_eq!(inside(&other).1.len(), raws.len() + 1);
}

#[test]
fn what_comes_before_an_export_in_the_same_go_is_not_written_over() {
    let folder = furnished();
    let archive = folder.data.with_file_name("all.zip");
    let (code, said) = export(&folder, &archive);
    assert_eq!(code, 0, "{said}");
    let raws = inside(&folder).1;
    let other = Folder::make();
    let before = other.data.with_file_name("before.eml");
    let letter = "From: early@x.test\nTo: me@home.test\nSubject: early\nMessage-ID: <early@x.test>\n\nfirst\n";
    std::fs::write(&before, letter).unwrap();
    let (code, report, said) = import_with(&other, &other.secret, &[&before, &archive], &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    assert!(!report.contains("the box is as it was exported"), "{report}");
    let all = inside(&other).1;
    assert_eq!(all.len(), raws.len() + 1, "{report}");
    assert!(all.values().any(|raw| raw == letter.as_bytes()), "{report}");
}

/// An archive as Google Takeout makes it, and what else a person may put into one.
fn takeout() -> Vec<u8> {
    let from = "From 1772528400@xxx Tue Mar 03 09:00:00 +0000 2026\r\n";
    let message = |n: usize, labels: &str| {
        format!(
            "{from}X-GM-THRID: {n}\r\nX-Gmail-Labels: {labels}\r\nFrom: list{n}@x.test\r\nTo: me@home.test\r\nSubject: number {n}\r\n\
             Date: Tue, 3 Mar 2026 09:00:00 +0000\r\nMessage-ID: <{n}@x.test>\r\n\r\nbody {n}\r\n\r\n"
        )
    };
    let mut archive = Archive::new(Vec::new());
    let mut part = archive.stream("Takeout/Mail/All mail Including Spam and Trash.mbox").unwrap();
    for n in 0..300 {
        let labels = match n % 3 {
            0 => "Inbox,Unread,Work",
            1 => "Sent,Opened",
            _ => "=?UTF-8?Q?Archiv=C3=A9,Caf=C3=A9?=",
        };
        part.write_all(message(n, labels).as_bytes()).unwrap();
    }
    for (n, labels) in [(900, "Spam,Unread"), (901, "Trash,Opened"), (902, "Starred,Opened")] {
        part.write_all(message(n, labels).as_bytes()).unwrap();
    }
    part.end().unwrap();
    archive
        .add(
            "Takeout/Contacts/All.vcf",
            b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Dan\r\nEMAIL:dan@x.test\r\nEND:VCARD\r\n",
        )
        .unwrap();
    archive.add("Takeout/archive_browser.html", b"<html>").unwrap();
    archive.add("__MACOSX/._x", b"From nobody").unwrap();
    archive
        .add(
            "box/cur/1.x.host:2,S",
            b"From: a@x.test\nSubject: seen\nMessage-ID: <s@x.test>\n\nx\n",
        )
        .unwrap();
    archive
        .add("box/new/2.x.host", b"From: a@x.test\nSubject: new\nMessage-ID: <n@x.test>\n\nx\n")
        .unwrap();
    archive.add("inner.zip", b"PK\x03\x04 and so on").unwrap();
    archive.end().unwrap()
}

#[test]
fn an_archive_comes_by_upload_and_says_what_became_of_it() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let token = owner.get("/settings/import").token().to_owned();
    let archive = takeout();
    let part = |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let request = |owner: &Visitor, token: Option<&str>, name: &str, content: &[u8]| {
        let mut body = token.map(|token| part("token", token)).unwrap_or_default().into_bytes();
        body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").bytes());
        body.extend(content);
        body.extend(b"\r\n--b--\r\n");
        let cookies: Vec<String> = owner.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let head = format!(
            "POST /settings/import HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n",
            owner.to,
            cookies.join("; "),
            body.len()
        );
        (head.into_bytes(), body)
    };
    let upload = |owner: &mut Visitor, token: Option<&str>, content: &[u8]| {
        let (head, body) = request(owner, token, "takeout.zip", content);
        let mut stream = TcpStream::connect(owner.to).unwrap();
        stream.write_all(&head).unwrap();
        // A door that refuses early closes early.
        let _ = stream.write_all(&body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    assert!(
        upload(&mut owner, None, &archive).contains(" 403 "),
        "without its token nothing is read"
    );
    assert!(upload(&mut owner, Some(&token), &archive).contains(" 303 "));
    let ended = |owner: &mut Visitor| {
        let mut page = owner.get("/settings/import");
        while page.body.contains("<progress") {
            std::thread::yield_now();
            page = owner.get("/settings/import");
        }
        page.body
    };
    let page = ended(&mut owner);
    for line in [
        "304 messages taken in",
        "1 new contact",
        "3 passed over",
        "1 message that its program had deleted",
        "archive_browser.html",
        "inner.zip",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    assert!(owner.get("/search?q=tag:work").body.contains("number "));
    assert!(owner.get("/search?q=tag:cafe").body.contains("number "));
    assert!(!owner.get("/settings/tags").body.contains("Inbox"));
    let found = |owner: &mut Visitor, query: &str| owner.get(&format!("/search?q={query}")).body;
    assert!(found(&mut owner, "tag:spam").contains("number 900") && found(&mut owner, "is:starred").contains("number 902"));
    assert!(!found(&mut owner, "subject:901").contains("number 901"), "it was thrown away");
    assert!(upload(&mut owner, Some(&token), &archive).contains(" 303 "));
    let page = ended(&mut owner);
    assert!(page.contains("0 message") && page.contains("304 were here already"), "{page}");
    assert!(owner.get("/journal").body.contains("Brought something from elsewhere"));
    // Half of an archive is what it is.
    assert!(upload(&mut owner, Some(&token), &archive[..archive.len() / 2]).contains(" 303 "));
    assert!(ended(&mut owner).contains("break off"));
    // A browser that goes away in the middle brought no message, and nothing that would pass for one.
    let long = format!(
        "From: a@x.test\nSubject: half a letter\nMessage-ID: <half@x.test>\n\n{}",
        "line\n".repeat(20_000)
    );
    let (head, body) = request(&owner, Some(&token), "letter.eml", long.as_bytes());
    let mut stream = TcpStream::connect(owner.to).unwrap();
    stream.write_all(&head).unwrap();
    stream.write_all(&body[..body.len() / 2]).unwrap();
    drop(stream);
    let page = loop {
        let page = ended(&mut owner);
        if !page.contains("takeout.zip") {
            break page;
        }
        std::thread::yield_now();
    };
    assert!(page.contains("breaks off") && page.contains("letter.eml"), "{page}");
    assert!(!owner.get("/search?q=subject:half").body.contains("half a letter"));
}

#[test]
fn everything_is_taken_out_by_the_pages_with_the_passphrase_only() {
    let folder = furnished();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let token = owner.get("/settings/export").token().to_owned();
    let form = |passphrase: &str| {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("token", token.as_str()), ("passphrase", passphrase)])
            .finish()
    };
    assert_eq!(owner.post("/settings/export", "", &form("not it")).status, 422);
    let ready = owner.post("/settings/export", "", &form(PASSPHRASE));
    assert_eq!(ready.status, 303);
    let to = ready.header("location").unwrap().split('#').next().unwrap().to_owned();
    let page = owner.get(&to);
    let ticket = page
        .body
        .split_once("href=\"/settings/export/")
        .unwrap()
        .1
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(owner.ask("HEAD", &format!("/settings/export/{ticket}"), "", "").status, 303);
    let fetch = |owner: &Visitor| {
        let cookies: Vec<String> = owner.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut stream = TcpStream::connect(owner.to).unwrap();
        let request = format!(
            "GET /settings/export/{ticket} HTTP/1.0\r\nHost: {}\r\nCookie: {}\r\n\r\n",
            owner.to,
            cookies.join("; ")
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let at = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
        (String::from_utf8_lossy(&answer[..at]).into_owned(), answer[at + 4..].to_vec())
    };
    let (head, archive) = fetch(&owner);
    assert!(head.contains(" 200 ") && head.contains("application/zip"), "{head}");
    let files = unpacked(&archive);
    assert!(files.contains_key("manifest.json") && files.contains_key("contacts.vcf"));
    assert!(files.keys().any(|name| name.ends_with(".secret.asc")));
    let (head, _) = fetch(&owner);
    assert!(head.contains(" 303 "), "once: {head}");
    assert!(owner.get("/journal").body.contains("Took everything out in one archive"));
}

#[test]
fn a_ring_of_other_peoples_keys_is_brought_each_to_its_person() {
    let folder = Folder::make();
    let secret = |address: &str| SecretKey::make(&Address::parse(address).unwrap(), Clock::system().now()).unwrap();
    let (ann, bob) = (secret("ann@x.test").certificate(), secret("bob@x.test").certificate());
    let ring = folder.data.with_file_name("people.asc");
    std::fs::write(&ring, ann.armored() + &bob.armored()).unwrap();
    let binary = folder.data.with_file_name("ring.gpg");
    std::fs::write(&binary, [ann.octets(), bob.octets()].concat()).unwrap();
    let (code, report, said) = import_with(&folder, &folder.secret, &[&ring], &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    assert!(report.contains("keys: brought 2"), "{report}");
    let (code, report, said) = import_with(&folder, &folder.secret, &[&binary], &[]);
    assert_eq!(
        (code, said.as_str()),
        (0, ""),
        "the same as a program exports it without armor: {report}"
    );
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    for (address, key) in [("ann@x.test", &ann), ("bob@x.test", &bob)] {
        let page = owner.get(&format!("/settings/keys/people/{address}")).body;
        let groups = key.fingerprint().groups();
        assert!(groups.iter().all(|group| page.contains(group)), "{address}: {page}");
    }
}

#[test]
fn a_ring_is_brought_whole_and_what_is_not_is_said() {
    let folder = Folder::make();
    let now = Clock::system().now();
    let secret = |address: &str| SecretKey::make(&Address::parse(address).unwrap(), now).unwrap();
    // More than are read of what a stranger sends, and the owner's own among them.
    let own = secret("me@home.test");
    let many: Vec<SecretKey> = (0..210).map(|n| secret(&format!("p{n}@x.test"))).collect();
    let mut ring: String = many.iter().map(|key| key.certificate().armored()).collect();
    ring += &own.certificate().armored();
    ring += &own.armored(Some(PASSPHRASE)).unwrap();
    let path = folder.data.with_file_name("all.asc");
    std::fs::write(&path, ring).unwrap();
    let own_keys = || {
        let vault = Vault::locked(&folder.data);
        vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap();
        let many = {
            let snapshot = Snapshot::of(&vault.open().unwrap()).unwrap();
            (snapshot.own_keys().unwrap().len() as u64, snapshot.row_count("peer_keys").unwrap())
        };
        vault.lock();
        many
    };
    let before = own_keys();
    let (code, report, said) = import_with(&folder, &folder.secret, &[&path], &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    assert!(report.contains("keys: brought 211"), "{report}");
    assert_eq!(own_keys(), (before.0 + 1, before.1 + 210));
    let (_, report, _) = import_with(&folder, &folder.secret, &[&path], &[]);
    assert!(!report.contains("keys:"), "they are here already: {report}");
    assert_eq!(own_keys(), (before.0 + 1, before.1 + 210));
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_was() {
    let folder = Folder::make();
    let mailbox = folder.data.with_file_name("years.mbox");
    let mut text = String::new();
    for n in 0..300 {
        // What cannot be packed, so that the store grows as it is taken in.
        let noise: String = (0..256)
            .flat_map(|k| sha256(format!("{n} {k}").as_bytes()))
            .map(|octet| format!("{octet:02x}"))
            .collect();
        text += &format!(
            "From x Tue Mar  3 09:00:00 2026\nFrom: a{n}@x.test\nTo: me@home.test\nSubject: number {n}\nMessage-ID: <{n}@x.test>\n\n{noise}\n\n"
        );
    }
    std::fs::write(&mailbox, text).unwrap();
    let size = |folder: &Folder| -> u64 {
        let files = std::fs::read_dir(&folder.data).unwrap();
        files.map(|file| file.unwrap().metadata().map_or(0, |about| about.len())).sum()
    };
    let before = size(&folder);
    let mut command = caliopen();
    command.args(["import", "--data"]).arg(&folder.data);
    command.arg("--unlock-with").arg(&folder.secret).arg(&mailbox);
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while size(&folder) < before + 1024 * 1024 && running.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    running.kill().unwrap();
    running.wait().unwrap();
    let here = inside(&folder).1.len();
    let (code, report, said) = import_with(&folder, &folder.secret, &[&mailbox], &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    let all = format!("read 300, kept {}, already there {here}, skipped 0", 300 - here);
    assert!(report.starts_with(&all), "{all}: {report}");
    assert_eq!(inside(&folder).1.len(), 300);
}

/// Has a discussion held to an envelope by a message that came in one; or lets the box have its row as it was when that was not
/// written in it.
fn hold(folder: &Folder, written: bool) {
    let vault = Vault::locked(&folder.data);
    vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap();
    let open = vault.open().unwrap();
    let snapshot = Snapshot::of(&open).unwrap();
    let (id, mut row) = snapshot.timeline(0, 1).unwrap().remove(0);
    let (came, mut message) = snapshot.discussed(id, 0, 1).unwrap().remove(0);
    message.padlock = 2;
    row.ratchet = Ratchet::default();
    if written {
        row.ratchet.met((message.received, came), Direction::In, message.padlock);
    }
    let writing = open.writer.write(move |tables| {
        tables.messages.insert(came, message.encode(came)?.as_slice())?;
        tables.discussions.insert(id, row.encode(id)?.as_slice())?;
        Ok(())
    });
    tokio::runtime::Runtime::new().unwrap().block_on(writing).unwrap();
}

#[test]
fn an_export_of_an_earlier_version_is_taken_in_whole_and_of_a_later_one_its_mail() {
    let folder = furnished();
    hold(&folder, true);
    let (rows, raws) = inside(&folder);
    hold(&folder, false);
    assert!(inside(&folder).0["discussions"] != rows["discussions"]);
    let archive = folder.data.with_file_name("all.zip");
    let (code, said) = export(&folder, &archive);
    assert_eq!(code, 0, "{said}");
    let mut files = Vec::new();
    each(std::fs::read(&archive).unwrap().as_slice(), |event| {
        if let Event::File(name, content) = event {
            let mut all = Vec::new();
            content.read_to_end(&mut all).unwrap();
            files.push((name.to_owned(), all));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    let written = |schema: u16, without: &[&str]| {
        let mut out = Archive::new(Vec::new());
        for (name, octets) in &files {
            if without.contains(&name.as_str()) {
                continue;
            }
            if name == "manifest.json" {
                let mut manifest: serde_json::Value = serde_json::from_slice(octets).unwrap();
                assert_eq!(manifest["schema"], VERSION);
                manifest["schema"] = schema.into();
                out.add(name, manifest.to_string().as_bytes()).unwrap();
            } else {
                out.add(name, octets).unwrap();
            }
        }
        let path = folder.data.with_file_name(format!("schema-{schema}.zip"));
        std::fs::write(&path, out.end().unwrap()).unwrap();
        path
    };
    // As it was before searches could be kept: that table is not in it.
    let earlier = written(15, &["rows/views.jsonl"]);
    let other = Folder::make();
    let (code, report, said) = import_with(&other, &other.secret, &[&earlier], &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    assert!(report.contains("the box is as it was exported"), "{report}");
    let (again, octets) = inside(&other);
    assert_eq!(octets, raws);
    for (table, rows) in &rows {
        assert_eq!(again[table], *rows, "{table}");
    }
    let later = written(VERSION + 1, &[]);
    let other = Folder::make();
    let (code, report, said) = import_with(&other, &other.secret, &[&later], &[]);
    assert!(
        report.contains("of a newer version: mail, cards and keys only"),
        "{code} {report}{said}"
    );
    assert!(!report.contains("the box is as it was exported"), "{report}");
    assert_eq!(inside(&other).1.len(), raws.len(), "the mail is taken in all the same");
}

#[test]
fn what_waited_in_the_other_box_does_not_leave_from_this_one() {
    let folder = Folder::make();
    let (code, report, said) = import_with(&folder, &folder.secret, &[&fixture("mboxrd.mbox")], &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    let message = waits(&folder.data);
    let archive = folder.data.with_file_name("all.zip");
    let (code, said) = export(&folder, &archive);
    assert_eq!(code, 0, "{said}");
    let other = Folder::make();
    let (code, report, said) = import_with(&other, &other.secret, &[&archive], &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{report}");
    nobody_knows(&other.data, message);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_breaks_off_does_not_end_like_a_whole_one() {
    let home = Home::make(Time(1_795_000_000), Dns::nobody().into());
    for n in 0..10 {
        // What cannot be packed.
        let noise: String = (0..6_000)
            .flat_map(|k| sha256(format!("{n} {k}").as_bytes()))
            .map(|octet| format!("{octet:02x}"))
            .collect();
        let raw = format!("From: a@x.test\r\nTo: me@home.test\r\nSubject: {n}\r\nMessage-ID: <{n}@x.test>\r\n\r\n{noise}\r\n");
        home.services.receive.import(raw.into_bytes(), None, true).await.unwrap().unwrap();
    }
    for breaks in [false, true] {
        let ticket = home.services.export.prepare("a word of its own").unwrap();
        let mut archive = home.services.export.fetch(&ticket, Lang::En).unwrap().unwrap();
        let first = archive.recv().await.unwrap();
        assert!(first.is_ok());
        if breaks {
            home.vault.lock();
        }
        let mut rest = Vec::new();
        while let Some(piece) = archive.recv().await {
            rest.push(piece.map(|piece| piece.len()));
        }
        assert!(archive.recv().await.is_none());
        let last = rest.pop().unwrap();
        assert_eq!(last.is_err(), breaks, "{rest:?}");
        assert!(rest.iter().all(Result::is_ok));
        // However steadily somebody takes it, a locked box gives out no more than was on its way.
        assert_eq!(rest.len() < 15, breaks, "{}", rest.len());
    }
}
