//! The DNS client against a real name server (NSD) with a root zone of the test's own, signed with a key of
//! the test's own: what is validated, what is provably not signed, and what is forged or too old.

use crate::authentication::zone_tools;
use caliopen::net::dns::{Dns, Failure, Kind, Security};
use std::{
    fmt::Write as _,
    net::{SocketAddr, UdpSocket},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(30);

fn run(folder: &Path, program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).current_dir(folder).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn read(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap()
}

/// A zone's own records; the name servers in them are never asked, for the client asks one only.
fn zone(name: &str) -> String {
    let dot = if name.is_empty() { "." } else { &format!("{name}.") };
    let below = |label: &str| {
        if name.is_empty() {
            format!("{label}.")
        } else {
            format!("{label}.{name}.")
        }
    };
    let (ns, mail, www) = (below("ns"), below("mail"), below("www"));
    format!(
        "{dot} 60 IN SOA {ns} {mail} 1 3600 600 86400 60\n{dot} 60 IN NS {ns}\n{ns} 60 IN A 127.0.0.1\n{mail} 60 IN A 192.0.2.1\n\
         {dot} 60 IN MX 10 {mail}\n{dot} 60 IN TXT \"v=spf1 ip4:192.0.2.0/24\" \" -all\"\n{www} 60 IN CNAME {mail}\n"
    )
}

/// Makes the key of a zone; gives the name of its files.
fn key(folder: &Path, name: &str) -> String {
    let origin = if name.is_empty() { "." } else { name };
    run(folder, "ldns-keygen", &["-k", "-a", "ECDSAP256SHA256", origin])
}

/// Signs what stands in the zone's file.
fn sign(folder: &Path, name: &str, keys: &[&str], when: &[&str]) {
    let (plain, signed) = (format!("zone-{name}"), format!("signed-{name}"));
    let args = [when, &["-f", &signed, &plain], keys].concat();
    run(folder, "ldns-signzone", &args);
}

struct Server {
    child: Child,
    address: SocketAddr,
    /// The key of the root.
    anchor: String,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A name server with `signed`, `plain` (no keys), `broken` (another's key) and `expired`, and their root.
async fn serve() -> Server {
    let made = tempfile::tempdir().unwrap();
    let folder = made.path();
    let names = ["signed", "plain", "broken", "expired"];
    let mut root = zone("");
    for name in names {
        writeln!(root, "{name}. 60 IN NS ns.{name}.\nns.{name}. 60 IN A 127.0.0.1").unwrap();
        std::fs::write(folder.join(format!("zone-{name}")), zone(name)).unwrap();
    }
    let [signed, broken, expired, another] = ["signed", "broken", "expired", "broken"].map(|name| key(folder, name));
    for own in [&signed, &another, &expired] {
        root.push_str(&read(folder, &format!("{own}.ds")));
    }
    std::fs::write(folder.join("zone-"), root).unwrap();
    let anchor = key(folder, "");
    // As in the real root: the trusted key signs the other, and that one the rest.
    let other = run(folder, "ldns-keygen", &["-a", "ECDSAP256SHA256", "."]);
    sign(folder, "", &[&anchor, &other], &[]);
    sign(folder, "signed", &[&signed], &[]);
    sign(folder, "broken", &[&broken], &[]);
    sign(folder, "expired", &[&expired], &["-i", "20200101000000", "-e", "20200201000000"]);
    std::fs::copy(folder.join("zone-plain"), folder.join("signed-plain")).unwrap();
    let anchor = read(folder, &format!("{anchor}.key"));
    let (child, address) = start(folder, &names).await;
    Server {
        child,
        address,
        anchor,
        _folder: made,
    }
}

async fn start(folder: &Path, names: &[&str]) -> (Child, SocketAddr) {
    // The server takes no port 0: a free one is looked for, and another where somebody was faster.
    for _ in 0..5 {
        let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let at = folder.display();
        let mut config = format!(
            "server:\n  ip-address: 127.0.0.1@{}\n  do-ip6: no\n  username: \"\"\n  chroot: \"\"\n  zonesdir: \"{at}\"\n  pidfile: \"{at}/pid\"\n  \
             xfrdfile: \"{at}/xfrd\"\n  zonelistfile: \"{at}/list\"\n  logfile: \"{at}/log\"\n  server-count: 1\nremote-control:\n  control-enable: no\n\
             zone:\n  name: \".\"\n  zonefile: \"signed-\"\n",
            address.port()
        );
        for name in names {
            writeln!(config, "zone:\n  name: \"{name}\"\n  zonefile: \"signed-{name}\"").unwrap();
        }
        std::fs::write(folder.join("nsd.conf"), config).unwrap();
        let mut command = Command::new("nsd");
        let command = command.args(["-d", "-c"]).arg(folder.join("nsd.conf"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let answers = async {
            while Dns::server(address).look("plain", Kind::Txt).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let ended = async {
            while child.try_wait().unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            answered = tokio::time::timeout(PATIENCE, answers) => {
                answered.expect("the name server answers");
                return (child, address);
            }
            () = ended => {}
        }
    }
    panic!("no port for the name server: {}", read(folder, "log"));
}

#[tokio::test]
async fn answers_are_secure_insecure_or_bogus() {
    if !zone_tools(&["nsd", "ldns-keygen", "ldns-signzone"]) {
        return;
    }
    let server = serve().await;
    let dns = Dns::anchored(server.address, &server.anchor).unwrap();

    let answer = dns.look("Signed.", Kind::Txt).await.unwrap();
    assert_eq!(
        answer.texts().collect::<Vec<_>>(),
        [b"v=spf1 ip4:192.0.2.0/24 -all"],
        "two strings are one text"
    );
    assert_eq!(answer.security, Security::Secure);
    assert_eq!(dns.look("signed", Kind::Mx).await.unwrap().names(), ["mail.signed"]);
    let alias = dns.look("www.signed", Kind::A).await.unwrap();
    assert_eq!((alias.addresses().count(), alias.security), (1, Security::Secure));
    let nothing = dns.look("mail.signed", Kind::Txt).await.unwrap();
    assert_eq!((nothing.records.len(), nothing.no_such_name), (0, false));
    assert_eq!(nothing.security, Security::Secure, "that there is nothing is proven too");
    assert!(dns.look("nobody.signed", Kind::A).await.unwrap().no_such_name);

    let plain = dns.look("plain", Kind::Txt).await.unwrap();
    assert_eq!((plain.texts().count(), plain.security), (1, Security::Insecure));
    let nothing = dns.look("nobody.plain", Kind::A).await.unwrap();
    assert!(nothing.no_such_name && nothing.security != Security::Secure);

    for forged in ["broken", "expired", "mail.broken"] {
        let kind = if forged.contains('.') { Kind::A } else { Kind::Txt };
        assert_eq!(dns.look(forged, kind).await, Err(Failure::Bogus), "{forged}");
    }
    // Asked a second time it comes from memory, and says the same.
    assert_eq!(dns.look("signed", Kind::Txt).await.unwrap(), answer);
    assert_eq!(dns.look("plain", Kind::Txt).await.unwrap(), plain);

    // With the keys of the real root nothing here validates: then nothing is known, and mail still arrives.
    let strangers = Dns::server(server.address);
    let answer = strangers.look("signed", Kind::Txt).await.unwrap();
    assert_eq!((answer.texts().count(), answer.security), (1, Security::NotKnown));

    let address = server.address;
    drop(server);
    let gone = Dns::server(address).look("signed", Kind::Txt).await;
    assert!(matches!(gone, Err(Failure::Unreachable | Failure::Silent)), "{gone:?}");
}

/// What somebody who stands before a name server does with what is asked: passes it on; swallows what is asked about the
/// keys of its root; asks for no signatures.
const PASSES: u8 = 0;
const SWALLOWS: u8 = 1;
const STRIPS: u8 = 2;

/// Stands before a name server, and does what it is told to.
async fn between(server: SocketAddr) -> (SocketAddr, Arc<AtomicU8>) {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (address, does) = (socket.local_addr().unwrap(), Arc::new(AtomicU8::new(PASSES)));
    let told = does.clone();
    tokio::spawn(async move {
        let mut asked = [0; 4096];
        while let Ok((size, from)) = socket.recv_from(&mut asked).await {
            // Behind twelve octets of head stands the name, which is empty, and DNSKEY, which is 48 (RFC 4034).
            if asked[12..size].starts_with(&[0, 0, 48]) && told.load(Ordering::SeqCst) == SWALLOWS {
                continue;
            }
            if told.load(Ordering::SeqCst) == STRIPS
                && let Some(at) = asked[12..size].windows(3).rposition(|octets| octets == [0, 0, 41])
            {
                // Behind the name of the OPT record stand its type, a size, two octets, and the DO bit (RFC 6891 section 6.1.3).
                asked[12 + at + 7] = 0;
            }
            let passing = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
            passing.send_to(&asked[..size], server).await.unwrap();
            let mut answer = [0; 4096];
            if let Ok(Ok((size, _))) = tokio::time::timeout(PATIENCE, passing.recv_from(&mut answer)).await {
                socket.send_to(&answer[..size], from).await.unwrap();
            }
        }
    });
    (address, does)
}

#[tokio::test]
async fn whoever_swallows_an_answer_does_not_switch_validation_off() {
    if !zone_tools(&["nsd", "ldns-keygen", "ldns-signzone"]) {
        return;
    }
    let server = serve().await;
    let (address, does) = between(server.address).await;
    let dns = Dns::anchored(address, &server.anchor).unwrap();
    does.store(SWALLOWS, Ordering::SeqCst);
    assert!(dns.look("broken", Kind::Txt).await.is_err(), "forged, or nobody knows");
    does.store(PASSES, Ordering::SeqCst);
    assert_eq!(dns.look("signed", Kind::Txt).await.unwrap().security, Security::Secure);
    assert_eq!(dns.look("expired", Kind::Txt).await, Err(Failure::Bogus));
    // It was seen to speak: that is not forgotten either.
    does.store(SWALLOWS, Ordering::SeqCst);
    assert_eq!(dns.look("mail.broken", Kind::A).await, Err(Failure::Bogus));
}

#[tokio::test]
async fn whoever_strips_signatures_does_not_switch_off_what_has_validated() {
    if !zone_tools(&["nsd", "ldns-keygen", "ldns-signzone"]) {
        return;
    }
    let server = serve().await;
    let (address, does) = between(server.address).await;
    let dns = || Dns::anchored(address, &server.anchor).unwrap();
    let validated = dns();
    assert_eq!(validated.look("signed", Kind::Txt).await.unwrap().security, Security::Secure);
    does.store(STRIPS, Ordering::SeqCst);
    validated.forget();
    assert_eq!(validated.look("signed", Kind::Txt).await, Err(Failure::Bogus));
    // Behind a router that does so from the beginning mail still arrives.
    let answer = dns().look("signed", Kind::Txt).await.unwrap();
    assert_eq!((answer.texts().count(), answer.security), (1, Security::NotKnown));
}
