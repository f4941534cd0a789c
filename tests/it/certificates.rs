//! A certificate from a real authority (pebble): by port 80, by port 443, for the names that lead here, through refused
//! nonces and slow looks, replaced in both doors under open connections, renewed by itself when its time has come or when the
//! authority says so, with the key kept and changed on purpose; and what is said when it refuses.

use crate::{checks::hex, door::client};
use caliopen::{
    app::Appliance,
    codec::{base64url, certificate},
    config::Config,
    domain::{
        certifying::Stage,
        check::{Finding, Id},
        time::Time,
    },
    net::{
        clock::Clock,
        demand,
        dns::{Dns, Record, Table},
        outward::Outward,
        tls::{Current, Identity, server_config},
    },
    service::{
        certificates::{NotYet, View},
        setup,
    },
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, pem::PemObject};
use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};

/// What makes the authority answer without pauses and without refusals.
const FAST: [(&str, &str); 2] = [("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_WFE_NONCEREJECT", "0")];
/// The names that lead to the box of the test.
const NAMES: [&str; 3] = ["mail.home.test", "home.test", "mta-sts.home.test"];

/// A program of somebody else's; killed when dropped.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that is free and stays so: below those that the system gives to connections, and in a part of this process's own.
fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let own = (std::process::id() % 600) as u16 * 20;
        let port = 20_000 + own + NEXT.fetch_add(1, Ordering::Relaxed) % 20;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64url::plain(der))
}

/// An authority, and the name server that it asks: every name leads to this machine.
struct Authority {
    _programs: [Program; 2],
    folder: tempfile::TempDir,
    port: u16,
    /// Where its name server is told what to say.
    names: u16,
}

impl Authority {
    fn directory(port: u16) -> String {
        format!("https://127.0.0.1:{port}/dir")
    }

    /// Starts it at this port, looking at these ports of the box.
    async fn start(at: u16, http: u16, tls: u16, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        std::fs::write(folder.path().join("cert.pem"), pem("CERTIFICATE", made.cert.der())).unwrap();
        std::fs::write(folder.path().join("key.pem"), pem("PRIVATE KEY", &made.signing_key.serialize_der())).unwrap();
        let (names, management, told) = (port(), port(), port());
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{at}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": folder.path().join("cert.pem"),
            "privateKey": folder.path().join("key.pem"),
            "httpPort": http,
            "tlsPort": tls,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        let file = folder.path().join("config.json");
        std::fs::write(&file, config.to_string()).unwrap();
        let quiet = |mut command: Command| Program(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let mut server = Command::new("pebble-challtestsrv");
        server
            .args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""])
            .args(["-dns01", &format!("127.0.0.1:{names}"), "-management", &format!("127.0.0.1:{told}")]);
        let mut authority = Command::new("pebble");
        authority
            .args(["-strict", "-dnsserver", &format!("127.0.0.1:{names}"), "-config"])
            .arg(&file)
            .env("PEBBLE_AUTHZREUSE", "0")
            .envs(environment.iter().copied());
        let started = Self {
            _programs: [quiet(server), quiet(authority)],
            folder,
            port: at,
            names: told,
        };
        for at in [at, management, told] {
            while TcpStream::connect(("127.0.0.1", at)).await.is_err() {
                tokio::task::yield_now().await;
            }
        }
        started
    }

    /// From now on this name leads to where nobody is.
    async fn leads_astray(&self, name: &str) {
        let body = format!("{{\"host\":\"{name}.\",\"addresses\":[\"127.0.0.9\"]}}");
        let request = format!("POST /add-a HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(("127.0.0.1", self.names)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
    }

    /// The authority of its own web server, as a box trusts it.
    fn trusted(folder: &Path) -> demand::Roots {
        demand::trusting(&std::fs::read(folder.join("cert.pem")).unwrap())
    }
}

