//! A changing address, announced: to a real name server (BIND) by a signed update, and to a provider's form on the web.

use crate::home::Home;
use caliopen::{
    codec::dns_update::{Change, Key},
    domain::time::Time,
    net::{
        announce::update,
        clock::Clock,
        dns::{Dns, Kind},
        outward::Outward,
        tls::{Current, Identity, server_config},
    },
    service::announcing::{Typed, Way, Wrong},
};
use rustls::RootCertStore;
use std::{
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

const SECRET: [u8; 32] = [42; 32];

/// A name server that takes updates of `home.test` by who has the key; killed when dropped.
struct Named {
    process: Child,
    at: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn named() -> Named {
    let folder = tempfile::tempdir().unwrap();
    let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (place, port) = (folder.path().display(), at.port());
    let secret = caliopen::codec::base64url::plain(&SECRET);
    let zone = "$TTL 300\n@ IN SOA ns.home.test. me.home.test. 1 60 60 60 60\n@ IN NS ns.home.test.\n\
                ns IN A 127.0.0.1\nmail IN A 192.0.2.1\nmail IN AAAA 2001:db8::1\n";
    for file in ["zone", "other"] {
        std::fs::write(folder.path().join(file), zone).unwrap();
    }
    let config = format!(
        "options {{ directory \"{place}\"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;\n\
         listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; }};\n\
         controls {{ }};\n\
         key \"box.home.test\" {{ algorithm hmac-sha256; secret \"{secret}\"; }};\n\
         zone \"home.test\" {{ type primary; file \"{place}/zone\"; allow-update {{ key \"box.home.test\"; }}; }};\n\
         zone \"other.test\" {{ type primary; file \"{place}/other\"; }};\n"
    );
    std::fs::write(folder.path().join("named.conf"), config).unwrap();
    let mut command = Command::new("named");
    command.arg("-g").arg("-c").arg(folder.path().join("named.conf"));
    let mut named = Named {
        process: command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap(),
        at,
        _folder: folder,
    };
    while TcpStream::connect(at).is_err() {
        assert!(named.process.try_wait().unwrap().is_none(), "the name server did not start");
        std::thread::yield_now();
    }
    named
}

fn change<'a>(addresses: &'a [IpAddr], zone: &'a str) -> Change<'a> {
    Change {
        id: 77,
        zone,
        host: "mail.home.test",
        addresses,
        ttl: 300,
        now: Clock::system().now().0,
    }
}

#[tokio::test]
async fn a_name_server_takes_a_signed_change_and_no_other() {
    let named = named();
    let server = named.at.to_string();
    let key = Key {
        name: "box.home.test",
        secret: &SECRET,
    };
    let new: [IpAddr; 1] = ["203.0.113.9".parse().unwrap()];
    let nobody = Dns::nobody();
    let wrong = Key { secret: &[1; 32], ..key };
    let refused = update(&nobody, &server, &change(&new, "home.test"), wrong).await.unwrap_err();
    assert!(refused.ends_with("BADSIG") || refused.ends_with("NOTAUTH"), "{refused}");
    let refused = update(&nobody, &server, &change(&new, "other.test"), key).await.unwrap_err();
    assert!(refused.contains("the name server answered"), "{refused}");

    update(&nobody, &server, &change(&new, "home.test"), key).await.unwrap();
    let dns = Dns::server(named.at);
    let found = dns.look("mail.home.test", Kind::A).await.unwrap();
    assert_eq!(found.addresses().collect::<Vec<_>>(), new);
    let six = dns.look("mail.home.test", Kind::Aaaa).await.unwrap();
    assert_eq!(six.addresses().count(), 1, "the other family is left as it was");
}

/// A provider's web server that answers this, and remembers what it was asked.
async fn provider(answer: Arc<Mutex<&'static str>>) -> (SocketAddr, Arc<RootCertStore>, Arc<Mutex<Vec<String>>>) {
    let identity = Identity::self_signed(&["127.0.0.1".to_owned()]).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(server_config(Current::new(&identity).unwrap(), &[b"http/1.1"]).unwrap());
    let mut roots = RootCertStore::empty();
    roots.add(identity.chain[0].clone().into()).unwrap();
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let asked = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
            asked.lock().unwrap().push(String::from_utf8(request).unwrap());
            let body = *answer.lock().unwrap();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (at, Arc::new(roots), heard)
}

#[tokio::test]
async fn a_provider_is_told_on_the_web_also_while_the_box_is_locked() {
    let answer = Arc::new(Mutex::new("badauth"));
    let (at, roots, heard) = provider(answer.clone()).await;
    let outward = Outward {
        roots: Some(roots),
        ..Dns::nobody().into()
    };
    let home = Home::make(Time(1_800_000_000), outward);
    let announcing = &home.services.announcing;
    let typed = |target: String, secret: &str| Typed {
        way: Way::Web,
        target,
        user: "me".into(),
        secret: secret.into(),
        zone: String::new(),
    };
    let plain = typed("http://127.0.0.1/".into(), "s");
    assert_eq!(announcing.choose(plain).await.unwrap(), Err(Wrong::Address), "never without TLS");
    let target = format!("https://{at}/nic/update?hostname=mail.home.test");
    announcing.choose(typed(target.clone(), "s3cret")).await.unwrap().unwrap();
    home.vault.lock();
    announcing.announce_now().await.unwrap();
    let view = announcing.view().await.unwrap();
    assert_eq!(view.failed.unwrap().1, "200 badauth", "its own words, whatever the status");
    assert_eq!(view.announced, None);

    *answer.lock().unwrap() = "good 203.0.113.9";
    let many = heard.lock().unwrap().len();
    announcing.step().await;
    assert_eq!(heard.lock().unwrap().len(), many, "a failure is waited out");
    home.later(2 * 3600);
    announcing.step().await;
    let view = announcing.view().await.unwrap();
    assert!(view.failed.is_none() && view.announced.is_some() && view.has_secret);
    let asked = heard.lock().unwrap().last().unwrap().clone();
    assert!(asked.starts_with("GET /nic/update?hostname=mail.home.test HTTP/1.1"), "{asked}");
    assert!(asked.contains("authorization: Basic bWU6czNjcmV0\r\n"), "{asked}");

    // The clock was ahead until now.
    let asked = || heard.lock().unwrap().len();
    let many = asked();
    home.later(-90 * 24 * 3600);
    *answer.lock().unwrap() = "badauth";
    announcing.step().await;
    assert!(asked() > many, "what was announced in the future is announced again");
    home.later(-90 * 24 * 3600);
    let many = asked();
    announcing.step().await;
    assert!(asked() > many, "what failed in the future is tried again");

    let elsewhere = typed("https://other.test/".into(), "");
    announcing.choose(elsewhere).await.unwrap().unwrap();
    assert!(
        !announcing.view().await.unwrap().has_secret,
        "a password is not handed to another provider"
    );
}
