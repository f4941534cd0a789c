//! What came of a try is written down, once and as it was: also when the box was locked meanwhile, when the store failed
//! just then, and after the power went. Until it can be written it is kept in memory, and the row is not tried again.

use super::{Inner, held};
use crate::{
    codec::idna,
    domain::{
        outgoing::{Delivery, Outcome, State, Via},
        privacy::gather::session,
        time::Time,
    },
    service::{Error, blocking},
    store::{self, mail::Snapshot, outbox, record::SeenWay, seen_ways, sent, vault::Open},
};
use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

impl Inner {
    /// Once for each time that the vault is opened: what was being sent when the power went may have arrived.
    pub(super) async fn look_through(&self, open: &Arc<Open>) -> Result<(), Error> {
        if std::ptr::eq(held(&self.seen).as_ptr(), Arc::as_ptr(open)) {
            return Ok(());
        }
        let reading = open.clone();
        let look = move || {
            let snapshot = Snapshot::of(&reading)?;
            let mut begun = Vec::new();
            for (_, id) in snapshot.due(Time(i64::MAX), usize::MAX)? {
                match snapshot.delivery(id) {
                    Ok(row) => begun.extend(row.filter(|row| row.begun.is_some()).map(|_| id)),
                    // It is told of where it is due.
                    Err(store::Error::Damaged) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok::<_, store::Error>((begun, snapshot.reach()?))
        };
        let (begun, reach) = blocking(look).await?;
        *held(&self.reach) = reach;
        let now = self.clock.now();
        let ours: HashSet<u64> = held(&self.lanes).values().flat_map(|lane| lane.flying.iter().copied()).collect();
        let lost: Vec<u64> = {
            let unwritten = held(&self.unwritten);
            begun
                .into_iter()
                .filter(|id| !ours.contains(id) && !unwritten.contains_key(id))
                .collect()
        };
        if !lost.is_empty() {
            tracing::warn!(
                deliveries = lost.len(),
                "nobody knows whether these arrived: the box went down while sending them"
            );
        }
        for id in lost {
            let writing = open.writer.write(move |tables| {
                if let Some((true, delivery)) = outbox::change(tables, id, |delivery| delivery.recover(now))? {
                    sent::weigh(tables, delivery.message.0)?;
                    sent::attention(tables, delivery.message.0)?;
                }
                Ok(())
            });
            match writing.await {
                Err(store::Error::Damaged) => tracing::error!("a delivery that was being sent is damaged and is passed over"),
                written => written?,
            }
        }
        *held(&self.seen) = Arc::downgrade(open);
        Ok(())
    }

    /// Writes down what came of a try, or keeps it in memory until that is possible.
    pub(super) async fn write(&self, id: u64, outcome: Outcome) -> Result<(), Error> {
        let written = match self.vault.open() {
            Ok(open) => self.settle(&open, id, outcome.clone()).await,
            Err(locked) => Err(locked.into()),
        };
        if written.is_err() {
            held(&self.unwritten).insert(id, outcome);
        }
        written
    }

    /// Writes down what could not be before. What still cannot be holds up nothing else.
    pub(super) async fn write_down(&self, open: &Arc<Open>) {
        let paused = self.paused_at(self.clock.now());
        let waiting: Vec<(u64, Outcome)> = held(&self.unwritten)
            .iter()
            .filter(|(id, _)| !paused.contains(id))
            .map(|(id, outcome)| (*id, outcome.clone()))
            .collect();
        for (id, outcome) in waiting {
            match self.settle(open, id, outcome).await {
                Ok(()) => {
                    held(&self.unwritten).remove(&id);
                }
                Err(error) => {
                    tracing::error!(%error, "what came of a delivery still cannot be written down, and is remembered");
                    self.pause(id);
                }
            }
        }
    }

    /// Writes down what came of a try: the row, what was seen of the way, and whether the owner must look at it.
    async fn settle(&self, open: &Arc<Open>, id: u64, outcome: Outcome) -> Result<(), Error> {
        let now = self.clock.now();
        let dice = RandomState::new().hash_one(id);
        let writing = open.writer.write(move |tables| {
            let settle = |delivery: &mut Delivery| {
                let before = delivery.state();
                delivery.settle(&outcome, now, dice);
                let late = delivery.is_late(now);
                delivery.told_late |= late;
                late || (before != delivery.state() && delivery.state() >= State::NobodyKnows)
            };
            let Some((look, delivery)) = outbox::change(tables, id, settle)? else {
                return Ok(());
            };
            let message = delivery.message.0;
            if !matches!(outcome, Outcome::Rest(..)) {
                sent::weigh(tables, message)?;
            }
            if let Some(seen) = seen_in(&outcome, now) {
                seen_ways::put(tables, &idna::plain(&delivery.domain), &seen)?;
            }
            if look {
                sent::attention(tables, message)?;
            }
            Ok(())
        });
        writing.await?;
        Ok(())
    }
}

/// What the session was like in which something was handed to a domain's own server.
fn seen_in(outcome: &Outcome, now: Time) -> Option<SeenWay> {
    let Outcome::Answered(answers) = outcome else { return None };
    let handed = answers.iter().find_map(|(_, answer)| answer.as_ref().ok())?;
    (handed.via == Via::Direct).then(|| SeenWay::of(now.0, session(handed.tls.as_ref())))
}
