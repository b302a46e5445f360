//! The mark of a list: what two sides compare to know whether they hold the same.

use sha2::{Digest, Sha256};

/// The same for the same entries in any order, 0 for none. `absorb` gives an entry to the hash, unambiguously.
pub(crate) fn of<T: Ord>(domain: &[u8], list: &[T], absorb: impl Fn(&mut Sha256, &T)) -> u64 {
    if list.is_empty() {
        return 0;
    }
    let mut sorted: Vec<&T> = list.iter().collect();
    sorted.sort();
    let mut hasher = Sha256::new();
    hasher.update(domain);
    sorted
        .into_iter()
        .for_each(|entry| absorb(&mut hasher, entry));
    let hash: [u8; 32] = hasher.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    // 0 is the empty list's.
    u64::from_be_bytes(first).max(1)
}

/// A text with its length before it.
pub(crate) fn text(hasher: &mut Sha256, text: &str) {
    hasher.update((text.len() as u64).to_be_bytes());
    hasher.update(text);
}
