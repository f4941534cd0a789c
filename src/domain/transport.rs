//! How a message travelled: what this appliance saw of the last hop, and what earlier hops claim.

use super::time::Time;
use std::net::IpAddr;

/// Facts of one TLS session, as our own end of it observed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// The protocol version that was negotiated.
    pub version: TlsVersion,
    /// The cipher suite by its IANA name, such as `TLS_AES_256_GCM_SHA384`.
    pub suite: String,
    /// The key-exchange group by its IANA name, such as `X25519MLKEM768`; empty where there was none.
    pub group: String,
}

/// A TLS version (RFC 8446, RFC 5246). Older ones are refused at the door and never get this far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// Something older than 1.2, told by another program's evidence.
    Older,
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

impl TlsFacts {
    /// Whether the suite is authenticated encryption (every suite of TLS 1.3; GCM, CCM or ChaCha20 in 1.2).
    pub fn is_aead(&self) -> bool {
        self.version == TlsVersion::V1_3
            || (self.version == TlsVersion::V1_2 && ["GCM", "CCM", "CHACHA20", "POLY1305"].iter().any(|mode| self.suite.contains(mode)))
    }

    /// Whether the key exchange was a hybrid with a post-quantum part (X25519MLKEM768 and its like).
    pub fn is_quantum_safe(&self) -> bool {
        self.group.to_ascii_uppercase().find("MLKEM").is_some_and(|at| at > 0)
    }
}

/// What the SMTP door saw of the session that brought a message (RFC 5321 section 4.4, RFC 3848).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When the last octet was received.
    pub at: Time,
    /// The peer's address as the socket told it.
    pub peer: IpAddr,
    /// The name that the peer gave in EHLO or HELO. The peer's word only.
    pub helo: String,
    /// The envelope sender; `None` is the null reverse-path `<>`.
    pub mail_from: Option<String>,
    /// The recipients of the envelope that this appliance accepted, as given.
    pub rcpt_to: Vec<String>,
    /// The TLS session, `None` where there was none.
    pub tls: Option<TlsFacts>,
    /// Whether EHLO was used (ESMTP).
    pub extended: bool,
    /// Whether the transaction used SMTPUTF8 (RFC 6531).
    pub utf8: bool,
}

/// One `Received` line: somebody else's word on an earlier hop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// The `from` name.
    pub from: String,
    /// The `by` name.
    pub by: String,
    /// The `with` protocol, such as `ESMTPS` (RFC 3848).
    pub with: String,
    /// Whether the line says the hop was encrypted; `None` where it does not say.
    pub encrypted: Option<bool>,
    /// When, by that server's clock.
    pub at: Option<Time>,
}
