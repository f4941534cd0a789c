//! What searching costs, inside one process: indexing a message, the size of the index after a merge, and the time
//! of queries. Prints one JSON object; `bench/search.py` makes the mail, and asks others the same.
//!
//!     search FOLDER MAIL QUERIES ROUNDS
//!
//! MAIL holds messages that end in a zero octet, QUERIES a kind, a tab and a query on each line.

// A measurement says what went wrong by panicking, and its figures on stdout.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::indexing_slicing)]

use caliopen::{
    app::Services,
    codec::{mime, search as words},
    domain::{
        query::{Day, Place, Query, Text, What, read},
        time::Time,
    },
    net::clock::Clock,
    service::{
        search::{Asked, By, Scope},
        setup,
    },
    store::{
        front::FrontFile,
        mail::Snapshot,
        search::{self as kept, Kind, Matcher, Want, Within, block},
        slots::Opening,
        vault::{Open, Vault},
    },
};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Instant};

const TODAY: Day = Day {
    year: 2026,
    month: 11,
    day: 25,
};

fn query(text: &str) -> Query {
    read(text, TODAY).0
}

/// The same words that the others are asked for: no other forms of them.
fn wants(query: &Query) -> Vec<Want> {
    let want = |what: &What| {
        let What::Words(Place::Anywhere, text) = what else {
            panic!("words only")
        };
        let matcher = |word| {
            if matches!(text, Text::Prefix(_)) {
                Matcher::Prefix(word)
            } else {
                Matcher::Is(word)
            }
        };
        let matchers = words::tokens(text.as_str()).map(|(_, word)| matcher(word)).collect();
        Want {
            not: false,
            kind: Kind::Words(Within::Anywhere, matchers),
        }
    };
    query.clauses.iter().map(|clause| want(&clause.what)).collect()
}

fn milliseconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e3
}

fn at(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

/// Merges all that waits; gives the seconds that it took.
fn merge(open: &Arc<Open>) -> f64 {
    let began = Instant::now();
    let writing = open.clone();
    while kept::merge(&writing, 4_096, |generation, changes| {
        let write = writing.writer.write(move |tables| kept::apply(tables, generation, &changes));
        tokio::runtime::Handle::current().block_on(write)
    })
    .unwrap()
        > 0
    {}
    milliseconds(began) / 1e3
}

async fn measure(folder: &Path, mail: &[Vec<u8>], queries: &[(String, String)], rounds: usize) -> String {
    setup::make(folder, "home.test", "me@home.test", "word").unwrap().vault.lock();
    let file = Arc::new(FrontFile::open(folder).unwrap());
    let front = file.read().unwrap().unwrap();
    let (vault, clock) = (Vault::locked(folder), Clock::fixed(Time(1_700_000_000)));
    let services = Services::new(&vault, &file, &front, &clock).unwrap();
    vault.unlock(&Opening::Typed("word")).unwrap();
    let open = vault.open().unwrap();

    let readings: Vec<_> = mail.iter().take(2_000).map(|raw| mime::read(raw)).collect();
    let began = Instant::now();
    let rows: usize = readings.iter().map(|reading| block::row(&words::index(reading, false)).len()).sum();
    let indexing = milliseconds(began) / readings.len() as f64;
    drop(readings);

    let mut text = 0;
    for (n, raw) in mail.iter().enumerate() {
        let reading = mime::read(raw);
        text += reading.text.len() + reading.subject.len();
        let kept = services
            .receive
            .import(raw.clone(), Some(Time(1_600_000_000 + n as i64 * 60)), true);
        kept.await.unwrap();
    }
    let before = open.clone();
    let merging = tokio::task::spawn_blocking(move || merge(&before)).await.unwrap();
    let octets = Snapshot::of(&open).unwrap().index_octets().unwrap();

    let mut kinds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut pages = Vec::new();
    for (kind, text) in queries {
        let asked = query(text);
        let mut times = Vec::new();
        for _ in 0..rounds {
            let began = Instant::now();
            let snapshot = Snapshot::of(&open).unwrap();
            std::hint::black_box(kept::answer(&snapshot, &wants(&asked), None, By::Newest, (0, 50)).unwrap());
            times.push(milliseconds(began));
        }
        times.sort_by(f64::total_cmp);
        kinds.entry(kind).or_default().push(at(&times, 0.5));
        let whole = Asked {
            query: asked,
            scope: Scope::All,
            by: By::Newest,
            page: 1,
            begins: Arc::new(|_| Time(0)),
        };
        let began = Instant::now();
        services.search.find(whole).await.unwrap();
        pages.push(milliseconds(began));
    }
    pages.sort_by(f64::total_cmp);
    let medians = kinds.into_iter().map(|(kind, mut times)| {
        times.sort_by(f64::total_cmp);
        format!("\"{kind}\": {:.4}", at(&times, 0.5))
    });
    format!(
        "{{\"messages\": {}, \"text\": {text}, \"octets\": {octets}, \"row\": {}, \"indexing_ms\": {indexing:.4}, \"merging_s\": {merging:.2}, \
         \"page_p95_ms\": {:.3}, \"medians\": {{{}}}}}",
        mail.len(),
        rows / mail.len().clamp(1, 2_000),
        at(&pages, 0.95),
        medians.collect::<Vec<_>>().join(", ")
    )
}

fn main() {
    let arguments: Vec<String> = std::env::args().filter(|argument| argument != "--bench").collect();
    let [_, folder, mail, queries, rounds] = arguments.as_slice() else {
        return;
    };
    let mail = std::fs::read(mail).unwrap();
    let mail: Vec<Vec<u8>> = mail
        .split(|octet| *octet == 0)
        .filter(|raw| !raw.is_empty())
        .map(<[u8]>::to_vec)
        .collect();
    let queries = std::fs::read_to_string(queries).unwrap();
    let queries: Vec<(String, String)> = queries
        .lines()
        .filter_map(|line| line.split_once('\t').map(|(kind, query)| (kind.to_owned(), query.to_owned())))
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!(
        "{}",
        runtime.block_on(measure(Path::new(folder), &mail, &queries, rounds.parse().unwrap()))
    );
}
