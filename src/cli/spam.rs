//! `caliopen spam evaluate`: how well the filter tells mail apart, on anybody's own labelled folders.
//!
//! The oldest share of each kind is learnt, the rest is judged, as it would have been on arrival. Nothing
//! is looked up and nothing is kept. What a server that kept the files wrote down about the sender
//! (`Authentication-Results`, RFC 8601) is taken at its word where a server can have written it: above a
//! `Received` line, the topmost only, as a program that reads a mailbox of its own server may; with
//! `--unchecked` it is passed over. Deliberately absent: tuning. The filter measured is the one that runs.

mod metrics;

use super::{Failure, code, give, say};
use crate::{
    codec::{
        authentication_claims, inspect, mime,
        spam::{Around, look},
    },
    domain::{
        address::Address,
        message::Reading,
        spam::{
            Kind, Reason, Sight, Standing, Verdict,
            model::{Lesson, Model},
        },
        time::Time,
    },
    service::spam::starting_model,
};
use clap::{Args, Subcommand};
use metrics::{Figures, Judged};
use std::{collections::HashMap, path::PathBuf, time::Instant};

/// What can be done about spam.
#[derive(Debug, Subcommand)]
pub(super) enum Spam {
    /// Measure the filter on folders of honest mail and of spam
    ///
    /// Learns the oldest share of each, judges the rest, and says how much was told right.
    Evaluate(Evaluate),
    /// Make the model that a new box begins with, from mail that may be passed on
    ///
    /// Only words of texts and subjects that stand in several messages, as hashes with a weight: no address, no
    /// host, and nothing that the mail could be put together from.
    Learn(Learn),
}

