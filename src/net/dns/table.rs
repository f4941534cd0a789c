//! A table of records instead of name servers: for the command line and for tests.

use super::{Answer, Failure, Kind, MAX_ALIASES, Record, Security, plain, reverse_name};
use std::{collections::HashMap, net::IpAddr};

/// What a table says of one name and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// These records.
    Records(Vec<Record>, Security),
    /// The question fails.
    Fails(Failure),
}

/// Names and what is said of them; what is not in it does not exist.
#[derive(Clone, Debug, Default)]
pub struct Table {
    entries: HashMap<(String, Kind), Entry>,
    aliases: HashMap<String, String>,
    /// Names of which every question fails that nothing else answers.
    failing: HashMap<String, Failure>,
    names: std::collections::HashSet<String>,
}

impl Table {
    /// Adds one record, not validated. `name` may be an address where the record is its name. What is no
    /// name is left out: nobody can ask for it.
    pub fn add(&mut self, name: &str, record: Record) {
        let kind = match &record {
            Record::A(_) => Kind::A,
            Record::Aaaa(_) => Kind::Aaaa,
            Record::Caa(..) => Kind::Caa,
            Record::Mx(..) => Kind::Mx,
            Record::OpenPgpKey(_) => Kind::OpenPgpKey,
            Record::Ptr(_) => Kind::Ptr,
            Record::Srv(..) => Kind::Srv,
            Record::Tlsa(..) => Kind::Tlsa,
            Record::Txt(_) => Kind::Txt,
        };
        let Some(name) = self.known(name) else { return };
        match self.entries.entry((name, kind)) {
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                if let Entry::Records(records, _) = entry.get_mut() {
                    records.push(record);
                }
            }
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(Entry::Records(vec![record], Security::NotKnown));
            }
        }
    }

    /// With one more record; see [`Table::add`].
    #[must_use]
    pub fn with(mut self, name: &str, record: Record) -> Self {
        self.add(name, record);
        self
    }

    /// With one more text.
    #[must_use]
    pub fn with_text(self, name: &str, text: &str) -> Self {
        self.with(name, Record::Txt(text.as_bytes().to_vec()))
    }

    /// Says all there is about a name and kind.
    pub fn set(&mut self, name: &str, kind: Kind, entry: Entry) {
        if let Some(name) = self.known(name) {
            self.entries.insert((name, kind), entry);
        }
    }

    /// Every question about this name that nothing else answers fails.
    pub fn fail(&mut self, name: &str, failure: Failure) {
        if let Some(name) = self.known(name) {
            self.failing.insert(name, failure);
        }
    }

    /// The name is another one's.
    pub fn alias(&mut self, name: &str, of: &str) {
        if let (Some(name), Ok(of)) = (self.known(name), plain(of)) {
            self.aliases.insert(name, of);
        }
    }

    /// The name exists, whatever else is said of it.
    pub fn exist(&mut self, name: &str) {
        self.known(name);
    }

    /// What is said of a name and kind counts as validated, or not.
    pub fn vouch(&mut self, name: &str, kind: Kind, as_: Security) {
        let Some(name) = self.known(name) else { return };
        if let Some(Entry::Records(_, security)) = self.entries.get_mut(&(name, kind)) {
            *security = as_;
        }
    }

    /// The name as it is kept; from now on it exists.
    fn known(&mut self, name: &str) -> Option<String> {
        let name = match name.parse::<IpAddr>() {
            Ok(address) => reverse_name(address),
            Err(_) => plain(name).ok()?,
        };
        self.names.insert(name.clone());
        Some(name)
    }

    pub(super) fn look(&self, name: &str, kind: Kind) -> Result<Answer, Failure> {
        let mut name = name;
        for _ in 0..=MAX_ALIASES {
            match self.entries.get(&(name.to_owned(), kind)) {
                Some(Entry::Records(records, security)) => {
                    return Ok(Answer {
                        records: records.clone(),
                        no_such_name: false,
                        security: *security,
                    });
                }
                Some(Entry::Fails(failure)) => return Err(*failure),
                None => {}
            }
            match self.aliases.get(name) {
                Some(of) => name = of,
                None => {
                    if let Some(failure) = self.failing.get(name) {
                        return Err(*failure);
                    }
                    return Ok(Answer {
                        no_such_name: !self.exists(name),
                        ..Answer::default()
                    });
                }
            }
        }
        // Aliases in a circle lead nowhere.
        Err(Failure::Temporary)
    }

    /// Whether the name or one below it is in the table (RFC 8020).
    fn exists(&self, name: &str) -> bool {
        self.names.contains(name)
            || self
                .names
                .iter()
                .any(|known| known.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_answers_as_a_name_server_would() {
        let mut table = Table::default()
            .with("Mail.Example.", Record::A([192, 0, 2, 1].into()))
            .with_text("example", "v=spf1 -all")
            .with("192.0.2.1", Record::Ptr("mail.example".into()));
        table.alias("www.example", "mail.example");
        table.alias("round.example", "about.example");
        table.alias("about.example", "round.example");
        table.fail("slow.example", Failure::Temporary);
        assert_eq!(table.look("mail.example", Kind::A).unwrap().addresses().count(), 1);
        assert_eq!(table.look("www.example", Kind::A).unwrap().addresses().count(), 1);
        assert_eq!(table.look("1.2.0.192.in-addr.arpa", Kind::Ptr).unwrap().names(), ["mail.example"]);
        assert_eq!(table.look("round.example", Kind::A), Err(Failure::Temporary));
        assert_eq!(table.look("slow.example", Kind::Txt), Err(Failure::Temporary));
        let nothing = table.look("mail.example", Kind::Txt).unwrap();
        assert!(nothing.records.is_empty() && !nothing.no_such_name);
        assert!(table.look("elsewhere.example", Kind::A).unwrap().no_such_name);
    }
}
