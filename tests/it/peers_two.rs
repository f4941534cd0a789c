//! Two boxes that know nothing of each other write to one another: each is the program as it is shipped, on a host of
//! its own, with DNS that is signed and names their certificates. What each saw of the other is what its index says, and
//! what one tells the other of the way the day after. One of them says of itself what it is, signed, and the other sees it;
//! and neither connects to anybody but a name server and the other one.

use crate::{
    appliance::{PASSPHRASE, caliopen},
    internet::{Authority, CENTRE, Host, Internet, alone, read, run, tlsa, until},
};
use caliopen::{
    app::{self, Services},
    domain::{
        fact::Fact,
        id::MessageId,
        outgoing::{Enforced, State},
        privacy::evidence::{Authentic, Direction, Dmarc, Encryption, Evidence, Tls},
        time::Time,
        tls_report::Fate,
        transport::TlsVersion,
    },
    net::clock::Clock,
    store::{mail::Snapshot, slots::Opening, vault::Vault},
};
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// A box on a host of its own, and its owner's browser there.
struct Home {
    host: Host,
    domain: &'static str,
    data: PathBuf,
    jar: PathBuf,
    running: Option<Child>,
}

impl Home {
    fn make(internet: &Internet, authority: &Authority, domain: &'static str, last: u8) -> Self {
        let (data, secret) = (internet.path(domain), internet.path("secret"));
        std::fs::write(&secret, format!("{PASSPHRASE}\n")).unwrap();
        let address = format!("me@{domain}");
        let mut init = caliopen();
        init.args(["init", "--trying-ms", "0", "--domain", domain, "--address", &address]);
        run(init.arg("--data").arg(&data).arg("--passphrase-file").arg(&secret));
        let (file, mut front) = app::front(&data).unwrap();
        let identity = authority.certify(&[domain, &format!("mail.{domain}")]);
        (front.chain, front.key) = (identity.chain, identity.key.to_vec());
        file.write(&front).unwrap();
        Self {
            host: internet.host(last),
            domain,
            data,
            jar: internet.path(&format!("jar-{domain}")),
            running: None,
        }
    }

    /// Its certificate, as it shows it.
    fn certificate(&self) -> Vec<u8> {
        app::front(&self.data).unwrap().1.chain.remove(0)
    }

