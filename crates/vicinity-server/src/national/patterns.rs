//! What national's pages of patterns count: the sums of its hubs' tables, or what was published of them.

use vicinity_core::access::Action;
use vicinity_store::StoreError;

use crate::api::server::Server;
use crate::national::National;
use crate::pages::months::ends;
use crate::pages::pattern::{Counts, PatternServer, View};
use crate::storage::published;

impl PatternServer for National {
    const SEE: Action = Action::SeeReview;
    const WRITE: Action = Action::Review;

    fn counts(
        store: &mut <Self as Server>::Store,
        months: Vec<String>,
        view: View,
    ) -> Result<Counts, StoreError> {
        let (from, to) = ends(&months);
        Ok(match view {
            View::Internal => {
                let window = store.window(from, to)?;
                Counts::internal(months, window)
            }
            View::Published => {
                let found = published::months(store, from, to)?;
                Counts::published(months, found)
            }
        })
    }

    /// What is published may be passed on as it is.
    fn to_pass_on(
        store: &mut <Self as Server>::Store,
        _: &str,
        months: Vec<String>,
    ) -> Result<Counts, StoreError> {
        Self::counts(store, months, View::Published)
    }

    /// Rows say it; no count does.
    fn median_minutes(
        _: &mut <Self as Server>::Store,
        _: &[String],
    ) -> Result<Option<u32>, StoreError> {
        Ok(None)
    }
}
