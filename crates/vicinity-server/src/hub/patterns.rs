//! What a hub's pages of patterns count: its own incidents, as they are.

use vicinity_core::access::Action;
use vicinity_store::StoreError;

use crate::api::server::Server;
use crate::hub::Hub;
use crate::pages::months::ends;
use crate::pages::pattern::{Counts, PatternServer, View};

impl PatternServer for Hub {
    const SEE: Action = Action::SeeBoard;
    const WRITE: Action = Action::Respond;

    fn counts(
        store: &mut <Self as Server>::Store,
        months: Vec<String>,
        _: View,
    ) -> Result<Counts, StoreError> {
        let (from, to) = ends(&months);
        let window = store.window(from, to)?;
        Ok(Counts::exact(months, window))
    }

    fn to_pass_on(
        store: &mut <Self as Server>::Store,
        name: &str,
        months: Vec<String>,
    ) -> Result<Counts, StoreError> {
        let (from, to) = ends(&months);
        let areas = store.told_areas()?;
        let window = store.countable_window(from, to)?.into_iter();
        // An area that national does not learn is unknown to others, too.
        let told = window.map(|(month, (area, dimension, code), count)| {
            (
                month,
                (areas.named(&area).to_owned(), dimension, code),
                count,
            )
        });
        Ok(Counts::as_one(name, told.collect()))
    }

    fn median_minutes(
        store: &mut <Self as Server>::Store,
        months: &[String],
    ) -> Result<Option<u32>, StoreError> {
        let (from, to) = ends(months);
        let minutes = store.response_minutes(from, to)?;
        Ok(minutes.get(minutes.len().saturating_sub(1) / 2).copied())
    }
}
