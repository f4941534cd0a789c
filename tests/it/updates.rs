//! Newer releases: announced where the owner says, believed only when they are signed, and told on every page.

use crate::{appliance::Folder, checks::saying, home::Home, web::Visitor};
use caliopen::{
    app,
    domain::{release::RELEASED, time::Time},
    net::{
        dns::{Dns, Record, Table},
        outward::Outward,
    },
    service::updates::{Trouble, VERSION},
    store::record,
};
use std::{
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

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

/// A publisher: a folder with a key of minisign's. `None` where that program is not here.
fn publisher() -> Option<(tempfile::TempDir, String)> {
    let folder = tempfile::tempdir().unwrap();
    let done = minisign(folder.path(), &["-G", "-f", "-W", "-s", "secret", "-p", "public"])?;
    assert!(done);
    let public = std::fs::read_to_string(folder.path().join("public")).unwrap();
    let key = public.lines().nth(1).unwrap().to_owned();
    Some((folder, key))
}

fn minisign(folder: &Path, arguments: &[&str]) -> Option<bool> {
    let mut command = Command::new("minisign");
    command.args(arguments).current_dir(folder);
    let Ok(ended) = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status() else {
        eprintln!("minisign is not here");
        return None;
    };
    Some(ended.success())
}

/// A text and its signature.
fn signed(publisher: &Path, text: &str) -> (String, String) {
    std::fs::write(publisher.join("manifest"), text).unwrap();
    let arguments = ["-S", "-s", "secret", "-m", "manifest", "-x", "manifest.minisig"];
    assert_eq!(minisign(publisher, &arguments), Some(true));
    (
        text.to_owned(),
        std::fs::read_to_string(publisher.join("manifest.minisig")).unwrap(),
    )
}

fn manifest(version: &str, expires: &str) -> String {
    format!("caliopen-release 1\nversion {version}\nexpires {expires}\nx86_64 00 1 caliopen-x86_64-linux\n")
}

#[tokio::test]
async fn a_newer_release_is_believed_when_its_publisher_signed_it_and_in_time() {
    let (Some((ours, key)), Some((stranger, _))) = (publisher(), publisher()) else {
        return;
    };
    let now = Time(RELEASED.0 + 1_000);
    let published = Arc::new(Mutex::new((String::new(), String::new())));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (pages, looks) = (published.clone(), asked.clone());
    let answer = move |path: &str| {
        looks.lock().unwrap().push(path.to_owned());
        let (text, signature) = pages.lock().unwrap().clone();
        if path.ends_with(".minisig") { signature } else { text }
    };
    let (https_port, roots) = saying(&["releases.test".to_owned()], answer).await;
    let names = Table::default().with("releases.test", Record::A([127, 0, 0, 1].into()));
    let outward = Outward {
        https_port,
        roots: Some(roots),
        ..Dns::table(names).into()
    };
    let home = Home::make(now, outward);
    let updates = &home.services.updates;
    updates.step().await.unwrap();
    assert!(asked.lock().unwrap().is_empty(), "nobody is asked before the owner says so");
    updates.set(true, "https://releases.test/c/", &key).await.unwrap().unwrap();

    // One after the other: what is published, and what is made of it.
    let newest = manifest("9.1.0", "2099-01-01");
    let mut altered = signed(ours.path(), &newest);
    altered.0 = manifest("9.9.9", "2099-01-01");
    for (pages, found, trouble) in [
        (signed(ours.path(), &manifest(VERSION, "2099-01-01")), None, None),
        (signed(stranger.path(), &newest), None, Some(Trouble::Unsigned)),
        (altered, None, Some(Trouble::Unsigned)),
        (signed(ours.path(), "caliopen-release 2\n"), None, Some(Trouble::Garbled)),
        (signed(ours.path(), &manifest("9.0.0", "2020-01-01")), None, Some(Trouble::Expired)),
        (signed(ours.path(), &newest), Some("9.1.0"), None),
        (
            signed(ours.path(), &manifest("9.0.0", "2099-01-01")),
            Some("9.1.0"),
            Some(Trouble::Older),
        ),
    ] {
        *published.lock().unwrap() = pages;
        updates.look().await.unwrap();
        let view = updates.view().await.unwrap();
        assert_eq!((view.found.as_deref(), view.trouble, view.looked), (found, trouble, Some(now)));
        assert_eq!(updates.newer().as_deref(), found);
        assert_eq!(updates.is_newest(), found.is_none() && trouble.is_none());
    }
    let begun = asked.lock().unwrap().len();
    assert!(asked.lock().unwrap().iter().all(|path| path.starts_with("/c/manifest")));
    updates.step().await.unwrap();
    assert_eq!(asked.lock().unwrap().len(), begun, "once a day");
    home.later(24 * 3600);
    updates.step().await.unwrap();
    assert_eq!(asked.lock().unwrap().len(), begun + 2);
    updates.set(false, "https://releases.test/c/", &key).await.unwrap().unwrap();
    assert_eq!(updates.newer(), None);
}

#[test]
fn a_newer_release_is_told_on_every_page() {
    let folder = Folder::make();
    {
        let (file, _) = app::front(&folder.data).unwrap();
        let found = |kept: &mut record::Updates| (kept.on, kept.found) = (true, "9.1.0".to_owned());
        file.change_part(found).unwrap();
    }
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    for page in ["/", "/contacts", "/settings"] {
        assert!(owner.get(page).body.contains("9.1.0"), "{page}");
    }
    let mut stranger = Visitor::new(&appliance);
    assert!(!stranger.get("/sign-in").body.contains("9.1.0"), "a stranger learns nothing of it");
}
