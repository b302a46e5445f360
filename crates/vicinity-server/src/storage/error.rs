//! Why a server does not open its folder, or does not serve.

use vicinity_store::StoreError;

use crate::net::tls::TlsError;
use crate::storage::keyring::KeyringError;

/// Why a server does not start or run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The TLS keys, or the addresses.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The network.
    #[error("serving failed")]
    Io(#[from] std::io::Error),
    /// The upstream link.
    #[error("--upstream")]
    Upstream(#[from] vicinity_sync::enrol::BadLink),
}
