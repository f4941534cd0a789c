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
