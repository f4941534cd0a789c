//! A real browser for tests: headless chromium driven through its own chromedriver, on loopback only.
//!
//! Every [`Browser`] has its own profile in a temporary folder, its own driver on a free port and its
//! own process group; dropping it ends all of them and removes the folder. Where chromium is not
//! installed, [`Browser::start`] says so and gives `None`, and fails the test where `CI` is set.

use fantoccini::{Client, ClientBuilder, wd::WebDriverCompatibleCommand};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Silence: nothing of chromium's own may reach for the network while a test watches it.
const QUIET: [&str; 16] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--disable-features=OptimizationHints,MediaRouter,Translate,InterestFeedContentSuggestions,CertificateTransparencyComponentUpdater,AutofillServerCommunication",
];

/// How long the driver may take to say which port it has, and a page to load.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running browser with one window.
pub struct Browser {
    client: Client,
    driver: Driver,
}

/// The driver's process with everything that hangs on it.
struct Driver {
    child: Child,
    // Removed after the processes have ended: fields are dropped after `Drop::drop`.
    _profile: tempfile::TempDir,
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Only the group of the driver that was started here: the driver and the browser it started.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// One command of the Chrome DevTools Protocol, through the driver.
#[derive(Debug)]
struct Cdp {
    method: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for Cdp {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &url::Url) -> (http::Method, Option<String>) {
        (
            http::Method::POST,
            Some(json!({ "cmd": self.method, "params": self.params }).to_string()),
        )
    }
}

/// Where a program is, by `PATH` and the folders that Debian uses.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path)
        .chain(["/usr/bin".into(), "/usr/lib/chromium".into()])
        .collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

impl Browser {
    /// Starts a browser with its own profile; `extra_args` are further flags of chromium.
    /// `None` where it is not installed (a failed test where `CI` is set).
    pub async fn start(extra_args: &[&str]) -> Option<Self> {
        let found = program(&["chromium", "chromium-browser", "google-chrome"]).zip(program(&["chromedriver"]));
        let Some((chromium, chromedriver)) = found else {
            assert!(std::env::var_os("CI").is_none(), "chromium and chromedriver are not installed");
            println!("skipped: chromium and chromedriver are not installed (sh tests/run installs them)");
            return None;
        };
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let mut child = Command::new(chromedriver)
            .arg("--port=0")
            .env("HOME", profile.path())
            .env_remove("DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver starts");
        let stdout = child.stdout.take().expect("its output");
        let driver = Driver { child, _profile: profile };
        let port = tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(move || announced_port(stdout)))
            .await
            .expect("chromedriver says its port in time")
            .expect("reading does not panic")
            .expect("chromedriver says its port");

        let profile = driver._profile.path().join("profile");
        let mut args: Vec<String> = QUIET.iter().map(ToString::to_string).collect();
        args.push(format!("--user-data-dir={}", profile.display()));
        args.extend(extra_args.iter().map(ToString::to_string));
        let capabilities = json!({
            "browserName": "chrome",
            "acceptInsecureCerts": true,
            "unhandledPromptBehavior": "ignore",
            "goog:chromeOptions": { "binary": chromium, "args": args },
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!()
        };
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities.into_iter().collect())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a session of the browser");
        let browser = Self { client, driver };
        browser.set_size(1280, 800).await;
        Some(browser)
    }

    /// Opens a page and waits until it has loaded.
    pub async fn goto(&self, url: &str) {
        tokio::time::timeout(PATIENCE, self.client.goto(url))
            .await
            .unwrap_or_else(|_| panic!("{url} loads in time"))
            .unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Everything else that a WebDriver can do.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The inner size of the window in CSS pixels, exactly, narrow ones too.
    pub async fn set_size(&self, width: u32, height: u32) {
        let params = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", params).await;
    }

    /// Whether pages are told that the reader prefers dark.
    pub async fn emulate_dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let params = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.cdp("Emulation.setEmulatedMedia", params).await;
    }

    /// Writes what the window shows, as PNG, at this size, light or dark.
    pub async fn screenshot(&self, width: u32, height: u32, dark: bool, path: &Path) {
        self.set_size(width, height).await;
        self.emulate_dark(dark).await;
        let png = self.client.screenshot().await.expect("a picture of the window");
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("the folder of the picture");
        }
        std::fs::write(path, png).expect("the picture is written");
    }

    /// A command of the Chrome DevTools Protocol; its answer.
    pub async fn cdp(&self, method: &'static str, params: Value) -> Value {
        self.client
            .issue_cmd(Cdp { method, params })
            .await
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Ends the browser in order. Dropping it does as well, less gently.
    pub async fn quit(self) {
        let _ = self.client.close().await;
        drop(self.driver);
    }
}

/// The port in "ChromeDriver was started successfully on port 40123."; the rest of the output is read
/// to its end in a thread, so that the driver never waits for a reader.
fn announced_port(stdout: impl std::io::Read + Send + 'static) -> Option<u16> {
    let mut lines = BufReader::new(stdout).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        line.split_once("started successfully on port ")?
            .1
            .trim_end_matches('.')
            .parse()
            .ok()
    });
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    port
}

#[tokio::test]
async fn the_browser_opens_a_page_at_any_size_in_the_dark() {
    let Some(browser) = Browser::start(&[]).await else { return };
    browser.goto("data:text/html,<title>ready</title><p>hello").await;
    assert_eq!(browser.client().title().await.unwrap(), "ready");
    browser.set_size(360, 640).await;
    browser.emulate_dark(true).await;
    let seen = browser
        .client()
        .execute(
            "return [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]",
            Vec::new(),
        )
        .await
        .unwrap();
    assert_eq!(seen, json!([360, true]));
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("page.png");
    browser.screenshot(800, 600, false, &picture).await;
    assert!(std::fs::read(&picture).unwrap().starts_with(b"\x89PNG"));
    browser.quit().await;
}
