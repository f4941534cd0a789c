//! By which way mail leaves: straight to each domain's servers, or by a smarthost; and whether port 25 is shut where
//! this box stands, as many providers of home lines have it.
//!
//! That port 25 is shut is never asked of anybody: it shows in what deliveries meet. Servers of several domains that
//! nobody can connect to, and none that one can, is a shut port; one domain whose servers are all down is not, and
//! neither is one server that is down for several domains.

use super::time::Time;

/// When the smarthost is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Choice {
    /// Never: straight to each domain.
    #[default]
    Never,
    /// For all mail.
    Always,
    /// Only while port 25 is shut.
    WhenShut,
}

impl Choice {
    /// All of them, by number.
    pub const ALL: [Self; 3] = [Self::Never, Self::Always, Self::WhenShut];

    /// Its word in a form.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Always => "always",
            Self::WhenShut => "when-shut",
        }
    }

    /// The choice of a word.
    pub fn of(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.slug() == slug)
    }
}

/// A server that passes the owner's mail on. Its certificate is always verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smarthost {
    /// Its name.
    pub host: String,
    /// Its port: 465 or 587 as a rule.
    pub port: u16,
    /// Whether TLS begins at once (RFC 8314) and not by STARTTLS.
    pub implicit: bool,
    /// The name to sign in with; empty to sign in with none.
    pub user: String,
}

impl Smarthost {
    /// The longest name and secret that are kept, in octets.
    pub const LONGEST: usize = 500;

    /// Whether the text can be the name of a host.
    pub fn is_host(text: &str) -> bool {
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        text.len() <= 253 && text.split('.').all(label)
    }
}

/// How a server could not be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unreached {
    /// Nothing came back.
    Dropped,
    /// The connection was refused.
    Refused,
    /// It was made, and nobody greeted.
    Silent,
}

impl Unreached {
    /// All of them, by number.
    pub const ALL: [Self; 3] = [Self::Dropped, Self::Refused, Self::Silent];
}

/// What deliveries met at port 25 lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Servers that nobody could connect to since one last could; the newest last, each domain and each server once.
    pub failed: Vec<NotReached>,
    /// When somebody last could.
    pub reached: Option<Time>,
}

/// A server that nobody could connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotReached {
    /// When.
    pub at: Time,
    /// The domain whose mail it was to take.
    pub domain: String,
    /// Its name.
    pub host: String,
    /// How it could not be reached.
    pub how: Unreached,
}

/// Domains, with a server of its own each, that it takes before the port is called shut.
const ENOUGH: usize = 3;
/// Servers that are remembered.
const MOST: usize = 8;
/// Seconds for which what was met counts. After that it is tried again.
const COUNTS: i64 = 24 * 3600;

impl Reach {
    /// A server could be reached. Says whether that changes anything worth keeping.
    pub fn reached(&mut self, now: Time) -> bool {
        let news = !self.failed.is_empty() || self.reached.is_none_or(|before| now.0 - before.0 > 3600);
        self.failed.clear();
        self.reached = Some(now);
        news
    }

    /// A server of a domain could not be reached. It takes the place of whatever was known of either: each of those that
    /// are counted says something of its own.
    pub fn unreached(&mut self, (domain, host): (&str, &str), how: Unreached, now: Time) {
        self.failed.retain(|known| known.domain != domain && known.host != host);
        self.failed.push(NotReached {
            at: now,
            domain: domain.to_owned(),
            host: host.to_owned(),
            how,
        });
        let surplus = self.failed.len().saturating_sub(MOST);
        self.failed.drain(..surplus);
    }

    /// Since when the port is shut, and how that shows; `None` where it is not, or not known.
    pub fn shut(&self, now: Time) -> Option<(Time, Unreached)> {
        // What was met at a moment to come was met by a clock that was ahead.
        let lately = |one: &&NotReached| (0..COUNTS).contains(&now.0.saturating_sub(one.at.0));
        let counts: Vec<_> = self.failed.iter().filter(lately).collect();
        let how = counts.last()?.how;
        (counts.len() >= ENOUGH).then(|| (counts.iter().map(|one| one.at).min().unwrap_or(now), how))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_that_is_down_is_no_shut_port() {
        let mut reach = Reach::default();
        for minute in 0..10 {
            reach.unreached(("x.test", "mx.x.test"), Unreached::Dropped, Time(minute * 60));
        }
        assert_eq!(reach.shut(Time(600)), None);
        reach.unreached(("y.test", "mx.y.test"), Unreached::Dropped, Time(700));
        reach.unreached(("z.test", "mx.z.test"), Unreached::Refused, Time(800));
        assert_eq!(reach.shut(Time(800)), Some((Time(540), Unreached::Refused)));
        assert_eq!(reach.shut(Time(800 + COUNTS)), None, "after a day it is tried again");
        assert_eq!(reach.shut(Time(500)), None, "the clock was ahead");
        assert!(reach.reached(Time(900)) && !reach.reached(Time(901)));
        assert_eq!(reach.shut(Time(901)), None);
    }

    #[test]
    fn neither_is_one_domain_with_many_servers_or_one_server_of_many_domains() {
        let mut reach = Reach::default();
        for n in 0..9 {
            reach.unreached(("x.test", &format!("mx{n}.x.test")), Unreached::Dropped, Time(n));
        }
        for n in 0..9 {
            reach.unreached((&format!("{n}.test"), "mx.host.test"), Unreached::Dropped, Time(n));
        }
        assert_eq!((reach.failed.len(), reach.shut(Time(10))), (2, None));
        reach.unreached(("y.test", "mx.y.test"), Unreached::Dropped, Time(10));
        assert!(reach.shut(Time(10)).is_some());
    }

    #[test]
    fn a_host_is_a_name() {
        for good in ["smtp.example.org", "localhost", "127.0.0.1", "a-b.c"] {
            assert!(Smarthost::is_host(good), "{good}");
        }
        for bad in ["", "a..b", "-a.b", "a b", "a_b\r\n", "é.org", &"a.".repeat(200)] {
            assert!(!Smarthost::is_host(bad), "{bad:?}");
        }
        assert!(Choice::ALL.iter().all(|choice| Choice::of(choice.slug()) == Some(*choice)));
    }
}
