//! Servers of every manner, each a few lines of what it says, on loopback.

use super::*;
use crate::{
    codec::dane::Association,
    net::tls::{Current, Identity, server_config},
};
use aws_lc_rs::digest;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(10),
    answer: Duration::from_secs(10),
    kept: Duration::from_secs(10),
};

/// A server that says each of these lines when it has heard one (the first at once), and what it heard.
/// `encrypt` comes after the line that begins with `220 go`.
async fn server(lines: Vec<&'static str>, encrypt: Option<Identity>) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = String::new();
        let begins = lines
            .iter()
            .position(|line| line.starts_with("220 go"))
            .map_or(lines.len(), |at| at + 1);
        let (clear, sealed) = lines.split_at(begins);
        if talk(&mut stream, clear, true, &mut heard).await.is_none() || sealed.is_empty() {
            return heard;
        }
        let current = Current::new(&encrypt.unwrap()).unwrap();
        let acceptor = TlsAcceptor::from(server_config(current, &[]).unwrap());
        if let Ok(mut stream) = acceptor.accept(stream).await {
            talk(&mut stream, sealed, false, &mut heard).await;
        }
        heard
    });
    (address, serving)
}

async fn talk(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), lines: &[&str], greets: bool, heard: &mut String) -> Option<()> {
    let mut buffer = [0; 4096];
    for (at, line) in lines.iter().enumerate() {
        if at > 0 || !greets {
            // A message ends with a dot, everything else with its line.
            let data = at > 0 && lines[at - 1].starts_with("354");
            let before = heard.len();
            loop {
                let new = heard.get(before..).unwrap_or_default();
                if if data { new.ends_with("\r\n.\r\n") } else { new.ends_with('\n') } {
                    break;
                }
                match stream.read(&mut buffer).await {
                    Ok(n @ 1..) => heard.push_str(&String::from_utf8_lossy(&buffer[..n])),
                    _ => return None,
                }
            }
        }
        if line.is_empty() {
            return None;
        }
        stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
    }
    Some(())
}

fn visit<'a>(address: SocketAddr, demand: &'a Demand) -> Visit<'a> {
    Visit {
        address,
        host: "mx.x.test",
        domain: "x.test",
        own: "home.test",
        demand,
        start: Start::StartTls,
        patience: PATIENCE,
        roots: None,
    }
}

const ENVELOPE: Envelope<'_> = Envelope {
    from: Some("me@home.test"),
    to: &["a@x.test", "b@x.test"],
    require_tls: false,
};

/// Announces a message and hands it over, if anybody takes it.
async fn send(courier: &mut Courier, raw: &[u8]) -> Result<Vec<Reply>, Failure> {
    let taken = courier.announce(&ENVELOPE, raw).await?;
    if taken.iter().any(Reply::is_good) {
        courier.hand_over(raw).await?;
    } else {
        courier.reset().await?;
    }
    Ok(taken)
}

#[tokio::test]
async fn a_message_goes_over_in_the_servers_own_words() {
    let lines = vec![
        "220-hello\r\n220 there",
        "250-mx\r\n250-8bitmime\r\n250 SIZE 1000",
        "250 ok",
        "250 yes",
        "550 5.1.1 no such user",
        "354 go",
        "250 kept",
        "221 bye",
    ];
    let (address, serving) = server(lines, None).await;
    let mut courier = Courier::visit(&visit(address, &Demand::Nothing)).await.unwrap();
    assert_eq!(
        (courier.offers.size, courier.offers.eight_bit, courier.offers.tls),
        (1000, true, false)
    );
    let said = send(&mut courier, "Subject: é\r\n\r\n.dot\r\n..two".as_bytes()).await.unwrap();
    assert!(said[0].is_good());
    assert_eq!(said[1].to_string(), "550 5.1.1 no such user");
    assert_eq!((courier.facts.tls.clone(), courier.facts.proof), (None, Proof::None));
    courier.leave().await;
    assert_eq!(
        serving.await.unwrap(),
        "EHLO home.test\r\nMAIL FROM:<me@home.test> SIZE=26 BODY=8BITMIME\r\nRCPT TO:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n\
         Subject: é\r\n\r\n..dot\r\n...two\r\n.\r\nQUIT\r\n"
    );
}

#[tokio::test]
async fn what_goes_wrong_is_said_as_what_it_is() {
    for (lines, expected) in [
        (vec!["554 5.7.1 not you"], "Refused(Greeting"),
        (vec!["421 later"], "Refused(Greeting"),
        (vec!["hello"], "Garbled(Greeting"),
        (vec!["220 x", "250-mx\r\n251 other"], "Garbled(Hello"),
        (vec!["220 x", "250 mx", "451 4.7.1 too much", "503 x", "503 x"], "Refused(Sender"),
        (vec!["220 x", "250 mx", "250 ok", "250 ok", "250 ok", "451 no room"], "Refused(Data"),
        (
            vec!["220 x", "250 mx", "250 ok", "250 ok", "250 ok", "354 go", "554 5.6.0 no"],
            "Refused(Message",
        ),
        (vec!["220 x", "250 mx", "250 ok", "250 ok", "250 ok", "354 go", ""], "NobodyKnows"),
        (vec!["220 x", "250 mx", ""], "Gone(Sender"),
    ] {
        let (address, serving) = server(lines.clone(), None).await;
        let failure = match Courier::visit(&visit(address, &Demand::Nothing)).await {
            Ok(mut courier) => send(&mut courier, b"x\r\n").await.unwrap_err(),
            Err(failure) => failure,
        };
        assert!(format!("{failure:?}").starts_with(expected), "{lines:?}: {failure:?}");
        drop(serving);
    }
    let (address, serving) = server(vec!["220 x", "250 mx", "250 ok", "450 a", "550 b", "250 reset"], None).await;
    let mut courier = Courier::visit(&visit(address, &Demand::Nothing)).await.unwrap();
    let said = send(&mut courier, b"x\r\n").await.unwrap();
    assert!(said[0].is_temporary() && !said[1].is_good() && !said[1].is_temporary());
    drop(courier);
    assert!(!serving.await.unwrap().contains("DATA"), "nobody takes it, so it is not sent");
}

