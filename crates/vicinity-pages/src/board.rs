//! A hub's board: who needs help now, and what is done.
