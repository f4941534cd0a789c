//! What a publisher says of a release: the manifest that lies beside its programs (`dist/release` writes it, `install.sh`
//! reads the same). Lines of words; those that are not known here are for others.

/// What every manifest begins with.
const FIRST: &str = "caliopen-release 1";
/// Lines and characters of a version that are looked at.
const LINES: usize = 200;
const VERSION: usize = 40;

/// A release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its version.
    pub version: String,
    /// The last day on which the manifest holds, as 2027-11-25: an old one that somebody keeps showing is not believed
    /// for ever.
    pub expires: String,
}

/// Reads a manifest. `None` where it is none, or says half.
pub fn read(text: &str) -> Option<Release> {
    let mut lines = text.lines().take(LINES);
    if lines.next()?.trim_end() != FIRST {
        return None;
    }
    let words: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(' ')).collect();
    let said = |name: &str| words.iter().find(|(known, _)| *known == name).map(|(_, rest)| rest.trim());
    let version = said("version").filter(|version| version.len() <= VERSION && numbers(version).is_some())?;
    let expires = said("expires").filter(|day| is_day(day))?;
    Some(Release {
        version: version.to_owned(),
        expires: expires.to_owned(),
    })
}

fn is_day(text: &str) -> bool {
    let digits = |at: usize, octet: u8| {
        if matches!(at, 4 | 7) {
            octet == b'-'
        } else {
            octet.is_ascii_digit()
        }
    };
    text.len() == 10 && text.bytes().enumerate().all(|(at, octet)| digits(at, octet))
}

/// The numbers of a version such as 1.20.3.
fn numbers(version: &str) -> Option<Vec<u32>> {
    let plain = version.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
    let parts: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    parts.filter(|parts| plain && parts.len() <= 4)
}

/// Whether one version comes after another. What is no version comes after none.
pub fn is_newer(version: &str, than: &str) -> bool {
    match (numbers(version), numbers(than)) {
        (Some(one), Some(other)) => one > other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_says_its_version_and_how_long_it_holds() {
        let text = "caliopen-release 1\nversion 0.10.0\nexpires 2027-11-25\nx86_64 00 12 caliopen\n";
        let release = read(text).unwrap();
        assert_eq!((release.version.as_str(), release.expires.as_str()), ("0.10.0", "2027-11-25"));
        for bad in ["", "caliopen-release 2\nversion 1\nexpires 2027-11-25\n"] {
            assert_eq!(read(bad), None);
        }
        for (from, to) in [
            ("0.10.0", "+1.0"),
            ("0.10.0", "1.0-beta"),
            ("2027-11-25", "tomorrow"),
            ("expires", "ends"),
        ] {
            assert_eq!(read(&text.replace(from, to)), None, "{to}");
        }
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_newer("0.10.0", "0.9.9") && is_newer("1.0", "0.99") && is_newer("1.0.1", "1.0"));
        assert!(!is_newer("0.9.9", "0.10.0") && !is_newer("1.0", "1.0") && !is_newer("x", "0"));
    }
}
