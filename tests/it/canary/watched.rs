//! The program under `strace`: every octet that it writes into any file, also into one that is gone or
//! overwritten by the time somebody looks, and every file that it opens to write.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// Calls that put octets somewhere, and those that make or open files.
const CALLS: &str = "write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,openat,openat2,open,creat,memfd_create";

/// What a process did to files.
#[derive(Default)]
pub struct Deeds {
    /// Octets by where they went, in the order in which they were written.
    pub written: BTreeMap<String, Vec<u8>>,
    /// Files opened to write, made, or both.
    pub opened: Vec<String>,
    /// Octets that the kernel was asked to copy from file to file: those are not seen here.
    pub copies: usize,
}

/// Whether somebody may be watched here; says so where not.
pub fn can_watch() -> bool {
    let tried = Command::new("strace").args(["-q", "-o", "/dev/null", "true"]).output();
    let can = tried.is_ok_and(|tried| tried.status.success());
    if !can {
        eprintln!("strace is missing or may not watch here: only what is left in the folders is looked at");
    }
    can
}

/// The program under the eyes of strace, which writes into this file. The program is our own child all the same.
pub fn watched(program: &Path, into: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-q", "-y", "-xx", "-s", "67108864", "--seccomp-bpf", "-e"]);
    command.arg(format!("trace={CALLS}")).arg("-o").arg(into).arg(program);
    command
}

/// Reads what strace wrote of a process that has ended, once all of it is there.
pub fn deeds(of: &Path, pid: u32) -> Deeds {
    let begun = Instant::now();
    let last = |line: &str| {
        line.split_once(' ')
            .is_some_and(|(who, what)| who == pid.to_string() && what.trim_start().starts_with("+++"))
    };
    let text = loop {
        let text = std::fs::read_to_string(of).unwrap_or_default();
        if text.lines().rev().take(64).any(last) {
            break text;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "strace does not end");
        std::thread::yield_now();
    };
    let mut deeds = Deeds::default();
    text.lines().for_each(|line| deeds.read(line));
    deeds
}

impl Deeds {
    fn read(&mut self, line: &str) {
        let Some((call, rest)) = line.split_once(' ').and_then(|(_, rest)| rest.trim_start().split_once('(')) else {
            return;
        };
        if call.starts_with("open") || call == "creat" || call == "memfd_create" {
            // O_RDONLY alone makes nothing; a call that failed opened nothing.
            let writes =
                call == "creat" || call == "memfd_create" || ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| rest.contains(flag));
            let made = rest.rsplit_once(" = ").map_or("", |(_, result)| result);
            if let (true, Some((_, path))) = (writes, made.split_once('<')) {
                self.opened.push(lossy(path.split('>').next().unwrap_or_default()));
            }
            return;
        }
        if call == "sendfile" || call == "copy_file_range" {
            self.copies += 1;
            return;
        }
        let Some((_, rest)) = rest.split_once('<') else { return };
        let Some((to, rest)) = rest.split_once('>') else { return };
        let into = self.written.entry(lossy(to)).or_default();
        // Every odd piece between quotes is octets; in hex there is no quote inside of them.
        rest.split('"').skip(1).step_by(2).for_each(|octets| into.extend(unhexed(octets)));
    }

    /// What went into files: sockets are the peer's and the owner's, and counters of the runtime are none.
    pub fn of_files(&self) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        let file = |to: &&String| {
            !["socket:", "TCP", "UNIX", "anon_inode:", "pipe:"]
                .iter()
                .any(|kind| to.starts_with(kind))
        };
        self.written.iter().filter(move |(to, _)| file(to))
    }

    /// Files opened to write that are not below this folder and are no device that forgets.
    pub fn astray(&self, folder: &Path) -> Vec<PathBuf> {
        let fine = |path: &&PathBuf| !path.starts_with(folder) && *path != Path::new("/dev/null");
        self.opened
            .iter()
            .map(PathBuf::from)
            .collect::<Vec<_>>()
            .iter()
            .filter(fine)
            .cloned()
            .collect()
    }
}

/// `\x41\x42` is "AB".
fn unhexed(text: &str) -> impl Iterator<Item = u8> {
    text.split("\\x")
        .skip(1)
        .filter_map(|pair| u8::from_str_radix(pair.get(..2)?, 16).ok())
}

fn lossy(text: &str) -> String {
    String::from_utf8_lossy(&unhexed(text).collect::<Vec<_>>()).into_owned()
}
