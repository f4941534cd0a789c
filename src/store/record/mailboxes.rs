//! A mailbox of the owner's at another provider, as a record. Its password lies in the vault and nowhere else.

use super::Record;
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

impl std::fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailbox").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Record for Mailbox {
    const TABLE: &'static str = "mailboxes";
    const VERSION: u8 = 1;
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
            })
            .collect()
    }

    /// Says how far its folders are.
    pub fn set_folders(&mut self, folders: &[Folder]) {
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
