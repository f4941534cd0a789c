//! The address book: what the owner does with it on its pages, and that discussions, groups and indexes follow.

use crate::{
    appliance::{Folder, OWNER, Sender},
    filing::{Dice, Home, agrees},
    web::{Visitor, form},
};
use caliopen::{
    codec::{mime, pgp::SecretKey, vcard},
    domain::{
        address::Address,
        contact::Card,
        discussion::DiscussionKey,
        draft::{self, Draft},
        fact::Fact,
        id::{ContactId, DiscussionId, MessageId},
        openpgp::Fingerprint,
        privacy::{contact::LineId, message},
        time::Time,
    },
    service::{
        acts::Act,
        contacts::{Refused, Wanted},
    },
    store::{
        mail::Snapshot,
        record::Discussion,
        regroup::{self, Change},
    },
};
use std::collections::BTreeMap;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn card(name: &str, addresses: &[&str]) -> Card {
    Card {
        name: name.into(),
        addresses: addresses.iter().map(|text| address(text)).collect(),
        ..Card::default()
    }
}

/// Adds a card on its page; gives its number.
fn add(visitor: &mut Visitor, name: &str, addresses: &str) -> String {
    let made = visitor.submit("/contacts/new", "/contacts/new", &[("name", name), ("addresses", addresses)]);
    assert_eq!(made.status, 303, "{}", made.body);
    made.header("location").unwrap().strip_prefix("/contacts/").unwrap().to_owned()
}

fn send(sender: &mut Sender, from: &str, subject: &str) {
    let message = format!(
        "From: {from}\r\nTo: {OWNER}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x.test>\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n\r\nhello\r\n"
    );
    assert_eq!(sender.send("bounce@x.test", OWNER, &message).unwrap(), 250);
}

