//! Signing in at a smarthost without saying the password, where it can be shown to be known.

use super::{START, identity, peers};
use crate::{delivering::peer::Manner, home::Home};
use caliopen::{
    domain::{
        outgoing::{Kind, State},
        sending::{Choice, Smarthost},
        time::Time,
    },
    net::{
        dns::{Dns, Record, Table},
        outward::Outward,
    },
};
use std::time::Duration;

#[tokio::test]
async fn a_password_is_shown_to_be_known_and_not_said() {
    let (right, roots) = identity("smart.test");
    let smart = Manner {
        identity: Some(right),
        scram: Some(("me, myself".into(), "secret".into())),
        ..Manner::default()
    };
    let (peers, port) = peers(&[smart]).await;
    let table = Table::default().with("smart.test", Record::A([127, 0, 4, 1].into()));
    let outward = Outward {
        roots: Some(roots),
        patience: crate::home::patience(Duration::from_secs(5)),
        ..Dns::table(table).into()
    };
    let home = Home::make(Time(START), outward);
    let choose = async |secret: &str| {
        let smarthost = Smarthost {
            host: "smart.test".into(),
            port,
            implicit: false,
            user: "me, myself".into(),
        };
        let kept = home.services.ways.choose(Choice::Always, Some(smarthost), secret).await;
        assert_eq!(kept.unwrap(), Ok(()));
    };
    let message = home.send(&["a@x.test"], false).await;
    let fate = async || {
        home.later(3_600);
        home.round().await;
        let recipient = home.of(message).await.remove(0).recipients.remove(0);
        (recipient.state, recipient.trouble.map(|trouble| trouble.kind))
    };
    choose("wrong").await;
    assert_eq!(fate().await, (State::Waiting, Some(Kind::SignIn)));
    choose("secret").await;
    peers[0].become_(|manner| manner.proves = false);
    assert_eq!(
        fate().await,
        (State::Waiting, Some(Kind::Garbled)),
        "whoever does not know it is told nothing"
    );
    assert!(peers[0].given().is_empty());
    peers[0].become_(|manner| manner.proves = true);
    assert_eq!(fate().await, (State::Delivered, None));
}
