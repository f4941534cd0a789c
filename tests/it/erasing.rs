//! Before a box is erased, what is kept elsewhere is named, because it stays.

use crate::{
    appliance::{Folder, PASSPHRASE},
    web::Visitor,
};
use caliopen::{
    domain::{mailbox::Server, time::Time},
    store::{
        mailboxes,
        record::{self, Mailbox},
        slots::Opening,
        vault::Vault,
    },
};

#[tokio::test]
async fn before_it_is_erased_the_box_says_what_stays_elsewhere() {
    let folder = Folder::make();
    let vault = Vault::locked(&folder.data);
    vault.unlock(&Opening::Passphrase(PASSPHRASE)).unwrap();
    let server = Server {
        host: "imap.x.test".to_owned(),
        port: 993,
        implicit: true,
    };
    let secret = record::MailboxSecret {
        password: "never shown".to_owned(),
        token: None,
    };
    let mailbox = Mailbox::new("me@x.test", &server, "me", secret, true, Time(1_700_000_000));
    let open = vault.open().unwrap();
    let added = open.writer.write(move |tables| mailboxes::add(tables, &mailbox, 9)).await.unwrap();
    assert!(added.is_some());
    drop(open);
    vault.lock();
    vault.wait_until_closed().unwrap();
    let seen = tokio::task::spawn_blocking(move || {
        let appliance = folder.serve();
        let page = Visitor::owner(&appliance).get("/settings/erase").body;
        assert!(appliance.terminate().0);
        page
    });
    let page = seen.await.unwrap();
    assert!(
        page.contains("delete it at the provider: me@x.test") && !page.contains("never shown"),
        "{page}"
    );
}
