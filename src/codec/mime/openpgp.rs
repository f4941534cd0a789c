//! Opening what OpenPGP protects in a message (RFC 3156; inline blocks as people have always sent them), and
//! showing it so that nobody is deceived.
//!
//! Where the whole body is one encrypted part, what was in it takes its place, and the header fields that were inside
//! take that of the outer ones (`protected`). Where only a part was encrypted,
//! nothing that was decrypted is ever put into the sender's HTML: the message becomes text, with what was opened as
//! text and as files. A remote picture or an unfinished tag around the encrypted part so gets nothing to send home
//! ("Efail"). A signature covers the whole message only where it covers all that is shown.
//!
//! Opened once: what is encrypted again inside stays closed.

use super::{
    Message, READ, Shown,
    assembled::{Assembled, assembled, entity},
    body, charset, field,
    protected::{Protected, is_about_body, put},
    text_of, tree,
    tree::Part,
};
use crate::{
    codec::pgp::{self as cipher, SecretKey, armor},
    domain::{
        fact::Fact,
        message::Reading,
        openpgp::{Covers, NotOpened, Outside, Signed, Worth},
        privacy::evidence::{Encryption, Integrity},
        time::Time,
    },
};
use std::{borrow::Cow, ops::Range};

/// Parts of one message that are looked at for what is protected in them; how many pieces are opened is `codec::pgp`'s.
const MAX_PARTS: usize = 20;

/// Keys of others that a message passes on (`Autocrypt-Gossip`).
const MAX_GOSSIP: usize = 100;

/// What opens and verifies.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// The owner's keys, old ones too.
    pub own: &'a [SecretKey],
    /// Finds the certificates of which one of these short identities is a part.
    pub find: cipher::Finder<'a>,
    /// Now.
    pub now: Time,
}

/// The same at work on one message: how much that may be is bounded for all of its pieces together.
struct Work<'a> {
    own: &'a [SecretKey],
    checking: cipher::Checking<'a>,
}

impl Work<'_> {
    fn open(&self, octets: &[u8]) -> Result<cipher::Opened, NotOpened> {
        cipher::open(octets, self.own, &self.checking)
    }
}

/// What opening a message showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// The message to show in its place; `None` where nothing was opened.
    pub shown: Option<Vec<u8>>,
    /// How much of it was encrypted, where that could be told.
    pub encryption: Fact<Encryption>,
    /// How the weakest piece protects itself.
    pub integrity: Option<Integrity>,
    /// Why some of it was not opened: the first reason.
    pub failed: Option<NotOpened>,
    /// Whether the subject was inside of what is encrypted, and no subject outside tells it.
    pub subject: Option<bool>,
    /// The signatures, and how much each covers.
    pub signatures: Vec<(Covers, Signed)>,
    /// `Autocrypt-Gossip` fields inside of what is encrypted.
    pub gossip: Vec<Vec<u8>>,
    /// Fields that say something else outside than inside.
    pub outside: Vec<Outside>,
    /// Whether a field inside says that their box has a statement (`Caliopen-Statement: v1`).
    pub statement: bool,
}

impl Opening {
    fn fail(&mut self, why: NotOpened) {
        self.failed = self.failed.or(Some(why));
    }

