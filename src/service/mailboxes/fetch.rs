//! Fetching what is new in a mailbox, folder by folder, the oldest first: looked at in slices, fetched in bundles that
//! are bounded, kept, and only then noted as done. What breaks off goes on from there; what comes twice is kept once.
//!
//! A server that refuses a bundle is mostly busy, and is asked again later; nothing counts as gone that it did not say is
//! gone. Where it refuses for ever, it may be one message that it cannot read itself: that one is found, and passed by. A
//! folder of which something is refused ends there at this look; the others do not wait for it.

use super::{Mailboxes, Running};
use crate::{
    domain::{
        mailbox::{Folder, MAX_FOLDERS, Trouble},
        time::Time,
    },
    net::imap::{Examined, Known, Mailbox as Opened},
    service::{
        Error,
        import::labels,
        read,
        receive::{Brought, MAX_MESSAGE, NotKept},
    },
    store::{filing::Wanted, record::Mailbox},
};
use std::{collections::HashMap, time::Duration};
use tokio::task::JoinSet;

/// Messages that are looked at together.
const SLICE: usize = 500;
/// Messages that are fetched together, and their octets.
const BUNDLE: usize = 100;
const BUNDLE_SIZE: u64 = 4 * 1024 * 1024;
/// Messages that are prepared at once.
const AT_ONCE: usize = 32;
/// The share of the time, in fourths, that a line is left to others after each bundle.
const REST: u32 = 4;
/// Refusals in a row after which the messages of a bundle are asked for one by one.
const SUSPICION: u32 = 3;
/// Messages of a bundle that may be refused one by one before it is the server that refuses.
const SUSPECTS: usize = 3;
/// Seconds of refusing after which even a message that nothing else can be compared with is passed by.
const LONG: i64 = 2 * DAY;
/// How long whoever adds a mailbox waits for what is in its folders to be noted.
const NOTING: Duration = Duration::from_secs(30);
/// The seconds of a day.
const DAY: i64 = 24 * 3600;

/// What became of a bundle.
#[derive(Default)]
struct Done {
    brought: u64,
    passed: u64,
    /// Whether the server gave something out.
    given: bool,
}

/// How patient one is with refusals by now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// The server is busy.
    Whole,
    /// It may be one message.
    Suspicious,
    /// It has been so for days.
    Gone,
}

impl Patience {
    fn of(folder: &Folder, now: Time) -> Self {
        match folder.refused {
            Some((since, times)) if times >= SUSPICION => {
                let long = now.0.saturating_sub(since.0) >= LONG;
                if long { Self::Gone } else { Self::Suspicious }
            }
            _ => Self::Whole,
        }
    }
}

impl Mailboxes {
    /// Fetches what is new in every wanted folder. One that the server does not open is noted, and keeps nothing else back;
    /// nor does one of which it refuses something, which is said at the end.
    pub(super) async fn fetch(&self, id: u64, opened: &mut Opened) -> Result<(), Trouble> {
        let kept = read(&self.0.vault, move |snapshot| snapshot.mailbox(id)?.ok_or(Error::NotFound)).await;
        let mailbox = kept.map_err(|_| Trouble::Store)?;
        let (mut work, mut shut, mut refused) = (Vec::new(), Vec::new(), false);
        for folder in mailbox.folders().into_iter().filter(|folder| folder.wanted) {
            let name = folder.name.clone();
            let found = match opened.examine(&name).await {
                Ok(now) => {
                    let found = self.new_in(id, opened, folder, now, &mailbox).await;
                    refused |= matches!(found, Err(Trouble::Refused));
                    found
                }
                Err(trouble) => Err(trouble),
            };
            match found {
                Ok(found) => work.push(found),
                Err(Trouble::Refused) => shut.push(name),
                Err(trouble) => return Err(trouble),
            }
        }
        refused |= work.is_empty() && !shut.is_empty();
        self.note_shut(id, shut.clone());
        let all = work.iter().map(|(_, uids)| uids.len() as u64).sum();
        let since = self.0.clock.now();
        self.note(id, |running| {
            *running = Running {
                all,
                since,
                ..Running::default()
            };
        });
        for (mut folder, uids) in work {
            match self.folder(id, opened, &mut folder, &uids).await {
                Err(Trouble::Refused) => {
                    let (since, times) = folder.refused.unwrap_or((self.0.clock.now(), 0));
                    folder.refused = Some((since, times.saturating_add(1)));
                    self.keep(id, &folder, &Done::default()).await?;
                    shut.push(folder.name);
                    refused = true;
                }
                done => done?,
            }
        }
        self.note_shut(id, shut);
        if refused { Err(Trouble::Refused) } else { Ok(()) }
    }

