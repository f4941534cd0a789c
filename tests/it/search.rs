//! Searching, as the owner meets it and as a slow reader of every message would do it.

use crate::{
    appliance::{Folder, OWNER, PASSPHRASE, Sender},
    filing::Home,
    web::{Visitor, form},
};
use caliopen::{
    codec::search::{Family, tokens},
    domain::{
        fold::fold,
        id::{DiscussionId, MessageId, TagId},
        query::{Day, Place, Query, Text, What, read},
        tag::By as TaggedBy,
        time::Time,
    },
    service::{
        delete::Wiped,
        search::{Asked, By, Found, Scope},
        upkeep::Upkeep,
    },
    store::{filing, search as kept},
};
use proptest::prelude::*;
use std::sync::Arc;

const TODAY: Day = Day {
    year: 2026,
    month: 11,
    day: 25,
};

fn asked(query: Query) -> Asked {
    Asked {
        query,
        scope: Scope::All,
        by: By::Newest,
        page: 1,
        // 1970 and 28 days a month: enough to tell days apart.
        begins: Arc::new(|day| {
            Time((i64::from(day.year) - 1970) * 31_536_000 + i64::from(day.month - 1) * 2_419_200 + i64::from(day.day - 1) * 86_400)
        }),
    }
}

impl Home {
    async fn find(&self, text: &str) -> Found {
        let (query, problems) = read(text, TODAY);
        assert!(problems.is_empty(), "{text}: {problems:?}");
        self.services.search.find(asked(query)).await.unwrap()
    }

    async fn ids(&self, text: &str) -> Vec<u64> {
        let found = self.find(text).await;
        let ids: Vec<u64> = found.hits.iter().map(|hit| hit.id.0).collect();
        assert_eq!(found.total, ids.len() as u64, "{text}");
        ids
    }

    /// Merges whatever waits.
    async fn merge(&self) {
        let open = self.open();
        let merging = tokio::task::spawn_blocking(move || {
            kept::merge(&open, 10_000, |generation, changes| {
                let writing = open.writer.write(move |tables| kept::apply(tables, generation, &changes));
                tokio::runtime::Handle::current().block_on(writing)
            })
        });
        merging.await.unwrap().unwrap();
        assert_eq!(self.snapshot().fresh().unwrap(), 0);
    }
}

