//! The house while it runs: opened once the box has an owner, and put together anew while it is in its first run.

use super::{Services, StartError};
use crate::{
    domain::network::Network,
    jobs,
    net::{
        clamd::Clamd,
        clock::Clock,
        outward::Outward,
        tls::{Current, Identity},
    },
    service::{
        setup::first_run::{FirstRun, Rebuild},
        upkeep::Upkeep,
    },
    smtp::{Door, limits::Limits},
    store::{
        front::{Front, FrontFile},
        vault::Vault,
    },
    web,
};
use std::sync::Arc;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

/// What the house is put together from; also once more, when a box in its first run gets its names and its owner.
pub(super) struct House {
    pub(super) vault: Vault,
    pub(super) file: Arc<FrontFile>,
    pub(super) clock: Clock,
    pub(super) outward: Outward,
    pub(super) spared: Vec<Network>,
    pub(super) clamd: Option<std::path::PathBuf>,
    pub(super) first_run: FirstRun,
    pub(super) mail_tls: Arc<rustls::ServerConfig>,
    pub(super) certificate: Arc<Current>,
    pub(super) services: watch::Sender<Services>,
    pub(super) pages: watch::Sender<web::Services>,
    pub(super) door: watch::Sender<Option<Door>>,
    pub(super) stopping: watch::Receiver<bool>,
}

impl House {
    fn over(&self, front: &Front) -> Result<Services, StartError> {
        let shown = self.certificate.clone();
        let services = Services::showing(&self.vault, &self.file, front, &self.clock, self.outward.clone(), shown)?;
        services.nuisances.spare(self.spared.clone());
        if let Some(socket) = self.clamd.clone() {
            services.dangers.ask(Clamd::new(socket));
        }
        Ok(services)
    }

    /// Opens the mail door and starts what is done by itself: the box has an owner.
    pub(super) fn open(&self, services: &Services, doors: &mut JoinSet<()>) {
        let door = Door::new(services.receive.clone(), self.mail_tls.clone(), Limits::default());
        // Whoever listens has this from now on; nobody listening is no error.
        let _ = self.door.send_replace(Some(door));
        let stopping = self.stopping.clone();
        doors.spawn(jobs::weigh::run(
            services.contacts.clone(),
            services.account.clone(),
            services.happenings.listen(),
            stopping.clone(),
        ));
        doors.spawn(jobs::updates::run(services.updates.clone(), stopping.clone()));
        let standing = (services.checks.clone(), services.certificates.clone(), services.announcing.clone());
        doors.spawn(jobs::stand::run(standing, stopping.clone()));
        doors.spawn(jobs::backup::run(
            services.backups.clone(),
            services.happenings.listen(),
            stopping.clone(),
        ));
        doors.spawn(jobs::world::run(
            services.world.clone(),
            services.statements.clone(),
            services.happenings.listen(),
            stopping.clone(),
        ));
        doors.spawn(jobs::push::run(
            services.push.clone(),
            services.happenings.listen(),
            stopping.clone(),
        ));
        doors.spawn(jobs::fetch::run(services.mailboxes.clone(), stopping.clone()));
        doors.spawn(jobs::deliver(
            services.deliver.clone(),
            services.ledgers.clone(),
            services.happenings.listen(),
            stopping.clone(),
        ));
        doors.spawn(jobs::ask::run(
            services.senders.clone(),
            (services.strict.clone(), services.tls_reports.clone()),
            services.keyring.clone(),
            services.happenings.listen(),
            stopping.clone(),
        ));
        doors.spawn(jobs::run(
            (Upkeep::new(self.vault.clone(), self.clock.clone()), services.health.clone()),
            services.receive.clone(),
            services.keys.clone(),
            services.happenings.listen(),
            stopping,
        ));
    }

    /// Until the box has an owner: puts the house together anew whenever the first run asks, and opens it in the end.
    pub(super) async fn wait_for_owner(self, mut asked: mpsc::Receiver<Rebuild>) {
        let mut stopping = self.stopping.clone();
        loop {
            let asked = tokio::select! {
                // A sender that is gone means stop.
                () = async { let _ = stopping.wait_for(|stop| *stop).await; } => return,
                asked = asked.recv() => asked,
            };
            let Some(Rebuild { front, made, answer }) = asked else { return };
            let mut works = JoinSet::new();
            // A box that was brought back shows the certificate that it had.
            let had = Identity {
                chain: front.chain.clone(),
                key: front.key.clone().into(),
            };
            if made && let Err(error) = self.certificate.replace(&had) {
                tracing::error!(%error, "the certificate of the box cannot be shown");
            }
            match self.over(&front) {
                Ok(services) => {
                    let _ = self.pages.send_replace(services.pages(&self.clock, self.first_run.clone()));
                    if made {
                        self.open(&services, &mut works);
                    }
                    let _ = self.services.send_replace(services);
                }
                Err(error) => tracing::error!(%error, "the house could not be put together; start the program again"),
            }
            let _ = answer.send(());
            if made {
                while works.join_next().await.is_some() {}
                return;
            }
        }
    }
}
