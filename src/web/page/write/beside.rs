//! What of writing stands on other pages: beside a message that it was sent from here or answered, and at the foot of
//! a discussion the form of a short answer.

use super::{
    super::{
        super::{Site, problem::Problem},
        Named, calm,
    },
    Panel,
};
use crate::{
    domain::{draft, id::MessageId},
    locale::{Words, compose},
    service::{
        self,
        compose::{About, Beginning},
        devices::Viewer,
    },
};

/// What became of a message here.
#[derive(Default)]
pub(in crate::web::page) struct Beside {
    pub(in crate::web::page) id: u64,
    /// Whether it can still be taken back.
    pub(in crate::web::page) rests: bool,
    /// Whom it went to unseen by the others.
    pub(in crate::web::page) unseen: Vec<Named>,
    pub(in crate::web::page) confidential: bool,
    /// Where the owner's answer to it is.
    pub(in crate::web::page) answer: Option<String>,
}

impl Beside {
    pub(in crate::web::page) fn of(w: &Words, id: MessageId, about: &About) -> Self {
        Self {
            id: id.0,
            rests: about.rests,
            unseen: about.bcc.iter().map(|person| Named::of(w, person)).collect(),
            confidential: about.confidential,
            answer: about
                .answer
                .map(|(message, discussion)| format!("/discussions/{discussion}#m{message}")),
        }
    }
}

/// The form of a short answer.
pub(in crate::web::page) struct Quick {
    pub(in crate::web::page) id: u64,
    pub(in crate::web::page) to: MessageId,
    pub(in crate::web::page) title: String,
    pub(in crate::web::page) panel: Panel,
}

impl Quick {
    /// To the newest message of a discussion, where somebody can be answered and it may be seen here.
    pub(in crate::web::page) async fn of(
        site: &Site,
        w: &'static Words,
        newest: Option<MessageId>,
        viewer: Viewer,
    ) -> Result<Option<Self>, Problem> {
        let Some(to) = newest else { return Ok(None) };
        let services = &site.services;
        let beginning = Beginning::Answer {
            to,
            all: true,
            quick: true,
        };
        let draft = match services.compose.start(beginning, w.lang, viewer).await {
            Ok(started) => started.draft,
            Err(service::Error::Masked(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let own = services.compose.addresses();
        let people = draft::people(&format!("{}\n{}", draft.to, draft.cc)).unwrap_or_default();
        // What the box itself writes from is nobody who could be answered.
        let nobody = |person: &crate::domain::message::Mailbox| {
            own.iter().any(|own| own.domain() == person.address.domain()) && !person.address.is_one_of(own.iter())
        };
        if people.is_empty() || people.iter().any(nobody) {
            return Ok(None);
        }
        let preview = services.compose.preview(&draft).await?;
        let c = compose::words(w.lang);
        let who: Vec<String> = preview.people.iter().map(|standing| calm(&standing.person.name)).collect();
        Ok(Some(Self {
            id: services.compose.fresh(),
            to,
            title: if who.len() > 4 {
                c.quick_all.to_owned()
            } else {
                c.quick.replace("{who}", &who.join(", "))
            },
            panel: Panel::of(site, w, &preview),
        }))
    }
}
