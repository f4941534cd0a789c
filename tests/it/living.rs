//! Living with one's mail: what is done with discussions and taken back, the wastebasket, the screener.

use crate::{
    appliance::{Folder, OWNER, Sender},
    filing::{Home, agrees},
    web::Visitor,
};
use caliopen::{
    domain::{
        address::Address,
        draft::{About, Draft},
        id::{DeviceId, DiscussionId, MessageId, TagId},
        importance::Range,
        padlock::Padlock,
        privacy::index::Letter,
        query::{self, Day},
        screener::Answer as Word,
        shelf::Shelf,
        tag::System,
        time::Time,
    },
    service::{
        acts::{Act, bin_days, set_bin_days},
        devices::Viewer,
        search::{Asked, By, Scope},
        timeline::Part,
        upkeep::Upkeep,
    },
    store::{
        mail::Snapshot,
        record::{self, Record},
    },
};
use std::sync::Arc;

const DAY: i64 = 24 * 3600;

fn letter(from: &str, subject: &str, text: &str) -> String {
    format!(
        "From: {from}\nTo: me@home.test\nSubject: {subject}\nDate: Tue, 14 Nov 2023 22:13:20 +0000\nMessage-ID: <{subject}@x.test>\n\n{text}\n"
    )
}

pub async fn deliver(home: &Home, from: &str, subject: &str, text: &str) -> (u64, u64) {
    home.deliver("me@home.test", &letter(from, subject, text)).await
}

pub async fn timeline(home: &Home) -> Vec<u64> {
    let page = home.services.timeline.page_in(1, Range::ALL).await.unwrap();
    page.rows.iter().map(|row| row.id.0).collect()
}

pub async fn act(home: &Home, ids: &[u64], act: Act) -> u64 {
    let ids = ids.iter().copied().map(DiscussionId).collect();
    home.services.acts.act(ids, act).await.unwrap()
}

/// A query, asked of messages.
pub fn asked(text: &str) -> Asked {
    let today = Day {
        year: 2023,
        month: 11,
        day: 15,
    };
    let (query, problems) = query::read(text, today);
    assert!(problems.is_empty(), "{text}: {problems:?}");
    Asked {
        query,
        scope: Scope::Messages,
        by: By::Newest,
        page: 1,
        begins: Arc::new(|_| Time(0)),
    }
}

/// How many messages a query finds.
pub async fn found(home: &Home, text: &str) -> u64 {
    home.services.search.find(asked(text)).await.unwrap().total
}

/// Everything that lists and importance rest on, of every discussion.
pub fn all(snapshot: &Snapshot) -> Vec<String> {
    let mut lines = Vec::new();
    for (id, row) in snapshot.timeline(0, usize::MAX).unwrap() {
        lines.push(format!("{row:?} {:?}", snapshot.filed(id).unwrap()));
        for (message, record) in snapshot.discussed(id, 0, usize::MAX).unwrap() {
            let tags = snapshot.tags_of(message).unwrap();
            let judged = snapshot.judged(message).unwrap().map(|judged| judged.said);
            lines.push(format!("{record:?} {tags:?} {:?} {judged:?}", snapshot.weighed(message).unwrap()));
        }
    }
    lines
}

#[tokio::test]
async fn what_is_done_leaves_the_timeline_and_comes_back_with_news() {
    let home = Home::make();
    let (_, ann) = deliver(&home, "ann@x.test", "one", "hello").await;
    let (_, bob) = deliver(&home, "bob@x.test", "two", "hello").await;
    act(&home, &[ann], Act::Done).await;
    assert_eq!(timeline(&home).await, [bob]);
    assert_eq!(found(&home, "is:done").await, 1);
    assert_eq!(found(&home, "hello").await, 2, "what is done is found as ever");
    agrees(&home.snapshot());
    let (_, again) = deliver(&home, "ann@x.test", "three", "news").await;
    assert_eq!(again, ann);
    assert_eq!(timeline(&home).await, [ann, bob]);
    assert_eq!(found(&home, "is:done").await, 0);
    // What the owner writes themself brings nothing back.
    act(&home, &[ann], Act::Done).await;
    home.import("From: me@home.test\nTo: ann@x.test\nMessage-ID: <mine@home.test>\n\nthanks\n")
        .await;
    assert_eq!(timeline(&home).await, [bob]);
    act(&home, &[ann], Act::Undone).await;
    assert_eq!(timeline(&home).await, [ann, bob]);
    agrees(&home.snapshot());
}

