//! Names that are written to be taken for others: what a domain or a person's name looks like.
//!
//! A *skeleton* in the sense of UTS #39 section 4, with a small table in place of the whole of
//! `confusables.txt`: the letters of Cyrillic, Greek, Armenian and full-width Latin that look Latin, Latin letters
//! with marks, and what ASCII itself confuses (`0`/`o`, `1`/`l`/`i`, `rn`/`m`, `vv`/`w`). Two texts with one
//! skeleton look alike. Absent on purpose: scripts that resemble no Latin letter, for the domains that
//! are compared are nearly all Latin.

/// Letters in the longest name that is compared; DNS allows 253 octets.
const MOST: usize = 253;

/// What looks like what. Lower case only: names are folded first.
const ALIKE: &[(&str, char)] = &[
    ("àáâãäåāăąǎạảấầẩẫậắằẳẵặⱥаɑαа4@", 'a'),
    ("ƀɓḃḅв8Ьь", 'b'),
    ("çćĉċčƈсϲⅽ", 'c'),
    ("ďđḋḍḏԁɗⅾ", 'd'),
    ("èéêëēĕėęěẹẻẽếềểễệеєёεҽ3", 'e'),
    ("ƒḟ", 'f'),
    ("ĝğġģǧɡց9", 'g'),
    ("ĥħḥһհн", 'h'),
    ("ĵјʝϳ", 'j'),
    ("ķĸκкқ", 'k'),
    ("ìíîïĩīĭįıǐỉịіїιɩ1i|ĺļľŀłⅼӏǀןl", 'l'),
    ("ṁṃмⅿ", 'm'),
    ("ñńņňŉṅṇпոռηπ", 'n'),
    ("òóôõöøōŏőơọỏốồổỗộớờởỡợоοσօ0", 'o'),
    ("ṗрρϱ", 'p'),
    ("ԛզ", 'q'),
    ("ŕŗřṙгѓ", 'r'),
    ("śŝşšșṣѕ5$", 's'),
    ("ţťŧțṭтτ", 't'),
    ("ùúûüũūŭůűųưụủứừửữựυսц", 'u'),
    ("ṽṿνѵⅴ", 'v'),
    ("ŵẁẃẅԝωшщ", 'w'),
    ("хχ×ⅹҳ", 'x'),
    ("ýÿŷỳỵỷỹуүγ", 'y'),
    ("źżžẓʐ2", 'z'),
];

/// Pairs that are read as one letter, after single letters have been replaced.
const PAIRS: &[(&str, &str)] = &[("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m")];

/// What a text looks like. Texts with one skeleton look alike; a skeleton is not for showing.
pub fn skeleton(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(MOST).flat_map(char::to_lowercase) {
        match c {
            '-' | '_' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{300}'..='\u{36f}' => {}
            // Full-width forms of ASCII (UAX #15, compatibility).
            '\u{ff01}'..='\u{ff5e}' => out.extend(char::from_u32(u32::from(c) - 0xfee0).map(|c| letter(c.to_ascii_lowercase()))),
            c => out.push(letter(c)),
        }
    }
    for (pair, one) in PAIRS {
        out = out.replace(pair, one);
    }
    out
}

fn letter(c: char) -> char {
    if c.is_ascii_lowercase() && !matches!(c, 'i' | 'l') {
        return c;
    }
    ALIKE.iter().find(|(letters, _)| letters.contains(c)).map_or(c, |(_, looks)| *looks)
}

/// A domain as it is read: the labels of an internationalised name (`xn--`) decoded (RFC 3492); a label that
/// is not one stays as it is.
pub fn readable(domain: &str) -> String {
    let label = |label: &str| match label.strip_prefix("xn--") {
        Some(encoded) => decoded(encoded).unwrap_or_else(|| label.to_owned()),
        None => label.to_owned(),
    };
    domain.to_lowercase().split('.').map(label).collect::<Vec<_>>().join(".")
}