    fn serve(&mut self, internet: &Internet, trust: &std::path::Path) {
        let program = env!("CARGO_BIN_EXE_caliopen");
        // The tracer is a child of the program, so that the program is ours to end.
        let mut command = if traces() {
            let mut tracer = self.host.command("strace");
            tracer.args([
                "-D",
                "-f",
                "-q",
                "--seccomp-bpf",
                "-e",
                "trace=connect,sendto,sendmsg,sendmmsg",
                "-o",
            ]);
            tracer.arg(internet.path(&format!("trace-{}", self.domain))).arg(program);
            tracer
        } else {
            self.host.command(program)
        };
        command
            .arg("serve")
            .arg("--data")
            .arg(&self.data)
            .arg("--unlock-with")
            .arg(internet.path("secret"));
        let address = self.host.address;
        command.args(["--smtp", &format!("{address}:25"), "--https", &format!("{address}:443")]);
        command.args(["--http", "127.0.0.1:80"]);
        command
            .args(["--dns", &format!("{CENTRE}:53"), "--dns-anchor"])
            .arg(internet.anchor());
        command.arg("--trust").arg(trust);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("smtp"), "{line}");
        self.running = Some(child);
        let token = self.token("/sign-in");
        self.post("/sign-in", &[("token", &token), ("passphrase", PASSPHRASE), ("next", "/")]);
        assert!(self.get("/").contains(&format!("me@{}", self.domain)), "signed in");
    }

    fn curl(&self) -> Command {
        let mut curl = self.host.command("curl");
        curl.args(["--silent", "--show-error", "--max-time", "60", "--header", "Accept-Language: en"]);
        curl.arg("--cookie-jar").arg(&self.jar).arg("--cookie").arg(&self.jar);
        curl
    }

    fn get(&self, path: &str) -> String {
        run(self.curl().arg("--location").arg(format!("http://127.0.0.1{path}")))
    }

    fn token(&self, path: &str) -> String {
        let page = self.get(path);
        let (_, after) = page
            .split_once("name=\"token\" value=\"")
            .unwrap_or_else(|| panic!("no form on {path}: {page}"));
        after.split('"').next().unwrap().to_owned()
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let mut curl = self.curl();
        for (name, value) in fields {
            curl.arg("--data-urlencode").arg(format!("{name}={value}"));
        }
        run(curl.arg("--include").arg(format!("http://127.0.0.1{path}")))
    }

    /// Writes and sends as the page does, and does not wait for second thoughts.
    fn send(&self, start: &str, fields: &[(&str, &str)]) {
        let page = self.get(start);
        let between = |before: &str| {
            let (_, after) = page.split_once(before).unwrap_or_else(|| panic!("{before} in {page}"));
            after.split('"').next().unwrap().to_owned()
        };
        let (action, token) = (between("action=\"/write/"), between("name=\"token\" value=\""));
        let hidden = |name: &str| {
            page.split_once(&format!("name=\"{name}\" value=\""))
                .map(|(_, rest)| rest.split('"').next().unwrap().to_owned())
        };
        let mut curl = self.curl();
        curl.arg("--form-string").arg(format!("token={token}"));
        curl.arg("--form-string").arg(format!("from=me@{}", self.domain));
        for name in ["answers", "forwards", "rung"] {
            if let Some(value) = hidden(name) {
                curl.arg("--form-string").arg(format!("{name}={value}"));
            }
        }
        for (name, value) in fields.iter().chain(&[("do", "send")]) {
            curl.arg("--form-string").arg(format!("{name}={value}"));
        }
        let answer = run(curl.arg("--include").arg(format!("http://127.0.0.1/write/{action}")));
        assert!(answer.starts_with("HTTP/1.1 303") && !answer.contains("/lower"), "{answer}");
    }

    /// SIGTERM, and wait.
    fn stop(&mut self) {
        let mut child = self.running.take().unwrap();
        run(Command::new("kill").arg(child.id().to_string()));
        child.wait().unwrap();
    }

    /// Whom it connected to or sent anything while it ran, but for this very machine.
    fn reached(&self, internet: &Internet) -> BTreeSet<(String, u16)> {
        let trace = internet.path(&format!("trace-{}", self.domain));
        until("the end of the trace", || read(&trace).contains("+++ exited"));
        let text = read(&trace);
        let named = text.lines().filter_map(|line| {
            let (_, port) = line.split_once("sin_port=htons(")?;
            let (_, address) = line.split_once("inet_addr(\"")?;
            Some((address.split('"').next()?.to_owned(), port.split(')').next()?.parse().ok()?))
        });
        assert!(!text.contains("AF_INET6") || text.contains("::1"), "{text}");
        named.filter(|(address, _)| !address.starts_with("127.")).collect()
    }

    /// What it kept of a message.
    fn evidence(&self, message: MessageId) -> Evidence {
        let vault = self.vault();
        let snapshot = Snapshot::of(&vault.open().unwrap()).unwrap();
        snapshot.proof(message.0).unwrap().expect("its evidence").evidence()
    }

    /// The records of the keys that sign its mail.
    fn signs(&self) -> Vec<(String, String)> {
        let (vault, runtime) = (self.vault(), tokio::runtime::Runtime::new().unwrap());
        let (file, front) = app::front(&self.data).unwrap();
        let services = Services::new(&vault, &file, &front, &Clock::system()).unwrap();
        let records = runtime.block_on(services.compose.records()).unwrap();
        drop(runtime);
        vault.lock();
        vault.wait_until_closed().unwrap();
        records
    }

    fn vault(&self) -> Vault {
        let vault = Vault::locked(&self.data);
        vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap();
        vault
    }
}

