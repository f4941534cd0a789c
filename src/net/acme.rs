//! Asking a certificate authority (ACME, RFC 8555): its directory, an account, an order, and when to renew (ARI, RFC
//! 9773). The home of `instant-acme`, which speaks the protocol; connections are this house's own, with its limits.
//!
//! The client asks three times when its nonce is refused; an authority that refuses many (pebble does on purpose) is asked
//! more often here. What the authority says of a refusal is kept in its own words.
//!
//! Absent on purpose: dns-01 (it needs the keys of the owner's DNS provider), external accounts, and certificates for
//! addresses.

use super::{
    https::{Exchange, Https, Unfetched},
    tls::{self, Current},
};
use crate::{
    codec::{base64url, certificate},
    domain::{certifying::Stage, ledger::Purpose, time::Time},
};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, BodyWrapper, BytesResponse, CertificateIdentifier, ChallengeType, Error, HttpClient,
    Identifier, NewAccount, NewOrder, Order, OrderStatus, Problem, RetryPolicy,
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// Where Let's Encrypt has its directory.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// Where it has the one for trying out: its certificates are believed by nobody.
pub const LETS_ENCRYPT_STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";
/// Octets of an answer: a chain of certificates is the largest.
const MOST: usize = 256 * 1024;
/// How often a nonce may be refused.
const NONCES: usize = 10;
/// How long one order may take, all of its waiting included.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long is waited for the authority to look at names, or to sign.
const LOOKING: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(500))
    .backoff(1.5)
    .timeout(Duration::from_secs(90));
/// Certificates of a chain.
const MAX_CHAIN: usize = 10;
/// Characters of an authority's words that are kept.
const MAX_WORDS: usize = 1_000;

/// Why there is no certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// How far it came.
    pub stage: Stage,
    /// What the authority said, in its own words; or what was met on the way.
    pub words: String,
    /// The names that it names, where it does.
    pub names: Vec<String>,
    /// Whether the kept account is no longer known there.
    pub account_gone: bool,
}

impl Refusal {
    /// A refusal in words of this house.
    pub fn of(stage: Stage, words: impl Into<String>) -> Self {
        let words: String = words.into();
        Self {
            stage,
            words: words
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .take(MAX_WORDS)
                .collect(),
            names: Vec::new(),
            account_gone: false,
        }
    }

    fn by(stage: Stage, error: Error) -> Self {
        match error {
            Error::Api(problem) => Self::said(stage, &problem),
            // It names no more than what was met.
            Error::Timeout(_) => Self::of(stage, "the authority did not come to an end in time"),
            other => Self::of(stage, other.to_string()),
        }
    }

    fn said(stage: Stage, problem: &Problem) -> Self {
        let mut words = problem.detail.clone().unwrap_or_default();
        let mut names = Vec::new();
        for part in &problem.subproblems {
            if let Some(Identifier::Dns(name)) = &part.identifier {
                words.push_str(&format!(" {name}: "));
                names.push(name.clone());
            }
            words.push_str(part.detail.as_deref().unwrap_or_default());
        }
        let kind = problem.r#type.as_deref().and_then(|kind| kind.rsplit(':').next());
        let kind = kind.unwrap_or_default();
        if !kind.is_empty() {
            words.push_str(&format!(" ({kind})"));
        }
        Self {
            names,
            account_gone: kind == "accountDoesNotExist",
            ..Self::of(stage, words)
        }
    }
}

/// The answers to an authority's http-01 trials (RFC 8555 section 8.3), by token; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Answers(Arc<RwLock<HashMap<String, String>>>);

impl Answers {
    /// The answer to a token, while an order is open.
    pub fn of(&self, token: &str) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    fn put(&self, token: &str, answer: &str) {
        let mut answers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        answers.insert(token.to_owned(), answer.to_owned());
    }

    fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// By which door the authority looks whether a name is this box's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// http-01: port 80.
    Web,
    /// tls-alpn-01: port 443.
    Tls,
}

