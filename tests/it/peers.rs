//! Mail programs that we did not write deliver to the running appliance over STARTTLS: swaks, curl, and
//! a Postfix of the test's own. What they brought is then read through the services.

use crate::appliance::{Folder, OWNER, PASSPHRASE};
use caliopen::{
    app::{self, Services},
    domain::{id::MessageId, transport::TlsVersion},
    net::clock::Clock,
    service::view::MessagePage,
    store::{
        slots::Opening,
        vault::{Secret, Vault},
    },
};
use std::{
    io::Write,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

/// Whether a program is there; says so where it is not.
fn is_here(program: &str) -> bool {
    let here = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>())
        .chain([PathBuf::from("/usr/sbin")])
        .any(|folder| folder.join(program).exists());
    if !here {
        eprintln!("{program} is not installed: it is not tried as a peer");
    }
    here
}

fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn assert_success(output: &Output) {
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Has `deliver` send a message to a fresh appliance, and gives the one that it kept and its octets.
fn received(deliver: impl FnOnce(SocketAddr)) -> (MessagePage, String) {
    let folder = Folder::make();
    let appliance = folder.serve();
    deliver(appliance.smtp);
    let in_order = appliance.terminate();
    assert!(in_order);

    let vault = Vault::locked(&folder.data);
    assert!(matches!(vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap(), Secret::Right(_)));
    let (file, front) = app::front(&folder.data).unwrap();
    let services = Services::new(&vault, &file, &front, &Clock::system()).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        assert_eq!(services.timeline.page(1).await.unwrap().total, 1);
        let page = services.discussions.message(MessageId(1)).await.unwrap();
        let source = services.discussions.source(MessageId(1)).await.unwrap();
        (page, String::from_utf8(source).unwrap())
    })
}

/// What holds whoever brought it.
fn assert_arrived(page: &MessagePage, source: &str, subject: &str, from: &str) {
    assert_eq!(page.message.subject, subject);
    assert_eq!(page.message.from.as_ref().unwrap().address.as_str(), from);
    let arrival = page.journey.arrival.as_ref().unwrap();
    assert_eq!(arrival.mail_from.as_deref(), Some(from));
    assert_eq!(arrival.rcpt_to, [OWNER]);
    let tls = arrival.tls.as_ref().unwrap();
    assert!(tls.version == TlsVersion::V1_3 && tls.is_aead() && !tls.group.is_empty(), "{tls:?}");
    let stamp = format!(
        "with ESMTPS (TLS1.3)\r\n\tfor <{OWNER}>\r\n\ttls {} group {};\r\n\t",
        tls.suite, tls.group
    );
    assert!(source.starts_with("Received: from ") && source.contains(&stamp), "{source}");
}

#[test]
fn swaks_delivers_over_starttls() {
    if !is_here("swaks") {
        return;
    }
    let (page, source) = received(|to| {
        let mut swaks = Command::new("swaks");
        swaks.args([
            "--tls",
            "--server",
            "127.0.0.1",
            "--port",
            &to.port().to_string(),
            "--ehlo",
            "swaks.test",
        ]);
        swaks.args(["--from", "ana@sender.test", "--to", OWNER, "--header", "Subject: hello from swaks"]);
        swaks.args(["--body", "One line.\n.\n..and dots\n"]);
        assert_success(&run(&mut swaks, ""));
    });
    assert_arrived(&page, &source, "hello from swaks", "ana@sender.test");
    assert!(source.contains("\r\nOne line.\r\n.\r\n..and dots\r\n"), "{source}");
    assert_eq!(page.journey.arrival.unwrap().helo, "swaks.test");
}

#[test]
fn curl_delivers_over_starttls() {
    if !is_here("curl") {
        return;
    }
    let message = format!("From: <ben@sender.test>\r\nTo: <{OWNER}>\r\nSubject: hello from curl\r\n\r\n.A line.\r\n");
    let (page, source) = received(|to| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--ssl-reqd", "--insecure", "--max-time", "20"]);
        curl.args(["--mail-from", "ben@sender.test", "--mail-rcpt", OWNER, "--upload-file", "-"]);
        curl.arg(format!("smtp://{to}/curl.test"));
        assert_success(&run(&mut curl, &message));
    });
    assert_arrived(&page, &source, "hello from curl", "ben@sender.test");
    assert!(source.ends_with(&message), "{source}");
}

/// A Postfix with folders of its own; stopped when dropped.
struct Postfix {
    folder: tempfile::TempDir,
}

