//! A moment. Deliberately absent: the clock (`net::clock`), zones and words (`locale`).

/// Seconds since 1970-01-01T00:00:00Z, without leap seconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// The day and the time of day in UTC: year, month, day, hour, minute. The days of the proleptic Gregorian
    /// calendar are counted in eras of 400 years that begin in March.
    pub fn civil(self) -> (i64, u8, u8, u8, u8) {
        let (days, seconds) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        let shifted = days + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march + 2) / 5 + 1;
        let month = if march < 10 { march + 3 } else { march - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        (year, month as u8, day as u8, (seconds / 3_600) as u8, (seconds / 60 % 60) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_its_day() {
        assert_eq!(Time(0).civil(), (1970, 1, 1, 0, 0));
        assert_eq!(Time(-1).civil(), (1969, 12, 31, 23, 59));
        assert_eq!(Time(1_709_164_800).civil(), (2024, 2, 29, 0, 0));
        assert_eq!(Time(1_778_052_600).civil(), (2026, 5, 6, 7, 30));
        assert_eq!(Time(4_107_542_399).civil(), (2100, 2, 28, 23, 59));
    }
}
