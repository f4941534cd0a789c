//! What happens while a message is being handed over, or between two of one session: the owner acts, the server balks, the
//! disk forgets. Each message still goes its own way, once, and what is said of it is true.

use super::{START, domain, fates, home, identity, peers};
use crate::{delivering::peer::Manner, home::Home};
use caliopen::{
    domain::{
        outgoing::{Kind, State, Via},
        sending::{Choice, Smarthost, Unreached},
        time::Time,
    },
    net::dns::{Record, Table},
    service::Error,
    store::{record::Sending, sending},
};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A server that waits with its answer to each message, and what lets it go on.
fn waiting() -> (Manner, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let manner = Manner {
        waits: Some(gate.clone()),
        ..Manner::default()
    };
    (manner, gate)
}

async fn until(met: impl Fn() -> bool) {
    while !met() {
        tokio::task::yield_now().await;
    }
}

async fn choose(home: &Home, choice: Choice, smarthost: Option<&Smarthost>) {
    let record = Sending::new(choice, smarthost, "secret");
    let open = home.vault.open().unwrap();
    let writing = open.writer.write(move |tables| sending::choose(tables, &record));
    writing.await.unwrap();
}

/// Puts other octets down for a row of the outbox; gives those that were there.
async fn swap(home: &Home, id: u64, octets: Vec<u8>) -> Vec<u8> {
    let open = home.vault.open().unwrap();
    let writing = open.writer.write(move |tables| {
        let before = tables.outbox.insert(id, octets.as_slice())?;
        Ok(before.map(|before| before.value().to_vec()))
    });
    writing.await.unwrap().expect("a row")
}

#[tokio::test]
async fn a_refused_data_costs_the_next_message_of_the_session_nothing() {
    let full = Manner {
        data: "451 4.3.1 insufficient system storage".into(),
        ..Manner::default()
    };
    let (peers, port) = peers(&[full]).await;
    let home = home(domain(Table::default(), "x.test", 1), port, None);
    let (one, two) = (home.send(&["a@x.test"], false).await, home.send(&["b@x.test"], false).await);
    home.round().await;
    for message in [one, two] {
        assert_eq!(fates(&home, message).await, [(State::Waiting, Some(Kind::Refused))]);
        let code = home.of(message).await[0].recipients[0].trouble.as_ref().unwrap().code;
        assert_eq!(code, 451, "its own answer");
    }
    assert_eq!(peers[0].visits(), 1);
    peers[0].become_(|manner| manner.data = "354 go".into());
    home.later(400);
    home.round().await;
    for message in [one, two] {
        assert_eq!(fates(&home, message).await, [(State::Delivered, None)]);
    }
}

#[tokio::test]
async fn what_is_being_sent_is_not_sent_again_to_others_meanwhile() {
    let (slow, gate) = waiting();
    let (peers, port) = peers(&[Manner {
        rcpt: vec![
            ("nobody@", "550 5.1.1 no such user".into()),
            ("full@", "452 4.2.2 over quota".into()),
        ],
        ..slow
    }])
    .await;
    let home = home(domain(Table::default(), "x.test", 1), port, None);
    let message = home.send(&["nobody@x.test", "full@x.test"], false).await;
    home.round().await;
    peers[0].become_(|manner| manner.rcpt.clear());
    home.later(400);
    let meanwhile = async {
        until(|| !peers[0].given().is_empty()).await;
        let again = home.services.outbox.again(message).await;
        assert!(matches!(again, Err(Error::NotFound)), "not while it is being sent");
        gate.add_permits(10);
    };
    tokio::join!(home.round(), meanwhile);
    let refused = Some(Kind::Refused);
    assert_eq!(fates(&home, message).await, [(State::Failed, refused), (State::Delivered, None)]);
    home.services.outbox.again(message).await.unwrap();
    home.round().await;
    assert_eq!(fates(&home, message).await, [(State::Delivered, None), (State::Delivered, None)]);
    let to: Vec<String> = peers[0].given().into_iter().flat_map(|given| given.to).collect();
    assert_eq!(to, ["full@x.test", "nobody@x.test"], "each once");
}

