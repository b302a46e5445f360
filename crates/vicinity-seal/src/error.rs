//! Why something is not sealed, or does not open.

use crate::pad::STATEMENT_MAX_BYTES;

/// Why nothing was sealed. Of the statements these say only the place among those that were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key set has neither responders nor a recovery key: nobody could open it.
    #[error("the key set is empty")]
    NoRecipients,
    /// A statement is longer than [`STATEMENT_MAX_BYTES`].
    #[error("statement {at} is longer than {STATEMENT_MAX_BYTES} bytes")]
    TooLarge {
        /// Which of them, from 0.
        at: usize,
    },
    /// A statement has the address of one before it.
    #[error("statement {at} has the address of one before it")]
    SameAddress {
        /// Which of them, from 0.
        at: usize,
    },
    /// `age` did not wrap the batch's key: a key of the set is none.
    #[error("the batch's key could not be wrapped")]
    Wrapping,
}

/// Why a statement does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was sealed to others; or the part of the wrap that was for this opener is damaged, which looks the same.
    #[error("sealed to others")]
    NotForUs,
    /// Something was changed since: the wrap, the wrapped key, the body, or the address.
    #[error("damaged, or not at its address")]
    Damaged,
}
