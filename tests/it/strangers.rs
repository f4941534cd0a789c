//! Who waits at the door and what is called spam: nothing that the owner does with one letter says anything of somebody
//! else's, nor of their own.

use crate::{
    filing::{Home, agrees},
    living::{act, all, deliver, timeline},
};
use caliopen::{
    domain::{
        address::Address,
        id::{DiscussionId, MessageId},
        screener::Answer,
        tag::System,
        time::Time,
    },
    service::{acts::Act, devices::Viewer, upkeep::Upkeep},
};

const DAY: i64 = 24 * 3600;

/// Days pass, and what is done every day is done.
async fn days(home: &Home, upkeep: &Upkeep, many: i64) {
    for _ in 0..many {
        home.clock.set(Time(home.clock.now().0 + DAY + 60));
        upkeep.step().await.unwrap();
    }
}

/// Who stands on a card of the door's page.
async fn waiting(home: &Home) -> Vec<String> {
    let page = home.services.screener.page(Viewer::own()).await.unwrap();
    page.waiting.into_iter().map(|waiting| waiting.person.address.to_string()).collect()
}

fn is_spam(home: &Home, message: u64) -> bool {
    let tags = home.snapshot().tags_of(message).unwrap();
    tags.iter().any(|(tag, _)| *tag == System::Spam.id().0)
}

#[tokio::test]
async fn what_the_owner_wrote_is_no_spam_whatever_becomes_of_the_discussion() {
    let home = Home::make();
    home.also_at("me@provider.test").await;
    let (first, eve) = deliver(&home, "eve@x.test", "one", "buy now").await;
    let mut own = Vec::new();
    for from in ["me@home.test", "me@provider.test"] {
        let raw = format!("From: {from}\nTo: eve@x.test\nMessage-ID: <to-eve-{from}>\n\nplease stop\n");
        own.push(home.import(&raw).await);
    }
    let (last, _) = deliver(&home, "eve@x.test", "two", "buy now").await;
    assert_eq!(home.snapshot().discussion(eve).unwrap().unwrap().messages, 4);
    let before = all(&home.snapshot());
    let number = act(&home, &[eve], Act::Spam(true)).await;
    assert!(is_spam(&home, first) && is_spam(&home, last));
    for message in own {
        assert!(!is_spam(&home, message));
        assert_eq!(home.snapshot().judged(message).unwrap().map_or(0, |judged| judged.said), 0);
    }
    assert_eq!(home.snapshot().taught_count().unwrap(), 2);
    agrees(&home.snapshot());
    home.services.acts.undo(number).await.unwrap();
    assert_eq!(all(&home.snapshot()), before);

    // What comes through the door only says that it is the owner's.
    let (forged, claimed) = deliver(&home, "me@home.test", "three", "buy now").await;
    act(&home, &[claimed], Act::Spam(true)).await;
    assert!(is_spam(&home, forged));
    // A discussion of nothing but their own is nothing to be called spam; what was tagged all the same is let go.
    let note = home
        .import("From: me@home.test\nTo: zoe@x.test\nMessage-ID: <note@home.test>\n\nhello\n")
        .await;
    let of_note = home.snapshot().message(note).unwrap().unwrap().discussion;
    act(&home, &[of_note], Act::Spam(true)).await;
    assert!(!is_spam(&home, note));
    home.services.spam.teach(MessageId(note), Some(true)).await.unwrap();
    act(&home, &[of_note], Act::Spam(false)).await;
    assert!(!is_spam(&home, note));
    agrees(&home.snapshot());
}

#[tokio::test]
async fn a_stranger_whose_letter_is_thrown_away_goes_on_waiting() {
    let home = Home::make();
    let upkeep = Upkeep::new(home.vault.clone(), home.clock.clone());
    upkeep.step().await.unwrap();
    home.services.screener.turn(true).await.unwrap();
    let (_, ann) = deliver(&home, "ann@x.test", "one", "hello").await;
    let (_, bob) = deliver(&home, "bob@x.test", "two", "hello").await;
    act(&home, &[ann, bob], Act::Bin).await;
    assert!(waiting(&home).await.is_empty());
    days(&home, &upkeep, 2).await;
    // Taken out again, it stands where it was, and is seen there.
    assert_eq!(home.services.acts.restore(vec![DiscussionId(bob)]).await.unwrap(), 1);
    assert_eq!(waiting(&home).await, ["bob@x.test"]);
    // Whoever writes again meanwhile is no better known than before.
    let (_, again) = deliver(&home, "ann@x.test", "three", "hello").await;
    assert_eq!(
        (timeline(&home).await, waiting(&home).await),
        (vec![], vec!["ann@x.test".into(), "bob@x.test".into()])
    );

    // When nothing of theirs is left, they are strangers as on the first day.
    act(&home, &[again], Act::Bin).await;
    days(&home, &upkeep, 1).await;
    home.services.acts.empty().await.unwrap();
    days(&home, &upkeep, 1).await;
    assert_eq!(home.snapshot().callers().unwrap().len(), 1, "bob");
    deliver(&home, "ann@x.test", "four", "hello").await;
    assert_eq!(
        (timeline(&home).await, waiting(&home).await),
        (vec![], vec!["ann@x.test".into(), "bob@x.test".into()])
    );
    agrees(&home.snapshot());
    // Where nobody waits any more, whoever waited is known from then on.
    home.services.screener.turn(false).await.unwrap();
    home.services.screener.turn(true).await.unwrap();
    deliver(&home, "bob@x.test", "five", "hello").await;
    let both = home
        .deliver(
            "me@home.test",
            "From: bob@x.test\nTo: me@home.test, zoe@x.test\nSubject: six\nDate: Tue, 14 Nov 2023 22:13:20 +0000\n\
             Message-ID: <six@x.test>\n\nhello\n",
        )
        .await;
    assert!(timeline(&home).await.contains(&both.1) && waiting(&home).await.is_empty());
}

#[tokio::test]
async fn answering_one_stranger_answers_no_other() {
    let home = Home::make();
    let screener = &home.services.screener;
    screener.turn(true).await.unwrap();
    let (_, eve) = deliver(&home, "eve@x.test", "one", "hello").await;
    // Somebody else's letter that eve was sent too.
    let (ann, of_both) = home
        .deliver(
            "me@home.test",
            "From: ann@y.test\nTo: me@home.test, eve@x.test\nSubject: two\nDate: Tue, 14 Nov 2023 22:13:20 +0000\n\
             Message-ID: <two@y.test>\n\nhello\n",
        )
        .await;
    assert_ne!(eve, of_both);
    assert_eq!(waiting(&home).await, ["ann@y.test", "eve@x.test"]);
    let number = screener
        .answer(&Address::parse("eve@x.test").unwrap(), Answer::Refused)
        .await
        .unwrap();
    assert!(!is_spam(&home, ann));
    assert_eq!(
        (timeline(&home).await, waiting(&home).await),
        (vec![eve], vec!["ann@y.test".into()])
    );
    home.services.acts.undo(number).await.unwrap();
    screener.answer(&Address::parse("eve@x.test").unwrap(), Answer::In).await.unwrap();
    assert_eq!(
        (timeline(&home).await, waiting(&home).await),
        (vec![eve], vec!["ann@y.test".into()])
    );
    agrees(&home.snapshot());
}