/// Whether a program can be watched here.
fn traces() -> bool {
    let there = Command::new("strace").arg("-V").output().is_ok();
    if !there {
        eprintln!("strace is not here: whom the boxes connect to is not looked at");
    }
    there
}

/// The box goes on working the day after, from the centre.
fn tomorrow(home: &Home, internet: &Internet) {
    let clock = Clock::fixed(Time(Clock::system().now().0 + 24 * 3_600 + 6 * 3_600));
    let (vault, (file, front)) = (home.vault(), app::front(&home.data).unwrap());
    let services = Services::over(&vault, &file, &front, &clock, internet.dns()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        services.tls_reports.tend().await;
        let mut workers = tokio::task::JoinSet::new();
        services.deliver.step(&mut workers).await.unwrap();
        while let Some(ended) = workers.join_next().await {
            ended.unwrap();
        }
        clock.set(Time(clock.now().0 + 3_600));
        services.tls_reports.tend().await;
        let given = services.tls_reports.given().await.unwrap();
        assert_eq!(given.len(), 1, "{given:?}");
        assert_eq!(
            (given[0].domain.as_str(), given[0].bad, given[0].to.as_slice()),
            ("bob.test", 0, [("me@bob.test".to_owned(), Fate::Given)].as_slice())
        );
    });
    drop(runtime);
    vault.lock();
    vault.wait_until_closed().unwrap();
}

