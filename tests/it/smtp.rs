//! The SMTP door over real sockets, with a real store behind it: dialogues, hostile peers, TLS, limits.

use caliopen::{
    domain::{
        id::MessageId,
        transport::{Arrival, TlsVersion},
    },
    net::{
        clock::Clock,
        tls::{Current, Identity, server_config},
    },
    service::{discussion::Discussions, happening::Happenings, receive::Receive, setup, view::People},
    smtp::{Door, limits::Limits},
    store::{front::FrontFile, mail::Snapshot, vault::Vault},
};
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mailbox with its door open.
struct House {
    _folder: tempfile::TempDir,
    vault: Vault,
    file: Arc<FrontFile>,
    mail: Discussions,
    door: Door,
    at: SocketAddr,
    certificate: Arc<Current>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl House {
    async fn open() -> Self {
        Self::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = setup::make(folder.path(), "home.test", "me@home.test", "a river runs through it").unwrap();
        let file = Arc::new(FrontFile::open(folder.path()).unwrap());
        let front = file.read().unwrap().unwrap();
        let certificate = Current::new(&identity("mail.home.test")).unwrap();
        let receive = Receive::new(made.vault.clone(), Clock::system(), Happenings::default(), file.clone(), &front);
        let door = Door::new(receive, server_config(certificate.clone(), &[]).unwrap(), limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn({
            let door = door.clone();
            async move { door.serve(listener, stopped).await }
        });
        Self {
            mail: Discussions::new(made.vault.clone(), People::new(&front.addresses).unwrap()),
            vault: made.vault,
            file,
            _folder: folder,
            door,
            at,
            certificate,
            stop,
            serving,
        }
    }

    /// Every message that is kept: how it came, and its octets without our own `Received` line.
    async fn kept(&self) -> Vec<(Arrival, Vec<u8>)> {
        let count = Snapshot::of(&self.vault.open().unwrap()).unwrap().messages().unwrap();
        let mut kept = Vec::new();
        for id in 1..=count {
            let source = self.mail.source(MessageId(id)).await.unwrap();
            let arrival = self.mail.message(MessageId(id)).await.unwrap().journey.arrival.unwrap();
            kept.push((arrival, unstamped(&source)));
        }
        kept
    }

    async fn only(&self) -> (Arrival, Vec<u8>) {
        let mut kept = self.kept().await;
        assert_eq!(kept.len(), 1);
        kept.remove(0)
    }

    async fn peer(&self) -> Peer<TcpStream> {
        let mut peer = Peer::connect(self.at).await;
        assert_eq!(peer.reply().await.0, 220);
        peer
    }

    /// A peer that has said EHLO.
    async fn greeted(&self) -> Peer<TcpStream> {
        let mut peer = self.peer().await;
        assert_eq!(peer.ask("EHLO sender.test").await, 250);
        peer
    }

    /// A message of its own, from greeting to `250`: is the door still open?
    async fn still_works(&self) {
        let mut peer = self.greeted().await;
        assert_eq!(peer.deliver(b"Subject: still here\r\n\r\nyes\r\n").await, 250);
    }

    async fn ends(self) {
        self.stop.send(true).unwrap();
        timeout(PATIENCE, self.serving).await.unwrap().unwrap();
    }
}

fn identity(name: &str) -> Identity {
    Identity::self_signed(&[name.to_owned()]).unwrap()
}

/// A message without its first header, which is ours.
fn unstamped(source: &[u8]) -> Vec<u8> {
    assert!(source.starts_with(b"Received: from "));
    let end = source
        .windows(3)
        .position(|three| three[..2] == *b"\r\n" && three[2] != b'\t')
        .map_or(source.len(), |at| at + 2);
    source[end..].to_vec()
}

/// Another mail server, or what pretends to be one.
struct Peer<S> {
    io: S,
    heard: Vec<u8>,
}

impl Peer<TcpStream> {
    async fn connect(to: SocketAddr) -> Self {
        let io = timeout(PATIENCE, TcpStream::connect(to)).await.unwrap().unwrap();
        io.set_nodelay(true).unwrap();
        Self { io, heard: Vec::new() }
    }

    /// Begins TLS, STARTTLS having been answered.
    async fn secure(self, config: ClientConfig) -> Peer<tokio_rustls::client::TlsStream<TcpStream>> {
        let name = ServerName::try_from("mail.home.test").unwrap();
        let sealed = TlsConnector::from(Arc::new(config)).connect(name, self.io);
        Peer {
            io: timeout(PATIENCE, sealed).await.unwrap().unwrap(),
            heard: Vec::new(),
        }
    }
}

impl Peer<tokio_rustls::client::TlsStream<TcpStream>> {
    fn certificate(&self) -> Vec<u8> {
        self.io.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    async fn send(&mut self, octets: &[u8]) {
        timeout(PATIENCE, async {
            self.io.write_all(octets).await.unwrap();
            self.io.flush().await.unwrap();
        })
        .await
        .unwrap();
    }

    /// The next reply: its code and all its lines.
    async fn reply(&mut self) -> (u16, String) {
        self.reply_or_end().await.expect("the connection ended")
    }

    /// The next reply, or `None` when the connection has ended.
    async fn reply_or_end(&mut self) -> Option<(u16, String)> {
        let mut from = 0;
        loop {
            while let Some(end) = self.heard[from..].windows(2).position(|two| two == b"\r\n") {
                let last = self.heard[from + 3] != b'-';
                from += end + 2;
                if last {
                    let text = String::from_utf8(self.heard.drain(..from).collect()).unwrap();
                    return Some((text[..3].parse().unwrap(), text));
                }
            }
            let read = timeout(PATIENCE, self.io.read_buf(&mut self.heard)).await.expect("no answer came");
            if !matches!(read, Ok(1..)) {
                assert!(self.heard.is_empty(), "{:?}", String::from_utf8_lossy(&self.heard));
                return None;
            }
        }
    }

    async fn ask(&mut self, line: &str) -> u16 {
        self.send(format!("{line}\r\n").as_bytes()).await;
        self.reply().await.0
    }

    async fn codes(&mut self, lines: &[&str]) -> Vec<u16> {
        let mut codes = Vec::new();
        for line in lines {
            codes.push(self.ask(line).await);
        }
        codes
    }

    /// The envelope of a message to the owner.
    async fn envelope(&mut self) {
        assert_eq!(
            self.codes(&["MAIL FROM:<ana@sender.test>", "RCPT TO:<me@home.test>"]).await,
            [250, 250]
        );
    }

    /// Delivers this to the owner: whole lines, their dots not yet stuffed.
    async fn deliver(&mut self, message: &[u8]) -> u16 {
        self.envelope().await;
        assert_eq!(self.ask("DATA").await, 354);
        let mut wire = Vec::with_capacity(message.len() + 64);
        for line in message.split_inclusive(|octet| *octet == b'\n') {
            wire.extend(line.starts_with(b".").then_some(b'.'));
            wire.extend_from_slice(line);
        }
        wire.extend_from_slice(b".\r\n");
        self.send(&wire).await;
        self.reply().await.0
    }

    /// Everything that is answered until the connection ends.
    async fn rest(mut self) -> Vec<u16> {
        let mut codes = Vec::new();
        while let Some((code, _)) = self.reply_or_end().await {
            codes.push(code);
        }
        codes
    }
}

/// Takes any certificate: what it says is not what these tests are about.
#[derive(Debug)]
struct Trusting;

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

fn client(version: &'static SupportedProtocolVersion) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trusting))
        .with_no_client_auth()
}

// Dialogues.

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_kept_with_how_it_came() {
    let house = House::open().await;
    let mut peer = house.peer().await;
    peer.send(b"EHLO sender.test\r\n").await;
    let (code, offer) = peer.reply().await;
    assert_eq!(code, 250);
    for word in [
        "SIZE 26214400",
        "STARTTLS",
        "8BITMIME",
        "SMTPUTF8",
        "PIPELINING",
        "CHUNKING",
        "ENHANCEDSTATUSCODES",
    ] {
        assert!(offer.contains(word), "{offer}");
    }
    assert!(!offer.contains("AUTH") && !offer.contains("BINARYMIME"), "{offer}");

    let message = b"From: ana@sender.test\r\nSubject: hello\r\n\r\nA word.\r\n.\r\n..two\r\nend.\r\n";
    assert_eq!(peer.deliver(message).await, 250);
    assert_eq!(peer.ask("QUIT").await, 221);
    assert_eq!(peer.rest().await, [0u16; 0]);

    let (arrival, octets) = house.only().await;
    assert_eq!(String::from_utf8_lossy(&octets), String::from_utf8_lossy(message));
    assert_eq!(
        (arrival.helo.as_str(), arrival.extended, arrival.utf8),
        ("sender.test", true, false)
    );
    assert_eq!(arrival.mail_from.as_deref(), Some("ana@sender.test"));
    assert_eq!(arrival.rcpt_to, ["me@home.test"]);
    assert!(arrival.tls.is_none() && arrival.peer.is_loopback() && arrival.at.0 > 1_700_000_000);

    let source = house.mail.source(MessageId(1)).await.unwrap();
    let stamp = String::from_utf8_lossy(&source).split("From: ").next().unwrap().to_owned();
    assert!(stamp.starts_with("Received: from sender.test (local)\r\n\tby mail.home.test with ESMTP\r\n\tfor <me@home.test>;"));
    assert!(!stamp.contains("127.0.0"), "{stamp}");
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bounces_postmaster_and_odd_spellings_arrive() {
    let house = House::open().await;
    let mut peer = house.peer().await;
    assert_eq!(
        peer.codes(&[
            "helo old.test",
            "mail from:<>",
            "rcpt to:<PoStMaStEr>",
            "RCPT TO:<postmaster@HOME.test>"
        ])
        .await,
        [250, 250, 250, 250]
    );
    assert_eq!(
        peer.codes(&["RCPT TO:<\"me\"@home.test>", "RCPT TO:<@relay.test:ME@home.test>", "DATA"])
            .await,
        [250, 250, 354]
    );
    peer.send(b"Subject: bounce\r\n\r\n\r\n.\r\n").await;
    assert_eq!(peer.reply().await.0, 250);
    let (arrival, _) = house.only().await;
    assert_eq!((arrival.mail_from, arrival.extended), (None, false));
    assert_eq!(
        arrival.rcpt_to,
        ["postmaster", "postmaster@HOME.test", "me@home.test", "ME@home.test"]
    );
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_says_why_and_the_dialogue_goes_on() {
    let house = House::with(Limits {
        errors: 100,
        ..Limits::default()
    })
    .await;
    let mut peer = house.peer().await;
    for (line, answer) in [
        ("MAIL FROM:<a@b.test>", "503 5.5.1"),
        ("EHLO", "501 5.5.4"),
        ("EHLO sender.test", "250-mail.home.test"),
        ("FAKE", "500 5.5.1"),
        ("AUTH PLAIN AGEAYg==", "502 5.5.1"),
        ("EXPN staff", "502 5.5.1"),
        ("VRFY me", "252 2.0.0"),
        ("HELP", "214 2.0.0"),
        ("NOOP", "250 2.0.0"),
        ("RSET", "250 2.0.0"),
        ("RCPT TO:<me@home.test>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("MAIL FROM:<a b@c.test>", "501 5.5.4"),
        ("MAIL FROM:<a@b.test> RET=FULL", "555 5.5.4"),
        ("MAIL FROM:<a@b.test> SIZE=26214401", "552 5.3.4"),
        ("MAIL FROM:<é@b.test>", "553 5.6.7"),
        ("MAIL FROM:<a@b.test> BODY=BINARYMIME", "555 5.5.4"),
        ("MAIL FROM:<a@b.test> SIZE=26214400 BODY=8BITMIME", "250 2.1.0"),
        ("MAIL FROM:<a@b.test>", "503 5.5.1"),
        ("RCPT TO:<you@home.test>", "550 5.1.1"),
        ("RCPT TO:<me@else.test>", "550 5.7.1"),
        ("RCPT TO:<>", "553 5.1.3"),
        ("RCPT TO:<\"me@home.test\"@else.test>", "550 5.7.1"),
        ("RCPT TO:<me%else.test@home.test>", "550 5.1.1"),
        ("RCPT TO:<me@home.test> NOTIFY=NEVER", "555 5.5.4"),
        ("DATA", "503 5.5.1"),
        ("RCPT TO:<me@home.test>", "250 2.1.5"),
        ("DATA now", "501 5.5.4"),
        ("DATA", "354 "),
        ("Subject: after all that\r\n\r\n.", "250 2.0.0"),
        ("QUIT", "221 2.0.0"),
    ] {
        peer.send(format!("{line}\r\n").as_bytes()).await;
        let (_, said) = peer.reply().await;
        if !said.starts_with(answer) {
            // A path with a blank in it may be called bad syntax or a bad address.
            assert!(line.contains("a b@") && said.starts_with("553 5.1.7"), "{line}: {said}");
        }
    }
    assert_eq!(house.only().await.1, b"Subject: after all that\r\n\r\n");
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_commands_are_answered_in_order_and_together() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    peer.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<you@home.test>\r\nRCPT TO:<me@home.test>\r\nNOOP\r\nDATA\r\n")
        .await;
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(peer.reply().await.0);
    }
    assert_eq!(codes, [250, 550, 250, 250, 354]);
    // The end of one message and all of the next in one breath (RFC 2920 section 3.1).
    peer.send(b"Subject: 1\r\n\r\n.\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<me@home.test>\r\nBDAT 14 LAST\r\nSubject: 2\r\n\r\nQUIT\r\n")
        .await;
    assert_eq!(peer.rest().await, [250, 250, 250, 250, 221]);
    let kept = house.kept().await;
    assert_eq!(
        kept.iter().map(|(_, octets)| &octets[..]).collect::<Vec<_>>(),
        [b"Subject: 1\r\n\r\n", b"Subject: 2\r\n\r\n"]
    );
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_messages_and_lone_dots_are_what_they_are() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    for message in [&b""[..], b".\r\n", b".first\r\n", b"..\r\n\r\n.\r\n", b"a\0b\r\n"] {
        assert_eq!(peer.deliver(message).await, 250, "{message:?}");
    }
    let kept: Vec<Vec<u8>> = house.kept().await.into_iter().map(|(_, octets)| octets).collect();
    assert_eq!(kept, [&b""[..], b".\r\n", b".first\r\n", b"..\r\n\r\n.\r\n", b"a\0b\r\n"]);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_in_any_shape_make_one_message() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    peer.envelope().await;
    peer.send(b"BDAT 9\r\nSubject: ").await;
    assert_eq!(peer.reply().await.0, 250);
    // Chunks may hold what looks like an end, and cut a CRLF in two.
    peer.send(b"BDAT 3\r\nx\r\nBDAT 0\r\nBDAT 6\r\n\r\n.\r\n\rBDAT 6 LAST\r\n\n.\r\n\r\nNOOP\r\n")
        .await;
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(peer.reply().await.0);
    }
    assert_eq!(codes, [250, 250, 250, 250, 250]);
    assert_eq!(house.only().await.1, b"Subject: x\r\n\r\n.\r\n\r\n.\r\n\r\n");

    // Without an envelope the octets are read, so that they are not commands, and refused.
    peer.send(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n").await;
    assert_eq!((peer.reply().await.0, peer.reply().await.0), (503, 250));
    peer.envelope().await;
    peer.send(b"BDAT 3\r\na\r\n").await;
    assert_eq!(peer.reply().await.0, 250);
    assert_eq!(
        peer.codes(&["DATA", "RCPT TO:<me@home.test>", "RSET", "DATA"]).await,
        [503, 503, 250, 503]
    );
    // Nobody knows what follows a size that cannot be read.
    peer.send(b"BDAT many\r\nMAIL FROM:<a@b.test>\r\n").await;
    assert_eq!(peer.rest().await, [501]);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_in_other_scripts_arrives_with_smtputf8() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    assert_eq!(
        peer.codes(&["MAIL FROM:<josé@b.test> SMTPUTF8 BODY=8BITMIME", "RCPT TO:<me@home.test>", "DATA"])
            .await,
        [250, 250, 354]
    );
    peer.send("Subject: déjà\r\n\r\nvu\r\n.\r\n".as_bytes()).await;
    assert_eq!(peer.reply().await.0, 250);
    let (arrival, octets) = house.only().await;
    assert_eq!((arrival.utf8, arrival.mail_from.as_deref()), (true, Some("josé@b.test")));
    assert_eq!(octets, "Subject: déjà\r\n\r\nvu\r\n".as_bytes());
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_box_still_takes_mail_and_keeps_it_sealed() {
    let house = House::open().await;
    house.vault.lock();
    let mut peer = house.greeted().await;
    assert_eq!(peer.ask("MAIL FROM:<a@b.test>").await, 250);
    assert_eq!(
        peer.codes(&["RCPT TO:<you@home.test>", "RCPT TO:<me@home.test>", "DATA"]).await,
        [550, 250, 354]
    );
    peer.send(b"Subject: knock\r\n\r\n.\r\n").await;
    let (_, said) = peer.reply().await;
    assert!(said.starts_with("250 2.0.0 "), "{said}");
    assert_eq!(peer.ask("NOOP").await, 250);
    let (_, sealed) = house.file.spooled(0).unwrap().unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1") && !sealed.windows(5).any(|w| w == b"knock"));
    house.ends().await;
}

// Hostile peers.

/// The corpus of false ends and injections, or nothing where it is missing.
fn corpus() -> serde_json::Value {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora").to_owned();
    let folder = std::env::var("CALIOPEN_CORPORA").unwrap_or(beside);
    match std::fs::read(format!("{folder}/smtp/smuggling-and-starttls.json")) {
        Ok(text) => serde_json::from_slice(&text).unwrap(),
        Err(_) => {
            eprintln!("{folder} is missing: only this repository's own false ends are tried");
            serde_json::json!({})
        }
    }
}

/// The classic false ends, so that something is tried without the corpus as well.
const FALSE_ENDS: &[&str] = &["\n.\n", "\n.\r\n", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n\0.\r\n", "\r\n.\0\r\n"];

#[tokio::test(flavor = "multi_thread")]
async fn one_message_never_becomes_two() {
    let corpus = corpus();
    let listed = corpus["must_not_end_data"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|end| end.as_str().unwrap());
    let ends: Vec<&str> = listed.chain(FALSE_ENDS.iter().copied()).collect();
    let house = House::open().await;
    let (mut taken, mut kept_before) = (0, 0);
    for end in ends {
        let inner = "MAIL FROM:<evil@b.test>\r\nRCPT TO:<me@home.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nboo";
        let body = format!("Subject: carrier\r\n\r\nfirst{end}{inner}\r\n");
        for chunked in [false, true] {
            let mut peer = house.greeted().await;
            peer.envelope().await;
            if chunked {
                peer.send(format!("BDAT {} LAST\r\n{body}", body.len()).as_bytes()).await;
            } else {
                assert_eq!(peer.ask("DATA").await, 354);
                peer.send(format!("{body}.\r\n").as_bytes()).await;
            }
            peer.send(b"QUIT\r\n").await;
            let codes = peer.rest().await;
            assert!(codes == [250, 221] || codes == [554, 221], "{end:?} {chunked}: {codes:?}");
            taken += usize::from(codes[0] == 250);
            let bare = end.replace("\r\n", "").contains(['\r', '\n']);
            assert_eq!(codes[0] == 554, bare, "{end:?} {chunked}");
            let kept = Snapshot::of(&house.vault.open().unwrap()).unwrap().messages().unwrap();
            assert_eq!(kept - kept_before, u64::from(codes[0] == 250), "{end:?} {chunked}");
            kept_before = kept;
        }
    }
    for (arrival, octets) in house.kept().await {
        assert_eq!(arrival.mail_from.as_deref(), Some("ana@sender.test"));
        assert!(octets.starts_with(b"Subject: carrier") && octets.ends_with(b"boo\r\n"));
    }
    assert!(taken > 0);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_end_is_waited_out_and_the_refusal_names_it() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    peer.envelope().await;
    assert_eq!(peer.ask("DATA").await, 354);
    peer.send(b"Subject: x\r\n\r\nbody\n.\nRSET\n.\r\n").await;
    assert!(timeout(Duration::from_millis(50), peer.reply()).await.is_err());
    peer.send(b"\r\n.\r\n").await;
    assert!(peer.reply().await.1.starts_with("554 5.6.11 "));
    assert_eq!(peer.deliver(b"Subject: proper\r\n\r\n").await, 250);
    assert_eq!(house.only().await.1, b"Subject: proper\r\n\r\n");
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_ahead_of_tls_is_never_heard() {
    let house = House::open().await;
    let listed = corpus();
    let mut cases: Vec<(String, String, String)> = vec![(
        "EHLO x\r\n".into(),
        "STARTTLS\r\nEHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<me@home.test>\r\nDATA\r\n".into(),
        "NOOP\r\n".into(),
    )];
    for case in listed["starttls_injection"].as_array().into_iter().flatten() {
        let text = |key: &str| case[key].as_str().unwrap().to_owned();
        cases.push((text("pre"), text("inject"), text("after_tls")));
    }
    for (pre, inject, after) in cases {
        let mut peer = house.peer().await;
        peer.send(pre.as_bytes()).await;
        assert_eq!(peer.reply().await.0, 250);
        peer.send(inject.as_bytes()).await;
        assert_eq!(peer.reply().await.0, 220);
        assert!(peer.heard.is_empty(), "{inject:?}");
        let mut sealed = peer.secure(client(&rustls::version::TLS13)).await;
        sealed.send(after.as_bytes()).await;
        let wanted = if after.starts_with("NOOP") { 250 } else { 500 };
        assert_eq!(sealed.reply().await.0, wanted, "{inject:?}");
        // What was said in clear is forgotten, and nothing else was answered.
        assert_eq!(sealed.codes(&["MAIL FROM:<a@b.test>", "QUIT"]).await, [503, 221]);
        assert_eq!(sealed.rest().await, [0u16; 0]);
    }
    assert!(house.kept().await.is_empty());
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lines_are_refused_and_survived() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    assert_eq!(peer.ask(&format!("NOOP {}", "x".repeat(1_993))).await, 250);
    assert_eq!(peer.ask(&format!("NOOP {}", "x".repeat(1_994))).await, 500);
    assert_eq!(peer.ask(&"x".repeat(1_000_000)).await, 500);
    assert_eq!(peer.ask("NOOP\nQUIT").await, 500);
    let line = |length: usize| [vec![b'x'; length], b"\r\n".to_vec()].concat();
    assert_eq!(peer.deliver(&line(1_998)).await, 250);
    assert_eq!(peer.deliver(&line(1_999)).await, 554);
    assert_eq!(peer.deliver(&line(3_000_000)).await, 554);
    assert_eq!(house.kept().await.len(), 1);
    house.still_works().await;
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_may_have_25_mib_and_not_an_octet_more() {
    let house = House::open().await;
    let max = Limits::default().message;
    let mut full = b"Subject: full\r\n\r\n".to_vec();
    let line = [vec![b'x'; 998], b"\r\n".to_vec()].concat();
    while full.len() + line.len() <= max {
        full.extend_from_slice(&line);
    }
    full.extend(std::iter::repeat_n(b'x', max - full.len() - 2));
    full.extend_from_slice(b"\r\n");
    assert_eq!(full.len(), max);
    let mut peer = house.greeted().await;
    assert_eq!(peer.deliver(&full).await, 250);
    assert_eq!(house.only().await.1.len(), max);

    full.insert(20, b'y');
    assert_eq!(peer.deliver(&full).await, 552);
    peer.envelope().await;
    peer.send(format!("BDAT {} LAST\r\n", full.len()).as_bytes()).await;
    peer.send(&full).await;
    assert_eq!(peer.reply().await.0, 552);
    assert_eq!(peer.deliver(b"Subject: small\r\n\r\n").await, 250);

    // A chunk that could never be taken is not waited for.
    peer.envelope().await;
    assert_eq!(peer.ask("BDAT 9999999999 LAST").await, 552);
    assert_eq!(peer.rest().await, [0u16; 0]);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_message_is_cut_off() {
    let house = House::with(Limits {
        message: 100_000,
        overrun: 100_000,
        ..Limits::default()
    })
    .await;
    let mut peer = house.greeted().await;
    peer.envelope().await;
    assert_eq!(peer.ask("DATA").await, 354);
    peer.send(&b"an endless line of text\r\n".repeat(9_000)).await;
    assert_eq!(peer.rest().await, [552]);
    assert!(house.kept().await.is_empty());
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_for_messages_is_shared_out_and_given_back() {
    let house = House::with(Limits {
        memory: 64 * 1024,
        ..Limits::default()
    })
    .await;
    let mut greedy = house.greeted().await;
    greedy.envelope().await;
    assert_eq!(greedy.ask("DATA").await, 354);
    greedy.send(&b"a line\r\n".repeat(6_000)).await;
    assert_eq!(greedy.ask(".").await, 250);

    greedy.envelope().await;
    assert_eq!(greedy.ask("DATA").await, 354);
    greedy.send(&b"a line\r\n".repeat(20_000)).await;
    greedy.send(b".\r\n").await;
    assert!(greedy.reply().await.1.starts_with("452 4.3.1 "));
    // All of it came back.
    assert_eq!(greedy.deliver(&b"a line\r\n".repeat(6_000)).await, 250);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hundred_and_first_recipient_waits_for_the_next_message() {
    let house = House::open().await;
    let mut peer = house.greeted().await;
    let mut group = "MAIL FROM:<a@b.test>\r\n".to_owned();
    group.push_str(&"RCPT TO:<me@home.test>\r\n".repeat(101));
    group.push_str("DATA\r\n");
    peer.send(group.as_bytes()).await;
    let mut codes = Vec::new();
    for _ in 0..103 {
        codes.push(peer.reply().await.0);
    }
    assert_eq!((codes[0], codes[100], codes[101], codes[102]), (250, 250, 452, 354));
    peer.send(b"Subject: many\r\n\r\n.\r\n").await;
    assert_eq!(peer.reply().await.0, 250);
    assert_eq!(house.only().await.0.rcpt_to.len(), 100);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_and_idle_talk_have_an_end() {
    let house = House::open().await;
    let mut wrong = house.peer().await;
    wrong.send(&b"FAKE\r\n".repeat(30)).await;
    let codes = wrong.rest().await;
    assert_eq!((codes.len(), codes[8], codes[9]), (10, 500, 421));

    let mut idle = house.peer().await;
    idle.send(&b"NOOP\r\n".repeat(300)).await;
    let codes = idle.rest().await;
    assert_eq!((codes.len(), codes[99], codes[100]), (101, 250, 421));

    let mut browser = house.peer().await;
    browser
        .send(b"POST / HTTP/1.1\r\nHost: home.test\r\n\r\nMAIL FROM:<a@b.test>\r\n")
        .await;
    assert_eq!(browser.rest().await, [554]);

    // Early talkers are heard after the greeting.
    let mut early = Peer::connect(house.at).await;
    early.send(b"EHLO early.test\r\nQUIT\r\n").await;
    assert_eq!(early.rest().await, [220, 250, 221]);
    house.still_works().await;
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_slowness_have_an_end() {
    let quiet = House::with(Limits {
        idle: Duration::from_millis(80),
        ..Limits::default()
    })
    .await;
    let mut silent = quiet.greeted().await;
    assert!(silent.reply().await.1.starts_with("421 4.4.2 "));
    let mut in_data = quiet.greeted().await;
    in_data.envelope().await;
    assert_eq!(in_data.ask("DATA").await, 354);
    in_data.send(b"Subject: half\r\n").await;
    assert_eq!(in_data.rest().await, [421]);
    assert!(quiet.kept().await.is_empty());
    quiet.ends().await;

    let slow = House::with(Limits {
        per_message: Duration::from_millis(300),
        ..Limits::default()
    })
    .await;
    let mut trickling = slow.greeted().await;
    trickling.envelope().await;
    assert_eq!(trickling.ask("DATA").await, 354);
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    let begun = Instant::now();
    let said = loop {
        tokio::select! {
            said = trickling.reply() => break said.1,
            _ = tick.tick() => assert!(begun.elapsed() < PATIENCE),
        }
        if trickling.io.write_all(b"x").await.is_err() {
            break trickling.reply().await.1;
        }
    };
    assert!(said.starts_with("421 4.4.2 "), "{said}");
    slow.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_idle_connections_do_not_keep_a_working_peer_out() {
    let house = House::open().await;
    let mut working = house.greeted().await;
    working.envelope().await;
    assert_eq!(working.ask("DATA").await, 354);
    working.send(b"Subject: patient\r\n").await;

    let mut idle = Vec::new();
    for _ in 0..1_000 {
        let mut peer = Peer::connect(house.at).await;
        peer.send(b"EHL").await;
        idle.push(peer);
    }
    house.still_works().await;
    assert!(house.door.connections() <= 200);
    working.send(b"\r\n.\r\n").await;
    assert_eq!(working.reply().await.0, 250);

    let mut first = idle.remove(0);
    assert_eq!(first.reply().await.0, 220);
    assert!(first.reply().await.1.starts_with("421 4.7.0 "));
    assert_eq!(house.kept().await.len(), 2);
    drop(idle);
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_comes_in_crowds_is_told_so() {
    let house = House::with(Limits {
        per_loopback: 2,
        ..Limits::default()
    })
    .await;
    let (first, _second) = (house.peer().await, house.peer().await);
    assert_eq!(Peer::connect(house.at).await.rest().await, [421]);
    let mut leaving = first;
    assert_eq!(leaving.ask("QUIT").await, 221);
    assert_eq!(leaving.rest().await, [0u16; 0]);
    let begun = Instant::now();
    while house.door.connections() > 1 {
        assert!(begun.elapsed() < PATIENCE);
        tokio::task::yield_now().await;
    }
    let _third = house.peer().await;
    house.ends().await;
}

/// Pieces of what peers say, proper and not: random sequences of them get deep into the dialogue.
const SCRAPS: &[&[u8]] = &[
    b"EHLO a.test\r\n",
    b"HELO a\r\n",
    b"MAIL FROM:<a@b.test>\r\n",
    b"MAIL FROM:<> SIZE=5 BODY=8BITMIME\r\n",
    b"RCPT TO:<me@home.test>\r\n",
    b"RCPT TO:<\"me\\",
    b"DATA\r\n",
    b"Subject: x\r\n\r\n",
    b"\r\n.\r\n",
    b".\r\n",
    b"\n.\n",
    b"BDAT 4\r\nabcd",
    b"BDAT 30 LAST\r\n",
    b"BDAT 0 LAST\r\n",
    b"RSET\r\n",
    b"\r",
    b"\n",
    b"\0\xff\xfe",
    b"<@[",
    b"]>\r\n",
    b"STARTTLS\r\n",
];

#[test]
fn nothing_that_can_be_said_breaks_the_door() {
    use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
    static PANICS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.location().is_some_and(|at| at.file().contains("src/smtp")) {
            PANICS.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
        hook(info);
    }));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let house = runtime.block_on(House::open());
    let scrap = prop_oneof![4 => prop::sample::select(SCRAPS).prop_map(<[u8]>::to_vec), 1 => vec(any::<u8>(), 0..40)];
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&vec(scrap, 0..30), |scraps| {
        runtime.block_on(async {
            let mut peer = Peer::connect(house.at).await;
            for scrap in &scraps {
                // A door that has closed already has said so.
                if peer.io.write_all(scrap).await.is_err() {
                    break;
                }
            }
            let _ = peer.io.shutdown().await;
            let mut heard = Vec::new();
            let _ = timeout(PATIENCE, peer.io.read_to_end(&mut heard)).await.expect("the door hangs");
        });
        prop_assert_eq!(PANICS.load(std::sync::atomic::Ordering::SeqCst), 0);
        Ok(())
    });
    outcome.unwrap();
    runtime.block_on(async {
        house.still_works().await;
        house.ends().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_vanishes_leaves_nothing_behind() {
    let house = House::open().await;
    for end in ["", "Subject: cut", "Subject: cut\r\n\r\n.", "Subject: cut\r\n\r\n.\r"] {
        let mut peer = house.greeted().await;
        peer.envelope().await;
        assert_eq!(peer.ask("DATA").await, 354);
        peer.send(end.as_bytes()).await;
        drop(peer);
    }
    house.still_works().await;
    assert_eq!(house.kept().await.len(), 1);
    house.ends().await;
}

// TLS.

#[tokio::test(flavor = "multi_thread")]
async fn what_tls_was_like_is_evidence() {
    let house = House::open().await;
    for (config, version, suite, group) in [
        (
            client(&rustls::version::TLS13),
            TlsVersion::V1_3,
            "TLS_AES_256_GCM_SHA384",
            "X25519MLKEM768",
        ),
        (
            client(&rustls::version::TLS12),
            TlsVersion::V1_2,
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "",
        ),
    ] {
        let mut peer = house.greeted().await;
        assert_eq!(peer.ask("STARTTLS").await, 220);
        let mut sealed = peer.secure(config).await;
        sealed.send(b"EHLO sender.test\r\n").await;
        assert!(!sealed.reply().await.1.contains("STARTTLS"));
        assert_eq!(sealed.ask("STARTTLS").await, 503);
        assert_eq!(sealed.deliver(b"Subject: sealed\r\n\r\n").await, 250);
        let (arrival, _) = house.kept().await.pop().unwrap();
        let tls = arrival.tls.unwrap();
        assert_eq!((tls.version, tls.suite.as_str()), (version, suite));
        assert!(
            if group.is_empty() {
                !tls.group.is_empty()
            } else {
                tls.group == group
            },
            "{}",
            tls.group
        );
        assert!(tls.is_aead());
    }
    let source = house.mail.source(MessageId(1)).await.unwrap();
    assert!(String::from_utf8_lossy(&source).contains("with ESMTPS (TLS1.3)"));
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_serves_the_next_handshake_and_disturbs_none() {
    let house = House::open().await;
    let mut before = house.greeted().await;
    assert_eq!(before.ask("STARTTLS").await, 220);
    let mut before = before.secure(client(&rustls::version::TLS13)).await;
    let next = identity("mail.home.test");
    house.certificate.replace(&next).unwrap();
    let mut after = house.greeted().await;
    assert_eq!(after.ask("STARTTLS").await, 220);
    let mut after = after.secure(client(&rustls::version::TLS13)).await;
    assert_eq!(after.certificate(), next.chain[0]);
    assert_ne!(before.certificate(), next.chain[0]);
    for peer in [&mut before, &mut after] {
        assert_eq!(peer.ask("EHLO sender.test").await, 250);
        assert_eq!(peer.deliver(b"Subject: either way\r\n\r\n").await, 250);
    }
    house.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_fails_or_hangs_costs_nobody_else() {
    let house = House::with(Limits {
        handshake: Duration::from_millis(50),
        ..Limits::default()
    })
    .await;
    let mut garbage = house.greeted().await;
    assert_eq!(garbage.ask("STARTTLS").await, 220);
    garbage.send(b"NOOP this is not TLS\r\n").await;
    let mut heard = Vec::new();
    // Closed or reset; either way nothing but a TLS alert was said.
    let _ = timeout(PATIENCE, garbage.io.read_to_end(&mut heard)).await.unwrap();
    assert!(heard.first().is_none_or(|kind| *kind == 21), "{heard:?}");

    let mut hanging = house.greeted().await;
    assert_eq!(hanging.ask("STARTTLS").await, 220);
    let _ = timeout(PATIENCE, hanging.io.read_to_end(&mut heard)).await.unwrap();
    house.still_works().await;
    house.ends().await;
}

// The end.

#[tokio::test(flavor = "multi_thread")]
async fn the_door_closes_in_order() {
    let house = House::with(Limits {
        grace: Duration::from_secs(10),
        ..Limits::default()
    })
    .await;
    let mut idle = house.greeted().await;
    let mut sending = house.greeted().await;
    sending.envelope().await;
    assert_eq!(sending.ask("DATA").await, 354);
    sending.send(b"Subject: the last\r\n").await;

    house.stop.send(true).unwrap();
    assert!(idle.reply().await.1.starts_with("421 4.3.2 "));
    assert_eq!(idle.rest().await, [0u16; 0]);
    sending.send(b"\r\n.\r\n").await;
    assert_eq!(sending.rest().await, [250, 421]);
    let (at, vault, mail) = (house.at, house.vault.clone(), house.mail.clone());
    timeout(PATIENCE, house.serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(at).await.is_err());
    assert_eq!(Snapshot::of(&vault.open().unwrap()).unwrap().messages().unwrap(), 1);
    assert!(mail.source(MessageId(1)).await.unwrap().ends_with(b"Subject: the last\r\n\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_does_not_wait_for_ever() {
    let house = House::with(Limits {
        grace: Duration::from_millis(50),
        ..Limits::default()
    })
    .await;
    let mut stalled = house.greeted().await;
    stalled.envelope().await;
    assert_eq!(stalled.ask("DATA").await, 354);
    house.stop.send(true).unwrap();
    assert_eq!(stalled.rest().await, [421]);
    timeout(PATIENCE, house.serving).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_sending_when_the_door_closes_does_not_keep_it_open() {
    let house = House::with(Limits {
        grace: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let mut endless = house.greeted().await;
    endless.envelope().await;
    assert_eq!(endless.ask("DATA").await, 354);
    house.stop.send(true).unwrap();
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    let begun = Instant::now();
    let said = loop {
        tokio::select! {
            said = endless.reply() => break said.1,
            _ = tick.tick() => assert!(begun.elapsed() < PATIENCE),
        }
        if endless.io.write_all(b"more\r\n").await.is_err() {
            break endless.reply().await.1;
        }
    };
    assert!(said.starts_with("421 4.3.2 "), "{said}");
    timeout(PATIENCE, house.serving).await.unwrap().unwrap();
}
