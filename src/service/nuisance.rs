//! Networks that send much spam (product.md P11): slowed, then refused for a while, and let in again by
//! themselves or by the owner.
//!
//! What is known is held in memory for the door, which asks at every message, and kept in the vault with the
//! message that changed it. While the box is locked nothing is judged; what was known before a restart
//! counts again once it is unlocked. Absent on purpose: other people's lists, and a memory of networks
//! that never sent spam.

use super::Error;
use crate::{
    domain::{
        network::Network,
        nuisance::{Nuisance, Welcome},
        time::Time,
    },
    store::{
        self,
        nuisance::{self, Change},
        record::Troubled,
        vault::{Open, Vault},
    },
};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

/// Networks that are remembered; beyond it the calmest is forgotten.
const NETWORKS: usize = 10_000;
/// Networks on a page.
pub const SHOWN: usize = 100;

/// Knows how each network is met; cheap to clone.
#[derive(Clone)]
pub struct Nuisances(Arc<Inner>);

struct Inner {
    vault: Vault,
    spared: OnceLock<Vec<Network>>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Whether what the vault has was read.
    loaded: bool,
    networks: HashMap<Network, Nuisance>,
}

/// A network on the owner's page.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Which.
    pub network: Network,
    /// How it is met now.
    pub welcome: Welcome,
    /// What is known of it.
    pub nuisance: Nuisance,
}

impl Nuisances {
    /// Over this vault.
    pub fn new(vault: Vault) -> Self {
        Self(Arc::new(Inner {
            vault,
            spared: OnceLock::new(),
            known: Mutex::default(),
        }))
    }

    /// Never slows or refuses these networks: the owner's own relay, or a test's loopback. Said once.
    pub fn spare(&self, networks: Vec<Network>) {
        // Only the first word counts; there is one command line.
        let _ = self.0.spared.set(networks);
    }

    /// How a peer is met.
    pub fn welcome(&self, peer: IpAddr, now: Time) -> Welcome {
        if self.is_spared(peer) {
            return Welcome::Free;
        }
        let known = self.known();
        known
            .networks
            .get(&Network::of(peer))
            .map_or(Welcome::Free, |network| network.welcome(now))
    }

    fn is_spared(&self, peer: IpAddr) -> bool {
        self.0
            .spared
            .get()
            .is_some_and(|spared| spared.iter().any(|network| network.holds(peer)))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what the vault has, once after every unlocking. What memory knows better stays.
    pub(super) fn load(&self, open: &Open) -> Result<(), store::Error> {
        if self.known().loaded {
            return Ok(());
        }
        let kept = nuisance::all(open)?;
        let mut known = self.known();
        for (network, record) in kept {
            if let Ok(network) = network.parse() {
                known.networks.entry(network).or_insert_with(|| record.nuisance());
            }
        }
        known.loaded = true;
        Ok(())
    }

    /// Forgets everything: the box is locked, and who writes to the owner must not be found in its memory.
    pub(super) fn forget(&self) {
        *self.known() = Known::default();
    }

    /// A message of this peer was judged: what is to be kept together with it. `None` changes nothing.
    pub(super) fn judge(&self, peer: IpAddr, spam: bool, now: Time) -> Option<Change> {
        if self.is_spared(peer) {
            return None;
        }
        let (network, mut known) = (Network::of(peer), self.known());
        let nuisance = match known.networks.get_mut(&network) {
            Some(nuisance) => {
                nuisance.judge(spam, now);
                *nuisance
            }
            None if !spam => return None,
            None => {
                if known.networks.len() >= NETWORKS {
                    forget_the_calmest(&mut known.networks, now);
                }
                let first = Nuisance::first(now);
                known.networks.insert(network, first);
                first
            }
        };
        Some(Change {
            network: network.to_string(),
            record: Troubled::of(&nuisance),
        })
    }

    /// Those that are not forgotten, the worst first.
    pub async fn list(&self, now: Time) -> Result<Vec<Listed>, Error> {
        let (all, open) = (self.clone(), self.0.vault.open()?);
        let loaded = tokio::task::spawn_blocking(move || all.load(&open)).await;
        loaded.unwrap_or_else(|_| Err(store::Error::Database("a read was cut short".into())))?;
        let known = self.known();
        let all = known.networks.iter().filter(|(_, nuisance)| !nuisance.is_forgotten(now));
        let mut listed: Vec<Listed> = all
            .map(|(network, nuisance)| Listed {
                network: *network,
                welcome: nuisance.welcome(now),
                nuisance: *nuisance,
            })
            .collect();
        let rank = |listed: &Listed| {
            (
                listed.welcome != Welcome::Refused,
                std::cmp::Reverse((listed.nuisance.spam * 1000.0) as u64),
                listed.network,
            )
        };
        listed.sort_by_key(rank);
        listed.truncate(SHOWN);
        Ok(listed)
    }

    /// Lets a network in again, as if it had never sent spam.
    pub async fn forgive(&self, network: Network) -> Result<(), Error> {
        let open = self.0.vault.open()?;
        self.known().networks.remove(&network);
        let key = network.to_string();
        Ok(open.writer.write(move |tables| nuisance::forgive(tables, &key)).await?)
    }
}

/// Makes room: what has calmed down goes, and where nothing has, the one with the least spam.
fn forget_the_calmest(networks: &mut HashMap<Network, Nuisance>, now: Time) {
    networks.retain(|_, nuisance| !nuisance.is_forgotten(now));
    if networks.len() >= NETWORKS
        && let Some(calmest) = networks
            .iter()
            .min_by(|(_, a), (_, b)| a.spam.total_cmp(&b.spam))
            .map(|(network, _)| *network)
    {
        networks.remove(&calmest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_met_as_it_behaves_and_its_neighbour_as_anybody() {
        let folder = tempfile::tempdir().unwrap();
        let nuisances = Nuisances::new(Vault::locked(folder.path()));
        let (bad, near, other, spared) = ("192.0.2.1", "192.0.2.200", "192.0.3.1", "198.51.100.9");
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        nuisances.spare(vec!["198.51.100.0/24".parse().unwrap()]);
        for _ in 0..20 {
            assert!(nuisances.judge(ip(bad), true, Time(0)).is_some());
            assert!(nuisances.judge(ip(spared), true, Time(0)).is_none());
        }
        assert!(
            nuisances.judge(ip(other), false, Time(0)).is_none(),
            "who never sent spam is not written down"
        );
        for (peer, welcome) in [
            (bad, Welcome::Refused),
            (near, Welcome::Refused),
            (other, Welcome::Free),
            (spared, Welcome::Free),
        ] {
            assert_eq!(nuisances.welcome(ip(peer), Time(0)), welcome, "{peer}");
        }
        nuisances.forget();
        assert_eq!(nuisances.welcome(ip(bad), Time(0)), Welcome::Free);
    }

    #[test]
    fn memory_is_bounded_and_the_worst_stay() {
        let folder = tempfile::tempdir().unwrap();
        let nuisances = Nuisances::new(Vault::locked(folder.path()));
        let worst: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..20 {
            nuisances.judge(worst, true, Time(0));
        }
        for n in 0..NETWORKS as u32 + 10 {
            nuisances.judge(IpAddr::V4((0x0a00_0000 + n * 256).into()), true, Time(0));
        }
        assert_eq!(nuisances.known().networks.len(), NETWORKS);
        assert_eq!(nuisances.welcome(worst, Time(0)), Welcome::Refused);
    }
}
