//! Times as a person says them: "14:02" today, "yesterday", "3 May", in the owner's zone (`service::zone`).

pub(super) use crate::service::zone::Zone;
use crate::{domain::time::Time, locale::Words};

/// A time, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct When {
    /// Short: for a row under its day. "14:02", "18:47", "3 May", "3 May 2024".
    pub(super) short: String,
    /// For a row that stands under no day. "14:02", "yesterday", "3 May", "3 May 2024".
    pub(super) row: String,
    /// Long: for a message. "today, 14:02", "3 May 2026, 14:02".
    pub(super) long: String,
    /// Inside a sentence. "today, 14:02", "3 May, at 14:02", « le 3 mai à 14:02 ».
    pub(super) moment: String,
    /// Its day: for a group of rows. "Today", "Yesterday", "Saturday 3 May".
    pub(super) day: String,
    /// For machines (RFC 3339, UTC).
    pub(super) machine: String,
}

impl Zone {
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
            moment: match days {
                0 => w.moment(w.today, &clock, true),
                1 => w.moment(w.yesterday, &clock, true),
                _ => w.moment(&short, &clock, false),
            },
            row: if days == 1 { w.yesterday.to_owned() } else { short.clone() },
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
        let zone = Zone::named("Europe/Paris");
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
        assert_eq!((late.row.as_str(), say(Lang::En, 60).row.as_str()), ("hier", "09:29"));
        let sunday = say(Lang::En, 3 * 86_400);
        assert_eq!((sunday.short.as_str(), sunday.day.as_str()), ("3 May", "Sunday 3 May"));
        assert_eq!(say(Lang::Fr, 5 * 86_400).day, "Vendredi 1er mai");
        assert_eq!(
            [60, 86_400, 5 * 86_400].map(|ago| say(Lang::Fr, ago).moment),
            ["aujourd’hui à 09:29", "hier à 09:30", "le 1er mai à 09:30"]
        );
        assert_eq!(say(Lang::En, 5 * 86_400).moment, "1 May, at 09:30");
        assert_eq!(say(Lang::Fr, 400 * 86_400).short, "1er avril 2025");
        assert_eq!(say(Lang::En, -86_400).short, "7 May", "tomorrow, by a clock that is wrong");
        assert_eq!(zone.say(Lang::En.words(), Time(i64::MAX), now).machine, "1970-01-01T00:00:00Z");
    }
}
