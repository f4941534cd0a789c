//! Writing and sending as a browser without scripts does it: forms, and what became of them.

use crate::{
    appliance::{Appliance, Folder, OWNER},
    browser::Browser,
    story,
    web::{self, Answer, Visitor, deliver},
};
use caliopen::{
    codec::{
        dkim::{self, Key},
        exif::{self, Cleaned},
        mime,
        pgp::SecretKey,
    },
    domain::{address::Address, authentication::Outcome, time::Time},
};
use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A form with files, as browsers send one.
fn form(visitor: &Visitor, path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Answer {
    let mut body = Vec::new();
    for (name, value) in fields {
        write!(body, "--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").unwrap();
    }
    for (name, kind, octets) in files {
        let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}");
        write!(body, "--xyz\r\n{head}\r\n\r\n").unwrap();
        body.extend_from_slice(octets);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--xyz--\r\n");
    let cookies: Vec<String> = visitor.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept-Language: {}\r\nCookie: {}\r\n\
         Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: {}\r\n\r\n",
        visitor.to,
        visitor.lang,
        cookies.join("; "),
        body.len()
    );
    let mut stream = TcpStream::connect(visitor.to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Answer {
        status: head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before} in {text}"));
    rest.split(after).next().unwrap()
}

/// A key of somebody's, an hour old.
fn key_of(who: &str) -> SecretKey {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let made = Time(i64::try_from(now).unwrap() - 3_600);
    SecretKey::make(&Address::parse(who).unwrap(), made).unwrap()
}

/// What a browser shows of a field.
fn plain(text: &str) -> String {
    let mut out = text.to_owned();
    for (entity, c) in [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#38;", "&"),
    ] {
        out = out.replace(entity, c);
    }
    out
}

/// The form on a page: where it leads to, and a field of it.
fn action(page: &Answer) -> String {
    between(&page.body, "action=\"/write/", "\"").to_owned()
}

fn field(page: &Answer, name: &str) -> String {
    let input = between(&page.body, &format!("name=\"{name}\" type=\"text\" value=\""), "\"");
    plain(input)
}

fn text_of(page: &Answer) -> String {
    plain(between(
        between(&page.body, "<textarea id=\"text\"", "</textarea>"),
        ">\n",
        "</textarea>",
    ))
}

fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").unwrap().to_owned()
}

struct Box {
    _folder: Folder,
    appliance: Appliance,
    owner: Visitor,
    token: String,
}

impl Box {
    fn open() -> Self {
        let folder = Folder::make();
        let appliance = folder.serve();
        let mut owner = Visitor::owner(&appliance);
        let token = owner.get("/help").token().to_owned();
        Self {
            _folder: folder,
            appliance,
            owner,
            token,
        }
    }

    fn send(&self, id: &str, deed: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Answer {
        let mut all = vec![("token", self.token.as_str()), ("from", OWNER)];
        all.extend_from_slice(fields);
        all.push(("do", deed));
        form(&self.owner, &format!("/write/{id}"), &all, files)
    }

    fn fresh(&mut self) -> String {
        action(&self.owner.get("/write"))
    }
}

#[test]
fn a_draft_is_kept_resumed_and_thrown_away_and_an_empty_one_is_none() {
    let mut home = Box::open();
    let id = home.fresh();
    assert_eq!(location(&home.send(&id, "save", &[("text", "  \r\n")], &[])), "/write");
    assert!(home.owner.get("/drafts").body.contains("There are no drafts"));
    let typed = [
        ("to", "Alice <alice@x.test>, bob@"),
        ("subject", "Holiday <b>"),
        ("text", "See you\r\nsoon"),
    ];
    assert_eq!(location(&home.send(&id, "save", &typed, &[])), format!("/write/{id}?kept=1"));
    let page = home.owner.get(&format!("/write/{id}"));
    assert_eq!(field(&page, "to"), "Alice <alice@x.test>, bob@");
    assert_eq!(
        (field(&page, "subject"), text_of(&page)),
        ("Holiday <b>".into(), "See you\nsoon".into())
    );
    let list = home.owner.get("/drafts");
    assert!(
        list.body.contains("Holiday &#60;b&#62;") || list.body.contains("Holiday &lt;b&gt;"),
        "{}",
        list.body
    );
    assert!(!list.body.contains("Holiday <b>"));
    // What cannot be sent is said, with what was typed (422).
    let refused = home.send(&id, "send", &typed, &[]);
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("bob@” is no address"), "{}", refused.body);
    assert_eq!(field(&refused, "to"), "Alice <alice@x.test>, bob@");
    for (to, why) in [("", "Say whom it is to"), ("nobody@home.test", "There is no nobody@home.test")] {
        let refused = home.send(&id, "send", &[("to", to), ("text", "x")], &[]);
        assert!(refused.status == 422 && refused.body.contains(why), "{to}");
    }
    assert_eq!(location(&home.send(&id, "discard", &typed, &[])), "/drafts?gone=1");
    assert_eq!(home.owner.get(&format!("/write/{id}")).status, 404);
}

