//! Whether a server's files are what was written. Every page of them is looked at: before a server says that it is ready
//! where that is a matter of a moment, and else right after, which ends the server if a page is damaged.
//!
//! Looking takes some 0.4 seconds for 100 MB that the system has in memory; reading them from a slow disk takes longer.

use std::future::Future;
use std::path::Path;

use tokio::sync::oneshot;
use vicinity_store::StoreError;
use vicinity_store::error::Damage;

use crate::hub::ServeError;

/// Bytes of the largest file that is looked at before a server is ready: some 0.1 seconds on two quiet cores.
const AT_START_MAX_BYTES: u64 = 32 << 20;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn damage() -> Damage {
        Damage { kind: "the hub's database", path: "hub.db".to_owned(), advice: "restore the newest backup" }
    }

    /// A file of so many bytes, none of them written.
    fn file(bytes: u64) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(bytes).expect("a length");
        file
    }

    #[tokio::test]
    async fn damage_of_a_large_file_ends_the_server_that_serves_already() {
        let large = file(AT_START_MAX_BYTES + 1);
        assert!(!is_looked_at_first(large.path()));
        let (shutdown, ended) = or_damage(std::future::pending(), look_beside(large.path(), || Ok(Some(damage()))));
        shutdown.await;
        assert!(matches!(outcome(ended), Err(ServeError::Store(StoreError::DamagedFile(found))) if found == damage()));
    }

    #[tokio::test]
    async fn a_whole_file_ends_nothing_and_a_small_one_is_looked_at_before() {
        let (large, small) = (file(AT_START_MAX_BYTES + 1), file(AT_START_MAX_BYTES));
        assert!(is_looked_at_first(small.path()));
        for told in [look_beside(large.path(), || Ok(None)), look_beside(small.path(), || Ok(Some(damage())))] {
            let (shutdown, ended) = or_damage(async {}, told);
            shutdown.await;
            assert!(outcome(ended).is_ok());
        }
    }

    #[test]
    fn all_damage_is_refused_by_its_first() {
        assert!(refuse([]).is_ok());
        assert!(matches!(refuse([damage()]), Err(StoreError::DamagedFile(found)) if found == damage()));
    }
}