#[tokio::test]
async fn whatever_is_done_is_taken_back_exactly() {
    let home = Home::make();
    let tag = home.tag("work", 3).await;
    let mut ids = Vec::new();
    for who in ["ann", "bob", "carol"] {
        ids.push(deliver(&home, &format!("{who}@x.test"), who, "hello").await.1);
        deliver(&home, &format!("{who}@x.test"), &format!("{who} again"), "more").await;
    }
    // Some of it is read, tagged and starred already.
    let (message, _) = deliver(&home, "ann@x.test", "third", "more").await;
    home.services
        .tags
        .put(vec![caliopen::domain::id::MessageId(message)], tag, true)
        .await
        .unwrap();
    act(&home, &ids[1..2], Act::Mark { unread: false }).await;
    act(&home, &ids[2..], Act::Done).await;
    let before = all(&home.snapshot());
    for what in [
        Act::Done,
        Act::Undone,
        Act::Bin,
        Act::Mark { unread: true },
        Act::Mark { unread: false },
        Act::Tag(tag, true),
        Act::Tag(tag, false),
        Act::Tag(System::Starred.id(), true),
        Act::Spam(true),
        Act::Spam(false),
    ] {
        let number = act(&home, &ids, what).await;
        agrees(&home.snapshot());
        assert!(!home.services.acts.told(number).unwrap().taken_back);
        assert!(home.services.acts.undo(number).await.unwrap());
        assert_eq!(all(&home.snapshot()), before, "{what:?}");
        agrees(&home.snapshot());
        assert!(home.services.acts.told(number).unwrap().taken_back);
        assert!(!home.services.acts.undo(number).await.unwrap(), "only once");
    }
    assert!(!home.services.acts.undo(999).await.unwrap());
    home.vault.lock();
    assert!(home.services.acts.told(1).is_none(), "what can be taken back goes with the lock");
}

#[tokio::test]
async fn what_is_thrown_away_is_found_nowhere_and_can_be_fetched() {
    let home = Home::make();
    let (_, ann) = deliver(&home, "ann@x.test", "one", "marmalade").await;
    act(&home, &[ann], Act::Bin).await;
    assert!(timeline(&home).await.is_empty());
    assert_eq!(found(&home, "marmalade").await, 0);
    assert_eq!(found(&home, "-nothing").await, 0);
    let bin = home.services.acts.shelf(Viewer::own(), Shelf::Bin, 1).await.unwrap();
    assert_eq!((bin.total, bin.rows[0].id.0), (1, ann));
    agrees(&home.snapshot());

    // What she writes now begins anew.
    let (_, new) = deliver(&home, "ann@x.test", "two", "honey").await;
    assert_ne!(new, ann);
    assert_eq!(home.snapshot().discussion(new).unwrap().unwrap().messages, 1);
    // Fetched from the wastebasket, the two are one again.
    assert_eq!(home.services.acts.restore(vec![DiscussionId(ann)]).await.unwrap(), 1);
    let whole = home.snapshot().discussion(new).unwrap().unwrap();
    assert_eq!((whole.messages, whole.subject.as_str()), (2, "two"));
    assert_eq!(timeline(&home).await, [new]);
    assert!(home.snapshot().discussion(ann).unwrap().is_none());
    assert_eq!(found(&home, "marmalade").await, 1);
    agrees(&home.snapshot());
    assert_eq!(home.services.acts.restore(vec![DiscussionId(ann)]).await.unwrap(), 0);
}

