//! What a box says of itself to strangers: nothing until its owner says so, then what is really set, signed; and what one
//! box makes of what another says of itself.

use crate::{
    appliance::{Appliance, Folder, OWNER, PASSPHRASE},
    checks::answering,
    home::Home,
    web::Visitor,
};
use caliopen::{
    app::{self, Services},
    codec::{
        pgp::Certificate,
        statement::{self, CHARTER_PATH, PATH},
    },
    domain::{
        address::Address,
        contact::Card,
        fact::Fact,
        id::ContactId,
        privacy::{contact::LineId, evidence::Tls},
        release::RELEASED,
        time::Time,
        world::{Claim, LIFE, POLICY, Untrue},
    },
    net::{
        clock::Clock,
        dns::{Dns, Record, Table},
        outward::Outward,
    },
    service::{contacts::told::Told, setup, world::Chosen},
    store::{record::SeenWay, seen_ways, slots::Opening, vault::Vault, world},
};
use std::{
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

/// The owner's key, as the page of keys gives it away.
fn public_key(owner: &mut Visitor) -> Certificate {
    let mut armored = String::new();
    crate::internet::until("the key is made", || {
        armored = owner.get("/settings/keys/1/public").body;
        armored.contains("PUBLIC KEY")
    });
    Certificate::read(armored.as_bytes()).unwrap()
}

/// Whether GnuPG finds the signature of such a file good, by its issuer alone; `None` where it is not here.
fn gnupg(file: &str, key: &Certificate) -> Option<bool> {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut gpg = Command::new("gpg");
        gpg.env("GNUPGHOME", folder.path())
            .current_dir(folder.path())
            .arg("--batch")
            .args(arguments);
        gpg.stdout(Stdio::null()).stderr(Stdio::null()).status()
    };
    let at = file.find("-----BEGIN PGP SIGNATURE-----").unwrap();
    std::fs::write(folder.path().join("text"), &file[..at]).unwrap();
    std::fs::write(folder.path().join("text.asc"), &file[at..]).unwrap();
    std::fs::write(folder.path().join("key"), key.octets()).unwrap();
    let Ok(imported) = run(&["--import", "key"]) else {
        eprintln!("GnuPG is not here");
        return None;
    };
    assert!(imported.success());
    let good = run(&["--verify", "text.asc", "text"]).unwrap().success();
    let _ = Command::new("gpgconf")
        .env("GNUPGHOME", folder.path())
        .args(["--kill", "all"])
        .output();
    Some(good)
}

#[test]
fn nothing_is_said_until_the_owner_says_so_and_then_what_is_set() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let (mut owner, mut stranger) = (Visitor::owner(&appliance), Visitor::new(&appliance));
    let nothing = |stranger: &mut Visitor| {
        for path in [PATH, CHARTER_PATH] {
            assert_eq!(stranger.get(path).status, 404, "{path}");
        }
        assert_eq!(stranger.get("/privacy").header("location"), Some("/sign-in?next=%2Fprivacy"));
    };
    nothing(&mut stranger);
    assert!(owner.get("/settings/world/preview").body.contains("Nobody but you sees this page."));
    let long = "x".repeat(601);
    let refused = owner.submit(
        "/settings/world",
        "/settings/world",
        &[("do", "save"), ("page", "1"), ("contact", &long)],
    );
    assert!(refused.status == 422 && refused.body.contains(&long) && refused.body.contains("too long"));
    nothing(&mut stranger);

    let key = public_key(&mut owner);
    let all = [
        ("do", "save"),
        ("page", "1"),
        ("statement", "1"),
        ("charter", "1"),
        ("contact", "privacy@elsewhere.test\n<b>ring</b> 12"),
        ("law", "Loi française, CNIL"),
    ];
    assert_eq!(owner.submit("/settings/world", "/settings/world", &all).status, 303);
    let page = stranger.get("/privacy");
    assert_eq!(page.status, 200);
    for text in [
        "Privacy at home.test",
        "privacy@elsewhere.test",
        "Loi française",
        "stays in a wastebasket for 30 days",
        "There is no telemetry",
        "accepts this charter",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(!page.body.contains("<b>ring") && !page.body.contains(OWNER), "{}", page.body);
    stranger.lang = "fr";
    assert!(stranger.get("/privacy").body.contains("La vie privée chez home.test"));
    stranger.lang = "en";
    assert!(
        owner.get("/privacy").body.contains("What would help most"),
        "the owner sees their own page"
    );

    let (said, charter) = (stranger.get(PATH).body, stranger.get(CHARTER_PATH).body);
    let now = Clock::system().now();
    let (read, print) = statement::read(said.as_bytes(), "home.test", std::slice::from_ref(&key), now).unwrap();
    assert_eq!(print, key.fingerprint());
    assert_eq!(
        (read.charter, read.account, read.claims.contains(&Claim::Tls)),
        (Some(1), None, true)
    );
    for file in [&said, &charter] {
        assert!(!file.contains('@'), "{file}");
        assert_ne!(gnupg(file, &key), Some(false), "{file}");
        assert_ne!(gnupg(&file.replacen("home.test", "home.tesp", 1), &key), Some(true));
    }
    assert!(
        charter.contains("\"no_trade\": true") && charter.contains("\"ledger_days\": 30"),
        "{charter}"
    );

    // What is set elsewhere changes what is said.
    let token = owner.get("/settings/preferences").token().to_owned();
    let kept = format!("token={token}&journal=30&ledger=7&bin=30");
    assert_eq!(owner.post("/settings/preferences/kept", "", &kept).status, 303);
    assert_eq!(owner.submit("/settings/world", "/settings/world", &all).status, 303);
    assert!(stranger.get(CHARTER_PATH).body.contains("\"ledger_days\": 7"));
    assert!(stranger.get("/privacy").body.contains("is noted for 7 days"));

    // A locked box says it too; turned off, it is gone at once.
    drop(appliance);
    let locked = Appliance::start(&folder.data, None);
    let mut stranger = Visitor::new(&locked);
    assert!(stranger.get("/privacy").body.contains("is noted for 7 days"));
    assert!(stranger.get(PATH).body.contains("\"domain\": \"home.test\""));
    let mut owner = Visitor::owner(&locked);
    assert_eq!(
        owner
            .submit("/settings/world", "/settings/world", &[("do", "save"), ("contact", "kept")])
            .status,
        303
    );
    nothing(&mut stranger);
    assert!(
        owner.get("/settings/world").body.contains("kept</textarea>"),
        "what was typed stays in the vault"
    );
    assert_eq!(
        owner.submit("/settings/world", "/settings/world", &[("do", "sideways")]).status,
        400
    );
}

