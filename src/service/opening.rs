//! Opening a message that came: decrypting and verifying it, and what it teaches about keys.
//!
//! Whose a signature is, is decided here: it counts for the author only where it covers the whole message, the
//! author is one and written in one `From`, and the key is known to be theirs by somebody that can be believed. A
//! key that came with the very message counts where that message was authenticated. One that the owner found to differ
//! is another's. A signature that was made long before the message came may be another message's.

use super::keyring::Choice;
use crate::{
    codec::{
        mime::{self, openpgp::Keys},
        pgp::{Certificate, SecretKey, autocrypt},
    },
    domain::{
        address::Address,
        fact::Fact,
        message::{Defect, Reading},
        openpgp::{Covers, Fingerprint, Signed, Worth, is_for},
        privacy::evidence::{Content, Encryption, KeyState, Signature},
        time::Time,
    },
    store::{
        self,
        keys::Learnt,
        mail::{self, Snapshot},
        record::{self, PeerKeys},
    },
};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

/// Participants whose keys are looked up.
const MOST: usize = 50;

/// Certificates that are tried for one signature.
const TRIED: usize = 8;

/// A message to be opened.
pub(super) struct Asked<'a> {
    /// As it came.
    pub raw: &'a [u8],
    /// What was read of that.
    pub reading: &'a Reading,
    /// Whether somebody vouches for its author's domain.
    pub vouched: bool,
    /// When it came.
    pub received: Time,
    /// Today.
    pub now: Time,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Step {
    /// The message to show in its place.
    pub shown: Option<Vec<u8>>,
    /// The evidence of its content, but for its HTML.
    pub content: Content,
    /// What is kept of it.
    pub opened: Option<(record::Opening, Vec<u8>)>,
    /// What it teaches about keys.
    pub learnt: Option<Learnt>,
    /// What is known of the keys of those who take part.
    pub keys: HashMap<Address, KeyState>,
}

/// The one author of a message; several are none.
fn author(reading: &Reading) -> Option<&Address> {
    match reading.from.as_slice() {
        [one] if !reading.defects.contains(&Defect::ManyFrom) => Some(&one.address),
        _ => None,
    }
}

/// Opens a message as far as the owner's keys can.
pub(super) fn step(snapshot: &Snapshot, asked: &Asked<'_>, is_owner: impl Fn(&Address) -> bool) -> Result<Step, store::Error> {
    let mut step = Step::default();
    let author = author(asked.reading);
    let mut row = match author {
        Some(author) => snapshot.peer_keys(author.as_str())?,
        None => None,
    };
    if let Some(author) = author.filter(|author| !is_owner(author)) {
        step.learnt = learn(asked, author, row.is_some());
        if let Some(learnt) = step.learnt.as_ref().filter(|learnt| learnt.header.is_some()) {
            row.get_or_insert_with(PeerKeys::default).hear(learnt);
        }
    }
    let claim = asked.reading.openpgp;
    if claim.encrypted || claim.encrypted_part || claim.signed {
        open(snapshot, asked, row.as_ref(), &is_owner, &mut step)?;
    }
    for other in asked.reading.participants().take(MOST) {
        if is_owner(&other.address) {
            continue;
        }
        let own = author == Some(&other.address);
        let row = if own {
            row.clone()
        } else {
            snapshot.peer_keys(other.address.as_str())?
        };
        if let Some(row) = row {
            let known = Choice::of(&row, asked.now).state().known();
            step.keys.extend(known.map(|key| (other.address.clone(), key)));
        }
    }
    Ok(step)
}

/// What the `Autocrypt` header teaches; reports and lists' own mail teach nothing (level 1, section 2.3).
fn learn(asked: &Asked<'_>, author: &Address, known: bool) -> Option<Learnt> {
    let fields = mime::openpgp::autocrypt(asked.raw);
    if !known && fields.is_empty() {
        return None;
    }
    let is_report = mime::header_block(asked.raw).to_ascii_lowercase().contains("multipart/report");
    if is_report {
        return None;
    }
    let header = autocrypt::of_message(fields.iter().map(Vec::as_slice), author);
    Some(Learnt {
        address: author.to_string(),
        date: asked.reading.date.unwrap_or(asked.received).0,
        now: asked.received.0,
        header: header.map(|header| (header.key.octets(), header.mutual)),
        vouched: asked.vouched,
        ..Learnt::default()
    })
}

