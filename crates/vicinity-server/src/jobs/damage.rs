//! Whether a server's files are what was written. Every page of them is checked: before a server says that it is ready
//! where that is a matter of a moment, and else right after, which ends the server if a page is damaged. A file that was found
//! damaged so is marked, and looked at before the next start: no server that is started again and again serves from it.
//!
//! Looking takes some 0.4 seconds for 100 MB that the system has in memory; reading them from a slow disk takes longer.

use std::future::Future;
use std::path::{Path, PathBuf};

use tokio::sync::oneshot;
use vicinity_store::StoreError;
use vicinity_store::error::Damage;

/// Bytes of the largest file that is checked before a server is ready: some 0.1 seconds on two quiet cores.
const AT_START_MAX_BYTES: u64 = 32 << 20;

/// Whether a file is checked before its server is ready.
fn is_looked_at_first(path: &Path) -> bool {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len()) <= AT_START_MAX_BYTES
        || mark(path).exists()
}

/// An empty file beside one that was found damaged while its server served.
fn mark(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-damaged");
    name.into()
}

/// Looks at a file before its server is ready, unless it is a large one that nothing is known of.
///
/// # Errors
/// What the look says.
pub fn look_first(
    path: &Path,
    look: impl FnOnce() -> Result<Option<Damage>, StoreError>,
) -> Result<Option<Damage>, StoreError> {
    if !is_looked_at_first(path) {
        return Ok(None);
    }
    let found = look()?;
    if found.is_none() {
        // Mostly there is none. One that stays costs the next start a moment.
        std::fs::remove_file(mark(path)).ok();
    }
    Ok(found)
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
pub fn look_beside(
    path: &Path,
    look: impl FnOnce() -> Result<Option<Damage>, StoreError> + Send + 'static,
) -> oneshot::Receiver<StoreError> {
    let (found, told) = oneshot::channel();
    if !is_looked_at_first(path) {
        let mark = mark(path);
        std::thread::spawn(move || {
            if let Err(error) = look().and_then(refuse) {
                if matches!(error, StoreError::DamagedFile(_)) {
                    // Where it cannot be written the next server serves for a moment, too.
                    std::fs::write(mark, []).ok();
                }
                // Nobody listens any more to a server that ends.
                found.send(error).ok();
            }
        });
    }
    told
}

/// A shutdown that also comes when damage is found, and a receiver of that damage.
pub fn or_damage(
    shutdown: impl Future<Output = ()>,
    told: oneshot::Receiver<StoreError>,
) -> (impl Future<Output = ()>, oneshot::Receiver<StoreError>) {
    let (ending, ended) = oneshot::channel();
    let either = async move {
        let damage = async {
            match told.await {
                Ok(error) => error,
                // All is whole, or it was checked before.
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
pub fn outcome(mut ended: oneshot::Receiver<StoreError>) -> Result<(), StoreError> {
    ended.try_recv().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damage() -> Damage {
        Damage {
            kind: "the hub's database",
            path: "hub.db".to_owned(),
            advice: "restore the newest backup",
        }
    }

    /// A file of that many bytes, none of them written.
    fn file(bytes: u64) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(bytes).expect("a length");
        file
    }

    #[tokio::test]
    async fn damage_of_a_large_file_ends_the_server_that_serves_already() {
        let large = file(AT_START_MAX_BYTES + 1);
        assert!(!is_looked_at_first(large.path()));
        let (shutdown, ended) = or_damage(
            std::future::pending(),
            look_beside(large.path(), || Ok(Some(damage()))),
        );
        shutdown.await;
        assert!(matches!(outcome(ended), Err(StoreError::DamagedFile(found)) if found == damage()));

        assert_eq!(
            look_first(large.path(), || Ok(Some(damage()))).unwrap(),
            Some(damage()),
            "the next start looks first"
        );
        assert_eq!(
            look_first(large.path(), || Ok(Some(damage()))).unwrap(),
            Some(damage()),
            "each of them"
        );
        assert_eq!(
            look_first(large.path(), || Ok(None)).unwrap(),
            None,
            "until it is whole"
        );
        assert!(!mark(large.path()).exists());
        assert_eq!(
            look_first(large.path(), || Ok(Some(damage()))).unwrap(),
            None,
            "it is looked at later again"
        );
    }

    #[tokio::test]
    async fn a_whole_file_ends_nothing_and_a_small_one_is_looked_at_before() {
        let (large, small) = (file(AT_START_MAX_BYTES + 1), file(AT_START_MAX_BYTES));
        assert!(is_looked_at_first(small.path()));
        for told in [
            look_beside(large.path(), || Ok(None)),
            look_beside(small.path(), || Ok(Some(damage()))),
        ] {
            let (shutdown, ended) = or_damage(async {}, told);
            shutdown.await;
            assert!(outcome(ended).is_ok());
        }
    }

    #[test]
    fn all_damage_is_refused_by_its_first() {
        assert!(refuse([]).is_ok());
        assert!(
            matches!(refuse([damage()]), Err(StoreError::DamagedFile(found)) if found == damage())
        );
    }
}
