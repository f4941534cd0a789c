//! A table of DNS records from JSON, in any of the forms that such tables are found in:
//!
//! ```json
//! [{"name": "example.org", "type": "TXT", "values": ["v=spf1 -all"]},
//!  {"name": "example.org", "type": "MX", "values": ["10 mx.example.org"]},
//!  {"name": "slow.example", "type": "TXT", "error": "temperror"}]
//! ```
//!
//! or one object from names to values: a text or a list of texts is TXT, an object goes from types to values.

use crate::{
    cli::{Failure, code, load},
    net::dns::{self, Dns, Entry, Kind, Record, Security, Table},
};
use serde_json::{Map, Value};
use std::path::Path;

/// Octets of a table.
pub const MAX: u64 = 16 * 1024 * 1024;

/// A DNS that answers from the table in this file.
pub fn dns(path: &Path) -> Result<Dns, Failure> {
    let unusable = |what| Failure::new(code::DATA, format_args!("the records in {} cannot be used: {what}", path.display()));
    Ok(Dns::table(read(&load(path, MAX)?).map_err(unusable)?))
}

/// Reads a table; the sentence says what is wrong with it.
pub fn read(octets: &[u8]) -> Result<Table, String> {
    let value: Value = serde_json::from_slice(octets).map_err(|error| format!("it is no JSON ({error})"))?;
    let mut table = Table::default();
    match value {
        Value::Array(entries) => entries.iter().try_for_each(|entry| one(&mut table, entry))?,
        Value::Object(mut names) => match names.remove("records") {
            Some(Value::Array(entries)) => entries.iter().try_for_each(|entry| one(&mut table, entry))?,
            Some(other) => named(&mut table, "records", &other)?,
            None => names.iter().try_for_each(|(name, value)| named(&mut table, name, value))?,
        },
        _ => return Err("it is neither a list nor an object".to_owned()),
    }
    Ok(table)
}

/// `{"name": …, "type": …, "values": …}`
fn one(table: &mut Table, entry: &Value) -> Result<(), String> {
    let object = entry.as_object().ok_or("an entry is no object")?;
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let name = text("name").ok_or("an entry has no name")?;
    let kind = text("type").unwrap_or("TXT");
    let failed = ["error", "status", "rcode"].into_iter().find_map(text);
    if let Some(error) = failed.filter(|error| !error.eq_ignore_ascii_case("noerror")) {
        return fail(table, name, kind, error);
    }
    let values = ["values", "value", "data", "records"].into_iter().find_map(|key| object.get(key));
    put(table, name, kind, values.unwrap_or(&Value::Null))?;
    if object.get("secure") == Some(&Value::Bool(true)) {
        secure(table, name, kind);
    }
    Ok(())
}

/// `"name": …`
fn named(table: &mut Table, name: &str, value: &Value) -> Result<(), String> {
    match value {
        Value::Object(kinds) => kinds.iter().try_for_each(|(kind, value)| put(table, name, kind, value)),
        Value::Array(entries) if entries.iter().all(Value::is_object) => entries
            .iter()
            .filter_map(Value::as_object)
            .flat_map(Map::iter)
            .try_for_each(|(kind, value)| put(table, name, kind, value)),
        value => put(table, name, "TXT", value),
    }
}

fn fail(table: &mut Table, name: &str, kind: &str, error: &str) -> Result<(), String> {
    let failure = match error.to_ascii_lowercase().as_str() {
        "temperror" | "timeout" | "servfail" | "refused" => dns::Failure::Temporary,
        "bogus" => dns::Failure::Bogus,
        "unreachable" => dns::Failure::Unreachable,
        "nxdomain" | "none" => return Ok(()),
        _ => return Err(format!("{error:?} is no error that is known here")),
    };
    match kind_of(kind) {
        Some(kind) => table.set(name, kind, Entry::Fails(failure)),
        None => table.fail(name, failure),
    }
    Ok(())
}

fn secure(table: &mut Table, name: &str, kind: &str) {
    if let Some(kind) = kind_of(kind) {
        table.vouch(name, kind, Security::Secure);
    }
}

fn kind_of(kind: &str) -> Option<Kind> {
    Some(match kind.to_ascii_uppercase().as_str() {
        "A" => Kind::A,
        "AAAA" => Kind::Aaaa,
        "MX" => Kind::Mx,
        "PTR" => Kind::Ptr,
        "TLSA" => Kind::Tlsa,
        "SRV" => Kind::Srv,
        "TXT" => Kind::Txt,
        _ => return None,
    })
}

