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
/// Network → `record::Troubled`: how much spam came from it lately.
pub const NUISANCES: TableDefinition<&str, Octets> = TableDefinition::new("nuisances");
/// Message → `record::Report`: what it reports about the owner's domain.
pub const REPORTS: TableDefinition<u64, Octets> = TableDefinition::new("reports");
/// Domain → `record::Strictness`: how it protects its mail servers (MTA-STS, DANE).
pub const STRICT: TableDefinition<&str, Octets> = TableDefinition::new("strict");
/// (Message, chunk) → the message as received, zstd, cut where redb's pages end.
pub const RAW: TableDefinition<(u64, u32), Octets> = TableDefinition::new("raw");
/// Discussion → `record::Discussion`: all that a row of the timeline shows.
pub const DISCUSSIONS: TableDefinition<u64, Octets> = TableDefinition::new("discussions");
/// Key of the participants → discussion.
pub const DISCUSSION_OF: TableDefinition<&str, u64> = TableDefinition::new("discussion_of");
/// (Discussion, received, message): the messages of a discussion in order.
pub const DISCUSSED: TableDefinition<(u64, i64, u64), ()> = TableDefinition::new("discussed");
/// (Received, discussion): every discussion, wherever it stands, the oldest first.
pub const TIMELINE: TableDefinition<(i64, u64), ()> = TableDefinition::new("timeline");
/// Discussions with something unread.
pub const UNREAD: TableDefinition<u64, ()> = TableDefinition::new("unread");
/// Contact → `record::Contact`.
pub const CONTACTS: TableDefinition<u64, Octets> = TableDefinition::new("contacts");
/// Address → contact: an address stands on one card.
pub const CONTACT_OF: TableDefinition<&str, u64> = TableDefinition::new("contact_of");
/// (Address, received, message) → who wrote it and how many trackers were in it: what was exchanged with whom.
pub const EXCHANGED: TableDefinition<(&str, i64, u64), u32> = TableDefinition::new("exchanged");
/// (Message, address): the same the other way round, so that it goes with the message.
pub const EXCHANGED_OF: TableDefinition<(u64, &str), ()> = TableDefinition::new("exchanged_of");
/// Contact → `record::Stands`: their index and what was exchanged, as they were last computed.
pub const STANDINGS: TableDefinition<u64, Octets> = TableDefinition::new("standings");
/// Contacts whose index is to be computed anew.
pub const STALE: TableDefinition<u64, ()> = TableDefinition::new("stale");
/// An address, or `#` and a contact → (): discussions of theirs that have not followed their card yet.
pub const REGROUPS: TableDefinition<&str, ()> = TableDefinition::new("regroups");
/// The last arrival taken from the spool, until it has left it: exactly once, also when the power goes
/// between the two files.
pub const DRAINED: TableDefinition<u64, ()> = TableDefinition::new("drained");
/// Name of a job → `record::Job`: when it is due, and how far it is.
pub const JOBS: TableDefinition<&str, Octets> = TableDefinition::new("jobs");
/// SHA-256 of the octets of a message, or of its text → the first of those: importing what is here keeps nothing.
pub const IMPORTED: TableDefinition<Octets, u64> = TableDefinition::new("imported");
/// Message → its key there that is of its text.
pub const TOLD: TableDefinition<u64, Octets> = TableDefinition::new("told");
/// (Due, message): messages about whose senders the DNS is asked once more.
pub const RECHECKS: TableDefinition<(i64, u64), ()> = TableDefinition::new("rechecks");
/// Device → `record::Device`.
pub const DEVICES: TableDefinition<u64, Octets> = TableDefinition::new("devices");
/// (When, number) → `record::Entry`: what was done with the box.
pub const JOURNAL: TableDefinition<(i64, u64), Octets> = TableDefinition::new("journal");
/// Notice → `record::Notice`: what the owner has not answered yet.
pub const NOTICES: TableDefinition<u64, Octets> = TableDefinition::new("notices");
/// Tag → `record::Tag`.
pub const TAGS: TableDefinition<u64, Octets> = TableDefinition::new("tags");
/// (Message, tag) → who put it there, by its place in `tag::By::ALL`.
pub const MESSAGE_TAGS: TableDefinition<(u64, u64), u8> = TableDefinition::new("message_tags");
/// (Tag, received, message): the messages of a tag in order.
pub const TAGGED: TableDefinition<(u64, i64, u64), ()> = TableDefinition::new("tagged");
/// (Tag, received, discussion): the discussions of a tag in the order of the timeline.
pub const TAG_ROWS: TableDefinition<(u64, i64, u64), ()> = TableDefinition::new("tag_rows");
/// Discussion → `record::Filed`: its shelf, its level and its tags.
pub const FILED: TableDefinition<u64, Octets> = TableDefinition::new("filed");
/// (Level, received, discussion): the timeline, by importance. A part of the scale is read as so many streams.
pub const LEVELS: TableDefinition<(i8, i64, u64), ()> = TableDefinition::new("levels");
/// (Shelf, order on it, discussion): the discussions that do not stand on the timeline. See `domain::shelf`.
pub const SHELVES: TableDefinition<(u8, i64, u64), ()> = TableDefinition::new("shelves");
/// Address → `record::Caller`: what the owner said of somebody who wrote for the first time.
pub const DOOR: TableDefinition<&str, Octets> = TableDefinition::new("door");
/// (What is counted, of what) → how many. See `filing::Tally`.
pub const TALLIES: TableDefinition<(u8, i64), u64> = TableDefinition::new("tallies");
/// Message → `record::Weighed`: what its importance rests on.
pub const WEIGHED: TableDefinition<u64, Octets> = TableDefinition::new("weighed");
/// (Contact, tag): the mail of that contact gets that tag.
pub const CARD_TAGS: TableDefinition<(u64, u64), ()> = TableDefinition::new("card_tags");
/// Hash of a `Message-ID` of the owner's → message: what answers it is an answer.
pub const SENT_IDS: TableDefinition<u128, u64> = TableDefinition::new("sent_ids");
/// Address → how many messages the owner wrote to it.
pub const WRITTEN_TO: TableDefinition<&str, u64> = TableDefinition::new("written_to");
/// Rule → `record::Rule`.
pub const RULES: TableDefinition<u64, Octets> = TableDefinition::new("rules");
/// Hash of a word → `record::Word`: what was learnt of it from the owner's tags.
pub const LESSONS: TableDefinition<u32, Octets> = TableDefinition::new("lessons");
/// (Message, tag) → `record::Example`: what was learnt from.
pub const EXAMPLES: TableDefinition<(u64, u64), Octets> = TableDefinition::new("examples");
/// Message → `record::Example`: what examples are compared with.
pub const BACKGROUND: TableDefinition<u64, Octets> = TableDefinition::new("background");
/// Message → `record::Judged`: what the spam filter thought of it, and the owner's word.
pub const VERDICTS: TableDefinition<u64, Octets> = TableDefinition::new("verdicts");
/// Message → `record::Lesson`: what the spam filter learns from the owner's word on it.
pub const TAUGHT: TableDefinition<u64, Octets> = TableDefinition::new("taught");
/// Address → how many honest messages came from it.
pub const HEARD: TableDefinition<&str, u64> = TableDefinition::new("heard");
/// Delivery → `record::Delivery`: a copy of a message on its way to one domain, and what became of it.
pub const OUTBOX: TableDefinition<u64, Octets> = TableDefinition::new("outbox");
/// (Message, delivery): the deliveries of a message.
pub const OUTBOX_OF: TableDefinition<(u64, u64), ()> = TableDefinition::new("outbox_of");
/// (Due, delivery): those for which somebody waits.
pub const OUTBOX_DUE: TableDefinition<(i64, u64), ()> = TableDefinition::new("outbox_due");
/// (Message, copy, piece) → octets that are sent, zstd, where they are not those of the filed message.
pub const COPIES: TableDefinition<(u64, u32, u32), Octets> = TableDefinition::new("copies");
/// The owner's key → `record::OwnKey`. Secret.
pub const OWN_KEYS: TableDefinition<u64, Octets> = TableDefinition::new("own_keys");
/// Address → `record::PeerKeys`: what is known of somebody's keys.
pub const PEER_KEYS: TableDefinition<&str, Octets> = TableDefinition::new("peer_keys");
/// Message → `record::Opening`: what opening it showed.
pub const OPENINGS: TableDefinition<u64, Octets> = TableDefinition::new("openings");
/// (Message, piece) → the message as it is shown once opened, zstd, as in [`RAW`].
pub const OPENED: TableDefinition<(u64, u32), Octets> = TableDefinition::new("opened");
/// Draft → `record::Draft`: what is being written. Its number is random.
pub const DRAFTS: TableDefinition<u64, Octets> = TableDefinition::new("drafts");
/// (Draft, file) → `record::Upload`: the files of a draft.
pub const UPLOADS: TableDefinition<(u64, u64), Octets> = TableDefinition::new("uploads");
/// (File, piece) → its octets, cut where redb's pages end.
pub const UPLOADED: TableDefinition<(u64, u32), Octets> = TableDefinition::new("uploaded");
/// Message → `record::Sent`: what is kept of a message that was sent from here.
pub const SENT: TableDefinition<u64, Octets> = TableDefinition::new("sent");
/// Message → the owner's newest answer to it.
pub const ANSWERED: TableDefinition<u64, u64> = TableDefinition::new("answered");
/// Message → its words and their places, until a merge (`search::block`).
pub const FRESH: TableDefinition<u64, Octets> = TableDefinition::new("fresh");
/// First word → a block of words, in their order, with the messages of rare ones.
pub const WORDS: TableDefinition<&str, Octets> = TableDefinition::new("words");
/// (Word, first message) → a piece of the list of a common word.
pub const POSTINGS: TableDefinition<(&str, u64), Octets> = TableDefinition::new("postings");
/// (Received, message): every message in the order of arrival.
pub const ORDER: TableDefinition<(i64, u64), ()> = TableDefinition::new("order");
/// Messages that were deleted since the file was written anew: they may still stand in the lists.
pub const GONE: TableDefinition<u64, ()> = TableDefinition::new("gone");
/// (Day, purpose, party) → how often this box connected to it.
pub const LEDGER: TableDefinition<(i64, u8, &str), u64> = TableDefinition::new("ledger");
/// (Message, number) → `record::Returned`: notices that came back about a sent message.
pub const RETURNED: TableDefinition<(u64, u32), Octets> = TableDefinition::new("returned");
/// View → `record::View`: a search that is kept as a tab.
pub const VIEWS: TableDefinition<u64, Octets> = TableDefinition::new("views");
/// (Day, domain) → `record::TlsDay`: how encrypting the way there went, until it is reported.
pub const TLS_DAYS: TableDefinition<(i64, &str), Octets> = TableDefinition::new("tls_days");
/// (Day, domain) → `record::TlsGiven`: a report that was given to that domain.
pub const TLS_GIVEN: TableDefinition<(i64, &str), Octets> = TableDefinition::new("tls_given");
/// Domain → `record::SeenWay`: what the last session with its mail servers was like.
pub const SEEN_WAYS: TableDefinition<&str, Octets> = TableDefinition::new("seen_ways");
/// Device → `record::Subscription`: where it is told of new mail while no page is open.
pub const PUSHES: TableDefinition<u64, Octets> = TableDefinition::new("pushes");
/// Address of a mailbox at another provider → that mailbox: an address of the owner's all the same.
pub const ELSEWHERE: TableDefinition<&str, u64> = TableDefinition::new("elsewhere");
/// Mailbox → `record::Mailbox`: a mailbox at another provider, with what opens it. Secret.
pub const MAILBOXES: TableDefinition<u64, Octets> = TableDefinition::new("mailboxes");
/// Domain → `record::PeerBox`: what the box of that domain says of itself.
pub const PEER_BOXES: TableDefinition<&str, Octets> = TableDefinition::new("peer_boxes");
