//! Signing in at a smarthost (RFC 4954): by SCRAM where it is offered, so that the password is shown to be known and not
//! said; else by saying it, over TLS only. With a token of access (XOAUTH2) where the owner's provider gave one.

use super::{Courier, Failure, Reply, Stage};
use crate::codec::{base64url, scram};
use aws_lc_rs::rand;
use zeroize::Zeroizing;

/// What signs in.
#[derive(Clone)]
pub struct SignIn {
    /// The name.
    pub user: String,
    /// The password, or the token of access.
    pub secret: Zeroizing<String>,
    /// Whether it is a token.
    pub token: bool,
}

impl Courier {
    /// Signs in. Only over TLS. Whoever offers SCRAM is not told the password where SCRAM fails.
    pub async fn sign_in(&mut self, sign_in: &SignIn) -> Result<(), Failure> {
        let (user, secret) = (sign_in.user.as_str(), sign_in.secret.as_str());
        if self.facts.tls.is_none() {
            return Err(Failure::NoTls);
        }
        let said = if sign_in.token {
            self.token(user, secret).await?
        } else if self.offers.scram {
            self.scram(user, secret).await?
        } else if self.offers.plain {
            let line = base64url::plain(format!("\0{user}\0{secret}").as_bytes());
            self.ask(&format!("AUTH PLAIN {line}\r\n"), Stage::SignIn).await?
        } else if self.offers.login {
            let mut said = self.ask("AUTH LOGIN\r\n", Stage::SignIn).await?;
            for word in [user, secret] {
                if said.code != 334 {
                    return Err(Failure::Refused(Stage::SignIn, said));
                }
                let line = base64url::plain(word.as_bytes());
                said = self.ask(&format!("{line}\r\n"), Stage::SignIn).await?;
            }
            said
        } else {
            return Err(Failure::NoSignIn);
        };
        if said.code == 235 {
            Ok(())
        } else {
            Err(Failure::Refused(Stage::SignIn, said))
        }
    }

    /// A token; whoever does not take it says why, and wants that to be heard before the no.
    async fn token(&mut self, user: &str, token: &str) -> Result<Reply, Failure> {
        if !self.offers.token {
            return Err(Failure::NoSignIn);
        }
        let word = Zeroizing::new(format!("user={user}\x01auth=Bearer {token}\x01\x01"));
        let line = base64url::plain(word.as_bytes());
        let said = self.ask(&format!("AUTH XOAUTH2 {line}\r\n"), Stage::SignIn).await?;
        if said.code == 334 {
            return self.ask("\r\n", Stage::SignIn).await;
        }
        Ok(said)
    }

    /// The whole of SCRAM-SHA-256; gives the last answer.
    async fn scram(&mut self, user: &str, secret: &str) -> Result<Reply, Failure> {
        let mut dice = [0_u8; 18];
        rand::fill(&mut dice).map_err(|_| Failure::NoSignIn)?;
        let nonce = base64url::encode(&dice);
        let first = base64url::plain(scram::first(user, &nonce).as_bytes());
        let said = self.ask(&format!("AUTH SCRAM-SHA-256 {first}\r\n"), Stage::SignIn).await?;
        if said.code != 334 {
            return Ok(said);
        }
        let garbled = || Failure::Garbled(Stage::SignIn);
        let server = read(&said).ok_or_else(garbled)?;
        let (user, secret) = (user.to_owned(), Zeroizing::new(secret.to_owned()));
        let proving = tokio::task::spawn_blocking(move || scram::prove(&user, &secret, &nonce, &server));
        let proof = proving.await.ok().flatten().ok_or_else(garbled)?;
        let line = base64url::plain(proof.said.as_bytes());
        let said = self.ask(&format!("{line}\r\n"), Stage::SignIn).await?;
        if said.code != 334 {
            // Without its own proof a server may say what it likes.
            return if said.is_good() { Err(garbled()) } else { Ok(said) };
        }
        if !read(&said).is_some_and(|server| proof.is_answered(&server)) {
            return Err(garbled());
        }
        self.ask("\r\n", Stage::SignIn).await
    }
}

/// What an answer says in base 64.
fn read(said: &Reply) -> Option<String> {
    String::from_utf8(scram::decoded(said.words.trim(), 1_024)?).ok()
}
