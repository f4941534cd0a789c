//! Who looks at which mailbox, and when: a worker each while it is looked at, then a rest by the clock of the house.

use super::{Mailboxes, read};
use crate::{
    domain::{
        mailbox::{PAUSE, State, Trouble},
        time::Time,
    },
    service::Error,
};
use std::{
    collections::HashMap,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, task::JoinSet};

/// Where a mailbox that is on stands.
pub(super) enum Stand {
    /// Somebody looks at it: what tells them to end.
    LookedAt(Arc<Notify>),
    /// Nobody does until then.
    Rests(Time),
}

impl Stand {
    fn is_of(&self, worker: &Arc<Notify>) -> bool {
        matches!(self, Self::LookedAt(end) if Arc::ptr_eq(end, worker))
    }

    /// Whether it is left alone now. No rest is longer than the longest: the clock may have been put back meanwhile.
    fn holds(&self, now: Time) -> bool {
        match self {
            Self::LookedAt(_) => true,
            Self::Rests(until) => (1..=PAUSE).contains(&(until.0 - now.0)),
        }
    }
}

impl Mailboxes {
    fn stand(&self) -> MutexGuard<'_, HashMap<u64, Stand>> {
        self.0.stand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whatever looks at it to end, and lets it rest no longer.
    pub(super) fn end(&self, id: u64) {
        if let Some(Stand::LookedAt(end)) = self.stand().remove(&id) {
            end.notify_one();
        }
    }

    /// Has every mailbox that is on and does not rest looked at by a worker of its own, and waits until something changes;
    /// `seconds` at most.
    pub async fn step(&self, workers: &mut JoinSet<()>, seconds: u64) {
        while workers.try_join_next().is_some() {}
        let all = match read(&self.0.vault, |snapshot| Ok(snapshot.mailboxes()?)).await {
            Ok(all) => all,
            Err(error) => {
                if !matches!(error, Error::Locked) {
                    tracing::error!(%error, "other mailboxes could not be read and will be looked at again");
                }
                Vec::new()
            }
        };
        // While the file is written anew or filled with another box's rows, nothing is begun.
        let all = if self.0.vault.taking().is_ok() { all } else { Vec::new() };
        let now = self.0.clock.now();
        for (id, _) in all.iter().filter(|(_, mailbox)| mailbox.state() == State::On) {
            let end = Arc::<Notify>::default();
            {
                let mut stand = self.stand();
                if stand.get(id).is_some_and(|stand| stand.holds(now)) {
                    continue;
                }
                stand.insert(*id, Stand::LookedAt(end.clone()));
            }
            let work = Work {
                of: self.clone(),
                id: *id,
                end,
            };
            workers.spawn(async move {
                tokio::select! {
                    rest = work.of.work(work.id) => work.rests(rest),
                    () = work.end.notified() => {}
                }
            });
        }
        tokio::select! {
            () = self.0.changed.notified() => {}
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
        }
    }

    /// Tells every worker to end.
    pub fn stop(&self) {
        for stand in std::mem::take(&mut *self.stand()).into_values() {
            if let Stand::LookedAt(end) = stand {
                end.notify_one();
            }
        }
    }

    /// Looks at a mailbox that is on: until when it rests then. `None` where it is not looked at any more.
    async fn work(&self, id: u64) -> Option<Time> {
        let found = read(&self.0.vault, move |snapshot| snapshot.mailbox(id)?.ok_or(Error::NotFound)).await;
        let mailbox = found.ok().filter(|mailbox| mailbox.state() == State::On)?;
        let outcome = Box::pin(self.look(id, &mailbox)).await;
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        match outcome {
            Ok(()) => Some(Time(self.0.clock.now().0.saturating_add(PAUSE))),
            Err(Trouble::Store) if self.0.vault.open().is_err() => None,
            Err(trouble) => self.failed(id, trouble).await.ok()?,
        }
    }
}

/// What a worker does; however it ends, another one may begin.
struct Work {
    of: Mailboxes,
    id: u64,
    end: Arc<Notify>,
}

impl Work {
    /// It rests until then; not where it is to be looked at anew, or another one already does.
    fn rests(&self, until: Option<Time>) {
        let Some(until) = until else { return };
        let mut stand = self.of.stand();
        if let Some(mine) = stand.get_mut(&self.id).filter(|stand| stand.is_of(&self.end)) {
            *mine = Stand::Rests(until);
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let mut stand = self.of.stand();
        let other = matches!(stand.get(&self.id), Some(Stand::LookedAt(end)) if !Arc::ptr_eq(end, &self.end));
        if stand.get(&self.id).is_some_and(|stand| stand.is_of(&self.end)) {
            stand.remove(&self.id);
        }
        if !other {
            self.of.0.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        }
    }
}
