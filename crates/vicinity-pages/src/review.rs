//! The national review: what changed, the picture, and what follows from it.
