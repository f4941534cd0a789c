//! Handing a message to another mail server (RFC 5321): one connection, its TLS as it is demanded, and the
//! truth about what became of it.
//!
//! What the server says is read with limits on length, lines and time. Octets that come with the answer to
//! STARTTLS were put there by somebody in between, and end the visit. When the message was sent and the
//! answer to it is lost, that is said as what it is: nobody knows. Absent on purpose: choosing the server
//! (`net::route`), trying again, and signing in where nobody knows whose server it is.

mod sign_in;

pub use sign_in::SignIn;

use super::demand::{self, Demand, Doubt, Proof};
use crate::domain::transport::{TlsFacts, TlsVersion};
use rustls::{ClientConnection, ProtocolVersion, RootCertStore, pki_types::ServerName};
use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Octets of one line of an answer, and lines of one answer.
const MAX_LINE: usize = 2_000;
const MAX_LINES: usize = 100;
/// Characters that are kept of an answer's words.
const MAX_WORDS: usize = 500;

/// How long is waited for what (RFC 5321 section 4.5.3.2 asks for these, or more).
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection and for a TLS handshake.
    pub connect: Duration,
    /// For the answer to a command, and for octets to be taken.
    pub answer: Duration,
    /// For the answer to a message.
    pub kept: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            answer: Duration::from_secs(5 * 60),
            kept: Duration::from_secs(10 * 60),
        }
    }
}

/// Where in a visit something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Connecting.
    Connect,
    /// The greeting.
    Greeting,
    /// EHLO.
    Hello,
    /// STARTTLS and the handshake.
    Tls,
    /// AUTH.
    SignIn,
    /// MAIL.
    Sender,
    /// DATA, before the message.
    Data,
    /// The message.
    Message,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The code of three digits.
    pub code: u16,
    /// The words of all lines, the remote's own, without control characters.
    pub words: String,
}

impl Reply {
    /// 2xx and 3xx.
    pub fn is_good(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// 4xx: later it may be otherwise.
    pub fn is_temporary(&self) -> bool {
        (400..500).contains(&self.code)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.words)
    }
}

/// Why a visit ended before its time. Names no address and no word of a message.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server cannot be reached, or hung up.
    #[error("the server went away ({0:?}): {1}")]
    Gone(Stage, io::Error),
    /// It did not answer in time.
    #[error("the server did not answer in time ({0:?})")]
    Silent(Stage),
    /// It said no, in its own words.
    #[error("the server refused ({0:?}): {1}")]
    Refused(Stage, Reply),
    /// What it said is no answer.
    #[error("the server's answer cannot be read ({0:?})")]
    Garbled(Stage),
    /// More came with the answer to STARTTLS than the answer: somebody is in between (CVE-2011-0411).
    #[error("something was put into the connection before it was encrypted")]
    Injected,
    /// TLS is demanded and not offered.
    #[error("the server offers no encryption")]
    NoTls,
    /// The handshake failed, or its certificate is not what is demanded.
    #[error("encryption could not be agreed on: {0}")]
    Tls(String, Doubt),
    /// It offers no way of signing in that is known here, or none over this connection.
    #[error("the server offers no way of signing in that is known here")]
    NoSignIn,
    /// The message was sent whole and the answer is lost: it may have been kept or not.
    #[error("the server went away before it said whether it keeps the message")]
    NobodyKnows,
}

/// What was seen of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The address that was visited.
    pub peer: SocketAddr,
    /// What TLS was negotiated, if any.
    pub tls: Option<TlsFacts>,
    /// What its certificate proved.
    pub proof: Proof,
    /// Why it did not prove its name, where nothing demanded that it does.
    pub doubt: Option<Doubt>,
}

/// How TLS begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// By STARTTLS, where it is offered (RFC 3207).
    #[default]
    StartTls,
    /// At once (RFC 8314 section 3.3).
    Implicit,
    /// Not at all, although it may be offered: it failed before, and nothing is demanded (RFC 7435 section 3).
    Never,
}

