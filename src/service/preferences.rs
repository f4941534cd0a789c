//! What the owner prefers, on every device: language, zone, how messages are shown, what is told by itself.
//!
//! Every page asks, so what was read last stays in memory for as long as the vault is open. While it is locked nobody
//! prefers anything.

use super::Error;
use crate::store::{
    self, ledger,
    mail::Snapshot,
    preferences,
    record::{KEPT_AT_MOST, Preferred},
    vault::{Open, Vault},
};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Tips that are remembered as answered: more than there are.
const ANSWERED: usize = 200;

type Known = Option<(Weak<Open>, Arc<Preferred>)>;

/// Keeps what is preferred; cheap to clone.
#[derive(Clone)]
pub struct Preferences {
    vault: Vault,
    last: Arc<Mutex<Known>>,
}

impl Preferences {
    /// Over this vault.
    pub fn new(vault: Vault) -> Self {
        Self {
            vault,
            last: Arc::default(),
        }
    }

    /// What is preferred, from memory; nothing in particular while the vault is locked or cannot be read.
    pub fn now(&self) -> Arc<Preferred> {
        let Ok(open) = self.vault.open() else { return Arc::default() };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = last.as_ref().filter(|(of, _)| of.as_ptr() == Arc::as_ptr(&open)) {
            return known.clone();
        }
        let read = store::guarded(|| Snapshot::of(&open)?.preferred());
        let Ok(preferred) = read.map(Arc::new) else { return Arc::default() };
        *last = Some((Arc::downgrade(&open), preferred.clone()));
        preferred
    }

    /// Changes what is preferred.
    pub async fn change(&self, change: impl Fn(&mut Preferred) + Send + 'static) -> Result<(), Error> {
        let writing = self.vault.open()?.writer.write(move |tables| preferences::prefer(tables, &change));
        writing.await?;
        self.forget();
        Ok(())
    }

    /// Remembers that a tip was answered: it is not shown by itself any more.
    pub async fn answer(&self, tip: String) -> Result<(), Error> {
        self.change(move |preferred| {
            if preferred.answered.len() < ANSWERED && !preferred.answered.contains(&tip) {
                preferred.answered.push(tip.clone());
            }
        })
        .await
    }

    /// Keeps the ledger for so many days from now on, at least one and at most a year, and takes what is older away;
    /// `today` is the number of the owner's day.
    pub async fn keep_ledger(&self, days: u16, today: i64) -> Result<(), Error> {
        let days = days.clamp(1, KEPT_AT_MOST);
        let writing = self.vault.open()?.writer.write(move |tables| {
            preferences::prefer(tables, |preferred| preferred.ledger_days = days)?;
            ledger::tidy(tables, today)
        });
        writing.await?;
        self.forget();
        Ok(())
    }

    fn forget(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Purpose;
    use crate::store::slots::Opening;

    #[tokio::test]
    async fn it_is_remembered_over_locking_and_nobody_prefers_anything_while_locked() {
        let folder = tempfile::tempdir().unwrap();
        let mut made = Vault::create(folder.path(), "open sesame").unwrap();
        made.slots.save(folder.path()).unwrap();
        let preferences = Preferences::new(made.vault.clone());
        assert_eq!(*preferences.now(), Preferred::default());
        preferences
            .change(|preferred| preferred.zone = "Pacific/Auckland".into())
            .await
            .unwrap();
        preferences.answer("passkey".into()).await.unwrap();
        preferences.answer("passkey".into()).await.unwrap();
        assert_eq!(preferences.now().zone, "Pacific/Auckland");
        made.vault.lock();
        assert_eq!(*preferences.now(), Preferred::default());
        assert!(matches!(preferences.change(|_| ()).await, Err(Error::Locked)));
        made.vault.unlock(&Opening::Passphrase("open sesame")).unwrap();
        assert_eq!(
            (preferences.now().zone.as_str(), preferences.now().answered.len()),
            ("Pacific/Auckland", 1)
        );
    }

    #[tokio::test]
    async fn the_ledger_is_kept_as_long_as_it_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::create(folder.path(), "word").unwrap().vault;
        let preferences = Preferences::new(vault.clone());
        let open = vault.open().unwrap();
        let writing = open.writer.write(move |tables| {
            for at in [100, 120, 129, 130] {
                ledger::add(tables, &[(Purpose::Web, "other.test".into(), 1)], at)?;
            }
            Ok(())
        });
        writing.await.unwrap();
        let days = || {
            Snapshot::of(&open)
                .unwrap()
                .ledger()
                .unwrap()
                .into_iter()
                .map(|line| line.day)
                .collect::<Vec<_>>()
        };
        assert_eq!(days(), [130, 129, 120, 100], "thirty days where nothing was chosen");
        preferences.keep_ledger(1, 130).await.unwrap();
        assert_eq!(days(), [130, 129]);
        preferences.keep_ledger(9_999, 130).await.unwrap();
        assert_eq!(preferences.now().ledger_days, 365);
    }
}
