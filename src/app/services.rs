//! The handles that the doors and the command line work with, and how they are made: first what everything stands on, then
//! what comes in, what goes out, how the box stands in the world, and what its owner does.

use super::StartError;
use crate::{
    net::{
        authenticate::Authenticate,
        clock::Clock,
        dns::Dns,
        https::Https,
        outward::Outward,
        tls::{Current, Identity},
    },
    service::{
        account::Account,
        acts::Acts,
        announcing::Announcing,
        appliance::ServiceIndex,
        authenticate::Senders,
        backup::{self, Backups},
        certificates::{self, Certificates},
        checks::{self, Checks},
        compose::Compose,
        contacts::Contacts,
        custody::Custody,
        danger::Dangers,
        delete::Delete,
        deliver::{Deliver, Rests},
        devices::Devices,
        discussion::Discussions,
        export::Export,
        happening::Happenings,
        health::Health,
        import::Import,
        journal::Journal,
        key_server::KeyServer,
        keyring::Keyring,
        keys::Keys,
        ledger::Ledgers,
        mailboxes::{Mailboxes, Providers},
        nuisance::Nuisances,
        outbox::Outbox,
        preferences::Preferences,
        push::Push,
        receive::Receive,
        reports::Reports,
        rules::Rules,
        screener::Screener,
        search::Search,
        sending::Ways,
        setup::first_run::FirstRun,
        spam::Spam,
        statements::Statements,
        strict::Strict,
        tags::Tags,
        timeline::Timeline,
        tls_reports::TlsReports,
        unlock::Unlock,
        updates::Updates,
        view::People,
        views::Views,
        world::{self, World},
        zone::Zone,
    },
    store::{
        self,
        front::{Front, FrontFile},
        vault::Vault,
    },
    web,
};
use std::{sync::Arc, time::Duration};

/// How long is waited for a web server.
const HTTPS: Duration = Duration::from_secs(20);
/// How long is waited for a certificate authority, an answer.
const AUTHORITY: Duration = Duration::from_secs(60);

/// The handles that the doors and the command line work with.
#[derive(Clone)]
pub struct Services {
    /// Whether the box is well.
    pub health: Health,
    /// Newer releases.
    pub updates: Updates,
    /// Taking messages in.
    pub receive: Receive,
    /// Who really sent them.
    pub senders: Senders,
    /// The timeline.
    pub timeline: Timeline,
    /// Discussions and messages.
    pub discussions: Discussions,
    /// Searching.
    pub search: Search,
    /// Telling devices of new mail.
    pub push: Push,
    /// What the owner prefers.
    pub preferences: Preferences,
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
    /// Networks that send much spam.
    pub nuisances: Nuisances,
    /// Signing in.
    pub unlock: Unlock,
    /// The journal of what is done with the box.
    pub journal: Journal,
    /// The owner's devices.
    pub devices: Devices,
    /// What just happened.
    pub happenings: Happenings,
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
    /// What other mail services report.
    pub reports: Reports,
    /// How this box stands in the world.
    pub checks: Checks,
    /// How it announces its address.
    pub announcing: Announcing,
    /// Its certificate.
    pub certificates: Certificates,
    /// Its index.
    pub appliance: ServiceIndex,
    /// The one that both doors show.
    pub certificate: Arc<Current>,
    /// The account's index.
    pub account: Account,
    /// The address book.
    pub contacts: Contacts,
    /// How other domains protect their mail servers.
    pub strict: Strict,
    /// Handing messages over.
    pub deliver: Deliver,
    /// The owner's OpenPGP keys.
    pub keys: Keys,
    /// Looking up and publishing keys on the owner's word.
    pub key_server: KeyServer,
    /// Other people's.
    pub keyring: Keyring,
    /// By which way mail leaves.
    pub ways: Ways,
    /// Whom this box connected to.
    pub ledgers: Ledgers,
    /// What other domains are told of the way to them.
    pub tls_reports: TlsReports,
    /// Mailboxes at other providers.
    pub mailboxes: Mailboxes,
    /// What the box says of itself to strangers.
    pub world: World,
    /// What the boxes of contacts say of themselves.
    pub statements: Statements,
    /// Taking everything out.
    pub export: Export,
    /// Taking in what was kept elsewhere.
    pub import: Import,
    /// Backups elsewhere.
    pub backups: Backups,
}

/// What everything stands on.
struct Ground<'a> {
    vault: Vault,
    clock: Clock,
    file: Arc<FrontFile>,
    front: &'a Front,
    outward: Outward,
    https: Https,
    happenings: Happenings,
    people: People,
    preferences: Preferences,
}