/// Whom to visit, and what to demand.
pub struct Visit<'a> {
    /// The server's address.
    pub address: SocketAddr,
    /// Its name, for its certificate.
    pub host: &'a str,
    /// The domain that the message is for: a DANE certificate may be for it as well (RFC 7672 section 3.2.2).
    pub domain: &'a str,
    /// Our own name, for EHLO.
    pub own: &'a str,
    /// What is demanded of its TLS.
    pub demand: &'a Demand,
    /// How TLS begins.
    pub start: Start,
    /// How long is waited.
    pub patience: Patience,
    /// The authorities that names are checked with; `None` for those that browsers know.
    pub roots: Option<Arc<RootCertStore>>,
}

/// What a server offers (RFC 5321 section 4.1.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// STARTTLS.
    pub tls: bool,
    /// PIPELINING.
    pub pipelining: bool,
    /// 8BITMIME.
    pub eight_bit: bool,
    /// SMTPUTF8.
    pub utf8: bool,
    /// REQUIRETLS (RFC 8689).
    pub require_tls: bool,
    /// AUTH SCRAM-SHA-256 (RFC 7677).
    pub scram: bool,
    /// AUTH PLAIN (RFC 4616).
    pub plain: bool,
    /// AUTH LOGIN, which was never made a standard and is still all that some offer.
    pub login: bool,
    /// AUTH XOAUTH2, by a token of access; no standard either, and what the largest providers take.
    pub token: bool,
    /// The largest message in octets; 0 is not said.
    pub size: u64,
}

enum Line {
    Clear(TcpStream),
    Sealed(Box<TlsStream<TcpStream>>),
}

/// An open visit; ready for a message.
pub struct Courier {
    line: Line,
    heard: Vec<u8>,
    patience: Patience,
    /// What was seen.
    pub facts: Facts,
    /// What is offered, after TLS where there is TLS.
    pub offers: Offers,
}

/// Who a message is from and for. Addresses without control characters, blanks or angle brackets.
pub struct Envelope<'a> {
    /// The reverse-path; `None` is the null one.
    pub from: Option<&'a str>,
    /// The recipients, at least one.
    pub to: &'a [&'a str],
    /// Whether the server must promise to pass it on over verified TLS only (RFC 8689).
    pub require_tls: bool,
}

impl Courier {
    /// Connects, says hello, and has the connection encrypted as it is demanded.
    pub async fn visit(visit: &Visit<'_>) -> Result<Self, Failure> {
        let connecting = timeout(visit.patience.connect, TcpStream::connect(visit.address)).await;
        let socket = connecting
            .map_err(|_| Failure::Silent(Stage::Connect))?
            .map_err(|error| Failure::Gone(Stage::Connect, error))?;
        // Without it an answer may wait for an acknowledgement; an error costs only that.
        let _ = socket.set_nodelay(true);
        let mut courier = Self {
            line: Line::Clear(socket),
            heard: Vec::new(),
            patience: visit.patience,
            facts: Facts {
                peer: visit.address,
                tls: None,
                proof: Proof::None,
                doubt: None,
            },
            offers: Offers::default(),
        };
        if visit.start == Start::Implicit {
            courier = courier.seal(visit).await?;
        }
        good(courier.reply(Stage::Greeting, visit.patience.answer).await?, Stage::Greeting)?;
        courier.hello(visit.own).await?;
        if visit.start == Start::Implicit {
            return Ok(courier);
        }
        if courier.offers.tls && visit.start == Start::StartTls {
            good(courier.ask("STARTTLS\r\n", Stage::Tls).await?, Stage::Tls)?;
            courier = courier.seal(visit).await?;
            courier.hello(visit.own).await?;
        } else if *visit.demand != Demand::Nothing {
            return Err(Failure::NoTls);
        }
        Ok(courier)
    }

