//! Answers to requests without a proof, at most one query of the store a second.

use tokio::sync::Mutex;
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;

use crate::net::error::ApiError;
use crate::storage::writer::Writer;

/// An answer to requests without a proof, computed at most once a second.
pub(crate) struct OnceASecond<T>(Mutex<Option<(i64, T)>>);

impl<T: Copy + Send + 'static> OnceASecond<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    /// The answer of this second.
    ///
    /// # Errors
    /// What to answer instead; that is not kept.
    pub(crate) async fn get<P: ?Sized + 'static>(
        &self,
        now: Timestamp,
        store: &Writer<P>,
        step: impl FnOnce(&mut P) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ApiError> {
        // Held meanwhile: those who ask at the same moment wait for this answer, and not in the store's queue.
        let mut kept = self.0.lock().await;
        match *kept {
            Some((second, answer)) if second == now.as_second() => Ok(answer),
            _ => {
                let answer = store.step(step).await??;
                *kept = Some((now.as_second(), answer));
                Ok(answer)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::storage::writer::Stored;

    struct Counted(u64);

    impl Stored for Counted {
        type Port = Self;

        fn together(
            &mut self,
            next: &mut dyn FnMut(&mut Self) -> Option<bool>,
        ) -> Result<(), StoreError> {
            while next(self).is_some() {}
            Ok(())
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    async fn ask(kept: &OnceASecond<u64>, store: &Writer<Counted>, second: i64) -> u64 {
        let step = |store: &mut Counted| {
            store.0 += 1;
            Ok(store.0)
        };
        kept.get(at(second), store, step).await.unwrap()
    }

    #[tokio::test]
    async fn however_many_ask_the_store_is_asked_once_a_second() {
        let (kept, (store, thread)) = (Arc::new(OnceASecond::new()), Writer::start(Counted(0)));
        let asking: Vec<_> = (0..500)
            .map(|_| {
                let (kept, store) = (Arc::clone(&kept), store.clone());
                tokio::spawn(async move { ask(&kept, &store, 1).await })
            })
            .collect();
        for one in asking {
            assert_eq!(one.await.unwrap(), 1);
        }
        assert_eq!(ask(&kept, &store, 2).await, 2);
        assert_eq!(
            ask(&kept, &store, 1).await,
            3,
            "a clock that was set back keeps no old answer"
        );
        drop(store);
        thread.join().unwrap();
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let (kept, (store, thread)) = (OnceASecond::new(), Writer::start(Counted(0)));
        assert!(
            kept.get(at(1), &store, |_| Err::<u64, _>(StoreError::RolledBack))
                .await
                .is_err()
        );
        assert_eq!(ask(&kept, &store, 1).await, 1);
        drop(store);
        thread.join().unwrap();
    }
}
