//! `/reports`: who sends as the owner, and how mail reaches them, as other mail services report it.

use super::super::{
    Site,
    problem::Problem,
    shell::{self, Section, Shell},
    visit::Visit,
};
use super::calm;
use crate::{
    domain::{
        id::MessageId,
        report::{From, Says, Summary, Told},
        tls_report::Fate,
    },
    locale::{
        reports::{self, ReportWords},
        tls_reports::{self, TlsReportWords},
    },
    service::tls_reports::Given,
};
use askama::Template;
use std::{collections::BTreeSet, sync::Arc};
use warp::reply::Response;

/// Addresses that the page shows.
const SHOWN: usize = 100;
/// Names in one sentence.
const NAMES: usize = 5;

#[derive(Template)]
#[template(path = "page/reports.html")]
struct Page {
    s: Shell,
    r: &'static ReportWords,
    intro: String,
    /// How many messages, and from how many reports; `None` where there is none.
    sum: Option<String>,
    counted: String,
    from: Vec<Row>,
    /// What to do where nothing shows that a message was the owner's.
    advice: Option<(&'static str, String)>,
    way: Option<String>,
    troubles: Vec<(String, &'static str)>,
    listed: Vec<Listed>,
    t: &'static TlsReportWords,
    given: Vec<GivenRow>,
    records: [(String, String); 2],
}

struct Row {
    address: String,
    what: String,
    says: Vec<String>,
    bad: bool,
}

struct Listed {
    message: MessageId,
    by: String,
    sender: String,
    about: &'static str,
    period: String,
    vouched: bool,
}

/// A report that this box gave.
struct GivenRow {
    about: String,
    says: String,
    to: Vec<String>,
}

/// `GET /reports`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let s = Shell::of(&site, &visit, Section::None);
    let (w, r) = (s.w, reports::words(s.w.lang));
    let service = &site.services.reports;
    let overview = service.overview().await?;
    let (summary, domain) = (&overview.summary, service.domain());
    let (passed, failed) = summary.messages();
    let sum = (passed + failed > 0).then(|| {
        let parts = [(passed, &r.confirmed), (failed, &r.unconfirmed)];
        let said = parts
            .iter()
            .filter(|(n, _)| *n > 0 || passed == 0)
            .map(|(n, phrase)| w.count(phrase, *n));
        said.collect::<Vec<_>>().join(", ") + "."
    });
    let given = site.services.tls_reports.given().await?;
    let t = tls_reports::words(s.w.lang);
    let dmarc = format!("v=DMARC1; p=reject; rua=mailto:{}", service.address());
    let strict = format!("_dmarc.{domain} TXT \"{dmarc}\"");
    shell::page(&Page {
        intro: r.intro.replace("{domain}", domain),
        sum,
        counted: counted(&s, r, summary),
        from: summary.from.iter().take(SHOWN).map(|from| row(&s, r, from)).collect(),
        advice: (failed > 0).then(|| (r.known_yes, r.known_no.replace("{record}", &strict))),
        way: (summary.good + summary.bad > 0).then(|| {
            let parts = [(summary.good, &r.encrypted), (summary.bad, &r.trouble)];
            let said = parts.iter().filter(|(n, _)| *n > 0).map(|(n, phrase)| w.count(phrase, *n));
            said.collect::<Vec<_>>().join(", ") + "."
        }),
        troubles: summary
            .troubles
            .iter()
            .map(|trouble| {
                let count = w.number(trouble.sessions);
                let at = r.at.replace("{host}", &calm(&trouble.host));
                let name = if trouble.host.is_empty() {
                    count
                } else {
                    format!("{count} × {at}")
                };
                (name, r.wrong(trouble.what))
            })
            .take(SHOWN)
            .collect(),
        listed: overview
            .listed
            .iter()
            .map(|(message, told)| listed(&site, &s, r, *message, told))
            .collect(),
        given: given.iter().map(|given| given_row(&site, &s, t, given)).collect(),
        t,
        records: [
            (format!("_dmarc.{domain}"), dmarc.replace("p=reject", "p=none")),
            (
                format!("_smtp._tls.{domain}"),
                format!("v=TLSRPTv1; rua=mailto:{}", service.address()),
            ),
        ],
        r,
        s,
    })
}

fn counted(s: &Shell, r: &ReportWords, summary: &Summary) -> String {
    let counts = [(summary.counted, &r.reports), (summary.unvouched, &r.unvouched)];
    let said = counts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, phrase)| s.w.count(phrase, *n as u64));
    said.collect::<Vec<_>>().join(" ")
}

/// Some names of a report, in one line.
fn names(all: &BTreeSet<String>) -> String {
    let some: Vec<String> = all
        .iter()
        .filter(|name| !name.is_empty())
        .take(NAMES)
        .map(|name| calm(name))
        .collect();
    some.join(", ")
}

fn row(s: &Shell, r: &ReportWords, from: &From) -> Row {
    let others = from.through.difference(&from.authors).cloned().collect();
    let (authors, through) = (names(&from.authors), names(&others));
    let mut what = r.named.replace("{names}", &authors);
    if !through.is_empty() {
        what = format!("{what}, {}", r.through.replace("{names}", &through));
    }
    let mut says = Vec::new();
    if from.delivered > 0 {
        says.push(s.w.count(&r.arrived, from.delivered));
    }
    if from.put_aside + from.refused > 0 {
        says.push(s.w.count(&r.stopped, from.put_aside + from.refused));
    }
    if from.passed > 0 {
        says.push(s.w.count(&r.yours, from.passed));
    }
    Row {
        address: from.address.to_string(),
        what,
        says,
        bad: from.delivered > 0,
    }
}

fn given_row(site: &Site, s: &Shell, t: &TlsReportWords, given: &Given) -> GivenRow {
    let day = site.zone.say(s.w, given.day, site.now()).day;
    let says = [(given.good, &t.good), (given.bad, &t.bad)];
    let says = says
        .iter()
        .filter(|(n, _)| *n > 0 || given.good + given.bad == 0)
        .map(|(n, phrase)| s.w.count(phrase, *n));
    let to = |(place, fate): &(String, Fate)| t.to.replace("{fate}", t.fate(*fate)).replace("{place}", &calm(place));
    GivenRow {
        about: t.about.replace("{day}", &day).replace("{domain}", &calm(&given.domain)),
        says: says.collect::<Vec<_>>().join(", ") + ".",
        to: given.to.iter().map(to).collect(),
    }
}

fn listed(site: &Site, s: &Shell, r: &ReportWords, message: MessageId, told: &Told) -> Listed {
    let day = |time| site.zone.say(s.w, time, site.now()).day;
    let (begin, end) = (day(told.report.begin), day(told.report.end));
    Listed {
        message,
        by: calm(&told.report.by),
        sender: told.sender.clone(),
        about: match told.report.says {
            Says::Senders(_) => r.about_senders,
            Says::Tls { .. } => r.about_tls,
        },
        period: if begin == end { begin } else { format!("{begin} – {end}") },
        vouched: told.vouched,
    }
}
