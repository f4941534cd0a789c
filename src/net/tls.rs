//! TLS for both doors: one provider, one certificate that can be replaced while running.

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::sync::{Arc, RwLock};

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

/// The certificate in force; replacing it touches no open connection.
#[derive(Debug)]
pub struct Current(RwLock<Arc<CertifiedKey>>);

impl Current {
    /// Starts with this identity.
    pub fn new(identity: &Identity) -> Result<Arc<Self>, TlsError> {
        Ok(Arc::new(Self(RwLock::new(Arc::new(identity.certified()?)))))
    }

    /// From the next handshake on, answers with this identity.
    pub fn replace(&self, identity: &Identity) -> Result<(), TlsError> {
        let next = Arc::new(identity.certified()?);
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = next;
        Ok(())
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone())
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
