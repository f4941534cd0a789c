//! OpenPGP in the tables: the owner's keys, other people's, and messages as they are shown once opened.

use super::{
    Error,
    mail::{Snapshot, pieces, unpack},
    record::{Held, Message, Opening, OwnKey, PeerKeys, Record, Source},
    schema::{META, OPENED, OPENINGS, OWN_KEYS, PEER_KEYS},
    world,
    writer::Tables,
};
use crate::{
    codec::{
        idna,
        pgp::{Certificate, SecretKey},
    },
    domain::{address::Address, openpgp::Fingerprint, time::Time},
};
use redb::{ReadableTable, ReadableTableMetadata};

/// Keys of one address that are kept; those that the owner compared are never dropped.
const MOST: usize = 8;

/// Addresses that are kept of people with whom the owner has nothing to do.
pub const MOST_PEERS: u64 = 20_000;

/// Octets of a certificate up to which it is kept as it came, so that what is wrong with it can be said; of a larger one
/// only what it proves is kept, and none is taken of those that others pass on. Autocrypt asks for no more (level 1,
/// section 2.1).
const LARGE: usize = 10 * 1024;

/// The setting that says that what is not encrypted is signed.
const SIGNS: &str = "openpgp_signs";

/// The setting that names the key server.
const SERVER: &str = "openpgp_server";

/// Uses this key server from now on where the owner says so.
pub fn set_server(tables: &mut Tables<'_>, host: &str) -> Result<(), Error> {
    tables.meta.insert(SERVER, host.as_bytes())?;
    Ok(())
}

/// Signs what is not encrypted from now on, or no longer.
pub fn set_signs(tables: &mut Tables<'_>, signs: bool) -> Result<(), Error> {
    tables.meta.insert(SIGNS, [u8::from(signs)].as_slice())?;
    Ok(())
}

/// What a message taught about keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learnt {
    /// Its author.
    pub address: String,
    /// Its own date.
    pub date: i64,
    /// When it came.
    pub now: i64,
    /// The key of its `Autocrypt` header, and whether encrypted mail is liked.
    pub header: Option<(Vec<u8>, bool)>,
    /// Whether somebody vouches that it comes from that address.
    pub vouched: bool,
    /// Whether all of it is signed by the key of its header, which so speaks for its own copy.
    pub by_its_key: bool,
    /// Keys that it passes on: whose, and the certificate.
    pub gossip: Vec<(String, Vec<u8>)>,
    /// Whether it says, signed, that their box has a statement.
    pub has_statement: bool,
}

/// Adds one of the owner's keys; where it is to be used from now on, another of the same address and kind is not any more.
pub fn add_own(tables: &mut Tables<'_>, key: &OwnKey) -> Result<u64, Error> {
    let id = tables.next("own_key")?;
    if key.current {
        retire(tables, &key.address, is_modern(key))?;
    }
    tables.own_keys.insert(id, key.encode(id)?.as_slice())?;
    Ok(id)
}

/// Whether a key is of version 6: one of each kind may be in use for an address.
fn is_modern(key: &OwnKey) -> bool {
    SecretKey::read(&key.secret).is_ok_and(|key| key.is_modern())
}

fn retire(tables: &mut Tables<'_>, address: &str, modern: bool) -> Result<(), Error> {
    let all = tables.own_keys.iter()?.map(|entry| {
        let (id, value) = entry?;
        Ok((id.value(), OwnKey::decode(id.value(), value.value())?))
    });
    for (id, mut key) in all.collect::<Result<Vec<_>, Error>>()? {
        if key.current && key.address == address && is_modern(&key) == modern {
            key.current = false;
            tables.own_keys.insert(id, key.encode(id)?.as_slice())?;
        }
    }
    Ok(())
}

/// Changes one of the owner's keys; `false` where it is not there.
pub fn change_own(tables: &mut Tables<'_>, id: u64, change: impl FnOnce(&mut OwnKey)) -> Result<bool, Error> {
    let found = tables
        .own_keys
        .get(id)?
        .map(|value| OwnKey::decode(id, value.value()))
        .transpose()?;
    let Some(mut key) = found else { return Ok(false) };
    let before = key.current;
    change(&mut key);
    if key.current && !before {
        retire(tables, &key.address, is_modern(&key))?;
    }
    tables.own_keys.insert(id, key.encode(id)?.as_slice())?;
    Ok(true)
}

/// Changes what is known of somebody's keys.
pub fn change_peer<T>(tables: &mut Tables<'_>, address: &str, change: impl FnOnce(&mut PeerKeys) -> T) -> Result<T, Error> {
    let found = tables
        .peer_keys
        .get(address)?
        .map(|value| PeerKeys::decode(0, value.value()))
        .transpose()?;
    let mut row = found.unwrap_or_default();
    let before = row.clone();
    let done = change(&mut row);
    if row != before {
        tables.peer_keys.insert(address, row.encode(0)?.as_slice())?;
        super::contacts::stale(tables, address)?;
    }
    Ok(done)
}

