//! What a message's way was like, all its recipients together.

use super::{Delivery, Enforced, State, Via};
use crate::domain::{
    fact::Fact,
    privacy::{evidence::Tls, gather::session},
};

/// What was seen of the way of a message, the weakest of all recipients: encryption, whether it was a hybrid with a
/// post-quantum part, whether it could not be stripped. What nobody got does not count; what somebody else passes on is
/// not seen, and what still waits is not known, unless something is known already that nothing can be weaker than.
pub fn travelled(deliveries: &[Delivery]) -> (Fact<Tls>, Fact<bool>, Fact<bool>) {
    let mut seen = Vec::new();
    for recipient in deliveries.iter().flat_map(|delivery| &delivery.recipients) {
        match (&recipient.handed, recipient.state) {
            (Some(handed), _) if handed.via == Via::Direct => {
                let (tls, quantum) = session(handed.tls.as_ref());
                seen.push(Some((tls, quantum, matches!(handed.enforced, Enforced::Dane | Enforced::MtaSts))));
            }
            (None, State::Failed | State::TakenBack) => {}
            _ => seen.push(None),
        }
    }
    fn weakest<T: Ord + PartialEq + std::marker::Copy>(seen: impl Iterator<Item = Option<T>> + Clone, lowest: T) -> Fact<T> {
        let least = seen.clone().flatten().min();
        let all = seen.clone().all(|fact| fact.is_some());
        least.filter(|least| all || *least == lowest).into()
    }
    (
        weakest(seen.iter().map(|fact| fact.map(|(tls, _, _)| tls)), Tls::None),
        weakest(seen.iter().map(|fact| fact.map(|(_, quantum, _)| quantum)), false),
        weakest(seen.iter().map(|fact| fact.map(|(_, _, strict)| strict)), false),
    )
}
