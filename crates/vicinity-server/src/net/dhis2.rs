//! Pushing published counts to a DHIS2 server.

use std::time::Duration;

use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;
use url::{Host, Url};
use vicinity_export::dhis2::Summary;

/// How long DHIS2 may take.
const WAIT: Duration = Duration::from_secs(120);
/// Bytes of the longest answer that is read.
const ANSWER_MAX_BYTES: u64 = 4 << 20;

/// A DHIS2 server and who we are there.
pub struct Target {
    url: String,
    token: String,
    /// Whether it is on this machine.
    is_here: bool,
}

impl core::fmt::Debug for Target {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Target")
    }
}

/// Why nothing is known of a push.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The address cannot be one of a DHIS2 server.
    #[error(
        "the address must be of the form https://dhis2.example.org; plain http goes to this machine only, for a token travels with it"
    )]
    Address,
    /// The text cannot be a token.
    #[error("the token must be a personal access token of DHIS2's, as d2pat_…, in one line")]
    Token,
    /// Nobody answered.
    #[error("DHIS2 cannot be reached, or its certificate is not one that an authority vouches for")]
    Unreachable,
    /// The token is not taken.
    #[error(
        "DHIS2 does not take the token: make one that may import data, and that has not expired"
    )]
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
        // Decided by what was parsed, and that is what is used: capitals, blanks and other ways to write the same change nothing.
        let url = Url::parse(url.trim()).map_err(|_| PushError::Address)?;
        let is_here = match url.host().ok_or(PushError::Address)? {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_here;
        let has_more = url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
            || url.password().is_some();
        if !is_safe || has_more {
            return Err(PushError::Address);
        }
        let token = token.trim_start_matches('\u{feff}').trim();
        if token.is_empty()
            || token.len() > 200
            || !token
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Err(PushError::Token);
        }
        let url = url
            .as_str()
            .trim_end_matches('/')
            .trim_end_matches("/api")
            .to_owned();
        Ok(Self {
            url,
            token: token.to_owned(),
            is_here,
        })
    }

    /// To this machine nothing goes by way of another. Elsewhere a proxy of the environment carries it, inside TLS.
    fn by_proxy(&self, config: ConfigBuilder<AgentScope>) -> ConfigBuilder<AgentScope> {
        if self.is_here {
            config.proxy(None)
        } else {
            config
        }
    }

    /// Posts a dataValueSet and reads the summary. With `dry` DHIS2 checks all of it and keeps nothing. Blocks.
    ///
    /// # Errors
    /// Nothing is known of what DHIS2 did.
    pub fn push(&self, payload: &str, dry: bool) -> Result<Summary, PushError> {
        let url = format!(
            "{}/api/dataValueSets?importStrategy=CREATE_AND_UPDATE&dryRun={dry}",
            self.url
        );
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(WAIT))
            .max_redirects(0);
        let request = vicinity_link::vouched_agent(self.by_proxy(config).build())
            .post(url)
            .header("authorization", format!("ApiToken {}", self.token))
            .header("accept", "application/json")
            .content_type("application/json");
        let mut answer = request.send(payload).map_err(|_| PushError::Unreachable)?;
        let status = answer.status().as_u16();
        if [401, 403].contains(&status) {
            return Err(PushError::NotAllowed);
        }
        let body = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_MAX_BYTES)
            .read_to_vec()
            .map_err(|_| PushError::Unreachable)?;
        Summary::parse(&body).ok_or(PushError::Strange(status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_of_the_environment_carries_what_goes_elsewhere_and_nothing_to_this_machine() {
        for (url, proxied) in [
            ("https://dhis2.example.org", true),
            ("HTTP://127.0.0.1:8080", false),
            ("https://localhost", false),
        ] {
            let config = ureq::Agent::config_builder()
                .proxy(Some(ureq::Proxy::new("http://127.0.0.1:9").unwrap()));
            assert_eq!(
                Target::new(url, "d2pat_abc")
                    .unwrap()
                    .by_proxy(config)
                    .build()
                    .proxy()
                    .is_some(),
                proxied,
                "{url}"
            );
        }
    }

    #[test]
    fn a_token_travels_to_no_other_machine_in_clear() {
        for (url, used, is_here) in [
            (
                "https://dhis2.example.org",
                "https://dhis2.example.org",
                false,
            ),
            (
                "HTTPS://DHIS2.example.org/",
                "https://dhis2.example.org",
                false,
            ),
            (
                "https://play.example.org/demo/api/",
                "https://play.example.org/demo",
                false,
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", true),
            ("HTTP://127.0.0.1:8080/", "http://127.0.0.1:8080", true),
            ("http://LOCALHOST/dhis", "http://localhost/dhis", true),
            ("http://[::1]:80", "http://[::1]", true),
            ("http://127.1", "http://127.0.0.1", true),
        ] {
            let target = Target::new(url, "d2pat_abc").unwrap();
            assert_eq!(
                (target.url.as_str(), target.is_here),
                (used, is_here),
                "{url}"
            );
        }
        for url in [
            "http://dhis2.example.org",
            "HTTP://dhis2.example.org",
            " hTtP://dhis2.example.org ",
            "http:\\\\dhis2.example.org",
            "http://127.0.0.1@dhis2.example.org",
            "http://localhost:80@dhis2.example.org",
            "https://somebody@dhis2.example.org",
            "http://localhost.example.org",
            "http://192.168.8.10",
            "ftp://example.org",
            "dhis2.example.org",
            "https://",
            "",
            "https://a.example/?x=1",
            "https://a.example/#x",
            "http://127.0.0.1.example.org",
        ] {
            assert!(
                matches!(Target::new(url, "d2pat_abc"), Err(PushError::Address)),
                "{url}"
            );
        }
        assert!(Target::new("https://dhis2.example.org", "\u{feff}d2pat_abc\r\n").is_ok());
        for token in ["", "two words", "d2pat\r\nhost: x", &"x".repeat(201)] {
            assert!(
                matches!(
                    Target::new("https://dhis2.example.org", token),
                    Err(PushError::Token)
                ),
                "{token}"
            );
        }
    }
}
