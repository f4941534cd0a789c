//! Everything of ours that reads octets of a stranger's, one function each, and what must hold whatever
//! they are. The fuzzer feeds them without end (`fuzz/run`), the test `fuzz::smoke` for a moment.
//!
//! Absent on purpose: the crates that we only call (TLS, HTTP, age, zstd), which have fuzzers of their own.

use caliopen::codec::{key_code, key_server, pgp};
use caliopen::{
    cli,
    codec::{
        authentication_claims, authentication_results, autoconfig, base64url, certificate, dane, dkim, dmarc, dns_update, es256, exif,
        hosts, html, http_date, idna, inspect, jws, mbox, mime, minisign, mta_sts, multipart, oauth, password, release, report as reports,
        scram, search, spam, spf, standing, statement, tags, tls_report, totp, utf7, vcard, web_push, webauthn, words, zip,
    },
    domain::{
        address::Address,
        danger::lookalike,
        device::agent::{Agent, Hints},
        draft,
        fold::fold,
        importance,
        message::Attachment,
        query,
        report::{MAX_NAME, MAX_ROWS, Says},
        rule,
        spam::model::Model,
        tag,
        time::Time,
        transport::{Arrival, TlsFacts, TlsVersion},
    },
    net::{imap, restic},
    service::{
        import::finding::{Beside, Context, Finding, Item},
        receive::Recipient,
    },
    smtp::{
        command::{Command, Wrong},
        limits::Limits,
        reply,
        session::{Chunk, Next, Outcome, Session, Step},
        stream::{Line, Stream},
        text::Text,
    },
    store::{
        record,
        restore::Room,
        rows,
        search::block,
        slots::{Slots, recovery},
    },
    web::probe,
};
use std::{cell::RefCell, future::Future, time::Duration};

/// One target.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Whose words it knows: a file of `fuzz/dict`, without its ending.
    pub words: &'static str,
    /// Takes any octets. Panics where something does not hold.
    pub feed: fn(&[u8]),
}

macro_rules! targets {
    ($($name:ident $words:literal;)*) => {
        &[$(Target { name: stringify!($name), words: $words, feed: $name },)*]
    };
}

/// All of them.
pub const ALL: &[Target] = targets! {
    address "smtp";
    access "web";
    agent "web";
    archive "files";
    arrival "smtp";
    autoconfig_file "web";
    chain "auth";
    command "smtp";
    certified "report";
    cookie "web";
    danger "mime";
    dialogue "smtp";
    dmarc_record "auth";
    dns_table "auth";
    evidence "evidence";
    exif_of "files";
    forged "auth";
    file_name "web";
    folder_name "web";
    form "web";
    form_with_files "web";
    hosts_of "web";
    imap_said "imap";
    key_record "auth";
    listed "restic";
    log_in "report";
    look_alike "web";
    mailbox "mbox";
    moved_in "mbox";
    message "mime";
    bounce "mime";
    mta_sts_policy "report";
    next "web";
    original "html";
    key_code "pgp";
    openpgp "pgp";
    passkey "passkey";
    passphrase "web";
    people_typed "smtp";
    proof "web";
    prose "web";
    reader "html";
    records "web";
    release_of "report";
    recovery_code "slots";
    report "report";
    report_places "report";
    row_of_a_table "rows";
    search_block "web";
    search_query "search";
    search_words "search";
    sealed "web";
    slots "slots";
    spam_model "slots";
    spam_sight "mime";
    spf_record "auth";
    statement_of "statement";
    tag_list "auth";
    tag_name "web";
    text "smtp";
    update_answer "auth";
    vcards "vcard";
    words_of "web";
    zipped "files";
};

/// Waits for something that waits for no socket.
fn wait<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: RefCell<tokio::runtime::Runtime> =
            RefCell::new(tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap());
    }
    RUNTIME.with_borrow(|runtime| runtime.block_on(future))
}