#[test]
fn an_answer_is_sent_once_taken_back_and_sent_again() {
    let mut home = Box::open();
    let rest = "Message-ID: <first@x.test>\r\n\r\nAre you coming?\r\n-- \r\nAlice\r\n";
    deliver(&home.appliance, "Alice <alice@x.test>", "Holiday", rest);
    let begun = home.owner.get("/write?reply=1");
    let id = action(&begun);
    assert_eq!(
        (field(&begun, "to"), field(&begun, "subject")),
        ("Alice <alice@x.test>".into(), "Re: Holiday".into())
    );
    let quoted = text_of(&begun);
    assert!(quoted.ends_with("2026, Alice wrote:\n> Are you coming?\n"), "{quoted:?}");
    let text = format!("Yes!{quoted}");
    let typed = [
        ("to", "alice@x.test"),
        ("bcc", "carol@z.test"),
        ("subject", "Re: Holiday"),
        ("answers", "1"),
        ("text", &text),
    ];
    let sent = location(&home.send(&id, "send", &typed, &[]));
    assert_eq!(sent, "/discussions/1#m2");
    // The same form once more, as a double click sends it: the same message.
    assert_eq!(location(&home.send(&id, "send", &typed, &[])), "/messages/2");
    let discussion = home.owner.get("/discussions/1");
    assert_eq!(discussion.body.matches("<article").count(), 2);
    assert!(discussion.body.contains("It leaves in a moment") && discussion.body.contains("You answered this"));
    assert!(discussion.body.contains("carol@z.test"), "the owner knows whom else it went to");
    let source = home.owner.get("/messages/2/source").body;
    assert!(
        !source.contains("carol") && source.contains("In-Reply-To: <first@x.test>"),
        "{source}"
    );
    assert!(source.contains("+0000") && !source.contains("User-Agent") && !source.contains("127.0.0.1"));
    assert!(source.is_ascii());

    let token = format!("token={}", home.token);
    let back = home.owner.post("/messages/2/undo", "", &token);
    assert_eq!(location(&back), format!("/write/{id}"));
    let draft = home.owner.get(&format!("/write/{id}"));
    assert_eq!(
        (text_of(&draft), field(&draft, "bcc")),
        (text.replace("\r\n", "\n"), "carol@z.test".into())
    );
    let discussion = home.owner.get("/discussions/1").body;
    assert!(discussion.matches("<article").count() == 1 && !discussion.contains("You answered this"));
    assert_eq!(home.owner.get("/messages/2").status, 404);

    assert_eq!(location(&home.send(&id, "send", &typed, &[])), "/discussions/1#m3");
    assert_eq!(location(&home.owner.get(&format!("/write/{id}"))), "/messages/3");
    assert!(home.owner.get("/drafts").body.contains("There are no drafts"));
}

