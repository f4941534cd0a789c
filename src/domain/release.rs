//! When this version was released: what a clock cannot be before, and what the age of the program is counted from.

use super::time::Time;

/// 2026-11-25, the day on which this version was made. Whoever releases one sets it.
pub const RELEASED: Time = Time(1_795_564_800);

/// Seconds for which a version counts as young.
const YOUNG: i64 = 90 * 24 * 3600;

/// Whether this version is young at a moment.
pub fn is_young(now: Time) -> bool {
    now.0.saturating_sub(RELEASED.0) < YOUNG
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_young_for_ninety_days() {
        assert_eq!(RELEASED.civil(), (2026, 11, 25, 0, 0));
        assert!(is_young(RELEASED) && is_young(Time(RELEASED.0 + 89 * 86_400)));
        assert!(!is_young(Time(RELEASED.0 + 90 * 86_400)));
    }
}
