//! Files of cards: vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350) are read, 3.0 is written, because every program reads
//! it. Reading never fails: what cannot be understood is left out, what is too much is counted.
//!
//! Our own rather than a crate's: those that there are bring calendars and a second table of time zones.
//! Absent on purpose: pictures and sounds (dropped), and anything that an address in a card would have to be fetched for.

mod fields;
#[cfg(test)]
mod tests;

use crate::{
    codec::base64url,
    domain::{
        address::Address,
        contact::{Card, Label},
    },
};
use fields::{Field, octets_of};

/// The most octets of a file.
pub const MAX_FILE: usize = 10 * 1024 * 1024;
/// The most cards that are read of a file.
pub const MAX_CARDS: usize = 10_000;
/// The most fields that are read of a card.
const MAX_FIELDS: usize = 500;
/// The most octets of a value that is text.
const MAX_TEXT: usize = 64 * 1024;
/// The most octets of a key.
const MAX_KEY: usize = 64 * 1024;
/// The most keys of a card.
const MAX_KEYS: usize = 10;
/// Octets of a line that is written before it is folded (RFC 2426 section 2.6).
const FOLD: usize = 75;

/// A card of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What stands on it.
    pub card: Card,
    /// OpenPGP keys on it, as they stand there: armoured or not, looked at by nobody.
    pub keys: Vec<Vec<u8>>,
}

/// What is in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Its cards, in order, at most [`MAX_CARDS`].
    pub cards: Vec<Found>,
    /// Cards beyond those.
    pub left_out: usize,
}

/// Reads a file. Of more than [`MAX_FILE`] octets only the first are read.
pub fn read(octets: &[u8]) -> Read {
    let octets = octets.get(..MAX_FILE).unwrap_or(octets);
    let text = fields::text(octets);
    let mut out = Read::default();
    let mut open: Option<Draft> = None;
    let mut met = false;
    let mut bare = Draft::default();
    for line in fields::unfolded(&text) {
        let Some(field) = Field::of(&line) else { continue };
        let is_card = field.value.trim().eq_ignore_ascii_case("vcard");
        match field.name.as_str() {
            "BEGIN" if is_card => {
                met = true;
                out.push(open.replace(Draft::default()));
            }
            "END" if is_card => out.push(open.take()),
            _ => match &mut open {
                Some(draft) => draft.take(&field),
                None if !met => bare.take(&field),
                None => {}
            },
        }
    }
    out.push(open);
    // A file of plain directory lines (RFC 2425) is one card without its frame.
    if !met {
        out.push(Some(bare).filter(|draft| !draft.mail.is_empty()));
    }
    out
}

impl Read {
    fn push(&mut self, draft: Option<Draft>) {
        let Some(found) = draft.map(Draft::finish) else { return };
        if found == Found::default() {
            return;
        }
        if self.cards.len() < MAX_CARDS {
            self.cards.push(found);
        } else {
            self.left_out += 1;
        }
    }
}

/// A card that is being read.
#[derive(Default)]
struct Draft {
    fields: usize,
    formatted: String,
    named: String,
    /// Address, and its preference: the lower the better.
    mail: Vec<(u32, String)>,
    phones: Vec<(Label, String)>,
    places: Vec<(Label, String)>,
    labels: Vec<(Label, String)>,
    organisation: String,
    notes: Vec<String>,
    keys: Vec<Vec<u8>>,
}

impl Draft {
    fn take(&mut self, field: &Field) {
        self.fields += 1;
        if self.fields > MAX_FIELDS {
            return;
        }
        if field.name == "KEY" {
            if let Some(key) = key(field).filter(|_| self.keys.len() < MAX_KEYS) {
                self.keys.push(key);
            }
            return;
        }
        if field.value.len() > MAX_TEXT || matches!(field.name.as_str(), "PHOTO" | "LOGO" | "SOUND") {
            return;
        }
        let first = |slot: &mut String, text: String| {
            if slot.is_empty() {
                *slot = text;
            }
        };
        match field.name.as_str() {
            "FN" | "CN" => first(&mut self.formatted, field.text()),
            "N" => first(&mut self.named, name(&field.parts())),
            "EMAIL" => {
                let address = field.text().trim().to_lowercase();
                let address = address.trim_start_matches("mailto:").trim();
                self.mail.push((field.preference(), address.to_owned()));
            }
            "TEL" | "PHONE" => {
                let number = field.text();
                let number = number.trim().trim_start_matches("tel:");
                self.phones.push((field.label(), number.to_owned()));
            }
            "ADR" => self.places.push((field.label(), place(&field.parts()))),
            "LABEL" => self.labels.push((field.label(), field.text())),
            "ORG" => {
                let parts: Vec<String> = field.parts().into_iter().filter(|part| !part.trim().is_empty()).collect();
                first(&mut self.organisation, parts.join(", "));
            }
            "NOTE" => self.notes.insert(0, field.text()),
            "NICKNAME" | "TITLE" | "ROLE" | "URL" | "IMPP" => self.notes.push(field.text()),
            "BDAY" => self.notes.push(format!("* {}", field.text())),
            _ => {}
        }
    }

