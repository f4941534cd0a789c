//! Backups in a bucket of S3, at a server that is not ours and looks at every signature (s3s-fs, behind TLS of the test's own),
//! read by stock restic; and what goes wrong there, which is said for what it is.

use crate::{
    appliance::caliopen,
    backup_places::{DAY, NIGHT, Program, keep, restored, round, sheet, standing, view, wish},
    home::Home,
};
use caliopen::{
    domain::{
        backup::{Kind, Standing, Trouble},
        time::Time,
    },
    net::{
        demand,
        dns::Dns,
        https::Https,
        outward::Outward,
        restic::{Control, Place, Repo, Secret},
        tls::{Current, Identity, server_config},
    },
    service::backup::{PATIENCE, Wish, Wrong, place},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use zeroize::Zeroizing;

const KEY: &str = "AKIDTHEBOX";
const SECRET: &str = "open/sesame+0123456789abcdefghijklmnopqr";
/// The bucket, and a folder in it.
const AT: &str = "box/deep/er";

/// TLS before a server that has none; it can be told to let go in the middle, or to be another time.
#[derive(Clone)]
struct Front {
    port: u16,
    /// Octets that are let through to the server.
    left: Arc<AtomicI64>,
    /// Whether it answers as a server does to whom the time is another one.
    elsewhen: Arc<AtomicBool>,
}

impl Front {
    async fn before(server: u16, keys: &Path) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        fs::write(keys.join("cert.pem"), made.cert.pem()).unwrap();
        let identity = Identity {
            chain: vec![made.cert.der().to_vec()],
            key: made.signing_key.serialize_der().into(),
        };
        let acceptor = TlsAcceptor::from(server_config(Current::new(&identity).unwrap(), &[b"http/1.1"]).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = Self {
            port: listener.local_addr().unwrap().port(),
            left: Arc::new(AtomicI64::new(i64::MAX)),
            elsewhen: Arc::default(),
        };
        let this = front.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, this) = (acceptor.clone(), this.clone());
                tokio::spawn(async move {
                    if this.left.load(Ordering::SeqCst) > 0
                        && let Ok(stream) = acceptor.accept(stream).await
                    {
                        this.carry(stream, server).await;
                    }
                });
            }
        });
        front
    }

    async fn carry(&self, mut client: TlsStream<TcpStream>, server: u16) {
        if self.elsewhen.load(Ordering::SeqCst) {
            let mut heard = Vec::new();
            while !heard.ends_with(b"\r\n\r\n") && client.read_buf(&mut heard).await.unwrap_or(0) > 0 {}
            let body = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
            let head = "HTTP/1.1 403 Forbidden\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close";
            let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _ = client.write_all(answer.as_bytes()).await;
            let _ = client.shutdown().await;
            return;
        }
        let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else {
            return;
        };
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let (mut from_server, mut to_server) = server.into_split();
        let there = async {
            let mut octets = vec![0; 16 * 1024];
            while let Ok(read @ 1..) = from_client.read(&mut octets).await {
                let left = self.left.fetch_sub(read as i64, Ordering::SeqCst);
                if left < read as i64 || to_server.write_all(&octets[..read]).await.is_err() {
                    return;
                }
            }
        };
        // Whichever of the two ends first takes the other one with it.
        tokio::select! {
            () = there => {}
            _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
        }
    }
}

/// s3s-fs over this folder, in which every folder is a bucket; its port. `None`, said in a line, where it is not here.
fn served(root: &Path) -> Option<(Program, u16)> {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new("s3s-fs")
        .args([
            "--host",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--access-key",
            KEY,
            "--secret-key",
            SECRET,
        ])
        .arg(root)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(child) = child else {
        println!("s3s-fs is not here (tests/run builds it): S3 is not tried as a place");
        return None;
    };
    let program = Program(child);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::yield_now();
    }
    Some((program, port))
}

/// Octets of the files of a repository, but of its settings.
fn octets(repository: &Path) -> u64 {
    fn below(folder: &Path) -> u64 {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let size = |entry: fs::DirEntry| {
            if entry.path().is_dir() {
                below(&entry.path())
            } else {
                entry.metadata().unwrap().len()
            }
        };
        entries.map(size).sum()
    }
    below(repository) - fs::metadata(repository.join("config")).unwrap().len()
}

