//! Why a hub does not answer a request, with the name on the wire and the HTTP status of each reason.

/// Why a hub does not answer a request at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a request.
    #[error("the hub cannot read the request")]
    Malformed,
    /// Above a cap.
    #[error("the request is too large")]
    TooLarge,
    /// No protocol in common.
    #[error("the hub speaks another version of the protocol; update this program")]
    Version,
    /// Unknown device, or a code that enrols nobody.
    #[error("the hub does not know this device; enrol it again")]
    NotEnrolled,
    /// A device that is known, and a proof that does not fit what was sent: forged, or altered on its way.
    #[error("the proof does not fit the request: something between here and the hub has altered it, or this device's key is not the one that enrolled")]
    WrongProof,
    /// The device was revoked.
    #[error("this device was revoked by its hub")]
    Revoked,
    /// The counter of the last request of this life: the same request again, or a device cloned since.
    #[error("the hub has already seen this request")]
    Replayed,
    /// A counter below the last of this life: a device restored or cloned, or an old request again.
    #[error("the hub has already seen a later request of this device")]
    RolledBack,
    /// The cursor does not fit the hub's feed.
    #[error("the hub's feed is another one now")]
    Rebase,
    /// The role may not do this.
    #[error("only a responder's device may do this")]
    NotAllowed,
    /// The device has filled its share of the hub.
    #[error("this device has filled its share of the hub's disk; whoever runs the hub can tell more")]
    Quota,
    /// Too much in too short a time; `Retry-After` says for how many seconds.
    #[error("too much was asked in too short a time; try again later")]
    SlowDown,
    /// Too much to do.
    #[error("the hub is busy")]
    Busy,
    /// Never sent: what a client says itself when another than the pinned key answers.
    #[error(
        "whoever answers at that address does not have the hub's key; do not go on until you know why; if the hub's key was changed twice since this device last synced, enrol it anew"
    )]
    OtherKey,
    /// The hub failed.
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

    /// Its name on the wire: the whole body of the answer.
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(refused, ..)| *refused == self).map_or("failed", |(_, code, _)| code)
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(self) -> u16 {
        Self::ALL.iter().find(|(refused, ..)| *refused == self).map_or(500, |(.., status)| *status)
    }

    /// The refusal of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name, _)| *name == code).map(|(refused, ..)| *refused)
    }
}
