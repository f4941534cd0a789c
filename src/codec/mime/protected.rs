//! Header fields that stand inside of what is encrypted or signed, beside those outside (RFC 9788; the older
//! `protected-headers`; a whole message inside, RFC 8551 section 3.1): which of both is shown, and where they differ.
//!
//! What stands inside counts, because nobody on the way could change it. The author is the exception: the address
//! outside stays (it is the one that was authenticated), and another one inside is told (RFC 9788 section 4.4).
//! What the sender says to have put outside (`HP-Outer`) tells what they hid from what somebody changed.

use super::field;
use crate::domain::{
    address::Address,
    fold::fold,
    openpgp::{Differs, Field, Outside},
};

/// Fields of which the one inside takes the place of the one outside.
const TAKEN: [&str; 9] = [
    "subject",
    "to",
    "cc",
    "date",
    "reply-to",
    "message-id",
    "in-reply-to",
    "references",
    "from",
];

/// Fields that count only inside where all are there: the others keep their place outside where none is inside.
const DROPPED: [&str; 6] = ["subject", "to", "cc", "reply-to", "in-reply-to", "references"];

/// `HP-Outer` fields that are looked at, and subjects outside.
const MAX_TOLD: usize = 100;

/// Characters of a field outside that are kept to be shown.
const MAX_VALUE: usize = 256;

/// The fields inside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Protected<'a> {
    /// Their block.
    pub inside: &'a [u8],
    /// Whether all fields of the message are there (`hp`), or only some (the older forms).
    pub complete: bool,
    /// Whether they are encrypted, and not only signed.
    pub encrypted: bool,
}

pub(super) fn is_about_body(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with(b"content-") || name == b"mime-version"
}

pub(super) fn put(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.trim_ascii());
    out.extend_from_slice(b"\r\n");
}

fn addresses(value: &[u8]) -> Vec<Address> {
    field::mailboxes(value, None).into_iter().map(|mailbox| mailbox.address).collect()
}

/// Whether two values of a field say the same: folding, the names beside addresses, and the spelling of a date do not
/// count.
fn same(field: Field, one: &[u8], other: &[u8]) -> bool {
    let words = |value: &[u8]| field::text(value).split_whitespace().collect::<Vec<_>>().join(" ");
    match field {
        Field::From | Field::To | Field::Cc | Field::ReplyTo => addresses(one) == addresses(other),
        Field::Date => field::date(one) == field::date(other),
        Field::MessageId | Field::Subject => words(one) == words(other),
    }
}

