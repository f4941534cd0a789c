//! A box without an owner gets the one that it had: it is made of a backup, with the code on the recovery sheet. It goes on
//! while the page that asked for it is left.

use super::{FirstRun, locked};
use crate::{
    domain::backup::Trouble,
    net::restic::{Control, Place},
    service::backup::{Progress, Which, index, restore},
    store,
};
use std::sync::{Arc, atomic::Ordering};
use zeroize::Zeroizing;

/// How far it is.
#[derive(Clone, Default)]
pub enum Back {
    /// Nobody asked for it.
    #[default]
    Idle,
    /// It is being done.
    Under(Arc<Progress>),
    /// It was not done.
    Failed(Trouble),
}

impl FirstRun {
    /// How far a restore is; messages that came, and of how many.
    pub fn back(&self) -> (Back, u64, u64) {
        let back = locked(&self.0.back).clone();
        let (done, of) = match &back {
            Back::Under(progress) => (progress.done.load(Ordering::Relaxed), progress.of.load(Ordering::Relaxed)),
            _ => (0, 0),
        };
        (back, done, of)
    }

    /// Begins to make the box of the backup so many before the newest at this place. One at a time.
    pub fn bring_back(&self, place: Place, code: Zeroizing<String>, earlier: usize) {
        let progress = Arc::<Progress>::default();
        {
            let mut back = locked(&self.0.back);
            if matches!(*back, Back::Under(_)) {
                return;
            }
            *back = Back::Under(progress.clone());
        }
        let run = self.clone();
        tokio::spawn(async move {
            let outcome = run.made_again((place, code, earlier), progress).await;
            if let Err(trouble) = outcome {
                tracing::error!(%trouble, "a backup was not restored");
                *locked(&run.0.back) = Back::Failed(trouble);
            }
        });
    }

    async fn made_again(&self, (place, code, earlier): (Place, Zeroizing<String>, usize), progress: Arc<Progress>) -> Result<(), Trouble> {
        let _turn = self.0.turn.lock().await;
        if !self.is_unclaimed() {
            return Err(Trouble::NotBlank);
        }
        let inner = self.0.clone();
        let work = move || {
            let room = (&inner.vault, &*inner.file);
            restore((&place, &code, Which::Earlier(earlier)), room, &progress, &Control::default())
        };
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(Trouble::Store))?;
        // It is restored, whatever becomes of its index: that is made when it is opened.
        if let Err(error) = index(&self.0.vault).await {
            tracing::error!(%error, "the words of a restored box could not be indexed and will be later");
        }
        // It opens with the passphrase that it had: whoever stands here has shown the code of a sheet, and no device.
        self.0.vault.lock();
        let inner = self.0.clone();
        let front = tokio::task::spawn_blocking(move || inner.file.read()).await;
        let front = front.unwrap_or(Err(store::Error::Damaged)).ok().flatten().ok_or(Trouble::Store)?;
        *locked(&self.0.state) = None;
        self.0.unclaimed.store(false, Ordering::Release);
        self.rebuild(front, true).await;
        Ok(())
    }
}