    /// Fetches these messages of a folder, all that is new in it.
    async fn folder(&self, id: u64, opened: &mut Opened, folder: &mut Folder, uids: &[u32]) -> Result<(), Trouble> {
        let patience = Patience::of(folder, self.0.clock.now());
        (folder.all, folder.done) = (uids.len() as u64, 0);
        if !uids.is_empty() {
            self.keep(id, folder, &Done::default()).await?;
            opened.examine(&folder.name).await?;
            for slice in uids.chunks(SLICE) {
                self.slice(id, opened, folder, slice, patience).await?;
            }
        }
        folder.refused = None;
        self.keep(id, folder, &Done::default()).await
    }

    /// Fetches these messages of the folder that is open.
    async fn slice(&self, id: u64, opened: &mut Opened, folder: &mut Folder, slice: &[u32], patience: Patience) -> Result<(), Trouble> {
        let known = opened.look(slice).await?;
        // What is gone by now needs no fetching.
        let gone = (slice.len() - known.len().min(slice.len())) as u64;
        self.note(id, |running| running.done += gone);
        folder.done += gone;
        for bundle in bundles(&known) {
            let begun = std::time::Instant::now();
            let done = match self.bundle(opened, folder, bundle).await {
                Err(Trouble::Refused) if patience != Patience::Whole => self.one_by_one(opened, folder, bundle, patience).await?,
                done => done?,
            };
            folder.last = bundle.last().map_or(folder.last, |known| known.uid);
            folder.done += bundle.len() as u64;
            if done.given {
                folder.refused = None;
            }
            self.keep(id, folder, &done).await?;
            self.note(id, |running| running.done += bundle.len() as u64);
            tokio::time::sleep((begun.elapsed() / REST).min(Duration::from_secs(2))).await;
        }
        folder.last = folder.last.max(slice.last().copied().unwrap_or(0));
        Ok(())
    }

    /// The folder as it is now, and the numbers of what is new in it. Of a mailbox that is wanted from one day on, nothing
    /// that came to the server before that day is new, whatever became of its numbers.
    async fn new_in(
        &self,
        id: u64,
        opened: &mut Opened,
        mut folder: Folder,
        now: Examined,
        mailbox: &Mailbox,
    ) -> Result<(Folder, Vec<u32>), Trouble> {
        let first = folder.validity == 0;
        let changed = !first && folder.validity != now.validity;
        folder.validity = now.validity.max(1);
        if changed {
            // The numbers mean other messages than before: all are looked through again, and what is here is kept once.
            folder.last = 0;
        }
        if first && !mailbox.history {
            folder.last = floor(opened, now).await?;
            // What breaks off before this folder's turn must not have it begin later at the next look.
            self.keep(id, &folder, &Done::default()).await?;
        }
        let since = (!mailbox.history).then(|| day(Time(mailbox.since)));
        let uids = opened.after(folder.last, since.as_deref()).await?;
        Ok((folder, uids))
    }