#[test]
fn a_book_is_filled_searched_grouped_and_changed() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    send(&mut sender, "Eric <eric@x.test>", "from-one");
    send(&mut sender, "eric@y.test", "from-other");
    let mut owner = Visitor::owner(&appliance);
    assert!(owner.get("/contacts").body.contains("Nobody stands here yet."));
    let eric = add(&mut owner, "Éric", "eric@x.test");
    let zoe = add(&mut owner, "Zoé", "zoe@x.test, zoe@y.test");
    add(&mut owner, "3M", "m@x.test");
    let list = owner.get("/contacts").body;
    let places: Vec<usize> = [
        "id=\"letter-E\"",
        ">Éric<",
        "id=\"letter-Z\"",
        ">Zoé<",
        "id=\"letter-other\"",
        ">3M<",
    ]
    .iter()
    .map(|text| list.find(text).unwrap_or_else(|| panic!("{text} in {list}")))
    .collect();
    assert!(places.is_sorted() && list.contains("3 contacts"));
    assert!(owner.get("/contacts?q=ERIC").body.contains("1 found"));
    assert!(owner.get("/contacts?q=nobody").body.contains("Nobody here fits."));

    // An address stands on one card, and the refusal names the other one.
    let page = format!("/contacts/{zoe}/edit");
    let taken = owner.submit(&page, &page, &[("name", "Zoé"), ("addresses", "zoe@x.test\neric@x.test")]);
    assert_eq!(taken.status, 422);
    assert!(
        taken.body.contains("stands on another card already, that of Éric") && taken.body.contains(&format!("href=\"/contacts/{eric}\""))
    );
    assert!(taken.body.contains("zoe@x.test\neric@x.test</textarea>"), "what was typed is kept");
    for (typed, why) in [("zoe@", "This is no mail address: zoe@"), (OWNER, "is your own address")] {
        let refused = owner.submit(&page, &page, &[("name", "Zoé"), ("addresses", typed)]);
        assert!(refused.status == 422 && refused.body.contains(why), "{}", refused.body);
    }
    assert_eq!(owner.submit("/contacts/new", "/contacts/new", &[("name", " ")]).status, 422);

    // A tag on cards is a group.
    for id in [&eric, &zoe] {
        let path = format!("/contacts/{id}");
        assert_eq!(owner.submit(&path, &format!("{path}/tags"), &[("add", "Famille")]).status, 303);
    }
    let group = owner.get("/contacts?tag=famille").body;
    assert!(group.contains("2 found") && !group.contains(">3M<"), "{group}");

    // A second address of his: the two discussions are one at once, under his name.
    let rows = |owner: &mut Visitor| owner.get("/").body.matches("class=\"go\" href=\"/discussions/").count();
    assert_eq!(rows(&mut owner), 2);
    let page = format!("/contacts/{eric}/edit");
    let changed = owner.submit(
        &page,
        &page,
        &[
            ("name", "Éric"),
            ("addresses", "eric@x.test\neric@y.test"),
            ("phone_kind", "work"),
            ("phone", "+33 1 02"),
            ("place_kind", "home"),
            ("place", "1 rue\r\nLyon"),
            ("note", "met in May"),
        ],
    );
    assert_eq!(changed.status, 303, "{}", changed.body);
    assert_eq!(rows(&mut owner), 1);
    let shown = owner.get(&format!("/contacts/{eric}")).body;
    for text in ["2 messages from them", "+33 1 02", "Lyon", "met in May", "from-other", "2 messages"] {
        assert!(shown.contains(text), "{text} in {shown}");
    }
    // From a message to the card.
    let timeline = owner.get("/").body;
    let named = timeline.matches("<bdi class=\"name\">Éric</bdi>").count();
    assert_eq!(named, 1, "who has two addresses is one person");
    let (_, after) = timeline.split_once("class=\"go\" href=\"/discussions/").unwrap();
    let discussion = owner.get(&format!("/discussions/{}", after.split('"').next().unwrap())).body;
    let (_, after) = discussion.split_once("<article class=\"msg").unwrap();
    let (_, after) = after.split_once("id=\"m").unwrap();
    let message = after.split('"').next().unwrap().to_owned();
    assert!(
        owner
            .get(&format!("/messages/{message}"))
            .body
            .contains("/contacts/new?address=eric%40")
    );
    let there = owner.get("/contacts/new?address=eric%40y.test");
    assert_eq!(
        (there.status, there.header("location")),
        (303, Some(format!("/contacts/{eric}").as_str()))
    );
    assert!(
        owner
            .get("/contacts/new?address=new%40z.test&name=New")
            .body
            .contains("value=\"New\"")
    );

    // Apart again, then together, then gone.
    let page = format!("/contacts/{eric}/split");
    assert_eq!(owner.submit(&page, &page, &[("name", "x")]).status, 422);
    let split = owner.submit(&page, &page, &[("name", "Eric’s twin"), ("address", "eric@y.test")]);
    let twin = split.header("location").unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(rows(&mut owner), 2);
    assert!(owner.get("/contacts?tag=famille").body.contains("3 found"));
    let page = format!("/contacts/{eric}/merge");
    assert!(owner.get(&page).body.contains("Eric’s twin"));
    let page = format!("{page}?with={twin}");
    let proposed = owner.get(&page).body;
    assert!(proposed.contains("eric@x.test\neric@y.test</textarea>"), "{proposed}");
    let merged = owner.submit(&page, &page, &[("name", "Éric"), ("addresses", "eric@x.test\neric@y.test")]);
    assert_eq!(merged.status, 303, "{}", merged.body);
    assert_eq!((rows(&mut owner), owner.get(&format!("/contacts/{twin}")).status), (1, 404));

    let exported = owner.get("/contacts/export");
    assert_eq!(exported.header("content-type"), Some("text/vcard; charset=utf-8"));
    let names: Vec<String> = vcard::read(exported.body.as_bytes())
        .cards
        .into_iter()
        .map(|found| found.card.name)
        .collect();
    assert_eq!(names, ["Éric", "Zoé", "3M"]);

    // A file of cards comes in through its form.
    let token = owner.get("/contacts/import").token().to_owned();
    let part = |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let cards = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Dan <b>\r\nEMAIL:dan@x.test\r\nEND:VCARD\r\n";
    let card = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.vcf\"\r\nContent-Type: text/vcard\r\n\r\n{cards}\r\n--b--\r\n"
    );
    let upload = |owner: &mut Visitor, body: &str| {
        let head = format!(
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n",
            body.len()
        );
        owner.ask("POST", "/contacts/import", &head, body)
    };
    assert_eq!(upload(&mut owner, &card).status, 403, "without its token first nothing is read");
    let seen = upload(&mut owner, &format!("{}{card}", part("token", &token)));
    assert!(
        seen.status == 200 && seen.body.contains("1 new contact") && seen.body.contains("Dan &#60;b&#62;"),
        "{}",
        seen.body
    );
    let (_, file) = seen.body.split_once("name=\"file\" value=\"").unwrap();
    let file = file.split('"').next().unwrap();
    let taken = owner.post("/contacts/import/take", "", &form(&[("token", &token), ("file", file)]));
    assert_eq!(taken.header("location"), Some("/contacts/import?new=1&more=0"));
    let again = owner.post("/contacts/import/take", "", &form(&[("token", &token), ("file", file)]));
    assert!(again.status == 422 && again.body.contains("That file is no longer here."));
    let none = upload(
        &mut owner,
        &format!("{}{}", part("token", &token), card.replace("VCARD", "CARD").replace("EMAIL", "X")),
    );
    assert!(none.status == 422 && none.body.contains("There is no card in this file."));

    let page = format!("/contacts/{eric}/delete");
    assert_eq!(owner.submit(&page, &page, &[]).status, 303);
    assert_eq!((rows(&mut owner), owner.get(&format!("/contacts/{eric}")).status), (2, 404));
    assert!(owner.get("/contacts?tag=famille").body.contains("1 found"));
    for odd in [
        "/contacts/999",
        "/contacts/x",
        "/contacts/999/merge?with=1",
        "/contacts/999/split",
        "/contacts/999/export",
    ] {
        assert_eq!(owner.get(odd).status, 404, "{odd}");
    }
    assert_eq!(owner.get("/privacy").status, 200);
}

