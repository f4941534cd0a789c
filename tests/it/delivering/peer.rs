//! Mail servers of every manner, on loopback addresses of their own and one port: what they say is a few words, and what
//! they were given is remembered.

use aws_lc_rs::{hmac, pbkdf2};
use caliopen::{
    codec::{base64url, scram},
    net::tls::{Current, Identity, server_config},
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::Semaphore,
};
use tokio_rustls::TlsAcceptor;

/// What a server was given.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The MAIL command.
    pub mail: String,
    /// The recipients that it took.
    pub to: Vec<String>,
    /// The message, as it came over the line, without the dot.
    pub raw: String,
    /// Whether the session was encrypted.
    pub sealed: bool,
}

/// How a server behaves. Every text is an answer; an empty one hangs up instead.
#[derive(Clone)]
pub struct Manner {
    pub greeting: String,
    /// The lines of EHLO behind the first.
    pub offers: Vec<String>,
    pub mail: String,
    /// What is said of a recipient, by what its address contains; otherwise 250.
    pub rcpt: Vec<(&'static str, String)>,
    pub data: String,
    pub end: String,
    /// The certificate that STARTTLS shows; without one it is not offered.
    pub identity: Option<Identity>,
    /// Name and secret that AUTH PLAIN wants, in base 64.
    pub auth: Option<String>,
    /// Name and secret that AUTH SCRAM-SHA-256 wants.
    pub scram: Option<(String, String)>,
    /// Whether it shows that it knows the secret, too.
    pub proves: bool,
    /// Hangs up in the middle of the message.
    pub hangs_up: bool,
    /// Says what came of a message only when it is let.
    pub waits: Option<Arc<Semaphore>>,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            greeting: "220 mx".into(),
            offers: vec!["PIPELINING".into(), "8BITMIME".into()],
            mail: "250 ok".into(),
            rcpt: Vec::new(),
            data: "354 go".into(),
            end: "250 2.0.0 kept as 4711".into(),
            identity: None,
            auth: None,
            scram: None,
            proves: true,
            hangs_up: false,
            waits: None,
        }
    }
}

/// A running server.
pub struct Peer {
    pub address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    given: Arc<Mutex<Vec<Given>>>,
    visits: Arc<Mutex<usize>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Peer {
    /// Starts one; port 0 lets the system choose, `None` where that port is taken there.
    pub async fn start(at: impl Into<IpAddr>, port: u16, manner: Manner) -> Option<Self> {
        let listener = TcpListener::bind((at.into(), port)).await.ok()?;
        let address = listener.local_addr().unwrap();
        let (manner, given, visits) = (Arc::new(Mutex::new(manner)), Arc::default(), Arc::default());
        let (now, log, count): (_, Arc<Mutex<Vec<Given>>>, Arc<Mutex<usize>>) = (manner.clone(), Arc::clone(&given), Arc::clone(&visits));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manner, log) = (now.lock().unwrap().clone(), log.clone());
                *count.lock().unwrap() += 1;
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let _ = stream.get_mut().write_all(format!("{}\r\n", manner.greeting).as_bytes()).await;
                    if talk(&mut stream, &manner, false, &log).await == Some(true)
                        && let Some(identity) = &manner.identity
                    {
                        let acceptor = TlsAcceptor::from(server_config(Current::new(identity).unwrap(), &[]).unwrap());
                        if let Ok(stream) = acceptor.accept(stream.into_inner()).await {
                            talk(&mut BufReader::new(stream), &manner, true, &log).await;
                        }
                    }
                });
            }
        });
        Some(Self {
            address,
            manner,
            given,
            visits,
            serving,
        })
    }

    /// Behaves differently from the next visit on.
    pub fn become_(&self, change: impl FnOnce(&mut Manner)) {
        change(&mut self.manner.lock().unwrap());
    }

    /// What it was given whole.
    pub fn given(&self) -> Vec<Given> {
        self.given.lock().unwrap().clone()
    }

    /// How often it was visited.
    pub fn visits(&self) -> usize {
        *self.visits.lock().unwrap()
    }
}

