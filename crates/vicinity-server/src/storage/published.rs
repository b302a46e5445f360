//! The months that a person published: the same for pages, tables, files and the server above, so that no two of them tell more together.
//! A month is published once, from its hubs' count tables, and stays as it was then.

use std::collections::BTreeMap;

use vicinity_core::counts::review::{self, Choice, HubShare};
use vicinity_core::published::{ALL, COUNTRY, Month, last_closed};
use vicinity_core::tables::Table;
use vicinity_core::time::{Timestamp, month_number};
use vicinity_store::StoreError;
use vicinity_store::country::PublishedMonth;
use vicinity_store::review::ReviewStore;

/// The earliest month that is ever published: what is reported from before is a mistyped year.
const EARLIEST: &str = "2000-01";

/// Why a month is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It is no month, or one of long ago.
    #[error("a month is written as 2026-09, and is not before 2000")]
    Month,
    /// Late reports still come.
    #[error(
        "{month} is not closed: a month closes once a whole month has passed since it ended; the last closed one is {last}"
    )]
    Open {
        /// The month.
        month: String,
        /// The last one that is closed.
        last: String,
    },
    /// National's clock may be wrong.
    #[error(
        "the clock of this server is in doubt: nothing is published until a person has confirmed it"
    )]
    Doubt,
    /// It was published before.
    #[error("{0} was published before, and stays as it was published")]
    Twice(String),
    /// No hub sent counts of it.
    #[error("no hub has sent counts of {0}")]
    Nothing(String),
    /// It leaves out a hub that has no counts of it.
    #[error("hub {0} has sent no counts of that month")]
    NoHub(u32),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What would be published of a month, and what a person must know before she publishes it.
#[derive(Debug)]
pub struct Draft {
    /// The month.
    pub month: String,
    /// What would show.
    pub cells: Month,
    /// What each hub adds.
    pub shares: Vec<HubShare>,
    /// Distinct survivors, as hubs counted them: never published.
    pub survivors: u64,
}

/// Months that are published of a range of months, both ends included.
///
/// # Errors
/// Storage.
pub fn months(
    store: &mut dyn ReviewStore,
    from: &str,
    to: &str,
) -> Result<BTreeMap<String, Month>, StoreError> {
    let months = store.published(from, to)?.into_iter();
    Ok(months.map(|of| (of.month, of.cells)).collect())
}

/// Every month that is published.
///
/// # Errors
/// Storage.
pub fn all(store: &mut dyn ReviewStore) -> Result<BTreeMap<String, Month>, StoreError> {
    months(store, "", "\u{ffff}")
}

/// What would be published of a month.
///
/// # Errors
/// The month cannot be published.
pub fn draft(
    store: &mut dyn ReviewStore,
    month: &str,
    choice: &Choice,
    now: Timestamp,
    is_doubted: bool,
) -> Result<Draft, PublishError> {
    if month_number(month).is_none() || month < EARLIEST {
        return Err(PublishError::Month);
    }
    if is_doubted {
        return Err(PublishError::Doubt);
    }
    let last = last_closed(now);
    if month > last.as_str() {
        return Err(PublishError::Open {
            month: month.to_owned(),
            last,
        });
    }
    if !store.published(month, month)?.is_empty() {
        return Err(PublishError::Twice(month.to_owned()));
    }
    let tables = store.tables_of(month)?;
    if tables.is_empty() {
        return Err(PublishError::Nothing(month.to_owned()));
    }
    let unknown = choice
        .without
        .iter()
        .find(|hub| tables.iter().all(|(of, _)| of != *hub));
    if let Some(hub) = unknown {
        return Err(PublishError::NoHub(*hub));
    }
    Ok(Draft {
        month: month.to_owned(),
        cells: review::month(&tables, choice),
        shares: review::shares(&tables, choice),
        survivors: tables.iter().map(|(_, table)| table.survivors).sum(),
    })
}

/// Publishes a month, once.
///
/// # Errors
/// The month cannot be published; nothing was.
pub fn publish(
    store: &mut dyn ReviewStore,
    draft: Draft,
    choice: Choice,
    person: &str,
    now: Timestamp,
) -> Result<(), PublishError> {
    let Draft { month, cells, .. } = draft;
    let of = PublishedMonth {
        month,
        cells,
        person: person.to_owned(),
        at: now,
        choice,
    };
    if store.publish(&of)? {
        Ok(())
    } else {
        Err(PublishError::Twice(of.month))
    }
}

/// A table of published counts: of the country by a code, or of its areas.
#[must_use]
pub fn table(months: &BTreeMap<String, Month>, dimension: &str) -> Table {
    let of_areas = dimension == "admin1";
    let mut shown = Vec::new();
    for (month, published) in months {
        let cells = published.cells().iter().filter(|((area, of, _), _)| {
            if of_areas {
                area != COUNTRY && of == ALL
            } else {
                area == COUNTRY && of == dimension
            }
        });
        shown.extend(cells.map(|((area, _, code), count)| {
            (
                month.clone(),
                if of_areas { area } else { code }.clone(),
                *count,
            )
        }));
    }
    Table::of(shown)
}

#[cfg(test)]
mod tests;