#[test]
fn the_owner_is_told_once_when_what_the_page_says_has_changed() {
    let folder = Folder::make();
    let vault = Vault::locked(&folder.data);
    vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let open = vault.open().unwrap();
    runtime
        .block_on(
            open.writer
                .write(|tables| world::change(tables, |world| world.known = Some(POLICY - 1))),
        )
        .unwrap();
    drop(open);
    vault.lock();
    vault.wait_until_closed().unwrap();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let news = "says of this program has changed";
    for _ in 0..2 {
        assert!(owner.get("/").body.contains(news));
    }
    assert!(!Visitor::new(&appliance).get("/sign-in").body.contains(news));
    assert_eq!(owner.submit("/settings/world", "/settings/world", &[("do", "noted")]).status, 303);
    assert!(!owner.get("/").body.contains(news));
}

#[test]
fn a_report_names_nobody() {
    let folder = Folder::make();
    let appliance = folder.serve();
    crate::web::deliver(&appliance, "Eve <eve@x.test>", "Hello", "Message-ID: <1@x.test>\r\n\r\nHello\r\n");
    let mut owner = Visitor::owner(&appliance);
    let page = owner.get("/report").body;
    let (_, text) = page.split_once("<textarea").unwrap();
    let text = text.split("</textarea>").next().unwrap();
    assert!(
        text.contains("caliopen ") && text.contains("messages at most 1000") && text.contains("dkim"),
        "{text}"
    );
    for somebody in ["home.test", "eve@", "Eve", "x.test", "mail.", "@", "127.0.0.1"] {
        assert!(!text.contains(somebody), "{somebody}: {text}");
    }
    assert!(owner.get("/help").body.contains("href=\"/report\""));
}

/// Another box, whose owner publishes.
struct Other {
    _folder: tempfile::TempDir,
    services: Services,
    clock: Clock,
}

impl Other {
    async fn make(now: Time, domain: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("me@{domain}");
        setup::make(folder.path(), domain, &address, "word").unwrap().vault.lock();
        let (file, front) = app::front(folder.path()).unwrap();
        let (vault, clock) = (Vault::locked(folder.path()), Clock::fixed(now));
        let services = Services::over(&vault, &file, &front, &clock, Dns::nobody()).unwrap();
        vault.unlock(&Opening::Typed("word")).unwrap();
        services.keys.tend().await;
        let chosen = Chosen {
            statement: true,
            charter: true,
            ..Chosen::default()
        };
        assert!(services.world.choose(chosen).await.unwrap());
        Self {
            _folder: folder,
            services,
            clock,
        }
    }

