//! What a language has to say: one field a phrase. `{n}`, `{name}` and their like are filled in by the
//! methods below; a phrase that counts has a singular and a plural.

use super::Lang;
use crate::domain::message::Defect;

/// A phrase that counts: for one, and for many. `{n}` stands for the number.
#[derive(Clone, Copy, Debug)]
pub struct Plural {
    /// The singular.
    pub one: &'static str,
    /// The plural.
    pub many: &'static str,
}

/// Every phrase of the interface in one language.
#[allow(missing_docs, reason = "a phrase documents itself; its field says where it stands")]
pub struct Words {
    pub lang: Lang,
    pub code: &'static str,
    pub name: &'static str,

    /// Who vouches for a message.
    pub authentication: super::authentication::AuthenticationWords,
    /// Signing in and its settings.
    pub security: super::security::SecurityWords,
    /// Tags, importance and rules.
    pub tags: super::tags::TagWords,
    pub custody: super::custody::CustodyWords,
    pub search: super::search::SearchWords,
    /// What is done with discussions, the shelves, and the door.
    pub living: super::living::LivingWords,
    /// The account's index.
    pub account: super::account::AccountWords,
    /// The address book.
    pub contacts: super::contacts::ContactWords,

    // The frame.
    pub skip: &'static str,
    pub menu: &'static str,
    pub menu_discussions: &'static str,
    pub menu_agenda: &'static str,
    pub menu_files: &'static str,
    pub not_yet: &'static str,
    pub not_yet_why: &'static str,
    pub menu_help: &'static str,
    pub sign_out: &'static str,
    pub language: &'static str,
    pub theme: &'static str,
    pub devices: super::devices::DevicesWords,
    pub theme_system: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub footer: &'static str,
    pub new_messages: Plural,
    pub show_new: &'static str,

