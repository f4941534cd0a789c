//! `caliopen serve`: starts the appliance and keeps it until it is told to stop.

use super::{Failure, code, log_to_stderr, runtime, say, secret_from};
use crate::{
    app::{Appliance, StartError},
    config::Config,
    domain::network::Network,
    net::{acme, clock::Clock, demand, dns::Dns, mdns, outward::Outward},
    store,
};
use std::{
    io::{IsTerminal, Write},
    net::{IpAddr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};
use tokio::signal::unix::{SignalKind, signal};

/// How long what is still being worked out may take once all is closed.
const LAST: Duration = Duration::from_millis(200);

/// What `serve` is told.
#[derive(clap::Args)]
pub struct Args {
    /// The data folder, made by `caliopen init` or `caliopen setup`; an empty one begins the first run in the pages
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    doors: Doors,
    /// Unlock at once with the first line of this file (a passphrase or the recovery code). Whoever
    /// takes the file with the box can read the mail. Without it, or where it cannot be read or opens the box no
    /// more, the box starts locked
    #[arg(long, value_name = "FILE")]
    unlock_with: Option<PathBuf>,
    /// Have what arrives scanned by your own ClamAV, which listens on this Unix socket. Where it does not
    /// answer, mail is kept all the same and says so
    #[arg(long, value_name = "SOCKET")]
    clamd: Option<PathBuf>,
    /// Never slow or refuse this network for its spam, such as your own relay, as 192.0.2.0/24 or one
    /// address; may be given again
    #[arg(long, value_name = "NETWORK")]
    never_refuse: Vec<Network>,
    /// In the first run: how long trying the passphrase shall take on this machine, in milliseconds; never below a floor
    #[arg(long, value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(..=10_000))]
    trying_ms: u64,
    /// Answer for NAME.local in this network, by multicast DNS, as long as it runs
    #[arg(long, value_name = "NAME")]
    mdns: Option<mdns::Name>,
    #[command(flatten)]
    dns: Names,
    #[command(flatten)]
    way: Way,
}

/// How other servers are reached.
#[derive(clap::Args)]
pub struct Way {
    /// Authorities (PEM) that other servers' certificates may be from, besides those that browsers know, such as that
    /// of your own network
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// The port of other domains' mail servers. For tests: the world's is 25
    #[arg(long, value_name = "PORT", default_value_t = 25)]
    smtp_port_out: u16,
    /// The port of other domains' web servers. For tests: the world's is 443
    #[arg(long, value_name = "PORT", default_value_t = 443)]
    https_port_out: u16,
    /// The directory (ACME) of the authority that this box orders its certificate from, once you have accepted its terms
    #[arg(long, value_name = "URL", default_value = acme::LETS_ENCRYPT)]
    acme_directory: String,
}

impl Way {
    /// The same with whoever is asked about names.
    fn outward(&self, dns: Dns) -> Result<Outward, Failure> {
        let roots = self.trust.as_deref().map(|path| {
            let unreadable =
                |why: &dyn std::fmt::Display| Failure::new(code::NO_INPUT, format_args!("cannot read {}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|error| unreadable(&error))?;
            demand::trusting(&pem).ok_or_else(|| unreadable(&"there is no certificate of an authority in it"))
        });
        Ok(Outward {
            smtp_port: self.smtp_port_out,
            https_port: self.https_port_out,
            authority: self.acme_directory.clone(),
            roots: roots.transpose()?,
            ..dns.into()
        })
    }
}

/// Whom to ask about names.
#[derive(clap::Args)]
pub struct Names {
    /// The name server to ask, with or without a port, instead of the system's own; `none` asks nobody, and
    /// who really sent a message is then not known
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = name_server)]
    dns: Option<NameServer>,
    /// The DNSKEY records to trust (zone file format) instead of those of the root
    #[arg(long, value_name = "FILE", requires = "dns")]
    dns_anchor: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug)]
enum NameServer {
    Nobody,
    At(SocketAddr),
}

fn name_server(text: &str) -> Result<NameServer, String> {
    if text == "none" {
        return Ok(NameServer::Nobody);
    }
    let address = text
        .parse()
        .or_else(|_| text.parse::<IpAddr>().map(|address| SocketAddr::from((address, 53))));
    address.map(NameServer::At).map_err(|_| "neither an address nor `none`".to_owned())
}

impl Names {
    /// The client that asks them.
    pub fn client(&self) -> Result<Dns, Failure> {
        let keys = self.dns_anchor.as_deref().map(|path| {
            let keys = std::fs::read_to_string(path);
            keys.map_err(|error| Failure::new(code::NO_INPUT, format_args!("cannot read {}: {error}", path.display())))
        });
        match (self.dns, keys.transpose()?) {
            (None, _) => Ok(Dns::system()),
            (Some(NameServer::Nobody), _) => Ok(Dns::nobody()),
            (Some(NameServer::At(address)), None) => Ok(Dns::server(address)),
            (Some(NameServer::At(address)), Some(keys)) => {
                Dns::anchored(address, &keys).ok_or_else(|| Failure::new(code::DATA, "the DNSKEY records cannot be read"))
            }
        }
    }
}

/// Where to listen.
#[derive(clap::Args)]
pub struct Doors {
    /// Where to take mail; port 0 lets the system choose; may be given again
    #[arg(long, value_name = "ADDR:PORT")]
    smtp: Vec<SocketAddr>,
    /// Where to serve the pages over TLS; may be given again
    #[arg(long, value_name = "ADDR:PORT")]
    https: Vec<SocketAddr>,
    /// Where to serve the pages without TLS: to this machine only, others are sent to https
    #[arg(long, value_name = "ADDR:PORT")]
    http: Vec<SocketAddr>,
}