    fn took(&mut self, integrity: Option<Integrity>) {
        self.integrity = match (self.integrity, integrity) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

/// The values of the `Autocrypt` fields of a message.
pub fn autocrypt(raw: &[u8]) -> Vec<Vec<u8>> {
    let raw = tree::with_lines(raw);
    let block = header(&raw);
    field::all(block, "autocrypt").take(8).map(<[u8]>::to_vec).collect()
}

/// What a part is called; nothing where it has no name.
pub(super) fn file_name(message: &Message<'_>, part: &Part) -> String {
    let named = field::disposition(message.headers(part)).filename;
    named.or_else(|| part.content_type.name.clone()).unwrap_or_default()
}

fn header(raw: &[u8]) -> &[u8] {
    let start = tree::header_start(raw);
    let (end, _) = tree::header_end(raw, start, |_| false);
    tree::read_of(raw.get(start..end).unwrap_or_default())
}

/// Opens a message. `None` where nothing in it is of OpenPGP.
pub fn open(raw: &[u8], keys: Keys<'_>) -> Option<Opening> {
    let work = &Work {
        own: keys.own,
        checking: cipher::Checking::new(keys.find, keys.now),
    };
    let raw = tree::with_lines(raw);
    let message = Message {
        tree: tree::walk(&raw, READ),
        raw: &raw,
    };
    let root = message.part(0)?;
    if let Some(cipher) = message.encrypted(root) {
        return Some(whole(&message, cipher, work));
    }
    let pieces = Pieces::of(&message);
    if let Some((signed, signature)) = message.signed(root) {
        let verified = verify(message.raw, signed, &signature, work);
        let payload = root.children.first().and_then(|id| message.part(*id));
        let sealed = payload.and_then(|payload| message.encrypted(payload));
        // Around what is encrypted (RFC 3156 section 6.1 has it inside) anyone can sign what another has sealed.
        let covers = if sealed.is_some() { Covers::Part } else { Covers::Whole };
        let mut opening = sealed.map_or_else(Opening::default, |cipher| whole(&message, cipher, work));
        if covers == Covers::Whole {
            // What lies in a part of it stays closed.
            opening.encryption = pieces.is_clear().then_some(Encryption::None).into();
        }
        if opening.shown.is_none() && verified.iter().any(|one| matches!(one.worth, Worth::Good(_))) {
            signed_fields(&message, root, &mut opening);
        }
        opening.signatures.extend(verified.into_iter().map(|one| (covers, one)));
        return Some(opening);
    }
    if pieces.0.is_empty() {
        return None;
    }
    Some(piecewise(&message, pieces, work))
}

/// The exact octets of a part and its headers: up to the line end before the next delimiter, which belongs to that
/// (RFC 2046 section 5.1.1).
fn exact(message: &Message<'_>, part: &Part, next: &Part) -> Range<usize> {
    let before = message.raw.get(..next.headers.start).unwrap_or_default();
    // The delimiter's own line is the last of these.
    let line = before.strip_suffix(b"\n").unwrap_or(before);
    let delimiter = memchr::memrchr(b'\n', line).map_or(0, |at| at + 1);
    let end = message.raw.get(..delimiter).unwrap_or_default();
    let end = end.strip_suffix(b"\n").unwrap_or(end);
    let end = end.strip_suffix(b"\r").unwrap_or(end).len();
    part.headers.start..end.max(part.headers.start)
}

impl Message<'_> {
    /// The encrypted octets of a `multipart/encrypted`, or of what a server made of one.
    fn encrypted(&self, part: &Part) -> Option<Cow<'_, [u8]>> {
        let children: Vec<&Part> = part.children.iter().filter_map(|id| self.part(*id)).collect();
        let [control, cipher] = children.as_slice() else { return None };
        let right = control.content_type.media_type == "application/pgp-encrypted" && !cipher.is_multipart();
        let kind = part.content_type.is("multipart", "encrypted") || part.content_type.is("multipart", "mixed");
        (right && kind).then(|| self.octets(cipher).0)
    }

    /// What a `multipart/signed` of OpenPGP signs, and its signature.
    fn signed(&self, part: &Part) -> Option<(Range<usize>, Vec<u8>)> {
        let children: Vec<&Part> = part.children.iter().filter_map(|id| self.part(*id)).collect();
        let [content, signature] = children.as_slice() else { return None };
        let right = part.content_type.is("multipart", "signed") && signature.content_type.media_type == "application/pgp-signature";
        right.then(|| (exact(self, content, signature), self.octets(signature).0.into_owned()))
    }
}

/// Verifies over the canonical form, with CRLF at the end of every line (RFC 3156 section 5).
fn verify(raw: &[u8], signed: Range<usize>, signature: &[u8], work: &Work<'_>) -> Vec<Signed> {
    let octets = raw.get(signed).unwrap_or_default();
    cipher::verify(&tree::with_crlf(octets), signature, &work.checking)
}

