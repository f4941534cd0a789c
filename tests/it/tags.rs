//! Tags, importance and rules as the owner meets them: on the pages, and in what is suggested.

use crate::{
    appliance::{Folder, OWNER, Sender},
    filing::Home,
    web::Visitor,
};
use caliopen::{
    domain::{
        id::{DiscussionId, MessageId, TagId},
        rule::{Condition, Field, How, Rule},
        tag::{Name, System},
        time::Time,
    },
    service::{
        rules::Run,
        tags::{Made, Suggestion},
        upkeep::Upkeep,
    },
};

fn send(sender: &mut Sender, from: &str, to: &str, subject: &str, text: &str) {
    let message = format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{}@x.test>\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n\r\n{text}\r\n",
        subject.replace(' ', "-")
    );
    assert_eq!(sender.send("bounce@x.test", to, &message).unwrap(), 250);
}

#[test]
fn a_tag_is_made_once_put_on_and_gone_without_a_trace() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    for who in ["ann", "bob", "carol", "dave"] {
        send(&mut sender, &format!("{who}@x.test"), OWNER, &format!("letter of {who}"), "hello");
    }
    let mut owner = Visitor::owner(&appliance);
    let make = |owner: &mut Visitor, name: &str| {
        owner.submit(
            "/settings/tags",
            "/settings/tags",
            &[("name", name), ("colour", "green"), ("importance", "4")],
        )
    };
    assert_eq!(make(&mut owner, "Maison d'été").status, 303);
    let page = owner.get("/settings/tags").body;
    assert!(page.contains("/search?tag=maison_d%27ete"), "{page}");
    let again = make(&mut owner, "maison d'ete");
    assert_eq!(again.status, 422);
    assert!(again.body.contains("There is a tag of that name already.") && again.body.contains("value=\"maison d&#39;ete\""));
    assert_eq!(make(&mut owner, " \u{202e} ").status, 422);

    // Three at once, from the timeline.
    let ids: Vec<String> = page_ids(&owner.get("/").body);
    assert_eq!(ids.len(), 4);
    let mut pairs = vec![("do", "tag"), ("tag", "101"), ("back", "/")];
    pairs.extend(ids[..3].iter().map(|id| ("d", id.as_str())));
    assert_eq!(owner.submit("/", "/bulk", &pairs).status, 303);
    let found = owner.get("/search?tag=maison_d%27ete").body;
    assert_eq!(page_ids(&found), &ids[..3], "exactly those, in the order of the timeline");

    // One taken off by its discussion, one by its message.
    let path = format!("/discussions/{}/tags", ids[0]);
    let page = format!("/discussions/{}", ids[0]);
    assert_eq!(owner.submit(&page, &path, &[("remove", "101")]).status, 303);
    let message = owner.get(&format!("/discussions/{}", ids[1])).body;
    let (_, after) = message.split_once("<article class=\"msg").unwrap();
    let (_, after) = after.split_once("id=\"m").unwrap();
    let message = after.split('"').next().unwrap().to_owned();
    let page = format!("/messages/{message}");
    assert_eq!(owner.submit(&page, &format!("{page}/tags"), &[("add", "Travel")]).status, 303);
    assert!(owner.get(&page).body.contains("/search?tag=travel"));
    let refused = owner.submit(&page, &format!("{page}/tags"), &[("add", "!?"), ("back", &page)]);
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("value=\"!?\""));
    assert_eq!(page_ids(&owner.get("/search?tag=maison_d%27ete").body), &ids[1..3]);

    let page = owner.get("/settings/tags/101").body;
    assert!(page.contains("<summary>Delete this tag</summary>"), "it asks first: {page}");
    assert_eq!(owner.submit("/settings/tags/101", "/settings/tags/101/delete", &[]).status, 303);
    assert_eq!(owner.get("/settings/tags/101").status, 404);
    let gone = owner.get("/search?tag=maison_d%27ete").body;
    assert!(page_ids(&gone).is_empty() && gone.contains("There is no tag of that name."));
    assert!(!owner.get("/").body.contains("maison_d"));
    let house = owner.submit("/settings/tags/1", "/settings/tags/1/delete", &[]);
    assert_eq!(house.status, 422);
    assert_eq!(owner.get("/settings/tags/1").status, 200);
}

