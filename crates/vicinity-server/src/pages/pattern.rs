//! Pages of patterns, the same at a hub and at national: a hub counts its own incidents as they are, national what may be
//! published.

mod advocacy;
mod counts;
mod report;

use vicinity_core::access::Action;
use vicinity_store::StoreError;
use vicinity_store::advocacy::Patterns;

use crate::net::routes::Routes;
use crate::pages::form::Form;
use crate::pages::site::PageServer;

pub use counts::Counts;

/// Letters of the longest area that pages speak of: `SN-DK`, or `unknown`.
const AREA_MAX: usize = 10;

/// Which figures of a country a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Exact ones, for those who are signed in.
    Internal,
    /// What was published.
    Published,
}

impl View {
    /// As an address says.
    #[must_use]
    pub fn of(query: &Form) -> Self {
        if query.get("as") == "published" {
            Self::Published
        } else {
            Self::Internal
        }
    }
}

/// A server with these pages. Each method fails only where storage does.
pub trait PatternServer: PageServer<Store: Patterns> {
    /// What reading these pages is.
    const SEE: Action;
    /// What writing in them is.
    const WRITE: Action;

    /// Counts of these months. A hub has one view of its own.
    fn counts(
        store: &mut Self::Store,
        months: Vec<String>,
        view: View,
    ) -> Result<Counts, StoreError>;

    /// What may be handed to others of these months, under one name.
    fn to_pass_on(
        store: &mut Self::Store,
        name: &str,
        months: Vec<String>,
    ) -> Result<Counts, StoreError>;

    /// Minutes in which half of those who got a response had one, where that is known.
    fn median_minutes(
        store: &mut Self::Store,
        months: &[String],
    ) -> Result<Option<u32>, StoreError>;
}

/// Adds these pages.
#[must_use]
pub fn routes<S: PatternServer>(routes: Routes<S>) -> Routes<S> {
    report::routes(advocacy::routes(routes))
}

/// Declares pages of every [`PatternServer`]: a type for each, its method, its path, and whether it reads or writes.
macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident: $method:literal $path:literal $action:ident $(on $page:literal)?),* $(,)?) => {
        $(
            $(#[$doc])*
            pub struct $name<S>(PhantomData<S>);

            impl<S: PatternServer> PageRequest for $name<S> {
                const METHOD: &'static str = $method;
                const PATH: &'static str = $path;
                const ACTION: Action = S::$action;
                $(const PAGE: &'static str = $page;)?
            }
        )*
    };
}
use patterns;
