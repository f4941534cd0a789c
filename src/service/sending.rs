//! By which way mail leaves: the owner's choice and smarthost, and trying it.

use super::{Error, read};
use crate::{
    codec::idna,
    domain::{
        outgoing::Trouble,
        sending::{Choice, Reach, Smarthost},
        transport::TlsFacts,
    },
    net::{clock::Clock, outward::Outward},
    store::{record::Sending, sending, vault::Vault},
};
use std::collections::HashMap;

/// What the page shows. The secret is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// When the smarthost is used.
    pub choice: Choice,
    /// The smarthost.
    pub smarthost: Option<Smarthost>,
    /// Whether a secret is kept.
    pub has_secret: bool,
    /// What was met at port 25.
    pub reach: Reach,
}

/// What was wrong with a form, or how the try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// No server's name.
    Host,
    /// No port.
    Port,
    /// Name or secret too long, or with control characters.
    User,
    /// A way by the smarthost without one.
    NeedsHost,
    /// It was kept, and the try failed.
    Try(Box<Trouble>),
}

/// The choice of the way; cheap to clone.
#[derive(Clone)]
pub struct Ways {
    vault: Vault,
    clock: Clock,
    outward: Outward,
    own: String,
}

impl Ways {
    /// Over this vault, as this host.
    pub fn new(vault: Vault, clock: Clock, outward: Outward, own: &str) -> Self {
        Self {
            vault,
            clock,
            outward,
            own: own.to_owned(),
        }
    }

    /// What is chosen, and what was met.
    pub async fn chosen(&self) -> Result<(Chosen, Option<crate::domain::time::Time>), Error> {
        let now = self.clock.now();
        read(&self.vault, move |snapshot| {
            let (sending, reach) = (snapshot.sending()?, snapshot.reach()?);
            let shut = reach.shut(now).map(|(since, _)| since);
            let chosen = Chosen {
                choice: sending.choice(),
                smarthost: sending.smarthost(),
                has_secret: !sending.secret.is_empty(),
                reach,
            };
            Ok((chosen, shut))
        })
        .await
    }

    /// Keeps a choice as it was typed. An empty secret keeps the one that is there, for the same server only.
    pub async fn choose(&self, choice: Choice, smarthost: Option<Smarthost>, secret: &str) -> Result<Result<(), Wrong>, Error> {
        if smarthost.is_none() && choice != Choice::Never {
            return Ok(Err(Wrong::NeedsHost));
        }
        let smarthost = smarthost.map(|it| Smarthost {
            host: idna::plain(&it.host),
            ..it
        });
        if let Some(it) = &smarthost {
            let bad = |text: &str| text.len() > Smarthost::LONGEST || text.chars().any(char::is_control);
            let wrong = match it {
                _ if !Smarthost::is_host(&it.host) => Some(Wrong::Host),
                _ if it.port == 0 => Some(Wrong::Port),
                _ if bad(&it.user) || bad(secret) => Some(Wrong::User),
                _ => None,
            };
            if let Some(wrong) = wrong {
                return Ok(Err(wrong));
            }
        }
        let before = read(&self.vault, |snapshot| Ok(snapshot.sending()?)).await?;
        let same = before.smarthost().map(|it| it.host) == smarthost.as_ref().map(|it| it.host.clone());
        // A password is not handed to another server than the one it was given for.
        let secret = if secret.is_empty() && same {
            before.secret.as_str()
        } else {
            secret
        };
        let record = Sending::new(choice, smarthost.as_ref(), secret);
        let writing = self.vault.open()?.writer.write(move |tables| sending::choose(tables, &record));
        writing.await?;
        Ok(Ok(()))
    }

    /// Connects to the smarthost and signs in; sends nothing.
    pub async fn try_it(&self) -> Result<Result<TlsFacts, Wrong>, Error> {
        let sending = read(&self.vault, |snapshot| Ok(snapshot.sending()?)).await?;
        let Some(smarthost) = sending.smarthost() else {
            return Ok(Err(Wrong::NeedsHost));
        };
        let tried = super::deliver::try_smarthost(&self.outward, &self.own, &smarthost, &sending.secret).await;
        Ok(tried.map_err(|trouble| Wrong::Try(Box::new(trouble))))
    }
}

/// The bytes of a sent message by copy: who gets which.
pub fn copies(deliveries: &[crate::domain::outgoing::Delivery]) -> Vec<(u32, u64)> {
    let mut first: HashMap<u32, u64> = HashMap::new();
    for delivery in deliveries {
        first.entry(delivery.copy).or_insert(delivery.id);
    }
    let mut copies: Vec<(u32, u64)> = first.into_iter().collect();
    copies.sort_unstable();
    copies
}
