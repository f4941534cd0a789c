//! Each fuzz target for a moment, with the inputs that once broke something, the small messages that are here,
//! and a few hundred made of the words that it knows: what the fuzzer does without end (`sh fuzz/run`).

#[path = "../../fuzz/targets.rs"]
mod targets;

use std::path::{Path, PathBuf};

/// Inputs made for each target, where the variable `FUZZ_INPUTS` does not say how many.
const MADE: usize = 300;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: PathBuf) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(entry.path())),
            false => found.push(entry.path()),
        }
    }
    found.sort();
    found
}

/// The words of a dictionary as libFuzzer writes them: quoted, with `\xHH`, `\"` and `\\`.
fn words(name: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(root().join(format!("fuzz/dict/{name}.dict"))).unwrap();
    let word = |line: &str| {
        let mut octets = Vec::new();
        let mut rest = line.strip_prefix('"')?.strip_suffix('"')?.bytes();
        while let Some(octet) = rest.next() {
            octets.push(match (octet, octet == b'\\') {
                (_, false) => octet,
                _ => match rest.next()? {
                    b'x' => u8::from_str_radix(std::str::from_utf8(&[rest.next()?, rest.next()?]).ok()?, 16).ok()?,
                    other => other,
                },
            });
        }
        Some(octets)
    };
    text.lines()
        .map(|line| word(line).unwrap_or_else(|| panic!("{name}: {line}")))
        .collect()
}

/// A small generator, seeded: the same inputs in every run.
fn random(state: &mut u64, below: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state % below as u64) as usize
}

fn made(state: &mut u64, words: &[Vec<u8>], seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut octets = Vec::new();
    if !seeds.is_empty() && random(state, 2) == 0 {
        let seed = &seeds[random(state, seeds.len())];
        octets.extend_from_slice(&seed[..seed.len().min(8 * 1024)]);
    }
    for _ in 0..random(state, 24) {
        let at = random(state, octets.len() + 1);
        match random(state, 4) {
            0 => octets.insert(at, random(state, 256) as u8),
            1 if !octets.is_empty() => {
                let end = (at + random(state, 16)).min(octets.len());
                octets.drain(at..end);
            }
            2 => octets.splice(at..at, words[random(state, words.len())].clone()).for_each(drop),
            _ => octets.extend_from_slice(&words[random(state, words.len())]),
        }
    }
    octets
}

#[test]
fn smoke() {
    let here: Vec<Vec<u8>> = files(root().join("tests/fixtures"))
        .into_iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect();
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (made_here, other) = (number("FUZZ_INPUTS"), number("FUZZ_SEED").unwrap_or_default());
    let only = std::env::var("FUZZ_TARGET").ok();
    let asked = targets::ALL
        .iter()
        .filter(|target| only.as_deref().is_none_or(|name| name == target.name));
    for target in asked {
        for file in files(root().join("fuzz/found").join(target.name)) {
            eprintln!("{}", file.display());
            (target.feed)(&std::fs::read(&file).unwrap());
        }
        (target.feed)(b"");
        let seeds: &[Vec<u8>] = if matches!(target.words, "mime" | "mbox" | "evidence" | "auth") {
            &here
        } else {
            &[]
        };
        let words = words(target.words);
        let mut state = target
            .name
            .bytes()
            .fold(0x9e37_79b9_7f4a_7c15, |state: u64, octet| state.rotate_left(9) ^ u64::from(octet));
        seeds.iter().for_each(|seed| (target.feed)(seed));
        state ^= other.wrapping_mul(0x2545_f491_4f6c_dd1d);
        for _ in 0..made_here.unwrap_or(MADE as u64) {
            let octets = made(&mut state, &words, seeds);
            if std::panic::catch_unwind(|| (target.feed)(&octets)).is_err() {
                panic!("{} broke on {:?}", target.name, octets.escape_ascii().to_string());
            }
        }
    }
}
