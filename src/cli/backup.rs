//! `caliopen backup` and `caliopen restore`: what the page about backups and the first run do, for scripts and for a machine
//! with nothing on it. What a backup is, is `service::backup`'s; docs/backup.md says it for other programs.

use super::{Failure, code, log_to_stderr, runtime, say, secret_from};
use crate::{
    app::{self, Services},
    domain::backup::{Kind, Trouble},
    net::{clock::Clock, demand, dns::Dns, https::Https, outward::Outward, restic::Control},
    service::{
        Error,
        backup::{self, PATIENCE, Progress, Which, Wish, Wrong, is_blank, place, restore},
        upkeep::settle,
    },
    store::{
        front::FrontFile,
        slots::Opening,
        vault::{Secret, Vault},
    },
};
use std::{fs, os::unix::fs::DirBuilderExt, path::PathBuf};
use zeroize::Zeroizing;

/// Where a backup is kept.
#[derive(clap::Args)]
struct At {
    /// A folder in which it is kept, or is to be
    #[arg(long, value_name = "DIR", conflicts_with_all = ["rest", "webdav", "s3"])]
    folder: Option<PathBuf>,
    /// The https address of a server that speaks restic's protocol
    #[arg(long, value_name = "URL", conflicts_with_all = ["webdav", "s3"])]
    rest: Option<String>,
    /// The https address of a folder on a WebDAV server
    #[arg(long, value_name = "URL", conflicts_with = "s3")]
    webdav: Option<String>,
    /// The https address of a bucket of S3, or of a folder in one: `https://server/bucket/folder`
    #[arg(long, value_name = "URL")]
    s3: Option<String>,
    /// The region of the bucket; `us-east-1` unless it is said
    #[arg(long, value_name = "REGION", default_value = "", requires = "s3", hide_default_value = true)]
    region: String,
    /// The name at the server; with S3 the access key
    #[arg(long, value_name = "NAME", default_value = "")]
    user: String,
    /// A file whose first line is the password at the server; with S3 the secret of the key
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A file whose first line is the code on the recovery sheet
    #[arg(long, value_name = "FILE")]
    code_with: Option<PathBuf>,
    /// Believe these authorities (PEM) and no other for the server's certificate
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

/// What `backup` is told.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A file whose first line is the passphrase or the recovery code
    #[arg(long, value_name = "FILE")]
    unlock_with: PathBuf,
    #[command(flatten)]
    at: At,
    /// Restore the backup beside the box as well, compare, and do away with what was restored
    #[arg(long)]
    prove: bool,
}

/// What `restore` is told.
#[derive(clap::Args)]
pub(super) struct RestoreArgs {
    /// The folder to make the mailbox in; empty or missing
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    at: At,
    /// Not the newest backup, but the one so many before it
    #[arg(long, value_name = "N", default_value_t = 0)]
    earlier: usize,
}

impl At {
    fn chosen(&self) -> Option<(Kind, String)> {
        let folder = self.folder.as_ref().map(|folder| {
            let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
            (Kind::Folder, whole.display().to_string())
        });
        let rest = || self.rest.clone().map(|url| (Kind::Rest, url));
        let webdav = || self.webdav.clone().map(|url| (Kind::WebDav, url));
        let s3 = || self.s3.clone().map(|url| (Kind::S3, url));
        folder.or_else(rest).or_else(webdav).or_else(s3)
    }

    /// The place that is said, with its password; `None` where none is.
    fn wish(&self) -> Result<Option<Wish>, Failure> {
        let Some((kind, at)) = self.chosen() else { return Ok(None) };
        Ok(Some(Wish {
            kind: Some(kind),
            at,
            user: self.user.clone(),
            password: Self::secret(self.password_file.as_ref())?,
            region: self.region.clone(),
            ..Wish::default()
        }))
    }

    fn outward(&self) -> Result<Outward, Failure> {
        let mut outward = Outward::from(Dns::system());
        if let Some(path) = &self.trust {
            let unreadable =
                |why: &dyn std::fmt::Display| Failure::new(code::NO_INPUT, format_args!("cannot read {}: {why}", path.display()));
            let pem = fs::read(path).map_err(|error| unreadable(&error))?;
            let roots = demand::trusting(&pem).ok_or_else(|| unreadable(&"there is no certificate of an authority in it"))?;
            outward.roots = Some(roots);
        }
        Ok(outward)
    }

    fn secret(path: Option<&PathBuf>) -> Result<Zeroizing<String>, Failure> {
        path.map_or_else(|| Ok(Zeroizing::default()), |path| secret_from(path))
    }
}

fn failed(trouble: Trouble) -> Failure {
    let code = match trouble {
        Trouble::Code => code::NO_PERMISSION,
        Trouble::NotBlank => code::CANNOT_CREATE,
        Trouble::Nothing => code::NO_INPUT,
        Trouble::Unreachable => code::UNAVAILABLE,
        Trouble::Damaged | Trouble::Missing | Trouble::Differs | Trouble::Newer => code::DATA,
        _ => code::IO,
    };
    Failure::new(code, trouble)
}

fn wrong(wrong: Wrong) -> Failure {
    match wrong {
        Wrong::Folder => Failure::new(code::DATA, "a backup is kept in a folder outside of the data folder"),
        Wrong::Url => Failure::new(code::DATA, "that is no address over https without name and password in it"),
        Wrong::Bucket => Failure::new(
            code::DATA,
            "that is no address of a bucket: https://server/bucket, or with a folder after it",
        ),
        Wrong::Code => Failure::new(code::NO_PERMISSION, "that is not the code on the recovery sheet"),
        Wrong::Place(trouble) => failed(trouble),
    }
}

