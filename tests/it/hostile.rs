//! The attack corpus in a real browser: what the sanitiser lets through runs nothing and asks nobody.
//!
//! Every host but our own page server is behind a proxy that is a canary: it writes down who was asked
//! for. The pages are tried with our policy and without any, because the sanitiser must hold alone.

use crate::browser::Browser;
use caliopen::codec::html::{original, reader};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The policy of our own pages.
const OURS: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                    form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Vectors on one page.
const BATCH: usize = 40;

/// What is tried everywhere: own vectors, one of each kind.
const OWN: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<a href=\"javascript:alert(1)\" autofocus onfocus=alert(1)>x</a>",
    "<iframe srcdoc=\"<script>parent.alert(1)</script>\"></iframe>",
    "<meta http-equiv=refresh content=\"0;url=http://canary.test/refresh\">",
    "<base href=\"http://canary.test/\"><img src=\"pixel.gif\">",
    "<link rel=stylesheet href=\"http://canary.test/style.css\">",
    "<style>@import 'http://canary.test/import.css'; body{background:url(http://canary.test/back.png)}</style>",
    "<img src=\"http://canary.test/a.png\" srcset=\"//canary.test/b.png 2x\" lowsrc=\"http://canary.test/c.png\">",
    "<table background=\"http://canary.test/t.png\"><td background=\"http://canary.test/td.png\">x</table>",
    "<video poster=\"http://canary.test/p.png\" src=\"http://canary.test/v.mp4\" autoplay></video>",
    "<object data=\"http://canary.test/o\"></object><embed src=\"http://canary.test/e\">",
    "<div style=\"background-image:url('http://canary.test/s.png')\">x</div>",
    "<form action=\"http://canary.test/f\"><input name=a autofocus onfocus=submit()></form>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<link rel=dns-prefetch href=//canary.test><link rel=preconnect href=//canary.test><link rel=prefetch href=//canary.test/x>",
    "<svg><image href=\"http://canary.test/i.svg\"/><use href=\"http://canary.test/u.svg#a\"/></svg>",
    "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>\">",
];

