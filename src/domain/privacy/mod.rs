//! The Privacy Index, version 1: one pure function from evidence to a sum of visible lines.
//!
//! `evidence` is what is known, `gather` how a reading and observations become evidence, `index` what
//! an index is made of, `line` what the lines of all have in common, `message` the lines of a message and their
//! order, `axis` what each line wins, `ceiling` what voids the rest, `tip` what would win more. The words are `locale`'s; a reason here is
//! a value, not a sentence.

pub mod account;
pub mod appliance;
mod axis;
mod ceiling;
pub mod contact;
pub mod device;
pub mod evidence;
pub mod gather;
pub mod index;
pub mod line;
pub mod message;
#[cfg(test)]
mod tests;
mod tip;