fn lossy(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn address(octets: &[u8]) {
    if let Ok(address) = Address::parse(&lossy(octets)) {
        let again = Address::parse(address.as_str()).expect("what was an address is one");
        assert_eq!(again, address);
        assert!(!address.domain().is_empty() && !address.as_str().contains(['\r', '\n', '\0']));
    }
}

/// Our own `Received` line ends where we end it, whatever a peer calls itself.
fn arrival(octets: &[u8]) {
    let text = lossy(octets);
    let mut words = text.split('\u{1}').map(str::to_owned);
    let mut word = || words.next().unwrap_or_default();
    let flags = octets.first().copied().unwrap_or_default();
    let tls = TlsFacts {
        version: TlsVersion::V1_3,
        suite: word(),
        group: word(),
    };
    let arrival = Arrival {
        at: Time(i64::from(flags) * 1_000_003),
        peer: [192, 0, 2, flags].into(),
        helo: word(),
        mail_from: Some(word()),
        rcpt_to: vec![word()],
        tls: (flags & 1 == 0).then_some(tls),
        extended: flags & 2 == 0,
        utf8: flags & 4 == 0,
    };
    let line = mime::received::line(&arrival, "mail.home.test");
    let whole = line.strip_suffix("\r\n").expect("a line");
    assert!(whole.replace("\r\n\t", "").chars().all(|c| !c.is_control()), "{line:?}");
    let reading = mime::read([line.as_bytes(), b"Subject: after\r\n\r\nbody\r\n"].concat().as_slice());
    assert_eq!(reading.subject, "after");
}

fn command(octets: &[u8]) {
    let clean = |text: &str| assert!(!text.contains(char::is_control), "{text:?}");
    match Command::parse(octets) {
        Ok(Command::Hello { name, .. }) => clean(&name),
        Ok(Command::Mail { from: Some(text), .. } | Command::Rcpt { to: text }) => clean(&text),
        _ => {}
    }
}

fn cookie(octets: &[u8]) {
    let (cookies, language) = octets.split_at(octets.iter().position(|o| *o == b'\n').unwrap_or(octets.len()));
    if let Some(headers) = probe::headers(cookies, language.get(1..).unwrap_or_default()) {
        let value = probe::cookie(&headers, "caliopen").unwrap_or_default();
        assert!(!value.contains(';'));
    }
}

/// A policy that is one names what it is about, and allows nobody by chance.
fn bounce(octets: &[u8]) {
    if let Some(found) = mime::bounce::bounce(octets) {
        assert!(!found.about.is_empty() && found.about.len() <= 100);
        for about in &found.about {
            assert!(about.words.chars().count() <= 500 && !about.words.contains(char::is_control));
            assert!(about.code == 0 || (400..600).contains(&about.code));
        }
    }
    let shown = mime::revealed::revealed(octets);
    assert!(shown.size == octets.len() as u64 && shown.fields.len() <= 200);
}

fn mta_sts_policy(octets: &[u8]) {
    if let Some(policy) = mta_sts::policy(octets) {
        assert!(policy.mode == mta_sts::Mode::None || !policy.hosts.is_empty());
        assert!(!policy.allows("") || policy.hosts.iter().any(String::is_empty));
    }
    if let Some(id) = mta_sts::policy_id(octets.split(|octet| *octet == 0)) {
        assert!((1..=32).contains(&id.len()));
    }
}

/// What a publisher says of a release, and its signature; what a box says of itself.
fn release_of(octets: &[u8]) {
    let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3".to_owned();
    let text = lossy(octets);
    assert!(minisign::verified(&[key], octets, &text).is_none(), "nobody signed it");
    for text in [text.clone(), format!("caliopen-release 1\n{text}")] {
        if let Some(release) = release::read(&text) {
            assert!(release.version.len() <= 40 && release.expires.len() == 10);
            assert!(!release::is_newer(&release.version, &release.version));
        }
    }
    let _ = standing::read(&text);
}

/// Whatever a report says, it is about us, and not endless.
fn report(octets: &[u8]) {
    let domain = "home.test";
    let whole = reports::parse(octets, domain);
    let file = [
        b"Subject: Report Domain: x\r\nContent-Type: application/gzip; name=\"a!b!1!2.xml.gz\"\r\n\r\n",
        octets,
    ];
    let raw = file.concat();
    let carried = reports::read(&raw, &mime::read(&raw), domain);
    for report in whole.into_iter().chain(carried) {
        assert!(report.domain == domain || report.domain.ends_with(".home.test"));
        let rows = match &report.says {
            Says::Senders(sources) => sources.len(),
            Says::Tls { troubles, .. } => troubles.len(),
        };
        assert!(rows <= MAX_ROWS && report.by.chars().count() <= MAX_NAME && !report.by.contains(char::is_control));
    }
}

/// A visit without a socket: lines, commands, messages.
fn dialogue(octets: &[u8]) {
    let limits = Limits {
        message: 4_096,
        ..Limits::default()
    };
    wait(async {
        let io = tokio::io::join(octets, tokio::io::sink());
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        let mut stream = Stream::new(io, Duration::from_secs(60), deadline);
        let mut session = Session::new("mail.home.test", &limits);
        let mut incoming: Option<Text> = None;
        while let Ok(line) = stream.line().await {
            let command = match &line {
                Line::Whole(line) => Command::parse(line),
                Line::TooLong => Err(Wrong::Refuse(reply::LONG_COMMAND)),
            };
            let step = if let Ok(Command::Chunk { size, last }) = command {
                let (verdict, mut left) = (session.chunk(size), size);
                let mut text = incoming.take().unwrap_or_else(|| Text::new(limits.message));
                while left > 0 {
                    let Ok(()) = stream.more().await else { return };
                    let here = &stream.buffered()[..left.min(stream.buffered().len())];
                    if verdict == Chunk::Take {
                        text.chunk(here);
                    }
                    let taken = here.len();
                    left -= taken;
                    stream.consume(taken);
                }
                if verdict == Chunk::Take && last {
                    finish(&mut session, text)
                } else {
                    incoming = Some(text);
                    session.chunked(verdict)
                }
            } else {
                let ours = |to: &str| {
                    if to.ends_with("home.test") {
                        Recipient::Ours
                    } else {
                        Recipient::Elsewhere
                    }
                };
                session.command(command, ours)
            };
            if !session.in_transaction() {
                incoming = None;
            }
            match step.next {
                Next::Command => {}
                Next::Close => return,
                Next::StartTls => {
                    session.secured(TlsFacts {
                        version: TlsVersion::V1_3,
                        suite: String::new(),
                        group: String::new(),
                    });
                    assert_eq!((session.hello().0, session.in_transaction()), ("", false));
                }
                Next::Data => {
                    let mut text = Text::new(limits.message);
                    loop {
                        let Ok(()) = stream.more().await else { return };
                        let (taken, done) = text.data(stream.buffered());
                        stream.consume(taken);
                        if done {
                            break;
                        }
                    }
                    finish(&mut session, text);
                }
            }
        }
    });
}

/// What would be kept is made of whole lines, and somebody is to have it.
fn finish(session: &mut Session, text: Text) -> Step {
    let envelope = session.take();
    assert!(!envelope.to.is_empty());
    let outcome = match text.finish() {
        Ok(message) => {
            whole_lines(&message);
            Outcome::Kept
        }
        Err(fault) => Outcome::Fault(fault),
    };
    session.finished(outcome)
}

fn whole_lines(message: &[u8]) {
    let mut before = 0;
    for octet in message {
        assert_eq!(before == b'\r', *octet == b'\n', "a lone CR or LF");
        before = *octet;
    }
    assert_ne!(before, b'\r');
}

fn evidence(octets: &[u8]) {
    cli::is_evidence(octets);
}

fn file_name(octets: &[u8]) {
    let header = probe::file_name(&lossy(octets)).expect("any name makes a header");
    let text = header.to_str().expect("of plain letters");
    assert_eq!(text.matches('"').count(), 2, "{text}");
}

fn form(octets: &[u8]) {
    let with_token = [b"token=t&", octets].concat();
    let fields = wait(probe::form(&with_token, "t")).expect("the token is right");
    assert!(fields.len() <= 64 && fields[0] == ("token".to_owned(), "t".to_owned()));
    if let Some(fields) = wait(probe::form(octets, "t")) {
        assert!(fields.iter().any(|field| *field == ("token".to_owned(), "t".to_owned())));
    }
}

fn hosts_of(octets: &[u8]) {
    let host = lossy(octets);
    let registrable = hosts::registrable(&host);
    assert_eq!(hosts::registrable(&registrable), registrable, "{host:?}");
    hosts::is_under_public_suffix(&host);
}

/// Whatever a file of cards holds, its cards are within their limits, and what is written of them is read again.
fn vcards(octets: &[u8]) {
    let read = vcard::read(octets);
    assert!(read.cards.len() <= vcard::MAX_CARDS);
    for found in &read.cards {
        assert_eq!(found.card.clone().tidy(), found.card);
    }
    let written = vcard::write(read.cards.iter().map(|found| (&found.card, found.keys.as_slice())));
    let again = vcard::read(written.as_bytes());
    let named = |read: &vcard::Read| read.cards.iter().map(|found| found.card.addresses.clone()).collect::<Vec<_>>();
    assert_eq!(named(&again), named(&read));
}

fn mailbox(octets: &[u8]) {
    let most = 4_096;
    let mut sum = 0;
    for entry in mbox::messages(octets, most) {
        match entry.expect("octets are no disk") {
            mbox::Entry::Message(message) => {
                assert!(message.len() <= most);
                sum += message.len();
            }
            mbox::Entry::TooLarge(size) => assert!(size > most as u64),
        }
    }
    assert!(sum <= octets.len());
}

fn message(octets: &[u8]) {
    mime::is_too_complex(octets);
    let reading = mime::read(octets);
    let clean = |text: &str| assert!(!text.contains(['\r', '\n', '\0']), "{text:?}");
    clean(&reading.subject);
    reading.participants().for_each(|mailbox| {
        clean(&mailbox.name);
        clean(mailbox.address.as_str());
    });
    for file in reading.attachments.iter().take(20) {
        assert!(!file.name.is_empty() && !file.name.contains(['/', '\\', '\0']), "{:?}", file.name);
        let part = mime::part(octets, file.part).expect("a file that is listed is there");
        assert_eq!(part.len() as u64, file.size);
    }
    assert!(reading.text.len() <= 4 * 1024 * 1024);
    if let Some(html) = &reading.html {
        safe(&html::reader(html, &[]).html);
    }
    mime::header_block(octets);
}

fn next(octets: &[u8]) {
    let text = lossy(octets);
    if let Some(path) = probe::next(&text) {
        assert!(path.starts_with('/') && !path.starts_with("//") && path.bytes().all(|o| o.is_ascii_graphic() && o != b'\\'));
    }
}

fn original(octets: &[u8]) {
    let page = html::original(&lossy(octets), &[]);
    assert!(
        page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"),
        "{page:.40}"
    );
    let low = page.to_ascii_lowercase();
    assert!(
        !low.contains("<script") && !low.contains("<iframe") && !low.contains("<form"),
        "{page}"
    );
}

fn prose(octets: &[u8]) {
    let text = lossy(octets);
    let (links, length) = probe::prose(&text);
    assert!(links <= 500 && length <= text.len());
}

/// What the reader view must never hold, whatever went in. The browser test looks closer (`hostile`).
fn safe(html: &str) {
    let low = html.to_ascii_lowercase();
    for tag in [
        "<script", "<style", "<iframe", "<object", "<embed", "<form", "<input", "<svg", "<math", "<meta", "<base", "<link",
    ] {
        assert!(!low.contains(tag), "{tag} in {html}");
    }
    for tag in low.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        for bad in [" on", " style", " srcset", "=\"javascript:", " id="] {
            let at = tag.find(bad);
            let inside_value = at.is_some_and(|at| tag[..at].matches('"').count() % 2 == 1);
            assert!(at.is_none() || inside_value, "{bad} in <{tag}>");
        }
    }
}

