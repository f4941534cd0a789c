//! One peer's visit: the [`Session`] says what to do, the [`Stream`] does it, and `service::receive` keeps
//! what came. Every wait for the peer ends when its time is over, when its place is needed, or when the
//! door closes; a wait for the store never does, because its answer is owed.

use super::{
    Shared,
    command::{Command, Wrong},
    guests::{Doing, Guest},
    reply::{self, Reply},
    session::{Answer, Chunk, Next, Outcome, Session, Step, say},
    stream::{Line, Lost, Stream},
    text::{Fault, Text},
};
use crate::domain::{
    nuisance::Welcome,
    transport::{Arrival, TlsFacts},
};
use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{OwnedSemaphorePermit, watch},
    time::Instant,
};

/// How a part of the visit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// The peer was told to begin TLS.
    StartTls,
    /// It is over; the last words are still to be said.
    Part,
    /// It is over, and there is nobody to say them to.
    Gone,
}

/// A message being read, and the memory that it was granted.
struct Incoming {
    text: Text,
    room: Option<OwnedSemaphorePermit>,
}

/// A peer's visit, over the connection in clear and then over TLS.
pub struct Visit {
    shared: Arc<Shared>,
    guest: Guest,
    peer: IpAddr,
    session: Session,
    incoming: Option<Incoming>,
    stop: watch::Receiver<bool>,
    /// When this visit learned that the door closes.
    closing: OnceLock<Instant>,
    deadline: Instant,
}

impl Visit {
    /// A visit that begins.
    pub fn new(shared: Arc<Shared>, guest: Guest, peer: IpAddr, stop: watch::Receiver<bool>) -> Self {
        let session = Session::new(shared.receive.host(), &shared.limits);
        let deadline = Instant::now() + shared.limits.per_message;
        Self {
            shared,
            guest,
            peer,
            session,
            incoming: None,
            stop,
            closing: OnceLock::new(),
            deadline,
        }
    }

    /// A stream over this connection with this visit's limits.
    pub fn stream<S: AsyncRead + AsyncWrite + Unpin>(&self, io: S) -> Stream<S> {
        Stream::new(io, self.shared.limits.idle, self.deadline)
    }

    /// TLS has begun.
    pub fn secured(&mut self, facts: TlsFacts) {
        self.session.secured(facts);
        self.incoming = None;
    }

    /// Waits for the peer, unless it is asked to leave or the door closes, which takes effect `grace`
    /// later, counted once however often it is waited for.
    pub async fn wait<T>(&self, grace: Duration, peer: impl Future<Output = Result<T, Lost>>) -> Result<T, Lost> {
        let closing = async {
            super::told(&mut self.stop.clone()).await;
            tokio::time::sleep_until(*self.closing.get_or_init(Instant::now) + grace).await;
        };
        tokio::select! {
            biased;
            () = self.guest.asked_to_leave() => Err(Lost::MakeRoom),
            () = closing => Err(Lost::Closing),
            heard = peer => heard,
        }
    }

