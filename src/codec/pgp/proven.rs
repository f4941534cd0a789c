//! What a certificate proves of itself. Anybody can pile statements up on somebody's key that only name it as their
//! maker: a copy that comes from elsewhere counts for those alone that its main part has signed, and for the newest few
//! of each, so that no copy makes a key costly or hides what is true of it.

use super::{
    Certificate, MAX_COMPONENTS, fingerprint,
    policy::{self, Left},
    time,
};
use pgp::{
    composed::{SignedPublicKey, SignedPublicSubKey},
    errors::Result,
    packet::{Signature, SignatureType},
    types::{SignedUser, Tag},
};
use std::cmp::Reverse;

/// Statements of one kind about one component that are kept.
const KEPT: usize = 4;

/// Whether a statement counts: it is given how to verify it.
type Check<'a> = &'a dyn Fn(&mut dyn FnMut() -> Result<()>) -> bool;

impl Certificate {
    /// With nothing but what its main part has signed.
    #[must_use]
    pub fn proven(self) -> Self {
        let left = Left::of_a_key();
        Self(sifted(self.0, &|verify| left.verifies(verify)))
    }

    /// With everything that is bound to the same key elsewhere, as far as each of both proves it: a revocation that one
    /// copy has is not lost by an older copy. Another key changes nothing.
    #[must_use]
    pub fn merged(self, other: &Self) -> Self {
        if self.fingerprint() != other.fingerprint() {
            return self;
        }
        // Each by itself: what one copy is piled up with takes nothing from what is tried of the other.
        let (mut mine, more) = (self.proven().0, other.clone().proven().0);
        mine.details.revocation_signatures.extend(more.details.revocation_signatures);
        mine.details.direct_signatures.extend(more.details.direct_signatures);
        mine.details.users.extend(more.details.users);
        mine.public_subkeys.extend(more.public_subkeys);
        Self(sifted(mine, &|_| true))
    }
}

/// The same with each component once, and of each kind of statement about it the newest few that count.
fn sifted(mut key: SignedPublicKey, check: Check<'_>) -> SignedPublicKey {
    let primary = key.primary_key.clone();
    let of_key = |signature: &Signature| signature.verify_key(&primary);
    let details = &mut key.details;
    details.revocation_signatures = few(std::mem::take(&mut details.revocation_signatures), check, of_key);
    details
        .direct_signatures
        .retain(|signature| signature.typ() == Some(SignatureType::Key) && policy::is_believed(signature));
    details.direct_signatures = few(std::mem::take(&mut details.direct_signatures), check, of_key);
    let mut users: Vec<SignedUser> = Vec::new();
    for user in std::mem::take(&mut details.users) {
        match users.iter_mut().find(|known| known.id.id() == user.id.id()) {
            Some(known) => known.signatures.extend(user.signatures),
            None => users.push(user),
        }
    }
    for user in &mut users {
        let id = &user.id;
        let verify = |signature: &Signature| signature.verify_certification(&primary, Tag::UserId, id);
        user.signatures = both(std::mem::take(&mut user.signatures), SignatureType::CertRevocation, check, verify);
    }
    users.retain(|user| !user.signatures.is_empty());
    users.truncate(MAX_COMPONENTS);
    details.users = users;
    let mut parts: Vec<SignedPublicSubKey> = Vec::new();
    for part in std::mem::take(&mut key.public_subkeys) {
        match parts.iter_mut().find(|known| fingerprint(&known.key) == fingerprint(&part.key)) {
            Some(known) => known.signatures.extend(part.signatures),
            None => parts.push(part),
        }
    }
    for part in &mut parts {
        let subkey = &part.key;
        let verify = |signature: &Signature| signature.verify_subkey_binding(&primary, subkey);
        part.signatures = both(std::mem::take(&mut part.signatures), SignatureType::SubkeyRevocation, check, verify);
    }
    parts.retain(|part| !part.signatures.is_empty());
    parts.truncate(MAX_COMPONENTS);
    key.public_subkeys = parts;
    key
}

/// The few that take back and the few that bind.
fn both(all: Vec<Signature>, takes_back: SignatureType, check: Check<'_>, verify: impl Fn(&Signature) -> Result<()>) -> Vec<Signature> {
    let (gone, mut said): (Vec<_>, Vec<_>) = all.into_iter().partition(|signature| signature.typ() == Some(takes_back));
    said.retain(policy::is_believed);
    let mut kept = few(said, check, &verify);
    kept.extend(few(gone, check, &verify));
    kept
}

/// The newest few that count; what takes the key back for ever before what only replaces it.
fn few(mut all: Vec<Signature>, check: Check<'_>, verify: impl Fn(&Signature) -> Result<()>) -> Vec<Signature> {
    all.sort_by_key(|signature| Reverse((!policy::is_soft(signature), signature.created().map(|at| time(at).0))));
    let mut kept: Vec<Signature> = Vec::new();
    for one in all.into_iter().take(policy::MAX_TRIED) {
        if kept.len() < KEPT && !kept.iter().any(|known| is_same(known, &one)) && check(&mut || verify(&one)) {
            kept.push(one);
        }
    }
    kept
}

/// Whether both are the same statement: what is not signed in it (its unhashed part, how its length is written) may
/// differ, and the one that is known stays.
fn is_same(one: &Signature, other: &Signature) -> bool {
    let what = |signature: &Signature| (signature.typ(), signature.created(), signature.signed_hash_value());
    what(one) == what(other)
}
