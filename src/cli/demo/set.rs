//! The mail of the demonstration: `demo/mail/*.mbox`, which `build.rs` has made into one mailbox.
//!
//! It is kept in the mboxrd form, where every line `From ` begins a message. The first lines of each say
//! how it is sent and are taken off before it is: `X-Demo-Age` (when), `X-Demo-From` (the envelope's
//! sender, empty or `<>` for none), `X-Demo-Tls` (`none`, `1.2`, `1.3`) and `X-Demo-Helo`.
//!
//! So that it is always fresh, times are written as ages and put in when it is sent:
//! - an age is `88d 21:40` (so many days ago at that time of day), `3h10m`, `26h` or `5m` ago; `+9d` is to
//!   come; `55d@sat` is the Saturday nearest to that day;
//! - `{{date}}` is the date of the message (RFC 5322), `{{date 3s}}` so many seconds earlier, `{{date 38d 17:00}}`
//!   that of an age; `{{ics}}` and `{{ics +4d 18:30}}` are the same as a calendar has them (RFC 5545);
//! - `{{en 88d 20:12}}` is a day and time as a reply names it, `{{en-day +9d}}` a day, `{{en-weekday 2d}}`
//!   its name; the same with `fr`.
//!
//! `codec::mbox`, which splits mailboxes of all kinds, has to guess where a line may be either; here it
//! never is.

use crate::{
    domain::time::Time,
    locale::{Lang, Words},
};
use jiff::{SignedDuration, Span, Timestamp, Zoned, civil, tz::TimeZone};

/// All of it.
pub(super) const MAILBOX: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/demo.mbox"));

/// Octets between the braces of a placeholder, at most.
const PLACEHOLDER: usize = 40;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection {
    /// Not at all.
    None,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// A message and how it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// When it arrives.
    pub(super) at: Time,
    /// The envelope's sender; empty for the null one.
    pub(super) from: String,
    /// What its server calls itself.
    pub(super) helo: String,
    /// How its server's connection is protected.
    pub(super) protection: Protection,
    /// The message, line ends CRLF.
    pub(super) raw: Vec<u8>,
}

/// Reads a mailbox of the demonstration, the oldest message first.
pub(super) fn messages(mailbox: &[u8], calendar: &Calendar) -> Vec<Message> {
    let mut found = Vec::new();
    let mut lines = mailbox.split_inclusive(|octet| *octet == b'\n').peekable();
    while let Some(line) = lines.next() {
        if !line.starts_with(b"From ") {
            continue;
        }
        let mut begun = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with(b"From ")) {
            begun.push(line);
        }
        // The empty line between two messages belongs to neither.
        begun.pop_if(|line| is_blank(line));
        found.extend(message(&begun, calendar));
    }
    found.sort_by_key(|message: &Message| message.at);
    found
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

fn message(lines: &[&[u8]], calendar: &Calendar) -> Option<Message> {
    let said = lines.iter().take_while(|line| line.starts_with(b"X-Demo-")).count();
    let (said, lines) = lines.split_at_checked(said)?;
    let field = |name: &str| {
        let mut values = said
            .iter()
            .filter_map(|line| std::str::from_utf8(line).ok()?.strip_prefix(name)?.strip_prefix(':'));
        values.next().map(str::trim)
    };
    let at = calendar.moment(field("X-Demo-Age")?)?.timestamp().as_second();
    // A time of day that has not come yet: it arrives now.
    let at = Time(at.min(calendar.now.timestamp().as_second()));
    let mut raw = Vec::new();
    for line in lines {
        raw.extend(calendar.fill_in(without_quote(without_end(line)), at));
        raw.extend(b"\r\n");
    }
    Some(Message {
        at,
        from: field("X-Demo-From").unwrap_or_default().trim_matches(['<', '>']).to_owned(),
        helo: field("X-Demo-Helo").unwrap_or("sender.test").to_owned(),
        protection: match field("X-Demo-Tls") {
            Some("none") => Protection::None,
            Some("1.2") => Protection::Tls12,
            _ => Protection::Tls13,
        },
        raw,
    })
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line
        .strip_suffix(
            b"
",
        )
        .unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Takes the quote of mboxrd off: one `>` before `From `, however many there are.
fn without_quote(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|octet| **octet == b'>').count();
    match line.get(marks..) {
        Some(rest) if rest.starts_with(b"From ") => line.strip_prefix(b">").unwrap_or(line),
        _ => line,
    }
}

/// What ages count from.
pub(super) struct Calendar {
    now: Zoned,
}

