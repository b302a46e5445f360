//! Whether a server's files are what was written. Every page of them is looked at: before a server says that it is ready
//! where that is a matter of a moment, and else right after, which ends the server if a page is damaged.
//!
//! Looking takes some 0.3 seconds for 100 MB that the system has in memory; reading them from a slow disk takes longer.

use std::future::Future;
use std::path::Path;

use tokio::sync::oneshot;
use vicinity_store::StoreError;
use vicinity_store::error::Damage;

use crate::hub::ServeError;

/// Bytes of the largest file that is looked at before a server is ready: some 0.2 seconds.
const AT_START_MAX_BYTES: u64 = 64 << 20;

/// Whether a file is looked at before its server is ready.
#[must_use]
pub fn is_looked_at_first(path: &Path) -> bool {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len()) <= AT_START_MAX_BYTES
}

/// Refuses damaged files; all of them stand in the log.
///
/// # Errors
/// The first of them.
pub fn refuse(damaged: impl IntoIterator<Item = Damage>) -> Result<(), StoreError> {
    let mut first = None;
    for damage in damaged {
        tracing::error!(%damage, "damaged");
        first = first.or(Some(damage));
    }
    first.map_or(Ok(()), |damage| Err(damage.into()))
}

/// Looks at a large file on a thread of its own, while its server serves. What comes out of it comes only if there is damage.
pub fn look_beside(path: &Path, look: impl FnOnce() -> Result<Option<Damage>, StoreError> + Send + 'static) -> oneshot::Receiver<StoreError> {
    let (found, told) = oneshot::channel();
    if !is_looked_at_first(path) {
        std::thread::spawn(move || {
            if let Err(error) = look().and_then(refuse) {
                // Nobody listens any more to a server that ends.
                found.send(error).ok();
            }
        });
    }
    told
}

/// Ends a server when it is told to, or when damage is found: what to wait for, and where the damage is then.
pub fn or_damage(shutdown: impl Future<Output = ()>, told: oneshot::Receiver<StoreError>) -> (impl Future<Output = ()>, oneshot::Receiver<StoreError>) {
    let (ending, ended) = oneshot::channel();
    let either = async move {
        let damage = async {
            match told.await {
                Ok(error) => error,
                // All is whole, or it was looked at before.
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shutdown => {}
            error = damage => drop(ending.send(error)),
        }
    };
    (either, ended)
}

/// How a server ended.
///
/// # Errors
/// Damage.
pub fn outcome(mut ended: oneshot::Receiver<StoreError>) -> Result<(), ServeError> {
    ended.try_recv().map_or(Ok(()), |error| Err(error.into()))
}
