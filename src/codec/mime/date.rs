//! A date as mail has it (RFC 5322 section 3.3 with the obsolete forms of 4.3), and as programs have written it: that
//! of asctime(3), of ISO 8601, with names in full or with hyphens, without seconds or without a zone.
//!
//! Read word by word, so that the order does not matter where it cannot be mistaken. What is no possible moment is none:
//! a wrong date files a message where nobody looks for it.

use crate::domain::time::Time;
use jiff::{civil::DateTime, tz::TimeZone};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// The zones that RFC 5322 section 4.3 knows, in hours; every other name says nothing, and is UTC.
const ZONES: [(&str, i64); 8] = [
    ("est", -5),
    ("edt", -4),
    ("cst", -6),
    ("cdt", -5),
    ("mst", -7),
    ("mdt", -6),
    ("pst", -8),
    ("pdt", -7),
];

/// What was found so far.
#[derive(Default)]
struct Found {
    day: Option<i16>,
    month: Option<i16>,
    year: Option<i16>,
    time: Option<(i8, i8, i8)>,
    afternoon: Option<bool>,
    zone: i64,
}

/// The moment that a text says, between the years 1900 and 3000. Without a zone it is read as UTC.
pub(super) fn read(text: &str) -> Option<Time> {
    let mut found = Found::default();
    let text = without_comments(text);
    // The day of the week says nothing, in French it may look like a month.
    let text = match text.split_once(',') {
        Some((day, rest)) if day.trim().chars().all(|c| c.is_alphabetic() || c == '.') => rest,
        _ => text.as_str(),
    };
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        found.word(word);
    }
    let (hour, minute, second) = found.time?;
    let hour = match found.afternoon {
        Some(afternoon) if (1..=12).contains(&hour) => hour % 12 + if afternoon { 12 } else { 0 },
        _ => hour,
    };
    let year = found.year.filter(|year| (1900..=3000).contains(year))?;
    let (month, day) = (i8::try_from(found.month?).ok()?, i8::try_from(found.day?).ok()?);
    // A leap second is a moment too, and the calendar knows none.
    let local = DateTime::new(year, month, day, hour, minute, second.min(59), 0).ok()?;
    let moment = local.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    Some(Time(moment - found.zone))
}

fn without_comments(text: &str) -> String {
    let mut depth = 0_usize;
    text.chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' if depth > 0 => {
                    depth -= 1;
                    return false;
                }
                _ => (),
            }
            depth == 0
        })
        .collect()
}

impl Found {
    fn word(&mut self, word: &str) {
        let lower = word.to_ascii_lowercase();
        let first = lower.chars().next().unwrap_or_default();
        if let Some(digits) = lower.strip_prefix(['+', '-']) {
            if self.time.is_some() {
                self.zone = zone(first == '-', digits).unwrap_or(self.zone);
            }
        } else if first.is_ascii_digit() {
            self.number(&lower);
        } else if first.is_ascii_alphabetic() {
            self.name(&lower);
        }
    }

    fn number(&mut self, word: &str) {
        // `2026-11-26t10:00:00z`
        if let Some((date, time)) = word.split_once('t').filter(|(date, _)| date.len() == 10) {
            self.date(date, '-');
            self.clock(time);
        } else if word.contains(':') {
            self.clock(word);
        } else if word.contains('-') {
            self.date(word, '-');
        } else if word.contains('/') {
            // Nobody can tell the month from the day.
        } else if word.matches('.').count() == 2 {
            let longest = word.split('.').map(str::len).max().unwrap_or_default();
            if longest <= 2 && self.day.is_some() {
                self.clock(&word.replace('.', ":"));
            } else {
                self.date(word, '.');
            }
        } else if self.day.is_none() && word.len() <= 2 {
            self.day = word.parse().ok();
        } else if self.year.is_none() {
            self.year = year(word);
        }
    }

    /// `2026-11-26`, `26-Nov-2026`, `26.11.2026`.
    fn date(&mut self, word: &str, between: char) {
        let parts: Vec<&str> = word.split(between).collect();
        let [first, middle, last] = parts.as_slice() else { return };
        let (day, written) = if first.len() == 4 { (last, first) } else { (first, last) };
        self.day = day.parse().ok();
        self.month = month(middle).or_else(|| middle.parse().ok());
        self.year = year(written);
    }

    /// `10:00`, `10:00:00.123`, `10:00:00+01:00`, `10:00:00z`.
    fn clock(&mut self, word: &str) {
        if self.time.is_some() {
            return;
        }
        let end = word.find(|c: char| !(c.is_ascii_digit() || c == ':')).unwrap_or(word.len());
        let (clock, behind) = word.split_at_checked(end).unwrap_or((word, ""));
        let parts: Option<Vec<i8>> = clock.split(':').map(|part| part.parse().ok()).collect();
        self.time = match parts.as_deref() {
            Some([hour, minute]) => Some((*hour, *minute, 0)),
            Some([hour, minute, second]) if *second <= 60 => Some((*hour, *minute, *second)),
            _ => None,
        };
        let behind = behind.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        if self.time.is_some() && !behind.is_empty() {
            self.word(behind);
        }
    }

