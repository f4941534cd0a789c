//! A mailbox with its SMTP door open in this process, and peers that talk to it over real sockets.

use caliopen::{
    domain::{id::MessageId, transport::Arrival},
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
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// No test waits longer than this for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A mailbox with its door open.
pub struct House {
    _folder: tempfile::TempDir,
    pub vault: Vault,
    pub file: Arc<FrontFile>,
    pub mail: Discussions,
    pub door: Door,
    pub at: SocketAddr,
    pub certificate: Arc<Current>,
    pub stop: watch::Sender<bool>,
    pub serving: JoinHandle<()>,
}

impl House {
    /// With the limits of the product.
    pub async fn open() -> Self {
        Self::with(Limits::default()).await
    }

    /// With limits of the test's own.
    pub async fn with(limits: Limits) -> Self {
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
            mail: Discussions::new(made.vault.clone(), Clock::system(), People::new(&front.addresses).unwrap()),
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
    pub async fn kept(&self) -> Vec<(Arrival, Vec<u8>)> {
        let count = Snapshot::of(&self.vault.open().unwrap()).unwrap().messages().unwrap();
        let mut kept = Vec::new();
        for id in 1..=count {
            let source = self.mail.source(MessageId(id)).await.unwrap();
            let arrival = self.mail.message(MessageId(id)).await.unwrap().journey.arrival.unwrap();
            kept.push((arrival, unstamped(&source)));
        }
        kept
    }

    /// The one message that is kept.
    pub async fn only(&self) -> (Arrival, Vec<u8>) {
        let mut kept = self.kept().await;
        assert_eq!(kept.len(), 1);
        kept.remove(0)
    }

    /// A peer that was greeted.
    pub async fn peer(&self) -> Peer<TcpStream> {
        let mut peer = Peer::connect(self.at).await;
        assert_eq!(peer.reply().await.0, 220);
        peer
    }

    /// A peer that has said EHLO.
    pub async fn greeted(&self) -> Peer<TcpStream> {
        let mut peer = self.peer().await;
        assert_eq!(peer.ask("EHLO sender.test").await, 250);
        peer
    }

    /// A message of its own, from greeting to `250`: is the door still open?
    pub async fn still_works(&self) {
        let mut peer = self.greeted().await;
        assert_eq!(peer.deliver(b"Subject: still here\r\n\r\nyes\r\n").await, 250);
    }

    /// Closes the door, in order.
    pub async fn ends(self) {
        self.stop.send(true).unwrap();
        timeout(PATIENCE, self.serving).await.unwrap().unwrap();
    }
}

/// A certificate of our own making.
pub fn identity(name: &str) -> Identity {
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
pub struct Peer<S> {
    pub io: S,
    pub heard: Vec<u8>,
}

impl Peer<TcpStream> {
    /// Connects and says nothing.
    pub async fn connect(to: SocketAddr) -> Self {
        let io = timeout(PATIENCE, TcpStream::connect(to)).await.unwrap().unwrap();
        io.set_nodelay(true).unwrap();
        Self { io, heard: Vec::new() }
    }

    /// Begins TLS, STARTTLS having been answered.
    pub async fn secure(self, config: ClientConfig) -> Peer<tokio_rustls::client::TlsStream<TcpStream>> {
        let name = ServerName::try_from("mail.home.test").unwrap();
        let sealed = TlsConnector::from(Arc::new(config)).connect(name, self.io);
        Peer {
            io: timeout(PATIENCE, sealed).await.unwrap().unwrap(),
            heard: Vec::new(),
        }
    }
}

impl Peer<tokio_rustls::client::TlsStream<TcpStream>> {
    /// What the door showed.
    pub fn certificate(&self) -> Vec<u8> {
        self.io.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    /// Sends these octets.
    pub async fn send(&mut self, octets: &[u8]) {
        timeout(PATIENCE, async {
            self.io.write_all(octets).await.unwrap();
            self.io.flush().await.unwrap();
        })
        .await
        .unwrap();
    }

    /// The next reply: its code and all its lines.
    pub async fn reply(&mut self) -> (u16, String) {
        self.reply_or_end().await.expect("the connection ended")
    }

    /// The next reply, or `None` when the connection has ended.
    pub async fn reply_or_end(&mut self) -> Option<(u16, String)> {
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

    /// One command; the code of its reply.
    pub async fn ask(&mut self, line: &str) -> u16 {
        self.send(format!("{line}\r\n").as_bytes()).await;
        self.reply().await.0
    }

    /// Commands one after the other; the codes of their replies.
    pub async fn codes(&mut self, lines: &[&str]) -> Vec<u16> {
        let mut codes = Vec::new();
        for line in lines {
            codes.push(self.ask(line).await);
        }
        codes
    }

    /// The envelope of a message to the owner.
    pub async fn envelope(&mut self) {
        assert_eq!(
            self.codes(&["MAIL FROM:<ana@sender.test>", "RCPT TO:<me@home.test>"]).await,
            [250, 250]
        );
    }

    /// Delivers this to the owner: whole lines, their dots not yet stuffed.
    pub async fn deliver(&mut self, message: &[u8]) -> u16 {
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
    pub async fn rest(mut self) -> Vec<u16> {
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

/// What a peer brings to the handshake.
pub fn client(version: &'static SupportedProtocolVersion) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trusting))
        .with_no_client_auth()
}
