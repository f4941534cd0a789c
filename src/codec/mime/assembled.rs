//! A message put together anew from its text and its files, where only parts of it were protected: what was decrypted never
//! stands in the sender's HTML.

use super::{
    field,
    protected::{is_about_body, put},
};
use crate::codec::base64url;

/// What was put together of a message of which only parts are protected.
#[derive(Default)]
pub(super) struct Assembled {
    /// Its text.
    pub text: String,
    /// Its files, each a part of its own.
    pub files: Vec<Vec<u8>>,
    /// Whether anything was opened.
    pub opened: bool,
}

impl Assembled {
    /// Adds to the text, on a line of its own.
    pub fn say(&mut self, text: &str) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text.push_str(text);
    }
}

/// A part of its own.
pub(super) fn entity(media_type: &str, name: &str, octets: &[u8]) -> Vec<u8> {
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_graphic() && *c != '"' && *c != '\\')
        .take(100)
        .collect();
    let mut out = format!(
        "Content-Type: {media_type}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    for line in base64url::plain(octets).as_bytes().chunks(76) {
        out.extend(line.iter().map(|digit| char::from(*digit)));
        out.push_str("\r\n");
    }
    out.into_bytes()
}

/// The message with this block of fields, as text and files. The boundary occurs in nothing of it.
pub(super) fn assembled(outer: &[u8], made: &Assembled) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in field::fields(outer) {
        if !is_about_body(name) {
            put(&mut out, name, value);
        }
    }
    let text = made.text.replace("\r\n", "\n").replace('\n', "\r\n");
    let finds = |boundary: &str| {
        let within = |octets: &[u8]| memchr::memmem::find(octets, boundary.as_bytes()).is_some();
        within(text.as_bytes()) || made.files.iter().any(|file| within(file))
    };
    let boundary = (0_u32..)
        .map(|n| format!("opened-{n}"))
        .find(|boundary| !finds(boundary))
        .unwrap_or_default();
    out.extend_from_slice(format!("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n").as_bytes());
    out.extend_from_slice(format!("--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n").as_bytes());
    for file in &made.files {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        out.extend_from_slice(file);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}
