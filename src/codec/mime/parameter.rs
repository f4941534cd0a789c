//! A value with parameters: `Content-Type` and `Content-Disposition` (RFC 2045 section 5.1, RFC 2183), with the
//! continuations and character sets of RFC 2231.
//!
//! Read here and not by `mail-parser`, which decodes each piece of a divided parameter for itself, so that a
//! character cut in two is none, and knows the character set of the first one only.

use super::{charset, word};

/// A word and what it is told of it, the names in lower case and each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Valued {
    /// What stands before the first semicolon, without comments: `text/plain`, `attachment`.
    pub word: String,
    parameters: Vec<(String, String)>,
}

impl Valued {
    /// The parameter of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.parameters.iter();
        all.find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The parameter of this name for people: with encoded words, which RFC 2047 forbids there and many write.
    pub fn words(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| word::decoded(value.as_bytes()))
    }
}

/// One piece of a parameter: `name*2*=value` is the third, and encoded.
struct Piece {
    name: String,
    at: Option<u32>,
    encoded: bool,
    value: String,
}

/// Reads a value in UTF-8. Never fails: what makes no sense is passed over.
pub(super) fn read(value: &str) -> Valued {
    let mut sections = sections(value).into_iter();
    let head = sections.next().unwrap_or_default();
    let (word, rest) = head_of(&head);
    let mut pieces: Vec<Piece> = rest
        .as_deref()
        .into_iter()
        .chain(sections.as_slice().iter().map(String::as_str))
        .filter_map(piece)
        .collect();
    // The pieces of one parameter may stand in any order; what has a character set goes before what has none.
    pieces.sort_by_key(|piece| (!piece.encoded && piece.at.is_none(), piece.at));
    let mut parameters: Vec<(String, String)> = Vec::new();
    for piece in &pieces {
        if !parameters.iter().any(|(name, _)| *name == piece.name) {
            parameters.push((piece.name.clone(), whole(piece, &pieces)));
        }
    }
    Valued { word, parameters }
}

/// The value cut at the semicolons that are in no quotation, and at a line end where one was forgotten; comments are gone,
/// quotations stand as they were.
fn sections(value: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let (mut quoted, mut comments, mut escaped) = (false, 0_usize, false);
    for (at, c) in value.char_indices() {
        let plain = !std::mem::take(&mut escaped);
        match c {
            '\n' if !quoted && comments == 0 && value.get(at + 1..).is_some_and(begins_parameter) => {
                out.push(String::new());
                continue;
            }
            '\r' | '\n' | '\0' => continue,
            '\\' if plain && (quoted || comments > 0) => escaped = true,
            // Elsewhere than behind an equals sign it opens nothing: 5" is a size.
            '"' if plain && comments == 0 => quoted = !quoted && out.last().is_some_and(|section| section.trim_end().ends_with('=')),
            '(' if plain && !quoted => comments += 1,
            ')' if plain && comments > 0 => {
                comments -= 1;
                continue;
            }
            ';' if !quoted && comments == 0 => {
                out.push(String::new());
                continue;
            }
            _ => (),
        }
        if let Some(section) = out.last_mut().filter(|_| comments == 0) {
            section.push(c);
        }
    }
    out
}

/// Whether a line begins with a name and an equals sign, and not with an encoded word.
fn begins_parameter(line: &str) -> bool {
    let line = line.trim_start();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*'));
    rest.len() < line.len() && rest.trim_start().starts_with('=') && !rest.starts_with("=?")
}

/// The word that a first section begins with. What follows it without a semicolon is a parameter all the same.
fn head_of(head: &str) -> (String, Option<String>) {
    let head = head.trim();
    let slash = head.split_once('/').filter(|(kind, _)| !kind.contains('='));
    let (kind, rest) = slash.unwrap_or(("", head));
    let rest = rest.trim_start();
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (first, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let word = if kind.is_empty() {
        first.to_owned()
    } else {
        format!("{}/{first}", kind.trim())
    };
    let rest = Some(rest.trim()).filter(|rest| rest.contains('='));
    (word.trim_matches('"').to_owned(), rest.map(str::to_owned))
}

fn piece(section: &str) -> Option<Piece> {
    let (name, value) = section.split_once('=')?;
    let name = name.trim().to_ascii_lowercase();
    let (name, encoded) = name.strip_suffix('*').map_or((name.as_str(), false), |name| (name, true));
    let (name, at) = match name.rsplit_once('*') {
        Some((name, at)) => (name, Some(at.parse().ok()?)),
        None => (name, None),
    };
    (!name.is_empty()).then(|| Piece {
        name: name.to_owned(),
        at,
        encoded,
        value: unquoted(value.trim()),
    })
}

/// A value without its quotation marks. A backslash escapes these and itself; many write `C:\file` and mean it.
fn unquoted(value: &str) -> String {
    let Some(inside) = value.strip_prefix('"') else {
        return value.to_owned();
    };
    let mut out = String::with_capacity(inside.len());
    let mut rest = inside.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => out.push(rest.next_if(|next| matches!(next, '"' | '\\')).unwrap_or('\\')),
            c => out.push(c),
        }
    }
    out
}

