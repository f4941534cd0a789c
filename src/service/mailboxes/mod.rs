//! Mailboxes of the owner's at other providers: added, looked at every quarter of an hour or when their server tells of
//! news, paused, let go.
//!
//! A mailbox is added with what opens it, which is tried at once; its folders are shown, and begin to be fetched when the
//! owner has chosen. What fails is tried again, later each time; after three days it is switched off, and the owner is
//! written to. The password lies in the vault and is never shown again. Fetching is `fetch`'s, finding the server
//! `finding`'s, writing as such a mailbox `sending`'s.

mod access;
mod fetch;
mod finding;
mod sending;
mod working;

pub use access::{Grant, Question, begin as begin_to_ask};
pub use sending::{NotSending, Providers};

use super::{Error, read, receive::Receive};
use crate::{
    codec::mime::notice,
    domain::{
        address::Address,
        mailbox::{Folder, MAX_FOLDERS, MAX_MAILBOXES, Server, State, Trouble, again, breath, is_hopeless, is_host},
        moving::left,
        time::Time,
    },
    locale::mailboxes as words,
    net::{
        clock::Clock,
        imap::{Heard, LISTEN, Mailbox as Opened, SignIn},
        outward::Outward,
    },
    store::{
        hex, mailboxes,
        record::{Mailbox, MailboxSecret},
        slots::random,
        vault::Vault,
    },
};
use access::Access;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Notify;
use working::Stand;
use zeroize::Zeroizing;

/// Seconds after which it is asked again which folders there are.
const LISTED: i64 = 3600;
/// News that comes sooner after the last comes often.
const OFTEN: Duration = Duration::from_secs(30);
/// The longest name, and the longest secret.
const LONGEST: usize = 500;

/// How far a mailbox is while it is being looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Running {
    /// Messages of this look, and how many of them are done.
    pub all: u64,
    /// See `all`.
    pub done: u64,
    /// When it began.
    pub since: Time,
    /// Whether its server is only listened to.
    pub listening: bool,
}

/// A mailbox as it is shown. Its secret is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Which.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub server: Server,
    /// The name to sign in with.
    pub user: String,
    /// Whether it is opened by a token.
    pub by_token: bool,
    /// Its address, where it is called by one.
    pub address: Option<Address>,
    /// The server by which mail leaves that is written from it.
    pub sends: Option<Server>,
    /// Whether what was there before is wanted too.
    pub history: bool,
    /// Its folders.
    pub folders: Vec<Folder>,
    /// Where it stands.
    pub state: State,
    /// What goes wrong with it, and since when.
    pub trouble: Option<(Trouble, Time)>,
    /// When it was last looked at without fail.
    pub last: Option<Time>,
    /// Messages that were brought from it.
    pub brought: u64,
    /// Messages that could not be.
    pub passed: u64,
    /// Its wanted folders that the server did not open at the last look.
    pub shut: Vec<String>,
    /// How far it is, where it is being looked at.
    pub running: Option<Running>,
    /// The whole seconds that are left of it.
    pub left: Option<u64>,
}

/// What was typed.
#[derive(Clone, Default)]
pub struct Typed {
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub server: Server,
    /// The name to sign in with.
    pub user: String,
    /// The password; empty with a token.
    pub password: Zeroizing<String>,
    /// Instead of it: access that the provider gave.
    pub grant: Option<Grant>,
    /// Whether what was there before is wanted too.
    pub history: bool,
}

/// Why a mailbox was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAdded {
    /// No server's name.
    Host,
    /// No port.
    Port,
    /// No name, or one that is too long.
    User,
    /// No secret, or one that is too long.
    Secret,
    /// There are so many already.
    TooMany,
    /// What came back from the provider is no answer to what it was asked.
    CameBack,
    /// It was tried, and failed.
    Tried(Trouble),
}

/// The owner's other mailboxes; cheap to clone.
#[derive(Clone)]
pub struct Mailboxes(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    outward: Outward,
    access: Access,
    receive: Receive,
    running: Mutex<HashMap<u64, Running>>,
    /// See [`View::shut`].
    shut: Mutex<HashMap<u64, Vec<String>>>,
    /// What is being looked at, or rests; what is not in it is looked at at once.
    stand: Mutex<HashMap<u64, Stand>>,
    /// Something was changed: look again at what is to be done.
    changed: Notify,
}

