//! The lines of an index, set out for a page: by axis, each with its sum.

use super::{super::shell, account::asking};
use crate::{
    domain::privacy::{
        index::{Index, Kind, Line},
        message::{self, Advice, LineId, Reason},
    },
    locale::{Words, privacy},
};

/// One axis with its lines.
pub(super) struct Axis {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// "12 of 50"; for ceilings, what they take away.
    pub(super) sum: String,
    /// The share won, in hundredths.
    pub(super) share: i16,
    pub(super) lines: Vec<Row>,
}

/// One line.
pub(super) struct Row {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) points: String,
    /// For the eye: `won`, `part`, `lost`, `minus` or `unknown`.
    pub(super) state: &'static str,
    pub(super) reason: String,
    pub(super) tip: Option<String>,
    /// Where it is done, where a page of ours can.
    pub(super) tip_at: Option<String>,
    /// Whether it is only somebody's word.
    pub(super) claimed: bool,
}

impl Axis {
    /// An axis of these lines, each with what it won and could win.
    pub(super) fn of(w: &Words, id: &'static str, name: &'static str, lines: Vec<(Row, i16, i16)>) -> Self {
        let won: i16 = lines.iter().map(|(_, won, _)| won).sum();
        let possible: i16 = lines.iter().map(|(_, _, possible)| possible).sum();
        Self {
            id,
            name,
            sum: points(w, won, possible),
            share: if possible > 0 { (won.max(0) * 100) / possible } else { 0 },
            lines: lines.into_iter().map(|(row, ..)| row).collect(),
        }
    }
}

/// For the eye: how a line stands.
pub(super) fn state(known: bool, won: i16, possible: i16) -> &'static str {
    match (known, won) {
        (false, _) => "unknown",
        (true, ..0) => "minus",
        (true, won) if won == possible => "won",
        (true, 0) => "lost",
        (true, _) => "part",
    }
}

/// "7 of 9", or that it is not known.
pub(super) fn score(w: &Words, known: bool, won: i16, possible: i16) -> String {
    match (known, possible) {
        (true, _) => points(w, won, possible),
        (false, ..=0) => w.line_unknown.to_owned(),
        (false, _) => format!("{} · {}", w.line_unknown, points(w, 0, possible)),
    }
}

/// Every line, by axis; an axis without lines is left out.
pub(super) fn axes(w: &Words, index: &Index) -> Vec<Axis> {
    let axes = message::Axis::ALL.into_iter().filter_map(|axis| {
        let lines: Vec<&Line> = index.lines.iter().filter(|line| line.id.axis() == axis).collect();
        let rows = lines.iter().map(|line| (row(w, line), line.won, line.possible));
        (!lines.is_empty()).then(|| Axis::of(w, axis.as_str(), privacy::axis(w.lang, axis), rows.collect()))
    });
    axes.collect()
}

/// The sentence of the ceiling that an index is under; for an unknown one, that it is unknown.
pub(super) fn limit(w: &Words, index: &Index) -> Option<String> {
    if index.points.is_none() {
        return Some(privacy::unknown(w.lang).to_owned());
    }
    let ceiling = index.lines.iter().find(|line| line.id.axis() == message::Axis::Ceiling);
    ceiling.map(|line| privacy::reason(w.lang, line))
}

/// "7 of 9", "−23".
pub(super) fn points(w: &Words, won: i16, possible: i16) -> String {
    let won = if won < 0 {
        format!("\u{2212}{}", won.unsigned_abs())
    } else {
        won.to_string()
    };
    if possible == 0 {
        return won;
    }
    w.points_of.replace("{won}", &won).replace("{possible}", &possible.to_string())
}

fn row(w: &Words, line: &Line) -> Row {
    Row {
        id: line.id.as_str(),
        name: privacy::line(w.lang, line.id),
        points: score(w, line.known, line.won, line.possible),
        state: state(line.known, line.won, line.possible),
        reason: privacy::reason(w.lang, line),
        tip: line.tip.as_ref().map(|tip| privacy::tip(w.lang, tip)),
        tip_at: place(line),
        claimed: line.kind == Kind::Claimed,
    }
}

/// Where a tip is followed: what is about somebody, on their own page.
pub(super) fn place(line: &Line) -> Option<String> {
    let tip = line.tip.as_ref()?;
    let somebody = match &line.reason {
        Reason::Lacking(who, _) | Reason::Unverified(Some(who)) => Some(who.as_str()),
        _ => None,
    };
    match (tip.advice, somebody) {
        (Advice::CompareKeys, Some(who)) => Some(format!("/settings/keys/people/{}", shell::encoded(who))),
        (Advice::AddContact, Some(who)) => {
            let who: String = form_urlencoded::byte_serialize(who.as_bytes()).collect();
            Some(format!("/contacts/new?address={who}"))
        }
        // The line about compared keys names who has none that was compared, which may be somebody else.
        (Advice::AskForKey, Some(who)) if line.id == LineId::SenderKeys => Some(asking(who)),
        _ => tip.page.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            address::Address,
            fact::Fact::Known,
            privacy::{
                evidence::{Direction, Evidence, KeyState, Other},
                message::evaluate,
            },
        },
        locale::Lang,
    };

    #[test]
    fn a_tip_about_somebody_leads_to_them() {
        let other = |who: &str, known, key| Other {
            address: Address::parse(who).unwrap(),
            known: Known(known),
            key: Known(key),
            index: Known(50),
        };
        let places = |others: Vec<Other>| {
            let mut evidence = Evidence {
                direction: Direction::Out,
                ..Evidence::default()
            };
            evidence.social.others = others;
            let index = evaluate(&evidence);
            let at = |id: LineId| index.lines.iter().find(|line| line.id == id).and_then(place).unwrap_or_default();
            [LineId::SenderKnown, LineId::SenderKeys, LineId::SenderVerified].map(at)
        };
        let ann = || other("ann@x.test", true, KeyState::Usable);
        assert_eq!(places(vec![ann()]), ["", "", "/settings/keys/people/ann@x.test"]);
        let bob = other("bob+a@y.test", false, KeyState::Missing);
        assert_eq!(
            places(vec![ann(), bob]),
            [
                "/contacts/new?address=bob%2Ba%40y.test",
                "/write?to=bob%2Ba%40y.test&ask=key",
                "/settings/keys/people"
            ]
        );
    }

    #[test]
    fn every_line_is_on_the_page_and_none_twice() {
        let index = evaluate(&Evidence::default());
        for lang in Lang::ALL {
            let axes = axes(lang.words(), &index);
            let shown: Vec<&str> = axes.iter().flat_map(|axis| axis.lines.iter().map(|row| row.id)).collect();
            assert_eq!(shown, index.lines.iter().map(|line| line.id.as_str()).collect::<Vec<_>>());
            assert!(
                axes.iter()
                    .flat_map(|axis| &axis.lines)
                    .all(|row| row.state == "unknown" && !row.reason.is_empty())
            );
        }
        assert_eq!(points(Lang::En.words(), -23, 0), "−23");
        assert_eq!(points(Lang::Fr.words(), 7, 9), "7 sur 9");
    }
}
