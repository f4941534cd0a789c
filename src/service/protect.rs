//! What protects the body of a message that leaves: the one place where it is decided and done.
//!
//! [`plan`] says what can be done for these people from what is known, and is asked while a message is written;
//! [`carry_out`] does it when it is sent. So the index before sending and the one afterwards speak of the same.
//!
//! A message is encrypted, and signed inside, by itself where everybody has a key that is known to be usable: nobody
//! has to choose. A key that Autocrypt doubts (passed on by others, or long not heard of) is used only where what is
//! answered came encrypted. It is always encrypted to the owner's own key too. Whoever gets a copy unseen gets
//! one of their own, so that nothing in what the others get tells of them.
//!
//! An address speaks with its own key, and with a detail (`me+shop@`) it is the same mailbox. One that has no key here (a
//! provider's) carries none and signs nothing that can be read by all; what is encrypted from it is signed by another
//! address's key, and said to be.

use super::{Error, keyring::Choice};
use crate::{
    codec::{
        mime::{
            openpgp, sealed,
            write::{self, Writing},
        },
        pgp::{self as cipher, Certificate, SecretKey, autocrypt},
    },
    domain::{
        address::Address,
        autocrypt::Advice,
        fact::Fact,
        id::MessageId,
        outgoing::Copy,
        privacy::evidence::{Content, Encryption, KeyState, Signature},
        time::Time,
    },
    store::{self, hex, mail::Snapshot, record::OwnKey, slots::random},
};

/// What will be done.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What the index will know of the content.
    pub content: Content,
    /// What is known of each other person's key.
    pub keys: Vec<(Address, Fact<KeyState>)>,
    /// Where not everybody has a key: what the content would be for each of those who have one, alone.
    alone: Vec<(Address, Content)>,
    /// Whom it is encrypted to, and with what; empty where it is not.
    sealed: Vec<(Address, Certificate)>,
    /// The owner's own key, where there is one that can be used.
    own: Option<u64>,
    /// Whether that key is the sender's: then it goes along.
    theirs: bool,
    /// Whether it is signed where it is not encrypted.
    signs: bool,
    now: Time,
}

impl Plan {
    /// Whether the owner has a key that can be used: without one nothing is encrypted.
    pub fn has_own(&self) -> bool {
        self.own.is_some()
    }

    /// What is known of this person's key.
    pub fn key(&self, address: &Address) -> Fact<KeyState> {
        self.keys
            .iter()
            .find(|(known, _)| known == address)
            .map_or(Fact::Unknown, |(_, key)| *key)
    }

    /// What would be known of the same message if this person got it alone: whoever has no key opens everybody's copy, and
    /// only by this it is seen who that is. It is for looking at; nothing is carried out by it.
    pub fn alone(&self, address: &Address) -> Self {
        let own = self.alone.iter().find(|(person, _)| person == address);
        Self {
            content: own.map_or(&self.content, |(_, content)| content).clone(),
            keys: vec![(address.clone(), self.key(address))],
            ..Self::default()
        }
    }
}

/// A message before it is protected.
pub struct Outgoing<'a> {
    /// Its header fields.
    pub writing: Writing<'a>,
    /// Its text and files ([`write::entity`]).
    pub entity: Vec<u8>,
    /// Whom it goes to and everyone may see.
    pub seen: Vec<Address>,
    /// Whom it goes to unseen by the others.
    pub unseen: Vec<Address>,
}

/// A message as it leaves.
pub struct Protected {
    /// The octets that are filed here.
    pub filed: Vec<u8>,
    /// What is sent to whom.
    pub copies: Vec<Copy>,
}

/// One of the owner's keys: its number, whether it is the sender's, and its public half.
type Own = Option<(u64, bool, Certificate)>;

/// Whether a key is for this address, with a detail or without.
fn is_for(key: &OwnKey, from: &Address) -> bool {
    Address::parse(&key.address).is_ok_and(|address| from.is_one_of(std::iter::once(&address)))
}