    /// Fetches some messages and keeps them.
    async fn bundle(&self, opened: &mut Opened, folder: &Folder, bundle: &[Known]) -> Result<Done, Trouble> {
        let (fits, large): (Vec<&Known>, Vec<&Known>) = bundle.iter().partition(|known| known.size as usize <= MAX_MESSAGE);
        let known: HashMap<u32, &Known> = fits.iter().map(|known| (known.uid, *known)).collect();
        let uids: Vec<u32> = fits.iter().map(|known| known.uid).collect();
        let mut done = Done {
            passed: large.len() as u64,
            ..Done::default()
        };
        if uids.is_empty() {
            return Ok(done);
        }
        let mut keeping = JoinSet::new();
        let of_folder = of_folder(&folder.name);
        let receive = &self.0.receive;
        let bodies = opened.fetch(&uids).await?;
        let missing: Vec<u32> = uids.iter().copied().filter(|uid| !bodies.contains_key(uid)).collect();
        // What did not come is gone only where the server no longer knows of it.
        if !missing.is_empty() && !opened.look(&missing).await?.is_empty() {
            return Err(Trouble::Refused);
        }
        done.given = !bodies.is_empty();
        for (uid, raw) in bodies {
            let Some(known) = known.get(&uid) else { continue };
            let brought = Brought {
                received: known.at,
                read: known.seen,
                tags: tags(known, of_folder.as_ref()),
                by_content: true,
            };
            let receive = receive.clone();
            keeping.spawn(async move { receive.bring(raw, brought).await.map(|kept| kept.is_some()) });
            if keeping.len() >= AT_ONCE
                && let Some(kept) = keeping.join_next().await
            {
                note(&mut done, kept)?;
            }
        }
        while let Some(kept) = keeping.join_next().await {
            note(&mut done, kept)?;
        }
        Ok(done)
    }

