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

/// The addresses that a style would fetch, as written.
pub(super) fn fetches(css: &str) -> Vec<String> {
    let css = unescaped(css);
    let lower = css.to_ascii_lowercase();
    let mut found = Vec::new();
    for word in REACHES {
        for (at, _) in lower.match_indices(word) {
            let argument = css.get(at + word.len()..).unwrap_or_default().trim_start();
            let end = argument.find([')', ';', '}', '\n']).unwrap_or(argument.len());
            let argument = argument.get(..end).unwrap_or_default();
            let argument = argument.trim_start_matches("url(").trim().trim_matches(['"', '\'']);
            if word != "@font-face" && is_elsewhere(argument) {
                found.push(argument.to_owned());
            }
        }
    }
    found
}

/// Whether an address leaves the message.
pub(super) fn is_elsewhere(address: &str) -> bool {
    let address = address.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    let Some((scheme, _)) = address.split_once(':') else {
        return address.starts_with("//") || address.starts_with("\\\\") || address.starts_with("/\\");
    };
    !address.starts_with(['#', '?'])
        && matches!(
            scheme.to_ascii_lowercase().as_str(),
            "http" | "https" | "ftp" | "ws" | "wss" | "file"
        )
        || address.starts_with("//")
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
        ] {
            assert_eq!(fetches(css).first().map(|found| found.contains("a.test/x")), Some(true), "{css}");
            let after = disarmed(css);
            assert_eq!(fetches(&after), Vec::<String>::new(), "{css} became {after}");
            assert!(!after.to_ascii_lowercase().contains("url("), "{after}");
        }
        assert_eq!(disarmed("color:red;margin:0 auto"), "color:red;margin:0 auto");
        assert!(fetches("background:url(data:image/png;base64,xx)").is_empty());
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
}