    fn finish(mut self) -> Found {
        self.mail.sort_by_key(|(preference, _)| *preference);
        let addresses = self.mail.iter().filter_map(|(_, text)| Address::parse(text).ok());
        let places = if self.places.iter().all(|(_, text)| text.trim().is_empty()) {
            self.labels
        } else {
            self.places
        };
        let card = Card {
            name: if self.formatted.trim().is_empty() {
                self.named
            } else {
                self.formatted
            },
            addresses: addresses.collect(),
            phones: self.phones,
            places,
            organisation: self.organisation,
            note: self.notes.join("\n"),
        };
        Found {
            card: card.tidy(),
            keys: self.keys,
        }
    }
}

/// The given name before the family's; titles and the like are left out.
fn name(parts: &[String]) -> String {
    let part = |n: usize| parts.get(n).map_or("", |part| part.trim());
    format!("{} {}", part(1), part(0)).trim().to_owned()
}

/// A postal address as it stands on an envelope: box, house, street; code and town; region; country.
fn place(parts: &[String]) -> String {
    let part = |n: usize| parts.get(n).map_or("", |part| part.trim());
    let town = format!("{} {}", part(5), part(3));
    let lines = [part(0), part(1), part(2), town.trim(), part(4), part(6)];
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// An OpenPGP key, where the field holds one: in base64 or as a `data:` address. What lies elsewhere is not fetched.
fn key(field: &Field) -> Option<Vec<u8>> {
    let value = field.value.trim();
    let octets = if let Some(rest) = value.get(..5).filter(|head| head.eq_ignore_ascii_case("data:")).and(value.get(5..)) {
        let (kind, data) = rest.split_once(',')?;
        kind.to_ascii_lowercase().ends_with(";base64").then(|| octets_of(data))?
    } else if field.is_base64() {
        octets_of(value)
    } else {
        field.text().into_bytes()
    };
    // A binary key begins with a public-key packet (RFC 9580 section 4.2: tag 6, in either form of header).
    let is_key = octets.starts_with(b"-----BEGIN PGP PUBLIC KEY") || matches!(octets.first(), Some(0x98..=0x9b | 0xc6));
    (is_key && octets.len() <= MAX_KEY).then_some(octets)
}

/// Writes cards as a file, vCard 3.0 with an OpenPGP `KEY` for each key.
pub fn write<'a>(cards: impl IntoIterator<Item = (&'a Card, &'a [Vec<u8>])>) -> String {
    let mut out = String::new();
    for (card, keys) in cards {
        let mut line = |text: String| fold(&mut out, &text);
        line("BEGIN:VCARD".into());
        line("VERSION:3.0".into());
        line(format!("FN:{}", escaped(&card.name)));
        // N may not be left out (RFC 2426 section 3.1.2); which part of a name is the family's is not ours to guess.
        line(format!("N:;{};;;", escaped(&card.name)));
        for (address, at) in card.addresses.iter().zip(0..) {
            let preferred = if at == 0 && card.addresses.len() > 1 { ",PREF" } else { "" };
            line(format!("EMAIL;TYPE=INTERNET{preferred}:{}", escaped(address.as_str())));
        }
        for (label, number) in &card.phones {
            line(format!("TEL{}:{}", kind(*label), escaped(number)));
        }
        for (label, place) in &card.places {
            line(format!("ADR{}:;;{};;;;", kind(*label), escaped(place)));
        }
        for (name, text) in [("ORG", &card.organisation), ("NOTE", &card.note)] {
            if !text.is_empty() {
                line(format!("{name}:{}", escaped(text)));
            }
        }
        for key in keys {
            line(format!("KEY;TYPE=PGP;ENCODING=b:{}", base64url::plain(key)));
        }
        line("END:VCARD".into());
    }
    out
}

fn kind(label: Label) -> &'static str {
    match label {
        Label::Other => "",
        Label::Home => ";TYPE=HOME",
        Label::Work => ";TYPE=WORK",
        Label::Mobile => ";TYPE=CELL",
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\\' | ',' | ';' => out.extend(['\\', c]),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// One line, folded where it is long, never inside a character.
fn fold(out: &mut String, line: &str) {
    let mut width = 0;
    for c in line.chars() {
        if width + c.len_utf8() > FOLD {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out.push_str("\r\n");
}