/// The discussions that a page lists, in its order.
fn page_ids(page: &str) -> Vec<String> {
    let links = page.split("class=\"go\" href=\"/discussions/").skip(1);
    links.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn spam_is_hidden_until_it_is_asked_for() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    send(&mut sender, "ann@x.test", OWNER, "wanted", "hello");
    send(&mut sender, "eve@x.test", OWNER, "unwanted", "buy");
    let mut owner = Visitor::owner(&appliance);
    let both = page_ids(&owner.get("/").body);
    assert_eq!(both.len(), 2);
    let spam = both[0].clone();
    owner.submit("/", "/bulk", &[("do", "spam"), ("d", &spam), ("back", "/")]);
    let page = owner.get("/").body;
    assert_eq!(page_ids(&page), &both[1..]);
    assert!(page.contains("1 less important discussion is not shown."), "{page}");
    assert_eq!(page_ids(&owner.get("/search?tag=spam").body), &both[..1], "it is not deleted");

    let shown = owner.submit("/", "/levels", &[("range", "-10..10")]);
    let cookie = shown.cookie("levels").unwrap();
    assert_eq!(cookie, "-10..10");
    owner.cookies.push(("levels".into(), cookie));
    assert_eq!(page_ids(&owner.get("/").body), both);
    for odd in ["", "1", "a..b", "9..9..9"] {
        assert_eq!(owner.submit("/", "/levels", &[("range", odd)]).status, 400, "{odd}");
    }
    owner.cookies.retain(|(name, _)| name != "levels");
    owner.cookies.push(("levels".into(), "9..10".into()));
    assert!(page_ids(&owner.get("/").body).is_empty());
    owner.cookies.pop();

    owner.submit("/", "/bulk", &[("do", "not_spam"), ("d", &spam), ("back", "/")]);
    assert_eq!(page_ids(&owner.get("/").body), both);
    // Nothing ticked and nothing chosen changes nothing; nonsense is no form.
    assert_eq!(owner.submit("/", "/bulk", &[("do", "read")]).status, 303);
    assert_eq!(owner.submit("/", "/bulk", &[("do", "tag"), ("d", &spam)]).status, 303);
    assert_eq!(owner.submit("/", "/bulk", &[("do", "burn"), ("d", &spam)]).status, 400);
}

#[test]
fn the_importance_of_a_message_is_a_sum_that_can_be_read() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    send(&mut sender, "ann@x.test", "me+shop@home.test", "bill", "hello");
    let mut owner = Visitor::owner(&appliance);
    assert_eq!(page_ids(&owner.get("/search?tag=shop").body).len(), 1, "the address is a tag");
    owner.submit(
        "/settings/tags",
        "/settings/tags/101",
        &[("name", "Shopping"), ("importance", "-7"), ("colour", "ochre")],
    );
    let page = owner.get("/messages/1/importance").body;
    let hundredths = |text: &str| -> i64 {
        let text = text.replace('\u{2212}', "-").replace('+', "");
        (text.parse::<f64>().unwrap() * 100.0).round() as i64
    };
    let (_, level) = page.split_once("<h1>Importance ").unwrap();
    let level = hundredths(level.split('<').next().unwrap());
    let points = page.split("class=\"points\">").skip(1).map(|rest| rest.split('<').next().unwrap());
    let sum: i64 = points.filter(|text| *text != "not known").map(hundredths).sum();
    assert_eq!(sum, level);
    assert!(
        page.contains("It carries the tag “Shopping”.") && page.contains("because of the address it was sent to"),
        "{page}"
    );
    assert!(level <= -400, "{level}");
}

