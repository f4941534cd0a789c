//! `/settings/rules`: the owner's rules in their order, each on a page of its own that shows what it would match.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
        when::When,
    },
    calm,
    tagging::{self, Chip},
    tags::{levels, signed},
};
use crate::{
    domain::{
        id::{MessageId, RuleId, TagId},
        rule::{Condition, Field, How, MAX_CONDITIONS, Rule},
    },
    locale::Words,
    service::rules::{Match, Run},
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

/// A rule in the list.
struct Row {
    id: RuleId,
    name: String,
    on: bool,
    when: String,
    chips: Vec<Chip>,
    importance: Option<String>,
    first: bool,
    last: bool,
    /// Where a message is asked about: whether the rule matches it.
    matches: Option<bool>,
}

/// The form of a rule.
struct Form {
    rule: Rule,
    names: Vec<Chip>,
    error: Option<&'static str>,
}

/// A condition in the form.
struct ConditionRow {
    at: usize,
    fields: Vec<(&'static str, &'static str, bool)>,
    hows: Vec<(&'static str, &'static str, bool)>,
    text: String,
}

impl Form {
    /// The conditions that there are, and room for more.
    fn conditions(&self, w: &Words) -> Vec<ConditionRow> {
        let many = (self.rule.conditions.len() + 1).clamp(2, MAX_CONDITIONS);
        let row = |at: usize| {
            let condition = self.rule.conditions.get(at);
            let (field, how) = condition.map_or((Field::default(), How::default()), |known| (known.field, known.how));
            ConditionRow {
                at,
                fields: Field::ALL.map(|one| (one.as_str(), w.tags.field(one), one == field)).to_vec(),
                hows: How::ALL.map(|one| (one.as_str(), w.tags.how(one), one == how)).to_vec(),
                text: condition.map_or_else(String::new, |known| known.text.clone()),
            }
        };
        (0..many).map(row).collect()
    }

    fn has(&self, tag: &TagId) -> bool {
        self.rule.tags.contains(tag)
    }

    fn levels(&self) -> Vec<(i8, String, bool)> {
        levels(self.rule.importance)
    }
}

/// What was typed.
fn typed(visit: &Visit) -> Rule {
    let conditions = (0..MAX_CONDITIONS).filter_map(|at| {
        let text = visit.field(&format!("text{at}"));
        (!text.trim().is_empty()).then(|| Condition {
            field: Field::of_word(visit.field(&format!("field{at}"))).unwrap_or_default(),
            how: How::of_word(visit.field(&format!("how{at}"))).unwrap_or_default(),
            text: text.to_owned(),
        })
    });
    let tags = visit.form.iter().filter(|(name, _)| name == "t");
    Rule {
        name: visit.field("name").to_owned(),
        on: visit.field("off").is_empty(),
        all: visit.field("all") == "1",
        conditions: conditions.collect(),
        tags: tags.filter_map(|(_, value)| value.parse().ok()).collect(),
        importance: visit.field("importance").parse().unwrap_or(0),
    }
}

/// A rule in a sentence: its conditions.
fn sentence(w: &Words, rule: &Rule) -> String {
    let conditions = rule.conditions.iter().map(|condition| {
        format!(
            "{} {} {}",
            w.tags.field(condition.field),
            w.tags.how(condition.how),
            w.tags.quoted(&condition.text)
        )
    });
    conditions
        .collect::<Vec<_>>()
        .join(if rule.all { w.tags.both } else { w.tags.either })
}

#[derive(Template)]
#[template(path = "page/rules.html")]
struct ListPage {
    s: Shell,
    rows: Vec<Row>,
    form: Form,
    message: Option<MessageId>,
    running: Option<String>,
}

async fn list(site: &Site, visit: &Visit, rule: Rule, error: Option<&'static str>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::None);
    let w = s.w;
    let message: Option<MessageId> = visit.asked("message").parse().ok();
    let about = match message {
        Some(id) => Some(site.services.rules.about(id).await?),
        None => None,
    };
    let rules = site.services.rules.list().await?;
    let names = tagging::names(site, w).await?;
    let many = rules.len();
    let rows = rules.into_iter().enumerate().map(|(at, (id, rule))| Row {
        id,
        when: sentence(w, &rule),
        chips: some(&rule.tags, &names),
        importance: (rule.importance != 0).then(|| signed(rule.importance)),
        first: at == 0,
        last: at + 1 == many,
        matches: about.as_ref().map(|about| about.contains(&id)),
        name: if rule.name.is_empty() {
            w.tags.rule_unnamed.to_owned()
        } else {
            rule.name
        },
        on: rule.on,
    });
    let page = ListPage {
        rows: rows.collect(),
        running: running(site, w).await?,
        form: Form { rule, names, error },
        message,
        s,
    };
    refused(shell::page(&page)?, error.is_some())
}

fn some(tags: &[TagId], names: &[Chip]) -> Vec<Chip> {
    names.iter().filter(|chip| tags.contains(&chip.id)).cloned().collect()
}

async fn running(site: &Site, w: &Words) -> Result<Option<String>, Problem> {
    Ok(match site.services.rules.progress().await? {
        Run::Idle => None,
        Run::Going { done, all } => {
            let phrase = w.tags.running.replace("{done}", &w.number(done));
            Some(phrase.replace("{all}", &w.number(all)))
        }
    })
}

fn refused(mut response: Response, refused: bool) -> Result<Response, Problem> {
    if refused {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `GET /settings/rules?message=`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    list(&site, &visit, Rule::default(), None).await
}

/// `POST /settings/rules`
pub(in crate::web) async fn create(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let w = visit.lang.words();
    let rule = typed(&visit);
    match rule.clone().checked() {
        Err(error) => list(&site, &visit, rule, Some(w.tags.rule_error(error))).await,
        Ok(checked) => match site.services.rules.put(None, &checked).await? {
            None => list(&site, &visit, rule, Some(w.tags.rule_too_many)).await,
            Some(id) => Ok(shell::see_other(&format!("/settings/rules/{id}"))),
        },
    }
}

/// `POST /settings/run-rules`
pub(in crate::web) async fn run(site: Arc<Site>, _visit: Visit) -> Result<Response, Problem> {
    site.services.rules.run().await?;
    Ok(shell::see_other("/settings/rules"))
}

/// `POST /settings/rules/ID/do`
pub(in crate::web) async fn act(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (rules, id) = (&site.services.rules, visit.number(0)?);
    match visit.field("do") {
        "up" => rules.shift(id, true).await?,
        "down" => rules.shift(id, false).await?,
        "on" => rules.turn(id, true).await?,
        "off" => rules.turn(id, false).await?,
        "delete" => rules.delete(id).await?,
        _ => return Err(Problem::NoForm),
    }
    Ok(shell::see_other("/settings/rules"))
}

/// A message that a rule is about.
struct Found {
    id: MessageId,
    from: String,
    subject: String,
    when: When,
}

#[derive(Template)]
#[template(path = "page/rule.html")]
struct OnePage {
    s: Shell,
    id: RuleId,
    title: String,
    form: Form,
    matched: String,
    found: Vec<Found>,
}

async fn one(site: &Site, visit: &Visit, id: RuleId, rule: Rule, error: Option<&'static str>) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::None);
    let (w, now) = (s.w, site.now());
    let matches = site.services.rules.matches(rule.clone()).await?;
    let many = matches.len() as u64;
    let found = matches.into_iter().map(
        |Match {
             id,
             from,
             subject,
             received,
         }| Found {
            id,
            from: calm(&from),
            subject: Some(calm(&subject))
                .filter(|subject| !subject.is_empty())
                .unwrap_or_else(|| w.no_subject.to_owned()),
            when: site.zone.say(w, received, now),
        },
    );
    let page = OnePage {
        id,
        title: if rule.name.is_empty() {
            w.tags.rule_unnamed.to_owned()
        } else {
            rule.name.clone()
        },
        matched: if many == 0 {
            w.tags.would_match_none.to_owned()
        } else {
            w.count(&w.tags.would_match, many)
        },
        found: found.collect(),
        form: Form {
            names: tagging::names(site, w).await?,
            rule,
            error,
        },
        s,
    };
    refused(shell::page(&page)?, error.is_some())
}

/// `GET /settings/rules/ID`
pub(in crate::web) async fn show_one(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0)?;
    let rule = site.services.rules.rule(id).await?;
    one(&site, &visit, id, rule, None).await
}

/// `POST /settings/rules/ID`
pub(in crate::web) async fn change(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (w, id) = (visit.lang.words(), visit.number(0)?);
    let before = site.services.rules.rule(id).await?;
    let rule = Rule {
        on: before.on,
        ..typed(&visit)
    };
    match rule.clone().checked() {
        Err(error) => one(&site, &visit, id, rule, Some(w.tags.rule_error(error))).await,
        Ok(checked) => {
            site.services.rules.put(Some(id), &checked).await?.ok_or(Problem::NotFound)?;
            Ok(shell::see_other(&format!("/settings/rules/{id}")))
        }
    }
}
