//! Smart tags: which of the owner's own tags a message may want, learnt from how they tag.
//!
//! A word speaks for a tag when it stands on its examples more often than on other mail (naive Bayes over
//! hashed words, in the vault). Each suggestion names the words of the message that made it, and is a question:
//! nothing is tagged without the owner's click, and a tag that was refused for a message is not suggested for
//! it again. Absent on purpose: anything learnt from encrypted mail, anything below ten examples, other
//! people's tags.

use super::{Error, read, tags::Suggestion, view::TagMark};
use crate::{
    codec::mime,
    domain::{fold::fold, id::TagId, message::Reading, tag::System},
    store::{
        self, learning,
        mail::Snapshot,
        record::{Example, Tag},
        vault::{Open, Vault},
    },
};
use std::collections::{BTreeMap, HashSet};

/// Examples that a tag needs before it is suggested.
pub const EXAMPLES: u64 = 10;
/// Words of one message that are looked at.
const WORDS: usize = 200;
/// Messages that are learnt as the background of one example.
const BACKGROUND: usize = 4;
/// How far before an example they are looked for.
const NEAR: u64 = 16;
/// Messages that one click teaches, at most.
const LESSONS: usize = 10;
/// The most telling words that count; without a limit a long message is only ever sure.
const TELLING: usize = 15;
/// Words that a suggestion names.
const NAMED: usize = 4;
/// What a refused example weighs against an ordinary message of the background.
const AGAINST: u64 = 3;
/// The least that the telling words must say together: odds of about fifty to one.
const SURE: f64 = 4.0;
/// The setting that turns it off.
const SETTING: &str = "smart_tags";

/// A word of a message, as it is kept and as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    hash: u32,
    shown: String,
    sender: bool,
}

/// A tag with enough examples.
pub(super) struct Taught {
    tag: u64,
    good: u64,
    bad: u64,
    background: u64,
}

/// Whether suggestions are made.
pub(super) fn is_on(open: &Open) -> Result<bool, store::Error> {
    Ok(open.setting(SETTING)?.is_none_or(|value| value.as_slice() != [0]))
}

/// Turns them on or off; what was learnt stays, so that turning them on again is no loss.
pub(super) async fn turn(vault: &Vault, on: bool) -> Result<(), Error> {
    let write = vault
        .open()?
        .writer
        .write(move |tables| Ok(tables.meta.insert(SETTING, [u8::from(on)].as_slice()).map(drop)?));
    Ok(write.await?)
}

/// The words of a message; none where it is encrypted, or part of it is.
fn words(reading: &Reading) -> Vec<Word> {
    if reading.openpgp.encrypted || reading.openpgp.encrypted_part {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut out = Vec::new();
    let mut add = |kind: &str, key: &str, shown: &str| {
        let word = Word {
            hash: hash(kind, key),
            shown: shown.to_owned(),
            sender: kind != "word",
        };
        if out.len() < WORDS && seen.insert(word.hash) {
            out.push(word);
        }
    };
    if let Some(author) = reading.author() {
        add("from", author.address.as_str(), author.address.as_str());
        add("at", author.address.domain(), author.address.domain());
    }
    if let Some(list) = &reading.list_id {
        add("list", list, list);
    }
    let own = reading.text.lines().filter(|line| !line.trim_start().starts_with('>'));
    for text in std::iter::once(reading.subject.as_str()).chain(own) {
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            let length = word.chars().take(25).count();
            if (3..25).contains(&length) && word.contains(char::is_alphabetic) {
                add("word", &fold(word), word);
            }
        }
    }
    out
}

/// FNV-1a, 32 bits: small, and the same in every version. Nobody gains by two words that collide.
fn hash(kind: &str, key: &str) -> u32 {
    let octets = kind.bytes().chain([0]).chain(key.bytes());
    octets.fold(0x811c_9dc5, |hash, octet| (hash ^ u32::from(octet)).wrapping_mul(0x0100_0193))
}

fn read_words(snapshot: &Snapshot, message: u64) -> Result<Vec<Word>, store::Error> {
    let Some(record) = snapshot.message(message)? else {
        return Ok(Vec::new());
    };
    Ok(words(&mime::read(&snapshot.raw(message, &record)?)))
}