/// Every message stands in the discussion of its people, and no discussion is left over.
fn grouped(snapshot: &Snapshot, owner: &Address) {
    let mut met: BTreeMap<String, u64> = BTreeMap::new();
    for (id, row) in snapshot.timeline(0, usize::MAX).unwrap() {
        let messages = snapshot.discussed(id, 0, usize::MAX).unwrap();
        assert_eq!(row.messages as usize, messages.len());
        assert!(!messages.is_empty() && met.insert(row.key.clone(), id).is_none(), "{}", row.key);
        assert_eq!(snapshot.discussion_id(&row.key).unwrap(), Some(id));
        assert_eq!(row.last, messages[0].1.received);
        assert_eq!(row.unread as usize, messages.iter().filter(|(_, message)| message.unread).count());
        for (message, record) in messages {
            assert_eq!(record.discussion, id);
            let reading = mime::read(&snapshot.raw(message, &record).unwrap());
            let card = |address: &Address| snapshot.contact_of(address.as_str()).unwrap().map(|(id, _)| ContactId(id));
            let key = DiscussionKey::of(&reading, |address| address == owner, card);
            assert_eq!(key.as_str(), row.key, "message {message}");
        }
    }
    assert!(snapshot.regroups(1).unwrap().is_empty());
}

#[tokio::test]
async fn discussions_follow_whatever_happens_to_the_cards() {
    let home = Home::make();
    let owner = address("me@home.test");
    let people = ["ann@x.test", "bob@x.test", "carol@x.test", "dan@x.test", "eve@x.test"];
    let mut dice = Dice(11);
    let tag = home.tag("work", 3).await;
    let mut cards: Vec<ContactId> = Vec::new();
    let mut made = 0;
    for round in 0..160 {
        let book = &home.services.contacts;
        let pick = |dice: &mut Dice| people[dice.below(people.len() as u64) as usize];
        let some = |dice: &mut Dice, cards: &[ContactId]| cards.get(dice.below(cards.len().max(1) as u64) as usize).copied();
        match dice.below(9) {
            0..=2 => {
                let (from, to, extra) = (pick(&mut dice), pick(&mut dice), dice.below(2) == 0);
                let cc = if extra { format!("Cc: {to}\n") } else { String::new() };
                let raw = format!(
                    "From: {from}\nTo: me@home.test\n{cc}Subject: s{round}\nMessage-ID: <{round}@x.test>\nDate: Tue, 24 Nov 2026 08:00:00 +0000\n\nx"
                );
                let (_, discussion) = home.deliver("me@home.test", &raw).await;
                if dice.below(4) == 0 {
                    let id = DiscussionId(discussion);
                    home.services.tags.put_on_discussions(vec![id], tag, true).await.unwrap();
                    home.services.discussions.mark(id, false).await.unwrap();
                }
            }
            3 | 4 => {
                let addresses: Vec<&str> = (0..=dice.below(2)).map(|_| pick(&mut dice)).collect();
                match book.put(None, card("New", &addresses)).await.unwrap() {
                    Ok(id) => {
                        cards.push(id);
                        made += 1;
                    }
                    Err(refused) => assert!(matches!(refused, Refused::Taken { .. }), "{refused:?}"),
                }
            }
            5 => {
                if let Some(id) = some(&mut dice, &cards) {
                    let addresses: Vec<&str> = (0..=dice.below(3)).map(|_| pick(&mut dice)).collect();
                    let _ = book.put(Some(id), card("Changed", &addresses)).await.unwrap();
                }
            }
            6 => {
                if let Some(id) = some(&mut dice, &cards) {
                    book.remove(id).await.unwrap();
                    cards.retain(|known| *known != id);
                }
            }
            7 => {
                if let (Some(one), Some(other)) = (some(&mut dice, &cards), some(&mut dice, &cards))
                    && one != other
                {
                    let both = book.plain(one).await.unwrap().merged(book.plain(other).await.unwrap());
                    book.merge(one, other, both).await.unwrap().unwrap();
                    cards.retain(|known| *known != other);
                }
            }
            _ => {
                if let Some(id) = some(&mut dice, &cards) {
                    let addresses = book.plain(id).await.unwrap().addresses;
                    if addresses.len() > 1 {
                        cards.push(book.split(id, "Half", vec![addresses[0].to_string()]).await.unwrap().unwrap());
                    }
                }
            }
        }
        let snapshot = home.snapshot();
        grouped(&snapshot, &owner);
        if round % 10 == 9 {
            agrees(&snapshot);
        }
    }
    assert!(made > 5);
}