/// A box in this process, whose names lead to this machine.
async fn home(folder: &Path, authority: u16, roots: demand::Roots) -> Appliance {
    if !folder.join("data").exists() {
        setup::make(&folder.join("data"), "home.test", "me@home.test", "word")
            .unwrap()
            .vault
            .lock();
    }
    let names = NAMES
        .iter()
        .fold(Table::default(), |table, name| table.with(name, Record::A([127, 0, 0, 1].into())));
    let outward = Outward {
        roots,
        authority: Authority::directory(authority),
        ..Dns::table(names.with("openpgpkey.home.test", Record::A([127, 0, 0, 2].into()))).into()
    };
    let any: Vec<SocketAddr> = vec!["127.0.0.1:0".parse().unwrap()];
    let config = Config {
        data: folder.join("data"),
        smtp: any.clone(),
        https: any.clone(),
        http: any,
        // Locked: a renewal must not wait for the owner.
        secret: None,
        clamd: None,
        outward,
        spared: Vec::new(),
        trying: Duration::ZERO,
        clock: Clock::system(),
    };
    Appliance::start(config).await.unwrap()
}

async fn handshake(stream: TcpStream, name: &str) -> TlsStream<TcpStream> {
    let config = client(&rustls::version::TLS13);
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

fn shown(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

/// An open connection to the web door.
async fn web(home: &Appliance) -> TlsStream<TcpStream> {
    handshake(TcpStream::connect(home.https[0]).await.unwrap(), "mail.home.test").await
}

/// The certificate that the mail door shows after STARTTLS.
async fn mail(home: &Appliance) -> Vec<u8> {
    let mut stream = BufReader::new(TcpStream::connect(home.smtp[0]).await.unwrap());
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    stream.get_mut().write_all(b"EHLO a.test\r\n").await.unwrap();
    while !line.contains("250 ") {
        line.clear();
        stream.read_line(&mut line).await.unwrap();
    }
    stream.get_mut().write_all(b"STARTTLS\r\n").await.unwrap();
    line.clear();
    stream.read_line(&mut line).await.unwrap();
    assert!(line.starts_with("220"), "{line}");
    shown(&handshake(stream.into_inner(), "mail.home.test").await)
}

/// A page over an open connection.
async fn page(stream: &mut TlsStream<TcpStream>, host: &str, path: &str) -> String {
    let asked = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_ordered_renewed_and_its_key_kept_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let at = port();
    // The box and the authority each must know the other's ports: the box is started twice.
    let doors = home(folder.path(), at, None).await;
    let (http, https) = (doors.http[0], doors.https[0]);
    let certificates = doors.services().certificates;
    assert!(
        matches!(certificates.order_now().await.unwrap(), Err(NotYet::Terms)),
        "nobody is asked before"
    );
    // Half of the nonces are refused, and the looks take their time.
    let slow = [("PEBBLE_WFE_NONCEREJECT", "50"), ("PEBBLE_VA_SLEEPTIME", "1")];
    let authority = Authority::start(at, http.port(), https.port(), &slow).await;
    assert!(certificates.terms().await.is_err(), "its web server is not believed yet");
    // Whoever holds on to a service holds on to the files.
    drop(certificates);
    doors.stop().await;

    let home = started_at(folder.path(), &authority, http, https).await;
    let services = home.services();
    let (certificates, checks) = (services.certificates.clone(), services.checks.clone());
    drop(services);
    let terms = certificates.terms().await.unwrap();
    assert!(terms.starts_with("data:") || terms.starts_with("http"), "{terms}");
    let own = certificates.view().await.unwrap();
    assert!(own.facts.is_own && own.accepted.is_none());
    let mut open = web(&home).await;
    assert_eq!(shown(&open), mail(&home).await);
    certificates.accept(&terms).await.unwrap();
    let first = another(&home, &[]).await;
    assert_eq!(first.key, own.key, "the key is the one whose fingerprint may be published already");
    for name in NAMES {
        assert!(first.facts.is_for(name), "{:?}", first.facts.names);
    }
    assert!(!first.facts.is_for("openpgpkey.home.test"), "that one leads elsewhere");
    assert!(first.due.is_some_and(|due| due.0 < first.facts.ends));
    let in_force = shown(&web(&home).await);
    assert_eq!(in_force, mail(&home).await, "both doors show it");
    assert_ne!(in_force, shown(&open));
    let answer = page(&mut open, "mta-sts.home.test", "/.well-known/mta-sts.txt").await;
    assert!(
        answer.contains("version: STSv1\r\nmode: testing\r\nmx: mail.home.test"),
        "the old connection goes on: {answer}"
    );
    let answer = page(&mut web(&home).await, "mail.home.test", "/.well-known/mta-sts.txt").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "under another name it is nobody's policy");

    certificates.order_now().await.unwrap().unwrap();
    let second = certificates.view().await.unwrap();
    assert_eq!(second.key, first.key);
    assert_ne!(second.facts.serial, first.facts.serial);
    certificates.prepare_key().await.unwrap();
    let prepared = certificates.view().await.unwrap().next.unwrap().0;
    assert_ne!(prepared, second.key);
    let zone = checks.zone_file().await.unwrap();
    assert!(zone.contains(&format!("3 1 1 {prepared}")) && zone.contains(&format!("3 1 1 {}", second.key)));
    assert!(matches!(certificates.use_key().await.unwrap(), Err(NotYet::NotPublished)));
    certificates.drop_key().await.unwrap();
    assert!(certificates.view().await.unwrap().next.is_none());
    // What is kept is what a restart shows.
    drop((certificates, checks));
    home.stop().await;
    let home = started_at(folder.path(), &authority, http, https).await;
    let kept = home.services().certificates.view().await.unwrap();
    assert_eq!(kept.facts.serial, second.facts.serial);
    assert_eq!(home.services().checks.last().of(Id::Certificate).number(), 0, "nobody has looked");
    home.stop().await;
}

/// A box that was started once and has its ports, and an authority that does not take its time with it.
async fn quick() -> (tempfile::TempDir, Authority, [SocketAddr; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let at = port();
    let doors = home(folder.path(), at, None).await;
    let (http, https) = (doors.http[0], doors.https[0]);
    doors.stop().await;
    let authority = Authority::start(at, http.port(), https.port(), &FAST).await;
    (folder, authority, [http, https])
}

/// The same box at the same ports again.
async fn started_at(folder: &Path, authority: &Authority, http: SocketAddr, https: SocketAddr) -> Appliance {
    started_with(folder, authority, [http, https], &[], Clock::system()).await
}

/// The same at another time, with these fingerprints of keys (TLSA) in its DNS.
async fn started_with(folder: &Path, authority: &Authority, [http, https]: [SocketAddr; 2], keys: &[&str], clock: Clock) -> Appliance {
    let mut names = NAMES
        .iter()
        .fold(Table::default(), |table, name| table.with(name, Record::A([127, 0, 0, 1].into())));
    for key in keys {
        names.add("_25._tcp.mail.home.test", Record::Tlsa(3, 1, 1, hex(key)));
    }
    let outward = Outward {
        roots: Authority::trusted(authority.folder.path()),
        authority: Authority::directory(authority.port),
        ..Dns::table(names.with("openpgpkey.home.test", Record::A([127, 0, 0, 2].into()))).into()
    };
    Appliance::start(Config {
        data: folder.join("data"),
        smtp: vec!["127.0.0.1:0".parse().unwrap()],
        https: vec![https],
        http: vec![http],
        secret: None,
        clamd: None,
        outward,
        spared: Vec::new(),
        trying: Duration::ZERO,
        clock,
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_renewed_by_itself_and_another_key_is_used_once_it_is_published() {
    let (folder, authority, [http, https]) = quick().await;
    let home = started_at(folder.path(), &authority, http, https).await;
    let certificates = home.services().certificates;
    certificates.accept("").await.unwrap();
    let first = another(&home, &[]).await;
    certificates.prepare_key().await.unwrap();
    let prepared = certificates.view().await.unwrap().next.unwrap().0;
    drop(certificates);
    home.stop().await;

    // Its time has come, and nobody has signed in: it renews what it has, with the key that it has.
    let due = Clock::fixed(first.due.unwrap());
    let keys = [first.key.as_str(), prepared.as_str()];
    let home = started_with(folder.path(), &authority, [http, https], &keys, due.clone()).await;
    let second = another(&home, &first.facts.serial).await;
    assert_eq!((second.key.as_str(), second.failed), (first.key.as_str(), None));
    assert_eq!(second.next.as_ref().map(|(key, _)| key.as_str()), Some(prepared.as_str()));

    // Both keys are in DNS, as a look sees; one that has been there for a day may be used.
    let services = home.services();
    let (certificates, checks) = (services.certificates.clone(), services.checks.clone());
    drop(services);
    checks.look().await.unwrap();
    assert!(!certificates.view().await.unwrap().next_ready);
    due.set(Time(due.now().0 + 24 * 3600));
    assert!(certificates.view().await.unwrap().next_ready);
    certificates.use_key().await.unwrap().unwrap();
    let third = certificates.view().await.unwrap();
    assert_eq!((third.key.as_str(), &third.next), (prepared.as_str(), &None));
    assert_ne!(third.facts.serial, second.facts.serial);
    let in_force = shown(&web(&home).await);
    assert_eq!(in_force, mail(&home).await, "both doors show it");
    let facts = certificate::facts(&in_force).unwrap();
    assert_eq!(facts.key_hash.as_slice(), hex(&prepared));
    let zone = checks.zone_file().await.unwrap();
    assert!(zone.contains(&format!("3 1 1 {prepared}")) && !zone.contains(&first.key), "{zone}");
    checks.look().await.unwrap();
    assert_ne!(
        checks.last().of(Id::Tlsa),
        Finding::Other,
        "what is published is true all the while"
    );
    drop((certificates, checks));
    home.stop().await;
}

/// The authority with what this one lacks: when to renew (RFC 9773). It passes on what it hears and adds its own to what is
/// answered; each of its connections is one exchange.
struct Advising {
    /// Certificates that were asked about, each by its identifier.
    asked: Mutex<Vec<String>>,
    /// What orders said that they replace.
    replaced: Mutex<Vec<String>>,
    at: SocketAddr,
}

impl Advising {
    async fn before(authority: &Authority) -> Arc<Self> {
        let read = |name: &str| std::fs::read(authority.folder.path().join(name)).unwrap();
        let identity = Identity {
            chain: vec![CertificateDer::from_pem_slice(&read("cert.pem")).unwrap().to_vec()],
            key: PrivatePkcs8KeyDer::from_pem_slice(&read("key.pem"))
                .unwrap()
                .secret_pkcs8_der()
                .to_vec()
                .into(),
        };
        let acceptor = TlsAcceptor::from(server_config(Current::new(&identity).unwrap(), &[b"http/1.1"]).unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let advising = Arc::new(Self {
            asked: Mutex::default(),
            replaced: Mutex::default(),
            at: listener.local_addr().unwrap(),
        });
        let (known, port) = (advising.clone(), authority.port);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (known, acceptor) = (known.clone(), acceptor.clone());
                tokio::spawn(async move {
                    let mut stream = acceptor.accept(stream).await.unwrap();
                    let request = message(&mut stream).await;
                    let answer = known.answer(&request, port).await;
                    stream.write_all(&answer).await.unwrap();
                    let _ = stream.shutdown().await;
                });
            }
        });
        advising
    }

    async fn answer(&self, request: &[u8], port: u16) -> Vec<u8> {
        let (head, body) = split(request);
        let path = head.split(' ').nth(1).unwrap();
        if let Some(id) = path.strip_prefix("/advice/") {
            // It changes its mind about what it gave: that is to be renewed now.
            let mut asked = self.asked.lock().unwrap();
            let (start, end) = if asked.iter().any(|known| known == id) {
                (2020, 2021)
            } else {
                (2098, 2099)
            };
            asked.push(id.to_owned());
            let body = format!("{{\"suggestedWindow\":{{\"start\":\"{start}-01-01T00:00:00Z\",\"end\":\"{end}-01-01T00:00:00Z\"}}}}");
            return format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into();
        }
        let mut upstream = handshake(TcpStream::connect(("127.0.0.1", port)).await.unwrap(), "localhost").await;
        let (start, rest) = request.split_at(head.find("\r\n").unwrap());
        upstream.write_all(&[start, b"\r\nConnection: close", rest].concat()).await.unwrap();
        let mut answer = Vec::new();
        let _ = upstream.read_to_end(&mut answer).await;
        let (head, text) = split(&answer);
        let Ok(mut value) = serde_json::from_str::<serde_json::Value>(text) else {
            return answer;
        };
        if path == "/dir" {
            value["renewalInfo"] = format!("https://{}/advice", self.at).into();
        } else if path == "/order-plz"
            && let Some(old) = payload(body)["replaces"].as_str()
        {
            self.replaced.lock().unwrap().push(old.to_owned());
            value["replaces"] = old.into();
        } else {
            return answer;
        }
        let head = head
            .lines()
            .filter(|line| !line.to_lowercase().starts_with("content-length"))
            .collect::<Vec<_>>();
        let body = value.to_string();
        format!("{}\r\nContent-Length: {}\r\n\r\n{body}", head.join("\r\n"), body.len()).into()
    }
}

/// A whole message of HTTP/1.1.
async fn message(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut octets = Vec::new();
    loop {
        let (head, body) = split(&octets);
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().unwrap())
        });
        if octets.windows(4).any(|four| four == b"\r\n\r\n") && body.len() >= length.unwrap_or(0) {
            return octets;
        }
        assert!(stream.read_buf(&mut octets).await.unwrap() > 0, "cut off");
    }
}