#[test]
fn a_rule_is_written_tried_and_run_over_all_mail() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    send(&mut sender, "Boss <boss@work.test>", OWNER, "before the rule", "hello");
    let mut owner = Visitor::owner(&appliance);
    owner.submit("/settings/tags", "/settings/tags", &[("name", "work")]);
    let empty = owner.submit("/settings/rules", "/settings/rules", &[("name", "Boss"), ("t", "101")]);
    assert_eq!(empty.status, 422);
    assert!(empty.body.contains("value=\"Boss\"") && empty.body.contains("A rule needs at least one condition"));
    let rule = [
        ("name", "Boss"),
        ("field0", "from"),
        ("how0", "contains"),
        ("text0", "BOSS@"),
        ("t", "101"),
        ("importance", "3"),
    ];
    let made = owner.submit("/settings/rules", "/settings/rules", &rule);
    assert_eq!((made.status, made.header("location")), (303, Some("/settings/rules/1")));
    let looked = owner.get("/settings/rules/1").body;
    assert!(looked.contains("Of the newest hundred messages, 1 matches") && looked.contains("before the rule"));
    assert!(page_ids(&owner.get("/search?tag=work").body).is_empty(), "a look changes nothing");
    assert!(owner.get("/settings/rules?message=1").body.contains("matches this message"));

    send(&mut sender, "Boss <boss@work.test>, x@x.test", OWNER, "after it", "hello");
    assert_eq!(page_ids(&owner.get("/search?tag=work").body).len(), 1);
    owner.submit("/settings/rules", "/settings/run-rules", &[]);
    while page_ids(&owner.get("/search?tag=work").body).len() < 2 {
        std::thread::yield_now();
    }
    owner.submit("/settings/rules", "/settings/rules/1/do", &[("do", "off")]);
    send(&mut sender, "boss@work.test, y@x.test", OWNER, "while it rests", "hello");
    assert_eq!(page_ids(&owner.get("/search?tag=work").body).len(), 2);
    owner.submit("/settings/rules", "/settings/rules/1/do", &[("do", "delete")]);
    assert_eq!(owner.get("/settings/rules/1").status, 404);
}

impl Home {
    async fn named(&self, name: &str) -> TagId {
        match self.services.tags.named(&Name::parse(name).unwrap()).await.unwrap() {
            Made::Done(id) => id,
            other => panic!("{other:?}"),
        }
    }

    async fn suggested(&self, message: u64) -> Vec<Suggestion> {
        let tags = self.services.tags.of_messages(vec![MessageId(message)]).await.unwrap();
        tags.into_iter().next().unwrap().suggestions
    }

    async fn invoice(&self, n: u32) -> u64 {
        let text = format!(
            "From: Billing <billing@shop.test>\nTo: me@home.test\nSubject: Your invoice number {n}\n\
             Date: Tue, 24 Nov 2026 08:00:00 +0000\nMessage-ID: <invoice-{n}@shop.test>\n\n\
             Dear customer, please find the invoice of this month. Total amount due: {n} euros.\n"
        );
        self.deliver("me@home.test", &text).await.0
    }

    async fn letter(&self, n: u32) -> u64 {
        let about = ["garden", "holiday", "football", "children", "weather", "concert", "kitchen"][n as usize % 7];
        let text = format!(
            "From: friend{n}@y.test\nTo: me@home.test\nSubject: about the {about}\n\
             Date: Tue, 24 Nov 2026 08:00:00 +0000\nMessage-ID: <about-{n}@y.test>\n\n\
             Dear you, I was thinking of the {about} this month. See you soon, and please write.\n"
        );
        self.deliver("me@home.test", &text).await.0
    }
}

#[tokio::test]
async fn what_the_owner_tags_ten_times_is_suggested_with_its_reason() {
    let home = Home::make();
    let tags = &home.services.tags;
    let invoices = home.named("Invoices").await;
    for n in 0..9 {
        home.letter(2 * n).await;
        home.letter(2 * n + 1).await;
        let message = home.invoice(n).await;
        tags.put(vec![MessageId(message)], invoices, true).await.unwrap();
    }
    let tenth = home.invoice(10).await;
    assert!(home.suggested(tenth).await.is_empty(), "nine examples are too few");
    tags.put(vec![MessageId(tenth)], invoices, true).await.unwrap();

    let next = home.invoice(11).await;
    let suggested = home.suggested(next).await;
    assert_eq!(suggested.len(), 1);
    assert_eq!(suggested[0].tag.id, invoices);
    assert!(suggested[0].words.iter().any(|word| word == "invoice"), "{suggested:?}");
    assert!(suggested[0].sender.is_some(), "{suggested:?}");
    let other = home.letter(3).await;
    assert!(home.suggested(other).await.is_empty(), "a letter is no invoice");
    let (sealed, _) = home
        .deliver(
            "me@home.test",
            "From: Billing <billing@shop.test>\nTo: me@home.test\nSubject: Your invoice number 12\nMIME-Version: 1.0\n\
             Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n--b\n\
             Content-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\n\
             -----BEGIN PGP MESSAGE-----\n\nabcd\n-----END PGP MESSAGE-----\n--b--\n",
        )
        .await;
    assert!(home.suggested(sealed).await.is_empty(), "never for what is encrypted");

    // A refusal is for good, and teaches.
    tags.answer(MessageId(next), invoices, false).await.unwrap();
    assert!(home.suggested(next).await.is_empty());
    let another = home.invoice(13).await;
    assert!(!home.suggested(another).await.is_empty(), "one refusal among ten examples");
    tags.answer(MessageId(another), invoices, true).await.unwrap();
    let page = tags.tagged(invoices, 1, caliopen::service::devices::Viewer::own()).await.unwrap();
    assert_eq!(page.tag.messages, 11);

    // Turned off, nothing is suggested; what is forgotten leaves no word behind.
    tags.set_smart(false).await.unwrap();
    let last = home.invoice(14).await;
    assert!(home.suggested(last).await.is_empty());
    tags.set_smart(true).await.unwrap();
    assert!(!home.suggested(last).await.is_empty());
    assert_eq!(tags.delete(invoices).await.unwrap(), Made::Done(invoices));
    assert!(home.suggested(last).await.is_empty());
    assert_eq!(home.snapshot().lessons(invoices).unwrap().1, 0);
}

