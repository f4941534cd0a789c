//! The files that pages are made with, under names that change with their content, so that a browser
//! keeps them for a year and never asks again.

use super::{Site, problem::Problem, visit::Visit};
use http::{
    HeaderValue,
    header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY},
};
use rust_embed::RustEmbed;
use std::sync::Arc;
use warp::reply::Response;

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/assets"]
struct Files;

/// Every asset: its name, and the hash of its content.
pub const ASSETS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Where an asset is; a name that is none leads to an address where nothing is.
pub(super) fn address(name: &str) -> String {
    let hash = ASSETS.iter().find(|(known, _)| *known == name).map_or("-", |(_, hash)| hash);
    format!("/assets/{hash}/{name}")
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

/// An asset under an address that does not change with it: asked for anew each time.
pub(super) fn plain(name: &str) -> Result<Response, Problem> {
    let file = Files::get(name).ok_or(Problem::NotFound)?;
    let mut response = Response::new(file.data.into_owned().into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    Ok(response)
}

/// `GET /assets/HASH/NAME`
pub(super) async fn show(_site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (hash, name) = (visit.part(0), visit.part(1));
    let &(name, _) = ASSETS.iter().find(|asset| **asset == (name, hash)).ok_or(Problem::NotFound)?;
    let gzip = visit.header(&ACCEPT_ENCODING).split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some("gzip") && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    });
    let file = Files::get(&if gzip { format!("{name}.gz") } else { name.to_owned() }).ok_or(Problem::NotFound)?;
    let mut response = Response::new(file.data.into_owned().into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}
