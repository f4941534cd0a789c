//! Domains beyond ASCII as machines ask for them (RFC 5891; UTS 46, which browsers follow).
//!
//! People read and type `zoé.example`; DNS, certificates and policies know `xn--zo-cja.example`. What people see stays as
//! they typed it. Absent on purpose: local parts, which only their own server can read (RFC 6531).

use crate::domain::address::Address;
use mail_auth::common::to_a_label;

/// A domain in ASCII, lower case, without a dot at its end; `None` where it is none. What is ASCII is taken as it is,
/// address literals with it.
pub fn ascii(domain: &str) -> Option<String> {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    if domain.is_ascii() {
        return Some(domain.to_ascii_lowercase());
    }
    let converted = to_a_label(domain);
    // Signs that look like `/` or `?` become these, and the host of a page would end there.
    let of_name = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_');
    let sound = !converted.is_empty() && !converted.ends_with('.') && converted.bytes().all(of_name);
    sound.then(|| converted.into_owned())
}

/// The same, and what is none as it is: whoever is asked about it will say that it is no name.
pub fn plain(domain: &str) -> String {
    ascii(domain).unwrap_or_else(|| domain.to_owned())
}

/// An address as a mail server is told it: in ASCII where its local part is, so that only what must be needs SMTPUTF8.
pub fn address(address: &Address) -> String {
    match ascii(address.domain()) {
        Some(domain) if address.local().is_ascii() => format!("{}@{domain}", address.local()),
        _ => address.to_string(),
    }
}

/// The same address with its domain in ASCII: what two spellings of one mailbox have in common.
pub fn folded(address: &Address) -> Address {
    if address.domain().is_ascii() {
        return address.clone();
    }
    let spelled = format!("{}@{}", address.local(), plain(address.domain()));
    Address::parse(&spelled).unwrap_or_else(|_| address.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_asked_for_in_ascii() {
        for (typed, asked) in [
            ("zoé.example", "xn--zo-cja.example"),
            ("ZOÉ.Example.", "xn--zo-cja.example"),
            ("bücher。example", "xn--bcher-kva.example"),
            ("straße.example", "xn--strae-oqa.example"),
            ("_mta-sts.zoé.example", "_mta-sts.xn--zo-cja.example"),
            ("Plain.Example", "plain.example"),
            ("xn--zo-cja.example", "xn--zo-cja.example"),
            ("[192.0.2.1]", "[192.0.2.1]"),
        ] {
            assert_eq!(ascii(typed).as_deref(), Some(asked), "{typed}");
        }
        for none in ["\u{200b}é..example\u{0}", "a\u{301}\u{2}.example", &"é".repeat(300)] {
            assert!(ascii(none).is_none_or(|name| name.is_ascii()), "{none:?}");
        }
        for none in [
            "x.example／p？.é.example",
            "x.example：8443.é.example",
            "a＠é.example",
            "℀.é.example",
        ] {
            assert_eq!(ascii(none), None, "{none}");
        }
    }

    #[test]
    fn only_a_local_part_beyond_ascii_needs_more() {
        let of = |text: &str| address(&Address::parse(text).unwrap());
        assert_eq!(of("zoe@zoé.example"), "zoe@xn--zo-cja.example");
        assert_eq!(of("zoé@zoé.example"), "zoé@zoé.example");
        assert_eq!(of("a@x.test"), "a@x.test");
        let folded = |text: &str| folded(&Address::parse(text).unwrap()).to_string();
        assert_eq!(folded("Zoé@ZOÉ.example"), "zoé@xn--zo-cja.example");
        assert_eq!(folded("a@x.test"), "a@x.test");
    }
}
