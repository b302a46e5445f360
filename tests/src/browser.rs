//! A real browser: headless Chromium, driven over WebDriver, in a profile of its own.
//!
//! Nothing it asks may leave this machine: names are not resolved, and every request that a page makes is checked.

pub mod axe;
mod driver;

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fantoccini::error::CmdError;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::program;
use driver::{Driver, Raw};

/// How long something may take to appear.
const APPEARS_MAX: Duration = Duration::from_secs(15);
/// Between two looks at a page: each look takes the browser's time.
const LOOKS_EVERY: Duration = Duration::from_millis(20);
/// Pixels of the tallest picture.
const PICTURE_MAX_HEIGHT: u64 = 1400;
/// The password of everybody whom tests sign in.
pub const PASSWORD: &str = "a sentence that is long enough";

/// How wide the screen of a phone is, and of a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// 360 pixels.
    Phone,
    /// 1280 pixels.
    Wide,
}

/// A browser.
pub struct Browser {
    client: Client,
    runtime: Runtime,
    // After the client, which still talks to it when it ends.
    driver: Driver,
}

impl Browser {
    /// Starts one.
    #[must_use]
    pub fn start() -> Self {
        let driver = Driver::start();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be built");
        let client = runtime.block_on(driver.session());
        let browser = Self {
            client,
            runtime,
            driver,
        };
        browser.show_on(Screen::Wide);
        browser
    }

