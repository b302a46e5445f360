//! How a [`Writer`](crate::storage::writer::Writer) drives each database of a server.

use vicinity_sqlite::{SqliteHub, SqliteNational, SqlitePeople};
use vicinity_store::StoreError;
use vicinity_store::board::BoardStore;
use vicinity_store::review::ReviewStore;

use crate::storage::writer::Stored;

impl Stored for SqliteHub {
    type Port = dyn BoardStore;

    fn together(
        &mut self,
        next: &mut dyn FnMut(&mut (dyn BoardStore + 'static)) -> Option<bool>,
    ) -> Result<(), StoreError> {
        self.board_commit(next)
    }
}

/// A connection for pages: reads from one snapshot, cannot write, and never holds the writer up.
pub(crate) struct HubReader(pub(crate) SqliteHub);

impl Stored for HubReader {
    type Port = dyn BoardStore;

    fn together(
        &mut self,
        next: &mut dyn FnMut(&mut (dyn BoardStore + 'static)) -> Option<bool>,
    ) -> Result<(), StoreError> {
        self.0
            .read_together(&mut |hub| while next(hub).is_some() {})
    }
}

impl Stored for SqliteNational {
    type Port = dyn ReviewStore;

    fn together(
        &mut self,
        next: &mut dyn FnMut(&mut (dyn ReviewStore + 'static)) -> Option<bool>,
    ) -> Result<(), StoreError> {
        // Each step commits by itself: hubs are few and report in large pieces.
        self.commit_one(&mut |national| next(national).unwrap_or(false))
    }
}

/// A connection for pages: reads from one snapshot, and cannot write.
pub(crate) struct NationalReader(pub(crate) SqliteNational);

impl Stored for NationalReader {
    type Port = dyn ReviewStore;

    fn together(
        &mut self,
        next: &mut dyn FnMut(&mut (dyn ReviewStore + 'static)) -> Option<bool>,
    ) -> Result<(), StoreError> {
        self.0
            .read_together(&mut |national| while next(national).is_some() {})
    }
}

impl Stored for SqlitePeople {
    type Port = Self;

    fn together(
        &mut self,
        next: &mut dyn FnMut(&mut Self) -> Option<bool>,
    ) -> Result<(), StoreError> {
        self.group_commit(next)
    }
}
