//! The real binary, made and started as a newcomer would, in a temporary folder, on ports of its own.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// The passphrase of every appliance of the tests.
pub const PASSPHRASE: &str = "a river runs through it";
/// Its owner.
pub const OWNER: &str = "me@home.test";

/// The program.
pub fn caliopen() -> Command {
    Command::new(env!("CARGO_BIN_EXE_caliopen"))
}

/// A data folder with a mailbox in it, and the file with its passphrase.
pub struct Folder {
    _temporary: tempfile::TempDir,
    /// The data folder.
    pub data: PathBuf,
    /// The passphrase file.
    pub secret: PathBuf,
}

impl Folder {
    /// Makes one with `caliopen init`.
    pub fn make() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let (data, secret) = (temporary.path().join("data"), temporary.path().join("passphrase"));
        std::fs::write(&secret, format!("{PASSPHRASE}\n")).unwrap();
        let made = caliopen()
            .args(["init", "--trying-ms", "0", "--domain", "home.test", "--address", OWNER, "--data"])
            .arg(&data)
            .arg("--passphrase-file")
            .arg(&secret)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self {
            _temporary: temporary,
            data,
            secret,
        }
    }

    /// Starts it, unlocked.
    pub fn serve(&self) -> Appliance {
        Appliance::start(&self.data, Some(&self.secret))
    }
}

/// A running appliance; killed when dropped.
pub struct Appliance {
    child: Child,
    /// Where it takes mail.
    pub smtp: SocketAddr,
    /// Where it serves pages over TLS.
    pub https: SocketAddr,
    /// Where it serves pages without.
    pub http: SocketAddr,
}

impl Appliance {
    /// Starts `caliopen serve` and waits for its line of JSON.
    pub fn start(data: &Path, unlock_with: Option<&Path>) -> Self {
        Self::start_with(data, unlock_with, &[])
    }

    /// The same with more arguments.
    pub fn start_with(data: &Path, unlock_with: Option<&Path>, more: &[&std::ffi::OsStr]) -> Self {
        Self::launch_with(caliopen(), data, unlock_with, more)
    }

    /// The same with a command of the test's own, which may be the program under something that watches it.
    pub fn launch(command: Command, data: &Path, unlock_with: Option<&Path>) -> Self {
        Self::launch_with(command, data, unlock_with, &[])
    }

    fn launch_with(mut command: Command, data: &Path, unlock_with: Option<&Path>, more: &[&std::ffi::OsStr]) -> Self {
        command
            .args([
                "serve",
                "--smtp",
                "127.0.0.1:0",
                "--https",
                "127.0.0.1:0",
                "--http",
                "127.0.0.1:0",
                // No test asks anybody outside of this machine.
                "--dns",
                "none",
                "--data",
            ])
            .arg(data);
        if let Some(secret) = unlock_with {
            command.arg("--unlock-with").arg(secret);
        }
        let mut child = command.args(more).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line:?}: {e}"));
        let at = |door: &str| said[door][0].as_str().unwrap().parse().unwrap();
        Self {
            child,
            smtp: at("smtp"),
            https: at("https"),
            http: at("http"),
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, as when the power goes.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; says whether it ended with success.
    pub fn terminate(mut self) -> bool {
        end_by(&mut self.child, Signal::TERM)
    }

    /// Waits until it ends by itself; says whether it did so with success.
    pub fn end(mut self) -> bool {
        self.child.wait().unwrap().success()
    }
}

impl Drop for Appliance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running demonstration; killed when dropped.
pub struct Demo {
    child: Child,
    /// What it said on stdout.
    pub said: serde_json::Value,
    /// Where it serves pages without TLS.
    pub http: SocketAddr,
    /// Where its temporary folder is.
    pub temporary: tempfile::TempDir,
}

impl Demo {
    /// Starts `caliopen demo` and waits for its line of JSON.
    pub fn start() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = caliopen();
        command.arg("demo").env("TMPDIR", temporary.path()).stderr(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line:?}: {e}"));
        let http = said["http"][0].as_str().unwrap().parse().unwrap();
        Self {
            child,
            said,
            http,
            temporary,
        }
    }

    /// SIGTERM; says whether it ended with success, after how long, and how much it left behind.
    pub fn terminate(self) -> (bool, usize) {
        self.end_by(Signal::TERM)
    }

    /// The same by this signal.
    pub fn end_by(mut self, signal: Signal) -> (bool, usize) {
        let succeeded = end_by(&mut self.child, signal);
        (succeeded, std::fs::read_dir(self.temporary.path()).unwrap().count())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal; whether the process ended with success.
fn end_by(child: &mut Child, signal: Signal) -> bool {
    kill_process(Pid::from_child(child), signal).unwrap();
    child.wait().unwrap().success()
}

/// The simplest sender there is: one connection, no TLS, one command at a time.
pub struct Sender {
    stream: BufReader<TcpStream>,
}

impl Sender {
    /// Connects and says EHLO.
    pub fn connect(to: SocketAddr) -> std::io::Result<Self> {
        Self::greet(TcpStream::connect_timeout(&to, Duration::from_secs(10))?)
    }

    fn greet(stream: TcpStream) -> std::io::Result<Self> {
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_nodelay(true)?;
        let mut sender = Self {
            stream: BufReader::new(stream),
        };
        sender.reply()?;
        sender.say("EHLO sender.test\r\n")?;
        Ok(sender)
    }

    /// Connects from this address of this machine and says EHLO.
    pub fn connect_from(from: [u8; 4], to: SocketAddr) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4()?;
            socket.bind((from, 0).into())?;
            socket.connect(to).await?.into_std()
        })?;
        stream.set_nonblocking(false)?;
        Self::greet(stream)
    }

    /// Sends and gives the reply code.
    pub fn say(&mut self, text: &str) -> std::io::Result<u16> {
        self.stream.get_mut().write_all(text.as_bytes())?;
        self.reply()
    }

    fn reply(&mut self) -> std::io::Result<u16> {
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0));
            }
        }
    }

    /// One message; the reply to its end.
    pub fn send(&mut self, from: &str, to: &str, message: &str) -> std::io::Result<u16> {
        for command in [format!("MAIL FROM:<{from}>\r\n"), format!("RCPT TO:<{to}>\r\n"), "DATA\r\n".into()] {
            let code = self.say(&command)?;
            if code >= 400 {
                return Ok(code);
            }
        }
        self.say(&format!("{message}\r\n.\r\n"))
    }
}

/// A plain HTTP/1.1 request on a connection of its own: status, head, body.
pub fn http(to: SocketAddr, request: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    (status, head.to_owned(), body.to_owned())
}
