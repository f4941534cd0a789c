//! What just happened, for whoever listens: the open page, a test. Nothing is kept; a listener that
//! was away reads the store.

use crate::domain::id::{DiscussionId, MessageId};
use tokio::sync::broadcast;

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The vault was unlocked.
    Unlocked,
    /// The vault was locked, or the box erased: who is signed in no longer is.
    Locked,
    /// Work was put down that is due now.
    Due,
    /// A message was kept.
    Arrived {
        /// The message.
        message: MessageId,
        /// The discussion that it joined.
        discussion: DiscussionId,
        /// Whether it is news: unread, and received within the last day. What is brought from a file or a mailbox is
        /// mostly history, of which nobody wants to be told.
        news: bool,
    },
}

/// The announcer; cheap to clone.
#[derive(Clone, Debug)]
pub struct Happenings(broadcast::Sender<Happening>);

impl Default for Happenings {
    fn default() -> Self {
        Self(broadcast::Sender::new(256))
    }
}

impl Happenings {
    /// Tells every listener.
    pub fn announce(&self, happening: Happening) {
        // Nobody listening is no error.
        let _ = self.0.send(happening);
    }

    /// Listens from now on. A slow listener is told how many it missed.
    pub fn listen(&self) -> broadcast::Receiver<Happening> {
        self.0.subscribe()
    }
}
