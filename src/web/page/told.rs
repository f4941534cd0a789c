//! What the boxes of a contact's domains say of themselves, for the page of their card: their word, kept apart from what
//! this box saw.

use super::super::Site;
use crate::{
    domain::{fact::Fact, privacy::index::Letter, time::Time},
    locale::{
        Words,
        world::{self as words, WorldWords},
    },
    service::contacts::told::Told as Said,
};

/// The section of the page.
pub(super) struct Told {
    pub(super) t: &'static WorldWords,
    pub(super) boxes: Vec<Row>,
}

/// One domain.
pub(super) struct Row {
    pub(super) domain: String,
    /// Why it says nothing that counts; else what it says.
    pub(super) nothing: Option<String>,
    /// Names and values.
    pub(super) says: Vec<(&'static str, String)>,
    /// What it claims, what was seen of it, and whether that speaks for it.
    pub(super) claims: Vec<(&'static str, &'static str, &'static str)>,
    pub(super) until: String,
}

/// Of what was told; `None` where no box was asked.
pub(super) fn of(site: &Site, w: &Words, told: Vec<Said>) -> Option<Told> {
    let t = words::words(w.lang);
    let boxes: Vec<Row> = told.into_iter().map(|one| row(site, w, t, one)).collect();
    (!boxes.is_empty()).then_some(Told { t, boxes })
}

fn row(site: &Site, w: &Words, t: &'static WorldWords, told: Said) -> Row {
    let Some(statement) = told.statement else {
        let why = told.untrue.map_or(t.told_nothing, |why| words::untrue(w.lang, why));
        return Row {
            nothing: Some(why.replace("{domain}", &told.domain)),
            says: Vec::new(),
            claims: Vec::new(),
            until: String::new(),
            domain: told.domain,
        };
    };
    let letter = |letter: Letter| t.says.replace("{letter}", letter.as_str());
    let mut says = Vec::new();
    says.extend(statement.appliance.map(|it| (t.told_box, letter(it))));
    says.extend(statement.account.map(|it| (t.told_account, letter(it))));
    says.extend(statement.charter.map(|version| (t.told_charter, version.to_string())));
    says.push((t.told_software, statement.software));
    let claims = told.claims.into_iter().map(|(claim, seen)| {
        let state = match seen {
            Fact::Known(true) => "won",
            Fact::Known(false) => "minus",
            Fact::Unknown => "unknown",
        };
        (words::claim(w.lang, claim), words::seen(w.lang, seen), state)
    });
    let older = told.untrue.map(|why| words::untrue(w.lang, why).replace("{domain}", &told.domain));
    let until = t.told_until.replace("{when}", &site.zone.say(w, statement.expires, Time(0)).short);
    Row {
        nothing: older,
        claims: claims.collect(),
        says,
        until,
        domain: told.domain,
    }
}
