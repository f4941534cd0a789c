//! Signs in where the links of a message lead.

use super::{LINKS, Message, sender::is_made_up, tables};
use crate::{
    codec::{
        hosts::registrable,
        html::{self, Place},
    },
    domain::spam::Sign,
};
use std::collections::BTreeSet;

/// The addresses on the web that stand in a plain text.
pub(super) fn in_text(text: &str) -> Vec<Place> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("http").filter(|_| found.len() < LINKS) {
        let word = rest.get(at..).unwrap_or_default();
        let end = word
            .find(|c: char| c.is_whitespace() || "<>\"'()[]".contains(c))
            .unwrap_or(word.len());
        let (word, after) = word.split_at_checked(end).unwrap_or((word, ""));
        found.extend(html::place(word.trim_end_matches(['.', ',', ';', ':', '!', '?']), ""));
        rest = if end == 0 { after.get(4..).unwrap_or_default() } else { after };
    }
    found
}

/// The signs of the links.
pub(super) fn signs(message: &Message<'_>, out: &mut Vec<Sign>) {
    for link in &message.links {
        one(message, link, out);
    }
    let owners: BTreeSet<String> = message.links.iter().map(|link| registrable(&link.host)).collect();
    if owners.is_empty() {
        return;
    }
    if owners.contains(&message.home) {
        let own = message.links.iter().filter(|link| registrable(&link.host) == message.home).count();
        if own * 2 >= message.links.len() && !tables::is_free_mail(&message.home) {
            out.push(Sign::LinksHome);
        }
        return;
    }
    if message.reading.list_id.is_none() {
        out.push(Sign::LinksElsewhere);
        let html = !message.surface.links.is_empty();
        let targets: BTreeSet<(&str, &str)> = message.links.iter().map(|link| (link.host.as_str(), link.rest.as_str())).collect();
        if targets.len() == 1 && html {
            out.push(Sign::OneTarget);
        }
    }
}

fn one(message: &Message<'_>, link: &Place, out: &mut Vec<Sign>) {
    let host = link.host.as_str();
    let domain = registrable(host);
    let stranger = domain != message.home;
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    let first = host.split('.').next().unwrap_or_default();
    let bound = message.reading.list_id.is_some();
    let imitates = || stranger && tables::is_imitated(host, &domain, |_| true);
    let checks = [
        (Sign::LinkDeceives, link.deceives && stranger && !bound),
        (Sign::LinkToNumber, address),
        (
            Sign::LinkPunycode,
            stranger && host.split('.').any(|label| label.starts_with("xn--")),
        ),
        (Sign::LinkShortened, tables::is_shortener(host) && !bound),
        (Sign::LinkFreeHost, stranger && tables::is_free_host(host) && !bound),
        (Sign::LinkCheap, stranger && tables::is_cheap(host)),
        (
            Sign::LinkDisguised,
            link.disguised || link.port.is_some_and(|port| !matches!(port, 80 | 443 | 8080 | 8443)),
        ),
        (Sign::LinkKnowsYou, stranger && !bound && knows_owner(message, link)),
        (Sign::LinkImitates, !bound && !address && imitates()),
        (
            Sign::LinkMadeUp,
            stranger
                && !bound
                && (is_made_up(domain.split('.').next().unwrap_or_default())
                    || (first.len() >= 12 && is_made_up(first) && tables::is_free_host(host))),
        ),
        (Sign::LinkForwards, stranger && !bound && forwards(link, &domain)),
    ];
    out.extend(checks.into_iter().filter(|(_, found)| *found).map(|(sign, _)| sign));
}

/// Whether a link carries the owner's address to where it leads, so that a page can greet with it. Behind a
/// `#` it is never for a server; in the query of a page for leaving a list it is.
fn knows_owner(message: &Message<'_>, link: &Place) -> bool {
    let (before, fragment) = link.rest.split_once('#').unwrap_or((link.rest.as_str(), ""));
    let lower = |text: &str| text.to_ascii_lowercase().replace("%40", "@");
    let (before, after) = (lower(before), lower(fragment));
    message.around.owner.iter().any(|owner| {
        let owner = owner.as_str();
        after.contains(owner) || (before.contains(owner) && !message.reading.bulk)
    }) || (fragment.contains('@') && fragment.contains('.'))
}

/// Whether a link's query holds another address on the web, of somebody else, behind a page that forwards.
fn forwards(link: &Place, domain: &str) -> bool {
    let rest = link.rest.to_ascii_lowercase().replace("%3a", ":").replace("%2f", "/");
    let known = [
        "google.",
        "bing.",
        "youtube.",
        "linkedin.",
        "facebook.",
        "baidu.",
        "doubleclick.",
        "duckduckgo.",
        "yahoo.",
        "msn.",
    ];
    let through = known.iter().any(|known| domain.starts_with(known));
    let inner = rest.find("http").filter(|at| *at > 1).and_then(|at| rest.get(at..));
    through && (inner.is_some_and(|inner| inner.contains("//")) || rest.starts_with("/amp/") || rest.starts_with("/url?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_plain_text() {
        let hosts: Vec<String> = in_text("see http://a.example/x, (https://b.example/?y) http:// httphttp https://c.example.")
            .into_iter()
            .map(|link| link.host)
            .collect();
        assert_eq!(hosts, ["a.example", "b.example", "c.example"]);
        assert!(in_text(&"http".repeat(10_000)).is_empty());
    }
}
