//! What this box says of itself to strangers: the page about privacy, the statement and the charter. All of it is made from
//! what is really set, whenever that changes, and put in front of the lock, because a locked box says it too.
//!
//! Off until the owner wants it; what is turned off is gone from the front at once, and whoever asks is told that there is
//! no such page. Absent on purpose: anything about a message, a person or a device, and counting who reads it.

use super::{
    Error,
    account::Account,
    acts,
    appliance::{self, ServiceIndex},
    blocking,
    checks::Checks,
    custody::Custody,
    health::Health,
    read,
    updates::VERSION,
};
use crate::{
    codec::{idna, pgp::SecretKey, statement},
    domain::{
        backup::Kind,
        fact::Fact,
        journal::KEPT,
        privacy::index::Letter,
        release::{self, RELEASED},
        sending::Choice,
        time::Time,
        world::{CHARTER, Claim, Facts, Item, LIFE, POLICY, Statement},
    },
    net::clock::Clock,
    store::{
        front::{Front, FrontFile},
        mail::Snapshot,
        record::{self, Published},
        slots,
        vault::Vault,
        world,
    },
};
use std::sync::Arc;

/// Characters of a text that the owner writes.
pub const MOST: usize = 600;

/// Seconds after which what is published is signed anew, whether it changed or not.
const EVERY: i64 = 24 * 3600;

/// What else knows of the box.
pub struct Parts {
    /// Its index.
    pub appliance: ServiceIndex,
    /// What was found of it in the world.
    pub checks: Checks,
    /// The account's index.
    pub account: Account,
    /// What opens it.
    pub custody: Custody,
    /// Whether it is well.
    pub health: Health,
}

/// Says what the box says of itself; cheap to clone.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    file: Arc<FrontFile>,
    domain: String,
    /// The owner's first address: its key signs.
    address: String,
    parts: Parts,
    /// Two that publish at once would overwrite each other.
    publishing: tokio::sync::Mutex<()>,
}

/// What the page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The owner's domain.
    pub domain: String,
    /// How they are reached about privacy; empty where they say nothing.
    pub contact: String,
    /// Under which law; the same.
    pub law: String,
    /// Whether they accepted the charter.
    pub charter: bool,
    /// What is set.
    pub facts: Facts,
}

/// What is chosen, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// What is chosen.
    pub chosen: record::World,
    /// Until when what is signed counts; `None` where nothing is signed.
    pub until: Option<Time>,
}

/// What the owner chose on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Show the page.
    pub page: bool,
    /// Publish the statement and the charter.
    pub statement: bool,
    /// With the letter of the account.
    pub account: bool,
    /// They accept the charter.
    pub charter: bool,
    /// How they are reached.
    pub contact: String,
    /// Under which law.
    pub law: String,
}

impl World {
    /// Over this vault and this front, with what else knows of the box.
    pub fn new((vault, clock): (Vault, Clock), file: Arc<FrontFile>, front: &Front, parts: Parts) -> Self {
        Self(Arc::new(Inner {
            vault,
            clock,
            file,
            domain: idna::plain(&front.domain),
            address: front.addresses.first().cloned().unwrap_or_default(),
            parts,
            publishing: tokio::sync::Mutex::default(),
        }))
    }

    /// What is chosen.
    pub async fn view(&self) -> Result<View, Error> {
        let chosen = read(&self.0.vault, |snapshot| Ok(snapshot.world()?)).await?;
        let published = self.0.published().await?;
        let until = (!published.statement.is_empty()).then(|| Time(published.signed.saturating_add(LIFE)));
        Ok(View { chosen, until })
    }

    /// Keeps a choice and publishes what follows from it; `false` where a text is too long, and nothing is kept.
    pub async fn choose(&self, chosen: Chosen) -> Result<bool, Error> {
        let tidy = |text: &str| {
            let kept = text.replace('\r', "");
            kept.trim().chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>()
        };
        let (contact, law) = (tidy(&chosen.contact), tidy(&chosen.law));
        if contact.chars().count() > MOST || law.chars().count() > MOST {
            return Ok(false);
        }
        let open = self.0.vault.open()?;
        let writing = open.writer.write(move |tables| {
            world::change(tables, |world| {
                (world.page, world.statement) = (chosen.page, chosen.statement);
                world.account = chosen.account && chosen.statement;
                world.charter = if chosen.charter { CHARTER } else { 0 };
                world.contact.clone_from(&contact);
                world.law.clone_from(&law);
            })
        });
        writing.await?;
        self.tend().await?;
        Ok(true)
    }

    /// Whether what the page says of the program has changed since the owner was last told. Quick; asks nobody.
    pub fn has_news(&self) -> bool {
        let Ok(open) = self.0.vault.open() else { return false };
        let known = || Snapshot::of(&open).ok()?.world().ok()?.known;
        known().is_some_and(|known| known < POLICY)
    }

