//! Language and look: settings of this browser, kept in its own cookies.

use super::super::{
    Site, guard,
    problem::Problem,
    shell::{self, Theme},
    visit::{Visit, safe_next},
};
use crate::locale::Lang;
use http::header;
use std::sync::Arc;
use warp::reply::Response;

/// `POST /language`
pub(in crate::web) async fn language(_site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let lang = Lang::of_code(visit.field("lang")).ok_or(Problem::NoForm)?;
    Ok(keep(&visit, "lang", lang.words().code))
}

/// `POST /theme`
pub(in crate::web) async fn theme(_site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let theme = Theme::of_code(visit.field("theme")).ok_or(Problem::NoForm)?;
    Ok(keep(&visit, "theme", theme.code()))
}

fn keep(visit: &Visit, name: &str, value: &str) -> Response {
    let back = visit.field("back");
    // Before signing in one comes from the sign-in page, which is no place that a session leads to.
    let back = safe_next(back).unwrap_or(if visit.visitor.session.is_some() { "/" } else { "/sign-in" });
    let mut response = shell::see_other(back);
    if let Some(cookie) = guard::setting_cookie(name, value, visit.peer.secure) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
