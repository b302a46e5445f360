//! What tests are made of, and nothing else is: engines in memory, the contracts that every engine keeps, people who
//! write incidents, and a simulated world of phones, a hub, national, bad weather and disks that fail.

pub mod contract;
pub mod engine;
pub mod frail;
pub mod memory_device;
pub mod memory_hub;
pub mod memory_national;
pub mod net;
pub mod person;
pub mod sim;