/// A message whose whole body is encrypted.
fn whole(message: &Message<'_>, cipher: Cow<'_, [u8]>, work: &Work<'_>) -> Opening {
    let mut opening = Opening::default();
    let opened = match work.open(&cipher) {
        Ok(opened) => opened,
        Err(why) => {
            if why == NotOpened::NoIntegrity {
                // It is never opened, so that this is all that will ever be known of it.
                opening.encryption = Fact::Known(Encryption::Whole);
                opening.integrity = Some(Integrity::None);
            }
            opening.fail(why);
            return opening;
        }
    };
    let encrypted = opened.integrity.is_some();
    opening.encryption = Fact::Known(if encrypted { Encryption::Whole } else { Encryption::None });
    opening.integrity = opened.integrity;
    opening.signatures = opened.signatures.into_iter().map(|one| (Covers::Whole, one)).collect();
    let plain = match tree::with_lines(&opened.plain) {
        Cow::Owned(plain) => plain,
        Cow::Borrowed(_) => opened.plain,
    };
    let taken = inside(message, &plain, encrypted, work, &mut opening);
    // What was decrypted may be large: it becomes what is shown where it lies.
    opening.shown = taken.map(|taken| taken.of(plain));
    opening
}

/// What of the plain text takes the message's place.
fn inside(message: &Message<'_>, plain: &[u8], encrypted: bool, work: &Work<'_>, opening: &mut Opening) -> Option<Taken> {
    let inner = Message {
        tree: tree::walk(plain, READ),
        raw: plain,
    };
    let root = inner.part(0)?;
    let mut payload = root;
    if let Some((signed, signature)) = inner.signed(root) {
        let verified = verify(inner.raw, signed, &signature, work);
        opening.signatures.extend(verified.into_iter().map(|one| (Covers::Whole, one)));
        payload = root.children.first().and_then(|id| inner.part(*id)).unwrap_or(root);
    }
    if payload.content_type.whole && payload.content_type.media_type == "message/rfc822" {
        // A whole message inside stands for this one (RFC 8551 section 3.1).
        let nested = plain.get(payload.body.clone()).unwrap_or_default();
        let nested = Message {
            tree: tree::walk(nested, READ),
            raw: nested,
        };
        let root = nested.part(0)?;
        let taken = show(message, &nested, (root, root), (encrypted, true), opening);
        return Some(taken.within(payload.body.start));
    }
    let marked = payload.content_type.protected;
    Some(show(message, &inner, (root, payload), (encrypted, marked), opening))
}

/// A message made of a plain text: another head, and the body that begins at `start` and ends at `end`, without `gone`.
struct Taken {
    head: Vec<u8>,
    start: usize,
    gone: Range<usize>,
    end: usize,
}

impl Taken {
    /// The same where the text is a piece of a larger one, that begins there.
    fn within(self, at: usize) -> Self {
        Self {
            start: self.start + at,
            gone: self.gone.start + at..self.gone.end + at,
            end: self.end + at,
            head: self.head,
        }
    }

    fn of(self, mut plain: Vec<u8>) -> Vec<u8> {
        plain.truncate(self.end);
        let gone = self.gone.start.min(plain.len())..self.gone.end.min(plain.len());
        if !gone.is_empty() {
            plain.drain(gone);
        }
        let start = self.start.min(plain.len());
        plain.splice(..start, self.head);
        plain
    }
}

/// The fields of a message that is signed and not encrypted: where the signature holds, those inside count.
fn signed_fields(message: &Message<'_>, root: &Part, opening: &mut Opening) {
    let Some(payload) = root.children.first().and_then(|id| message.part(*id)) else {
        return;
    };
    if !payload.content_type.protected {
        return;
    }
    let fields = Protected {
        inside: message.headers(payload),
        complete: payload.content_type.complete,
        encrypted: false,
    };
    let outer = header(message.raw);
    opening.outside = fields.differs(outer);
    opening.statement = tells_of_statement(fields.inside);
    if !opening.outside.is_empty() {
        let mut shown = fields.merged(outer, true);
        shown.extend_from_slice(b"\r\n");
        shown.extend_from_slice(message.raw.get(root.body.clone()).unwrap_or_default());
        opening.shown = Some(shown);
    }
}