#[test]
fn what_leaves_is_signed_and_the_index_is_the_one_that_was_shown() {
    let mut home = Box::open();
    let records = home.owner.get("/settings/writing").body;
    let published: Vec<String> = records
        .split("readonly>")
        .skip(1)
        .map(|rest| plain(rest.split('<').next().unwrap()))
        .collect();
    assert_eq!(published.len(), 2);
    let id = home.fresh();
    let typed = [("to", "alice@x.test"), ("subject", "Été"), ("text", "Ça va ?")];
    location(&home.send(&id, "look", &typed, &[]));
    let shown = home.owner.get(&format!("/write/{id}")).body;
    assert!(shown.contains("Send as a postcard") && shown.contains("would travel as a postcard"));
    let index = |page: &str| between(page, "aria-label=\"Privacy Index ", "\"").to_owned();
    location(&home.send(&id, "send", &typed, &[]));
    let message = home.owner.get("/messages/1").body;
    assert_eq!(index(&message), index(&shown), "the same before and after");
    let source = home
        .owner
        .get("/messages/1/source")
        .body
        .replace("\r\n", "\n")
        .replace('\n', "\r\n");
    let signed = dkim::Message::of(source.as_bytes());
    let signatures = signed.signatures();
    assert_eq!(signatures.len(), 2);
    for ((about, check), record) in signatures.iter().zip(&published) {
        let key = Key::parse(record.as_bytes()).unwrap_or_else(|_| panic!("{record}"));
        let (outcome, _) = dkim::verify(check.as_ref().unwrap(), "home.test", &key, 0);
        assert_eq!((outcome, about.domain.as_str()), (Outcome::Pass, "home.test"), "{record}");
    }
}

#[test]
fn the_address_of_a_list_is_not_one_person() {
    let mut home = Box::open();
    let rest = "Message-ID: <first@lists.test>\r\nCc: talk@lists.test\r\nList-Id: Talk <talk.lists.test>\r\n\
                List-Post: <mailto:talk@lists.test>\r\n\r\nWhat do you think?\r\n";
    deliver(&home.appliance, "alice@x.test", "Talk", rest);
    let id = home.fresh();
    let typed = [
        ("to", "talk@lists.test"),
        ("subject", "Re: Talk"),
        ("answers", "1"),
        ("text", "This."),
    ];
    location(&home.send(&id, "look", &typed, &[]));
    let shown = home.owner.get(&format!("/write/{id}")).body;
    location(&home.send(&id, "send", &typed, &[]));
    let sent = home.owner.get("/messages/2").body;
    for page in [shown, sent] {
        assert!(page.contains("goes through a mailing list"), "{page}");
        assert!(!page.contains("Between you and one other person"));
    }
}

/// The same by somebody else's program (dkimpy), where it is installed.
#[test]
fn another_program_finds_both_signatures_right() {
    let there = Command::new("/usr/bin/python3")
        .args(["-c", "import dkim, nacl"])
        .stderr(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("CI").is_none(), "python3-dkim and python3-nacl are not installed");
        println!("skipped: python3-dkim and python3-nacl are not installed (sh tests/run installs them)");
        return;
    }
    let mut home = Box::open();
    let page = home.owner.get("/settings/writing").body;
    let names = page
        .split("readonly value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned());
    let records = page.split("readonly>").skip(1).map(|rest| plain(rest.split('<').next().unwrap()));
    let published: serde_json::Map<String, serde_json::Value> = names.zip(records.map(Into::into)).collect();
    let id = home.fresh();
    let text = "Ça va ?  \r\n\r\n. a line\r\nFrom here on\r\n\r\n";
    let typed = [("to", "Zoé <alice@x.test>, bob@y.test"), ("subject", "Été — 漢字"), ("text", text)];
    location(&home.send(&id, "send", &typed, &[("é.bin", "a/b", &[0, 255, 10, 13, 46])]));
    let source = home.owner.get("/messages/1/source").body;
    let script = "import dkim, json, sys\ngiven = json.load(sys.stdin)\nraw = given['raw'].encode()\n\
        ask = lambda name, timeout=5: given['records'][name.decode().rstrip('.')].encode()\n\
        print([dkim.DKIM(raw).verify(idx=n, dnsfunc=ask) for n in range(2)])";
    let mut python = Command::new("/usr/bin/python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let given = serde_json::json!({ "raw": source, "records": published }).to_string();
    python.stdin.take().unwrap().write_all(given.as_bytes()).unwrap();
    let said = python.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "[True, True]");
}

