//! Floor 4: the SMTP door, a receiver (RFC 5321). `smtp-proto` lives here only.
//!
//! [`Door::serve`] takes connections in; [`conversation`] is one visit, driven by [`session`], a pure
//! machine, over [`stream`], which reads with limits; [`text`] reads messages, [`command`] and [`reply`]
//! are the two halves of the language, [`limits`] and [`guests`] keep the door open for everybody.
//!
//! Absent on purpose: sending, relaying, signing in (AUTH), and a wait before the greeting. Peers that
//! speak before it exist, but telling them apart needs a pause that every honest peer would sit through;
//! what they said is simply read after the greeting.

pub mod command;
pub mod conversation;
pub mod guests;
pub mod limits;
pub mod reply;
pub mod session;
pub mod stream;
pub mod text;

use crate::{
    domain::transport::{TlsFacts, TlsVersion},
    service::receive::Receive,
};
use conversation::{After, Visit};
use guests::{Guest, Guests};
use limits::Limits;
use rustls::{ProtocolVersion, ServerConfig, ServerConnection};
use std::{io::Write, net::IpAddr, sync::Arc, time::Duration};
use stream::Lost;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Messages in memory are counted in blocks of so many octets.
const BLOCK: usize = 1_024;

/// The SMTP door. Cheap to clone: the clones share their limits, so that every address that is listened
/// on counts.
#[derive(Clone)]
pub struct Door(Arc<Shared>);

/// What all visits share.
pub struct Shared {
    receive: Receive,
    tls: TlsAcceptor,
    limits: Limits,
    guests: Arc<Guests>,
    memory: Arc<Semaphore>,
}

impl Shared {
    fn blocks(octets: usize) -> usize {
        octets.div_ceil(BLOCK)
    }

    fn is_overrun(&self, read: usize) -> bool {
        read > self.limits.message.saturating_add(self.limits.overrun)
    }
}

/// Asks whoever comes to come back later until there is a door, then is that door, until `stop` says true (or its sender
/// is gone).
pub async fn serve(listener: TcpListener, mut door: watch::Receiver<Option<Door>>, stop: watch::Receiver<bool>) {
    let mut stopped = stop.clone();
    loop {
        tokio::select! {
            biased;
            () = told(&mut stopped) => return,
            ready = async { door.wait_for(Option::is_some).await.is_ok() } => {
                if !ready {
                    return;
                }
                break;
            }
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => turn_away(socket, reply::NOT_YET),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
    let ready = door.borrow().clone();
    if let Some(ready) = ready {
        ready.serve(listener, stop).await;
    }
}

impl Door {
    /// A door to this house. `tls` may have its certificate replaced at any time.
    pub fn new(receive: Receive, tls: Arc<ServerConfig>, limits: Limits) -> Self {
        Self(Arc::new(Shared {
            receive,
            tls: TlsAcceptor::from(tls),
            guests: Guests::new(&limits),
            memory: Arc::new(Semaphore::new(Shared::blocks(limits.memory).min(Semaphore::MAX_PERMITS))),
            limits,
        }))
    }

    /// Takes connections in until `stop` says true (or its sender is gone), then lets those that are in
    /// finish: a command is answered, a message under way has [`Limits::grace`], a message that is
    /// being kept is kept. Returns when all have left, at the latest a second or two later.
    pub async fn serve(&self, listener: TcpListener, stop: watch::Receiver<bool>) {
        let mut visits = JoinSet::new();
        let mut stopped = stop.clone();
        loop {
            tokio::select! {
                biased;
                () = told(&mut stopped) => break,
                Some(ended) = visits.join_next(), if !visits.is_empty() => {
                    // What the fault says may quote somebody's mail: where it was is on stderr.
                    if ended.is_err() {
                        tracing::error!("a connection was dropped by a fault of ours");
                    }
                }
                accepted = listener.accept() => match accepted {
                    Ok((socket, peer)) => {
                        let peer = peer.ip().to_canonical();
                        match self.0.guests.admit(peer) {
                            Ok(guest) => drop(visits.spawn(visit(self.0.clone(), socket, guest, peer, stop.clone()))),
                            Err(reply) => turn_away(socket, reply),
                        }
                    }
                    Err(error) => {
                        // Out of file descriptors, most likely: the pause lets some be closed.
                        tracing::warn!(%error, "a connection could not be taken in");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
            }
        }
        drop(listener);
        let all_left = async { while visits.join_next().await.is_some() {} };
        if timeout(self.0.limits.grace + Duration::from_secs(2), all_left).await.is_err() {
            tracing::warn!("some connections had to be cut off");
        }
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.0.guests.count()
    }
}

/// Waits until it is told to stop; when nobody is left who could say so, that is telling enough.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Says one line without waiting and closes.
fn turn_away(socket: TcpStream, reply: reply::Reply) {
    let mut line = Vec::new();
    reply.write(&mut line);
    // A new socket's buffer is empty and takes a line at once; one that does not is not worth a wait.
    let _ = socket.into_std().and_then(|mut socket| socket.write(&line));
}

async fn visit(shared: Arc<Shared>, socket: TcpStream, guest: Guest, peer: IpAddr, stop: watch::Receiver<bool>) {
    // Without it an answer may wait for the peer's delayed acknowledgement; an error costs only that.
    let _ = socket.set_nodelay(true);
    let handshake = shared.limits.handshake;
    let acceptor = shared.tls.clone();
    let mut visit = Visit::new(shared.clone(), guest, peer, stop);
    let mut clear = visit.stream(socket);
    clear.say(reply::greeting(shared.receive.host()).as_bytes());
    match visit.converse(&mut clear).await {
        After::Gone => return,
        After::Part => return clear.part().await,
        After::StartTls => {}
    }
    // What was read ahead of TLS is dropped with the stream that read it (RFC 3207 section 4.2).
    let socket = clear.into_inner();
    let hands = async {
        timeout(handshake, acceptor.accept(socket))
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(Lost::Gone)
    };
    let Ok(sealed) = visit.wait(Duration::ZERO, hands).await else {
        tracing::debug!("a TLS handshake did not come about");
        return;
    };
    visit.secured(facts(&sealed));
    let mut sealed = visit.stream(sealed);
    match visit.converse(&mut sealed).await {
        After::Gone => {}
        // STARTTLS inside TLS is refused, so this is the end either way.
        After::Part | After::StartTls => sealed.part().await,
    }
}

/// What our own end observed of a TLS session.
fn facts(stream: &TlsStream<TcpStream>) -> TlsFacts {
    let connection: &ServerConnection = stream.get_ref().1;
    let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
    let group = connection.negotiated_key_exchange_group().and_then(|group| group.name().as_str());
    TlsFacts {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => TlsVersion::V1_3,
            Some(ProtocolVersion::TLSv1_2) => TlsVersion::V1_2,
            _ => TlsVersion::Older,
        },
        // rustls says TLS13_ where IANA says TLS_.
        suite: suite.unwrap_or_default().replacen("TLS13_", "TLS_", 1),
        group: group.unwrap_or_default().to_owned(),
    }
}