#[tokio::test]
async fn the_wastebasket_is_emptied_when_its_time_has_come() {
    let home = Home::make();
    set_bin_days(&home.vault, 10).await.unwrap();
    assert_eq!(bin_days(&home.open()).unwrap(), 10);
    let (old, ann) = deliver(&home, "ann@x.test", "one", "marmalade").await;
    let (_, bob) = deliver(&home, "bob@x.test", "two", "honey").await;
    let upkeep = Upkeep::new(home.vault.clone(), home.clock.clone());
    upkeep.step().await.unwrap();
    act(&home, &[ann], Act::Bin).await;
    let start = home.clock.now().0;
    home.clock.set(Time(start + 5 * DAY));
    act(&home, &[bob], Act::Bin).await;
    upkeep.step().await.unwrap();
    assert_eq!(home.snapshot().shelf_count(Shelf::Bin).unwrap(), 2);
    home.clock.set(Time(start + 11 * DAY));
    upkeep.step().await.unwrap();
    let snapshot = home.snapshot();
    assert!(snapshot.message(old).unwrap().is_none() && snapshot.discussion(ann).unwrap().is_none());
    assert!(snapshot.discussion(bob).unwrap().is_some(), "its time has not come");
    agrees(&snapshot);
    assert_eq!(home.services.acts.empty().await.unwrap(), 1);
    assert_eq!(home.snapshot().messages().unwrap(), 0);
    agrees(&home.snapshot());
}

#[tokio::test]
async fn parts_of_the_timeline_are_people_and_newsletters() {
    let home = Home::make();
    let (_, ann) = deliver(&home, "ann@x.test", "one", "hello").await;
    let list = letter("news@shop.test", "two", "buy").replace("Subject:", "List-Id: Shop <news.shop.test>\nSubject:");
    let (_, list) = home.deliver("me@home.test", &list).await;
    let part = async |part| {
        let page = home.services.timeline.part(1, Range::ALL, part).await.unwrap();
        assert_eq!(page.total, page.rows.len() as u64);
        page.rows.iter().map(|row| row.id.0).collect::<Vec<_>>()
    };
    assert_eq!(part(Part::People).await, [ann]);
    assert_eq!(part(Part::Newsletters).await, [list]);
    act(&home, &[list], Act::Mark { unread: false }).await;
    assert_eq!(part(Part::Unread).await, [ann]);
    act(&home, &[ann], Act::Tag(System::Newsletter.id(), true)).await;
    assert_eq!(part(Part::Newsletters).await, [list, ann]);
    assert!(part(Part::People).await.is_empty());
}