/// What comes in.
struct Coming {
    senders: Senders,
    receive: Receive,
    journal: Journal,
    devices: Devices,
}

/// What goes out.
struct Going {
    strict: Strict,
    keyring: Keyring,
    compose: Compose,
    ways: Ways,
    tls_reports: TlsReports,
    providers: Providers,
    deliver: Deliver,
    outbox: Outbox,
}

/// How the box stands in the world.
struct Standing {
    backups: Backups,
    health: Health,
    checks: Checks,
    announcing: Announcing,
    certificates: Certificates,
    appliance: ServiceIndex,
}

/// What the owner does.
struct Owner {
    tags: Tags,
    contacts: Contacts,
    acts: Acts,
    custody: Custody,
    unlock: Unlock,
    keys: Keys,
    account: Account,
    push: Push,
    import: Import,
    world: World,
}

impl Ground<'_> {
    fn room(&self) -> (Vault, Clock) {
        (self.vault.clone(), self.clock.clone())
    }

    /// Asks web servers on this port.
    fn web(&self, port: u16, patience: Duration) -> Https {
        Https::with(self.outward.dns.clone(), self.outward.roots.clone(), port, patience)
    }

    /// Asks web servers at addresses that were given by somebody else: none in the house is reached through them.
    fn public_web(&self) -> Https {
        let outward = &self.outward;
        Https::to_the_public(outward.dns.clone(), outward.roots.clone(), outward.https_port, HTTPS)
    }

    fn coming(&self) -> Coming {
        let (vault, clock) = self.room();
        let authenticate = Authenticate::new(self.outward.dns.clone(), &self.front.host);
        let senders = Senders::new(vault.clone(), clock.clone(), authenticate, &self.front.host);
        let receive = Receive::over(
            vault.clone(),
            clock.clone(),
            self.happenings.clone(),
            self.file.clone(),
            self.front,
            senders.clone(),
        );
        let journal = Journal::new(vault.clone(), clock.clone());
        Coming {
            devices: Devices::new(vault, clock, journal.clone(), receive.clone()),
            senders,
            receive,
            journal,
        }
    }

    fn going(&self, spam: Spam) -> Going {
        let (vault, clock) = self.room();
        let (dns, https, front) = (self.outward.dns.clone(), self.https.clone(), self.front);
        let keyring = Keyring::new(vault.clone(), clock.clone(), https.clone()).asking(dns.clone());
        let strict = Strict::new(vault.clone(), clock.clone(), dns.clone(), https.clone(), &front.domain, &front.host);
        let room = (vault.clone(), clock.clone(), self.happenings.clone());
        let asked = (dns.clone(), strict.clone(), keyring.clone());
        let compose = Compose::new(room, asked, spam, self.people.clone(), front);
        let ways = Ways::new(vault.clone(), clock.clone(), self.outward.clone(), &front.host);
        let tls_reports = TlsReports::new(self.room(), (dns, self.public_web()), self.happenings.clone(), &front.domain);
        let rests = Rests::default();
        let told = (strict.clone(), tls_reports.clone());
        let providers = Providers::new(vault.clone(), self.https.clone());
        let reaching = (self.outward.clone(), providers.clone());
        let deliver = Deliver::new(self.room(), told, reaching, &front.host, rests.clone());
        Going {
            outbox: Outbox::new(vault, clock, self.happenings.clone(), rests),
            strict,
            keyring,
            compose,
            ways,
            tls_reports,
            providers,
            deliver,
        }
    }

    fn standing(&self, coming: &Coming, going: &Going, certificate: &Arc<Current>) -> Standing {
        let dns = self.outward.dns.clone();
        let looking = checks::Parts {
            https: self.web(self.outward.https_port, HTTPS),
            foreign: self.https.clone(),
            dns: dns.clone(),
            ways: going.ways.clone(),
            compose: going.compose.clone(),
            journal: coming.journal.clone(),
            comers: coming.receive.comers(),
        };
        let checks = Checks::new(self.file.clone(), self.front, self.clock.clone(), looking);
        let health = Health::new(self.vault.clone(), self.file.clone(), self.happenings.clone());
        let of_disk = health.clone();
        checks.add(move || of_disk.checks());
        let provider = (dns.clone(), self.web(0, HTTPS));
        let journal = coming.journal.clone();
        let outward = &self.outward;
        let elsewhere = Https::lasting(outward.dns.clone(), outward.roots.clone(), backup::PATIENCE);
        let (vault, clock) = self.room();
        let of_box = (self.front.domain.as_str(), self.front.addresses.as_slice());
        let backups = Backups::new((vault, self.file.clone(), clock), elsewhere, self.happenings.clone(), of_box);
        let of_backups = backups.clone();
        checks.add(move || of_backups.checks());
        let certifying = certificates::Parts {
            dns,
            https: self.web(0, AUTHORITY),
            directory: self.outward.authority.clone(),
            current: certificate.clone(),
            journal: coming.journal.clone(),
            checks: checks.clone(),
        };
        let updates = Updates::new(self.file.clone(), self.https.clone(), self.clock.clone());
        Standing {
            announcing: Announcing::new(self.file.clone(), self.front, self.clock.clone(), provider, journal),
            appliance: ServiceIndex::new(self.vault.clone(), checks.clone(), updates, self.clock.clone()),
            certificates: Certificates::new(self.file.clone(), self.front, self.clock.clone(), certifying),
            backups,
            health,
            checks,
        }
    }

    fn owner(&self, coming: &Coming, going: &Going, standing: &Standing) -> Result<Owner, StartError> {
        let (vault, clock) = self.room();
        let (front, people, spam) = (self.front, self.people.clone(), coming.receive.spam());
        let devices = coming.devices.clone();
        let known = (devices.clone(), coming.journal.clone());
        let first = front.addresses.first().cloned().unwrap_or_default();
        let happenings = || self.happenings.clone();
        let unlock = Unlock::new(vault.clone(), clock.clone(), happenings(), known, first, self.file.clone())?;
        let custody = Custody::new(vault.clone(), clock.clone(), happenings());
        let keys = Keys::new(vault.clone(), clock.clone(), self.file.clone(), front);
        let own = (
            devices.clone(),
            custody.clone(),
            unlock.clone(),
            keys.clone(),
            standing.appliance.clone(),
        );
        let zone = Zone::preferred(self.preferences.clone());
        let account = Account::new(vault.clone(), (clock.clone(), zone), people.clone(), own);
        let tags = Tags::new(vault.clone(), people.clone(), spam.clone());
        let contacts = Contacts::new(vault.clone(), clock.clone(), happenings(), &front.addresses);
        let filed = (tags.clone(), spam, contacts.clone());
        let acts = Acts::new(vault.clone(), clock.clone(), filed, (people, &front.addresses));
        let opening = (keys.clone(), going.keyring.clone());
        let import = Import::new(self.room(), coming.receive.clone(), contacts.clone(), opening, &front.domain);
        let of_world = world::Parts {
            appliance: standing.appliance.clone(),
            checks: standing.checks.clone(),
            account: account.clone(),
            custody: custody.clone(),
            health: standing.health.clone(),
        };
        Ok(Owner {
            push: Push::new(vault, clock, devices, self.public_web()),
            tags,
            contacts,
            acts,
            custody,
            unlock,
            keys,
            account,
            import,
            world: World::new(self.room(), self.file.clone(), front, of_world),
        })
    }
}

