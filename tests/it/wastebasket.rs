//! One message of a discussion in the wastebasket: what stays agrees with itself, what was thrown away comes back to where
//! it belongs, and goes for good when its time has come.

use crate::{
    appliance::Folder,
    filing::{Home, agrees},
    living::{act, all, deliver, found, send, timeline},
    web::Visitor,
};
use caliopen::{
    domain::{
        address::Address,
        contact::Card,
        id::{DiscussionId, MessageId},
        shelf::Shelf,
        time::Time,
    },
    service::{
        acts::{Act, Deed, set_bin_days},
        devices::Viewer,
        upkeep::Upkeep,
    },
};

const DAY: i64 = 24 * 3600;

/// The messages of a discussion, the newest first.
fn messages(home: &Home, discussion: u64) -> Vec<u64> {
    let of_it = home.snapshot().discussed(discussion, 0, usize::MAX).unwrap();
    of_it.into_iter().map(|(id, _)| id).collect()
}

/// The discussions in the wastebasket, the newest first.
async fn binned(home: &Home) -> Vec<u64> {
    let bin = home.services.acts.shelf(Viewer::own(), Shelf::Bin, 1).await.unwrap();
    assert_eq!(bin.total, bin.rows.len() as u64);
    bin.rows.iter().map(|row| row.id.0).collect()
}

async fn throw(home: &Home, message: u64) -> (Option<u64>, Option<u64>) {
    let (number, stays) = home.services.acts.throw(MessageId(message)).await.unwrap();
    agrees(&home.snapshot());
    (number, stays.map(|id| id.0))
}

async fn undo(home: &Home, number: u64) {
    assert!(home.services.acts.undo(number).await.unwrap());
    agrees(&home.snapshot());
}

#[tokio::test]
async fn one_message_is_thrown_away_and_put_back_where_it_was() {
    let home = Home::make();
    let tag = home.tag("work", 3).await;
    let (one, ann) = deliver(&home, "ann@x.test", "one", "marmalade").await;
    let (two, _) = deliver(&home, "ann@x.test", "two", "honey").await;
    let (three, _) = deliver(&home, "ann@x.test", "three", "butter").await;
    let (alone, bob) = deliver(&home, "bob@x.test", "four", "bread").await;
    act(&home, &[ann], Act::Tag(tag, true)).await;
    let before = all(&home.snapshot());
    for (message, left, subject) in [
        (one, [three, two], "three"),
        (two, [three, one], "three"),
        (three, [two, one], "two"),
    ] {
        let (number, stays) = throw(&home, message).await;
        assert_eq!((stays, messages(&home, ann)), (Some(ann), left.to_vec()));
        let row = home.snapshot().discussion(ann).unwrap().unwrap();
        assert_eq!((row.messages, row.unread, row.subject.as_str()), (2, 2, subject));
        let bin = binned(&home).await;
        assert_eq!((bin.len(), messages(&home, bin[0])), (1, vec![message]));
        assert_eq!(found(&home, "marmalade").await, u64::from(message != one));
        let told = home.services.acts.told(number.unwrap()).unwrap();
        assert_eq!((told.deed, told.many), (Deed::Message, 1));
        undo(&home, number.unwrap()).await;
        assert_eq!(all(&home.snapshot()), before);
        assert!(binned(&home).await.is_empty());
    }
    // The only one takes its discussion along.
    let (number, stays) = throw(&home, alone).await;
    assert_eq!((stays, binned(&home).await, timeline(&home).await), (None, vec![bob], vec![ann]));
    // What is there already is not thrown away twice.
    assert_eq!(throw(&home, alone).await, (None, Some(bob)));
    undo(&home, number.unwrap()).await;
    assert_eq!(all(&home.snapshot()), before);
    assert!(home.services.acts.throw(MessageId(999)).await.is_err());
}

#[tokio::test]
async fn what_is_put_back_finds_its_discussion_whatever_has_come_since() {
    let home = Home::make();
    let (one, _) = deliver(&home, "ann@x.test", "one", "marmalade").await;
    let (two, _) = deliver(&home, "ann@x.test", "two", "honey").await;
    throw(&home, one).await;
    throw(&home, two).await;
    assert_eq!((binned(&home).await.len(), timeline(&home).await.len()), (2, 0));
    // She writes again, and comes to stand on a card: the name of what is thrown away is an old one by then.
    let (three, anew) = deliver(&home, "ann@x.test", "three", "butter").await;
    assert_eq!(messages(&home, anew), [three]);
    let card = Card {
        name: "Ann".into(),
        addresses: vec![Address::parse("ann@x.test").unwrap()],
        ..Card::default()
    };
    home.services.contacts.put(None, card).await.unwrap().unwrap();
    for away in binned(&home).await {
        assert_eq!(home.services.acts.restore(vec![DiscussionId(away)]).await.unwrap(), 1);
        agrees(&home.snapshot());
    }
    let rows = timeline(&home).await;
    assert_eq!((rows.len(), messages(&home, rows[0])), (1, vec![three, two, one]));
    assert!(binned(&home).await.is_empty());
}

