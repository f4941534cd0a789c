//! Every form of protected mail, both ways, with programs that we did not write: what they write is read by the box with
//! the right verdict and the right lines of the index, what the box writes they decrypt and verify. A table of forms and
//! one of kinds of keys for each program; what one cannot do is in the other's table.

mod programs;

use crate::home::{Home, arrival};
use caliopen::{
    codec::{
        mime::{
            self,
            write::{self, Attached, Writing},
        },
        pgp::{Certificate, SecretKey, armor},
    },
    domain::{
        address::Address,
        fact::Fact,
        message::Mailbox,
        openpgp::Worth,
        privacy::{
            evidence::{Encryption, Integrity, KeyState, Signature},
            message::LineId,
        },
        transport::{Arrival, TlsFacts, TlsVersion},
    },
    net::{clock::Clock, dns::Dns},
    service::{
        keys::Brought,
        protect,
        receive::Taken,
        view::{Body, MessagePage, Standing},
    },
};
use programs::{Gnupg, Key, Library, Packing, Peer, Sq};

const TEXT: &str = "Meet me at the mill.";
const FILE: &str = "The way there: follow the river.\r\n";
const ME: &str = "me@home.test";

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// One side of the table: what is written, of what is inside, by whom to whom.
struct Given<'a> {
    peer: &'a dyn Peer,
    author: &'a Key,
    to: &'a str,
}

/// What the box must make of a form.
#[derive(Clone, Copy)]
struct Verdict {
    encryption: Encryption,
    /// Whether the subject was inside; `None` where nothing says.
    subject: Option<bool>,
    signature: Signature,
    files: usize,
}

/// A form: its name, the body of a message in it with the fields that describe it, and what it is.
type Form = (&'static str, fn(&Given<'_>) -> Option<String>, Verdict);

const WHOLE: Verdict = Verdict {
    encryption: Encryption::Whole,
    subject: Some(true),
    signature: Signature::Valid,
    files: 1,
};
const SIGNED: Verdict = Verdict {
    encryption: Encryption::None,
    subject: None,
    signature: Signature::Valid,
    files: 1,
};
const INLINE: Verdict = Verdict {
    encryption: Encryption::Inline,
    subject: None,
    signature: Signature::Valid,
    files: 0,
};

const FORMS: [Form; 12] = [
    (
        "PGP/MIME, encrypted and signed",
        |given| mime_sealed(given, Packing::AsUsual),
        WHOLE,
    ),
    ("the same, not packed", |given| mime_sealed(given, Packing::None), WHOLE),
    ("the same, packed with ZIP", |given| mime_sealed(given, Packing::Zip), WHOLE),
    ("the same, packed with ZLIB", |given| mime_sealed(given, Packing::Zlib), WHOLE),
    (
        "PGP/MIME, encrypted only",
        |given| {
            Some(in_mime(&given.peer.sealed(
                None,
                given.to,
                entity("cipher").as_bytes(),
                Packing::AsUsual,
            )?))
        },
        Verdict {
            signature: Signature::Absent,
            ..WHOLE
        },
    ),
    (
        "PGP/MIME, encrypted around what is signed (RFC 3156 section 6.1)",
        |given| {
            let signed = mime_signed(given, &entity("cipher"));
            Some(in_mime(&given.peer.sealed(None, given.to, signed.as_bytes(), Packing::AsUsual)?))
        },
        WHOLE,
    ),
    (
        "PGP/MIME, encrypted without header fields inside",
        |given| {
            let bare = format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}\r\n");
            Some(in_mime(&given.peer.sealed(
                Some(given.author),
                given.to,
                bare.as_bytes(),
                Packing::AsUsual,
            )?))
        },
        Verdict {
            subject: Some(false),
            files: 0,
            ..WHOLE
        },
    ),
    ("PGP/MIME, signed", |given| Some(mime_signed(given, &entity("clear"))), SIGNED),
    (
        "inline, signed",
        |given| Some(plain(&given.peer.clear(given.author, &format!("{TEXT}\n- with a dash\n")))),
        Verdict { files: 0, ..SIGNED },
    ),
    (
        "inline, encrypted and signed",
        |given| {
            Some(plain(&given.peer.sealed(
                Some(given.author),
                given.to,
                TEXT.as_bytes(),
                Packing::AsUsual,
            )?))
        },
        INLINE,
    ),
    (
        "inline, encrypted only",
        |given| Some(plain(&given.peer.sealed(None, given.to, TEXT.as_bytes(), Packing::AsUsual)?)),
        Verdict {
            signature: Signature::Absent,
            ..INLINE
        },
    ),
    (
        "inline, encrypted and signed, with an encrypted file",
        |given| {
            let text = given.peer.sealed(Some(given.author), given.to, TEXT.as_bytes(), Packing::AsUsual)?;
            let file = given.peer.sealed(Some(given.author), given.to, FILE.as_bytes(), Packing::AsUsual)?;
            Some(format!(
                "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n{}\r\n--m\r\nContent-Type: application/octet-stream\r\n\
                 Content-Disposition: attachment; filename=\"way.txt.pgp\"\r\n\r\n{}\r\n--m--\r\n",
                plain(&text),
                crlf(&file)
            ))
        },
        // A signature over one of several pieces is told there, and counts for none of the rest.
        Verdict {
            encryption: Encryption::Part,
            signature: Signature::Absent,
            files: 1,
            ..INLINE
        },
    ),
];

fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// A text and a file, with the subject among the fields inside (RFC 9788).
fn entity(hp: &str) -> String {
    format!(
        "Subject: The plan\r\nContent-Type: multipart/mixed; boundary=i; hp=\"{hp}\"\r\n\r\n--i\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}\r\n\
         --i\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=\"way.txt\"\r\n\r\n{FILE}\r\n--i--\r\n"
    )
}

fn plain(text: &str) -> String {
    format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{}", crlf(text))
}

fn in_mime(armored: &str) -> String {
    format!(
        "Content-Type: multipart/encrypted; boundary=e; protocol=\"application/pgp-encrypted\"\r\n\r\n--e\r\nContent-Type: application/pgp-encrypted\r\n\r\n\
         Version: 1\r\n\r\n--e\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n{}\r\n--e--\r\n",
        crlf(armored)
    )
}

fn mime_sealed(given: &Given<'_>, packing: Packing) -> Option<String> {
    let sealed = given
        .peer
        .sealed(Some(given.author), given.to, entity("cipher").as_bytes(), packing)?;
    Some(in_mime(&sealed))
}

fn mime_signed(given: &Given<'_>, entity: &str) -> String {
    let signature = given.peer.signature(given.author, entity);
    format!(
        "Content-Type: multipart/signed; micalg=pgp-sha512; protocol=\"application/pgp-signature\"; boundary=s\r\n\r\n--s\r\n{entity}\r\n--s\r\n\
         Content-Type: application/pgp-signature\r\n\r\n{}\r\n--s--\r\n",
        crlf(&signature)
    )
}

async fn take(home: &Home, raw: String) -> MessagePage {
    let came = Arrival {
        tls: Some(TlsFacts {
            version: TlsVersion::V1_3,
            suite: "TLS13_AES_256_GCM_SHA384".into(),
            group: "X25519MLKEM768".into(),
        }),
        ..arrival(home.clock.now(), "somebody@friend.test")
    };
    let Ok(Taken::Kept(kept)) = home.services.receive.keep(came, raw.into_bytes()).await else {
        panic!("not kept")
    };
    home.services.discussions.message(kept.message).await.unwrap()
}