#[test]
fn a_note_to_oneself_stays_here_and_is_to_be_read() {
    let mut home = Box::open();
    let id = home.fresh();
    let typed = [("to", OWNER), ("subject", "Milk"), ("text", "and bread")];
    location(&home.send(&id, "look", &typed, &[]));
    let page = home.owner.get(&format!("/write/{id}")).body;
    assert!(page.contains("stays on this box") && page.contains(">Send</button>"), "{page}");
    location(&home.send(&id, "send", &typed, &[]));
    let timeline = home.owner.get("/").body;
    assert!(timeline.contains("class=\"row new\"") && timeline.contains("Milk"));
    assert!(!home.owner.get("/messages/1/source").body.contains("DKIM-Signature"));
}

/// The smallest thing that is walked as a photograph: it says where it was taken.
fn photograph() -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
    exif.extend_from_slice(&[0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]);
    exif.extend_from_slice(b"\x25\x88\x04\0\x01\0\0\0\x50\0\0\0\0\0\0\0SECRET-PLACE");
    let mut out = vec![0xff, 0xd8, 0xff, 0xe1];
    out.extend_from_slice(&(exif.len() as u16 + 2).to_be_bytes());
    out.extend_from_slice(&exif);
    out.extend_from_slice(&[0xff, 0xda, 0, 4, 1, 2]);
    out.extend((0..50_000_u32).map(|n| (n * 7 % 251) as u8));
    out.extend_from_slice(&[0xff, 0xd9]);
    out
}

#[test]
fn what_is_too_large_on_its_way_is_said_before_it_leaves() {
    let mut home = Box::open();
    let id = home.fresh();
    let typed = [("to", "alice@x.test"), ("subject", "Large"), ("text", "look")];
    let said = "On its way this message has about 27";
    let octets = vec![b'x'; 20_000_000];
    for (piece, is_said) in [(&octets[..1_000_000], false), (&octets[1_000_000..], true)] {
        location(&home.send(&id, "attach", &typed, &[("film.bin", "a/b", piece)]));
        let page = home.owner.get(&format!("/write/{id}")).body;
        assert_eq!(page.contains(said), is_said, "{page}");
    }
    // What stays on this box is as large as it likes.
    location(&home.send(&id, "look", &[("to", OWNER), ("text", "look")], &[]));
    assert!(!home.owner.get(&format!("/write/{id}")).body.contains("On its way this message"));
    location(&home.send(&id, "send", &typed, &[]));
    let source = home.owner.get("/messages/1/source").body;
    assert!(
        (27_000_000..27_800_000).contains(&source.len()),
        "it was foreseen: {}",
        source.len()
    );
}

#[test]
fn a_text_without_an_end_is_not_cut_in_silence_and_a_page_without_a_subject_has_a_title() {
    let mut home = Box::open();
    let id = home.fresh();
    let long = "never ends ".repeat(100 * 1024);
    let refused = home.send(&id, "send", &[("to", "alice@x.test"), ("text", &long)], &[]);
    assert!(
        refused.status == 422 && refused.body.contains("longer than 1 MB"),
        "{}",
        refused.status
    );
    location(&home.send(&id, "send", &[("to", "alice@x.test"), ("text", "ends")], &[]));
    for page in ["/messages/1", "/discussions/1"] {
        let page = home.owner.get(page).body;
        assert!(page.contains("<title>No subject · Caliopen</title>"), "{page}");
    }
}

