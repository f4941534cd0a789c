//! The programs of others that protect and open mail, behind one face: GnuPG, `sq`, and today's Sequoia as a library.
//! Each has a folder of its own, and nothing of the machine's owner is touched.

use crate::openpgp::created;
use std::{
    io::Write,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Stdio},
};

/// A secret key that a program made.
#[derive(Clone)]
pub struct Key {
    /// Its octets, without a passphrase.
    pub secret: Vec<u8>,
    /// Its fingerprint in hexadecimal digits.
    pub print: String,
}

/// How what is sealed is packed before it is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    AsUsual,
    None,
    Zip,
    Zlib,
}

/// A program of somebody else's.
pub trait Peer {
    /// Makes a key of a kind for an address.
    fn key(&self, kind: &str, address: &str) -> Key;
    /// Gets to know somebody's public key.
    fn meets(&self, certificate: &[u8]);
    /// A signature that stands apart, armored.
    fn signature(&self, signer: &Key, text: &str) -> String;
    /// A readable text with its signature.
    fn clear(&self, signer: &Key, text: &str) -> String;
    /// Encrypts to a key by its fingerprint, and signs; armored. `None` where it cannot pack like this.
    fn sealed(&self, signer: Option<&Key>, to: &str, text: &[u8], packing: Packing) -> Option<String>;
    /// Decrypts; panics unless it is signed by the key with this fingerprint, and the signature is good.
    fn opened(&self, own: &Key, signer: &str, sealed: &str) -> Vec<u8>;
    /// Verifies a signature that stands apart by the key with this fingerprint; panics unless it is good.
    fn verified(&self, signer: &str, text: &[u8], signature: &str);
}

/// Runs something to its end: whether it was a good one, what came out, and what it said.
fn run(command: &mut Command, input: &[u8]) -> (bool, Vec<u8>, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writing = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let out = child.wait_with_output().unwrap();
    writing.join().unwrap();
    (out.status.success(), out.stdout, String::from_utf8_lossy(&out.stderr).into_owned())
}

fn is_here(program: &str, what: &str) -> bool {
    let here = Command::new(program).arg(what).output().is_ok_and(|out| out.status.success());
    if !here {
        println!("no {program} here: its forms are left out");
    }
    here
}

/// GnuPG with a home of its own.
pub struct Gnupg(tempfile::TempDir);

impl Gnupg {
    pub fn find() -> Option<Self> {
        is_here("gpg", "--version").then(|| {
            let home = tempfile::tempdir().unwrap();
            std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
            Self(home)
        })
    }

    fn gpg(&self, args: &[&str], input: &[u8]) -> (Vec<u8>, String) {
        let mut gpg = Command::new("gpg");
        gpg.env("GNUPGHOME", self.0.path())
            .args(["--batch", "--yes", "--quiet", "--armor", "--status-fd", "2"]);
        gpg.args(["--no-auto-key-retrieve", "--no-auto-check-trustdb", "--trust-model", "always"]);
        gpg.args(["--pinentry-mode", "loopback", "--passphrase", ""]).args(args);
        let (ok, out, said) = run(&mut gpg, input);
        assert!(ok, "gpg {args:?}: {said}");
        (out, said)
    }
}

impl Drop for Gnupg {
    fn drop(&mut self) {
        // Its agent lives as long as its home.
        let mut end = Command::new("gpgconf");
        let _ = end.env("GNUPGHOME", self.0.path()).args(["--kill", "all"]).output();
    }
}

impl Peer for Gnupg {
    fn key(&self, kind: &str, address: &str) -> Key {
        let encrypts = if kind == "ed25519" { "cv25519" } else { kind };
        let name = format!("Somebody <{address}>");
        let (_, said) = self.gpg(&["--quick-generate-key", &name, kind, "sign,cert", "1y"], b"");
        let print = created(&said);
        self.gpg(&["--quick-add-key", &print, encrypts, "encr", "1y"], b"");
        let secret = self.gpg(&["--export-secret-keys", &print], b"").0;
        Key { secret, print }
    }

    fn meets(&self, certificate: &[u8]) {
        self.gpg(&["--import"], certificate);
    }

    fn signature(&self, signer: &Key, text: &str) -> String {
        let (out, _) = self.gpg(&["--detach-sign", "-u", &signer.print], text.as_bytes());
        String::from_utf8(out).unwrap()
    }

    fn clear(&self, signer: &Key, text: &str) -> String {
        let (out, _) = self.gpg(&["--clear-sign", "-u", &signer.print], text.as_bytes());
        String::from_utf8(out).unwrap()
    }

