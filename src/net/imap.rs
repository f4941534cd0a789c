//! Fetching from a mailbox at another provider (RFC 3501): over TLS whose certificate is the server's, and not
//! otherwise. The home of `async_imap`.
//!
//! TLS begins at once or by STARTTLS; octets that come with the answer to STARTTLS were put there by somebody in between
//! and end the visit, and where no TLS can be agreed on nothing is tried without. Nothing is changed at the other end:
//! folders are only examined, and messages only peeked at. What the server says is read with limits on time and size
//! (`guard`), and to the line that ends an answer, which may refuse (`asking`); a message is asked for only after its size
//! is known. Its words are never passed on: they may name people.

mod asking;
mod guard;

#[doc(hidden)]
pub use guard::probe;

use super::{
    demand::{self, Demand},
    dns::Kind,
    outward::Outward,
};
use crate::domain::{
    ledger::Purpose,
    mailbox::{Server, Trouble},
    time::Time,
};
use async_imap::{
    Client, Session,
    error::Error,
    imap_proto::{Capability, MailboxDatum, NameAttribute, RequestId, Response, ResponseCode, Status},
};
use guard::{Guard, Most};
use rustls::{CertificateError, pki_types::ServerName};
use std::{collections::BTreeMap, io, net::IpAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use zeroize::Zeroizing;

/// How long is waited for an answer.
const ANSWER: Duration = Duration::from_secs(60);
/// Octets of what comes before TLS.
const CLEAR: usize = 8 * 1024;
/// How long it may take until somebody is signed in, all together.
const OPENING: Duration = Duration::from_secs(4 * 60);
/// Octets of a folder's name.
const NAME: usize = 1_000;
/// What a server may say at most when it is asked for words, for the numbers of messages (eight octets each: a million), and
/// for messages.
const WORDS: Most = Most {
    line: 64 * 1024,
    literal: 64 * 1024,
    octets: 16 * 1024 * 1024,
};
const NUMBERS: Most = Most {
    line: 8 * 1024 * 1024,
    ..WORDS
};
const MESSAGES: Most = Most {
    literal: 32 * 1024 * 1024,
    octets: 64 * 1024 * 1024,
    ..WORDS
};
/// What a refusal says that is not about the password (RFC 5530 section 3).
const FOR_NOW: [&str; 4] = ["[UNAVAILABLE]", "[LIMIT]", "[INUSE]", "[SERVERBUG]"];
/// Addresses of one server that are tried.
const ADDRESSES: usize = 4;
/// How long a server is listened to at a time; RFC 2177 wants less than 29 minutes.
pub const LISTEN: Duration = Duration::from_secs(15 * 60);

/// How the owner signs in.
pub enum SignIn {
    /// With a password.
    Password(Zeroizing<String>),
    /// With a token of access (XOAUTH2).
    Token(Zeroizing<String>),
}

/// An examined folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Examined {
    /// What the numbers of its messages hold for.
    pub validity: u32,
    /// The number that the next message will have, where it is told.
    pub next: Option<u32>,
}

/// What is known of a message before it is fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub uid: u32,
    /// Its octets.
    pub size: u32,
    /// Whether it was read.
    pub seen: bool,
    /// When it came there.
    pub at: Option<Time>,
    /// The words that were put on it, and its star (`\Flagged`).
    pub keywords: Vec<String>,
}

/// An open mailbox.
pub struct Mailbox(Box<Session<Guard<TlsStream<TcpStream>>>>);

/// Whether news came while a server was listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Something changed.
    News,
    /// Nothing, for as long as was listened.
    Nothing,
    /// That the server does not tell after all.
    Refusal,
}

async fn within<T, E: Into<Error>>(work: impl Future<Output = Result<T, E>>) -> Result<T, Trouble> {
    match timeout(ANSWER, work).await {
        Err(_) => Err(Trouble::Silent),
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(why(&error.into())),
    }
}

fn why(error: &Error) -> Trouble {
    match error {
        Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => Trouble::Silent,
        // The reader's own words for what it cannot read.
        Error::Io(error) if error.kind() == io::ErrorKind::Other => Trouble::Garbled,
        Error::Io(_) | Error::ConnectionLost => Trouble::Unreachable,
        _ => Trouble::Garbled,
    }
}

