//! Ringing at a push service (RFC 8030 section 5): one encrypted line for one browser, whatever it says as long as any
//! other. What it is and for whom is `codec::web_push`'s.

use super::https::{Exchange, Https, Unfetched};
use crate::domain::ledger::Purpose;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// Seconds that a push service keeps the line for a browser that is not there.
const KEPT: &str = "43200";
/// Octets of an answer that are read.
const ANSWER: usize = 16 * 1024;

/// Hands a line over; gives the status of the answer.
pub async fn ring(https: &Https, endpoint: &str, authorization: &str, body: Vec<u8>) -> Result<u16, Unfetched> {
    let mut head = HeaderMap::new();
    let authorization = HeaderValue::from_str(authorization).map_err(|_| Unfetched::NoAddress)?;
    head.insert(header::AUTHORIZATION, authorization);
    head.insert(header::CONTENT_ENCODING, HeaderValue::from_static("aes128gcm"));
    head.insert(HeaderName::from_static("ttl"), HeaderValue::from_static(KEPT));
    head.insert(HeaderName::from_static("urgency"), HeaderValue::from_static("normal"));
    // A line that still waits is replaced, not added to (RFC 8030 section 5.4).
    head.insert(HeaderName::from_static("topic"), HeaderValue::from_static("mail"));
    let asked = Exchange {
        method: Method::POST,
        url: endpoint,
        head,
        body,
    };
    https.exchange(Purpose::Push, asked, ANSWER).await.map(|(_, page)| page.status)
}
