//! A mailbox at another provider: a Dovecot of the test's own, which is cut off, changes its numbers, has an old
//! certificate and refuses passwords; and servers that lie before TLS.

use crate::{home::Home, internet::Authority};
use caliopen::{
    domain::{
        mailbox::{Server, State, Trouble},
        time::Time,
    },
    net::{
        dns::{Dns, Record, Table},
        outward::Outward,
    },
    service::mailboxes::{NotAdded, Typed, View},
};
use std::{
    hash::{BuildHasher, RandomState},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

pub const NOW: Time = Time(1_782_000_000);

/// A Dovecot with one mailbox; ended when dropped.
pub struct Dovecot {
    child: Option<Child>,
    folder: tempfile::TempDir,
    pub port: u16,
    pub tls_port: u16,
}

fn free() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Dovecot {
    /// With this chain and key (PEM); `None` where there is no Dovecot here, or nobody who may start it.
    pub fn make(certificate: &str, key: &str) -> Option<Self> {
        Self::make_with(certificate, key, "")
    }

    /// The same with more lines of configuration.
    pub fn make_with(certificate: &str, key: &str, more: &str) -> Option<Self> {
        let here = Command::new("dovecot").arg("--version").stdout(Stdio::null()).status();
        if !here.is_ok_and(|status| status.success()) || !rustix::process::geteuid().is_root() {
            eprintln!("no Dovecot here that may be started: not tried");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_str().unwrap();
        Command::new("chmod").args(["755", root]).status().unwrap();
        std::fs::write(folder.path().join("cert.pem"), certificate).unwrap();
        std::fs::write(folder.path().join("key.pem"), key).unwrap();
        let (port, tls_port) = (free(), free());
        let config = format!(
            "base_dir = {root}/run\nstate_dir = {root}/state\nlog_path = {root}/log\nprotocols = imap\nlisten = 127.0.0.1\n\
             ssl = yes\nssl_cert = <{root}/cert.pem\nssl_key = <{root}/key.pem\ndisable_plaintext_auth = yes\nauth_mechanisms = plain\n\
             mail_location = maildir:{root}/mail/%u\nfirst_valid_uid = 1\n\
             passdb {{\n  driver = static\n  args = password=right\n}}\n\
             userdb {{\n  driver = static\n  args = uid=65534 gid=65534 home={root}/mail/%u\n}}\n\
             service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {port}\n  }}\n  inet_listener imaps {{\n    port = {tls_port}\n    ssl = yes\n  }}\n}}\n\
             service anvil {{\n  chroot =\n}}\nservice stats {{\n  chroot =\n}}\nnamespace inbox {{\n  inbox = yes\n  separator = .\n}}\n{more}\n"
        );
        std::fs::write(folder.path().join("dovecot.conf"), config).unwrap();
        for name in [
            "mail/me/cur",
            "mail/me/new",
            "mail/me/tmp",
            "mail/me/.Lists/cur",
            "mail/me/.Lists/new",
            "mail/me/.Lists/tmp",
        ] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let mut made = Self {
            child: None,
            folder,
            port,
            tls_port,
        };
        made.owned();
        made.start();
        Some(made)
    }

    pub fn mail(&self) -> PathBuf {
        self.folder.path().join("mail/me")
    }

    pub fn owned(&self) {
        let done = Command::new("chown")
            .args(["-R", "65534:65534"])
            .arg(self.folder.path().join("mail"))
            .status();
        assert!(done.unwrap().success());
    }

    pub fn start(&mut self) {
        let conf = self.folder.path().join("dovecot.conf");
        let child = Command::new("dovecot")
            .arg("-F")
            .arg("-c")
            .arg(conf)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.unwrap());
        while std::net::TcpStream::connect(("127.0.0.1", self.tls_port)).is_err() {
            std::thread::yield_now();
        }
    }

    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = child.wait();
        }
    }

    /// Has the numbers of the first folder mean other messages (RFC 3501 section 2.3.1.1); while it is stopped.
    fn renumber(&self) {
        let list = self.mail().join("dovecot-uidlist");
        let text = std::fs::read_to_string(&list).unwrap();
        let (head, rest) = text.split_once('\n').unwrap();
        let changed: Vec<String> = head
            .split(' ')
            .map(|word| match word.strip_prefix('V') {
                Some(number) => format!("V{}", number.parse::<u64>().unwrap() + 100),
                None => word.to_owned(),
            })
            .collect();
        std::fs::write(&list, format!("{}\n{rest}", changed.join(" "))).unwrap();
        for entry in std::fs::read_dir(self.mail()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("dovecot.index") {
                std::fs::remove_file(path).unwrap();
            }
        }
    }

    /// Has everything in the first folder have come before any mailbox was added.
    fn age(&self) {
        for entry in std::fs::read_dir(self.mail().join("cur")).unwrap() {
            let file = std::fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(1_772_528_400)).unwrap();
        }
    }

    pub fn put(&self, folder: &str, number: usize, flags: &str) {
        let raw = format!(
            "Received: by x.test; Tue, 3 Mar 2026 09:00:00 +0000\nFrom: list{}@x.test\nTo: me@x.test\nSubject: number {number}\n\
             Date: Tue, 3 Mar 2026 09:00:00 +0000\nMessage-ID: <{number}@x.test>\n\nbody {number}\n{}",
            number % 7,
            "line after line of text\n".repeat(number % 40)
        );
        let at = self
            .mail()
            .join(folder)
            .join("cur")
            .join(format!("17725284{number:05}.M{number}.x:2,{flags}"));
        std::fs::write(at, raw).unwrap();
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}