fn reader(octets: &[u8]) {
    let text = lossy(octets);
    let view = html::reader(&text, &[]);
    safe(&view.html);
    assert_eq!(html::findings(&text).0, view.findings);
    html::text(&text);
    safe(&html::of_text(&text));
}

fn records(octets: &[u8]) {
    if let Some((version, body)) = octets.split_first() {
        record::probe(*version, body);
    }
}

fn sealed(octets: &[u8]) {
    let _ = record::Spooled::decode(octets);
}

/// A block or a list of the index that is none is an error, and reading it takes no more than what it says.
fn search_block(octets: &[u8]) {
    let (_, messages) = block::probe(octets);
    assert!(messages <= octets.len() * 2);
}

/// What was read of a query is written as text that reads as the same, and all of it was understood.
fn search_query(octets: &[u8]) {
    let today = query::Day {
        year: 2026,
        month: 11,
        day: 25,
    };
    let (read, _) = query::read(&lossy(octets), today);
    assert!(read.clauses.len() <= query::MAX_CLAUSES);
    let (again, problems) = query::read(&read.to_string(), today);
    // What is written back may be longer than what may be typed.
    assert!(
        read.to_string().chars().count() > query::MAX_LENGTH || (again == read && problems.is_empty()),
        "{read} {problems:?}"
    );
}

