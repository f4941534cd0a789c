//! DMARC policy records (RFC 7489 section 6.3).

use crate::domain::authentication::Policy;

/// What a domain asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// For itself.
    pub policy: Policy,
    /// For the domains below it.
    pub below: Policy,
    /// Of how many in a hundred that fail, 0 to 100.
    pub percent: u8,
    /// Whether a signature must be of exactly the From domain.
    pub strict_dkim: bool,
    /// Whether the envelope must be.
    pub strict_spf: bool,
}

/// Whether a text is a DMARC record, of whatever worth (section 6.6.3, step 2): the version stands first,
/// in capitals.
pub fn is_record(text: &[u8]) -> bool {
    let first = text.split(|octet| *octet == b';').next().unwrap_or_default();
    let mut parts = first.splitn(2, |octet| *octet == b'=');
    parts.next().is_some_and(|name| name.trim_ascii() == b"v") && parts.next().is_some_and(|value| value.trim_ascii() == b"DMARC1")
}

impl Record {
    /// Reads a record for which [`is_record`] holds; `None` where it asks for nothing that makes sense, as
    /// if it were not there (section 6.6.3, step 6).
    pub fn parse(text: &[u8]) -> Option<Self> {
        let get = |name: &str| {
            let tags = text.split(|octet| *octet == b';');
            let mut values = tags.filter_map(|tag| {
                let equals = memchr::memchr(b'=', tag)?;
                let (key, value) = tag.split_at_checked(equals)?;
                let value = std::str::from_utf8(value.get(1..)?).ok()?.trim();
                key.trim_ascii()
                    .eq_ignore_ascii_case(name.as_bytes())
                    .then(|| value.to_ascii_lowercase())
            });
            values.next()
        };
        let policy = |name: &str| {
            let value = get(name)?;
            Policy::ALL.iter().copied().find(|policy| policy.as_str() == value)
        };
        let has_bad_below = get("sp").is_some() && policy("sp").is_none();
        let (own, below) = match policy("p") {
            Some(own) if !has_bad_below => (own, policy("sp").unwrap_or(own)),
            // Whoever wants reports and misspells the policy asks for nothing else.
            _ if get("rua").is_some_and(|rua| rua.contains("mailto:")) => (Policy::None, Policy::None),
            _ => return None,
        };
        let strict = |name: &str| get(name).is_some_and(|mode| mode == "s");
        Some(Self {
            policy: own,
            below,
            percent: get("pct").and_then(|pct| pct.parse().ok()).filter(|pct| *pct <= 100).unwrap_or(100),
            strict_dkim: strict("adkim"),
            strict_spf: strict("aspf"),
        })
    }
}

/// Whether two domains are one by the rules of DMARC (section 3.1): the same, or, where it is not strict, of
/// the same organisation.
pub fn is_aligned(domain: &str, from: &str, strict: bool) -> bool {
    let (domain, from) = (domain.to_lowercase(), from.to_lowercase());
    if domain.is_empty() || from.is_empty() {
        return false;
    }
    domain == from || (!strict && super::hosts::registrable(&domain) == super::hosts::registrable(&from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_what_it_asks_for() {
        let read = |text: &str| is_record(text.as_bytes()).then(|| Record::parse(text.as_bytes())).flatten();
        let plain = read("v=DMARC1; p=reject").unwrap();
        assert_eq!((plain.policy, plain.below, plain.percent), (Policy::Reject, Policy::Reject, 100));
        assert!(!plain.strict_dkim && !plain.strict_spf);
        let full = read("v=DMARC1;p=quarantine;sp=NONE;pct=20;adkim=s;aspf=s;").unwrap();
        assert_eq!((full.policy, full.below, full.percent), (Policy::Quarantine, Policy::None, 20));
        assert!(full.strict_dkim && full.strict_spf);
        assert_eq!(read("v = DMARC1 ; p = none").unwrap().policy, Policy::None);
        assert_eq!(read("v=DMARC1; rua=mailto:a@b.test").unwrap().policy, Policy::None);
        assert_eq!(read("v=DMARC1; p=reject; pct=900").unwrap().percent, 100);
        for bad in [
            "v=DMARC1",
            "v=dmarc1; p=none",
            "p=none; v=DMARC1",
            "v=DMARC1; p=maybe",
            "v=DMARC2; p=none",
            "v=DMARC1; p=none; sp=x",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn domains_are_aligned_by_their_organisation() {
        assert!(is_aligned("Mail.Example.co.uk", "example.co.uk", false));
        assert!(!is_aligned("mail.example.co.uk", "example.co.uk", true));
        assert!(!is_aligned("other.co.uk", "example.co.uk", false));
        assert!(!is_aligned("co.uk", "example.co.uk", false));
        assert!(is_aligned("example.org", "EXAMPLE.org", true));
        assert!(!is_aligned("", "", false));
    }
}
