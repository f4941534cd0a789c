//! Prepares what the web door hands out as it is: each file of `assets/` gets a name that changes with
//! its content and a gzip twin, and small icons are written into the stylesheet, so that a page needs
//! one stylesheet and one script and nothing else. Absent on purpose: a minifier; gzip does the work.
//!
//! The mailboxes of `demo/mail` become one, which the demonstration holds.

use flate2::{Compression, write::GzEncoder};
use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rerun-if-changed=demo");
    println!("cargo::rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("no manifest folder"))?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no output folder"))?);
    demonstration(&root.join("demo"), &out)?;
    assets(&root.join("assets"), &out)
}

/// Writes the mail of the demonstration as one mailbox, and its contacts. Without them it starts empty.
fn demonstration(source: &Path, out: &Path) -> io::Result<()> {
    let mut names: Vec<PathBuf> = match fs::read_dir(source.join("mail")) {
        Ok(entries) => entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    names.sort();
    let mut all = Vec::new();
    for path in names.iter().filter(|path| path.extension().is_some_and(|end| end == "mbox")) {
        all.extend(fs::read(path)?);
    }
    fs::write(out.join("demo.mbox"), all)?;
    let contacts = source.join("contacts.json");
    let contacts = if contacts.exists() { fs::read(contacts)? } else { b"[]".to_vec() };
    fs::write(out.join("contacts.json"), contacts)
}

/// Writes the assets and the table of their names.
fn assets(source: &Path, out: &Path) -> io::Result<()> {
    let folder = out.join("assets");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut names: Vec<PathBuf> = fs::read_dir(source)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    names.sort();
    let mut table = String::from("&[\n");
    for path in names.iter().filter(|path| path.is_file()) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let mut bytes = fs::read(path)?;
        if name.ends_with(".css") {
            bytes = with_icons(&String::from_utf8_lossy(&bytes), source)?.into_bytes();
        }
        fs::write(folder.join(name), &bytes)?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&bytes)?;
        fs::write(folder.join(format!("{name}.gz")), gzip.finish()?)?;
        table.push_str(&format!("    ({name:?}, \"{:016x}\"),\n", fnv(&bytes)));
    }
    table.push_str("]\n");
    fs::write(out.join("assets.rs"), table)
}

/// Replaces `url("icons/NAME.svg")` by the icon itself.
fn with_icons(css: &str, source: &Path) -> io::Result<String> {
    const OPEN: &str = "url(\"icons/";
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (name, tail) = after
            .split_once("\")")
            .ok_or_else(|| io::Error::other("an icon's url is not closed"))?;
        let svg = fs::read_to_string(source.join("icons").join(name))?;
        let svg: String = svg.split_whitespace().collect::<Vec<_>>().join(" ");
        let data = svg
            .replace('%', "%25")
            .replace('#', "%23")
            .replace('"', "'")
            .replace('<', "%3C")
            .replace('>', "%3E");
        out.push_str(before);
        out.push_str(&format!("url(\"data:image/svg+xml,{data}\")"));
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

/// FNV-1a, 64 bits: a name for a version of a file, no protection against anybody.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
