//! A box within the test's own process, whose clock is set by hand and whose mail leaves to where the test says.

use caliopen::{
    app::{self, Services},
    domain::{
        address::Address,
        id::MessageId,
        outgoing::{Copy, Delivery, Submission},
        time::Time,
        transport::Arrival,
    },
    net::{clock::Clock, courier::Patience, outward::Outward},
    service::setup,
    store::{mail::Snapshot, outbox, slots::Opening, vault::Vault},
};
use std::time::Duration;
use tokio::task::JoinSet;

/// What each message has as a line that is stuffed on its way (RFC 5321 section 4.5.2).
pub const DOT: &str = ".a line that begins with a dot";

/// The box of `me@home.test`.
pub struct Home {
    _folder: tempfile::TempDir,
    pub services: Services,
    pub vault: Vault,
    pub clock: Clock,
}

impl Home {
    /// Unlocked, at this time.
    pub fn make(now: Time, outward: Outward) -> Self {
        let folder = tempfile::tempdir().unwrap();
        setup::make(folder.path(), "home.test", "me@home.test", "word")
            .unwrap()
            .vault
            .lock();
        let (file, front) = app::front(folder.path()).unwrap();
        let (vault, clock) = (Vault::locked(folder.path()), Clock::fixed(now));
        let services = Services::over(&vault, &file, &front, &clock, outward).unwrap();
        vault.unlock(&Opening::Typed("word")).unwrap();
        Self {
            _folder: folder,
            services,
            vault,
            clock,
        }
    }

    /// Files a message and puts it into the outbox.
    pub async fn send(&self, to: &[&str], confidential: bool) -> MessageId {
        let now = self.clock.now();
        let raw = format!(
            "From: me@home.test\r\nTo: {}\r\nSubject: to {} people\r\nMessage-ID: <{}@home.test>\r\n\
             Date: Tue, 24 Nov 2026 08:00:00 +0000\r\n\r\n{DOT}\r\n",
            to.join(", "),
            to.len(),
            to.concat().replace('@', ".")
        );
        let raw = raw.into_bytes();
        let kept = self.services.receive.import(raw.clone(), Some(now), true).await.unwrap().unwrap();
        let recipients = to.iter().map(|address| Address::parse(address).unwrap()).collect();
        let submission = Submission {
            from: Address::parse("me@home.test").unwrap(),
            copies: vec![Copy { raw, recipients }],
            not_before: now,
            confidential,
            by_provider: false,
        };
        let ready = outbox::prepare(submission).unwrap();
        let open = self.vault.open().unwrap();
        let writing = open.writer.write(move |tables| outbox::queue(tables, kept.message.0, &ready, now));
        writing.await.unwrap();
        kept.message
    }

    /// Everything that is due now is tried once.
    pub async fn round(&self) {
        let mut workers = JoinSet::new();
        self.services.deliver.step(&mut workers).await.unwrap();
        while let Some(ended) = workers.join_next().await {
            ended.unwrap();
        }
    }

    /// What became of a message.
    pub async fn of(&self, message: MessageId) -> Vec<Delivery> {
        self.services.outbox.of(message).await.unwrap()
    }

    /// So many seconds pass.
    pub fn later(&self, seconds: i64) {
        self.clock.set(Time(self.clock.now().0 + seconds));
    }

    /// What lies in the vault.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.vault.open().unwrap()).unwrap()
    }
}

/// The same patience for everything.
pub fn patience(wait: Duration) -> Patience {
    Patience {
        connect: wait,
        answer: wait,
        kept: wait,
    }
}

/// How a message came from a friend's server, in clear.
pub fn arrival(at: Time, from: &str) -> Arrival {
    Arrival {
        at,
        peer: [192, 0, 2, 7].into(),
        helo: "mx.friend.test".into(),
        mail_from: Some(from.to_owned()),
        rcpt_to: vec!["me@home.test".into()],
        tls: None,
        extended: true,
        utf8: false,
    }
}
