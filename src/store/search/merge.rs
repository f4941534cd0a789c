//! Merging the rows of new messages into the tables that queries read.
//!
//! The rows are read side by side, word by word. The words that belong into one block are put into it, which may
//! make several of it; a list that grows beyond half a page gets pieces of its own. Everything is worked out from a
//! snapshot and written in slices of about a megabyte, so that mail that arrives meanwhile does not wait. What comes of
//! rows that were read before the file was written anew is not written: see [`apply`].

use super::{
    super::{
        Error,
        mail::Snapshot,
        schema::{FRESH, Octets, POSTINGS, WORDS},
        vault::Open,
        writer::Tables,
    },
    GENERATION,
    block::{self, LONGEST, Lies, Maker, Posting, Words},
    number,
};
use redb::{ReadOnlyTable, ReadableTable};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
};

/// What a value may have beside its key in a page of redb's (see `mail::pieces`).
const ROOM: usize = 4096 - 128;
/// A list that is longer gets pieces of its own.
const LONG: usize = ROOM / 2;
/// Octets, and words in messages, that one write changes at most, or little more.
const SLICE: usize = 1024 * 1024;
const POSTINGS_AT_ONCE: usize = 60_000;
/// Octets of rows that are merged at once.
const AT_ONCE: usize = 8 * 1024 * 1024;

/// One change of the tables.
pub enum Change {
    /// The block of this first word is this; empty is none.
    Block(String, Vec<u8>),
    /// The piece of this word from this message on is this; empty is none.
    Piece(String, u64, Vec<u8>),
    /// This message's row is in the tables, if it is still that row.
    Merged(u64, Vec<u8>),
}

/// Writes changes, or says that they are out of date: the file was written anew since they were worked out.
pub fn apply(tables: &mut Tables<'_>, generation: u64, changes: &[Change]) -> Result<bool, Error> {
    let now = tables.meta.get(GENERATION)?.map_or(Ok(0), |value| number(value.value()))?;
    if now != generation {
        return Ok(false);
    }
    for change in changes {
        match change {
            Change::Block(word, block) if block.is_empty() => drop(tables.words.remove(word.as_str())?),
            Change::Block(word, block) => drop(tables.words.insert(word.as_str(), block.as_slice())?),
            Change::Piece(word, first, piece) if piece.is_empty() => drop(tables.postings.remove((word.as_str(), *first))?),
            Change::Piece(word, first, piece) => drop(tables.postings.insert((word.as_str(), *first), piece.as_slice())?),
            Change::Merged(id, row) => {
                if tables.fresh.get(*id)?.is_some_and(|now| now.value() == row) {
                    tables.fresh.remove(*id)?;
                }
            }
        }
    }
    Ok(true)
}

/// Merges the oldest rows, at most so many; says how many there were. `write` is given a generation and changes, and
/// has them applied; where it says that they are out of date, everything is left for another time.
pub fn merge(open: &Open, most: usize, mut write: impl FnMut(u64, Vec<Change>) -> Result<bool, Error>) -> Result<usize, Error> {
    // Read with the rows: what is written anew after this has no place for them.
    let (rows, generation) = {
        let (snapshot, mut octets) = (Snapshot::of(open)?, 0);
        let mut rows: Vec<(u64, Vec<u8>)> = Vec::new();
        for row in snapshot.tx.open_table(FRESH)?.iter()?.take(most) {
            let (id, value) = row?;
            octets += value.value().len();
            rows.push((id.value(), value.value().to_vec()));
            if octets > AT_ONCE {
                break;
            }
        }
        (rows, snapshot.generation()?)
    };
    let mut streams = Streams::new(&rows)?;
    while streams.word().is_some() {
        let snapshot = Snapshot::of(open)?;
        let mut slice = Slice::of(&snapshot)?;
        while streams.word().is_some() && slice.has_room() {
            slice.block(&mut streams)?;
        }
        if !write(generation, slice.changes)? {
            return Ok(0);
        }
    }
    let many = rows.len();
    if many > 0 {
        let merged = rows.into_iter().map(|(id, row)| Change::Merged(id, row)).collect();
        if !write(generation, merged)? {
            return Ok(0);
        }
    }
    Ok(many)
}

/// Rows side by side: their words in order, each with the messages that have it.
struct Streams<'r> {
    rows: Vec<(u64, Words<'r>, &'r [u8])>,
    heads: BinaryHeap<Reverse<(String, usize)>>,
}

