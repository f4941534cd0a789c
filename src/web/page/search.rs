//! `/search`: messages and contacts by a query; and `?tag=`, the discussions that carry a tag, where a click on a
//! tag leads.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
        when::When,
    },
    Badge, Lock, Named, Pager, calm,
    devices::viewer,
    tagging::{self, Chip},
    timeline::{self, Day},
};
use crate::{
    domain::{
        query::{self, Clause, Problem as Unread, Query, Thing, What},
        tag::System,
    },
    locale::{Words, search as said},
    service::{
        search::{Asked, By, Found, HITS, Hit, Piece, Scope},
        timeline::ROWS,
    },
};
use askama::Template;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/search_tag.html")]
struct Tagged {
    s: Shell,
    chip: Chip,
    found: String,
    days: Vec<Day>,
    names: Vec<Chip>,
    pager: Option<Pager>,
    house: bool,
    /// Whether it is the tag of what is not wanted.
    spam: bool,
    /// The same as a query that can be kept.
    kept: String,
}

#[derive(Template)]
#[template(path = "page/search.html")]
struct Page {
    s: Shell,
    /// The query said back; `None` where nothing was asked.
    sentence: Option<String>,
    problems: Vec<String>,
    results: String,
    rows: Vec<Row>,
    people: Vec<Contact>,
    more_people: Option<String>,
    scopes: Vec<Choice>,
    orders: Vec<Choice>,
    filters: Vec<Choice>,
    pager: Option<Pager>,
    behind: bool,
    nothing: bool,
    /// The query as it would be kept, and whether the most fitting come first.
    kept: (String, bool),
    /// The tags: to look at, where nothing was asked, and to put on what is ticked.
    names: Vec<Chip>,
}

/// A link that changes one thing about a search.
struct Choice {
    word: &'static str,
    href: String,
    on: bool,
}

/// A message that was found.
struct Row {
    hit: Hit,
    person: Option<Named>,
    chips: Vec<Chip>,
    when: When,
    badge: Badge,
    lock: Lock,
    files: Option<String>,
}

/// Somebody who was found.
struct Contact {
    person: Named,
    address: String,
    href: String,
}

/// `GET /search?q=&in=&order=&page=`, or `?tag=&page=`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let slug = visit.asked("tag");
    if slug.is_empty() {
        return find(&site, &visit).await;
    }
    let mut s = Shell::of(&site, &visit, Section::None);
    let w = s.w;
    let Some(id) = site.services.tags.of_slug(slug).await? else {
        let mut page = nothing(s, tagging::names(&site, w).await?);
        page.problems = vec![w.tags.unknown_tag.to_owned()];
        return shell::page(&page);
    };
    let page = site.services.tags.tagged(id, visit.page(), viewer(&site, &visit)).await?;
    let chip = Chip::of(w, &page.tag.mark);
    s.opens(&chip.name, chip.href.clone());
    let kept = Query {
        clauses: vec![Clause {
            not: false,
            what: What::Tag(page.tag.mark.slug.clone()),
        }],
    };
    let pager = (page.pages > 1).then(|| Pager::of(w, &chip.href, page.page, page.pages, ROWS, page.tag.discussions));
    shell::page(&Tagged {
        found: w.count(&w.tags.in_discussions, page.tag.discussions),
        days: timeline::days(&site, w, page.rows),
        names: tagging::names(&site, w).await?,
        house: page.tag.mark.system.is_some(),
        spam: page.tag.mark.system == Some(System::Spam),
        kept: kept.to_string(),
        pager,
        chip,
        s,
    })
}

/// The page before anything is asked.
fn nothing(s: Shell, names: Vec<Chip>) -> Page {
    Page {
        s,
        names,
        sentence: None,
        problems: Vec::new(),
        results: String::new(),
        rows: Vec::new(),
        people: Vec::new(),
        more_people: None,
        scopes: Vec::new(),
        orders: Vec::new(),
        filters: Vec::new(),
        pager: None,
        behind: false,
        nothing: false,
        kept: (String::new(), false),
    }
}

async fn find(site: &Arc<Site>, visit: &Visit) -> Result<Response, Problem> {
    let mut s = Shell::of(site, visit, Section::Search);
    let w = s.w;
    let typed = visit.asked("q");
    let zone = site.zone.clone();
    let (query, problems) = query::read(&typed, zone.day(site.now()));
    if query.clauses.is_empty() && problems.is_empty() {
        let mut page = nothing(s, tagging::names(site, w).await?);
        // Signs alone stand in no index.
        page.problems
            .extend((!typed.trim().is_empty()).then(|| w.search.no_word.to_owned()));
        return shell::page(&page);
    }
    let scope = match visit.asked("in").as_str() {
        "messages" => Scope::Messages,
        "contacts" => Scope::Contacts,
        _ => Scope::All,
    };
    let by = if visit.asked("order") == "fit" { By::Fit } else { By::Newest };
    if !query.clauses.is_empty() {
        s.opens(&query.to_string(), address(&query, scope, by));
    }
    let asked = Asked {
        query: query.clone(),
        scope,
        by,
        page: visit.page(),
        begins: Arc::new(move |day| zone.begins(day)),
    };
    let found = site.search(visit).find(asked).await?;
    let names = tagging::names(site, w).await?;
    let page = view(site, s, (&query, problems, scope, by), found);
    shell::page(&Page { names, ..page })
}