/// What an authority says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// The address of its terms; empty where it has none.
    pub terms: String,
    /// What it calls itself in CAA records.
    pub caa: Vec<String>,
    /// Where it says when to renew; empty where it does not.
    pub renewal_info: String,
}

/// One authority; cheap to clone.
#[derive(Clone)]
pub struct Acme {
    https: Https,
    directory: String,
    answers: Answers,
    current: Arc<Current>,
}

/// What is asked for.
pub struct Wish<'a> {
    /// The account as it was kept; empty for a new one. Making one says that its terms are agreed to.
    pub account: &'a str,
    /// For which names.
    pub names: &'a [String],
    /// For which key, PKCS #8.
    pub key: &'a [u8],
    /// By which door it is proven.
    pub trial: Trial,
    /// The certificate of the same authority (DER) that it takes the place of, where there is one.
    pub replaces: Option<&'a [u8]>,
}

/// What came of it.
pub struct Issued {
    /// The account, where it is a new one.
    pub account: Option<String>,
    /// The chain, DER, or why there is none.
    pub chain: Result<Vec<Vec<u8>>, Refusal>,
}

/// The house's own connections for the protocol.
struct Connections(Https);

impl HttpClient for Connections {
    fn request(&self, request: Request<BodyWrapper<Bytes>>) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let https = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
            let url = parts.uri.to_string();
            let asked = Exchange {
                method: parts.method,
                url: &url,
                head: parts.headers,
                body,
            };
            let (head, page) = exchange(&https, asked).await.map_err(|error| Error::Other(Box::new(error)))?;
            let mut response = Response::builder().status(page.0);
            if let Some(headers) = response.headers_mut() {
                *headers = head;
            }
            Ok(BytesResponse::from(response.body(Full::new(Bytes::from(page.1)))?))
        })
    }
}

async fn exchange(https: &Https, asked: Exchange<'_>) -> Result<(HeaderMap, (u16, Vec<u8>)), Unfetched> {
    let (head, page) = https.exchange(Purpose::Certificate, asked, MOST).await?;
    Ok((head, (page.status, page.body)))
}

/// Asks again as long as only the nonce is refused.
macro_rules! persist {
    ($ask:expr) => {{
        let mut left = NONCES;
        loop {
            match $ask {
                Err(Error::Api(problem)) if left > 0 && is_nonce(&problem) => left -= 1,
                answer => break answer,
            }
        }
    }};
}

fn is_nonce(problem: &Problem) -> bool {
    problem.r#type.as_deref() == Some("urn:ietf:params:acme:error:badNonce")
}

/// What an authority calls a certificate (DER) of its own (RFC 9773 section 4.1): whose it is, and its number.
fn id_of(certificate: &[u8]) -> Option<(String, String)> {
    let facts = certificate::facts(certificate)?;
    Some((base64url::encode(&facts.authority?), base64url::encode(&facts.serial)))
}

/// A new order. One that says what it replaces is let past limits (RFC 9773 section 5); where the authority will not have
/// that, because it forgot the old certificate or sees it replaced already, the order is one like any other.
async fn open(account: &Account, names: &[Identifier], replaces: Option<&[u8]>) -> Result<Order, Refusal> {
    let asked = NewOrder::new(names);
    if let Some((authority, serial)) = replaces.and_then(id_of) {
        let old = CertificateIdentifier {
            authority_key_identifier: authority.into(),
            serial: serial.into(),
        };
        let asked = NewOrder::new(names).replaces(old);
        if let Ok(order) = persist!(account.new_order(&asked).await) {
            return Ok(order);
        }
    }
    persist!(account.new_order(&asked).await).map_err(|error| Refusal::by(Stage::Ordering, error))
}

impl Acme {
    /// The authority with this directory. Proofs are given by these answers and this certificate's trials.
    pub fn new(https: Https, directory: &str, answers: Answers, current: Arc<Current>) -> Self {
        let directory = directory.to_owned();
        Self {
            https,
            directory,
            answers,
            current,
        }
    }

