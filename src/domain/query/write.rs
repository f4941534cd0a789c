//! Writing a query as text that reads as the same query.

use super::{Ago, Clause, Level, Place, Query, Span, Text, What};
use std::fmt;

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, clause) in self.clauses.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            clause.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.not {
            f.write_str("-")?;
        }
        match &self.what {
            What::Words(place, text) => write!(f, "{}{text}", operator(*place)),
            What::Tag(slug) => write!(f, "tag:{slug}"),
            What::Unread(unread) => f.write_str(if *unread { "is:unread" } else { "is:read" }),
            What::Answered => f.write_str("is:answered"),
            What::Starred => f.write_str("is:starred"),
            What::Done => f.write_str("is:done"),
            What::Has(thing) => write!(f, "has:{}", thing.as_str()),
            What::Before(span) => write!(f, "before:{span}"),
            What::After(span) => write!(f, "after:{span}"),
            What::Within(span) => write!(f, "date:{span}"),
            What::Padlock(padlock) => write!(f, "padlock:{}", padlock.as_str()),
            What::Privacy(order, Level::Points(points)) => write!(f, "privacy:{}{points}", order.as_str()),
            What::Privacy(order, Level::Letter(letter)) => write!(f, "privacy:{}{}", order.as_str(), letter.as_str()),
            What::Importance(order, level) => write!(f, "importance:{}{level}", order.as_str()),
        }
    }
}

fn operator(place: Place) -> &'static str {
    match place {
        Place::Anywhere => "",
        Place::From => "from:",
        Place::To => "to:",
        Place::With => "with:",
        Place::Subject => "subject:",
        Place::Body => "body:",
        Place::File => "file:",
        Place::List => "list:",
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) => f.write_str(text),
            Self::Exact(text) => write!(f, "\"{text}\""),
            Self::Prefix(text) => write!(f, "{text}*"),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{:04}-{:02}-{:02}", day.year, day.month, day.day),
            Self::Back(Ago::Days(0), _) => f.write_str("today"),
            Self::Back(Ago::Days(1), _) => f.write_str("yesterday"),
            Self::Back(Ago::Days(many), _) => write!(f, "{many}d"),
            Self::Back(Ago::Weeks(many), _) => write!(f, "{many}w"),
            Self::Back(Ago::Months(many), _) => write!(f, "{many}m"),
            Self::Back(Ago::Years(many), _) => write!(f, "{many}y"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Year(year) => write!(f, "{year:04}"),
        }
    }
}
