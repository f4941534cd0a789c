//! Filing: whatever happens to messages and tags, the timeline by importance, the lists of tags and the tallies
//! agree with what a slow reader of every record would find.

use caliopen::{
    app::{self, Services},
    domain::{
        id::{DiscussionId, TagId},
        importance::{self, Range, Spam},
        shelf::Shelf,
        tag::{By, Colour, Name, System},
        time::Time,
        transport::Arrival,
    },
    net::clock::Clock,
    service::{receive::Taken, setup},
    store::{
        filing,
        mail::{self, Snapshot},
        record::Tag,
        shelves,
        slots::Opening,
        tags::{self, Made},
        vault::{Open, Vault},
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// A mailbox without its sockets.
pub struct Home {
    _folder: tempfile::TempDir,
    pub services: Services,
    pub vault: Vault,
    pub clock: Clock,
}

impl Home {
    pub fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        setup::make(folder.path(), "home.test", "me@home.test", "word")
            .unwrap()
            .vault
            .lock();
        let (file, front) = app::front(folder.path()).unwrap();
        let (vault, clock) = (Vault::locked(folder.path()), Clock::fixed(Time(1_700_000_000)));
        let services = Services::new(&vault, &file, &front, &clock).unwrap();
        vault.unlock(&Opening::Typed("word")).unwrap();
        Self {
            _folder: folder,
            services,
            vault,
            clock,
        }
    }

    pub fn open(&self) -> Arc<Open> {
        self.vault.open().unwrap()
    }

    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.open()).unwrap()
    }

    /// One message through the door; gives its number and its discussion's.
    pub async fn deliver(&self, to: &str, raw: &str) -> (u64, u64) {
        self.clock.set(Time(self.clock.now().0 + 60));
        let arrival = Arrival {
            at: self.clock.now(),
            peer: [192, 0, 2, 7].into(),
            helo: "mx.x.test".into(),
            mail_from: Some("bob@x.test".into()),
            rcpt_to: vec![to.into()],
            tls: None,
            extended: true,
            utf8: false,
        };
        match self
            .services
            .receive
            .keep(arrival, raw.replace('\n', "\r\n").into_bytes())
            .await
            .unwrap()
        {
            Taken::Kept(kept) => (kept.message.0, kept.discussion.0),
            Taken::Sealed => panic!("the box is locked"),
        }
    }

    /// The owner has this address at another provider too.
    pub async fn also_at(&self, address: &'static str) {
        let writer = &self.open().writer;
        let noting = writer.write(move |tables| Ok(tables.elsewhere.insert(address, 1).map(drop)?));
        noting.await.unwrap();
    }

    pub async fn import(&self, raw: &str) -> u64 {
        self.clock.set(Time(self.clock.now().0 + 60));
        let kept = self
            .services
            .receive
            .import(raw.replace('\n', "\r\n").into_bytes(), None, true)
            .await;
        kept.unwrap().unwrap().message.0
    }

    pub async fn tag(&self, name: &str, importance: i8) -> TagId {
        let tag = Tag::new(&Name::parse(name).unwrap(), Colour::Blue, importance);
        let made = self.open().writer.write(move |tables| tags::create(tables, &tag)).await.unwrap();
        let Made::Done(id) = made else { panic!("{made:?}") };
        id
    }
}

