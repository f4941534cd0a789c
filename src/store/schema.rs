//! Every table of the vault, on one screen. Keys order what is read in order; values are records
//! (`record`), octets that we encode ourselves, so that no change of redb's own encodings reaches the disk.

use redb::TableDefinition;

/// Octets of a record, a chunk or a setting.
pub type Octets = &'static [u8];

/// `schema` (u16), the next number of each kind (u64), and later the settings. Little-endian.
pub const META: TableDefinition<&str, Octets> = TableDefinition::new("meta");
/// Message → `record::Message`.
pub const MESSAGES: TableDefinition<u64, Octets> = TableDefinition::new("messages");
/// Message → `record::Proof`: the evidence of its index and its arrival.
pub const PROOFS: TableDefinition<u64, Octets> = TableDefinition::new("proofs");
/// Message → `record::Looked`: what in it may do harm.
pub const DANGERS: TableDefinition<u64, Octets> = TableDefinition::new("dangers");
/// (Message, chunk) → the message as received, zstd, cut where redb's pages end.
pub const RAW: TableDefinition<(u64, u32), Octets> = TableDefinition::new("raw");
/// Discussion → `record::Discussion`: all that a row of the timeline shows.
pub const DISCUSSIONS: TableDefinition<u64, Octets> = TableDefinition::new("discussions");
/// Key of the participants → discussion.
pub const DISCUSSION_OF: TableDefinition<&str, u64> = TableDefinition::new("discussion_of");
/// (Discussion, received, message): the messages of a discussion in order.
pub const DISCUSSED: TableDefinition<(u64, i64, u64), ()> = TableDefinition::new("discussed");
/// (Received, discussion): the timeline, oldest first.
pub const TIMELINE: TableDefinition<(i64, u64), ()> = TableDefinition::new("timeline");
/// Discussions with something unread.
pub const UNREAD: TableDefinition<u64, ()> = TableDefinition::new("unread");
/// Contact → `record::Contact`.
pub const CONTACTS: TableDefinition<u64, Octets> = TableDefinition::new("contacts");
/// Address → contact: an address stands on one card.
pub const CONTACT_OF: TableDefinition<&str, u64> = TableDefinition::new("contact_of");
/// The last arrival taken from the spool, until it has left it: exactly once, also when the power goes
/// between the two files.
pub const DRAINED: TableDefinition<u64, ()> = TableDefinition::new("drained");
/// Name of a job → `record::Job`: when it is due, and how far it is.
pub const JOBS: TableDefinition<&str, Octets> = TableDefinition::new("jobs");
/// SHA-256 of the octets of an imported message → message: importing twice keeps once.
pub const IMPORTED: TableDefinition<Octets, u64> = TableDefinition::new("imported");
/// Device → `record::Device`.
pub const DEVICES: TableDefinition<u64, Octets> = TableDefinition::new("devices");
/// (When, number) → `record::Entry`: what was done with the box.
pub const JOURNAL: TableDefinition<(i64, u64), Octets> = TableDefinition::new("journal");
/// Notice → `record::Notice`: what the owner has not answered yet.
pub const NOTICES: TableDefinition<u64, Octets> = TableDefinition::new("notices");
