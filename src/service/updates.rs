//! Whether there is a newer release: looked up once a day where the owner wants it, at the address and with the key that
//! the owner gives. Nobody publishes releases of Caliopen today, so none is built in.
//!
//! The publisher learns that a box at this address exists, and nothing else: the same file is fetched by everybody, with
//! no word about this box. Absent on purpose: installing anything. That is for root to do (`install.sh`).

use super::{Error, blocking};
use crate::{
    codec::{minisign, release},
    domain::{release::is_young, time::Time},
    net::{clock::Clock, https::Https},
    store::{front::FrontFile, record},
};
use std::sync::Arc;

/// The version that runs.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Seconds between two looks.
const EVERY: i64 = 24 * 3600;
/// Octets of a manifest and of a signature that are read.
const MOST: [usize; 2] = [64 * 1024, 4 * 1024];
/// Characters of an address.
const URL: usize = 300;

/// Why a look found nothing out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The page cannot be fetched.
    Unreachable = 1,
    /// The signature is not by the key.
    Unsigned = 2,
    /// What is signed is no manifest.
    Garbled = 3,
    /// The manifest's time is over.
    Expired = 4,
    /// It is of an older release than one that was seen before: somebody shows an old one.
    Older = 5,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Unreachable, Self::Unsigned, Self::Garbled, Self::Expired, Self::Older];
}

/// How it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Whether it is looked.
    pub on: bool,
    /// Where.
    pub url: String,
    /// With which key.
    pub key: String,
    /// When it was last looked.
    pub looked: Option<Time>,
    /// A newer version.
    pub found: Option<String>,
    /// What was wrong with the last look.
    pub trouble: Option<Trouble>,
    /// Whether the version that runs is younger than ninety days.
    pub young: bool,
}

/// What is wrong with what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// No address over https.
    Url,
    /// No public key.
    Key,
}

/// Looks for releases; cheap to clone.
#[derive(Clone)]
pub struct Updates {
    file: Arc<FrontFile>,
    https: Https,
    clock: Clock,
}

impl Updates {
    /// Over this front.
    pub fn new(file: Arc<FrontFile>, https: Https, clock: Clock) -> Self {
        Self { file, https, clock }
    }

    async fn kept(&self) -> Result<record::Updates, Error> {
        let file = self.file.clone();
        blocking(move || Ok(file.part::<record::Updates>()?.unwrap_or_default())).await
    }

    /// A version newer than the one that runs, where one was found. Quick; asks nobody.
    pub fn newer(&self) -> Option<String> {
        let kept = self.file.part::<record::Updates>().ok().flatten()?;
        (kept.on && release::is_newer(&kept.found, VERSION)).then_some(kept.found)
    }

    /// Whether a look within a week found that the version that runs is the newest. Quick; asks nobody.
    pub fn is_newest(&self) -> bool {
        let kept = self.file.part::<record::Updates>().ok().flatten().unwrap_or_default();
        let lately = (0..7 * EVERY).contains(&self.clock.now().0.saturating_sub(kept.looked));
        let found = !kept.found.is_empty() && !release::is_newer(&kept.found, VERSION);
        kept.on && kept.trouble == 0 && lately && found
    }

    /// How it stands. Asks nobody.
    pub async fn view(&self) -> Result<View, Error> {
        let kept = self.kept().await?;
        Ok(View {
            looked: (kept.looked > 0).then_some(Time(kept.looked)),
            found: Some(kept.found).filter(|found| release::is_newer(found, VERSION)),
            trouble: Trouble::ALL.into_iter().find(|trouble| *trouble as u8 == kept.trouble),
            young: is_young(self.clock.now()),
            on: kept.on,
            url: kept.url,
            key: kept.key,
        })
    }

    /// Has it looked from now on, or no longer.
    pub async fn set(&self, on: bool, url: &str, key: &str) -> Result<Result<(), Wrong>, Error> {
        let (url, key) = (url.trim().trim_end_matches('/').to_owned(), key.trim().to_owned());
        let host = url.strip_prefix("https://").unwrap_or_default();
        let spelled = !host.is_empty() && !host.starts_with('/') && url.len() <= URL && url.bytes().all(|octet| octet.is_ascii_graphic());
        if on && !spelled {
            return Ok(Err(Wrong::Url));
        }
        if on && !minisign::is_key(&key) {
            return Ok(Err(Wrong::Key));
        }
        let file = self.file.clone();
        blocking(move || {
            file.change_part(|kept: &mut record::Updates| {
                if (&kept.url, &kept.key) != (&url, &key) {
                    (kept.found, kept.looked, kept.trouble) = (String::new(), 0, 0);
                }
                (kept.on, kept.url, kept.key) = (on, url, key);
            })
        })
        .await?;
        Ok(Ok(()))
    }

    /// Looks where it is wanted and time; says how many seconds from now to come again.
    pub async fn step(&self) -> Result<u64, Error> {
        let (kept, now) = (self.kept().await?, self.clock.now());
        let since = now.0.saturating_sub(kept.looked);
        // A clock that was set back does not put it off.
        if kept.on && !(0..EVERY).contains(&since) {
            self.look().await?;
        }
        Ok(3600)
    }

    /// Looks now.
    pub async fn look(&self) -> Result<(), Error> {
        let (kept, now) = (self.kept().await?, self.clock.now());
        let found = self.ask(&kept, now).await;
        let file = self.file.clone();
        blocking(move || {
            file.change_part(|kept: &mut record::Updates| {
                kept.looked = now.0;
                match found {
                    Ok(version) => (kept.found, kept.trouble) = (version, 0),
                    Err(trouble) => kept.trouble = trouble as u8,
                }
            })
        })
        .await
    }

    async fn ask(&self, kept: &record::Updates, now: Time) -> Result<String, Trouble> {
        let fetch = async |name: &str, most: usize| {
            let page = self.https.get(&format!("{}/{name}", kept.url), most).await;
            let page = page.ok().filter(|page| page.status == 200);
            page.map(|page| page.body).ok_or(Trouble::Unreachable)
        };
        let [of_text, of_signature] = MOST;
        let text = fetch("manifest", of_text).await?;
        let signature = fetch("manifest.minisig", of_signature).await?;
        let signature = String::from_utf8(signature).map_err(|_| Trouble::Unsigned)?;
        let signed = minisign::verified(std::slice::from_ref(&kept.key), &text, &signature).ok_or(Trouble::Unsigned)?;
        let release = release::read(signed).ok_or(Trouble::Garbled)?;
        let (year, month, day, ..) = now.civil();
        if release.expires < format!("{year:04}-{month:02}-{day:02}") {
            return Err(Trouble::Expired);
        }
        let seen = if kept.found.is_empty() { VERSION } else { &kept.found };
        if release::is_newer(seen, &release.version) {
            return Err(Trouble::Older);
        }
        Ok(release.version)
    }
}
