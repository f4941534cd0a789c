//! How a box stands, as JSON for scripts: written here once, for the command line and for whoever asks a running box on
//! its own machine. The words in it are names of things and are never translated.

use crate::domain::{check::Check, time::Time};
use serde_json::{Value, json};

/// What the box says of itself: each a name and whether it is so.
pub type Said<'a> = &'a [(&'a str, bool)];

/// One object: what the box says of itself, when the checks were looked at (seconds since 1970; null is never), and each
/// check with its state, what was seen and what is wanted.
pub fn write(said: Said<'_>, at: Option<Time>, checks: &[Check]) -> String {
    let list: Vec<Value> = checks
        .iter()
        .map(|check| {
            let wanted: Vec<Value> = check
                .wanted
                .iter()
                .map(|entry| json!({ "name": entry.name, "type": entry.kind, "value": entry.value }))
                .collect();
            json!({ "id": check.id.as_str(), "state": check.state().as_str(), "seen": check.seen, "wanted": wanted })
        })
        .collect();
    let mut all = serde_json::Map::new();
    all.extend(said.iter().map(|(name, so)| ((*name).to_owned(), Value::Bool(*so))));
    all.insert("looked_at".to_owned(), at.map_or(Value::Null, |at| Value::from(at.0)));
    all.insert("checks".to_owned(), Value::Array(list));
    Value::Object(all).to_string()
}

/// One check of such an object: its name, its state, what was seen.
pub type Line = (String, String, Vec<String>);

/// Reads it again: what the box says of itself, and the checks. `None` where it is no such object.
pub fn read(text: &str) -> Option<(Vec<(String, bool)>, Vec<Line>)> {
    let value: Value = serde_json::from_str(text).ok()?;
    let all = value.as_object()?;
    let said = all
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_bool()?)))
        .collect();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let list = all.get("checks")?.as_array()?.iter().filter_map(|check| {
        let seen = check.get("seen")?.as_array()?.iter().filter_map(text).collect();
        Some((text(check.get("id")?)?, text(check.get("state")?)?, seen))
    });
    Some((said, list.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::{Finding, Id};

    #[test]
    fn what_is_written_is_read_again() {
        let check = Check {
            seen: vec!["\"10 MB\"".into()],
            ..Check::plain(Id::Disk, Finding::Low)
        };
        let text = write(&[("ready", true), ("locked", false)], Some(Time(7)), &[check]);
        assert!(text.contains("\"looked_at\":7"), "{text}");
        let (said, list) = read(&text).unwrap();
        assert_eq!(said, [("locked".to_owned(), false), ("ready".to_owned(), true)]);
        assert_eq!(list, [("disk".to_owned(), "attention".to_owned(), vec!["\"10 MB\"".to_owned()])]);
        assert!(read("{}").is_none() && read("no").is_none());
    }
}