    fn name(&mut self, word: &str) {
        if let Some(month) = month(word).filter(|_| self.month.is_none() || self.time.is_none()) {
            self.month = Some(month);
        } else if let Some((_, hours)) = ZONES.iter().find(|(name, _)| *name == word) {
            self.zone = hours * 3_600;
        } else if word == "am" || word == "pm" {
            self.afternoon = Some(word == "pm");
        } else if let Some((_, signed)) = word.split_once(['+', '-']).filter(|_| self.time.is_some()) {
            // `GMT+0100`
            self.zone = zone(word.contains('-'), signed).unwrap_or(self.zone);
        }
    }
}

/// The number of a month by its name, or by three letters of it or more.
fn month(word: &str) -> Option<i16> {
    let word = word.trim_end_matches('.');
    let is = |name: &&str| word.len() >= 3 && name.starts_with(word);
    MONTHS.iter().zip(1..).find(|(name, _)| is(name)).map(|(_, number)| number)
}

/// RFC 5322 section 4.3: two digits are of 1950 to 2049, three were meant to count from 1900.
fn year(word: &str) -> Option<i16> {
    let number: i16 = word.parse().ok()?;
    match word.len() {
        2 => Some(number + if number < 50 { 2000 } else { 1900 }),
        3 => Some(number + 1900),
        4 => Some(number),
        _ => None,
    }
}

/// The seconds of `0100`, `01:00`, `100` or `01`; none of a zone that is nowhere.
fn zone(west: bool, digits: &str) -> Option<i64> {
    let digits = digits.replace(':', "");
    let number: i64 = digits.parse().ok()?;
    let (hours, minutes) = if digits.len() <= 2 {
        (number, 0)
    } else {
        (number / 100, number % 100)
    };
    let seconds = (digits.len() <= 4 && hours < 24 && minutes < 60).then_some(hours * 3_600 + minutes * 60)?;
    Some(if west { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_it_was_meant_or_not_at_all() {
        const TEN: i64 = 1_795_687_200; // 2026-11-26T10:00:00Z
        const HOUR: i64 = 3_600;
        for (text, expected) in [
            ("Thu, 26 Nov 2026 10:00:00 +0100", Some(TEN - HOUR)),
            ("Thu, 26 Nov 2026 10:00:00 -0330 (NST)", Some(TEN + 3 * HOUR + 1_800)),
            ("thu,26 NOV 26 10:00 EST", Some(TEN + 5 * HOUR)),
            ("Thu (day), 26 (a (b)) Nov 2026\r\n 10:00:00 -0000", Some(TEN)),
            ("26 Nov 2026 10:00:00 CET", Some(TEN)),
            ("Thu, 26 Nov 2026 10:00:00 GMT+0100", Some(TEN - HOUR)),
            ("Thu, 26 Nov 2026 10:00:00 +01:00", Some(TEN - HOUR)),
            ("Thu, 26 Nov 2026 10:00:00 +9900", Some(TEN)),
            ("Thu Nov 26 10:00:00 2026", Some(TEN)),
            ("Thu Nov 26 10:00:00 GMT 2026", Some(TEN)),
            ("Thursday, 26 November 2026 10:00:00 Z", Some(TEN)),
            ("November 26, 2026 10:00 PM", Some(TEN + 12 * HOUR)),
            ("Thu, 26-Nov-26 10:00:00 GMT", Some(TEN)),
            ("Thu, 26 Nov 2026 10.00.00 +0000", Some(TEN)),
            ("jeu., 26 nov. 2026 10:00:00.5 +0000", Some(TEN)),
            ("mar., 26 nov. 2026 10:00:00 +0000", Some(TEN)),
            ("mar. 26 nov. 2026 10:00:00 +0000", Some(TEN)),
            ("2026-11-26 10:00:00.123456789 +0000 UTC m=+0.1", Some(TEN)),
            ("Thu, 26.11.2026 10:00:00 +0000", Some(TEN)),
            ("2026-11-26T10:00:00.123+01:00", Some(TEN - HOUR)),
            ("2026-11-26 10:00:00", Some(TEN)),
            ("Sat, 31 Dec 2016 23:59:60 +0000", Some(1_483_228_799)),
            ("26 Nov 99 10:00:00 GMT", Some(943_610_400)),
            ("1 Jan 1900 00:00:00 +0000", Some(-2_208_988_800)),
            ("30 Feb 2026 10:00:00 +0000", None),
            ("26 Nov 2026 24:00:00 +0000", None),
            ("26 Nov 2026 10:00:61 +0000", None),
            ("26 Nov 20260 10:00:00 +0000", None),
            ("26 Nov 2026", None),
            ("11/26/2026 10:00:00", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(read(text), expected.map(Time), "{text}");
        }
    }
}
