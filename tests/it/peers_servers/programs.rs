//! Postfix, Exim and OpenSMTPD as receivers, each on a host of its own, with folders of its own.
//!
//! Debian's packages of Exim and OpenSMTPD cannot be installed beside Postfix. They are fetched with apt-get once,
//! unpacked into the build folder, and laid over `/usr` inside of the test's own mount namespace, where the users
//! that they want exist as well. The machine is left as it was.

use crate::internet::{Host, Internet, pem, read, run, until};
use caliopen::net::tls::Identity;
use std::{
    fs,
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const PACKAGES: &[&str] = &[
    "exim4-daemon-light",
    "exim4-base",
    "libgnutls-dane0",
    "libidn12",
    "opensmtpd",
    "libevent-2.1-7",
];

/// Where the packages are unpacked; `None`, said in a line, where they cannot be had.
fn packages() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail-servers");
    let root = folder.join("root");
    if folder.join("whole").exists() {
        return Some(root);
    }
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&root).unwrap();
    let got = Command::new("apt-get").arg("download").args(PACKAGES).current_dir(&folder).output();
    if !got.is_ok_and(|output| output.status.success()) {
        return None;
    }
    for file in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|ending| ending == "deb") {
            run(Command::new("dpkg").arg("-x").arg(&file).arg(&root));
        }
    }
    fs::write(folder.join("whole"), "").unwrap();
    Some(root)
}

/// Fetches the packages while there still is a network; inside there is none.
pub fn fetch() -> bool {
    let there = packages().is_some();
    if !there {
        eprintln!("Exim and OpenSMTPD cannot be fetched: they are not tried as peers");
    }
    there
}

/// Lays the packages over `/usr`, and makes the users that they want, for this test's processes only.
pub fn lay_over(internet: &Internet) {
    let root = packages().expect("they were fetched before").join("usr");
    run(Command::new("mount").args([
        "-t",
        "overlay",
        "overlay",
        "-o",
        &format!("lowerdir={}:/usr", root.display()),
        "/usr",
    ]));
    for (file, lines) in [
        (
            "passwd",
            "opensmtpd:x:990:990::/nowhere:/bin/false\nopensmtpq:x:991:991::/nowhere:/bin/false\nDebian-exim:x:992:992::/nowhere:/bin/false\nkeeper:x:993:993::/nowhere:/bin/sh\n",
        ),
        ("group", "opensmtpd:x:990:\nopensmtpq:x:991:\nDebian-exim:x:992:\nkeeper:x:993:\n"),
    ] {
        let (own, there) = (internet.path(file), format!("/etc/{file}"));
        fs::write(&own, read(Path::new(&there)) + lines).unwrap();
        run(Command::new("mount").arg("--bind").arg(&own).arg(&there));
    }
    for folder in ["/var/spool", "/var/lib"] {
        run(Command::new("mount").args(["-t", "tmpfs", "tmpfs", folder]));
    }
}

/// Certificate and key of a server as PEM files, readable by this user.
fn files(internet: &Internet, name: &str, identity: &Identity, user: u32) -> (PathBuf, PathBuf) {
    let (cert, key) = (internet.path(&format!("{name}.cert")), internet.path(&format!("{name}.key")));
    fs::write(&cert, pem("CERTIFICATE", &identity.chain[0])).unwrap();
    fs::write(&key, pem("PRIVATE KEY", &identity.key)).unwrap();
    for file in [&cert, &key] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::chown(file, Some(user), Some(user)).unwrap();
    }
    (cert, key)
}

fn listens(host: &Host, port: u16) {
    until("a listening server", || TcpStream::connect((host.address, port)).is_ok());
}

/// A folder that anyone may write to.
fn inbox(internet: &Internet, name: &str) -> PathBuf {
    let folder = internet.path(name);
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

/// All that lies in a folder, as one text.
pub fn all_of(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        text += &if path.is_dir() { all_of(&path) } else { read(&path) };
    }
    text
}

