//! The dialogue (RFC 5321 section 4.1.4) as a pure machine: a command or an event goes in, what to answer
//! and what to do next comes out. It reads nothing, waits for nothing and asks no clock, so every order
//! of commands can be tried without a socket.

use super::{
    command::{Command, Wrong},
    limits::Limits,
    reply::{self, Reply},
    text::Fault,
};
use crate::{
    domain::transport::TlsFacts,
    service::receive::{NotKept, Recipient},
};

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// One of the table.
    Reply(Reply),
    /// The lines of EHLO or HELO, which name us.
    Text(String),
}

/// What to do once the answer is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Read the next command.
    Command,
    /// Read a message until its lone dot.
    Data,
    /// Begin TLS; nothing that was read before counts.
    StartTls,
    /// Close.
    Close,
}

/// An answer and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is answered.
    pub answer: Answer,
    /// What follows.
    pub next: Next,
}

/// What to do with the octets of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Add them to the message.
    Take,
    /// Read them, so that what follows is a command again, and answer this.
    Discard(Reply),
}

/// Where the message of a transaction is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Nothing of it has come.
    #[default]
    Envelope,
    /// Some of its chunks have.
    Chunks,
}

/// The envelope of the message under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse-path, `None` for the null one.
    pub from: Option<String>,
    /// The accepted recipients.
    pub to: Vec<String>,
    /// SMTPUTF8.
    pub utf8: bool,
}

/// How the message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is on the disk.
    Kept,
    /// The octets are no message that can be taken.
    Fault(Fault),
    /// The house did not keep it.
    NotKept(NotKept),
}

/// One connection's dialogue.
#[derive(Debug)]
pub struct Session {
    host: String,
    max_message: usize,
    max_recipients: usize,
    max_commands: u32,
    max_errors: u32,
    tls: Option<TlsFacts>,
    hello: Option<(String, bool)>,
    mail: Option<(Envelope, Stage)>,
    commands: u32,
    errors: u32,
}

impl Session {
    /// A dialogue that begins; `host` is our own name.
    pub fn new(host: &str, limits: &Limits) -> Self {
        Self {
            host: host.to_owned(),
            max_message: limits.message,
            max_recipients: limits.recipients,
            max_commands: limits.commands,
            max_errors: limits.errors,
            tls: None,
            hello: None,
            mail: None,
            commands: 0,
            errors: 0,
        }
    }

    /// TLS has begun: all that was said before is forgotten (RFC 3207 section 4.2). The counts of what
    /// may be used up are not, or a peer could begin anew without end.
    pub fn secured(&mut self, facts: TlsFacts) {
        self.tls = Some(facts);
        self.hello = None;
        self.mail = None;
    }

    /// The facts of the TLS session, if there is one.
    pub fn tls(&self) -> Option<&TlsFacts> {
        self.tls.as_ref()
    }

    /// The peer's name and whether it said EHLO; empty before either.
    pub fn hello(&self) -> (&str, bool) {
        self.hello.as_ref().map_or(("", false), |(name, extended)| (name, *extended))
    }

    /// Whether a message is under way.
    pub fn in_transaction(&self) -> bool {
        self.mail.is_some()
    }

    /// Follows one command line; `ours` knows our addresses. BDAT is [`Self::chunk`]'s.
    pub fn command(&mut self, line: Result<Command, Wrong>, ours: impl Fn(&str) -> Recipient) -> Step {
        let command = match line {
            Ok(command) => command,
            Err(Wrong::Refuse(reply)) => return self.refuse(reply),
            Err(Wrong::Close(reply)) => return say(reply, Next::Close),
        };
        // A taken RCPT brings the message nearer, and their number has a bound of its own.
        if !matches!(command, Command::Rcpt { .. }) && self.spend() {
            return say(reply::TOO_MANY_COMMANDS, Next::Close);
        }
        match command {
            Command::Hello { name, extended } => self.greet(name, extended),
            Command::Mail { from, size, utf8 } => self.mail(from, size, utf8),
            Command::Rcpt { to } => self.rcpt(to, ours),
            Command::Data => match self.ready() {
                Ok(Stage::Envelope) => say(reply::GO_AHEAD, Next::Data),
                Ok(Stage::Chunks) => self.refuse(reply::IN_CHUNKS),
                Err(reply) => self.refuse(reply),
            },
            Command::StartTls if self.tls.is_some() => self.refuse(reply::TLS_ALREADY),
            Command::StartTls if self.hello.is_none() => self.refuse(reply::HELLO_FIRST),
            Command::StartTls => say(reply::TLS_READY, Next::StartTls),
            Command::Reset => {
                self.mail = None;
                say(reply::OK, Next::Command)
            }
            Command::Noop => say(reply::OK, Next::Command),
            Command::Verify => say(reply::VERIFY, Next::Command),
            Command::Help => say(reply::HELP, Next::Command),
            Command::Quit => say(reply::BYE, Next::Close),
            // Not reached while the caller keeps to the contract above.
            Command::Chunk { .. } => self.refuse(reply::UNKNOWN),
        }
    }

    /// Whether the octets of a BDAT belong to a message. They are on their way in any case (RFC 3030
    /// section 2), so the answer comes when they are read.
    pub fn chunk(&mut self, size: usize) -> Chunk {
        // Chunks of any size worth sending are bounded by the size of the message.
        if size < 1_024 && self.spend() {
            return Chunk::Discard(reply::TOO_MANY_COMMANDS);
        }
        match self.ready() {
            Ok(_) => {
                if let Some((_, stage)) = &mut self.mail {
                    *stage = Stage::Chunks;
                }
                Chunk::Take
            }
            Err(reply) => Chunk::Discard(reply),
        }
    }

