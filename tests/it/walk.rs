//! A walk over every page that there is, in both languages: valid HTML, no word of the other language, no name of a
//! phrase instead of the phrase, nothing from elsewhere; and in a browser what axe-core finds, at the width of a
//! telephone and of a desk. A page that is added to the table of routes is walked without being named here.

use crate::{
    appliance::{Appliance, Demo, Folder, OWNER},
    browser::Browser,
    story::{TRIPS, find, script, until},
    web::{Visitor, deliver},
};
use caliopen::{
    domain::{
        mailbox::{Folder as Inside, Server, State},
        time::Time,
    },
    store::{
        mailboxes,
        record::{Mailbox, MailboxSecret},
        slots::Opening,
        vault::{Secret, Vault},
    },
    web::{
        ASSETS,
        routes::{ROUTES, Who},
    },
};
use html5ever::{
    Attribute, ExpandedName, QualName,
    interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
    local_name, ns, parse_document,
    tendril::{StrTendril, TendrilSink},
};
use serde_json::json;
use std::{borrow::Cow, cell::RefCell, path::PathBuf};

/// A tree that is thrown away: only what the parser complains about is kept.
#[derive(Default)]
struct Errors {
    said: RefCell<Vec<String>>,
    names: RefCell<Vec<QualName>>,
}

impl Errors {
    fn node(&self, name: QualName) -> usize {
        self.names.borrow_mut().push(name);
        self.names.borrow().len() - 1
    }

    fn nameless(&self) -> usize {
        self.node(QualName::new(None, ns!(), local_name!("")))
    }
}

impl TreeSink for Errors {
    type Handle = usize;
    type Output = Vec<String>;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Vec<String> {
        self.said.into_inner()
    }
    fn parse_error(&self, error: Cow<'static, str>) {
        self.said.borrow_mut().push(error.into_owned());
    }
    fn get_document(&self) -> usize {
        if self.names.borrow().is_empty() {
            self.nameless();
        }
        0
    }
    fn elem_name<'a>(&'a self, target: &'a usize) -> ExpandedName<'a> {
        // The names outlive the parse: they are only ever added.
        let name: QualName = self.names.borrow()[*target].clone();
        Box::leak(Box::new(name)).expanded()
    }
    fn create_element(&self, name: QualName, _: Vec<Attribute>, _: ElementFlags) -> usize {
        self.node(name)
    }
    fn create_comment(&self, _: StrTendril) -> usize {
        self.nameless()
    }
    fn create_pi(&self, _: StrTendril, _: StrTendril) -> usize {
        self.nameless()
    }
    fn append(&self, _: &usize, _: NodeOrText<usize>) {}
    fn append_based_on_parent_node(&self, _: &usize, _: &usize, _: NodeOrText<usize>) {}
    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}
    fn get_template_contents(&self, target: &usize) -> usize {
        *target
    }
    fn same_node(&self, x: &usize, y: &usize) -> bool {
        x == y
    }
    fn set_quirks_mode(&self, mode: QuirksMode) {
        if mode != QuirksMode::NoQuirks {
            self.parse_error("quirks".into());
        }
    }
    fn append_before_sibling(&self, _: &usize, _: NodeOrText<usize>) {}
    fn add_attrs_if_missing(&self, _: &usize, _: Vec<Attribute>) {}
    fn remove_from_parent(&self, _: &usize) {}
    fn reparent_children(&self, _: &usize, _: &usize) {}
    fn maybe_clone_an_option_into_selectedcontent(&self, _: &usize) {}
}

/// What the parser of browsers complains about.
fn errors(html: &str) -> Vec<String> {
    parse_document(Errors::default(), html5ever::ParseOpts::default()).one(html)
}

/// Elements whose text is somebody's, a machine's, or a name.
const NOT_OURS: [&str; 10] = [
    "bdi",
    "pre",
    "code",
    "kbd",
    "textarea",
    "script",
    "style",
    "svg",
    "optgroup",
    "blockquote",
];

/// The words that a page says in its own language: what is read, and what is read out.
fn said(html: &str) -> String {
    let mut out = String::new();
    let mut skipping: Option<(String, usize)> = None;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        if skipping.is_none() {
            out.push_str(&rest[..at]);
            out.push(' ');
        }
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        let tag = &rest[at + 1..end - 1];
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let closes = tag.starts_with('/');
        match &mut skipping {
            Some((inside, depth)) if *inside == name => {
                *depth = if closes { *depth - 1 } else { *depth + 1 };
                if *depth == 0 {
                    skipping = None;
                }
            }
            Some(_) => {}
            None => {
                let somebodys =
                    tag.contains("class=\"prose") || tag.contains("class=\"reader") || (tag.contains(" lang=\"") && name != "html");
                if !closes && (NOT_OURS.contains(&name.as_str()) || somebodys) && !tag.ends_with('/') {
                    skipping = Some((name, 1));
                } else {
                    for mark in [" aria-label=\"", " title=\"", " placeholder=\"", " alt=\""] {
                        if let Some((_, after)) = tag.split_once(mark) {
                            out.push_str(after.split('"').next().unwrap_or_default());
                            out.push(' ');
                        }
                    }
                }
            }
        }
        rest = &rest[end..];
    }
    out
}

