//! What a browser says of itself: its `User-Agent` (RFC 9110 section 10.1.5) and its client hints
//! (`Sec-CH-UA` and its like, W3C UA Client Hints). Its own word: it gives a device a name and is looked up
//! in the table of `support`, and never tells two devices apart.
//!
//! Browsers freeze what they tell: every Windows calls itself 10.0, every macOS 10.15.7, Chrome on Android
//! says "Android 10; K". Such a version is not a version, and is "not told".

/// Octets of a header that are looked at.
const LONGEST: usize = 512;

/// A browser's family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Browser {
    /// Mozilla's.
    Firefox,
    /// Google's, and Chromium.
    Chrome,
    /// Apple's.
    Safari,
    /// Microsoft's.
    Edge,
    /// Samsung Internet.
    Samsung,
}

impl Browser {
    /// Its name, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Firefox => "Firefox",
            Self::Chrome => "Chrome",
            Self::Safari => "Safari",
            Self::Edge => "Edge",
            Self::Samsung => "Samsung Internet",
        }
    }
}

/// An operating system's family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum System {
    /// Microsoft's.
    Windows,
    /// Apple's, on computers.
    MacOs,
    /// Any Linux but Android and ChromeOS.
    Linux,
    /// Google's, on phones and tablets.
    Android,
    /// Apple's, on phones and tablets.
    Ios,
    /// ChromeOS, which is updated together with its browser.
    ChromeOs,
}

impl System {
    /// Its name, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Windows => "Windows",
            Self::MacOs => "macOS",
            Self::Linux => "Linux",
            Self::Android => "Android",
            Self::Ios => "iOS",
            Self::ChromeOs => "ChromeOS",
        }
    }
}

/// What a browser says of itself. What it does not say, or what we do not know, is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Agent {
    /// Its family.
    pub browser: Option<Browser>,
    /// Its major version.
    pub version: Option<u16>,
    /// The system's family.
    pub system: Option<System>,
    /// The system's major version, where it is told and is one.
    pub system_version: Option<u16>,
}

/// The client hints that are read, as the headers carry them; empty where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// `Sec-CH-UA`.
    pub brands: &'a str,
    /// `Sec-CH-UA-Platform`.
    pub platform: &'a str,
    /// `Sec-CH-UA-Platform-Version`.
    pub platform_version: &'a str,
}

impl Agent {
    /// Reads both. Hints win where they say something, for they are not frozen.
    pub fn read(user_agent: &str, hints: Hints<'_>) -> Self {
        let ua = head(user_agent);
        let brands = head(hints.brands);
        // Such a browser writes the text of another one.
        let known = if is_stranger(brands) {
            None
        } else {
            branded(brands).or_else(|| browser(ua))
        };
        let (browser, version) = known.unzip();
        let system = platform(head(hints.platform)).or_else(|| system(ua));
        let told = quoted(head(hints.platform_version)).and_then(leading);
        let system_version = match system {
            Some(System::Ios) => version
                .flatten()
                .filter(|_| browser == Some(Browser::Safari))
                .or_else(|| after(ua, " OS ")),
            Some(System::Windows) => told.map(windows).or_else(|| windows_nt(ua)),
            Some(System::MacOs) => told.or_else(|| mac(ua)),
            Some(System::Android) => told.or_else(|| after(ua, "Android ").filter(|_| !ua.contains("Android 10; K"))),
            Some(System::Linux | System::ChromeOs) | None => None,
        };
        Self {
            browser,
            version: version.flatten(),
            system,
            system_version,
        }
    }

    /// "Firefox on Linux", with `on` said in the reader's language; `None` where neither is known.
    pub fn name(&self, on: &str) -> Option<String> {
        match (self.browser, self.system) {
            (Some(browser), Some(system)) => Some(format!("{} {on} {}", browser.name(), system.name())),
            (Some(browser), None) => Some(browser.name().to_owned()),
            (None, Some(system)) => Some(system.name().to_owned()),
            (None, None) => None,
        }
    }
}

fn head(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn leading(text: &str) -> Option<u16> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).take(5).collect();
    digits.parse().ok()
}

/// The number right after a mark.
fn after(text: &str, mark: &str) -> Option<u16> {
    text.split_once(mark).and_then(|(_, rest)| leading(rest))
}

/// The inside of a structured-field string (RFC 8941 section 3.3.3).
fn quoted(text: &str) -> Option<&str> {
    text.trim().strip_prefix('"')?.strip_suffix('"')
}

/// The brands of `Sec-CH-UA` that we know, the more special one first: every Edge is a Chromium as well.
const BRANDS: [(&str, Browser); 5] = [
    ("Microsoft Edge", Browser::Edge),
    ("Samsung Internet", Browser::Samsung),
    ("Google Chrome", Browser::Chrome),
    ("HeadlessChrome", Browser::Chrome),
    ("Chromium", Browser::Chrome),
];

/// Whether there is another brand: a browser that we have no table for, such as Opera or Brave.
fn is_stranger(brands: &str) -> bool {
    brands.split(',').take(8).any(|brand| {
        let name = brand
            .trim()
            .strip_prefix('"')
            .and_then(|rest| rest.split_once('"'))
            .map_or("", |(name, _)| name);
        let grease = name.contains("Not") && name.contains("Brand");
        !name.is_empty() && !grease && !BRANDS.iter().any(|(known, _)| *known == name)
    })
}

/// The one of them that it is.
fn branded(brands: &str) -> Option<(Browser, Option<u16>)> {
    BRANDS.into_iter().find_map(|(name, browser)| {
        let (_, rest) = brands.split_once(&format!("\"{name}\";v=\""))?;
        Some((browser, leading(rest)))
    })
}