/// What they write is read: every form, by this author, to this key of the owner's.
async fn is_read(home: &Home, peer: &dyn Peer, kind: &str, author: (&str, &Key), to: &str, modern: Option<bool>) {
    let given = Given {
        peer,
        author: author.1,
        to,
    };
    for (number, (form, write, verdict)) in FORMS.iter().enumerate() {
        let Some(body) = write(&given) else { continue };
        let outside = if verdict.subject == Some(true) { "[...]" } else { "The plan" };
        let raw = format!(
            "From: {from}\r\nTo: {ME}\r\nSubject: {outside}\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{number}.{to}.{from}>\r\nMIME-Version: 1.0\r\n{body}",
            from = author.0
        );
        let page = take(home, raw).await;
        let what = format!("{kind}: {form}");
        let shown = page.message.protection.as_ref().unwrap_or_else(|| panic!("{what}"));
        assert_eq!((shown.failed, shown.encryption), (None, Fact::Known(verdict.encryption)), "{what}");
        assert_eq!(page.message.subject, "The plan", "{what}");
        let (Body::Text(text) | Body::Reader(text)) = &page.message.body else {
            panic!("{what}: {:?}", page.message.body)
        };
        assert!(text.contains(TEXT), "{what}: {text}");
        let files: Vec<_> = page.message.attachments.iter().filter(|file| file.name == "way.txt").collect();
        assert_eq!(
            (files.len(), page.message.attachments.len()),
            (verdict.files, verdict.files),
            "{what}"
        );
        for file in files {
            let file = home.services.discussions.attachment(page.message.id, file.part).await.unwrap();
            assert_eq!(String::from_utf8_lossy(&file.bytes).trim(), FILE.trim(), "{what}");
        }
        let content = home.snapshot().proof(page.message.id.0).unwrap().unwrap().evidence().content;
        assert_eq!(content.signature, Fact::Known(verdict.signature), "{what}: {:?}", shown.signatures);
        let signed = verdict.signature == Signature::Valid;
        if signed {
            let by = shown.signatures.iter().find(|one| matches!(one.worth, Worth::Good(_)));
            let by = by.unwrap_or_else(|| panic!("{what}: {:?}", shown.signatures));
            assert_eq!((by.standing, by.whole), (Standing::Theirs, true), "{what}");
        }
        let whole = verdict.encryption == Encryption::Whole;
        assert_eq!(
            content.headers,
            if whole { verdict.subject.into() } else { content.headers },
            "{what}"
        );
        let aead = content.integrity == Fact::Known(Integrity::Aead);
        let encrypted = verdict.encryption != Encryption::None;
        assert!(
            modern.is_none_or(|modern| modern == aead) || !encrypted,
            "{what}: {:?}",
            content.integrity
        );
        let lines = [
            (
                LineId::ContentEncrypted,
                if whole {
                    34
                } else if encrypted {
                    22
                } else {
                    0
                },
            ),
            (LineId::ContentAuthenticated, if aead { 2 } else { i16::from(encrypted) }),
            (LineId::ContentHeaders, if verdict.subject == Some(true) { 4 } else { 0 }),
            (LineId::ContentSigned, if signed { 5 } else { 0 }),
            (LineId::ContentSigner, 0),
            (LineId::SenderKeys, 5),
            (LineId::SenderVerified, 0),
        ];
        for (id, won) in lines {
            let line = page.index.lines.iter().find(|line| line.id == id).unwrap();
            assert_eq!(line.won, won, "{what}: {line:?}");
        }
    }
}

/// What leaves for an address: a text and a file.
fn leaves(home: &Home, to: &str) -> Vec<u8> {
    let now = home.clock.now();
    let (me, to) = (address(ME), address(to));
    let plan = protect::plan(&home.snapshot(), &me, std::slice::from_ref(&to), None, now).unwrap();
    let mailbox = |address: &Address| Mailbox {
        name: String::new(),
        address: address.clone(),
    };
    let file = Attached {
        name: "way.txt",
        media_type: "text/plain",
        octets: FILE.as_bytes().to_vec(),
    };
    let outgoing = protect::Outgoing {
        writing: Writing {
            from: Some(mailbox(&me)),
            to: vec![mailbox(&to)],
            subject: "The plan",
            id: "abc@home.test",
            at: now,
            ..Writing::default()
        },
        entity: write::entity(TEXT, vec![file], "inner"),
        seen: vec![to],
        unseen: Vec::new(),
    };
    let mut protected = protect::carry_out(&home.snapshot(), &plan, outgoing).unwrap();
    protected.copies.remove(0).raw
}

/// What is inside is whole: the subject, the text and the file.
fn is_whole(inside: &[u8], what: &str) {
    let reading = mime::read(inside);
    assert_eq!((reading.subject.as_str(), reading.text.trim()), ("The plan", TEXT), "{what}");
    let [file] = reading.attachments.as_slice() else {
        panic!("{what}: {:?}", reading.attachments)
    };
    let octets = mime::part(inside, file.part).unwrap();
    assert_eq!((file.name.as_str(), octets.as_slice()), ("way.txt", FILE.as_bytes()), "{what}");
}

/// What the box writes, signed with the key of this fingerprint, is decrypted and verified by whoever it is to; what is
/// only signed is by the other key, because everybody can check that one.
fn is_readable(home: &Home, peer: &dyn Peer, kind: &str, to: (&str, &Key), (signer, other): (&str, &str), modern: Option<bool>) {
    let raw = leaves(home, to.0);
    let text = String::from_utf8(raw).unwrap();
    assert!(
        !text.contains("The plan") && !text.contains("mill") && !text.contains("way.txt"),
        "{kind}: {text}"
    );
    let block = armor::find(text.as_bytes()).remove(0);
    let plain = peer.opened(to.1, signer, text.get(block.start..block.end).unwrap());
    is_whole(&plain, kind);
    let theirs = SecretKey::read(&to.1.secret).unwrap();
    let opened = caliopen::codec::pgp::open(
        text.as_bytes(),
        &[theirs],
        &caliopen::codec::pgp::Checking::new(&|_| Vec::new(), home.clock.now()),
    )
    .unwrap();
    let aead = opened.integrity == Some(Integrity::Aead);
    assert!(modern.is_none_or(|modern| modern == aead), "{kind}: {:?}", opened.integrity);
    // Whoever has no key gets it signed.
    let text = String::from_utf8(leaves(home, "nobody@else.test")).unwrap();
    let pieces: Vec<&str> = text.split("boundary=\"").collect();
    let boundary = pieces[1].split('"').next().unwrap();
    let parts: Vec<&str> = text.split(&format!("--{boundary}\r\n")).collect();
    let signed = parts[1].strip_suffix("\r\n").unwrap();
    let block = armor::find(parts[2].as_bytes()).remove(0);
    peer.verified(other, signed.as_bytes(), parts[2].get(block.start..block.end).unwrap());
    is_whole(signed.as_bytes(), kind);
}

