//! Putting the house together: the store, the use cases, the doors, and their end.

mod house;
mod notify;

use crate::{
    config::Config,
    net::{
        authenticate::Authenticate,
        clamd::Clamd,
        clock::Clock,
        dns::Dns,
        https::Https,
        outward::Outward,
        tls::{self, Current, Identity},
    },
    service::compose::Compose,
    service::setup::first_run::{self, BeginError, FirstRun, Rebuild},
    service::{
        account::Account,
        appliance::ServiceIndex,
        authenticate::Senders,
        certificates::{self, Certificates},
        checks::{self, Checks},
        contacts::Contacts,
        custody::Custody,
        danger::Dangers,
        delete::Delete,
        devices::Devices,
        discussion::Discussions,
        export::Export,
        happening::Happenings,
        health::Health,
        import::Import,
        journal::Journal,
        keyring::Keyring,
        keys::Keys,
        nuisance::Nuisances,
        outbox::Outbox,
        receive::Receive,
        reports::Reports,
        rules::Rules,
        search::Search,
        spam::Spam,
        strict::Strict,
        tags::Tags,
        timeline::Timeline,
        unlock::Unlock,
        updates::Updates,
        view::People,
        views::Views,
    },
    service::{acts::Acts, screener::Screener},
    service::{
        deliver::{Deliver, Rests},
        ledger::Ledgers,
        sending::Ways,
        tls_reports::TlsReports,
    },
    smtp,
    store::{
        self, erase,
        front::{Front, FrontFile},
        slots::Opening,
        vault::{Secret, Vault},
    },
    web,
};
use house::House;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinSet,
};

/// How long is waited for a web server.
const HTTPS: Duration = Duration::from_secs(20);
/// How long is waited for a certificate authority, an answer.
const AUTHORITY: Duration = Duration::from_secs(60);
/// How long the doors may take to end what they are doing.
const GRACE: Duration = Duration::from_secs(4);

/// Why the appliance did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no box in the folder.
    #[error("there is no mailbox in that folder, and it is no empty folder in which one could be made")]
    NoBox,
    /// The secret is not the right one.
    #[error("that passphrase does not open this mailbox")]
    WrongSecret,
    /// An address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The certificate refuses.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
}

impl From<BeginError> for StartError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Store(error) => Self::Store(error),
            BeginError::Tls(error) => Self::Tls(error),
        }
    }
}