impl<'r> Streams<'r> {
    fn new(rows: &'r [(u64, Vec<u8>)]) -> Result<Self, Error> {
        let mut streams = Self {
            rows: Vec::with_capacity(rows.len()),
            heads: BinaryHeap::with_capacity(rows.len()),
        };
        for (at, (id, row)) in rows.iter().enumerate() {
            streams.rows.push((*id, Words::new(row)?, &[]));
            streams.advance(at)?;
        }
        Ok(streams)
    }

    fn advance(&mut self, at: usize) -> Result<(), Error> {
        if let Some((_, words, list)) = self.rows.get_mut(at)
            && let Some((word, lies)) = words.word()?
        {
            *list = match lies {
                Lies::Here(list) => list,
                Lies::Elsewhere => return Err(Error::Damaged),
            };
            self.heads.push(Reverse((word.to_owned(), at)));
        }
        Ok(())
    }

    /// The word that is next.
    fn word(&self) -> Option<&str> {
        self.heads.peek().map(|Reverse((word, _))| word.as_str())
    }

    /// The word that is next with its messages in ascending order.
    fn next(&mut self) -> Result<Option<(String, Vec<Posting>)>, Error> {
        let Some(next) = self.word().map(str::to_owned) else {
            return Ok(None);
        };
        let mut postings = Vec::new();
        while self.word() == Some(next.as_str())
            && let Some(Reverse((_, at))) = self.heads.pop()
        {
            if let Some((id, _, list)) = self.rows.get(at) {
                postings.extend(block::list(list)?.into_iter().map(|(_, places)| (*id, places)));
            }
            self.advance(at)?;
        }
        postings.sort_unstable_by_key(|(id, _)| *id);
        Ok(Some((next, postings)))
    }
}

/// What one write changes.
struct Slice {
    words: ReadOnlyTable<&'static str, Octets>,
    postings: ReadOnlyTable<(&'static str, u64), Octets>,
    gone: HashSet<u64>,
    changes: Vec<Change>,
    octets: usize,
    put: usize,
    /// Whether a block was left before all of its words were put: it has to be read again.
    cut: bool,
}

impl Slice {
    fn of(snapshot: &Snapshot) -> Result<Self, Error> {
        Ok(Self {
            words: snapshot.tx.open_table(WORDS)?,
            postings: snapshot.tx.open_table(POSTINGS)?,
            gone: snapshot.gone()?,
            changes: Vec::new(),
            octets: 0,
            put: 0,
            cut: false,
        })
    }

    fn has_room(&self) -> bool {
        self.octets < SLICE && self.put < POSTINGS_AT_ONCE && !self.cut
    }

    fn change(&mut self, change: Change) {
        self.octets += match &change {
            Change::Block(_, octets) | Change::Piece(_, _, octets) | Change::Merged(_, octets) => octets.len(),
        };
        self.changes.push(change);
    }

    /// Puts the words that are next into the block where they belong. The first block begins at nothing, so that
    /// every word has one.
    fn block(&mut self, streams: &mut Streams<'_>) -> Result<(), Error> {
        let Some(first) = streams.word() else { return Ok(()) };
        let found = self.words.range::<&str>(..=first)?.next_back().transpose()?;
        let (key, old) = found.map_or((String::new(), Vec::new()), |(key, block)| {
            (key.value().to_owned(), block.value().to_vec())
        });
        let mut after = self.words.range::<&str>(key.as_str()..)?;
        let next = after.next().transpose()?.map(|(key, _)| key.value().to_owned());
        let end = match next {
            Some(next) if next == key => after.next().transpose()?.map(|(key, _)| key.value().to_owned()),
            next => next,
        };
        let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
        let mut words = if old.is_empty() { None } else { Some(Words::new(&old)?) };
        let mut here = next_of(&mut words)?;
        while let Some(word) = streams.word()
            && end.as_deref().is_none_or(|end| word < end)
        {
            if self.put >= POSTINGS_AT_ONCE {
                self.cut = true;
                break;
            }
            let Some((word, new)) = streams.next()? else { break };
            while let Some((before, lies)) = here.take_if(|(before, _)| *before < word) {
                entries.push((before, lies));
                here = next_of(&mut words)?;
            }
            let known = here.take_if(|(known, _)| *known == word).map(|(_, list)| list);
            if known.is_some() {
                here = next_of(&mut words)?;
            }
            self.put += new.len();
            let list = self.list(&word, known, new)?;
            entries.push((word, list));
        }
        while let Some(rest) = here {
            entries.push(rest);
            here = next_of(&mut words)?;
        }
        self.cut_up(&key, &entries);
        Ok(())
    }