impl Mailbox {
    /// Connects, sees to it that the connection is encrypted and the server's, and signs in; in [`OPENING`] at most.
    pub async fn open(outward: &Outward, server: &Server, user: &str, sign_in: &SignIn) -> Result<Self, Trouble> {
        let opening = Box::pin(Self::sign_in(outward, server, user, sign_in));
        timeout(OPENING, opening).await.unwrap_or(Err(Trouble::Silent))
    }

    async fn sign_in(outward: &Outward, server: &Server, user: &str, sign_in: &SignIn) -> Result<Self, Trouble> {
        let socket = connect(outward, server).await?;
        let socket = if server.implicit { socket } else { start_tls(socket).await? };
        let stream = seal(outward, server, socket).await?;
        let mut client = Client::new(Guard::new(stream, WORDS));
        if server.implicit {
            let greeting = within(client.read_response()).await?.ok_or(Trouble::Unreachable)?;
            // A server that greets somebody as known already does not know whom it speaks with.
            if !matches!(greeting.parsed(), Response::Data { status: Status::Ok, .. }) {
                return Err(Trouble::Garbled);
            }
        }
        let signing = async {
            match sign_in {
                SignIn::Password(password) => client.login(user, password.as_str()).await.map_err(|(error, _)| error),
                SignIn::Token(token) => {
                    let answer = Bearer(format!("user={user}\x01auth=Bearer {}\x01\x01", token.as_str()).into());
                    client.authenticate("XOAUTH2", answer).await.map_err(|(error, _)| error)
                }
            }
        };
        match timeout(ANSWER, signing).await {
            Err(_) => Err(Trouble::Silent),
            Ok(Ok(session)) => Ok(Self(Box::new(session))),
            Ok(Err(Error::No(said))) if FOR_NOW.iter().any(|code| said.contains(code)) => Err(Trouble::Refused),
            Ok(Err(Error::No(_) | Error::Bad(_) | Error::Validate(_))) => Err(Trouble::SignIn),
            Ok(Err(error)) => Err(why(&error)),
        }
    }