    /// What it says of itself.
    pub async fn meta(&self) -> Result<Meta, Refusal> {
        let page = self.get(&self.directory).await?;
        let value: serde_json::Value =
            serde_json::from_slice(&page).map_err(|_| Refusal::of(Stage::Reaching, "that address is no directory of an authority"))?;
        let text = |value: Option<&serde_json::Value>| value.and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        if text(value.get("newOrder")).is_empty() {
            return Err(Refusal::of(Stage::Reaching, "that address is no directory of an authority"));
        }
        let meta = value.get("meta");
        let caa = meta.and_then(|meta| meta.get("caaIdentities")).and_then(|caa| caa.as_array());
        let caa = caa.into_iter().flatten().filter_map(|name| name.as_str());
        Ok(Meta {
            terms: text(meta.and_then(|meta| meta.get("termsOfService"))),
            caa: caa.take(10).map(str::to_owned).collect(),
            renewal_info: text(value.get("renewalInfo")),
        })
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, Refusal> {
        let asked = Exchange {
            method: http::Method::GET,
            url,
            head: HeaderMap::new(),
            body: Vec::new(),
        };
        let failed = |error: Unfetched| Refusal::of(Stage::Reaching, error.to_string());
        let (_, (status, body)) = exchange(&self.https, asked).await.map_err(failed)?;
        match status {
            200 => Ok(body),
            status => Err(Refusal::of(Stage::Reaching, format!("the authority answered {status}"))),
        }
    }

    /// When it suggests to renew this certificate (DER), by its own `renewalInfo` (RFC 9773 section 4.1). `None` where it
    /// says nothing that can be read.
    pub async fn suggests(&self, renewal_info: &str, certificate: &[u8]) -> Option<(Time, Time)> {
        let (authority, serial) = id_of(certificate)?;
        let page = self.get(&format!("{renewal_info}/{authority}.{serial}")).await.ok()?;
        let value: serde_json::Value = serde_json::from_slice(&page).ok()?;
        let window = value.get("suggestedWindow")?;
        let moment = |name: &str| certificate::stamp(window.get(name)?.as_str()?).map(Time);
        Some((moment("start")?, moment("end")?))
    }

    /// Orders a certificate. Takes minutes at most.
    pub async fn order(&self, wish: Wish<'_>) -> Issued {
        let mut made = None;
        let work = self.work(&wish, &mut made);
        let chain = match tokio::time::timeout(PATIENCE, work).await {
            Ok(chain) => chain,
            Err(_) => Err(Refusal::of(Stage::Proving, "the authority did not come to an end in time")),
        };
        self.answers.clear();
        self.current.end_trials();
        Issued { account: made, chain }
    }

    async fn work(&self, wish: &Wish<'_>, made: &mut Option<String>) -> Result<Vec<Vec<u8>>, Refusal> {
        let account = self.account(wish.account, made).await?;
        let names: Vec<Identifier> = wish.names.iter().cloned().map(Identifier::Dns).collect();
        let mut order = open(&account, &names, wish.replaces).await?;
        self.prove(&mut order, wish.trial).await?;
        let request = tls::request(wish.names, wish.key).map_err(|error| Refusal::of(Stage::Signing, error.to_string()))?;
        persist!(order.finalize_csr(&request).await).map_err(|error| Refusal::by(Stage::Signing, error))?;
        let pem = persist!(order.poll_certificate(&LOOKING).await).map_err(|error| Refusal::by(Stage::Signing, error))?;
        let chain = CertificateDer::pem_slice_iter(pem.as_bytes()).take(MAX_CHAIN);
        let chain: Result<Vec<Vec<u8>>, _> = chain.map(|der| der.map(|der| der.to_vec())).collect();
        let chain = chain.map_err(|_| Refusal::of(Stage::Given, "what the authority gave is no certificate"))?;
        let facts = chain.first().and_then(|first| certificate::facts(first));
        let fits =
            facts.is_some_and(|facts| Some(facts.key_hash) == tls::key_hash(wish.key) && wish.names.iter().all(|name| facts.is_for(name)));
        if fits {
            Ok(chain)
        } else {
            Err(Refusal::of(
                Stage::Given,
                "what the authority gave is not the certificate that was asked for",
            ))
        }
    }

    async fn account(&self, kept: &str, made: &mut Option<String>) -> Result<Account, Refusal> {
        let builder = || Account::builder_with_http(Box::new(Connections(self.https.clone())));
        let failed = |error: Error| {
            let stage = if matches!(error, Error::Other(_)) {
                Stage::Reaching
            } else {
                Stage::Account
            };
            Refusal::by(stage, error)
        };
        if !kept.is_empty() {
            return builder().from_credentials(credentials(kept)?).await.map_err(failed);
        }
        let new = NewAccount {
            contact: &[],
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let (account, credentials) = persist!(builder().create(&new, self.directory.clone(), None).await).map_err(failed)?;
        *made = serde_json::to_string(&credentials).ok();
        Ok(account)
    }

    /// Shows the authority that the names are this box's.
    async fn prove(&self, order: &mut Order, trial: Trial) -> Result<(), Refusal> {
        let kind = || match trial {
            Trial::Web => ChallengeType::Http01,
            Trial::Tls => ChallengeType::TlsAlpn01,
        };
        let failed = |error| Refusal::by(Stage::Proving, error);
        persist!(fetch_authorizations(order).await).map_err(failed)?;
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(failed)?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let mut challenge = authorization
                .challenge(kind())
                .ok_or_else(|| Refusal::of(Stage::Proving, "the authority does not offer this way of proving"))?;
            let answer = challenge.key_authorization();
            match trial {
                Trial::Web => self.answers.put(&challenge.token, answer.as_str()),
                Trial::Tls => {
                    let name = challenge.identifier().to_string();
                    let tried = self.current.try_out(&name, answer.digest().as_ref());
                    tried.map_err(|error| Refusal::of(Stage::Proving, error.to_string()))?;
                }
            }
            persist!(challenge.set_ready().await).map_err(failed)?;
        }
        match persist!(order.poll_ready(&LOOKING).await).map_err(failed) {
            Ok(OrderStatus::Ready | OrderStatus::Valid) => Ok(()),
            Ok(_) => Err(said_of_names(order).await),
            Err(refusal) => {
                let said = said_of_names(order).await;
                Err(if said.words.is_empty() { refusal } else { said })
            }
        }
    }
}

/// Fetches the authorizations of an order that it has not fetched yet.
async fn fetch_authorizations(order: &mut Order) -> Result<(), Error> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        authorization?;
    }
    Ok(())
}

/// What the authority says of each name that it could not see to be ours.
async fn said_of_names(order: &mut Order) -> Refusal {
    let (mut words, mut names) = (Vec::new(), Vec::new());
    let mut authorizations = order.authorizations();
    while let Some(Ok(authorization)) = authorizations.next().await {
        for challenge in &authorization.challenges {
            if let Some(problem) = &challenge.error {
                let name = authorization.identifier().to_string();
                words.push(format!("{name}: {}", Refusal::said(Stage::Proving, problem).words));
                names.push(name);
            }
        }
    }
    Refusal {
        names,
        ..Refusal::of(Stage::Proving, words.join(" · "))
    }
}

/// The account that was kept. One that cannot be read is of no use the next time either: a new one takes its place.
fn credentials(kept: &str) -> Result<AccountCredentials, Refusal> {
    serde_json::from_str(kept).map_err(|_| Refusal {
        account_gone: true,
        ..Refusal::of(Stage::Account, "the account that was kept cannot be read")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_cannot_be_read_is_given_up() {
        for kept in ["{", "{\"id\": 7}", "of another version"] {
            let refused = credentials(kept).err().unwrap();
            assert!(refused.account_gone && refused.stage == Stage::Account, "{kept}");
        }
    }
}