/// The field by which a box says, inside of what is protected, that it has a statement, and its value.
pub const TELLS_OF_STATEMENT: (&str, &str) = ("Caliopen-Statement", "v1");

fn tells_of_statement(inside: &[u8]) -> bool {
    let (name, value) = TELLS_OF_STATEMENT;
    field::first(inside, &name.to_ascii_lowercase()).is_some_and(|said| said.trim_ascii() == value.as_bytes())
}

/// How what was decrypted (its root, and the part with the fields of the message) takes the message's place.
/// `marked` says that those are fields of the message: without it they are the headers of a part (RFC 9788 section 4).
fn show(
    message: &Message<'_>,
    inner: &Message<'_>,
    (root, payload): (&Part, &Part),
    (encrypted, marked): (bool, bool),
    opening: &mut Opening,
) -> Taken {
    let (outer, inside) = (header(message.raw), inner.headers(payload));
    let fields = Protected {
        inside: if marked && encrypted { inside } else { b"" },
        complete: marked && encrypted && payload.content_type.complete,
        encrypted,
    };
    opening.subject = encrypted.then(|| fields.hides_subject(outer));
    opening.outside = fields.differs(outer);
    opening.statement = tells_of_statement(fields.inside);
    if encrypted {
        opening.gossip = field::all(inside, "autocrypt-gossip")
            .take(MAX_GOSSIP)
            .map(<[u8]>::to_vec)
            .collect();
    }
    let mut out = fields.merged(outer, false);
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    for (name, value) in field::fields(inner.headers(root)) {
        if is_about_body(name) && !name.eq_ignore_ascii_case(b"mime-version") {
            put(&mut out, name, value);
        }
    }
    out.extend_from_slice(b"\r\n");
    Taken {
        head: out,
        start: root.body.start,
        gone: legacy_display(inner, payload).unwrap_or(root.body.start..root.body.start),
        end: inner.raw.len(),
    }
}

/// The part that repeats the headers for programs that do not know protected ones: it says nothing new.
fn legacy_display(inner: &Message<'_>, payload: &Part) -> Option<Range<usize>> {
    if !(payload.content_type.is("multipart", "mixed") && payload.content_type.protected) {
        return None;
    }
    let [first, second, ..] = payload.children.as_slice() else {
        return None;
    };
    let (first, second) = (inner.part(*first)?, inner.part(*second)?);
    let text = matches!(first.content_type.media_type.as_str(), "text/rfc822-headers" | "text/plain");
    (text && first.content_type.protected).then_some(first.headers.start..second.headers.start)
}

/// What of OpenPGP lies in a message beside other things, by part.
struct Pieces(Vec<(usize, Piece)>);

enum Piece {
    /// An encrypted multipart with its octets.
    Encrypted(Vec<u8>),
    /// A signed multipart.
    Signed(Range<usize>, Vec<u8>),
    /// A text with blocks in it, one of which may be encrypted.
    Inline { sealed: bool },
    /// An encrypted file.
    File,
}

impl Pieces {
    fn of(message: &Message<'_>) -> Self {
        let shown = message.shown(0);
        let mut found: Vec<(usize, Piece)> = Vec::new();
        let mut inside: Vec<usize> = Vec::new();
        for (id, part) in message.tree.parts.iter().enumerate() {
            if part.parent.is_some_and(|parent| inside.contains(&parent)) {
                // What lies in an encrypted part is that part's.
                inside.push(id);
                continue;
            }
            if found.len() >= MAX_PARTS {
                break;
            }
            if let Some(cipher) = message.encrypted(part) {
                inside.push(id);
                found.push((id, Piece::Encrypted(cipher.into_owned())));
            } else if let Some((signed, signature)) = message.signed(part) {
                found.push((id, Piece::Signed(signed, signature)));
            } else if !part.is_multipart() && shown.text.contains(&id) && part.content_type.is("text", "plain") {
                let blocks = armor::find(&message.octets(part).0);
                let has = |kind| blocks.iter().any(|block| block.kind == kind);
                let sealed = has(armor::Kind::Message);
                if sealed || has(armor::Kind::Clear) {
                    found.push((id, Piece::Inline { sealed }));
                }
            } else if !part.is_multipart() && is_encrypted_file(message, part) {
                found.push((id, Piece::File));
            }
        }
        Self(found)
    }

