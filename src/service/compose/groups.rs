//! A group as recipients: the name of a tag on cards stands for the people on them (S12). What was typed becomes whom it
//! means before anything is weighed, so that everyone is seen whom a message goes to.

use super::Compose;
use crate::{
    domain::{
        draft::{self, Draft},
        fold::fold,
        id::TagId,
        message::Mailbox,
        time::Time,
    },
    service::{Error, contacts, read},
    store::{self, mail::Snapshot},
};

/// Groups that are suggested.
const SUGGESTED: usize = 5;

impl Compose {
    /// A draft in which each group stands for its members.
    pub async fn expanded(&self, mut draft: Draft) -> Result<Draft, Error> {
        let sound = [&draft.to, &draft.cc, &draft.bcc].iter().all(|field| draft::people(field).is_ok());
        if sound {
            return Ok(draft);
        }
        let now = self.0.clock.now();
        read(&self.0.vault, move |snapshot| {
            let groups = groups(snapshot, now)?;
            for field in [&mut draft.to, &mut draft.cc, &mut draft.bcc] {
                let members = |item: &str| {
                    let item = fold(item);
                    let group = groups.iter().find(|(name, _)| fold(name) == item);
                    group.map(|(_, members)| members.clone()).unwrap_or_default()
                };
                if let Some(expanded) = draft::expanded(field, members) {
                    *field = expanded;
                }
            }
            Ok(draft)
        })
        .await
    }
}

/// Each tag that is on cards, and who is meant by it.
fn groups(snapshot: &Snapshot, now: Time) -> Result<Vec<(String, Vec<Mailbox>)>, store::Error> {
    let mut groups = Vec::new();
    for (id, tag) in snapshot.tags()? {
        let members = contacts::members(snapshot, TagId(id), now)?;
        if !members.is_empty() {
            groups.push((tag.name, members));
        }
    }
    Ok(groups)
}

/// Groups whose name has a word that begins so, as they would be typed.
pub(super) fn suggested(snapshot: &Snapshot, asked: &str) -> Result<Vec<String>, store::Error> {
    let mut found = Vec::new();
    for (id, tag) in snapshot.tags()? {
        let folded = fold(&tag.name);
        let begins = folded.starts_with(asked) || folded.split([' ', '-', '_']).any(|word| word.starts_with(asked));
        // What would be read as something else cannot be typed.
        let typable = !tag.name.contains([',', ';', '"', '<', '>', '@']);
        if begins && typable && !snapshot.cards_with(TagId(id))?.is_empty() {
            found.push(tag.name);
        }
        if found.len() == SUGGESTED {
            break;
        }
    }
    Ok(found)
}