impl Postfix {
    /// Starts one that sends everything to `relay`, encrypted or not at all.
    fn start(relay: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["config", "queue", "data"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        assert_success(&run(Command::new("chown").arg("postfix").arg(root.join("data")), ""));
        let at = root.display();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {at}/queue\ndata_directory = {at}/data\n\
             maillog_file = {at}/log\nmaillog_file_prefixes = {at}\nmyhostname = postfix.test\nmydestination =\n\
             inet_protocols = ipv4\ninet_interfaces = loopback-only\nalias_maps =\nalias_database =\nlocal_recipient_maps =\n\
             relayhost = [{}]:{}\nsmtp_tls_security_level = encrypt\nsmtp_tls_loglevel = 1\nsmtp_host_lookup = native\n",
            relay.ip(),
            relay.port()
        );
        let service = |name: &str, kind: &str, private: &str, wake: &str, most: &str, command: &str| {
            format!("{name} {kind} {private} - n {wake} {most} {command}\n")
        };
        let master = [
            service("pickup", "unix", "n", "60", "1", "pickup"),
            service("cleanup", "unix", "n", "-", "0", "cleanup"),
            service("qmgr", "unix", "n", "300", "1", "qmgr"),
            service("tlsmgr", "unix", "-", "1000?", "1", "tlsmgr"),
            service("rewrite", "unix", "-", "-", "-", "trivial-rewrite"),
            service("bounce", "unix", "-", "-", "0", "bounce"),
            service("defer", "unix", "-", "-", "0", "bounce"),
            service("trace", "unix", "-", "-", "0", "bounce"),
            service("verify", "unix", "-", "-", "1", "verify"),
            service("smtp", "unix", "-", "-", "-", "smtp"),
            service("relay", "unix", "-", "-", "-", "smtp"),
            service("showq", "unix", "n", "-", "-", "showq"),
            service("error", "unix", "-", "-", "-", "error"),
            service("retry", "unix", "-", "-", "-", "error"),
            service("scache", "unix", "-", "-", "1", "scache"),
            service("postlog", "unix-dgram", "n", "-", "1", "postlogd"),
        ];
        std::fs::write(root.join("config/main.cf"), main).unwrap();
        std::fs::write(root.join("config/master.cf"), master.concat()).unwrap();
        let postfix = Self { folder };
        assert_success(&postfix.control("start"));
        postfix
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn control(&self, what: &str) -> Output {
        run(Command::new("/usr/sbin/postfix").arg("-c").arg(self.path("config")).arg(what), "")
    }

    /// Hands it a message as a local program does.
    fn submit(&self, from: &str, to: &str, message: &str) {
        let mut sendmail = Command::new("/usr/sbin/sendmail");
        sendmail.arg("-C").arg(self.path("config")).args(["-i", "-f", from, to]);
        assert_success(&run(&mut sendmail, message));
    }

    /// The log, once it says what became of a message.
    fn outcome(&self) -> String {
        let begun = Instant::now();
        loop {
            let log = read(&self.path("log"));
            if log.contains(" status=") {
                return log;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn read(file: &Path) -> String {
    std::fs::read(file).map_or_else(|_| String::new(), |octets| String::from_utf8_lossy(&octets).into_owned())
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // Waits until its processes are gone, before their folder is.
        let _ = self.control("stop");
    }
}

#[test]
fn postfix_delivers_over_starttls() {
    if !is_here("postfix") {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        eprintln!("Postfix starts as root only: it is not tried as a peer");
        return;
    }
    let (page, source) = received(|to| {
        let postfix = Postfix::start(to);
        let message = format!("From: Cleo <cleo@sender.test>\nTo: {OWNER}\nSubject: hello from Postfix\n\nA line.\n.\nAnother.\n");
        postfix.submit("cleo@sender.test", OWNER, &message);
        let log = postfix.outcome();
        assert!(log.contains(" status=sent (250 2.0.0 Message kept)"), "{log}");
        assert!(log.contains("TLS connection established"), "{log}");
    });
    assert_arrived(&page, &source, "hello from Postfix", "cleo@sender.test");
    assert!(source.ends_with("\r\n\r\nA line.\r\n.\r\nAnother.\r\n"), "{source}");
    assert_eq!(page.journey.arrival.unwrap().helo, "postfix.test");
    // What Postfix says of the hop before it is a claim, and told as one.
    assert_eq!(page.journey.hops.first().unwrap().by, "postfix.test");
}
