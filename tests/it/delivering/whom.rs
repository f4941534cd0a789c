//! Whom a message goes to, and by what way, is more than addresses: groups, lists, domains beyond ASCII, and what is
//! known of the way before anything leaves.

use super::{START, domain, home, identity, peers};
use crate::{delivering::peer::Manner, home::Home};
use caliopen::{
    app::{self, Services},
    domain::{
        contact::Card,
        draft::Draft,
        fact::Fact,
        id::{ContactId, DiscussionId, MessageId, TagId},
        padlock::Padlock,
        privacy::{
            evidence::{Direction, Tls},
            message::LineId,
        },
        tag::{By, Colour, Name},
        time::Time,
    },
    locale::Lang,
    net::{
        clock::Clock,
        dns::{Dns, Record, Table},
    },
    service::{
        compose::{Beginning, Outcome},
        devices::Viewer,
        receive::Recipient,
        setup,
    },
    store::{tags::Made, vault::Vault},
};

async fn card(home: &Home, name: &str, address: &str) -> ContactId {
    let card = Card {
        name: name.into(),
        addresses: vec![caliopen::domain::address::Address::parse(address).unwrap()],
        ..Card::default()
    };
    home.services.contacts.put(None, card).await.unwrap().unwrap()
}

fn draft(to: &str) -> Draft {
    Draft {
        from: "me@home.test".into(),
        to: to.into(),
        subject: "Hello".into(),
        text: "Hello there.\n".into(),
        ..Draft::default()
    }
}