    fn sealed(&self, signer: Option<&Key>, to: &str, text: &[u8], packing: Packing) -> Option<String> {
        let mut args = vec!["--encrypt", "-r", to];
        match packing {
            Packing::AsUsual => {}
            Packing::None => args.extend(["--compress-algo", "none"]),
            Packing::Zip => args.extend(["--compress-algo", "zip"]),
            Packing::Zlib => args.extend(["--compress-algo", "zlib"]),
        }
        if let Some(signer) = signer {
            args.extend(["--sign", "-u", &signer.print]);
        }
        Some(String::from_utf8(self.gpg(&args, text).0).unwrap())
    }

    fn opened(&self, _own: &Key, signer: &str, sealed: &str) -> Vec<u8> {
        let (out, said) = self.gpg(&["--decrypt"], sealed.as_bytes());
        assert!(
            said.contains("DECRYPTION_OKAY") && said.contains(&format!("VALIDSIG {signer}")),
            "{said}"
        );
        out
    }

    fn verified(&self, signer: &str, text: &[u8], signature: &str) {
        let at = self.0.path().join("signature");
        std::fs::write(&at, signature).unwrap();
        let (_, said) = self.gpg(&["--verify", at.to_str().unwrap(), "-"], text);
        assert!(said.contains(&format!("VALIDSIG {signer}")), "{said}");
    }
}

/// Files of a peer that keeps nothing.
struct Files(tempfile::TempDir);

impl Files {
    fn put(&self, name: &str, octets: &[u8]) -> String {
        let at = self.path(name);
        std::fs::write(&at, octets).unwrap();
        at.to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Where a public key stands that it met.
    fn met(&self, print: &str) -> String {
        self.path(print).to_str().unwrap().to_owned()
    }
}

/// The fingerprint of the first key of a file.
fn print_of(certificate: &[u8]) -> String {
    let read = caliopen::codec::pgp::Certificate::read(certificate).unwrap();
    read.fingerprint().hex()
}

/// `sq`, as Debian 12 has it: keys of version 4, SEIPDv1.
pub struct Sq(Files);

impl Sq {
    pub fn find() -> Option<Self> {
        is_here("sq", "--version").then(|| Self(Files(tempfile::tempdir().unwrap())))
    }

    fn sq(&self, args: &[&str], input: &[u8]) -> Vec<u8> {
        let (ok, out, said) = run(Command::new("sq").arg("--force").args(args), input);
        assert!(ok, "sq {args:?}: {said}");
        out
    }
}

impl Peer for Sq {
    fn key(&self, kind: &str, address: &str) -> Key {
        let at = self.0.put("new", b"");
        let name = format!("Somebody <{address}>");
        self.sq(
            &["key", "generate", "--cipher-suite", kind, "--userid", &name, "--export", &at],
            b"",
        );
        let secret = std::fs::read(&at).unwrap();
        let certificate = self.sq(&["key", "extract-cert", &at], b"");
        self.meets(&certificate);
        Key {
            secret,
            print: print_of(&certificate),
        }
    }

    fn meets(&self, certificate: &[u8]) {
        self.0.put(&print_of(certificate), certificate);
    }

    fn signature(&self, signer: &Key, text: &str) -> String {
        let key = self.0.put("key", &signer.secret);
        String::from_utf8(self.sq(&["sign", "--detached", "--signer-key", &key], text.as_bytes())).unwrap()
    }

    fn clear(&self, signer: &Key, text: &str) -> String {
        let key = self.0.put("key", &signer.secret);
        String::from_utf8(self.sq(&["sign", "--cleartext-signature", "--signer-key", &key], text.as_bytes())).unwrap()
    }

    fn sealed(&self, signer: Option<&Key>, to: &str, text: &[u8], packing: Packing) -> Option<String> {
        let (to, packing) = (
            self.0.met(to),
            match packing {
                Packing::AsUsual => "pad",
                Packing::None => "none",
                Packing::Zip => "zip",
                Packing::Zlib => "zlib",
            },
        );
        let mut args = vec!["encrypt", "--compression", packing, "--recipient-cert", &to];
        let key = signer.map(|signer| self.0.put("key", &signer.secret));
        if let Some(key) = &key {
            args.extend(["--signer-key", key]);
        }
        Some(String::from_utf8(self.sq(&args, text)).unwrap())
    }