#[tokio::test]
async fn discussions_take_no_name_of_anothers_and_none_in_the_wastebasket() {
    let home = Home::make();
    let mail = |who: &str, n: u8| {
        format!("From: {who}\nTo: me@home.test\nSubject: s\nMessage-ID: <{n}@x.test>\nDate: Tue, 24 Nov 2026 08:00:00 +0000\n\nx")
    };
    let (_, ann) = home.deliver("me@home.test", &mail("ann@x.test", 1)).await;
    let (_, bob) = home.deliver("me@home.test", &mail("bob@x.test", 2)).await;
    let row = |id: u64| home.snapshot().discussion(id).unwrap().unwrap();
    let named = |key: &str| home.snapshot().discussion_id(key).unwrap();
    let renamed = |id: u64, key: Option<&str>| Change {
        id: Some(id),
        before: Some(row(id)),
        after: key.map(|key| Discussion {
            key: key.to_owned(),
            ..row(id)
        }),
        joining: Vec::new(),
        from: Vec::new(),
    };
    let follow = async |changes: Vec<Change>| {
        let notes = ["ann@x.test".to_owned()];
        let writing = home.open().writer.write(move |tables| regroup::follow(tables, &changes, &notes));
        writing.await.unwrap()
    };
    // The name came to be another's after it was worked out, and then that one gets one of its own in the same go.
    assert!(!follow(vec![renamed(ann, Some("with:bob@x.test"))]).await);
    assert_eq!((named("with:ann@x.test"), named("with:bob@x.test")), (Some(ann), Some(bob)));
    assert!(follow(vec![renamed(ann, Some("with:bob@x.test")), renamed(bob, Some("with:#7"))]).await);
    assert_eq!((named("with:bob@x.test"), named("with:#7")), (Some(ann), Some(bob)));

    // It was thrown away after that, and stays where it is.
    let [rename, leave] = [renamed(ann, Some("with:#8")), renamed(ann, None)];
    home.services.acts.act(vec![DiscussionId(ann)], Act::Bin).await.unwrap();
    for change in [rename.clone(), leave] {
        assert!(!follow(vec![change]).await);
    }
    assert_eq!((named("with:bob@x.test"), named("with:#8")), (None, None));
    // One that was given a name there loses it, so that this ends.
    let naming = home
        .open()
        .writer
        .write(move |tables| Ok(tables.discussion_of.insert("with:bob@x.test", ann).map(drop)?));
    naming.await.unwrap();
    assert!(!follow(vec![rename]).await);
    assert_eq!(named("with:bob@x.test"), None);
    let (_, later) = home.deliver("me@home.test", &mail("bob@x.test", 3)).await;
    assert!(later != ann && named("with:bob@x.test") == Some(later));
}

