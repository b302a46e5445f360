//! Pushing published counts to a DHIS2 server.

use std::time::Duration;

use ureq::http::Uri;
use vicinity_export::dhis2::Summary;

/// How long DHIS2 may take.
const WAIT: Duration = Duration::from_secs(120);
/// Bytes of the longest answer that is read.
const ANSWER_MAX_BYTES: u64 = 4 << 20;

/// A DHIS2 server and who we are there.
pub struct Target {
    url: String,
    token: String,
}

impl core::fmt::Debug for Target {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Target")
    }
}

/// Why nothing is known of a push.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The address is none of a DHIS2 server's.
    #[error("the address must be of the form https://dhis2.example.org; plain http goes to this machine only, for a token travels with it")]
    Address,
    /// The token cannot be one.
    #[error("the token must be a personal access token of DHIS2's, as d2pat_…, in one line")]
    Token,
    /// Nobody answered.
    #[error("DHIS2 cannot be reached, or its certificate is not one that an authority vouches for")]
    Unreachable,
    /// The token is not taken.
    #[error("DHIS2 does not take the token: make one that may import data, and that has not expired")]
    NotAllowed,
    /// Another answer than an import summary.
    #[error("DHIS2 answered {0} without an import summary: check the address, and its version")]
    Strange(u16),
}

impl Target {
    /// A server by its address and a personal access token.
    ///
    /// # Errors
    /// The one or the other cannot be.
    pub fn new(url: &str, token: &str) -> Result<Self, PushError> {
        let uri: Uri = url.trim().parse().map_err(|_| PushError::Address)?;
        let host = uri.host().ok_or(PushError::Address)?;
        let is_here = ["127.0.0.1", "localhost", "[::1]"].contains(&host);
        if !(uri.scheme_str() == Some("https") || uri.scheme_str() == Some("http") && is_here) || uri.query().is_some() || url.contains('#') {
            return Err(PushError::Address);
        }
        let token = token.trim_start_matches('\u{feff}').trim();
        if token.is_empty() || token.len() > 200 || !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(PushError::Token);
        }
        let url = url.trim().trim_end_matches('/').trim_end_matches("/api").to_owned();
        Ok(Self { url, token: token.to_owned() })
    }

    /// Posts a dataValueSet and reads the summary. With `dry` DHIS2 checks all of it and keeps nothing. Blocks.
    ///
    /// # Errors
    /// Nothing is known of what DHIS2 did.
    pub fn push(&self, payload: &str, dry: bool) -> Result<Summary, PushError> {
        let url = format!("{}/api/dataValueSets?importStrategy=CREATE_AND_UPDATE&dryRun={dry}", self.url);
        let mut config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(WAIT)).max_redirects(0);
        if self.url.starts_with("http:") {
            // To this machine, and not by way of another.
            config = config.proxy(None);
        }
        let request = vicinity_link::vouched_agent(config.build())
            .post(url)
            .header("authorization", format!("ApiToken {}", self.token))
            .header("accept", "application/json")
            .content_type("application/json");
        let mut answer = request.send(payload).map_err(|_| PushError::Unreachable)?;
        let status = answer.status().as_u16();
        if [401, 403].contains(&status) {
            return Err(PushError::NotAllowed);
        }
        let body = answer.body_mut().with_config().limit(ANSWER_MAX_BYTES).read_to_vec().map_err(|_| PushError::Unreachable)?;
        Summary::parse(&body).ok_or(PushError::Strange(status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_travels_to_no_other_machine_in_clear() {
        for url in ["https://dhis2.example.org", "https://play.example.org/demo/", "http://127.0.0.1:8080", "http://localhost/dhis"] {
            assert!(Target::new(url, "d2pat_abc").is_ok(), "{url}");
        }
        for url in [
            "http://dhis2.example.org",
            "ftp://example.org",
            "dhis2.example.org",
            "https://",
            "",
            "https://a.example/?x=1",
            "https://a.example/#x",
            "http://127.0.0.1.example.org",
        ] {
            assert!(matches!(Target::new(url, "d2pat_abc"), Err(PushError::Address)), "{url}");
        }
        assert!(Target::new("https://dhis2.example.org", "\u{feff}d2pat_abc\r\n").is_ok());
        for token in ["", "two words", "d2pat\r\nhost: x", &"x".repeat(201)] {
            assert!(matches!(Target::new("https://dhis2.example.org", token), Err(PushError::Token)), "{token}");
        }
    }
}
