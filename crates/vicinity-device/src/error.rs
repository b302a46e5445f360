//! What a device can fail at while it runs. A host adds what opening it can fail at.

use vicinity_core::alert::BadAlert;
use vicinity_core::document::EditError;
use vicinity_core::value::FieldError;
use vicinity_seal::parcel::ParcelError;
use vicinity_seal::seal::{OpenError, SealError};
use vicinity_store::StoreError;
use vicinity_sync::bundle::BadReply;
use vicinity_sync::message::Refused;

use crate::media::MediaError;

/// A call that failed. None of it was kept, unless the call says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The local store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A value that does not fit its field.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The incident's document is damaged.
    #[error(
        "the incident's document is damaged and takes no edit; sync this device, or restore it"
    )]
    Document,
    /// No such incident here.
    #[error("this device holds no such incident; `list` shows what it holds")]
    NoSuchIncident,
    /// The incident was here and has left.
    #[error(
        "this incident has left this device: 14 days after it was delivered, or because its assignment was withdrawn; the hub keeps it, and a responder can edit it or assign it to this device again"
    )]
    LeftThisDevice,
    /// The field has no conflict to resolve.
    #[error("this field has no conflict; `conflicts` shows what has")]
    NoSuchConflict,
    /// The device belongs to no hub yet.
    #[error(
        "this device is not enrolled; ask the hub for a link (`vicinity hub invite`) and run `vicinity device enrol LINK`"
    )]
    NotEnrolled,
    /// The hub refused.
    #[error("the hub refused")]
    Refused(#[from] Refused),
    /// The link was cut; the text is the link's reason.
    #[error("the hub cannot be reached ({0}); nothing was lost, try again when there is a network")]
    Unreachable(String),
    /// The hub revoked this device and orders it to wipe itself; the order is proven. The host must wipe it.
    #[error("this device was revoked by its hub")]
    WipeOrdered,
    /// A stored setting is damaged.
    #[error("the stored {0} is damaged")]
    Damaged(&'static str),
    /// Enrolling.
    #[error(transparent)]
    Enrol(#[from] EnrolError),
    /// Statements, photos and recordings.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Sync by file.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Alerts.
    #[error(transparent)]
    Alert(#[from] AlertError),
    /// Whose keys open statements.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Why a key was not approved, removed or trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// This device's own key is not approved.
    #[error(
        "this device's own key is not approved, so it approves none; `keys` shows the digits that a responder approves"
    )]
    NotApproved,
    /// No key has these digits.
    #[error(
        "no key here has these digits; compare them with the other screen again, and if they differ, stop: somebody may have put another key in between"
    )]
    OtherDigits,
    /// No root waits for a comparison.
    #[error(
        "there is nothing to compare: this device knows its hub's first responder, or none has enrolled"
    )]
    NothingToCompare,
    /// Another approved device is left.
    #[error(
        "another responder's device is approved: it approves this one; one that is lost has to be revoked at the hub first, and this device synced"
    )]
    OthersAreApproved,
}

/// Why a device did not enrol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// Enrolled before, at another hub.
    #[error(
        "this device is enrolled already; only a link of its own hub is taken, and a second hub needs a second device"
    )]
    AlreadyEnrolled,
    /// A link that enrols a hub at national.
    #[error(
        "this link is for a hub's --upstream; a device needs one from its hub (`vicinity hub invite`)"
    )]
    NotForDevices,
    /// The server that answered signs with another key than the link names.
    #[error(
        "the server that answered is not the hub of this link: it signs with another key; nothing was kept, ask the hub for a new link"
    )]
    OtherSigner,
    /// The hub does not know the code.
    #[error("the hub does not take this code: it was used or is too old; ask for a new link")]
    CodeRefused,
}

/// Why a statement was not kept, sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The hub does not have it.
    #[error(
        "the hub has no such statement: it has not arrived yet, or was erased; `statements` shows what there is"
    )]
    NoSuchStatement,
    /// It is sealed to others.
    #[error(
        "this device cannot open the statement: another responder has to approve its key (`keys` shows the digits) and sync, or `vicinity hub recover` has to run with the recovery key"
    )]
    Sealed(#[from] OpenError),
    /// It could not be sealed.
    #[error("sealing failed; nothing was lost")]
    Sealing(#[from] SealError),
    /// A photo or recording that is not taken.
    #[error(transparent)]
    Media(#[from] MediaError),
}

/// Why a bundle was not made, or its reply not read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file cannot be encrypted or decrypted.
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    /// A reply that is not for this device.
    #[error(transparent)]
    BadReply(#[from] BadReply),
    /// The device never exported a bundle.
    #[error("this device is waiting for no reply: it has exported no bundle")]
    NoBundle,
}

/// Why an alert was not published or withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// A field of the alert does not fit.
    #[error("not published")]
    BadAlert(#[from] BadAlert),
    /// The survivor did not agree to an alert.
    #[error(
        "not published: the incident has no consent to `aggressor_alert`; ask her first, and note it with `edit`"
    )]
    NoConsent,
    /// The hub does not take it.
    #[error(
        "the hub did not take the alert: by its clock it ends too early or too late; look at this device's clock"
    )]
    Refused,
    /// The hub has as many as it may.
    #[error("the hub has as many alerts as it may have; withdraw one first")]
    Full,
    /// No such alert of this hub.
    #[error("this hub has published no such alert, or it has ended; `alerts` shows what stands")]
    NoSuchAlert,
}

impl From<EditError> for DeviceError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Field(field) => Self::Field(field),
            EditError::Document(_) | EditError::Broken(_) => Self::Document,
        }
    }
}

/// Lets `?` take what a part of the device fails at through the part's own error.
macro_rules! through {
    ($($source:ty => $part:ty),* $(,)?) => {
        $(impl From<$source> for DeviceError {
            fn from(error: $source) -> Self {
                <$part>::from(error).into()
            }
        })*
    };
}

through! {
    OpenError => StatementError,
    SealError => StatementError,
    MediaError => StatementError,
    ParcelError => BundleError,
    BadReply => BundleError,
    BadAlert => AlertError,
}