    async fn hello(&mut self, own: &str) -> Result<(), Failure> {
        let reply = self.ask(&format!("EHLO {own}\r\n"), Stage::Hello).await?;
        if reply.is_good() {
            self.offers = offers(&reply.words);
            return Ok(());
        }
        self.offers = Offers::default();
        good(self.ask(&format!("HELO {own}\r\n"), Stage::Hello).await?, Stage::Hello)?;
        Ok(())
    }

    async fn seal(mut self, visit: &Visit<'_>) -> Result<Self, Failure> {
        if !self.heard.is_empty() {
            return Err(Failure::Injected);
        }
        let Line::Clear(socket) = self.line else {
            return Err(Failure::Garbled(Stage::Tls));
        };
        let failed = |error: String| Failure::Tls(error.chars().take(MAX_WORDS).collect(), Doubt::Other);
        let name = |name: &str| ServerName::try_from(name.to_owned());
        // An address has no name that a certificate could be for; nothing is demanded of it either.
        let host = name(visit.host).map_err(|error| failed(error.to_string()))?;
        let roots = visit.roots.clone().unwrap_or_else(demand::roots);
        let also = matches!(visit.demand, Demand::Dane(_)).then(|| name(visit.domain).ok()).flatten();
        let session = demand::session(visit.demand, roots, also).map_err(|error| failed(error.to_string()))?;
        let handshake = TlsConnector::from(session.config).connect(host, socket);
        let sealed = timeout(visit.patience.connect, handshake)
            .await
            .map_err(|_| Failure::Silent(Stage::Tls))?
            .map_err(|error| {
                let doubt = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
                Failure::Tls(
                    error.to_string().chars().take(MAX_WORDS).collect(),
                    doubt.map_or(Doubt::Other, Doubt::of),
                )
            })?;
        self.facts.tls = Some(facts(sealed.get_ref().1));
        (self.facts.proof, self.facts.doubt) = session.proved.get().copied().unwrap_or((Proof::None, None));
        self.line = Line::Sealed(Box::new(sealed));
        Ok(self)
    }

    /// Says who a message of so many octets is from and for; gives what the server said of each recipient. Where it
    /// takes none of them, the message must not follow.
    pub async fn announce(&mut self, envelope: &Envelope<'_>, raw: &[u8]) -> Result<Vec<Reply>, Failure> {
        let ascii = envelope.from.is_none_or(str::is_ascii) && envelope.to.iter().all(|to| to.is_ascii()) && has_ascii_head(raw);
        let mut mail = format!("MAIL FROM:<{}>", envelope.from.unwrap_or_default());
        if self.offers.size > 0 {
            mail.push_str(&format!(" SIZE={}", raw.len()));
        }
        if self.offers.eight_bit && !raw.is_ascii() {
            mail.push_str(" BODY=8BITMIME");
        }
        if self.offers.utf8 && !ascii {
            mail.push_str(" SMTPUTF8");
        }
        if envelope.require_tls {
            mail.push_str(" REQUIRETLS");
        }
        let mut commands = vec![mail + "\r\n"];
        commands.extend(envelope.to.iter().map(|to| format!("RCPT TO:<{to}>\r\n")));
        let mut replies = self.ask_all(&commands).await?.into_iter();
        let sender = replies.next().ok_or(Failure::Garbled(Stage::Sender))?;
        if sender.is_good() {
            Ok(replies.collect())
        } else {
            Err(Failure::Refused(Stage::Sender, sender))
        }
    }

    /// Lets go of what was announced; a server that will not do that is not one for another message.
    pub async fn reset(&mut self) -> Result<(), Failure> {
        let said = self.ask("RSET\r\n", Stage::Sender).await?;
        good(said, Stage::Sender).map(|_| ())
    }

