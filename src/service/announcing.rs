//! Announcing an address that changes: when this box finds that it goes out by another one, it says so to the owner's name
//! server, or to their provider's form on the web. Works while the box is locked, because that is when a line comes back
//! with another address; what it signs in with therefore stands in front of the lock, which the page says.
//!
//! Behind a router the box does not see its public address. A form on the web sees it; then it is told so four times a day.
//!
//! Absent on purpose: asking anybody what the address is.

use super::{Error, blocking, journal::Journal};
use crate::{
    codec::{base64url, dns_update},
    domain::{
        certifying::wait,
        check::{Place, place},
        journal::Event,
        time::Time,
    },
    net::{announce, clock::Clock, dns::Dns, here, https::Https},
    store::{
        front::{Front, FrontFile},
        record::Announcing as Kept,
        slots::random,
    },
};
use std::{net::IpAddr, sync::Arc};

/// Seconds between two announcements of the same address.
const AGAIN: i64 = 7 * 24 * 3600;
/// The same, where the box does not see its address.
const BLIND: i64 = 6 * 3600;
/// Seconds for which others may remember an address that changes.
const TTL: u32 = 300;
/// Characters of a field.
const LONGEST: usize = 500;
/// Octets of a provider's answer, and characters of it that are kept.
const ANSWER: usize = 4 * 1024;
const WORDS: usize = 200;
/// What a provider's answer begins with where it did not do it, whatever its status (the protocol of DynDNS 2).
const REFUSALS: [&str; 9] = [
    "badauth", "nohost", "notfqdn", "numhost", "abuse", "badagent", "dnserr", "911", "!donator",
];

/// How it is announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// Not at all.
    #[default]
    Not,
    /// By a provider's form on the web.
    Web,
    /// By an update of the zone.
    Dns,
}

impl Way {
    /// All of them, by number.
    pub const ALL: [Self; 3] = [Self::Not, Self::Web, Self::Dns];

    /// Its word in a form.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Not => "not",
            Self::Web => "web",
            Self::Dns => "dns",
        }
    }

    /// The way of a word.
    pub fn of(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.slug() == slug)
    }
}

/// What the owner typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// How.
    pub way: Way,
    /// The address of the web, or the name server.
    pub target: String,
    /// The user, or the name of the key.
    pub user: String,
    /// The secret, or the key in base 64; empty to keep the one that is there, for the same target only. It is forgotten
    /// where nothing is announced.
    pub secret: String,
    /// The zone; empty for the domain.
    pub zone: String,
}

/// What the page shows. The secret is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// What is kept, without the secret.
    pub typed: Typed,
    /// Whether a secret is kept.
    pub has_secret: bool,
    /// What was announced last, and when.
    pub announced: Option<(String, Time)>,
    /// Why the last try failed: when, in whose words.
    pub failed: Option<(Time, String)>,
}

/// What is wrong with what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// No address of the web that begins with `https://`.
    Address,
    /// No name server.
    Server,
    /// No key: it is base 64.
    Key,
    /// Something is too long, or has signs that are no text.
    Text,
}

/// Announces; cheap to clone.
#[derive(Clone)]
pub struct Announcing(Arc<Inner>);

struct Inner {
    file: Arc<FrontFile>,
    domain: String,
    host: String,
    clock: Clock,
    dns: Dns,
    https: Https,
    journal: Journal,
    /// One at a time.
    working: tokio::sync::Mutex<()>,
}

impl Announcing {
    /// Over this front.
    pub fn new(file: Arc<FrontFile>, front: &Front, clock: Clock, outward: (Dns, Https), journal: Journal) -> Self {
        Self(Arc::new(Inner {
            file,
            domain: front.domain.clone(),
            host: front.host.clone(),
            clock,
            dns: outward.0,
            https: outward.1,
            journal,
            working: tokio::sync::Mutex::default(),
        }))
    }

    async fn kept(&self) -> Result<Kept, Error> {
        let inner = self.0.clone();
        blocking(move || Ok(inner.file.part::<Kept>()?.unwrap_or_default())).await
    }

    async fn change(&self, change: impl FnOnce(&mut Kept) + Send + 'static) -> Result<(), Error> {
        let inner = self.0.clone();
        blocking(move || inner.file.change_part(change)).await
    }

    /// How it stands.
    pub async fn view(&self) -> Result<View, Error> {
        let kept = self.kept().await?;
        Ok(View {
            has_secret: !kept.secret.is_empty(),
            announced: (kept.at > 0).then(|| (kept.announced.join(", "), Time(kept.at))),
            failed: kept.failed.map(|(at, words)| (Time(at), words)),
            typed: Typed {
                way: Way::ALL.get(usize::from(kept.way)).copied().unwrap_or_default(),
                target: kept.target,
                user: kept.user,
                secret: String::new(),
                zone: kept.zone,
            },
        })
    }

    /// Keeps what was typed; it is announced at the next step.
    pub async fn choose(&self, typed: Typed) -> Result<Result<(), Wrong>, Error> {
        let kept = self.kept().await?;
        let secret = if typed.way == Way::Not {
            String::new()
        } else if typed.secret.is_empty() && typed.target == kept.target {
            kept.secret
        } else {
            typed.secret.clone()
        };
        if let Some(wrong) = wrong(&typed, &secret) {
            return Ok(Err(wrong));
        }
        let now = self.0.clock.now();
        self.change(move |kept| {
            *kept = Kept {
                way: Way::ALL.iter().position(|way| *way == typed.way).unwrap_or(0) as u8,
                target: typed.target,
                user: typed.user,
                secret,
                zone: typed.zone,
                due: now.0,
                ..Kept::default()
            };
        })
        .await?;
        Ok(Ok(()))
    }

