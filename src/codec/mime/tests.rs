//! What a message may be, and what it may not cost.

use super::*;

fn nested(depth: usize) -> String {
    let mut raw = String::from("From: a@example.org\r\n");
    for level in 0..depth {
        raw.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"));
    }
    raw
}

fn with_parts(parts: usize) -> String {
    let mut raw = String::from("From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n");
    for part in 0..parts {
        raw.push_str(&format!("--b\r\nContent-Type: text/plain\r\n\r\npart {part}\r\n"));
    }
    raw + "--b--\r\n"
}

#[test]
fn a_big_digest_passes_and_a_bomb_does_not() {
    for (raw, refused, defect) in [
        (with_parts(900), false, false),
        (with_parts(4_000), false, true),
        (with_parts(20_000), true, true),
        (nested(40), false, false),
        (nested(90), false, true),
        (nested(1_000), true, true),
        (format!("X: {}\r\n\r\n", "x".repeat(2 << 20)), true, false),
    ] {
        assert_eq!(is_too_complex(raw.as_bytes()), refused);
        assert_eq!(read(raw.as_bytes()).defects.contains(&Defect::TooManyParts), defect);
    }
}

#[test]
fn what_would_be_quadratic_is_bounded() {
    // Boundaries that never come, words that never end, parameters without end, nested messages.
    let part = "--b\r\nContent-Type: multipart/mixed; boundary=never\r\n\r\n";
    let cases = [
        format!(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}{}",
            part.repeat(900),
            "x\n".repeat(2_000_000)
        ),
        format!("Subject: {}\r\n\r\n", "=?ab?q?".repeat(30_000)),
        format!("To: {}\r\n\r\n", "=?ab?q?".repeat(30_000)),
        format!("Content-Type: text/plain; {}\r\n\r\n", "a*1*=x; ".repeat(30_000)),
        "Content-Type: message/rfc822\r\n\r\n".repeat(100_000),
        format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", "--x\r\n".repeat(1_000_000)),
        format!("{}\r\n", "Received: from a by b; x\r\n".repeat(8_000)),
        // An equals sign that escapes nothing, in a line of blanks.
        format!("Content-Transfer-Encoding: quoted-printable\r\n\r\n=x{}", " ".repeat(4_000_000)),
        // Multiparts in one another whose headers never end.
        format!(
            "{}{}",
            (0..100)
                .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\nno field\n--b{n}\n"))
                .collect::<String>(),
            "x\n".repeat(2_000_000)
        ),
        // A root that is none of the parts.
        format!(
            "Content-Type: multipart/related; boundary=b; start=\"<none>\"\r\n\r\n{}",
            format!("--b\r\nContent-Type: image/png\r\n{}\r\n", "A: b\r\n".repeat(3_000)).repeat(900)
        ),
    ];
    for raw in cases {
        // A quadratic reader would not come to the end of this test.
        is_too_complex(raw.as_bytes());
        assert!(read(raw.as_bytes()).attachments.len() <= MAX_ATTACHMENTS);
    }
}

#[test]
fn a_text_that_is_not_read_to_its_end_says_so() {
    let raw = |kind: &str, text: &str| format!("From: a@example.org\r\nContent-Type: {kind}\r\n\r\n{text}");
    for (kind, text, expected) in [
        ("text/html", format!("<p>{}", "x".repeat(MAX_TEXT)), true),
        ("text/html", format!("<p>{}", "x".repeat(MAX_TEXT - 3)), false),
        ("text/plain", "x".repeat(MAX_TEXT + 1), true),
        ("text/plain", "x".repeat(MAX_TEXT), false),
        // Octets that become nothing.
        (
            "text/html; charset=iso-2022-jp",
            format!("{}<img src=https://t.example/x>", "\u{1b}(B".repeat(MAX_TEXT * 2)),
            true,
        ),
    ] {
        let reading = read(raw(kind, &text).as_bytes());
        assert_eq!(reading.defects.contains(&Defect::LongText), expected, "{kind} {}", text.len());
    }
}

#[test]
fn a_file_that_holds_no_key_is_not_searched_for_ever() {
    let card = |length: usize| {
        format!(
            "Content-Type: text/vcard; name=a.vcf\r\n\r\nBEGIN:VCARD\nKEY:data:application/pgp-keys;base64,mQ==\n{}\nEND:VCARD\n",
            "=\n ".repeat(length / 3)
        )
    };
    assert_eq!(carried::carried_keys(card(300_000).as_bytes()), [[0x99]]);
    assert_eq!(carried::carried_keys(card(10_000_000).as_bytes()), Vec::<Vec<u8>>::new());
}