    /// The owner has been told.
    pub async fn acknowledge(&self) -> Result<(), Error> {
        let open = self.0.vault.open()?;
        let writing = open
            .writer
            .write(|tables| world::change(tables, |world| world.known = Some(POLICY)));
        Ok(writing.await?)
    }

    /// What strangers are shown; `None` where the owner shows them nothing. Works while the box is locked.
    pub async fn shown(&self) -> Result<Option<Shown>, Error> {
        let published = self.0.published().await?;
        Ok(published.page.then(|| Shown {
            domain: self.0.domain.clone(),
            facts: published.facts(),
            charter: published.charter > 0,
            contact: published.contact,
            law: published.law,
        }))
    }

    /// What strangers would be shown, whether they are or not.
    pub async fn preview(&self) -> Result<Shown, Error> {
        let chosen = read(&self.0.vault, |snapshot| Ok(snapshot.world()?)).await?;
        Ok(Shown {
            domain: self.0.domain.clone(),
            facts: self.facts(&chosen).await?,
            charter: chosen.charter > 0,
            contact: chosen.contact,
            law: chosen.law,
        })
    }

    /// The statement as it is given out, while it counts. Works while the box is locked.
    pub async fn statement(&self) -> Result<Option<String>, Error> {
        self.given(|published| published.statement).await
    }

    /// The charter, the same.
    pub async fn charter(&self) -> Result<Option<String>, Error> {
        self.given(|published| published.charter_file).await
    }

    async fn given(&self, which: fn(Published) -> String) -> Result<Option<String>, Error> {
        let (published, now) = (self.0.published().await?, self.0.clock.now());
        let counts = published.signed.saturating_add(LIFE) > now.0;
        Ok(Some(which(published)).filter(|text| counts && !text.is_empty()))
    }

    /// Publishes what is true now where it is not what is published, and signs it anew once a day. A locked box leaves it
    /// as it is: what is signed ends by itself.
    pub async fn tend(&self) -> Result<(), Error> {
        let _alone = self.0.publishing.lock().await;
        let (inner, now) = (&self.0, self.0.clock.now());
        let address = inner.address.clone();
        let (chosen, key) = read(&inner.vault, move |snapshot| {
            Ok((snapshot.world()?, signing_key(snapshot, &address)?))
        })
        .await?;
        if chosen.known.is_none() {
            // Nobody has to be told of a change of what they never read.
            self.acknowledge().await?;
        }
        let before = inner.published().await?;
        let after = if chosen.page || chosen.statement {
            let facts = self.facts(&chosen).await?;
            let points = inner.parts.appliance.index().await?.points;
            let statement = chosen.statement.then(|| inner.says(&chosen, points, now));
            tokio::task::spawn_blocking({
                let (before, domain) = (before.clone(), inner.domain.clone());
                move || made(&before, &chosen, &domain, &facts, statement, key.as_ref(), now)
            })
            .await
            .unwrap_or_default()
        } else {
            Published::default()
        };
        if after != before {
            let file = inner.file.clone();
            blocking(move || file.change_part(|part: &mut Published| *part = after)).await?;
        }
        Ok(())
    }

    /// What is set now.
    async fn facts(&self, chosen: &record::World) -> Result<Facts, Error> {
        let (inner, now) = (self.0.clone(), self.0.clock.now());
        let open = inner.vault.open()?;
        let slots = inner.parts.custody.ways().await?;
        let key_file = slots.iter().any(|slot| slot.kind == slots::Kind::KeyFile);
        let of_statement = [(Item::Statement, chosen.statement), (Item::AccountLetter, chosen.account)];
        read(&self.0.vault, move |snapshot| {
            let sending = snapshot.sending()?;
            let relay = sending.choice() != Choice::Never && sending.smarthost().is_some();
            let updates = inner.file.part::<record::Updates>()?.unwrap_or_default();
            let authority = inner.file.part::<record::Authority>()?.unwrap_or_default();
            let announcing = inner.file.part::<record::Announcing>()?.unwrap_or_default();
            let backup = snapshot.backup()?;
            let elsewhere = backup.as_ref().is_some_and(|kept| kept.kind != Kind::Folder as u8);
            let mailboxes = snapshot.mailboxes()?;
            let sending = mailboxes.iter().filter(|(_, mailbox)| mailbox.sends().is_some()).count();
            let many = |mailboxes: usize| u32::try_from(mailboxes).unwrap_or(u32::MAX);
            let counted = [
                (Item::Push, many(snapshot.pushes()?.len())),
                (Item::Mailboxes, many(mailboxes.len())),
                (Item::MailboxesSend, many(sending)),
            ];
            let days = [
                (Item::BinDays, acts::bin_days(&open)?),
                (Item::JournalDays, snapshot.journal_days()?.unwrap_or(KEPT)),
                (Item::LedgerDays, snapshot.preferred()?.ledger_days),
            ];
            let yes = [
                (Item::KeyFile, key_file),
                (Item::Backup, backup.is_some()),
                (Item::BackupElsewhere, elsewhere),
                (Item::Announcing, announcing.way > 0),
                (Item::Relay, relay),
                (Item::TlsReports, snapshot.gives_tls_reports()?),
                (Item::Authority, authority.accepted > 0),
                (Item::Updates, updates.on),
                (Item::Young, release::is_young(now)),
            ];
            let days = days.into_iter().map(|(item, days)| (item, u32::from(days)));
            let yes = yes.into_iter().chain(of_statement).map(|(item, on)| (item, u32::from(on)));
            Ok(Facts::of(days.chain(yes).chain(counted)))
        })
        .await
    }

