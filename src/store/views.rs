//! Searches that the owner keeps.

use super::{
    Error,
    mail::Snapshot,
    record::{Record, View},
    schema::VIEWS,
    writer::Tables,
};
use redb::ReadableTable;

/// The most that there may be: they are tabs.
pub const MOST: usize = 20;

/// Keeps a search behind the others; `None` where there are as many as there may be.
pub fn add(tables: &mut Tables<'_>, view: &View) -> Result<Option<u64>, Error> {
    let mut last = 0;
    let mut many = 0;
    for row in tables.views.iter()? {
        let (id, value) = row?;
        last = last.max(View::decode(id.value(), value.value())?.place);
        many += 1;
    }
    if many >= MOST {
        return Ok(None);
    }
    let id = tables.next("view")?;
    let view = View {
        place: last.saturating_add(1),
        ..view.clone()
    };
    tables.views.insert(id, view.encode(id)?.as_slice())?;
    Ok(Some(id))
}

/// Changes one; says whether there is such a one.
pub fn change(tables: &mut Tables<'_>, id: u64, change: impl FnOnce(&mut View)) -> Result<bool, Error> {
    let found = tables.views.get(id)?.map(|value| View::decode(id, value.value())).transpose()?;
    let Some(mut view) = found else { return Ok(false) };
    change(&mut view);
    tables.views.insert(id, view.encode(id)?.as_slice())?;
    Ok(true)
}

/// Moves one by one place, to the front or back; says whether there is such a one.
pub fn shift(tables: &mut Tables<'_>, id: u64, forward: bool) -> Result<bool, Error> {
    let mut all = Vec::new();
    for row in tables.views.iter()? {
        let (id, value) = row?;
        all.push((id.value(), View::decode(id.value(), value.value())?));
    }
    all.sort_by_key(|(id, view)| (view.place, *id));
    let Some(at) = all.iter().position(|(known, _)| *known == id) else {
        return Ok(false);
    };
    let to = if forward {
        at.saturating_sub(1)
    } else {
        (at + 1).min(all.len() - 1)
    };
    let moved = all.remove(at);
    all.insert(to, moved);
    for ((id, mut view), place) in all.into_iter().zip(1_u32..) {
        view.place = place;
        tables.views.insert(id, view.encode(id)?.as_slice())?;
    }
    Ok(true)
}

/// One is what its device opens first, and no other one is.
pub fn first(tables: &mut Tables<'_>, id: u64, device: u64) -> Result<(), Error> {
    let mut changed = Vec::new();
    for row in tables.views.iter()? {
        let (known, value) = row?;
        let view = View::decode(known.value(), value.value())?;
        let first = known.value() == id;
        if view.device == Some(device) && view.first != first {
            changed.push((known.value(), View { first, ..view }));
        }
    }
    for (id, view) in changed {
        tables.views.insert(id, view.encode(id)?.as_slice())?;
    }
    Ok(())
}

/// Lets one go; says whether there was such a one.
pub fn remove(tables: &mut Tables<'_>, id: u64) -> Result<bool, Error> {
    Ok(tables.views.remove(id)?.is_some())
}

impl Snapshot {
    /// All of them in their order.
    pub fn views(&self) -> Result<Vec<(u64, View)>, Error> {
        let mut views = Vec::new();
        for row in self.tx.open_table(VIEWS)?.iter()? {
            let (id, value) = row?;
            views.push((id.value(), View::decode(id.value(), value.value())?));
        }
        views.sort_by_key(|(id, view)| (view.place, *id));
        Ok(views)
    }
}
