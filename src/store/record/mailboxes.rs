//! A mailbox of the owner's at another provider, as a record. Its password lies in the vault and nowhere else.

use super::{super::Error, Record};
use crate::domain::{
    address::Address,
    mailbox::{Folder, Server, State, Trouble},
    time::Time,
};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Where a mailbox is, what is wanted of it and how far it is.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// What it is called, mostly its address.
    pub name: String,
    host: String,
    port: u16,
    implicit: bool,
    /// The name to sign in with.
    pub user: String,
    /// How.
    pub secret: Secret,
    /// Whether what was there before is wanted too.
    pub history: bool,
    /// When it was added.
    pub since: i64,
    folders: Vec<(String, bool, u32, u32, u64, u64)>,
    state: u8,
    /// When it began to fail, and how often in a row; `None` where it did not.
    pub failing: Option<(i64, u32)>,
    trouble: Option<u8>,
    /// When it was last looked at without fail; 0 is never.
    pub last: i64,
    /// Messages that were brought from it.
    pub brought: u64,
    /// Messages that could not be brought.
    pub passed: u64,
    sends: Option<(String, u16, bool)>,
    /// By the name of a folder: since when it is refused, and how often in a row.
    refused: Vec<(String, i64, u32)>,
}

/// What signs in.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Secret {
    /// A password; empty with a token.
    pub password: String,
    /// The token that gives access for as long as the owner lets it: address of the token service, the owner's own client
    /// and its secret, and the token.
    pub token: Option<(String, String, String, String)>,
}

impl Secret {
    /// Whether the password and the secret of the owner's client are those of another one. The token is not looked at: a service
    /// may replace it at every use.
    pub fn holds_the_owners_of(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.token.as_ref(), other.token.as_ref());
        self.password == other.password && ours.map(|token| &token.2) == theirs.map(|token| &token.2)
    }
}

impl std::fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailbox").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Record for Mailbox {
    const TABLE: &'static str = "mailboxes";
    const VERSION: u8 = 2;

    /// As it was before refusals were counted for each folder: a struct is its fields in a row, and no list is a length of
    /// 0 (postcard's specification).
    fn read_older(version: u8, body: &[u8]) -> Result<Self, Error> {
        match version {
            1 => postcard::from_bytes(&[body, &[0]].concat()).map_err(|_| Error::Damaged),
            _ => Err(Error::Damaged),
        }
    }
}

impl Mailbox {
    /// A new one.
    pub fn new(name: &str, server: &Server, user: &str, secret: Secret, history: bool, now: Time) -> Self {
        Self {
            name: name.to_owned(),
            host: server.host.clone(),
            port: server.port,
            implicit: server.implicit,
            user: user.to_owned(),
            secret,
            history,
            since: now.0,
            state: 1,
            ..Self::default()
        }
    }

    /// Where it is.
    pub fn server(&self) -> Server {
        Server {
            host: self.host.clone(),
            port: self.port,
            implicit: self.implicit,
        }
    }

    /// Its address, where it is called by it.
    pub fn address(&self) -> Option<Address> {
        Address::parse(&self.name).ok()
    }

    /// The server by which mail leaves that is written from its address; `None` where none does.
    pub fn sends(&self) -> Option<Server> {
        self.sends.as_ref().map(|(host, port, implicit)| Server {
            host: host.clone(),
            port: *port,
            implicit: *implicit,
        })
    }

    /// Says by which.
    pub fn set_sends(&mut self, server: Option<&Server>) {
        self.sends = server.map(|server| (server.host.clone(), server.port, server.implicit));
    }

    /// Its folders.
    pub fn folders(&self) -> Vec<Folder> {
        self.folders
            .iter()
            .map(|(name, wanted, validity, last, all, done)| Folder {
                name: name.clone(),
                wanted: *wanted,
                validity: *validity,
                last: *last,
                all: *all,
                done: *done,
                refused: self.refused_in(name),
            })
            .collect()
    }

    /// Since when the server refuses to give out what is in a folder, and how often in a row.
    fn refused_in(&self, folder: &str) -> Option<(Time, u32)> {
        let found = self.refused.iter().find(|(name, ..)| name == folder)?;
        Some((Time(found.1), found.2))
    }

    /// Says how far its folders are.
    pub fn set_folders(&mut self, folders: &[Folder]) {
        let refused = folders.iter().filter_map(|folder| Some((folder.name.clone(), folder.refused?)));
        self.refused = refused.map(|(name, (since, times))| (name, since.0, times)).collect();
        self.folders = folders
            .iter()
            .map(|folder| {
                (
                    folder.name.clone(),
                    folder.wanted,
                    folder.validity,
                    folder.last,
                    folder.all,
                    folder.done,
                )
            })
            .collect();
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        match self.state {
            0 => State::On,
            2 => State::Off,
            _ => State::Paused,
        }
    }

    /// Says where it stands.
    pub fn set_state(&mut self, state: State) {
        self.state = match state {
            State::On => 0,
            State::Paused => 1,
            State::Off => 2,
        };
    }

    /// What goes wrong with it.
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble.and_then(|number| Trouble::ALL.get(usize::from(number)).copied())
    }

    /// Says what goes wrong with it.
    pub fn set_trouble(&mut self, trouble: Option<Trouble>) {
        self.trouble = trouble
            .and_then(|it| Trouble::ALL.iter().position(|known| *known == it))
            .map(|at| at as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_before_refusals_were_counted_is_read() {
        let folder = Folder {
            name: "INBOX".to_owned(),
            wanted: true,
            last: 7,
            ..Folder::default()
        };
        let mut mailbox = Mailbox::new("me@x.test", &Server::default(), "me", Secret::default(), true, Time(7));
        mailbox.set_folders(std::slice::from_ref(&folder));
        let mut body = postcard::to_stdvec(&mailbox).unwrap();
        assert_eq!(body.pop(), Some(0));
        assert!(Mailbox::read_older(1, &body).is_ok_and(|read| read == mailbox));
        let refused = Some((Time(9), 3));
        mailbox.set_folders(&[Folder { refused, ..folder }]);
        let read = Mailbox::decode(1, &mailbox.encode(1).unwrap()).unwrap();
        assert!(read == mailbox && read.folders()[0].refused == refused);
    }
}