/// Pages by path: the policy, and the page.
type Pages = Arc<Mutex<HashMap<String, (Option<&'static str>, String)>>>;

async fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|w| w == b"\r\n\r\n") && head.len() < 64 * 1024 {
        match stream.read(&mut buffer).await {
            Ok(n @ 1..) => head.extend_from_slice(&buffer[..n]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Serves our pages.
async fn pages(listener: TcpListener, pages: Pages) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let pages = pages.clone();
        tokio::spawn(async move {
            let head = head_of(&mut stream).await;
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let (policy, page) = pages.lock().unwrap().get(&path).cloned().unwrap_or_default();
            let policy = policy.map_or_else(String::new, |policy| format!("Content-Security-Policy: {policy}\r\n"));
            let length = page.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n{policy}Connection: close\r\n\r\n{page}"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        });
    }
}

/// Writes down what it is asked for.
async fn canary(listener: TcpListener, heard: Arc<Mutex<Vec<String>>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let heard = heard.clone();
        tokio::spawn(async move {
            let head = head_of(&mut stream).await;
            heard.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
            let _ = stream
                .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .await;
        });
    }
}

struct Lab {
    browser: Browser,
    at: SocketAddr,
    pages: Pages,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Lab {
    async fn open() -> Option<Self> {
        let (server, proxy) = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        );
        let (at, trap) = (server.local_addr().unwrap(), proxy.local_addr().unwrap());
        let browser = Browser::start(&[&format!("--proxy-server=http://{trap}")]).await?;
        let (all, heard) = (Pages::default(), Arc::default());
        tokio::spawn(pages(server, all.clone()));
        tokio::spawn(canary(proxy, Arc::clone(&heard)));
        Some(Self {
            browser,
            at,
            pages: all,
            heard,
        })
    }

    fn put(&self, path: &str, policy: Option<&'static str>, page: String) {
        self.pages.lock().unwrap().insert(path.to_owned(), (policy, page));
    }

    /// Opens a page and lets it settle; gives how often a script ran and who was asked for.
    async fn visit(&self, path: &str) -> (i64, Vec<String>) {
        self.heard.lock().unwrap().clear();
        self.browser.goto(&format!("http://{}{path}", self.at)).await;
        // What the page asked for while loading is under way before this last question is answered.
        let settle = "const done = arguments[arguments.length - 1]; requestAnimationFrame(() => requestAnimationFrame(() => \
                      fetch('/settled').finally(() => done([window.ran || 0, document.title]))));";
        let seen = self.browser.client().execute_async(settle, Vec::new()).await.unwrap();
        assert_eq!(seen[1], "lab", "{path}: the page is not ours any more");
        // Chromium's own errands are not the page's.
        let own = |line: &String| !["google", "gvt1", "gstatic"].iter().any(|host| line.contains(host));
        let asked = self.heard.lock().unwrap().iter().filter(|line| own(line)).cloned().collect();
        (seen[0].as_i64().unwrap(), asked)
    }
}

/// A page around something: every way of saying "it ran" is counted.
fn page(inside: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>lab</title><script>ran=0;\
         alert=confirm=prompt=print=()=>{{ran++}};</script></head><body>{inside}</body></html>"
    )
}

/// Own vectors, and those of the corpora where they are.
fn vectors() -> Vec<String> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora").to_owned();
    let folder = std::env::var("CALIOPEN_CORPORA").unwrap_or(beside) + "/html";
    let mut all: Vec<String> = OWN.iter().map(ToString::to_string).collect();
    let Ok(items) = std::fs::read(format!("{folder}/h5sc/items.json")) else {
        println!("{folder} is missing: only this repository's own vectors are tried");
        return all;
    };
    let items: Vec<serde_json::Value> = serde_json::from_slice(&items).unwrap();
    all.extend(items.iter().filter_map(|item| Some(item["data"].as_str()?.to_owned())));
    let lines = std::fs::read(format!("{folder}/h5sc/vectors.txt")).unwrap_or_default();
    all.extend(String::from_utf8_lossy(&lines).lines().map(ToOwned::to_owned));
    for kind in ["caniemail", "templates/leemunroe"] {
        let files = std::fs::read_dir(format!("{folder}/{kind}")).into_iter().flatten().flatten();
        let pages = files.filter_map(|file| std::fs::read(file.path()).ok());
        all.extend(pages.map(|page| String::from_utf8_lossy(&page).into_owned()));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_html_runs_nothing_and_asks_nobody() {
    let Some(lab) = Lab::open().await else { return };
    lab.put("/control", None, page(&OWN[..2].join("")));
    lab.put("/control-2", None, page("<img src=http://canary.test/seen.png>"));
    let (ran, _) = lab.visit("/control").await;
    let (_, asked) = lab.visit("/control-2").await;
    assert!(ran > 0, "the lab would not notice a script");
    assert!(
        asked.iter().any(|line| line.contains("canary.test/seen.png")),
        "the lab would not notice a request: {asked:?}"
    );

    let vectors = vectors();
    for (number, batch) in vectors.chunks(BATCH).enumerate() {
        let read: String = batch
            .iter()
            .map(|vector| format!("<div>{}</div>", reader(vector, &[]).html))
            .collect();
        lab.put("/reader", Some(OURS), page(&read));
        lab.put("/reader-alone", None, page(&read));
        let frames: String = (0..batch.len())
            .map(|i| format!("<iframe sandbox=\"allow-popups allow-popups-to-escape-sandbox\" src=\"/original/{i}\"></iframe>"))
            .collect();
        lab.put("/originals", None, page(&frames));
        for path in ["/reader", "/reader-alone"] {
            let (ran, asked) = lab.visit(path).await;
            assert!(
                ran == 0 && asked.is_empty(),
                "{path} of batch {number}: {ran} scripts ran, asked for {asked:?}"
            );
        }
        // Without their policy, which is a second wall: the sandbox and what is left of the page must do.
        for (i, vector) in batch.iter().enumerate() {
            lab.put(&format!("/original/{i}"), None, original(vector, &[]));
        }
        let (ran, asked) = lab.visit("/originals").await;
        assert!(
            ran == 0 && asked.is_empty(),
            "originals of batch {number}: {ran} ran, asked for {asked:?}"
        );
    }
    let (_, asked) = lab.visit("/control-2").await;
    assert!(!asked.is_empty(), "the lab went deaf on the way");
    lab.browser.quit().await;
}
