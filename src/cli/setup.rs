//! `caliopen setup`: the first run in a terminal. The same steps as the pages, from the same table, with the same checks;
//! what is given as an option is not asked for, so that a script can do without a terminal.
//!
//! Whoever runs it holds the data folder, which is more than the claim code shows: it is not asked for. The key and the
//! first message wait in the pages. Absent on purpose: echoing the passphrase, and taking it as an argument, which every
//! user of the machine could read.

use super::{Failure, code, give_recovery, runtime, say, secret_from};
use crate::{
    codec::password::Strength,
    domain::setup::Step,
    locale::{
        Lang, backup,
        setup::{SetupWords, words},
    },
    net::clock::Clock,
    service::{
        custody::Custody,
        happening::Happenings,
        setup::{
            SetupError,
            first_run::{BeginError, FirstRun, NotMade, is_unclaimed},
        },
    },
    store::{
        self,
        front::{CLAIM, FrontFile},
        vault::Vault,
    },
};
use std::{
    fs,
    io::{BufRead, ErrorKind, IsTerminal, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use zeroize::Zeroizing;

/// Times that a wrong answer is asked for again.
const PATIENCE: usize = 5;
/// Octets of an answer that are read.
const LONGEST: u64 = 4096;

/// What `setup` is told.
#[derive(clap::Args)]
pub struct Args {
    /// The folder to make the mailbox in; empty or missing
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Print the claim code and the certificate's fingerprint of the box that is running over this folder, and do no more
    #[arg(long)]
    show_code: bool,
    /// The language: en or fr
    #[arg(long, value_name = "CODE", value_parser = language)]
    language: Option<Lang>,
    /// The mail domain, such as home.example
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// What stands before the @ of the owner's address
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A file whose first line is the passphrase
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// How long trying the passphrase takes on this machine, in milliseconds; never below a floor
    #[arg(long, value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(..=10_000))]
    trying_ms: u64,
}

fn language(text: &str) -> Result<Lang, String> {
    Lang::of_code(text).ok_or_else(|| "en or fr".to_owned())
}

/// Asks for what is missing, makes the mailbox, and prints the recovery code, alone on its line.
pub fn run(args: &Args) -> Result<(), Failure> {
    if args.show_code {
        return show_code(&args.data);
    }
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&args.data);
    made.map_err(|error| Failure::new(code::CANNOT_CREATE, format_args!("the folder cannot be used: {error}")))?;
    if !is_unclaimed(&args.data).map_err(of_store)? {
        return Err(Failure::new(code::CANNOT_CREATE, SetupError::Taken));
    }
    let file = Arc::new(FrontFile::open(&args.data).map_err(of_store)?);
    let vault = Vault::locked(&args.data);
    let begun = FirstRun::begin(file, vault.clone(), Clock::system(), Duration::from_millis(args.trying_ms));
    let (run, _) = begun.map_err(|error| match error {
        BeginError::Store(error) => of_store(error),
        BeginError::Tls(error) => Failure::new(code::IO, error),
    })?;
    let outcome = runtime()?.block_on(walk(args, &run, &vault));
    vault.lock();
    // The code of a run that nobody can claim any more by the pages: the next start makes another.
    let _ = fs::remove_file(args.data.join(CLAIM));
    outcome
}

fn show_code(data: &Path) -> Result<(), Failure> {
    let told = fs::read_to_string(data.join(CLAIM)).map(Zeroizing::new);
    let told = told.map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => Failure::new(code::NO_INPUT, "that folder is another user's: ask as that user, or as root"),
        _ => {
            let sentence = "no claim code stands in that folder: the box has its owner, or is not running";
            Failure::new(code::NO_INPUT, sentence)
        }
    })?;
    told.lines().take(2).for_each(say);
    Ok(())
}

fn of_store(error: store::Error) -> Failure {
    match error {
        store::Error::InUse => Failure::new(
            code::TRY_AGAIN,
            "the appliance is running over that folder: go on in its pages, or stop it first",
        ),
        error => Failure::new(code::IO, error),
    }
}

