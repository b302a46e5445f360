//! The SQLite engines keep the contracts.

use vicinity_sqlite::{SqliteDevice, SqliteHub, SqliteNational};
use vicinity_store::DatabaseKey;
use vicinity_testkit::{device_store_contract, hub_store_contract, national_store_contract};

mod hub {
    use super::*;
    hub_store_contract!(
        |folder| SqliteHub::open(folder, &DatabaseKey::new([1; 32]), [7; 16]).unwrap()
    );
}

mod device {
    use super::*;
    device_store_contract!(
        |folder| SqliteDevice::open(folder, &DatabaseKey::new([1; 32])).unwrap()
    );
}

mod national {
    use super::*;
    national_store_contract!(
        |folder| SqliteNational::open(folder, &DatabaseKey::new([1; 32])).unwrap()
    );
}
