//! Messages to a browser that is not here, through its maker's push service: encrypted for the browser alone (RFC 8291
//! over RFC 8188), and signed so that the service knows the sender again (VAPID, RFC 8292).
//!
//! Absent on purpose: anything longer than one record. What is sent is one short line, padded, so that the service
//! sees the same number of octets whatever it says.

use super::base64url;
use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree},
    hmac,
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};

/// Octets of a point on P-256, uncompressed (SEC 1 section 2.3.3).
pub const POINT: usize = 65;
/// Octets of the secret that a browser gives with its key (RFC 8291 section 3.2).
pub const AUTH: usize = 16;
/// Octets of what is sent, padded.
const PADDED: usize = 128;
/// The size of a record as it is announced (RFC 8188 section 2.1): one record holds all.
const RECORD: u32 = 4096;
/// Characters of an address that a push service gives.
const LONGEST: usize = 1_000;
/// Seconds that a token is good for: half of what is allowed (RFC 8292 section 2).
const TOKEN: i64 = 12 * 3600;
/// Whom a push service may ask about this program. Not the owner: one service demands an address, and this names only
/// the software.
const CONTACT: &str = "https://caliopen.org";

/// The host of a push service's address; `None` where it is none that this box would send to: HTTPS only, at the usual
/// port, to a name and not to an address.
pub fn host(endpoint: &str) -> Option<&str> {
    let rest = endpoint.strip_prefix("https://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-') && !label.starts_with('-')
    };
    let last = host.rsplit('.').next()?;
    let named =
        host.len() <= 253 && host.contains('.') && host.split('.').all(label) && last.starts_with(|c: char| c.is_ascii_alphabetic());
    (named && endpoint.len() <= LONGEST && endpoint.bytes().all(|octet| octet.is_ascii_graphic())).then_some(host)
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
    out
}

/// One line for the browser with this key and secret: the body of the request. `None` where the key is no point of the
/// curve, or the line is too long.
pub fn encrypt(line: &str, point: &[u8], auth: &[u8]) -> Option<Vec<u8>> {
    let own = PrivateKey::generate(&ECDH_P256).ok()?;
    let mut salt = [0; 16];
    SystemRandom::new().fill(&mut salt).ok()?;
    if line.len() >= PADDED {
        return None;
    }
    let mut padded = line.as_bytes().to_vec();
    // The delimiter of the last record, then zeros (RFC 8188 section 2).
    padded.push(2);
    padded.resize(PADDED, 0);
    seal(padded, point, auth, &own, salt)
}

/// The same of a record that is padded already, with this key and salt (RFC 8291 section 3.4).
fn seal(mut record: Vec<u8>, point: &[u8], auth: &[u8], own: &PrivateKey, salt: [u8; 16]) -> Option<Vec<u8>> {
    if point.len() != POINT || auth.len() != AUTH {
        return None;
    }
    let public = own.compute_public_key().ok()?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, point);
    let shared = agree(own, theirs, (), |secret| Ok(mac(auth, &[secret]))).ok()?;
    let key_material = mac(&shared, &[b"WebPush: info\0", point, public.as_ref(), &[1]]);
    let random = mac(&salt, &[&key_material]);
    let key = mac(&random, &[b"Content-Encoding: aes128gcm\0", &[1]]);
    let nonce = mac(&random, &[b"Content-Encoding: nonce\0", &[1]]);
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key.get(..16)?).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce.get(..12)?).ok()?;
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut record).ok()?;
    let mut body = salt.to_vec();
    body.extend_from_slice(&RECORD.to_be_bytes());
    body.push(u8::try_from(public.as_ref().len()).ok()?);
    body.extend_from_slice(public.as_ref());
    body.extend_from_slice(&record);
    Some(body)
}

/// The key that this box is known by at push services.
pub struct Identity(EcdsaKeyPair);

