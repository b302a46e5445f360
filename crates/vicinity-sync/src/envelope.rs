//! The envelope of a request: which device, which of its lives, which request, and the proof.
//!
//! The proof is an Ed25519 signature over everything that says what the request is. Only the device has the secret: a
//! stored envelope is evidence against anybody, the hub included, who says that the device sent something else.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use vicinity_core::ids::{DeviceId, ORDINAL_MAX};

/// What separates these proofs from every other use of the key.
const DOMAIN: &[u8] = b"vicinity-request-v2";
/// Bytes of a proof.
pub const PROOF_BYTES: usize = 64;

/// The public key of a secret: what the other side keeps of it.
#[must_use]
pub fn public_key(secret: &[u8; 32]) -> [u8; 32] {
    SigningKey::from_bytes(secret).verifying_key().to_bytes()
}

/// A sealed request.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Envelope {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    device: [u8; 16],
    /// Random, drawn again whenever the device finds that it was restored or cloned.
    #[n(1)]
    pub incarnation: u64,
    /// Strictly rising within an incarnation, up to [`ORDINAL_MAX`].
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
    /// Seals a body with the device's secret.
    #[must_use]
    pub fn seal(
        secret: &[u8; 32],
        path: &str,
        device: DeviceId,
        incarnation: u64,
        counter: u64,
        body: Vec<u8>,
    ) -> Self {
        let proof = SigningKey::from_bytes(secret)
            .sign(&signed(path, device, incarnation, counter, &body))
            .to_bytes()
            .to_vec();
        Self {
            device: *device.as_bytes(),
            incarnation,
            counter,
            proof,
            body,
        }
    }

    /// An envelope that was taken apart.
    #[must_use]
    pub fn from_parts(
        device: DeviceId,
        incarnation: u64,
        counter: u64,
        proof: Vec<u8>,
        body: Vec<u8>,
    ) -> Self {
        Self {
            device: *device.as_bytes(),
            incarnation,
            counter,
            proof,
            body,
        }
    }

    /// Whose it claims to be.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        DeviceId::from_bytes(self.device)
    }

    /// Whether the proof is of the device with this public key, for this path.
    #[must_use]
    pub fn is_proven(&self, key: &[u8; 32], path: &str) -> bool {
        let (Ok(key), Ok(proof)) = (
            VerifyingKey::from_bytes(key),
            Signature::from_slice(&self.proof),
        ) else {
            return false;
        };
        // Strict: a signature that some libraries take and others do not is no evidence.
        key.verify_strict(
            &signed(
                path,
                self.device(),
                self.incarnation,
                self.counter,
                &self.body,
            ),
            &proof,
        )
        .is_ok()
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
        if envelope.proof.len() != PROOF_BYTES || envelope.counter > ORDINAL_MAX {
            Err(BadEnvelope)
        } else {
            Ok(envelope)
        }
    }
}

fn signed(path: &str, device: DeviceId, incarnation: u64, counter: u64, body: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(128 + path.len());
    text.extend_from_slice(DOMAIN);
    text.extend_from_slice(b"POST");
    text.extend_from_slice(&(path.len() as u64).to_be_bytes());
    text.extend_from_slice(path.as_bytes());
    text.extend_from_slice(device.as_bytes());
    text.extend_from_slice(&incarnation.to_be_bytes());
    text.extend_from_slice(&counter.to_be_bytes());
    text.extend_from_slice(&Sha256::digest(body));
    text
}