    /// Whether none of them is encrypted.
    fn is_clear(&self) -> bool {
        let clear = |piece: &Piece| matches!(piece, Piece::Signed(..) | Piece::Inline { sealed: false });
        self.0.iter().all(|(_, piece)| clear(piece))
    }

    fn get(&self, id: usize) -> Option<&Piece> {
        self.0.iter().find(|(at, _)| *at == id).map(|(_, piece)| piece)
    }
}

/// A file that was encrypted by hand. A program's own encrypted part is none.
fn is_encrypted_file(message: &Message<'_>, part: &Part) -> bool {
    let name = file_name(message, part).to_ascii_lowercase();
    let ends = name.ends_with(".pgp") || name.ends_with(".gpg");
    let armored = name.ends_with(".asc")
        && armor::find(&message.octets(part).0)
            .iter()
            .any(|block| block.kind == armor::Kind::Message);
    (ends || armored) && !part.content_type.is("text", "html")
}

/// A message of which only parts are protected: each is opened or verified for itself.
fn piecewise(message: &Message<'_>, pieces: Pieces, work: &Work<'_>) -> Opening {
    let mut opening = Opening::default();
    let mut made = Assembled::default();
    let shown = message.shown(0);
    // A single text is the whole message; beside anything else it is a part.
    let alone = message.tree.parts.len() == 1;
    let mut inside: Vec<usize> = Vec::new();
    for (id, part) in message.tree.parts.iter().enumerate() {
        if part.parent.is_some_and(|parent| inside.contains(&parent)) {
            inside.push(id);
            continue;
        }
        match pieces.get(id) {
            Some(Piece::Encrypted(cipher)) => {
                inside.push(id);
                opened_part(cipher, work, &mut opening, &mut made);
            }
            Some(Piece::Signed(signed, signature)) => {
                let verified = verify(message.raw, signed.clone(), signature, work);
                opening.signatures.extend(verified.into_iter().map(|one| (Covers::Part, one)));
            }
            Some(Piece::Inline { .. }) => inline(message, part, alone, work, &mut opening, &mut made),
            Some(Piece::File) => opened_file(message, part, work, &mut opening, &mut made),
            None => pass(message, id, part, &shown, &mut made),
        }
    }
    if opening.failed.is_none() && !opening.encryption.is_known() {
        opening.encryption = Fact::Known(Encryption::None);
    }
    if made.opened {
        opening.shown = Some(assembled(header(message.raw), &made));
    }
    opening
}

fn some_encrypted(opening: &mut Opening, how: Encryption) {
    opening.encryption = match opening.encryption {
        Fact::Known(before) => Fact::Known(before.min(how)),
        Fact::Unknown => Fact::Known(how),
    };
}

fn opened_part(cipher: &[u8], work: &Work<'_>, opening: &mut Opening, made: &mut Assembled) {
    match work.open(cipher) {
        Ok(opened) => {
            if opened.integrity.is_some() {
                some_encrypted(opening, Encryption::Part);
            }
            opening.took(opened.integrity);
            opening
                .signatures
                .extend(opened.signatures.into_iter().map(|one| (Covers::Part, one)));
            let reading = super::read(&opened.plain);
            made.say(&reading.text);
            if !reading.attachments.is_empty() || reading.html.is_some() {
                made.files.push(entity("message/rfc822", "opened.eml", &opened.plain));
            }
            made.opened = true;
        }
        Err(why) => {
            opening.fail(why);
            made.files.push(entity("application/pgp-encrypted", "encrypted.asc", cipher));
        }
    }
}