/// The owner's key for an address, or another of theirs; and beside it the one of the newer kind for that address.
fn own_keys(snapshot: &Snapshot, from: &Address, now: Time) -> Result<(Own, Own), store::Error> {
    let mut keys = snapshot.own_keys()?;
    keys.retain(|(_, key)| key.current);
    keys.sort_by_key(|(_, key)| (key.address != from.as_str(), !is_for(key, from)));
    let usable = |(id, key): &(u64, OwnKey)| {
        let certificate = SecretKey::read(&key.secret).ok()?.certificate();
        let in_order = certificate.facts(now).is_in_order();
        in_order.then_some((*id, is_for(key, from), certificate))
    };
    let (modern, classic): (Vec<_>, Vec<_>) = keys.iter().filter_map(usable).partition(|(_, _, key)| key.is_modern());
    let newer = modern.iter().find(|(_, theirs, _)| *theirs).cloned();
    Ok((classic.into_iter().chain(modern).next(), newer))
}

/// Whether what is answered came encrypted.
fn answers_encrypted(snapshot: &Snapshot, answers: Option<MessageId>) -> Result<bool, store::Error> {
    let Some(id) = answers else { return Ok(false) };
    let proof = snapshot.proof(id.0)?;
    Ok(proof.is_some_and(|proof| proof.evidence().content.is_end_to_end()))
}

/// What can be done for a message from this address to these people, answering that message.
pub fn plan(snapshot: &Snapshot, from: &Address, people: &[Address], answers: Option<MessageId>, now: Time) -> Result<Plan, Error> {
    let (mut own, newer) = own_keys(snapshot, from, now)?;
    let least = if answers_encrypted(snapshot, answers)? {
        Advice::Discourage
    } else {
        Advice::Available
    };
    let (mut keys, mut to, mut modern) = (Vec::new(), Vec::new(), Vec::new());
    for person in people {
        let Some(row) = snapshot.peer_keys(person.as_str())? else {
            keys.push((person.clone(), Fact::Unknown));
            continue;
        };
        let choice = Choice::of(&row, now);
        keys.push((person.clone(), choice.state()));
        modern.extend(choice.modern(&row, now).map(|key| (person.clone(), key)));
        if let Some(key) = choice.key.filter(|_| choice.advice >= least) {
            to.push((person.clone(), key));
        }
    }
    let all = !people.is_empty() && to.len() == people.len();
    // Among those who all have a key of the newer kind, the newer kind is used throughout.
    if let Some(newer) = newer.filter(|_| all && modern.len() == people.len()) {
        (to, own) = (modern, Some(newer));
    }
    let theirs = own.as_ref().is_some_and(|(_, theirs, _)| *theirs);
    let signs = theirs && snapshot.signs()?;
    let closed = |keys: &[&Certificate]| Content {
        encryption: Fact::Known(Encryption::Whole),
        integrity: Fact::Known(cipher::integrity(keys, now)),
        headers: Fact::Known(true),
        signature: Fact::Known(if theirs { Signature::Valid } else { Signature::OfAnother }),
        signer_verified: if theirs { Fact::Known(true) } else { Fact::Unknown },
        ..Content::default()
    };
    let alone = match &own {
        Some((_, _, mine)) if !all => to.iter().map(|(who, key)| (who.clone(), closed(&[key, mine]))).collect(),
        _ => Vec::new(),
    };
    let content = match &own {
        Some((_, _, mine)) if all => {
            let everybody: Vec<&Certificate> = to.iter().map(|(_, key)| key).chain([mine]).collect();
            closed(&everybody)
        }
        _ => Content {
            encryption: Fact::Known(Encryption::None),
            signature: Fact::Known(if signs { Signature::Valid } else { Signature::Absent }),
            signer_verified: if signs { Fact::Known(true) } else { Fact::Unknown },
            ..Content::default()
        },
    };
    Ok(Plan {
        content,
        keys,
        alone,
        sealed: if all && own.is_some() { to } else { Vec::new() },
        own: own.map(|(id, ..)| id),
        theirs,
        signs,
        now,
    })
}

