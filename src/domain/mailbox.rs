//! A mailbox of the owner's at another provider, from which this box fetches: where it is, what is wanted of it, how far
//! it is, and what goes wrong with it.

use super::time::Time;

/// Mailboxes that there may be.
pub const MAX_MAILBOXES: usize = 12;
/// Folders of one that are looked at.
pub const MAX_FOLDERS: usize = 200;
/// Seconds between two looks.
pub const PAUSE: i64 = 15 * 60;
/// Seconds of failure after which it is switched off.
pub const PATIENCE: i64 = 72 * 3600;
/// Failures in a row that there must be by then: a box that was off or locked for those days, or whose clock was wrong, has
/// hardly tried.
const TIMES: u32 = 24;

/// A server of mailboxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// Its name; a certificate must be for it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether TLS begins at once; else by STARTTLS.
    pub implicit: bool,
}

/// A folder of a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// Its name as the server has it.
    pub name: String,
    /// Whether it is wanted.
    pub wanted: bool,
    /// What the numbers of its messages hold for (UIDVALIDITY); 0 is not known yet.
    pub validity: u32,
    /// The last message that was fetched.
    pub last: u32,
    /// Messages that were there at the last look and were to be fetched.
    pub all: u64,
    /// How many of these were.
    pub done: u64,
    /// Since when the server refuses to give out what is in it, and at how many looks in a row.
    pub refused: Option<(Time, u32)>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The server's name has no address, or nobody could be asked.
    NoAddress,
    /// It cannot be reached, or hung up.
    Unreachable,
    /// It does not answer in time.
    Silent,
    /// Its certificate is too old.
    Expired,
    /// Its certificate is for another name.
    OtherName,
    /// Its certificate is of nobody known.
    Unknown,
    /// Encryption could not be agreed on.
    Tls,
    /// It offers no encryption.
    NoTls,
    /// Something was put into the connection before it was encrypted.
    Injected,
    /// Name or password are wrong.
    SignIn,
    /// The provider does not renew the access that was given.
    Token,
    /// What it says cannot be read.
    Garbled,
    /// This box could not keep what came.
    Store,
    /// It refuses for now what it is asked.
    Refused,
}

impl Trouble {
    /// All of them, in the order of the numbers on the disk; it only ever grows.
    pub const ALL: [Self; 14] = [
        Self::NoAddress,
        Self::Unreachable,
        Self::Silent,
        Self::Expired,
        Self::OtherName,
        Self::Unknown,
        Self::Tls,
        Self::NoTls,
        Self::Injected,
        Self::SignIn,
        Self::Token,
        Self::Garbled,
        Self::Store,
        Self::Refused,
    ];
}

/// Where a mailbox stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It is looked at every quarter of an hour, or told of news.
    #[default]
    On,
    /// The owner has paused it.
    Paused,
    /// It failed for so long that it was switched off.
    Off,
}

/// How long is waited after so many failures in a row: a minute, five, then a quarter of an hour.
pub fn again(failures: u32) -> i64 {
    match failures {
        0 | 1 => 60,
        2 => 300,
        _ => PAUSE,
    }
}

/// Milliseconds to wait before a folder is looked through that has had news at once so many times in a row, so that a server
/// that always has some is looked through twice a minute.
pub fn breath(often: u32) -> u64 {
    match often {
        0 => 0,
        _ => 500 << (often - 1).min(6),
    }
}

/// Whether a mailbox that has failed since then, so many times, is switched off.
pub fn is_hopeless(since: Time, times: u32, now: Time) -> bool {
    times >= TIMES && now.0.saturating_sub(since.0) >= PATIENCE
}

/// Whether a name can be a server's.
pub fn is_host(name: &str) -> bool {
    super::sending::Smarthost::is_host(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_has_an_end() {
        assert!(!is_hopeless(Time(0), 300, Time(PATIENCE - 1)) && is_hopeless(Time(0), 300, Time(PATIENCE)));
        assert!(
            !is_hopeless(Time(0), 2, Time(9 * PATIENCE)),
            "it was off, and the line is not back yet"
        );
        assert_eq!([1, 2, 3, 99].map(again), [60, 300, 900, 900]);
        assert_eq!([0, 1, 2, 7, u32::MAX].map(breath), [0, 500, 1_000, 32_000, 32_000]);
    }
}