#[test]
fn two_boxes_write_to_each_other_over_a_way_that_cannot_be_stripped() {
    if !alone("peers_two::two_boxes_write_to_each_other_over_a_way_that_cannot_be_stripped") {
        return;
    }
    let mut internet = Internet::begin();
    let authority = Authority::make();
    std::fs::write(internet.path("authority.pem"), authority.pem()).unwrap();
    let mut homes = [("ana.test", 1), ("bob.test", 2)].map(|(domain, last)| Home::make(&internet, &authority, domain, last));
    for home in &homes {
        let (domain, address) = (home.domain, home.host.address);
        internet.mail_server(domain, address);
        internet.record(&format!("{domain}. 60 IN A {address}"));
        internet.record(&tlsa(&format!("mail.{domain}"), &home.certificate()));
        internet.record(&format!(
            "{domain}. 60 IN TXT \"v=spf1 ip4:{address} -all\"\n_dmarc.{domain}. 60 IN TXT \"v=DMARC1; p=reject\"\n\
             _smtp._tls.{domain}. 60 IN TXT \"v=TLSRPTv1; rua=mailto:me@{domain}\""
        ));
        for (name, text) in home.signs() {
            // No string of a record is longer than 255 octets.
            let strings: Vec<String> = text
                .as_bytes()
                .chunks(200)
                .map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece)))
                .collect();
            internet.record(&format!("{name}. 60 IN TXT {}", strings.join(" ")));
        }
    }
    internet.serve_names();
    for home in &mut homes {
        home.serve(&internet, &internet.path("authority.pem"));
    }
    let [mut ana, mut bob] = homes;
    let token = bob.token("/settings/world");
    bob.post("/settings/world", &[("token", &token), ("do", "save"), ("statement", "1")]);
    until("Bob's statement is signed", || {
        bob.get("/settings/world").contains("Signed; it counts until")
    });
    let token = ana.token("/contacts/new");
    let card = [("token", token.as_str()), ("name", "Bob"), ("addresses", "me@bob.test")];
    assert!(ana.post("/contacts/new", &card).contains("/contacts/1"));

    ana.send(
        "/write",
        &[
            ("to", "me@bob.test"),
            ("subject", "Are you there?"),
            ("text", "Dear Bob,\nhere I am.\n"),
        ],
    );
    until("Ana's message at Bob's", || bob.get("/").contains("Are you there?"));
    // Ana's box found Bob's key at his domain and encrypted; his browser has a lower letter than that.
    if let Some((_, form)) = bob.get("/messages/1").split_once("action=\"/messages/1/show\"") {
        let (_, token) = form.split_once("name=\"token\" value=\"").unwrap();
        bob.post("/messages/1/show", &[("token", token.split('"').next().unwrap())]);
    }
    bob.send(
        "/write?reply=1",
        &[
            ("to", "me@ana.test"),
            ("subject", "Re: Are you there?"),
            ("text", "Yes, and well.\n"),
        ],
    );
    // What it says is masked on a browser whose letter is lower than the message's: it came encrypted.
    until("Bob's answer at Ana's", || ana.get("/").contains("Re: Are you there?"));
    // His answer said, inside of what is sealed, that there is a statement; Ana's box looks, and believes it.
    let token = ana.token("/contacts/1");
    ana.post("/contacts/1/provider", &[("token", &token)]);
    let page = ana.get("/contacts/1");
    assert!(
        page.contains("What their box says of itself") && page.contains("seen to be so"),
        "{page}"
    );
    ana.stop();
    let likely = Snapshot::of(&ana.vault().open().unwrap()).unwrap().peer_box("bob.test").unwrap();
    assert!(likely.is_some_and(|peer| peer.likely > 0 && !peer.print.is_empty()));
    tomorrow(&ana, &internet);
    // Reports are filed quietly: nothing is said of them but where they are added up.
    until("Ana's report at Bob's", || {
        bob.get("/reports").contains("1 connection was encrypted as it should be")
    });
    assert!(bob.get("/reports").contains("From 1 report."));
    bob.stop();

    if traces() {
        for (box_, other) in [(&ana, &bob), (&bob, &ana)] {
            let centre = (CENTRE.to_string(), 53);
            let theirs = [25, 443].map(|port| (other.host.address.to_string(), port));
            let reached = box_.reached(&internet);
            assert!(reached.contains(&centre) && reached.contains(&theirs[0]), "{reached:?}");
            assert!(reached.iter().all(|one| *one == centre || theirs.contains(one)), "{reached:?}");
        }
    }

    let received = bob.evidence(MessageId(1));
    assert_eq!(received.direction, Direction::In);
    assert_eq!(
        (received.travel.tls, received.travel.quantum),
        (Fact::Known(Tls::V1_3), Fact::Known(true))
    );
    assert_eq!(received.travel.strict, Fact::Known(true), "Bob's own DNS says so, signed");
    assert!(
        matches!(received.travel.authentic, Fact::Known(Authentic::Spf | Authentic::Dkim)),
        "{received:?}"
    );
    assert_eq!(received.travel.dmarc, Fact::Known(Dmarc::Passed));

    // Ana's first message said her key, so that Bob's box answered encrypted without anybody asking it to.
    let answer = ana.evidence(MessageId(2));
    assert_eq!(
        (answer.direction, answer.content.encryption),
        (Direction::In, Fact::Known(Encryption::Whole))
    );
    assert_eq!(
        (answer.travel.tls, answer.travel.strict),
        (Fact::Known(Tls::V1_3), Fact::Known(true))
    );

    let sent = ana.evidence(MessageId(1));
    assert_eq!(sent.direction, Direction::Out);
    assert_eq!((sent.travel.tls, sent.travel.strict), (Fact::Known(Tls::V1_3), Fact::Known(true)));
    let vault = ana.vault();
    let (file, front) = app::front(&ana.data).unwrap();
    let services = Services::new(&vault, &file, &front, &Clock::system()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let deliveries = services.outbox.of(MessageId(1)).await.unwrap();
        let recipient = &deliveries[0].recipients[0];
        let handed = recipient.handed.as_ref().expect("handed over");
        assert_eq!(
            (recipient.state, handed.enforced, handed.host.as_str()),
            (State::Delivered, Enforced::Dane, "mail.bob.test")
        );
        let tls = handed.tls.as_ref().unwrap();
        assert_eq!((tls.version, tls.group.as_str()), (TlsVersion::V1_3, "X25519MLKEM768"));
    });
}
