//! The process that drives the browser, and commands of its that have no function of their own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use http::Method;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use url::Url;

/// How Chromium is started: alone, and without asking anybody anything.
const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-search-engine-choice-screen",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// How often it is started until it says its port.
const STARTS_MAX: usize = 5;

/// `chromedriver`, and the folder of its browser.
pub struct Driver {
    child: Child,
    address: String,
    profile: TempDir,
}

impl Driver {
    /// Starts it on a free port.
    pub fn start() -> Self {
        // Of several that start at once one may find its port taken by another, and ends.
        (0..STARTS_MAX)
            .find_map(|_| Self::try_start())
            .expect("chromedriver says its port")
    }

    fn try_start() -> Option<Self> {
        let mut command = Command::new("chromedriver");
        command
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command
            .spawn()
            .expect("chromedriver can be run: apt-get install -y chromium chromium-driver");
        let mut lines =
            BufReader::new(child.stdout.take().expect("standard output was piped")).lines();
        let port = lines.find_map(|line| {
            Some(
                line.ok()?
                    .strip_suffix('.')?
                    .rsplit_once(" on port ")?
                    .1
                    .to_owned(),
            )
        });
        let Some(port) = port else {
            child.wait().expect("a child can be waited for");
            return None;
        };
        // What it says later would fill the pipe and stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self {
            child,
            address: format!("http://127.0.0.1:{port}"),
            profile: tempfile::tempdir().expect("a temporary folder can be made"),
        })
    }

    /// A browser.
    pub async fn session(&self) -> Client {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let flags: Vec<&str> = FLAGS.into_iter().chain([profile.as_str()]).collect();
        let mut wanted = Map::new();
        wanted.insert("goog:chromeOptions".into(), json!({"args": flags}));
        wanted.insert("goog:loggingPrefs".into(), json!({"performance": "ALL"}));
        wanted.insert("acceptInsecureCerts".into(), Value::Bool(true));
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        ClientBuilder::new(connector)
            .capabilities(wanted)
            .connect(&self.address)
            .await
            .expect("a browser starts")
    }

    pub fn end(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A command by its path.
#[derive(Debug)]
pub struct Raw {
    pub path: &'static str,
    pub body: Value,
}

impl WebDriverCompatibleCommand for Raw {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
