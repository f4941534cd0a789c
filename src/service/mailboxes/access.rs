//! What opens a mailbox: its password, or a token that its provider gives for one that lasts (`codec::oauth`). Where the
//! provider gives another one that lasts with it, that one is kept from then on.

use super::{LONGEST, NotAdded};
use crate::{
    codec::{base64url, oauth},
    domain::mailbox::Trouble,
    net::https::Https,
    service::read,
    store::{
        Error, mailboxes,
        record::{Mailbox, sha256},
        slots::random,
        vault::Vault,
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// The kind of what a token service is told.
const FORM: &str = "application/x-www-form-urlencoded";

/// What the owner typed to give access by a token.
#[derive(Clone, Default)]
pub struct Grant {
    /// Address of the token service.
    pub at: String,
    /// The owner's own client, and its secret; some have none.
    pub client: String,
    /// See `client`.
    pub secret: String,
    /// What the provider was asked with ([`begin`]).
    pub verifier: String,
    /// The address of the page where the owner ended up.
    pub came_back: String,
}

/// A question to a provider: the address where the owner gives access, and what proves later that it was asked here.
pub struct Question {
    /// Where.
    pub url: String,
    /// What proves it.
    pub verifier: String,
}

fn state(verifier: &str) -> String {
    base64url::encode(&sha256(format!("state {verifier}").as_bytes()))
}

/// Begins to ask a provider for access; `None` where its address is none.
pub fn begin(at: &str, client: &str, scope: &str) -> Result<Option<Question>, Error> {
    let verifier = base64url::encode(&random::<32>()?);
    let challenge = base64url::encode(&sha256(verifier.as_bytes()));
    let url = oauth::ask(at, client, scope, &state(&verifier), &challenge);
    Ok(url.map(|url| Question { url, verifier }))
}

async fn asked(https: &Https, at: &str, body: String) -> Result<oauth::Given, Trouble> {
    let page = https
        .post(at, FORM, body.into_bytes(), oauth::MOST)
        .await
        .map_err(|_| Trouble::Unreachable)?;
    if page.status != 200 {
        return Err(Trouble::Token);
    }
    oauth::read(&page.body).ok_or(Trouble::Token)
}

impl Grant {
    /// Whether it can be tried at all.
    pub(super) fn is_whole(&self) -> bool {
        let fits = |text: &str| text.len() <= LONGEST && !text.chars().any(char::is_control);
        self.at.starts_with("https://") && !self.client.is_empty() && fits(&self.at) && fits(&self.client) && fits(&self.secret)
    }

    /// Changes what came back for what is kept, the token that lasts and what it is used with, and for one that opens the mailbox
    /// now.
    pub(super) async fn take(self, https: &Https) -> Result<(Token, Zeroizing<String>), NotAdded> {
        let code = oauth::code(&self.came_back, &state(&self.verifier)).ok_or(NotAdded::CameBack)?;
        let body = oauth::change(&code, &self.client, &self.secret, &self.verifier);
        let given = asked(https, &self.at, body).await.map_err(NotAdded::Tried)?;
        let refresh = given.refresh.ok_or(NotAdded::Tried(Trouble::Token))?;
        Ok(((self.at, self.client, self.secret, refresh), Zeroizing::new(given.access)))
    }
}

/// What is kept of access by a token: address of the token service, the owner's client and its secret, the token.
type Token = (String, String, String, String);

/// What opens mailboxes; cheap to clone, and one for all that open any.
#[derive(Clone)]
pub(super) struct Access {
    pub vault: Vault,
    pub https: Https,
    /// A token that lasts may serve once: whoever asks with it for one mailbox waits for whoever did before.
    turns: Arc<Mutex<HashMap<u64, Arc<tokio::sync::Mutex<()>>>>>,
}

impl Access {
    /// Of the mailboxes in this vault.
    pub fn new(vault: Vault, https: Https) -> Self {
        Self {
            vault,
            https,
            turns: Arc::default(),
        }
    }

    /// The token of a mailbox as it is kept now; somebody else may have been given another one meanwhile.
    async fn kept(&self, id: u64) -> Result<Option<Token>, Trouble> {
        let found = read(&self.vault, move |snapshot| Ok(snapshot.mailbox(id)?)).await;
        let found = found.map_err(|_| Trouble::Store)?;
        Ok(found.and_then(|mailbox| mailbox.secret.token.clone()))
    }

    /// The word to sign in with, and whether it is a token; of a mailbox that is kept, by its number.
    pub async fn word(&self, id: Option<u64>, mailbox: &Mailbox) -> Result<(Zeroizing<String>, bool), Trouble> {
        let Some(known) = mailbox.secret.token.clone() else {
            return Ok((Zeroizing::new(mailbox.secret.password.clone()), false));
        };
        // Whoever asks may be told to end in the middle of it. The provider may have taken back the token that was kept by
        // then: what it gave instead is kept all the same.
        let access = self.clone();
        let renewing = tokio::spawn(async move { access.renewed(id, known).await });
        Ok((renewing.await.map_err(|_| Trouble::Store)??, true))
    }

    /// A token that opens the mailbox now, for one that lasts.
    async fn renewed(&self, id: Option<u64>, known: Token) -> Result<Zeroizing<String>, Trouble> {
        let turn = id.map(|id| {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry(id).or_default().clone()
        });
        let _turn = match &turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let kept = match id {
            Some(id) => self.kept(id).await?,
            None => None,
        };
        let (at, client, secret, refresh) = kept.as_ref().unwrap_or(&known);
        let given = asked(&self.https, at, oauth::renew(refresh, client, secret)).await?;
        if let (Some(id), Some(other)) = (id, given.refresh.filter(|other| other != refresh)) {
            let open = self.vault.open().map_err(|_| Trouble::Store)?;
            let writing = open.writer.write(move |tables| {
                mailboxes::change(tables, id, |mailbox| {
                    if let Some(token) = &mut mailbox.secret.token {
                        token.3.clone_from(&other);
                    }
                })
            });
            writing.await.map_err(|_| Trouble::Store)?;
        }
        Ok(Zeroizing::new(given.access))
    }
}