    // Time.
    pub today: &'static str,
    pub yesterday: &'static str,
    pub today_heading: &'static str,
    pub yesterday_heading: &'static str,
    pub months: [&'static str; 12],
    pub weekdays: [&'static str; 7],
    /// A moment inside a sentence: near, as "today", and by its date.
    pub moments: [&'static str; 2],

    // Numbers, sizes, lists.
    pub thousands: &'static str,
    pub decimal: char,
    pub bytes: &'static str,
    pub and_more: Plural,
    pub and_at_least: Plural,
    pub and_others: &'static str,

    // People and messages.
    pub you: &'static str,
    pub you_among: &'static str,
    pub no_sender: &'static str,
    pub no_subject: &'static str,
    pub mailing_list: &'static str,
    pub senders_word: &'static str,
    pub unread: &'static str,
    pub trackers: Plural,
    pub files: Plural,
    pub messages: Plural,
    pub unread_count: Plural,

    // The index and the padlock.
    pub index: &'static str,
    pub index_unknown: &'static str,
    pub padlock: &'static str,

    // The timeline.
    pub timeline: &'static str,
    pub all: &'static str,
    pub pages: &'static str,
    pub newer: &'static str,
    pub older: &'static str,
    pub range: &'static str,
    pub empty_title: &'static str,
    pub empty_text: &'static str,

    // A discussion.
    pub back: &'static str,
    pub with: &'static str,
    /// Of a discussion with what names nobody: after "With".
    pub somebody_unknown: &'static str,
    pub note_to_self: &'static str,
    pub mark_read: &'static str,
    pub mark_unread: &'static str,
    pub lowest_of: &'static str,
    pub why: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub cc: &'static str,
    pub quoted: Plural,
    pub attachments: &'static str,
    pub save: &'static str,
    pub whole_story: &'static str,
    pub original: &'static str,
    pub headers: &'static str,
    pub source: &'static str,
    pub body_nothing: &'static str,
    pub body_encrypted: &'static str,
    pub spies: Plural,
    pub spies_by: &'static str,
    pub remote: Plural,
    pub active: Plural,
    pub deceptive: Plural,
    pub defects_title: &'static str,

    // A message.
    pub message: &'static str,
    pub in_discussion: &'static str,
    pub details: &'static str,
    pub size: &'static str,
    pub journey: &'static str,
    pub journey_intro: &'static str,
    pub sent: &'static str,
    pub sent_claim: &'static str,
    pub received: &'static str,
    pub seen_here: &'static str,
    pub claimed: &'static str,
    pub handed_over_by: &'static str,
    pub greeted_as: &'static str,
    pub envelope_from: &'static str,
    pub envelope_nobody: &'static str,
    pub envelope_to: &'static str,
    pub encryption: &'static str,
    pub tls_none: &'static str,
    pub tls_older: &'static str,
    pub key_exchange: &'static str,
    pub quantum_safe: &'static str,
    pub hop_from: &'static str,
    pub hop_by: &'static str,
    pub hop_encrypted: &'static str,
    pub hop_clear: &'static str,
    pub hop_unsaid: &'static str,
    pub hop_unnamed: &'static str,
    pub not_seen: &'static str,
    pub not_seen_sent: &'static str,
    pub not_seen_local: &'static str,
    pub index_why: &'static str,
    pub index_why_unknown: &'static str,
    pub points_of: &'static str,
    pub line_unknown: &'static str,
    pub line_claimed: &'static str,
    pub then_and_now: &'static str,
    pub how_counted: &'static str,
    pub how_counted_text: &'static str,
    pub not_known_explained: &'static str,
    pub headers_title: &'static str,
    pub headers_intro: &'static str,
    pub original_title: &'static str,
    pub original_intro: &'static str,
    pub original_none: &'static str,
    pub back_to_message: &'static str,

    // Signing in.
    pub sign_in: &'static str,
    pub sign_in_intro: &'static str,
    pub passphrase: &'static str,
    pub passphrase_hint: &'static str,
    pub sign_in_wrong: &'static str,
    pub sign_in_wait: Plural,
    pub sign_in_broken: &'static str,
    pub sign_in_stale: &'static str,
    pub sign_in_empty: &'static str,

    // Help.
    pub help_intro: &'static str,
    pub help_padlocks: &'static str,
    pub help_padlocks_text: &'static str,
    pub help_index: &'static str,
    pub help_index_text: &'static str,
    pub help_letters: &'static str,
    pub help_letter: &'static str,
    pub help_points: &'static str,
    pub help_means: &'static str,
    pub help_unknown: &'static str,
    pub help_evidence: &'static str,
    pub help_evidence_text: &'static str,
    pub help_keys: &'static str,
    pub help_keys_text: &'static str,
    pub help_key: &'static str,
    pub help_does: &'static str,
    pub keys_off: &'static str,
    pub keys_on: &'static str,
    pub key_next: &'static str,
    pub key_previous: &'static str,
    pub key_open: &'static str,
    pub key_up: &'static str,
    pub key_mark: &'static str,
    pub key_help: &'static str,

    // Problems: a title and a sentence.
    pub problem_home: &'static str,
    pub problem_not_found: (&'static str, &'static str),
    pub problem_method: (&'static str, &'static str),
    pub problem_not_signed_in: (&'static str, &'static str),
    pub problem_elsewhere: (&'static str, &'static str),
    pub problem_stale: (&'static str, &'static str),
    pub problem_no_form: (&'static str, &'static str),
    pub problem_too_large: (&'static str, &'static str),
    pub problem_slow: (&'static str, &'static str),
    pub problem_misdirected: (&'static str, &'static str),
    pub problem_busy: (&'static str, &'static str),
    pub problem_broken: (&'static str, &'static str),

    // What was odd in a message.
    pub no_from: &'static str,
    pub many_from: &'static str,
    pub no_date: &'static str,
    pub too_many_parts: &'static str,
    pub long_headers: &'static str,
    pub long_text: &'static str,
    pub bad_encoding: &'static str,
    pub no_text: &'static str,
    pub binary: &'static str,
}

/// People who are named in a row before a message, where there are many.
const NAMED: usize = 6;

impl Words {
    /// A phrase that counts, with its number. In French zero is singular.
    pub fn count(&self, phrase: &Plural, n: u64) -> String {
        let one = match self.lang {
            Lang::En => n == 1,
            Lang::Fr => n < 2,
        };
        let phrase = if one { phrase.one } else { phrase.many };
        phrase.replace("{n}", &self.number(n))
    }

    /// Whether so many people in a row are too many to name before a message: the rest is folded away.
    pub fn folds(&self, people: usize) -> bool {
        people > NAMED + 2
    }

    /// What stands over those who are folded away, at the place of the first of them.
    pub fn fold(&self, at: usize, people: usize) -> Option<String> {
        let rest = people.saturating_sub(NAMED) as u64;
        (at == NAMED && self.folds(people)).then(|| self.count(&self.and_more, rest))
    }

    /// A number with its thousands set apart.
    pub fn number(&self, n: u64) -> String {
        let digits = n.to_string();
        let mut out = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push_str(self.thousands);
            }
            out.push(digit);
        }
        out
    }

    /// A size: "84 kB", "1.2 MB", "4.7 GB".
    pub fn octets(&self, n: u64) -> String {
        let unit = self.bytes;
        let tenths = |of: u64, prefix: char| {
            let tenths = n.div_ceil(of / 10);
            format!("{}{}{}\u{a0}{prefix}{unit}", self.number(tenths / 10), self.decimal, tenths % 10)
        };
        match n {
            0..1_000 => format!("{n}\u{a0}{unit}"),
            1_000..=999_000 => format!("{}\u{a0}k{unit}", n.div_ceil(1_000)),
            999_001..=999_900_000 => tenths(1_000_000, 'M'),
            _ => tenths(1_000_000_000, 'G'),
        }
    }

    /// A day of a month: "3 May", « 3 mai », « 1er mai ».
    pub fn date(&self, day: i8, month: i8) -> String {
        let month = usize::try_from(month - 1)
            .ok()
            .and_then(|at| self.months.get(at))
            .copied()
            .unwrap_or_default();
        let first = if self.lang == Lang::Fr && day == 1 { "er" } else { "" };
        format!("{day}{first} {month}")
    }

    /// A moment inside a sentence, of a day and a clock: "3 May, at 14:02", « le 3 mai à 14:02 ». A near day is one that has
    /// a word, as today has.
    pub fn moment(&self, day: &str, clock: &str, is_near: bool) -> String {
        let [near, dated] = self.moments;
        let phrase = if is_near { near } else { dated };
        phrase.replace("{day}", day).replace("{clock}", clock)
    }

    /// A day as it stands in a heading, inside a sentence: "since Saturday 3 May", « depuis samedi 3 mai ».
    pub fn inside(&self, heading: &str) -> String {
        match self.lang {
            Lang::En if heading == self.yesterday_heading => self.yesterday.to_owned(),
            Lang::En => heading.to_owned(),
            Lang::Fr => heading.to_lowercase(),
        }
    }

    /// The name of a month, January being 1.
    pub fn month(&self, month: u8) -> &'static str {
        let at = usize::from(month).checked_sub(1);
        at.and_then(|at| self.months.get(at)).copied().unwrap_or_default()
    }