fn split(message: &[u8]) -> (&str, &str) {
    let text = std::str::from_utf8(message).unwrap();
    text.split_once("\r\n\r\n").unwrap_or((text, ""))
}

/// What a signed request says.
fn payload(body: &str) -> serde_json::Value {
    let signed: serde_json::Value = serde_json::from_str(body).unwrap();
    let octets = base64url::decode(signed["payload"].as_str().unwrap(), 64 * 1024).unwrap();
    serde_json::from_slice(&octets).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_wants_it_renewed_early_is_obeyed_and_told_what_is_replaced() {
    let (folder, mut authority, [http, https]) = quick().await;
    let advising = Advising::before(&authority).await;
    authority.port = advising.at.port();
    let home = started_at(folder.path(), &authority, http, https).await;
    let certificates = home.services().certificates;
    certificates.accept("").await.unwrap();
    let first = another(&home, &[]).await;
    assert!(
        first.due.is_some_and(|due| due.0 < first.facts.ends),
        "never after its end, whatever is said"
    );
    drop(certificates);
    home.stop().await;

    let later = Time(Clock::system().now().0 + 7 * 3600);
    let home = started_with(folder.path(), &authority, [http, https], &[], Clock::fixed(later)).await;
    let second = another(&home, &first.facts.serial).await;
    assert_eq!(second.key, first.key);
    let id = |view: &View| {
        let authority = view.facts.authority.as_deref().unwrap();
        format!("{}.{}", base64url::encode(authority), base64url::encode(&view.facts.serial))
    };
    assert_eq!(*advising.replaced.lock().unwrap(), [id(&first)], "by its name, and once");
    assert_eq!(*advising.asked.lock().unwrap(), [id(&first), id(&first), id(&second)]);
    home.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_cannot_be_certified_costs_only_itself_and_no_certificate_a_day() {
    let (folder, authority, [http, https]) = quick().await;
    authority.leads_astray("mta-sts.home.test").await;
    let clock = Clock::fixed(Clock::system().now());
    let home = started_with(folder.path(), &authority, [http, https], &[], clock.clone()).await;
    let certificates = home.services().certificates;
    let later = |seconds: i64| clock.set(Time(clock.now().0 + seconds));
    certificates.accept("").await.unwrap();
    let refused = async || loop {
        let view = certificates.view().await.unwrap();
        if view.failed.is_some() {
            return view;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(refused().await.facts.is_own);
    later(61);
    certificates.step().await;
    let first = certificates.view().await.unwrap();
    assert!(
        first.facts.is_for("home.test") && !first.facts.is_for("mta-sts.home.test"),
        "{:?}",
        first.facts.names
    );
    assert_eq!(first.failed, None);

    // A day later it is tried again with that name, and nothing but a refusal comes of it.
    for _ in 0..2 {
        later(25 * 3600);
        certificates.step().await;
        let view = refused().await;
        assert!(
            view.failed
                .is_some_and(|(_, stage, words)| stage == Stage::Proving && words.contains("mta-sts"))
        );
        for _ in 0..3 {
            later(61);
            certificates.step().await;
        }
        let view = certificates.view().await.unwrap();
        assert_eq!(view.facts.serial, first.facts.serial, "no other one was ordered");
        assert!(
            view.due
                .is_some_and(|due| due.0 > clock.now().0 + 24 * 3600 && due.0 < first.facts.ends)
        );
    }
    drop(certificates);
    home.stop().await;
}

/// Waits until a certificate of the authority's is in force that is not this one.
async fn another(home: &Appliance, serial: &[u8]) -> View {
    loop {
        let view = home.services().certificates.view().await.unwrap();
        if let Some((_, stage, words)) = view.failed {
            panic!("{stage:?}: {words}");
        }
        if !view.facts.is_own && view.facts.serial != serial {
            return view;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_port_443_where_port_80_is_shut_and_a_refusal_is_told_in_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let at = port();
    let doors = home(folder.path(), at, None).await;
    let (http, https) = (doors.http[0], doors.https[0]);
    doors.stop().await;

    // Nobody is at either port that it looks at.
    let authority = Authority::start(at, port(), port(), &FAST).await;
    let home = started_at(folder.path(), &authority, http, https).await;
    let certificates = home.services().certificates;
    certificates.accept("").await.unwrap();
    let failed = loop {
        if let Some(failed) = certificates.view().await.unwrap().failed {
            break failed;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(failed.1, Stage::Proving);
    assert!(
        failed.2.contains("mail.home.test") && failed.2.contains("connection refused"),
        "{}",
        failed.2
    );
    let view = certificates.view().await.unwrap();
    assert!(view.facts.is_own, "the old one stays");
    assert!(view.due.is_some_and(|due| due > failed.0));
    assert!(matches!(certificates.order_now().await.unwrap(), Err(NotYet::Pause)));
    drop(certificates);
    home.stop().await;
    drop(authority);

    // Port 80 is shut; the other one is ours. The account that was made is unknown to a new authority.
    let authority = Authority::start(at, port(), https.port(), &FAST).await;
    let home = started_at(folder.path(), &authority, http, https).await;
    let certificates = home.services().certificates;
    certificates.accept("").await.unwrap();
    let mut unknown = false;
    while certificates.view().await.unwrap().facts.is_own {
        if let Some((_, stage, _)) = certificates.view().await.unwrap().failed {
            unknown |= matches!(stage, Stage::Account | Stage::Ordering);
            certificates.accept("").await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(unknown, "an account that is gone is made anew");
    assert_eq!(shown(&web(&home).await), mail(&home).await);
    home.stop().await;
}

#[tokio::test]
async fn a_clock_that_was_ahead_holds_no_renewal_up() {
    let home = crate::home::Home::make(Time(1_900_000_000), Dns::nobody().into());
    let certificates = &home.services.certificates;
    certificates.accept("").await.unwrap();
    certificates.step().await;
    let failed = async || certificates.view().await.unwrap().failed.unwrap().0;
    assert_eq!(failed().await, Time(1_900_000_000), "nobody says where the mail host is");
    home.later(-100_000_000);
    certificates.step().await;
    assert_eq!(failed().await, Time(1_800_000_000), "it is tried at once and not in three years");
    home.later(1);
    certificates.step().await;
    assert_eq!(failed().await, Time(1_800_000_000), "from here on as after any failure");
}
