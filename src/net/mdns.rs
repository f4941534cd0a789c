//! A name in the house: the box answers for `caliopen.local` on its own network, by multicast DNS (RFC 6762), so that
//! a board without screen or keyboard is found before it has a domain.
//!
//! Only where it is told to (`serve --mdns`): whoever listens on the network learns that a Caliopen is there. The
//! pages are announced as a service as well (RFC 6763), and a name that another machine already has is given way
//! to, as RFC 6762 section 9 wants. Deliberately absent: looking others up, and anything about the owner or the domain.

use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};
use std::str::FromStr;

/// Where multicast DNS is spoken (RFC 6762 section 3).
pub const PORT: u16 = 5353;
/// What browsers are told of: the page that says how to go on.
const SERVICE: &str = "_http._tcp.local.";
/// The longest label of a name (RFC 1035 section 2.3.4).
const LABEL: usize = 63;

/// A name that may be announced: one label, without `.local`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Name(String);

impl FromStr for Name {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
        let edge = text.starts_with('-') || text.ends_with('-');
        if text.is_empty() || text.len() > LABEL || edge || !text.bytes().all(plain) {
            return Err("a name has letters, digits and hyphens, such as caliopen");
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl Name {
    /// As it is looked up, with the final dot.
    fn host(&self) -> String {
        format!("{}.local.", self.0)
    }
}

/// Where a name is announced.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    /// On every network of this machine, not to itself.
    Networks,
    /// To this machine only, on a port of its own: for tests.
    Loopback(u16),
}

/// Why nothing is announced.
#[derive(Debug, thiserror::Error)]
#[error("the name in this network cannot be announced: {0}")]
pub struct MdnsError(#[from] mdns_sd::Error);

/// A name while it is announced; dropping it takes the name back (RFC 6762 section 10.1).
pub struct Announced {
    daemon: ServiceDaemon,
}

impl Announced {
    /// Announces `name`, with its pages at this port. The addresses are those of this machine, also when they change.
    /// It works in a thread of its own; that the network refuses multicast shows in nobody finding the name.
    ///
    /// # Errors
    ///
    /// Where the system gives no thread or no timer.
    pub fn new(name: &Name, http: u16, reach: Reach) -> Result<Self, MdnsError> {
        let service = ServiceInfo::new(SERVICE, "Caliopen", &name.host(), "", http, None)?.enable_addr_auto();
        let daemon = match reach {
            Reach::Networks => {
                let daemon = ServiceDaemon::new()?;
                daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
                daemon
            }
            Reach::Loopback(port) => {
                let daemon = ServiceDaemon::new_with_port(port)?;
                daemon.disable_interface(IfKind::All)?;
                daemon.enable_interface(IfKind::LoopbackV4)?;
                daemon
            }
        };
        daemon.register(service)?;
        Ok(Self { daemon })
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        // It says goodbye and ends; a network that is gone does not hear it.
        let _ = self.daemon.shutdown();
    }
}
