//! Filing a discussion anew from what it holds: after messages came or left in a body, and once for a vault from before
//! there was any filing.

use super::{bump, put, remember};
use crate::{
    domain::{
        importance::{self, Facts},
        shelf::Shelf,
        tag::MAX_ON_MESSAGE,
    },
    store::{
        Error,
        record::{Discussion, Filed, Message, Record, Weighed},
        writer::Tables,
    },
};
use redb::ReadableTable;

/// The tags that were given to a discussion itself.
pub(in crate::store) fn given(tables: &Tables<'_>, discussion: u64) -> Result<Vec<u64>, Error> {
    let filed = tables.filed_of(discussion)?.unwrap_or_default();
    Ok(filed.tags.iter().filter(|(.., given)| *given).map(|(tag, ..)| *tag).collect())
}

/// Files a discussion anew from what it holds now, after messages came or left in a body. `given` are tags of the
/// discussions that they came from, and `shelf` is where it stands unless it stood somewhere more in sight.
pub(in crate::store) fn refile(tables: &mut Tables<'_>, discussion: u64, given: &[u64], shelf: Shelf) -> Result<(), Error> {
    let old = tables.filed_of(discussion)?;
    let row = tables.discussions.get(discussion)?;
    let Some(row) = row.map(|value| Discussion::decode(discussion, value.value())).transpose()? else {
        return put(tables, discussion, old.as_ref(), None);
    };
    let shelf = old.as_ref().map_or(shelf, |old| old.shelf().min(shelf)) as u8;
    let mut new = Filed {
        last: row.last,
        unread: row.unread > 0,
        shelf,
        binned: old.as_ref().map_or((0, 0), |old| old.binned),
        ..Filed::default()
    };
    let kept = old
        .iter()
        .flat_map(|filed| &filed.tags)
        .filter(|(.., given)| *given)
        .map(|(tag, ..)| *tag);
    let mut tags: Vec<u64> = kept.chain(given.iter().copied()).collect();
    tags.sort_unstable();
    tags.dedup();
    new.tags = tags.into_iter().take(MAX_ON_MESSAGE).map(|tag| (tag, 0, true)).collect();
    let ids = tables
        .discussed
        .range((discussion, i64::MIN, 0)..=(discussion, i64::MAX, u64::MAX))?;
    for id in ids.map(|row| Ok(row?.0.value().2)).collect::<Result<Vec<u64>, Error>>()? {
        for (tag, _) in tables.tags_of(id)? {
            bump(&mut new, tag, 1);
        }
    }
    for (received, message, _) in &row.newest {
        let value = tables.weighed.get(*message)?;
        let weighed = value.map(|value| Weighed::decode(*message, value.value())).transpose()?;
        remember(&mut new, *received, *message, weighed.map_or(0, |weighed| weighed.level));
    }
    put(tables, discussion, old.as_ref(), Some(&new))
}

/// Files every discussion that is there, its messages weighed by their index alone.
pub(in crate::store) fn file_all(tables: &mut Tables<'_>) -> Result<(), Error> {
    let by_index = |index: Option<u8>| {
        let facts = Facts {
            index: index.into(),
            ..Facts::default()
        };
        Weighed {
            level: importance::weigh(&facts).level,
            ..Weighed::of(&facts)
        }
    };
    for row in tables.messages.iter()? {
        let (id, value) = row?;
        let id = id.value();
        let weighed = by_index(Message::decode(id, value.value())?.index);
        tables.weighed.insert(id, weighed.encode(id)?.as_slice())?;
    }
    let ids = tables.discussions.iter()?.map(|row| Ok(row?.0.value()));
    for id in ids.collect::<Result<Vec<u64>, Error>>()? {
        let value = tables.discussions.get(id)?.ok_or(Error::Damaged)?.value().to_vec();
        let row = Discussion::decode(id, &value)?;
        let mut filed = Filed {
            last: row.last,
            unread: row.unread > 0,
            ..Filed::default()
        };
        for (received, message, index) in row.newest {
            remember(&mut filed, received, message, by_index(index).level);
        }
        put(tables, id, None, Some(&filed))?;
    }
    Ok(())
}