impl Held {
    /// Whether more than a message that nobody vouches for says whose it is: the owner compared it, it was published or
    /// brought, or a message that was authenticated had it. Nothing speaks for one that the owner found to differ.
    pub fn is_trusted(&self) -> bool {
        let speaks = self.vouched || self.verified > 0;
        !self.is_refused() && (speaks || self.source().rank() > Source::Autocrypt.rank() || self.source() == Source::Attached)
    }

    /// Takes what another copy of the key adds.
    fn add(&mut self, copy: &Certificate) {
        let merged = match Certificate::read(&self.octets) {
            Ok(before) => before.merged(copy),
            Err(_) => copy.clone(),
        };
        (self.octets, self.ids) = (merged.octets(), merged.ids());
    }
}

impl PeerKeys {
    /// Takes what a message of theirs says, as Autocrypt has it; but where there is a key that can be used and that more
    /// speaks for, a message that nobody vouches for tells only that there is another one. One with a key that the owner
    /// found to differ is not theirs, and tells nothing.
    pub fn hear(&mut self, learnt: &Learnt) {
        let (date, now) = (Time(learnt.date), Time(learnt.now));
        let is_usable = |held: &&Held| Certificate::read(&held.octets).is_ok_and(|key| key.facts(now).is_usable());
        let counts = learnt.vouched || !self.keys.iter().filter(|held| held.is_trusted()).any(|held| is_usable(&held));
        let mut header = None;
        if let Some((octets, mutual)) = &learnt.header
            && let Ok(key) = Certificate::read(octets)
        {
            let print = self.hold(&key, Source::Autocrypt, learnt.vouched, now);
            if learnt.by_its_key
                && let Some(held) = self.keys.iter_mut().find(|held| held.print == print.octets())
            {
                held.add(&key);
            }
            header = Some((print.octets().to_vec(), *mutual));
        }
        let is_refused = header
            .as_ref()
            .is_some_and(|(print, _)| self.held(print).is_some_and(Held::is_refused));
        if counts && !is_refused {
            let mut peer = self.peer();
            peer.heard(date, now, header);
            self.take(peer);
        }
    }

    /// Holds a key that came from there. Where it is known, what this copy adds is taken, unless it comes with less to
    /// speak for it than the known one has.
    pub fn hold(&mut self, key: &Certificate, source: Source, vouched: bool, now: Time) -> Fingerprint {
        let print = key.fingerprint();
        let mut fresh = Held::from(source);
        fresh.vouched = vouched;
        if let Some(held) = self.keys.iter_mut().find(|held| held.print == print.octets()) {
            let weaker = source.rank() < held.source().rank() || held.is_trusted();
            if fresh.is_trusted() || !weaker {
                held.add(key);
                held.comes_from(source);
                held.vouched |= vouched;
                held.last = held.last.max(now.0);
            }
            return print;
        }
        (fresh.octets, fresh.ids) = (key.octets(), key.ids());
        if fresh.octets.len() > LARGE {
            let proven = key.clone().proven();
            (fresh.octets, fresh.ids) = (proven.octets(), proven.ids());
        }
        (fresh.print, fresh.since, fresh.last) = (print.octets().to_vec(), now.0, now.0);
        self.keys.push(fresh);
        // What the owner found to differ takes no room from what may be theirs.
        if self.keys.iter().filter(|held| !held.is_refused()).count() > MOST {
            self.drop_one(&print);
        }
        print
    }

    /// Lets one key go where there are too many: one that nobody vouches for before one that somebody does.
    fn drop_one(&mut self, newest: &Fingerprint) {
        let named = [&self.key, &self.gossip];
        let spare = |held: &&Held| held.verified == 0 && !named.contains(&&Some(held.print.clone()));
        let oldest = self.keys.iter().filter(spare);
        let oldest = oldest.min_by_key(|held| (held.is_trusted(), held.print == newest.octets(), held.last));
        let oldest = oldest.map(|held| held.print.clone());
        self.keys.retain(|held| Some(&held.print) != oldest.as_ref());
    }
}

/// Whether something new is learnt of an address. Strangers may fill the room that there is for them, over years or in a
/// night: they keep nobody out whom the owner knows or has written to.
fn has_room_for(tables: &Tables<'_>, address: &str) -> Result<bool, Error> {
    let knows = || Ok::<_, Error>(tables.contact_of.get(address)?.is_some() || tables.written_to.get(address)?.is_some());
    Ok(tables.peer_keys.len()? < MOST_PEERS || knows()?)
}