/// The keys that a message may need: the owner's, and those that are known of others.
struct Ring<'a> {
    snapshot: &'a Snapshot,
    /// The owner's that can be read, and in the same order for which address each is.
    own: Vec<SecretKey>,
    addresses: Vec<String>,
    /// The author's row.
    row: Option<&'a PeerKeys>,
    /// Whether everybody's keys may still be looked through, which is done once for a message, and whose were found.
    may_look: Cell<bool>,
    others: RefCell<Vec<(Fingerprint, String)>>,
}

impl<'a> Ring<'a> {
    fn of(snapshot: &'a Snapshot, row: Option<&'a PeerKeys>) -> Result<Self, store::Error> {
        let stored = snapshot.own_keys()?.into_iter();
        let (own, addresses) = stored
            .filter_map(|(_, key)| Some((SecretKey::read(&key.secret).ok()?, key.address)))
            .unzip();
        Ok(Self {
            snapshot,
            own,
            addresses,
            row,
            may_look: Cell::new(true),
            others: RefCell::default(),
        })
    }

    fn is_own(&self, print: &Fingerprint) -> bool {
        self.own.iter().any(|key| key.fingerprint() == *print)
    }

    /// The certificates that may have made a signature of these key numbers: the author's and the owner's, or else
    /// somebody else's, so that it is said whose.
    fn find(&self, ids: &[u64]) -> Vec<Certificate> {
        let of_row = |row: &PeerKeys| -> Vec<Certificate> {
            let named = row.keys.iter().filter(|held| held.ids.iter().any(|id| ids.contains(id)));
            named.take(TRIED).filter_map(|held| Certificate::read(&held.octets).ok()).collect()
        };
        let mut found = self.row.map(of_row).unwrap_or_default();
        let own = self.own.iter().map(SecretKey::certificate);
        found.extend(own.filter(|key| key.ids().iter().any(|id| ids.contains(id))));
        if found.is_empty() && self.may_look.replace(false) {
            // A row that cannot be read ends the search.
            let _ = self.snapshot.each_peer(|address, row| {
                let theirs = of_row(&row);
                let prints = theirs.iter().map(|key| (key.fingerprint(), address.to_owned()));
                self.others.borrow_mut().extend(prints);
                found.extend(theirs);
                found.len() < TRIED
            });
        }
        found.truncate(TRIED);
        found
    }

    /// Whose key it is.
    fn whose(&self, print: &Fingerprint, author: Option<&Address>) -> Option<String> {
        if self.row.is_some_and(|row| row.held(print.octets()).is_some()) {
            return author.map(Address::to_string);
        }
        let mine = self.own.iter().zip(&self.addresses).find(|(key, _)| key.fingerprint() == *print);
        let others = self.others.borrow();
        let theirs = || others.iter().find(|(known, _)| known == print).map(|(_, address)| address);
        mine.map(|(_, address)| address).or_else(theirs).cloned()
    }
}

fn open(
    snapshot: &Snapshot,
    asked: &Asked<'_>,
    row: Option<&PeerKeys>,
    is_owner: &impl Fn(&Address) -> bool,
    step: &mut Step,
) -> Result<(), store::Error> {
    let ring = Ring::of(snapshot, row)?;
    let keys = Keys {
        own: &ring.own,
        find: &|ids| ring.find(ids),
        now: asked.now,
    };
    let Some(opening) = mime::openpgp::open(asked.raw, keys) else {
        return Ok(());
    };
    let author = author(asked.reading);
    let (signature, verified) = signature(&opening.signatures, asked.received, |print| {
        let author = author?;
        if is_owner(author) {
            return ring.is_own(print).then_some((true, true));
        }
        let held = row?.held(print.octets()).filter(|held| !held.is_refused())?;
        Some((held.vouched || held.verified > 0, held.verified > 0))
    });
    step.content = Content {
        encryption: opening.encryption,
        integrity: opening.integrity.into(),
        headers: opening.subject.into(),
        // What is still closed may hold a signature.
        signature: if opening.failed.is_some() { Fact::Unknown } else { signature },
        signer_verified: verified,
        html: Fact::Unknown,
    };
    gossip(asked, &opening, step);
    // A box asks nobody on a stranger's word: that it asked would tell that the message was opened.
    if let Some(learnt) = step.learnt.as_mut() {
        learnt.has_statement = opening.statement && step.content.signature == Fact::Known(Signature::Valid);
        learnt.by_its_key = is_by_its_key(learnt, &opening.signatures);
    }
    let signatures = opening
        .signatures
        .iter()
        .map(|(covers, signed)| record::SignedBy::of(*covers, signed, |print| ring.whose(print, author)));
    let subject = opening.subject == Some(true);
    let mut record = record::Opening::of(opening.encryption, opening.failed, subject, signatures.collect()).with_outside(&opening.outside);
    let mut packed = Vec::new();
    if let Some(shown) = &opening.shown {
        packed = mail::pack(shown)?;
        record.size = shown.len() as u64;
        record.packed = packed.len() as u64;
        record.hash = mail::short_hash(shown);
    }
    step.opened = Some((record, packed));
    step.shown = opening.shown;
    Ok(())
}

