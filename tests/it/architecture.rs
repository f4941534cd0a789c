//! The house rules that a reader would otherwise have to check by eye (ARCHITECTURE.md, CONTRIBUTING.md).
//!
//! Each rule is a pure function over sources that gives one sentence for each breach, naming the file and
//! the line, and each is shown a bad snippet first: a checker that finds nothing must be able to find.
//! Tests inside a source obey the floors too (a test that must look up belongs in `tests/it`); only
//! the homes of foreign crates are not asked of them.

mod paths;

use paths::{Named, named};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The rooms and their floors, from the bottom. Two rooms on one floor are strangers.
const FLOORS: &[(&str, u8)] = &[
    ("domain", 0),
    ("codec", 1),
    ("locale", 1),
    ("store", 2),
    ("net", 2),
    ("service", 3),
    ("smtp", 4),
    ("web", 4),
    ("jobs", 4),
    ("config", 5),
    ("app", 6),
    ("cli", 7),
    ("main", 8),
];

/// Where each foreign crate lives: rooms, or files within a room. A crate that is not here has no home yet.
const HOMES: &[(&str, &[&str])] = &[
    ("aes", &["store"]),
    ("aes256ctr_poly1305aes", &["net/restic"]),
    ("age", &["store/seal"]),
    ("ammonia", &["codec/html"]),
    ("argon2", &["store"]),
    ("askama", &["web"]),
    ("async_imap", &["net/imap"]),
    ("aws_lc_rs", &["store", "net", "codec"]),
    ("bytes", &["smtp", "web", "net/acme", "net/restic"]),
    ("clap", &["cli"]),
    ("flate2", &["codec/inspect", "codec/tls_report", "codec/zip"]),
    ("form_urlencoded", &["web", "codec/key_code", "codec/oauth"]),
    ("futures_util", &["net", "smtp", "web"]),
    ("getrandom", &["store"]),
    ("hickory_resolver", &["net/dns"]),
    ("html5ever", &["codec/html"]),
    ("http", &["web", "net/acme", "net/push", "net/restic"]),
    ("http_body_util", &["web", "net/acme"]),
    ("hyper", &["web"]),
    ("hyper_util", &["web"]),
    ("instant_acme", &["net/acme"]),
    (
        "jiff",
        &[
            "codec/mime/date",
            "codec/mime/received",
            "service/zone",
            "cli/demo",
            "cli/authenticate",
            "net/imap",
            "net/restic",
        ],
    ),
    ("mail_auth", &["net", "codec"]),
    ("mail_builder", &["codec/mime"]),
    ("mail_parser", &["codec/mime"]),
    ("mdns_sd", &["net/mdns"]),
    ("memchr", &["net", "smtp", "codec"]),
    ("mimalloc", &["main"]),
    ("minisign_verify", &["codec/minisign"]),
    ("pgp", &["codec/pgp"]),
    ("postcard", &["store"]),
    ("psl", &["codec"]),
    ("qrcode", &["codec/qr"]),
    ("quick_xml", &["net/restic/s3"]),
    ("rand_core", &["codec/pgp"]),
    ("rcgen", &["net/tls"]),
    ("redb", &["store"]),
    ("reqwest", &["net/https"]),
    ("rust_embed", &["web"]),
    ("rust_stemmers", &["codec/search"]),
    ("rustic_core", &["net/restic"]),
    ("rustix", &["store", "app", "cli"]),
    ("rustls", &["net", "smtp", "web", "app", "cli"]),
    ("rusty_s3", &["net/restic/s3"]),
    ("sd_notify", &["app"]),
    ("serde", &["store", "cli"]),
    (
        "serde_json",
        &[
            "store",
            "codec/webauthn",
            "codec/jws",
            "codec/key_server",
            "codec/oauth",
            "codec/standing",
            "codec/statement",
            "codec/tls_report",
            "net/acme",
            "net/restic",
            "service/backup",
            "service/export",
            "service/import",
            "cli",
        ],
    ),
    ("smtp_proto", &["smtp"]),
    ("subtle", &["store", "service", "web"]),
    (
        "thiserror",
        &["codec", "store", "net", "service", "smtp", "web", "jobs", "config", "app", "cli"],
    ),
    ("tokio", &["store", "net", "service", "smtp", "web", "jobs", "app", "cli"]),
    ("tokio_rustls", &["net", "smtp", "web"]),
    ("tower_service", &["web"]),
    ("tracing", &["store", "net", "service", "smtp", "web", "jobs", "app", "cli"]),
    ("tracing_subscriber", &["cli"]),
    ("warp", &["web"]),
    ("webpki_roots", &["net"]),
    ("xts_mode", &["store"]),
    ("zeroize", &["store", "net", "service", "web", "config", "app", "cli"]),
    ("zstd", &["store", "net/restic"]),
    ("zxcvbn", &["codec/password"]),
];