const ENGLISH: &str = "the and your you with from this that are not for have was";
const FRENCH: &str = "les des une est vous votre vos pas pour dans avec sur qui cette aux sont";

/// Words of the other language, and what looks like the name of a phrase or a place that was to be filled in.
fn strange(html: &str, lang: &str) -> Vec<String> {
    let text = said(html);
    let other = if lang == "en" { FRENCH } else { ENGLISH };
    let mut found = Vec::new();
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '{' || c == '}'))
        .collect();
    for (at, word) in words.iter().enumerate() {
        let low = word.to_lowercase();
        let near = || words[at.saturating_sub(4)..(at + 4).min(words.len())].join(" ");
        if other.split(' ').any(|other| other == low) {
            found.push(format!("{lang}: {}", near()));
        }
        if word.contains(['{', '}'])
            || (word.contains('_') && !word.starts_with('_') && word.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        {
            found.push(format!("not filled in: {}", near()));
        }
    }
    if lang == "fr" {
        found.extend(crowded(&text));
    }
    found
}

/// Signs that French sets apart and that stand right behind a word. A semicolon may end a character's name.
fn crowded(text: &str) -> Vec<String> {
    let is_crowded = |word: &&str| {
        let bare = word.trim_end_matches([':', '?', '!', '»']);
        bare.len() < word.len() && bare.ends_with(char::is_alphabetic)
    };
    let words = text.split(|c: char| c.is_whitespace() && c != '\u{202f}');
    words.filter(is_crowded).map(|word| format!("crowded: {word}")).collect()
}

const LETTER: &str = "MIME-Version: 1.0\r\nMessage-ID: <one@sender.test>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<h1>Lorem</h1><p>Ipsum <b>dolor</b>.</p><img src=\"https://spy.test/p.gif\" width=1 height=1>\r\n\
    --b\r\nContent-Type: application/octet-stream; name=\"lorem.bin\"\r\nContent-Disposition: attachment; filename=\"lorem.bin\"\r\n\r\nlorem\r\n--b--\r\n";

/// A box with one of most things: mail, a rule, a draft, a contact with two addresses, a tag, a kept search.
fn furnished(appliance: &Appliance) -> Visitor {
    deliver(appliance, "Lorem Ipsum <lorem@x.test>", "Dolor sit amet", LETTER);
    let mut owner = Visitor::owner(appliance);
    let token = owner.get("/settings/rules").token().to_owned();
    owner.post("/settings/rules", "", &format!("token={token}&text0=lorem&importance=1"));
    owner.post(
        "/write/1",
        "",
        &format!("token={token}&from={OWNER}&to=lorem%40x.test&subject=Sit&do=save"),
    );
    owner.post(
        "/contacts/new",
        "",
        &format!("token={token}&name=Lorem+Ipsum&addresses=lorem%40x.test%0Alorem%40y.test"),
    );
    owner.post("/settings/views", "", &format!("token={token}&q=lorem&name=Lorem"));
    owner
}

/// A box that also has a mailbox elsewhere, by which it sends too; it cannot be reached, and the pages say so.
async fn with_a_mailbox_elsewhere() -> Folder {
    let folder = Folder::make();
    let vault = Vault::locked(&folder.data);
    let opened = vault.unlock(&Opening::Passphrase(crate::appliance::PASSPHRASE)).unwrap();
    assert!(matches!(opened, Secret::Right(_)));
    let server = |port| Server {
        host: "mail.x.test".into(),
        port,
        implicit: true,
    };
    let mut mailbox = Mailbox::new("me@x.test", &server(993), "me", MailboxSecret::default(), true, Time(0));
    mailbox.set_state(State::On);
    mailbox.set_sends(Some(&server(465)));
    mailbox.set_folders(&[Inside {
        name: "INBOX".into(),
        wanted: true,
        all: 9,
        done: 4,
        ..Inside::default()
    }]);
    let open = vault.open().unwrap();
    let writing = open.writer.write(move |tables| mailboxes::add(tables, &mailbox, 1));
    assert_eq!(writing.await.unwrap(), Some(1));
    drop(open);
    vault.lock();
    drop(vault);
    folder
}