#[tokio::test]
async fn one_message_goes_for_good_and_the_others_stay() {
    let home = Home::make();
    set_bin_days(&home.vault, 10).await.unwrap();
    let (one, ann) = deliver(&home, "ann@x.test", "one", "marmalade").await;
    let (two, _) = deliver(&home, "ann@x.test", "two", "honey").await;
    let upkeep = Upkeep::new(home.vault.clone(), home.clock.clone());
    upkeep.step().await.unwrap();
    throw(&home, one).await;
    home.clock.set(Time(home.clock.now().0 + 9 * DAY));
    upkeep.step().await.unwrap();
    assert!(home.snapshot().message(one).unwrap().is_some());
    home.clock.set(Time(home.clock.now().0 + 2 * DAY));
    upkeep.step().await.unwrap();
    assert!(home.snapshot().message(one).unwrap().is_none() && binned(&home).await.is_empty());
    assert_eq!(messages(&home, ann), [two]);
    agrees(&home.snapshot());
    let (three, again) = deliver(&home, "ann@x.test", "three", "butter").await;
    assert_eq!(
        (again, messages(&home, ann)),
        (ann, vec![three, two]),
        "the discussion has kept its name"
    );
}

#[tokio::test]
async fn in_whatever_order_things_are_thrown_away_and_taken_back_everything_agrees() {
    let home = Home::make();
    let mut kept = Vec::new();
    for round in 0..4 {
        for who in ["ann", "bob"] {
            kept.push(deliver(&home, &format!("{who}@x.test"), &format!("{who} {round}"), "hello").await.0);
        }
    }
    let (mut seed, mut done) = (7_u64, Vec::new());
    for _ in 0..40 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let draw = (seed >> 33) as usize;
        match draw % 5 {
            0..=2 => done.extend(throw(&home, kept[draw / 5 % kept.len()]).await.0),
            3 if !done.is_empty() => undo(&home, done.remove(draw / 5 % done.len())).await,
            _ => kept.push(deliver(&home, "ann@x.test", &format!("late {draw}"), "hello").await.0),
        }
    }
    for away in binned(&home).await {
        home.services.acts.restore(vec![DiscussionId(away)]).await.unwrap();
        agrees(&home.snapshot());
    }
    let rows = timeline(&home).await;
    let there: usize = rows.iter().map(|row| messages(&home, *row).len()).sum();
    assert_eq!((rows.len(), there), (2, kept.len()), "nothing is lost, and each is with its people");
}

#[tokio::test]
async fn what_is_thrown_away_stays_there_when_an_older_act_is_taken_back() {
    let home = Home::make();
    let (_, ann) = deliver(&home, "ann@x.test", "one", "marmalade").await;
    let archived = act(&home, &[ann], Act::Done).await;
    act(&home, &[ann], Act::Bin).await;
    undo(&home, archived).await;
    assert_eq!((binned(&home).await, timeline(&home).await), (vec![ann], vec![]));
}

#[tokio::test]
async fn the_owners_address_elsewhere_takes_part_in_nothing_when_a_message_is_thrown_away() {
    let home = Home::make();
    home.also_at("me@provider.test").await;
    let mut last = (0, 0);
    for subject in ["one", "two"] {
        let raw = format!(
            "From: ann@x.test\nTo: me@home.test, me@provider.test\nSubject: {subject}\n\
             Date: Tue, 14 Nov 2023 22:13:20 +0000\nMessage-ID: <{subject}@x.test>\n\nhello\n"
        );
        last = home.deliver("me@home.test", &raw).await;
    }
    let (message, discussion) = last;
    let people = |id: u64| -> Vec<String> {
        let row = home.snapshot().discussion(id).unwrap().unwrap();
        row.people.into_iter().map(|person| person.address).collect()
    };
    assert_eq!(people(discussion), ["ann@x.test"]);
    throw(&home, message).await;
    assert_eq!(people(discussion), ["ann@x.test"]);
    assert_eq!(people(binned(&home).await[0]), ["ann@x.test"]);
}

#[test]
fn a_message_is_deleted_told_and_taken_back_without_scripts() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = crate::appliance::Sender::connect(appliance.smtp).unwrap();
    for subject in ["first letter", "second letter"] {
        send(&mut sender, "ann@x.test", subject);
    }
    let mut owner = Visitor::owner(&appliance);
    assert!(owner.get("/discussions/1").body.contains("action=\"/messages/2/bin\""));
    let away = owner.submit("/messages/2", "/messages/2/bin", &[]);
    let told = away.header("location").unwrap().to_owned();
    assert!(away.status == 303 && told.starts_with("/discussions/1?did="), "{told}");
    let page = owner.get(&told).body;
    assert!(page.contains("The message is in the wastebasket.") && page.contains("action=\"/undo/"));
    assert!(page.contains("first letter") && !page.contains("second letter"));
    assert!(owner.get("/wastebasket").body.contains("second letter"));
    let page = owner.get("/messages/2").body;
    assert!(
        page.contains("This message is in the wastebasket. It will be deleted for good on"),
        "{page}"
    );
    assert!(!page.contains("/messages/2/bin") && page.contains("/messages/2/delete"));
    let number = told.split("did=").nth(1).unwrap();
    let back = owner.submit(&told, &format!("/undo/{number}"), &[("back", "/discussions/1")]);
    let page = owner.get(back.header("location").unwrap()).body;
    assert!(page.contains("Taken back") && page.contains("second letter"), "{page}");
    // For good, from the wastebasket.
    owner.submit("/messages/2", "/messages/2/bin", &[]);
    assert_eq!(owner.submit("/wastebasket/empty", "/wastebasket/empty", &[]).status, 303);
    assert_eq!((owner.get("/messages/2").status, owner.get("/messages/1").status), (404, 200));
    // The last one leads to the timeline.
    let away = owner.submit("/messages/1", "/messages/1/bin", &[]);
    assert!(away.header("location").unwrap().starts_with("/?did="));
}
