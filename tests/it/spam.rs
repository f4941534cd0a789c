//! Spam: what a new box knows of today's phishing, what it learns from its owner, and that both can be
//! looked up. The letters in `tests/fixtures/spam` were written for this, none was received by anybody.

use crate::{
    appliance::{Folder, OWNER, Sender, caliopen},
    web::Visitor,
};

const GTUBE: &str = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

/// `caliopen spam evaluate` over a folder of labelled mail.
fn evaluate(folder: &str, more: &[&str]) -> serde_json::Value {
    let mut command = caliopen();
    command.args(["spam", "evaluate", "--json", "--ham"]).arg(format!("{folder}/ham"));
    command.arg("--spam").arg(format!("{folder}/spam")).args(more);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_new_box_knows_phishing_and_leaves_honest_mail_alone() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/spam");
    for (more, least) in [(&["--train", "0"][..], 0.85), (&["--train", "0", "--unchecked"], 0.75)] {
        let found = evaluate(folder, more);
        assert_eq!(found["false_positives"], 0, "{more:?}: {found}");
        assert!(found["recall"].as_f64().unwrap() >= least, "{more:?}: {found}");
        assert_eq!(found["learnt"]["ham"], 0);
    }
    let missing = caliopen()
        .args(["spam", "evaluate", "--ham", "/nowhere", "--spam", "/nowhere"])
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(66));
}

fn letter(from: &str, subject: &str, text: &str) -> String {
    format!(
        "From: {from}\r\nTo: Me <{OWNER}>\r\nSubject: {subject}\r\nMessage-ID: <{}@x.test>\r\n\r\n{text}\r\n",
        subject.len()
    )
}

#[test]
fn the_test_text_is_spam_and_the_page_says_why() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    for message in [
        letter("Ben <ben@x.test>", "dinner", "Shall we eat at eight? Bring the blue bowl."),
        letter("Eve <eve@y.test>", "test", GTUBE),
    ] {
        assert_eq!(sender.send("b@x.test", OWNER, &message).unwrap(), 250);
    }
    let mut owner = Visitor::owner(&appliance);
    let honest = owner.get("/messages/1/spam");
    assert_eq!(honest.status, 200);
    assert!(honest.body.contains("takes it for honest mail"), "{}", honest.body);
    let spam = owner.get("/messages/2/spam");
    assert!(
        spam.body.contains("takes it for spam") && spam.body.contains("GTUBE") && spam.body.contains("100%"),
        "{}",
        spam.body
    );
    owner.lang = "fr";
    assert!(
        owner
            .get("/messages/2/spam")
            .body
            .contains("Le filtre le tient pour un indésirable.")
    );
    owner.lang = "en";
    assert_eq!(owner.get("/messages/99/spam").status, 404);
}

#[test]
fn the_owner_teaches_and_takes_back_what_was_taught() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    let offer = |n: u32| {
        letter(
            "Quill <quill@q.test>",
            &"feathers ".repeat(n as usize),
            "Goose feathers, quills and inkwells for every desk.",
        )
    };
    assert_eq!(sender.send("q@q.test", OWNER, &offer(1)).unwrap(), 250);
    let mut owner = Visitor::owner(&appliance);
    let before = owner.get("/messages/1/spam");
    let likelihood = |body: &str| {
        let text = body.split("Likelihood of spam: ").nth(1).unwrap();
        text.split('%').next().unwrap().parse::<u32>().unwrap()
    };
    let token = format!("token={}", before.token());
    assert_eq!(owner.post("/messages/1/spam", "", &format!("{token}&is=nonsense")).status, 400);
    let taught = owner.post("/messages/1/spam", "", &format!("{token}&is=spam"));
    assert_eq!(taught.status, 303);
    let page = owner.get("/messages/1/spam");
    assert!(
        page.body.contains("You said that it is spam") && page.body.contains("learnt from 1 message"),
        "{}",
        page.body
    );
    assert_eq!(sender.send("q@q.test", OWNER, &offer(2)).unwrap(), 250);
    let learnt = likelihood(&owner.get("/messages/2/spam").body);
    assert!(learnt > likelihood(&before.body), "{learnt}");
    assert_eq!(owner.post("/messages/1/spam", "", &format!("{token}&is=nothing")).status, 303);
    assert_eq!(sender.send("q@q.test", OWNER, &offer(3)).unwrap(), 250);
    let after = likelihood(&owner.get("/messages/3/spam").body);
    assert!(after < learnt, "{after} and {learnt}");
    let all = owner.post("/bulk", "", &format!("{token}&d=1&do=not_spam"));
    assert_eq!(all.status, 303);
    assert!(owner.get("/messages/3/spam").body.contains("You said that it is not spam"));
}

/// The labelled mail of the corpora: a share of it, so that a test stays a test; `bench/run --only spam` measures
/// all of it.
#[test]
fn labelled_mail_is_told_apart_after_learning() {
    let Ok(corpora) = std::env::var("CALIOPEN_CORPORA") else {
        return eprintln!("no corpora here: the labelled mail is left out");
    };
    let base = format!("{corpora}/spam/spamassassin-corpus");
    let output = caliopen()
        .args(["spam", "evaluate", "--json", "--strip", "--ham"])
        .arg(format!("{base}/hard-ham-1"))
        .arg("--ham")
        .arg(format!("{corpora}/spam/modern-ham"))
        .arg("--spam")
        .arg(format!("{base}/spam-1"))
        .output()
        .unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(found["auc"].as_f64().unwrap() > 0.98, "{found}");
}
