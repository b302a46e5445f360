//! The way to a hub over HTTP.

use std::time::Duration;

use ureq::Agent;
use ureq::http::StatusCode;
use vicinity_link::{Answer, Failure, Pin, Ways};
use vicinity_sync::compress::BODY_MAX_BYTES;
use vicinity_sync::message::Refused;
use vicinity_sync::order::WipeOrder;

pub use vicinity_device::link::{Link, LinkFailure};

/// HTTP: over TLS to the holder of a pinned key, or in clear to a hub on this machine.
pub struct HttpLink {
    ways: Ways,
    failed: Vec<Failure>,
    /// Requests posted.
    pub requests: u64,
    /// Bytes of bodies posted.
    pub bytes_up: u64,
    /// Bytes of bodies received.
    pub bytes_down: u64,
}

impl HttpLink {
    /// A link to the server at these hosts and ports that holds the key of one of these pins; without any pin, in clear.
    #[must_use]
    pub fn new(addresses: &[String], pins: &[[u8; 32]]) -> Self {
        let config = Agent::config_builder()
            .user_agent("")
            .accept("")
            .accept_encoding("")
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(Duration::from_secs(60)));
        let pins: Vec<Pin> = pins.iter().copied().map(Pin).collect();
        Self {
            ways: Ways::new(config, &pins, addresses.to_vec()),
            failed: Vec::new(),
            requests: 0,
            bytes_up: 0,
            bytes_down: 0,
        }
    }
}

impl Link for HttpLink {
    fn post(&mut self, path: &str, body: &[u8]) -> Result<Vec<u8>, LinkFailure> {
        self.requests += 1;
        self.bytes_up += body.len() as u64;
        let limit = BODY_MAX_BYTES as u64 + 64 * 1024;
        let Answer {
            status,
            body: answer,
            ..
        } = match self.ways.post(path, body, limit) {
            Ok(answered) => answered,
            Err(failed) => {
                self.failed = failed;
                return Err(if vicinity_link::is_other_key(&self.failed) {
                    LinkFailure::Refused(Refused::OtherKey)
                } else {
                    LinkFailure::Cut
                });
            }
        };
        self.bytes_down += answer.len() as u64;
        if status == StatusCode::OK {
            return Ok(answer);
        }
        if let Some(order) = WipeOrder::of_body(&answer) {
            return Err(LinkFailure::Revoked(order));
        }
        let code = str::from_utf8(&answer).unwrap_or_default();
        Err(LinkFailure::Refused(
            Refused::from_code(code).unwrap_or(Refused::Failed),
        ))
    }

    /// The addresses that did not answer the last request that nobody answered, each with the reason.
    fn failed(&self) -> String {
        vicinity_link::told(&self.failed)
    }
}
