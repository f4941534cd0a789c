//! Files that must be seen through, made here: no sample of anything that works.

use super::{office::tests::document, *};
use std::io::Write;

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A zip archive of these files, deflated; `locked` sets the flag of a password.
fn zip_of(files: &[(&str, &[u8])], locked: bool) -> Vec<u8> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let packed = deflated(bytes);
        let mut fields = vec![20, 0, u8::from(locked), 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        fields.extend((packed.len() as u32).to_le_bytes());
        fields.extend((bytes.len() as u32).to_le_bytes());
        fields.extend((name.len() as u16).to_le_bytes());
        fields.extend([0, 0]);
        central.extend(b"PK\x01\x02\x14\x00");
        central.extend(&fields);
        central.extend([0; 10]);
        central.extend((out.len() as u32).to_le_bytes());
        central.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&fields);
        out.extend(name.as_bytes());
        out.extend(packed);
    }
    let (begin, size) = (out.len() as u32, central.len() as u32);
    out.extend(central);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((files.len() as u16).to_le_bytes());
    out.extend((files.len() as u16).to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(begin.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn tar_of(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0_u8; 512];
    out[..name.len()].copy_from_slice(name.as_bytes());
    out[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
    out[156] = b'0';
    out[257..262].copy_from_slice(b"ustar");
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(512) + 1_024, 0);
    out
}

/// The head of a Windows program, and nothing behind it.
fn program() -> Vec<u8> {
    let mut out = vec![0_u8; 128];
    out[..2].copy_from_slice(b"MZ");
    out[60] = 64;
    out[64..68].copy_from_slice(b"PE\0\0");
    out
}

fn threats(name: &str, bytes: &[u8]) -> Vec<&'static str> {
    threats_as(name, "application/octet-stream", bytes)
}

fn threats_as(name: &str, media_type: &str, bytes: &[u8]) -> Vec<&'static str> {
    let file = Attachment {
        name: name.into(),
        media_type: media_type.into(),
        ..Attachment::default()
    };
    let mut found: Vec<&str> = inspect(&file, bytes).iter().map(Threat::code).collect();
    found.sort_unstable();
    found
}

#[test]
fn a_file_is_what_its_octets_are() {
    let test_virus = TEST_VIRUS.concat();
    let note = [
        &b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"[..],
        b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac",
    ]
    .concat();
    let mut image = vec![0; 0x8001];
    image.extend(b"CD001");
    for (name, bytes, expected) in [
        ("plan.pdf", &b"%PDF-1.7 x"[..], &[][..]),
        ("photo.jpg", b"\xff\xd8\xff", &[]),
        ("notes.txt", b"MZ is how programs begin", &[]),
        ("photo.jpg", &program(), &["file-disguised"]),
        ("tool", b"\x7fELF\x02", &["file-program"]),
        ("setup.exe", &program(), &["file-program"]),
        ("notes.txt", b"#!/bin/sh\nrm x", &["file-script"]),
        ("plan.pdf", b"\x4c\0\0\0\x01\x14\x02\0x", &["file-shortcut"]),
        ("film.mp4", &image, &["file-disk-image"]),
        ("eicar.txt", &test_virus, &["file-test-virus"]),
        ("notes.one", &note, &["file-embedded", "file-script"]),
        ("plan.doc", &document(&["Root Entry", "VBA"]), &["file-macros"]),
        ("plan.doc", b"{\\rtf1\\objdata 00}", &["file-embedded"]),
        ("invoice.html", b"<p>pay</p>", &["file-web-page"]),
        (
            "invoice.pdf",
            b"<html><input type=password>",
            &["file-asks-password", "file-web-page"],
        ),
        ("logo.svg", b"<svg><script>x</script></svg>", &["file-active-drawing"]),
        ("patch.xz", b"\xfd7zXZ\0", &["file-unread-archive"]),
        ("x.exe.bz2", b"BZh9", &["file-program-in-archive", "file-unread-archive"]),
        ("x.7z", b"7z\xbc\xaf\x27\x1c", &["file-unread-archive"]),
    ] {
        assert_eq!(threats(name, bytes), expected, "{name}");
    }
    assert_eq!(threats_as("list.txt", "text/plain", b"<html>is a tag"), [""; 0]);
    assert_eq!(threats_as("", "text/html", b"hello"), ["file-web-page"]);
}