    /// A weekday, Monday being 0, as it stands in a heading.
    pub fn weekday(&self, day: i8) -> &'static str {
        usize::try_from(day)
            .ok()
            .and_then(|at| self.weekdays.get(at))
            .copied()
            .unwrap_or_default()
    }

    /// "1–50 of 1,204"
    pub fn span(&self, first: u64, last: u64, total: u64) -> String {
        let filled = self
            .range
            .replace("{first}", &self.number(first))
            .replace("{last}", &self.number(last));
        filled.replace("{total}", &self.number(total))
    }

    /// What was odd in a message.
    pub fn defect(&self, defect: Defect) -> &'static str {
        match defect {
            Defect::NoFrom => self.no_from,
            Defect::ManyFrom => self.many_from,
            Defect::NoDate => self.no_date,
            Defect::TooManyParts => self.too_many_parts,
            Defect::LongHeaders => self.long_headers,
            Defect::LongText => self.long_text,
            Defect::Encoding => self.bad_encoding,
            Defect::NoText => self.no_text,
            Defect::Binary => self.binary,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_is_right_in_both_languages() {
        let (en, fr) = (Lang::En.words(), Lang::Fr.words());
        assert_eq!(en.count(&en.messages, 0), "0 messages");
        assert_eq!(fr.count(&fr.unread_count, 0), "0 non lu");
        assert_eq!(en.count(&en.unread_count, 1204), "1,204 unread");
        assert_eq!(fr.count(&fr.unread_count, 1204), "1\u{202f}204 non lus");
        assert_eq!(fr.span(51, 100, 1204), "51–100 sur 1\u{202f}204");
    }

    #[test]
    fn a_crowd_is_folded_behind_its_sixth() {
        let fr = Lang::Fr.words();
        assert_eq!(fr.fold(6, 8), None, "two are not worth a fold");
        assert_eq!(fr.fold(6, 9).as_deref(), Some("et 3 autres"));
        assert_eq!((fr.fold(5, 9), fr.fold(7, 9)), (None, None));
        assert_eq!((fr.folds(8), fr.folds(9)), (false, true));
    }

    #[test]
    fn sizes_and_dates_are_said_by_locale() {
        let (en, fr) = (Lang::En.words(), Lang::Fr.words());
        assert_eq!(
            (en.octets(0), en.octets(999), en.octets(83_500)),
            ("0\u{a0}B".into(), "999\u{a0}B".into(), "84\u{a0}kB".into())
        );
        assert_eq!(fr.octets(1_150_000), "1,2\u{a0}Mo");
        assert_eq!(
            (en.octets(999_000), en.octets(999_001)),
            ("999\u{a0}kB".into(), "1.0\u{a0}MB".into())
        );
        assert_eq!(
            (fr.octets(999_950_000), fr.octets(4_700_000_000)),
            ("1,0\u{a0}Go".into(), "4,7\u{a0}Go".into())
        );
        assert_eq!(
            (en.inside("Saturday 3 May"), en.inside("Yesterday"), fr.inside("Samedi 3 mai")),
            ("Saturday 3 May".into(), "yesterday".into(), "samedi 3 mai".into())
        );
        assert_eq!(
            (en.date(1, 5), fr.date(1, 5), fr.date(3, 12)),
            ("1 May".into(), "1er mai".into(), "3 décembre".into())
        );
        assert_eq!(fr.date(3, 13), "3 ");
        assert_eq!(Lang::of_code("FR"), Some(Lang::Fr));
        assert_eq!(Lang::of_code("de"), None);
    }

    /// Every text between quotes in a source file of words.
    fn texts(source: &str) -> Vec<String> {
        let body = source.split_once("WORDS: Words").unwrap().1;
        body.split('"')
            .skip(1)
            .step_by(2)
            .map(|text| text.replace("\\u{202f}", "\u{202f}"))
            .collect()
    }

    #[test]
    fn french_has_its_spaces_and_its_own_words() {
        let (en, fr) = (texts(include_str!("en.rs")), texts(include_str!("fr.rs")));
        assert_eq!(en.len(), fr.len());
        for text in &fr {
            let mut before = ' ';
            for c in text.chars() {
                assert!(!matches!(c, ':' | ';' | '?' | '!' | '»') || before == '\u{202f}', "{text}");
                assert!(before != '«' || c == '\u{202f}', "{text}");
                assert!(c != '\'', "an apostrophe is ’: {text}");
                before = c;
            }
        }
        let same: Vec<&str> = en.iter().zip(&fr).filter(|(en, fr)| en == fr).map(|(en, _)| en.as_str()).collect();
        let shared = [
            "Menu",
            "Discussions",
            "Agenda",
            "{n} message",
            "{n} messages",
            "Discussions",
            "Pages",
            "Original",
            "Source",
            "Message",
            "Original",
            "Points",
        ];
        assert_eq!(same, shared, "words that both languages share");
    }
}