/// What a message teaches becomes knowledge, as Autocrypt says.
pub fn learn(tables: &mut Tables<'_>, learnt: &Learnt) -> Result<(), Error> {
    let (date, now) = (Time(learnt.date), Time(learnt.now));
    let known = tables.peer_keys.get(learnt.address.as_str())?.is_some();
    // Who never showed a key needs no row.
    if known || learnt.header.is_some() {
        if !known && !has_room_for(tables, &learnt.address)? {
            return Ok(());
        }
        change_peer(tables, &learnt.address, |row| row.hear(learnt))?;
    }
    // Only of people in the address book: nobody else is ever asked.
    if learnt.has_statement
        && tables.contact_of.get(learnt.address.as_str())?.is_some()
        && let Ok(author) = Address::parse(&learnt.address)
    {
        let domain = idna::plain(author.domain()).to_lowercase();
        world::change_peer(tables, &domain, |peer| peer.likely = learnt.now)?;
    }
    for (address, octets) in &learnt.gossip {
        let Ok(key) = Certificate::read(octets) else { continue };
        if octets.len() > LARGE {
            continue;
        }
        if tables.peer_keys.get(address.as_str())?.is_none() && !has_room_for(tables, address)? {
            continue;
        }
        change_peer(tables, address, |row| {
            let print = row.hold(&key, Source::Gossip, false, now);
            if row.held(print.octets()).is_some_and(Held::is_refused) {
                return;
            }
            let mut peer = row.peer();
            if peer.gossiped(date, now, print.octets().to_vec()) {
                row.gossip_by.clone_from(&learnt.address);
            }
            row.take(peer);
        })?;
    }
    Ok(())
}

/// Keeps what opening a message showed, and the message as it is shown.
pub fn keep(tables: &mut Tables<'_>, message: u64, opening: &Opening, packed: &[u8]) -> Result<(), Error> {
    tables.openings.insert(message, opening.encode(message)?.as_slice())?;
    tables.opened.retain_in((message, 0)..=(message, u32::MAX), |_, _| false)?;
    for (piece, number) in pieces(packed).zip(0_u32..) {
        tables.opened.insert((message, number), piece)?;
    }
    Ok(())
}

/// Forgets what opening a message showed.
pub(super) fn forget(tables: &mut Tables<'_>, message: u64) -> Result<(), Error> {
    tables.openings.remove(message)?;
    tables.opened.retain_in((message, 0)..=(message, u32::MAX), |_, _| false)?;
    Ok(())
}

impl Snapshot {
    /// Whether what is not encrypted is signed.
    pub fn signs(&self) -> Result<bool, Error> {
        let value = self.tx.open_table(META)?.get(SIGNS)?;
        Ok(value.is_some_and(|value| value.value() == [1]))
    }

    /// The key server that the owner named; `None` where they named none.
    pub fn key_server(&self) -> Result<Option<String>, Error> {
        let value = self.tx.open_table(META)?.get(SERVER)?;
        Ok(value.map(|value| String::from_utf8_lossy(value.value()).into_owned()))
    }

    /// The owner's keys.
    pub fn own_keys(&self) -> Result<Vec<(u64, OwnKey)>, Error> {
        let table = self.tx.open_table(OWN_KEYS)?;
        table
            .iter()?
            .map(|entry| {
                let (id, value) = entry?;
                Ok((id.value(), OwnKey::decode(id.value(), value.value())?))
            })
            .collect()
    }

    /// What is known of the keys of an address.
    pub fn peer_keys(&self, address: &str) -> Result<Option<PeerKeys>, Error> {
        let value = self.tx.open_table(PEER_KEYS)?.get(address)?;
        value.map(|value| PeerKeys::decode(0, value.value())).transpose()
    }

    /// Shows what is known of everybody's keys, by address.
    pub fn each_peer(&self, mut show: impl FnMut(&str, PeerKeys) -> bool) -> Result<(), Error> {
        let table = self.tx.open_table(PEER_KEYS)?;
        for entry in table.iter()? {
            let (address, value) = entry?;
            if !show(address.value(), PeerKeys::decode(0, value.value())?) {
                break;
            }
        }
        Ok(())
    }

    /// What opening a message showed; `None` where nothing in it is of OpenPGP.
    pub fn opening(&self, id: u64) -> Result<Option<Opening>, Error> {
        self.record(OPENINGS, id)
    }

    /// Messages of which something is still closed, newest first, at most so many.
    pub fn closed(&self, take: usize) -> Result<Vec<u64>, Error> {
        let table = self.tx.open_table(OPENINGS)?;
        let mut found = Vec::new();
        for entry in table.iter()?.rev() {
            let (id, value) = entry?;
            if found.len() < take && Opening::decode(id.value(), value.value())?.failed().is_some() {
                found.push(id.value());
            }
        }
        Ok(found)
    }

    /// The octets of a message as it is shown: opened where it was encrypted, else as received. The parts of a
    /// message are counted in these.
    pub fn shown(&self, id: u64, message: &Message) -> Result<Vec<u8>, Error> {
        let Some(opening) = self.opening(id)?.filter(|opening| opening.size > 0) else {
            return self.raw(id, message);
        };
        let table = self.tx.open_table(OPENED)?;
        let mut packed = Vec::new();
        for entry in table.range((id, 0)..=(id, u32::MAX))? {
            packed.extend_from_slice(entry?.1.value());
        }
        unpack(&packed, opening.size, opening.hash)
    }
}