    /// The folders that can be opened, by name, and whether what lies in each is kept elsewhere too, or is rubbish.
    pub async fn folders(&mut self, most: usize) -> Result<Vec<(String, bool)>, Trouble> {
        let spare = |attribute: &NameAttribute<'_>| {
            matches!(
                attribute,
                NameAttribute::Trash | NameAttribute::Junk | NameAttribute::Drafts | NameAttribute::All | NameAttribute::Flagged
            )
        };
        let mut found = Vec::new();
        self.ask("LIST \"\" \"*\"", WORDS, |response| {
            let Response::MailboxData(MailboxDatum::List(folder)) = response else {
                return;
            };
            let opens = !folder.name_attributes.contains(&NameAttribute::NoSelect);
            if found.len() < most && opens && folder.name.len() <= NAME && asking::quoted(&folder.name).is_some() {
                found.push((folder.name.clone().into_owned(), folder.name_attributes.iter().any(spare)));
            }
        })
        .await?;
        Ok(found)
    }

    /// Opens a folder without changing anything in it; [`Trouble::Refused`] where it is not there, or not opened.
    pub async fn examine(&mut self, folder: &str) -> Result<Examined, Trouble> {
        let name = asking::quoted(folder).ok_or(Trouble::Refused)?;
        let mut found = Examined::default();
        self.ask(&format!("EXAMINE {name}"), WORDS, |response| {
            let Response::Data {
                status: Status::Ok,
                outcome,
            } = response
            else {
                return;
            };
            match outcome.code {
                Some(ResponseCode::UidValidity(validity)) => found.validity = validity,
                Some(ResponseCode::UidNext(next)) => found.next = Some(next),
                _ => {}
            }
        })
        .await?;
        Ok(found)
    }

    /// The numbers of the messages after one, those only that came on a day (`24-Nov-2026`) or later where one is given;
    /// in order.
    pub async fn after(&mut self, last: u32, since: Option<&str>) -> Result<Vec<u32>, Trouble> {
        let mut query = format!("UID SEARCH UID {}:*", last.saturating_add(1));
        if let Some(day) = since {
            query.push_str(&format!(" SINCE {day}"));
        }
        let mut found = Vec::new();
        self.ask(&query, NUMBERS, |response| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                // `n:*` holds the last message even where n is beyond it.
                found.extend(uids.iter().copied().filter(|uid| *uid > last));
            }
        })
        .await?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// What is known of these messages; those that are gone are missing.
    pub async fn look(&mut self, uids: &[u32]) -> Result<Vec<Known>, Trouble> {
        let mut known: BTreeMap<u32, Known> = BTreeMap::new();
        let command = format!("UID FETCH {} (UID RFC822.SIZE FLAGS INTERNALDATE)", set(uids));
        self.ask(&command, WORDS, |response| {
            let Response::Fetch(_, told) = response else { return };
            if let Some(uid) = asking::uid(told).filter(|uid| uids.contains(uid)) {
                asking::learn(known.entry(uid).or_default(), uid, told);
            }
        })
        .await?;
        Ok(known.into_values().collect())
    }

    /// The octets of these messages; those that are gone are missing. Whoever asks sees to it that they are not too many;
    /// what was not asked for is not taken.
    pub async fn fetch(&mut self, uids: &[u32]) -> Result<BTreeMap<u32, Vec<u8>>, Trouble> {
        let mut found = BTreeMap::new();
        self.ask(&format!("UID FETCH {} (UID BODY.PEEK[])", set(uids)), MESSAGES, |response| {
            let Response::Fetch(_, told) = response else { return };
            if let (Some(uid), Some(body)) = (asking::uid(told).filter(|uid| uids.contains(uid)), asking::body(told)) {
                found.entry(uid).or_insert_with(|| body.to_vec());
            }
        })
        .await?;
        Ok(found)
    }

    /// Whether the server tells of news by itself (IDLE, RFC 2177).
    pub async fn tells(&mut self) -> Result<bool, Trouble> {
        let mut tells = false;
        self.ask("CAPABILITY", WORDS, |response| {
            if let Response::Capabilities(all) = response {
                tells |= all
                    .iter()
                    .any(|one| matches!(one, Capability::Atom(name) if name.eq_ignore_ascii_case("IDLE")));
            }
        })
        .await?;
        Ok(tells)
    }

    /// Listens in the folder that is open until there is news, or for this long. Written out here because the library's
    /// own way gives up the program where a server refuses without a word.
    pub async fn listen(&mut self, long: Duration) -> Result<Heard, Trouble> {
        let asked = self.say("IDLE", WORDS).await?;
        let mut heard = Heard::Nothing;
        loop {
            match self.hear(|response| said(response, &asked)).await? {
                Said::Go => break,
                Said::Done(false) => return Ok(Heard::Refusal),
                Said::Done(true) => return Err(Trouble::Garbled),
                Said::News => heard = Heard::News,
                Said::Nothing => {}
            }
        }
        let end = Instant::now() + long;
        while heard == Heard::Nothing {
            match timeout_at(end, self.0.read_response()).await {
                Err(_) => break,
                Ok(Err(error)) => return Err(why(&error.into())),
                Ok(Ok(None)) => return Err(Trouble::Unreachable),
                Ok(Ok(Some(response))) => match said(response.parsed(), &asked) {
                    Said::News => heard = Heard::News,
                    Said::Done(_) => return Err(Trouble::Garbled),
                    Said::Go | Said::Nothing => {}
                },
            }
        }
        within(self.0.run_command_untagged("DONE")).await?;
        self.0.get_mut().begin(WORDS);
        loop {
            match self.hear(|response| said(response, &asked)).await? {
                Said::Done(true) => return Ok(heard),
                Said::Done(false) => return Err(Trouble::Garbled),
                Said::Go | Said::News | Said::Nothing => {}
            }
        }
    }

    /// Says goodbye; how it is taken does not matter.
    pub async fn close(mut self) {
        let _ = timeout(Duration::from_secs(5), self.0.logout()).await;
    }
}

/// What a server says to whoever listens.
enum Said {
    /// That it will tell.
    Go,
    /// That it has ended, well or not.
    Done(bool),
    /// That something changed.
    News,
    /// That it is still there.
    Nothing,
}

fn said(response: &Response<'_>, asked: &RequestId) -> Said {
    match response {
        Response::Continue { .. } => Said::Go,
        Response::Done { tag, status, .. } if tag == asked => Said::Done(*status == Status::Ok),
        Response::Data { status: Status::Ok, .. } | Response::Done { .. } => Said::Nothing,
        _ => Said::News,
    }
}

/// Numbers as IMAP writes a set of them, runs as ranges.
fn set(uids: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*uid) => *last = *uid,
            _ => runs.push((*uid, *uid)),
        }
    }
    let run = |(first, last): &(u32, u32)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}:{last}")
        }
    };
    runs.iter().map(run).collect::<Vec<_>>().join(",")
}