/// The arguments of `caliopen spam learn`.
#[derive(Debug, Args)]
pub(super) struct Learn {
    #[command(flatten)]
    from: Evaluate,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The arguments of `caliopen spam evaluate`.
#[derive(Debug, Args)]
pub(super) struct Evaluate {
    /// Honest mail: folders, Maildirs, mbox files or message files
    #[arg(long, value_name = "PATH", required = true)]
    ham: Vec<PathBuf>,
    /// Spam, likewise
    #[arg(long, value_name = "PATH", required = true)]
    spam: Vec<PathBuf>,
    /// The share of each that is learnt, the oldest; 0 judges all with what a new box knows
    #[arg(long, value_name = "SHARE", default_value_t = 0.6)]
    train: f64,
    /// Shuffles the order of learning, and messages of one date
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Begin with nothing instead of with what a new box knows
    #[arg(long)]
    from_nothing: bool,
    /// Take away the header fields that only say where the mail was collected
    #[arg(long)]
    strip: bool,
    /// Pass over what other servers noted about the sender
    #[arg(long)]
    unchecked: bool,
    /// Print a line for each judged message: kind, log-odds, file, strongest reasons
    #[arg(long)]
    each: bool,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

/// Runs a `caliopen spam` command.
pub(super) fn run(command: &Spam) -> Result<(), Failure> {
    match command {
        Spam::Evaluate(args) => evaluate(args),
        Spam::Learn(args) => learn(args),
    }
}

/// A message of a labelled folder.
struct Labelled {
    name: String,
    spam: bool,
    date: Time,
    raw: Vec<u8>,
    reading: Reading,
}

/// The oldest share of each kind, in order of date, and the rest.
fn divided(args: &Evaluate) -> Result<(Vec<Labelled>, Vec<Labelled>), Failure> {
    if !(0.0..=1.0).contains(&args.train) {
        return Err(Failure::new(code::DATA, "--train is a share, from 0 to 1"));
    }
    let (mut learnt, mut judged) = (Vec::new(), Vec::new());
    for (paths, spam) in [(&args.ham, false), (&args.spam, true)] {
        let mut mail = load(args, paths, spam)?;
        mail.sort_by_key(|message| (message.date, shuffled(args.seed, &message.name)));
        let rest = mail.split_off((mail.len() as f64 * args.train).floor() as usize);
        learnt.extend(mail);
        judged.extend(rest);
    }
    learnt.sort_by_key(|message| (message.date, shuffled(args.seed, &message.name)));
    Ok((learnt, judged))
}

/// Honest messages by author, counted in the order in which they came.
type History = HashMap<Address, u32>;

/// The lessons of these messages in the order of the seed; what they are made of goes through `keep`.
fn lessons(args: &Evaluate, learnt: &[Labelled], history: &mut History, keep: impl Fn(&mut Sight)) -> Vec<Lesson> {
    let mut lessons: Vec<(u64, Lesson)> = Vec::new();
    for message in learnt {
        let mut sight = sight(args, message, history);
        if let (false, Some(author)) = (message.spam, message.reading.author()) {
            *history.entry(author.address.clone()).or_insert(0) += 1;
        }
        keep(&mut sight);
        lessons.push((shuffled(args.seed, &message.name), Lesson::of(&sight, message.spam)));
    }
    lessons.sort_by_key(|(order, _)| *order);
    lessons.into_iter().map(|(_, lesson)| lesson).collect()
}

fn evaluate(args: &Evaluate) -> Result<(), Failure> {
    let began = Instant::now();
    let (learnt, judged) = divided(args)?;
    let reading = began.elapsed().as_secs_f64() / (learnt.len() + judged.len()).max(1) as f64;
    let mut history = History::new();
    let lessons = lessons(args, &learnt, &mut history, |_| ());
    let start = if args.from_nothing {
        Model::default()
    } else {
        starting_model().clone()
    };
    let began = Instant::now();
    let model = start.learn(&lessons);
    let mut figures = Figures {
        seed: args.seed,
        learnt: count(&learnt),
        tested: count(&judged),
        learning: began.elapsed().as_secs_f64(),
        reading,
        model: model.size(),
        ..Figures::default()
    };
    let began = Instant::now();
    let verdicts: Vec<(f32, Verdict)> = judged
        .iter()
        .map(|message| {
            let sight = sight(args, message, &history);
            (model.score(&sight), model.judge(&sight))
        })
        .collect();
    figures.judging = began.elapsed().as_secs_f64() / judged.len().max(1) as f64;
    let judged: Vec<Judged> = judged
        .iter()
        .zip(&verdicts)
        .map(|(message, (score, verdict))| {
            if args.each {
                let kind = if message.spam { "spam" } else { "ham" };
                say(format_args!("{kind}\t{score:.2}\t{}\t{}", message.name, reasons(verdict)));
            }
            Judged {
                spam: message.spam,
                score: *score,
                tagged: verdict.is_spam(),
            }
        })
        .collect();
    figures.measure(&judged);
    give(if args.json { figures.json() } else { figures.text() })
}

/// Lessons in which a word must stand to be known to a new box: fewer could be somebody's own.
const SEVERAL: u32 = 6;
/// How loud words of 2002 may be today: of what they weighed then, a quarter.
const FAINT: f32 = 0.25;
/// The weakest weight that is worth its place.
const WEAKEST: f32 = 0.1;

fn learn(args: &Learn) -> Result<(), Failure> {
    let (learnt, _) = divided(&args.from)?;
    let lessons = lessons(&args.from, &learnt, &mut History::new(), |sight| {
        sight.tokens.retain(|token| token.kind == Kind::Words);
    });
    let mut counts: HashMap<u32, u32> = HashMap::new();
    for hash in lessons.iter().flat_map(|lesson| &lesson.tokens) {
        *counts.entry(*hash).or_default() += 1;
    }
    let known = |hash: &u32| counts.get(hash).is_some_and(|count| *count >= SEVERAL);
    let lessons: Vec<Lesson> = lessons
        .into_iter()
        .map(|mut lesson| {
            lesson.tokens.retain(known);
            lesson
        })
        .collect();
    let model = Model::default().learn(&lessons);
    let model = Model::new(
        model
            .weights()
            .filter(|(_, weight)| weight.abs() >= WEAKEST)
            .map(|(hash, weight)| (hash, weight * FAINT)),
    );
    let octets = model.octets();
    std::fs::write(&args.out, &octets)
        .map_err(|error| Failure::new(code::CANNOT_CREATE, format_args!("cannot write {}: {error}", args.out.display())))?;
    say(format_args!("{} words, {} octets", model.weights().count(), octets.len()));
    Ok(())
}

fn count(mail: &[Labelled]) -> (usize, usize) {
    let spam = mail.iter().filter(|message| message.spam).count();
    (mail.len() - spam, spam)
}

fn reasons(verdict: &Verdict) -> String {
    let each = verdict.reasons.iter().map(|weighed| {
        let what = match &weighed.reason {
            Reason::Sign(sign) => sign.name().to_owned(),
            Reason::Words(text) => format!("'{text}'"),
            Reason::Sender(text) => format!("from:{text}"),
            Reason::Link(text) => format!("link:{text}"),
            Reason::Make(text) => format!("make:{text}"),
        };
        format!("{what} {:+.1}", weighed.weight)
    });
    each.collect::<Vec<_>>().join(", ")
}

/// A number that puts names in an order of its own for each seed (SplitMix64 over FNV-1a).
fn shuffled(seed: u64, name: &str) -> u64 {
    let mut state = name.bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed, |state: u64, octet| {
        (state ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
    });
    state = state.wrapping_add(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Everything in these folders.
fn load(args: &Evaluate, paths: &[PathBuf], spam: bool) -> Result<Vec<Labelled>, Failure> {
    if let Some(path) = paths.iter().find(|path| !path.exists()) {
        return Err(Failure::new(code::NO_INPUT, format_args!("there is no {}", path.display())));
    }
    let mut found = Vec::new();
    super::import::each_message(paths, |name, raw| {
        let raw = if args.strip { stripped(&raw) } else { raw };
        let reading = mime::read(&raw);
        // A sender's date may say anything; the newest server's is when it came.
        let arrived = reading.hops.first().and_then(|hop| hop.at);
        let date = arrived.or(reading.date).unwrap_or(Time(0));
        found.push(Labelled {
            name,
            spam,
            date,
            raw,
            reading,
        });
    });
    if found.is_empty() {
        return Err(Failure::new(
            code::NO_INPUT,
            format_args!(
                "no message in {}",
                paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
            ),
        ));
    }
    Ok(found)
}

fn sight(args: &Evaluate, message: &Labelled, history: &HashMap<Address, u32>) -> Sight {
    let reading = &message.reading;
    let heard = reading.author().and_then(|author| history.get(&author.address)).copied();
    let head = mime::header_block(&message.raw);
    let returned = head.lines().find_map(|line| line.strip_prefix("Return-Path:"));
    let around = Around {
        owner: reading.to.first().map(|mailbox| mailbox.address.clone()).into_iter().collect(),
        mail_from: returned.and_then(|path| Address::parse(path.trim().trim_matches(['<', '>'])).ok()),
        received: reading.hops.first().and_then(|hop| hop.at),
        checks: if args.unchecked {
            Default::default()
        } else {
            authentication_claims::topmost(&head)
        },
        standing: heard.map_or(Standing::Stranger, Standing::Heard),
        dangers: inspect::look(&message.raw, reading),
    };
    look(&message.raw, reading, &around)
}

/// A message without the fields that tell where it was collected: lists and their programs, servers on the
/// way, other filters, everything that begins with `X-` but the name of the program that wrote it.
fn stripped(raw: &[u8]) -> Vec<u8> {
    const FIELDS: &[&str] = &[
        "received",
        "return-path",
        "delivered-to",
        "sender",
        "errors-to",
        "precedence",
        "mailing-list",
        "status",
        "authentication-results",
        "received-spf",
        "envelope-to",
        "approved",
        "old-return-path",
        "cc-list",
    ];
    let mut out = Vec::with_capacity(raw.len());
    let mut keeps = true;
    let mut inside = true;
    for line in raw.split_inclusive(|octet| *octet == b'\n') {
        if inside {
            if line.trim_ascii().is_empty() {
                inside = false;
                keeps = true;
            } else if !line.starts_with(b" ") && !line.starts_with(b"\t") {
                let name = line.split(|octet| *octet == b':').next().unwrap_or_default();
                let name = String::from_utf8_lossy(name).trim().to_ascii_lowercase();
                let collected = FIELDS.contains(&name.as_str())
                    || name.starts_with("list-")
                    || name.starts_with("resent-")
                    || name.starts_with("arc-")
                    || (name.starts_with("x-") && name != "x-mailer");
                keeps = !collected;
            }
        }
        if keeps {
            out.extend_from_slice(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_says_where_mail_was_collected_is_taken_away() {
        let raw = b"Received: from a\r\n\tby b\r\nFrom: x@y.example\r\nX-Spam: yes\r\nX-Mailer: z\r\nList-Id: <l>\r\n more\r\n\r\nX-Spam: stays\r\n";
        let kept = "From: x@y.example\r\nX-Mailer: z\r\n\r\nX-Spam: stays\r\n";
        assert_eq!(String::from_utf8_lossy(&stripped(raw)), kept);
    }
}