#[test]
fn a_page_that_is_older_than_a_draft_does_not_overwrite_it_unasked() {
    let mut home = Box::open();
    let id = home.fresh();
    let tab = |page: &Answer| between(&page.body, "name=\"tab\" value=\"", "\"").to_owned();
    let typed = |text: &'static str| [("to", "alice@x.test"), ("text", text)];
    let keep = |home: &Box, tab: &str, deed: &str, text: &'static str| {
        let [to, text] = typed(text);
        home.send(&id, deed, &[("tab", tab), to, text], &[])
    };
    location(&home.send(&id, "save", &typed("first"), &[]));
    let (laptop, telephone) = (home.owner.get(&format!("/write/{id}")), home.owner.get(&format!("/write/{id}")));
    let (laptop, telephone) = (tab(&laptop), tab(&telephone));
    // The page that keeps it may go on; what comes twice is no news.
    for text in ["second", "second", "third"] {
        location(&keep(&home, &laptop, "auto", text));
    }
    location(&keep(&home, &telephone, "auto", "third"));
    location(&keep(&home, &laptop, "save", "fourth"));
    let alone = keep(&home, &telephone, "auto", "older");
    assert!(
        alone.status == 409 && alone.body.contains("no longer kept by itself"),
        "{}",
        alone.status
    );
    let refused = keep(&home, &telephone, "send", "older");
    assert!(refused.status == 422 && text_of(&refused) == "older", "{}", refused.body);
    assert_eq!(text_of(&home.owner.get(&format!("/write/{id}"))), "fourth");
    // Said once more, it is meant.
    location(&keep(&home, &tab(&refused), "save", "older"));
    assert_eq!(text_of(&home.owner.get(&format!("/write/{id}"))), "older");
    assert_eq!(keep(&home, &laptop, "save", "fourth").status, 422);
}

#[test]
fn files_go_along_pictures_without_what_they_tell_and_too_much_is_said() {
    let mut home = Box::open();
    let id = home.fresh();
    let picture = photograph();
    let typed = [("to", "alice@x.test"), ("subject", "Picture"), ("text", "look")];
    let files: [(&str, &str, &[u8]); 2] = [("beach.jpg", "image/jpeg", &picture), ("notes.txt", "text/plain", b"one\ntwo\xff")];
    assert_eq!(location(&home.send(&id, "attach", &typed, &files)), format!("/write/{id}#files"));
    let page = home.owner.get(&format!("/write/{id}")).body;
    assert!(page.contains("beach.jpg") && page.contains("it tells where it was taken"), "{page}");
    let remove = between(&page, "value=\"remove-", "\"").to_owned();
    // 25 MiB are the most: what came before is kept, and what was typed.
    let much = vec![b'x'; 26 * 1024 * 1024];
    let refused = home.send(
        &id,
        "attach",
        &[("to", "alice@x.test"), ("text", "other")],
        &[("big.bin", "a/b", &much)],
    );
    assert!(refused.status == 422 && refused.body.contains("too large"), "{}", refused.status);
    assert!(refused.body.contains("beach.jpg") && !refused.body.contains("big.bin"));
    assert_eq!(text_of(&refused), "other");
    location(&home.send(&id, "send", &typed, &[]));
    let page = home.owner.get("/messages/1").body;
    assert!(page.contains("beach.jpg") && page.contains("notes.txt"));
    let source = home.owner.get("/messages/1/source").body;
    let reading = mime::read(source.as_bytes());
    assert_eq!(reading.attachments.len(), 2);
    let sent = mime::part(source.as_bytes(), reading.attachments[0].part).unwrap();
    let Cleaned::Stripped(clean, found) = exif::clean(&picture) else {
        panic!()
    };
    assert!(found.place && sent == clean);
    assert_eq!(mime::part(source.as_bytes(), reading.attachments[1].part).unwrap(), files[1].2);

    // Taken off, it is gone; passed on, it goes along.
    let token = format!("token={}", home.token);
    location(&home.owner.post("/messages/1/undo", "", &token));
    location(&home.send(&id, &format!("remove-{remove}"), &typed, &[]));
    assert!(!home.owner.get(&format!("/write/{id}")).body.contains("beach.jpg"));
    location(&home.send(&id, "send", &typed, &[]));
    let forward = home.owner.get("/write?forward=2");
    assert!(text_of(&forward).contains("Forwarded message") && forward.body.contains("name=\"carry\""));
    let part = between(&forward.body, "name=\"carry\" value=\"", "\"").to_owned();
    let other = action(&forward);
    let typed = [("to", "bob@y.test"), ("forwards", "2"), ("carry", part.as_str()), ("text", "see")];
    location(&home.send(&other, "send", &typed, &[]));
    let source = home.owner.get("/messages/3/source").body;
    let reading = mime::read(source.as_bytes());
    assert_eq!(mime::part(source.as_bytes(), reading.attachments[0].part).unwrap(), files[1].2);
}

