//! `caliopen check`: how the box is and how it stands in the world, for a person, or for a script that watches over it.
//!
//! A box that is running is asked on its own machine, and says what it found when it last looked; over the folder of one
//! that is not, everything is looked at now. Ends with 0 where nothing is to be done, with 1 where something is.
//!
//! The words are in the language of the terminal; what a script reads (`--json`) is the same in each.
//!
//! Absent on purpose: opening the vault. None of this needs what is the owner's.

use super::{Failure, code, language, log_to_stderr, runtime, say, serve::failure};
use crate::{
    app::{self, Services},
    codec::standing,
    domain::check::{Id, State},
    locale::{Lang, checks as words},
    net::{clock::Clock, outward::Outward},
    store::vault::Vault,
};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};

/// How long the running box may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Octets of its answer that are read.
const LONGEST: u64 = 1024 * 1024;

/// What `check` is told.
#[derive(clap::Args)]
pub struct Args {
    /// The data folder of a box that is not running: everything is looked at now
    #[arg(long, value_name = "DIR", required_unless_present = "at")]
    data: Option<PathBuf>,
    /// Where a running box serves its pages without TLS on this machine: it says what it found when it last looked
    #[arg(long, value_name = "ADDR:PORT")]
    at: Option<SocketAddr>,
    /// One object of JSON instead of lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    dns: super::serve::Names,
}

/// Looks, or asks the box that runs; says what was found.
pub fn run(args: &Args) -> Result<(), Failure> {
    log_to_stderr();
    let text = match (&args.data, args.at) {
        (_, Some(at)) => ask(at)?,
        (Some(data), None) => look(data, args)?,
        (None, None) => return Err(Failure::new(2, "give --data or --at")),
    };
    let lang = language();
    let w = words::words(lang);
    let broken = || Failure::new(code::DATA, "that is not the answer of a box");
    let (said, checks) = standing::read(&text).ok_or_else(broken)?;
    let is = |name: &str| said.iter().any(|(known, so)| known == name && *so);
    let todo = checks.iter().filter(|(_, state, _)| state == State::Todo.as_str()).count();
    if args.json {
        say(text.trim_end());
    } else {
        for line in lines(lang, &said, &checks) {
            say(line);
        }
    }
    if is("ready") && todo == 0 {
        return Ok(());
    }
    Err(Failure::new(
        code::PARTLY,
        match is("ready") {
            true => format!("{} {}", lang.words().count(&w.todo, todo as u64), w.todo_where),
            false => w.not_ready.to_owned(),
        },
    ))
}

/// What was found, a line each: how it stands, and what is meant.
fn lines(lang: Lang, said: &[(String, bool)], checks: &[standing::Line]) -> Vec<String> {
    let w = words::words(lang);
    let named = [
        ("ready", w.is_ready),
        ("claimed", w.is_claimed),
        ("locked", w.is_locked),
        ("writes", w.is_written),
    ];
    let facts = named.into_iter().filter_map(|(name, words)| {
        let (_, so) = said.iter().find(|(known, _)| known == name)?;
        Some(format!("{:<12} {words}", if *so { w.yes } else { w.no }))
    });
    let found = checks.iter().map(|(id, state, seen)| {
        let name = Id::of(id).map_or(id.as_str(), |id| words::name(lang, id));
        let known = [State::Ok, State::Attention, State::Todo, State::Unknown]
            .into_iter()
            .find(|known| known.as_str() == state);
        let state = known.map_or(state.as_str(), |known| words::state(lang, known));
        let seen = if seen.is_empty() {
            String::new()
        } else {
            format!("  ({})", seen.join("; "))
        };
        format!("{state:<12} {name}{seen}")
    });
    facts.chain(found).collect()
}

/// Everything is looked at now.
fn look(data: &Path, args: &Args) -> Result<String, Failure> {
    let (file, front) = app::front(data).map_err(failure)?;
    let vault = Vault::locked(data);
    let outward = Outward::from(args.dns.client()?);
    let services = Services::over(&vault, &file, &front, &Clock::system(), outward).map_err(failure)?;
    let looked = runtime()?.block_on(services.checks.look());
    looked.map_err(|error| Failure::new(code::IO, error))?;
    let (found, stands) = (services.health.look(), services.checks.last());
    let said = [("ready", found.is_well()), ("locked", found.locked), ("writes", found.writes)];
    Ok(standing::write(&said, stands.at, &stands.checks))
}

/// What a running box says of itself.
fn ask(at: SocketAddr) -> Result<String, Failure> {
    if !at.ip().is_loopback() {
        return Err(Failure::new(
            2,
            "a running box says this on its own machine only, such as 127.0.0.1:80",
        ));
    }
    let unheard = |error: std::io::Error| Failure::new(code::NO_HOST, format_args!("nobody answers at {at}: {error}"));
    let mut stream = TcpStream::connect_timeout(&at, PATIENCE).map_err(unheard)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(unheard)?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {at}\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(unheard)?;
    let mut answer = String::new();
    stream.take(LONGEST).read_to_string(&mut answer).map_err(unheard)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(body.to_owned())
}
