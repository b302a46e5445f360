//! The server's end: a key of its own, and a certificate that says nothing but this key.

use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, KeyPair, PublicKeyData};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::TLS13;

use crate::pin::Pin;

/// A server's key. It is in the server's encrypted database and nowhere else.
pub struct ServerKey(KeyPair);

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The stored key is not one.
    #[error("the server's TLS key is damaged")]
    Key,
    /// No certificate could be made of it.
    #[error("the server's certificate cannot be made")]
    Certificate,
}

impl ServerKey {
    /// A new key, of the system's randomness.
    ///
    /// # Errors
    /// The system gives none.
    pub fn generate() -> Result<Self, IdentityError> {
        KeyPair::generate()
            .map(Self)
            .map_err(|_| IdentityError::Key)
    }

    /// The key as it is kept: PKCS #8, DER.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.serialize_der()
    }

    /// The key of these bytes.
    ///
    /// # Errors
    /// Any other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IdentityError> {
        KeyPair::try_from(bytes)
            .map(Self)
            .map_err(|_| IdentityError::Key)
    }

    /// What enrolment links carry of it.
    #[must_use]
    pub fn pin(&self) -> Pin {
        Pin::of(&self.0.subject_public_key_info())
    }

    /// TLS 1.3 with this key and a certificate without a name, made at each start.
    ///
    /// # Errors
    /// No certificate could be made.
    pub fn config(&self) -> Result<Arc<ServerConfig>, IdentityError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        let certificate = params
            .self_signed(&self.0)
            .map_err(|_| IdentityError::Certificate)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.to_bytes()));
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_protocol_versions(&[&TLS13])
                .map_err(|_| IdentityError::Certificate)?
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], key)
                .map_err(|_| IdentityError::Certificate)?;
        Ok(Arc::new(config))
    }
}
