//! The first run, from an empty folder to a received message: by forms alone, cut off at every step, and with somebody
//! who does not know the code.

use crate::{
    appliance::{Appliance, Sender, caliopen},
    web::{Answer, Visitor, form},
};
use std::{ffi::OsStr, path::Path, process::Stdio};

const WORDS: &str = "four hens dance on the green roof";

/// Starts a box over this folder; trying a passphrase costs it nothing.
pub fn start(data: &Path) -> Appliance {
    let more = ["--trying-ms", "0"].map(OsStr::new);
    Appliance::start_with(data, None, &more)
}

/// The code that stands in the folder.
fn code(data: &Path) -> String {
    let told = std::fs::read_to_string(data.join("claim")).unwrap();
    told.lines().next().unwrap().to_owned()
}

fn leads(answer: &Answer, to: &str) {
    assert_eq!((answer.status, answer.header("location")), (303, Some(to)), "{}", answer.body);
}

fn claim(visitor: &mut Visitor, data: &Path, to: &str) {
    leads(&visitor.submit("/setup/claim", "/setup/claim", &[("code", &code(data))]), to);
}

/// The power goes, and comes back; the browser is the same one.
fn again(appliance: Appliance, data: &Path) -> (Appliance, Visitor) {
    appliance.kill();
    let appliance = start(data);
    let visitor = Visitor::new(&appliance);
    (appliance, visitor)
}

