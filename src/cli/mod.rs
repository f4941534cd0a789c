//! The command line: what a person or a script says to the binary.
//!
//! Exit codes are those of sysexits(3), so that a script can tell what went wrong: 0 done, 1 done in
//! part, 2 not understood, 65 bad data, 66 no such file, 68 no such mail server, 69 cannot listen, 73 cannot be made, 74 the store refuses,
//! 75 in use by another process, 77 wrong passphrase. Every failure is one sentence on stderr.

mod authenticate;
mod backup;
mod check;
mod contacts;
mod demo;
mod export;
mod import;
mod init;
mod privacy;
mod route;
mod serve;
mod setup;
mod spam;

#[doc(hidden)]
pub use {authenticate::is_dns_table, privacy::is_evidence};

use crate::{
    app::{self, Services, StartError},
    locale::Lang,
    net::clock::Clock,
    service::upkeep::settle,
    store::{
        slots::Opening,
        vault::{Secret, Vault},
    },
};
use clap::{Parser, Subcommand};
use serve::failure;
use std::{
    fmt,
    io::{Read, Write},
    path::Path,
    process::ExitCode,
};
use zeroize::Zeroizing;

/// The language of the terminal, as POSIX names it: the first of these that is set.
fn language() -> Lang {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let code = named.unwrap_or_default();
    Lang::of_code(code.split(['_', '.', '-']).next().unwrap_or_default()).unwrap_or_default()
}

/// One person's whole mail service, and how private it is.
#[derive(Parser)]
#[command(name = "caliopen", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a new mailbox in an empty folder; asks nothing, prints the recovery code
    Init(init::Args),
    /// Make a new mailbox step by step, asking for what is not given
    Setup(setup::Args),
    /// Start the appliance: take mail in, serve the pages; in a folder without a mailbox it asks its owner in first
    ///
    /// Without --smtp, --https and --http it listens on ports 25, 443 and 80 of every address; where one of them is given, only
    /// on what is given.
    Serve(serve::Args),
    /// Say how the box is and how it stands in the world: disk, records, doors, certificate
    ///
    /// Ends with 0 where nothing is to be done, with 1 where something is.
    Check(check::Args),
    /// Show it: an appliance with a mailbox to look around in, which is gone when it ends
    ///
    /// Everything is made in a temporary folder, on free ports of this machine only, and nothing is sent
    /// anywhere. The mail of the mailbox was written for it and is delivered to its own door.
    Demo(demo::Args),
    /// Take in what was kept elsewhere: mail (mbox, Maildir, .eml), cards, keys, archives of them, or a whole box
    ///
    /// The appliance must not be running. Every message is kept octet for octet; what was imported before is
    /// not taken in again. An empty box is filled from an export as it was. Ends with 0 when everything was kept, with
    /// 1 when something was skipped: the report says what and why.
    Import(import::Args),
    /// Write everything into one archive: mail, contacts, keys, tags, settings, evidence
    ///
    /// The appliance must not be running. What is in it for other programs is explained in docs/export.md.
    Export(export::Args),
    /// Make a backup in restic's format, where it was said before or is said now; the appliance must not be running
    ///
    /// A running appliance makes them by itself, once it was told where (Settings, Backup). The code on the recovery sheet
    /// opens them, for `caliopen restore` and for stock restic.
    Backup(backup::Args),
    /// Make the mailbox of a backup again in an empty folder, with the code on the recovery sheet
    Restore(backup::RestoreArgs),
    /// Take cards in from a file, or write all of them; the appliance must not be running
    #[command(subcommand)]
    Contacts(contacts::Command),
    /// Say who really sent a message: SPF, DKIM, DMARC, ARC and the name of the peer
    ///
    /// Nothing is kept. With a table of records nobody is asked, and the same question gives the same answer.
    Authenticate(authenticate::Args),
    /// Show where a message for somebody would go: mail servers in order, and what is known of their encryption
    Route(route::Args),
    /// Look into the privacy of a message
    #[command(subcommand)]
    Privacy(privacy::Privacy),
    /// Look into the spam filter
    #[command(subcommand)]
    Spam(spam::Spam),
}

/// Why a command failed: an exit code and one sentence.
pub(crate) struct Failure(u8, String);

impl Failure {
    /// With the exit code and the sentence.
    pub(crate) fn new(code: u8, sentence: impl fmt::Display) -> Self {
        Self(code, sentence.to_string())
    }
}

/// Exit codes of sysexits(3).
pub(crate) mod code {
    pub(crate) const PARTLY: u8 = 1;
    pub(crate) const DATA: u8 = 65;
    pub(crate) const NO_INPUT: u8 = 66;
    pub(crate) const NO_HOST: u8 = 68;
    pub(crate) const UNAVAILABLE: u8 = 69;
    pub(crate) const CANNOT_CREATE: u8 = 73;
    pub(crate) const IO: u8 = 74;
    pub(crate) const TRY_AGAIN: u8 = 75;
    pub(crate) const NO_PERMISSION: u8 = 77;
}

