//! The first run: a box without an owner gets one, step by step ([`crate::domain::setup`]), and may be left and taken up
//! again, also after the power went.
//!
//! Whoever reads the code on the box's console stands before it and may claim it; the code lives in memory and in one
//! file of the data folder that only the system's own users read, and is another one after every start. Beside it stands the
//! fingerprint of the certificate that the pages answer with, so that one can see that nobody stands in between.
//!
//! What was done is noted in front of the lock, because there is no lock yet. Absent on purpose: any secret in that note.
//! The passphrase makes the vault in the same moment in which it is given.

mod back;

pub use back::Back;

use super::{
    SetupError,
    claim::{Claims, NotClaimed},
    names,
};
use crate::{
    codec::password::{Strength, strength},
    domain::setup::{Done, STEPS, Step},
    locale::Lang,
    net::{
        clock::Clock,
        tls::{Identity, TlsError},
    },
    store::{
        self,
        front::{CLAIM, Front, FrontFile},
        record::{self, sha256},
        slots::{self, Cost},
        vault::{self, Vault},
        write_whole,
    },
};
use std::{
    fs, io,
    net::IpAddr,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

/// Where mail would go while there is no domain yet (RFC 2606): nobody.
const NOWHERE: &str = "setup.invalid";

/// Why the box was not made.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// It has an owner already.
    #[error("the box has an owner already")]
    Taken,
    /// The passphrase would be guessed too soon.
    #[error("the passphrase would be guessed too soon")]
    Weak(Strength),
    /// The disk or the system refuses; the log says why.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The house is to be put together anew over this front; answered with whether it was.
pub struct Rebuild {
    /// What stands in front of the lock from now on.
    pub front: Front,
    /// Whether the box has an owner from now on.
    pub made: bool,
    /// Answered when it is done.
    pub answer: oneshot::Sender<()>,
}

/// The first run of a box; cheap to clone.
#[derive(Clone)]
pub struct FirstRun(Arc<Inner>);

struct Inner {
    file: Arc<FrontFile>,
    vault: Vault,
    clock: Clock,
    trying: Duration,
    /// `None` once it has ended.
    state: Mutex<Option<record::FirstRun>>,
    unclaimed: AtomicBool,
    claims: Claims,
    /// How far a restore is.
    back: Mutex<Back>,
    house: mpsc::Sender<Rebuild>,
    /// One change at a time.
    turn: tokio::sync::Mutex<()>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a data folder is one in which a box is still to be made: it is there, and holds no box and no remains of one.
/// A vault without slots is such a remain (its slots were lost), unless the first run says that it was making it.
pub fn is_unclaimed(folder: &Path) -> Result<bool, store::Error> {
    if !folder.is_dir() || folder.join(slots::FILE).exists() {
        return Ok(false);
    }
    if !folder.join(vault::FILE).exists() {
        return Ok(true);
    }
    Ok(FrontFile::open(folder)?.first_run()?.is_some_and(|run| run.founding))
}

/// The SHA-256 of a certificate as browsers show it.
pub fn fingerprint(certificate: &[u8]) -> String {
    let pairs: Vec<String> = sha256(certificate).iter().map(|octet| format!("{octet:02X}")).collect();
    pairs.join(":")
}

impl FirstRun {
    /// Of a folder whose box has an owner: what is left to do, or nothing.
    pub fn made(file: Arc<FrontFile>, vault: Vault, clock: Clock) -> Result<Self, store::Error> {
        let state = file.first_run()?;
        // It may have been cut off after the slots were saved.
        let state = state.map(|mut state| {
            state.founding = false;
            let mut done = Done::of(state.done.iter().map(String::as_str));
            before().for_each(|step| done.mark(step));
            state.done = done.slugs().map(str::to_owned).collect();
            state
        });
        let (house, _) = mpsc::channel(1);
        Ok(Self::over(file, vault, clock, Duration::ZERO, state, house, Claims::default()))
    }

    /// Of a folder without an owner: makes the certificate and a code. `trying` is how long trying the passphrase shall
    /// take. What is received asks for the house to be put together anew.
    pub fn begin(
        file: Arc<FrontFile>,
        vault: Vault,
        clock: Clock,
        trying: Duration,
    ) -> Result<(Self, mpsc::Receiver<Rebuild>), BeginError> {
        let mut state = file.first_run()?.unwrap_or_default();
        if state.chain.is_empty() {
            let names = ["caliopen.local", "localhost", "127.0.0.1", "::1"].map(str::to_owned);
            let identity = Identity::self_signed(&names)?;
            state.chain = identity.chain;
            state.key = identity.key.to_vec();
            file.set_first_run(Some(&state))?;
        }
        let place = vault.folder().join(CLAIM);
        let (house, asked) = mpsc::channel(1);
        let run = Self::over(file, vault, clock, trying, Some(state), house, Claims::begin()?);
        let told = Zeroizing::new(format!("{}\n{}\n", run.code(), run.fingerprint()));
        write_whole(&place, told.as_bytes())?;
        run.0.unclaimed.store(true, Ordering::Release);
        Ok((run, asked))
    }

    fn over(
        file: Arc<FrontFile>,
        vault: Vault,
        clock: Clock,
        trying: Duration,
        state: Option<record::FirstRun>,
        house: mpsc::Sender<Rebuild>,
        claims: Claims,
    ) -> Self {
        Self(Arc::new(Inner {
            file,
            vault,
            clock,
            trying,
            state: Mutex::new(state),
            unclaimed: AtomicBool::new(false),
            claims,
            back: Mutex::default(),
            house,
            turn: tokio::sync::Mutex::default(),
        }))
    }

    /// Whether the box has no owner yet.
    pub fn is_unclaimed(&self) -> bool {
        self.0.unclaimed.load(Ordering::Acquire)
    }

    /// Whether steps are left; never again after it has ended.
    pub fn is_under_way(&self) -> bool {
        locked(&self.0.state).is_some()
    }

    /// The code, for the console.
    pub fn code(&self) -> &str {
        self.0.claims.code()
    }

    /// What is noted; nothing once it has ended.
    pub fn state(&self) -> record::FirstRun {
        locked(&self.0.state).clone().unwrap_or_default()
    }

    /// The fingerprint of the certificate that the box answers with.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.front().chain.first().map(Vec::as_slice).unwrap_or_default())
    }

    /// What stands in front of a lock that is not there yet.
    pub fn front(&self) -> Front {
        let state = self.state();
        // An authority may have given a better certificate meanwhile.
        let kept = self.0.file.read().ok().flatten();
        let (chain, key) = kept.map_or((state.chain, state.key), |kept| (kept.chain, kept.key));
        let named = |text: String, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text };
        let domain = named(state.domain, NOWHERE);
        Front {
            host: format!("mail.{domain}"),
            addresses: vec![named(state.address, &format!("nobody@{domain}"))],
            domain,
            chain,
            key,
            sealing: String::new(),
        }
    }

    /// The steps that are done; the claim is one for the browser that this door's cookie is of.
    pub fn done(&self, door: &str) -> Done {
        let mut done = Done::of(self.state().done.iter().map(String::as_str));
        if self.knows(door) {
            done.mark(Step::Claim);
        }
        done
    }

    /// Whether this browser has shown the code.
    pub fn knows(&self, door: &str) -> bool {
        self.0.claims.knows(door)
    }

    /// Tries a code, for the browser of this door's cookie.
    pub fn claim(&self, typed: &str, door: &str, peer: IpAddr) -> Result<(), NotClaimed> {
        self.0.claims.claim(typed, door, peer, self.0.clock.now())
    }

    /// Changes what is noted: on the disk first.
    async fn note(&self, change: impl FnOnce(&mut record::FirstRun)) -> Result<(), store::Error> {
        let Some(mut state) = locked(&self.0.state).clone() else {
            return Ok(());
        };
        change(&mut state);
        let inner = self.0.clone();
        let kept = tokio::task::spawn_blocking(move || {
            inner.file.set_first_run(Some(&state))?;
            *locked(&inner.state) = Some(state);
            Ok(())
        });
        kept.await.unwrap_or(Err(store::Error::Damaged))
    }

    /// Notes that a step is done, or put off.
    pub async fn mark(&self, step: Step) -> Result<(), store::Error> {
        let _turn = self.0.turn.lock().await;
        self.note(|state| mark(state, step)).await
    }

    /// Chooses the language.
    pub async fn choose_language(&self, lang: Lang) -> Result<(), store::Error> {
        let _turn = self.0.turn.lock().await;
        self.note(|state| {
            lang.words().code.clone_into(&mut state.lang);
            mark(state, Step::Language);
        })
        .await
    }

    /// Names the domain and the owner's address; `local` is what stands before the `@`. May be said again while the box
    /// has no owner.
    pub async fn name(&self, domain: &str, local: &str) -> Result<(), SetupError> {
        let given = local.trim();
        let local = given.split_once('@').map_or(given, |(local, _)| local);
        let (domain, owner) = names(domain, &format!("{local}@{}", domain.trim().trim_end_matches('.')))?;
        let _turn = self.0.turn.lock().await;
        if !self.is_unclaimed() {
            return Err(SetupError::Taken);
        }
        self.note(|state| {
            state.domain = domain;
            state.address = owner.to_string();
            mark(state, Step::Domain);
        })
        .await?;
        let (file, front) = (self.0.file.clone(), self.front());
        let written = front.clone();
        let wrote = tokio::task::spawn_blocking(move || file.write(&written));
        wrote.await.unwrap_or(Err(store::Error::Damaged))?;
        self.rebuild(front, false).await;
        Ok(())
    }

    async fn rebuild(&self, front: Front, made: bool) {
        let (answer, done) = oneshot::channel();
        if self.0.house.send(Rebuild { front, made, answer }).await.is_ok() {
            // Where nobody answers the appliance is ending.
            let _ = done.await;
        }
    }

    /// How strong this would be as the passphrase.
    pub fn weigh(&self, passphrase: &str) -> Strength {
        let state = self.state();
        strength(passphrase, &[&state.address, &state.domain, "caliopen"])
    }

    /// Makes the vault under this passphrase: from now on the box has an owner. Gives the recovery code, which is kept
    /// nowhere. Takes some seconds, most of them to find out how slow this machine makes a guess.
    pub async fn make(&self, passphrase: Zeroizing<String>) -> Result<Zeroizing<String>, NotMade> {
        let weight = self.weigh(&passphrase);
        if weight < Strength::ENOUGH {
            return Err(NotMade::Weak(weight));
        }
        let _turn = self.0.turn.lock().await;
        if !self.is_unclaimed() {
            return Err(NotMade::Taken);
        }
        self.note(|state| state.founding = true).await?;
        let inner = self.0.clone();
        let front = self.front();
        let made = tokio::task::spawn_blocking(move || {
            // A try that failed half way leaves no vault open.
            found(&inner, front, &passphrase).inspect_err(|_| inner.vault.lock())
        });
        let (front, recovery) = made.await.unwrap_or(Err(store::Error::Damaged))?;
        self.0.unclaimed.store(false, Ordering::Release);
        self.note(|state| {
            state.founding = false;
            before().for_each(|step| mark(state, step));
        })
        .await?;
        self.rebuild(front, true).await;
        Ok(recovery)
    }

    /// Ends the first run: nothing of it is kept.
    pub async fn end(&self) -> Result<(), store::Error> {
        let _turn = self.0.turn.lock().await;
        let inner = self.0.clone();
        let gone = tokio::task::spawn_blocking(move || {
            inner.file.set_first_run(None)?;
            *locked(&inner.state) = None;
            Ok(())
        });
        gone.await.unwrap_or(Err(store::Error::Damaged))
    }
}