fn mail(from: &str, to: &str, subject: &str, text: &str) -> String {
    let id = subject.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    format!(
        "From: {from}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{id}@x.test>\nDate: Tue, 24 Nov 2026 08:00:00 +0000\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    )
}

#[tokio::test]
async fn words_are_found_as_people_type_them() {
    let home = Home::make();
    let deliver = async |from: &str, subject: &str, text: &str| home.deliver(OWNER, &mail(from, OWNER, subject, text)).await.0;
    let summer = deliver(
        "Alice Martin <alice@x.test>",
        "Maison",
        "Vivement l’été à Cambrésis, avec les chevaux.",
    )
    .await;
    let horse = deliver("Bob <bob@x.test>", "Cheval", "Un seul cheval. Deux factures payées.").await;
    let meeting = deliver(
        "carol@y.test",
        "Board meetings",
        "The board meeting was moved to Friday. https://x.test/",
    )
    .await;
    let moved = deliver("dave@y.test", "Friday", "The meeting of the board is on Friday; alice agrees.").await;
    for round in ["fresh", "merged"] {
        for (query, expected) in [
            ("ete", vec![summer]),
            ("ÉTÉ", vec![summer]),
            ("l'été", vec![summer]),
            ("cambresis", vec![summer]),
            ("cheval", vec![horse, summer]),
            ("chevaux", vec![horse, summer]),
            ("\"cheval\"", vec![horse]),
            ("facture", vec![horse]),
            ("payer", vec![horse]),
            ("meeting", vec![moved, meeting]),
            ("board meeting", vec![moved, meeting]),
            ("\"board meeting\"", vec![meeting]),
            ("\"board meetings\"", vec![meeting]),
            ("meet*", vec![moved, meeting]),
            ("fact*", vec![horse]),
            ("meeting -moved", vec![moved]),
            ("alice", vec![moved, summer]),
            ("from:alice", vec![summer]),
            ("from:alice@x.test", vec![summer]),
            ("from:martin", vec![summer]),
            ("from:x.test", vec![horse, summer]),
            ("to:alice", vec![]),
            ("with:alice", vec![summer]),
            ("to:me@home.test", vec![moved, meeting, horse, summer]),
            ("subject:meeting", vec![meeting]),
            ("body:meeting", vec![moved, meeting]),
            ("subject:cheval body:facture", vec![horse]),
            ("\"Maison Vivement\"", vec![]),
            ("has:link", vec![meeting]),
            ("-has:link meeting", vec![moved]),
            ("nothing", vec![]),
            ("-cheval", vec![moved, meeting]),
        ] {
            assert_eq!(home.ids(query).await, expected, "{round}: {query}");
        }
        home.merge().await;
    }
    let found = home.find("payer").await;
    let marked: Vec<&str> = found.hits[0]
        .excerpt
        .iter()
        .filter(|piece| piece.marked)
        .map(|piece| piece.text.as_str())
        .collect();
    assert_eq!(marked, ["payées"]);
}

#[tokio::test]
async fn what_may_change_is_asked_of_the_records() {
    let home = Home::make();
    let mut ids = Vec::new();
    for (from, subject) in [("ann@x.test", "red"), ("bob@x.test", "green"), ("carol@x.test", "blue")] {
        ids.push(home.deliver(OWNER, &mail(from, OWNER, subject, "paint")).await);
    }
    let [(red, in_red), (green, _), (blue, _)] = ids[..] else {
        panic!()
    };
    assert_eq!(home.ids("paint is:unread").await, [blue, green, red]);
    home.services.discussions.mark(DiscussionId(in_red), false).await.unwrap();
    assert_eq!(home.ids("is:unread").await, [blue, green]);
    assert_eq!(home.ids("est:lu paint").await, [red]);
    assert_eq!(home.ids("-is:unread").await, [red]);
    let tagging = home
        .open()
        .writer
        .write(move |tables| filing::set(tables, green, TagId(2), TaggedBy::Owner));
    assert!(tagging.await.unwrap());
    assert_eq!(home.ids("tag:internal").await, [green]);
    assert_eq!(home.ids("paint -tag:internal").await, [blue, red]);
    assert_eq!(home.find("tag:nosuch").await.unknown_tags, ["nosuch"]);
    let index = home.snapshot().message(red).unwrap().unwrap().index.unwrap();
    assert_eq!(home.ids(&format!("privacy:={index} red")).await, [red]);
    assert_eq!(home.ids(&format!("privacy:>{index} red")).await, [0; 0]);
    assert_eq!(home.ids("padlock:postcard").await, [blue, green, red]);
    assert_eq!(home.ids("padlock:sealed").await, [0; 0]);
    assert_eq!(home.ids("importance:>=-10").await, [blue, green, red]);
    assert_eq!(home.ids("importance:<-10").await, [0; 0]);
    // 1,700,000,000 s is in the 54th year of 365 days, which the test's calendar calls 2023.
    assert_eq!(home.ids("paint before:2023").await, [0; 0]);
    assert_eq!(home.ids("date:2023").await, [blue, green, red]);
    assert_eq!(home.ids("date:2022").await, [0; 0]);
    assert_eq!(home.ids("after:2023").await, [blue, green, red]);
    assert_eq!(
        home.find("").await,
        Found {
            page: 1,
            pages: 1,
            ..Found::default()
        }
    );
}

#[tokio::test]
async fn many_are_shown_page_by_page_in_either_order() {
    let home = Home::make();
    for n in 0..60 {
        let text = if n == 7 {
            "needle needle needle"
        } else {
            "a needle in a haystack of other words"
        };
        home.deliver(OWNER, &mail(&format!("p{n}@x.test"), OWNER, &format!("n{n}"), text))
            .await;
        if n == 30 {
            home.merge().await;
        }
    }
    let (query, _) = read("needle", TODAY);
    let page = async |page: u32, by: By| {
        let asked = Asked {
            page,
            by,
            ..asked(query.clone())
        };
        home.services.search.find(asked).await.unwrap()
    };
    let mut seen = Vec::new();
    for number in 1..=3 {
        let found = page(number, By::Newest).await;
        assert_eq!((found.total, found.pages, found.page), (60, 3, number));
        seen.extend(found.hits.iter().map(|hit| hit.id.0));
    }
    assert_eq!(seen, (1..=60).rev().collect::<Vec<u64>>());
    assert_eq!(page(9, By::Newest).await.page, 3);
    let best = page(1, By::Fit).await;
    assert_eq!((best.hits[0].id, best.hits[1].id), (MessageId(8), MessageId(60)));
}

#[tokio::test]
async fn what_is_deleted_is_found_no_more_and_leaves_no_word() {
    let home = Home::make();
    let kept = home.deliver(OWNER, &mail("ann@x.test", OWNER, "stays", "common words")).await.0;
    let merged = home
        .deliver(OWNER, &mail("bob@x.test", OWNER, "goes", "common zanzibarium"))
        .await
        .0;
    home.merge().await;
    let fresh = home
        .deliver(OWNER, &mail("carol@x.test", OWNER, "goes too", "common xylotropic"))
        .await
        .0;
    assert_eq!(home.ids("common").await, [fresh, merged, kept]);
    for id in [merged, fresh] {
        home.services.delete.message(MessageId(id)).await.unwrap();
    }
    assert_eq!(home.ids("common").await, [kept]);
    for word in ["zanzibarium", "xylotropic", "carol", "-stays"] {
        assert_eq!(home.ids(word).await, [0; 0], "{word}");
    }
    let vocabulary = |home: &Home| home.snapshot().vocabulary().unwrap();
    assert!(vocabulary(&home).iter().any(|word| word == "zanzibarium"));
    assert_eq!(home.services.delete.wipe().await.unwrap(), Wiped::Done);
    home.merge().await;
    let left = vocabulary(&home);
    assert!(left.iter().any(|word| word == "stays") && !left.iter().any(|word| word == "zanzibarium" || word == "bob"));
    assert_eq!(home.ids("common").await, [kept]);
}

#[tokio::test]
async fn a_merge_that_is_cut_short_or_overtaken_is_done_again() {
    let home = Home::make();
    for n in 0..100 {
        let words: Vec<String> = (0..800).map(|word| format!("w{n}x{word}")).collect();
        home.deliver(OWNER, &mail("ann@x.test", OWNER, &format!("n{n}"), &words.join(" ")))
            .await;
    }
    let open = home.open();
    let cut = open.clone();
    let merging = tokio::task::spawn_blocking(move || {
        let mut slices = 0;
        kept::merge(&cut, 10_000, |generation, changes| {
            slices += 1;
            if slices > 1 {
                return Ok(false);
            }
            let writing = cut.writer.write(move |tables| kept::apply(tables, generation, &changes));
            tokio::runtime::Handle::current().block_on(writing)
        })
    });
    assert_eq!(merging.await.unwrap().unwrap(), 0);
    assert_eq!(home.snapshot().fresh().unwrap(), 100);
    assert_eq!(home.ids("w7x199").await, [8]);
    // The file is written anew between working out and writing.
    let overtaken = open.clone();
    let merging = tokio::task::spawn_blocking(move || {
        kept::merge(&overtaken, 10_000, |generation, changes| {
            assert!(overtaken.rewrite().unwrap());
            let writing = overtaken.writer.write(move |tables| kept::apply(tables, generation, &changes));
            tokio::runtime::Handle::current().block_on(writing)
        })
    });
    assert_eq!(merging.await.unwrap().unwrap(), 0);
    assert_eq!(home.ids("w7x199").await, [8]);
    home.merge().await;
    assert_eq!(home.ids("w7x199").await, [8]);
    assert_eq!(home.ids("w39x0 w39x199").await, [40]);
}

#[tokio::test]
async fn a_merge_that_a_rewriting_overtakes_brings_no_word_back() {
    let home = Home::make();
    for n in 0..100 {
        let words: Vec<String> = (0..800).map(|word| format!("w{n}x{word}")).collect();
        home.deliver(OWNER, &mail("ann@x.test", OWNER, &format!("n{n}"), &words.join(" ")))
            .await;
    }
    let (open, delete) = (home.open(), home.services.delete.clone());
    let merging = tokio::task::spawn_blocking(move || {
        let (here, mut slices) = (tokio::runtime::Handle::current(), 0);
        let merged = kept::merge(&open, 10_000, |generation, changes| {
            slices += 1;
            let writing = open.writer.write(move |tables| kept::apply(tables, generation, &changes));
            let written = here.block_on(writing)?;
            // Between two slices a message is deleted, and the file written anew without it.
            if slices == 1 {
                here.block_on(delete.message(MessageId(8))).unwrap();
                assert!(open.rewrite()?);
            }
            Ok(written)
        });
        (merged, slices)
    });
    let (merged, slices) = merging.await.unwrap();
    assert_eq!((merged.unwrap(), slices), (0, 2), "what was read before is not written after");
    home.merge().await;
    let left = home.snapshot().vocabulary().unwrap();
    assert!(left.iter().any(|word| word == "w9x7") && !left.iter().any(|word| word.starts_with("w7x")));
}

#[tokio::test]
async fn mail_from_before_the_index_is_indexed_by_its_job() {
    let home = Home::make();
    for n in 0..70 {
        home.deliver(OWNER, &mail("ann@x.test", OWNER, &format!("n{n}"), "old words")).await;
    }
    let forgetting = home.open().writer.write(|tables| {
        tables.fresh.retain(|_, _| false)?;
        tables.order.retain(|_, _| false)?;
        kept::adopt(tables)
    });
    forgetting.await.unwrap();
    let newer = home.deliver(OWNER, &mail("bob@x.test", OWNER, "new", "new words")).await.0;
    let before = home.find("words").await;
    assert!(before.behind && before.total == 1 && before.hits[0].id.0 == newer);
    let upkeep = Upkeep::new(home.vault.clone(), home.clock.clone());
    for _ in 0..4 {
        upkeep.step().await.unwrap();
    }
    let after = home.find("words").await;
    assert!(!after.behind && after.total == 71 && after.hits[0].id.0 == newer);
    assert_eq!(home.snapshot().fresh().unwrap(), 0, "and merged");
}

/// Mail of few words, so that they meet often.
fn letters() -> impl Strategy<Value = Vec<(usize, Vec<&'static str>, Vec<&'static str>)>> {
    let word = proptest::sample::select(vec![
        "été", "ete", "cheval", "chevaux", "meeting", "meetings", "the", "of", "party", "parties", "l’or", "x1", "中文",
    ]);
    let words = proptest::collection::vec(word, 0..8);
    proptest::collection::vec((0_usize..4, words.clone(), words), 1..25)
}

fn queries() -> impl Strategy<Value = Vec<String>> {
    let query = proptest::sample::select(vec![
        "ete",
        "cheval",
        "\"cheval\"",
        "meet*",
        "\"the meeting\"",
        "the -of",
        "of the",
        "party",
        "subject:the",
        "body:of -subject:of",
        "from:p1",
        "-the",
        "\"of the party\"",
        "x1 or",
        "中",
        "中文",
        "p*",
        "subject:\"meeting of\"",
    ]);
    proptest::collection::vec(query.prop_map(str::to_owned), 1..6)
}

/// Whether a letter holds a clause, by reading it.
fn holds(what: &What, author: &str, subject: &str, body: &str) -> bool {
    let What::Words(place, text) = what else { return false };
    let words = |text: &str| tokens(text).map(|(_, word)| word).collect::<Vec<String>>();
    let places = match place {
        Place::Subject => vec![words(subject)],
        Place::Body => vec![words(body)],
        Place::From => vec![words(author)],
        _ => vec![words(subject), words(body), words(author), words(OWNER)],
    };
    let wanted = words(text.as_str());
    let fits = |wanted: &str, word: &str, last: bool| match text {
        Text::Prefix(_) if last => word.starts_with(wanted),
        Text::Word(_) if wanted.len() > 2 => word == wanted || Family::of(wanted).is_some_and(|family| family.holds(word)),
        _ => word == wanted,
    };
    let side_by_side = |row: &[String]| {
        wanted
            .iter()
            .enumerate()
            .all(|(at, wanted_word)| fits(wanted_word, &row[at], at + 1 == wanted.len()))
    };
    places.iter().any(|row| row.windows(wanted.len()).any(side_by_side))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_search_finds_what_a_slow_reader_finds(letters in letters(), queries in queries(), merge_at in 0_usize..25) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let home = Home::make();
            let mut all = Vec::new();
            for (at, (who, subject, body)) in letters.iter().enumerate() {
                let (author, subject, body) = (format!("p{who}@x.test"), subject.join(" "), body.join(" "));
                let raw = format!("From: {author}\nTo: {OWNER}\nSubject: {subject}\nMessage-ID: <{at}@x.test>\nDate: Tue, 24 Nov 2026 08:00:00 +0000\nContent-Type: text/plain; charset=utf-8\n\n{body}\n");
                let id = home.deliver(OWNER, &raw).await.0;
                all.push((id, author, subject, body));
                if at == merge_at {
                    home.merge().await;
                }
            }
            for text in &queries {
                let (query, _) = read(text, TODAY);
                let fits = |(_, author, subject, body): &&(u64, String, String, String)| {
                    query.clauses.iter().all(|clause| holds(&clause.what, author, subject, body) != clause.not)
                };
                let mut expected: Vec<u64> = all.iter().filter(fits).map(|(id, ..)| *id).collect();
                expected.reverse();
                let found = home.find(text).await;
                let ids: Vec<u64> = found.hits.iter().map(|hit| hit.id.0).collect();
                assert_eq!((found.total, &ids[..]), (expected.len() as u64, &expected[..expected.len().min(25)]), "{text}: {letters:?}");
            }
        });
    }

    #[test]
    fn a_query_reads_as_itself(text in "[ -~éàÀ«»“”’\u{301}*:<>=\"-]{0,60}", operator in proptest::sample::select(vec!["", "from:", "-", "tag:", "pi", "before:", "is:", "étiquette:"])) {
        let text = format!("{operator}{text}");
        let (query, _) = read(&text, TODAY);
        let written = query.to_string();
        let (again, problems) = read(&written, TODAY);
        prop_assert_eq!(&again, &query, "{:?} {:?}", text, written);
        prop_assert!(problems.is_empty(), "{:?} {:?} {:?}", text, written, problems);
    }
}