#[test]
fn from_an_empty_folder_to_a_message_with_the_power_gone_at_every_step() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let appliance = start(data);
    let mut visitor = Visitor::new(&appliance);
    for path in ["/", "/setup", "/sign-in", "/setup/owner", "/setup/domain"] {
        leads(&visitor.get(path), "/setup/claim");
    }
    assert_eq!(visitor.get("/settings/security").status, 404);
    let first = code(data);

    let (appliance, mut visitor) = again(appliance, data);
    assert_ne!(code(data), first, "another start, another code");
    assert_eq!(
        visitor.submit("/setup/claim", "/setup/claim", &[("code", &first)]).status,
        422,
        "the old one is dead"
    );
    claim(&mut visitor, data, "/setup/language");
    leads(&visitor.get("/setup/owner"), "/setup/language");
    let chosen = visitor.submit("/setup/language", "/setup/language", &[("lang", "fr")]);
    leads(&chosen, "/setup/domain");
    assert!(visitor.get("/setup/domain").body.contains("Votre adresse"));
    assert!(Sender::connect(appliance.smtp).is_err(), "nobody lives here yet");

    let (appliance, mut visitor) = again(appliance, data);
    claim(&mut visitor, data, "/setup/domain");
    for (domain, local, field, sentence) in [
        ("no domain", "me", "no domain", "no domain name"),
        ("home.test", "a b", "a b", "cannot stand before an @"),
    ] {
        let refused = visitor.submit("/setup/domain", "/setup/domain", &[("domain", domain), ("local", local)]);
        assert_eq!(refused.status, 422);
        assert!(
            refused.body.contains(sentence) && refused.body.contains(&format!("value=\"{field}\"")),
            "{}",
            refused.body
        );
    }
    leads(
        &visitor.submit("/setup/domain", "/setup/domain", &[("domain", "Home.test."), ("local", "me")]),
        "/setup/reach",
    );

    // How it stands in the world is shown, and nothing of it must be right to go on.
    let mut appliance = appliance;
    for (step, next) in [("reach", "records"), ("records", "certificate")] {
        (appliance, visitor) = again(appliance, data);
        let path = format!("/setup/{step}");
        claim(&mut visitor, data, &path);
        assert!(visitor.get(&path).body.contains("Not looked at yet") || step == "records");
        leads(&visitor.submit(&path, &path, &[("do", "look")]), &path);
        assert!(visitor.get(&path).body.contains("Looked at"), "{step}");
        leads(&visitor.submit(&path, &path, &[("do", "next")]), &format!("/setup/{next}"));
    }
    let zone = visitor.get("/setup/zone");
    assert!(zone.status == 200 && zone.body.contains("v=spf1"), "{}", zone.body);
    (appliance, visitor) = again(appliance, data);
    claim(&mut visitor, data, "/setup/certificate");
    assert!(
        visitor.get("/setup/certificate").body.contains("value=\"terms\""),
        "nothing is asked of an authority by itself"
    );
    let asked = visitor.submit("/setup/certificate", "/setup/certificate", &[("do", "terms")]);
    assert!(asked.status == 422 && asked.body.contains("could not be reached"), "{}", asked.body);
    leads(
        &visitor.submit("/setup/certificate", "/setup/certificate", &[("do", "next")]),
        "/setup/owner",
    );

    let (appliance, mut visitor) = again(appliance, data);
    claim(&mut visitor, data, "/setup/owner");
    assert!(visitor.get("/setup/owner").body.contains("me@home.test"));
    assert_eq!(visitor.get("/setup/domain").status, 200, "it can be mended");
    for (one, other, sentence) in [(WORDS, "four hens", "not the same"), ("password1", "password1", "guessed too soon")] {
        let refused = visitor.submit("/setup/owner", "/setup/owner", &[("passphrase", one), ("again", other)]);
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains(sentence) && !refused.body.contains(one), "{}", refused.body);
    }
    leads(
        &visitor.submit("/setup/owner", "/setup/owner", &[("passphrase", WORDS), ("again", WORDS)]),
        "/setup/sheet",
    );
    assert!(!data.join("claim").exists());
    let devices = visitor.get("/devices");
    assert!(
        devices.status == 200 && !devices.body.contains("not verified"),
        "the owner's browser is let in"
    );
    let sheet = visitor.get("/settings/recovery/sheet").body;
    let groups: Vec<&str> = sheet
        .split("<code>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap())
        .take(8)
        .collect();
    let page = visitor.get("/setup/sheet").body;
    let (_, asked) = page.split_once("number ").expect("which groups");
    let number = |text: &str| {
        text.chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse::<usize>()
            .unwrap()
    };
    let (one, other) = (number(asked), number(asked.split_once("number ").unwrap().1));
    assert_eq!(
        visitor
            .submit("/setup/sheet", "/setup/sheet", &[("g1", "XXXX"), ("g2", "XXXX")])
            .status,
        422
    );
    let proof = visitor.submit(
        "/setup/sheet",
        "/setup/sheet",
        &[("g1", groups[one - 1]), ("g2", groups[other - 1])],
    );
    leads(&proof, "/setup");
    leads(&visitor.get("/setup"), "/setup/relay");
    assert!(visitor.get("/").body.contains("not quite set up"));

    // Behind the vault the passphrase is what one comes back with.
    let (appliance, mut visitor) = again(appliance, data);
    assert_eq!(visitor.get("/setup/claim").status, 404);
    leads(&visitor.get("/setup"), "/sign-in?next=%2Fsetup");
    leads(&visitor.sign_in(WORDS, "/setup"), "/setup");
    leads(&visitor.get("/setup/message"), "/setup/relay");
    assert!(visitor.get("/setup/relay").body.contains("/settings/sending"));
    leads(&visitor.submit("/setup/relay", "/setup/relay", &[("do", "next")]), "/setup");
    leads(&visitor.get("/setup"), "/setup/key");
    assert!(visitor.get("/setup/key").body.contains("aria-label=\"Fingerprint\""));
    leads(&visitor.submit("/setup/key", "/setup/key", &[]), "/setup");
    // The box itself has written about the browsers that came since.
    assert_eq!(visitor.get("/setup/message").status, 200);
    crate::web::deliver(&appliance, "Eve <eve@x.test>", "Hello", "Message-ID: <1@x.test>\r\n\r\nHello\r\n");
    assert!(visitor.get("/setup/message").body.contains("arrived"));
    leads(&visitor.submit("/setup/message", "/setup/message", &[]), "/");
    assert!(visitor.get("/").body.contains("Hello"));
    leads(&visitor.get("/setup"), "/");

    let (_appliance, mut visitor) = again(appliance, data);
    leads(&visitor.sign_in(WORDS, "/"), "/");
    assert!(!visitor.get("/").body.contains("not quite set up"));
}

