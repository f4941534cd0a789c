//! What is demanded of a mail server's TLS, and the verifier that sees to it (RFC 7672 for DANE, RFC 8461 section
//! 4.1 for MTA-STS, RFC 7435 for the rest).
//!
//! A verifier of our own, because rustls has none for DANE and none that takes any certificate and still says
//! what it would have been worth. Absent on purpose: revocation, and resuming sessions: each one proves itself.

use crate::codec::dane::{Association, Usage};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor, verify_server_name,
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use std::sync::{Arc, OnceLock};

/// What is demanded before a message is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Nothing: TLS where it is offered, with whatever certificate.
    Nothing,
    /// TLS, with whatever certificate.
    Encryption,
    /// TLS with a certificate of a known authority for the server's name.
    Name,
    /// TLS with a certificate that one of these records means.
    Dane(Vec<Association>),
}

/// What a server's certificate proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: anybody could have been there.
    None,
    /// Its name, by a known authority.
    Name,
    /// That it is the one of the DNS record.
    Dane,
}

/// Why a certificate is not what a name would need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It is for another name.
    Name,
    /// Its time is over.
    Expired,
    /// Nobody who is believed has signed it.
    Untrusted,
    /// Something else, or the handshake itself failed.
    Other,
}

impl Doubt {
    /// What an error of TLS means.
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => Self::Expired,
            Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => Self::Name,
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => Self::Untrusted,
            _ => Self::Other,
        }
    }
}

/// What a certificate proved, and why not its name.
pub(super) type Proved = (Proof, Option<Doubt>);

/// A client's settings for one session, and where it will be said what was proved.
pub(super) struct Session {
    pub(super) config: Arc<ClientConfig>,
    pub(super) proved: Arc<OnceLock<Proved>>,
}

/// The authorities that names are checked with; `None` for those that browsers know.
pub type Roots = Option<Arc<RootCertStore>>;

/// The authorities that browsers know and those of these certificates (PEM); `None` where one cannot be read, or
/// there is none.
pub fn trusting(pem: &[u8]) -> Option<Arc<RootCertStore>> {
    use rustls::pki_types::pem::PemObject;
    let mut store = (*roots()).clone();
    let known = store.len();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        store.add(certificate.ok()?).ok()?;
    }
    (store.len() > known).then(|| Arc::new(store))
}

/// The authorities that browsers know.
pub(super) fn roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let store = || Arc::new(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect());
    ROOTS.get_or_init(store).clone()
}

/// Settings for one session that meet a demand; `also` are other names that the certificate may be for.
pub(super) fn session(demand: &Demand, roots: Arc<RootCertStore>, also: Option<ServerName<'static>>) -> Result<Session, Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let proved = Arc::new(OnceLock::new());
    let verifier = Verifier {
        demand: demand.clone(),
        roots,
        also,
        provider: provider.clone(),
        proved: proved.clone(),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(Session {
        config: Arc::new(config),
        proved,
    })
}

#[derive(Debug)]
struct Verifier {
    demand: Demand,
    roots: Arc<RootCertStore>,
    also: Option<ServerName<'static>>,
    provider: Arc<CryptoProvider>,
    proved: Arc<OnceLock<Proved>>,
}

/// What a server showed.
struct Shown<'a> {
    own: &'a CertificateDer<'a>,
    others: &'a [CertificateDer<'a>],
    name: &'a ServerName<'a>,
    now: UnixTime,
}

impl Verifier {
    /// Whether a chain leads from the server's certificate to one of these roots, and is for its name.
    fn leads_to(&self, shown: &Shown<'_>, roots: &RootCertStore) -> Result<(), Error> {
        let certificate = ParsedCertificate::try_from(shown.own)?;
        let all = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&certificate, roots, shown.others, shown.now, all)?;
        let also = |error| match &self.also {
            Some(name) => verify_server_name(&certificate, name),
            None => Err(error),
        };
        verify_server_name(&certificate, shown.name).or_else(also)
    }

    fn is_meant(&self, shown: &Shown<'_>, records: &[Association]) -> bool {
        let own = |record: &Association| record.usage() == Usage::Server && record.means(shown.own);
        let anchored = |record: &Association| {
            let meant = shown
                .others
                .iter()
                .filter(|other| record.usage() == Usage::Anchor && record.means(other));
            meant.take(4).any(|anchor| {
                let mut roots = RootCertStore::empty();
                roots.add(anchor.clone()).is_ok() && self.leads_to(shown, &roots).is_ok()
            })
        };
        records.iter().any(own) || records.iter().any(anchored)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Shown { own, others, name, now };
        let proof = match &self.demand {
            Demand::Dane(records) if self.is_meant(&shown, records) => (Proof::Dane, None),
            Demand::Dane(_) => return Err(CertificateError::ApplicationVerificationFailure.into()),
            Demand::Name => self.leads_to(&shown, &self.roots).map(|()| (Proof::Name, None))?,
            Demand::Nothing | Demand::Encryption => match self.leads_to(&shown, &self.roots) {
                Ok(()) => (Proof::Name, None),
                Err(error) => (Proof::None, Some(Doubt::of(&error))),
            },
        };
        // A session shows its certificate once.
        let _ = self.proved.set(proof);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
