//! What the appliance is told when it starts.

use crate::{
    domain::network::Network,
    net::{clock::Clock, outward::Outward},
};
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use zeroize::Zeroizing;

/// How to start.
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// Where to take mail; port 0 lets the system choose.
    pub smtp: Vec<SocketAddr>,
    /// Where to serve pages over TLS.
    pub https: Vec<SocketAddr>,
    /// Where to serve pages without: to this machine only, everyone else is sent to https.
    pub http: Vec<SocketAddr>,
    /// The secret to unlock with at once; without it the box starts locked.
    pub secret: Option<Zeroizing<String>>,
    /// The socket of the owner's own virus scanner.
    pub clamd: Option<PathBuf>,
    /// Whom to ask about names, and how the outside is reached.
    pub outward: Outward,
    /// Networks that are never slowed or refused for the spam that comes from them.
    pub spared: Vec<Network>,
    /// How long trying a passphrase shall take where the box is made here, in the first run.
    pub trying: Duration,
    /// What time it is.
    pub clock: Clock,
}
