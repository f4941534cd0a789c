//! The outbox as the owner sees it: what became of a message for each recipient, what waits and why; and trying
//! now, taking back, sending again. Sending itself is `service::deliver`'s.

use super::{
    Error,
    deliver::Rests,
    happening::{Happening, Happenings},
    read,
};
use crate::{
    codec::mime,
    domain::{
        id::{DiscussionId, MessageId},
        outgoing::{Delivery, State},
        sending::Unreached,
        time::Time,
    },
    net::clock::Clock,
    store::{self, mail::Snapshot, outbox, vault::Vault},
};

/// Rows that the page of the outbox shows of either kind.
const SHOWN: usize = 200;
/// Octets of a message that are read for its subject.
const HEAD: usize = 64 * 1024;
/// Rows that are looked through for what did not arrive, the newest first.
const LOOKED: usize = 2_000;
/// Seconds for which what did not arrive stands on that page.
const RECENT: i64 = 14 * 24 * 3600;

/// A message of which something waits or did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which.
    pub message: MessageId,
    /// Where it stands.
    pub discussion: DiscussionId,
    /// Its subject; may be empty.
    pub subject: String,
    /// Its deliveries.
    pub deliveries: Vec<Delivery>,
}

/// What the page of the outbox shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Messages for which somebody waits, the one that is due first in front.
    pub waiting: Vec<Item>,
    /// The newest messages that did not arrive, or may not have, lately; the newest first.
    pub failed: Vec<Item>,
    /// Whether more wait than are shown.
    pub more: bool,
    /// Since when port 25 is shut, and how that shows.
    pub shut: Option<(Time, Unreached)>,
}

/// The outbox; cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    vault: Vault,
    clock: Clock,
    happenings: Happenings,
    rests: Rests,
}

impl Outbox {
    /// Over this vault; trying now ends these rests.
    pub fn new(vault: Vault, clock: Clock, happenings: Happenings, rests: Rests) -> Self {
        Self {
            vault,
            clock,
            happenings,
            rests,
        }
    }

    /// What became of a message, a row for each copy and domain; none where it was never sent from here.
    pub async fn of(&self, message: MessageId) -> Result<Vec<Delivery>, Error> {
        read(&self.vault, move |snapshot| Ok(snapshot.deliveries(message.0)?)).await
    }

    /// The same for several messages, in their order.
    pub async fn of_each(&self, messages: Vec<MessageId>) -> Result<Vec<Vec<Delivery>>, Error> {
        read(&self.vault, move |snapshot| {
            let each = messages.iter().map(|message| snapshot.deliveries(message.0));
            Ok(each.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The notices that came back about a message: when, from which address, and as they came.
    pub async fn returned(&self, message: MessageId) -> Result<Vec<(Time, std::net::IpAddr, Vec<u8>)>, Error> {
        read(&self.vault, move |snapshot| {
            let notices = snapshot.returned(message.0)?;
            let each = notices.iter().map(|notice| Ok((Time(notice.at), notice.peer, notice.octets()?)));
            each.collect()
        })
        .await
    }

    /// What waits, and what lately did not arrive.
    pub async fn content(&self) -> Result<Content, Error> {
        let now = self.clock.now();
        read(&self.vault, move |snapshot| {
            let due = snapshot.due(Time(i64::MAX), SHOWN + 1)?;
            let mut content = Content {
                more: due.len() > SHOWN,
                shut: snapshot.reach()?.shut(now),
                ..Content::default()
            };
            for (_, id) in due.into_iter().take(SHOWN) {
                add(snapshot, &mut content.waiting, id)?;
            }
            for id in snapshot.ended_badly(LOOKED, Time(now.0.saturating_sub(RECENT)))? {
                if content.failed.len() >= SHOWN {
                    break;
                }
                add(snapshot, &mut content.failed, id)?;
            }
            let waits: Vec<MessageId> = content.waiting.iter().map(|item| item.message).collect();
            content.failed.retain(|item| !waits.contains(&item.message));
            Ok(content)
        })
        .await
    }

    /// How many deliveries wait.
    pub async fn waiting(&self) -> Result<u64, Error> {
        read(&self.vault, |snapshot| Ok(snapshot.outbox_waits()?)).await
    }

    /// The octets that a delivery sends, as the next server sees them.
    pub async fn octets(&self, delivery: u64) -> Result<Vec<u8>, Error> {
        read(&self.vault, move |snapshot| snapshot.sent_octets(delivery)?.ok_or(Error::NotFound)).await
    }

    /// What waits of a message is tried now.
    pub async fn try_now(&self, message: MessageId) -> Result<(), Error> {
        self.change(message, Delivery::try_now).await
    }

    /// What waits of a message is taken back. What has left, or is just leaving, cannot be.
    pub async fn take_back(&self, message: MessageId) -> Result<(), Error> {
        self.change(message, Delivery::take_back).await
    }

    /// A message is sent once more to those whom it did not reach, or may not have.
    pub async fn again(&self, message: MessageId) -> Result<(), Error> {
        self.change(message, Delivery::again).await
    }

    /// A message is sent although nobody promises to keep it confidential.
    pub async fn without_confidence(&self, message: MessageId) -> Result<(), Error> {
        self.change(message, Delivery::without_confidence).await
    }

    /// Changes every row of a message and wakes whoever delivers; an error where nothing could be changed.
    async fn change(&self, message: MessageId, change: fn(&mut Delivery, Time) -> bool) -> Result<(), Error> {
        let now = self.clock.now();
        let writing = self
            .vault
            .open()?
            .writer
            .write(move |tables| outbox::change_all(tables, message.0, |delivery| change(delivery, now)));
        if !writing.await?.contains(&true) {
            return Err(Error::NotFound);
        }
        self.rests.end_all();
        self.happenings.announce(Happening::Due);
        Ok(())
    }
}

/// Adds the message of a delivery to a list, once.
fn add(snapshot: &Snapshot, items: &mut Vec<Item>, id: u64) -> Result<(), Error> {
    let delivery = match snapshot.delivery(id) {
        Ok(Some(delivery)) => delivery,
        // One that the disk damaged is no reason not to show the others.
        Ok(None) | Err(store::Error::Damaged) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let message = delivery.message;
    if items.iter().any(|item| item.message == message) {
        return Ok(());
    }
    let Some(kept) = snapshot.message(message.0)? else { return Ok(()) };
    let subject = match snapshot.raw_start(message.0, &kept, HEAD) {
        Ok(raw) => mime::read(&raw).subject,
        // What waits is told all the same.
        Err(store::Error::Damaged) => String::new(),
        Err(error) => return Err(error.into()),
    };
    items.push(Item {
        message,
        discussion: DiscussionId(kept.discussion),
        subject,
        deliveries: snapshot.deliveries(message.0)?,
    });
    Ok(())
}

/// What asks most for attention among the deliveries of a message; `None` where there are none.
pub fn state(deliveries: &[Delivery]) -> Option<State> {
    deliveries.iter().map(Delivery::state).max()
}
