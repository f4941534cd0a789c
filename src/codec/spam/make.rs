//! Signs in how a message is made: its headers, its parts, its files.

use super::{Message, lures};
use crate::domain::{
    message::{Attachment, Defect},
    spam::Sign,
};

/// Generic Test for Unsolicited Bulk Email, <https://spamassassin.apache.org/gtube/>.
const GTUBE: &str = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

/// Seconds that a date may lie ahead of the receipt, and behind it.
const AHEAD: i64 = 24 * 3600;
const BEHIND: i64 = 7 * 24 * 3600;

/// The signs of the make.
pub(super) fn signs(message: &Message<'_>, out: &mut Vec<Sign>) {
    let reading = message.reading;
    let (to, from) = (reading.to.iter().chain(&reading.cc), reading.author());
    let bound = reading.list_id.is_some();
    let written = reading.text.split_whitespace().take(40).count();
    let file = |test: fn(&Attachment) -> bool| reading.attachments.iter().any(test);
    let surface = &message.surface;
    let late = reading
        .date
        .zip(message.around.received)
        .is_some_and(|(date, received)| date.0 > received.0 + AHEAD || date.0 < received.0 - BEHIND);
    let to_sender = from.is_some_and(|from| !to.clone().any(|mailbox| mailbox.address != from.address) && to.clone().count() > 0);
    let html_only = reading.html.is_some()
        && message
            .field("content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"));
    let hidden = surface.hidden > 400 && surface.hidden * 3 > surface.visible;
    let pictures = surface.pictures > 0 && surface.linked_pictures > 0 && surface.visible < 120;
    let checks = [
        (Sign::Gtube, reading.text.contains(GTUBE)),
        (Sign::NoRecipient, to.clone().next().is_none()),
        (Sign::ToSender, to_sender),
        (Sign::Form, surface.forms > 0),
        (Sign::PasswordField, surface.passwords > 0),
        (Sign::Script, surface.scripts > 0),
        (Sign::NoDate, reading.date.is_none()),
        (Sign::OddDate, late),
        (Sign::ManyFrom, reading.defects.contains(&Defect::ManyFrom)),
        (Sign::Garbled, reading.defects.contains(&Defect::Encoding)),
        (Sign::HtmlOnly, html_only && !bound),
        (Sign::HiddenText, hidden),
        (Sign::PictureOnly, pictures && !bound),
        (
            Sign::SplitWords,
            lures::split_words(&format!("{} {}", reading.subject, message.text), 5_000) > 3,
        ),
        (
            Sign::MixedScripts,
            lures::mixed_words(&reading.subject, 50) > 0 || lures::mixed_words(message.text, 500) > 1,
        ),
        (
            Sign::FileOnly,
            written < 25 && file(|file| !file.inline) && reading.references.is_empty(),
        ),
        (Sign::Answers, !reading.references.is_empty()),
        (Sign::Quotes, quotes(&reading.text)),
        (Sign::Unsubscribe, message.field("list-unsubscribe").is_some()),
        (
            Sign::OpenPgp,
            reading.openpgp.signed || message.sealed || message.field("autocrypt").is_some(),
        ),
        (
            Sign::PlainWords,
            reading.html.is_none() && message.links.is_empty() && !message.sealed && reading.attachments.is_empty(),
        ),
        (Sign::List, bound),
        (Sign::GreetsAddress, greets_address(message)),
        (Sign::GreetsName, greets_name(message)),
    ];
    out.extend(checks.into_iter().filter(|(_, found)| *found).map(|(sign, _)| sign));
    subject(message, out);
}

fn subject(message: &Message<'_>, out: &mut Vec<Sign>) {
    let subject = message.reading.subject.as_str();
    let letters: Vec<char> = subject.chars().filter(|c| c.is_alphabetic()).collect();
    let capitals = letters.iter().filter(|c| c.is_uppercase()).count();
    let lower = subject.to_lowercase();
    let answers = ["re:", "re :", "fwd:", "fw:", "tr:", "aw:", "sv:"]
        .iter()
        .any(|front| lower.starts_with(front));
    let knows = message.around.owner.iter().any(|owner| {
        let alone = lower
            .split(|c: char| c.is_whitespace() || ",:;!?()[]".contains(c))
            .any(|word| word == owner.local());
        lower.contains(owner.as_str()) || (owner.local().len() > 3 && alone)
    });
    let last = subject.rsplit([' ', '-', '_']).next().unwrap_or_default();
    let digits = last.chars().filter(char::is_ascii_digit).count();
    let numbered = last.len() >= 8 && digits >= 4 && last.chars().all(|c| c.is_ascii_alphanumeric() || "#()[]:/.".contains(c));
    let bound = message.reading.list_id.is_some();
    let checks = [
        (Sign::Capitals, letters.len() > 9 && capitals * 10 > letters.len() * 8),
        (
            Sign::FalseReply,
            answers && message.reading.references.is_empty() && !quotes(&message.reading.text),
        ),
        (Sign::SubjectKnowsYou, knows),
        (
            Sign::LoudSubject,
            subject.contains("!!") || subject.contains("$$") || subject.matches(['!', '$', '€']).count() > 1,
        ),
        (Sign::NumberedSubject, numbered && !bound && message.reading.references.is_empty()),
    ];
    out.extend(checks.into_iter().filter(|(_, found)| *found).map(|(sign, _)| sign));
}

/// Whether somebody else's words are quoted with who said them.
fn quotes(text: &str) -> bool {
    text.lines().take(400).filter(|line| line.starts_with('>')).count() > 1
}

/// Whether it greets by the address instead of a name.
fn greets_address(message: &Message<'_>) -> bool {
    let start = super::cut(message.text, 400).to_lowercase();
    message.around.owner.iter().any(|owner| {
        let greeting = start.lines().filter(|line| !line.trim().is_empty()).take(6);
        greeting.into_iter().any(|line| {
            let hello = [
                "dear",
                "hello",
                "hi ",
                "hey",
                "bonjour",
                "cher",
                "hallo",
                "hola",
                "attn",
                "ola",
                "ciao",
                "greetings",
            ]
            .iter()
            .any(|word| line.trim_start().starts_with(word));
            line.len() < 120 && (hello && line.contains(owner.as_str()) || line.trim().trim_end_matches([',', ':', '!']) == owner.as_str())
        })
    })
}

/// Whether it greets the owner by a name that the address does not give away.
fn greets_name(message: &Message<'_>) -> bool {
    let start = lures::folded(message.text, 200);
    let hello = [
        " dear ",
        " hello ",
        " hi ",
        " hey ",
        " bonjour ",
        " salut ",
        " cher ",
        " chere ",
        " hallo ",
        " liebe ",
        " lieber ",
        " hola ",
        " ciao ",
    ];
    let named = message.reading.to.iter().any(|mailbox| {
        let name = lures::folded(&mailbox.name, 80);
        let local = mailbox.address.local();
        name.split(' ').any(|word| {
            word.len() > 2
                && !local.contains(word)
                && !word.contains('@')
                && hello.iter().any(|hello| {
                    start
                        .find(hello)
                        .and_then(|at| start.get(at..))
                        .is_some_and(|after| super::cut(after, 40).contains(word))
                })
        })
    });
    named && !message.text.is_empty()
}