    /// Sends the message that was announced; gives what the server said to it. `raw` ends its lines with CRLF. Where DATA
    /// itself was refused ([`Stage::Data`]), what was announced still stands and must be let go of.
    pub async fn hand_over(&mut self, raw: &[u8]) -> Result<Reply, Failure> {
        let go = self.ask("DATA\r\n", Stage::Data).await?;
        if go.code != 354 {
            return Err(Failure::Refused(Stage::Data, go));
        }
        let octets = stuffed(raw);
        // The server may say no in the middle of it: its words are worth more than the broken pipe.
        let written = self.write(&octets, Stage::Message).await;
        let said = self.reply(Stage::Message, self.patience.kept).await;
        match (written, said) {
            (_, Ok(reply)) if reply.is_good() => Ok(reply),
            (_, Ok(reply)) => Err(Failure::Refused(Stage::Message, reply)),
            (Err(failure), Err(_)) => Err(failure),
            (Ok(()), Err(_)) => Err(Failure::NobodyKnows),
        }
    }

    /// Says goodbye. What becomes of that changes nothing.
    pub async fn leave(mut self) {
        let goodbye = async {
            let _ = self.ask("QUIT\r\n", Stage::Message).await;
        };
        let _ = timeout(Duration::from_secs(2), goodbye).await;
    }

    async fn ask(&mut self, command: &str, stage: Stage) -> Result<Reply, Failure> {
        self.write(command.as_bytes(), stage).await?;
        self.reply(stage, self.patience.answer).await
    }

    /// Several commands of one envelope; at once where the server wants them so (RFC 2920).
    async fn ask_all(&mut self, commands: &[String]) -> Result<Vec<Reply>, Failure> {
        let mut replies = Vec::with_capacity(commands.len());
        if self.offers.pipelining {
            self.write(commands.concat().as_bytes(), Stage::Sender).await?;
        }
        for command in commands {
            let reply = if self.offers.pipelining {
                self.reply(Stage::Sender, self.patience.answer).await?
            } else {
                self.ask(command, Stage::Sender).await?
            };
            replies.push(reply);
        }
        Ok(replies)
    }

    async fn write(&mut self, octets: &[u8], stage: Stage) -> Result<(), Failure> {
        async fn all(stream: &mut (impl AsyncWrite + Unpin), octets: &[u8]) -> io::Result<()> {
            stream.write_all(octets).await?;
            stream.flush().await
        }
        // Time counts for each piece: a large message over a slow line is no silence.
        for piece in octets.chunks(256 * 1024) {
            let writing = async {
                match &mut self.line {
                    Line::Clear(stream) => all(stream, piece).await,
                    Line::Sealed(stream) => all(stream, piece).await,
                }
            };
            let written = timeout(self.patience.answer, writing).await.map_err(|_| Failure::Silent(stage))?;
            written.map_err(|error| Failure::Gone(stage, error))?;
        }
        Ok(())
    }

    async fn reply(&mut self, stage: Stage, patience: Duration) -> Result<Reply, Failure> {
        timeout(patience, self.read_reply(stage))
            .await
            .map_err(|_| Failure::Silent(stage))?
    }

    async fn read_reply(&mut self, stage: Stage) -> Result<Reply, Failure> {
        let (mut code, mut words) = (None, String::new());
        // What a server offers is read to the end: with a line that is left out, encryption might be.
        let hello = stage == Stage::Hello;
        let most = if hello { MAX_LINES * MAX_LINE } else { MAX_WORDS };
        for at in 0..MAX_LINES {
            let line = self.read_line(stage).await?;
            let garbled = || Failure::Garbled(stage);
            let digits = line
                .get(..3)
                .filter(|digits| digits.iter().all(u8::is_ascii_digit))
                .ok_or_else(garbled)?;
            let this: u16 = String::from_utf8_lossy(digits).parse().map_err(|_| garbled())?;
            if *code.get_or_insert(this) != this || !(200..600).contains(&this) {
                return Err(garbled());
            }
            let text = String::from_utf8_lossy(line.get(4..).unwrap_or_default());
            if words.len() < most {
                let begins = if hello { at > 0 } else { !words.is_empty() };
                words.extend(begins.then_some('\n'));
                words.extend(text.chars().filter(|c| !c.is_control()).take(most));
            }
            match line.get(3) {
                Some(b'-') => {}
                Some(b' ') | None => return Ok(Reply { code: this, words }),
                Some(_) => return Err(garbled()),
            }
        }
        Err(Failure::Garbled(stage))
    }