impl Protected<'_> {
    fn first(&self, name: &str) -> Option<&[u8]> {
        field::first(self.inside, name)
    }

    /// Whether the one inside takes the place of this field outside.
    fn takes(&self, name: &str, outer: &[u8]) -> bool {
        let Some(inside) = self.first(name) else { return false };
        TAKEN.contains(&name) && (name != "from" || field::first(outer, name).is_some_and(|value| same(Field::From, value, inside)))
    }

    /// The fields of the message as it is shown, of this block outside; those about its body only where `body` says so.
    pub fn merged(&self, outer: &[u8], body: bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(outer.len() + self.inside.len());
        let mut done: Vec<&str> = Vec::new();
        // Asked once for each name: a block may have it a hundred thousand times.
        let taken = TAKEN.map(|known| self.takes(known, outer).then_some(known));
        let dropped = DROPPED.map(|known| (self.complete && self.first(known).is_none()).then_some(known));
        for (name, value) in field::fields(outer) {
            let lower = String::from_utf8_lossy(name).to_ascii_lowercase();
            let known = TAKEN.iter().find(|known| **known == lower).copied();
            match known {
                Some(known) if taken.contains(&Some(known)) => {
                    // Its first place is where the one inside goes; another one outside is nobody's.
                    if !done.contains(&known) {
                        put(&mut out, name, self.first(known).unwrap_or_default());
                        done.push(known);
                    }
                }
                Some(known) if dropped.contains(&Some(known)) => {}
                _ if is_about_body(name) && !body => {}
                _ => put(&mut out, name, value),
            }
        }
        for known in TAKEN {
            if !done.contains(&known) && known != "from" && field::first(outer, known).is_none() && taken.contains(&Some(known)) {
                put(&mut out, known.as_bytes(), self.first(known).unwrap_or_default());
            }
        }
        out
    }

    /// Whether the subject is inside, and none outside tells it: what a list puts before it hides nothing.
    pub fn hides_subject(&self, outer: &[u8]) -> bool {
        let words = |value: &[u8]| fold(&field::text(value)).split_whitespace().collect::<Vec<_>>().join(" ");
        let inside = self.first("subject").map(words).unwrap_or_default();
        let mut outside = field::all(outer, "subject").take(MAX_TOLD);
        !inside.is_empty() && !outside.any(|value| words(value).contains(&inside))
    }

    /// What the sender says to have put outside.
    fn told(&self) -> Vec<(String, &[u8])> {
        let fields = field::all(self.inside, "hp-outer").take(MAX_TOLD);
        fields
            .filter_map(|told| {
                let colon = memchr::memchr(b':', told)?;
                let (name, value) = (told.get(..colon)?, told.get(colon + 1..)?);
                Some((String::from_utf8_lossy(name).trim().to_ascii_lowercase(), value))
            })
            .collect()
    }

    /// Where this block outside says something else. That the subject is hidden is as it should be, and not told.
    pub fn differs(&self, outer: &[u8]) -> Vec<Outside> {
        let told = self.told();
        let agree = |field: Field, one: Option<&[u8]>, other: Option<&[u8]>| match (one, other) {
            (None, None) => true,
            (Some(one), Some(other)) => same(field, one, other),
            _ => false,
        };
        let differs = |field: Field| {
            let (inside, outside) = (self.first(field.name()), field::first(outer, field.name()));
            let counts = inside.is_some() || (self.complete && DROPPED.contains(&field.name()));
            if !counts || agree(field, inside, outside) {
                return None;
            }
            let said = told.iter().find(|(name, _)| name == field.name()).map(|(_, value)| *value);
            let why = match (told.is_empty(), self.encrypted) {
                (true, true) => Differs::Unsaid,
                (false, true) if agree(field, said, outside) => Differs::Hidden,
                _ => Differs::Changed,
            };
            let value = outside.map(field::text).unwrap_or_default();
            (field != Field::Subject || why == Differs::Changed).then(|| Outside {
                field,
                why,
                value: field::clean_line(&value, MAX_VALUE),
            })
        };
        Field::ALL.into_iter().filter_map(differs).collect()
    }
}

