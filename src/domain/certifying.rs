//! Getting a certificate from an authority (ACME, RFC 8555): at which stage it failed, when it is tried again, and when
//! a certificate is renewed. Pure; the words are `locale`'s.

use super::time::Time;

/// How far an order came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// None of the box's names leads anywhere yet: nobody was asked.
    Names,
    /// The authority could not be reached.
    Reaching,
    /// It would not have the account.
    Account,
    /// It would not take the order.
    Ordering,
    /// It could not see that the names are this box's.
    Proving,
    /// It would not sign.
    Signing,
    /// What it gave is no certificate for this box.
    Given,
}

impl Stage {
    /// All of them, by number; it only ever grows.
    pub const ALL: [Self; 7] = [
        Self::Names,
        Self::Reaching,
        Self::Account,
        Self::Ordering,
        Self::Proving,
        Self::Signing,
        Self::Given,
    ];

    /// Its number in the store.
    pub fn number(self) -> u8 {
        Self::ALL.iter().position(|known| *known == self).unwrap_or(0) as u8
    }

    /// The stage of a number.
    pub fn of(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Names)
    }
}

/// Seconds to the second try.
const FIRST: i64 = 15 * 60;
/// Seconds between two tries at most.
const LONGEST: i64 = 24 * 3600;

/// Seconds to wait after so many failures in a row, a quarter of an hour and each time twice as long, up to a day. `draw`
/// is random and moves it by up to a quarter, so that not all boxes come back at once.
pub fn wait(failures: u32, draw: u16) -> i64 {
    let wait = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST);
    wait + wait / 4 * i64::from(draw) / i64::from(u16::MAX)
}

/// When a certificate is renewed: at a drawn moment of the span that the authority suggests (RFC 9773 section 4.2), or else
/// at two thirds of its life, and up to a thirtieth of it earlier.
pub fn renewal(begins: Time, ends: Time, suggested: Option<(Time, Time)>, draw: u16) -> Time {
    let part = |span: i64| span.max(0) / 1_000 * i64::from(draw) / i64::from(u16::MAX) * 1_000;
    match suggested {
        // Never so late that a failure could not be mended.
        Some((start, end)) if start < end && start < ends => Time(start.0 + part(end.0.min(ends.0) - start.0)),
        _ => {
            let life = ends.0 - begins.0;
            Time(ends.0 - life / 3 - part(life / 30))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_keep_their_numbers() {
        for stage in Stage::ALL {
            assert_eq!(Stage::of(stage.number()), stage);
        }
    }

    #[test]
    fn a_refusal_is_waited_out_longer_each_time() {
        assert_eq!((wait(1, 0), wait(2, 0), wait(40, 0)), (900, 1_800, 86_400));
        assert_eq!(wait(1, u16::MAX), 1_125);
    }

    #[test]
    fn renewal_comes_at_two_thirds_or_when_the_authority_says() {
        let (begins, ends) = (Time(0), Time(90 * 86_400));
        assert_eq!(renewal(begins, ends, None, 0), Time(60 * 86_400));
        for draw in [1, 30_000, u16::MAX] {
            let at = renewal(begins, ends, None, draw).0;
            assert!((57 * 86_400..=60 * 86_400).contains(&at));
            let at = renewal(begins, ends, Some((Time(100_000), Time(200_000))), draw).0;
            assert!((100_000..=200_000).contains(&at));
        }
        let late = Some((Time(ends.0 + 1), Time(ends.0 + 2)));
        assert_eq!(
            renewal(begins, ends, late, 0),
            Time(60 * 86_400),
            "a suggestion after its end is none"
        );
    }
}
