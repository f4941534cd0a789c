//! What a QR code says of a key, as people show it to each other: `OPENPGP4FPR:` and a fingerprint (OpenKeychain), with
//! an address and a name behind it (Delta Chat), Delta Chat's invitation as a link, and our own page's link. A bare
//! fingerprint, as it stands on a card, is read too.
//!
//! Deliberately absent: Delta Chat's secret words for joining by themselves. Whoever holds a card up is looked in the face.

use crate::domain::{address::Address, openpgp::Fingerprint};

/// Characters of a code that are read.
const LONGEST: usize = 2_000;
/// Characters of a name that are kept.
const MAX_NAME: usize = 80;
/// What a code begins with, in capitals.
const SCHEME: &str = "OPENPGP4FPR:";

/// What a code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCode {
    /// The key.
    pub print: Fingerprint,
    /// Whose it is, where that is said.
    pub address: Option<Address>,
    /// Their name, as they say; may be empty.
    pub name: String,
}

fn unescaped(text: &str) -> String {
    let octets = format!("x={}", text.replace('+', "%2B"));
    form_urlencoded::parse(octets.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// Reads a code; `None` where it says nothing of a key.
pub fn read(text: &str) -> Option<KeyCode> {
    of(text.trim(), true)
}

fn of(text: &str, links: bool) -> Option<KeyCode> {
    if text.len() > LONGEST {
        return None;
    }
    let is_scheme = text.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME));
    if is_scheme {
        return said(text.get(SCHEME.len()..)?);
    }
    let Some(link) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .filter(|_| links)
    else {
        let print = Fingerprint::parse(text)?;
        return Some(KeyCode {
            print,
            address: None,
            name: String::new(),
        });
    };
    // An invitation of Delta Chat's says everything behind the sign that no server sees.
    if let Some((_, behind)) = link.split_once('#') {
        return said(behind);
    }
    let (_, query) = link.split_once('?')?;
    let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code")?.1;
    of(&code, false)
}

/// A fingerprint, and what stands behind it.
fn said(text: &str) -> Option<KeyCode> {
    let (print, rest) = text.split_once(['#', '&']).unwrap_or((text, ""));
    let value = |wanted: &str| {
        let pairs = rest.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| unescaped(value)).next()
    };
    let name = value("n").unwrap_or_default();
    Some(KeyCode {
        print: Fingerprint::parse(print)?,
        address: value("a").and_then(|address| Address::parse(&address).ok()),
        name: name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect(),
    })
}

/// The code of a key: programs that know the scheme find the address behind it, others leave it aside.
pub fn write(print: &Fingerprint, address: &Address, name: &str) -> String {
    let escaped = |text: &str| {
        form_urlencoded::byte_serialize(text.as_bytes())
            .collect::<String>()
            .replace('+', "%20")
    };
    let name = if name.is_empty() {
        String::new()
    } else {
        format!("&n={}", escaped(name))
    };
    format!("{SCHEME}{}#a={}{name}", print.hex(), escaped(address.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789ABCDEF0123456789ABCDEF01234567";

    #[test]
    fn every_kind_of_code_is_read() {
        let print = Fingerprint::parse(HEX).unwrap();
        let anna = Address::parse("anna@x.test").unwrap();
        let bare = KeyCode {
            print: print.clone(),
            address: None,
            name: String::new(),
        };
        let named = KeyCode {
            print: print.clone(),
            address: Some(anna.clone()),
            name: "Anna B".into(),
        };
        for (text, wanted) in [
            (format!("OPENPGP4FPR:{HEX}"), &bare),
            (format!(" openpgp4fpr:{}\n", HEX.to_lowercase()), &bare),
            ("0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567".to_owned(), &bare),
            (format!("OPENPGP4FPR:{HEX}#a=anna%40x.test&n=Anna%20B&i=abc&s=def"), &named),
            (
                format!("https://i.delta.chat/#{HEX}&v=3&i=abc&s=def&a=anna%40x.test&n=Anna%20B"),
                &named,
            ),
            (
                format!("https://home.test/settings/keys/scan?code=OPENPGP4FPR%3A{HEX}%23a%3Danna%2540x.test%26n%3DAnna%2520B"),
                &named,
            ),
        ] {
            assert_eq!(read(&text).as_ref(), Some(wanted), "{text}");
        }
        assert_eq!(read(&write(&print, &anna, "Anna B")), Some(named));
        assert_eq!(read(&write(&print, &anna, "")).unwrap().address, Some(anna));
        for bad in [
            "",
            "OPENPGP4FPR:",
            "https://x.test/",
            "https://x.test/?code=https://x.test/?code=1",
            "OPENPGP4FPR:12#a=b",
            &"A".repeat(4_000),
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