fn put(table: &mut Table, name: &str, kind: &str, value: &Value) -> Result<(), String> {
    const FAILURES: [&str; 4] = ["TIMEOUT", "TEMPERROR", "SERVFAIL", "BOGUS"];
    if FAILURES.iter().any(|failure| kind.eq_ignore_ascii_case(failure)) {
        return fail(table, name, "ANY", kind);
    }
    let is_pair = |values: &[Value]| matches!(values, [Value::Number(_), Value::String(_)]);
    let values = match value {
        Value::Null => {
            table.exist(name);
            return Ok(());
        }
        Value::Array(values) if !is_pair(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    for value in values {
        if let Some(error) = value.as_str().filter(|text| FAILURES.contains(text)) {
            fail(table, name, kind, error)?;
            continue;
        }
        if kind.eq_ignore_ascii_case("CNAME") {
            table.alias(name, value.as_str().ok_or("a CNAME is no name")?);
            continue;
        }
        let bad = || format!("{name} has a {kind} that cannot be read");
        // Other types are in such tables too, and nobody asks for them here.
        if let Some(kind) = kind_of(kind) {
            table.add(name, record(kind, value).ok_or_else(bad)?);
        } else {
            table.exist(name);
        }
    }
    Ok(())
}

/// Hexadecimal digits as octets.
fn octets(digits: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}

fn record(kind: Kind, value: &Value) -> Option<Record> {
    let name = |name: &str| name.trim_end_matches('.').to_lowercase();
    Some(match (kind, value) {
        (Kind::A, value) => Record::A(value.as_str()?.trim().parse().ok()?),
        (Kind::Aaaa, value) => Record::Aaaa(value.as_str()?.trim().parse().ok()?),
        (Kind::Ptr, value) => Record::Ptr(name(value.as_str()?)),
        (Kind::Mx, Value::Array(pair)) => match pair.as_slice() {
            [preference, Value::String(host)] => Record::Mx(preference.as_u64()?.try_into().ok()?, name(host)),
            _ => return None,
        },
        (Kind::Mx, Value::Object(object)) => {
            let host = ["exchange", "host", "name"].into_iter().find_map(|key| object.get(key)?.as_str())?;
            Record::Mx(object.get("preference")?.as_u64()?.try_into().ok()?, name(host))
        }
        (Kind::Mx, value) => match value.as_str()?.trim().split_once(char::is_whitespace) {
            Some((preference, host)) => Record::Mx(preference.parse().ok()?, name(host.trim())),
            None => Record::Mx(0, name(value.as_str()?)),
        },
        // `0 1 993 imap.example.org`
        (Kind::Srv, value) => {
            let mut words = value.as_str()?.split_ascii_whitespace();
            let mut number = || words.next()?.parse().ok();
            let (priority, weight, port) = (number()?, number()?, number()?);
            Record::Srv(priority, weight, port, name(words.next()?))
        }
        // `3 1 1 0123abcd`
        (Kind::Tlsa, value) => {
            let mut words = value.as_str()?.split_ascii_whitespace();
            let mut number = || words.next()?.parse().ok();
            let (usage, selector, matching) = (number()?, number()?, number()?);
            Record::Tlsa(usage, selector, matching, octets(&words.collect::<String>())?)
        }
        // A text in several strings.
        (Kind::Txt, Value::Array(parts)) => {
            let parts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
            Record::Txt(parts?.concat().into_bytes())
        }
        (Kind::Txt, value) => Record::Txt(value.as_str()?.as_bytes().to_vec()),
        // Nothing about who sent a message rests on these.
        (Kind::Caa | Kind::OpenPgpKey, _) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn texts(table: &str, name: &str) -> Vec<String> {
        let answer = Dns::table(read(table.as_bytes()).unwrap()).look(name, Kind::Txt).await.unwrap();
        answer.texts().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
    }

    #[tokio::test]
    async fn a_table_comes_in_several_forms() {
        for table in [
            r#"[{"name": "a.test", "type": "TXT", "values": ["x", "y"]}]"#,
            r#"[{"name": "A.test.", "type": "txt", "values": [["x"], ["", "y"]]}]"#,
            r#"{"a.test": ["x", "y"]}"#,
            r#"{"a.test": {"TXT": ["x", "y"], "MX": [[10, "m.test"], "20 n.test"], "A": "192.0.2.1"}}"#,
            r#"{"a.test": [{"TXT": "x"}, {"TXT": "y"}, {"SSHFP": "1 2 3"}]}"#,
            r#"{"records": [{"name": "a.test", "value": "x"}, {"name": "a.test", "value": "y"}]}"#,
        ] {
            assert_eq!(texts(table, "a.test").await, ["x", "y"], "{table}");
        }
        assert_eq!(texts(r#"{"a.test": "x"}"#, "a.test").await, ["x"]);
        let slow = Dns::table(read(br#"[{"name": "a.test", "type": "TXT", "error": "timeout"}]"#).unwrap());
        assert_eq!(slow.look("a.test", Kind::Txt).await, Err(dns::Failure::Temporary));
        for bad in [
            "",
            "1",
            "[1]",
            r#"[{"type": "TXT"}]"#,
            r#"{"a.test": {"A": "x"}}"#,
            r#"[{"name": "a", "error": "x"}]"#,
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