/// Parts of the standard library that have a home as well: the wall clock, the disk, the environment.
const MEANS: &[(&[&str], &[&str])] = &[
    (&["std", "time", "SystemTime"], &["net/clock"]),
    (
        &["std", "time", "Instant"],
        &["net", "store", "service", "smtp", "web", "jobs", "app", "cli"],
    ),
    (&["std", "fs"], &["store", "service/setup", "net/restic", "app", "cli"]),
    (&["std", "env"], &["cli"]),
    (&["std", "process"], &["main", "cli"]),
    (&["std", "net", "TcpStream"], &["net", "cli"]),
    (&["std", "net", "TcpListener"], &["smtp", "web", "app"]),
    (&["std", "net", "UdpSocket"], &["net"]),
    (&["tokio", "net"], &["net", "smtp", "web", "app", "cli"]),
    (&["jiff", "Timestamp", "now"], &["net/clock"]),
    (&["jiff", "Zoned", "now"], &["net/clock"]),
];

/// What is never built in: OpenSSL in any dress, and a second provider beside aws-lc-rs.
const BANNED: &[&str] = &[
    "openssl",
    "openssl-sys",
    "native-tls",
    "ring",
    "boring",
    "mbedtls",
    "schannel",
    "security-framework",
];

/// A source longer than this has two subjects. Words and tests are lists: they may be twice as long.
const LONGEST: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below `folder`, relative to the root, sorted; build and version-control folders left out.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().unwrap().is_dir() {
                if !name.starts_with("target") && name != ".git" && name != "node_modules" && name != "mutants.out" {
                    folders.push(entry.path());
                }
            } else if name != ".git" {
                found.push(entry.path().strip_prefix(root()).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    files("src")
        .into_iter()
        .filter(|file| file.ends_with(".rs"))
        .map(|file| (file.clone(), read(&file)))
        .collect()
}

/// `src/store/mail.rs` is `store/mail`; `src/net/mod.rs` is `net`.
fn place(file: &str) -> String {
    let inner = file.strip_prefix("src/").unwrap_or(file);
    let inner = inner.strip_suffix(".rs").unwrap_or(inner);
    inner.strip_suffix("/mod").unwrap_or(inner).to_owned()
}

fn room(place: &str) -> &str {
    place.split('/').next().unwrap_or(place)
}

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

/// Whether `place` is `home` or inside it.
fn lives(place: &str, home: &str) -> bool {
    place == home || place.strip_prefix(home).is_some_and(|rest| rest.starts_with('/'))
}

/// The room that a path leads to, when it leads into this house at all.
fn target<'a>(place: &str, named: &'a Named) -> Option<&'a str> {
    let first = named.path.first()?;
    let supers = named.path.iter().take_while(|word| *word == "super").count();
    if first == "crate" || first == "caliopen" {
        named.path.get(1).map(String::as_str)
    } else if supers > 0 && supers >= place.split('/').count() {
        // As many steps up as the file is deep end at the crate's root.
        named.path.get(supers).map(String::as_str)
    } else {
        None
    }
}

/// Lines that look up, or at a stranger on the same floor.
fn looks_up(file: &str, source: &str) -> Vec<String> {
    let place = place(file);
    let here = room(&place);
    if here == "lib" {
        return Vec::new();
    }
    let Some(height) = floor(here) else {
        return vec![format!("{file}: the room {here} is on no floor")];
    };
    let mut breaches = Vec::new();
    for named in named(source) {
        let Some(there) = target(&place, &named) else { continue };
        let Some(depth) = floor(there) else { continue };
        if there != here && depth >= height {
            let how = if depth == height { "looks at a stranger" } else { "looks up" };
            breaches.push(format!("{file}:{}: {here} {how}: {}", named.line, named.path.join("::")));
        }
    }
    breaches
}