#[tokio::test]
async fn strangers_wait_at_the_door_until_the_owner_answers() {
    let home = Home::make();
    let screener = &home.services.screener;
    let (_, before) = deliver(&home, "old@x.test", "before", "hello").await;
    screener.turn(true).await.unwrap();
    let address = |text: &str| Address::parse(text).unwrap();
    // Known: somebody who has written before, whoever was written to, and what answers the owner.
    deliver(&home, "old@x.test", "again", "hello").await;
    home.import("From: me@home.test\nTo: carol@x.test\nMessage-ID: <mine@home.test>\n\nhello\n")
        .await;
    let (_, carol) = deliver(&home, "carol@x.test", "known", "hello").await;
    let answer = letter("dave@x.test", "answer", "yes").replace("Message-ID:", "In-Reply-To: <mine@home.test>\nMessage-ID:");
    let (_, dave) = home.deliver("me@home.test", &answer).await;
    assert_eq!(timeline(&home).await, [dave, carol, before]);

    let (_, ann) = deliver(&home, "Ann <ann@x.test>", "one", "marmalade").await;
    let (_, same) = deliver(&home, "Ann <ann@x.test>", "two", "marmalade").await;
    deliver(&home, "eve@y.test", "buy", "now").await;
    let (_, shop) = deliver(&home, "shop@z.test", "offers", "now").await;
    assert_eq!(ann, same);
    assert_eq!(timeline(&home).await, [dave, carol, before]);
    assert_eq!(found(&home, "marmalade").await, 2, "what waits is found");
    let page = screener.page(Viewer::own()).await.unwrap();
    let waiting: Vec<&str> = page.waiting.iter().map(|waiting| waiting.person.address.as_str()).collect();
    assert_eq!(waiting, ["shop@z.test", "eve@y.test", "ann@x.test"]);
    assert_eq!(screener.count().await.unwrap(), 3);
    agrees(&home.snapshot());

    let number = screener.answer(&address("ann@x.test"), Word::In).await.unwrap();
    assert_eq!(timeline(&home).await, [ann, dave, carol, before]);
    home.services.acts.undo(number).await.unwrap();
    assert_eq!((timeline(&home).await.len(), screener.count().await.unwrap()), (3, 3));
    screener.answer(&address("ann@x.test"), Word::In).await.unwrap();
    screener.answer(&address("shop@z.test"), Word::Newsletter).await.unwrap();
    screener.answer(&address("eve@y.test"), Word::Refused).await.unwrap();
    assert_eq!(screener.count().await.unwrap(), 0);
    let usual = home.services.timeline.page_in(1, Range::default()).await.unwrap();
    let usual: Vec<u64> = usual.rows.iter().map(|row| row.id.0).collect();
    assert_eq!(usual, [shop, ann, dave, carol, before], "who was refused is out of sight");
    let tags = |message: u64| -> Vec<u64> { home.snapshot().tags_of(message).unwrap().into_iter().map(|(tag, _)| tag).collect() };
    let (later, _) = deliver(&home, "eve@y.test", "again", "now").await;
    assert_eq!(tags(later), [System::Spam.id().0]);
    agrees(&home.snapshot());
    assert!(
        screener.answer(&address("nobody@y.test"), Word::In).await.is_err(),
        "who never came is not answered"
    );

    // Switched off, who was refused stays out.
    screener.turn(false).await.unwrap();
    let (later, _) = deliver(&home, "eve@y.test", "and again", "now").await;
    assert_eq!(tags(later), [System::Spam.id().0]);
    agrees(&home.snapshot());
}

#[tokio::test]
async fn whoever_waits_comes_in_when_nobody_has_to_wait_any_more() {
    let home = Home::make();
    let screener = &home.services.screener;
    screener.turn(true).await.unwrap();
    let (_, new) = deliver(&home, "new@y.test", "hello", "hello").await;
    assert_eq!((screener.count().await.unwrap(), timeline(&home).await.len()), (1, 0));
    screener.turn(false).await.unwrap();
    assert_eq!((screener.count().await.unwrap(), timeline(&home).await), (0, vec![new]));
    assert!(
        home.snapshot().callers().unwrap().is_empty(),
        "of whom nothing was said nothing is kept"
    );
    agrees(&home.snapshot());
}

#[tokio::test]
async fn the_owner_writing_to_a_stranger_lets_them_in() {
    let home = Home::make();
    home.services.screener.turn(true).await.unwrap();
    let (_, ann) = deliver(&home, "ann@x.test", "one", "hello").await;
    assert!(timeline(&home).await.is_empty());
    home.import("From: me@home.test\nTo: ann@x.test\nMessage-ID: <mine@home.test>\n\nhello\n")
        .await;
    assert_eq!(timeline(&home).await, [ann]);
    deliver(&home, "ann@x.test", "two", "hello").await;
    assert_eq!(timeline(&home).await, [ann]);
    let starred = act(&home, &[ann], Act::Tag(TagId(System::Starred.id().0), true)).await;
    assert_eq!(found(&home, "is:starred").await, 3);
    home.services.acts.undo(starred).await.unwrap();
    assert_eq!(found(&home, "is:starred").await, 0);
}

/// Gives a message an index that few devices are shown.
async fn lift(home: &Home, message: u64) {
    let known = home.snapshot().message(message).unwrap().unwrap();
    let lifted = record::Message { index: Some(90), ..known };
    let octets = lifted.encode(message).unwrap();
    let writing = home
        .open()
        .writer
        .write(move |tables| Ok(tables.messages.insert(message, octets.as_slice()).map(drop)?));
    writing.await.unwrap();
}