/// Both ways, with keys of these kinds on both sides; `modern` is whether SEIPDv2 is written, where that is certain.
async fn both_ways(peer: &dyn Peer, kinds: &[(&str, Option<bool>)]) {
    let home = Home::make(Clock::system().now(), Dns::nobody().into());
    let (keys, ring) = (&home.services.keys, &home.services.keyring);
    keys.tend().await;
    keys.set_signs(true).await.unwrap();
    let made = Certificate::read(keys.list().await.unwrap()[0].armored.as_bytes()).unwrap();
    peer.meets(&made.octets());
    // The one in use of version 4.
    let mut other = made.fingerprint().hex();
    for (number, (kind, modern)) in kinds.iter().enumerate() {
        let who = format!("{}@friend.test", kind.to_lowercase());
        let (theirs, mine) = (peer.key(kind, &who), peer.key(kind, ME));
        // Nothing is signed before the key that signs it was made.
        home.clock.set(Clock::system().now());
        let certificate = SecretKey::read(&theirs.secret).unwrap().certificate();
        let facts = certificate.facts(home.clock.now());
        assert_eq!((facts.encrypt, facts.sign), (Ok(()), Ok(())), "{kind}");
        assert_eq!(ring.bring(certificate.octets()).await.unwrap().unwrap(), [address(&who)], "{kind}");
        if number == 0 {
            // With the key that the box made.
            let print = made.fingerprint().hex();
            is_read(&home, peer, "our own", (&who, &theirs), &print, None).await;
            is_readable(&home, peer, "our own", (&who, &theirs), (&print, &print), None);
        }
        // With one of the same kind, brought along and in use; it signs too.
        assert_eq!(
            keys.bring(mine.secret.clone(), String::new()).await.unwrap(),
            Ok(Brought {
                keys: 1,
                opened: 0,
                closed: 0
            }),
            "{kind}"
        );
        let own = keys
            .list()
            .await
            .unwrap()
            .into_iter()
            .find(|own| own.facts.fingerprint.hex() == mine.print);
        keys.use_from_now_on(own.unwrap().id).await.unwrap();
        is_read(&home, peer, kind, (&who, &theirs), &mine.print, *modern).await;
        if mine.print.len() == 40 {
            other.clone_from(&mine.print);
        }
        is_readable(&home, peer, kind, (&who, &theirs), (&mine.print, &other), *modern);
        let state = caliopen::service::keyring::state(&home.snapshot(), &address(&who), home.clock.now()).unwrap();
        assert_eq!(state, Fact::Known(KeyState::Usable));
    }
}

#[tokio::test]
async fn gnupg_both_ways_in_every_form() {
    let Some(peer) = Gnupg::find() else { return };
    let kinds = ["rsa2048", "rsa3072", "ed25519", "nistp256", "nistp384", "nistp521"];
    both_ways(&peer, &kinds.map(|kind| (kind, Some(false)))).await;
}

#[tokio::test]
async fn sq_both_ways_in_every_form() {
    let Some(peer) = Sq::find() else { return };
    both_ways(&peer, &["cv25519", "rsa3k"].map(|kind| (kind, Some(false)))).await;
}

#[tokio::test]
async fn the_sequoia_of_today_both_ways_in_every_form() {
    let Some(peer) = Library::find() else { return };
    let old = ["4-Cv25519", "4-Cv448", "4-RSA2k", "4-P256"].map(|kind| (kind, None));
    let new = ["6-Cv25519", "6-Cv448", "6-RSA3k", "6-P256", "6-P384", "6-P521"].map(|kind| (kind, Some(true)));
    both_ways(&peer, &[old.as_slice(), &new].concat()).await;
}
