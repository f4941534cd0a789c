//! SPF records (RFC 7208): reading one, and writing out its macros. Asking for what they name is
//! `net::authenticate`'s.

use std::{borrow::Cow, fmt::Write, net::IpAddr, str};

/// Octets of a record, beyond which it is not read.
const MAX_RECORD: usize = 8 * 1024;
/// Octets of a name (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 253;

/// What a mechanism says of those it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualifier {
    /// `+`
    Pass,
    /// `-`
    Fail,
    /// `~`
    SoftFail,
    /// `?`
    Neutral,
}

/// One mechanism (section 5). Names still hold their macros; an absent name is the domain itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// Everybody.
    All,
    /// Whom another domain's record passes.
    Include(Macros),
    /// The addresses of a name, by prefix lengths for IPv4 and IPv6.
    A(Option<Macros>, u8, u8),
    /// The addresses of a name's mail servers.
    Mx(Option<Macros>, u8, u8),
    /// Whoever has a name under a name.
    Ptr(Option<Macros>),
    /// A network.
    Ip(IpAddr, u8),
    /// Whoever makes a name exist.
    Exists(Macros),
}

/// A record that holds to the grammar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Mechanisms in their order.
    pub directives: Vec<(Qualifier, Mechanism)>,
    /// Whose record to use where none matches.
    pub redirect: Option<Macros>,
    /// Where the domain explains a refusal.
    pub explanation: Option<Macros>,
}

/// A text with macros (section 7) that holds to the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Macros(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Macro {
        letter: char,
        escape: bool,
        keep: Option<usize>,
        reverse: bool,
        delimiters: String,
    },
}

/// What macros stand for.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    /// The envelope sender, or postmaster at the EHLO name.
    pub sender: &'a str,
    /// The domain whose record is read.
    pub domain: &'a str,
    /// The peer.
    pub ip: IpAddr,
    /// The name that the peer gave.
    pub helo: &'a str,
    /// The validated name of the peer.
    pub validated: &'a str,
    /// Our own name.
    pub host: &'a str,
    /// Now, seconds since 1970.
    pub now: i64,
}

/// Whether a text is an SPF record, of whatever worth (section 4.5).
pub fn is_record(text: &[u8]) -> bool {
    let (version, rest) = text.split_at_checked(6).unwrap_or((text, b""));
    version.eq_ignore_ascii_case(b"v=spf1") && (rest.is_empty() || rest.starts_with(b" "))
}

impl Record {
    /// Reads a record for which [`is_record`] holds; `None` where it breaks the grammar anywhere, which is a
    /// permanent error (section 4.6).
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > MAX_RECORD || !text.is_ascii() {
            return None;
        }
        let mut record = Self::default();
        for term in str::from_utf8(text).ok()?.split(' ').skip(1).filter(|term| !term.is_empty()) {
            match modifier(term) {
                Some((name, value)) if name.eq_ignore_ascii_case("redirect") => once(&mut record.redirect, value)?,
                Some((name, value)) if name.eq_ignore_ascii_case("exp") => once(&mut record.explanation, value)?,
                Some((_, value)) => {
                    Macros::parse(value, false)?;
                }
                None => record.directives.push(directive(term)?),
            }
        }
        Some(record)
    }
}

fn once(slot: &mut Option<Macros>, value: &str) -> Option<()> {
    if slot.is_some() {
        return None;
    }
    *slot = Some(Macros::domain(value)?);
    Some(())
}

/// A name, `=` and a value (section 12).
fn modifier(term: &str) -> Option<(&str, &str)> {
    let (name, value) = term.split_once('=')?;
    let starts = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (starts && name.chars().all(fits)).then_some((name, value))
}

fn directive(term: &str) -> Option<(Qualifier, Mechanism)> {
    let (qualifier, term) = match term.chars().next()? {
        '+' => (Qualifier::Pass, term.get(1..)?),
        '-' => (Qualifier::Fail, term.get(1..)?),
        '~' => (Qualifier::SoftFail, term.get(1..)?),
        '?' => (Qualifier::Neutral, term.get(1..)?),
        _ => (Qualifier::Pass, term),
    };
    let end = term.find([':', '/']).unwrap_or(term.len());
    let (name, rest) = term.split_at_checked(end)?;
    let mechanism = match name.to_ascii_lowercase().as_str() {
        "all" if rest.is_empty() => Mechanism::All,
        "include" => Mechanism::Include(Macros::domain(rest.strip_prefix(':')?)?),
        "exists" => Mechanism::Exists(Macros::domain(rest.strip_prefix(':')?)?),
        "ptr" => Mechanism::Ptr(optional(rest)?),
        "a" => {
            let (name, v4, v6) = with_prefixes(rest)?;
            Mechanism::A(optional(name)?, v4, v6)
        }
        "mx" => {
            let (name, v4, v6) = with_prefixes(rest)?;
            Mechanism::Mx(optional(name)?, v4, v6)
        }
        "ip4" => {
            let (address, prefix) = network(rest.strip_prefix(':')?, 32)?;
            Mechanism::Ip(IpAddr::V4(address.parse().ok()?), prefix)
        }
        "ip6" => {
            let (address, prefix) = network(rest.strip_prefix(':')?, 128)?;
            Mechanism::Ip(IpAddr::V6(address.parse().ok()?), prefix)
        }
        _ => return None,
    };
    Some((qualifier, mechanism))
}