#[test]
fn archives_are_looked_into() {
    let test_virus = TEST_VIRUS.concat();
    let inner = zip_of(&[("a/setup.scr", b"x")], false);
    for (what, name, bytes, expected) in [
        (
            "harmless",
            "a.zip",
            zip_of(&[("plan.pdf", b"%PDF-1.7"), ("a/", b"")], false),
            &[][..],
        ),
        (
            "by name",
            "a.zip",
            zip_of(&[("plan.pdf.exe", b"x")], false),
            &["file-program-in-archive"],
        ),
        (
            "by octets",
            "a.zip",
            zip_of(&[("plan.pdf", &program())], false),
            &["file-program-in-archive"],
        ),
        ("misnamed", "a.jpg", zip_of(&[("x.js", b"x")], false), &["file-program-in-archive"]),
        ("password", "a.zip", zip_of(&[("plan.pdf", b"x")], true), &["file-locked"]),
        ("nested", "a.zip", zip_of(&[("b.zip", &inner)], false), &["file-program-in-archive"]),
        ("EICAR", "a.zip", zip_of(&[("e.txt", &test_virus)], false), &["file-test-virus"]),
        (
            "packed",
            "a.tar.gz",
            gzipped(&tar_of("x/run.exe", b"x")),
            &["file-program-in-archive"],
        ),
        ("sources", "a.tgz", gzipped(&tar_of("x/build.sh", b"#!/bin/sh")), &[]),
        ("one file", "plan.vbs.gz", gzipped(b"x"), &["file-program-in-archive"]),
        (
            "macros",
            "a.zip",
            zip_of(&[("plan.doc", &document(&["Root Entry", "VBA"]))], false),
            &["file-macros"],
        ),
        (
            "document",
            "plan.docx",
            zip_of(&[("[Content_Types].xml", b"<x/>"), ("word/vbaProject.bin", b"x")], false),
            &["file-macros"],
        ),
        (
            "template",
            "plan.docx",
            zip_of(
                &[
                    ("[Content_Types].xml", b"<x/>"),
                    (
                        "word/_rels/settings.xml.rels",
                        b"<Relationship Type=\"x/attachedTemplate\" Target=\"https://evil.test/\" TargetMode=\"External\"/>",
                    ),
                ],
                false,
            ),
            &["file-fetches"],
        ),
        ("app", "a.zip", zip_of(&[("AndroidManifest.xml", b"x")], false), &["file-program"]),
    ] {
        assert_eq!(threats(name, &bytes), expected, "{what}");
        for len in (0..bytes.len()).step_by(7) {
            let _ = threats(name, &bytes[..len]);
        }
    }
}

#[test]
fn the_two_lists_of_a_zip_cannot_hide_from_each_other() {
    // The central directory says a.txt; the local header has another name.
    let mut told = zip_of(&[("a.txt", b"x")], false);
    told[30..35].copy_from_slice(b"a.exe");
    let mut moved = [b"front", told.as_slice()].concat();
    assert_eq!(
        threats("a.zip", &moved),
        [""; 0],
        "the same entry, by the name that it is listed under"
    );
    // An entry that no list has.
    let hidden = zip_of(&[("b.exe", b"x")], false);
    let end = hidden.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    moved = [&hidden[..end], &zip_of(&[("a.txt", b"x")], false)].concat();
    assert_eq!(threats("a.zip", &moved), ["file-program-in-archive"]);
}

#[test]
fn bombs_are_called_so_and_cost_little() {
    let zeros = vec![0_u8; 40 * 1024 * 1024];
    assert!(threats("a.gz", &gzipped(&zeros)).contains(&"file-bomb"));
    assert!(threats("a.zip", &zip_of(&[("b.zip", &zeros)], false)).contains(&"file-bomb"));
    // It only says so.
    let mut lie = zip_of(&[("a.txt", b"x")], false);
    let at = lie.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    lie[at + 24..at + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(threats("a.zip", &lie).contains(&"file-bomb"));
    // Archives in archives: the bottom is not looked at, and that is said.
    let mut deep = zip_of(&[("x.exe", b"x")], false);
    for _ in 0..6 {
        deep = zip_of(&[("deeper.zip", &deep)], false);
    }
    assert_eq!(threats("a.zip", &deep), ["file-unread-archive"]);
    // Ten thousand files that all want to be read.
    let many: Vec<(String, &[u8])> = (0..10_500).map(|n| (format!("{n}.zip"), &b"x"[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    assert_eq!(threats("a.zip", &zip_of(&many, false)), ["file-bomb"]);
}

#[test]
fn a_whole_message_is_looked_at() {
    let raw =
        b"From: a@x.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n\
        <a href=https://evil.test/login>https://bank.example/</a><script>new Blob([atob(x)]).download</script>\r\n--b\r\n\
        Content-Disposition: attachment; filename=\"photo.jpg.exe\"\r\n\r\nx\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
        From: c@x.test\r\nContent-Type: application/octet-stream; name=run.bat\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n";
    let found = look(raw, &mime::read(raw));
    let codes: Vec<(Option<u32>, &str)> = found.iter().map(|danger| (danger.part(), danger.code())).collect();
    assert_eq!(
        codes,
        [
            (None, "deceptive-link"),
            (None, "html-assembles"),
            (Some(2), "file-double-extension"),
            (Some(2), "file-program"),
            (Some(3), "file-program-in-archive"),
        ]
    );
    assert!(found.contains(&Danger::DeceptiveLink {
        shown: "https://bank.example/".into(),
        opens: "evil.test".into()
    }));
    let plain = b"From: a@x.test\r\nSubject: x\r\n\r\nhello https://example.org\r\n";
    assert_eq!(look(plain, &mime::read(plain)), []);
}