/// Looks at every record and compares.
pub fn agrees(snapshot: &Snapshot) {
    let mut rows = Vec::new();
    let mut shelves: BTreeMap<Shelf, Vec<(i64, u64)>> = BTreeMap::new();
    let mut by_tag: BTreeMap<u64, Vec<(i64, u64)>> = BTreeMap::new();
    let mut messages_of: BTreeMap<u64, u64> = BTreeMap::new();
    for (id, row) in snapshot.timeline(0, usize::MAX).unwrap() {
        let filed = snapshot.filed(id).unwrap().unwrap();
        shelves.entry(filed.shelf()).or_default().push((filed.at(), id));
        assert_eq!((filed.last, filed.unread), (row.last, row.unread > 0), "{id}");
        let mut counted: BTreeMap<u64, u32> = BTreeMap::new();
        for (message, _) in snapshot.discussed(id, 0, usize::MAX).unwrap() {
            for (tag, _) in snapshot.tags_of(message).unwrap() {
                *counted.entry(tag).or_default() += 1;
                *messages_of.entry(tag).or_default() += 1;
            }
        }
        for (tag, many, given) in &filed.tags {
            assert_eq!(counted.remove(tag).unwrap_or(0), *many, "tag {tag} of {id}");
            assert!(*many > 0 || *given);
            if filed.shelf() != Shelf::Bin {
                by_tag.entry(*tag).or_default().push((filed.last, id));
            }
        }
        assert!(counted.is_empty(), "{counted:?} of {id}");
        let newest: Vec<u64> = filed.newest.iter().map(|(_, id, _)| *id).collect();
        assert_eq!(newest, row.newest.iter().map(|(_, id, _)| *id).collect::<Vec<_>>());
        for (_, message, level) in &filed.newest {
            assert_eq!(snapshot.weighed(*message).unwrap().unwrap().level, *level);
        }
        assert_eq!(
            filed.level,
            importance::of_discussion(filed.newest.iter().map(|(.., level)| *level))
        );
        if filed.shelf() == Shelf::Timeline {
            rows.push((filed.level, filed.last, id, filed.unread));
        }
    }
    for shelf in [Shelf::Done, Shelf::Door, Shelf::Bin] {
        let mut expected = shelves.remove(&shelf).unwrap_or_default();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        let there: Vec<u64> = snapshot
            .shelf(shelf, 0, usize::MAX)
            .unwrap()
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        assert_eq!(there, expected.iter().map(|(_, id)| *id).collect::<Vec<_>>(), "{shelf:?}");
        assert_eq!(snapshot.shelf_count(shelf).unwrap(), there.len() as u64, "{shelf:?}");
    }
    for range in [
        Range::default(),
        Range::ALL,
        Range::new(-10, -1),
        Range::new(0, 0),
        Range::new(1, 10),
    ] {
        let shown: Vec<_> = rows.iter().filter(|row| range.shows(row.0)).collect();
        let unread = shown.iter().filter(|row| row.3).count();
        assert_eq!(snapshot.counts_in(range).unwrap(), (shown.len() as u64, unread as u64), "{range}");
        let all: Vec<u64> = shown.iter().map(|row| row.2).collect();
        for skip in [0, 1, all.len() / 2, all.len().saturating_sub(2), all.len() + 3] {
            let page = snapshot.timeline_in(range, skip, 3).unwrap();
            let page: Vec<u64> = page.into_iter().map(|(id, _)| id).collect();
            assert_eq!(
                page,
                all.iter().copied().skip(skip).take(3).collect::<Vec<_>>(),
                "{range} from {skip}"
            );
        }
    }
    for tag in snapshot.tags().unwrap().into_keys() {
        let listed = snapshot.tag_rows(TagId(tag), 0, usize::MAX).unwrap();
        let listed: Vec<u64> = listed.into_iter().map(|(id, _)| id).collect();
        let mut expected = by_tag.remove(&tag).unwrap_or_default();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(listed, expected.iter().map(|(_, id)| *id).collect::<Vec<_>>(), "tag {tag}");
        let messages = messages_of.remove(&tag).unwrap_or(0);
        assert_eq!(
            snapshot.tag_counts(TagId(tag)).unwrap(),
            (messages, listed.len() as u64),
            "tag {tag}"
        );
    }
    assert!(by_tag.is_empty() && messages_of.is_empty(), "a tag that is gone is nowhere");
}

/// Numbers that look like chance and are the same every time.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

