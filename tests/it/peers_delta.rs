//! A core of Delta Chat writes to the box and is answered, with nobody choosing anything: its first message brings its
//! key (Autocrypt), the answer comes to it encrypted, and what it answers comes encrypted and signed. Between the two
//! stands Debian's Dovecot, from which it fetches its mail, and a server of the test's own that takes it.
//!
//! Needs `deltachat-rpc-server` (PyPI's wheel, which `tests/run` fetches) and what the small internet needs.

use crate::{
    home::{Home, patience},
    internet::{Internet, PATIENCE, alone, read, run, until},
};
use caliopen::{
    codec::mime::write::{self, Writing},
    domain::{
        address::Address, fact::Fact, message::Mailbox, openpgp::Worth, padlock::Padlock, privacy::evidence::Encryption, time::Time,
        transport::Arrival,
    },
    net::{clock::Clock, dns::Dns, outward::Outward},
    service::{
        protect,
        receive::Taken,
        view::{Body, MessagePage, Standing},
    },
};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
};

const IMAP: u16 = 1143;
const SMTP: u16 = 1587;
const THEIRS: &str = "you@delta.test";
const OURS: &str = "me@home.test";

/// Dovecot's packages, unpacked; `None`, said in a line, where they cannot be had.
fn dovecot() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dovecot");
    let root = folder.join("root");
    if folder.join("whole").exists() {
        return Some(root);
    }
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&root).unwrap();
    let packages = ["dovecot-core", "dovecot-imapd"];
    let got = Command::new("apt-get").arg("download").args(packages).current_dir(&folder).output();
    if !got.is_ok_and(|output| output.status.success()) {
        eprintln!("Dovecot cannot be fetched: Delta Chat is not tried as a peer");
        return None;
    }
    for file in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|ending| ending == "deb") {
            run(Command::new("dpkg").arg("-x").arg(&file).arg(&root));
        }
    }
    fs::write(folder.join("whole"), "").unwrap();
    Some(root)
}

/// Starts Dovecot over one mailbox without a password, in this test's own namespaces; gives the folder of new mail.
fn serve_mailbox(internet: &Internet, packages: &Path) -> (PathBuf, Child) {
    let usr = packages.join("usr");
    run(Command::new("mount").args([
        "-t",
        "overlay",
        "overlay",
        "-o",
        &format!("lowerdir={}:/usr", usr.display()),
        "/usr",
    ]));
    let root = internet.path("dovecot");
    let at = root.display();
    for name in ["", "run", "state", "home", "mail", "mail/cur", "mail/new", "mail/tmp"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    run(Command::new("chown")
        .args(["-R", "nobody:nogroup"])
        .arg(root.join("mail"))
        .arg(root.join("home")));
    let config = format!(
        "base_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/log\nprotocols = imap\nssl = no\ndisable_plaintext_auth = no\n\
         default_internal_user = nobody\ndefault_internal_group = nogroup\ndefault_login_user = nobody\n\
         service anvil {{\n  chroot =\n}}\nservice imap-login {{\n  chroot =\n  inet_listener imap {{\n    address = 127.0.0.1\n    port = {IMAP}\n  }}\n\
           inet_listener imaps {{\n    port = 0\n  }}\n}}\n\
         mail_location = maildir:{at}/mail\nmail_uid = nobody\nmail_gid = nogroup\nfirst_valid_uid = 1\n\
         passdb {{\n  driver = static\n  args = nopassword=y\n}}\nuserdb {{\n  driver = static\n  args = uid=nobody gid=nogroup home={at}/home\n}}\n"
    );
    fs::write(root.join("dovecot.conf"), config).unwrap();
    let mut command = Command::new("/usr/sbin/dovecot");
    command.arg("-F").arg("-c").arg(root.join("dovecot.conf"));
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the IMAP server", || TcpStream::connect(("127.0.0.1", IMAP)).is_ok());
    (root.join("mail/new"), child)
}

/// Takes whatever mail is handed in, from whoever.
fn take_mail(taken: Sender<Vec<u8>>) {
    let listener = TcpListener::bind(("127.0.0.1", SMTP)).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            let mut stream = stream;
            let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes()).is_ok();
            say("220 test ESMTP");
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|count| count > 0) {
                let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
                let goes_on = match word.as_str() {
                    "EHLO" => say("250-test\r\n250 AUTH PLAIN"),
                    "AUTH" => say("235 2.7.0 ok"),
                    "DATA" => {
                        say("354 go on");
                        let mut message = Vec::new();
                        while !message.ends_with(b"\r\n.\r\n") && lines.read_until(b'\n', &mut message).is_ok_and(|count| count > 0) {}
                        message.truncate(message.len().saturating_sub(3));
                        let _ = taken.send(message);
                        say("250 2.0.0 ok")
                    }
                    "QUIT" => break,
                    _ => say("250 2.0.0 ok"),
                };
                line.clear();
                if !goes_on {
                    break;
                }
            }
        }
    });
}

