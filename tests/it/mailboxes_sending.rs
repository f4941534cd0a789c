//! A mailbox at a provider that takes no password: the owner's own client is given access, what is written from its
//! address leaves by the provider's server, and what the box says of that way is no more than it knows.

use crate::{
    home::Home,
    internet::Authority,
    mailboxes::{until, works},
};
use caliopen::{
    codec::base64url,
    domain::{
        draft::Draft,
        fact::Fact,
        mailbox::{Server, Trouble},
        outgoing::{Kind, State, Via},
        padlock::Padlock,
        privacy::evidence::Direction,
        time::Time,
    },
    net::{
        dns::{Dns, Record, Table},
        outward::Outward,
        tls::{Current, Identity, server_config},
    },
    service::{
        compose::{Checked, Outcome, REST},
        mailboxes::{Grant, NotAdded, NotSending, Typed, begin_to_ask},
    },
};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

const NOW: Time = Time(1_782_000_000);

pub type Heard = Arc<Mutex<Vec<String>>>;

/// A server over TLS that greets, and answers lines; `None` ends a session, and what begins with `!` is for it to
/// remember a line without answering.
pub async fn server(
    identity: &Identity,
    greeting: &'static str,
    answer: impl Fn(&str, &str) -> Option<String> + Send + Sync + 'static,
) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(server_config(Current::new(identity).unwrap(), &[]).unwrap());
    let (heard, answer) = (Heard::default(), Arc::new(answer));
    let log = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, log, answer) = (acceptor.clone(), log.clone(), answer.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let mut stream = BufReader::new(stream);
                let _ = stream.write_all(greeting.as_bytes()).await;
                let mut before = String::new();
                loop {
                    let mut line = String::new();
                    if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                        return;
                    }
                    let line = line.trim_end().to_owned();
                    log.lock().unwrap().push(line.clone());
                    let Some(said) = answer(&before, &line) else { return };
                    before = line;
                    if !said.starts_with('!') && stream.write_all(said.as_bytes()).await.is_err() {
                        return;
                    }
                    let _ = stream.flush().await;
                }
            });
        }
    });
    (port, heard)
}

fn bearer(token: &str) -> String {
    base64url::plain(format!("user=me@x.test\x01auth=Bearer {token}\x01\x01").as_bytes())
}

/// A server of mailboxes that takes this token.
async fn imap(identity: &Identity, token: &'static str) -> (u16, Heard) {
    server(identity, "* OK hello\r\n", move |before, line| {
        if before.ends_with("XOAUTH2") {
            let (tag, _) = before.split_once(' ')?;
            return Some(if line == bearer(token) {
                format!("{tag} OK in\r\n")
            } else {
                format!("{tag} NO\r\n")
            });
        }
        let (tag, command) = line.split_once(' ')?;
        Some(match command.split(' ').next()? {
            "AUTHENTICATE" => "+ \r\n".to_owned(),
            "LIST" => format!("* LIST () \".\" INBOX\r\n{tag} OK done\r\n"),
            "LOGOUT" => format!("* BYE\r\n{tag} OK done\r\n"),
            _ => format!("{tag} BAD\r\n"),
        })
    })
    .await
}

/// A server that passes mail on for whoever has this token.
async fn submission(identity: &Identity, token: &'static str) -> (u16, Heard) {
    server(identity, "220 smtp.x.test\r\n", move |before, line| {
        let word = line.split(' ').next()?;
        Some(match word {
            "EHLO" => "250-smtp.x.test\r\n250-8BITMIME\r\n250 AUTH LOGIN XOAUTH2\r\n".to_owned(),
            "AUTH" if line == format!("AUTH XOAUTH2 {}", bearer(token)) => "235 in\r\n".to_owned(),
            "AUTH" => "334 e30=\r\n".to_owned(),
            "" if before.starts_with("AUTH") => "535 5.7.8 no\r\n".to_owned(),
            "MAIL" | "RCPT" | "RSET" | "NOOP" => "250 yes\r\n".to_owned(),
            "DATA" => "354 go on\r\n".to_owned(),
            "." => "250 taken\r\n".to_owned(),
            "QUIT" => return None,
            _ => "!".to_owned(),
        })
    })
    .await
}