/// Talks until it ends; `Some(true)` where TLS begins.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    manner: &Manner,
    sealed: bool,
    log: &Mutex<Vec<Given>>,
) -> Option<bool> {
    let mut given = Given {
        sealed,
        ..Given::default()
    };
    // As Postfix has it: a refused DATA ends no transaction, and one within another is refused for good.
    let mut announced = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        let upper = line.to_ascii_uppercase();
        let answer = if upper.starts_with("EHLO") {
            let mut lines = vec!["mx".to_owned()];
            lines.extend(manner.offers.clone());
            lines.extend((!sealed && manner.identity.is_some()).then(|| "STARTTLS".to_owned()));
            lines.extend(manner.auth.is_some().then(|| "AUTH PLAIN".to_owned()));
            lines.extend(manner.scram.is_some().then(|| "AUTH PLAIN SCRAM-SHA-256".to_owned()));
            let last = lines.pop().unwrap();
            lines.iter().map(|line| format!("250-{line}\r\n")).collect::<String>() + &format!("250 {last}")
        } else if upper == "STARTTLS" {
            stream.get_mut().write_all(b"220 go\r\n").await.ok()?;
            return Some(true);
        } else if let Some(first) = line.strip_prefix("AUTH SCRAM-SHA-256 ") {
            let (user, secret) = manner.scram.as_ref()?;
            shown_to_be_known(stream, user, secret, first, manner.proves).await?
        } else if let Some(secret) = upper.strip_prefix("AUTH PLAIN ") {
            let right = manner.auth.as_ref().is_some_and(|auth| auth.to_ascii_uppercase() == secret);
            if right { "235 welcome" } else { "535 5.7.8 wrong" }.to_owned()
        } else if upper.starts_with("MAIL") && announced {
            "503 5.5.1 Error: nested MAIL command".to_owned()
        } else if upper == "RSET" {
            announced = false;
            "250 ok".to_owned()
        } else if upper.starts_with("MAIL") {
            announced = manner.mail.starts_with('2');
            given.mail = line.to_owned();
            given.to.clear();
            manner.mail.clone()
        } else if upper.starts_with("RCPT") {
            let said = manner
                .rcpt
                .iter()
                .find(|(part, _)| line.contains(part))
                .map(|(_, said)| said.clone());
            if said.is_none() {
                given.to.push(line.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned());
            }
            said.unwrap_or_else(|| "250 ok".to_owned())
        } else if upper == "DATA" {
            if manner.data.starts_with("354") {
                stream.get_mut().write_all(format!("{}\r\n", manner.data).as_bytes()).await.ok()?;
                given.raw = message(stream, manner.hangs_up).await?;
                announced = false;
                if manner.end.starts_with("250") || manner.end.is_empty() {
                    log.lock().unwrap().push(given.clone());
                }
                if let Some(gate) = &manner.waits {
                    gate.acquire().await.ok()?.forget();
                }
                manner.end.clone()
            } else {
                manner.data.clone()
            }
        } else {
            "250 ok".to_owned()
        };
        if answer.is_empty() || upper == "QUIT" {
            return None;
        }
        stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}

/// The server's side of SCRAM-SHA-256 (RFC 5802); gives what is said in the end.
async fn shown_to_be_known<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    user: &str,
    secret: &str,
    first: &str,
    proves: bool,
) -> Option<String> {
    let read = |text: &str| String::from_utf8(scram::decoded(text.trim(), 1_024)?).ok();
    let first = read(first)?;
    let (bare, nonce) = (first.strip_prefix("n,,")?, first.rsplit_once(",r=")?.1);
    let server = format!("r={nonce}more,s=c2FsdA==,i=4096");
    let said = format!("334 {}\r\n", base64url::plain(server.as_bytes()));
    stream.get_mut().write_all(said.as_bytes()).await.ok()?;
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let last = read(&line)?;
    if last != scram::prove(user, secret, nonce, &server)?.said {
        return Some("535 5.7.8 wrong".to_owned());
    }
    let mut salted = [0_u8; 32];
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA256,
        4_096.try_into().unwrap(),
        b"salt",
        secret.as_bytes(),
        &mut salted,
    );
    let mac = |key: &[u8], data: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data).as_ref().to_vec();
    let all = format!("{bare},{server},{}", last.rsplit_once(",p=")?.0);
    let signature = mac(
        &mac(if proves { salted.as_slice() } else { b"nothing".as_slice() }, b"Server Key"),
        all.as_bytes(),
    );
    let said = format!(
        "334 {}\r\n",
        base64url::plain(format!("v={}", base64url::plain(&signature)).as_bytes())
    );
    stream.get_mut().write_all(said.as_bytes()).await.ok()?;
    line.clear();
    stream.read_line(&mut line).await.ok()?;
    Some("235 welcome".to_owned())
}

async fn message<S: AsyncRead + Unpin>(stream: &mut BufReader<S>, hangs_up: bool) -> Option<String> {
    let mut raw = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 || hangs_up {
            return None;
        }
        if line == ".\r\n" {
            return Some(raw);
        }
        raw.push_str(&line);
    }
}