/// Words stand where they are said to stand, are folded for good, and have families that hold them.
fn search_words(octets: &[u8]) {
    let text = lossy(octets);
    let mut last = 0;
    for (at, word) in search::tokens(&text) {
        assert!(
            at.start >= last && text.get(at.clone()).is_some_and(|there| !there.is_empty()),
            "{at:?}"
        );
        assert!(word.len() <= block::LONGEST && !word.contains(char::is_whitespace));
        last = at.end;
        if let Some(family) = search::Family::of(&word) {
            assert!(family.holds(&word) && word.starts_with(family.start()));
        }
    }
}

fn slots(octets: &[u8]) {
    let _ = Slots::read(octets);
}

/// What is typed of the printed sheet: a code reads back as itself, however it was spelled.
fn recovery_code(octets: &[u8]) {
    let text = lossy(octets);
    assert!(recovery::group(&text).chars().count() <= 64);
    if let Some(code) = recovery::read(&text) {
        let code: [u8; 20] = code.as_slice().try_into().expect("a code has twenty octets");
        assert_eq!(
            recovery::read(&recovery::write(&code)).expect("it was written here").as_slice(),
            code
        );
    }
}

/// A message is looked at and judged, whatever it is, and by whatever was learnt.
fn spam_sight(octets: &[u8]) {
    let reading = mime::read(octets);
    let sight = spam::look(octets, &reading, &spam::Around::default());
    for model in [Model::default(), Model::of_octets(&[b"CSM1", octets].concat())] {
        let verdict = model.judge(&sight);
        assert!((0.0..=1.0).contains(&verdict.probability), "{}", verdict.probability);
    }
}

/// What was learnt, as octets, is read as it was written.
fn spam_model(octets: &[u8]) {
    let _ = Model::of_octets(octets);
    let once = Model::of_octets(&[b"CSM1", octets].concat()).octets();
    assert_eq!(Model::of_octets(&once).octets(), once);
}