impl Mailboxes {
    /// Over this vault, reaching out so, opening them as those do who send by them, and keeping what comes so.
    pub fn new((vault, clock): (Vault, Clock), outward: Outward, providers: &Providers, receive: Receive) -> Self {
        Self(Arc::new(Inner {
            access: providers.0.clone(),
            vault,
            clock,
            outward,
            receive,
            running: Mutex::default(),
            shut: Mutex::default(),
            stand: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    /// All of them.
    pub async fn list(&self) -> Result<Vec<View>, Error> {
        let all = read(&self.0.vault, |snapshot| Ok(snapshot.mailboxes()?)).await?;
        Ok(all.into_iter().map(|(id, mailbox)| self.view(id, &mailbox)).collect())
    }

    /// One of them.
    pub async fn one(&self, id: u64) -> Result<View, Error> {
        let found = read(&self.0.vault, move |snapshot| snapshot.mailbox(id)?.ok_or(Error::NotFound)).await?;
        Ok(self.view(id, &found))
    }

    fn view(&self, id: u64, mailbox: &Mailbox) -> View {
        let running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
        let now = self.0.clock.now();
        View {
            id,
            name: mailbox.name.clone(),
            server: mailbox.server(),
            user: mailbox.user.clone(),
            by_token: mailbox.secret.token.is_some(),
            address: mailbox.address(),
            sends: mailbox.sends(),
            history: mailbox.history,
            folders: mailbox.folders(),
            state: mailbox.state(),
            trouble: mailbox.trouble().zip(mailbox.failing.map(|(since, _)| Time(since))),
            last: (mailbox.last > 0).then_some(Time(mailbox.last)),
            brought: mailbox.brought,
            passed: mailbox.passed,
            shut: self.shut(id),
            running,
            left: running.and_then(|it| left(it.done, it.all, u64::try_from(now.0 - it.since.0).unwrap_or(0))),
        }
    }

    /// Adds a mailbox that can be opened, with its folders; nothing is fetched before they are chosen.
    pub async fn add(&self, typed: Typed) -> Result<Result<u64, NotAdded>, Error> {
        if let Some(wrong) = wrong(&typed) {
            return Ok(Err(wrong));
        }
        let Typed {
            name,
            server,
            user,
            password,
            grant,
            history,
        } = typed;
        let (token, sign_in) = match grant {
            None => (None, SignIn::Password(password.clone())),
            Some(grant) => match grant.take(&self.0.access.https).await {
                Ok((token, access)) => (Some(token), SignIn::Token(access)),
                Err(why) => return Ok(Err(why)),
            },
        };
        let secret = MailboxSecret {
            password: password.to_string(),
            token,
        };
        let mut mailbox = Mailbox::new(&name, &server, &user, secret, history, self.0.clock.now());
        let mut opened = match self.open_with(&mailbox, sign_in).await {
            Ok(opened) => opened,
            Err(trouble) => return Ok(Err(NotAdded::Tried(trouble))),
        };
        let folders = match opened.folders(MAX_FOLDERS).await {
            Ok(folders) => folders,
            Err(trouble) => return Ok(Err(NotAdded::Tried(trouble))),
        };
        let folder = |(name, spare): (String, bool)| Folder {
            wanted: !spare && !fetch::is_spare(&name),
            name,
            ..Folder::default()
        };
        let mut folders: Vec<Folder> = folders.into_iter().map(folder).collect();
        fetch::in_order(&mut folders);
        if !history {
            fetch::note_floors(&mut opened, &mut folders).await;
        }
        opened.close().await;
        mailbox.set_folders(&folders);
        let writing = self
            .0
            .vault
            .open()?
            .writer
            .write(move |tables| mailboxes::add(tables, &mailbox, MAX_MAILBOXES));
        Ok(writing.await?.ok_or(NotAdded::TooMany))
    }

    /// Opens a mailbox with what is kept of it, under this number where it is.
    async fn open(&self, id: Option<u64>, mailbox: &Mailbox) -> Result<Opened, Trouble> {
        let (word, token) = self.0.access.word(id, mailbox).await?;
        let sign_in = if token { SignIn::Token(word) } else { SignIn::Password(word) };
        self.open_with(mailbox, sign_in).await
    }

    async fn open_with(&self, mailbox: &Mailbox, sign_in: SignIn) -> Result<Opened, Trouble> {
        Box::pin(Opened::open(&self.0.outward, &mailbox.server(), &mailbox.user, &sign_in)).await
    }

    async fn change(&self, id: u64, change: impl Fn(&mut Mailbox) + Send + 'static) -> Result<(), Error> {
        let writing = self
            .0
            .vault
            .open()?
            .writer
            .write(move |tables| mailboxes::change(tables, id, &change));
        if writing.await? { Ok(()) } else { Err(Error::NotFound) }
    }

    /// The same, so that whoever looks at it does so as it is then.
    async fn change_and_look(&self, id: u64, change: impl Fn(&mut Mailbox) + Send + 'static) -> Result<(), Error> {
        self.end(id);
        let changed = self.change(id, change).await;
        // Another one may have begun meanwhile, by what was there before.
        self.end(id);
        self.0.changed.notify_one();
        changed
    }

    /// Fetches from these folders from now on, by the server's names for them. One that is chosen again goes on where it was,
    /// so that nothing that came meanwhile is passed over.
    pub async fn choose(&self, id: u64, wanted: Vec<String>) -> Result<(), Error> {
        self.change_and_look(id, move |mailbox| {
            let mut folders = mailbox.folders();
            for folder in &mut folders {
                folder.wanted = wanted.contains(&folder.name);
            }
            mailbox.set_folders(&folders);
            begin(mailbox);
        })
        .await
    }

    /// Pauses it, or lets it go on.
    pub async fn pause(&self, id: u64, pause: bool) -> Result<(), Error> {
        self.change_and_look(id, move |mailbox| {
            if pause {
                mailbox.set_state(State::Paused);
            } else {
                begin(mailbox);
            }
        })
        .await
    }

    /// Looks at once, whatever it waits for.
    pub fn look_now(&self, id: u64) {
        self.end(id);
        self.0.changed.notify_one();
    }

    /// Another password, which is tried first.
    pub async fn renew(&self, id: u64, password: &str) -> Result<Result<(), NotAdded>, Error> {
        if password.is_empty() || password.len() > LONGEST {
            return Ok(Err(NotAdded::Secret));
        }
        let mut mailbox = read(&self.0.vault, move |snapshot| snapshot.mailbox(id)?.ok_or(Error::NotFound)).await?;
        mailbox.secret = MailboxSecret {
            password: password.to_owned(),
            token: None,
        };
        match self.open(None, &mailbox).await {
            Ok(opened) => opened.close().await,
            Err(trouble) => return Ok(Err(NotAdded::Tried(trouble))),
        }
        let secret = mailbox.secret.clone();
        self.change_and_look(id, move |mailbox| {
            mailbox.secret = secret.clone();
            begin(mailbox);
        })
        .await?;
        Ok(Ok(()))
    }

    /// Lets it go with its password; what was brought from it stays.
    pub async fn remove(&self, id: u64) -> Result<(), Error> {
        self.end(id);
        self.note_shut(id, Vec::new());
        let writing = self.0.vault.open()?.writer.write(move |tables| mailboxes::remove(tables, id));
        let gone = writing.await?;
        self.end(id);
        if gone { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Fetches what is new, and listens for as long as the server tells of news; ends where it does not.
    async fn look(&self, id: u64, mailbox: &Mailbox) -> Result<(), Trouble> {
        let mut opened = self.open(Some(id), mailbox).await?;
        let tells = opened.tells().await?;
        let (mut listed, mut often) = (None, 0);
        loop {
            let now = self.0.clock.now();
            if listed.is_none_or(|at: Time| now.0 - at.0 >= LISTED) {
                self.list_again(id, &mut opened).await?;
                listed = Some(now);
            }
            self.fetch(id, &mut opened).await?;
            let now = self.0.clock.now();
            let noted = self
                .change(id, move |mailbox| {
                    mailbox.failing = None;
                    mailbox.set_trouble(None);
                    mailbox.last = now.0;
                })
                .await;
            noted.map_err(|_| Trouble::Store)?;
            let shut = self.shut(id);
            let first = mailbox.folders().into_iter().find(|it| it.wanted && !shut.contains(&it.name));
            let Some(first) = first.filter(|_| tells) else {
                opened.close().await;
                return Ok(());
            };
            // The folder that is listened to is the first, mostly the one where mail arrives.
            opened.examine(&first.name).await?;
            self.note(id, |running| running.listening = true);
            let begun = Instant::now();
            // Looked through again either way: not every server tells of everything, and not of other folders.
            if opened.listen(LISTEN).await? == Heard::Refusal {
                opened.close().await;
                return Ok(());
            }
            often = if begun.elapsed() < OFTEN { often + 1 } else { 0 };
            tokio::time::sleep(Duration::from_millis(breath(often))).await;
        }
    }

    /// Asks which folders there are by now.
    async fn list_again(&self, id: u64, opened: &mut Opened) -> Result<(), Trouble> {
        let found = match opened.folders(MAX_FOLDERS).await {
            Ok(found) if !found.is_empty() => found,
            Ok(_) | Err(Trouble::Refused) => return Ok(()),
            Err(trouble) => return Err(trouble),
        };
        let kept = read(&self.0.vault, move |snapshot| snapshot.mailbox(id)?.ok_or(Error::NotFound)).await;
        let before = kept.map_err(|_| Trouble::Store)?.folders();
        if fetch::merged(before.clone(), &found) == before {
            return Ok(());
        }
        let changed = self.change(id, move |mailbox| mailbox.set_folders(&fetch::merged(mailbox.folders(), &found)));
        changed.await.map_err(|_| Trouble::Store)
    }

    fn shut(&self, id: u64) -> Vec<String> {
        let shut = self.0.shut.lock().unwrap_or_else(PoisonError::into_inner);
        shut.get(&id).cloned().unwrap_or_default()
    }

    /// Notes which wanted folders the server does not open.
    fn note_shut(&self, id: u64, folders: Vec<String>) {
        let mut shut = self.0.shut.lock().unwrap_or_else(PoisonError::into_inner);
        if folders.is_empty() {
            shut.remove(&id);
        } else {
            shut.insert(id, folders);
        }
    }

    /// A look failed: when the next one is, counted from now however long it takes to note it; `None` where the mailbox was
    /// switched off.
    async fn failed(&self, id: u64, trouble: Trouble) -> Result<Option<Time>, Error> {
        let now = self.0.clock.now();
        self.change(id, move |mailbox| {
            let (since, times) = mailbox.failing.unwrap_or((now.0, 0));
            let times = times.saturating_add(1);
            mailbox.failing = Some((since, times));
            mailbox.set_trouble(Some(trouble));
            if is_hopeless(Time(since), times, now) {
                mailbox.set_state(State::Off);
            }
        })
        .await?;
        let view = self.one(id).await?;
        if view.state == State::Off {
            self.tell(&view, trouble).await;
            return Ok(None);
        }
        let found = read(&self.0.vault, move |snapshot| snapshot.mailbox(id)?.ok_or(Error::NotFound)).await?;
        // A folder may be refused for long while others are given out.
        let refused = found.folders().iter().filter_map(|folder| Some(folder.refused?.1)).max();
        let failed = found.failing.map_or(0, |(_, times)| times);
        let rest = again(failed.max(refused.unwrap_or(0)));
        Ok(Some(Time(now.0.saturating_add(rest))))
    }

    /// Writes to the owner that a mailbox was switched off.
    async fn tell(&self, view: &View, trouble: Trouble) {
        let (subject, text) = words::switched_off(&view.name, trouble);
        let (from, to) = self.0.receive.own_addresses();
        let Ok(token) = random::<16>() else { return };
        let raw = notice::write(&notice::Notice {
            from: &from,
            to: &to,
            subject: &subject,
            text: &text,
            at: self.0.clock.now(),
            id: &format!("{}@{}", hex(&token), self.0.receive.host()),
        });
        if self.0.receive.own(raw).await.is_err() {
            tracing::error!("the message about a mailbox that was switched off could not be kept");
        }
    }

    fn note(&self, id: u64, note: impl FnOnce(&mut Running)) {
        note(self.0.running.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default());
    }
}

/// It is looked at from now on, and whatever went wrong before counts no more.
fn begin(mailbox: &mut Mailbox) {
    mailbox.set_state(State::On);
    mailbox.failing = None;
    mailbox.set_trouble(None);
    let mut folders = mailbox.folders();
    folders.iter_mut().for_each(|folder| folder.refused = None);
    mailbox.set_folders(&folders);
}

fn wrong(typed: &Typed) -> Option<NotAdded> {
    let bad = |text: &str| text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control);
    let secret = match &typed.grant {
        None => bad(&typed.password),
        Some(grant) => !grant.is_whole(),
    };
    match typed {
        _ if !is_host(&typed.server.host) => Some(NotAdded::Host),
        _ if typed.server.port == 0 => Some(NotAdded::Port),
        _ if bad(&typed.user) => Some(NotAdded::User),
        _ if secret => Some(NotAdded::Secret),
        _ => None,
    }
}