#[test]
fn what_would_be_less_protected_than_was_shown_is_asked_about() {
    let mut home = Box::open();
    let id = home.fresh();
    let typed = [("to", "alice@x.test, me@home.test"), ("text", "x"), ("rung", "2")];
    let asked = location(&home.send(&id, "send", &typed, &[]));
    assert_eq!(asked, format!("/write/{id}/lower?was=2"));
    let page = home.owner.get(&asked).body;
    assert!(page.contains("Lower the padlock?") && page.contains("alice@x.test") && page.contains("Send it as a postcard"));
    let choose = |home: &mut Box, choice: &str| {
        let body = format!("token={}&choice={choice}&rung=0&was=2", home.token);
        home.owner.post(&format!("/write/{id}/lower"), "", &body)
    };
    assert_eq!(location(&choose(&mut home, "keep")), "/drafts");
    assert_eq!(home.owner.get("/messages/1").status, 404, "nothing was sent");
    assert_eq!(location(&choose(&mut home, "anyway")), "/discussions/1#m1");
}

#[test]
fn whoever_opens_the_envelope_of_the_others_is_named_and_can_be_left_out() {
    let mut home = Box::open();
    let key = key_of("anna@friend.test");
    let body = web::form(&[("token", &home.token), ("key", &key.certificate().armored())]);
    location(&home.owner.post("/settings/keys/people", "", &body));
    let id = home.fresh();
    let typed = [("to", "anna@friend.test"), ("text", "one"), ("rung", "2")];
    assert_eq!(location(&home.send(&id, "send", &typed, &[])), "/discussions/1#m1");

    // Bob has no key: so nobody's copy is closed, and only he is named.
    let both = [("to", "anna@friend.test, bob@y.test, me@home.test"), ("text", "two"), ("rung", "0")];
    let id = home.fresh();
    location(&home.send(&id, "look", &both, &[]));
    let form = home.owner.get(&format!("/write/{id}")).body;
    assert!(
        form.contains("travel as a postcard. Because of bob@y.test. Everyone’s copy would be"),
        "{form}"
    );
    assert!(
        form.contains("With anna@friend.test it has been: <span class=\"lock envelope\">"),
        "{form}"
    );
    let anna = between(&form, "<bdi class=\"name\">anna@friend.test</bdi>", "</li>");
    assert!(
        anna.contains("lock envelope") && anna.contains("you have not compared it"),
        "{anna}"
    );
    let asked = location(&home.send(&id, "send", &both, &[]));
    assert_eq!(asked, format!("/write/{id}/lower?was=2"));
    let page = home.owner.get(&asked).body;
    assert!(page.contains("than your messages with anna@friend.test have been"), "{page}");
    let causes = between(&page, "<ul class=\"standing\">", "</ul>");
    assert!(
        causes.contains("bob@y.test") && causes.contains("Ask for a key") && causes.contains("lock postcard"),
        "{causes}"
    );
    assert!(!causes.contains("anna@") && !causes.contains("me@home.test"), "{causes}");
    assert!(page.contains("Send it to anna@friend.test only"), "{page}");
    let choose = |home: &mut Box, id: &str, choice: &str| {
        let body = format!("token={}&choice={choice}&rung=0&was=2", home.token);
        location(&home.owner.post(&format!("/write/{id}/lower"), "", &body))
    };
    assert_eq!(choose(&mut home, &id, "without"), "/discussions/1#m2");
    assert!(home.owner.get("/messages/2").body.contains("lock envelope"));

    // Decided once with these people, it is not asked again.
    let id = home.fresh();
    assert_eq!(location(&home.send(&id, "send", &both, &[])), format!("/write/{id}/lower?was=2"));
    assert_eq!(choose(&mut home, &id, "anyway"), "/discussions/2#m3");
    let id = home.fresh();
    assert_eq!(location(&home.send(&id, "send", &both, &[])), "/discussions/2#m4");
}

