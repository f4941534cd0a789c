//! A moment. Deliberately absent: the clock (`net::clock`), zones and words (`locale`).

/// Seconds since 1970-01-01T00:00:00Z, without leap seconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);
