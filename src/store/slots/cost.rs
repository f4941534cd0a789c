//! What a passphrase costs to try: Argon2id (RFC 9106) with parameters measured on the machine at setup, so
//! that one try takes about a second there and no less than a floor anywhere.

use super::super::Error;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Argon2id's parameters, as they stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// KiB of memory.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes: one, because a small board has no core to spare while it receives.
    pub lanes: u32,
}

const MIB: u32 = 1024;
/// Memory of a machine that has it: RFC 9106 section 4, second choice.
const FLOOR: u32 = 64 * MIB;
/// Memory of a machine that has not: with three passes still above what OWASP's password storage cheat sheet
/// asks at least.
const SMALL: u32 = 24 * MIB;
/// The most memory that a try is given: more would be felt by what else runs.
const MOST: u32 = 256 * MIB;
/// Passes at least and at most.
const PASSES: (u32, u32) = (3, 64);

impl Cost {
    /// The floor: what a new box is given where nothing was measured.
    pub const LEAST: Self = Self {
        memory_kib: FLOOR,
        passes: PASSES.0,
        lanes: 1,
    };

    /// Parameters with which one try takes about `target` here and now; never below the floor.
    pub fn calibrated(target: Duration) -> Result<Self, Error> {
        let mut memory_kib = memory_for(machine_kib());
        loop {
            let once = Self {
                memory_kib,
                passes: 1,
                lanes: 1,
            };
            let begin = Instant::now();
            once.stretch(b"a passphrase of some length", &[7; 16])?;
            let pass = begin.elapsed().max(Duration::from_millis(1));
            let passes = u32::try_from(target.as_millis() / pass.as_millis()).unwrap_or(PASSES.1);
            if passes < PASSES.0 && memory_kib > FLOOR {
                memory_kib = (memory_kib / 2).max(FLOOR);
                continue;
            }
            return Ok(Self {
                passes: passes.clamp(PASSES.0, PASSES.1),
                ..once
            });
        }
    }

    /// A secret becomes a wrapping key. The parameters come from a file that a thief may have changed:
    /// they are bounded, so that opening cannot be made to eat the machine.
    pub(super) fn stretch(&self, secret: &[u8], salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, Error> {
        if self.memory_kib > 1024 * MIB || self.passes > 64 || self.lanes > 16 {
            return Err(Error::Damaged);
        }
        let mut out = Zeroizing::new([0; 32]);
        let params = argon2::Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).map_err(|_| Error::Damaged)?;
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password_into(secret, salt, &mut *out)
            .map_err(|_| Error::Damaged)?;
        Ok(out)
    }
}

/// A sixteenth of the machine's memory, within bounds; a machine that does not say is taken for a small board.
fn memory_for(machine_kib: Option<u64>) -> u32 {
    let machine = machine_kib.unwrap_or(512 * u64::from(MIB));
    if machine < 320 * u64::from(MIB) {
        return SMALL;
    }
    u32::try_from(machine / 16).unwrap_or(MOST).clamp(FLOOR, MOST)
}

/// KiB of memory that this process may count on: the machine's, or the limit that it was given.
fn machine_kib() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let total: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let limit = limit.and_then(|text| text.trim().parse::<u64>().ok()).map(|octets| octets / 1024);
    Some(limit.map_or(total, |limit| limit.min(total)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_follows_the_machine_within_bounds() {
        let mib = |n: u64| memory_for(Some(n * 1024)) / MIB;
        assert_eq!([mib(128), mib(430), mib(2048), mib(65_536)], [24, 64, 128, 256]);
        assert_eq!(memory_for(None), FLOOR);
    }

    #[test]
    fn no_target_is_below_the_floor_and_no_file_above_the_ceiling() {
        let cost = Cost::calibrated(Duration::ZERO).unwrap();
        assert!(cost.passes == PASSES.0 && cost.memory_kib <= FLOOR, "{cost:?}");
        for cost in [
            Cost {
                memory_kib: u32::MAX,
                ..Cost::LEAST
            },
            Cost { passes: 65, ..Cost::LEAST },
            Cost { lanes: 17, ..Cost::LEAST },
            Cost {
                memory_kib: 0,
                ..Cost::LEAST
            },
        ] {
            assert!(cost.stretch(b"word", &[0; 16]).is_err());
        }
    }
}
