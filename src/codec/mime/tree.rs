//! The tree of parts of a message: where each part's headers and body begin and end.
//!
//! Walked here and not by `mail-parser`: its walk looks for a boundary
//! anywhere in a line, scans to the end of the message once for every boundary that never comes, and
//! drops nested messages by recursion, so that a hostile message decides how long it runs and how deep
//! the stack gets. This one is a single pass over the lines with a stack of open boundaries; a boundary
//! is a whole line (RFC 2046 section 5.1.1). A nested message is not entered: it is a file.

use super::field::{self, ContentType};
use std::{borrow::Cow, collections::HashMap, ops::Range};

/// How far a walk goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Parts, multiparts counted.
    pub parts: usize,
    /// Multiparts inside one another.
    pub depth: usize,
}

/// The longest boundary that is looked for; RFC 2046 allows 70 characters.
const MAX_BOUNDARY: usize = 250;

/// Octets of the message's own headers that are looked at.
pub(super) const MAX_HEADERS: usize = 256 * 1024;

/// Octets of a part's headers that are looked at.
const MAX_PART_HEADERS: usize = 64 * 1024;

/// Octets in which the end of headers is looked for behind a line that is no field: every multipart of a hostile
/// message could have one.
const MAX_STRAY: usize = 256 * 1024;

/// One part.
#[derive(Debug)]
pub(super) struct Part {
    /// Its header block.
    pub headers: Range<usize>,
    /// Its body, still encoded.
    pub body: Range<usize>,
    /// The multipart it lies in; `None` for the message itself.
    pub parent: Option<usize>,
    /// Its parts, in order; empty for a leaf.
    pub children: Vec<usize>,
    /// What it says it is.
    pub content_type: ContentType,
}

impl Part {
    /// Whether it is a multipart whose parts were found.
    pub fn is_multipart(&self) -> bool {
        !self.children.is_empty()
    }
}

/// A walked message.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The message itself first, then its parts in the order in which they stand.
    pub parts: Vec<Part>,
    /// There were more parts, or deeper ones, than the limits.
    pub more: bool,
}

/// A multipart whose end has not come yet.
struct Open {
    part: usize,
    boundary: Vec<u8>,
    digest: bool,
}

/// The bytes with line feeds where a message has only carriage returns (old Macintosh files).
pub(super) fn with_lines(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', raw).is_none() && memchr::memchr(b'\r', raw).is_some() {
        Cow::Owned(raw.iter().map(|&octet| if octet == b'\r' { b'\n' } else { octet }).collect())
    } else {
        Cow::Borrowed(raw)
    }
}

/// The same with CRLF at the end of every line: what is signed (RFC 3156 section 5).
pub(super) fn with_crlf(octets: &[u8]) -> Cow<'_, [u8]> {
    let mut ends = memchr::memchr_iter(b'\n', octets);
    if ends.all(|end| end.checked_sub(1).and_then(|before| octets.get(before)) == Some(&b'\r')) {
        return Cow::Borrowed(octets);
    }
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 40);
    let mut before = 0;
    for octet in octets {
        if *octet == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(*octet);
        before = *octet;
    }
    Cow::Owned(out)
}

/// Where the header block that begins at `from` ends and the body begins: at the first line that is
/// empty, or blank and no fold, at a line that `stops` it, at once where the first line is no field. Where none of
/// these comes in [`MAX_STRAY`] octets, at the first line that is no field, or else at the end of the message.
pub(super) fn header_end(raw: &[u8], from: usize, stops: impl Fn(&[u8]) -> bool) -> (usize, usize) {
    match line_at(raw, from) {
        Some(line) if is_stray(line) => (from, from),
        Some(line) if line.trim_ascii().is_empty() => (from, from + line.len()),
        _ => rest_of_header(raw, from, stops),
    }
}