/// A text without what repeats the fields inside for programs that do not know them (RFC 9788 section 4.5.3).
pub(super) fn without_legacy_display(text: &str, html: bool) -> String {
    const OPENS: &str = "<div class=\"header-protection-legacy-display\">";
    const CLOSES: &str = "</div>";
    if html {
        let Some((before, rest)) = text.split_once(OPENS) else {
            return text.to_owned();
        };
        let after = rest.split_once(CLOSES).map_or("", |(_, after)| after);
        return format!("{before}{after}");
    }
    let is_field = |line: &str| {
        let name = line.split_once(':').map(|(name, _)| name).unwrap_or_default();
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    if !text.lines().next().is_some_and(is_field) {
        return text.to_owned();
    }
    let rest = text.split_inclusive('\n').skip_while(|line| !line.trim().is_empty()).skip(1);
    rest.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTER: &[u8] = b"Received: by x\r\nFrom: a@x.test\r\nTo: b@x.test\r\nSubject: [...]\r\nReply-To: evil@y.test\r\nDate: Tue, 17 Nov 2026 08:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/encrypted\r\n";

    fn inside(text: &str) -> Protected<'_> {
        Protected {
            inside: text.as_bytes(),
            complete: true,
            encrypted: true,
        }
    }

    #[test]
    fn what_is_inside_counts_but_for_another_author() {
        let fields =
            inside("From: Anna <a@x.test>\r\nTo: b@x.test, c@x.test\r\nSubject: The plan\r\nDate: Tue, 17 Nov 2026 09:00:00 +0100\r\n");
        let text = String::from_utf8(fields.merged(OUTER, false)).unwrap();
        assert_eq!(
            text,
            "Received: by x\r\nFrom: Anna <a@x.test>\r\nTo: b@x.test, c@x.test\r\nSubject: The plan\r\nDate: Tue, 17 Nov 2026 09:00:00 +0100\r\n"
        );
        let other = inside("From: Boss <boss@z.test>\r\nSubject: The plan\r\n");
        let text = String::from_utf8(other.merged(OUTER, false)).unwrap();
        assert!(text.contains("From: a@x.test\r\n") && !text.contains("boss"), "{text}");
        let told: Vec<(Field, Differs)> = other.differs(OUTER).iter().map(|one| (one.field, one.why)).collect();
        assert!(told.contains(&(Field::From, Differs::Unsaid)), "{told:?}");
    }

    #[test]
    fn what_the_sender_hid_is_told_from_what_was_changed() {
        let fields = inside(
            "From: a@x.test\r\nTo: b@x.test\r\nCc: c@x.test\r\nSubject: The plan\r\nDate: Tue, 17 Nov 2026 08:11:12 +0000\r\n\
             HP-Outer: From: a@x.test\r\nHP-Outer: To: b@x.test\r\nHP-Outer: Subject: [...]\r\nHP-Outer: Date: Tue, 17 Nov 2026 08:00:00 +0000\r\n",
        );
        let told: Vec<(Field, Differs, String)> = fields
            .differs(OUTER)
            .into_iter()
            .map(|one| (one.field, one.why, one.value))
            .collect();
        assert_eq!(
            told,
            [
                (Field::Cc, Differs::Hidden, String::new()),
                (Field::Date, Differs::Hidden, "Tue, 17 Nov 2026 08:00:00 +0000".into()),
                (Field::ReplyTo, Differs::Changed, "evil@y.test".into()),
            ]
        );
        let outer = String::from_utf8_lossy(OUTER).replace("[...]", "[list] [...]");
        assert!(fields.differs(outer.as_bytes()).iter().any(|one| one.field == Field::Subject));
        // Of an older form only what is inside is compared.
        let some = Protected {
            complete: false,
            ..inside("Subject: x\r\n")
        };
        assert!(some.differs(OUTER).is_empty());
        assert!(
            String::from_utf8(some.merged(OUTER, true))
                .unwrap()
                .contains("Reply-To: evil@y.test\r\n")
        );
    }

    #[test]
    fn a_subject_is_hidden_where_nothing_outside_tells_it() {
        let hides = |inner: &str, outer: &str| {
            let (inner, outer) = (format!("Subject: {inner}\r\n"), format!("{outer}From: a@x.test\r\n"));
            inside(&inner).hides_subject(outer.as_bytes())
        };
        assert!(hides("The plan", "Subject: [...]\r\n") && hides("The plan", ""));
        for outer in ["The plan", "[list] The plan", "Re: THE  plan (fwd)", "x\r\nSubject: the plan"] {
            assert!(!hides("The plan", &format!("Subject: {outer}\r\n")), "{outer}");
        }
        assert!(!hides(" ", "Subject: [...]\r\n"), "there is nothing to hide");
        assert!(!inside("From: a@x.test\r\n").hides_subject(OUTER));
    }

    #[test]
    fn what_repeats_the_fields_is_not_shown_twice() {
        assert_eq!(
            without_legacy_display("Subject: The plan\r\nCc: c\r\n\r\nHello\r\n", false),
            "Hello\r\n"
        );
        assert_eq!(
            without_legacy_display("Hello there\n\nNote: x\n", false),
            "Hello there\n\nNote: x\n"
        );
        assert_eq!(
            without_legacy_display(
                "<p><div class=\"header-protection-legacy-display\"><pre>Subject: x</pre></div>Hi</p>",
                true
            ),
            "<p>Hi</p>"
        );
    }
}