/// A token service: the code of this question is changed for tokens once, and each token that lasts for the next one.
/// It answers nobody while `held` is.
async fn tokens(identity: &Identity, held: Arc<tokio::sync::Mutex<()>>) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(server_config(Current::new(identity).unwrap(), &[b"http/1.1"]).unwrap());
    let heard = Heard::default();
    let log = heard.clone();
    tokio::spawn(async move {
        let mut lasts = 0;
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut octets = Vec::new();
            let body = loop {
                let text = String::from_utf8_lossy(&octets).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length = head.to_lowercase();
                    let length = length
                        .split_once("content-length: ")
                        .and_then(|(_, rest)| rest.lines().next()?.parse().ok());
                    if body.len() >= length.unwrap_or(0_usize) {
                        break if head.starts_with("POST /token ") {
                            body.to_owned()
                        } else {
                            String::new()
                        };
                    }
                }
                if stream.read_buf(&mut octets).await.unwrap_or(0) == 0 {
                    break String::new();
                }
            };
            log.lock().unwrap().push(body.clone());
            let _free = held.lock().await;
            let good = (lasts == 0 && body.contains("grant_type=authorization_code&code=c0de&"))
                || (lasts > 0 && body.contains(&format!("grant_type=refresh_token&refresh_token=lasting-{lasts}&")));
            let whole = good && body.contains("client_id=mine") && body.contains("client_secret=s+ecret");
            let answer = if whole {
                lasts += 1;
                let said = format!("{{\"access_token\":\"opens\",\"expires_in\":3600,\"refresh_token\":\"lasting-{lasts}\"}}");
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{said}", said.len())
            } else {
                "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_owned()
            };
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, heard)
}

/// The address that a provider sends the owner back to.
fn back(url: &str, state: Option<&str>) -> String {
    let (_, query) = url.split_once('?').unwrap();
    let asked = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        value.unwrap().to_owned()
    };
    assert_eq!(
        (asked("code_challenge_method").as_str(), asked("client_id").as_str()),
        ("S256", "mine")
    );
    format!(
        "http://localhost/?state={}&code=c0de",
        state.map_or_else(|| asked("state"), str::to_owned)
    )
}

struct World {
    home: Home,
    imap: u16,
    tokens: Heard,
    submitted: Heard,
    /// Who has it keeps the token service from answering.
    held: Arc<tokio::sync::Mutex<()>>,
}

async fn world() -> World {
    let authority = Authority::make();
    let names = ["imap.x.test", "smtp.x.test", "token.x.test"];
    let identity = authority.certify(&names);
    let held = Arc::<tokio::sync::Mutex<()>>::default();
    let ((imap, _), (smtp, submitted), (https_port, tokens)) = tokio::join!(
        imap(&identity, "opens"),
        submission(&identity, "opens"),
        tokens(&identity, held.clone())
    );
    let here = Record::A([127, 0, 0, 1].into());
    let mut table = Table::default().with("_submissions._tcp.x.test", Record::Srv(0, 1, smtp, "smtp.x.test".into()));
    for name in names {
        table = table.with(name, here.clone());
    }
    let outward = Outward {
        roots: Some(authority.roots()),
        https_port,
        ..Dns::table(table).into()
    };
    World {
        home: Home::make(NOW, outward),
        imap,
        tokens,
        submitted,
        held,
    }
}

impl World {
    fn typed(&self, verifier: &str, came_back: String) -> Typed {
        Typed {
            name: "me@x.test".into(),
            server: Server {
                host: "imap.x.test".into(),
                port: self.imap,
                implicit: true,
            },
            user: "me@x.test".into(),
            password: String::new().into(),
            grant: Some(Grant {
                at: "https://token.x.test/token".into(),
                client: "mine".into(),
                secret: "s ecret".into(),
                verifier: verifier.into(),
                came_back,
            }),
            history: true,
        }
    }

    /// Adds the mailbox as its owner would.
    async fn add(&self) -> u64 {
        let mailboxes = &self.home.services.mailboxes;
        let question = begin_to_ask("https://token.x.test/auth", "mine", "mail").unwrap().unwrap();
        let other = self.typed(&question.verifier, back(&question.url, Some("other")));
        assert_eq!(mailboxes.add(other).await.unwrap(), Err(NotAdded::CameBack));
        assert!(
            self.tokens.lock().unwrap().is_empty(),
            "an answer to another question is told to nobody"
        );
        let typed = self.typed(&question.verifier, back(&question.url, None));
        let id = mailboxes.add(typed).await.unwrap().unwrap();
        let again = self.typed(&question.verifier, back(&question.url, None));
        assert_eq!(
            mailboxes.add(again).await.unwrap(),
            Err(NotAdded::Tried(Trouble::Token)),
            "a code is worth one change"
        );
        id
    }
}