/// The steps before the vault, in the order of the table; those behind it wait in the pages.
async fn walk(args: &Args, run: &FirstRun, vault: &Vault) -> Result<(), Failure> {
    let mut lang = args
        .language
        .or_else(|| Lang::of_code(&run.state().lang))
        .unwrap_or_else(super::language);
    run.mark(Step::Claim).await.map_err(of_store)?;
    // What is said now counts, whatever was noted when this was begun earlier.
    if args.language.is_some() {
        run.choose_language(lang).await.map_err(of_store)?;
    }
    if run.done("").has(Step::Domain) && (args.domain.is_some() || args.name.is_some()) {
        name(args, run, words(lang), lang).await?;
    }
    while let Some(step) = run.done("").next().filter(|step| !step.row().behind) {
        let t = words(lang);
        match step {
            Step::Language => {
                lang = until(|| {
                    let typed = ask(t.ask_language, lang.words().code, "--language")?;
                    Ok(Lang::of_code(&typed).ok_or(t.ask_language.to_owned()))
                })?;
                run.choose_language(lang).await.map_err(of_store)?;
            }
            Step::Domain => name(args, run, t, lang).await?,
            // How the box stands in the world is looked at while it runs: in the pages, and by `caliopen check`.
            Step::Reach | Step::Records | Step::Certificate => run.mark(step).await.map_err(of_store)?,
            Step::Owner => return own(args, run, vault, lang).await,
            Step::Claim | Step::Sheet | Step::Relay | Step::Key | Step::Message => return Ok(()),
        }
    }
    Ok(())
}

async fn name(args: &Args, run: &FirstRun, t: &SetupWords, lang: Lang) -> Result<(), Failure> {
    let state = run.state();
    let noted = run.done("").has(Step::Domain);
    // What is not said stays as it was noted.
    let said = |said: &Option<String>, was: &str| said.clone().or_else(|| noted.then(|| was.to_owned()));
    let domain_said = said(&args.domain, &state.domain);
    let name_said = said(&args.name, state.address.split('@').next().unwrap_or_default());
    if domain_said.is_none() {
        tell(backup::words(lang).have_cli);
    }
    for _ in 0..PATIENCE {
        let domain = match &domain_said {
            Some(domain) => domain.clone(),
            None => ask(t.ask_domain, &state.domain, "--domain")?,
        };
        let local = match &name_said {
            Some(name) => name.clone(),
            None => ask(t.ask_local, "me", "--name")?,
        };
        match run.name(&domain, &local).await {
            Ok(()) => return Ok(()),
            Err(SetupError::Store(error)) => return Err(of_store(error)),
            Err(error) if domain_said.is_some() && name_said.is_some() => return Err(Failure::new(code::DATA, error)),
            Err(SetupError::Domain(_)) => tell(t.domain_wrong),
            Err(_) => tell(t.local_wrong),
        }
    }
    Err(Failure::new(code::DATA, t.domain_wrong))
}

async fn own(args: &Args, run: &FirstRun, vault: &Vault, lang: Lang) -> Result<(), Failure> {
    let (t, w) = (words(lang), lang.words());
    let passphrase = match &args.passphrase_file {
        Some(path) => secret_from(path)?,
        None => passphrase(run, t, w).await?,
    };
    tell(t.making);
    let recovery = run.make(passphrase).await.map_err(|error| match error {
        NotMade::Weak(_) => Failure::new(code::DATA, w.security.weak),
        NotMade::Taken => Failure::new(code::CANNOT_CREATE, error),
        NotMade::Store(error) => of_store(error),
    })?;
    tell(&t.made.replace("{address}", &run.state().address));
    tell(t.recovery);
    give_recovery(&recovery)?;
    tell(t.recovery_keep);
    if std::io::stdin().is_terminal() {
        prove(run, vault, recovery, lang).await?;
    }
    tell(&t.then_serve.replace("{data}", &args.data.display().to_string()));
    Ok(())
}

