//! A query as conditions that the store can answer.

use super::{super::Error, Asked, exact};
use crate::{
    codec::search::{Family, LONGEST, Region, fact, tokens, typed},
    domain::{
        fold::fold,
        query::{Place, Query, Text, What},
        shelf::Shelf,
        tag::{System, slug},
    },
    store::{
        mail::Snapshot,
        search::{Kind, Matcher, Want, Within},
    },
};

/// Cards whose name a word may stand for.
const CARDS: usize = 20;

/// What is seen of a message whose text is masked.
const SEEN: [Region; 4] = [Region::From, Region::To, Region::Subject, Region::List];

/// What a query becomes.
pub(super) struct Plan {
    pub(super) wants: Vec<Want>,
    pub(super) unknown_tags: Vec<String>,
}

/// The same query, as far as it may be asked of messages whose text is masked: their words are not looked at, neither to
/// find them nor to leave them out. `None` where it asks for no text, and nothing changes.
pub(super) fn veiled(snapshot: &Snapshot, asked: &Asked) -> Result<Option<Vec<Want>>, Error> {
    let hidden = |what: &What| matches!(what, What::Words(Place::Anywhere | Place::Body | Place::File, _));
    if !asked.query.clauses.iter().any(|clause| hidden(&clause.what)) {
        return Ok(None);
    }
    let mut seen = Asked {
        query: Query::default(),
        ..asked.clone()
    };
    let mut wants = Vec::new();
    for clause in &asked.query.clauses {
        match &clause.what {
            What::Words(Place::Anywhere, text) => wants.push(Want {
                not: clause.not,
                kind: Kind::Words(Within::Regions(SEEN.to_vec()), matchers(text)),
            }),
            // What is in them is not known.
            What::Words(Place::Body | Place::File, _) if clause.not => {}
            What::Words(Place::Body | Place::File, _) => wants.push(Want {
                not: false,
                kind: Kind::Any(Vec::new()),
            }),
            _ => seen.query.clauses.push(clause.clone()),
        }
    }
    wants.extend(of(snapshot, &seen)?.wants);
    Ok(Some(wants))
}

/// Plans a query.
pub(super) fn of(snapshot: &Snapshot, asked: &Asked) -> Result<Plan, Error> {
    let (mut wants, mut unknown_tags) = (Vec::new(), Vec::new());
    let begins = |day| (asked.begins)(day).0;
    for clause in &asked.query.clauses {
        let kind = match &clause.what {
            What::Words(place, text) => words(snapshot, *place, text)?,
            What::Tag(named) => match snapshot
                .tags()?
                .iter()
                .find(|(_, tag)| tag.slug == *named || slug(&tag.name) == *named)
            {
                Some((id, _)) => Kind::Tag(*id),
                None => {
                    unknown_tags.push(named.clone());
                    Kind::Any(Vec::new())
                }
            },
            What::Unread(unread) => Kind::Unread(*unread),
            What::Answered => Kind::Answered,
            What::Starred => Kind::Tag(System::Starred.id().0),
            What::Done => Kind::Shelf(Shelf::Done),
            What::Has(thing) => Kind::Words(Within::Anywhere, vec![Matcher::Is(fact(*thing))]),
            What::Before(span) => Kind::Received(i64::MIN, begins(span.first())),
            What::After(span) => Kind::Received(begins(span.first()), i64::MAX),
            What::Within(span) => Kind::Received(begins(span.first()), begins(span.after())),
            What::Padlock(padlock) => Kind::Padlock(*padlock as u8),
            What::Privacy(order, level) => Kind::Privacy(*order, *level),
            What::Importance(order, level) => Kind::Importance(*order, *level),
        };
        wants.push(Want { not: clause.not, kind });
    }
    Ok(Plan { wants, unknown_tags })
}

fn within(place: Place) -> Within {
    let regions = match place {
        Place::Anywhere => return Within::Anywhere,
        Place::Body => return Within::Body,
        Place::From => vec![Region::From],
        Place::To => vec![Region::To],
        Place::With => vec![Region::From, Region::To],
        Place::Subject => vec![Region::Subject],
        Place::File => vec![Region::File],
        Place::List => vec![Region::List],
    };
    Within::Regions(regions)
}

fn words(snapshot: &Snapshot, place: Place, text: &Text) -> Result<Kind, Error> {
    let own = Kind::Words(within(place), matchers(text));
    if exact(text) || !matches!(place, Place::From | Place::To | Place::With) {
        return Ok(own);
    }
    // People are looked for by the names that the owner gave them, whatever they call themselves.
    let wanted = fold(text.as_str());
    let mut any = vec![own];
    snapshot.each_contact(|card| {
        if any.len() <= CARDS && tokens(&card.name).any(|(_, word)| word == wanted) {
            any.extend(card.addresses.iter().map(|address| {
                let side_by_side = tokens(address).map(|(_, word)| Matcher::Is(word)).collect();
                Kind::Words(within(place), side_by_side)
            }));
        }
    })?;
    Ok(Kind::Any(any))
}

/// The words of a text side by side. Only a word alone is looked for in its other forms.
fn matchers(text: &Text) -> Vec<Matcher> {
    let mut words = if exact(text) {
        tokens(text.as_str()).map(|(_, word)| word).collect()
    } else {
        typed(text.as_str())
    };
    if let Text::Prefix(_) = text {
        let last = words.pop().map(Matcher::Prefix);
        return words.into_iter().map(Matcher::Is).chain(last).collect();
    }
    if let (Text::Word(_), [word]) = (text, words.as_slice())
        && word.len() < LONGEST
        && let Some(family) = Family::of(word)
    {
        return vec![Matcher::Family(family)];
    }
    words.into_iter().map(Matcher::Is).collect()
}

/// What is marked in the messages that are found, and where.
pub(super) fn marked(query: &Query) -> Vec<(Place, Matcher)> {
    let mut marked = Vec::new();
    for clause in query.clauses.iter().filter(|clause| !clause.not) {
        if let What::Words(place, text) = &clause.what {
            marked.extend(matchers(text).into_iter().map(|matcher| (*place, matcher)));
        }
    }
    marked
}