fn files(folder: &std::path::Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.extend(std::fs::read(&path).unwrap_or_default());
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn access_is_given_to_the_owners_own_client_and_its_tokens_lie_sealed() {
    let world = world().await;
    let id = world.add().await;
    let home = &world.home;
    let mailboxes = &home.services.mailboxes;
    let view = mailboxes.one(id).await.unwrap();
    assert!(view.by_token && view.folders.len() == 1);
    assert!(!format!("{view:?}").contains("lasting"));
    // Each token that lasts is good for one change: the next one is kept.
    let server = mailboxes.find_way_out("me@x.test").await.unwrap();
    assert_eq!(server.host, "smtp.x.test");
    for _ in 0..2 {
        assert_eq!(mailboxes.send_by(id, Some(server.clone())).await.unwrap(), Ok(()));
    }
    let kept = home.snapshot().mailbox(id).unwrap().unwrap();
    assert_eq!(kept.secret.token.as_ref().unwrap().3, "lasting-3");
    let octets = files(home.vault.folder());
    for secret in ["lasting-", "s ecret", "me@x.test"] {
        let found = octets.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} lies in clear");
    }
    // Nothing is sent by a server that nobody trusts, that is another's, or that is none.
    for (host, port, expected) in [
        ("token.x.test", 1, None),
        ("not a host", server.port, Some(NotSending::Host)),
        ("smtp.x.test", 0, Some(NotSending::Port)),
    ] {
        let tried = Server {
            host: host.into(),
            port,
            implicit: true,
        };
        let said = mailboxes.send_by(id, Some(tried)).await.unwrap();
        match expected {
            Some(expected) => assert_eq!(said, Err(expected)),
            None => assert!(matches!(said, Err(NotSending::Tried(trouble)) if trouble.kind == Kind::Unreachable)),
        }
    }
    assert_eq!(
        mailboxes.one(id).await.unwrap().sends,
        Some(server),
        "what was refused changes nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_from_its_address_leaves_by_its_provider() {
    let world = world().await;
    let id = world.add().await;
    let (home, compose) = (&world.home, &world.home.services.compose);
    let mailboxes = &home.services.mailboxes;
    let names = async || -> Vec<String> { compose.writes_as().await.unwrap().iter().map(ToString::to_string).collect() };
    assert_eq!(names().await, ["me@home.test"]);
    let draft = Draft {
        from: "me@x.test".into(),
        to: "bob@else.test".into(),
        subject: "From elsewhere".into(),
        text: "Hello\n".into(),
        ..Draft::default()
    };
    let write = async |number: u64| {
        compose.save(number, draft.clone(), Vec::new()).await.unwrap();
        compose.send(number, Padlock::default(), Some(Padlock::default())).await.unwrap()
    };
    assert!(matches!(write(1).await, Outcome::Wrong(_)), "not before it is set up");
    let server = mailboxes.find_way_out("me@x.test").await.unwrap();
    mailboxes.send_by(id, Some(server)).await.unwrap().unwrap();
    assert_eq!(names().await, ["me@home.test", "me@x.test"]);

    let preview = compose.preview(&draft).await.unwrap();
    assert_eq!(preview.passed_on_by.as_deref(), Some("smtp.x.test"));
    assert_eq!((preview.checked, preview.people[0].strict), (Checked::NotNeeded, Fact::Unknown));
    let Outcome::Sent(message, _) = write(2).await else {
        panic!("it is not sent")
    };
    let foreseen = home.snapshot().proof(message.0).unwrap().unwrap().evidence();
    assert_eq!(foreseen.direction, Direction::Out);
    home.later(REST + 1);
    home.round().await;
    let rows = home.of(message).await;
    let recipient = &rows[0].recipients[0];
    assert_eq!((rows[0].state(), rows[0].via), (State::Delivered, Via::Provider), "{recipient:?}");
    assert_eq!(recipient.handed.as_ref().unwrap().host, "smtp.x.test");
    let travel = home.snapshot().proof(message.0).unwrap().unwrap().evidence().travel;
    assert_eq!(
        (travel.tls, travel.strict, travel.dmarc),
        (Fact::Unknown, Fact::Unknown, Fact::Unknown)
    );
    assert_eq!(travel, foreseen.travel, "what was said before is what is said afterwards");
    let said = world.submitted.lock().unwrap().join("\n");
    assert!(
        said.contains("MAIL FROM:<me@x.test>") && said.contains("RCPT TO:<bob@else.test>"),
        "{said}"
    );
    assert!(
        said.contains("\nFrom: ") && said.contains("me@x.test") && said.contains("Subject: From elsewhere"),
        "{said}"
    );
    assert!(!said.contains("DKIM-Signature") && !said.contains("me@home.test"), "{said}");

    // It is the owner who wrote it, to one person.
    let row = home.snapshot().discussion(1).unwrap().unwrap();
    assert_eq!(row.key, "with:bob@else.test");
    // The provider's own copy of it, fetched later, is not another message.
    let raw = home.snapshot().message(message.0).unwrap().unwrap();
    let raw = home.snapshot().raw(message.0, &raw).unwrap();
    let brought = caliopen::service::receive::Brought {
        by_content: true,
        ..Default::default()
    };
    let copy = [b"Received: by smtp.x.test; Tue, 3 Mar 2026 09:00:00 +0000\r\n".as_slice(), &raw].concat();
    assert_eq!(home.services.receive.bring(copy, brought).await.unwrap(), None);

    // Several workers sign in at once, each with the token that the one before was given.
    let mut many = Vec::new();
    for number in 10..26 {
        let Outcome::Sent(message, _) = write(number).await else {
            panic!("it is not sent")
        };
        many.push(message);
    }
    home.later(REST + 1);
    home.round().await;
    for message in many {
        let rows = home.of(message).await;
        assert_eq!(rows[0].state(), State::Delivered, "{:?}", rows[0].recipients[0].trouble);
    }

    // Where it is no longer set up, what still waits is not sent by another way.
    let Outcome::Sent(message, _) = write(3).await else {
        panic!("it is not sent")
    };
    mailboxes.send_by(id, None).await.unwrap().unwrap();
    home.later(REST + 1);
    home.round().await;
    let rows = home.of(message).await;
    let trouble = rows[0].recipients[0].trouble.as_ref().map(|trouble| trouble.kind);
    assert_eq!((rows[0].state(), trouble), (State::Failed, Some(Kind::NoMailbox)));
    mailboxes.remove(id).await.unwrap();
    assert!(
        !home
            .snapshot()
            .is_elsewhere(&caliopen::domain::address::Address::parse("me@x.test").unwrap())
            .unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn discussions_follow_when_an_address_turns_out_to_be_the_owners() {
    let world = world().await;
    let home = &world.home;
    let raw = |from: &str, to: &str, number: u32| {
        format!("From: {from}\r\nTo: {to}\r\nSubject: n{number}\r\nMessage-ID: <{number}@y.test>\r\nDate: Tue, 3 Mar 2026 09:00:00 +0000\r\n\r\nbody\r\n")
            .into_bytes()
    };
    let receive = &home.services.receive;
    receive.import(raw("bob@y.test", "me@x.test", 1), None, true).await.unwrap();
    receive.import(raw("bob@y.test", "me@home.test", 2), None, true).await.unwrap();
    let keys = || -> Vec<(String, u32)> {
        let snapshot = home.snapshot();
        let rows = (1..9).filter_map(|id| snapshot.discussion(id).unwrap());
        rows.map(|row| (row.key, row.messages)).collect()
    };
    assert_eq!(
        keys(),
        [("with:bob@y.test me@x.test".to_owned(), 1), ("with:bob@y.test".to_owned(), 1)]
    );
    world.add().await;
    home.services.contacts.refresh().await;
    assert_eq!(keys(), [("with:bob@y.test".to_owned(), 2)]);
    // What the owner wrote there is the owner's.
    receive.import(raw("me@x.test", "bob@y.test", 3), None, true).await.unwrap();
    assert_eq!(keys(), [("with:bob@y.test".to_owned(), 3)]);
    let row = home
        .snapshot()
        .discussion(1)
        .unwrap()
        .or(home.snapshot().discussion(2).unwrap())
        .unwrap();
    assert_eq!(
        row.people.iter().map(|person| person.address.as_str()).collect::<Vec<_>>(),
        ["bob@y.test"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_comes_when_nobody_waits_for_it_any_more_is_kept() {
    let world = world().await;
    let id = world.add().await;
    let (home, mailboxes) = (&world.home, &world.home.services.mailboxes);
    let lasts = || {
        home.snapshot()
            .mailbox(id)
            .unwrap()
            .unwrap()
            .secret
            .token
            .as_ref()
            .unwrap()
            .3
            .clone()
    };
    assert_eq!(lasts(), "lasting-1");
    let renewing = || {
        world
            .tokens
            .lock()
            .unwrap()
            .iter()
            .filter(|body| body.contains("lasting-1"))
            .count()
    };
    let working = works(home);
    let held = world.held.lock().await;
    mailboxes.choose(id, vec!["INBOX".into()]).await.unwrap();
    until(home, id, "it asks", |_| renewing() == 1).await;
    mailboxes.pause(id, true).await.unwrap();
    until(home, id, "nobody looks at it", |view| view.running.is_none()).await;
    drop(held);
    until(home, id, "the next token is kept", |_| lasts() == "lasting-2").await;
    working.abort();
}