impl Services {
    /// Over one vault, where nobody is to be asked about names.
    pub fn new(vault: &Vault, file: &Arc<FrontFile>, front: &Front, clock: &Clock) -> Result<Self, StartError> {
        Self::over(vault, file, front, clock, Dns::nobody())
    }

    /// Over one vault and this way to the outside.
    pub fn over(
        vault: &Vault,
        file: &Arc<FrontFile>,
        front: &Front,
        clock: &Clock,
        outward: impl Into<Outward>,
    ) -> Result<Self, StartError> {
        let certificate = Current::new(&Identity {
            chain: front.chain.clone(),
            key: front.key.clone().into(),
        })?;
        Self::showing(vault, file, front, clock, outward.into(), certificate)
    }

    /// The same with doors that are open already, and show this certificate.
    pub(super) fn showing(
        vault: &Vault,
        file: &Arc<FrontFile>,
        front: &Front,
        clock: &Clock,
        outward: Outward,
        certificate: Arc<Current>,
    ) -> Result<Self, StartError> {
        let ground = Ground {
            vault: vault.clone(),
            clock: clock.clone(),
            file: file.clone(),
            front,
            https: Https::with(outward.dns.clone(), outward.roots.clone(), outward.https_port, HTTPS),
            outward,
            happenings: Happenings::default(),
            people: People::new(&front.addresses).ok_or(store::Error::Damaged)?,
            preferences: Preferences::new(vault.clone()),
        };
        Self::of(&ground, certificate)
    }