#[test]
fn the_page_says_what_it_understood_and_what_it_did_not() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    let raw = mail("Ann <ann@x.test>", OWNER, "Holiday <plans>", "The summer house & the sea.").replace('\n', "\r\n");
    assert_eq!(sender.send("ann@x.test", OWNER, &raw).unwrap(), 250);
    let mut owner = Visitor::owner(&appliance);
    let page = owner.get("/search?q=summer");
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("Messages with “summer”.") && page.body.contains("The <mark>summer</mark> house &#38; the sea."),
        "{}",
        page.body
    );
    assert!(page.body.contains("value=\"summer\"") && page.body.contains("Holiday &#60;plans&#62;"));
    let page = owner.get("/search?q=plan+foo%3Abar+before%3Anever").body;
    assert!(
        page.contains("<mark>plans</mark>") && page.contains("There is no operator “foo:”.") && page.contains("“never” is no day"),
        "{page}"
    );
    let page = owner.get("/search?q=nothing").body;
    assert!(page.contains("Nothing was found."));
    let page = owner.get("/search?q=tag%3Anosuch").body;
    assert!(page.contains("There is no tag “nosuch”."));
    let page = owner.get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E").body;
    assert!(!page.contains("<script>alert"));
    let page = owner.get("/search");
    assert!(page.status == 200 && page.body.contains("How to search"));
    let ann = owner.get("/search?q=from%3Aann&order=fit&in=messages").body;
    assert!(ann.contains("Holiday") && ann.contains("Best match first"));
    assert_eq!(fold("é"), "e");
}

