//! Records as JSON for people and for other programs (`store::rows`). Only shown, never read back: what is read back
//! are the octets.

use super::*;
use crate::store::writing::{Habits, OwnRecords};
use serde_json::Value;

/// What the octets say, where the table holds records that are worth reading; no secret is among them.
pub fn readable(table: &str, octets: &[u8]) -> Option<Value> {
    macro_rules! records {
        ($($name:literal: $shape:ty;)*) => {
            match table {
                $($name => of::<$shape>(octets),)*
                _ => None,
            }
        };
    }
    records! {
        "messages": Message;
        "proofs": Proof;
        "dangers": Looked;
        "nuisances": Troubled;
        "reports": Report;
        "strict": Strictness;
        "discussions": Discussion;
        "contacts": Contact;
        "standings": Stands;
        "tags": Tag;
        "filed": Filed;
        "weighed": Weighed;
        "rules": Rule;
        "verdicts": Judged;
        "outbox": Delivery;
        "sent": Sent;
        "returned": Returned;
        "views": View;
        "peer_boxes": PeerBox;
        "world": World;
        "devices": Device;
        "journal": Entry;
        "notices": Notice;
        "reach": Met;
        "writing": Habits;
        "own_records": OwnRecords;
    }
}

/// The hash is looked at when the octets are read for good.
fn of<R: Record>(octets: &[u8]) -> Option<Value> {
    let (&version, rest) = octets.split_first()?;
    let (_, body) = rest.split_at_checked(HASH)?;
    let record = if version == R::VERSION {
        postcard::from_bytes(body).ok()?
    } else {
        R::read_older(version, body).ok()?
    };
    serde_json::to_value::<R>(record).ok()
}
