//! `/settings/recovery`: the recovery sheet: making one, printing it, and proving that it is held.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    locks::day,
    sign_in::{caller, said},
};
use crate::{
    domain::{journal::Event, time::Time},
    locale::{
        custody::CustodyWords,
        keys::{self, KeyWords},
    },
    service::{
        custody::{NotDone, SheetState},
        unlock::Refused,
    },
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

/// Which form an error stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Proof,
    New,
}

#[derive(Template)]
#[template(path = "page/recovery.html")]
struct Page {
    s: Shell,
    t: &'static CustodyWords,
    done: bool,
    state: String,
    sheet: SheetState,
    proof_error: Option<String>,
    new_error: Option<String>,
}

impl Page {
    /// The sentence that asks for two groups, and their names.
    fn groups(&self) -> Option<(String, [String; 2])> {
        let [a, b] = self.sheet.asked?.map(|group| group.to_string());
        let text = self.t.prove_groups.replace("{a}", &a).replace("{b}", &b);
        Some((text, [a, b].map(|n| self.t.group.replace("{n}", &n))))
    }
}

#[derive(Template)]
#[template(path = "page/recovery_sheet.html")]
struct SheetPage {
    s: Shell,
    t: &'static CustodyWords,
    title: String,
    opens: String,
    made: String,
    groups: Vec<String>,
    k: &'static KeyWords,
    /// What takes the keys in use back: what to say of it, and the text.
    keys: Vec<(String, String)>,
}

async fn page(site: &Site, visit: &Visit, status: StatusCode, error: Option<(Part, String)>) -> Result<Response, Problem> {
    let t = &visit.lang.words().custody;
    let sheet = site.services.custody.sheet_state().await?;
    let state = match sheet.since {
        None => t.state_none,
        Some(_) if sheet.proven => t.state_proven,
        Some(_) => t.state_unproven,
    };
    let since = sheet.since.filter(|since| *since != Time(0)).map(|since| day(site, visit, since));
    let of = |part| error.as_ref().filter(|(at, _)| *at == part).map(|(_, text)| text.clone());
    let page = Page {
        s: Shell::of(site, visit, Section::None),
        t,
        done: visit.asked("done") == "proven",
        state: state.replace("{date}", since.as_deref().unwrap_or("?")),
        sheet,
        proof_error: of(Part::Proof),
        new_error: of(Part::New),
    };
    let mut response = shell::page(&page)?;
    *response.status_mut() = status;
    Ok(response)
}

/// `GET /settings/recovery`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    page(&site, &visit, StatusCode::OK, None).await
}

/// `POST /settings/recovery`: a new sheet, for whoever knows the passphrase (or holds the old one).
pub(in crate::web) async fn make(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = &visit.lang.words().custody;
    if let Err(refused) = site.services.unlock.prove_secret(visit.field("passphrase"), caller(&visit)).await {
        let (status, error) = said(&visit, refused, t.secret_wrong);
        return page(&site, &visit, status, Some((Part::New, error))).await;
    }
    site.services.custody.new_sheet().await?;
    site.services.journal.note_own(Event::RecoveryMade);
    Ok(shell::see_other("/settings/recovery/sheet"))
}

/// `GET /settings/recovery/sheet`: the sheet to print, for as long as it is held in memory.
pub(in crate::web) async fn sheet(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let Some(sheet) = site.services.custody.printable() else {
        return Ok(shell::see_other("/settings/recovery"));
    };
    let t = &visit.lang.words().custody;
    let k = keys::words(visit.lang);
    let s = Shell::of(&site, &visit, Section::None);
    let owner = s.owner.clone().unwrap_or_default();
    let domain = owner.rsplit_once('@').map_or("", |(_, domain)| domain);
    shell::page(&SheetPage {
        title: t.sheet_title.replace("{domain}", domain),
        opens: t.sheet_opens.replace("{owner}", &owner),
        made: t.sheet_made.replace("{date}", &day(&site, &visit, sheet.made)),
        keys: site
            .services
            .keys
            .revocations()
            .await?
            .into_iter()
            .map(|(address, print, text)| {
                let said = k.sheet_text.replace("{fingerprint}", &print);
                (said.replace("{address}", address.as_str()), text)
            })
            .collect(),
        k,
        groups: sheet.code.split('-').map(str::to_owned).collect(),
        s,
        t,
    })
}

/// `POST /settings/recovery/proof`: two groups where the sheet was made a moment ago, else the whole code.
pub(in crate::web) async fn prove(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let t = &visit.lang.words().custody;
    let custody = &site.services.custody;
    let code = visit.field("code");
    let outcome = if code.is_empty() {
        custody.prove_groups([visit.field("one"), visit.field("two")]).await
    } else {
        // The whole code is a secret like any other: a wrong one counts, and costs what any try does.
        match site.services.unlock.prove_secret(code, caller(&visit)).await {
            Ok(()) => custody.prove_code(code).await,
            Err(Refused::Wrong) => Err(NotDone::Wrong),
            Err(refused) => {
                let (status, error) = said(&visit, refused, t.not_the_sheet);
                return page(&site, &visit, status, Some((Part::Proof, error))).await;
            }
        }
    };
    match outcome {
        Ok(()) => {
            site.services.journal.note_own(Event::RecoveryProven);
            Ok(shell::see_other("/settings/recovery?done=proven"))
        }
        Err(NotDone::Wrong | NotDone::Unknown) => {
            let error = (Part::Proof, t.not_the_sheet.to_owned());
            page(&site, &visit, StatusCode::UNPROCESSABLE_ENTITY, Some(error)).await
        }
        Err(error) => Err(error.into()),
    }
}
