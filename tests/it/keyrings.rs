//! The owner's own keys come from GnuPG, with the passphrase that protects them there: what they open is opened, and the
//! passphrase is needed no more.

use crate::{
    appliance::{Folder, PASSPHRASE},
    imports::import_with,
    openpgp::{Gnupg, created},
    web::Visitor,
};
use caliopen::{
    codec::pgp::SecretKey,
    store::{
        mail::Snapshot,
        record::OwnKey,
        slots::{Kind, Opening},
        vault::{Secret, Vault},
    },
};
use std::path::Path;

/// The owner's keys as they are kept, the box's own first.
fn kept(folder: &Folder) -> Vec<OwnKey> {
    let vault = Vault::locked(&folder.data);
    assert_eq!(vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap(), Secret::Right(Kind::Passphrase));
    let keys = Snapshot::of(&vault.open().unwrap()).unwrap().own_keys().unwrap();
    vault.lock();
    keys.into_iter().map(|(_, key)| key).collect()
}

/// Exit code and report of an import with what opens what is brought.
fn bring(folder: &Folder, file: &Path, passphrase: &str) -> (i32, String) {
    let opens = folder.data.with_file_name("opens");
    std::fs::write(&opens, format!("{passphrase}\n")).unwrap();
    let (code, report, _) = import_with(folder, &folder.secret, &[file], &["--open-with", opens.to_str().unwrap()]);
    (code, report)
}

/// GnuPG with a key for each of these addresses under this passphrase.
fn gnupg(passphrase: &str, keys: &[(&str, &str, &str)]) -> Option<Gnupg> {
    let gpg = Gnupg::new()?;
    for (who, primary, encrypting) in keys {
        let (ok, _, said) = gpg.run(
            &["--passphrase", passphrase, "--quick-generate-key", who, primary, "default", "0"],
            b"",
        );
        assert!(ok, "{said}");
        let print = created(&said);
        let (ok, _, said) = gpg.run(
            &["--passphrase", passphrase, "--quick-add-key", &print, encrypting, "encr", "0"],
            b"",
        );
        assert!(ok, "{said}");
    }
    Some(gpg)
}

#[test]
fn a_ring_from_gnupg_opens_what_was_closed_and_needs_its_passphrase_no_more() {
    let two = [
        ("Me <me@home.test>", "ed25519", "cv25519"),
        ("Me of old <me@old.test>", "rsa2048", "rsa2048"),
    ];
    let Some(gpg) = gnupg("years ago", &two) else { return };
    let folder = Folder::make();
    // A message to the older key came long ago, and another one lies elsewhere in clear.
    let (ok, sealed, said) = gpg.run(
        &["--armor", "--encrypt", "-r", "me@old.test"],
        b"Content-Type: text/plain\r\n\r\nThe marmalade is in the cellar.\r\n",
    );
    assert!(ok, "{said}");
    let letter = folder.data.with_file_name("letter.eml");
    let sealed = String::from_utf8(sealed).unwrap();
    let text = format!(
        "From: ann@x.test\nTo: me@home.test\nSubject: what was hidden\nDate: Tue, 3 Mar 2020 09:00:00 +0000\nMessage-ID: <hidden@x.test>\nMIME-Version: 1.0\n\
         Content-Type: multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\"\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n\
         --b\nContent-Type: application/octet-stream\n\n{sealed}\n--b--\n"
    );
    std::fs::write(&letter, text).unwrap();
    let (code, report) = bring(&folder, &letter, "nothing");
    assert!(code == 0 && report.starts_with("read 1, kept 1"), "{report}");

    let (ring, own) = (folder.data.with_file_name("ring.asc"), kept(&folder).len());
    let (ok, octets, said) = gpg.run(&["--passphrase", "years ago", "--armor", "--export-secret-keys"], b"");
    assert!(ok && !octets.is_empty(), "{said}");
    std::fs::write(&ring, &octets).unwrap();
    let (code, report) = bring(&folder, &ring, "something else");
    assert!(
        code == 1 && report.contains("skipped 1: a secret key under another passphrase (see --open-with)"),
        "{report}"
    );
    assert!(report.contains("ring.asc") && !report.contains("something else"), "{report}");
    assert_eq!(kept(&folder).len(), own, "the box's own only");
    let (code, report) = bring(&folder, &ring, "years ago");
    assert!(code == 0 && report.contains("keys: brought 2"), "{report}");

    // They lie in the vault like the box's own, without that passphrase, and it goes on using its own.
    let all = kept(&folder);
    let brought: Vec<SecretKey> = all
        .iter()
        .filter(|key| !key.made)
        .map(|key| SecretKey::read(&key.secret).unwrap())
        .collect();
    assert_eq!((all.len(), brought.len()), (own + 2, 2));
    assert!(all.iter().all(|key| key.made == key.current), "none of them is used to write");
    for file in ["vault.redb", "front.redb"] {
        let octets = std::fs::read(folder.data.join(file)).unwrap();
        for key in &all {
            assert!(memchr::memmem::find(&octets, &key.secret[..40]).is_none(), "{file}");
        }
    }
    // The same from a program that writes no armor; and once more is once too often.
    let binary = folder.data.with_file_name("secring.gpg");
    let (_, octets, _) = gpg.run(&["--passphrase", "years ago", "--export-secret-keys"], b"");
    std::fs::write(&binary, octets).unwrap();
    let (code, report) = bring(&folder, &binary, "years ago");
    assert!(code == 0 && !report.contains("keys: brought"), "{report}");
    assert_eq!(kept(&folder).len(), own + 2);

    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    assert!(
        owner.get("/search?q=marmalade").body.contains("what was hidden"),
        "it is read and found"
    );
    let page = owner.get("/settings/keys").body;
    for key in &brought {
        let groups = key.fingerprint().groups();
        assert!(groups.iter().all(|group| page.contains(group)), "{page}");
    }
}

