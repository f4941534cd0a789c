//! The owner's own virus scanner, where there is one: ClamAV's daemon on a Unix socket, asked by `INSTREAM`
//! (clamd(8), "COMMANDS"). Nothing leaves the machine.
//!
//! Whatever goes wrong is an error, which its caller takes for "not known": mail does not wait for a
//! scanner that is away. Absent on purpose: TCP (a scanner elsewhere would be sent all mail in clear), and
//! scanning by file name, which needs files in clear on the disk.

use std::{io, path::PathBuf, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::timeout,
};

/// How long a scan may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Octets of one piece.
const PIECE: usize = 64 * 1024;
/// Octets of the longest answer.
const ANSWER: u64 = 1_024;
/// Characters of a name that are kept.
const NAME: usize = 100;

/// A scanner behind a socket.
#[derive(Clone, Debug)]
pub struct Clamd {
    socket: PathBuf,
}

/// What it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing is known against it.
    Clean,
    /// It is known by this name.
    Found(String),
}

/// Why it said nothing. Names nothing of what was scanned.
#[derive(Debug, thiserror::Error)]
pub enum ClamdError {
    /// It is not there, or went away.
    #[error("the scanner cannot be reached: {0}")]
    Away(#[from] io::Error),
    /// It took more than ten seconds.
    #[error("the scanner did not answer in time")]
    Late,
    /// It refused, as it does with what is larger than its own limit, or answered something else.
    #[error("the scanner gave no verdict")]
    NoVerdict,
}

impl Clamd {
    /// The scanner that listens here.
    pub fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Has these octets scanned.
    pub async fn scan(&self, bytes: &[u8]) -> Result<Said, ClamdError> {
        timeout(PATIENCE, self.ask(bytes)).await.map_err(|_| ClamdError::Late)?
    }

    async fn ask(&self, bytes: &[u8]) -> Result<Said, ClamdError> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        // `z` asks for answers that end in a zero; each piece has its length before it, and none is the end.
        stream.write_all(b"zINSTREAM\0").await?;
        for piece in bytes.chunks(PIECE) {
            let length = u32::try_from(piece.len()).map_err(|_| ClamdError::NoVerdict)?;
            let sent = async {
                stream.write_all(&length.to_be_bytes()).await?;
                stream.write_all(piece).await
            };
            // It hangs up on what is larger than its limit, and has said so before.
            if sent.await.is_err() {
                break;
            }
        }
        let _ = stream.write_all(&[0; 4]).await;
        let mut answer = Vec::new();
        (&mut stream).take(ANSWER).read_to_end(&mut answer).await?;
        verdict(&String::from_utf8_lossy(&answer)).ok_or(ClamdError::NoVerdict)
    }
}

/// `stream: OK`, or `stream: Name FOUND`.
fn verdict(answer: &str) -> Option<Said> {
    let said = answer.trim_end_matches(['\0', '\n', '\r']).strip_prefix("stream: ")?;
    if said == "OK" {
        return Some(Said::Clean);
    }
    let name = said.strip_suffix(" FOUND")?;
    Some(Said::Found(name.chars().filter(|c| !c.is_control()).take(NAME).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::UnixListener;

    /// A daemon that speaks the protocol: it reads the pieces, and answers as the octets say.
    async fn daemon(listener: UnixListener) {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut command = [0; 10];
            stream.read_exact(&mut command).await.unwrap();
            assert_eq!(&command, b"zINSTREAM\0");
            let mut whole = Vec::new();
            loop {
                let length = stream.read_u32().await.unwrap() as usize;
                if length == 0 {
                    break;
                }
                let start = whole.len();
                whole.resize(start + length, 0);
                stream.read_exact(&mut whole[start..]).await.unwrap();
            }
            let answer: &[u8] = match whole.as_slice() {
                b"evil" => b"stream: Win.Test.EICAR_HDB-1 FOUND\0",
                b"large" => b"INSTREAM size limit exceeded. ERROR\0",
                b"hang up" => b"",
                _ => b"stream: OK\0",
            };
            stream.write_all(answer).await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_scanner_is_asked_as_it_wants_to_be() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("clamd.ctl");
        let away = Clamd::new(socket.clone());
        assert!(matches!(away.scan(b"x").await, Err(ClamdError::Away(_))));
        let daemon = tokio::spawn(daemon(UnixListener::bind(&socket).unwrap()));
        let scanner = Clamd::new(socket);
        assert_eq!(scanner.scan(b"evil").await.unwrap(), Said::Found("Win.Test.EICAR_HDB-1".into()));
        assert_eq!(scanner.scan(&vec![b'x'; 3 * PIECE + 5]).await.unwrap(), Said::Clean);
        assert_eq!(scanner.scan(b"").await.unwrap(), Said::Clean);
        for refused in [&b"large"[..], b"hang up"] {
            assert!(matches!(scanner.scan(refused).await, Err(ClamdError::NoVerdict)));
        }
        daemon.abort();
    }
}
