//! The headers that every answer wears, put on in one place so that none can go without.

use http::{
    HeaderValue,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};
use warp::reply::Response;

/// What our own pages may do: nothing but our own stylesheet, script, pictures, forms and frame.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                          form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a stranger's HTML may do in its frame: show text and the pictures that it carries. The sandbox
/// gives it an origin of its own, so that it is a stranger here even if something in it did run.
pub const FRAME_POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; \
                                frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

/// What every answer wears unless it brought its own.
const WORN: [(HeaderName, &str); 10] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    // Whether a device still gets security updates is a line of its index; without this no Windows tells.
    (HeaderName::from_static("accept-ch"), "Sec-CH-UA-Platform-Version"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    // A browser asks ahead for the names in links, on pages without TLS: whoever sent one would know that it was read.
    (HeaderName::from_static("x-dns-prefetch-control"), "off"),
];

/// Puts them on. HSTS is absent on purpose: while the certificate is self-signed it would lock the owner
/// out of their own box.
pub(super) fn dress(response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in WORN {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