#[test]
fn whoever_does_not_know_the_code_waits() {
    let folder = tempfile::tempdir().unwrap();
    let appliance = start(folder.path());
    let mut stranger = Visitor::new(&appliance);
    for _ in 0..5 {
        let wrong = stranger.submit("/setup/claim", "/setup/claim", &[("code", "AAAA-BBBB-CCCC")]);
        assert_eq!(wrong.status, 422);
        assert!(
            wrong.body.contains("That is not the code") && wrong.body.contains("AAAA-BBBB-CCCC"),
            "what was typed stays"
        );
    }
    let right = code(folder.path());
    assert_eq!(stranger.submit("/setup/claim", "/setup/claim", &[("code", &right)]).status, 429);
    leads(&stranger.get("/setup/domain"), "/setup/claim");
    // A form without its token, or from elsewhere, is none.
    assert_eq!(stranger.post("/setup/claim", "", "token=guess&code=x").status, 303);
    let token = stranger.get("/setup/claim").token().to_owned();
    let from = "Origin: https://evil.test\r\nSec-Fetch-Site: cross-site\r\n";
    assert_eq!(
        stranger
            .post("/setup/claim", from, &form(&[("token", &token), ("code", &right)]))
            .status,
        403
    );
}

#[test]
fn a_script_makes_one_in_the_terminal_and_a_running_one_shows_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let (data, secret) = (folder.path().join("data"), folder.path().join("passphrase"));
    std::fs::write(&secret, format!("{WORDS}\n")).unwrap();
    let setup = |more: &[&str]| {
        let mut command = caliopen();
        command.args(["setup", "--trying-ms", "0", "--data"]).arg(&data).args(more);
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, _, said) = setup(&[]);
    assert!(code == Some(2) && said.contains("--language"), "{said}");
    let (code, _, said) = setup(&["--language", "en", "--domain", "no domain", "--name", "me"]);
    assert!(code == Some(65) && said.contains("no domain"), "{said}");

    let appliance = start(&data);
    let (code, shown, _) = setup(&["--show-code"]);
    assert_eq!((code, shown.lines().next()), (Some(0), Some(self::code(&data).as_str())));
    assert_eq!(setup(&["--language", "en"]).0, Some(75), "it is running");
    appliance.kill();

    let secret = secret.to_str().unwrap();
    // Begun with other words, and broken off: what is said later counts.
    let (code, _, said) = setup(&["--language", "en", "--domain", "other.test", "--name", "you"]);
    assert!(code == Some(2) && said.contains("--passphrase-file"), "{said}");
    let all = [
        "--language",
        "fr",
        "--domain",
        "home.test",
        "--name",
        "me",
        "--passphrase-file",
        secret,
    ];
    let (code, recovery, said) = setup(&all);
    assert_eq!((code, recovery.trim().split('-').count()), (Some(0), 8), "{said}");
    assert!(said.contains("me@home.test") && !said.contains(WORDS), "{said}");
    assert_eq!((setup(&all).0, setup(&["--show-code"]).0), (Some(73), Some(66)));
    let appliance = start(&data);
    let mut visitor = Visitor::new(&appliance);
    leads(&visitor.sign_in(WORDS, "/setup"), "/setup");
    leads(&visitor.get("/setup"), "/setup/sheet");
}

#[test]
fn a_folder_in_which_a_box_lost_its_slots_is_not_anybodys_to_claim() {
    let folder = crate::appliance::Folder::make();
    std::fs::remove_file(folder.data.join("slots.json")).unwrap();
    let output = caliopen()
        .args(["serve", "--smtp", "127.0.0.1:0", "--data"])
        .arg(&folder.data)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(66), "{}", String::from_utf8_lossy(&output.stderr));
}
