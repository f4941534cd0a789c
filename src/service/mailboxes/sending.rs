//! Writing as a mailbox elsewhere: what is written from its address leaves by its provider's server, signed in as its
//! fetching is, over TLS whose certificate is that server's.

use super::{Mailboxes, access::Access};
use crate::{
    domain::{
        address::Address,
        mailbox::{Server, Trouble as Opening, is_host},
        outgoing::{Kind, Trouble},
    },
    net::{courier::SignIn, https::Https},
    service::{Error, deliver, read},
    store::{record::Mailbox, vault::Vault},
};

/// Why a mailbox is not used for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSending {
    /// It is called by no address that could be written from.
    NoAddress,
    /// No server's name.
    Host,
    /// No port.
    Port,
    /// It was tried, and failed.
    Tried(Box<Trouble>),
}

/// Knows by which server mail leaves that is written from an address elsewhere; cheap to clone.
#[derive(Clone)]
pub struct Providers(pub(super) Access);

impl Providers {
    /// Of the mailboxes in this vault.
    pub fn new(vault: Vault, https: Https) -> Self {
        Self(Access::new(vault, https))
    }

    /// The server for an address, and what signs in there.
    ///
    /// # Errors
    ///
    /// Where there is none, and for now where its provider gives no access or the box is locked.
    pub(in crate::service) async fn of(&self, address: &str) -> Result<(Server, SignIn), Trouble> {
        let none = || Trouble::of(Kind::NoMailbox);
        let address = Address::parse(address).map_err(|_| none())?;
        let found = read(&self.0.vault, move |snapshot| Ok(snapshot.mailbox_of(&address)?)).await;
        // The box was locked at this very moment: that passes.
        let mailbox = found.map_err(|_| Trouble::of(Kind::Resting))?.ok_or_else(none)?;
        let server = mailbox.1.sends().ok_or_else(none)?;
        let sign_in = sign_in(&self.0, Some(mailbox.0), &mailbox.1).await;
        Ok((server.clone(), sign_in.map_err(|why| trouble(why, &server))?))
    }
}

async fn sign_in(access: &Access, id: Option<u64>, mailbox: &Mailbox) -> Result<SignIn, Opening> {
    let (secret, token) = access.word(id, mailbox).await?;
    Ok(SignIn {
        user: mailbox.user.clone(),
        secret,
        token,
    })
}

/// Why there is no token, as a delivery tells it.
fn trouble(why: Opening, server: &Server) -> Trouble {
    let kind = match why {
        Opening::Token => Kind::SignIn,
        Opening::Store => Kind::Resting,
        _ => Kind::Unreachable,
    };
    Trouble::of(kind).at(&server.host)
}

impl Mailboxes {
    /// Writes as this mailbox by this server from now on, which is tried first; by none where none is given.
    pub async fn send_by(&self, id: u64, server: Option<Server>) -> Result<Result<(), NotSending>, Error> {
        let mailbox = read(&self.0.access.vault, move |snapshot| snapshot.mailbox(id)?.ok_or(Error::NotFound)).await?;
        if let Some(server) = &server {
            if mailbox.address().is_none() {
                return Ok(Err(NotSending::NoAddress));
            }
            if !is_host(&server.host) {
                return Ok(Err(NotSending::Host));
            }
            if server.port == 0 {
                return Ok(Err(NotSending::Port));
            }
            let tried = match sign_in(&self.0.access, Some(id), &mailbox).await {
                Ok(sign_in) => deliver::try_provider(&self.0.outward, self.0.receive.host(), server, sign_in)
                    .await
                    .map(drop),
                Err(why) => Err(trouble(why, server)),
            };
            if let Err(why) = tried {
                return Ok(Err(NotSending::Tried(Box::new(why))));
            }
        }
        self.change(id, move |mailbox| mailbox.set_sends(server.as_ref())).await?;
        Ok(Ok(()))
    }
}
