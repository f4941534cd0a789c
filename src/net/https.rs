//! Asking other people's web servers, over HTTPS and not otherwise: policies (RFC 8461), keys, reports. The home
//! of `reqwest`.
//!
//! Names go through the one DNS client of the house, so that nobody else learns what is asked for. Nothing is
//! followed (redirects), remembered (cookies, TLS sessions, caches), sent along (no User-Agent) or handed to a
//! proxy that the environment names. A page has a largest size and a visit a longest time, both counted here.
//!
//! Absent on purpose: HTTP without TLS, and certificates that no known authority has signed.

use super::{
    clock::Clock,
    demand,
    dns::{Dns, Kind},
    ledger::Ledger,
};
use crate::{codec::http_date, domain::ledger::Purpose};
use reqwest::{
    Client, Method, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue},
    redirect,
};
use rustls::{ClientConfig, RootCertStore, client::Resumption};
use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The longest that a visit takes, from the first question to the last octet.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// The longest that a connection and its handshake take.
const CONNECT: Duration = Duration::from_secs(10);
/// Connections that are kept open where one server is visited many times in a row.
const CONNECTIONS: usize = 4;
/// Addresses of one server that are tried.
const MAX_ADDRESSES: usize = 4;
/// Characters of a content type that are kept.
const MAX_KIND: usize = 100;

/// Why there is no page. Names no server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unfetched {
    /// It is no address of a page.
    #[error("that is no address of a page")]
    NoAddress,
    /// The server has no address, refuses the connection or hangs up.
    #[error("the web server cannot be reached")]
    Unreachable,
    /// The time is over.
    #[error("the web server did not answer in time")]
    Silent,
    /// Its certificate is not for its name, is too old, or nobody known has signed it.
    #[error("the web server's certificate is not valid")]
    Certificate,
    /// The page is larger than was asked for.
    #[error("the page is too large")]
    TooLarge,
    /// What it says is no HTTP.
    #[error("the web server's answer cannot be read")]
    Garbled,
}

/// What is asked of a server.
pub struct Exchange<'a> {
    /// How.
    pub method: Method,
    /// Where.
    pub url: &'a str,
    /// The head.
    pub head: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// What a server answered; any status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The status of three digits.
    pub status: u16,
    /// Its content type as sent, lower case; empty where it has none.
    pub kind: String,
    /// The body, whole.
    pub body: Vec<u8>,
}

/// Visits web servers; cheap to clone.
#[derive(Clone)]
pub struct Https(Option<Client>, Ledger, Arc<Mutex<Option<i64>>>);

