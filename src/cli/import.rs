//! `caliopen import`: takes in what was kept elsewhere, from files, while the appliance is not running: mail, cards,
//! keys, or a whole box from an export. What is done is `service::import`; here the folders are looked through and the
//! report is said.

mod finding;

use super::{Failure, code, log_to_stderr, open, runtime_of, say, secret_from};
use crate::{
    domain::moving::{Reason, Tally},
    net::clock::Clock,
    service::{
        import::{
            Import, Stopped,
            finding::{Context, Item},
        },
        receive::MAX_MESSAGE,
    },
    store::restore::Room,
};
use std::{fmt, os::unix::process::CommandExt, path::PathBuf, process::Command};
use zeroize::Zeroizing;

/// Threads for what blocks: one looks through the files, four prepare messages (`service::receive`) or read.
const THREADS: usize = 5;

/// What `import` is told.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The data folder, made by `caliopen init`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A file whose first line is the passphrase or the recovery code
    #[arg(long, value_name = "FILE")]
    unlock_with: PathBuf,
    /// A file whose first line is the passphrase of what is brought (of an export's secrets, of secret keys), where it is
    /// another one
    #[arg(long, value_name = "FILE")]
    open_with: Option<PathBuf>,
    /// An export, a mailbox file (mbox), a Maildir, an .eml file, cards (vCard), OpenPGP keys, a zip archive of them, or a
    /// folder with any of them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

/// Hands over every message in these paths with a name for it; what is none is passed over.
pub(super) fn each_message(paths: &[PathBuf], mut take: impl FnMut(String, Vec<u8>)) {
    let context = Context {
        now: Clock::system().now(),
        room: Room::Taken,
        secret: None,
        schema: 0,
    };
    finding::walk(paths, context, &mut |item| {
        if let Item::Message(found) = item {
            take(found.name, found.raw);
        }
        true
    });
}

/// Why something was passed over, in words.
struct Why(Reason);

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Reason::TooLarge => {
                let most = MAX_MESSAGE / (1024 * 1024);
                return write!(f, "larger than {most} MiB, or a card or keys larger than 10 MiB");
            }
            Reason::TooComplex => "more parts, or deeper, than will be read",
            Reason::NoMail => "neither a message nor a mailbox",
            Reason::Unreadable => "cannot be read",
            Reason::TooDeep => "a folder too deep inside others, or an archive inside of an archive",
            Reason::Closed => "encrypted, or packed in an unknown way (zip is known)",
            Reason::Damaged => "damaged: it is not what was packed",
            Reason::ForeignKey => "a secret key under another passphrase (see --open-with), or of which only a part is here",
            Reason::Sealed => "sealed with another passphrase (see --open-with)",
            Reason::Newer => "of a newer version: mail, cards and keys only",
            Reason::OddCards => "cards that are your own, have no name, or are of several people at once",
            Reason::Foreign => "in a program's own form: have it export mbox, .eml, vCard or keys (gpg --export)",
            Reason::NobodysKey => "keys without an address that would say whose they are",
            Reason::Gone => "deleted by its program, and only not cleared away yet",
        })
    }
}

/// What became of everything, in words.
struct Report<'a>(&'a Tally);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = self.0;
        write!(
            f,
            "read {}, kept {}, already there {}, skipped {}",
            tally.read,
            tally.kept,
            tally.before,
            tally.skipped()
        )?;
        if tally.cards + tally.richer > 0 {
            write!(f, "\ncontacts: made {}, changed {}", tally.cards, tally.richer)?;
        }
        if tally.keys > 0 {
            write!(f, "\nkeys: brought {}", tally.keys)?;
        }
        if tally.whole {
            write!(f, "\nthe box is as it was exported")?;
        }
        for (reason, (count, names)) in &tally.skipped {
            let named = names.get(..3).unwrap_or(names);
            let more = if *count > named.len() as u64 { ", …" } else { "" };
            write!(f, "\nskipped {count}: {} ({}{more})", Why(*reason), named.join(", "))?;
        }
        Ok(())
    }
}

/// Runs this program once more in its own place, where nobody has said how long memory that is free is kept: at once is
/// what a long import needs (it halves what it holds, and costs a tenth of the time), and the allocator takes that only from
/// the environment. Where it cannot, it goes on as it is. The unit of `install.sh` says the same for the appliance.
fn give_memory_back() {
    const ASKED: &str = "MIMALLOC_PURGE_DELAY";
    if std::env::var_os(ASKED).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        let _ = Command::new(program).args(std::env::args_os().skip(1)).env(ASKED, "0").exec();
    }
}

/// Takes it all in and reports.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    give_memory_back();
    log_to_stderr();
    if let Some(missing) = args.paths.iter().find(|path| !path.exists()) {
        return Err(Failure::new(code::NO_INPUT, format_args!("there is no {}", missing.display())));
    }
    let (vault, services) = open(&args.data, &secret_from(&args.unlock_with)?)?;
    let secret = args.open_with.as_deref().unwrap_or(&args.unlock_with);
    let secret = secret_from(secret)?;
    let outcome = runtime_of(THREADS)?.block_on(take_in(args.paths.clone(), &services.import, secret));
    vault.lock();
    let tally = outcome?;
    if !tally.is_something() && tally.skipped.keys().all(|why| *why == Reason::NoMail) {
        return Err(Failure::new(code::DATA, "nothing there is a message or a mailbox"));
    }
    say(Report(&tally));
    match tally.skipped() {
        0 => Ok(()),
        1 => Err(Failure::new(code::PARTLY, "one was skipped")),
        skipped => Err(Failure::new(code::PARTLY, format_args!("{skipped} were skipped"))),
    }
}

async fn take_in(paths: Vec<PathBuf>, import: &Import, secret: Zeroizing<String>) -> Result<Tally, Failure> {
    let turn = import
        .turn()
        .ok_or_else(|| Failure::new(code::TRY_AGAIN, "another import is going on"))?;
    let find = move |context, take: &mut dyn FnMut(Item) -> bool| finding::walk(&paths, context, take);
    import.take_in(&turn, Some(secret), find).await.map_err(|stopped| {
        if let Some(progress) = import.progress() {
            say(Report(&progress.tally));
        }
        let (code, why) = match stopped {
            Stopped::Locked | Stopped::Storage => (code::IO, "the store cannot write"),
            Stopped::Short => (code::DATA, "the export ends before it should"),
        };
        Failure::new(
            code,
            format_args!("{why}; what was kept so far is safe, and importing again goes on from there"),
        )
    })
}