fn optional(rest: &str) -> Option<Option<Macros>> {
    if rest.is_empty() {
        return Some(None);
    }
    Some(Some(Macros::domain(rest.strip_prefix(':')?)?))
}

fn network(text: &str, most: u8) -> Option<(&str, u8)> {
    match text.split_once('/') {
        None => Some((text, most)),
        Some((address, prefix)) => Some((address, length(prefix, most)?)),
    }
}

/// Takes the prefix lengths from the end: `/24`, `//64` or `/24//64`.
fn with_prefixes(rest: &str) -> Option<(&str, u8, u8)> {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let (rest, v6) = match rest.rsplit_once("//") {
        Some((before, after)) if digits(after) => (before, length(after, 128)?),
        _ => (rest, 128),
    };
    let (rest, v4) = match rest.rsplit_once('/') {
        Some((before, after)) if digits(after) => (before, length(after, 32)?),
        _ => (rest, 32),
    };
    Some((rest, v4, v6))
}

/// A prefix length without leading zeros.
fn length(text: &str, most: u8) -> Option<u8> {
    let number: u8 = text.chars().all(|c| c.is_ascii_digit()).then(|| text.parse().ok())??;
    (number <= most && (text == "0" || !text.starts_with('0'))).then_some(number)
}

impl Macros {
    /// A text for people, which may also tell the time, the peer's address and our name.
    pub fn explanation(text: &str) -> Option<Self> {
        // Blanks are text here and nowhere else (section 6.2).
        let pieces: Option<Vec<Self>> = text.split(' ').map(|word| Self::parse(word, true)).collect();
        let mut all = Vec::new();
        for (at, Self(mut word)) in pieces?.into_iter().enumerate() {
            if at > 0 {
                all.push(Piece::Text(" ".to_owned()));
            }
            all.append(&mut word);
        }
        Some(Self(all))
    }

    /// A name: it must end in a macro or in something that can be a top-level domain.
    fn domain(text: &str) -> Option<Self> {
        let macros = Self::parse(text, false)?;
        match macros.0.last()? {
            Piece::Macro { .. } => Some(macros),
            // `%%`, `%_` and `%-` end a name as well as any macro does.
            Piece::Text(_) if ["%%", "%_", "%-"].iter().any(|end| text.ends_with(end)) => Some(macros),
            Piece::Text(_) => {
                let text = text.strip_suffix('.').unwrap_or(text);
                let (_, top) = text.rsplit_once('.')?;
                let fits = top.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !top.starts_with('-') && !top.ends_with('-');
                let named = top.contains('-') || top.chars().any(|c| c.is_ascii_alphabetic());
                (fits && named).then_some(macros)
            }
        }
    }

    fn parse(text: &str, for_people: bool) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if c != '%' {
                if !c.is_ascii_graphic() {
                    return None;
                }
                plain.push(c);
                rest = rest.get(1..)?;
                continue;
            }
            match rest.chars().nth(1)? {
                '%' => plain.push('%'),
                '_' => plain.push(' '),
                '-' => plain.push_str("%20"),
                '{' => {
                    let (inside, after) = rest.get(2..)?.split_once('}')?;
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    }
                    pieces.push(piece(inside, for_people)?);
                    rest = after;
                    continue;
                }
                _ => return None,
            }
            rest = rest.get(2..)?;
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Some(Self(pieces))
    }

    /// Whether the validated name of the peer is asked for.
    pub fn needs_validated(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Macro { letter: 'p', .. }))
    }

    /// The text with every macro written out.
    pub fn expand(&self, values: &Values<'_>) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Macro {
                    letter,
                    escape,
                    keep,
                    reverse,
                    delimiters,
                } => {
                    let value = transformed(&value(*letter, values), *keep, *reverse, delimiters);
                    if *escape { escaped(&value, &mut out) } else { out.push_str(&value) }
                }
            }
        }
        out
    }

    /// The name with every macro written out; labels are taken from the left of one that is too long
    /// (section 7.3).
    pub fn expand_name(&self, values: &Values<'_>) -> String {
        let name = self.expand(values);
        let mut name = name.strip_suffix('.').unwrap_or(&name);
        while name.len() > MAX_NAME {
            match name.split_once('.') {
                Some((_, rest)) => name = rest,
                None => break,
            }
        }
        name.to_owned()
    }
}

