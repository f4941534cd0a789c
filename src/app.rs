//! Putting the house together: the store, the use cases, the doors, and their end.

mod house;
mod notify;
mod services;

use crate::{
    config::Config,
    net::{
        clamd::Clamd,
        tls::{self, Current},
    },
    service::setup::first_run::{self, BeginError, FirstRun, Rebuild},
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
pub use services::Services;
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinSet,
};

/// How long the doors may take to end what they are doing.
const GRACE: Duration = Duration::from_secs(4);
/// How long the last lines of the journal may take.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Why the appliance did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no such folder.
    #[error("there is no such folder; in an empty one that you make, the first run begins")]
    NoFolder,
    /// There is no box in the folder.
    #[error("there is no mailbox in that folder")]
    NoBox,
    /// A box in the folder has lost what opens it.
    #[error("the mailbox in that folder has lost what opens it (slots.json); a backup of it can be restored into an empty folder")]
    NoSlots,
    /// The secret is not the right one.
    #[error("that passphrase does not open this mailbox")]
    WrongSecret,
    /// An address cannot be listened on.
    #[error("cannot listen on {0}: {1}{hint}", hint = hint(.1))]
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

/// The front of a data folder; an error where there is no box.
pub fn front(folder: &std::path::Path) -> Result<(Arc<FrontFile>, Front), StartError> {
    if erase::is_marked(folder) {
        erase::end(folder)?;
    }
    if !folder.is_dir() {
        return Err(StartError::NoFolder);
    }
    // Where it may not be looked at, that is said, and not that nothing is there.
    if !folder.join(store::slots::FILE).try_exists().map_err(store::Error::io)? {
        let was_never = first_run::is_unclaimed(folder)?;
        return Err(if was_never { StartError::NoBox } else { StartError::NoSlots });
    }
    let file = Arc::new(FrontFile::open(folder)?);
    let front = file.read()?.ok_or(StartError::NoBox)?;
    Ok((file, front))
}

impl Appliance {
    /// Opens the data folder, unlocks it where a secret is given that opens it, and opens the doors. In an empty folder a first run
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
            // The owner may have taken that secret back; a box that takes no mail for it would be a trap.
            tracing::warn!("what was to unlock this box does not open it; the box starts locked");
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
        if self.first_run.is_unclaimed() {
            // It opens nothing any more: the next start makes another.
            let _ = std::fs::remove_file(self.vault.folder().join(store::front::CLAIM));
        }
        // Every door may be gone already.
        let _ = self.stop.send(true);
        let ended = async { while self.doors.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!("a door did not end in time and was closed");
            self.doors.shutdown().await;
        }
        let journal = self.services.borrow().journal.clone();
        // What the writing thread is in the middle of may take longer than whoever ends us waits.
        if tokio::time::timeout(LAST_LINES, journal.flush()).await.is_err() {
            tracing::warn!("the last lines of the journal could not be written in time");
        }
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
    let mut listener = TcpListener::bind(address).await;
    if let Err(error) = &listener
        && let Some(instead) = in_its_place(address, error)
    {
        listener = TcpListener::bind(instead).await;
    }
    let listener = listener.map_err(failed)?;
    bound.push(listener.local_addr().map_err(failed)?);
    Ok(listener)
}

/// What helps where it may not be listened.
fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; ports below 1024 are for root and for a service (install.sh), and --smtp, --https and --http choose others"
        }
        _ => "",
    }
}

/// Where to listen instead: a machine may know no IPv6 at all, and on it every address is every one of IPv4.
fn in_its_place(address: SocketAddr, error: &io::Error) -> Option<SocketAddr> {
    let is_unknown = error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error());
    (is_unknown && address.ip() == Ipv6Addr::UNSPECIFIED).then(|| (Ipv4Addr::UNSPECIFIED, address.port()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_the_newer_protocol_listens_on_every_address_that_it_has() {
        let unknown = io::Error::from_raw_os_error(rustix::io::Errno::AFNOSUPPORT.raw_os_error());
        let instead = |address: &str, error: &io::Error| in_its_place(address.parse().unwrap(), error).map(|it| it.to_string());
        assert_eq!(instead("[::]:25", &unknown).as_deref(), Some("0.0.0.0:25"));
        assert_eq!(instead("[::1]:25", &unknown), None, "who names one means it");
        assert_eq!(instead("[::]:25", &io::ErrorKind::AddrInUse.into()), None);
    }

    #[test]
    fn who_may_not_listen_is_told_what_helps() {
        let said = |kind: io::ErrorKind| StartError::Listen(([0, 0, 0, 0], 25).into(), kind.into()).to_string();
        assert!(said(io::ErrorKind::PermissionDenied).contains("--smtp"));
        assert!(!said(io::ErrorKind::AddrInUse).contains("--smtp"));
    }
}