/// Sends a draft as it would be sent from the page.
async fn send(home: &Home, draft: Draft) -> (MessageId, DiscussionId) {
    let compose = &home.services.compose;
    let id = compose.fresh();
    let draft = compose.expanded(draft).await.unwrap();
    compose.save(id, draft, Vec::new()).await.unwrap();
    match compose.send(id, Padlock::default(), Some(Padlock::default())).await.unwrap() {
        Outcome::Sent(message, discussion) => (message, discussion),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_group_is_its_people_and_its_tag_goes_along() {
    let home = Home::make(Time(START), Dns::table(Table::default()).into());
    let made = home
        .services
        .tags
        .create(&Name::parse("Ma famille").unwrap(), Colour::Blue, 3)
        .await;
    let Made::Done(tag) = made.unwrap() else { panic!("a tag") };
    for (name, address) in [("Zoé", "zoe@y.test"), ("Ann", "ann@x.test"), ("Max", "max@x.test")] {
        let id = card(&home, name, address).await;
        home.services.contacts.tag(id, tag, name != "Max").await.unwrap();
    }
    assert_eq!(home.services.compose.suggest("fam").await.unwrap()[0], "Ma famille");
    let typed = draft("ma  FAMILLE, max@x.test");
    let typed = Draft {
        to: typed.to.replace("  ", " "),
        ..typed
    };
    let expanded = home.services.compose.expanded(typed.clone()).await.unwrap();
    assert_eq!(expanded.to, "Ann <ann@x.test>, Zoé <zoe@y.test>, max@x.test");
    let (message, _) = send(&home, typed).await;
    let to: Vec<String> = home
        .of(message)
        .await
        .iter()
        .flat_map(|row| row.recipients.iter().map(|recipient| recipient.address.to_string()))
        .collect();
    assert_eq!(to, ["ann@x.test", "max@x.test", "zoe@y.test"]);
    let tags = home.snapshot().tags_of(message.0).unwrap();
    let by = By::ALL.iter().position(|by| *by == By::Contact).unwrap() as u8;
    assert!(tags.contains(&(tag.0, by)), "{tags:?} {tag:?} {:?}", TagId::FIRST);
}

#[tokio::test]
async fn an_answer_to_a_list_stands_in_its_discussion() {
    let home = Home::make(Time(START), Dns::table(Table::default()).into());
    let of_list = |id: u32, from: &str| {
        format!(
            "From: {from}\r\nTo: me@home.test\r\nSubject: Tea\r\nMessage-ID: <{id}@x.test>\r\nDate: Tue, 14 Nov 2023 08:00:00 +0000\r\n\
             List-Id: Tea talk <tea.lists.test>\r\nList-Post: <mailto:tea@lists.test>\r\n\r\nGreen or black?\r\n"
        )
        .into_bytes()
    };
    let kept = home
        .services
        .receive
        .import(of_list(1, "ann@x.test"), None, false)
        .await
        .unwrap()
        .unwrap();
    let row = home.snapshot().message(kept.message.0).unwrap().unwrap();
    let answer = |to, all| Beginning::Answer { to, all, quick: true };
    let start = home
        .services
        .compose
        .start(answer(kept.message, true), Lang::En, Viewer::own())
        .await
        .unwrap();
    assert_eq!((start.draft.to.as_str(), start.draft.cc.as_str()), ("ann@x.test", "tea@lists.test"));
    let reply = Draft {
        text: "Green.\n".into(),
        ..start.draft
    };
    let preview = home.services.compose.preview(&reply).await.unwrap();
    assert_eq!(preview.discussion.map(|(id, _)| id.0), Some(row.discussion));
    let (own, discussion) = send(&home, reply).await;
    assert_eq!(discussion.0, row.discussion);
    let listed = home.snapshot().discussion(row.discussion).unwrap().unwrap();
    assert_eq!((listed.list.as_deref(), listed.messages), (Some("Tea talk"), 2));

    // An answer to one's own answer stays there; one to its author alone is theirs.
    let start = home
        .services
        .compose
        .start(answer(own, true), Lang::En, Viewer::own())
        .await
        .unwrap();
    let again = Draft {
        text: "Or black.\n".into(),
        ..start.draft
    };
    assert_eq!(send(&home, again).await.1, discussion);
    let start = home
        .services
        .compose
        .start(answer(kept.message, false), Lang::En, Viewer::own())
        .await
        .unwrap();
    let alone = Draft {
        text: "Between us.\n".into(),
        ..start.draft
    };
    assert_ne!(send(&home, alone).await.1, discussion);
}

#[tokio::test]
async fn a_domain_beyond_ascii_is_found_and_needs_nothing_of_its_server() {
    let (peers, port) = peers(&[Manner::default()]).await;
    let home = home(domain(Table::default(), "xn--zo-cja.test", 1), port, None);
    let (message, _) = send(&home, draft("Zoé <zoe@zoé.test>")).await;
    home.later(30);
    home.round().await;
    let given = peers[0].given();
    assert_eq!(given[0].to, ["zoe@xn--zo-cja.test"]);
    assert!(
        !given[0].mail.contains("SMTPUTF8") && given[0].raw.contains("<zoe@xn--zo-cja.test>"),
        "{:?}",
        given[0]
    );
    let page = home.of(message).await;
    assert_eq!(page[0].recipients[0].address.as_str(), "zoe@zoé.test", "as it was typed");
}

#[test]
fn a_box_of_a_domain_beyond_ascii_answers_to_both_its_spellings() {
    let (names, folder) = (setup::names, tempfile::tempdir().unwrap());
    let (own, owner) = names("Zoé.example.", "Moi@zoé.EXAMPLE").unwrap();
    assert_eq!((own.as_str(), owner.as_str()), ("xn--zo-cja.example", "moi@xn--zo-cja.example"));
    for wrong in ["zoé..example", "zo é.example", "-é.example"] {
        assert!(names(wrong, "a@zoé.example").is_err(), "{wrong}");
    }
    setup::make(folder.path(), "zoé.example", "moi@zoé.example", "word")
        .unwrap()
        .vault
        .lock();
    let (file, front) = app::front(folder.path()).unwrap();
    let vault = Vault::locked(folder.path());
    let services = Services::new(&vault, &file, &front, &Clock::system()).unwrap();
    for (to, whose) in [
        ("moi@xn--zo-cja.example", Recipient::Ours),
        ("MOI+shop@zoé.example", Recipient::Ours),
        ("toi@zoé.example", Recipient::Nobody),
        ("moi@zoe.example", Recipient::Elsewhere),
    ] {
        assert_eq!(services.receive.recipient(to), whose, "{to}");
    }
}

#[tokio::test]
async fn what_the_way_was_like_is_told_before_the_next_message_and_promises_nothing() {
    let (own, _) = identity("mx.x.test");
    let sealed = Manner {
        identity: Some(own),
        ..Manner::default()
    };
    let (_peers, port) = peers(&[sealed]).await;
    let home = home(
        domain(Table::default(), "x.test", 1).with("y.test", Record::A([127, 0, 4, 9].into())),
        port,
        None,
    );
    let last = async |to: &str| {
        let preview = home.services.compose.preview(&draft(to)).await.unwrap();
        let line = preview.index.lines.iter().find(|line| line.id == LineId::TravelTls).unwrap().won;
        (preview.people[0].last, line)
    };
    let (before, unknown) = last("a@x.test").await;
    assert_eq!(before, None);
    send(&home, draft("a@x.test")).await;
    home.later(30);
    home.round().await;
    let (after, known) = last("b@x.test").await;
    assert_eq!(after, Some((Tls::V1_3, true)));
    assert!(known > unknown, "{known:?} {unknown:?}");
    assert_eq!(last("b@x.test, c@y.test").await.1, unknown, "the weakest decides");
    // Until the next one is handed over, nothing was seen of its way.
    let (message, _) = send(&home, draft("b@x.test")).await;
    let evidence = home.snapshot().proof(message.0).unwrap().unwrap().evidence();
    assert_eq!((evidence.direction, evidence.travel.tls), (Direction::Out, Fact::Unknown));
    home.later(100 * 24 * 3_600);
    assert_eq!(last("b@x.test").await.0, None, "that was long ago");
}

#[tokio::test]
async fn the_lowest_index_of_those_written_to_counts_before_and_afterwards() {
    let home = Home::make(Time(START), Dns::table(Table::default()).into());
    for (name, address) in [("Ann", "ann@x.test"), ("Bob", "bob@y.test")] {
        card(&home, name, address).await;
    }
    let (first, _) = send(&home, draft("ann@x.test, bob@y.test")).await;
    while home.services.contacts.refresh().await == 0 {}
    let index = |name: &str| {
        let snapshot = home.snapshot();
        let (id, _) = snapshot.contact_of(name).unwrap().unwrap();
        snapshot.stands(id).unwrap().unwrap().points
    };
    let lowest = index("ann@x.test").min(index("bob@y.test")).expect("an index");
    let others = |message: MessageId| {
        let evidence = home.snapshot().proof(message.0).unwrap().unwrap().evidence();
        evidence
            .social
            .others
            .iter()
            .map(|other| other.index)
            .min_by_key(|index| match index {
                Fact::Known(points) => *points,
                Fact::Unknown => u8::MAX,
            })
    };
    assert_eq!(others(first), Some(Fact::Unknown), "nobody had an index yet");
    let line = |lines: &[caliopen::domain::privacy::index::Line]| {
        lines
            .iter()
            .find(|line| line.id == LineId::SenderContact)
            .map(|line| (line.won, line.known))
    };
    let preview = home.services.compose.preview(&draft("ann@x.test, bob@y.test")).await.unwrap();
    let (second, _) = send(&home, draft("ann@x.test, bob@y.test")).await;
    assert_eq!(others(second), Some(Fact::Known(lowest)));
    let kept = home.snapshot().proof(second.0).unwrap().unwrap().evidence();
    let kept = caliopen::domain::privacy::message::evaluate(&kept);
    assert_eq!(line(&preview.index.lines), line(&kept.lines));
    assert!(line(&kept.lines).is_some_and(|(_, known)| known));
}