/// Whether all of a message is signed by the key that its header brings.
fn is_by_its_key(learnt: &Learnt, all: &[(Covers, Signed)]) -> bool {
    let header = learnt.header.as_ref().and_then(|(octets, _)| Certificate::read(octets).ok());
    header.is_some_and(|key| {
        let good = Worth::Good(key.fingerprint());
        all.iter().any(|(covers, signed)| *covers == Covers::Whole && signed.worth == good)
    })
}

/// What the signatures that cover everything are worth for the author.
fn signature(
    all: &[(Covers, Signed)],
    came: Time,
    belongs: impl Fn(&Fingerprint) -> Option<(bool, bool)>,
) -> (Fact<Signature>, Fact<bool>) {
    let whole = all.iter().filter(|(covers, _)| *covers == Covers::Whole);
    let mut best: (Fact<Signature>, Fact<bool>) = (Fact::Known(Signature::Absent), Fact::Unknown);
    let mut rank = 0;
    for (_, signed) in whole {
        let (next, found) = match &signed.worth {
            Worth::Good(print) => match belongs(print) {
                // Theirs, and perhaps of another message.
                Some(_) if signed.at.is_none_or(|at| !is_for(at, came)) => (3, (Fact::Unknown, Fact::Unknown)),
                Some((true, verified)) => (5, (Fact::Known(Signature::Valid), Fact::Known(verified))),
                // The only one who says that it is theirs is the message itself.
                Some((false, _)) => (3, (Fact::Unknown, Fact::Unknown)),
                None => (4, (Fact::Known(Signature::OfAnother), Fact::Unknown)),
            },
            Worth::Broken(_) => (2, (Fact::Known(Signature::Broken), Fact::Unknown)),
            Worth::Disordered(..) | Worth::WeakHash | Worth::NoKey | Worth::Unreadable => (1, (Fact::Unknown, Fact::Unknown)),
        };
        if next > rank {
            (rank, best) = (next, found);
        }
    }
    best
}

/// Keys that are passed on count inside a message that was encrypted and opened, for those whom it names.
fn gossip(asked: &Asked<'_>, opening: &mime::openpgp::Opening, step: &mut Step) {
    let Some(learnt) = step.learnt.as_mut() else { return };
    if opening.encryption != Fact::Known(Encryption::Whole) {
        return;
    }
    let named: Vec<&Address> = asked
        .reading
        .to
        .iter()
        .chain(&asked.reading.cc)
        .map(|mailbox| &mailbox.address)
        .collect();
    for field in &opening.gossip {
        if let Some(header) = autocrypt::parse(field)
            && named.contains(&&header.address)
            && header.address.as_str() != learnt.address
        {
            learnt.gossip.push((header.address.to_string(), header.key.octets()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{keys::change_peer, record::Source, vault::Vault};

    #[tokio::test]
    async fn everybodys_keys_are_looked_through_once_for_a_message() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::create(folder.path(), "word").unwrap().vault;
        let open = vault.open().unwrap();
        let now = Time(1_795_000_000);
        let mut ids = Vec::new();
        for name in ["bob@b.test", "carol@c.test"] {
            let key = SecretKey::make(&Address::parse(name).unwrap(), now).unwrap().certificate();
            ids.push((key.ids(), key.fingerprint()));
            open.writer
                .write(move |tables| change_peer(tables, name, |row| row.hold(&key, Source::Wkd, true, now)).map(|_| ()))
                .await
                .unwrap();
        }
        let snapshot = Snapshot::of(&open).unwrap();
        let ring = Ring::of(&snapshot, None).unwrap();
        let found = ring.find(&ids[0].0);
        assert_eq!(found.iter().map(Certificate::fingerprint).collect::<Vec<_>>(), [ids[0].1.clone()]);
        assert_eq!(ring.whose(&ids[0].1, None).as_deref(), Some("bob@b.test"));
        assert!(
            ring.find(&ids[1].0).is_empty(),
            "a second signature of a stranger's costs no second look"
        );
        let ring = Ring::of(&snapshot, None).unwrap();
        assert_eq!(ring.find(&ids[1].0).len(), 1);
    }
}
