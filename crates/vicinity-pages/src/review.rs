//! The national review, for coordinators: what is new, a queue, the picture, publishing a month, and the hubs.

mod countries;
mod hubs;
mod news;
mod picture;
mod publish;
mod queue;

pub use countries::{CountryView, countries};
pub use hubs::{HubLine, hubs};
pub use news::{NewsView, news};
pub use picture::{Choice, Internal, Pair, Panel, Picture, picture};
pub use publish::{HubPart, PublishView, PublishedLine, publish};
pub use queue::{QueueView, RowView, queue, row};