/// Postfix for a domain: `grey@` is asked to come back, `never@` is refused. Gives the folder with what it kept.
pub fn postfix(internet: &Internet, host: &Host, domain: &str, identity: &Identity) -> PathBuf {
    let root = internet.path(&format!("postfix-{domain}"));
    for name in ["", "config", "queue", "data"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    run(Command::new("chown").arg("postfix").arg(root.join("data")));
    let kept = inbox(internet, &format!("inbox-{domain}"));
    let (cert, key) = files(internet, &format!("mail.{domain}"), identity, 0);
    let at = root.display();
    let main = format!(
        "compatibility_level = 3.6\nqueue_directory = {at}/queue\ndata_directory = {at}/data\nmaillog_file = {at}/log\n\
         maillog_file_prefixes = {at}\nmyhostname = mail.{domain}\nmydestination =\nmynetworks =\ninet_protocols = ipv4\n\
         inet_interfaces = {}\nalias_maps =\nalias_database =\nsmtpd_tls_security_level = may\nsmtpd_tls_cert_file = {}\n\
         smtpd_tls_key_file = {}\nvirtual_mailbox_domains = {domain}\nvirtual_mailbox_base = {}\nvirtual_mailbox_maps = static:kept/\n\
         virtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534\nvirtual_minimum_uid = 1\n\
         smtpd_relay_restrictions = reject_unauth_destination\nsmtpd_peername_lookup = no\n\
         smtpd_recipient_restrictions = check_recipient_access inline:{{ {{grey@{domain} = 450 4.7.1 greylisted, come back in five minutes}}, \
         {{never@{domain} = 550 5.1.1 nobody of that name lives here}} }}\n",
        host.address,
        cert.display(),
        key.display(),
        kept.display()
    );
    // What other programs of Postfix ask lies in `private`, what the owner's commands ask in `public`.
    let service = |name: &str, kind: &str, wake: &str, most: &str, command: &str| {
        let public = matches!(name, "smtp" | "pickup" | "cleanup" | "qmgr" | "showq" | "postlog");
        // It writes as whoever owns the box.
        let privileged = if name == "virtual" { "n" } else { "-" };
        format!(
            "{name} {kind} {} {privileged} n {wake} {most} {command}\n",
            if public { "n" } else { "-" }
        )
    };
    let master = [
        service("smtp", "inet", "-", "-", "smtpd"),
        service("pickup", "unix", "60", "1", "pickup"),
        service("cleanup", "unix", "-", "0", "cleanup"),
        service("qmgr", "unix", "300", "1", "qmgr"),
        service("tlsmgr", "unix", "1000?", "1", "tlsmgr"),
        service("rewrite", "unix", "-", "-", "trivial-rewrite"),
        service("bounce", "unix", "-", "0", "bounce"),
        service("defer", "unix", "-", "0", "bounce"),
        service("trace", "unix", "-", "0", "bounce"),
        service("verify", "unix", "-", "1", "verify"),
        service("virtual", "unix", "-", "-", "virtual"),
        service("showq", "unix", "-", "-", "showq"),
        service("error", "unix", "-", "-", "error"),
        service("retry", "unix", "-", "-", "error"),
        service("proxymap", "unix", "-", "-", "proxymap"),
        service("anvil", "unix", "-", "1", "anvil"),
        service("postlog", "unix-dgram", "-", "1", "postlogd"),
    ];
    fs::write(root.join("config/main.cf"), main).unwrap();
    fs::write(root.join("config/master.cf"), master.concat()).unwrap();
    run(host.command("/usr/sbin/postfix").arg("-c").arg(root.join("config")).arg("start"));
    listens(host, 25);
    kept
}

/// Exim for these domains, at port 25; and for whoever signs in as `owner` with `secret`, at 587 (STARTTLS) and 465
/// (TLS at once), as the server that passes everything on, which here means that it keeps it.
#[allow(
    clippy::zombie_processes,
    reason = "it ends with the first process of the namespace, which is the test"
)]
pub fn exim(internet: &Internet, host: &Host, name: &str, domains: &str, identity: &Identity) -> PathBuf {
    let kept = inbox(internet, "inbox-exim");
    let (cert, key) = files(internet, name, identity, 992);
    let config = format!(
        "exim_user = Debian-exim\nexim_group = Debian-exim\nprimary_hostname = {name}\ndomainlist ours = {domains}\n\
         spool_directory = /var/spool/exim4\nlog_file_path = {}/%slog\ntls_advertise_hosts = *\ntls_certificate = {}\ntls_privatekey = {}\n\
         acl_smtp_rcpt = rcpt\nacl_smtp_data = accept\nhost_lookup =\nrfc1413_query_timeout = 0s\ndaemon_smtp_ports = 25 : 587 : 465\n\
         tls_on_connect_ports = 465\nlocal_interfaces = {}\nauth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}\n\
         begin acl\nrcpt:\n  accept authenticated = *\n  accept domains = +ours\n  deny message = no relaying for you\n\
         begin routers\nall:\n  driver = accept\n  transport = keep\n\
         begin transports\nkeep:\n  driver = appendfile\n  file = {}/kept\n  user = Debian-exim\n  envelope_to_add\n\
         begin authenticators\nplain:\n  driver = plaintext\n  public_name = PLAIN\n\
         \x20 server_condition = ${{if and {{{{eq{{$auth2}}{{owner}}}}{{eq{{$auth3}}{{secret}}}}}}}}\n  server_set_id = $auth2\n",
        kept.display(),
        cert.display(),
        key.display(),
        host.address,
        kept.display()
    );
    fs::create_dir_all("/var/lib/exim4").unwrap();
    fs::create_dir_all("/var/spool/exim4").unwrap();
    std::os::unix::fs::chown("/var/spool/exim4", Some(992), Some(992)).unwrap();
    fs::write("/var/lib/exim4/config.autogenerated", config).unwrap();
    let mut exim = host.command("/usr/sbin/exim4");
    exim.arg("-bdf").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for port in [25, 587, 465] {
        listens(host, port);
    }
    kept
}

/// OpenSMTPD for a domain, which offers no encryption: that of Debian 12 cannot agree on any (its TLS keys are lost on
/// the way to the process that needs them, with OpenSSL 3).
#[allow(
    clippy::zombie_processes,
    reason = "it ends with the first process of the namespace, which is the test"
)]
pub fn opensmtpd(internet: &Internet, host: &Host, domain: &str) -> PathBuf {
    let kept = inbox(internet, &format!("inbox-{domain}"));
    fs::create_dir_all("/var/lib/opensmtpd/empty").unwrap();
    let config = format!(
        "table users {{ \"@\" = \"keeper\" }}\nlisten on {} port 25 hostname mail.{domain}\n\
         action keep maildir \"{}\" virtual <users>\nmatch from any for domain \"{domain}\" action keep\n",
        host.address,
        kept.join("maildir").display()
    );
    let file = internet.path("smtpd.conf");
    fs::write(&file, config).unwrap();
    let mut smtpd = host.command("/usr/sbin/smtpd");
    smtpd
        .arg("-d")
        .arg("-f")
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    listens(host, 25);
    kept
}
