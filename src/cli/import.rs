//! `caliopen import`: takes mail in from files, while the appliance is not running.
//!
//! A thread reads the files ([`finding`]), one message at a time; a few are prepared at once, so that they
//! share a commit; the octets are kept exactly as they are. Started again after it was cut short it goes on
//! where it was, because what was imported before is not taken in again. Cards are `contacts`' to take in.
//! Absent so far: tags from folders, an upload in the pages.

mod finding;

use super::{Failure, code, log_to_stderr, runtime, say, secret_from, serve::failure};
use crate::{
    app::{self, Services, StartError},
    domain::time::Time,
    net::clock::Clock,
    service::receive::{MAX_MESSAGE, NotKept, Receive},
    store::{
        slots::Opening,
        vault::{Secret, Vault},
    },
};
use finding::{Found, Item};
use std::{collections::BTreeMap, fmt, path::PathBuf};
use tokio::{sync::mpsc, task::JoinSet};

/// Messages prepared at once.
const AT_ONCE: usize = 8;
/// Files named for each reason in the report.
const NAMED: usize = 3;

/// What `import` is told.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The data folder, made by `caliopen init`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A file whose first line is the passphrase or the recovery code
    #[arg(long, value_name = "FILE")]
    unlock_with: PathBuf,
    /// A mailbox file (mbox), a Maildir, an .eml file, or a folder with any of them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

/// Hands over every message in these paths with a name for it; what is none is passed over.
pub(super) fn each_message(paths: &[PathBuf], mut take: impl FnMut(String, Vec<u8>)) {
    finding::walk(paths, Clock::system().now(), |item| {
        if let Item::Message(found) = item {
            take(found.name, found.raw);
        }
        true
    });
}

/// Why something was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    TooLarge,
    TooComplex,
    NoMail,
    Unreadable,
    TooDeep,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "larger than {} MiB", MAX_MESSAGE / (1024 * 1024)),
            Self::TooComplex => f.write_str("more parts, or deeper, than will be read"),
            Self::NoMail => f.write_str("neither a message nor a mailbox"),
            Self::Unreadable => f.write_str("cannot be read"),
            Self::TooDeep => f.write_str("a folder too deep inside others"),
        }
    }
}

/// What became of everything.
#[derive(Default)]
struct Tally {
    read: u64,
    kept: u64,
    before: u64,
    skipped: BTreeMap<Reason, (u64, Vec<String>)>,
    /// A mailbox was there, be it an empty one.
    recognised: bool,
}

impl Tally {
    fn skip(&mut self, reason: Reason, name: String) {
        let (count, names) = self.skipped.entry(reason).or_default();
        *count += 1;
        if names.len() < NAMED {
            names.push(name);
        }
    }

    fn skipped(&self) -> u64 {
        self.skipped.values().map(|(count, _)| count).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = self.skipped();
        write!(
            f,
            "read {}, kept {}, already there {}, skipped {skipped}",
            self.read, self.kept, self.before
        )?;
        for (reason, (count, names)) in &self.skipped {
            let more = if *count > names.len() as u64 { ", …" } else { "" };
            write!(f, "\nskipped {count}: {reason} ({}{more})", names.join(", "))?;
        }
        Ok(())
    }
}

/// Takes it all in and reports.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    log_to_stderr();
    if let Some(missing) = args.paths.iter().find(|path| !path.exists()) {
        return Err(Failure::new(code::NO_INPUT, format_args!("there is no {}", missing.display())));
    }
    let (vault, receive) = open(args)?;
    let outcome = runtime()?.block_on(take_in(args.paths.clone(), &receive));
    vault.lock();
    let tally = outcome?;
    if !tally.recognised && tally.read == 0 {
        return Err(Failure::new(code::DATA, "nothing there is a message or a mailbox"));
    }
    say(&tally);
    match tally.skipped() {
        0 => Ok(()),
        1 => Err(Failure::new(code::PARTLY, "one was skipped")),
        skipped => Err(Failure::new(code::PARTLY, format_args!("{skipped} were skipped"))),
    }
}

/// Opens the box for ourselves alone.
fn open(args: &Args) -> Result<(Vault, Receive), Failure> {
    let secret = secret_from(&args.unlock_with)?;
    let (file, front) = app::front(&args.data).map_err(failure)?;
    let vault = Vault::locked(&args.data);
    match vault.unlock(&Opening::of_file(&secret)) {
        Ok(Secret::Right(_)) => {}
        Ok(Secret::Wrong) => return Err(failure(StartError::WrongSecret)),
        Err(error) => return Err(failure(error.into())),
    }
    let services = Services::new(&vault, &file, &front, &Clock::system()).map_err(failure)?;
    Ok((vault, services.receive))
}

async fn take_in(paths: Vec<PathBuf>, receive: &Receive) -> Result<Tally, Failure> {
    let (found, mut coming) = mpsc::channel(AT_ONCE);
    let now = receive.now();
    let finder = tokio::task::spawn_blocking(move || finding::walk(&paths, now, |item| found.blocking_send(item).is_ok()));
    let mut tally = Tally::default();
    let mut under_way = JoinSet::new();
    while let Some(item) = coming.recv().await {
        match item {
            Item::Mailbox => tally.recognised = true,
            Item::Skipped(reason, name) => tally.skip(reason, name),
            Item::Message(message) => {
                tally.read += 1;
                under_way.spawn(keep(receive.clone(), message));
            }
        }
        if under_way.len() >= AT_ONCE
            && let Some(kept) = under_way.join_next().await
        {
            note(&mut tally, kept)?;
        }
    }
    while let Some(kept) = under_way.join_next().await {
        note(&mut tally, kept)?;
    }
    finder
        .await
        .map_err(|_| Failure::new(code::IO, "reading the files was cut short"))?;
    Ok(tally)
}

type Outcome = (String, Result<bool, NotKept>);

async fn keep(receive: Receive, message: Found) -> Outcome {
    let received: Option<Time> = Some(message.received);
    let kept = receive.import(message.raw, received, message.read).await;
    (message.name, kept.map(|kept| kept.is_some()))
}

fn note(tally: &mut Tally, outcome: Result<Outcome, tokio::task::JoinError>) -> Result<(), Failure> {
    let (name, kept) = outcome.map_err(|_| Failure::new(code::IO, "a message could not be prepared"))?;
    match kept {
        Ok(true) => tally.kept += 1,
        Ok(false) => tally.before += 1,
        Err(NotKept::TooLarge) => tally.skip(Reason::TooLarge, name),
        Err(NotKept::TooComplex) => tally.skip(Reason::TooComplex, name),
        Err(NotKept::Storage | NotKept::Locked | NotKept::Refused | NotKept::TurnedAway) => {
            say(&*tally);
            let sentence = "the store cannot write; what was kept so far is safe, and importing again goes on from there";
            return Err(Failure::new(code::IO, sentence));
        }
    }
    Ok(())
}