#[tokio::test]
async fn what_is_offered_late_or_behind_an_empty_name_is_seen() {
    let many: String = (0..60).map(|n| format!("250-XEXTENSION{n} with a word or two\r\n")).collect();
    let late: &'static str = Box::leak(format!("250-mx\r\n{many}250 STARTTLS").into_boxed_str());
    for hello in [late, "250-\r\n250-STARTTLS\r\n250 PIPELINING"] {
        let (address, _serving) = server(vec!["220 x", hello], None).await;
        let visit = Visit {
            start: Start::Never,
            ..visit(address, &Demand::Nothing)
        };
        assert!(Courier::visit(&visit).await.unwrap().offers.tls, "{hello}");
    }
    // What is kept of a refusal stays short.
    let long: &'static str = Box::leak(format!("550 {}", "x".repeat(1_900)).into_boxed_str());
    let (address, _serving) = server(vec!["220 x", long, long], None).await;
    let refused = Courier::visit(&visit(address, &Demand::Nothing)).await.err();
    assert!(matches!(refused, Some(Failure::Refused(Stage::Hello, reply)) if reply.words.len() == MAX_WORDS));
}

#[tokio::test]
async fn an_endless_answer_ends() {
    let endless: &'static str = Box::leak("220-on and on\r\n".repeat(10_000).into_boxed_str());
    let (address, _serving) = server(vec![endless], None).await;
    let failure = Courier::visit(&visit(address, &Demand::Nothing)).await.err().unwrap();
    assert!(matches!(failure, Failure::Garbled(Stage::Greeting)), "{failure:?}");
    let long: &'static str = Box::leak(format!("220 {}", "x".repeat(100_000)).into_boxed_str());
    let (address, _serving) = server(vec![long], None).await;
    let failure = Courier::visit(&visit(address, &Demand::Nothing)).await.err().unwrap();
    assert!(matches!(failure, Failure::Garbled(Stage::Greeting)), "{failure:?}");
}

#[tokio::test]
async fn nothing_may_come_with_the_answer_to_starttls() {
    let (address, _serving) = server(vec!["220 x", "250-mx\r\n250 STARTTLS", "220 go\r\n250 injected"], None).await;
    let failure = Courier::visit(&visit(address, &Demand::Nothing)).await.err().unwrap();
    assert!(matches!(failure, Failure::Injected), "{failure:?}");
}

#[tokio::test]
async fn a_demand_is_met_or_nothing_is_sent() {
    let identity = Identity::self_signed(&["mx.x.test".to_owned()]).unwrap();
    let other = Identity::self_signed(&["other.test".to_owned()]).unwrap();
    let record = |identity: &Identity| {
        let whole = digest::digest(&digest::SHA256, &identity.chain[0]);
        Demand::Dane(vec![Association::of(3, 0, 1, whole.as_ref()).unwrap()])
    };
    let mut own = RootCertStore::empty();
    own.add(identity.chain[0].clone().into()).unwrap();
    let own = Arc::new(own);
    let offered = || vec!["220 x", "250-mx\r\n250 STARTTLS", "220 go", "250-mx\r\n250 PIPELINING", "250 bye"];
    for (demand, roots, expected) in [
        (Demand::Nothing, None, Ok(Proof::None)),
        (Demand::Nothing, Some(own.clone()), Ok(Proof::Name)),
        (Demand::Encryption, None, Ok(Proof::None)),
        (Demand::Name, None, Err(())),
        (Demand::Name, Some(own), Ok(Proof::Name)),
        (record(&identity), None, Ok(Proof::Dane)),
        (record(&other), None, Err(())),
    ] {
        let (address, _serving) = server(offered(), Some(identity.clone())).await;
        let visit = Visit {
            roots,
            ..visit(address, &demand)
        };
        match (Courier::visit(&visit).await, expected) {
            (Ok(courier), Ok(proof)) => {
                assert_eq!(courier.facts.proof, proof, "{demand:?}");
                let tls = courier.facts.tls.as_ref().unwrap();
                assert_eq!((tls.version, tls.group.as_str()), (TlsVersion::V1_3, "X25519MLKEM768"));
                assert!(
                    courier.offers.pipelining && !courier.offers.tls,
                    "what was said in clear is forgotten"
                );
            }
            (Err(Failure::Tls(..)), Err(())) => {}
            (outcome, _) => panic!("{demand:?}: {:?}", outcome.err()),
        }
    }
    for demand in [Demand::Encryption, Demand::Name, record(&other)] {
        let (address, _serving) = server(vec!["220 x", "250 mx"], None).await;
        assert!(matches!(Courier::visit(&visit(address, &demand)).await.err(), Some(Failure::NoTls)));
    }
}