impl Doors {
    /// The three lists, or these where none was given.
    pub fn or(self, smtp: SocketAddr, https: SocketAddr, http: SocketAddr) -> [Vec<SocketAddr>; 3] {
        if self.smtp.is_empty() && self.https.is_empty() && self.http.is_empty() {
            [vec![smtp], vec![https], vec![http]]
        } else {
            [self.smtp, self.https, self.http]
        }
    }

    /// The three lists, each this one where it was not given.
    pub fn each_or(self, default: SocketAddr) -> [Vec<SocketAddr>; 3] {
        [self.smtp, self.https, self.http].map(|given| if given.is_empty() { vec![default] } else { given })
    }
}

/// Starts, says where on one line of JSON, and ends in order on SIGTERM, SIGINT or SIGHUP.
pub fn run(args: Args) -> Result<(), Failure> {
    log_to_stderr();
    // Mail is not kept out for want of a stick: without its key file a box begins as after any start.
    let secret = args.unlock_with.as_deref().map(secret_from).and_then(|secret| {
        secret
            .inspect_err(|Failure(_, why)| tracing::warn!("{why}; the box starts locked"))
            .ok()
    });
    let any = |port| SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
    let [smtp, https, http] = args.doors.or(any(25), any(443), any(80));
    let config = Config {
        data: args.data,
        smtp,
        https,
        http,
        secret,
        clamd: args.clamd,
        outward: args.way.outward(args.dns.client()?)?,
        spared: args.never_refuse,
        trying: Duration::from_millis(args.trying_ms),
        clock: Clock::system(),
    };
    until_its_end(async {
        let mut end = Ending::new()?;
        let appliance = Appliance::start(config).await.map_err(failure)?;
        let _announced = args.mdns.as_ref().and_then(|name| announce(name, &appliance));
        say(listening(&appliance));
        tell_claim(&appliance);
        tokio::select! {
            () = end.wait() => {}
            () = appliance.erased() => {}
        }
        appliance.stop().await;
        Ok(())
    })
}

/// Runs an appliance to its end. What somebody is still having worked out then (a passphrase tried, the store written anew) is not
/// waited for: it may take minutes, and whatever it writes is kept whole or not at all.
pub fn until_its_end(appliance: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = runtime()?;
    let outcome = runtime.block_on(appliance);
    runtime.shutdown_timeout(LAST);
    outcome
}

/// Where the box has no owner yet: tells whoever sits before this terminal how to become it. What is no terminal may be a
/// log, which others read: it is told only where the code stands.
fn tell_claim(appliance: &Appliance) {
    let run = &appliance.first_run;
    if !run.is_unclaimed() {
        return;
    }
    let file = appliance.vault.folder().join(store::front::CLAIM);
    let mut err = std::io::stderr();
    // A terminal that has gone away is not our failure: the file says the same.
    let _ = if err.is_terminal() {
        writeln!(
            err,
            "\n  This box has no owner yet. Open its pages in a browser, over https, and claim it.\n\n    \
             Claim code    {}\n    Certificate   SHA-256 {}\n\n  \
             The code is another one after every start. It also stands in {}.\n",
            run.code(),
            run.fingerprint(),
            file.display()
        )
    } else {
        writeln!(
            err,
            "caliopen: this box has no owner yet; its claim code stands in {}",
            file.display()
        )
    };
}

/// Says the name in the network. A box that cannot is a box all the same.
fn announce(name: &mdns::Name, appliance: &Appliance) -> Option<mdns::Announced> {
    let port = appliance.http.first().map_or(80, SocketAddr::port);
    mdns::Announced::new(name, port, mdns::Reach::Networks)
        .inspect_err(|error| tracing::warn!("{error}"))
        .ok()
}

/// The line that says where a running appliance listens.
pub fn listening(appliance: &Appliance) -> serde_json::Value {
    let list = |addresses: &[SocketAddr]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>();
    serde_json::json!({ "smtp": list(&appliance.smtp), "https": list(&appliance.https), "http": list(&appliance.http) })
}

/// The sentence and exit code of an appliance that did not start.
pub fn failure(error: StartError) -> Failure {
    let code = match &error {
        StartError::NoFolder | StartError::NoBox | StartError::NoSlots => code::NO_INPUT,
        StartError::WrongSecret => code::NO_PERMISSION,
        StartError::Listen(..) => code::UNAVAILABLE,
        StartError::Store(store::Error::InUse) => code::TRY_AGAIN,
        StartError::Store(_) | StartError::Tls(_) => code::IO,
    };
    Failure::new(code, error)
}

/// SIGTERM, SIGINT, and SIGHUP of a terminal that is closed, heard from the moment this is made.
pub struct Ending {
    term: tokio::signal::unix::Signal,
    int: tokio::signal::unix::Signal,
    /// `None` where whoever started us said that it means nothing (`nohup`).
    hup: Option<tokio::signal::unix::Signal>,
}

impl Ending {
    /// Begins to listen.
    pub fn new() -> Result<Self, Failure> {
        let hear = |kind| signal(kind).map_err(|error| Failure::new(code::IO, format_args!("cannot listen for signals: {error}")));
        Ok(Self {
            term: hear(SignalKind::terminate())?,
            int: hear(SignalKind::interrupt())?,
            hup: if passes_over_hangup() {
                None
            } else {
                Some(hear(SignalKind::hangup())?)
            },
        })
    }

    /// Waits for any of them.
    pub async fn wait(&mut self) {
        let Self { term, int, hup } = self;
        let closed = async {
            match hup {
                Some(hup) => drop(hup.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
            () = closed => {}
        }
    }
}

/// Whether SIGHUP is passed over already; also where the system does not say.
fn passes_over_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & 1 == 1)
}