pub fn pem_of(identity: &caliopen::net::tls::Identity) -> (String, String) {
    (
        crate::internet::pem("CERTIFICATE", &identity.chain[0]),
        crate::internet::pem("PRIVATE KEY", &identity.key),
    )
}

pub fn outward(authority: &Authority) -> Outward {
    let table = Table::default()
        .with("imap.x.test", Record::A([127, 0, 0, 1].into()))
        .with("_imaps._tcp.x.test", Record::Srv(0, 1, 993, "imap.x.test".into()));
    Outward {
        roots: Some(authority.roots()),
        ..Dns::table(table).into()
    }
}

pub fn typed(port: u16, implicit: bool, password: &str, history: bool) -> Typed {
    Typed {
        name: "me@x.test".into(),
        server: Server {
            host: "imap.x.test".into(),
            port,
            implicit,
        },
        user: "me".into(),
        password: password.to_owned().into(),
        grant: None,
        history,
    }
}

/// Has the mailboxes looked at for as long as it lives.
pub fn works(home: &Home) -> JoinHandle<()> {
    let mailboxes = home.services.mailboxes.clone();
    tokio::spawn(async move {
        let mut workers = tokio::task::JoinSet::new();
        loop {
            mailboxes.step(&mut workers, 1).await;
        }
    })
}

/// Waits for long: how quickly a busy machine fetches is not asked here, and what hangs is ended by the runner of the tests.
pub async fn until(home: &Home, id: u64, what: &str, is: impl Fn(&View) -> bool) -> View {
    let looking = async {
        loop {
            let view = home.services.mailboxes.one(id).await.unwrap();
            if is(&view) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(900), looking).await {
        Ok(view) => view,
        Err(_) => panic!("{what}: {:?}", home.services.mailboxes.one(id).await.unwrap()),
    }
}

/// A seed that is another one each time, unless `CALIOPEN_SEED` says which; it is printed, so that a failure can be had again.
pub fn seed() -> u64 {
    let given = std::env::var("CALIOPEN_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| RandomState::new().hash_one("seed"));
    println!("CALIOPEN_SEED={seed}");
    seed
}

/// Passes connections on and hangs up at random, from within the first answer to far into the mail.
pub struct Cutting {
    pub port: u16,
    /// Whether it goes on with that; else it only passes on.
    pub cuts: Arc<AtomicBool>,
}

impl Cutting {
    /// In front of this port. No connection carries more octets than `most` from the server.
    pub async fn before(to: u16, most: u64, mut seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cuts = Arc::new(AtomicBool::new(true));
        let cutting = cuts.clone();
        // SplitMix64 (Steele, Lea, Flood 2014).
        let mut random = move || {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let Ok(mut far) = TcpStream::connect(("127.0.0.1", to)).await else {
                    continue;
                };
                // Every order of size is as likely as another.
                let size = 1024 << (random() % u64::from((most / 1024).ilog2()));
                let allowed = if cutting.load(Ordering::Relaxed) {
                    size + random() % size
                } else {
                    u64::MAX
                };
                tokio::spawn(async move {
                    let (mut from_far, mut to_far) = far.split();
                    let (mut from_near, mut to_near) = near.split();
                    let mut limited = (&mut from_far).take(allowed);
                    tokio::select! {
                        _ = tokio::io::copy(&mut limited, &mut to_near) => {}
                        _ = tokio::io::copy(&mut from_near, &mut to_far) => {}
                    }
                });
            }
        });
        Self { port, cuts }
    }
}