    /// A line without its end. A lone LF ends one as well: servers that send it exist.
    async fn read_line(&mut self, stage: Stage) -> Result<Vec<u8>, Failure> {
        async fn some(stream: &mut (impl AsyncRead + Unpin), heard: &mut Vec<u8>) -> io::Result<usize> {
            stream.read_buf(heard).await
        }
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.heard) {
                let rest = self.heard.split_off(end + 1);
                let line = std::mem::replace(&mut self.heard, rest);
                let line = line.strip_suffix(b"\n").unwrap_or(&line);
                return Ok(line.strip_suffix(b"\r").unwrap_or(line).to_vec());
            }
            if self.heard.len() > MAX_LINE {
                return Err(Failure::Garbled(stage));
            }
            let read = match &mut self.line {
                Line::Clear(stream) => some(stream, &mut self.heard).await,
                Line::Sealed(stream) => some(stream, &mut self.heard).await,
            };
            match read {
                Ok(0) => return Err(Failure::Gone(stage, io::ErrorKind::UnexpectedEof.into())),
                Ok(_) => {}
                Err(error) => return Err(Failure::Gone(stage, error)),
            }
        }
    }
}

fn good(reply: Reply, stage: Stage) -> Result<Reply, Failure> {
    if reply.is_good() {
        return Ok(reply);
    }
    let words = reply.words.chars().take(MAX_WORDS).collect();
    Err(Failure::Refused(stage, Reply { words, ..reply }))
}

/// The lines of an answer to EHLO behind the first, which is its name.
fn offers(words: &str) -> Offers {
    let mut offers = Offers::default();
    for line in words.lines().skip(1) {
        let mut line = line.split_ascii_whitespace();
        match line.next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "STARTTLS" => offers.tls = true,
            "PIPELINING" => offers.pipelining = true,
            "8BITMIME" => offers.eight_bit = true,
            "SMTPUTF8" => offers.utf8 = true,
            "REQUIRETLS" => offers.require_tls = true,
            "AUTH" => {
                let ways: Vec<&str> = line.collect();
                offers.scram = ways.iter().any(|way| way.eq_ignore_ascii_case("SCRAM-SHA-256"));
                offers.plain = ways.iter().any(|way| way.eq_ignore_ascii_case("PLAIN"));
                offers.login = ways.iter().any(|way| way.eq_ignore_ascii_case("LOGIN"));
                offers.token = ways.iter().any(|way| way.eq_ignore_ascii_case("XOAUTH2"));
            }
            "SIZE" => offers.size = line.next().and_then(|size| size.parse().ok()).unwrap_or(0),
            _ => {}
        }
    }
    offers
}

/// Whether the headers of a message are ASCII; where not, it needs SMTPUTF8 (RFC 6532).
pub fn has_ascii_head(raw: &[u8]) -> bool {
    let end = memchr::memmem::find(raw, b"\r\n\r\n").unwrap_or(raw.len());
    raw.get(..end).is_some_and(<[u8]>::is_ascii)
}

/// A message as it goes over the line: a dot before a dot that begins one (RFC 5321 section 4.5.2), and the end.
fn stuffed(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 64 + 8);
    for line in raw.split_inclusive(|octet| *octet == b'\n') {
        out.extend(line.starts_with(b".").then_some(b'.'));
        out.extend_from_slice(line);
    }
    if !out.is_empty() && !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

/// What our own end observed of a TLS session.
fn facts(connection: &ClientConnection) -> TlsFacts {
    let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
    let group = connection.negotiated_key_exchange_group().and_then(|group| group.name().as_str());
    TlsFacts {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => TlsVersion::V1_3,
            Some(ProtocolVersion::TLSv1_2) => TlsVersion::V1_2,
            _ => TlsVersion::Older,
        },
        // rustls says TLS13_ where IANA says TLS_.
        suite: suite.unwrap_or_default().replacen("TLS13_", "TLS_", 1),
        group: group.unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests;