/// Every page that a person looks at, by address. What is handed out as a file or leads on is left out by what it answers.
fn pages(visitor: &mut Visitor) -> Vec<String> {
    let part = {
        let page = visitor.get("/messages/1").body;
        page.split_once("/messages/1/parts/")
            .map_or("0".to_owned(), |(_, after)| after.split('"').next().unwrap().to_owned())
    };
    let example = |pattern: &str| {
        let (name, hash) = ASSETS[0];
        pattern
            .replace(":hash", hash)
            .replace(":name", name)
            .replace(":address", "lorem@x.test")
            .replace(":id", "1")
            .replace(":part", &part)
    };
    let mut all = Vec::new();
    for route in ROUTES
        .iter()
        .filter(|route| route.method == "GET" && matches!(route.who, Who::Owner | Who::World))
    {
        if route.pattern == "/help/:topic" {
            let topics = caliopen::locale::help::topics(caliopen::locale::Lang::En)
                .iter()
                .map(|topic| topic.slug);
            all.extend(topics.chain(["lines", "search"]).map(|topic| format!("/help/{topic}")));
            continue;
        }
        let path = example(route.pattern);
        let answer = visitor.get(&path);
        let is_page = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        if answer.status == 200 && is_page && !route.pattern.ends_with("/frame") && !all.contains(&path) {
            all.push(path);
        }
    }
    all.extend(["/search?q=lorem", "/search?q=nobody+nothing:x", "/nothing"].map(str::to_owned));
    all
}

#[tokio::test]
async fn every_page_is_valid_and_says_all_of_it_in_its_own_language() {
    let folder = with_a_mailbox_elsewhere().await;
    let appliance = folder.serve();
    let mut owner = furnished(&appliance);
    let pages = pages(&mut owner);
    assert!(pages.len() > 50, "{pages:?}");
    assert!(pages.contains(&"/settings/mailboxes/1".to_owned()), "{pages:?}");
    assert!(owner.get("/write").body.contains("me@x.test"), "there is an address to choose");
    let mut wrong = Vec::new();
    for lang in ["en", "fr"] {
        owner.cookies.retain(|(name, _)| name != "lang");
        owner.cookies.push(("lang".into(), lang.into()));
        let mut stranger = Visitor::new(&appliance);
        stranger.cookies = vec![("lang".into(), lang.into())];
        let signing_in = ("/sign-in".to_owned(), stranger.get("/sign-in").body);
        let each = pages.iter().map(|path| (path.clone(), owner.get(path).body));
        for (path, html) in each.collect::<Vec<_>>().into_iter().chain([signing_in]) {
            let mut complain = |what: String| wrong.push(format!("{path}: {what}"));
            errors(&html).into_iter().for_each(&mut complain);
            strange(&html, lang).into_iter().for_each(&mut complain);
            if !html.contains(&format!("<html lang=\"{lang}\"")) {
                complain("another language".into());
            }
            if html.contains("<title> ·") {
                complain("no title".into());
            }
            if html.matches("<h1").count() != 1 && !path.starts_with("/discussions/1") && !path.starts_with("/messages/1") {
                complain(format!("{} of h1", html.matches("<h1").count()));
            }
            for mark in ["src=\"http", "src=\"//", "href=\"//", "action=\"http", "url("] {
                if html.contains(mark) {
                    complain(format!("from elsewhere: {mark}"));
                }
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{} things:\n{}", wrong.len(), wrong.join("\n"));

    deliver(&appliance, "Lorem Ipsum <lorem@x.test>", "", &LETTER.replace("<one@", "<two@"));
    for path in ["/messages/2", "/discussions/1"] {
        let page = owner.get(path).body;
        assert!(page.contains("<title>Sans objet · Caliopen</title>"), "{path}");
    }
}

/// A sign behind a phrase belongs to the phrase: French sets it apart, English does not.
#[test]
fn no_template_puts_a_sign_behind_a_phrase() {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("templates")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for sign in ["}}:", "}};", "}}?", "}}!"] {
                assert!(!text.contains(sign), "{sign} in {}", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 80, "{seen}");
}

#[test]
fn the_walk_sees_what_it_is_to_see() {
    let page = |body: &str| format!("<!DOCTYPE html><html lang=\"fr\"><head><title>x</title></head><body>{body}</body></html>");
    assert_eq!(errors(&page("<p>Bon</p>")), Vec::<String>::new());
    assert!(!errors(&page("<p>Bon</div>")).is_empty());
    assert_eq!(
        strange(&page("<p>Votre courrier <bdi>and the rest</bdi></p>"), "fr"),
        Vec::<String>::new()
    );
    assert_eq!(strange(&page("<p>Votre courrier and the rest</p>"), "fr").len(), 2);
    assert_eq!(strange(&page("<a title=\"and\">x</a>"), "fr").len(), 1);
    assert_eq!(strange(&page("<p>menu_help {n}</p>"), "fr").len(), 2);
    assert_eq!(
        strange(&page("<p>Voici: à 14:02, chez https://x.test</p>"), "fr"),
        ["crowded: Voici:"]
    );
    assert!(strange(&page("<p>Voici\u{202f}: ici\u{202f}?</p>"), "fr").is_empty());
}

/// axe-core, where `tests/run` has put it.
fn axe() -> Option<String> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| [env!("CARGO_MANIFEST_DIR"), "target"].iter().collect(), PathBuf::from);
    let file = target.join("tools/axe/axe.min.js");
    let found = std::fs::read_to_string(&file).ok();
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "axe-core is not at {}", file.display());
        eprintln!("axe-core is not at {}: sh tests/run puts it there", file.display());
    }
    found
}

