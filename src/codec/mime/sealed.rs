//! Putting a message that leaves into OpenPGP (RFC 3156), its headers included (RFC 9788): the subject stands inside,
//! and outside only `[...]`.
//!
//! What is here is bytes: which keys, and whether at all, is `service::protect`'s. Fields that help servers
//! (`Message-ID`, `Date`, who it is from and to) stay outside too, because they must.

use super::{
    field,
    protected::{is_about_body, put},
    tree,
};
use crate::codec::pgp::Plain;

/// What stands in the place of the subject outside (RFC 9788 section 3.2.1).
const HIDDEN: &[u8] = b"[...]";

/// The fields and the rest of a message: the rest begins with the fields that describe its body.
fn apart(message: &[u8]) -> (Vec<(&[u8], &[u8])>, &[u8], &[u8]) {
    let start = tree::header_start(message);
    let (end, body) = tree::header_end(message, start, |_| false);
    let block = message.get(start..end).unwrap_or_default();
    (field::fields(block).collect(), block, message.get(body..).unwrap_or_default())
}

/// Whether a field is for everybody on the way and says nothing that belongs inside.
fn is_outer(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"autocrypt") || name.eq_ignore_ascii_case(b"dkim-signature")
}

/// What is signed or encrypted of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// Its header fields and the empty line.
    pub head: Vec<u8>,
    /// What comes after: a piece of the message itself, so that a large one lies in memory once.
    pub body: &'a [u8],
}

impl Payload<'_> {
    /// The same for whoever seals or signs it.
    pub fn plain(&self) -> Plain<'_> {
        Plain {
            head: &self.head,
            body: self.body,
        }
    }
}

/// What is signed or encrypted of a whole message: its body with its headers inside. `hide` takes the subject away
/// from outside, and says so inside (`HP-Outer`). `more` are fields that stand inside only.
pub fn payload<'a>(message: &'a [u8], hide: bool, more: &[(&str, String)]) -> Payload<'a> {
    let (fields, _, body) = apart(message);
    let mut out = Vec::with_capacity(1_024);
    let inner = || fields.iter().filter(|(name, _)| !is_about_body(name) && !is_outer(name));
    for (name, value) in inner() {
        put(&mut out, name, value);
    }
    for (name, value) in more {
        put(&mut out, name.as_bytes(), value.as_bytes());
    }
    if hide {
        for (name, value) in inner() {
            let value = if name.eq_ignore_ascii_case(b"subject") { HIDDEN } else { value };
            let told = [name, b": ".as_slice(), value.trim_ascii()].concat();
            put(&mut out, b"HP-Outer", &told);
        }
    }
    let mark: &[u8] = if hide { b"; hp=\"cipher\"" } else { b"; hp=\"clear\"" };
    let mut described = false;
    for (name, value) in fields
        .iter()
        .filter(|(name, _)| is_about_body(name) && !name.eq_ignore_ascii_case(b"mime-version"))
    {
        if name.eq_ignore_ascii_case(b"content-type") {
            described = true;
            put(&mut out, name, &[value.trim_ascii(), mark].concat());
        } else {
            put(&mut out, name, value);
        }
    }
    if !described {
        put(&mut out, b"Content-Type", &[b"text/plain", mark].concat());
    }
    out.extend_from_slice(b"\r\n");
    Payload { head: out, body }
}

/// The message with an encrypted body, which `seal` writes, armored with CRLF, behind what is there. `boundary` is random,
/// of letters and digits. Written so because a large body should lie in memory once.
pub fn encrypted<E>(message: &[u8], boundary: &str, seal: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<Vec<u8>, E> {
    let mut out = outside(message, true);
    let head = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/encrypted;\r\n protocol=\"application/pgp-encrypted\";\r\n boundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\nContent-Type: application/pgp-encrypted\r\nContent-Description: PGP/MIME version identification\r\n\r\nVersion: 1\r\n\r\n\
         --{boundary}\r\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\r\nContent-Disposition: inline; filename=\"encrypted.asc\"\r\n\r\n"
    );
    out.extend_from_slice(head.as_bytes());
    seal(&mut out)?;
    out.truncate(out.trim_ascii_end().len());
    out.extend_from_slice(format!("\r\n\r\n--{boundary}--\r\n").as_bytes());
    Ok(out)
}

/// The message with this body and the signature that was made over exactly it.
pub fn signed(message: &[u8], payload: &Payload<'_>, signature: &str, boundary: &str) -> Vec<u8> {
    let mut out = outside(message, false);
    out.reserve(payload.head.len() + payload.body.len() + 4 * 1024);
    let head = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/signed; micalg=\"pgp-sha512\";\r\n protocol=\"application/pgp-signature\";\r\n boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n"
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(&payload.head);
    out.extend_from_slice(payload.body);
    let tail = format!(
        "\r\n--{boundary}\r\nContent-Type: application/pgp-signature; name=\"signature.asc\"\r\nContent-Disposition: attachment; filename=\"signature.asc\"\r\n\r\n"
    );
    out.extend_from_slice(tail.as_bytes());
    out.extend_from_slice(signature.trim_end().as_bytes());
    out.extend_from_slice(format!("\r\n\r\n--{boundary}--\r\n").as_bytes());
    out
}

fn outside(message: &[u8], hide: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in apart(message).0 {
        if !is_about_body(name) {
            let hidden = hide && name.eq_ignore_ascii_case(b"subject");
            put(&mut out, name, if hidden { HIDDEN } else { value });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"Autocrypt: addr=a@x.test;\r\n keydata=AAAA\r\nFrom: a@x.test\r\nTo: b@x.test\r\nSubject: A long\r\n secret\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\nhello\r\n";

    #[test]
    fn the_subject_is_inside_and_nothing_of_it_outside() {
        let inner = payload(MESSAGE, true, &[]);
        let inner = String::from_utf8([inner.head.as_slice(), inner.body].concat()).unwrap();
        assert!(inner.contains("\r\nSubject: A long\r\n secret\r\n") && inner.contains("HP-Outer: Subject: [...]\r\n"));
        assert!(inner.contains("Content-Type: text/plain; charset=\"utf-8\"; hp=\"cipher\"\r\n") && inner.ends_with("\r\n\r\nhello\r\n"));
        assert!(!inner.contains("Autocrypt") && !inner.contains("MIME-Version"));
        let armored = b"-----BEGIN PGP MESSAGE-----\r\n\r\nAAAA\r\n-----END PGP MESSAGE-----\r\n";
        let outer = encrypted(MESSAGE, "b", |out| {
            out.extend_from_slice(armored);
            Ok::<(), ()>(())
        });
        let outer = String::from_utf8(outer.unwrap()).unwrap();
        assert!(outer.contains("Subject: [...]\r\n") && !outer.contains("secret") && !outer.contains("hello"));
        assert!(outer.contains("Autocrypt: addr=a@x.test;\r\n keydata=AAAA\r\n"));
    }

    #[test]
    fn what_is_signed_is_in_the_clear_and_exact() {
        let inner = payload(MESSAGE, false, &[]);
        let whole = signed(
            MESSAGE,
            &inner,
            "-----BEGIN PGP SIGNATURE-----\r\n\r\nAAAA\r\n-----END PGP SIGNATURE-----\r\n",
            "b",
        );
        assert!(memchr::memmem::find(&whole, &[inner.head.as_slice(), inner.body].concat()).is_some());
        assert_eq!(super::super::read(&whole).subject, "A long secret");
        assert_eq!(super::super::read(&whole).text.trim(), "hello");
    }
}
