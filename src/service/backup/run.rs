//! What is done by itself: a backup when it is time, what is not needed any more let go, and the last one tried.

use super::{
    Backups, Wish, code_of, kind, often, open_known, place,
    restore::{Progress, Restored, Which, restore},
    write::{self, Made},
};
use crate::{
    domain::{backup::Trouble, time::Time},
    net::restic::{Control, Kept, Place, Repo},
    service::{Error, search},
    store::{
        backup,
        erase::PROOF,
        front::FrontFile,
        record,
        vault::{Open, Vault},
    },
};
use std::{sync::Arc, time::Instant};
use zeroize::Zeroizing;

/// When one was last tried that was asked for and is being made.
const ASKED: i64 = -1;
/// Seconds after which a backup that failed is tried again.
const AGAIN: i64 = 3600;
/// Seconds between two tries of a restore.
const PROVE: i64 = 20 * 3600;
/// Seconds between two times that what is not needed any more is thrown away: less than a week, so that a box that makes a
/// backup once a week does so each time.
const TIDY: i64 = 6 * 24 * 3600;
/// Seconds until it is looked again whether something is due.
const NAP: u64 = 60;

/// What a run came to.
struct Run {
    made: Made,
    /// The key of the repository that it is in.
    key: Vec<u8>,
    sent: u64,
    /// `None` where the place could not be asked any more; so below.
    size: Option<u64>,
    kept: Option<usize>,
    /// Whether the old code opens nothing any more.
    coded: bool,
    tidied: bool,
    /// Why what is not needed any more could not be removed, where it could not.
    untidy: Option<Trouble>,
}

/// Whether a restore of the last one was tried; not by a clock that was ahead.
fn is_proof_tried(kept: &record::Backup, now: Time) -> bool {
    (kept.made..=now.0).contains(&kept.proof_tried)
}

impl Backups {
    /// Does what is due: a backup, then a try of it. Says how many seconds from now to come again.
    pub async fn step(&self) -> Result<u64, Error> {
        self.clear().await;
        let Some(kept) = self.kept().await? else { return Ok(NAP) };
        let now = self.0.ground.clock.now();
        let since = |at: i64| now.0.saturating_sub(at);
        let time = |at: i64| (at > 0).then_some(Time(at));
        let rested = kept.failed == 0 || !(0..AGAIN).contains(&since(kept.tried));
        let due = kept.failed != 0 || often(&kept).is_due(time(kept.made), now);
        if kept.tried <= 0 || (rested && due) {
            self.make().await?.ok();
        } else if kept.made > 0 && kept.failed == 0 && !is_proof_tried(&kept, now) && !(0..PROVE).contains(&since(kept.proof_tried)) {
            self.prove().await?.ok();
        } else {
            return Ok(NAP);
        }
        Ok(1)
    }

