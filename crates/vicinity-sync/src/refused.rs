//! Why a hub does not answer a request, with the name on the wire and the HTTP status of each reason.

/// Why a hub does not answer a request at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The bytes are not a request.
    #[error("the hub cannot read the request")]
    Malformed,
    /// The request is above a size limit.
    #[error("the request is too large")]
    TooLarge,
    /// Client and hub have no protocol version in common.
    #[error("the hub speaks another version of the protocol; update this program")]
    Version,
    /// The device is unknown, or the enrolment code is not valid.
    #[error("the hub does not know this device; enrol it again")]
    NotEnrolled,
    /// The device is known, but its proof does not match the request: it was forged, or altered on the way.
    #[error(
        "the proof does not fit the request: something between here and the hub has altered it, or this device's key is not the one that enrolled"
    )]
    WrongProof,
    /// The device was revoked.
    #[error("this device was revoked by its hub")]
    Revoked,
    /// The counter of the last request of this incarnation: the same request again, or the device was cloned since.
    #[error("the hub has already seen this request")]
    Replayed,
    /// A counter below the last of this incarnation: the device was restored or cloned, or an old request came again.
    #[error("the hub has already seen a later request of this device")]
    RolledBack,
    /// The cursor does not match the hub's feed: the device compares all its documents.
    #[error("the hub's feed was reset")]
    Rebase,
    /// The device's role does not include the action.
    #[error("only a responder's device may do this")]
    NotAllowed,
    /// The device has used up its share of the hub's disk.
    #[error("this device has filled its share of the hub's disk; ask the person who runs the hub")]
    Quota,
    /// Too many requests; `Retry-After` says how many seconds to wait.
    #[error("too much was asked in too short a time; try again later")]
    SlowDown,
    /// The hub cannot take the request now: it has too many in progress, or its clock is in doubt.
    #[error("the hub is busy")]
    Busy,
    /// Never sent: the client reports it when a server with another key than the pinned one answers.
    #[error(
        "the server at that address does not have the hub's key; do not go on until you know why; if the hub's key was changed twice since this device last synced, enrol it again"
    )]
    OtherKey,
    /// An internal error of the hub.
    #[error("the hub failed; its log says why")]
    Failed,
}

impl Refused {
    const ALL: [(Self, &'static str, u16); 15] = [
        (Self::Malformed, "malformed", 400),
        (Self::TooLarge, "too_large", 413),
        (Self::Version, "version", 426),
        (Self::NotEnrolled, "not_enrolled", 401),
        (Self::WrongProof, "wrong_proof", 401),
        (Self::Revoked, "revoked", 403),
        (Self::Replayed, "replayed", 409),
        (Self::RolledBack, "device_rolled_back", 409),
        (Self::Rebase, "rebase", 409),
        (Self::NotAllowed, "not_allowed", 403),
        (Self::Quota, "quota", 413),
        (Self::SlowDown, "slow_down", 429),
        (Self::Busy, "busy", 503),
        (Self::OtherKey, "other_key", 495),
        (Self::Failed, "failed", 500),
    ];

    /// The name on the wire: the whole body of the response.
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(refused, ..)| *refused == self)
            .map_or("failed", |(_, code, _)| code)
    }

    /// The HTTP status of the response.
    #[must_use]
    pub fn status(self) -> u16 {
        Self::ALL
            .iter()
            .find(|(refused, ..)| *refused == self)
            .map_or(500, |(.., status)| *status)
    }

    /// The refusal with that name on the wire.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, name, _)| *name == code)
            .map(|(refused, ..)| *refused)
    }
}