/// Foreign crates and means away from home.
fn away_from_home(file: &str, source: &str) -> Vec<String> {
    let place = place(file);
    if place.ends_with("/tests") || place.contains("/tests/") {
        return Vec::new();
    }
    let at_home = |homes: &[&str]| homes.iter().any(|home| lives(&place, home));
    let mut breaches = Vec::new();
    for named in named(source).into_iter().filter(|named| !named.in_tests) {
        let crates = HOMES.iter().filter(|(name, _)| named.path[0] == *name).map(|(_, homes)| *homes);
        let means = MEANS
            .iter()
            .filter(|(path, _)| named.path.iter().zip(*path).filter(|(a, b)| a == b).count() == path.len());
        for homes in crates.chain(means.map(|(_, homes)| *homes)) {
            if !at_home(homes) {
                let (line, path, homes) = (named.line, named.path.join("::"), homes.join(", "));
                breaches.push(format!("{file}:{line}: {path} lives in {homes}"));
            }
        }
    }
    breaches
}

/// The names under `[dependencies]`, as Rust writes them.
fn dependencies(manifest: &str) -> Vec<String> {
    manifest
        .lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim().to_owned())
        .collect()
}

fn packages(lock: &str) -> Vec<&str> {
    lock.lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .collect()
}

/// The paths that a page names between backticks, braces written out.
fn paths_of(page: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for span in line.split('`').skip(1).step_by(2) {
            let ends = [".rs", ".md", ".toml", ".sh", ".html", ".css"]
                .iter()
                .any(|end| span.ends_with(end));
            let path = ends || span.contains('/');
            if path && !span.starts_with('/') && !span.contains([' ', ':', '<', '(', '=']) {
                found.extend(written_out(span));
            }
        }
    }
    found
}

/// `a/{b,c}` is `a/b` and `a/c`.
fn written_out(span: &str) -> Vec<String> {
    match span.split_once('{').and_then(|(stem, rest)| Some((stem, rest.split_once('}')?))) {
        Some((stem, (inner, end))) => inner.split(',').map(|word| format!("{stem}{}{end}", word.trim())).collect(),
        None => vec![span.to_owned()],
    }
}

/// A path of a page exists as written, in `src`, or as a source without its ending.
fn exists(path: &str) -> bool {
    let tries: [PathBuf; 4] = [
        path.into(),
        format!("{path}.rs").into(),
        format!("src/{path}").into(),
        format!("src/{path}.rs").into(),
    ];
    tries.iter().any(|path| root().join(path).exists())
}

/// Marks of unfinished work and of one person's machine.
fn leftovers(file: &str, text: &str) -> Vec<String> {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX"), concat!("HA", "CK")];
    let folders = [concat!("/wo", "rk/"), concat!("/tmp/", "wt")];
    let mut breaches = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let word = line.split(|sign: char| !sign.is_alphanumeric()).find(|word| marks.contains(word));
        let folder = folders.iter().copied().find(|folder| line.contains(folder));
        if let Some(mark) = word.or(folder) {
            breaches.push(format!("{file}:{}: {mark}", index + 1));
        }
    }
    breaches
}

fn none(rule: &str, breaches: &[String]) {
    let list = breaches.iter().fold(String::new(), |mut list, breach| {
        let _ = writeln!(list, "  {breach}");
        list
    });
    assert!(breaches.is_empty(), "{rule}:\n{list}");
}

#[test]
fn a_room_uses_lower_floors_only() {
    assert_eq!(
        looks_up("src/domain/id.rs", "use crate::{domain::time,\n store::Error};"),
        ["src/domain/id.rs:2: domain looks up: crate::store::Error"]
    );
    assert_eq!(looks_up("src/store/mail.rs", "fn a() { crate::net::b() }").len(), 1, "a stranger");
    assert_eq!(
        looks_up("src/store/mod.rs", "use super::service;").len(),
        1,
        "by super from the top of a room"
    );
    assert_eq!(
        looks_up("src/store/record/mod.rs", "use super::super::web::x;").len(),
        1,
        "by super from within"
    );
    assert_eq!(looks_up("src/attic/mod.rs", "").len(), 1, "a room that nobody put on a floor");
    assert!(
        looks_up("src/store/record/mod.rs", "use super::web;").is_empty(),
        "store::web would be its own"
    );
    assert!(looks_up("src/web/mod.rs", "use crate::{service, domain::id, locale::Locale}; // crate::smtp").is_empty());
    let breaches: Vec<String> = sources().iter().flat_map(|(file, source)| looks_up(file, source)).collect();
    none("lines that look up", &breaches);
}

#[test]
fn each_foreign_crate_has_one_home() {
    assert_eq!(
        away_from_home("src/web/page/a.rs", "use redb::Database;"),
        ["src/web/page/a.rs:1: redb::Database lives in store"]
    );
    assert_eq!(
        away_from_home("src/service/a.rs", "use std::{fs::File, time::SystemTime};").len(),
        2
    );
    assert_eq!(
        away_from_home("src/net/tls.rs", "std::time::SystemTime::now();").len(),
        1,
        "the clock is one file"
    );
    assert!(away_from_home("src/net/clock.rs", "std::time::SystemTime::now();").is_empty());
    assert!(away_from_home("src/domain/a.rs", "#[cfg(test)] mod tests { use serde_json::Value; }").is_empty());
    let breaches: Vec<String> = sources().iter().flat_map(|(file, source)| away_from_home(file, source)).collect();
    none("crates away from home", &breaches);
}

