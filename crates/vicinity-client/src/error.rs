//! What a device on this machine can fail at: opening it, and running it.

use vicinity_device::DeviceError;
use vicinity_store::StoreError;
use vicinity_sync::enrol::BadLink;

use crate::vault::{LOCKED_FROM_DAY, SET_BACK_MAX, VaultError};

/// Why a device does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Its store, or a damaged setting in it.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The file that one program at a time holds.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// No contact for too long. The key is destroyed.
    #[error(
        "this device had no contact with its hub for {LOCKED_FROM_DAY} days and locked itself permanently: its key is destroyed; remove its folder and enrol again"
    )]
    LeaseOver,
    /// No contact for long, if the clock is right. Nothing is destroyed yet.
    #[error(
        "this device's clock shows {date}, {days} days after the last contact with its hub, and after {LOCKED_FROM_DAY} days it opens nothing: \
         if that date is wrong, set the clock right; if it is right, sync now, for `sync` still runs and an answer of the hub opens the device again. \
         Nothing is destroyed yet. The key is destroyed if the device is opened like this once more after running for another 24 hours, or on a third different day"
    )]
    LeaseLocked {
        /// The day that the device's clock shows: year, month, day.
        date: String,
        /// Full days since the last contact, by that clock.
        days: i64,
    },
    /// The clock went beyond the lease and back, again and again.
    #[error(
        "this device's clock was set back more than {SET_BACK_MAX} times since the last contact with its hub: \
         nothing but `sync` opens it now; nothing is destroyed, and an answer of the hub opens it again"
    )]
    ClockSetBack,
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Device(error.into())
    }
}

/// Why a command on an open device failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The device's own error.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The text is not an enrolment link.
    #[error(transparent)]
    BadLink(#[from] BadLink),
    /// The file that one program at a time holds.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The lines to log cannot be read.
    #[error("reading failed: {0}")]
    Input(std::io::Error),
}

/// Why this program may not speak to the hub for the device now.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another program does.
    #[error("another program is syncing this device; wait until it is done")]
    Held,
    /// The lock's file cannot be written.
    #[error("cannot write the file that one program at a time holds: {0}")]
    Io(std::io::Error),
}