/// Goes on after each cut until everything is here; how often it was cut off.
pub async fn until_whole(home: &Home, id: u64) -> usize {
    let mut cuts = 0;
    loop {
        let view = until(home, id, "it ends or is cut off", |view| {
            view.last.is_some() || view.trouble.is_some()
        })
        .await;
        if view.last.is_some() {
            return cuts;
        }
        cuts += 1;
        home.services.mailboxes.pause(id, false).await.unwrap();
        until(home, id, "it goes on", |view| view.trouble.is_none()).await;
    }
}

pub fn raws(home: &Home) -> Vec<(String, bool)> {
    let snapshot = home.snapshot();
    let ids = snapshot.messages_after(0, usize::MAX).unwrap();
    ids.into_iter()
        .map(|id| {
            let message = snapshot.message(id).unwrap().unwrap();
            (String::from_utf8(snapshot.raw(id, &message).unwrap()).unwrap(), message.unread)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_with_its_history_comes_once_and_is_kept_up_with() {
    let authority = Authority::make();
    let (certificate, key) = pem_of(&authority.certify(&["imap.x.test"]));
    let Some(mut dovecot) = Dovecot::make(&certificate, &key) else {
        return;
    };
    let many = 300;
    std::fs::write(dovecot.mail().join("dovecot-keywords"), "0 $Work\n1 $Forwarded\n").unwrap();
    for number in 0..many {
        dovecot.put("", number, if number % 3 == 0 { "Sa" } else { "b" });
    }
    for number in many..many + 20 {
        dovecot.put(".Lists", number, "S");
    }
    dovecot.owned();
    let home = Home::make(NOW, outward(&authority));
    let mailboxes = &home.services.mailboxes;
    let id = mailboxes.add(typed(dovecot.tls_port, true, "right", true)).await.unwrap().unwrap();
    let view = mailboxes.one(id).await.unwrap();
    let names: Vec<&str> = view.folders.iter().map(|folder| folder.name.as_str()).collect();
    assert_eq!((names.as_slice(), view.state), (&["INBOX", "Lists"][..], State::Paused));
    assert_eq!(raws(&home).len(), 0, "nothing is fetched before the folders are chosen");

    let working = works(&home);
    mailboxes.choose(id, vec!["INBOX".into(), "Lists".into()]).await.unwrap();
    until_whole(&home, id).await;
    let kept = raws(&home);
    assert_eq!(kept.len(), many + 20);
    for number in 0..many + 20 {
        let found: Vec<_> = kept.iter().filter(|(raw, _)| raw.contains(&format!("<{number}@x.test>"))).collect();
        assert_eq!(found.len(), 1, "{number}");
        let read = number >= many || number % 3 == 0;
        assert_eq!(found[0].1, !read, "{number}");
    }
    let tags: Vec<String> = home.snapshot().tags().unwrap().into_values().map(|tag| tag.slug).collect();
    assert!(tags.contains(&"work".to_owned()) && tags.contains(&"lists".to_owned()), "{tags:?}");
    assert!(
        !tags.iter().any(|tag| tag.contains("forwarded") || tag.contains("inbox")),
        "{tags:?}"
    );
    let proof = home.snapshot().proof(1).unwrap().unwrap();
    assert!(proof.arrival.is_none(), "nothing is known of its way");

    // News is told at once.
    until(&home, id, "it listens", |view| {
        view.running.is_some_and(|running| running.listening)
    })
    .await;
    dovecot.put("", 50_000, "");
    dovecot.owned();
    let brought = mailboxes.one(id).await.unwrap().brought;
    until(&home, id, "news comes", |view| view.brought > brought).await;
    assert_eq!(raws(&home).len(), many + 21);

    // Its numbers mean other messages from now on: everything is looked through again and kept once.
    mailboxes.pause(id, true).await.unwrap();
    dovecot.stop();
    dovecot.renumber();
    dovecot.put("", 50_001, "");
    dovecot.owned();
    dovecot.start();
    let before = mailboxes.one(id).await.unwrap();
    mailboxes.pause(id, false).await.unwrap();
    let after = until(&home, id, "it is looked through", |view| view.brought > before.brought).await;
    assert_ne!(after.folders[0].validity, before.folders[0].validity);
    until(&home, id, "it listens", |view| {
        view.running.is_some_and(|running| running.listening)
    })
    .await;
    assert_eq!(raws(&home).len(), many + 22);

    dovecot.stop();
    until(&home, id, "it fails", |view| view.trouble.is_some()).await;
    mailboxes.remove(id).await.unwrap();
    assert!(mailboxes.list().await.unwrap().is_empty());
    working.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_comes_from_now_on_is_fetched_where_that_was_asked() {
    let authority = Authority::make();
    let (certificate, key) = pem_of(&authority.certify(&["imap.x.test"]));
    let Some(dovecot) = Dovecot::make(&certificate, &key) else {
        return;
    };
    for number in 0..5 {
        dovecot.put("", number, "S");
    }
    dovecot.owned();
    let home = Home::make(NOW, outward(&authority));
    let mailboxes = &home.services.mailboxes;
    let id = mailboxes.add(typed(dovecot.port, false, "right", false)).await.unwrap().unwrap();
    let working = works(&home);
    mailboxes.choose(id, vec!["INBOX".into()]).await.unwrap();
    until(&home, id, "it listens", |view| {
        view.running.is_some_and(|running| running.listening)
    })
    .await;
    assert_eq!(raws(&home).len(), 0);
    dovecot.put("", 7, "");
    dovecot.owned();
    until(&home, id, "news comes", |view| view.brought == 1).await;
    assert!(raws(&home)[0].0.contains("number 7"));
    working.abort();
    // Found by what the domain publishes, and by nothing else.
    let (server, user) = mailboxes.find("me@x.test").await.unwrap();
    assert_eq!(
        (server.host.as_str(), server.port, user.as_str()),
        ("imap.x.test", 993, "me@x.test")
    );
    assert!(mailboxes.find("me@nowhere.test").await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn now_is_when_a_mailbox_was_added_and_new_numbers_bring_nothing_older() {
    let authority = Authority::make();
    let (certificate, key) = pem_of(&authority.certify(&["imap.x.test"]));
    let Some(mut dovecot) = Dovecot::make(&certificate, &key) else {
        return;
    };
    for number in 0..5 {
        dovecot.put("", number, "S");
    }
    dovecot.age();
    dovecot.owned();
    let home = Home::make(NOW, outward(&authority));
    let mailboxes = &home.services.mailboxes;
    let id = mailboxes.add(typed(dovecot.port, false, "right", false)).await.unwrap().unwrap();
    let listens = |view: &View| view.running.is_some_and(|running| running.listening);
    // It comes before anybody looks for the first time: the box may be locked, or the provider away.
    dovecot.put("", 7, "");
    dovecot.owned();
    let working = works(&home);
    mailboxes.choose(id, vec!["INBOX".into()]).await.unwrap();
    until(&home, id, "it listens", listens).await;
    let seven: Vec<String> = raws(&home).into_iter().map(|(raw, _)| raw).collect();
    assert!(seven.len() == 1 && seven[0].contains("number 7"), "{}", seven.len());

    // Looked through anew, more than once, with nothing in it that is as young as the mailbox.
    mailboxes.pause(id, true).await.unwrap();
    dovecot.stop();
    dovecot.age();
    dovecot.renumber();
    dovecot.start();
    let before = mailboxes.one(id).await.unwrap();
    mailboxes.pause(id, false).await.unwrap();
    let after = until(&home, id, "it is looked through", |view| {
        listens(view) && view.folders[0].validity != before.folders[0].validity
    })
    .await;
    assert_eq!(after.brought, 1);
    dovecot.put("", 8, "");
    dovecot.owned();
    until(&home, id, "news comes", |view| listens(view) && view.brought > 1).await;
    assert_eq!(raws(&home).len(), 2);
    working.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_trusted_is_refused_in_words() {
    let (authority, other) = (Authority::make(), Authority::make());
    let tried = async |identity: caliopen::net::tls::Identity, password: &str| {
        let (certificate, key) = pem_of(&identity);
        let dovecot = Dovecot::make(&certificate, &key)?;
        let home = Home::make(NOW, outward(&authority));
        let at_once = home
            .services
            .mailboxes
            .add(typed(dovecot.tls_port, true, password, true))
            .await
            .unwrap();
        let later = home
            .services
            .mailboxes
            .add(typed(dovecot.port, false, password, true))
            .await
            .unwrap();
        assert_eq!(at_once.map(drop), later.map(drop));
        Some(at_once.map(drop))
    };
    for (identity, password, expected) in [
        (authority.certify(&["imap.x.test"]), "wrong", Trouble::SignIn),
        (authority.certify(&["other.test"]), "right", Trouble::OtherName),
        (other.certify(&["imap.x.test"]), "right", Trouble::Unknown),
        (authority.expired(&["imap.x.test"]), "right", Trouble::Expired),
    ] {
        let Some(outcome) = tried(identity, password).await else { return };
        assert_eq!(outcome, Err(NotAdded::Tried(expected)));
    }
}

/// A server that says this before TLS.
async fn says(greeting: &'static str, answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(greeting.as_bytes()).await.unwrap();
        let mut heard = [0; 100];
        let read = socket.read(&mut heard).await.unwrap_or(0);
        assert!(read == 0 || heard[..read].eq(b"s STARTTLS\r\n"), "nothing else is said in clear");
        let _ = socket.write_all(answer.as_bytes()).await;
        let _ = socket.read(&mut heard).await;
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_believed_and_nothing_is_said_before_encryption() {
    let authority = Authority::make();
    let home = Home::make(NOW, outward(&authority));
    for (greeting, answer, expected) in [
        ("* OK ready\r\n", "s OK go\r\n* OK [CAPABILITY LOGIN]\r\n", Trouble::Injected),
        (
            "* OK wait\r\n* OK ready\r\n",
            "s OK go\r\ns OK [CAPABILITY LOGIN]\r\n",
            Trouble::Injected,
        ),
        ("* OK ready\r\n", "s NO not here\r\n", Trouble::NoTls),
        ("* OK ready\r\n", "s BAD what\r\n", Trouble::NoTls),
        ("* PREAUTH hello me\r\n", "", Trouble::Garbled),
        ("220 mail\r\n", "", Trouble::Garbled),
        ("* OK ready\r\n", "s OK go\r\n", Trouble::Unreachable),
    ] {
        let port = says(greeting, answer).await;
        let tried = home.services.mailboxes.add(typed(port, false, "right", true)).await.unwrap();
        match tried {
            Err(NotAdded::Tried(Trouble::Tls | Trouble::Silent)) if expected == Trouble::Unreachable => {}
            tried => assert_eq!(tried, Err(NotAdded::Tried(expected)), "{greeting:?} {answer:?}"),
        }
    }
    for (change, expected) in [
        (typed(0, true, "right", true), NotAdded::Port),
        (typed(993, true, "", true), NotAdded::Secret),
    ] {
        assert_eq!(home.services.mailboxes.add(change).await.unwrap(), Err(expected));
    }
    assert!(home.services.mailboxes.list().await.unwrap().is_empty());
}