/// The appliance, running.
pub struct Appliance {
    /// Where it takes mail.
    pub smtp: Vec<SocketAddr>,
    /// Where it serves pages over TLS.
    pub https: Vec<SocketAddr>,
    /// Where it serves pages without TLS.
    pub http: Vec<SocketAddr>,
    /// What stood in front of the lock when it started.
    pub front: Front,
    /// The first run, which may have ended long ago.
    pub first_run: FirstRun,
    /// The vault.
    pub vault: Vault,
    /// The certificate of both doors, to be replaced while running.
    pub certificate: Arc<Current>,
    services: watch::Receiver<Services>,
    stop: watch::Sender<bool>,
    doors: JoinSet<()>,
}

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
    pub push: crate::service::push::Push,
    /// What the owner prefers.
    pub preferences: crate::service::preferences::Preferences,
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
    pub key_server: crate::service::key_server::KeyServer,
    /// Other people's.
    pub keyring: Keyring,
    /// By which way mail leaves.
    pub ways: Ways,
    /// Whom this box connected to.
    pub ledgers: Ledgers,
    /// What other domains are told of the way to them.
    pub tls_reports: TlsReports,
    /// Taking everything out.
    pub export: Export,
    /// Taking in what was kept elsewhere.
    pub import: Import,
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
    fn showing(
        vault: &Vault,
        file: &Arc<FrontFile>,
        front: &Front,
        clock: &Clock,
        outward: Outward,
        certificate: Arc<Current>,
    ) -> Result<Self, StartError> {
        let dns = outward.dns.clone();
        let https = Https::with(dns.clone(), outward.roots.clone(), outward.https_port, HTTPS);
        let browsers = Https::to_the_public(dns.clone(), outward.roots.clone(), outward.https_port, HTTPS);
        let keyring = Keyring::new(vault.clone(), clock.clone(), https.clone());
        let strict = Strict::new(vault.clone(), clock.clone(), dns.clone(), https.clone(), &front.domain, &front.host);
        let first = front.addresses.first().map_or("", String::as_str);
        let reports = Reports::new(vault.clone(), clock.clone(), &front.domain, first);
        let authenticate = Authenticate::new(dns.clone(), &front.host);
        let senders = Senders::new(vault.clone(), clock.clone(), authenticate, &front.host);
        let people = People::new(&front.addresses).ok_or(store::Error::Damaged)?;
        let keyring = keyring.asking(dns.clone());
        let key_server = crate::service::key_server::KeyServer::new(keyring.clone());
        let happenings = Happenings::default();
        let owner = front.addresses.first().cloned().unwrap_or_default();
        let receive = Receive::over(
            vault.clone(),
            clock.clone(),
            happenings.clone(),
            file.clone(),
            front,
            senders.clone(),
        );
        let spam = receive.spam();
        let room = (vault.clone(), clock.clone(), happenings.clone());
        let compose = Compose::new(room, (dns, strict.clone(), keyring.clone()), spam.clone(), people.clone(), front);
        let journal = Journal::new(vault.clone(), clock.clone());
        let devices = Devices::new(vault.clone(), clock.clone(), journal.clone(), receive.clone());
        let known = (devices.clone(), journal.clone());
        let rests = Rests::default();
        let room = (vault.clone(), clock.clone());
        let ledgers = Ledgers::new(vault.clone(), clock.clone(), outward.dns.ledger().clone());
        let ways = Ways::new(vault.clone(), clock.clone(), outward.clone(), &front.host);
        let tls_reports = TlsReports::new(
            room.clone(),
            (outward.dns.clone(), https.clone()),
            happenings.clone(),
            &front.domain,
        );
        let updates = Updates::new(file.clone(), https.clone(), clock.clone());
        let looking = checks::Parts {
            https: Https::with(outward.dns.clone(), outward.roots.clone(), outward.https_port, HTTPS),
            foreign: https,
            dns: outward.dns.clone(),
            ways: ways.clone(),
            compose: compose.clone(),
            journal: journal.clone(),
            comers: receive.comers(),
        };
        let checks = Checks::new(file.clone(), front, clock.clone(), looking);
        let health = Health::new(vault.clone());
        let of_disk = health.clone();
        checks.add(move || of_disk.checks());
        let certifying = certificates::Parts {
            dns: outward.dns.clone(),
            https: Https::with(outward.dns.clone(), outward.roots.clone(), 0, AUTHORITY),
            directory: outward.authority.clone(),
            current: certificate.clone(),
            journal: journal.clone(),
            checks: checks.clone(),
        };
        let certificates = Certificates::new(file.clone(), front, clock.clone(), certifying);
        let told = (strict.clone(), tls_reports.clone());
        let deliver = Deliver::new(room, told, outward, &front.host, rests.clone());
        let appliance = ServiceIndex::new(checks.clone(), clock.clone());
        let custody = Custody::new(vault.clone(), clock.clone(), happenings.clone());
        let unlock = Unlock::new(vault.clone(), clock.clone(), happenings.clone(), known, owner, file.clone())?;
        let keys = Keys::new(vault.clone(), clock.clone(), file.clone(), front);
        let push = crate::service::push::Push::new(vault.clone(), clock.clone(), devices.clone(), browsers);
        let own = (devices.clone(), custody.clone(), unlock.clone(), keys.clone(), appliance.clone());
        let tags = Tags::new(vault.clone(), people.clone(), spam.clone());
        let contacts = Contacts::new(vault.clone(), clock.clone(), happenings.clone(), &front.addresses);
        let parts = (tags.clone(), spam.clone(), contacts.clone());
        let acts = Acts::new(vault.clone(), clock.clone(), parts, (people.clone(), &front.addresses));
        let room = (vault.clone(), clock.clone());
        let import = Import::new(
            room,
            receive.clone(),
            contacts.clone(),
            (keys.clone(), keyring.clone()),
            &front.domain,
        );
        Ok(Self {
            health,
            updates,
            deliver,
            tls_reports,
            ways,
            ledgers,
            checks,
            certificates,
            certificate,
            appliance,
            account: Account::new(vault.clone(), clock.clone(), people.clone(), own),
            dangers: receive.dangers(),
            nuisances: receive.nuisances(),
            devices,
            journal,
            spam: spam.clone(),
            receive,
            senders,
            timeline: Timeline::new(vault.clone(), people.clone()),
            views: Views::new(vault.clone()),
            preferences: crate::service::preferences::Preferences::new(vault.clone()),
            push,
            search: Search::new(vault.clone(), people.clone()),
            screener: Screener::new(vault.clone(), people.clone(), acts.clone()),
            acts,
            tags,
            rules: Rules::new(vault.clone(), clock.clone(), happenings.clone()),
            discussions: Discussions::new(vault.clone(), people),
            contacts,
            export: Export::new(vault.clone(), clock.clone(), &front.domain, &front.addresses),
            import,
            custody,
            delete: Delete::new(vault.clone(), &front.addresses),
            outbox: Outbox::new(vault.clone(), clock.clone(), happenings.clone(), rests),
            unlock,
            happenings,
            reports,
            strict,
            keys,
            key_server,
            keyring,
            compose,
        })
    }

    /// What the pages are given.
    fn pages(&self, clock: &crate::net::clock::Clock, first_run: FirstRun) -> web::Services {
        let clock = clock.clone();
        web::Services {
            health: self.health.clone(),
            updates: self.updates.clone(),
            first_run,
            unmasked_search: self.search.clone(),
            views: self.views.clone(),
            preferences: self.preferences.clone(),
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
            certificates: self.certificates.clone(),
            appliance: self.appliance.clone(),
            export: self.export.clone(),
            import: self.import.clone(),
            account: self.account.clone(),
            contacts: self.contacts.clone(),
            strict: self.strict.clone(),
            now: Arc::new(move || clock.now()),
        }
    }
}