#[test]
fn a_search_is_kept_as_a_tab_on_all_devices_or_on_one() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut one = Visitor::owner(&appliance);
    let mut other = Visitor::owner(&appliance);
    let keep = |visitor: &mut Visitor, name: &str, query: &str, here: &str| {
        let token = visitor.get("/settings/views").token().to_owned();
        visitor.post(
            "/settings/views",
            "",
            &form(&[("token", &token), ("name", name), ("q", query), ("here", here)]),
        )
    };
    let kept = keep(&mut one, "Bank <3", "from:bank est:non-lu", "");
    assert_eq!(
        (kept.status, kept.header("location")),
        (303, Some("/search?q=from%3Abank+is%3Aunread"))
    );
    assert_eq!(keep(&mut one, "Mine", "holiday", "1").status, 303);
    let refused = keep(&mut one, " ", "holiday", "1");
    assert!(refused.status == 422 && refused.body.contains("value=\"holiday\"") && refused.body.contains("role=\"alert\""));
    assert_eq!(keep(&mut one, "Nothing", "foo:bar", "").status, 422);
    assert!(
        one.get("/search?q=%F0%9F%8E%89").body.contains("emoji alone cannot"),
        "nothing is swallowed"
    );
    let unnamed = keep(&mut one, "!", "holiday", "");
    assert!(unnamed.status == 422 && unnamed.body.contains("A kept search needs a name"));
    // What is counted from today goes on being counted, or the tab would show the week in which it was kept.
    let kept = keep(&mut one, "This week", "après:7j", "1");
    assert_eq!((kept.status, kept.header("location")), (303, Some("/search?q=after%3A7d")));
    assert!(one.get("/settings/views").body.contains("(7 days ago)"));
    let tabs = |page: &str| (page.contains("<bdi>Bank &#60;3</bdi></a>"), page.contains("<bdi>Mine</bdi></a>"));
    assert_eq!(tabs(&one.get("/").body), (true, true));
    assert_eq!(tabs(&other.get("/help").body), (true, false));
    assert!(one.get("/search?q=holiday").body.contains("aria-current=\"page\"><bdi>Mine</bdi>"));
    // What is not kept is a tab as well, for as long as it is open; so is a tag, and it can be kept.
    let page = one.get("/search?q=market+est:non-lu").body;
    assert!(page.contains("aria-current=\"page\"><bdi>market is:unread</bdi>"), "{page}");
    let page = one.get("/search?tag=spam").body;
    assert!(
        page.contains("href=\"/search?tag=spam\" aria-current=\"page\"") && page.contains("name=\"q\" value=\"tag:spam\""),
        "{page}"
    );
    let page = one.get("/settings/views");
    assert!(page.body.contains("Messages from “bank”, unread."));
    let token = page.token().to_owned();
    let change = one.post(
        "/settings/views/2",
        "",
        &form(&[("token", &token), ("name", "Ours"), ("device", "")]),
    );
    assert_eq!(change.status, 303);
    assert!(other.get("/").body.contains("<bdi>Ours</bdi></a>"));
    assert_eq!(one.post("/settings/views/1/delete", "", &form(&[("token", &token)])).status, 303);
    assert_eq!(tabs(&other.get("/").body), (false, false));
    assert_eq!(one.post("/settings/views/9/delete", "", &form(&[("token", &token)])).status, 404);
}

