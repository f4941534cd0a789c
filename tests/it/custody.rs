//! The owner lets go of things: what is deleted is gone for the owner's key too, and what is erased is gone.

use caliopen::{
    app::{self, Services},
    domain::{time::Time, transport::Arrival},
    locale::Lang,
    net::clock::Clock,
    service::{
        Error,
        delete::Wiped,
        receive::{Kept, NotKept, Taken},
        setup,
    },
    store::{
        self,
        crypt::Sectors,
        mail::Snapshot,
        slots::{Opening, Slots},
        vault::{self, Secret, Vault},
    },
};
use redb::StorageBackend;
use std::{fs::File, io::Read, path::Path};

struct House {
    folder: tempfile::TempDir,
    services: Services,
    vault: Vault,
    clock: Clock,
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    setup::make(folder.path(), "home.test", "me@home.test", "word")
        .unwrap()
        .vault
        .lock();
    let (file, front) = app::front(folder.path()).unwrap();
    let (vault, clock) = (Vault::locked(folder.path()), Clock::fixed(Time(1_700_000_000)));
    let services = Services::new(&vault, &file, &front, &clock).unwrap();
    vault.unlock(&Opening::Typed("word")).unwrap();
    House {
        folder,
        services,
        vault,
        clock,
    }
}

fn mail(from: &str, subject: &str, body: &str) -> Vec<u8> {
    format!("From: {from}\r\nTo: me@home.test\r\nSubject: {subject}\r\n\r\n{body}\r\n").into_bytes()
}

impl House {
    async fn take(&self, raw: &[u8]) -> Result<Taken, NotKept> {
        self.clock.set(Time(self.clock.now().0 + 60));
        let arrival = Arrival {
            at: self.clock.now(),
            peer: [192, 0, 2, 7].into(),
            helo: "mx.x.test".into(),
            mail_from: Some("bob@x.test".into()),
            rcpt_to: vec!["me@home.test".into()],
            tls: None,
            extended: true,
            utf8: false,
        };
        self.services.receive.keep(arrival, raw.to_vec()).await
    }

    async fn keep(&self, raw: &[u8]) -> Kept {
        match self.take(raw).await.unwrap() {
            Taken::Kept(kept) => kept,
            Taken::Sealed => panic!("the box is locked"),
        }
    }

    /// The vault's file as the owner's key shows it, every octet.
    fn clear_text(&self) -> Vec<u8> {
        clear_text(self.folder.path())
    }
}

/// The vault's file in this folder as the owner's key shows it, every octet.
pub fn clear_text(folder: &Path) -> Vec<u8> {
    let slots = Slots::load(folder).unwrap();
    let (_, _, key) = slots.open(&Opening::Typed("word")).unwrap().unwrap();
    let file = File::open(folder.join(vault::FILE)).unwrap();
    let sectors = Sectors::open(file, &key).unwrap();
    let mut clear = vec![0; sectors.len().unwrap() as usize];
    for (n, page) in clear.chunks_mut(4096).enumerate() {
        sectors.read(n as u64 * 4096, page).unwrap();
    }
    clear
}

/// How often a word is in these octets, also inside zstd frames, whole or torn.
pub fn found(clear: &[u8], word: &str) -> usize {
    let count = |octets: &[u8]| octets.windows(word.len()).filter(|window| *window == word.as_bytes()).count();
    let frames = clear
        .windows(4)
        .enumerate()
        .filter(|(_, window)| *window == [0x28, 0xb5, 0x2f, 0xfd]);
    let inside = frames.map(|(at, _)| {
        let mut out = Vec::new();
        let reader = zstd::stream::read::Decoder::new(&clear[at..]).unwrap().single_frame();
        // A frame that is torn gives what it has.
        let mut reader = reader.take(1 << 20);
        let mut piece = [0; 4096];
        while let Ok(n @ 1..) = reader.read(&mut piece) {
            out.extend_from_slice(&piece[..n]);
        }
        count(&out)
    });
    count(clear) + inside.sum::<usize>()
}

