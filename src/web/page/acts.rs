//! What is done with ticked discussions, or with one; the line that tells it on the next page, and taking it back.
//!
//! The line needs no script and no cookie: the address that the form leads to carries the number of what was done, and
//! the page asks the service what it was. What is forgotten tells nothing.

use super::super::{
    Site,
    problem::Problem,
    shell,
    visit::{Visit, safe_next},
};
use crate::{
    domain::{id::DiscussionId, screener::Answer, tag::System},
    locale::{Plural, Words},
    service::acts::{Act, Deed, Told},
};
use std::sync::Arc;
use warp::reply::Response;

/// The most discussions that one form may name: a page of the timeline.
const TICKED: usize = 50;
/// What the number of an act is called in an address.
pub(in crate::web) const DID: &str = "did";

/// What was done, told on the page that follows.
pub(in crate::web) struct Flash {
    pub(in crate::web) text: String,
    /// The number by which it is taken back; `None` where it was, or needs not be.
    pub(in crate::web) undo: Option<u64>,
}

impl Flash {
    /// What this page has to tell.
    pub(in crate::web) fn of(site: &Site, visit: &Visit) -> Option<Self> {
        let number = visit.asked(DID);
        if number.is_empty() {
            return None;
        }
        let told = number.parse().ok().and_then(|number| site.services.acts.told(number))?;
        let w = visit.lang.words();
        Some(if told.taken_back {
            Self {
                text: w.living.taken_back.to_owned(),
                undo: None,
            }
        } else {
            Self {
                text: say(w, told),
                undo: (told.deed != Deed::Restored).then_some(told.number),
            }
        })
    }
}

fn say(w: &Words, told: Told) -> String {
    let l = &w.living;
    let star = System::Starred.id();
    let counted: &Plural = match told.deed {
        Deed::Act(Act::Done) => &l.archived,
        Deed::Act(Act::Undone) => &l.unarchived,
        Deed::Act(Act::Bin) => &l.binned,
        Deed::Act(Act::Mark { unread: false }) => &l.read,
        Deed::Act(Act::Mark { unread: true }) => &l.unread,
        Deed::Act(Act::Tag(tag, true)) if tag == star => &l.starred,
        Deed::Act(Act::Tag(tag, false)) if tag == star => &l.unstarred,
        Deed::Act(Act::Tag(_, true)) => &l.tagged,
        Deed::Act(Act::Tag(_, false)) => &l.untagged,
        Deed::Act(Act::Spam(true)) => &l.unwanted,
        Deed::Act(Act::Spam(false)) => &l.wanted,
        Deed::Restored => &l.restored,
        Deed::Message => return l.binned_message.to_owned(),
        Deed::Door(Answer::Refused) => return l.was_refused.to_owned(),
        Deed::Door(Answer::Newsletter) => return l.was_newsletter.to_owned(),
        Deed::Door(Answer::In | Answer::Waiting) => return l.was_let_in.to_owned(),
    };
    w.count(counted, told.many as u64)
}

/// Where a form leads back to, with what was done there.
pub(super) fn back(visit: &Visit, did: u64) -> Response {
    leading(safe_next(visit.field("back")).unwrap_or("/"), did)
}

/// An address with what was done.
pub(super) fn leading(to: &str, did: u64) -> Response {
    let (path, mark) = to
        .split_once('#')
        .map_or((to, String::new()), |(path, mark)| (path, format!("#{mark}")));
    let joined = if path.contains('?') { '&' } else { '?' };
    shell::see_other(&format!("{path}{joined}{DID}={did}{mark}"))
}

/// The query of an address without what was done before.
pub(in crate::web) fn undone(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        name != DID
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// `POST /bulk`: something done with the ticked discussions.
pub(in crate::web) async fn bulk(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let ticked = visit.form.iter().filter(|(name, _)| name == "d").take(TICKED);
    let ids: Vec<DiscussionId> = ticked.filter_map(|(_, value)| value.parse().ok()).collect();
    let star = System::Starred.id();
    let act = match visit.field("do") {
        "done" => Some(Act::Done),
        "undone" => Some(Act::Undone),
        "bin" => Some(Act::Bin),
        "read" => Some(Act::Mark { unread: false }),
        "unread" => Some(Act::Mark { unread: true }),
        "star" => Some(Act::Tag(star, true)),
        "unstar" => Some(Act::Tag(star, false)),
        "spam" => Some(Act::Spam(true)),
        "not_spam" => Some(Act::Spam(false)),
        // Without a tag there is nothing to put on: the page is shown again as it was.
        does @ ("tag" | "untag") => visit.field("tag").parse().ok().map(|tag| Act::Tag(tag, does == "tag")),
        "restore" => {
            let many = site.services.acts.restore(ids).await?;
            let back = safe_next(visit.field("back")).unwrap_or("/wastebasket");
            return Ok(leading(back, site.services.acts.tell_restored(many)?));
        }
        _ => return Err(Problem::NoForm),
    };
    match act.filter(|_| !ids.is_empty()) {
        Some(act) => Ok(back(&visit, site.services.acts.act(ids, act).await?)),
        None => Ok(shell::see_other(safe_next(visit.field("back")).unwrap_or("/"))),
    }
}

/// `POST /undo/:id`: takes it back, and says so where it was done.
pub(in crate::web) async fn undo(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let number = visit.number(0)?;
    site.services.acts.undo(number).await?;
    Ok(back(&visit, number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header;

    #[test]
    fn what_was_done_is_told_once_in_an_address() {
        let to = |to: &str| leading(to, 7).headers()[header::LOCATION].to_str().unwrap().to_owned();
        assert_eq!(to("/"), "/?did=7");
        assert_eq!(to("/?page=2"), "/?page=2&did=7");
        assert_eq!(to("/discussions/1#m2"), "/discussions/1?did=7#m2");
        assert_eq!(undone("page=2&did=7"), "page=2");
        assert_eq!(undone("did=7"), "");
        assert_eq!(undone("q=did%3D7&didnt=1"), "q=did%3D7&didnt=1");
    }
}
