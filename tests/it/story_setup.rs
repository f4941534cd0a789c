//! The first run in a real browser: on a telephone, in French, over TLS with the box's own certificate, from the code of
//! the console to a message. Pictures are left in `target/tmp/screens`.

use crate::{
    appliance::Appliance,
    browser::Browser,
    story::{click, find, says, script, until},
    web::deliver,
};
use serde_json::json;
use std::{ffi::OsStr, path::PathBuf};

const WORDS: &str = "quatre poules vertes dansent sur le toit";

async fn at(browser: &Browser, step: &str) {
    until(browser, step, &format!("return location.pathname === '/setup/{step}'")).await;
    find(browser, "main h1").await;
    let fits = script(browser, "return document.documentElement.scrollWidth <= innerWidth").await;
    assert_eq!(fits, json!(true), "{step} is wider than the telephone");
    let headings = script(browser, "return document.querySelectorAll('h1').length").await;
    assert_eq!(headings, json!(1), "{step}");
    let unnamed = "return [...document.querySelectorAll('main input:not([type=hidden])')].filter(i => !i.labels.length).length";
    assert_eq!(script(browser, unnamed).await, json!(0), "{step}: every field has its label");
    let folder: PathBuf = [env!("CARGO_TARGET_TMPDIR"), "screens"].iter().collect();
    std::fs::create_dir_all(&folder).unwrap();
    let picture = browser.client().screenshot().await.unwrap();
    std::fs::write(folder.join(format!("setup-{step}-telephone.png")), picture).unwrap();
}

async fn types(browser: &Browser, css: &str, text: &str) {
    let field = find(browser, css).await;
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_is_claimed_on_a_telephone() {
    let Some(browser) = Browser::start(&["--lang=fr", "--accept-lang=fr"]).await else {
        return;
    };
    browser.set_size(360, 780).await;
    let folder = tempfile::tempdir().unwrap();
    let appliance = Appliance::start_with(folder.path(), None, &["--trying-ms", "0"].map(OsStr::new));
    let told = std::fs::read_to_string(folder.path().join("claim")).unwrap();
    let (code, print) = told.trim_end().split_once('\n').unwrap();

    browser.goto(&format!("https://{}/", appliance.https)).await;
    at(&browser, "claim").await;
    let page = script(&browser, "return document.querySelector('main').textContent").await;
    assert!(
        page.as_str().unwrap().contains(print),
        "the fingerprint that the console shows stands here too"
    );
    types(&browser, "#code", "0000").await;
    click(&browser, "main button.main").await;
    says(
        &browser,
        "#error",
        "Ce n’est pas le code. Il change à chaque démarrage de la boîte\u{202f}: regardez le plus récent.",
    )
    .await;
    types(&browser, "#code", &code.to_lowercase()).await;
    click(&browser, "main button.main").await;
    at(&browser, "language").await;
    click(&browser, "button[value=fr]").await;
    at(&browser, "domain").await;
    types(&browser, "#domain", "home.test").await;
    types(&browser, "#local", "me").await;
    click(&browser, "main button.main").await;
    at(&browser, "reach").await;
    click(&browser, "button[value=look]").await;
    find(&browser, ".line").await;
    at(&browser, "reach").await;
    click(&browser, "button[value=next]").await;
    at(&browser, "records").await;
    click(&browser, "button[value=next]").await;
    at(&browser, "certificate").await;
    click(&browser, "button[value=next]").await;
    at(&browser, "owner").await;
    types(&browser, "#passphrase", WORDS).await;
    types(&browser, "#again", WORDS).await;
    click(&browser, "main button.main").await;
    at(&browser, "sheet").await;
    click(&browser, "button[value=later]").await;
    at(&browser, "relay").await;
    click(&browser, "button[value=next]").await;
    at(&browser, "key").await;
    find(&browser, ".print code").await;
    click(&browser, "main button.main").await;
    at(&browser, "message").await;
    deliver(
        &appliance,
        "Alice Martin <alice@martin.test>",
        "Bienvenue",
        "Message-ID: <1@martin.test>\r\n\r\nÀ vendredi.\r\n",
    );
    click(&browser, "a[href='/setup/message']").await;
    until(
        &browser,
        "it has arrived",
        "return document.querySelector('[role=status] strong')?.textContent === 'Un message est arrivé.'",
    )
    .await;
    click(&browser, "main button.main").await;
    until(
        &browser,
        "the mailbox",
        "return location.pathname === '/' && document.querySelectorAll('.row').length === 1",
    )
    .await;
}
