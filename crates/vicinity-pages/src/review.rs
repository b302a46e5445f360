//! The national review, for coordinators: what is new, a queue, the picture, and the hubs.

mod countries;
mod hubs;
mod news;
mod picture;
mod queue;

pub use countries::{CountryView, countries};
pub use hubs::{HubLine, hubs};
pub use news::{NewsView, news};
pub use picture::{Choice, Panel, Picture, picture};
pub use queue::{QueueView, RowView, queue, row};