/// Stock restic; `None` where it is not installed.
fn restic(repository: &str, code: &Path, arguments: &[&str]) -> Option<(bool, String)> {
    let done = Command::new("restic")
        .args(["--no-cache", "-r", repository])
        .arg("--password-file")
        .arg(code)
        .args(arguments)
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("HOME", code.parent().unwrap())
        .output();
    let Ok(done) = done else {
        println!("restic is not installed: it is not tried as a peer");
        return None;
    };
    Some((
        done.status.success(),
        String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr),
    ))
}

/// Every file below a folder that ends so.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_keeps_it_and_what_is_wrong_there_is_said_for_what_it_is() {
    let (root, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Some((program, port)) = served(root.path()) else { return };
    let front = Front::before(port, keys.path()).await;
    let roots = demand::trusting(&fs::read(keys.path().join("cert.pem")).unwrap());
    let outward = Outward {
        roots: roots.clone(),
        ..Dns::nobody().into()
    };
    let home = Home::make(Time(NIGHT), outward);
    let code = sheet(&home).await;
    let backups = &home.services.backups;
    let at = format!("https://127.0.0.1:{}/{AT}", front.port);
    let with = |key: &str, secret: &str| Wish {
        user: key.to_owned(),
        password: Zeroizing::new(secret.to_owned()),
        region: "eu-west-3".to_owned(),
        ..wish(Kind::S3, &at, &code)
    };
    let bare = Wish {
        at: format!("https://127.0.0.1:{}", front.port),
        ..with(KEY, SECRET)
    };
    assert_eq!(backups.switch_on(bare).await.unwrap(), Err(Wrong::Bucket));
    // Its certificate is looked at here as well.
    let strangers = Https::lasting(Dns::nobody(), None, PATIENCE);
    let there = place(&with(KEY, SECRET), &strangers).unwrap();
    assert_eq!(restored(there, &code).await, Err(Trouble::Unreachable));
    front.elsewhen.store(true, Ordering::SeqCst);
    let tried = |wish| async move { backups.switch_on(wish).await.unwrap() };
    assert_eq!(tried(with(KEY, SECRET)).await, Err(Wrong::Place(Trouble::Clock)));
    front.elsewhen.store(false, Ordering::SeqCst);
    assert_eq!(tried(with(KEY, SECRET)).await, Err(Wrong::Place(Trouble::NoBucket)));
    fs::create_dir(root.path().join("box")).unwrap();
    assert_eq!(tried(with(KEY, "close sesame")).await, Err(Wrong::Place(Trouble::Signature)));
    assert_eq!(tried(with("AKIDNOBODY", SECRET)).await, Err(Wrong::Place(Trouble::Refused)));

    // As copied from a page of the provider's.
    tried(with(&format!(" {KEY}"), &format!("{SECRET}\n"))).await.unwrap();
    for n in 0..30 {
        keep(&home, n).await;
    }
    round(&home).await;
    let first = view(&home).await;
    let seen = (standing(&home).await, first.history.proven, first.region.as_str());
    assert_eq!(seen, (Standing::Good, Some(Time(NIGHT)), "eu-west-3"), "{first:?}");

    keep(&home, 100).await;
    home.later(DAY);
    round(&home).await;
    let (second, repository) = (view(&home).await, root.path().join(AT));
    assert_eq!((second.last.0, second.size), (31, (octets(&repository), 2)), "{second:?}");
    assert!(second.last.2 < first.last.2, "{} {}", second.last.2, first.last.2);

    // The server is gone while a file is on its way.
    let mut state = 1_u64;
    let noise: String = (0..200_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            format!("{state:016x}{}", if state.is_multiple_of(4) { "\r\n" } else { "" })
        })
        .collect();
    let raw = format!(
        "From: Ann <ann@x.test>\r\nTo: me@home.test\r\nSubject: Much\r\nMessage-ID: <much@x.test>\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n\r\n{noise}\r\n"
    );
    let brought = home
        .services
        .receive
        .import(raw.clone().into_bytes(), Some(home.clock.now()), true)
        .await;
    brought.unwrap().unwrap();
    home.later(DAY);
    front.left.store(400_000, Ordering::SeqCst);
    round(&home).await;
    assert!(front.left.load(Ordering::SeqCst) <= 0);
    assert_eq!(standing(&home).await, Standing::Failed(Trouble::Unreachable));
    front.left.store(i64::MAX, Ordering::SeqCst);
    let https = Https::lasting(Dns::nobody(), roots, PATIENCE);
    let there: Place = place(&with(KEY, SECRET), &https).unwrap();
    assert_eq!(restored(there.clone(), &code).await, Ok(31), "the one before is good");
    home.later(3600);
    round(&home).await;
    assert_eq!((standing(&home).await, view(&home).await.size.1), (Standing::Good, 3));
    assert_eq!(restored(there.clone(), &code).await, Ok(32));

    others_read_it(&front, (port, &repository), keys.path(), &code, &raw);

    // More files than one answer names: none is left out.
    let crowd = repository.join("data/00");
    fs::create_dir_all(&crowd).unwrap();
    (0..1_100).for_each(|n| fs::write(crowd.join(format!("{n:064x}")), "x").unwrap());
    let spoken = code.to_string();
    let size = move || {
        Repo::open(&there, &Secret::Code(&spoken), &Control::default())
            .unwrap()
            .size()
            .unwrap()
    };
    assert_eq!(tokio::task::spawn_blocking(size).await.unwrap(), octets(&repository));
    drop(program);
    home.later(DAY);
    round(&home).await;
    assert_eq!(standing(&home).await, Standing::Failed(Trouble::Unreachable));
}

