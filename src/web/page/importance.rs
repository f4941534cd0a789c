//! `/messages/ID/importance`: how important a message is, line by line, and who put its tags on it.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    tagging::Chip,
    tags::signed,
};
use crate::{
    domain::{
        id::MessageId,
        importance::{Line, LineId, Spam},
    },
    locale::Words,
    service::tags::Explained,
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/importance.html")]
struct Page {
    s: Shell,
    id: MessageId,
    level: String,
    lines: Vec<Row>,
    tags: Vec<(Chip, &'static str)>,
}

/// One line.
struct Row {
    id: &'static str,
    name: &'static str,
    points: String,
    /// For the eye: `won`, `minus`, `lost` or `unknown`.
    state: &'static str,
    reason: String,
}

/// `GET /messages/ID/importance`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0)?;
    let explained = site.services.tags.explain(id).await?;
    let s = Shell::of(&site, &visit, Section::Discussions);
    let w = s.w;
    shell::page(&Page {
        id,
        level: signed(explained.importance.level),
        lines: explained.importance.lines.iter().map(|line| row(w, &explained, line)).collect(),
        tags: explained
            .tags
            .iter()
            .map(|(mark, by)| (Chip::of(w, mark), w.tags.by(*by)))
            .collect(),
        s,
    })
}

fn row(w: &Words, explained: &Explained, line: &Line) -> Row {
    let (name, reason) = w.tags.line(line.id);
    Row {
        id: line.id.as_str(),
        name,
        points: if line.known {
            hundredths(w, line.points)
        } else {
            w.tags.not_known.to_owned()
        },
        state: match line.points {
            _ if !line.known => "unknown",
            0 => "lost",
            1.. => "won",
            _ => "minus",
        },
        reason: match line.id {
            _ if !line.known => w.tags.line_unknown.to_owned(),
            LineId::Spam => spam(w, explained.facts.spam),
            LineId::Tag => {
                let best = explained
                    .facts
                    .tag
                    .and_then(|(id, _)| explained.tags.iter().find(|(mark, _)| mark.id == id));
                best.map_or_else(
                    || reason.to_owned(),
                    |(mark, _)| w.tags.from_tag.replace("{name}", &Chip::of(w, mark).name),
                )
            }
            _ => reason.to_owned(),
        },
    }
}

fn spam(w: &Words, spam: Spam) -> String {
    let percent = |p: u16| {
        let said = w.tags.probability.replace("{n}", &w.number(u64::from(p) / 100));
        if p < 5_000 { format!("{said} {}", w.tags.spam_below) } else { said }
    };
    match spam {
        Spam::Unwanted => w.tags.owner_unwanted.to_owned(),
        Spam::Wanted => w.tags.owner_wanted.to_owned(),
        Spam::Quarantined(_) => w.tags.quarantined.to_owned(),
        Spam::Judged(p) => percent(p),
        Spam::Unknown => w.tags.line_unknown.to_owned(),
    }
}

/// "+1.65", "0", "−10".
fn hundredths(w: &Words, points: i32) -> String {
    let sign = match points {
        0 => "",
        1.. => "+",
        _ => "\u{2212}",
    };
    let (whole, rest) = (points.unsigned_abs() / 100, points.unsigned_abs() % 100);
    match rest {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}{}{rest:02}", w.decimal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;

    #[test]
    fn points_are_said_to_the_hundredth() {
        let say = |points| hundredths(Lang::En.words(), points);
        assert_eq!([say(165), say(-1_000), say(0), say(5)], ["+1.65", "\u{2212}10", "0", "+0.05"]);
        assert_eq!(hundredths(Lang::Fr.words(), -165), "\u{2212}1,65");
    }
}