/// What one click teaches: a message with its words, and others to compare it with.
struct Lesson {
    message: u64,
    example: Example,
    background: Vec<(u64, Example)>,
}

fn lesson(snapshot: &Snapshot, message: u64, tag: TagId, against: bool) -> Result<Option<Lesson>, store::Error> {
    let hashes = |words: Vec<Word>| words.into_iter().map(|word| word.hash).collect::<Vec<u32>>();
    let words = hashes(read_words(snapshot, message)?);
    if words.is_empty() {
        return Ok(None);
    }
    let mut background = Vec::new();
    for other in (message.saturating_sub(NEAR)..message).rev() {
        let its_own = || Ok::<_, store::Error>(snapshot.tags_of(other)?.iter().any(|(known, _)| *known == tag.0));
        if background.len() < BACKGROUND && !snapshot.is_in_background(other)? && !its_own()? {
            let words = hashes(read_words(snapshot, other)?);
            if !words.is_empty() {
                background.push((other, Example { against: false, words }));
            }
        }
    }
    Ok(Some(Lesson {
        message,
        example: Example { against, words },
        background,
    }))
}

/// Learns from the owner's hand: the tag was put on these messages, or taken off them.
pub(super) async fn learn(vault: &Vault, messages: Vec<u64>, tag: TagId, on: bool) -> Result<(), Error> {
    let open = vault.open()?;
    if System::of(tag).is_some() {
        return Ok(());
    }
    if !on {
        let forgetting = open
            .writer
            .write(move |tables| messages.iter().try_for_each(|message| learning::unlearn(tables, *message, tag.0)));
        return Ok(forgetting.await?);
    }
    teach(vault, messages, tag, false).await
}

/// Learns that the owner does not want this tag on this message.
pub(super) async fn refuse(vault: &Vault, message: u64, tag: TagId) -> Result<(), Error> {
    if System::of(tag).is_some() {
        return Ok(());
    }
    teach(vault, vec![message], tag, true).await
}

async fn teach(vault: &Vault, messages: Vec<u64>, tag: TagId, against: bool) -> Result<(), Error> {
    let open = vault.open()?;
    if !is_on(&open)? {
        return Ok(());
    }
    let lessons = read(vault, move |snapshot| {
        let messages = messages.into_iter().take(LESSONS);
        let lessons = messages.map(|message| lesson(snapshot, message, tag, against));
        Ok(lessons.collect::<Result<Vec<_>, _>>()?)
    });
    let lessons: Vec<Lesson> = lessons.await?.into_iter().flatten().collect();
    let writing = open.writer.write(move |tables| {
        for lesson in &lessons {
            learning::learn(tables, lesson.message, tag.0, &lesson.example)?;
            for (message, example) in &lesson.background {
                learning::background(tables, *message, example)?;
            }
        }
        Ok(())
    });
    Ok(writing.await?)
}

/// The tags that have enough examples to be suggested.
pub(super) fn taught(snapshot: &Snapshot, tags: &BTreeMap<u64, Tag>) -> Result<Vec<Taught>, store::Error> {
    let mut taught = Vec::new();
    for tag in tags.keys() {
        let (background, good, bad) = snapshot.lessons(TagId(*tag))?;
        if good >= EXAMPLES {
            taught.push(Taught {
                tag: *tag,
                good,
                bad,
                background,
            });
        }
    }
    Ok(taught)
}

