//! Making a new box, and putting people into its address book. `first_run` makes one step by step, for whoever is
//! asked; `caliopen init` asks nothing and is told everything.

pub mod claim;
pub mod first_run;

use super::Error;
use crate::{
    codec::idna,
    domain::{address::Address, id::ContactId},
    net::{
        clock::Clock,
        tls::{Identity, TlsError},
    },
    store::{
        self,
        front::{Front, FrontFile},
        mail, record,
        slots::Cost,
        vault::{self, Created, Vault},
    },
};
use std::{fs, os::unix::fs::DirBuilderExt, path::Path, time::Duration};
use zeroize::Zeroizing;

/// Why a box was not made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The domain is no domain.
    #[error("“{0}” is no domain name; give one such as home.example")]
    Domain(String),
    /// The address is no address of that domain.
    #[error("“{address}” is no address of {domain}; give one such as me@{domain}")]
    Address {
        /// As given.
        address: String,
        /// The domain.
        domain: String,
    },
    /// The passphrase is empty.
    #[error("the passphrase is empty; choose one that you will remember and nobody will guess")]
    Passphrase,
    /// There is a box in that folder already.
    #[error("there is a mailbox in that folder already; choose an empty folder")]
    Taken,
    /// The folder cannot be made.
    #[error("the folder cannot be used: {0}")]
    Folder(std::io::Error),
    /// The store cannot be made.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A certificate cannot be made.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A box that was just made, open.
pub struct Made {
    /// Its vault.
    pub vault: Vault,
    /// The recovery code: shown once, kept nowhere.
    pub recovery: Zeroizing<String>,
}

/// How long trying a passphrase should take on the machine that it is chosen on: nobody minds it once a
/// day, and a guesser pays it every time.
pub const TRYING: Duration = Duration::from_secs(1);

/// The domain and the owner's address as they will be kept: [`SetupError::Domain`], [`SetupError::Address`].
pub fn names(domain: &str, address: &str) -> Result<(String, Address), SetupError> {
    let typed = domain.trim().trim_end_matches('.').to_lowercase();
    let spelled = typed.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.'));
    // Other servers know it in ASCII only.
    let domain = idna::plain(&typed);
    let labels_fit = domain
        .split('.')
        .all(|label| !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-'));
    // No top-level domain is a number: this is an address of the network.
    let is_number = domain
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|octet| octet.is_ascii_digit()));
    if is_number || domain.len() > 253 || !labels_fit || !spelled || !domain.is_ascii() {
        return Err(SetupError::Domain(typed));
    }
    let owner = Address::parse(address.trim()).ok().map(|owner| idna::folded(&owner));
    let owner = owner.filter(|owner| owner.domain() == domain);
    let owner = owner.ok_or_else(|| SetupError::Address {
        address: address.to_owned(),
        domain: domain.clone(),
    })?;
    Ok((domain, owner))
}

/// Makes the box of `address` at `domain` in an empty (or missing) folder, which becomes the owner's
/// alone (0700), with a self-signed certificate until an authority has given a better one.
///
/// Trying its passphrase costs the least that any box asks: for boxes that are gone again soon. See [`make_with`].
pub fn make(folder: &Path, domain: &str, address: &str, passphrase: &str) -> Result<Made, SetupError> {
    make_with(folder, domain, address, passphrase, Duration::ZERO)
}

/// The same, with trying the passphrase made to take about so long on this machine ([`TRYING`] is what a box
/// that is kept should have).
pub fn make_with(folder: &Path, domain: &str, address: &str, passphrase: &str, trying: Duration) -> Result<Made, SetupError> {
    let (domain, owner) = names(domain, address)?;
    if passphrase.is_empty() {
        return Err(SetupError::Passphrase);
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(SetupError::Folder)?;
    if !first_run::is_unclaimed(folder)? {
        return Err(SetupError::Taken);
    }
    // Whoever has it open makes one here, or is asked to. That one was begun here is noted first, so that what a power cut leaves is
    // begun again.
    let file = FrontFile::open(folder)?;
    let begun = file.first_run()?.unwrap_or_default();
    file.set_first_run(Some(&record::FirstRun { founding: true, ..begun }))?;
    first_run::remove(&folder.join(vault::FILE))?;
    let cost = if trying.is_zero() { Cost::LEAST } else { Cost::calibrated(trying)? };
    let host = format!("mail.{domain}");
    let identity = Identity::self_signed(&[host.clone(), domain.clone(), "localhost".into(), "127.0.0.1".into(), "::1".into()])?;
    let Created {
        vault,
        mut slots,
        recovery,
        sealing,
    } = Vault::create_with(folder, passphrase, cost, Clock::system().now())?;
    let (chain, key) = (identity.chain, identity.key.to_vec());
    let front = Front {
        domain,
        host,
        addresses: vec![owner.to_string()],
        chain,
        key,
        sealing,
    };
    file.write(&front)?;
    slots.save(folder)?;
    file.set_first_run(None)?;
    Ok(Made { vault, recovery })
}

/// Puts somebody into the address book. An address that stands on another card stays there.
pub async fn add_contact(vault: &Vault, name: &str, addresses: &[Address]) -> Result<ContactId, Error> {
    let card = record::Contact {
        name: name.to_owned(),
        addresses: addresses.iter().map(Address::to_string).collect(),
        ..record::Contact::default()
    };
    let id = vault.open()?.writer.write(move |tables| mail::add_contact(tables, &card)).await?;
    Ok(ContactId(id))
}