    /// Does away with what a try left that the power or an error ended, also while the box is locked and where backups are
    /// off: it is a whole box, which the same secrets open.
    async fn clear(&self) {
        let Ok(turn) = self.0.turn.clone().try_lock_owned() else { return };
        let scratch = self.0.ground.vault.folder().join(PROOF);
        let clearing = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            backup::discard(&scratch)
        });
        if let Ok(Err(error)) = clearing.await {
            tracing::error!(%error, "what was restored to be tried could not be removed");
        }
    }

    /// Makes a backup now, and notes what became of it.
    pub async fn make(&self) -> Result<Result<(), Trouble>, Error> {
        let _turn = self.0.turn.clone().try_lock_owned().map_err(|_| Error::Busy)?;
        let kept = self.kept().await?.ok_or(Error::NotFound)?;
        let now = self.0.ground.clock.now().0;
        // One that was asked for stays so until it was made or failed: what cuts it short does not take it back.
        self.change(move |kept| kept.tried = if kept.tried <= 0 { ASKED } else { now })
            .await?;
        let done = move |kept: &mut record::Backup| {
            // One that was asked for meanwhile is the next.
            if kept.tried == ASKED {
                kept.tried = now;
            }
        };
        let began = Instant::now();
        let (this, code) = (self.clone(), kept.code.clone());
        let outcome = self.controlled(move |control| this.write(&kept, &control)).await;
        let took = began.elapsed().as_secs();
        match outcome {
            Ok(run) => {
                self.change(move |kept| {
                    (kept.made, kept.failed, kept.took) = (run.made.kept.made.0, 0, took);
                    (kept.messages, kept.lacking, kept.sent) = (run.made.messages, run.made.lacking, run.sent);
                    kept.key.clone_from(&run.key);
                    done(kept);
                    kept.size = run.size.unwrap_or(kept.size);
                    kept.kept = run.kept.map_or(kept.kept, |many| u32::try_from(many).unwrap_or(u32::MAX));
                    // One that was put on the sheet meanwhile waits for the next.
                    kept.code_waits &= !run.coded || kept.code != code;
                    if run.tidied {
                        kept.tidied = now;
                    }
                    if run.untidy != Some(Trouble::CutShort) {
                        kept.untidy = run.untidy.map_or(0, |trouble| trouble as u8);
                    }
                })
                .await?;
                tracing::info!("a backup was made");
                Ok(Ok(()))
            }
            Err(Trouble::CutShort) => Ok(Err(Trouble::CutShort)),
            Err(trouble) => {
                tracing::error!(%trouble, "a backup was not made and will be tried again");
                self.change(move |kept| {
                    kept.failed = trouble as u8;
                    done(kept);
                })
                .await?;
                Ok(Err(trouble))
            }
        }
    }

    /// Restores the last backup beside the box with what the sheet says, compares, does away with it, and notes what became
    /// of it.
    pub async fn prove(&self) -> Result<Result<(), Trouble>, Error> {
        let _turn = self.0.turn.clone().try_lock_owned().map_err(|_| Error::Busy)?;
        let kept = self.kept().await?.ok_or(Error::NotFound)?;
        let now = self.0.ground.clock.now().0;
        let this = self.clone();
        let outcome = self.controlled(move |control| this.try_restore(&kept, &control)).await;
        match outcome {
            Ok(restored) => {
                let at = restored.made.0;
                self.change(move |kept| (kept.proven, kept.unproven, kept.proof_tried) = (now.max(at), 0, now))
                    .await?;
                tracing::info!("the last backup was restored beside the box and is what was backed up");
                Ok(Ok(()))
            }
            Err(Trouble::CutShort) => Ok(Err(Trouble::CutShort)),
            Err(trouble) => {
                tracing::error!(%trouble, "the last backup could not be restored");
                self.change(move |kept| (kept.unproven, kept.proof_tried) = (trouble as u8, now))
                    .await?;
                Ok(Err(trouble))
            }
        }
    }

    /// Runs something on the blocking pool that can be cut short meanwhile.
    async fn controlled<T: Send + 'static>(&self, work: impl FnOnce(Control) -> Result<T, Trouble> + Send + 'static) -> Result<T, Trouble> {
        let control = Control::default();
        *self.doing() = Some(control.clone());
        let done = tokio::task::spawn_blocking(move || work(control)).await;
        *self.doing() = None;
        done.unwrap_or(Err(Trouble::Store))
    }

    fn kept_at(&self, kept: &record::Backup) -> Result<Place, Trouble> {
        let wish = Wish {
            kind: Some(kind(kept)),
            at: kept.at.clone(),
            user: kept.user.clone(),
            password: Zeroizing::new(kept.password.clone()),
            region: kept.region.clone(),
            ..Wish::default()
        };
        place(&wish, &self.0.ground.https).map_err(|_| Trouble::Unreachable)
    }

    fn write(&self, kept: &record::Backup, control: &Control) -> Result<Run, Trouble> {
        let ground = &self.0.ground;
        let open: Arc<Open> = ground.vault.open().map_err(|_| Trouble::CutShort)?;
        control.slow_to(kept.limit);
        let repo = open_known(&self.kept_at(kept)?, (&kept.key, &kept.code), control)?;
        let spoilt = Trouble::of(kept.unproven).is_some_and(Trouble::is_spoilt);
        if kept.code_waits || spoilt {
            // Until a backup is there whose slots the new code opens, the old one stays as well.
            repo.add_code(&kept.code)?;
        }
        if spoilt {
            // The last one could not be restored: what is taken for there already may not be.
            match repo.mend() {
                Ok(0) => {}
                Ok(packs) => tracing::warn!(packs, "what was spoilt where the backup is kept is written anew"),
                Err(Trouble::CutShort) => return Err(Trouble::CutShort),
                Err(trouble) => tracing::error!(%trouble, "what is spoilt where the backup is kept could not be put right"),
            }
        }
        let made = write::write(ground, &open, &repo, control)?;
        drop(open);
        // It is there, whatever becomes of the older ones: a place may well let nobody remove anything.
        let due = !(0..TIDY).contains(&ground.clock.now().0.saturating_sub(kept.tidied));
        let tidied = self.tidy(kept, (&repo, &made.kept), due).inspect_err(|trouble| {
            tracing::warn!(%trouble, "what a backup no longer needs could not be removed");
        });
        Ok(Run {
            made,
            key: repo.key()?,
            sent: control.sent(),
            size: repo.size().ok(),
            kept: repo.backups().ok().map(|backups| backups.len()),
            coded: kept.code_waits && tidied.is_ok(),
            tidied: due && tidied.is_ok(),
            untidy: tidied.err(),
        })
    }

    /// Takes away what is not needed any more: what the old code opens, and where it is due what no backup needs.
    fn tidy(&self, kept: &record::Backup, (repo, made): (&Repo, &Kept), due: bool) -> Result<(), Trouble> {
        if kept.code_waits {
            repo.set_code(&kept.code)?;
        }
        repo.forget(made, (kept.proven > 0).then_some(Time(kept.proven)))?;
        if due { repo.tidy() } else { Ok(()) }
    }

    fn try_restore(&self, kept: &record::Backup, control: &Control) -> Result<Restored, Trouble> {
        let ground = &self.0.ground;
        let scratch = ground.vault.folder().join(PROOF);
        let outcome = || -> Result<Restored, write::Broke> {
            backup::discard(&scratch)?;
            backup::scratch(&scratch)?;
            let (vault, file) = (Vault::locked(&scratch), FrontFile::open(&scratch)?);
            // What a person types who has the sheet and nothing else.
            let code = code_of(&kept.code).ok_or(Trouble::Code)?;
            let place = self.kept_at(kept)?;
            // Not the newest: a clock that was ahead may have made one that is newer for years.
            let made = Time(kept.made);
            let restored = restore((&place, &code, Which::Made(made)), (&vault, &file), &Progress::default(), control);
            vault.lock();
            vault.wait_until_closed()?;
            Ok(restored?)
        };
        let outcome = outcome().map_err(Trouble::from);
        if let Err(error) = backup::discard(&scratch) {
            tracing::error!(%error, "what was restored to be tried could not be removed");
        }
        outcome
    }
}

/// What follows a restore: the words of its messages are indexed, so that they are found at once.
pub async fn index(vault: &Vault) -> Result<(), Error> {
    search::catch_up(vault).await
}