/// Names through our own DNS.
struct Names {
    dns: Dns,
    /// 0 is the usual port.
    port: u16,
    /// Whether only addresses of the public internet count.
    public: bool,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let (dns, port, public) = (self.dns.clone(), self.port, self.public);
        Box::pin(async move {
            let (six, four) = tokio::join!(dns.look(name.as_str(), Kind::Aaaa), dns.look(name.as_str(), Kind::A));
            let answers = [six, four].into_iter().flatten();
            let found: Vec<SocketAddr> = answers
                .flat_map(|answer| answer.addresses().collect::<Vec<_>>())
                .filter(|address| !public || is_public(*address))
                .take(MAX_ADDRESSES)
                .map(|address| SocketAddr::new(address, port))
                .collect();
            if found.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

impl Https {
    /// Asks this DNS for addresses, and believes these authorities; `None` are those that browsers know.
    pub fn new(dns: Dns, roots: Option<Arc<RootCertStore>>) -> Self {
        Self::with(dns, roots, 0, PATIENCE)
    }

    /// The same at another port than 443 (0 is that), and with another patience.
    pub fn with(dns: Dns, roots: Option<Arc<RootCertStore>>, port: u16, patience: Duration) -> Self {
        Self::build(Names { dns, port, public: false }, roots, patience)
    }

    /// The same, for addresses that a browser or another domain names: none in the house or on this machine is reached through
    /// them. A port of a test's own (not 0) is on this machine, and is.
    pub fn to_the_public(dns: Dns, roots: Option<Arc<RootCertStore>>, port: u16, patience: Duration) -> Self {
        let public = port == 0;
        Self::build(Names { dns, port, public }, roots, patience)
    }

    /// The same with connections that are used again: for somebody who is visited many times in a row, and whose answers
    /// and questions are long.
    pub fn lasting(dns: Dns, roots: Option<Arc<RootCertStore>>, patience: Duration) -> Self {
        let names = Names {
            dns,
            port: 0,
            public: false,
        };
        Self::build_with(names, roots, patience, CONNECTIONS)
    }

    fn build(names: Names, roots: Option<Arc<RootCertStore>>, patience: Duration) -> Self {
        Self::build_with(names, roots, patience, 0)
    }

    fn build_with(names: Names, roots: Option<Arc<RootCertStore>>, patience: Duration, idle: usize) -> Self {
        let dns = &names.dns;
        let ledger = dns.ledger().clone();
        let client = tls(roots.unwrap_or_else(demand::roots)).and_then(|tls| {
            Client::builder()
                .tls_backend_preconfigured(tls)
                .dns_resolver(Arc::new(names))
                .https_only(true)
                .http1_only()
                .redirect(redirect::Policy::none())
                .referer(false)
                .no_proxy()
                .pool_max_idle_per_host(idle)
                .connect_timeout(CONNECT.min(patience))
                .timeout(patience)
                .build()
                .ok()
        });
        Self(client, ledger, Arc::default())
    }

    /// How many seconds the clocks of others are ahead of ours, by the last page that said its time.
    pub fn skew(&self) -> Option<i64> {
        *self.2.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches a page of at most `most` octets.
    pub async fn get(&self, url: &str, most: usize) -> Result<Page, Unfetched> {
        let client = self.0.as_ref().ok_or(Unfetched::Unreachable)?;
        self.note(url);
        self.read(client.get(url).send().await.map_err(|error| why(&error))?, most).await
    }

    /// A page of this host is about to be asked for.
    fn note(&self, url: &str) {
        self.note_for(Purpose::Web, url);
    }

    fn note_for(&self, purpose: Purpose, url: &str) {
        let host = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', ':', '?']).next();
        self.1.note(purpose, host.unwrap_or_default());
    }

    /// Asks an address of the owner's provider, as this user where one is named (`Authorization`); a page of at most `most`
    /// octets.
    pub async fn ask(&self, url: &str, authorization: Option<&str>, most: usize) -> Result<Page, Unfetched> {
        let mut head = HeaderMap::new();
        if let Some(value) = authorization {
            let mut value = HeaderValue::from_str(value).map_err(|_| Unfetched::NoAddress)?;
            value.set_sensitive(true);
            head.insert(AUTHORIZATION, value);
        }
        let asked = Exchange {
            method: Method::GET,
            url,
            head,
            body: Vec::new(),
        };
        Ok(self.exchange(Purpose::Announcing, asked, most).await?.1)
    }

    /// One exchange with all that a protocol over HTTPS needs of it: method, head and body, there and back.
    pub async fn exchange(&self, purpose: Purpose, asked: Exchange<'_>, most: usize) -> Result<(HeaderMap, Page), Unfetched> {
        let client = self.0.as_ref().ok_or(Unfetched::Unreachable)?;
        self.note_for(purpose, asked.url);
        let request = client.request(asked.method, asked.url).headers(asked.head).body(asked.body);
        let response = request.send().await.map_err(|error| why(&error))?;
        let head = response.headers().clone();
        Ok((head, self.read(response, most).await?))
    }

    async fn read(&self, response: Response, most: usize) -> Result<Page, Unfetched> {
        let said = response.headers().get(DATE).and_then(|date| http_date::read(date.to_str().ok()?));
        if let Some(said) = said {
            let skew = said - Clock::system().now().0;
            *self.2.lock().unwrap_or_else(PoisonError::into_inner) = Some(skew);
        }
        read(response, most).await
    }

    /// Hands something over, of this content type; the answer's page has at most `most` octets.
    pub async fn post(&self, url: &str, kind: &str, body: Vec<u8>, most: usize) -> Result<Page, Unfetched> {
        let client = self.0.as_ref().ok_or(Unfetched::Unreachable)?;
        self.note(url);
        let sent = client.post(url).header(CONTENT_TYPE, kind).body(body).send().await;
        self.read(sent.map_err(|error| why(&error))?, most).await
    }
}

/// Whether an address is one of the public internet, as far as its kind tells: not of this machine, of a house, of a
/// provider's own network, of a link, of documentation, and not of many at once (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let own = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_documentation() || shared;
            !(own || v4.is_broadcast() || v4.is_multicast() || a == 0 || a >= 240 || (a == 198 && b & 0xfe == 18))
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            // Of what is given out (2000::/3), less documentation and what carries an address of version 4 inside.
            first & 0xe000 == 0x2000 && !(first == 0x2001 && (second == 0xdb8 || second == 0)) && first != 0x2002
        }
    }
}

/// Settings of the client's side: TLS 1.2 and 1.3, these authorities, no session that could be recognised.
fn tls(roots: Arc<RootCertStore>) -> Option<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider);
    let config = config.with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12]);
    let mut config = config.ok()?.with_root_certificates(roots).with_no_client_auth();
    config.resumption = Resumption::disabled();
    Some(config)
}

async fn read(mut response: Response, most: usize) -> Result<Page, Unfetched> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().chars().take(MAX_KIND).collect::<String>().to_lowercase();
    let status = response.status().as_u16();
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(Unfetched::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| why(&error))? {
        if body.len() + piece.len() > most {
            return Err(Unfetched::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Page { status, kind, body })
}

/// What an error means; its words name the server, and are left behind.
fn why(error: &reqwest::Error) -> Unfetched {
    if error.is_builder() {
        return Unfetched::NoAddress;
    }
    if error.is_timeout() {
        return Unfetched::Silent;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(this) = cause {
        match this.downcast_ref() {
            Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => return Unfetched::Certificate,
            Some(_) => return Unfetched::Unreachable,
            None => {}
        }
        // An error of TLS travels inside one of the connection, which does not count it among its causes.
        let inner = this.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = inner.map_or_else(|| this.source(), |inner| Some(inner));
    }
    if error.is_connect() || error.is_request() {
        Unfetched::Unreachable
    } else {
        Unfetched::Garbled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_names_reaches_nothing_in_the_house() {
        for public in ["93.184.216.34", "100.63.0.1", "172.32.0.1", "2600:1f18::1", "2a00:1450::5"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for own in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "240.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "2001:db8::1",
            "2002:a00:1::",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_public(own.parse().unwrap()), "{own}");
        }
    }
}