#[tokio::test]
async fn an_index_is_kept_follows_what_is_exchanged_and_weighs_in_the_next_message() {
    let home = Home::make();
    let book = &home.services.contacts;
    let ann = book.put(None, card("Ann", &["ann@x.test"])).await.unwrap().unwrap();
    assert_eq!(
        book.card(ann).await.unwrap().index.points,
        None,
        "nothing is known, nothing is said"
    );
    let raw = |from: &str, to: &str, n: usize| {
        format!("From: {from}\nTo: {to}\nSubject: s\nMessage-ID: <{n}@x.test>\nDate: Tue, 24 Nov 2026 08:00:00 +0000\n\nx")
    };
    for n in 0..6 {
        home.import(&raw("ann@x.test", "me@home.test", n)).await;
        home.import(&raw("me@home.test", "ann@x.test", 10 + n)).await;
    }
    // Nobody was asked whether these are hers: they count for nothing.
    home.deliver("me@home.test", &raw("ann@x.test", "me@home.test", 30)).await;
    book.refresh().await;
    let page = book.card(ann).await.unwrap();
    assert_eq!((page.history.from, page.history.to), (7, 6));
    let won = |id: LineId| page.index.lines.iter().find(|line| line.id == id).unwrap().won;
    assert_eq!(
        (won(LineId::RelationExchanges), won(LineId::HabitClean), won(LineId::HabitTls)),
        (8, 4, 0)
    );
    let points = page.index.points.unwrap();
    let row = book.list(Wanted::default()).await.unwrap().rows.remove(0);
    assert_eq!((row.index, row.exchanged), (Some(points), (7, 6)));

    let (message, _) = home.deliver("me@home.test", &raw("ann@x.test", "me@home.test", 31)).await;
    let snapshot = home.snapshot();
    let other = snapshot.proof(message).unwrap().unwrap().evidence().social.others.remove(0);
    assert_eq!((other.known, other.index), (Fact::Known(true), Fact::Known(points)));
    assert_eq!(snapshot.weighed(message).unwrap().unwrap().contact, Some(points));

    // Deleting takes back what was exchanged.
    home.services
        .delete
        .message(caliopen::domain::id::MessageId(message))
        .await
        .unwrap();
    assert!(home.snapshot().stale(9).unwrap().contains(&ann.0));
    book.refresh().await;
    assert_eq!(book.card(ann).await.unwrap().history.from, 7);

    // A group is whom a message to it goes to.
    let tag = home.tag("famille", 0).await;
    book.tag(ann, tag, true).await.unwrap();
    let bob = book.put(None, card("Bob", &["bob@x.test", "b@y.test"])).await.unwrap().unwrap();
    book.tag(bob, tag, true).await.unwrap();
    let group: Vec<String> = book
        .group(tag)
        .await
        .unwrap()
        .iter()
        .map(|member| member.address.to_string())
        .collect();
    assert_eq!(group, ["ann@x.test", "bob@x.test"]);
    // So it is where its name is typed, in any field, and beside others.
    let draft = Draft {
        to: "Famille".into(),
        cc: "carol@x.test, FAMILLE".into(),
        bcc: "dave@x.test".into(),
        ..Draft::default()
    };
    let meant = home.services.compose.expanded(draft).await.unwrap();
    let people = |field: &str| -> Vec<String> {
        let people = draft::people(field).unwrap();
        people.into_iter().map(|person| person.address.to_string()).collect()
    };
    assert_eq!(people(&meant.to), ["ann@x.test", "bob@x.test"]);
    assert_eq!(people(&meant.cc), ["carol@x.test", "ann@x.test", "bob@x.test"]);
    assert_eq!(people(&meant.bcc), ["dave@x.test"]);
    assert_eq!(home.services.compose.suggest("fam").await.unwrap(), ["famille"]);
    let suggested = book.suggest("bo").await.unwrap();
    assert_eq!((suggested.len(), suggested[0].address.as_str()), (2, "bob@x.test"));
    // Where another of his addresses has a key, the group means that one: without it everybody's copy could be read.
    let key = SecretKey::make(&address("b@y.test"), Time(home.clock.now().0 - 3_600)).unwrap();
    let ring = &home.services.keyring;
    ring.bring(key.certificate().octets()).await.unwrap().unwrap();
    assert_eq!(book.group(tag).await.unwrap()[1].address.as_str(), "b@y.test");
}

