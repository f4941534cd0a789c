//! A device is told of new mail with no page open: through a push service of the test's own, which sees who rings, and
//! that it cannot read what is said.

use crate::{
    appliance::Folder,
    home::{Home, patience},
    web::Visitor,
};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use caliopen::{
    codec::base64url,
    domain::{
        device::{Credential, DeviceId, Link, agent::Agent},
        ledger::Purpose,
        time::Time,
        transport,
    },
    locale::Lang,
    net::{
        dns::{Dns, Record, Table},
        outward::Outward,
        tls::{Current, Identity, server_config},
    },
    service::{devices::Arrival, happening::Happening, receive::Taken},
};
use rustls::RootCertStore;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

const NOW: i64 = 1_780_000_000;

/// A push service: what it was asked, and how it answers.
struct Service {
    port: u16,
    roots: Arc<RootCertStore>,
    asked: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<&'static str>>,
    /// Whoever holds it keeps the service from answering.
    slow: Arc<tokio::sync::Mutex<()>>,
}

impl Service {
    async fn start() -> Self {
        let identity = Identity::self_signed(&["push.test".to_owned()]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let acceptor = TlsAcceptor::from(server_config(Current::new(&identity).unwrap(), &[b"http/1.1"]).unwrap());
        let mut roots = RootCertStore::empty();
        roots.add(identity.chain[0].clone().into()).unwrap();
        let service = Self {
            port: listener.local_addr().unwrap().port(),
            roots: Arc::new(roots),
            asked: Arc::default(),
            answers: Arc::new(Mutex::new("201 Created")),
            slow: Arc::default(),
        };
        let (asked, answers, slow) = (service.asked.clone(), service.answers.clone(), service.slow.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut heard = Vec::new();
                // The body is as long as its head says; nothing of ours is longer than this.
                loop {
                    let text = String::from_utf8_lossy(&heard).to_lowercase();
                    let length = text
                        .split_once("content-length: ")
                        .and_then(|(_, after)| after.split("\r\n").next()?.parse::<usize>().ok());
                    let head = heard.windows(4).position(|four| four == b"\r\n\r\n");
                    if let (Some(head), Some(length)) = (head, length)
                        && heard.len() >= head + 4 + length
                    {
                        break;
                    }
                    if stream.read_buf(&mut heard).await.unwrap_or(0) == 0 {
                        break;
                    }
                }
                asked.lock().unwrap().push(String::from_utf8_lossy(&heard).into_owned());
                drop(slow.lock().await);
                let answer = format!("HTTP/1.1 {}\r\nContent-Length: 0\r\n\r\n", *answers.lock().unwrap());
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        service
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn outward(service: &Service) -> Outward {
    let table = Table::default().with("push.test", Record::A([127, 0, 0, 1].into()));
    Outward {
        https_port: service.port,
        roots: Some(service.roots.clone()),
        patience: patience(Duration::from_secs(5)),
        ..Dns::table(table).into()
    }
}

/// What a browser gives: a key and a secret of its own.
fn browser() -> (String, String) {
    let key = PrivateKey::generate(&ECDH_P256).unwrap();
    let point = key.compute_public_key().unwrap();
    (base64url::encode(point.as_ref()), base64url::encode(&[7; 16]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_rung_for_without_a_word_of_the_mail_until_it_is_gone() {
    let service = Service::start().await;
    let home = Home::make(Time(NOW), outward(&service));
    let push = &home.services.push;
    push.prepare().await.unwrap();
    let key = push.key().await.unwrap().unwrap();
    let (point, auth) = browser();
    for (endpoint, point, auth) in [
        ("http://push.test/x", point.as_str(), auth.as_str()),
        ("https://127.0.0.1/x", &point, &auth),
        ("https://push.test/x", "AAAA", &auth),
        ("https://push.test/x", &point, "AAAA"),
    ] {
        assert_eq!(push.offer(endpoint, point, auth, Lang::En), None, "{endpoint}");
    }
    let offer = push.offer("https://push.test/ring/1", &point, &auth, Lang::Fr).unwrap();
    assert_eq!(offer.host(), "push.test");
    // Nobody was let in with this number: it is told nothing, and forgotten.
    push.switch_on(DeviceId(77), offer.clone()).await.unwrap();
    assert_eq!(push.tell().await.unwrap(), 0);
    assert!(push.told().await.unwrap().is_empty() && service.heard().is_empty());

    let arrival = Arrival {
        key: None,
        peer: [127, 0, 0, 1].into(),
        agent: Agent::default(),
        link: Link::Local,
        credential: Credential::Password,
        lang: Lang::En,
    };
    let arrived = home.services.devices.arrive(arrival).await.unwrap();
    assert!(arrived.verified, "the first one is");
    let device = arrived.device;
    push.switch_on(device, offer.clone()).await.unwrap();
    assert_eq!(push.tell().await.unwrap(), 1);
    let heard = service.heard();
    assert_eq!(heard.len(), 1);
    let text = heard[0].to_lowercase();
    assert!(heard[0].starts_with("POST /ring/1 HTTP/1.1\r\n"), "{}", heard[0]);
    for header in [
        "content-encoding: aes128gcm",
        "ttl: 43200",
        "urgency: normal",
        "topic: mail",
        "authorization: vapid t=",
    ] {
        assert!(text.contains(header), "{header}: {}", heard[0]);
    }
    assert!(heard[0].contains(&format!("k={key}")) && !text.contains("courrier") && !text.contains("user-agent"));
    assert!(
        home.services
            .ledgers
            .all()
            .await
            .unwrap()
            .iter()
            .any(|line| line.purpose == Purpose::Push && line.party == "push.test")
    );

    // A service that is unwell is tried again; one that knows of no such browser ends it.
    *service.answers.lock().unwrap() = "503 Busy";
    assert_eq!(push.tell().await.unwrap(), 0);
    assert!(push.told().await.unwrap()[0].failing);
    *service.answers.lock().unwrap() = "201 Created";
    assert_eq!(push.tell().await.unwrap(), 1);
    assert!(!push.told().await.unwrap()[0].failing);
    *service.answers.lock().unwrap() = "410 Gone";
    assert_eq!(push.tell().await.unwrap(), 0);
    assert!(push.told().await.unwrap().is_empty());

    // What is switched off, or offered anew, while the service takes its time stays as it is then.
    let anew = push.offer("https://push.test/ring/2", &point, &auth, Lang::Fr).unwrap();
    for (answer, after) in [("503 Busy", None), ("410 Gone", Some(anew))] {
        *service.answers.lock().unwrap() = answer;
        push.switch_on(device, offer.clone()).await.unwrap();
        service.heard();
        let slow = service.slow.lock().await;
        let meanwhile = async {
            while service.asked.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
            match &after {
                Some(anew) => push.switch_on(device, anew.clone()).await.unwrap(),
                None => push.switch_off(device).await.unwrap(),
            }
            drop(slow);
        };
        let (told, ()) = tokio::join!(push.tell(), meanwhile);
        assert_eq!(told.unwrap(), 0);
        let now = push.told().await.unwrap();
        assert_eq!(now.len(), usize::from(after.is_some()), "{answer}");
        assert!(now.iter().all(|told| !told.failing));
    }
}

#[tokio::test]
async fn history_and_spam_ring_nowhere_and_news_from_another_mailbox_does() {
    let home = Home::make(Time(NOW), Dns::table(Table::default()).into());
    let mut happenings = home.services.happenings.listen();
    let receive = &home.services.receive;
    for (at, (received, read, news)) in [
        (NOW - 400 * 24 * 3600, false, false),
        (NOW - 3600, true, false),
        (NOW - 3600, false, true),
        (NOW - 2 * 24 * 3600, false, false),
    ]
    .into_iter()
    .enumerate()
    {
        let raw = format!("From: ann@x.test\r\nTo: me@home.test\r\nMessage-ID: <{at}@x.test>\r\n\r\nhello\r\n");
        let kept = receive.import(raw.into_bytes(), Some(Time(received)), read).await.unwrap().unwrap();
        let (message, discussion) = (kept.message, kept.discussion);
        let happening = Happening::Arrived { message, discussion, news };
        assert_eq!(happenings.recv().await.unwrap(), happening);
    }
    // Through the door: what is no spam rings, even where the discussion holds both.
    let mut kept = Vec::new();
    for subject in ["dinner", "offers"] {
        let arrival = transport::Arrival {
            at: home.clock.now(),
            peer: [192, 0, 2, 7].into(),
            helo: "mx.x.test".into(),
            mail_from: Some("eve@x.test".into()),
            rcpt_to: vec!["me@home.test".into()],
            tls: None,
            extended: true,
            utf8: false,
        };
        let raw = format!(
            "From: eve@x.test\r\nTo: me@home.test\r\nSubject: {subject}\r\nDate: Tue, 26 May 2026 20:00:00 +0000\r\n\
             Message-ID: <{subject}@x.test>\r\n\r\nhello\r\n"
        );
        let Taken::Kept(taken) = receive.keep(arrival, raw.into_bytes()).await.unwrap() else {
            panic!("the box is locked");
        };
        assert!(matches!(happenings.recv().await.unwrap(), Happening::Arrived { news: true, .. }));
        kept.push(taken);
    }
    let (honest, spam) = (kept[0], kept[1]);
    assert_eq!(honest.discussion, spam.discussion);
    home.services.spam.teach(spam.message, Some(true)).await.unwrap();
    let push = &home.services.push;
    assert!(push.rings(honest.message).await.unwrap() && !push.rings(spam.message).await.unwrap());
}

#[test]
fn the_owner_sees_whose_push_service_it_is_before_it_is_switched_on() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let at = "/settings/notifications";
    let page = owner.get(at);
    assert!(page.body.contains("It is not told of new mail.") && page.body.contains("Mozilla for Firefox"));
    let (point, auth) = browser();
    let form = |token: &str, endpoint: &str, more: &str| {
        let given = [
            ("token", token),
            ("endpoint", endpoint),
            ("p256dh", &point),
            ("auth", &auth),
            ("do", more),
        ];
        form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish()
    };
    let token = page.token().to_owned();
    let refused = owner.post(at, "", &form(&token, "https://192.168.1.1/x", ""));
    assert_eq!(refused.status, 422);
    let endpoint = "https://updates.push.services.mozilla.com/wpush/v2/x";
    let asked = owner.post(at, "", &form(&token, endpoint, ""));
    assert_eq!(asked.status, 200);
    assert!(
        asked.body.contains("updates.push.services.mozilla.com learns that mail came"),
        "{}",
        asked.body
    );
    assert!(owner.get(at).body.contains("It is not told of new mail."), "nothing is on yet");
    assert_eq!(owner.post(at, "", &form(&token, endpoint, "on")).status, 303);
    assert!(
        owner
            .get(at)
            .body
            .contains("It is told of new mail, through updates.push.services.mozilla.com.")
    );
    assert_eq!(owner.post(&format!("{at}/off"), "", &format!("token={token}")).status, 303);
    assert!(owner.get(at).body.contains("It is not told of new mail."));
    let worker = owner.get("/worker.js");
    assert_eq!(worker.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert!(
        !worker.body.contains("fetch(") && !worker.body.contains("\"fetch\""),
        "it asks nobody for anything"
    );
}
