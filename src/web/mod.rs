//! Floor 4: the web door. `warp`, `hyper`, `askama` and `rust-embed` live here only.
//!
//! A request walks: [`server`] (connection, TLS, limits) → [`routes`] (a table) → `guard` (who asks, from
//! which origin, with which form token) → a short handler in `page` → one call to a service → a template
//! → `headers`, which dresses every answer alike. Absent on purpose: any handle on the store or the
//! network, any page that needs a script, any request to another origin.

mod asset;
mod directory;
mod guard;
mod headers;
mod incoming;
mod live;
mod page;
mod parts;
mod policy;
#[doc(hidden)]
pub mod probe;
mod problem;
mod prose;
mod room;
pub mod routes;
pub mod server;
mod shell;
mod shortcut;
mod upload;
mod visit;
mod when;

pub use asset::ASSETS;
pub use headers::{FRAME_POLICY, POLICY};
pub use server::serve;

use crate::{
    domain::time::Time,
    service::compose::Compose,
    service::{
        account::Account, announcing::Announcing, appliance::ServiceIndex, authenticate::Senders, certificates::Certificates,
        checks::Checks, contacts::Contacts, custody::Custody, danger::Dangers, delete::Delete, devices::Devices, discussion::Discussions,
        happening::Happenings, journal::Journal, keyring::Keyring, keys::Keys, nuisance::Nuisances, outbox::Outbox, reports::Reports,
        rules::Rules, search::Search, spam::Spam, strict::Strict, tags::Tags, timeline::Timeline, unlock::Unlock, views::Views,
    },
    service::{acts::Acts, screener::Screener},
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, watch};

/// What the pages may ask for; cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// Newer releases.
    pub updates: crate::service::updates::Updates,
    /// Backups elsewhere.
    pub backups: crate::service::backup::Backups,
    /// Whether the box is well.
    pub health: crate::service::health::Health,
    /// The first run, which may have ended long ago.
    pub first_run: crate::service::setup::first_run::FirstRun,
    /// Searching; pages ask [`Site::search`], which masks.
    pub unmasked_search: Search,
    /// Searches that are kept.
    pub views: Views,
    /// Tags.
    pub tags: Tags,
    /// What is done with discussions, and taken back.
    pub acts: Acts,
    /// Who waits at the door.
    pub screener: Screener,
    /// The owner's rules.
    pub rules: Rules,
    /// What may do harm.
    pub dangers: Dangers,
    /// The timeline; pages ask [`Site::timeline`], which masks.
    pub unmasked_timeline: Timeline,
    /// Discussions and messages; pages ask [`Site::discussions`], which masks.
    pub unmasked_discussions: Discussions,
    /// Networks that send much spam.
    pub nuisances: Nuisances,
    /// Signing in.
    pub unlock: Unlock,
    /// The journal.
    pub journal: Journal,
    /// The owner's devices.
    pub devices: Devices,
    /// What just happened.
    pub happenings: Happenings,
    /// Who really sent a message.
    pub senders: Senders,
    /// The keys, and erasing.
    pub custody: Custody,
    /// Deleting.
    pub delete: Delete,
    /// What judges spam, and learns.
    pub spam: Spam,
    /// Writing and sending.
    pub compose: Compose,
    /// What became of sent messages.
    pub outbox: Outbox,
    /// By which way mail leaves.
    pub ways: crate::service::sending::Ways,
    /// What other domains are told of the way to them.
    pub tls_reports: crate::service::tls_reports::TlsReports,
    /// Whom this box connected to.
    pub ledgers: crate::service::ledger::Ledgers,
    /// Mailboxes at other providers.
    pub mailboxes: crate::service::mailboxes::Mailboxes,
    /// Taking everything out.
    pub export: crate::service::export::Export,
    /// Taking in what was kept elsewhere.
    pub import: crate::service::import::Import,
    /// What other mail services report.
    pub reports: Reports,
    /// The owner's OpenPGP keys.
    pub keys: Keys,
    /// Other people's.
    pub keyring: Keyring,
    /// Looking up and publishing keys on the owner's word.
    pub key_server: crate::service::key_server::KeyServer,
    /// How this box stands in the world.
    pub checks: Checks,
    /// How it announces its address.
    pub announcing: Announcing,
    /// Its certificate.
    pub certificates: Certificates,
    /// Its index.
    pub appliance: ServiceIndex,
    /// The account's index.
    pub account: Account,
    /// Telling devices of new mail.
    pub push: crate::service::push::Push,
    /// What the box says of itself to strangers.
    pub world: crate::service::world::World,
    /// What the boxes of contacts say of themselves.
    pub statements: crate::service::statements::Statements,
    /// What the owner prefers.
    pub preferences: crate::service::preferences::Preferences,
    /// The address book.
    pub contacts: Contacts,
    /// How other domains protect their mail servers.
    pub strict: Strict,
    /// The clock.
    pub now: Arc<dyn Fn() -> Time + Send + Sync>,
}

/// Everything that a handler is given.
struct Site {
    services: Services,
    /// What the pages of the next moment may ask for: a box in its first run gets its names and its owner while it runs.
    latest: watch::Receiver<Services>,
    zone: when::Zone,
    ending: watch::Receiver<bool>,
    listeners: Arc<Semaphore>,
}

/// The site of the moment: it is made anew when what the pages may ask for changes.
struct House {
    seen: Mutex<(watch::Receiver<Services>, Arc<Site>)>,
}

impl House {
    fn new(pages: watch::Receiver<Services>, ending: watch::Receiver<bool>) -> Self {
        let site = Site {
            services: pages.borrow().clone(),
            latest: pages.clone(),
            zone: when::Zone::preferred(pages.borrow().preferences.clone()),
            ending,
            listeners: Arc::new(Semaphore::new(live::LISTENERS)),
        };
        Self {
            seen: Mutex::new((pages, Arc::new(site))),
        }
    }

    fn site(&self) -> Arc<Site> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (pages, site) = &mut *seen;
        // Where the sender is gone nothing changes any more.
        if pages.has_changed().unwrap_or(false) {
            let services = pages.borrow_and_update().clone();
            *site = Arc::new(Site {
                zone: when::Zone::preferred(services.preferences.clone()),
                services,
                latest: site.latest.clone(),
                ending: site.ending.clone(),
                listeners: site.listeners.clone(),
            });
        }
        site.clone()
    }
}

impl Site {
    /// Discussions and messages as this visitor may see them on their device.
    fn discussions(&self, visit: &visit::Visit) -> Discussions {
        let plain = self.services.preferences.now().plain;
        self.services
            .unmasked_discussions
            .seen_by(page::devices::viewer(self, visit))
            .plainly(plain)
    }

    /// The timeline as this visitor may see it on their device.
    fn timeline(&self, visit: &visit::Visit) -> Timeline {
        self.services.unmasked_timeline.seen_by(page::devices::viewer(self, visit))
    }

    /// Searching as this visitor may see what is found.
    fn search(&self, visit: &visit::Visit) -> Search {
        self.services.unmasked_search.seen_by(page::devices::viewer(self, visit))
    }

    fn now(&self) -> Time {
        (self.services.now)()
    }
}