/// Stock restic finds nothing wrong with it, and a machine with nothing on it gets all of it by the command line.
fn others_read_it(front: &Front, (port, repository): (u16, &Path), keys: &Path, code: &str, raw: &str) {
    let written = |name: &str, text: &str| {
        fs::write(keys.join(name), format!("{text}\n")).unwrap();
        keys.join(name)
    };
    let (sheet, right, wrong) = (written("code", code), written("secret", SECRET), written("wrong", "close sesame"));
    // It asks for a list with an empty delimiter, by which this server finds no packs: they are looked through where they lie.
    if let Some((sound, said)) = restic(repository.to_str().unwrap(), &sheet, &["check", "--read-data"]) {
        assert!(sound && said.contains("no errors were found"), "{said}");
        let at_server = format!("s3:http://127.0.0.1:{port}/{AT}");
        let (sound, said) = restic(&at_server, &sheet, &["snapshots", "--json"]).unwrap();
        let snapshots: serde_json::Value = serde_json::from_str(&said).expect(&said);
        assert!(sound && snapshots.as_array().unwrap().len() == 3, "{said}");
        let to = keys.join("restic");
        let (sound, said) = restic(&at_server, &sheet, &["restore", "latest", "--target", to.to_str().unwrap()]).unwrap();
        assert!(sound, "{said}");
        let mut found = Vec::new();
        files(&to, ".eml", &mut found);
        let texts: BTreeSet<Vec<u8>> = found.iter().map(|file| fs::read(file).unwrap()).collect();
        assert!(texts.len() == 32 && texts.contains(raw.as_bytes()), "{}", texts.len());
    }
    let restore = |into: &str, secret: &Path| -> Output {
        let mut command = caliopen();
        command
            .args(["restore", "--region", "eu-west-3", "--user", KEY, "--data"])
            .arg(keys.join(into));
        command
            .args(["--s3", &format!("https://127.0.0.1:{}/{AT}", front.port), "--password-file"])
            .arg(secret);
        command.arg("--code-with").arg(&sheet).arg("--trust").arg(keys.join("cert.pem"));
        command.env("RUST_LOG", "trace").output().unwrap()
    };
    for (into, secret, good, sentence) in [
        ("refused", &wrong, false, "does not take the signature"),
        (
            "blank",
            &right,
            true,
            "restored 32 messages of home.test; everything is what was backed up",
        ),
    ] {
        let done = restore(into, secret);
        let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success() == good && said.contains(sentence), "{said}");
        // What is signed opens the bucket for an hour to whoever reads it.
        assert!(!said.contains("X-Amz-") && !said.contains(SECRET), "{said}");
    }
}