/// The answer of XOAUTH2; a second question is the server's reason for a no, and is answered with nothing.
struct Bearer(Zeroizing<String>);

impl async_imap::Authenticator for Bearer {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        std::mem::take(&mut *self.0)
    }
}

async fn connect(outward: &Outward, server: &Server) -> Result<TcpStream, Trouble> {
    outward.dns.ledger().note(Purpose::Mailbox, &server.host);
    let addresses = match server.host.parse::<IpAddr>() {
        Ok(address) => vec![address],
        Err(_) => {
            let (six, four) = tokio::join!(outward.dns.look(&server.host, Kind::Aaaa), outward.dns.look(&server.host, Kind::A));
            let answers = [six, four].into_iter().flatten();
            answers.flat_map(|answer| answer.addresses().collect::<Vec<_>>()).collect()
        }
    };
    let mut trouble = Trouble::NoAddress;
    for address in addresses.into_iter().take(ADDRESSES) {
        match timeout(outward.patience.connect, TcpStream::connect((address, server.port))).await {
            Ok(Ok(socket)) => {
                // Without it an answer may wait for an acknowledgement; an error costs only that.
                let _ = socket.set_nodelay(true);
                return Ok(socket);
            }
            Ok(Err(_)) => trouble = Trouble::Unreachable,
            Err(_) => trouble = Trouble::Silent,
        }
    }
    Err(trouble)
}

/// Asks for TLS on a connection in clear (RFC 3501 section 6.2.1). Nothing else is said before it, what a server says of
/// itself before it is passed over, and what comes with the answer ends the visit.
async fn start_tls(mut socket: TcpStream) -> Result<TcpStream, Trouble> {
    let mut heard = Vec::new();
    let greeting = line(&mut socket, &mut heard).await?;
    if !greeting.starts_with("* OK") {
        return Err(Trouble::Garbled);
    }
    within(socket.write_all(b"s STARTTLS\r\n")).await?;
    loop {
        let answer = line(&mut socket, &mut heard).await?;
        if answer.starts_with("* ") {
            continue;
        }
        return match answer.strip_prefix("S ") {
            Some(_) if !heard.is_empty() => Err(Trouble::Injected),
            Some(said) if said.starts_with("OK") => Ok(socket),
            Some(_) => Err(Trouble::NoTls),
            None => Err(Trouble::Garbled),
        };
    }
}

/// The next line in clear, what came behind it left in `heard`.
async fn line(socket: &mut TcpStream, heard: &mut Vec<u8>) -> Result<String, Trouble> {
    loop {
        if let Some(end) = heard.iter().position(|octet| *octet == b'\n') {
            let rest = heard.split_off(end + 1);
            let line = std::mem::replace(heard, rest);
            return Ok(String::from_utf8_lossy(&line).trim_end().to_uppercase());
        }
        if heard.len() > CLEAR {
            return Err(Trouble::Garbled);
        }
        let mut piece = [0; 1024];
        let read = within(socket.read(&mut piece)).await?;
        if read == 0 {
            return Err(Trouble::Unreachable);
        }
        heard.extend_from_slice(piece.get(..read).unwrap_or_default());
    }
}

async fn seal(outward: &Outward, server: &Server, socket: TcpStream) -> Result<TlsStream<TcpStream>, Trouble> {
    let name = ServerName::try_from(server.host.clone()).map_err(|_| Trouble::NoAddress)?;
    let roots = outward.roots.clone().unwrap_or_else(demand::roots);
    let session = demand::session(&Demand::Name, roots, None).map_err(|_| Trouble::Tls)?;
    let handshake = TlsConnector::from(session.config).connect(name, socket);
    match timeout(outward.patience.connect, handshake).await {
        Err(_) => Err(Trouble::Silent),
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(untrusted(&error)),
    }
}

/// What is wrong with a handshake.
fn untrusted(error: &io::Error) -> Trouble {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(why)) => match why {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Trouble::Expired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Trouble::OtherName,
            _ => Trouble::Unknown,
        },
        Some(_) => Trouble::Tls,
        None => Trouble::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_runs() {
        for (uids, expected) in [
            (&[][..], ""),
            (&[7], "7"),
            (&[1, 2, 3, 7, 9, 10], "1:3,7,9:10"),
            (&[u32::MAX - 1, u32::MAX], "4294967294:4294967295"),
        ] {
            assert_eq!(set(uids), expected);
        }
    }
}