#[test]
fn somebody_with_two_addresses_is_written_to_where_it_can_be_closed() {
    let mut home = Box::open();
    let key = key_of("anna@friend.test");
    let card = [("name", "Anna"), ("addresses", "anna@work.test, anna@friend.test, anna@old.test")];
    assert_eq!(location(&home.owner.submit("/contacts/new", "/contacts/new", &card)), "/contacts/1");
    let first = |home: &mut Box| {
        let page = home.owner.get("/contacts/1").body;
        let people = home.owner.get("/write/people?q=ann").body;
        (between(&page, "href=\"/write?to=", "\"").to_owned(), people)
    };
    // Nothing speaks for one of them: it is the one that stands first on the card.
    let (to, people) = first(&mut home);
    assert_eq!(to, "anna%40work.test");
    let places = |people: &str| ["anna@friend.test", "anna@old.test", "anna@work.test"].map(|one| people.find(one).unwrap());
    let before = places(&people);
    assert!(before[0] < before[1] && before[1] < before[2], "{people}");
    let body = web::form(&[("token", &home.token), ("key", &key.certificate().armored())]);
    location(&home.owner.post("/settings/keys/people", "", &body));
    assert_eq!(first(&mut home).0, "anna%40friend.test");

    // The one that is written to most comes after the one with a key, and before the others.
    let id = home.fresh();
    location(&home.send(&id, "send", &[("to", "anna@old.test"), ("text", "x"), ("rung", "0")], &[]));
    let after = places(&first(&mut home).1);
    assert!(after[0] < after[1] && after[1] < after[2], "{after:?}");
}

#[test]
fn a_short_answer_is_sent_from_the_discussion_and_people_are_suggested() {
    let mut home = Box::open();
    deliver(
        &home.appliance,
        "Alice <alice@x.test>",
        "Holiday",
        "Message-ID: <first@x.test>\r\n\r\nComing?\r\n",
    );
    let body = format!("token={}&name=Zo%C3%A9&signature=Zo%C3%A9+M.", home.token);
    assert_eq!(
        location(&home.owner.post("/settings/writing", "", &body)),
        "/settings/writing?saved=1"
    );
    let page = home.owner.get("/discussions/1");
    assert!(page.body.contains("Answer Alice"));
    let id = action(&page);
    let answer = home.send(&id, "send", &[("quick", "1"), ("rung", "0"), ("text", "Yes.")], &[]);
    assert_eq!(location(&answer), "/discussions/1#m2");
    let unread = home.owner.get("/?show=unread").body;
    assert!(!unread.contains("Holiday"), "what is answered was read: {unread}");
    let source = home.owner.get("/messages/2/source").body;
    let reading = mime::read(source.as_bytes());
    assert_eq!(reading.text.trim_end(), "Yes.\n\n-- \nZoé M.");
    assert_eq!((reading.from[0].name.as_str(), reading.subject.as_str()), ("Zoé", "Re: Holiday"));
    assert_eq!(home.owner.get("/write/people?q=ali").body, "alice@x.test");
    assert_eq!(home.owner.get("/write/people?q=xyz").body, "");
    assert!(home.owner.get("/write").body.contains("<option value=\"alice@x.test\">"));
}