    /// All of it; what is made here stands on the vault alone.
    fn of(ground: &Ground<'_>, certificate: Arc<Current>) -> Result<Self, StartError> {
        let coming = ground.coming();
        let spam = coming.receive.spam();
        let going = ground.going(spam.clone());
        let standing = ground.standing(&coming, &going, &certificate);
        let owner = ground.owner(&coming, &going, &standing)?;
        let ((vault, clock), front, people) = (ground.room(), ground.front, ground.people.clone());
        let happenings = ground.happenings.clone();
        let first = front.addresses.first().map_or("", String::as_str);
        let zone = Zone::preferred(ground.preferences.clone());
        Ok(Self {
            updates: Updates::new(ground.file.clone(), ground.https.clone(), clock.clone()),
            ledgers: Ledgers::new(vault.clone(), (clock.clone(), zone), ground.outward.dns.ledger().clone()),
            reports: Reports::new(vault.clone(), clock.clone(), &front.domain, first),
            key_server: KeyServer::new(going.keyring.clone()),
            dangers: coming.receive.dangers(),
            nuisances: coming.receive.nuisances(),
            timeline: Timeline::new(vault.clone(), people.clone()),
            views: Views::new(vault.clone()),
            preferences: ground.preferences.clone(),
            statements: Statements::new(vault.clone(), clock.clone(), ground.https.clone()),
            search: Search::new(vault.clone(), people.clone()),
            screener: Screener::new(vault.clone(), people.clone(), owner.acts.clone()),
            rules: Rules::new(vault.clone(), clock.clone(), happenings.clone()),
            discussions: Discussions::new(vault.clone(), clock.clone(), people),
            mailboxes: Mailboxes::new(ground.room(), ground.outward.clone(), &going.providers, coming.receive.clone()),
            export: Export::new(vault.clone(), clock, &front.domain, &front.addresses),
            delete: Delete::new(vault, &front.addresses),
            happenings,
            spam,
            certificate,
            senders: coming.senders,
            receive: coming.receive,
            journal: coming.journal,
            devices: coming.devices,
            strict: going.strict,
            keyring: going.keyring,
            compose: going.compose,
            ways: going.ways,
            tls_reports: going.tls_reports,
            deliver: going.deliver,
            outbox: going.outbox,
            backups: standing.backups,
            health: standing.health,
            checks: standing.checks,
            announcing: standing.announcing,
            certificates: standing.certificates,
            appliance: standing.appliance,
            tags: owner.tags,
            contacts: owner.contacts,
            acts: owner.acts,
            custody: owner.custody,
            unlock: owner.unlock,
            keys: owner.keys,
            account: owner.account,
            push: owner.push,
            import: owner.import,
            world: owner.world,
        })
    }

    /// What the pages are given.
    pub(super) fn pages(&self, clock: &Clock, first_run: FirstRun) -> web::Services {
        let clock = clock.clone();
        web::Services {
            backups: self.backups.clone(),
            health: self.health.clone(),
            updates: self.updates.clone(),
            first_run,
            unmasked_search: self.search.clone(),
            views: self.views.clone(),
            preferences: self.preferences.clone(),
            world: self.world.clone(),
            statements: self.statements.clone(),
            push: self.push.clone(),
            tags: self.tags.clone(),
            acts: self.acts.clone(),
            screener: self.screener.clone(),
            rules: self.rules.clone(),
            senders: self.senders.clone(),
            dangers: self.dangers.clone(),
            unmasked_timeline: self.timeline.clone(),
            unmasked_discussions: self.discussions.clone(),
            nuisances: self.nuisances.clone(),
            unlock: self.unlock.clone(),
            journal: self.journal.clone(),
            devices: self.devices.clone(),
            happenings: self.happenings.clone(),
            custody: self.custody.clone(),
            delete: self.delete.clone(),
            spam: self.spam.clone(),
            reports: self.reports.clone(),
            compose: self.compose.clone(),
            outbox: self.outbox.clone(),
            keys: self.keys.clone(),
            key_server: self.key_server.clone(),
            keyring: self.keyring.clone(),
            ways: self.ways.clone(),
            tls_reports: self.tls_reports.clone(),
            ledgers: self.ledgers.clone(),
            checks: self.checks.clone(),
            announcing: self.announcing.clone(),
            certificates: self.certificates.clone(),
            appliance: self.appliance.clone(),
            mailboxes: self.mailboxes.clone(),
            export: self.export.clone(),
            import: self.import.clone(),
            account: self.account.clone(),
            contacts: self.contacts.clone(),
            strict: self.strict.clone(),
            now: Arc::new(move || clock.now()),
        }
    }
}