/// The value that begins with this piece: the rest of its pieces behind it, in its character set.
fn whole(first: &Piece, pieces: &[Piece]) -> String {
    if first.at.is_none() && !first.encoded {
        return first.value.clone();
    }
    let mut charset = None;
    let mut octets = Vec::new();
    let more = pieces
        .iter()
        .filter(|piece| first.at.is_some() && piece.at > first.at && piece.name == first.name);
    for piece in std::iter::once(first).chain(more) {
        let mut text = piece.value.as_str();
        if piece.encoded && charset.is_none() {
            let mut parts = text.splitn(3, '\'');
            if let (Some(set), Some(_), Some(rest)) = (parts.next(), parts.next(), parts.next()) {
                charset = Some(set).filter(|set| !set.is_empty());
                text = rest;
            }
        }
        if piece.encoded {
            octets.extend(percent_decoded(text));
        } else {
            octets.extend_from_slice(text.as_bytes());
        }
    }
    charset::characters(&octets, charset.or(Some("utf-8"))).0
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let digit = |octet: &u8| char::from(*octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [octet, after @ ..] = rest {
        rest = after;
        let escaped = match (octet, after) {
            (b'%', [high, low, behind @ ..]) => digit(high).zip(digit(low)).map(|(high, low)| (high * 16 + low, behind)),
            _ => None,
        };
        match escaped {
            Some((decoded, behind)) => {
                out.push(decoded);
                rest = behind;
            }
            None => out.push(*octet),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_read_in_the_form_that_it_has() {
        for (value, expected) in [
            ("attachment; filename=a.pdf", "a.pdf"),
            ("attachment;FileName = \"a;b.pdf\" (really)", "a;b.pdf"),
            ("attachment; filename=my file.pdf; x=y", "my file.pdf"),
            ("attachment; filename=\"a \\\"b\\\" C:\\d.pdf\"", "a \"b\" C:\\d.pdf"),
            ("attachment; filename=\"a very\r\n long name.pdf", "a very long name.pdf"),
            ("attachment filename=a.pdf", "a.pdf"),
            ("attachment; filename=a.pdf\r\n\tname=b", "a.pdf"),
            ("attachment; name=\"b\r\n c=d\"\r\n filename=a.pdf", "a.pdf"),
            ("attachment; filename==?utf-8?B?w6k=?=\r\n =?utf-8?B?LnBkZg==?=", "é.pdf"),
            ("attachment filename=a/b.pdf", "a/b.pdf"),
            ("attachment; name=5\" disk; filename=a.pdf", "a.pdf"),
            ("attachment; filename=a.pdf; filename=b.exe", "a.pdf"),
            ("attachment; filename=\"=?utf-8?B?w6l0?=\r\n =?utf-8?B?w6kucGRm?=\"", "été.pdf"),
            // RFC 2231: a character set, and pieces in any order, more than ten of them.
            ("attachment; filename*=iso-8859-1'fr'%e9t%e9.pdf", "été.pdf"),
            ("attachment; filename=e.pdf; filename*=utf-8''%C3%A9.pdf", "é.pdf"),
            ("attachment; filename*=''a%20b.pdf", "a b.pdf"),
            ("attachment; filename*1=\"b.pdf\"; filename*0=a", "ab.pdf"),
            (
                "x; filename*0=0; filename*1=1; filename*2=2; filename*3=3; filename*4=4; filename*5=5; filename*6=6; \
                 filename*7=7; filename*8=8; filename*9=9; filename*10=a; filename*11=b; filename*12=.pdf",
                "0123456789ab.pdf",
            ),
            // The set of the first piece is that of all, and a character may be cut.
            ("x; filename*0*=gb18030''%d6%d0; filename*1*=%ce%c4.pdf", "中文.pdf"),
            ("x; filename*0*=utf-8''caf%c3; filename*1*=%a9; filename*2=\"%.pdf\"", "café%.pdf"),
        ] {
            assert_eq!(read(value).words("filename").as_deref(), Some(expected), "{value}");
        }
        for (value, expected) in [
            ("text/plain charset=x", ("text/plain", Some("x"))),
            ("Text / HTML (a) ; (b) charset=(c)x (d)", ("Text/HTML", Some("x"))),
            ("\"text/html\"", ("text/html", None)),
            ("; charset=x", ("", Some("x"))),
            ("text", ("text", None)),
            ("text/plain; charset", ("text/plain", None)),
            ("text/plain; a*b*c=d; *=e; =f; charset=\"\"", ("text/plain", Some(""))),
        ] {
            let read = read(value);
            assert_eq!((read.word.as_str(), read.get("charset")), expected, "{value}");
        }
    }
}
