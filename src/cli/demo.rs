//! `caliopen demo`: the appliance as it is, with a mailbox to look around in, which is gone when it ends.
//!
//! Nothing in it is a stand-in: the box is made as `init` makes one and runs as `serve` runs it, and its
//! mail comes in by its own SMTP door ([`sender`]). Only its clock is told what time it is while the
//! messages of the last months arrive ([`set`]). Absent on purpose: opening a browser, any other address
//! than this machine's, unless one is given.

mod sender;
mod set;
mod tagged;
mod world;

use super::{
    Failure, code, log_to_stderr, say,
    serve::{Doors, Ending, failure, listening, until_its_end},
};
use crate::{
    app::{self, Appliance, Services},
    config::Config,
    domain::{address::Address, time::Time},
    net::{clock::Clock, dns::Dns},
    service::{self, discussion::Discussions, screener, setup, timeline::Timeline, view::People},
    store::{hex, slots::random},
};
use set::{Calendar, Message};
use std::{
    env, fs,
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::DirBuilderExt,
    path::PathBuf,
    sync::Arc,
};
use tokio::task::JoinSet;
use world::World;
use zeroize::Zeroizing;

/// Whose mailbox it is.
const OWNER: &str = "camille@demo.test";
/// Its domain, which no name server will ever know (RFC 2606).
const DOMAIN: &str = "demo.test";
/// 1,024 words: each stands for ten random bits.
const WORDS: &str = include_str!("../../demo/words.txt");
/// Words of the passphrase.
const LENGTH: usize = 5;
/// Two who have never written before and still wait at the door.
const AT_THE_DOOR: [&str; 2] = ["lea.marchand@stage.example", "jb.nguyen@relieur.example"];
/// The people of the address book.
const CONTACTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contacts.json"));
/// Seconds after which a message has been read, in a mailbox that somebody lives in.
const READ_AFTER: i64 = 3 * 24 * 3600;

/// What `demo` is told.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    doors: Doors,
}

/// A card of the address book.
#[derive(serde::Deserialize)]
struct Card {
    name: String,
    addresses: Vec<String>,
}

/// Makes it, fills it, says where it is on one line of JSON, and takes it away on SIGTERM, SIGINT or SIGHUP.
pub(super) fn run(args: Args) -> Result<(), Failure> {
    log_to_stderr();
    let [smtp, https, http] = args.doors.each_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    until_its_end(async {
        let mut end = Ending::new()?;
        let folder = Temporary::make()?;
        let (data, passphrase) = (folder.0.join("data"), passphrase()?);
        let clock = Clock::fixed(Clock::system().now());
        let world = World::new().ok_or_else(|| broken(&"there are no random numbers"))?;
        let dns = make(data.clone(), passphrase.clone(), &clock, &world).await?;
        let config = Config {
            data,
            smtp,
            https,
            http,
            clamd: None,
            spared: Vec::new(),
            secret: Some(passphrase.clone()),
            outward: dns.into(),
            trying: setup::TRYING,
            clock: clock.clone(),
        };
        let appliance = Appliance::start(config).await.map_err(failure)?;
        let outcome = tokio::select! {
            filled = fill(&appliance, &clock, &world) => filled.map(|messages| {
                clock.release();
                introduce(&appliance, &passphrase, messages);
            }),
            () = end.wait() => {
                appliance.stop().await;
                return Ok(());
            }
        };
        if outcome.is_ok() {
            end.wait().await;
        }
        appliance.stop().await;
        outcome
    })
}

/// A folder of our own that is gone, with all that is in it, when this is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn make() -> Result<Self, Failure> {
        let name = random::<8>().map_err(|error| Failure::new(code::IO, error))?;
        let path = env::temp_dir().join(format!("caliopen-demo-{}", hex(&name)));
        // Not recursive: a folder that is there already is somebody else's.
        let made = fs::DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| Failure::new(code::CANNOT_CREATE, format_args!("cannot make {}: {error}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the temporary folder could not be removed");
        }
    }
}

/// Five words out of 1,024: fifty bits behind Argon2id, for a mailbox that lives for minutes.
fn passphrase() -> Result<Zeroizing<String>, Failure> {
    let words: Vec<&str> = WORDS.lines().collect();
    let mut chosen = Vec::with_capacity(LENGTH);
    for _ in 0..LENGTH {
        let number = u16::from_le_bytes(random().map_err(|error| Failure::new(code::IO, error))?);
        // 1,024 divides 65,536: every word is as likely as every other.
        chosen.extend(words.get(usize::from(number) % words.len().max(1)).copied());
    }
    Ok(Zeroizing::new(chosen.join("-")))
}

/// Makes the box, with the keys that its owner has; gives what answers for name servers.
async fn make(data: PathBuf, passphrase: Zeroizing<String>, clock: &Clock, world: &World) -> Result<Dns, Failure> {
    let folder = data.clone();
    let making = tokio::task::spawn_blocking(move || setup::make(&folder, DOMAIN, OWNER, &passphrase));
    let made = making
        .await
        .map_err(|_| Failure::new(code::IO, "the mailbox could not be made"))?
        .map_err(|error| Failure::new(code::CANNOT_CREATE, error))?;
    let (file, front) = app::front(&data).map_err(failure)?;
    let dns = Dns::table(world.names(&front.host, front.chain.first().map_or(&[], Vec::as_slice)));
    let services = Services::over(&made.vault, &file, &front, clock, dns.clone()).map_err(failure)?;
    world::prepare(&services).await.map_err(|error| broken(&error))?;
    made.vault.lock();
    Ok(dns)
}

