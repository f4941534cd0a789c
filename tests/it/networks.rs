//! A network that sends nothing but spam is slowed, then told to come back later; its neighbour is met as
//! anybody, and the owner lets it in again with one button.

use crate::{
    appliance::{Appliance, Folder, OWNER, Sender},
    web::Visitor,
};

/// The test message of spam filters.
const GTUBE: &str = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

fn spam(appliance: &Appliance, from: [u8; 4]) -> u16 {
    let mut sender = Sender::connect_from(from, appliance.smtp).unwrap();
    let message = format!("From: Eve <eve@x.test>\r\nTo: {OWNER}\r\nSubject: offer\r\n\r\n{GTUBE}");
    sender.send("eve@x.test", OWNER, &message).unwrap()
}

#[test]
fn twenty_pieces_of_spam_close_the_door_for_one_network_only() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let (bad, other) = ([127, 0, 0, 1], [127, 0, 0, 2]);
    let codes: Vec<u16> = (0..20).map(|_| spam(&appliance, bad)).collect();
    let kept = codes.iter().take_while(|code| **code == 250).count();
    assert_eq!(kept, 10);
    assert!(codes[kept..].iter().all(|code| *code == 451), "{codes:?}");
    let mut neighbour = Sender::connect_from(other, appliance.smtp).unwrap();
    let letter = format!("From: Ben <ben@x.test>\r\nTo: {OWNER}\r\nSubject: hello\r\n\r\nhello");
    assert_eq!(neighbour.send("ben@x.test", OWNER, &letter).unwrap(), 250);

    // It is remembered across a restart, and counts once the box is unlocked.
    assert!(appliance.terminate());
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let page = owner.get("/settings/networks");
    assert!(
        page.body.contains("127.0.0.1") && page.body.contains("refused until"),
        "{}",
        page.body
    );
    assert!(page.body.contains("10 spam messages, 100% of its newest messages") && !page.body.contains("127.0.0.2"));
    assert_eq!(spam(&appliance, bad), 451);

    let form = |network: &str| format!("token={}&network={network}", page.token());
    assert_eq!(owner.post("/settings/networks", "", "token=guess&network=127.0.0.1").status, 403);
    assert_eq!(owner.post("/settings/networks", "", &form("nothing")).status, 404);
    let forgiven = owner.post("/settings/networks", "", &form("127.0.0.1"));
    assert_eq!(
        (forgiven.status, forgiven.header("location")),
        (303, Some("/settings/networks?done=1"))
    );
    let page = owner.get("/settings/networks?done=1").body;
    assert!(page.contains("The network is let in again.") && page.contains("No network has sent noteworthy spam"));
    assert_eq!(spam(&appliance, bad), 250, "let in again");
}

#[test]
fn the_owners_own_relay_is_spared() {
    let folder = Folder::make();
    let more = ["--never-refuse".as_ref(), "127.0.0.0/8".as_ref()];
    let appliance = Appliance::start_with(&folder.data, Some(&folder.secret), &more);
    assert!((0..15).all(|_| spam(&appliance, [127, 0, 0, 1]) == 250));
}

#[test]
fn whom_the_owner_trusts_to_pass_messages_on_is_listed_and_can_be_taken_back() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let page = owner.get("/settings/networks");
    assert!(page.body.contains("Nobody so far."), "{}", page.body);
    let form = |domain: &str, trust: &str| format!("token={}&domain={domain}&trust={trust}", page.token());
    let refused = owner.post("/settings/sealers", "", &form("not+a+domain%22%3E", "yes"));
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("This is no domain") && refused.body.contains("value=\"not a domain&#34;&#62;\""));
    assert_eq!(owner.post("/settings/sealers", "", &form("Lists.Example.org", "yes")).status, 303);
    let page = owner.get("/settings/networks?done=2").body;
    assert!(
        page.contains("<bdi>lists.example.org</bdi>") && page.contains("This is noted"),
        "{page}"
    );
    assert_eq!(owner.post("/settings/sealers", "", &form("lists.example.org", "no")).status, 303);
    assert!(!owner.get("/settings/networks").body.contains("<bdi>lists.example.org</bdi>"));
}