/// Whether a line is no field, no more of one, and no end of them.
fn is_stray(line: &[u8]) -> bool {
    !line.trim_ascii().is_empty() && !line.starts_with(b" ") && !line.starts_with(b"\t") && !field::is_field(line)
}

/// Whether a line of blanks goes on with the field before it (RFC 5322 section 4.2: it may hold nothing else), and is not an
/// empty line that somebody has put blanks into: then the text follows it.
fn is_fold(line: &[u8], next: Option<&[u8]>) -> bool {
    let blank = |line: &[u8]| line.starts_with(b" ") || line.starts_with(b"\t");
    blank(line) && next.is_some_and(|next| blank(next) || field::is_field(next))
}

/// The same of a header block whose first field stands before `from`.
pub(super) fn rest_of_header(raw: &[u8], from: usize, stops: impl Fn(&[u8]) -> bool) -> (usize, usize) {
    let mut at = from;
    let mut stray = None;
    while let Some(line) = line_at(raw, at) {
        if let Some(stray) = stray.filter(|stray| at - stray > MAX_STRAY) {
            return (stray, stray);
        }
        match line {
            _ if line.trim_ascii().is_empty() && !is_fold(line, line_at(raw, at + line.len())) => return (at, at + line.len()),
            _ if stops(line) => return stray.map_or((at, at), |stray| (stray, stray)),
            _ if is_stray(line) => stray = stray.or(Some(at)),
            _ => (),
        }
        at += line.len();
    }
    let end = stray.unwrap_or(raw.len());
    (end, end)
}

/// The line that begins at `at`, with its line end; `None` at the end of the message.
fn line_at(raw: &[u8], at: usize) -> Option<&[u8]> {
    let rest = raw.get(at..).filter(|rest| !rest.is_empty())?;
    rest.get(..memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1))
}

/// Where the headers of a message begin: behind a byte order mark, blank lines and an mbox `From ` line, which `From : a@x.test`
/// is not.
pub(super) fn header_start(raw: &[u8]) -> usize {
    let mark = if raw.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let at = mark + raw.iter().skip(mark).take_while(|octet| octet.is_ascii_whitespace()).count();
    let line = line_at(raw, at).unwrap_or_default();
    let marks = (line.starts_with(b"From ") || line.starts_with(b">From ")) && !field::is_field(line);
    at + if marks { line.len() } else { 0 }
}

/// The fields of a header block that are read. None is cut in two: half of one may say what the whole does not.
pub(super) fn read_of(block: &[u8]) -> &[u8] {
    if block.len() <= MAX_HEADERS {
        return block;
    }
    let (mut end, ends) = (0, memchr::memchr_iter(b'\n', block.get(..MAX_HEADERS).unwrap_or_default()));
    for line in ends.map(|at| at + 1) {
        if !matches!(block.get(line), Some(b' ' | b'\t')) {
            end = line;
        }
    }
    block.get(..end).unwrap_or_default()
}

/// Walks a message. Linear in its octets, whatever it says of itself.
pub(super) fn walk(raw: &[u8], limits: Limits) -> Tree {
    let mut walk = Walk {
        raw,
        limits,
        tree: Tree::default(),
        open: Vec::new(),
        by_boundary: HashMap::new(),
        leaf: None,
    };
    let mut at = walk.enter(header_start(raw), None, false);
    while !walk.open.is_empty() {
        let Some(line) = next_candidate(raw, at) else { break };
        let text = line_at(raw, line).unwrap_or_default();
        at = line + text.len();
        let Some((level, closing)) = walk.level_of(text) else { continue };
        let end = before_line_end(raw, line);
        walk.close_to(level + 1, end);
        if closing {
            walk.close_to(level, end);
        } else if walk.tree.parts.len() >= limits.parts {
            walk.tree.more = true;
            break;
        } else {
            let (parent, digest) = walk.open.last().map_or((0, false), |open| (open.part, open.digest));
            at = walk.enter(at, Some(parent), digest);
        }
    }
    walk.close_to(0, raw.len());
    walk.tree
}