/// DATA in two pieces comes to the same as in one.
fn text(octets: &[u8]) {
    let Some((cut, octets)) = octets.split_first() else { return };
    let cut = usize::from(*cut).min(octets.len());
    let read = |pieces: &[&[u8]]| {
        let mut text = Text::new(1_024);
        let mut all = 0;
        for piece in pieces {
            let (taken, done) = text.data(piece);
            all += taken;
            if done {
                break;
            }
        }
        (all, text.finish())
    };
    let whole = read(&[octets]);
    assert_eq!(whole, read(&[&octets[..cut], &octets[cut..]]));
    if let Ok(message) = whole.1 {
        whole_lines(&message);
    }
}

/// What a browser says of itself, four headers of it.
fn agent(octets: &[u8]) {
    let text = lossy(octets);
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let user_agent = line();
    let hints = Hints {
        brands: line(),
        platform: line(),
        platform_version: line(),
    };
    let _ = Agent::read(user_agent, hints);
}

/// A file on its own: a name, then its octets.
fn archive(octets: &[u8]) {
    let end = octets.iter().position(|octet| *octet == b'\n').unwrap_or(octets.len());
    let (name, bytes) = octets.split_at(end);
    let file = Attachment {
        name: lossy(name),
        media_type: "application/octet-stream".to_owned(),
        ..Attachment::default()
    };
    let threats = inspect::inspect(&file, bytes.get(1..).unwrap_or_default());
    assert!(threats.len() <= 100, "each is told once");
}

/// Keys, messages, headers and whole mails of OpenPGP. What is read is written and read again as the same.
fn key_code(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    if let Some(code) = key_code::read(&text)
        && let Some(address) = &code.address
    {
        assert_eq!(
            key_code::read(&key_code::write(&code.print, address, "")).and_then(|again| again.address),
            code.address
        );
    }
    if let Ok(me) = Address::parse("me@home.test") {
        let _ = key_server::uploaded(octets, &me);
    }
}

fn openpgp(octets: &[u8]) {
    let now = Time(1_790_000_000);
    if let Ok(keys) = pgp::Certificate::read_all(octets) {
        for key in keys.iter().take(4) {
            let facts = key.facts(now);
            for address in &facts.addresses {
                let small = key.minimal(address, now);
                let value = pgp::autocrypt::value(address, true, &small);
                assert!(value.lines().all(|line| line.len() <= 400));
            }
            if let Ok(again) = pgp::Certificate::read(&key.octets()) {
                assert_eq!(again.fingerprint(), key.fingerprint());
            }
        }
    }
    let _ = pgp::autocrypt::parse(octets);
    assert!(mime::carried::carried_keys(octets).len() <= 10);
    let _ = pgp::open(octets, &[], &pgp::Checking::new(&|_| Vec::new(), now));
    let _ = pgp::verify(b"text", octets, &pgp::Checking::new(&|_| Vec::new(), now));
    let keys = mime::openpgp::Keys {
        own: &[],
        find: &|_| Vec::new(),
        now,
    };
    if let Some(opening) = mime::openpgp::open(octets, keys) {
        assert!(opening.gossip.is_empty(), "nothing was opened");
        opening.shown.iter().for_each(|shown| drop(mime::read(shown)));
    }
    let payload = mime::sealed::payload(octets, true, &[]);
    let armored = |out: &mut Vec<u8>| {
        out.extend_from_slice(b"x");
        Ok::<(), ()>(())
    };
    let around = mime::sealed::encrypted(octets, "b", armored).unwrap_or_default();
    let inside = [payload.head.as_slice(), payload.body].concat();
    let _ = (mime::read(&inside), mime::read(&around));
}

/// What a browser says of a new passkey. The beginning that no guess would hit is written here.
fn passkey(octets: &[u8]) {
    let asked = webauthn::Asked {
        challenge: "Y2hhbGxlbmdl",
        origin: "https://home.test",
        host: "home.test",
    };
    let client = br#"{"type":"webauthn.create","challenge":"Y2hhbGxlbmdl","origin":"https://home.test"}"#;
    let data = [&record::sha256(b"home.test")[..], &[0x45, 0, 0, 0, 0], octets].concat();
    if let Ok(made) = webauthn::registration(asked, client, &data) {
        assert!((1..=webauthn::CREDENTIAL).contains(&made.credential.len()));
        assert!(!made.backup_eligible && !made.backed_up, "as the flags say");
    }
    assert!(
        webauthn::registration(asked, octets, octets).is_err(),
        "its hash would have to be guessed"
    );
}

/// What a browser signs to show that it is still itself, and what an app shows.
fn proof(octets: &[u8]) {
    let text = lossy(octets);
    if let Some(proof) = jws::proof(&text) {
        assert!(!proof.is_of(&[4; 65]), "no point of the curve");
    }
    if let Some((x, rest)) = octets.split_at_checked(32)
        && let Some((y, signature)) = rest.split_at_checked(32)
    {
        let point = es256::point(x, y).expect("two of 32 octets");
        assert!(!es256::verify(&point, b"message", signature), "nobody signed it");
    }
    if let Some(read) = base64url::decode(&text, 4096) {
        assert_eq!(base64url::encode(&read), text, "one text for one string of octets");
    }
    let _ = totp::matching(b"12345678901234567890", &text, Time(0), -1);
}