impl Identity {
    /// A new one, as PKCS #8.
    pub fn make() -> Option<Vec<u8>> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).ok()?;
        Some(made.as_ref().to_vec())
    }

    /// The one of this PKCS #8.
    pub fn read(pkcs8: &[u8]) -> Option<Self> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok().map(Self)
    }

    /// Its public half as a browser wants it: a point, in base 64 of addresses.
    pub fn public(&self) -> String {
        base64url::encode(self.0.public_key().as_ref())
    }

    /// The value of `Authorization` for a push service at `host` (RFC 8292 section 3). `now` in seconds from 1970.
    pub fn authorization(&self, host: &str, now: i64) -> Option<String> {
        let header = base64url::encode(br#"{"typ":"JWT","alg":"ES256"}"#);
        let expires = now.saturating_add(TOKEN);
        let claims = format!(r#"{{"aud":"https://{host}","exp":{expires},"sub":"{CONTACT}"}}"#);
        let signed = format!("{header}.{}", base64url::encode(claims.as_bytes()));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        Some(format!(
            "vapid t={signed}.{}, k={}",
            base64url::encode(signature.as_ref()),
            self.public()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::es256;

    fn octets(text: &str) -> Vec<u8> {
        base64url::decode(text, 1_000).unwrap()
    }

    const UA_PUBLIC: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const UA_PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    const AUTH_SECRET: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    #[test]
    fn the_vector_of_rfc_8291_appendix_a() {
        let own = PrivateKey::from_private_key(&ECDH_P256, &octets("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).unwrap();
        let salt = octets("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let mut record = b"When I grow up, I want to be a watermelon".to_vec();
        record.push(2);
        let body = seal(record, &octets(UA_PUBLIC), &octets(AUTH_SECRET), &own, salt).unwrap();
        assert_eq!(
            base64url::encode(&body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_\
             yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    /// What a browser does with a body.
    fn open(body: &[u8], private: &[u8], auth: &[u8]) -> String {
        let own = PrivateKey::from_private_key(&ECDH_P256, private).unwrap();
        let (salt, sender, sealed) = (&body[..16], &body[21..86], &body[86..]);
        let public = own.compute_public_key().unwrap();
        let shared = agree(&own, UnparsedPublicKey::new(&ECDH_P256, sender), (), |secret| {
            Ok(mac(auth, &[secret]))
        })
        .unwrap();
        let random = mac(salt, &[&mac(&shared, &[b"WebPush: info\0", public.as_ref(), sender, &[1]])]);
        let key = mac(&random, &[b"Content-Encoding: aes128gcm\0", &[1]]);
        let nonce = mac(&random, &[b"Content-Encoding: nonce\0", &[1]]);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).unwrap());
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).unwrap();
        let plain = key.open_in_place(nonce, Aad::empty(), &mut sealed).unwrap();
        let end = plain.iter().rposition(|octet| *octet != 0).unwrap();
        assert_eq!((plain.len(), plain[end]), (PADDED, 2));
        String::from_utf8(plain[..end].to_vec()).unwrap()
    }

    #[test]
    fn only_the_browser_opens_it_and_every_line_is_as_long() {
        let (point, auth) = (octets(UA_PUBLIC), octets(AUTH_SECRET));
        let sizes = ["New mail", "Nouveau courrier", ""].map(|line| {
            let body = encrypt(line, &point, &auth).unwrap();
            assert_eq!(open(&body, &octets(UA_PRIVATE), &auth), line);
            body.len()
        });
        assert_eq!(sizes, [sizes[0]; 3]);
        assert_eq!(encrypt(&"x".repeat(PADDED), &point, &auth), None);
        assert_eq!(encrypt("x", &[4; POINT], &auth), None, "not on the curve");
        assert_eq!(encrypt("x", &point[1..], &auth), None);
        assert_eq!(encrypt("x", &point, &auth[1..]), None);
    }

    #[test]
    fn a_token_is_signed_for_one_service() {
        let identity = Identity::read(&Identity::make().unwrap()).unwrap();
        let value = identity.authorization("push.test", 1_000).unwrap();
        let (token, key) = value.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(key, identity.public());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        assert!(es256::verify(&octets(key), signed.as_bytes(), &octets(signature)));
        let claims = String::from_utf8(octets(signed.split_once('.').unwrap().1)).unwrap();
        assert_eq!(claims, r#"{"aud":"https://push.test","exp":44200,"sub":"https://caliopen.org"}"#);
        assert!(Identity::read(b"nothing").is_none());
    }

    #[test]
    fn a_push_service_is_a_name_reached_over_https() {
        assert_eq!(
            host("https://updates.push.services.mozilla.com/wpush/v2/gAAA"),
            Some("updates.push.services.mozilla.com")
        );
        assert_eq!(host("https://fcm.googleapis.com/fcm/send/x:y_z-1"), Some("fcm.googleapis.com"));
        for bad in [
            "http://push.test/x",
            "https://127.0.0.1/x",
            "https://[::1]/x",
            "https://push.test:8443/x",
            "https://me@push.test/x",
            "https://localhost/x",
            "https://push.test/a b",
            "https://push..test/x",
            "https://10.1.0x7f/x",
            "https://",
            "",
        ] {
            assert_eq!(host(bad), None, "{bad}");
        }
        assert_eq!(host(&format!("https://push.test/{}", "x".repeat(LONGEST))), None);
    }
}
