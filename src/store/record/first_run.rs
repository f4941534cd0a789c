//! How far the first run is: in front of the lock, because there is no lock yet.

use crate::store::Error;
use serde::{Deserialize, Serialize};

/// The version of this shape.
const VERSION: u8 = 1;

/// What the first run keeps until it has ended. The owner's secrets are never in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstRun {
    /// The steps that are done, by their words.
    pub done: Vec<String>,
    /// The code of the language that was chosen; empty before.
    pub lang: String,
    /// The mail domain; empty before it was given.
    pub domain: String,
    /// The owner's address.
    pub address: String,
    /// The certificate that the first run answers with, DER.
    pub chain: Vec<Vec<u8>>,
    /// Its key, PKCS#8.
    pub key: Vec<u8>,
    /// Whether the vault is being made: one that lies there without slots is a half-made one.
    pub founding: bool,
}

impl FirstRun {
    /// As octets.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut octets = vec![VERSION];
        octets.extend(postcard::to_stdvec(self).map_err(|_| Error::Damaged)?);
        Ok(octets)
    }

    /// From octets.
    pub fn decode(octets: &[u8]) -> Result<Self, Error> {
        match octets.split_first() {
            Some((&VERSION, body)) => postcard::from_bytes(body).map_err(|_| Error::Damaged),
            Some((newer, _)) if *newer > VERSION => Err(Error::Newer((*newer).into())),
            _ => Err(Error::Damaged),
        }
    }
}