#[tokio::test]
async fn a_masked_message_tells_none_of_its_words() {
    let home = Home::make();
    let html = "<p>marmalade <a href=https://evil.test/marmalade>https://marmalade.test/</a>\
                <img src=https://marmalade.test/x width=1 height=1><img src=cid:marmalade>";
    let raw = letter("ann@x.test", "picnic", html).replace("Subject", "MIME-Version: 1.0\nContent-Type: text/html\nSubject");
    let (message, discussion) = home.deliver("me@home.test", &raw).await;
    lift(&home, message).await;
    for (viewed, told) in [(Letter::A, true), (Letter::D, false)] {
        let discussions = home.services.discussions.seen_by(Viewer::on(viewed));
        let page = discussions.message(MessageId(message)).await.unwrap();
        let whole = discussions.page(DiscussionId(discussion), 1).await.unwrap();
        for shown in [format!("{page:?}"), format!("{whole:?}")] {
            assert!(shown.contains("picnic"));
            assert_eq!(shown.contains("marmalade"), told, "{shown}");
        }
        assert_eq!(page.message.findings.deceptive, 1, "that there is one is told");
    }
}

#[tokio::test]
async fn the_list_of_drafts_tells_no_words_of_a_masked_message() {
    let home = Home::make();
    let (message, _) = deliver(&home, "ann@x.test", "picnic", "marmalade").await;
    lift(&home, message).await;
    let compose = &home.services.compose;
    for (id, about) in [(1, About::Forwards(MessageId(message))), (2, About::Nothing)] {
        let draft = Draft {
            about,
            subject: "Fwd: picnic".into(),
            text: "marmalade\n".into(),
            ..Draft::default()
        };
        compose.save(id, draft, Vec::new()).await.unwrap().unwrap();
    }
    for (viewed, told) in [(Letter::A, true), (Letter::D, false)] {
        for row in compose.list(Viewer::on(viewed)).await.unwrap() {
            let shown = told || row.id == 2;
            assert_eq!((row.excerpt.contains("marmalade"), row.masked), (shown, !shown), "{row:?}");
            assert_eq!(row.subject, "Fwd: picnic");
        }
    }
}

#[tokio::test]
async fn a_masked_message_is_not_found_by_its_words() {
    let home = Home::make();
    let (message, _) = deliver(&home, "ann@x.test", "picnic", "marmalade").await;
    let (other, _) = deliver(&home, "bob@x.test", "market", "marmalade").await;
    lift(&home, message).await;
    let find = async |letter, text: &str| -> Vec<u64> {
        let search = home.services.search.seen_by(Viewer::on(letter));
        let found = search.find(asked(text)).await.unwrap();
        assert_eq!(found.total, found.hits.len() as u64);
        found.hits.iter().map(|hit| hit.id.0).collect()
    };
    for (text, whole, masked) in [
        ("marmalade", vec![other, message], vec![other]),
        ("body:marmalade", vec![other, message], vec![other]),
        ("\"marmalade\"", vec![other, message], vec![other]),
        ("marm*", vec![other, message], vec![other]),
        ("picnic", vec![message], vec![message]),
        ("from:ann", vec![message], vec![message]),
        ("ann marmalade", vec![message], vec![]),
        // That it is not found without a word would tell the word too.
        ("-marmalade", vec![], vec![message]),
        ("from:ann -body:marmalade", vec![], vec![message]),
        ("-picnic", vec![other], vec![other]),
    ] {
        assert_eq!(find(Letter::A, text).await, whole, "{text}");
        assert_eq!(find(Letter::D, text).await, masked, "{text}");
    }
}

