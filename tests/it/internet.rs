//! A small internet of a test's own: hosts in network namespaces behind one bridge, with real ports, a name server with
//! a signed root, and an authority for certificates. Nothing of it is seen outside, and nothing of it is left behind:
//! the test runs once more as the first process of its own namespaces, and with it ends whatever it started.
//!
//! Needs root, `unshare`, `ip` and `nsenter` (util-linux, iproute2), and NSD with ldns for names; what is missing is
//! said in one line, and the test is left out.

use aws_lc_rs::digest;
use caliopen::net::{
    dns::{Dns, Kind},
    tls::Identity,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use std::{
    fmt::Write as _,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

/// How long is waited for something that should happen.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// The network's own host: the name server, and the test itself.
pub const CENTRE: Ipv4Addr = Ipv4Addr::new(10, 55, 0, 254);

/// Whether this is the test inside of its own network; outside it is run there, and its outcome is this one's.
pub fn alone(test: &str) -> bool {
    const INSIDE: &str = "CALIOPEN_TEST_INTERNET";
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let namespaces = ["-n", "-m", "-p", "-f", "--kill-child", "--mount-proc"];
    let works = Command::new("unshare")
        .args(namespaces)
        .args(["ip", "link", "add", "br0", "type", "bridge"])
        .output();
    if !works.is_ok_and(|output| output.status.success()) {
        eprintln!("no network of its own can be made here (root, unshare, ip): {test} is left out");
        return false;
    }
    if !crate::authentication::zone_tools(&["nsd", "ldns-keygen", "ldns-signzone", "nsenter"]) {
        return false;
    }
    let status = Command::new("unshare")
        .args(namespaces)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .status()
        .unwrap();
    assert!(status.success(), "{test} failed inside of its network");
    false
}

/// Runs something to its end, which must be a good one.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    success(command, &output);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn success(command: &Command, output: &Output) {
    let said = [&output.stdout, &output.stderr].map(|octets| String::from_utf8_lossy(octets).into_owned());
    assert!(output.status.success(), "{command:?}: {}", said.concat());
}

fn ip(line: &str) {
    run(Command::new("ip").args(line.split(' ')));
}

/// Waits until something holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A file's text; nothing where it is not there.
pub fn read(path: &Path) -> String {
    std::fs::read(path).map_or_else(|_| String::new(), |octets| String::from_utf8_lossy(&octets).into_owned())
}

/// PEM (RFC 7468).
pub fn pem(label: &str, der: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in der.chunks(48) {
        for chunk in line.chunks(3) {
            let word = chunk.iter().fold(0_u32, |word, octet| word << 8 | u32::from(*octet)) << (8 * (3 - chunk.len()));
            let digits = (0..4).map(|digit| ALPHABET[(word >> (18 - 6 * digit)) as usize & 63] as char);
            out.extend(digits.take(chunk.len() + 1));
            out.extend(std::iter::repeat_n('=', 3 - chunk.len()));
        }
        out.push('\n');
    }
    out + &format!("-----END {label}-----\n")
}

/// An authority for certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    own: Vec<u8>,
}

impl Authority {
    /// A new one.
    pub fn make() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "A test's own authority");
        let key = KeyPair::generate().unwrap();
        let own = params.self_signed(&key).unwrap().der().to_vec();
        Self {
            issuer: Issuer::new(params, key),
            own,
        }
    }

    /// A certificate for these names.
    pub fn certify(&self, names: &[&str]) -> Identity {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let params = CertificateParams::new(names).unwrap();
        let made = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            chain: vec![made.der().to_vec()],
            key: key.serialize_der().into(),
        }
    }

    /// A certificate for these names that is too old.
    pub fn expired(&self, names: &[&str]) -> Identity {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        let made = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            chain: vec![made.der().to_vec()],
            key: key.serialize_der().into(),
        }
    }

    /// The authority's own certificate, PEM.
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.own)
    }

    /// Whoever trusts it.
    pub fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.own.clone().into()).unwrap();
        Arc::new(roots)
    }
}

/// The TLSA record of a certificate: DANE-EE, whole, SHA-256 (RFC 7672 section 3.1.1).
pub fn tlsa(host: &str, certificate: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, certificate);
    let hex = hash.as_ref().iter().fold(String::new(), |mut hex, octet| {
        write!(hex, "{octet:02x}").unwrap();
        hex
    });
    format!("_25._tcp.{host}. 60 IN TLSA 3 0 1 {hex}\n")
}

/// A host: a network namespace with one address.
pub struct Host {
    keeper: Child,
    /// Its address.
    pub address: Ipv4Addr,
}

impl Host {
    /// A program that runs there.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg("-t").arg(self.keeper.id().to_string()).arg("-n").arg(program);
        command
    }

    /// The host hears and never answers the centre: as behind a wall that drops.
    pub fn goes_dumb_towards(&self, other: Ipv4Addr) {
        run(self.command("ip").args(["route", "add", "blackhole", &format!("{other}/32")]));
    }
}

/// The network.
pub struct Internet {
    folder: tempfile::TempDir,
    root: String,
    plain: String,
    names: Option<Child>,
    anchor: String,
}