#[tokio::test]
async fn a_whole_discussion_and_what_comes_in_it() {
    let home = Home::make();
    let tags = &home.services.tags;
    let letter = "From: bob@x.test\nTo: me@home.test\nSubject: s\n\nhello\n";
    let (first, discussion) = home.deliver("me@home.test", letter).await;
    let (second, _) = home.deliver("me@home.test", letter).await;
    let work = home.named("work").await;
    tags.put_on_discussions(vec![DiscussionId(discussion)], work, true).await.unwrap();
    let (third, _) = home.deliver("me@home.test", letter).await;
    let has = |message| home.snapshot().tags_of(message).unwrap().iter().any(|(tag, _)| *tag == work.0);
    assert!([first, second, third].into_iter().all(has));
    tags.put_on_discussions(vec![DiscussionId(discussion)], work, false).await.unwrap();
    let (fourth, _) = home.deliver("me@home.test", letter).await;
    assert!(![first, second, third, fourth].into_iter().any(has));
    assert!(tags.of_discussion(DiscussionId(discussion)).await.unwrap().is_empty());
    let missing = tags.put(vec![MessageId(99)], work, true).await;
    assert!(missing.is_err());
    tags.put_on_discussions(vec![DiscussionId(discussion)], System::Spam.id(), true)
        .await
        .unwrap();
    let spam = System::Spam.id().0;
    assert!(home.snapshot().tags_of(first).unwrap().iter().any(|(tag, _)| *tag == spam));
    assert!(home.snapshot().filed(discussion).unwrap().unwrap().level <= -5);
}

#[tokio::test]
async fn rules_run_in_steps_and_are_done() {
    let home = Home::make();
    let work = home.named("work").await;
    let mut ids = Vec::new();
    for n in 0..230 {
        let raw = format!("From: p{}@x.test\nTo: me@home.test\nSubject: n{n}\n\nhello\n", n % 3);
        ids.push(home.deliver("me@home.test", &raw).await.0);
    }
    let rule = Rule {
        on: true,
        conditions: vec![Condition {
            field: Field::From,
            how: How::Equals,
            text: "p1@x.test".into(),
        }],
        tags: vec![work],
        importance: 2,
        ..Rule::default()
    };
    let rules = &home.services.rules;
    rules.put(None, &rule.checked().unwrap()).await.unwrap();
    assert_eq!(rules.progress().await.unwrap(), Run::Idle);
    rules.run().await.unwrap();
    assert!(matches!(rules.progress().await.unwrap(), Run::Going { done: 0, all: 230 }));
    let upkeep = Upkeep::new(home.vault.clone(), home.clock.clone());
    let mut steps = 0;
    while rules.progress().await.unwrap() != Run::Idle {
        upkeep.step().await.unwrap();
        home.clock.set(Time(home.clock.now().0 + 1));
        steps += 1;
        assert!(steps < 10);
    }
    let tagged = home.snapshot().tagged(work, 0, usize::MAX).unwrap();
    assert_eq!(tagged.len(), ids.len() / 3 + usize::from(ids.len() % 3 > 1));
    assert_eq!(home.snapshot().weighed(tagged[0]).unwrap().unwrap().rules, 2);
}
