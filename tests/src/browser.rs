//! A headless Chromium, driven over WebDriver.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
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
        self.client
            .set_window_size(width, height)
            .await
            .expect("a window");
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

    pub async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    pub async fn click(&self, css: &str) {
        self.see(css).await;
        let element = self.client.find(Locator::Css(css)).await.expect(css);
        element.click().await.expect(css);
    }

    /// Replaces what a field holds.
    pub async fn fill(&self, css: &str, text: &str) {
        self.see(css).await;
        let element = self.client.find(Locator::Css(css)).await.expect(css);
        element.clear().await.expect(css);
        element.send_keys(text).await.expect(css);
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