/// Two groups of what was just written down. Whoever cannot type them back is reminded by the pages.
async fn prove(run: &FirstRun, vault: &Vault, recovery: Zeroizing<String>, lang: Lang) -> Result<(), Failure> {
    let c = &lang.words().custody;
    let custody = Custody::new(vault.clone(), Clock::system(), Happenings::default());
    let broken = |error: &dyn std::fmt::Display| Failure::new(code::IO, error);
    custody.hold(recovery).map_err(|error| broken(&error))?;
    let Some([one, other]) = custody.printable().map(|sheet| sheet.asked) else {
        return Ok(());
    };
    for _ in 0..PATIENCE {
        let group = |n: usize| c.group.replace("{n}", &n.to_string());
        let typed = [ask(&group(one), "", "")?, ask(&group(other), "", "")?];
        if custody.prove_groups([&typed[0], &typed[1]]).await.is_ok() {
            return run.mark(Step::Sheet).await.map_err(of_store);
        }
        tell(c.not_the_sheet);
    }
    Ok(())
}

/// Words for the person, beside what a script reads.
fn tell(text: &str) {
    // A terminal that has gone away is not our failure.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Asks until an answer will do.
fn until<T>(mut attempt: impl FnMut() -> Result<Result<T, String>, Failure>) -> Result<T, Failure> {
    let mut last = String::new();
    for _ in 0..PATIENCE {
        match attempt()? {
            Ok(done) => return Ok(done),
            Err(sentence) => last = sentence,
        }
    }
    Err(Failure::new(code::DATA, last))
}

/// A line from the terminal; the default where nothing is typed. Without a terminal the option is missing.
fn ask(question: &str, default: &str, option: &str) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(2, format_args!("there is no terminal to ask in: give {option}")));
    }
    let shown = if default.is_empty() {
        String::new()
    } else {
        format!(" [{default}]")
    };
    let mut err = std::io::stderr();
    let _ = write!(err, "{question}{shown}: ").and_then(|()| err.flush());
    let line = line()?;
    let typed = line.trim();
    Ok(if typed.is_empty() { default.to_owned() } else { typed.to_owned() })
}

/// One line of stdin. Its end where an answer was waited for is the end of the run.
fn line() -> Result<Zeroizing<String>, Failure> {
    let mut line = Zeroizing::new(String::new());
    let read = std::io::Read::take(std::io::stdin().lock(), LONGEST).read_line(&mut line);
    match read {
        Ok(1..) => Ok(line),
        _ => Err(Failure::new(code::NO_INPUT, "nothing was typed; what was done so far is kept")),
    }
}

/// The passphrase, twice, unseen, until it is good enough.
async fn passphrase(run: &FirstRun, t: &'static SetupWords, w: &crate::locale::Words) -> Result<Zeroizing<String>, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(2, "there is no terminal to ask in: give --passphrase-file"));
    }
    tell(t.owner_advice);
    for _ in 0..PATIENCE {
        let one = unseen(t.ask_passphrase).await?;
        if run.weigh(&one) < Strength::ENOUGH {
            tell(w.security.weak);
            continue;
        }
        if *unseen(t.ask_again).await? == *one {
            return Ok(one);
        }
        tell(t.owner_differ);
    }
    Err(Failure::new(code::DATA, t.owner_differ))
}

/// A line that the terminal does not show. The terminal is left as it was also when somebody presses Ctrl-C.
async fn unseen(question: &str) -> Result<Zeroizing<String>, Failure> {
    let quiet = Quiet::begin()?;
    let mut err = std::io::stderr();
    let _ = write!(err, "{question}: ").and_then(|()| err.flush());
    let typed = tokio::select! {
        typed = tokio::task::spawn_blocking(line) => typed,
        _ = tokio::signal::ctrl_c() => {
            drop(quiet);
            tell("");
            // The thread that reads waits for a line that nobody will type.
            std::process::exit(130);
        }
    };
    drop(quiet);
    tell("");
    let line = typed.unwrap_or_else(|_| Err(Failure::new(code::IO, "the terminal cannot be read")))?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// While this lives, the terminal shows nothing of what is typed. `stty` is in every POSIX system; where it is not, the
/// passphrase is not asked for here.
struct Quiet;

impl Quiet {
    fn begin() -> Result<Self, Failure> {
        let sentence = "this terminal cannot be kept from showing the passphrase: give --passphrase-file";
        match stty("-echo") {
            true => Ok(Self),
            false => Err(Failure::new(code::UNAVAILABLE, sentence)),
        }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        stty("echo");
    }
}

fn stty(how: &str) -> bool {
    let run = Command::new("stty").arg(how).stdin(Stdio::inherit()).stdout(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}
