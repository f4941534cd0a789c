//! What may do harm is seen when it arrives, told when it is read, and handed out only to whoever says
//! that they want it.

use crate::{
    appliance::{Appliance, Folder, OWNER, Sender},
    web::Visitor,
};
use std::{
    io::{Read, Write},
    os::unix::net::UnixListener,
};

/// The scanners' test file, in two halves.
const EICAR: [&str; 2] = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-", "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];

fn with_file(from: &str, name: &str, content: &str) -> String {
    format!(
        "From: {from}\r\nTo: {OWNER}\r\nSubject: {name}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/octet-stream\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n--b--\r\n"
    )
}

#[test]
fn a_dangerous_file_is_told_and_given_only_to_who_says_yes() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    let eicar = EICAR.concat();
    let letter = "Subject: a name\r\nReply-To: other@elsewhere.test\r\n\r\nhello";
    for message in [
        with_file("Ben <ben@x.test>", "plan.txt", "a plan"),
        with_file("Ben <ben@x.test>", "photo.jpg.txt", &eicar),
        with_file("Ben <ben@x.test>", "holiday.pdf.exe", "not a program at all"),
        format!("From: \"me@bank.test\" <eve@x.test>\r\nTo: {OWNER}\r\n{letter}"),
    ] {
        assert_eq!(sender.send("b@x.test", OWNER, &message).unwrap(), 250);
    }
    let mut owner = Visitor::owner(&appliance);

    let plain = owner.get("/messages/1");
    assert!(!plain.body.contains("Be careful") && plain.body.contains("/messages/1/parts/2\" download"));
    let file = owner.get("/messages/1/parts/2");
    assert_eq!((file.status, file.body.as_str()), (200, "a plan"));

    let told = owner.get("/messages/2");
    assert!(
        told.body.contains("It is EICAR") && told.body.contains("Look first"),
        "{}",
        told.body
    );
    assert!(
        !told.body.contains("/messages/2/parts/2\" download"),
        "a step is a page, not a file"
    );
    for path in [
        "/messages/2/parts/2",
        "/messages/2/parts/2/save",
        "/messages/2/parts/2/save?ticket=0",
    ] {
        let step = owner.get(path);
        assert_eq!(
            (step.status, step.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "{path}"
        );
        assert!(
            step.body.contains("Before you save this file") && !step.body.contains(&eicar),
            "{path}"
        );
        assert!(step.body.contains("Save it anyway"), "{path}");
    }
    owner.lang = "fr";
    assert!(owner.get("/messages/2/parts/2").body.contains("L’enregistrer quand même"));
    owner.lang = "en";

    assert_eq!(owner.post("/messages/2/parts/2", "", "token=guess").status, 403);
    let token = format!("token={}", owner.get("/messages/2/parts/2").token());
    assert_eq!(owner.post("/messages/2/parts/9", "", &token).status, 404);
    let yes = owner.post("/messages/2/parts/2", "", &token);
    assert_eq!(yes.status, 303);
    let ticket = yes.header("location").unwrap().to_owned();
    let elsewhere = ticket.replace("/messages/2/", "/messages/3/");
    assert!(
        owner.get(&elsewhere).body.contains("Before you save this file"),
        "it is for one file"
    );
    assert!(
        Visitor::owner(&appliance).get(&ticket).body.contains("Before you save this file"),
        "and one session"
    );
    assert_eq!(owner.ask("HEAD", &ticket, "", "").status, 200);
    let file = owner.get(&ticket);
    assert_eq!((file.status, file.body.as_str()), (200, eicar.as_str()));
    assert!(
        file.header("content-disposition")
            .unwrap()
            .starts_with("attachment; filename=\"photo.jpg.txt\"")
    );
    assert_eq!(file.header("content-type"), Some("application/octet-stream"));
    assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(file.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    assert!(owner.get(&ticket).body.contains("Before you save this file"), "once");

    let program = owner.get("/messages/3");
    assert!(program.body.contains("It is a program.") && program.body.contains("harmless-looking ending"));
    let pretender = owner.get("/messages/4").body;
    assert!(pretender.contains("shows the address “me@bank.test”") && pretender.contains("but to “other@elsewhere.test”"));
}

#[test]
fn a_scanner_of_the_owners_is_asked_and_its_silence_holds_nothing_up() {
    let folder = Folder::make();
    let sockets = tempfile::tempdir().unwrap();
    let socket = sockets.path().join("clamd.ctl");
    let listener = UnixListener::bind(&socket).unwrap();
    // One conversation as ClamAV has it, and then it is gone.
    let daemon = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        let mut command = [0; 10];
        stream.read_exact(&mut command).unwrap();
        assert_eq!(&command, b"zINSTREAM\0");
        let mut whole = Vec::new();
        loop {
            let mut length = [0; 4];
            stream.read_exact(&mut length).unwrap();
            let length = u32::from_be_bytes(length) as usize;
            if length == 0 {
                break;
            }
            let start = whole.len();
            whole.resize(start + length, 0);
            stream.read_exact(&mut whole[start..]).unwrap();
        }
        stream.write_all(b"stream: Some.Worm-7 FOUND\0").unwrap();
        whole
    });
    let more = ["--clamd".as_ref(), socket.as_os_str()];
    let appliance = Appliance::start_with(&folder.data, Some(&folder.secret), &more);
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    let message = with_file("Ben <ben@x.test>", "plan.txt", "a plan");
    assert_eq!(sender.send("b@x.test", OWNER, &message).unwrap(), 250);
    let scanned = String::from_utf8(daemon.join().unwrap()).unwrap();
    assert!(
        scanned.contains("a plan") && scanned.starts_with("Received: from "),
        "all of it was shown"
    );
    assert_eq!(sender.send("b@x.test", OWNER, &message).unwrap(), 250);

    let mut owner = Visitor::owner(&appliance);
    let found = owner.get("/messages/1").body;
    assert!(found.contains("A virus was found in it: “Some.Worm-7”"), "{found}");
    assert!(
        owner.get("/messages/1/parts/2").body.contains("Some.Worm-7"),
        "the step says so too"
    );
    let silent = owner.get("/messages/2").body;
    assert!(silent.contains("did not answer when this message came"));
    assert_eq!(owner.get("/messages/2/parts/2").body, "a plan", "not known is no danger");
}
