//! What still gets security updates: a table that is shipped with each release, and its date.
//!
//! It is looked up with what a browser says of itself. Who is newer than the table is taken for current: a
//! table grows old, a browser that updates itself does not. Absent on purpose: asking anybody over the network.

use super::agent::{Agent, Browser, System};
use crate::domain::fact::Fact;

/// The month that the table was made in, as year and month.
pub const DATED: (u16, u8) = (2026, 11);

/// Whether something gets security updates. Ordered, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Support {
    /// It gets none.
    Unsupported,
    /// A newer one is out, or its last updates are near.
    Outdated,
    /// It gets them.
    Current,
}

/// The oldest major version that is current, and the oldest that is only outdated.
struct Since {
    current: u16,
    outdated: u16,
    /// A long-supported version below `current` that still gets updates.
    also: Option<u16>,
}

/// Browsers update themselves every few weeks; Safari comes with its system once a year.
fn browser(browser: Browser) -> Since {
    let since = |current, outdated| Since {
        current,
        outdated,
        also: None,
    };
    match browser {
        Browser::Firefox => Since {
            also: Some(153),
            ..since(156, 150)
        },
        Browser::Chrome | Browser::Edge => since(154, 148),
        Browser::Safari => since(26, 18),
        Browser::Samsung => since(29, 27),
    }
}

/// By the versions that `Agent` counts in; `None` where a system never tells its version.
fn system(system: System) -> Option<Since> {
    let since = |current, outdated| {
        Some(Since {
            current,
            outdated,
            also: None,
        })
    };
    match system {
        // Updates for Windows 10 ended in October 2025.
        System::Windows => since(11, 11),
        System::MacOs => since(15, 14),
        System::Android => since(14, 13),
        System::Ios => since(26, 18),
        System::Linux | System::ChromeOs => None,
    }
}

impl Since {
    fn judge(&self, version: u16) -> Support {
        if version >= self.current || self.also == Some(version) {
            Support::Current
        } else if version >= self.outdated {
            Support::Outdated
        } else {
            Support::Unsupported
        }
    }
}

/// What the table says of a browser and its system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Supported {
    /// The browser; not known where it is none of the table's.
    pub browser: Fact<Support>,
    /// The system; not known where its version is not told.
    pub system: Fact<Support>,
}

/// Looks both up.
pub fn look_up(agent: &Agent) -> Supported {
    let of_browser = agent
        .browser
        .zip(agent.version)
        .map(|(family, version)| browser(family).judge(version));
    let of_system = agent
        .system
        .and_then(system)
        .zip(agent.system_version)
        .map(|(since, version)| since.judge(version));
    // ChromeOS and its browser are one update.
    let of_system = of_system.or(of_browser.filter(|_| agent.system == Some(System::ChromeOs)));
    Supported {
        browser: of_browser.into(),
        system: of_system.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(browser: Browser, version: u16, system: System, system_version: Option<u16>) -> (Fact<Support>, Fact<Support>) {
        let supported = look_up(&Agent {
            browser: Some(browser),
            version: Some(version),
            system: Some(system),
            system_version,
        });
        (supported.browser, supported.system)
    }

    #[test]
    fn the_table_tells_current_from_outdated_from_gone() {
        use Support::*;
        let known = Fact::Known;
        assert_eq!(judged(Browser::Firefox, 157, System::Linux, None), (known(Current), Fact::Unknown));
        assert_eq!(
            judged(Browser::Firefox, 153, System::Linux, None).0,
            known(Current),
            "long supported"
        );
        assert_eq!(judged(Browser::Firefox, 152, System::Linux, None).0, known(Outdated));
        assert_eq!(
            judged(Browser::Firefox, 115, System::Windows, Some(8)),
            (known(Unsupported), known(Unsupported))
        );
        assert_eq!(
            judged(Browser::Chrome, 900, System::Windows, Some(11)),
            (known(Current), known(Current)),
            "newer than the table"
        );
        assert_eq!(judged(Browser::Edge, 156, System::Windows, Some(10)).1, known(Unsupported));
        assert_eq!(judged(Browser::Chrome, 156, System::ChromeOs, None).1, known(Current));
        assert_eq!(
            judged(Browser::Safari, 18, System::Ios, Some(18)),
            (known(Outdated), known(Outdated))
        );
        assert_eq!(look_up(&Agent::default()), Supported::default());
    }
}
