//! What the boxes of contacts say of themselves: asked for, verified, kept until its time is over.
//!
//! Only domains of people in the address book are asked, those whose signed mail said that there is something, once a day
//! at most, at their own host over TLS that an authority vouches for. The answer has a largest size and a longest time, and
//! nothing is followed. A statement counts with a signature by a key that was known of that person before; where it was
//! taken back it goes at once, and an older one than was seen never comes back.
//!
//! Absent on purpose: asking about strangers (it would tell them that their message was opened), and any letter in it
//! winning anything.

use super::{Error, contacts::told, keyring::Choice, read};
use crate::{
    codec::{
        pgp::Certificate,
        statement::{MOST, PATH, read as read_statement},
    },
    domain::{
        time::Time,
        world::{Statement, Untrue},
    },
    net::{
        clock::Clock,
        https::{Https, Unfetched},
    },
    store::{self, contacts, mail::Snapshot, record::PeerBox, vault::Vault, world},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

const DAY: i64 = 24 * 3600;
/// The longest that a box is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Seconds between two domains that are asked by themselves.
const PAUSE: i64 = 60;
/// Seconds until it is looked again whose turn it is, where it was nobody's.
const NOBODYS: i64 = 600;
/// Seconds after the last word of a statement from which a domain is not asked any more.
const LET_GO: i64 = 90 * DAY;
/// Keys that a statement is tried with.
const KEYS: usize = 50;

/// Asks the boxes of contacts; cheap to clone.
#[derive(Clone)]
pub struct Statements {
    vault: Vault,
    clock: Clock,
    https: Https,
    turn: Arc<AtomicI64>,
}

/// What came of asking.
enum Answer {
    /// It counts, signed by the key of this fingerprint.
    Says(Box<Statement>, Vec<u8>),
    /// It does not, or there is none any more.
    Nothing(Option<Untrue>),
    /// Nobody answered: what was known stays until its time is over.
    Silence,
}

impl Statements {
    /// Over this vault, asking through this client.
    pub fn new(vault: Vault, clock: Clock, https: Https) -> Self {
        Self {
            vault,
            clock,
            https,
            turn: Arc::new(AtomicI64::new(i64::MIN)),
        }
    }

    /// Asks the box of a domain now, where somebody in the address book has an address there.
    pub async fn ask(&self, domain: &str) -> Result<(), Error> {
        let (open, now) = (self.vault.open()?, self.clock.now());
        let name = crate::codec::idna::plain(domain).to_lowercase();
        let domain = name.clone();
        let (cards, keys) = read(&self.vault, move |snapshot| Ok(known(snapshot, &name, now)?)).await?;
        if cards.is_empty() || domain.starts_with('[') {
            return Ok(());
        }
        // Noted before: a server that never answers is not asked again and again.
        let name = domain.clone();
        let noting = open
            .writer
            .write(move |tables| world::change_peer(tables, &name, |peer| peer.asked = now.0));
        noting.await?;
        let answer = self.fetch(&domain, keys, now).await;
        let writing = open.writer.write(move |tables| {
            world::change_peer(tables, &domain, |peer| take(peer, &answer))?;
            cards.iter().try_for_each(|card| contacts::stale_card(tables, *card))
        });
        Ok(writing.await?)
    }

    async fn fetch(&self, domain: &str, keys: Vec<Certificate>, now: Time) -> Answer {
        let url = format!("https://{domain}{PATH}");
        let page = match tokio::time::timeout(PATIENCE, self.https.get(&url, MOST)).await {
            Ok(Ok(page)) => page,
            Ok(Err(Unfetched::TooLarge)) => return Answer::Nothing(Some(Untrue::Garbled)),
            Ok(Err(_)) | Err(_) => return Answer::Silence,
        };
        match page.status {
            200 => {}
            500.. => return Answer::Silence,
            _ => return Answer::Nothing(None),
        }
        let name = domain.to_owned();
        let read = tokio::task::spawn_blocking(move || read_statement(&page.body, &name, &keys, now));
        match read.await {
            Ok(Ok((statement, print))) => Answer::Says(Box::new(statement), print.octets().to_vec()),
            Ok(Err(why)) => Answer::Nothing(Some(why)),
            Err(_) => Answer::Nothing(Some(Untrue::Garbled)),
        }
    }

    /// Asks whoever's turn it is, one domain at a time; says how many seconds from now to come again.
    pub async fn refresh(&self) -> u64 {
        let now = self.clock.now();
        let left = self.turn.load(Ordering::Relaxed).saturating_sub(now.0);
        if (1..=NOBODYS).contains(&left) {
            return left.unsigned_abs();
        }
        let wait = match read(&self.vault, move |snapshot| Ok(due(snapshot, now)?)).await {
            Ok(None) => NOBODYS,
            Ok(Some(domain)) => match self.ask(&domain).await {
                Ok(()) | Err(Error::Locked) => PAUSE,
                Err(error) => {
                    tracing::error!(%error, "what another box says of itself could not be kept");
                    NOBODYS
                }
            },
            // A locked box asks nobody.
            Err(_) => PAUSE,
        };
        self.turn.store(now.0.saturating_add(wait), Ordering::Relaxed);
        wait.unsigned_abs()
    }
}

/// What an answer makes of what was known.
fn take(peer: &mut PeerBox, answer: &Answer) {
    match answer {
        Answer::Silence => {}
        Answer::Says(statement, _) if statement.issued.0 < peer.newest => peer.untrue = number(Untrue::Older),
        Answer::Says(statement, print) => peer.keep(statement, print),
        Answer::Nothing(why) => {
            peer.drop_statement();
            peer.untrue = why.map_or(0, number);
        }
    }
}

fn number(why: Untrue) -> u8 {
    Untrue::ALL.iter().position(|known| *known == why).map_or(0, |at| at as u8 + 1)
}

/// The cards with an address at a domain, and the keys that are in use for those.
fn known(snapshot: &Snapshot, domain: &str, now: Time) -> Result<(Vec<u64>, Vec<Certificate>), store::Error> {
    let (mut cards, mut keys) = (Vec::new(), Vec::new());
    for (id, card) in snapshot.contacts()? {
        let mut here = false;
        for address in told::at(&card, domain) {
            here = true;
            let row = snapshot.peer_keys(&address)?.unwrap_or_default();
            if keys.len() < KEYS {
                keys.extend(
                    Some(Choice::of(&row, now))
                        .filter(|choice| !choice.claimed)
                        .and_then(|choice| choice.key),
                );
            }
        }
        if here {
            cards.push(id);
        }
    }
    Ok((cards, keys))
}

/// The domain that has waited longest of those that are due.
fn due(snapshot: &Snapshot, now: Time) -> Result<Option<String>, store::Error> {
    let mut due: Vec<(i64, String)> = Vec::new();
    for (domain, peer) in snapshot.peer_boxes()? {
        let lately = peer.likely > now.0.saturating_sub(LET_GO) || peer.statement(now).is_some();
        // A clock that was set back does not put it off.
        if lately && !(0..DAY).contains(&now.0.saturating_sub(peer.asked)) {
            due.push((peer.asked, domain));
        }
    }
    due.sort_unstable();
    let cards = if due.is_empty() { Vec::new() } else { snapshot.contacts()? };
    let is_known = |domain: &str| cards.iter().any(|(_, card)| told::at(card, domain).next().is_some());
    Ok(due.into_iter().map(|(_, domain)| domain).find(|domain| is_known(domain)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::world::LIFE;

    fn says(issued: i64) -> Answer {
        let statement = Statement {
            domain: "b.test".into(),
            appliance: None,
            account: None,
            charter: None,
            software: String::new(),
            claims: Vec::new(),
            issued: Time(issued),
            expires: Time(issued + LIFE),
        };
        Answer::Says(Box::new(statement), vec![7])
    }

    #[test]
    fn what_was_taken_back_or_replaced_does_not_come_back() {
        let mut peer = PeerBox::default();
        let stands = |peer: &PeerBox| peer.statement(Time(1_100)).map(|statement| statement.issued.0);
        take(&mut peer, &says(1_000));
        take(&mut peer, &Answer::Silence);
        assert_eq!((stands(&peer), peer.untrue), (Some(1_000), 0));
        take(&mut peer, &says(900));
        assert_eq!((stands(&peer), peer.untrue), (Some(1_000), number(Untrue::Older)));
        take(&mut peer, &Answer::Nothing(None));
        assert_eq!((stands(&peer), peer.untrue), (None, 0));
        take(&mut peer, &says(900));
        assert_eq!(stands(&peer), None, "it was replayed");
        take(&mut peer, &says(1_050));
        take(&mut peer, &Answer::Nothing(Some(Untrue::Unsigned)));
        assert_eq!((stands(&peer), peer.untrue), (None, number(Untrue::Unsigned)));
        assert_eq!(peer.statement(Time(1_050 + LIFE)), None);
    }
}
