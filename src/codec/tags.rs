//! Lists of tags, as DKIM, ARC and DMARC write them (RFC 6376 section 3.2): `a=rsa-sha256; d=example.org`.
//!
//! Strict where the standards are: a list that breaks the grammar, or that has a tag twice, is no list.

use std::str;

/// Tags that a list may have; the standards know fewer than twenty.
const MAX_TAGS: usize = 100;

/// A list that holds to the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags<'a>(Vec<(&'a str, &'a [u8])>);

impl<'a> Tags<'a> {
    /// Reads a list; `None` where it breaks the grammar or has a tag twice.
    pub fn parse(list: &'a [u8]) -> Option<Self> {
        let mut tags: Vec<(&str, &[u8])> = Vec::new();
        let list = list.trim_ascii();
        let list = list.strip_suffix(b";").unwrap_or(list);
        for tag in list.split(|octet| *octet == b';') {
            let equals = memchr::memchr(b'=', tag)?;
            let (name, value) = tag.split_at_checked(equals)?;
            let name = str::from_utf8(name.trim_ascii()).ok()?;
            let value = value.get(1..)?.trim_ascii();
            let starts = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
            let named = starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let fits = |octet: &u8| octet.is_ascii_graphic() || matches!(octet, b' ' | b'\t' | b'\r' | b'\n') || *octet >= 0x80;
            if !named || !value.iter().all(fits) || tags.iter().any(|(before, _)| *before == name) || tags.len() == MAX_TAGS {
                return None;
            }
            tags.push((name, value));
        }
        Some(Self(tags))
    }

    /// The name and value of the first tag.
    pub fn first(&self) -> Option<(&'a str, &'a [u8])> {
        self.0.first().copied()
    }

    /// The value of a tag as it stands, blanks at its ends taken away.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.0.iter().find(|(tag, _)| *tag == name).map(|(_, value)| *value)
    }

    /// The value of a tag without any blanks, where it is text.
    pub fn text(&self, name: &str) -> Option<String> {
        str::from_utf8(&without_blanks(self.get(name)?)).ok().map(str::to_owned)
    }

    /// The value of a tag as a list between colons, lower case, without blanks.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        Some(self.text(name)?.split(':').map(str::to_ascii_lowercase).collect())
    }

    /// The value of a tag as a number of at most twelve digits (RFC 6376 section 3.5, `t=`), `Some(None)`
    /// where it is none.
    pub fn number(&self, name: &str) -> Option<Option<u64>> {
        let text = self.text(name)?;
        let fits = (1..=12).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
        Some(if fits { text.parse().ok() } else { None })
    }

    /// The octets that a tag holds in base64, `Some(None)` where it does not.
    pub fn base64(&self, name: &str) -> Option<Option<Vec<u8>>> {
        Some(base64(&without_blanks(self.get(name)?)))
    }
}

fn without_blanks(value: &[u8]) -> Vec<u8> {
    value.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect()
}

/// Octets from base64 (RFC 4648 section 4); `None` where a character or the padding is wrong. Bits that
/// padding leaves over are not looked at.
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let value = |octet: u8| match octet {
        b'A'..=b'Z' => Some(octet - b'A'),
        b'a'..=b'z' => Some(octet - b'a' + 26),
        b'0'..=b'9' => Some(octet - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let body = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 2);
    for group in body.chunks(4) {
        let mut bits = 0_u32;
        for octet in group {
            bits = bits << 6 | u32::from(value(*octet)?);
        }
        bits <<= 6 * (4 - group.len());
        let [_, a, b, c] = bits.to_be_bytes();
        out.extend([a, b, c].iter().take(group.len() - 1));
    }
    (body.len() % 4 != 1).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_the_standard_says() {
        let tags = Tags::parse(b" v=1; a = rsa-sha256;\r\n\tb=AQ\r\n ID ;h=From : To; t=12345;x=; ").unwrap();
        assert_eq!(tags.first(), Some(("v", &b"1"[..])));
        assert_eq!(tags.text("a").unwrap(), "rsa-sha256");
        assert_eq!(tags.base64("b"), Some(Some(vec![1, 2, 3])));
        assert_eq!(tags.list("h").unwrap(), ["from", "to"]);
        assert_eq!(tags.number("t"), Some(Some(12345)));
        assert_eq!(tags.number("x"), Some(None));
        assert_eq!(tags.number("y"), None);
        for bad in [&b""[..], b"v=1;;a=1", b"v", b"v=1; v=2", b"=1", b"1v=2", b"a b=c", b"a=\x00"] {
            assert_eq!(Tags::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn base64_is_whole_or_nothing() {
        for (text, octets) in [
            ("", &b""[..]),
            ("Zg==", b"f"),
            ("Zm8=", b"fo"),
            ("Zm9v", b"foo"),
            ("Zm9vYg==", b"foob"),
            ("+/+/", &[0xfb, 0xff, 0xbf]),
        ] {
            assert_eq!(base64(text.as_bytes()).unwrap(), octets, "{text}");
        }
        for bad in ["Z", "Zg", "Zg=", "Z===", "Zg==Zg==", "Zm9*", "===="] {
            assert_eq!(base64(bad.as_bytes()), None, "{bad}");
        }
    }
}