/// The next line from `at` that begins with two hyphens.
fn next_candidate(raw: &[u8], at: usize) -> Option<usize> {
    let rest = raw.get(at..)?;
    if rest.starts_with(b"--") {
        return Some(at);
    }
    memchr::memmem::find(rest, b"\n--").map(|found| at + found + 1)
}

/// Where the line before `line` ends, without its line end: that belongs to the delimiter.
fn before_line_end(raw: &[u8], line: usize) -> usize {
    let before = raw.get(..line).unwrap_or_default();
    let before = before.strip_suffix(b"\n").unwrap_or(before);
    before.strip_suffix(b"\r").unwrap_or(before).len()
}

struct Walk<'a> {
    raw: &'a [u8],
    limits: Limits,
    tree: Tree,
    open: Vec<Open>,
    by_boundary: HashMap<Vec<u8>, usize>,
    leaf: Option<usize>,
}

impl Walk<'_> {
    /// Reads the headers at `at` and opens the part; says where its body begins.
    fn enter(&mut self, at: usize, parent: Option<usize>, digest: bool) -> usize {
        // A part may be cut off by a boundary before its headers have ended.
        let (headers_end, body) = header_end(self.raw, at, |line| self.level_of(line).is_some());
        let most = if parent.is_none() { MAX_HEADERS } else { MAX_PART_HEADERS };
        let shown = headers_end.min(at + most);
        let content_type = field::content_type(self.raw.get(at..shown).unwrap_or_default(), digest);
        let id = self.tree.parts.len();
        let boundary = content_type
            .boundary
            .as_deref()
            .map(|text| text.trim_end().as_bytes().to_vec())
            .filter(|boundary| !boundary.is_empty() && boundary.len() <= MAX_BOUNDARY && !self.by_boundary.contains_key(boundary));
        let is_multipart = content_type.is("multipart", "");
        let digest = content_type.is("multipart", "digest");
        self.tree.parts.push(Part {
            headers: at..headers_end,
            body: body..body,
            parent,
            children: Vec::new(),
            content_type,
        });
        if let Some(parent) = parent.and_then(|parent| self.tree.parts.get_mut(parent)) {
            parent.children.push(id);
        }
        self.leaf = Some(id);
        match boundary.filter(|_| is_multipart) {
            Some(_) if self.open.len() >= self.limits.depth => self.tree.more = true,
            Some(boundary) => {
                self.by_boundary.insert(boundary.clone(), self.open.len());
                self.open.push(Open {
                    part: id,
                    boundary,
                    digest,
                });
                self.leaf = None;
            }
            None => (),
        }
        body
    }

    /// Which open multipart a line is a delimiter of, and whether it closes it.
    fn level_of(&self, line: &[u8]) -> Option<(usize, bool)> {
        let line = line.strip_prefix(b"--")?.trim_ascii_end();
        if line.len() > MAX_BOUNDARY + 2 {
            return None;
        }
        if let Some(level) = self.by_boundary.get(line) {
            return Some((*level, false));
        }
        let level = self.by_boundary.get(line.strip_suffix(b"--")?.trim_ascii_end())?;
        Some((*level, true))
    }

    /// Ends the leaf at hand and the innermost multiparts until so many are open.
    fn close_to(&mut self, open: usize, end: usize) {
        let leaf = self.leaf.take();
        if let Some(part) = leaf.and_then(|leaf| self.tree.parts.get_mut(leaf)) {
            part.body.end = end.max(part.body.start);
        }
        while self.open.len() > open {
            self.finish(end);
        }
    }

    fn finish(&mut self, end: usize) {
        if let Some(open) = self.open.pop() {
            self.by_boundary.remove(&open.boundary);
            if let Some(part) = self.tree.parts.get_mut(open.part) {
                part.body.end = end.max(part.body.start);
            }
        }
    }
}