#[tokio::test]
async fn lists_and_tallies_agree_with_the_records_whatever_happens() {
    let home = Home::make();
    let mut dice = Dice(7);
    let mut tags = Vec::new();
    for (name, importance) in [("work", 3), ("Maison d'été", -4), ("shop", 0), ("bank", 9)] {
        tags.push(home.tag(name, importance).await);
    }
    tags.push(System::Spam.id());
    let mut messages = Vec::new();
    for round in 0..400 {
        let tag = tags[dice.below(tags.len() as u64) as usize];
        let one = messages.get(dice.below(messages.len().max(1) as u64) as usize).copied();
        let what = if one.is_none() { 0 } else { dice.below(9) };
        let (message, discussion) = one.unwrap_or_default();
        let (yes, p) = (dice.below(2) == 0, dice.below(10_001) as u16);
        let writer = &home.open().writer;
        match what {
            0 | 1 => {
                let (who, to) = (
                    dice.below(9),
                    ["me@home.test", "me+shop@home.test", "me+new@home.test"][dice.below(3) as usize],
                );
                let raw = format!("From: p{who}@x.test\nTo: {to}\nSubject: s{round}\nMessage-ID: <{round}@x.test>\n\ntext\n");
                messages.push(home.deliver(to, &raw).await);
            }
            2 => writer
                .write(move |tables| filing::set(tables, message, tag, By::Owner))
                .await
                .map(drop)
                .unwrap(),
            3 => writer
                .write(move |tables| filing::unset(tables, message, tag))
                .await
                .map(drop)
                .unwrap(),
            4 => writer
                .write(move |tables| filing::give(tables, discussion, tag, yes))
                .await
                .map(drop)
                .unwrap(),
            5 => writer
                .write(move |tables| mail::mark(tables, discussion, yes))
                .await
                .map(drop)
                .unwrap(),
            7 => {
                let shelf = Shelf::ALL[dice.below(4) as usize];
                writer
                    .write(move |tables| shelves::shelve(tables, &[discussion], shelf, round))
                    .await
                    .map(drop)
                    .unwrap();
            }
            8 => drop(home.services.acts.restore(vec![DiscussionId(discussion)]).await.unwrap()),
            _ => writer
                .write(move |tables| filing::reweigh(tables, message, |facts| facts.spam = Spam::Judged(p)))
                .await
                .map(drop)
                .unwrap(),
        }
        if round % 40 == 0 {
            agrees(&home.snapshot());
        }
    }
    agrees(&home.snapshot());
    // A tag that is deleted is nowhere, and one of the house stays.
    for tag in tags {
        while !home.open().writer.write(move |tables| tags::delete(tables, tag)).await.unwrap() {}
        agrees(&home.snapshot());
    }
    let left = home.snapshot().tags().unwrap();
    assert!(left.contains_key(&System::Spam.id().0) && left.values().any(|tag| tag.slug == "new"));
    assert!(!left.values().any(|tag| tag.slug == "work"));
}

#[tokio::test]
async fn a_detail_of_the_owners_address_is_delivered_and_a_tag() {
    let home = Home::make();
    let (plain, with) = home.deliver("me@home.test", "From: bob@x.test\nTo: me@home.test\n\nhello\n").await;
    let (shop, same) = home
        .deliver("me+Shop@home.test", "From: bob@x.test\nTo: me+Shop@home.test\n\nhello\n")
        .await;
    assert_eq!(with, same, "the owner is nobody else's company");
    let snapshot = home.snapshot();
    let tags = snapshot.tags().unwrap();
    let slugs = |message| -> Vec<String> {
        let tags_of = snapshot.tags_of(message).unwrap();
        tags_of.iter().map(|(tag, _)| tags[tag].slug.clone()).collect()
    };
    assert_eq!((slugs(plain), slugs(shop)), (vec![], vec!["shop".to_owned()]));
    let (spam, _) = home
        .deliver("me+spam@home.test", "From: eve@x.test\nTo: me@home.test\n\nhello\n")
        .await;
    assert!(
        home.snapshot().tags_of(spam).unwrap().is_empty(),
        "no sender sets a tag of the house"
    );
}

#[tokio::test]
async fn whoever_writes_to_made_up_details_makes_no_end_of_tags() {
    let home = Home::make();
    for n in 0..40 {
        home.deliver(&format!("me+x{n}@home.test"), "From: eve@x.test\nTo: me@home.test\n\nhello\n")
            .await;
    }
    let made = home.snapshot().tags().unwrap().len() - System::ALL.len();
    assert_eq!(made, caliopen::domain::tag::MAX_FROM_ADDRESSES);
    home.tag("the owner still can", 1).await;
}

#[tokio::test]
async fn whoever_was_written_to_is_not_tagged_for_what_they_say() {
    let home = Home::make();
    let tagged = |message| {
        home.snapshot()
            .tags_of(message)
            .unwrap()
            .iter()
            .any(|(tag, _)| *tag == System::Spam.id().0)
    };
    let lure = "From: Service Client <colis@x.test>\nTo: undisclosed-recipients:;\nReply-To: pay@y.test\n\
                Subject: URGENT: your parcel is blocked, your account will be suspended\n\n\
                Dear customer, your account has been suspended. Verify your password within 24 hours and pay the \
                fee of 1,99 EUR: http://192.0.2.9/login.php?verify=account\n";
    let (before, _) = home.deliver("me@home.test", lure).await;
    assert!(tagged(before), "from nobody known");
    home.import("From: me@home.test\nTo: colis@x.test\nMessage-ID: <asked@home.test>\n\nwhere is it?\n")
        .await;
    let (after, _) = home.deliver("me@home.test", lure).await;
    assert!(!tagged(after), "the owner writes with them");
}