#[tokio::test]
async fn a_discussion_tells_how_it_travelled_and_lists_its_files() {
    let home = Home::make();
    let mut last = (0, 0);
    for (subject, rung) in [("one", 0_u8), ("two", 2), ("three", 2), ("four", 1)] {
        last = deliver(&home, "ann@x.test", subject, "hello").await;
        let message = last.0;
        let known = home.snapshot().message(message).unwrap().unwrap();
        let octets = record::Message { padlock: rung, ..known }.encode(message).unwrap();
        let writing = home
            .open()
            .writer
            .write(move |tables| Ok(tables.messages.insert(message, octets.as_slice()).map(drop)?));
        writing.await.unwrap();
    }
    let discussions = &home.services.discussions;
    let travels = discussions.travels(DiscussionId(last.1)).await.unwrap();
    let rungs: Vec<Padlock> = travels.iter().map(|(padlock, _)| *padlock).collect();
    assert_eq!(rungs, [Padlock::Mailbag, Padlock::Envelope, Padlock::Postcard]);
    let second = home.snapshot().discussed(last.1, 2, 1).unwrap()[0].1.received;
    assert_eq!(travels[1].1, Time(second), "since the first that travelled so");

    assert!(discussions.with_files(DiscussionId(last.1)).await.unwrap().is_empty());
    let parts = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: text/plain\n\
                 Content-Disposition: attachment; filename=plan.txt\n\nplan\n--b--\n";
    let raw = letter("ann@x.test", "five", "").trim_end().to_owned() + "\n" + parts;
    let (message, _) = home.deliver("me@home.test", &raw).await;
    let with = discussions.with_files(DiscussionId(last.1)).await.unwrap();
    assert_eq!(with.len(), 1);
    assert_eq!((with[0].id.0, with[0].attachments[0].name.as_str()), (message, "plan.txt"));
    assert!(discussions.with_files(DiscussionId(99)).await.is_err());

    // A picture that the text shows is no file beside it; one that it only names is.
    let picture = |id: &str, octets: &str| {
        format!("--b\nContent-Type: image/png; name={id}.png\nContent-ID: <{id}>\nContent-Transfer-Encoding: base64\n\n{octets}\n")
    };
    let parts = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n\
                 <p>hello<img src=cid:seen><img src=cid:other>\n"
        .to_owned()
        + &picture("seen", "iVBORw0KGgo=")
        + &picture("other", "bm8gcGljdHVyZQ==")
        + &picture("seen", "iVBORw0KGgo=");
    let raw = letter("ann@x.test", "six", "").trim_end().to_owned() + "\n" + &parts + "--b--\n";
    home.deliver("me@home.test", &raw).await;
    let with = discussions.with_files(DiscussionId(last.1)).await.unwrap();
    let files: Vec<(&str, bool)> = with[0].attachments.iter().map(|file| (file.name.as_str(), file.inline)).collect();
    assert_eq!(files, [("seen.png", true), ("other.png", false), ("seen.png", false)]);
}

#[tokio::test]
async fn kept_searches_are_put_in_order_and_one_opens_first_on_its_device() {
    let home = Home::make();
    let views = &home.services.views;
    let device = DeviceId(7);
    let mut ids = Vec::new();
    for name in ["one", "two", "three"] {
        ids.push(views.keep(name, "is:unread", false, None).await.unwrap().unwrap());
    }
    let names = || async {
        let all = views.list().await.unwrap();
        all.into_iter().map(|view| view.name).collect::<Vec<_>>().join(" ")
    };
    views.shift(ids[2], true).await.unwrap();
    assert_eq!(names().await, "one three two");
    views.shift(ids[0], false).await.unwrap();
    assert_eq!(names().await, "three one two");
    views.shift(ids[2], true).await.unwrap();
    assert_eq!(names().await, "three one two", "there is nothing before the first");
    assert!(views.shift(99, true).await.is_err());
    assert!(views.first(device).is_none());
    for id in &ids[..2] {
        views.change(*id, "mine", Some(device), true).await.unwrap().unwrap();
        assert_eq!(views.first(device).unwrap().id, *id, "one at a time");
    }
    assert!(views.first(DeviceId(8)).is_none(), "other devices begin as ever");
    views.change(ids[1], "mine", None, false).await.unwrap().unwrap();
    assert!(views.first(device).is_none());
}

pub fn send(sender: &mut Sender, from: &str, subject: &str) {
    let message = letter(from, subject, "hello").replace('\n', "\r\n").replace("me@home.test", OWNER);
    assert_eq!(sender.send("bounce@x.test", OWNER, &message).unwrap(), 250);
}