/// Delta Chat's core, spoken to as its own programs do: JSON-RPC, a line each.
struct Delta {
    child: Child,
    to: ChildStdin,
    said: Receiver<Value>,
    calls: u64,
}

impl Delta {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new("deltachat-rpc-server");
        command.env("DC_ACCOUNTS_PATH", folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let (to, lines) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let (say, said) = channel();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let _ = say.send(serde_json::from_str(&line).unwrap_or_default());
            }
        });
        Self { child, to, said, calls: 0 }
    }

    fn call(&mut self, method: &str, with: Value) -> Value {
        self.calls += 1;
        let call = json!({ "jsonrpc": "2.0", "id": self.calls, "method": method, "params": with });
        writeln!(self.to, "{call}").unwrap();
        loop {
            let answer = self
                .said
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("{method} is not answered"));
            if answer["id"] == self.calls {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// What comes from this contact; what it says by itself is passed over.
    fn hears(&mut self, account: &Value, contact: &Value) -> Value {
        let mut found = Value::Null;
        until("a message at Delta Chat", || {
            let fresh = self.call("get_fresh_msgs", json!([account]));
            for id in fresh.as_array().into_iter().flatten() {
                let message = self.call("get_message", json!([account, id]));
                if message["fromId"] == *contact {
                    found = message;
                }
            }
            !found.is_null()
        });
        found
    }
}

impl Drop for Delta {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

async fn take(home: &Home, raw: Vec<u8>) -> MessagePage {
    let arrival = Arrival {
        at: home.clock.now(),
        peer: [192, 0, 2, 7].into(),
        helo: "mx.delta.test".into(),
        mail_from: Some(THEIRS.into()),
        rcpt_to: vec![OURS.into()],
        tls: None,
        extended: true,
        utf8: false,
    };
    let Ok(Taken::Kept(kept)) = home.services.receive.keep(arrival, raw).await else {
        panic!("not kept")
    };
    home.services.discussions.message(kept.message).await.unwrap()
}

fn text(page: &MessagePage) -> &str {
    match &page.message.body {
        Body::Text(text) | Body::Reader(text) => text.trim(),
        other => panic!("{other:?}"),
    }
}

/// What the box sends to answer a message: the copy that leaves, and how it is protected.
fn answer(home: &Home, to: &MessagePage, text: &str, now: Time) -> (Fact<Encryption>, Vec<u8>) {
    let snapshot = home.snapshot();
    let seen = vec![address(THEIRS)];
    let plan = protect::plan(&snapshot, &address(OURS), &seen, Some(to.message.id), now).unwrap();
    let mailbox = |address: &Address| Mailbox {
        name: String::new(),
        address: address.clone(),
    };
    let outgoing = protect::Outgoing {
        writing: Writing {
            from: Some(mailbox(&address(OURS))),
            to: seen.iter().map(mailbox).collect(),
            subject: "About the mill",
            id: "answer@home.test",
            at: now,
            ..Writing::default()
        },
        entity: write::entity(text, Vec::new(), "b"),
        seen,
        unseen: Vec::new(),
    };
    let mut sent = protect::carry_out(&snapshot, &plan, outgoing).unwrap();
    (plan.content.encryption, sent.copies.remove(0).raw)
}

#[tokio::test]
async fn delta_chat_and_the_box_come_to_write_encrypted_by_themselves() {
    const TEST: &str = "peers_delta::delta_chat_and_the_box_come_to_write_encrypted_by_themselves";
    let there = Command::new("deltachat-rpc-server").arg("--version").output();
    if !there.is_ok_and(|output| output.status.success()) {
        eprintln!("no deltachat-rpc-server here: Delta Chat is not tried as a peer");
        return;
    }
    let packages = dovecot();
    if packages.is_none() || !alone(TEST) {
        return;
    }
    let internet = Internet::begin();
    // It ends with the namespaces.
    let (new_mail, _dovecot) = serve_mailbox(&internet, &packages.unwrap());
    let (taken, mail) = channel();
    take_mail(taken);
    let now = Clock::system().now();
    let home = Home::make(
        now,
        Outward {
            patience: patience(PATIENCE),
            ..Dns::nobody().into()
        },
    );
    home.services.keys.tend().await;

    let mut delta = Delta::start(&internet.path("delta"));
    let account = delta.call("add_account", json!([]));
    let settings = json!({
        "addr": THEIRS, "mail_user": THEIRS, "mail_pw": "word", "mail_server": "127.0.0.1", "mail_port": IMAP.to_string(), "mail_security": "3",
        "send_user": THEIRS, "send_pw": "word", "send_server": "127.0.0.1", "send_port": SMTP.to_string(), "send_security": "3",
        "bcc_self": "0", "mdns_enabled": "0",
    });
    delta.call("batch_set_config", json!([account, settings]));
    delta.call("configure", json!([account]));
    delta.call("start_io", json!([account]));
    let contact = delta.call("create_contact", json!([account, OURS, "Me"]));
    let chat = delta.call("create_chat_by_contact_id", json!([account, contact]));
    let next = || mail.recv_timeout(PATIENCE).expect("what Delta Chat sends");

    // Its first message can be read by every server on the way, and brings its key.
    delta.call("misc_send_text_message", json!([account, chat, "Are you there?"]));
    let first = take(&home, next()).await;
    assert_eq!((text(&first), first.message.padlock), ("Are you there?", Padlock::Postcard));
    let known = home.services.keyring.person(address(THEIRS)).await.unwrap();
    assert!(known.mutual && known.keys[0].used, "{known:?}");

    // The answer is encrypted by itself, its subject too; there it is shown with a padlock.
    let (encryption, raw) = answer(&home, &first, "Yes, and well.\n", now);
    assert_eq!(encryption, Fact::Known(Encryption::Whole));
    fs::write(new_mail.join("1.answer"), raw).unwrap();
    run(Command::new("chown").arg("nobody:nogroup").arg(new_mail.join("1.answer")));
    let shown = delta.hears(&account, &contact);
    assert!(
        shown["text"].as_str().is_some_and(|text| text.contains("Yes, and well.")),
        "{shown}"
    );
    assert_eq!(
        (shown["showPadlock"].as_bool(), shown["subject"].as_str()),
        (Some(true), Some("About the mill")),
        "{shown}"
    );

    // And its answer comes encrypted and signed by the key that it brought.
    delta.call("misc_send_text_message", json!([account, chat, "Then we meet at the mill."]));
    let octets = next();
    assert!(
        !String::from_utf8_lossy(&octets).contains("at the mill"),
        "{}",
        read(&internet.path("dovecot/log"))
    );
    let second = take(&home, octets).await;
    assert_eq!(
        (text(&second), second.message.padlock),
        ("Then we meet at the mill.", Padlock::Envelope)
    );
    let protection = second.message.protection.unwrap();
    assert!(protection.subject && protection.failed.is_none(), "{protection:?}");
    assert!(matches!(protection.signatures[0].worth, Worth::Good(_)), "{protection:?}");
    assert_eq!(
        protection.signatures[0].standing,
        Standing::Claimed,
        "nobody vouches for its domain here"
    );
}