/// Signatures and seals as the message has them.
fn chain(octets: &[u8]) {
    let message = dkim::Message::of(octets);
    for (about, check) in message.signatures() {
        assert!(
            check.is_none_or(|check| !check.signature.is_empty() && !check.identity.is_empty()),
            "{about:?}"
        );
    }
    if let Ok(links) = dkim::chain(&message) {
        assert!(links.len() <= 50);
    }
}

fn danger(octets: &[u8]) {
    let reading = mime::read(octets);
    let found = inspect::look(octets, &reading);
    assert!(found.len() <= 10_000, "{}", found.len());
}

fn dmarc_record(octets: &[u8]) {
    if let Some(record) = dmarc::Record::parse(octets) {
        assert!(record.percent <= 100);
    }
    dmarc::is_record(octets);
    let text = lossy(octets);
    if let Some((one, other)) = text.split_once('\n') {
        assert!(dmarc::is_aligned(one, one, true) || one.is_empty());
        assert!(
            !dmarc::is_aligned(one, other, true) || dmarc::is_aligned(one, other, false),
            "{one:?} {other:?}"
        );
    }
}

fn key_record(octets: &[u8]) {
    let _ = dkim::Key::parse(octets);
}

fn look_alike(octets: &[u8]) {
    let text = lossy(octets);
    let skeleton = lookalike::skeleton(&text);
    assert!(skeleton.chars().count() <= text.chars().count());
    lookalike::readable(&text);
    if let Some((one, other)) = text.split_once('\n') {
        assert_eq!(
            lookalike::one_apart(one, other),
            lookalike::one_apart(other, one),
            "{one:?} {other:?}"
        );
    }
}

/// A record, and what its macros make of a sender.
fn spf_record(octets: &[u8]) {
    spf::is_record(octets);
    let text = lossy(octets);
    let (record, sender) = text.split_once('\n').unwrap_or((&text, "a@b.test"));
    let values = spf::Values {
        sender,
        domain: "b.test",
        ip: [192, 0, 2, 1].into(),
        helo: sender,
        validated: "c.test",
        host: "home.test",
        now: 1_000,
    };
    if let Some(record) = spf::Record::parse(record.as_bytes()) {
        for macros in record.redirect.iter().chain(&record.explanation) {
            assert!(macros.expand_name(&values).len() <= text.len() * 256 + 256);
        }
    }
    if let Some(macros) = spf::Macros::explanation(record) {
        macros.expand(&values);
    }
}

fn tag_list(octets: &[u8]) {
    if let Some(tags) = tags::Tags::parse(octets) {
        for name in ["a", "b", "h", "t", "x"] {
            let _ = (tags.text(name), tags.list(name), tags.number(name), tags.base64(name));
        }
    }
    tags::base64(octets);
}

fn dns_table(octets: &[u8]) {
    cli::is_dns_table(octets);
}

/// Results that somebody else wrote under our name are gone, however they are folded.
fn forged(octets: &[u8]) {
    let host = "mail.home.test";
    let left = authentication_results::without(octets, host);
    assert_eq!(authentication_results::without(&left, host), left);
    authentication_claims::topmost(&lossy(octets));
}

/// What the owner calls a tag, what an address asks for, and a range of importance.
fn tag_name(octets: &[u8]) {
    let text = lossy(octets);
    if let Ok(name) = tag::Name::parse(&text) {
        assert!(!name.as_str().is_empty() && !name.as_str().contains(char::is_control));
        assert_eq!(tag::Name::parse(name.as_str()).as_ref(), Ok(&name));
    }
    tag::of_detail(&text);
    assert_eq!(fold(&fold(&text)), fold(&text));
    if let Ok(range) = text.parse::<importance::Range>() {
        assert!((-10..=10).contains(&range.low()) && range.low() <= range.high() && range.high() <= 10);
    }
    let condition = rule::Condition {
        field: rule::Field::ALL[octets.len() % rule::Field::ALL.len()],
        how: rule::How::ALL[octets.len() / 7 % rule::How::ALL.len()],
        text: text.clone(),
    };
    let rule = rule::Rule {
        on: true,
        conditions: vec![condition],
        importance: 1,
        ..rule::Rule::default()
    };
    if let Ok(rule) = rule.checked() {
        rule.matches(&mime::read(octets));
    }
}

fn words_of(octets: &[u8]) {
    let text = lossy(octets);
    let found = words::words(&text, 100);
    assert!(found.len() <= 100 && found.iter().all(|word| !word.is_empty()));
    words::hash([text.as_str()]);
}