fn opened_file(message: &Message<'_>, part: &Part, work: &Work<'_>, opening: &mut Opening, made: &mut Assembled) {
    let octets = message.octets(part).0;
    let name = field::clean_file_name(&file_name(message, part));
    match work.open(&octets) {
        Ok(opened) => {
            if opened.integrity.is_some() {
                some_encrypted(opening, Encryption::Part);
            }
            opening.took(opened.integrity);
            opening
                .signatures
                .extend(opened.signatures.into_iter().map(|one| (Covers::Part, one)));
            let bare = name.rsplit_once('.').map_or(name.as_str(), |(bare, _)| bare);
            made.files.push(entity("application/octet-stream", bare, &opened.plain));
            made.opened = true;
        }
        Err(why) => {
            opening.fail(why);
            made.files.push(entity("application/octet-stream", &name, &octets));
        }
    }
}

/// A text with blocks in it. What stands around them is shown too, and makes them a part.
fn inline(message: &Message<'_>, part: &Part, alone: bool, work: &Work<'_>, opening: &mut Opening, made: &mut Assembled) {
    let octets = message.octets(part).0;
    let charset = part.content_type.charset.as_deref();
    let words = |octets: &[u8]| charset::characters(octets, charset).0;
    let blocks = armor::find(&octets);
    let mut at = 0;
    let is_whole = alone && blocks.len() == 1 && outside(&octets, &blocks).trim_ascii().is_empty();
    let covers = if is_whole { Covers::Whole } else { Covers::Part };
    for block in &blocks {
        made.say(&words(octets.get(at..block.start).unwrap_or_default()));
        at = block.end;
        let own = octets.get(block.start..block.end).unwrap_or_default();
        match block.kind {
            armor::Kind::Message => match work.open(own) {
                Ok(opened) => {
                    if opened.integrity.is_some() {
                        some_encrypted(opening, if is_whole { Encryption::Inline } else { Encryption::Part });
                    }
                    opening.took(opened.integrity);
                    opening.signatures.extend(opened.signatures.into_iter().map(|one| (covers, one)));
                    made.say(&words(&opened.plain));
                    made.opened = true;
                }
                Err(why) => {
                    opening.fail(why);
                    made.say(&words(own));
                }
            },
            armor::Kind::Clear => match cipher::verify_clear(own, &work.checking) {
                Some((text, signed)) => {
                    opening.signatures.extend(signed.into_iter().map(|one| (covers, one)));
                    made.say(&text);
                    made.opened = true;
                }
                None => made.say(&words(own)),
            },
            armor::Kind::Key | armor::Kind::Signature => made.say(&words(own)),
        }
    }
    made.say(&words(octets.get(at..).unwrap_or_default()));
}

fn outside(octets: &[u8], blocks: &[armor::Block]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    for block in blocks {
        out.extend_from_slice(octets.get(at..block.start).unwrap_or_default());
        at = block.end;
    }
    out.extend_from_slice(octets.get(at..).unwrap_or_default());
    out
}

/// Anything else: a text is read as text, a file stays one.
fn pass(message: &Message<'_>, id: usize, part: &Part, shown: &Shown, made: &mut Assembled) {
    if part.is_multipart() || shown.passed_over.contains(&id) && !shown.text.contains(&id) {
        return;
    }
    if shown.text.contains(&id) {
        let text = text_of(message, id, &mut Reading::default()).unwrap_or_default();
        let html = part.content_type.is("text", "html");
        let text = if html {
            crate::codec::html::text(body::cut(&text, super::MAX_TEXT))
        } else {
            text
        };
        made.say(&text);
    } else if !shown.html.contains(&id) && !super::is_machinery(message, part) {
        let range = part.headers.start..part.body.end;
        made.files.push(message.raw.get(range).unwrap_or_default().to_vec());
    }
}
