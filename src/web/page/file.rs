//! Bytes to keep: a message as it came, and the files in it. Nothing of this is ever shown in our origin:
//! it is always a download, under a type that no browser runs.

use super::{
    super::{Site, problem::Problem, visit::Visit},
    devices::here,
};
use crate::{
    domain::{id::MessageId, journal::Event},
    service::discussion::File,
};
use http::{HeaderValue, header};
use std::sync::Arc;
use warp::reply::Response;

/// What a downloaded file may do where a browser shows it after all.
const POLICY: &str = "default-src 'none'; sandbox";
/// Characters in a file's name.
const NAME: usize = 120;

/// `GET /messages/ID/source`
pub(in crate::web) async fn source(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id: MessageId = visit.number(0)?;
    let bytes = site.discussions(&visit).source(id).await?;
    let peer = visit.peer.address.ip();
    site.services.journal.note_message(Event::Exported, peer, Some(here(&visit)), id);
    Ok(download(bytes, "message/rfc822", &format!("message-{id}.eml")))
}

/// A file of a message as a download.
pub(super) fn attached(file: File) -> Response {
    download(file.bytes, "application/octet-stream", &file.name)
}

pub(super) fn download(bytes: Vec<u8>, media_type: &'static str, name: &str) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    let plain = HeaderValue::from_static("attachment");
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_str(&disposition(name)).unwrap_or(plain),
    );
    response
}

/// `Content-Disposition` (RFC 6266): a plain name for old browsers, the true one (RFC 8187) for the others.
/// Folders, control characters and characters that turn the direction of text are taken out: a name ending in
/// `gpj.exe` must not be shown as ending in `exe.jpg`.
pub(in crate::web) fn disposition(name: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}');
    let name: String = name.chars().filter(|c| !c.is_control() && !turns(*c)).take(NAME).collect();
    let name = name.replace(['/', '\\'], "_");
    let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let name = if name.is_empty() { "file" } else { name };
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let plain: String = name.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    let exact: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_name_and_no_tricks() {
        for (name, header) in [
            ("plan.pdf", "attachment; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf"),
            (
                "été \"1\".txt",
                "attachment; filename=\"_t_ _1_.txt\"; filename*=UTF-8''%C3%A9t%C3%A9%20%221%22.txt",
            ),
            (
                "../../etc/passwd",
                "attachment; filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd",
            ),
            (
                "photo\u{202e}gpj.exe",
                "attachment; filename=\"photogpj.exe\"; filename*=UTF-8''photogpj.exe",
            ),
            (
                "a\r\nSet-Cookie: x",
                "attachment; filename=\"aSet-Cookie_ x\"; filename*=UTF-8''aSet-Cookie%3A%20x",
            ),
            ("..", "attachment; filename=\"file\"; filename*=UTF-8''file"),
        ] {
            assert_eq!(disposition(name), header);
            assert!(HeaderValue::from_str(&disposition(name)).is_ok());
        }
    }
}
