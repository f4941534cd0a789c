//! TLS for both doors: one provider, one certificate that can be replaced while running.

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// Why a certificate could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Making a self-signed certificate failed.
    #[error("a certificate could not be made: {0}")]
    Make(#[from] rcgen::Error),
    /// The certificate or key is not usable.
    #[error("the certificate cannot be used: {0}")]
    Use(#[from] rustls::Error),
}

/// A certificate and its private key, DER.
#[derive(Clone)]
pub struct Identity {
    /// The chain, the end entity first.
    pub chain: Vec<Vec<u8>>,
    /// PKCS#8.
    pub key: zeroize::Zeroizing<Vec<u8>>,
}

impl Identity {
    /// A self-signed certificate for these names, until an authority has given a better one.
    pub fn self_signed(names: &[String]) -> Result<Self, TlsError> {
        let made = rcgen::generate_simple_self_signed(names.to_vec())?;
        Ok(Self {
            chain: vec![made.cert.der().to_vec()],
            key: made.signing_key.serialize_der().into(),
        })
    }

    fn certified(&self) -> Result<CertifiedKey, TlsError> {
        let chain = self.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.to_vec()));
        Ok(CertifiedKey::from_der(chain, key, &rustls::crypto::aws_lc_rs::default_provider())?)
    }
}

/// SHA-256 of the public half of a key (PKCS #8), with its kind: what a TLSA record 3 1 1 of a certificate of this key
/// says.
pub fn key_hash(key: &[u8]) -> Option<[u8; 32]> {
    use rcgen::PublicKeyData;
    let pair = rcgen::KeyPair::try_from(key).ok()?;
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &pair.subject_public_key_info());
    hash.as_ref().try_into().ok()
}

/// A new private key, PKCS #8: ECDSA P-256, which every mail server understands.
pub fn new_key() -> Result<zeroize::Zeroizing<Vec<u8>>, TlsError> {
    Ok(rcgen::KeyPair::generate()?.serialize_der().into())
}

/// The request for a certificate of these names and this key (PKCS #10, RFC 2986), DER.
pub fn request(names: &[String], key: &[u8]) -> Result<Vec<u8>, TlsError> {
    let mut params = rcgen::CertificateParams::new(names.to_vec())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    Ok(params.serialize_request(&rcgen::KeyPair::try_from(key)?)?.der().to_vec())
}

/// What tls-alpn-01 negotiates (RFC 8737 section 3).
pub const ACME_ALPN: &[u8] = b"acme-tls/1";
/// Trials at a time: an order has a handful of names.
const MOST_TRIALS: usize = 100;

/// The certificate in force; replacing it touches no open connection. Beside it lie the answers to an authority's trials
/// (tls-alpn-01, RFC 8737), for as long as an order is open.
#[derive(Debug)]
pub struct Current {
    own: RwLock<Arc<CertifiedKey>>,
    trials: RwLock<HashMap<String, Arc<CertifiedKey>>>,
}

impl Current {
    /// Starts with this identity.
    pub fn new(identity: &Identity) -> Result<Arc<Self>, TlsError> {
        Ok(Arc::new(Self {
            own: RwLock::new(Arc::new(identity.certified()?)),
            trials: RwLock::default(),
        }))
    }

    /// From the next handshake on, answers with this identity.
    pub fn replace(&self, identity: &Identity) -> Result<(), TlsError> {
        let next = Arc::new(identity.certified()?);
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// From the next handshake on, shows what another shows.
    pub fn take_over(&self, other: &Self) {
        let next = other.own.read().unwrap_or_else(PoisonError::into_inner).clone();
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// Answers an authority's trial of a name with a certificate that carries this digest (RFC 8737 section 3).
    pub fn try_out(&self, name: &str, digest: &[u8]) -> Result<(), TlsError> {
        let mut params = rcgen::CertificateParams::new(vec![name.to_owned()])?;
        params.custom_extensions = vec![rcgen::CustomExtension::new_acme_identifier(digest)];
        let key = rcgen::KeyPair::generate()?;
        let chain = vec![params.self_signed(&key)?.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        // Not checked against one another, as `certified` does: that reads the certificate, and refuses the critical
        // extension that this one is made for.
        let trial = Arc::new(CertifiedKey::new(chain, rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)?));
        let mut trials = self.trials.write().unwrap_or_else(PoisonError::into_inner);
        if trials.len() < MOST_TRIALS {
            trials.insert(name.to_lowercase(), trial);
        }
        Ok(())
    }

    /// No trial is answered any more.
    pub fn end_trials(&self) {
        self.trials.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let trial = hello.alpn().is_some_and(|mut all| all.any(|protocol| protocol == ACME_ALPN));
        if trial {
            let name = hello.server_name()?.to_lowercase();
            return self.trials.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        }
        Some(self.own.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// A server's TLS settings: TLS 1.2 and 1.3, the provider's suites, X25519MLKEM768 offered first.
/// `alpn` is empty for SMTP.
pub fn server_config(current: Arc<Current>, alpn: &[&[u8]]) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(current);
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(Arc::new(config))
}