    async fn says(&self) -> String {
        self.services.world.tend().await.unwrap();
        self.services.world.statement().await.unwrap().expect("a statement")
    }

    async fn key(&self) -> Vec<u8> {
        self.services.keys.list().await.unwrap()[0].armored.clone().into_bytes()
    }
}

type Pages = Arc<Mutex<(&'static str, String, Vec<String>)>>;

/// A box that reaches what is said at these domains.
async fn reading(now: Time, domains: &[&str]) -> (Home, Pages) {
    let pages: Pages = Arc::new(Mutex::new(("200 OK", String::new(), Vec::new())));
    let said = pages.clone();
    let names: Vec<String> = domains.iter().map(|domain| (*domain).to_owned()).collect();
    let (https_port, roots) = answering(&names, move |path| {
        let mut said = said.lock().unwrap();
        said.2.push(path.to_owned());
        (said.0, said.1.clone())
    })
    .await;
    let here = |table: Table, domain: &&str| table.with(domain, Record::A([127, 0, 0, 1].into()));
    let names = domains.iter().fold(Table::default(), here);
    let outward = Outward {
        https_port,
        roots: Some(roots),
        ..Dns::table(names).into()
    };
    (Home::make(now, outward), pages)
}

async fn befriend(home: &Home, name: &str, address: &str) -> ContactId {
    let card = Card {
        name: name.into(),
        addresses: vec![Address::parse(address).unwrap()],
        ..Card::default()
    };
    home.services.contacts.put(None, card).await.unwrap().unwrap()
}

async fn told(home: &Home, id: ContactId) -> Option<Told> {
    home.services.contacts.card(id).await.unwrap().told.pop()
}

/// What the line of the index says: whether it is known, and the points.
async fn line(home: &Home, id: ContactId) -> (bool, i16) {
    let index = home.services.contacts.card(id).await.unwrap().index;
    let line = index.lines.iter().find(|line| line.id == LineId::ServiceStatement).unwrap();
    (line.known, line.won)
}

#[tokio::test]
async fn a_box_believes_of_another_what_its_owner_signed_and_what_it_saw_itself() {
    let now = Time(RELEASED.0 + 1_000);
    let bob = Other::make(now, "b.test").await;
    let (ana, pages) = reading(now, &["b.test", "c.test"]).await;
    let serve = |status: &'static str, text: &str| {
        let mut pages = pages.lock().unwrap();
        (pages.0, pages.1) = (status, text.to_owned());
    };
    let asked = || pages.lock().unwrap().2.len();
    let said = bob.says().await;
    serve("200 OK", &said);
    let statements = &ana.services.statements;

    // Of strangers nobody is asked.
    statements.ask("b.test").await.unwrap();
    assert_eq!(asked(), 0);
    let id = befriend(&ana, "Bob", "me@b.test").await;
    statements.ask("b.test").await.unwrap();
    assert_eq!(asked(), 1);
    let unsigned = told(&ana, id).await.unwrap();
    assert_eq!(
        (unsigned.statement, unsigned.untrue),
        (None, Some(Untrue::Unsigned)),
        "no key of theirs is known"
    );

    ana.services.keyring.bring(bob.key().await).await.unwrap().unwrap();
    statements.ask("B.test").await.unwrap();
    let one = told(&ana, id).await.unwrap();
    let statement = one.statement.expect("it counts");
    assert_eq!((statement.charter, statement.claims.as_slice()), (Some(1), [Claim::Tls].as_slice()));
    assert_eq!(one.claims, [(Claim::Tls, Fact::Unknown)]);
    assert_eq!(line(&ana, id).await, (false, 0), "nobody looked yet whether it is so");

    // What was seen decides, whatever letter they give themselves.
    for (tls, expected) in [(Tls::V1_3, (true, 6)), (Tls::Weak, (true, 0))] {
        let open = ana.vault.open().unwrap();
        let writing = open
            .writer
            .write(move |tables| seen_ways::put(tables, "b.test", &SeenWay::of(now.0, (tls, false))));
        writing.await.unwrap();
        assert_eq!(line(&ana, id).await, expected, "{tls:?}");
    }
    let open = ana.vault.open().unwrap();
    let writing = open
        .writer
        .write(move |tables| seen_ways::put(tables, "b.test", &SeenWay::of(now.0, (Tls::V1_3, false))));
    writing.await.unwrap();

    // Nobody answers for a while: what was said stays until its time is over.
    serve("503 Service Unavailable", "");
    statements.ask("b.test").await.unwrap();
    assert_eq!(line(&ana, id).await, (true, 6));

    // Changed on the way, of another domain, or older than one that was seen: it counts for nothing.
    serve("200 OK", &said.replace("\"account\": null", "\"account\": \"A\""));
    statements.ask("b.test").await.unwrap();
    let tampered = told(&ana, id).await.unwrap();
    assert_eq!((tampered.statement, tampered.untrue), (None, Some(Untrue::Unsigned)));
    assert_eq!(line(&ana, id).await, (false, 0));
    bob.clock.set(Time(now.0 + 2 * 24 * 3600));
    ana.clock.set(Time(now.0 + 2 * 24 * 3600));
    let newer = bob.says().await;
    assert_ne!(newer, said, "signed anew every day");
    serve("200 OK", &newer);
    statements.ask("b.test").await.unwrap();
    assert_eq!(line(&ana, id).await, (true, 6));
    serve("200 OK", &said);
    statements.ask("b.test").await.unwrap();
    let replayed = told(&ana, id).await.unwrap();
    assert_eq!(replayed.untrue, Some(Untrue::Older));
    assert_eq!(replayed.statement.unwrap().issued.0, now.0 + 2 * 24 * 3600);
    let twin = befriend(&ana, "Twin", "me@c.test").await;
    serve("200 OK", &newer);
    statements.ask("c.test").await.unwrap();
    assert_eq!(told(&ana, twin).await.unwrap().untrue, Some(Untrue::Elsewhere));

    // Taken back, it is gone; and what was not taken back ends by itself.
    let off = bob.services.world.choose(Chosen::default()).await;
    assert!(off.unwrap() && bob.services.world.statement().await.unwrap().is_none());
    serve("404 Not Found", "");
    statements.ask("b.test").await.unwrap();
    let gone = told(&ana, id).await.unwrap();
    assert_eq!((gone.statement, gone.untrue), (None, None));
    serve("200 OK", &newer);
    statements.ask("b.test").await.unwrap();
    assert!(told(&ana, id).await.unwrap().statement.is_some());
    ana.clock.set(Time(now.0 + 2 * 24 * 3600 + LIFE));
    assert!(told(&ana, id).await.unwrap().statement.is_none());
    assert_eq!(line(&ana, id).await, (false, 0));
}

