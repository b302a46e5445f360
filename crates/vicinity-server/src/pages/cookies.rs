//! What a browser keeps: the session, for some minutes the page that somebody asked for before signing in, and for half a year that
//! somebody has signed in there.

use axum::http::HeaderValue;
use axum::http::header::{COOKIE, HeaderMap, SET_COOKIE};
use axum::response::Response;
use vicinity_core::hex;
use vicinity_pages::frame::Tier;

use crate::pages::desk::Desk;

/// Seconds for which the page that was asked for is kept: as long as signing in may take.
const ASKED_SECONDS: i64 = 600;
/// Letters of the longest path that is kept.
const PATH_MAX: usize = 500;

/// A cookie. With TLS the prefix of its name makes browsers refuse it from anywhere else. Its name says whose it is: browsers give
/// cookies to every server of a machine, whatever its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The session.
    Session,
    /// The page that was asked for.
    Asked,
    /// That somebody has signed in here, by what stands for their name: several people may use one browser.
    Known([u8; 8]),
}

impl Cookie {
    fn name(self, desk: &Desk) -> String {
        let prefix = if desk.secure { "__Host-" } else { "" };
        let place = if desk.place == Tier::Hub { "hub" } else { "national" };
        let what = match self {
            Self::Session => String::new(),
            Self::Asked => "-asked".to_owned(),
            Self::Known(name) => format!("-known-{}", hex::write(&name)),
        };
        format!("{prefix}vicinity-{place}-{}{what}", desk.secret.cookies())
    }

    /// What a browser sent of it.
    #[must_use]
    pub fn of(self, desk: &Desk, headers: &HeaderMap) -> Option<String> {
        let name = self.name(desk);
        let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        cookies.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(name.as_str())?.strip_prefix('=').map(str::to_owned))
    }

    /// Gives it to a browser, for so many seconds; none takes it back.
    pub fn give(self, desk: &Desk, response: &mut Response, value: &str, seconds: i64) {
        let secure = if desk.secure { "; Secure" } else { "" };
        let cookie = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}", self.name(desk));
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}

/// Has a browser keep the page that was asked for. The first page needs no keeping.
pub fn keep_asked(desk: &Desk, response: &mut Response, path: &str) {
    if path != "/" && is_own_path(path) {
        Cookie::Asked.give(desk, response, path, ASKED_SECONDS);
    }
}

/// The page that was asked for before signing in. A browser may send anything: whatever could lead elsewhere counts as nothing.
#[must_use]
pub fn asked(desk: &Desk, headers: &HeaderMap) -> Option<String> {
    Cookie::Asked.of(desk, headers).filter(|path| is_own_path(path))
}

/// Whether a text is a path of this server, and nothing else in a cookie or in a header.
fn is_own_path(path: &str) -> bool {
    let fits = |character: char| character.is_ascii_graphic() && !"\\;,\"".contains(character);
    path.starts_with('/') && !path.starts_with("//") && path.len() <= PATH_MAX && path.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_server_is_gone_to() {
        for path in ["/", "/incident/0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11", "/?status=open&area=SN-DK"] {
            assert!(is_own_path(path), "{path}");
        }
        for path in ["", "//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "elsewhere", "/a b", "/a;b", "/a\r\nb", "/\u{e9}"] {
            assert!(!is_own_path(path), "{path}");
        }
        assert!(!is_own_path(&format!("/{}", "x".repeat(PATH_MAX))));
    }
}