    /// The list of a word with new messages in it, as it stands in its block: empty where it lies elsewhere.
    fn list(&mut self, word: &str, known: Option<Vec<u8>>, new: Vec<Posting>) -> Result<Vec<u8>, Error> {
        let known = match known {
            Some(list) if list.is_empty() => {
                self.elsewhere(word, new)?;
                return Ok(list);
            }
            Some(list) => block::list(&list)?,
            None => Vec::new(),
        };
        let all = self.joined(known, new);
        let mut list = Vec::new();
        block::put_list(&mut list, &all);
        if list.len() > LONG {
            self.pieces(word, &all);
            list.clear();
        }
        Ok(list)
    }

    /// Two lists as one, without what was deleted; the new one's places stand where both have a message.
    fn joined(&self, known: Vec<Posting>, new: Vec<Posting>) -> Vec<Posting> {
        let mut all = known;
        all.retain(|(id, _)| new.binary_search_by_key(id, |(id, _)| *id).is_err());
        all.extend(new);
        all.retain(|(id, _)| !self.gone.contains(id));
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    /// Puts new messages into the pieces of a long list, each into the piece that reaches to it.
    fn elsewhere(&mut self, word: &str, new: Vec<Posting>) -> Result<(), Error> {
        let mut new = new.into_iter().peekable();
        while let Some((id, _)) = new.peek() {
            let all = (word, 0)..=(word, u64::MAX);
            let before = self.postings.range((word, 0)..=(word, *id))?.next_back().transpose()?;
            let found = match before {
                Some(found) => Some(found),
                None => self.postings.range(all)?.next().transpose()?,
            };
            let (first, known) = match found {
                Some((key, piece)) => (key.value().1, block::list(piece.value())?),
                None => (0, Vec::new()),
            };
            let next = self
                .postings
                .range((word, first.saturating_add(1))..=(word, u64::MAX))?
                .next()
                .transpose()?;
            let end = next.map_or(u64::MAX, |(key, _)| key.value().1);
            let mut these = Vec::new();
            while let Some(posting) = new.next_if(|(id, _)| *id < end || end == u64::MAX) {
                these.push(posting);
            }
            let all = self.joined(known, these);
            self.change(Change::Piece(word.to_owned(), first, Vec::new()));
            self.pieces(word, &all);
        }
        Ok(())
    }

    /// Cuts a list into pieces just under a page.
    fn pieces(&mut self, word: &str, all: &[Posting]) {
        let room = ROOM - word.len() - 24;
        let mut rest = all;
        while let Some((first, _)) = rest.first() {
            let (mut octets, mut before, mut many) = (0, 0, 0);
            for posting in rest {
                octets += block::cost(before, posting);
                if octets > room && many > 0 {
                    break;
                }
                (before, many) = (posting.0, many + 1);
            }
            let (these, others) = rest.split_at_checked(many).unwrap_or((rest, &[]));
            let mut piece = Vec::with_capacity(octets);
            block::put_list(&mut piece, these);
            self.change(Change::Piece(word.to_owned(), *first, piece));
            rest = others;
        }
    }

    /// Makes one block of words with their lists, or several that are about equally full; the first keeps its key.
    fn cut_up(&mut self, key: &str, entries: &[(String, Vec<u8>)]) {
        let mut whole = Maker::default();
        entries.iter().for_each(|(word, list)| whole.put(word, list));
        let room = ROOM - LONGEST;
        let target = whole.len().div_ceil(whole.len().div_ceil(room).max(1));
        if whole.len() <= ROOM - key.len() - 16 {
            return self.change(Change::Block(key.to_owned(), whole.take()));
        }
        let (mut maker, mut first) = (Maker::default(), key.to_owned());
        for (word, list) in entries {
            let longer = maker.len() + word.len() + list.len() + 6;
            if !maker.is_empty() && (longer > ROOM - first.len() - 16 || maker.len() >= target) {
                let block = maker.take();
                self.change(Change::Block(std::mem::replace(&mut first, word.clone()), block));
            }
            maker.put(word, list);
        }
        let block = maker.take();
        self.change(Change::Block(first, block));
    }
}

/// The next word of a block with its list; an empty one lies elsewhere.
fn next_of(words: &mut Option<Words<'_>>) -> Result<Option<(String, Vec<u8>)>, Error> {
    let Some(words) = words else { return Ok(None) };
    let next = words.word()?;
    Ok(next.map(|(word, lies)| {
        let list = match lies {
            Lies::Here(list) => list.to_vec(),
            Lies::Elsewhere => Vec::new(),
        };
        (word.to_owned(), list)
    }))
}