    /// A screen of that width.
    pub fn show_on(&self, screen: Screen) {
        let width = if screen == Screen::Phone { 360 } else { 1280 };
        let metrics =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// A reader whose computer is set to dark, or to light.
    pub fn prefer_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({"features": [{"name": "prefers-color-scheme", "value": value}]}),
        );
    }

    /// Whether pages are laid out for paper.
    pub fn print_as_paper(&self, paper: bool) {
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({"media": if paper { "print" } else { "" }}),
        );
    }

    /// Whether pages may run scripts.
    pub fn run_scripts(&self, run: bool) {
        self.devtools(
            "Emulation.setScriptExecutionDisabled",
            &json!({"value": !run}),
        );
    }

    fn devtools(&self, command: &'static str, parameters: &Value) -> Value {
        let raw = Raw {
            path: "goog/cdp/execute",
            body: json!({"cmd": command, "params": parameters}),
        };
        self.runtime
            .block_on(self.client.issue_cmd(raw))
            .expect("the browser takes the command")
    }

    /// Goes to a page.
    pub fn go(&self, url: &str) {
        self.runtime
            .block_on(self.client.goto(url))
            .expect("the page can be loaded");
    }

    /// Goes back, as with the browser's button.
    pub fn back(&self) {
        self.runtime
            .block_on(self.client.back())
            .expect("there is a page before");
    }

    /// Where it is, without what follows a question mark.
    #[must_use]
    pub fn path(&self) -> String {
        self.runtime
            .block_on(self.client.current_url())
            .expect("it is somewhere")
            .path()
            .to_owned()
    }

    /// The page as it came.
    #[must_use]
    pub fn source(&self) -> String {
        self.runtime
            .block_on(self.client.source())
            .expect("a page has a source")
    }

    /// What a person reads of the page's main part.
    #[must_use]
    pub fn text(&self) -> String {
        self.text_of("main")
    }

    /// What a person reads of the first thing that a selector finds.
    #[must_use]
    #[track_caller]
    pub fn text_of(&self, css: &str) -> String {
        self.patiently(async || self.client.find(Locator::Css(css)).await?.text().await)
            .unwrap_or_else(|error| panic!("{css} cannot be read: {error}"))
    }

    /// Does something with what is found on the page. One that renews itself may replace it in between: then once more.
    fn patiently<T>(&self, step: impl AsyncFn() -> Result<T, CmdError>) -> Result<T, CmdError> {
        let start = Instant::now();
        loop {
            match self.runtime.block_on(step()) {
                Err(error)
                    if error.is_stale_element_reference() && start.elapsed() < APPEARS_MAX =>
                {
                    std::thread::sleep(LOOKS_EVERY)
                }
                done => return done,
            }
        }
    }

    /// How many things a selector finds.
    #[must_use]
    pub fn count(&self, css: &str) -> usize {
        self.runtime
            .block_on(self.client.find_all(Locator::Css(css)))
            .expect("the selector is one")
            .len()
    }

    /// Waits until a selector finds something.
    #[track_caller]
    pub fn wait_for(&self, css: &str) {
        let start = Instant::now();
        while self.count(css) == 0 {
            assert!(
                start.elapsed() < APPEARS_MAX,
                "{css} did not appear in: {}",
                self.text()
            );
            std::thread::sleep(LOOKS_EVERY);
        }
    }

    /// Clicks on the first thing that a selector finds.
    #[track_caller]
    pub fn click(&self, css: &str) {
        let clicked =
            self.patiently(async || self.client.find(Locator::Css(css)).await?.click().await);
        clicked.unwrap_or_else(|error| {
            panic!("{css} cannot be clicked ({error}) in: {}", self.text())
        });
    }

    /// Clicks on what leads to another page, and waits until that one is there.
    #[track_caller]
    pub fn follow(&self, css: &str) {
        let before = self.document();
        self.click(css);
        let start = Instant::now();
        // A click may come back before its page begins to load; what is read until then is the old one.
        while self.document().is_none_or(|now| Some(now) == before) {
            assert!(
                start.elapsed() < APPEARS_MAX,
                "{css} leads nowhere from: {}",
                self.text()
            );
            std::thread::sleep(LOOKS_EVERY);
        }
    }

    /// Which document is shown, if one is: another one has another name, even when it is of the same address.
    fn document(&self) -> Option<String> {
        let root = self
            .runtime
            .block_on(self.client.find(Locator::Css("html")));
        root.ok().map(|root| root.element_id().to_string())
    }

    /// Clicks on the first link, button or fold with that text.
    #[track_caller]
    pub fn click_text(&self, text: &str) {
        let xpath = format!(
            "//*[self::a or self::button or self::summary][normalize-space()={}]",
            quoted(text)
        );
        let clicked = self.patiently(async || {
            self.client
                .find(Locator::XPath(&xpath))
                .await?
                .click()
                .await
        });
        clicked.unwrap_or_else(|error| {
            panic!("\"{text}\" cannot be clicked ({error}) in: {}", self.text())
        });
    }

    /// Types into a field, instead of what is in it.
    #[track_caller]
    pub fn fill(&self, css: &str, text: &str) {
        let filled = self.patiently(async || {
            let field = self.client.find(Locator::Css(css)).await?;
            field.clear().await?;
            field.send_keys(text).await
        });
        filled
            .unwrap_or_else(|error| panic!("{css} cannot be filled ({error}) in: {}", self.text()));
    }

    /// Presses keys where the focus is.
    pub fn press(&self, keys: &str) {
        let pressed = self
            .runtime
            .block_on(async { self.client.active_element().await?.send_keys(keys).await });
        pressed.expect("keys can be pressed");
    }

    /// Chooses of a list by value.
    #[track_caller]
    pub fn choose(&self, css: &str, value: &str) {
        let chosen = self.patiently(async || {
            self.client
                .find(Locator::Css(css))
                .await?
                .select_by_value(value)
                .await
        });
        chosen.unwrap_or_else(|error| panic!("{css} has no {value} ({error}) in: {}", self.text()));
    }

    /// What a script gives back.
    #[track_caller]
    pub fn script(&self, script: &str) -> Value {
        self.runtime
            .block_on(self.client.execute(script, Vec::new()))
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// What a script gives to the function that it gets as its last argument.
    #[track_caller]
    pub fn script_later(&self, script: &str) -> Value {
        self.runtime
            .block_on(self.client.execute_async(script, Vec::new()))
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The page as a PNG, down to two screens.
    #[must_use]
    pub fn picture(&self) -> Vec<u8> {
        let size = self.script(
            "return [document.documentElement.clientWidth, document.documentElement.scrollHeight]",
        );
        let height = size[1].as_u64().unwrap_or_default().min(PICTURE_MAX_HEIGHT);
        let clip = json!({"x": 0, "y": 0, "width": size[0], "height": height, "scale": 1});
        let taken = self.devtools(
            "Page.captureScreenshot",
            &json!({"captureBeyondViewport": true, "clip": clip}),
        );
        decoded(&taken["data"])
    }

    /// The page as it is printed.
    #[must_use]
    pub fn printed(&self) -> Vec<u8> {
        let printed = self.devtools(
            "Page.printToPDF",
            &json!({"printBackground": true, "preferCSSPageSize": true}),
        );
        decoded(&printed["data"])
    }

    /// What a path gives, asked for by the page as it would for itself.
    #[must_use]
    pub fn fetch(&self, path: &str) -> Vec<u8> {
        let ask = "const [path, done] = arguments;
            fetch(path).then((answer) => { if (answer.status !== 200) throw answer.status; return answer.arrayBuffer(); })
                .then((bytes) => done(btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(''))))
                .catch((error) => done('!' + error))";
        let answer = self
            .runtime
            .block_on(self.client.execute_async(ask, vec![json!(path)]))
            .expect("the page can ask");
        assert!(
            !answer.as_str().unwrap_or("!").starts_with('!'),
            "{path}: {answer}"
        );
        decoded(&answer)
    }

    /// Every address that was asked for over a network since the last look.
    #[must_use]
    pub fn asked_for(&self) -> Vec<String> {
        let raw = Raw {
            path: "se/log",
            body: json!({"type": "performance"}),
        };
        let lines = self
            .runtime
            .block_on(self.client.issue_cmd(raw))
            .expect("the browser gives its log");
        let lines = lines.as_array().cloned().unwrap_or_default();
        let events = lines
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line["message"].as_str()?).ok());
        let sent = events.filter(|event| event["message"]["method"] == "Network.requestWillBeSent");
        let urls = sent.filter_map(|event| {
            event["message"]["params"]["request"]["url"]
                .as_str()
                .map(str::to_owned)
        });
        // The browser's own first page, and pictures inside a style, use no connection.
        urls.filter(|url| {
            !["chrome", "data:", "about:"]
                .iter()
                .any(|scheme| url.starts_with(scheme))
        })
        .collect()
    }

    /// Uses a one-time link as a person does, with the key that the page shows.
    #[track_caller]
    pub fn welcome(&self, link: &str) {
        self.use_link(link);
        assert_eq!(self.path(), "/", "{}", self.text());
    }

    /// Signs somebody in by a one-time link, wherever that leads.
    pub fn use_link(&self, link: &str) {
        self.go(link);
        let key = self.text_of(".mono");
        self.fill("#password", PASSWORD);
        self.fill("#code", &code(&key));
        self.follow("main button");
        self.wait_for("header nav");
    }

    /// Problems that axe finds on this page, each with the places where it is.
    #[must_use]
    pub fn axe(&self) -> Vec<String> {
        axe::problems(self)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have crashed; then there is nothing to close.
        self.runtime.block_on(self.client.clone().close()).ok();
        self.driver.end();
    }
}

/// The six-digit code of now.
#[must_use]
pub fn code(key: &str) -> String {
    program::run_with(["code"], key).done().trim().to_owned()
}

/// Bytes as the browser gives them.
fn decoded(text: &Value) -> Vec<u8> {
    STANDARD
        .decode(text.as_str().expect("bytes come as text"))
        .expect("the text is base64")
}

/// A text as XPath takes it.
fn quoted(text: &str) -> String {
    if text.contains('\'') {
        format!("\"{text}\"")
    } else {
        format!("'{text}'")
    }
}