#[tokio::test]
async fn a_deleted_message_is_gone_for_the_owners_key_too() {
    let house = house();
    let other = house.keep(&mail("Carol <carol@y.test>", "still here", "staying")).await;
    let first = house.keep(&mail("Bob <bob@x.test>", "an older one", "also staying")).await;
    let gone = house
        .keep(&mail("Zebulon <bob@x.test>", "Xylophone", "quagmire ".repeat(3000).as_str()))
        .await;
    let imported = mail("Zebulon <bob@x.test>", "Xylophone", "quagmire again");
    let import = house
        .services
        .receive
        .import(imported.clone(), Some(Time(1_600_000_000)), true)
        .await
        .unwrap()
        .unwrap();
    for word in ["Zebulon", "Xylophone", "quagmire"] {
        assert!(found(&house.clear_text(), word) > 0, "the search finds {word} where it is");
    }
    let delete = &house.services.delete;
    assert_eq!(delete.message(import.message).await.unwrap(), Some(first.discussion));
    assert_eq!(delete.message(gone.message).await.unwrap(), Some(first.discussion));
    assert!(matches!(delete.message(gone.message).await, Err(Error::NotFound)));
    assert!(matches!(
        house.services.discussions.message(gone.message).await,
        Err(Error::NotFound)
    ));

    let page = house.services.discussions.page(first.discussion, 1).await.unwrap();
    assert_eq!((page.messages, page.unread, page.subject.as_str()), (1, 1, "an older one"));
    let rows = house.services.timeline.page(1).await.unwrap().rows;
    assert_eq!(
        rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        [first.discussion, other.discussion]
    );
    assert_eq!((rows[0].excerpt.as_str(), rows[0].people[0].name.as_str()), ("also staying", "Bob"));

    assert!(delete.leaves_traces().await.unwrap());
    assert!(delete.wipe().await.unwrap() == Wiped::Done && !delete.leaves_traces().await.unwrap());
    house.services.custody.lock().await.unwrap();
    let clear = house.clear_text();
    for word in ["Zebulon", "Xylophone", "quagmire"] {
        assert_eq!(found(&clear, word), 0, "{word} is still there");
    }
    assert!(found(&clear, "staying") > 0 && found(&clear, "still here") > 0);
    assert_eq!(names(house.folder.path()), ["front.redb", "slots.json", "vault.redb"]);
    house.vault.unlock(&Opening::Typed("word")).unwrap();
    let again = house.services.receive.import(imported, None, true).await.unwrap();
    assert!(again.is_some(), "nothing remembers it");
}

#[tokio::test]
async fn a_deleted_discussion_takes_all_its_messages_and_nothing_else() {
    let house = house();
    let mut gone = Vec::new();
    for n in 0..70 {
        gone.push(
            house
                .keep(&mail("bob@x.test", &format!("number {n}"), &"words ".repeat(n * 200)))
                .await,
        );
        house.keep(&mail("carol@y.test", &format!("other {n}"), "b")).await;
    }
    let id = gone[0].discussion;
    house.services.delete.discussion(id).await.unwrap();
    assert!(matches!(house.services.delete.discussion(id).await, Err(Error::NotFound)));
    let page = house.services.timeline.page(1).await.unwrap();
    assert_eq!((page.total, page.unread, page.rows[0].messages), (1, 1, 70));
    let open = house.vault.open().unwrap();
    let snapshot = Snapshot::of(&open).unwrap();
    assert_eq!(snapshot.messages().unwrap(), 70);
    assert!(gone.iter().all(|kept| snapshot.proof(kept.message.0).unwrap().is_none()));
    drop(snapshot);
    assert!(open.rewrite().unwrap());
    let new = house.keep(&mail("bob@x.test", "a new beginning", "b")).await;
    assert!(new.discussion != id, "a number is never given twice");
    let (seen, damaged, _) = Snapshot::of(&open).unwrap().scrub(0, 1000).unwrap();
    assert_eq!((seen, damaged), (71, 0), "everything else is whole");
}

