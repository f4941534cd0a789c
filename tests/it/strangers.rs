//! Who waits at the door and what is called spam: nothing that the owner does with one letter says anything of somebody
//! else's, nor of their own.

use crate::{
    filing::{Home, agrees},
    living::{act, all, deliver},
};
use caliopen::{
    domain::{id::MessageId, tag::System},
    service::acts::Act,
};

fn is_spam(home: &Home, message: u64) -> bool {
    let tags = home.snapshot().tags_of(message).unwrap();
    tags.iter().any(|(tag, _)| *tag == System::Spam.id().0)
}

#[tokio::test]
async fn what_the_owner_wrote_is_no_spam_whatever_becomes_of_the_discussion() {
    let home = Home::make();
    let elsewhere = home
        .open()
        .writer
        .write(|tables| Ok(tables.elsewhere.insert("me@provider.test", 1).map(drop)?));
    elsewhere.await.unwrap();
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