impl Internet {
    /// An empty one: the bridge, and this process on it.
    pub fn begin() -> Self {
        ip("link set lo up");
        ip("link add br0 type bridge");
        ip(&format!("addr add {CENTRE}/24 dev br0"));
        ip("link set br0 up");
        let soa = |zone: &str| format!("{zone} 60 IN SOA ns.{zone} mail.{zone} 1 3600 600 86400 60\n").replace("..", ".");
        let root = soa(".") + &format!(". 60 IN NS ns.\nns. 60 IN A {CENTRE}\nplain. 60 IN NS ns.plain.\nns.plain. 60 IN A {CENTRE}\n");
        let plain = soa("plain.") + &format!("plain. 60 IN NS ns.plain.\nns.plain. 60 IN A {CENTRE}\n");
        let folder = tempfile::tempdir().unwrap();
        // Servers that give up being root look into it.
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        Self {
            folder,
            root,
            plain,
            names: None,
            anchor: String::new(),
        }
    }

    /// A folder for what belongs to it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A host with this last number in its address.
    pub fn host(&self, last: u8) -> Host {
        let keeper = Command::new("unshare").args(["-n", "sleep", "infinity"]).spawn().unwrap();
        let (id, own) = (keeper.id(), std::fs::read_link("/proc/self/ns/net").unwrap());
        until("a namespace", || {
            std::fs::read_link(format!("/proc/{id}/ns/net")).is_ok_and(|theirs| theirs != own)
        });
        let host = Host {
            keeper,
            address: Ipv4Addr::new(10, 55, 0, last),
        };
        ip(&format!("link add v{last} type veth peer name eth0 netns {id}"));
        ip(&format!("link set v{last} master br0 up"));
        for line in [
            "link set lo up".to_owned(),
            format!("addr add {}/24 dev eth0", host.address),
            "link set eth0 up".to_owned(),
        ] {
            run(host.command("ip").args(line.split(' ')));
        }
        host
    }

    /// Records in zone file format; names below `plain.` are not signed, all others are.
    pub fn record(&mut self, lines: &str) {
        for line in lines.lines() {
            let owner = line.split(' ').next().unwrap_or_default();
            let zone = if owner.ends_with(".plain.") {
                &mut self.plain
            } else {
                &mut self.root
            };
            zone.push_str(line);
            zone.push('\n');
        }
    }

    /// A mail server for a domain, with its name both ways.
    pub fn mail_server(&mut self, domain: &str, address: Ipv4Addr) {
        let [a, b, c, d] = address.octets();
        self.record(&format!(
            "{domain}. 60 IN MX 10 mail.{domain}.\nmail.{domain}. 60 IN A {address}\n{d}.{c}.{b}.{a}.in-addr.arpa. 60 IN PTR mail.{domain}."
        ));
    }

    /// Signs what was recorded and answers for it, at port 53 of the centre.
    pub fn serve_names(&mut self) {
        self.names.take().into_iter().for_each(|mut old| {
            old.kill().unwrap();
            old.wait().unwrap();
        });
        let folder = self.folder.path().to_owned();
        let tool = |program: &str, args: &[&str]| run(Command::new(program).args(args).current_dir(&folder)).trim().to_owned();
        std::fs::write(self.path("zone-root"), &self.root).unwrap();
        std::fs::write(self.path("zone-plain"), &self.plain).unwrap();
        if self.anchor.is_empty() {
            self.anchor = tool("ldns-keygen", &["-k", "-a", "ECDSAP256SHA256", "."]);
        }
        tool("ldns-signzone", &["-f", "signed-root", "zone-root", &self.anchor]);
        let at = folder.display();
        let config = format!(
            "server:\n  ip-address: {CENTRE}@53\n  do-ip6: no\n  database: \"\"\n  username: \"\"\n  chroot: \"\"\n  zonesdir: \"{at}\"\n  pidfile: \"{at}/pid\"\n  \
             xfrdfile: \"{at}/xfrd\"\n  zonelistfile: \"{at}/list\"\n  logfile: \"{at}/nsd.log\"\n  server-count: 1\nremote-control:\n  control-enable: no\n\
             zone:\n  name: \".\"\n  zonefile: \"signed-root\"\nzone:\n  name: \"plain\"\n  zonefile: \"zone-plain\"\n"
        );
        std::fs::write(self.path("nsd.conf"), config).unwrap();
        let mut command = Command::new("nsd");
        command.arg("-d").arg("-c").arg(self.path("nsd.conf"));
        self.names = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        // On a thread of its own, because a test may be inside of a runtime already.
        let asking = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            until("the name server's answer", || {
                runtime.block_on(Dns::server((CENTRE, 53).into()).look("ns.plain", Kind::A)).is_ok()
            });
        });
        asking.join().unwrap();
    }

    /// The file with the key of the root.
    pub fn anchor(&self) -> PathBuf {
        self.path(&format!("{}.key", self.anchor))
    }

    /// The client that asks there and trusts that key.
    pub fn dns(&self) -> Dns {
        Dns::anchored((CENTRE, 53).into(), &read(&self.anchor())).unwrap()
    }
}
