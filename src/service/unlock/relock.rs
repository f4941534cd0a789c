//! A box that was unlocked for somebody who is not in yet. It locks again where they do not come in, whatever the reason: a
//! failure, or that they went away while it was being opened.

use super::Unlock;

/// Locks again when it goes, where nobody is signed in then; unless it is settled before.
#[derive(Default)]
pub(super) struct Relock(Option<Unlock>);

impl Relock {
    /// For a box that was unlocked just now, or was not.
    pub(super) fn of(unlock: &Unlock, unlocked: bool) -> Self {
        Self(unlocked.then(|| unlock.clone()))
    }

    /// They are in, or somebody else sees to it from now on; says whether there is anything to see to.
    pub(super) fn settle(mut self) -> bool {
        self.0.take().is_some()
    }
}

impl Drop for Relock {
    fn drop(&mut self) {
        if let Some(unlock) = self.0.take() {
            unlock.lock_if_nobody();
        }
    }
}
