//! Hostile changes: what admission says to each, and that whatever it accepts loads again.
//!
//! `fixtures/hostile/` holds each hand-made change (`UPDATE_FIXTURES=1` writes them again). Also, real changes are
//! mutated: `VICINITY_MUTANTS` says how many, `VICINITY_SEED` where they start.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test: it reads fixtures and runs on two threads"
)]

#[path = "hostile/crowding.rs"]
mod crowding;
mod histories;
#[path = "hostile/made.rs"]
mod made;
#[path = "hostile/mutating.rs"]
mod mutating;
#[path = "hostile/verdicts.rs"]
mod verdicts;
