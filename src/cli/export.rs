//! `caliopen export`: everything in one archive, while the appliance is not running. What is in it is
//! `service::export`'s; docs/export.md says it for other programs.

use super::{Failure, code, log_to_stderr, open, say, secret_from};
use crate::locale::Lang;
use std::{
    fs::{self, File},
    io::{BufWriter, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

/// What `export` is told.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The data folder, made by `caliopen init`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A file whose first line is the passphrase or the recovery code; the secrets in the archive are sealed with it
    #[arg(long, value_name = "FILE")]
    unlock_with: PathBuf,
    /// A file whose first line seals the secrets in the archive instead
    #[arg(long, value_name = "FILE")]
    seal_with: Option<PathBuf>,
    /// The language of what stands in the archive for people: `en` or `fr`
    #[arg(long, value_name = "LANG", default_value = "en", value_parser = lang)]
    lang: Lang,
    /// The archive to write; nothing may be there
    #[arg(value_name = "FILE.zip")]
    file: PathBuf,
}

fn lang(code: &str) -> Result<Lang, String> {
    Lang::of_code(code).ok_or_else(|| "neither `en` nor `fr`".to_owned())
}

/// Writes the archive and reports.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    log_to_stderr();
    let secret = secret_from(&args.unlock_with)?;
    let sealing = match &args.seal_with {
        Some(path) => secret_from(path)?,
        None => secret.clone(),
    };
    if sealing.is_empty() {
        return Err(Failure::new(code::DATA, "the secrets cannot be sealed with nothing"));
    }
    let (vault, services) = open(&args.data, &secret)?;
    let not_made = |error: std::io::Error| {
        let why = match error.kind() {
            ErrorKind::AlreadyExists => "something is there already".to_owned(),
            _ => error.to_string(),
        };
        Failure::new(code::CANNOT_CREATE, format_args!("cannot make {}: {why}", args.file.display()))
    };
    let made = File::options().write(true).create_new(true).mode(0o600).open(&args.file);
    let file = made.map_err(not_made)?;
    let mut out = BufWriter::with_capacity(1024 * 1024, file);
    let written = services.export.write(&mut out, &sealing, args.lang);
    let kept = written.map_err(|error| error.to_string()).and_then(|written| {
        let flushed = out.flush().and_then(|()| out.get_ref().sync_all());
        flushed.map(|()| written).map_err(|error| error.to_string())
    });
    vault.lock();
    match kept {
        Ok(written) => {
            say(format_args!("wrote {} messages, {} contacts", written.messages, written.contacts));
            match written.damaged {
                0 => Ok(()),
                1 => Err(Failure::new(code::PARTLY, "one message is missing: the disk has damaged it")),
                many => Err(Failure::new(
                    code::PARTLY,
                    format_args!("{many} messages are missing: the disk has damaged them"),
                )),
            }
        }
        Err(why) => {
            // Half of an archive would be taken for a whole one.
            let _ = fs::remove_file(&args.file);
            Err(Failure::new(code::IO, format_args!("the archive could not be written: {why}")))
        }
    }
}