fn no_code() -> Failure {
    Failure::new(2, "give the code on the recovery sheet with --code-with")
}

fn broken(error: Error) -> Failure {
    match error {
        Error::NotFound => Failure::new(
            2,
            "backups are off: say where with --folder, --rest, --webdav or --s3, and give --code-with",
        ),
        error => Failure::new(code::IO, error),
    }
}

/// Makes a backup, where it is said now or was before, and reports.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    log_to_stderr();
    let secret = secret_from(&args.unlock_with)?;
    let (file, front) = app::front(&args.data).map_err(super::failure)?;
    let vault = Vault::locked(&args.data);
    match vault.unlock(&Opening::of_file(&secret)) {
        Ok(Secret::Right(_)) => {}
        Ok(Secret::Wrong) => return Err(super::failure(app::StartError::WrongSecret)),
        Err(error) => return Err(super::failure(error.into())),
    }
    settle();
    let services = Services::over(&vault, &file, &front, &Clock::system(), args.at.outward()?).map_err(super::failure)?;
    let outcome = runtime()?.block_on(make(args, &services));
    vault.lock();
    // What was handed to the store is written before we end.
    let closed = vault.wait_until_closed().map_err(|error| Failure::new(code::IO, error));
    outcome.and(closed)
}

async fn make(args: &Args, services: &Services) -> Result<(), Failure> {
    let backups = &services.backups;
    if let Some(wish) = args.at.wish()? {
        let known = backups.view().await.map_err(broken)?;
        let wish = Wish {
            code: At::secret(args.at.code_with.as_ref())?,
            often: known.as_ref().map(|view| view.often).unwrap_or_default(),
            limit: known.map_or(0, |view| view.limit),
            ..wish
        };
        let missing = args.at.code_with.is_none();
        backups.switch_on(wish).await.map_err(broken)?.map_err(|why| match why {
            Wrong::Code if missing => no_code(),
            why => wrong(why),
        })?;
    }
    backups.make().await.map_err(broken)?.map_err(failed)?;
    let view = backups.view().await.map_err(broken)?.ok_or_else(|| broken(Error::NotFound))?;
    let (messages, took, sent) = view.last;
    say(format_args!("backed up {messages} messages in {took} s, wrote {sent} octets"));
    say(format_args!("the place holds {} backups in {} octets", view.size.1, view.size.0));
    if view.same_disk {
        say("it lies on the same disk as the box: if that breaks, both are gone");
    }
    if let Some(trouble) = view.history.untidy {
        say(format_args!("what is old could not be removed there: {trouble}"));
    }
    if args.prove {
        backups.prove().await.map_err(broken)?.map_err(failed)?;
        say("restored it beside the box with the code on the sheet: everything is the same");
    }
    match view.lacking {
        0 => Ok(()),
        1 => Err(Failure::new(
            code::PARTLY,
            "one message is not in it: the disk of this box has damaged it",
        )),
        many => Err(Failure::new(
            code::PARTLY,
            format_args!("{many} messages are not in it: the disk of this box has damaged them"),
        )),
    }
}

/// Makes a mailbox of a backup and reports.
pub(super) fn bring_back(args: &RestoreArgs) -> Result<(), Failure> {
    log_to_stderr();
    let Some(wish) = args.at.wish()? else {
        let ways = "say where the backup is kept with --folder, --rest, --webdav or --s3";
        return Err(Failure::new(2, ways));
    };
    let Some(code_file) = &args.at.code_with else {
        return Err(no_code());
    };
    let Some(typed) = backup::code_of(&secret_from(code_file)?) else {
        return Err(failed(Trouble::Code));
    };
    let outward = args.at.outward()?;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&args.data);
    made.map_err(|error| Failure::new(code::CANNOT_CREATE, format_args!("the folder cannot be used: {error}")))?;
    if !is_blank(&args.data) {
        return Err(failed(Trouble::NotBlank));
    }
    let of_store = |error: crate::store::Error| super::failure(error.into());
    let (file, vault) = (FrontFile::open(&args.data).map_err(of_store)?, Vault::locked(&args.data));
    let inner = vault.clone();
    let earlier = args.earlier;
    let restored = runtime()?.block_on(async move {
        let https = Https::lasting(outward.dns.clone(), outward.roots.clone(), PATIENCE);
        let place = place(&wish, &https).map_err(wrong)?;
        let work = inner.clone();
        let done = tokio::task::spawn_blocking(move || {
            restore(
                (&place, &typed, Which::Earlier(earlier)),
                (&work, &file),
                &Progress::default(),
                &Control::default(),
            )
        });
        let restored = done.await.unwrap_or(Err(Trouble::Store)).map_err(|trouble| match trouble {
            Trouble::Damaged | Trouble::Missing | Trouble::Differs => Failure::new(
                code::DATA,
                format_args!("{trouble}; --earlier {} takes the one before it", earlier.saturating_add(1)),
            ),
            trouble => failed(trouble),
        })?;
        backup::index(&inner).await.map_err(broken)?;
        Ok::<_, Failure>(restored)
    });
    vault.lock();
    let closed = vault.wait_until_closed().map_err(of_store);
    let restored = restored?;
    closed?;
    say(format_args!(
        "restored {} messages of {}; everything is what was backed up",
        restored.messages, restored.domain
    ));
    let (year, month, day, hour, minute) = restored.made.civil();
    say(format_args!(
        "it is as it was on {year:04}-{month:02}-{day:02} at {hour:02}:{minute:02} UTC"
    ));
    say("start it with `caliopen serve`; it opens with the passphrase that it had");
    Ok(())
}
