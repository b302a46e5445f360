//! A responder's key pair: an `age` X25519 identity and its recipient.

use core::fmt;

use age::secrecy::ExposeSecret;
use curve25519_dalek::montgomery::MontgomeryPoint;
use ed25519_dalek::SigningKey;
use minicbor::{CborLen, Decode, Decoder, Encode, decode};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What separates the seed of a signing key from every other hash of a secret.
const SIGNING_DOMAIN: &[u8] = b"vicinity-recovery-signing-v1";

/// A private key that opens statements. Stays on a responder's device, or on paper for recovery; no copy is made but by
/// [`Opener::to_secret_string`], and the key is wiped when this is dropped.
pub struct Opener(age::x25519::Identity);

/// A text that is no private key. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a private key: expected a text beginning with AGE-SECRET-KEY-1")]
pub struct BadOpener;

impl Opener {
    /// A new key, from the operating system's randomness.
    ///
    /// # Panics
    /// If the operating system gives none.
    #[must_use]
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    /// The key as text, `AGE-SECRET-KEY-1…`, which any `age` program reads. For the device's key store or for paper.
    #[must_use]
    pub fn to_secret_string(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_string().expose_secret().to_owned())
    }

    /// The key of a text; spaces and line ends around it are no part of it.
    ///
    /// # Errors
    /// Any other text.
    pub fn from_secret_string(text: &str) -> Result<Self, BadOpener> {
        text.trim().parse().map(Self).map_err(|_| BadOpener)
    }

    /// The public half.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public().to_string())
    }

    /// The signing key of a recovery key: of the same secret, so that one paper holds both.
    #[must_use]
    pub fn signing_key(&self) -> SigningKey {
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(
            Sha256::new()
                .chain_update(SIGNING_DOMAIN)
                .chain_update(self.to_secret_string().as_bytes())
                .finalize()
                .into(),
        );
        SigningKey::from_bytes(&seed)
    }

    pub(crate) fn identity(&self) -> &dyn age::Identity {
        &self.0
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener(redacted)")
    }
}

/// A public key that statements are sealed to, `age1…`. Always one that `age` accepts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipient(String);

/// A text that is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a public key: expected a text beginning with age1")]
pub struct BadRecipient;

impl Recipient {
    /// The key of a text; spaces and line ends around it are no part of it.
    ///
    /// # Errors
    /// Any other text, and keys of low order: what is sealed to one anybody opens, and `age` panics at it.
    pub fn parse(text: &str) -> Result<Self, BadRecipient> {
        let key: age::x25519::Recipient = text.trim().parse().map_err(|_| BadRecipient)?;
        let canonical = key.to_string();
        let (_, bytes) = bech32::decode(&canonical).map_err(|_| BadRecipient)?;
        let point = MontgomeryPoint(bytes.try_into().map_err(|_| BadRecipient)?);
        // Clamping makes every scalar a multiple of eight, which takes the points of low order, and only those, to zero.
        if point.mul_clamped([0; 32]).to_bytes() == [0; 32] {
            Err(BadRecipient)
        } else {
            Ok(Self(canonical))
        }
    }

    pub(crate) fn age(&self) -> Option<age::x25519::Recipient> {
        self.0.parse().ok()
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<C> Encode<C> for Recipient {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.0)?.ok()
    }
}

impl<C> CborLen<C> for Recipient {
    fn cbor_len(&self, context: &mut C) -> usize {
        self.0.cbor_len(context)
    }
}

impl<'b, C> Decode<'b, C> for Recipient {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let text = d.str()?;
        // One text for one key: a set that is read and written again is the same set.
        Self::parse(text)
            .ok()
            .filter(|key| key.0 == text)
            .ok_or(decode::Error::message("not a public key"))
    }
}
