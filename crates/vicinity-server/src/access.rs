//! Who may do what, and how much of it.
//!
//! Reading order: [`gate`] (every request passes it), [`session`] (people at browsers), [`limits`], [`budget`] and [`shares`] (how
//! much), [`once_a_second`], [`page_error`], [`people`] and [`invites`] (who is accepted at all).

pub mod budget;
pub mod gate;
pub mod invites;
pub mod limits;
pub mod once_a_second;
pub mod page_error;
pub mod people;
pub mod session;
pub mod shares;