impl Calendar {
    /// From now, in the zone of this machine, which is the one that the pages show.
    pub(super) fn of_this_machine(now: Time) -> Self {
        Self::new(now, TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    fn new(now: Time, zone: TimeZone) -> Self {
        let now = Timestamp::from_second(now.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone);
        Self { now }
    }

    /// The moment of an age; `None` where it is not understood.
    fn moment(&self, age: &str) -> Option<Zoned> {
        let (day, clock) = age.split_once(' ').unwrap_or((age, "12:00"));
        let (day, weekday) = day.split_once('@').map_or((day, None), |(day, name)| (day, Some(name)));
        let (day, sign) = day.strip_prefix('+').map_or((day, -1), |day| (day, 1));
        let Some(days) = day.strip_suffix('d') else {
            let (hours, minutes) = day.split_once('h').unwrap_or(("0", day));
            let minutes = match minutes.strip_suffix('m') {
                Some(minutes) => minutes,
                None if day.ends_with('h') => "0",
                None => return None,
            };
            let minutes = hours.parse::<i64>().ok()?.checked_mul(60)?.checked_add(minutes.parse().ok()?)?;
            return self.now.checked_add(SignedDuration::from_mins(minutes.checked_mul(sign)?)).ok();
        };
        let days = Span::new().try_days(days.parse::<i64>().ok()?.checked_mul(sign)?).ok()?;
        let mut date = self.now.date().checked_add(days).ok()?;
        if let Some(name) = weekday {
            date = nearest(date, name)?;
        }
        let (hour, minute) = clock.split_once(':')?;
        let time = civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?;
        date.to_datetime(time).to_zoned(self.now.time_zone().clone()).ok()
    }

    /// A line with its placeholders filled in; one that is not understood stays.
    fn fill_in(&self, line: &[u8], at: Time) -> Vec<u8> {
        let mut out = Vec::with_capacity(line.len());
        let mut rest = line;
        while let Some(begin) = find(rest, b"{{") {
            let (before, from) = rest.split_at_checked(begin).unwrap_or((rest, &[]));
            let inner = from.get(2..).unwrap_or_default();
            let inside = find(inner, b"}}")
                .filter(|end| *end <= PLACEHOLDER)
                .and_then(|end| inner.get(..end));
            let spelled = inside.and_then(|inside| self.spell(std::str::from_utf8(inside).ok()?, at));
            out.extend(before);
            match (spelled, inside) {
                (Some(text), Some(inside)) => {
                    out.extend(text.as_bytes());
                    rest = inner.get(inside.len() + 2..).unwrap_or_default();
                }
                _ => {
                    out.extend(b"{{");
                    rest = inner;
                }
            }
        }
        out.extend(rest);
        out
    }

    /// The moment of a message, or so many seconds before it, or that of an age.
    fn about(&self, age: &str, at: Time) -> Option<Zoned> {
        let at = Timestamp::from_second(at.0).ok()?.to_zoned(self.now.time_zone().clone());
        match age.strip_suffix('s') {
            Some(seconds) => at.checked_sub(SignedDuration::from_secs(seconds.parse().ok()?)).ok(),
            None if age.is_empty() => Some(at),
            None => self.moment(age),
        }
    }

    /// What stands for a placeholder.
    fn spell(&self, inside: &str, at: Time) -> Option<String> {
        let (form, age) = inside.split_once(' ').unwrap_or((inside, ""));
        if matches!(form, "date" | "ics") {
            let then = self.about(age, at)?;
            return match form {
                "ics" => Some(then.with_time_zone(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()),
                _ => jiff::fmt::rfc2822::to_string(&then).ok(),
            };
        }
        let (lang, form) = form.split_once('-').unwrap_or((form, ""));
        let (words, joint) = match lang {
            "en" => (Lang::En.words(), "at"),
            "fr" => (Lang::Fr.words(), "à"),
            _ => return None,
        };
        let then = self.moment(age)?;
        let date = words.date(then.day(), then.month());
        match form {
            "" => {
                let (name, year, clock) = (weekday(words, &then), then.year(), then.strftime("%H:%M"));
                Some(format!("{name} {date} {year} {joint} {clock}"))
            }
            // "dimanche 3 mai" where an English sentence has "the 3 May".
            "day" if words.lang == Lang::Fr => Some(format!("{} {date}", weekday(words, &then))),
            "day" => Some(date),
            "weekday" => Some(weekday(words, &then)),
            _ => None,
        }
    }
}

/// The name of a day inside a sentence.
fn weekday(words: &Words, then: &Zoned) -> String {
    let name = words.weekday(then.weekday().to_monday_zero_offset());
    if words.lang == Lang::Fr {
        name.to_lowercase()
    } else {
        name.to_owned()
    }
}

/// The day of that name nearest to a date.
fn nearest(date: civil::Date, name: &str) -> Option<civil::Date> {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let wanted = i64::try_from(names.iter().position(|day| *day == name)?).ok()?;
    let ahead = (wanted - i64::from(date.weekday().to_monday_zero_offset())).rem_euclid(7);
    let days = if ahead > 3 { ahead - 7 } else { ahead };
    date.checked_add(Span::new().try_days(days).ok()?).ok()
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wednesday 2026-05-06 09:30 in Paris.
    fn calendar() -> Calendar {
        Calendar::new(Time(1_778_052_600), TimeZone::get("Europe/Paris").unwrap())
    }

    #[test]
    fn an_age_is_a_moment_of_this_machine() {
        let say = |age: &str| calendar().moment(age).map(|then| then.strftime("%a %F %R").to_string());
        for (age, moment) in [
            ("88d 21:40", "Sat 2026-02-07 21:40"),
            ("0d 08:00", "Wed 2026-05-06 08:00"),
            ("3h10m", "Wed 2026-05-06 06:20"),
            ("26h", "Tue 2026-05-05 07:30"),
            ("5m", "Wed 2026-05-06 09:25"),
            ("+9d", "Fri 2026-05-15 12:00"),
            ("1d@sat 10:00", "Sat 2026-05-02 10:00"),
            ("0d@sat", "Sat 2026-05-09 12:00"),
            ("0d@wed", "Wed 2026-05-06 12:00"),
        ] {
            assert_eq!(say(age).as_deref(), Some(moment), "{age}");
        }
        for age in [
            "",
            "yesterday",
            "3d 25:00",
            "3d noon",
            "3x",
            "3h4",
            "99999999999999999999d",
            "9999999999d",
            "1d@someday",
        ] {
            assert_eq!(say(age), None, "{age}");
        }
    }

    #[test]
    fn a_message_is_sent_as_its_first_lines_say() {
        let mailbox = "From b\nX-Demo-Age: 1d 10:00\nX-Demo-From: <>\nX-Demo-Tls: none\nX-Demo-Helo: mx.b.test\n\
            Date: {{date}}\nReceived: x; {{date 3s}}\nX: {{date 3d 17:00}}\n\n>From here, {{en 2d 20:12}}\n>>From\n>>From there {{what}} {{fr-day 1d@fri}} {{ics 1d 10:00}}\n\n\
            From a@a.test\nX-Demo-Age: 2d 10:00\nX-Demo-From: a@a.test\nX-Demo-Tls: 1.2\n\nlast\n\n\n";
        let messages = messages(mailbox.as_bytes(), &calendar());
        let [older, newer] = messages.as_slice() else {
            panic!("{messages:?}")
        };
        assert_eq!((older.from.as_str(), older.protection), ("a@a.test", Protection::Tls12));
        assert_eq!(older.raw, b"\r\nlast\r\n\r\n");
        assert_eq!(
            (newer.from.as_str(), newer.protection, newer.helo.as_str()),
            ("", Protection::None, "mx.b.test")
        );
        assert_eq!(
            String::from_utf8_lossy(&newer.raw),
            "Date: Tue, 5 May 2026 10:00:00 +0200\r\nReceived: x; Tue, 5 May 2026 09:59:57 +0200\r\nX: Sun, 3 May 2026 17:00:00 +0200\r\n\r\n\
             From here, Monday 4 May 2026 at 20:12\r\n>>From\r\n>From there {{what}} vendredi 8 mai 20260505T080000Z\r\n"
        );
    }

    #[test]
    fn nothing_arrives_in_the_future() {
        let late = messages(b"From a\nX-Demo-Age: 0d 23:00\n\nx\n", &calendar());
        assert_eq!(late.first().unwrap().at, Time(1_778_052_600));
        assert_eq!(messages(b"From a\nSubject: no age\n\nx\n", &calendar()), []);
    }

    #[test]
    fn the_whole_set_can_be_sent() {
        let messages = messages(MAILBOX, &calendar());
        let begun = MAILBOX
            .split(|octet| *octet == b'\n')
            .filter(|line| line.starts_with(b"From "))
            .count();
        assert_eq!(messages.len(), begun, "every one has an age that is understood");
        for message in &messages {
            let text = String::from_utf8_lossy(&message.raw);
            let left = text.lines().find(|line| line.contains("{{") || line.starts_with("X-Demo-"));
            assert_eq!(left, None, "{} {}", message.from, message.helo);
            assert!(
                message.raw.split(|octet| *octet == b'\n').all(|line| line.len() <= 1_998),
                "{}",
                message.from
            );
        }
    }
}