/// Lets a browser in with the session of a visitor's passphrase, over plain HTTP of this machine.
async fn sign_in(browser: &Browser, base: &str, passphrase: &str) {
    browser.goto(&format!("{base}/sign-in")).await;
    find(browser, "#passphrase").await.send_keys(passphrase).await.unwrap();
    crate::story::click(browser, "button.main").await;
    until(browser, "signed in", "return location.pathname === '/'").await;
}

async fn in_language(browser: &Browser, base: &str, lang: &str) {
    browser
        .cdp("Network.setCookie", json!({ "name": "lang", "value": lang, "url": base }))
        .await;
}

const RUN_AXE: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] })
      .then(found => done(found.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | '))), error => done([String(error)]));";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_keeps_anybody_out() {
    let Some(browser) = Browser::start(&[]).await else { return };
    let axe = axe();
    let folder = with_a_mailbox_elsewhere().await;
    let appliance = folder.serve();
    let pages = pages(&mut furnished(&appliance));
    let base = format!("http://{}", appliance.http);
    sign_in(&browser, &base, crate::appliance::PASSPHRASE).await;
    let mut wrong = Vec::new();
    for (lang, width, dark) in [("fr", 360, true), ("en", 1280, false)] {
        in_language(&browser, &base, lang).await;
        browser.set_size(width, 800).await;
        browser.emulate_dark(dark).await;
        for path in &pages {
            browser.goto(&format!("{base}{path}")).await;
            let mut found: Vec<String> = serde_json::from_value(script(&browser, TRIPS).await).unwrap();
            if let Some(axe) = &axe {
                script(&browser, axe).await;
                let more = browser.client().execute_async(RUN_AXE, Vec::new()).await.unwrap();
                found.extend(serde_json::from_value::<Vec<String>>(more).unwrap());
            }
            wrong.extend(found.into_iter().map(|what| format!("{path} {lang} {width}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "{} things:\n{}", wrong.len(), wrong.join("\n"));
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes pictures of every page: sh tests/screenshots"]
async fn pictures() {
    let Some(browser) = Browser::start(&["--hide-scrollbars"]).await else {
        return;
    };
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| [env!("CARGO_MANIFEST_DIR"), "target"].iter().collect(), PathBuf::from);
    let folder = target.join("screens");
    std::fs::create_dir_all(&folder).unwrap();
    let demo = Demo::start();
    let base = format!("http://{}", demo.http);
    let passphrase = demo.said["passphrase"].as_str().unwrap();
    // The first device is let in: pictures show what its owner sees.
    sign_in(&browser, &base, passphrase).await;
    let mut owner = Visitor {
        to: demo.http,
        cookies: Vec::new(),
        lang: "en",
    };
    assert_eq!(owner.sign_in(passphrase, "/").status, 303);
    let pages = pages(&mut owner);
    let only = std::env::var("SCREENSHOTS").unwrap_or_default();
    for path in pages.iter().filter(|path| path.contains(&only)) {
        for lang in ["en", "fr"] {
            in_language(&browser, &base, lang).await;
            for (width, dark) in [(360, false), (360, true), (1280, false), (1280, true)] {
                browser.set_size(width, 800).await;
                browser.emulate_dark(dark).await;
                browser.goto(&format!("{base}{path}")).await;
                let height = script(&browser, "return Math.min(document.documentElement.scrollHeight, 6000)").await;
                let height = u32::try_from(height.as_u64().unwrap()).unwrap();
                let name = path.trim_matches('/').replace(['/', '?', '=', ':', '+', '@'], "-");
                let look = if dark { "dark" } else { "light" };
                let name = if name.is_empty() { "timeline" } else { &name };
                let file = folder.join(format!("{name}.{width}.{look}.{lang}.png"));
                browser.screenshot(width, height, dark, &file).await;
            }
        }
    }
    println!("{} pages, eight pictures each: {}", pages.len(), folder.display());
    browser.quit().await;
}
