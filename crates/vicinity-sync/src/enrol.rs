//! Enrolment: a link with a one-time code, one request, one answer.
//!
//! The link is opaque to people and scripts. It says where the server listens, and which key it has: whoever follows it
//! talks to the holder of that key or to nobody.

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use vicinity_core::hex;
use vicinity_core::ids::DeviceId;

use crate::compress;
use crate::message::Refused;

/// Where devices enrol.
pub const ENROL_PATH: &str = "/v1/enrol";

const SCHEME: &str = "vicinity:2:";
/// In the place of a pin, for a server without TLS on this machine.
const PLAIN: &str = "plain";

/// An enrolment link.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolLink {
    /// Host and port.
    pub address: String,
    /// The one-time code.
    pub code: [u8; 16],
    /// SHA-256 of the server's public key; `None` for plain HTTP on loopback.
    pub pin: Option<[u8; 32]>,
}

/// A text that is no enrolment link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// Something else.
    #[error("not an enrolment link: expected what `invite` printed, beginning with vicinity:2:")]
    Form,
    /// Without a pin, and to another machine.
    #[error("a link without a pin is good on one machine only: nothing would be encrypted on the way; start the server without --plain-http")]
    Plain,
}

/// Whether an address cannot lead to another machine. A name can.
fn is_loopback(address: &str) -> bool {
    address.parse::<core::net::SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
}

impl EnrolLink {
    /// The link as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let pin = self.pin.map_or_else(|| PLAIN.to_owned(), |pin| hex::write(&pin));
        format!("{SCHEME}{}:{pin}:{}", hex::write(&self.code), self.address)
    }

    /// The link of a text.
    ///
    /// # Errors
    /// Any other text.
    pub fn parse(text: &str) -> Result<Self, BadLink> {
        let mut parts = text.trim().strip_prefix(SCHEME).ok_or(BadLink::Form)?.splitn(3, ':');
        let (Some(code), Some(pin), Some(address)) = (parts.next(), parts.next(), parts.next()) else { return Err(BadLink::Form) };
        let pin = if pin == PLAIN { None } else { Some(hex::read(pin).ok_or(BadLink::Form)?) };
        if address.is_empty() {
            return Err(BadLink::Form);
        }
        if pin.is_none() && !is_loopback(address) {
            return Err(BadLink::Plain);
        }
        Ok(Self { address: address.to_owned(), code: hex::read(code).ok_or(BadLink::Form)?, pin })
    }

    /// What both ends show after an enrolment, so that people can compare it: six digits of the code and of the key that
    /// enrolled with it.
    #[must_use]
    pub fn check_digits(code_hash: &[u8; 32], device_key: &[u8; 32]) -> String {
        let mut hasher = Sha256::new();
        hasher.update(b"vicinity-enrolment-check-v1");
        hasher.update(code_hash);
        hasher.update(device_key);
        let hash: [u8; 32] = hasher.finalize().into();
        let number = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) % 1_000_000;
        format!("{:03} {:03}", number / 1000, number % 1000)
    }

    /// What a server keeps of the code.
    #[must_use]
    pub fn code_hash(code: &[u8; 16]) -> [u8; 32] {
        Sha256::digest(code).into()
    }
}

/// A request to enrol.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct EnrolRequest {
    /// The one-time code.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub code: [u8; 16],
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    device: [u8; 16],
    /// The public key that proves the device's requests from now on.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// The public key that statements are sealed to, should the device become a responder's.
    #[n(3)]
    pub recipient: Option<String>,
}

/// The answer to it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct EnrolAnswer {
    /// The device's number there.
    #[n(0)]
    pub number: u32,
    /// Its role.
    #[n(1)]
    pub role: String,
    /// The key under which survivor codes are hashed, the same on all devices of a hub; empty from national.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub survivor_key: Vec<u8>,
    /// The public key of the hub's signatures: orders to erase and to wipe, key sets; zeros from national.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub hub_key: [u8; 32],
    /// The public key that bundles are encrypted to, `age1…`; empty from national.
    #[n(4)]
    pub bundle_key: String,
    /// The pins of the server's keys, present and next; empty without TLS.
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    pub pins: Vec<u8>,
    /// The name of the hub's time zone; none from national, and where the hub has none.
    #[n(6)]
    pub zone: Option<String>,
}

impl EnrolRequest {
    /// A request.
    #[must_use]
    pub fn new(code: [u8; 16], device: DeviceId, key: [u8; 32]) -> Self {
        Self { code, device: *device.as_bytes(), key, recipient: None }
    }

    /// The same, with the public key that statements are to be sealed to.
    #[must_use]
    pub fn with_recipient(self, recipient: String) -> Self {
        Self { recipient: Some(recipient), ..self }
    }

    /// Who enrols.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        DeviceId::from_bytes(self.device)
    }
}

/// The compressed frame of an enrolment message.
#[must_use]
pub fn encode<T: Encode<()>>(message: &T) -> Vec<u8> {
    crate::uplink::encode(message)
}

/// The message of a compressed frame.
///
/// # Errors
/// Any other bytes.
pub fn decode<T: for<'b> Decode<'b, ()>>(body: &[u8]) -> Result<T, Refused> {
    if body.len() > 1024 || compress::inflate(body).is_err() {
        return Err(Refused::Malformed);
    }
    crate::uplink::decode(body)
}
