//! The Privacy Index, version 1: one pure function from evidence to a sum of visible lines.
//!
//! `evidence` is what is known, `index` what an index is made of, `message` the lines of a message.
//! The words are `locale`'s; a reason here is a value, not a sentence.

pub mod evidence;
pub mod index;
pub mod message;
