//! A headless Chromium, driven over WebDriver.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr;
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::{Method, Url};
use serde_json::json;
use tokio::process::{Child, Command};

/// How long a page may take to show what is waited for.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Whether the pages' scripts run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    On,
    Off,
}

/// How large the window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Phone,
    Desktop,
}

/// A browser with a folder for what it downloads. Close it with [`Browser::close`], or Chromium's processes stay.
pub struct Browser {
    pub client: Client,
    pub downloads: PathBuf,
    driver: Child,
    folder: PathBuf,
}

impl Browser {
    pub async fn open(scripts: Scripts) -> Self {
        let folder = std::env::temp_dir().join(format!("vitaran-browser-{}", uuid::Uuid::now_v7()));
        let downloads = folder.join("downloads");
        std::fs::create_dir_all(&downloads).expect("a folder");
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port")
            .port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver: run the tests through bin/test");
        wait_for_port(port).await;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(scripts, &folder, &downloads))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a browser session");
        Browser {
            client,
            downloads,
            driver,
            folder,
        }
    }

    pub async fn close(mut self) {
        let _ = self.client.clone().close().await;
        let _ = self.driver.kill().await;
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.expect("a page");
    }

    pub async fn resize(&self, screen: Screen) {
        let (width, height) = match screen {
            Screen::Phone => (390, 844),
            Screen::Desktop => (1280, 900),
        };
        // A window cannot be made as narrow as a phone.
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1,
            "mobile": screen == Screen::Phone,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Waits for an element and gives its text.
    pub async fn see(&self, css: &str) -> String {
        let element = self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await;
        let element = match element {
            Ok(element) => element,
            Err(error) => panic!("{css} does not appear: {error}\n{}", self.text().await),
        };
        element.text().await.expect("a text")
    }

    /// Waits until the page's text holds this.
    pub async fn see_text(&self, text: &str) {
        let started = Instant::now();
        while !self.text().await.contains(text) {
            assert!(
                started.elapsed() < PATIENCE,
                "{text:?} does not appear in\n{}",
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Where the links that fit lead, in the order of the page.
    pub async fn links(&self, css: &str) -> Vec<String> {
        let found = self.client.find_all(Locator::Css(css)).await;
        let mut links = Vec::new();
        for link in found.expect("links") {
            links.extend(link.attr("href").await.expect("an attribute"));
        }
        links
    }

    pub async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    pub async fn click(&self, css: &str) {
        self.click_first(Locator::Css(css)).await;
    }

    /// Presses the button, or follows the link, that shows a text beginning with this.
    pub async fn press(&self, label: &str) {
        let xpath = format!(
            "//*[self::button or self::a or self::summary][starts-with(normalize-space(.), \"{label}\")]"
        );
        self.click_first(Locator::XPath(&xpath)).await;
    }

    /// Clicks as soon as it can be.
    async fn click_first(&self, locator: Locator<'_>) {
        let started = Instant::now();
        loop {
            let refusal = match self.first_seen(locator).await {
                Some(element) => match element.click().await {
                    Ok(()) => return,
                    Err(error) => error.to_string(),
                },
                None => "there is none".to_owned(),
            };
            assert!(
                started.elapsed() < PATIENCE,
                "{locator:?} cannot be clicked: {refusal}\n{}",
                self.text().await
            );
            // It may lie under a bar that sticks to the window's edge: then a person scrolls.
            self.turn_wheel(150).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn turn_wheel(&self, pixels: i32) {
        let wheel =
            json!({ "type": "mouseWheel", "x": 100, "y": 300, "deltaX": 0, "deltaY": pixels });
        self.devtools("Input.dispatchMouseEvent", wheel).await;
    }

    /// The first that a person could see: pages carry some controls twice, for wide and for narrow windows.
    async fn first_seen(&self, locator: Locator<'_>) -> Option<Element> {
        for element in self.client.find_all(locator).await.ok()? {
            if element.is_displayed().await.unwrap_or(false) {
                return Some(element);
            }
        }
        None
    }

    /// Replaces what a field holds.
    pub async fn fill(&self, css: &str, text: &str) {
        self.see(css).await;
        let element = self.client.find(Locator::Css(css)).await.expect(css);
        element.clear().await.expect(css);
        element.send_keys(text).await.expect(css);
    }

    /// Strikes a key in a field.
    pub async fn send(&self, css: &str, key: Key) {
        let element = self.client.find(Locator::Css(css)).await.expect(css);
        element
            .send_keys(&char::from(key).to_string())
            .await
            .expect(css);
    }

    /// Waits until the address holds this, and gives the address.
    pub async fn arrive(&self, part: &str) -> String {
        let started = Instant::now();
        loop {
            let address = self.client.current_url().await.expect("an address");
            if address.as_str().contains(part) {
                return address.into();
            }
            assert!(
                started.elapsed() < PATIENCE,
                "still at {address}, not at {part}\n{}",
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Signs in as somebody else than before.
    pub async fn sign_in(&self, base: &str, email: &str, password: &str) {
        self.goto(&format!("{base}/login")).await;
        self.client.delete_all_cookies().await.expect("no cookies");
        self.goto(&format!("{base}/login")).await;
        self.fill("[name=email]", email).await;
        self.fill("[name=password]", password).await;
        self.click("main form button[type=submit]").await;
        self.see(".menu-name").await;
    }

    /// Has the page drawn as on a device of this theme.
    async fn theme(&self, theme: &str) {
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": [
                { "name": "prefers-color-scheme", "value": theme },
                { "name": "prefers-reduced-motion", "value": "reduce" },
            ] }),
        )
        .await;
    }

    /// Chromium's own protocol, for what WebDriver has no word for.
    async fn devtools(&self, command: &str, parameters: serde_json::Value) -> serde_json::Value {
        self.client
            .issue_cmd(DevTools(json!({ "cmd": command, "params": parameters })))
            .await
            .expect(command)
    }

    /// Keeps pictures of the page as it is, in light and in dark, under the folder of screenshots, if the run wants them.
    pub async fn pictures(&self, name: &str) {
        if std::env::var_os("VITARAN_SCREENSHOTS").is_none() {
            return;
        }
        for theme in ["light", "dark"] {
            self.theme(theme).await;
            self.picture(&format!("{name}-{theme}")).await;
        }
        self.theme("light").await;
    }

    /// Keeps a picture of the window under the folder of screenshots, if the run wants them.
    pub async fn picture(&self, name: &str) {
        let Ok(folder) = std::env::var("VITARAN_SCREENSHOTS") else {
            return;
        };
        std::fs::create_dir_all(&folder).expect("a folder");
        let png = self.client.screenshot().await.expect("a picture");
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), png).expect("a file");
    }

    /// Waits for a finished download and gives its path.
    pub async fn downloaded(&self, ending: &str) -> PathBuf {
        let started = Instant::now();
        loop {
            let entries = std::fs::read_dir(&self.downloads)
                .expect("the folder")
                .flatten();
            if let Some(file) = entries
                .map(|entry| entry.path())
                .find(|path| path.to_string_lossy().ends_with(ending))
            {
                return file;
            }
            assert!(
                started.elapsed() < Duration::from_secs(40),
                "no {ending} was downloaded"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// A command of Chromium's own protocol, sent through chromedriver.
#[derive(Debug)]
struct DevTools(serde_json::Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as FromStr>::Err> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.0.to_string()))
    }
}

async fn wait_for_port(port: u16) {
    let started = Instant::now();
    while tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .is_err()
    {
        assert!(started.elapsed() < PATIENCE, "chromedriver does not answer");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn capabilities(scripts: Scripts, folder: &Path, downloads: &Path) -> Capabilities {
    let arguments = [
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--window-size=1280,900".to_owned(),
        format!("--user-data-dir={}", folder.join("profile").display()),
    ];
    // 1 allows, 2 blocks.
    let javascript = if scripts == Scripts::On { 1 } else { 2 };
    let preferences = json!({
        "download.default_directory": downloads,
        "download.prompt_for_download": false,
        "plugins.always_open_pdf_externally": true,
        "profile.managed_default_content_settings.javascript": javascript,
    });
    let options = json!({ "args": arguments, "prefs": preferences });
    Capabilities::from_iter([("goog:chromeOptions".to_owned(), options)])
}