/// What a message may want, best first.
pub(super) fn suggest(
    snapshot: &Snapshot,
    message: u64,
    tags: &BTreeMap<u64, Tag>,
    taught: &[Taught],
) -> Result<Vec<Suggestion>, store::Error> {
    if taught.is_empty() {
        return Ok(Vec::new());
    }
    let has: Vec<u64> = snapshot.tags_of(message)?.into_iter().map(|(tag, _)| tag).collect();
    if has.contains(&System::Spam.id().0) {
        return Ok(Vec::new());
    }
    let refused = snapshot.refused(message)?;
    let mut known = Vec::new();
    for word in read_words(snapshot, message)? {
        if let Some(record) = snapshot.word(word.hash)? {
            known.push((word, record));
        }
    }
    let mut found = Vec::new();
    for taught in taught
        .iter()
        .filter(|taught| !has.contains(&taught.tag) && !refused.contains(&taught.tag))
    {
        let lifts = known.iter().map(|(word, record)| {
            let row = record.tags.iter().find(|(tag, ..)| *tag == taught.tag);
            let (good, bad) = row.map_or((0, 0), |row| (row.1, row.2));
            (
                word,
                taught.lift(good.into(), bad.into(), record.background.into()),
                u64::from(good),
            )
        });
        if let Some((sum, telling)) = taught.judge(lifts.collect())
            && let Some(tag) = tags.get(&taught.tag)
        {
            let sender = telling.iter().find(|word| word.sender).map(|word| word.shown.clone());
            let words = telling
                .iter()
                .filter(|word| !word.sender)
                .take(NAMED)
                .map(|word| word.shown.clone());
            let suggestion = Suggestion {
                tag: TagMark::of(taught.tag, tag),
                words: words.collect(),
                sender,
            };
            found.push((sum, suggestion));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(found.into_iter().map(|(_, suggestion)| suggestion).take(3).collect())
}

impl Taught {
    /// How much a word speaks for the tag: the logarithm of how much more often it stands on its examples.
    fn lift(&self, good: u64, bad: u64, background: u64) -> f64 {
        let share = |many: u64, of: u64| (many.min(of) as f64 + 0.5) / (of as f64 + 1.0);
        let others = background + AGAINST * bad;
        (share(good, self.good) / share(others, self.background + AGAINST * self.bad)).ln()
    }

    /// Whether the most telling words say enough, how much, and which of them speak for the tag, best first. A
    /// word that stands on few examples is no reason, and neither is a single one.
    fn judge<'a>(&self, mut words: Vec<(&'a Word, f64, u64)>) -> Option<(f64, Vec<&'a Word>)> {
        words.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        words.truncate(TELLING);
        let prior = (self.good as f64 / (self.background + AGAINST * self.bad).max(1) as f64).ln();
        let sum = prior.min(0.0) + words.iter().map(|(_, lift, _)| lift).sum::<f64>();
        let often = (self.good / 5).max(3);
        let telling = words
            .iter()
            .filter(|(_, lift, good)| *lift >= 1.0 && *good >= often)
            .map(|(word, ..)| *word);
        let telling: Vec<&Word> = telling.collect();
        (sum >= SURE && telling.len() >= 2).then_some((sum, telling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        address::Address,
        message::{Mailbox, OpenPgpClaim},
    };

    fn reading(subject: &str, text: &str) -> Reading {
        Reading {
            from: vec![Mailbox {
                name: String::new(),
                address: Address::parse("billing@shop.test").unwrap(),
            }],
            subject: subject.into(),
            text: text.into(),
            ..Reading::default()
        }
    }

    #[test]
    fn words_are_the_authors_own_and_each_once() {
        let shown: Vec<String> = words(&reading("Facture n° 12", "Été été ete\n> quoted words\nyou owe 12,50 €"))
            .into_iter()
            .map(|word| word.shown)
            .collect();
        assert_eq!(shown, ["billing@shop.test", "shop.test", "Facture", "Été", "you", "owe"]);
        assert_eq!(words(&reading("", &"abc def ".repeat(9_000))).len(), 4);
        let many: String = (0..500).map(|n| format!("word{n} ")).collect();
        assert_eq!(words(&reading("", &many)).len(), WORDS);
    }

    #[test]
    fn what_is_encrypted_has_no_words() {
        for openpgp in [
            OpenPgpClaim {
                encrypted: true,
                ..OpenPgpClaim::default()
            },
            OpenPgpClaim {
                encrypted_part: true,
                ..OpenPgpClaim::default()
            },
        ] {
            let reading = Reading {
                openpgp,
                ..reading("Facture", "secret")
            };
            assert!(words(&reading).is_empty());
        }
    }

    #[test]
    fn a_word_that_is_everywhere_says_nothing() {
        let taught = Taught {
            tag: 101,
            good: 10,
            bad: 0,
            background: 40,
        };
        assert!(taught.lift(10, 0, 40).abs() < 0.1);
        assert!(taught.lift(10, 0, 0) > 4.0);
        assert!(taught.lift(0, 0, 40) < -2.0);
        let refused = Taught { bad: 5, ..taught };
        assert!(refused.lift(10, 5, 0) < 1.5, "what was refused no longer speaks for it");
    }
}
