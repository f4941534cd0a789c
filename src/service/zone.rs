//! The zone in which the owner's days begin and end: the one that they prefer, else the machine's (`TZ`, else
//! `/etc/localtime`, else UTC). It is asked for at each time, so that a change holds from the next moment on.
//!
//! What is counted by the day is counted by the owner's day; the number of a day that was counted stays what it was when
//! they move to another zone. Words for times are a page's (`web::when`).

use super::preferences::Preferences;
use crate::domain::{query::Day, time::Time};
use jiff::{Timestamp, ToSpan, Zoned, civil::Date, tz::TimeZone};

/// The first day that is counted from: 1970-01-01.
const FIRST: Date = jiff::civil::date(1970, 1, 1);

/// The owner's zone; cheap to clone.
#[derive(Clone)]
pub struct Zone {
    machine: TimeZone,
    preferences: Option<Preferences>,
}

impl Zone {
    /// The zone that is preferred, else the one of this machine, UTC where that cannot be told.
    pub fn preferred(preferences: Preferences) -> Self {
        Self {
            machine: TimeZone::try_system().unwrap_or(TimeZone::UTC),
            preferences: Some(preferences),
        }
    }

    /// A zone by its name, whatever is preferred; UTC where there is none of that name.
    pub fn named(name: &str) -> Self {
        Self {
            machine: TimeZone::get(name).unwrap_or(TimeZone::UTC),
            preferences: None,
        }
    }

    /// Whether there is a zone of this name.
    pub fn is_known(name: &str) -> bool {
        name.len() < 64 && TimeZone::get(name).is_ok()
    }

    /// The names of all zones that people choose from, in order: those of places, and UTC.
    pub fn names() -> Vec<String> {
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

    /// A time as clocks show it there; that of 1970 for one that no calendar holds.
    pub fn at(&self, time: Time) -> Zoned {
        Timestamp::from_second(time.0)
            .unwrap_or(Timestamp::UNIX_EPOCH)
            .to_zoned(self.zone())
    }

    /// The day of a time.
    pub fn day(&self, time: Time) -> Day {
        let at = self.at(time).date();
        let (month, day) = (at.month().unsigned_abs(), at.day().unsigned_abs());
        Day::new(at.year(), month, day).unwrap_or(Day {
            year: 1970,
            month: 1,
            day: 1,
        })
    }

    /// The number of the day of a time, counted from 1970-01-01.
    pub fn number(&self, time: Time) -> i64 {
        FIRST.until(self.at(time).date()).map_or(0, |span| span.get_days().into())
    }

    /// Noon of the day of a number: a time by which it can be said. That of 1970 for one that no calendar holds.
    pub fn noon(&self, number: i64) -> Time {
        let date = FIRST.checked_add(i32::try_from(number).unwrap_or(0).days()).unwrap_or(FIRST);
        let noon = date.at(12, 0, 0, 0).to_zoned(self.zone());
        noon.map_or(Time(0), |zoned| Time(zoned.timestamp().as_second()))
    }

    /// When a day begins; the beginning of time for one that this calendar cannot place.
    pub fn begins(&self, day: Day) -> Time {
        let (month, of_month) = (i8::try_from(day.month).unwrap_or(1), i8::try_from(day.day).unwrap_or(1));
        let begins = Date::new(day.year, month, of_month).and_then(|date| date.to_zoned(self.zone()));
        begins.map_or(Time(i64::MIN), |zoned| Time(zoned.timestamp().as_second()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_owners_wherever_they_are() {
        // 2024-01-01 12:00 in London.
        let noon = Time(1_704_110_400);
        let (utc, east, west) = (Zone::named("UTC"), Zone::named("Pacific/Auckland"), Zone::named("Pacific/Honolulu"));
        assert_eq!((utc.number(noon), east.number(noon), west.number(noon)), (19_723, 19_724, 19_723));
        assert_eq!(utc.number(Time(noon.0 + 12 * 3600 - 1)), 19_723);
        assert_eq!(west.number(Time(noon.0 - 3 * 3600)), 19_722);
        for zone in [&utc, &east, &west, &Zone::named("America/Sao_Paulo")] {
            for number in [-400, 0, 1, 19_723, 30_000] {
                assert_eq!(zone.number(zone.noon(number)), number);
            }
        }
        assert!(Zone::is_known("Pacific/Auckland") && !Zone::is_known("Pacific/Atlantis"));
        assert!(Zone::names().iter().any(|name| name == "Pacific/Auckland"));
        assert_eq!(utc.noon(i64::MAX), Time(43_200));
        assert_eq!(utc.number(Time(i64::MAX)), 0);
    }
}