/// Ways to open a connection to somewhere else, and the files that may. Each of them counts in the ledger what it opens,
/// is told to by the one use case that does, or does not leave this machine.
const REACHES: &[(&str, &[&str])] = &[
    (
        "TcpStream::connect",
        &[
            "net/announce",
            "net/courier",
            "net/imap",
            "cli/demo/sender",
            "cli/check",
            "app/notify",
            "net/here",
        ],
    ),
    ("UdpSocket", &["net/here"]),
    ("TcpSocket", &[]),
    ("UnixStream::connect", &["net/clamd"]),
    ("lookup_host", &[]),
    ("to_socket_addrs", &[]),
    ("Client::builder", &["net/https"]),
    ("TokioResolver::builder", &["net/dns/upstream"]),
];

/// Where connections are counted: who visits servers, who asks name servers, who fetches pages.
const COUNTED: &[(&str, &str)] = &[
    ("src/service/deliver/visit.rs", "Purpose::Delivery"),
    ("src/service/deliver/visit.rs", "Purpose::Smarthost"),
    ("src/net/dns/mod.rs", "Purpose::Names"),
    ("src/net/announce.rs", "Purpose::Announcing"),
    ("src/net/https.rs", "Purpose::Web"),
    ("src/net/imap.rs", "Purpose::Mailbox"),
];

#[test]
fn nobody_connects_without_being_counted() {
    let breaches = |file: &str, source: &str| -> Vec<String> {
        let place = place(file);
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let reaches = REACHES
            .iter()
            .filter(|(way, homes)| source.contains(way) && !homes.iter().any(|home| place == *home));
        reaches.map(|(way, _)| format!("{file}: {way}")).collect()
    };
    assert_eq!(breaches("src/web/a.rs", "let s = TcpStream::connect(a).await;").len(), 1);
    assert!(breaches("src/net/courier.rs", "TcpStream::connect(a)").is_empty());
    let sources = sources();
    let all = sources.iter().filter(|(file, _)| !file.ends_with("/tests.rs"));
    none(
        "connections that nobody declared",
        &all.clone().flat_map(|(file, source)| breaches(file, source)).collect::<Vec<_>>(),
    );
    // The courier does not count by itself: whoever sends it out does.
    let senders = all.filter(|(file, source)| source.contains("Courier::visit(") && file != "src/net/courier.rs");
    let senders: Vec<&str> = senders.map(|(file, _)| file.as_str()).collect();
    assert_eq!(senders, ["src/service/deliver/visit.rs"]);
    for (file, mark) in COUNTED {
        assert!(
            read(file).contains(mark) && read(file).contains(".note("),
            "{file} does not count {mark}"
        );
    }
}

#[test]
fn every_dependency_has_a_home_and_a_reason() {
    let manifest = read("Cargo.toml");
    let reasons = read("docs/dependencies.md");
    let names = dependencies(&manifest);
    assert!(names.len() > 20, "the manifest was not understood");
    let homeless = names
        .iter()
        .filter(|name| !HOMES.iter().any(|(home, _)| *home == name.replace('-', "_")));
    none("dependencies that HOMES does not name", &homeless.cloned().collect::<Vec<_>>());
    let unexplained = names.iter().filter(|name| !reasons.contains(&format!("`{name}`")));
    none(
        "dependencies that docs/dependencies.md does not name",
        &unexplained.cloned().collect::<Vec<_>>(),
    );
    let gone = HOMES
        .iter()
        .filter(|(home, _)| !names.iter().any(|name| *home == name.replace('-', "_")));
    none(
        "homes of crates that are no longer used",
        &gone.map(|(home, _)| (*home).to_owned()).collect::<Vec<_>>(),
    );
}