/// Runs what the arguments ask for and gives the exit code.
pub fn run() -> ExitCode {
    // The one TLS provider; a second one in the tree would make rustls panic for want of a choice.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // A core dump would write the vault's key to the disk.
    let _ = rustix::process::setrlimit(
        rustix::process::Resource::Core,
        rustix::process::Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    );
    // Whatever is written is the owner's alone.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    std::panic::set_hook(Box::new(|fault| {
        let _ = writeln!(std::io::stderr(), "{}", of_fault(fault.location()));
    }));
    let outcome = match Cli::parse().command {
        Command::Init(args) => init::run(&args),
        Command::Setup(args) => setup::run(&args),
        Command::Serve(args) => serve::run(args),
        Command::Check(args) => check::run(&args),
        Command::Demo(args) => demo::run(args),
        Command::Import(args) => import::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => backup::bring_back(&args),
        Command::Contacts(command) => contacts::run(&command),
        Command::Authenticate(args) => authenticate::run(&args),
        Command::Route(args) => route::run(&args),
        Command::Privacy(command) => privacy::run(&command),
        Command::Spam(command) => spam::run(&command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(code, sentence)) => {
            let _ = writeln!(std::io::stderr(), "caliopen: {sentence}");
            ExitCode::from(code)
        }
    }
}

/// What is said of a fault of ours: where it is, and never what it says, for that may quote somebody's mail
/// (a text that is cut inside of a letter is quoted whole).
fn of_fault(place: Option<&std::panic::Location<'_>>) -> String {
    let place = place.map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    format!("caliopen: a fault at {place}; please report that line")
}

/// Writes a line to stdout, beside what was to be done. That nobody hears it is not our failure.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = give(line);
}

/// Writes to stdout what was asked for: half of it could be taken for all. A reader that has gone away wants no more.
pub(crate) fn give(text: impl fmt::Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    written(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// What became of writing what was asked for.
pub(crate) fn written(outcome: std::io::Result<()>) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(code::IO, format_args!("the answer cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Log lines go to stderr: warnings and up, more by `CALIOPEN_LOG` (as `info` or `caliopen=debug`).
pub(crate) fn log_to_stderr() {
    let mut filter = tracing_subscriber::EnvFilter::try_from_env("CALIOPEN_LOG").unwrap_or_else(|_| "warn".into());
    // The DNS client writes down whom it was asked about, which is who writes to the owner.
    for silent in ["hickory_net=off", "hickory_resolver=off", "hickory_proto=off"] {
        if let Ok(directive) = silent.parse() {
            filter = filter.add_directive(directive);
        }
    }
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .try_init();
}

/// Writes the recovery code of a box that was just made, alone on its line. It is shown once: that nobody has it is said.
pub(crate) fn give_recovery(recovery: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{recovery}").and_then(|()| out.flush()).map_err(|error| {
        let sentence = "the mailbox is made, but its recovery code could not be written";
        let then = "open it with the passphrase and print another sheet (Settings, Recovery sheet)";
        Failure::new(code::IO, format_args!("{sentence} ({error}): {then}"))
    })
}

/// Octets of a secret in a file.
const LONGEST_SECRET: u64 = 64 * 1024;

/// A secret from a file: its first line, without the line end.
pub(crate) fn secret_from(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let mut octets = Zeroizing::new(Vec::with_capacity(LONGEST_SECRET as usize));
    let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST_SECRET).read_to_end(&mut octets));
    read.map_err(|error| Failure::new(code::NO_INPUT, format_args!("cannot read {}: {error}", path.display())))?;
    let unusable = |what| Failure::new(code::DATA, format_args!("the first line of {} {what}", path.display()));
    let end = octets.iter().position(|octet| *octet == b'\n');
    if end.is_none() && octets.len() as u64 == LONGEST_SECRET {
        return Err(unusable("is too long"));
    }
    let line = octets.get(..end.unwrap_or(octets.len())).unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| unusable("is not UTF-8"))?;
    let bare = if end.is_some() { line.strip_suffix('\r') } else { None };
    Ok(Zeroizing::new(bare.unwrap_or(line).to_owned()))
}

/// What is in a file of at most so many octets.
pub(crate) fn load(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    read.map_err(|error| Failure::new(code::NO_INPUT, format_args!("cannot read {}: {error}", path.display())))?;
    if bytes.len() as u64 > most {
        return Err(Failure::new(
            code::DATA,
            format_args!("{} is larger than {most} octets", path.display()),
        ));
    }
    Ok(bytes)
}

/// Opens the box of a data folder for ourselves alone.
pub(crate) fn open(data: &Path, secret: &str) -> Result<(Vault, Services), Failure> {
    let (file, front) = app::front(data).map_err(failure)?;
    let vault = Vault::locked_for_once(data);
    match vault.unlock(&Opening::of_file(secret)) {
        Ok(Secret::Right(_)) => {}
        Ok(Secret::Wrong) => return Err(failure(StartError::WrongSecret)),
        Err(error) => return Err(failure(error.into())),
    }
    let services = Services::new(&vault, &file, &front, &Clock::system()).map_err(failure)?;
    // What trying the passphrase took is not needed again.
    settle();
    Ok((vault, services))
}

/// The runtime that everything asynchronous runs on.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    runtime_of(32)
}

/// The same with at most so many threads for what blocks: each keeps memory of its own, which it has used, for what comes next.
pub(crate) fn runtime_of(threads: usize) -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(threads)
        .build()
        .map_err(|error| Failure::new(code::IO, format_args!("cannot start: {error}")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_fault_is_a_place_and_no_word_of_mail() {
        let here = std::panic::Location::caller();
        let line = super::of_fault(Some(here));
        assert!(line.contains("src/cli/mod.rs:"), "{line}");
    }
}
