//! A server's key and address, as its links name them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio_rustls::rustls::ServerConfig;
pub use vicinity_link::Pin;
use vicinity_link::{IdentityError, ServerKey};
use vicinity_store::StoreError;
use vicinity_sync::pins::Pins;

use crate::net::network::{Address, Network};
use crate::settings::Settings;

/// The setting under which a server keeps its addresses, for the links it prints.
pub const ADDRESS: &str = "address";
/// The setting under which a server keeps where browsers go, one a line.
pub const BASES: &str = "bases";
/// The setting under which a server keeps the pins of its keys, present and next, for its links and its clients; empty for
/// plain HTTP.
pub const PINS: &str = "pins";
/// The setting under which a server keeps its keys.
const KEYS: &str = "tls_keys";

/// Why a server's keys or addresses are not to be had.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The TLS key cannot be read or made.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Never served with TLS.
    #[error("this server never ran with TLS: it has no key to change")]
    NoKey,
    /// Never served, so its address is unknown.
    #[error("this server never ran, so its address is not known; start it first")]
    NoAddress,
    /// Listens on every address of a machine that has none which others reach.
    #[error(
        "this server listens on every address of its machine, and none of them leads here from elsewhere: start it with --public NAME:PORT"
    )]
    NotReached,
}

/// A server's keys, in one setting: they change together or not at all.
#[derive(Serialize, Deserialize)]
struct Keys {
    current: Vec<u8>,
    next: Vec<u8>,
    /// Whether the next start makes the next key the current one.
    rotates: bool,
}

impl Keys {
    fn read(store: &mut dyn Settings) -> Result<Option<Self>, TlsError> {
        let Some(kept) = store.get(KEYS)? else {
            return Ok(None);
        };
        Ok(Some(
            serde_json::from_slice(&kept).map_err(|_| IdentityError::Key)?,
        ))
    }

    fn write(&self, store: &mut dyn Settings) -> Result<(), TlsError> {
        Ok(store.set(
            KEYS,
            &serde_json::to_vec(self).map_err(|_| IdentityError::Key)?,
        )?)
    }
}

/// Records where a server is reached and with which keys, for its links; the keys are made the first time, and move on after [`rotate`]. Gives the pin and
/// what TLS needs; neither for plain HTTP.
///
/// # Errors
/// The store or the key.
pub fn announce(
    store: &mut dyn Settings,
    network: &Network,
    plain_http: bool,
) -> Result<(Option<Pin>, Option<Arc<ServerConfig>>), TlsError> {
    store.set(ADDRESS, Address::join(network.links(plain_http)).as_bytes())?;
    store.set(BASES, network.bases(plain_http).join("\n").as_bytes())?;
    if plain_http {
        store.set(PINS, &[])?;
        return Ok((None, None));
    }
    let fresh = || Ok::<_, TlsError>(ServerKey::generate()?.to_bytes());
    let keys = match Keys::read(store)? {
        Some(keys) if !keys.rotates => keys,
        Some(keys) => Keys {
            current: keys.next,
            next: fresh()?,
            rotates: false,
        },
        None => Keys {
            current: fresh()?,
            next: fresh()?,
            rotates: false,
        },
    };
    keys.write(store)?;
    let (key, next) = (
        ServerKey::from_bytes(&keys.current)?,
        ServerKey::from_bytes(&keys.next)?,
    );
    store.set(
        PINS,
        &Pins {
            current: key.pin().0,
            next: next.pin().0,
        }
        .to_bytes(),
    )?;
    Ok((Some(key.pin()), Some(key.config()?)))
}

/// Has the next start make the next key the current one, and a new next one. Who knows the pins of today follows.
///
/// # Errors
/// The store, or a server that never ran with TLS.
pub fn rotate(store: &mut dyn Settings) -> Result<(), TlsError> {
    let keys = Keys::read(store)?.ok_or(TlsError::NoKey)?;
    Keys {
        rotates: true,
        ..keys
    }
    .write(store)
}

/// The addresses and the pin that were recorded.
///
/// # Errors
/// The server never ran, or its address is unknown.
pub fn announced(
    addresses: Option<Vec<u8>>,
    pins: Option<Vec<u8>>,
) -> Result<(Vec<Address>, Option<[u8; 32]>), TlsError> {
    let (addresses, pins) = addresses.zip(pins).ok_or(TlsError::NoAddress)?;
    let addresses = Address::split(str::from_utf8(&addresses).unwrap_or_default())
        .map_err(|_| TlsError::NotReached)?;
    Ok((addresses, Pins::of_bytes(&pins).map(|pins| pins.current)))
}

/// Where browsers go, as it was recorded.
///
/// # Errors
/// As [`announced`].
pub fn bases(bases: Option<Vec<u8>>) -> Result<Vec<String>, TlsError> {
    let bases = bases
        .and_then(|bases| String::from_utf8(bases).ok())
        .ok_or(TlsError::NoAddress)?;
    let bases: Vec<String> = bases.lines().map(str::to_owned).collect();
    if bases.is_empty() {
        Err(TlsError::NotReached)
    } else {
        Ok(bases)
    }
}

/// The pins for a client that knows those with this mark: `None` if it knows these, or there are none.
#[must_use]
pub fn news(pins: Option<Vec<u8>>, known: u32) -> Option<Vec<u8>> {
    let pins = Pins::of_bytes(&pins?)?;
    (Pins::mark(Some(pins)) != known).then(|| pins.to_bytes())
}
