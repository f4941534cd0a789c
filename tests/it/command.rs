//! The command line as somebody meets it who believes nothing: what it says of folders that hold no box, of files that hold
//! no secret, of a place that takes no answer; and how a box ends while it is in the middle of something.

use crate::{
    appliance::{Appliance, Demo, Folder, PASSPHRASE, caliopen},
    web::Visitor,
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, File},
    path::Path,
    process::Stdio,
    time::Duration,
};

/// The exit code and what stood on stdout and stderr.
fn run(args: &[&str], to: Stdio) -> (Option<i32>, String, String) {
    let output = caliopen().args(args).stdin(Stdio::null()).stdout(to).output().unwrap();
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_folder_that_is_no_box_is_called_what_it_is() {
    let folder = Folder::make();
    let beside = folder.data.parent().unwrap();
    let (empty, missing) = (beside.join("empty"), beside.join("missing"));
    fs::create_dir(&empty).unwrap();
    let check = |data: &Path| run(&["check", "--dns", "none", "--data", text(data)], Stdio::piped());
    let (code, _, said) = check(&empty);
    assert_eq!((code, said.as_str()), (Some(66), "caliopen: there is no mailbox in that folder\n"));
    for none in [&missing, &folder.secret] {
        let (code, _, said) = check(none);
        assert!(code == Some(66) && said.contains("there is no such folder"), "{code:?} {said}");
    }
    fs::remove_file(folder.data.join("slots.json")).unwrap();
    let (code, _, said) = check(&folder.data);
    assert!(code == Some(66) && said.contains("slots.json"), "{code:?} {said}");
}

#[test]
fn a_file_that_holds_no_secret_is_refused_and_never_read_to_an_end_that_it_has_not() {
    let folder = Folder::make();
    let other = folder.data.parent().unwrap().join("other");
    let export = |secret: &str| {
        let args = ["contacts", "export", "--data", text(&folder.data), "--unlock-with", secret];
        run(&args, Stdio::piped())
    };
    assert_eq!(export("/dev/zero").0, Some(65), "it has no end");
    fs::write(&other, b"caf\xe9\n").unwrap();
    assert_eq!(export(text(&other)).0, Some(65), "it is not UTF-8");
    assert_eq!(export(text(&folder.data)).0, Some(66), "it is a folder");
    fs::write(&other, [PASSPHRASE.as_bytes(), b"\r\n\xe9"].concat()).unwrap();
    assert_eq!(export(text(&other)).0, Some(0), "only the first line counts");
}

#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let folder = Folder::make();
    let beside = folder.data.parent().unwrap();
    let cards = beside.join("book.vcf");
    fs::write(&cards, "BEGIN:VCARD\nVERSION:3.0\nFN:Eve\nEMAIL:eve@x.test\nEND:VCARD\n").unwrap();
    let of = ["--data", text(&folder.data), "--unlock-with", text(&folder.secret)];
    let bring = [&["contacts", "import"], of.as_slice(), &[text(&cards)]].concat();
    assert_eq!(run(&bring, Stdio::piped()).0, Some(0));
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let mail = beside.join("mail.eml");
    fs::write(&mail, "From: eve@x.test\r\n\r\nHello\r\n").unwrap();
    let table = beside.join("dns.json");
    fs::write(&table, r#"{"x.test": {"A": ["192.0.2.1"]}}"#).unwrap();
    for args in [
        [&["contacts", "export"], of.as_slice()].concat(),
        vec!["authenticate", text(&mail), "--dns", text(&table)],
        vec!["route", "x.test", "--dns", text(&table)],
        vec!["privacy", "explain", text(&mail)],
        vec!["spam", "evaluate", "--ham", text(&mail), "--spam", text(&mail)],
    ] {
        let (code, _, said) = run(&args, full());
        assert!(code == Some(74) && said.contains("cannot be written"), "{args:?}: {code:?} {said}");
    }
    // The recovery code is shown once: whoever has none is told how to come by one.
    let data = beside.join("data2");
    let init = ["init", "--trying-ms", "0", "--domain", "home.test", "--address", "me@home.test"];
    let init = [&init[..], &["--data", text(&data), "--passphrase-file", text(&folder.secret)]].concat();
    let (code, _, said) = run(&init, full());
    assert!(code == Some(74) && said.contains("recovery code"), "{code:?} {said}");
    assert_eq!(run(&init, Stdio::piped()).0, Some(73), "it is made");
}

/// Ticks of processor time that a process has taken.
fn ticks(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    fields.split(' ').skip(12).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}

#[test]
fn a_passphrase_that_is_being_tried_does_not_keep_a_box_from_ending() {
    let temporary = tempfile::tempdir().unwrap();
    let (data, secret) = (temporary.path().join("data"), temporary.path().join("secret"));
    fs::write(&secret, format!("{PASSPHRASE}\n")).unwrap();
    let init = ["init", "--trying-ms", "10000", "--domain", "home.test", "--address", "me@home.test"];
    let init = [&init[..], &["--data", text(&data), "--passphrase-file", text(&secret)]].concat();
    assert_eq!(run(&init, Stdio::piped()).0, Some(0));
    let appliance = Appliance::start(&data, None);
    let mut visitor = Visitor::new(&appliance);
    visitor.get("/sign-in");
    let before = ticks(appliance.pid());
    let trying = std::thread::spawn(move || visitor.sign_in(PASSPHRASE, "/"));
    while ticks(appliance.pid()) < before + 50 {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(appliance.terminate());
    // Had it been waited for, this would be let in.
    assert!(!matches!(trying.join(), Ok(answer) if answer.status == 303));
}

#[test]
fn a_demonstration_goes_with_its_terminal_unless_it_is_told_to_stay() {
    let ours = fs::read_to_string("/proc/self/status").unwrap();
    let passed_over = ours.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap().trim();
    if u64::from_str_radix(passed_over, 16).unwrap() & 1 == 1 {
        println!("skipped: these tests were told to stay themselves");
        return;
    }
    let (well, left) = Demo::start().end_by(Signal::HUP);
    assert_eq!((well, left), (true, 0));

    // As `nohup` starts it: closing the terminal means nothing then.
    let folder = Folder::make();
    let mut nohup = std::process::Command::new("nohup");
    nohup.arg(caliopen().get_program());
    let appliance = Appliance::launch(nohup, &folder.data, None);
    kill_process(Pid::from_raw(appliance.pid() as i32).unwrap(), Signal::HUP).unwrap();
    assert_eq!(Visitor::new(&appliance).get("/health").status, 200);
    assert!(appliance.terminate());
}

#[test]
fn a_box_that_its_pages_are_making_is_not_made_beside_them() {
    let folder = Folder::make();
    let data = folder.data.parent().unwrap().join("first");
    fs::create_dir(&data).unwrap();
    let appliance = crate::first_run::start(&data);
    let init = ["init", "--trying-ms", "0", "--domain", "home.test", "--address", "me@home.test"];
    let init = [&init[..], &["--data", text(&data), "--passphrase-file", text(&folder.secret)]].concat();
    assert_eq!(run(&init, Stdio::piped()).0, Some(75));
    assert!(appliance.terminate());
    let left = ["vault.redb", "claim"].map(|name| data.join(name).exists());
    assert_eq!(
        left,
        [false, false],
        "nothing is half made, and a code that opens nothing does not stand there"
    );
    // It goes on being made; what broke off in the middle is begun again.
    assert!(crate::first_run::start(&data).terminate());
    assert_eq!(run(&init, Stdio::piped()).0, Some(0));
    assert_eq!(run(&init, Stdio::piped()).0, Some(73));
}

#[test]
fn an_address_of_the_network_is_no_domain() {
    let folder = Folder::make();
    let data = folder.data.parent().unwrap().join("other");
    let init = ["init", "--trying-ms", "0", "--domain", "192.0.2.1", "--address", "me@192.0.2.1"];
    let init = [&init[..], &["--data", text(&data), "--passphrase-file", text(&folder.secret)]].concat();
    let (code, _, said) = run(&init, Stdio::piped());
    assert!(code == Some(65) && said.contains("is no domain name"), "{code:?} {said}");
}

#[test]
fn a_backup_without_the_code_of_the_sheet_asks_for_it() {
    let folder = Folder::make();
    let place = folder.data.parent().unwrap().join("place");
    let of = ["--data", text(&folder.data), "--unlock-with", text(&folder.secret)];
    let (code, _, said) = run(&[&["backup"], of.as_slice(), &["--folder", text(&place)]].concat(), Stdio::piped());
    assert!(code == Some(2) && said.contains("--code-with"), "{code:?} {said}");
}