/// The front of a data folder; an error where there is no box.
pub fn front(folder: &std::path::Path) -> Result<(Arc<FrontFile>, Front), StartError> {
    if erase::is_marked(folder) {
        erase::end(folder)?;
    }
    if !folder.join(store::slots::FILE).exists() {
        return Err(StartError::NoBox);
    }
    let file = Arc::new(FrontFile::open(folder)?);
    let front = file.read()?.ok_or(StartError::NoBox)?;
    Ok((file, front))
}

impl Appliance {
    /// Opens the data folder, unlocks it where a secret is given, and opens the doors. In an empty folder a first run
    /// begins: the pages ask for the code of the console, and the mail door asks to come back later.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let vault = Vault::locked(&config.data);
        if erase::is_marked(&config.data) {
            erase::end(&config.data)?;
        }
        if first_run::is_unclaimed(&config.data)? {
            let file = Arc::new(FrontFile::open(&config.data)?);
            let (run, asked) = FirstRun::begin(file.clone(), vault.clone(), config.clock.clone(), config.trying)?;
            let front = run.front();
            return Self::run(config, file, front, vault, run, Some(asked)).await;
        }
        let (file, front) = front(&config.data)?;
        if let Some(secret) = &config.secret
            && vault.unlock(&Opening::of_file(secret))? == Secret::Wrong
        {
            return Err(StartError::WrongSecret);
        }
        let run = FirstRun::made(file.clone(), vault.clone(), config.clock.clone())?;
        Self::run(config, file, front, vault, run, None).await
    }

    async fn run(
        config: Config,
        file: Arc<FrontFile>,
        front: Front,
        vault: Vault,
        first_run: FirstRun,
        asked: Option<mpsc::Receiver<Rebuild>>,
    ) -> Result<Self, StartError> {
        let services = Services::over(&vault, &file, &front, &config.clock, config.outward.clone())?;
        let certificate = services.certificate.clone();
        let page_tls = tls::server_config(certificate.clone(), &[b"h2", b"http/1.1", tls::ACME_ALPN])?;
        let (stop, stopping) = watch::channel(false);
        let (of_services, current) = watch::channel(services.clone());
        let (of_pages, pages) = watch::channel(services.pages(&config.clock, first_run.clone()));
        let (of_door, door) = watch::channel(None);
        let mut doors = JoinSet::new();
        let mut bound = [Vec::new(), Vec::new(), Vec::new()];
        let [smtp, https, http] = &mut bound;
        for address in &config.smtp {
            let listener = listen(*address, smtp).await?;
            doors.spawn(smtp::serve(listener, door.clone(), stopping.clone()));
        }
        let with_tls = config.https.iter().map(|address| (address, Some(page_tls.clone())));
        let without = config.http.iter().map(|address| (address, None));
        for (address, tls) in with_tls.chain(without) {
            let bound = if tls.is_some() { &mut *https } else { &mut *http };
            let listener = listen(*address, bound).await?;
            doors.spawn(web::serve(listener, tls, pages.clone(), stopping.clone()));
        }
        let stopped = stopping.clone();
        let house = House {
            vault: vault.clone(),
            file,
            clock: config.clock,
            outward: config.outward,
            spared: config.spared,
            clamd: config.clamd,
            first_run: first_run.clone(),
            mail_tls: tls::server_config(certificate.clone(), &[])?,
            certificate: certificate.clone(),
            services: of_services,
            pages: of_pages,
            door: of_door,
            stopping,
        };
        match asked {
            Some(asked) => drop(doors.spawn(house.wait_for_owner(asked))),
            None => {
                services.nuisances.spare(house.spared.clone());
                if let Some(socket) = house.clamd.clone() {
                    services.dangers.ask(Clamd::new(socket));
                }
                house.open(&services, &mut doors);
            }
        }
        let [smtp, https, http] = bound;
        notify::begin(&mut doors, services.health, [&smtp, &http, &https], stopped);
        Ok(Self {
            smtp,
            https,
            http,
            front,
            first_run,
            vault,
            certificate,
            services: current,
            stop,
            doors,
        })
    }

    /// What it works with now; a first run puts the house together anew.
    pub fn services(&self) -> Services {
        self.services.borrow().clone()
    }

    /// Ends everything in order: the doors take nothing new and finish what they do, then the vault is
    /// closed, what waits written.
    pub async fn stop(mut self) {
        notify::end();
        // Every door may be gone already.
        let _ = self.stop.send(true);
        let ended = async { while self.doors.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!("a door did not end in time and was closed");
            self.doors.shutdown().await;
        }
        let journal = self.services.borrow().journal.clone();
        journal.flush().await;
        self.vault.lock();
        if self.vault.is_erased() {
            let folder = self.vault.folder().to_owned();
            // The vault may be held by a reader that was cut off; the files go all the same.
            let _ = self.vault.wait_until_closed();
            if let Err(error) = erase::end(&folder) {
                tracing::error!(%error, "some files of the erased box could not be removed; nothing opens them");
            }
        }
    }

    /// Ends when the owner has erased the box.
    pub async fn erased(&self) {
        let mut services = self.services.clone();
        loop {
            let custody = services.borrow_and_update().custody.clone();
            let other = async {
                if services.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = custody.erased() => return,
                () = other => {}
            }
        }
    }
}

async fn listen(address: SocketAddr, bound: &mut Vec<SocketAddr>) -> Result<TcpListener, StartError> {
    let failed = |error| StartError::Listen(address, error);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    bound.push(listener.local_addr().map_err(failed)?);
    Ok(listener)
}