#[test]
fn a_ring_of_several_passphrases_is_brought_one_after_the_other_and_a_part_of_a_key_is_none() {
    let Some(one) = gnupg("the first", &[("Me <me@home.test>", "ed25519", "cv25519")]) else {
        return;
    };
    let two = gnupg("the second", &[("Me <me@other.test>", "ed25519", "cv25519")]).unwrap();
    let folder = Folder::make();
    let own = kept(&folder).len();
    let export = |gpg: &Gnupg, passphrase: &str, what: &str| gpg.run(&["--passphrase", passphrase, what], b"").1;
    let ring = folder.data.with_file_name("secring.gpg");
    let octets = [
        export(&one, "the first", "--export-secret-keys"),
        export(&two, "the second", "--export-secret-keys"),
    ];
    std::fs::write(&ring, octets.concat()).unwrap();
    for passphrase in ["the second", "the first"] {
        let (code, report) = bring(&folder, &ring, passphrase);
        assert!(code == 1 && report.contains("keys: brought 1"), "{passphrase}: {report}");
        assert!(report.contains("skipped 1: a secret key under another passphrase"), "{report}");
    }
    let (code, report) = bring(&folder, &ring, "the first");
    assert!(code == 1 && !report.contains("keys: brought"), "{report}");
    assert_eq!(kept(&folder).len(), own + 2);

    // Whoever keeps the key itself elsewhere exports parts of it only: with those nothing could be signed.
    let part = folder.data.with_file_name("part.gpg");
    std::fs::write(&part, export(&one, "the first", "--export-secret-subkeys")).unwrap();
    let other = Folder::make();
    let (code, report) = bring(&other, &part, "the first");
    assert!(code == 1 && report.contains("or of which only a part is here"), "{report}");
    assert_eq!(kept(&other).len(), own);

    // By the page, where it is said in words too.
    let appliance = other.serve();
    let mut owner = Visitor::owner(&appliance);
    let token = owner.get("/settings/keys").token().to_owned();
    let (_, armored, _) = one.run(&["--passphrase", "the first", "--armor", "--export-secret-keys"], b"");
    let key = String::from_utf8(armored).unwrap();
    let form = |passphrase: &str| {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("token", token.as_str()), ("key", &key), ("passphrase", passphrase)])
            .finish()
    };
    let refused = owner.post("/settings/keys/bring", "", &form("the third"));
    assert!(
        refused.status == 422 && refused.body.contains("That passphrase does not open this key."),
        "{}",
        refused.body
    );
    assert!(!refused.body.contains("the third"), "it is not shown again");
    let done = owner.post("/settings/keys/bring", "", &form("the first"));
    assert_eq!((done.status, done.header("location")), (303, Some("/settings/keys?done=brought")));
}

#[test]
fn a_key_counts_as_saved_when_it_was_fetched() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let page = owner.get("/settings/keys");
    let (before, _) = page.body.split_once("/keep\"").unwrap();
    let (_, id) = before.rsplit_once('/').unwrap();
    let saved = |owner: &mut Visitor| {
        let noted = owner
            .get("/journal")
            .body
            .contains("A secret key or its revocation was saved as a file");
        (noted, !owner.get("/settings/keys").body.contains("not saved as a file yet"))
    };
    let ask = |owner: &mut Visitor, what: &str| {
        let pairs = [("passphrase", PASSPHRASE), ("file", "a word of its own"), ("what", what)];
        let ready = owner.submit("/settings/keys", &format!("/settings/keys/{id}/keep"), &pairs);
        let to = ready.header("location").unwrap().split('#').next().unwrap().to_owned();
        to.replace("?ready=", "/ready/")
    };
    for (what, is_saved) in [("revocation", false), ("secret", true)] {
        let noted = what == "secret";
        let file = ask(&mut owner, what);
        assert_eq!(saved(&mut owner), (noted, false), "{what}: asked for, and not fetched");
        assert_eq!(owner.ask("HEAD", &file, "", "").status, 303);
        assert_eq!(saved(&mut owner), (noted, false), "{what}: its head alone saves nothing");
        let fetched = owner.get(&file);
        assert!(
            fetched.status == 200 && fetched.body.starts_with("-----BEGIN PGP"),
            "{}",
            fetched.head
        );
        assert_eq!(saved(&mut owner), (true, is_saved), "{what}");
        assert_eq!(owner.get(&file).status, 303, "once");
    }
}
