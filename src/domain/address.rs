//! A mail address (RFC 5321 section 4.1.2, RFC 6531) as a noun: a mailbox at a domain.
//!
//! Absent on purpose: plus-addressing and dots are not folded, because only the mailbox's own
//! operator knows what they mean. For the owner's addresses that operator is this box: see [`Address::detail`].

/// The most octets an address may have (RFC 5321 section 4.5.3.1.3: a path has 256, two are brackets).
pub const MAX_ADDRESS: usize = 254;

/// One mail address. Compared without regard to case: RFC 5321 lets a local part be case-sensitive,
/// no living mail service is, and one person must not be two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    key: String,
    at: usize,
}

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// There is no `@` with something on both sides.
    Incomplete,
    /// Longer than [`MAX_ADDRESS`].
    TooLong,
    /// A blank, a control character or a bracket where none may be, or what stands in no domain.
    Character,
}

impl std::fmt::Display for AddressError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Incomplete => "an address has the form name@domain",
            Self::TooLong => "an address has at most 254 characters",
            Self::Character => "an address has no blanks, brackets or control characters",
        })
    }
}

impl std::error::Error for AddressError {}

impl Address {
    /// Reads `local@domain`; the last `@` divides. Case is folded.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.len() > MAX_ADDRESS {
            return Err(AddressError::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Incomplete)?;
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        // One dot at the end is a spelling of the same domain; two are none of any.
        if local.is_empty() || domain.is_empty() || domain.ends_with('.') {
            return Err(AddressError::Incomplete);
        }
        let bad = |c: char| c.is_control() || matches!(c, '<' | '>' | ',' | ';') || c.is_whitespace();
        let local_fits = is_quoted(local) || !local.contains(bad);
        if !local_fits || domain.contains(bad) || !is_domain(domain) || local.contains(char::is_control) {
            return Err(AddressError::Character);
        }
        let local = local.to_lowercase();
        let at = local.len();
        Ok(Self {
            key: format!("{local}@{}", domain.to_lowercase()),
            at,
        })
    }

    /// The whole address, case folded: what two spellings of one mailbox have in common.
    pub fn as_str(&self) -> &str {
        &self.key
    }

    /// What stands before the `@`.
    pub fn local(&self) -> &str {
        self.key.get(..self.at).unwrap_or_default()
    }

    /// The mailbox and the detail of `mailbox+detail@domain` (RFC 5233 section 1), where there are both. Only for
    /// addresses of this box: what `+` means elsewhere is not ours to say.
    pub fn detail(&self) -> Option<(Self, &str)> {
        let (mailbox, detail) = self.local().split_once('+')?;
        if mailbox.is_empty() || detail.is_empty() || mailbox.starts_with('"') {
            return None;
        }
        let address = Self {
            key: format!("{mailbox}@{}", self.domain()),
            at: mailbox.len(),
        };
        Some((address, detail))
    }

    /// Whether it is one of these, with a detail or without.
    pub fn is_one_of<'a>(&self, mut addresses: impl Iterator<Item = &'a Self> + Clone) -> bool {
        addresses.clone().any(|address| address == self)
            || self
                .detail()
                .is_some_and(|(mailbox, _)| addresses.any(|address| *address == mailbox))
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        self.key.get(self.at + 1..).unwrap_or_default()
    }
}

/// Whether it is a quoted string (RFC 5321 section 4.1.2) from its beginning to its end. What stood behind an end in the middle
/// would be taken for something else where the address stands between brackets.
pub fn is_quoted(local: &str) -> bool {
    let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return false;
    };
    let (mut escaped, mut closed) = (false, false);
    for c in inner.chars() {
        closed |= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    !escaped && !closed
}

/// Whether it can be a domain: a name, in which underscores are met and what is beyond ASCII may stand, or an address in
/// brackets. It becomes a part of names and of addresses of pages, whose host must be no other's (`a@x.org/?.y.org`).
fn is_domain(domain: &str) -> bool {
    match domain.strip_prefix('[') {
        Some(rest) => {
            let of_literal = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '-');
            rest.strip_suffix(']')
                .is_some_and(|inside| !inside.is_empty() && inside.chars().all(of_literal))
        }
        None => domain
            .chars()
            .all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')),
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_key() {
        let a = Address::parse("Alice.Martin@Example.ORG.").unwrap();
        assert_eq!(a.as_str(), "alice.martin@example.org");
        assert_eq!((a.local(), a.domain()), ("alice.martin", "example.org"));
        for quoted in ["\"a b\"", r#""a\"> \\""#, "\"a@b\"", "\"\""] {
            assert_eq!(Address::parse(&format!("{quoted}@x.org")).unwrap().local(), quoted);
        }
        for domain in [
            "[192.0.2.1]",
            "[ipv6:2001:db8::1]",
            "_a.x-y.org",
            "zoé.example",
            "bücher。example",
            "localhost",
        ] {
            assert_eq!(Address::parse(&format!("a@{domain}")).unwrap().domain(), domain);
        }
        assert_eq!(Address::parse("İ@x.org").unwrap().domain(), "x.org");
    }

    #[test]
    fn a_detail_leads_to_the_same_mailbox() {
        let address = |text: &str| Address::parse(text).unwrap();
        let shop = address("Me+Shop+2@home.test");
        let (mailbox, detail) = shop.detail().unwrap();
        assert_eq!((mailbox.as_str(), mailbox.local(), detail), ("me@home.test", "me", "shop+2"));
        assert!(shop.is_one_of([address("me@home.test")].iter()));
        assert!(!shop.is_one_of([address("shop@home.test"), address("me@x.test")].iter()));
        for none in ["me@home.test", "+x@home.test", "me+@home.test", "\"a+b\"@home.test"] {
            assert_eq!(address(none).detail(), None, "{none}");
        }
    }

    #[test]
    fn what_is_no_address_is_said() {
        for (text, error) in [
            ("alice", AddressError::Incomplete),
            ("@x.org", AddressError::Incomplete),
            ("a@", AddressError::Incomplete),
            ("a@x.org..", AddressError::Incomplete),
            ("a b@x.org", AddressError::Character),
            ("a@x\r\n.org", AddressError::Character),
            ("a@x.org/path?.y.org", AddressError::Character),
            ("a@x.org:8443", AddressError::Character),
            ("a@x.org#.y.org", AddressError::Character),
            ("a@x.org\\.y.org", AddressError::Character),
            ("a@user:word%40.y.org", AddressError::Character),
            ("a@[]", AddressError::Character),
            ("a@[192.0.2.1]/x", AddressError::Character),
            ("a@[192.0.2.1/x]", AddressError::Character),
            ("\"a\"> SIZE=1 \"b\"@x.org", AddressError::Character),
            ("\"a b\\\"@x.org", AddressError::Character),
        ] {
            assert_eq!(Address::parse(text), Err(error), "{text:?}");
        }
        assert_eq!(Address::parse(&format!("{}@x.org", "a".repeat(250))), Err(AddressError::TooLong));
    }
}
