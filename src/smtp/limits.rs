//! What a stranger may use up: every bound of the SMTP door in one place, so that they can be read
//! together and a test can make them small.
//!
//! Absent on purpose: bounds on what is *in* a message (parts, depth, headers). Those are `codec`'s and
//! `service::receive`'s, because mail comes in by other doors too.

use crate::service::receive::MAX_MESSAGE;
use std::time::Duration;

/// The most octets of one line, its CRLF counted: of a command with all its parameters (RFC 5321
/// section 4.5.3.1.4 asks for 512 and what each extension adds) and of a text line in a message
/// (section 4.5.3.1.6 asks for 1,000; real mail has longer ones).
pub const MAX_LINE: usize = 2_000;

/// The bounds of the SMTP door.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open connections in all.
    pub connections: usize,
    /// Open connections from one network (an IPv4 /24, an IPv6 /64).
    pub per_network: usize,
    /// Open connections from this machine itself. It is no stranger: bounded by the total only.
    pub per_loopback: usize,
    /// Octets of a message as it is kept, without our own `Received` line.
    pub message: usize,
    /// Octets read and thrown away beyond [`Self::message`], so that the refusal can be heard, before
    /// the connection is closed instead.
    pub overrun: usize,
    /// Octets of messages in memory at once, over all connections.
    pub memory: usize,
    /// Recipients of one message (RFC 5321 section 4.5.3.1.8 asks for at least 100).
    pub recipients: usize,
    /// Commands that bring no message nearer, between two messages.
    pub commands: u32,
    /// Refused commands, between two messages.
    pub errors: u32,
    /// How long a peer may say nothing (RFC 5321 section 4.5.3.2.7 asks for 5 minutes), and how long it
    /// may leave an answer unread.
    pub idle: Duration,
    /// How long a peer may take for each message, from the greeting or the message before.
    pub per_message: Duration,
    /// How long a TLS handshake may take.
    pub handshake: Duration,
    /// When all places are taken: the silence after which one in the middle of a message loses its place.
    pub patience: Duration,
    /// One step of the wait before a message of a network that sends much spam is taken; five at most.
    pub drag: Duration,
    /// When the door closes: how long a message that is being sent may still take.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 200,
            per_network: 10,
            per_loopback: 200,
            message: MAX_MESSAGE,
            overrun: MAX_MESSAGE,
            memory: 4 * MAX_MESSAGE,
            recipients: 100,
            commands: 100,
            errors: 10,
            idle: Duration::from_secs(5 * 60),
            per_message: Duration::from_secs(15 * 60),
            handshake: Duration::from_secs(30),
            patience: Duration::from_secs(20),
            drag: Duration::from_millis(500),
            grace: Duration::from_secs(2),
        }
    }
}