    /// Talks until the peer begins TLS or the visit is over.
    pub async fn converse<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut Stream<S>) -> After {
        loop {
            let step = match self.exchange(stream).await {
                Ok(step) => step,
                Err(Lost::Gone) => return After::Gone,
                Err(lost) => say(last_words(lost), Next::Close),
            };
            match &step.answer {
                Answer::Reply(reply) => speak(stream, *reply),
                Answer::Text(text) => stream.say(text.as_bytes()),
            }
            if !self.session.in_transaction() {
                self.incoming = None;
            }
            match step.next {
                Next::Command => {}
                Next::Close => return After::Part,
                Next::StartTls => {
                    return match self.wait(Duration::ZERO, stream.flush()).await {
                        Ok(()) => After::StartTls,
                        Err(_) => After::Gone,
                    };
                }
                // `exchange` has read it.
                Next::Data => return After::Part,
            }
        }
    }

    /// One command, and the message that follows it.
    async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut Stream<S>) -> Result<Step, Lost> {
        self.guest.is(if self.session.in_transaction() {
            Doing::Message
        } else {
            Doing::Nothing
        });
        let line = match stream.buffered_line() {
            Some(line) => line,
            None => self.wait(Duration::ZERO, stream.line()).await?,
        };
        let command = match &line {
            Line::Whole(line) => Command::parse(line),
            Line::TooLong => Err(Wrong::Refuse(reply::LONG_COMMAND)),
        };
        if let Ok(Command::Chunk { size, last }) = command {
            return self.chunk(stream, size, last).await;
        }
        if let Ok(Command::Mail { .. }) = command {
            if !self.shared.receive.has_room(0) {
                return Ok(self.session.no_room());
            }
            match self.shared.receive.welcome(self.peer) {
                Welcome::Free => {}
                Welcome::Refused => return Ok(self.session.turn_away()),
                Welcome::Slow(steps) => {
                    let pause = async {
                        tokio::time::sleep(self.shared.limits.drag * steps).await;
                        Ok(())
                    };
                    self.wait(Duration::ZERO, pause).await?;
                }
            }
        }
        let receive = &self.shared.receive;
        let step = self.session.command(command, |address| receive.recipient(address));
        if step.next != Next::Data {
            return Ok(step);
        }
        let mut incoming = Incoming::new(&self.shared);
        if !incoming.make_room(&self.shared, 1) {
            return Ok(self.session.finished(Outcome::Fault(Fault::NoRoom)));
        }
        speak(stream, reply::GO_AHEAD);
        // Others may wait a moment for this one, so that one flush of the disk keeps them all.
        let coming = receive.coming();
        let grace = self.shared.limits.grace;
        loop {
            self.wait(grace, stream.more()).await?;
            self.guest.is(Doing::Message);
            incoming.make_room(&self.shared, stream.buffered().len());
            let (taken, done) = incoming.text.data(stream.buffered());
            stream.consume(taken);
            if done {
                drop(coming);
                return Ok(self.finish(stream, incoming).await);
            }
            if self.shared.is_overrun(incoming.text.read()) {
                return Ok(say(reply::TOO_LARGE, Next::Close));
            }
        }
    }

    async fn chunk<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut Stream<S>, size: usize, last: bool) -> Result<Step, Lost> {
        let verdict = self.session.chunk(size);
        let mut incoming = self.incoming.take().unwrap_or_else(|| Incoming::new(&self.shared));
        if self.shared.is_overrun(incoming.text.read().saturating_add(size)) {
            return Ok(say(reply::TOO_LARGE, Next::Close));
        }
        let grace = self.shared.limits.grace;
        let mut left = size;
        while left > 0 {
            self.wait(grace, stream.more()).await?;
            self.guest.is(Doing::Message);
            let here = stream.buffered().get(..left).unwrap_or(stream.buffered());
            if verdict == Chunk::Take {
                incoming.make_room(&self.shared, here.len());
                incoming.text.chunk(here);
            }
            let taken = here.len();
            left -= taken;
            stream.consume(taken);
        }
        if verdict == Chunk::Take && last {
            return Ok(self.finish(stream, incoming).await);
        }
        self.incoming = Some(incoming);
        Ok(self.session.chunked(verdict))
    }

    /// The message is read: keeps it where it can be, and gives the peer time for the next.
    async fn finish<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut Stream<S>, incoming: Incoming) -> Step {
        self.guest.is(Doing::Waiting);
        let Incoming { text, room } = incoming;
        let outcome = match text.finish() {
            Err(fault) => Outcome::Fault(fault),
            Ok(raw) => {
                let arrival = self.arrival();
                match self.shared.receive.keep(arrival, raw).await {
                    Ok(_) => Outcome::Kept,
                    Err(why) => Outcome::NotKept(why),
                }
            }
        };
        drop(room);
        self.deadline = Instant::now() + self.shared.limits.per_message;
        stream.deadline = self.deadline;
        self.session.finished(outcome)
    }

    fn arrival(&mut self) -> Arrival {
        let envelope = self.session.take();
        let (helo, extended) = self.session.hello();
        Arrival {
            at: self.shared.receive.now(),
            peer: self.peer,
            helo: helo.to_owned(),
            mail_from: envelope.from,
            rcpt_to: envelope.to,
            tls: self.session.tls().cloned(),
            extended,
            utf8: envelope.utf8,
        }
    }
}

impl Incoming {
    fn new(shared: &Shared) -> Self {
        Self {
            text: Text::new(shared.limits.message),
            room: None,
        }
    }

    /// Makes sure that so many octets more may be held; where the memory for messages is used up, the
    /// message is one that will be refused.
    fn make_room(&mut self, shared: &Shared, more: usize) -> bool {
        let want = self.text.wants(more);
        if want > 0 {
            let held = self.room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
            let missing = Shared::blocks(want).saturating_sub(held);
            match u32::try_from(missing)
                .ok()
                .and_then(|missing| shared.memory.clone().try_acquire_many_owned(missing).ok())
            {
                Some(granted) => {
                    match &mut self.room {
                        Some(room) => room.merge(granted),
                        None => self.room = Some(granted),
                    }
                    self.text.grow(want);
                }
                None => self.text.fail(Fault::NoRoom),
            }
        }
        if self.text.held() == 0 {
            self.room = None;
        }
        want == 0 || self.room.is_some()
    }
}

fn speak<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut Stream<S>, reply: Reply) {
    let mut line = Vec::with_capacity(80);
    reply.write(&mut line);
    stream.say(&line);
}

fn last_words(lost: Lost) -> Reply {
    match lost {
        Lost::Silent | Lost::Gone => reply::IDLE,
        Lost::Late => reply::SLOW,
        Lost::MakeRoom => reply::MAKE_ROOM,
        Lost::Closing => reply::CLOSING,
    }
}