#[tokio::test]
async fn what_stands_in_the_smarthosts_queue_goes_each_its_own_way_when_it_is_given_up() {
    let (own, roots) = identity("smart.test");
    let (slow, gate) = waiting();
    let smart = Manner {
        identity: Some(own),
        ..slow
    };
    let (peers, port) = peers(&[smart, Manner::default(), Manner::default()]).await;
    let table = Table::default().with("smart.test", Record::A([127, 0, 4, 1].into()));
    let home = home(domain(domain(table, "x.test", 2), "y.test", 3), port, Some(roots));
    let smarthost = Smarthost {
        host: "smart.test".into(),
        port,
        implicit: false,
        user: String::new(),
    };
    choose(&home, Choice::Always, Some(&smarthost)).await;
    let first = home.send(&["a@x.test"], false).await;
    let (second, third) = (home.send(&["b@x.test"], false).await, home.send(&["c@y.test"], false).await);
    let meanwhile = async {
        until(|| !peers[0].given().is_empty()).await;
        choose(&home, Choice::Never, None).await;
        gate.add_permits(10);
    };
    tokio::join!(home.round(), meanwhile);
    assert_eq!(fates(&home, first).await, [(State::Delivered, None)]);
    for message in [second, third] {
        assert_eq!(fates(&home, message).await, [(State::Waiting, None)], "no way was tried yet");
    }
    home.round().await;
    for (message, via) in [(first, Via::Smarthost), (second, Via::Direct), (third, Via::Direct)] {
        let rows = home.of(message).await;
        assert_eq!((rows[0].state(), rows[0].via), (State::Delivered, via));
    }
    let to = |at: usize| -> Vec<String> { peers[at].given().into_iter().flat_map(|given| given.to).collect() };
    assert_eq!(
        (to(0), to(1), to(2)),
        (vec!["a@x.test".into()], vec!["b@x.test".into()], vec!["c@y.test".into()])
    );
}

#[tokio::test]
async fn what_cannot_be_written_down_is_remembered_and_holds_up_nothing() {
    let (slow, gate) = waiting();
    let (peers, port) = peers(&[slow]).await;
    let home = home(domain(Table::default(), "x.test", 1), port, None);
    let message = home.send(&["a@x.test"], false).await;
    let id = home.of(message).await[0].id;
    let meanwhile = async {
        until(|| !peers[0].given().is_empty()).await;
        let begun = swap(&home, id, b"nothing of ours".to_vec()).await;
        gate.add_permits(10);
        begun
    };
    let ((), begun) = tokio::join!(home.round(), meanwhile);
    // The box goes on around it, also after it was locked and opened.
    for to in ["b@x.test", "c@x.test"] {
        let other = home.send(&[to], false).await;
        home.later(61);
        home.round().await;
        assert_eq!(fates(&home, other).await, [(State::Delivered, None)]);
        home.vault.lock();
        home.vault.unlock(&caliopen::store::slots::Opening::Typed("word")).unwrap();
    }
    let content = home.services.outbox.content().await.unwrap();
    assert_eq!((content.waiting.len(), content.failed.len()), (0, 0), "the page shows the others");
    swap(&home, id, begun).await;
    home.later(61);
    home.round().await;
    let row = &home.of(message).await[0];
    assert_eq!((row.state(), row.due), (State::Delivered, None), "as it was heard");
    assert_eq!(row.recipients[0].handed.as_ref().unwrap().at, Time(START));
    assert_eq!(peers[0].given().len(), 3, "each once");
}

#[tokio::test]
async fn a_damaged_message_is_given_up_and_a_damaged_row_left_alone() {
    let (peers, port) = peers(&[Manner::default()]).await;
    let home = home(domain(Table::default(), "x.test", 1), port, None);
    let (octets, row) = (home.send(&["a@x.test"], false).await, home.send(&["b@x.test"], false).await);
    let whole = home.send(&["c@x.test"], false).await;
    let raw = octets.0;
    let open = home.vault.open().unwrap();
    let writing = open.writer.write(move |tables| {
        tables.raw.insert((raw, 0), b"nothing of ours".as_slice())?;
        Ok(())
    });
    writing.await.unwrap();
    drop(open);
    let id = home.of(row).await[0].id;
    let before = swap(&home, id, b"nothing of ours".to_vec()).await;
    home.round().await;
    home.round().await;
    assert_eq!(fates(&home, octets).await, [(State::Failed, Some(Kind::Unreadable))]);
    assert_eq!(fates(&home, whole).await, [(State::Delivered, None)]);
    swap(&home, id, before).await;
    home.round().await;
    assert_eq!(fates(&home, row).await, [(State::Waiting, None)], "it is left alone for a minute");
    home.later(61);
    home.round().await;
    assert_eq!(fates(&home, row).await, [(State::Delivered, None)]);
    assert_eq!(peers[0].visits(), 2);
}

#[tokio::test]
async fn servers_of_one_domain_that_are_all_down_are_no_shut_port() {
    let mut table = Table::default();
    // Nobody listens at these.
    for (name, last) in [("mx1", 201), ("mx2", 202), ("mx3", 203)] {
        let host = format!("{name}.a.test");
        table = table
            .with("a.test", Record::Mx(10, host.clone()))
            .with(&host, Record::A([127, 0, 4, last].into()));
    }
    table = domain(domain(table, "b.test", 204), "c.test", 205);
    let home = home(table, 9, None);
    home.send(&["x@a.test"], false).await;
    home.round().await;
    let shut = async || home.services.outbox.content().await.unwrap().shut;
    assert_eq!(shut().await, None);
    home.send(&["x@b.test", "x@c.test"], false).await;
    home.round().await;
    assert_eq!(shut().await, Some((Time(START), Unreached::Refused)));
}