/// RFC 3492 section 6.2. `None` where it is no Punycode, or longer than a label can be.
fn decoded(encoded: &str) -> Option<String> {
    const LONGEST: usize = 63;
    let (basic, extended) = encoded.rsplit_once('-').unwrap_or(("", encoded));
    if encoded.len() > LONGEST || !encoded.is_ascii() {
        return None;
    }
    let mut out: Vec<char> = basic.chars().collect();
    let (mut n, mut i, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = extended.bytes();
    while digits.len() > 0 {
        let old = i;
        let (mut weight, mut k) = (1_u32, 36_u32);
        loop {
            let digit = match digits.next()? {
                byte @ b'a'..=b'z' => u32::from(byte - b'a'),
                byte @ b'0'..=b'9' => u32::from(byte - b'0') + 26,
                _ => return None,
            };
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(36 - threshold)?;
            k += 36;
        }
        let length = u32::try_from(out.len()).ok()? + 1;
        bias = adapted(i - old, length, old == 0);
        n = n.checked_add(i / length)?;
        i %= length;
        out.insert(usize::try_from(i).ok()?, char::from_u32(n)?);
        i += 1;
    }
    Some(out.into_iter().collect())
}

/// RFC 3492 section 6.1.
fn adapted(delta: u32, length: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / length;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

/// Whether one text becomes the other by one letter more, one less, another in its place, or two
/// neighbours exchanged. Equal texts are not one apart. Linear.
pub fn one_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if long.len() - short.len() > 1 || short == long {
        return false;
    }
    let same = short.iter().zip(long.iter()).take_while(|(a, b)| a == b).count();
    let rest = |text: &[char], skip: usize| text.get(same + skip..).unwrap_or_default().to_vec();
    if long.len() > short.len() {
        return rest(short, 0) == rest(long, 1);
    }
    let exchanged = || {
        let pair = |text: &[char]| Some((*text.get(same)?, *text.get(same + 1)?));
        matches!((pair(short), pair(long)), (Some((a, b)), Some((c, d))) if a == d && b == c) && rest(short, 2) == rest(long, 2)
    };
    rest(short, 1) == rest(long, 1) || exchanged()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_has_one_skeleton() {
        for (seen, like) in [
            ("paypa1.com", "paypal.com"),
            ("pаypal.com", "paypal.com"),
            ("g00gle.com", "google.com"),
            ("rnicrosoft.com", "microsoft.com"),
            ("vvikipedia.org", "wikipedia.org"),
            ("ΑΡΡLΕ.com", "apple.com"),
            ("exämple.org", "example.org"),
            ("my-bank.fr", "mybank.fr"),
            ("ｂａｎｋ.fr", "bank.fr"),
            ("bib1iocité.fr", "bibliocite.fr"),
        ] {
            assert_eq!(skeleton(seen), skeleton(like), "{seen}");
        }
        for (one, other) in [("example.org", "example.com"), ("orange.fr", "grange.fr"), ("a", "b")] {
            assert_ne!(skeleton(one), skeleton(other));
        }
        assert!(skeleton(&"é".repeat(10_000)).len() <= MOST);
    }

    #[test]
    fn an_international_name_is_read_as_a_person_reads_it() {
        for (name, read) in [
            ("xn--bcher-kva.example", "bücher.example"),
            ("xn--80ak6aa92e.com", "аррӏе.com"),
            ("XN--MNCHEN-3YA.de", "münchen.de"),
            ("xn--fiqs8s", "中国"),
            ("xn--a\u{e9}", "xn--a\u{e9}"),
            ("xn--99999999999999", "xn--99999999999999"),
            ("xn--", ""),
            ("home.test", "home.test"),
        ] {
            assert_eq!(readable(name), read, "{name}");
        }
        assert_eq!(skeleton(&readable("xn--80ak6aa92e.com")), skeleton("apple.com"));
    }

    #[test]
    fn one_letter_apart_is_one_letter() {
        for (a, b, expected) in [
            ("amazon", "amazom", true),
            ("amazon", "amazzon", true),
            ("amazon", "amaon", true),
            ("amazon", "amzaon", true),
            ("amazon", "amazon", false),
            ("amazon", "amzoan", false),
            ("amazon", "amazonia", false),
            ("", "a", true),
            ("", "", false),
        ] {
            assert_eq!(one_apart(a, b), expected, "{a} {b}");
            assert_eq!(one_apart(b, a), expected, "{b} {a}");
        }
    }
}
