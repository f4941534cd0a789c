//! What the owner lets go of, whichever way it came: gone from the box, in time from its backups too, and left alone where
//! it is somebody else's to keep, which is said.

use crate::{
    appliance::Folder,
    backup_places::{DAY, restored, round, sheet, standing, wish},
    custody::{clear_text, found},
    home::{Home, arrival},
    internet::Authority,
    mailboxes::{Dovecot, NOW, outward, pem_of, typed, until, works},
    web::Visitor,
};
use caliopen::{
    domain::{
        address::Address,
        backup::{Kind, Standing, Trouble},
        contact::Card,
        draft::Draft,
        id::MessageId,
        mailbox::Server,
        time::Time,
    },
    net::{
        dns::Dns,
        restic::{Control, Place, Repo, Secret},
    },
    service::{
        acts::{Act, set_bin_days},
        backup::Wish,
        receive::Taken,
        upkeep::Upkeep,
    },
    store::{
        mailboxes,
        record::{self, Mailbox},
        slots::Opening,
        vault::Vault,
    },
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// A number that stands in no other message.
const FETCHED: usize = 987_654;
/// What is let go of: who wrote it, its subject, its words. The bare address stays counted among those from whom there was
/// honest mail (`store::spam`).
const GONE: [&str; 7] = ["Zebulon", "Xylophone", "quagmire", "Yolanda", "Zither", "marmalade", "987654"];
const PASSWORD: &str = "canary-of-the-place";

fn mail(from: &str, subject: &str, body: &str) -> Vec<u8> {
    format!(
        "From: {from}\r\nTo: me@home.test\r\nSubject: {subject}\r\nMessage-ID: <{subject}@y.test>\r\nDate: Tue, 3 Mar 2026 08:00:00 +0000\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

async fn door(home: &Home, raw: &[u8]) {
    let arrived = arrival(home.clock.now(), "someone@y.test");
    let taken = home.services.receive.keep(arrived, raw.to_vec()).await.unwrap();
    assert!(matches!(taken, Taken::Kept(_)));
}

/// The number and the octets of the message with this word in it.
fn kept(home: &Home, word: &str) -> (MessageId, Vec<u8>) {
    let snapshot = home.snapshot();
    let ids = snapshot.messages_after(0, usize::MAX).unwrap().into_iter();
    let mut all = ids.map(|id| (MessageId(id), snapshot.raw(id, &snapshot.message(id).unwrap().unwrap()).unwrap()));
    all.find(|(_, raw)| String::from_utf8_lossy(raw).contains(word)).unwrap()
}

/// Every message of a Maildir: its name, its octets.
fn lies_there(maildir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = ["cur", "new"]
        .into_iter()
        .flat_map(|part| fs::read_dir(maildir.join(part)).unwrap());
    let files = files.map(|file| file.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Whether the repository still knows the octets of a message.
async fn backed_up(place: &Path, code: &str, raw: &[u8]) -> bool {
    let (place, code, hash) = (Place::Folder(place.to_owned()), code.to_owned(), record::sha256(raw));
    let work = move || {
        let repo = Repo::open(&place, &Secret::Code(&code), &Control::default()).unwrap();
        match repo.read().unwrap().blob(&hash) {
            Ok(_) => true,
            Err(Trouble::Missing) => false,
            Err(trouble) => panic!("{trouble}"),
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Days pass, each with its upkeep, until nothing that was deleted is left in the file.
async fn wiped(home: &Home) {
    let upkeep = Upkeep::new(home.vault.clone(), home.clock.clone());
    for _ in 0..3 {
        upkeep.step().await.unwrap();
        home.later(DAY);
    }
    assert!(!home.services.delete.leaves_traces().await.unwrap());
}

/// How often each of these words is in the vault.
async fn in_the_file(home: &Home, words: &[&str]) -> Vec<usize> {
    home.services.custody.lock().await.unwrap();
    let vault = home.vault.clone();
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let look = move || {
        vault.wait_until_closed().unwrap();
        let clear = clear_text(vault.folder());
        words.iter().map(|word| found(&clear, word)).collect()
    };
    let counts = tokio::task::spawn_blocking(look).await.unwrap();
    home.vault.unlock(&Opening::Typed("word")).unwrap();
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_by_every_way_goes_from_the_box_and_in_time_from_its_backups() {
    let authority = Authority::make();
    let (certificate, key) = pem_of(&authority.certify(&["imap.x.test"]));
    let Some(dovecot) = Dovecot::make(&certificate, &key) else { return };
    dovecot.put("", FETCHED, "S");
    dovecot.owned();
    let there = lies_there(&dovecot.mail());
    let home = Home::make(NOW, outward(&authority));
    let (services, place) = (&home.services, tempfile::tempdir().unwrap());
    let place = place.path().join("box");
    fs::create_dir_all(&place).unwrap();

    // By the door, out of a file, from a mailbox elsewhere.
    door(&home, &mail("Zebulon <zeb@y.test>", "Xylophone", "quagmire")).await;
    door(&home, &mail("Carol <carol@w.test>", "still-here", "staying")).await;
    let file = mail("Yolanda <yol@v.test>", "Zither", "marmalade");
    let brought = services.receive.import(file, Some(NOW), true).await;
    let yolanda = brought.unwrap().unwrap();
    let mailbox = services.mailboxes.add(typed(dovecot.tls_port, true, "right", true)).await;
    let mailbox = mailbox.unwrap().unwrap();
    let working = works(&home);
    services.mailboxes.choose(mailbox, vec!["INBOX".to_owned()]).await.unwrap();
    until(&home, mailbox, "it is fetched", |view| view.brought == 1 && view.last.is_some()).await;
    let [(zebulon, first), (_, second), (elsewhere, fetched), (_, stays)] =
        ["quagmire", "marmalade", "987654", "staying"].map(|word| kept(&home, word));

    let code = sheet(&home).await;
    let on = Wish {
        password: Zeroizing::new(PASSWORD.to_owned()),
        ..wish(Kind::Folder, place.to_str().unwrap(), &code)
    };
    services.backups.switch_on(on.clone()).await.unwrap().unwrap();
    round(&home).await;
    assert_eq!(standing(&home).await, Standing::Good);
    for raw in [&first, &second, &fetched, &stays] {
        assert!(backed_up(&place, &code, raw).await);
    }
    let counts = in_the_file(&home, &GONE).await;
    assert!(counts.iter().all(|count| *count > 0), "it is found where it is: {counts:?}");

    // One message, another one, a discussion whose days in the wastebasket are over.
    services.delete.message(zebulon).await.unwrap();
    services.delete.message(elsewhere).await.unwrap();
    set_bin_days(&home.vault, 10).await.unwrap();
    services.acts.act(vec![yolanda.discussion], Act::Bin).await.unwrap();
    home.later(11 * DAY);
    wiped(&home).await;
    let counts = in_the_file(&home, &GONE).await;
    assert_eq!(counts, [0; GONE.len()], "{GONE:?}");
    assert!(in_the_file(&home, &["staying"]).await[0] > 0);

    // Where it came from it lies as it lay, and it does not come again.
    let before = services.mailboxes.one(mailbox).await.unwrap();
    home.later(DAY);
    services.mailboxes.look_now(mailbox);
    let after = until(&home, mailbox, "it is looked at", |view| view.last > before.last).await;
    assert_eq!(after.brought, before.brought);
    assert_eq!(lies_there(&dovecot.mail()), there);
    services.mailboxes.pause(mailbox, true).await.unwrap();
    working.abort();

    // A backup keeps it for a while, and no longer than the page says, however seldom one is made.
    round(&home).await;
    assert_eq!(standing(&home).await, Standing::Good);
    assert!(backed_up(&place, &code, &first).await, "in the one before");
    let begun = home.clock.now().0;
    while home.clock.now().0 - begun < (365 + 14) * DAY {
        home.later(60 * DAY);
        services.backups.make().await.unwrap().unwrap();
    }
    for gone in [&first, &second, &fetched] {
        assert!(!backed_up(&place, &code, gone).await);
    }
    assert!(backed_up(&place, &code, &stays).await);
    let left = home.snapshot().messages().unwrap();
    assert_eq!(restored(Place::Folder(place.clone()), &code).await, Ok(left));

    // Switched off, nothing is left of what opened the place.
    let secrets = [PASSWORD, code.as_str()];
    assert!(in_the_file(&home, &secrets).await.iter().all(|count| *count > 0));
    services.backups.switch_off().await.unwrap();
    wiped(&home).await;
    assert_eq!(in_the_file(&home, &secrets).await, [0, 0]);

    // The box is erased: what it kept elsewhere opens with the sheet as before, and the mailbox has what it had.
    services.backups.switch_on(on).await.unwrap().unwrap();
    services.custody.erase().await.unwrap();
    assert!(home.vault.unlock(&Opening::Typed("word")).is_err());
    assert_eq!(restored(Place::Folder(place), &code).await, Ok(left));
    assert_eq!(lies_there(&dovecot.mail()), there);
}

#[tokio::test]
async fn before_it_is_erased_the_box_says_what_stays_elsewhere() {
    let folder = Folder::make();
    let vault = Vault::locked(&folder.data);
    vault.unlock(&Opening::Passphrase(crate::appliance::PASSPHRASE)).unwrap();
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
        assert!(appliance.terminate());
        page
    });
    let page = seen.await.unwrap();
    assert!(
        page.contains("delete it at the provider: me@x.test") && !page.contains("never shown"),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_cards_and_passwords_that_are_let_go_of_go_from_the_file() {
    let home = Home::make(NOW, Dns::nobody().into());
    let services = &home.services;
    let draft = Draft {
        text: "quagmire".into(),
        ..Draft::default()
    };
    let card = Card {
        name: "Zebulon".into(),
        addresses: vec![Address::parse("zeb@y.test").unwrap()],
        ..Card::default()
    };
    let server = Server {
        host: "imap.x.test".into(),
        port: 993,
        implicit: true,
    };
    let mailbox = Mailbox::new("me@x.test", &server, "me", secret(PASSWORD, "token"), false, NOW);
    let open = home.vault.open().unwrap();
    let id = open
        .writer
        .write(move |tables| mailboxes::add(tables, &mailbox, 1))
        .await
        .unwrap()
        .unwrap();
    let change = async |to: record::MailboxSecret| {
        let writing = open
            .writer
            .write(move |tables| mailboxes::change(tables, id, |mailbox| mailbox.secret = to.clone()));
        assert!(writing.await.unwrap());
    };
    let traces = async || services.delete.leaves_traces().await.unwrap();
    services.compose.save(7, draft, Vec::new()).await.unwrap().unwrap();
    let card = services.contacts.put(None, card).await.unwrap().unwrap();
    change(secret(PASSWORD, "another token")).await;
    assert!(!traces().await, "a service replaces its token as it likes");

    change(secret("another one", "token")).await;
    assert!(traces().await);
    wiped(&home).await;
    services.contacts.remove(card).await.unwrap();
    assert!(traces().await);
    wiped(&home).await;
    services.compose.discard(7).await.unwrap();
    services.compose.discard(8).await.unwrap();
    assert!(traces().await);
    wiped(&home).await;
    drop(open);
    assert_eq!(in_the_file(&home, &["quagmire", "Zebulon", PASSWORD]).await, [0; 3]);
}

fn secret(password: &str, token: &str) -> record::MailboxSecret {
    let [at, client, secret] = ["https://x.test", "client", "its secret"].map(str::to_owned);
    record::MailboxSecret {
        password: password.to_owned(),
        token: Some((at, client, secret, token.to_owned())),
    }
}
