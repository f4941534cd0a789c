//! Names of folders as IMAP writes them: modified UTF-7 (RFC 3501 section 5.1.3). Only read: names are sent back as they
//! came.

/// What a name says; what cannot be read stays as it is.
pub fn decode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((shifted, behind)) = after.split_once('-') else {
            out.push('&');
            out.push_str(after);
            return out;
        };
        match shifted {
            "" => out.push('&'),
            shifted => match read(shifted) {
                Some(text) => out.push_str(&text),
                None => out.push_str(&format!("&{shifted}-")),
            },
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// UTF-16 in base 64, with a comma for the slash.
fn read(shifted: &str) -> Option<String> {
    let shifted: String = shifted
        .chars()
        .map(|c| match c {
            ',' => '_',
            '+' => '-',
            c => c,
        })
        .collect();
    let octets = super::base64url::decode(&shifted, 1024)?;
    let (pairs, rest) = octets.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    let text = String::from_utf16(&units).ok()?;
    rest.is_empty().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_the_standard_says() {
        for (name, text) in [
            ("INBOX", "INBOX"),
            ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
            ("Envoy&AOk-s", "Envoyés"),
            ("A&-B", "A&B"),
            ("broken &AOk", "broken &AOk"),
            ("&!!-", "&!!-"),
        ] {
            assert_eq!(decode(name), text);
        }
    }
}