#[test]
fn a_field_is_read_whole_or_not_at_all() {
    // The last octet that is read lies in the middle of the author.
    let pad = format!("X: {}\r\n", "x".repeat(1_000)).repeat(250);
    let raw = format!(
        "{pad}From: \"ceo@victim.test\r\n{}\" <me@evil.test>\r\n\r\nhello\r\n",
        " ".repeat(30_000)
    );
    let judged = authors(&behind_ours(raw.as_bytes(), "box.test")).unwrap();
    assert_eq!(judged.iter().map(Address::as_str).collect::<Vec<_>>(), ["me@evil.test"]);
    let shown = read(raw.as_bytes());
    assert!(shown.from.is_empty() && shown.defects.contains(&Defect::LongHeaders));
}

#[test]
fn what_people_send_is_read_as_it_was_meant() {
    let html = |head: &str, body: &[u8]| {
        let raw = [b"Content-Type: text/html", head.as_bytes(), b"\r\n\r\n", body].concat();
        read(&raw).text
    };
    // HTML whose character set only it names, and one that the head knows better.
    let body = b"<meta charset=koi8-r><p>\xf0\xd2\xc9\xd7\xc5\xd4</p>";
    assert_eq!(html("", body).trim(), "Привет");
    assert_eq!(html("; charset=us-ascii", body).trim(), "Привет");
    assert_ne!(html("; charset=windows-1251", body).trim(), "Привет");
    // A head in the character set of the text, and one that does not fit it.
    let raw = |set: &str| {
        let head = format!("Content-Type: text/plain; charset={set}\r\nSubject: ");
        [head.as_bytes(), b"\xf0\xd2\xc9\xd7\xc5\xd4\r\nFrom: \xf0\xd2 <a@x.test>\r\n\r\nx"].concat()
    };
    for (set, subject, name) in [("koi8-r", "Привет", "Пр"), ("utf-8", "ðÒÉ×ÅÔ", "ðÒ"), ("x", "ðÒÉ×ÅÔ", "ðÒ")] {
        let reading = read(&raw(set));
        assert_eq!((reading.subject.as_str(), reading.from[0].name.as_str()), (subject, name), "{set}");
    }
    // Texts of a kind that nobody knows, or without a semicolon, are texts; those for programs are files.
    for (kind, text) in [("text/markdown", "# x"), ("text/plain charset=utf-8", "# x"), ("text/calendar", "")] {
        let reading = read(format!("Content-Type: {kind}\r\n\r\n# x").as_bytes());
        assert_eq!(
            (reading.text.as_str(), reading.attachments.is_empty()),
            (text, !text.is_empty()),
            "{kind}"
        );
    }
    let reading = read(b"Content-Transfer-Encoding: \"quoted-printable\"\r\n\r\n=C3=A9");
    assert_eq!(reading.text, "é");
    // A fold of nothing but blanks is one, where fields follow it; a signature counts it so.
    for (raw, expected) in [
        ("Subject: x\r\n \r\n y\r\n\t\r\nFrom: a@x.test\r\n\r\nhello", ("x y", "hello", 1)),
        ("From: a@x.test\r\nSubject: x\r\n \r\nhello", ("x", "hello", 1)),
    ] {
        let reading = read(raw.as_bytes());
        assert_eq!((reading.subject.as_str(), reading.text.as_str(), reading.from.len()), expected);
    }
    // A file that some editor has put a byte order mark before.
    let reading = read(b"\xef\xbb\xbfSubject: x\r\nFrom: a@x.test\r\n\r\nhello");
    assert_eq!(
        (reading.subject.as_str(), reading.text.as_str(), reading.from.len()),
        ("x", "hello", 1)
    );
}

proptest::proptest! {
    /// Who a message is judged by is who is shown, once our own fields stand before it.
    #[test]
    fn authors_are_those_that_are_shown(picked in proptest::collection::vec(0_usize..11, 0..8)) {
        const LINES: [&str; 11] = [
            "From : a@x.test", "From: b@x.test", "From: not one", " c@x.test", "\tFrom: d@x.test", "hello", "", " ",
            ">From e@x.test", "From f@x.test Thu Jan  1 10:00:00 2026", "Authentication-Results: box.test; none",
        ];
        let raw: String = picked.iter().flat_map(|at| [LINES[*at], "\r\n"]).collect();
        let kept = ["Received: by us\r\n".as_bytes(), &authentication_results::without(raw.as_bytes(), "box.test")].concat();
        let shown: Vec<Address> = read(&kept).from.into_iter().map(|mailbox| mailbox.address).collect();
        let judged = authors(&behind_ours(raw.as_bytes(), "box.test")).unwrap_or_default();
        proptest::prop_assert_eq!(judged, shown);
    }
}
