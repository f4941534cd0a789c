//! The servers of a mailbox are found by what its domain publishes: service records, then the file that mail programs read,
//! at either of its addresses, over HTTPS whose certificate is theirs; and nobody is told more than the domain.

use crate::{home::Home, internet::Authority, mailboxes::NOW};
use caliopen::{
    domain::mailbox::Server,
    net::{
        dns::{Dns, Record, Table},
        outward::Outward,
        tls::{Current, server_config},
    },
};
use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// The file as providers write it: other kinds of servers before, one in clear among them.
fn file(domain: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n  <emailProvider id=\"{domain}\">\n    <domain>{domain}</domain>\n    \
         <displayName>Mail &amp; more</displayName>\n    <incomingServer type=\"pop3\">\n      <hostname>pop.{domain}</hostname>\n      <port>995</port>\n      \
         <socketType>SSL</socketType>\n      <username>%EMAILADDRESS%</username>\n    </incomingServer>\n    <incomingServer type=\"imap\">\n      \
         <hostname>clear.{domain}</hostname>\n      <port>143</port>\n      <socketType>plain</socketType>\n      <username>%EMAILADDRESS%</username>\n    \
         </incomingServer>\n    <incomingServer type=\"imap\">\n      <hostname>imap.{domain}</hostname>\n      <port>993</port>\n      \
         <socketType>SSL</socketType>\n      <authentication>OAuth2</authentication>\n      <authentication>password-cleartext</authentication>\n      \
         <username>%EMAILLOCALPART%</username>\n    </incomingServer>\n    <outgoingServer type=\"smtp\">\n      <hostname>smtp.{domain}</hostname>\n      \
         <port>587</port>\n      <socketType>STARTTLS</socketType>\n      <username>%EMAILADDRESS%</username>\n    </outgoingServer>\n  </emailProvider>\n</clientConfig>\n"
    )
}

/// The same without a server over TLS.
fn clear(domain: &str) -> String {
    file(domain)
        .replace("<socketType>SSL<", "<socketType>plain<")
        .replace("STARTTLS", "plain")
}

/// What a web server answers; `None` is no such page.
fn answer(host: &str, path: &str) -> Option<String> {
    const BY_NAME: &str = "/mail/config-v1.1.xml";
    const WELL_KNOWN: &str = "/.well-known/autoconfig/mail/config-v1.1.xml";
    match (host, path) {
        ("autoconfig.named.test", BY_NAME) => Some(file("named.test")),
        ("well.test", WELL_KNOWN) => Some(file("well.test")),
        ("autoconfig.both.test", BY_NAME) => Some(file("files.both.test")),
        ("autoconfig.clear.test", BY_NAME) => Some(clear("clear.test")),
        ("autoconfig.large.test", BY_NAME) => Some(" ".repeat(100_000) + &file("large.test")),
        ("autoconfig.part.test", BY_NAME) => Some(file("part.test")),
        ("autoconfig.false.test", BY_NAME) => Some(file("false.test")),
        _ => None,
    }
}

type Asked = Arc<Mutex<Vec<String>>>;

/// A web server for all of these names.
async fn web(authority: &Authority, names: &[&str]) -> (u16, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(server_config(Current::new(&authority.certify(names)).unwrap(), &[b"http/1.1"]).unwrap());
    let asked = Asked::default();
    let log = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut heard = Vec::new();
            while !heard.ends_with(b"\r\n\r\n") && stream.read_buf(&mut heard).await.unwrap_or(0) > 0 {}
            let heard = String::from_utf8(heard).unwrap();
            let path = heard.split(' ').nth(1).unwrap_or_default().to_owned();
            let host = heard
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("host: ").map(str::to_owned));
            let host = host.unwrap_or_default();
            log.lock().unwrap().push(heard);
            let said = match answer(&host, &path) {
                Some(body) => format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                ),
                // Whoever is sent on would tell somebody else what is looked for.
                None if host == "moved.test" => {
                    "HTTP/1.1 302 Found\r\nLocation: https://autoconfig.named.test/mail/config-v1.1.xml\r\nContent-Length: 0\r\n\r\n"
                        .to_owned()
                }
                None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
            };
            let _ = stream.write_all(said.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, asked)
}