    /// Announces what is new; says how many seconds from now to come again.
    pub async fn step(&self) -> u64 {
        if let Err(error) = self.tend(false).await {
            tracing::error!(%error, "the address could not be announced and will be later");
        }
        60
    }

    /// Announces at once, because the owner says so.
    pub async fn announce_now(&self) -> Result<(), Error> {
        self.tend(true).await
    }

    async fn tend(&self, at_once: bool) -> Result<(), Error> {
        let _alone = self.0.working.lock().await;
        let (kept, now) = (self.kept().await?, self.0.clock.now());
        let way = Way::ALL.get(usize::from(kept.way)).copied().unwrap_or_default();
        if way == Way::Not {
            return Ok(());
        }
        let addresses: Vec<IpAddr> = here::addresses()
            .into_iter()
            .filter(|address| place(*address) == Place::Public)
            .collect();
        let shown: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
        // What was noted in the future was noted by a clock that was ahead, and holds nothing up.
        let waits = kept.due > now.0 && kept.failed.as_ref().is_some_and(|(at, _)| *at <= now.0);
        let news = shown != kept.announced || kept.at == 0;
        // Behind a router: what the provider sees may change without being seen here.
        let blind = way == Way::Web && !addresses.iter().any(IpAddr::is_ipv4);
        let old = !(0..if blind { BLIND } else { AGAIN }).contains(&now.0.saturating_sub(kept.at));
        if !at_once && (waits || !(news || old)) {
            return Ok(());
        }
        let done = match way {
            Way::Web => self.by_web(&kept, &addresses).await,
            _ => self.by_dns(&kept, &addresses, now).await,
        };
        let draw = u16::from_le_bytes(random::<2>()?);
        let succeeded = done.is_ok();
        self.change(move |kept| match done {
            Ok(()) => {
                kept.announced = shown;
                kept.at = now.0;
                kept.attempts = 0;
                kept.failed = None;
            }
            Err(words) => {
                kept.attempts = kept.attempts.saturating_add(1);
                kept.due = now.0 + wait(kept.attempts, draw);
                kept.failed = Some((now.0, words));
            }
        })
        .await?;
        if succeeded && news {
            self.0.journal.note_own(Event::AddressAnnounced);
        }
        Ok(())
    }

    /// By the provider's form: `{ip}` and `{ip6}` stand for the addresses, and where the form has neither, the provider
    /// takes the one that it sees.
    async fn by_web(&self, kept: &Kept, addresses: &[IpAddr]) -> Result<(), String> {
        let of = |four: bool| addresses.iter().find(|address| address.is_ipv4() == four).map(IpAddr::to_string);
        let mut url = kept.target.clone();
        for (sign, address) in [("{ip}", of(true)), ("{ip6}", of(false))] {
            if url.contains(sign) {
                let address = address.ok_or("this box does not see the address that the form asks for")?;
                url = url.replace(sign, &address);
            }
        }
        let basic = (!kept.user.is_empty()).then(|| {
            let pair = format!("{}:{}", kept.user, kept.secret);
            format!("Basic {}", base64url::plain(pair.as_bytes()))
        });
        let page = self
            .0
            .https
            .ask(&url, basic.as_deref(), ANSWER)
            .await
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&page.body);
        let said: String = said.trim().chars().filter(|c| !c.is_control()).take(WORDS).collect();
        let refused = REFUSALS.iter().any(|refusal| said.to_lowercase().starts_with(refusal));
        if page.status / 100 == 2 && !refused {
            Ok(())
        } else {
            Err(format!("{} {said}", page.status))
        }
    }

    async fn by_dns(&self, kept: &Kept, addresses: &[IpAddr], now: Time) -> Result<(), String> {
        if addresses.is_empty() {
            return Err("this box does not see its public address".to_owned());
        }
        let secret = key(&kept.secret).ok_or("the key is not base 64")?;
        let id = random::<2>().map_err(|error| error.to_string())?;
        let zone = if kept.zone.is_empty() { &self.0.domain } else { &kept.zone };
        let change = dns_update::Change {
            id: u16::from_le_bytes(id),
            zone,
            host: &self.0.host,
            addresses,
            ttl: TTL,
            now: now.0,
        };
        let key = dns_update::Key {
            name: &kept.user,
            secret: &secret,
        };
        announce::update(&self.0.dns, &kept.target, &change, key).await
    }
}

/// The octets of a key as name servers write it.
fn key(text: &str) -> Option<Vec<u8>> {
    crate::codec::tags::base64(text.as_bytes()).filter(|key| key.len() >= 16)
}

fn wrong(typed: &Typed, secret: &str) -> Option<Wrong> {
    let all = [typed.target.as_str(), &typed.user, secret, &typed.zone];
    let bad = |text: &str| text.len() > LONGEST || text.chars().any(char::is_control);
    if all.into_iter().any(bad) {
        return Some(Wrong::Text);
    }
    match typed.way {
        Way::Not => None,
        Way::Web => {
            let rest = typed.target.strip_prefix("https://");
            let fits = rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace));
            (!fits).then_some(Wrong::Address)
        }
        Way::Dns if typed.target.is_empty() || typed.target.contains(char::is_whitespace) => Some(Wrong::Server),
        Way::Dns if typed.user.is_empty() || key(secret).is_none() => Some(Wrong::Key),
        Way::Dns => None,
    }
}