#[tokio::test]
async fn writing_anew_keeps_what_is_read_and_written_meanwhile() {
    let house = house();
    for n in 0..50 {
        house
            .keep(&mail("bob@x.test", &format!("number {n}"), &"words ".repeat(5000)))
            .await;
    }
    let open = house.vault.open().unwrap();
    let before = Snapshot::of(&open).unwrap();
    let wiping = tokio::spawn({
        let delete = house.services.delete.clone();
        async move { delete.wipe().await }
    });
    let mut sealed = 0;
    for n in 50..80 {
        sealed += u32::from(house.take(&mail("bob@x.test", &format!("number {n}"), "b")).await.unwrap() == Taken::Sealed);
    }
    assert_eq!(wiping.await.unwrap().unwrap(), Wiped::Done);
    let drained = house.services.receive.drain().await.unwrap();
    assert!(
        drained <= u64::from(sealed),
        "what did not fit in between was sealed, as while locked"
    );
    assert_eq!(before.messages().unwrap(), 50, "a reader sees what it saw");
    drop((before, open));
    house.services.custody.lock().await.unwrap();
    house.vault.unlock(&Opening::Typed("word")).unwrap();
    let snapshot = Snapshot::of(&house.vault.open().unwrap()).unwrap();
    assert_eq!(snapshot.messages().unwrap(), 80);
    assert_eq!(snapshot.scrub(0, 1000).unwrap().1, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_stands_still_does_not_keep_the_owner_out() {
    let house = house();
    for n in 0..5 {
        // What cannot be packed: more than waits between the store and whoever fetches.
        let noise = (0..10_000).map(|k| store::hex(&store::record::sha256(format!("{n} {k}").as_bytes())) + "\n");
        house
            .keep(&mail("bob@x.test", &format!("number {n}"), &noise.collect::<String>()))
            .await;
    }
    let export = &house.services.export;
    let ticket = export.prepare("another").unwrap();
    let mut pieces = export.fetch(&ticket, Lang::En).unwrap().unwrap();
    assert!(pieces.recv().await.unwrap().is_ok(), "it has begun, and nobody takes the rest");
    house.vault.lock();
    let vault = house.vault.clone();
    let opened = tokio::task::spawn_blocking(move || vault.unlock(&Opening::Typed("word")))
        .await
        .unwrap();
    assert!(matches!(opened, Ok(Secret::Right(_))));
    while pieces.recv().await.is_some() {}
    let ticket = export.prepare("another").unwrap();
    assert!(export.fetch(&ticket, Lang::En).unwrap().is_some(), "another one may begin");
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn an_erased_box_opens_with_nothing_from_the_first_moment() {
    let house = house();
    house.keep(&mail("bob@x.test", "one", "words")).await;
    let before = std::fs::read(house.folder.path().join(vault::FILE)).unwrap();
    // What an upgrade that went wrong put aside is a whole box as well.
    let aside = house.folder.path().join("left-by-0.9.0");
    std::fs::create_dir(&aside).unwrap();
    for name in [store::slots::FILE, vault::FILE] {
        std::fs::copy(house.folder.path().join(name), aside.join(name)).unwrap();
    }
    house.services.custody.erase().await.unwrap();
    assert!(house.vault.open().is_err() && house.services.custody.is_erased());
    assert_eq!(
        house.take(&mail("bob@x.test", "two", "words")).await,
        Err(NotKept::Storage),
        "nothing more is taken"
    );
    assert!(house.vault.unlock(&Opening::Typed("word")).is_err());
    let slots = std::fs::read(house.folder.path().join(store::slots::FILE)).unwrap();
    assert!(slots.iter().all(|octet| *octet == 0));
    for place in [house.folder.path(), &aside] {
        let after = std::fs::read(place.join(vault::FILE)).unwrap();
        assert!(before[..64] != after[..64], "the key of the file is gone");
    }
    assert!(Vault::locked(&aside).unlock(&Opening::Typed("word")).is_err());

    // The power goes before the files are: the next start ends the work.
    let House {
        folder, services, vault, ..
    } = house;
    drop((services, vault));
    assert!(matches!(app::front(folder.path()), Err(app::StartError::NoBox)));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}
