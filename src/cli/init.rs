//! `caliopen init`: makes a mailbox, asks nothing.

use super::{Failure, code, give_recovery, secret_from};
use crate::{
    service::setup::{self, SetupError},
    store,
};
use std::{path::PathBuf, time::Duration};

/// What `init` is told.
#[derive(clap::Args)]
pub struct Args {
    /// The folder to make it in; empty or missing
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The mail domain, such as home.example
    #[arg(long, value_name = "DOMAIN")]
    domain: String,
    /// The owner's address, such as me@home.example
    #[arg(long, value_name = "ADDRESS")]
    address: String,
    /// A file whose first line is the passphrase
    #[arg(long, value_name = "FILE")]
    passphrase_file: PathBuf,
    /// How long trying the passphrase takes on this machine, in milliseconds; never below a floor
    #[arg(long, value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(..=10_000))]
    trying_ms: u64,
}

/// Makes the mailbox and prints the recovery code, alone on its line.
pub fn run(args: &Args) -> Result<(), Failure> {
    let passphrase = secret_from(&args.passphrase_file)?;
    let made = setup::make_with(
        &args.data,
        &args.domain,
        &args.address,
        &passphrase,
        Duration::from_millis(args.trying_ms),
    )
    .map_err(|error| {
        let code = match &error {
            SetupError::Domain(_) | SetupError::Address { .. } | SetupError::Passphrase => code::DATA,
            SetupError::Taken | SetupError::Folder(_) => code::CANNOT_CREATE,
            SetupError::Store(store::Error::InUse) => code::TRY_AGAIN,
            SetupError::Store(_) | SetupError::Tls(_) => code::IO,
        };
        Failure::new(code, error)
    })?;
    made.vault.lock();
    give_recovery(&made.recovery)
}
