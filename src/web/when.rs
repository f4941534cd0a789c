//! Times as a person says them: "14:02" today, "yesterday", "3 May", in the zone of this machine.
//!
//! The zone is the one that the owner prefers, else the machine's (`TZ`, else `/etc/localtime`, else UTC). It is asked
//! for at each time that is said, so that a change holds from the next page on.

use crate::{
    domain::{query::Day, time::Time},
    locale::Words,
    service::preferences::Preferences,
};
use jiff::{Timestamp, Zoned, tz::TimeZone};

/// The zone that times are shown in.
#[derive(Clone)]
pub(super) struct Zone {
    machine: TimeZone,
    preferences: Option<Preferences>,
}

/// A time, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct When {
    /// Short: for a row. "14:02", "18:47", "3 May", "3 May 2024".
    pub(super) short: String,
    /// Long: for a message. "today, 14:02", "3 May 2026, 14:02".
    pub(super) long: String,
    /// Its day: for a group of rows. "Today", "Yesterday", "Saturday 3 May".
    pub(super) day: String,
    /// For machines (RFC 3339, UTC).
    pub(super) machine: String,
}

impl Zone {
    /// The zone that is preferred, else the one of this machine, UTC where that cannot be told.
    pub(super) fn preferred(preferences: Preferences) -> Self {
        Self {
            machine: TimeZone::try_system().unwrap_or(TimeZone::UTC),
            preferences: Some(preferences),
        }
    }

    /// Whether there is a zone of this name.
    pub(super) fn is_known(name: &str) -> bool {
        name.len() < 64 && TimeZone::get(name).is_ok()
    }

    /// The names of all zones that people choose from, in order: those of places, and UTC.
    pub(super) fn names() -> Vec<String> {
        let of_a_place = |name: &String| {
            let place = name.split_once('/').map(|(region, _)| region);
            place.is_some_and(|region| {
                !matches!(
                    region,
                    "Etc" | "SystemV" | "posix" | "right" | "US" | "Canada" | "Brazil" | "Mexico" | "Chile"
                )
            })
        };
        let mut names: Vec<String> = jiff::tz::db()
            .available()
            .map(|name| name.as_str().to_owned())
            .filter(of_a_place)
            .collect();
        names.push("UTC".to_owned());
        names.sort_unstable();
        names.dedup();
        names
    }

    fn zone(&self) -> TimeZone {
        let chosen = self
            .preferences
            .as_ref()
            .map(Preferences::now)
            .filter(|preferred| !preferred.zone.is_empty());
        let chosen = chosen.and_then(|preferred| TimeZone::get(&preferred.zone).ok());
        chosen.unwrap_or_else(|| self.machine.clone())
    }

    fn at(&self, time: Time) -> Zoned {
        Timestamp::from_second(time.0)
            .unwrap_or(Timestamp::UNIX_EPOCH)
            .to_zoned(self.zone())
    }

    /// The day of a time.
    pub(super) fn day(&self, time: Time) -> Day {
        let at = self.at(time).date();
        let (month, day) = (at.month().unsigned_abs(), at.day().unsigned_abs());
        Day::new(at.year(), month, day).unwrap_or(Day {
            year: 1970,
            month: 1,
            day: 1,
        })
    }

    /// When a day begins; the beginning of time for one that this calendar cannot place.
    pub(super) fn begins(&self, day: Day) -> Time {
        let (month, of_month) = (i8::try_from(day.month).unwrap_or(1), i8::try_from(day.day).unwrap_or(1));
        let begins = jiff::civil::Date::new(day.year, month, of_month).and_then(|date| date.to_zoned(self.zone()));
        begins.map_or(Time(i64::MIN), |zoned| Time(zoned.timestamp().as_second()))
    }

    /// Says when, seen from now.
    pub(super) fn say(&self, w: &Words, time: Time, now: Time) -> When {
        let (then, now) = (self.at(time), self.at(now));
        let clock = format!("{:02}:{:02}", then.hour(), then.minute());
        let days = now.date().since(then.date()).map_or(i32::MAX, |span| span.get_days());
        let date = w.date(then.day(), then.month());
        let year = if then.year() == now.year() {
            String::new()
        } else {
            format!(" {}", then.year())
        };
        let weekday = w.weekday(then.weekday().to_monday_zero_offset());
        let (short, long, day) = match days {
            0 => (clock.clone(), format!("{}, {clock}", w.today), w.today_heading.to_owned()),
            1 => (clock.clone(), format!("{}, {clock}", w.yesterday), w.yesterday_heading.to_owned()),
            _ => (
                format!("{date}{year}"),
                format!("{date}{year}, {clock}"),
                format!("{weekday} {date}{year}"),
            ),
        };
        When {
            short,
            long,
            day,
            machine: self.at(time).timestamp().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;

    #[test]
    fn a_time_is_said_as_a_person_would() {
        let zone = Zone {
            machine: TimeZone::get("Europe/Paris").unwrap(),
            preferences: None,
        };
        assert!(Zone::is_known("Pacific/Auckland") && !Zone::is_known("Pacific/Atlantis"));
        assert!(Zone::names().iter().any(|name| name == "Pacific/Auckland"));
        // Wednesday 2026-05-06 09:30 in Paris.
        let now = Time(1_778_052_600);
        let say = |lang: Lang, ago: i64| zone.say(lang.words(), Time(now.0 - ago), now);
        assert_eq!(say(Lang::En, 60).short, "09:29");
        assert_eq!(say(Lang::En, 60).long, "today, 09:29");
        let late = say(Lang::Fr, 10 * 3600);
        assert_eq!(
            (late.short.as_str(), late.long.as_str(), late.day.as_str()),
            ("23:30", "hier, 23:30", "Hier")
        );
        let sunday = say(Lang::En, 3 * 86_400);
        assert_eq!((sunday.short.as_str(), sunday.day.as_str()), ("3 May", "Sunday 3 May"));
        assert_eq!(say(Lang::Fr, 5 * 86_400).day, "Vendredi 1er mai");
        assert_eq!(say(Lang::Fr, 400 * 86_400).short, "1er avril 2025");
        assert_eq!(say(Lang::En, -86_400).short, "7 May", "tomorrow, by a clock that is wrong");
        assert_eq!(zone.say(Lang::En.words(), Time(i64::MAX), now).machine, "1970-01-01T00:00:00Z");
    }
}
