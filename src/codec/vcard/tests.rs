//! Cards as programs write them, and cards as nobody should.

use super::*;
use crate::domain::address::Address;
use proptest::prelude::*;

fn one(text: &str) -> Found {
    let read = read(text.as_bytes());
    assert_eq!(read.cards.len(), 1, "{text}");
    read.cards.into_iter().next().unwrap()
}

#[test]
fn a_card_of_each_version_is_read() {
    let old = one(
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Mart=C3=A9n=\r\nez;Inès\r\nTEL;CELL:06 01\r\n\
         EMAIL;INTERNET:b@x.test\r\nEMAIL;PREF;INTERNET:a@x.test\r\nADR;HOME:;;1 rue\\, bis;Lyon;;69001;France\r\nEND:VCARD\r\n",
    );
    assert_eq!(old.card.name, "Inès Marténez");
    assert_eq!(
        old.card.addresses.iter().map(Address::as_str).collect::<Vec<_>>(),
        ["a@x.test", "b@x.test"]
    );
    assert_eq!(old.card.phones, [(Label::Mobile, "06 01".into())]);
    assert_eq!(old.card.places, [(Label::Home, "1 rue, bis\n69001 Lyon\nFrance".into())]);

    let newer = one(
        "\u{feff}begin:vcard\nversion:3.0\nFN:Ann\n Lee\nORG:ABC\\, Inc.;North\nitem1.EMAIL;type=\"x:y\":a@x.test\nNOTE:one\\ntwo\n\
         PHOTO;ENCODING=b:AAAA\nKEY;TYPE=PGP;ENCODING=b:mQEN\nKEY;TYPE=PGP:http://x.test/k\nend:vcard",
    );
    assert_eq!(
        (newer.card.name.as_str(), newer.card.organisation.as_str()),
        ("AnnLee", "ABC, Inc., North")
    );
    assert_eq!((newer.card.note.as_str(), newer.card.addresses.len()), ("one\ntwo", 1));
    assert_eq!(newer.keys, [vec![0x99, 0x01, 0x0d]]);

    let newest = one(
        "BEGIN:VCARD\nVERSION:4.0\nFN:Bob\nEMAIL;PREF=2:b@x.test\nEMAIL;PREF=1:mailto:c@x.test\nTEL;VALUE=uri;TYPE=\"voice,work\":tel:+33-1\n\
         KEY:data:application/pgp-keys;base64,mQEN\nEND:VCARD\n",
    );
    assert_eq!(newest.card.addresses[0].as_str(), "c@x.test");
    assert_eq!(newest.card.phones, [(Label::Work, "+33-1".into())]);
    assert_eq!(newest.keys.len(), 1);
}

#[test]
fn what_is_no_card_is_none_and_what_never_ends_is_one() {
    assert_eq!(read(b""), Read::default());
    assert_eq!(read(b"hello: world\n"), Read::default());
    assert_eq!(read(b"BEGIN:VCARD\nEND:VCARD\n"), Read::default());
    assert_eq!(one("BEGIN:VCARD\nFN:A").card.name, "A");
    assert_eq!(read(b"BEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:B\nEND:VCARD\n").cards.len(), 2);
    assert_eq!(one("cn:Babs\nemail:b@x.test\n").card.name, "Babs");
    let wide: Vec<u8> = "\u{feff}BEGIN:VCARD\nFN:Zoé\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&wide).cards[0].card.name, "Zoé");
    assert_eq!(read(b"BEGIN:VCARD\nFN:Zo\xe9\n").cards[0].card.name, "Zoé");
    let many = "BEGIN:VCARD\nFN:A\nEND:VCARD\n".repeat(MAX_CARDS + 2);
    let many = read(many.as_bytes());
    assert_eq!((many.cards.len(), many.left_out), (MAX_CARDS, 2));
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        name in "[^\\p{C}\\s][^\\p{C}\\s]{0,80}",
        note in "[^\\p{C}\\s\u{feff}]{1,90}( [^\\p{C}\\s]{1,9}){0,3}",
        places in prop::collection::vec("[a-zé,;\\\\:]{1,20}\n[0-9]{1,5}", 0..3),
        key in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let card = Card {
            name,
            addresses: vec![Address::parse("a@x.test").unwrap(), Address::parse("b@x.test").unwrap()],
            phones: vec![(Label::Work, "+33 1".into()), (Label::Other, "2".into())],
            places: places.into_iter().map(|place| (Label::Home, place)).collect(),
            organisation: "A; B, C".into(),
            note,
        }
        .tidy();
        let keys = vec![[vec![0x99], key].concat()];
        let written = write([(&card, keys.as_slice())]);
        prop_assert!(written.lines().all(|line| line.len() <= FOLD + 1));
        let again = read(written.as_bytes());
        prop_assert_eq!(&again.cards[0].card, &card);
        prop_assert_eq!(&again.cards[0].keys, &keys);
    }

    #[test]
    fn nothing_that_is_read_breaks_it(octets in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&octets);
        let framed = [b"BEGIN:VCARD\n".as_slice(), &octets, b"\nEND:VCARD\n"].concat();
        for found in read(&framed).cards {
            prop_assert_eq!(found.card.clone().tidy(), found.card);
        }
    }
}

#[test]
fn a_line_that_goes_on_for_ever_is_read_once() {
    let folded = "X;ENCODING=QUOTED-PRINTABLE:".to_owned() + &"=\n =\n".repeat(1_500_000);
    for text in [
        "=\n =\n".repeat(1_500_000),
        folded,
        ";".repeat(4_000_000) + ":x",
        "\";".repeat(2_000_000) + ":x",
    ] {
        // A quadratic reader would not come to the end of this test.
        assert!(read(text.as_bytes()).cards.is_empty());
    }
    let card = "BEGIN:VCARD\nFN;CHARSET=UTF-8;\n ENCODING=QUOTED-PRINTABLE:=C3=89t=\n=C3=A9\nEND:VCARD\n";
    assert_eq!(read(card.as_bytes()).cards[0].card.name, "Été");
}