/// Puts people into the address book and has every message delivered; says how many there were.
async fn fill(appliance: &Appliance, clock: &Clock, world: &World) -> Result<usize, Failure> {
    let now = clock.now();
    let cards: Vec<Card> = serde_json::from_slice(CONTACTS).map_err(|error| broken(&error))?;
    for card in cards {
        let addresses: Vec<Address> = card.addresses.iter().filter_map(|address| Address::parse(address).ok()).collect();
        setup::add_contact(&appliance.vault, &card.name, &addresses)
            .await
            .map_err(|error| broken(&error))?;
    }
    let messages = set::messages(set::MAILBOX, &Calendar::of_this_machine(now));
    let messages: Vec<Message> = messages.into_iter().map(|message| world.signed(message)).collect();
    let count = messages.len();
    if count > 0 {
        let (last, first): (Vec<Message>, Vec<Message>) = messages
            .into_iter()
            .partition(|message| AT_THE_DOOR.contains(&message.from.as_str()));
        deliver(appliance, clock, first).await?;
        screener::set(&appliance.vault, true).await.map_err(|error| broken(&error))?;
        deliver(appliance, clock, last).await?;
        read(appliance, now).await.map_err(|error| broken(&error))?;
        tagged::sort(appliance).await.map_err(|error| broken(&error))?;
    }
    Ok(count)
}

fn broken(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(code::IO, format_args!("the demonstration could not be prepared: {error}"))
}

/// Sends the messages through the door, the oldest first, each at its own time.
async fn deliver(appliance: &Appliance, clock: &Clock, messages: Vec<Message>) -> Result<(), Failure> {
    let door = *appliance.smtp.first().ok_or_else(|| broken(&"there is no door for mail"))?;
    let certificate = appliance.front.chain.first().cloned().unwrap_or_default();
    let sender = sender::Sender::new(door, &appliance.front.host, certificate).map_err(|error| broken(&error))?;
    let clock = clock.clone();
    let sending = tokio::task::spawn_blocking(move || sender.send(&messages, OWNER, |message| clock.set(message.at)));
    sending.await.map_err(|error| broken(&error))?.map_err(|error| broken(&error))
}

/// Marks what the owner of a mailbox would have read: what is old, and what they answered last.
async fn read(appliance: &Appliance, now: Time) -> Result<(), service::Error> {
    let people = People::new(&appliance.front.addresses).ok_or(service::Error::NotFound)?;
    let timeline = Timeline::new(appliance.vault.clone(), people.clone());
    let discussions = Arc::new(Discussions::new(appliance.vault.clone(), Clock::system(), people));
    let mut marks = JoinSet::new();
    let mut page = timeline.page(1).await?;
    loop {
        for row in page.rows.iter().filter(|row| row.unread > 0) {
            let (id, old, discussions) = (row.id, row.last.0 < now.0 - READ_AFTER, discussions.clone());
            // Together, so that they share a commit.
            marks.spawn(async move {
                if old || answered(&discussions, id).await? {
                    discussions.mark(id, false).await?;
                }
                Ok(())
            });
        }
        if page.page == page.pages {
            break;
        }
        page = timeline.page(page.page + 1).await?;
    }
    marks.join_all().await.into_iter().collect()
}

/// Whether the newest message is the owner's own.
async fn answered(discussions: &Discussions, id: crate::domain::id::DiscussionId) -> Result<bool, service::Error> {
    let page = discussions.page(id, 1).await?;
    let newest = page.shown.iter().max_by_key(|message| (message.received, message.id.0));
    Ok(newest.and_then(|message| message.from.as_ref()).is_some_and(|author| author.owner))
}

/// One line of JSON for programs, a few lines for people.
fn introduce(appliance: &Appliance, passphrase: &str, messages: usize) {
    let url = appliance
        .http
        .first()
        .map(|address| format!("http://{address}/"))
        .unwrap_or_default();
    let mut line = listening(appliance);
    if let Some(fields) = line.as_object_mut() {
        fields.extend([
            ("url".to_owned(), url.clone().into()),
            ("address".to_owned(), OWNER.into()),
            ("passphrase".to_owned(), passphrase.into()),
        ]);
    }
    say(line);
    // A reader that has gone away is not our failure.
    let _ = write!(
        std::io::stderr(),
        "
This is the mailbox of Camille Moreau, who does not exist, with {messages} messages that just arrived
through its own mail port. Look around in it:

    {url}
    passphrase: {passphrase}

It runs on this machine alone and sends nothing anywhere.
Ctrl-C ends it and leaves nothing behind.
"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_five_words_of_a_list_without_doubles() {
        let words: std::collections::BTreeSet<&str> = WORDS.lines().collect();
        assert_eq!(words.len(), 1_024);
        assert!(
            words
                .iter()
                .all(|word| word.len() >= 2 && word.bytes().all(|b| b.is_ascii_lowercase()))
        );
        let (one, other) = (passphrase().ok().unwrap(), passphrase().ok().unwrap());
        assert_ne!(*one, *other);
        assert_eq!(one.split('-').filter(|word| words.contains(word)).count(), LENGTH);
    }

    #[test]
    fn a_temporary_folder_is_ours_alone_and_goes() {
        use std::os::unix::fs::MetadataExt;
        let folder = Temporary::make().ok().unwrap();
        let path = folder.0.clone();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        fs::write(path.join("file"), "x").unwrap();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn every_contact_has_a_name_and_an_address() {
        let cards: Vec<Card> = serde_json::from_slice(CONTACTS).unwrap();
        for card in cards {
            assert!(!card.name.is_empty() && !card.addresses.is_empty());
            assert!(
                card.addresses.iter().all(|address| Address::parse(address).is_ok()),
                "{}",
                card.name
            );
        }
    }
}
