//! The server that hands the demonstration's mail in: a small SMTP client (RFC 5321, 2920, 3207, 6531)
//! over real connections, one after the other.
//!
//! It trusts exactly one certificate, the one that the door was made with. Absent on purpose: everything
//! that a sender on the Internet needs; it never talks to anything but its own house.

use super::set::{Message, Protection};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error as TlsError, SignatureScheme, StreamOwned,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{self, CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    version::{TLS12, TLS13},
};
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Octets of an answer's line, at most (RFC 5321 section 4.5.3.1.5 has 512).
const LINE: u64 = 4_096;

/// Sends to one door.
pub(super) struct Sender {
    door: SocketAddr,
    name: ServerName<'static>,
    tls12: Arc<ClientConfig>,
    tls13: Arc<ClientConfig>,
}

impl Sender {
    /// To this door of the host of that name, which has this certificate (DER).
    pub(super) fn new(door: SocketAddr, host: &str, certificate: Vec<u8>) -> Result<Self, TlsError> {
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let verifier = Arc::new(Exactly {
            certificate,
            provider: provider.clone(),
        });
        let config = |version| {
            let builder = ClientConfig::builder_with_provider(provider.clone()).with_protocol_versions(&[version])?;
            let mut config = builder
                .dangerous()
                .with_custom_certificate_verifier(verifier.clone())
                .with_no_client_auth();
            // Every connection is one of another server, who have never met before.
            config.resumption = Resumption::disabled();
            Ok::<_, TlsError>(Arc::new(config))
        };
        Ok(Self {
            door,
            name: ServerName::try_from(host.to_owned()).map_err(|_| TlsError::General("the host has no name".into()))?,
            tls12: config(&TLS12)?,
            tls13: config(&TLS13)?,
        })
    }

    /// Sends the messages in order, those of one server that follow each other on one connection.
    /// `before` is called before each.
    pub(super) fn send(&self, messages: &[Message], to: &str, mut before: impl FnMut(&Message)) -> io::Result<()> {
        for visit in messages.chunk_by(|one, next| one.helo == next.helo && one.protection == next.protection) {
            let Some(first) = visit.first() else { continue };
            before(first);
            let mut line = self.connect(&first.helo, first.protection)?;
            for message in visit {
                before(message);
                line.hand_in(message, to)?;
            }
            line.ask("QUIT\r\n")?;
        }
        Ok(())
    }

    fn connect(&self, helo: &str, protection: Protection) -> io::Result<Line> {
        let socket = TcpStream::connect(self.door)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let mut line = Line(BufReader::new(Box::new(socket.try_clone()?)));
        line.answer()?;
        line.ask(&format!("EHLO {helo}\r\n"))?;
        let config = match protection {
            Protection::None => return Ok(line),
            Protection::Tls12 => self.tls12.clone(),
            Protection::Tls13 => self.tls13.clone(),
        };
        line.ask("STARTTLS\r\n")?;
        let tls = ClientConnection::new(config, self.name.clone()).map_err(io::Error::other)?;
        let mut line = Line(BufReader::new(Box::new(StreamOwned::new(tls, socket))));
        line.ask(&format!("EHLO {helo}\r\n"))?;
        Ok(line)
    }
}

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// An open connection.
struct Line(BufReader<Box<dyn Stream>>);

impl Line {
    /// Says something and reads one answer.
    fn ask(&mut self, text: &str) -> io::Result<()> {
        self.say(text.as_bytes())?;
        self.answer()
    }

    fn say(&mut self, octets: &[u8]) -> io::Result<()> {
        let stream = self.0.get_mut();
        stream.write_all(octets)?;
        stream.flush()
    }

    /// Reads one answer; one that refuses is an error.
    fn answer(&mut self) -> io::Result<()> {
        loop {
            let mut line = String::new();
            if self.0.by_ref().take(LINE).read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if !line.starts_with(['2', '3']) {
                return Err(io::Error::other(format!("the door answered “{}”", line.trim_end())));
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(());
            }
        }
    }

    /// One transaction, its commands in one go (RFC 2920).
    fn hand_in(&mut self, message: &Message, to: &str) -> io::Result<()> {
        let envelope = format!("MAIL FROM:<{}>{}\r\nRCPT TO:<{to}>\r\nDATA\r\n", message.from, parameters(message));
        self.say(envelope.as_bytes())?;
        for _ in 0..3 {
            self.answer()?;
        }
        self.say(&stuffed(&message.raw))?;
        self.answer()
    }
}

/// What the extensions want to be told (RFC 6152, RFC 6531).
fn parameters(message: &Message) -> &'static str {
    let headers = message
        .raw
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap_or(message.raw.len());
    let headers = message.raw.get(..headers).unwrap_or_default();
    let utf8 = !message.from.is_ascii() || (!headers.is_ascii() && std::str::from_utf8(headers).is_ok());
    match (utf8, message.raw.is_ascii()) {
        (true, _) => " BODY=8BITMIME SMTPUTF8",
        (false, false) => " BODY=8BITMIME",
        (false, true) => "",
    }
}

/// A message with its lone dot, other lines that begin with one protected (RFC 5321 section 4.5.2).
fn stuffed(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + 64);
    for line in raw.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend(b"\r\n");
    }
    out.extend(b".\r\n");
    out
}

/// Trusts one certificate, octet for octet, and that its key is at the other end.
#[derive(Debug)]
struct Exactly {
    certificate: Vec<u8>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Exactly {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        if end_entity.as_ref() == self.certificate {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::UnknownIssuer.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Time;

    fn message(from: &str, raw: &[u8]) -> Message {
        Message {
            at: Time(0),
            from: from.into(),
            helo: "a.test".into(),
            protection: Protection::None,
            raw: raw.into(),
        }
    }

    #[test]
    fn the_envelope_says_what_the_message_needs() {
        assert_eq!(parameters(&message("a@a.test", b"A: b\r\n\r\nc\r\n")), "");
        assert_eq!(parameters(&message("", "A: b\r\n\r\né\r\n".as_bytes())), " BODY=8BITMIME");
        assert_eq!(
            parameters(&message("", b"A: \xe9\r\n\r\nx\r\n")),
            " BODY=8BITMIME",
            "Latin-1 is no SMTPUTF8"
        );
        assert_eq!(parameters(&message("", "A: é\r\n\r\nx\r\n".as_bytes())), " BODY=8BITMIME SMTPUTF8");
        assert_eq!(parameters(&message("é@a.test", b"A: b\r\n\r\n")), " BODY=8BITMIME SMTPUTF8");
    }

    #[test]
    fn a_lone_dot_ends_and_no_other() {
        assert_eq!(stuffed(b"a\r\n.\r\n..b\r\n"), b"a\r\n..\r\n...b\r\n.\r\n");
        assert_eq!(stuffed(b"a"), b"a\r\n.\r\n");
    }
}
