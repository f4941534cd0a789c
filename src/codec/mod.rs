//! Floor 1: bytes become nouns and nouns become bytes. Pure functions, no I/O, and no input panics:
//! every reader here has limits on size, depth and count, and says what was odd instead of failing.

pub mod authentication_claims;
pub mod authentication_results;
pub mod base64url;
pub mod certificate;
pub mod dane;
pub mod dkim;
pub mod dmarc;
pub mod es256;
pub mod exif;
pub mod fingerprint_words;
pub mod hosts;
pub mod html;
pub mod http_date;
pub mod inspect;
pub mod jws;
pub mod mac;
pub mod mbox;
pub mod mime;
pub mod mta_sts;
pub mod multipart;
pub mod password;
pub mod pgp;
pub mod qr;
pub mod report;
pub mod search;
pub mod spam;
pub mod spf;
pub mod tags;
pub mod tls_report;
pub mod totp;
pub mod vcard;
pub mod webauthn;
pub mod words;
