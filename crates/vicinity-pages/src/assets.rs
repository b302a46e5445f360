//! The one style sheet and the one script. Their paths change with their content, so that browsers may keep them permanently.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};
use vicinity_core::hex;

/// A static file that pages load.
#[derive(Debug)]
pub struct Asset {
    /// Value of the `Content-Type` header.
    pub content_type: &'static str,
    /// Content of the file.
    pub content: &'static str,
    name: &'static str,
    ending: &'static str,
    path: OnceLock<String>,
}

/// The style sheet.
pub static STYLE: Asset = Asset {
    content_type: "text/css; charset=utf-8",
    content: include_str!("../assets/style.css"),
    name: "style",
    ending: "css",
    path: OnceLock::new(),
};

/// The script. It saves readers a reload; every page works without it.
pub static SCRIPT: Asset = Asset {
    content_type: "text/javascript; charset=utf-8",
    content: include_str!("../assets/script.js"),
    name: "script",
    ending: "js",
    path: OnceLock::new(),
};

/// The icon in a browser's tab.
pub static ICON: Asset = Asset {
    content_type: "image/svg+xml",
    content: include_str!("../assets/icon.svg"),
    name: "icon",
    ending: "svg",
    path: OnceLock::new(),
};

impl Asset {
    /// File name under `/assets/`.
    #[must_use]
    pub fn file(&self) -> &str {
        self.path.get_or_init(|| {
            let digest = Sha256::digest(self.content.as_bytes());
            format!("{}-{}.{}", self.name, hex::write(&digest[..6]), self.ending)
        })
    }

    /// The asset of that file name.
    #[must_use]
    pub fn find(file: &str) -> Option<&'static Self> {
        [&STYLE, &SCRIPT, &ICON]
            .into_iter()
            .find(|asset| asset.file() == file)
    }
}
