//! What tests are made of, and nothing else is: the contracts that every engine keeps, people who
//! write incidents, and a simulated world of phones, a hub, national, network faults and disks that fail.

pub mod contract;
pub mod engine;
pub mod frail;
pub mod net;
pub mod person;
pub mod sim;