    fn opened(&self, own: &Key, signer: &str, sealed: &str) -> Vec<u8> {
        let (key, signer) = (self.0.put("key", &own.secret), self.0.met(signer));
        self.sq(
            &["decrypt", "-n", "1", "--recipient-key", &key, "--signer-cert", &signer],
            sealed.as_bytes(),
        )
    }

    fn verified(&self, signer: &str, text: &[u8], signature: &str) {
        let (signature, signer) = (self.0.put("signature", signature.as_bytes()), self.0.met(signer));
        self.sq(&["verify", "--detached", &signature, "--signer-cert", &signer], text);
    }
}

/// Sequoia of today by its library for Python (`pysequoia` is a Python that has it): RFC 9580 and more curves.
pub struct Library(Files);

const SCRIPT: &str = r#"
import sys
from pysequoia import *
what, folder, *more = sys.argv[1:]
at = lambda name: f"{folder}/{name}"
text = sys.stdin.buffer.read()
out = sys.stdout.buffer
key = lambda: Tsk.from_file(at("key"))
met = lambda name: Cert.from_file(at(name))
if what == "key":
    profile, suite = more[0].split("-")
    made = Tsk.generate(more[1], profile={"4": Profile.RFC4880, "6": Profile.RFC9580}[profile], cipher_suite=getattr(CipherSuite, suite))
    open(at("certificate"), "wb").write(bytes(made.extract_certificate()))
    out.write(bytes(made))
elif what == "sign":
    out.write(sign(key().signer(), text, mode=getattr(SignatureMode, more[0])))
elif what == "encrypt":
    out.write(encrypt(text, recipients=[met(more[0])], signer=key().signer() if more[1] == "signed" else None))
elif what == "decrypt":
    done = decrypt(text, decryptor=key().decryptor(), store=lambda ids: [met(more[0])])
    assert [one.certificate.upper() for one in done.valid_sigs] == [more[0]], done.valid_sigs
    out.write(done.bytes)
elif what == "verify":
    done = verify(bytes=text, store=lambda ids: [met(more[0])], signature=Sig.from_file(at("signature")))
    assert [one.certificate.upper() for one in done.valid_sigs] == [more[0]], done.valid_sigs
"#;

impl Library {
    pub fn find() -> Option<Self> {
        is_here("pysequoia", "--version").then(|| Self(Files(tempfile::tempdir().unwrap())))
    }

    fn call(&self, what: &[&str], input: &[u8]) -> Vec<u8> {
        let mut python = Command::new("pysequoia");
        python.arg("-c").arg(SCRIPT).arg(what[0]).arg(self.0.0.path()).args(&what[1..]);
        let (ok, out, said) = run(&mut python, input);
        assert!(ok, "pysequoia {what:?}: {said}");
        out
    }
}

impl Peer for Library {
    fn key(&self, kind: &str, address: &str) -> Key {
        let secret = self.call(&["key", kind, &format!("Somebody <{address}>")], b"");
        let certificate = std::fs::read(self.0.path("certificate")).unwrap();
        self.meets(&certificate);
        Key {
            secret,
            print: print_of(&certificate),
        }
    }

    fn meets(&self, certificate: &[u8]) {
        self.0.put(&print_of(certificate), certificate);
    }

    fn signature(&self, signer: &Key, text: &str) -> String {
        self.0.put("key", &signer.secret);
        String::from_utf8(self.call(&["sign", "DETACHED"], text.as_bytes())).unwrap()
    }

    fn clear(&self, signer: &Key, text: &str) -> String {
        self.0.put("key", &signer.secret);
        String::from_utf8(self.call(&["sign", "CLEAR"], text.as_bytes())).unwrap()
    }

    fn sealed(&self, signer: Option<&Key>, to: &str, text: &[u8], packing: Packing) -> Option<String> {
        if packing != Packing::AsUsual {
            return None;
        }
        if let Some(signer) = signer {
            self.0.put("key", &signer.secret);
        }
        let signed = if signer.is_some() { "signed" } else { "bare" };
        Some(String::from_utf8(self.call(&["encrypt", to, signed], text)).unwrap())
    }

    fn opened(&self, own: &Key, signer: &str, sealed: &str) -> Vec<u8> {
        self.0.put("key", &own.secret);
        self.call(&["decrypt", signer], sealed.as_bytes())
    }

    fn verified(&self, signer: &str, text: &[u8], signature: &str) {
        self.0.put("signature", signature.as_bytes());
        self.call(&["verify", signer], text);
    }
}