/// The steps in front of the vault: none of them is taken any more once it is made.
fn before() -> impl Iterator<Item = Step> {
    STEPS.iter().filter(|row| !row.behind).map(|row| row.step)
}

fn mark(state: &mut record::FirstRun, step: Step) {
    let mut done = Done::of(state.done.iter().map(String::as_str));
    done.mark(step);
    state.done = done.slugs().map(str::to_owned).collect();
}

/// The vault, the front, and last of all the slots: a folder with slots is a box that was made whole.
fn found(inner: &Inner, mut front: Front, passphrase: &str) -> Result<(Front, Zeroizing<String>), store::Error> {
    let folder = inner.vault.folder();
    // What an earlier try left when the power went: no slots open it.
    remove(&folder.join(vault::FILE))?;
    let cost = if inner.trying.is_zero() {
        Cost::LEAST
    } else {
        Cost::calibrated(inner.trying)?
    };
    let mut founded = inner.vault.found(passphrase, cost, inner.clock.now())?;
    front.sealing = founded.sealing;
    inner.file.write(&front)?;
    founded.slots.save(folder)?;
    remove(&folder.join(CLAIM))?;
    Ok((front, founded.recovery))
}

pub(super) fn remove(path: &Path) -> Result<(), store::Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(store::Error::io(error)),
        _ => Ok(()),
    }
}

