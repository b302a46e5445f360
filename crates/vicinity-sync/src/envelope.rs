//! The envelope of a request: which device, which of its lives, which request, and the proof.
//!
//! The proof is an HMAC-SHA256 under a secret that only the device and its hub know, over everything that says what
//! the request is. It is a byte string of any length up to 128, so that a signature can take its place.

use hmac::{Hmac, KeyInit, Mac};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use vicinity_core::ids::DeviceId;

/// What separates these proofs from every other use of the secret.
const DOMAIN: &[u8] = b"vicinity-request-v1";
/// Bytes of the longest proof.
pub const PROOF_MAX_BYTES: usize = 128;

/// A sealed request.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Envelope {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    device: [u8; 16],
    /// Random, anew whenever the device finds that it was restored or cloned.
    #[n(1)]
    pub incarnation: u64,
    /// Strictly rising within an incarnation.
    #[n(2)]
    pub counter: u64,
    /// The proof.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub proof: Vec<u8>,
    /// The compressed frame.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub body: Vec<u8>,
}

/// Bytes that are no envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request is no envelope")]
pub struct BadEnvelope;

impl Envelope {
    /// Seals a body.
    #[must_use]
    pub fn seal(secret: &[u8; 32], path: &str, device: DeviceId, incarnation: u64, counter: u64, body: Vec<u8>) -> Self {
        let proof = mac(secret, path, device, incarnation, counter, &body).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
        Self { device: *device.as_bytes(), incarnation, counter, proof, body }
    }

    /// Whose it claims to be.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        DeviceId::from_bytes(self.device)
    }

    /// Whether the proof is the device's, for this path.
    #[must_use]
    pub fn is_proven(&self, secret: &[u8; 32], path: &str) -> bool {
        mac(secret, path, self.device(), self.incarnation, self.counter, &self.body).is_some_and(|mac| mac.verify_slice(&self.proof).is_ok())
    }

    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.body.len() + 96);
        if minicbor::encode(self, &mut bytes).is_err() {
            bytes.clear();
        }
        bytes
    }

    /// The envelope of the bytes.
    ///
    /// # Errors
    /// Any other bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadEnvelope> {
        let envelope: Self = minicbor::decode(bytes).map_err(|_| BadEnvelope)?;
        if envelope.proof.len() > PROOF_MAX_BYTES { Err(BadEnvelope) } else { Ok(envelope) }
    }
}

fn mac(secret: &[u8; 32], path: &str, device: DeviceId, incarnation: u64, counter: u64, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(DOMAIN);
    mac.update(b"POST");
    mac.update(&(path.len() as u64).to_be_bytes());
    mac.update(path.as_bytes());
    mac.update(device.as_bytes());
    mac.update(&incarnation.to_be_bytes());
    mac.update(&counter.to_be_bytes());
    mac.update(&Sha256::digest(body));
    Some(mac)
}