    /// A text for whoever helps with a problem: what runs here and how it stands, and nothing about anybody. No address,
    /// no name of a domain or host, no number that tells the box from another.
    pub async fn report(&self) -> Result<String, Error> {
        let inner = &self.0;
        let (messages, schema) = read(&inner.vault, |snapshot| Ok((snapshot.messages()?, snapshot.schema()?))).await?;
        let (year, month, day, ..) = RELEASED.civil();
        let about = [1_000_u64, 10_000, 100_000, 1_000_000].into_iter().find(|most| messages <= *most);
        let about = about.map_or_else(|| "more than 1000000".to_owned(), |most| format!("at most {most}"));
        let stands = inner.parts.checks.last();
        let checks = stands
            .checks
            .iter()
            .map(|check| format!("{}={}", check.id.as_str(), check.state().as_str()));
        let lines = [
            format!("caliopen {VERSION} of {year:04}-{month:02}-{day:02}"),
            format!("schema {schema}"),
            format!("messages {about}"),
            format!("well {}", inner.parts.health.look().is_well()),
            format!("checks {}", checks.collect::<Vec<_>>().join(" ")),
        ];
        Ok(lines.join("\n") + "\n")
    }
}

impl Inner {
    async fn published(&self) -> Result<Published, Error> {
        let file = self.file.clone();
        blocking(move || Ok(file.part::<Published>()?.unwrap_or_default())).await
    }

    /// What the statement says now; `points` are those of the box.
    fn says(&self, chosen: &record::World, points: Option<u8>, now: Time) -> Statement {
        let letter = |points: Option<u8>| points.map(Letter::of);
        // Where it fetches mail from besides is none of these claims.
        let found = appliance::evidence(&self.parts.checks.last(), false, now);
        let so = [
            // Its mail door encrypts: there is no setting that keeps it from that.
            (Claim::Tls, Fact::Known(true)),
            (Claim::MtaSts, found.mta_sts),
            (Claim::Dane, found.dane),
            (Claim::Wkd, found.wkd),
            (Claim::Dkim, found.dkim),
        ];
        Statement {
            domain: self.domain.clone(),
            appliance: letter(points),
            account: letter(self.parts.account.points().filter(|_| chosen.account)),
            charter: (chosen.charter > 0).then_some(chosen.charter),
            software: VERSION.to_owned(),
            claims: so
                .into_iter()
                .filter(|(_, fact)| *fact == Fact::Known(true))
                .map(|(claim, _)| claim)
                .collect(),
            issued: now,
            expires: Time(now.0.saturating_add(LIFE)),
        }
    }
}

/// The key that signs: the one in use for the owner's first address, and of two the one that every program reads.
fn signing_key(snapshot: &Snapshot, address: &str) -> Result<Option<SecretKey>, Error> {
    let keys = snapshot.own_keys()?.into_iter().map(|(_, key)| key);
    let current = keys.filter(|key| key.current && key.address == address);
    let mut read: Vec<SecretKey> = current.filter_map(|key| SecretKey::read(&key.secret).ok()).collect();
    read.sort_by_key(SecretKey::is_modern);
    Ok(read.into_iter().next())
}

/// What is to be published, with what was signed before where that still says the same and is not old.
fn made(
    before: &Published,
    chosen: &record::World,
    domain: &str,
    facts: &Facts,
    says: Option<Statement>,
    key: Option<&SecretKey>,
    now: Time,
) -> Published {
    let page = chosen.page;
    let bare = Published {
        page,
        contact: chosen.contact.clone(),
        law: chosen.law.clone(),
        charter: chosen.charter,
        ..Published::default()
    };
    let bare = bare.with_facts(facts);
    let Some(says) = says else { return bare };
    let same = before.says().is_some_and(|old| old.says_the_same(&says)) && before.facts() == *facts && before.charter == chosen.charter;
    if same && (0..EVERY).contains(&now.0.saturating_sub(before.signed)) {
        return Published {
            page,
            contact: bare.contact,
            law: bare.law,
            ..before.clone()
        };
    }
    let accepted = (chosen.charter > 0).then_some(chosen.charter);
    let charter = statement::charter_text(domain, accepted, facts, now);
    let sign = |text: &str| key.and_then(|key| statement::signed(text, key, now));
    match (sign(&statement::text(&says)), sign(&charter)) {
        (Some(statement), Some(charter_file)) => Published {
            statement,
            charter_file,
            signed: now.0,
            ..bare.saying(&says)
        },
        _ => bare,
    }
}
