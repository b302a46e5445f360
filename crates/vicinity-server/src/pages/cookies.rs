//! What a browser keeps: the session, for some minutes the page that somebody asked for before signing in, and for half a year that
//! somebody has signed in there.

use axum::http::HeaderValue;
use axum::http::header::{COOKIE, HeaderMap, SET_COOKIE};
use axum::response::Response;
use cookie::time::Duration;
use cookie::{Cookie as HttpCookie, SameSite};
use vicinity_core::hex;
use vicinity_pages::frame::Tier;

use crate::pages::site::Site;

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
    fn name(self, site: &Site) -> String {
        let prefix = if site.secure { "__Host-" } else { "" };
        let place = if site.place == Tier::Hub {
            "hub"
        } else {
            "national"
        };
        let what = match self {
            Self::Session => String::new(),
            Self::Asked => "-asked".to_owned(),
            Self::Known(name) => format!("-known-{}", hex::write(&name)),
        };
        format!("{prefix}vicinity-{place}-{}{what}", site.secret.cookies())
    }

    /// What a browser sent of it.
    #[must_use]
    pub fn of(self, site: &Site, headers: &HeaderMap) -> Option<String> {
        let name = self.name(site);
        let cookies = headers
            .get_all(COOKIE)
            .into_iter()
            .filter_map(|value| value.to_str().ok());
        cookies
            .flat_map(HttpCookie::split_parse)
            .filter_map(Result::ok)
            .find(|cookie| cookie.name() == name)
            .map(|cookie| cookie.value().to_owned())
    }

    /// Gives it to a browser, for that many seconds; none takes it back.
    pub fn give(self, site: &Site, response: &mut Response, value: &str, seconds: i64) {
        let cookie = HttpCookie::build((self.name(site), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict);
        let cookie = cookie
            .max_age(Duration::seconds(seconds))
            .secure(site.secure);
        if let Ok(cookie) = HeaderValue::from_str(&cookie.to_string()) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}

/// Has a browser keep the page that was asked for. The first page needs no keeping.
pub fn keep_asked(site: &Site, response: &mut Response, path: &str) {
    if path != "/" && is_own_path(path) {
        Cookie::Asked.give(site, response, path, ASKED_SECONDS);
    }
}

/// The page that was asked for before signing in. A browser may send anything: whatever could lead elsewhere counts as nothing.
#[must_use]
pub fn asked(site: &Site, headers: &HeaderMap) -> Option<String> {
    Cookie::Asked
        .of(site, headers)
        .filter(|path| is_own_path(path))
}

/// Whether a text is a path of this server, and nothing else in a cookie or in a header.
fn is_own_path(path: &str) -> bool {
    let fits = |character: char| character.is_ascii_graphic() && !"\\;,\"".contains(character);
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= PATH_MAX
        && path.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_server_is_gone_to() {
        for path in [
            "/",
            "/incident/0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11",
            "/?status=open&area=SN-DK",
        ] {
            assert!(is_own_path(path), "{path}");
        }
        for path in [
            "",
            "//elsewhere.example",
            "/\\elsewhere.example",
            "https://elsewhere.example",
            "elsewhere",
            "/a b",
            "/a;b",
            "/a\r\nb",
            "/\u{e9}",
        ] {
            assert!(!is_own_path(path), "{path}");
        }
        assert!(!is_own_path(&format!("/{}", "x".repeat(PATH_MAX))));
    }
}
