//! What sums follow from others.

use std::cell::Cell;

/// A prime. Elimination by remainders is exact where no determinant of whole numbers of the sums is a multiple of it: with
/// coefficients of 0 and 1 and 36 terms or fewer, determinants are smaller than it (Hadamard's bound). With more terms a
/// mistake would need every one of the largest determinants to be a multiple of just this number.
const PRIME: u64 = (1 << 61) - 1;

/// All sums that follow from some: by adding them, taking them from each other, and taking multiples and parts of them.
pub struct Span {
    /// At each term the sum that begins with it, once.
    sums: Vec<Option<Vec<u64>>>,
    /// Terms that were looked at or worked on.
    work: Cell<u64>,
}

impl Span {
    /// Nothing, of that many terms.
    pub fn new(terms: usize) -> Self {
        Self {
            sums: vec![None; terms],
            work: Cell::new(0),
        }
    }

    /// A coefficient and one more, or one less.
    pub fn plus(coefficient: u64, is_plus: bool) -> u64 {
        rest(u128::from(coefficient) + u128::from(if is_plus { 1 } else { PRIME - 1 }))
    }

    /// How many terms were looked at or worked on so far.
    pub fn work(&self) -> u64 {
        self.work.get()
    }

    /// Takes a sum in.
    pub fn add(&mut self, mut sum: Vec<u64>) {
        if let Some(first) = self.reduce(&mut sum) {
            let by = inverse(sum[first]);
            sum.iter_mut().for_each(|value| *value = times(*value, by));
            self.sums[first] = Some(sum);
        }
    }

    /// Whether a sum follows.
    pub fn gives(&self, mut sum: Vec<u64>) -> bool {
        self.reduce(&mut sum).is_none()
    }

    /// Takes from a sum all that is known. Gives the first term that stays.
    fn reduce(&self, sum: &mut [u64]) -> Option<usize> {
        let terms = sum.len();
        self.work.set(self.work.get() + terms as u64);
        for term in 0..terms {
            if sum[term] == 0 {
                continue;
            }
            let known = self.sums[term].as_ref();
            let Some(known) = known else {
                return Some(term);
            };
            self.work.set(self.work.get() + (terms - term) as u64);
            let by = PRIME - sum[term];
            sum.iter_mut()
                .zip(known)
                .skip(term)
                .for_each(|(value, of)| {
                    *value = rest(u128::from(*value) + u128::from(by) * u128::from(*of))
                });
        }
        None
    }
}

/// What is left of a number of 122 bits at most, by the prime: 2 to the 61st counts as 1.
fn rest(value: u128) -> u64 {
    let once = (value & u128::from(PRIME)) as u64 + (value >> 61) as u64;
    if once >= PRIME { once - PRIME } else { once }
}

fn times(a: u64, b: u64) -> u64 {
    rest(u128::from(a) * u128::from(b))
}

/// By what a number has to be multiplied to give 1: its power to the prime less 2.
fn inverse(of: u64) -> u64 {
    let (mut inverse, mut square, mut left) = (1, of, PRIME - 2);
    while left > 0 {
        if left & 1 == 1 {
            inverse = times(inverse, square);
        }
        square = times(square, square);
        left >>= 1;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_times_its_inverse_is_one() {
        for number in [1, 2, 3, 10, PRIME - 1, PRIME / 2] {
            assert_eq!(times(number, inverse(number)), 1, "{number}");
        }
    }

    #[test]
    fn a_sum_follows_from_others_or_does_not() {
        let mut span = Span::new(4);
        for sum in [vec![1, 1, 0, 0], vec![0, 1, 1, 0], vec![1, 0, 1, 0]] {
            assert!(!span.gives(sum.clone()));
            span.add(sum);
        }
        assert!(
            span.gives(vec![0, 0, 1, 0]) && span.gives(vec![3, 2, 1, 0]) && span.gives(vec![0; 4])
        );
        assert!(!span.gives(vec![0, 0, 1, 1]));
    }
}
