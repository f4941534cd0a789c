//! `caliopen contacts`: takes a file of cards in, and writes one, while the appliance is not running.

use super::{Failure, code, give, load, log_to_stderr, open, runtime, say, secret_from};
use crate::{
    codec::vcard::MAX_FILE,
    service::{self, contacts::Contacts},
};
use std::{fmt, path::PathBuf};

/// What `contacts` can do.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Take cards in from a file (vCard 2.1, 3.0 or 4.0)
    ///
    /// Says what is in it first: what is new, what is added to somebody who is there, what is there already, and what
    /// cannot be taken in. With --dry-run that is all. Nothing that stands on a card is changed.
    Import(Import),
    /// Write every card to stdout (vCard 3.0)
    Export(Folder),
}

/// The box.
#[derive(clap::Args)]
pub(super) struct Folder {
    /// The data folder, made by `caliopen init`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A file whose first line is the passphrase or the recovery code
    #[arg(long, value_name = "FILE")]
    unlock_with: PathBuf,
}

/// The box, and what to take in.
#[derive(clap::Args)]
pub(super) struct Import {
    #[command(flatten)]
    of: Folder,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// A file of cards
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs it.
pub(super) fn run(command: &Command) -> Result<(), Failure> {
    log_to_stderr();
    match command {
        Command::Import(args) => import(args),
        Command::Export(of) => {
            let cards = with(of, |book| async move { book.export(None).await })?;
            if cards.is_empty() { Ok(()) } else { give(cards.trim_end()) }
        }
    }
}

fn import(args: &Import) -> Result<(), Failure> {
    let octets = load(&args.file, MAX_FILE as u64)?;
    let dry = args.dry_run;
    let some = with(&args.of, |book| async move {
        let report = book.look(octets).await?;
        let (new, more, same, odd) = (report.new.len(), report.more.len(), report.same.len(), report.odd.len());
        let some = new + more + same + odd > 0;
        say(format_args!(
            "new {new}, with something new {more}, already there {same}, cannot be taken in {odd}"
        ));
        if !dry && some {
            let taken = book.take(report.id).await?.unwrap_or_default();
            say(format_args!("made {}, changed {}", taken.new, taken.more));
        }
        Ok(some)
    })?;
    if some {
        Ok(())
    } else {
        Err(Failure::new(code::DATA, "there is no card in that file"))
    }
}

/// Opens the box for ourselves alone and does something with its book.
fn with<T, F: Future<Output = Result<T, service::Error>>>(of: &Folder, work: impl FnOnce(Contacts) -> F) -> Result<T, Failure> {
    let (vault, services) = open(&of.data, &secret_from(&of.unlock_with)?)?;
    let done = runtime()?.block_on(work(services.contacts));
    vault.lock();
    done.map_err(|error| Failure::new(code::IO, said(&error)))
}

fn said(error: &service::Error) -> impl fmt::Display {
    format!("the contacts cannot be read or written: {error}")
}
