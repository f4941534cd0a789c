//! Slots as a whole: what opens, what does not, and what a file may hold.

use super::*;

const QUICK: Cost = Cost {
    memory_kib: 256,
    passes: 1,
    lanes: 1,
};
const NOW: Time = Time(1_700_000_000);
const PRF: [u8; 32] = [9; 32];

fn made() -> (Slots, VaultKey, Zeroizing<String>) {
    Slots::create("correct horse battery", QUICK, NOW).unwrap()
}

fn again(mut slots: Slots) -> Slots {
    let folder = tempfile::tempdir().unwrap();
    slots.save(folder.path()).unwrap();
    Slots::load(folder.path()).unwrap()
}

fn kind(slots: &Slots, opening: &Opening<'_>, key: &VaultKey) -> Option<Kind> {
    slots.open(opening).unwrap().map(|(_, kind, opened)| {
        assert_eq!(*opened, **key);
        kind
    })
}

#[test]
fn every_kind_opens_the_same_key_and_says_what_it_is() {
    let (mut slots, key, code) = made();
    let file = new_key_file().unwrap();
    let passkey = Opening::Passkey {
        credential: b"id",
        prf: &PRF,
    };
    slots.add(&key, &passkey, "telephone\n", NOW).unwrap();
    slots.add(&key, &Opening::KeyFile(file.as_bytes()), "", NOW).unwrap();
    let slots = again(slots);
    for (opening, expected) in [
        (Opening::Typed("correct horse battery"), Some(Kind::Passphrase)),
        (Opening::Passphrase("correct horse battery"), Some(Kind::Passphrase)),
        (Opening::Recovery("correct horse battery"), None),
        (Opening::Typed(&code), Some(Kind::Recovery)),
        (Opening::Recovery(&code.to_lowercase().replace('-', " ")), Some(Kind::Recovery)),
        (Opening::Passphrase(&code), None),
        (passkey, Some(Kind::Passkey)),
        (
            Opening::Passkey {
                credential: b"id",
                prf: &[8; 32],
            },
            None,
        ),
        (Opening::KeyFile(file.as_bytes()), Some(Kind::KeyFile)),
        (Opening::KeyFile(b"caliopen-key-00"), None),
        (Opening::KeyFile(&PRF), None),
        (Opening::Typed(""), None),
        (Opening::Typed("correct horse batter"), None),
    ] {
        assert_eq!(kind(&slots, &opening, &key), expected);
    }
    let views = slots.view(&key).unwrap();
    assert_eq!(
        views
            .iter()
            .map(|view| (view.kind, view.label.as_str(), view.since))
            .collect::<Vec<_>>(),
        [
            (Kind::Passphrase, "", NOW),
            (Kind::Recovery, "", NOW),
            (Kind::Passkey, "telephone", NOW),
            (Kind::KeyFile, "", NOW)
        ]
    );
    assert_eq!(views[2].credential, Some(sha256(b"id")));
}

#[test]
fn the_file_tells_a_thief_kinds_and_no_more() {
    let (mut slots, key, code) = made();
    let passkey = Opening::Passkey {
        credential: b"credential",
        prf: &PRF,
    };
    slots.add(&key, &passkey, "Firefox at home", NOW).unwrap();
    let folder = tempfile::tempdir().unwrap();
    slots.save(folder.path()).unwrap();
    let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
    let hash = super::super::hex(&sha256(b"credential"));
    for word in ["Firefox", "1700000000", "proven", &hash, &code, &super::super::hex(&*key)] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn slots_come_go_and_change_and_the_last_stays() {
    let (mut slots, key, code) = made();
    let id = |slots: &Slots, kind| slots.view(&key).unwrap().iter().find(|view| view.kind == kind).unwrap().id;
    assert!(matches!(
        slots.add(&key, &Opening::Passphrase("two"), "", NOW),
        Err(SlotError::Full)
    ));
    let old = id(&slots, Kind::Passphrase);
    assert!(matches!(
        slots.replace(&key, old, &Opening::Passphrase(""), NOW),
        Err(SlotError::Unfit)
    ));
    assert!(matches!(
        slots.replace(&key, old, &Opening::Recovery(&code), NOW),
        Err(SlotError::Unfit)
    ));
    let new = slots.replace(&key, old, &Opening::Passphrase("another"), NOW).unwrap();
    assert!(old != new && new.to_string().parse::<SlotId>().unwrap() == new);
    assert_eq!(kind(&slots, &Opening::Typed("another"), &key), Some(Kind::Passphrase));
    assert_eq!(kind(&slots, &Opening::Typed("correct horse battery"), &key), None);

    let recovery = id(&slots, Kind::Recovery);
    assert!(!slots.view(&key).unwrap()[1].proven);
    slots.prove(&key, recovery).unwrap();
    assert!(slots.view(&key).unwrap()[1].proven);

    slots
        .add(&key, &Opening::KeyFile(new_key_file().unwrap().as_bytes()), "", NOW)
        .unwrap();
    slots.remove(new).unwrap();
    assert!(matches!(slots.remove(new), Err(SlotError::Unknown)));
    assert!(matches!(slots.remove(recovery), Err(SlotError::Last)), "a key file is no person's");
    slots.add(&key, &Opening::Passphrase("third"), "", NOW).unwrap();
    slots.remove(recovery).unwrap();
    assert_eq!(kind(&again(slots), &Opening::Typed("third"), &key), Some(Kind::Passphrase));
}

#[test]
fn a_changed_file_is_an_error_and_never_a_wrong_passphrase() {
    let (mut slots, _, _) = made();
    let folder = tempfile::tempdir().unwrap();
    slots.save(folder.path()).unwrap();
    let text = std::fs::read(folder.path().join(FILE)).unwrap();
    for at in 0..text.len() {
        for bit in [1, 2, 4, 32] {
            let mut flipped = text.clone();
            flipped[at] ^= bit;
            if let Ok(read) = Slots::read(&flipped) {
                assert!(
                    kind_of(&read) == Some(Kind::Passphrase),
                    "octet {at}: {}",
                    String::from_utf8_lossy(&flipped)
                );
            }
        }
    }
    let newer = String::from_utf8(text).unwrap().replace("\"version\": 2", "\"version\": 3");
    assert!(matches!(Slots::read(newer.as_bytes()), Err(Error::Newer(3))));
}

fn kind_of(slots: &Slots) -> Option<Kind> {
    slots
        .open(&Opening::Typed("correct horse battery"))
        .unwrap()
        .map(|(_, kind, _)| kind)
}

/// As the first version wrote it.
const FIRST: &str = include_str!("first.json");

#[test]
fn a_file_of_the_first_version_opens_and_is_written_as_today() {
    let mut slots = Slots::read(FIRST.as_bytes()).unwrap();
    let (id, kind, key) = slots.open(&Opening::Typed("word")).unwrap().unwrap();
    assert_eq!(kind, Kind::Passphrase);
    assert_eq!(slots.view(&key).unwrap().len(), 2);
    slots.replace(&key, id, &Opening::Passphrase("new word"), NOW).unwrap();
    let slots = again(slots);
    assert_eq!(slots.open(&Opening::Typed("new word")).unwrap().unwrap().2, key);
}

#[test]
fn parameters_from_a_changed_file_are_bounded() {
    let text = FIRST.replace("\"memory_kib\": 65536", "\"memory_kib\": 4294967295");
    let slots = Slots::read(text.as_bytes()).unwrap();
    assert!(slots.open(&Opening::Typed("word")).is_err());
}
