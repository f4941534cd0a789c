//! A server that does what it is asked and whose answer is lost: asked once more it refuses, because the file is there, or
//! misses what was moved. What is there already is no failure; what somebody else has put there is.

use crate::backup_places::wish;
use caliopen::{
    domain::backup::{Kind, Trouble},
    net::{
        demand,
        dns::Dns,
        https::Https,
        restic::{Control, Repo, Secret},
        tls::{Current, Identity, server_config},
    },
    service::backup::{PATIENCE, place},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// What is kept, by path; and the paths whose first answer was lost.
#[derive(Default)]
struct Kept {
    files: BTreeMap<String, Vec<u8>>,
    lost: Vec<String>,
    /// Whether everything that is written is another thing than what was given.
    mangles: bool,
}

impl Kept {
    /// The status and the body of an answer; `None` where it is lost.
    fn answer(&mut self, method: &str, path: &str, to: &str, body: Vec<u8>) -> Option<(u16, Vec<u8>)> {
        let written = match method {
            "POST" if path.ends_with("?create=true") || path.ends_with('/') => return Some((200, Vec::new())),
            "POST" if self.files.contains_key(path) => return Some((403, Vec::new())),
            "POST" => (path, body),
            "PUT" => {
                self.files.insert(path.to_owned(), body);
                return Some((201, Vec::new()));
            }
            "MOVE" => match self.files.remove(path) {
                Some(body) => (to, body),
                None => return Some((404, Vec::new())),
            },
            "MKCOL" => return Some((201, Vec::new())),
            "PROPFIND" => {
                let inside = |name: &&String| name.strip_prefix(path).is_some_and(|rest| !rest.contains('/'));
                let member = |name: &String| {
                    let size = self.files[name].len();
                    format!("<response><href>{name}</href><getcontentlength>{size}</getcontentlength></response>")
                };
                let said: String = self.files.keys().filter(inside).map(member).collect();
                return Some((207, said.into_bytes()));
            }
            _ if path.ends_with('/') => {
                let row = |(name, body): (&String, &Vec<u8>)| {
                    let name = name.strip_prefix(path)?;
                    Some(serde_json::json!({"name": name, "size": body.len()}))
                };
                let rows: Vec<_> = self.files.iter().filter_map(row).collect();
                return Some((200, serde_json::to_vec(&rows).unwrap()));
            }
            _ => return Some(self.files.get(path).map_or((404, Vec::new()), |body| (200, body.clone()))),
        };
        let (path, mut body) = written;
        if self.mangles {
            body.push(0);
        }
        self.files.insert(path.to_owned(), body);
        self.lost.push(path.to_owned());
        None
    }
}

async fn exchange(mut stream: TlsStream<TcpStream>, kept: &Mutex<Kept>) -> Option<()> {
    let mut heard = Vec::new();
    let head = loop {
        if let Some(end) = heard.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut heard).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(heard[..head].to_vec()).unwrap();
    let field = |name: &str| {
        let fields = text.lines().filter_map(|line| line.split_once(": "));
        fields
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
            .next()
    };
    let length: usize = field("content-length").map_or(0, |length| length.parse().unwrap());
    while heard.len() < head + length {
        if stream.read_buf(&mut heard).await.ok()? == 0 {
            return None;
        }
    }
    let mut words = text.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let to = field("destination").unwrap_or_default();
    let to = to.find("/box").map_or("", |at| &to[at..]);
    let (status, body) = kept.lock().unwrap().answer(method, path, to, heard.split_off(head))?;
    let head = format!(
        "HTTP/1.1 {status} it\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.into_bytes(), body].concat()).await.ok()?;
    stream.shutdown().await.ok()
}

/// A repository made at such a server and opened there; how many answers were lost.
async fn made(kind: Kind, mangles: bool) -> Result<usize, Trouble> {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let identity = Identity {
        chain: vec![made.cert.der().to_vec()],
        key: made.signing_key.serialize_der().into(),
    };
    let acceptor = TlsAcceptor::from(server_config(Current::new(&identity).unwrap(), &[b"http/1.1"]).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/box", listener.local_addr().unwrap());
    let kept = Arc::new(Mutex::new(Kept {
        mangles,
        ..Kept::default()
    }));
    let serving = kept.clone();
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, kept) = (acceptor.clone(), serving.clone());
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    exchange(stream, &kept).await;
                }
            });
        }
    });
    let roots = demand::trusting(made.cert.pem().as_bytes());
    let https = Https::lasting(Dns::nobody(), roots, PATIENCE);
    let code = "A".repeat(20);
    let place = place(&wish(kind, &url, &code), &https).unwrap();
    let work = move || {
        Repo::make(&place, &code, &Control::default())?;
        Repo::open(&place, &Secret::Code(&code), &Control::default()).map(drop)
    };
    let done = tokio::task::spawn_blocking(work).await.unwrap();
    server.abort();
    let lost = kept.lock().unwrap().lost.len();
    done.map(|()| lost)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_was_lost_is_done() {
    for kind in [Kind::Rest, Kind::WebDav] {
        assert!(matches!(made(kind, false).await, Ok(2..)), "{kind:?}");
        assert!(made(kind, true).await.is_err(), "what is there is not what was written: {kind:?}");
    }
}
