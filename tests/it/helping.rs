//! What helps: tips that name the people whom they are about, asking one of them for a key, and sorting what a search
//! found without leaving it.

use crate::{
    appliance::{Folder, OWNER, Sender, caliopen},
    living::send,
    web::Visitor,
};
use caliopen::{codec::pgp::SecretKey, domain::address::Address, net::clock::Clock};
use std::time::{Duration, Instant};

/// Runs a command over a box that does not run, with a file of this text.
fn bring(folder: &Folder, command: &[&str], name: &str, text: &str) {
    let file = folder.data.parent().unwrap().join(name);
    std::fs::write(&file, text).unwrap();
    let mut caliopen = caliopen();
    caliopen.args(command).arg("--data").arg(&folder.data);
    let done = caliopen.arg("--unlock-with").arg(&folder.secret).arg(&file).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// A message of the owner's, as it stands in an mbox.
fn written(to: &str, number: usize) -> String {
    let head = format!("From {OWNER} Tue Nov 24 08:00:00 2026\nFrom: {OWNER}\nTo: {to}\nSubject: s{number}\n");
    format!("{head}Message-ID: <{number}@home.test>\nDate: Tue, 24 Nov 2026 08:00:00 +0000\n\nhello\n\n")
}

#[test]
fn the_people_who_are_written_to_most_are_named_and_each_is_asked_alone() {
    let folder = Folder::make();
    let mail: String = ["carol@x.test", "dan@y.test", "carol@x.test"]
        .iter()
        .enumerate()
        .map(|(number, to)| written(to, number))
        .collect();
    bring(&folder, &["import"], "sent.mbox", &mail);
    let card = |name: &str, address: &str| format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nEMAIL:{address}\r\nEND:VCARD\r\n");
    let cards = [card("Carol", "carol@x.test"), card("Dan", "dan@y.test"), card("Ann", "ann@z.test")];
    bring(&folder, &["contacts", "import"], "book.vcf", &cards.concat());
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    // How contacts stand is worked out as soon as the box is open.
    let end = Instant::now() + Duration::from_secs(60);
    let page = loop {
        let page = owner.get("/privacy").body;
        if page.contains("For 2 of the people you write to most, you have no valid key that anybody vouches for. Ask them for it.") {
            break page;
        }
        assert!(Instant::now() < end, "{page}");
    };
    let (_, helps) = page.split_once("id=\"helps\"").unwrap();
    let helps = helps.split("</section>").next().unwrap();
    let carol = helps.find("href=\"/write?to=carol%40x.test&#38;ask=key\">Ask <bdi>Carol</bdi>");
    let dan = helps.find("href=\"/write?to=dan%40y.test&#38;ask=key\">Ask <bdi>Dan</bdi>");
    assert!(carol.is_some() && carol < dan && !helps.contains("Ann"), "{helps}");

    let asking = owner.get("/write?to=carol%40x.test&ask=key").body;
    for text in [
        "value=\"carol@x.test\"",
        "Your key, so that only you can read",
        "needs your OpenPGP key",
    ] {
        assert!(asking.contains(text), "{text}: {asking}");
    }
    // So does the part of the page that tells how it would travel.
    assert!(
        asking.contains("ask=key\" target=\"_blank\" rel=\"noopener\">Ask for a key"),
        "{asking}"
    );
    owner.lang = "fr";
    let asking = owner.get("/write?to=carol%40x.test&ask=key").body;
    assert!(asking.contains("Votre clé, pour que vous seul"), "{asking}");
}

#[test]
fn what_a_search_found_is_sorted_where_it_was_found() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    for (who, subject) in [("ann", "picnic one"), ("bob", "picnic two"), ("ann", "market"), ("eve", "lottery")] {
        send(&mut sender, &format!("{who}@x.test"), subject);
    }
    let mut owner = Visitor::owner(&appliance);
    let found = owner.get("/search?q=picnic").body;
    assert_eq!(found.matches("<input type=\"checkbox\" name=\"d\"").count(), 2, "{found}");
    let pairs = [("do", "done"), ("d", "1"), ("d", "2"), ("d", "1"), ("back", "/search?q=picnic")];
    let away = owner.submit("/search?q=picnic", "/bulk", &pairs);
    let page = owner.get(away.header("location").unwrap()).body;
    assert!(
        page.contains("2 discussions archived.") && page.contains("picnic"),
        "the search is shown again: {page}"
    );
    let left = owner.get("/").body;
    assert!(!left.contains("picnic") && left.contains("lottery"), "{left}");

    // On the page of what is not wanted it can be said to be wanted.
    owner.submit("/", "/bulk", &[("do", "spam"), ("d", "3"), ("back", "/")]);
    let unwanted = owner.get("/search?tag=spam").body;
    assert!(
        unwanted.contains("lottery") && unwanted.contains("value=\"not_spam\""),
        "{unwanted}"
    );
    assert!(!unwanted.contains("<button name=\"do\" value=\"spam\">"));
}

#[test]
fn whoever_has_several_addresses_is_compared_with_at_the_one_that_is_written_to() {
    let folder = Folder::make();
    bring(&folder, &["import"], "sent.mbox", &written("carol@keys.test", 1));
    let card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Carol\r\nEMAIL:carol@x.test\r\nEMAIL:carol@keys.test\r\nEND:VCARD\r\n";
    bring(&folder, &["contacts", "import"], "book.vcf", card);
    let key = SecretKey::make(&Address::parse("carol@keys.test").unwrap(), Clock::system().now()).unwrap();
    bring(&folder, &["import"], "carol.asc", &key.certificate().armored());
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let page = owner.get("/privacy").body;
        if page.contains("You have never compared keys with one of the people you write to most.") {
            assert!(page.contains("href=\"/settings/keys/people/carol@keys.test\""), "{page}");
            break;
        }
        assert!(Instant::now() < end, "{page}");
    }
}