#[tokio::test]
async fn what_the_owner_wrote_makes_answers_and_acquaintances() {
    let home = Home::make();
    let weighed = |message| home.snapshot().weighed(message).unwrap().unwrap();
    let letter = "From: bob@x.test\nTo: me@home.test\nIn-Reply-To: <mine@home.test>\n\nhello\n";
    let (before, _) = home.deliver("me@home.test", letter).await;
    assert!(!weighed(before).answers && !weighed(before).written_to);
    // Through the door anybody can say that they are the owner.
    home.deliver(
        "me@home.test",
        "From: me@home.test\nTo: bob@x.test\nMessage-ID: <mine@home.test>\n\nforged\n",
    )
    .await;
    // And so can whoever writes to a mailbox of theirs elsewhere, from which it is fetched.
    for noted in ["Delivered-To: me@home.test", "Received-SPF: softfail"] {
        home.import(&format!(
            "{noted}\nFrom: me@home.test\nTo: me@home.test\nCc: bob@x.test\nMessage-ID: <mine@home.test>\n\nforged too\n"
        ))
        .await;
    }
    let (still, _) = home.deliver("me@home.test", letter).await;
    assert!(!weighed(still).answers && !weighed(still).written_to);
    home.import("From: me@home.test\nTo: bob@x.test\nMessage-ID: <mine@home.test>\n\nhow are you?\n")
        .await;
    let (after, _) = home.deliver("me@home.test", letter).await;
    assert!(weighed(after).answers && weighed(after).written_to);
    assert_eq!(weighed(after).level, weighed(before).level + 4);
}

#[tokio::test]
async fn a_list_that_nobody_opened_weighs_less_than_one_that_is_read() {
    let home = Home::make();
    let news = "From: news@shop.test\nTo: me@home.test\nList-Id: News <news.shop.test>\n\nbuy\n";
    let (first, discussion) = home.deliver("me@home.test", news).await;
    assert!(home.snapshot().weighed(first).unwrap().unwrap().unasked);
    home.open()
        .writer
        .write(move |tables| mail::mark(tables, discussion, false))
        .await
        .unwrap();
    let (second, _) = home.deliver("me@home.test", news).await;
    assert!(!home.snapshot().weighed(second).unwrap().unwrap().unasked);
}

#[tokio::test]
async fn a_card_gives_its_tags_to_the_mail_of_its_person() {
    let home = Home::make();
    let family = home.tag("famille", 5).await;
    let address = caliopen::domain::address::Address::parse("bob@x.test").unwrap();
    let card = setup::add_contact(&home.vault, "Bob", &[address]).await.unwrap();
    home.open()
        .writer
        .write(move |tables| tags::put_on_card(tables, card.0, family, true))
        .await
        .unwrap();
    let (message, discussion) = home.deliver("me@home.test", "From: bob@x.test\nTo: me@home.test\n\nhello\n").await;
    let snapshot = home.snapshot();
    assert_eq!(snapshot.tags_of(message).unwrap(), [(family.0, By::Contact as u8)]);
    assert_eq!(snapshot.tag_rows(family, 0, 9).unwrap()[0].0, discussion);
    assert!(snapshot.filed(discussion).unwrap().unwrap().level >= 5);
}

#[tokio::test]
async fn the_owners_word_on_spam_stands_above_every_judgement() {
    let home = Home::make();
    let (message, discussion) = home.deliver("me@home.test", "From: eve@x.test\nTo: me@home.test\n\nbuy\n").await;
    let judge = async |spam, tagged| {
        let open = home.open();
        open.writer
            .write(move |tables| filing::judge(tables, message, spam, tagged))
            .await
            .unwrap()
    };
    let seen = || {
        let snapshot = home.snapshot();
        let tagged = snapshot
            .tags_of(message)
            .unwrap()
            .iter()
            .any(|(tag, _)| *tag == System::Spam.id().0);
        (tagged, snapshot.filed(discussion).unwrap().unwrap().level < 0)
    };
    assert!(judge(Spam::Judged(9_900), true).await);
    assert_eq!(seen(), (true, true));
    assert!(judge(Spam::Judged(100), false).await);
    assert_eq!(seen(), (false, false));
    assert!(judge(Spam::Quarantined(0), true).await);
    assert_eq!(seen(), (true, true));
    let ids = vec![caliopen::domain::id::MessageId(message)];
    home.services.tags.put(ids.clone(), System::Spam.id(), false).await.unwrap();
    assert_eq!(seen(), (false, false));
    assert!(!judge(Spam::Judged(10_000), true).await, "they said that it is none");
    assert_eq!(seen(), (false, false));
    home.services.tags.put(ids, System::Spam.id(), true).await.unwrap();
    assert!(!judge(Spam::Judged(0), false).await, "they said that it is");
    assert_eq!(seen(), (true, true));
}