#[test]
fn the_nouns_know_nothing_but_the_standard_library() {
    let foreign = |source: &str| -> Vec<String> {
        let mut found: Vec<String> = named(source)
            .iter()
            .filter(|named| !named.in_tests && HOMES.iter().any(|(name, _)| named.path[0] == *name))
            .map(|named| format!("{}: {}", named.line, named.path.join("::")))
            .collect();
        let bare = source
            .lines()
            .enumerate()
            .filter(|(_, line)| line.contains("async fn") || line.contains(".await"));
        found.extend(bare.map(|(index, line)| format!("{}: {}", index + 1, line.trim())));
        found
    };
    assert_eq!(foreign("#[derive(serde::Serialize)]\nstruct A;\nasync fn b() {}").len(), 2);
    for (file, source) in sources().iter().filter(|(file, _)| file.starts_with("src/domain/")) {
        none(file, &foreign(source));
    }
}

#[test]
fn every_source_says_first_what_it_is_and_is_not_too_long() {
    let tests = files("tests")
        .into_iter()
        .filter(|file| file.ends_with(".rs"))
        .map(|file| (file.clone(), read(&file)));
    let mut breaches = Vec::new();
    for (file, source) in sources().into_iter().chain(tests) {
        if !source.starts_with("//!") {
            breaches.push(format!("{file}: does not begin by saying what it is (`//!`)"));
        }
        let lines = source.lines().count();
        let list = file.starts_with("tests/") || file.starts_with("src/locale/") || file.ends_with("/tests.rs");
        let most = if list { 2 * LONGEST } else { LONGEST };
        if lines > most {
            breaches.push(format!("{file}: {lines} lines, at most {most}"));
        }
    }
    none("sources", &breaches);
}

#[test]
fn the_pages_name_paths_that_exist() {
    assert_eq!(
        paths_of("see `src/{a,b}.rs` and `GET /health`, `x::y`, `/health`, `a b/c`"),
        ["src/a.rs", "src/b.rs"]
    );
    assert!(!exists("src/no/such.rs") && exists("net/clock"));
    let mut breaches = Vec::new();
    for page in ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"] {
        let gone = paths_of(&read(page)).into_iter().filter(|path| !exists(path));
        breaches.extend(gone.map(|path| format!("{page} names {path}")));
    }
    let lines = read("ARCHITECTURE.md").lines().count();
    assert!(
        lines <= 200,
        "ARCHITECTURE.md has {lines} lines; more than 200 and nobody reads them"
    );
    none("paths that are not there", &breaches);
}

#[test]
fn the_lock_file_stays_within_its_budget_and_holds_one_cryptography() {
    let (lock, page) = (read("Cargo.lock"), read("CONTRIBUTING.md"));
    let packages = packages(&lock);
    let budget = page.split_once("holds at most ").and_then(|(_, rest)| rest.split_once(" packages"));
    let budget: usize = budget
        .and_then(|(number, _)| number.parse().ok())
        .expect("CONTRIBUTING.md states the budget");
    assert!(
        packages.len() <= budget,
        "Cargo.lock holds {} packages, the budget is {budget}",
        packages.len()
    );
    // The lock file also names what only a feature that is off would bring; what is built is asked of cargo.
    let asked = [
        "tree",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--locked",
        "--offline",
    ];
    let tree = std::process::Command::new(env!("CARGO"))
        .args(asked)
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let built: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(built.contains(&"aws-lc-rs"), "cargo tree was not understood: {tree}");
    let banned = BANNED.iter().filter(|name| built.contains(name));
    none("banned packages", &banned.map(|name| (*name).to_owned()).collect::<Vec<_>>());
    for single in [
        "rustls",
        "aws-lc-rs",
        "aws-lc-sys",
        "aes",
        "argon2",
        "tokio-rustls",
        "redb",
        "hyper",
        "tokio",
    ] {
        let copies = packages.iter().filter(|name| **name == single).count();
        assert_eq!(copies, 1, "{single} is there {copies} times");
    }
}

#[test]
fn nothing_unfinished_and_nobody_s_own_machine_is_left_in_the_tree() {
    assert_eq!(leftovers("a.rs", concat!("// TO", "DO later\nlet method_to_do = 1;")).len(), 1);
    assert_eq!(leftovers("a.sh", concat!("cd /wo", "rk/main")).len(), 1);
    let text = ["rs", "md", "sh", "toml", "html", "css", "js", "py", "txt"];
    let spoken = |file: &String| {
        let end = Path::new(file).extension().map(|end| end.to_string_lossy().into_owned());
        end.is_none_or(|end| text.contains(&end.as_str())) && !file.starts_with("tests/fixtures/")
    };
    let mut breaches = Vec::new();
    for file in files(".").into_iter().filter(spoken) {
        // A file that is no text has nothing to say here.
        let text = std::fs::read_to_string(root().join(&file)).unwrap_or_default();
        breaches.extend(leftovers(&file, &text));
    }
    none("leftovers", &breaches);
}
