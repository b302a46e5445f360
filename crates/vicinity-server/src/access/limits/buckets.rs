//! One rate for many who are counted apart, in bounded memory. Pure.

use std::collections::BTreeMap;

use vicinity_core::time::Timestamp;

use super::{Bucket, Rate, Spent};

/// Those who are remembered.
pub(super) const KEYS_MAX: usize = 4096;

/// What is left of a rate to each.
#[derive(Debug, Clone)]
pub struct Buckets<K> {
    rate: Rate,
    of: BTreeMap<K, Bucket>,
}

impl<K: Ord + Copy> Buckets<K> {
    /// Full ones.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            of: BTreeMap::new(),
        }
    }

    /// Whether one is left to somebody; takes nothing.
    ///
    /// # Errors
    /// When it would be.
    pub fn look(&mut self, key: K, now: Timestamp) -> Result<(), Spent> {
        self.of
            .get_mut(&key)
            .map_or(Ok(()), |bucket| bucket.look(self.rate, 1, now))
    }

    /// Takes one, if any is left.
    pub fn take(&mut self, key: K, now: Timestamp) {
        if self.of.len() >= KEYS_MAX && !self.of.contains_key(&key) {
            self.forget_one(now);
        }
        let bucket = self
            .of
            .entry(key)
            .or_insert_with(|| Bucket::full(self.rate, now));
        // Spent already: there is nothing more to take.
        bucket.take(self.rate, 1, now).ok();
    }

    /// Forgets those who have nothing to pay off, or else the one that has least.
    fn forget_one(&mut self, now: Timestamp) {
        let (rate, full) = (self.rate, Bucket::full(self.rate, now));
        self.of
            .values_mut()
            .for_each(|bucket| bucket.refill(rate, now));
        self.of.retain(|_, bucket| bucket.level < full.level);
        if self.of.len() >= KEYS_MAX
            && let Some(least) = self
                .of
                .iter()
                .max_by_key(|(_, bucket)| bucket.level)
                .map(|(key, _)| *key)
        {
            self.of.remove(&least);
        }
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.of.len()
    }
}
