//! Backups in a bucket of S3, at a server that is not ours and looks at every signature (s3s-fs, behind TLS of the test's own);
//! and what goes wrong there, which is said for what it is.

use crate::{
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
        tls::{Current, Identity, server_config},
    },
    service::backup::{PATIENCE, Wish, Wrong, place},
};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
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

/// TLS before a server that has none; it can be told to be another time.
#[derive(Clone)]
struct Front {
    port: u16,
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
            elsewhen: Arc::default(),
        };
        let this = front.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, this) = (acceptor.clone(), this.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
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
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)).await else {
            return;
        };
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_keeps_it_and_what_is_wrong_there_is_said_for_what_it_is() {
    let (root, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Some((program, port)) = served(root.path()) else { return };
    let front = Front::before(port, keys.path()).await;
    let roots = demand::trusting(&fs::read(keys.path().join("cert.pem")).unwrap());
    let outward = Outward {
        roots,
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

    // The server is gone: it is said.
    drop(program);
    home.later(DAY);
    round(&home).await;
    assert_eq!(standing(&home).await, Standing::Failed(Trouble::Unreachable));
}
