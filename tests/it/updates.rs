//! Newer releases: announced where the owner says, believed only when they are signed, and told on every page.

use crate::{appliance::Folder, web::Visitor};

/// A key of minisign's; nobody publishes with it.
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

#[test]
fn nothing_is_looked_up_before_the_owner_says_where_and_with_which_key() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let page = owner.get("/settings/updates");
    assert!(page.body.contains(env!("CARGO_PKG_VERSION")) && page.body.contains("Nobody publishes releases today"));
    let token = page.token().to_owned();
    let mut act = |pairs: &[(&str, &str)]| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", &token).extend_pairs(pairs);
        owner.post("/settings/updates", "", &form.finish())
    };
    for (url, key, sentence) in [
        ("http://releases.test/x", KEY, "no address over https"),
        ("https:///x", KEY, "no address over https"),
        ("https://releases.test/x", "RWQ", "no public key"),
    ] {
        let refused = act(&[("do", "on"), ("url", url), ("key", key)]);
        assert_eq!(refused.status, 422, "{url}");
        assert!(
            refused.body.contains(sentence) && refused.body.contains(&format!("value=\"{url}\"")),
            "{}",
            refused.body
        );
    }
    assert_eq!(act(&[("do", "on"), ("url", "https://releases.test/x/"), ("key", KEY)]).status, 303);
    assert_eq!(act(&[("do", "look")]).status, 303);
    assert!(owner.get("/settings/updates").body.contains("could not be fetched"));
    let mut act = |what: &str| owner.post("/settings/updates", "", &format!("token={token}&do={what}"));
    assert_eq!(act("off").status, 303);
    assert_eq!(act("sideways").status, 400);
}
