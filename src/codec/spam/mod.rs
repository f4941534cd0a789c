//! What can be seen of a message that tells whether anybody wants it: signs and tokens.
//!
//! `sender`, `links`, `lures`, `make` and `files` find the signs, `tokens` what can be learnt, `tables` what is
//! known of the world. Pure, bounded, linear. Deliberately not looked at: names of lists, names of the
//! servers on the way, dates other than to see whether they can be true, other filters' opinions, and
//! anything that only one collection of mail has. Of what is encrypted only the outside is seen.

mod files;
mod links;
mod lures;
mod make;
#[rustfmt::skip]
mod phrases;
mod sender;
#[rustfmt::skip]
mod tables;
mod tokens;

use super::{
    hosts::registrable,
    html::{self, Place, Surface},
    mime,
};
use crate::domain::{
    address::Address,
    danger::Danger,
    message::Reading,
    spam::{Checks, Sight, Standing},
    time::Time,
};

/// Characters of a text that are looked at.
const TEXT: usize = 20_000;

/// Links out of plain text that are looked at.
const LINKS: usize = 100;

/// What the receiver knows beside the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// The owner's addresses that it was sent to.
    pub owner: Vec<Address>,
    /// The envelope sender, where there was an envelope with one.
    pub mail_from: Option<Address>,
    /// When it was received.
    pub received: Option<Time>,
    /// What checking the sender came to.
    pub checks: Checks,
    /// What the owner has to do with the sender.
    pub standing: Standing,
    /// What in it may do harm (`codec::inspect`, `domain::danger::sender`).
    pub dangers: Vec<Danger>,
}

/// A message taken apart for the rooms of this folder.
struct Message<'a> {
    reading: &'a Reading,
    around: &'a Around,
    /// The header block.
    head: String,
    surface: Surface,
    links: Vec<Place>,
    /// The registrable domain of the author, empty where there is none.
    home: String,
    /// The text, its beginning.
    text: &'a str,
    /// Whether it is encrypted: then there is no text.
    sealed: bool,
}

impl Message<'_> {
    /// The first header field of this name, unfolded.
    fn field(&self, name: &str) -> Option<String> {
        self.fields(name).next()
    }

    /// Every header field of this name, unfolded, in order.
    fn fields<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        let mut lines = self.head.lines().peekable();
        std::iter::from_fn(move || {
            loop {
                let line = lines.next()?;
                let mut whole = line.to_owned();
                while let Some(more) = lines.next_if(|line| line.starts_with([' ', '\t'])) {
                    if whole.len() < 8_192 {
                        whole.push(' ');
                        whole.push_str(more.trim());
                    }
                }
                if let Some((key, value)) = whole.split_once(':')
                    && key.trim_end().eq_ignore_ascii_case(name)
                {
                    return Some(value.trim().to_owned());
                }
            }
        })
    }

    /// The registrable domain of an address.
    fn domain_of(address: &Address) -> String {
        registrable(address.domain())
    }
}

/// The beginning of a text, at most so many octets.
fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Looks at a message. Linear in its octets, whatever is in it.
pub fn look(raw: &[u8], reading: &Reading, around: &Around) -> Sight {
    let sealed = reading.openpgp.encrypted;
    let surface = reading.html.as_deref().filter(|_| !sealed).map(html::surface).unwrap_or_default();
    let text = if sealed { "" } else { cut(&reading.text, TEXT) };
    let links = if surface.links.is_empty() {
        links::in_text(text)
    } else {
        surface.links.clone()
    };
    let message = Message {
        reading,
        around,
        head: mime::header_block(raw),
        home: reading
            .author()
            .map(|author| Message::domain_of(&author.address))
            .unwrap_or_default(),
        surface,
        links,
        text,
        sealed,
    };
    let mut signs = Vec::new();
    sender::signs(&message, &mut signs);
    links::signs(&message, &mut signs);
    make::signs(&message, &mut signs);
    files::signs(&message, &mut signs);
    let loose = sender::is_loose(&message);
    let near = lures::Around {
        links: !message.links.is_empty(),
        files: reading.attachments.iter().any(|file| !file.inline),
        loose,
    };
    lures::signs(&reading.subject, text, near, &mut signs);
    signs.sort_unstable();
    signs.dedup();
    Sight {
        signs,
        tokens: tokens::tokens(&message),
    }
}
