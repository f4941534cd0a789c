//! Links: where they really go, what they carry to follow the reader, and whether they deceive.

use crate::codec::hosts::registrable;
use ammonia::Url;

/// Parameters that only say which mail, campaign or reader a click came from. Names in lower case; one
/// that ends in `*` stands for all that begin so. From the documents of those who set them.
const FOLLOWING: [&str; 62] = [
    "utm_*",
    "mtm_*",
    "pk_*",
    "piwik_*",
    "matomo_*",
    "hsa_*",
    "_hs*",
    "hsctatracking",
    "__hs*",
    "fbclid",
    "fb_action_ids",
    "fb_source",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "_ga",
    "_gl",
    "msclkid",
    "yclid",
    "ysclid",
    "twclid",
    "ttclid",
    "li_fat_id",
    "igshid",
    "igsh",
    "epik",
    "mc_cid",
    "mc_eid",
    "mc_tc",
    "mkt_tok",
    "mkwid",
    "vero_id",
    "vero_conv",
    "oly_enc_id",
    "oly_anon_id",
    "elqtrack",
    "elqtrackid",
    "elqaid",
    "elqat",
    "elqcampaignid",
    "elq",
    "trk_contact",
    "trk_msg",
    "trk_module",
    "trk_sid",
    "_ke",
    "_kx",
    "ck_subscriber_id",
    "ml_subscriber",
    "ml_subscriber_hash",
    "_bta_tid",
    "_bta_c",
    "dm_i",
    "s_cid",
    "wickedid",
    "rb_clickid",
    "_openstat",
    "sc_campaign",
    "sendgrid_*",
    "mailid_track",
];

/// Top-level names that file names end in as well: `README.md` is no host.
const FILE_ENDINGS: [&str; 12] = ["md", "zip", "sh", "rs", "py", "pl", "ps", "mov", "so", "cc", "cab", "app"];

/// A link that may stand in the reader view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// Its address with what follows the reader cut away.
    pub href: String,
    /// Whom it opens: a host, or the address of a `mailto:`; empty for a telephone number.
    pub target: String,
    /// A name and password before the host, which only serve to look like another host.
    pub disguised: bool,
    /// A mail address or a number, and not a place on the web.
    pub person: bool,
}

/// Reads a link; `None` where it is none that a message may have (`http`, `https`, `mailto`, `tel`).
pub(super) fn read(href: &str) -> Option<Link> {
    let mut url = Url::parse(href.trim()).ok()?;
    match url.scheme() {
        "http" | "https" => {
            let disguised = !url.username().is_empty() || url.password().is_some();
            // Neither can fail for these two schemes; a link keeps what cannot be cut.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            let query = url.query().map(without_following);
            if let Some(query) = query {
                url.set_query((!query.is_empty()).then_some(&query));
            }
            Some(Link {
                target: url.host_str()?.to_owned(),
                href: url.into(),
                disguised,
                person: false,
            })
        }
        "mailto" => Some(Link {
            target: url.path().to_owned(),
            href: url.into(),
            disguised: false,
            person: true,
        }),
        "tel" => Some(Link {
            target: String::new(),
            href: url.into(),
            disguised: false,
            person: true,
        }),
        _ => None,
    }
}

fn without_following(query: &str) -> String {
    let follows = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        FOLLOWING.iter().any(|known| match known.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == *known,
        })
    };
    query.split('&').filter(|pair| !follows(pair)).collect::<Vec<_>>().join("&")
}

/// Whether a link shows one host and opens another, hides behind a name before an `@`, or shows letters
/// of two scripts that look alike.
pub(super) fn deceives(link: &Link, text: &str) -> bool {
    if link.disguised {
        return true;
    }
    if link.target.is_empty() {
        return false;
    }
    let Some(shown) = shown_host(&visible(text)) else { return false };
    let opened = match (link.person, link.target.rsplit_once('@')) {
        (true, Some((_, domain))) => domain.split(['?', ',']).next().unwrap_or_default().to_ascii_lowercase(),
        (true, None) => return false,
        (false, _) => link.target.clone(),
    };
    mixes_scripts(&shown) || registrable(&ascii(&shown)) != registrable(&opened)
}

