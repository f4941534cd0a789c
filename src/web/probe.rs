//! What the fuzzer is given of this room: everything here that reads what a stranger sends, as functions of
//! octets. The product calls none of them, and they decide nothing of their own.

use super::{guard, page, prose, shell::Theme, visit};
use http::{HeaderMap, HeaderValue, header};

/// The address that a form may lead to, if it is one of ours.
pub fn next(text: &str) -> Option<&str> {
    visit::safe_next(text)
}

/// Cookies, language and theme out of these two header lines; gives the value of this cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let _ = (visit::language(headers, None), Theme::of(headers, None));
    visit::cookie(headers, name)
}

/// Headers as a browser would send them, or nothing where they could not have been.
pub fn headers(cookie: &[u8], language: &[u8]) -> Option<HeaderMap> {
    let lines = [(header::COOKIE, cookie), (header::ACCEPT_LANGUAGE, language)];
    let value = |(name, octets)| Some((name, HeaderValue::from_bytes(octets).ok()?));
    lines.into_iter().map(value).collect()
}

/// The fields of a form whose token is `token`; `None` where it is refused.
pub async fn form(octets: &[u8], token: &str) -> Option<Vec<(String, String)>> {
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]);
    let body = futures_util::stream::iter([Ok(bytes::Bytes::copy_from_slice(octets))]);
    guard::form(&headers, body, token).await.ok()
}

/// The `Content-Disposition` of a file with this name: whether it is a header at all.
pub fn file_name(name: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&page::file::disposition(name)).ok()
}

/// A text cut into what a page shows; gives the number of pieces that lead elsewhere, and how much of the
/// text there is.
pub fn prose(text: &str) -> (usize, usize) {
    let blocks = prose::blocks(text);
    let pieces = blocks.iter().flat_map(|block| match block {
        prose::Block::Said(pieces) | prose::Block::Quoted(pieces, _) | prose::Block::Signature(pieces) => pieces,
    });
    pieces.fold((0, 0), |(links, octets), piece| match piece {
        prose::Piece::Text(text) => (links, octets + text.len()),
        prose::Piece::Link(text) => (links + 1, octets + text.len()),
    })
}
