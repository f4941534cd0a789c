//! Whether the box is well: what it tells systemd, whoever watches over it on its machine, and its owner; and what it does
//! when the disk is full, or the clock jumps.

use crate::{
    appliance::{Appliance, Folder, OWNER, PASSPHRASE, Sender, caliopen, http},
    home::Home,
    web::Visitor,
};
use caliopen::{
    domain::{outgoing::State, time::Time},
    net::dns::Dns,
};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::{
    net::SocketAddr,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

const MIB: usize = 1024 * 1024;
const YEAR: i64 = 365 * 24 * 3600;

fn health(at: SocketAddr) -> (u16, serde_json::Value) {
    let request = format!("GET /health HTTP/1.1\r\nHost: {at}\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
    let (status, _, body) = http(at, &request);
    (
        status,
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{body}: {error}")),
    )
}

fn message(n: usize) -> String {
    format!(
        "From: Eve <eve@x.test>\r\nTo: {OWNER}\r\nSubject: Number {n}\r\nMessage-ID: <{n}@x.test>\r\n\
         Date: Tue, 24 Nov 2026 08:00:00 +0000\r\n\r\nHello\r\n"
    )
}

/// A small disk of its own; `None` where none can be made, which is said.
struct Disk(tempfile::TempDir);

impl Disk {
    fn make(megabytes: usize) -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let made = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(place.path())
            .output();
        if !made.is_ok_and(|made| made.status.success()) {
            println!("skipped: no small disk can be mounted here (root, mount)");
            return None;
        }
        Some(Self(place))
    }

    fn remount(&self, how: &str) -> bool {
        let done = Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(self.0.path())
            .output();
        done.unwrap().status.success()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn make_in(disk: &Path) -> (PathBuf, PathBuf) {
    let (data, secret) = (disk.join("data"), disk.join("passphrase"));
    std::fs::write(&secret, PASSPHRASE).unwrap();
    let made = caliopen()
        .args(["init", "--trying-ms", "0", "--domain", "home.test", "--address", OWNER, "--data"])
        .arg(&data)
        .arg("--passphrase-file")
        .arg(&secret)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (data, secret)
}

#[test]
fn a_full_disk_refuses_mail_before_the_store_is_at_risk_and_recovers_by_itself() {
    let Some(disk) = Disk::make(64) else { return };
    let (data, secret) = make_in(disk.0.path());
    let appliance = Appliance::start(&data, Some(&secret));
    let mut owner = Visitor::owner(&appliance);
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    assert_eq!(sender.send("eve@x.test", OWNER, &message(1)).unwrap(), 250);
    let (status, well) = health(appliance.http);
    let said = ["ready", "locked", "writes"].map(|name| well[name].as_bool().unwrap());
    assert_eq!((status, said), (200, [true, false, true]));

    // Somebody else's file takes all but seven megabytes.
    let filler = disk.0.path().join("filler");
    let told = rustix::fs::statvfs(disk.0.path()).unwrap();
    let free = (told.f_bavail * told.f_frsize) as usize;
    std::fs::write(&filler, vec![1; free - 7 * MIB]).unwrap();
    assert_eq!(sender.say("MAIL FROM:<eve@x.test>\r\n").unwrap(), 452, "before the message is sent");
    let (status, ill) = health(appliance.http);
    assert_eq!((status, ill["ready"].as_bool()), (503, Some(false)));
    let disk_check = ill["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["id"] == "disk")
        .unwrap();
    assert_eq!(disk_check["state"], "todo");
    let page = owner.get("/").body;
    assert!(
        page.contains("nearly full") && page.contains("Number 1"),
        "the owner is told, and reads on"
    );
    let mut another = Visitor::new(&appliance);
    assert_eq!(another.sign_in(PASSPHRASE, "/").status, 303, "the reserve is for this");

    std::fs::remove_file(&filler).unwrap();
    assert_eq!(
        sender.send("eve@x.test", OWNER, &message(2)).unwrap(),
        250,
        "nobody had to do anything"
    );
    assert!(!owner.get("/").body.contains("nearly full"));
    assert_eq!(health(appliance.http).0, 200);
    drop(appliance);

    assert!(disk.remount("ro"));
    let start = caliopen()
        .args(["serve", "--smtp", "127.0.0.1:0", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&start.stderr).into_owned();
    assert!(start.status.code() == Some(74) && said.contains("Read-only"), "{said}");
    assert!(disk.remount("rw"));
    let appliance = Appliance::start(&data, Some(&secret));
    let mut owner = Visitor::owner(&appliance);
    // The second of the three is the box's own, about the browser that came in between.
    for n in 1..=3 {
        assert_eq!(owner.get(&format!("/messages/{n}")).status, 200, "what was acknowledged is there");
    }
}

#[test]
fn a_disk_that_refuses_for_a_while_costs_that_while_and_no_more() {
    let folder = Folder::make();
    let mut command = Command::new("env");
    // What it may write is limited from outside: as from a disk that was shut, every write comes back with an error.
    command.arg("--ignore-signal=XFSZ").arg(caliopen().get_program());
    let appliance = Appliance::launch(command, &folder.data, Some(&folder.secret));
    let limit = |current| {
        let process = Pid::from_raw(appliance.pid() as i32);
        prlimit(process, Resource::Fsize, Rlimit { current, maximum: None }).unwrap();
    };
    let mut owner = Visitor::owner(&appliance);
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    assert_eq!(sender.send("eve@x.test", OWNER, &message(1)).unwrap(), 250);

    limit(Some(0));
    for n in 2..=4 {
        let refused = sender.send("eve@x.test", OWNER, &message(n)).unwrap();
        assert!((400..500).contains(&refused), "whoever sends keeps it: {refused}");
        sender.say("RSET\r\n").unwrap();
    }
    let (status, ill) = health(appliance.http);
    assert_eq!(
        (status, ill["ready"].as_bool(), ill["writes"].as_bool()),
        (503, Some(false), Some(false))
    );
    let page = owner.get("/").body;
    assert!(
        page.contains("can only be read") && page.contains("Number 1"),
        "the owner is told, and reads on"
    );

    limit(None);
    assert_eq!(
        sender.send("eve@x.test", OWNER, &message(5)).unwrap(),
        250,
        "it goes the way of a locked box until the store is opened again"
    );
    // Whoever looks at the very moment may be shown the door; nobody is signed out by an error of the disk.
    while !owner.get("/").body.contains("Number 5") {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(health(appliance.http).0, 200);
    assert!(!owner.get("/").body.contains("can only be read"));
}

/// A tracer that makes calls of a box fail until this is dropped.
struct Failing(Child);

impl Failing {
    /// `None` where nobody may be traced here, which is said.
    fn begin(process: u32, calls: &str) -> Option<Self> {
        let inject = format!("inject={calls}:error=EIO");
        let tracer = Command::new("strace")
            .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}"), "-e", &inject, "-p"])
            .arg(process.to_string())
            .stderr(Stdio::null())
            .spawn();
        let Ok(tracer) = tracer else {
            println!("skipped: no strace");
            return None;
        };
        let mut this = Self(tracer);
        let threads = Path::new("/proc").join(process.to_string()).join("task");
        let traced = |thread: std::io::Result<std::fs::DirEntry>| {
            // One that has ended meanwhile writes nothing more.
            thread
                .and_then(|thread| std::fs::read_to_string(thread.path().join("status")))
                .map_or(true, |status| !status.contains("TracerPid:\t0\n"))
        };
        while !std::fs::read_dir(&threads).unwrap().all(traced) {
            if this.0.try_wait().unwrap().is_some() {
                println!("skipped: nobody may be traced here");
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(this)
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        // It lets go of the box in order.
        let _ = rustix::process::kill_process(Pid::from_child(&self.0), rustix::process::Signal::INT);
        let _ = self.0.wait();
    }
}

#[test]
fn a_store_that_cannot_be_opened_again_at_once_is_opened_as_soon_as_it_can_and_nobody_has_to_unlock_it() {
    let folder = Folder::make();
    let appliance = Appliance::start(&folder.data, Some(&folder.secret));
    let mut owner = Visitor::owner(&appliance);
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    assert_eq!(sender.send("eve@x.test", OWNER, &message(1)).unwrap(), 250);

    // A new file can be written, so that it is tried; the store cannot.
    let Some(failing) = Failing::begin(appliance.pid(), "pwrite64,ftruncate") else {
        return;
    };
    let refused = sender.send("eve@x.test", OWNER, &message(2)).unwrap();
    assert!((400..500).contains(&refused), "whoever sends keeps it: {refused}");
    let locked = || health(appliance.http).1["locked"].as_bool().unwrap();
    while !locked() {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(health(appliance.http).0, 503);
    drop(failing);
    while locked() {
        std::thread::sleep(Duration::from_millis(100));
    }
    let page = owner.get("/").body;
    assert!(
        page.contains("Number 1") && !page.contains("Number 2"),
        "who was signed in still is"
    );
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    assert_eq!(sender.send("eve@x.test", OWNER, &message(3)).unwrap(), 250);
    while !owner.get("/").body.contains("Number 3") {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(health(appliance.http).0, 200);
}

#[test]
fn systemd_is_told_and_the_watchdog_is_fed_while_the_box_does_its_work() {
    let folder = Folder::make();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut command = caliopen();
    command
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "400000")
        .env_remove("WATCHDOG_PID");
    let appliance = Appliance::launch(command, &folder.data, Some(&folder.secret));
    let heard = || {
        let mut octets = [0; 1024];
        let length = socket.recv(&mut octets).expect("a word in time");
        String::from_utf8_lossy(&octets[..length]).into_owned()
    };
    assert!(heard().contains("READY=1"));
    for _ in 0..3 {
        assert!(heard().contains("WATCHDOG=1"));
    }
    assert!(appliance.terminate());
    while !heard().contains("STOPPING=1") {}
}

#[test]
fn a_box_is_checked_from_the_command_line_running_or_not() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let lang = std::cell::Cell::new("C");
    let check = |more: &[&str]| {
        let output = caliopen().env("LC_ALL", lang.get()).arg("check").args(more).output().unwrap();
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let at = appliance.http.to_string();
    let (code, said, why) = check(&["--at", &at]);
    assert_eq!(code, Some(0), "nothing was looked at yet, so nothing is known to be wrong: {why}");
    assert!(
        said.contains("yes          it takes mail") && said.contains("no           it is locked"),
        "{said}"
    );
    lang.set("fr_FR.UTF-8");
    let (_, said, _) = check(&["--at", &at]);
    assert!(
        said.contains("oui          elle prend le courrier") && said.contains("Où va le courrier (MX)"),
        "{said}"
    );
    lang.set("C");
    let (_, said, _) = check(&["--at", &at, "--json"]);
    let all: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(all["claimed"], true);
    assert!(all["checks"].as_array().unwrap().len() > 10);
    let data = folder.data.to_str().unwrap();
    assert_eq!(check(&["--data", data]).0, Some(75), "it is running");
    drop(appliance);
    assert_eq!(check(&["--at", &at]).0, Some(68), "nobody answers");
    let (code, said, why) = check(&["--data", data, "--dns", "none"]);
    assert!(matches!(code, Some(0 | 1)), "{why}");
    assert!(said.contains("yes          it is locked") && said.contains("not known"), "{said}");
}

#[tokio::test]
async fn a_clock_that_jumps_costs_no_message_its_next_try() {
    let now = Time(1_800_000_000);
    let home = Home::make(now, Dns::nobody().into());
    let message = home.send(&["a@x.test"], false).await;
    home.round().await;
    let tried = |attempts: u32| {
        let home = &home;
        async move {
            let of = home.of(message).await;
            assert_eq!((of[0].attempts, of[0].recipients[0].state), (attempts, State::Waiting));
        }
    };
    tried(1).await;
    // Somebody sets the clock back by a year: it is not kept waiting for a year.
    home.clock.set(Time(now.0 - YEAR));
    home.round().await;
    tried(2).await;
    home.later(3600);
    home.round().await;
    tried(3).await;
}
