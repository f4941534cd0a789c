//! `caliopen privacy explain`: the Privacy Index of one message with everything that explains it.
//!
//! The same three steps as for a message that arrives: read it, gather the evidence, evaluate. What the
//! receiver would have observed comes from an evidence file instead (docs/evidence.md); without one the
//! lines that need it are "not known". Absent on purpose: any look-up, any guess.

mod observed;
mod print;

use super::{Failure, code, load, written};
use crate::{
    codec::{hosts, html, mime},
    domain::{
        address::Address,
        fact::Fact,
        message::Reading,
        privacy::{
            evidence::{Direction, Evidence, HtmlFindings, KeyState, Signature},
            gather::{Hosts, Observed, gather},
            index::Index,
            message::evaluate,
        },
    },
    locale::Lang,
    service::receive::MAX_MESSAGE,
};
use clap::{Args, Subcommand};
use observed::{Given, MAX_EVIDENCE};
use std::{
    io::{self, Write},
    path::PathBuf,
};

/// What can be asked about privacy.
#[derive(Debug, Subcommand)]
pub(super) enum Privacy {
    /// Explain the Privacy Index of one message: letter, number, and every line that they are made of
    Explain(Explain),
}

/// The arguments of `caliopen privacy explain`.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The message, as a file in Internet message format (.eml)
    #[arg(value_name = "FILE.eml")]
    file: PathBuf,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    /// What the receiver would have observed, as JSON (see docs/evidence.md)
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
}

/// Reads an evidence file, for the fuzzer: whether it is one.
#[doc(hidden)]
pub fn is_evidence(octets: &[u8]) -> bool {
    observed::read(octets).is_ok()
}

/// Runs a `caliopen privacy` command.
pub(super) fn run(command: &Privacy) -> Result<(), Failure> {
    match command {
        Privacy::Explain(args) => explain(args, super::language(), &mut io::stdout().lock()),
    }
}

/// Explains one message on `out`.
fn explain(args: &Explain, lang: Lang, out: &mut impl Write) -> Result<(), Failure> {
    let raw = load(&args.file, MAX_MESSAGE as u64)?;
    let given = match &args.evidence {
        None => Given::default(),
        Some(path) => observed::read(&load(path, MAX_EVIDENCE)?).map_err(|what| {
            Failure::new(
                code::DATA,
                format_args!("the evidence in {} cannot be used: {what}", path.display()),
            )
        })?,
    };
    let explained = weigh(&raw, &given);
    let printed = if args.json {
        print::json(&explained, lang, out)
    } else {
        print::text(&explained, lang, out)
    };
    written(printed.and_then(|()| out.flush()))
}

/// An index, and what was assumed to come to it.
struct Explained {
    index: Index,
    /// The address that was taken as the owner's because nobody said.
    assumed: Option<Address>,
}

fn weigh(raw: &[u8], given: &Given) -> Explained {
    let reading = mime::read(raw);
    let (assumed, owner) = match &given.owner {
        Some(owner) => (None, owner.clone()),
        None => {
            let assumed = presumed_owner(&reading, given.seen.direction);
            (assumed.clone(), assumed.into_iter().collect())
        }
    };
    let evidence = evidence(&reading, given, &owner);
    Explained {
        index: evaluate(&evidence),
        assumed,
    }
}

fn evidence(reading: &Reading, given: &Given, owner: &[Address]) -> Evidence {
    let found = reading
        .html
        .as_deref()
        .map_or_else(HtmlFindings::default, |html| html::findings(html).0);
    let seen = Observed {
        content: signer_of(reading, given),
        ..given.seen.clone()
    };
    let hosts = Hosts {
        home: owner.first().map_or("", Address::domain),
        registrable: &hosts::registrable,
    };
    gather(
        reading,
        found,
        &seen,
        hosts,
        |address| owner.contains(address),
        |address| given.about(address),
    )
}

/// Whose mail it is where nobody said: its first recipient's, or its author's where it goes out.
fn presumed_owner(reading: &Reading, direction: Direction) -> Option<Address> {
    let mailbox = match direction {
        Direction::In => reading.to.first(),
        Direction::Out | Direction::Local => reading.author(),
    };
    mailbox.map(|mailbox| mailbox.address.clone())
}

/// A valid signature is by a key of the From address, so what is known of that key is known of the
/// signer, unless the evidence says so itself. The owner's own key needs no comparing.
fn signer_of(reading: &Reading, given: &Given) -> crate::domain::privacy::evidence::Content {
    let mut content = given.seen.content.clone();
    if content.signature == Fact::Known(Signature::Valid) && !content.signer_verified.is_known() {
        let key = reading.author().map_or(Fact::Unknown, |author| given.about(&author.address).key);
        content.signer_verified = match (given.seen.direction, key) {
            (Direction::Out | Direction::Local, _) => Fact::Known(true),
            (Direction::In, Fact::Known(key)) => Fact::Known(key == KeyState::Verified),
            (Direction::In, Fact::Unknown) => Fact::Unknown,
        };
    }
    content
}
