//! What a text asks for, by phrases in seven languages: accounts and threats, parcels, prizes, legacies.
//!
//! A single phrase is nothing: honest mail has each of them. What counts is that they come together, and
//! more is asked of one who says little of himself. Deliberately absent: understanding.

use super::phrases::*;
use crate::{codec::words::is_unseen, domain::spam::Sign};

/// Characters that are looked at: who wants something says so at the beginning.
const MOST: usize = 4_000;

/// A text made comparable: small letters without accents, words apart by single blanks, a blank at each end.
pub(super) fn folded(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most) + 2);
    out.push(' ');
    for c in text.chars().take(most) {
        if is_unseen(c) {
            continue;
        }
        match plain(c) {
            Some(c) => out.push(c),
            None if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            None if matches!(c, '@' | '$' | '€' | '£' | '%' | '.' | '-' | '/' | '&' | '+') => out.push(c),
            None if out.ends_with(' ') => (),
            None => out.push(' '),
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// A Latin letter without its accent, small.
fn plain(c: char) -> Option<char> {
    Some(match c {
        'a'..='z' | '0'..='9' => c,
        'A'..='Z' => c.to_ascii_lowercase(),
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' => 'a',
        'ç' | 'Ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'È' | 'É' | 'Ê' | 'Ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' | 'Ì' | 'Í' | 'Î' | 'Ï' => 'i',
        'ñ' | 'Ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' | 'Ù' | 'Ú' | 'Û' | 'Ü' => 'u',
        _ => return None,
    })
}

/// Where words begin in a folded text, by their first octet. There are hundreds of phrases, each the beginning of
/// a word: each is compared where a word begins with its letter, not looked for from end to end.
struct Starts<'t> {
    text: &'t [u8],
    at: Vec<Vec<usize>>,
}

impl<'t> Starts<'t> {
    fn of(text: &'t str) -> Self {
        let text = text.as_bytes();
        let mut at = vec![Vec::new(); 256];
        for (place, two) in text.windows(2).enumerate() {
            if let [b' ', first] = two
                && let Some(places) = at.get_mut(usize::from(*first))
            {
                places.push(place);
            }
        }
        Self { text, at }
    }

    fn holds(&self, phrase: &str) -> bool {
        let phrase = phrase.as_bytes();
        let places = phrase.get(1).and_then(|first| self.at.get(usize::from(*first)));
        let is_here = |place: &usize| self.text.get(*place..).is_some_and(|rest| rest.starts_with(phrase));
        places.is_some_and(|places| places.iter().any(is_here))
    }

    fn count(&self, phrases: Phrases) -> usize {
        phrases.iter().filter(|phrase| self.holds(phrase)).count()
    }
}

/// What is known beside the text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// There is a link to press.
    pub links: bool,
    /// There is a file.
    pub files: bool,
    /// The sender writes from a free mailbox or has the answer go elsewhere.
    pub loose: bool,
}

/// The signs in a subject and a text.
pub(super) fn signs(subject: &str, text: &str, around: Around, out: &mut Vec<Sign>) {
    let text = [folded(subject, 300), folded(text, MOST)].concat();
    let starts = Starts::of(&text);
    let has = |phrases: Phrases| starts.count(phrases);
    let (account, threat, hurry, ask) = (has(ACCOUNT), has(THREAT), has(HURRY), has(ASK));
    let reach = around.links || around.files;
    if account > 0 && ((threat > 0 && hurry > 0) || (threat > 1 && ask > 0) || (hurry > 0 && ask > 1)) && reach {
        out.push(Sign::AccountAlarm);
        if threat > 0 && hurry > 0 && ask > 0 {
            out.push(Sign::AccountTrap);
        }
    }
    let checks: [(Sign, bool); 8] = [
        (Sign::MailboxAlarm, reach && has(MAILBOX) > 0 && ask + threat + hurry > 1),
        (
            Sign::Parcel,
            around.links && has(PARCEL) > 0 && has(PARCEL_ASK) > 0 && ask + hurry + threat > 0,
        ),
        (Sign::Prize, has(PRIZE) > 1),
        (Sign::AdvanceFee, has(MONEY) >= if around.loose { 4 } else { 6 }),
        (Sign::Extortion, has(COIN) > 0 && has(SHAME) > 2),
        (
            Sign::CallUs,
            has(CHARGE) > 2 && has(CALL) > 0 && telephone(&text) && (around.loose || !around.links),
        ),
        (Sign::SharedFile, reach && has(SHARED) > 0 && ask + hurry > 0),
        (Sign::Wares, has(WARES) > 1),
    ];
    out.extend(checks.into_iter().filter(|(_, found)| *found).map(|(sign, _)| sign));
    let start: String = text.chars().take(600).collect();
    if Starts::of(&start).count(NOBODY) > 0 {
        out.push(Sign::NoName);
    }
}

/// Whether a number of ten or more digits stands in a text, as a telephone number is written.
fn telephone(text: &str) -> bool {
    let mut digits = 0;
    let mut gap = 0;
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits += 1;
            gap = 0;
            if digits >= 10 {
                return true;
            }
        } else if matches!(c, ' ' | '-' | '.' | '+' | '/') && gap < 2 {
            gap += 1;
        } else {
            digits = 0;
        }
    }
    false
}