#[tokio::test]
async fn contacts_whose_mail_says_so_are_asked_once_a_day() {
    let now = Time(RELEASED.0 + 1_000);
    let (ana, pages) = reading(now, &["b.test", "s.test"]).await;
    let asked = || pages.lock().unwrap().2.len();
    let statements = &ana.services.statements;
    befriend(&ana, "Bob", "me@b.test").await;
    assert!(statements.refresh().await > 0);
    assert_eq!(asked(), 0, "nothing says that there is one");
    let open = ana.vault.open().unwrap();
    let writing = open.writer.write(move |tables| {
        world::change_peer(tables, "b.test", |peer| peer.likely = now.0)?;
        // A stranger's, which was in the book once.
        world::change_peer(tables, "s.test", |peer| peer.likely = now.0)
    });
    writing.await.unwrap();
    for _ in 0..5 {
        ana.later(1_000);
        statements.refresh().await;
    }
    assert_eq!(asked(), 1);
    ana.later(24 * 3600);
    statements.refresh().await;
    assert_eq!(asked(), 2);
    assert_eq!(pages.lock().unwrap().2, [PATH, PATH]);
    ana.later(100 * 24 * 3600);
    statements.refresh().await;
    assert_eq!(asked(), 2, "nothing has said so for long");
}

#[tokio::test]
async fn what_is_signed_is_signed_anew_where_it_changed_and_ends_by_itself() {
    let now = Time(RELEASED.0 + 1_000);
    let bob = Other::make(now, "b.test").await;
    let first = bob.says().await;
    bob.clock.set(Time(now.0 + 3_600));
    assert_eq!(bob.says().await, first, "nothing changed");
    let charter = || async { bob.services.world.charter().await.unwrap().unwrap() };
    let before = charter().await;
    bob.services.preferences.keep_ledger(3, bob.clock.now().0 / 86_400).await.unwrap();
    bob.services.world.tend().await.unwrap();
    let after = charter().await;
    assert!(
        before.contains("\"ledger_days\": 30") && after.contains("\"ledger_days\": 3,"),
        "{after}"
    );
    let old = Time(RELEASED.0 + 91 * 24 * 3600);
    bob.clock.set(old);
    assert!(bob.services.world.statement().await.unwrap().is_none(), "its time is over");
    bob.services.world.tend().await.unwrap();
    assert!(charter().await.contains("\"mended\": false"), "the release is old");
}
