//! The way to a hub.

use std::time::Duration;

use ureq::Agent;
use ureq::http::StatusCode;
use vicinity_link::Pin;
use vicinity_sync::compress::BODY_MAX_BYTES;
use vicinity_sync::message::Refused;
use vicinity_sync::order::WipeOrder;

/// Why a post brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFailure {
    /// The other side refused.
    Refused(Refused),
    /// The other side says that this device was revoked, and orders it to wipe itself; the order is not checked yet.
    Revoked(WipeOrder),
    /// The link was cut: whether the request arrived is not known.
    Cut,
}

/// A way to post a request and get its answer.
pub trait Link {
    /// Posts a body to a path.
    ///
    /// # Errors
    /// A refusal or a cut.
    fn post(&mut self, path: &str, body: &[u8]) -> Result<Vec<u8>, LinkFailure>;
}

/// HTTP: over TLS to the holder of a pinned key, or in clear to a hub on this machine.
pub struct HttpLink {
    agent: Agent,
    base: String,
    /// Requests posted.
    pub requests: u64,
    /// Bytes of bodies posted.
    pub bytes_up: u64,
    /// Bytes of bodies received.
    pub bytes_down: u64,
}

impl HttpLink {
    /// A link to a host and port, to whoever holds the key of one of these pins; without any in clear.
    #[must_use]
    pub fn new(address: &str, pins: &[[u8; 32]]) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent("")
            .accept("")
            .accept_encoding("")
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        let base = if !pins.is_empty() { format!("https://{address}") } else { format!("http://{address}") };
        let pins: Vec<Pin> = pins.iter().copied().map(Pin).collect();
        Self { agent: vicinity_link::agent(config, &pins), base, requests: 0, bytes_up: 0, bytes_down: 0 }
    }
}

impl Link for HttpLink {
    fn post(&mut self, path: &str, body: &[u8]) -> Result<Vec<u8>, LinkFailure> {
        self.requests += 1;
        self.bytes_up += body.len() as u64;
        let cut = |error: ureq::Error| {
            if vicinity_link::is_other_key(&error) { LinkFailure::Refused(Refused::OtherKey) } else { LinkFailure::Cut }
        };
        let mut response = self.agent.post(format!("{}{path}", self.base)).send(body).map_err(cut)?;
        let limit = BODY_MAX_BYTES as u64 + 64 * 1024;
        let answer = response.body_mut().with_config().limit(limit).read_to_vec().map_err(cut)?;
        self.bytes_down += answer.len() as u64;
        if response.status() == StatusCode::OK {
            return Ok(answer);
        }
        if let Some(order) = WipeOrder::of_body(&answer) {
            return Err(LinkFailure::Revoked(order));
        }
        let code = str::from_utf8(&answer).unwrap_or_default();
        Err(LinkFailure::Refused(Refused::from_code(code).unwrap_or(Refused::Failed)))
    }
}