#[tokio::test]
async fn of_several_addresses_that_are_written_from_the_weakest_key_counts() {
    let home = Home::make();
    let (book, ring) = (&home.services.contacts, &home.services.keyring);
    let ann = book.put(None, card("Ann", &["ann@x.test", "ann@y.test"])).await.unwrap().unwrap();
    let print = async |who: &str| {
        let key = SecretKey::make(&address(who), Time(home.clock.now().0 - 3_600)).unwrap();
        ring.bring(key.certificate().octets()).await.unwrap().unwrap();
        key.fingerprint()
    };
    let from = async |who: &str| {
        let raw = format!("From: {who}\nTo: me@home.test\nSubject: s\nMessage-ID: <1@{who}>\nDate: Tue, 24 Nov 2026 08:00:00 +0000\n\nx");
        home.import(&raw).await;
    };
    let key = async || {
        let lines = book.card(ann).await.unwrap().index.lines;
        let line = |id: LineId| lines.iter().find(|line| line.id == id).unwrap();
        let (present, verified) = (line(LineId::KeyPresent), line(LineId::KeyVerified));
        (present.known, present.won, verified.won)
    };
    let asked = async || book.card(ann).await.unwrap().asked;
    let one = print("ann@x.test").await;
    ring.verify(&address("ann@x.test"), one, true).await.unwrap();
    from("ann@x.test").await;
    assert_eq!(key().await, (true, 14, 12), "the other one was never used");
    assert_eq!(asked().await.as_deref(), Some("ann@x.test"));
    from("ann@y.test").await;
    assert_eq!(key().await, (false, 0, 0), "of the other one nothing is known");
    assert_eq!(asked().await.as_deref(), Some("ann@y.test"), "that is the one to ask for");
    let other = print("ann@y.test").await;
    assert_eq!(key().await, (true, 14, 0), "nor was it compared");
    assert_eq!(asked().await.as_deref(), Some("ann@y.test"), "that is the one to compare");
    ring.verify(&address("ann@y.test"), other, true).await.unwrap();
    assert_eq!(key().await, (true, 14, 12));
}