    /// Fetches the messages of a bundle that is refused as a whole. What is refused while others are given, twice, is what
    /// the server cannot read, and is passed by.
    async fn one_by_one(&self, opened: &mut Opened, folder: &Folder, bundle: &[Known], patience: Patience) -> Result<Done, Trouble> {
        let (mut all, mut suspects) = (Done::default(), Vec::new());
        for known in bundle.chunks(1) {
            match self.bundle(opened, folder, known).await {
                Ok(done) => all.add(&done),
                Err(Trouble::Refused) if suspects.len() < SUSPECTS => suspects.push(known),
                Err(trouble) => return Err(trouble),
            }
        }
        if !all.given && patience != Patience::Gone {
            return Err(Trouble::Refused);
        }
        for known in suspects {
            match self.bundle(opened, folder, known).await {
                Ok(done) => all.add(&done),
                Err(Trouble::Refused) => all.passed += 1,
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(all)
    }

    /// Notes how far a folder is. A server that gives something out has not failed since before that: else a large mailbox
    /// that is given out in parts over many days would be switched off in the middle.
    async fn keep(&self, id: u64, folder: &Folder, done: &Done) -> Result<(), Trouble> {
        let (folder, brought, passed, given) = (folder.clone(), done.brought, done.passed, done.given);
        let changed = self
            .change(id, move |mailbox| {
                let mut folders = mailbox.folders();
                if let Some(known) = folders.iter_mut().find(|known| known.name == folder.name) {
                    *known = Folder {
                        wanted: known.wanted,
                        ..folder.clone()
                    };
                }
                mailbox.set_folders(&folders);
                mailbox.brought = mailbox.brought.saturating_add(brought);
                mailbox.passed = mailbox.passed.saturating_add(passed);
                if given {
                    mailbox.failing = None;
                    mailbox.set_trouble(None);
                }
            })
            .await;
        changed.map_err(|_| Trouble::Store)
    }
}

/// The last message that was there before now.
async fn floor(opened: &mut Opened, now: Examined) -> Result<u32, Trouble> {
    match now.next {
        Some(next) => Ok(next.saturating_sub(1)),
        None => Ok(opened.after(0, None).await?.last().copied().unwrap_or(0)),
    }
}

/// Notes what is in each wanted folder of a mailbox of which only that is wanted which comes from now on: the first look may
/// be long after, when the box is unlocked or the provider is back. What cannot be noted in [`NOTING`] begins then.
pub(super) async fn note_floors(opened: &mut Opened, folders: &mut [Folder]) {
    let noting = async {
        for folder in folders.iter_mut().filter(|folder| folder.wanted) {
            let found = match opened.examine(&folder.name).await {
                Ok(now) => floor(opened, now).await.map(|last| (now.validity.max(1), last)),
                Err(trouble) => Err(trouble),
            };
            match found {
                Ok(found) => (folder.validity, folder.last) = found,
                // One that the server does not open keeps nothing else back.
                Err(Trouble::Refused) => {}
                Err(_) => return,
            }
        }
    };
    let _ = tokio::time::timeout(NOTING, noting).await;
}

impl Done {
    fn add(&mut self, other: &Self) {
        self.brought += other.brought;
        self.passed += other.passed;
        self.given |= other.given;
    }
}

fn note(done: &mut Done, kept: Result<Result<bool, NotKept>, tokio::task::JoinError>) -> Result<(), Trouble> {
    match kept.map_err(|_| Trouble::Store)? {
        Ok(true) => done.brought += 1,
        Ok(false) => {}
        Err(NotKept::TooLarge | NotKept::TooComplex) => done.passed += 1,
        Err(NotKept::Locked | NotKept::Storage | NotKept::Refused | NotKept::TurnedAway) => return Err(Trouble::Store),
    }
    Ok(())
}

/// Bundles of at most so many messages and octets.
fn bundles(known: &[Known]) -> Vec<&[Known]> {
    let (mut bundles, mut begin, mut size) = (Vec::new(), 0, 0_u64);
    for (at, message) in known.iter().enumerate() {
        let octets = u64::from(message.size);
        if at > begin && (at - begin >= BUNDLE || size + octets > BUNDLE_SIZE) {
            bundles.extend(known.get(begin..at));
            (begin, size) = (at, 0);
        }
        size += octets;
    }
    bundles.extend(known.get(begin..).filter(|rest| !rest.is_empty()));
    bundles
}

/// Names of folders that hold rubbish or drafts, where the server does not say which do (RFC 6154).
const SPARE: &[&str] = &[
    "trash",
    "junk",
    "spam",
    "drafts",
    "bulk mail",
    "junk e-mail",
    "junk email",
    "deleted items",
    "deleted messages",
    "corbeille",
    "brouillons",
    "indésirables",
    "courrier indésirable",
    "éléments supprimés",
];

/// Whether a folder is called like one that is not wanted at first.
pub(super) fn is_spare(folder: &str) -> bool {
    SPARE.contains(&last(&crate::codec::utf7::decode(folder)).to_lowercase().as_str())
}

/// The folders of a mailbox, made to be those that the server has by now. A new one is not wanted before somebody says so;
/// one that is wanted and not there stays, so that it is seen to be missing.
pub(super) fn merged(mut folders: Vec<Folder>, found: &[(String, bool)]) -> Vec<Folder> {
    folders.retain(|folder| folder.wanted || found.iter().any(|(name, _)| *name == folder.name));
    for (name, _) in found {
        if folders.len() < MAX_FOLDERS && folders.iter().all(|folder| folder.name != *name) {
            folders.push(Folder {
                name: name.clone(),
                ..Folder::default()
            });
        }
    }
    in_order(&mut folders);
    folders
}

/// The one where mail arrives first, then by name.
pub(super) fn in_order(folders: &mut [Folder]) {
    folders.sort_by_key(|folder| (!folder.name.eq_ignore_ascii_case("inbox"), folder.name.clone()));
}

/// The folder itself, without those that it lies in.
fn last(name: &str) -> &str {
    name.rsplit(['/', '.']).next().unwrap_or(name)
}

/// The tag that a folder stands for; none for those that every mailbox has.
fn of_folder(folder: &str) -> Option<Wanted> {
    let name = crate::codec::utf7::decode(folder);
    let last = last(&name);
    let plain = [
        "sent items",
        "sent messages",
        "sent mail",
        "archive",
        "archives",
        "deleted items",
        "deleted messages",
    ];
    if plain.contains(&last.to_lowercase().as_str()) {
        return None;
    }
    labels::tag(last)
}

/// The tags of a message: those of its flags and keywords, and of its folder.
fn tags(known: &Known, folder: Option<&Wanted>) -> Vec<Wanted> {
    let mut tags = Vec::new();
    let words = known.keywords.iter().filter_map(|word| labels::keyword(word));
    labels::add(&mut tags, words.chain(folder.cloned()));
    tags
}

/// A day as IMAP writes it, a day earlier, because a server's day may be another.
fn day(time: Time) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day, ..) = Time(time.0 - DAY).civil();
    let month = MONTHS.get(usize::from(month).wrapping_sub(1)).copied();
    format!("{day}-{}-{year}", month.unwrap_or("Jan"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles_are_bounded_and_all_there_is() {
        let known = |uid: u32, size: u32| Known {
            uid,
            size,
            ..Known::default()
        };
        let many: Vec<Known> = (1..=250).map(|uid| known(uid, 10)).collect();
        assert_eq!(bundles(&many).iter().map(|bundle| bundle.len()).collect::<Vec<_>>(), [100, 100, 50]);
        let large = [known(1, 3_000_000), known(2, 3_000_000), known(3, u32::MAX), known(4, 1)];
        assert_eq!(bundles(&large).iter().map(|bundle| bundle.len()).collect::<Vec<_>>(), [1, 1, 1, 1]);
        assert!(bundles(&[]).is_empty());
    }

    #[test]
    fn new_folders_are_shown_and_a_missing_one_is_forgotten_only_where_nobody_wants_it() {
        let folder = |name: &str, wanted: bool, last: u32| Folder {
            name: name.into(),
            wanted,
            last,
            ..Folder::default()
        };
        let before = vec![folder("INBOX", true, 7), folder("old", false, 0), folder("wanted", true, 3)];
        let found = [("b".to_owned(), false), ("INBOX".to_owned(), false), ("a".to_owned(), true)];
        let after = [
            folder("INBOX", true, 7),
            folder("a", false, 0),
            folder("b", false, 0),
            folder("wanted", true, 3),
        ];
        assert_eq!(merged(before, &found), after);
    }

    #[test]
    fn keywords_are_tags_and_what_programs_tell_each_other_is_not() {
        let tags = |keywords: &[&str], folder: &str| -> Vec<String> {
            let known = Known {
                keywords: keywords.iter().map(|&word| word.into()).collect(),
                ..Known::default()
            };
            labels::names(&tags(&known, of_folder(folder).as_ref()))
        };
        assert_eq!(
            tags(&["$Work", "$Forwarded", "NonJunk", "Été", "work"], "Lists.Rust"),
            ["Work", "Été", "Rust"]
        );
        assert_eq!(tags(&["\\flagged", "\\Answered", "$Junk"], "INBOX.Spam"), ["starred", "spam"]);
        assert!(is_spare("INBOX.Junk") && is_spare("Ind&AOk-sirables") && !is_spare("INBOX") && !is_spare("Junk.Bills"));
        assert_eq!(of_folder("INBOX"), None);
        assert_eq!(of_folder("INBOX.Sent"), None);
        assert_eq!(labels::names(&[of_folder("Bo&AO4-tes").unwrap()]), ["Boîtes"]);
    }

    #[test]
    fn a_day_is_written_as_imap_wants_it() {
        assert_eq!(day(Time(1_764_028_800)), "24-Nov-2025");
    }
}
