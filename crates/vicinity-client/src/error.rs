//! What a device can fail at.

use vicinity_core::alert::BadAlert;
use vicinity_core::document::EditError;
use vicinity_core::value::FieldError;
use vicinity_seal::parcel::ParcelError;
use vicinity_seal::seal::{OpenError, SealError};
use vicinity_store::StoreError;
use vicinity_sync::bundle::BadReply;
use vicinity_sync::enrol::BadLink;
use vicinity_sync::message::Refused;

use crate::media::MediaError;
use crate::vault::{LOCKED_FROM_DAY, SET_BACK_MAX, VaultError};

/// A command of the device's that failed. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The local store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A value that does not fit.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The document does not take an edit.
    #[error("the incident's document is damaged and takes no edit; sync this device, or restore it")]
    Document,
    /// No such incident here.
    #[error("this device holds no such incident; `list` shows what it holds")]
    NoSuchIncident,
    /// It was here.
    #[error(
        "this incident has left this device: 14 days after it was delivered, or because it was taken back; the hub keeps it, and a responder can edit it or assign it to this device again"
    )]
    LeftThisDevice,
    /// Nothing to resolve.
    #[error("this field has no conflict; `conflicts` shows what has")]
    NoSuchConflict,
    /// Not enrolled.
    #[error("this device is not enrolled; ask the hub for a link (`vicinity hub invite`) and run `vicinity device enrol LINK`")]
    NotEnrolled,
    /// Enrolled before.
    #[error("this device is enrolled already; only a link of its own hub is taken, and a second hub needs a second device")]
    AlreadyEnrolled,
    /// A link for a hub.
    #[error("this link is for a hub's --upstream; a device needs one from its hub (`vicinity hub invite`)")]
    NotForDevices,
    /// No link.
    #[error(transparent)]
    BadLink(#[from] BadLink),
    /// The hub refused.
    #[error("the hub refused")]
    Refused(#[from] Refused),
    /// Whoever answered signs with another key than the link says.
    #[error("whoever answered is not the hub of this link: it signs with another key; nothing was kept, ask the hub for a new link")]
    OtherSigner,
    /// The hub does not know the code.
    #[error("the hub does not take this code: it was used or is too old; ask for a new link")]
    CodeRefused,
    /// The hub cannot be reached.
    #[error("the hub cannot be reached ({0}); nothing was lost, try again when there is a network")]
    Unreachable(String),
    /// Another program uses this device.
    #[error("another program is syncing this device; wait until it is done")]
    Locked,
    /// Reading what is to be logged.
    #[error("reading failed: {0}")]
    Input(std::io::Error),
    /// No such statement at the hub.
    #[error("the hub has no such statement: it has not arrived yet, or was erased; `statements` shows what there is")]
    NoSuchStatement,
    /// The hub has revoked this device and ordered it to wipe itself: whoever called has to.
    #[error("this device was revoked by its hub")]
    WipeOrdered,
    /// A statement that does not open.
    #[error(
        "this device cannot open the statement; it can once another responder's device has synced, or once `vicinity hub recover` was run with the recovery key"
    )]
    Sealed(#[from] OpenError),
    /// A file that is not taken.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// Sealing.
    #[error("sealing failed; nothing was lost")]
    Sealing(#[from] SealError),
    /// A bundle's file.
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    /// A reply that is none for this device.
    #[error(transparent)]
    BadReply(#[from] BadReply),
    /// No bundle was ever exported here.
    #[error("this device is waiting for no reply: it has exported no bundle")]
    NoBundle,
    /// An alert that does not fit.
    #[error("not published")]
    BadAlert(#[from] BadAlert),
    /// The survivor did not agree to an alert.
    #[error("not published: the incident has no consent to `aggressor_alert`; ask her first, and note it with `edit`")]
    NoAlertConsent,
    /// The hub does not take it.
    #[error("the hub did not take the alert: by its clock it ends too early or too late; look at this device's clock")]
    AlertRefused,
    /// The hub has as many as it may.
    #[error("the hub has as many alerts as it may have; withdraw one first")]
    AlertsFull,
    /// No such alert of this hub.
    #[error("this hub has published no such alert, or it has ended; `alerts` shows what stands")]
    NoSuchAlert,
    /// No contact for too long.
    #[error(
        "this device had no contact with its hub for {LOCKED_FROM_DAY} days and locked itself for good: its key is destroyed; remove its folder and enrol anew"
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
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A stored fact is damaged.
    #[error("the stored {0} is damaged")]
    Damaged(&'static str),
}

impl From<EditError> for ClientError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Field(field) => Self::Field(field),
            EditError::Document(_) | EditError::Broken(_) => Self::Document,
        }
    }
}