/// Whether letters of Cyrillic or Greek stand inside of words of Latin letters; how many such words.
pub(super) fn mixed_words(text: &str, most: usize) -> usize {
    let words = text.split(|c: char| !c.is_alphabetic()).take(most);
    words
        .filter(|word| {
            let latin = word.chars().filter(char::is_ascii_alphabetic).count();
            let alike = word.chars().filter(|c| matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{1d400}'..='\u{1d7ff}' | '\u{ff21}'..='\u{ff5a}' | 'ı' | 'ɑ' | 'ɡ')).count();
            (latin > 0 && alike > 0) || word.chars().any(|c| matches!(c, '\u{1d400}'..='\u{1d7ff}'))
        })
        .count()
}

/// How many words are cut apart by a character that cannot be seen, between two letters.
pub(super) fn split_words(text: &str, most: usize) -> usize {
    let mut found = 0;
    let mut last_letter = false;
    let mut gap = false;
    for c in text.chars().take(most) {
        // Joiners are letters' own business in the scripts that use them, and emoji's.
        let cuts = matches!(
            c,
            '\u{ad}' | '\u{200b}' | '\u{200c}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{34f}' | '\u{180e}'
        );
        if cuts {
            gap |= last_letter;
        } else {
            let letter = c.is_ascii_alphabetic();
            found += usize::from(gap && letter);
            last_letter = letter;
            gap = false;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_found_where_it_stands_and_nowhere_else() {
        let all = [
            ACCOUNT, THREAT, HURRY, ASK, MAILBOX, PARCEL, PARCEL_ASK, PRIZE, MONEY, COIN, SHAME, CHARGE, CALL, SHARED, WARES, NOBODY,
        ];
        for phrases in all {
            assert!(
                phrases.iter().all(|phrase| phrase.len() > 2 && phrase.starts_with(' ')),
                "{phrases:?}"
            );
            let text = folded(&phrases.join("s and then "), MOST);
            let starts = Starts::of(&text);
            for other in all.into_iter().flatten() {
                assert_eq!(starts.holds(other), text.contains(other), "{other}");
            }
        }
    }

    fn found(subject: &str, text: &str, links: bool, loose: bool) -> Vec<Sign> {
        let mut out = Vec::new();
        signs(
            subject,
            text,
            Around {
                links,
                files: false,
                loose,
            },
            &mut out,
        );
        out
    }

    #[test]
    fn what_comes_together_counts_and_a_single_phrase_does_not() {
        use Sign::{AccountAlarm, AccountTrap, AdvanceFee, CallUs, Extortion, MailboxAlarm, NoName, Parcel, Prize};
        for (subject, text, links, loose, expected) in [
            (
                "Action required",
                "Dear customer, your account has been limited. Verify it now.",
                true,
                false,
                vec![AccountAlarm, AccountTrap, NoName],
            ),
            (
                "Dernier rappel",
                "Votre compte sera suspendu sous 24 heures : cliquez ici",
                true,
                false,
                vec![AccountAlarm, AccountTrap],
            ),
            (
                "Colis",
                "Votre colis est en attente, confirmez votre adresse et payez les frais",
                true,
                false,
                vec![Parcel],
            ),
            (
                "Félicitations !",
                "Vous avez gagné une carte cadeau, répondez au sondage",
                true,
                false,
                vec![Prize],
            ),
            (
                "Re:",
                "Donation of 5 million dollars, I am a widow, reply to my private email",
                false,
                true,
                vec![AdvanceFee],
            ),
            (
                "hi",
                "I recorded you with your webcam. Pay 900 in bitcoin or your contacts see it. I have full access",
                false,
                false,
                vec![Extortion],
            ),
            (
                "Invoice",
                "Your subscription renewed, you were charged $399. To cancel call +1 (888) 555-0100",
                false,
                true,
                vec![CallUs],
            ),
            (
                "Your mailbox is full",
                "Incoming messages are on hold. Click here to upgrade now",
                true,
                false,
                vec![AccountAlarm, MailboxAlarm],
            ),
            (
                "Lunch",
                "Shall we meet today? My account of the holiday is on its way.",
                true,
                false,
                vec![],
            ),
            (
                "Your invoice",
                "Thank you for your order. The payment is confirmed.",
                true,
                false,
                vec![],
            ),
        ] {
            let mut signs = found(subject, text, links, loose);
            signs.retain(|sign| *sign != Sign::SharedFile);
            assert_eq!(signs, expected, "{subject}");
        }
    }

    #[test]
    fn words_that_hide_are_seen() {
        assert_eq!(mixed_words("pаypal and paypal, счёт", 100), 1);
        assert_eq!(split_words("pass\u{200b}word and 👩\u{200d}💻 x\u{200b} y", 1_000), 1);
        assert_eq!(folded("L’Été  à\tParis!", 100), " l ete a paris ");
    }
}
