//! A key server, on the owner's word and never otherwise: whoever is looked for there, and that the owner's key is there,
//! is told to somebody who is neither of the two people. It speaks the VKS interface of keys.openpgp.org, which gives a
//! key by its address only after that address has confirmed it.
//!
//! Deliberately absent: any server that was not named by the owner or by us, asking it by itself, and believing it more
//! than the person's domain or their own messages.

use super::{
    Error,
    keyring::{Asked, Keyring},
    read,
};
use crate::{
    codec::{
        key_server as said,
        pgp::{SecretKey, directory},
    },
    domain::address::Address,
    store::{self, keys::set_server},
};

/// The one that is asked where the owner names no other.
pub const USUAL: &str = "keys.openpgp.org";

/// Octets of an answer that are read.
const MAX_ANSWER: usize = 64 * 1024;

/// Looks up and publishes keys at the server; cheap to clone.
#[derive(Clone)]
pub struct KeyServer(Keyring);

/// What came of handing the owner's key over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is there, and found by its address already.
    Found,
    /// It is there; the server writes to the address, and once that is confirmed it is found by it.
    Asks,
    /// The server refuses it.
    Refused,
    /// It could not be asked.
    Unreachable,
}

/// A host's name, as the owner types it; `None` where it is none.
fn host(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("https://").trim_end_matches('/').to_lowercase();
    let good = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (text.len() <= 253 && text.contains('.') && text.split('.').all(good)).then_some(text)
}

impl KeyServer {
    /// Asking as this keyring does; what is found goes there.
    pub fn new(keyring: Keyring) -> Self {
        Self(keyring)
    }

    /// The server's name.
    pub async fn name(&self) -> Result<String, Error> {
        let named = read(&self.0.vault, |snapshot| Ok(snapshot.key_server()?)).await?;
        Ok(named.unwrap_or_else(|| USUAL.to_owned()))
    }

    /// Uses another one; `false` where that is no host's name.
    pub async fn set_name(&self, text: &str) -> Result<bool, Error> {
        let Some(host) = host(text) else { return Ok(false) };
        let open = self.0.vault.open()?;
        open.writer.write(move |tables| set_server(tables, &host)).await?;
        Ok(true)
    }

    /// Asks for somebody's key.
    pub async fn search(&self, address: &Address) -> Result<Asked, Error> {
        let url = directory::server_search(&self.name().await?, address);
        match self.0.https.get(&url, directory::MAX_FETCHED).await {
            Ok(page) if page.status == 200 => self.0.served(address, &page.body).await,
            Ok(page) if page.status == 404 => Ok(Asked::None),
            _ => Ok(Asked::Unreachable),
        }
    }

    /// Hands one of the owner's keys over, and asks for it to be found by its address; the server writes to it in this
    /// language (`en_US`).
    pub async fn publish(&self, id: u64, language: &str) -> Result<Published, Error> {
        let now = self.0.clock.now();
        let (address, text) = read(&self.0.vault, move |snapshot| {
            let own = snapshot.own_keys()?.into_iter().find(|(known, _)| *known == id);
            let (_, key) = own.ok_or(Error::NotFound)?;
            let address = Address::parse(&key.address).map_err(|_| store::Error::Damaged)?;
            let secret = SecretKey::read(&key.secret).map_err(|_| store::Error::Damaged)?;
            Ok((address.clone(), secret.certificate().minimal(&address, now).armored()))
        })
        .await?;
        let server = self.name().await?;
        let tell = async |what: &str, said: Vec<u8>| {
            let url = format!("https://{server}/vks/v1/{what}");
            let page = self.0.https.post(&url, "application/json", said, MAX_ANSWER).await.ok()?;
            // An answer of an error says nothing of the key.
            Some(if page.status == 200 { page.body } else { Vec::new() })
        };
        let Some(answer) = tell("upload", said::upload(&text)).await else {
            return Ok(Published::Unreachable);
        };
        let token = match said::uploaded(&answer, &address) {
            said::Taken::Found => return Ok(Published::Found),
            said::Taken::Refused => return Ok(Published::Refused),
            said::Taken::Waits(token) => token,
        };
        Ok(match tell("request-verify", said::confirm(&token, &address, language)).await {
            Some(answer) if said::confirms(&answer, &address) => Published::Asks,
            Some(_) => Published::Refused,
            None => Published::Unreachable,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn a_server_is_a_host_and_nothing_else() {
        assert_eq!(host(" https://Keys.Example/ "), Some("keys.example".into()));
        for bad in [
            "",
            "localhost",
            "keys.example/x",
            "keys.example:8443",
            "a b.example",
            "http://keys.example",
        ] {
            assert_eq!(host(bad), None, "{bad}");
        }
    }
}