#[tokio::test]
async fn a_file_is_looked_at_before_anything_is_taken_in() {
    let home = Home::make();
    let book = &home.services.contacts;
    book.put(None, card("Ann", &["ann@x.test"])).await.unwrap().unwrap();
    book.put(None, card("Bob", &["bob@x.test"])).await.unwrap().unwrap();
    let vcf = |name: &str, mail: &str, more: &str| format!("BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nEMAIL:{mail}\n{more}END:VCARD\n");
    let file = [
        vcf("Ann", "ann@x.test", ""),
        vcf("Robert", "BOB@x.test", "TEL:+33 1\nEMAIL:bob@y.test\n"),
        vcf("Carol", "carol@x.test", ""),
        vcf("Carol again", "carol@x.test", "EMAIL:carol@y.test\n"),
        vcf("Both", "ann@x.test", "EMAIL:bob@x.test\n"),
        vcf("Me", "me@home.test", ""),
    ]
    .concat();
    let report = book.look(file.clone().into_bytes()).await.unwrap();
    assert_eq!(report.new, ["Carol"]);
    assert_eq!(report.more.len(), 1);
    assert_eq!(
        (report.more[0].1.as_str(), &report.more[0].2),
        ("Bob", &vec!["bob@y.test".to_owned(), "+33 1".to_owned()])
    );
    assert_eq!(
        (report.same, report.odd),
        (
            vec!["Ann".to_owned(), "Carol again".to_owned()],
            vec!["Both".to_owned(), "Me".to_owned()]
        )
    );
    assert_eq!(book.list(Wanted::default()).await.unwrap().all, 2, "nothing has changed yet");
    assert_eq!(book.take(report.id + 1).await.unwrap(), None);
    let taken = book.take(report.id).await.unwrap().unwrap();
    assert_eq!((taken.new, taken.more), (1, 1));
    assert_eq!(book.take(report.id).await.unwrap(), None, "once");
    let again = book.look(file.into_bytes()).await.unwrap();
    assert!(again.new.is_empty() && again.more.is_empty(), "{again:?}");
    let carol = book.of(&address("carol@y.test")).await.unwrap().unwrap();
    assert_eq!(book.plain(carol).await.unwrap().name, "Carol");
    let all = vcard::read(book.export(None).await.unwrap().as_bytes());
    assert_eq!(all.cards.len(), 3);
}

#[tokio::test]
async fn a_key_goes_out_with_its_card_and_comes_in_with_it() {
    let (here, there) = (Home::make(), Home::make());
    let ann = SecretKey::make(&address("ann@x.test"), Time(here.clock.now().0 - 3_600))
        .unwrap()
        .certificate();
    let book = &here.services.contacts;
    book.put(None, card("Ann", &["ann@x.test", "ann@y.test"])).await.unwrap().unwrap();
    here.services.keyring.bring(ann.octets()).await.unwrap().unwrap();
    let file = book.export(None).await.unwrap();
    assert!(file.contains("KEY;TYPE=PGP;ENCODING=b:"), "{file}");

    let prints = async |who: &str| -> Vec<Fingerprint> {
        let known = there.services.keyring.person(address(who)).await.unwrap();
        known.keys.into_iter().map(|key| key.facts.fingerprint).collect()
    };
    let book = &there.services.contacts;
    let report = book.look(file.into_bytes()).await.unwrap();
    assert_eq!(report.new, ["Ann"]);
    assert!(prints("ann@x.test").await.is_empty(), "looking takes nothing in");
    book.take(report.id).await.unwrap().unwrap();
    assert_eq!(prints("ann@x.test").await, [ann.fingerprint()]);
    assert!(
        prints("ann@y.test").await.is_empty(),
        "it says nothing of an address that does not stand in it"
    );
}