fn browser(ua: &str) -> Option<(Browser, Option<u16>)> {
    let others = ["OPR/", "Vivaldi/", "YaBrowser/", "DuckDuckGo/", "Seamonkey/", "UCBrowser/"];
    if others.iter().any(|mark| ua.contains(mark)) {
        return None;
    }
    let marks = [
        ("Edg/", Browser::Edge),
        ("EdgA/", Browser::Edge),
        ("EdgiOS/", Browser::Edge),
        ("SamsungBrowser/", Browser::Samsung),
        ("Firefox/", Browser::Firefox),
        ("FxiOS/", Browser::Firefox),
        ("CriOS/", Browser::Chrome),
        ("Chrome/", Browser::Chrome),
        ("Chromium/", Browser::Chrome),
    ];
    let named = marks.into_iter().find(|(mark, _)| ua.contains(mark));
    if let Some((mark, browser)) = named {
        return Some((browser, after(ua, mark)));
    }
    (ua.contains("Safari/") && ua.contains("Version/")).then(|| (Browser::Safari, after(ua, "Version/")))
}

fn platform(hint: &str) -> Option<System> {
    match quoted(hint)? {
        "Windows" => Some(System::Windows),
        "macOS" => Some(System::MacOs),
        "Linux" => Some(System::Linux),
        "Android" => Some(System::Android),
        "iOS" => Some(System::Ios),
        "Chrome OS" | "Chromium OS" => Some(System::ChromeOs),
        _ => None,
    }
}

fn system(ua: &str) -> Option<System> {
    let marks = [
        ("Windows", System::Windows),
        ("Android", System::Android),
        ("iPhone", System::Ios),
        ("iPad", System::Ios),
        ("Macintosh", System::MacOs),
        ("CrOS", System::ChromeOs),
        ("Linux", System::Linux),
        ("X11", System::Linux),
    ];
    marks.into_iter().find(|(mark, _)| ua.contains(mark)).map(|(_, system)| system)
}

/// The hint counts otherwise than people do: 13 and above is Windows 11, 1 to 10 is 10, 0 is older.
fn windows(hint: u16) -> u16 {
    match hint {
        13.. => 11,
        1..13 => 10,
        0 => 8,
    }
}

/// 10.0 is said by Windows 10 and 11 alike; only what is older can be told.
fn windows_nt(ua: &str) -> Option<u16> {
    after(ua, "Windows NT ").filter(|version| *version < 10).map(|_| 8)
}

/// 10.15.7 is what every macOS since says; only what is older can be told.
fn mac(ua: &str) -> Option<u16> {
    let (_, rest) = ua.split_once("Mac OS X 10")?;
    let minor = leading(rest.trim_start_matches(['_', '.']))?;
    (minor < 15).then_some(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(ua: &str) -> (Option<String>, Option<u16>, Option<u16>) {
        let agent = Agent::read(ua, Hints::default());
        (agent.name("on"), agent.version, agent.system_version)
    }

    #[test]
    fn a_browser_is_named_as_people_name_it() {
        let named = |name: &str, version, system| (Some(name.to_owned()), version, system);
        for (ua, told) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:157.0) Gecko/20100101 Firefox/157.0",
                named("Firefox on Linux", Some(157), None),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
                named("Edge on Windows", Some(156), None),
            ),
            (
                "Mozilla/5.0 (Windows NT 6.1; rv:115.0) Gecko/20100101 Firefox/115.0",
                named("Firefox on Windows", Some(115), Some(8)),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
                named("Safari on macOS", Some(26), None),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1 Safari/605.1.15",
                named("Safari on macOS", Some(13), Some(10)),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                named("Safari on iOS", Some(26), Some(26)),
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
                named("Chrome on Android", Some(156), None),
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
                named("Samsung Internet on Android", Some(29), None),
            ),
            (
                "Mozilla/5.0 (Android 15; Mobile; rv:157.0) Gecko/157.0 Firefox/157.0",
                named("Firefox on Android", Some(157), Some(15)),
            ),
            ("curl/8.9", (None, None, None)),
            ("", (None, None, None)),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0",
                named("Linux", None, None),
            ),
        ] {
            assert_eq!(says(ua), told, "{ua}");
        }
    }

    #[test]
    fn hints_say_what_the_frozen_text_does_not() {
        let ua = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        let brands = "\"Chromium\";v=\"156\", \"Google Chrome\";v=\"156\", \"Not_A Brand\";v=\"99\"";
        for (hint, version) in [
            ("\"15.0.0\"", Some(11)),
            ("\"10.0.0\"", Some(10)),
            ("\"0.3.0\"", Some(8)),
            ("15", None),
            ("\"\"", None),
        ] {
            let hints = Hints {
                brands,
                platform: "\"Windows\"",
                platform_version: hint,
            };
            let agent = Agent::read(ua, hints);
            assert_eq!(
                (agent.browser, agent.version, agent.system_version),
                (Some(Browser::Chrome), Some(156), version),
                "{hint}"
            );
        }
        let brave = Hints {
            brands: "\"Brave\";v=\"156\", \"Chromium\";v=\"156\"",
            ..Hints::default()
        };
        assert_eq!(Agent::read("", brave).browser, None, "no table for it");
        assert_eq!(Agent::read(ua, brave).browser, None, "though it writes the text of Chrome");
    }

    #[test]
    fn nothing_that_a_header_can_hold_breaks_the_reading() {
        let long = "Firefox/".to_owned() + &"9".repeat(2000);
        for text in [
            long.as_str(),
            "Windows NT ",
            "Mac OS X 10",
            "\"",
            "é".repeat(600).as_str(),
            "Version/Safari/",
            "Android é",
        ] {
            let hints = Hints {
                brands: text,
                platform: text,
                platform_version: text,
            };
            let _ = Agent::read(text, hints);
        }
    }
}