/// A picture is followed to its end or not at all, and what is left of it has nothing more to take out.
fn exif_of(octets: &[u8]) {
    let heads: [&[u8]; 4] = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBP"];
    for head in heads {
        let picture = [head, octets].concat();
        if let exif::Cleaned::Stripped(clean, _) = exif::clean(&picture) {
            assert_eq!(exif::clean(&clean), exif::Cleaned::Clean);
            assert!(clean.len() <= picture.len() + 64);
        }
    }
}

/// A form with files says the same in whatever pieces it comes.
fn form_with_files(octets: &[u8]) {
    let whole = [b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n".as_slice(), octets].concat();
    let read = |step: usize| {
        let mut reader = multipart::Reader::of("multipart/form-data; boundary=x").expect("a boundary");
        let (mut said, mut data) = (Vec::new(), Vec::new());
        for piece in whole.chunks(step) {
            for event in reader.feed(piece).ok()? {
                match event {
                    multipart::Event::Data(octets) => data.extend(octets),
                    other => said.push(format!("{other:?}")),
                }
            }
        }
        Some((said, data, reader.is_done()))
    };
    assert_eq!(read(1), read(whole.len()));
    assert!(read(7).is_none_or(|(_, data, _)| data.len() <= whole.len()));
}

/// People as they are typed read back as they are shown.
fn people_typed(octets: &[u8]) {
    if let Ok(people) = draft::people(&lossy(octets)) {
        let shown = draft::list(&people);
        let again = draft::people(&shown).expect("what is shown can be read");
        let addresses =
            |people: &[caliopen::domain::message::Mailbox]| people.iter().map(|person| person.address.clone()).collect::<Vec<_>>();
        assert_eq!(addresses(&people), addresses(&again), "{shown:?}");
    }
    let text = draft::quoted(&lossy(octets));
    assert!(text.lines().all(|line| line.starts_with('>')));
    draft::subject("Re:", &lossy(octets));
}

/// What is read of an archive, a piece at a time, is no more than it may swell to.
fn zipped(octets: &[u8]) {
    let mut files = 0;
    let _ = zip::each(octets, |event| {
        if let zip::Event::File(_, content) = event {
            let mut piece = [0; 4_096];
            let mut sum = 0_usize;
            while let Ok(read) = std::io::Read::read(content, &mut piece) {
                sum += read;
                if read == 0 {
                    break;
                }
            }
            assert!(sum <= 64 * 1024 * 1024 + 2_000 * octets.len());
        }
        files += 1;
        std::ops::ControlFlow::Continue(())
    });
    assert!(files <= octets.len() / 15 + 1);
}

/// A certificate as an authority sends it. The beginning that no guess would hit is written here.
fn certified(octets: &[u8]) {
    let made = |inner: &[u8]| match u8::try_from(inner.len()) {
        Ok(length @ 0..=127) => [&[0x30, length], inner].concat(),
        Ok(length) => [&[0x30, 0x81, length], inner].concat(),
        Err(_) => [&[0x30, 0x82], &(inner.len() as u16).to_be_bytes()[..], inner].concat(),
    };
    let valid = made(b"\x17\x0d700101000000Z\x17\x0d491231235959Z");
    let fields = [
        b"\x02\x01\x05",
        &made(b"")[..],
        &made(octets),
        &valid,
        &made(octets),
        &made(octets),
        octets,
    ]
    .concat();
    for der in [octets.to_vec(), made(&made(&fields))] {
        if let Some(facts) = certificate::facts(&der) {
            assert!(facts.names.len() <= 200 && facts.issuer.chars().count() <= 100);
            assert!(!facts.issuer.contains(char::is_control));
        }
    }
    if let Some((numbers, data)) = octets.split_at_checked(3)
        && let Some(record) = dane::Association::of(numbers[0], numbers[1], numbers[2], data)
    {
        record.means(octets);
        assert!(record.written().is_ascii());
    }
    let text = lossy(octets);
    let _ = (certificate::stamp(&text), http_date::read(&text));
}

/// What a smarthost says of a password, and a push service's address.
fn log_in(octets: &[u8]) {
    let text = lossy(octets);
    for server in [
        text.clone(),
        format!("r=nonce{text},s=c2FsdA==,i=4096"),
        format!("r=nonce1,s={text},i=4096"),
    ] {
        if let Some(proof) = scram::prove("me", "word", "nonce", &server) {
            assert!(proof.said.starts_with("c=biws,r=nonce") && !proof.is_answered(&text));
        }
    }
    for url in [text.clone(), format!("https://{text}")] {
        if let Some(host) = web_push::host(&url) {
            assert!(host.contains('.') && host.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-.".contains(&octet)));
        }
    }
    if let Some((point, auth)) = octets.split_at_checked(65) {
        let _ = web_push::encrypt("mail", point, auth);
    }
    if let Some(name) = idna::ascii(&text) {
        assert!(name.is_ascii());
    }
}

/// Where a domain wants its reports: at few places, and never in clear.
fn report_places(octets: &[u8]) {
    let record = [b"v=TLSRPTv1; rua=", octets].concat();
    for texts in [&[octets][..], &[&record], &[&record, octets]] {
        let places = tls_report::places(texts.iter().copied());
        assert!(places.len() <= 10, "{places:?}");
        for place in places {
            match place {
                caliopen::domain::tls_report::Place::Web(url) => assert!(url.starts_with("https://")),
                caliopen::domain::tls_report::Place::Mail(_) => {}
            }
        }
    }
    tls_report::is_regardless(octets);
}

/// A file that somebody brings along: whatever it is, everything in it is handed over or passed over.
fn moved_in(octets: &[u8]) {
    let context = Context {
        now: Time(1_790_000_000),
        room: Room::Empty,
        secret: None,
        schema: 1,
    };
    let mut handed = 0;
    let mut take = |item: Item| {
        handed += 1;
        match item {
            Item::Message(found) => assert!(!found.raw.is_empty() && !found.name.contains(char::is_control)),
            Item::Whole(_) | Item::Rows(..) | Item::Octets(..) => panic!("nothing here is sealed with that passphrase"),
            _ => {}
        }
        handed < 100_000
    };
    let mut source = octets;
    let _ = Finding::new(context, &mut take).stream("file", &mut source, Beside::default());
    assert!(handed <= octets.len() + 1);
}

fn autoconfig_file(octets: &[u8]) {
    if let Some((server, user)) = autoconfig::incoming(octets, "me@x.test") {
        assert!(caliopen::domain::mailbox::is_host(&server.host) && !user.chars().any(char::is_control));
    }
    if let Some(server) = autoconfig::outgoing(octets, "me@x.test") {
        assert!(caliopen::domain::mailbox::is_host(&server.host) && server.port > 0);
    }
}

/// What a provider says of access by a token, and the address that comes back from it.
fn access(octets: &[u8]) {
    if let Some(given) = oauth::read(octets) {
        assert!(given.access.bytes().all(|octet| octet.is_ascii_graphic()));
    }
    let text = lossy(octets);
    let _ = oauth::code(&text, "state");
    assert_eq!(oauth::code(&format!("http://localhost/?state=state&code={text}"), "other"), None);
    if let Some(url) = oauth::ask(&text, "me", &text, "state", "challenge") {
        assert!(url.starts_with("https://") && !url.contains(char::is_whitespace));
    }
}

fn folder_name(octets: &[u8]) {
    let name = lossy(octets);
    let read = utf7::decode(&name);
    assert!(read.len() <= 2 * name.len());
    if !name.contains('&') {
        assert_eq!(read, name);
    }
}

/// What a server of mailboxes says is bounded alike, in whatever pieces it comes.
fn imap_said(octets: &[u8]) {
    let whole = imap::probe(octets, octets.len());
    assert_eq!(imap::probe(octets, 1), whole);
    assert_eq!(imap::probe(octets, 7), whole);
}

/// What a server says lies in a backup: no more than it has octets for.
fn listed(octets: &[u8]) {
    let [members, rows, files] = restic::probe(octets);
    assert!(members <= octets.len() / 6 && rows <= octets.len() / 2 && files <= octets.len() / 11);
}

fn passphrase(octets: &[u8]) {
    let text = lossy(octets);
    assert!(password::strength(&text, &["me@home.test"]) <= password::Strength(4));
}

/// A row of an export that somebody wrote: what is read of it is written as it was read.
fn row_of_a_table(octets: &[u8]) {
    if let Ok(row) = serde_json::from_slice(octets) {
        let (read, same) = rows::probe(&row);
        assert_eq!(read, same, "{row}");
    }
}

/// A box's statement about itself holds for nobody without a key that is known.
fn statement_of(octets: &[u8]) {
    let now = Time(1_790_000_000);
    let head = br#"{"caliopen":"statement","version":1,"domain":"home.test","issued":1789990000,"expires":1790090000,"#;
    let end = b"\n-----BEGIN PGP SIGNATURE-----\n";
    for file in [octets.to_vec(), [head, octets].concat(), [&head[..], octets, end, octets].concat()] {
        assert!(statement::read(&file, "home.test", &[], now).is_err());
    }
}

/// What a name server answers to a change, signed with a key that nobody here knows.
fn update_answer(octets: &[u8]) {
    let key = dns_update::Key {
        name: "key.home.test",
        secret: b"a secret of the name server's",
    };
    let change = dns_update::Change {
        id: 7,
        zone: "home.test",
        host: "home.test",
        addresses: &[[192, 0, 2, 1].into()],
        ttl: 60,
        now: 1_790_000_000,
    };
    let signed = dns_update::signed(&change, key).expect("a change");
    let answered = [&[0, 7, 0xa8], octets].concat();
    for octets in [octets, &answered, &signed.octets] {
        let said = dns_update::answer(&signed, key, octets);
        assert_ne!(said, dns_update::Said::Done, "it would have to be signed");
    }
}