/// A text as the eye has it: without characters that nobody sees, and turned around behind an override of the direction.
fn visible(text: &str) -> String {
    let seen = |c: &char| {
        !matches!(c, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    match text.split_once('\u{202e}') {
        Some((before, turned)) => before.chars().filter(seen).chain(turned.chars().rev().filter(seen)).collect(),
        None => text.chars().filter(seen).collect(),
    }
}

/// Whether the text of a link already shows whom it opens.
pub(super) fn shows_target(link: &Link, text: &str) -> bool {
    let plain = |host: &str| host.trim_start_matches("www.").to_ascii_lowercase();
    link.target.is_empty() || text.to_lowercase().contains(&plain(&link.target))
}

/// The host that a text shows, if it looks like an address: with a scheme, with `www.`, a mail address,
/// or a bare name under a public suffix. A sentence that mentions one is no such text.
fn shown_host(text: &str) -> Option<String> {
    let text = text.trim().trim_matches(|c: char| "<>()[]\"'“”«».,;:!".contains(c));
    if text.is_empty() || text.len() > 2000 {
        return None;
    }
    let lower = text.to_lowercase();
    let (schemed, rest) = match lower.split_once("://") {
        Some(("http" | "https" | "ftp", rest)) => (true, rest),
        Some(_) => return None,
        None => (false, lower.as_str()),
    };
    let word = rest.split_whitespace().next()?;
    if !schemed && word.len() != rest.len() {
        return None;
    }
    let authority = word.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?.trim_end_matches('.');
    let ending = host.rsplit('.').next()?;
    let labels = host.split('.').count();
    let fits = labels >= 2
        && host
            .split('.')
            .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_'));
    if !fits || ending.chars().all(|c| c.is_ascii_digit()) && labels != 4 {
        return None;
    }
    let certain = schemed || authority.contains('@') || host.starts_with("www.");
    let known = psl_knows(&ascii(host)) && !(labels == 2 && FILE_ENDINGS.contains(&ending));
    (certain || known).then(|| host.to_owned())
}

/// Whether a name lies under a suffix that the public suffix list has.
fn psl_knows(host: &str) -> bool {
    crate::codec::hosts::is_under_public_suffix(host)
}

/// A host as it is asked for: internationalised labels in their ASCII form.
fn ascii(host: &str) -> String {
    Url::parse(&format!("http://{host}/"))
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| host.to_owned())
}

/// Whether a label has Latin letters beside Cyrillic or Greek ones (UTS #39): no honest one has.
fn mixes_scripts(host: &str) -> bool {
    host.split('.').any(|label| {
        let latin = label.chars().any(|c| c.is_ascii_alphabetic());
        let alike = label
            .chars()
            .any(|c| matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}'));
        latin && alike
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_reader_is_cut_and_the_rest_stays() {
        for (href, kept) in [
            (
                "https://example.org/a?utm_source=x&id=7&fbclid=y#part",
                "https://example.org/a?id=7#part",
            ),
            ("https://example.org/?mc_eid=1", "https://example.org/"),
            ("http://example.org/a?q=a%20b&q=c", "http://example.org/a?q=a%20b&q=c"),
            ("mailto:a@example.org?subject=x", "mailto:a@example.org?subject=x"),
        ] {
            assert_eq!(read(href).unwrap().href, kept);
        }
        for href in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/relative",
            "cid:x",
            "vbscript:x",
            " \u{1}javascript:x",
            "file:///etc/passwd",
            "",
        ] {
            assert_eq!(read(href), None, "{href}");
        }
    }

    #[test]
    fn a_link_deceives_when_it_shows_one_host_and_opens_another() {
        for (href, text, expected) in [
            ("https://evil.example/login", "https://bank.example.org/", true),
            ("https://evil.example/", "www.bank.org", true),
            ("https://evil.example/", "bank.org", true),
            ("https://www.bank.org/x", "bank.org/login", false),
            ("https://mail.example.co.uk/", "https://example.co.uk", false),
            // What breaks a word for the machine and not for the eye.
            ("https://evil.example/", "https://ba\u{ad}nk.org/", true),
            ("https://evil.example/", "ba\u{200b}nk.o\u{2060}rg", true),
            ("https://evil.example/", "\u{202e}gro.knab//:sptth", true),
            ("https://www.bank.org/", "ba\u{ad}nk.org", false),
            ("https://evil.example/", "Read our terms at example.org today", false),
            ("https://github.com/x", "README.md", false),
            ("https://bank.org@evil.example/", "sign in", true),
            ("https://evil.example/", "support@bank.org", true),
            ("mailto:support@bank.org", "support@bank.org", false),
            ("mailto:x@evil.example", "support@bank.org", true),
            ("https://xn--bank-53d.org/", "bаnk.org", true),
            ("https://xn--bcher-kva.example/", "bücher.example", false),
            ("https://example.org/", "click here", false),
            ("https://example.org/", "version 1.2.3", false),
            ("tel:+331234", "01 23 45 67", false),
        ] {
            assert_eq!(deceives(&read(href).unwrap(), text), expected, "{href} {text}");
        }
    }
}
