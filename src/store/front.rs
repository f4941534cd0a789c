//! `front.redb`, in clear: what the box needs while it is locked, and nothing that is the owner's.
//!
//! So far: the domain, the addresses that it takes mail for, and its TLS certificate. The sealing key,
//! the spool and the rate counters join it with the locked box.

use super::{Error, record::sha256};
use redb::{Database, ReadableDatabase, TableDefinition};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file's name in the data folder.
pub const FILE: &str = "front.redb";

const FRONT: TableDefinition<&str, &[u8]> = TableDefinition::new("front");

/// What stands in front of the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Front {
    /// The mail domain.
    pub domain: String,
    /// The host's own name: what EHLO, the greeting and `Received` say.
    pub host: String,
    /// The owner's addresses, the first one their own.
    pub addresses: Vec<String>,
    /// The certificate chain, DER, the end entity first.
    pub chain: Vec<Vec<u8>>,
    /// Its private key, PKCS#8: in clear, because a locked box must be able to answer with TLS.
    pub key: Vec<u8>,
}

/// The open file.
pub struct FrontFile {
    db: Database,
}

impl FrontFile {
    /// Opens it, making it where it is not there yet.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let mut builder = Database::builder();
        builder.set_cache_size(1024 * 1024);
        Ok(Self {
            db: builder.create(folder.join(FILE))?,
        })
    }

    /// What is in it; `None` for a new file.
    pub fn read(&self) -> Result<Option<Front>, Error> {
        let table = match self.db.begin_read()?.open_table(FRONT) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(value) = table.get("front")? else { return Ok(None) };
        let (hash, body) = value.value().split_at_checked(32).ok_or(Error::Damaged)?;
        if hash != sha256(body) {
            return Err(Error::Damaged);
        }
        postcard::from_bytes(body).map(Some).map_err(|_| Error::Damaged)
    }

    /// Replaces what is in it.
    pub fn write(&self, front: &Front) -> Result<(), Error> {
        let body = postcard::to_stdvec(front).map_err(|_| Error::Damaged)?;
        let mut record = sha256(&body).to_vec();
        record.extend_from_slice(&body);
        let mut tx = self.db.begin_write()?;
        tx.set_quick_repair(true);
        tx.open_table(FRONT)?.insert("front", record.as_slice())?;
        Ok(tx.commit()?)
    }
}
