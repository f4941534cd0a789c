//! MTA-STS (RFC 8461): what a domain says of the TLS of its mail servers; reading it, and writing our own. Fetching is
//! `net`'s.

use aws_lc_rs::digest;
use std::fmt::Write;

/// Octets of the longest policy that is read (RFC 8461 section 3.3 suggests 64 KiB).
pub const MAX_POLICY: usize = 64 * 1024;
/// Seconds of the longest time that a policy may hold (section 3.2).
const MAX_AGE: u64 = 31_557_600;
/// Mail servers of one policy that are looked at.
const MAX_HOSTS: usize = 200;

/// What is to be done where the policy cannot be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The message must not be delivered.
    Enforce,
    /// It is delivered, and may be reported.
    Testing,
    /// There is no policy any more.
    None,
}

/// A domain's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How strict it is.
    pub mode: Mode,
    /// Seconds for which it may be remembered.
    pub max_age: u64,
    /// The names of its mail servers, lower case; one that begins with `*.` stands for any one label.
    pub hosts: Vec<String>,
}

/// The id of the policy by the texts of `_mta-sts.DOMAIN` (section 3.1): it changes with the policy. `None`
/// where there is no policy; more than one record is none either.
pub fn policy_id<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Option<String> {
    let mut records = texts.filter_map(|text| std::str::from_utf8(text).ok()).filter(|text| {
        let first = text.split(';').next().unwrap_or_default();
        first.replace([' ', '\t'], "") == "v=STSv1"
    });
    let (record, None) = (records.next()?, records.next()) else {
        return None;
    };
    let fields = record.split(';').skip(1).filter_map(|field| field.split_once('='));
    let mut ids = fields.filter(|(name, _)| name.trim() == "id").map(|(_, value)| value.trim());
    let id = ids.next()?;
    let fits = (1..=32).contains(&id.len()) && id.bytes().all(|octet| octet.is_ascii_alphanumeric());
    fits.then(|| id.to_owned())
}

/// Reads a policy (section 3.2); `None` where it is none. Of a field that stands twice the first counts,
/// except `mx`.
pub fn policy(text: &[u8]) -> Option<Policy> {
    let text = std::str::from_utf8(text.get(..MAX_POLICY).unwrap_or(text)).ok()?;
    let fields = || {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        lines.map(|(name, value)| (name.trim(), value.trim()))
    };
    let first = |wanted: &str| fields().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    if first("version")? != "STSv1" {
        return None;
    }
    let mode = match first("mode")? {
        "enforce" => Mode::Enforce,
        "testing" => Mode::Testing,
        "none" => Mode::None,
        _ => return None,
    };
    let max_age: u64 = first("max_age").filter(|age| age.len() <= 10)?.parse().ok()?;
    let hosts = fields().filter(|(name, _)| *name == "mx").take(MAX_HOSTS);
    let hosts: Vec<String> = hosts.map(|(_, host)| host.trim_end_matches('.').to_ascii_lowercase()).collect();
    (mode == Mode::None || !hosts.is_empty()).then_some(Policy {
        mode,
        max_age: max_age.min(MAX_AGE),
        hosts,
    })
}

impl Policy {
    /// The policy as it is served (section 3.2).
    pub fn text(&self) -> String {
        let mode = match self.mode {
            Mode::Enforce => "enforce",
            Mode::Testing => "testing",
            Mode::None => "none",
        };
        let mut text = format!("version: STSv1\r\nmode: {mode}\r\n");
        for host in &self.hosts {
            let _ = write!(text, "mx: {host}\r\n");
        }
        let _ = write!(text, "max_age: {}\r\n", self.max_age);
        text
    }

    /// An id that changes with the policy: the beginning of the hash of its text, 20 characters.
    pub fn id(&self) -> String {
        let hash = digest::digest(&digest::SHA256, self.text().as_bytes());
        hash.as_ref().iter().take(10).map(|octet| format!("{octet:02x}")).collect()
    }

    /// Its lines, for a report about it (RFC 8460 section 4.4).
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    /// Whether a mail server is one of the domain's (section 4.1): `*.` stands for exactly one label.
    pub fn allows(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.hosts.iter().any(|pattern| match pattern.strip_prefix("*.") {
            Some(rest) => host
                .split_once('.')
                .is_some_and(|(label, domain)| !label.is_empty() && domain == rest),
            None => *pattern == host,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_and_has_an_id() {
        let id = |texts: &[&str]| policy_id(texts.iter().map(|text| text.as_bytes()));
        assert_eq!(id(&["v=STSv1; id=20160831085700Z;"]).as_deref(), Some("20160831085700Z"));
        assert_eq!(id(&["other", "v=STSv1;id=1;x=y"]).as_deref(), Some("1"));
        for none in [
            &["v=STSv1; id=1", "v=STSv1; id=2"][..],
            &["v=STSv2; id=1"],
            &["v=STSv1"],
            &["v=STSv1; id=a-b"],
            &["v=STSv1; id="],
            &["id=1; v=STSv1"],
            &[],
        ] {
            assert_eq!(id(none), None, "{none:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_and_its_id_changes_with_it() {
        let own = Policy {
            mode: Mode::Testing,
            max_age: 86_400,
            hosts: vec!["mail.home.test".to_owned()],
        };
        assert_eq!(policy(own.text().as_bytes()), Some(own.clone()));
        let record = format!("v=STSv1; id={}", own.id());
        assert_eq!(policy_id([record.as_bytes()].into_iter()), Some(own.id()));
        let bound = Policy {
            mode: Mode::Enforce,
            ..own.clone()
        };
        assert_ne!(bound.id(), own.id());
    }

    #[test]
    fn a_policy_is_read_as_the_rfc_has_it() {
        let text =
            "version: STSv1\r\nmode: enforce\r\nmx: Mail.example.com\r\nmx: *.example.net\r\nmode: none\r\nmax_age: 604800\r\nnew: x\r\n";
        let read = policy(text.as_bytes()).unwrap();
        assert_eq!((read.mode, read.max_age), (Mode::Enforce, 604_800));
        assert_eq!(
            read.lines(),
            [
                "version: STSv1",
                "mode: enforce",
                "mx: mail.example.com",
                "mx: *.example.net",
                "max_age: 604800"
            ]
        );
        for (host, allowed) in [
            ("mail.example.com", true),
            ("MAIL.EXAMPLE.COM.", true),
            ("a.example.net", true),
            ("example.net", false),
            ("a.b.example.net", false),
            (".example.net", false),
            ("evil.test", false),
        ] {
            assert_eq!(read.allows(host), allowed, "{host}");
        }
        assert_eq!(policy(b"version: STSv1\nmode: none\nmax_age: 99999999999\n"), None);
        assert_eq!(
            policy(b"version: STSv1\nmode: none\nmax_age: 9999999999\n").unwrap().max_age,
            MAX_AGE
        );
        for bad in [
            &b"version: STSv1\nmode: enforce\nmax_age: 1\n"[..],
            b"version: STSv2\nmode: enforce\nmx: a\nmax_age: 1\n",
            b"mode: enforce\nmx: a\nmax_age: 1\n",
            b"version: STSv1\nmode: strict\nmx: a\nmax_age: 1\n",
            b"version: STSv1\nmode: enforce\nmx: a\n",
            b"\xff",
            b"",
        ] {
            assert_eq!(policy(bad), None);
        }
    }
}
