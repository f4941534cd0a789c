//! Access to a mailbox without its password (OAuth 2.0, RFC 6749, with RFC 7636): what the owner's provider is asked with,
//! what comes back, and what it answers.
//!
//! The client is the owner's own, registered with their provider by themselves, of the kind that providers call
//! "desktop" or "native" (RFC 8252): it comes back to an address where nobody listens, and the owner copies the
//! address of that page. So a box that no provider can reach gets its access all the same.

use serde_json::Value;

/// Where the provider sends the owner back to; nobody listens there.
pub const BACK: &str = "http://localhost";
/// The most octets of an answer, of an address that comes back, and of a token.
pub const MOST: usize = 64 * 1024;
const LONGEST: usize = 8 * 1024;

/// What a provider gives.
#[derive(PartialEq, Eq)]
pub struct Given {
    /// What opens the mailbox for an hour or so.
    pub access: String,
    /// What is changed for such a one, for as long as the owner lets it; `None` where none is given, or the one that is known
    /// stays.
    pub refresh: Option<String>,
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        out.append_pair(name, value);
    }
    out.finish()
}

/// The address at the provider where the owner gives access; `None` where theirs is none, or not `https`.
pub fn ask(at: &str, client: &str, scope: &str, state: &str, challenge: &str) -> Option<String> {
    let plain = at.starts_with("https://") && at.len() > 8 && !at.contains(|c: char| c.is_whitespace() || c.is_control() || c == '#');
    let query = form(&[
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", BACK),
        ("scope", scope),
        ("state", state),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        // Without these two some give access for an hour only; others pass over what they do not know (RFC 6749
        // section 3.1).
        ("access_type", "offline"),
        ("prompt", "consent"),
    ]);
    let sign = if at.contains('?') { '&' } else { '?' };
    plain.then(|| format!("{at}{sign}{query}"))
}

/// The code in the address of the page where the owner ended up; `None` where there is none, or it answers another question.
pub fn code(came_back: &str, state: &str) -> Option<String> {
    let (_, query) = came_back
        .get(..came_back.len().min(LONGEST))
        .unwrap_or_default()
        .trim()
        .split_once('?')?;
    let query = query.split('#').next().unwrap_or_default();
    let value = |wanted: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    value("code").filter(|code| !code.is_empty() && value("state").as_deref() == Some(state))
}

/// What changes a code for tokens (RFC 6749 section 4.1.3).
pub fn change(code: &str, client: &str, secret: &str, verifier: &str) -> String {
    form(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("client_id", client),
        ("client_secret", secret),
        ("code_verifier", verifier),
    ])
}

/// What changes a token that lasts for one that opens the mailbox (RFC 6749 section 6).
pub fn renew(refresh: &str, client: &str, secret: &str) -> String {
    form(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
        ("client_id", client),
        ("client_secret", secret),
    ])
}

/// Reads an answer; `None` where it gives nothing that can be used.
pub fn read(answer: &[u8]) -> Option<Given> {
    let said: Value = serde_json::from_slice(answer.get(..MOST).unwrap_or(answer)).ok()?;
    let token = |name: &str| {
        let text = said.get(name)?.as_str()?;
        let fits = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|octet| octet.is_ascii_graphic());
        fits.then(|| text.to_owned())
    };
    Some(Given {
        access: token("access_token")?,
        refresh: token("refresh_token"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_asked_and_what_comes_back_is_read() {
        let url = ask("https://a.test/auth", "me & co", "mail", "st", "ch").unwrap();
        assert!(url.starts_with("https://a.test/auth?response_type=code&client_id=me+%26+co&redirect_uri=http%3A%2F%2Flocalhost&"));
        assert!(
            ask("https://a.test/auth?x=1", "me", "mail", "st", "ch")
                .unwrap()
                .contains("?x=1&response_type")
        );
        for bad in [
            "http://a.test",
            "https://",
            "javascript:alert(1)",
            "https://a.test/#x",
            "https://a.test/ x",
        ] {
            assert_eq!(ask(bad, "me", "mail", "st", "ch"), None, "{bad}");
        }
        assert_eq!(code("http://localhost/?state=st&code=a%2Fb&scope=x", "st").as_deref(), Some("a/b"));
        for bad in [
            "http://localhost/?state=other&code=x",
            "http://localhost/?error=no&state=st",
            "code=x",
            "",
        ] {
            assert_eq!(code(bad, "st"), None, "{bad}");
        }
        let given = read(br#"{"access_token":"ya29.x","expires_in":3599,"refresh_token":"1//r"}"#).unwrap();
        assert!(given.access == "ya29.x" && given.refresh.as_deref() == Some("1//r"));
        assert!(read(br#"{"access_token":"a b"}"#).is_none() && read(br#"{"error":"no"}"#).is_none() && read(b"{").is_none());
    }
}