#[test]
fn cards_of_other_programs_are_read() {
    let Ok(corpora) = std::env::var("CALIOPEN_CORPORA") else {
        println!("CALIOPEN_CORPORA is not set: the cards of other programs are not read");
        return;
    };
    let mut files = Vec::new();
    for folder in ["caliopen", "mailpile", "py-vobject", "thunderbird"] {
        let folder = std::path::Path::new(&corpora).join("vcard").join(folder);
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|kind| kind == "vcf" || kind == "vcard")));
    }
    let mut cards = 0;
    for path in &files {
        let read = vcard::read(&std::fs::read(path).unwrap());
        assert!(!read.cards.is_empty(), "{}", path.display());
        for found in &read.cards {
            assert!(!found.card.name.is_empty(), "{}", path.display());
        }
        cards += read.cards.len();
    }
    assert!(files.len() >= 26 && cards >= 28, "{cards} cards in {} files", files.len());
    let gump = vcard::read(&std::fs::read(std::path::Path::new(&corpora).join("vcard/caliopen/vcard3.vcf")).unwrap());
    let gump = &gump.cards[0].card;
    assert_eq!((gump.name.as_str(), gump.phones.len(), gump.places.len()), ("Forrest Gump", 6, 2));
    assert_eq!(gump.organisation, "Bubba Gump Shrimp Co.");
}

#[tokio::test]
async fn only_who_wrote_a_message_is_said_to_watch() {
    let home = Home::make();
    let raw = |from: &str, to: &str, n: usize| {
        let pixel = "<p>Hello</p><img src=\"https://t.shop.test/open.gif?id=1\" width=1 height=1>";
        format!("From: {from}\nTo: {to}\nSubject: s\nMessage-ID: <{n}@x.test>\nMIME-Version: 1.0\nContent-Type: text/html\n\n{pixel}")
    };
    home.import(&raw("news@shop.test", "me@home.test", 1)).await;
    // The owner passed it on: whom it went to watches nobody.
    home.import(&raw("me@home.test", "ann@x.test", 2)).await;
    let page = home.services.account.page().await.unwrap();
    let watchers: Vec<(String, u64)> = page
        .watchers
        .iter()
        .map(|watcher| (watcher.who.address.to_string(), watcher.messages))
        .collect();
    assert_eq!(watchers, [("news@shop.test".to_owned(), 1)]);
}

#[tokio::test]
async fn a_message_keeps_its_index_and_tells_what_it_would_be_today() {
    let home = Home::make();
    let (book, ring) = (&home.services.contacts, &home.services.keyring);
    let raw = "From: ann@x.test\nTo: me@home.test\nSubject: s\nMessage-ID: <1@x.test>\nDate: Tue, 24 Nov 2026 08:00:00 +0000\n\nx";
    let message = home.import(raw).await;
    let page = async || home.services.discussions.message(MessageId(message)).await.unwrap();
    let then = page().await.message.index;
    assert!(then.is_some() && page().await.index.points == then, "nothing has changed");
    book.put(None, card("Ann", &["ann@x.test"])).await.unwrap().unwrap();
    let key = SecretKey::make(&address("ann@x.test"), Time(home.clock.now().0 - 3_600)).unwrap();
    ring.bring(key.certificate().octets()).await.unwrap().unwrap();
    ring.verify(&address("ann@x.test"), key.fingerprint(), true).await.unwrap();
    book.refresh().await;
    let now = page().await;
    assert_eq!(now.message.index, then, "it keeps the letter that it was shown with");
    let won = |id: message::LineId| now.index.lines.iter().find(|line| line.id == id).unwrap().won;
    let people = [
        message::LineId::SenderKnown,
        message::LineId::SenderKeys,
        message::LineId::SenderVerified,
    ];
    assert_eq!(people.map(won), [5, 5, 5]);
    assert!(won(message::LineId::SenderContact) > 0 && now.index.points > then);
}