fn piece(inside: &str, for_people: bool) -> Option<Piece> {
    let letter = inside.chars().next()?;
    let rest = inside.get(letter.len_utf8()..)?;
    let small = letter.to_ascii_lowercase();
    if !("slodiphv".contains(small) || (for_people && "crt".contains(small))) {
        return None;
    }
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (keep, rest) = rest.split_at_checked(digits)?;
    let keep = match keep {
        "" => None,
        // More parts than any name has are all of them.
        digits => Some(digits.parse().unwrap_or(usize::MAX)).filter(|keep| *keep > 0).map(Some)?,
    };
    let (reverse, delimiters) = match rest.strip_prefix(['r', 'R']) {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    delimiters.chars().all(|c| ".-+,/_=".contains(c)).then(|| Piece::Macro {
        letter: small,
        escape: letter.is_ascii_uppercase(),
        keep,
        reverse,
        delimiters: if delimiters.is_empty() {
            ".".to_owned()
        } else {
            delimiters.to_owned()
        },
    })
}

fn value<'a>(letter: char, values: &'a Values<'_>) -> Cow<'a, str> {
    let (local, domain) = values.sender.rsplit_once('@').unwrap_or(("postmaster", values.sender));
    match letter {
        's' => values.sender.into(),
        'l' => local.into(),
        'o' => domain.into(),
        'd' => values.domain.into(),
        'i' => match values.ip {
            IpAddr::V4(v4) => v4.to_string().into(),
            IpAddr::V6(v6) => {
                let nibbles = v6.octets().into_iter().flat_map(|octet| [octet >> 4, octet & 15]);
                let dotted: Vec<String> = nibbles.map(|nibble| format!("{nibble:X}")).collect();
                dotted.join(".").into()
            }
        },
        'p' => values.validated.into(),
        'v' => if values.ip.is_ipv4() { "in-addr" } else { "ip6" }.into(),
        'h' => values.helo.into(),
        'c' => values.ip.to_string().into(),
        'r' => values.host.into(),
        't' => values.now.to_string().into(),
        _ => "".into(),
    }
}

fn transformed(value: &str, keep: Option<usize>, reverse: bool, delimiters: &str) -> String {
    let mut parts: Vec<&str> = value.split(|c| delimiters.contains(c)).collect();
    if reverse {
        parts.reverse();
    }
    let skip = keep.map_or(0, |keep| parts.len().saturating_sub(keep));
    parts.into_iter().skip(skip).collect::<Vec<_>>().join(".")
}

/// RFC 3986: everything but the unreserved characters as `%xx`.
fn escaped(value: &str, out: &mut String) {
    for octet in value.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            out.push(char::from(octet));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "%{octet:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str, ip: &str) -> String {
        let values = Values {
            sender: "strong-bad@email.example.com",
            domain: "email.example.com",
            ip: ip.parse().unwrap(),
            helo: "mx.example.org",
            validated: "mx.example.org",
            host: "home.test",
            now: 1,
        };
        Macros::parse(text, true).unwrap().expand(&values)
    }

    #[test]
    fn macros_are_written_out_as_in_the_examples_of_the_standard() {
        for (text, out) in [
            ("%{s}", "strong-bad@email.example.com"),
            ("%{o}", "email.example.com"),
            ("%{d}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l}", "strong-bad"),
            ("%{l-}", "strong.bad"),
            ("%{lr}", "strong-bad"),
            ("%{lr-}", "bad.strong"),
            ("%{l1r-}", "strong"),
            ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
            ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
            ("%{S}%%%_%-", "strong-bad%40email.example.com% %20"),
        ] {
            assert_eq!(expand(text, "192.0.2.3"), out, "{text}");
        }
        // The suite wants capitals, the example has none; names know no difference.
        assert_eq!(
            expand("%{ir}.%{v}", "2001:db8::cb01"),
            "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6"
        );
    }

    #[test]
    fn what_breaks_the_grammar_is_no_record() {
        for good in [
            "v=spf1",
            "v=SPF1 -all",
            "v=spf1 a/24//64 mx:x.test/0 ?all",
            "v=spf1 x=%{d} redirect=_spf.%{d}",
            "v=spf1 ip6:::1/128",
        ] {
            assert!(is_record(good.as_bytes()) && Record::parse(good.as_bytes()).is_some(), "{good}");
        }
        for bad in [
            "v=spf1 all:x",
            "v=spf1 include",
            "v=spf1 a/33",
            "v=spf1 a/024",
            "v=spf1 a//129",
            "v=spf1 ip4:1.2.3",
            "v=spf1 ip4:1.2.3.4/",
            "v=spf1 a:com",
            "v=spf1 a:x.1",
            "v=spf1 a:%{c}.test",
            "v=spf1 a:%{d0}",
            "v=spf1 a:%x.test",
            "v=spf1 redirect=a.test redirect=b.test",
            "v=spf1 exists:",
            "v=spf1 foo",
            "v=spf1 \u{e9}=1",
            "v=spf1 -all\t",
            "v=spf1 a:",
        ] {
            assert_eq!(Record::parse(bad.as_bytes()), None, "{bad}");
        }
        assert!(!is_record(b"v=spf10") && !is_record(b"v=spf1-all") && !is_record(b"spf2.0/pra"));
    }
}
