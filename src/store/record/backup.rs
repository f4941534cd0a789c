//! What is set about backups and what became of the last ones, as a record of the settings. It holds secrets: the code of the
//! recovery sheet, so that a restore can be tried with what the sheet says; the key of the repository; a password.

use super::{super::Error, Record};
use serde::{Deserialize, Serialize};

/// See [`crate::domain::backup`] for what the numbers mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The kind of place.
    pub kind: u8,
    /// The folder, or the address.
    pub at: String,
    /// The name at a server.
    pub user: String,
    /// The password there.
    pub password: String,
    /// How often.
    pub often: u8,
    /// Octets a second that are sent at most; 0 is as quick as it goes.
    pub limit: u64,
    /// The code on the recovery sheet.
    pub code: String,
    /// Whether the repository still opens with a code before.
    pub code_waits: bool,
    /// The repository's own key.
    pub key: Vec<u8>,
    /// When it was switched on.
    pub since: i64,
    /// When it was last tried; 0 is never, and so it is where one is asked for, or less while that one is made. So are the other times.
    pub tried: i64,
    /// When a backup was last made.
    pub made: i64,
    /// What was wrong with the last try; 0 is nothing.
    pub failed: u8,
    /// Messages in the last one.
    pub messages: u64,
    /// Seconds that it took.
    pub took: u64,
    /// Octets that it sent.
    pub sent: u64,
    /// Octets that the repository takes up.
    pub size: u64,
    /// Backups that are kept.
    pub kept: u32,
    /// When a restore was last tried.
    pub proof_tried: i64,
    /// When a restore was last seen to give what was backed up.
    pub proven: i64,
    /// What was wrong with the last restore; 0 is nothing.
    pub unproven: u8,
    /// When what is not needed any more was last thrown away.
    pub tidied: i64,
    /// The region of a bucket; empty is the usual one.
    pub region: String,
    /// What was wrong when what the last one no longer needs was to be removed; 0 is nothing.
    pub untidy: u8,
    /// Messages that are not in the last backup, because this box's own disk has damaged them.
    pub lacking: u64,
}

impl Record for Backup {
    const TABLE: &'static str = "backup";
    const VERSION: u8 = 4;

    /// As it was before there were regions, before it was noted what could not be removed, and what is lacking: a struct is its
    /// fields in a row, no text is a length of 0, and a small number is its octet (postcard's specification).
    fn read_older(version: u8, body: &[u8]) -> Result<Self, Error> {
        let lacks: &[u8] = match version {
            1 => &[0, 0, 0],
            2 => &[0, 0],
            3 => &[0],
            _ => return Err(Error::Damaged),
        };
        postcard::from_bytes(&[body, lacks].concat()).map_err(|_| Error::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_before_are_read() {
        let old = Backup {
            at: "/media/disk".to_owned(),
            tidied: 7,
            region: "eu-west-3".to_owned(),
            ..Backup::default()
        };
        let mut body = postcard::to_stdvec(&old).unwrap();
        assert_eq!(body.pop(), Some(0));
        assert_eq!(Backup::read_older(3, &body).ok().as_ref(), Some(&old));
        assert_eq!(body.pop(), Some(0));
        assert_eq!(Backup::read_older(2, &body).ok().as_ref(), Some(&old));
        let older = Backup {
            region: String::new(),
            ..old
        };
        let mut body = postcard::to_stdvec(&older).unwrap();
        assert_eq!([body.pop(), body.pop(), body.pop()], [Some(0); 3]);
        assert_eq!(Backup::read_older(1, &body).ok(), Some(older));
        assert!(Backup::read_older(4, &body).is_err());
    }
}