type Said<'q> = (&'q Query, Vec<Unread>, Scope, By);

fn view(site: &Site, s: Shell, (query, problems, scope, by): Said<'_>, found: Found) -> Page {
    let w = s.w;
    let here = address(query, scope, by);
    let unknown = found.unknown_tags.iter().map(|tag| w.search.unknown_tag.replace("{name}", tag));
    let more = found.people_total.saturating_sub(found.people.len());
    Page {
        sentence: (!query.clauses.is_empty()).then(|| said::sentence(w.lang, query)),
        problems: problems
            .iter()
            .map(|problem| said::problem(w.lang, problem))
            .chain(unknown)
            .collect(),
        results: w.count(&w.search.results, found.total),
        nothing: !query.clauses.is_empty() && found.total == 0 && found.people.is_empty(),
        pager: (found.pages > 1).then(|| Pager::of(w, &here, found.page, found.pages, HITS, found.total)),
        people: found.people.iter().map(|person| contact(w, person)).collect(),
        more_people: (more > 0).then(|| w.count(&w.search.more_people, more as u64)),
        rows: found.hits.into_iter().map(|hit| row(site, w, hit)).collect(),
        scopes: scopes(w, query, scope, by),
        orders: [(w.search.newest, By::Newest), (w.search.fitting, By::Fit)]
            .map(|(word, each)| Choice {
                word,
                href: address(query, scope, each),
                on: by == each,
            })
            .into(),
        filters: if scope == Scope::Contacts {
            Vec::new()
        } else {
            filters(w, query, scope, by)
        },
        behind: found.behind,
        names: Vec::new(),
        kept: (query.to_string(), by == By::Fit),
        s,
    }
}

/// Where a search that is kept stands.
pub(in crate::web) fn tab(query: &str, fit: bool) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("q", query);
    if fit {
        pairs.append_pair("order", "fit");
    }
    format!("/search?{}", pairs.finish())
}

/// Where a search stands.
pub(super) fn address(query: &Query, scope: Scope, by: By) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("q", &query.to_string());
    match scope {
        Scope::All => {}
        Scope::Messages => drop(pairs.append_pair("in", "messages")),
        Scope::Contacts => drop(pairs.append_pair("in", "contacts")),
    }
    if by == By::Fit {
        pairs.append_pair("order", "fit");
    }
    format!("/search?{}", pairs.finish())
}

fn scopes(w: &'static Words, query: &Query, scope: Scope, by: By) -> Vec<Choice> {
    let all = [Scope::All, Scope::Messages, Scope::Contacts];
    let choice = |(each, word): (Scope, &'static str)| Choice {
        word,
        href: address(query, each, by),
        on: each == scope,
    };
    all.into_iter().zip(w.search.scopes).map(choice).collect()
}

/// Conditions that a click adds, or takes away where they are there.
fn filters(w: &'static Words, query: &Query, scope: Scope, by: By) -> Vec<Choice> {
    let yes = |what| Clause { not: false, what };
    let no_spam = Clause {
        not: true,
        what: What::Tag(System::Spam.slug().to_owned()),
    };
    let choices = [
        (w.search.unread, yes(What::Unread(true))),
        (w.search.attachment, yes(What::Has(Thing::Attachment))),
        (w.search.tracker, yes(What::Has(Thing::Tracker))),
        (w.search.no_spam, no_spam),
    ];
    let choice = |(word, clause): (&'static str, Clause)| {
        let mut query = query.clone();
        let on = query.clauses.contains(&clause);
        query.clauses.retain(|known| *known != clause);
        if !on {
            query.clauses.push(clause);
        }
        Choice {
            word,
            href: address(&query, scope, by),
            on,
        }
    };
    choices.map(choice).into()
}

fn contact(w: &Words, person: &crate::service::view::Person) -> Contact {
    let address = person.address.to_string();
    let query = Query {
        clauses: vec![Clause {
            not: false,
            what: What::Words(query::Place::With, query::Text::Exact(address.replace('"', ""))),
        }],
    };
    Contact {
        person: Named::of(w, person),
        href: self::address(&query, Scope::Messages, By::Newest),
        address,
    }
}

fn row(site: &Site, w: &Words, mut hit: Hit) -> Row {
    let quiet = |pieces: &mut Vec<Piece>| pieces.iter_mut().for_each(|piece| piece.text = calm(&piece.text));
    quiet(&mut hit.subject);
    quiet(&mut hit.excerpt);
    let files = if hit.maybe_more { &w.search.files_at_least } else { &w.files };
    Row {
        person: hit.from.as_ref().map(|person| Named::of(w, person)),
        chips: tagging::chips(w, &hit.tags),
        when: site.zone.say(w, hit.received, site.now()),
        badge: Badge::of(hit.index),
        lock: Lock::of(w, hit.padlock),
        files: (hit.attachments > 0).then(|| w.count(files, hit.attachments.into())),
        hit,
    }
}
