//! A visit: one request, read into what handlers ask for. Cookies, language and the origin are taken
//! from the request as they are; what they are worth is the guard's to say.

use super::{guard::Visitor, problem::Problem, server::Peer, shell::Theme};
use crate::locale::Lang;
use http::{HeaderMap, HeaderName, Method, header};

/// One request.
pub(super) struct Visit {
    pub(super) method: Method,
    /// The path as it was asked for.
    pub(super) path: String,
    /// The query as it was asked for, without `?`; empty where there is none.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) peer: Peer,
    /// The host and port that the browser believes it talks to.
    pub(super) authority: String,
    /// What stands in the path where the pattern has a `:name`.
    pub(super) parts: Vec<String>,
    pub(super) form: Vec<(String, String)>,
    /// The one small file of a form that brings one.
    pub(super) file: Vec<u8>,
    /// What did not go well with the files of a form.
    pub(super) trouble: Option<super::parts::Trouble>,
    /// The name of the file that is being taken in.
    pub(super) took: Option<String>,
    pub(super) visitor: Visitor,
    pub(super) lang: Lang,
    pub(super) theme: Theme,
}

impl Visit {
    /// A header as text; empty where there is none or it is no text.
    pub(super) fn header(&self, name: &HeaderName) -> &str {
        text(&self.headers, name)
    }

    /// The nth `:name` of the path.
    pub(super) fn part(&self, n: usize) -> &str {
        self.parts.get(n).map_or("", String::as_str)
    }

    /// The nth `:name` of the path as a number. A sign before it would be a second address of the same thing.
    pub(super) fn number<T: std::str::FromStr>(&self, n: usize) -> Result<T, Problem> {
        let digits = Some(self.part(n)).filter(|part| part.starts_with(|c: char| c.is_ascii_digit()));
        digits.and_then(|part| part.parse().ok()).ok_or(Problem::NotFound)
    }

    /// A field of the form; empty where there is none.
    pub(super) fn field(&self, name: &str) -> &str {
        self.form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// A value of the query; empty where there is none.
    pub(super) fn asked(&self, name: &str) -> String {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(known, _)| known == name)
            .map_or_else(String::new, |(_, value)| value.into_owned())
    }

    /// `?page=`, counted from 1; the first where nothing sensible is said.
    pub(super) fn page(&self) -> u32 {
        self.asked("page").parse().unwrap_or(1).max(1)
    }

    /// The origin of the page that the browser shows and its host name; `None` where the browser named no
    /// host, or one that is no name.
    pub(super) fn place(&self) -> Option<(String, String)> {
        let host = self.authority.rsplit_once(':').map_or(self.authority.as_str(), |(host, port)| {
            if port.bytes().all(|byte| byte.is_ascii_digit()) {
                host
            } else {
                self.authority.as_str()
            }
        });
        let named = !host.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        let scheme = if self.peer.secure { "https" } else { "http" };
        let authority = self.authority.to_ascii_lowercase();
        named.then(|| (format!("{scheme}://{authority}"), host.to_ascii_lowercase()))
    }

    /// Path and query: where a form that changes a setting leads back to, what was done there left out. After a form has been refused
    /// this is the form's own address, which only takes forms, so the start page stands in.
    pub(super) fn here(&self) -> String {
        match (&self.method, super::page::acts::undone(&self.query)) {
            (&Method::GET | &Method::HEAD, query) if query.is_empty() => self.path.clone(),
            (&Method::GET | &Method::HEAD, query) => format!("{}?{query}", self.path),
            _ => "/".to_owned(),
        }
    }
}

/// A header as text; empty where there is none or it is no text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then_some(value))
}

/// The language: the one that was chosen here, else the one that is preferred, else the first of the browser's that we
/// speak.
pub(super) fn language(headers: &HeaderMap, preferred: Option<Lang>) -> Lang {
    if let Some(chosen) = cookie(headers, "lang").and_then(Lang::of_code).or(preferred) {
        return chosen;
    }
    let mut wanted: Vec<(u16, Lang)> = text(headers, &header::ACCEPT_LANGUAGE)
        .split(',')
        .take(32)
        .filter_map(|range| {
            let (tag, quality) = range.split_once(';').unwrap_or((range, "q=1"));
            let quality: f32 = quality.trim().strip_prefix("q=")?.parse().ok()?;
            let weight = (quality.clamp(0.0, 1.0) * 1000.0) as u16;
            Some((weight, Lang::of_code(tag.trim().split('-').next()?)?))
        })
        .filter(|(weight, _)| *weight > 0)
        .collect();
    wanted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    wanted.first().map_or(Lang::En, |(_, lang)| *lang)
}

/// An address of ours that a form may lead to: a path on this site and nothing that a browser could read
/// as another host (`//host`, `/\host`) or another header.
pub(super) fn safe_next(next: &str) -> Option<&str> {
    let rest = next.strip_prefix('/')?;
    let bad = |c: char| !c.is_ascii_graphic() || c == '\\';
    let outside = rest.starts_with('/') || next.len() > 512 || next.contains(bad);
    (!outside && !next.starts_with("/sign-")).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_browsers_first_language_that_we_speak() {
        for (value, lang) in [
            ("fr", Lang::Fr),
            ("fr-CA,en;q=0.8", Lang::Fr),
            ("de, en;q=0.4, fr;q=0.9", Lang::Fr),
            ("de,en-GB;q=0.7,fr;q=0", Lang::En),
            ("", Lang::En),
            (";;q=,,fr;q=x", Lang::En),
        ] {
            assert_eq!(language(&with(header::ACCEPT_LANGUAGE, value), None), lang, "{value}");
        }
        assert_eq!(language(&with(header::COOKIE, "a=b; lang=fr"), Some(Lang::En)), Lang::Fr);
        assert_eq!(language(&with(header::ACCEPT_LANGUAGE, "en"), Some(Lang::Fr)), Lang::Fr);
    }

    #[test]
    fn a_way_back_never_leaves_the_house() {
        for good in ["/", "/?page=2", "/discussions/7#m9", "/messages/1/headers"] {
            assert_eq!(safe_next(good), Some(good));
        }
        for bad in [
            "",
            "x",
            "//evil.test",
            "/\\evil.test",
            "https://evil.test",
            "/a\r\nSet-Cookie: x",
            "/é",
            "/ x",
            "/sign-out",
            "/sign-in?next=/",
        ] {
            assert_eq!(safe_next(bad), None, "{bad:?}");
        }
    }
}