#[test]
fn a_page_of_discussions_is_put_away_told_and_taken_back_without_scripts() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    for who in ["ann", "bob", "carol"] {
        send(&mut sender, &format!("{who}@x.test"), &format!("letter of {who}"));
    }
    let mut owner = Visitor::owner(&appliance);
    let away = owner.submit("/", "/bulk", &[("do", "done"), ("d", "1"), ("d", "2"), ("back", "/")]);
    let told = away.header("location").unwrap().to_owned();
    let page = owner.get(&told).body;
    assert!(
        page.contains("2 discussions archived.") && page.contains("action=\"/undo/"),
        "{page}"
    );
    assert!(page.contains("letter of carol") && !page.contains("letter of ann"));
    // A form of that page leads back without telling it again.
    assert!(!page.contains("name=\"back\" value=\"/?did="), "{page}");
    let done = owner.get("/done").body;
    assert!(done.contains("letter of ann") && done.contains("letter of bob"));
    assert!(owner.get("/discussions/1").body.contains("This discussion is archived."));
    let number = told.split("did=").nth(1).unwrap();
    let back = owner.submit(&told, &format!("/undo/{number}"), &[("back", "/")]);
    let page = owner.get(back.header("location").unwrap()).body;
    assert!(page.contains("Taken back") && page.contains("letter of ann") && !page.contains("action=\"/undo/"));

    let away = owner.submit("/", "/bulk", &[("do", "bin"), ("d", "3"), ("back", "/")]);
    assert_eq!(away.status, 303);
    assert!(owner.get("/wastebasket").body.contains("letter of carol"));
    assert!(!owner.get("/search?q=carol").body.contains("letter of carol"));
    assert!(owner.get("/discussions/3").body.contains("It will be deleted for good on"));
    let out = owner.submit("/wastebasket", "/bulk", &[("do", "restore"), ("d", "3"), ("back", "/wastebasket")]);
    let told = owner.get(out.header("location").unwrap()).body;
    assert!(told.contains("1 discussion was taken out of the wastebasket.") && !told.contains("action=\"/undo/"));
    assert!(owner.get("/").body.contains("letter of carol"));
    owner.submit("/", "/bulk", &[("do", "bin"), ("d", "3"), ("back", "/")]);
    assert!(
        owner
            .get("/wastebasket/empty")
            .body
            .contains("1 discussion will be deleted for good")
    );
    assert_eq!(owner.submit("/wastebasket/empty", "/wastebasket/empty", &[]).status, 303);
    assert_eq!(owner.get("/discussions/3").status, 404);
    assert!(
        owner.get("/?did=4711").body.contains("letter of ann"),
        "what is forgotten tells nothing"
    );
}

#[test]
fn the_door_is_a_page() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    assert!(owner.get("/door").body.contains("Nobody is waiting."));
    assert_eq!(owner.submit("/door", "/door/screener", &[("on", "1")]).status, 303);
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    send(&mut sender, "Ann <ann@x.test>", "letter of ann");
    send(&mut sender, "Eve <eve@x.test>", "letter of eve");
    let page = owner.get("/").body;
    assert!(
        page.contains("2 new senders are waiting at the door.") && !page.contains("letter of ann"),
        "{page}"
    );
    let page = owner.get("/door").body;
    assert!(page.contains("letter of ann") && page.contains("ann@x.test"), "{page}");
    let done = owner.submit("/door", "/door", &[("address", "ann@x.test"), ("do", "in")]);
    assert!(owner.get(done.header("location").unwrap()).body.contains("Let in."));
    assert!(owner.get("/").body.contains("letter of ann"));
    owner.submit("/door", "/door", &[("address", "eve@x.test"), ("do", "refuse")]);
    let page = owner.get("/door").body;
    assert!(page.contains("Nobody is waiting.") && page.contains("eve@x.test"), "{page}");
    assert!(!owner.get("/").body.contains("letter of eve"));
    assert_eq!(
        owner.submit("/door", "/door", &[("address", "eve@x.test"), ("do", "burn")]).status,
        400
    );
    assert_eq!(
        owner
            .submit("/door", "/door", &[("address", "mallory@x.test"), ("do", "in")])
            .status,
        404
    );
    owner.lang = "fr";
    assert!(owner.get("/door").body.contains("Personne n’attend."));
}
