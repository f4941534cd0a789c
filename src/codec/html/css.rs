//! Styles of strangers: what they would fetch, and the same styles unable to fetch anything.

/// What makes a style fetch or run something, in lower case. A word before a bracket is a function.
const REACHES: [&str; 12] = [
    "url(",
    "src(",
    "image(",
    "image-set(",
    "cross-fade(",
    "element(",
    "paint(",
    "@import",
    "@font-face",
    "@namespace",
    "expression(",
    "-moz-binding",
];

/// Characters of an address that are read.
const MAX_ADDRESS: usize = 2048;

/// A style without comments and escapes, so that a word in it is the word a browser would see.
fn unescaped(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        out.push_str(before);
        out.push(' ');
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    if !out.contains('\\') {
        return out;
    }
    // CSS Syntax section 4.3.7: up to six hexadecimal digits and one blank, or the next character itself.
    let mut plain = String::with_capacity(out.len());
    let mut chars = out.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        let mut code = 0;
        let mut digits = 0;
        while let Some(digit) = chars.peek().and_then(|c| c.to_digit(16)).filter(|_| digits < 6) {
            code = code * 16 + digit;
            digits += 1;
            chars.next();
        }
        if digits > 0 {
            chars.next_if(|c| c.is_ascii_whitespace());
            plain.extend(char::from_u32(code));
        } else if let Some(next) = chars.next() {
            plain.push(next);
        }
    }
    plain
}

/// The addresses that a style would fetch, on a page that lies at `base` (see [`elsewhere`]). Linear: what is read of a
/// word ends where the same word comes again.
pub(super) fn fetches(css: &str, base: Option<&str>) -> Vec<String> {
    let css = unescaped(css);
    let lower = css.to_ascii_lowercase();
    let mut found = Vec::new();
    for word in REACHES.iter().filter(|word| **word != "@font-face") {
        let base = base.filter(|_| matches!(*word, "url(" | "src(" | "@import"));
        let mut matches = lower.match_indices(word).map(|(at, _)| at).peekable();
        while let Some(at) = matches.next() {
            let end = matches.peek().copied().unwrap_or(css.len());
            let argument = css.get(at + word.len()..end).unwrap_or_default().trim_start();
            let argument = argument.split([')', ';', '}']).next().unwrap_or_default();
            let argument = argument.trim_start_matches("url(").trim().trim_matches(['"', '\'']);
            found.extend(elsewhere(argument, base));
        }
    }
    found
}

/// An address as a browser asks for it (WHATWG URL: tabs and line ends are taken out wherever they stand, a backslash
/// is a slash), at most [`MAX_ADDRESS`] characters of it; `None` where it does not leave the message. On a page that
/// says where it lies, at the root `base`, an address without a scheme leaves it as well.
pub(super) fn elsewhere(address: &str, base: Option<&str>) -> Option<String> {
    let start = address.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    let plain: String = start
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .take(MAX_ADDRESS)
        .collect();
    let slash = |c: char| matches!(c, '/' | '\\');
    if plain.chars().take_while(|c| slash(*c)).nth(1).is_some() {
        return Some(format!("//{}", plain.trim_start_matches(slash)));
    }
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    if let Some((scheme, rest)) = plain.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) {
        let scheme = scheme.to_ascii_lowercase();
        let leaves = matches!(scheme.as_str(), "http" | "https" | "ftp" | "ws" | "wss" | "file");
        return leaves.then(|| format!("{scheme}://{}", rest.trim_start_matches(slash)));
    }
    let base = base.filter(|_| !plain.is_empty() && !plain.starts_with('#'))?;
    Some(format!("{base}/{}", plain.trim_start_matches(slash)))
}

/// The root of an address that leaves the message: what stands in it before its path.
pub(super) fn root(address: &str) -> Option<String> {
    let address = elsewhere(address, None)?;
    let (scheme, rest) = address.split_once("//")?;
    let authority = rest.split(['/', '\\', '?', '#']).next()?;
    Some(format!("{scheme}//{authority}"))
}

/// Whether a style runs a program in some browser.
pub(super) fn runs(css: &str) -> bool {
    let css = unescaped(css).to_ascii_lowercase();
    ["expression(", "-moz-binding", "behavior:", "javascript:"]
        .iter()
        .any(|word| css.contains(word))
}