fn server(host: &str, port: u16, implicit: bool) -> Server {
    Server {
        host: host.to_owned(),
        port,
        implicit,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_domain_publishes_is_found_and_nobody_learns_the_address() {
    let authority = Authority::make();
    let here = || Record::A([127, 0, 0, 1].into());
    let named = [
        "autoconfig.named.test",
        "well.test",
        "autoconfig.both.test",
        "autoconfig.clear.test",
        "clear.test",
        "autoconfig.large.test",
        "autoconfig.part.test",
        "moved.test",
    ];
    let mut names = Table::default().with("autoconfig.false.test", here());
    for name in named {
        names = names.with(name, here());
    }
    let names = names
        .with("_imaps._tcp.both.test", Record::Srv(10, 1, 993, "second.both.test".into()))
        .with("_imaps._tcp.both.test", Record::Srv(0, 1, 1993, "first.both.test".into()))
        .with("_submission._tcp.both.test", Record::Srv(0, 1, 587, "out.both.test".into()))
        // It offers no TLS from the beginning, and STARTTLS.
        .with("_imaps._tcp.start.test", Record::Srv(0, 0, 0, ".".into()))
        .with("_imap._tcp.start.test", Record::Srv(0, 1, 143, "imap.start.test".into()))
        // One of the two services by a record, the other in the file.
        .with("_imaps._tcp.part.test", Record::Srv(0, 1, 993, "imap.part.test".into()));
    let (port, asked) = web(&authority, &named).await;
    let outward = Outward {
        roots: Some(authority.roots()),
        https_port: port,
        ..Dns::table(names).into()
    };
    let home = Home::make(NOW, outward);
    let mailboxes = &home.services.mailboxes;

    let mut odd = String::new();
    for (domain, incoming, outgoing) in [
        (
            "named.test",
            Some((server("imap.named.test", 993, true), "secret.ann")),
            Some(server("smtp.named.test", 587, false)),
        ),
        (
            "well.test",
            Some((server("imap.well.test", 993, true), "secret.ann")),
            Some(server("smtp.well.test", 587, false)),
        ),
        (
            "both.test",
            Some((server("first.both.test", 1993, true), "secret.ann@both.test")),
            Some(server("out.both.test", 587, false)),
        ),
        (
            "start.test",
            Some((server("imap.start.test", 143, false), "secret.ann@start.test")),
            None,
        ),
        (
            "part.test",
            Some((server("imap.part.test", 993, true), "secret.ann@part.test")),
            Some(server("smtp.part.test", 587, false)),
        ),
        // Only in clear, too large to be one, on another page, under a certificate for other names, nothing at all.
        ("clear.test", None, None),
        ("large.test", None, None),
        ("moved.test", None, None),
        ("false.test", None, None),
        ("nothing.test", None, None),
    ] {
        let address = format!("secret.ann@{domain}");
        let found = (mailboxes.find(&address).await, mailboxes.find_way_out(&address).await);
        let expected = (incoming.map(|(server, user)| (server, user.to_owned())), outgoing);
        if found != expected {
            let _ = writeln!(odd, "{domain}: {found:?} instead of {expected:?}");
        }
    }
    assert!(odd.is_empty(), "{odd}");
    for address in ["no address", "ann@", "ann@under score.test", "ann@[127.0.0.1]"] {
        assert_eq!(mailboxes.find(address).await, None, "{address}");
    }

    let asked = asked.lock().unwrap();
    assert!(
        !asked.is_empty() && asked.iter().all(|head| head.starts_with("GET /") && !head.contains("ann")),
        "{asked:?}"
    );
    let visits = |host: &str| {
        asked
            .iter()
            .filter(|head| head.to_lowercase().contains(&format!("\r\nhost: {host}\r\n")))
            .count()
    };
    assert_eq!(visits("autoconfig.both.test"), 0, "records say all of it");
    assert_eq!(
        visits("autoconfig.named.test"),
        2,
        "once for each way, and not on the word of another domain"
    );
    assert_eq!(
        visits("autoconfig.false.test"),
        0,
        "nothing is said under a certificate that is not theirs"
    );
}