    /// The answer to a chunk that was read: to one that was discarded, what [`Self::chunk`] said.
    pub fn chunked(&mut self, chunk: Chunk) -> Step {
        match chunk {
            Chunk::Take => say(reply::CHUNK_OK, Next::Command),
            Chunk::Discard(reply) if reply.code == 421 => say(reply, Next::Close),
            Chunk::Discard(reply) => self.refuse(reply),
        }
    }

    /// The envelope of the message that was read; the transaction is over.
    pub fn take(&mut self) -> Envelope {
        self.mail.take().map(|(envelope, _)| envelope).unwrap_or_default()
    }

    /// The answer to a message that was read. The next may follow.
    pub fn finished(&mut self, outcome: Outcome) -> Step {
        self.mail = None;
        let reply = match outcome {
            Outcome::Kept => {
                (self.commands, self.errors) = (0, 0);
                return say(reply::KEPT, Next::Command);
            }
            Outcome::Fault(Fault::Bare) => reply::BARE,
            Outcome::Fault(Fault::LongLine) => reply::LONG_LINE,
            Outcome::Fault(Fault::TooLarge) | Outcome::NotKept(NotKept::TooLarge) => reply::TOO_LARGE,
            Outcome::NotKept(NotKept::TooComplex) => reply::COMPLEX,
            Outcome::NotKept(NotKept::Refused) => reply::FORGED,
            Outcome::NotKept(NotKept::TurnedAway) => reply::TURNED_AWAY,
            // Ours, not the peer's: it counts for nothing against it.
            Outcome::Fault(Fault::NoRoom) | Outcome::NotKept(NotKept::Storage) => return say(reply::STORAGE, Next::Command),
            Outcome::NotKept(NotKept::Locked) => return say(reply::LOCKED, Next::Command),
        };
        self.refuse(reply)
    }

    fn greet(&mut self, name: String, extended: bool) -> Step {
        self.hello = Some((name, extended));
        self.mail = None;
        let text = if extended {
            reply::ehlo(&self.host, self.max_message, self.tls.is_none())
        } else {
            reply::helo(&self.host)
        };
        Step {
            answer: Answer::Text(text),
            next: Next::Command,
        }
    }

    fn mail(&mut self, from: Option<String>, size: usize, utf8: bool) -> Step {
        match &self.mail {
            Some((_, Stage::Chunks)) => return self.refuse(reply::IN_CHUNKS),
            Some(_) => return self.refuse(reply::ALREADY),
            None if self.hello.is_none() => return self.refuse(reply::HELLO_FIRST),
            None if size > self.max_message => return self.refuse(reply::TOO_LARGE),
            None => {}
        }
        let envelope = Envelope {
            from,
            to: Vec::new(),
            utf8,
        };
        self.mail = Some((envelope, Stage::Envelope));
        say(reply::SENDER_OK, Next::Command)
    }

    /// A MAIL of a network that is refused for now. It counts as an error, so that such a peer ends soon.
    pub fn turn_away(&mut self) -> Step {
        self.refuse(reply::NUISANCE)
    }

    /// A MAIL while the disk has no room: said before the message is sent, and no error of the peer's.
    pub fn no_room(&self) -> Step {
        say(reply::STORAGE, Next::Command)
    }

    fn rcpt(&mut self, to: String, ours: impl Fn(&str) -> Recipient) -> Step {
        let max = self.max_recipients;
        let refusal = match &mut self.mail {
            None => reply::MAIL_FIRST,
            Some((_, Stage::Chunks)) => reply::IN_CHUNKS,
            Some((envelope, _)) if !to.is_ascii() && !envelope.utf8 => reply::NEEDS_UTF8,
            Some((envelope, _)) => match ours(&to) {
                Recipient::Nobody => reply::NOBODY,
                Recipient::Elsewhere => reply::ELSEWHERE,
                Recipient::Ours if envelope.to.len() < max => {
                    envelope.to.push(to);
                    return say(reply::RECIPIENT_OK, Next::Command);
                }
                // A peer may well try more than this; it is told so for each and sends them again.
                Recipient::Ours if self.spend() => return say(reply::TOO_MANY_COMMANDS, Next::Close),
                Recipient::Ours => return say(reply::MANY_RECIPIENTS, Next::Command),
            },
        };
        self.refuse(refusal)
    }

    /// Whether there is an envelope that a message can follow.
    fn ready(&self) -> Result<Stage, Reply> {
        match &self.mail {
            None if self.hello.is_none() => Err(reply::HELLO_FIRST),
            None => Err(reply::MAIL_FIRST),
            Some((envelope, _)) if envelope.to.is_empty() => Err(reply::RECIPIENT_FIRST),
            Some((_, stage)) => Ok(*stage),
        }
    }

    /// Counts a command that brings no message nearer; whether it is one too many.
    fn spend(&mut self) -> bool {
        self.commands += 1;
        self.commands > self.max_commands
    }

    fn refuse(&mut self, reply: Reply) -> Step {
        self.errors += 1;
        if self.errors >= self.max_errors {
            say(reply::TOO_MANY_ERRORS, Next::Close)
        } else {
            say(reply, Next::Command)
        }
    }
}

/// This reply, then that.
pub fn say(reply: Reply, next: Next) -> Step {
    Step {
        answer: Answer::Reply(reply),
        next,
    }
}

#[cfg(test)]
mod tests;