/// Why a first run cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A certificate cannot be made.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Time;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn begin(folder: &Path, clock: &Clock) -> FirstRun {
        let file = Arc::new(FrontFile::open(folder).unwrap());
        FirstRun::begin(file, Vault::locked(folder), clock.clone(), Duration::ZERO)
            .unwrap()
            .0
    }

    #[test]
    fn a_code_is_claimed_as_it_is_read_out_and_a_guesser_waits() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::fixed(Time(1_000));
        let run = begin(folder.path(), &clock);
        let code = run.code().to_owned();
        assert_eq!(code.len(), "XXXX-XXXX-XXXX".len());
        let told = fs::read_to_string(folder.path().join(CLAIM)).unwrap();
        assert_eq!(told, format!("{code}\n{}\n", run.fingerprint()));
        assert_eq!(run.fingerprint().len(), 32 * 3 - 1);

        let thief: IpAddr = [203, 0, 113, 5].into();
        for _ in 0..5 {
            assert_eq!(run.claim("0000-0000-0000", "thief", thief), Err(NotClaimed::Wrong));
        }
        assert_eq!(
            run.claim(&code, "thief", thief),
            Err(NotClaimed::Wait(60)),
            "not even the right one"
        );
        assert_eq!(
            run.claim(&code, "thief", [203, 0, 113, 99].into()),
            Err(NotClaimed::Wait(60)),
            "his network"
        );
        assert!(!run.knows("thief") && !run.knows(""));
        let spoken = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(run.claim(&spoken, "door", HERE), Ok(()));
        assert!(run.knows("door") && run.done("door").has(Step::Claim) && !run.done("other").has(Step::Claim));
        clock.set(Time(1_060));
        assert_eq!(run.claim("", "thief", thief), Err(NotClaimed::Wrong));
        assert_eq!(run.claim("", "thief", thief), Err(NotClaimed::Wait(120)));
        // The clock jumps back by a year: nobody waits for a year.
        clock.set(Time(1_060 - 365 * 24 * 3600));
        assert_eq!(run.claim(&code, "thief", thief), Ok(()));
        assert_eq!(begin_again(run, folder.path(), &clock), None, "another start, another code");
    }

    fn begin_again(run: FirstRun, folder: &Path, clock: &Clock) -> Option<String> {
        let (code, print) = (run.code().to_owned(), run.fingerprint());
        drop(run);
        let again = begin(folder, clock);
        assert_eq!(again.fingerprint(), print, "the certificate stays");
        assert!(!again.knows("door"));
        (again.code() == code).then_some(code)
    }

    #[tokio::test]
    async fn what_is_done_is_kept_and_a_half_made_vault_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::system();
        assert!(is_unclaimed(folder.path()).unwrap());
        let run = begin(folder.path(), &clock);
        run.choose_language(Lang::Fr).await.unwrap();
        for (domain, local) in [("no domain", "me"), ("home.test", ""), ("home.test", "a b"), ("-x.test", "me")] {
            assert!(run.name(domain, local).await.is_err(), "{local}@{domain}");
        }
        run.name(" Home.Test. ", "Me@elsewhere").await.unwrap();
        assert_eq!(run.state().address, "me@home.test");
        // The power goes while the vault is made.
        run.note(|state| state.founding = true).await.unwrap();
        drop(run);
        fs::write(folder.path().join(vault::FILE), b"half").unwrap();
        assert!(is_unclaimed(folder.path()).unwrap());
        let run = begin(folder.path(), &clock);
        assert_eq!((run.state().lang.as_str(), run.state().domain.as_str()), ("fr", "home.test"));
        assert!(matches!(run.make("password".to_owned().into()).await, Err(NotMade::Weak(_))));
        let recovery = run.make("four hens dance on the green roof".to_owned().into()).await.unwrap();
        assert!(!run.is_unclaimed() && !folder.path().join(CLAIM).exists());
        assert!(matches!(
            run.make("another one that is long enough".to_owned().into()).await,
            Err(NotMade::Taken)
        ));
        let vault = run.0.vault.clone();
        assert_eq!(
            vault.prove(&slots::Opening::Recovery(&recovery)).unwrap(),
            vault::Secret::Right(slots::Kind::Recovery)
        );
        assert!(!is_unclaimed(folder.path()).unwrap());
        assert_eq!(run.done("").next(), Some(Step::Sheet));
        run.end().await.unwrap();
        assert!(!run.is_under_way());
    }

    #[test]
    fn a_vault_that_lost_its_slots_is_nobody_elses_to_claim() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(vault::FILE), b"somebody's mail").unwrap();
        assert!(!is_unclaimed(folder.path()).unwrap());
        assert!(!is_unclaimed(&folder.path().join("missing")).unwrap());
    }
}
