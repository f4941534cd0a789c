//! The forms in which a message is signed (RFC 6376 section 3.4), written so that nothing is copied that
//! need not be: the text of a message goes straight into the hash.

use super::Field;
use aws_lc_rs::digest::{Context, SHA256};

/// How much a message may change on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing but empty lines at the end.
    Simple,
    /// Blanks may.
    Relaxed,
}

impl Form {
    /// A header field, without its line end.
    pub(super) fn field(self, field: &Field<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Simple => out.extend_from_slice(field.whole),
            Self::Relaxed => relaxed(field.name, field.value, out),
        }
    }

    /// The field of a signature, the value of `b=` taken out of it.
    pub(super) fn without_signature(self, field: &Field<'_>, out: &mut Vec<u8>) {
        let mut value = Vec::with_capacity(field.value.len());
        for (at, tag) in field.value.split(|octet| *octet == b';').enumerate() {
            if at > 0 {
                value.push(b';');
            }
            let equals = memchr::memchr(b'=', tag).unwrap_or(tag.len());
            let (name, rest) = tag.split_at_checked(equals).unwrap_or((tag, b""));
            value.extend_from_slice(name);
            if name.trim_ascii() == b"b" {
                value.extend(rest.first());
            } else {
                value.extend_from_slice(rest);
            }
        }
        match self {
            Self::Relaxed => relaxed(field.name, &value, out),
            Self::Simple => {
                let head = field.whole.len() - field.value.len();
                out.extend_from_slice(field.whole.get(..head).unwrap_or_default());
                out.extend_from_slice(&value);
            }
        }
    }
}

/// Section 3.4.2.
fn relaxed(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend(name.iter().map(u8::to_ascii_lowercase));
    out.push(b':');
    let words = value.split(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n'));
    for (at, word) in words.filter(|word| !word.is_empty()).enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

/// The hash of a text in this form, or of its first octets only, and how many octets the form has.
pub(super) fn body_hash(form: Form, text: &[u8], length: Option<u64>) -> (Vec<u8>, u64) {
    let mut sink = Sink {
        context: Context::new(&SHA256),
        left: length.unwrap_or(u64::MAX),
        whole: 0,
    };
    let mut empty = 0_usize;
    for line in text.split_inclusive(|octet| *octet == b'\n') {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        let bare = match form {
            Form::Simple => bare,
            Form::Relaxed => without_blanks(bare),
        };
        // Empty lines count only where something follows them.
        if bare.is_empty() {
            empty += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty) {
            sink.put(b"\r\n");
        }
        match form {
            Form::Simple => sink.put(bare),
            Form::Relaxed => sink.put_folded(bare),
        }
        sink.put(b"\r\n");
    }
    if sink.whole == 0 && form == Form::Simple {
        sink.put(b"\r\n");
    }
    (sink.context.finish().as_ref().to_vec(), sink.whole)
}

/// A line without the blanks at its end. A form feed is none: WSP is SP and HTAB only (section 2.8).
fn without_blanks(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = line {
        line = rest;
    }
    line
}

struct Sink {
    context: Context,
    left: u64,
    whole: u64,
}

impl Sink {
    fn put(&mut self, octets: &[u8]) {
        self.whole += octets.len() as u64;
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(octets.len());
        self.context.update(octets.get(..most).unwrap_or_default());
        self.left -= most as u64;
    }

    /// A line with every run of blanks as one space. Most lines have none, and go in as they are.
    fn put_folded(&mut self, line: &[u8]) {
        let mut rest = line;
        while !rest.is_empty() {
            let plain = rest.windows(2).position(|pair| matches!(pair, [b' ', b' ' | b'\t'] | [_, b'\t']));
            let first = rest.first() == Some(&b'\t');
            let run = match (first, plain) {
                (true, _) => 0,
                // `x\t` begins its run one later than `  ` does.
                (false, Some(at)) if rest.get(at) == Some(&b' ') => at,
                (false, Some(at)) => at + 1,
                (false, None) => {
                    self.put(rest);
                    return;
                }
            };
            let (before, after) = rest.split_at_checked(run).unwrap_or((rest, b""));
            self.put(before);
            let blanks = after.iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
            if blanks > 0 {
                self.put(b" ");
            }
            rest = after.get(blanks.max(1)..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Message, *};
    use aws_lc_rs::digest::digest;

    fn is(form: Form, text: &str, canonical: &str) {
        let (hash, whole) = body_hash(form, text.as_bytes(), None);
        assert_eq!(hash, digest(&SHA256, canonical.as_bytes()).as_ref(), "{form:?} {text:?}");
        assert_eq!(whole, canonical.len() as u64, "{form:?} {text:?}");
    }

    #[test]
    fn a_text_takes_the_form_of_the_standard() {
        // The example of section 3.4.5.
        is(Form::Relaxed, " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n");
        is(Form::Simple, " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n");
        is(Form::Simple, "", "\r\n");
        is(Form::Simple, "\r\n\r\n", "\r\n");
        is(Form::Relaxed, "", "");
        is(Form::Relaxed, " \t\r\n", "");
        is(Form::Relaxed, "a\r\n   \r\n", "a\r\n");
        is(Form::Relaxed, "a", "a\r\n");
        is(Form::Relaxed, "\ta\tb\t \tc  d e\t\r\n\r\nf\r\n", " a b c d e\r\n\r\nf\r\n");
        is(Form::Relaxed, "a  b\tc", "a b c\r\n");
        is(Form::Relaxed, "a\x0c\r\n\x0c \r\n", "a\x0c\r\n\x0c\r\n");
        let (part, whole) = body_hash(Form::Simple, b"ab\r\ncd\r\n", Some(4));
        assert_eq!((part.as_slice(), whole), (digest(&SHA256, b"ab\r\n").as_ref(), 8));
    }

    #[test]
    fn a_field_takes_the_form_of_the_standard() {
        let raw = b"A: X\r\nB : Y\t\r\n\tZ  \r\nS: v=1; b = AA\r\n BB ; c=1;\tb=\r\n\r\n";
        let message = Message::of(raw);
        let relaxed: Vec<String> = message.fields.iter().map(|field| one(Form::Relaxed, field)).collect();
        assert_eq!(relaxed[..2], ["a:X", "b:Y Z"]);
        assert_eq!(one(Form::Simple, &message.fields[1]), "B : Y\t\r\n\tZ  ");
        let mut out = Vec::new();
        Form::Simple.without_signature(&message.fields[2], &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "S: v=1; b =; c=1;\tb=");
    }

    fn one(form: Form, field: &Field<'_>) -> String {
        let mut out = Vec::new();
        form.field(field, &mut out);
        String::from_utf8(out).unwrap()
    }
}