#[test]
fn signing_in_leads_to_the_search_that_opens_first_on_that_device() {
    let folder = Folder::make();
    let appliance = folder.serve();
    // What tells a device from another is a cookie that outlives a sign-out.
    let arrive = |visitor: &mut Visitor, next: &str| {
        let answer = visitor.sign_in(PASSPHRASE, next);
        let known = answer.cookie("device").expect("a device is known again");
        visitor.cookies.retain(|(name, _)| name != "device");
        visitor.cookies.push(("device".into(), known));
        answer.header("location").unwrap().to_owned()
    };
    let (mut one, mut other) = (Visitor::new(&appliance), Visitor::new(&appliance));
    for visitor in [&mut one, &mut other] {
        assert_eq!(arrive(visitor, "/"), "/");
    }
    let token = one.get("/settings/views").token().to_owned();
    let kept = form(&[("token", &token), ("name", "Mine"), ("q", "holiday"), ("here", "1")]);
    assert_eq!(one.post("/settings/views", "", &kept).status, 303);
    // The page offers this device twice: to show its tab there, and to begin with it.
    let page = one.get("/settings/views").body;
    let place = page
        .split("value=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|value| value.ends_with('*'));
    let change = form(&[
        ("token", &token),
        ("name", "Mine"),
        ("device", place.expect("a way to begin with it")),
    ]);
    assert_eq!(one.post("/settings/views/1", "", &change).status, 303);
    let again = |visitor: &mut Visitor, next: &str| {
        let token = visitor.get("/settings/views").token().to_owned();
        assert_eq!(visitor.post("/sign-out", "", &form(&[("token", &token)])).status, 303);
        arrive(visitor, next)
    };
    assert_eq!(again(&mut one, "/"), "/search?q=holiday");
    assert!(one.get("/search?q=holiday").body.contains("aria-current=\"page\"><bdi>Mine</bdi>"));
    assert_eq!(again(&mut one, "/contacts"), "/contacts", "who asked for a page gets that one");
    assert_eq!(again(&mut other, "/"), "/", "other devices begin as ever");
}
