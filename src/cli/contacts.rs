//! `caliopen contacts`: takes a file of cards in, and writes one, while the appliance is not running.

use super::{Failure, code, log_to_stderr, open, runtime, say, secret_from};
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
        Command::Export(of) => with(of, |book| async move { book.export(None).await.map(|text| print(text.trim_end())) }),
    }
}

fn print(text: &str) {
    if !text.is_empty() {
        say(text);
    }
}

fn import(args: &Import) -> Result<(), Failure> {
    let missing = |error: std::io::Error| Failure::new(code::NO_INPUT, format_args!("cannot read {}: {error}", args.file.display()));
    let size = std::fs::metadata(&args.file).map_err(missing)?.len();
    if size > MAX_FILE as u64 {
        return Err(Failure::new(
            code::DATA,
            format_args!("the file is larger than {} MiB", MAX_FILE / 1024 / 1024),
        ));
    }
    let octets = std::fs::read(&args.file).map_err(missing)?;
    let dry = args.dry_run;
    let mut none = false;
    with(&args.of, |book| {
        let none = &mut none;
        async move {
            let report = book.look(octets).await?;
            let (new, more, same, odd) = (report.new.len(), report.more.len(), report.same.len(), report.odd.len());
            *none = new + more + same + odd == 0;
            say(format_args!(
                "new {new}, with something new {more}, already there {same}, cannot be taken in {odd}"
            ));
            if !dry && !*none {
                let taken = book.take(report.id).await?.unwrap_or_default();
                say(format_args!("made {}, changed {}", taken.new, taken.more));
            }
            Ok(())
        }
    })?;
    if none {
        return Err(Failure::new(code::DATA, "there is no card in that file"));
    }
    Ok(())
}

/// Opens the box for ourselves alone and does something with its book.
fn with<F: Future<Output = Result<(), service::Error>>>(of: &Folder, work: impl FnOnce(Contacts) -> F) -> Result<(), Failure> {
    let (vault, services) = open(&of.data, &secret_from(&of.unlock_with)?)?;
    let done = runtime()?.block_on(work(services.contacts));
    vault.lock();
    done.map_err(|error| Failure::new(code::IO, said(&error)))
}

fn said(error: &service::Error) -> impl fmt::Display {
    format!("the contacts cannot be read or written: {error}")
}
