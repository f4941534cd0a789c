//! The main part of a key or one of its subkeys, as one kind of thing: rPGP has two.

use pgp::{
    crypto::hash::HashAlgorithm,
    types::{EncryptionKey, EskType, KeyDetails, KeyVersion, PkeskBytes, PublicParams, SignatureBytes, VerifyingKey},
};

/// One part of a key.
#[derive(Clone, Copy)]
pub(super) enum Part<'k> {
    Main(&'k pgp::packet::PublicKey),
    Sub(&'k pgp::packet::PublicSubkey),
}

impl std::fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Part")
    }
}

macro_rules! either {
    ($part:expr, $key:ident => $call:expr) => {
        match $part {
            Part::Main($key) => $call,
            Part::Sub($key) => $call,
        }
    };
}

impl KeyDetails for Part<'_> {
    fn version(&self) -> KeyVersion {
        either!(self, key => key.version())
    }
    fn legacy_key_id(&self) -> pgp::types::KeyId {
        either!(self, key => key.legacy_key_id())
    }
    fn fingerprint(&self) -> pgp::types::Fingerprint {
        either!(self, key => key.fingerprint())
    }
    fn algorithm(&self) -> pgp::crypto::public_key::PublicKeyAlgorithm {
        either!(self, key => key.algorithm())
    }
    fn created_at(&self) -> pgp::types::Timestamp {
        either!(self, key => key.created_at())
    }
    fn legacy_v3_expiration_days(&self) -> Option<u16> {
        either!(self, key => key.legacy_v3_expiration_days())
    }
    fn public_params(&self) -> &PublicParams {
        either!(self, key => key.public_params())
    }
}

impl EncryptionKey for Part<'_> {
    fn encrypt<R: rand_core::CryptoRng + rand_core::RngCore>(
        &self,
        rng: R,
        plain: &[u8],
        kind: EskType,
    ) -> pgp::errors::Result<PkeskBytes> {
        either!(self, key => key.encrypt(rng, plain, kind))
    }
}

impl VerifyingKey for Part<'_> {
    fn verify(&self, hash: HashAlgorithm, data: &[u8], signature: &SignatureBytes) -> pgp::errors::Result<()> {
        either!(self, key => key.verify(hash, data, signature))
    }
}
