//! Days, months and years of the calendar, as a query names them. No zone: where a day begins is for whoever
//! knows where the owner is.

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// 1 to 9999.
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

fn is_leap(year: i16) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn length(year: i16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Day {
    /// A day that there is; `None` where there never was.
    pub fn new(year: i16, month: u8, day: u8) -> Option<Self> {
        let fits = (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=length(year, month)).contains(&day);
        fits.then_some(Self { year, month, day })
    }

    /// The day after; the last that there is stays.
    fn next(self) -> Self {
        let Self { year, month, day } = self;
        Self::new(year, month, day + 1)
            .or_else(|| Self::new(year, month + 1, 1))
            .or_else(|| Self::new(year.saturating_add(1), 1, 1))
            .unwrap_or(self)
    }

    fn before(self) -> Self {
        let Self { year, month, day } = self;
        let last = |year: i16, month: u8| Self::new(year, month, length(year, month));
        Self::new(year, month, day - 1)
            .or_else(|| last(year, month - 1))
            .or_else(|| last(year - 1, 12))
            .unwrap_or(self)
    }

    /// So many days earlier; at most some thousand years.
    pub fn days_before(self, days: u32) -> Self {
        (0..days.min(400_000)).fold(self, |day, _| day.before())
    }

    /// So many months earlier, on the same day or the last one of that month.
    pub fn months_before(self, months: u32) -> Self {
        let all = i32::from(self.year) * 12 + i32::from(self.month) - 1 - i32::try_from(months).unwrap_or(i32::MAX / 2);
        let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
        let (Ok(year), Ok(month)) = (i16::try_from(year), u8::try_from(month)) else {
            return self;
        };
        Self::new(year, month, self.day.min(length(year, month))).unwrap_or(self)
    }
}

/// How far back from today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ago {
    /// So many days: none is today, one is yesterday.
    Days(u32),
    /// So many weeks.
    Weeks(u32),
    /// So many months.
    Months(u32),
    /// So many years.
    Years(u32),
}

impl Ago {
    /// The day that it is, counted from this one.
    fn day(self, today: Day) -> Day {
        match self {
            Self::Days(many) => today.days_before(many),
            Self::Weeks(many) => today.days_before(many.saturating_mul(7)),
            Self::Months(many) => today.months_before(many),
            Self::Years(many) => today.months_before(many.saturating_mul(12)),
        }
    }
}

/// A day, a month or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// One day.
    Day(Day),
    /// A day that was counted back from today: another one tomorrow, so it is written as it was counted.
    Back(Ago, Day),
    /// A month: year and month.
    Month(i16, u8),
    /// A year.
    Year(i16),
}

impl Span {
    /// Its first day.
    pub fn first(self) -> Day {
        let (year, month, day) = match self {
            Self::Day(day) | Self::Back(_, day) => return day,
            Self::Month(year, month) => (year, month, 1),
            Self::Year(year) => (year, 1, 1),
        };
        Day { year, month, day }
    }

    /// The first day after it.
    pub fn after(self) -> Day {
        match self {
            Self::Day(day) | Self::Back(_, day) => day.next(),
            Self::Month(year, month) => Day {
                year,
                month,
                day: length(year, month),
            }
            .next(),
            Self::Year(year) => Day { year, month: 12, day: 31 }.next(),
        }
    }

    /// Reads what somebody typed: `2026`, `2026-05`, `2026-05-03`, `03/05/2026`, `3.5.2026`, `05/2026`, `today`,
    /// `hier`, and `7d`, `2w`, `3m`, `1y` ago. `None` where it is no day.
    pub fn read(text: &str, today: Day) -> Option<Self> {
        let text = super::super::fold::fold(text);
        let back = |ago: Ago| Some(Self::Back(ago, ago.day(today)));
        match text.as_str() {
            "today" | "aujourd'hui" | "aujourdhui" => return back(Ago::Days(0)),
            "yesterday" | "hier" => return back(Ago::Days(1)),
            _ => {}
        }
        if let Some(unit) = text.chars().last().filter(char::is_ascii_alphabetic) {
            let many: u32 = number(text.strip_suffix(unit)?)?;
            return match unit {
                'd' | 'j' => back(Ago::Days(many)),
                'w' | 's' => back(Ago::Weeks(many)),
                'm' => back(Ago::Months(many)),
                'y' | 'a' => back(Ago::Years(many)),
                _ => None,
            };
        }
        let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
        match parts.as_slice() {
            [year] if year.len() == 4 => Some(Self::Year(number(year).filter(|year| *year > 0)?)),
            [year, month] if year.len() == 4 => Self::month(year, month),
            [month, year] if year.len() == 4 => Self::month(year, month),
            [year, month, day] if year.len() == 4 => Day::new(number(year)?, number(month)?, number(day)?).map(Self::Day),
            [day, month, year] if year.len() == 4 => Day::new(number(year)?, number(month)?, number(day)?).map(Self::Day),
            _ => None,
        }
    }

    fn month(year: &str, month: &str) -> Option<Self> {
        let first = Day::new(number(year)?, number(month)?, 1)?;
        Some(Self::Month(first.year, first.month))
    }
}

/// Digits and nothing else: a sign would make a second spelling of the same day.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = Day {
        year: 2026,
        month: 3,
        day: 1,
    };

    #[test]
    fn days_are_read_as_people_type_them() {
        let day = |year, month, day| Some(Span::Day(Day { year, month, day }));
        let back = |ago, year, month, day| Some(Span::Back(ago, Day { year, month, day }));
        for (text, expected) in [
            ("2026-05-03", day(2026, 5, 3)),
            ("03/05/2026", day(2026, 5, 3)),
            ("3.5.2026", day(2026, 5, 3)),
            ("2026-05", Some(Span::Month(2026, 5))),
            ("05/2026", Some(Span::Month(2026, 5))),
            ("2026", Some(Span::Year(2026))),
            ("today", back(Ago::Days(0), 2026, 3, 1)),
            ("Aujourd’hui", back(Ago::Days(0), 2026, 3, 1)),
            ("hier", back(Ago::Days(1), 2026, 2, 28)),
            ("1d", back(Ago::Days(1), 2026, 2, 28)),
            ("2w", back(Ago::Weeks(2), 2026, 2, 15)),
            ("1m", back(Ago::Months(1), 2026, 2, 1)),
            ("2a", back(Ago::Years(2), 2024, 3, 1)),
            ("2026-02-29", None),
            ("2024-02-30", None),
            ("2026-13", None),
            ("0000", None),
            ("26-05-03", None),
            ("+2026", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(Span::read(text, TODAY), expected, "{text}");
        }
        assert_eq!(Span::read("2024-02-29", TODAY), day(2024, 2, 29));
    }

    #[test]
    fn a_span_ends_where_the_next_begins() {
        let day = |year, month, day| Day { year, month, day };
        assert_eq!(Span::Year(2025).after(), day(2026, 1, 1));
        assert_eq!(Span::Month(2024, 2).after(), day(2024, 3, 1));
        assert_eq!(Span::Day(day(2025, 12, 31)).after(), day(2026, 1, 1));
        assert_eq!(Span::Month(2024, 2).first(), day(2024, 2, 1));
        assert_eq!(day(2026, 3, 31).months_before(1), day(2026, 2, 28));
        assert_eq!(day(2026, 1, 1).days_before(1), day(2025, 12, 31));
    }
}
