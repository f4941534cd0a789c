//! Sealing: a locked box can shut a message in and cannot open it again. `age` lives here only.
//!
//! The format is age's (X25519 recipient), so that what lies in the spool can be opened by the stock
//! `age` program with the key from the vault, should this program ever be gone.

use super::Error;
use age::{
    scrypt,
    secrecy::{ExposeSecret, SecretString},
    stream::StreamWriter,
    x25519,
};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// A new pair: the public sealing key for the front, the secret one for the vault.
pub fn pair() -> (String, Zeroizing<String>) {
    let identity = x25519::Identity::generate();
    (
        identity.to_public().to_string(),
        Zeroizing::new(identity.to_string().expose_secret().to_owned()),
    )
}

/// Seals octets to the public key.
pub fn seal(to: &str, clear: &[u8]) -> Result<Vec<u8>, Error> {
    let recipient: x25519::Recipient = to.parse().map_err(|_| Error::Damaged)?;
    let recipients = std::iter::once(&recipient as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).map_err(|_| Error::Damaged)?;
    let mut sealed = Vec::with_capacity(clear.len() + clear.len() / 4096 + 512);
    let mut writer = encryptor.wrap_output(&mut sealed).map_err(Error::io)?;
    writer.write_all(clear).map_err(Error::io)?;
    writer.finish().map_err(Error::io)?;
    Ok(sealed)
}

/// Opens what was sealed; at most `limit` octets of it.
pub fn open(with: &str, sealed: &[u8], limit: u64) -> Result<Zeroizing<Vec<u8>>, Error> {
    let identity: x25519::Identity = with.parse().map_err(|_| Error::Damaged)?;
    let decryptor = age::Decryptor::new(sealed).map_err(|_| Error::Damaged)?;
    let reader = decryptor
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .map_err(|_| Error::Damaged)?;
    let mut clear = Zeroizing::new(Vec::new());
    reader.take(limit + 1).read_to_end(&mut clear).map_err(|_| Error::Damaged)?;
    if clear.len() as u64 > limit {
        Err(Error::Damaged)
    } else {
        Ok(clear)
    }
}

/// What trying a passphrase costs, as scrypt counts it (log N; RFC 7914): 64 MiB, which the smallest board has; and the
/// most that is taken on for what was sealed elsewhere.
const WORK: u8 = 16;
const MOST_WORK: u8 = 20;

/// A stream that is being sealed under a passphrase.
pub struct Sealing<W: Write>(StreamWriter<W>);

impl<W: Write> Sealing<W> {
    /// Begins one. Trying a passphrase takes 64 MiB and some tenths of a second.
    pub fn under(passphrase: &str, out: W) -> Result<Self, Error> {
        let mut recipient = scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
        recipient.set_work_factor(WORK);
        let recipients = std::iter::once(&recipient as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(recipients).map_err(|_| Error::Damaged)?;
        encryptor.wrap_output(out).map(Self).map_err(Error::io)
    }

    /// Ends it; without this it cannot be opened.
    pub fn end(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Reads what was sealed under a passphrase; `None` where it is another one, or not sealed at all.
pub fn unsealed<'a>(passphrase: &str, sealed: impl Read + 'a) -> Option<impl Read + 'a> {
    let decryptor = age::Decryptor::new(sealed).ok()?;
    let mut identity = scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
    identity.set_max_work_factor(MOST_WORK);
    decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_right_key_and_whole() {
        let (public, secret) = pair();
        let clear = b"a message ".repeat(20_000);
        let sealed = seal(&public, &clear).unwrap();
        assert!(sealed.starts_with(b"age-encryption.org/v1"));
        assert_eq!(*open(&secret, &sealed, 1 << 20).unwrap(), clear);
        assert!(open(&secret, &sealed, 1000).is_err(), "larger than it may be");
        assert!(open(&pair().1, &sealed, 1 << 20).is_err(), "another's key");
        for at in [40, 200, sealed.len() / 2, sealed.len() - 1] {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(open(&secret, &flipped, 1 << 20).is_err(), "octet {at}");
        }
        assert!(open(&secret, &sealed[..sealed.len() - 70_000], 1 << 20).is_err(), "cut short");
    }

    #[test]
    fn a_passphrase_opens_what_it_sealed_and_no_other_does() {
        let mut sealing = Sealing::under("a river", Vec::new()).unwrap();
        sealing.write_all(b"the keys").unwrap();
        let sealed = sealing.end().unwrap();
        let mut clear = String::new();
        unsealed("a river", &sealed[..]).unwrap().read_to_string(&mut clear).unwrap();
        assert_eq!(clear, "the keys");
        assert!(unsealed("a lake", &sealed[..]).is_none());
    }
}