#[test]
fn what_is_answered_was_no_spam_and_an_answer_of_nothing_asks_for_more_room() {
    let mut home = Box::open();
    let gtube = "\r\nXJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n";
    deliver(&home.appliance, "Eve <eve@x.test>", "You won", gtube);
    let verdict = home.owner.get("/messages/1/spam").body;
    assert!(verdict.contains("takes it for spam"), "{verdict}");
    let id = home.fresh();
    let nothing = home.send(&id, "send", &[("quick", "1"), ("rung", "0"), ("text", " ")], &[]);
    assert_eq!(location(&nothing), "/write?reply=1&all=1");
    let answer = home.send(&id, "send", &[("quick", "1"), ("rung", "0"), ("text", "Did I?")], &[]);
    assert_eq!(location(&answer), "/discussions/1#m2");
    let verdict = home.owner.get("/messages/1/spam").body;
    assert!(verdict.contains("You said that it is not spam"), "{verdict}");
}

#[test]
fn a_form_with_files_needs_its_token_first() {
    let mut home = Box::open();
    let id = home.fresh();
    let path = format!("/write/{id}");
    let token = home.token.clone();
    for fields in [
        vec![("to", "a@x.test"), ("token", token.as_str())],
        vec![("token", "wrong"), ("to", "a@x.test")],
        vec![],
    ] {
        let answer = form(&home.owner, &path, &fields, &[("a", "b/c", b"octets")]);
        assert!(matches!(answer.status, 400 | 403), "{}", answer.status);
    }
    assert_eq!(home.owner.get(&path).status, 404, "and nothing was kept");
}

/// Once with a browser and its script: what is typed is kept by itself and its worth told anew; it is sent, taken
/// back, and sent.
#[tokio::test]
async fn in_a_browser_a_message_is_written_sent_taken_back_and_sent() {
    let Some(browser) = Browser::start(&[]).await else { return };
    let folder = Folder::make();
    let appliance = folder.serve();
    story::sign_in(&browser, &appliance).await;
    story::click(&browser, "a.write").await;
    story::find(&browser, "#to").await.send_keys("alice@x.test").await.unwrap();
    let type_in = async |css: &str, text: &str| story::find(&browser, css).await.send_keys(text).await.unwrap();
    type_in("#subject", "Holiday").await;
    // Nothing was clicked.
    story::until(
        &browser,
        "told what it would be worth",
        "return document.querySelector('#preview .verdict')?.textContent.includes('postcard') === true",
    )
    .await;
    story::says(&browser, "#preview button.send", "Send as a postcard").await;
    type_in("#text", "See you on Friday").await;
    // Loaded anew once that was kept, it is all there: the page is that of the draft by then.
    let mark = "document.getElementById('preview').insertAdjacentHTML('beforeend', '<i id=before></i>')";
    story::script(&browser, mark).await;
    story::until(&browser, "kept once more", "return !document.getElementById('before')").await;
    let address = browser.client().current_url().await.unwrap();
    assert!(address.path().starts_with("/write/"), "{address}");
    browser.client().refresh().await.unwrap();
    story::until(
        &browser,
        "what was typed is there",
        "return document.querySelector('#text')?.value === 'See you on Friday'",
    )
    .await;
    story::click(&browser, "#preview button.send").await;
    story::click(&browser, ".resting button").await;
    story::until(
        &browser,
        "the draft is back",
        "return document.querySelector('#text')?.value === 'See you on Friday'",
    )
    .await;
    story::click(&browser, "#preview button.send").await;
    story::find(&browser, ".resting").await;
    let address = browser.client().current_url().await.unwrap();
    assert!(address.path().starts_with("/discussions/"), "{address}");
    let wide = story::script(&browser, "return document.documentElement.scrollWidth <= innerWidth").await;
    assert_eq!(wide, serde_json::json!(true));
    browser.quit().await;
}