/// The same style, unable to reach anything: every word that could is broken, and none can be put
/// together again because escapes and comments are gone.
pub(super) fn disarmed(css: &str) -> String {
    let mut css = unescaped(css).replace('\\', " ").replace("/*", " ").replace(['<', '\0'], " ");
    for word in REACHES.iter().chain(&["behavior", "javascript:"]) {
        let lower = css.to_ascii_lowercase();
        let mut out = String::with_capacity(css.len());
        let mut from = 0;
        for (at, _) in lower.match_indices(word) {
            out.push_str(css.get(from..at).unwrap_or_default());
            out.push_str("gone");
            // The bracket stays, or the brackets of the rule would no longer pair.
            out.push_str(if word.ends_with('(') { "(" } else { "" });
            from = at + word.len();
        }
        out.push_str(css.get(from..).unwrap_or_default());
        css = out;
    }
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_an_address_is_found_and_broken() {
        for css in [
            "background:url(http://a.test/x)",
            "background:URL( 'https://a.test/x' )",
            "background:u\\72l(//a.test/x)",
            "background:\\75 rl(http://a.test/x)",
            "@import 'http://a.test/x';",
            "@import url(http://a.test/x);",
            "@im\\70ort \"http://a.test/x\"",
            "background:image-set('http://a.test/x' 1x)",
            "@font-face{font-family:x;src:url(http://a.test/x)}",
            "background:url(ht\\a tp://a.test/x)",
            "background:url('htt\np://a.test/x')",
            "background:url(url(http://a.test/x",
        ] {
            assert_eq!(
                fetches(css, None).first().map(|found| found.contains("a.test/x")),
                Some(true),
                "{css}"
            );
            let after = disarmed(css);
            assert_eq!(fetches(&after, None), Vec::<String>::new(), "{css} became {after}");
            assert!(!after.to_ascii_lowercase().contains("url("), "{after}");
        }
        assert_eq!(disarmed("color:red;margin:0 auto"), "color:red;margin:0 auto");
        assert!(fetches("background:url(data:image/png;base64,xx)", None).is_empty());
        // Comments divide words; a disarmed style must not be put together by taking one out.
        for css in [
            "u/**/rl(http://a.test)",
            "url/**/(http://a.test)",
            "\\/*url(http://a.test/x)",
            "u\\\\rl(x)",
        ] {
            assert!(!disarmed(css).to_ascii_lowercase().contains("url("), "{css}");
        }
    }

    #[test]
    fn an_address_is_read_as_a_browser_reads_it() {
        for (address, expected) in [
            ("HTTP://a.test/x", Some("http://a.test/x")),
            ("ht\ntp\ts://a.test/x", Some("https://a.test/x")),
            (" \u{1}https:\\\\a.test", Some("https://a.test")),
            ("https:a.test", Some("https://a.test")),
            ("//a.test:80/x", Some("//a.test:80/x")),
            ("\\\\a.test:80/x", Some("//a.test:80/x")),
            ("/\t/a.test", Some("//a.test")),
            ("x.gif", None),
            ("/x.gif", None),
            ("#x:y", None),
            ("cid:x", None),
            ("data:image/png;base64,xx", None),
            ("", None),
        ] {
            assert_eq!(elsewhere(address, None).as_deref(), expected, "{address:?}");
        }
        let base = root("https://t.example\\a/b?c");
        assert_eq!(base.as_deref(), Some("https://t.example"));
        assert_eq!(root("/a"), None);
        for (address, expected) in [
            ("x.gif", Some("https://t.example/x.gif")),
            ("/x.gif?y=1:2", Some("https://t.example/x.gif?y=1:2")),
            ("#x", None),
            ("", None),
            ("data:image/png;base64,xx", None),
            ("//a.test/", Some("//a.test/")),
        ] {
            assert_eq!(elsewhere(address, base.as_deref()).as_deref(), expected, "{address}");
        }
        assert_eq!(fetches("a{background:url(x.gif)}", base.as_deref()), ["https://t.example/x.gif"]);
        assert_eq!(
            fetches("a{width:expression(x)}p{filter:url(#x)}", base.as_deref()),
            Vec::<String>::new()
        );
    }
}