/// Does what was planned.
///
/// # Errors
///
/// Where it cannot be done as planned: nothing is ever sent with less protection than was shown.
pub fn carry_out(snapshot: &Snapshot, plan: &Plan, outgoing: Outgoing<'_>) -> Result<Protected, Error> {
    let Outgoing {
        writing,
        entity,
        seen,
        unseen,
    } = outgoing;
    // With large files this is large: it is there once, and once more as it leaves.
    let mut message = write::assemble(&writing, entity);
    let own = match plan.own {
        Some(wanted) => {
            let keys = snapshot.own_keys()?;
            let (_, key) = keys.into_iter().find(|(id, _)| *id == wanted).ok_or(store::Error::Damaged)?;
            let secret = SecretKey::read(&key.secret).map_err(|_| store::Error::Damaged)?;
            Some((secret, key.address))
        }
        None => None,
    };
    let Some((own, address)) = own else {
        return Ok(plain(message, seen, unseen));
    };
    if let Some(from) = writing.from.as_ref().map(|from| &from.address).filter(|_| plan.theirs) {
        // The name on it has no detail.
        let named = Address::parse(&address).map_err(|_| store::Error::Damaged)?;
        let small = own.certificate().minimal(&named, plan.now);
        let header = format!("Autocrypt: {}\r\n", autocrypt::value(from, true, &small));
        message.splice(0..0, header.into_bytes());
    }
    // That there is a statement is told to those alone who get what is signed or sealed.
    let mut statement = Vec::new();
    if snapshot.world()?.statement {
        let (name, value) = openpgp::TELLS_OF_STATEMENT;
        statement.push((name, value.to_owned()));
    }
    if plan.sealed.is_empty() {
        if plan.signs {
            let payload = sealed::payload(&message, false, &statement);
            let signature = own.sign_plain(payload.plain(), plan.now).ok_or(store::Error::Damaged)?;
            message = sealed::signed(&message, &payload, &signature, &boundary()?);
        }
        return Ok(plain(message, seen, unseen));
    }
    let key_of = |address: &Address| {
        let known = plan.sealed.iter().find(|(person, _)| person == address);
        known.map(|(_, key)| key.clone()).ok_or(store::Error::Damaged)
    };
    // Who sees one another learns one another's key (Autocrypt level 1, section 5.1).
    let mut gossip = statement;
    if seen.len() > 1 {
        for person in &seen {
            let small = key_of(person)?.minimal(person, plan.now);
            gossip.push(("Autocrypt-Gossip", autocrypt::value(person, false, &small)));
        }
    }
    let payload = sealed::payload(&message, true, &gossip);
    let mut groups: Vec<Vec<Address>> = vec![seen];
    groups.extend(unseen.into_iter().map(|person| vec![person]));
    let mut copies = Vec::new();
    for group in groups.into_iter().filter(|group| !group.is_empty()) {
        let mut keys = group.iter().map(key_of).collect::<Result<Vec<_>, _>>()?;
        keys.push(own.certificate());
        let raw = sealed::encrypted(&message, &boundary()?, |out| {
            cipher::seal_into(out, payload.plain(), &keys, &own, plan.now).map(|_| ())
        });
        copies.push(Copy {
            raw: raw.map_err(|_| store::Error::Damaged)?,
            recipients: group,
        });
    }
    // In the vault it lies as it was written: the vault is sealed, and the search finds it.
    Ok(Protected { filed: message, copies })
}

fn plain(message: Vec<u8>, seen: Vec<Address>, unseen: Vec<Address>) -> Protected {
    let recipients: Vec<Address> = seen.into_iter().chain(unseen).collect();
    let copies = (!recipients.is_empty()).then(|| Copy {
        raw: message.clone(),
        recipients,
    });
    Protected {
        filed: message,
        copies: copies.into_iter().collect(),
    }
}

fn boundary() -> Result<String, store::Error> {
    Ok(hex(&random::<16>()?))
}
