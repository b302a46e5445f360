//! Stored settings: small values under a name, which a server keeps beside its rows.

use vicinity_sqlite::{SqliteHub, SqliteNational};
use vicinity_store::StoreError;
use vicinity_store::board::BoardStore;
use vicinity_store::hub::HubStore as _;
use vicinity_store::national::NationalStore as _;
use vicinity_store::review::ReviewStore;

/// A store that keeps settings. Each method fails only where storage does.
pub trait Settings {
    /// The value of a setting, if it was ever set.
    fn get(&mut self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Sets a setting.
    fn set(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError>;
}

/// By the methods that each of these stores has already.
macro_rules! settings_of {
    ($($store:ty),*) => {$(
        impl Settings for $store {
            fn get(&mut self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
                self.setting(name)
            }

            fn set(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
                self.set_setting(name, value)
            }
        }
    )*};
}

settings_of!(SqliteHub, SqliteNational, dyn BoardStore, dyn ReviewStore);
